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
#include "itkPatchMatcher.h"

#include "itkPaddedFeatures.h"
#include "itkPatchClusters.h"
#include "itkPatchDistance.h"
#include "itkPatchProjection.h"

#include <algorithm>
#include <limits>

namespace itk
{
namespace colorization
{
namespace
{
constexpr std::size_t BandRows = 32;

/** Hash of a counter (the finaliser of MurmurHash3), so that every draw has its own number. */
std::uint32_t
CounterRandom(std::uint32_t seed, std::uint32_t pixel, std::uint32_t iteration, std::uint32_t trial)
{
  std::uint32_t h = seed * 0x9e3779b9u ^ pixel * 0x85ebca6bu ^ iteration * 0xc2b2ae35u ^ trial * 0x27d4eb2fu;
  for (int round = 0; round < 2; ++round)
  {
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    h ^= h >> 16;
  }
  return h;
}

/** One call of MatchPatches(). */
class Matcher
{
public:
  Matcher(const FeatureImageView &     target,
          const FeatureImageView &     reference,
          const PatchMatchParameters & parameters,
          NearestNeighborField &       field,
          const ParallelFor &          parallelFor)
    : m_Target(target)
    , m_Reference(reference)
    , m_Parameters(parameters)
    , m_Field(field)
    , m_ParallelFor(parallelFor)
    , m_PaddedTarget(target, parameters.patchRadius)
    , m_PaddedReference(reference, parameters.patchRadius)
    , m_Diameter(m_PaddedTarget.GetDiameter())
    , m_PixelsOfPatch(m_Diameter * m_Diameter)
    , m_TargetPixels(ListPixels(target))
    , m_ReferencePixels(ListPixels(reference))
    , m_PixelDistances(target.width * target.height * m_PixelsOfPatch)
    , m_Work((target.height + BandRows - 1) / BandRows, { {}, std::vector<float>(m_PixelsOfPatch) })
  {
    VerifyAnyPixels(m_ReferencePixels);
    const auto largest = static_cast<unsigned int>(std::max(reference.width, reference.height));
    m_SearchRadius = parameters.searchRadius > 0 ? parameters.searchRadius : largest;
    m_SearchesGlobally = parameters.globalSearch && m_SearchRadius >= largest;
  }

  PatchMatchReport
  Match(const ProgressCallback & progress)
  {
    if (!m_TargetPixels.empty() && m_Parameters.iterations > 0)
    {
      this->Project();
    }
    this->ForEachBand([this](std::size_t band) { this->InitializeBand(band); });
    if (!m_TargetPixels.empty() && m_Parameters.iterations > 0 && m_SearchesGlobally)
    {
      this->SearchGlobally();
    }
    for (unsigned int iteration = 1; iteration <= m_Parameters.iterations; ++iteration)
    {
      this->RememberBorders();
      this->ForEachBand([this, iteration](std::size_t band) { this->ScanBand(band, iteration); });
      progress(static_cast<double>(iteration) / m_Parameters.iterations);
    }
    for (float & distance : m_Field.distance)
    {
      distance /= static_cast<float>(m_PixelsOfPatch);
    }
    PatchMatchReport report;
    for (const Work & part : m_Work)
    {
      report.candidates += part.report.candidates;
      report.multiplyAdds += part.report.multiplyAdds;
    }
    return report;
  }

private:
  /** What the scan of one band needs beside the field. */
  struct Work
  {
    PatchMatchReport   report;
    std::vector<float> pixelDistances;
  };

  /** A row of a band, as it was before the scan. */
  struct BorderRow
  {
    std::vector<std::int32_t> x;
    std::vector<std::int32_t> y;
    std::vector<float>        pixelDistances;
  };

  std::size_t
  FirstRow(std::size_t band) const
  {
    return band * BandRows;
  }

  std::size_t
  EndRow(std::size_t band) const
  {
    return std::min(m_Target.height, (band + 1) * BandRows);
  }

  template <typename TFunction>
  void
  ForEachBand(const TFunction & function)
  {
    m_ParallelFor(m_Work.size(), function);
  }

  /** Coordinates along principal axes, of which the distance of two patches is never shorter than that of these. */
  void
  Project()
  {
    const PatchProjection projection({ m_PaddedTarget, m_Target.width, m_TargetPixels },
                                     { m_PaddedReference, m_Reference.width, m_ReferencePixels });
    m_TargetCoordinates = projection.Project(m_PaddedTarget, m_Target.width, m_Target.height, m_ParallelFor);
    m_ReferenceCoordinates =
      projection.Project(m_PaddedReference, m_Reference.width, m_Reference.height, m_ParallelFor);
    m_Work[0].report.multiplyAdds += (m_Target.width * m_Target.height + m_Reference.width * m_Reference.height) *
                                     m_PixelsOfPatch * m_PaddedTarget.GetComponents() * PatchProjection::Dimensions;
  }

