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
#include "itkWeightedLeastSquares.h"
#include "itkGraphMultigrid.h"
#include "itkStencilAggregation.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

namespace itk
{
namespace colorization
{
namespace
{
/** For StencilAggregation: couplings to a node of a much smaller diagonal can be above all of its own, but not so far. */
constexpr float EveryNodeAlone = 1e6f;

template <typename T>
void
ReadComponents(const void * data, std::ptrdiff_t first, std::ptrdiff_t stride, std::size_t count, float * out)
{
  const T * in = static_cast<const T *>(data) + first;
  for (std::size_t i = 0; i < count; ++i)
  {
    out[i] = static_cast<float>(in[static_cast<std::ptrdiff_t>(i) * stride]);
  }
}

/** out = `count` components of the guidance that are `stride` apart. */
void
ReadGuidance(const GuidanceView & guidance, std::ptrdiff_t first, std::ptrdiff_t stride, std::size_t count, float * out)
{
  switch (guidance.component)
  {
    case GuidanceComponent::UnsignedChar:
      ReadComponents<unsigned char>(guidance.data, first, stride, count, out);
      break;
    case GuidanceComponent::Short:
      ReadComponents<short>(guidance.data, first, stride, count, out);
      break;
    case GuidanceComponent::UnsignedShort:
      ReadComponents<unsigned short>(guidance.data, first, stride, count, out);
      break;
    case GuidanceComponent::Float:
      ReadComponents<float>(guidance.data, first, stride, count, out);
      break;
  }
}

/** A part of the image that is connected along the axes that are smoothed: a line, a slice, or all of it. Those axes
 * come first, so that the part is a grid of as few dimensions as it has. */
struct Part
{
  std::array<std::size_t, 3> size{ { 1, 1, 1 } };
  std::size_t                firstPixel = 0;
  std::ptrdiff_t             firstGuidance = 0;
  /** Pixels and components of guidance from a node to the next along each axis. */
  std::array<std::size_t, 3>    pixelStride{ { 1, 1, 1 } };
  std::array<std::ptrdiff_t, 3> guidanceStride{ { 1, 1, 1 } };
  /** lambda along each axis. */
  std::array<double, 3> lambda{ { 0.0, 0.0, 0.0 } };
  unsigned int          dimension = 0;

  std::size_t
  GetPixel(std::size_t y, std::size_t z) const
  {
    return firstPixel + y * pixelStride[1] + z * pixelStride[2];
  }

  std::ptrdiff_t
  GetGuidance(std::size_t y, std::size_t z) const
  {
    return firstGuidance + static_cast<std::ptrdiff_t>(y) * guidanceStride[1] +
           static_cast<std::ptrdiff_t>(z) * guidanceStride[2];
  }
};

std::vector<Part>
SeparateParts(const std::array<std::size_t, 3> &     size,
              const GuidanceView &                   guidance,
              const WeightedLeastSquaresParameters & parameters)
{
  const std::array<std::size_t, 3> pixelStride{ { 1, size[0], size[0] * size[1] } };
  std::vector<Part>                parts(1);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    if (parameters.smoothAxis[axis] && size[axis] > 1)
    {
      Part &             part = parts.front();
      const unsigned int to = part.dimension++;
      part.size[to] = size[axis];
      part.pixelStride[to] = pixelStride[axis];
      part.guidanceStride[to] = guidance.stride[axis];
      part.lambda[to] = parameters.lambda * parameters.axisScale[axis];
    }
  }
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const bool        isSmoothed = parameters.smoothAxis[axis] && size[axis] > 1;
    const std::size_t count = parts.size();
    for (std::size_t step = 1; step < size[axis] && !isSmoothed; ++step)
    {
      for (std::size_t i = 0; i < count; ++i)
      {
        parts.push_back(parts[i]);
        parts.back().firstPixel += step * pixelStride[axis];
        parts.back().firstGuidance += static_cast<std::ptrdiff_t>(step) * guidance.stride[axis];
      }
    }
  }
  return parts;
}

/** l: a row of the guidance or of its logarithm. */
void
ReadRow(const GuidanceView &                   guidance,
        const WeightedLeastSquaresParameters & parameters,
        std::ptrdiff_t                         first,
        std::ptrdiff_t                         stride,
        std::size_t                            count,
        float *                                row)
{
  ReadGuidance(guidance, first, stride, count, row);
  for (std::size_t x = 0; x < count && parameters.useLogarithm; ++x)
  {
    row[x] = static_cast<float>(std::log(row[x] + parameters.logarithmOffset));
  }
}

/** lambda a_pq from the squared distance of p and q in the guidance. */
float
Coupling(double lambda, const WeightedLeastSquaresParameters & parameters, float squaredDistance)
{
  const float power = std::pow(squaredDistance, static_cast<float>(0.5 * parameters.alpha));
  return static_cast<float>(lambda / (power + parameters.epsilon));
}

/** I + lambda L of a part, with its rows divided by their diagonals: each node is coupled to two neighbours an axis. */
class WeightedLeastSquaresOperator : public StencilOperator
{
public:
  WeightedLeastSquaresOperator(const Part &                           part,
                               const GuidanceView &                   guidance,
                               const WeightedLeastSquaresParameters & parameters,
                               const ParallelFor &                    parallelFor);

