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

Color
AtLightness(const Color & lab, float lightness)
{
  // Of what is nearly black, saturation is mostly noise.
  constexpr float leastLightness = 5.0f;
  constexpr float largestFactor = 2.0f;
  const float     factor = std::min(lightness / std::max(lab[0], leastLightness), largestFactor);
  return { { lightness, factor * lab[1], factor * lab[2] } };
}

Color
AtLightnessOfDetail(const Color & lab, float lightness)
{
  constexpr float mostColorful = 1.1f;
  const float     halfway = std::sqrt(std::max(lightness * lab[0], 0.0f));
  const Color     chroma = AtLightness(lab, std::min(halfway, mostColorful * lab[0]));
  return { { lightness, chroma[1], chroma[2] } };
}

Color
ShowAtLightness(const Color & lab, float lightness)
{
  return LabToRGBInGamut(AtLightness(lab, lightness));
}

float
ColorDifferenceCIE76(const Color & lab1, const Color & lab2)
{
  return std::hypot(lab1[0] - lab2[0], lab1[1] - lab2[1], lab1[2] - lab2[2]);
}

namespace
{
double
SquareRootOfShareOf25(double chroma)
{
  const double     c2 = chroma * chroma;
  const double     c7 = c2 * c2 * c2 * chroma;
  constexpr double of25 = 6103515625.0;
  return std::sqrt(c7 / (c7 + of25));
}

/** The hue in the middle of two, as a vector of length 1; 0 for two grays. Opposite hues have two middles: the one
 * that is left of the hue that comes first in 0 ... 2 pi is taken. */
std::array<double, 2>
MiddleHue(double a1, double b1, double c1, double a2, double b2, double c2)
{
  if (c1 == 0.0 || c2 == 0.0)
  {
    const double c = c1 + c2;
    return c > 0.0 ? std::array<double, 2>{ { (a1 + a2) / c, (b1 + b2) / c } } : std::array<double, 2>{ { 1.0, 0.0 } };
  }
  const double a = a1 * c2 + a2 * c1;
  const double b = b1 * c2 + b2 * c1;
  const double length = std::sqrt(a * a + b * b);
  if (length > 1e-7 * c1 * c2)
  {
    return { { a / length, b / length } };
  }
  const bool isFirstBefore = b1 > 0.0 || (b1 == 0.0 && a1 > 0.0);
  return isFirstBefore ? std::array<double, 2>{ { -b1 / c1, a1 / c1 } }
                       : std::array<double, 2>{ { -b2 / c2, a2 / c2 } };
}
} // namespace

double
ColorDifferenceCIEDE2000(const std::array<double, 3> & lab1, const std::array<double, 3> & lab2)
{
  constexpr double pi = 3.14159265358979323846;
  constexpr double degree = pi / 180.0;
  // Grays have a larger a'.
  const double b1 = lab1[2];
  const double b2 = lab2[2];
  const double g = 0.5 - 0.5 * SquareRootOfShareOf25(0.5 * (std::sqrt(lab1[1] * lab1[1] + b1 * b1) +
                                                            std::sqrt(lab2[1] * lab2[1] + b2 * b2)));
  const double a1 = (1.0 + g) * lab1[1];
  const double a2 = (1.0 + g) * lab2[1];
  const double c1 = std::sqrt(a1 * a1 + b1 * b1);
  const double c2 = std::sqrt(a2 * a2 + b2 * b2);

  const double l = lab2[0] - lab1[0];
  const double c = c2 - c1;
  // (2 sin(dh / 2))^2 c1 c2, from the cosine of the hues' difference.
  const double h2 = std::max((a1 - a2) * (a1 - a2) + (b1 - b2) * (b1 - b2) - c * c, 0.0);
  const double h = a1 * b2 - a2 * b1 < 0.0 ? -std::sqrt(h2) : std::sqrt(h2);

  // Cosines of multiples of the hue, by complex powers.
  const std::array<double, 2> hue = MiddleHue(a1, b1, c1, a2, b2, c2);
  const double                cos1 = hue[0];
  const double                sin1 = hue[1];
  const double                cos2 = cos1 * cos1 - sin1 * sin1;
  const double                sin2 = 2.0 * cos1 * sin1;
  const double                cos3 = cos2 * cos1 - sin2 * sin1;
  const double                sin3 = cos2 * sin1 + sin2 * cos1;
  const double                cos4 = cos2 * cos2 - sin2 * sin2;
  const double                sin4 = 2.0 * cos2 * sin2;
  constexpr double            cosOf30 = 0.86602540378443864676;
  constexpr double            sinOf30 = 0.5;
  constexpr double            cosOf6 = 0.99452189536827333692;
  constexpr double            sinOf6 = 0.10452846326765347140;
  constexpr double            cosOf63 = 0.45399049973954679156;
  constexpr double            sinOf63 = 0.89100652418836786236;
  const double                t = 1.0 - 0.17 * (cos1 * cosOf30 + sin1 * sinOf30) + 0.24 * cos2 +
                   0.32 * (cos3 * cosOf6 - sin3 * sinOf6) - 0.20 * (cos4 * cosOf63 + sin4 * sinOf63);

  const double fromMiddle = 0.5 * (lab1[0] + lab2[0]) - 50.0;
  const double l50 = fromMiddle * fromMiddle;
  const double chroma = 0.5 * (c1 + c2);
  const double ofL = l / (1.0 + 0.015 * l50 / std::sqrt(20.0 + l50));
  const double ofC = c / (1.0 + 0.045 * chroma);
  const double ofH = h / (1.0 + 0.015 * chroma * t);

  // Only blues are rotated: 150 degrees further, nothing is left of it.
  double           joint = 0.0;
  constexpr double cosOf275 = 0.08715574274765817356;
  constexpr double sinOf275 = -0.99619469809174553230;
  const double     cosFromBlue = cos1 * cosOf275 + sin1 * sinOf275;
  if (cosFromBlue > -cosOf30)
  {
    const double fromBlue = std::atan2(sin1 * cosOf275 - cos1 * sinOf275, cosFromBlue) / (25.0 * degree);
    const double rotation = 30.0 * degree * std::exp(-fromBlue * fromBlue);
    joint = -2.0 * SquareRootOfShareOf25(chroma) * std::sin(2.0 * rotation) * ofC * ofH;
  }
  return std::sqrt(std::max(ofL * ofL + ofC * ofC + ofH * ofH + joint, 0.0));
}

} // namespace colorization
} // namespace itk
