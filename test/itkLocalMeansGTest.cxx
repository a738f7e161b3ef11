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
#include "../src/tone/itkLocalMeans.h"
#include "ColorizationTestUtilities.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <thread>
#include <vector>

namespace
{
using itk::colorization::ComputeLocalMeans;
using itk::colorization::LocalMeansParameters;
using itk::colorization::LocalMeansReach;
using itk::colorization::VolumeView;

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

std::size_t
CountOf(const VolumeView & view)
{
  return view.size[0] * view.size[1] * view.size[2];
}

/** value(x, y, z) for each voxel, counted from the view's first. */
template <typename TValue>
std::vector<float>
VolumeOf(const VolumeView & view, const TValue & value)
{
  std::vector<float> volume;
  volume.reserve(CountOf(view));
  for (std::size_t z = 0; z < view.size[2]; ++z)
  {
    for (std::size_t y = 0; y < view.size[1]; ++y)
    {
      for (std::size_t x = 0; x < view.size[0]; ++x)
      {
        volume.push_back(static_cast<float>(value(x, y, z)));
      }
    }
  }
  return volume;
}

/** Values between 0 and 1 that have no order. */
std::vector<float>
NoiseVolume(const VolumeView & view, std::uint32_t seed)
{
  std::vector<float> volume(CountOf(view));
  for (std::size_t i = 0; i < volume.size(); ++i)
  {
    volume[i] = static_cast<float>(ColorizationTest::Noise(seed * 1000003u + static_cast<std::uint32_t>(i)));
  }
  return volume;
}

/** As many voxels a cell as this, along each axis: then sums have closed forms. */
LocalMeansParameters
ParametersOfCell(double cell, unsigned int bins)
{
  LocalMeansParameters parameters;
  parameters.radius = cell * std::sqrt(5.0 / 6.0);
  parameters.bins = bins;
  return parameters;
}
} // namespace

TEST(LocalMeans, OfAConstantAreTheConstant)
{
  const VolumeView         view{ { { 23, 17, 19 } }, { { 0.8, 1.3, 2.1 } }, { { -7, 5, 11 } } };
  const std::vector<float> guide = NoiseVolume(view, 1);
  const std::vector<float> weight = NoiseVolume(view, 2);
  const std::vector<float> first(CountOf(view), 73.25f);
  const std::vector<float> second(CountOf(view), -12.5f);
  std::vector<float>       firstMean(CountOf(view));
  std::vector<float>       secondMean(CountOf(view));
  for (const unsigned int bins : { 1u, 2u, 24u })
  {
    LocalMeansParameters parameters;
    parameters.bins = bins;
    ComputeLocalMeans(view,
                      guide.data(),
                      weight.data(),
                      { first.data(), second.data() },
                      { first.data(), second.data() },
                      parameters,
                      { firstMean.data(), secondMean.data() });
    for (std::size_t i = 0; i < CountOf(view); ++i)
    {
      ASSERT_NEAR(firstMean[i], 73.25f, 1e-3f) << bins << " bins, voxel " << i;
      ASSERT_NEAR(secondMean[i], -12.5f, 2e-4f) << bins << " bins, voxel " << i;
    }
  }
}

TEST(LocalMeans, NeighborhoodHasTheRadius)
{
  // The mean of x is x, that of x^2 is larger by the variance; all of a cell's volume counts at each voxel.
  constexpr std::size_t    cell = 8;
  const VolumeView         view{ { { 10 * cell, 6 * cell, 6 * cell } }, { { 1.0, 1.0, 1.0 } }, {} };
  const auto               parameters = ParametersOfCell(cell, 1);
  const std::vector<float> weight(CountOf(view), 1.0f);
  const auto               place = VolumeOf(view, [](std::size_t x, std::size_t, std::size_t) { return x; });
  const auto               square = VolumeOf(view, [](std::size_t x, std::size_t, std::size_t) { return x * x; });
  std::vector<float>       placeMean(CountOf(view));
  std::vector<float>       squareMean(CountOf(view));
  std::vector<float>       support(CountOf(view));
  ComputeLocalMeans(view,
                    nullptr,
                    weight.data(),
                    { place.data(), square.data() },
                    {},
                    parameters,
                    { placeMean.data(), squareMean.data() },
                    support.data());
  const auto        reach = LocalMeansReach(view.spacing, parameters);
  const std::size_t row = (view.size[2] / 2 * view.size[1] + view.size[1] / 2) * view.size[0];
  double            variance = 0.0;
  std::size_t       count = 0;
  for (std::size_t x = reach[0]; x + reach[0] < view.size[0]; ++x)
  {
    EXPECT_NEAR(placeMean[row + x], x, 1e-3) << x;
    EXPECT_NEAR(support[row + x], cell * cell * cell, 0.01) << x;
    if (count < cell)
    {
      variance += squareMean[row + x] - static_cast<double>(x * x);
      ++count;
    }
  }
  ASSERT_EQ(count, cell);
  EXPECT_NEAR(variance / count, parameters.radius * parameters.radius, 0.02 * parameters.radius * parameters.radius);
}

