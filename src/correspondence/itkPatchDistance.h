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
#ifndef itkPatchDistance_h
#define itkPatchDistance_h

#include "itkPaddedFeatures.h"
#include "itkPatchProjection.h"

#include <cstddef>

namespace itk
{
namespace colorization
{
/** Squared differences of `count` pairs of pixels, each summed over its components.
 *
 * \param aStep, bStep from a pixel to the next, in floats
 * \param components a multiple of 4
 * \param outStep from a result to the next, in floats */
void
ComputePixelDistances(const float * a,
                      std::size_t   aStep,
                      const float * b,
                      std::size_t   bStep,
                      std::size_t   components,
                      std::size_t   count,
                      float *       out,
                      std::size_t   outStep);

/** Whether the squared distance of two patches' coordinates is above `limit`, but for what rounding may add to it. */
bool
CoordinatesAreFarther(const float * a, const float * b, float limit);

/** Sum of the pixels' distances of a patch, always in the same order. */
inline float
SumPixelDistances(const float * distances, std::size_t count)
{
  float sum = 0.0f;
  for (std::size_t k = 0; k < count; ++k)
  {
    sum += distances[k];
  }
  return sum;
}

/** Squared distance of the patches around two pixels, by row, until it is above `limit`.
 *
 * \param distances out: of the pixels, row after row; incomplete if the result is above `limit` */
float
ComputePatchDistance(const PaddedFeatures & target,
                     std::size_t            targetX,
                     std::size_t            targetY,
                     const PaddedFeatures & reference,
                     std::size_t            referenceX,
                     std::size_t            referenceY,
                     float                  limit,
                     float *                distances);

} // namespace colorization
} // namespace itk

#endif