  void
  GetSegment(std::size_t begin, std::size_t, StencilWorkspace &, StencilSegment & segment) const override
  {
    static const std::array<float, SegmentLength> zeros{};
    segment.weight.fill(zeros.data());
    for (unsigned int axis = 0; axis < m_Dimension; ++axis)
    {
      segment.weight[m_Direction[axis][0]] = m_Coupling[axis].data() + begin - m_Step[axis];
      segment.weight[m_Direction[axis][1]] = m_Coupling[axis].data() + begin;
    }
    segment.factor = m_InverseDiagonal.data() + begin;
    segment.excess = m_InverseDiagonal.data() + begin;
  }

  /** The segments' rows are divided by these; A itself is symmetric. */
  const float *
  GetDiagonals() const override
  {
    return m_Diagonal.data();
  }

  std::size_t
  GetByteCount() const override
  {
    return (m_Dimension + 2) * m_Diagonal.size() * sizeof(float);
  }

  /** A u at one node, in double precision. */
  template <typename T>
  double
  Product(const T * u, std::size_t p) const
  {
    const double here = u[p];
    double       sum = here;
    for (unsigned int axis = 0; axis < m_Dimension; ++axis)
    {
      const std::ptrdiff_t step = m_Step[axis];
      sum += m_Coupling[axis][p] * (here - u[p + step]) + m_Coupling[axis][p - step] * (here - u[p - step]);
    }
    return sum;
  }

private:
  /** lambda a_pq of each node of a part and the next one along an axis; 0 where there is none. */
  void
  SetCouplings(const Part &                           part,
               unsigned int                           axis,
               const GuidanceView &                   guidance,
               const WeightedLeastSquaresParameters & parameters,
               const ParallelFor &                    parallelFor);

