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
#include "itkPoissonSolver.h"
#include "itkFastDiagonalization.h"
#include "itkPoissonMultigrid.h"
#include "../common/itkColorizationVectorMath.h"

#include <chrono>
#include <cmath>
#include <memory>
#include <vector>

namespace itk
{
namespace colorization
{
namespace
{
/** Residuals outside of this range could overflow or vanish as squares of floats. */
constexpr double SmallestUnit = 1e-10;
constexpr double LargestUnit = 1e10;
/** Factor by which single precision can make a residual smaller, and the growth that shows that it cannot any more. */
constexpr double PreciseReduction = 1e-5;
constexpr double LargestGrowth = 4.0;

/** The part of the image that is solved: the bounding box of the mask, and one voxel more on every side, for the
 * Dirichlet voxels, where the image has one. */
struct Part
{
  std::array<std::size_t, 3> begin{ { 0, 0, 0 } };
  std::array<std::size_t, 3> size{ { 0, 0, 0 } };
};

Part
FindPart(const std::uint8_t * mask, const std::array<std::size_t, 3> & size, std::size_t & freeVoxels)
{
  Part part;
  part.size = size;
  freeVoxels = size[0] * size[1] * size[2];
  if (!mask)
  {
    return part;
  }
  freeVoxels = 0;
  std::array<std::size_t, 3> low = size;
  std::array<std::size_t, 3> high{ { 0, 0, 0 } };
  for (std::size_t row = 0; row < size[1] * size[2]; ++row)
  {
    const std::uint8_t * begin = mask + row * size[0];
    const std::uint8_t * end = begin + size[0];
    const std::size_t    inside = size[0] - static_cast<std::size_t>(std::count(begin, end, 0));
    if (inside == 0)
    {
      continue;
    }
    freeVoxels += inside;
    const auto isInside = [](std::uint8_t m) { return m != 0; };
    const auto first = static_cast<std::size_t>(std::find_if(begin, end, isInside) - begin);
    const auto behind = static_cast<std::size_t>(
      std::find_if(std::make_reverse_iterator(end), std::make_reverse_iterator(begin), isInside).base() - begin);
    const std::array<std::size_t, 3> rowLow{ { first, row % size[1], row / size[1] } };
    const std::array<std::size_t, 3> rowHigh{ { behind, row % size[1] + 1, row / size[1] + 1 } };
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      low[axis] = std::min(low[axis], rowLow[axis]);
      high[axis] = std::max(high[axis], rowHigh[axis]);
    }
  }
  for (unsigned int axis = 0; axis < 3 && freeVoxels > 0; ++axis)
  {
    part.begin[axis] = low[axis] > 0 ? low[axis] - 1 : 0;
    part.size[axis] = std::min(high[axis] + 1, size[axis]) - part.begin[axis];
  }
  return part;
}

void
CopyVolume(const float * from, const std::array<std::size_t, 3> & size, const ParallelFor & parallelFor, float * to)
{
  const std::size_t rows = size[1] * size[2];
  parallelFor(rows, [&](std::size_t row) { std::copy_n(from + row * size[0], size[0], to + row * size[0]); });
}

/** What the difference of f - c between two neighbours has to be: v - (c_q - c_p). */
template <bool VMixed>
ITK_COLORIZATION_INLINE double
Wanted(float mp, float mq, float cp, float cq)
{
  const double ofSource = static_cast<double>(mq) - static_cast<double>(mp);
  const double ofIntensities = static_cast<double>(cq) - static_cast<double>(cp);
  if (VMixed)
  {
    return std::abs(ofIntensities) > std::abs(ofSource) ? 0.0 : ofSource - ofIntensities;
  }
  return ofSource - ofIntensities;
}

/** Rows of u = f - c, m and c around a row: of the row itself, then of its neighbours along y and z. Those beyond the
 * border of the part are the row itself. */
struct ResidualRows
{
  std::array<const double *, 5> u;
  std::array<const float *, 5>  m;
  std::array<const float *, 5>  c;
};

/** The negated gradient of what is minimised, for a row; `Wanted` are differences in the unit of the images. */
template <bool VMixed>
ITK_COLORIZATION_INLINE double
NegatedGradientOfRow(const ResidualRows & rows,
                     const double *       weights,
                     double               lambda,
                     double               inverseUnit,
                     const std::uint8_t * mask,
                     std::size_t          count,
                     float * __restrict residual)
{
  const double * u = rows.u[0];
  const double * uA = rows.u[1];
  const double * uB = rows.u[2];
  const double * uC = rows.u[3];
  const double * uD = rows.u[4];
  const float *  m = rows.m[0];
  const float *  mA = rows.m[1];
  const float *  mB = rows.m[2];
  const float *  mC = rows.m[3];
  const float *  mD = rows.m[4];
  const float *  c = rows.c[0];
  const float *  cA = rows.c[1];
  const float *  cB = rows.c[2];
  const float *  cC = rows.c[3];
  const float *  cD = rows.c[4];
  const double   weightX = weights[0];
  const double   weightY = weights[1];
  const double   weightZ = weights[2];
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    const double alongX = (u[x - 1] - u[x]) + (u[x + 1] - u[x]);
    const double alongY = (uA[x] - u[x]) + (uB[x] - u[x]);
    const double alongZ = (uC[x] - u[x]) + (uD[x] - u[x]);
    const double wantedX =
      Wanted<VMixed>(m[x], m[x - 1], c[x], c[x - 1]) + Wanted<VMixed>(m[x], m[x + 1], c[x], c[x + 1]);
    const double wantedY = Wanted<VMixed>(m[x], mA[x], c[x], cA[x]) + Wanted<VMixed>(m[x], mB[x], c[x], cB[x]);
    const double wantedZ = Wanted<VMixed>(m[x], mC[x], c[x], cC[x]) + Wanted<VMixed>(m[x], mD[x], c[x], cD[x]);
    const double sum = weightX * (alongX - inverseUnit * wantedX) + weightY * (alongY - inverseUnit * wantedY) +
                       weightZ * (alongZ - inverseUnit * wantedZ) - lambda * u[x];
    residual[x] = static_cast<float>(sum);
  }
  // Its own loop, without which the one above would not be made of vector instructions.
  double squares = 0.0;
#pragma omp simd reduction(+ : squares) simdlen(16)
  for (std::size_t x = 0; x < count; ++x)
  {
    const float inside = mask[x] != 0 ? residual[x] : 0.0f;
    residual[x] = inside;
    squares += static_cast<double>(inside) * static_cast<double>(inside);
  }
  return squares;
}

ITK_COLORIZATION_MULTIVERSION double
ResidualOfRow(const ResidualRows & rows,
              const double *       weights,
              double               lambda,
              double               inverseUnit,
              const std::uint8_t * mask,
              std::size_t          count,
              float * __restrict residual)
{
  return NegatedGradientOfRow<false>(rows, weights, lambda, inverseUnit, mask, count, residual);
}

ITK_COLORIZATION_MULTIVERSION double
ResidualOfMixedRow(const ResidualRows & rows,
                   const double *       weights,
                   double               lambda,
                   double               inverseUnit,
                   const std::uint8_t * mask,
                   std::size_t          count,
                   float * __restrict residual)
{
  return NegatedGradientOfRow<true>(rows, weights, lambda, inverseUnit, mask, count, residual);
}

/** The equations of Poisson fusion for u = f - c, which has no rounding errors of c, on a part of the image. u and the
 * residual are in a unit in which the first residual is neither too large nor too small for floats. */
class FusionProblem
{
public:
  FusionProblem(const float *                      gradientSource,
                const float *                      intensities,
                const std::uint8_t *               mask,
                const std::array<std::size_t, 3> & size,
                const Part &                       part,
                const PoissonParameters &          parameters,
                const ParallelFor &                parallelFor)
    : m_GradientSource(gradientSource)
    , m_Intensities(intensities)
    , m_ImageSize(size)
    , m_Part(part)
    , m_IsMixed(parameters.mixedGradients)
    , m_Lambda(parameters.lambda)
    , m_Grid(part.size)
    , m_ParallelFor(parallelFor)
    , m_Solution(m_Grid.GetPaddedCount(), parallelFor)
    , m_Residual(m_Grid.GetPaddedCount(), parallelFor)
    , m_Inside(part.size[0], 1)
  {
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      m_Weights[axis] = 1.0 / (parameters.spacing[axis] * parameters.spacing[axis]);
    }
    if (mask)
    {
      this->CopyMask(mask);
    }
  }

