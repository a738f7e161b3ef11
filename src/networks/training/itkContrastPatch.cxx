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
#include "itkContrastPatch.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
constexpr double Pi = 3.14159265358979323846;

/** Weights of the four control points around a place, `t` of the way from the second to the third. */
std::array<double, 4>
SplineWeights(double t)
{
  const double u = 1.0 - t;
  return { { u * u * u / 6.0,
             (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0,
             (4.0 - 6.0 * u * u + 3.0 * u * u * u) / 6.0,
             t * t * t / 6.0 } };
}

/** How far a place of the sample, in pixels from its centre, is moved. */
std::array<double, 2>
BendAt(const PatchPlacement & placement, double x, double y)
{
  const double                half = 0.5 * static_cast<double>(placement.knots - 1);
  const double                u = std::max(x / placement.knotStep + half, 1.0);
  const double                v = std::max(y / placement.knotStep + half, 1.0);
  const auto                  left = std::min(static_cast<std::size_t>(u), placement.knots - 3);
  const auto                  top = std::min(static_cast<std::size_t>(v), placement.knots - 3);
  const std::array<double, 4> along = SplineWeights(std::min(u - static_cast<double>(left), 1.0));
  const std::array<double, 4> across = SplineWeights(std::min(v - static_cast<double>(top), 1.0));
  std::array<double, 2>       moved{};
  for (std::size_t j = 0; j < 4; ++j)
  {
    for (std::size_t i = 0; i < 4; ++i)
    {
      const std::size_t knot = (top + j - 1) * placement.knots + left + i - 1;
      moved[0] += across[j] * along[i] * placement.bend[0][knot];
      moved[1] += across[j] * along[i] * placement.bend[1][knot];
    }
  }
  return moved;
}

/** A recursive Gaussian would be too much: weights of a short kernel. */
void
GaussianBlur(float * plane, std::size_t size, double sigma)
{
  const auto         radius = static_cast<std::ptrdiff_t>(std::ceil(2.5 * sigma));
  std::vector<float> kernel(static_cast<std::size_t>(2 * radius + 1));
  float              sum = 0.0f;
  for (std::ptrdiff_t k = -radius; k <= radius; ++k)
  {
    kernel[static_cast<std::size_t>(k + radius)] =
      static_cast<float>(std::exp(-0.5 * static_cast<double>(k * k) / (sigma * sigma)));
    sum += kernel[static_cast<std::size_t>(k + radius)];
  }
  const auto         last = static_cast<std::ptrdiff_t>(size) - 1;
  std::vector<float> line(size);
  const auto         blurLine = [&](float * first, std::ptrdiff_t stride)
  {
    for (std::ptrdiff_t i = 0; i <= last; ++i)
    {
      float value = 0.0f;
      for (std::ptrdiff_t k = -radius; k <= radius; ++k)
      {
        const std::ptrdiff_t at = std::min(std::max(i + k, std::ptrdiff_t{ 0 }), last);
        value += kernel[static_cast<std::size_t>(k + radius)] * first[at * stride];
      }
      line[static_cast<std::size_t>(i)] = value / sum;
    }
    for (std::ptrdiff_t i = 0; i <= last; ++i)
    {
      first[i * stride] = line[static_cast<std::size_t>(i)];
    }
  };
  for (std::ptrdiff_t k = 0; k <= last; ++k)
  {
    blurLine(plane + k * (last + 1), 1);
  }
  for (std::ptrdiff_t k = 0; k <= last; ++k)
  {
    blurLine(plane + k, last + 1);
  }
}

/** A pixel of tissue, if there is one. */
std::size_t
ChooseTissuePixel(const ContrastPatch & patch, RandomStream & random)
{
  constexpr std::size_t stride = 7919;
  std::size_t           pixel = random.Integer(patch.Pixels());
  for (std::size_t k = 0; k < patch.Pixels() && patch.tissue[pixel] != Tissue; ++k)
  {
    pixel = (pixel + stride) % patch.Pixels();
  }
  return pixel;
}

/** How far in pixels, at all pixels, it is out of a shape with a wavy border; below 0 inside. */
std::vector<double>
DrawShape(const ContrastPatch & patch, bool isLine, RandomStream & random)
{
  const std::size_t   centre = ChooseTissuePixel(patch, random);
  const auto          x0 = static_cast<double>(centre % patch.size);
  const auto          y0 = static_cast<double>(centre / patch.size);
  const double        angle = random.Uniform(0.0, 2.0 * Pi);
  const double        phase = random.Uniform(0.0, 2.0 * Pi);
  const double        wave = random.Uniform(20.0, 80.0) / patch.spacing;
  const double        sway = random.Uniform(0.0, 8.0) / patch.spacing;
  const double        radius = random.Uniform(15.0, 70.0) / patch.spacing;
  const double        waves = std::floor(random.Uniform(2.0, 7.0));
  std::vector<double> beyond(patch.Pixels());
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    const double x = static_cast<double>(i % patch.size) - x0;
    const double y = static_cast<double>(i / patch.size) - y0;
    const double along = x * std::cos(angle) + y * std::sin(angle);
    const double across = y * std::cos(angle) - x * std::sin(angle);
    beyond[i] = isLine ? across - sway * std::sin(2.0 * Pi * along / wave + phase)
                       : std::hypot(x, y) - radius - sway * std::sin(waves * std::atan2(y, x) + phase);
  }
  return beyond;
}

