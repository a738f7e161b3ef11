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
#ifndef itkStencilAggregation_h
#define itkStencilAggregation_h

#include "itkColorizationParallelFor.h"
#include "itkCouplingGraph.h"
#include "itkStencilOperator.h"

#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** Several right-hand sides or solutions on one padded grid: channel after channel. The ring is 0. */
using GridVector = std::vector<float>;

/** The first coarsening of a StencilOperator: blocks of 2 nodes along every axis are one node of a graph, unless the
 * couplings in a block differ so much that it falls into parts; then each part is a node. Nodes of diagonal 0 belong to
 * none. Memory: about 1.5 bytes a node of the grid.
 *
 * The graph's nodes are numbered tile by tile, and tiles along a Z-order curve (Morton 1966): so its chunks, the tiles,
 * are compact, and so are chunks of neighbouring tiles on coarser graphs. */
class StencilAggregation
{
public:
  /** A node joins the part of its block that it is coupled to with at least `joinStrength` of its strongest coupling;
   * far above 1, every node is a part of its own, and the graph is the grid. */
  StencilAggregation(const StencilOperator & op, float joinStrength, const ParallelFor & parallelFor);

  /** The Galerkin product of D A, with the diagonals D that the rows were divided by. */
  CouplingGraph
  MakeGraph() const;

  /** coarse = P^T D fine, for two channels, which may be the same; `coarse` holds them interleaved. */
  void
  Restrict(const float * fine0, const float * fine1, std::vector<float> & coarse) const;

  /** fine = P coarse, for two channels; where they are the same, it gets the first. Nodes that belong to none get 0. */
  void
  Prolongate(const std::vector<float> & coarse, float * fine0, float * fine1) const;

  std::size_t
  GetByteCount() const;

private:
  /** A box of blocks. */
  struct Tile
  {
    std::array<std::size_t, 3> begin;
    std::array<std::size_t, 3> end;
    std::size_t                firstNode = 0;
    std::size_t                nodeCount = 0;
  };

  class TileAggregator;

  void
  MakeTiles();

  std::size_t
  GetBlock(std::size_t x, std::size_t y, std::size_t z) const
  {
    return x + m_BlockSize[0] * (y + m_BlockSize[1] * z);
  }

  /** Calls body(begin of the row in padded memory, its length, number of its first block) for the rows of the grid in a
   * tile. */
  template <typename TBody>
  void
  ForEachRowOfTile(const Tile & tile, const TBody & body) const;

  const StencilOperator &    m_Operator;
  ParallelFor                m_ParallelFor;
  float                      m_JoinStrength;
  std::array<std::size_t, 3> m_BlockSize;
  std::vector<Tile>          m_Tiles;
  /** Which part of its block each node of padded memory belongs to. */
  std::vector<std::uint8_t> m_Part;
  /** The graph's node of each block's first part. */
  std::vector<std::uint32_t> m_FirstNode;
};

} // namespace colorization
} // namespace itk

#endif