TEST(LocalMeans, GuidesAreKeptApart)
{
  // One half is dark in the guide and 10, the other is light and 90.
  const VolumeView         view{ { { 40, 20, 20 } }, { { 1.0, 1.0, 1.0 } }, {} };
  const auto               isLight = [](std::size_t x, std::size_t, std::size_t) { return x >= 20 ? 1.0 : 0.0; };
  const auto               light = VolumeOf(view, isLight);
  std::vector<float>       guide(CountOf(view));
  std::vector<float>       value(CountOf(view));
  const std::vector<float> weight(CountOf(view), 1.0f);
  std::vector<float>       mean(CountOf(view));
  for (std::size_t i = 0; i < CountOf(view); ++i)
  {
    guide[i] = 0.2f + 0.6f * light[i];
    value[i] = 10.0f + 80.0f * light[i];
  }
  LocalMeansParameters parameters;
  ASSERT_EQ(parameters.bins, 24u);
  ComputeLocalMeans(view, guide.data(), weight.data(), { value.data() }, {}, parameters, { mean.data() });
  for (std::size_t i = 0; i < CountOf(view); ++i)
  {
    ASSERT_NEAR(mean[i], value[i], 0.01f * value[i]) << "voxel " << i;
  }
  // Without the guide, both halves are mixed where they meet.
  parameters.bins = 1;
  ComputeLocalMeans(view, guide.data(), weight.data(), { value.data() }, {}, parameters, { mean.data() });
  const std::size_t row = (10 * view.size[1] + 10) * view.size[0];
  EXPECT_GT(mean[row + 19], 40.0f);
  EXPECT_LT(mean[row + 20], 60.0f);
}

TEST(LocalMeans, LeanOnPriors)
{
  const VolumeView view{ { { 60, 9, 9 } }, { { 1.0, 1.5, 2.0 } }, {} };
  const auto       weight = VolumeOf(view, [](std::size_t x, std::size_t, std::size_t) { return x < 10 ? 0.7 : 0.0; });
  const auto       prior = VolumeOf(view, [](std::size_t x, std::size_t y, std::size_t) { return 3.0 * x - y; });
  std::vector<float>   value(CountOf(view), 25.0f);
  std::vector<float>   mean(CountOf(view));
  std::vector<float>   support(CountOf(view));
  LocalMeansParameters parameters;
  parameters.radius = 3.0;
  parameters.bins = 1;
  parameters.priorVolume = 20.0;
  // What is not counted may hold anything.
  for (std::size_t i = 0; i < CountOf(view); ++i)
  {
    value[i] = weight[i] > 0.0f ? value[i] : std::nanf("");
  }
  ComputeLocalMeans(view,
                    nullptr,
                    weight.data(),
                    { value.data() },
                    { prior.data() },
                    parameters,
                    { mean.data() },
                    support.data());
  std::size_t alone = 0;
  std::size_t both = 0;
  for (std::size_t i = 0; i < CountOf(view); ++i)
  {
    const double wanted = (support[i] * 25.0 + 20.0 * prior[i]) / (support[i] + 20.0);
    ASSERT_NEAR(mean[i], wanted, 1e-3) << "voxel " << i;
    alone += support[i] == 0.0f ? 1 : 0;
    both += support[i] > 10.0f ? 1 : 0;
    if (i % view.size[0] >= 10 + LocalMeansReach(view.spacing, parameters)[0])
    {
      ASSERT_FLOAT_EQ(mean[i], prior[i]) << "voxel " << i;
    }
  }
  EXPECT_GT(alone, CountOf(view) / 4);
  EXPECT_GT(both, CountOf(view) / 10);

  ComputeLocalMeans(view, nullptr, weight.data(), { value.data() }, {}, parameters, { mean.data() }, support.data());
  for (std::size_t i = 0; i < CountOf(view); ++i)
  {
    ASSERT_NEAR(mean[i], support[i] > 0.0f ? 25.0f : 0.0f, 1e-3f) << "voxel " << i;
  }
}

