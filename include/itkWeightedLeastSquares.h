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
#ifndef itkWeightedLeastSquares_h
#define itkWeightedLeastSquares_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"
#include "itkGuidanceView.h"

#include <array>
#include <cstddef>

namespace itk
{
namespace colorization
{
/** Parameters of SmoothByWeightedLeastSquares(). */
struct WeightedLeastSquaresParameters
{
  /** Strength; 0 leaves the input as it is. */
  double lambda = 1.0;
  /** Exponent of the guidance's differences. At least 0. */
  double alpha = 1.2;
  /** What is added to the power of the difference; neighbours that are alike are coupled by 1 / epsilon. Above 0. */
  double epsilon = 1e-4;
  /** Takes differences of log(guidance + logarithmOffset), else of the guidance. */
  bool useLogarithm = true;
  /** Guidance + this has to be above 0; see SmallestGuidance(). Only read with useLogarithm. */
  double logarithmOffset = 1.0;
  /** Which axes are smoothed along. */
  std::array<bool, 3> smoothAxis{ { true, true, true } };
  /** Factor of lambda along each axis, for grids whose spacing differs by axis. */
  std::array<double, 3> axisScale{ { 1.0, 1.0, 1.0 } };
  /** Relative residual at which the solver stops. */
  double tolerance = 1e-5;
  /** Cycles after which the solver stops in any case. */
  unsigned int maximumCycles = 100;
};

/** What SmoothByWeightedLeastSquares() did. */
struct WeightedLeastSquaresReport
{
  /** The most that one slice or volume took; lines take none. */
  unsigned int cycles = 0;
  /** The largest relative residual: norm of f - (I + lambda L) u over that of f - mean(f). */
  double residual = 0.0;
  bool   converged = true;
  double seconds = 0.0;
  /** Memory that the solver took at its peak, beside its arguments. */
  std::size_t peakBytes = 0;
};

/** The smallest component of `size` pixels of guidance. */
Colorization_EXPORT double
SmallestGuidance(const GuidanceView &               guidance,
                 const std::array<std::size_t, 3> & size,
                 const ParallelFor &                parallelFor = SerialFor);

/** Smoothing by weighted least squares (Farbman, Fattal, Lischinski, Szeliski, ACM TOG 27(3), 2008): the u of least
 *
 *   sum_p (u_p - f_p)^2 + lambda sum_{p,q neighbours along an axis} a_pq (u_p - u_q)^2,
 *   a_pq = 1 / (|l_p - l_q|^alpha + epsilon).
 *
 * The residual is kept in double precision, and bounds the error: norm(u - exact u) <= residual * norm(f - mean(f)).
 * u is clamped to the range of f, which takes off what the tolerance left. What is not connected along the axes that
 * are smoothed is solved one after the other, each as if it were alone; single lines by elimination.
 *
 * \param values in: f, out: u; size[0] * size[1] * size[2] pixels of `components` floats, x fastest
 * \param guidance as many pixels; |l_p - l_q| is the Euclidean distance of all their components
 * \param size extents; 1 for the axes that a lower-dimensional image lacks
 *
 * Memory: about 270 bytes for each voxel of what is solved at a time, and 40 for each component after the first; see
 * WeightedLeastSquaresReport::peakBytes. */
Colorization_EXPORT WeightedLeastSquaresReport
SmoothByWeightedLeastSquares(float *                                values,
                             unsigned int                           components,
                             const GuidanceView &                   guidance,
                             const std::array<std::size_t, 3> &     size,
                             const WeightedLeastSquaresParameters & parameters,
                             const ParallelFor &                    parallelFor = SerialFor,
                             const ProgressCallback &               progress = IgnoreProgress);

} // namespace colorization
} // namespace itk

#endif
