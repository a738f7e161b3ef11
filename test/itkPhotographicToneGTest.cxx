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
#include "itkPhotographicTone.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace
{
using itk::colorization::FitToneCurve;
using itk::colorization::FuseTone;
using itk::colorization::PhotographicToneParameters;
using itk::colorization::ToneCurve;

/** Values of a scan from 0 to 1, and what a photograph shows for each. */
template <typename TFunction>
ToneCurve
CurveOf(const TFunction & lightness, const PhotographicToneParameters & parameters = PhotographicToneParameters())
{
  std::vector<float> scan;
  std::vector<float> photograph;
  for (int i = 0; i <= 10000; ++i)
  {
    scan.push_back(static_cast<float>(i) / 10000.0f);
    photograph.push_back(lightness(scan.back()));
  }
  const std::vector<float> weight(scan.size(), 1.0f);
  return FitToneCurve(scan.data(), photograph.data(), weight.data(), scan.size(), parameters);
}

TEST(PhotographicTone, CurveFollowsWhatRisesAndWhatFalls)
{
  const ToneCurve rising = CurveOf([](float s) { return 20.0f + 60.0f * s; });
  const ToneCurve falling = CurveOf([](float s) { return 80.0f - 60.0f * s; });
  for (const float s : { 0.1f, 0.35f, 0.5f, 0.9f })
  {
    EXPECT_NEAR(rising(s), 20.0f + 60.0f * s, 1.0f);
    EXPECT_NEAR(falling(s), 80.0f - 60.0f * s, 1.0f);
  }
}

TEST(PhotographicTone, CurveTurnsForFatInCT)
{
  // Fat is light, muscle dark, bone light.
  const ToneCurve curve = CurveOf([](float s) { return s < 0.5f ? 75.0f - 90.0f * s : 30.0f + 90.0f * (s - 0.5f); });
  EXPECT_NEAR(curve(0.05f), 70.5f, 2.0f);
  EXPECT_NEAR(curve(0.5f), 31.0f, 3.0f);
  EXPECT_NEAR(curve(0.95f), 70.5f, 2.0f);
}

TEST(PhotographicTone, CurveHasAtLeastItsSlope)
{
  const PhotographicToneParameters parameters;
  // A ripple that is too small to turn for, on what is flat.
  const ToneCurve curve = CurveOf([](float s) { return 50.0f + 2.0f * std::sin(20.0f * s) + 1.0f * s; });
  const auto      least = static_cast<float>(parameters.leastSlope / (parameters.bins - 1.0));
  for (std::size_t k = 0; k + 1 < curve.lightness.size(); ++k)
  {
    EXPECT_GE(curve.lightness[k + 1] - curve.lightness[k], 0.999f * least) << k;
  }
  // The mean stays.
  EXPECT_NEAR(curve(0.5f), 50.5f, 2.0f);
}

/** A row of voxels of 1 mm. */
std::vector<float>
FuseRow(const ToneCurve & curve, const std::vector<float> & scan, const std::vector<float> & lightness)
{
  const std::vector<float> weight(scan.size(), 1.0f);
  std::vector<float>       fused(scan.size());
  FuseTone(curve,
           scan.data(),
           lightness.data(),
           weight.data(),
           { { scan.size(), 1, 1 } },
           { { 1.0, 1.0, 1.0 } },
           PhotographicToneParameters(),
           fused.data());
  return fused;
}

TEST(PhotographicTone, FusedHasTheScansEdgesAndThePhotographsTone)
{
  const ToneCurve    falling = CurveOf([](float s) { return 80.0f - 60.0f * s; });
  std::vector<float> scan(200, 0.4f);
  std::fill(scan.begin() + 100, scan.end(), 0.6f);
  const auto fused = FuseRow(falling, scan, std::vector<float>(200, 62.0f));
  // The edge is there, with the photograph's sign; far from it the tone is the photograph's.
  EXPECT_NEAR(fused[100] - fused[99], -12.0f, 1.5f);
  EXPECT_NEAR(fused[10], 62.0f, 0.1f);
  EXPECT_NEAR(fused[190], 62.0f, 0.1f);
}

TEST(PhotographicTone, FusedIsThePhotographWhereBothAreFlat)
{
  const ToneCurve curve = CurveOf([](float s) { return 20.0f + 60.0f * s; });
  for (const float lightness : FuseRow(curve, std::vector<float>(50, 0.3f), std::vector<float>(50, 71.0f)))
  {
    EXPECT_NEAR(lightness, 71.0f, 1e-3f);
  }
}

TEST(PhotographicTone, IsTheScansWhereNothingIsKnown)
{
  const ToneCurve    curve = CurveOf([](float s) { return 20.0f + 60.0f * s; });
  std::vector<float> scan(20, 0.5f);
  std::vector<float> lightness(20, 90.0f);
  std::vector<float> weight(20, 0.0f);
  std::vector<float> fused(20);
  FuseTone(curve,
           scan.data(),
           lightness.data(),
           weight.data(),
           { { 20, 1, 1 } },
           { { 1.0, 1.0, 1.0 } },
           PhotographicToneParameters(),
           fused.data());
  EXPECT_FLOAT_EQ(fused[7], curve(0.5f));
}
} // namespace
