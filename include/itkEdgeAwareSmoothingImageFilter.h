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
#ifndef itkEdgeAwareSmoothingImageFilter_h
#define itkEdgeAwareSmoothingImageFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkGuidanceView.h"

#include "itkFixedArray.h"
#include "itkImageToImageFilter.h"

namespace itk
{
/** \class EdgeAwareSmoothingImageFilter
 * \brief What the smoothers have in common that keep the edges of a guidance image.
 *
 * The guidance is a second image of the same geometry, scalar or with several components; by default it is the input
 * itself. All components of the input are smoothed with the same weights. Input and output may have any number of
 * components (scalars, RGBPixel, Vector, VectorImage), the same in both. Guidance of `unsigned char`, `short`,
 * `unsigned short` and `float` is read where it is.
 *
 * Smoothing runs along SmoothAxes only. Unless a subclass says otherwise, it is line-wise: for an output region, the
 * filter asks for the whole image along these axes, and for the region along the others. So a volume smoothed in-plane
 * streams slice by slice, with the same result bit for bit.
 *
 * Throws an exception if the guidance has another region or physical space than the input, if the output's pixels have
 * another number of components, or if either image holds NaN or infinity.
 *
 * Subclasses implement Smooth() and VerifyParameters(), and override GetRegionNeededFor() if they are not line-wise.
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TGuidanceImage = TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT EdgeAwareSmoothingImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(EdgeAwareSmoothingImageFilter);

  using Self = EdgeAwareSmoothingImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkOverrideGetNameOfClassMacro(EdgeAwareSmoothingImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension <= 3, "Images of up to three dimensions can be smoothed.");

  using RegionType = typename TInputImage::RegionType;
  using AxesType = FixedArray<bool, ImageDimension>;
  using GeometryType = ImageBase<ImageDimension>;

  /** Image whose edges are kept. Default: the input. */
  itkSetInputMacro(GuidanceImage, TGuidanceImage);
  itkGetInputMacro(GuidanceImage, TGuidanceImage);

  /** Which axes are smoothed along. Default: all. */
  itkSetMacro(SmoothAxes, AxesType);
  itkGetConstReferenceMacro(SmoothAxes, AxesType);

  /** Whether strength and reach are counted in physical units, those of the smallest spacing along an axis that is
   * smoothed; else in voxels. Default: false. */
  itkSetMacro(UseImageSpacing, bool);
  itkGetConstMacro(UseImageSpacing, bool);
  itkBooleanMacro(UseImageSpacing);

  /** The region of the inputs from which an output region is made. */
  virtual RegionType
  GetRegionNeededFor(const RegionType & outputRegion, const RegionType & largestRegion) const;

  /** Throws if a parameter is out of its range. */
  virtual void
  VerifyParameters() const
  {}

  /** Smooths pixels in somebody else's memory; for filters that have a smoother.
   * \param values in and out: the pixels of `region` as interleaved floats
   * \param guidance the same pixels of the guidance
   * \param geometry that of the whole image */
  virtual void
  Smooth(float *                                values,
         unsigned int                           components,
         const colorization::GuidanceView &     guidance,
         const RegionType &                     region,
         const GeometryType &                   geometry,
         const colorization::ParallelFor &      parallelFor,
         const colorization::ProgressCallback & progress) const = 0;

  /** The output region that is best made where `outputRegion` is asked for: all of what is needed for it, where this
   * needs nothing more; else what was asked for. */
  RegionType
  GetRegionToMakeFor(const RegionType & outputRegion, const RegionType & largestRegion) const;

protected:
  EdgeAwareSmoothingImageFilter();
  ~EdgeAwareSmoothingImageFilter() override = default;

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

  /** Spacing along each axis over the smallest along an axis that is smoothed; 1 without UseImageSpacing. */
  std::array<double, 3>
  GetRelativeSpacing(const GeometryType & geometry) const;

  /** SmoothAxes for a core. */
  std::array<bool, 3>
  GetCoreAxes() const;

private:
  AxesType m_SmoothAxes;
  bool     m_UseImageSpacing{ false };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkEdgeAwareSmoothingImageFilter.hxx"
#endif

#endif
