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
#ifndef itkColorSpaceEnums_h
#define itkColorSpaceEnums_h

#include "ColorizationExport.h"

#include <cstdint>
#include <ostream>

namespace itk
{
/** \class ColorSpaceEnums
 * \brief The colour spaces that the filters of this module know.
 * \ingroup Colorization */
class ColorSpaceEnums
{
public:
  enum class ColorSpace : std::uint8_t
  {
    /** sRGB (IEC 61966-2-1). */
    RGB,
    /** CIE L*a*b* of 1976 under D65: L in 0..100. */
    Lab,
    /** Y'UV of ITU-R BT.601: Y in 0..1, U in -0.436..0.436, V in -0.615..0.615. */
    YUV,
    /** Luma of ITU-R BT.601, one component. */
    Luminance
  };
};
Colorization_EXPORT std::ostream &
                    operator<<(std::ostream & out, const ColorSpaceEnums::ColorSpace value);
} // namespace itk

#endif
