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
#include "itkStructuralSimilarity.h"
#include "itkWindowMoments.h"
#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
namespace colorization
{
namespace
{
constexpr std::array<double, NumberOfSimilarityScales> ScaleWeights{ { 0.0448, 0.2856, 0.3001, 0.2363, 0.1333 } };

/** A window's rows under one another: weighted sums of x, y, x^2 + y^2 and x y. */
template <std::size_t VTaps>
ITK_COLORIZATION_INLINE void
SumColumns(const float *  x,
           const float *  y,
           std::size_t    stride,
           std::size_t    count,
           const double * weights,
           double         centre,
           double *       sums)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    double mx = 0.0;
    double my = 0.0;
    double squares = 0.0;
    double products = 0.0;
    for (std::size_t k = 0; k < VTaps; ++k)
    {
      const double a = static_cast<double>(x[k * stride + i]) - centre;
      const double b = static_cast<double>(y[k * stride + i]) - centre;
      mx += weights[k] * a;
      my += weights[k] * b;
      squares += weights[k] * (a * a + b * b);
      products += weights[k] * (a * b);
    }
    sums[i] = mx;
    sums[count + i] = my;
    sums[2 * count + i] = squares;
    sums[3 * count + i] = products;
  }
}

/** out[i] = sum over k of weights[k] * in[i + k]. */
template <std::size_t VTaps>
ITK_COLORIZATION_INLINE void
FilterRow(const double * in, std::size_t count, const double * weights, double * out)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    double sum = 0.0;
    for (std::size_t k = 0; k < VTaps; ++k)
    {
      sum += weights[k] * in[i + k];
    }
    out[i] = sum;
  }
}

/** The moments of one row of windows. */
template <std::size_t VTaps>
ITK_COLORIZATION_INLINE void
ComputeRow(const float *    x,
           const float *    y,
           std::size_t      width,
           const double *   weights,
           double           centre,
           double *         sums,
           double * const * means)
{
  SumColumns<VTaps>(x, y, width, width, weights, centre, sums);
  for (std::size_t m = 0; m < 4; ++m)
  {
    FilterRow<VTaps>(sums + m * width, width - VTaps + 1, weights, means[m]);
  }
}

/** The same for a window of any size. */
ITK_COLORIZATION_MULTIVERSION void
ComputeRowOfAnySize(const float *    x,
                    const float *    y,
                    std::size_t      width,
                    const double *   weights,
                    std::size_t      taps,
                    double           centre,
                    double *         sums,
                    double * const * means)
{
  for (std::size_t i = 0; i < 4 * width; ++i)
  {
    sums[i] = 0.0;
  }
  for (std::size_t k = 0; k < taps; ++k)
  {
    for (std::size_t i = 0; i < width; ++i)
    {
      const double a = static_cast<double>(x[k * width + i]) - centre;
      const double b = static_cast<double>(y[k * width + i]) - centre;
      sums[i] += weights[k] * a;
      sums[width + i] += weights[k] * b;
      sums[2 * width + i] += weights[k] * (a * a + b * b);
      sums[3 * width + i] += weights[k] * (a * b);
    }
  }
  for (std::size_t m = 0; m < 4; ++m)
  {
    for (std::size_t i = 0; i + taps <= width; ++i)
    {
      means[m][i] = 0.0;
      for (std::size_t k = 0; k < taps; ++k)
      {
        means[m][i] += weights[k] * sums[m * width + i + k];
      }
    }
  }
}

// One function each, because the compiler makes versions of plain functions only.
ITK_COLORIZATION_MULTIVERSION void
ComputeRowOf3(const float *    x,
              const float *    y,
              std::size_t      w,
              const double *   k,
              double           c,
              double *         s,
              double * const * m)
{
  ComputeRow<3>(x, y, w, k, c, s, m);
}
ITK_COLORIZATION_MULTIVERSION void
ComputeRowOf5(const float *    x,
              const float *    y,
              std::size_t      w,
              const double *   k,
              double           c,
              double *         s,
              double * const * m)
{
  ComputeRow<5>(x, y, w, k, c, s, m);
}
ITK_COLORIZATION_MULTIVERSION void
ComputeRowOf7(const float *    x,
              const float *    y,
              std::size_t      w,
              const double *   k,
              double           c,
              double *         s,
              double * const * m)
{
  ComputeRow<7>(x, y, w, k, c, s, m);
}
ITK_COLORIZATION_MULTIVERSION void
ComputeRowOf9(const float *    x,
              const float *    y,
              std::size_t      w,
              const double *   k,
              double           c,
              double *         s,
              double * const * m)
{
  ComputeRow<9>(x, y, w, k, c, s, m);
}
ITK_COLORIZATION_MULTIVERSION void
ComputeRowOf11(const float *    x,
               const float *    y,
               std::size_t      w,
               const double *   k,
               double           c,
               double *         s,
               double * const * m)
{
  ComputeRow<11>(x, y, w, k, c, s, m);
}

