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
#include "itkDeepFeatureMetrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace
{
using itk::colorization::FeatureMaps;
using itk::colorization::FeatureSamples;
using itk::colorization::FrechetDistance;
using itk::colorization::LearnedPerceptualDistance;

/** Four samples in the plane, around `centre`, with standard deviations `a` and `b` along axes that are turned. */
FeatureSamples
MakeCross(double centreX, double centreY, double a, double b, double turn)
{
  // The variance of +-d, 0, 0 over 3 is 2 d^2 / 3.
  const double   reach = std::sqrt(1.5);
  FeatureSamples samples{ 4, 2 };
  for (const auto & [u, v] : { std::pair{ a, 0.0 }, std::pair{ -a, 0.0 }, std::pair{ 0.0, b }, std::pair{ 0.0, -b } })
  {
    samples.values.push_back(static_cast<float>(centreX + reach * (u * std::cos(turn) - v * std::sin(turn))));
    samples.values.push_back(static_cast<float>(centreY + reach * (u * std::sin(turn) + v * std::cos(turn))));
  }
  return samples;
}

template <typename TCall>
void
ExpectRefusal(const TCall & call, const std::string & part)
{
  try
  {
    call();
    ADD_FAILURE() << "No exception, but one with: " << part;
  }
  catch (const std::invalid_argument & error)
  {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}
} // namespace

TEST(FrechetDistance, HasItsClosedFormForAlignedGaussians)
{
  const auto x = MakeCross(0.0, 0.0, 3.0, 1.0, 0.4);
  const auto y = MakeCross(3.0, 4.0, 5.0, 2.0, 0.4);
  // |mean|^2 + the squared differences of standard deviations.
  EXPECT_NEAR(FrechetDistance(x, y), 25.0 + 4.0 + 1.0, 1e-5);
  EXPECT_NEAR(FrechetDistance(y, x), 25.0 + 4.0 + 1.0, 1e-5);
}

TEST(FrechetDistance, HasItsClosedFormForCrossedGaussians)
{
  const double quarter = std::acos(0.0);
  const auto   x = MakeCross(0.0, 0.0, 6.0, 1.0, 0.0);
  const auto   y = MakeCross(0.0, 0.0, 2.0, 3.0, quarter);
  // y has a deviation of 3 along the first axis, and 2 along the second.
  EXPECT_NEAR(FrechetDistance(x, y), 9.0 + 1.0, 1e-5);
  // In the plane, tr (A B)^(1/2) = sqrt(tr(A B) + 2 sqrt(det(A B))).
  const double angle = 0.7;
  const auto   z = MakeCross(0.0, 0.0, 2.0, 3.0, angle);
  const double c2 = std::cos(angle) * std::cos(angle);
  const double trace = 36.0 * (4.0 * c2 + 9.0 * (1.0 - c2)) + (4.0 * (1.0 - c2) + 9.0 * c2);
  EXPECT_NEAR(FrechetDistance(x, z), 37.0 + 13.0 - 2.0 * std::sqrt(trace + 2.0 * 6.0 * 6.0), 1e-4);
}

TEST(FrechetDistance, IsZeroForEqualSets)
{
  const auto x = MakeCross(1.0, 2.0, 3.0, 0.0, 0.4);
  EXPECT_NEAR(FrechetDistance(x, x), 0.0, 1e-9);
}

TEST(FrechetDistance, RefusesFewerSamplesThanDimensions)
{
  const FeatureSamples enough{ 3, 3, { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
  const FeatureSamples few{ 2, 3, { 1, 0, 0, 0, 1, 0 } };
  EXPECT_NO_THROW(FrechetDistance(enough, enough));
  ExpectRefusal(
    [&]() { FrechetDistance(enough, few); },
    "There are 2 samples of 3 dimensions, but at least 3 are needed: with fewer, the covariance is singular.");
  ExpectRefusal([&]() { FrechetDistance(enough, MakeCross(0.0, 0.0, 1.0, 1.0, 0.0)); }, "3 and 2 dimensions");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  ExpectRefusal([&]() { FrechetDistance({ 2, 1, { 1, nan } }, { 2, 1, { 1, 2 } }); }, "Features are NaN or infinite");
  ExpectRefusal([&]() { FrechetDistance({ 3, 3, { 1, 2 } }, enough); }, "There are 2 features, but 3 samples of 3");
}

TEST(LearnedPerceptualDistance, HasItsClosedForm)
{
  // One pixel: lengths do not count, so that (3, 0) and (0, 5) are (1, 0) and (0, 1).
  const FeatureMaps x{ 2, 1, { 3.0f, 0.0f } };
  const FeatureMaps y{ 2, 1, { 0.0f, 5.0f } };
  EXPECT_NEAR(LearnedPerceptualDistance({ x }, { y }, { { 0.25f, 2.0f } }), 2.25, 1e-6);
  // Two pixels, of which one is alike: the mean. Layers are summed.
  const FeatureMaps x2{ 2, 2, { 3.0f, 1.0f, 0.0f, 1.0f } };
  const FeatureMaps y2{ 2, 2, { 0.0f, 2.0f, 5.0f, 2.0f } };
  EXPECT_NEAR(LearnedPerceptualDistance({ x2 }, { y2 }, { { 0.25f, 2.0f } }), 1.125, 1e-6);
  EXPECT_NEAR(LearnedPerceptualDistance({ x, x2 }, { y, y2 }, { { 0.25f, 2.0f }, { 1.0f, 1.0f } }), 2.25 + 1.0, 1e-6);
  EXPECT_EQ(LearnedPerceptualDistance({ x, x2 }, { x, x2 }, { { 0.25f, 2.0f }, { 1.0f, 1.0f } }), 0.0);
  // Of 700 pixels the last one differs.
  FeatureMaps many{ 2, 700, std::vector<float>(1400, 1.0f) };
  FeatureMaps spoiled = many;
  spoiled.values[1399] = 0.0f;
  const double one = 2.0 * (1.0 - std::sqrt(0.5));
  EXPECT_NEAR(LearnedPerceptualDistance({ many }, { spoiled }, { { 1.0f, 1.0f } }), one / 700.0, 1e-9);
  std::vector<float> pixels(700, 0.0f);
  pixels[0] = 3.0f;
  pixels[699] = 1.0f;
  EXPECT_NEAR(LearnedPerceptualDistance({ many }, { spoiled }, { { 1.0f, 1.0f } }, { pixels }), one / 4.0, 1e-6);
  // A pixel without any feature has no direction.
  EXPECT_NEAR(LearnedPerceptualDistance({ { 2, 1, { 0.0f, 0.0f } } }, { y }, { { 1.0f, 1.0f } }), 1.0, 1e-6);
}

TEST(LearnedPerceptualDistance, RefusesWhatDoesNotMatch)
{
  const FeatureMaps x{ 2, 1, { 3.0f, 0.0f } };
  const FeatureMaps wide{ 1, 2, { 3.0f, 0.0f } };
  ExpectRefusal([&]() { LearnedPerceptualDistance({ x }, { x, x }, { { 1.0f, 1.0f } }); }, "There are 1 and 2 layers");
  ExpectRefusal(
    [&]() {
      LearnedPerceptualDistance({ x }, { wide }, { { 1.0f, 1.0f } });
    },
    "2 channels of 1 pixels in one image, 1 of 2 in the other, and 2 weights");
  ExpectRefusal([&]() { LearnedPerceptualDistance({ x }, { x }, { { 1.0f } }); }, "and 1 weights");
  const std::vector<std::vector<float>> weights{ { 1.0f, 1.0f } };
  ExpectRefusal(
    [&]() {
      LearnedPerceptualDistance({ x }, { x }, weights, { { 1.0f, 1.0f } });
    },
    "A layer has 1 pixels, but weights of 2.");
  ExpectRefusal([&]() { LearnedPerceptualDistance({ x }, { x }, weights, { { 0.0f } }); },
                "No pixel of a layer has a weight");
}
