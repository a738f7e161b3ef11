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
#include "itkFastGlobalSmoother.h"
#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace itk
{
namespace colorization
{
namespace
{
/** Lines solved together: one SIMD lane each. */
constexpr std::size_t TileLanes = 64;

/** Lines along one axis that lie side by side in memory: lane l and node i are at origin + l * laneStride +
 * i * nodeStride. */
struct LineTile
{
  std::size_t origin;
  std::size_t lanes;
  std::size_t nodes;
  std::size_t laneStride;
  std::size_t nodeStride;
};

/** Memory of one thread: node by node, TileLanes floats a node. */
struct TileWorkspace
{
  std::vector<float> coupling;   // -lambda * w between a node and the next
  std::vector<float> eliminated; // the super-diagonal after forward elimination
  std::vector<float> pivot;      // the reciprocal pivots
  std::vector<float> value;

  explicit TileWorkspace(std::size_t nodes)
    : coupling(nodes * TileLanes)
    , eliminated(nodes * TileLanes)
    , pivot(nodes * TileLanes)
    , value(nodes * TileLanes)
  {}
};

void
LoadTile(const float * volume, const LineTile & tile, float * out)
{
  if (tile.laneStride == 1)
  {
    for (std::size_t i = 0; i < tile.nodes; ++i)
    {
      const float * row = volume + tile.origin + i * tile.nodeStride;
      std::copy(row, row + tile.lanes, out + i * TileLanes);
    }
    return;
  }
  for (std::size_t lane = 0; lane < tile.lanes; ++lane)
  {
    const float * line = volume + tile.origin + lane * tile.laneStride;
    for (std::size_t i = 0; i < tile.nodes; ++i)
    {
      out[i * TileLanes + lane] = line[i * tile.nodeStride];
    }
  }
}

void
StoreTile(const float * in, const LineTile & tile, float * volume)
{
  if (tile.laneStride == 1)
  {
    for (std::size_t i = 0; i < tile.nodes; ++i)
    {
      std::copy(in + i * TileLanes, in + i * TileLanes + tile.lanes, volume + tile.origin + i * tile.nodeStride);
    }
    return;
  }
  for (std::size_t lane = 0; lane < tile.lanes; ++lane)
  {
    float * line = volume + tile.origin + lane * tile.laneStride;
    for (std::size_t i = 0; i < tile.nodes; ++i)
    {
      line[i * tile.nodeStride] = in[i * TileLanes + lane];
    }
  }
}

/** Adds the squared difference of neighbouring nodes to `squared`; the first component sets it. */
ITK_COLORIZATION_MULTIVERSION void
AccumulateSquaredDifference(const float * guidance, std::size_t nodes, bool first, float * squared)
{
  const std::size_t count = (nodes - 1) * TileLanes;
  for (std::size_t k = 0; k < count; ++k)
  {
    const float difference = guidance[k + TileLanes] - guidance[k];
    squared[k] = (first ? 0.0f : squared[k]) + difference * difference;
  }
}

/** coupling = -lambda * exp(-sqrt(squared) / sigma), in place. */
ITK_COLORIZATION_MULTIVERSION void
SquaredDifferenceToCoupling(float * coupling, std::size_t nodes, float inverseSigma, float lambda)
{
  const std::size_t count = (nodes - 1) * TileLanes;
  for (std::size_t k = 0; k < count; ++k)
  {
    coupling[k] = -lambda * NegativeExp(-std::sqrt(coupling[k]) * inverseSigma);
  }
}

/** The part of the Thomas algorithm that depends on the guidance only. */
ITK_COLORIZATION_MULTIVERSION void
EliminateTile(const float * coupling, std::size_t nodes, float * eliminated, float * pivot)
{
  for (std::size_t i = 0; i < nodes; ++i)
  {
    const float * before = i > 0 ? coupling + (i - 1) * TileLanes : nullptr;
    const float * after = i + 1 < nodes ? coupling + i * TileLanes : nullptr;
    const float * carried = i > 0 ? eliminated + (i - 1) * TileLanes : nullptr;
    float *       e = eliminated + i * TileLanes;
    float *       p = pivot + i * TileLanes;
    for (std::size_t l = 0; l < TileLanes; ++l)
    {
      const float a = before ? before[l] : 0.0f;
      const float c = after ? after[l] : 0.0f;
      p[l] = 1.0f / (1.0f - c - a * (1.0f + (carried ? carried[l] : 0.0f)));
      e[l] = c * p[l];
    }
  }
}

/** Forward and back substitution of one component. */
ITK_COLORIZATION_MULTIVERSION void
SubstituteTile(const float * coupling, const float * eliminated, const float * pivot, std::size_t nodes, float * value)
{
  for (std::size_t l = 0; l < TileLanes; ++l)
  {
    value[l] *= pivot[l];
  }
  for (std::size_t i = 1; i < nodes; ++i)
  {
    const float * a = coupling + (i - 1) * TileLanes;
    const float * p = pivot + i * TileLanes;
    const float * previous = value + (i - 1) * TileLanes;
    float *       v = value + i * TileLanes;
    for (std::size_t l = 0; l < TileLanes; ++l)
    {
      v[l] = (v[l] - a[l] * previous[l]) * p[l];
    }
  }
  for (std::size_t i = nodes - 1; i-- > 0;)
  {
    const float * e = eliminated + i * TileLanes;
    const float * next = value + (i + 1) * TileLanes;
    float *       v = value + i * TileLanes;
    for (std::size_t l = 0; l < TileLanes; ++l)
    {
      v[l] -= e[l] * next[l];
    }
  }
}

/** Solves all components on the lines of one tile. */
void
SolveTile(float *          values,
          unsigned int     components,
          const float *    guidance,
          unsigned int     guidanceComponents,
          std::size_t      voxels,
          const LineTile & tile,
          float            inverseSigma,
          float            lambda,
          TileWorkspace &  workspace)
{
  for (unsigned int g = 0; g < guidanceComponents; ++g)
  {
    LoadTile(guidance + g * voxels, tile, workspace.value.data());
    AccumulateSquaredDifference(workspace.value.data(), tile.nodes, g == 0, workspace.coupling.data());
  }
  SquaredDifferenceToCoupling(workspace.coupling.data(), tile.nodes, inverseSigma, lambda);
  EliminateTile(workspace.coupling.data(), tile.nodes, workspace.eliminated.data(), workspace.pivot.data());
  for (unsigned int c = 0; c < components; ++c)
  {
    LoadTile(values + c * voxels, tile, workspace.value.data());
    SubstituteTile(workspace.coupling.data(),
                   workspace.eliminated.data(),
                   workspace.pivot.data(),
                   tile.nodes,
                   workspace.value.data());
    StoreTile(workspace.value.data(), tile, values + c * voxels);
  }
}

/** The tiles that cover all lines along `axis`. */
std::vector<LineTile>
MakeTiles(const std::array<std::size_t, 3> & size, unsigned int axis)
{
  const std::array<std::size_t, 3> stride{ { 1, size[0], size[0] * size[1] } };
  // Lanes run along x where they can, so that a node of a tile is contiguous.
  const unsigned int    laneAxis = axis == 0 ? (size[1] > 1 ? 1 : 2) : 0;
  const unsigned int    outerAxis = 3 - axis - laneAxis;
  std::vector<LineTile> tiles;
  for (std::size_t outer = 0; outer < size[outerAxis]; ++outer)
  {
    for (std::size_t lane = 0; lane < size[laneAxis]; lane += TileLanes)
    {
      tiles.push_back({ outer * stride[outerAxis] + lane * stride[laneAxis],
                        std::min(TileLanes, size[laneAxis] - lane),
                        size[axis],
                        stride[laneAxis],
                        stride[axis] });
    }
  }
  return tiles;
}
} // namespace

double
FastGlobalSmootherLambda(const FastGlobalSmootherParameters & parameters, unsigned int t)
{
  const double remaining = std::pow(4.0, static_cast<double>(parameters.iterations) - t);
  if (parameters.attenuation == SmoothingAttenuation::OpenCV)
  {
    return parameters.lambda / std::pow(4.0, t - 1.0);
  }
  return 1.5 * remaining / (std::pow(4.0, parameters.iterations) - 1.0) * parameters.lambda;
}

void
FastGlobalSmooth(float *                              values,
                 unsigned int                         components,
                 const float *                        guidance,
                 unsigned int                         guidanceComponents,
                 const std::array<std::size_t, 3> &   size,
                 const FastGlobalSmootherParameters & parameters,
                 const ParallelFor &                  parallelFor,
                 const ProgressCallback &             progress)
{
  const std::size_t voxels = size[0] * size[1] * size[2];
  if (voxels == 0)
  {
    return;
  }
  const auto inverseSigma = static_cast<float>(1.0 / parameters.sigma);
  for (unsigned int t = 1; t <= parameters.iterations; ++t)
  {
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      progress((t - 1 + axis / 3.0) / parameters.iterations);
      if (!parameters.smoothAxis[axis] || size[axis] < 2)
      {
        continue;
      }
      const auto lambda = static_cast<float>(FastGlobalSmootherLambda(parameters, t) * parameters.axisScale[axis]);
      const std::vector<LineTile> tiles = MakeTiles(size, axis);
      constexpr std::size_t       tilesAChunk = 8;
      parallelFor((tiles.size() + tilesAChunk - 1) / tilesAChunk,
                  [&](std::size_t chunk)
                  {
                    TileWorkspace     workspace(size[axis]);
                    const std::size_t end = std::min(tiles.size(), (chunk + 1) * tilesAChunk);
                    for (std::size_t k = chunk * tilesAChunk; k < end; ++k)
                    {
                      SolveTile(values,
                                components,
                                guidance,
                                guidanceComponents,
                                voxels,
                                tiles[k],
                                inverseSigma,
                                lambda,
                                workspace);
                    }
                  });
    }
  }
  progress(1.0);
}

} // namespace colorization
} // namespace itk
