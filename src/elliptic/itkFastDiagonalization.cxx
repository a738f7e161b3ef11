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
#include "itkFastDiagonalization.h"
#include "../common/itkColorizationVectorMath.h"
#include "../common/itkStripProduct.h"

#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** Extents of the axes, added up, above which multigrid takes less time. */
constexpr std::size_t LongestAxes = 3000;

/** Sums and differences of the values at both ends of each row, towards the middle. */
ITK_COLORIZATION_MULTIVERSION void
FoldRow(const float * row, std::size_t count, float * __restrict sums, float * __restrict differences)
{
  const std::size_t half = count / 2;
#pragma omp simd
  for (std::size_t x = 0; x < half; ++x)
  {
    sums[x] = row[x] + row[count - 1 - x];
    differences[x] = row[x] - row[count - 1 - x];
  }
  if (count % 2 != 0)
  {
    sums[half] = row[half];
  }
}

ITK_COLORIZATION_MULTIVERSION void
UnfoldAndAddRow(const float * even, const float * odd, std::size_t count, double * __restrict row)
{
  const std::size_t half = count / 2;
#pragma omp simd
  for (std::size_t x = 0; x < half; ++x)
  {
    row[x] += static_cast<double>(even[x] + odd[x]);
  }
#pragma omp simd
  for (std::size_t x = 0; x < half; ++x)
  {
    row[count - 1 - x] += static_cast<double>(even[x] - odd[x]);
  }
  if (count % 2 != 0)
  {
    row[half] += static_cast<double>(even[half]);
  }
}

/** Folds the rows of a strip; both results are strips without gaps. */
ITK_COLORIZATION_MULTIVERSION void
FoldStrip(const float * from,
          std::size_t   stride,
          std::size_t   count,
          float * __restrict sums,
          float * __restrict differences)
{
  const std::size_t half = count / 2;
  for (std::size_t k = 0; k < half; ++k)
  {
    const float * first = from + k * stride;
    const float * last = from + (count - 1 - k) * stride;
#pragma omp simd
    for (std::size_t x = 0; x < StripWidth; ++x)
    {
      sums[k * StripWidth + x] = first[x] + last[x];
      differences[k * StripWidth + x] = first[x] - last[x];
    }
  }
  if (count % 2 != 0)
  {
    std::copy_n(from + half * stride, StripWidth, sums + half * StripWidth);
  }
}

ITK_COLORIZATION_MULTIVERSION void
UnfoldStrip(const float * even, const float * odd, std::size_t count, float * to, std::size_t stride)
{
  const std::size_t half = count / 2;
  for (std::size_t k = 0; k < half; ++k)
  {
    float * first = to + k * stride;
    float * last = to + (count - 1 - k) * stride;
#pragma omp simd
    for (std::size_t x = 0; x < StripWidth; ++x)
    {
      first[x] = even[k * StripWidth + x] + odd[k * StripWidth + x];
      last[x] = even[k * StripWidth + x] - odd[k * StripWidth + x];
    }
  }
  if (count % 2 != 0)
  {
    std::copy_n(even + half * StripWidth, StripWidth, to + half * stride);
  }
}

/** Divides by the eigenvalues of the operator, if they are above 0. */
ITK_COLORIZATION_MULTIVERSION void
DivideStrip(const float * rowEigenvalues, const float * columnEigenvalues, float shift, std::size_t rows, float * strip)
{
  for (std::size_t row = 0; row < rows; ++row)
  {
    const float ofRow = rowEigenvalues[row] + shift;
#pragma omp simd
    for (std::size_t x = 0; x < StripWidth; ++x)
    {
      const float eigenvalue = columnEigenvalues[x] + ofRow;
      strip[row * StripWidth + x] = eigenvalue > 0.0f ? strip[row * StripWidth + x] / eigenvalue : 0.0f;
    }
  }
}

/** Columns of a count * count matrix in strips; what the last one lacks is 0. */
std::vector<float>
MakeStrips(const std::vector<float> & matrix, std::size_t count)
{
  std::vector<float> strips(count * RoundUpToStrips(count));
  for (std::size_t row = 0; row < count; ++row)
  {
    for (std::size_t column = 0; column < count; ++column)
    {
      const std::size_t strip = column / StripWidth;
      strips[(strip * count + row) * StripWidth + column % StripWidth] = matrix[row * count + column];
    }
  }
  return strips;
}

/** Memory of the calling thread; `slot` keeps what is in use at the same time apart. */
float *
Scratch(unsigned int slot, std::size_t count)
{
  thread_local std::array<std::vector<float>, 3> scratch;
  if (scratch[slot].size() < count)
  {
    scratch[slot].resize(count);
  }
  return scratch[slot].data();
}
} // namespace

