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
#include "itkColorSpaceEnums.h"

namespace itk
{
std::ostream &
operator<<(std::ostream & out, const ColorSpaceEnums::ColorSpace value)
{
  switch (value)
  {
    case ColorSpaceEnums::ColorSpace::RGB:
      return out << "RGB";
    case ColorSpaceEnums::ColorSpace::Lab:
      return out << "CIE Lab";
    case ColorSpaceEnums::ColorSpace::YUV:
      return out << "YUV";
    case ColorSpaceEnums::ColorSpace::Luminance:
      return out << "luminance";
  }
  return out << "an unknown colour space (" << static_cast<int>(value) << ')';
}
} // namespace itk
