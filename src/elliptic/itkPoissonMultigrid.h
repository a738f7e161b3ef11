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
#ifndef itkPoissonMultigrid_h
#define itkPoissonMultigrid_h

#include "itkPoissonGrid.h"

#include <cstdint>

namespace itk
{
namespace colorization
{
/** The operator of Poisson fusion, weights 1 / h^2 between the voxels of a mask, and geometric multigrid that
 * approximates its inverse: one V-cycle with red-black Gauss-Seidel, (tri)linear transfer that knows the mask, and
 * coarsening of those axes only whose spacing is near the finest. Voxels outside of the mask hold 0.
 *
 * The V-cycle is a symmetric operator, as conjugate gradients want it. */
class PoissonMultigrid
{
public:
  /** \param grid with the extents of the mask
   * \param mask one byte a voxel, without padding; null means all. It is kept, not copied.
   * \param weights 1 / h^2 of each axis */
  PoissonMultigrid(const PoissonGrid &           grid,
                   const std::uint8_t *          mask,
                   const std::array<double, 3> & weights,
                   double                        lambda,
                   const ParallelFor &           parallelFor);

  /** z = M r with M near the inverse of the operator. r is 0 outside of the mask.
   * \return the scalar product of r and z */
  double
  Cycle(const float * r, float * z);

  /** p = z + beta p. \return the scalar product of p and A p */
  double
  UpdateDirection(const float * z, float beta, float * p);

  /** u += alpha p, r -= alpha A p. \return the squared norm of r */
  double
  UpdateSolution(const float * p, double alpha, double * u, float * r);

  std::size_t
  GetByteCount() const;

private:
  /** Where the values of an axis come from on the next coarser level, or go to. */
  struct AxisTransfer
  {
    bool        isCoarsened;
    std::size_t fineSize;
    std::size_t coarseSize;
  };

  struct Terms
  {
    std::size_t index;
    float       weight;
  };

  /** A coarse level: edge[axis] is the weight of the edge to the voxel before along the axis; border[axis] is the sum
   * of weights of edges to Dirichlet voxels. */
  struct Level
  {
    explicit Level(const std::array<std::size_t, 3> & size)
      : grid(size)
    {}
    PoissonGrid                       grid;
    std::array<AxisTransfer, 3>       fromFiner{};
    std::array<ZeroedArray<float>, 3> edge{};
    std::array<ZeroedArray<float>, 3> border{};
    ZeroedArray<float>                mass{};
    /** Weights of all edges to Dirichlet voxels, and mass. */
    ZeroedArray<float> excess{};
    ZeroedArray<float> inverseDiagonal{};
    ZeroedArray<float> f{};
    ZeroedArray<float> z{};
    /** Of the finer level, restricted along x only. */
    ZeroedArray<float> residual{};
    /** 1, 0, 1, 0 ... */
    std::vector<float> alternating{};
  };

  /** The weights around one row of voxels, for the next coarser level. */
  struct RowWeights;

  void
  GetRowWeights(std::size_t level, std::size_t y, std::size_t z, RowWeights & weights) const;
  void
  MakeCoarserLevel(const std::array<double, 3> & spacing, std::array<double, 3> & coarseSpacing);
  void
  FillLevel(std::size_t level);

  const PoissonGrid &
  GridOf(std::size_t level) const
  {
    return level == 0 ? m_Grid : m_Levels[level - 1].grid;
  }

  /** The first relaxation of values that are 0. */
  void
  StartRelaxation(std::size_t level, std::size_t y, std::size_t z, const float * f, float * values) const;
  void
  Relax(std::size_t level, std::size_t y, std::size_t z, unsigned int color, const float * f, float * values) const;
  void
  RestrictResidualAlongRow(std::size_t   level,
                           std::size_t   y,
                           std::size_t   z,
                           const float * f,
                           float *       values,
                           Level &       coarse) const;
  void
  RestrictAcrossRows(Level & coarse) const;
  void
  AddCorrection(std::size_t level, std::size_t y, std::size_t z, const Level & coarse, float * values) const;
  double
  CycleLevel(std::size_t level, const float * f, float * values);
  /** The mask within the extent of a row. */
  const std::uint8_t *
  MaskOfRow(std::size_t y, std::size_t z) const
  {
    const auto & size = m_Grid.GetSize();
    return m_Mask + (z * size[1] + y) * size[0] + m_Grid.GetExtent(y, z).first;
  }

  /** Threads, if the grid is large enough to be worth their start. */
  ParallelFor
  ThreadsFor(const PoissonGrid & grid) const;

  /** 1 / diagonal of the finest level's row for the voxels of one colour, 0 for the others. */
  const float *
  InverseDiagonalOfRow(std::size_t y, std::size_t z, unsigned int color) const;

  static unsigned int
  GetTerms(const AxisTransfer & transfer, std::size_t fine, std::array<Terms, 2> & terms);
  static unsigned int
  GetAdjointTerms(const AxisTransfer & transfer, std::size_t coarse, std::array<Terms, 4> & terms);

  PoissonGrid          m_Grid;
  const std::uint8_t * m_Mask;
  std::array<float, 3> m_Weights;
  float                m_Lambda;
  ParallelFor          m_ParallelFor;
  std::vector<Level>   m_Levels;
  std::vector<float>   m_InverseDiagonals;
  std::vector<float>   m_Zeros;
};

} // namespace colorization
} // namespace itk

#endif
