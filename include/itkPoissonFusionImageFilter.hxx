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
#ifndef itkPoissonFusionImageFilter_hxx
#define itkPoissonFusionImageFilter_hxx

namespace itk
{
template <typename TInputImage, typename TIntensityImage, typename TOutputImage>
PoissonFusionImageFilter<TInputImage, TIntensityImage, TOutputImage>::PoissonFusionImageFilter()
{
  this->AddRequiredInputName("IntensityImage", 1);
  this->AddOptionalInputName("MaskImage", 2);
}

template <typename TInputImage, typename TIntensityImage, typename TOutputImage>
void
PoissonFusionImageFilter<TInputImage, TIntensityImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (!(m_Lambda >= 0.0 && std::isfinite(m_Lambda)))
  {
    itkExceptionMacro(<< "Lambda is " << m_Lambda << ", but has to be 0 or above, and finite.");
  }
  if (!(m_Tolerance > 0.0))
  {
    itkExceptionMacro(<< "Tolerance is " << m_Tolerance << ", but has to be above 0.");
  }
}

template <typename TInputImage, typename TIntensityImage, typename TOutputImage>
void
PoissonFusionImageFilter<TInputImage, TIntensityImage, TOutputImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  const RegionType wanted = this->GetInput()->GetLargestPossibleRegion();
  colorization::VerifySameRegion(this, "IntensityImage", this->GetIntensityImage(), wanted);
  colorization::VerifySameRegion(this, "MaskImage", this->GetMaskImage(), wanted);
}

template <typename TInputImage, typename TIntensityImage, typename TOutputImage>
void
PoissonFusionImageFilter<TInputImage, TIntensityImage, TOutputImage>::GenerateInputRequestedRegion()
{
  colorization::RequestWholeInputs(this);
}

template <typename TInputImage, typename TIntensityImage, typename TOutputImage>
void
PoissonFusionImageFilter<TInputImage, TIntensityImage, TOutputImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TIntensityImage, typename TOutputImage>
colorization::PoissonParameters
PoissonFusionImageFilter<TInputImage, TIntensityImage, TOutputImage>::MakeParameters() const
{
  colorization::PoissonParameters parameters;
  parameters.lambda = m_Lambda;
  parameters.mixedGradients = m_MixedGradients;
  if (m_UseImageSpacing)
  {
    std::copy_n(this->GetInput()->GetSpacing().Begin(), ImageDimension, parameters.spacing.begin());
  }
  parameters.tolerance = m_Tolerance;
  parameters.maximumCycles = m_MaximumNumberOfCycles;
  return parameters;
}

template <typename TInputImage, typename TIntensityImage, typename TOutputImage>
template <typename TImage>
const float *
PoissonFusionImageFilter<TInputImage, TIntensityImage, TOutputImage>::ViewAsFloats(
  const TImage *                    image,
  const RegionType &                region,
  std::vector<float> &              copy,
  const colorization::ParallelFor & parallelFor)
{
  if constexpr (std::is_same<typename TImage::PixelType, float>::value)
  {
    return image->GetBufferPointer();
  }
  else
  {
    copy.resize(region.GetNumberOfPixels());
    colorization::CopyToPlanes(image, region, copy.data(), parallelFor);
    return copy.data();
  }
}

template <typename TInputImage, typename TIntensityImage, typename TOutputImage>
void
PoissonFusionImageFilter<TInputImage, TIntensityImage, TOutputImage>::GenerateData()
{
  constexpr bool isFloatOutput = std::is_same<typename TOutputImage::PixelType, float>::value;
  this->AllocateOutputs();
  const RegionType region = this->GetInput()->GetLargestPossibleRegion();
  const auto       parallelFor = colorization::MakeParallelFor(this);
  colorization::VerifyFinite(this, "The input", this->GetInput(), region, parallelFor);
  colorization::VerifyFinite(this, "IntensityImage", this->GetIntensityImage(), region, parallelFor);
  std::vector<std::uint8_t> mask;
  if (this->GetMaskImage())
  {
    mask = colorization::CopyMask(this->GetMaskImage(), region, parallelFor);
  }
  std::vector<float> gradientCopy;
  std::vector<float> intensityCopy;
  std::vector<float> fusedCopy;
  const float *      gradients = ViewAsFloats(this->GetInput(), region, gradientCopy, parallelFor);
  const float *      intensities = ViewAsFloats(this->GetIntensityImage(), region, intensityCopy, parallelFor);
  float *            fused = nullptr;
  if constexpr (isFloatOutput)
  {
    fused = this->GetOutput()->GetBufferPointer();
  }
  else
  {
    // The solver can work in place, on a copy.
    std::vector<float> & buffer = intensityCopy.empty() ? fusedCopy : intensityCopy;
    buffer.resize(region.GetNumberOfPixels());
    fused = buffer.data();
  }
  colorization::UpdateProgressOrAbort(this, 0.05);

  m_Report = colorization::SolvePoisson(gradients,
                                        intensities,
                                        mask.empty() ? nullptr : mask.data(),
                                        fused,
                                        colorization::CoreSize(region.GetSize()),
                                        this->MakeParameters(),
                                        parallelFor,
                                        colorization::MakeProgressCallback(this, 0.05, 0.95));
  if (!m_Report.converged)
  {
    itkWarningMacro(<< "The solver stopped after MaximumNumberOfCycles = " << m_Report.cycles
                    << " cycles at a residual of " << m_Report.residual << ", above Tolerance = " << m_Tolerance
                    << '.');
  }
  if constexpr (!isFloatOutput)
  {
    colorization::CopyFromPlanes(fused, region, this->GetOutput(), parallelFor);
  }
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TIntensityImage, typename TOutputImage>
void
PoissonFusionImageFilter<TInputImage, TIntensityImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Lambda: " << m_Lambda << std::endl;
  os << indent << "MixedGradients: " << (m_MixedGradients ? "On" : "Off") << std::endl;
  os << indent << "UseImageSpacing: " << (m_UseImageSpacing ? "On" : "Off") << std::endl;
  os << indent << "Tolerance: " << m_Tolerance << std::endl;
  os << indent << "MaximumNumberOfCycles: " << m_MaximumNumberOfCycles << std::endl;
  os << indent << "NumberOfCycles: " << m_Report.cycles << std::endl;
  os << indent << "Residual: " << m_Report.residual << std::endl;
}
} // namespace itk

#endif
