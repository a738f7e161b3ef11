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

/** lambda a_pq of each node of a part and the next one along an axis; 0 where there is none. */
std::vector<float>
MakeCouplings(const Part &                           part,
              unsigned int                           axis,
              const GuidanceView &                   guidance,
              const WeightedLeastSquaresParameters & parameters,
              const ParallelFor &                    parallelFor)
{
  const std::array<std::size_t, 3> & size = part.size;
  std::vector<float>                 coupling(size[0] * size[1] * size[2]);
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
                float *              out = coupling.data() + row * size[0];
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
  return coupling;
}

/** I + lambda L of a part. */
WeightedGraph
MakeGraph(const Part &                           part,
          const GuidanceView &                   guidance,
          const WeightedLeastSquaresParameters & parameters,
          const ParallelFor &                    parallelFor)
{
  const std::array<std::size_t, 3>  step{ { 1, part.size[0], part.size[0] * part.size[1] } };
  const std::size_t                 count = step[2] * part.size[2];
  std::array<std::vector<float>, 3> coupling;
  for (unsigned int axis = 0; axis < part.dimension; ++axis)
  {
    coupling[axis] = MakeCouplings(part, axis, guidance, parameters, parallelFor);
  }
  const auto before = [&](unsigned int axis, std::size_t p)
  { return p >= step[axis] ? coupling[axis][p - step[axis]] : 0.0f; };
  WeightedGraph graph;
  graph.mass.assign(count, 1.0f);
  graph.begin.resize(count + 1);
  for (std::size_t p = 0; p < count; ++p)
  {
    graph.begin[p + 1] = graph.begin[p];
    for (unsigned int axis = 0; axis < part.dimension; ++axis)
    {
      graph.begin[p + 1] += (before(axis, p) > 0.0f ? 1 : 0) + (coupling[axis][p] > 0.0f ? 1 : 0);
    }
  }
  graph.neighbor.resize(graph.begin[count]);
  graph.weight.resize(graph.begin[count]);
  parallelFor(part.size[1] * part.size[2],
              [&](std::size_t row)
              {
                for (std::size_t p = row * part.size[0]; p < (row + 1) * part.size[0]; ++p)
                {
                  std::size_t k = graph.begin[p];
                  const auto  add = [&](std::size_t q, float weight)
                  {
                    if (weight > 0.0f)
                    {
                      graph.neighbor[k] = static_cast<std::uint32_t>(q);
                      graph.weight[k++] = weight;
                    }
                  };
                  for (unsigned int axis = part.dimension; axis-- > 0;)
                  {
                    add(p - step[axis], before(axis, p));
                  }
                  for (unsigned int axis = 0; axis < part.dimension; ++axis)
                  {
                    add(p + step[axis], coupling[axis][p]);
                  }
                }
              });
  return graph;
}

/** Range and spread of a component. */
struct Statistics
{
  float  lowest = std::numeric_limits<float>::max();
  float  highest = std::numeric_limits<float>::lowest();
  double squares = 0.0; // of the deviations from the mean
};

/** Solves one part of two or three dimensions by conjugate gradients with GraphMultigrid. */
class PartSolver
{
public:
  PartSolver(float *               values,
             unsigned int          components,
             const Part &          part,
             const WeightedGraph & graph,
             const ParallelFor &   parallelFor)
    : m_Values(values)
    , m_Components(components)
    , m_Part(part)
    , m_Graph(graph)
    , m_ParallelFor(parallelFor)
    , m_Solution(graph.GetCount() * components)
    , m_Residual(graph.GetCount() * components)
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

  float &
  Value(std::size_t row, std::size_t x, unsigned int component) const
  {
    const std::size_t pixel = m_Part.GetPixel(row % m_Part.size[1], row / m_Part.size[1]) + x * m_Part.pixelStride[0];
    return m_Values[pixel * m_Components + component];
  }

  /** body(row, x, component, where in a vector) for all nodes. */
  template <typename TBody>
  void
  ForEachValue(const TBody & body) const
  {
    m_ParallelFor(m_Part.size[1] * m_Part.size[2],
                  [&](std::size_t row)
                  {
                    std::size_t at = row * m_Part.size[0] * m_Components;
                    for (std::size_t x = 0; x < m_Part.size[0]; ++x)
                    {
                      for (unsigned int c = 0; c < m_Components; ++c)
                      {
                        body(row, x, c, at++);
                      }
                    }
                  });
  }

  /** The sums of term(where in a vector), one a component; added row by row, for any number of threads. */
  template <typename TTerm>
  Numbers
  Sum(const TTerm & term) const
  {
    Numbers ofRow(m_Part.size[1] * m_Part.size[2] * m_Components);
    ForEachValue([&](std::size_t row, std::size_t, unsigned int c, std::size_t at)
                 { ofRow[row * m_Components + c] += term(at); });
    Numbers total(m_Components);
    for (std::size_t k = 0; k < ofRow.size(); ++k)
    {
      total[k % m_Components] += ofRow[k];
    }
    return total;
  }

  void
  ReadInput();

