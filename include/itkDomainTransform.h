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
#ifndef itkDomainTransform_h
#define itkDomainTransform_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"
#include "itkGuidanceView.h"

#include <array>
#include <cstddef>

namespace itk
{
namespace colorization
{
/** Parameters of DomainTransformSmooth(). */
struct DomainTransformParameters
{
  /** Standard deviation sigma_s over space, in units of `spacing`. Above 0. */
  double sigmaSpatial = 60.0;
  /** Standard deviation sigma_r over the guidance's range, in its units. Above 0. */
  double sigma = 0.4;
  /** Number of iterations N; each filters once there and back along every axis. */
  unsigned int iterations = 3;
  /** Which axes are smoothed along. */
  std::array<bool, 3> smoothAxis{ { true, true, true } };
  /** Distance between neighbours along each axis. */
  std::array<double, 3> spacing{ { 1.0, 1.0, 1.0 } };
};

/** sigma_H of iteration i = 1..N (equation 14 of the reference): sigma_s sqrt(3) 2^(N-i) / sqrt(4^N - 1). */
Colorization_EXPORT double
DomainTransformSigma(const DomainTransformParameters & parameters, unsigned int i);

/** Recursive filter in the transformed domain (Gastal and Oliveira, ACM TOG 30(4), 2011). Along a line, neighbours are
 * d = spacing + sigma_s / sigma_r * sum_c |g_c - g'_c| apart, and
 * J_n = (1 - a^d) I_n + a^d J_{n-1} with a = exp(-sqrt(2) / sigma_H) runs there, and alike back.
 *
 * \param values in and out: size[0] * size[1] * size[2] pixels of `components` floats, x fastest
 * \param guidance as many pixels
 * \param size extents; 1 for the axes that a lower-dimensional image lacks
 *
 * Beside its arguments it takes 128 * (1 + components) bytes a thread for each node of a line. */
Colorization_EXPORT void
DomainTransformSmooth(float *                            values,
                      unsigned int                       components,
                      const GuidanceView &               guidance,
                      const std::array<std::size_t, 3> & size,
                      const DomainTransformParameters &  parameters,
                      const ParallelFor &                parallelFor = SerialFor,
                      const ProgressCallback &           progress = IgnoreProgress);

} // namespace colorization
} // namespace itk

#endif
