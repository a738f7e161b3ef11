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
#include "itkAggregationMultigrid.h"
#include "itkChannelScalars.h"
#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** Damping of Jacobi's method: the 3^N stencils' high frequencies lie in about 0.6 ... 1.4 of the spectrum. */
constexpr float JacobiDamping = 0.9f;
/** A grid of at most so many nodes is solved by elimination. */
constexpr std::size_t CoarsestCount = 150;
/** Grids below this size are not worth the start of threads. */
constexpr std::size_t SerialCount = 4096;
/** Nodes of one chunk of a parallel loop. */
constexpr std::size_t ChunkCount = 16384;
/** Directions that the finest level's GCR keeps. In a volume each costs 8 bytes a node and channel, and more than one
 * saves no cycles; in a picture they are cheap, and save a quarter of the cycles on strong contrast. */
std::size_t
DirectionWindow(const StencilGrid & grid)
{
  return grid.GetSize()[2] > 1 ? 1 : 8;
}
/** A block that is coupled to the others by less than this share of what is in it counts as coupled by so much: what
 * single precision makes of its residual would be blown up without bound. */
constexpr float WeakestCoupling = 1e-6f;
/** A K-cycle takes its second step if the first left more than this of the residual. */
constexpr double KCycleThreshold = 0.25;

enum class Evaluation
{
  Residual,
  Product,
  Smoothed
};

/** negative = sum_k weight[k]_x * (u_{x + step_k} - u_x) - excess_x * u_x of u0 and u1; neighbours come in pairs. */
ITK_COLORIZATION_MULTIVERSION void
ApplyStoredNegated(const float * const *  weight,
                   const float *          excess,
                   const std::ptrdiff_t * steps,
                   std::size_t            neighbors,
                   const float *          u0,
                   const float *          u1,
                   std::size_t            count,
                   float * __restrict negative0,
                   float * __restrict negative1)
{
  for (std::size_t x = 0; x < count; ++x)
  {
    negative0[x] = -excess[x] * u0[x];
    negative1[x] = -excess[x] * u1[x];
  }
  for (std::size_t k = 0; k + 1 < neighbors; k += 2)
  {
    const float * weightA = weight[k];
    const float * weightB = weight[k + 1];
    const float * u0A = u0 + steps[k];
    const float * u0B = u0 + steps[k + 1];
    const float * u1A = u1 + steps[k];
    const float * u1B = u1 + steps[k + 1];
    for (std::size_t x = 0; x < count; ++x)
    {
      negative0[x] += weightA[x] * (u0A[x] - u0[x]) + weightB[x] * (u0B[x] - u0[x]);
      negative1[x] += weightA[x] * (u1A[x] - u1[x]) + weightB[x] * (u1B[x] - u1[x]);
    }
  }
}

/** Makes `out` from -A u. */
ITK_COLORIZATION_MULTIVERSION void
FinishSegment(Evaluation    evaluation,
              const float * negative,
              const float * b,
              const float * u,
              std::size_t   count,
              float * __restrict out)
{
  switch (evaluation)
  {
    case Evaluation::Residual:
      for (std::size_t x = 0; x < count; ++x)
      {
        out[x] = b[x] + negative[x];
      }
      break;
    case Evaluation::Product:
      for (std::size_t x = 0; x < count; ++x)
      {
        out[x] = -negative[x];
      }
      break;
    case Evaluation::Smoothed:
      for (std::size_t x = 0; x < count; ++x)
      {
        out[x] = u[x] + JacobiDamping * (b[x] + negative[x]);
      }
      break;
  }
}

/** The Galerkin product of a finer operator, with all its coefficients stored. */
class CoarseOperator : public StencilOperator
{
public:
  CoarseOperator(const StencilOperator & fine, const StencilGrid & grid, const ParallelFor & parallelFor);

