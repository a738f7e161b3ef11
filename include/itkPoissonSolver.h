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
#ifndef itkPoissonSolver_h
#define itkPoissonSolver_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace itk
{
namespace colorization
{
/** Parameters of SolvePoisson(). */
struct PoissonParameters
{
  /** Weight of the intensities, in 1 / (unit of the spacing)^2. 0 or more. */
  double lambda = 0.0;
  /** Takes between two voxels the difference of the intensities where it is larger than that of the gradient source. */
  bool mixedGradients = false;
  /** Distance between voxels along each axis, above 0. */
  std::array<double, 3> spacing{ { 1.0, 1.0, 1.0 } };
  /** Norm of the residual over that of the intensities as they are given at which the solver stops. */
  double tolerance = 1e-5;
  /** Cycles after which the solver stops in any case. */
  unsigned int maximumCycles = 100;
};

/** What SolvePoisson() did. */
struct PoissonReport
{
  /** Multigrid cycles, or solves by fast diagonalization. */
  unsigned int cycles = 0;
  /** Norm of the residual of the result, before it is rounded to floats, over that of the intensities as given. */
  double residual = 0.0;
  bool   converged = true;
  double seconds = 0.0;
  /** Voxels that were solved for: those of the mask. */
  std::size_t freeVoxels = 0;
  /** Voxels outside of the mask that share a face with one of the mask: they keep their intensity. */
  std::size_t dirichletVoxels = 0;
  /** Whether there was no Dirichlet voxel, so that the result was given the mean of the intensities. */
  bool isMeanKept = false;
  /** Memory that the solver took at its peak, beside its arguments. */
  std::size_t peakBytes = 0;
};

/** Poisson fusion (Perez, Gangnet, Blake, ACM TOG 22(3), 2003), in two and three dimensions: finds the f that minimises
 *
 *   sum over neighbours (p, q) of ((f_q - f_p - v_pq) / h_pq)^2 + lambda * sum over p of (f_p - c_p)^2
 *
 * with v_pq = m_q - m_p and h_pq the distance of p and q, which share a face. Sums are over the mask; where q is outside
 * of it, f_q = c_q (Dirichlet). Nothing is asked for across the border of the image (natural boundary: there, f has the
 * gradient of m). With mixedGradients, v_pq = c_q - c_p where that is larger than |m_q - m_p|.
 *
 * Only a mask of all voxels has no Dirichlet voxel, since all others have a border within the image: then f and c have
 * the same mean, for every lambda (for lambda = 0, by definition).
 *
 * \param gradientSource m; size[0] * size[1] * size[2] finite floats, x fastest
 * \param intensities c, alike
 * \param mask one byte a voxel, not 0 for the voxels to be solved for; null means all
 * \param fused f; equal to c outside of the mask. May be the same array as either input.
 * \param size extents; 1 for an axis that is missing
 *
 * Without a mask, and for axes that are not too long, the equations are solved by fast diagonalization; else by
 * conjugate gradients, which geometric multigrid preconditions. Either is repeated for the residual, which is
 * evaluated in double precision, until that is small enough.
 *
 * Memory: about 20 bytes a voxel without a mask, 30 for each voxel of the mask's bounding box with one; see
 * PoissonReport::peakBytes. */
Colorization_EXPORT PoissonReport
SolvePoisson(const float *                      gradientSource,
             const float *                      intensities,
             const std::uint8_t *               mask,
             float *                            fused,
             const std::array<std::size_t, 3> & size,
             const PoissonParameters &          parameters,
             const ParallelFor &                parallelFor = SerialFor,
             const ProgressCallback &           progress = IgnoreProgress);

} // namespace colorization
} // namespace itk

#endif
