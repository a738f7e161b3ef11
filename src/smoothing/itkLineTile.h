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
#ifndef itkLineTile_h
#define itkLineTile_h

#include "../common/itkColorizationVectorMath.h"
#include "itkColorizationParallelFor.h"
#include "itkGuidanceView.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

// What smooths along lines works on tiles: lines side by side, one SIMD lane each. This file cuts a volume into tiles,
// brings pixels into the order [node][component][lane] and back, and sweeps a recursion forward and backward.
// The sweeps are inlined into the functions of ITK_COLORIZATION_MULTIVERSION that use them.

namespace itk
{
namespace colorization
{
/** Lines that are worked on together. */
constexpr std::size_t TileLanes = 32;
/** Nodes that are loaded together. */
constexpr std::size_t TileBlock = 32;

/** Neighbouring lines along one axis. */
struct LineTile
{
  /** Position of the first node of the first line. */
  std::array<std::size_t, 3> begin;
  unsigned int               axis;
  unsigned int               laneAxis;
  std::size_t                lanes;
  std::size_t                nodes;
};

/** The tiles that cover all lines along `axis`. Lanes run along x where they can: there, neighbours are contiguous. */
inline std::vector<LineTile>
MakeLineTiles(const std::array<std::size_t, 3> & size, unsigned int axis)
{
  const unsigned int    laneAxis = axis == 0 ? (size[1] > 1 ? 1 : 2) : 0;
  const unsigned int    outerAxis = 3 - axis - laneAxis;
  std::vector<LineTile> tiles;
  for (std::size_t outer = 0; outer < size[outerAxis]; ++outer)
  {
    for (std::size_t lane = 0; lane < size[laneAxis]; lane += TileLanes)
    {
      LineTile tile;
      tile.begin[axis] = 0;
      tile.begin[laneAxis] = lane;
      tile.begin[outerAxis] = outer;
      tile.axis = axis;
      tile.laneAxis = laneAxis;
      tile.lanes = std::min(TileLanes, size[laneAxis] - lane);
      tile.nodes = size[axis];
      tiles.push_back(tile);
    }
  }
  return tiles;
}

/** Memory for the tiles of one thread. */
struct TileWorkspace
{
  /** What the backward sweep has to know of each node. */
  std::unique_ptr<float[]> memory;
  /** Values in the order [node][component][lane]. */
  std::unique_ptr<float[]> values;
  /** Guidance of a block's nodes, and of the node before them. */
  std::unique_ptr<float[]> guidance;
  /** A block's guidance or values, lane by lane. */
  std::unique_ptr<float[]> lines;
  /** Two coefficients of a node, one a value. */
  std::unique_ptr<float[]> spread;

