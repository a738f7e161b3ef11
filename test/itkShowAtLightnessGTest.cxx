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
#include "itkColorSpace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using itk::colorization::AtLightness;
using itk::colorization::AtLightnessOfDetail;
using itk::colorization::Color;
using itk::colorization::RGBToLab;
using itk::colorization::ShowAtLightness;

namespace
{
double
ChromaOf(const Color & lab)
{
  return std::hypot(lab[1], lab[2]);
}
} // namespace

TEST(ShowAtLightness, KeepsSaturationAndHue)
{
  const Color cream{ { 80.0f, 4.0f, 24.0f } };
  const Color half = AtLightness(cream, 40.0f);
  EXPECT_FLOAT_EQ(half[0], 40.0f);
  EXPECT_FLOAT_EQ(half[1], 2.0f);
  EXPECT_FLOAT_EQ(half[2], 12.0f);
  EXPECT_EQ(AtLightness(cream, cream[0]), cream);
  const Color shown = RGBToLab(ShowAtLightness(cream, 40.0f));
  for (unsigned int c = 0; c < 3; ++c)
  {
    EXPECT_NEAR(shown[c], half[c], 0.01f);
  }
}

TEST(ShowAtLightness, MultipliesChromaByTwoAtMost)
{
  const Color dark{ { 10.0f, 3.0f, 4.0f } };
  EXPECT_NEAR(ChromaOf(AtLightness(dark, 15.0f)), 7.5, 1e-5);
  EXPECT_NEAR(ChromaOf(AtLightness(dark, 90.0f)), 10.0, 1e-5);
  // What is nearly black counts as of lightness 5.
  const Color black{ { 0.1f, 3.0f, 4.0f } };
  EXPECT_NEAR(ChromaOf(AtLightness(black, 2.5f)), 2.5, 1e-5);
  EXPECT_NEAR(ChromaOf(AtLightness(black, 0.0f)), 0.0, 1e-5);
}

TEST(ShowAtLightness, DetailKeepsSaturationHalfway)
{
  const Color cream{ { 80.0f, 6.0f, 8.0f } };
  const Color darker = AtLightnessOfDetail(cream, 20.0f);
  EXPECT_FLOAT_EQ(darker[0], 20.0f);
  EXPECT_NEAR(ChromaOf(darker), 5.0, 1e-5);
  const Color lighter = AtLightnessOfDetail(cream, 100.0f);
  EXPECT_FLOAT_EQ(lighter[0], 100.0f);
  EXPECT_NEAR(ChromaOf(lighter), 11.0, 1e-5);
  EXPECT_NEAR(ChromaOf(AtLightnessOfDetail(cream, 88.0f)), 10.0 * std::sqrt(1.1), 1e-5);
  EXPECT_NEAR(ChromaOf(AtLightnessOfDetail(cream, 0.0f)), 0.0, 1e-5);
}

TEST(ShowAtLightness, FindsTheGamutAtTheSameLightnessAndHue)
{
  for (const float lightness : { 3.0f, 30.0f, 60.0f, 95.0f, 100.0f })
  {
    for (int degrees = 0; degrees < 360; degrees += 15)
    {
      const double angle = degrees * 3.14159265358979 / 180.0;
      const Color  vivid{
        { 50.0f, static_cast<float>(140.0 * std::cos(angle)), static_cast<float>(140.0 * std::sin(angle)) }
      };
      const Color rgb = ShowAtLightness(vivid, lightness);
      EXPECT_GE(*std::min_element(rgb.begin(), rgb.end()), 0.0f);
      EXPECT_LE(*std::max_element(rgb.begin(), rgb.end()), 1.0f);
      const Color lab = RGBToLab(rgb);
      EXPECT_NEAR(lab[0], lightness, 0.1f) << degrees;
      if (ChromaOf(lab) > 2.0)
      {
        const double across = (vivid[1] * lab[2] - vivid[2] * lab[1]) / ChromaOf(vivid);
        EXPECT_LT(std::abs(across), 0.3) << degrees << " at " << lightness;
      }
    }
  }
}
