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
#ifndef itkFastGlobalSmootherImageFilter_hxx
#define itkFastGlobalSmootherImageFilter_hxx

namespace itk
{
template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
FastGlobalSmootherImageFilter<TInputImage, TGuidanceImage, TOutputImage>::FastGlobalSmootherImageFilter()
{
  this->AddOptionalInputName("GuidanceImage", 1);
  m_SmoothAxes.Fill(true);
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
FastGlobalSmootherImageFilter<TInputImage, TGuidanceImage, TOutputImage>::SetAttenuation(AttenuationEnum attenuation)
{
  if (m_Attenuation != attenuation)
  {
    m_Attenuation = attenuation;
    this->Modified();
  }
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
FastGlobalSmootherImageFilter<TInputImage, TGuidanceImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (!(m_Lambda >= 0.0))
  {
    itkExceptionMacro(<< "Lambda is " << m_Lambda << ", but has to be at least 0.");
  }
  if (!(m_Sigma > 0.0))
  {
    itkExceptionMacro(<< "Sigma is " << m_Sigma << ", but has to be above 0.");
  }
  if (m_NumberOfIterations == 0)
  {
    itkExceptionMacro(<< "NumberOfIterations is 0, but has to be at least 1.");
  }
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
FastGlobalSmootherImageFilter<TInputImage, TGuidanceImage, TOutputImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  colorization::VerifySameRegion(this,
                                 "The guidance",
                                 this->GetGuidanceImage(),
                                 this->GetInput()->GetLargestPossibleRegion());
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
FastGlobalSmootherImageFilter<TInputImage, TGuidanceImage, TOutputImage>::EnlargeOutputRequestedRegion(
  DataObject * output)
{
  auto * image = itkDynamicCastInDebugMode<TOutputImage *>(output);
  auto   region = image->GetRequestedRegion();
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    if (m_SmoothAxes[axis])
    {
      region.SetIndex(axis, image->GetLargestPossibleRegion().GetIndex(axis));
      region.SetSize(axis, image->GetLargestPossibleRegion().GetSize(axis));
    }
  }
  image->SetRequestedRegion(region);
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
colorization::FastGlobalSmootherParameters
FastGlobalSmootherImageFilter<TInputImage, TGuidanceImage, TOutputImage>::MakeParameters() const
{
  colorization::FastGlobalSmootherParameters parameters;
  parameters.lambda = m_Lambda;
  parameters.sigma = m_Sigma;
  parameters.iterations = m_NumberOfIterations;
  parameters.attenuation = m_Attenuation;
  const auto & spacing = this->GetInput()->GetSpacing();
  double       smallest = spacing[0];
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    smallest = std::min(smallest, static_cast<double>(spacing[axis]));
    parameters.smoothAxis[axis] = m_SmoothAxes[axis];
  }
  for (unsigned int axis = 0; axis < ImageDimension && m_UseImageSpacing; ++axis)
  {
    parameters.axisScale[axis] = smallest * smallest / (spacing[axis] * spacing[axis]);
  }
  return parameters;
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
FastGlobalSmootherImageFilter<TInputImage, TGuidanceImage, TOutputImage>::GenerateData()
{
  this->AllocateOutputs();
  TOutputImage *         output = this->GetOutput();
  const TInputImage *    input = this->GetInput();
  const TGuidanceImage * guidance = this->GetGuidanceImage();
  const auto             region = output->GetRequestedRegion();
  const auto             parallelFor = colorization::MakeParallelFor(this);
  const unsigned int     components = input->GetNumberOfComponentsPerPixel();

  colorization::VerifyFinite(this, "The input", input, region, parallelFor);
  if (output->GetNumberOfComponentsPerPixel() != components)
  {
    itkExceptionMacro(<< "The output has " << output->GetNumberOfComponentsPerPixel()
                      << " components, but the input has " << components << '.');
  }

  std::vector<float> values(region.GetNumberOfPixels() * components);
  colorization::CopyToPlanes(input, region, values.data(), parallelFor);
  std::vector<float> guidanceValues;
  unsigned int       guidanceComponents = components;
  if (guidance)
  {
    colorization::VerifyFinite(this, "The guidance", guidance, region, parallelFor);
    guidanceComponents = guidance->GetNumberOfComponentsPerPixel();
    guidanceValues.resize(region.GetNumberOfPixels() * guidanceComponents);
    colorization::CopyToPlanes(guidance, region, guidanceValues.data(), parallelFor);
  }
  else
  {
    guidanceValues = values;
  }
  colorization::FastGlobalSmooth(values.data(),
                                 components,
                                 guidanceValues.data(),
                                 guidanceComponents,
                                 colorization::CoreSize(region.GetSize()),
                                 this->MakeParameters(),
                                 parallelFor,
                                 colorization::MakeProgressCallback(this));
  colorization::CopyFromPlanes(values.data(), region, output, parallelFor);
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
FastGlobalSmootherImageFilter<TInputImage, TGuidanceImage, TOutputImage>::PrintSelf(std::ostream & os,
                                                                                    Indent         indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Lambda: " << m_Lambda << std::endl;
  os << indent << "Sigma: " << m_Sigma << std::endl;
  os << indent << "NumberOfIterations: " << m_NumberOfIterations << std::endl;
  os << indent << "Attenuation: " << (m_Attenuation == AttenuationEnum::Paper ? "paper" : "OpenCV") << std::endl;
  os << indent << "SmoothAxes: " << m_SmoothAxes << std::endl;
  os << indent << "UseImageSpacing: " << (m_UseImageSpacing ? "On" : "Off") << std::endl;
}
} // namespace itk

#endif
