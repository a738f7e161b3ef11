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
#ifndef itkGraphMultigrid_h
#define itkGraphMultigrid_h

#include "itkColorizationParallelFor.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace itk
{
namespace colorization
{
/** The symmetric, positive definite operator (A u)_i = mass_i u_i + sum_j weight_ij (u_i - u_j) on a graph. Mass and
 * weights are kept apart, so that a mass that is tiny beside the weights keeps its digits. */
struct WeightedGraph
{
  /** Where the neighbours of each node begin; one more than there are nodes. */
  std::vector<std::size_t>   begin;
  std::vector<std::uint32_t> neighbor;
  std::vector<float>         weight;
  std::vector<float>         mass;

  std::size_t
  GetCount() const
  {
    return mass.size();
  }

  std::size_t
  GetByteCount() const
  {
    return begin.size() * sizeof(begin[0]) + neighbor.size() * (sizeof(neighbor[0]) + sizeof(weight[0])) +
           mass.size() * sizeof(mass[0]);
  }
};

/** Preconditioner for a WeightedGraph whose weights differ by orders of magnitude: multigrid by aggregation along the
 * strong couplings (after Notay, SIAM J. Sci. Comput. 34(4), 2012).
 *
 * Strongly coupled nodes are matched in pairs, which others may follow; their constants are the coarse space, and the
 * Galerkin product is again a WeightedGraph. Gauss-Seidel sweeps smooth, forth before and back after the coarse
 * correction, within chunks of nodes whose couplings to other chunks are added to the diagonal. Coarse problems are
 * solved by a K-cycle: up to two steps of flexible conjugate gradients, preconditioned by the cycle below; the coarsest
 * by Cholesky's factorization.
 *
 * Vectors hold all channels of a node after one another. Results do not depend on the number of threads. */
class GraphMultigrid
{
public:
  GraphMultigrid(const WeightedGraph & finest, unsigned int channels, const ParallelFor & parallelFor);
  ~GraphMultigrid();

  /** correction ~ A^-1 residual */
  void
  Precondition(const std::vector<float> & residual, std::vector<float> & correction);

  std::size_t
  GetByteCount() const;

private:
  struct Level;

  void
  Cycle(std::size_t levelIndex, const std::vector<float> & rightHandSide, std::vector<float> & solution);
  void
  KCycle(std::size_t levelIndex, std::vector<float> & rightHandSide, std::vector<float> & solution);

  unsigned int                                m_Channels;
  std::vector<std::unique_ptr<WeightedGraph>> m_Graphs;
  std::vector<std::unique_ptr<Level>>         m_Levels;
};

} // namespace colorization
} // namespace itk

#endif
