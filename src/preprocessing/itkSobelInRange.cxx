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
#include "itkSobelInRange.h"
#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** Rows that one thread makes in a go; two more are read. */
constexpr std::size_t RowsOfBlock = 32;

/** Progress is told after this many blocks, but not more than this often. */
constexpr std::size_t BlocksOfRound = 64;
constexpr std::size_t LargestNumberOfRounds = 32;

ITK_COLORIZATION_MULTIVERSION void
ClampRow(const float * row, std::size_t count, float lower, float upper, float * clamped)
{
  for (std::size_t x = 0; x < count; ++x)
  {
    clamped[x] = std::min(std::max(row[x], lower), upper);
  }
}

/** [1 2 1] across three rows. */
ITK_COLORIZATION_MULTIVERSION void
SmoothAcross(const float * before, const float * row, const float * after, std::size_t count, float * smooth)
{
  for (std::size_t x = 0; x < count; ++x)
  {
    smooth[x] = before[x] + 2.0f * row[x] + after[x];
  }
}

/** [1 2 1] and [-1 0 1] across three rows. */
ITK_COLORIZATION_MULTIVERSION void
SmoothAndDifferAcross(const float * before,
                      const float * row,
                      const float * after,
                      std::size_t   count,
                      float *       smooth,
                      float *       difference)
{
  for (std::size_t x = 0; x < count; ++x)
  {
    smooth[x] = before[x] + 2.0f * row[x] + after[x];
    difference[x] = after[x] - before[x];
  }
}

/** squares = (scale * [-1 0 1] along the row)^2; row[x] is left of voxel x. */
ITK_COLORIZATION_MULTIVERSION void
SquareDifferenceAlong(const float * row, std::size_t width, float scale, float * squares)
{
  for (std::size_t x = 0; x < width; ++x)
  {
    const float derivative = scale * (row[x + 2] - row[x]);
    squares[x] = derivative * derivative;
  }
}

/** squares += (scale * [1 2 1] along the row)^2; row[x] is left of voxel x. */
ITK_COLORIZATION_MULTIVERSION void
AddSquareOfSmoothAlong(const float * row, std::size_t width, float scale, float * squares)
{
  for (std::size_t x = 0; x < width; ++x)
  {
    const float derivative = scale * (row[x] + 2.0f * row[x + 1] + row[x + 2]);
    squares[x] += derivative * derivative;
  }
}

/** squares += (scale * row)^2; row[x] is left of voxel x. */
ITK_COLORIZATION_MULTIVERSION void
AddSquare(const float * row, std::size_t width, float scale, float * squares)
{
  for (std::size_t x = 0; x < width; ++x)
  {
    const float derivative = scale * row[x + 1];
    squares[x] += derivative * derivative;
  }
}

ITK_COLORIZATION_MULTIVERSION void
RootOfOne(const float * squares, std::size_t width, float * roots)
{
  for (std::size_t x = 0; x < width; ++x)
  {
    roots[x] = std::sqrt(squares[x]);
  }
}

ITK_COLORIZATION_MULTIVERSION void
RootsOfTwo(const float * first, const float * second, std::size_t width, float * roots)
{
  for (std::size_t x = 0; x < width; ++x)
  {
    roots[2 * x] = std::sqrt(first[x]);
    roots[2 * x + 1] = std::sqrt(second[x]);
  }
}

/** Square roots of `components` rows that follow each other, voxel by voxel. */
void
InterleaveRoots(float * squares, std::size_t width, std::size_t components, float * roots)
{
  if (components == 2)
  {
    RootsOfTwo(squares, squares + width, width, roots);
    return;
  }
  if (components == 1)
  {
    RootOfOne(squares, width, roots);
    return;
  }
  RootOfOne(squares, width * components, squares);
  for (std::size_t c = 0; c < components; ++c)
  {
    for (std::size_t x = 0; x < width; ++x)
    {
      roots[x * components + c] = squares[c * width + x];
    }
  }
}

/** Makes result rows y = first, first + 1, ... of one slice, from a window of three rows that moves along y. */
class RowWindow
{
public:
  RowWindow(const SobelRowReader & readRow, std::size_t width, const SobelInRangeParameters & parameters)
    : m_ReadRow(readRow)
    , m_Parameters(parameters)
    , m_Width(width)
    , m_Padded(width + 2)
    , m_Rows(3 * m_Padded)
    , m_Window(m_Parameters.ranges.size() * (this->Uses(2) ? 6 : 3) * m_Padded)
    , m_AcrossRows(3 * m_Padded)
    , m_Squares(m_Parameters.ranges.size() * width)
  {
    // Every smoothing sums up to 4, and every difference spans 2 voxels.
    const int axes = int{ this->Uses(0) } + int{ this->Uses(1) } + int{ this->Uses(2) };
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      m_Scale[axis] = static_cast<float>(parameters.derivativeScale[axis] / (2.0 * std::pow(4.0, axes - 1)));
    }
  }

  bool
  Uses(unsigned int axis) const
  {
    return m_Parameters.derivativeScale[axis] != 0.0;
  }

  /** Clamps row y to every range, and combines it with its neighbours along z. */
  void
  Load(std::ptrdiff_t y, std::ptrdiff_t z)
  {
    float * row = m_Rows.data();
    if (!this->Uses(2))
    {
      m_ReadRow(y, z, row);
      for (std::size_t r = 0; r < m_Parameters.ranges.size(); ++r)
      {
        ClampRow(row, m_Padded, m_Parameters.ranges[r][0], m_Parameters.ranges[r][1], this->SmoothRow(r, y));
      }
      return;
    }
    for (std::ptrdiff_t k = 0; k < 3; ++k)
    {
      m_ReadRow(y, z + k - 1, row + k * m_Padded);
    }
    float * clamped = m_AcrossRows.data();
    for (std::size_t r = 0; r < m_Parameters.ranges.size(); ++r)
    {
      ClampRow(row, 3 * m_Padded, m_Parameters.ranges[r][0], m_Parameters.ranges[r][1], clamped);
      SmoothAndDifferAcross(clamped,
                            clamped + m_Padded,
                            clamped + 2 * m_Padded,
                            m_Padded,
                            this->SmoothRow(r, y),
                            this->DifferenceRow(r, y));
    }
  }

  /** Gradient magnitudes of row y, of which the neighbours have been loaded. */
  void
  Compute(std::ptrdiff_t y, float * magnitudes)
  {
    for (std::size_t r = 0; r < m_Parameters.ranges.size(); ++r)
    {
      this->SumSquares(r, y, m_Squares.data() + r * m_Width);
    }
    InterleaveRoots(m_Squares.data(), m_Width, m_Parameters.ranges.size(), magnitudes);
  }

