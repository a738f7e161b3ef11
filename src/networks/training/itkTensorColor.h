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
#ifndef itkTensorColor_h
#define itkTensorColor_h

#include <torch/torch.h>

namespace itk
{
namespace colorization
{
/** sRGB, 0..1, to CIE L*a*b* of 1976 under D65.
 * \param rgb N x 3 x H x W
 * \return N x 3 x H x W, L in 0..100 */
inline torch::Tensor
RGBToLab(const torch::Tensor & rgb)
{
  constexpr double    threshold = 216.0 / 24389.0;
  constexpr double    slope = 24389.0 / 27.0;
  const torch::Tensor linear =
    torch::where(rgb <= 0.04045, rgb / 12.92, torch::pow((torch::clamp_min(rgb, 0.0) + 0.055) / 1.055, 2.4));
  const auto red = linear.select(1, 0);
  const auto green = linear.select(1, 1);
  const auto blue = linear.select(1, 2);
  const auto root = [](const torch::Tensor & t)
  {
    return torch::where(t > threshold,
                        torch::pow(torch::clamp_min(t, threshold), 1.0 / 3.0),
                        (slope * t + 16.0) / 116.0);
  };
  // Primaries of sRGB, over the white of D65.
  const auto x = root((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047);
  const auto y = root(0.2126729 * red + 0.7151522 * green + 0.0721750 * blue);
  const auto z = root((0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883);
  return torch::stack({ 116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z) }, 1);
}

/** The inverse, clamped to 0..1. */
inline torch::Tensor
LabToRGB(const torch::Tensor & lab)
{
  constexpr double edge = 6.0 / 29.0;
  const auto       y = (lab.select(1, 0) + 16.0) / 116.0;
  const auto       cube = [](const torch::Tensor & t)
  { return torch::where(t > edge, t * t * t, 3.0 * edge * edge * (t - 4.0 / 29.0)); };
  const auto x = 0.95047 * cube(y + lab.select(1, 1) / 500.0);
  const auto z = 1.08883 * cube(y - lab.select(1, 2) / 200.0);
  const auto light = cube(y);
  const auto encode = [](const torch::Tensor & linear)
  {
    const auto clamped = torch::clamp(linear, 0.0, 1.0);
    return torch::where(clamped <= 0.0031308,
                        12.92 * clamped,
                        1.055 * torch::pow(torch::clamp_min(clamped, 0.0031308), 1.0 / 2.4) - 0.055);
  };
  return torch::stack({ encode(3.2404542 * x - 1.5371385 * light - 0.4985314 * z),
                        encode(-0.9692660 * x + 1.8760108 * light + 0.0415560 * z),
                        encode(0.0556434 * x - 0.2040259 * light + 1.0572252 * z) },
                      1);
}

} // namespace colorization
} // namespace itk

#endif
