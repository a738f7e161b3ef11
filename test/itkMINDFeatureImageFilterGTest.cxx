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
#include "itkMINDFeatureImageFilter.h"

#include "ColorizationTestUtilities.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace
{
using Image2 = itk::Image<float, 2>;
using Image3 = itk::Image<float, 3>;
template <typename TImage>
using FilterOf = itk::MINDFeatureImageFilter<TImage>;

itk::Array<unsigned int>
MakeDilations(std::initializer_list<unsigned int> values)
{
  itk::Array<unsigned int> dilations(static_cast<itk::Array<unsigned int>::SizeValueType>(values.size()));
  std::copy(values.begin(), values.end(), dilations.begin());
  return dilations;
}

template <typename TImage>
typename FilterOf<TImage>::Pointer
MakeFilter(const TImage * image, std::initializer_list<unsigned int> dilations = { 1, 2, 4 })
{
  auto filter = FilterOf<TImage>::New();
  filter->SetInput(image);
  filter->SetDilations(MakeDilations(dilations));
  return filter;
}

/** Integers from 0 to 99 without order. */
template <typename TImage>
typename TImage::Pointer
MakeNoise(const typename TImage::SizeType & size)
{
  std::uint32_t k = 0;
  return ColorizationTest::MakeImageOf<TImage>(
    size,
    [&](const typename TImage::IndexType &)
    { return static_cast<typename TImage::PixelType>(std::floor(100.0 * ColorizationTest::Noise(++k))); });
}

/** factor * image + shift. */
template <typename TImage>
typename TImage::Pointer
MakeLinear(const TImage * image, float factor, float shift)
{
  auto          result = ColorizationTest::MakeImage<TImage>(image->GetLargestPossibleRegion().GetSize());
  const float * values = image->GetBufferPointer();
  std::transform(values,
                 values + image->GetLargestPossibleRegion().GetNumberOfPixels(),
                 result->GetBufferPointer(),
                 [=](float value) { return factor * value + shift; });
  return result;
}

/** gradient * position. */
template <typename TImage>
typename TImage::Pointer
MakeRamp(const typename TImage::SizeType & size, const std::vector<double> & gradient)
{
  return ColorizationTest::MakeImageOf<TImage>(size,
                                               [&](const typename TImage::IndexType & position)
                                               {
                                                 double value = 0.0;
                                                 for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
                                                 {
                                                   value += gradient[axis] * position[axis];
                                                 }
                                                 return static_cast<float>(value);
                                               });
}

/** The largest difference of two filters' outputs. */
template <typename TFilter>
double
LargestDifference(TFilter * a, TFilter * b)
{
  a->Update();
  b->Update();
  const std::size_t count = a->GetOutput()->GetPixelContainer()->Size();
  EXPECT_EQ(count, b->GetOutput()->GetPixelContainer()->Size());
  double largest = 0.0;
  for (std::size_t i = 0; i < count; ++i)
  {
    largest = std::max<double>(largest,
                               std::abs(a->GetOutput()->GetBufferPointer()[i] - b->GetOutput()->GetBufferPointer()[i]));
  }
  return largest;
}

template <unsigned int VDimension>
using OffsetPair = std::pair<itk::Offset<VDimension>, itk::Offset<VDimension>>;

/** Pairs of face neighbours on different axes: -x, +x, -y, +y, ... each with those that follow it. */
template <unsigned int VDimension>
std::vector<OffsetPair<VDimension>>
MakePairs()
{
  std::vector<OffsetPair<VDimension>> pairs;
  for (unsigned int i = 0; i < 2 * VDimension; ++i)
  {
    for (unsigned int j = 2 * (i / 2 + 1); j < 2 * VDimension; ++j)
    {
      OffsetPair<VDimension> pair{};
      pair.first[i / 2] = i % 2 == 0 ? -1 : 1;
      pair.second[j / 2] = j % 2 == 0 ? -1 : 1;
      pairs.push_back(pair);
    }
  }
  return pairs;
}

/** The value at the voxel of the image that is nearest to `index`. */
template <typename TImage>
double
NearestValue(const TImage * image, typename TImage::IndexType index)
{
  const auto first = image->GetLargestPossibleRegion().GetIndex();
  const auto last = image->GetLargestPossibleRegion().GetUpperIndex();
  for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
  {
    index[axis] = std::min(std::max(index[axis], first[axis]), last[axis]);
  }
  return image->GetPixel(index);
}

/** D(n1, n2) of the formula, voxel by voxel. */
template <typename TImage>
double
PatchDistance(const TImage *                             image,
              const typename TImage::IndexType &         centre,
              const OffsetPair<TImage::ImageDimension> & pair,
              int                                        dilation,
              unsigned int                               radius)
{
  typename TImage::RegionType patch(centre, TImage::SizeType::Filled(1));
  patch.PadByRadius(radius);
  // The image is asked only where NearestValue() allows; this one just counts through the patch.
  auto counter = TImage::New();
  counter->SetRegions(patch);
  counter->Allocate();
  double sum = 0.0;
  for (itk::ImageRegionConstIteratorWithIndex<TImage> it(counter, patch); !it.IsAtEnd(); ++it)
  {
    auto first = it.GetIndex();
    auto second = it.GetIndex();
    for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
    {
      first[axis] += dilation * pair.first[axis];
      second[axis] += dilation * pair.second[axis];
    }
    const double difference = NearestValue(image, first) - NearestValue(image, second);
    sum += difference * difference;
  }
  return sum / patch.GetNumberOfPixels();
}

/** The formula, for one voxel and one scale. */
template <typename TImage>
std::vector<double>
BruteForceDescriptor(const TImage *                     image,
                     const typename TImage::IndexType & index,
                     int                                dilation,
                     unsigned int                       radius,
                     double                             floor)
{
  std::vector<double> values;
  double              mean = 0.0;
  const auto          pairs = MakePairs<TImage::ImageDimension>();
  for (const auto & pair : pairs)
  {
    values.push_back(PatchDistance(image, index, pair, dilation, radius));
    mean += values.back() / pairs.size();
  }
  const double smallest = *std::min_element(values.begin(), values.end());
  for (double & value : values)
  {
    value = std::exp(-(value - smallest) / std::max(mean, floor));
  }
  return values;
}

template <typename TImage>
void
ExpectEqualsBruteForce(const TImage *                      image,
                       std::initializer_list<unsigned int> dilations,
                       unsigned int                        radius,
                       double                              floor)
{
  const auto filter = MakeFilter(image, dilations);
  filter->SetPatchRadius(radius);
  filter->SetVarianceFloor(floor);
  filter->Update();
  double worst = 0.0;
  using OutputImage = typename FilterOf<TImage>::OutputImageType;
  const auto *                                        output = filter->GetOutput();
  itk::ImageRegionConstIteratorWithIndex<OutputImage> it(output, output->GetLargestPossibleRegion());
  for (; !it.IsAtEnd(); ++it)
  {
    unsigned int component = 0;
    for (const unsigned int dilation : dilations)
    {
      for (const double expected : BruteForceDescriptor(image, it.GetIndex(), dilation, radius, floor))
      {
        worst = std::max(worst, std::abs(it.Get()[component++] - expected));
      }
    }
    ASSERT_EQ(component, output->GetNumberOfComponentsPerPixel());
  }
  EXPECT_LT(worst, 1e-6);
}

/** The descriptor of a ramp far from the border, where D is (dilation * gradient * (n1 - n2))^2. */
template <unsigned int VDimension>
std::vector<double>
RampDescriptor(const std::vector<double> & gradient)
{
  std::vector<double> values;
  double              mean = 0.0;
  const auto          pairs = MakePairs<VDimension>();
  for (const auto & pair : pairs)
  {
    double difference = 0.0;
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      difference += gradient[axis] * (pair.first[axis] - pair.second[axis]);
    }
    values.push_back(difference * difference);
    mean += values.back() / pairs.size();
  }
  const double smallest = *std::min_element(values.begin(), values.end());
  for (double & value : values)
  {
    value = std::exp(-(value - smallest) / mean);
  }
  return values;
}

