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
#ifndef itkColorSpaceImageFilter_h
#define itkColorSpaceImageFilter_h

#include "itkColorSpace.h"
#include "itkColorSpaceEnums.h"
#include "itkColorizationFilterUtilities.h"

#include "itkImageToImageFilter.h"

namespace itk
{
/** \class ColorSpaceImageFilter
 * \brief Converts an image between RGB, CIE Lab, YUV and luminance.
 *
 * RGB and luminance fill the range of an integer component type (0..255 for `unsigned char`), and 0..1 of a
 * floating-point one. Lab and YUV need floating-point components. From luminance, the other spaces get gray. Lab or YUV
 * colours outside of sRGB's gamut are clamped, component by component, when they become integers.
 *
 * RGB, Lab and YUV images have three components; of a fourth, such as alpha, the input's is ignored, and the output's
 * is opaque: the largest value of an integer type, or 1.
 *
 * Pixelwise: it streams and runs on all threads, and takes no memory beside its output.
 *
 * Throws an exception if the number of components does not fit the space, or if integers should hold Lab or YUV.
 *
 * \par Reference
 * ITU-R Recommendation BT.601-7, 2011; IEC 61966-2-1:1999; CIE 15:2004, section 8.2.1.
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage>
class ITK_TEMPLATE_EXPORT ColorSpaceImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ColorSpaceImageFilter);

  using Self = ColorSpaceImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(ColorSpaceImageFilter);

  using InputPixelType = typename TInputImage::PixelType;
  using OutputPixelType = typename TOutputImage::PixelType;
  using InputComponentType = typename DefaultConvertPixelTraits<InputPixelType>::ComponentType;
  using OutputComponentType = typename DefaultConvertPixelTraits<OutputPixelType>::ComponentType;
  using OutputImageRegionType = typename Superclass::OutputImageRegionType;
  using ColorSpaceEnum = ColorSpaceEnums::ColorSpace;

  /** Space of the input. Default: RGB. */
  itkSetEnumMacro(InputSpace, ColorSpaceEnum);
  itkGetEnumMacro(InputSpace, ColorSpaceEnum);

  /** Space of the output. Default: Lab. */
  itkSetEnumMacro(OutputSpace, ColorSpaceEnum);
  itkGetEnumMacro(OutputSpace, ColorSpaceEnum);

protected:
  ColorSpaceImageFilter();
  ~ColorSpaceImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyInputInformation() const override;

  void
  GenerateOutputInformation() override;

  void
  AfterThreadedGenerateData() override
  {
    colorization::UpdateProgressOrAbort(this, 1.0);
  }

  void
  DynamicThreadedGenerateData(const OutputImageRegionType & region) override;

private:
  static bool
  IsUnitRange(ColorSpaceEnum space)
  {
    return space == ColorSpaceEnum::RGB || space == ColorSpaceEnum::Luminance;
  }

  static unsigned int
  ComponentsOf(ColorSpaceEnum space)
  {
    return space == ColorSpaceEnum::Luminance ? 1 : 3;
  }

  template <typename TComponent>
  void
  VerifySpace(const char * which, ColorSpaceEnum space, unsigned int components) const;

  static colorization::Color
  ToRGB(const colorization::Color & color, ColorSpaceEnum space);

  static colorization::Color
  FromRGB(const colorization::Color & rgb, ColorSpaceEnum space);

  ColorSpaceEnum m_InputSpace{ ColorSpaceEnum::RGB };
  ColorSpaceEnum m_OutputSpace{ ColorSpaceEnum::Lab };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkColorSpaceImageFilter.hxx"
#endif

#endif
