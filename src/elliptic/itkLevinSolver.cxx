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
#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

namespace itk
{
namespace colorization
{
namespace
{
/** Luminance of voxels outside of the mask: so far from all others that exp() gives them no weight. */
constexpr float OutsideLuminance = 1e9f;
/** Sums of weights below this hold outside voxels only. */
constexpr float NoWeight = 1e-24f;
/** Slabs share the planes between them: the norms of their right-hand sides add up to up to twice the whole's square. So the
 * residual of a slab counts for more, and that of the whole is not above the largest of the slabs. */
constexpr double SlabNormFactor = 1.41421356237309505;
/** Sweeps over the voxels that balance their rows. */
constexpr unsigned int BalanceSweeps = 4;
/** Voxels that get nothing from their neighbours still count by so much. */
constexpr float LeastFlow = 1e-4f;

/** A part of the volume that is solved on its own. */
struct Box
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

/** The smallest box around the mask's voxels in a box. */
Box
MaskBoundingBox(const std::uint8_t * mask, const std::array<std::size_t, 3> & volumeSize, const Box & within)
{
  if (!mask)
  {
    return within;
  }
  std::array<std::size_t, 3> begin = within.size;
  std::array<std::size_t, 3> end{ { 0, 0, 0 } };
  for (std::size_t row = 0; row < within.GetRowCount(); ++row)
  {
    const std::uint8_t * values = mask + within.GetVolumeRow(row, volumeSize);
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
  Box box;
  for (unsigned int axis = 0; axis < 3 && end[0] > 0; ++axis)
  {
    box.begin[axis] = within.begin[axis] + begin[axis];
    box.size[axis] = end[axis] - begin[axis];
  }
  return box;
}

/** The inputs of SolveLevin(), and what they hold. */
struct Problem
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
TakeHintCensus(const Problem & problem, const ParallelFor & parallelFor)
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

/** What lies between full planes across an axis, with the planes on both sides. */
std::vector<Box>
SeparateSlabs(const std::vector<bool> & isFullPlane, unsigned int axis, const std::array<std::size_t, 3> & size)
{
  std::vector<Box> slabs;
  std::size_t      begin = 0;
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
      Box slab;
      slab.size = size;
      slab.begin[axis] = begin;
      slab.size[axis] = i + 1 - begin;
      slabs.push_back(slab);
    }
    begin = i;
  }
  return slabs;
}

/** The slabs across the axis where the largest of them is smallest, or across the one that is asked for. */
std::vector<Box>
ChooseSlabs(const HintCensus & census, const std::array<std::size_t, 3> & size, int axis)
{
  if (axis >= 0)
  {
    return SeparateSlabs(census.isFullPlane[axis], axis, size);
  }
  const auto largest = [](const std::vector<Box> & slabs)
  {
    std::size_t count = 0;
    for (const Box & slab : slabs)
    {
      count = std::max(count, slab.GetCount());
    }
    return count;
  };
  std::vector<Box> chosen = SeparateSlabs(census.isFullPlane[2], 2, size);
  for (const unsigned int other : { 1u, 0u })
  {
    std::vector<Box> slabs = SeparateSlabs(census.isFullPlane[other], other, size);
    if (largest(slabs) < largest(chosen))
    {
      chosen.swap(slabs);
    }
  }
  return chosen;
}

/** weight = closeness * 2^((Y_p - Y_q)^2 * scale_p), sum += weight, for a segment of voxels p and the neighbour q in
 * one direction. */
ITK_COLORIZATION_MULTIVERSION void
WeightSegment(const float *  luminance,
              std::ptrdiff_t step,
              const float *  scale,
              float          closeness,
              std::size_t    count,
              float *        weight,
              float *        sum)
{
  for (std::size_t x = 0; x < count; ++x)
  {
    const float difference = luminance[x] - luminance[x + step];
    const float w = closeness * NegativeExp2(difference * difference * scale[x]);
    weight[x] = w;
    sum[x] += w;
  }
}

/** The operator on a segment: negative0 = free * (sum_q w_pq u0_q / sum_q w_pq - u0_p) - (1 - free) * u0_p as a sum of
 * differences, and alike negative1. Lane by lane, with all sums in registers; so it reads and writes up to LaneCount - 1
 * nodes beyond the segment. */
ITK_COLORIZATION_MULTIVERSION void
ApplyWindowNegated(const float *          luminance,
                   const float *          scale,
                   const float *          free,
                   const std::ptrdiff_t * steps,
                   const float *          closeness,
                   std::size_t            neighbors,
                   const float *          u0,
                   const float *          u1,
                   std::size_t            count,
                   float *                negative0,
                   float *                negative1)
{
  for (std::size_t x = 0; x < count; x += LaneCount)
  {
    FloatLanes y;
    FloatLanes s;
    FloatLanes here0;
    FloatLanes here1;
    FloatLanes f;
    LoadLanes(luminance + x, y);
    LoadLanes(scale + x, s);
    LoadLanes(u0 + x, here0);
    LoadLanes(u1 + x, here1);
    LoadLanes(free + x, f);
    FloatLanes weights = here0 * 0.0f;
    FloatLanes sum0 = weights;
    FloatLanes sum1 = weights;
    for (std::size_t k = 0; k < neighbors; ++k)
    {
      FloatLanes w;
      FloatLanes q0;
      FloatLanes q1;
      LoadLanes(luminance + x + steps[k], w);
      LoadLanes(u0 + x + steps[k], q0);
      LoadLanes(u1 + x + steps[k], q1);
      w -= y;
      w = w * w * s;
      NegativeExp2Lanes(w);
      w *= closeness[k];
      weights += w;
      sum0 += w * (q0 - here0);
      sum1 += w * (q1 - here1);
    }
    const FloatLanes none = weights * 0.0f;
    const FloatLanes factor = weights > none + NoWeight ? f / weights : none;
    sum0 = factor * sum0 - (1.0f - f) * here0;
    sum1 = factor * sum1 - (1.0f - f) * here1;
    StoreLanes(sum0, negative0 + x);
    StoreLanes(sum1, negative1 + x);
  }
}

/** For a pair of neighbours q of each voxel p, with flow 0 for those that are not free: weights += w_pq,
 * inflow += w_qp flow_q. */
ITK_COLORIZATION_MULTIVERSION void
AddFlowOfPair(const float *          luminance,
              const float *          scale,
              const float *          flow,
              const std::ptrdiff_t * steps,
              const float *          closeness,
              std::size_t            count,
              float * __restrict weights,
              float * __restrict inflow)
{
  for (unsigned int k = 0; k < 2; ++k)
  {
    const float * luminanceQ = luminance + steps[k];
    const float * scaleQ = scale + steps[k];
    const float * flowQ = flow + steps[k];
    const float   closenessQ = closeness[k];
    for (std::size_t x = 0; x < count; ++x)
    {
      const float difference = luminance[x] - luminanceQ[x];
      const float square = difference * difference;
      weights[x] += flowQ[x] > 0.0f ? closenessQ * NegativeExp2(square * scale[x]) : 0.0f;
      inflow[x] += closenessQ * NegativeExp2(square * scaleQ[x]) * flowQ[x];
    }
  }
}

/** The factor that makes the weights sum up to 1, times free. */
void
NormalizeWeights(const float * free, const float * weights, std::size_t count, float * factor)
{
  for (std::size_t x = 0; x < count; ++x)
  {
    factor[x] = weights[x] > NoWeight ? free[x] / weights[x] : 0.0f;
  }
}

/** The system of equations of colorization on the mask's bounding box; its weights are made anew from the luminance
 * whenever they are asked for. */
class LevinOperator : public AppliedStencilOperator
{
public:
  LevinOperator(const StencilGrid & grid, const LevinParameters & parameters)
    : AppliedStencilOperator(grid)
    , m_Luminance(grid.GetPaddedCount(), OutsideLuminance)
    , m_Scale(grid.GetPaddedCount(), -1.0f)
    , m_Free(grid.GetPaddedCount(), 0.0f)
    , m_Closeness(MakeCloseness(grid, parameters))
  {}

