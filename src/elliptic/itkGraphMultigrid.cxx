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
#include "itkGraphMultigrid.h"
#include "itkChannelScalars.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
namespace colorization
{
namespace
{
/** A graph of at most so many nodes is solved by factorization. */
constexpr std::size_t CoarsestCount = 200;
/** Nodes of a chunk, which one thread sweeps over. */
constexpr std::size_t ChunkCount = 8192;
/** Coarsening that leaves more than this part of the nodes is given up. */
constexpr double WorstReduction = 0.8;
/** Nodes are matched if their weight is at least this part of the largest that one of them has. */
constexpr float PairStrength = 0.5f;
/** A node may follow its strongest neighbour if that has this part of the diagonal. */
constexpr float FollowStrength = 0.25f;
/** Sweeps, forth and back, instead of a factorization where coarsening was given up. */
constexpr unsigned int CoarsestSweeps = 10;
/** A K-cycle takes its second step if the first left more than this of the residual. */
constexpr double KCycleThreshold = 0.25;
/** Nodes that belong to no aggregate: their mass holds them. */
constexpr std::uint32_t NoAggregate = std::numeric_limits<std::uint32_t>::max();

using Aggregates = std::vector<std::uint32_t>;

float
SumWeights(const WeightedGraph & graph, std::size_t node)
{
  float sum = 0.0f;
  for (std::size_t k = graph.begin[node]; k < graph.begin[node + 1]; ++k)
  {
    sum += graph.weight[k];
  }
  return sum;
}

/** Matches each node with the neighbour that it is coupled with most strongly.
 * \return how many aggregates there are */
std::size_t
MatchPairs(const WeightedGraph & graph, Aggregates & aggregate)
{
  constexpr std::uint32_t open = NoAggregate - 1;
  std::uint32_t           count = 0;
  aggregate.assign(graph.GetCount(), open);
  for (std::size_t node = 0; node < graph.GetCount(); ++node)
  {
    if (aggregate[node] != open)
    {
      continue;
    }
    const float sum = SumWeights(graph, node);
    if (sum <= FollowStrength * graph.mass[node])
    {
      aggregate[node] = NoAggregate;
      continue;
    }
    float         strongest = 0.0f;
    float         strongestOpen = 0.0f;
    std::uint32_t leader = 0;
    std::uint32_t partner = 0;
    for (std::size_t k = graph.begin[node]; k < graph.begin[node + 1]; ++k)
    {
      const std::uint32_t other = graph.neighbor[k];
      if (graph.weight[k] > strongest)
      {
        strongest = graph.weight[k];
        leader = other;
      }
      if (aggregate[other] == open && graph.weight[k] > strongestOpen)
      {
        strongestOpen = graph.weight[k];
        partner = other;
      }
    }
    if (strongestOpen >= PairStrength * strongest)
    {
      aggregate[node] = aggregate[partner] = count++;
    }
    else if (aggregate[leader] < open && strongest >= FollowStrength * (sum + graph.mass[node]))
    {
      aggregate[node] = aggregate[leader];
    }
    else
    {
      aggregate[node] = count++;
    }
  }
  return count;
}

/** The Galerkin product: masses and weights of aggregates add up; those of nodes in none go to the mass. */
WeightedGraph
Coarsen(const WeightedGraph & fine, const Aggregates & aggregate, std::size_t count)
{
  std::vector<std::uint32_t> members(fine.GetCount());
  std::vector<std::size_t>   firstMember(count + 1);
  for (const std::uint32_t a : aggregate)
  {
    if (a != NoAggregate)
    {
      ++firstMember[a + 1];
    }
  }
  for (std::size_t a = 0; a < count; ++a)
  {
    firstMember[a + 1] += firstMember[a];
  }
  std::vector<std::size_t> next(firstMember.begin(), firstMember.end() - 1);
  for (std::size_t node = 0; node < fine.GetCount(); ++node)
  {
    if (aggregate[node] != NoAggregate)
    {
      members[next[aggregate[node]]++] = static_cast<std::uint32_t>(node);
    }
  }
  WeightedGraph coarse;
  coarse.mass.resize(count);
  coarse.begin.assign(1, 0);
  constexpr std::size_t    none = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> place(count, none);
  for (std::size_t a = 0; a < count; ++a)
  {
    for (std::size_t m = firstMember[a]; m < firstMember[a + 1]; ++m)
    {
      const std::size_t node = members[m];
      coarse.mass[a] += fine.mass[node];
      for (std::size_t k = fine.begin[node]; k < fine.begin[node + 1]; ++k)
      {
        const std::uint32_t b = aggregate[fine.neighbor[k]];
        if (b == NoAggregate)
        {
          coarse.mass[a] += fine.weight[k];
        }
        else if (b != a)
        {
          if (place[b] == none || place[b] < coarse.begin.back())
          {
            place[b] = coarse.neighbor.size();
            coarse.neighbor.push_back(b);
            coarse.weight.push_back(0.0f);
          }
          coarse.weight[place[b]] += fine.weight[k];
        }
      }
    }
    coarse.begin.push_back(coarse.neighbor.size());
  }
  return coarse;
}

/** Cholesky's factorization of a small graph's operator. */
class CholeskyFactorization
{
public:
  explicit CholeskyFactorization(const WeightedGraph & graph)
    : m_Count(graph.GetCount())
    , m_Factor(m_Count * m_Count)
  {
    for (std::size_t i = 0; i < m_Count; ++i)
    {
      m_Factor[i * m_Count + i] = graph.mass[i];
      for (std::size_t k = graph.begin[i]; k < graph.begin[i + 1]; ++k)
      {
        m_Factor[i * m_Count + i] += graph.weight[k];
        m_Factor[i * m_Count + graph.neighbor[k]] -= graph.weight[k];
      }
    }
    for (std::size_t i = 0; i < m_Count; ++i)
    {
      for (std::size_t j = 0; j <= i; ++j)
      {
        double sum = m_Factor[i * m_Count + j];
        for (std::size_t k = 0; k < j; ++k)
        {
          sum -= m_Factor[i * m_Count + k] * m_Factor[j * m_Count + k];
        }
        m_Factor[i * m_Count + j] = i == j ? std::sqrt(sum) : sum / m_Factor[j * m_Count + j];
      }
    }
  }

