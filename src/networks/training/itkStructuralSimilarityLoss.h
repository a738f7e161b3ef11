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
#ifndef itkStructuralSimilarityLoss_h
#define itkStructuralSimilarityLoss_h

#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** Weighted means over the windows that lie wholly within a picture or volume: Gaussian weights of standard deviation 1.5.
 * \param x N x C x H x W, or N x C x D x H x W
 * \param window odd number of pixels along each axis */
inline torch::Tensor
WindowMeans(const torch::Tensor & x, std::int64_t window)
{
  constexpr double    sigma = 1.5;
  const auto          options = torch::TensorOptions().dtype(x.dtype()).device(x.device());
  const torch::Tensor offset = torch::arange(window, options) - static_cast<double>(window / 2);
  torch::Tensor       weights = torch::exp(offset.square() / (-2.0 * sigma * sigma));
  weights = weights / weights.sum();
  const std::int64_t axes = x.dim() - 2;
  // Channels apart from each other.
  std::vector<std::int64_t> planes = x.sizes().vec();
  const std::int64_t        channels = planes[1];
  planes[0] *= channels;
  planes[1] = 1;
  torch::Tensor means = x.reshape(planes);
  for (std::int64_t axis = 0; axis < axes; ++axis)
  {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(axes) + 2, 1);
    shape[static_cast<std::size_t>(axis) + 2] = window;
    const torch::Tensor kernel = weights.reshape(shape);
    means = axes == 3 ? torch::conv3d(means, kernel) : torch::conv2d(means, kernel);
  }
  planes = means.sizes().vec();
  planes[0] = x.size(0);
  planes[1] = channels;
  return means.reshape(planes);
}

/** The structural similarity of two batches of pictures or volumes: its mean over windows, channels and samples.
 * \param x, y N x C x H x W, or N x C x D x H x W, all extents at least `window`
 * \param range of the values: 1 for 0..1, 2 for -1..1
 * \throws std::invalid_argument for an even window, or one that does not fit
 *
 * \par Reference
 * Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli: Image Quality Assessment: From Error Visibility to Structural
 * Similarity. IEEE Transactions on Image Processing 13(4), 2004. Equation (13), K1 = 0.01, K2 = 0.03. */
inline torch::Tensor
StructuralSimilarity(const torch::Tensor & x, const torch::Tensor & y, std::int64_t window = 11, double range = 1.0)
{
  for (std::int64_t axis = 2; axis < x.dim(); ++axis)
  {
    if (window < 1 || window % 2 == 0 || x.size(axis) < window)
    {
      throw std::invalid_argument("The window is " + std::to_string(window) + " wide, but has to be odd, and at most " +
                                  std::to_string(x.size(axis)) + '.');
    }
  }
  const double        c1 = std::pow(0.01 * range, 2.0);
  const double        c2 = std::pow(0.03 * range, 2.0);
  const torch::Tensor meanX = WindowMeans(x, window);
  const torch::Tensor meanY = WindowMeans(y, window);
  const torch::Tensor varianceX = WindowMeans(x * x, window) - meanX * meanX;
  const torch::Tensor varianceY = WindowMeans(y * y, window) - meanY * meanY;
  const torch::Tensor covariance = WindowMeans(x * y, window) - meanX * meanY;
  return ((2.0 * meanX * meanY + c1) * (2.0 * covariance + c2) /
          ((meanX * meanX + meanY * meanY + c1) * (varianceX + varianceY + c2)))
    .mean();
}

/** 1 - StructuralSimilarity(): 0 for equal pictures. (Mathur 2021, section 3.2.) */
inline torch::Tensor
StructuralSimilarityLoss(const torch::Tensor & x, const torch::Tensor & y, std::int64_t window = 11, double range = 1.0)
{
  return 1.0 - StructuralSimilarity(x, y, window, range);
}

/** The sum of StructuralSimilarityLoss() over windows of several sizes. (Mathur 2024, equations (4) and (5), whose sum of
 * similarities is to be made large.) */
inline torch::Tensor
LocalStructuralSimilarityLoss(const torch::Tensor &             x,
                              const torch::Tensor &             y,
                              double                            range = 1.0,
                              const std::vector<std::int64_t> & windows = { 3, 5, 7, 9 })
{
  torch::Tensor sum = StructuralSimilarityLoss(x, y, windows.at(0), range);
  for (std::size_t i = 1; i < windows.size(); ++i)
  {
    sum = sum + StructuralSimilarityLoss(x, y, windows[i], range);
  }
  return sum;
}

} // namespace colorization
} // namespace itk

#endif
