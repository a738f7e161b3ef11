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
#ifndef itkLinearSampler_h
#define itkLinearSampler_h

#include "itkImage.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace itk
{
namespace colorization
{
/** Values and gradients between the voxels of a volume, as LinearInterpolateImageFunction and
 * CentralDifferenceImageFunction have them, without virtual calls: registration asks for millions. */
class LinearSampler
{
public:
  using VolumeType = Image<float, 3>;
  using PositionType = std::array<double, 3>;

  LinearSampler() = default;

  explicit LinearSampler(const VolumeType * volume)
    : m_Values(volume->GetBufferPointer())
  {
    const auto     region = volume->GetBufferedRegion();
    std::ptrdiff_t stride = 1;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const auto size = static_cast<std::ptrdiff_t>(region.GetSize(axis));
      m_Start[axis] = static_cast<double>(region.GetIndex(axis));
      m_Origin[axis] = volume->GetOrigin()[axis];
      m_Spacing[axis] = volume->GetSpacing()[axis];
      m_End[axis] = static_cast<double>(size - 1);
      m_LastCell[axis] = std::max<std::ptrdiff_t>(size - 2, 0);
      m_Stride[axis] = stride;
      m_Step[axis] = size > 1 ? stride : 0;
      stride *= size;
    }
    const auto & turned = volume->GetInverseDirection();
    for (unsigned int row = 0; row < 3; ++row)
    {
      for (unsigned int column = 0; column < 3; ++column)
      {
        m_ToIndex[row][column] = turned(row, column) / m_Spacing[row];
      }
    }
  }

  /** Where a point in mm lies, in voxels from the first of the buffer on. */
  PositionType
  PositionOf(const PositionType & point) const
  {
    const PositionType off{ { point[0] - m_Origin[0], point[1] - m_Origin[1], point[2] - m_Origin[2] } };
    PositionType       position;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const auto & row = m_ToIndex[axis];
      position[axis] = row[0] * off[0] + row[1] * off[1] + row[2] * off[2] - m_Start[axis];
    }
    return position;
  }

  bool
  IsInside(const PositionType & position) const
  {
    return position[0] >= -0.5 && position[0] < m_End[0] + 0.5 && position[1] >= -0.5 && position[1] < m_End[1] + 0.5 &&
           position[2] >= -0.5 && position[2] < m_End[2] + 0.5;
  }

  /** The value at a position inside; half a voxel around the outermost ones has theirs. */
  double
  ValueAt(const PositionType & position) const
  {
    std::ptrdiff_t        offset = 0;
    std::array<double, 3> part;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const double place = std::min(std::max(position[axis], 0.0), m_End[axis]);
      const auto   cell = std::min(static_cast<std::ptrdiff_t>(place), m_LastCell[axis]);
      part[axis] = place - static_cast<double>(cell);
      offset += cell * m_Stride[axis];
    }
    const float * const corner = m_Values + offset;
    const auto          along = [&](const float * at)
    {
      const double first = at[0];
      return first + part[0] * (at[m_Step[0]] - first);
    };
    const auto plane = [&](const float * at)
    {
      const double first = along(at);
      return first + part[1] * (along(at + m_Step[1]) - first);
    };
    const double first = plane(corner);
    return first + part[2] * (plane(corner + m_Step[2]) - first);
  }

  /** The derivatives along the axes of the patient, by differences over a voxel; 0 along those where that ends
   * outside. */
  std::array<double, 3>
  GradientAt(const PositionType & position) const
  {
    std::array<double, 3> gradient{};
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      PositionType before = position;
      PositionType after = position;
      for (unsigned int row = 0; row < 3; ++row)
      {
        const double half = 0.5 * m_Spacing[axis] * m_ToIndex[row][axis];
        before[row] -= half;
        after[row] += half;
      }
      if (this->IsInside(before) && this->IsInside(after))
      {
        gradient[axis] = (this->ValueAt(after) - this->ValueAt(before)) / m_Spacing[axis];
      }
    }
    return gradient;
  }

private:
  const float *                 m_Values{ nullptr };
  std::array<PositionType, 3>   m_ToIndex{};
  PositionType                  m_Origin{};
  PositionType                  m_Start{};
  PositionType                  m_Spacing{};
  PositionType                  m_End{};
  std::array<std::ptrdiff_t, 3> m_LastCell{};
  std::array<std::ptrdiff_t, 3> m_Stride{};
  /** To the next voxel along an axis; 0 where there is but one. */
  std::array<std::ptrdiff_t, 3> m_Step{};
};
} // namespace colorization
} // namespace itk

#endif
