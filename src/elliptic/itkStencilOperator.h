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
#ifndef itkStencilOperator_h
#define itkStencilOperator_h

#include <array>
#include <cstddef>
#include <vector>

namespace itk
{
namespace colorization
{
/** Nodes behind the last ring: what works on several nodes at once may read that far beyond a row. */
constexpr std::size_t SegmentSlack = 32;

/** A grid of up to three dimensions with a ring of one extra node around it, so that the 3^N stencil never has to ask
 * where the grid ends. Axes of extent 1 have neither ring nor neighbours. */
class StencilGrid
{
public:
  explicit StencilGrid(const std::array<std::size_t, 3> & size);

  const std::array<std::size_t, 3> &
  GetSize() const
  {
    return m_Size;
  }

  /** Nodes with the ring, and with the slack behind them. */
  std::size_t
  GetPaddedCount() const
  {
    return m_PaddedCount;
  }

  /** Nodes without the ring. */
  std::size_t
  GetCount() const
  {
    return m_Size[0] * m_Size[1] * m_Size[2];
  }

  /** Rows along x. */
  std::size_t
  GetRowCount() const
  {
    return m_Size[1] * m_Size[2];
  }

  /** Where node (0, y, z) of row y + z * size[1] is in padded memory. */
  std::size_t
  GetRowBegin(std::size_t row) const
  {
    return GetIndex(0, row % m_Size[1], row / m_Size[1]);
  }

  std::size_t
  GetIndex(std::size_t x, std::size_t y, std::size_t z) const
  {
    return (x + m_Ring[0]) + (y + m_Ring[1]) * m_Stride[1] + (z + m_Ring[2]) * m_Stride[2];
  }

  /** Index steps to the neighbours in padded memory: at most 26. */
  const std::vector<std::ptrdiff_t> &
  GetNeighborSteps() const
  {
    return m_NeighborSteps;
  }

  /** The same steps along x, y and z. */
  const std::vector<std::array<int, 3>> &
  GetNeighborOffsets() const
  {
    return m_NeighborOffsets;
  }

private:
  std::array<std::size_t, 3>      m_Size;
  std::array<std::size_t, 3>      m_Ring;
  std::array<std::size_t, 3>      m_Stride;
  std::size_t                     m_PaddedCount;
  std::vector<std::ptrdiff_t>     m_NeighborSteps;
  std::vector<std::array<int, 3>> m_NeighborOffsets;
};

/** The largest number of neighbours in a 3^N stencil. */
constexpr std::size_t MaximumNeighbors = 26;

/** Nodes of one row that are worked on together; their weights fit into the first-level cache. */
constexpr std::size_t SegmentLength = 128;

/** The operator's coefficients for up to SegmentLength nodes that follow each other in x:
 * (A u)_p = u_p - factor_p * sum_k weight[k]_p * u_{p + step_k}. */
struct StencilSegment
{
  std::array<const float *, MaximumNeighbors> weight{};
  const float *                               factor = nullptr;
  /** 1 - factor * sum of all weights: how far the row's sum is above 0. Kept apart, as it may be far below 1. */
  const float * excess = nullptr;
};

/** Memory for operators that make their coefficients when asked. */
struct StencilWorkspace
{
  std::array<std::array<float, SegmentLength>, MaximumNeighbors> weight;
  std::array<float, SegmentLength>                               sum;
  std::array<float, SegmentLength>                               factor;
  std::array<float, SegmentLength>                               excess;
};

/** A linear operator with unit diagonal and non-positive neighbours on a StencilGrid. */
class StencilOperator
{
public:
  explicit StencilOperator(const StencilGrid & grid)
    : m_Grid(grid)
  {}
  virtual ~StencilOperator() = default;
  StencilOperator(const StencilOperator &) = delete;
  StencilOperator &
  operator=(const StencilOperator &) = delete;

  const StencilGrid &
  GetGrid() const
  {
    return m_Grid;
  }

  /** Coefficients of the nodes begin ... begin + count - 1 of padded memory. */
  virtual void
  GetSegment(std::size_t begin, std::size_t count, StencilWorkspace & workspace, StencilSegment & segment) const = 0;

  /** For every node of padded memory, what its row was divided by to make its diagonal 1; 0 for nodes whose value is
   * known and for those that take no part. */
  virtual const float *
  GetDiagonals() const = 0;

  virtual std::size_t
  GetByteCount() const = 0;

private:
  StencilGrid m_Grid;
};

/** One that AggregationMultigrid applies without its coefficients. */
class AppliedStencilOperator : public StencilOperator
{
public:
  using StencilOperator::StencilOperator;

  /** negative[x] = -(A u)_p = factor_p * sum_k weight[k]_p * (u_{p + step_k} - u_p) - excess_p * u_p for the nodes
   * p = begin + x, of two vectors at once: what most of the time goes into. As a sum of differences it is exact where u
   * is flat. The results need memory for up to SegmentSlack nodes more. */
  virtual void
  ApplyNegated(std::size_t   begin,
               std::size_t   count,
               const float * u0,
               const float * u1,
               float *       negative0,
               float *       negative1) const = 0;
};

} // namespace colorization
} // namespace itk

#endif
