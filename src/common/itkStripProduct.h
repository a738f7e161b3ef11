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
#ifndef itkStripProduct_h
#define itkStripProduct_h

#include <cstddef>

namespace itk
{
namespace colorization
{
/** Columns of a strip: the part of a matrix that a product takes at a time. Row after row, without gaps. */
constexpr std::size_t StripWidth = 16;

/** The least multiple of StripWidth that is not below `count`. */
constexpr std::size_t
RoundUpToStrips(std::size_t count)
{
  return (count + StripWidth - 1) / StripWidth * StripWidth;
}

/** product = a * strip, where a is rows * length, and a strip is length * StripWidth.
 *
 * \param aStride from a row of a to the next, in floats; less than `length` where rows overlap
 * \param productStride from a row of the product to the next, in floats */
void
MultiplyStrip(const float * a,
              std::size_t   aStride,
              std::size_t   rows,
              const float * strip,
              std::size_t   length,
              float *       product,
              std::size_t   productStride);

/** product += a * strip. */
void
AddStripProduct(const float * a,
                std::size_t   aStride,
                std::size_t   rows,
                const float * strip,
                std::size_t   length,
                float *       product,
                std::size_t   productStride);

} // namespace colorization
} // namespace itk

#endif
