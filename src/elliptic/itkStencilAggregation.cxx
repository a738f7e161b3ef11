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
#include "itkStencilAggregation.h"

#include <algorithm>
#include <memory>

namespace itk
{
namespace colorization
{
namespace
{
/** A part that is coupled to the others by less than this share of its diagonals counts as coupled by so much: what
 * single precision makes of its residual would be blown up without bound. */
constexpr float WeakestCoupling = 1e-6f;
/** The part of nodes that belong to none. */
constexpr std::uint8_t NoPart = 255;
/** Blocks along the edge of a tile, in two and three dimensions. */
constexpr std::size_t TileSize2D = 64;
constexpr std::size_t TileSize3D = 16;
/** Rows of nodes, and nodes, in a block. */
constexpr std::size_t BlockRows = 4;
constexpr std::size_t BlockNodes = 8;

/** A direction of the stencil as a number from 0 to 26. */
constexpr std::size_t
DirectionCode(int dx, int dy, int dz)
{
  return static_cast<std::size_t>((dx + 1) + 3 * (dy + 1) + 9 * (dz + 1));
}

/** From a node of parity 0 or 1 in its block, `offset` nodes on: how many blocks on that is. */
constexpr int
BlockStep(int parity, int offset)
{
  return (parity + offset + 2) / 2 - 1;
}

/** Bits of x, y and z in turns: neighbours in space are near each other in this order. */
std::uint64_t
MortonCode(const std::array<std::size_t, 3> & position)
{
  std::uint64_t code = 0;
  for (unsigned int bit = 0; bit < 21; ++bit)
  {
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      code |= static_cast<std::uint64_t>(position[axis] >> bit & 1) << (3 * bit + axis);
    }
  }
  return code;
}
} // namespace

/** What one thread needs to work on the blocks of a tile: the coefficients of the rows of nodes that run through one row
 * of blocks. */
class StencilAggregation::TileAggregator
{
public:
  TileAggregator(const StencilAggregation & aggregation, const Tile & tile)
    : m_Aggregation(aggregation)
    , m_Grid(aggregation.m_Operator.GetGrid())
    , m_Tile(tile)
    , m_Workspaces(BlockRows)
    , m_Segments(BlockRows)
  {
    m_Direction.fill(-1);
    const auto & offsets = m_Grid.GetNeighborOffsets();
    for (std::size_t k = 0; k < offsets.size(); ++k)
    {
      m_Direction[DirectionCode(offsets[k][0], offsets[k][1], offsets[k][2])] = static_cast<int>(k);
      for (int node = 0; node < static_cast<int>(BlockNodes); ++node)
      {
        m_FirstSlot[node][k] = BlockNodes * DirectionCode(BlockStep(node % 2, offsets[k][0]),
                                                          BlockStep(node / 2 % 2, offsets[k][1]),
                                                          BlockStep(node / 4, offsets[k][2]));
      }
    }
  }

  /** Parts of all blocks; each is numbered from 0 within its block.
   * \return how many parts there are in the tile; `count` gets those of each block */
  std::size_t
  SplitBlocks(std::vector<std::uint8_t> & part, std::vector<std::uint32_t> & count);

  void
  FillChunk(CouplingGraph::Chunk & chunk);

private:
  /** A node of the block that is worked on. */
  struct Node
  {
    std::size_t position; // in padded memory
    std::size_t row;      // of m_Segments
    std::size_t column;
    int         x; // in the block: 0 or 1
    int         y;
    int         z;
  };

  /** Calls body(block's number, its position) for all blocks in the order of their numbers, with their rows loaded. */
  template <typename TBody>
  void
  ForEachBlock(const TBody & body);

  void
  LoadRows(std::size_t bx, std::size_t by, std::size_t bz, std::size_t endX);

  /** The nodes of a block that take part; from 0 to 8. */
  std::size_t
  GatherNodes(std::size_t bx, std::size_t by, std::size_t bz, std::array<Node, BlockNodes> & nodes) const;

  float
  Weight(const Node & node, std::size_t k) const
  {
    return m_Segments[node.row].factor[node.column] * m_Segments[node.row].weight[k][node.column];
  }