  const PoissonGrid &
  GetGrid() const
  {
    return m_Grid;
  }

  const std::array<double, 3> &
  GetWeights() const
  {
    return m_Weights;
  }

  const std::uint8_t *
  GetMask() const
  {
    return m_Mask.empty() ? nullptr : m_Mask.data();
  }

  double *
  GetSolution()
  {
    return m_Solution.data();
  }

  float *
  GetResidual()
  {
    return m_Residual.data();
  }

  std::size_t
  CountDirichletVoxels() const;

  /** Evaluates the residual in double precision. \return its norm */
  double
  UpdateResidual();

  /** What a value of 1 of u and of the residual is in the unit of the images. Only before u is changed. */
  void
  SetUnit(double unit)
  {
    m_Unit = unit;
  }

  /** u of mean 0. */
  void
  RemoveMean();

  /** f = c + u. */
  void
  WriteFused(float * fused) const;

  std::size_t
  GetByteCount() const
  {
    return m_Solution.size() * sizeof(double) + m_Residual.size() * sizeof(float) + m_Mask.size();
  }

private:
  void
  CopyMask(const std::uint8_t * mask);

  std::size_t
  ImageRow(std::size_t y, std::size_t z) const
  {
    return ((z + m_Part.begin[2]) * m_ImageSize[1] + y + m_Part.begin[1]) * m_ImageSize[0] + m_Part.begin[0];
  }