  void
  Solve(const std::vector<float> & rightHandSide, unsigned int channels, std::vector<float> & solution) const
  {
    std::vector<double> value(m_Count);
    for (unsigned int c = 0; c < channels; ++c)
    {
      for (std::size_t i = 0; i < m_Count; ++i)
      {
        value[i] = rightHandSide[i * channels + c];
        for (std::size_t k = 0; k < i; ++k)
        {
          value[i] -= m_Factor[i * m_Count + k] * value[k];
        }
        value[i] /= m_Factor[i * m_Count + i];
      }
      for (std::size_t i = m_Count; i-- > 0;)
      {
        for (std::size_t k = i + 1; k < m_Count; ++k)
        {
          value[i] -= m_Factor[k * m_Count + i] * value[k];
        }
        value[i] /= m_Factor[i * m_Count + i];
        solution[i * channels + c] = static_cast<float>(value[i]);
      }
    }
  }

private:
  std::size_t         m_Count;
  std::vector<double> m_Factor;
};
} // namespace

/** One graph, its aggregates, and its work vectors. */
struct GraphMultigrid::Level
{
  Level(const WeightedGraph & g, unsigned int channelCount, const ParallelFor & loop)
    : graph(g)
    , channels(channelCount)
    , parallelFor(g.GetCount() <= ChunkCount ? ParallelFor(SerialFor) : loop)
    , diagonal(g.GetCount())
  {
    ForEachChunk(
      [&](std::size_t first, std::size_t end, std::size_t)
      {
        for (std::size_t i = first; i < end; ++i)
        {
          float sum = graph.mass[i];
          for (std::size_t k = graph.begin[i]; k < graph.begin[i + 1]; ++k)
          {
            const bool isWithin = graph.neighbor[k] >= first && graph.neighbor[k] < end;
            sum += isWithin ? graph.weight[k] : 2.0f * graph.weight[k];
          }
          diagonal[i] = sum;
        }
      });
  }

