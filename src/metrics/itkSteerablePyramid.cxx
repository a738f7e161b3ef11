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
#include "itkSteerablePyramid.h"
#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace itk
{
namespace colorization
{
namespace
{
constexpr double Pi = 3.14159265358979323846;

ITK_COLORIZATION_MULTIVERSION void
Filter(const float * real, const float * imaginary, const float * gain, std::size_t count, float * outR, float * outI)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    outR[i] = real[i] * gain[i];
    outI[i] = imaginary[i] * gain[i];
  }
}

ComplexPlane
Filtered(const ComplexPlane & spectrum, const std::vector<float> & gain, BufferPool & pool)
{
  ComplexPlane filtered(pool, spectrum.layout.width, spectrum.layout.height);
  Filter(spectrum.real.data(),
         spectrum.imaginary.data(),
         gain.data(),
         gain.size(),
         filtered.real.data(),
         filtered.imaginary.data());
  return filtered;
}

/** A raised cosine's square root over the octave that ends at 2^highest of the Nyquist frequency: 1 above. */
double
HighPassGain(double radius, double highest)
{
  const double t = std::log2(radius) - highest;
  return t >= 0.0 ? 1.0 : t <= -1.0 ? 0.0 : std::cos(0.5 * Pi * t);
}

double
LowPassGain(double radius, double highest)
{
  const double high = HighPassGain(radius, highest);
  return std::sqrt(1.0 - high * high);
}

/** Only half of the plane passes: this makes the bands complex. */
double
AngularGain(double angle, std::size_t orientation)
{
  constexpr int    order = static_cast<int>(PyramidBands::Orientations) - 1;
  constexpr double factorialOfOrder = 6.0;
  constexpr double factorialOfTwice = 720.0;
  static_assert(order == 3, "The factorials are of 3 and of 6.");
  const double constant = std::pow(2.0, 2 * order) * factorialOfOrder * factorialOfOrder /
                          (static_cast<double>(PyramidBands::Orientations) * factorialOfTwice);
  const double direction = Pi * static_cast<double>(orientation) / static_cast<double>(PyramidBands::Orientations);
  const double cosine = std::cos(angle - direction);
  return cosine > 0.0 ? 2.0 * std::sqrt(constant) * std::pow(cosine, order) : 0.0;
}

/** Calls body(index, radius in units of the Nyquist frequency of the picture, angle) for a level's spectrum. */
template <typename TBody>
void
ForEachFrequency(const PlaneLayout & layout, std::size_t fullWidth, std::size_t fullHeight, const TBody & body)
{
  for (std::size_t y = 0; y < layout.height; ++y)
  {
    for (std::size_t x = 0; x < layout.width; ++x)
    {
      const double fx = 2.0 * static_cast<double>(FrequencyOf(x, layout.width)) / static_cast<double>(fullWidth);
      const double fy = 2.0 * static_cast<double>(FrequencyOf(y, layout.height)) / static_cast<double>(fullHeight);
      body(layout.At(x, y), std::hypot(fx, fy), std::atan2(fy, fx));
    }
  }
}

/** The lower half of all frequencies. */
ComplexPlane
Cropped(const ComplexPlane & spectrum, BufferPool & pool)
{
  const PlaneLayout & full = spectrum.layout;
  ComplexPlane        cropped(pool, (full.width + 1) / 2, (full.height + 1) / 2);
  const auto          from = [](std::size_t k, std::size_t size, std::size_t fullSize)
  {
    const std::ptrdiff_t frequency = FrequencyOf(k, size);
    return static_cast<std::size_t>(frequency < 0 ? frequency + static_cast<std::ptrdiff_t>(fullSize) : frequency);
  };
  for (std::size_t y = 0; y < cropped.layout.height; ++y)
  {
    for (std::size_t x = 0; x < cropped.layout.width; ++x)
    {
      const std::size_t i =
        full.At(from(x, cropped.layout.width, full.width), from(y, cropped.layout.height, full.height));
      cropped.real[cropped.layout.At(x, y)] = spectrum.real[i];
      cropped.imaginary[cropped.layout.At(x, y)] = spectrum.imaginary[i];
    }
  }
  return cropped;
}

PyramidBand
MakeBand(const PlaneFourierTransform & transform, ComplexPlane spectrum)
{
  transform.Inverse(spectrum);
  return spectrum;
}
} // namespace

