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
#include "itkSplineThenLinear.h"

#include "itkCompositeTransform.h"
#include "itkMatrixOffsetTransformBase.h"

namespace itk
{
namespace colorization
{
namespace
{
using TransformType = SplineThenLinear::TransformType;

/** In the order in which they are applied. */
void
ListTransforms(const TransformType * transform, std::vector<const TransformType *> & list)
{
  const auto * composite = dynamic_cast<const CompositeTransform<double, 3> *>(transform);
  if (!composite)
  {
    list.push_back(transform);
    return;
  }
  for (SizeValueType k = composite->GetNumberOfTransforms(); k-- > 0;)
  {
    ListTransforms(composite->GetNthTransformConstPointer(k), list);
  }
}
} // namespace

SplineThenLinear::SplineThenLinear(const TransformType * transform)
{
  std::vector<const TransformType *> list;
  ListTransforms(transform, list);
  if (list.empty())
  {
    itkGenericExceptionMacro("There is no transform to optimize.");
  }
  m_First = list.front();
  m_Spline = dynamic_cast<const SplineType *>(m_First);
  m_Matrix = m_Later = { { { { 1.0, 0.0, 0.0 } }, { { 0.0, 1.0, 0.0 } }, { { 0.0, 0.0, 1.0 } } } };
  if (m_Spline)
  {
    this->ReadSpline();
  }
  else
  {
    this->Append(m_First, m_Matrix, m_Offset);
    const auto * linear = dynamic_cast<const MatrixOffsetTransformBase<double, 3, 3> *>(m_First);
    for (unsigned int axis = 0; linear && axis < 3; ++axis)
    {
      m_Center[axis] = linear->GetCenter()[axis];
    }
  }
  PointType unused{};
  for (std::size_t k = 1; k < list.size(); ++k)
  {
    this->Append(list[k], m_Matrix, m_Offset);
    this->Append(list[k], m_Later, unused);
  }
}

void
SplineThenLinear::ReadSpline()
{
  const auto   images = m_Spline->GetCoefficientImages();
  const auto * grid = images[0].GetPointer();
  const auto   size = grid->GetLargestPossibleRegion().GetSize();
  const auto & turned = grid->GetInverseDirection();
  std::size_t  stride = 1;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    m_Coefficients[axis] = images[axis]->GetBufferPointer();
    m_GridOrigin[axis] = grid->GetOrigin()[axis];
    m_GridEnd[axis] = static_cast<double>(size[axis]) - 2.0;
    m_GridStride[axis] = stride;
    stride *= size[axis];
    for (unsigned int column = 0; column < 3; ++column)
    {
      m_ToGrid[axis][column] = turned(axis, column) / grid->GetSpacing()[axis];
    }
  }
}

void
SplineThenLinear::Append(const TransformType * transform, MatrixType & matrix, PointType & offset) const
{
  if (transform->GetTransformCategory() != TransformType::TransformCategoryEnum::Linear)
  {
    itkGenericExceptionMacro("The transform is or holds a "
                             << transform->GetNameOfClass()
                             << ", but registration knows linear transforms, and a cubic B-spline before these.");
  }
  const auto           zero = transform->TransformPoint(TransformType::InputPointType(0.0));
  Matrix<double, 3, 3> step;
  const MatrixType     oldMatrix = matrix;
  const PointType      oldOffset = offset;
  const auto * const   known = dynamic_cast<const MatrixOffsetTransformBase<double, 3, 3> *>(transform);
  for (unsigned int column = 0; column < 3; ++column)
  {
    TransformType::InputPointType unit(0.0);
    unit[column] = 1.0;
    const auto image = transform->TransformPoint(unit) - zero;
    for (unsigned int row = 0; row < 3; ++row)
    {
      // Without the rounding of a difference where the matrix itself is there.
      step(row, column) = known ? known->GetMatrix()(row, column) : image[row];
    }
  }
  for (unsigned int row = 0; row < 3; ++row)
  {
    offset[row] = zero[row];
    for (unsigned int column = 0; column < 3; ++column)
    {
      offset[row] += step(row, column) * oldOffset[column];
      matrix[row][column] =
        step(row, 0) * oldMatrix[0][column] + step(row, 1) * oldMatrix[1][column] + step(row, 2) * oldMatrix[2][column];
    }
  }
}

std::vector<double>
SplineThenLinear::LinearDerivative(const PointType & gradients, const MatrixType & moments) const
{
  TransformType::InputPointType center;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    center[axis] = m_Center[axis];
  }
  TransformType::JacobianType atCenter;
  m_First->ComputeJacobianWithRespectToParameters(center, atCenter);
  std::vector<double> derivative(m_First->GetNumberOfParameters(), 0.0);
  // Sums of gradients as they are before the later transforms.
  const auto before = [this](const PointType & sum, unsigned int axis)
  { return m_Later[0][axis] * sum[0] + m_Later[1][axis] * sum[1] + m_Later[2][axis] * sum[2]; };
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    for (std::size_t k = 0; k < derivative.size(); ++k)
    {
      derivative[k] += before(gradients, axis) * atCenter(axis, k);
    }
  }
  for (unsigned int column = 0; column < 3; ++column)
  {
    TransformType::InputPointType beside = center;
    beside[column] += 1.0;
    TransformType::JacobianType atBeside;
    m_First->ComputeJacobianWithRespectToParameters(beside, atBeside);
    const PointType sum{ { moments[0][column], moments[1][column], moments[2][column] } };
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      for (std::size_t k = 0; k < derivative.size(); ++k)
      {
        derivative[k] += before(sum, axis) * (atBeside(axis, k) - atCenter(axis, k));
      }
    }
  }
  return derivative;
}
} // namespace colorization
} // namespace itk
