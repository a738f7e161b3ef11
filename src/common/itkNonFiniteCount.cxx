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
#include "itkNonFiniteCount.h"
#include "itkColorizationVectorMath.h"

#include <cstdint>
#include <cstring>

namespace itk
{
namespace colorization
{
// All bits of the exponent are set. As integers, values are compared without branches and floating-point exceptions.

ITK_COLORIZATION_MULTIVERSION std::size_t
                              CountNonFiniteValues(const float * values, std::size_t count)
{
  std::size_t nonFinite = 0;
  for (std::size_t begin = 0; begin < count; begin += 4096)
  {
    const std::size_t end = begin + 4096 < count ? begin + 4096 : count;
    std::uint32_t     found = 0;
    for (std::size_t i = begin; i < end; ++i)
    {
      std::uint32_t bits;
      std::memcpy(&bits, values + i, sizeof(bits));
      found += (bits & 0x7f800000u) == 0x7f800000u ? 1u : 0u;
    }
    nonFinite += found;
  }
  return nonFinite;
}

ITK_COLORIZATION_MULTIVERSION std::size_t
                              CountNonFiniteValues(const double * values, std::size_t count)
{
  constexpr std::uint64_t exponent = 0x7ff0000000000000u;
  std::uint64_t           found = 0;
  for (std::size_t i = 0; i < count; ++i)
  {
    std::uint64_t bits;
    std::memcpy(&bits, values + i, sizeof(bits));
    found += (bits & exponent) == exponent ? 1u : 0u;
  }
  return found;
}

} // namespace colorization
} // namespace itk
