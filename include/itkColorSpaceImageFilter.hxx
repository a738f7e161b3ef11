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
#ifndef itkColorSpaceImageFilter_hxx
#define itkColorSpaceImageFilter_hxx

#include "itkTotalProgressReporter.h"

namespace itk
{
template <typename TInputImage, typename TOutputImage>
ColorSpaceImageFilter<TInputImage, TOutputImage>::ColorSpaceImageFilter()
{
  this->DynamicMultiThreadingOn();
  this->ThreaderUpdateProgressOff();
}

template <typename TInputImage, typename TOutputImage>
template <typename TComponent>
void
ColorSpaceImageFilter<TInputImage, TOutputImage>::VerifySpace(const char *   which,
                                                              ColorSpaceEnum space,
                                                              unsigned int   components) const
{
  const unsigned int wanted = ComponentsOf(space);
  if (components != wanted && !(wanted == 3 && components == 4))
  {
    itkExceptionMacro(<< which << " has " << components << " components, but " << space << " needs " << wanted << '.');
  }
  if (!IsUnitRange(space) && std::is_integral<TComponent>::value)
  {
    itkExceptionMacro(<< which << " has integer components, but " << space << " needs floating-point ones.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
ColorSpaceImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  this->template VerifySpace<InputComponentType>("The input",
                                                 m_InputSpace,
                                                 this->GetInput()->GetNumberOfComponentsPerPixel());
  // The length of a vector image's pixels is this filter's own choice.
  OutputPixelType    pixel{};
  const unsigned int fixedLength = NumericTraits<OutputPixelType>::GetLength(pixel);
  this->template VerifySpace<OutputComponentType>("The output",
                                                  m_OutputSpace,
                                                  fixedLength > 0 ? fixedLength : ComponentsOf(m_OutputSpace));
}

template <typename TInputImage, typename TOutputImage>
void
ColorSpaceImageFilter<TInputImage, TOutputImage>::GenerateOutputInformation()
{
  Superclass::GenerateOutputInformation();
  OutputPixelType pixel{};
  if (NumericTraits<OutputPixelType>::GetLength(pixel) == 0)
  {
    this->GetOutput()->SetNumberOfComponentsPerPixel(ComponentsOf(m_OutputSpace));
  }
}

template <typename TInputImage, typename TOutputImage>
colorization::Color
ColorSpaceImageFilter<TInputImage, TOutputImage>::ToRGB(const colorization::Color & color, ColorSpaceEnum space)
{
  switch (space)
  {
    case ColorSpaceEnum::Lab:
      return colorization::LabToRGB(color);
    case ColorSpaceEnum::YUV:
      return colorization::YUVToRGB(color);
    case ColorSpaceEnum::Luminance:
      return { { color[0], color[0], color[0] } };
    default:
      return color;
  }
}

template <typename TInputImage, typename TOutputImage>
colorization::Color
ColorSpaceImageFilter<TInputImage, TOutputImage>::FromRGB(const colorization::Color & rgb, ColorSpaceEnum space)
{
  switch (space)
  {
    case ColorSpaceEnum::Lab:
      return colorization::RGBToLab(rgb);
    case ColorSpaceEnum::YUV:
      return colorization::RGBToYUV(rgb);
    case ColorSpaceEnum::Luminance:
      return { { colorization::RGBToLuminance(rgb), 0.0f, 0.0f } };
    default:
      return rgb;
  }
}

template <typename TInputImage, typename TOutputImage>
void
ColorSpaceImageFilter<TInputImage, TOutputImage>::DynamicThreadedGenerateData(const OutputImageRegionType & region)
{
  using InputTraits = DefaultConvertPixelTraits<InputPixelType>;
  using OutputTraits = DefaultConvertPixelTraits<OutputPixelType>;
  const auto unit = [](auto component, ColorSpaceEnum space)
  {
    using ComponentType = decltype(component);
    return IsUnitRange(space) && std::is_integral<ComponentType>::value
             ? static_cast<double>(NumericTraits<ComponentType>::max())
             : 1.0;
  };
  const double       inputUnit = unit(InputComponentType{}, m_InputSpace);
  const double       outputUnit = unit(OutputComponentType{}, m_OutputSpace);
  const unsigned int inputComponents = ComponentsOf(m_InputSpace);
  const unsigned int outputComponents = ComponentsOf(m_OutputSpace);
  TOutputImage *     output = this->GetOutput();

  OutputPixelType outputPixel;
  NumericTraits<OutputPixelType>::SetLength(outputPixel, output->GetNumberOfComponentsPerPixel());
  const unsigned int outputLength = NumericTraits<OutputPixelType>::GetLength(outputPixel);

  TotalProgressReporter                   progress(this, output->GetRequestedRegion().GetNumberOfPixels(), 100, 0.99f);
  ImageScanlineConstIterator<TInputImage> in(this->GetInput(), region);
  ImageScanlineIterator<TOutputImage>     out(output, region);
  while (!in.IsAtEnd())
  {
    while (!in.IsAtEndOfLine())
    {
      const InputPixelType & inputPixel = in.Get();
      colorization::Color    color{};
      for (unsigned int c = 0; c < inputComponents; ++c)
      {
        color[c] = static_cast<float>(InputTraits::GetNthComponent(c, inputPixel) / inputUnit);
      }
      if (m_InputSpace != m_OutputSpace)
      {
        color = FromRGB(ToRGB(color, m_InputSpace), m_OutputSpace);
      }
      for (unsigned int c = 0; c < outputLength; ++c)
      {
        double value = c < outputComponents ? outputUnit * color[c] : outputUnit;
        if (std::is_integral<OutputComponentType>::value)
        {
          value = std::min(std::max(value, 0.0), outputUnit);
        }
        OutputTraits::SetNthComponent(c, outputPixel, colorization::RoundAndClamp<OutputComponentType>(value));
      }
      out.Set(outputPixel);
      ++in;
      ++out;
    }
    in.NextLine();
    out.NextLine();
    progress.Completed(region.GetSize(0));
  }
}

template <typename TInputImage, typename TOutputImage>
void
ColorSpaceImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "InputSpace: " << m_InputSpace << std::endl;
  os << indent << "OutputSpace: " << m_OutputSpace << std::endl;
}
} // namespace itk

#endif
