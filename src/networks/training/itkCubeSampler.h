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
#ifndef itkCubeSampler_h
#define itkCubeSampler_h

#include "itkSpatialVolume.h"

#include <torch/torch.h>

namespace itk
{
namespace colorization
{
/** How sub-volumes are drawn. (Mathur 2021, section 3.2.) */
struct CubeSamplerParameters
{
  /** Edge in voxels. */
  std::int64_t size = 32;
  /** mm a voxel. */
  double spacing = 1.0;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("size", size, 4, 512);
    visit("spacing", spacing, 0.01, 100.0);
  }
};

/** Draws cubes of pairs of gray volumes, by trilinear interpolation: turned at random, all rotations being equally
 * likely, and moved to anywhere where they lie wholly within slices of the role and their centre within the first
 * volume's body: cubes of nothing but background tell little, and spoil the means of batch norm. What does not fit is
 * drawn again, up to 64 times; then cubes are not turned, and after 64 more times need not be centred in the body. By
 * seed, step and index of the sample alone. */
class CubeSampler
{
public:
  /** \throws ModelError naming a volume whose slices of the role no cube fits in */
  CubeSampler(std::vector<SpatialSource> sources, const CubeSamplerParameters & parameters, std::uint64_t seed);

  /** \return count x volumes x size x size x size */
  torch::Tensor
  Draw(std::uint64_t step, std::int64_t count) const;

private:
  void
  DrawOne(std::uint64_t step, std::uint64_t index, float * values) const;

  std::vector<SpatialSource> m_Sources;
  CubeSamplerParameters      m_Parameters;
  std::uint64_t              m_Seed;
};

} // namespace colorization
} // namespace itk

#endif
