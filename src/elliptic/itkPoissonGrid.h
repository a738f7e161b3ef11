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
#ifndef itkPoissonGrid_h
#define itkPoissonGrid_h

#include "itkColorizationParallelFor.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace itk
{
namespace colorization
{
/** A grid whose rows have one float of padding on either side. */
class PoissonGrid
{
public:
  explicit PoissonGrid(const std::array<std::size_t, 3> & size)
    : m_Size(size)
    , m_UnitAxis(size[2] >= size[1] ? 2 : 1)
    , m_Extents()
  {}

  const std::array<std::size_t, 3> &
  GetSize() const
  {
    return m_Size;
  }

  std::size_t
  GetPaddedCount() const
  {
    return (m_Size[0] + 2) * m_Size[1] * m_Size[2];
  }

  /** The part of a row outside of which nothing is solved for. */
  struct Extent
  {
    std::size_t first;
    std::size_t count;
  };

  Extent
  GetExtent(std::size_t y, std::size_t z) const
  {
    return m_Extents.empty() ? Extent{ 0, m_Size[0] } : m_Extents[z * m_Size[1] + y];
  }

  /** Finds the extents: rows from the first to the last voxel where isSolved(x, y, z), and a few more. */
  template <typename TIsSolved>
  void
  SetExtents(const TIsSolved & isSolved, const ParallelFor & parallelFor)
  {
    m_Extents.resize(m_Size[1] * m_Size[2]);
    parallelFor(m_Extents.size(),
                [&](std::size_t row)
                {
                  const std::size_t y = row % m_Size[1];
                  const std::size_t z = row / m_Size[1];
                  std::size_t       first = 0;
                  std::size_t       end = m_Size[0];
                  while (first < end && !isSolved(first, y, z))
                  {
                    ++first;
                  }
                  while (end > first && !isSolved(end - 1, y, z))
                  {
                    --end;
                  }
                  // Whole vectors take less time than the rest of a row.
                  constexpr std::size_t vector = 16;
                  first = first < end ? first / vector * vector : first;
                  end = first < end ? std::min((end + vector - 1) / vector * vector, m_Size[0]) : end;
                  m_Extents[row] = { first, end - first };
                });
  }

  /** Where the first voxel of a row is. */
  std::size_t
  GetRowBegin(std::size_t y, std::size_t z) const
  {
    return (z * m_Size[1] + y) * (m_Size[0] + 2) + 1;
  }

  /** The grid as a sequence of parts, each with neighbours in the part before and the one after only: planes, or for
   * pictures rows. */
  std::size_t
  GetUnitCount() const
  {
    return m_Size[m_UnitAxis];
  }

  /** Calls body(y, z) for the rows of a part. */
  template <typename TBody>
  void
  ForEachRowOfUnit(std::size_t unit, const TBody & body) const
  {
    for (std::size_t i = 0; i < m_Size[3 - m_UnitAxis]; ++i)
    {
      m_UnitAxis == 2 ? body(i, unit) : body(unit, i);
    }
  }

private:
  std::array<std::size_t, 3> m_Size;
  unsigned int               m_UnitAxis;
  std::vector<Extent>        m_Extents;
};

/** An array of zeros, which the threads that will work on it set. */
template <typename T>
class ZeroedArray
{
public:
  ZeroedArray() = default;
  ZeroedArray(std::size_t count, const ParallelFor & parallelFor)
    : m_Count(count)
    , m_Values(new T[count])
  {
    constexpr std::size_t chunk = 1 << 18;
    parallelFor((count + chunk - 1) / chunk,
                [&](std::size_t i)
                { std::fill(m_Values.get() + i * chunk, m_Values.get() + std::min(count, (i + 1) * chunk), T{}); });
  }

  T *
  data()
  {
    return m_Values.get();
  }
  const T *
  data() const
  {
    return m_Values.get();
  }
  std::size_t
  size() const
  {
    return m_Count;
  }

private:
  std::size_t          m_Count = 0;
  std::unique_ptr<T[]> m_Values;
};

/** Runs body(stage, unit) for all stages and all parts of a grid, where a stage at a part reads what the stage before it
 * made of this part and of both neighbours, and changes this part only. While a part is in the cache all stages pass
 * over it: those that need parts of another chunk come last. The order does not depend on the number of threads. */
template <typename TBody>
void
RunStages(const PoissonGrid & grid, std::size_t stages, const ParallelFor & parallelFor, const TBody & body)
{
  constexpr std::size_t chunkLength = 12;
  const std::size_t     units = grid.GetUnitCount();
  const std::size_t     chunks = std::max<std::size_t>(1, units / std::max(chunkLength, 2 * stages + 2));
  const auto            bound = [&](std::size_t chunk) { return units * chunk / chunks; };
  // What one stage alone changes is read by no other chunk.
  const std::size_t inset = stages > 1 ? 1 : 0;
  parallelFor(chunks,
              [&](std::size_t chunk)
              {
                const std::size_t begin = bound(chunk);
                const std::size_t end = bound(chunk + 1);
                for (std::size_t step = begin; step < end + stages - 1; ++step)
                {
                  for (std::size_t stage = 0; stage < stages && stage <= step; ++stage)
                  {
                    const std::size_t unit = step - stage;
                    const std::size_t low = chunk == 0 ? begin : begin + (stage + 1) * inset;
                    const std::size_t high = chunk + 1 == chunks ? end : end - (stage + 1) * inset;
                    if (unit >= low && unit < high)
                    {
                      body(stage, unit);
                    }
                  }
                }
              });
  if (inset == 0)
  {
    return;
  }
  parallelFor(chunks - 1,
              [&](std::size_t chunk)
              {
                const std::size_t border = bound(chunk + 1);
                for (std::size_t stage = 0; stage < stages; ++stage)
                {
                  for (std::size_t unit = border - stage - 1; unit < border + stage + 1; ++unit)
                  {
                    body(stage, unit);
                  }
                }
              });
}

/** The sum in the order of the parts. */
inline double
SumInOrder(const std::vector<double> & partials)
{
  double sum = 0.0;
  for (const double partial : partials)
  {
    sum += partial;
  }
  return sum;
}

} // namespace colorization
} // namespace itk

#endif
