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

#include <array>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** A graph of at most so many nodes is solved by elimination. */
constexpr std::size_t CoarsestCount = 200;
/** Coarsening that leaves more than this part of the nodes is given up. */
constexpr double WorstReduction = 0.8;
/** Cycles of sweeps, forth and back, instead of elimination where coarsening was given up. */
constexpr unsigned int CoarsestSweeps = 10;
/** A K-cycle takes its second step if the first left more than this of the residual. */
constexpr double KCycleThreshold = 0.25;
/** Graphs below this size are not worth the start of threads. */
constexpr std::size_t SerialCount = 4096;

/** One number a channel. */
using Numbers = std::array<double, GraphChannels>;

Numbers
operator/(Numbers a, const Numbers & b)
{
  for (std::size_t c = 0; c < GraphChannels; ++c)
  {
    a[c] = b[c] > 0.0 ? a[c] / b[c] : 0.0;
  }
  return a;
}

/** sum0 += weight[k] * u_neighbor(k) of channel 0, and alike sum1, for begin <= k < end. */
template <typename TNeighbor>
inline void
AddNeighbors(const TNeighbor *   neighbor,
             const HalvedFloat * weight,
             std::uint32_t       begin,
             std::uint32_t       end,
             const float *       u,
             float &             sum0,
             float &             sum1)
{
  // Two sums a channel, so that an addition does not wait for the one before.
  float         even0 = 0.0f;
  float         even1 = 0.0f;
  std::uint32_t k = begin;
  for (; k + 1 < end; k += 2)
  {
    const float * a = u + GraphChannels * neighbor[k];
    const float * b = u + GraphChannels * neighbor[k + 1];
    const float   weightA = weight[k];
    const float   weightB = weight[k + 1];
    even0 += weightA * a[0];
    even1 += weightA * a[1];
    sum0 += weightB * b[0];
    sum1 += weightB * b[1];
  }
  if (k < end)
  {
    const float * a = u + GraphChannels * neighbor[k];
    const float   weightA = weight[k];
    even0 += weightA * a[0];
    even1 += weightA * a[1];
  }
  sum0 += even0;
  sum1 += even1;
}

/** sum0 += weight[k] * (u_neighbor(k) - here0) of channel 0, and alike sum1, for begin <= k < end. */
template <typename TNeighbor>
inline void
AddDifferences(const TNeighbor *   neighbor,
               const HalvedFloat * weight,
               std::uint32_t       begin,
               std::uint32_t       end,
               const float *       u,
               float               here0,
               float               here1,
               float &             sum0,
               float &             sum1)
{
  for (std::uint32_t k = begin; k < end; ++k)
  {
    const float * a = u + GraphChannels * neighbor[k];
    const float   w = weight[k];
    sum0 += w * (a[0] - here0);
    sum1 += w * (a[1] - here1);
  }
}

/** Gaussian elimination without pivoting, which M-matrices do not need. */
class DenseFactorization
{
public:
  explicit DenseFactorization(const CouplingGraph & graph)
    : m_Count(graph.GetCount())
    , m_Matrix(m_Count * m_Count)
  {
    for (const CouplingGraph::Chunk & chunk : graph.chunks)
    {
      for (std::size_t i = 0; i < chunk.count; ++i)
      {
        double *   row = m_Matrix.data() + (chunk.first + i) * m_Count;
        double &   diagonal = row[chunk.first + i];
        const auto add = [&](std::size_t neighbor, double weight)
        {
          row[neighbor] -= weight;
          diagonal += weight;
        };
        diagonal += chunk.excess[i];
        for (std::uint32_t k = chunk.innerBegin[i]; k < chunk.innerBegin[i + 1]; ++k)
        {
          add(chunk.first + chunk.inner[k], chunk.innerWeight[k]);
        }
        for (std::uint32_t k = chunk.crossBegin[i]; k < chunk.crossBegin[i + 1]; ++k)
        {
          add(chunk.cross[k], chunk.crossWeight[k]);
        }
      }
    }
    Factorize();
  }

