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
#include "itkFeatureTiles.h"

#include <algorithm>
#include <stdexcept>

namespace itk
{
namespace colorization
{
namespace
{
/** Convolutions of VGG-19 between one maximum and the next. */
constexpr std::array<std::size_t, 5> Convolutions{ { 2, 2, 4, 4, 4 } };

/** The value of a digit; 0 if it is none. */
std::size_t
DigitAt(const std::string & text, std::size_t position)
{
  const char digit = position < text.size() ? text[position] : '0';
  return digit >= '0' && digit <= '9' ? static_cast<std::size_t>(digit - '0') : 0;
}
} // namespace

FeatureLayer
DescribeFeatureLayer(const std::string & layer)
{
  constexpr std::size_t prefix = 4;
  const std::string     kind = layer.substr(0, prefix);
  const std::size_t     level = DigitAt(layer, prefix);
  const bool            isPool = kind == "pool" && layer.size() == prefix + 1;
  const bool            isConvolution =
    (kind == "conv" || kind == "relu") && layer.size() == prefix + 3 && layer[prefix + 1] == '_';
  if (level < 1 || level > Convolutions.size() || !(isPool || isConvolution))
  {
    return {};
  }
  const std::size_t last = isPool ? Convolutions[level - 1] : DigitAt(layer, prefix + 2);
  if (last < 1 || last > Convolutions[level - 1])
  {
    return {};
  }
  FeatureLayer described;
  for (std::size_t i = 0; i < level; ++i)
  {
    // A convolution of 3x3 sees one more pixel of its level.
    described.reach += (i + 1 < level ? Convolutions[i] : last) << i;
  }
  described.shrinkFactor = std::size_t{ 1 } << (isPool ? level : level - 1);
  return described;
}

FeatureTiles::FeatureTiles(std::array<std::size_t, 2>        size,
                           std::size_t                       tileSize,
                           const std::vector<FeatureLayer> & layers)
  : m_Size(size)
  , m_TileSize(size)
{
  if (tileSize % Multiple != 0)
  {
    throw std::invalid_argument("TileSize is " + std::to_string(tileSize) + ", but has to be a multiple of " +
                                std::to_string(Multiple) + '.');
  }
  const bool isWhole =
    tileSize == 0 ||
    std::any_of(layers.begin(), layers.end(), [](const FeatureLayer & layer) { return layer.shrinkFactor == 0; });
  if (isWhole)
  {
    return;
  }
  std::size_t reach = 0;
  std::size_t coarsest = 1;
  for (const FeatureLayer & layer : layers)
  {
    reach = std::max(reach, layer.reach);
    coarsest = std::max(coarsest, layer.shrinkFactor);
  }
  m_Margin = (reach + coarsest - 1) / coarsest * coarsest;
  for (std::size_t & extent : m_TileSize)
  {
    extent = std::min(extent, tileSize);
  }
}

std::array<std::size_t, 2>
FeatureTiles::Count() const
{
  std::array<std::size_t, 2> count;
  for (std::size_t axis = 0; axis < count.size(); ++axis)
  {
    count[axis] = (m_Size[axis] + m_TileSize[axis] - 1) / m_TileSize[axis];
  }
  return count;
}

FeatureRange
FeatureTiles::Seen(unsigned int axis, std::size_t i) const
{
  const std::size_t begin = i * m_TileSize[axis];
  return { begin - std::min(begin, m_Margin), std::min(begin + m_TileSize[axis] + m_Margin, m_Size[axis]) };
}

FeatureRange
FeatureTiles::Made(unsigned int axis, std::size_t i, const FeatureLayer & layer) const
{
  if (layer.shrinkFactor == 0)
  {
    return { 0, 1 };
  }
  const std::size_t begin = i * m_TileSize[axis];
  return { begin / layer.shrinkFactor,
           std::min((begin + m_TileSize[axis] + layer.shrinkFactor - 1) / layer.shrinkFactor,
                    this->Extent(axis, layer)) };
}

std::size_t
FeatureTiles::FirstSeen(unsigned int axis, std::size_t i, const FeatureLayer & layer) const
{
  return layer.shrinkFactor == 0 ? 0 : this->Seen(axis, i).begin / layer.shrinkFactor;
}

std::size_t
FeatureTiles::Extent(unsigned int axis, const FeatureLayer & layer) const
{
  return layer.shrinkFactor == 0 ? 1 : std::max<std::size_t>(m_Size[axis] / layer.shrinkFactor, 1);
}

FeatureRange
FeatureTiles::Corresponding(unsigned int         axis,
                            FeatureRange         range,
                            const FeatureLayer & from,
                            const FeatureLayer & to) const
{
  if (to.shrinkFactor == 0)
  {
    return { 0, 1 };
  }
  // A layer's last pixel stands for the rest of the picture as well.
  const bool         isLast = range.end >= this->Extent(axis, from);
  const std::size_t  begin = range.begin * from.shrinkFactor;
  const std::size_t  end = isLast ? m_Size[axis] : range.end * from.shrinkFactor;
  const std::size_t  extent = this->Extent(axis, to);
  const FeatureRange place{ std::min(begin / to.shrinkFactor, extent - 1),
                            std::min((end + to.shrinkFactor - 1) / to.shrinkFactor, extent) };
  return { place.begin, std::max(place.end, place.begin + 1) };
}

} // namespace colorization
} // namespace itk