  unsigned int                              m_Dimension;
  std::array<std::ptrdiff_t, 3>             m_Step{};
  std::array<std::array<std::size_t, 2>, 3> m_Direction{}; // of the previous and the next node along an axis
  std::array<std::vector<float>, 3>         m_Coupling;
  std::vector<float>                        m_Diagonal;
  std::vector<float>                        m_InverseDiagonal;
};

WeightedLeastSquaresOperator::WeightedLeastSquaresOperator(const Part &                           part,
                                                           const GuidanceView &                   guidance,
                                                           const WeightedLeastSquaresParameters & parameters,
                                                           const ParallelFor &                    parallelFor)
  : StencilOperator(StencilGrid(part.size))
  , m_Dimension(part.dimension)
  , m_Diagonal(GetGrid().GetPaddedCount())
  , m_InverseDiagonal(GetGrid().GetPaddedCount())
{
  const StencilGrid & grid = GetGrid();
  const auto &        offsets = grid.GetNeighborOffsets();
  for (unsigned int axis = 0; axis < m_Dimension; ++axis)
  {
    for (std::size_t k = 0; k < offsets.size(); ++k)
    {
      const auto & o = offsets[k];
      if (std::abs(o[0]) + std::abs(o[1]) + std::abs(o[2]) == 1 && o[axis] != 0)
      {
        m_Direction[axis][o[axis] > 0 ? 1 : 0] = k;
      }
    }
    m_Step[axis] = grid.GetNeighborSteps()[m_Direction[axis][1]];
    m_Coupling[axis].resize(grid.GetPaddedCount());
    SetCouplings(part, axis, guidance, parameters, parallelFor);
  }
  parallelFor(grid.GetRowCount(),
              [&](std::size_t row)
              {
                const std::size_t begin = grid.GetRowBegin(row);
                for (std::size_t p = begin; p < begin + part.size[0]; ++p)
                {
                  float diagonal = 1.0f;
                  for (unsigned int axis = 0; axis < m_Dimension; ++axis)
                  {
                    diagonal += m_Coupling[axis][p] + m_Coupling[axis][p - m_Step[axis]];
                  }
                  m_Diagonal[p] = diagonal;
                  m_InverseDiagonal[p] = 1.0f / diagonal;
                }
              });
}

void
WeightedLeastSquaresOperator::SetCouplings(const Part &                           part,
                                           unsigned int                           axis,
                                           const GuidanceView &                   guidance,
                                           const WeightedLeastSquaresParameters & parameters,
                                           const ParallelFor &                    parallelFor)
{
  const std::array<std::size_t, 3> & size = part.size;
  parallelFor(size[1] * size[2],
              [&](std::size_t row)
              {
                const std::size_t y = row % size[1];
                const std::size_t z = row / size[1];
                if ((axis == 1 && y + 1 == size[1]) || (axis == 2 && z + 1 == size[2]))
                {
                  return;
                }
                const std::size_t    count = axis == 0 ? size[0] - 1 : size[0];
                const std::ptrdiff_t stride = part.guidanceStride[0];
                float *              out = m_Coupling[axis].data() + GetGrid().GetRowBegin(row);
                std::vector<float>   here(count);
                std::vector<float>   next(count);
                for (unsigned int component = 0; component < guidance.components; ++component)
                {
                  const std::ptrdiff_t first = part.GetGuidance(y, z) + component;
                  ReadRow(guidance, parameters, first, stride, count, here.data());
                  ReadRow(guidance, parameters, first + part.guidanceStride[axis], stride, count, next.data());
                  for (std::size_t x = 0; x < count; ++x)
                  {
                    out[x] += (next[x] - here[x]) * (next[x] - here[x]);
                  }
                }
                for (std::size_t x = 0; x < count; ++x)
                {
                  out[x] = Coupling(part.lambda[axis], parameters, out[x]);
                }
              });
}

/** Range and spread of a component. */
struct Statistics
{
  float  lowest = std::numeric_limits<float>::max();
  float  highest = std::numeric_limits<float>::lowest();
  double squares = 0.0; // of the deviations from the mean
};

/** Solves one part of two or three dimensions by conjugate gradients, preconditioned by GraphMultigrid: the couplings
 * of neighbours differ by orders of magnitude, so that already the first coarsening has to follow them. Vectors are padded
 * grids, component after component. */
class PartSolver
{
public:
  PartSolver(float *                              values,
             unsigned int                         components,
             const Part &                         part,
             const WeightedLeastSquaresOperator & op,
             const ParallelFor &                  parallelFor)
    : m_Values(values)
    , m_Components(components)
    , m_Part(part)
    , m_Operator(op)
    , m_Grid(op.GetGrid())
    , m_ParallelFor(parallelFor)
    , m_Solution(components * m_Grid.GetPaddedCount())
    , m_Residual(components * m_Grid.GetPaddedCount())
    , m_Statistics(components)
  {
    ReadInput();
  }

  void
  Solve(const WeightedLeastSquaresParameters & parameters,
        const ProgressCallback &               progress,
        WeightedLeastSquaresReport &           report);

private:
  using Numbers = std::vector<double>;

  /** body(component, row, where in a vector the row begins) for all rows. */
  template <typename TBody>
  void
  ForEachRow(const TBody & body) const
  {
    m_ParallelFor(m_Grid.GetRowCount(),
                  [&](std::size_t row)
                  {
                    for (unsigned int c = 0; c < m_Components; ++c)
                    {
                      body(c, row, c * m_Grid.GetPaddedCount() + m_Grid.GetRowBegin(row));
                    }
                  });
  }

