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
using Size3 = std::array<std::size_t, 3>;

/** A transform at the nodes of a lattice over a part of a grid, and linear between them. Nodes lie at the same places
 * whichever part is at hand. */
class TransformLattice
{
public:
  TransformLattice(const Transform<double, 3, 3> * transform,
                   const PatientGrid &             grid,
                   const Index3 &                  start,
                   const Size3 &                   size,
                   const ParallelFor &             parallelFor)
    : m_Start(start)
  {
    constexpr double spacing = 4.0;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      m_Step[axis] = std::max<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(std::floor(spacing / grid.spacing[axis])));
      m_First[axis] = start[axis] / m_Step[axis];
      const std::ptrdiff_t last = (start[axis] + static_cast<std::ptrdiff_t>(size[axis]) - 1) / m_Step[axis];
      m_Size[axis] = static_cast<std::size_t>(last - m_First[axis]) + 2;
    }
    m_Points.resize(m_Size[0] * m_Size[1] * m_Size[2]);
    parallelFor(m_Size[1] * m_Size[2],
                [&](std::size_t row)
                {
                  Index3 node{
                    { 0, static_cast<std::ptrdiff_t>(row % m_Size[1]), static_cast<std::ptrdiff_t>(row / m_Size[1]) }
                  };
                  for (std::size_t x = 0; x < m_Size[0]; ++x)
                  {
                    node[0] = static_cast<std::ptrdiff_t>(x);
                    Index3 voxel;
                    for (unsigned int axis = 0; axis < 3; ++axis)
                    {
                      voxel[axis] = (m_First[axis] + node[axis]) * m_Step[axis];
                    }
                    m_Points[row * m_Size[0] + x] = transform->TransformPoint(grid.PointAt(voxel));
                  }
                });
  }

  /** Where a voxel of the part lies in the atlas. */
  Point<double, 3>
  At(std::size_t x, std::size_t y, std::size_t z) const
  {
    const std::array<std::size_t, 3> voxel{ { x, y, z } };
    std::array<std::size_t, 3>       node;
    std::array<double, 3>            share;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const std::ptrdiff_t place = m_Start[axis] + static_cast<std::ptrdiff_t>(voxel[axis]);
      node[axis] = static_cast<std::size_t>(place / m_Step[axis] - m_First[axis]);
      share[axis] = static_cast<double>(place % m_Step[axis]) / static_cast<double>(m_Step[axis]);
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
  Index3                        m_Start;
  Index3                        m_Step{};
  Index3                        m_First{};
  Size3                         m_Size{};
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

/** Neighborhoods that are the whole scan, in mm, and how much wider than the match radius those before them are. */
constexpr double WholeScan = 400.0;
constexpr double Wider = 3.0;
} // namespace

ValueEqualizer::ValueEqualizer(float lowest, float highest)
  : m_Lowest(lowest)
  , m_Range(std::max(static_cast<double>(highest) - static_cast<double>(lowest), 1e-30))
  , m_Below(Bins + 1, 0.0)
{}

double
ValueEqualizer::PlaceOf(float value) const
{
  return std::min(std::max((static_cast<double>(value) - m_Lowest) / m_Range, 0.0), 1.0) * static_cast<double>(Bins);
}

std::size_t
ValueEqualizer::BinOf(float value) const
{
  return std::min(static_cast<std::size_t>(this->PlaceOf(value)), Bins - 1);
}

void
ValueEqualizer::SetCounts(const std::vector<std::uint64_t> & counts)
{
  constexpr double tail = 0.005;
  m_Below[0] = 0.0;
  for (std::size_t bin = 0; bin < Bins; ++bin)
  {
    m_Below[bin + 1] = m_Below[bin] + static_cast<double>(counts[bin]);
  }
  const double total = m_Below[Bins];
  m_First = 0;
  m_Last = Bins;
  while (m_First + 1 < Bins && m_Below[m_First + 1] < tail * total)
  {
    ++m_First;
  }
  while (m_Last > m_First + 1 && total - m_Below[m_Last - 1] < tail * total)
  {
    --m_Last;
  }
}

float
ValueEqualizer::operator()(float value) const
{
  const double      place = this->PlaceOf(value);
  const std::size_t bin = this->BinOf(value);
  const double      share = place - static_cast<double>(bin);
  const double      rank = (m_Below[bin] * (1.0 - share) + m_Below[bin + 1] * share) / std::max(1.0, m_Below[Bins]);
  const double      linear = (place - static_cast<double>(m_First)) / static_cast<double>(m_Last - m_First);
  return static_cast<float>(0.5 * rank + 0.5 * std::min(std::max(linear, 0.0), 1.0));
}

AtlasColorFitter::AtlasColorFitter(const ColorAtlas::ColorImageType * atlas,
                                   const Transform<double, 3, 3> *    transform,
                                   const PatientGrid &                grid,
                                   const AtlasColorsParameters &      parameters)
  : m_Atlas(atlas)
  , m_Transform(transform)
  , m_Grid(grid)
  , m_Parameters(parameters)
{
  const auto addScale = [&](double radius, bool hasGuide)
  {
    LocalMeansParameters scale;
    scale.radius = radius;
    m_Wide.push_back(std::make_unique<LocalMeansGrid>(VolumeView{ grid.size, grid.spacing, {} }, scale, 3, hasGuide));
  };
  addScale(WholeScan, false);
  addScale(WholeScan, true);
  addScale(Wider * parameters.matchRadius, true);
}

