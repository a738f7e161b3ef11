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
#include "itkBoxSum.h"

namespace itk
{
namespace colorization
{
BoxAxis::BoxAxis(std::size_t wantedRadius, std::size_t blockSize, std::size_t blockBegin, std::size_t imageSize)
  // Beyond the image's extent a radius changes nothing but time and memory.
  : radius(std::min(wantedRadius, imageSize - 1))
  , width(2 * radius + 1)
  , size(blockSize)
  , begin(blockBegin)
  , inverseCount(blockSize)
{
  for (std::size_t i = 0; i < size; ++i)
  {
    const std::size_t middle = begin + i;
    const std::size_t first = middle - std::min(middle, radius);
    const std::size_t last = std::min(middle + radius, imageSize - 1);
    inverseCount[i] = 1.0 / static_cast<double>(last - first + 1);
  }
}

ITK_COLORIZATION_MULTIVERSION void
SumManyLines(double * nodes, std::size_t stride, std::size_t lanes, const BoxAxis & axis, double * memory)
{
  SumLines<0>(nodes, stride, lanes, axis, memory);
}

} // namespace colorization
} // namespace itk