  float &
  Luminance(std::size_t p)
  {
    return m_Luminance[p];
  }

  bool
  IsInside(std::size_t p) const
  {
    return m_Luminance[p] != OutsideLuminance;
  }

  /** 1 - confidence inside of the mask, 0 outside. */
  float &
  Free(std::size_t p)
  {
    return m_Free[p];
  }

  /** From the luminance in the 3^N window of p: the factor -log2(e) / (s sigma_p^2), floored.
   * \return whether p has a neighbour inside of the mask */
  bool
  SetScale(std::size_t p, const LevinParameters & parameters);

  void
  GetSegment(std::size_t        begin,
             std::size_t        count,
             StencilWorkspace & workspace,
             StencilSegment &   segment) const override
  {
    const auto & steps = GetGrid().GetNeighborSteps();
    std::fill_n(workspace.sum.begin(), count, 0.0f);
    for (std::size_t k = 0; k < steps.size(); ++k)
    {
      WeightSegment(m_Luminance.data() + begin,
                    steps[k],
                    m_Scale.data() + begin,
                    m_Closeness[k],
                    count,
                    workspace.weight[k].data(),
                    workspace.sum.data());
      segment.weight[k] = workspace.weight[k].data();
    }
    NormalizeWeights(m_Free.data() + begin, workspace.sum.data(), count, workspace.factor.data());
    segment.factor = workspace.factor.data();
    for (std::size_t x = 0; x < count; ++x)
    {
      workspace.excess[x] = 1.0f - m_Free[begin + x];
    }
    segment.excess = workspace.excess.data();
  }

