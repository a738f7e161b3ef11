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
#include "ColorizationTestUtilities.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <thread>
#include <vector>

namespace
{
using itk::colorization::FitToneCurve;
using itk::colorization::FuseTone;
using itk::colorization::FuseToneReach;
using itk::colorization::PhotographicToneParameters;
using itk::colorization::ToneCurve;

using SizeType = std::array<std::size_t, 3>;
using SpacingType = std::array<double, 3>;

/** Two threads, which go through the iterations from the last to the first. */
void
TwoThreads(std::size_t count, const itk::colorization::LoopBody & body)
{
  const auto run = [&](std::size_t rest)
  {
    for (std::size_t i = count; i-- > 0;)
    {
      if (i % 2 == rest)
      {
        body(i);
      }
    }
  };
  std::thread other(run, 1);
  run(0);
  other.join();
}

/** The curve of a scan whose values are equally frequent, and of which lightness(value) was photographed. */
template <typename TLightness>
ToneCurve
CurveOf(const TLightness & lightness, const PhotographicToneParameters & parameters = PhotographicToneParameters())
{
  constexpr std::size_t    count = 31 * 64 + 1;
  std::vector<float>       scan(count);
  std::vector<float>       photograph(count);
  const std::vector<float> weight(count, 0.5f);
  for (std::size_t i = 0; i < count; ++i)
  {
    scan[i] = static_cast<float>(i) / static_cast<float>(count - 1);
    photograph[i] = static_cast<float>(lightness(scan[i]));
  }
  return FitToneCurve(scan.data(), photograph.data(), weight.data(), count, parameters);
}

/** The least step from one node to the next. */
float
LeastStep(const ToneCurve & curve)
{
  float least = 1e6f;
  for (std::size_t k = 0; k + 1 < curve.lightness.size(); ++k)
  {
    least = std::min(least, curve.lightness[k + 1] - curve.lightness[k]);
  }
  return least;
}

ToneCurve
LineFrom(float first, float last)
{
  ToneCurve curve;
  curve.lightness = { first, last };
  return curve;
}

std::vector<float>
NoiseVolume(std::size_t count, std::uint32_t seed)
{
  std::vector<float> volume(count);
  for (std::size_t i = 0; i < count; ++i)
  {
    volume[i] = static_cast<float>(ColorizationTest::Noise(seed * 1000003u + static_cast<std::uint32_t>(i)));
  }
  return volume;
}
} // namespace

TEST(PhotographicTone, CurveIsLinearBetweenNodes)
{
  ToneCurve curve;
  curve.lightness = { 10.0f, 30.0f, 20.0f };
  EXPECT_FLOAT_EQ(curve(0.0f), 10.0f);
  EXPECT_FLOAT_EQ(curve(0.25f), 20.0f);
  EXPECT_FLOAT_EQ(curve(0.5f), 30.0f);
  EXPECT_FLOAT_EQ(curve(0.75f), 25.0f);
  EXPECT_FLOAT_EQ(curve(1.0f), 20.0f);
  EXPECT_FLOAT_EQ(curve(-3.0f), 10.0f);
  EXPECT_FLOAT_EQ(curve(3.0f), 20.0f);
}

TEST(PhotographicTone, CurveRecoversWhatRisesAndWhatFalls)
{
  const auto rising = [](double value) { return 15.0 + 70.0 * value; };
  const auto falling = [](double value) { return 90.0 - 60.0 * value * value - 20.0 * value; };
  const auto upCurve = CurveOf(rising);
  const auto downCurve = CurveOf(falling);
  EXPECT_EQ(upCurve.lightness.size(), PhotographicToneParameters().bins);
  // The ends lean on their neighbors: less than a node's step.
  for (float value = 0.0f; value <= 1.0f; value += 0.05f)
  {
    const double allowed = value < 0.04f || value > 0.96f ? 2.2 : 0.6;
    EXPECT_NEAR(upCurve(value), rising(value), allowed) << value;
    EXPECT_NEAR(downCurve(value), falling(value), allowed) << value;
  }
}

TEST(PhotographicTone, CurveTurnsWhereThePhotographDoes)
{
  // As in CT: fat is dark and yet light, muscle is brighter and dark, bone is light again.
  const auto valley = [](double value) { return 30.0 + 110.0 * std::abs(value - 0.5); };
  const auto curve = CurveOf(valley);
  for (float value = 0.0f; value <= 1.0f; value += 0.05f)
  {
    EXPECT_NEAR(curve(value), valley(value), 3.0) << value;
  }
  EXPECT_LT(curve(0.5f), curve(0.2f) - 25.0f);
  EXPECT_LT(curve(0.5f), curve(0.8f) - 25.0f);
}