/** Adds a slice of the window's slices to the sum of all. */
ITK_COLORIZATION_MULTIVERSION void
AddScaled(const double * in, std::size_t count, double weight, double * out)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    out[i] += weight * in[i];
  }
}

/** SSIM's two factors from the moments of a row. */
ITK_COLORIZATION_MULTIVERSION void
CompareRow(const double * mx,
           const double * my,
           const double * squares,
           const double * products,
           std::size_t    count,
           double         centre,
           double         c1,
           double         c2,
           double *       similarity,
           double *       contrastStructure)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    const double covariance = products[i] - mx[i] * my[i];
    const double variances = squares[i] - mx[i] * mx[i] - my[i] * my[i];
    const double a = mx[i] + centre;
    const double b = my[i] + centre;
    contrastStructure[i] = (2.0 * covariance + c2) / (variances + c2);
    similarity[i] = (2.0 * a * b + c1) / (a * a + b * b + c1) * contrastStructure[i];
  }
}

/** The mean of 2 x 2 pixels; the last column and row are repeated. */
std::vector<float>
Halve(const std::vector<float> & in, const std::array<std::size_t, 2> & size)
{
  const std::size_t  width = (size[0] + 1) / 2;
  const std::size_t  height = (size[1] + 1) / 2;
  std::vector<float> out(width * height);
  for (std::size_t y = 0; y < height; ++y)
  {
    const float * const upper = in.data() + 2 * y * size[0];
    const float * const lower = in.data() + std::min(2 * y + 1, size[1] - 1) * size[0];
    for (std::size_t x = 0; x < width; ++x)
    {
      const std::size_t left = 2 * x;
      const std::size_t right = std::min(2 * x + 1, size[0] - 1);
      out[y * width + x] = 0.25f * (upper[left] + upper[right] + lower[left] + lower[right]);
    }
  }
  return out;
}

double
CentreOf(const StructuralSimilarityParameters & parameters)
{
  return 0.5 * parameters.range;
}
} // namespace

std::vector<double>
MakeWindowWeights(const StructuralSimilarityParameters & parameters)
{
  const double        radius = 0.5 * static_cast<double>(parameters.windowSize - 1);
  std::vector<double> weights(parameters.windowSize);
  double              sum = 0.0;
  for (std::size_t k = 0; k < weights.size(); ++k)
  {
    const double t = (static_cast<double>(k) - radius) / parameters.sigma;
    weights[k] = std::exp(-0.5 * t * t);
    sum += weights[k];
  }
  for (double & weight : weights)
  {
    weight /= sum;
  }
  return weights;
}

void
ComputeWindowMoments(const float *                          x,
                     const float *                          y,
                     const std::array<std::size_t, 2> &     size,
                     const StructuralSimilarityParameters & parameters,
                     WindowMoments &                        moments)
{
  const std::size_t taps = parameters.windowSize;
  const bool        fits = size[0] >= taps && size[1] >= taps;
  moments.width = fits ? size[0] - taps + 1 : 0;
  moments.height = fits ? size[1] - taps + 1 : 0;
  for (std::vector<double> & means : moments.means)
  {
    means.resize(moments.width * moments.height);
  }
  const std::vector<double> weights = MakeWindowWeights(parameters);
  const double              centre = CentreOf(parameters);
  std::vector<double>       sums(4 * size[0]);
  for (std::size_t row = 0; row < moments.height; ++row)
  {
    std::array<double *, 4> means;
    for (std::size_t m = 0; m < 4; ++m)
    {
      means[m] = moments.means[m].data() + row * moments.width;
    }
    const float * const rowX = x + row * size[0];
    const float * const rowY = y + row * size[0];
    const auto          compute = taps == 3    ? ComputeRowOf3
                                  : taps == 5  ? ComputeRowOf5
                                  : taps == 7  ? ComputeRowOf7
                                  : taps == 9  ? ComputeRowOf9
                                  : taps == 11 ? ComputeRowOf11
                                               : nullptr;
    if (compute)
    {
      compute(rowX, rowY, size[0], weights.data(), centre, sums.data(), means.data());
    }
    else
    {
      ComputeRowOfAnySize(rowX, rowY, size[0], weights.data(), taps, centre, sums.data(), means.data());
    }
  }
}