  /** body(first node, end, number of the chunk) */
  template <typename TBody>
  void
  ForEachChunk(const TBody & body) const
  {
    const std::size_t count = graph.GetCount();
    parallelFor((count + ChunkCount - 1) / ChunkCount,
                [&](std::size_t chunk) { body(chunk * ChunkCount, std::min(count, (chunk + 1) * ChunkCount), chunk); });
  }

  /** out = b - A u */
  void
  Residual(const std::vector<float> & b, const std::vector<float> & u, std::vector<float> & out) const
  {
    ForEachChunk(
      [&](std::size_t first, std::size_t end, std::size_t)
      {
        for (std::size_t i = first; i < end; ++i)
        {
          for (unsigned int c = 0; c < channels; ++c)
          {
            out[i * channels + c] = b[i * channels + c] - Product(u, i, c);
          }
        }
      });
  }

  void
  Multiply(const std::vector<float> & u, std::vector<float> & out) const
  {
    ForEachChunk(
      [&](std::size_t first, std::size_t end, std::size_t)
      {
        for (std::size_t i = first; i < end; ++i)
        {
          for (unsigned int c = 0; c < channels; ++c)
          {
            out[i * channels + c] = Product(u, i, c);
          }
        }
      });
  }

  /** u = (D + L)^-1 b, with the lower triangle within chunks. */
  void
  SweepForth(const std::vector<float> & b, std::vector<float> & u) const
  {
    ForEachChunk(
      [&](std::size_t first, std::size_t end, std::size_t)
      {
        for (std::size_t i = first; i < end; ++i)
        {
          for (unsigned int c = 0; c < channels; ++c)
          {
            float sum = b[i * channels + c];
            for (std::size_t k = graph.begin[i]; k < graph.begin[i + 1]; ++k)
            {
              const std::size_t j = graph.neighbor[k];
              sum += j >= first && j < i ? graph.weight[k] * u[j * channels + c] : 0.0f;
            }
            u[i * channels + c] = sum / diagonal[i];
          }
        }
      });
  }

  /** b becomes (D + U)^-1 b, and is added to u. */
  void
  SweepBack(std::vector<float> & b, std::vector<float> & u) const
  {
    ForEachChunk(
      [&](std::size_t first, std::size_t end, std::size_t)
      {
        for (std::size_t i = end; i-- > first;)
        {
          for (unsigned int c = 0; c < channels; ++c)
          {
            float sum = b[i * channels + c];
            for (std::size_t k = graph.begin[i]; k < graph.begin[i + 1]; ++k)
            {
              const std::size_t j = graph.neighbor[k];
              sum += j > i && j < end ? graph.weight[k] * b[j * channels + c] : 0.0f;
            }
            b[i * channels + c] = sum / diagonal[i];
            u[i * channels + c] += b[i * channels + c];
          }
        }
      });
  }

  /** coarse = P^T residual */
  void
  Restrict(const std::vector<float> & fine, std::vector<float> & coarse) const
  {
    std::fill(coarse.begin(), coarse.end(), 0.0f);
    for (std::size_t i = 0; i < aggregate.size(); ++i)
    {
      for (unsigned int c = 0; c < channels && aggregate[i] != NoAggregate; ++c)
      {
        coarse[aggregate[i] * static_cast<std::size_t>(channels) + c] += fine[i * channels + c];
      }
    }
  }