  const std::uint8_t *
  MaskRow(std::size_t y, std::size_t z) const
  {
    return m_Mask.empty() ? m_Inside.data() : m_Mask.data() + (z * m_Part.size[1] + y) * m_Part.size[0];
  }

  template <typename TBody>
  void
  ForEachRow(const TBody & body) const
  {
    RunStages(m_Grid,
              1,
              m_ParallelFor,
              [&](std::size_t, std::size_t unit)
              { m_Grid.ForEachRowOfUnit(unit, [&](std::size_t y, std::size_t z) { body(unit, y, z); }); });
  }

  double
  UpdateResidualOfRow(std::size_t y, std::size_t z);

  const float *              m_GradientSource;
  const float *              m_Intensities;
  std::array<std::size_t, 3> m_ImageSize;
  Part                       m_Part;
  bool                       m_IsMixed;
  double                     m_Lambda;
  PoissonGrid                m_Grid;
  ParallelFor                m_ParallelFor;
  std::array<double, 3>      m_Weights;
  double                     m_Unit = 1.0;
  ZeroedArray<double>        m_Solution;
  ZeroedArray<float>         m_Residual;
  std::vector<std::uint8_t>  m_Mask;
  std::vector<std::uint8_t>  m_Inside;
};

void
FusionProblem::CopyMask(const std::uint8_t * mask)
{
  const auto & size = m_Part.size;
  m_Mask.resize(size[0] * size[1] * size[2]);
  this->ForEachRow(
    [&](std::size_t, std::size_t y, std::size_t z)
    {
      const std::uint8_t * from = mask + this->ImageRow(y, z);
      std::transform(from,
                     from + size[0],
                     m_Mask.data() + (z * size[1] + y) * size[0],
                     [](std::uint8_t m) { return static_cast<std::uint8_t>(m != 0 ? 1 : 0); });
    });
  m_Grid.SetExtents([&](std::size_t x, std::size_t y, std::size_t z) { return this->MaskRow(y, z)[x] != 0; },
                    m_ParallelFor);
}

