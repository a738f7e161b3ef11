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
#include "itkTiledInference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

using namespace itk::colorization;

namespace
{
using SizeType = std::array<std::size_t, 3>;

std::ptrdiff_t
Mirrored(std::ptrdiff_t k, std::size_t size)
{
  while (size > 1 && (k < 0 || k >= static_cast<std::ptrdiff_t>(size)))
  {
    k = k < 0 ? -k : 2 * (static_cast<std::ptrdiff_t>(size) - 1) - k;
  }
  return size == 1 ? 0 : k;
}

/** An image of one component, and what is made of it. */
struct Fixture
{
  explicit Fixture(const TilingParameters & parameters)
    : tiling(parameters)
    , image(parameters.imageSize[0] * parameters.imageSize[1] * parameters.imageSize[2])
    , result(image.size(), -1.0f)
  {
    for (std::size_t i = 0; i < image.size(); ++i)
    {
      image[i] = static_cast<float>(std::sin(0.37 * static_cast<double>(i * i % 1013)));
    }
  }

  std::size_t
  Place(std::ptrdiff_t x, std::ptrdiff_t y, std::ptrdiff_t z) const
  {
    return (static_cast<std::size_t>(z) * tiling.imageSize[1] + static_cast<std::size_t>(y)) * tiling.imageSize[0] +
           static_cast<std::size_t>(x);
  }

  /** Runs, and fails where more of the image is read than was said. */
  void
  Run(const TileBox & request, const TileNetwork & network)
  {
    const TiledInference inference(tiling);
    const TileBox        required = inference.GetRequiredInput(request);
    const auto           source = [&](const TileBox & box, float * planes)
    {
      for (std::size_t i = 0; i < box.size[0] * box.size[1] * box.size[2]; ++i)
      {
        const SizeType within{ { i % box.size[0], i / box.size[0] % box.size[1], i / box.size[0] / box.size[1] } };
        std::array<std::ptrdiff_t, 3> at;
        for (unsigned int axis = 0; axis < 3; ++axis)
        {
          at[axis] = Mirrored(box.begin[axis] + static_cast<std::ptrdiff_t>(within[axis]), tiling.imageSize[axis]);
          unread += at[axis] < required.begin[axis] ||
                    at[axis] >= required.begin[axis] + static_cast<std::ptrdiff_t>(required.size[axis]);
        }
        planes[i] = image[this->Place(at[0], at[1], at[2])];
      }
    };
    const auto sink = [&](const TileBox & box, const float * values, std::size_t stride, std::size_t)
    {
      largestSlab = std::max(largestSlab, stride);
      for (std::size_t i = 0; i < box.size[0] * box.size[1] * box.size[2]; ++i)
      {
        result[this->Place(box.begin[0] + static_cast<std::ptrdiff_t>(i % box.size[0]),
                           box.begin[1] + static_cast<std::ptrdiff_t>(i / box.size[0] % box.size[1]),
                           box.begin[2] + static_cast<std::ptrdiff_t>(i / box.size[0] / box.size[1]))] = values[i];
      }
    };
    double     last = 0.0;
    const auto progress = [&](double fraction)
    {
      EXPECT_GE(fraction, last);
      last = fraction;
    };
    inference.Run(request, source, network, sink, SerialFor, progress);
    EXPECT_DOUBLE_EQ(last, 1.0);
    EXPECT_EQ(unread, 0u);
  }

  TileBox
  Whole() const
  {
    return { { { 0, 0, 0 } }, tiling.imageSize };
  }

  TilingParameters   tiling;
  std::vector<float> image;
  std::vector<float> result;
  std::size_t        unread = 0;
  std::size_t        largestSlab = 0;
};

TileValues
Values(std::shared_ptr<std::vector<float>> data, std::size_t channels, const SizeType & size)
{
  return { data->data(), channels, size, data };
}

/** Each voxel becomes the mean of its neighbours along x and y, zeros around the tile; an odd shape of one's own. */
TileValues
Blur(const float * input, std::size_t batch, const SizeType & size)
{
  auto out = std::make_shared<std::vector<float>>(batch * size[0] * size[1] * size[2]);
  for (std::size_t i = 0; i < out->size(); ++i)
  {
    const std::size_t x = i % size[0];
    const std::size_t y = i / size[0] % size[1];
    float             sum = input[i];
    sum += x > 0 ? input[i - 1] : 0.0f;
    sum += x + 1 < size[0] ? input[i + 1] : 0.0f;
    sum += y > 0 ? input[i - size[0]] : 0.0f;
    sum += y + 1 < size[1] ? input[i + size[0]] : 0.0f;
    (*out)[i] = sum / 5.0f;
  }
  return Values(out, 1, size);
}

TileValues
Identity(const float * input, std::size_t batch, const SizeType & size)
{
  return Values(std::make_shared<std::vector<float>>(input, input + batch * size[0] * size[1] * size[2]), 1, size);
}

TilingParameters
MakeTiling(const SizeType & image, const SizeType & tile, int sliceAxis, std::size_t batch)
{
  TilingParameters tiling;
  tiling.imageSize = image;
  tiling.tileSize = tile;
  tiling.sliceAxis = sliceAxis;
  tiling.batchSize = batch;
  return tiling;
}
} // namespace

