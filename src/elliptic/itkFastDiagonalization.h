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
#ifndef itkFastDiagonalization_h
#define itkFastDiagonalization_h

#include "itkPoissonGrid.h"

namespace itk
{
namespace colorization
{
/** Solves the equations of Poisson fusion without a mask directly (fast diagonalization: R. E. Lynch, J. R. Rice, D. H.
 * Thomas, Numerische Mathematik 6, 1964): cosines along each axis are the eigenvectors of the operator. They are applied
 * as products of matrices, one for even and one for odd cosines, which takes half as many products as the axes are
 * long, all at the full rate of the processor's vector units. */
class FastDiagonalization
{
public:
  /** Whether the axes are so short that this takes less time than a few cycles of multigrid. */
  static bool
  IsWorthwhile(const std::array<std::size_t, 3> & size);

  /** \param weights 1 / h^2 of each axis */
  FastDiagonalization(const PoissonGrid &           grid,
                      const std::array<double, 3> & weights,
                      double                        lambda,
                      const ParallelFor &           parallelFor);

  /** u += A^-1 r, for an r of mean 0: what is added has a mean of 0 as well. */
  void
  AddSolution(const float * r, double * u);

  std::size_t
  GetByteCount() const;

private:
  /** Cosines of one axis: halves[0] even ones, halves[1] odd ones. A function's values at a voxel and at the one that
   * mirrors it are first added up, or subtracted. */
  struct Axis
  {
    struct Half
    {
      std::size_t count;
      /** count * count: [frequency][position]. */
      std::vector<float> forward;
      /** The transpose. */
      std::vector<float> backward;
      /** Their columns in strips. */
      std::vector<float> forwardStrips;
      std::vector<float> backwardStrips;
    };
    std::size_t         size;
    std::array<Half, 2> halves;
    /** Even frequencies first. */
    std::vector<float> eigenvalues;
  };

  static Axis
  MakeAxis(std::size_t size, double weight);

  /** Along x, from rows of a padded grid to rows of coefficients, and back. */
  void
  TransformRows(const float * r, std::size_t rows, float * coefficients) const;
  void
  TransformRowsBack(const float * coefficients, std::size_t rows, double * u) const;

  /** Along y or z, for a strip of columns. */
  static void
  TransformStrip(const Axis & axis, const float * from, std::size_t fromStride, float * to, std::size_t toStride);
  static void
  TransformStripBack(const Axis & axis, const float * from, std::size_t fromStride, float * to, std::size_t toStride);

  void
  TransformPlane(const float * r, std::size_t z);
  void
  TransformPlaneBack(std::size_t z, double * u) const;
  void
  SolveStrip(std::size_t y, std::size_t strip);

  PoissonGrid         m_Grid;
  ParallelFor         m_ParallelFor;
  double              m_Lambda;
  std::array<Axis, 3> m_Axes;
  std::size_t         m_OddColumn;
  std::size_t         m_Width;
  std::vector<float>  m_ColumnEigenvalues;
  ZeroedArray<float>  m_Coefficients;
};

} // namespace colorization
} // namespace itk

#endif
