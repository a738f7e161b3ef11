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
#include <array>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** Damping of Jacobi's method: the 3^N stencils' high frequencies lie in about 0.6 ... 1.4 of the spectrum. */
constexpr float JacobiDamping = 0.9f;
/** Blocks are split where couplings differ by more than ten times: less would make more nodes than cycles are saved. */
constexpr float BlockJoinStrength = 0.1f;
/** Grids below this size are not worth the start of threads. */
constexpr std::size_t SerialCount = 4096;
/** Nodes of one chunk of a parallel loop. */
constexpr std::size_t ChunkCount = 16384;

/** Directions that GCR keeps. In a volume each costs 8 bytes a node and channel, and more than one saves no cycles; in a
 * picture they are cheap, and save a quarter of the cycles on strong contrast. */
std::size_t
DirectionWindow(const StencilGrid & grid)
{
  return grid.GetSize()[2] > 1 ? 1 : 8;
}

void
AddScaledRow(float scale, const float * x, std::size_t count, float * y)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    y[i] += scale * x[i];
  }
}

double
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
} // namespace

AggregationMultigrid::AggregationMultigrid(const AppliedStencilOperator & finest,
                                           unsigned int                   channels,
                                           const ParallelFor &            parallelFor)
  : m_Operator(finest)
  , m_Channels(channels)
  , m_ParallelFor(finest.GetGrid().GetCount() < SerialCount ? ParallelFor(SerialFor) : parallelFor)
  , m_RowsAChunk(std::max<std::size_t>(1, ChunkCount / finest.GetGrid().GetSize()[0]))
  , m_ChunkCount((finest.GetGrid().GetRowCount() + m_RowsAChunk - 1) / m_RowsAChunk)
  , m_Aggregation(finest, BlockJoinStrength, m_ParallelFor)
  , m_Coarse(m_Aggregation.MakeGraph(), GraphMultigrid::Symmetry::None, m_ParallelFor)
  , m_Scratch(MakeVector())
{}

std::size_t
AggregationMultigrid::GetByteCount() const
{
  return m_Aggregation.GetByteCount() + m_Coarse.GetByteCount() + m_Scratch.size() * sizeof(float);
}

std::size_t
AggregationMultigrid::GetPeakByteCount() const
{
  return GetByteCount() + (1 + 2 * DirectionWindow(m_Operator.GetGrid())) * m_Scratch.size() * sizeof(float);
}

template <typename TBody>
void
AggregationMultigrid::ForEachChunk(const TBody & body) const
{
  const std::size_t rows = m_Operator.GetGrid().GetRowCount();
  m_ParallelFor(m_ChunkCount,
                [&](std::size_t chunk)
                { body(chunk, chunk * m_RowsAChunk, std::min(rows, (chunk + 1) * m_RowsAChunk)); });
}

template <typename TTerm>
AggregationMultigrid::Numbers
AggregationMultigrid::SumOverRows(const TTerm & term) const
{
  Numbers partial(m_ChunkCount * m_Channels);
  ForEachChunk(
    [&](std::size_t chunk, std::size_t firstRow, std::size_t endRow)
    {
      for (std::size_t row = firstRow; row < endRow; ++row)
      {
        for (unsigned int c = 0; c < m_Channels; ++c)
        {
          partial[chunk * m_Channels + c] += term(c * Pitch() + m_Operator.GetGrid().GetRowBegin(row), c);
        }
      }
    });
  Numbers total(m_Channels);
  for (std::size_t k = 0; k < partial.size(); ++k)
  {
    total[k % m_Channels] += partial[k];
  }
  return total;
}

/** Makes `out` from -A u. */
ITK_COLORIZATION_MULTIVERSION void
AggregationMultigrid::FinishSegment(Evaluation    evaluation,
                                    const float * negative,
                                    const float * b,
                                    const float * u,
                                    std::size_t   count,
                                    float *       out)
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

