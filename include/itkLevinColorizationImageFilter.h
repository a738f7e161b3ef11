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
#ifndef itkLevinColorizationImageFilter_h
#define itkLevinColorizationImageFilter_h

#include "itkColorSpace.h"
#include "itkColorSpaceEnums.h"
#include "itkColorizationFilterUtilities.h"
#include "itkLevinSolver.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkRGBPixel.h"

#include <algorithm>
#include <vector>

namespace itk
{
/** \class LevinColorizationImageFilter
 * \brief Spreads the chroma of coloured hints over a gray image or volume, along what looks alike.
 *
 * The chroma U minimises the difference between a voxel's and the weighted mean of its neighbours',
 *
 * \f[ \sum_p \Big( U(p) - \sum_{q \in N(p)} w_{pq} U(q) \Big)^2, \qquad
 *     w_{pq} \propto \exp\left(-\frac{(Y(p) - Y(q))^2}{s\, \sigma_p^2}\right), \quad \sum_q w_{pq} = 1 \f]
 *
 * where N(p) is the window of 3 voxels along every axis, \f$\sigma_p^2\f$ the luminance's variance in it, and s
 * VarianceScale: 2 in the papers, 0.6 in Levin's own code. Hints of confidence 1 are constraints, as in the papers. A
 * hint h of confidence c < 1 draws its voxel: U(p) is c h + (1 - c) times the weighted mean of the neighbours. The
 * result stays within the range of the hints (maximum principle).
 *
 * The output has the luminance of the input and the chroma found. Luminance is (value - WindowMinimum) / (WindowMaximum
 * - WindowMinimum), clamped to 0..1, and as a component of RGB (so, sRGB-encoded gray); it is L of Lab or Y of YUV,
 * whichever is ColorSpace. Where a chroma is out of sRGB's gamut at its luminance, the chroma gives way. Outside of the
 * mask, and in parts of the mask that no hint reaches, the output is gray.
 *
 * Hints are RGB: 0..255 for `unsigned char`, 0..1 for floating point, where values outside of 0..1 are kept, so
 * that dark hints can have full chroma. Without ConvertColors, hints and output are floating-point components of ColorSpace
 * in place of RGB, and the output's may be out of the gamut.
 *
 * With PropagateLuminance, the luminance of the hints is spread with their chroma, and is the output's where a hint reaches.
 *
 * A slice that is full of hints of confidence 1 separates the volume: what lies on its two sides is solved on its own,
 * one slab after the other. Such slices are found.
 *
 * Global, unless HintSlices tells which slices across SlabAxis are full of hints: then it streams slab by slab, for
 * StreamingImageFilter and ImageFileWriter, and makes the same output bit for bit as when it is asked for the whole with
 * the same HintSlices. A requested region grows to the slices that enclose it. Beside inputs and output it takes 17 bytes
 * for each voxel of the region, and about 95 for each voxel of its largest slab within the
 * mask's bounding box, with PropagateLuminance 21 and about 125; GetPeakBytes() tells the solver's part. Results do not depend on the number of threads.
 *
 * Hints outside of the mask are not read. Hints that contradict each other are no error: soft ones are weighed against each
 * other, and hard ones hold where they are. Warns if MaximumNumberOfCycles is not enough for Tolerance. Throws an exception
 * if a parameter is out of its range, if the images differ in region or physical space, if there is no hint within the
 * mask, if one of HintSlices is not full of hints, if a confidence is outside of 0..1, or if the input, a hint or a
 * confidence is NaN or infinite.
 *
 * \par Reference
 * A. Levin, D. Lischinski, Y. Weiss: Colorization Using Optimization. ACM Transactions on Graphics 23(3), 2004.
 * doi:10.1145/1015706.1015780. In three dimensions: A. N. Mathur, A. Khattar, O. Sharma: Multimodal Medical Volume
 * Colorization from 2D Style. 2021, section 3.4.
 *
 * \ingroup Colorization */
template <typename TInputImage,
          typename THintImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>,
          typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT LevinColorizationImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(LevinColorizationImageFilter);

