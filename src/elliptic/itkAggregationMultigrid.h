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
#include "itkGraphMultigrid.h"
#include "itkStencilAggregation.h"
#include "itkStencilOperator.h"

#include <vector>

namespace itk
{
namespace colorization
{
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

/** Multigrid by aggregation for the M-matrices of AppliedStencilOperator, symmetric or not.
 *
 * On the finest grid the operator makes its coefficients as they are used, and damped Jacobi smooths. The first
 * coarsening follows the grid (StencilAggregation), those after it the couplings (GraphMultigrid). The generalised
 * conjugate residual method (GCR) with a window of directions speeds the cycles up.
 *
 * All channels share every pass over the coefficients. Sums are made of one partial sum a chunk of rows, added in
 * the order of the chunks: results do not depend on the number of threads. */
class AggregationMultigrid
{
public:
  AggregationMultigrid(const AppliedStencilOperator & finest, unsigned int channels, const ParallelFor & parallelFor);

  /** Solves A solution = rightHandSide, beginning at what `solution` holds; the right-hand side becomes the residual. */
  IterationReport
  IterateToTolerance(GridVector &             rightHandSide,
                     GridVector &             solution,
                     const IterationLimits &  limits,
                     const ProgressCallback & progress);

  /** One cycle from a zero guess: solution ~ A^-1 rightHandSide. */
  void
  Cycle(const GridVector & rightHandSide, GridVector & solution);

  /** Bytes held between calls. */
  std::size_t
  GetByteCount() const;

  /** Bytes held, at most, during IterateToTolerance(). */
  std::size_t
  GetPeakByteCount() const;

private:
  enum class Evaluation
  {
    Residual,
    Product,
    Smoothed
  };

  /** The residual b - A u, the product A u, or u after a sweep of damped Jacobi. */
  void
  Evaluate(Evaluation evaluation, const GridVector & b, const GridVector & u, GridVector & out) const;

  static void
  FinishSegment(Evaluation    evaluation,
                const float * negative,
                const float * b,
                const float * u,
                std::size_t   count,
                float *       out);

  /** One number a channel. */
  using Numbers = std::vector<double>;

  /** The scalar products of x with each of `others`. */
  std::vector<Numbers>
  Dot(const GridVector & x, const std::vector<const GridVector *> & others) const;

  /** A direction of GCR, and its product with the matrix. */
  struct Direction
  {
    GridVector direction;
    GridVector product;
    Numbers    squaredNorm; // of the product
  };

  /** Adds factors[k] of each older direction to the newest one, goes `step` along it, and gives the squared norms of the
   * residual that is left. All in one pass. */
  Numbers
  Advance(const std::vector<Direction> & older,
          const std::vector<Numbers> &   factors,
          const Numbers &                step,
          Direction &                    newest,
          GridVector &                   solution,
          GridVector &                   residual) const;

  GridVector
  MakeVector() const
  {
    return GridVector(m_Channels * Pitch());
  }

  /** Memory between the channels of a vector. */
  std::size_t
  Pitch() const
  {
    return m_Operator.GetGrid().GetPaddedCount();
  }

  /** body(number of the chunk, its first row, the row after its last) */
  template <typename TBody>
  void
  ForEachChunk(const TBody & body) const;

  /** One sum a channel of term(where a row begins in a vector, channel), added up in the order of chunks. */
  template <typename TTerm>
  Numbers
  SumOverRows(const TTerm & term) const;

  const AppliedStencilOperator & m_Operator;
  unsigned int                   m_Channels;
  ParallelFor                    m_ParallelFor;
  std::size_t                    m_RowsAChunk;
  std::size_t                    m_ChunkCount;
  StencilAggregation             m_Aggregation;
  GraphMultigrid                 m_Coarse;
  GridVector                     m_Scratch;
};

} // namespace colorization
} // namespace itk

#endif
