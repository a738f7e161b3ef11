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
#include "itkAtlasColors.h"

#include "../tone/itkLocalMeans.h"
#include "itkColorSpace.h"
#include "itkPhotographicTone.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
using AtlasImage = ColorAtlas::ColorImageType;
using Index3 = std::array<std::ptrdiff_t, 3>;

/** A transform at the nodes of a lattice over a grid, and linear between them. */
class TransformLattice
{
public:
  TransformLattice(const Transform<double, 3, 3> * transform, const PatientGrid & grid, const ParallelFor & parallelFor)
  {
    constexpr double spacing = 4.0;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      m_Step[axis] = std::max(1.0, std::floor(spacing / grid.spacing[axis]));
      m_Size[axis] = static_cast<std::size_t>(std::ceil(static_cast<double>(grid.size[axis] - 1) / m_Step[axis])) + 2;
    }
    m_Points.resize(m_Size[0] * m_Size[1] * m_Size[2]);
    parallelFor(
      m_Size[1] * m_Size[2],
      [&](std::size_t row)
      {
        for (std::size_t x = 0; x < m_Size[0]; ++x)
        {
          const Index3 voxel{ { static_cast<std::ptrdiff_t>(x * static_cast<std::size_t>(m_Step[0])),
                                static_cast<std::ptrdiff_t>(row % m_Size[1] * static_cast<std::size_t>(m_Step[1])),
                                static_cast<std::ptrdiff_t>(row / m_Size[1] * static_cast<std::size_t>(m_Step[2])) } };
          m_Points[row * m_Size[0] + x] = transform->TransformPoint(grid.PointAt(voxel));
        }
      });
  }

  Point<double, 3>
  At(std::size_t x, std::size_t y, std::size_t z) const
  {
    const std::array<std::size_t, 3> voxel{ { x, y, z } };
    std::array<std::size_t, 3>       node;
    std::array<double, 3>            share;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const double place = static_cast<double>(voxel[axis]) / m_Step[axis];
      node[axis] = static_cast<std::size_t>(place);
      share[axis] = place - static_cast<double>(node[axis]);
    }
    Point<double, 3> point(0.0);
    for (unsigned int corner = 0; corner < 8; ++corner)
    {
      double      weight = 1.0;
      std::size_t at = 0;
      for (unsigned int axis = 3; axis-- > 0;)
      {
        const std::size_t end = corner >> axis & 1u;
        weight *= end != 0 ? share[axis] : 1.0 - share[axis];
        at = at * m_Size[axis] + node[axis] + end;
      }
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        point[axis] += weight * m_Points[at][axis];
      }
    }
    return point;
  }

private:
  std::array<double, 3>         m_Step{};
  std::array<std::size_t, 3>    m_Size{};
  std::vector<Point<double, 3>> m_Points{};
};

/** The atlas between its voxels: the colour of the tissue around, and how much of it is tissue. */
class AtlasSampler
{
public:
  explicit AtlasSampler(const AtlasImage * atlas)
    : m_Atlas(atlas)
  {
    const auto region = atlas->GetLargestPossibleRegion();
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      m_First[axis] = region.GetIndex(axis);
      m_Size[axis] = static_cast<std::ptrdiff_t>(region.GetSize(axis));
    }
  }

  /** RGB in 0 ... 1; returns the share of tissue. */
  float
  At(const Point<double, 3> & point, Color & rgb) const
  {
    constexpr unsigned char tissueAlpha = 192;
    const auto              place = m_Atlas->TransformPhysicalPointToContinuousIndex<double>(point);
    Index3                  first;
    std::array<float, 3>    share;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const double within = place[axis] - static_cast<double>(m_First[axis]);
      if (!(within > -1.0 && within < static_cast<double>(m_Size[axis])))
      {
        return 0.0f;
      }
      first[axis] = static_cast<std::ptrdiff_t>(std::floor(within));
      share[axis] = static_cast<float>(within - std::floor(within));
    }
    const auto * pixels = m_Atlas->GetBufferPointer();
    float        tissue = 0.0f;
    rgb = { { 0.0f, 0.0f, 0.0f } };
    for (unsigned int corner = 0; corner < 8; ++corner)
    {
      float          weight = 1.0f;
      std::ptrdiff_t at = 0;
      bool           isInside = true;
      for (unsigned int axis = 3; axis-- > 0;)
      {
        const std::ptrdiff_t end = static_cast<std::ptrdiff_t>(corner >> axis & 1u);
        const std::ptrdiff_t voxel = first[axis] + end;
        weight *= end != 0 ? share[axis] : 1.0f - share[axis];
        isInside = isInside && voxel >= 0 && voxel < m_Size[axis];
        at = at * m_Size[axis] + voxel;
      }
      if (isInside && pixels[at][3] >= tissueAlpha)
      {
        tissue += weight;
        for (unsigned int c = 0; c < 3; ++c)
        {
          rgb[c] += weight * static_cast<float>(pixels[at][c]);
        }
      }
    }
    for (float & component : rgb)
    {
      component /= 255.0f * std::max(tissue, 1e-6f);
    }
    return tissue;
  }

