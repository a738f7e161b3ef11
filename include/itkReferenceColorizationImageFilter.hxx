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

#include "itkEdgeAwareColorTransferImageFilter.h"
#include "itkHintSlicesImageFilter.h"
#include "itkLevinColorizationImageFilter.h"
#include "itkOtsuBodyMaskImageFilter.h"

#include <stdexcept>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ReferenceColorizationImageFilter()
{
  this->AddRequiredInputName("ReferenceImage");
  this->AddOptionalInputName("MaskImage");
  m_PhotographOrientation.Fill(false);
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
  if (m_NumberOfHintSlices == 0)
  {
    itkExceptionMacro(<< "NumberOfHintSlices is 0, but has to be at least 1.");
  }
  if (!m_UseAutomaticWindow && !(m_WindowMaximum > m_WindowMinimum))
  {
    itkExceptionMacro(<< "WindowMaximum is " << m_WindowMaximum << ", but has to be above WindowMinimum, "
                      << m_WindowMinimum << '.');
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
  colorization::ForwardProgress(this, filter.GetPointer(), 0.0, 0.05);
  filter->Update();
  return filter->GetOutput();
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ComputeWindow(const MaskImageType * body)
{
  if (!m_UseAutomaticWindow)
  {
    return;
  }
  constexpr double                        tail = 0.001;
  std::vector<double>                     values;
  const RegionType                        region = this->GetInput()->GetLargestPossibleRegion();
  ImageRegionConstIterator<TInputImage>   it(this->GetInput(), region);
  ImageRegionConstIterator<MaskImageType> mask(body, region);
  for (; !it.IsAtEnd(); ++it, ++mask)
  {
    if (mask.Get() != 0)
    {
      values.push_back(static_cast<double>(it.Get()));
    }
  }
  const auto rank = static_cast<std::ptrdiff_t>((1.0 - tail) * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  m_WindowMaximum = values[rank];
  m_WindowMinimum = *std::min_element(values.begin(), values.end());
  if (!(m_WindowMaximum > m_WindowMinimum))
  {
    itkExceptionMacro(<< "All but 0.1 % of the body has the value " << m_WindowMinimum
                      << ", so there is no structure to colour.");
  }
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
colorization::GraySlice
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ExtractSlice(const MaskImageType * body,
                                                                          IndexValueType        index) const
{
  const TInputImage *                input = this->GetInput();
  RegionType                         region = input->GetLargestPossibleRegion();
  typename Image<float, 2>::SizeType size;
  SpacePrecisionType                 spacing[2];
  if (ImageDimension > 2)
  {
    region.SetIndex(m_Axis, index);
    region.SetSize(m_Axis, 1);
  }
  for (unsigned int axis = 0, sliceAxis = 0; axis < ImageDimension; ++axis)
  {
    if (ImageDimension == 2 || axis != m_Axis)
    {
      size[sliceAxis] = region.GetSize(axis);
      spacing[sliceAxis++] = input->GetSpacing()[axis];
    }
  }
  auto intensity = Image<float, 2>::New();
  auto mask = Image<unsigned char, 2>::New();
  intensity->SetRegions(size);
  intensity->SetSpacing(spacing);
  intensity->Allocate();
  mask->SetRegions(size);
  mask->SetSpacing(spacing);
  mask->Allocate();
  ImageRegionConstIterator<TInputImage>   in(input, region);
  ImageRegionConstIterator<MaskImageType> inMask(body, region);
  for (SizeValueType i = 0; !in.IsAtEnd(); ++in, ++inMask, ++i)
  {
    const double luminance = (static_cast<double>(in.Get()) - m_WindowMinimum) / (m_WindowMaximum - m_WindowMinimum);
    intensity->GetBufferPointer()[i] = static_cast<float>(std::min(std::max(luminance, 0.0), 1.0));
    mask->GetBufferPointer()[i] = inMask.Get();
  }
  return { intensity.GetPointer(), mask.GetPointer() };
}

template <typename TInputImage, typename TOutputImage>
auto
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ColorizeSlices(const MaskImageType *               body,
                                                                            const std::vector<IndexValueType> & indices)
  -> Hints
{
  const auto parallelFor = colorization::MakeParallelFor(this);
  auto       parameters = m_AnalogyParameters;
  parameters.airThreshold = m_AirThreshold;
  std::unique_ptr<colorization::SliceAnalogy> analogy;
  try
  {
    analogy = std::make_unique<colorization::SliceAnalogy>(this->GetReferenceImage(), parameters);
  }
  catch (const std::invalid_argument & error)
  {
    itkExceptionMacro(<< error.what());
  }
  std::vector<colorization::GraySlice> slices;
  for (const IndexValueType index : indices)
  {
    slices.push_back(this->ExtractSlice(body, index));
  }
  analogy->Align(slices, parallelFor);
  std::copy_n(analogy->GetOrientation().begin(), 3, m_PhotographOrientation.Begin());
  m_PhotographSpacing = analogy->GetPhotographSpacing();

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
  m_HintSliceReports.clear();
  for (std::size_t k = 0; k < indices.size(); ++k)
  {
    const colorization::AnalogySlice colored = analogy->Colorize(k, parallelFor);
    auto                             transfer = TransferType::New();
    transfer->SetInput(slices[k].intensity);
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
      scatter->SetHintSlice(indices[k], transfer->GetOutput(), colored.confidence);
    }
    m_HintSliceReports.push_back({ indices[k], colored.similarity, colored.meanDistance });
    colorization::UpdateProgressOrAbort(this, 0.1 + 0.4 * static_cast<double>(k + 1) / indices.size());
  }
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
                                                                             const Hints &         hints)
{
  const TInputImage * input = this->GetInput();
  auto                tissue = MaskImageType::New();
  tissue->CopyInformation(input);
  tissue->SetRegions(input->GetLargestPossibleRegion());
  tissue->Allocate();
  const double air = m_WindowMinimum + m_AirThreshold * (m_WindowMaximum - m_WindowMinimum);
  colorization::ForEachRow(input->GetLargestPossibleRegion(),
                           colorization::MakeParallelFor(this),
                           [&](const RegionType & row, std::size_t)
                           {
                             ImageScanlineConstIterator<TInputImage>   in(input, row);
                             ImageScanlineConstIterator<MaskImageType> inBody(body, row);
                             ImageScanlineIterator<MaskImageType>      out(tissue, row);
                             for (; !in.IsAtEndOfLine(); ++in, ++inBody, ++out)
                             {
                               out.Set(inBody.Get() != 0 && static_cast<double>(in.Get()) >= air ? 1 : 0);
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
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  const RegionType region = this->GetInput()->GetLargestPossibleRegion();
  const auto       parallelFor = colorization::MakeParallelFor(this);

  this->BeginStage("body mask", 0.0);
  colorization::VerifyFinite(this, "The input", this->GetInput(), region, parallelFor);
  const auto body = this->FindBody();
  this->ComputeWindow(body);
  this->BeginStage("hint slices", 0.06);
  const auto indices = this->SelectSlices(body);
  this->BeginStage("analogy", 0.1);
  const Hints hints = this->ColorizeSlices(body, indices);
  this->BeginStage("colour propagation", 0.5);
  const auto colored = this->PropagateColors(body, hints);

  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t)
                           {
                             ImageScanlineConstIterator<MaskImageType> inBody(body, row);
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
  os << indent << "Axis: " << m_Axis << std::endl;
  os << indent << "NumberOfHintSlices: " << m_NumberOfHintSlices << std::endl;
  os << indent << "UseAutomaticWindow: " << (m_UseAutomaticWindow ? "On" : "Off") << std::endl;
  os << indent << "WindowMinimum: " << m_WindowMinimum << std::endl;
  os << indent << "WindowMaximum: " << m_WindowMaximum << std::endl;
  os << indent << "AirThreshold: " << m_AirThreshold << std::endl;
  os << indent << "TransferLambda: " << m_TransferLambda << std::endl;
  os << indent << "TransferSigma: " << m_TransferSigma << std::endl;
  os << indent << "VarianceScale: " << m_VarianceScale << std::endl;
  os << indent << "Tolerance: " << m_Tolerance << std::endl;
  os << indent << "PhotographOrientation: " << m_PhotographOrientation << std::endl;
  os << indent << "PhotographSpacing: " << m_PhotographSpacing << std::endl;
  os << indent << "Stage: " << m_Stage << std::endl;
}
} // namespace itk

#endif