TEST(PhotographicTone, CurveHasTheLeastSlopeAboutTheMean)
{
  PhotographicToneParameters parameters;
  parameters.leastSlope = 36.0;
  const auto curve = CurveOf([](double) { return 48.0; }, parameters);
  EXPECT_NEAR(LeastStep(curve), 36.0 / 31.0, 1e-4);
  EXPECT_NEAR(curve(0.0f), 30.0, 0.1);
  EXPECT_NEAR(curve(0.5f), 48.0, 0.1);
  EXPECT_NEAR(curve(1.0f), 66.0, 0.1);
}

TEST(PhotographicTone, CurveDoesNotMakeSmallTurns)
{
  // From 40 to 70 and back by 12, up to 82.
  const auto dented = [](double value) {
    return value < 0.4 ? 40.0 + 75.0 * value : value < 0.6 ? 70.0 - 60.0 * (value - 0.4) : 58.0 + 60.0 * (value - 0.6);
  };
  PhotographicToneParameters parameters;
  EXPECT_GE(LeastStep(CurveOf(dented, parameters)), 40.0 / 31.0 - 1e-4);
  parameters.leastTurn = 8.0;
  const auto curve = CurveOf(dented, parameters);
  EXPECT_LT(LeastStep(curve), -40.0 / 31.0 + 1e-4);
  EXPECT_NEAR(curve(0.4f) - curve(0.6f), 12.0, 4.0);
}

TEST(PhotographicTone, CurveCountsByWeight)
{
  constexpr std::size_t    count = 4000;
  const std::vector<float> scan = NoiseVolume(count, 1);
  std::vector<float>       photograph(count);
  std::vector<float>       weight(count);
  for (std::size_t i = 0; i < count; ++i)
  {
    weight[i] = i % 3 == 0 ? 0.0f : 1.0f;
    photograph[i] = i % 3 == 0 ? std::nanf("") : 80.0f - 55.0f * scan[i];
  }
  const auto curve = FitToneCurve(scan.data(), photograph.data(), weight.data(), count);
  for (float value = 0.0f; value <= 1.0f; value += 0.1f)
  {
    EXPECT_NEAR(curve(value), 80.0 - 55.0 * value, 1.5) << value;
  }
}

TEST(PhotographicTone, FusedIsThePhotographWhereBothAreFlat)
{
  constexpr SizeType       size{ { 14, 12, 10 } };
  constexpr std::size_t    count = 14 * 12 * 10;
  const std::vector<float> scan(count, 0.35f);
  const std::vector<float> weight(count, 1.0f);
  std::vector<float>       fused(count);
  for (const float lightness : { 0.0f, 37.0f, 100.0f })
  {
    const std::vector<float> photograph(count, lightness);
    FuseTone(LineFrom(90.0f, 10.0f),
             scan.data(),
             photograph.data(),
             weight.data(),
             size,
             { { 1.0, 1.5, 2.0 } },
             PhotographicToneParameters(),
             fused.data());
    for (const float value : fused)
    {
      ASSERT_NEAR(value, lightness, 1e-3f);
    }
  }
}

TEST(PhotographicTone, FusedKeepsTheEdgesOfTheScan)
{
  // The scan has a step where the photograph has none; far away from it, lightness is the photograph's.
  constexpr SizeType         size{ { 120, 24, 24 } };
  constexpr std::size_t      count = 120 * 24 * 24;
  std::vector<float>         scan(count);
  const std::vector<float>   photograph(count, 50.0f);
  const std::vector<float>   weight(count, 1.0f);
  std::vector<float>         fused(count);
  PhotographicToneParameters parameters;
  for (std::size_t i = 0; i < count; ++i)
  {
    scan[i] = i % size[0] < 60 ? 0.3f : 0.8f;
  }
  for (const float slope : { 40.0f, -40.0f })
  {
    FuseTone(LineFrom(50.0f - 0.5f * slope, 50.0f + 0.5f * slope),
             scan.data(),
             photograph.data(),
             weight.data(),
             size,
             { { 1.0, 1.0, 1.0 } },
             parameters,
             fused.data());
    const float * row = fused.data() + (12 * size[1] + 12) * size[0];
    const float   step = 0.5f * slope;
    EXPECT_NEAR(row[60] - row[59], step, 0.15f * std::abs(step));
    EXPECT_NEAR(row[60], 50.0f + 0.5f * step, 0.15f * std::abs(step));
    EXPECT_NEAR(row[5], 50.0f, 1e-3f);
    EXPECT_NEAR(row[114], 50.0f, 1e-3f);
  }
}