  /** body(where in a vector, component) for all nodes. */
  template <typename TBody>
  void
  ForEachValue(const TBody & body) const
  {
    ForEachRow(
      [&](unsigned int c, std::size_t, std::size_t begin)
      {
        for (std::size_t at = begin; at < begin + m_Part.size[0]; ++at)
        {
          body(at, c);
        }
      });
  }

  /** The sums of term(where in a vector, component), one a component; added row by row, for any number of threads. */
  template <typename TTerm>
  Numbers
  Sum(const TTerm & term) const
  {
    Numbers ofRow(m_Grid.GetRowCount() * m_Components);
    ForEachRow(
      [&](unsigned int c, std::size_t row, std::size_t begin)
      {
        double sum = 0.0;
        for (std::size_t at = begin; at < begin + m_Part.size[0]; ++at)
        {
          sum += term(at, c);
        }
        ofRow[row * m_Components + c] = sum;
      });
    Numbers total(m_Components);
    for (std::size_t k = 0; k < ofRow.size(); ++k)
    {
      total[k % m_Components] += ofRow[k];
    }
    return total;
  }

  /** The value of the first node of a row; the others follow at GetValueStride(). */
  float *
  GetValues(std::size_t row, unsigned int component) const
  {
    return m_Values + m_Part.GetPixel(row % m_Part.size[1], row / m_Part.size[1]) * m_Components + component;
  }

  std::size_t
  GetValueStride() const
  {
    return m_Part.pixelStride[0] * m_Components;
  }

  /** A u at one place of a vector, in double precision. */
  template <typename T>
  double
  Product(const std::vector<T> & u, std::size_t at, unsigned int component) const
  {
    const std::size_t begin = component * m_Grid.GetPaddedCount();
    return m_Operator.Product(u.data() + begin, at - begin);
  }

  void
  ReadInput();

  /** f - A u, from the solution. */
  void
  MakeResidual();

  /** The largest relative residual of the components. */
  double
  GetRelativeResidual() const;

  void
  WriteOutput() const;