  void
  Solve(const GraphVector & rightHandSide, GraphVector & solution) const
  {
    std::vector<double> value(m_Count);
    for (std::size_t c = 0; c < GraphChannels; ++c)
    {
      for (std::size_t i = 0; i < m_Count; ++i)
      {
        value[i] = rightHandSide[i * GraphChannels + c];
        for (std::size_t k = 0; k < i; ++k)
        {
          value[i] -= m_Matrix[i * m_Count + k] * value[k];
        }
      }
      for (std::size_t i = m_Count; i-- > 0;)
      {
        for (std::size_t k = i + 1; k < m_Count; ++k)
        {
          value[i] -= m_Matrix[i * m_Count + k] * value[k];
        }
        value[i] = m_Matrix[i * m_Count + i] > 0.0 ? value[i] / m_Matrix[i * m_Count + i] : 0.0;
        solution[i * GraphChannels + c] = static_cast<float>(value[i]);
      }
    }
  }

private:
  void
  Factorize()
  {
    for (std::size_t j = 0; j < m_Count; ++j)
    {
      for (std::size_t i = j + 1; i < m_Count && m_Matrix[j * m_Count + j] > 0.0; ++i)
      {
        const double multiplier = m_Matrix[i * m_Count + j] /= m_Matrix[j * m_Count + j];
        if (multiplier != 0.0)
        {
          for (std::size_t k = j + 1; k < m_Count; ++k)
          {
            m_Matrix[i * m_Count + k] -= multiplier * m_Matrix[j * m_Count + k];
          }
        }
      }
    }
  }

  std::size_t         m_Count;
  std::vector<double> m_Matrix;
};
} // namespace

/** One graph, its aggregates, and its work vectors. */
class GraphMultigrid::Level
{
public:
  Level(CouplingGraph && g, const ParallelFor & loop)
    : graph(std::move(g))
    , m_ParallelFor(graph.GetCount() <= SerialCount ? ParallelFor(SerialFor) : loop)
    , rightHandSide(GraphChannels * graph.GetCount())
    , solution(rightHandSide.size())
  {
    m_ParallelFor(graph.chunks.size(), [&](std::size_t k) { graph.chunks[k].Balance(); });
  }

  /** Multiplies the right-hand side as CouplingGraph::Chunk::Balance() did the rows. */
  void
  ScaleRightHandSide()
  {
    ForEachChunk(
      [&](const CouplingGraph::Chunk & chunk, std::size_t)
      {
        for (std::size_t i = 0; i < chunk.count; ++i)
        {
          rightHandSide[GraphChannels * (chunk.first + i)] *= chunk.scale[i];
          rightHandSide[GraphChannels * (chunk.first + i) + 1] *= chunk.scale[i];
        }
      });
  }

  /** Memory for cycles on this level; the coarsest needs none. */
  void
  AllocateCycleVectors()
  {
    scratch.resize(rightHandSide.size());
    product.resize(rightHandSide.size());
  }

  /** Memory for the second step of a K-cycle. */
  void
  AllocateSecondStep()
  {
    secondSolution.resize(rightHandSide.size());
    secondProduct.resize(rightHandSide.size());
  }

  /** u = (D + L)^-1 b, with the lower triangle within chunks. */
  void
  SweepForth(const GraphVector & b, GraphVector & u) const
  {
    ForEachChunk(
      [&](const CouplingGraph::Chunk & chunk, std::size_t)
      {
        float *       local = u.data() + GraphChannels * chunk.first;
        const float * right = b.data() + GraphChannels * chunk.first;
        for (std::size_t i = 0; i < chunk.count; ++i)
        {
          float sum0 = right[GraphChannels * i];
          float sum1 = right[GraphChannels * i + 1];
          AddNeighbors(chunk.inner.data(),
                       chunk.innerWeight.data(),
                       chunk.innerBegin[i],
                       chunk.upperBegin[i],
                       local,
                       sum0,
                       sum1);
          local[GraphChannels * i] = sum0 * chunk.inverseDiagonal[i];
          local[GraphChannels * i + 1] = sum1 * chunk.inverseDiagonal[i];
        }
      });
  }

  /** The residual b - A u that SweepForth() left, without b. */
  void
  ResidualAfterForth(const GraphVector & u, GraphVector & residual) const
  {
    ResidualAfterSweep(u,
                       residual,
                       [](const CouplingGraph::Chunk & chunk, std::size_t i)
                       { return std::make_pair(chunk.upperBegin[i], chunk.innerBegin[i + 1]); });
  }