  void
  ApplyNegated(std::size_t   begin,
               std::size_t   count,
               const float * u0,
               const float * u1,
               float *       negative0,
               float *       negative1) const override
  {
    ApplyWindowNegated(m_Luminance.data() + begin,
                       m_Scale.data() + begin,
                       m_Free.data() + begin,
                       GetGrid().GetNeighborSteps().data(),
                       m_Closeness.data(),
                       m_Closeness.size(),
                       u0 + begin,
                       u1 + begin,
                       count,
                       negative0,
                       negative1);
  }

  /** See Balance(). */
  const float *
  GetDiagonals() const override
  {
    return m_Balance.data();
  }

  /** Weighs the rows such that each voxel gives to its free neighbours about what it gets from them: D_p a_pq and D_q a_qp
   * balance in sum, as those of a symmetric matrix do one by one. What is summed over a block then stands for it. */
  void
  Balance(const ParallelFor & parallelFor);

  std::size_t
  GetByteCount() const override
  {
    return 4 * m_Luminance.size() * sizeof(float);
  }

private:
  static std::vector<float>
  MakeCloseness(const StencilGrid & grid, const LevinParameters & parameters);

  std::vector<float> m_Luminance;
  std::vector<float> m_Scale;
  std::vector<float> m_Free;
  std::vector<float> m_Balance;
  std::vector<float> m_Closeness;
};

void
LevinOperator::Balance(const ParallelFor & parallelFor)
{
  const StencilGrid & grid = GetGrid();
  const auto &        steps = grid.GetNeighborSteps();
  const auto          forEachSegment = [&](const auto & body)
  {
    parallelFor(grid.GetRowCount(),
                [&](std::size_t row)
                {
                  std::array<float, SegmentLength> weights;
                  std::array<float, SegmentLength> inflow;
                  for (std::size_t x = 0; x < grid.GetSize()[0]; x += SegmentLength)
                  {
                    body(grid.GetRowBegin(row) + x,
                         std::min(SegmentLength, grid.GetSize()[0] - x),
                         weights.data(),
                         inflow.data());
                  }
                });
  };
  // flow_p = D_p / sum_q w_pq: what p gives to q is flow_p w_pq.
  std::vector<float>   flow(m_Free.size());
  std::vector<float> & next = m_Balance;
  next.assign(m_Free.size(), 0.0f);
  for (std::size_t p = 0; p < flow.size(); ++p)
  {
    flow[p] = m_Free[p] > 0.0f ? 1.0f : 0.0f;
  }
  for (unsigned int sweep = 0; sweep < BalanceSweeps; ++sweep)
  {
    forEachSegment(
      [&](std::size_t begin, std::size_t count, float * weights, float * inflow)
      {
        std::fill_n(weights, count, 0.0f);
        std::fill_n(inflow, count, 0.0f);
        for (std::size_t k = 0; k < steps.size(); k += 2)
        {
          AddFlowOfPair(m_Luminance.data() + begin,
                        m_Scale.data() + begin,
                        flow.data() + begin,
                        steps.data() + k,
                        m_Closeness.data() + k,
                        count,
                        weights,
                        inflow);
        }
        for (std::size_t x = 0; x < count; ++x)
        {
          const float balanced = weights[x] > NoWeight ? inflow[x] / weights[x] : 1.0f;
          const float old = flow[begin + x];
          next[begin + x] = old > 0.0f ? std::max(0.5f * (old + balanced), LeastFlow) : 0.0f;
        }
      });
    flow.swap(next);
  }
  forEachSegment(
    [&](std::size_t begin, std::size_t count, float * weights, float *)
    {
      std::array<float, SegmentLength> weight;
      std::fill_n(weights, count, 0.0f);
      for (std::size_t k = 0; k < steps.size(); ++k)
      {
        WeightSegment(m_Luminance.data() + begin,
                      steps[k],
                      m_Scale.data() + begin,
                      m_Closeness[k],
                      count,
                      weight.data(),
                      weights);
      }
      for (std::size_t x = 0; x < count; ++x)
      {
        m_Balance[begin + x] = flow[begin + x] * std::max(weights[x], NoWeight);
      }
    });
}

std::vector<float>
LevinOperator::MakeCloseness(const StencilGrid & grid, const LevinParameters & parameters)
{
  const auto &       offsets = grid.GetNeighborOffsets();
  std::vector<float> closeness(offsets.size(), 1.0f);
  if (!parameters.useSpacing)
  {
    return closeness;
  }
  double smallest = std::numeric_limits<double>::max();
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    if (grid.GetSize()[axis] > 1)
    {
      smallest = std::min(smallest, parameters.spacing[axis]);
    }
  }
  for (std::size_t k = 0; k < offsets.size(); ++k)
  {
    double squaredDistance = 0.0;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const double component = offsets[k][axis] * parameters.spacing[axis] / smallest;
      squaredDistance += component * component;
    }
    closeness[k] = static_cast<float>(1.0 / squaredDistance);
  }
  return closeness;
}