std::size_t
FusionProblem::CountDirichletVoxels() const
{
  if (m_Mask.empty())
  {
    return 0;
  }
  const auto &             size = m_Part.size;
  std::vector<std::size_t> counts(m_Grid.GetUnitCount());
  this->ForEachRow(
    [&](std::size_t unit, std::size_t y, std::size_t z)
    {
      const std::uint8_t *      row = this->MaskRow(y, z);
      std::vector<std::uint8_t> touches(size[0]);
      const auto                add = [&](const std::uint8_t * neighbor, std::size_t first, std::size_t end)
      {
        for (std::size_t x = first; x < end; ++x)
        {
          touches[x] |= neighbor[x];
        }
      };
      add(row - 1, 1, size[0]);
      add(row + 1, 0, size[0] - 1);
      const auto addRow = [&](std::size_t v, std::size_t w) { add(this->MaskRow(v, w), 0, size[0]); };
      y > 0 ? addRow(y - 1, z) : void();
      y + 1 < size[1] ? addRow(y + 1, z) : void();
      z > 0 ? addRow(y, z - 1) : void();
      z + 1 < size[2] ? addRow(y, z + 1) : void();
      for (std::size_t x = 0; x < size[0]; ++x)
      {
        counts[unit] += touches[x] & (row[x] == 0 ? 1u : 0u);
      }
    });
  std::size_t sum = 0;
  for (const std::size_t count : counts)
  {
    sum += count;
  }
  return sum;
}

double
FusionProblem::UpdateResidualOfRow(std::size_t y, std::size_t z)
{
  const auto &                    size = m_Part.size;
  const std::size_t               count = size[0];
  const std::size_t               begin = m_Grid.GetRowBegin(y, z);
  const std::size_t               imageRow = this->ImageRow(y, z);
  thread_local std::vector<float> ends;
  ends.resize(2 * (count + 2));
  float * m = ends.data() + 1;
  float * c = m + count + 2;
  std::copy_n(m_GradientSource + imageRow, count, m);
  std::copy_n(m_Intensities + imageRow, count, c);
  double *   u = m_Solution.data() + begin;
  const auto mirror = [count](auto * row)
  {
    row[-1] = row[0];
    row[count] = row[count - 1];
  };
  mirror(m);
  mirror(c);
  mirror(u);
  const PoissonGrid::Extent                       extent = m_Grid.GetExtent(y, z);
  const std::size_t                               first = extent.first;
  ResidualRows                                    rows{ { { u + first } }, { { m + first } }, { { c + first } } };
  const std::array<std::array<std::size_t, 2>, 4> neighbors{ { { { y > 0 ? y - 1 : y, z } },
                                                               { { y + 1 < size[1] ? y + 1 : y, z } },
                                                               { { y, z > 0 ? z - 1 : z } },
                                                               { { y, z + 1 < size[2] ? z + 1 : z } } } };
  for (unsigned int k = 0; k < 4; ++k)
  {
    rows.u[1 + k] = m_Solution.data() + m_Grid.GetRowBegin(neighbors[k][0], neighbors[k][1]) + first;
    rows.m[1 + k] = m_GradientSource + this->ImageRow(neighbors[k][0], neighbors[k][1]) + first;
    rows.c[1 + k] = m_Intensities + this->ImageRow(neighbors[k][0], neighbors[k][1]) + first;
  }
  return (m_IsMixed ? ResidualOfMixedRow : ResidualOfRow)(rows,
                                                          m_Weights.data(),
                                                          m_Lambda,
                                                          1.0 / m_Unit,
                                                          this->MaskRow(y, z) + first,
                                                          extent.count,
                                                          m_Residual.data() + begin + first);
}