private:
  const AtlasImage * m_Atlas;
  Index3             m_First{};
  Index3             m_Size{};
};

/** The atlas's colours at each voxel of tissue, as they are. */
void
BringOn(const AtlasImage *                atlas,
        const TransformLattice &          lattice,
        const PatientGrid &               grid,
        const std::vector<std::uint8_t> & isBody,
        AtlasColors &                     colors,
        const ParallelFor &               parallelFor)
{
  const AtlasSampler sampler(atlas);
  const std::size_t  count = isBody.size();
  for (auto * plane : { &colors.lightness, &colors.a, &colors.b, &colors.tissue })
  {
    plane->assign(count, 0.0f);
  }
  parallelFor(grid.size[1] * grid.size[2],
              [&](std::size_t row)
              {
                for (std::size_t x = 0; x < grid.size[0]; ++x)
                {
                  const std::size_t voxel = row * grid.size[0] + x;
                  if (isBody[voxel] == 0)
                  {
                    continue;
                  }
                  Color rgb;
                  colors.tissue[voxel] = sampler.At(lattice.At(x, row % grid.size[1], row / grid.size[1]), rgb);
                  if (colors.tissue[voxel] > 0.0f)
                  {
                    const Color lab = RGBToLab(rgb);
                    colors.lightness[voxel] = lab[0];
                    colors.a[voxel] = lab[1];
                    colors.b[voxel] = lab[2];
                  }
                }
              });
}
} // namespace

void
EqualizeValues(std::vector<float> &              values,
               const std::vector<std::uint8_t> & isCounted,
               const ParallelFor &               parallelFor)
{
  constexpr std::size_t bins = 4096;
  constexpr double      tail = 0.005;
  float                 lowest = 0.0f;
  float                 highest = 0.0f;
  bool                  isFirst = true;
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    if (isCounted[i] != 0)
    {
      lowest = isFirst ? values[i] : std::min(lowest, values[i]);
      highest = isFirst ? values[i] : std::max(highest, values[i]);
      isFirst = false;
    }
  }
  const double        range = std::max(static_cast<double>(highest) - static_cast<double>(lowest), 1e-30);
  std::vector<double> below(bins + 1, 0.0);
  const auto          placeOf = [&](float value)
  { return std::min(std::max((static_cast<double>(value) - lowest) / range, 0.0), 1.0) * static_cast<double>(bins); };
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    if (isCounted[i] != 0)
    {
      below[std::min(static_cast<std::size_t>(placeOf(values[i])), bins - 1) + 1] += 1.0;
    }
  }
  for (std::size_t k = 1; k <= bins; ++k)
  {
    below[k] += below[k - 1];
  }
  const double total = std::max(1.0, below[bins]);
  std::size_t  first = 0;
  std::size_t  last = bins;
  while (first + 1 < bins && below[first + 1] < tail * total)
  {
    ++first;
  }
  while (last > first + 1 && total - below[last - 1] < tail * total)
  {
    --last;
  }
  parallelFor(64,
              [&](std::size_t part)
              {
                for (std::size_t i = part * values.size() / 64; i < (part + 1) * values.size() / 64; ++i)
                {
                  const double place = placeOf(values[i]);
                  const auto   bin = std::min(static_cast<std::size_t>(place), bins - 1);
                  const double share = place - static_cast<double>(bin);
                  const double rank = (below[bin] * (1.0 - share) + below[bin + 1] * share) / total;
                  const double linear = (place - static_cast<double>(first)) / static_cast<double>(last - first);
                  values[i] = static_cast<float>(0.5 * rank + 0.5 * std::min(std::max(linear, 0.0), 1.0));
                }
              });
}

