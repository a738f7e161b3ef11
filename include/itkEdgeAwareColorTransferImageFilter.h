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
#ifndef itkEdgeAwareColorTransferImageFilter_h
#define itkEdgeAwareColorTransferImageFilter_h

#include "itkColorSpace.h"
#include "itkColorizationFilterUtilities.h"
#include "itkFastGlobalSmootherImageFilter.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkRGBPixel.h"

namespace itk
{
/** \class EdgeAwareColorTransferImageFilter
 * \brief Takes the colour, and nothing else, of a rough reconstruction over to a gray image.
 *
 * An image made of patches of a photograph has the right colours, but not the gray image's edges. In CIE Lab, with gray
 * target T, reconstruction T', and a smoother that keeps the edges of its guidance T,
 *
 * \f[ T'' = S(T', T) - S(T, T) + T \f]
 *
 * has the target's edges and the reconstruction's colour. The smoother is any EdgeAwareSmoothingImageFilter, by default
 * the Fast Global Smoother with the paper's parameters; its guidance is luminance in 0..1. With UseGamma, both
 * images are raised to 1/2 before, and the result to 2 after, which keeps colours from spilling over edges. With
 * KeepLuminance, the result's L is the target's, to within rounding; the equation then counts for a and b only.
 *
 * Target luminance is (value - WindowMinimum) / (WindowMaximum - WindowMinimum), clamped to 0..1, as a component of
 * sRGB-encoded gray. RGB is 0..255 for `unsigned char`, 0..1 for floating point. Integer output is brought into sRGB's
 * gamut by a smaller chroma; floating-point output is left outside of 0..1 where it is.
 *
 * Streams as its smoother does: with one that is line-wise, along the axes that are not smoothed. Beside inputs and
 * output it takes 16 bytes a voxel, and what the smoother takes.
 *
 * Throws an exception if a parameter is out of its range, if there is no smoother, if the inputs differ in region or
 * physical space, or if either holds NaN or infinity.
 *
 * \par Reference
 * S. Devkota, S. Pattanaik: Reference Based Color Transfer for Medical Volume Rendering. 2022, sections 4.2 and 5.1,
 * equation (1).
 *
 * \ingroup Colorization */
template <typename TInputImage,
          typename TColorImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>,
          typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT EdgeAwareColorTransferImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(EdgeAwareColorTransferImageFilter);

  using Self = EdgeAwareColorTransferImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(EdgeAwareColorTransferImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension <= 3, "Images of up to three dimensions can be smoothed.");

  using RegionType = typename TInputImage::RegionType;

  /** The reconstruction T'. */
  itkSetInputMacro(ColorImage, TColorImage);
  itkGetInputMacro(ColorImage, TColorImage);

  /** Input value of luminance 0. Default: 0. */
  itkSetMacro(WindowMinimum, double);
  itkGetConstMacro(WindowMinimum, double);

  /** Input value of luminance 1, above WindowMinimum. Default: 255. */
  itkSetMacro(WindowMaximum, double);
  itkGetConstMacro(WindowMaximum, double);

  using SmootherImageType = Image<float, ImageDimension>;
  using SmootherType = EdgeAwareSmoothingImageFilter<SmootherImageType>;
  using FastGlobalSmootherType = FastGlobalSmootherImageFilter<SmootherImageType>;

  /** The smoother S, of which the parameters are used and nothing else. Default: FastGlobalSmootherImageFilter with
   * Lambda 32 and Sigma 200 / 255, the paper's. */
  itkSetObjectMacro(Smoother, SmootherType);
  itkGetModifiableObjectMacro(Smoother, SmootherType);

  /** Whether the gamma steps are taken. Default: true. */
  itkSetMacro(UseGamma, bool);
  itkGetConstMacro(UseGamma, bool);
  itkBooleanMacro(UseGamma);

  /** Whether the result's L is the target's. Default: true. */
  itkSetMacro(KeepLuminance, bool);
  itkGetConstMacro(KeepLuminance, bool);
  itkBooleanMacro(KeepLuminance);

  /** Whether the output is RGB; else it is L, a and b of CIE Lab, for floating-point pixels. Default: true. */
  itkSetMacro(ConvertColors, bool);
  itkGetConstMacro(ConvertColors, bool);
  itkBooleanMacro(ConvertColors);

  /** That of the smoother counts too. */
  ModifiedTimeType
  GetMTime() const override;

protected:
  EdgeAwareColorTransferImageFilter();
  ~EdgeAwareColorTransferImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  VerifyInputInformation() const override;

  void
  GenerateInputRequestedRegion() override;

  void
  EnlargeOutputRequestedRegion(DataObject * output) override;

  void
  GenerateData() override;

private:
  /** T, or its square root with the gamma step. */
  std::vector<float>
  MakeGuidance(const RegionType & region, const colorization::ParallelFor & parallelFor) const;

  /** T' - T in Lab, after the first gamma step. */
  std::vector<float>
  MakeDifference(const std::vector<float> &        guidance,
                 const RegionType &                region,
                 const colorization::ParallelFor & parallelFor) const;

  /** Adds T, takes the last gamma step, and writes RGB. */
  void
  WriteColors(const std::vector<float> &        guidance,
              const std::vector<float> &        smoothed,
              const RegionType &                region,
              const colorization::ParallelFor & parallelFor);

  double                         m_WindowMinimum{ 0.0 };
  double                         m_WindowMaximum{ 255.0 };
  typename SmootherType::Pointer m_Smoother;
  bool                           m_UseGamma{ true };
  bool                           m_KeepLuminance{ true };
  bool                           m_ConvertColors{ true };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkEdgeAwareColorTransferImageFilter.hxx"
#endif

#endif
