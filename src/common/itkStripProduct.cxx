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
#include "itkStripProduct.h"

#include "itkColorizationVectorMath.h"

namespace itk
{
namespace colorization
{
namespace
{
/** Rows of a product that are in registers. */
constexpr std::size_t TileHeight = 6;

/** product = a * strip, or += where VAdd, for VRows rows of a. */
template <std::size_t VRows, bool VAdd>
ITK_COLORIZATION_INLINE void
MultiplyTile(const float * __restrict a,
             std::size_t aStride,
             const float * __restrict strip,
             std::size_t length,
             float * __restrict product,
             std::size_t productStride)
{
  float sums[VRows][StripWidth] = {};
  for (std::size_t k = 0; k < length; ++k)
  {
#pragma GCC unroll 8
    for (std::size_t row = 0; row < VRows; ++row)
    {
#pragma omp simd
      for (std::size_t x = 0; x < StripWidth; ++x)
      {
        sums[row][x] += a[row * aStride + k] * strip[k * StripWidth + x];
      }
    }
  }
#pragma GCC unroll 8
  for (std::size_t row = 0; row < VRows; ++row)
  {
#pragma omp simd
    for (std::size_t x = 0; x < StripWidth; ++x)
    {
      product[row * productStride + x] = VAdd ? product[row * productStride + x] + sums[row][x] : sums[row][x];
    }
  }
}

template <bool VAdd>
ITK_COLORIZATION_INLINE void
MultiplyRows(const float * a,
             std::size_t   aStride,
             std::size_t   rows,
             const float * strip,
             std::size_t   length,
             float *       product,
             std::size_t   productStride)
{
  std::size_t row = 0;
  for (; row + TileHeight <= rows; row += TileHeight)
  {
    MultiplyTile<TileHeight, VAdd>(a + row * aStride,
                                   aStride,
                                   strip,
                                   length,
                                   product + row * productStride,
                                   productStride);
  }
  for (; row < rows; ++row)
  {
    MultiplyTile<1, VAdd>(a + row * aStride, aStride, strip, length, product + row * productStride, productStride);
  }
}
} // namespace

ITK_COLORIZATION_MULTIVERSION void
MultiplyStrip(const float * a,
              std::size_t   aStride,
              std::size_t   rows,
              const float * strip,
              std::size_t   length,
              float *       product,
              std::size_t   productStride)
{
  MultiplyRows<false>(a, aStride, rows, strip, length, product, productStride);
}

ITK_COLORIZATION_MULTIVERSION void
AddStripProduct(const float * a,
                std::size_t   aStride,
                std::size_t   rows,
                const float * strip,
                std::size_t   length,
                float *       product,
                std::size_t   productStride)
{
  MultiplyRows<true>(a, aStride, rows, strip, length, product, productStride);
}

} // namespace colorization
} // namespace itk