private:
  /** Row y of range r, smoothed along z if z is in use. */
  float *
  SmoothRow(std::size_t r, std::ptrdiff_t y)
  {
    return m_Window.data() + (r * 3 + static_cast<std::size_t>(y + 3) % 3) * m_Padded;
  }

  /** Row y of range r, differentiated along z. */
  float *
  DifferenceRow(std::size_t r, std::ptrdiff_t y)
  {
    return this->SmoothRow(m_Parameters.ranges.size() + r, y);
  }

  /** Squared gradient magnitude of row y of range r. */
  void
  SumSquares(std::size_t r, std::ptrdiff_t y, float * squares)
  {
    const float * smooth = this->SmoothRow(r, y);
    const float * alongZ = this->Uses(2) ? this->DifferenceRow(r, y) : nullptr;
    const float * alongY = nullptr;
    if (this->Uses(1))
    {
      float * const across = m_AcrossRows.data();
      SmoothAndDifferAcross(this->SmoothRow(r, y - 1),
                            smooth,
                            this->SmoothRow(r, y + 1),
                            m_Padded,
                            across,
                            across + m_Padded);
      smooth = across;
      alongY = across + m_Padded;
      if (alongZ)
      {
        SmoothAcross(this->DifferenceRow(r, y - 1),
                     alongZ,
                     this->DifferenceRow(r, y + 1),
                     m_Padded,
                     across + 2 * m_Padded);
        alongZ = across + 2 * m_Padded;
      }
    }
    if (this->Uses(0))
    {
      SquareDifferenceAlong(smooth, m_Width, m_Scale[0], squares);
    }
    else
    {
      std::fill_n(squares, m_Width, 0.0f);
    }
    const auto addSquare = this->Uses(0) ? AddSquareOfSmoothAlong : AddSquare;
    if (alongY)
    {
      addSquare(alongY, m_Width, m_Scale[1], squares);
    }
    if (alongZ)
    {
      addSquare(alongZ, m_Width, m_Scale[2], squares);
    }
  }

  const SobelRowReader &         m_ReadRow;
  const SobelInRangeParameters & m_Parameters;
  std::size_t                    m_Width;
  std::size_t                    m_Padded;
  std::vector<float>             m_Rows;
  std::vector<float>             m_Window;
  std::vector<float>             m_AcrossRows;
  std::vector<float>             m_Squares;
  std::array<float, 3>           m_Scale;
};

/** Result rows first ... last - 1 of slice z. */
void
ComputeBlock(const SobelRowReader &         readRow,
             std::size_t                    width,
             const SobelInRangeParameters & parameters,
             const SobelRowWriter &         writeRow,
             std::size_t                    first,
             std::size_t                    last,
             std::size_t                    z)
{
  RowWindow            window(readRow, width, parameters);
  std::vector<float>   magnitudes(width * parameters.ranges.size());
  const auto           slice = static_cast<std::ptrdiff_t>(z);
  const std::ptrdiff_t margin = window.Uses(1) ? 1 : 0;
  for (auto y = static_cast<std::ptrdiff_t>(first) - margin; y < static_cast<std::ptrdiff_t>(first) + margin; ++y)
  {
    window.Load(y, slice);
  }
  for (std::size_t y = first; y < last; ++y)
  {
    window.Load(static_cast<std::ptrdiff_t>(y) + margin, slice);
    window.Compute(static_cast<std::ptrdiff_t>(y), magnitudes.data());
    writeRow(y, z, magnitudes.data());
  }
}
} // namespace

void
SobelInRange(const SobelRowReader &             readRow,
             const std::array<std::size_t, 3> & size,
             const SobelInRangeParameters &     parameters,
             const SobelRowWriter &             writeRow,
             const ParallelFor &                parallelFor,
             const ProgressCallback &           progress)
{
  const std::size_t blocksOfSlice = (size[1] + RowsOfBlock - 1) / RowsOfBlock;
  const std::size_t blocks = size[0] > 0 ? blocksOfSlice * size[2] : 0;
  const std::size_t blocksOfRound = std::max(BlocksOfRound, blocks / LargestNumberOfRounds + 1);
  for (std::size_t begin = 0; begin < blocks; begin += blocksOfRound)
  {
    const std::size_t count = std::min(blocksOfRound, blocks - begin);
    parallelFor(count,
                [&](std::size_t i)
                {
                  const std::size_t block = begin + i;
                  const std::size_t first = block % blocksOfSlice * RowsOfBlock;
                  ComputeBlock(readRow,
                               size[0],
                               parameters,
                               writeRow,
                               first,
                               std::min(first + RowsOfBlock, size[1]),
                               block / blocksOfSlice);
                });
    progress(static_cast<double>(begin + count) / static_cast<double>(blocks));
  }
}

} // namespace colorization
} // namespace itk
