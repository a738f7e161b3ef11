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
#ifndef itkColorizationEnums_h
#define itkColorizationEnums_h

#include "ColorizationExport.h"

#include <cstdint>
#include <ostream>

namespace itk
{
/** \class ColorizationEnums
 * \brief What the filters have in common that colour gray images.
 * \ingroup Colorization */
class ColorizationEnums
{
public:
  /** Whose luminance colours are shown at. */
  enum class Luminance : std::uint8_t
  {
    /** The scan's. */
    Source,
    /** The photograph's tone, and the scan's structure; see colorization::FuseTone(). */
    Fused,
    /** The method's own. */
    Reference
  };
};
Colorization_EXPORT std::ostream &
                    operator<<(std::ostream & out, const ColorizationEnums::Luminance value);
} // namespace itk

#endif
