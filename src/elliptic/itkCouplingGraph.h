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
#ifndef itkCouplingGraph_h
#define itkCouplingGraph_h

#include "itkColorizationParallelFor.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace itk
{
namespace colorization
{
/** The upper half of a float: all of its range, and 8 bits of its digits. */
class HalvedFloat
{
public:
  HalvedFloat() = default;
  explicit HalvedFloat(float value)
  {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    m_Bits = static_cast<std::uint16_t>((bits + 0x8000u) >> 16);
  }
  operator float() const
  {
    const std::uint32_t bits = static_cast<std::uint32_t>(m_Bits) << 16;
    float               value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
  }

private:
  std::uint16_t m_Bits{ 0 };
};

/** An M-matrix, symmetric or not, on the nodes of a graph:
 * (A u)_i = excess_i u_i + sum_j weight_ij (u_i - u_j) with no weight or excess below 0. Excesses are kept apart, so that
 * one that is tiny beside the weights keeps its digits. The graph is undirected: where i has the neighbour j, j has i.
 *
 * Nodes come in chunks, each of which one thread works on at a time. A node's neighbours within its chunk are told from
 * those in others. */
class CouplingGraph
{
public:
  /** A neighbour and its weight. */
  struct Coupling
  {
    std::uint32_t neighbor;
    float         weight;
  };

  /** At most this many nodes make a chunk. */
  static constexpr std::size_t MaximumChunk = 65536;

  struct Chunk
  {
    explicit Chunk(std::size_t firstNode, std::size_t nodes)
      : first(firstNode)
      , count(nodes)
    {}

    /** Adds the next node. The couplings come in any order, and are sorted here. */
    void
    AppendNode(float nodeExcess, std::vector<Coupling> & couplings);

    /** Multiplies rows such that what each node gives to the others of its chunk is about what it gets from them, as in
     * a symmetric matrix: D_i sum_j w_ij = sum_j D_j w_ji. Sums over aggregates then stand for their nodes. \c scale gets
     * the D. */
    void
    Balance();

    std::size_t
    GetByteCount() const;

    std::size_t first;
    std::size_t count;
    /** Neighbours of node first + i in this chunk, as offsets from `first` in ascending order: from innerBegin[i] to
     * innerBegin[i + 1]; those after i begin at upperBegin[i]. */
    std::vector<std::uint32_t> innerBegin{ 0 };
    std::vector<std::uint32_t> upperBegin;
    std::vector<std::uint16_t> inner;
    std::vector<HalvedFloat>   innerWeight;
    /** Its neighbours in other chunks: from crossBegin[i] to crossBegin[i + 1]. */
    std::vector<std::uint32_t> crossBegin{ 0 };
    std::vector<std::uint32_t> cross;
    std::vector<HalvedFloat>   crossWeight;
    std::vector<float>         excess;
    /** The sum of the weights towards other chunks, and one over (the diagonal + this sum): what Gauss-Seidel sweeps
     * within chunks need in order to converge. */
    std::vector<float> crossSum;
    std::vector<float> inverseDiagonal;
    /** What each row was multiplied with by Balance(). */
    std::vector<float> scale;
  };

  std::size_t
  GetCount() const
  {
    return chunks.empty() ? 0 : chunks.back().first + chunks.back().count;
  }

  std::size_t
  GetByteCount() const;

  std::vector<Chunk> chunks;
};

/** Which node of the next coarser graph each node belongs to. */
struct GraphAggregation
{
  static constexpr std::uint32_t None = 0xffffffffu;

  std::vector<std::uint32_t> aggregate;
  /** How many aggregates there are in each chunk. */
  std::vector<std::size_t> countOfChunk;
  std::size_t              count = 0;
};

/** Gathers nodes into aggregates that are tied together by strong couplings: each node that joins is coupled to the
 * aggregate nearly as strongly as to any other node. Nodes whose excess outweighs their couplings join none. Aggregates
 * do not cross chunks, and are numbered chunk by chunk. */
GraphAggregation
AggregateStrongCouplings(const CouplingGraph & graph, const ParallelFor & parallelFor);

/** The Galerkin product of a graph's matrix with prolongation that is constant on each aggregate. Couplings to nodes
 * that are in no aggregate become excess. */
CouplingGraph
MakeCoarseGraph(const CouplingGraph & fine, const GraphAggregation & aggregation, const ParallelFor & parallelFor);

} // namespace colorization
} // namespace itk

#endif