void
AggregationMultigrid::Evaluate(Evaluation         evaluation,
                               const GridVector & b,
                               const GridVector & u,
                               GridVector &       out) const
{
  const StencilGrid & grid = m_Operator.GetGrid();
  ForEachChunk(
    [&](std::size_t, std::size_t firstRow, std::size_t endRow)
    {
      std::array<float, SegmentLength + SegmentSlack> negative0;
      std::array<float, SegmentLength + SegmentSlack> negative1;
      for (std::size_t row = firstRow; row < endRow; ++row)
      {
        for (std::size_t first = 0; first < grid.GetSize()[0]; first += SegmentLength)
        {
          const std::size_t begin = grid.GetRowBegin(row) + first;
          const std::size_t count = std::min(SegmentLength, grid.GetSize()[0] - first);
          for (unsigned int c = 0; c < m_Channels; c += 2)
          {
            const float * u0 = u.data() + c * Pitch();
            const float * u1 = c + 1 < m_Channels ? u0 + Pitch() : u0;
            m_Operator.ApplyNegated(begin, count, u0, u1, negative0.data(), negative1.data());
            std::size_t at = c * Pitch() + begin;
            FinishSegment(evaluation, negative0.data(), b.data() + at, u.data() + at, count, out.data() + at);
            if (c + 1 < m_Channels)
            {
              at += Pitch();
              FinishSegment(evaluation, negative1.data(), b.data() + at, u.data() + at, count, out.data() + at);
            }
          }
        }
      }
    });
}

std::vector<AggregationMultigrid::Numbers>
AggregationMultigrid::Dot(const GridVector & x, const std::vector<const GridVector *> & others) const
{
  // While a row of x is at hand, all others are read.
  const std::size_t    width = m_Operator.GetGrid().GetSize()[0];
  std::vector<Numbers> partial(others.size(), Numbers(m_ChunkCount * m_Channels));
  ForEachChunk(
    [&](std::size_t chunk, std::size_t firstRow, std::size_t endRow)
    {
      for (std::size_t row = firstRow; row < endRow; ++row)
      {
        for (unsigned int c = 0; c < m_Channels; ++c)
        {
          const std::size_t at = c * Pitch() + m_Operator.GetGrid().GetRowBegin(row);
          for (std::size_t k = 0; k < others.size(); ++k)
          {
            partial[k][chunk * m_Channels + c] += DotRow(x.data() + at, others[k]->data() + at, width);
          }
        }
      }
    });
  std::vector<Numbers> totals(others.size(), Numbers(m_Channels));
  for (std::size_t k = 0; k < others.size(); ++k)
  {
    for (std::size_t i = 0; i < partial[k].size(); ++i)
    {
      totals[k][i % m_Channels] += partial[k][i];
    }
  }
  return totals;
}

AggregationMultigrid::Numbers
AggregationMultigrid::Advance(const std::vector<Direction> & older,
                              const std::vector<Numbers> &   factors,
                              const Numbers &                step,
                              Direction &                    newest,
                              GridVector &                   solution,
                              GridVector &                   residual) const
{
  const std::size_t width = m_Operator.GetGrid().GetSize()[0];
  return SumOverRows(
    [&](std::size_t at, unsigned int c)
    {
      float * direction = newest.direction.data() + at;
      float * product = newest.product.data() + at;
      for (std::size_t k = 0; k < older.size(); ++k)
      {
        const auto factor = static_cast<float>(factors[k][c]);
        AddScaledRow(factor, older[k].direction.data() + at, width, direction);
        AddScaledRow(factor, older[k].product.data() + at, width, product);
      }
      AddScaledRow(static_cast<float>(step[c]), direction, width, solution.data() + at);
      AddScaledRow(static_cast<float>(-step[c]), product, width, residual.data() + at);
      return DotRow(residual.data() + at, residual.data() + at, width);
    });
}

