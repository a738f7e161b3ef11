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
#include "itkCouplingGraph.h"

#include <memory>
#include <vector>

namespace itk
{
namespace colorization
{
/** How many vectors share every pass over a graph: the two chroma channels. */
constexpr std::size_t GraphChannels = 2;

/** Two vectors on the nodes of a graph: channel 0 and 1 of a node after one another. */
using GraphVector = std::vector<float>;

/** Multigrid by aggregation for M-matrices whose weights differ by orders of magnitude, symmetric or not.
 *
 * Nodes that strong couplings tie together are one node of the next coarser graph, up to eight of them (see
 * AggregateStrongCouplings()); their constants are the coarse space, and the Galerkin product is again a CouplingGraph.
 * Gauss-Seidel sweeps smooth, forth before and back after the coarse correction, within chunks of nodes whose couplings
 * to other chunks are added to the diagonal. Coarse problems are solved by a K-cycle: up to two steps of a Krylov method,
 * preconditioned by the cycle below (Notay and Vassilevski, Numer. Linear Algebra Appl. 15, 2008); the coarsest by
 * Gaussian elimination. The method is that of conjugate gradients where the matrix is symmetric, else the generalised
 * conjugate residual method (GCR). The two channels are independent.
 *
 * Results do not depend on the number of threads. */
class GraphMultigrid
{
public:
  enum class Symmetry
  {
    None,
    Symmetric
  };

  GraphMultigrid(CouplingGraph finest, Symmetry symmetry, const ParallelFor & parallelFor);
  ~GraphMultigrid();
  GraphMultigrid(const GraphMultigrid &) = delete;
  GraphMultigrid &
  operator=(const GraphMultigrid &) = delete;

  /** The finest graph's right-hand side, to be filled before Solve() or Precondition(), which change it. */
  GraphVector &
  RightHandSide();

  /** What Solve() or Precondition() found. */
  const GraphVector &
  GetSolution() const;

  /** Approximates the solution for RightHandSide(): one K-cycle. */
  void
  Solve();

  /** The same by a single cycle, for callers with a Krylov method of their own. */
  void
  Precondition();

  std::size_t
  GetByteCount() const;

private:
  class Level;

  void
  Cycle(std::size_t levelIndex, GraphVector & solution, GraphVector & residual);
  void
  KCycle(std::size_t levelIndex);

  Symmetry                            m_Symmetry;
  std::vector<std::unique_ptr<Level>> m_Levels;
};

} // namespace colorization
} // namespace itk

#endif
