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
#include "itkNearestColumns.h"

#include "../common/itkColorizationVectorMath.h"

#include <cstring>

namespace itk
{
namespace colorization
{
namespace
{
/** Rows whose products are in registers. */
constexpr std::size_t TileHeight = 6;

/** Puts a column in its place among the nearest, the last of which drops out. */
ITK_COLORIZATION_INLINE void
Insert(float score, std::uint32_t column, NearestColumns & nearest)
{
  std::size_t place = NearestColumns::Count - 1;
  for (; place > 0 && score < nearest.scores[place - 1]; --place)
  {
    nearest.scores[place] = nearest.scores[place - 1];
    nearest.columns[place] = nearest.columns[place - 1];
  }
  nearest.scores[place] = score;
  nearest.columns[place] = column;
}

/** The scores of VRows rows, from `row` on, and one strip. */
template <std::size_t VRows>
ITK_COLORIZATION_INLINE void
ComputeScores(const MatrixOfRuns & matrix,
              std::size_t          row,
              const float * __restrict strip,
              const float * __restrict halfSquares,
              float (&scores)[VRows][StripWidth])
{
  float sums[VRows][StripWidth] = {};
  for (std::size_t run = 0; run < matrix.runs; ++run)
  {
    const float * __restrict a = matrix.values + row * matrix.rowStep + run * matrix.runStep;
    const float * __restrict b = strip + run * matrix.runLength * StripWidth;
    for (std::size_t k = 0; k < matrix.runLength; ++k)
    {
#pragma GCC unroll 8
      for (std::size_t r = 0; r < VRows; ++r)
      {
#pragma omp simd
        for (std::size_t x = 0; x < StripWidth; ++x)
        {
          sums[r][x] += a[r * matrix.rowStep + k] * b[k * StripWidth + x];
        }
      }
    }
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < VRows; ++r)
  {
#pragma omp simd
    for (std::size_t x = 0; x < StripWidth; ++x)
    {
      scores[r][x] = halfSquares[x] - sums[r][x];
    }
  }
}

/** Whether any score of a row is below `limit`. */
ITK_COLORIZATION_INLINE bool
AnyIsBelow(const float (&scores)[StripWidth], float limit)
{
  std::int32_t below[StripWidth];
#pragma omp simd
  for (std::size_t x = 0; x < StripWidth; ++x)
  {
    below[x] = scores[x] < limit ? 1 : 0;
  }
  // Two at a time.
  std::uint64_t pairs[StripWidth / 2];
  std::memcpy(pairs, below, sizeof(pairs));
  std::uint64_t any = 0;
  for (const std::uint64_t pair : pairs)
  {
    any |= pair;
  }
  return any != 0;
}

template <std::size_t VRows>
ITK_COLORIZATION_INLINE void
KeepNearestOfTile(const MatrixOfRuns & matrix,
                  std::size_t          row,
                  const float *        strip,
                  const float *        halfSquares,
                  std::uint32_t        firstColumn,
                  NearestColumns *     nearest)
{
  float scores[VRows][StripWidth];
  ComputeScores<VRows>(matrix, row, strip, halfSquares, scores);
  for (std::size_t r = 0; r < VRows; ++r)
  {
    NearestColumns & known = nearest[row + r];
    if (!AnyIsBelow(scores[r], known.scores[NearestColumns::Count - 1]))
    {
      continue;
    }
    for (std::size_t x = 0; x < StripWidth; ++x)
    {
      if (scores[r][x] < known.scores[NearestColumns::Count - 1])
      {
        Insert(scores[r][x], firstColumn + static_cast<std::uint32_t>(x), known);
      }
    }
  }
}
} // namespace

ITK_COLORIZATION_MULTIVERSION void
KeepNearestColumns(const MatrixOfRuns & matrix,
                   const float *        strip,
                   const float *        halfSquares,
                   std::uint32_t        firstColumn,
                   NearestColumns *     nearest)
{
  std::size_t row = 0;
  for (; row + TileHeight <= matrix.rows; row += TileHeight)
  {
    KeepNearestOfTile<TileHeight>(matrix, row, strip, halfSquares, firstColumn, nearest);
  }
  for (; row < matrix.rows; ++row)
  {
    KeepNearestOfTile<1>(matrix, row, strip, halfSquares, firstColumn, nearest);
  }
}

ColumnStrips::ColumnStrips(const std::vector<float> &         rows,
                           std::size_t                        length,
                           const std::vector<std::uint32_t> & order)
  : m_Length(length)
  , m_Values(RoundUpToStrips(order.size()) * length)
  , m_HalfSquares(RoundUpToStrips(order.size()), HalfSquareOfNoColumn)
{
  for (std::size_t column = 0; column < order.size(); ++column)
  {
    if (order[column] == NearestColumns::None)
    {
      continue;
    }
    const float * row = rows.data() + order[column] * length;
    float *       out = m_Values.data() + column / StripWidth * StripWidth * length + column % StripWidth;
    float         squares = 0.0f;
    for (std::size_t k = 0; k < length; ++k)
    {
      out[k * StripWidth] = row[k];
      squares += row[k] * row[k];
    }
    m_HalfSquares[column] = 0.5f * squares;
  }
}

void
ColumnStrips::KeepNearest(const std::vector<float> &    rows,
                          std::size_t                   firstColumn,
                          std::size_t                   endColumn,
                          std::vector<NearestColumns> & nearest) const
{
  MatrixOfRuns matrix;
  matrix.values = rows.data();
  matrix.rows = nearest.size();
  matrix.rowStep = matrix.runLength = m_Length;
  for (std::size_t column = firstColumn; column < endColumn; column += StripWidth)
  {
    KeepNearestColumns(matrix,
                       m_Values.data() + column * m_Length,
                       m_HalfSquares.data() + column,
                       static_cast<std::uint32_t>(column),
                       nearest.data());
  }
}

} // namespace colorization
} // namespace itk
