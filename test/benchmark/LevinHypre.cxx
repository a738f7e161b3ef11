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

#include <HYPRE.h>
#include <HYPRE_IJ_mv.h>
#include <HYPRE_krylov.h>
#include <HYPRE_parcsr_ls.h>
#include <mpi.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace
{
/** The rows of this process. */
struct Rows
{
  HYPRE_BigInt begin;
  HYPRE_BigInt end;

  HYPRE_Int
  Count() const
  {
    return static_cast<HYPRE_Int>(end - begin);
  }
};

Rows
RowsOfRank(const LevinSystem & system, int rank, int ranks)
{
  return { static_cast<HYPRE_BigInt>(system.Count() * rank / ranks),
           static_cast<HYPRE_BigInt>(system.Count() * (rank + 1) / ranks) };
}

/** Time since all processes got here. */
class SharedClock
{
public:
  SharedClock()
  {
    this->Restart();
  }

  void
  Restart()
  {
    MPI_Barrier(MPI_COMM_WORLD);
    m_Start = MPI_Wtime();
  }

  double
  GetSeconds() const
  {
    MPI_Barrier(MPI_COMM_WORLD);
    double seconds = MPI_Wtime() - m_Start;
    MPI_Bcast(&seconds, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    return seconds;
  }

private:
  double m_Start;
};

HYPRE_IJMatrix
Assemble(const LevinSystem & system, const Rows & rows)
{
  HYPRE_IJMatrix matrix;
  HYPRE_IJMatrixCreate(MPI_COMM_WORLD, rows.begin, rows.end - 1, rows.begin, rows.end - 1, &matrix);
  HYPRE_IJMatrixSetObjectType(matrix, HYPRE_PARCSR);
  LevinRow row;
  {
    std::vector<HYPRE_Int> here(rows.Count());
    std::vector<HYPRE_Int> elsewhere(rows.Count());
    for (HYPRE_BigInt i = rows.begin; i < rows.end; ++i)
    {
      SetLevinColumns(system, i, row);
      for (std::size_t k = 0; k < row.count; ++k)
      {
        const auto column = static_cast<HYPRE_BigInt>(row.columns[k]);
        ++(column >= rows.begin && column < rows.end ? here : elsewhere)[i - rows.begin];
      }
    }
    HYPRE_IJMatrixSetDiagOffdSizes(matrix, here.data(), elsewhere.data());
    HYPRE_IJMatrixSetMaxOffProcElmts(matrix, 0);
    HYPRE_IJMatrixInitialize(matrix);
  }
  for (HYPRE_BigInt i = rows.begin; i < rows.end; ++i)
  {
    SetLevinRow(system, i, row);
    std::array<HYPRE_BigInt, 27> columns;
    std::copy_n(row.columns.begin(), row.count, columns.begin());
    HYPRE_Int count = static_cast<HYPRE_Int>(row.count);
    HYPRE_IJMatrixSetValues(matrix, 1, &count, &i, columns.data(), row.values.data());
  }
  HYPRE_IJMatrixAssemble(matrix);
  return matrix;
}

/** The chroma of one channel: the right-hand side, as hints are hard, and a good beginning of the solution. */
HYPRE_IJVector
MakeVector(const LevinSystem & system, const Rows & rows, unsigned int channel)
{
  HYPRE_IJVector vector;
  HYPRE_IJVectorCreate(MPI_COMM_WORLD, rows.begin, rows.end - 1, &vector);
  HYPRE_IJVectorSetObjectType(vector, HYPRE_PARCSR);
  HYPRE_IJVectorInitialize(vector);
  const float *             chroma = system.chroma.data() + channel * system.Count();
  const std::vector<double> values(chroma + rows.begin, chroma + rows.end);
  std::vector<HYPRE_BigInt> indices(rows.Count());
  std::iota(indices.begin(), indices.end(), rows.begin);
  HYPRE_IJVectorSetValues(vector, rows.Count(), indices.data(), values.data());
  HYPRE_IJVectorAssemble(vector);
  return vector;
}

template <typename TObject>
TObject
ObjectOf(HYPRE_IJMatrix matrix)
{
  void * object = nullptr;
  HYPRE_IJMatrixGetObject(matrix, &object);
  return static_cast<TObject>(object);
}

template <typename TObject>
TObject
ObjectOf(HYPRE_IJVector vector)
{
  void * object = nullptr;
  HYPRE_IJVectorGetObject(vector, &object);
  return static_cast<TObject>(object);
}

HYPRE_Solver
MakeBoomerAMG(const SolverSettings & settings)
{
  const auto   integer = [&](const char * name) { return std::stoi(settings.at(name)); };
  HYPRE_Solver amg;
  HYPRE_BoomerAMGCreate(&amg);
  HYPRE_BoomerAMGSetPrintLevel(amg, 0);
  HYPRE_BoomerAMGSetTol(amg, 0.0);
  HYPRE_BoomerAMGSetMaxIter(amg, 1);
  HYPRE_BoomerAMGSetCoarsenType(amg, integer("coarsening"));
  HYPRE_BoomerAMGSetInterpType(amg, integer("interpolation"));
  HYPRE_BoomerAMGSetPMaxElmts(amg, integer("elements"));
  HYPRE_BoomerAMGSetStrongThreshold(amg, std::stod(settings.at("threshold")));
  HYPRE_BoomerAMGSetAggNumLevels(amg, integer("aggressive"));
  HYPRE_BoomerAMGSetRelaxType(amg, integer("relaxation"));
  HYPRE_BoomerAMGSetKeepTranspose(amg, 1);
  return amg;
}

/** The Krylov methods have the same interface under different names. */
struct Krylov
{
  HYPRE_Solver solver;
  HYPRE_Int (*setup)(HYPRE_Solver, HYPRE_ParCSRMatrix, HYPRE_ParVector, HYPRE_ParVector);
  HYPRE_Int (*solve)(HYPRE_Solver, HYPRE_ParCSRMatrix, HYPRE_ParVector, HYPRE_ParVector);
  HYPRE_Int (*getIterations)(HYPRE_Solver, HYPRE_Int *);
  HYPRE_Int (*destroy)(HYPRE_Solver);
};

Krylov
MakeKrylov(const std::string & name, double tolerance, HYPRE_Solver preconditioner)
{
  constexpr HYPRE_Int maximum = 500;
  Krylov              krylov{};
  if (name == "gmres")
  {
    HYPRE_ParCSRGMRESCreate(MPI_COMM_WORLD, &krylov.solver);
    HYPRE_ParCSRGMRESSetTol(krylov.solver, tolerance);
    HYPRE_ParCSRGMRESSetMaxIter(krylov.solver, maximum);
    HYPRE_ParCSRGMRESSetKDim(krylov.solver, 30);
    HYPRE_ParCSRGMRESSetPrecond(krylov.solver, HYPRE_BoomerAMGSolve, HYPRE_BoomerAMGSetup, preconditioner);
    krylov.setup = HYPRE_ParCSRGMRESSetup;
    krylov.solve = HYPRE_ParCSRGMRESSolve;
    krylov.getIterations = HYPRE_ParCSRGMRESGetNumIterations;
    krylov.destroy = HYPRE_ParCSRGMRESDestroy;
    return krylov;
  }
  if (name != "bicgstab")
  {
    throw std::invalid_argument("krylov is " + name + ", but has to be bicgstab or gmres.");
  }
  HYPRE_ParCSRBiCGSTABCreate(MPI_COMM_WORLD, &krylov.solver);
  HYPRE_ParCSRBiCGSTABSetTol(krylov.solver, tolerance);
  HYPRE_ParCSRBiCGSTABSetMaxIter(krylov.solver, maximum);
  HYPRE_ParCSRBiCGSTABSetPrecond(krylov.solver, HYPRE_BoomerAMGSolve, HYPRE_BoomerAMGSetup, preconditioner);
  krylov.setup = HYPRE_ParCSRBiCGSTABSetup;
  krylov.solve = HYPRE_ParCSRBiCGSTABSolve;
  krylov.getIterations = HYPRE_ParCSRBiCGSTABGetNumIterations;
  krylov.destroy = HYPRE_ParCSRBiCGSTABDestroy;
  return krylov;
}

/** Brings the parts of one channel to the first process. */
void
Gather(const LevinSystem & system, HYPRE_IJVector vector, const Rows & rows, int ranks, float * channel)
{
  std::vector<HYPRE_BigInt> indices(rows.Count());
  std::iota(indices.begin(), indices.end(), rows.begin);
  std::vector<double> values(rows.Count());
  HYPRE_IJVectorGetValues(vector, rows.Count(), indices.data(), values.data());
  const std::vector<float> part(values.begin(), values.end());
  std::vector<int>         counts(ranks);
  std::vector<int>         begins(ranks);
  for (int rank = 0; rank < ranks; ++rank)
  {
    begins[rank] = static_cast<int>(RowsOfRank(system, rank, ranks).begin);
    counts[rank] = RowsOfRank(system, rank, ranks).Count();
  }
  MPI_Gatherv(part.data(),
              rows.Count(),
              MPI_FLOAT,
              channel,
              counts.data(),
              begins.data(),
              MPI_FLOAT,
              0,
              MPI_COMM_WORLD);
}

/** One run: assembly, one set-up, both channels. */
SolverTimes
Run(const LevinSystem & system, const SolverSettings & settings, SolverResult & result)
{
  int rank = 0;
  int ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const Rows           rows = RowsOfRank(system, rank, ranks);
  SolverTimes          times;
  const ResidentGrowth growth;
  SharedClock          clock;
  const HYPRE_IJMatrix matrix = Assemble(system, rows);
  const auto           parallelMatrix = ObjectOf<HYPRE_ParCSRMatrix>(matrix);
  times.assembly = clock.GetSeconds();

  std::array<HYPRE_IJVector, LevinChannels> rightHandSides;
  std::array<HYPRE_IJVector, LevinChannels> solutions;
  for (unsigned int channel = 0; channel < LevinChannels; ++channel)
  {
    rightHandSides[channel] = MakeVector(system, rows, channel);
    solutions[channel] = MakeVector(system, rows, channel);
  }
  clock.Restart();
  const HYPRE_Solver amg = MakeBoomerAMG(settings);
  const Krylov       krylov = MakeKrylov(settings.at("krylov"), system.parameters.tolerance, amg);
  krylov.setup(krylov.solver,
               parallelMatrix,
               ObjectOf<HYPRE_ParVector>(rightHandSides[0]),
               ObjectOf<HYPRE_ParVector>(solutions[0]));
  times.setup = clock.GetSeconds();

  clock.Restart();
  for (unsigned int channel = 0; channel < LevinChannels; ++channel)
  {
    krylov.solve(krylov.solver,
                 parallelMatrix,
                 ObjectOf<HYPRE_ParVector>(rightHandSides[channel]),
                 ObjectOf<HYPRE_ParVector>(solutions[channel]));
    HYPRE_Int iterations = 0;
    krylov.getIterations(krylov.solver, &iterations);
    result.iterations = std::max(result.iterations, static_cast<unsigned int>(iterations));
  }
  times.solve = clock.GetSeconds();

  double bytes = growth.GetBytes();
  MPI_Allreduce(MPI_IN_PLACE, &bytes, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  if (result.residentBytes == 0.0)
  {
    result.residentBytes = bytes;
  }
  for (unsigned int channel = 0; channel < LevinChannels; ++channel)
  {
    Gather(system, solutions[channel], rows, ranks, result.solution.data() + channel * system.Count());
    HYPRE_IJVectorDestroy(rightHandSides[channel]);
    HYPRE_IJVectorDestroy(solutions[channel]);
  }
  krylov.destroy(krylov.solver);
  HYPRE_BoomerAMGDestroy(amg);
  HYPRE_IJMatrixDestroy(matrix);
  return times;
}
} // namespace

SolverResult
SolveWithHypre(const LevinSystem & system, const SolverOptions & options, bool & first)
{
  MPI_Init(nullptr, nullptr);
  HYPRE_Init();
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  first = rank == 0;
  SolverResult result;
  result.solution = system.chroma;
  unsigned int repetitions = 1;
  for (unsigned int repetition = 0; repetition < repetitions; ++repetition)
  {
    result.times.push_back(Run(system, options.settings, result));
    if (repetition == 0)
    {
      repetitions = CountRepetitions(options, result.times.front());
    }
  }
  HYPRE_Finalize();
  MPI_Finalize();
  return result;
}