  /** Keeps the usable entries of the initial field, and draws the others. */
  void
  InitializeBand(std::size_t band)
  {
    for (std::size_t i = FirstRow(band) * m_Target.width; i < EndRow(band) * m_Target.width; ++i)
    {
      if (!IsTarget(i))
      {
        m_Field.x[i] = m_Field.y[i] = -1;
        m_Field.distance[i] = 0.0f;
        continue;
      }
      if (!IsReference(m_Field.x[i], m_Field.y[i]))
      {
        const std::uint32_t draw = CounterRandom(m_Parameters.seed, static_cast<std::uint32_t>(i), 0, 0);
        const std::uint32_t pixel = m_ReferencePixels[draw % m_ReferencePixels.size()];
        m_Field.x[i] = static_cast<std::int32_t>(pixel % m_Reference.width);
        m_Field.y[i] = static_cast<std::int32_t>(pixel / m_Reference.width);
      }
      m_Field.distance[i] = ComputePatchDistance(m_PaddedTarget,
                                                 i % m_Target.width,
                                                 i / m_Target.width,
                                                 m_PaddedReference,
                                                 static_cast<std::size_t>(m_Field.x[i]),
                                                 static_cast<std::size_t>(m_Field.y[i]),
                                                 std::numeric_limits<float>::max(),
                                                 PixelDistancesOf(i));
      CountComparison(m_Work[band], m_PixelsOfPatch);
    }
  }

  /** Tries the patches that are nearest by their coordinates. */
  void
  SearchGlobally()
  {
    const PatchClusters         clusters(m_ReferenceCoordinates, m_ReferencePixels, m_ParallelFor);
    std::vector<NearestColumns> nearest;
    const std::uint64_t compared = clusters.FindNearest(m_TargetCoordinates, m_TargetPixels, m_ParallelFor, nearest);
    m_Work[0].report.candidates += compared;
    m_Work[0].report.multiplyAdds += compared * PatchProjection::Dimensions;
    this->ForEachBand(
      [&](std::size_t band)
      {
        const auto first = static_cast<std::uint32_t>(FirstRow(band) * m_Target.width);
        const auto end = static_cast<std::uint32_t>(EndRow(band) * m_Target.width);
        auto       pixel = std::lower_bound(m_TargetPixels.begin(), m_TargetPixels.end(), first);
        for (; pixel != m_TargetPixels.end() && *pixel < end; ++pixel)
        {
          for (const std::uint32_t match : nearest[static_cast<std::size_t>(pixel - m_TargetPixels.begin())].columns)
          {
            if (match != NearestColumns::None)
            {
              Try(*pixel,
                  static_cast<std::int32_t>(match % m_Reference.width),
                  static_cast<std::int32_t>(match / m_Reference.width),
                  m_Work[band]);
            }
          }
        }
      });
  }

  /** What the bands' scans see of each other: the rows at their borders, as they are now. */
  void
  RememberBorders()
  {
    m_Borders.resize(2 * m_Work.size());
    const auto copyRow = [this](std::size_t row, BorderRow & border)
    {
      const auto first = static_cast<std::ptrdiff_t>(row * m_Target.width);
      const auto end = static_cast<std::ptrdiff_t>((row + 1) * m_Target.width);
      const auto patch = static_cast<std::ptrdiff_t>(m_PixelsOfPatch);
      border.x.assign(m_Field.x.begin() + first, m_Field.x.begin() + end);
      border.y.assign(m_Field.y.begin() + first, m_Field.y.begin() + end);
      border.pixelDistances.assign(m_PixelDistances.begin() + first * patch, m_PixelDistances.begin() + end * patch);
    };
    for (std::size_t band = 0; band < m_Work.size(); ++band)
    {
      copyRow(FirstRow(band), m_Borders[2 * band]);
      copyRow(EndRow(band) - 1, m_Borders[2 * band + 1]);
    }
  }