  void
  GetSegment(std::size_t begin, std::size_t, StencilWorkspace &, StencilSegment & segment) const override
  {
    for (std::size_t k = 0; k < m_Weight.size(); ++k)
    {
      segment.weight[k] = m_Weight[k].data() + begin;
    }
    static const std::array<float, SegmentLength> ones = []()
    {
      std::array<float, SegmentLength> values;
      values.fill(1.0f);
      return values;
    }();
    segment.factor = ones.data();
    segment.excess = m_Excess.data() + begin;
  }

  void
  ApplyNegated(std::size_t        begin,
               std::size_t        count,
               const float *      u0,
               const float *      u1,
               StencilWorkspace & workspace,
               float *            negative0,
               float *            negative1) const override
  {
    const auto &   steps = GetGrid().GetNeighborSteps();
    StencilSegment segment;
    GetSegment(begin, count, workspace, segment);
    ApplyStoredNegated(segment.weight.data(),
                       segment.excess,
                       steps.data(),
                       steps.size(),
                       u0 + begin,
                       u1 + begin,
                       count,
                       negative0,
                       negative1);
  }

  const float *
  GetDiagonals() const override
  {
    return m_Diagonal.data();
  }

  std::size_t
  GetByteCount() const override
  {
    return (m_Weight.size() + 2) * m_Diagonal.size() * sizeof(float);
  }

private:
  void
  AggregateRow(const StencilOperator & fine, std::size_t y, std::size_t z);

  std::vector<std::vector<float>> m_Weight;
  std::vector<float>              m_Diagonal;
  std::vector<float>              m_Excess; // divided by the diagonal, as the weights
};

CoarseOperator::CoarseOperator(const StencilOperator & fine, const StencilGrid & grid, const ParallelFor & parallelFor)
  : StencilOperator(grid)
  , m_Weight(grid.GetNeighborSteps().size(), std::vector<float>(grid.GetPaddedCount()))
  , m_Diagonal(grid.GetPaddedCount())
  , m_Excess(grid.GetPaddedCount())
{
  const std::array<std::size_t, 3> & size = grid.GetSize();
  parallelFor(grid.GetRowCount(), [&](std::size_t row) { AggregateRow(fine, row % size[1], row / size[1]); });
}

