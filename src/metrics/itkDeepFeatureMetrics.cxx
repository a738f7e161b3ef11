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
#include "itkDeepFeatureMetrics.h"

#include <Eigen/Dense>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace itk
{
namespace colorization
{
namespace
{
/** Keeps features of length 0 from being divided by it; as in the authors' code. */
constexpr double SmallestLength = 1e-10;

void
VerifyLayers(const FeatureMaps & x, const FeatureMaps & y, const std::vector<float> & weights)
{
  const bool isWhole =
    x.values.size() == x.channels * x.pixels && y.values.size() == y.channels * y.pixels && x.pixels > 0;
  if (!isWhole || x.channels != y.channels || x.pixels != y.pixels || weights.size() != x.channels)
  {
    throw std::invalid_argument("A layer has " + std::to_string(x.channels) + " channels of " +
                                std::to_string(x.pixels) + " pixels in one image, " + std::to_string(y.channels) +
                                " of " + std::to_string(y.pixels) + " in the other, and " +
                                std::to_string(weights.size()) + " weights, but these have to match.");
  }
}

/** Channels are passed one after another over some pixels at a time, so that memory is read in rows. */
constexpr std::size_t PixelsAtOnce = 256;

/** The weighted squared differences of the features of pixels first ... first + count - 1. */
void
ComputeDifferences(const FeatureMaps &        x,
                   const FeatureMaps &        y,
                   const std::vector<float> & weights,
                   std::size_t                first,
                   std::size_t                count,
                   double *                   differences)
{
  std::array<double, PixelsAtOnce> lengthX{};
  std::array<double, PixelsAtOnce> lengthY{};
  for (std::size_t channel = 0; channel < x.channels; ++channel)
  {
    const float * const ofX = x.values.data() + channel * x.pixels + first;
    const float * const ofY = y.values.data() + channel * x.pixels + first;
    for (std::size_t i = 0; i < count; ++i)
    {
      lengthX[i] += static_cast<double>(ofX[i]) * static_cast<double>(ofX[i]);
      lengthY[i] += static_cast<double>(ofY[i]) * static_cast<double>(ofY[i]);
    }
  }
  for (std::size_t i = 0; i < count; ++i)
  {
    lengthX[i] = std::sqrt(lengthX[i]) + SmallestLength;
    lengthY[i] = std::sqrt(lengthY[i]) + SmallestLength;
  }
  std::fill(differences, differences + count, 0.0);
  for (std::size_t channel = 0; channel < x.channels; ++channel)
  {
    const float * const ofX = x.values.data() + channel * x.pixels + first;
    const float * const ofY = y.values.data() + channel * x.pixels + first;
    const auto          weight = static_cast<double>(weights[channel]);
    for (std::size_t i = 0; i < count; ++i)
    {
      const double difference = static_cast<double>(ofX[i]) / lengthX[i] - static_cast<double>(ofY[i]) / lengthY[i];
      differences[i] += weight * difference * difference;
    }
  }
}

double
LayerDistance(const FeatureMaps &        x,
              const FeatureMaps &        y,
              const std::vector<float> & weights,
              const std::vector<float> * pixelWeights)
{
  VerifyLayers(x, y, weights);
  if (pixelWeights && pixelWeights->size() != x.pixels)
  {
    throw std::invalid_argument("A layer has " + std::to_string(x.pixels) + " pixels, but weights of " +
                                std::to_string(pixelWeights->size()) + '.');
  }
  std::array<double, PixelsAtOnce> differences;
  double                           sum = 0.0;
  double                           total = 0.0;
  for (std::size_t first = 0; first < x.pixels; first += PixelsAtOnce)
  {
    const std::size_t count = std::min(PixelsAtOnce, x.pixels - first);
    ComputeDifferences(x, y, weights, first, count, differences.data());
    for (std::size_t i = 0; i < count; ++i)
    {
      const double weight = pixelWeights ? static_cast<double>((*pixelWeights)[first + i]) : 1.0;
      sum += weight * differences[i];
      total += weight;
    }
  }
  if (!(total > 0.0))
  {
    throw std::invalid_argument("No pixel of a layer has a weight, but at least one is needed.");
  }
  return sum / total;
}

/** Equal cells along an axis of pixels. */
class AxisCells
{
public:
  AxisCells(std::size_t pixels, std::size_t cells)
    : m_Cells(cells)
    , m_Extent(static_cast<double>(pixels) / static_cast<double>(cells))
  {}

  /** Pixels of a cell. */
  double
  Extent() const
  {
    return m_Extent;
  }

  /** Calls body(cell, length) for the cells that a pixel lies in, with the length of it that does. */
  template <typename TBody>
  void
  Spread(std::size_t pixel, const TBody & body) const
  {
    const auto begin = static_cast<double>(pixel);
    for (auto cell = static_cast<std::size_t>(begin / m_Extent); cell < m_Cells; ++cell)
    {
      const double from = std::max(begin, static_cast<double>(cell) * m_Extent);
      const double to = std::min(begin + 1.0, static_cast<double>(cell + 1) * m_Extent);
      if (from >= begin + 1.0)
      {
        return;
      }
      body(cell, std::max(to - from, 0.0));
    }
  }

private:
  std::size_t m_Cells;
  double      m_Extent;
};

struct Gaussian
{
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;
};

Gaussian
FitGaussian(const FeatureSamples & features)
{
  const std::size_t least = std::max<std::size_t>(features.dimensions, 2);
  if (features.dimensions == 0 || features.values.size() != features.samples * features.dimensions)
  {
    throw std::invalid_argument("There are " + std::to_string(features.values.size()) + " features, but " +
                                std::to_string(features.samples) + " samples of " +
                                std::to_string(features.dimensions) + " dimensions.");
  }
  if (!std::all_of(features.values.begin(), features.values.end(), [](float value) { return std::isfinite(value); }))
  {
    throw std::invalid_argument("Features are NaN or infinite, so that they have no covariance.");
  }
  if (features.samples < least)
  {
    throw std::invalid_argument("There are " + std::to_string(features.samples) + " samples of " +
                                std::to_string(features.dimensions) + " dimensions, but at least " +
                                std::to_string(least) + " are needed: with fewer, the covariance is singular.");
  }
  using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const Rows> rows(features.values.data(),
                                    static_cast<Eigen::Index>(features.samples),
                                    static_cast<Eigen::Index>(features.dimensions));
  Gaussian                     gaussian;
  Eigen::MatrixXd              centred = rows.cast<double>();
  gaussian.mean = centred.colwise().mean().transpose();
  centred.rowwise() -= gaussian.mean.transpose();
  gaussian.covariance = centred.transpose() * centred / static_cast<double>(features.samples - 1);
  return gaussian;
}
} // namespace

double
LearnedPerceptualDistance(const std::vector<FeatureMaps> &        x,
                          const std::vector<FeatureMaps> &        y,
                          const std::vector<std::vector<float>> & weights,
                          const std::vector<std::vector<float>> & pixelWeights)
{
  const bool isWeighted = !pixelWeights.empty();
  if (x.size() != y.size() || x.size() != weights.size() || (isWeighted && x.size() != pixelWeights.size()))
  {
    throw std::invalid_argument("There are " + std::to_string(x.size()) + " and " + std::to_string(y.size()) +
                                " layers, and weights of " + std::to_string(weights.size()) +
                                ", but these have to match.");
  }
  double distance = 0.0;
  for (std::size_t layer = 0; layer < x.size(); ++layer)
  {
    distance += LayerDistance(x[layer], y[layer], weights[layer], isWeighted ? &pixelWeights[layer] : nullptr);
  }
  return distance;
}

std::vector<float>
ComputeCoverage(const std::uint8_t * mask, std::array<std::size_t, 2> size, std::array<std::size_t, 2> cells)
{
  const auto [width, height] = size;
  const std::size_t   columns = cells[0];
  const std::size_t   rows = cells[1];
  const AxisCells     across(width, columns);
  const AxisCells     down(height, rows);
  std::vector<double> line(columns);
  std::vector<double> sums(columns * rows, 0.0);
  for (std::size_t y = 0; y < height; ++y)
  {
    std::fill(line.begin(), line.end(), 0.0);
    for (std::size_t x = 0; x < width; ++x)
    {
      if (mask[y * width + x] != 0)
      {
        across.Spread(x, [&](std::size_t column, double length) { line[column] += length; });
      }
    }
    down.Spread(y,
                [&](std::size_t row, double length)
                {
                  for (std::size_t column = 0; column < columns; ++column)
                  {
                    sums[row * columns + column] += length * line[column];
                  }
                });
  }
  const double       area = across.Extent() * down.Extent();
  std::vector<float> coverage(sums.size());
  std::transform(sums.begin(),
                 sums.end(),
                 coverage.begin(),
                 [area](double sum) { return static_cast<float>(sum / area); });
  return coverage;
}

double
FrechetDistance(const FeatureSamples & x, const FeatureSamples & y)
{
  const Gaussian ofX = FitGaussian(x);
  const Gaussian ofY = FitGaussian(y);
  if (x.dimensions != y.dimensions)
  {
    throw std::invalid_argument("Samples have " + std::to_string(x.dimensions) + " and " +
                                std::to_string(y.dimensions) + " dimensions, but these have to match.");
  }
  // Rounding makes eigenvalues of 0 negative.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solverX(ofX.covariance);
  const Eigen::MatrixXd root = solverX.eigenvectors() * solverX.eigenvalues().cwiseMax(0.0).cwiseSqrt().asDiagonal() *
                               solverX.eigenvectors().transpose();
  const Eigen::MatrixXd                                product = root * ofY.covariance * root;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(product, Eigen::EigenvaluesOnly);
  const double                                         trace =
    ofX.covariance.trace() + ofY.covariance.trace() - 2.0 * solver.eigenvalues().cwiseMax(0.0).cwiseSqrt().sum();
  return (ofX.mean - ofY.mean).squaredNorm() + std::max(trace, 0.0);
}

} // namespace colorization
} // namespace itk
