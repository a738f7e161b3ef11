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
#include "itkSobelInRangeImageFilter.h"

#include "ColorizationTestUtilities.h"

#include "itkClampImageFilter.h"
#include "itkNeighborhoodOperatorImageFilter.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

namespace
{
using Image2 = itk::Image<float, 2>;
using Image3 = itk::Image<float, 3>;
template <typename TImage, typename TOutputImage = itk::VectorImage<float, TImage::ImageDimension>>
using FilterOf = itk::SobelInRangeImageFilter<TImage, TOutputImage>;
using Range = std::array<double, 2>;

constexpr double Infinity = std::numeric_limits<double>::infinity();

template <typename TImage, typename TOutputImage = itk::VectorImage<float, TImage::ImageDimension>>
typename FilterOf<TImage, TOutputImage>::Pointer
MakeFilter(const TImage * image, const std::vector<Range> & ranges)
{
  auto filter = FilterOf<TImage, TOutputImage>::New();
  filter->SetInput(image);
  filter->ClearRanges();
  for (const Range & range : ranges)
  {
    filter->AddRange(range[0], range[1]);
  }
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

/** gradient * position. */
template <typename TImage>
typename TImage::Pointer
MakeRamp(const typename TImage::SizeType & size, const std::array<double, TImage::ImageDimension> & gradient)
{
  return ColorizationTest::MakeImageOf<TImage>(size,
                                               [&](const typename TImage::IndexType & position)
                                               {
                                                 double value = 0.0;
                                                 for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
                                                 {
                                                   value += gradient[axis] * position[axis];
                                                 }
                                                 return static_cast<typename TImage::PixelType>(value);
                                               });
}

/** Component 0 at `position`, counted from the start index. */
template <typename TFilter>
double
ValueAt(TFilter * filter, const std::vector<int> & position)
{
  filter->Update();
  auto index = filter->GetOutput()->GetLargestPossibleRegion().GetIndex();
  for (unsigned int axis = 0; axis < TFilter::ImageDimension; ++axis)
  {
    index[axis] += position[axis];
  }
  return filter->GetOutput()->GetPixel(index)[0];
}

/** The value, clamped to the range, at the voxel of the image that is nearest to `index`. */
template <typename TImage>
double
ClampedValue(const TImage * image, typename TImage::IndexType index, const Range & range)
{
  const auto first = image->GetLargestPossibleRegion().GetIndex();
  const auto last = image->GetLargestPossibleRegion().GetUpperIndex();
  for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
  {
    index[axis] = std::min(std::max(index[axis], first[axis]), last[axis]);
  }
  return std::min(std::max<double>(image->GetPixel(index), range[0]), range[1]);
}

/** The formula for one voxel: 3^N products; `scale` is 0 for axes out of use. */
template <typename TImage>
double
BruteForceMagnitude(const TImage *                                   image,
                    const typename TImage::IndexType &               index,
                    const Range &                                    range,
                    const std::array<double, TImage::ImageDimension> scale)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  double                 sum = 0.0;
  for (unsigned int axis = 0; axis < dimension; ++axis)
  {
    double derivative = 0.0;
    for (int i = 0; i < (dimension == 2 ? 9 : 27); ++i)
    {
      const int                  steps[3] = { i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1 };
      double                     weight = scale[axis];
      typename TImage::IndexType neighbour = index;
      for (unsigned int b = 0; b < dimension; ++b)
      {
        neighbour[b] += steps[b];
        const double smooth = scale[b] == 0.0 ? (steps[b] == 0 ? 1.0 : 0.0) : (steps[b] == 0 ? 0.5 : 0.25);
        weight *= b == axis ? 0.5 * steps[b] : smooth;
      }
      derivative += weight * ClampedValue(image, neighbour, range);
    }
    sum += derivative * derivative;
  }
  return std::sqrt(sum);
}

/** For every combination of the axes and of the spacing. */
template <typename TImage>
void
ExpectEqualsBruteForce(const TImage * image, const std::vector<Range> & ranges)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  const auto             filter = MakeFilter(image, ranges);
  for (unsigned int k = 0; k < 8; ++k)
  {
    const bool         usesSpacing = k % 2 == 1;
    const bool         isInPlane = k / 2 < 3;
    const unsigned int sliceAxis = k / 2 % 3;
    SCOPED_TRACE("spacing " + std::to_string(usesSpacing) + ", in plane " + std::to_string(isInPlane) +
                 ", slice axis " + std::to_string(sliceAxis));
    filter->SetUseImageSpacing(usesSpacing);
    filter->SetInPlane(isInPlane);
    filter->SetSliceAxis(sliceAxis);
    filter->Update();
    std::array<double, dimension> scale;
    for (unsigned int axis = 0; axis < dimension; ++axis)
    {
      const bool isUsed = dimension == 2 || !isInPlane || axis != sliceAxis;
      scale[axis] = !isUsed ? 0.0 : usesSpacing ? 1.0 / image->GetSpacing()[axis] : 1.0;
    }
    using OutputImage = typename FilterOf<TImage>::OutputImageType;
    const OutputImage *                                 output = filter->GetOutput();
    itk::ImageRegionConstIteratorWithIndex<OutputImage> it(output, output->GetLargestPossibleRegion());
    double                                              worst = 0.0;
    ASSERT_EQ(output->GetNumberOfComponentsPerPixel(), ranges.size());
    for (; !it.IsAtEnd(); ++it)
    {
      for (unsigned int r = 0; r < ranges.size(); ++r)
      {
        const double expected = BruteForceMagnitude(image, it.GetIndex(), ranges[r], scale);
        worst = std::max(worst, std::abs(it.Get()[r] - expected));
      }
    }
    EXPECT_LT(worst, 1e-5);
  }
}

