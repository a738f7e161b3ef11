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
#include "itkAtlasSection.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** A span of a picture's columns or rows that a pixel of the grid covers, and how much of each. */
struct Span
{
  std::size_t        first = 0;
  std::vector<float> weights{};
};

/** The spans of all columns or rows of the grid; weights are parts of a pixel of the grid. */
std::vector<Span>
MakeSpans(std::size_t count, double gridCorner, double gridSpacing, std::size_t pixels, double corner, double spacing)
{
  std::vector<Span> spans(count);
  for (std::size_t i = 0; i < count; ++i)
  {
    // In pixels of the picture.
    const double begin = (gridCorner + static_cast<double>(i) * gridSpacing - corner) / spacing;
    const double end = begin + gridSpacing / spacing;
    const double lowest = std::max(begin, 0.0);
    const double highest = std::min(end, static_cast<double>(pixels));
    if (lowest < highest)
    {
      spans[i].first = static_cast<std::size_t>(lowest);
      for (std::size_t k = spans[i].first; static_cast<double>(k) < highest; ++k)
      {
        const double covered = std::min(static_cast<double>(k + 1), highest) - std::max(static_cast<double>(k), lowest);
        spans[i].weights.push_back(static_cast<float>(covered / (end - begin)));
      }
    }
  }
  return spans;
}

/** Whether b of CIE Lab may be above 0: where blue is the largest component, Z / Zn is at least Y. */
bool
MayBeWarm(const RGBPixel<unsigned char> & pixel)
{
  return pixel[2] < pixel[0] || pixel[2] < pixel[1];
}

/** Components of dark colours are below this; much of a picture is black. */
constexpr std::size_t Dark = 60;

/** Whether a colour is neither blue, as gel is, nor cyan, as frost is: dark, gray, white or greenish. */
bool
IsPlain(const RGBPixel<unsigned char> & pixel)
{
  constexpr int leastBlue = 6;
  constexpr int leastCyan = 25;
  return pixel[2] <= std::max<int>(pixel[0], pixel[1]) + leastBlue &&
         std::max(pixel[1], pixel[2]) <= pixel[0] + leastCyan;
}

/** CIE Lab of a colour. */
Color
LabOf(const RGBPixel<unsigned char> & pixel)
{
  // Those of dark colours are computed once.
  static const std::vector<Color> table = []()
  {
    std::vector<Color> colors(Dark * Dark * Dark);
    for (std::size_t i = 0; i < colors.size(); ++i)
    {
      colors[i] = RGBToLab({ { static_cast<float>(i / (Dark * Dark)) / 255.0f,
                               static_cast<float>(i / Dark % Dark) / 255.0f,
                               static_cast<float>(i % Dark) / 255.0f } });
    }
    return colors;
  }();
  const bool isDark = pixel[0] < Dark && pixel[1] < Dark && pixel[2] < Dark;
  return isDark ? table[(pixel[0] * Dark + pixel[1]) * Dark + pixel[2]]
                : RGBToLab({ { pixel[0] / 255.0f, pixel[1] / 255.0f, pixel[2] / 255.0f } });
}

/** A picture's colours, and which of them are of tissue. */
struct WarmPixels
{
  std::size_t               width = 0;
  std::size_t               height = 0;
  std::vector<Color>        lab{};
  std::vector<std::uint8_t> isWarm{};
  std::vector<std::uint8_t> isPlain{};

  explicit WarmPixels(const Image<RGBPixel<unsigned char>, 2> * photograph)
    : width(photograph->GetBufferedRegion().GetSize(0))
    , height(photograph->GetBufferedRegion().GetSize(1))
    , lab(width * height)
    , isWarm(width * height)
    , isPlain(width * height)
  {
    constexpr float warmestBackground = 2.0f;
    constexpr float greenestTissue = -0.3f;
    for (std::size_t i = 0; i < lab.size(); ++i)
    {
      const RGBPixel<unsigned char> & pixel = photograph->GetBufferPointer()[i];
      isPlain[i] = IsPlain(pixel) ? 1 : 0;
      if (isPlain[i] || MayBeWarm(pixel))
      {
        lab[i] = LabOf(pixel);
        isWarm[i] = lab[i][2] > warmestBackground && lab[i][1] > greenestTissue * lab[i][2] ? 1 : 0;
      }
    }
  }

