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
#include "itkCurveChart.h"

#include <stdexcept>

namespace itk
{
namespace colorization
{
bool
IsCurveChartAvailable()
{
  return false;
}

std::vector<std::uint8_t>
DrawCurveCharts(const std::vector<CurveChart> &, std::size_t, const std::array<std::size_t, 2> &)
{
  throw std::runtime_error("Charts cannot be drawn: this build of the Colorization module has no VTK.");
}

} // namespace colorization
} // namespace itk
