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
#ifndef ColorTruthMeasure_h
#define ColorTruthMeasure_h

#include "itkColorSpace.h"

#include "itkImage.h"
#include "itkRGBPixel.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

/** Measures whether the colors of a slice are those of its photograph, and whether its structure is the scan's. */
namespace ColorTruth
{
using itk::colorization::Color;
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using MaskType = std::vector<std::uint8_t>;

/** What has no value. */
constexpr double None = std::numeric_limits<double>::quiet_NaN();

/** Standard deviation of the Gaussian that makes small misfits not count, in mm. */
constexpr double SmoothingSigma = 3.0;

/** The pixels of a slice, x fastest. */
struct Grid
{
  std::size_t           width = 0;
  std::size_t           height = 0;
  std::array<double, 2> spacing{ { 1.0, 1.0 } }; // mm
};

/** Finds the tissue of a photograph as the library does, in those connected parts of it of which at least a quarter
 * lies in the scan's body: cards, wedges and labels lie beside it.
 * \param body not 0 in the body of the scan, which has the photograph's grid
 * \param lab out: the photograph's colors
 * \throws std::invalid_argument if less than 1 % of the photograph is tissue */
MaskType
FindPhotographTissue(const PhotographType * photograph, const MaskType & body, std::vector<Color> & lab);

/** Takes means of colors by a Gaussian of `sigma` mm of what lies in a mask (normalized convolution). Colors that no
 * pixel of the mask is near to are 0. */
std::vector<Color>
SmoothWithin(const std::vector<Color> & colors,
             const MaskType &           mask,
             const Grid &               grid,
             double                     sigma = SmoothingSigma);

/** Gives each pixel the color that is `offset` mm away, by linear interpolation; beyond the border, the border's. */
std::vector<Color>
Move(const std::vector<Color> & colors, const std::array<double, 2> & offset, const Grid & grid);

/** The medians of L, a and b over a mask. */
Color
MedianColor(const std::vector<Color> & lab, const MaskType & mask);

/** How far colors in CIE Lab are from the truth. */
struct ColorErrors
{
  /** Mean distance in (a, b). */
  double chroma = None;
  /** The same after the medians of the differences of a and of b are taken out. */
  double chromaWithoutTint = None;
  /** Correlations of a and of b; none where either has a standard deviation below 0.001. */
  double correlationA = None;
  double correlationB = None;
  /** Mean CIE76 color difference. */
  double cie76 = None;
};

/** Compares colors in CIE Lab over a mask; without a pixel in it there is no value. */
ColorErrors
CompareColors(const std::vector<Color> & result, const std::vector<Color> & truth, const MaskType & mask);

/** A tone map of 0..1 that never turns back, by its values at 0, 1/255 ... 1. */
struct ToneMap
{
  std::array<double, 256> values{};

  /** The value at `tone`, by linear interpolation. */
  double
  operator()(double tone) const;
};

/** Finds the rising or the falling tone map of `scan`, 0..1, that comes nearest to `luminance` in the sense of least
 * squares over a mask: isotonic regression by pooling adjacent violators on 256 bins. */
ToneMap
FitToneMap(const std::vector<float> & scan, const std::vector<float> & luminance, const MaskType & mask);

/** What a result's luminance shows of the scan's structure. */
struct StructureMeasures
{
  /** Mean SSIM (Gaussian window of 11 x 11) of the luminance and the scan after FitToneMap(), over the body. */
  double similarity = None;
  /** Correlation of the components of these two's gradients. */
  double gradients = None;
  /** Correlation of the gradient magnitudes of the luminance and of the scan itself. */
  double magnitudes = None;
  /** Mean squared gradient of the luminance where the scan is flat, over that in the body. */
  double inventedEdges = None;
};

/** Measures structure. Gradients are by central differences, and count two pixels inside the body or farther in. The
 * scan is flat two pixels inside of where its gradient magnitude, smoothed by a Gaussian of two pixels, is at most its
 * 25th percentile.
 * \param scan, luminance 0..1 */
StructureMeasures
MeasureStructure(const std::vector<float> & scan,
                 const std::vector<float> & luminance,
                 const MaskType &           body,
                 const Grid &               grid);

} // namespace ColorTruth

#endif
