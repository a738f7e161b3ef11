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
#ifndef itkColorSpace_h
#define itkColorSpace_h

#include "ColorizationExport.h"

#include <array>

namespace itk
{
namespace colorization
{
/** Three components of a colour. */
using Color = std::array<float, 3>;

/** sRGB component, 0..1, to linear light, 0..1 (IEC 61966-2-1). */
Colorization_EXPORT float
SRGBToLinear(float encoded);

/** Linear light, 0..1, to an sRGB component, 0..1 (IEC 61966-2-1). */
Colorization_EXPORT float
LinearToSRGB(float linear);

/** sRGB, 0..1, to CIE L*a*b* of 1976 under D65: L in 0..100. */
Colorization_EXPORT Color
RGBToLab(const Color & rgb);

/** CIE L*a*b* under D65 to sRGB. Colours outside of sRGB's gamut give components below 0 or above 1. */
Colorization_EXPORT Color
LabToRGB(const Color & lab);

/** sRGB, 0..1, to Y'UV of ITU-R BT.601: Y in 0..1, U in -0.436..0.436, V in -0.615..0.615. */
Colorization_EXPORT Color
RGBToYUV(const Color & rgb);

/** Y'UV of ITU-R BT.601 to sRGB. Colours outside of the gamut give components below 0 or above 1. */
Colorization_EXPORT Color
YUVToRGB(const Color & yuv);

/** Luma of ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B. */
inline float
RGBToLuminance(const Color & rgb)
{
  return 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
}

/** L of the gray (encoded, encoded, encoded). */
Colorization_EXPORT float
GrayToLightness(float encoded);

/** The colour nearest to `lab` that sRGB can show, with the same L and hue: only the chroma shrinks.
 * \return sRGB, 0..1 */
Colorization_EXPORT Color
LabToRGBInGamut(const Color & lab);

/** The colour with the same Y and the ratio U : V that sRGB can show: only the chroma shrinks.
 * \return sRGB, 0..1 */
Colorization_EXPORT Color
YUVToRGBInGamut(const Color & yuv);

/** A colour as it is shown at another lightness: with the same hue and saturation, which is chroma over lightness. So (a, b)
 * are multiplied by `lightness` over the colour's own, which counts as at least 5, and at most by 2.
 * \return CIE L*a*b*, which may be out of sRGB's gamut */
Colorization_EXPORT Color
AtLightness(const Color & lab, float lightness);

/** A colour as it is shown at a lightness that differs from its own by details alone, as with Luminance Fused: halfway between
 * keeping (a, b) and keeping saturation, which is the geometric mean of both lightnesses in AtLightness(); (a, b) are
 * multiplied at most by 1.1, for what is lighter by texture or noise is not more colourful.
 * \return CIE L*a*b*, which may be out of sRGB's gamut */
Colorization_EXPORT Color
AtLightnessOfDetail(const Color & lab, float lightness);

/** The same as the colour that sRGB can show: with the same L and hue, the chroma shrinks into the gamut.
 * \return sRGB, 0..1 */
Colorization_EXPORT Color
ShowAtLightness(const Color & lab, float lightness);

/** CIE76 colour difference: the Euclidean distance in L*a*b*. */
Colorization_EXPORT float
ColorDifferenceCIE76(const Color & lab1, const Color & lab2);

/** CIEDE2000 colour difference of two colours in L*a*b*, with all weights 1.
 *
 * G. Sharma, W. Wu, E. N. Dalal: The CIEDE2000 Color-Difference Formula: Implementation Notes, Supplementary Test Data,
 * and Mathematical Observations. Color Research and Application 30(1), 2005. doi:10.1002/col.20070 */
Colorization_EXPORT double
ColorDifferenceCIEDE2000(const std::array<double, 3> & lab1, const std::array<double, 3> & lab2);

} // namespace colorization
} // namespace itk

#endif