template <typename TImage>
void
ExpectRampDescriptor(const std::vector<double> & gradient)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  const auto             ramp = MakeRamp<TImage>(TImage::SizeType::Filled(15), gradient);
  const auto             filter = MakeFilter(ramp.GetPointer());
  filter->Update();
  auto centre = ramp->GetLargestPossibleRegion().GetIndex();
  for (unsigned int axis = 0; axis < dimension; ++axis)
  {
    centre[axis] += 7;
  }
  const auto expected = RampDescriptor<dimension>(gradient);
  const auto pixel = filter->GetOutput()->GetPixel(centre);
  ASSERT_EQ(pixel.Size(), 3 * expected.size());
  for (unsigned int c = 0; c < pixel.Size(); ++c)
  {
    EXPECT_NEAR(pixel[c], expected[c % expected.size()], 1e-6) << "component " << c;
  }
}
} // namespace

TEST(MINDFeatureImageFilter, EqualsBruteForceInTwoDimensions)
{
  const auto image = MakeNoise<Image2>({ { 12, 9 } });
  ExpectEqualsBruteForce(image.GetPointer(), { 1, 2, 4 }, 1, 1e-6);
  ExpectEqualsBruteForce(image.GetPointer(), { 3 }, 0, 1e-6);
  ExpectEqualsBruteForce(image.GetPointer(), { 5, 1 }, 2, 1e-6);
  ExpectEqualsBruteForce(image.GetPointer(), { 1 }, 1, 1500.0);
}

