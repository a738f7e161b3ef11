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
#include "itkPhotographicTone.h"

#include "itkLocalMeans.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace itk
{
namespace colorization
{
namespace
{
/** Mean lightness of each node, and how much counts there. */
struct NodeMeans
{
  std::vector<double> mean;
  std::vector<double> weight;
};

NodeMeans
MeansAtNodes(const ToneStatistics & statistics)
{
  NodeMeans         means{ statistics.GetLightness(), statistics.GetWeight() };
  const std::size_t nodes = means.mean.size();
  // Neighbors help: (1, 2, 1) / 4.
  const NodeMeans raw = means;
  double          total = 0.0;
  double          sum = 0.0;
  for (std::size_t k = 0; k < nodes; ++k)
  {
    const std::size_t before = k == 0 ? k : k - 1;
    const std::size_t after = std::min(k + 1, nodes - 1);
    means.mean[k] = 0.25 * (raw.mean[before] + raw.mean[after]) + 0.5 * raw.mean[k];
    means.weight[k] = 0.25 * (raw.weight[before] + raw.weight[after]) + 0.5 * raw.weight[k];
    total += raw.weight[k];
    sum += raw.mean[k];
  }
  // A node at which little counts leans on the mean of all.
  const double little = 1e-4 * total;
  for (std::size_t k = 0; k < nodes; ++k)
  {
    means.weight[k] += little;
    means.mean[k] = (means.mean[k] + little * sum / total) / means.weight[k];
  }
  return means;
}

/** Makes a run of nodes rise, or fall: the nearest such run in the sense of least squares (pool adjacent violators). */
void
MakeMonotone(NodeMeans & means, std::size_t first, std::size_t last, bool isRising)
{
  struct Block
  {
    double      mean;
    double      weight;
    std::size_t nodes;
  };
  std::vector<Block> blocks;
  for (std::size_t k = first; k <= last; ++k)
  {
    blocks.push_back({ means.mean[k], means.weight[k], 1 });
    while (blocks.size() > 1)
    {
      Block &       a = blocks[blocks.size() - 2];
      const Block & b = blocks.back();
      if (isRising ? a.mean <= b.mean : a.mean >= b.mean)
      {
        break;
      }
      a.mean = (a.mean * a.weight + b.mean * b.weight) / (a.weight + b.weight);
      a.weight += b.weight;
      a.nodes += b.nodes;
      blocks.pop_back();
    }
  }
  std::size_t k = first;
  for (const Block & block : blocks)
  {
    for (std::size_t i = 0; i < block.nodes; ++i)
    {
      means.mean[k++] = block.mean;
    }
  }
}

/** The nodes at which the curve turns, with the ends: a turn is one only if what follows goes on by `leastTurn`. */
std::vector<std::size_t>
FindTurns(const std::vector<double> & mean, double leastTurn)
{
  std::vector<std::size_t> turns{ 0 };
  std::size_t              lowest = 0;
  std::size_t              highest = 0;
  int                      sense = 0;
  for (std::size_t k = 1; k < mean.size(); ++k)
  {
    lowest = mean[k] < mean[lowest] ? k : lowest;
    highest = mean[k] > mean[highest] ? k : highest;
    if (sense <= 0 && mean[k] - mean[lowest] >= leastTurn)
    {
      if (lowest > turns.back())
      {
        turns.push_back(lowest);
      }
      sense = 1;
      highest = k;
    }
    else if (sense >= 0 && mean[highest] - mean[k] >= leastTurn)
    {
      if (highest > turns.back())
      {
        turns.push_back(highest);
      }
      sense = -1;
      lowest = k;
    }
  }
  turns.push_back(mean.size() - 1);
  return turns;
}

/** Whether the curve rises over a run: by the regression line, where the run is too flat to turn. */
bool
IsRising(const NodeMeans & means, std::size_t first, std::size_t last)
{
  double weight = 0.0;
  double meanK = 0.0;
  double meanL = 0.0;
  for (std::size_t k = first; k <= last; ++k)
  {
    weight += means.weight[k];
    meanK += means.weight[k] * static_cast<double>(k);
    meanL += means.weight[k] * means.mean[k];
  }
  meanK /= weight;
  meanL /= weight;
  double covariance = 0.0;
  for (std::size_t k = first; k <= last; ++k)
  {
    covariance += means.weight[k] * (static_cast<double>(k) - meanK) * (means.mean[k] - meanL);
  }
  return covariance >= 0.0;
}
} // namespace

ToneStatistics::ToneStatistics(unsigned int nodes)
  : m_Lightness(std::max(2u, nodes), 0.0)
  , m_Weight(std::max(2u, nodes), 0.0)
{}

void
ToneStatistics::Add(const float * scan, const float * lightness, const float * weight, std::size_t count)
{
  const std::size_t nodes = m_Weight.size();
  for (std::size_t i = 0; i < count; ++i)
  {
    if (!(weight[i] > 0.0f))
    {
      continue;
    }
    const double place = std::min(std::max(static_cast<double>(scan[i]), 0.0), 1.0) * static_cast<double>(nodes - 1);
    const auto   node = std::min(static_cast<std::size_t>(place), nodes - 2);
    const double share = place - static_cast<double>(node);
    for (std::size_t k = 0; k < 2; ++k)
    {
      const double own = weight[i] * (k == 1 ? share : 1.0 - share);
      m_Weight[node + k] += own;
      m_Lightness[node + k] += own * lightness[i];
    }
  }
}

ToneCurve
FitToneCurve(const float *                      scan,
             const float *                      lightness,
             const float *                      weight,
             std::size_t                        count,
             const PhotographicToneParameters & parameters)
{
  ToneStatistics statistics(parameters.bins);
  statistics.Add(scan, lightness, weight, count);
  return FitToneCurve(statistics, parameters);
}

ToneCurve
FitToneCurve(const ToneStatistics & statistics, const PhotographicToneParameters & parameters)
{
  NodeMeans                      means = MeansAtNodes(statistics);
  const std::size_t              nodes = means.mean.size();
  const std::vector<std::size_t> turns = FindTurns(means.mean, parameters.leastTurn);
  std::vector<double>            sense(nodes - 1, 1.0);
  for (std::size_t run = 0; run + 1 < turns.size(); ++run)
  {
    const bool isRising = IsRising(means, turns[run], turns[run + 1]);
    MakeMonotone(means, turns[run], turns[run + 1], isRising);
    for (std::size_t k = turns[run]; k < turns[run + 1]; ++k)
    {
      sense[k] = isRising ? 1.0 : -1.0;
    }
  }
  const double least = parameters.leastSlope / static_cast<double>(nodes - 1);
  ToneCurve    curve;
  curve.lightness.push_back(static_cast<float>(means.mean.front()));
  double sumOfShifts = 0.0;
  double sumOfWeights = means.weight.front();
  double value = means.mean.front();
  for (std::size_t k = 0; k + 1 < nodes; ++k)
  {
    value += sense[k] * std::max(least, std::abs(means.mean[k + 1] - means.mean[k]));
    curve.lightness.push_back(static_cast<float>(value));
    sumOfShifts += means.weight[k + 1] * (means.mean[k + 1] - value);
    sumOfWeights += means.weight[k + 1];
  }
  for (float & node : curve.lightness)
  {
    node += static_cast<float>(sumOfShifts / sumOfWeights);
  }
  return curve;
}

void
FuseTone(const ToneCurve &                     curve,
         const float *                         scan,
         const float *                         lightness,
         const float *                         weight,
         const std::array<std::size_t, 3> &    size,
         const std::array<double, 3> &         spacing,
         const PhotographicToneParameters &    parameters,
         float *                               fused,
         const ParallelFor &                   parallelFor,
         const std::array<std::ptrdiff_t, 3> & start)
{
  const std::size_t    count = size[0] * size[1] * size[2];
  const VolumeView     view{ size, spacing, start };
  LocalMeansParameters local;
  local.radius = parameters.detailRadius;
  local.bins = parameters.detailBins;
  std::vector<float> structure(count);
  ComputeLocalMeans(view, scan, weight, { scan }, { scan }, local, { structure.data() }, nullptr, parallelFor);
  const auto most = static_cast<float>(parameters.mostDetail);
  for (std::size_t i = 0; i < count; ++i)
  {
    const float mean = structure[i];
    const float gain = std::min(std::max(curve.SlopeAt(mean), -most), most);
    structure[i] = curve(mean) + gain * (scan[i] - mean);
    fused[i] = lightness[i] - structure[i];
  }
  local.radius = parameters.radius;
  local.bins = 1;
  ComputeLocalMeans(view, nullptr, weight, { fused }, {}, local, { fused }, nullptr, parallelFor);
  for (std::size_t i = 0; i < count; ++i)
  {
    fused[i] = std::min(std::max(fused[i] + structure[i], 0.0f), 100.0f);
  }
}

std::array<std::size_t, 3>
FuseToneReach(const std::array<double, 3> & spacing, const PhotographicToneParameters & parameters)
{
  LocalMeansParameters local;
  local.radius = parameters.radius;
  const auto ofTone = LocalMeansReach(spacing, local);
  local.radius = parameters.detailRadius;
  const auto ofDetail = LocalMeansReach(spacing, local);
  return { { ofTone[0] + ofDetail[0], ofTone[1] + ofDetail[1], ofTone[2] + ofDetail[2] } };
}

} // namespace colorization
} // namespace itk