/** Coarse correction and two sweeps: sweeps before it would cost as much, and save nothing. */
void
AggregationMultigrid::Cycle(const GridVector & rightHandSide, GridVector & solution)
{
  for (unsigned int c = 0; c < m_Channels; c += GraphChannels)
  {
    const bool    isPair = c + 1 < m_Channels;
    const float * residual = rightHandSide.data() + c * Pitch();
    float *       fine = solution.data() + c * Pitch();
    m_Aggregation.Restrict(residual, isPair ? residual + Pitch() : residual, m_Coarse.RightHandSide());
    m_Coarse.Solve();
    m_Aggregation.Prolongate(m_Coarse.GetSolution(), fine, isPair ? fine + Pitch() : fine);
  }
  Evaluate(Evaluation::Smoothed, rightHandSide, solution, m_Scratch);
  Evaluate(Evaluation::Smoothed, rightHandSide, m_Scratch, solution);
}

IterationReport
AggregationMultigrid::IterateToTolerance(GridVector &             rightHandSide,
                                         GridVector &             solution,
                                         const IterationLimits &  limits,
                                         const ProgressCallback & progress)
{
  const Numbers rightHandNorm = Dot(rightHandSide, { &rightHandSide }).front();
  GridVector &  residual = rightHandSide;
  Evaluate(Evaluation::Residual, rightHandSide, solution, m_Scratch);
  residual.swap(m_Scratch);

  IterationReport report;
  const auto      setResidual = [&](const Numbers & squaredNorm)
  {
    report.residual = 0.0;
    for (unsigned int c = 0; c < m_Channels; ++c)
    {
      if (rightHandNorm[c] > 0.0)
      {
        report.residual = std::max(report.residual, std::sqrt(squaredNorm[c] / rightHandNorm[c]));
      }
    }
    report.converged = report.residual <= limits.tolerance;
  };
  setResidual(Dot(residual, { &residual }).front());
  const double firstResidual = std::max(report.residual, limits.tolerance);

  std::vector<Direction> older;
  Direction              newest;
  newest.direction = MakeVector();
  while (!report.converged && report.cycles < limits.maximumCycles)
  {
    Cycle(residual, newest.direction);
    Evaluate(Evaluation::Product, residual, newest.direction, m_Scratch);
    newest.product.swap(m_Scratch);

    // Orthogonal to the older products, as the residual is already.
    std::vector<const GridVector *> others{ &newest.product, &residual };
    for (const Direction & old : older)
    {
      others.push_back(&old.product);
    }
    const std::vector<Numbers> dots = Dot(newest.product, others);
    newest.squaredNorm = dots[0];
    std::vector<Numbers> factors;
    for (std::size_t k = 0; k < older.size(); ++k)
    {
      factors.push_back(Negated(Quotients(dots[2 + k], older[k].squaredNorm)));
      for (unsigned int c = 0; c < m_Channels; ++c)
      {
        newest.squaredNorm[c] -= factors[k][c] * factors[k][c] * older[k].squaredNorm[c];
      }
    }
    const Numbers step = Quotients(dots[1], newest.squaredNorm);
    setResidual(Advance(older, factors, step, newest, solution, residual));
    ++report.cycles;

    const std::size_t slot = (report.cycles - 1) % DirectionWindow(m_Operator.GetGrid());
    if (older.size() <= slot)
    {
      older.emplace_back();
      older.back().direction = MakeVector();
    }
    std::swap(older[slot], newest);
    // What comes next needs one product's memory only.
    m_Scratch.swap(newest.product);
    if (m_Scratch.empty())
    {
      m_Scratch = MakeVector();
    }

    const double digits = std::log(firstResidual / std::max(report.residual, limits.tolerance));
    progress(std::min(1.0, digits / std::max(1e-9, std::log(firstResidual / limits.tolerance))));
  }
  return report;
}

} // namespace colorization
} // namespace itk
