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
#include "itkReferenceColorizationEnums.h"

namespace itk
{
std::ostream &
operator<<(std::ostream & out, const ReferenceColorizationEnums::Method value)
{
  switch (value)
  {
    case ReferenceColorizationEnums::Method::Hints:
      return out << "hints";
    case ReferenceColorizationEnums::Method::Slices:
      return out << "slices";
    case ReferenceColorizationEnums::Method::Network:
      return out << "network";
  }
  return out << "an unknown method (" << static_cast<int>(value) << ')';
}
} // namespace itk
