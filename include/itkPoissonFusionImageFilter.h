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
#ifndef itkPoissonFusionImageFilter_h
#define itkPoissonFusionImageFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkPoissonSolver.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"

namespace itk
{
/** \class PoissonFusionImageFilter
 * \brief Fuses the gradients of one image with the intensities of another, such as those of an MRI volume with the
 * luminance of a cryosection registered to it.
 *
 * The output f has, within the mask, the gradients of the input m, and is held by the intensity image c:
 *
 * \f[ \min_f \int_\Omega |\nabla f - \nabla m|^2 + \lambda\, (f - c)^2, \qquad f = c \mbox{ outside of } \Omega \f]
 *
 * With \f$\lambda = 0\f$, c counts at the border of the mask only: this is seamless cloning of m into c. The larger
 * \f$\lambda\f$, the more f is like c: structures larger than about \f$2\pi / \sqrt\lambda\f$ come from c, smaller ones
 * from m. Where the mask ends at the border of the image, nothing is asked for across it (natural boundary). With
 * MixedGradients, the gradient of c is taken instead between two voxels where it is the stronger one.
 *
 * If all voxels are in the mask, or there is no mask, no border holds f; then it has the mean of c, for every
 * \f$\lambda\f$. Any other mask has, for each of its parts, a voxel outside that touches it. A mask without voxels gives
 * c. Voxels touch if they share a face.
 *
 * Differences are those of neighbouring voxels divided by their distance: errors are of second order in the spacing.
 * Inputs and output are in one unit; the output is not limited to the range of either. For integer outputs it is
 * rounded and clamped to the pixel type.
 *
 * Global: it needs all inputs whole, and makes the whole output. Beside these it takes about 20 bytes a voxel without a
 * mask, 30 for each voxel of the mask's bounding box with one, of which GetPeakBytes() tells the exact number, and 4
 * bytes a voxel for each input and output that is not of floats. Results do not depend on the number of threads.
 *
 * Warns if MaximumNumberOfCycles is not enough for Tolerance. Throws an exception if a parameter is out of its range, if
 * the images differ in region or physical space, or if an input is NaN or infinite somewhere.
 *
 * \par Reference
 * P. Perez, M. Gangnet, A. Blake: Poisson Image Editing. ACM Transactions on Graphics 22(3), 2003.
 * doi:10.1145/882262.882269. For volumes: A. N. Mathur, A. Khattar, O. Sharma: Multimodal Medical Volume Colorization
 * from 2D Style. 2021, section 3.2.
 *
 * \ingroup Colorization */
template <typename TInputImage,
          typename TIntensityImage = TInputImage,
          typename TOutputImage = Image<float, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT PoissonFusionImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(PoissonFusionImageFilter);

  using Self = PoissonFusionImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(PoissonFusionImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "The solver is made for two and three dimensions.");

  using RegionType = typename TInputImage::RegionType;
  using MaskImageType = Image<unsigned char, ImageDimension>;

  /** c: what f is outside of the mask, and is drawn to within it. */
  itkSetInputMacro(IntensityImage, TIntensityImage);
  itkGetInputMacro(IntensityImage, TIntensityImage);

  /** Optional: the voxels to be changed, those that are not 0. Without it, all. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** Weight of the intensities, 0 or more, in 1 / mm^2; in 1 / voxel^2 without UseImageSpacing. Default: 0. */
  itkSetMacro(Lambda, double);
  itkGetConstMacro(Lambda, double);

  /** Takes the stronger of both gradients between any two neighbours. Default: false. */
  itkSetMacro(MixedGradients, bool);
  itkGetConstMacro(MixedGradients, bool);
  itkBooleanMacro(MixedGradients);

  /** Whether distances are those of the image's spacing; otherwise all neighbours are 1 apart. Default: true. */
  itkSetMacro(UseImageSpacing, bool);
  itkGetConstMacro(UseImageSpacing, bool);
  itkBooleanMacro(UseImageSpacing);

  /** Norm of the residual over that of c as it is at which the solver stops, above 0. Default: 1e-5. */
  itkSetMacro(Tolerance, double);
  itkGetConstMacro(Tolerance, double);

  /** Most cycles of the solver. Default: 100. */
  itkSetMacro(MaximumNumberOfCycles, unsigned int);
  itkGetConstMacro(MaximumNumberOfCycles, unsigned int);

  /** Cycles that the last update took. */
  unsigned int
  GetNumberOfCycles() const
  {
    return m_Report.cycles;
  }

  /** Relative residual of the last update, before the output was rounded to its pixel type. */
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

  /** Voxels that the last update solved for. */
  SizeValueType
  GetNumberOfFreeVoxels() const
  {
    return m_Report.freeVoxels;
  }

  /** Voxels outside of the mask that touched it in the last update. */
  SizeValueType
  GetNumberOfDirichletVoxels() const
  {
    return m_Report.dirichletVoxels;
  }

  /** Whether the output of the last update has the mean of c, for lack of Dirichlet voxels. */
  bool
  GetMeanIsKept() const
  {
    return m_Report.isMeanKept;
  }

  /** Bytes that the last update's solver took at its peak. */
  SizeValueType
  GetPeakBytes() const
  {
    return m_Report.peakBytes;
  }

protected:
  PoissonFusionImageFilter();
  ~PoissonFusionImageFilter() override = default;

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
  colorization::PoissonParameters
  MakeParameters() const;

  /** The pixels of an image where they are, or as floats in `copy` if they are of another type. */
  template <typename TImage>
  static const float *
  ViewAsFloats(const TImage *                    image,
               const RegionType &                region,
               std::vector<float> &              copy,
               const colorization::ParallelFor & parallelFor);

  double                      m_Lambda{ 0.0 };
  bool                        m_MixedGradients{ false };
  bool                        m_UseImageSpacing{ true };
  double                      m_Tolerance{ 1e-5 };
  unsigned int                m_MaximumNumberOfCycles{ 100 };
  colorization::PoissonReport m_Report;
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkPoissonFusionImageFilter.hxx"
#endif

#endif
