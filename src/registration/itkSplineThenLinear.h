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
#ifndef itkSplineThenLinear_h
#define itkSplineThenLinear_h

#include "itkCubicBSplineWeights.h"

#include "itkBSplineTransform.h"
#include "itkTransform.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace itk
{
namespace colorization
{
/** A cubic B-spline, or none, and after it linear transforms, in one and without virtual calls: what registration moves
 * points by. Only the transform that is applied first, the last of a CompositeTransform, is optimized. It reads the
 * parameters where they are, and has to be made anew when they change. */
class SplineThenLinear
{
public:
  using TransformType = Transform<double, 3, 3>;
  using SplineType = BSplineTransform<double, 3, 3>;
  using PointType = std::array<double, 3>;
  using MatrixType = std::array<std::array<double, 3>, 3>;

  /** The 4^3 coefficients that move a point: the first of them, and the weights along each axis; none beyond the
   * grid. */
  struct Support
  {
    bool                                 isInside;
    std::size_t                          first;
    std::array<std::array<double, 4>, 3> weights;
  };

  /** Throws an exception for transforms of other kinds. */
  explicit SplineThenLinear(const TransformType * transform);

  bool
  HasSpline() const
  {
    return m_Spline != nullptr;
  }

  Support
  SupportOf(const PointType & point) const
  {
    Support support{ true, 0, {} };
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const auto & row = m_ToGrid[axis];
      double       index = row[0] * (point[0] - m_GridOrigin[0]) + row[1] * (point[1] - m_GridOrigin[1]) +
                     row[2] * (point[2] - m_GridOrigin[2]);
      // The upper end of the grid belongs to its last cell.
      index = std::abs(index - m_GridEnd[axis]) < 1e-12 * m_GridEnd[axis] ? m_GridEnd[axis] * (1.0 - 1e-15) : index;
      if (!(index >= 1.0 && index < m_GridEnd[axis]))
      {
        support.isInside = false;
        return support;
      }
      const double cell = std::floor(index);
      support.first += static_cast<std::size_t>(cell - 1.0) * m_GridStride[axis];
      support.weights[axis] = CubicBSplineWeights(index - cell);
    }
    return support;
  }

  PointType
  Map(const PointType & point) const
  {
    PointType moved = point;
    if (m_Spline)
    {
      const Support support = this->SupportOf(point);
      if (support.isInside)
      {
        for (unsigned int axis = 0; axis < 3; ++axis)
        {
          moved[axis] += this->WeightedSum(support, m_Coefficients[axis]);
        }
      }
    }
    PointType result;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const auto & row = m_Matrix[axis];
      result[axis] = row[0] * moved[0] + row[1] * moved[1] + row[2] * moved[2] + m_Offset[axis];
    }
    return result;
  }

  /** With a spline: adds the derivative with respect to its parameters of a value whose gradient at the mapped point is
   * given. */
  void
  AddSplineDerivative(const PointType & point, const PointType & gradient, std::vector<double> & sum) const
  {
    const Support support = this->SupportOf(point);
    if (!support.isInside)
    {
      return;
    }
    const std::size_t stride = sum.size() / 3;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const double before =
        m_Later[0][axis] * gradient[0] + m_Later[1][axis] * gradient[1] + m_Later[2][axis] * gradient[2];
      double * const first = sum.data() + axis * stride + support.first;
      for (unsigned int z = 0; z < 4; ++z)
      {
        for (unsigned int y = 0; y < 4; ++y)
        {
          const double   part = before * support.weights[2][z] * support.weights[1][y];
          double * const row = first + z * m_GridStride[2] + y * m_GridStride[1];
          for (unsigned int x = 0; x < 4; ++x)
          {
            row[x] += part * support.weights[0][x];
          }
        }
      }
    }
  }

  /** Without a spline: where the first transform turns, which moments of points are best taken from. */
  const PointType &
  GetCenter() const
  {
    return m_Center;
  }

  /** Without a spline: sums of gradients, and of gradients times points from the center on, to the derivative with
   * respect to the first transform's parameters: its Jacobian is linear in the point. */
  std::vector<double>
  LinearDerivative(const PointType & gradients, const MatrixType & moments) const;

private:
  double
  WeightedSum(const Support & support, const double * coefficients) const
  {
    double sum = 0.0;
    for (unsigned int z = 0; z < 4; ++z)
    {
      double plane = 0.0;
      for (unsigned int y = 0; y < 4; ++y)
      {
        const double * row = coefficients + support.first + z * m_GridStride[2] + y * m_GridStride[1];
        plane += support.weights[1][y] * (support.weights[0][0] * row[0] + support.weights[0][1] * row[1] +
                                          support.weights[0][2] * row[2] + support.weights[0][3] * row[3]);
      }
      sum += support.weights[2][z] * plane;
    }
    return sum;
  }

  void
  ReadSpline();
  void
  Append(const TransformType * transform, MatrixType & matrix, PointType & offset) const;

  const TransformType *         m_First{ nullptr };
  const SplineType *            m_Spline{ nullptr };
  std::array<const double *, 3> m_Coefficients{};
  MatrixType                    m_ToGrid{};
  PointType                     m_GridOrigin{};
  PointType                     m_GridEnd{};
  std::array<std::size_t, 3>    m_GridStride{};
  /** Of all linear transforms. */
  MatrixType m_Matrix{};
  PointType  m_Offset{};
  /** Of those after the first transform. */
  MatrixType m_Later{};
  PointType  m_Center{};
};
} // namespace colorization
} // namespace itk

#endif
