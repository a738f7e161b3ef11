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
#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

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

/** Feature image with its border pixels repeated, so that no patch has to ask where it ends. */
class PaddedFeatures
{
public:
  PaddedFeatures(const FeatureImageView & image, std::size_t margin)
    : m_Components(image.components)
    , m_Pitch((image.width + 2 * margin) * image.components)
    , m_Values(m_Pitch * (image.height + 2 * margin))
  {
    const auto clampTo = [](std::size_t padded, std::size_t margin_, std::size_t extent)
    { return std::min(padded > margin_ ? padded - margin_ : 0, extent - 1); };
    float * out = m_Values.data();
    for (std::size_t y = 0; y < image.height + 2 * margin; ++y)
    {
      const float * row = image.values + clampTo(y, margin, image.height) * image.width * m_Components;
      for (std::size_t x = 0; x < image.width + 2 * margin; ++x)
      {
        const float * pixel = row + clampTo(x, margin, image.width) * m_Components;
        out = std::copy(pixel, pixel + m_Components, out);
      }
    }
  }

  /** First value of the patch whose centre is pixel (x, y). */
  const float *
  Patch(std::size_t x, std::size_t y) const
  {
    return m_Values.data() + y * m_Pitch + x * m_Components;
  }

  std::size_t
  Pitch() const
  {
    return m_Pitch;
  }

private:
  std::size_t        m_Components;
  std::size_t        m_Pitch;
  std::vector<float> m_Values;
};

/** Sum of squared differences of two patches; it may stop early once it is above `limit`. */
ITK_COLORIZATION_MULTIVERSION float
PatchDistance(const float * target,
              std::size_t   targetPitch,
              const float * reference,
              std::size_t   referencePitch,
              std::size_t   rows,
              std::size_t   rowLength,
              float         limit)
{
  constexpr std::size_t lanes = 16;
  float                 sum = 0.0f;
  for (std::size_t row = 0; row < rows && sum <= limit; ++row)
  {
    const float * a = target + row * targetPitch;
    const float * b = reference + row * referencePitch;
    float         partial[lanes] = {};
    std::size_t   k = 0;
    for (; k + lanes <= rowLength; k += lanes)
    {
      for (std::size_t lane = 0; lane < lanes; ++lane)
      {
        const float difference = a[k + lane] - b[k + lane];
        partial[lane] += difference * difference;
      }
    }
    for (std::size_t lane = 0; k + lane < rowLength; ++lane)
    {
      const float difference = a[k + lane] - b[k + lane];
      partial[lane] += difference * difference;
    }
    for (std::size_t half = lanes / 2; half > 0; half /= 2)
    {
      for (std::size_t lane = 0; lane < half; ++lane)
      {
        partial[lane] += partial[lane + half];
      }
    }
    sum += partial[0];
  }
  return sum;
}

/** One call of MatchPatches(). */
class Matcher
{
public:
  Matcher(const FeatureImageView &     target,
          const FeatureImageView &     reference,
          const PatchMatchParameters & parameters,
          NearestNeighborField &       field)
    : m_Target(target)
    , m_Reference(reference)
    , m_Parameters(parameters)
    , m_Field(field)
    , m_PaddedTarget(target, parameters.patchRadius)
    , m_PaddedReference(reference, parameters.patchRadius)
    , m_Diameter(2 * parameters.patchRadius + 1)
    , m_SearchRadius(parameters.searchRadius > 0
                       ? parameters.searchRadius
                       : static_cast<unsigned int>(std::max(reference.width, reference.height)))
  {
    for (std::size_t i = 0; i < reference.width * reference.height; ++i)
    {
      if (!reference.mask || reference.mask[i])
      {
        m_ReferencePixels.push_back(static_cast<std::uint32_t>(i));
      }
    }
  }

  bool
  HasReferencePixels() const
  {
    return !m_ReferencePixels.empty();
  }

