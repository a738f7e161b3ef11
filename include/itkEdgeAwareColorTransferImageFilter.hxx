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
#ifndef itkEdgeAwareColorTransferImageFilter_hxx
#define itkEdgeAwareColorTransferImageFilter_hxx

namespace itk
{
template <typename TInputImage, typename TColorImage, typename TOutputImage>
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::EdgeAwareColorTransferImageFilter()
{
  this->AddRequiredInputName("ColorImage", 1);
  auto smoother = FastGlobalSmootherType::New();
  smoother->SetLambda(32.0);
  smoother->SetSigma(200.0 / 255.0);
  m_Smoother = smoother;
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
ModifiedTimeType
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::GetMTime() const
{
  return m_Smoother ? std::max(Superclass::GetMTime(), m_Smoother->GetMTime()) : Superclass::GetMTime();
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
void
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (!(m_WindowMaximum > m_WindowMinimum))
  {
    itkExceptionMacro(<< "WindowMaximum is " << m_WindowMaximum << ", but has to be above WindowMinimum, "
                      << m_WindowMinimum << '.');
  }
  if (!m_ConvertColors && std::is_integral<colorization::ComponentTypeOf<TOutputImage>>::value)
  {
    itkExceptionMacro(<< "ConvertColors is off, but the output's components are integers, which cannot hold Lab.");
  }
  if (!m_Smoother)
  {
    itkExceptionMacro(<< "Smoother is null, but has to be an EdgeAwareSmoothingImageFilter.");
  }
  m_Smoother->VerifyParameters();
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
void
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  typename TOutputImage::PixelType pixel{};
  const auto                       verifyComponents = [this](const char * name, unsigned int components)
  {
    if (components != 3)
    {
      itkExceptionMacro(<< name << " has " << components << " components, but colours have 3.");
    }
  };
  verifyComponents("ColorImage", this->GetColorImage()->GetNumberOfComponentsPerPixel());
  verifyComponents("The output", NumericTraits<typename TOutputImage::PixelType>::GetLength(pixel));
  colorization::VerifySameRegion(this,
                                 "ColorImage",
                                 this->GetColorImage(),
                                 this->GetInput()->GetLargestPossibleRegion());
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
void
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::GenerateInputRequestedRegion()
{
  Superclass::GenerateInputRequestedRegion();
  auto *           input = const_cast<TInputImage *>(this->GetInput());
  const RegionType region =
    m_Smoother->GetRegionNeededFor(this->GetOutput()->GetRequestedRegion(), input->GetLargestPossibleRegion());
  input->SetRequestedRegion(region);
  const_cast<TColorImage *>(this->GetColorImage())->SetRequestedRegion(region);
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
void
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::EnlargeOutputRequestedRegion(
  DataObject * output)
{
  auto * image = itkDynamicCastInDebugMode<TOutputImage *>(output);
  image->SetRequestedRegion(
    m_Smoother->GetRegionToMakeFor(image->GetRequestedRegion(), image->GetLargestPossibleRegion()));
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
std::vector<float>
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::MakeGuidance(
  const RegionType &                region,
  const colorization::ParallelFor & parallelFor) const
{
  std::vector<float> guidance =
    colorization::CopyLuminance(this->GetInput(), region, m_WindowMinimum, m_WindowMaximum, parallelFor);
  if (m_UseGamma)
  {
    std::transform(guidance.begin(),
                   guidance.end(),
                   guidance.begin(),
                   [](float luminance) { return std::sqrt(luminance); });
  }
  return guidance;
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
std::vector<float>
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::MakeDifference(
  const std::vector<float> &        guidance,
  const RegionType &                region,
  const colorization::ParallelFor & parallelFor) const
{
  using ComponentType = colorization::ComponentTypeOf<TColorImage>;
  const double unit =
    std::is_integral<ComponentType>::value ? static_cast<double>(NumericTraits<ComponentType>::max()) : 1.0;
  std::vector<float> difference(3 * region.GetNumberOfPixels());
  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t first)
                           {
                             const ComponentType * in =
                               colorization::ComponentsAt(this->GetColorImage(), row.GetIndex());
                             for (std::size_t i = first; i < first + row.GetSize(0); ++i, in += 3)
                             {
                               colorization::Color rgb;
                               for (unsigned int c = 0; c < 3; ++c)
                               {
                                 const auto value = static_cast<float>(in[c] / unit);
                                 rgb[c] = m_UseGamma ? std::sqrt(std::max(value, 0.0f)) : value;
                               }
                               const colorization::Color lab = colorization::RGBToLab(rgb);
                               // The target is gray: its a and b are 0.
                               difference[3 * i] = lab[0] - colorization::GrayToLightness(guidance[i]);
                               difference[3 * i + 1] = lab[1];
                               difference[3 * i + 2] = lab[2];
                             }
                           });
  return difference;
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
void
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::WriteColors(
  const std::vector<float> &        guidance,
  const std::vector<float> &        smoothed,
  const RegionType &                region,
  const colorization::ParallelFor & parallelFor)
{
  using ComponentType = colorization::ComponentTypeOf<TOutputImage>;
  constexpr bool isInteger = std::is_integral<ComponentType>::value;
  const double   unit = isInteger ? static_cast<double>(NumericTraits<ComponentType>::max()) : 1.0;
  const auto     writeColor = [&](std::size_t i, ComponentType * out)
  {
    colorization::Color lab{
      { smoothed[3 * i] + colorization::GrayToLightness(guidance[i]), smoothed[3 * i + 1], smoothed[3 * i + 2] }
    };
    if (m_UseGamma)
    {
      colorization::Color rgb = colorization::LabToRGB(lab);
      for (float & c : rgb)
      {
        c = std::max(c, 0.0f) * c;
      }
      lab = colorization::RGBToLab(rgb);
    }
    if (m_KeepLuminance)
    {
      lab[0] = colorization::GrayToLightness(m_UseGamma ? guidance[i] * guidance[i] : guidance[i]);
    }
    const colorization::Color rgb = !m_ConvertColors ? lab
                                    : isInteger      ? colorization::LabToRGBInGamut(lab)
                                                     : colorization::LabToRGB(lab);
    for (unsigned int c = 0; c < 3; ++c)
    {
      out[c] = colorization::RoundAndClamp<ComponentType>(unit * rgb[c]);
    }
  };
  const RegionType outputRegion = this->GetOutput()->GetRequestedRegion();
  colorization::ForEachRow(outputRegion,
                           parallelFor,
                           [&](const RegionType & row, std::size_t)
                           {
                             const std::size_t first = colorization::PixelNumberIn(region, row.GetIndex());
                             ComponentType *   out = colorization::ComponentsAt(this->GetOutput(), row.GetIndex());
                             for (std::size_t x = 0; x < row.GetSize(0); ++x)
                             {
                               writeColor(first + x, out + 3 * x);
                             }
                           });
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
void
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::GenerateData()
{
  this->AllocateOutputs();
  const RegionType region = m_Smoother->GetRegionNeededFor(this->GetOutput()->GetRequestedRegion(),
                                                           this->GetInput()->GetLargestPossibleRegion());
  const auto       parallelFor = colorization::MakeParallelFor(this);
  colorization::VerifyFinite(this, "The input", this->GetInput(), region, parallelFor);
  colorization::VerifyFinite(this, "ColorImage", this->GetColorImage(), region, parallelFor);

  const std::vector<float> guidance = this->MakeGuidance(region, parallelFor);
  // As smoothing is linear, S(T') - S(T) is one pass over the difference.
  std::vector<float> values = this->MakeDifference(guidance, region, parallelFor);
  m_Smoother->Smooth(values.data(),
                     3,
                     colorization::MakeGuidanceView(guidance.data(), 1, colorization::CoreSize(region.GetSize())),
                     region,
                     *this->GetInput(),
                     parallelFor,
                     colorization::MakeProgressCallback(this, 0.1, 0.9));
  this->WriteColors(guidance, values, region, parallelFor);
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
void
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::PrintSelf(std::ostream & os,
                                                                                     Indent         indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "WindowMinimum: " << m_WindowMinimum << std::endl;
  os << indent << "WindowMaximum: " << m_WindowMaximum << std::endl;
  itkPrintSelfObjectMacro(Smoother);
  os << indent << "UseGamma: " << (m_UseGamma ? "On" : "Off") << std::endl;
  os << indent << "KeepLuminance: " << (m_KeepLuminance ? "On" : "Off") << std::endl;
  os << indent << "ConvertColors: " << (m_ConvertColors ? "On" : "Off") << std::endl;
}
} // namespace itk

#endif
