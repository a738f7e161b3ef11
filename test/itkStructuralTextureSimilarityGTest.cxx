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
#include "itkStructuralTextureSimilarity.h"

#include "itkStructuralSimilarity.h"

#include "MetricsTestUtilities.h"

namespace
{
using itk::colorization::StructuralTextureSimilarity;
using itk::colorization::StructuralTextureSimilarityReport;
using MetricsTest::Picture;

StructuralTextureSimilarityReport
Compare(const Picture & x, const Picture & y, const std::uint8_t * mask = nullptr)
{
  return StructuralTextureSimilarity(x.width, x.height).Compare(x.values.data(), y.values.data(), 255.0, mask);
}

/** Noise that is smooth over a few pixels: a texture. */
Picture
MakeTexture(std::uint32_t seed)
{
  Picture texture{ 96, 96, 1, std::vector<float>(96 * 96) };
  for (std::uint32_t i = 0; i < texture.values.size(); ++i)
  {
    const std::uint32_t x = i % 96;
    const std::uint32_t y = i / 96;
    double              sum = 0.0;
    for (std::uint32_t k = 0; k < 9; ++k)
    {
      sum += ColorizationTest::Noise(seed + (y + k / 3) * 128 + x + k % 3);
    }
    texture.values[i] = static_cast<float>(255.0 * sum / 9.0);
  }
  return texture;
}
} // namespace

TEST(StructuralTextureSimilarity, EqualsNumPyOnRealPictures)
{
  for (const auto & size : { std::array<std::size_t, 2>{ { 128, 96 } },
                             std::array<std::size_t, 2>{ { 131, 167 } },
                             std::array<std::size_t, 2>{ { 49, 50 } } })
  {
    const Picture x = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", false, size[0], size[1]);
    const Picture y = MetricsTest::WithNoise(x, 30.0);
    const auto    found = Compare(x, y);
    auto          oracle = MetricsTest::AskOracle(x, y);
    EXPECT_NEAR(found.withinBands, oracle.at("stsim1"), 1e-5) << size[0] << " x " << size[1];
    EXPECT_NEAR(found.acrossBands, oracle.at("stsim2"), 1e-5) << size[0] << " x " << size[1];
  }
}

TEST(StructuralTextureSimilarity, IsOneForEqualPicturesAndSymmetric)
{
  const Picture x = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", false);
  const Picture y = MetricsTest::WithNoise(x, 30.0);
  EXPECT_NEAR(Compare(x, x).withinBands, 1.0, 1e-6);
  EXPECT_NEAR(Compare(x, x).acrossBands, 1.0, 1e-6);
  EXPECT_NEAR(Compare(x, y).withinBands, Compare(y, x).withinBands, 1e-6);
  EXPECT_NEAR(Compare(x, y).acrossBands, Compare(y, x).acrossBands, 1e-6);
}

TEST(StructuralTextureSimilarity, FindsTwoPatchesOfATextureMoreAlikeThanSSIM)
{
  const Picture x = MakeTexture(1);
  const Picture y = MakeTexture(70000);
  const double  ssim =
    itk::colorization::StructuralSimilarity(x.values.data(), y.values.data(), { { x.width, x.height, 1 } }, {})
      .similarity;
  EXPECT_LT(ssim, 0.2);
  EXPECT_GT(Compare(x, y).withinBands, 0.7);
  EXPECT_GT(Compare(x, y).acrossBands, 0.7);
}

TEST(StructuralTextureSimilarity, NeedsAWindowAtTheCoarsestScale)
{
  const std::size_t smallest = StructuralTextureSimilarity::SmallestSize();
  const Picture     x = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", false, smallest, smallest);
  EXPECT_NEAR(Compare(x, x).acrossBands, 1.0, 1e-6);
  const Picture small = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", false, smallest, smallest - 1);
  EXPECT_TRUE(std::isnan(Compare(small, small).withinBands));
  EXPECT_TRUE(std::isnan(Compare(small, small).acrossBands));
}

TEST(StructuralTextureSimilarity, CountsOnlyWindowsInTheMask)
{
  const Picture             x = MetricsTest::ReadPicture("BrainProtonDensitySlice256x256.png", false);
  Picture                   y = x;
  std::vector<std::uint8_t> mask(x.Pixels());
  for (std::size_t i = 0; i < x.Pixels(); ++i)
  {
    mask[i] = i / x.width < 100 ? 1 : 0;
    y.values[i] = i / x.width < 180 ? y.values[i] : 255.0f - 0.5f * y.values[i];
  }
  // Bands reach far, so that a little is seen.
  const double inside = Compare(x, y, mask.data()).withinBands;
  const double all = Compare(x, y).withinBands;
  for (std::uint8_t & m : mask)
  {
    m = 1 - m;
  }
  const double outside = Compare(x, y, mask.data()).withinBands;
  EXPECT_LT(outside, all);
  EXPECT_LT(all, inside);
  EXPECT_LT(1.0 - inside, 0.5 * (1.0 - outside));
  std::fill(mask.begin(), mask.end(), std::uint8_t{ 0 });
  EXPECT_TRUE(std::isnan(Compare(x, y, mask.data()).withinBands));
}