double
FusionProblem::UpdateResidual()
{
  std::vector<double> squares(m_Grid.GetUnitCount());
  // Rows get their ends mirrored: those of a row are read with that row only.
  this->ForEachRow([&](std::size_t unit, std::size_t y, std::size_t z)
                   { squares[unit] += this->UpdateResidualOfRow(y, z); });
  return std::sqrt(SumInOrder(squares));
}

void
FusionProblem::RemoveMean()
{
  const auto &        size = m_Part.size;
  std::vector<double> sums(m_Grid.GetUnitCount());
  this->ForEachRow(
    [&](std::size_t unit, std::size_t y, std::size_t z)
    {
      const double * u = m_Solution.data() + m_Grid.GetRowBegin(y, z);
      for (std::size_t x = 0; x < size[0]; ++x)
      {
        sums[unit] += u[x];
      }
    });
  const double mean = SumInOrder(sums) / static_cast<double>(size[0] * size[1] * size[2]);
  this->ForEachRow(
    [&](std::size_t, std::size_t y, std::size_t z)
    {
      double * u = m_Solution.data() + m_Grid.GetRowBegin(y, z);
      for (std::size_t x = 0; x < size[0]; ++x)
      {
        u[x] -= mean;
      }
    });
}

void
FusionProblem::WriteFused(float * fused) const
{
  this->ForEachRow(
    [&](std::size_t, std::size_t y, std::size_t z)
    {
      const double * u = m_Solution.data() + m_Grid.GetRowBegin(y, z);
      const float *  c = m_Intensities + this->ImageRow(y, z);
      float *        f = fused + this->ImageRow(y, z);
      for (std::size_t x = 0; x < m_Part.size[0]; ++x)
      {
        f[x] = static_cast<float>(static_cast<double>(c[x]) + m_Unit * u[x]);
      }
    });
}

/** What both ways of solving have in common: the residual, and when it is small enough. */
class ConvergenceMonitor
{
public:
  ConvergenceMonitor(const PoissonParameters & parameters,
                     double                    norm,
                     PoissonReport &           report,
                     const ProgressCallback &  progress)
    : m_Parameters(parameters)
    , m_Norm(norm)
    , m_Report(report)
    , m_Progress(progress)
  {
    m_Report.residual = 1.0;
    m_Report.converged = false;
  }

  bool
  IsSmallEnough(double norm) const
  {
    return norm <= m_Parameters.tolerance * m_Norm;
  }

  double
  GetFirstNorm() const
  {
    return m_Norm;
  }

  bool
  HasCyclesLeft() const
  {
    return m_Report.cycles < m_Parameters.maximumCycles;
  }

  /** After a cycle. */
  void
  CountCycle(double norm)
  {
    ++m_Report.cycles;
    if (!this->IsSmallEnough(norm))
    {
      m_Fraction = std::max(m_Fraction, std::log(norm / m_Norm) / std::log(m_Parameters.tolerance));
    }
    m_Progress(m_Fraction);
  }

  /** With the norm of a residual that was evaluated anew. \return whether to stop */
  bool
  Update(double norm)
  {
    m_Report.residual = norm / m_Norm;
    m_Report.converged = this->IsSmallEnough(norm);
    return m_Report.converged || !this->HasCyclesLeft();
  }

private:
  const PoissonParameters & m_Parameters;
  double                    m_Norm;
  PoissonReport &           m_Report;
  const ProgressCallback &  m_Progress;
  double                    m_Fraction = 0.0;
};

/** Direct solves for the residual, until it is small enough. \return the bytes taken */
std::size_t
SolveDirectly(FusionProblem & problem, double lambda, const ParallelFor & parallelFor, ConvergenceMonitor & convergence)
{
  FastDiagonalization direct(problem.GetGrid(), problem.GetWeights(), lambda, parallelFor);
  bool                isDone = !convergence.HasCyclesLeft();
  while (!isDone)
  {
    direct.AddSolution(problem.GetResidual(), problem.GetSolution());
    const double norm = problem.UpdateResidual();
    convergence.CountCycle(norm);
    isDone = convergence.Update(norm);
  }
  return direct.GetByteCount();
}

