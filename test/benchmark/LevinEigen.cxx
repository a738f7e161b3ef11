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
#include "LevinSolvers.h"

#include <Eigen/IterativeLinearSolvers>
#include <Eigen/SparseCore>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace
{
using Clock = std::chrono::steady_clock;

double
SecondsSince(Clock::time_point start)
{
  return std::chrono::duration<double>(Clock::now() - start).count();
}

template <typename TScalar>
using Matrix = Eigen::SparseMatrix<TScalar, Eigen::RowMajor, int>;
template <typename TScalar>
using Vector = Eigen::Matrix<TScalar, Eigen::Dynamic, 1>;

template <typename TScalar>
Matrix<TScalar>
Assemble(const LevinSystem & system)
{
  const auto      n = static_cast<Eigen::Index>(system.Count());
  Matrix<TScalar> matrix(n, n);
  LevinRow        row;
  std::size_t     entries = 0;
  for (std::size_t i = 0; i < system.Count(); ++i)
  {
    matrix.outerIndexPtr()[i] = static_cast<int>(entries);
    SetLevinColumns(system, i, row);
    entries += row.count;
  }
  matrix.outerIndexPtr()[n] = static_cast<int>(entries);
  matrix.resizeNonZeros(static_cast<Eigen::Index>(entries));
#pragma omp parallel for private(row)
  for (Eigen::Index i = 0; i < n; ++i)
  {
    SetLevinRow(system, static_cast<std::size_t>(i), row);
    const int begin = matrix.outerIndexPtr()[i];
    for (std::size_t k = 0; k < row.count; ++k)
    {
      matrix.innerIndexPtr()[begin + k] = static_cast<int>(row.columns[k]);
      matrix.valuePtr()[begin + k] = static_cast<TScalar>(row.values[k]);
    }
  }
  return matrix;
}

/** One run: assembly, one set-up, both channels. */
template <typename TScalar>
SolverTimes
Run(const LevinSystem & system, const SolverSettings & settings, SolverResult & result)
{
  SolverTimes           times;
  auto                  start = Clock::now();
  const Matrix<TScalar> matrix = Assemble<TScalar>(system);
  times.assembly = SecondsSince(start);

  start = Clock::now();
  Eigen::BiCGSTAB<Matrix<TScalar>, Eigen::IncompleteLUT<TScalar>> solver;
  solver.preconditioner().setDroptol(static_cast<TScalar>(std::stod(settings.at("drop"))));
  solver.preconditioner().setFillfactor(std::stoi(settings.at("fill")));
  solver.setTolerance(static_cast<TScalar>(system.parameters.tolerance));
  solver.setMaxIterations(5000);
  solver.compute(matrix);
  if (solver.info() != Eigen::Success)
  {
    throw std::runtime_error("Eigen's incomplete LU failed.");
  }
  times.setup = SecondsSince(start);

  start = Clock::now();
  const auto n = static_cast<Eigen::Index>(system.Count());
  for (unsigned int channel = 0; channel < LevinChannels; ++channel)
  {
    // Hints are hard, so the right-hand side is the chroma that was given, and a good beginning.
    const Vector<TScalar> hints =
      Eigen::Map<const Vector<float>>(system.chroma.data() + channel * system.Count(), n).template cast<TScalar>();
    const Vector<TScalar> solution = solver.solveWithGuess(hints, hints);
    Eigen::Map<Vector<float>>(result.solution.data() + channel * system.Count(), n) = solution.template cast<float>();
    result.iterations = std::max(result.iterations, static_cast<unsigned int>(solver.iterations()));
  }
  times.solve = SecondsSince(start);
  return times;
}
} // namespace

SolverResult
SolveWithEigen(const LevinSystem & system, const SolverOptions & options)
{
  Eigen::setNbThreads(static_cast<int>(options.threads));
  SolverResult result;
  result.solution = system.chroma;
  unsigned int repetitions = 1;
  for (unsigned int repetition = 0; repetition < repetitions; ++repetition)
  {
    const ResidentGrowth growth;
    result.times.push_back(options.settings.at("scalar") == "float" ? Run<float>(system, options.settings, result)
                                                                    : Run<double>(system, options.settings, result));
    if (repetition == 0)
    {
      result.residentBytes = growth.GetBytes();
      repetitions = CountRepetitions(options, result.times.front());
    }
  }
  return result;
}
