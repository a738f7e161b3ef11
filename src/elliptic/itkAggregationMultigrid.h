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
#ifndef itkAggregationMultigrid_h
#define itkAggregationMultigrid_h

#include "itkColorizationParallelFor.h"
#include "itkStencilOperator.h"

#include <memory>
#include <vector>

namespace itk
{
namespace colorization
{
/** Several right-hand sides or solutions on one padded grid: channel after channel. The ring is 0. */
using GridVector = std::vector<float>;

/** When IterateToTolerance() stops. */
struct IterationLimits
{
  /** Norm of the residual over the norm of the right-hand side; every channel has to reach it. */
  double       tolerance = 1e-5;
  unsigned int maximumCycles = 100;
};

/** How IterateToTolerance() went. */
struct IterationReport
{
  unsigned int cycles = 0;
  /** The largest relative residual of the channels. */
  double residual = 0.0;
  bool   converged = false;
};

/** Multigrid by aggregation for the M-matrices of StencilOperator, symmetric or not.
 *
 * Blocks of 2 nodes along every axis are one node of the next coarser grid; prolongation is constant on a block,
 * restriction is its transpose, and the coarse operator is their Galerkin product, which is again a 3^N stencil and
 * an M-matrix. Nodes of diagonal 0 belong to no block. Damped Jacobi smooths. Coarse problems are solved by a
 * K-cycle: two steps of the generalised conjugate residual method (GCR), preconditioned by the cycle below (Notay and
 * Vassilevski, Numer. Linear Algebra Appl. 15, 2008); the coarsest by Gaussian elimination. The finest level is
 * solved by GCR with a window of directions.
 *
 * All channels share every pass over the coefficients. Sums are made of one partial sum a chunk of rows, added in
 * the order of the chunks: results do not depend on the number of threads. */
class AggregationMultigrid
{
public:
  AggregationMultigrid(const StencilOperator & finest, unsigned int channels, const ParallelFor & parallelFor);
  ~AggregationMultigrid();

  /** Solves A solution = rightHandSide, beginning at what `solution` holds; the right-hand side becomes the residual. */
  IterationReport
  IterateToTolerance(GridVector &             rightHandSide,
                     GridVector &             solution,
                     const IterationLimits &  limits,
                     const ProgressCallback & progress);

  /** Bytes held between calls and, at most, during one. */
  std::size_t
  GetPeakByteCount() const
  {
    return m_PeakByteCount;
  }

private:
  class Level;

  void
  Cycle(std::size_t level, const GridVector & rightHandSide, GridVector & solution);
  void
  KCycle(std::size_t level, const GridVector & rightHandSide, GridVector & solution);

  unsigned int                        m_Channels;
  ParallelFor                         m_ParallelFor;
  std::vector<std::unique_ptr<Level>> m_Levels;
  std::size_t                         m_PeakByteCount{ 0 };
};

} // namespace colorization
} // namespace itk

#endif
