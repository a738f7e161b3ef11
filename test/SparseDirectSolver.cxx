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
#include "SparseDirectSolver.h"

#include <Eigen/SparseLU>

std::vector<double>
SolveSparseDirectly(const std::vector<SparseEntry> & entries, const std::vector<double> & rightHandSide)
{
  const auto                          n = static_cast<Eigen::Index>(rightHandSide.size());
  std::vector<Eigen::Triplet<double>> triplets;
  for (const SparseEntry & entry : entries)
  {
    triplets.emplace_back(static_cast<int>(entry.row), static_cast<int>(entry.column), entry.value);
  }
  Eigen::SparseMatrix<double> matrix(n, n);
  matrix.setFromTriplets(triplets.begin(), triplets.end());
  Eigen::SparseLU<Eigen::SparseMatrix<double>> factorization(matrix);
  const Eigen::VectorXd solution = factorization.solve(Eigen::Map<const Eigen::VectorXd>(rightHandSide.data(), n));
  return { solution.data(), solution.data() + n };
}