AtlasColors
FitAtlasColors(const ColorAtlas::ColorImageType * atlas,
               const Transform<double, 3, 3> *    transform,
               const PatientGrid &                grid,
               const std::vector<float> &         guide,
               const std::vector<std::uint8_t> &  isBody,
               const AtlasColorsParameters &      parameters,
               const ParallelFor &                parallelFor,
               const ProgressCallback &           progress)
{
  // Wider and wider, until all of the scan is one neighborhood: each is the prior of the one before.
  constexpr double  wholeScan = 400.0;
  constexpr double  wider = 3.0;
  AtlasColors       colors;
  const std::size_t count = isBody.size();
  const VolumeView  view{ grid.size, grid.spacing, {} };
  BringOn(atlas, TransformLattice(transform, grid, parallelFor), grid, isBody, colors, parallelFor);
  progress(0.3);
  PhotographicToneParameters tone;
  tone.radius = parameters.toneRadius;
  if (parameters.isFused)
  {
    const ToneCurve curve = FitToneCurve(guide.data(), colors.lightness.data(), colors.tissue.data(), count, tone);
    colors.fused.resize(count);
    FuseTone(curve,
             guide.data(),
             colors.lightness.data(),
             colors.tissue.data(),
             grid.size,
             grid.spacing,
             tone,
             colors.fused.data(),
             parallelFor);
  }
  progress(0.5);
  std::array<std::vector<float>, 3> priors;
  for (std::vector<float> & prior : priors)
  {
    prior.resize(count);
  }
  const std::vector<const float *> channels{ colors.lightness.data(), colors.a.data(), colors.b.data() };
  const std::vector<const float *> known{ priors[0].data(), priors[1].data(), priors[2].data() };
  const std::vector<float *>       means{ priors[0].data(), priors[1].data(), priors[2].data() };
  const LocalMeansParameters       usual;
  const struct
  {
    double       radius;
    unsigned int bins;
    double       progress;
  } scales[] = { { wholeScan, 1, 0.55 },
                 { wholeScan, usual.bins, 0.65 },
                 { wider * parameters.matchRadius, usual.bins, 0.8 },
                 { parameters.matchRadius, usual.bins, 0.9 } };
  for (const auto & scale : scales)
  {
    LocalMeansParameters local;
    local.radius = scale.radius;
    local.bins = scale.bins;
    ComputeLocalMeans(view,
                      guide.data(),
                      colors.tissue.data(),
                      channels,
                      scale.bins == 1 ? std::vector<const float *>() : known,
                      local,
                      means,
                      nullptr,
                      parallelFor);
    progress(scale.progress);
  }
  // Where the scan is dark: bone, or air?
  std::vector<float> body(count);
  std::transform(isBody.begin(),
                 isBody.end(),
                 body.begin(),
                 [](std::uint8_t value) { return value != 0 ? 1.0f : 0.0f; });
  LocalMeansParameters local;
  local.radius = parameters.matchRadius;
  ComputeLocalMeans(view,
                    guide.data(),
                    body.data(),
                    { colors.tissue.data() },
                    {},
                    local,
                    { colors.tissue.data() },
                    nullptr,
                    parallelFor);
  progress(1.0);
  colors.lightness.swap(priors[0]);
  colors.a.swap(priors[1]);
  colors.b.swap(priors[2]);
  return colors;
}

} // namespace colorization
} // namespace itk