  /** Keeps the usable entries of the initial field, and draws the others. */
  void
  InitializeBand(std::size_t firstRow, std::size_t endRow)
  {
    for (std::size_t i = firstRow * m_Target.width; i < endRow * m_Target.width; ++i)
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
      m_Field.distance[i] = Distance(i, m_Field.x[i], m_Field.y[i], std::numeric_limits<float>::max());
    }
  }

  /** Propagation and random search over rows [firstRow, endRow), in reverse order in every second iteration. */
  void
  ScanBand(std::size_t firstRow, std::size_t endRow, unsigned int iteration, const NearestNeighborField & before)
  {
    const bool        forward = iteration % 2 == 1;
    const std::size_t width = m_Target.width;
    const std::size_t rows = endRow - firstRow;
    for (std::size_t r = 0; r < rows; ++r)
    {
      const std::size_t y = forward ? firstRow + r : endRow - 1 - r;
      for (std::size_t c = 0; c < width; ++c)
      {
        const std::size_t x = forward ? c : width - 1 - c;
        const std::size_t i = y * width + x;
        if (!IsTarget(i))
        {
          continue;
        }
        const std::int32_t step = forward ? 1 : -1;
        if (c > 0)
        {
          Propagate(i, m_Field, i - step, step, 0);
        }
        if (forward ? y > 0 : y + 1 < m_Target.height)
        {
          const std::size_t neighbour = forward ? i - width : i + width;
          Propagate(i, r > 0 ? m_Field : before, neighbour, 0, step);
        }
        SearchRandomly(i, iteration);
      }
    }
  }

  void
  NormalizeBand(std::size_t firstRow, std::size_t endRow)
  {
    for (std::size_t i = firstRow * m_Target.width; i < endRow * m_Target.width; ++i)
    {
      m_Field.distance[i] /= static_cast<float>(m_Diameter * m_Diameter);
    }
  }

private:
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

  float
  Distance(std::size_t i, std::int32_t x, std::int32_t y, float limit) const
  {
    return PatchDistance(m_PaddedTarget.Patch(i % m_Target.width, i / m_Target.width),
                         m_PaddedTarget.Pitch(),
                         m_PaddedReference.Patch(x, y),
                         m_PaddedReference.Pitch(),
                         m_Diameter,
                         m_Diameter * m_Target.components,
                         limit);
  }

  void
  Try(std::size_t i, std::int32_t x, std::int32_t y)
  {
    if (!IsReference(x, y) || (x == m_Field.x[i] && y == m_Field.y[i]))
    {
      return;
    }
    const float distance = Distance(i, x, y, m_Field.distance[i]);
    if (distance < m_Field.distance[i])
    {
      m_Field.x[i] = x;
      m_Field.y[i] = y;
      m_Field.distance[i] = distance;
    }
  }

  void
  Propagate(std::size_t i, const NearestNeighborField & source, std::size_t neighbour, std::int32_t dx, std::int32_t dy)
  {
    if (IsTarget(neighbour))
    {
      Try(i, source.x[neighbour] + dx, source.y[neighbour] + dy);
    }
  }

  void
  SearchRandomly(std::size_t i, unsigned int iteration)
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
          m_Field.y[i] + dy - static_cast<std::int32_t>(radius));
    }
  }

  const FeatureImageView &     m_Target;
  const FeatureImageView &     m_Reference;
  const PatchMatchParameters & m_Parameters;
  NearestNeighborField &       m_Field;
  PaddedFeatures               m_PaddedTarget;
  PaddedFeatures               m_PaddedReference;
  std::size_t                  m_Diameter;
  unsigned int                 m_SearchRadius;
  std::vector<std::uint32_t>   m_ReferencePixels;
};
} // namespace

void
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

  Matcher matcher(target, reference, parameters, field);
  if (!matcher.HasReferencePixels())
  {
    throw std::invalid_argument("The reference mask has no pixel to match with.");
  }
  const std::size_t bands = (target.height + BandRows - 1) / BandRows;
  const auto        firstRow = [](std::size_t band) { return band * BandRows; };
  const auto        endRow = [&](std::size_t band) { return std::min(target.height, (band + 1) * BandRows); };

  parallelFor(bands, [&](std::size_t band) { matcher.InitializeBand(firstRow(band), endRow(band)); });
  for (unsigned int iteration = 1; iteration <= parameters.iterations; ++iteration)
  {
    const NearestNeighborField before = field;
    parallelFor(bands, [&](std::size_t band) { matcher.ScanBand(firstRow(band), endRow(band), iteration, before); });
    progress(static_cast<double>(iteration) / parameters.iterations);
  }
  parallelFor(bands, [&](std::size_t band) { matcher.NormalizeBand(firstRow(band), endRow(band)); });
}

} // namespace colorization
} // namespace itk