TEST(MINDFeatureImageFilter, EqualsBruteForceInThreeDimensions)
{
  const auto image = MakeNoise<Image3>({ { 7, 6, 5 } });
  ExpectEqualsBruteForce(image.GetPointer(), { 1, 2, 4 }, 1, 1e-6);
  ExpectEqualsBruteForce(image.GetPointer(), { 3, 1 }, 0, 1e-6);
  ExpectEqualsBruteForce(image.GetPointer(), { 1 }, 2, 1500.0);
}

TEST(MINDFeatureImageFilter, EqualsBruteForceOnAnImageOfOneVoxelWidth)
{
  ExpectEqualsBruteForce(MakeNoise<Image2>({ { 1, 9 } }).GetPointer(), { 1, 4 }, 1, 1e-6);
  ExpectEqualsBruteForce(MakeNoise<Image3>({ { 6, 7, 1 } }).GetPointer(), { 1, 4 }, 1, 1e-6);
}

TEST(MINDFeatureImageFilter, HasTheClosedFormOfARamp)
{
  // In two dimensions: 1 or exp(-4 gx gy / (gx^2 + gy^2)).
  ExpectRampDescriptor<Image2>({ 3.0, 1.0 });
  ExpectRampDescriptor<Image2>({ 2.0, -5.0 });
  EXPECT_NEAR(RampDescriptor<2>({ 3.0, 1.0 })[1], std::exp(-1.2), 1e-12);
  ExpectRampDescriptor<Image3>({ 3.0, 1.0, -2.0 });
}

TEST(MINDFeatureImageFilter, IsOneWhereTheImageIsConstant)
{
  const auto image = ColorizationTest::MakeImage<Image3>({ { 6, 5, 4 } });
  image->FillBuffer(-73.25f);
  const auto filter = MakeFilter(image.GetPointer());
  filter->Update();
  const auto values = filter->GetOutput()->GetPixelContainer();
  EXPECT_TRUE(std::all_of(values->GetBufferPointer(),
                          values->GetBufferPointer() + values->Size(),
                          [](float value) { return value == 1.0f; }));
}

