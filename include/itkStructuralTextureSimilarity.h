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
#ifndef itkStructuralTextureSimilarity_h
#define itkStructuralTextureSimilarity_h

#include "ColorizationExport.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace itk
{
namespace colorization
{
/** What StructuralTextureSimilarity finds; both NaN if the pictures are too small, or the mask leaves no window. */
struct StructuralTextureSimilarityReport
{
  /** STSIM-1, 0..1. */
  double withinBands;
  /** STSIM-2, 0..1. */
  double acrossBands;
};

/** Structural texture similarity of two gray pictures, STSIM-1 and STSIM-2.
 *
 * Variant: the complex steerable pyramid of Portilla and Simoncelli, by Fourier transform, with 3 scales and 4
 * orientations, so that there are 14 bands with the high-pass and the low-pass residual. Local statistics under a
 * sliding window of 7 x 7 coefficients of each band (mean and variance with Gaussian weights of sigma 7/6; correlations
 * with equal weights): means are compared as \f$ l = (2 |\mu_x| |\mu_y| + C) / (|\mu_x|^2 + |\mu_y|^2 + C) \f$,
 * deviations alike as c, and the correlations of neighbours along x and along y as \f$ 1 - |\rho_x - \rho_y| / 2 \f$.
 * STSIM-1 is the mean over the bands of the mean over the windows of \f$ (l\, c\, c_{01}\, c_{10})^{1/4} \f$.
 *
 * STSIM-2 is the mean of those 14 numbers and of 26 more, in which correlations between the magnitudes of two bands are
 * compared like those of neighbours: of all orientations at each scale, and of neighbouring scales of an orientation. The
 * finer of two scales is reduced to the size of the coarser by every other coefficient, where the authors
 * have pyramids that are not subsampled. C is 0.001 for pictures of 0..255.
 *
 * J. Zujovic, T. N. Pappas, D. L. Neuhoff: Structural Similarity Metrics for Texture Analysis and Retrieval. IEEE
 * International Conference on Image Processing, 2009. doi:10.1109/ICIP.2009.5413897; and: Structural Texture Similarity
 * Metrics for Image Analysis and Retrieval. IEEE Transactions on Image Processing 22(7), 2013.
 * doi:10.1109/TIP.2013.2251645. Pyramid: J. Portilla, E. P. Simoncelli: A Parametric Texture Model Based on Joint
 * Statistics of Complex Wavelet Coefficients. International Journal of Computer Vision 40, 2000.
 * doi:10.1023/A:1026553619983
 *
 * The object holds the pyramid's filters, about 8 MB for pictures of 512 x 512; one may serve several threads. */
class Colorization_EXPORT StructuralTextureSimilarity
{
public:
  /** For pictures of this size, of which both extents are above 0. */
  StructuralTextureSimilarity(std::size_t width, std::size_t height);
  ~StructuralTextureSimilarity();
  StructuralTextureSimilarity(const StructuralTextureSimilarity &) = delete;
  StructuralTextureSimilarity &
  operator=(const StructuralTextureSimilarity &) = delete;

  /** What a picture needs along both sides: a window at the coarsest scale. */
  static std::size_t
  SmallestSize();

  /** \param x, y pictures of 0..range, x fastest
   * \param mask not 0 where the centres of windows count; null for all */
  StructuralTextureSimilarityReport
  Compare(const float * x, const float * y, double range, const std::uint8_t * mask = nullptr) const;

private:
  struct Impl;
  std::unique_ptr<Impl> m_Impl;
};

} // namespace colorization
} // namespace itk

#endif