  float *                              m_Values;
  unsigned int                         m_Components;
  const Part &                         m_Part;
  const WeightedLeastSquaresOperator & m_Operator;
  const StencilGrid &                  m_Grid;
  const ParallelFor &                  m_ParallelFor;
  Numbers                              m_Solution;
  Numbers                              m_Residual;
  std::vector<Statistics>              m_Statistics;
};

/** Begins at the input, and gathers its statistics. */
void
PartSolver::ReadInput()
{
  std::vector<Statistics> ofRow(m_Grid.GetRowCount() * m_Components);
  ForEachRow(
    [&](unsigned int c, std::size_t row, std::size_t begin)
    {
      const float * value = GetValues(row, c);
      Statistics &  statistics = ofRow[row * m_Components + c];
      for (std::size_t x = 0; x < m_Part.size[0]; ++x, value += GetValueStride())
      {
        m_Solution[begin + x] = *value;
        statistics.lowest = std::min(statistics.lowest, *value);
        statistics.highest = std::max(statistics.highest, *value);
      }
    });
  for (std::size_t k = 0; k < ofRow.size(); ++k)
  {
    Statistics & all = m_Statistics[k % m_Components];
    all.lowest = std::min(all.lowest, ofRow[k].lowest);
    all.highest = std::max(all.highest, ofRow[k].highest);
  }
  Numbers mean = Sum([&](std::size_t at, unsigned int) { return m_Solution[at]; });
  for (double & value : mean)
  {
    value /= static_cast<double>(m_Grid.GetCount());
  }
  const Numbers squares = Sum(
    [&](std::size_t at, unsigned int c)
    {
      const double deviation = m_Solution[at] - mean[c];
      return deviation * deviation;
    });
  for (unsigned int c = 0; c < m_Components; ++c)
  {
    m_Statistics[c].squares = squares[c];
  }
}

void
PartSolver::MakeResidual()
{
  ForEachRow(
    [&](unsigned int c, std::size_t row, std::size_t begin)
    {
      const float * value = GetValues(row, c);
      for (std::size_t x = 0; x < m_Part.size[0]; ++x, value += GetValueStride())
      {
        m_Residual[begin + x] = *value - Product(m_Solution, begin + x, c);
      }
    });
}

double
PartSolver::GetRelativeResidual() const
{
  const Numbers squares = Sum([&](std::size_t at, unsigned int) { return m_Residual[at] * m_Residual[at]; });
  double        largest = 0.0;
  for (unsigned int c = 0; c < m_Components; ++c)
  {
    if (m_Statistics[c].highest > m_Statistics[c].lowest)
    {
      largest = std::max(largest, std::sqrt(squares[c] / m_Statistics[c].squares));
    }
  }
  return largest;
}

void
PartSolver::WriteOutput() const
{
  ForEachRow(
    [&](unsigned int c, std::size_t row, std::size_t begin)
    {
      float * value = GetValues(row, c);
      for (std::size_t x = 0; x < m_Part.size[0]; ++x, value += GetValueStride())
      {
        const auto u = static_cast<float>(m_Solution[begin + x]);
        *value = std::min(std::max(u, m_Statistics[c].lowest), m_Statistics[c].highest);
      }
    });
}

void
PartSolver::Solve(const WeightedLeastSquaresParameters & parameters,
                  const ProgressCallback &               progress,
                  WeightedLeastSquaresReport &           report)
{
  const std::size_t count = m_Solution.size();
  unsigned int      cycles = 0;
  MakeResidual();
  double residual = GetRelativeResidual();
  if (residual > parameters.tolerance)
  {
    const double       firstResidual = residual;
    StencilAggregation grid(m_Operator, EveryNodeAlone, m_ParallelFor);
    GraphMultigrid     multigrid(grid.MakeGraph(), GraphMultigrid::Symmetry::Symmetric, m_ParallelFor);
    GridVector         scaledResidual(count);
    GridVector         correction(count);
    GridVector         direction(count);
    Numbers            product(count);
    Numbers            energy(m_Components);
    const float *      diagonals = m_Operator.GetDiagonals();
    while (residual > parameters.tolerance && cycles < parameters.maximumCycles)
    {
      ForEachRow(
        [&](unsigned int, std::size_t row, std::size_t begin)
        {
          const float * diagonal = diagonals + m_Grid.GetRowBegin(row);
          for (std::size_t x = 0; x < m_Part.size[0]; ++x)
          {
            scaledResidual[begin + x] = static_cast<float>(m_Residual[begin + x] / diagonal[x]);
          }
        });
      for (unsigned int c = 0; c < m_Components; c += GraphChannels)
      {
        const bool    isPair = c + 1 < m_Components;
        const float * from = scaledResidual.data() + c * m_Grid.GetPaddedCount();
        float *       to = correction.data() + c * m_Grid.GetPaddedCount();
        grid.Restrict(from, isPair ? from + m_Grid.GetPaddedCount() : from, multigrid.RightHandSide());
        multigrid.Precondition();
        grid.Prolongate(multigrid.GetSolution(), to, isPair ? to + m_Grid.GetPaddedCount() : to);
      }
      // Flexible: orthogonal to the last direction, as the preconditioner is not linear.
      const Numbers overlap = Sum([&](std::size_t at, unsigned int) { return correction[at] * product[at]; });
      ForEachValue(
        [&](std::size_t at, unsigned int c)
        {
          const double part = energy[c] > 0.0 ? overlap[c] / energy[c] : 0.0;
          direction[at] = static_cast<float>(correction[at] - part * direction[at]);
        });
      ForEachValue([&](std::size_t at, unsigned int c) { product[at] = Product(direction, at, c); });
      energy = Sum([&](std::size_t at, unsigned int) { return direction[at] * product[at]; });
      const Numbers decrease = Sum([&](std::size_t at, unsigned int) { return direction[at] * m_Residual[at]; });
      ForEachValue(
        [&](std::size_t at, unsigned int c)
        {
          const double step = energy[c] > 0.0 ? decrease[c] / energy[c] : 0.0;
          m_Solution[at] += step * direction[at];
          m_Residual[at] -= step * product[at];
        });
      ++cycles;
      residual = GetRelativeResidual();
      progress(std::max(0.0,
                        std::min(1.0,
                                 std::log(firstResidual / std::max(residual, parameters.tolerance)) /
                                   std::log(firstResidual / parameters.tolerance))));
    }
    report.peakBytes = std::max(report.peakBytes,
                                m_Operator.GetByteCount() + grid.GetByteCount() + multigrid.GetByteCount() +
                                  3 * count * (sizeof(double) + sizeof(float)));
  }
  report.cycles = std::max(report.cycles, cycles);
  report.residual = std::max(report.residual, residual);
  report.converged = report.converged && residual <= parameters.tolerance;
  WriteOutput();
}

/** Solves one line by elimination, as its matrix is tridiagonal. */
void
SolveLine(float *                                values,
          unsigned int                           components,
          const GuidanceView &                   guidance,
          const Part &                           part,
          const WeightedLeastSquaresParameters & parameters)
{
  const std::size_t  count = part.size[0];
  std::vector<float> row(count);
  std::vector<float> coupling(count);
  for (unsigned int component = 0; component < guidance.components; ++component)
  {
    ReadRow(guidance, parameters, part.firstGuidance + component, part.guidanceStride[0], count, row.data());
    for (std::size_t x = 0; x + 1 < count; ++x)
    {
      const float difference = row[x + 1] - row[x];
      coupling[x] += difference * difference;
    }
  }
  for (std::size_t x = 0; x + 1 < count; ++x)
  {
    coupling[x] = Coupling(part.lambda[0], parameters, coupling[x]);
  }
  std::vector<double> upper(count);
  std::vector<double> u(count);
  for (unsigned int c = 0; c < components; ++c)
  {
    const auto value = [&](std::size_t x) -> float &
    { return values[(part.firstPixel + x * part.pixelStride[0]) * components + c]; };
    // The pivot less the coupling to come: its digits are not lost beside large couplings.
    double rest = 1.0;
    double carried = 0.0;
    for (std::size_t x = 0; x < count; ++x)
    {
      const double pivot = rest + coupling[x];
      u[x] = (value(x) + carried) / pivot;
      upper[x] = coupling[x] / pivot;
      carried = coupling[x] * u[x];
      rest = 1.0 + coupling[x] * (rest / pivot);
    }
    for (std::size_t x = count; x-- > 0;)
    {
      u[x] += x + 1 < count ? upper[x] * u[x + 1] : 0.0;
      value(x) = static_cast<float>(u[x]);
    }
  }
}
} // namespace

