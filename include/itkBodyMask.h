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
#ifndef itkBodyMask_h
#define itkBodyMask_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace itk
{
namespace colorization
{
/** Threshold that maximises the variance between the classes below and above it (Otsu, IEEE Trans. SMC 9(1), 1979).
 * \param histogram counts of equally wide bins from `lowest` to `highest`
 * \return the upper edge of the last bin of the lower class; of several equally good ones their mean */
Colorization_EXPORT double
OtsuThreshold(const std::vector<std::uint64_t> & histogram, double lowest, double highest);

/** How often the values of an image occur, in bins much narrower than those of Otsu's method. */
struct ValueHistogram
{
  std::vector<std::uint64_t> counts{};
  /** The lower edge of the first bin, and how wide each is. */
  double lowest{ 0.0 };
  double width{ 1.0 };
  /** Whether each bin holds a single value: its lower edge. */
  bool isExact{ false };
};

/** A part of a histogram: its bins from `first` to `last`, both included. */
struct HistogramRange
{
  std::size_t first;
  std::size_t last;
};

/** The bins that are left after `tail` of the counts, at most, is taken away at either end of the bins from `first` on.
 * There has to be a count. */
Colorization_EXPORT HistogramRange
ClipTails(const ValueHistogram & histogram, double tail, std::size_t first = 0);

/** What parts a body from its background. */
struct BodyThreshold
{
  double threshold{ 0.0 };
  /** Voxels that hold a CT's padding, and were not counted. */
  std::uint64_t paddingVoxels{ 0 };
};

/** Otsu's threshold of `bins` bins over the histogram without its tails, whose voxels count in the first and last bin;
 * if all but the tails is a single bin, over the whole.
 *
 * The lowest value is a CT's padding, which marks what lies outside of the field of view and is not counted, if it is
 * less than -1024 HU (air's is -1000), if the gap between it and the rest is at least a quarter as wide as the rest,
 * and if the rest still falls into two classes: the variance between these is at least 0.8 of the whole. */
Colorization_EXPORT BodyThreshold
ComputeBodyThreshold(const ValueHistogram & histogram, unsigned int bins, double tail);

/** What KeepComponents() found. */
struct ComponentReport
{
  std::size_t components{ 0 };
  std::size_t keptComponents{ 0 };
  std::size_t keptVoxels{ 0 };
};

/** Sets a mask to 0 except for its largest face-connected component, and others of at least `minimumVoxels` voxels; of
 * equally large ones the first stays. Beside the mask it takes up to 24 bytes for each run of voxels along x.
 * \param mask one byte a voxel, not 0 inside, x fastest */
Colorization_EXPORT ComponentReport
KeepComponents(std::uint8_t *                     mask,
               const std::array<std::size_t, 3> & size,
               std::size_t                        minimumVoxels,
               const ParallelFor &                parallelFor = SerialFor);

/** Sets a mask to 0 except for its largest face-connected component; of equally large ones the first stays.
 * \return voxels of that component */
inline std::size_t
KeepLargestComponent(std::uint8_t *                     mask,
                     const std::array<std::size_t, 3> & size,
                     const ParallelFor &                parallelFor = SerialFor)
{
  return KeepComponents(mask, size, std::numeric_limits<std::size_t>::max(), parallelFor).keptVoxels;
}

/** Sets to 1 what the mask encloses within each slice across `axis`: voxels from which no face-connected path within
 * the slice leads to the slice's border outside of the mask. */
Colorization_EXPORT void
FillHolesInSlices(std::uint8_t *                     mask,
                  const std::array<std::size_t, 3> & size,
                  unsigned int                       axis,
                  const ParallelFor &                parallelFor = SerialFor);

/** Sets to 0 the voxels of a mask that lie within `radius` of its background; what is outside of the image is no
 * background. Distances are Euclidean, between the centres of voxels, and exact. Beside the mask it takes 2 bytes a
 * voxel, and 4 bytes for each voxel of the slices in work.
 * \param mask 0 or 1 */
Colorization_EXPORT void
ErodeByBall(std::uint8_t *                     mask,
            const std::array<std::size_t, 3> & size,
            const std::array<double, 3> &      spacing,
            double                             radius,
            const ParallelFor &                parallelFor = SerialFor);

/** Sets to 1 the voxels that lie within `radius` of a mask, as ErodeByBall() does for its background. */
Colorization_EXPORT void
DilateByBall(std::uint8_t *                     mask,
             const std::array<std::size_t, 3> & size,
             const std::array<double, 3> &      spacing,
             double                             radius,
             const ParallelFor &                parallelFor = SerialFor);

} // namespace colorization
} // namespace itk

#endif
