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
#include "itkCouplingGraph.h"

namespace itk
{
namespace colorization
{
namespace
{
/** A node may join an aggregate that it is coupled to with at least this part of its strongest coupling. */
constexpr float JoinStrength = 0.4f;
/** Nodes whose couplings add up to less than this part of their excess are left to the smoother. */
constexpr float LeastCoupling = 0.25f;
/** Nodes of an aggregate, before stray ones join. */
constexpr std::size_t AggregateSize = 8;
/** Sweeps, forth and back, that balance the rows of a chunk. */
constexpr unsigned int BalanceSweeps = 4;
/** How far one row's factor may be from that of the others. */
constexpr float LargestScale = 1e4f;
/** A coarse chunk is closed when it has this many nodes. */
constexpr std::size_t CoarseChunk = 4096;

template <typename T>
std::size_t
ByteCount(const std::vector<T> & values)
{
  return values.size() * sizeof(T);
}

/** Where in a chunk the same couplings are kept as seen from the other node. */
std::vector<std::uint32_t>
MakeReverseIndex(const CouplingGraph::Chunk & chunk)
{
  // Rows are sorted: seen from the nodes in ascending order, so are the entries of each neighbour's row.
  std::vector<std::uint32_t> reverse(chunk.inner.size());
  std::vector<std::uint32_t> next(chunk.innerBegin.begin(), chunk.innerBegin.end() - 1);
  for (std::size_t i = 0; i < chunk.count; ++i)
  {
    for (std::uint32_t k = chunk.upperBegin[i]; k < chunk.innerBegin[i + 1]; ++k)
    {
      reverse[k] = next[chunk.inner[k]]++;
      reverse[reverse[k]] = k;
    }
  }
  return reverse;
}
} // namespace

void
CouplingGraph::Chunk::AppendNode(float nodeExcess, std::vector<Coupling> & couplings)
{
  const std::size_t node = first + excess.size();
  std::sort(couplings.begin(),
            couplings.end(),
            [](const Coupling & a, const Coupling & b) { return a.neighbor < b.neighbor; });
  std::uint32_t upper = innerBegin.back();
  float         innerSum = 0.0f;
  float         outerSum = 0.0f;
  for (const Coupling & coupling : couplings)
  {
    const HalvedFloat weight(coupling.weight);
    if (coupling.neighbor >= first && coupling.neighbor < first + count)
    {
      upper += coupling.neighbor < node ? 1 : 0;
      inner.push_back(static_cast<std::uint16_t>(coupling.neighbor - first));
      innerWeight.push_back(weight);
      innerSum += weight;
    }
    else
    {
      cross.push_back(coupling.neighbor);
      crossWeight.push_back(weight);
      outerSum += weight;
    }
  }
  upperBegin.push_back(upper);
  innerBegin.push_back(static_cast<std::uint32_t>(inner.size()));
  crossBegin.push_back(static_cast<std::uint32_t>(cross.size()));
  excess.push_back(nodeExcess);
  crossSum.push_back(outerSum);
  const float diagonal = nodeExcess + innerSum + 2.0f * outerSum;
  inverseDiagonal.push_back(diagonal > 0.0f ? 1.0f / diagonal : 0.0f);
}

void
CouplingGraph::Chunk::Balance()
{
  const std::vector<std::uint32_t> reverse = MakeReverseIndex(*this);
  std::vector<float>               outflow(count);
  scale.assign(count, 1.0f);
  for (std::size_t i = 0; i < count; ++i)
  {
    for (std::uint32_t k = innerBegin[i]; k < innerBegin[i + 1]; ++k)
    {
      outflow[i] += innerWeight[k];
    }
  }
  const auto update = [&](std::size_t i)
  {
    float inflow = 0.0f;
    for (std::uint32_t k = innerBegin[i]; k < innerBegin[i + 1]; ++k)
    {
      inflow += scale[inner[k]] * innerWeight[reverse[k]];
    }
    if (outflow[i] > 0.0f)
    {
      scale[i] = std::min(std::max(inflow / outflow[i], 1.0f / LargestScale), LargestScale);
    }
  };
  for (unsigned int sweep = 0; sweep < BalanceSweeps; ++sweep)
  {
    for (std::size_t i = 0; i < count; ++i)
    {
      update(i);
    }
    for (std::size_t i = count; i-- > 0;)
    {
      update(i);
    }
  }
  for (std::size_t i = 0; i < count; ++i)
  {
    excess[i] *= scale[i];
    crossSum[i] *= scale[i];
    inverseDiagonal[i] /= scale[i];
    for (std::uint32_t k = innerBegin[i]; k < innerBegin[i + 1]; ++k)
    {
      innerWeight[k] = HalvedFloat(scale[i] * innerWeight[k]);
    }
    for (std::uint32_t k = crossBegin[i]; k < crossBegin[i + 1]; ++k)
    {
      crossWeight[k] = HalvedFloat(scale[i] * crossWeight[k]);
    }
  }
}

std::size_t
CouplingGraph::Chunk::GetByteCount() const
{
  return ByteCount(innerBegin) + ByteCount(upperBegin) + ByteCount(inner) + ByteCount(innerWeight) +
         ByteCount(crossBegin) + ByteCount(cross) + ByteCount(crossWeight) + ByteCount(excess) + ByteCount(crossSum) +
         ByteCount(inverseDiagonal) + ByteCount(scale);
}

std::size_t
CouplingGraph::GetByteCount() const
{
  std::size_t bytes = 0;
  for (const Chunk & chunk : chunks)
  {
    bytes += chunk.GetByteCount();
  }
  return bytes;
}

namespace
{
/** Makes the aggregates of one chunk. */
class ChunkAggregation
{
public:
  explicit ChunkAggregation(const CouplingGraph::Chunk & chunk)
    : m_Chunk(chunk)
    , m_Strength(chunk.inner.size())
    , m_Strongest(chunk.count)
    , m_Score(chunk.count)
  {
    MakeStrengths();
  }

