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
#include "itkPatientAxes.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
PatientAxes
FindPatientAxes(const Matrix<double, 3, 3> & direction)
{
  PatientAxes                 best;
  double                      bestSum = -1.0;
  std::array<unsigned int, 3> order{ { 0, 1, 2 } };
  do
  {
    double sum = 0.0;
    for (unsigned int patient = 0; patient < 3; ++patient)
    {
      const unsigned int axis = order[patient];
      // Oblique by 45 degrees, two ways are equally near: how an axis leans chooses, as neither order nor sign change it.
      constexpr double little = 1e-4;
      const double     lean = direction[patient][axis] * direction[(patient + 1) % 3][axis];
      sum += std::abs(direction[patient][axis]) + little * static_cast<double>(patient + 1) * lean;
    }
    // Rounding must not choose.
    if (sum > bestSum + 1e-6)
    {
      bestSum = sum;
      best.axis = order;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  for (unsigned int patient = 0; patient < 3; ++patient)
  {
    best.isFlipped[patient] = direction[patient][best.axis[patient]] < 0.0;
  }
  return best;
}

PatientGrid
MakePatientGrid(const ImageBase<3> * image, const PatientAxes & axes)
{
  const auto  region = image->GetLargestPossibleRegion();
  PatientGrid grid;
  Index<3>    corner = region.GetIndex();
  for (unsigned int patient = 0; patient < 3; ++patient)
  {
    const unsigned int axis = axes.axis[patient];
    grid.size[patient] = region.GetSize(axis);
    grid.spacing[patient] = image->GetSpacing()[axis];
    corner[axis] += axes.isFlipped[patient] ? static_cast<IndexValueType>(region.GetSize(axis)) - 1 : 0;
    for (unsigned int row = 0; row < 3; ++row)
    {
      grid.direction[row][patient] = (axes.isFlipped[patient] ? -1.0 : 1.0) * image->GetDirection()[row][axis];
    }
  }
  image->TransformIndexToPhysicalPoint(corner, grid.origin);
  for (unsigned int row = 0; row < 3; ++row)
  {
    grid.origin[row] = std::round(grid.origin[row] * 1e6) / 1e6;
  }
  return grid;
}

} // namespace colorization
} // namespace itk
