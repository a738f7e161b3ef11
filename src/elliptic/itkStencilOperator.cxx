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
#include "itkStencilOperator.h"

namespace itk
{
namespace colorization
{
StencilGrid::StencilGrid(const std::array<std::size_t, 3> & size)
  : m_Size(size)
{
  std::array<int, 3> reach{};
  m_PaddedCount = 1;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    // Rows always get their ring, so that a segment may read one node beyond its ends.
    m_Ring[axis] = axis == 0 || size[axis] > 1 ? 1 : 0;
    reach[axis] = size[axis] > 1 ? 1 : 0;
    m_Stride[axis] = m_PaddedCount;
    m_PaddedCount *= size[axis] + 2 * m_Ring[axis];
  }
  m_PaddedCount += SegmentSlack;
  for (int dz = -reach[2]; dz <= reach[2]; ++dz)
  {
    for (int dy = -reach[1]; dy <= reach[1]; ++dy)
    {
      for (int dx = -reach[0]; dx <= reach[0]; ++dx)
      {
        if (dx != 0 || dy != 0 || dz != 0)
        {
          m_NeighborSteps.push_back(dx + dy * static_cast<std::ptrdiff_t>(m_Stride[1]) +
                                    dz * static_cast<std::ptrdiff_t>(m_Stride[2]));
          m_NeighborOffsets.push_back({ { dx, dy, dz } });
        }
      }
    }
  }
}

} // namespace colorization
} // namespace itk
