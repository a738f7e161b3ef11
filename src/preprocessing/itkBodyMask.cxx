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
#include "itkBodyMask.h"

#include <algorithm>

namespace itk
{
namespace colorization
{
namespace
{
/** Voxels [begin, end) of one row that follow each other in the mask. */
struct Run
{
  std::size_t begin;
  std::size_t end;
  std::size_t parent;
};

std::size_t
FindRoot(std::vector<Run> & runs, std::size_t run)
{
  while (runs[run].parent != run)
  {
    runs[run].parent = runs[runs[run].parent].parent;
    run = runs[run].parent;
  }
  return run;
}

/** Joins the runs of two neighbouring rows that touch; the smaller number becomes the root. */
void
JoinRows(std::vector<Run> & runs, std::size_t a, std::size_t aEnd, std::size_t b, std::size_t bEnd)
{
  while (a < aEnd && b < bEnd)
  {
    if (runs[a].begin < runs[b].end && runs[b].begin < runs[a].end)
    {
      const std::size_t rootA = FindRoot(runs, a);
      const std::size_t rootB = FindRoot(runs, b);
      runs[std::max(rootA, rootB)].parent = std::min(rootA, rootB);
    }
    ++(runs[a].end < runs[b].end ? a : b);
  }
}

/** The plane of one slice: where its pixel (i, j) lies in the volume. */
struct Slice
{
  std::size_t origin;
  std::size_t width;
  std::size_t height;
  std::size_t columnStride;
  std::size_t rowStride;

  std::size_t
  Index(std::size_t pixel) const
  {
    return origin + pixel % width * columnStride + pixel / width * rowStride;
  }
};

/** Fills what the background cannot reach from the border of the slice. */
void
FillHolesInSlice(std::uint8_t * mask, const Slice & slice)
{
  const std::size_t         pixels = slice.width * slice.height;
  std::vector<std::uint8_t> open(pixels);
  std::vector<std::size_t>  front;
  const auto                visit = [&](std::size_t pixel)
  {
    if (!open[pixel] && !mask[slice.Index(pixel)])
    {
      open[pixel] = 1;
      front.push_back(pixel);
    }
  };
  for (std::size_t i = 0; i < slice.width; ++i)
  {
    visit(i);
    visit(pixels - 1 - i);
  }
  for (std::size_t j = 0; j < slice.height; ++j)
  {
    visit(j * slice.width);
    visit(j * slice.width + slice.width - 1);
  }
  while (!front.empty())
  {
    const std::size_t pixel = front.back();
    front.pop_back();
    const std::size_t i = pixel % slice.width;
    if (i > 0)
    {
      visit(pixel - 1);
    }
    if (i + 1 < slice.width)
    {
      visit(pixel + 1);
    }
    if (pixel >= slice.width)
    {
      visit(pixel - slice.width);
    }
    if (pixel + slice.width < pixels)
    {
      visit(pixel + slice.width);
    }
  }
  for (std::size_t pixel = 0; pixel < pixels; ++pixel)
  {
    if (!open[pixel])
    {
      mask[slice.Index(pixel)] = 1;
    }
  }
}
} // namespace

double
OtsuThreshold(const std::vector<std::uint64_t> & histogram, double lowest, double highest)
{
  double total = 0.0;
  double totalMoment = 0.0;
  for (std::size_t k = 0; k < histogram.size(); ++k)
  {
    total += static_cast<double>(histogram[k]);
    totalMoment += static_cast<double>(histogram[k]) * static_cast<double>(k);
  }
  double      below = 0.0;
  double      belowMoment = 0.0;
  double      best = -1.0;
  std::size_t firstBest = 0;
  std::size_t lastBest = 0;
  for (std::size_t k = 0; k + 1 < histogram.size(); ++k)
  {
    below += static_cast<double>(histogram[k]);
    belowMoment += static_cast<double>(histogram[k]) * static_cast<double>(k);
    const double above = total - below;
    if (below == 0.0 || above == 0.0)
    {
      continue;
    }
    const double distance = belowMoment / below - (totalMoment - belowMoment) / above;
    const double variance = below * above * distance * distance;
    if (variance > best)
    {
      best = variance;
      firstBest = k;
    }
    if (variance >= best)
    {
      lastBest = k;
    }
  }
  const double bin = 0.5 * (static_cast<double>(firstBest) + static_cast<double>(lastBest)) + 1.0;
  return lowest + bin * (highest - lowest) / static_cast<double>(histogram.size());
}

std::size_t
KeepLargestComponent(std::uint8_t * mask, const std::array<std::size_t, 3> & size)
{
  const std::size_t        rows = size[1] * size[2];
  std::vector<Run>         runs;
  std::vector<std::size_t> firstRun(rows + 1);
  for (std::size_t row = 0; row < rows; ++row)
  {
    firstRun[row] = runs.size();
    const std::uint8_t * line = mask + row * size[0];
    for (std::size_t x = 0; x < size[0]; ++x)
    {
      if (line[x] && (x == 0 || !line[x - 1]))
      {
        runs.push_back({ x, x + 1, runs.size() });
      }
      else if (line[x])
      {
        runs.back().end = x + 1;
      }
    }
    firstRun[row + 1] = runs.size();
    if (row % size[1] > 0)
    {
      JoinRows(runs, firstRun[row - 1], firstRun[row], firstRun[row], firstRun[row + 1]);
    }
    if (row >= size[1])
    {
      const std::size_t other = row - size[1];
      JoinRows(runs, firstRun[other], firstRun[other + 1], firstRun[row], firstRun[row + 1]);
    }
  }
  if (runs.empty())
  {
    return 0;
  }
  std::vector<std::size_t> voxels(runs.size());
  for (std::size_t run = 0; run < runs.size(); ++run)
  {
    voxels[FindRoot(runs, run)] += runs[run].end - runs[run].begin;
  }
  const std::size_t largest = std::max_element(voxels.begin(), voxels.end()) - voxels.begin();
  for (std::size_t row = 0; row < rows; ++row)
  {
    for (std::size_t run = firstRun[row]; run < firstRun[row + 1]; ++run)
    {
      const std::uint8_t keep = FindRoot(runs, run) == largest ? 1 : 0;
      std::fill(mask + row * size[0] + runs[run].begin, mask + row * size[0] + runs[run].end, keep);
    }
  }
  return voxels[largest];
}

void
FillHolesInSlices(std::uint8_t *                     mask,
                  const std::array<std::size_t, 3> & size,
                  unsigned int                       axis,
                  const ParallelFor &                parallelFor)
{
  const std::array<std::size_t, 3> stride{ { 1, size[0], size[0] * size[1] } };
  const unsigned int               column = axis == 0 ? 1 : 0;
  const unsigned int               row = axis == 2 ? 1 : 2;
  parallelFor(size[axis],
              [&](std::size_t k) {
                FillHolesInSlice(mask, { k * stride[axis], size[column], size[row], stride[column], stride[row] });
              });
}

} // namespace colorization
} // namespace itk
