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
#ifndef itkDeepImageAnalogyImageFilter_hxx
#define itkDeepImageAnalogyImageFilter_hxx

#include "itkDeepAnalogyFeatures.h"
#include "itkGraySliceExtraction.h"
#include "itkOtsuBodyMaskImageFilter.h"

#include <stdexcept>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
DeepImageAnalogyImageFilter<TInputImage, TOutputImage>::DeepImageAnalogyImageFilter()
{
  this->AddRequiredInputName("ReferenceImage");
  this->AddOptionalInputName("MaskImage");
  this->SetNumberOfRequiredOutputs(2);
  this->SetNthOutput(1, this->MakeOutput(1));
  m_PhotographOrientation.Fill(false);
}

template <typename TInputImage, typename TOutputImage>
DataObject::Pointer
DeepImageAnalogyImageFilter<TInputImage, TOutputImage>::MakeOutput(DataObjectPointerArraySizeType index)
{
  if (index == 1)
  {
    return ConfidenceImageType::New().GetPointer();
  }
  return Superclass::MakeOutput(index);
}

template <typename TInputImage, typename TOutputImage>
auto
DeepImageAnalogyImageFilter<TInputImage, TOutputImage>::GetConfidenceOutput() -> ConfidenceImageType *
{
  return itkDynamicCastInDebugMode<ConfidenceImageType *>(this->ProcessObject::GetOutput(1));
}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
DeepImageAnalogyImageFilter<TInputImage, TOutputImage>::GetMTime() const
{
  return m_Model ? std::max(Superclass::GetMTime(), m_Model->GetMTime()) : Superclass::GetMTime();
}

template <typename TInputImage, typename TOutputImage>
void
DeepImageAnalogyImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (ImageDimension == 3 && m_Axis > 2)
  {
    itkExceptionMacro(<< "Axis is " << m_Axis << ", but has to be 0, 1 or 2.");
  }
  colorization::VerifyIntensityCurve(this, m_IntensityCurve);
  if (!m_UseAutomaticWindow && !(m_WindowMaximum > m_WindowMinimum))
  {
    itkExceptionMacro(<< "WindowMaximum is " << m_WindowMaximum << ", but has to be above WindowMinimum, "
                      << m_WindowMinimum << '.');
  }
  if (m_AnalogyParameters.levels.empty() || m_AnalogyParameters.levels.back().shrinkFactor != 1)
  {
    itkExceptionMacro(<< "The last of the analogy's levels has to have a shrinkFactor of 1.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
DeepImageAnalogyImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() const
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
DeepImageAnalogyImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  colorization::RequestWholeInputs(this);
}

template <typename TInputImage, typename TOutputImage>
void
DeepImageAnalogyImageFilter<TInputImage, TOutputImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TOutputImage>
auto
DeepImageAnalogyImageFilter<TInputImage, TOutputImage>::FindBody() -> typename MaskImageType::ConstPointer
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
DeepImageAnalogyImageFilter<TInputImage, TOutputImage>::StoreSlice(IndexValueType                     index,
                                                                   const colorization::AnalogySlice & colored)
{
  const auto region = colorization::SliceRegion(this->GetInput()->GetLargestPossibleRegion(), m_Axis, index);
  colorization::StoreColors(colored, region, this->GetOutput());
  ImageRegionIterator<ConfidenceImageType> confidence(this->GetConfidenceOutput(), region);
  for (const float * in = colored.confidence->GetBufferPointer(); !confidence.IsAtEnd(); ++confidence, ++in)
  {
    confidence.Set(*in);
  }
}

template <typename TInputImage, typename TOutputImage>
void
DeepImageAnalogyImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  const TInputImage * input = this->GetInput();
  const auto          parallelFor = colorization::MakeParallelFor(this);
  this->AllocateOutputs();
  this->GetOutput()->FillBuffer(NumericTraits<typename TOutputImage::PixelType>::ZeroValue());
  this->GetConfidenceOutput()->FillBuffer(0.0f);
  colorization::VerifyFinite(this, "The input", input, input->GetLargestPossibleRegion(), parallelFor);
  const auto                    body = this->FindBody();
  colorization::LuminanceWindow window = m_UseAutomaticWindow
                                           ? colorization::FindLuminanceWindow(this, input, body.GetPointer())
                                           : colorization::LuminanceWindow{ m_WindowMinimum, m_WindowMaximum, {} };
  m_WindowMinimum = window.minimum;
  m_WindowMaximum = window.maximum;
  window.curve = m_IntensityCurve;

  const std::vector<IndexValueType> indices = colorization::ListBodySlices(body.GetPointer(), m_Axis);
  colorization::SliceSeries         series;
  for (const IndexValueType index : indices)
  {
    series.slices.push_back(colorization::ExtractGraySlice(input, body.GetPointer(), m_Axis, index, window));
  }
  series.choices.assign(indices.size(), { colorization::PhotographChoice() });
  series.getPhotograph = [this](std::size_t) { return this->GetReferenceImage(); };
  series.isCoherent = m_SliceCoherence;
  const auto parameters =
    colorization::WithDeepFeatures(m_AnalogyParameters, m_Model.GetPointer(), this->GetNumberOfWorkUnits());
  m_MeanDistance = 0.0;
  const auto visit = [&](std::size_t slice, const colorization::AnalogySlice & colored)
  {
    this->StoreSlice(indices[slice], colored);
    m_MeanDistance += colored.meanDistance / static_cast<double>(indices.size());
  };
  try
  {
    const auto poses = colorization::ColorizeSliceSeries(series,
                                                         parameters,
                                                         visit,
                                                         parallelFor,
                                                         colorization::MakeProgressCallback(this, 0.06, 0.99));
    std::copy_n(poses[0].orientation.begin(), 3, m_PhotographOrientation.Begin());
    m_PhotographSpacing = poses[0].spacing;
  }
  catch (const std::invalid_argument & error)
  {
    itkExceptionMacro(<< error.what());
  }
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TOutputImage>
void
DeepImageAnalogyImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(Model);
  os << indent << "Axis: " << m_Axis << std::endl;
  os << indent << "UseAutomaticWindow: " << (m_UseAutomaticWindow ? "On" : "Off") << std::endl;
  os << indent << "WindowMinimum: " << m_WindowMinimum << std::endl;
  os << indent << "WindowMaximum: " << m_WindowMaximum << std::endl;
  os << indent << "SliceCoherence: " << (m_SliceCoherence ? "On" : "Off") << std::endl;
  os << indent << "MeanDistance: " << m_MeanDistance << std::endl;
  os << indent << "PhotographOrientation: " << m_PhotographOrientation << std::endl;
  os << indent << "PhotographSpacing: " << m_PhotographSpacing << std::endl;
}
} // namespace itk

#endif
