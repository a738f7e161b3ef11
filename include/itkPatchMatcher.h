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
#ifndef itkPatchMatcher_h
#define itkPatchMatcher_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** A two-dimensional image of feature vectors that lives elsewhere. */
struct FeatureImageView
{
  /** Pixel after pixel, row after row: `components` floats a pixel. */
  const float * values = nullptr;
  std::size_t   width = 0;
  std::size_t   height = 0;
  unsigned int  components = 0;
  /** One byte a pixel, not 0 for the pixels that take part; null means all. */
  const std::uint8_t * mask = nullptr;
};

/** Parameters of MatchPatches(). */
struct PatchMatchParameters
{
  /** Patches are 2 * patchRadius + 1 pixels wide and high. */
  unsigned int patchRadius = 1;
  /** Rounds of propagation and random search. */
  unsigned int iterations = 8;
  /** Half the width of the window that random search begins with, in pixels; 0 is the reference's larger side. */
  unsigned int searchRadius = 0;
  /** Whether, where the window spans the reference, the patches that are nearest by their principal components are
   * looked for among all before the first round. */
  bool globalSearch = true;
  /** Chooses the random numbers. */
  std::uint32_t seed = 0;
};

/** What a call of MatchPatches() or MatchPatchesExactly() did. */
struct PatchMatchReport
{
  /** Pairs of patches that were compared, by whatever means. */
  std::uint64_t candidates = 0;
  /** Multiplications with an addition that this took. */
  std::uint64_t multiplyAdds = 0;
};

/** A match for every target pixel. */
struct NearestNeighborField
{
  /** Column and row of the matched reference pixel; -1, -1 where the target's mask is 0. */
  std::vector<std::int32_t> x;
  std::vector<std::int32_t> y;
  /** Mean over the patch's pixels of the squared feature distance; 0 where the target's mask is 0. */
  std::vector<float> distance;
};

/** Approximate nearest-neighbour field between two images: PatchMatch (Barnes et al., ACM TOG 28(3), 2009).
 *
 * Bands of 32 target rows are scanned on their own, alternately downwards and upwards, and see the matches of the
 * neighbouring bands as they were before the scan; random numbers are a function of seed, pixel, iteration and
 * trial. So the field depends neither on the number of threads nor on their order. Beyond the border a patch
 * repeats the nearest pixel.
 *
 * Random search alone stays far from the nearest patches where features have many components. So with
 * PatchMatchParameters::globalSearch the patches' coordinates along the 64 principal axes of a sample of them are
 * clustered, and each target patch tries the best of the clusters nearest to it. A candidate whose coordinates alone
 * are farther away than the best match so far is given up at once; this loses nothing, as the axes are orthonormal. Of
 * a candidate that a neighbour proposes, only the row or column of pixels that the neighbour's patch does not have is
 * compared.
 *
 * \param field in: an initial field of the target's size, whose entries outside of the reference or its mask are
 * ignored, or empty vectors; out: the field
 * \throws std::invalid_argument if the reference's mask is 0 everywhere
 *
 * Memory: a padded copy of both feature images, 256 bytes a pixel of both for the coordinates, (2 * patchRadius + 1)^2
 * * 4 + 24 bytes a target pixel; with the global search another 264 bytes a reference pixel and 140 a target pixel. */
Colorization_EXPORT PatchMatchReport
MatchPatches(const FeatureImageView &     target,
             const FeatureImageView &     reference,
             const PatchMatchParameters & parameters,
             NearestNeighborField &       field,
             const ParallelFor &          parallelFor = SerialFor,
             const ProgressCallback &     progress = IgnoreProgress);

/** The nearest-neighbour field itself, by comparing all patches with all: products of matrices of patches, in which the
 * sixteen best of each are found and then compared exactly. Takes time in proportion to the product of both images'
 * numbers of pixels.
 *
 * \param field out: as of MatchPatches()
 * \throws std::invalid_argument if the reference's mask is 0 everywhere
 *
 * Memory: two padded copies of both feature images. */
Colorization_EXPORT PatchMatchReport
MatchPatchesExactly(const FeatureImageView & target,
                    const FeatureImageView & reference,
                    unsigned int             patchRadius,
                    NearestNeighborField &   field,
                    const ParallelFor &      parallelFor = SerialFor,
                    const ProgressCallback & progress = IgnoreProgress);

} // namespace colorization
} // namespace itk

#endif
