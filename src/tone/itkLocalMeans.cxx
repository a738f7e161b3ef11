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
#include "itkLocalMeans.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** Passes of the kernel (1, 2, 1) / 4 over the cells. */
constexpr std::size_t Passes = 1;

/** The cell of which the linear weights of adding and reading, each of variance 1/6, and the passes, each of 1/2, make a
 * neighborhood of that radius. */
double
CellOf(double radius)
{
  return radius / std::sqrt(2.0 / 6.0 + static_cast<double>(Passes) / 2.0);
}
} // namespace

LocalMeansGrid::LocalMeansGrid(const VolumeView &           view,
                               const LocalMeansParameters & parameters,
                               std::size_t                  channels,
                               bool                         hasGuide)
  : m_Cell(CellOf(parameters.radius))
  , m_Bins(hasGuide ? std::max(1u, parameters.bins) : 1)
  , m_Channels(channels)
  , m_CellValues(m_Bins * (channels + 1))
  , m_PriorVolume(static_cast<float>(parameters.priorVolume))
{
  for (std::size_t axis = 0; axis < 3; ++axis)
  {
    const auto at = [&](std::ptrdiff_t voxel)
    { return NodeOf(static_cast<double>(voxel) * view.spacing[axis] / m_Cell).first; };
    m_First[axis] = at(view.start[axis]);
    const auto last = at(view.start[axis] + static_cast<std::ptrdiff_t>(view.size[axis]) - 1);
    m_Cells[axis] = static_cast<std::size_t>(last - m_First[axis]) + 2;
  }
  m_Values.assign(m_Cells[0] * m_Cells[1] * m_Cells[2] * m_CellValues, 0.0f);
}

auto
LocalMeansGrid::NodeOf(double place) -> Node
{
  const double first = std::floor(place);
  return { static_cast<std::ptrdiff_t>(first), static_cast<float>(place - first) };
}

auto
LocalMeansGrid::BinOf(const float * guide, std::size_t voxel, std::size_t bins) -> Node
{
  if (bins == 1)
  {
    return { 0, 0.0f };
  }
  const float place = std::min(std::max(guide[voxel], 0.0f), 1.0f) * static_cast<float>(bins - 1);
  const float first = std::min(std::floor(place), static_cast<float>(bins - 2));
  return { static_cast<std::ptrdiff_t>(first), place - first };
}

auto
LocalMeansGrid::NodesOf(const VolumeView & part) const -> Nodes
{
  Nodes nodes;
  for (std::size_t axis = 0; axis < 3; ++axis)
  {
    nodes[axis].resize(part.size[axis]);
    for (std::size_t i = 0; i < part.size[axis]; ++i)
    {
      nodes[axis][i] =
        NodeOf((static_cast<double>(part.start[axis]) + static_cast<double>(i)) * part.spacing[axis] / m_Cell);
      nodes[axis][i].first -= m_First[axis];
    }
  }
  return nodes;
}

void
LocalMeansGrid::Add(const VolumeView &                 part,
                    const float *                      guide,
                    const float *                      weight,
                    const std::vector<const float *> & channels,
                    const ParallelFor &                parallelFor)
{
  const auto  voxelVolume = static_cast<float>(part.spacing[0] * part.spacing[1] * part.spacing[2]);
  const Nodes nodes = this->NodesOf(part);
  const auto  firstLayer = static_cast<std::size_t>(nodes[2].front().first);
  // Each iteration owns a layer of cells, to which the slices on both sides add.
  parallelFor(static_cast<std::size_t>(nodes[2].back().first) - firstLayer + 2,
              [&](std::size_t number)
              {
                const std::size_t layer = firstLayer + number;
                for (std::size_t z = 0; z < part.size[2]; ++z)
                {
                  const Node  node = nodes[2][z];
                  const auto  below = static_cast<std::size_t>(node.first);
                  const float share = below == layer ? 1.0f - node.share : below + 1 == layer ? node.share : 0.0f;
                  if (share > 0.0f)
                  {
                    this->AddSlice(part, nodes, z, layer, share * voxelVolume, guide, weight, channels);
                  }
                }
              });
}