/** The input clamped to a range by ITK. */
template <typename TImage>
typename TImage::Pointer
ClampByITK(const TImage * image, const Range & range)
{
  const auto clamp = itk::ClampImageFilter<TImage, TImage>::New();
  clamp->SetInput(image);
  clamp->SetBounds(static_cast<float>(range[0]), static_cast<float>(range[1]));
  clamp->Update();
  return clamp->GetOutput();
}

/** The usual kernel of integers: [-1 0 1] along one axis and [1 2 1] along another. */
template <unsigned int VDimension>
itk::Neighborhood<float, VDimension>
MakeSobelKernel(unsigned int along, unsigned int across)
{
  itk::Size<VDimension> radius{};
  radius[along] = radius[across] = 1;
  itk::Neighborhood<float, VDimension> kernel;
  kernel.SetRadius(radius);
  for (unsigned int i = 0; i < kernel.Size(); ++i)
  {
    const auto offset = kernel.GetOffset(i);
    kernel[i] = static_cast<float>(offset[along] * (2 - std::abs(offset[across])));
  }
  return kernel;
}

/** The only component of `filter` is 1/8 of the magnitude by ITK's filters, in the plane of two axes. */
template <typename TImage, typename TFilter>
void
ExpectEqualsChainOfITK(TFilter * filter, const Range & range, const std::array<unsigned int, 2> & axes)
{
  const auto          clamped = ClampByITK<TImage>(filter->GetInput(), range);
  std::vector<double> squares(clamped->GetLargestPossibleRegion().GetNumberOfPixels());
  for (unsigned int k = 0; k < 2; ++k)
  {
    const auto derivative = itk::NeighborhoodOperatorImageFilter<TImage, TImage>::New();
    derivative->SetInput(clamped);
    derivative->SetOperator(MakeSobelKernel<TImage::ImageDimension>(axes[k], axes[1 - k]));
    derivative->Update();
    for (std::size_t i = 0; i < squares.size(); ++i)
    {
      squares[i] += std::pow(derivative->GetOutput()->GetBufferPointer()[i] / 8.0, 2.0);
    }
  }
  filter->Update();
  for (std::size_t i = 0; i < squares.size(); ++i)
  {
    const double expected = std::sqrt(squares[i]);
    ASSERT_NEAR(filter->GetOutput()->GetBufferPointer()[i], expected, 1e-6 * std::max(expected, 1.0));
  }
}
} // namespace

