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

/** Where a voxel lies between two nodes. */
struct Node
{
  std::ptrdiff_t first;
  float          share;
};

Node
NodeOf(double place)
{
  const double first = std::floor(place);
  return { static_cast<std::ptrdiff_t>(first), static_cast<float>(place - first) };
}

/** Cells along one axis. */
struct Axis
{
  std::ptrdiff_t    first;
  std::size_t       cells;
  std::vector<Node> nodes;
};

Axis
MakeAxis(std::size_t size, double spacing, std::ptrdiff_t start, double cell)
{
  Axis axis;
  axis.nodes.resize(size);
  for (std::size_t i = 0; i < size; ++i)
  {
    axis.nodes[i] = NodeOf((static_cast<double>(start) + static_cast<double>(i)) * spacing / cell);
  }
  axis.first = axis.nodes.front().first;
  axis.cells = static_cast<std::size_t>(axis.nodes.back().first - axis.first) + 2;
  for (Node & node : axis.nodes)
  {
    node.first -= axis.first;
  }
  return axis;
}

Node
BinOf(const float * guide, std::size_t voxel, std::size_t bins)
{
  if (bins == 1)
  {
    return { 0, 0.0f };
  }
  const float place = std::min(std::max(guide[voxel], 0.0f), 1.0f) * static_cast<float>(bins - 1);
  const float first = std::min(std::floor(place), static_cast<float>(bins - 2));
  return { static_cast<std::ptrdiff_t>(first), place - first };
}

/** The grid: for each cell and bin the channels' sums, and the sum of weights last. */
class Grid
{
public:
  Grid(const VolumeView & view, double cell, std::size_t bins, std::size_t channels)
    : m_View(view)
    , m_Bins(bins)
    , m_Channels(channels)
  {
    for (std::size_t axis = 0; axis < 3; ++axis)
    {
      m_Axes[axis] = MakeAxis(view.size[axis], view.spacing[axis], view.start[axis], cell);
    }
    m_CellValues = m_Bins * (m_Channels + 1);
    m_Values.assign(m_Axes[0].cells * m_Axes[1].cells * m_Axes[2].cells * m_CellValues, 0.0f);
  }

  void
  Add(const float *                      guide,
      const float *                      weight,
      const std::vector<const float *> & channels,
      float                              voxelVolume,
      const ParallelFor &                parallelFor)
  {
    // Each iteration owns a layer of cells, to which the slices on both sides add.
    parallelFor(m_Axes[2].cells,
                [&](std::size_t layer)
                {
                  for (std::size_t z = 0; z < m_View.size[2]; ++z)
                  {
                    const Node  node = m_Axes[2].nodes[z];
                    const auto  below = static_cast<std::size_t>(node.first);
                    const float share = below == layer ? 1.0f - node.share : below + 1 == layer ? node.share : 0.0f;
                    if (share > 0.0f)
                    {
                      this->AddSlice(z, layer, share * voxelVolume, guide, weight, channels);
                    }
                  }
                });
  }

  void
  Smooth(const ParallelFor & parallelFor)
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

  void
  Read(const float *                      guide,
       const std::vector<const float *> & priors,
       float                              priorVolume,
       const std::vector<float *> &       means,
       float *                            support,
       const ParallelFor &                parallelFor) const
  {
    parallelFor(m_View.size[1] * m_View.size[2],
                [&](std::size_t row)
                {
                  const std::size_t  y = row % m_View.size[1];
                  const std::size_t  z = row / m_View.size[1];
                  std::vector<float> sums(m_Channels + 1);
                  for (std::size_t x = 0; x < m_View.size[0]; ++x)
                  {
                    const std::size_t voxel = row * m_View.size[0] + x;
                    this->ReadVoxel(x, y, z, BinOf(guide, voxel, m_Bins), sums);
                    const float total = sums[m_Channels] + (priors.empty() ? 0.0f : priorVolume);
                    for (std::size_t c = 0; c < m_Channels; ++c)
                    {
                      const float prior = priors.empty() ? 0.0f : priorVolume * priors[c][voxel];
                      means[c][voxel] = total > 0.0f ? (sums[c] + prior) / total : 0.0f;
                    }
                    if (support)
                    {
                      support[voxel] = sums[m_Channels];
                    }
                  }
                });
  }

private:
  float *
  CellAt(std::size_t x, std::size_t y, std::size_t z)
  {
    return m_Values.data() + ((z * m_Axes[1].cells + y) * m_Axes[0].cells + x) * m_CellValues;
  }
  const float *
  CellAt(std::size_t x, std::size_t y, std::size_t z) const
  {
    return m_Values.data() + ((z * m_Axes[1].cells + y) * m_Axes[0].cells + x) * m_CellValues;
  }

