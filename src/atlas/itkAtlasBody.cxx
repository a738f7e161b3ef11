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
#include "itkAtlasBody.h"

#include "itkBodyMask.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** A share of a pixel's area. */
constexpr std::uint8_t Half = 128;

/** Pixels of a section of which at least half looks like tissue. */
std::vector<std::uint8_t>
MaskOf(const AtlasSection & section)
{
  std::vector<std::uint8_t> mask(section.shares.size());
  std::transform(section.shares.begin(),
                 section.shares.end(),
                 mask.begin(),
                 [](std::uint8_t share) { return share >= Half ? 1 : 0; });
  return mask;
}

/** Sets to 1 what touches a mask, along axes and diagonals. */
std::vector<std::uint8_t>
WithNeighbours(const std::vector<std::uint8_t> & mask, const AtlasGrid & grid)
{
  std::vector<std::uint8_t> along = mask;
  for (std::size_t y = 0; y < grid.height; ++y)
  {
    const std::uint8_t * in = mask.data() + y * grid.width;
    std::uint8_t *       out = along.data() + y * grid.width;
    for (std::size_t x = 0; x + 1 < grid.width; ++x)
    {
      out[x] |= in[x + 1];
      out[x + 1] |= in[x];
    }
  }
  std::vector<std::uint8_t> all = along;
  for (std::size_t i = 0; i + grid.width < along.size(); ++i)
  {
    all[i] |= along[i + grid.width];
    all[i + grid.width] |= along[i];
  }
  return all;
}

/** Masks of all sections, without what one section alone shows. */
std::vector<std::uint8_t>
MaskOfStack(const std::vector<AtlasSection> & sections,
            const std::vector<double> &       positions,
            const AtlasGrid &                 grid,
            const ParallelFor &               parallelFor)
{
  constexpr double          near = 3.0;
  std::vector<std::uint8_t> stack(sections.size() * grid.Pixels());
  parallelFor(sections.size(),
              [&](std::size_t k)
              {
                std::vector<std::uint8_t> mask = MaskOf(sections[k]);
                std::vector<std::uint8_t> around(mask.size());
                bool                      hasNeighbours = false;
                for (const std::size_t other : { k - 1, k + 1 })
                {
                  if (other < sections.size() && std::abs(positions[other] - positions[k]) < near)
                  {
                    hasNeighbours = true;
                    const auto its = WithNeighbours(MaskOf(sections[other]), grid);
                    std::transform(its.begin(), its.end(), around.begin(), around.begin(), std::bit_or<>());
                  }
                }
                if (hasNeighbours)
                {
                  std::transform(mask.begin(), mask.end(), around.begin(), mask.begin(), std::bit_and<>());
                }
                std::copy(mask.begin(), mask.end(), stack.begin() + static_cast<std::ptrdiff_t>(k * mask.size()));
              });
  return stack;
}

/** Means of a and b of CIE Lab over a mask. */
std::array<double, 2>
MeanChroma(const std::vector<std::uint8_t> & stack, const std::vector<AtlasSection> & sections)
{
  std::array<double, 2> sum{};
  double                count = 0.0;
  auto                  isInside = stack.begin();
  for (const AtlasSection & section : sections)
  {
    for (const AtlasColor & color : section.colors)
    {
      if (*isInside++)
      {
        sum[0] += 0.01 * color[1];
        sum[1] += 0.01 * color[2];
        count += 1.0;
      }
    }
  }
  return { { sum[0] / std::max(count, 1.0), sum[1] / std::max(count, 1.0) } };
}

/** The largest part of a stack, and others like it. */
std::vector<std::uint8_t>
PartsOfStack(std::vector<std::uint8_t>         rest,
             const std::vector<AtlasSection> & sections,
             const AtlasGrid &                 grid,
             const ParallelFor &               parallelFor)
{
  constexpr double                 smallestShare = 0.01;
  constexpr double                 sameChroma = 12.0;
  const std::array<std::size_t, 3> size{ { grid.width, grid.height, sections.size() } };
  std::vector<std::uint8_t>        parts(rest.size());
  std::array<double, 2>            chroma{};
  double                           largest = 0.0;
  while (true)
  {
    std::vector<std::uint8_t> part = rest;
    const auto                voxels = static_cast<double>(KeepLargestComponent(part.data(), size, parallelFor));
    if (voxels == 0.0 || voxels < smallestShare * largest)
    {
      return parts;
    }
    const auto own = MeanChroma(part, sections);
    const bool isFirst = largest == 0.0;
    if (isFirst)
    {
      largest = voxels;
      chroma = own;
    }
    const bool isAlike = isFirst || std::hypot(own[0] - chroma[0], own[1] - chroma[1]) < sameChroma;
    for (std::size_t i = 0; i < rest.size(); ++i)
    {
      parts[i] |= isAlike ? part[i] : 0;
      rest[i] = rest[i] && !part[i] ? 1 : 0;
    }
  }
}
} // namespace

std::vector<std::size_t>
FindCoveredSections(const std::vector<AtlasSection> & sections, const std::vector<double> & positions)
{
  constexpr double    around = 12.0;
  constexpr double    usual = 0.85;
  std::vector<double> areas;
  for (const AtlasSection & section : sections)
  {
    areas.push_back(static_cast<double>(section.labels.size()) -
                    static_cast<double>(std::count(section.labels.begin(), section.labels.end(), AtlasOutside)));
  }
  std::vector<std::size_t> covered;
  for (std::size_t k = 0; k < sections.size(); ++k)
  {
    double before = 0.0;
    double behind = 0.0;
    for (std::size_t other = k; other-- > 0 && positions[k] - positions[other] <= around;)
    {
      before = std::max(before, areas[other]);
    }
    for (std::size_t other = k + 1; other < sections.size() && positions[other] - positions[k] <= around; ++other)
    {
      behind = std::max(behind, areas[other]);
    }
    if (areas[k] < usual * std::min(before, behind))
    {
      covered.push_back(k);
    }
  }
  return covered;
}

void
LabelAtlasSections(std::vector<AtlasSection> & sections,
                   const std::vector<double> & positions,
                   const AtlasGrid &           grid,
                   const ParallelFor &         parallelFor)
{
  const auto tissue = PartsOfStack(MaskOfStack(sections, positions, grid, parallelFor), sections, grid, parallelFor);
  parallelFor(sections.size(),
              [&](std::size_t k)
              {
                const auto                first = tissue.begin() + static_cast<std::ptrdiff_t>(k * grid.Pixels());
                std::vector<std::uint8_t> body(first, first + static_cast<std::ptrdiff_t>(grid.Pixels()));
                FillHolesInSlices(body.data(), { { grid.width, grid.height, 1 } }, 2);
                std::vector<std::uint8_t> & labels = sections[k].labels;
                labels.resize(grid.Pixels());
                for (std::size_t i = 0; i < labels.size(); ++i)
                {
                  const bool isTissue = first[static_cast<std::ptrdiff_t>(i)] != 0;
                  const bool isPlain = body[i] && sections[k].plainShares[i] >= Half;
                  labels[i] = isTissue || isPlain ? AtlasTissue : body[i] ? AtlasCavity : AtlasOutside;
                }
              });
}

} // namespace colorization
} // namespace itk