/** Adds the rows of all fine nodes of the blocks (., y, z), and divides the result by its diagonal. */
void
CoarseOperator::AggregateRow(const StencilOperator & fine, std::size_t y, std::size_t z)
{
  const StencilGrid &                fineGrid = fine.GetGrid();
  const std::array<std::size_t, 3> & fineSize = fineGrid.GetSize();
  const auto &                       fineOffsets = fineGrid.GetNeighborOffsets();
  const auto &                       fineSteps = fineGrid.GetNeighborSteps();
  const float *                      fineDiagonals = fine.GetDiagonals();
  const auto &                       offsets = GetGrid().GetNeighborOffsets();

  // Which coarse neighbour lies in direction (dx, dy, dz).
  std::array<int, 27> direction;
  direction.fill(-1);
  const auto code = [](int dx, int dy, int dz) { return (dx + 1) + 3 * (dy + 1) + 9 * (dz + 1); };
  for (std::size_t k = 0; k < offsets.size(); ++k)
  {
    direction[code(offsets[k][0], offsets[k][1], offsets[k][2])] = static_cast<int>(k);
  }
  // The step between blocks from a node of parity 0 or 1, or of an axis that is not coarsened.
  const auto blockStep = [](std::size_t position, int offset)
  { return static_cast<int>((position + 2 + offset) / 2) - static_cast<int>((position + 2) / 2); };

  StencilWorkspace  workspace;
  StencilSegment    segment;
  const std::size_t coarseBegin = GetGrid().GetIndex(0, y, z);
  for (std::size_t fz = 2 * z; fz < std::min(2 * z + 2, fineSize[2]); ++fz)
  {
    for (std::size_t fy = 2 * y; fy < std::min(2 * y + 2, fineSize[1]); ++fy)
    {
      const std::size_t rowBegin = fineGrid.GetIndex(0, fy, fz);
      for (std::size_t first = 0; first < fineSize[0]; first += SegmentLength)
      {
        const std::size_t count = std::min(SegmentLength, fineSize[0] - first);
        fine.GetSegment(rowBegin + first, count, workspace, segment);
        for (std::size_t k = 0; k < fineOffsets.size(); ++k)
        {
          const int stepY = blockStep(fy, fineOffsets[k][1]);
          const int stepZ = blockStep(fz, fineOffsets[k][2]);
          for (std::size_t i = 0; i < count; ++i)
          {
            const std::size_t p = rowBegin + first + i;
            const float       value = fineDiagonals[p] * segment.factor[i] * segment.weight[k][i];
            const std::size_t coarse = coarseBegin + (first + i) / 2;
            const int         k2 = direction[code(blockStep(first + i, fineOffsets[k][0]), stepY, stepZ)];
            if (fineDiagonals[p + fineSteps[k]] == 0.0f)
            {
              m_Excess[coarse] += value;
            }
            else if (k2 >= 0)
            {
              m_Weight[k2][coarse] += value;
            }
          }
        }
        for (std::size_t i = 0; i < count; ++i)
        {
          const std::size_t coarse = coarseBegin + (first + i) / 2;
          const float       diagonal = fineDiagonals[rowBegin + first + i];
          m_Excess[coarse] += diagonal * segment.excess[i];
          m_Diagonal[coarse] += diagonal;
        }
      }
    }
  }
  for (std::size_t x = 0; x < GetGrid().GetSize()[0]; ++x)
  {
    // The diagonal is the sum of what leaves the block: a difference of what is in it would lose weak couplings.
    const std::size_t p = coarseBegin + x;
    float             outgoing = m_Excess[p];
    for (const auto & weight : m_Weight)
    {
      outgoing += weight[p];
    }
    m_Excess[p] += std::max(0.0f, WeakestCoupling * m_Diagonal[p] - outgoing);
    m_Diagonal[p] = std::max(outgoing, WeakestCoupling * m_Diagonal[p]);
    const float inverse = m_Diagonal[p] > 0.0f ? 1.0f / m_Diagonal[p] : 0.0f;
    m_Excess[p] *= inverse;
    for (auto & weight : m_Weight)
    {
      weight[p] *= inverse;
    }
  }
}

/** Gaussian elimination without pivoting, which M-matrices do not need. */
class DenseFactorization
{
public:
  explicit DenseFactorization(const StencilOperator & op)
  {
    const StencilGrid & grid = op.GetGrid();
    for (std::size_t row = 0; row < grid.GetRowCount(); ++row)
    {
      for (std::size_t x = 0; x < grid.GetSize()[0]; ++x)
      {
        const std::size_t p = grid.GetRowBegin(row) + x;
        if (op.GetDiagonals()[p] > 0.0f)
        {
          m_Nodes.push_back(p);
        }
      }
    }
    const std::size_t n = m_Nodes.size();
    m_Matrix.assign(n * n, 0.0);
    StencilWorkspace workspace;
    StencilSegment   segment;
    const auto &     steps = grid.GetNeighborSteps();
    for (std::size_t i = 0; i < n; ++i)
    {
      op.GetSegment(m_Nodes[i], 1, workspace, segment);
      m_Matrix[i * n + i] = segment.excess[0];
      for (std::size_t k = 0; k < steps.size(); ++k)
      {
        m_Matrix[i * n + i] += static_cast<double>(segment.factor[0]) * segment.weight[k][0];
        const auto neighbor = std::lower_bound(m_Nodes.begin(), m_Nodes.end(), m_Nodes[i] + steps[k]);
        if (neighbor != m_Nodes.end() && *neighbor == m_Nodes[i] + steps[k])
        {
          m_Matrix[i * n + (neighbor - m_Nodes.begin())] =
            -static_cast<double>(segment.factor[0]) * segment.weight[k][0];
        }
      }
    }
    for (std::size_t j = 0; j < n; ++j)
    {
      for (std::size_t i = j + 1; i < n; ++i)
      {
        const double multiplier = m_Matrix[i * n + j] /= m_Matrix[j * n + j];
        if (multiplier != 0.0)
        {
          for (std::size_t k = j + 1; k < n; ++k)
          {
            m_Matrix[i * n + k] -= multiplier * m_Matrix[j * n + k];
          }
        }
      }
    }
  }

