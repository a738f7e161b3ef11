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
#include "itkLevinOperator.h"
#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
namespace colorization
{
namespace
{
/** Sums of weights below this hold outside voxels only. */
constexpr float NoWeight = 1e-24f;
/** Sweeps over the voxels that balance their rows. */
constexpr unsigned int BalanceSweeps = 4;
/** Voxels that get nothing from their neighbours still count by so much. */
constexpr float LeastFlow = 1e-4f;

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
} // namespace

LevinOperator::LevinOperator(const StencilGrid & grid, const LevinParameters & parameters)
  : AppliedStencilOperator(grid)
  , m_Luminance(grid.GetPaddedCount(), OutsideLuminance)
  , m_Scale(grid.GetPaddedCount(), -1.0f)
  , m_Free(grid.GetPaddedCount(), 0.0f)
  , m_Closeness(MakeCloseness(grid, parameters))
{}

void
LevinOperator::GetSegment(std::size_t        begin,
                          std::size_t        count,
                          StencilWorkspace & workspace,
                          StencilSegment &   segment) const
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
LevinOperator::ApplyNegated(std::size_t   begin,
                            std::size_t   count,
                            const float * u0,
                            const float * u1,
                            float *       negative0,
                            float *       negative1) const
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

} // namespace colorization
} // namespace itk
