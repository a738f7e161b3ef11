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
#ifndef itkSliceSeriesAnalogy_h
#define itkSliceSeriesAnalogy_h

#include "ColorizationExport.h"
#include "itkReferenceImageDatabase.h"
#include "itkSliceAnalogy.h"

#include <functional>
#include <vector>

namespace itk
{
namespace colorization
{
/** A photograph that a slice takes its colours from. */
struct PhotographChoice
{
  /** Of the series' photographs. */
  std::size_t photograph = 0;
  /** Beside the slice's other photographs; above 0. */
  double weight = 1.0;
};

/** How a photograph of a series was laid upon the slices. */
struct PhotographPose
{
  std::size_t photograph = 0;
  /** Whether it was transposed, then mirrored along its first and second axis. */
  std::array<bool, 3> orientation{};
  /** In mm. */
  double spacing = 0.0;
};

/** Slices and their photographs. */
struct SliceSeries
{
  /** In their order; all of the same size and spacing. */
  std::vector<GraySlice> slices{};
  /** Of each slice, at least one. */
  std::vector<std::vector<PhotographChoice>> choices{};
  /** Returns a photograph; called for each that is chosen, twice if there are several, on the caller's thread. */
  std::function<SliceAnalogy::PhotographType::ConstPointer(std::size_t photograph)> getPhotograph{};
  /** Whether a slice begins with the matches of the one beside it; from the slice that is most like the photograph, to both
   * sides. */
  bool isCoherent = false;
};

/** Gets a coloured slice as soon as it is there; not in the slices' order. */
using ColoredSliceVisitor = std::function<void(std::size_t slice, const AnalogySlice & colored)>;

/** Colours slices by analogy, each with the photographs that are chosen for it: where several are, by the mean of their
 * colours, each by its weight and its confidence at the pixel.
 *
 * Photographs of the same size are taken to be of one stack: they get the orientation that fits them best in common, and
 * the median of their spacings.
 *
 * \return how the photographs lie, in the order of their numbers
 * \throws std::invalid_argument as SliceAnalogy does
 *
 * Memory: that of SliceAnalogy; with several photographs for a slice another 56 bytes for each pixel of the slices. */
Colorization_EXPORT std::vector<PhotographPose>
                    ColorizeSliceSeries(const SliceSeries &            series,
                                        const SliceAnalogyParameters & parameters,
                                        const ColoredSliceVisitor &    visit,
                                        const ParallelFor &            parallelFor = SerialFor,
                                        const ProgressCallback &       progress = IgnoreProgress);

/** Chooses photographs of a database for slices that follow each other: those whose sum of similarities is the greatest, less
 * what a step through the database costs from each slice to the next (Viterbi, IEEE Trans. Inf. Theory 13(2), 1967). So
 * photographs of a stack, which are in its order, follow the slices, and one that is alike by chance is left out.
 *
 * \param matches of each slice with all photographs
 * \param count photographs for each slice: the one that is found, and those that are most alike of the rest; their weights
 * fall from 1 as their similarities do, to 1/e at 0.02 less */
Colorization_EXPORT std::vector<std::vector<PhotographChoice>>
ChoosePhotographsInOrder(const std::vector<std::vector<ReferenceImageMatch>> & matches, std::size_t count);

} // namespace colorization
} // namespace itk

#endif