void
LocalMeansGrid::AddSlice(const VolumeView &                 part,
                         const Nodes &                      nodes,
                         std::size_t                        z,
                         std::size_t                        layer,
                         float                              share,
                         const float *                      guide,
                         const float *                      weight,
                         const std::vector<const float *> & channels)
{
  for (std::size_t y = 0; y < part.size[1]; ++y)
  {
    const Node  nodeY = nodes[1][y];
    std::size_t voxel = (z * part.size[1] + y) * part.size[0];
    for (std::size_t x = 0; x < part.size[0]; ++x, ++voxel)
    {
      const float own = share * weight[voxel];
      if (!(own > 0.0f))
      {
        continue;
      }
      const Node nodeX = nodes[0][x];
      const Node bin = BinOf(guide, voxel, m_Bins);
      for (std::size_t corner = 0; corner < 4; ++corner)
      {
        const float       alongX = (corner & 1u) != 0 ? nodeX.share : 1.0f - nodeX.share;
        const float       alongY = (corner & 2u) != 0 ? nodeY.share : 1.0f - nodeY.share;
        const std::size_t cellX = static_cast<std::size_t>(nodeX.first) + (corner & 1u);
        const std::size_t cellY = static_cast<std::size_t>(nodeY.first) + (corner >> 1u);
        float *           cell = m_Values.data() + ((layer * m_Cells[1] + cellY) * m_Cells[0] + cellX) * m_CellValues;
        const float       atCell = own * alongX * alongY;
        for (std::size_t b = 0; b < std::min<std::size_t>(2, m_Bins); ++b)
        {
          const float atBin = atCell * (b == 1 ? bin.share : 1.0f - bin.share);
          float *     sums = cell + (static_cast<std::size_t>(bin.first) + b) * (m_Channels + 1);
          for (std::size_t c = 0; c < m_Channels; ++c)
          {
            sums[c] += atBin * channels[c][voxel];
          }
          sums[m_Channels] += atBin;
        }
      }
    }
  }
}

void
LocalMeansGrid::Smooth(const ParallelFor & parallelFor)
{
  for (std::size_t pass = 0; pass < Passes; ++pass)
  {
    for (std::size_t axis = 0; axis < 3; ++axis)
    {
      this->SmoothAlong(axis, parallelFor);
    }
  }
  if (m_Bins > 2)
  {
    this->SmoothBins(parallelFor);
  }
}

/** (1, 2, 1) / 4 along an axis of cells; beyond the ends there is nothing. */
void
LocalMeansGrid::SmoothAlong(std::size_t axis, const ParallelFor & parallelFor)
{
  const std::size_t cells = m_Cells[axis];
  const std::size_t inner = axis == 0 ? 1 : axis == 1 ? m_Cells[0] : m_Cells[0] * m_Cells[1];
  const std::size_t stride = m_CellValues * inner;
  const std::size_t lines = m_Values.size() / m_CellValues / cells;
  parallelFor(lines,
              [&](std::size_t line)
              {
                const std::size_t  begin = (line / inner * inner * cells + line % inner) * m_CellValues;
                std::vector<float> before(m_CellValues, 0.0f);
                std::vector<float> own(m_CellValues);
                for (std::size_t i = 0; i < cells; ++i)
                {
                  float * cell = m_Values.data() + begin + i * stride;
                  std::copy_n(cell, m_CellValues, own.begin());
                  for (std::size_t v = 0; v < m_CellValues; ++v)
                  {
                    const float after = i + 1 < cells ? cell[stride + v] : 0.0f;
                    cell[v] = 0.25f * (before[v] + after) + 0.5f * own[v];
                  }
                  before.swap(own);
                }
              });
}

void
LocalMeansGrid::SmoothBins(const ParallelFor & parallelFor)
{
  const std::size_t step = m_Channels + 1;
  parallelFor(m_Cells[1] * m_Cells[2],
              [&](std::size_t line)
              {
                for (std::size_t x = 0; x < m_Cells[0]; ++x)
                {
                  float * cell = m_Values.data() + (line * m_Cells[0] + x) * m_CellValues;
                  for (std::size_t c = 0; c < step; ++c)
                  {
                    float before = 0.0f;
                    for (std::size_t b = 0; b < m_Bins; ++b)
                    {
                      const float own = cell[b * step + c];
                      const float after = b + 1 < m_Bins ? cell[(b + 1) * step + c] : 0.0f;
                      cell[b * step + c] = 0.25f * (before + after) + 0.5f * own;
                      before = own;
                    }
                  }
                }
              });
}