  void
  Solve(const float * rightHandSide, float * solution) const
  {
    const std::size_t   n = m_Nodes.size();
    std::vector<double> value(n);
    for (std::size_t i = 0; i < n; ++i)
    {
      value[i] = rightHandSide[m_Nodes[i]];
      for (std::size_t k = 0; k < i; ++k)
      {
        value[i] -= m_Matrix[i * n + k] * value[k];
      }
    }
    for (std::size_t i = n; i-- > 0;)
    {
      for (std::size_t k = i + 1; k < n; ++k)
      {
        value[i] -= m_Matrix[i * n + k] * value[k];
      }
      value[i] /= m_Matrix[i * n + i];
      solution[m_Nodes[i]] = static_cast<float>(value[i]);
    }
  }

private:
  std::vector<std::size_t> m_Nodes;
  std::vector<double>      m_Matrix;
};
} // namespace

/** One grid: its operator, its work vectors, and its parallel loops. */
class AggregationMultigrid::Level
{
public:
  Level(const StencilOperator & op, unsigned int channels, const ParallelFor & parallelFor)
    : m_Operator(op)
    , m_Channels(channels)
    , m_ParallelFor(op.GetGrid().GetCount() < SerialCount ? ParallelFor(SerialFor) : parallelFor)
  {
    const StencilGrid & grid = op.GetGrid();
    m_RowsAChunk = std::max<std::size_t>(1, ChunkCount / grid.GetSize()[0]);
    m_ChunkCount = (grid.GetRowCount() + m_RowsAChunk - 1) / m_RowsAChunk;
  }

  const StencilOperator &
  GetOperator() const
  {
    return m_Operator;
  }

  GridVector
  MakeVector() const
  {
    return GridVector(m_Channels * Pitch());
  }

  /** Memory between the channels of a vector. */
  std::size_t
  Pitch() const
  {
    return m_Operator.GetGrid().GetPaddedCount();
  }

  /** The residual b - A u, the product A u, or u after a sweep of damped Jacobi. */
  void
  Evaluate(Evaluation evaluation, const GridVector & b, const GridVector & u, GridVector & out) const
  {
    ForEachChunk(
      [&](std::size_t firstRow, std::size_t endRow)
      {
        StencilWorkspace                 workspace;
        std::array<float, SegmentLength> negative0;
        std::array<float, SegmentLength> negative1;
        ForEachSegment(
          firstRow,
          endRow,
          [&](std::size_t begin, std::size_t count)
          {
            for (unsigned int c = 0; c < m_Channels; c += 2)
            {
              const float * u0 = u.data() + c * Pitch();
              const float * u1 = c + 1 < m_Channels ? u0 + Pitch() : u0;
              m_Operator.ApplyNegated(begin, count, u0, u1, workspace, negative0.data(), negative1.data());
              std::size_t at = c * Pitch() + begin;
              FinishSegment(evaluation, negative0.data(), b.data() + at, u.data() + at, count, out.data() + at);
              if (c + 1 < m_Channels)
              {
                at += Pitch();
                FinishSegment(evaluation, negative1.data(), b.data() + at, u.data() + at, count, out.data() + at);
              }
            }
          });
      });
  }

  /** x = scale * y */
  void
  Scale(float scale, const GridVector & y, GridVector & x) const
  {
    ForEachRow(
      [&](std::size_t at, std::size_t count, unsigned int)
      {
        for (std::size_t i = at; i < at + count; ++i)
        {
          x[i] = scale * y[i];
        }
      });
  }

