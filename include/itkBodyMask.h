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

/** Sets a mask to 0 except for its largest face-connected component; of equally large ones the first stays.
 * \param mask one byte a voxel, x fastest
 * \return voxels of that component */
Colorization_EXPORT std::size_t
                    KeepLargestComponent(std::uint8_t * mask, const std::array<std::size_t, 3> & size);

/** Sets to 1 what the mask encloses within each slice across `axis`: voxels from which no face-connected path within
 * the slice leads to the slice's border outside of the mask. */
Colorization_EXPORT void
FillHolesInSlices(std::uint8_t *                     mask,
                  const std::array<std::size_t, 3> & size,
                  unsigned int                       axis,
                  const ParallelFor &                parallelFor = SerialFor);

} // namespace colorization
} // namespace itk

#endif
