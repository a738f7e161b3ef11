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
#ifndef itkWeightedLeastSquaresImageFilter_h
#define itkWeightedLeastSquaresImageFilter_h

#include "itkEdgeAwareSmoothingImageFilter.h"
#include "itkWeightedLeastSquares.h"

#include <mutex>

namespace itk
{
/** \class WeightedLeastSquaresImageFilter
 * \brief Edge-preserving smoothing with the edges of a guidance image: the optimum of weighted least squares.
 *
 * The output u is what minimises
 *
 * \f[ \sum_p (u_p - f_p)^2 + \lambda \sum_{p,q} a_{pq} (u_p - u_q)^2, \qquad
 *     a_{pq} = \frac{1}{|l_p - l_q|^\alpha + \varepsilon} \f]
 *
 * for the input f, over neighbours p, q along an axis, with the guidance's logarithm l = log(g + LogarithmOffset), or
 * the guidance itself, l = g. Constants are kept, so is the mean, and u stays in the range of f.
 *
 * With several components of guidance, |l_p - l_q| is their Euclidean distance. With UseImageSpacing, lambda along an
 * axis is divided by the square of its spacing over the smallest.
 *
 * \par Units
 * The logarithm makes edges relative: a step from 10 to 20 counts as one from 100 to 200, whatever the range of the
 * guidance, if that is far above LogarithmOffset. The default is meant for 0..255 and more. For guidance of 0..1, set
 * LogarithmOffset to about 0.01; for CT in Hounsfield units, to 1025 or more. Without the logarithm, differences count
 * in the guidance's units, and Lambda and Epsilon have to fit these: for guidance c times as large, c^Alpha times as
 * large values do the same.
 *
 * \par Regions
 * What the axes in SmoothAxes connect (a slice, for a volume smoothed in-plane) is solved alone, so that it streams
 * along the other axes, bit for bit; see EdgeAwareSmoothingImageFilter for this, and for what inputs it takes.
 * Multigrid solves slices and volumes, see Tolerance; elimination solves lines, if only one axis is smoothed. Beside
 * input, guidance and output, multigrid takes about 270 bytes for each voxel that it solves at a time, and 40 more for
 * each component of the input after the first.
 *
 * Warns if MaximumNumberOfCycles is not enough for Tolerance. Throws an exception if a parameter is out of its range,
 * or if the guidance holds a value that has no logarithm, beside what the superclass throws for.
 *
 * \par Reference
 * Z. Farbman, R. Fattal, D. Lischinski, R. Szeliski: Edge-Preserving Decompositions for Multi-Scale Tone and Detail
 * Manipulation. ACM Transactions on Graphics 27(3), 2008. doi:10.1145/1360612.1360666
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TGuidanceImage = TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT WeightedLeastSquaresImageFilter
  : public EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(WeightedLeastSquaresImageFilter);

  using Self = WeightedLeastSquaresImageFilter;
  using Superclass = EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(WeightedLeastSquaresImageFilter);

  using typename Superclass::GeometryType;
  using typename Superclass::RegionType;

  /** Strength, at least 0. Default: 1, the paper's. */
  itkSetMacro(Lambda, double);
  itkGetConstMacro(Lambda, double);

  /** Exponent of the guidance's differences, at least 0. Default: 1.2, from the paper's range of 1.2 to 2. */
  itkSetMacro(Alpha, double);
  itkGetConstMacro(Alpha, double);

  /** Neighbours without a difference are coupled by 1 / Epsilon. Above 0. Default: 1e-4, the paper's. */
  itkSetMacro(Epsilon, double);
  itkGetConstMacro(Epsilon, double);

  /** Whether edges are differences of the guidance's logarithm. Default: true. */
  itkSetMacro(UseLogarithm, bool);
  itkGetConstMacro(UseLogarithm, bool);
  itkBooleanMacro(UseLogarithm);

  /** What is added to the guidance before its logarithm is taken, in the guidance's units. Default: 1. */
  itkSetMacro(LogarithmOffset, double);
  itkGetConstMacro(LogarithmOffset, double);

  /** Norm of the residual over that of the input less its mean at which the solver stops, above 0. The error's norm is
   * at most as large. Default: 1e-5. */
  itkSetMacro(Tolerance, double);
  itkGetConstMacro(Tolerance, double);

  /** Most cycles of the solver, which takes 10 to 20 at the default Tolerance. Default: 100. */
  itkSetMacro(MaximumNumberOfCycles, unsigned int);
  itkGetConstMacro(MaximumNumberOfCycles, unsigned int);

  /** Cycles that the last smoothing took: the most for one slice, where slices are solved one by one. */
  unsigned int
  GetNumberOfCycles() const
  {
    return this->GetReport().cycles;
  }

  /** Relative residual of the last smoothing, the largest of components and slices. */
  double
  GetResidual() const
  {
    return this->GetReport().residual;
  }

  void
  VerifyParameters() const override;

  /** NumberOfCycles and Residual tell of this, too; and so does the warning. */
  void
  Smooth(float *                                values,
         unsigned int                           components,
         const colorization::GuidanceView &     guidance,
         const RegionType &                     region,
         const GeometryType &                   geometry,
         const colorization::ParallelFor &      parallelFor,
         const colorization::ProgressCallback & progress) const override;

protected:
  WeightedLeastSquaresImageFilter() = default;
  ~WeightedLeastSquaresImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  colorization::WeightedLeastSquaresParameters
  MakeParameters(const GeometryType & geometry) const;

  colorization::WeightedLeastSquaresReport
  GetReport() const
  {
    const std::lock_guard<std::mutex> lock(m_ReportMutex);
    return m_Report;
  }

  double       m_Lambda{ 1.0 };
  double       m_Alpha{ 1.2 };
  double       m_Epsilon{ 1e-4 };
  bool         m_UseLogarithm{ true };
  double       m_LogarithmOffset{ 1.0 };
  double       m_Tolerance{ 1e-5 };
  unsigned int m_MaximumNumberOfCycles{ 100 };

  // Several filters may have this one as their smoother, and run at the same time.
  mutable std::mutex                               m_ReportMutex;
  mutable colorization::WeightedLeastSquaresReport m_Report;
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkWeightedLeastSquaresImageFilter.hxx"
#endif

#endif