/** The same of one to three islands. */
std::vector<double>
DrawIslands(const ContrastPatch & patch, RandomStream & random)
{
  constexpr std::size_t mostIslands = 3;
  const std::size_t     islands = 1 + random.Integer(mostIslands);
  std::vector<double>   beyond = DrawShape(patch, false, random);
  for (std::size_t k = 1; k < islands; ++k)
  {
    const std::vector<double> other = DrawShape(patch, false, random);
    std::transform(beyond.begin(),
                   beyond.end(),
                   other.begin(),
                   beyond.begin(),
                   [](double one, double two) { return std::min(one, two); });
  }
  return beyond;
}
} // namespace

void
ChooseBend(double largestBend, double spacing, std::size_t size, RandomStream & random, PatchPlacement & placement)
{
  constexpr double distance = 50.0;
  placement.knotStep = distance / spacing;
  placement.knots = static_cast<std::size_t>(std::ceil(static_cast<double>(size) / placement.knotStep)) + 4;
  const double strength = random.Uniform(0.0, largestBend) / spacing;
  for (std::vector<double> & moves : placement.bend)
  {
    moves.resize(placement.knots * placement.knots);
    std::generate(moves.begin(), moves.end(), [&]() { return strength * random.Normal(); });
  }
}

void
TurnPlacement(double angle, double mirror, const std::array<double, 2> & pixel, PatchPlacement & placement)
{
  placement.alongX = { { mirror * std::cos(angle) * placement.spacing / pixel[0],
                         mirror * std::sin(angle) * placement.spacing / pixel[1] } };
  placement.alongY = { { -std::sin(angle) * placement.spacing / pixel[0],
                         std::cos(angle) * placement.spacing / pixel[1] } };
}

std::vector<std::array<double, 2>>
PlacesOf(const PatchPlacement & placement, std::size_t size)
{
  const double                       half = 0.5 * static_cast<double>(size - 1);
  std::vector<std::array<double, 2>> places;
  places.reserve(size * size);
  for (std::size_t i = 0; i < size * size; ++i)
  {
    double     x = static_cast<double>(i % size) - half;
    double     y = static_cast<double>(i / size) - half;
    const auto moved = BendAt(placement, x, y);
    x += moved[0];
    y += moved[1];
    places.push_back({ { placement.centre[0] + x * placement.alongX[0] + y * placement.alongY[0],
                         placement.centre[1] + x * placement.alongX[1] + y * placement.alongY[1] } });
  }
  return places;
}