  /** Propagation and random search over the rows of a band, in reverse order in every second iteration. */
  void
  ScanBand(std::size_t band, unsigned int iteration)
  {
    const bool         forward = iteration % 2 == 1;
    const std::int32_t step = forward ? 1 : -1;
    const std::size_t  width = m_Target.width;
    const std::size_t  rows = EndRow(band) - FirstRow(band);
    Work &             work = m_Work[band];
    for (std::size_t r = 0; r < rows; ++r)
    {
      const std::size_t y = forward ? FirstRow(band) + r : EndRow(band) - 1 - r;
      for (std::size_t c = 0; c < width; ++c)
      {
        const std::size_t x = forward ? c : width - 1 - c;
        const std::size_t i = y * width + x;
        if (!IsTarget(i))
        {
          continue;
        }
        if (c > 0 && IsTarget(i - step))
        {
          const std::size_t left = i - step;
          Propagate(i, m_Field.x[left], m_Field.y[left], PixelDistancesOf(left), step, 0, work);
        }
        if ((forward ? y > 0 : y + 1 < m_Target.height) && IsTarget(forward ? i - width : i + width))
        {
          const std::size_t above = forward ? i - width : i + width;
          if (r > 0)
          {
            Propagate(i, m_Field.x[above], m_Field.y[above], PixelDistancesOf(above), 0, step, work);
          }
          else
          {
            const BorderRow & border = m_Borders[forward ? 2 * band - 1 : 2 * band + 2];
            Propagate(i, border.x[x], border.y[x], border.pixelDistances.data() + x * m_PixelsOfPatch, 0, step, work);
          }
        }
        SearchRandomly(i, iteration, work);
      }
    }
  }

  bool
  IsTarget(std::size_t i) const
  {
    return !m_Target.mask || m_Target.mask[i];
  }

  bool
  IsReference(std::int32_t x, std::int32_t y) const
  {
    return x >= 0 && y >= 0 && static_cast<std::size_t>(x) < m_Reference.width &&
           static_cast<std::size_t>(y) < m_Reference.height &&
           (!m_Reference.mask || m_Reference.mask[static_cast<std::size_t>(y) * m_Reference.width + x]);
  }

  float *
  PixelDistancesOf(std::size_t i)
  {
    return m_PixelDistances.data() + i * m_PixelsOfPatch;
  }

  void
  CountComparison(Work & work, std::size_t pixels) const
  {
    ++work.report.candidates;
    work.report.multiplyAdds += pixels * m_PaddedTarget.GetComponents();
  }

  void
  Accept(std::size_t i, std::int32_t x, std::int32_t y, float distance, const std::vector<float> & pixelDistances)
  {
    m_Field.x[i] = x;
    m_Field.y[i] = y;
    m_Field.distance[i] = distance;
    std::copy(pixelDistances.begin(), pixelDistances.end(), PixelDistancesOf(i));
  }

  /** Whether a place is worth a comparison: it is one, another one than now, and not too far by its coordinates. */
  bool
  IsCandidate(std::size_t i, std::int32_t x, std::int32_t y, Work & work) const
  {
    if (!IsReference(x, y) || (x == m_Field.x[i] && y == m_Field.y[i]))
    {
      return false;
    }
    const std::size_t j = static_cast<std::size_t>(y) * m_Reference.width + static_cast<std::size_t>(x);
    work.report.multiplyAdds += PatchProjection::Dimensions;
    if (CoordinatesAreFarther(m_TargetCoordinates.data() + i * PatchProjection::Dimensions,
                              m_ReferenceCoordinates.data() + j * PatchProjection::Dimensions,
                              m_Field.distance[i]))
    {
      ++work.report.candidates;
      return false;
    }
    return true;
  }

  void
  Try(std::size_t i, std::int32_t x, std::int32_t y, Work & work)
  {
    if (!IsCandidate(i, x, y, work))
    {
      return;
    }
    std::vector<float> & pixelDistances = work.pixelDistances;
    const float          distance = ComputePatchDistance(m_PaddedTarget,
                                                i % m_Target.width,
                                                i / m_Target.width,
                                                m_PaddedReference,
                                                static_cast<std::size_t>(x),
                                                static_cast<std::size_t>(y),
                                                m_Field.distance[i],
                                                pixelDistances.data());
    CountComparison(work, m_PixelsOfPatch);
    if (distance < m_Field.distance[i])
    {
      Accept(i, x, y, distance, pixelDistances);
    }
  }