  /** x += scale[channel] * y */
  void
  AddScaled(const std::vector<double> & scale, const GridVector & y, GridVector & x) const
  {
    ForEachRow(
      [&](std::size_t at, std::size_t count, unsigned int c)
      {
        const auto s = static_cast<float>(scale[c]);
        for (std::size_t i = at; i < at + count; ++i)
        {
          x[i] += s * y[i];
        }
      });
  }

  /** The scalar products of x and y, one a channel. */
  std::vector<double>
  Dot(const GridVector & x, const GridVector & y) const
  {
    std::vector<double> partial(m_ChunkCount * m_Channels);
    m_ParallelFor(m_ChunkCount,
                  [&](std::size_t chunk)
                  {
                    for (unsigned int c = 0; c < m_Channels; ++c)
                    {
                      double sum = 0.0;
                      ForEachRowOfChunk(
                        chunk,
                        [&](std::size_t begin, std::size_t count)
                        { sum += DotRow(x.data() + c * Pitch() + begin, y.data() + c * Pitch() + begin, count); });
                      partial[chunk * m_Channels + c] = sum;
                    }
                  });
    std::vector<double> total(m_Channels);
    for (std::size_t k = 0; k < partial.size(); ++k)
    {
      total[k % m_Channels] += partial[k];
    }
    return total;
  }

  /** coarse = D_c^-1 P^T D residual, with the diagonals D that the rows were divided by. */
  void
  Restrict(const GridVector & residual, const Level & coarseLevel, GridVector & coarse) const
  {
    const StencilGrid & grid = m_Operator.GetGrid();
    const StencilGrid & coarseGrid = coarseLevel.m_Operator.GetGrid();
    const auto &        size = grid.GetSize();
    const float *       diagonals = m_Operator.GetDiagonals();
    const float *       coarseDiagonals = coarseLevel.m_Operator.GetDiagonals();
    coarseLevel.ForEachCoarseRow(m_ParallelFor,
                                 [&](std::size_t y, std::size_t z)
                                 {
                                   const std::size_t begin = coarseGrid.GetIndex(0, y, z);
                                   for (unsigned int c = 0; c < m_Channels; ++c)
                                   {
                                     float * out = coarse.data() + c * coarseLevel.Pitch() + begin;
                                     std::fill(out, out + coarseGrid.GetSize()[0], 0.0f);
                                     for (std::size_t fz = 2 * z; fz < std::min(2 * z + 2, size[2]); ++fz)
                                     {
                                       for (std::size_t fy = 2 * y; fy < std::min(2 * y + 2, size[1]); ++fy)
                                       {
                                         const std::size_t at = grid.GetIndex(0, fy, fz);
                                         const float *     in = residual.data() + c * Pitch() + at;
                                         for (std::size_t x = 0; x < size[0]; ++x)
                                         {
                                           out[x / 2] += diagonals[at + x] * in[x];
                                         }
                                       }
                                     }
                                     for (std::size_t x = 0; x < coarseGrid.GetSize()[0]; ++x)
                                     {
                                       out[x] =
                                         coarseDiagonals[begin + x] > 0.0f ? out[x] / coarseDiagonals[begin + x] : 0.0f;
                                     }
                                   }
                                 });
  }

  /** fine += P coarse, on the nodes that belong to a block. */
  void
  ProlongateAndAdd(const Level & coarseLevel, const GridVector & coarse, GridVector & fine) const
  {
    const StencilGrid & coarseGrid = coarseLevel.m_Operator.GetGrid();
    const auto &        size = m_Operator.GetGrid().GetSize();
    const float *       diagonals = m_Operator.GetDiagonals();
    ForEachChunk(
      [&](std::size_t firstRow, std::size_t endRow)
      {
        for (std::size_t row = firstRow; row < endRow; ++row)
        {
          const std::size_t begin = m_Operator.GetGrid().GetRowBegin(row);
          const std::size_t coarseBegin = coarseGrid.GetIndex(0, row % size[1] / 2, row / size[1] / 2);
          for (unsigned int c = 0; c < m_Channels; ++c)
          {
            const float * in = coarse.data() + c * coarseLevel.Pitch() + coarseBegin;
            float *       out = fine.data() + c * Pitch() + begin;
            for (std::size_t x = 0; x < size[0]; ++x)
            {
              out[x] += diagonals[begin + x] > 0.0f ? in[x / 2] : 0.0f;
            }
          }
        }
      });
  }

