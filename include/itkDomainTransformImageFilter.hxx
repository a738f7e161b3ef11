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
#ifndef itkDomainTransformImageFilter_hxx
#define itkDomainTransformImageFilter_hxx

namespace itk
{
template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
DomainTransformImageFilter<TInputImage, TGuidanceImage, TOutputImage>::VerifyParameters() const
{
  if (!(m_SigmaSpatial > 0.0))
  {
    itkExceptionMacro(<< "SigmaSpatial is " << m_SigmaSpatial << ", but has to be above 0.");
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
DomainTransformImageFilter<TInputImage, TGuidanceImage, TOutputImage>::Smooth(
  float *                                values,
  unsigned int                           components,
  const colorization::GuidanceView &     guidance,
  const RegionType &                     region,
  const GeometryType &                   geometry,
  const colorization::ParallelFor &      parallelFor,
  const colorization::ProgressCallback & progress) const
{
  colorization::DomainTransformParameters parameters;
  parameters.sigmaSpatial = m_SigmaSpatial;
  parameters.sigma = m_Sigma;
  parameters.iterations = m_NumberOfIterations;
  parameters.smoothAxis = this->GetCoreAxes();
  parameters.spacing = this->GetRelativeSpacing(geometry);
  colorization::DomainTransformSmooth(values,
                                      components,
                                      guidance,
                                      colorization::CoreSize(region.GetSize()),
                                      parameters,
                                      parallelFor,
                                      progress);
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
DomainTransformImageFilter<TInputImage, TGuidanceImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "SigmaSpatial: " << m_SigmaSpatial << std::endl;
  os << indent << "Sigma: " << m_Sigma << std::endl;
  os << indent << "NumberOfIterations: " << m_NumberOfIterations << std::endl;
}
} // namespace itk

#endif