  /** Writes each node's aggregate, numbered from 0.
   * \return how many there are */
  std::uint32_t
  Run(std::uint32_t * aggregate);

private:
  static constexpr std::uint32_t Open = GraphAggregation::None - 1;

  void
  MakeStrengths();

  std::size_t
  Grow(std::size_t seed, std::uint32_t number, std::uint32_t * aggregate);

  bool
  JoinStrongestNeighbor(std::size_t node, std::uint32_t * aggregate) const;

  const CouplingGraph::Chunk & m_Chunk;
  std::vector<float>           m_Strength; // w_ij + w_ji of each neighbour within the chunk
  std::vector<float>           m_Strongest;
  std::vector<float>           m_Score;
  std::vector<std::uint16_t>   m_Candidates;
};

void
ChunkAggregation::MakeStrengths()
{
  const std::vector<std::uint32_t> reverse = MakeReverseIndex(m_Chunk);
  for (std::size_t k = 0; k < reverse.size(); ++k)
  {
    m_Strength[k] = m_Chunk.innerWeight[k] + m_Chunk.innerWeight[reverse[k]];
  }
  for (std::size_t i = 0; i < m_Chunk.count; ++i)
  {
    for (std::uint32_t k = m_Chunk.innerBegin[i]; k < m_Chunk.innerBegin[i + 1]; ++k)
    {
      m_Strongest[i] = std::max(m_Strongest[i], m_Strength[k]);
    }
    for (std::uint32_t k = m_Chunk.crossBegin[i]; k < m_Chunk.crossBegin[i + 1]; ++k)
    {
      m_Strongest[i] = std::max(m_Strongest[i], 2.0f * m_Chunk.crossWeight[k]);
    }
  }
}

/** Begins with a node, and takes in what is coupled most strongly to what is there.
 * \return how many nodes are in the aggregate */
std::size_t
ChunkAggregation::Grow(std::size_t seed, std::uint32_t number, std::uint32_t * aggregate)
{
  m_Candidates.clear();
  std::size_t node = seed;
  std::size_t size = 1;
  for (;; ++size)
  {
    aggregate[node] = number;
    if (size == AggregateSize)
    {
      break;
    }
    for (std::uint32_t k = m_Chunk.innerBegin[node]; k < m_Chunk.innerBegin[node + 1]; ++k)
    {
      const std::uint16_t other = m_Chunk.inner[k];
      if (aggregate[other] == Open)
      {
        if (m_Score[other] == 0.0f)
        {
          m_Candidates.push_back(other);
        }
        m_Score[other] += m_Strength[k];
      }
    }
    float best = 0.0f;
    for (const std::uint16_t candidate : m_Candidates)
    {
      if (aggregate[candidate] == Open && m_Score[candidate] > best &&
          m_Score[candidate] >= JoinStrength * m_Strongest[candidate])
      {
        best = m_Score[candidate];
        node = candidate;
      }
    }
    if (best == 0.0f)
    {
      break;
    }
  }
  for (const std::uint16_t candidate : m_Candidates)
  {
    m_Score[candidate] = 0.0f;
  }
  return size;
}

bool
ChunkAggregation::JoinStrongestNeighbor(std::size_t node, std::uint32_t * aggregate) const
{
  float         best = 0.0f;
  std::uint32_t joined = Open;
  for (std::uint32_t k = m_Chunk.innerBegin[node]; k < m_Chunk.innerBegin[node + 1]; ++k)
  {
    if (aggregate[m_Chunk.inner[k]] < Open && m_Strength[k] > best)
    {
      best = m_Strength[k];
      joined = aggregate[m_Chunk.inner[k]];
    }
  }
  if (joined == Open || best < JoinStrength * m_Strongest[node])
  {
    return false;
  }
  aggregate[node] = joined;
  return true;
}

std::uint32_t
ChunkAggregation::Run(std::uint32_t * aggregate)
{
  std::fill(aggregate, aggregate + m_Chunk.count, Open);
  std::uint32_t count = 0;
  for (std::size_t node = 0; node < m_Chunk.count; ++node)
  {
    if (aggregate[node] != Open)
    {
      continue;
    }
    const float excess = m_Chunk.excess[node];
    const float couplings = m_Chunk.inverseDiagonal[node] > 0.0f
                              ? 1.0f / m_Chunk.inverseDiagonal[node] - excess - m_Chunk.crossSum[node]
                              : 0.0f;
    if (couplings <= LeastCoupling * excess)
    {
      aggregate[node] = GraphAggregation::None;
      continue;
    }
    if (Grow(node, count, aggregate) > 1)
    {
      ++count;
    }
    else
    {
      // What follows others may still be taken in by them.
      aggregate[node] = Open;
    }
  }
  for (std::size_t node = 0; node < m_Chunk.count; ++node)
  {
    if (aggregate[node] == Open && !JoinStrongestNeighbor(node, aggregate))
    {
      aggregate[node] = count++;
    }
  }
  return count;
}
} // namespace

GraphAggregation
AggregateStrongCouplings(const CouplingGraph & graph, const ParallelFor & parallelFor)
{
  GraphAggregation aggregation;
  aggregation.countOfChunk.resize(graph.chunks.size());
  aggregation.aggregate.resize(graph.GetCount());
  parallelFor(graph.chunks.size(),
              [&](std::size_t k)
              {
                const CouplingGraph::Chunk & chunk = graph.chunks[k];
                aggregation.countOfChunk[k] = ChunkAggregation(chunk).Run(aggregation.aggregate.data() + chunk.first);
              });
  for (std::size_t k = 0; k < graph.chunks.size(); ++k)
  {
    const CouplingGraph::Chunk & chunk = graph.chunks[k];
    for (std::size_t i = chunk.first; i < chunk.first + chunk.count; ++i)
    {
      if (aggregation.aggregate[i] != GraphAggregation::None)
      {
        aggregation.aggregate[i] += static_cast<std::uint32_t>(aggregation.count);
      }
    }
    aggregation.count += aggregation.countOfChunk[k];
  }
  return aggregation;
}

namespace
{
/** The members of each aggregate from `first` to `first + count`, which all lie in the fine chunks from `begin` to
 * `end`: those of aggregate first + a from offset[a] to offset[a + 1]. */
struct AggregateMembers
{
  AggregateMembers(const CouplingGraph &    fine,
                   const GraphAggregation & aggregation,
                   std::size_t              begin,
                   std::size_t              end,
                   std::size_t              first,
                   std::size_t              count)
    : offset(count + 1)
  {
    const auto forEach = [&](const auto & body)
    {
      for (std::size_t k = begin; k < end; ++k)
      {
        const CouplingGraph::Chunk & chunk = fine.chunks[k];
        for (std::size_t i = 0; i < chunk.count; ++i)
        {
          const std::uint32_t a = aggregation.aggregate[chunk.first + i];
          if (a != GraphAggregation::None)
          {
            body(a - first, Member{ &chunk, i });
          }
        }
      }
    };
    forEach([&](std::size_t a, const Member &) { ++offset[a + 1]; });
    for (std::size_t a = 0; a < count; ++a)
    {
      offset[a + 1] += offset[a];
    }
    member.resize(offset[count]);
    std::vector<std::size_t> next(offset.begin(), offset.end() - 1);
    forEach([&](std::size_t a, const Member & m) { member[next[a]++] = m; });
  }

