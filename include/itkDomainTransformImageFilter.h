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
#ifndef itkDomainTransformImageFilter_h
#define itkDomainTransformImageFilter_h

#include "itkDomainTransform.h"
#include "itkEdgeAwareSmoothingImageFilter.h"

namespace itk
{
/** \class DomainTransformImageFilter
 * \brief Edge-preserving smoothing with the edges of a guidance image: the recursive filter of the domain transform.
 *
 * Distances along a line of the image grow with the differences of the guidance g,
 *
 * \f[ d_n = 1 + \frac{\sigma_s}{\sigma_r} \sum_c |g_{n,c} - g_{n-1,c}| , \f]
 *
 * and over these distances a recursive filter smooths, there and alike back, along every axis in each of N iterations:
 *
 * \f[ J_n = (1 - a^{d_n})\, I_n + a^{d_n} J_{n-1}, \qquad a = \exp(-\sqrt 2 / \sigma_{H_i}), \qquad
 * \sigma_{H_i} = \sigma_s \sqrt 3\, \frac{2^{N-i}}{\sqrt{4^N - 1}} \f]
 *
 * Constants are kept exactly. With UseImageSpacing, the 1 in d is the spacing along the axis over the smallest, and
 * sigma_s is counted in units of the latter.
 *
 * Line-wise: streams along the axes that are not in SmoothAxes; see EdgeAwareSmoothingImageFilter for this, and for what
 * inputs it takes. A float output is worked on where it is: beside input, guidance and output, a thread takes 128 bytes
 * for each component and node of a line. Other outputs take 4 bytes a component of every voxel.
 *
 * Throws an exception if SigmaSpatial or Sigma is not above 0, or if NumberOfIterations is 0, beside what the superclass
 * throws for.
 *
 * \par Reference
 * E. S. L. Gastal, M. M. Oliveira: Domain Transform for Edge-Aware Image and Video Processing. ACM Transactions on
 * Graphics 30(4), 2011. doi:10.1145/2010324.1964964
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TGuidanceImage = TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT DomainTransformImageFilter
  : public EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(DomainTransformImageFilter);

  using Self = DomainTransformImageFilter;
  using Superclass = EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(DomainTransformImageFilter);

  using typename Superclass::GeometryType;
  using typename Superclass::RegionType;

  /** sigma_s, in voxels or, with UseImageSpacing, in units of the smallest spacing; above 0. Default: 60. */
  itkSetMacro(SigmaSpatial, double);
  itkGetConstMacro(SigmaSpatial, double);

  /** sigma_r, in the guidance's units, above 0. Default: 102, which is 0.4 of the full range of 8 bits. */
  itkSetMacro(Sigma, double);
  itkGetConstMacro(Sigma, double);

  /** N, at least 1. Default: 3. */
  itkSetMacro(NumberOfIterations, unsigned int);
  itkGetConstMacro(NumberOfIterations, unsigned int);

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
  DomainTransformImageFilter() = default;
  ~DomainTransformImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  double       m_SigmaSpatial{ 60.0 };
  double       m_Sigma{ 102.0 };
  unsigned int m_NumberOfIterations{ 3 };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkDomainTransformImageFilter.hxx"
#endif

#endif
