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
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace itk
{
namespace colorization
{
namespace
{
/** Voxels [begin, end) of one row that follow each other in the mask. */
struct Run
{
  std::uint32_t begin;
  std::uint32_t end;
};

/** The first position from `x` on whose byte is 0, or is not; `width` if there is none. */
template <bool VIsZero>
std::size_t
Find(const std::uint8_t * line, std::size_t x, std::size_t width)
{
  constexpr std::uint64_t ones = 0x0101010101010101u;
  for (; x + sizeof(ones) <= width; x += sizeof(ones))
  {
    std::uint64_t word;
    std::memcpy(&word, line + x, sizeof(word));
    const bool hasZero = ((word - ones) & ~word & (ones << 7)) != 0;
    if (VIsZero ? hasZero : word != 0)
    {
      break;
    }
  }
  while (x < width && (line[x] == 0) != VIsZero)
  {
    ++x;
  }
  return x;
}

/** Appends the runs of a row whose bytes are 0, or are not. */
template <bool VIsZero>
void
AppendRuns(const std::uint8_t * line, std::size_t width, std::vector<Run> & runs)
{
  for (std::size_t x = Find<VIsZero>(line, 0, width); x < width;)
  {
    const std::size_t end = Find<!VIsZero>(line, x, width);
    runs.push_back({ static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(end) });
    x = Find<VIsZero>(line, end, width);
  }
}

std::uint32_t
FindRoot(std::uint32_t * parents, std::uint32_t run)
{
  while (parents[run] != run)
  {
    parents[run] = parents[parents[run]];
    run = parents[run];
  }
  return run;
}

/** The smaller number becomes the root, so the roots do not depend on the order of joins. */
void
Join(std::uint32_t * parents, std::uint32_t a, std::uint32_t b)
{
  const std::uint32_t rootA = FindRoot(parents, a);
  const std::uint32_t rootB = FindRoot(parents, b);
  parents[std::max(rootA, rootB)] = std::min(rootA, rootB);
}

/** Joins the runs of two neighbouring rows that touch. */
void
JoinRows(const std::vector<Run> & runs,
         std::uint32_t *          parents,
         std::size_t              a,
         std::size_t              aEnd,
         std::size_t              b,
         std::size_t              bEnd)
{
  while (a < aEnd && b < bEnd)
  {
    if (runs[a].begin < runs[b].end && runs[b].begin < runs[a].end)
    {
      Join(parents, static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b));
    }
    ++(runs[a].end < runs[b].end ? a : b);
  }
}

/** All runs of a mask, in blocks of rows that threads work on alone. */
struct RunLengthMask
{
  std::size_t                rowsOfBlock;
  std::size_t                blocks;
  std::vector<Run>           runs;
  std::vector<std::uint32_t> firstOfRow;

  RunLengthMask(const std::uint8_t * mask, const std::array<std::size_t, 3> & size, const ParallelFor & parallelFor)
  {
    constexpr std::size_t voxelsOfBlock = 2u << 20;
    const std::size_t     rows = size[1] * size[2];
    const std::size_t     rowsOfSlice = size[2] > 1 ? size[1] : 1;
    // Whole slices, so that few rows have neighbours in another block.
    rowsOfBlock = (voxelsOfBlock / (size[0] * rowsOfSlice) + 1) * rowsOfSlice;
    blocks = (rows + rowsOfBlock - 1) / rowsOfBlock;
    firstOfRow.resize(rows + 1);
    std::vector<std::vector<Run>> runsOfBlock(blocks);
    parallelFor(blocks,
                [&](std::size_t block)
                {
                  std::vector<Run> & own = runsOfBlock[block];
                  for (std::size_t row = block * rowsOfBlock; row < std::min(rows, (block + 1) * rowsOfBlock); ++row)
                  {
                    firstOfRow[row] = static_cast<std::uint32_t>(own.size());
                    AppendRuns<false>(mask + row * size[0], size[0], own);
                  }
                });
    std::vector<std::size_t> firstOfBlock(blocks + 1);
    for (std::size_t block = 0; block < blocks; ++block)
    {
      firstOfBlock[block + 1] = firstOfBlock[block] + runsOfBlock[block].size();
    }
    if (firstOfBlock[blocks] > std::numeric_limits<std::uint32_t>::max())
    {
      throw std::length_error("The mask has more than 2^32 runs of voxels.");
    }
    runs.resize(firstOfBlock[blocks]);
    firstOfRow[rows] = static_cast<std::uint32_t>(runs.size());
    parallelFor(blocks,
                [&](std::size_t block)
                {
                  std::copy(runsOfBlock[block].begin(), runsOfBlock[block].end(), runs.begin() + firstOfBlock[block]);
                  std::vector<Run>().swap(runsOfBlock[block]);
                  for (std::size_t row = block * rowsOfBlock; row < std::min(rows, (block + 1) * rowsOfBlock); ++row)
                  {
                    firstOfRow[row] += static_cast<std::uint32_t>(firstOfBlock[block]);
                  }
                });
  }
};

/** For every run the number of its component, counted in the order of their first voxels. */
std::vector<std::uint32_t>
LabelComponents(const RunLengthMask &              mask,
                const std::array<std::size_t, 3> & size,
                const ParallelFor &                parallelFor,
                std::size_t &                      components)
{
  std::vector<std::uint32_t> labels(mask.runs.size());
  const std::size_t          rows = size[1] * size[2];
  const auto                 joinWith = [&](std::size_t row, std::size_t other)
  {
    JoinRows(mask.runs,
             labels.data(),
             mask.firstOfRow[other],
             mask.firstOfRow[other + 1],
             mask.firstOfRow[row],
             mask.firstOfRow[row + 1]);
  };
  parallelFor(mask.blocks,
              [&](std::size_t block)
              {
                const std::size_t first = block * mask.rowsOfBlock;
                const std::size_t end = std::min(rows, first + mask.rowsOfBlock);
                for (std::uint32_t run = mask.firstOfRow[first]; run < mask.firstOfRow[end]; ++run)
                {
                  labels[run] = run;
                }
                for (std::size_t row = first; row < end; ++row)
                {
                  if (row % size[1] > 0 && row > first)
                  {
                    joinWith(row, row - 1);
                  }
                  if (row >= first + size[1])
                  {
                    joinWith(row, row - size[1]);
                  }
                }
              });
  for (std::size_t block = 1; block < mask.blocks; ++block)
  {
    const std::size_t first = block * mask.rowsOfBlock;
    if (first % size[1] > 0)
    {
      joinWith(first, first - 1);
    }
    for (std::size_t row = std::max(first, size[1]); row < std::min(rows, first + size[1]); ++row)
    {
      joinWith(row, row - size[1]);
    }
  }
  components = 0;
  for (std::uint32_t run = 0; run < labels.size(); ++run)
  {
    // A parent has a smaller number than its child, so it has its label already.
    labels[run] = labels[run] == run ? static_cast<std::uint32_t>(components++) : labels[labels[run]];
  }
  return labels;
}

/** Fills what the background cannot reach from the border of a slice, whose rows begin `stride` bytes apart. */
void
FillHolesInSlice(std::uint8_t * slice, std::size_t width, std::size_t height, std::size_t stride)
{
  // Run 0 stands for what is outside of the slice.
  std::vector<Run>           gaps{ { 0, 0 } };
  std::vector<std::uint32_t> parents;
  std::vector<std::size_t>   firstOfRow(height + 1);
  for (std::size_t row = 0; row < height; ++row)
  {
    firstOfRow[row] = gaps.size();
    AppendRuns<true>(slice + row * stride, width, gaps);
  }
  firstOfRow[height] = gaps.size();
  parents.resize(gaps.size());
  for (std::size_t row = 0; row < height; ++row)
  {
    for (std::size_t gap = firstOfRow[row]; gap < firstOfRow[row + 1]; ++gap)
    {
      const bool isAtBorder = row == 0 || row + 1 == height || gaps[gap].begin == 0 || gaps[gap].end == width;
      parents[gap] = isAtBorder ? 0 : static_cast<std::uint32_t>(gap);
    }
    if (row > 0)
    {
      JoinRows(gaps, parents.data(), firstOfRow[row - 1], firstOfRow[row], firstOfRow[row], firstOfRow[row + 1]);
    }
  }
  for (std::size_t row = 0; row < height; ++row)
  {
    for (std::size_t gap = firstOfRow[row]; gap < firstOfRow[row + 1]; ++gap)
    {
      if (FindRoot(parents.data(), static_cast<std::uint32_t>(gap)) != 0)
      {
        std::fill(slice + row * stride + gaps[gap].begin, slice + row * stride + gaps[gap].end, std::uint8_t{ 1 });
      }
    }
  }
}

/** Fills holes in the slices across x from `first` to `end`, which are turned so that their rows are contiguous. */
void
FillHolesAcrossX(std::uint8_t * mask, const std::array<std::size_t, 3> & size, std::size_t first, std::size_t end)
{
  const std::size_t         rows = size[1] * size[2];
  std::vector<std::uint8_t> turned((end - first) * rows);
  for (std::size_t row = 0; row < rows; ++row)
  {
    for (std::size_t x = first; x < end; ++x)
    {
      turned[(x - first) * rows + row] = mask[row * size[0] + x];
    }
  }
  for (std::size_t x = first; x < end; ++x)
  {
    FillHolesInSlice(turned.data() + (x - first) * rows, size[1], size[2], size[1]);
  }
  for (std::size_t row = 0; row < rows; ++row)
  {
    for (std::size_t x = first; x < end; ++x)
    {
      mask[row * size[0] + x] = turned[(x - first) * rows + row];
    }
  }
}

/** Squared distance of each voxel of a row to the nearest whose byte is `source`; infinity if the row has none.
 * \return whether it has one */
bool
SquaredDistancesAlongRow(const std::uint8_t * line,
                         std::size_t          width,
                         std::uint8_t         source,
                         double               spacing,
                         float *              distances)
{
  constexpr float infinity = std::numeric_limits<float>::infinity();
  float           steps = infinity;
  for (std::size_t x = 0; x < width; ++x)
  {
    steps = line[x] == source ? 0.0f : steps + 1.0f;
    distances[x] = steps;
  }
  steps = infinity;
  for (std::size_t x = width; x-- > 0;)
  {
    steps = line[x] == source ? 0.0f : steps + 1.0f;
    distances[x] = std::min(distances[x], steps);
  }
  const auto squaredSpacing = static_cast<float>(spacing * spacing);
  for (std::size_t x = 0; x < width; ++x)
  {
    distances[x] *= distances[x] * squaredSpacing;
  }
  return width > 0 && distances[0] < infinity;
}

/** A voxel's reach: 0 if the nearest source of its slice is farther than the radius; else 1 and the number of slices
 * above and below that, at the voxel's place, this source is within the radius of. */
void
ComputeReach(const std::uint8_t *          slice,
             std::size_t                   width,
             std::size_t                   height,
             std::uint8_t                  source,
             const std::array<double, 3> & spacing,
             double                        radius,
             std::uint16_t *               reach)
{
  std::vector<float> alongX(width * height);
  std::vector<float> squared(width);
  std::vector<char>  hasSource(height);
  for (std::size_t y = 0; y < height; ++y)
  {
    hasSource[y] =
      SquaredDistancesAlongRow(slice + y * width, width, source, spacing[0], alongX.data() + y * width) ? 1 : 0;
  }
  const auto squaredRadius = static_cast<float>(radius * radius);
  const auto perSlice = static_cast<float>(1.0 / spacing[2]);
  const auto rowsWithin = static_cast<std::ptrdiff_t>(std::min(radius / spacing[1], static_cast<double>(height)));
  for (std::size_t y = 0; y < height; ++y)
  {
    std::fill(squared.begin(), squared.end(), std::numeric_limits<float>::infinity());
    const auto        row = static_cast<std::ptrdiff_t>(y);
    const std::size_t end =
      static_cast<std::size_t>(std::min(row + rowsWithin + 1, static_cast<std::ptrdiff_t>(height)));
    for (auto other = static_cast<std::size_t>(std::max<std::ptrdiff_t>(row - rowsWithin, 0)); other < end; ++other)
    {
      if (hasSource[other])
      {
        const double  distance = (static_cast<double>(other) - static_cast<double>(y)) * spacing[1];
        const auto    squaredDistance = static_cast<float>(distance * distance);
        const float * in = alongX.data() + other * width;
        for (std::size_t x = 0; x < width; ++x)
        {
          const float candidate = in[x] + squaredDistance;
          squared[x] = candidate < squared[x] ? candidate : squared[x];
        }
      }
    }
    for (std::size_t x = 0; x < width; ++x)
    {
      const float rest = squaredRadius - squared[x];
      const float slices = std::sqrt(std::max(rest, 0.0f)) * perSlice + 1.0f;
      reach[y * width + x] =
        static_cast<std::uint16_t>(rest >= 0.0f ? static_cast<int>(std::min(slices, 65535.0f)) : 0);
    }
  }
}

/** Sets voxels within `radius` of a voxel whose byte is `source` to `result`, others to 1 - result. */
void
MarkNear(std::uint8_t *                     mask,
         const std::array<std::size_t, 3> & size,
         const std::array<double, 3> &      spacing,
         double                             radius,
         std::uint8_t                       source,
         std::uint8_t                       result,
         const ParallelFor &                parallelFor)
{
  // A voxel as far as the radius is within it, however its distance is rounded.
  const double               roundedRadius = radius * (1.0 + 1e-6);
  const std::size_t          voxelsOfSlice = size[0] * size[1];
  std::vector<std::uint16_t> reach(voxelsOfSlice * size[2]);
  parallelFor(size[2],
              [&](std::size_t z)
              {
                ComputeReach(mask + z * voxelsOfSlice,
                             size[0],
                             size[1],
                             source,
                             spacing,
                             roundedRadius,
                             reach.data() + z * voxelsOfSlice);
              });
  // Reach shrinks by one a slice: one sweep up and one down bring it to all slices.
  parallelFor(size[1],
              [&](std::size_t y)
              {
                const auto spread = [&](std::size_t from, std::size_t to)
                {
                  const std::uint16_t * in = reach.data() + from * voxelsOfSlice + y * size[0];
                  std::uint16_t *       out = reach.data() + to * voxelsOfSlice + y * size[0];
                  for (std::size_t x = 0; x < size[0]; ++x)
                  {
                    const int left = in[x] - 1;
                    out[x] = static_cast<std::uint16_t>(left > out[x] ? left : out[x]);
                  }
                };
                for (std::size_t z = 1; z < size[2]; ++z)
                {
                  spread(z - 1, z);
                }
                for (std::size_t z = size[2]; z-- > 0;)
                {
                  if (z + 1 < size[2])
                  {
                    spread(z + 1, z);
                  }
                  const std::uint16_t * in = reach.data() + z * voxelsOfSlice + y * size[0];
                  std::uint8_t *        out = mask + z * voxelsOfSlice + y * size[0];
                  for (std::size_t x = 0; x < size[0]; ++x)
                  {
                    out[x] = in[x] > 0 ? result : static_cast<std::uint8_t>(1 - result);
                  }
                }
              });
}

/** Where Otsu's method splits a histogram, in bins, and the variance between the classes as a share of the whole. */
struct OtsuSplit
{
  double bin;
  double separability;
};

OtsuSplit
SplitByOtsu(const std::vector<std::uint64_t> & histogram)
{
  double total = 0.0;
  double totalMoment = 0.0;
  double totalSquare = 0.0;
  for (std::size_t k = 0; k < histogram.size(); ++k)
  {
    const auto count = static_cast<double>(histogram[k]);
    const auto value = static_cast<double>(k);
    total += count;
    totalMoment += count * value;
    totalSquare += count * value * value;
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
  const double variance = total * totalSquare - totalMoment * totalMoment;
  return { 0.5 * (static_cast<double>(firstBest) + static_cast<double>(lastBest)) + 1.0,
           variance > 0.0 ? best / variance : 0.0 };
}

/** The value at a bin's lower edge. */
double
EdgeOf(const ValueHistogram & histogram, std::size_t bin)
{
  return histogram.lowest + static_cast<double>(bin) * histogram.width;
}

/** The counts from range.first on in `bins` bins over the range; those above it in the last. */
std::vector<std::uint64_t>
Coarsen(const ValueHistogram & histogram, const HistogramRange & range, std::size_t firstCounted, unsigned int bins)
{
  std::vector<std::uint64_t> coarse(bins);
  const std::size_t          width = range.last - range.first + (histogram.isExact ? 0 : 1);
  for (std::size_t k = firstCounted; k < histogram.counts.size(); ++k)
  {
    const std::size_t bin = k < range.first ? 0 : (k - range.first) * bins / std::max<std::size_t>(width, 1);
    coarse[std::min<std::size_t>(bin, bins - 1)] += histogram.counts[k];
  }
  return coarse;
}
} // namespace

double
OtsuThreshold(const std::vector<std::uint64_t> & histogram, double lowest, double highest)
{
  return lowest + SplitByOtsu(histogram).bin * (highest - lowest) / static_cast<double>(histogram.size());
}

HistogramRange
ClipTails(const ValueHistogram & histogram, double tail, std::size_t first)
{
  const std::vector<std::uint64_t> & counts = histogram.counts;
  std::uint64_t                      total = 0;
  for (std::size_t k = first; k < counts.size(); ++k)
  {
    total += counts[k];
  }
  const auto     allowed = static_cast<std::uint64_t>(tail * static_cast<double>(total));
  HistogramRange range{ first, counts.size() - 1 };
  for (std::uint64_t left = allowed; range.first < range.last && counts[range.first] <= left; ++range.first)
  {
    left -= counts[range.first];
  }
  for (std::uint64_t left = allowed; range.last > range.first && counts[range.last] <= left; --range.last)
  {
    left -= counts[range.last];
  }
  return range;
}

BodyThreshold
ComputeBodyThreshold(const ValueHistogram & histogram, unsigned int bins, double tail)
{
  constexpr double lowestHounsfieldValue = -1024.0;
  constexpr double separable = 0.8;
  const auto       splitWithin = [&](const HistogramRange & range, std::size_t firstCounted, double & separability)
  {
    const OtsuSplit split = SplitByOtsu(Coarsen(histogram, range, firstCounted, bins));
    const double    lowest = EdgeOf(histogram, range.first);
    const double    highest = EdgeOf(histogram, range.last + (histogram.isExact ? 0 : 1));
    separability = split.separability;
    return lowest + split.bin * (highest - lowest) / bins;
  };
  BodyThreshold  result;
  double         separability = 0.0;
  HistogramRange range = ClipTails(histogram, tail);
  if (range.first == range.last)
  {
    range = ClipTails(histogram, 0.0);
  }
  if (EdgeOf(histogram, range.first) < lowestHounsfieldValue && range.first < range.last)
  {
    const HistogramRange rest = ClipTails(histogram, tail, range.first + 1);
    const double         threshold = splitWithin(rest, range.first + 1, separability);
    if (4 * (rest.first - range.first) >= rest.last - rest.first && rest.first < rest.last && separability >= separable)
    {
      result.threshold = threshold;
      for (std::size_t k = 0; k <= range.first; ++k)
      {
        result.paddingVoxels += histogram.counts[k];
      }
      return result;
    }
  }
  result.threshold = splitWithin(range, 0, separability);
  return result;
}

ComponentReport
KeepComponents(std::uint8_t *                     mask,
               const std::array<std::size_t, 3> & size,
               std::size_t                        minimumVoxels,
               const ParallelFor &                parallelFor)
{
  ComponentReport report;
  if (size[0] * size[1] * size[2] == 0)
  {
    return report;
  }
  const RunLengthMask              rle(mask, size, parallelFor);
  const std::vector<std::uint32_t> labels = LabelComponents(rle, size, parallelFor, report.components);
  if (report.components == 0)
  {
    return report;
  }
  std::vector<std::size_t> voxels(report.components);
  for (std::size_t run = 0; run < labels.size(); ++run)
  {
    voxels[labels[run]] += rle.runs[run].end - rle.runs[run].begin;
  }
  const std::size_t largest = std::max_element(voxels.begin(), voxels.end()) - voxels.begin();
  const auto        isKept = [&](std::size_t label) { return label == largest || voxels[label] >= minimumVoxels; };
  for (std::size_t label = 0; label < voxels.size(); ++label)
  {
    report.keptComponents += isKept(label) ? 1 : 0;
    report.keptVoxels += isKept(label) ? voxels[label] : 0;
  }
  parallelFor(rle.blocks,
              [&](std::size_t block)
              {
                const std::size_t end = std::min(rle.firstOfRow.size() - 1, (block + 1) * rle.rowsOfBlock);
                for (std::size_t row = block * rle.rowsOfBlock; row < end; ++row)
                {
                  for (std::uint32_t run = rle.firstOfRow[row]; run < rle.firstOfRow[row + 1]; ++run)
                  {
                    if (!isKept(labels[run]))
                    {
                      std::uint8_t * line = mask + row * size[0];
                      std::fill(line + rle.runs[run].begin, line + rle.runs[run].end, std::uint8_t{ 0 });
                    }
                  }
                }
              });
  return report;
}

void
FillHolesInSlices(std::uint8_t *                     mask,
                  const std::array<std::size_t, 3> & size,
                  unsigned int                       axis,
                  const ParallelFor &                parallelFor)
{
  if (axis == 0)
  {
    constexpr std::size_t slicesAtOnce = 16;
    parallelFor((size[0] + slicesAtOnce - 1) / slicesAtOnce,
                [&](std::size_t k)
                { FillHolesAcrossX(mask, size, k * slicesAtOnce, std::min(size[0], (k + 1) * slicesAtOnce)); });
    return;
  }
  const std::size_t voxelsOfSlice = size[0] * size[1];
  parallelFor(size[axis],
              [&](std::size_t k)
              {
                FillHolesInSlice(mask + k * (axis == 1 ? size[0] : voxelsOfSlice),
                                 size[0],
                                 size[3 - axis],
                                 axis == 1 ? voxelsOfSlice : size[0]);
              });
}

void
ErodeByBall(std::uint8_t *                     mask,
            const std::array<std::size_t, 3> & size,
            const std::array<double, 3> &      spacing,
            double                             radius,
            const ParallelFor &                parallelFor)
{
  MarkNear(mask, size, spacing, radius, 0, 0, parallelFor);
}

void
DilateByBall(std::uint8_t *                     mask,
             const std::array<std::size_t, 3> & size,
             const std::array<double, 3> &      spacing,
             double                             radius,
             const ParallelFor &                parallelFor)
{
  MarkNear(mask, size, spacing, radius, 1, 1, parallelFor);
}

} // namespace colorization
} // namespace itk