void
MeasureDepth(ContrastPatch & patch)
{
  const auto           size = static_cast<std::ptrdiff_t>(patch.size);
  const auto           straight = static_cast<float>(patch.spacing);
  const float          diagonal = straight * 4.0f / 3.0f;
  constexpr float      deepest = 60.0f;
  std::vector<float> & depth = patch.depth;
  depth.resize(patch.Pixels());
  std::transform(patch.tissue.begin(),
                 patch.tissue.end(),
                 depth.begin(),
                 [](std::uint8_t tissue) { return tissue == Outside ? 0.0f : deepest; });
  const auto sweep = [&](std::ptrdiff_t i, std::ptrdiff_t direction)
  {
    const std::ptrdiff_t x = i % size;
    const std::ptrdiff_t y = i / size;
    const std::ptrdiff_t before = y - direction;
    const auto           lower = [&](std::ptrdiff_t atX, std::ptrdiff_t atY, float step)
    {
      if (atX >= 0 && atX < size && atY >= 0 && atY < size)
      {
        depth[static_cast<std::size_t>(i)] =
          std::min(depth[static_cast<std::size_t>(i)], depth[static_cast<std::size_t>(atY * size + atX)] + step);
      }
    };
    lower(x - direction, y, straight);
    lower(x, before, straight);
    lower(x - 1, before, diagonal);
    lower(x + 1, before, diagonal);
  };
  for (std::ptrdiff_t i = 0; i < size * size; ++i)
  {
    sweep(i, 1);
  }
  for (std::ptrdiff_t i = size * size; i-- > 0;)
  {
    sweep(i, -1);
  }
}

void
BoxBlur(float * plane, std::size_t size, std::size_t radius, unsigned int times)
{
  std::vector<float> line(size);
  const auto         blurLine = [&](float * first, std::size_t stride)
  {
    const auto  last = size - 1;
    const float scale = 1.0f / static_cast<float>(2 * radius + 1);
    const auto  at = [&](std::size_t k) { return first[std::min(k, last) * stride]; };
    float       sum = static_cast<float>(radius) * at(0);
    for (std::size_t k = 0; k <= radius; ++k)
    {
      sum += at(k);
    }
    for (std::size_t k = 0; k < size; ++k)
    {
      line[k] = scale * sum;
      sum += at(k + radius + 1) - at(k > radius ? k - radius : 0);
    }
    for (std::size_t k = 0; k < size; ++k)
    {
      first[k * stride] = line[k];
    }
  };
  for (unsigned int pass = 0; pass < times; ++pass)
  {
    for (std::size_t k = 0; k < size; ++k)
    {
      blurLine(plane + k * size, 1);
    }
    for (std::size_t k = 0; k < size; ++k)
    {
      blurLine(plane + k, size);
    }
  }
}

void
Strip(ContrastPatch & patch, RandomStream & random)
{
  const double depth = random.Uniform(6.0, 22.0);
  const double sway = random.Uniform(0.0, 3.0);
  const double phase = random.Uniform(0.0, 2.0 * Pi);
  const double angle = random.Uniform(0.0, 2.0 * Pi);
  const double wave = random.Uniform(15.0, 60.0);
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    const double along =
      static_cast<double>(i % patch.size) * std::cos(angle) + static_cast<double>(i / patch.size) * std::sin(angle);
    if (patch.depth[i] < depth + sway * std::sin(2.0 * Pi * along * patch.spacing / wave + phase))
    {
      patch.tissue[i] = Outside;
      patch.gray[i] = 0.0f;
    }
  }
}

void
Splice(ContrastPatch & patch, const ContrastPatch & other, RandomStream & random)
{
  const std::vector<double> beyond = DrawIslands(patch, random);
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    if (beyond[i] <= 0.0 && patch.tissue[i] != Outside && other.tissue[i] == Tissue)
    {
      patch.tissue[i] = Tissue;
      for (std::size_t c = i; c < 3 * patch.Pixels(); c += patch.Pixels())
      {
        patch.rgb[c] = other.rgb[c];
        patch.appearance[c] = other.appearance[c];
      }
    }
  }
}

