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
FastGlobalSmootherImageFilter<TInputImage, TGuidanceImage, TOutputImage>::VerifyParameters() const
{
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
FastGlobalSmootherImageFilter<TInputImage, TGuidanceImage, TOutputImage>::Smooth(
  float *                                values,
  unsigned int                           components,
  const colorization::GuidanceView &     guidance,
  const RegionType &                     region,
  const GeometryType &                   geometry,
  const colorization::ParallelFor &      parallelFor,
  const colorization::ProgressCallback & progress) const
{
  colorization::FastGlobalSmootherParameters parameters;
  parameters.lambda = m_Lambda;
  parameters.sigma = m_Sigma;
  parameters.iterations = m_NumberOfIterations;
  parameters.attenuation = m_Attenuation;
  parameters.smoothAxis = this->GetCoreAxes();
  const std::array<double, 3> spacing = this->GetRelativeSpacing(geometry);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    parameters.axisScale[axis] = 1.0 / (spacing[axis] * spacing[axis]);
  }
  colorization::FastGlobalSmooth(values,
                                 components,
                                 guidance,
                                 colorization::CoreSize(region.GetSize()),
                                 parameters,
                                 parallelFor,
                                 progress);
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
}
} // namespace itk

#endif