  /** fine += P coarse */
  void
  ProlongateAndAdd(const std::vector<float> & coarse, std::vector<float> & fine) const
  {
    ForEachChunk(
      [&](std::size_t first, std::size_t end, std::size_t)
      {
        for (std::size_t i = first; i < end; ++i)
        {
          for (unsigned int c = 0; c < channels && aggregate[i] != NoAggregate; ++c)
          {
            fine[i * channels + c] += coarse[aggregate[i] * static_cast<std::size_t>(channels) + c];
          }
        }
      });
  }

  /** x += scale[channel] * y */
  void
  AddScaled(const std::vector<double> & scale, const std::vector<float> & y, std::vector<float> & x) const
  {
    ForEachChunk(
      [&](std::size_t first, std::size_t end, std::size_t)
      {
        for (std::size_t i = first; i < end; ++i)
        {
          for (unsigned int c = 0; c < channels; ++c)
          {
            x[i * channels + c] += static_cast<float>(scale[c]) * y[i * channels + c];
          }
        }
      });
  }

  std::vector<double>
  Dot(const std::vector<float> & x, const std::vector<float> & y) const
  {
    std::vector<double> partial((graph.GetCount() / ChunkCount + 1) * channels);
    ForEachChunk(
      [&](std::size_t first, std::size_t end, std::size_t chunk)
      {
        for (std::size_t i = first; i < end; ++i)
        {
          for (unsigned int c = 0; c < channels; ++c)
          {
            partial[chunk * channels + c] += static_cast<double>(x[i * channels + c]) * y[i * channels + c];
          }
        }
      });
    std::vector<double> total(channels);
    for (std::size_t k = 0; k < partial.size(); ++k)
    {
      total[k % channels] += partial[k];
    }
    return total;
  }

  std::size_t
  GetByteCount() const
  {
    return aggregate.size() * sizeof(aggregate[0]) +
           sizeof(float) * (diagonal.size() + rightHandSide.size() + solution.size() + residual.size() +
                            2 * (direction[0].size() + product[0].size()));
  }