  TileWorkspace(std::size_t nodes, unsigned int components, unsigned int guidanceComponents)
    : memory(new float[nodes * TileLanes]())
    , values(new float[nodes * components * TileLanes]())
    , guidance(new float[(TileBlock + 1) * guidanceComponents * TileLanes]())
    , lines(new float[TileBlock * std::max(components, guidanceComponents) * TileLanes]())
    , spread(new float[2 * components * TileLanes]())
  {}
};

/** Four floats in one register of any x86-64 or ARM. */
using FourFloats = float __attribute__((vector_size(16), aligned(4), may_alias));

/** out[column * outStride + row] = in[row * inStride + column]. */
ITK_COLORIZATION_INLINE void
Transpose(const float * in,
          std::size_t   inStride,
          std::size_t   rows,
          std::size_t   columns,
          float *       out,
          std::size_t   outStride)
{
  const std::size_t wholeRows = rows & ~std::size_t{ 3 };
  const std::size_t wholeColumns = columns & ~std::size_t{ 3 };
  for (std::size_t r = 0; r < wholeRows; r += 4)
  {
    const float * from = in + r * inStride;
    for (std::size_t c = 0; c < wholeColumns; c += 4)
    {
      const FourFloats a0 = *reinterpret_cast<const FourFloats *>(from + c);
      const FourFloats a1 = *reinterpret_cast<const FourFloats *>(from + c + inStride);
      const FourFloats a2 = *reinterpret_cast<const FourFloats *>(from + c + 2 * inStride);
      const FourFloats a3 = *reinterpret_cast<const FourFloats *>(from + c + 3 * inStride);
      const FourFloats b0 = __builtin_shufflevector(a0, a1, 0, 4, 1, 5);
      const FourFloats b1 = __builtin_shufflevector(a0, a1, 2, 6, 3, 7);
      const FourFloats b2 = __builtin_shufflevector(a2, a3, 0, 4, 1, 5);
      const FourFloats b3 = __builtin_shufflevector(a2, a3, 2, 6, 3, 7);
      float *          to = out + c * outStride + r;
      *reinterpret_cast<FourFloats *>(to) = __builtin_shufflevector(b0, b2, 0, 1, 4, 5);
      *reinterpret_cast<FourFloats *>(to + outStride) = __builtin_shufflevector(b0, b2, 2, 3, 6, 7);
      *reinterpret_cast<FourFloats *>(to + 2 * outStride) = __builtin_shufflevector(b1, b3, 0, 1, 4, 5);
      *reinterpret_cast<FourFloats *>(to + 3 * outStride) = __builtin_shufflevector(b1, b3, 2, 3, 6, 7);
    }
  }
  for (std::size_t r = 0; r < rows; ++r)
  {
    for (std::size_t c = r < wholeRows ? wholeColumns : 0; c < columns; ++c)
    {
      out[c * outStride + r] = in[r * inStride + c];
    }
  }
}

/** Guidance of the nodes first ... first + count - 1 of a tile, as floats in the order [node][component][lane].
 * \param lines memory for TileBlock * components * TileLanes floats */
void
LoadGuidance(const GuidanceView & view,
             const LineTile &     tile,
             std::size_t          first,
             std::size_t          count,
             float *              lines,
             float *              out);

/** Asks for `bytes` from `data` on before they are needed. */
ITK_COLORIZATION_INLINE void
Prefetch(const void * data, std::size_t bytes)
{
  for (std::size_t k = 0; k < bytes; k += 64)
  {
    __builtin_prefetch(static_cast<const char *>(data) + k);
  }
}

/** Copies a piece of a line as floats. */
template <typename TIn>
ITK_COLORIZATION_INLINE void
CopyLine(const TIn * __restrict in, std::size_t count, float * __restrict out)
{
  std::size_t k = 0;
  if constexpr (std::is_same<TIn, float>::value)
  {
    // Pieces of constant length become moves, where a loop would become a call of memmove().
    for (; k + 16 <= count; k += 16)
    {
      std::memcpy(out + k, in + k, 16 * sizeof(float));
    }
  }
  for (; k < count; ++k)
  {
    out[k] = static_cast<float>(in[k]);
  }
}

/** What the sweeps know of their volume. */
struct TileVolume
{
  float *                       data;
  std::array<std::ptrdiff_t, 3> stride;
  unsigned int                  components;