SteerablePyramid::Level::Level(std::size_t levelWidth, std::size_t levelHeight)
  : transform(levelWidth, levelHeight)
  , layout(levelWidth, levelHeight)
{}

SteerablePyramid::SteerablePyramid(std::size_t width, std::size_t height)
{
  std::size_t levelWidth = width;
  std::size_t levelHeight = height;
  for (std::size_t scale = 0; scale <= PyramidBands::Scales; ++scale)
  {
    m_Levels.push_back(std::make_unique<Level>(levelWidth, levelHeight));
    Level &             level = *m_Levels.back();
    const PlaneLayout & layout = level.layout;
    const auto          highest = -static_cast<double>(scale);
    level.lowPass.assign(layout.Count(), 0.0f);
    ForEachFrequency(layout,
                     width,
                     height,
                     [&](std::size_t i, double radius, double)
                     { level.lowPass[i] = static_cast<float>(LowPassGain(radius, highest)); });
    if (scale == 0)
    {
      m_HighPass.assign(layout.Count(), 0.0f);
      ForEachFrequency(layout,
                       width,
                       height,
                       [&](std::size_t i, double radius, double)
                       { m_HighPass[i] = static_cast<float>(HighPassGain(radius, highest)); });
    }
    for (std::size_t o = 0; scale < PyramidBands::Scales && o < PyramidBands::Orientations; ++o)
    {
      level.oriented[o].assign(layout.Count(), 0.0f);
      ForEachFrequency(layout,
                       width,
                       height,
                       [&](std::size_t i, double radius, double angle) {
                         level.oriented[o][i] =
                           static_cast<float>(HighPassGain(radius, highest - 1.0) * AngularGain(angle, o));
                       });
    }
    levelWidth = (levelWidth + 1) / 2;
    levelHeight = (levelHeight + 1) / 2;
  }
}

PyramidBands
SteerablePyramid::Decompose(const float * picture, double factor, BufferPool & pool) const
{
  const PlaneLayout & layout = m_Levels.front()->layout;
  const std::size_t   pixels = layout.width * layout.height;
  const double        mean = std::accumulate(picture, picture + pixels, 0.0) / static_cast<double>(pixels);
  ComplexPlane        spectrum(pool, layout.width, layout.height);
  for (std::size_t y = 0; y < layout.height; ++y)
  {
    for (std::size_t x = 0; x < layout.width; ++x)
    {
      const double value = static_cast<double>(picture[y * layout.width + x]);
      spectrum.real[layout.At(x, y)] = static_cast<float>(factor * (value - mean));
      spectrum.imaginary[layout.At(x, y)] = 0.0f;
    }
  }
  m_Levels.front()->transform.Forward(spectrum);
  PyramidBand highPass = MakeBand(m_Levels.front()->transform, Filtered(spectrum, m_HighPass, pool));
  std::array<std::vector<PyramidBand>, PyramidBands::Scales> oriented;
  ComplexPlane                                               low = Filtered(spectrum, m_Levels.front()->lowPass, pool);
  for (std::size_t scale = 0; scale < PyramidBands::Scales; ++scale)
  {
    const Level & level = *m_Levels[scale];
    for (const std::vector<float> & gain : level.oriented)
    {
      oriented[scale].push_back(MakeBand(level.transform, Filtered(low, gain, pool)));
    }
    low = Filtered(Cropped(low, pool), m_Levels[scale + 1]->lowPass, pool);
  }
  // Coefficients grow with every subsampling, because the inverse transform divides by fewer pixels.
  const double growth = static_cast<double>(spectrum.layout.width * spectrum.layout.height) /
                        static_cast<double>(low.layout.width * low.layout.height);
  return { std::move(highPass),
           std::move(oriented),
           MakeBand(m_Levels.back()->transform, std::move(low)),
           factor * mean * growth };
}

} // namespace colorization
} // namespace itk
