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
#include "itkColorDrift.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** Whether a pixel and its neighbours along both axes are tissue, and the pixel whole. */
bool
IsWithinTissue(const AtlasSection & section, const AtlasGrid & grid, std::size_t i)
{
  constexpr std::uint8_t nearlyAll = 250;
  return section.shares[i] >= nearlyAll && section.labels[i] == AtlasTissue && section.labels[i - 1] == AtlasTissue &&
         section.labels[i + 1] == AtlasTissue && section.labels[i - grid.width] == AtlasTissue &&
         section.labels[i + grid.width] == AtlasTissue;
}

/** Differences of colours within a block of pixels. */
struct Block
{
  std::array<double, 3> sum{};
  std::size_t           pixels = 0;
};

using Difference = std::array<double, 3>;

Difference
MedianOf(const std::vector<Difference> & differences)
{
  Difference          median{};
  std::vector<double> values(differences.size());
  for (std::size_t c = 0; c < 3 && !values.empty(); ++c)
  {
    std::transform(differences.begin(),
                   differences.end(),
                   values.begin(),
                   [c](const Difference & difference) { return difference[c]; });
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    median[c] = *middle;
  }
  return median;
}

/** Mean differences of the blocks of which at least half is tissue in both sections. */
std::vector<Difference>
DifferencesOfBlocks(const AtlasSection & one, const AtlasSection & other, const AtlasGrid & grid, std::size_t & pixels)
{
  constexpr double   extent = 5.0;
  const auto         side = static_cast<std::size_t>(std::max(std::lround(extent / grid.spacing), 1l));
  const std::size_t  columns = (grid.width + side - 1) / side;
  std::vector<Block> blocks(columns * ((grid.height + side - 1) / side));
  for (std::size_t y = 1; y + 1 < grid.height; ++y)
  {
    for (std::size_t x = 1; x + 1 < grid.width; ++x)
    {
      const std::size_t i = y * grid.width + x;
      if (IsWithinTissue(one, grid, i) && IsWithinTissue(other, grid, i))
      {
        Block & block = blocks[y / side * columns + x / side];
        ++block.pixels;
        for (std::size_t c = 0; c < 3; ++c)
        {
          block.sum[c] += 0.01 * (one.colors[i][c] - other.colors[i][c]);
        }
      }
    }
  }
  std::vector<Difference> differences;
  pixels = 0;
  for (const Block & block : blocks)
  {
    if (2 * block.pixels >= side * side)
    {
      const auto count = static_cast<double>(block.pixels);
      differences.push_back({ { block.sum[0] / count, block.sum[1] / count, block.sum[2] / count } });
      pixels += block.pixels;
    }
  }
  return differences;
}
} // namespace

ColorStep
MeasureColorStep(const AtlasSection & one, const AtlasSection & other, const AtlasGrid & grid)
{
  constexpr double        sameTissue = 8.0;
  ColorStep               step;
  std::vector<Difference> differences = DifferencesOfBlocks(one, other, grid, step.pixels);
  step.difference = MedianOf(differences);
  const auto isOther = [&step](const Difference & difference)
  {
    double square = 0.0;
    for (std::size_t c = 0; c < 3; ++c)
    {
      square += (difference[c] - step.difference[c]) * (difference[c] - step.difference[c]);
    }
    return !(square < sameTissue * sameTissue);
  };
  differences.erase(std::remove_if(differences.begin(), differences.end(), isOther), differences.end());
  if (!differences.empty())
  {
    step.difference = MedianOf(differences);
  }
  return step;
}

std::vector<std::array<double, 3>>
SolveColorDrift(const std::vector<double> &    positions,
                const std::vector<ColorStep> & steps,
                const ColorDriftParameters &   parameters)
{
  constexpr double                   pi = 3.14159265358979323846;
  constexpr double                   fewPixels = 200.0;
  const std::size_t                  count = positions.size();
  std::vector<double>                coupling(count, 0.0);
  std::vector<double>                diagonal(count, 0.0);
  std::vector<std::array<double, 3>> offsets(count);
  for (std::size_t k = 0; k + 1 < count; ++k)
  {
    const double distance = positions[k + 1] - positions[k];
    if (distance <= parameters.farthest)
    {
      const auto pixels = static_cast<double>(steps[k].pixels);
      coupling[k] = pixels / (pixels + fewPixels) / distance;
      for (std::size_t c = 0; c < 3; ++c)
      {
        offsets[k][c] += coupling[k] * steps[k].difference[c];
        offsets[k + 1][c] -= coupling[k] * steps[k].difference[c];
      }
    }
  }
  // Of a wave that rises for so long and then falls, half is drift.
  const double wave = pi / parameters.longest;
  for (std::size_t k = 0; k < count; ++k)
  {
    const double before = k > 0 ? std::min(positions[k] - positions[k - 1], parameters.farthest) : 0.0;
    const double behind = k + 1 < count ? std::min(positions[k + 1] - positions[k], parameters.farthest) : 0.0;
    const double extent = before + behind > 0.0 ? 0.5 * (before + behind) : 1.0;
    diagonal[k] = wave * wave * extent + coupling[k] + (k > 0 ? coupling[k - 1] : 0.0);
  }
  // Thomas' algorithm.
  for (std::size_t k = 1; k < count; ++k)
  {
    const double factor = coupling[k - 1] / diagonal[k - 1];
    diagonal[k] -= factor * coupling[k - 1];
    for (std::size_t c = 0; c < 3; ++c)
    {
      offsets[k][c] += factor * offsets[k - 1][c];
    }
  }
  for (std::size_t k = count; k-- > 0;)
  {
    for (std::size_t c = 0; c < 3; ++c)
    {
      const double next = k + 1 < count ? coupling[k] * offsets[k + 1][c] : 0.0;
      offsets[k][c] = (offsets[k][c] + next) / diagonal[k];
    }
  }
  return offsets;
}

} // namespace colorization
} // namespace itk