  const StencilAggregation &    m_Aggregation;
  const StencilGrid &           m_Grid;
  const Tile &                  m_Tile;
  std::vector<StencilWorkspace> m_Workspaces;
  std::vector<StencilSegment>   m_Segments;
  std::array<int, 27>           m_Direction;
  /** For each node of a block and each of its neighbours, where the sums of the neighbour's block begin. */
  std::array<std::array<std::size_t, MaximumNeighbors>, BlockNodes> m_FirstSlot;
  std::size_t                                                       m_FirstX = 0; // of the segments, in nodes
};

void
StencilAggregation::TileAggregator::LoadRows(std::size_t bx, std::size_t by, std::size_t bz, std::size_t endX)
{
  const auto & size = m_Grid.GetSize();
  m_FirstX = 2 * bx;
  for (std::size_t row = 0; row < BlockRows; ++row)
  {
    const std::size_t y = 2 * by + row % 2;
    const std::size_t z = 2 * bz + row / 2;
    if (y < size[1] && z < size[2])
    {
      m_Aggregation.m_Operator.GetSegment(m_Grid.GetIndex(m_FirstX, y, z),
                                          std::min(2 * endX, size[0]) - m_FirstX,
                                          m_Workspaces[row],
                                          m_Segments[row]);
    }
  }
}

template <typename TBody>
void
StencilAggregation::TileAggregator::ForEachBlock(const TBody & body)
{
  for (std::size_t bz = m_Tile.begin[2]; bz < m_Tile.end[2]; ++bz)
  {
    for (std::size_t by = m_Tile.begin[1]; by < m_Tile.end[1]; ++by)
    {
      LoadRows(m_Tile.begin[0], by, bz, m_Tile.end[0]);
      for (std::size_t bx = m_Tile.begin[0]; bx < m_Tile.end[0]; ++bx)
      {
        body(bx, by, bz);
      }
    }
  }
}

std::size_t
StencilAggregation::TileAggregator::GatherNodes(std::size_t                    bx,
                                                std::size_t                    by,
                                                std::size_t                    bz,
                                                std::array<Node, BlockNodes> & nodes) const
{
  const auto &  size = m_Grid.GetSize();
  const float * diagonals = m_Aggregation.m_Operator.GetDiagonals();
  std::size_t   count = 0;
  for (std::size_t row = 0; row < BlockRows; ++row)
  {
    const std::size_t y = 2 * by + row % 2;
    const std::size_t z = 2 * bz + row / 2;
    for (std::size_t x = 2 * bx; x < std::min(2 * bx + 2, size[0]) && y < size[1] && z < size[2]; ++x)
    {
      const std::size_t position = m_Grid.GetIndex(x, y, z);
      if (diagonals[position] > 0.0f)
      {
        nodes[count++] = { position,
                           row,
                           x - m_FirstX,
                           static_cast<int>(x - 2 * bx),
                           static_cast<int>(row % 2),
                           static_cast<int>(row / 2) };
      }
    }
  }
  return count;
}

std::size_t
StencilAggregation::TileAggregator::SplitBlocks(std::vector<std::uint8_t> & part, std::vector<std::uint32_t> & count)
{
  std::size_t                  total = 0;
  std::array<Node, BlockNodes> nodes;
  const std::size_t            neighbors = m_Grid.GetNeighborSteps().size();
  ForEachBlock(
    [&](std::size_t bx, std::size_t by, std::size_t bz)
    {
      const std::size_t nodeCount = GatherNodes(bx, by, bz, nodes);
      // Bit j of follows[i]: i is coupled to j nearly as strongly as to any other node.
      std::array<unsigned int, BlockNodes> follows{};
      std::array<float, BlockNodes>        least{};
      for (std::size_t i = 0; i < nodeCount; ++i)
      {
        float strongest = 0.0f;
        for (std::size_t k = 0; k < neighbors; ++k)
        {
          strongest = std::max(strongest, Weight(nodes[i], k));
        }
        least[i] = m_Aggregation.m_JoinStrength * strongest;
      }
      for (std::size_t i = 0; i < nodeCount; ++i)
      {
        for (std::size_t j = i + 1; j < nodeCount; ++j)
        {
          const int   dx = nodes[j].x - nodes[i].x;
          const int   dy = nodes[j].y - nodes[i].y;
          const int   dz = nodes[j].z - nodes[i].z;
          const float strength = 0.5f * (Weight(nodes[i], m_Direction[DirectionCode(dx, dy, dz)]) +
                                         Weight(nodes[j], m_Direction[DirectionCode(-dx, -dy, -dz)]));
          follows[i] |= (strength >= least[i] ? 1u : 0u) << j;
          follows[j] |= (strength >= least[j] ? 1u : 0u) << i;
        }
      }
      std::uint8_t parts = 0;
      unsigned int open = (1u << nodeCount) - 1u;
      for (std::size_t seed = 0; seed < nodeCount; ++seed)
      {
        if (!(open >> seed & 1u))
        {
          continue;
        }
        unsigned int group = 1u << seed;
        open &= ~group;
        for (bool hasGrown = true; hasGrown;)
        {
          hasGrown = false;
          for (std::size_t i = seed + 1; i < nodeCount; ++i)
          {
            if ((open >> i & 1u) && (follows[i] & group))
            {
              group |= 1u << i;
              open &= ~(1u << i);
              hasGrown = true;
            }
          }
        }
        for (std::size_t i = 0; i < nodeCount; ++i)
        {
          if (group >> i & 1u)
          {
            part[nodes[i].position] = parts;
          }
        }
        ++parts;
      }
      count[m_Aggregation.GetBlock(bx, by, bz)] = parts;
      total += parts;
    });
  return total;
}

void
StencilAggregation::TileAggregator::FillChunk(CouplingGraph::Chunk & chunk)
{
  const auto &                         steps = m_Grid.GetNeighborSteps();
  const float *                        diagonals = m_Aggregation.m_Operator.GetDiagonals();
  const auto &                         part = m_Aggregation.m_Part;
  std::array<Node, BlockNodes>         nodes;
  std::vector<CouplingGraph::Coupling> couplings;
  // Sums of the couplings to each part of the 27 blocks around.
  std::array<float, 27 * BlockNodes> sum{};
  std::array<bool, 27 * BlockNodes>  isNeighbor{};
  ForEachBlock(
    [&](std::size_t bx, std::size_t by, std::size_t bz)
    {
      const std::size_t nodeCount = GatherNodes(bx, by, bz, nodes);
      std::uint8_t      parts = 0;
      for (std::size_t i = 0; i < nodeCount; ++i)
      {
        parts = std::max<std::uint8_t>(parts, part[nodes[i].position] + 1);
      }
      for (std::uint8_t p = 0; p < parts; ++p)
      {
        float excess = 0.0f;
        float diagonal = 0.0f;
        for (std::size_t i = 0; i < nodeCount; ++i)
        {
          const Node & node = nodes[i];
          if (part[node.position] != p)
          {
            continue;
          }
          const auto & firstSlot = m_FirstSlot[static_cast<std::size_t>(node.x + 2 * (node.y + 2 * node.z))];
          const float  scale = diagonals[node.position];
          diagonal += scale;
          excess += scale * m_Segments[node.row].excess[node.column];
          for (std::size_t k = 0; k < steps.size(); ++k)
          {
            const float        weight = scale * Weight(node, k);
            const std::uint8_t other = part[node.position + steps[k]];
            if (other == NoPart)
            {
              excess += weight;
              continue;
            }
            const std::size_t slot = firstSlot[k] + other;
            sum[slot] += weight;
            isNeighbor[slot] = true;
          }
        }
        const std::size_t own = DirectionCode(0, 0, 0) * BlockNodes + p;
        float             outgoing = excess;
        isNeighbor[own] = false;
        sum[own] = 0.0f;
        couplings.clear();
        for (std::size_t direction = 0; direction < 27; ++direction)
        {
          for (std::size_t other = 0; other < BlockNodes; ++other)
          {
            const std::size_t slot = direction * BlockNodes + other;
            if (isNeighbor[slot])
            {
              const std::size_t block =
                m_Aggregation.GetBlock(bx + direction % 3 - 1, by + direction / 3 % 3 - 1, bz + direction / 9 - 1);
              couplings.push_back({ m_Aggregation.m_FirstNode[block] + static_cast<std::uint32_t>(other), sum[slot] });
              outgoing += sum[slot];
              sum[slot] = 0.0f;
              isNeighbor[slot] = false;
            }
          }
        }
        // The diagonal is the sum of what leaves the part: a difference of what is in it would lose weak couplings.
        chunk.AppendNode(excess + std::max(0.0f, WeakestCoupling * diagonal - outgoing), couplings);
      }
    });
}

StencilAggregation::StencilAggregation(const StencilOperator & op, float joinStrength, const ParallelFor & parallelFor)
  : m_Operator(op)
  , m_ParallelFor(parallelFor)
  , m_JoinStrength(joinStrength)
  , m_Part(op.GetGrid().GetPaddedCount(), NoPart)
{
  MakeTiles();
  std::vector<std::uint32_t> & countOfBlock = m_FirstNode;
  m_ParallelFor(m_Tiles.size(),
                [&](std::size_t k)
                { m_Tiles[k].nodeCount = TileAggregator(*this, m_Tiles[k]).SplitBlocks(m_Part, countOfBlock); });
  std::size_t first = 0;
  for (Tile & tile : m_Tiles)
  {
    tile.firstNode = first;
    for (std::size_t bz = tile.begin[2]; bz < tile.end[2]; ++bz)
    {
      for (std::size_t by = tile.begin[1]; by < tile.end[1]; ++by)
      {
        for (std::size_t bx = tile.begin[0]; bx < tile.end[0]; ++bx)
        {
          const std::size_t count = countOfBlock[GetBlock(bx, by, bz)];
          m_FirstNode[GetBlock(bx, by, bz)] = static_cast<std::uint32_t>(first);
          first += count;
        }
      }
    }
  }
}

void
StencilAggregation::MakeTiles()
{
  const auto &               size = m_Operator.GetGrid().GetSize();
  const std::size_t          edge = size[2] > 1 ? TileSize3D : TileSize2D;
  std::array<std::size_t, 3> tiles;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    m_BlockSize[axis] = (size[axis] + 1) / 2;
    tiles[axis] = (m_BlockSize[axis] + edge - 1) / edge;
  }
  m_FirstNode.resize(m_BlockSize[0] * m_BlockSize[1] * m_BlockSize[2]);
  std::vector<std::array<std::size_t, 3>> positions;
  for (std::size_t z = 0; z < tiles[2]; ++z)
  {
    for (std::size_t y = 0; y < tiles[1]; ++y)
    {
      for (std::size_t x = 0; x < tiles[0]; ++x)
      {
        positions.push_back({ { x, y, z } });
      }
    }
  }
  std::sort(positions.begin(),
            positions.end(),
            [](const auto & a, const auto & b) { return MortonCode(a) < MortonCode(b); });
  for (const auto & position : positions)
  {
    Tile tile;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      tile.begin[axis] = position[axis] * edge;
      tile.end[axis] = std::min(tile.begin[axis] + edge, m_BlockSize[axis]);
    }
    m_Tiles.push_back(tile);
  }
}