TEST(MINDFeatureImageFilter, IsBetweenZeroAndAMaximumOfOne)
{
  const auto image = MakeNoise<Image2>({ { 20, 20 } });
  const auto filter = MakeFilter(image.GetPointer());
  filter->Update();
  const float * values = filter->GetOutput()->GetBufferPointer();
  for (std::size_t first = 0; first < 400 * 12; first += 4)
  {
    const auto range = std::minmax_element(values + first, values + first + 4);
    ASSERT_GE(*range.first, 0.0f);
    ASSERT_EQ(*range.second, 1.0f);
  }
}

TEST(MINDFeatureImageFilter, DoesNotSeeContrastBrightnessOrInversion)
{
  const auto image2 = MakeNoise<Image2>({ { 21, 17 } });
  const auto image3 = MakeNoise<Image3>({ { 9, 8, 7 } });
  const auto expectSame = [](const auto * image, float factor, float shift, double tolerance)
  {
    const auto other = MakeLinear(image, factor, shift);
    EXPECT_LE(LargestDifference(MakeFilter(image).GetPointer(), MakeFilter(other.GetPointer()).GetPointer()),
              tolerance);
  };
  // Powers of two and whole numbers do not round.
  expectSame(image2.GetPointer(), -2.0f, 64.0f, 0.0);
  expectSame(image3.GetPointer(), -0.5f, -1000.0f, 0.0);
  expectSame(image2.GetPointer(), 0.37f, -12.3f, 2e-6);
  expectSame(image3.GetPointer(), -3.3f, 7.1f, 2e-6);
}

TEST(MINDFeatureImageFilter, VarianceFloorTellsNoiseFromStructure)
{
  // D is 0 or (2 * 0.01)^2, below the floor.
  const auto ramp = MakeRamp<Image2>({ { 9, 9 } }, { 0.01, 0.01 });
  const auto filter = MakeFilter(ramp.GetPointer(), { 1 });
  filter->SetVarianceFloor(0.01);
  filter->Update();
  const auto start = ramp->GetLargestPossibleRegion().GetIndex();
  const auto pixel = filter->GetOutput()->GetPixel({ { start[0] + 4, start[1] + 4 } });
  EXPECT_NEAR(pixel[0], 1.0, 1e-6);
  EXPECT_NEAR(pixel[1], std::exp(-4e-4 / 0.01), 1e-6);
}

TEST(MINDFeatureImageFilter, HasAScaleForEachDilationInTheirOrder)
{
  const auto image = MakeNoise<Image2>({ { 15, 12 } });
  const auto both = MakeFilter(image.GetPointer(), { 4, 1 });
  const auto four = MakeFilter(image.GetPointer(), { 4 });
  const auto one = MakeFilter(image.GetPointer(), { 1 });
  both->Update();
  four->Update();
  one->Update();
  ASSERT_EQ(both->GetOutput()->GetNumberOfComponentsPerPixel(), 8u);
  for (std::size_t i = 0; i < 15 * 12; ++i)
  {
    const float * values = both->GetOutput()->GetBufferPointer() + 8 * i;
    ASSERT_TRUE(std::equal(values, values + 4, four->GetOutput()->GetBufferPointer() + 4 * i));
    ASSERT_TRUE(std::equal(values + 4, values + 8, one->GetOutput()->GetBufferPointer() + 4 * i));
  }
}

TEST(MINDFeatureImageFilter, HasItsDocumentedDefaults)
{
  const auto filter = FilterOf<Image2>::New();
  EXPECT_EQ(filter->GetDilations(), MakeDilations({ 1, 2, 4 }));
  EXPECT_EQ(filter->GetPatchRadius(), 1u);
  EXPECT_FLOAT_EQ(filter->GetVarianceFloor(), 1e-6);
}

