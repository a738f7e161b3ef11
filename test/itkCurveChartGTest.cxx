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
#include "itkCurveChart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

using itk::colorization::CurveChart;

namespace
{
constexpr std::size_t Width = 320;
constexpr std::size_t Height = 240;

/** Pixels that are nearly of the first curve's blue. */
std::size_t
CountBlue(const std::vector<double> & values)
{
  CurveChart chart{ "title", "slice" };
  chart.curves.push_back({ "curve", values });
  const auto  picture = itk::colorization::DrawCurveCharts({ chart }, 1, { { Width, Height } });
  std::size_t count = 0;
  for (std::size_t i = 0; i + 2 < picture.size(); i += 3)
  {
    count += std::abs(picture[i] - 0) + std::abs(picture[i + 1] - 114) + std::abs(picture[i + 2] - 178) < 90 ? 1 : 0;
  }
  return count;
}

class CurveCharts : public testing::Test
{
protected:
  void
  SetUp() override
  {
    if (!itk::colorization::IsCurveChartAvailable())
    {
      GTEST_SKIP() << "this build has no VTK";
    }
  }
};
} // namespace

TEST_F(CurveCharts, ShowsCurvesWhateverTheirValues)
{
  const std::vector<double> shape{ 0.0, 0.7, 0.3, 1.0, 0.2, 0.9 };
  const std::size_t         nothing = CountBlue(std::vector<double>(6, std::numeric_limits<double>::quiet_NaN()));
  for (const double base : { 0.0, 14.7, -30.0, 1e4 })
  {
    for (const double scale : { 1e-3, 0.1, 50.0 })
    {
      std::vector<double> values;
      for (const double value : shape)
      {
        values.push_back(base + scale * value);
      }
      // The curve crosses most of the chart's width.
      EXPECT_GT(CountBlue(values), nothing + Width / 2) << base << ' ' << scale;
    }
  }
  EXPECT_GT(CountBlue({ 5.0, 5.0, 5.0 }), nothing + Width / 4);
}