TEST(SobelInRangeImageFilter, EqualsBruteForceInTwoDimensions)
{
  // More rows than one block has.
  ExpectEqualsBruteForce(MakeNoise<Image2>({ { 19, 70 } }).GetPointer(), { { { 20.0, 60.0 } } });
  ExpectEqualsBruteForce(MakeNoise<Image2>({ { 37, 9 } }).GetPointer(), { { { 20.0, 60.0 } }, { { 50.5, 99.0 } } });
  ExpectEqualsBruteForce(MakeNoise<Image2>({ { 12, 9 } }).GetPointer(),
                         { { { 0.0, 99.0 } }, { { 50.5, 51.0 } }, { { -10.0, 30.0 } } });
}

TEST(SobelInRangeImageFilter, EqualsBruteForceInThreeDimensions)
{
  ExpectEqualsBruteForce(MakeNoise<Image3>({ { 9, 7, 5 } }).GetPointer(), { { { 20.0, 60.0 } }, { { 0.0, 99.0 } } });
  ExpectEqualsBruteForce(MakeNoise<Image3>({ { 5, 40, 3 } }).GetPointer(), { { { 20.0, 60.0 } } });
}

TEST(SobelInRangeImageFilter, EqualsBruteForceOnAnImageOfOneVoxelWidth)
{
  ExpectEqualsBruteForce(MakeNoise<Image2>({ { 1, 9 } }).GetPointer(), { { { 20.0, 60.0 } } });
  ExpectEqualsBruteForce(MakeNoise<Image2>({ { 9, 1 } }).GetPointer(), { { { 20.0, 60.0 } } });
  ExpectEqualsBruteForce(MakeNoise<Image3>({ { 6, 1, 2 } }).GetPointer(), { { { 20.0, 60.0 } } });
  ExpectEqualsBruteForce(MakeNoise<Image3>({ { 1, 1, 1 } }).GetPointer(), { { { 20.0, 60.0 } } });
}

TEST(SobelInRangeImageFilter, EqualsChainOfITKInTwoDimensions)
{
  const auto  image = MakeNoise<Image2>({ { 41, 70 } });
  const Range range{ { 20.0, 70.5 } };
  ExpectEqualsChainOfITK<Image2>(MakeFilter<Image2, Image2>(image, { range }).GetPointer(), range, { { 0, 1 } });
}

TEST(SobelInRangeImageFilter, EqualsChainOfITKInTheSlicesAcrossEachAxis)
{
  const auto  image = MakeNoise<Image3>({ { 17, 12, 9 } });
  const Range range{ { 20.0, 70.5 } };
  const auto  filter = MakeFilter<Image3, Image3>(image, { range });
  ExpectEqualsChainOfITK<Image3>(filter.GetPointer(), range, { { 0, 1 } });
  filter->SetSliceAxis(1);
  ExpectEqualsChainOfITK<Image3>(filter.GetPointer(), range, { { 0, 2 } });
  filter->SetSliceAxis(0);
  ExpectEqualsChainOfITK<Image3>(filter.GetPointer(), range, { { 1, 2 } });
}

TEST(SobelInRangeImageFilter, IsTheSlopeOfARamp)
{
  const std::vector<Range> all{ { { -1000.0, 1000.0 } } };
  const auto               ramp2 = MakeRamp<Image2>({ { 9, 9 } }, { { 3.0, -4.0 } });
  const auto               filter2 = MakeFilter(ramp2.GetPointer(), all);
  EXPECT_EQ(ValueAt(filter2.GetPointer(), { 4, 4 }), 5.0);
  // Where a value is repeated half of the derivative is left.
  EXPECT_FLOAT_EQ(ValueAt(filter2.GetPointer(), { 0, 4 }), std::hypot(1.5, 4.0));
  EXPECT_FLOAT_EQ(ValueAt(filter2.GetPointer(), { 4, 8 }), std::hypot(3.0, 2.0));
  EXPECT_FLOAT_EQ(ValueAt(filter2.GetPointer(), { 8, 8 }), std::hypot(1.5, 2.0));

  const auto ramp3 = MakeRamp<Image3>({ { 7, 7, 7 } }, { { 3.0, -4.0, 12.0 } });
  const auto filter3 = MakeFilter(ramp3.GetPointer(), all);
  EXPECT_EQ(ValueAt(filter3.GetPointer(), { 3, 3, 3 }), 5.0);
  filter3->SetSliceAxis(1);
  EXPECT_FLOAT_EQ(ValueAt(filter3.GetPointer(), { 3, 3, 3 }), std::hypot(3.0, 12.0));
  filter3->SetSliceAxis(0);
  EXPECT_FLOAT_EQ(ValueAt(filter3.GetPointer(), { 3, 3, 3 }), std::hypot(4.0, 12.0));
  filter3->InPlaneOff();
  EXPECT_EQ(ValueAt(filter3.GetPointer(), { 3, 3, 3 }), 13.0);
}