bool
FastDiagonalization::IsWorthwhile(const std::array<std::size_t, 3> & size)
{
  std::size_t products = 0;
  for (const std::size_t extent : size)
  {
    products += extent > 1 ? extent : 0;
  }
  return products <= LongestAxes;
}

FastDiagonalization::Axis
FastDiagonalization::MakeAxis(std::size_t size, double weight)
{
  const double pi = std::acos(-1.0);
  Axis         axis;
  axis.size = size;
  for (std::size_t parity = 0; parity < 2; ++parity)
  {
    Axis::Half & half = axis.halves[parity];
    half.count = (size + 1 - parity) / 2;
    half.forward.resize(half.count * half.count);
    half.backward.resize(half.count * half.count);
    for (std::size_t i = 0; i < half.count; ++i)
    {
      const double k = static_cast<double>(2 * i + parity);
      const double norm = std::sqrt((k == 0.0 ? 1.0 : 2.0) / static_cast<double>(size));
      for (std::size_t j = 0; j < half.count; ++j)
      {
        const double cosine = norm * std::cos(pi * k * (static_cast<double>(j) + 0.5) / static_cast<double>(size));
        half.forward[i * half.count + j] = static_cast<float>(cosine);
        half.backward[j * half.count + i] = static_cast<float>(cosine);
      }
      // 2 - 2 cos(a), without cancellation.
      const double sine = std::sin(0.5 * pi * k / static_cast<double>(size));
      axis.eigenvalues.push_back(static_cast<float>(weight * 4.0 * sine * sine));
    }
    half.forwardStrips = MakeStrips(half.backward, half.count);
    half.backwardStrips = MakeStrips(half.forward, half.count);
  }
  return axis;
}

FastDiagonalization::FastDiagonalization(const PoissonGrid &           grid,
                                         const std::array<double, 3> & weights,
                                         double                        lambda,
                                         const ParallelFor &           parallelFor)
  : m_Grid(grid)
  , m_ParallelFor(parallelFor)
  , m_Lambda(lambda)
{
  const auto & size = grid.GetSize();
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    m_Axes[axis] = MakeAxis(size[axis], weights[axis]);
  }
  m_OddColumn = RoundUpToStrips(m_Axes[0].halves[0].count);
  m_Width = m_OddColumn + RoundUpToStrips(m_Axes[0].halves[1].count);
  m_ColumnEigenvalues.resize(m_Width);
  for (std::size_t i = 0; i < size[0]; ++i)
  {
    const std::size_t even = m_Axes[0].halves[0].count;
    m_ColumnEigenvalues[i < even ? i : m_OddColumn + i - even] = m_Axes[0].eigenvalues[i];
  }
  m_Coefficients = { m_Width * size[1] * size[2], parallelFor };
}

void
FastDiagonalization::TransformRows(const float * r, std::size_t rows, float * coefficients) const
{
  const std::size_t count = m_Axes[0].size;
  float *           folded = Scratch(0, rows * m_Width);
  for (std::size_t row = 0; row < rows; ++row)
  {
    FoldRow(r + row * (count + 2), count, folded + row * m_Width, folded + row * m_Width + m_OddColumn);
  }
  for (unsigned int parity = 0; parity < 2; ++parity)
  {
    const Axis::Half & half = m_Axes[0].halves[parity];
    const std::size_t  first = parity * m_OddColumn;
    for (std::size_t column = 0; column < half.count; column += StripWidth)
    {
      MultiplyStrip(folded + first,
                    m_Width,
                    rows,
                    half.forwardStrips.data() + column * half.count,
                    half.count,
                    coefficients + first + column,
                    m_Width);
    }
  }
}

void
FastDiagonalization::TransformRowsBack(const float * coefficients, std::size_t rows, double * u) const
{
  const std::size_t count = m_Axes[0].size;
  float *           folded = Scratch(0, rows * m_Width);
  for (unsigned int parity = 0; parity < 2; ++parity)
  {
    const Axis::Half & half = m_Axes[0].halves[parity];
    const std::size_t  first = parity * m_OddColumn;
    for (std::size_t column = 0; column < half.count; column += StripWidth)
    {
      MultiplyStrip(coefficients + first,
                    m_Width,
                    rows,
                    half.backwardStrips.data() + column * half.count,
                    half.count,
                    folded + first + column,
                    m_Width);
    }
  }
  for (std::size_t row = 0; row < rows; ++row)
  {
    UnfoldAndAddRow(folded + row * m_Width, folded + row * m_Width + m_OddColumn, count, u + row * (count + 2));
  }
}

