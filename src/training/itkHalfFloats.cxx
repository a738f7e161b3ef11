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
#include "itkHalfFloats.h"

#include <Eigen/Core>

#include <cstring>

namespace itk
{
namespace colorization
{
std::vector<std::uint8_t>
ToHalfFloats(const float * values, std::size_t count)
{
  std::vector<std::uint8_t> bytes(count * sizeof(Eigen::half));
  for (std::size_t i = 0; i < count; ++i)
  {
    const Eigen::half half(values[i]);
    std::memcpy(bytes.data() + i * sizeof(half), &half, sizeof(half));
  }
  return bytes;
}

} // namespace colorization
} // namespace itk