  // Work vectors of the cycles.
  GridVector                          rightHandSide;
  GridVector                          solution;
  GridVector                          residual;
  std::array<GridVector, 2>           direction;
  std::array<GridVector, 2>           product;
  std::unique_ptr<CoarseOperator>     ownedOperator;
  std::unique_ptr<DenseFactorization> factorization;

private:
  static double
  DotRow(const float * x, const float * y, std::size_t count)
  {
    std::array<double, 8> partial{};
    std::size_t           i = 0;
    for (; i + partial.size() <= count; i += partial.size())
    {
      for (std::size_t lane = 0; lane < partial.size(); ++lane)
      {
        partial[lane] += static_cast<double>(x[i + lane]) * y[i + lane];
      }
    }
    for (; i < count; ++i)
    {
      partial[0] += static_cast<double>(x[i]) * y[i];
    }
    double sum = 0.0;
    for (const double p : partial)
    {
      sum += p;
    }
    return sum;
  }

  template <typename TBody>
  void
  ForEachChunk(const TBody & body) const
  {
    const std::size_t rows = m_Operator.GetGrid().GetRowCount();
    m_ParallelFor(m_ChunkCount,
                  [&](std::size_t chunk) { body(chunk * m_RowsAChunk, std::min(rows, (chunk + 1) * m_RowsAChunk)); });
  }

  template <typename TBody>
  void
  ForEachRowOfChunk(std::size_t chunk, const TBody & body) const
  {
    const StencilGrid & grid = m_Operator.GetGrid();
    const std::size_t   end = std::min(grid.GetRowCount(), (chunk + 1) * m_RowsAChunk);
    for (std::size_t row = chunk * m_RowsAChunk; row < end; ++row)
    {
      body(grid.GetRowBegin(row), grid.GetSize()[0]);
    }
  }

  /** body(where in the vector, how many, channel) */
  template <typename TBody>
  void
  ForEachRow(const TBody & body) const
  {
    m_ParallelFor(m_ChunkCount,
                  [&](std::size_t chunk)
                  {
                    ForEachRowOfChunk(chunk,
                                      [&](std::size_t begin, std::size_t count)
                                      {
                                        for (unsigned int c = 0; c < m_Channels; ++c)
                                        {
                                          body(c * Pitch() + begin, count, c);
                                        }
                                      });
                  });
  }

  template <typename TBody>
  void
  ForEachSegment(std::size_t firstRow, std::size_t endRow, const TBody & body) const
  {
    const StencilGrid & grid = m_Operator.GetGrid();
    const std::size_t   width = grid.GetSize()[0];
    for (std::size_t row = firstRow; row < endRow; ++row)
    {
      for (std::size_t first = 0; first < width; first += SegmentLength)
      {
        body(grid.GetRowBegin(row) + first, std::min(SegmentLength, width - first));
      }
    }
  }

  /** The rows of this level, by the threads of the finer one. */
  template <typename TBody>
  void
  ForEachCoarseRow(const ParallelFor & parallelFor, const TBody & body) const
  {
    const StencilGrid & grid = m_Operator.GetGrid();
    const std::size_t   height = grid.GetSize()[1];
    parallelFor(m_ChunkCount,
                [&](std::size_t chunk)
                {
                  const std::size_t end = std::min(grid.GetRowCount(), (chunk + 1) * m_RowsAChunk);
                  for (std::size_t row = chunk * m_RowsAChunk; row < end; ++row)
                  {
                    body(row % height, row / height);
                  }
                });
  }