  const WeightedGraph &                  graph;
  unsigned int                           channels;
  ParallelFor                            parallelFor;
  std::vector<float>                     diagonal;
  Aggregates                             aggregate;
  std::vector<float>                     rightHandSide;
  std::vector<float>                     solution;
  std::vector<float>                     residual;
  std::vector<float>                     direction[2];
  std::vector<float>                     product[2];
  std::unique_ptr<CholeskyFactorization> factorization;

private:
  float
  Product(const std::vector<float> & u, std::size_t i, unsigned int c) const
  {
    const float here = u[i * channels + c];
    float       sum = graph.mass[i] * here;
    for (std::size_t k = graph.begin[i]; k < graph.begin[i + 1]; ++k)
    {
      sum += graph.weight[k] * (here - u[graph.neighbor[k] * static_cast<std::size_t>(channels) + c]);
    }
    return sum;
  }
};

GraphMultigrid::GraphMultigrid(const WeightedGraph & finest, unsigned int channels, const ParallelFor & parallelFor)
  : m_Channels(channels)
{
  m_Levels.push_back(std::make_unique<Level>(finest, channels, parallelFor));
  while (m_Levels.back()->graph.GetCount() > CoarsestCount)
  {
    Level &           fine = *m_Levels.back();
    const std::size_t count = MatchPairs(fine.graph, fine.aggregate);
    if (count > WorstReduction * fine.graph.GetCount())
    {
      fine.aggregate.clear();
      break;
    }
    m_Graphs.push_back(std::make_unique<WeightedGraph>(Coarsen(fine.graph, fine.aggregate, count)));
    m_Levels.push_back(std::make_unique<Level>(*m_Graphs.back(), channels, parallelFor));
    Level & coarse = *m_Levels.back();
    for (auto * vector : { &coarse.rightHandSide,
                           &coarse.solution,
                           &coarse.direction[0],
                           &coarse.direction[1],
                           &coarse.product[0],
                           &coarse.product[1] })
    {
      vector->resize(count * channels);
    }
  }
  for (auto & level : m_Levels)
  {
    level->residual.resize(level->graph.GetCount() * channels);
  }
  if (m_Levels.back()->graph.GetCount() <= CoarsestCount)
  {
    m_Levels.back()->factorization = std::make_unique<CholeskyFactorization>(m_Levels.back()->graph);
  }
}

GraphMultigrid::~GraphMultigrid() = default;

std::size_t
GraphMultigrid::GetByteCount() const
{
  std::size_t bytes = 0;
  for (const auto & level : m_Levels)
  {
    bytes += level->GetByteCount();
  }
  for (const auto & graph : m_Graphs)
  {
    bytes += graph->GetByteCount();
  }
  return bytes;
}

void
GraphMultigrid::Precondition(const std::vector<float> & residual, std::vector<float> & correction)
{
  Cycle(0, residual, correction);
}

/** One V-shaped pass from a zero guess: smoothing, coarse correction, smoothing. */
void
GraphMultigrid::Cycle(std::size_t levelIndex, const std::vector<float> & rightHandSide, std::vector<float> & solution)
{
  Level & level = *m_Levels[levelIndex];
  if (level.factorization)
  {
    level.factorization->Solve(rightHandSide, m_Channels, solution);
    return;
  }
  level.SweepForth(rightHandSide, solution);
  if (levelIndex + 1 < m_Levels.size())
  {
    Level & coarse = *m_Levels[levelIndex + 1];
    level.Residual(rightHandSide, solution, level.residual);
    level.Restrict(level.residual, coarse.rightHandSide);
    KCycle(levelIndex + 1, coarse.rightHandSide, coarse.solution);
    level.ProlongateAndAdd(coarse.solution, solution);
  }
  else
  {
    for (unsigned int sweep = 1; sweep < CoarsestSweeps; ++sweep)
    {
      level.Residual(rightHandSide, solution, level.residual);
      level.SweepBack(level.residual, solution);
      level.Residual(rightHandSide, solution, level.residual);
      level.SweepForth(level.residual, level.residual);
      level.AddScaled(std::vector<double>(m_Channels, 1.0), level.residual, solution);
    }
  }
  level.Residual(rightHandSide, solution, level.residual);
  level.SweepBack(level.residual, solution);
}

/** Up to two steps of flexible conjugate gradients, each preconditioned by a cycle. The right-hand side becomes the
 * residual. */
void
GraphMultigrid::KCycle(std::size_t levelIndex, std::vector<float> & rightHandSide, std::vector<float> & solution)
{
  Level & level = *m_Levels[levelIndex];
  if (level.factorization)
  {
    Cycle(levelIndex, rightHandSide, solution);
    return;
  }
  const auto before = level.Dot(rightHandSide, rightHandSide);
  Cycle(levelIndex, rightHandSide, level.direction[0]);
  level.Multiply(level.direction[0], level.product[0]);
  const auto energy0 = level.Dot(level.direction[0], level.product[0]);
  const auto step0 = Quotients(level.Dot(level.direction[0], rightHandSide), energy0);
  std::fill(solution.begin(), solution.end(), 0.0f);
  level.AddScaled(step0, level.direction[0], solution);
  level.AddScaled(Negated(step0), level.product[0], rightHandSide);
  const auto after = level.Dot(rightHandSide, rightHandSide);
  bool       isSmall = true;
  for (unsigned int c = 0; c < m_Channels; ++c)
  {
    isSmall = isSmall && after[c] <= KCycleThreshold * KCycleThreshold * before[c];
  }
  if (isSmall)
  {
    return;
  }
  Cycle(levelIndex, rightHandSide, level.direction[1]);
  const auto overlap = Negated(Quotients(level.Dot(level.direction[1], level.product[0]), energy0));
  level.AddScaled(overlap, level.direction[0], level.direction[1]);
  level.Multiply(level.direction[1], level.product[1]);
  const auto energy1 = level.Dot(level.direction[1], level.product[1]);
  level.AddScaled(Quotients(level.Dot(level.direction[1], rightHandSide), energy1), level.direction[1], solution);
}

} // namespace colorization
} // namespace itk
