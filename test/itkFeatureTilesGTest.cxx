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
#include "itkFeatureTiles.h"

#include <gtest/gtest.h>

#include <stdexcept>

using itk::colorization::DescribeFeatureLayer;
using itk::colorization::FeatureLayer;
using itk::colorization::FeatureTiles;

TEST(FeatureTiles, KnowHowFarLayersSee)
{
  const auto expect = [](const char * layer, std::size_t shrinkFactor, std::size_t reach)
  {
    EXPECT_EQ(DescribeFeatureLayer(layer).shrinkFactor, shrinkFactor) << layer;
    EXPECT_EQ(DescribeFeatureLayer(layer).reach, reach) << layer;
  };
  expect("relu1_1", 1, 1);
  expect("conv1_2", 1, 2);
  expect("pool1", 2, 2);
  expect("relu2_1", 2, 4);
  expect("relu3_1", 4, 2 + 4 + 4);
  expect("relu4_4", 8, 2 + 4 + 16 + 32);
  expect("relu5_1", 16, 2 + 4 + 16 + 32 + 16);
  expect("pool5", 32, 2 + 4 + 16 + 32 + 64);
  for (const char * other : { "fc6", "relu6", "relu1_3", "relu0_1", "relu6_1", "pool6", "pool", "relu5", "other", "" })
  {
    expect(other, 0, 0);
  }
}

TEST(FeatureTiles, CoverEachLayerOnceAndSeeWhatItDependsOn)
{
  for (const std::size_t extent : { 31u, 64u, 65u, 97u, 200u, 1023u })
  {
    for (const std::size_t tileSize : { 0u, 32u, 96u })
    {
      const std::vector<FeatureLayer> layers{ DescribeFeatureLayer("relu1_1"), DescribeFeatureLayer("relu4_2") };
      const FeatureTiles              tiles({ { extent, 40 } }, tileSize, layers);
      EXPECT_EQ(tiles.Count()[0], tileSize == 0 ? 1 : (extent + tileSize - 1) / tileSize);
      for (const FeatureLayer & layer : layers)
      {
        std::size_t next = 0;
        for (std::size_t i = 0; i < tiles.Count()[0]; ++i)
        {
          const auto seen = tiles.Seen(0, i);
          const auto made = tiles.Made(0, i, layer);
          ASSERT_LE(seen.end, extent);
          ASSERT_EQ(seen.begin % 8, 0u);
          ASSERT_EQ(tiles.FirstSeen(0, i, layer), seen.begin / layer.shrinkFactor);
          if (made.IsEmpty())
          {
            continue;
          }
          ASSERT_EQ(made.begin, next);
          next = made.end;
          ASSERT_TRUE(seen.begin == 0 || seen.begin + layer.reach <= made.begin * layer.shrinkFactor);
          ASSERT_TRUE(seen.end == extent || made.end * layer.shrinkFactor + layer.reach <= seen.end);
        }
        EXPECT_EQ(next, tiles.Extent(0, layer));
      }
    }
  }
}

TEST(FeatureTiles, MapRequestsFromLayerToLayer)
{
  const auto         fine = DescribeFeatureLayer("relu1_1");
  const auto         coarse = DescribeFeatureLayer("relu3_1");
  const auto         single = DescribeFeatureLayer("fc6");
  const FeatureTiles tiles({ { 50, 50 } }, 32, { fine, coarse });
  const auto         map = [&](std::size_t begin, std::size_t end, const FeatureLayer & from, const FeatureLayer & to)
  {
    const auto place = tiles.Corresponding(0, { begin, end }, from, to);
    return std::make_pair(place.begin, place.end);
  };
  using Pair = std::pair<std::size_t, std::size_t>;
  EXPECT_EQ(map(3, 9, fine, coarse), Pair(0, 3));
  EXPECT_EQ(map(49, 50, fine, coarse), Pair(11, 12));
  EXPECT_EQ(map(2, 3, coarse, fine), Pair(8, 12));
  EXPECT_EQ(map(0, 12, coarse, fine), Pair(0, 50));
  EXPECT_EQ(map(2, 3, coarse, single), Pair(0, 1));
  EXPECT_EQ(map(0, 1, single, coarse), Pair(0, 12));
}

TEST(FeatureTiles, RefuseSizesThatLayersDoNotFit)
{
  EXPECT_THROW(FeatureTiles({ { 50, 50 } }, 40, {}), std::invalid_argument);
  // A layer of one pixel needs all of the picture.
  EXPECT_EQ(FeatureTiles({ { 500, 500 } }, 32, { DescribeFeatureLayer("fc6") }).Count()[0], 1u);
}
