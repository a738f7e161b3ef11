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
#ifndef itkStructuralSimilarity_h
#define itkStructuralSimilarity_h

#include "ColorizationExport.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace itk
{
namespace colorization
{
/** Parameters of StructuralSimilarity() and MultiScaleStructuralSimilarity(). */
struct StructuralSimilarityParameters
{
  /** Pixels along each side of the window; odd. */
  std::size_t windowSize = 11;
  /** Standard deviation, in pixels, of the window's Gaussian weights, which sum to 1. */
  double sigma = 1.5;
  double k1 = 0.01;
  double k2 = 0.03;
  /** The difference of the highest and the lowest value that a pixel can have. */
  double range = 255.0;
};

/** What StructuralSimilarity() finds. */
struct StructuralSimilarityReport
{
  /** The mean SSIM of all windows; NaN if there is none. */
  double similarity;
  /** The mean of SSIM's factor for contrast and structure alone. */
  double contrastStructure;
  /** How many windows lie in the image and have their centre in the mask. */
  std::size_t windows;
};

/** Structural similarity of two images: the mean, over all windows that lie in the image, of
 *
 * \f[ \frac{(2 \mu_x \mu_y + C_1)(2 \sigma_{xy} + C_2)}{(\mu_x^2 + \mu_y^2 + C_1)(\sigma_x^2 + \sigma_y^2 + C_2)},
 *     \quad C_i = (k_i L)^2 \f]
 *
 * with Gaussian weights and population covariances. An image whose third extent is above 1 has windows of three
 * dimensions.
 *
 * Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli: Image Quality Assessment: From Error Visibility to Structural
 * Similarity. IEEE Transactions on Image Processing 13(4), 2004. doi:10.1109/TIP.2003.819861
 *
 * \param x, y images, x fastest
 * \param size extents
 * \param mask not 0 for the centres of windows that count; null for all
 * \param map null, or where SSIM is put for the centre of every window in the image; the rest stays as it was */
Colorization_EXPORT StructuralSimilarityReport
StructuralSimilarity(const float *                          x,
                     const float *                          y,
                     const std::array<std::size_t, 3> &     size,
                     const StructuralSimilarityParameters & parameters,
                     const std::uint8_t *                   mask = nullptr,
                     float *                                map = nullptr);

/** Five scales, each of half the size of the one before. */
constexpr std::size_t NumberOfSimilarityScales = 5;

/** What MultiScaleStructuralSimilarity() needs along both sides of an image: one window at the coarsest scale. */
inline std::size_t
SmallestSizeForMultiScale(const StructuralSimilarityParameters & parameters)
{
  return (parameters.windowSize - 1) * (std::size_t{ 1 } << (NumberOfSimilarityScales - 1)) + 1;
}

/** Multi-scale structural similarity of two pictures: the product of contrast and structure at the scales 1 to 4, and of
 * SSIM at scale 5, each to the power of its weight: 0.0448, 0.2856, 0.3001, 0.2363, 0.1333. A scale is the mean of 2 x 2
 * pixels of the one before; of an odd number of pixels, the last is repeated. A factor below 0 counts as 0.
 *
 * Z. Wang, E. P. Simoncelli, A. C. Bovik: Multi-Scale Structural Similarity for Image Quality Assessment. Asilomar
 * Conference on Signals, Systems and Computers, 2003. doi:10.1109/ACSSC.2003.1292216
 *
 * \param x, y pictures, x fastest
 * \param mask as in StructuralSimilarity(); at coarser scales, a pixel is in it if 2 of its 4 are
 * \return 0..1, or NaN if the pictures are smaller than SmallestSizeForMultiScale() or the mask leaves no window */
Colorization_EXPORT double
MultiScaleStructuralSimilarity(const float *                          x,
                               const float *                          y,
                               const std::array<std::size_t, 2> &     size,
                               const StructuralSimilarityParameters & parameters,
                               const std::uint8_t *                   mask = nullptr);

} // namespace colorization
} // namespace itk

#endif
