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
#ifndef itkHalfFloats_h
#define itkHalfFloats_h

#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** Numbers of 16 bits (IEEE 754 binary16), little-endian, rounded to the nearest. */
std::vector<std::uint8_t>
ToHalfFloats(const float * values, std::size_t count);

} // namespace colorization
} // namespace itk

#endif