  /** A u at one place of a vector, in double precision. */
  template <typename T>
  double
  Product(const std::vector<T> & u, std::size_t at) const;

  /** f - A u, from the solution. */
  void
  MakeResidual();

  /** The largest relative residual of the components. */
  double
  GetRelativeResidual() const;

  void
  WriteOutput() const;

  float *                 m_Values;
  unsigned int            m_Components;
  const Part &            m_Part;
  const WeightedGraph &   m_Graph;
  const ParallelFor &     m_ParallelFor;
  Numbers                 m_Solution;
  Numbers                 m_Residual;
  std::vector<Statistics> m_Statistics;
};

/** Begins at the input, and gathers its statistics. */
void
PartSolver::ReadInput()
{
  std::vector<Statistics> ofRow(m_Part.size[1] * m_Part.size[2] * m_Components);
  ForEachValue(
    [&](std::size_t row, std::size_t x, unsigned int c, std::size_t at)
    {
      const float  value = Value(row, x, c);
      Statistics & statistics = ofRow[row * m_Components + c];
      m_Solution[at] = value;
      statistics.lowest = std::min(statistics.lowest, value);
      statistics.highest = std::max(statistics.highest, value);
    });
  for (std::size_t k = 0; k < ofRow.size(); ++k)
  {
    Statistics & all = m_Statistics[k % m_Components];
    all.lowest = std::min(all.lowest, ofRow[k].lowest);
    all.highest = std::max(all.highest, ofRow[k].highest);
  }
  const Numbers sum = Sum([&](std::size_t at) { return m_Solution[at]; });
  const Numbers squares = Sum(
    [&](std::size_t at)
    {
      const double deviation = m_Solution[at] - sum[at % m_Components] / static_cast<double>(m_Graph.GetCount());
      return deviation * deviation;
    });
  for (unsigned int c = 0; c < m_Components; ++c)
  {
    m_Statistics[c].squares = squares[c];
  }
}

template <typename T>
double
PartSolver::Product(const std::vector<T> & u, std::size_t at) const
{
  const std::size_t node = at / m_Components;
  const std::size_t component = at % m_Components;
  const double      here = u[at];
  double            sum = m_Graph.mass[node] * here;
  for (std::size_t k = m_Graph.begin[node]; k < m_Graph.begin[node + 1]; ++k)
  {
    sum += m_Graph.weight[k] * (here - u[m_Graph.neighbor[k] * static_cast<std::size_t>(m_Components) + component]);
  }
  return sum;
}

void
PartSolver::MakeResidual()
{
  ForEachValue([&](std::size_t row, std::size_t x, unsigned int c, std::size_t at)
               { m_Residual[at] = Value(row, x, c) - Product(m_Solution, at); });
}

double
PartSolver::GetRelativeResidual() const
{
  const Numbers squares = Sum([&](std::size_t at) { return m_Residual[at] * m_Residual[at]; });
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
  ForEachValue(
    [&](std::size_t row, std::size_t x, unsigned int c, std::size_t at)
    {
      const auto u = static_cast<float>(m_Solution[at]);
      Value(row, x, c) = std::min(std::max(u, m_Statistics[c].lowest), m_Statistics[c].highest);
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
    GraphMultigrid     multigrid(m_Graph, m_Components, m_ParallelFor);
    std::vector<float> roundedResidual(count);
    std::vector<float> correction(count);
    std::vector<float> direction(count);
    Numbers            product(count);
    Numbers            energy(m_Components);
    while (residual > parameters.tolerance && cycles < parameters.maximumCycles)
    {
      ForEachValue([&](std::size_t, std::size_t, unsigned int, std::size_t at)
                   { roundedResidual[at] = static_cast<float>(m_Residual[at]); });
      multigrid.Precondition(roundedResidual, correction);
      // Flexible: orthogonal to the last direction, as the preconditioner is not linear.
      const Numbers overlap = Sum([&](std::size_t at) { return correction[at] * product[at]; });
      ForEachValue(
        [&](std::size_t, std::size_t, unsigned int c, std::size_t at)
        {
          const double part = energy[c] > 0.0 ? overlap[c] / energy[c] : 0.0;
          direction[at] = static_cast<float>(correction[at] - part * direction[at]);
        });
      ForEachValue([&](std::size_t, std::size_t, unsigned int, std::size_t at)
                   { product[at] = Product(direction, at); });
      energy = Sum([&](std::size_t at) { return direction[at] * product[at]; });
      const Numbers decrease = Sum([&](std::size_t at) { return direction[at] * m_Residual[at]; });
      ForEachValue(
        [&](std::size_t, std::size_t, unsigned int c, std::size_t at)
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
    report.peakBytes =
      std::max(report.peakBytes,
               m_Graph.GetByteCount() + multigrid.GetByteCount() + 3 * count * (sizeof(double) + sizeof(float)));
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
    const WeightedGraph graph = MakeGraph(parts[k], guidance, parameters, parallelFor);
    PartSolver          solver(values, components, parts[k], graph, parallelFor);
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