void
SimilaritySums::Add(const SimilaritySums & other)
{
  similarity += other.similarity;
  contrastStructure += other.contrastStructure;
  windows += other.windows;
}

StructuralSimilarityReport
SimilaritySums::Report() const
{
  if (windows == 0)
  {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    return { none, none, 0 };
  }
  return { similarity / static_cast<double>(windows), contrastStructure / static_cast<double>(windows), windows };
}

SimilaritySums
SumSimilarity(const WindowMoments &                  moments,
              const StructuralSimilarityParameters & parameters,
              const std::uint8_t *                   mask,
              float *                                map)
{
  const double        c1 = std::pow(parameters.k1 * parameters.range, 2.0);
  const double        c2 = std::pow(parameters.k2 * parameters.range, 2.0);
  const std::size_t   radius = parameters.windowSize / 2;
  const std::size_t   fullWidth = moments.width + parameters.windowSize - 1;
  std::vector<double> similarity(moments.width);
  std::vector<double> contrastStructure(moments.width);
  SimilaritySums      sums;
  for (std::size_t row = 0; row < moments.height; ++row)
  {
    const std::size_t first = row * moments.width;
    const std::size_t centre = (row + radius) * fullWidth + radius;
    CompareRow(moments.means[0].data() + first,
               moments.means[1].data() + first,
               moments.means[2].data() + first,
               moments.means[3].data() + first,
               moments.width,
               CentreOf(parameters),
               c1,
               c2,
               similarity.data(),
               contrastStructure.data());
    SimilaritySums sumsOfRow;
    for (std::size_t i = 0; i < moments.width; ++i)
    {
      if (map)
      {
        map[centre + i] = static_cast<float>(similarity[i]);
      }
      if (!mask || mask[centre + i] != 0)
      {
        sumsOfRow.similarity += similarity[i];
        sumsOfRow.contrastStructure += contrastStructure[i];
        ++sumsOfRow.windows;
      }
    }
    sums.Add(sumsOfRow);
  }
  return sums;
}

SliceWindow::SliceWindow(const std::array<std::size_t, 2> & size, const StructuralSimilarityParameters & parameters)
  : m_Parameters(parameters)
  , m_Weights(MakeWindowWeights(parameters))
  , m_Slices(parameters.windowSize)
{
  m_Joined.width = size[0] >= parameters.windowSize ? size[0] - parameters.windowSize + 1 : 0;
  m_Joined.height = size[1] >= parameters.windowSize ? size[1] - parameters.windowSize + 1 : 0;
}

WindowMoments &
SliceWindow::Next()
{
  return m_Slices[m_Pushed % m_Slices.size()];
}

bool
SliceWindow::Push()
{
  ++m_Pushed;
  return m_Pushed >= m_Slices.size();
}

SimilaritySums
SliceWindow::Sum(const std::uint8_t * mask, float * map)
{
  for (std::size_t m = 0; m < 4; ++m)
  {
    m_Joined.means[m].assign(m_Joined.width * m_Joined.height, 0.0);
    for (std::size_t k = 0; k < m_Slices.size(); ++k)
    {
      const WindowMoments & slice = m_Slices[(m_Pushed + k) % m_Slices.size()];
      AddScaled(slice.means[m].data(), slice.means[m].size(), m_Weights[k], m_Joined.means[m].data());
    }
  }
  return SumSimilarity(m_Joined, m_Parameters, mask, map);
}

