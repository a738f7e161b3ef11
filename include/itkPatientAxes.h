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
#ifndef itkPatientAxes_h
#define itkPatientAxes_h

#include "ColorizationExport.h"

#include "itkImage.h"
#include "itkMatrix.h"

#include <array>

namespace itk
{
namespace colorization
{
/** Which axis of an image runs along which axis of the patient, and which way. */
struct PatientAxes
{
  /** Axis of the image that is nearest to left, posterior, superior. */
  std::array<unsigned int, 3> axis{ { 0, 1, 2 } };
  /** Whether it runs the other way. */
  std::array<bool, 3> isFlipped{};
};

/** Chooses the axes: of all ways to assign them, the one that is nearest to the direction. */
Colorization_EXPORT PatientAxes
FindPatientAxes(const Matrix<double, 3, 3> & direction);

/** The grid of an image as it is seen along the patient's axes: the same voxels in another order. */
struct PatientGrid
{
  std::array<std::size_t, 3> size{};
  std::array<double, 3>      spacing{};
  /** Place of the first voxel; rounded to a millionth of a mm, so that the order in which voxels are stored makes no
   * difference. */
  Point<double, 3>     origin{};
  Matrix<double, 3, 3> direction{};

  /** Place of a voxel, in mm. */
  Point<double, 3>
  PointAt(const std::array<std::ptrdiff_t, 3> & voxel) const
  {
    Vector<double, 3> offset;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      offset[axis] = spacing[axis] * static_cast<double>(voxel[axis]);
    }
    return origin + direction * offset;
  }
};

/** The grid of all of an image. */
Colorization_EXPORT PatientGrid
MakePatientGrid(const ImageBase<3> * image, const PatientAxes & axes);

} // namespace colorization
} // namespace itk

#endif