  using Self = LevinColorizationImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(LevinColorizationImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "The stencil is made for two and three dimensions.");

  using RegionType = typename TInputImage::RegionType;
  using MaskImageType = Image<unsigned char, ImageDimension>;
  using ConfidenceImageType = Image<float, ImageDimension>;
  using ColorSpaceEnum = ColorSpaceEnums::ColorSpace;

  /** Colours to spread. */
  itkSetInputMacro(HintImage, THintImage);
  itkGetInputMacro(HintImage, THintImage);

  /** Optional: which voxels of the hint image are hints, those that are not 0. Without it, those that are not black. */
  itkSetInputMacro(HintMaskImage, MaskImageType);
  itkGetInputMacro(HintMaskImage, MaskImageType);

  /** Optional: the hints' confidence, 0..1. Without it, every hint is hard: 1. */
  itkSetInputMacro(ConfidenceImage, ConfidenceImageType);
  itkGetInputMacro(ConfidenceImage, ConfidenceImageType);

  /** Optional: the voxels to be coloured, those that are not 0. Nothing crosses its border. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** Optional: an image that is coloured nearly as the output will be, where the solver begins: saves cycles, for example
   * after a few more hints. */
  itkSetInputMacro(InitialImage, THintImage);
  itkGetInputMacro(InitialImage, THintImage);

  /** The slices across SlabAxis, as indices, that are full of hints of confidence 1 within the mask; in any order. With them,
   * the filter streams. Default: none. */
  void
  SetHintSlices(const std::vector<IndexValueType> & slices)
  {
    std::vector<IndexValueType> sorted(slices);
    std::sort(sorted.begin(), sorted.end());
    if (sorted != m_HintSlices)
    {
      m_HintSlices.swap(sorted);
      this->Modified();
    }
  }
  const std::vector<IndexValueType> &
  GetHintSlices() const
  {
    return m_HintSlices;
  }

  /** The axis that HintSlices are across. Default: the last. */
  itkSetMacro(SlabAxis, unsigned int);
  itkGetConstMacro(SlabAxis, unsigned int);

  /** Space whose chroma is spread: YUV, as in the papers, or Lab. Default: YUV. */
  itkSetEnumMacro(ColorSpace, ColorSpaceEnum);
  itkGetEnumMacro(ColorSpace, ColorSpaceEnum);

  /** Whether the output's luminance is that of the hints, spread as their chroma is; else it is the input's. Default:
   * false. */
  itkSetMacro(PropagateLuminance, bool);
  itkGetConstMacro(PropagateLuminance, bool);
  itkBooleanMacro(PropagateLuminance);

  /** Whether hints, initial image and output are RGB; else their components are those of ColorSpace, as floating-point
   * numbers. Default: true. */
  itkSetMacro(ConvertColors, bool);
  itkGetConstMacro(ConvertColors, bool);
  itkBooleanMacro(ConvertColors);

  /** Input value of luminance 0. Default: 0. */
  itkSetMacro(WindowMinimum, double);
  itkGetConstMacro(WindowMinimum, double);

  /** Input value of luminance 1, above WindowMinimum. Default: 255. */
  itkSetMacro(WindowMaximum, double);
  itkGetConstMacro(WindowMaximum, double);

  /** s of the weights, above 0. Default: 2. */
  itkSetMacro(VarianceScale, double);
  itkGetConstMacro(VarianceScale, double);

  /** Divides weights by the squared physical distance of the neighbours. Default: false. */
  itkSetMacro(UseImageSpacing, bool);
  itkGetConstMacro(UseImageSpacing, bool);
  itkBooleanMacro(UseImageSpacing);

  /** Norm of the residual over that of the right-hand side at which the solver stops, above 0. Default: 1e-5. */
  itkSetMacro(Tolerance, double);
  itkGetConstMacro(Tolerance, double);

  /** Most cycles of the solver. Default: 100. */
  itkSetMacro(MaximumNumberOfCycles, unsigned int);
  itkGetConstMacro(MaximumNumberOfCycles, unsigned int);

  /** What the last update's solver did; as all numbers below, of the last piece where it streams. */
  const colorization::LevinReport &
  GetReport() const
  {
    return m_Report;
  }