  float *
  At(const LineTile & tile, std::size_t node) const
  {
    return data + tile.begin[0] * stride[0] + tile.begin[1] * stride[1] + tile.begin[2] * stride[2] +
           static_cast<std::ptrdiff_t>(node) * stride[tile.axis];
  }
};

/** One coefficient a lane to one a value, where the components of a lane follow each other. */
template <unsigned int VComponents>
ITK_COLORIZATION_INLINE void
Spread(const float * perLane, unsigned int components, float * perValue)
{
  const std::size_t count = VComponents > 0 ? VComponents : components;
  for (std::size_t l = 0; l < TileLanes; ++l)
  {
    for (std::size_t c = 0; c < count; ++c)
    {
      perValue[l * count + c] = perLane[l];
    }
  }
}

/** weight[k], k = 1 ... count: what TRecursion makes of the guidance on the edge after node first + k - 1; 0 after the
 * last node of the line. weight[0] is moved there from the last block. */
template <typename TRecursion>
ITK_COLORIZATION_INLINE void
WeighBlock(const TRecursion &   recursion,
           const GuidanceView & guidance,
           const LineTile &     tile,
           std::size_t          first,
           std::size_t          count,
           TileWorkspace &      workspace,
           float *              weight)
{
  const std::size_t guidanceSize = guidance.components * TileLanes;
  if (first == 0)
  {
    std::fill_n(weight, TileLanes, 0.0f);
    LoadGuidance(guidance, tile, 0, 1, workspace.lines.get(), workspace.guidance.get());
  }
  else
  {
    std::copy_n(weight + TileBlock * TileLanes, TileLanes, weight);
    std::copy_n(workspace.guidance.get() + TileBlock * guidanceSize, guidanceSize, workspace.guidance.get());
  }
  const std::size_t edges = std::min(count, tile.nodes - 1 - first);
  LoadGuidance(guidance, tile, first + 1, edges, workspace.lines.get(), workspace.guidance.get() + guidanceSize);
  recursion.Weigh(workspace.guidance.get(), guidance.components, edges, weight + TileLanes);
  std::fill(weight + (1 + edges) * TileLanes, weight + (1 + count) * TileLanes, 0.0f);
}

/** The sweeps where the values of a node's lanes are contiguous: they stay where they are. */
template <unsigned int VComponents, typename TRecursion>
ITK_COLORIZATION_INLINE void
SweepInPlace(TRecursion           recursion,
             const TileVolume &   volume,
             const GuidanceView & guidance,
             const LineTile &     tile,
             TileWorkspace &      workspace)
{
  const unsigned int   components = VComponents > 0 ? VComponents : volume.components;
  const std::size_t    width = tile.lanes * components;
  const std::ptrdiff_t stride = volume.stride[tile.axis];
  float                weight[(TileBlock + 1) * TileLanes];
  float *              spread0 = workspace.spread.get();
  float *              spread1 = spread0 + components * TileLanes;
  for (std::size_t first = 0; first < tile.nodes; first += TileBlock)
  {
    const std::size_t count = std::min(TileBlock, tile.nodes - first);
    WeighBlock(recursion, guidance, tile, first, count, workspace, weight);
    for (std::size_t i = 0; i < count; ++i)
    {
      float * row = volume.At(tile, first + i);
      float * memory = workspace.memory.get() + (first + i) * TileLanes;
      if (first + i + TileBlock < tile.nodes)
      {
        Prefetch(row + TileBlock * stride, width * sizeof(float));
      }
      float coefficient0[TileLanes];
      float coefficient1[TileLanes];
      recursion.Forward(first + i == 0,
                        weight + i * TileLanes,
                        weight + (i + 1) * TileLanes,
                        coefficient0,
                        coefficient1,
                        memory);
      Spread<VComponents>(coefficient0, components, spread0);
      Spread<VComponents>(coefficient1, components, spread1);
      const float * before = first + i > 0 ? row - stride : row;
      if (tile.lanes == TileLanes)
      {
        recursion.ForwardValues(spread0, spread1, before, TileLanes * components, row);
      }
      else
      {
        recursion.ForwardValues(spread0, spread1, before, width, row);
      }
    }
  }
  for (std::size_t i = tile.nodes - 1; i-- > 0;)
  {
    float * row = volume.At(tile, i);
    Spread<VComponents>(workspace.memory.get() + i * TileLanes, components, spread0);
    if (tile.lanes == TileLanes)
    {
      recursion.BackwardValues(spread0, row + stride, TileLanes * components, row);
    }
    else
    {
      recursion.BackwardValues(spread0, row + stride, width, row);
    }
  }
}

/** The sweeps where the values of a line are contiguous: they are brought into the order [node][component][lane]. */
template <unsigned int VComponents, typename TRecursion>
ITK_COLORIZATION_INLINE void
SweepTransposed(TRecursion           recursion,
                const TileVolume &   volume,
                const GuidanceView & guidance,
                const LineTile &     tile,
                TileWorkspace &      workspace)
{
  const unsigned int   components = VComponents > 0 ? VComponents : volume.components;
  const std::size_t    nodeSize = components * TileLanes;
  const std::size_t    lineSize = TileBlock * components;
  const std::ptrdiff_t laneStride = volume.stride[tile.laneAxis];
  float                weight[(TileBlock + 1) * TileLanes];
  for (std::size_t first = 0; first < tile.nodes; first += TileBlock)
  {
    const std::size_t count = std::min(TileBlock, tile.nodes - first);
    WeighBlock(recursion, guidance, tile, first, count, workspace, weight);
    const float * lines = volume.At(tile, first);
    float *       values = workspace.values.get() + first * nodeSize;
    for (std::size_t l = 0; l < tile.lanes; ++l)
    {
      Prefetch(lines + l * laneStride + TileBlock * components, TileBlock * components * sizeof(float));
      CopyLine(lines + l * laneStride, count * components, workspace.lines.get() + l * lineSize);
    }
    Transpose(workspace.lines.get(), lineSize, tile.lanes, count * components, values, TileLanes);
    for (std::size_t i = 0; i < count; ++i)
    {
      float coefficient0[TileLanes];
      float coefficient1[TileLanes];
      recursion.Forward(first + i == 0,
                        weight + i * TileLanes,
                        weight + (i + 1) * TileLanes,
                        coefficient0,
                        coefficient1,
                        workspace.memory.get() + (first + i) * TileLanes);
      float * node = values + i * nodeSize;
      for (unsigned int c = 0; c < components; ++c, node += TileLanes)
      {
        recursion.ForwardValues(coefficient0, coefficient1, first + i > 0 ? node - nodeSize : node, TileLanes, node);
      }
    }
  }
  for (std::size_t end = tile.nodes; end > 0;)
  {
    const std::size_t first = (end - 1) / TileBlock * TileBlock;
    for (std::size_t i = std::min(end, tile.nodes - 1); i-- > first;)
    {
      float * node = workspace.values.get() + i * nodeSize;
      for (unsigned int c = 0; c < components; ++c, node += TileLanes)
      {
        recursion.BackwardValues(workspace.memory.get() + i * TileLanes, node + nodeSize, TileLanes, node);
      }
    }
    const std::size_t count = (end - first) * components;
    Transpose(workspace.values.get() + first * nodeSize, TileLanes, count, tile.lanes, workspace.lines.get(), lineSize);
    for (std::size_t l = 0; l < tile.lanes; ++l)
    {
      CopyLine(workspace.lines.get() + l * lineSize, count, volume.At(tile, first) + l * laneStride);
    }
    end = first;
  }
}

template <unsigned int VComponents, typename TRecursion>
ITK_COLORIZATION_INLINE void
SweepTileOf(const TRecursion &   recursion,
            const TileVolume &   volume,
            const GuidanceView & guidance,
            const LineTile &     tile,
            TileWorkspace &      workspace)
{
  if (tile.laneAxis == 0)
  {
    SweepInPlace<VComponents>(recursion, volume, guidance, tile, workspace);
  }
  else
  {
    SweepTransposed<VComponents>(recursion, volume, guidance, tile, workspace);
  }
}

/** Runs a recursion along the lines of a tile, there and back, in place.
 *
 * TRecursion has the functions, for arrays of one float a lane,
 *   Weigh(guidance, components, edges, weight): the weights of the edges between the nodes of a block;
 *   Forward(is first node, weight before, weight after, coefficient 0, coefficient 1, memory): coefficients of the node,
 *     and what the backward sweep needs to know of it;
 * and, for one float a value,
 *   ForwardValues(coefficient 0, coefficient 1, values of the node before, count, values);
 *   BackwardValues(memory, values of the node after, count, values). */
template <typename TRecursion>
ITK_COLORIZATION_INLINE void
SweepTile(const TRecursion &   recursion,
          const TileVolume &   volume,
          const GuidanceView & guidance,
          const LineTile &     tile,
          TileWorkspace &      workspace)
{
  switch (volume.components)
  {
    case 1:
      SweepTileOf<1>(recursion, volume, guidance, tile, workspace);
      break;
    case 3:
      SweepTileOf<3>(recursion, volume, guidance, tile, workspace);
      break;
    default:
      SweepTileOf<0>(recursion, volume, guidance, tile, workspace);
  }
}

/** Workspaces that chunks of a loop take and give back, so that there are as many as threads. */
class WorkspacePool
{
public:
  WorkspacePool(std::size_t nodes, unsigned int components, unsigned int guidanceComponents)
    : m_Nodes(nodes)
    , m_Components(components)
    , m_GuidanceComponents(guidanceComponents)
  {}