StructuralSimilarityReport
StructuralSimilarity(const float *                          x,
                     const float *                          y,
                     const std::array<std::size_t, 3> &     size,
                     const StructuralSimilarityParameters & parameters,
                     const std::uint8_t *                   mask,
                     float *                                map)
{
  const std::array<std::size_t, 2> plane{ { size[0], size[1] } };
  const std::size_t                pixels = size[0] * size[1];
  if (size[2] == 1)
  {
    WindowMoments moments;
    ComputeWindowMoments(x, y, plane, parameters, moments);
    return SumSimilarity(moments, parameters, mask, map).Report();
  }
  SliceWindow    window(plane, parameters);
  SimilaritySums sums;
  for (std::size_t z = 0; z < size[2]; ++z)
  {
    ComputeWindowMoments(x + z * pixels, y + z * pixels, plane, parameters, window.Next());
    if (window.Push())
    {
      const std::size_t centre = (z - parameters.windowSize / 2) * pixels;
      sums.Add(window.Sum(mask ? mask + centre : nullptr, map ? map + centre : nullptr));
    }
  }
  return sums.Report();
}

double
MultiScaleStructuralSimilarity(const float *                          x,
                               const float *                          y,
                               const std::array<std::size_t, 2> &     size,
                               const StructuralSimilarityParameters & parameters,
                               const std::uint8_t *                   mask)
{
  WindowMoments moments;
  ComputeWindowMoments(x, y, size, parameters, moments);
  const StructuralSimilarityReport finest = SumSimilarity(moments, parameters, mask, nullptr).Report();
  return MultiScaleStructuralSimilarity(x, y, size, parameters, mask, finest, moments);
}

double
MultiScaleStructuralSimilarity(const float *                          x,
                               const float *                          y,
                               const std::array<std::size_t, 2> &     size,
                               const StructuralSimilarityParameters & parameters,
                               const std::uint8_t *                   mask,
                               const StructuralSimilarityReport &     finest,
                               WindowMoments &                        moments)
{
  const std::size_t smallest = SmallestSizeForMultiScale(parameters);
  if (size[0] < smallest || size[1] < smallest)
  {
    return std::numeric_limits<double>::quiet_NaN();
  }
  std::array<std::size_t, 2> scaleSize = size;
  std::size_t                pixels = size[0] * size[1];
  std::vector<float>         scaleX(x, x + pixels);
  std::vector<float>         scaleY(y, y + pixels);
  std::vector<float>         scaleMask(mask ? pixels : 0);
  std::vector<std::uint8_t>  isInside(mask ? pixels : 0);
  std::transform(mask, mask + scaleMask.size(), scaleMask.begin(), [](std::uint8_t m) { return m != 0 ? 1.0f : 0.0f; });
  double                     product = 1.0;
  StructuralSimilarityReport report = finest;
  for (std::size_t scale = 0; scale < NumberOfSimilarityScales; ++scale)
  {
    if (scale > 0)
    {
      std::transform(scaleMask.begin(),
                     scaleMask.end(),
                     isInside.begin(),
                     [](float m) { return static_cast<std::uint8_t>(m != 0.0f); });
      ComputeWindowMoments(scaleX.data(), scaleY.data(), scaleSize, parameters, moments);
      report = SumSimilarity(moments, parameters, mask ? isInside.data() : nullptr, nullptr).Report();
    }
    const bool   isLast = scale + 1 == NumberOfSimilarityScales;
    const double factor = isLast ? report.similarity : report.contrastStructure;
    // std::max() would turn NaN into 0.
    product *= std::pow(factor < 0.0 ? 0.0 : factor, ScaleWeights[scale]);
    if (!isLast)
    {
      scaleX = Halve(scaleX, scaleSize);
      scaleY = Halve(scaleY, scaleSize);
      if (mask)
      {
        scaleMask = Halve(scaleMask, scaleSize);
        std::transform(scaleMask.begin(),
                       scaleMask.end(),
                       scaleMask.begin(),
                       [](float m) { return m >= 0.5f ? 1.0f : 0.0f; });
        isInside.resize(scaleMask.size());
      }
      scaleSize = { { (scaleSize[0] + 1) / 2, (scaleSize[1] + 1) / 2 } };
    }
  }
  return product;
}

} // namespace colorization
} // namespace itk
