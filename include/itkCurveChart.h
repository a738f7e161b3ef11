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
#ifndef itkCurveChart_h
#define itkCurveChart_h

#include "ColorizationExport.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** A curve over 0, 1, 2 ...; NaN and infinity leave gaps. */
struct Curve
{
  std::string         name{};
  std::vector<double> values{};
};

/** Curves with common axes. */
struct CurveChart
{
  std::string        title{};
  std::string        xLabel{};
  std::vector<Curve> curves{};
};

/** Whether this build of the module has VTK's charts. */
Colorization_EXPORT bool
IsCurveChartAvailable();

/** Draws charts under one another, from left to right and then down, on the processor: without a graphics card and
 * without a display.
 * \param charts at least one
 * \param columns how many lie side by side, above 0
 * \param chartSize width and height of each in pixels
 * \return RGB, row by row from the top; columns * width pixels wide
 * \throws std::runtime_error without VTK */
Colorization_EXPORT std::vector<std::uint8_t>
                    DrawCurveCharts(const std::vector<CurveChart> &    charts,
                                    std::size_t                        columns,
                                    const std::array<std::size_t, 2> & chartSize);

} // namespace colorization
} // namespace itk

#endif