TEST(SobelInRangeImageFilter, IsTheSlopeAMillimetreWithUseImageSpacing)
{
  const std::vector<Range> all{ { { -1000.0, 1000.0 } } };
  const auto               ramp = MakeRamp<Image3>({ { 7, 7, 7 } }, { { 3.0, -4.0, 12.0 } });
  ramp->SetSpacing(itk::Vector<double, 3>(std::array<double, 3>{ { 0.5, 2.0, 3.0 } }.data()));
  const auto filter = MakeFilter(ramp.GetPointer(), all);
  filter->UseImageSpacingOn();
  EXPECT_FLOAT_EQ(ValueAt(filter.GetPointer(), { 3, 3, 3 }), std::hypot(6.0, 2.0));
  filter->SetSliceAxis(0);
  EXPECT_FLOAT_EQ(ValueAt(filter.GetPointer(), { 3, 3, 3 }), std::hypot(2.0, 4.0));
  filter->InPlaneOff();
  EXPECT_FLOAT_EQ(ValueAt(filter.GetPointer(), { 3, 3, 3 }), std::sqrt(36.0 + 4.0 + 16.0));
}

TEST(SobelInRangeImageFilter, SeesOnlyWhatIsWithinTheRange)
{
  // Air, fat, muscle and bone, eight voxels each.
  const auto ct =
    ColorizationTest::MakeImageOf<itk::Image<short, 2>>({ { 32, 5 } },
                                                        [](const itk::Index<2> & position)
                                                        {
                                                          const short values[4] = { -1000, -100, 50, 700 };
                                                          return values[position[0] / 8];
                                                        });
  const auto filter = FilterOf<itk::Image<short, 2>>::New();
  filter->SetInput(ct);
  filter->Update();
  const float * row = filter->GetOutput()->GetBufferPointer() + 2 * 2 * 32;
  for (int x = 0; x < 32; ++x)
  {
    const bool isSkin = x == 7 || x == 8;
    const bool isFascia = x == 15 || x == 16;
    const bool isBone = x == 23 || x == 24;
    EXPECT_EQ(row[2 * x], isSkin ? 45.0f : isFascia ? 35.0f : 0.0f) << "x " << x;
    EXPECT_EQ(row[2 * x + 1], isBone ? 275.0f : 0.0f) << "x " << x;
  }
}

TEST(SobelInRangeImageFilter, UnlimitedRangesDoNotClamp)
{
  const auto image = MakeNoise<Image2>({ { 20, 10 } });
  const auto limited = MakeFilter(image.GetPointer(), { { { 0.0, 99.0 } } });
  const auto unlimited = MakeFilter(image.GetPointer(), { { { -Infinity, Infinity } } });
  limited->Update();
  unlimited->Update();
  using OutputImage = FilterOf<Image2>::OutputImageType;
  ColorizationTest::ExpectSamePixels<OutputImage>(limited->GetOutput(), unlimited->GetOutput());
}

