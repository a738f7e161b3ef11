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

#include <gtest/gtest.h>

#include <cmath>
#include <thread>
#include <vector>

namespace
{
using itk::colorization::ComputeLocalMeans;
using itk::colorization::LocalMeansParameters;
using itk::colorization::VolumeView;

void
TwoThreads(std::size_t count, const itk::colorization::LoopBody & body)
{
  const auto half = [&](std::size_t first)
  {
    for (std::size_t i = first; i < count; i += 2)
    {
      body(i);
    }
  };
  std::thread other(half, std::size_t{ 1 });
  half(0);
  other.join();
}

/** A wave, seen through a guide that is another wave. */
struct Case
{
  VolumeView         view{ { { 31, 23, 17 } }, { { 0.8, 1.0, 2.0 } }, {} };
  std::vector<float> guide;
  std::vector<float> weight;
  std::vector<float> value;

  Case()
  {
    for (std::size_t i = 0; i < Count(); ++i)
    {
      const auto x = static_cast<float>(i % view.size[0]);
      const auto y = static_cast<float>(i / view.size[0] % view.size[1]);
      const auto z = static_cast<float>(i / view.size[0] / view.size[1]);
      guide.push_back(0.5f + 0.5f * std::sin(0.3f * x + 0.2f * y));
      weight.push_back(i % 7 == 0 ? 0.0f : 0.25f + 0.1f * static_cast<float>(i % 5));
      value.push_back(10.0f * std::cos(0.2f * x - 0.1f * z) + y);
    }
  }

  std::size_t
  Count() const
  {
    return view.size[0] * view.size[1] * view.size[2];
  }
};

TEST(LocalMeans, OfAConstantAreTheConstant)
{
  const Case         c;
  std::vector<float> constant(c.Count(), 3.5f);
  std::vector<float> mean(c.Count());
  std::vector<float> support(c.Count());
  ComputeLocalMeans(c.view,
                    c.guide.data(),
                    c.weight.data(),
                    { constant.data() },
                    {},
                    {},
                    { mean.data() },
                    support.data());
  for (std::size_t i = 0; i < c.Count(); ++i)
  {
    ASSERT_NEAR(mean[i], 3.5f, 1e-4f) << i;
    ASSERT_GT(support[i], 0.0f) << i;
  }
}

TEST(LocalMeans, KeepApartWhatTheGuideKeepsApart)
{
  Case c;
  for (std::size_t i = 0; i < c.Count(); ++i)
  {
    const bool isRight = i % c.view.size[0] >= 15;
    c.guide[i] = isRight ? 0.8f : 0.2f;
    c.value[i] = isRight ? 5.0f : -1.0f;
  }
  std::vector<float> mean(c.Count());
  ComputeLocalMeans(c.view, c.guide.data(), c.weight.data(), { c.value.data() }, {}, {}, { mean.data() });
  std::vector<float> blurred(c.Count());
  ComputeLocalMeans(c.view, nullptr, c.weight.data(), { c.value.data() }, {}, {}, { blurred.data() });
  for (std::size_t i = 0; i < c.Count(); ++i)
  {
    ASSERT_NEAR(mean[i], c.value[i], 1e-4f) << i;
  }
  EXPECT_GT(blurred[14], 0.0f);
  EXPECT_LT(blurred[15], 4.0f);
}

TEST(LocalMeans, ArePriorsWhereNothingCounts)
{
  Case c;
  c.weight.assign(c.Count(), 0.0f);
  std::vector<float> prior(c.Count(), 7.0f);
  std::vector<float> mean(c.Count());
  ComputeLocalMeans(c.view, c.guide.data(), c.weight.data(), { c.value.data() }, { prior.data() }, {}, { mean.data() });
  EXPECT_EQ(mean, prior);
  ComputeLocalMeans(c.view, c.guide.data(), c.weight.data(), { c.value.data() }, {}, {}, { mean.data() });
  EXPECT_EQ(mean, std::vector<float>(c.Count(), 0.0f));
}

TEST(LocalMeans, AreTheSameForTwoThreads)
{
  const Case         c;
  std::vector<float> serial(c.Count());
  std::vector<float> parallel(c.Count());
  ComputeLocalMeans(c.view, c.guide.data(), c.weight.data(), { c.value.data() }, {}, {}, { serial.data() });
  ComputeLocalMeans(c.view,
                    c.guide.data(),
                    c.weight.data(),
                    { c.value.data() },
                    {},
                    {},
                    { parallel.data() },
                    nullptr,
                    TwoThreads);
  EXPECT_EQ(serial, parallel);
}

TEST(LocalMeans, OfAPartAreThoseOfTheWhole)
{
  const Case           c;
  LocalMeansParameters parameters;
  parameters.radius = 1.5;
  std::vector<float> whole(c.Count());
  ComputeLocalMeans(c.view, c.guide.data(), c.weight.data(), { c.value.data() }, {}, parameters, { whole.data() });
  const auto reach = itk::colorization::LocalMeansReach(c.view.spacing, parameters);
  // Slices 8 and 9, and what they depend on.
  const std::size_t first = 8 - std::min<std::size_t>(8, reach[2]);
  const std::size_t last = std::min<std::size_t>(c.view.size[2] - 1, 9 + reach[2]);
  ASSERT_GT(first, 0u);
  VolumeView part = c.view;
  part.start[2] = static_cast<std::ptrdiff_t>(first);
  part.size[2] = last - first + 1;
  const std::size_t  slice = c.view.size[0] * c.view.size[1];
  std::vector<float> mean(slice * part.size[2]);
  ComputeLocalMeans(part,
                    c.guide.data() + first * slice,
                    c.weight.data() + first * slice,
                    { c.value.data() + first * slice },
                    {},
                    parameters,
                    { mean.data() });
  for (std::size_t i = 8 * slice; i < 10 * slice; ++i)
  {
    ASSERT_EQ(mean[i - first * slice], whole[i]) << i;
  }
}
} // namespace
