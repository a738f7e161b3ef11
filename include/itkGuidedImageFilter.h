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
#ifndef itkGuidedImageFilter_h
#define itkGuidedImageFilter_h

#include "itkEdgeAwareSmoothingImageFilter.h"
#include "itkGuidedFilter.h"

namespace itk
{
/** \class GuidedImageFilter
 * \brief Edge-preserving smoothing with the edges of a guidance image: the guided filter.
 *
 * In every window \f$ \omega_k \f$ of 2 Radius + 1 voxels along each axis the input p is modelled as a linear function
 * of the guidance I, and every voxel becomes the mean of the models of all windows that hold it:
 *
 * \f[ a_k = (\Sigma_k + \epsilon U)^{-1} \big(\overline{I p} - \mu_k \overline{p}_k\big), \quad
 *     b_k = \overline{p}_k - a_k^T \mu_k, \quad
 *     q_i = \overline{a}_i^T I_i + \overline{b}_i \f]
 *
 * where \f$ \mu_k \f$ and \f$ \Sigma_k \f$ are the mean and covariance of I in the window, and U is the identity. Where
 * I varies by much less than \f$ \sqrt\epsilon \f$, the output is smooth; where by much more, it keeps the edges of I.
 * Constants are kept. Windows end at the image's border, and are averaged over the voxels that they have.
 *
 * The guidance has 1 or 3 components. With UseImageSpacing, the radius along an axis is divided by its spacing over the
 * smallest, and rounded.
 *
 * Neighbourhood: for an output region, the filter asks for the region padded by twice Radius along SmoothAxes, and
 * gives the same result bit for bit; see EdgeAwareSmoothingImageFilter for what inputs it takes. Time for a voxel does
 * not depend on Radius. Memory does not depend on the extent along the last axis: beside input, guidance and output,
 * it takes 16 n (Radius + 1) bytes for each voxel of a slice (of a row, in 2-D), and 8 n bytes for each of 131072
 * voxels, or of a slice if it has more. Here n is 6 for scalar guidance of scalars, 14 for scalar guidance of 3 or
 * more components, 17 and 33 for guidance of 3 components. Other outputs than float, and parts of an image, take 4
 * bytes a component of every voxel.
 *
 * Throws an exception if Epsilon is not above 0 or not finite, or if the guidance has neither 1 nor 3 components,
 * beside what the superclass throws for.
 *
 * \par Reference
 * K. He, J. Sun, X. Tang: Guided Image Filtering. ECCV 2010. doi:10.1007/978-3-642-15549-9_1; IEEE Transactions on
 * Pattern Analysis and Machine Intelligence 35(6), 2013. doi:10.1109/TPAMI.2012.213
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TGuidanceImage = TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT GuidedImageFilter
  : public EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(GuidedImageFilter);

  using Self = GuidedImageFilter;
  using Superclass = EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(GuidedImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;

  using typename Superclass::GeometryType;
  using typename Superclass::RegionType;

  /** Voxels from a window's middle to its end; 0 leaves the input as it is. Default: 16. */
  itkSetMacro(Radius, unsigned int);
  itkGetConstMacro(Radius, unsigned int);

  /** Regularisation, in squared units of the guidance, above 0: windows with less variance than this are smoothed.
   * Default: 650.25, the authors' square of 0.1 for the full range of 8 bits, 255. */
  itkSetMacro(Epsilon, double);
  itkGetConstMacro(Epsilon, double);

  RegionType
  GetRegionNeededFor(const RegionType & outputRegion, const RegionType & largestRegion) const override;

  void
  VerifyParameters() const override;

  void
  Smooth(float *                                values,
         unsigned int                           components,
         const colorization::GuidanceView &     guidance,
         const RegionType &                     region,
         const GeometryType &                   geometry,
         const colorization::ParallelFor &      parallelFor,
         const colorization::ProgressCallback & progress) const override;

protected:
  GuidedImageFilter() = default;
  ~GuidedImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyInputInformation() const override;

private:
  void
  VerifyGuidanceComponents(unsigned int components) const;

  unsigned int m_Radius{ 16 };
  double       m_Epsilon{ 650.25 };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkGuidedImageFilter.hxx"
#endif

#endif
