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
  this->SetSkinMargin(0);
  this->SetAirThreshold(0.0);
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
  if (m_Model->GetMetadata().outputChannels == 2 && this->GetLuminance() == LuminanceEnum::Reference)
  {
    itkExceptionMacro(<< "Luminance is reference, but the model makes chroma alone.");
  }
  if (ImageDimension == 3 && m_SliceAxis > 2)
  {
    itkExceptionMacro(<< "SliceAxis is " << m_SliceAxis << ", but has to be 0, 1 or 2.");
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
template <typename TImage>
auto
NetworkColorizationImageFilter<TInputImage, TOutputImage>::RunNetwork(const TImage *        image,
                                                                      const MaskImageType * body,
                                                                      unsigned int          sliceAxis,
                                                                      double                begin,
                                                                      double end) -> typename ValuesImageType::Pointer
{
  auto network = NetworkImageFilter<TImage, ValuesImageType>::New();
  network->SetInput(image);
  network->SetMaskImage(body);
  network->SetModel(m_Model);
  network->SetSliceAxis(sliceAxis);
  network->SetAverageOverAxes(m_AverageOverAxes);
  network->SetBlending(m_Blending);
  // So it finds the window.
  network->SetKeepLuminance(true);
  network->SetConvertColors(false);
  network->SetUseAutomaticWindow(this->GetUseAutomaticWindow());
  network->SetWindowMinimum(this->GetWindowMinimum());
  network->SetWindowMaximum(this->GetWindowMaximum());
  this->RunPart(network, begin, end);
  this->SetUsedWindow(network->GetWindowMinimum(), network->GetWindowMaximum());
  return network->GetOutput();
}

template <typename TInputImage, typename TOutputImage>
auto
NetworkColorizationImageFilter<TInputImage, TOutputImage>::RunOnGrid(const MaskImageType * body)
  -> std::vector<typename WorkImageType::Pointer>
{
  const GridType grid = this->MakeGrid();
  const auto     bodyOnGrid = this->BodyOnGrid(grid, body);
  const auto     values =
    this->RunNetwork(this->InputOnGrid(grid, bodyOnGrid).GetPointer(), bodyOnGrid.GetPointer(), 2, 0.2, 0.8);
  std::vector<typename WorkImageType::Pointer> channels;
  for (unsigned int c = 0; c < values->GetNumberOfComponentsPerPixel(); ++c)
  {
    auto resample = ResampleType::New();
    resample->SetInput(ChannelOf(values, c));
    resample->SetReferenceImage(this->GetInput());
    resample->UseReferenceImageOn();
    resample->SetExtrapolator(NearestNeighborExtrapolateImageFunction<WorkImageType, double>::New());
    resample->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
    resample->Update();
    channels.push_back(resample->GetOutput());
  }
  return channels;
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::SmoothChannels(
  const std::vector<typename WorkImageType::Pointer> & channels)
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
  const bool isLab = m_Model->GetMetadata().colorSpace == colorization::NetworkColorSpace::Lab && channels.size() >= 3;
  const bool           hasError = this->HasExpectedError();
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
    weights[i] *= hasError ? ConfidenceOf(buffers[3][i]) : 1.0f;
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
                                  this->GetLuminanceWindow(),
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
bool
NetworkColorizationImageFilter<TInputImage, TOutputImage>::HasExpectedError() const
{
  const auto & metadata = m_Model->GetMetadata();
  return metadata.colorSpace == colorization::NetworkColorSpace::Lab && metadata.outputChannels == 4;
}

template <typename TInputImage, typename TOutputImage>
float
NetworkColorizationImageFilter<TInputImage, TOutputImage>::ConfidenceOf(float expectedError)
{
  constexpr float halfError = 6.0f;
  const float     share = std::max(expectedError, 0.0f) / halfError;
  return 1.0f / (1.0f + share * share);
}

template <typename TInputImage, typename TOutputImage>
template <typename TValueAt>
std::vector<float>
NetworkColorizationImageFilter<TInputImage, TOutputImage>::MakeLab(std::size_t channels, const TValueAt & valueAt)
{
  const TInputImage * input = this->GetInput();
  const RegionType    region = input->GetLargestPossibleRegion();
  const SizeValueType voxels = region.GetNumberOfPixels();
  const auto          space = m_Model->GetMetadata().colorSpace;
  const auto          window = this->GetLuminanceWindow();
  std::vector<float>  lab(3 * voxels);
  colorization::ForEachRow(region,
                           colorization::MakeParallelFor(this),
                           [&](const RegionType & row, std::size_t i)
                           {
                             const auto *        in = colorization::ComponentsAt(input, row.GetIndex());
                             std::vector<double> pixel(channels);
                             for (std::size_t x = 0; x < row.GetSize(0); ++x, ++i)
                             {
                               for (std::size_t c = 0; c < channels; ++c)
                               {
                                 pixel[c] = valueAt(i, c);
                               }
                               const auto color =
                                 colorization::NetworkValuesToLab(space, pixel.data(), channels, window.Map(in[x]));
                               for (std::size_t c = 0; c < 3; ++c)
                               {
                                 lab[c * voxels + i] = color[c];
                               }
                             }
                           });
  return lab;
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  const SizeValueType voxels = this->GetInput()->GetLargestPossibleRegion().GetNumberOfPixels();
  this->BeginStage("body mask", 0.01);
  const auto body = this->FindBody(m_SliceAxis, 0.01, 0.1);

  this->BeginStage("network", 0.1);
  std::vector<float> lab;
  std::vector<float> confidence(this->HasExpectedError() ? voxels : 0);
  std::size_t        channels = 0;
  const auto         takeColors = [&](const auto & valueAt)
  {
    lab = this->MakeLab(channels, valueAt);
    for (std::size_t i = 0; i < confidence.size(); ++i)
    {
      confidence[i] = ConfidenceOf(static_cast<float>(valueAt(i, 3)));
    }
  };
  if (this->NeedsGrid())
  {
    const auto ofNetwork = this->RunOnGrid(body);
    colorization::UpdateProgressOrAbort(this, 0.85);
    this->SmoothChannels(ofNetwork);
    channels = ofNetwork.size();
    takeColors([&](std::size_t i, std::size_t c) { return ofNetwork[c]->GetBufferPointer()[i]; });
  }
  else
  {
    const auto ofNetwork = this->RunNetwork(this->GetInput(), body, m_SliceAxis, 0.1, 0.9);
    channels = ofNetwork->GetNumberOfComponentsPerPixel();
    takeColors([&](std::size_t i, std::size_t c) { return ofNetwork->GetBufferPointer()[i * channels + c]; });
  }

  colorization::UpdateProgressOrAbort(this, 0.95);
  const auto                     skin = this->AddMargin(body);
  typename Superclass::LabPlanes planes;
  planes.lightness = channels == 2 ? nullptr : lab.data();
  planes.a = lab.data() + voxels;
  planes.b = lab.data() + 2 * voxels;
  planes.confidence = confidence.empty() ? nullptr : confidence.data();
  this->WriteColors(planes, body, skin, this->MakeTissueMask(body, skin, this->GetLuminanceWindow()));
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
  os << indent << "Blending: " << static_cast<int>(m_Blending) << std::endl;
  os << indent << "SmoothingLambda: " << m_SmoothingLambda << std::endl;
  os << indent << "SmoothingSigma: " << m_SmoothingSigma << std::endl;
}
} // namespace itk

#endif
