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
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::EnlargeOutputRequestedRegion(
  DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
std::vector<float>
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::CopyReconstruction(
  const RegionType &                region,
  const colorization::ParallelFor & parallelFor) const
{
  using ColorPixelType = typename TColorImage::PixelType;
  using ColorComponentType = typename DefaultConvertPixelTraits<ColorPixelType>::ComponentType;
  const double unit =
    std::is_integral<ColorComponentType>::value ? static_cast<double>(NumericTraits<ColorComponentType>::max()) : 1.0;
  const SizeValueType voxels = region.GetNumberOfPixels();
  std::vector<float>  planes(3 * voxels);
  colorization::ForEachRow(
    region,
    parallelFor,
    [&](const RegionType & row, std::size_t first)
    {
      for (ImageScanlineConstIterator<TColorImage> it(this->GetColorImage(), row); !it.IsAtEndOfLine(); ++it, ++first)
      {
        const ColorPixelType & pixel = it.Get();
        colorization::Color    rgb;
        for (unsigned int c = 0; c < 3; ++c)
        {
          const auto value =
            static_cast<float>(DefaultConvertPixelTraits<ColorPixelType>::GetNthComponent(c, pixel) / unit);
          rgb[c] = m_UseGamma ? std::sqrt(std::max(value, 0.0f)) : value;
        }
        const colorization::Color lab = colorization::RGBToLab(rgb);
        for (unsigned int c = 0; c < 3; ++c)
        {
          planes[c * voxels + first] = lab[c];
        }
      }
    });
  return planes;
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
void
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::WriteColors(
  const RegionType &                region,
  const std::vector<float> &        target,
  const std::vector<float> &        transferred,
  const colorization::ParallelFor & parallelFor)
{
  using OutputPixelType = typename TOutputImage::PixelType;
  using OutputComponentType = typename DefaultConvertPixelTraits<OutputPixelType>::ComponentType;
  constexpr bool      isInteger = std::is_integral<OutputComponentType>::value;
  const double        unit = isInteger ? static_cast<double>(NumericTraits<OutputComponentType>::max()) : 1.0;
  const SizeValueType voxels = region.GetNumberOfPixels();
  colorization::ForEachRow(
    region,
    parallelFor,
    [&](const RegionType & row, std::size_t first)
    {
      OutputPixelType pixel{};
      for (ImageScanlineIterator<TOutputImage> it(this->GetOutput(), row); !it.IsAtEndOfLine(); ++it, ++first)
      {
        colorization::Color lab{ { transferred[first], transferred[voxels + first], transferred[2 * voxels + first] } };
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
          lab[0] = colorization::GrayToLightness(target[first]);
        }
        const colorization::Color rgb = isInteger ? colorization::LabToRGBInGamut(lab) : colorization::LabToRGB(lab);
        for (unsigned int c = 0; c < 3; ++c)
        {
          DefaultConvertPixelTraits<OutputPixelType>::SetNthComponent(
            c,
            pixel,
            colorization::RoundAndClamp<OutputComponentType>(unit * rgb[c]));
        }
        it.Set(pixel);
      }
    });
}

template <typename TInputImage, typename TColorImage, typename TOutputImage>
void
EdgeAwareColorTransferImageFilter<TInputImage, TColorImage, TOutputImage>::GenerateData()
{
  this->AllocateOutputs();
  const RegionType region = this->GetInput()->GetLargestPossibleRegion();
  const auto       parallelFor = colorization::MakeParallelFor(this);
  colorization::VerifyFinite(this, "The input", this->GetInput(), region, parallelFor);
  colorization::VerifyFinite(this, "ColorImage", this->GetColorImage(), region, parallelFor);

  const SizeValueType      voxels = region.GetNumberOfPixels();
  const std::vector<float> target =
    colorization::CopyLuminance(this->GetInput(), region, m_WindowMinimum, m_WindowMaximum, parallelFor);
  std::vector<float> guidance = target;
  std::vector<float> lightness(voxels);
  for (SizeValueType i = 0; i < voxels; ++i)
  {
    guidance[i] = m_UseGamma ? std::sqrt(target[i]) : target[i];
    lightness[i] = colorization::GrayToLightness(guidance[i]);
  }
  // The target is gray, so its a and b are 0 before and after smoothing: only L has a second and third term. As
  // smoothing is linear, S(T') - S(T) of L is one pass over the difference.
  std::vector<float> transferred = this->CopyReconstruction(region, parallelFor);
  for (SizeValueType i = 0; i < voxels; ++i)
  {
    transferred[i] -= lightness[i];
  }
  colorization::FastGlobalSmootherParameters parameters;
  parameters.lambda = m_Lambda;
  parameters.sigma = m_Sigma;
  parameters.iterations = m_NumberOfIterations;
  colorization::FastGlobalSmooth(transferred.data(),
                                 3,
                                 guidance.data(),
                                 1,
                                 colorization::CoreSize(region.GetSize()),
                                 parameters,
                                 parallelFor,
                                 colorization::MakeProgressCallback(this, 0.1, 0.9));
  for (SizeValueType i = 0; i < voxels; ++i)
  {
    transferred[i] += lightness[i];
  }
  this->WriteColors(region, target, transferred, parallelFor);
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
  os << indent << "Lambda: " << m_Lambda << std::endl;
  os << indent << "Sigma: " << m_Sigma << std::endl;
  os << indent << "NumberOfIterations: " << m_NumberOfIterations << std::endl;
  os << indent << "UseGamma: " << (m_UseGamma ? "On" : "Off") << std::endl;
  os << indent << "KeepLuminance: " << (m_KeepLuminance ? "On" : "Off") << std::endl;
}
} // namespace itk

#endif
