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
#ifndef itkFastGlobalSmootherImageFilter_h
#define itkFastGlobalSmootherImageFilter_h

#include "itkEdgeAwareSmoothingImageFilter.h"
#include "itkFastGlobalSmoother.h"

namespace itk
{
/** \class FastGlobalSmootherImageFilter
 * \brief Edge-preserving smoothing with the edges of a guidance image: the Fast Global Smoother.
 *
 * In iteration t = 1..T every line of the image along every axis is replaced by the exact solution u of
 *
 * \f[ (I + \lambda_t A)\, u = f, \qquad \lambda_t = \frac{3}{2}\, \frac{4^{T-t}}{4^T - 1}\, \lambda \f]
 *
 * where A is the line's graph Laplacian with weights \f$ \exp(-|g_p - g_q| / \sigma) \f$ between neighbours of the
 * guidance g. Constants are kept, and so is the mean along a line.
 *
 * With several components of guidance, |g_p - g_q| is their Euclidean distance. With UseImageSpacing, lambda along an
 * axis is divided by the square of its spacing over the smallest.
 *
 * Line-wise: streams along the axes that are not in SmoothAxes; see EdgeAwareSmoothingImageFilter for this, and for what
 * inputs it takes. A float output is worked on where it is: beside input, guidance and output, a thread takes 128 bytes
 * for each component and node of a line. Other outputs take 4 bytes a component of every voxel.
 *
 * Throws an exception if Lambda is negative, if Sigma is not above 0, or if NumberOfIterations is 0, beside what the
 * superclass throws for.
 *
 * \par Reference
 * D. Min, S. Choi, J. Lu, B. Ham, K. Sohn, M. N. Do: Fast Global Image Smoothing Based on Weighted Least Squares. IEEE
 * Transactions on Image Processing 23(12), 2014. doi:10.1109/TIP.2014.2366600
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TGuidanceImage = TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT FastGlobalSmootherImageFilter
  : public EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(FastGlobalSmootherImageFilter);

  using Self = FastGlobalSmootherImageFilter;
  using Superclass = EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(FastGlobalSmootherImageFilter);

  using typename Superclass::GeometryType;
  using typename Superclass::RegionType;
  using AttenuationEnum = colorization::SmoothingAttenuation;

  /** Strength, at least 0. Default: 900, the authors' 30 squared. */
  itkSetMacro(Lambda, double);
  itkGetConstMacro(Lambda, double);

  /** Guidance difference at which the weight falls to 1/e, in the guidance's units, above 0. Default: 25.5, the
   * authors' 0.1 of the full range of 8 bits. */
  itkSetMacro(Sigma, double);
  itkGetConstMacro(Sigma, double);

  /** T, at least 1. Default: 3. */
  itkSetMacro(NumberOfIterations, unsigned int);
  itkGetConstMacro(NumberOfIterations, unsigned int);

  /** The paper's lambda_t, or OpenCV's lambda / 4^(t-1). Default: the paper's. */
  void
  SetAttenuation(AttenuationEnum attenuation);
  AttenuationEnum
  GetAttenuation() const
  {
    return m_Attenuation;
  }

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
  FastGlobalSmootherImageFilter() = default;
  ~FastGlobalSmootherImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  double          m_Lambda{ 900.0 };
  double          m_Sigma{ 25.5 };
  unsigned int    m_NumberOfIterations{ 3 };
  AttenuationEnum m_Attenuation{ AttenuationEnum::Paper };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkFastGlobalSmootherImageFilter.hxx"
#endif

#endif