/** Conjugate gradients with multigrid. They work in single precision, and so are begun anew with the residual in double
 * precision when theirs is small enough, or as small as single precision can make it. \return the bytes taken */
std::size_t
SolveByMultigrid(FusionProblem &      problem,
                 double               lambda,
                 const ParallelFor &  parallelFor,
                 ConvergenceMonitor & convergence)
{
  PoissonMultigrid   multigrid(problem.GetGrid(), problem.GetMask(), problem.GetWeights(), lambda, parallelFor);
  ZeroedArray<float> z(problem.GetGrid().GetPaddedCount(), parallelFor);
  ZeroedArray<float> p(z.size(), parallelFor);
  float *            r = problem.GetResidual();
  double             norm = convergence.GetFirstNorm();
  bool               isDone = !convergence.HasCyclesLeft();
  while (!isDone)
  {
    double last = 0.0;
    double smallest = norm;
    bool   isBegun = false;
    bool   isPrecise = true;
    while (isPrecise && convergence.HasCyclesLeft())
    {
      const double product = multigrid.Cycle(r, z.data());
      const double energy =
        multigrid.UpdateDirection(z.data(), isBegun ? static_cast<float>(product / last) : 0.0f, p.data());
      isPrecise = product > 0.0 && energy > 0.0;
      const double alpha = isPrecise ? product / energy : 0.0;
      const double updated = std::sqrt(multigrid.UpdateSolution(p.data(), alpha, problem.GetSolution(), r));
      isPrecise = isPrecise && !convergence.IsSmallEnough(updated) && updated > PreciseReduction * norm &&
                  updated < LargestGrowth * smallest;
      smallest = std::min(smallest, updated);
      last = product;
      isBegun = true;
      convergence.CountCycle(updated);
    }
    norm = problem.UpdateResidual();
    isDone = convergence.Update(norm);
  }
  if (!problem.GetMask())
  {
    problem.RemoveMean();
  }
  return multigrid.GetByteCount() + 2 * z.size() * sizeof(float);
}
} // namespace

PoissonReport
SolvePoisson(const float *                      gradientSource,
             const float *                      intensities,
             const std::uint8_t *               mask,
             float *                            fused,
             const std::array<std::size_t, 3> & size,
             const PoissonParameters &          parameters,
             const ParallelFor &                parallelFor,
             const ProgressCallback &           progress)
{
  const auto    start = std::chrono::steady_clock::now();
  PoissonReport report;
  Part          part = FindPart(mask, size, report.freeVoxels);
  const bool    isWhole = report.freeVoxels == size[0] * size[1] * size[2];
  if (report.freeVoxels > 0)
  {
    FusionProblem problem(gradientSource, intensities, isWhole ? nullptr : mask, size, part, parameters, parallelFor);
    report.dirichletVoxels = problem.CountDirichletVoxels();
    report.isMeanKept = isWhole;
    double      norm = problem.UpdateResidual();
    std::size_t bytes = 0;
    if (norm > 0.0)
    {
      const double rootMeanSquare = norm / std::sqrt(static_cast<double>(report.freeVoxels));
      if (rootMeanSquare < SmallestUnit || rootMeanSquare > LargestUnit)
      {
        problem.SetUnit(rootMeanSquare);
        norm = problem.UpdateResidual();
      }
      ConvergenceMonitor convergence(parameters, norm, report, progress);
      bytes = isWhole && FastDiagonalization::IsWorthwhile(size)
                ? SolveDirectly(problem, parameters.lambda, parallelFor, convergence)
                : SolveByMultigrid(problem, parameters.lambda, parallelFor, convergence);
    }
    report.peakBytes = problem.GetByteCount() + bytes;
    if (fused != intensities && !isWhole)
    {
      CopyVolume(intensities, size, parallelFor, fused);
    }
    problem.WriteFused(fused);
  }
  else if (fused != intensities)
  {
    CopyVolume(intensities, size, parallelFor, fused);
  }
  progress(1.0);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

} // namespace colorization
} // namespace itk