TEST(PhotographicTone, NoiseIsNotSeenAsOtherTissues)
{
  // Fat, which is light and noisy, beside muscle, as CT shows them: the curve falls by 40 from one to the other.
  constexpr SizeType         size{ { 40, 24, 24 } };
  constexpr std::size_t      count = 40 * 24 * 24;
  const std::vector<float>   noise = NoiseVolume(count, 3);
  std::vector<float>         scan(count);
  std::vector<float>         photograph(count);
  const std::vector<float>   weight(count, 1.0f);
  std::vector<float>         fused(count);
  PhotographicToneParameters parameters;
  ToneCurve                  curve;
  for (std::size_t k = 0; k <= 20; ++k)
  {
    const float value = 0.05f * static_cast<float>(k);
    curve.lightness.push_back(75.0f - 400.0f * std::min(std::max(value - 0.35f, 0.0f), 0.1f));
  }
  for (std::size_t i = 0; i < count; ++i)
  {
    const bool isFat = i % size[0] < 20;
    scan[i] = (isFat ? 0.3f : 0.6f) + 0.2f * (noise[i] - 0.5f);
    photograph[i] = isFat ? 75.0f : 35.0f;
  }
  FuseTone(curve, scan.data(), photograph.data(), weight.data(), size, { { 1.0, 1.0, 1.0 } }, parameters, fused.data());
  double darkest = 100.0;
  double unsmoothed = 100.0;
  for (std::size_t i = 0; i < count; ++i)
  {
    if (i % size[0] < 16)
    {
      darkest = std::min(darkest, static_cast<double>(fused[i]));
      unsmoothed = std::min(unsmoothed, static_cast<double>(curve(scan[i])));
    }
  }
  EXPECT_LT(unsmoothed, 56.0);
  EXPECT_GT(darkest, 60.0);
  // The border of the tissues stays one.
  const float * row = fused.data() + (12 * size[1] + 12) * size[0];
  EXPECT_GT(row[17] - row[22], 30.0f);
}

TEST(PhotographicTone, FusedHasTheCoarseToneOfThePhotograph)
{
  // A photograph of twice the radius and more; a scan of fine noise: means over a neighborhood are the photograph's.
  constexpr SizeType         size{ { 90, 40, 40 } };
  constexpr std::size_t      count = 90 * 40 * 40;
  const std::vector<float>   scan = NoiseVolume(count, 2);
  const std::vector<float>   weight(count, 1.0f);
  std::vector<float>         photograph(count);
  std::vector<float>         fused(count);
  PhotographicToneParameters parameters;
  parameters.radius = 4.0;
  for (std::size_t i = 0; i < count; ++i)
  {
    photograph[i] = 20.0f + 0.6f * static_cast<float>(i % size[0]);
  }
  FuseTone(LineFrom(25.0f, 75.0f),
           scan.data(),
           photograph.data(),
           weight.data(),
           size,
           { { 1.0, 1.0, 1.0 } },
           parameters,
           fused.data());
  double finest = 0.0;
  for (std::size_t x = 20; x < 70; x += 5)
  {
    double            mean = 0.0;
    std::size_t       number = 0;
    const std::size_t first = x - 3;
    for (std::size_t i = 0; i < count; ++i)
    {
      const std::size_t column = i % size[0];
      if (column >= first && column <= x + 3)
      {
        mean += fused[i];
        ++number;
        finest = std::max(finest, static_cast<double>(std::abs(fused[i] - photograph[i])));
      }
    }
    EXPECT_NEAR(mean / static_cast<double>(number), 20.0 + 0.6 * static_cast<double>(x), 1.0) << x;
  }
  // Yet the noise is there.
  EXPECT_GT(finest, 20.0);
}

TEST(PhotographicTone, FusedStaysWithinLightness)
{
  constexpr SizeType       size{ { 20, 20, 20 } };
  constexpr std::size_t    count = 20 * 20 * 20;
  const std::vector<float> scan = NoiseVolume(count, 3);
  const std::vector<float> photograph = NoiseVolume(count, 4);
  const std::vector<float> weight(count, 1.0f);
  std::vector<float>       fused(count);
  FuseTone(LineFrom(-200.0f, 300.0f),
           scan.data(),
           photograph.data(),
           weight.data(),
           size,
           { { 1.0, 1.0, 1.0 } },
           PhotographicToneParameters(),
           fused.data());
  EXPECT_EQ(*std::min_element(fused.begin(), fused.end()), 0.0f);
  EXPECT_EQ(*std::max_element(fused.begin(), fused.end()), 100.0f);
}

