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
#ifndef itkStyleColorizationEnums_h
#define itkStyleColorizationEnums_h

#include "ColorizationExport.h"

#include <cstdint>
#include <ostream>

namespace itk
{
/** \class StyleColorizationEnums
 * \brief What paints the slices of StyleColorizationImageFilter.
 * \ingroup Colorization */
class StyleColorizationEnums
{
public:
  enum class Painter : std::uint8_t
  {
    /** Style transfer (StyleTransferImageFilter): the photograph's texture and colours. */
    StyleTransfer,
    /** Image analogy (DeepImageAnalogyImageFilter): the colours of the photograph's most similar patches. */
    Analogy
  };
};
Colorization_EXPORT std::ostream &
                    operator<<(std::ostream & out, const StyleColorizationEnums::Painter value);
} // namespace itk

#endif
