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
#ifndef itkSobelInRangeImageFilter_h
#define itkSobelInRangeImageFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkSobelInRange.h"

#include "itkFixedArray.h"
#include "itkImageToImageFilter.h"
#include "itkVectorImage.h"

#include <type_traits>
#include <vector>

namespace itk
{
/** \class SobelInRangeImageFilter
 * \brief Contours of chosen tissues in a CT: the Sobel gradient magnitude of the input clamped to value ranges.
 *
 * For every range \f$ [l, u] \f$, one component
 *
 * \f[ \sqrt{\sum_a \left( \frac{1}{h_a}\, D_a \prod_{b \ne a} S_b * \min(\max(I, l), u) \right)^2}, \qquad
 *     D = \tfrac{1}{2} [-1\ 0\ 1], \quad S = \tfrac{1}{4} [1\ 2\ 1] \f]
 *
 * where \f$D_a\f$ and \f$S_a\f$ act along axis a, over the axes of a slice or over all. The kernels sum such that a
 * linear ramp within the range has exactly its slope; in two dimensions this is 1/8 of the usual integer kernels'
 * magnitude. \f$h_a\f$ is the spacing with UseImageSpacing, else 1: results are in units of the input a voxel, or a
 * millimetre. What lies below or above the range is flat, so contours within other tissues vanish. Beyond the image's
 * border the nearest voxel is repeated.
 *
 * The ranges are fat, -190 ... -30 HU, and bone, 150 ... 3071 HU, by default. The paper on this operator does not tell
 * its values. These are the usual ones of body composition by CT: adipose tissue -190 ... -30 HU, and muscle up to
 * 150 HU; from there on up to the end of the 12-bit scale it is bone, but vessels with contrast medium as well.
 *
 * Neighbourhood filter: it asks for the requested region and 1 voxel around it, along the axes in use. Streamed results
 * equal those of the whole, bit for bit. It computes in single precision, and takes a few rows beside its output.
 *
 * Throws an exception if there is no range, if the lower value of a range is not below its upper value, if SliceAxis is
 * above 2, if the output's pixels have a fixed number of components that is not the number of ranges, or if the input
 * holds NaN or infinity.
 *
 * \par Reference
 * H.-J. Liao, J.-S. Lin, H.-C. Wang, M. Sun: CT2RGB: Seeing the True Colors of Computed Tomography Images. 2022,
 * section 3.1 (Sobel in Range).
 * \par
 * N. Kanopoulos, N. Vasanthavada, R. L. Baker: Design of an Image Edge Detection Filter Using the Sobel Operator. IEEE
 * Journal of Solid-State Circuits 23(2), 1988. doi:10.1109/4.996
 * \par
 * Fat: T. Yoshizumi et al.: Abdominal Fat: Standardized Technique for Measurement at CT. Radiology 211(1), 1999.
 * doi:10.1148/radiology.211.1.r99ap15283. Fat and the end of muscle: M. Mourtzakis et al.: A Practical and Precise
 * Approach to Quantification of Body Composition in Cancer Patients Using Computed Tomography Images Acquired During
 * Routine Care. Applied Physiology, Nutrition, and Metabolism 33(5), 2008. doi:10.1139/H08-075
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = VectorImage<float, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT SobelInRangeImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(SobelInRangeImageFilter);

  using Self = SobelInRangeImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(SobelInRangeImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "Contours are found in two and three dimensions.");
  static_assert(std::is_arithmetic<typename TInputImage::PixelType>::value, "Ranges are of scalar pixels.");

  using InputRegionType = typename TInputImage::RegionType;
  using OutputRegionType = typename TOutputImage::RegionType;

  /** Lowest and highest value, in units of the input. */
  using RangeType = FixedArray<double, 2>;
  using RangesType = std::vector<RangeType>;

  /** One component each, in this order. Default: fat and bone in HU, -190 ... -30 and 150 ... 3071. */
  void
  SetRanges(const RangesType & ranges);
  const RangesType &
  GetRanges() const
  {
    return m_Ranges;
  }

  /** Leaves no range: the next AddRange() starts a new list. */
  void
  ClearRanges();

  /** One component more. */
  void
  AddRange(double lower, double upper);

  unsigned int
  GetNumberOfRanges() const
  {
    return static_cast<unsigned int>(m_Ranges.size());
  }

  /** Whether the gradient of a volume is taken within the slices across SliceAxis, as in the paper, or in full. An
   * image of two dimensions is one slice. Default: true. */
  itkSetMacro(InPlane, bool);
  itkGetConstMacro(InPlane, bool);
  itkBooleanMacro(InPlane);

  /** Axis across the slices of a volume, 0 ... 2. Default: 2. */
  itkSetMacro(SliceAxis, unsigned int);
  itkGetConstMacro(SliceAxis, unsigned int);

  /** Whether derivatives are a millimetre, by the image's spacing, or a voxel. Default: false. */
  itkSetMacro(UseImageSpacing, bool);
  itkGetConstMacro(UseImageSpacing, bool);
  itkBooleanMacro(UseImageSpacing);

protected:
  SobelInRangeImageFilter();
  ~SobelInRangeImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  GenerateOutputInformation() override;

  void
  GenerateInputRequestedRegion() override;

  void
  GenerateData() override;

private:
  bool
  UsesAxis(unsigned int axis) const;

  colorization::SobelInRangeParameters
  MakeParameters() const;

  /** What the contours within `region` depend on. */
  InputRegionType
  RegionAround(const OutputRegionType & region) const;

  /** The row of the input that starts at `start`, and one value on either side, with the border repeated where the
   * image ends. Returns whether all values are finite. */
  bool
  ReadRow(typename TInputImage::IndexType start, std::size_t width, float * row) const;

  RangesType   m_Ranges;
  bool         m_InPlane{ true };
  unsigned int m_SliceAxis{ 2 };
  bool         m_UseImageSpacing{ false };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkSobelInRangeImageFilter.hxx"
#endif

#endif
