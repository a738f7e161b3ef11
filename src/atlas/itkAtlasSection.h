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
#ifndef itkAtlasSection_h
#define itkAtlasSection_h

#include "itkColorSpace.h"

#include "itkImage.h"
#include "itkRGBPixel.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** What is at a voxel of a colour atlas: its alpha. */
enum AtlasLabel : std::uint8_t
{
  AtlasOutside = 0,
  AtlasCavity = 128,
  AtlasTissue = 255
};

/** Pixels that all sections of a stack share. */
struct AtlasGrid
{
  std::size_t width = 0;
  std::size_t height = 0;
  /** The corner of the first pixel in mm, along the columns and the rows of the pictures. */
  std::array<double, 2> corner{};
  /** mm a pixel, along both. */
  double spacing = 1.0;

  std::size_t
  Pixels() const
  {
    return width * height;
  }
};

/** Where the pixels of one picture are. */
struct AtlasPlacement
{
  /** The corner of the first pixel in mm. */
  std::array<double, 2> corner{};
  /** mm a pixel. */
  std::array<double, 2> spacing{ { 1.0, 1.0 } };
};

/** A colour of CIE Lab in hundredths. */
using AtlasColor = std::array<std::int16_t, 3>;

AtlasColor
ToAtlasColor(const Color & lab);

Color
FromAtlasColor(const AtlasColor & color);

/** A photograph of a section through a body, on the grid of its stack. */
struct AtlasSection
{
  /** Mean colours of the tissue within each pixel. */
  std::vector<AtlasColor> colors{};
  /** How much of a pixel looks like tissue, 0 ... 255. */
  std::vector<std::uint8_t> shares{};
  /** How much of a pixel looks like tissue or is plain, 0 ... 255: within a body, blood, cartilage, bile. */
  std::vector<std::uint8_t> plainShares{};
  /** AtlasLabel; as long as nobody has looked for the body, empty. */
  std::vector<std::uint8_t> labels{};
};

/** Colours and shares of what looks like tissue in a photograph: what is yellower than gray by more than 2 units of b
 * in CIE Lab, and not greenish as cards and labels are, with a above -0.3 b. Each pixel of the grid is the mean over
 * its area, to which pixels of the photograph that touch anything else, and are mixed with it, hardly count. Where
 * there is no such pixel, plain ones give the colour: those that are neither blue, by more than 6 of 255 above the
 * other components, nor cyan, by more than 25 above red. */
AtlasSection
MakeAtlasSection(const Image<RGBPixel<unsigned char>, 2> * photograph,
                 const AtlasPlacement &                    placement,
                 const AtlasGrid &                         grid);

} // namespace colorization
} // namespace itk

#endif