TEST(MINDFeatureImageFilter, IsModifiedByNewValuesOnly)
{
  const auto filter = FilterOf<Image2>::New();
  const auto isModifiedBy = [&](const auto & change)
  {
    const auto before = filter->GetMTime();
    change();
    return filter->GetMTime() > before;
  };
  EXPECT_FALSE(isModifiedBy([&] { filter->SetDilations(MakeDilations({ 1, 2, 4 })); }));
  EXPECT_FALSE(isModifiedBy([&] { filter->SetPatchRadius(1); }));
  EXPECT_FALSE(isModifiedBy([&] { filter->SetVarianceFloor(1e-6); }));
  EXPECT_TRUE(isModifiedBy([&] { filter->SetDilations(MakeDilations({ 1, 2 })); }));
  EXPECT_TRUE(isModifiedBy([&] { filter->SetPatchRadius(2); }));
  EXPECT_TRUE(isModifiedBy([&] { filter->SetVarianceFloor(1e-3); }));
}

TEST(MINDFeatureImageFilter, AsksForTheMarginAndNoMore)
{
  const auto image = MakeNoise<Image2>({ { 40, 30 } });
  const auto start = image->GetLargestPossibleRegion().GetIndex();
  const auto filter = MakeFilter(image.GetPointer(), { 2, 3 });
  const auto requestAt = [&](itk::IndexValueType x, itk::IndexValueType y)
  {
    filter->GetOutput()->SetRequestedRegion(itk::ImageRegion<2>({ { start[0] + x, start[1] + y } }, { { 5, 6 } }));
    filter->Update();
    return image->GetRequestedRegion();
  };
  EXPECT_EQ(requestAt(20, 10), itk::ImageRegion<2>({ { start[0] + 16, start[1] + 6 } }, { { 13, 14 } }));
  EXPECT_EQ(requestAt(0, 24), itk::ImageRegion<2>({ { start[0], start[1] + 20 } }, { { 9, 10 } }));
}

TEST(MINDFeatureImageFilter, AnyPartEqualsThatPartOfTheWhole)
{
  const auto image = MakeNoise<Image2>({ { 40, 30 } });
  const auto start = image->GetLargestPossibleRegion().GetIndex();
  const auto whole = MakeFilter(image.GetPointer());
  whole->Update();
  for (const unsigned int width : { 1u, 7u, 16u, 33u })
  {
    const auto                filter = MakeFilter(image.GetPointer());
    const itk::ImageRegion<2> part({ { start[0] + 5, start[1] + 3 } }, { { width, 9 } });
    filter->GetOutput()->SetRequestedRegion(part);
    filter->Update();
    itk::ImageRegionConstIteratorWithIndex<FilterOf<Image2>::OutputImageType> it(filter->GetOutput(), part);
    std::size_t                                                               different = 0;
    for (; !it.IsAtEnd(); ++it)
    {
      different += it.Get() == whole->GetOutput()->GetPixel(it.GetIndex()) ? 0 : 1;
    }
    EXPECT_EQ(different, 0u) << "width " << width;
  }
}

TEST(MINDFeatureImageFilter, RefusesParametersWithoutMeaning)
{
  const auto image = MakeNoise<Image2>({ { 8, 8 } });
  const auto expectException = [&](const auto & change, const char * part)
  {
    const auto filter = MakeFilter(image.GetPointer());
    change(filter.GetPointer());
    ColorizationTest::ExpectExceptionWith([&] { filter->Update(); }, part);
  };
  using Filter = FilterOf<Image2>;
  expectException([](Filter * filter) { filter->SetDilations(MakeDilations({})); }, "Dilations is empty");
  expectException([](Filter * filter) { filter->SetDilations(MakeDilations({ 2, 0 })); }, "Dilations holds 0");
  expectException([](Filter * filter) { filter->SetVarianceFloor(0.0); }, "VarianceFloor is 0, but has to be above 0");
  expectException([](Filter * filter) { filter->SetVarianceFloor(-1.5); }, "VarianceFloor is -1.5");
  expectException([](Filter * filter) { filter->SetVarianceFloor(std::nan("")); }, "VarianceFloor is nan");
  expectException([](Filter * filter) { filter->SetInput(nullptr); }, "Input Primary is required but not set");
}

