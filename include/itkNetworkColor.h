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
#ifndef itkNetworkColor_h
#define itkNetworkColor_h

#include "itkColorSpace.h"
#include "itkNetworkMetadata.h"

#include <algorithm>
#include <cstddef>

namespace itk
{
namespace colorization
{
/** What a network says of one pixel, as RGB of 0..1.
 * \param values one channel for all three components, two of chroma, or three
 * \param luminance 0..1, which the colour gets instead of its own; null: its own
 * \param share of that luminance in the colour's, 0..1; the rest is its own, if it has one */
inline Color
NetworkValuesToRGB(NetworkColorSpace space,
                   const double *    values,
                   std::size_t       channels,
                   const float *     luminance,
                   double            share = 1.0)
{
  // Two channels are chroma; the first of three is lightness.
  const bool isChroma = channels == 2;
  Color      color{ { 0.0f, 0.0f, 0.0f } };
  for (std::size_t c = 0; c < 3; ++c)
  {
    const std::size_t from = channels == 1 ? 0 : isChroma ? c - 1 : c;
    color[c] = isChroma && c == 0 ? 0.0f : static_cast<float>(values[from]);
  }
  const auto given = static_cast<float>(isChroma ? 1.0 : share);
  const auto mix = [given](float wanted, float own) { return own + given * (wanted - own); };
  if (space == NetworkColorSpace::YUV)
  {
    color[0] = luminance ? mix(*luminance, color[0]) : color[0];
    return luminance ? YUVToRGBInGamut(color) : YUVToRGB(color);
  }
  if (space == NetworkColorSpace::Lab)
  {
    color[0] = luminance ? mix(GrayToLightness(*luminance), color[0]) : color[0];
    return luminance ? LabToRGBInGamut(color) : LabToRGB(color);
  }
  if (luminance)
  {
    for (float & component : color)
    {
      component = std::min(std::max(component, 0.0f), 1.0f);
    }
    Color lab = RGBToLab(color);
    lab[0] = mix(GrayToLightness(*luminance), lab[0]);
    return LabToRGBInGamut(lab);
  }
  return color;
}

/** What a network says of one pixel, in CIE Lab.
 * \param luminance 0..1: that of a pixel of which the network makes two channels, chroma alone */
inline Color
NetworkValuesToLab(NetworkColorSpace space, const double * values, std::size_t channels, float luminance)
{
  if (space == NetworkColorSpace::Lab && channels >= 3)
  {
    return { { static_cast<float>(values[0]), static_cast<float>(values[1]), static_cast<float>(values[2]) } };
  }
  if (space == NetworkColorSpace::Lab && channels == 2)
  {
    return { { GrayToLightness(luminance), static_cast<float>(values[0]), static_cast<float>(values[1]) } };
  }
  Color rgb = NetworkValuesToRGB(space, values, channels, channels == 2 ? &luminance : nullptr);
  for (float & component : rgb)
  {
    component = std::min(std::max(component, 0.0f), 1.0f);
  }
  return RGBToLab(rgb);
}

} // namespace colorization
} // namespace itk

#endif
