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
#include "itkColorizationEnums.h"

namespace itk
{
std::ostream &
operator<<(std::ostream & out, const ColorizationEnums::Luminance value)
{
  switch (value)
  {
    case ColorizationEnums::Luminance::Source:
      return out << "source";
    case ColorizationEnums::Luminance::Fused:
      return out << "fused";
    case ColorizationEnums::Luminance::Reference:
      return out << "reference";
  }
  return out << "an unknown luminance (" << static_cast<int>(value) << ')';
}
} // namespace itk
