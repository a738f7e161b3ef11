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
#ifndef SparseDirectSolver_h
#define SparseDirectSolver_h

#include <cstddef>
#include <vector>

/** An entry of a sparse matrix; entries at the same place add up. */
struct SparseEntry
{
  std::size_t row;
  std::size_t column;
  double      value;
};

/** Solves a sparse system by Eigen's LU factorisation. Eigen stays behind this header: ITK has one of its own, and
 * both cannot be in one file. */
std::vector<double>
SolveSparseDirectly(const std::vector<SparseEntry> & entries, const std::vector<double> & rightHandSide);

#endif