  /** Tries the place one step after a neighbour's match (x, y), whose pixels' distances are known. */
  void
  Propagate(std::size_t   i,
            std::int32_t  x,
            std::int32_t  y,
            const float * neighbour,
            std::int32_t  dx,
            std::int32_t  dy,
            Work &        work)
  {
    x += dx;
    y += dy;
    if (!IsCandidate(i, x, y, work))
    {
      return;
    }
    std::vector<float> & pixelDistances = work.pixelDistances;
    // What is left of the neighbour's pixels once they are shifted by a step.
    const std::size_t d = m_Diameter;
    const std::size_t kept = m_PixelsOfPatch - d;
    if (dx != 0)
    {
      for (std::size_t row = 0; row < d; ++row)
      {
        std::copy_n(neighbour + row * d + (dx > 0 ? 1 : 0), d - 1, pixelDistances.data() + row * d + (dx > 0 ? 0 : 1));
      }
    }
    else
    {
      std::copy_n(neighbour + (dy > 0 ? d : 0), kept, pixelDistances.data() + (dy > 0 ? 0 : d));
    }
    const std::size_t newColumn = dx > 0 ? d - 1 : 0;
    const std::size_t newRow = dy > 0 ? d - 1 : 0;
    const std::size_t components = m_PaddedTarget.GetComponents();
    const std::size_t targetPitch = m_PaddedTarget.GetPitch();
    const std::size_t referencePitch = m_PaddedReference.GetPitch();
    ComputePixelDistances(m_PaddedTarget.Patch(i % m_Target.width, i / m_Target.width) + newColumn * components +
                            newRow * targetPitch,
                          dx != 0 ? targetPitch : components,
                          m_PaddedReference.Patch(static_cast<std::size_t>(x), static_cast<std::size_t>(y)) +
                            newColumn * components + newRow * referencePitch,
                          dx != 0 ? referencePitch : components,
                          components,
                          d,
                          pixelDistances.data() + newColumn + newRow * d,
                          dx != 0 ? d : 1);
    CountComparison(work, d);
    const float distance = SumPixelDistances(pixelDistances.data(), m_PixelsOfPatch);
    if (distance < m_Field.distance[i])
    {
      Accept(i, x, y, distance, pixelDistances);
    }
  }

  void
  SearchRandomly(std::size_t i, unsigned int iteration, Work & work)
  {
    std::uint32_t trial = 0;
    for (unsigned int radius = m_SearchRadius; radius > 0; radius /= 2)
    {
      const std::uint32_t draw = CounterRandom(m_Parameters.seed, static_cast<std::uint32_t>(i), iteration, ++trial);
      const std::uint64_t span = 2 * std::uint64_t{ radius } + 1;
      const auto          dx = static_cast<std::int32_t>((draw & 0xffffu) * span >> 16);
      const auto          dy = static_cast<std::int32_t>((draw >> 16) * span >> 16);
      Try(i,
          m_Field.x[i] + dx - static_cast<std::int32_t>(radius),
          m_Field.y[i] + dy - static_cast<std::int32_t>(radius),
          work);
    }
  }

  const FeatureImageView &     m_Target;
  const FeatureImageView &     m_Reference;
  const PatchMatchParameters & m_Parameters;
  NearestNeighborField &       m_Field;
  const ParallelFor &          m_ParallelFor;
  PaddedFeatures               m_PaddedTarget;
  PaddedFeatures               m_PaddedReference;
  std::size_t                  m_Diameter;
  std::size_t                  m_PixelsOfPatch;
  std::vector<std::uint32_t>   m_TargetPixels;
  std::vector<std::uint32_t>   m_ReferencePixels;
  unsigned int                 m_SearchRadius;
  bool                         m_SearchesGlobally;
  std::vector<float>           m_TargetCoordinates;
  std::vector<float>           m_ReferenceCoordinates;
  /** Of every target pixel's match: the distance of each pixel of the patch, row after row. */
  std::vector<float> m_PixelDistances;
  /** The first and the last row of every band. */
  std::vector<BorderRow> m_Borders;
  /** One a band. */
  std::vector<Work> m_Work;
};

} // namespace

PatchMatchReport
MatchPatches(const FeatureImageView &     target,
             const FeatureImageView &     reference,
             const PatchMatchParameters & parameters,
             NearestNeighborField &       field,
             const ParallelFor &          parallelFor,
             const ProgressCallback &     progress)
{
  const std::size_t pixels = target.width * target.height;
  field.x.resize(pixels, -1);
  field.y.resize(pixels, -1);
  field.distance.resize(pixels);
  return Matcher(target, reference, parameters, field, parallelFor).Match(progress);
}

} // namespace colorization
} // namespace itk
