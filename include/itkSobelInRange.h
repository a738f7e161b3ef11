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
#ifndef itkSobelInRange_h
#define itkSobelInRange_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <functional>
#include <vector>

namespace itk
{
namespace colorization
{
/** Parameters of SobelInRange(). */
struct SobelInRangeParameters
{
  /** Lowest and highest value of each range. */
  std::vector<std::array<float, 2>> ranges;
  /** Factor of the derivative along each axis, such as 1 / spacing; 0 for an axis that is neither differentiated nor
   * smoothed along. */
  std::array<double, 3> derivativeScale{ { 1.0, 1.0, 1.0 } };
};

/** Writes row (y, z) of the image to `row`, from x = -1 to x = size[0]: size[0] + 2 values. Along the axes in use, y
 * and z reach from -1 to size. Called by several threads at once. */
using SobelRowReader = std::function<void(std::ptrdiff_t y, std::ptrdiff_t z, float * row)>;

/** Takes row (y, z) of the result: size[0] voxels, all components of a voxel after one another. Called by several
 * threads at once, once for each row. */
using SobelRowWriter = std::function<void(std::size_t y, std::size_t z, const float * row)>;

/** Sobel gradient magnitude of an image clamped to each range, in one pass over the image: the derivative along each
 * axis is [-1 0 1] / 2 along that axis and [1 2 1] / 4 along the other axes in use, so a linear ramp has its slope.
 *
 * It works on blocks of rows; a thread takes at most 8 rows of floats for each range, and 6 more. */
Colorization_EXPORT void
SobelInRange(const SobelRowReader &             readRow,
             const std::array<std::size_t, 3> & size,
             const SobelInRangeParameters &     parameters,
             const SobelRowWriter &             writeRow,
             const ParallelFor &                parallelFor = SerialFor,
             const ProgressCallback &           progress = IgnoreProgress);

} // namespace colorization
} // namespace itk

#endif
