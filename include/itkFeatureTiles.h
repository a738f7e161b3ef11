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
#ifndef itkFeatureTiles_h
#define itkFeatureTiles_h

#include "ColorizationExport.h"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** A layer of VGG-19, as far as tiles have to know it. */
struct FeatureLayer
{
  /** How many of the picture's pixels one of the layer's has along each axis; 0 for layers of one pixel, which see all
   * of the picture. */
  std::size_t shrinkFactor = 0;
  /** How far beyond the pixels that it stands for a pixel of the layer sees, in pixels of the picture. */
  std::size_t reach = 0;
};

/** What is known of `conv1_1`, `relu1_1` ... `relu5_4`, `pool1` ... `pool5`; all other names are those of one pixel. */
Colorization_EXPORT FeatureLayer
DescribeFeatureLayer(const std::string & layer);

/** Pixels begin ... end - 1. */
struct FeatureRange
{
  std::size_t begin = 0;
  std::size_t end = 0;

  bool
  IsEmpty() const
  {
    return end <= begin;
  }
};

/** Tiles of a picture whose layers are those of the whole picture: a network sees each tile with a margin in which all
 * that its pixels depend on lies, and which begins where a pixel of every layer does. At the picture's borders there is
 * no margin, so that the network pads as it does there.
 *
 * Tiles are counted from the picture's first pixel, x first. A picture that has no more pixels along either side than a
 * tile is one tile, and so is any picture where one of the layers has one pixel. */
class Colorization_EXPORT FeatureTiles
{
public:
  /** The largest of all shrink factors, which extents of tiles are multiples of. */
  static constexpr std::size_t Multiple = 32;

  /** \param size width and height of the picture
   * \param tileSize extent of a tile without its margin, a multiple of Multiple; 0: the whole picture is one tile
   * \throws std::invalid_argument if it is none */
  FeatureTiles(std::array<std::size_t, 2> size, std::size_t tileSize, const std::vector<FeatureLayer> & layers);

  /** Tiles along x and along y. */
  std::array<std::size_t, 2>
  Count() const;

  /** What the network sees of the picture for the i-th tile along an axis. */
  FeatureRange
  Seen(unsigned int axis, std::size_t i) const;

  /** What the i-th tile along an axis makes of a layer, counted in the layer's pixels; may be empty. */
  FeatureRange
  Made(unsigned int axis, std::size_t i, const FeatureLayer & layer) const;

  /** The pixel of the layer that is the first of what the network makes for the i-th tile along an axis. */
  std::size_t
  FirstSeen(unsigned int axis, std::size_t i, const FeatureLayer & layer) const;

  /** Extent of a layer along an axis, at least 1. */
  std::size_t
  Extent(unsigned int axis, const FeatureLayer & layer) const;

  /** The pixels of a layer that lie where a range of another layer's does, at least one. */
  FeatureRange
  Corresponding(unsigned int axis, FeatureRange range, const FeatureLayer & from, const FeatureLayer & to) const;

private:
  std::array<std::size_t, 2> m_Size;
  std::array<std::size_t, 2> m_TileSize;
  std::size_t                m_Margin = 0;
};

} // namespace colorization
} // namespace itk

#endif