  void
  AddSlice(std::size_t                        z,
           std::size_t                        layer,
           float                              share,
           const float *                      guide,
           const float *                      weight,
           const std::vector<const float *> & channels)
  {
    for (std::size_t y = 0; y < m_View.size[1]; ++y)
    {
      const Node  nodeY = m_Axes[1].nodes[y];
      std::size_t voxel = (z * m_View.size[1] + y) * m_View.size[0];
      for (std::size_t x = 0; x < m_View.size[0]; ++x, ++voxel)
      {
        const float own = share * weight[voxel];
        if (!(own > 0.0f))
        {
          continue;
        }
        const Node nodeX = m_Axes[0].nodes[x];
        const Node bin = BinOf(guide, voxel, m_Bins);
        for (std::size_t corner = 0; corner < 4; ++corner)
        {
          const float alongX = (corner & 1u) != 0 ? nodeX.share : 1.0f - nodeX.share;
          const float alongY = (corner & 2u) != 0 ? nodeY.share : 1.0f - nodeY.share;
          float *     cell = this->CellAt(static_cast<std::size_t>(nodeX.first) + (corner & 1u),
                                      static_cast<std::size_t>(nodeY.first) + (corner >> 1u),
                                      layer);
          const float atCell = own * alongX * alongY;
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

  /** (1, 2, 1) / 4 along an axis of cells; beyond the ends there is nothing. */
  void
  SmoothAlong(std::size_t axis, const ParallelFor & parallelFor)
  {
    const std::size_t cells = m_Axes[axis].cells;
    const std::size_t stride = m_CellValues * (axis == 0   ? 1
                                               : axis == 1 ? m_Axes[0].cells
                                                           : m_Axes[0].cells * m_Axes[1].cells);
    const std::size_t lines = m_Values.size() / m_CellValues / cells;
    parallelFor(lines,
                [&](std::size_t line)
                {
                  std::size_t begin = 0;
                  if (axis == 0)
                  {
                    begin = line * cells * m_CellValues;
                  }
                  else
                  {
                    const std::size_t inner = stride / m_CellValues;
                    begin = (line / inner * inner * cells + line % inner) * m_CellValues;
                  }
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
  SmoothBins(const ParallelFor & parallelFor)
  {
    const std::size_t step = m_Channels + 1;
    parallelFor(m_Axes[1].cells * m_Axes[2].cells,
                [&](std::size_t line)
                {
                  for (std::size_t x = 0; x < m_Axes[0].cells; ++x)
                  {
                    float * cell = m_Values.data() + (line * m_Axes[0].cells + x) * m_CellValues;
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
  ReadVoxel(std::size_t x, std::size_t y, std::size_t z, const Node & bin, std::vector<float> & sums) const
  {
    const Node nodeX = m_Axes[0].nodes[x];
    const Node nodeY = m_Axes[1].nodes[y];
    const Node nodeZ = m_Axes[2].nodes[z];
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (std::size_t corner = 0; corner < 8; ++corner)
    {
      const float   alongX = (corner & 1u) != 0 ? nodeX.share : 1.0f - nodeX.share;
      const float   alongY = (corner & 2u) != 0 ? nodeY.share : 1.0f - nodeY.share;
      const float   alongZ = (corner & 4u) != 0 ? nodeZ.share : 1.0f - nodeZ.share;
      const float   atCell = alongX * alongY * alongZ;
      const float * cell = this->CellAt(static_cast<std::size_t>(nodeX.first) + (corner & 1u),
                                        static_cast<std::size_t>(nodeY.first) + (corner >> 1u & 1u),
                                        static_cast<std::size_t>(nodeZ.first) + (corner >> 2u));
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

  const VolumeView    m_View;
  std::size_t         m_Bins;
  std::size_t         m_Channels;
  std::size_t         m_CellValues{ 0 };
  std::array<Axis, 3> m_Axes{};
  std::vector<float>  m_Values{};
};
} // namespace

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
  const std::size_t bins = guide ? std::max(1u, parameters.bins) : 1;
  const auto        voxelVolume = static_cast<float>(view.spacing[0] * view.spacing[1] * view.spacing[2]);
  Grid              grid(view, CellOf(parameters.radius), bins, channels.size());
  grid.Add(guide, weight, channels, voxelVolume, parallelFor);
  grid.Smooth(parallelFor);
  grid.Read(guide, priors, static_cast<float>(parameters.priorVolume), means, support, parallelFor);
}

} // namespace colorization
} // namespace itk
