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
#include "itkStructuralSimilarity.h"

#include "MetricsTestUtilities.h"

namespace
{
using itk::colorization::MultiScaleStructuralSimilarity;
using itk::colorization::StructuralSimilarity;
using itk::colorization::StructuralSimilarityParameters;
using MetricsTest::Picture;

double
Compare(const Picture & x, const Picture & y, const std::uint8_t * mask = nullptr)
{
  return StructuralSimilarity(x.values.data(), y.values.data(), { { x.width, x.height, 1 } }, {}, mask).similarity;
}

/** Two patterns of 64 x 64 pixels in 0..1. */
std::array<std::vector<float>, 2>
MakePatterns()
{
  std::array<std::vector<float>, 2> patterns;
  for (int i = 0; i < 64; ++i)
  {
    for (int j = 0; j < 64; ++j)
    {
      const double x = 0.5 + 0.4 * std::sin(0.3 * i) * std::cos(0.2 * j);
      patterns[0].push_back(static_cast<float>(x));
      patterns[1].push_back(static_cast<float>(0.8 * x + 0.05 + 0.05 * std::sin(1.7 * i + 0.9 * j)));
    }
  }
  return patterns;
}

/** The formula at one window, in its plainest form. */
double
BruteForce(const std::vector<float> &         x,
           const std::vector<float> &         y,
           const std::array<std::size_t, 3> & size,
           const std::array<std::size_t, 3> & centre,
           int                                radius)
{
  double    weightSum = 0.0;
  double    sums[5] = {};
  const int radiusZ = size[2] > 1 ? radius : 0;
  for (int dz = -radiusZ; dz <= radiusZ; ++dz)
  {
    for (int dy = -radius; dy <= radius; ++dy)
    {
      for (int dx = -radius; dx <= radius; ++dx)
      {
        const double      weight = std::exp(-(dx * dx + dy * dy + dz * dz) / (2.0 * 1.5 * 1.5));
        const std::size_t i = ((centre[2] + dz) * size[1] + centre[1] + dy) * size[0] + centre[0] + dx;
        const double      a = x[i];
        const double      b = y[i];
        weightSum += weight;
        sums[0] += weight * a;
        sums[1] += weight * b;
        sums[2] += weight * a * a;
        sums[3] += weight * b * b;
        sums[4] += weight * a * b;
      }
    }
  }
  for (double & sum : sums)
  {
    sum /= weightSum;
  }
  const double c1 = std::pow(0.01 * 255.0, 2.0);
  const double c2 = std::pow(0.03 * 255.0, 2.0);
  const double variances = sums[2] - sums[0] * sums[0] + sums[3] - sums[1] * sums[1];
  return (2.0 * sums[0] * sums[1] + c1) * (2.0 * (sums[4] - sums[0] * sums[1]) + c2) /
         ((sums[0] * sums[0] + sums[1] * sums[1] + c1) * (variances + c2));
}
} // namespace

TEST(StructuralSimilarity, HasTheSpecifiedValues)
{
  const auto                          patterns = MakePatterns();
  const std::map<std::size_t, double> expected{ { 11, 0.891582 },
                                                { 9, 0.890449 },
                                                { 7, 0.883667 },
                                                { 5, 0.856626 },
                                                { 3, 0.761445 } };
  for (const auto & [window, similarity] : expected)
  {
    StructuralSimilarityParameters parameters;
    parameters.windowSize = window;
    parameters.range = 1.0;
    const auto report = StructuralSimilarity(patterns[0].data(), patterns[1].data(), { { 64, 64, 1 } }, parameters);
    EXPECT_NEAR(report.similarity, similarity, 5e-7) << "window " << window;
    EXPECT_EQ(report.windows, (65 - window) * (65 - window));
  }
}

TEST(StructuralSimilarity, EqualsScikitImageOnRealPictures)
{
  for (const char * name : { "BrainProtonDensitySlice256x256.png", "VisibleWomanHeadSlice.png", "FatMRISlice.png" })
  {
    const Picture x = MetricsTest::ReadPicture(name, true);
    const Picture y = MetricsTest::WithNoise(x, 20.0);
    auto          oracle = MetricsTest::AskOracle(x, y);
    for (std::size_t c = 0; c < 3; ++c)
    {
      const std::size_t first = c * x.Pixels();
      const auto        report =
        StructuralSimilarity(x.values.data() + first, y.values.data() + first, { { x.width, x.height, 1 } }, {});
      EXPECT_NEAR(report.similarity, oracle.at("ssim" + std::to_string(c)), 1e-8) << name;
    }
  }
}

TEST(StructuralSimilarity, EqualsScikitImageOnARealVolume)
{
  using VolumeType = itk::Image<float, 3>;
  const auto         head = itk::ReadImage<VolumeType>("/usr/share/mricron/templates/ch2.nii.gz");
  std::vector<float> x;
  for (int z = 60; z < 78; ++z)
  {
    for (int y = 40; y < 85; ++y)
    {
      for (int column = 30; column < 83; ++column)
      {
        x.push_back(head->GetPixel({ { column, y, z } }));
      }
    }
  }
  const Picture                    noisy = MetricsTest::WithNoise({ 53, 45 * 18, 1, x }, 30.0);
  const std::array<std::size_t, 3> size{ { 53, 45, 18 } };
  EXPECT_NEAR(StructuralSimilarity(x.data(), noisy.values.data(), size, {}).similarity,
              MetricsTest::AskOracle(x, noisy.values, 1, size).at("ssim"),
              1e-8);
}