AtlasColorFitter::~AtlasColorFitter() = default;

AtlasColors
AtlasColorFitter::BringOn(const ScanPart & part, const ParallelFor & parallelFor) const
{
  const TransformLattice lattice(m_Transform, m_Grid, part.start, part.size, parallelFor);
  const AtlasSampler     sampler(m_Atlas);
  AtlasColors            colors;
  for (auto * plane : { &colors.lightness, &colors.a, &colors.b, &colors.tissue })
  {
    plane->assign(part.isBody.size(), 0.0f);
  }
  parallelFor(part.size[1] * part.size[2],
              [&](std::size_t row)
              {
                for (std::size_t x = 0; x < part.size[0]; ++x)
                {
                  const std::size_t voxel = row * part.size[0] + x;
                  if (part.isBody[voxel] == 0)
                  {
                    continue;
                  }
                  Color rgb;
                  colors.tissue[voxel] = sampler.At(lattice.At(x, row % part.size[1], row / part.size[1]), rgb);
                  if (colors.tissue[voxel] > 0.0f)
                  {
                    const Color lab = RGBToLab(rgb);
                    colors.lightness[voxel] = lab[0];
                    colors.a[voxel] = lab[1];
                    colors.b[voxel] = lab[2];
                  }
                }
              });
  return colors;
}

void
AtlasColorFitter::Add(const ScanPart & part, const ParallelFor & parallelFor)
{
  const AtlasColors colors = this->BringOn(part, parallelFor);
  if (m_Parameters.isFused)
  {
    m_ToneStatistics.Add(part.guide.data(), colors.lightness.data(), colors.tissue.data(), part.guide.size());
  }
  for (const auto & scale : m_Wide)
  {
    scale->Add({ part.size, m_Grid.spacing, part.start },
               part.guide.data(),
               colors.tissue.data(),
               { colors.lightness.data(), colors.a.data(), colors.b.data() },
               parallelFor);
  }
}

void
AtlasColorFitter::Finish(const ParallelFor & parallelFor)
{
  for (const auto & scale : m_Wide)
  {
    scale->Smooth(parallelFor);
  }
  if (m_Parameters.isFused)
  {
    m_ToneCurve = FitToneCurve(m_ToneStatistics);
  }
}

std::array<std::size_t, 3>
AtlasColorFitter::GetReach() const
{
  LocalMeansParameters narrow;
  narrow.radius = m_Parameters.matchRadius;
  auto reach = LocalMeansReach(m_Grid.spacing, narrow);
  if (m_Parameters.isFused)
  {
    PhotographicToneParameters tone;
    tone.radius = m_Parameters.toneRadius;
    const auto ofTone = FuseToneReach(m_Grid.spacing, tone);
    std::transform(reach.begin(),
                   reach.end(),
                   ofTone.begin(),
                   reach.begin(),
                   [](std::size_t a, std::size_t b) { return std::max(a, b); });
  }
  return reach;
}

AtlasColors
AtlasColorFitter::Fit(const ScanPart & part, const ParallelFor & parallelFor) const
{
  AtlasColors       colors = this->BringOn(part, parallelFor);
  const std::size_t count = part.guide.size();
  const VolumeView  view{ part.size, m_Grid.spacing, part.start };
  if (m_Parameters.isFused)
  {
    PhotographicToneParameters tone;
    tone.radius = m_Parameters.toneRadius;
    colors.fused.resize(count);
    FuseTone(m_ToneCurve,
             part.guide.data(),
             colors.lightness.data(),
             colors.tissue.data(),
             part.size,
             m_Grid.spacing,
             tone,
             colors.fused.data(),
             parallelFor,
             part.start);
  }
  std::array<std::vector<float>, 3> priors;
  for (std::vector<float> & prior : priors)
  {
    prior.resize(count);
  }
  const std::vector<const float *> known{ priors[0].data(), priors[1].data(), priors[2].data() };
  const std::vector<float *>       means{ priors[0].data(), priors[1].data(), priors[2].data() };
  for (std::size_t scale = 0; scale < m_Wide.size(); ++scale)
  {
    m_Wide[scale]
      ->Read(view, part.guide.data(), scale == 0 ? std::vector<const float *>() : known, means, nullptr, parallelFor);
  }
  LocalMeansParameters narrow;
  narrow.radius = m_Parameters.matchRadius;
  ComputeLocalMeans(view,
                    part.guide.data(),
                    colors.tissue.data(),
                    { colors.lightness.data(), colors.a.data(), colors.b.data() },
                    known,
                    narrow,
                    means,
                    nullptr,
                    parallelFor);
  colors.lightness.swap(priors[0]);
  colors.a.swap(priors[1]);
  colors.b.swap(priors[2]);
  // Where the scan is dark: bone, or air?
  std::vector<float> & body = priors[0];
  std::transform(part.isBody.begin(),
                 part.isBody.end(),
                 body.begin(),
                 [](std::uint8_t value) { return value != 0 ? 1.0f : 0.0f; });
  ComputeLocalMeans(view,
                    part.guide.data(),
                    body.data(),
                    { colors.tissue.data() },
                    {},
                    narrow,
                    { colors.tissue.data() },
                    nullptr,
                    parallelFor);
  return colors;
}

} // namespace colorization
} // namespace itk
