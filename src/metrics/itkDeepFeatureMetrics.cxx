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

double
LayerDistance(const FeatureMaps & x, const FeatureMaps & y, const std::vector<float> & weights)
{
  VerifyLayers(x, y, weights);
  double sum = 0.0;
  for (std::size_t pixel = 0; pixel < x.pixels; ++pixel)
  {
    double squaresX = 0.0;
    double squaresY = 0.0;
    for (std::size_t i = pixel; i < x.values.size(); i += x.pixels)
    {
      squaresX += static_cast<double>(x.values[i]) * static_cast<double>(x.values[i]);
      squaresY += static_cast<double>(y.values[i]) * static_cast<double>(y.values[i]);
    }
    const double lengthX = std::sqrt(squaresX) + SmallestLength;
    const double lengthY = std::sqrt(squaresY) + SmallestLength;
    for (std::size_t channel = 0; channel < x.channels; ++channel)
    {
      const std::size_t i = channel * x.pixels + pixel;
      const double difference = static_cast<double>(x.values[i]) / lengthX - static_cast<double>(y.values[i]) / lengthY;
      sum += static_cast<double>(weights[channel]) * difference * difference;
    }
  }
  return sum / static_cast<double>(x.pixels);
}

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
                          const std::vector<std::vector<float>> & weights)
{
  if (x.size() != y.size() || x.size() != weights.size())
  {
    throw std::invalid_argument("There are " + std::to_string(x.size()) + " and " + std::to_string(y.size()) +
                                " layers, and weights of " + std::to_string(weights.size()) +
                                ", but these have to match.");
  }
  double distance = 0.0;
  for (std::size_t layer = 0; layer < x.size(); ++layer)
  {
    distance += LayerDistance(x[layer], y[layer], weights[layer]);
  }
  return distance;
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
