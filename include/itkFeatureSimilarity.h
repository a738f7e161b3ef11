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
#ifndef itkFeatureSimilarity_h
#define itkFeatureSimilarity_h

#include "ColorizationExport.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace itk
{
namespace colorization
{
/** What FeatureSimilarity finds. */
struct FeatureSimilarityReport
{
  /** FSIM, 0..1; NaN if neither picture has a feature. */
  double luminance;
  /** FSIMc, 0..1; NaN without colours, or where FSIM is. */
  double color;
};

/** Feature similarity of two pictures of one size (FSIM), and with chroma (FSIMc):
 *
 * \f[ \frac{\sum S_{PC}\, S_G\, [S_I\, S_Q]^{0.03}\, \max(PC_1, PC_2)}{\sum \max(PC_1, PC_2)}, \quad
 *     S_A = \frac{2 A_1 A_2 + T_A}{A_1^2 + A_2^2 + T_A} \f]
 *
 * PC is Kovesi's phase congruency over 4 scales and 4 orientations of log-Gabor filters (smallest wavelength 6, factor
 * 2, sigma 0.55 of the frequency, noise threshold 2 deviations from the median of the smallest scale), G the Scharr
 * gradient, I and Q the chroma of YIQ; T is 0.85 for PC, 160 for G, and 200 for I and Q. Pictures are first averaged
 * over blocks of F x F pixels, F = round(shorter side / 256), as in the authors' code.
 *
 * L. Zhang, L. Zhang, X. Mou, D. Zhang: FSIM: A Feature Similarity Index for Image Quality Assessment. IEEE Transactions
 * on Image Processing 20(8), 2011. doi:10.1109/TIP.2011.2109730
 *
 * The object holds the filters, about 2 MB for pictures of 512 x 512; one may serve several threads. */
class Colorization_EXPORT FeatureSimilarity
{
public:
  /** For pictures of this size, of which both extents are above 0. */
  FeatureSimilarity(std::size_t width, std::size_t height);
  ~FeatureSimilarity();
  FeatureSimilarity(const FeatureSimilarity &) = delete;
  FeatureSimilarity &
  operator=(const FeatureSimilarity &) = delete;

  /** FSIM of two gray pictures of 0..range.
   * \param mask not 0 where pixels count; null for all */
  FeatureSimilarityReport
  CompareGray(const float * x, const float * y, double range, const std::uint8_t * mask = nullptr) const;

  /** FSIM of the luminance of two colour pictures of 0..range, and FSIMc.
   * \param x, y planes of red, green and blue, one after the other */
  FeatureSimilarityReport
  CompareColors(const float * x, const float * y, double range, const std::uint8_t * mask = nullptr) const;

private:
  struct Impl;
  std::unique_ptr<Impl> m_Impl;
};

} // namespace colorization
} // namespace itk

#endif
