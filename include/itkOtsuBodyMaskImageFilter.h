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
#ifndef itkOtsuBodyMaskImageFilter_h
#define itkOtsuBodyMaskImageFilter_h

#include "itkBodyMask.h"
#include "itkColorizationFilterUtilities.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"

namespace itk
{
/** \class OtsuBodyMaskImageFilter
 * \brief The body in a CT or MRI volume: 1 inside, 0 outside.
 *
 * Phases: a threshold by Otsu's method on a histogram of the whole input; optionally an opening, which parts the body
 * from what it touches thinly, such as a CT table; the largest face-connected component, and on request other large
 * ones, such as arms; holes filled slice by slice, so that air inside the body (lungs, sinuses) belongs to it even
 * where it is open in another slice. A voxel is above the threshold if its value is greater.
 *
 * The histogram ends where HistogramTail of the voxels lie above, and begins where as many lie below; values beyond,
 * such as metal's, count in its last and first bin. If all voxels between the ends have one value, it holds all values.
 * A CT's padding, which marks voxels outside of the field of view, is not counted: see
 * colorization::ComputeBodyThreshold().
 *
 * An opening comes before the holes are filled, lest the air between a body and its table become body. It takes away
 * whatever is thinner than twice its radius: it is meant for CT, and not for MRI, where the skin around a dark skull
 * is. A lung that the image's border cuts open within its slice is outside.
 *
 * Global: it needs the whole input and makes the whole output. If the output's pixels are of one byte, it works in
 * place; else it takes 1 byte a voxel. Beside this it takes up to 24 bytes for each run of voxels along x that lie
 * above the threshold (12 bytes a voxel if every second one does, usually much less than 1), up to half a byte a voxel
 * and 1 MiB a thread while it counts, and with an opening 2 bytes a voxel.
 *
 * Throws an exception if the input is constant or holds NaN or infinity, if a parameter is out of its range, or if the
 * opening leaves nothing.
 *
 * \par Reference
 * N. Otsu: A Threshold Selection Method from Gray-Level Histograms. IEEE Transactions on Systems, Man, and Cybernetics
 * 9(1), 1979. doi:10.1109/TSMC.1979.4310076. Use for colorization: ct2rgb, 2022, section 3.1.
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT OtsuBodyMaskImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(OtsuBodyMaskImageFilter);

  using Self = OtsuBodyMaskImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(OtsuBodyMaskImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "Bodies have two or three dimensions.");

  using RegionType = typename TInputImage::RegionType;

  /** Bins of the histogram, at least 2. Default: 256. */
  itkSetMacro(NumberOfHistogramBins, unsigned int);
  itkGetConstMacro(NumberOfHistogramBins, unsigned int);

  /** Share of the voxels that may lie above the histogram's end, and below its begin, 0 ... 0.5. Default: 0.005. */
  itkSetMacro(HistogramTail, double);
  itkGetConstMacro(HistogramTail, double);

  /** Radius of the opening's ball in physical units (mm), at least 0. Default: 0, no opening. */
  itkSetMacro(OpeningRadius, double);
  itkGetConstMacro(OpeningRadius, double);

  /** Whether components beside the largest stay, such as arms that lie apart from the trunk. Default: false. */
  itkSetMacro(KeepSeparateParts, bool);
  itkGetConstMacro(KeepSeparateParts, bool);
  itkBooleanMacro(KeepSeparateParts);

  /** The volume from which on a component beside the largest stays, in ml, at least 0: its voxels' volume by their
   * spacing in mm, over 1000. With an opening, what has this volume after the erosion stays. Without KeepSeparateParts
   * it has no effect. Default: 100. */
  itkSetMacro(MinimumPartVolume, double);
  itkGetConstMacro(MinimumPartVolume, double);

  /** Whether holes are filled. Default: true. */
  itkSetMacro(FillHoles, bool);
  itkGetConstMacro(FillHoles, bool);
  itkBooleanMacro(FillHoles);

  /** Axis across the slices in which holes are filled; an image of two dimensions is one slice. Default: 2. */
  itkSetMacro(SliceAxis, unsigned int);
  itkGetConstMacro(SliceAxis, unsigned int);

  /** Whether holes are filled in the slices across the other axes as well, after those across SliceAxis: this closes
   * parts that are open within a slice, such as ear canals. Default: false. */
  itkSetMacro(FillAlongAllAxes, bool);
  itkGetConstMacro(FillAlongAllAxes, bool);
  itkBooleanMacro(FillAlongAllAxes);

  /** The threshold of the last update. */
  itkGetConstMacro(Threshold, double);

  /** Voxels that were not counted because they hold a CT's padding, at the last update. */
  itkGetConstMacro(NumberOfPaddingVoxels, SizeValueType);

  /** The components that the mask of the last update had before its holes were filled. */
  itkGetConstMacro(NumberOfComponents, SizeValueType);

  /** The volume of the last update's mask in ml, for a spacing in mm. */
  itkGetConstMacro(BodyVolume, double);

protected:
  OtsuBodyMaskImageFilter() = default;
  ~OtsuBodyMaskImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  GenerateInputRequestedRegion() override;

  void
  EnlargeOutputRequestedRegion(DataObject * output) override;

  void
  GenerateData() override;

private:
  /** Voxels within OpeningRadius of those components, of what is farther than that inside the mask, which are kept. */
  void
  OpenMask(std::uint8_t * mask, const std::array<std::size_t, 3> & size, const colorization::ParallelFor & parallelFor);

  colorization::ComponentReport
  KeepParts(std::uint8_t *                     mask,
            const std::array<std::size_t, 3> & size,
            const colorization::ParallelFor &  parallelFor) const;

  /** Volume of a voxel in ml. */
  double
  ComputeVoxelVolume() const;

  unsigned int m_NumberOfHistogramBins{ 256 };
  double       m_HistogramTail{ 0.005 };
  double       m_OpeningRadius{ 0.0 };
  bool         m_KeepSeparateParts{ false };
  double       m_MinimumPartVolume{ 100.0 };
  bool         m_FillHoles{ true };
  unsigned int m_SliceAxis{ 2 };
  bool         m_FillAlongAllAxes{ false };

  double        m_Threshold{ 0.0 };
  SizeValueType m_NumberOfPaddingVoxels{ 0 };
  SizeValueType m_NumberOfComponents{ 0 };
  double        m_BodyVolume{ 0.0 };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkOtsuBodyMaskImageFilter.hxx"
#endif

#endif
