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
#include "itkChromaPalette.h"
#include "itkColorSpace.h"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace
{
using itk::colorization::ChromaMap;
using itk::colorization::ChromaPalette;

/** Colours along two directions that are not at right angles. */
std::vector<std::array<float, 2>>
MakeColors(const std::array<float, 2> & mean, const std::array<float, 2> & first, const std::array<float, 2> & second)
{
  std::vector<std::array<float, 2>> colors;
  for (int i = -4; i <= 4; ++i)
  {
    for (int j = -3; j <= 3; ++j)
    {
      colors.push_back({ { mean[0] + first[0] * static_cast<float>(i) + second[0] * static_cast<float>(j),
                           mean[1] + first[1] * static_cast<float>(i) + second[1] * static_cast<float>(j) } });
    }
  }
  return colors;
}

ChromaPalette
PaletteOf(const std::vector<std::array<float, 2>> & colors)
{
  ChromaPalette palette;
  for (const auto & color : colors)
  {
    palette.Add(color[0], color[1]);
  }
  return palette;
}

itk::Image<itk::RGBPixel<unsigned char>, 2>::Pointer
MakePhotograph(unsigned char red, unsigned char green, unsigned char blue)
{
  auto                           photograph = itk::Image<itk::RGBPixel<unsigned char>, 2>::New();
  itk::RGBPixel<unsigned char>   pixel;
  itk::Image<float, 2>::SizeType size{ { 40, 30 } };
  pixel.Set(red, green, blue);
  photograph->SetRegions(size);
  photograph->Allocate();
  photograph->FillBuffer(pixel);
  return photograph;
}
} // namespace

TEST(ChromaPalette, MeanAndCovarianceAreThoseOfTheColors)
{
  ChromaPalette palette;
  EXPECT_TRUE(palette.IsEmpty());
  palette.Add(1.0f, 2.0f);
  palette.Add(3.0f, 6.0f);
  EXPECT_FALSE(palette.IsEmpty());
  EXPECT_EQ(palette.GetMean(), (std::array<double, 2>{ { 2.0, 4.0 } }));
  EXPECT_EQ(palette.GetCovariance(), (std::array<double, 3>{ { 1.0, 2.0, 4.0 } }));
}

TEST(ChromaPalette, TheMapGivesTheMomentsThatAreWanted)
{
  const auto          colors = MakeColors({ { 10.0f, 20.0f } }, { { 1.0f, 0.5f } }, { { -0.3f, 1.2f } });
  const ChromaPalette from = PaletteOf(colors);
  const ChromaPalette to = PaletteOf(MakeColors({ { 25.0f, 12.0f } }, { { 1.5f, -0.4f } }, { { 0.6f, 0.8f } }));
  const ChromaMap     map = ChromaPalette::MapBetween(from, to);
  ChromaPalette       mapped;
  for (const auto & color : colors)
  {
    const auto moved = map.Map(color[0], color[1]);
    mapped.Add(moved[0], moved[1]);
  }
  for (std::size_t k = 0; k < 2; ++k)
  {
    EXPECT_NEAR(mapped.GetMean()[k], to.GetMean()[k], 1e-4);
  }
  for (std::size_t k = 0; k < 3; ++k)
  {
    EXPECT_NEAR(mapped.GetCovariance()[k], to.GetCovariance()[k], 1e-3);
  }
  // Of all such maps, that of Monge is the gradient of a convex function: symmetric, and positive.
  EXPECT_GT(map.matrix[0], 0.0);
  EXPECT_GT(map.matrix[0] * map.matrix[2] - map.matrix[1] * map.matrix[1], 0.0);
}

TEST(ChromaPalette, NothingMovesBetweenEqualPalettes)
{
  const auto palette = PaletteOf(MakeColors({ { 10.0f, 20.0f } }, { { 1.0f, 0.5f } }, { { -0.3f, 1.2f } }));
  const auto moved = ChromaPalette::MapBetween(palette, palette).Map(3.0f, -7.0f);
  EXPECT_NEAR(moved[0], 3.0f, 1e-4f);
  EXPECT_NEAR(moved[1], -7.0f, 1e-4f);
}

TEST(ChromaPalette, WhatHardlyVariesIsNotBlownUp)
{
  const auto thin = PaletteOf(MakeColors({ { 0.0f, 0.0f } }, { { 1.0f, 0.0f } }, { { 0.0f, 1e-4f } }));
  const auto wide = PaletteOf(MakeColors({ { 0.0f, 0.0f } }, { { 1.0f, 0.0f } }, { { 0.0f, 1.0f } }));
  const auto moved = ChromaPalette::MapBetween(thin, wide).Map(0.0f, 1.0f);
  EXPECT_NEAR(moved[1], 3.0f, 1e-3f);
}

TEST(ChromaPalette, TakesThePhotographsTissueAlone)
{
  ChromaPalette palette;
  auto          photograph = MakePhotograph(20, 60, 140);
  for (itk::IndexValueType y = 5; y < 25; ++y)
  {
    for (itk::IndexValueType x = 5; x < 35; ++x)
    {
      itk::RGBPixel<unsigned char> fat;
      fat.Set(230, 200, 150);
      photograph->SetPixel({ { x, y } }, fat);
    }
  }
  palette.AddPhotograph(photograph);
  const auto lab = itk::colorization::RGBToLab({ { 230.0f / 255.0f, 200.0f / 255.0f, 150.0f / 255.0f } });
  EXPECT_NEAR(palette.GetMean()[0], lab[1], 1e-3);
  EXPECT_NEAR(palette.GetMean()[1], lab[2], 1e-3);
  EXPECT_NEAR(palette.GetCovariance()[0], 0.0, 1e-4);
  EXPECT_THROW(palette.AddPhotograph(MakePhotograph(90, 90, 90)), std::invalid_argument);
}
