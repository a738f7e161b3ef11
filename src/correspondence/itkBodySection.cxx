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
#include "itkBodySection.h"

#include "itkBodyMask.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace itk
{
namespace colorization
{
namespace
{
/** Whether a colour of CIE Lab is one of tissue. */
bool
IsTissue(const Color & lab)
{
  constexpr float warmestBackground = 2.0f;
  constexpr float greenestTissue = -0.3f;
  return lab[2] > warmestBackground && lab[1] > greenestTissue * lab[2];
}

/** Keeps the pixels of a mask whose eight neighbours are in it too. */
std::vector<std::uint8_t>
WithoutBorder(const std::vector<std::uint8_t> & mask, std::size_t width, std::size_t height)
{
  std::vector<std::uint8_t> inner(mask.size());
  for (std::size_t y = 1; y + 1 < height; ++y)
  {
    for (std::size_t x = 1; x + 1 < width; ++x)
    {
      bool all = true;
      for (std::size_t dy = 0; dy < 3; ++dy)
      {
        for (std::size_t dx = 0; dx < 3; ++dx)
        {
          all = all && mask[(y + dy - 1) * width + x + dx - 1];
        }
      }
      inner[y * width + x] = all ? 1 : 0;
    }
  }
  return inner;
}

/** Means of a and b of CIE Lab over a mask. */
std::array<double, 2>
MeanChroma(const std::vector<std::uint8_t> & mask, const std::vector<Color> & lab)
{
  std::array<double, 2> sum{};
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    sum[0] += mask[i] ? lab[i][1] : 0.0;
    sum[1] += mask[i] ? lab[i][2] : 0.0;
  }
  const double count = std::max<double>(1.0, static_cast<double>(CountNonZero(mask)));
  return { { sum[0] / count, sum[1] / count } };
}

/** The largest component of a mask, and all others that have at least a tenth of its area and whose colour is like its.
 * */
std::vector<std::uint8_t>
PartsAlike(std::vector<std::uint8_t> rest, const std::vector<Color> & lab, const std::array<std::size_t, 3> & size)
{
  constexpr double          smallestShare = 0.1;
  constexpr double          sameChroma = 12.0;
  std::vector<std::uint8_t> parts(rest.size());
  std::array<double, 2>     chroma{};
  double                    largest = 0.0;
  while (true)
  {
    std::vector<std::uint8_t> component = rest;
    const auto                pixels = static_cast<double>(KeepLargestComponent(component.data(), size));
    if (pixels == 0.0 || pixels < smallestShare * largest)
    {
      return parts;
    }
    const auto own = MeanChroma(component, lab);
    const bool isFirst = largest == 0.0;
    if (isFirst)
    {
      largest = pixels;
      chroma = own;
    }
    const bool isAlike = isFirst || std::hypot(own[0] - chroma[0], own[1] - chroma[1]) < sameChroma;
    for (std::size_t i = 0; i < rest.size(); ++i)
    {
      parts[i] |= isAlike && component[i] ? 1 : 0;
      rest[i] = rest[i] && !component[i] ? 1 : 0;
    }
  }
}
} // namespace

Image<float, 2>::Pointer
Section::IntensityImage() const
{
  auto image = MakeImage<float>(width, height, spacing);
  std::copy(intensity.begin(), intensity.end(), image->GetBufferPointer());
  return image;
}

Bounds
BodyBounds(const Section & section)
{
  Bounds bounds{ static_cast<double>(section.width), static_cast<double>(section.height), 0.0, 0.0 };
  for (std::size_t i = 0; i < section.body.size(); ++i)
  {
    if (section.body[i])
    {
      const auto x = static_cast<double>(i % section.width);
      const auto y = static_cast<double>(i / section.width);
      bounds = { std::min(bounds.left, x),
                 std::min(bounds.top, y),
                 std::max(bounds.right, x),
                 std::max(bounds.bottom, y) };
    }
  }
  return bounds;
}

std::array<Orientation, 8>
AllOrientations()
{
  std::array<Orientation, 8> all;
  for (unsigned int k = 0; k < 8; ++k)
  {
    all[k] = { (k & 4u) != 0, (k & 1u) != 0, (k & 2u) != 0 };
  }
  return all;
}

std::size_t
CountNonZero(const std::vector<std::uint8_t> & mask)
{
  return mask.size() - static_cast<std::size_t>(std::count(mask.begin(), mask.end(), 0));
}

MINDParameters
MakeMINDParameters(const std::vector<unsigned int> & dilations)
{
  MINDParameters parameters;
  parameters.dilations = dilations;
  // One percent of the range is noise.
  parameters.varianceFloor = 1e-4f;
  return parameters;
}

std::vector<float>
Descriptors(const std::vector<float> & values,
            std::size_t                width,
            std::size_t                height,
            const MINDParameters &     parameters,
            const ParallelFor &        parallelFor)
{
  const std::size_t  margin = MINDRadius(parameters);
  const std::size_t  paddedWidth = width + 2 * margin;
  const std::size_t  paddedHeight = height + 2 * margin;
  std::vector<float> padded(paddedWidth * paddedHeight);
  const auto         clampTo = [margin](std::size_t position, std::size_t extent)
  { return std::min(position > margin ? position - margin : 0, extent - 1); };
  for (std::size_t y = 0; y < paddedHeight; ++y)
  {
    for (std::size_t x = 0; x < paddedWidth; ++x)
    {
      padded[y * paddedWidth + x] = values[clampTo(y, height) * width + clampTo(x, width)];
    }
  }
  std::vector<float> descriptors(width * height * parameters.dilations.size() * MINDComponentsPerScale(2));
  ComputeMIND(padded.data(), { { width, height, 1 } }, 2, parameters, descriptors.data(), parallelFor);
  return descriptors;
}

Section
MakePhotographSection(const Image<RGBPixel<unsigned char>, 2> * image, BodyParts parts, std::vector<Color> & lab)
{
  Section    photograph;
  const auto region = image->GetBufferedRegion();
  photograph.width = region.GetSize(0);
  photograph.height = region.GetSize(1);
  const std::size_t pixels = photograph.width * photograph.height;
  lab.resize(pixels);
  photograph.intensity.resize(pixels);
  photograph.tissue.resize(pixels);
  for (std::size_t i = 0; i < pixels; ++i)
  {
    const RGBPixel<unsigned char> & pixel = image->GetBufferPointer()[i];
    const Color                     rgb{ { pixel[0] / 255.0f, pixel[1] / 255.0f, pixel[2] / 255.0f } };
    lab[i] = RGBToLab(rgb);
    photograph.intensity[i] = RGBToLuminance(rgb);
    photograph.tissue[i] = IsTissue(lab[i]) ? 1 : 0;
  }
  const std::array<std::size_t, 3> size{ { photograph.width, photograph.height, 1 } };
  photograph.body = photograph.tissue;
  if (parts == BodyParts::All)
  {
    photograph.body = PartsAlike(photograph.body, lab, size);
  }
  else
  {
    KeepLargestComponent(photograph.body.data(), size);
  }
  FillHolesInSlices(photograph.body.data(), size, 2);
  for (std::size_t i = 0; i < pixels; ++i)
  {
    photograph.tissue[i] = photograph.tissue[i] && photograph.body[i] ? 1 : 0;
  }
  // Pixels at the border are mixed with ice or gel.
  photograph.tissue = WithoutBorder(photograph.tissue, photograph.width, photograph.height);
  if (CountNonZero(photograph.tissue) * 100 < pixels)
  {
    throw std::invalid_argument(
      "The photograph shows no tissue: less than 1 % of its pixels have a warm colour (in "
      "CIE Lab, b above 2 and a above -0.3 b). A colour photograph of a section through a body is needed.");
  }
  return photograph;
}

} // namespace colorization
} // namespace itk