double
SmallestGuidance(const GuidanceView &               guidance,
                 const std::array<std::size_t, 3> & size,
                 const ParallelFor &                parallelFor)
{
  std::vector<float> ofRow(size[1] * size[2], std::numeric_limits<float>::max());
  parallelFor(ofRow.size(),
              [&](std::size_t row)
              {
                std::vector<float> values(size[0] * guidance.components);
                ReadGuidance(guidance,
                             static_cast<std::ptrdiff_t>(row % size[1]) * guidance.stride[1] +
                               static_cast<std::ptrdiff_t>(row / size[1]) * guidance.stride[2],
                             1,
                             values.size(),
                             values.data());
                ofRow[row] = *std::min_element(values.begin(), values.end());
              });
  return *std::min_element(ofRow.begin(), ofRow.end());
}

WeightedLeastSquaresReport
SmoothByWeightedLeastSquares(float *                                values,
                             unsigned int                           components,
                             const GuidanceView &                   guidance,
                             const std::array<std::size_t, 3> &     size,
                             const WeightedLeastSquaresParameters & parameters,
                             const ParallelFor &                    parallelFor,
                             const ProgressCallback &               progress)
{
  const auto                 start = std::chrono::steady_clock::now();
  WeightedLeastSquaresReport report;
  const std::vector<Part>    parts = SeparateParts(size, guidance, parameters);
  if (parameters.lambda > 0.0 && parts.front().dimension == 1)
  {
    parallelFor(parts.size(), [&](std::size_t k) { SolveLine(values, components, guidance, parts[k], parameters); });
  }
  for (std::size_t k = 0; k < parts.size() && parameters.lambda > 0.0 && parts.front().dimension > 1; ++k)
  {
    const WeightedLeastSquaresOperator op(parts[k], guidance, parameters, parallelFor);
    PartSolver                         solver(values, components, parts[k], op, parallelFor);
    solver.Solve(
      parameters,
      [&](double fraction) { progress((k + fraction) / parts.size()); },
      report);
    progress((k + 1.0) / parts.size());
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

} // namespace colorization
} // namespace itk