void
Cut(ContrastPatch & patch, RandomStream & random)
{
  const bool                isLine = random.Chance(0.4);
  const std::vector<double> beyond = isLine ? DrawShape(patch, true, random) : DrawIslands(patch, random);
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    if (beyond[i] > 0.0)
    {
      patch.tissue[i] = Outside;
      patch.gray[i] = 0.0f;
    }
  }
}

void
AddBias(ContrastPatch & patch, RandomStream & random)
{
  const double strength = random.Chance(0.5) ? random.Uniform(0.0, 0.5) : 0.0;
  const double angle = random.Uniform(0.0, 2.0 * Pi);
  const double phase = random.Uniform(0.0, 2.0 * Pi);
  const double waves = random.Uniform(0.3, 1.0) / static_cast<double>(patch.size);
  for (std::size_t i = 0; i < patch.Pixels() && strength > 0.0; ++i)
  {
    const double along =
      static_cast<double>(i % patch.size) * std::cos(angle) + static_cast<double>(i / patch.size) * std::sin(angle);
    patch.gray[i] *= static_cast<float>(std::exp(strength * std::sin(2.0 * Pi * waves * along + phase)));
  }
}

void
AddBlur(ContrastPatch & patch, double coarseShare, RandomStream & random)
{
  const bool   isCoarse = random.Chance(coarseShare);
  const double sigma = isCoarse ? random.Uniform(0.8, 2.0) : random.Uniform(0.0, 0.9);
  if (sigma > 0.25)
  {
    GaussianBlur(patch.gray.data(), patch.size, sigma);
  }
}

void
AddNoise(ContrastPatch & patch, double largest, RandomStream & random)
{
  const double sigma = largest * std::pow(random.Uniform(), 2.0);
  for (float & value : patch.gray)
  {
    value = std::abs(value + static_cast<float>(sigma * random.Normal()));
  }
}

void
Normalize(ContrastPatch & patch, RandomStream & random)
{
  std::vector<float> body;
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    if (patch.tissue[i] != Outside)
    {
      body.push_back(patch.gray[i]);
    }
    else
    {
      patch.gray[i] = 0.0f;
    }
  }
  const bool   isWindow = random.Chance(0.2);
  const double low = isWindow ? random.Uniform(0.0, 0.25) : random.Uniform(0.0, 0.02);
  const double high = isWindow ? random.Uniform(0.75, 1.0) : random.Uniform(0.97, 1.0);
  const double gamma = std::exp(random.Uniform(-0.6, 0.6));
  if (body.empty())
  {
    return;
  }
  const auto percentile = [&](double part)
  {
    const auto rank = static_cast<std::ptrdiff_t>(part * static_cast<double>(body.size() - 1));
    std::nth_element(body.begin(), body.begin() + rank, body.end());
    return body[static_cast<std::size_t>(rank)];
  };
  const float lowest = random.Chance(0.5) ? 0.0f : percentile(low);
  const float range = std::max(percentile(high) - lowest, 1e-3f);
  for (float & value : patch.gray)
  {
    value = std::pow(std::min(std::max((value - lowest) / range, 0.0f), 1.0f), static_cast<float>(gamma));
  }
}

void
CopySample(const ContrastPatch & patch, float * gray, float * rgb, float * weight)
{
  std::copy(patch.gray.begin(), patch.gray.end(), gray);
  std::copy(patch.rgb.begin(), patch.rgb.end(), rgb);
  std::transform(patch.tissue.begin(),
                 patch.tissue.end(),
                 weight,
                 [](std::uint8_t tissue) { return tissue == Tissue ? 1.0f : 0.0f; });
}

} // namespace colorization
} // namespace itk
