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
#ifndef itkDeepImageAnalogy_h
#define itkDeepImageAnalogy_h

#include "itkColorizationParallelFor.h"
#include "itkPatchMatcher.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace itk
{
namespace colorization
{
/** Features of an image at one scale. */
struct LevelFeatures
{
  std::size_t  width = 0;
  std::size_t  height = 0;
  unsigned int components = 0;
  /** Pixel after pixel, row after row. */
  std::vector<float> values{};
  /** One byte a pixel, not 0 where features take part; empty for all. */
  std::vector<std::uint8_t> mask{};
  /** One byte a pixel, not 0 where features are strong enough to be kept; empty for all. */
  std::vector<std::uint8_t> response{};
};

/** One scale of an analogy. */
struct AnalogyLevel
{
  LevelFeatures target;
  LevelFeatures reference;
  unsigned int  patchRadius = 1;
  unsigned int  iterations = 10;
  /** Of random search, in pixels of this level; 0 for the whole of it. */
  unsigned int searchRadius = 0;
  /** Share of an image's own features, where they are strong, in those that are made for its unknown partner; the rest is
   * the other image's, warped by the coarser field. */
  double ownWeight = 1.0;
};

/** Matches of both directions, one a level, the coarsest first. */
struct AnalogyFields
{
  /** From the target to the reference. */
  std::vector<NearestNeighborField> forward{};
  /** From the reference to the target. */
  std::vector<NearestNeighborField> backward{};
};

/** Features of one image at the places where a field of another's pixels points to, with as many components; 0 where it
 * points nowhere. */
std::vector<float>
WarpFeatures(const LevelFeatures & features, const NearestNeighborField & field);

/** Makes features of a level for the unknown partner of the target, or of the reference: of the field of the coarser level,
 * from that image to the other, or of the same on the level's own grid. */
using PartnerReconstruction = std::function<std::vector<float>(std::size_t                  level,
                                                               bool                         ofTarget,
                                                               const NearestNeighborField & coarserField,
                                                               const NearestNeighborField & field)>;

/** Deep Image Analogy (Liao et al., ACM TOG 36(4), 2017): A is to its unknown partner A' as the unknown B is to B'. Matches
 * between the target A and the reference B' are those that are near both by A and B and by A' and B', in both
 * directions, from the coarsest level of features to the finest.
 *
 * Where the authors look for the finer features of A' and B by optimisation through the network (their equation 4), the
 * finer features of the other image are warped by the coarser field instead: at its optimum, theirs looks like these.
 *
 * \param levels the coarsest first; at each, target and reference have the same number of components
 * \param neighbor if given, the fields of a similar target, such as the next slice's: at each level they are kept where they
 * match nearly as well, which keeps colours from flickering
 * \param coherence how much worse the neighbour's match may be to be preferred, in parts of its distance
 * \param reconstruct if given, in place of WarpFeatures() of the other image; called from the second level on
 * \throws std::invalid_argument if a mask is 0 everywhere
 *
 * Memory: that of MatchPatches() with twice the components of the largest level, and its features once more. */
AnalogyFields
FindAnalogy(const std::vector<AnalogyLevel> & levels,
            const AnalogyFields *             neighbor,
            double                            coherence,
            const ParallelFor &               parallelFor,
            const ProgressCallback &          progress,
            const PartnerReconstruction &     reconstruct = {});

} // namespace colorization
} // namespace itk

#endif
