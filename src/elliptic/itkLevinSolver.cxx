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
#include "itkLevinSolver.h"
#include "itkAggregationMultigrid.h"
#include "itkLevinOperator.h"
#include "itkLevinSlabs.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

namespace itk
{
namespace colorization
{
namespace
{
/** Slabs share the planes between them: the norms of their right-hand sides add up to up to twice the whole's square. So the
 * residual of a slab counts for more, and that of the whole is not above the largest of the slabs. */
constexpr double SlabNormFactor = 1.41421356237309505;

/** Marks the voxels that a path inside the mask connects to a hint, and takes the others out of the problem.
 * \return how many were taken out */
std::size_t
DropUnreached(const StencilGrid & grid, LevinOperator & levin)
{
  std::vector<std::uint8_t> reached(grid.GetPaddedCount());
  std::vector<std::size_t>  front;
  const auto                forEachInside = [&](const auto & body)
  {
    for (std::size_t row = 0; row < grid.GetRowCount(); ++row)
    {
      const std::size_t begin = grid.GetRowBegin(row);
      for (std::size_t p = begin; p < begin + grid.GetSize()[0]; ++p)
      {
        if (levin.IsInside(p))
        {
          body(p);
        }
      }
    }
  };
  forEachInside(
    [&](std::size_t p)
    {
      if (levin.Free(p) < 1.0f)
      {
        reached[p] = 1;
        front.push_back(p);
      }
    });
  while (!front.empty())
  {
    const std::size_t p = front.back();
    front.pop_back();
    for (const std::ptrdiff_t step : grid.GetNeighborSteps())
    {
      const std::size_t q = p + step;
      if (!reached[q] && levin.IsInside(q))
      {
        reached[q] = 1;
        front.push_back(q);
      }
    }
  }
  std::size_t dropped = 0;
  forEachInside(
    [&](std::size_t p)
    {
      if (!reached[p])
      {
        levin.Luminance(p) = OutsideLuminance;
        levin.Free(p) = 0.0f;
        ++dropped;
      }
    });
  return dropped;
}

/** Solves for the voxels of one box of the mask; what lies outside of it counts as outside of the mask. */
LevinReport
SolveBox(const LevinProblem &     problem,
         const VolumeBox &        box,
         const LevinParameters &  parameters,
         const ParallelFor &      parallelFor,
         const ProgressCallback & progress)
{
  const std::size_t  voxels = problem.GetCount();
  const unsigned int channels = problem.channels;
  const StencilGrid  grid(box.size);
  const std::size_t  pitch = grid.GetPaddedCount();
  LevinOperator      levin(grid, parameters);
  LevinReport        report;
  GridVector         hints(channels * pitch);
  GridVector         solution(channels * pitch);
  using Range = std::array<float, 2>;
  const Range        none{ { std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest() } };
  std::vector<Range> rangeOfRow(grid.GetRowCount() * channels, none);
  parallelFor(grid.GetRowCount(),
              [&](std::size_t row)
              {
                const std::size_t from = box.GetVolumeRow(row, problem.size);
                const std::size_t to = grid.GetRowBegin(row);
                for (std::size_t x = 0; x < box.size[0]; ++x)
                {
                  if (!problem.IsInside(from + x))
                  {
                    continue;
                  }
                  const float c = problem.confidence[from + x];
                  levin.Luminance(to + x) = problem.luminance[from + x];
                  levin.Free(to + x) = 1.0f - c;
                  for (unsigned int channel = 0; channel < channels; ++channel)
                  {
                    const float value = problem.chroma[channel * voxels + from + x];
                    if (c > 0.0f)
                    {
                      Range & range = rangeOfRow[row * channels + channel];
                      range = { { std::min(range[0], value), std::max(range[1], value) } };
                      hints[channel * pitch + to + x] = c * value;
                    }
                    if (c == 1.0f || parameters.startFromChroma)
                    {
                      solution[channel * pitch + to + x] = value;
                    }
                  }
                }
              });
  std::vector<Range> rangeOf(channels, none);
  for (std::size_t k = 0; k < rangeOfRow.size(); ++k)
  {
    Range & range = rangeOf[k % channels];
    range = { { std::min(range[0], rangeOfRow[k][0]), std::max(range[1], rangeOfRow[k][1]) } };
  }
  const bool hasHints = rangeOf[0][0] <= rangeOf[0][1];
  if (problem.mask || !hasHints)
  {
    report.unreachedVoxels = DropUnreached(grid, levin);
  }
  if (hasHints)
  {
    parallelFor(grid.GetRowCount(),
                [&](std::size_t row)
                {
                  const std::size_t begin = grid.GetRowBegin(row);
                  for (std::size_t p = begin; p < begin + box.size[0]; ++p)
                  {
                    if (levin.IsInside(p) && !levin.SetScale(p, parameters))
                    {
                      // A voxel without neighbours has its own hint, however weak.
                      for (unsigned int channel = 0; channel < channels; ++channel)
                      {
                        hints[channel * pitch + p] /= 1.0f - levin.Free(p);
                        solution[channel * pitch + p] = hints[channel * pitch + p];
                      }
                      levin.Free(p) = 0.0f;
                    }
                  }
                });
    levin.Balance(parallelFor);
    AggregationMultigrid  multigrid(levin, channels, parallelFor);
    const IterationLimits limits{ parameters.tolerance / SlabNormFactor, parameters.maximumCycles };
    const IterationReport iterations = multigrid.IterateToTolerance(hints, solution, limits, progress);
    report.cycles = iterations.cycles;
    report.residual = SlabNormFactor * iterations.residual;
    report.converged = iterations.converged;
    report.peakBytes = levin.GetByteCount() + multigrid.GetPeakByteCount() + 2 * hints.size() * sizeof(float);
  }
  parallelFor(grid.GetRowCount(),
              [&](std::size_t row)
              {
                const std::size_t to = box.GetVolumeRow(row, problem.size);
                const std::size_t from = grid.GetRowBegin(row);
                for (std::size_t x = 0; x < box.size[0]; ++x)
                {
                  const bool isSolved = hasHints && levin.IsInside(from + x);
                  for (unsigned int channel = 0; channel < channels; ++channel)
                  {
                    const float u = solution[channel * pitch + from + x];
                    problem.chroma[channel * voxels + to + x] =
                      isSolved ? std::min(std::max(u, rangeOf[channel][0]), rangeOf[channel][1]) : 0.0f;
                  }
                }
              });
  return report;
}
} // namespace

LevinReport
SolveLevin(const float *                      luminance,
           const std::uint8_t *               mask,
           const float *                      confidence,
           float *                            chroma,
           unsigned int                       channels,
           const std::array<std::size_t, 3> & size,
           const LevinParameters &            parameters,
           const ParallelFor &                parallelFor,
           const ProgressCallback &           progress)
{
  const auto         start = std::chrono::steady_clock::now();
  const LevinProblem problem{ luminance, mask, confidence, chroma, channels, size };
  const HintCensus   census = TakeHintCensus(problem, parallelFor);
  LevinReport        report;
  report.hintVoxels = census.hintVoxels;

  std::vector<VolumeBox> boxes;
  std::size_t            voxelsToSolve = 0;
  for (const VolumeBox & slab : ChooseSlabs(census, size, parameters.slabAxis))
  {
    const VolumeBox box = MaskBoundingBox(problem, slab);
    if (box.GetCount() > 0)
    {
      boxes.push_back(box);
      voxelsToSolve += box.GetCount();
    }
  }
  std::size_t voxelsSolved = 0;
  for (const VolumeBox & box : boxes)
  {
    const LevinReport ofBox =
      SolveBox(problem,
               box,
               parameters,
               parallelFor,
               [&](double fraction) { progress((voxelsSolved + fraction * box.GetCount()) / voxelsToSolve); });
    voxelsSolved += box.GetCount();
    report.cycles = std::max(report.cycles, ofBox.cycles);
    report.residual = std::max(report.residual, ofBox.residual);
    report.converged = report.converged && ofBox.converged;
    report.unreachedVoxels += ofBox.unreachedVoxels;
    report.peakBytes = std::max(report.peakBytes, ofBox.peakBytes);
  }
  // Outside of the boxes, and of the mask in them, nothing has been written.
  parallelFor(size[2],
              [&](std::size_t z)
              {
                const std::size_t slice = size[0] * size[1];
                for (std::size_t voxel = z * slice; voxel < (z + 1) * slice && mask; ++voxel)
                {
                  for (unsigned int channel = 0; channel < channels && !mask[voxel]; ++channel)
                  {
                    chroma[channel * problem.GetCount() + voxel] = 0.0f;
                  }
                }
              });
  report.slabs = boxes.size();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

} // namespace colorization
} // namespace itk
