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
#ifndef itkVolumeRegistrationEnums_h
#define itkVolumeRegistrationEnums_h

#include "ColorizationExport.h"

#include <cstdint>
#include <ostream>

namespace itk
{
/** \class VolumeRegistrationEnums
 * \brief What VolumeRegistrationMethod finds, and where it starts.
 * \ingroup Colorization */
class VolumeRegistrationEnums
{
public:
  enum class TransformKind : std::uint8_t
  {
    /** Turns and shifts. */
    Rigid,
    /** Stretches and shears, too; after a rigid stage. */
    Affine
  };
  enum class Initialization : std::uint8_t
  {
    /** The centers of mass upon each other; if the volumes do not overlap so, those of the grids. */
    Mass,
    /** The centers of the grids upon each other. */
    Geometry,
    /** As the volumes' coordinates have it. */
    None
  };
};
Colorization_EXPORT std::ostream &
                    operator<<(std::ostream & out, const VolumeRegistrationEnums::TransformKind value);
Colorization_EXPORT std::ostream &
                    operator<<(std::ostream & out, const VolumeRegistrationEnums::Initialization value);
} // namespace itk

#endif