TEST(StructuralSimilarity, MapEqualsBruteForceInTwoAndThreeDimensions)
{
  for (const std::array<std::size_t, 3> & size :
       { std::array<std::size_t, 3>{ { 17, 14, 1 } }, std::array<std::size_t, 3>{ { 12, 13, 15 } } })
  {
    const std::size_t count = size[0] * size[1] * size[2];
    Picture           x{ count, 1, 1, std::vector<float>(count, 100.0f) };
    x = MetricsTest::WithNoise(x, 80.0);
    const Picture y =
      MetricsTest::WithNoise({ count, 1, 1, std::vector<float>(x.values.rbegin(), x.values.rend()) }, 30.0);
    std::vector<float> map(count, -7.0f);
    StructuralSimilarity(x.values.data(), y.values.data(), size, {}, nullptr, map.data());
    const std::size_t lastZ = size[2] > 1 ? size[2] - 6 : 0;
    for (std::size_t z = size[2] > 1 ? 5 : 0; z <= lastZ; ++z)
    {
      for (std::size_t row = 5; row + 5 < size[1]; ++row)
      {
        for (std::size_t column = 5; column + 5 < size[0]; ++column)
        {
          EXPECT_NEAR(map[(z * size[1] + row) * size[0] + column],
                      BruteForce(x.values, y.values, size, { { column, row, z } }, 5),
                      1e-6);
        }
      }
    }
    EXPECT_EQ(map.front(), -7.0f);
  }
}

TEST(StructuralSimilarity, CountsOnlyWindowsWithTheirCentreInTheMask)
{
  const Picture             x = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", false);
  const Picture             y = MetricsTest::WithNoise(x, 20.0);
  std::vector<std::uint8_t> mask(x.Pixels());
  std::vector<float>        map(x.Pixels());
  StructuralSimilarity(x.values.data(), y.values.data(), { { x.width, x.height, 1 } }, {}, nullptr, map.data());
  double sum = 0.0;
  int    count = 0;
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    const std::size_t column = i % x.width;
    const std::size_t row = i / x.width;
    mask[i] = column < 40 && row % 3 == 0 ? 200 : 0;
    if (mask[i] != 0 && column >= 5 && row >= 5 && row + 5 < x.height)
    {
      sum += map[i];
      ++count;
    }
  }
  EXPECT_NEAR(Compare(x, y, mask.data()), sum / count, 1e-6);
  std::fill(mask.begin(), mask.end(), std::uint8_t{ 0 });
  EXPECT_TRUE(std::isnan(Compare(x, y, mask.data())));
}

TEST(StructuralSimilarity, IsOneForEqualPicturesAndNotANumberForSmallOnes)
{
  const Picture x = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", false);
  EXPECT_EQ(Compare(x, x), 1.0);
  const Picture small = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", false, 10, 30);
  EXPECT_TRUE(std::isnan(Compare(small, small)));
}

TEST(StructuralSimilarity, OfAWindowOfAnySizeEqualsBruteForce)
{
  const Picture                  x = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", false, 13, 13);
  const Picture                  y = MetricsTest::WithNoise(x, 20.0);
  StructuralSimilarityParameters parameters;
  parameters.windowSize = 13;
  EXPECT_NEAR(StructuralSimilarity(x.values.data(), y.values.data(), { { 13, 13, 1 } }, parameters).similarity,
              BruteForce(x.values, y.values, { { 13, 13, 1 } }, { { 6, 6, 0 } }, 6),
              1e-9);
}

TEST(MultiScaleStructuralSimilarity, EqualsFullConvolutionsOnRealPictures)
{
  // 256 is halved evenly, 201 and 167 are not.
  for (const auto & size : { std::array<std::size_t, 2>{ { 256, 256 } }, std::array<std::size_t, 2>{ { 201, 167 } } })
  {
    const Picture x = MetricsTest::ReadPicture("FatMRISlice.png", false, size[0], size[1]);
    ASSERT_EQ(x.Pixels(), size[0] * size[1]);
    const Picture y = MetricsTest::WithNoise(x, 60.0);
    EXPECT_NEAR(MultiScaleStructuralSimilarity(x.values.data(), y.values.data(), size, {}),
                MetricsTest::AskOracle(x, y).at("ms_ssim0"),
                1e-6);
  }
}

TEST(MultiScaleStructuralSimilarity, IsOneForEqualPicturesAndNeedsFiveScales)
{
  const Picture x = MetricsTest::ReadPicture("FatMRISlice.png", false, 161, 161);
  EXPECT_NEAR(MultiScaleStructuralSimilarity(x.values.data(), x.values.data(), { { 161, 161 } }, {}), 1.0, 1e-12);
  EXPECT_TRUE(std::isnan(MultiScaleStructuralSimilarity(x.values.data(), x.values.data(), { { 160, 161 } }, {})));
}

TEST(MultiScaleStructuralSimilarity, DoesNotSeeWhatIsFarFromTheMask)
{
  const Picture             x = MetricsTest::ReadPicture("FatMRISlice.png", false);
  Picture                   y = x;
  std::vector<std::uint8_t> mask(x.Pixels());
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    mask[i] = i / x.width < 120 ? 1 : 0;
    y.values[i] = i / x.width < 220 ? y.values[i] : 255.0f - y.values[i];
  }
  EXPECT_LT(MultiScaleStructuralSimilarity(x.values.data(), y.values.data(), { { 256, 256 } }, {}), 0.95);
  EXPECT_NEAR(MultiScaleStructuralSimilarity(x.values.data(), y.values.data(), { { 256, 256 } }, {}, mask.data()),
              1.0,
              1e-12);
}