TEST(MINDFeatureImageFilter, RefusesNaNAndInfinity)
{
  for (const float value : { std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity() })
  {
    for (const unsigned int workUnits : { 1u, 4u })
    {
      const auto image = MakeNoise<Image2>({ { 12, 12 } });
      image->SetPixel(image->GetLargestPossibleRegion().GetUpperIndex(), value);
      const auto filter = MakeFilter(image.GetPointer());
      filter->SetNumberOfWorkUnits(workUnits);
      SCOPED_TRACE("value " + std::to_string(value) + ", work units " + std::to_string(workUnits));
      ColorizationTest::ExpectExceptionWith([&] { filter->Update(); }, "The input holds");
    }
  }
}

TEST(MINDFeatureImageFilter, WritesDoublesToo)
{
  using DoubleFilter = itk::MINDFeatureImageFilter<Image2, itk::VectorImage<double, 2>>;
  const auto image = MakeNoise<Image2>({ { 9, 8 } });
  const auto floats = MakeFilter(image.GetPointer());
  floats->Update();
  const auto doubles = DoubleFilter::New();
  doubles->SetInput(image);
  doubles->Update();
  const double * values = doubles->GetOutput()->GetBufferPointer();
  EXPECT_TRUE(std::equal(values, values + 12 * 72, floats->GetOutput()->GetBufferPointer()));
}

namespace
{
template <typename TPixel>
class MINDFeatureImageFilterOf : public testing::Test
{
};
using PixelTypes = testing::Types<unsigned char, short, unsigned short, float>;
TYPED_TEST_SUITE(MINDFeatureImageFilterOf, PixelTypes, );

/** What every filter has to do, on an image of `size`; and the same descriptors as of an image of floats. */
template <typename TPixel, unsigned int VDimension>
void
ExpectNeighborhoodFilter(const itk::Size<VDimension> & size)
{
  const auto image = MakeNoise<itk::Image<TPixel, VDimension>>(size);
  const auto floats = MakeNoise<itk::Image<float, VDimension>>(size);
  std::copy_n(image->GetBufferPointer(),
              image->GetLargestPossibleRegion().GetNumberOfPixels(),
              floats->GetBufferPointer());
  const auto filter = MakeFilter(image.GetPointer());
  const auto expected = MakeFilter(floats.GetPointer());
  filter->Update();
  expected->Update();
  ColorizationTest::ExpectSameGeometry(filter->GetOutput(), image.GetPointer());
  EXPECT_EQ(filter->GetOutput()->GetNumberOfComponentsPerPixel(), VDimension == 2 ? 12u : 36u);
  using OutputImage = itk::VectorImage<float, VDimension>;
  ColorizationTest::ExpectSamePixels<OutputImage>(filter->GetOutput(), expected->GetOutput());
  ColorizationTest::ExpectSameForAnyThreads(filter.GetPointer());
  ColorizationTest::ExpectStreamedEqualsWhole(filter.GetPointer(), 4);
  ColorizationTest::ExpectGoodPipelineCitizen(filter.GetPointer());
}
} // namespace

TYPED_TEST(MINDFeatureImageFilterOf, IsANeighborhoodFilterInTwoDimensions)
{
  ExpectNeighborhoodFilter<TypeParam, 2>({ { 37, 23 } });
}

TYPED_TEST(MINDFeatureImageFilterOf, IsANeighborhoodFilterInThreeDimensions)
{
  ExpectNeighborhoodFilter<TypeParam, 3>({ { 11, 9, 10 } });
}
