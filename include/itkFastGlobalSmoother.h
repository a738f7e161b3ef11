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
#ifndef itkFastGlobalSmoother_h
#define itkFastGlobalSmoother_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"
#include "itkGuidanceView.h"

#include <array>
#include <cstddef>

namespace itk
{
namespace colorization
{
/** How the smoothing strength falls from one iteration to the next. */
enum class SmoothingAttenuation
{
  /** lambda_t = 3/2 * 4^(T-t) / (4^T - 1) * lambda (Min et al. 2014, equation 17). */
  Paper,
  /** lambda_t = lambda / 4^(t-1), as OpenCV's ximgproc does. */
  OpenCV
};

/** Parameters of FastGlobalSmooth(). */
struct FastGlobalSmootherParameters
{
  /** Strength; 0 leaves the input as it is. */
  double lambda = 900.0;
  /** Guidance difference at which the weight falls to 1/e, in the guidance's units. Above 0. */
  double sigma = 0.1;
  /** Number of iterations T; each solves once along every axis. */
  unsigned int iterations = 3;
  /** The schedule of lambda. */
  SmoothingAttenuation attenuation = SmoothingAttenuation::Paper;
  /** Which axes are smoothed along. */
  std::array<bool, 3> smoothAxis{ { true, true, true } };
  /** Factor of lambda along each axis, for grids whose spacing differs by axis. */
  std::array<double, 3> axisScale{ { 1.0, 1.0, 1.0 } };
};

/** Lambda of iteration t = 1..T. */
Colorization_EXPORT double
FastGlobalSmootherLambda(const FastGlobalSmootherParameters & parameters, unsigned int t);

/** Fast Global Smoother (Min et al., IEEE TIP 23(12), 2014): for every iteration and axis, the exact solution of
 * (I + lambda_t A) u = f on each line, where A is the line's graph Laplacian with weights exp(-|g_p - g_q| / sigma).
 *
 * \param values in and out: size[0] * size[1] * size[2] pixels of `components` floats, x fastest
 * \param guidance as many pixels; |g_p - g_q| is the Euclidean distance of all their components
 * \param size extents; 1 for the axes that a lower-dimensional image lacks
 *
 * Beside its arguments it takes 128 * (1 + components) bytes a thread for each node of a line. */
Colorization_EXPORT void
FastGlobalSmooth(float *                              values,
                 unsigned int                         components,
                 const GuidanceView &                 guidance,
                 const std::array<std::size_t, 3> &   size,
                 const FastGlobalSmootherParameters & parameters,
                 const ParallelFor &                  parallelFor = SerialFor,
                 const ProgressCallback &             progress = IgnoreProgress);

} // namespace colorization
} // namespace itk

#endif
