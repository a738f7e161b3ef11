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
#ifndef itkReferenceColorizationEnums_h
#define itkReferenceColorizationEnums_h

#include "ColorizationExport.h"

#include <cstdint>
#include <ostream>

namespace itk
{
/** \class ReferenceColorizationEnums
 * \brief The ways of ReferenceColorizationImageFilter.
 * \ingroup Colorization */
class ReferenceColorizationEnums
{
public:
  enum class Method : std::uint8_t
  {
    /** Some slices are coloured by analogy; their chroma is propagated through the volume. */
    Hints,
    /** Every slice is coloured by analogy; the chroma is smoothed across slices. */
    Slices,
    /** A network colours the volume; photographs, if there are any, set the palette. */
    Network
  };
};
Colorization_EXPORT std::ostream &
                    operator<<(std::ostream & out, const ReferenceColorizationEnums::Method value);
} // namespace itk

#endif
