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
#ifndef itkPlaneFourierTransform_h
#define itkPlaneFourierTransform_h

#include "itkBufferPool.h"

#include <cstddef>
#include <memory>

namespace itk
{
namespace colorization
{
/** How a plane of floats for a PlaneFourierTransform lies in memory. */
struct PlaneLayout
{
  PlaneLayout(std::size_t planeWidth, std::size_t planeHeight)
    : width(planeWidth)
    , height(planeHeight)
    , stride((planeWidth + 15) / 16 * 16 + 16)
  {}

  std::size_t
  At(std::size_t x, std::size_t y) const
  {
    return y * stride + x;
  }

  std::size_t
  Count() const
  {
    return stride * height;
  }

  std::size_t width;
  std::size_t height;
  /** Distance of rows: more than the width, so that columns do not compete for the same lines of the cache. */
  std::size_t stride;
};

/** A plane of complex numbers, as two planes of floats; 0 where rows are longer than the width, any value else. */
struct ComplexPlane
{
  ComplexPlane(BufferPool & pool, std::size_t width, std::size_t height);

  PlaneLayout   layout;
  Buffer<float> real;
  Buffer<float> imaginary;
};

/** The discrete Fourier transform of planes of one size, by the FFT that is a part of ITK (vnl). Sizes whose prime
 * factors are 2, 3 and 5 take it as it is; other sizes are convolutions with a chirp, of such a size (L. I. Bluestein: A
 * Linear Filtering Approach to the Computation of Discrete Fourier Transform, 1970). One object may serve several
 * threads. */
class PlaneFourierTransform
{
public:
  PlaneFourierTransform(std::size_t width, std::size_t height);
  ~PlaneFourierTransform();

  /** F(u, v) = sum f(x, y) exp(-2 pi i (u x / width + v y / height)), in place. */
  void
  Forward(ComplexPlane & plane) const;

  /** The inverse, which divides by the number of pixels, in place. */
  void
  Inverse(ComplexPlane & plane) const;

private:
  class LineTransform;

  std::unique_ptr<LineTransform> m_Rows;
  std::unique_ptr<LineTransform> m_Columns;
};

/** The frequency, in cycles a plane, of coefficient `k` of `size`: from -size / 2 to (size - 1) / 2. */
inline std::ptrdiff_t
FrequencyOf(std::size_t k, std::size_t size)
{
  return static_cast<std::ptrdiff_t>(k) - (k > (size - 1) / 2 ? static_cast<std::ptrdiff_t>(size) : 0);
}

} // namespace colorization
} // namespace itk

#endif