  const StencilOperator & m_Operator;
  unsigned int            m_Channels;
  ParallelFor             m_ParallelFor;
  std::size_t             m_RowsAChunk;
  std::size_t             m_ChunkCount;
};

AggregationMultigrid::AggregationMultigrid(const StencilOperator & finest,
                                           unsigned int            channels,
                                           const ParallelFor &     parallelFor)
  : m_Channels(channels)
  , m_ParallelFor(parallelFor)
{
  m_Levels.push_back(std::make_unique<Level>(finest, channels, parallelFor));
  while (m_Levels.back()->GetOperator().GetGrid().GetCount() > CoarsestCount)
  {
    const StencilOperator &    fine = m_Levels.back()->GetOperator();
    std::array<std::size_t, 3> size = fine.GetGrid().GetSize();
    for (std::size_t & extent : size)
    {
      extent = (extent + 1) / 2;
    }
    auto coarse = std::make_unique<CoarseOperator>(fine, StencilGrid(size), parallelFor);
    auto level = std::make_unique<Level>(*coarse, channels, parallelFor);
    m_PeakByteCount += coarse->GetByteCount();
    level->ownedOperator = std::move(coarse);
    level->rightHandSide = level->MakeVector();
    level->solution = level->MakeVector();
    for (std::size_t k = 0; k < 2; ++k)
    {
      level->direction[k] = level->MakeVector();
      level->product[k] = level->MakeVector();
    }
    m_PeakByteCount += 6 * level->rightHandSide.size() * sizeof(float);
    m_Levels.push_back(std::move(level));
  }
  for (auto & level : m_Levels)
  {
    level->residual = level->MakeVector();
  }
  m_Levels.back()->factorization = std::make_unique<DenseFactorization>(m_Levels.back()->GetOperator());
  m_PeakByteCount += (3 + 2 * DirectionWindow(finest.GetGrid())) * m_Levels.front()->residual.size() * sizeof(float);
}

AggregationMultigrid::~AggregationMultigrid() = default;

/** One V-shaped pass from a zero guess: smoothing, coarse correction, smoothing. */
void
AggregationMultigrid::Cycle(std::size_t levelIndex, const GridVector & rightHandSide, GridVector & solution)
{
  Level & level = *m_Levels[levelIndex];
  if (level.factorization)
  {
    for (unsigned int c = 0; c < m_Channels; ++c)
    {
      level.factorization->Solve(rightHandSide.data() + c * level.Pitch(), solution.data() + c * level.Pitch());
    }
    return;
  }
  Level & coarse = *m_Levels[levelIndex + 1];
  level.Scale(JacobiDamping, rightHandSide, solution);
  level.Evaluate(Evaluation::Residual, rightHandSide, solution, level.residual);
  level.Restrict(level.residual, coarse, coarse.rightHandSide);
  KCycle(levelIndex + 1, coarse.rightHandSide, coarse.solution);
  level.ProlongateAndAdd(coarse, coarse.solution, solution);
  level.Evaluate(Evaluation::Smoothed, rightHandSide, solution, level.residual);
  level.Evaluate(Evaluation::Smoothed, rightHandSide, level.residual, solution);
}

