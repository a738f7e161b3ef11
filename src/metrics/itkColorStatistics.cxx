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
#include "itkColorStatistics.h"
#include "itkColorSpace.h"
#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace itk
{
namespace colorization
{
namespace
{
constexpr std::size_t PixelsAtOnce = 4096;

/** t^(1/3) for t of 2^-20 and more: a guess from the exponent, and two of Halley's steps. */
ITK_COLORIZATION_INLINE float
CubeRoot(float t)
{
  std::uint32_t bits;
  std::memcpy(&bits, &t, sizeof(bits));
  bits = bits / 3 + 709921077u;
  float root;
  std::memcpy(&root, &bits, sizeof(root));
  for (int step = 0; step < 2; ++step)
  {
    const float cube = root * root * root;
    root *= (cube + 2.0f * t) / (2.0f * cube + t);
  }
  return root;
}

/** CIE Lab's function of a tristimulus value over that of white. */
ITK_COLORIZATION_INLINE float
LabFunction(float t)
{
  constexpr float delta = 6.0f / 29.0f;
  const float     root = CubeRoot(t > 1e-6f ? t : 1e-6f);
  const float     line = t / (3.0f * delta * delta) + 4.0f / 29.0f;
  return t > delta * delta * delta ? root : line;
}

/** Linear light to L*, a*, b* under D65. */
ITK_COLORIZATION_MULTIVERSION void
LinearToLab(const float * r, const float * g, const float * b, std::size_t count, float * l, float * labA, float * labB)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    const float fx = LabFunction((0.4124564f * r[i] + 0.3575761f * g[i] + 0.1804375f * b[i]) / 0.95047f);
    const float fy = LabFunction(0.2126729f * r[i] + 0.7151522f * g[i] + 0.0721750f * b[i]);
    const float fz = LabFunction((0.0193339f * r[i] + 0.1191920f * g[i] + 0.9503041f * b[i]) / 1.08883f);
    l[i] = 116.0f * fy - 16.0f;
    labA[i] = 500.0f * (fx - fy);
    labB[i] = 200.0f * (fy - fz);
  }
}

double
RootOfSquares(double a, double b)
{
  return std::sqrt(a * a + b * b);
}
} // namespace

LabConverter::LabConverter(double range)
  : m_Range(static_cast<float>(range))
{
  if (range == 255.0 || range == 65535.0)
  {
    m_Table.resize(static_cast<std::size_t>(range) + 1);
    for (std::size_t k = 0; k < m_Table.size(); ++k)
    {
      m_Table[k] = SRGBToLinear(static_cast<float>(k) / m_Range);
    }
  }
}

float
LabConverter::Linear(float value) const
{
  if (value >= 0.0f && value < static_cast<float>(m_Table.size()))
  {
    const auto k = static_cast<std::size_t>(value);
    if (static_cast<float>(k) == value)
    {
      return m_Table[k];
    }
  }
  return SRGBToLinear(value / m_Range);
}

void
LabConverter::Convert(const float * rgb, std::size_t pixels, float * lab) const
{
  std::array<float, 3 * PixelsAtOnce> linear;
  for (std::size_t first = 0; first < pixels; first += PixelsAtOnce)
  {
    const std::size_t count = std::min(PixelsAtOnce, pixels - first);
    for (std::size_t c = 0; c < 3; ++c)
    {
      const float * const in = rgb + c * pixels + first;
      std::transform(in, in + count, linear.data() + c * PixelsAtOnce, [this](float value) { return Linear(value); });
    }
    LinearToLab(linear.data(),
                linear.data() + PixelsAtOnce,
                linear.data() + 2 * PixelsAtOnce,
                count,
                lab + first,
                lab + pixels + first,
                lab + 2 * pixels + first);
  }
}

void
OpponentSums::Add(const OpponentSums & other)
{
  count += other.count;
  for (std::size_t k = 0; k < 2; ++k)
  {
    sums[k] += other.sums[k];
    squares[k] += other.squares[k];
  }
}

double
OpponentSums::Colorfulness() const
{
  if (count == 0)
  {
    return std::numeric_limits<double>::quiet_NaN();
  }
  std::array<double, 2> means;
  std::array<double, 2> variances;
  for (std::size_t k = 0; k < 2; ++k)
  {
    means[k] = sums[k] / static_cast<double>(count);
    variances[k] = std::max(squares[k] / static_cast<double>(count) - means[k] * means[k], 0.0);
  }
  return std::sqrt(variances[0] + variances[1]) + 0.3 * RootOfSquares(means[0], means[1]);
}

OpponentSums
SumOpponents(const float * rgb, std::size_t pixels, double factor, const std::uint8_t * mask)
{
  OpponentSums result;
  for (std::size_t i = 0; i < pixels; ++i)
  {
    if (!mask || mask[i] != 0)
    {
      const double red = factor * static_cast<double>(rgb[i]);
      const double green = factor * static_cast<double>(rgb[pixels + i]);
      const double blue = factor * static_cast<double>(rgb[2 * pixels + i]);
      const double redGreen = red - green;
      const double yellowBlue = 0.5 * (red + green) - blue;
      result.sums[0] += redGreen;
      result.sums[1] += yellowBlue;
      result.squares[0] += redGreen * redGreen;
      result.squares[1] += yellowBlue * yellowBlue;
      ++result.count;
    }
  }
  return result;
}

double
PixelSum::Mean() const
{
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

ColorDifferenceSums
SumColorDifferences(const float *        lab1,
                    const float *        lab2,
                    std::size_t          pixels,
                    const std::uint8_t * mask,
                    bool                 wantsCIEDE2000)
{
  ColorDifferenceSums sums;
  for (std::size_t i = 0; i < pixels; ++i)
  {
    if (mask && mask[i] == 0)
    {
      continue;
    }
    ++sums.cie76.count;
    const std::array<double, 3> first{ { lab1[i], lab1[pixels + i], lab1[2 * pixels + i] } };
    const std::array<double, 3> second{ { lab2[i], lab2[pixels + i], lab2[2 * pixels + i] } };
    if (first != second)
    {
      const double l = first[0] - second[0];
      const double a = first[1] - second[1];
      const double b = first[2] - second[2];
      sums.cie76.sum += std::sqrt(l * l + a * a + b * b);
      sums.ciede2000.sum += wantsCIEDE2000 ? ColorDifferenceCIEDE2000(first, second) : 0.0;
    }
  }
  sums.ciede2000.count = wantsCIEDE2000 ? sums.cie76.count : 0;
  return sums;
}

PixelSum
SumChromaSteps(const float *        labBefore,
               const float *        lab,
               const float *        referenceBefore,
               const float *        reference,
               std::size_t          pixels,
               const std::uint8_t * maskBefore,
               const std::uint8_t * mask)
{
  PixelSum sum;
  for (std::size_t i = 0; i < pixels; ++i)
  {
    if (mask && (mask[i] == 0 || maskBefore[i] == 0))
    {
      continue;
    }
    const std::size_t a = pixels + i;
    const std::size_t b = 2 * pixels + i;
    double            stepA = static_cast<double>(lab[a]) - static_cast<double>(labBefore[a]);
    double            stepB = static_cast<double>(lab[b]) - static_cast<double>(labBefore[b]);
    if (reference)
    {
      stepA -= static_cast<double>(reference[a]) - static_cast<double>(referenceBefore[a]);
      stepB -= static_cast<double>(reference[b]) - static_cast<double>(referenceBefore[b]);
    }
    sum.sum += RootOfSquares(stepA, stepB);
    ++sum.count;
  }
  return sum;
}

} // namespace colorization
} // namespace itk
