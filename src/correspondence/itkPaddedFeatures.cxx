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
#include "itkPaddedFeatures.h"

#include <algorithm>
#include <stdexcept>

namespace itk
{
namespace colorization
{
PaddedFeatures::PaddedFeatures(const FeatureImageView & image, std::size_t radius, const std::vector<float> & mean)
  : m_Components((image.components + 3) / 4 * 4)
  , m_Diameter(2 * radius + 1)
  , m_Pitch((image.width + 2 * radius) * m_Components)
  , m_Values(m_Pitch * (image.height + 2 * radius))
{
  const auto clampTo = [radius](std::size_t padded, std::size_t extent)
  { return std::min(padded > radius ? padded - radius : 0, extent - 1); };
  float * out = m_Values.data();
  for (std::size_t y = 0; y < image.height + 2 * radius; ++y)
  {
    const float * row = image.values + clampTo(y, image.height) * image.width * image.components;
    for (std::size_t x = 0; x < image.width + 2 * radius; ++x)
    {
      const float * pixel = row + clampTo(x, image.width) * image.components;
      for (unsigned int c = 0; c < image.components; ++c)
      {
        out[c] = mean.empty() ? pixel[c] : pixel[c] - mean[c];
      }
      out += m_Components;
    }
  }
}

/** Numbers of the pixels that take part. */
std::vector<std::uint32_t>
ListPixels(const FeatureImageView & image)
{
  std::vector<std::uint32_t> pixels;
  for (std::size_t i = 0; i < image.width * image.height; ++i)
  {
    if (!image.mask || image.mask[i])
    {
      pixels.push_back(static_cast<std::uint32_t>(i));
    }
  }
  return pixels;
}

void
VerifyAnyPixels(const std::vector<std::uint32_t> & referencePixels)
{
  if (referencePixels.empty())
  {
    throw std::invalid_argument("The reference mask has no pixel to match with.");
  }
}

} // namespace colorization
} // namespace itk