/** Up to two steps of GCR, each preconditioned by a cycle. The right-hand side becomes the residual. */
void
AggregationMultigrid::KCycle(std::size_t levelIndex, const GridVector & rightHandSide, GridVector & solution)
{
  Level & level = *m_Levels[levelIndex];
  if (level.factorization)
  {
    Cycle(levelIndex, rightHandSide, solution);
    return;
  }
  const auto before = level.Dot(rightHandSide, rightHandSide);
  Cycle(levelIndex, rightHandSide, level.direction[0]);
  level.Evaluate(Evaluation::Product, rightHandSide, level.direction[0], level.product[0]);
  const auto norm0 = level.Dot(level.product[0], level.product[0]);
  const auto step0 = Quotients(level.Dot(level.product[0], rightHandSide), norm0);
  level.Scale(0.0f, solution, solution);
  level.AddScaled(step0, level.direction[0], solution);

  bool isSmall = true;
  for (unsigned int c = 0; c < m_Channels; ++c)
  {
    const double after = before[c] - step0[c] * step0[c] * norm0[c];
    isSmall = isSmall && after <= KCycleThreshold * KCycleThreshold * before[c];
  }
  if (isSmall)
  {
    return;
  }
  GridVector & residual = level.rightHandSide;
  level.AddScaled(Negated(step0), level.product[0], residual);
  Cycle(levelIndex, residual, level.direction[1]);
  level.Evaluate(Evaluation::Product, residual, level.direction[1], level.product[1]);
  const auto overlap = Negated(Quotients(level.Dot(level.product[1], level.product[0]), norm0));
  level.AddScaled(overlap, level.product[0], level.product[1]);
  level.AddScaled(overlap, level.direction[0], level.direction[1]);
  const auto step1 = Quotients(level.Dot(level.product[1], residual), level.Dot(level.product[1], level.product[1]));
  level.AddScaled(step1, level.direction[1], solution);
}

IterationReport
AggregationMultigrid::IterateToTolerance(GridVector &             rightHandSide,
                                         GridVector &             solution,
                                         const IterationLimits &  limits,
                                         const ProgressCallback & progress)
{
  Level &    level = *m_Levels.front();
  GridVector product = level.MakeVector();
  GridVector direction = level.MakeVector();

  std::vector<GridVector>          oldDirections;
  std::vector<GridVector>          oldProducts;
  std::vector<std::vector<double>> oldNorms;

  const auto   rightHandNorm = level.Dot(rightHandSide, rightHandSide);
  GridVector & residual = rightHandSide;
  level.Evaluate(Evaluation::Residual, rightHandSide, solution, product);
  residual.swap(product);

  IterationReport report;
  const auto      updateResidualNorm = [&]()
  {
    const auto norm = level.Dot(residual, residual);
    report.residual = 0.0;
    for (unsigned int c = 0; c < m_Channels; ++c)
    {
      if (rightHandNorm[c] > 0.0)
      {
        report.residual = std::max(report.residual, std::sqrt(norm[c] / rightHandNorm[c]));
      }
    }
    report.converged = report.residual <= limits.tolerance;
  };
  updateResidualNorm();
  const double firstResidual = std::max(report.residual, limits.tolerance);

  while (!report.converged && report.cycles < limits.maximumCycles)
  {
    Cycle(0, residual, direction);
    level.Evaluate(Evaluation::Product, residual, direction, product);
    for (std::size_t k = 0; k < oldProducts.size(); ++k)
    {
      const auto overlap = Negated(Quotients(level.Dot(product, oldProducts[k]), oldNorms[k]));
      level.AddScaled(overlap, oldProducts[k], product);
      level.AddScaled(overlap, oldDirections[k], direction);
    }
    const auto norm = level.Dot(product, product);
    const auto step = Quotients(level.Dot(product, residual), norm);
    level.AddScaled(step, direction, solution);
    level.AddScaled(Negated(step), product, residual);
    ++report.cycles;
    updateResidualNorm();

    const std::size_t slot = (report.cycles - 1) % DirectionWindow(level.GetOperator().GetGrid());
    if (oldProducts.size() <= slot)
    {
      oldProducts.push_back(level.MakeVector());
      oldDirections.push_back(level.MakeVector());
      oldNorms.emplace_back();
    }
    oldProducts[slot].swap(product);
    oldDirections[slot].swap(direction);
    oldNorms[slot] = norm;

    const double digits = std::log(firstResidual / std::max(report.residual, limits.tolerance));
    progress(std::min(1.0, digits / std::max(1e-9, std::log(firstResidual / limits.tolerance))));
  }
  return report;
}

} // namespace colorization
} // namespace itk
