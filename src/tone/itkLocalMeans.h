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
#ifndef itkLocalMeans_h
#define itkLocalMeans_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <vector>

namespace itk
{
namespace colorization
{
/** Where means are taken over. */
struct LocalMeansParameters
{
  /** Standard deviation in mm of the neighborhood. */
  double radius{ 4.0 };
  /** Nodes over the guide's range 0 ... 1; with a single one the guide does not count. */
  unsigned int bins{ 24 };
  /** Weight of the prior, in mm^3 of voxels of weight 1. */
  double priorVolume{ 4.0 };
};

/** The part of a volume that is at hand. */
struct VolumeView
{
  /** x fastest. */
  std::array<std::size_t, 3> size{ { 1, 1, 1 } };
  /** mm. */
  std::array<double, 3> spacing{ { 1.0, 1.0, 1.0 } };
  /** First voxel of the part within the whole volume: means are the same whichever part is at hand, if it reaches
   * LocalMeansReach() beyond the voxels that are looked at. */
  std::array<std::ptrdiff_t, 3> start{};
};

/** How many voxels around a voxel its means depend on, along each axis. */
Colorization_EXPORT std::array<std::size_t, 3>
                    LocalMeansReach(const std::array<double, 3> & spacing, const LocalMeansParameters & parameters);

/** Computes, for each voxel x and each channel v, the mean of v over the voxels near x whose guide is near that of x:
 *
 * \f[ m(x) = \frac{\sum_y w(y)\, G(x - y)\, H(g(x) - g(y))\, v(y) + \kappa\, p(x)}
 *                 {\sum_y w(y)\, G(x - y)\, H(g(x) - g(y)) + \kappa} \f]
 *
 * with G of standard deviation `radius` and H as wide as the bins: a bilateral grid (J. Chen, S. Paris, F. Durand:
 * Real-time edge-aware image processing with the bilateral grid. ACM Transactions on Graphics 26(3), 2007), to which
 * values are added, which is smoothed, and from which the means are read, linearly in all four dimensions.
 *
 * Same bits for any number of threads, and for any part of the volume that reaches far enough. Beside its arguments it
 * takes 4 (channels + 1) bins bytes for each cell, which is about as wide as the radius.
 * \param guide 0 ... 1; may be null if there is a single bin
 * \param weight at least 0; voxels of weight 0 are not counted, but get their mean
 * \param channels one volume each
 * \param priors one volume each, or empty: then the mean is 0 where nothing counts
 * \param means one volume each; may be the channels or the priors themselves
 * \param support the mean's weight in mm^3, or null */
Colorization_EXPORT void
ComputeLocalMeans(const VolumeView &                 view,
                  const float *                      guide,
                  const float *                      weight,
                  const std::vector<const float *> & channels,
                  const std::vector<const float *> & priors,
                  const LocalMeansParameters &       parameters,
                  const std::vector<float *> &       means,
                  float *                            support = nullptr,
                  const ParallelFor &                parallelFor = SerialFor);

} // namespace colorization
} // namespace itk

#endif
