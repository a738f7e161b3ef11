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
#ifndef itkLevinSlabs_h
#define itkLevinSlabs_h

#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

// How full planes of hard hints part a volume into slabs that SolveLevin() solves one after the other.

namespace itk
{
namespace colorization
{
/** A part of the volume that is solved on its own. */
struct VolumeBox
{
  std::array<std::size_t, 3> begin{ { 0, 0, 0 } };
  std::array<std::size_t, 3> size{ { 0, 0, 0 } };

  std::size_t
  GetRowCount() const
  {
    return size[1] * size[2];
  }

  std::size_t
  GetCount() const
  {
    return size[0] * size[1] * size[2];
  }

  /** Where a row of the box begins in a volume. */
  std::size_t
  GetVolumeRow(std::size_t row, const std::array<std::size_t, 3> & volumeSize) const
  {
    return ((row / size[1] + begin[2]) * volumeSize[1] + row % size[1] + begin[1]) * volumeSize[0] + begin[0];
  }
};

/** The inputs of SolveLevin(), and what they hold. */
struct LevinProblem
{
  const float *              luminance;
  const std::uint8_t *       mask;
  const float *              confidence;
  float *                    chroma;
  unsigned int               channels;
  std::array<std::size_t, 3> size;

  bool
  IsInside(std::size_t voxel) const
  {
    return !mask || mask[voxel] != 0;
  }

  std::size_t
  GetCount() const
  {
    return size[0] * size[1] * size[2];
  }
};

/** Which planes across each axis hold nothing but hard hints within the mask, and how many hints there are. */
struct HintCensus
{
  std::array<std::vector<bool>, 3> isFullPlane;
  std::size_t                      hintVoxels = 0;
};

HintCensus
TakeHintCensus(const LevinProblem & problem, const ParallelFor & parallelFor);

/** The smallest box around the mask's voxels in a box; of size 0 if there are none. */
VolumeBox
MaskBoundingBox(const LevinProblem & problem, const VolumeBox & within);

/** What lies between full planes, with the planes on both sides: across `axis`, or, if that is below 0, across the one
 * where the largest slab is smallest. */
std::vector<VolumeBox>
ChooseSlabs(const HintCensus & census, const std::array<std::size_t, 3> & size, int axis);

} // namespace colorization
} // namespace itk

#endif
