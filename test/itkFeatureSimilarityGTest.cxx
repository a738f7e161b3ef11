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
#include "itkFeatureSimilarity.h"

#include "MetricsTestUtilities.h"

namespace
{
using itk::colorization::FeatureSimilarity;
using itk::colorization::FeatureSimilarityReport;
using MetricsTest::Picture;

FeatureSimilarityReport
Compare(const Picture & x, const Picture & y, double range = 255.0, const std::uint8_t * mask = nullptr)
{
  const FeatureSimilarity similarity(x.width, x.height);
  return x.components == 3 ? similarity.CompareColors(x.values.data(), y.values.data(), range, mask)
                           : similarity.CompareGray(x.values.data(), y.values.data(), range, mask);
}

/** The picture, repeated. */
Picture
Tile(const Picture & in, std::size_t width, std::size_t height)
{
  Picture out{ width, height, in.components, std::vector<float>(width * height * in.components) };
  for (std::size_t i = 0; i < out.values.size(); ++i)
  {
    const std::size_t c = i / out.Pixels();
    const std::size_t x = i % out.Pixels() % width;
    const std::size_t y = i % out.Pixels() / width;
    out.values[i] = in.values[c * in.Pixels() + y % in.height * in.width + x % in.width];
  }
  return out;
}
} // namespace

TEST(FeatureSimilarity, EqualsNumPyOnRealPictures)
{
  // Sizes that the FFT takes as they are, sizes with larger prime factors, and sizes that are reduced by 2 and by 3.
  const Picture head = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", true);
  for (const auto & size : { std::array<std::size_t, 2>{ { 120, 128 } },
                             std::array<std::size_t, 2>{ { 142, 167 } },
                             std::array<std::size_t, 2>{ { 410, 385 } },
                             std::array<std::size_t, 2>{ { 700, 650 } } })
  {
    const Picture x = Tile(head, size[0], size[1]);
    const Picture y = MetricsTest::WithNoise(x, 40.0);
    const auto    found = Compare(x, y);
    auto          oracle = MetricsTest::AskOracle(x, y);
    EXPECT_NEAR(found.luminance, oracle.at("fsim"), 2e-5) << size[0] << " x " << size[1];
    EXPECT_NEAR(found.color, oracle.at("fsimc"), 2e-5) << size[0] << " x " << size[1];
    EXPECT_LT(found.color, found.luminance);
  }
  const Picture x = MetricsTest::ReadPicture("BrainProtonDensitySlice256x256.png", false);
  const Picture y = MetricsTest::WithNoise(x, 40.0);
  EXPECT_NEAR(Compare(x, y).luminance, MetricsTest::AskOracle(x, y).at("fsim"), 2e-5);
  EXPECT_TRUE(std::isnan(Compare(x, y).color));
}

TEST(FeatureSimilarity, IsOneForEqualPicturesAndSymmetric)
{
  const Picture x = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", true);
  const Picture y = MetricsTest::WithNoise(x, 40.0);
  EXPECT_NEAR(Compare(x, x).luminance, 1.0, 1e-8);
  EXPECT_NEAR(Compare(x, x).color, 1.0, 1e-8);
  EXPECT_NEAR(Compare(x, y).color, Compare(y, x).color, 1e-6);
}

TEST(FeatureSimilarity, HasNoValueWithoutFeatures)
{
  const Picture dark{ 40, 40, 1, std::vector<float>(1600, 7.3f) };
  const Picture bright{ 40, 40, 1, std::vector<float>(1600, 210.1f) };
  EXPECT_TRUE(std::isnan(Compare(dark, bright).luminance));
}

TEST(FeatureSimilarity, DoesNotDependOnTheRangeOfValues)
{
  const Picture x = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", true);
  const Picture y = MetricsTest::WithNoise(x, 40.0);
  Picture       x16 = x;
  Picture       y16 = y;
  for (std::size_t i = 0; i < x.values.size(); ++i)
  {
    x16.values[i] *= 257.0f;
    y16.values[i] *= 257.0f;
  }
  EXPECT_NEAR(Compare(x16, y16, 65535.0).color, Compare(x, y).color, 1e-6);
}

TEST(FeatureSimilarity, CountsOnlyWhatIsInTheMask)
{
  const Picture             x = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", true);
  Picture                   y = x;
  std::vector<std::uint8_t> mask(x.Pixels());
  for (std::size_t i = 0; i < x.Pixels(); ++i)
  {
    mask[i] = i / x.width < 60 ? 1 : 0;
    for (std::size_t c = 0; c < 3 && i / x.width >= 120; ++c)
    {
      y.values[c * x.Pixels() + i] = 255.0f - y.values[c * x.Pixels() + i];
    }
  }
  // Filters reach far and noise is estimated of the whole, so that a little is seen.
  const double inside = Compare(x, y, 255.0, mask.data()).color;
  const double all = Compare(x, y).color;
  for (std::uint8_t & m : mask)
  {
    m = 1 - m;
  }
  const double outside = Compare(x, y, 255.0, mask.data()).color;
  EXPECT_LT(outside, all);
  EXPECT_LT(all, inside);
  EXPECT_LT(1.0 - inside, 0.3 * (1.0 - outside));
  std::fill(mask.begin(), mask.end(), std::uint8_t{ 0 });
  EXPECT_TRUE(std::isnan(Compare(x, y, 255.0, mask.data()).color));
}