  std::unique_ptr<TileWorkspace>
  Take()
  {
    const std::lock_guard<std::mutex> lock(m_Mutex);
    if (m_Free.empty())
    {
      return std::make_unique<TileWorkspace>(m_Nodes, m_Components, m_GuidanceComponents);
    }
    auto workspace = std::move(m_Free.back());
    m_Free.pop_back();
    return workspace;
  }

  void
  GiveBack(std::unique_ptr<TileWorkspace> workspace)
  {
    const std::lock_guard<std::mutex> lock(m_Mutex);
    m_Free.push_back(std::move(workspace));
  }

private:
  std::size_t                                 m_Nodes;
  unsigned int                                m_Components;
  unsigned int                                m_GuidanceComponents;
  std::mutex                                  m_Mutex;
  std::vector<std::unique_ptr<TileWorkspace>> m_Free;
};

/** Calls sweepTile(recursion, volume, guidance, tile, workspace) for all lines along `axis`. */
template <typename TSweepTile, typename TRecursion>
void
SweepLines(const TSweepTile &                 sweepTile,
           const TRecursion &                 recursion,
           float *                            values,
           unsigned int                       components,
           const GuidanceView &               guidance,
           const std::array<std::size_t, 3> & size,
           unsigned int                       axis,
           WorkspacePool &                    workspaces,
           const ParallelFor &                parallelFor)
{
  if (size[axis] < 2)
  {
    return;
  }
  const TileVolume            volume{ values, MakeGuidanceView(values, components, size).stride, components };
  const std::vector<LineTile> tiles = MakeLineTiles(size, axis);
  const std::size_t           tilesAChunk = tiles.size() / 64 + 1;
  parallelFor((tiles.size() + tilesAChunk - 1) / tilesAChunk,
              [&](std::size_t chunk)
              {
                auto              workspace = workspaces.Take();
                const std::size_t end = std::min(tiles.size(), (chunk + 1) * tilesAChunk);
                for (std::size_t k = chunk * tilesAChunk; k < end; ++k)
                {
                  sweepTile(recursion, volume, guidance, tiles[k], *workspace);
                }
                workspaces.GiveBack(std::move(workspace));
              });
}

} // namespace colorization
} // namespace itk

#endif
