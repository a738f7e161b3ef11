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
#ifndef itkLevinSolver_h
#define itkLevinSolver_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace itk
{
namespace colorization
{
/** Parameters of SolveLevin(). */
struct LevinParameters
{
  /** s in w_pq = exp(-(Y_p - Y_q)^2 / (s sigma_p^2)): 2 is the papers', 0.6 is Levin's own code's. Above 0. */
  double varianceScale = 2.0;
  /** s sigma_p^2 is raised until the weight of the neighbour that is most alike, before normalisation, is at least
   * this. In 0..1, both excluded. */
  double minimumBestWeight = 0.01;
  /** Smallest value of s sigma_p^2, for luminance in 0..1. Above 0. */
  double minimumVariance = 2e-6;
  /** Divides each weight by the squared distance of the neighbours, in units of the smallest spacing. */
  bool useSpacing = false;
  /** Distance between nodes along each axis; only read with useSpacing. */
  std::array<double, 3> spacing{ { 1.0, 1.0, 1.0 } };
  /** Begins the iteration at the chroma that voxels without a hint have, not at 0: saves cycles if it is close. */
  bool startFromChroma = false;
  /** The axis across which full planes of hard hints separate the volume into slabs; -1 takes the one where the largest
   * slab is smallest. */
  int slabAxis = -1;
  /** Norm of the residual over the norm of the right-hand side at which the solver stops. */
  double tolerance = 1e-5;
  /** Cycles after which the solver stops in any case. */
  unsigned int maximumCycles = 100;
};

/** What SolveLevin() did. */
struct LevinReport
{
  /** The most that one slab took. */
  unsigned int cycles = 0;
  /** Relative residual, the largest of the slabs and channels. */
  double      residual = 0.0;
  bool        converged = true;
  double      seconds = 0.0;
  std::size_t hintVoxels = 0;
  /** Voxels of the mask that are connected to no hint; their chroma is 0. */
  std::size_t unreachedVoxels = 0;
  /** How many parts were solved one after the other. */
  std::size_t slabs = 0;
  /** Memory that the solver took at its peak, beside its arguments. */
  std::size_t peakBytes = 0;
};

/** Colorization by optimisation (Levin, Lischinski, Weiss, ACM TOG 23(3), 2004), in two and three dimensions
 * (Mathur, Khattar, Sharma 2021, section 3.4). For every voxel p of the mask,
 *
 *   u_p = (1 - c_p) * sum_q w_pq u_q + c_p h_p,
 *
 * with hint h_p of confidence c_p, and weights w_pq over the neighbours q of p in the 3^N window that sum up to 1.
 * Confidence 1 is the papers' hard constraint, 0 no hint. In between, think of u_p as the mean hint that a random walk
 * from p ends at, where it ends at each voxel that it visits with that voxel's confidence. So u stays in the range of
 * the hints (maximum principle); the result is clamped to it, which takes off what the tolerance left.
 *
 * A plane of hard hints across the mask separates the 3^N stencil, so that what lies on both sides is solved on its own,
 * one slab after the other: with the same answer in less memory.
 *
 * \param luminance Y, 0..1; size[0] * size[1] * size[2] floats, x fastest
 * \param mask one byte a voxel, not 0 for the voxels to be coloured; null means all. Nothing crosses its border.
 * \param confidence c, 0..1; hints outside of the mask are not read
 * \param chroma `channels` volumes of floats; in: hints where the confidence is above 0, elsewhere
 * the start of the iteration if LevinParameters::startFromChroma; out: u inside the mask, 0
 * outside
 * \param size extents; 1 for an axis that is missing
 *
 * Memory: about 95 bytes with two channels for each voxel of the largest slab's part of the mask's bounding box, up to 110
 * where contrast is strong; see LevinReport::peakBytes. */
Colorization_EXPORT LevinReport
SolveLevin(const float *                      luminance,
           const std::uint8_t *               mask,
           const float *                      confidence,
           float *                            chroma,
           unsigned int                       channels,
           const std::array<std::size_t, 3> & size,
           const LevinParameters &            parameters,
           const ParallelFor &                parallelFor = SerialFor,
           const ProgressCallback &           progress = IgnoreProgress);

} // namespace colorization
} // namespace itk

#endif