TEST(SobelInRangeImageFilter, HasItsDocumentedDefaults)
{
  const auto filter = FilterOf<Image2>::New();
  ASSERT_EQ(filter->GetNumberOfRanges(), 2u);
  EXPECT_EQ(filter->GetRanges()[0][0], -190.0);
  EXPECT_EQ(filter->GetRanges()[0][1], -30.0);
  EXPECT_EQ(filter->GetRanges()[1][0], 150.0);
  EXPECT_EQ(filter->GetRanges()[1][1], 3071.0);
  EXPECT_TRUE(filter->GetInPlane());
  EXPECT_EQ(filter->GetSliceAxis(), 2u);
  EXPECT_FALSE(filter->GetUseImageSpacing());
}

TEST(SobelInRangeImageFilter, IsModifiedByNewValuesOnly)
{
  const auto filter = FilterOf<Image2>::New();
  const auto isModifiedBy = [&](const auto & change)
  {
    const auto before = filter->GetMTime();
    change();
    return filter->GetMTime() > before;
  };
  EXPECT_FALSE(isModifiedBy([&] { filter->SetRanges(FilterOf<Image2>::RangesType(filter->GetRanges())); }));
  EXPECT_TRUE(isModifiedBy([&] { filter->AddRange(1.0, 2.0); }));
  EXPECT_TRUE(isModifiedBy([&] { filter->ClearRanges(); }));
  EXPECT_FALSE(isModifiedBy([&] { filter->ClearRanges(); }));
  EXPECT_FALSE(isModifiedBy([&] { filter->InPlaneOn(); }));
  EXPECT_TRUE(isModifiedBy([&] { filter->InPlaneOff(); }));
  EXPECT_TRUE(isModifiedBy([&] { filter->SetSliceAxis(1); }));
  EXPECT_TRUE(isModifiedBy([&] { filter->UseImageSpacingOn(); }));
}

TEST(SobelInRangeImageFilter, NumberOfComponentsFollowsTheRanges)
{
  const auto image = MakeNoise<Image2>({ { 8, 8 } });
  const auto filter = MakeFilter(image.GetPointer(), { { { 0.0, 1.0 } } });
  filter->Update();
  EXPECT_EQ(filter->GetOutput()->GetNumberOfComponentsPerPixel(), 1u);
  filter->AddRange(2.0, 3.0);
  filter->AddRange(4.0, 5.0);
  filter->Update();
  EXPECT_EQ(filter->GetOutput()->GetNumberOfComponentsPerPixel(), 3u);
  EXPECT_EQ(filter->GetOutput()->GetPixelContainer()->Size(), 3u * 64u);
}

TEST(SobelInRangeImageFilter, WritesOtherPixelTypes)
{
  const auto               image = MakeNoise<Image2>({ { 19, 8 } });
  const std::vector<Range> ranges{ { { 0.0, 50.0 } }, { { 40.0, 99.0 } } };
  const auto               expected = MakeFilter(image.GetPointer(), ranges);
  const auto               vectors = MakeFilter<Image2, itk::Image<itk::Vector<float, 2>, 2>>(image, ranges);
  const auto               doubles = MakeFilter<Image2, itk::VectorImage<double, 2>>(image, ranges);
  const auto               scalars = MakeFilter<Image2, itk::Image<unsigned char, 2>>(image, { ranges[0] });
  expected->Update();
  vectors->Update();
  doubles->Update();
  scalars->Update();
  const float * values = expected->GetOutput()->GetBufferPointer();
  for (std::size_t i = 0; i < 19 * 8; ++i)
  {
    for (unsigned int c = 0; c < 2; ++c)
    {
      ASSERT_EQ(vectors->GetOutput()->GetBufferPointer()[i][c], values[2 * i + c]);
      ASSERT_EQ(doubles->GetOutput()->GetBufferPointer()[2 * i + c], values[2 * i + c]);
    }
    ASSERT_EQ(scalars->GetOutput()->GetBufferPointer()[i], std::floor(values[2 * i] + 0.5f));
  }
}

