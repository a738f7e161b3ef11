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
#ifndef itkWeightedLeastSquaresImageFilter_hxx
#define itkWeightedLeastSquaresImageFilter_hxx

namespace itk
{
template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
WeightedLeastSquaresImageFilter<TInputImage, TGuidanceImage, TOutputImage>::VerifyParameters() const
{
  if (!(m_Lambda >= 0.0 && m_Lambda <= NumericTraits<double>::max()))
  {
    itkExceptionMacro(<< "Lambda is " << m_Lambda << ", but has to be at least 0.");
  }
  if (!(m_Alpha >= 0.0 && m_Alpha <= NumericTraits<double>::max()))
  {
    itkExceptionMacro(<< "Alpha is " << m_Alpha << ", but has to be at least 0.");
  }
  if (!(m_Epsilon > 0.0))
  {
    itkExceptionMacro(<< "Epsilon is " << m_Epsilon << ", but has to be above 0.");
  }
  if (!(m_Tolerance > 0.0))
  {
    itkExceptionMacro(<< "Tolerance is " << m_Tolerance << ", but has to be above 0.");
  }
  // The solver works in single precision on residuals made in double: beyond this, it would not converge.
  constexpr double highestCoupling = 1e12;
  if (m_Lambda / m_Epsilon > highestCoupling)
  {
    itkExceptionMacro(<< "Lambda / Epsilon is " << m_Lambda / m_Epsilon << ", but has to be at most " << highestCoupling
                      << '.');
  }
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
colorization::WeightedLeastSquaresParameters
WeightedLeastSquaresImageFilter<TInputImage, TGuidanceImage, TOutputImage>::MakeParameters(
  const GeometryType & geometry) const
{
  colorization::WeightedLeastSquaresParameters parameters;
  parameters.lambda = m_Lambda;
  parameters.alpha = m_Alpha;
  parameters.epsilon = m_Epsilon;
  parameters.useLogarithm = m_UseLogarithm;
  parameters.logarithmOffset = m_LogarithmOffset;
  parameters.smoothAxis = this->GetCoreAxes();
  const std::array<double, 3> spacing = this->GetRelativeSpacing(geometry);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    parameters.axisScale[axis] = 1.0 / (spacing[axis] * spacing[axis]);
  }
  parameters.tolerance = m_Tolerance;
  parameters.maximumCycles = m_MaximumNumberOfCycles;
  return parameters;
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
WeightedLeastSquaresImageFilter<TInputImage, TGuidanceImage, TOutputImage>::Smooth(
  float *                                values,
  unsigned int                           components,
  const colorization::GuidanceView &     guidance,
  const RegionType &                     region,
  const GeometryType &                   geometry,
  const colorization::ParallelFor &      parallelFor,
  const colorization::ProgressCallback & progress) const
{
  const std::array<std::size_t, 3> size = colorization::CoreSize(region.GetSize());
  if (m_UseLogarithm)
  {
    const double smallest = colorization::SmallestGuidance(guidance, size, parallelFor);
    if (!(smallest + m_LogarithmOffset > 0.0))
    {
      itkExceptionMacro(<< "The smallest value of the guidance is " << smallest << ", but with LogarithmOffset = "
                        << m_LogarithmOffset << " it has to be above " << -m_LogarithmOffset << '.');
    }
  }
  const colorization::WeightedLeastSquaresReport report =
    colorization::SmoothByWeightedLeastSquares(values,
                                               components,
                                               guidance,
                                               size,
                                               this->MakeParameters(geometry),
                                               parallelFor,
                                               progress);
  if (!report.converged)
  {
    itkWarningMacro(<< "The solver stopped after MaximumNumberOfCycles = " << report.cycles
                    << " cycles at a residual of " << report.residual << ", above Tolerance = " << m_Tolerance << '.');
  }
  const std::lock_guard<std::mutex> lock(m_ReportMutex);
  m_Report = report;
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
WeightedLeastSquaresImageFilter<TInputImage, TGuidanceImage, TOutputImage>::PrintSelf(std::ostream & os,
                                                                                      Indent         indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Lambda: " << m_Lambda << std::endl;
  os << indent << "Alpha: " << m_Alpha << std::endl;
  os << indent << "Epsilon: " << m_Epsilon << std::endl;
  os << indent << "UseLogarithm: " << (m_UseLogarithm ? "On" : "Off") << std::endl;
  os << indent << "LogarithmOffset: " << m_LogarithmOffset << std::endl;
  os << indent << "Tolerance: " << m_Tolerance << std::endl;
  os << indent << "MaximumNumberOfCycles: " << m_MaximumNumberOfCycles << std::endl;
  os << indent << "NumberOfCycles: " << this->GetNumberOfCycles() << std::endl;
  os << indent << "Residual: " << this->GetResidual() << std::endl;
}
} // namespace itk

#endif
