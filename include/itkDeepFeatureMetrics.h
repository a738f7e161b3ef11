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
#ifndef itkDeepFeatureMetrics_h
#define itkDeepFeatureMetrics_h

#include "ColorizationExport.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** One layer's feature maps of one image: channel after channel, each row after row. */
struct FeatureMaps
{
  std::size_t        channels = 0;
  std::size_t        pixels = 0;
  std::vector<float> values{};
  /** Pixels of a row; read where there is a mask. */
  std::size_t width = 0;
};

/** The distance of two images by the feature maps of a network (LPIPS): the features of each pixel are scaled to a
 * Euclidean length of 1; their squared differences are weighted by channel, summed over channels, averaged over
 * pixels, and summed over layers.
 *
 * R. Zhang, P. Isola, A. A. Efros, E. Shechtman, O. Wang: The Unreasonable Effectiveness of Deep Features as a
 * Perceptual Metric. CVPR, 2018. doi:10.1109/CVPR.2018.00068
 *
 * \param x, y the layers' maps of both images
 * \param weights of each layer, one a channel
 * \param pixelWeights of each layer, one a pixel, for a weighted average over pixels; empty: all count the same
 * \return 0 for equal features; rises as images differ
 * \throws std::invalid_argument if layers, channels or pixels do not match, or if no pixel has a weight */
Colorization_EXPORT double
LearnedPerceptualDistance(const std::vector<FeatureMaps> &        x,
                          const std::vector<FeatureMaps> &        y,
                          const std::vector<std::vector<float>> & weights,
                          const std::vector<std::vector<float>> & pixelWeights = {});

/** The share of each cell, 0..1, that a mask covers, where a grid of equal cells is laid over all of it.
 * \param mask what is not 0 is covered, x fastest
 * \param size width and height of the mask
 * \param cells columns and rows of the grid
 * \return the cells' shares, x fastest */
Colorization_EXPORT std::vector<float>
ComputeCoverage(const std::uint8_t * mask, std::array<std::size_t, 2> size, std::array<std::size_t, 2> cells);

/** Features of several images: one row an image. */
struct FeatureSamples
{
  std::size_t        samples = 0;
  std::size_t        dimensions = 0;
  std::vector<float> values{};
};

/** The Frechet distance of two sets of features, each taken to be Gaussian (FID, with the features of an Inception
 * network):
 *
 * \f[ |\mu_x - \mu_y|^2 + \mathrm{tr}\left(\Sigma_x + \Sigma_y - 2 (\Sigma_x^{1/2} \Sigma_y \Sigma_x^{1/2})^{1/2}\right) \f]
 *
 * with covariances over samples - 1. In double precision, by two symmetric eigenvalue problems.
 *
 * M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler, S. Hochreiter: GANs Trained by a Two Time-Scale Update Rule
 * Converge to a Local Nash Equilibrium. NeurIPS, 2017. arXiv:1706.08500
 *
 * \return 0 for equal distributions
 * \throws std::invalid_argument if dimensions do not match, or if a set has fewer samples than dimensions: its
 * covariance would be singular, and the distance an effect of the number of samples */
Colorization_EXPORT double
FrechetDistance(const FeatureSamples & x, const FeatureSamples & y);

} // namespace colorization
} // namespace itk

#endif
