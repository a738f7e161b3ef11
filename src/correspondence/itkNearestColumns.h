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
#ifndef itkNearestColumns_h
#define itkNearestColumns_h

#include "../common/itkStripProduct.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace itk
{
namespace colorization
{
/** The columns of a matrix that lie nearest to a row of another, the nearest first. */
struct NearestColumns
{
  static constexpr std::size_t   Count = 16;
  static constexpr std::uint32_t None = std::numeric_limits<std::uint32_t>::max();

  NearestColumns()
  {
    scores.fill(std::numeric_limits<float>::max());
    columns.fill(None);
  }

  /** Half the squared length of the column, less its product with the row: half the squared distance, but for a term
   * that is the same for all columns. */
  std::array<float, Count>         scores;
  std::array<std::uint32_t, Count> columns;
};

/** Half the squared length of a column that only fills its strip: too far for every row. */
constexpr float HalfSquareOfNoColumn = std::numeric_limits<float>::max();

/** A matrix whose rows are made of several runs of floats, and may overlap. */
struct MatrixOfRuns
{
  const float * values = nullptr;
  std::size_t   rows = 0;
  /** From a row to the next, in floats. */
  std::size_t rowStep = 0;
  std::size_t runs = 1;
  /** From a run of a row to the next, in floats. */
  std::size_t runStep = 0;
  std::size_t runLength = 0;
};

/** Compares every row of a matrix with the StripWidth columns of a strip, of which those that lie nearest are kept.
 *
 * \param halfSquares half the squared lengths of the columns; HalfSquareOfNoColumn for those that are none
 * \param firstColumn number of the first of them
 * \param nearest one a row */
void
KeepNearestColumns(const MatrixOfRuns & matrix,
                   const float *        strip,
                   const float *        halfSquares,
                   std::uint32_t        firstColumn,
                   NearestColumns *     nearest);

/** Rows of a matrix, laid out as the columns of products. */
class ColumnStrips
{
public:
  /** \param rows of `length` floats, one after the other
   * \param order numbers of the rows that become columns, in their order; NearestColumns::None for a column that is to
   * stay empty */
  ColumnStrips(const std::vector<float> & rows, std::size_t length, const std::vector<std::uint32_t> & order);

  /** Columns, rounded up to whole strips. */
  std::size_t
  GetNumberOfColumns() const
  {
    return m_HalfSquares.size();
  }

  /** Finds which of the columns [firstColumn, endColumn), multiples of StripWidth, lie nearest to each row of a matrix,
   * whose rows follow each other without gaps. */
  void
  KeepNearest(const std::vector<float> &    rows,
              std::size_t                   firstColumn,
              std::size_t                   endColumn,
              std::vector<NearestColumns> & nearest) const;

private:
  std::size_t        m_Length;
  std::vector<float> m_Values;
  std::vector<float> m_HalfSquares;
};

} // namespace colorization
} // namespace itk

#endif
