/*=========================================================================
 *
 *  Copyright NumFOCUS
 *
 *  Licensed under the Apache License, Version 2.0 (the "License");
 *  you may not use this file except in compliance with the License.
 *  You may obtain a copy of the License at
 *
 *         https://www.apache.org/licenses/LICENSE-2.0.txt
 *
 *  Unless required by applicable law or agreed to in writing, software
 *  distributed under the License is distributed on an "AS IS" BASIS,
 *  WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 *  See the License for the specific language governing permissions and
 *  limitations under the License.
 *
 *=========================================================================*/
#ifndef itkNetworkColorizationImageFilter_hxx
#define itkNetworkColorizationImageFilter_hxx

#include "itkLuminanceGuidedSmoothing.h"
#include "itkNetworkColor.h"
#include "itkNetworkImageFilter.h"
#include "itkOtsuBodyMaskImageFilter.h"

#include "itkCastImageFilter.h"
#include "itkNearestNeighborExtrapolateImageFunction.h"
#include "itkRecursiveGaussianImageFilter.h"

#include <algorithm>
#include <cmath>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
NetworkColorizationImageFilter<TInputImage, TOutputImage>::NetworkColorizationImageFilter()
{
  this->AddOptionalInputName("MaskImage");
}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
NetworkColorizationImageFilter<TInputImage, TOutputImage>::GetMTime() const
{
  const ModifiedTimeType own = Superclass::GetMTime();
  return m_Model ? std::max(own, m_Model->GetMTime()) : own;
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (!NetworkModel::IsAvailable())
  {
    itkExceptionMacro(<< "Networks cannot be run: this build of the Colorization module has no LibTorch.");
  }
  if (!m_Model || !m_Model->IsLoaded())
  {
    itkExceptionMacro(<< "No model is set that is loaded.");
  }
  if (m_Model->GetMetadata().colorSpace == colorization::NetworkColorSpace::None)
  {
    itkExceptionMacro(<< "The model's output has no colour space, so it makes no colours.");
  }
  if (ImageDimension == 3 && m_SliceAxis > 2)
  {
    itkExceptionMacro(<< "SliceAxis is " << m_SliceAxis << ", but has to be 0, 1 or 2.");
  }
  if (!(m_LuminanceShare >= 0.0 && m_LuminanceShare <= 1.0))
  {
    itkExceptionMacro(<< "LuminanceShare is " << m_LuminanceShare << ", but has to be in 0 ... 1.");
  }
  if (!(m_SmoothingLambda >= 0.0))
  {
    itkExceptionMacro(<< "SmoothingLambda is " << m_SmoothingLambda << ", but has to be at least 0.");
  }
  if (!(m_SmoothingSigma > 0.0))
  {
    itkExceptionMacro(<< "SmoothingSigma is " << m_SmoothingSigma << ", but has to be above 0.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  colorization::VerifySameRegion(this, "MaskImage", this->GetMaskImage(), this->GetInput()->GetLargestPossibleRegion());
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  colorization::RequestWholeInputs(this);
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TOutputImage>
typename TOutputImage::Pointer
NetworkColorizationImageFilter<TInputImage, TOutputImage>::ColorizeAsItIs(const MaskImageType * body)
{
  auto network = NetworkImageFilter<TInputImage, TOutputImage>::New();
  network->SetInput(this->GetInput());
  network->SetMaskImage(body);
  network->SetModel(m_Model);
  network->SetSliceAxis(m_SliceAxis);
  network->SetAverageOverAxes(m_AverageOverAxes);
  network->SetKeepLuminance(m_KeepLuminance);
  network->SetLuminanceShare(m_LuminanceShare);
  colorization::ForwardProgress(this, network.GetPointer(), 0.1, 0.98);
  network->Update();
  typename TOutputImage::Pointer colored = network->GetOutput();
  return colored;
}

template <typename TInputImage, typename TOutputImage>
bool
NetworkColorizationImageFilter<TInputImage, TOutputImage>::NeedsGrid() const
{
  const auto & metadata = m_Model->GetMetadata();
  return !metadata.spacing.empty() || (metadata.isUpright && ImageDimension == 3);
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::ChooseAxes(
  std::array<unsigned int, ImageDimension> & axes,
  std::array<bool, ImageDimension> &         isFlipped) const
{
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    axes[axis] = axis;
    isFlipped[axis] = false;
  }
  if constexpr (ImageDimension == 3)
  {
    axes = { { m_SliceAxis == 0 ? 1u : 0u, m_SliceAxis == 2 ? 1u : 2u, m_SliceAxis } };
    if (!m_Model->GetMetadata().isUpright)
    {
      return;
    }
    // Left, posterior, superior.
    const auto & direction = this->GetInput()->GetDirection();
    const auto   along = [&](unsigned int patientAxis, unsigned int axis) { return direction[patientAxis][axis]; };
    unsigned int across = 0;
    for (const unsigned int patientAxis : { 1u, 2u })
    {
      across = std::abs(along(patientAxis, m_SliceAxis)) > std::abs(along(across, m_SliceAxis)) ? patientAxis : across;
    }
    const unsigned int right = across == 0 ? 1 : 0;
    const unsigned int down = across == 2 ? 1 : 2;
    if (std::abs(along(right, axes[1]) * along(down, axes[0])) > std::abs(along(right, axes[0]) * along(down, axes[1])))
    {
      std::swap(axes[0], axes[1]);
    }
    isFlipped[0] = along(right, axes[0]) < 0.0;
    // Posterior is down, but superior up.
    isFlipped[1] = (along(down, axes[1]) < 0.0) != (down == 2);
  }
}

template <typename TInputImage, typename TOutputImage>
auto
NetworkColorizationImageFilter<TInputImage, TOutputImage>::MakeGrid() const -> GridType
{
  const TInputImage *                      input = this->GetInput();
  const RegionType                         region = input->GetLargestPossibleRegion();
  const auto &                             metadata = m_Model->GetMetadata();
  std::array<unsigned int, ImageDimension> axes;
  std::array<bool, ImageDimension>         isFlipped;
  this->ChooseAxes(axes, isFlipped);
  const bool isAcrossKept = metadata.dimension == 2 && !m_AverageOverAxes;
  GridType   grid;
  auto       corner = region.GetIndex();
  // The grid and the image have the same centre, so that it does not matter from which corner the image is stored.
  std::array<double, ImageDimension> before;
  for (unsigned int k = 0; k < ImageDimension; ++k)
  {
    const unsigned int axis = axes[k];
    const double       own = input->GetSpacing()[axis];
    const bool         isKept = metadata.spacing.empty() || (k == 2 && isAcrossKept);
    grid.spacing[k] = isKept ? own : metadata.spacing[std::min<std::size_t>(k, metadata.spacing.size() - 1)];
    const double steps = static_cast<double>(region.GetSize(axis) - 1) * own / grid.spacing[k];
    grid.size[k] = static_cast<SizeValueType>(std::ceil(steps - 1e-6)) + 1;
    before[k] = 0.5 * grid.spacing[k] * (static_cast<double>(grid.size[k] - 1) - steps);
    corner[axis] += isFlipped[k] ? static_cast<IndexValueType>(region.GetSize(axis)) - 1 : 0;
    for (unsigned int row = 0; row < ImageDimension; ++row)
    {
      grid.direction[row][k] = (isFlipped[k] ? -1.0 : 1.0) * input->GetDirection()[row][axis];
    }
  }
  input->TransformIndexToPhysicalPoint(corner, grid.origin);
  for (unsigned int row = 0; row < ImageDimension; ++row)
  {
    for (unsigned int k = 0; k < ImageDimension; ++k)
    {
      grid.origin[row] -= grid.direction[row][k] * before[k];
    }
  }
  return grid;
}

template <typename TInputImage, typename TOutputImage>
auto
NetworkColorizationImageFilter<TInputImage, TOutputImage>::SmoothInput(const GridType & grid) const ->
  typename WorkImageType::Pointer
{
  constexpr double        leastRatio = 1.25;
  constexpr SizeValueType leastSize = 4;
  auto                    cast = CastImageFilter<TInputImage, WorkImageType>::New();
  cast->SetInput(this->GetInput());
  cast->Update();
  typename WorkImageType::Pointer          image = cast->GetOutput();
  std::array<unsigned int, ImageDimension> axes;
  std::array<bool, ImageDimension>         isFlipped;
  this->ChooseAxes(axes, isFlipped);
  for (unsigned int k = 0; k < ImageDimension; ++k)
  {
    const double own = image->GetSpacing()[axes[k]];
    const double ratio = grid.spacing[k] / own;
    if (ratio < leastRatio || image->GetLargestPossibleRegion().GetSize(axes[k]) < leastSize)
    {
      continue;
    }
    auto smooth = RecursiveGaussianImageFilter<WorkImageType, WorkImageType>::New();
    smooth->SetInput(image);
    smooth->SetDirection(axes[k]);
    smooth->SetSigma(0.5 * own * std::sqrt(ratio * ratio - 1.0));
    smooth->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
    smooth->Update();
    image = smooth->GetOutput();
  }
  return image;
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::SetUp(ResampleType * resample, const GridType & grid) const
{
  resample->SetSize(grid.size);
  resample->SetOutputSpacing(grid.spacing);
  resample->SetOutputOrigin(grid.origin);
  resample->SetOutputDirection(grid.direction);
  resample->SetExtrapolator(NearestNeighborExtrapolateImageFunction<WorkImageType, double>::New());
  resample->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
}

template <typename TInputImage, typename TOutputImage>
auto
NetworkColorizationImageFilter<TInputImage, TOutputImage>::BodyOnGrid(const GridType &      grid,
                                                                      const MaskImageType * body) const ->
  typename MaskImageType::Pointer
{
  // At least half of a voxel, whichever way the image is stored: the nearest voxel would depend on that.
  constexpr float least = 0.499f;
  const auto      fill = [](const auto * from, auto * to, const auto & convert)
  {
    const auto region = from->GetBufferedRegion();
    to->CopyInformation(from);
    to->SetRegions(region);
    to->Allocate();
    std::transform(from->GetBufferPointer(),
                   from->GetBufferPointer() + region.GetNumberOfPixels(),
                   to->GetBufferPointer(),
                   convert);
  };
  auto whole = WorkImageType::New();
  fill(body, whole.GetPointer(), [](unsigned char value) { return value == 0 ? 0.0f : 1.0f; });
  auto resample = ResampleType::New();
  resample->SetInput(whole);
  this->SetUp(resample.GetPointer(), grid);
  resample->Update();
  auto resampled = MaskImageType::New();
  fill(resample->GetOutput(),
       resampled.GetPointer(),
       [](float value) { return static_cast<unsigned char>(value >= least ? 1 : 0); });
  return resampled;
}

template <typename TInputImage, typename TOutputImage>
auto
NetworkColorizationImageFilter<TInputImage, TOutputImage>::InputOnGrid(const GridType &      grid,
                                                                       const MaskImageType * bodyOnGrid) const ->
  typename WorkImageType::Pointer
{
  auto resample = ResampleType::New();
  resample->SetInput(this->SmoothInput(grid));
  this->SetUp(resample.GetPointer(), grid);
  resample->Update();
  typename WorkImageType::Pointer image = resample->GetOutput();
  const SizeValueType             pixels = image->GetBufferedRegion().GetNumberOfPixels();
  float *                         values = image->GetBufferPointer();
  const unsigned char *           body = bodyOnGrid->GetBufferPointer();
  const float                     least = *std::min_element(values, values + pixels);
  for (SizeValueType i = 0; i < pixels; ++i)
  {
    values[i] = body[i] == 0 ? least : values[i];
  }
  return image;
}

template <typename TInputImage, typename TOutputImage>
auto
NetworkColorizationImageFilter<TInputImage, TOutputImage>::ChannelOf(const ValuesImageType * values,
                                                                     unsigned int            channel) ->
  typename WorkImageType::Pointer
{
  auto image = WorkImageType::New();
  image->CopyInformation(values);
  image->SetRegions(values->GetBufferedRegion());
  image->Allocate();
  const SizeValueType pixels = values->GetBufferedRegion().GetNumberOfPixels();
  const SizeValueType components = values->GetNumberOfComponentsPerPixel();
  for (SizeValueType i = 0; i < pixels; ++i)
  {
    image->GetBufferPointer()[i] = values->GetBufferPointer()[i * components + channel];
  }
  return image;
}

template <typename TInputImage, typename TOutputImage>
auto
NetworkColorizationImageFilter<TInputImage, TOutputImage>::ColorizeOnGrid(const MaskImageType * body) ->
  typename TOutputImage::Pointer
{
  const TInputImage * input = this->GetInput();
  colorization::VerifyFinite(this,
                             "The input",
                             input,
                             input->GetLargestPossibleRegion(),
                             colorization::MakeParallelFor(this));
  const GridType grid = this->MakeGrid();
  const auto     bodyOnGrid = this->BodyOnGrid(grid, body);
  auto           network = NetworkImageFilter<WorkImageType, ValuesImageType>::New();
  network->SetInput(this->InputOnGrid(grid, bodyOnGrid));
  network->SetMaskImage(bodyOnGrid);
  network->SetModel(m_Model);
  network->SetSliceAxis(2);
  network->SetAverageOverAxes(m_AverageOverAxes);
  network->SetKeepLuminance(true);
  network->SetConvertColors(false);
  colorization::ForwardProgress(this, network.GetPointer(), 0.2, 0.8);
  network->Update();

  std::vector<typename WorkImageType::Pointer> channels;
  for (unsigned int c = 0; c < network->GetOutput()->GetNumberOfComponentsPerPixel(); ++c)
  {
    auto resample = ResampleType::New();
    resample->SetInput(ChannelOf(network->GetOutput(), c));
    resample->SetReferenceImage(input);
    resample->UseReferenceImageOn();
    resample->SetExtrapolator(NearestNeighborExtrapolateImageFunction<WorkImageType, double>::New());
    resample->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
    resample->Update();
    channels.push_back(resample->GetOutput());
  }
  colorization::UpdateProgressOrAbort(this, 0.85);
  const colorization::LuminanceWindow window{ network->GetWindowMinimum(), network->GetWindowMaximum(), {} };
  this->SmoothChannels(channels, window);
  colorization::UpdateProgressOrAbort(this, 0.95);
  return this->Combine(channels, window);
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::SmoothChannels(
  const std::vector<typename WorkImageType::Pointer> & channels,
  const colorization::LuminanceWindow &                window)
{
  if (m_SmoothingLambda == 0.0)
  {
    return;
  }
  // What is nearly black in a photograph, as cavities are, has no colour: the tissue around gives it one.
  constexpr float     blackLightness = 8.0f;
  constexpr float     sureLightness = 22.0f;
  constexpr float     leastWeight = 0.01f;
  const SizeValueType pixels = this->GetInput()->GetLargestPossibleRegion().GetNumberOfPixels();
  const bool isLab = m_Model->GetMetadata().colorSpace == colorization::NetworkColorSpace::Lab && channels.size() == 3;
  std::vector<float>   weights(isLab ? pixels : 0);
  std::vector<float *> buffers;
  for (const auto & channel : channels)
  {
    buffers.push_back(channel->GetBufferPointer());
  }
  for (SizeValueType i = 0; i < weights.size(); ++i)
  {
    const float sure = (buffers[0][i] - blackLightness) / (sureLightness - blackLightness);
    weights[i] = std::min(std::max(sure, leastWeight), 1.0f);
    for (float * buffer : buffers)
    {
      buffer[i] *= weights[i];
    }
  }
  if (isLab)
  {
    buffers.push_back(weights.data());
  }
  colorization::SmoothByLuminance(buffers,
                                  1,
                                  this->GetInput(),
                                  window,
                                  m_SmoothingLambda,
                                  m_SmoothingSigma,
                                  colorization::MakeParallelFor(this));
  for (SizeValueType i = 0; i < weights.size(); ++i)
  {
    for (const auto & channel : channels)
    {
      channel->GetBufferPointer()[i] /= weights[i];
    }
  }
}

template <typename TInputImage, typename TOutputImage>
auto
NetworkColorizationImageFilter<TInputImage, TOutputImage>::Combine(
  const std::vector<typename WorkImageType::Pointer> & channels,
  const colorization::LuminanceWindow &                window) -> typename TOutputImage::Pointer
{
  using ComponentType = colorization::ComponentTypeOf<TOutputImage>;
  constexpr double unit =
    std::is_floating_point<ComponentType>::value ? 1.0 : static_cast<double>(NumericTraits<ComponentType>::max());
  const TInputImage * input = this->GetInput();
  const auto          space = m_Model->GetMetadata().colorSpace;
  auto                colored = TOutputImage::New();
  colored->CopyInformation(input);
  colored->SetRegions(input->GetLargestPossibleRegion());
  colored->Allocate();
  const auto components = static_cast<std::size_t>(colored->GetNumberOfComponentsPerPixel());
  colorization::ForEachRow(input->GetLargestPossibleRegion(),
                           colorization::MakeParallelFor(this),
                           [&](const RegionType & row, std::size_t)
                           {
                             const auto *    in = colorization::ComponentsAt(input, row.GetIndex());
                             ComponentType * out = colorization::ComponentsAt(colored.GetPointer(), row.GetIndex());
                             std::vector<const float *> values;
                             for (const auto & channel : channels)
                             {
                               values.push_back(channel->GetBufferPointer() + channel->ComputeOffset(row.GetIndex()));
                             }
                             std::vector<double> pixel(channels.size());
                             for (std::size_t x = 0; x < row.GetSize(0); ++x, out += components)
                             {
                               for (std::size_t c = 0; c < pixel.size(); ++c)
                               {
                                 pixel[c] = values[c][x];
                               }
                               const float luminance = window.Map(in[x]);
                               const auto  rgb = colorization::NetworkValuesToRGB(space,
                                                                                 pixel.data(),
                                                                                 pixel.size(),
                                                                                 m_KeepLuminance ? &luminance : nullptr,
                                                                                 m_LuminanceShare);
                               for (std::size_t c = 0; c < components; ++c)
                               {
                                 out[c] = colorization::RoundAndClamp<ComponentType>(
                                   unit * (components == 1 ? colorization::RGBToLuminance(rgb) : rgb[c]));
                               }
                             }
                           });
  return colored;
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  const TInputImage *                  input = this->GetInput();
  const RegionType                     region = input->GetLargestPossibleRegion();
  typename MaskImageType::ConstPointer body = this->GetMaskImage();
  m_Stage = "body mask";
  colorization::UpdateProgressOrAbort(this, 0.01);
  if (!body)
  {
    auto mask = OtsuBodyMaskImageFilter<TInputImage, MaskImageType>::New();
    mask->SetInput(input);
    mask->SetSliceAxis(m_SliceAxis);
    mask->SetFillAlongAllAxes(true);
    colorization::ForwardProgress(this, mask.GetPointer(), 0.01, 0.1);
    mask->Update();
    body = mask->GetOutput();
  }

  m_Stage = "network";
  colorization::UpdateProgressOrAbort(this, 0.1);
  typename TOutputImage::Pointer colored = this->NeedsGrid() ? this->ColorizeOnGrid(body) : this->ColorizeAsItIs(body);
  colorization::ForEachRow(region,
                           colorization::MakeParallelFor(this),
                           [&](const RegionType & row, std::size_t)
                           {
                             const unsigned char * in = colorization::ComponentsAt(body.GetPointer(), row.GetIndex());
                             ImageScanlineIterator<TOutputImage> out(colored, row);
                             for (; !out.IsAtEndOfLine(); ++out, ++in)
                             {
                               if (*in == 0)
                               {
                                 out.Set(NumericTraits<typename TOutputImage::PixelType>::ZeroValue());
                               }
                             }
                           });
  this->GraftOutput(colored);
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(Model);
  os << indent << "SliceAxis: " << m_SliceAxis << std::endl;
  os << indent << "AverageOverAxes: " << (m_AverageOverAxes ? "On" : "Off") << std::endl;
  os << indent << "KeepLuminance: " << (m_KeepLuminance ? "On" : "Off") << std::endl;
  os << indent << "LuminanceShare: " << m_LuminanceShare << std::endl;
  os << indent << "SmoothingLambda: " << m_SmoothingLambda << std::endl;
  os << indent << "SmoothingSigma: " << m_SmoothingSigma << std::endl;
  os << indent << "Stage: " << m_Stage << std::endl;
}
} // namespace itk

#endif