bool
LevinOperator::SetScale(std::size_t p, const LevinParameters & parameters)
{
  const float center = m_Luminance[p];
  double      sum = 0.0;
  double      squares = 0.0;
  double      smallest = std::numeric_limits<double>::max();
  unsigned    count = 1;
  for (const std::ptrdiff_t step : GetGrid().GetNeighborSteps())
  {
    if (IsInside(p + step))
    {
      const double difference = static_cast<double>(m_Luminance[p + step]) - center;
      sum += difference;
      squares += difference * difference;
      smallest = std::min(smallest, difference * difference);
      ++count;
    }
  }
  if (count == 1)
  {
    return false;
  }
  const double mean = sum / count;
  const double variance = std::max(0.0, squares / count - mean * mean);
  const double scaled = std::max({ parameters.varianceScale * variance,
                                   -smallest / std::log(parameters.minimumBestWeight),
                                   parameters.minimumVariance });
  m_Scale[p] = static_cast<float>(-Log2OfE / scaled);
  return true;
}

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
SolveBox(const Problem &          problem,
         const Box &              box,
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
  const auto       start = std::chrono::steady_clock::now();
  const Problem    problem{ luminance, mask, confidence, chroma, channels, size };
  const HintCensus census = TakeHintCensus(problem, parallelFor);
  LevinReport      report;
  report.hintVoxels = census.hintVoxels;

  std::vector<Box> boxes;
  std::size_t      voxelsToSolve = 0;
  for (const Box & slab : ChooseSlabs(census, size, parameters.slabAxis))
  {
    const Box box = MaskBoundingBox(mask, size, slab);
    if (box.GetCount() > 0)
    {
      boxes.push_back(box);
      voxelsToSolve += box.GetCount();
    }
  }
  std::size_t voxelsSolved = 0;
  for (const Box & box : boxes)
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