void
LocalMeansGrid::Read(const VolumeView &                 part,
                     const float *                      guide,
                     const std::vector<const float *> & priors,
                     const std::vector<float *> &       means,
                     float *                            support,
                     const ParallelFor &                parallelFor) const
{
  const Nodes nodes = this->NodesOf(part);
  parallelFor(part.size[1] * part.size[2],
              [&](std::size_t row)
              {
                const std::size_t  y = row % part.size[1];
                const std::size_t  z = row / part.size[1];
                std::vector<float> sums(m_Channels + 1);
                for (std::size_t x = 0; x < part.size[0]; ++x)
                {
                  const std::size_t voxel = row * part.size[0] + x;
                  this->ReadVoxel({ { nodes[0][x], nodes[1][y], nodes[2][z] } }, BinOf(guide, voxel, m_Bins), sums);
                  const float total = sums[m_Channels] + (priors.empty() ? 0.0f : m_PriorVolume);
                  for (std::size_t c = 0; c < m_Channels; ++c)
                  {
                    const float prior = priors.empty() ? 0.0f : m_PriorVolume * priors[c][voxel];
                    means[c][voxel] = total > 0.0f ? (sums[c] + prior) / total : 0.0f;
                  }
                  if (support)
                  {
                    support[voxel] = sums[m_Channels];
                  }
                }
              });
}

void
LocalMeansGrid::ReadVoxel(const std::array<Node, 3> & place, const Node & bin, std::vector<float> & sums) const
{
  std::fill(sums.begin(), sums.end(), 0.0f);
  for (std::size_t corner = 0; corner < 8; ++corner)
  {
    const float   alongX = (corner & 1u) != 0 ? place[0].share : 1.0f - place[0].share;
    const float   alongY = (corner & 2u) != 0 ? place[1].share : 1.0f - place[1].share;
    const float   alongZ = (corner & 4u) != 0 ? place[2].share : 1.0f - place[2].share;
    const float   atCell = alongX * alongY * alongZ;
    const float * cell = this->CellAt(static_cast<std::size_t>(place[0].first) + (corner & 1u),
                                      static_cast<std::size_t>(place[1].first) + (corner >> 1u & 1u),
                                      static_cast<std::size_t>(place[2].first) + (corner >> 2u));
    for (std::size_t b = 0; b < std::min<std::size_t>(2, m_Bins); ++b)
    {
      const float   atBin = atCell * (b == 1 ? bin.share : 1.0f - bin.share);
      const float * values = cell + (static_cast<std::size_t>(bin.first) + b) * (m_Channels + 1);
      for (std::size_t c = 0; c <= m_Channels; ++c)
      {
        sums[c] += atBin * values[c];
      }
    }
  }
}

std::array<std::size_t, 3>
LocalMeansReach(const std::array<double, 3> & spacing, const LocalMeansParameters & parameters)
{
  // A voxel reads the cells on both sides, which the passes filled from the next ones, to which voxels up to a cell away
  // added.
  const double               cells = 2.0 + static_cast<double>(Passes);
  std::array<std::size_t, 3> reach{};
  for (std::size_t axis = 0; axis < 3; ++axis)
  {
    reach[axis] = static_cast<std::size_t>(std::ceil(cells * CellOf(parameters.radius) / spacing[axis])) + 1;
  }
  return reach;
}

void
ComputeLocalMeans(const VolumeView &                 view,
                  const float *                      guide,
                  const float *                      weight,
                  const std::vector<const float *> & channels,
                  const std::vector<const float *> & priors,
                  const LocalMeansParameters &       parameters,
                  const std::vector<float *> &       means,
                  float *                            support,
                  const ParallelFor &                parallelFor)
{
  LocalMeansGrid grid(view, parameters, channels.size(), guide != nullptr);
  grid.Add(view, guide, weight, channels, parallelFor);
  grid.Smooth(parallelFor);
  grid.Read(view, guide, priors, means, support, parallelFor);
}

} // namespace colorization
} // namespace itk