  /** b becomes e = (D + U)^-1 b, with the upper triangle within chunks; u += e. */
  void
  SweepBack(GraphVector & b, GraphVector & u) const
  {
    ForEachChunk(
      [&](const CouplingGraph::Chunk & chunk, std::size_t)
      {
        float * local = b.data() + GraphChannels * chunk.first;
        float * sumOf = u.data() + GraphChannels * chunk.first;
        for (std::size_t i = chunk.count; i-- > 0;)
        {
          float sum0 = local[GraphChannels * i];
          float sum1 = local[GraphChannels * i + 1];
          AddNeighbors(chunk.inner.data(),
                       chunk.innerWeight.data(),
                       chunk.upperBegin[i],
                       chunk.innerBegin[i + 1],
                       local,
                       sum0,
                       sum1);
          local[GraphChannels * i] = sum0 * chunk.inverseDiagonal[i];
          local[GraphChannels * i + 1] = sum1 * chunk.inverseDiagonal[i];
          sumOf[GraphChannels * i] += local[GraphChannels * i];
          sumOf[GraphChannels * i + 1] += local[GraphChannels * i + 1];
        }
      });
  }

  /** The residual that SweepBack() left, from its e. */
  void
  ResidualAfterBack(const GraphVector & e, GraphVector & residual) const
  {
    ResidualAfterSweep(e,
                       residual,
                       [](const CouplingGraph::Chunk & chunk, std::size_t i)
                       { return std::make_pair(chunk.innerBegin[i], chunk.upperBegin[i]); });
  }

  /** out = b - A u */
  void
  Residual(const GraphVector & b, const GraphVector & u, GraphVector & out) const
  {
    ForEachChunk(
      [&](const CouplingGraph::Chunk & chunk, std::size_t)
      {
        const float * local = u.data() + GraphChannels * chunk.first;
        for (std::size_t i = 0; i < chunk.count; ++i)
        {
          const std::size_t at = GraphChannels * (chunk.first + i);
          const float       here0 = u[at];
          const float       here1 = u[at + 1];
          float             sum0 = b[at] - chunk.excess[i] * here0;
          float             sum1 = b[at + 1] - chunk.excess[i] * here1;
          AddDifferences(chunk.inner.data(),
                         chunk.innerWeight.data(),
                         chunk.innerBegin[i],
                         chunk.innerBegin[i + 1],
                         local,
                         here0,
                         here1,
                         sum0,
                         sum1);
          AddDifferences(chunk.cross.data(),
                         chunk.crossWeight.data(),
                         chunk.crossBegin[i],
                         chunk.crossBegin[i + 1],
                         u.data(),
                         here0,
                         here1,
                         sum0,
                         sum1);
          out[at] = sum0;
          out[at + 1] = sum1;
        }
      });
  }

  /** coarse = P^T fine */
  void
  Restrict(const GraphVector & fine, GraphVector & coarse) const
  {
    std::fill(coarse.begin(), coarse.end(), 0.0f);
    // The aggregates of different chunks are different.
    ForEachNode(
      [&](std::size_t i)
      {
        const std::uint32_t a = aggregation.aggregate[i];
        if (a != GraphAggregation::None)
        {
          coarse[GraphChannels * a] += fine[GraphChannels * i];
          coarse[GraphChannels * a + 1] += fine[GraphChannels * i + 1];
        }
      });
  }

  /** fine += P coarse */
  void
  ProlongateAndAdd(const GraphVector & coarse, GraphVector & fine) const
  {
    ForEachNode(
      [&](std::size_t i)
      {
        const std::uint32_t a = aggregation.aggregate[i];
        if (a != GraphAggregation::None)
        {
          fine[GraphChannels * i] += coarse[GraphChannels * a];
          fine[GraphChannels * i + 1] += coarse[GraphChannels * a + 1];
        }
      });
  }

  /** x = y - x */
  void
  SubtractFrom(const GraphVector & y, GraphVector & x) const
  {
    ForEachValue([&](std::size_t at, std::size_t) { x[at] = y[at] - x[at]; });
  }

  /** x = a x + b y */
  void
  Combine(const Numbers & a, const Numbers & b, const GraphVector & y, GraphVector & x) const
  {
    ForEachValue([&](std::size_t at, std::size_t c)
                 { x[at] = static_cast<float>(a[c]) * x[at] + static_cast<float>(b[c]) * y[at]; });
  }