CouplingGraph
StencilAggregation::MakeGraph() const
{
  CouplingGraph     graph;
  std::vector<Tile> filled;
  for (const Tile & tile : m_Tiles)
  {
    if (tile.nodeCount > 0)
    {
      graph.chunks.emplace_back(tile.firstNode, tile.nodeCount);
      filled.push_back(tile);
    }
  }
  m_ParallelFor(filled.size(), [&](std::size_t k) { TileAggregator(*this, filled[k]).FillChunk(graph.chunks[k]); });
  return graph;
}

template <typename TBody>
void
StencilAggregation::ForEachRowOfTile(const Tile & tile, const TBody & body) const
{
  const StencilGrid & grid = m_Operator.GetGrid();
  const auto &        size = grid.GetSize();
  for (std::size_t z = 2 * tile.begin[2]; z < std::min(2 * tile.end[2], size[2]); ++z)
  {
    for (std::size_t y = 2 * tile.begin[1]; y < std::min(2 * tile.end[1], size[1]); ++y)
    {
      const std::size_t x = 2 * tile.begin[0];
      body(grid.GetIndex(x, y, z), std::min(2 * tile.end[0], size[0]) - x, GetBlock(x / 2, y / 2, z / 2));
    }
  }
}

void
StencilAggregation::Restrict(const float * fine0, const float * fine1, std::vector<float> & coarse) const
{
  const float * diagonals = m_Operator.GetDiagonals();
  m_ParallelFor(m_Tiles.size(),
                [&](std::size_t k)
                {
                  const Tile & tile = m_Tiles[k];
                  std::fill_n(coarse.begin() + 2 * tile.firstNode, 2 * tile.nodeCount, 0.0f);
                  ForEachRowOfTile(tile,
                                   [&](std::size_t begin, std::size_t count, std::size_t block)
                                   {
                                     for (std::size_t x = 0; x < count; ++x)
                                     {
                                       const std::size_t p = begin + x;
                                       if (m_Part[p] != NoPart)
                                       {
                                         float * sum =
                                           coarse.data() +
                                           2 * (static_cast<std::size_t>(m_FirstNode[block + x / 2]) + m_Part[p]);
                                         sum[0] += diagonals[p] * fine0[p];
                                         sum[1] += diagonals[p] * fine1[p];
                                       }
                                     }
                                   });
                });
}

void
StencilAggregation::Prolongate(const std::vector<float> & coarse, float * fine0, float * fine1) const
{
  m_ParallelFor(m_Tiles.size(),
                [&](std::size_t k)
                {
                  ForEachRowOfTile(m_Tiles[k],
                                   [&](std::size_t begin, std::size_t count, std::size_t block)
                                   {
                                     for (std::size_t x = 0; x < count; ++x)
                                     {
                                       const std::size_t p = begin + x;
                                       const bool        isPart = m_Part[p] != NoPart;
                                       const std::size_t node = m_FirstNode[block + x / 2] + (isPart ? m_Part[p] : 0u);
                                       fine1[p] = isPart ? coarse[2 * node + 1] : 0.0f;
                                       fine0[p] = isPart ? coarse[2 * node] : 0.0f;
                                     }
                                   });
                });
}

std::size_t
StencilAggregation::GetByteCount() const
{
  return m_Part.size() * sizeof(m_Part[0]) + m_FirstNode.size() * sizeof(m_FirstNode[0]);
}

} // namespace colorization
} // namespace itk