  /** How much a pixel counts for the mean colour: one that touches others hardly, and one that is plain still less.
   */
  float
  WeightOf(std::size_t x, std::size_t y) const
  {
    constexpr float   mixed = 1e-3f;
    constexpr float   plain = 1e-6f;
    const std::size_t i = y * width + x;
    if (!isWarm[i])
    {
      return isPlain[i] ? plain : 0.0f;
    }
    if (x == 0 || y == 0 || x + 1 == width || y + 1 == height)
    {
      return mixed;
    }
    for (const std::size_t row : { i - width, i, i + width })
    {
      if (!(isWarm[row - 1] && isWarm[row] && isWarm[row + 1]))
      {
        return mixed;
      }
    }
    return 1.0f;
  }
};

/** Sums over parts of a pixel. */
struct Sums
{
  Color color{};
  float weight = 0.0f;
  float share = 0.0f;
  float plainShare = 0.0f;

  void
  Add(const Sums & other, float factor)
  {
    for (std::size_t c = 0; c < 3; ++c)
    {
      color[c] += factor * other.color[c];
    }
    weight += factor * other.weight;
    share += factor * other.share;
    plainShare += factor * other.plainShare;
  }
};
} // namespace

namespace
{
std::uint8_t
ToShare(float share)
{
  return static_cast<std::uint8_t>(std::lround(255.0f * std::min(share, 1.0f)));
}
} // namespace

AtlasColor
ToAtlasColor(const Color & lab)
{
  AtlasColor color{};
  for (std::size_t c = 0; c < 3; ++c)
  {
    color[c] = static_cast<std::int16_t>(std::lround(std::min(std::max(100.0f * lab[c], -32000.0f), 32000.0f)));
  }
  return color;
}

Color
FromAtlasColor(const AtlasColor & color)
{
  return {
    { 0.01f * static_cast<float>(color[0]), 0.01f * static_cast<float>(color[1]), 0.01f * static_cast<float>(color[2]) }
  };
}

AtlasSection
MakeAtlasSection(const Image<RGBPixel<unsigned char>, 2> * photograph,
                 const AtlasPlacement &                    placement,
                 const AtlasGrid &                         grid)
{
  const WarmPixels picture(photograph);
  const auto       columns =
    MakeSpans(grid.width, grid.corner[0], grid.spacing, picture.width, placement.corner[0], placement.spacing[0]);
  const auto rows =
    MakeSpans(grid.height, grid.corner[1], grid.spacing, picture.height, placement.corner[1], placement.spacing[1]);
  AtlasSection section;
  section.colors.resize(grid.Pixels());
  section.shares.resize(grid.Pixels());
  section.plainShares.resize(grid.Pixels());
  std::vector<Sums> line(picture.width);
  for (std::size_t y = 0; y < grid.height; ++y)
  {
    const Span & span = rows[y];
    std::fill(line.begin(), line.end(), Sums());
    for (std::size_t k = 0; k < span.weights.size(); ++k)
    {
      for (std::size_t x = 0; x < picture.width; ++x)
      {
        const std::size_t i = (span.first + k) * picture.width + x;
        if (picture.isWarm[i] || picture.isPlain[i])
        {
          const float   share = picture.isWarm[i];
          const float   weight = picture.WeightOf(x, span.first + k);
          const Color & lab = picture.lab[i];
          line[x].Add({ { { weight * lab[0], weight * lab[1], weight * lab[2] } }, weight, share, 1.0f },
                      span.weights[k]);
        }
      }
    }
    for (std::size_t x = 0; x < grid.width; ++x)
    {
      Sums sums;
      for (std::size_t k = 0; k < columns[x].weights.size(); ++k)
      {
        sums.Add(line[columns[x].first + k], columns[x].weights[k]);
      }
      if (sums.weight > 0.0f)
      {
        const std::size_t i = y * grid.width + x;
        section.colors[i] =
          ToAtlasColor({ { sums.color[0] / sums.weight, sums.color[1] / sums.weight, sums.color[2] / sums.weight } });
        section.shares[i] = ToShare(sums.share);
        section.plainShares[i] = ToShare(sums.plainShare);
      }
    }
  }
  return section;
}

} // namespace colorization
} // namespace itk