  /** Cycles that the last update took; as all numbers below, of the last piece where it streams. */
  unsigned int
  GetNumberOfCycles() const
  {
    return m_Report.cycles;
  }

  /** Relative residual of the last update. */
  double
  GetResidual() const
  {
    return m_Report.residual;
  }

  /** Seconds that the last update's solver took. */
  double
  GetElapsedSeconds() const
  {
    return m_Report.seconds;
  }

  /** Hints that the last update found within the mask. */
  SizeValueType
  GetNumberOfHintVoxels() const
  {
    return m_Report.hintVoxels;
  }

  /** Voxels of the mask that no hint reached in the last update. */
  SizeValueType
  GetNumberOfUnreachedVoxels() const
  {
    return m_Report.unreachedVoxels;
  }

  /** Bytes that the last update's solver took at its peak. */
  SizeValueType
  GetPeakBytes() const
  {
    return m_Report.peakBytes;
  }

protected:
  LevinColorizationImageFilter();
  ~LevinColorizationImageFilter() override = default;

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
  colorization::LevinParameters
  MakeParameters() const;

  using HintPixelType = typename THintImage::PixelType;
  using HintComponentType = colorization::ComponentTypeOf<THintImage>;

  /** Components as RGB of 0..1. */
  static colorization::Color
  ToUnitRGB(const HintPixelType & pixel);

  /** In ColorSpace. */
  colorization::Color
  ColorOf(const HintPixelType & pixel) const;

  /** How many channels are spread. */
  unsigned int
  GetNumberOfChannels() const
  {
    return m_PropagateLuminance ? 3 : 2;
  }

  /** Chroma, and after it luminance, of a pixel that is number `i` of `voxels`. */
  void
  StoreChannels(const HintPixelType & pixel, std::size_t i, std::size_t voxels, std::vector<float> & channels) const
  {
    const colorization::Color color = this->ColorOf(pixel);
    for (unsigned int c = 0; c < this->GetNumberOfChannels(); ++c)
    {
      channels[c * voxels + i] = color[(c + 1) % 3];
    }
  }

  /** Chroma of the hints, with PropagateLuminance followed by their luminance, and in `confidence` how far each counts: 0 where there is none. */
  std::vector<float>
  CopyHints(const RegionType &                region,
            const std::vector<std::uint8_t> & mask,
            const colorization::ParallelFor & parallelFor,
            std::vector<float> &              confidence) const;

  /** Luminance and chroma to the output. */
  void
  WriteColors(const RegionType &                region,
              const std::vector<std::uint8_t> & mask,
              const std::vector<float> &        luminance,
              const std::vector<float> &        chroma,
              const colorization::ParallelFor & parallelFor);

  /** The region between the hint slices that enclose `region`, or all that there is. */
  RegionType
  EnlargeToHintSlices(const RegionType & region) const;

  /** Throws if one of HintSlices within the region is not full of hints. */
  void
  VerifyHintSlices(const RegionType &                region,
                   const std::vector<std::uint8_t> & mask,
                   const std::vector<float> &        confidence) const;

  /** Chroma of the initial image, where there is no hint. */
  void
  AddInitialChroma(const RegionType &                region,
                   const std::vector<float> &        confidence,
                   const colorization::ParallelFor & parallelFor,
                   std::vector<float> &              chroma) const;

  std::vector<IndexValueType> m_HintSlices;
  unsigned int                m_SlabAxis{ ImageDimension - 1 };
  ColorSpaceEnum              m_ColorSpace{ ColorSpaceEnum::YUV };
  bool                        m_PropagateLuminance{ false };
  bool                        m_ConvertColors{ true };
  double                      m_WindowMinimum{ 0.0 };
  double                      m_WindowMaximum{ 255.0 };
  double                      m_VarianceScale{ 2.0 };
  bool                        m_UseImageSpacing{ false };
  double                      m_Tolerance{ 1e-5 };
  unsigned int                m_MaximumNumberOfCycles{ 100 };
  colorization::LevinReport   m_Report;
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkLevinColorizationImageFilter.hxx"
#endif

#endif