TEST(LocalMeans, SameBitsForAnyThreadsAndInPlace)
{
  const VolumeView         view{ { { 31, 26, 29 } }, { { 0.9, 1.1, 1.6 } }, { { 4, -3, 100 } } };
  const std::vector<float> guide = NoiseVolume(view, 3);
  const std::vector<float> weight = NoiseVolume(view, 4);
  const std::vector<float> value = NoiseVolume(view, 5);
  const std::vector<float> prior = NoiseVolume(view, 6);
  std::vector<float>       alone(CountOf(view));
  std::vector<float>       together = value;
  std::vector<float>       aloneSupport(CountOf(view));
  std::vector<float>       togetherSupport(CountOf(view));
  const auto               compute = [&](const float *                          channel,
                           std::vector<float> &                   mean,
                           std::vector<float> &                   support,
                           const itk::colorization::ParallelFor & parallelFor)
  {
    ComputeLocalMeans(view,
                      guide.data(),
                      weight.data(),
                      { channel },
                      { prior.data() },
                      LocalMeansParameters(),
                      { mean.data() },
                      support.data(),
                      parallelFor);
  };
  compute(value.data(), alone, aloneSupport, itk::colorization::SerialFor);
  compute(together.data(), together, togetherSupport, TwoThreads);
  EXPECT_TRUE(alone == together);
  EXPECT_TRUE(aloneSupport == togetherSupport);
}

TEST(LocalMeans, APartGivesTheSameBits)
{
  const VolumeView           whole{ { { 48, 44, 40 } }, { { 0.9, 1.1, 1.6 } }, { { -5, 2, 0 } } };
  const std::vector<float>   guide = NoiseVolume(whole, 7);
  const std::vector<float>   weight = NoiseVolume(whole, 8);
  const std::vector<float>   value = NoiseVolume(whole, 9);
  std::vector<float>         mean(CountOf(whole));
  LocalMeansParameters       parameters;
  std::array<std::size_t, 3> first{ { 19, 21, 17 } };
  std::array<std::size_t, 3> last{ { 26, 23, 24 } };
  parameters.radius = 3.0;
  ComputeLocalMeans(whole, guide.data(), weight.data(), { value.data() }, {}, parameters, { mean.data() });

  // The part is the inside, first ... last, with what it depends on.
  const auto                 reach = LocalMeansReach(whole.spacing, parameters);
  VolumeView                 part = whole;
  std::array<std::size_t, 3> begin{};
  for (std::size_t axis = 0; axis < 3; ++axis)
  {
    ASSERT_GE(first[axis], reach[axis]);
    ASSERT_LT(last[axis] + reach[axis], whole.size[axis]);
    begin[axis] = first[axis] - reach[axis];
    part.size[axis] = last[axis] + reach[axis] + 1 - begin[axis];
    part.start[axis] = whole.start[axis] + static_cast<std::ptrdiff_t>(begin[axis]);
  }
  const auto inWhole = [&](std::size_t x, std::size_t y, std::size_t z)
  { return ((z + begin[2]) * whole.size[1] + y + begin[1]) * whole.size[0] + x + begin[0]; };
  const auto cut = [&](const std::vector<float> & volume)
  { return VolumeOf(part, [&](std::size_t x, std::size_t y, std::size_t z) { return volume[inWhole(x, y, z)]; }); };
  const auto         partGuide = cut(guide);
  const auto         partWeight = cut(weight);
  const auto         partValue = cut(value);
  std::vector<float> partMean(CountOf(part));
  ComputeLocalMeans(part,
                    partGuide.data(),
                    partWeight.data(),
                    { partValue.data() },
                    {},
                    parameters,
                    { partMean.data() });
  for (std::size_t z = reach[2]; z + reach[2] < part.size[2]; ++z)
  {
    for (std::size_t y = reach[1]; y + reach[1] < part.size[1]; ++y)
    {
      for (std::size_t x = reach[0]; x + reach[0] < part.size[0]; ++x)
      {
        ASSERT_EQ(partMean[(z * part.size[1] + y) * part.size[0] + x], mean[inWhole(x, y, z)])
          << x << ' ' << y << ' ' << z;
      }
    }
  }
  // Elsewhere the part lacks neighbors, which shows that its start counts.
  EXPECT_NE(partMean.front(), mean[inWhole(0, 0, 0)]);
}
