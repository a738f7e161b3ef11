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
#ifndef itkCubicBSplineWeights_h
#define itkCubicBSplineWeights_h

#include <array>

namespace itk
{
namespace colorization
{
/** The cubic B-spline at -1 - u, -u, 1 - u and 2 - u, for u in 0 ... 1: what the four nearest knots have of a value. */
inline std::array<double, 4>
CubicBSplineWeights(double u)
{
  const double v = 1.0 - u;
  return {
    { v * v * v / 6.0, 2.0 / 3.0 - u * u + 0.5 * u * u * u, 2.0 / 3.0 - v * v + 0.5 * v * v * v, u * u * u / 6.0 }
  };
}

/** Its derivative at the same places. */
inline std::array<double, 4>
CubicBSplineDerivatives(double u)
{
  const double v = 1.0 - u;
  return { { 0.5 * v * v, 2.0 * u - 1.5 * u * u, 1.5 * v * v - 2.0 * v, -0.5 * u * u } };
}
} // namespace colorization
} // namespace itk

#endif