  Numbers
  Dot(const GraphVector & x, const GraphVector & y) const
  {
    std::vector<Numbers> partial(graph.chunks.size());
    ForEachChunk(
      [&](const CouplingGraph::Chunk & chunk, std::size_t number)
      {
        Numbers sum{};
        for (std::size_t i = chunk.first; i < chunk.first + chunk.count; ++i)
        {
          for (std::size_t c = 0; c < GraphChannels; ++c)
          {
            sum[c] += static_cast<double>(x[GraphChannels * i + c]) * y[GraphChannels * i + c];
          }
        }
        partial[number] = sum;
      });
    Numbers total{};
    for (const Numbers & sum : partial)
    {
      for (std::size_t c = 0; c < GraphChannels; ++c)
      {
        total[c] += sum[c];
      }
    }
    return total;
  }

  std::size_t
  GetByteCount() const
  {
    return graph.GetByteCount() + aggregation.aggregate.size() * sizeof(std::uint32_t) +
           sizeof(float) * (rightHandSide.size() + solution.size() + scratch.size() + product.size() +
                            secondSolution.size() + secondProduct.size());
  }

  CouplingGraph                       graph;
  GraphAggregation                    aggregation;
  std::unique_ptr<DenseFactorization> factorization;

private:
  ParallelFor m_ParallelFor;

public:
  GraphVector rightHandSide;
  GraphVector solution;
  GraphVector scratch;
  GraphVector product;
  GraphVector secondSolution;
  GraphVector secondProduct;

private:
  /** body(chunk, its number) */
  template <typename TBody>
  void
  ForEachChunk(const TBody & body) const
  {
    m_ParallelFor(graph.chunks.size(), [&](std::size_t k) { body(graph.chunks[k], k); });
  }

  template <typename TBody>
  void
  ForEachNode(const TBody & body) const
  {
    ForEachChunk(
      [&](const CouplingGraph::Chunk & chunk, std::size_t)
      {
        for (std::size_t i = chunk.first; i < chunk.first + chunk.count; ++i)
        {
          body(i);
        }
      });
  }

  /** body(where in a vector, channel) */
  template <typename TBody>
  void
  ForEachValue(const TBody & body) const
  {
    ForEachNode(
      [&](std::size_t i)
      {
        for (std::size_t c = 0; c < GraphChannels; ++c)
        {
          body(GraphChannels * i + c, c);
        }
      });
  }

  /** What a sweep from zero leaves is what it has not seen: the couplings within range(chunk, node), those to other
   * chunks, and what was added to the diagonal. */
  template <typename TRange>
  void
  ResidualAfterSweep(const GraphVector & u, GraphVector & residual, const TRange & range) const
  {
    ForEachChunk(
      [&](const CouplingGraph::Chunk & chunk, std::size_t)
      {
        const float * local = u.data() + GraphChannels * chunk.first;
        for (std::size_t i = 0; i < chunk.count; ++i)
        {
          const auto        unseen = range(chunk, i);
          const std::size_t at = GraphChannels * (chunk.first + i);
          float             sum0 = chunk.crossSum[i] * u[at];
          float             sum1 = chunk.crossSum[i] * u[at + 1];
          AddNeighbors(chunk.inner.data(), chunk.innerWeight.data(), unseen.first, unseen.second, local, sum0, sum1);
          AddNeighbors(chunk.cross.data(),
                       chunk.crossWeight.data(),
                       chunk.crossBegin[i],
                       chunk.crossBegin[i + 1],
                       u.data(),
                       sum0,
                       sum1);
          residual[at] = sum0;
          residual[at + 1] = sum1;
        }
      });
  }
};

GraphMultigrid::GraphMultigrid(CouplingGraph finest, Symmetry symmetry, const ParallelFor & parallelFor)
  : m_Symmetry(symmetry)
{
  m_Levels.push_back(std::make_unique<Level>(std::move(finest), parallelFor));
  while (m_Levels.back()->graph.GetCount() > CoarsestCount)
  {
    Level & fine = *m_Levels.back();
    fine.AllocateCycleVectors();
    fine.aggregation = AggregateStrongCouplings(fine.graph, parallelFor);
    if (fine.aggregation.count == 0 || fine.aggregation.count > WorstReduction * fine.graph.GetCount())
    {
      fine.aggregation = GraphAggregation();
      return;
    }
    m_Levels.push_back(
      std::make_unique<Level>(MakeCoarseGraph(fine.graph, fine.aggregation, parallelFor), parallelFor));
  }
  m_Levels.back()->factorization = std::make_unique<DenseFactorization>(m_Levels.back()->graph);
}

GraphMultigrid::~GraphMultigrid() = default;

GraphVector &
GraphMultigrid::RightHandSide()
{
  return m_Levels.front()->rightHandSide;
}

