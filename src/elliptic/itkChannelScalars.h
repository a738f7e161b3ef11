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
#ifndef itkChannelScalars_h
#define itkChannelScalars_h

#include <cstddef>
#include <vector>

// What the solvers do with the scalar products of several right-hand sides: one number a channel.

namespace itk
{
namespace colorization
{
/** Channel by channel numerator / denominator, a squared norm or an energy; 0 where that is 0. */
inline std::vector<double>
Quotients(std::vector<double> numerator, const std::vector<double> & denominator)
{
  for (std::size_t c = 0; c < numerator.size(); ++c)
  {
    numerator[c] = denominator[c] > 0.0 ? numerator[c] / denominator[c] : 0.0;
  }
  return numerator;
}

inline std::vector<double>
Negated(std::vector<double> values)
{
  for (double & value : values)
  {
    value = -value;
  }
  return values;
}

} // namespace colorization
} // namespace itk

#endif
