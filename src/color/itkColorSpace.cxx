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
#include "itkColorSpace.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
// CIE standard illuminant D65, 2 degree observer.
constexpr float WhiteX = 0.95047f;
constexpr float WhiteZ = 1.08883f;
constexpr float LabDelta = 6.0f / 29.0f;

float
LabForward(float t)
{
  return t > LabDelta * LabDelta * LabDelta ? std::cbrt(t) : t / (3.0f * LabDelta * LabDelta) + 4.0f / 29.0f;
}

float
LabInverse(float f)
{
  return f > LabDelta ? f * f * f : 3.0f * LabDelta * LabDelta * (f - 4.0f / 29.0f);
}

Color
LabToLinearRGB(const Color & lab)
{
  const float fy = (lab[0] + 16.0f) / 116.0f;
  const float x = WhiteX * LabInverse(fy + lab[1] / 500.0f);
  const float y = LabInverse(fy);
  const float z = WhiteZ * LabInverse(fy - lab[2] / 200.0f);
  return { { 3.2404542f * x - 1.5371385f * y - 0.4985314f * z,
             -0.9692660f * x + 1.8760108f * y + 0.0415560f * z,
             0.0556434f * x - 0.2040259f * y + 1.0572252f * z } };
}

bool
IsInGamut(const Color & rgb)
{
  constexpr float tolerance = 1e-4f;
  return std::all_of(rgb.begin(), rgb.end(), [](float c) { return c >= -tolerance && c <= 1.0f + tolerance; });
}

Color
Clamped(Color rgb)
{
  for (float & c : rgb)
  {
    c = std::min(std::max(c, 0.0f), 1.0f);
  }
  return rgb;
}

/** The largest chroma of `color` (components 1 and 2) that `toRGB` maps into the gamut, by bisection. */
template <typename TToRGB>
Color
FitChroma(const Color & color, const TToRGB & toRGB)
{
  Color rgb = toRGB(color);
  if (IsInGamut(rgb))
  {
    return Clamped(rgb);
  }
  float inside = 0.0f;
  float outside = 1.0f;
  for (int step = 0; step < 10; ++step)
  {
    const float middle = 0.5f * (inside + outside);
    (IsInGamut(toRGB({ { color[0], middle * color[1], middle * color[2] } })) ? inside : outside) = middle;
  }
  return Clamped(toRGB({ { color[0], inside * color[1], inside * color[2] } }));
}
} // namespace

float
SRGBToLinear(float encoded)
{
  return encoded <= 0.04045f ? encoded / 12.92f : std::pow((encoded + 0.055f) / 1.055f, 2.4f);
}

float
LinearToSRGB(float linear)
{
  return linear <= 0.0031308f ? 12.92f * linear : 1.055f * std::pow(linear, 1.0f / 2.4f) - 0.055f;
}

Color
RGBToLab(const Color & rgb)
{
  const float r = SRGBToLinear(rgb[0]);
  const float g = SRGBToLinear(rgb[1]);
  const float b = SRGBToLinear(rgb[2]);
  const float fx = LabForward((0.4124564f * r + 0.3575761f * g + 0.1804375f * b) / WhiteX);
  const float fy = LabForward(0.2126729f * r + 0.7151522f * g + 0.0721750f * b);
  const float fz = LabForward((0.0193339f * r + 0.1191920f * g + 0.9503041f * b) / WhiteZ);
  return { { 116.0f * fy - 16.0f, 500.0f * (fx - fy), 200.0f * (fy - fz) } };
}

Color
LabToRGB(const Color & lab)
{
  const Color linear = LabToLinearRGB(lab);
  return { { LinearToSRGB(linear[0]), LinearToSRGB(linear[1]), LinearToSRGB(linear[2]) } };
}

Color
RGBToYUV(const Color & rgb)
{
  const float y = RGBToLuminance(rgb);
  return { { y, 0.436f / 0.886f * (rgb[2] - y), 0.615f / 0.701f * (rgb[0] - y) } };
}

Color
YUVToRGB(const Color & yuv)
{
  const float r = yuv[0] + 0.701f / 0.615f * yuv[2];
  const float b = yuv[0] + 0.886f / 0.436f * yuv[1];
  return { { r, (yuv[0] - 0.299f * r - 0.114f * b) / 0.587f, b } };
}

float
GrayToLightness(float encoded)
{
  return 116.0f * LabForward(SRGBToLinear(encoded)) - 16.0f;
}

Color
LabToRGBInGamut(const Color & lab)
{
  const Color linear = FitChroma(lab, LabToLinearRGB);
  return { { LinearToSRGB(linear[0]), LinearToSRGB(linear[1]), LinearToSRGB(linear[2]) } };
}

Color
YUVToRGBInGamut(const Color & yuv)
{
  return FitChroma(yuv, YUVToRGB);
}

float
ColorDifferenceCIE76(const Color & lab1, const Color & lab2)
{
  return std::hypot(lab1[0] - lab2[0], lab1[1] - lab2[1], lab1[2] - lab2[2]);
}

} // namespace colorization
} // namespace itk
