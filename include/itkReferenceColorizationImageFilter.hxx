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
#ifndef itkReferenceColorizationImageFilter_hxx
#define itkReferenceColorizationImageFilter_hxx

#include "itkDeepAnalogyFeatures.h"
#include "itkEdgeAwareColorTransferImageFilter.h"
#include "itkHintSlicesImageFilter.h"
#include "itkBodyMask.h"
#include "itkLevinColorizationImageFilter.h"
#include "itkLuminanceGuidedSmoothing.h"
#include "itkNetworkColorizationImageFilter.h"
#include "itkOtsuBodyMaskImageFilter.h"

#include <stdexcept>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ReferenceColorizationImageFilter()
{
  this->AddOptionalInputName("ReferenceImage");
  this->AddOptionalInputName("MaskImage");
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (ImageDimension == 3 && m_Axis > 2)
  {
    itkExceptionMacro(<< "Axis is " << m_Axis << ", but has to be 0, 1 or 2.");
  }
  const bool isNetwork = m_Method == MethodEnum::Network;
  if (isNetwork && (!m_Model || !m_Model->IsLoaded()))
  {
    itkExceptionMacro(<< "Method is Network, but no model is set that is loaded.");
  }
  const bool hasNone = this->GetReferenceImage() == nullptr && m_ReferenceDatabase.IsNull();
  if ((this->GetReferenceImage() != nullptr) == m_ReferenceDatabase.IsNotNull() && !(isNetwork && hasNone))
  {
    itkExceptionMacro(<< (m_ReferenceDatabase ? "Both ReferenceImage and ReferenceDatabase are"
                                              : "Neither ReferenceImage nor ReferenceDatabase is")
                      << " set, but one is needed.");
  }
  if (m_NumberOfReferences == 0)
  {
    itkExceptionMacro(<< "NumberOfReferences is 0, but has to be at least 1.");
  }
  if (m_NumberOfHintSlices == 0)
  {
    itkExceptionMacro(<< "NumberOfHintSlices is 0, but has to be at least 1.");
  }
  colorization::VerifyIntensityCurve(this, m_IntensityCurve);
  if (!m_UseAutomaticWindow && !(m_WindowMaximum > m_WindowMinimum))
  {
    itkExceptionMacro(<< "WindowMaximum is " << m_WindowMaximum << ", but has to be above WindowMinimum, "
                      << m_WindowMinimum << '.');
  }
  if (!(m_OpeningRadius >= 0.0))
  {
    itkExceptionMacro(<< "OpeningRadius is " << m_OpeningRadius << ", but has to be at least 0.");
  }
  if (!(m_AirThreshold >= 0.0 && m_AirThreshold <= 1.0))
  {
    itkExceptionMacro(<< "AirThreshold is " << m_AirThreshold << ", but has to be in 0 ... 1.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() const
{
  // The photograph lies in a space of its own: the superclass's comparison of all inputs does not apply.
  if (const MaskImageType * mask = this->GetMaskImage())
  {
    colorization::VerifySameRegion(this, "MaskImage", mask, this->GetInput()->GetLargestPossibleRegion());
    colorization::VerifySameSpaceAsInput(this, "MaskImage", mask);
  }
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  colorization::RequestWholeInputs(this);
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::BeginStage(const char * name, double progress)
{
  m_Stage = name;
  colorization::UpdateProgressOrAbort(this, progress);
}

template <typename TInputImage, typename TOutputImage>
auto
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::FindBody() -> typename MaskImageType::ConstPointer
{
  if (const MaskImageType * mask = this->GetMaskImage())
  {
    colorization::VerifyMaskIsNotEmpty(this, mask);
    return mask;
  }
  auto filter = OtsuBodyMaskImageFilter<TInputImage, MaskImageType>::New();
  filter->SetInput(this->GetInput());
  filter->SetSliceAxis(m_Axis);
  filter->SetFillAlongAllAxes(true);
  filter->SetOpeningRadius(m_OpeningRadius);
  colorization::ForwardProgress(this, filter.GetPointer(), 0.0, 0.05);
  filter->Update();
  return filter->GetOutput();
}

template <typename TInputImage, typename TOutputImage>
auto
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::AddMargin(const MaskImageType * body) ->
  typename MaskImageType::ConstPointer
{
  if (this->GetMaskImage() || m_SkinMargin == 0)
  {
    return body;
  }
  const RegionType region = body->GetLargestPossibleRegion();
  auto             wider = MaskImageType::New();
  wider->CopyInformation(body);
  wider->SetRegions(region);
  wider->Allocate();
  std::copy_n(body->GetBufferPointer(), region.GetNumberOfPixels(), wider->GetBufferPointer());
  colorization::DilateByBall(wider->GetBufferPointer(),
                             colorization::CoreSize(region.GetSize()),
                             { { 1.0, 1.0, 1.0 } },
                             m_SkinMargin,
                             colorization::MakeParallelFor(this));
  return wider.GetPointer();
}

template <typename TInputImage, typename TOutputImage>
std::vector<IndexValueType>
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::SelectSlices(const MaskImageType * body)
{
  if (ImageDimension == 2)
  {
    return { 0 };
  }
  auto filter = HintSlicesImageFilter<TInputImage, HintImageType>::New();
  filter->SetInput(this->GetInput());
  filter->SetMaskImage(body);
  filter->SetAxis(m_Axis);
  filter->SetNumberOfSlices(m_NumberOfHintSlices);
  filter->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  filter->SetSpreadEvenly(true);
  filter->SetMinimumDistance(1);
  const auto indices = filter->SelectSlices();
  if (indices.empty())
  {
    itkExceptionMacro(<< "No slice of the body across axis " << m_Axis << " has any contrast.");
  }
  return indices;
}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::GetMTime() const
{
  ModifiedTimeType time = Superclass::GetMTime();
  for (const Object * object :
       { static_cast<const Object *>(m_Model), static_cast<const Object *>(m_ReferenceDatabase) })
  {
    time = object ? std::max(time, object->GetMTime()) : time;
  }
  return time;
}

template <typename TInputImage, typename TOutputImage>
std::vector<std::vector<colorization::PhotographChoice>>
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ChoosePhotographs(
  const std::vector<colorization::GraySlice> & slices) const
{
  if (!m_ReferenceDatabase)
  {
    return { slices.size(), { colorization::PhotographChoice() } };
  }
  std::vector<std::vector<colorization::ReferenceImageMatch>> matches;
  for (const colorization::GraySlice & slice : slices)
  {
    matches.push_back(m_ReferenceDatabase->Rank(slice.intensity, slice.body, 0));
  }
  return colorization::ChoosePhotographsInOrder(matches, m_NumberOfReferences);
}

template <typename TInputImage, typename TOutputImage>
auto
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::GetPhotograph(std::size_t index) const ->
  typename PhotographType::ConstPointer
{
  if (!m_ReferenceDatabase)
  {
    return this->GetReferenceImage();
  }
  return ReferenceImageDatabase::ReadPhotograph(m_ReferenceDatabase->GetImage(index).path).GetPointer();
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::RunAnalogy(
  const std::vector<IndexValueType> &                                          indices,
  colorization::SliceSeries &                                                  series,
  const std::function<void(std::size_t, const colorization::AnalogySlice &)> & visit)
{
  auto parameters =
    colorization::WithDeepFeatures(m_AnalogyParameters, m_Model.GetPointer(), this->GetNumberOfWorkUnits());
  parameters.airThreshold = m_AirThreshold;
  series.getPhotograph = [this](std::size_t photograph) { return this->GetPhotograph(photograph); };
  m_HintSliceReports.assign(indices.size(), HintSliceReport());
  try
  {
    m_PhotographPoses = colorization::ColorizeSliceSeries(
      series,
      parameters,
      [&](std::size_t slice, const colorization::AnalogySlice & colored)
      {
        m_HintSliceReports[slice] = { indices[slice], colored.similarity, colored.meanDistance, series.choices[slice] };
        visit(slice, colored);
      },
      colorization::MakeParallelFor(this),
      colorization::MakeProgressCallback(this, 0.1, m_Method == MethodEnum::Hints ? 0.5 : 0.9));
  }
  catch (const std::invalid_argument & error)
  {
    itkExceptionMacro(<< error.what());
  }
}

template <typename TInputImage, typename TOutputImage>
auto
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ColorizeSlices(const MaskImageType *               body,
                                                                            const std::vector<IndexValueType> & indices)
  -> Hints
{
  colorization::SliceSeries series;
  for (const IndexValueType index : indices)
  {
    series.slices.push_back(
      colorization::ExtractGraySlice(this->GetInput(), body, m_Axis, index, this->GetAnalogyWindow()));
  }
  series.choices = this->ChoosePhotographs(series.slices);
  this->BeginStage("analogy", 0.1);

  using SliceImageType = Image<float, 2>;
  using SliceColorType = Image<HintPixelType, 2>;
  using TransferType = EdgeAwareColorTransferImageFilter<SliceImageType, SliceColorType, SliceColorType>;
  auto smoother = TransferType::FastGlobalSmootherType::New();
  smoother->SetLambda(m_TransferLambda);
  smoother->SetSigma(m_TransferSigma);
  Hints hints;
  auto  scatter = HintSlicesImageFilter<TInputImage, HintImageType>::New();
  scatter->SetInput(this->GetInput());
  scatter->SetAxis(ImageDimension == 2 ? 1 : m_Axis);
  scatter->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  const auto transferColors = [&](std::size_t slice, const colorization::AnalogySlice & colored)
  {
    auto transfer = TransferType::New();
    transfer->SetInput(series.slices[slice].intensity);
    transfer->SetColorImage(colored.colors);
    transfer->SetWindowMaximum(1.0);
    transfer->SetSmoother(smoother);
    transfer->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
    transfer->Update();
    if constexpr (ImageDimension == 2)
    {
      hints.colors = transfer->GetOutput();
      hints.confidence = colored.confidence;
    }
    else
    {
      scatter->SetHintSlice(indices[slice], transfer->GetOutput(), colored.confidence);
    }
  };
  this->RunAnalogy(indices, series, transferColors);
  if constexpr (ImageDimension == 2)
  {
    hints.mask = MaskImageType::New();
    hints.mask->SetRegions(hints.colors->GetBufferedRegion());
    hints.mask->Allocate();
    hints.mask->FillBuffer(1);
    // Slices are at index 0 of a space of their own.
    const TInputImage * input = this->GetInput();
    const auto          giveInputGeometry = [&](auto * image)
    {
      image->CopyInformation(input);
      image->SetRegions(input->GetLargestPossibleRegion());
    };
    giveInputGeometry(hints.colors.GetPointer());
    giveInputGeometry(hints.confidence.GetPointer());
    giveInputGeometry(hints.mask.GetPointer());
  }
  else
  {
    scatter->Update();
    hints.colors = scatter->GetOutput();
    hints.mask = scatter->GetHintMaskOutput();
    hints.confidence = scatter->GetConfidenceOutput();
  }
  return hints;
}

template <typename TInputImage, typename TOutputImage>
typename TOutputImage::Pointer
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::PropagateColors(const MaskImageType * body,
                                                                             const MaskImageType * skin,
                                                                             const Hints &         hints)
{
  const TInputImage * input = this->GetInput();
  auto                tissue = MaskImageType::New();
  tissue->CopyInformation(input);
  tissue->SetRegions(input->GetLargestPossibleRegion());
  tissue->Allocate();
  const auto air = static_cast<float>(m_AirThreshold);
  const auto window = this->GetAnalogyWindow();
  colorization::ForEachRow(input->GetLargestPossibleRegion(),
                           colorization::MakeParallelFor(this),
                           [&](const RegionType & row, std::size_t)
                           {
                             ImageScanlineConstIterator<TInputImage>   in(input, row);
                             ImageScanlineConstIterator<MaskImageType> inBody(body, row);
                             ImageScanlineConstIterator<MaskImageType> inSkin(skin, row);
                             ImageScanlineIterator<MaskImageType>      out(tissue, row);
                             for (; !in.IsAtEndOfLine(); ++in, ++inBody, ++inSkin, ++out)
                             {
                               // The margin is dark as it is partly air.
                               const bool isAir = inBody.Get() != 0 && window.Map(in.Get()) < air;
                               out.Set(inSkin.Get() != 0 && !isAir ? 1 : 0);
                             }
                           });

  auto levin = LevinColorizationImageFilter<TInputImage, HintImageType, TOutputImage>::New();
  levin->SetInput(input);
  levin->SetHintImage(hints.colors);
  levin->SetHintMaskImage(hints.mask);
  levin->SetConfidenceImage(hints.confidence);
  levin->SetMaskImage(tissue);
  levin->SetColorSpace(ColorSpaceEnums::ColorSpace::Lab);
  levin->SetWindowMinimum(m_WindowMinimum);
  levin->SetWindowMaximum(m_WindowMaximum);
  levin->SetVarianceScale(m_VarianceScale);
  levin->SetTolerance(m_Tolerance);
  colorization::ForwardProgress(this, levin.GetPointer(), 0.5, 0.99);
  levin->Update();
  m_PropagationReport.cycles = levin->GetNumberOfCycles();
  m_PropagationReport.residual = levin->GetResidual();
  m_PropagationReport.seconds = levin->GetElapsedSeconds();
  m_PropagationReport.hintVoxels = levin->GetNumberOfHintVoxels();
  m_PropagationReport.unreachedVoxels = levin->GetNumberOfUnreachedVoxels();
  m_PropagationReport.peakBytes = levin->GetPeakBytes();
  return levin->GetOutput();
}

template <typename TInputImage, typename TOutputImage>
typename TOutputImage::Pointer
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ColorizeEverySlice(
  const MaskImageType *               body,
  const std::vector<IndexValueType> & hintIndices)
{
  const TInputImage *                  input = this->GetInput();
  const RegionType                     region = input->GetLargestPossibleRegion();
  std::vector<colorization::GraySlice> hintSlices;
  for (const IndexValueType index : hintIndices)
  {
    hintSlices.push_back(colorization::ExtractGraySlice(input, body, m_Axis, index, this->GetAnalogyWindow()));
  }
  const auto ofHints = this->ChoosePhotographs(hintSlices);
  hintSlices.clear();
  const std::vector<IndexValueType> indices = colorization::ListBodySlices(body, m_Axis);
  colorization::SliceSeries         series;
  series.isCoherent = true;
  for (const IndexValueType index : indices)
  {
    const auto nearest = std::min_element(hintIndices.begin(),
                                          hintIndices.end(),
                                          [index](IndexValueType a, IndexValueType b)
                                          { return std::abs(a - index) < std::abs(b - index); });
    series.slices.push_back(colorization::ExtractGraySlice(input, body, m_Axis, index, this->GetAnalogyWindow()));
    series.choices.push_back(ofHints[static_cast<std::size_t>(nearest - hintIndices.begin())]);
  }
  this->BeginStage("analogy", 0.1);

  // a and b of CIE Lab times the confidence, and the confidence.
  constexpr unsigned int components = 3;
  std::vector<float>     chroma(region.GetNumberOfPixels() * components, 0.0f);
  const auto             keepChroma = [&](std::size_t slice, const colorization::AnalogySlice & colored)
  {
    const float *                                  confidence = colored.confidence->GetBufferPointer();
    const auto *                                   color = colored.colors->GetBufferPointer();
    ImageRegionConstIteratorWithIndex<TInputImage> it(input, colorization::SliceRegion(region, m_Axis, indices[slice]));
    for (; !it.IsAtEnd(); ++it, ++confidence, ++color)
    {
      const colorization::Color lab = colorization::RGBToLab({ { (*color)[0], (*color)[1], (*color)[2] } });
      float *                   out = chroma.data() + components * colorization::PixelNumberIn(region, it.GetIndex());
      out[0] = *confidence * lab[1];
      out[1] = *confidence * lab[2];
      out[2] = *confidence;
    }
  };
  this->RunAnalogy(indices, series, keepChroma);
  series = colorization::SliceSeries();

  this->BeginStage("smoothing", 0.9);
  colorization::SmoothByLuminance({ chroma.data() },
                                  components,
                                  input,
                                  this->GetWindow(),
                                  m_TransferLambda,
                                  m_TransferSigma,
                                  colorization::MakeParallelFor(this),
                                  colorization::MakeProgressCallback(this, 0.9, 0.98));
  return this->AddLuminance(chroma);
}

template <typename TInputImage, typename TOutputImage>
typename TOutputImage::Pointer
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ColorizeByNetwork(const MaskImageType * body,
                                                                               const MaskImageType * skin)
{
  auto network = NetworkColorizationImageFilter<TInputImage, HintImageType>::New();
  network->SetInput(this->GetInput());
  network->SetMaskImage(skin);
  network->SetModel(m_Model);
  network->SetSliceAxis(m_Axis);
  network->SetKeepLuminance(m_Model->GetMetadata().outputChannels == 2);
  network->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  colorization::ForwardProgress(this, network.GetPointer(), 0.1, 0.9);
  network->Update();

  const auto *                colors = network->GetOutput()->GetBufferPointer();
  const SizeValueType         pixels = this->GetInput()->GetLargestPossibleRegion().GetNumberOfPixels();
  std::vector<float>          chroma(3 * pixels, 0.0f);
  colorization::ChromaPalette own;
  for (SizeValueType i = 0; i < pixels; ++i)
  {
    if (skin->GetBufferPointer()[i] == 0)
    {
      continue;
    }
    const colorization::Color lab = colorization::RGBToLab({ { colors[i][0], colors[i][1], colors[i][2] } });
    chroma[3 * i] = lab[1];
    chroma[3 * i + 1] = lab[2];
    chroma[3 * i + 2] = 1.0f;
    if (body->GetBufferPointer()[i] != 0)
    {
      own.Add(lab[1], lab[2]);
    }
  }
  this->BeginStage("palette", 0.9);
  colorization::ChromaPalette wanted;
  const std::size_t           photographs = m_ReferenceDatabase ? m_ReferenceDatabase->GetNumberOfImages() : 1;
  for (std::size_t k = 0; k < photographs && (m_ReferenceDatabase || this->GetReferenceImage()); ++k)
  {
    try
    {
      wanted.AddPhotograph(this->GetPhotograph(k));
    }
    catch (const std::invalid_argument & error)
    {
      itkExceptionMacro(<< error.what());
    }
  }
  const auto map = wanted.IsEmpty() ? colorization::ChromaMap() : colorization::ChromaPalette::MapBetween(own, wanted);
  for (SizeValueType i = 0; i < pixels; ++i)
  {
    const auto mapped = map.Map(chroma[3 * i], chroma[3 * i + 1]);
    std::copy(mapped.begin(), mapped.end(), chroma.begin() + static_cast<std::ptrdiff_t>(3 * i));
  }
  return this->AddLuminance(chroma);
}

template <typename TInputImage, typename TOutputImage>
typename TOutputImage::Pointer
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::AddLuminance(const std::vector<float> & chroma)
{
  using ComponentType = typename TOutputImage::PixelType::ComponentType;
  constexpr double scale = std::is_floating_point<ComponentType>::value ? 1.0 : 255.0;
  // Less confidence than this is a rest that smoothing leaves in air.
  constexpr float     least = 1e-3f;
  const TInputImage * input = this->GetInput();
  const auto          air = static_cast<float>(m_AirThreshold);
  const auto          window = this->GetWindow();
  const auto          analogyWindow = this->GetAnalogyWindow();
  auto                colored = TOutputImage::New();
  colored->CopyInformation(input);
  colored->SetRegions(input->GetLargestPossibleRegion());
  colored->Allocate();
  colorization::ForEachRow(
    input->GetLargestPossibleRegion(),
    colorization::MakeParallelFor(this),
    [&](const RegionType & row, std::size_t first)
    {
      ImageScanlineConstIterator<TInputImage> in(input, row);
      ImageScanlineIterator<TOutputImage>     out(colored, row);
      for (const float * mean = chroma.data() + 3 * first; !out.IsAtEndOfLine(); ++in, ++out, mean += 3)
      {
        const float         luminance = window.Map(in.Get());
        colorization::Color lab = colorization::RGBToLab({ { luminance, luminance, luminance } });
        const bool          isColored = mean[2] > least && analogyWindow.Map(in.Get()) >= air;
        lab[1] = isColored ? mean[0] / mean[2] : 0.0f;
        lab[2] = isColored ? mean[1] / mean[2] : 0.0f;
        const colorization::Color        rgb = colorization::LabToRGB(lab);
        typename TOutputImage::PixelType pixel;
        for (unsigned int c = 0; c < 3; ++c)
        {
          pixel[c] = colorization::RoundAndClamp<ComponentType>(static_cast<double>(rgb[c]) * scale);
        }
        out.Set(pixel);
      }
    });
  return colored;
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  const RegionType region = this->GetInput()->GetLargestPossibleRegion();
  const auto       parallelFor = colorization::MakeParallelFor(this);

  this->BeginStage("body mask", 0.0);
  colorization::VerifyFinite(this, "The input", this->GetInput(), region, parallelFor);
  const auto body = this->FindBody();
  if (m_UseAutomaticWindow)
  {
    const auto window = colorization::FindLuminanceWindow(this, this->GetInput(), body.GetPointer());
    m_WindowMinimum = window.minimum;
    m_WindowMaximum = window.maximum;
  }
  this->BeginStage(m_Method == MethodEnum::Network ? "network" : "hint slices", 0.06);
  const auto                     skin = this->AddMargin(body);
  typename TOutputImage::Pointer colored;
  if (m_Method == MethodEnum::Network)
  {
    colored = this->ColorizeByNetwork(body, skin);
  }
  else if (m_Method == MethodEnum::Slices)
  {
    colored = this->ColorizeEverySlice(body, this->SelectSlices(body));
  }
  else
  {
    const Hints hints = this->ColorizeSlices(body, this->SelectSlices(body));
    this->BeginStage("colour propagation", 0.5);
    colored = this->PropagateColors(body, skin, hints);
  }

  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t)
                           {
                             ImageScanlineConstIterator<MaskImageType> inBody(skin, row);
                             ImageScanlineIterator<TOutputImage>       out(colored, row);
                             for (; !out.IsAtEndOfLine(); ++out, ++inBody)
                             {
                               if (inBody.Get() == 0)
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
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Method: " << m_Method << std::endl;
  itkPrintSelfObjectMacro(ReferenceDatabase);
  os << indent << "NumberOfReferences: " << m_NumberOfReferences << std::endl;
  itkPrintSelfObjectMacro(Model);
  os << indent << "Axis: " << m_Axis << std::endl;
  os << indent << "NumberOfHintSlices: " << m_NumberOfHintSlices << std::endl;
  os << indent << "UseAutomaticWindow: " << (m_UseAutomaticWindow ? "On" : "Off") << std::endl;
  os << indent << "WindowMinimum: " << m_WindowMinimum << std::endl;
  os << indent << "WindowMaximum: " << m_WindowMaximum << std::endl;
  os << indent << "OpeningRadius: " << m_OpeningRadius << std::endl;
  os << indent << "SkinMargin: " << m_SkinMargin << std::endl;
  os << indent << "AirThreshold: " << m_AirThreshold << std::endl;
  os << indent << "TransferLambda: " << m_TransferLambda << std::endl;
  os << indent << "TransferSigma: " << m_TransferSigma << std::endl;
  os << indent << "VarianceScale: " << m_VarianceScale << std::endl;
  os << indent << "Tolerance: " << m_Tolerance << std::endl;
  os << indent << "Stage: " << m_Stage << std::endl;
}
} // namespace itk

#endif