TEST(SobelInRangeImageFilter, AsksForOneVoxelAroundAlongTheAxesInUse)
{
  const auto image = MakeNoise<Image3>({ { 20, 20, 20 } });
  const auto start = image->GetLargestPossibleRegion().GetIndex();
  const auto filter = MakeFilter(image.GetPointer(), { { { 0.0, 50.0 } } });
  const auto request = [&]
  {
    filter->GetOutput()->SetRequestedRegion(
      itk::ImageRegion<3>({ { start[0] + 5, start[1], start[2] + 17 } }, { { 2, 4, 3 } }));
    filter->Update();
    return image->GetRequestedRegion();
  };
  EXPECT_EQ(request(), itk::ImageRegion<3>({ { start[0] + 4, start[1], start[2] + 17 } }, { { 4, 5, 3 } }));
  filter->SetSliceAxis(0);
  EXPECT_EQ(request(), itk::ImageRegion<3>({ { start[0] + 5, start[1], start[2] + 16 } }, { { 2, 5, 4 } }));
  filter->InPlaneOff();
  EXPECT_EQ(request(), itk::ImageRegion<3>({ { start[0] + 4, start[1], start[2] + 16 } }, { { 4, 5, 4 } }));
}

TEST(SobelInRangeImageFilter, AnyPartEqualsThatPartOfTheWhole)
{
  const auto image = ColorizationTest::MakeImageOf<Image2>(
    { { 90, 50 } },
    [](const itk::Index<2> & position)
    {
      const auto k = 90 * position[1] + position[0];
      return static_cast<float>(100.0 * ColorizationTest::Noise(static_cast<std::uint32_t>(k)));
    });
  const auto               start = image->GetLargestPossibleRegion().GetIndex();
  const std::vector<Range> ranges{ { { 10.0, 50.3 } }, { { 40.7, 99.0 } }, { { 1.0, 99.0 } } };
  const auto               whole = MakeFilter(image.GetPointer(), ranges);
  whole->UseImageSpacingOn();
  whole->Update();
  for (const unsigned int width : { 1u, 7u, 16u, 33u, 85u })
  {
    const auto filter = MakeFilter(image.GetPointer(), ranges);
    filter->UseImageSpacingOn();
    const itk::ImageRegion<2> part({ { start[0] + 5, start[1] + 3 } }, { { width, 41 } });
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

TEST(SobelInRangeImageFilter, RefusesParametersWithoutMeaning)
{
  const auto image = MakeNoise<Image3>({ { 8, 8, 8 } });
  const auto expectException = [&](const auto & change, const char * part)
  {
    const auto filter = MakeFilter(image.GetPointer(), { { { 0.0, 50.0 } } });
    change(filter.GetPointer());
    ColorizationTest::ExpectExceptionWith([&] { filter->Update(); }, part);
  };
  using Filter = FilterOf<Image3>;
  expectException([](Filter * filter) { filter->ClearRanges(); }, "Ranges is empty");
  expectException([](Filter * filter) { filter->AddRange(7.0, 3.0); }, "Ranges holds 7 ... 3, but the lower");
  expectException([](Filter * filter) { filter->AddRange(7.0, 7.0); }, "Ranges holds 7 ... 7, but the lower");
  expectException([](Filter * filter) { filter->AddRange(std::nan(""), 7.0); }, "Ranges holds nan ... 7");
  expectException([](Filter * filter) { filter->SetSliceAxis(3); }, "SliceAxis is 3, but has to be 0, 1 or 2");
  expectException([](Filter * filter) { filter->SetInput(nullptr); }, "Input Primary is required but not set");
}

TEST(SobelInRangeImageFilter, RefusesAnotherNumberOfComponents)
{
  const auto image = MakeNoise<Image2>({ { 8, 8 } });
  const auto scalars = MakeFilter<Image2, Image2>(image, { { { 0.0, 9.0 } }, { { 10.0, 19.0 } } });
  ColorizationTest::ExpectExceptionWith([&] { scalars->Update(); },
                                        "pixels have 1 components, but one is needed for each of the 2 ranges");
  const auto vectors = MakeFilter<Image2, itk::Image<itk::Vector<float, 2>, 2>>(image, { { { 0.0, 9.0 } } });
  ColorizationTest::ExpectExceptionWith([&] { vectors->Update(); },
                                        "pixels have 2 components, but one is needed for each of the 1 ranges");
}

TEST(SobelInRangeImageFilter, RefusesNaNAndInfinity)
{
  for (const float value : { std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity() })
  {
    for (const unsigned int workUnits : { 1u, 4u })
    {
      const auto image = MakeNoise<Image2>({ { 12, 90 } });
      image->SetPixel(image->GetLargestPossibleRegion().GetUpperIndex(), value);
      const auto filter = MakeFilter(image.GetPointer(), { { { 0.0, 50.0 } } });
      filter->SetNumberOfWorkUnits(workUnits);
      SCOPED_TRACE("value " + std::to_string(value) + ", work units " + std::to_string(workUnits));
      ColorizationTest::ExpectExceptionWith([&] { filter->Update(); }, "The input holds 1 values that are NaN");
    }
  }
}

TEST(SobelInRangeImageFilter, LooksForNaNOnlyWhereTheRequestedRegionDependsOnIt)
{
  const auto image = MakeNoise<Image2>({ { 12, 12 } });
  const auto start = image->GetLargestPossibleRegion().GetIndex();
  image->SetPixel({ { start[0] + 6, start[1] + 6 } }, std::numeric_limits<float>::quiet_NaN());
  const auto filter = MakeFilter(image.GetPointer(), { { { 0.0, 50.0 } } });
  filter->GetOutput()->SetRequestedRegion(itk::ImageRegion<2>(start, { { 12, 5 } }));
  EXPECT_NO_THROW(filter->Update());
  filter->GetOutput()->SetRequestedRegion(itk::ImageRegion<2>(start, { { 12, 6 } }));
  ColorizationTest::ExpectExceptionWith([&] { filter->Update(); }, "The input holds 1 values");
}

namespace
{
template <typename TPixel>
class SobelInRangeImageFilterOf : public testing::Test
{
};
using PixelTypes = testing::Types<unsigned char, short, unsigned short, float>;
TYPED_TEST_SUITE(SobelInRangeImageFilterOf, PixelTypes, );

/** What every filter has to do, on an image of `size`; and the same contours as of an image of floats. */
template <typename TPixel, unsigned int VDimension>
void
ExpectNeighborhoodFilter(const itk::Size<VDimension> & size, bool isInPlane, unsigned int sliceAxis)
{
  const auto image = MakeNoise<itk::Image<TPixel, VDimension>>(size);
  const auto floats = MakeNoise<itk::Image<float, VDimension>>(size);
  const auto filter = MakeFilter(image.GetPointer(), { { { 20.0, 50.0 } }, { { 40.0, 99.0 } } });
  const auto expected = MakeFilter(floats.GetPointer(), { { { 20.0, 50.0 } }, { { 40.0, 99.0 } } });
  filter->SetInPlane(isInPlane);
  filter->SetSliceAxis(sliceAxis);
  expected->SetInPlane(isInPlane);
  expected->SetSliceAxis(sliceAxis);
  filter->Update();
  expected->Update();
  ColorizationTest::ExpectSameGeometry(filter->GetOutput(), image.GetPointer());
  using OutputImage = itk::VectorImage<float, VDimension>;
  ColorizationTest::ExpectSamePixels<OutputImage>(filter->GetOutput(), expected->GetOutput());
  ColorizationTest::ExpectSameForAnyThreads(filter.GetPointer());
  ColorizationTest::ExpectStreamedEqualsWhole(filter.GetPointer(), 4);
  ColorizationTest::ExpectGoodPipelineCitizen(filter.GetPointer());
}
} // namespace

TYPED_TEST(SobelInRangeImageFilterOf, IsANeighborhoodFilterInTwoDimensions)
{
  ExpectNeighborhoodFilter<TypeParam, 2>({ { 37, 83 } }, true, 2);
}

TYPED_TEST(SobelInRangeImageFilterOf, IsANeighborhoodFilterInThreeDimensions)
{
  ExpectNeighborhoodFilter<TypeParam, 3>({ { 11, 39, 10 } }, false, 2);
  for (unsigned int sliceAxis = 0; sliceAxis < 3; ++sliceAxis)
  {
    ExpectNeighborhoodFilter<TypeParam, 3>({ { 11, 39, 10 } }, true, sliceAxis);
  }
}
