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
 * from what it touches thinly, such as a CT table; the largest face-connected component; holes filled slice by slice,
 * so that air inside the body (lungs, sinuses) belongs to it even where it is open in another slice. A voxel is above
 * the threshold if its value is greater.
 *
 * The histogram ends at the value below which all but HistogramTail of the voxels lie; higher values, such as metal's,
 * count in its last bin.
 *
 * Global: it needs the whole input and makes the whole output. Beside these it takes 1 byte a voxel; with
 * an opening, 10.
 *
 * Throws an exception if the input is constant or holds NaN or infinity, or if a parameter is out of its range.
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

  /** Share of the voxels that may lie above the histogram's end, 0 ... 0.5. Default: 0.001. */
  itkSetMacro(HistogramTail, double);
  itkGetConstMacro(HistogramTail, double);

  /** Radius of the opening's ball in physical units (mm), at least 0. Default: 0, no opening. */
  itkSetMacro(OpeningRadius, double);
  itkGetConstMacro(OpeningRadius, double);

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
  double
  ComputeThreshold(const RegionType & region, const colorization::ParallelFor & parallelFor) const;

  /** Voxels within OpeningRadius of the largest component of what is farther than OpeningRadius inside the mask. */
  void
  OpenMask(std::vector<std::uint8_t> & mask, const RegionType & region) const;

  unsigned int m_NumberOfHistogramBins{ 256 };
  double       m_HistogramTail{ 0.001 };
  double       m_OpeningRadius{ 0.0 };
  bool         m_FillHoles{ true };
  unsigned int m_SliceAxis{ 2 };
  bool         m_FillAlongAllAxes{ false };
  double       m_Threshold{ 0.0 };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkOtsuBodyMaskImageFilter.hxx"
#endif

#endif