void
FastDiagonalization::TransformStrip(const Axis &  axis,
                                    const float * from,
                                    std::size_t   fromStride,
                                    float *       to,
                                    std::size_t   toStride)
{
  const std::size_t even = axis.halves[0].count;
  const std::size_t odd = axis.halves[1].count;
  float *           sums = Scratch(1, axis.size * StripWidth);
  float *           differences = sums + even * StripWidth;
  FoldStrip(from, fromStride, axis.size, sums, differences);
  MultiplyStrip(axis.halves[0].forward.data(), even, even, sums, even, to, toStride);
  MultiplyStrip(axis.halves[1].forward.data(), odd, odd, differences, odd, to + even * toStride, toStride);
}

void
FastDiagonalization::TransformStripBack(const Axis &  axis,
                                        const float * from,
                                        std::size_t   fromStride,
                                        float *       to,
                                        std::size_t   toStride)
{
  const std::size_t even = axis.halves[0].count;
  const std::size_t odd = axis.halves[1].count;
  float *           packed = Scratch(1, 2 * axis.size * StripWidth);
  float *           sums = packed + axis.size * StripWidth;
  for (std::size_t k = 0; k < axis.size; ++k)
  {
    std::copy_n(from + k * fromStride, StripWidth, packed + k * StripWidth);
  }
  float * differences = sums + even * StripWidth;
  MultiplyStrip(axis.halves[0].backward.data(), even, even, packed, even, sums, StripWidth);
  MultiplyStrip(axis.halves[1].backward.data(), odd, odd, packed + even * StripWidth, odd, differences, StripWidth);
  UnfoldStrip(sums, differences, axis.size, to, toStride);
}

void
FastDiagonalization::TransformPlane(const float * r, std::size_t z)
{
  const std::size_t rows = m_Axes[1].size;
  float *           plane = m_Coefficients.data() + z * rows * m_Width;
  if (rows == 1)
  {
    this->TransformRows(r + m_Grid.GetRowBegin(0, z), 1, plane);
    return;
  }
  float * alongX = Scratch(2, rows * m_Width);
  this->TransformRows(r + m_Grid.GetRowBegin(0, z), rows, alongX);
  for (std::size_t column = 0; column < m_Width; column += StripWidth)
  {
    TransformStrip(m_Axes[1], alongX + column, m_Width, plane + column, m_Width);
  }
}

void
FastDiagonalization::TransformPlaneBack(std::size_t z, double * u) const
{
  const std::size_t rows = m_Axes[1].size;
  const float *     plane = m_Coefficients.data() + z * rows * m_Width;
  if (rows == 1)
  {
    this->TransformRowsBack(plane, 1, u + m_Grid.GetRowBegin(0, z));
    return;
  }
  float * alongX = Scratch(2, rows * m_Width);
  for (std::size_t column = 0; column < m_Width; column += StripWidth)
  {
    TransformStripBack(m_Axes[1], plane + column, m_Width, alongX + column, m_Width);
  }
  this->TransformRowsBack(alongX, rows, u + m_Grid.GetRowBegin(0, z));
}

void
FastDiagonalization::SolveStrip(std::size_t y, std::size_t strip)
{
  const Axis &      axis = m_Axes[2];
  const std::size_t column = strip * StripWidth;
  const std::size_t stride = m_Axes[1].size * m_Width;
  float *           values = m_Coefficients.data() + y * m_Width + column;
  float *           coefficients = Scratch(0, axis.size * StripWidth);
  TransformStrip(axis, values, stride, coefficients, StripWidth);
  DivideStrip(axis.eigenvalues.data(),
              m_ColumnEigenvalues.data() + column,
              static_cast<float>(m_Axes[1].eigenvalues[y] + m_Lambda),
              axis.size,
              coefficients);
  if (y == 0 && strip == 0)
  {
    // The mean of the right-hand side is 0 but for rounding, which a small eigenvalue would blow up.
    coefficients[0] = 0.0f;
  }
  TransformStripBack(axis, coefficients, StripWidth, values, stride);
}

void
FastDiagonalization::AddSolution(const float * r, double * u)
{
  const auto & size = m_Grid.GetSize();
  m_ParallelFor(size[2], [&](std::size_t z) { this->TransformPlane(r, z); });
  m_ParallelFor(size[1] * (m_Width / StripWidth),
                [&](std::size_t i)
                {
                  const std::size_t strips = m_Width / StripWidth;
                  this->SolveStrip(i / strips, i % strips);
                });
  m_ParallelFor(size[2], [&](std::size_t z) { this->TransformPlaneBack(z, u); });
}

std::size_t
FastDiagonalization::GetByteCount() const
{
  std::size_t floats = m_Coefficients.size() + m_ColumnEigenvalues.size();
  for (const Axis & axis : m_Axes)
  {
    for (const Axis::Half & half : axis.halves)
    {
      floats += 2 * (half.forward.size() + half.forwardStrips.size());
    }
  }
  return floats * sizeof(float);
}

} // namespace colorization
} // namespace itk