  struct Member
  {
    const CouplingGraph::Chunk * chunk = nullptr;
    std::size_t                  node = 0;
  };
  std::vector<std::size_t> offset;
  std::vector<Member>      member;
};

/** Adds up the couplings of aggregates. */
class CouplingSum
{
public:
  CouplingSum(std::size_t first, std::size_t count)
    : m_First(first)
    , m_Place(count, 0)
  {}

  void
  Add(std::uint32_t neighbor, float weight)
  {
    const std::size_t local = neighbor - m_First;
    if (local >= m_Place.size())
    {
      m_Outer.push_back({ neighbor, weight });
      return;
    }
    if (m_Place[local] == 0)
    {
      m_Sum.push_back({ neighbor, 0.0f });
      m_Place[local] = static_cast<std::uint32_t>(m_Sum.size());
    }
    m_Sum[m_Place[local] - 1].weight += weight;
  }

  /** The couplings since the last call, one a neighbour. */
  std::vector<CouplingGraph::Coupling> &
  Take()
  {
    for (const CouplingGraph::Coupling & coupling : m_Sum)
    {
      m_Place[coupling.neighbor - m_First] = 0;
    }
    std::stable_sort(m_Outer.begin(),
                     m_Outer.end(),
                     [](const CouplingGraph::Coupling & a, const CouplingGraph::Coupling & b)
                     { return a.neighbor < b.neighbor; });
    m_Taken.swap(m_Sum);
    m_Sum.clear();
    for (std::size_t k = 0; k < m_Outer.size(); ++k)
    {
      if (k > 0 && m_Outer[k].neighbor == m_Outer[k - 1].neighbor)
      {
        m_Taken.back().weight += m_Outer[k].weight;
      }
      else
      {
        m_Taken.push_back(m_Outer[k]);
      }
    }
    m_Outer.clear();
    return m_Taken;
  }

private:
  std::size_t                          m_First;
  std::vector<std::uint32_t>           m_Place; // where in m_Sum a neighbour is, + 1
  std::vector<CouplingGraph::Coupling> m_Sum;
  std::vector<CouplingGraph::Coupling> m_Outer;
  std::vector<CouplingGraph::Coupling> m_Taken;
};

void
FillCoarseChunk(const CouplingGraph &    fine,
                const GraphAggregation & aggregation,
                std::size_t              begin,
                std::size_t              end,
                CouplingGraph::Chunk &   coarse)
{
  const AggregateMembers members(fine, aggregation, begin, end, coarse.first, coarse.count);
  CouplingSum            sum(coarse.first, coarse.count);
  for (std::size_t a = 0; a < coarse.count; ++a)
  {
    float      excess = 0.0f;
    const auto add = [&](std::uint32_t neighbor, float weight)
    {
      const std::uint32_t b = aggregation.aggregate[neighbor];
      if (b == GraphAggregation::None)
      {
        excess += weight;
      }
      else if (b != coarse.first + a)
      {
        sum.Add(b, weight);
      }
    };
    for (std::size_t m = members.offset[a]; m < members.offset[a + 1]; ++m)
    {
      const CouplingGraph::Chunk & chunk = *members.member[m].chunk;
      const std::size_t            i = members.member[m].node;
      excess += chunk.excess[i];
      for (std::uint32_t k = chunk.innerBegin[i]; k < chunk.innerBegin[i + 1]; ++k)
      {
        add(static_cast<std::uint32_t>(chunk.first + chunk.inner[k]), chunk.innerWeight[k]);
      }
      for (std::uint32_t k = chunk.crossBegin[i]; k < chunk.crossBegin[i + 1]; ++k)
      {
        add(chunk.cross[k], chunk.crossWeight[k]);
      }
    }
    coarse.AppendNode(excess, sum.Take());
  }
}
} // namespace

CouplingGraph
MakeCoarseGraph(const CouplingGraph & fine, const GraphAggregation & aggregation, const ParallelFor & parallelFor)
{
  // Whole fine chunks make up a coarse one; their aggregates are numbered in the same order.
  CouplingGraph            coarse;
  std::vector<std::size_t> fineBegin;
  std::size_t              first = 0;
  std::size_t              count = 0;
  std::size_t              begin = 0;
  const auto               close = [&](std::size_t end)
  {
    if (count > 0)
    {
      coarse.chunks.emplace_back(first, count);
      fineBegin.push_back(begin);
      first += count;
      count = 0;
      begin = end;
    }
  };
  for (std::size_t k = 0; k < fine.chunks.size(); ++k)
  {
    if (count >= CoarseChunk || count + aggregation.countOfChunk[k] > CouplingGraph::MaximumChunk)
    {
      close(k);
    }
    count += aggregation.countOfChunk[k];
  }
  close(fine.chunks.size());
  fineBegin.push_back(fine.chunks.size());
  parallelFor(coarse.chunks.size(),
              [&](std::size_t k)
              { FillCoarseChunk(fine, aggregation, fineBegin[k], fineBegin[k + 1], coarse.chunks[k]); });
  return coarse;
}

} // namespace colorization
} // namespace itk
