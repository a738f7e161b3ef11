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
#ifndef LevinSolvers_h
#define LevinSolvers_h

#include "LevinSystem.h"

#include <map>
#include <string>
#include <vector>

/** Settings of a solver by name. */
using SolverSettings = std::map<std::string, std::string>;

struct SolverOptions
{
  SolverSettings settings;
  unsigned int   threads = 2;
  /** Runs of which the median is taken, unless one takes seconds. */
  unsigned int repetitions = 3;
};

struct SolverTimes
{
  /** Assembly of the matrix; 0 for a solver that has none. */
  double assembly = 0.0;
  double setup = 0.0;
  double solve = 0.0;

  double
  WithoutAssembly() const
  {
    return setup + solve;
  }
};

struct SolverResult
{
  std::vector<float>       solution;
  std::vector<SolverTimes> times;
  /** The larger one of the channels. */
  unsigned int iterations = 0;
  /** Growth of the peak resident set in the first run, summed over the processes; later runs find a heap that holds
   * on to more. */
  double residentBytes = 0.0;
  /** What the solver itself says that it took; 0 if it does not. */
  double reportedBytes = 0.0;
};

/** How many runs there should be, the first one included. */
unsigned int
CountRepetitions(const SolverOptions & options, const SolverTimes & first);

/** How far the peak resident set of this process grew since the object was made: Linux's VmHWM, reset. */
class ResidentGrowth
{
public:
  ResidentGrowth();
  double
  GetBytes() const;

private:
  double m_Before;
};

SolverResult
SolveWithOurs(const LevinSystem & system, const SolverOptions & options);

/** BiCGSTAB with incomplete LU. Settings: scalar (float, double), drop, fill. */
SolverResult
SolveWithEigen(const LevinSystem & system, const SolverOptions & options);

/** To be called by each process of an MPI run; the result is that of the first, which is told by `first`. Settings:
 * krylov (bicgstab, gmres), and coarsening, interpolation, elements, threshold, aggressive, relaxation as hypre's
 * manual numbers them. */
SolverResult
SolveWithHypre(const LevinSystem & system, const SolverOptions & options, bool & first);

#endif