TEST(PhotographicTone, FusedDoesNotTakeToneFromWhereNothingWasPhotographed)
{
  constexpr SizeType       size{ { 40, 12, 12 } };
  constexpr std::size_t    count = 40 * 12 * 12;
  const std::vector<float> scan(count, 0.5f);
  std::vector<float>       photograph(count);
  std::vector<float>       weight(count);
  std::vector<float>       fused(count);
  for (std::size_t i = 0; i < count; ++i)
  {
    weight[i] = i % size[0] < 20 ? 1.0f : 0.0f;
    photograph[i] = i % size[0] < 20 ? 60.0f : 5.0f;
  }
  FuseTone(LineFrom(20.0f, 80.0f),
           scan.data(),
           photograph.data(),
           weight.data(),
           size,
           { { 1.0, 1.0, 1.0 } },
           PhotographicToneParameters(),
           fused.data());
  for (std::size_t i = 0; i < count; ++i)
  {
    // Near the photographed part its tone goes on; far from it, the curve is all that is known.
    const std::size_t x = i % size[0];
    if (x < 24)
    {
      ASSERT_NEAR(fused[i], 60.0f, 1e-3f) << x;
    }
    else
    {
      ASSERT_TRUE(std::abs(fused[i] - 60.0f) < 1e-3f || std::abs(fused[i] - 50.0f) < 1e-3f) << x << ": " << fused[i];
    }
  }
}

TEST(PhotographicTone, SameBitsForAnyThreadsPartsAndInPlace)
{
  constexpr SizeType                      size{ { 44, 40, 36 } };
  constexpr SpacingType                   spacing{ { 1.0, 1.2, 1.7 } };
  constexpr std::array<std::ptrdiff_t, 3> start{ { 3, -8, 21 } };
  constexpr std::size_t                   count = 44 * 40 * 36;
  const std::vector<float>                scan = NoiseVolume(count, 5);
  const std::vector<float>                weight = NoiseVolume(count, 6);
  std::vector<float>                      photograph = NoiseVolume(count, 7);
  PhotographicToneParameters              parameters;
  parameters.radius = 3.5;
  std::for_each(photograph.begin(), photograph.end(), [](float & value) { value *= 100.0f; });
  const ToneCurve curve =
    FitToneCurve(scan.data(), photograph.data(), weight.data(), count, PhotographicToneParameters());
  std::vector<float> whole(count);
  FuseTone(curve,
           scan.data(),
           photograph.data(),
           weight.data(),
           size,
           spacing,
           parameters,
           whole.data(),
           itk::colorization::SerialFor,
           start);
  std::vector<float> inPlace = photograph;
  FuseTone(curve,
           scan.data(),
           inPlace.data(),
           weight.data(),
           size,
           spacing,
           parameters,
           inPlace.data(),
           TwoThreads,
           start);
  EXPECT_TRUE(whole == inPlace);

  // A part from `begin` to the end: all but what lies within reach of where it was cut.
  const SizeType                reach = FuseToneReach(spacing, parameters);
  constexpr SizeType            begin{ { 7, 5, 9 } };
  SizeType                      partSize{};
  std::array<std::ptrdiff_t, 3> partStart{};
  for (std::size_t axis = 0; axis < 3; ++axis)
  {
    partSize[axis] = size[axis] - begin[axis];
    partStart[axis] = start[axis] + static_cast<std::ptrdiff_t>(begin[axis]);
    ASSERT_LT(reach[axis] + 5, partSize[axis]);
  }
  std::vector<std::size_t> inWhole;
  for (std::size_t z = begin[2]; z < size[2]; ++z)
  {
    for (std::size_t y = begin[1]; y < size[1]; ++y)
    {
      for (std::size_t x = begin[0]; x < size[0]; ++x)
      {
        inWhole.push_back((z * size[1] + y) * size[0] + x);
      }
    }
  }
  const auto cut = [&](const std::vector<float> & volume)
  {
    std::vector<float> part;
    for (const std::size_t voxel : inWhole)
    {
      part.push_back(volume[voxel]);
    }
    return part;
  };
  const auto         partScan = cut(scan);
  const auto         partWeight = cut(weight);
  std::vector<float> part = cut(photograph);
  FuseTone(curve,
           partScan.data(),
           part.data(),
           partWeight.data(),
           partSize,
           spacing,
           parameters,
           part.data(),
           TwoThreads,
           partStart);
  std::size_t compared = 0;
  for (std::size_t i = 0; i < part.size(); ++i)
  {
    const SizeType place{ { i % partSize[0], i / partSize[0] % partSize[1], i / partSize[0] / partSize[1] } };
    if (place[0] >= reach[0] && place[1] >= reach[1] && place[2] >= reach[2])
    {
      ASSERT_EQ(part[i], whole[inWhole[i]]) << "voxel " << i;
      ++compared;
    }
  }
  EXPECT_GT(compared, 100u);
}
