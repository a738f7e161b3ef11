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
#include "itkVolumeRegistrationEnums.h"

namespace itk
{
std::ostream &
operator<<(std::ostream & out, const VolumeRegistrationEnums::TransformKind value)
{
  switch (value)
  {
    case VolumeRegistrationEnums::TransformKind::Rigid:
      return out << "rigid";
    case VolumeRegistrationEnums::TransformKind::Affine:
      return out << "affine";
  }
  return out << "an unknown kind of transform (" << static_cast<int>(value) << ')';
}

std::ostream &
operator<<(std::ostream & out, const VolumeRegistrationEnums::Initialization value)
{
  switch (value)
  {
    case VolumeRegistrationEnums::Initialization::Mass:
      return out << "mass";
    case VolumeRegistrationEnums::Initialization::Geometry:
      return out << "geometry";
    case VolumeRegistrationEnums::Initialization::None:
      return out << "none";
  }
  return out << "an unknown initialization (" << static_cast<int>(value) << ')';
}
} // namespace itk