const GraphVector &
GraphMultigrid::GetSolution() const
{
  return m_Levels.front()->solution;
}

std::size_t
GraphMultigrid::GetByteCount() const
{
  std::size_t bytes = 0;
  for (const auto & level : m_Levels)
  {
    bytes += level->GetByteCount();
  }
  return bytes;
}

void
GraphMultigrid::Solve()
{
  KCycle(0);
}

void
GraphMultigrid::Precondition()
{
  Level & level = *m_Levels.front();
  if (level.factorization)
  {
    KCycle(0);
    return;
  }
  level.ScaleRightHandSide();
  Cycle(0, level.solution, level.product);
}

/** One V-shaped pass from a zero guess for the level's right-hand side: smoothing, coarse correction, smoothing. Also
 * gives the residual that is left. */
void
GraphMultigrid::Cycle(std::size_t levelIndex, GraphVector & solution, GraphVector & residual)
{
  Level & level = *m_Levels[levelIndex];
  level.SweepForth(level.rightHandSide, solution);
  if (levelIndex + 1 < m_Levels.size())
  {
    Level & coarse = *m_Levels[levelIndex + 1];
    level.ResidualAfterForth(solution, level.scratch);
    level.Restrict(level.scratch, coarse.rightHandSide);
    KCycle(levelIndex + 1);
    level.ProlongateAndAdd(coarse.solution, solution);
  }
  else
  {
    for (unsigned int sweep = 1; sweep < CoarsestSweeps; ++sweep)
    {
      level.Residual(level.rightHandSide, solution, residual);
      level.SweepBack(residual, solution);
      level.ResidualAfterBack(residual, level.scratch);
      level.SweepForth(level.scratch, residual);
      const Numbers one{ { 1.0, 1.0 } };
      level.Combine(one, one, residual, solution);
    }
  }
  level.Residual(level.rightHandSide, solution, level.scratch);
  level.SweepBack(level.scratch, solution);
  level.ResidualAfterBack(level.scratch, residual);
}

/** Up to two steps of a Krylov method, each preconditioned by a cycle. The right-hand side becomes the residual. */
void
GraphMultigrid::KCycle(std::size_t levelIndex)
{
  Level &       level = *m_Levels[levelIndex];
  GraphVector & b = level.rightHandSide;
  level.ScaleRightHandSide();
  if (level.factorization)
  {
    level.factorization->Solve(b, level.solution);
    return;
  }
  // Steps make the error least in the energy norm, or the residual in the Euclidean.
  const bool          isSymmetric = m_Symmetry == Symmetry::Symmetric;
  const GraphVector & test0 = isSymmetric ? level.solution : level.product;
  const GraphVector & test1 = isSymmetric ? level.secondSolution : level.secondProduct;
  const Numbers       before = level.Dot(b, b);
  Cycle(levelIndex, level.solution, level.product);
  level.SubtractFrom(b, level.product);
  const Numbers norm0 = level.Dot(test0, level.product);
  const Numbers step0 = level.Dot(test0, b) / norm0;
  level.Combine({ { 1.0, 1.0 } }, { { -step0[0], -step0[1] } }, level.product, b);
  const Numbers after = level.Dot(b, b);
  bool          isSmall = true;
  for (std::size_t c = 0; c < GraphChannels; ++c)
  {
    isSmall = isSmall && after[c] <= KCycleThreshold * KCycleThreshold * before[c];
  }
  if (isSmall)
  {
    level.Combine(step0, Numbers{}, level.solution, level.solution);
    return;
  }
  level.AllocateSecondStep();
  Cycle(levelIndex, level.secondSolution, level.secondProduct);
  level.SubtractFrom(b, level.secondProduct);
  // The second direction is made orthogonal to the first, which the residual is already.
  const Numbers overlap = level.Dot(test1, level.product) / norm0;
  Numbers       norm1 = level.Dot(test1, level.secondProduct);
  for (std::size_t c = 0; c < GraphChannels; ++c)
  {
    norm1[c] -= overlap[c] * overlap[c] * norm0[c];
  }
  const Numbers step1 = level.Dot(test1, b) / norm1;
  Numbers       first;
  for (std::size_t c = 0; c < GraphChannels; ++c)
  {
    first[c] = step0[c] - overlap[c] * step1[c];
  }
  level.Combine(first, step1, level.secondSolution, level.solution);
}

} // namespace colorization
} // namespace itk
