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
#include "itkLevinSlabs.h"

#include <algorithm>

namespace itk
{
namespace colorization
{
HintCensus
TakeHintCensus(const LevinProblem & problem, const ParallelFor & parallelFor)
{
  const std::array<std::size_t, 3> &     size = problem.size;
  std::vector<std::size_t>               hintsOfRow(size[1] * size[2]);
  std::vector<std::uint8_t>              isFullRow(size[1] * size[2], 1);
  std::vector<std::vector<std::uint8_t>> isFullColumn(size[2], std::vector<std::uint8_t>(size[0], 1));
  parallelFor(size[2],
              [&](std::size_t z)
              {
                for (std::size_t y = 0; y < size[1]; ++y)
                {
                  const std::size_t row = z * size[1] + y;
                  for (std::size_t x = 0; x < size[0]; ++x)
                  {
                    const std::size_t voxel = row * size[0] + x;
                    if (problem.IsInside(voxel))
                    {
                      hintsOfRow[row] += problem.confidence[voxel] > 0.0f ? 1 : 0;
                      if (problem.confidence[voxel] < 1.0f)
                      {
                        isFullRow[row] = isFullColumn[z][x] = 0;
                      }
                    }
                  }
                }
              });
  HintCensus census;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    census.isFullPlane[axis].assign(size[axis], true);
  }
  for (std::size_t z = 0; z < size[2]; ++z)
  {
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      census.hintVoxels += hintsOfRow[z * size[1] + y];
      if (!isFullRow[z * size[1] + y])
      {
        census.isFullPlane[1][y] = census.isFullPlane[2][z] = false;
      }
    }
    for (std::size_t x = 0; x < size[0]; ++x)
    {
      if (!isFullColumn[z][x])
      {
        census.isFullPlane[0][x] = false;
      }
    }
  }
  return census;
}

VolumeBox
MaskBoundingBox(const LevinProblem & problem, const VolumeBox & within)
{
  if (!problem.mask)
  {
    return within;
  }
  std::array<std::size_t, 3> begin = within.size;
  std::array<std::size_t, 3> end{ { 0, 0, 0 } };
  for (std::size_t row = 0; row < within.GetRowCount(); ++row)
  {
    const std::uint8_t * values = problem.mask + within.GetVolumeRow(row, problem.size);
    const std::uint8_t * valuesEnd = values + within.size[0];
    const std::uint8_t * first = std::find_if(values, valuesEnd, [](std::uint8_t m) { return m != 0; });
    if (first == valuesEnd)
    {
      continue;
    }
    const std::uint8_t * last = valuesEnd;
    while (last[-1] == 0)
    {
      --last;
    }
    const std::array<std::size_t, 3> lowest{
      { static_cast<std::size_t>(first - values), row % within.size[1], row / within.size[1] }
    };
    const std::array<std::size_t, 3> highest{
      { static_cast<std::size_t>(last - values), lowest[1] + 1, lowest[2] + 1 }
    };
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      begin[axis] = std::min(begin[axis], lowest[axis]);
      end[axis] = std::max(end[axis], highest[axis]);
    }
  }
  VolumeBox box;
  for (unsigned int axis = 0; axis < 3 && end[0] > 0; ++axis)
  {
    box.begin[axis] = within.begin[axis] + begin[axis];
    box.size[axis] = end[axis] - begin[axis];
  }
  return box;
}

namespace
{
/** What lies between full planes across an axis, with the planes on both sides. */
std::vector<VolumeBox>
SeparateSlabs(const std::vector<bool> & isFullPlane, unsigned int axis, const std::array<std::size_t, 3> & size)
{
  std::vector<VolumeBox> slabs;
  std::size_t            begin = 0;
  for (std::size_t i = 0; i < size[axis]; ++i)
  {
    const bool isLast = i + 1 == size[axis];
    if (!isFullPlane[i] && !isLast)
    {
      continue;
    }
    // Two planes have nothing between them, and one alone nothing beside it.
    const bool hasFree = i > begin + 1 || !isFullPlane[begin] || !isFullPlane[i];
    if (hasFree)
    {
      VolumeBox slab;
      slab.size = size;
      slab.begin[axis] = begin;
      slab.size[axis] = i + 1 - begin;
      slabs.push_back(slab);
    }
    begin = i;
  }
  return slabs;
}
} // namespace

std::vector<VolumeBox>
ChooseSlabs(const HintCensus & census, const std::array<std::size_t, 3> & size, int axis)
{
  if (axis >= 0)
  {
    return SeparateSlabs(census.isFullPlane[axis], axis, size);
  }
  const auto largest = [](const std::vector<VolumeBox> & slabs)
  {
    std::size_t count = 0;
    for (const VolumeBox & slab : slabs)
    {
      count = std::max(count, slab.GetCount());
    }
    return count;
  };
  std::vector<VolumeBox> chosen = SeparateSlabs(census.isFullPlane[2], 2, size);
  for (const unsigned int other : { 1u, 0u })
  {
    std::vector<VolumeBox> slabs = SeparateSlabs(census.isFullPlane[other], other, size);
    if (largest(slabs) < largest(chosen))
    {
      chosen.swap(slabs);
    }
  }
  return chosen;
}

} // namespace colorization
} // namespace itk
