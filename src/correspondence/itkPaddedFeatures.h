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
#ifndef itkPaddedFeatures_h
#define itkPaddedFeatures_h

#include "itkPatchMatcher.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** A feature image with its border pixels repeated, so that no patch has to ask where it ends.
 *
 * Pixel after pixel, row after row: a row of a patch is one run of floats. A pixel's components are filled up with zeros
 * to a multiple of 4, so that vector instructions leave no rest. */
class PaddedFeatures
{
public:
  /** \param mean is taken off every pixel; empty for none */
  PaddedFeatures(const FeatureImageView & image, std::size_t radius, const std::vector<float> & mean = {});

  /** First value of the patch whose centre is pixel (x, y) of the image. */
  const float *
  Patch(std::size_t x, std::size_t y) const
  {
    return m_Values.data() + y * m_Pitch + x * m_Components;
  }

  /** From a row of a patch to the next, in floats. */
  std::size_t
  GetPitch() const
  {
    return m_Pitch;
  }

  /** Floats of a pixel, the zeros included. */
  std::size_t
  GetComponents() const
  {
    return m_Components;
  }

  /** Rows and columns of a patch. */
  std::size_t
  GetDiameter() const
  {
    return m_Diameter;
  }

  /** Floats in a row of a patch. */
  std::size_t
  GetRowLength() const
  {
    return m_Diameter * m_Components;
  }

private:
  std::size_t        m_Components;
  std::size_t        m_Diameter;
  std::size_t        m_Pitch;
  std::vector<float> m_Values;
};

/** Numbers of the pixels that take part. */
std::vector<std::uint32_t>
ListPixels(const FeatureImageView & image);

/** Throws std::invalid_argument if there is no pixel of the reference to match with. */
void
VerifyAnyPixels(const std::vector<std::uint32_t> & referencePixels);

} // namespace colorization
} // namespace itk

#endif
