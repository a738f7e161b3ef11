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
#include "itkPatchDistance.h"

#include "../common/itkColorizationVectorMath.h"

namespace itk
{
namespace colorization
{
namespace
{
/** What rounding may add to the distance of coordinates, in parts of it. */
constexpr float RoundingOfCoordinates = 1e-4f;

/** Sum of the squared differences of 16 floats or more, and of a rest of fours. */
ITK_COLORIZATION_INLINE float
SumSquaredDifferences(const float * a, const float * b, std::size_t count)
{
  constexpr std::size_t lanes = 16;
  float                 partial[lanes] = {};
  std::size_t           k = 0;
  for (; k + lanes <= count; k += lanes)
  {
    for (std::size_t lane = 0; lane < lanes; ++lane)
    {
      const float difference = a[k + lane] - b[k + lane];
      partial[lane] += difference * difference;
    }
  }
  for (; k < count; k += 4)
  {
    for (std::size_t lane = 0; lane < 4; ++lane)
    {
      const float difference = a[k + lane] - b[k + lane];
      partial[lane] += difference * difference;
    }
  }
  for (std::size_t half = lanes / 2; half > 0; half /= 2)
  {
    for (std::size_t lane = 0; lane < half; ++lane)
    {
      partial[lane] += partial[lane + half];
    }
  }
  return partial[0];
}
} // namespace

ITK_COLORIZATION_MULTIVERSION void
ComputePixelDistances(const float * a,
                      std::size_t   aStep,
                      const float * b,
                      std::size_t   bStep,
                      std::size_t   components,
                      std::size_t   count,
                      float *       out,
                      std::size_t   outStep)
{
  for (std::size_t k = 0; k < count; ++k)
  {
    out[k * outStep] = SumSquaredDifferences(a + k * aStep, b + k * bStep, components);
  }
}

ITK_COLORIZATION_MULTIVERSION bool
CoordinatesAreFarther(const float * a, const float * b, float limit)
{
  // The first axes hold most of the distance.
  constexpr std::size_t first = 16;
  const float           bound = limit + limit * RoundingOfCoordinates;
  const float           part = SumSquaredDifferences(a, b, first);
  return part > bound ||
         part + SumSquaredDifferences(a + first, b + first, PatchProjection::Dimensions - first) > bound;
}

float
ComputePatchDistance(const PaddedFeatures & target,
                     std::size_t            targetX,
                     std::size_t            targetY,
                     const PaddedFeatures & reference,
                     std::size_t            referenceX,
                     std::size_t            referenceY,
                     float                  limit,
                     float *                distances)
{
  const float *     a = target.Patch(targetX, targetY);
  const float *     b = reference.Patch(referenceX, referenceY);
  const std::size_t components = target.GetComponents();
  const std::size_t diameter = target.GetDiameter();
  float             sum = 0.0f;
  for (std::size_t row = 0; row < diameter && sum <= limit; ++row)
  {
    ComputePixelDistances(a + row * target.GetPitch(),
                          components,
                          b + row * reference.GetPitch(),
                          components,
                          components,
                          diameter,
                          distances + row * diameter,
                          1);
    for (std::size_t column = 0; column < diameter; ++column)
    {
      sum += distances[row * diameter + column];
    }
  }
  return sum;
}

} // namespace colorization
} // namespace itk