TEST(TiledInference, IdentityStaysWhateverTheTiles)
{
  const std::vector<TilingParameters> tilings{
    MakeTiling({ { 23, 17, 19 } }, { { 8, 6, 5 } }, -1, 3), MakeTiling({ { 23, 17, 19 } }, { { 32, 8, 40 } }, -1, 1),
    MakeTiling({ { 23, 17, 19 } }, { { 8, 8, 1 } }, 2, 4),  MakeTiling({ { 23, 17, 19 } }, { { 1, 40, 8 } }, 0, 5),
    MakeTiling({ { 23, 17, 19 } }, { { 8, 1, 9 } }, 1, 2),  MakeTiling({ { 23, 17, 1 } }, { { 5, 7, 1 } }, 2, 4)
  };
  for (const TilingParameters & tiling : tilings)
  {
    for (const TileBlending blending : { TileBlending::Gaussian, TileBlending::Constant, TileBlending::Crop })
    {
      Fixture fixture(tiling);
      fixture.tiling.blending = blending;
      fixture.tiling.overlap = 0.4;
      fixture.Run(fixture.Whole(), Identity);
      for (std::size_t i = 0; i < fixture.image.size(); ++i)
      {
        ASSERT_NEAR(fixture.result[i], fixture.image[i], 1e-6);
      }
    }
  }
}

TEST(TiledInference, CropEqualsTheWholeWhereOverlapCoversTheReceptiveField)
{
  Fixture fixture(MakeTiling({ { 40, 33, 12 } }, { { 16, 16, 1 } }, 2, 4));
  fixture.tiling.blending = TileBlending::Crop;
  fixture.Run(fixture.Whole(), Blur);
  const TileValues whole = Blur(fixture.image.data(), 1, fixture.tiling.imageSize);
  for (std::size_t i = 0; i < fixture.image.size(); ++i)
  {
    ASSERT_EQ(fixture.result[i], whole.data[i]) << i;
  }
}

TEST(TiledInference, GivesPartsAsItGivesTheWhole)
{
  for (const TilingParameters & tiling : { MakeTiling({ { 31, 22, 27 } }, { { 12, 10, 8 } }, -1, 3),
                                           MakeTiling({ { 31, 22, 27 } }, { { 12, 10, 1 } }, 2, 4),
                                           MakeTiling({ { 31, 22, 27 } }, { { 1, 10, 12 } }, 0, 4) })
  {
    Fixture whole(tiling);
    whole.Run(whole.Whole(), Blur);
    Fixture       pieces(tiling);
    const TileBox parts[] = { { { { 0, 0, 0 } }, { { 31, 22, 11 } } },
                              { { { 0, 0, 11 } }, { { 13, 22, 16 } } },
                              { { { 13, 0, 11 } }, { { 18, 9, 16 } } },
                              { { { 13, 9, 11 } }, { { 18, 13, 16 } } } };
    for (const TileBox & part : parts)
    {
      pieces.Run(part, Blur);
    }
    EXPECT_EQ(pieces.result, whole.result);
  }
}

TEST(TiledInference, KeepsNoMoreThanASlab)
{
  Fixture fixture(MakeTiling({ { 20, 20, 90 } }, { { 8, 8, 8 } }, -1, 1));
  fixture.Run(fixture.Whole(), Identity);
  EXPECT_EQ(fixture.largestSlab, 20u * 20u * 8u);
}

TEST(TiledInference, RunsOnlyTheTilesThatAreNeeded)
{
  TilingParameters tiling = MakeTiling({ { 100, 100, 100 } }, { { 10, 10, 10 } }, -1, 1);
  tiling.overlap = 0.0;
  EXPECT_EQ(TiledInference(tiling).CountTiles({ { { 0, 0, 0 } }, { { 100, 100, 100 } } }), 1000u);
  EXPECT_EQ(TiledInference(tiling).CountTiles({ { { 12, 35, 58 } }, { { 1, 1, 4 } } }), 2u);
}

TEST(TiledInference, GivesNeighbouringSlicesAsChannels)
{
  Fixture fixture(MakeTiling({ { 9, 8, 7 } }, { { 9, 8, 1 } }, 2, 3));
  fixture.tiling.neighbours = 2;
  std::vector<float> lastOfFive;
  // The last of five channels is the slice after the next.
  const auto network = [&](const float * input, std::size_t batch, const SizeType & size)
  {
    auto out = std::make_shared<std::vector<float>>();
    for (std::size_t b = 0; b < batch; ++b)
    {
      const float * last = input + (b * 5 + 4) * 72;
      out->insert(out->end(), last, last + 72);
    }
    return Values(out, 1, size);
  };
  fixture.Run(fixture.Whole(), network);
  for (std::ptrdiff_t z = 0; z < 7; ++z)
  {
    EXPECT_NEAR(fixture.result[fixture.Place(3, 4, z)], fixture.image[fixture.Place(3, 4, Mirrored(z + 2, 7))], 1e-6);
  }
}

TEST(TiledInference, RefusesWhatDoesNotFit)
{
  EXPECT_THROW(TiledInference(MakeTiling({ { 9, 8, 7 } }, { { 9, 8, 2 } }, 2, 3)), std::invalid_argument);
  EXPECT_THROW(TiledInference(MakeTiling({ { 9, 8, 7 } }, { { 9, 0, 2 } }, -1, 3)), std::invalid_argument);
  EXPECT_THROW(TiledInference(MakeTiling({ { 9, 8, 7 } }, { { 9, 8, 2 } }, -1, 0)), std::invalid_argument);
  Fixture    fixture(MakeTiling({ { 9, 8, 7 } }, { { 4, 4, 4 } }, -1, 1));
  const auto smaller = [](const float *, std::size_t, const SizeType & size)
  {
    const SizeType half{ { size[0] / 2, size[1], size[2] } };
    return Values(std::make_shared<std::vector<float>>(32), 1, half);
  };
  try
  {
    fixture.Run(fixture.Whole(), smaller);
    FAIL();
  }
  catch (const std::runtime_error & error)
  {
    EXPECT_STREQ(error.what(), "The network makes 2 x 4 x 4 of a tile of 4 x 4 x 4, but the same size is wanted.");
  }
}
