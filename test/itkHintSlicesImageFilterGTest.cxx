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
#include "itkHintSlicesImageFilter.h"

#include "ColorizationTestUtilities.h"

#include <functional>

namespace
{
using namespace ColorizationTest;

using VolumeType = itk::Image<short, 3>;
using FilterType = itk::HintSlicesImageFilter<VolumeType>;
using Indices = FilterType::SliceIndicesType;

constexpr VolumeType::SizeType Size{ { 5, 4, 6 } };

/** Slices across `axis` that are checkerboards of amplitude[k]: the standard deviation of slice k. */
template <typename TImage>
typename TImage::Pointer
MakeVolume(const std::vector<int> & amplitude, unsigned int axis)
{
  typename TImage::SizeType size;
  size.Fill(6);
  size[axis] = amplitude.size();
  return MakeImageOf<TImage>(size,
                             [&](const typename TImage::IndexType & p)
                             {
                               itk::IndexValueType sum = 0;
                               for (unsigned int k = 0; k < TImage::ImageDimension; ++k)
                               {
                                 sum += k == axis ? 0 : p[k];
                               }
                               return static_cast<typename TImage::PixelType>(100 + (sum % 2 == 0 ? 1 : -1) *
                                                                                      amplitude[p[axis]]);
                             });
}

/** The selection for amplitudes along z, counted from the first slice. */
Indices
Select(const std::vector<int> & amplitude, const std::function<void(FilterType *)> & set)
{
  auto filter = FilterType::New();
  filter->SetInput(MakeVolume<VolumeType>(amplitude, 2));
  set(filter);
  Indices picked = filter->SelectSlices();
  for (auto & index : picked)
  {
    index -= filter->GetInput()->GetLargestPossibleRegion().GetIndex(2);
  }
  return picked;
}

/** An image of `size` with the start index `start` along all axes and pixels value(number in the buffer). */
template <typename TImage, typename TValue>
typename TImage::Pointer
MakeSlice(const typename TImage::SizeType & size, itk::IndexValueType start, const TValue & value)
{
  typename TImage::IndexType index;
  index.Fill(start);
  auto slice = TImage::New();
  slice->SetRegions(typename TImage::RegionType(index, size));
  slice->Allocate();
  for (std::size_t i = 0; i < slice->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    slice->GetBufferPointer()[i] = value(i);
  }
  return slice;
}

itk::RGBPixel<unsigned char>
ColorOf(std::size_t number)
{
  itk::RGBPixel<unsigned char> color;
  color.Set(static_cast<unsigned char>(1 + number % 255), 7, static_cast<unsigned char>(3 * number % 251));
  return color;
}

template <typename TFilter>
typename TFilter::SliceImageType::SizeType
SliceSize(const typename TFilter::RegionType & region, unsigned int axis)
{
  typename TFilter::SliceImageType::SizeType size;
  for (unsigned int k = 0, sliceAxis = 0; k < TFilter::ImageDimension; ++k)
  {
    if (k != axis)
    {
      size[sliceAxis++] = region.GetSize(k);
    }
  }
  return size;
}

FilterType::SliceImageType::Pointer
MakeColors(const FilterType::SliceImageType::SizeType & size = { { Size[0], Size[1] } }, std::size_t first = 0)
{
  return MakeSlice<FilterType::SliceImageType>(size, 0, [&](std::size_t i) { return ColorOf(first + i); });
}

/** Two slices across z, one with confidence. */
FilterType::Pointer
MakeFilter()
{
  auto filter = FilterType::New();
  filter->SetInput(MakeImage<VolumeType>(Size));
  const auto first = filter->GetInput()->GetLargestPossibleRegion().GetIndex(2);
  filter->SetHintSlice(first + 1, MakeColors());
  filter->SetHintSlice(
    first + 4,
    MakeColors({ { Size[0], Size[1] } }, 50),
    MakeSlice<FilterType::SliceConfidenceType>({ { Size[0], Size[1] } }, 0, [](std::size_t i) { return 0.01f * i; }));
  return filter;
}

/** Two coloured slices across `axis` are found again where they belong, and nothing else. */
template <typename TImage>
void
ExpectScattered(unsigned int axis)
{
  using ScatterType = itk::HintSlicesImageFilter<TImage>;
  typename TImage::SizeType size;
  for (unsigned int k = 0; k < TImage::ImageDimension; ++k)
  {
    size[k] = 5 + k;
  }
  auto filter = ScatterType::New();
  filter->SetInput(MakeImage<TImage>(size));
  filter->SetAxis(axis);
  const auto region = filter->GetInput()->GetLargestPossibleRegion();
  const auto sliceSize = SliceSize<ScatterType>(region, axis);
  const auto withDefault = region.GetIndex(axis);
  const auto withConfidence = region.GetIndex(axis) + 3;
  // The slices' own start indices, one unlike the other, do not matter.
  filter->SetHintSlice(withDefault, MakeSlice<typename ScatterType::SliceImageType>(sliceSize, 9, ColorOf));
  filter->SetHintSlice(
    withConfidence,
    MakeSlice<typename ScatterType::SliceImageType>(sliceSize, 0, [](std::size_t i) { return ColorOf(100 + i); }),
    MakeSlice<typename ScatterType::SliceConfidenceType>(sliceSize, -4, [](std::size_t i) { return 0.02f * i; }));
  filter->Update();
  std::size_t number[2] = { 0, 0 };
  using OutputType = typename ScatterType::OutputImageType;
  for (itk::ImageRegionConstIteratorWithIndex<OutputType> it(filter->GetOutput(), region); !it.IsAtEnd(); ++it)
  {
    const auto  index = it.GetIndex();
    const auto  mask = filter->GetHintMaskOutput()->GetPixel(index);
    const float confidence = filter->GetConfidenceOutput()->GetPixel(index);
    if (index[axis] == withDefault)
    {
      ASSERT_EQ(it.Get(), ColorOf(number[0]++));
      ASSERT_EQ(mask, 1);
      ASSERT_EQ(confidence, 1.0f);
    }
    else if (index[axis] == withConfidence)
    {
      ASSERT_EQ(it.Get(), ColorOf(100 + number[1]));
      ASSERT_EQ(mask, 1);
      ASSERT_EQ(confidence, 0.02f * number[1]++);
    }
    else
    {
      ASSERT_EQ(it.Get(), itk::RGBPixel<unsigned char>());
      ASSERT_EQ(mask, 0);
      ASSERT_EQ(confidence, 0.0f);
    }
  }
  EXPECT_EQ(number[0], region.GetNumberOfPixels() / size[axis]);
  EXPECT_EQ(number[1], number[0]);
  const auto * input = filter->GetInput();
  ExpectSameGeometry(static_cast<const OutputType *>(filter->GetOutput()), input);
  ExpectSameGeometry(filter->GetHintMaskOutput(), input);
  ExpectSameGeometry(filter->GetConfidenceOutput(), input);
}
} // namespace

TEST(HintSlicesImageFilter, SelectsTheSlicesOfHighestContrastInRisingOrder)
{
  const std::vector<int> amplitude{ 5, 1, 9, 2, 3, 8, 4, 7, 6, 0 };
  EXPECT_EQ(Select(amplitude, [](FilterType * f) { f->SetMinimumDistance(1); }), (Indices{ 2, 5, 7 }));
  EXPECT_EQ(Select(amplitude,
                   [](FilterType * f)
                   {
                     f->SetMinimumDistance(1);
                     f->SetNumberOfSlices(1);
                   }),
            Indices{ 2 });
}

TEST(HintSlicesImageFilter, KeepsTheMinimumDistance)
{
  const std::vector<int> amplitude{ 5, 1, 9, 2, 3, 8, 4, 7, 6, 0 };
  EXPECT_EQ(Select(amplitude, [](FilterType * f) { f->SetMinimumDistance(3); }), (Indices{ 2, 5, 8 }));
  EXPECT_EQ(Select(amplitude, [](FilterType * f) { f->SetMinimumDistance(4); }), (Indices{ 2, 7 }));
  EXPECT_EQ(Select(amplitude, [](FilterType * f) { f->SetMinimumDistance(6); }), (Indices{ 2, 8 }));
  EXPECT_EQ(Select(amplitude, [](FilterType * f) { f->SetMinimumDistance(10); }), (Indices{ 2 }));
}

TEST(HintSlicesImageFilter, NeverSelectsSlicesWithoutContrast)
{
  EXPECT_EQ(Select({ 0, 4, 0, 0, 2, 0 }, [](FilterType * f) { f->SetMinimumDistance(1); }), (Indices{ 1, 4 }));
  EXPECT_EQ(Select({ 0, 0, 0 }, [](FilterType * f) { f->SpreadEvenlyOn(); }), Indices{});
}

TEST(HintSlicesImageFilter, OfSlicesEquallyGoodTheFirstIsSelected)
{
  EXPECT_EQ(Select({ 3, 3, 3, 3, 3 }, [](FilterType * f) { f->SetMinimumDistance(2); }), (Indices{ 0, 2, 4 }));
}

TEST(HintSlicesImageFilter, SpreadEvenlyPicksOneSliceOfEachRange)
{
  // The slices with contrast are 2..10, so the ranges are 2..4, 5..7 and 8..10.
  const std::vector<int> amplitude{ 0, 0, 9, 8, 7, 3, 4, 2, 0, 1, 1, 0 };
  EXPECT_EQ(Select(amplitude, [](FilterType * f) { f->SetMinimumDistance(1); }), (Indices{ 2, 3, 4 }));
  EXPECT_EQ(Select(amplitude,
                   [](FilterType * f)
                   {
                     f->SpreadEvenlyOn();
                     f->SetMinimumDistance(1);
                   }),
            (Indices{ 2, 6, 9 }));
  // Within a range, the best slice that is far enough from the others.
  EXPECT_EQ(Select(amplitude,
                   [](FilterType * f)
                   {
                     f->SpreadEvenlyOn();
                     f->SetMinimumDistance(4);
                   }),
            (Indices{ 2, 6, 10 }));
}

TEST(HintSlicesImageFilter, TakesTheDeviationWithinTheMask)
{
  const std::vector<int> amplitude{ 5, 1, 9, 2, 3, 8 };
  const auto             volume = MakeVolume<VolumeType>(amplitude, 2);
  auto                   filter = FilterType::New();
  filter->SetInput(volume);
  filter->SetNumberOfSlices(2);
  filter->SetMinimumDistance(1);
  // Of slice 2 the mask leaves a single value, and of slice 5 nothing.
  filter->SetMaskImage(MakeImageOf<FilterType::MaskImageType>(
    volume->GetLargestPossibleRegion().GetSize(),
    [](const VolumeType::IndexType & p) { return p[2] == 5 ? 0 : (p[2] == 2 ? 2 * ((p[0] + p[1] + 1) % 2) : 255); }));
  const auto first = volume->GetLargestPossibleRegion().GetIndex(2);
  EXPECT_EQ(filter->SelectSlices(), (Indices{ first, first + 4 }));
}

TEST(HintSlicesImageFilter, SelectsAlongEachAxisOfAllPixelTypes)
{
  const auto run = [](auto pixel, auto dimension)
  {
    using ImageType = itk::Image<decltype(pixel), decltype(dimension)::value>;
    for (unsigned int axis = 0; axis < ImageType::ImageDimension; ++axis)
    {
      auto filter = itk::HintSlicesImageFilter<ImageType>::New();
      filter->SetInput(MakeVolume<ImageType>({ 5, 1, 9, 2, 3, 8, 4 }, axis));
      filter->SetAxis(axis);
      filter->SetNumberOfSlices(2);
      filter->SetMinimumDistance(1);
      const auto first = filter->GetInput()->GetLargestPossibleRegion().GetIndex(axis);
      EXPECT_EQ(filter->SelectSlices(), (Indices{ first + 2, first + 5 }));
    }
  };
  run(static_cast<unsigned char>(0), std::integral_constant<unsigned int, 2>());
  run(static_cast<short>(0), std::integral_constant<unsigned int, 2>());
  run(static_cast<unsigned short>(0), std::integral_constant<unsigned int, 3>());
  run(0.0f, std::integral_constant<unsigned int, 3>());
}

TEST(HintSlicesImageFilter, SelectsTheSameForAnyThreads)
{
  const std::vector<int> amplitude{ 5, 1, 9, 2, 3, 8, 4, 7, 6, 0 };
  const auto             one = Select(amplitude, [](FilterType * f) { f->SetNumberOfWorkUnits(1); });
  EXPECT_EQ(one, Select(amplitude, [](FilterType * f) { f->SetNumberOfWorkUnits(5); }));
}

TEST(HintSlicesImageFilter, SelectionRunsWhatItsInputNeeds)
{
  // The source of the input has not run before, and SelectSlices() needs no coloured slice.
  auto source = FilterType::New();
  source->SetInput(MakeImage<VolumeType>(Size));
  const auto first = source->GetInput()->GetLargestPossibleRegion().GetIndex(2);
  source->SetHintSlice(first + 2, MakeColors());
  using ConfidenceFilterType = itk::HintSlicesImageFilter<FilterType::MaskImageType>;
  auto filter = ConfidenceFilterType::New();
  filter->SetInput(source->GetHintMaskOutput());
  filter->SetAxis(1);
  filter->SetNumberOfSlices(1);
  EXPECT_EQ(filter->SelectSlices(), Indices{ source->GetInput()->GetLargestPossibleRegion().GetIndex(1) });
}

TEST(HintSlicesImageFilter, ScattersSlicesAcrossEachAxis)
{
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    ExpectScattered<itk::Image<short, 3>>(axis);
  }
  for (unsigned int axis = 0; axis < 2; ++axis)
  {
    ExpectScattered<itk::Image<float, 2>>(axis);
  }
}

TEST(HintSlicesImageFilter, TheLastSliceHandedInCountsAndAllCanBeForgotten)
{
  auto       filter = MakeFilter();
  const auto start = filter->GetInput()->GetLargestPossibleRegion().GetIndex();
  const auto second = itk::Index<3>{ { start[0], start[1], start[2] + 1 } };
  filter->Update();
  EXPECT_EQ(filter->GetOutput()->GetPixel(second), ColorOf(0));
  filter->SetHintSlice(second[2], MakeColors({ { Size[0], Size[1] } }, 30));
  filter->Update();
  EXPECT_EQ(filter->GetOutput()->GetPixel(second), ColorOf(30));
  filter->ClearHintSlices();
  filter->SetHintSlice(start[2], MakeColors());
  filter->Update();
  EXPECT_EQ(filter->GetOutput()->GetPixel(second), itk::RGBPixel<unsigned char>());
  EXPECT_EQ(filter->GetHintMaskOutput()->GetPixel(second), 0);
  EXPECT_EQ(filter->GetHintMaskOutput()->GetPixel(start), 1);
}

TEST(HintSlicesImageFilter, AnyRequestedRegionIsPartOfTheWhole)
{
  ExpectStreamedEqualsWhole(MakeFilter().GetPointer(), 3);
  // Asking for one of the other outputs makes all three.
  auto filter = MakeFilter();
  filter->GetConfidenceOutput()->Update();
  EXPECT_EQ(filter->GetOutput()->GetBufferedRegion(), filter->GetInput()->GetLargestPossibleRegion());
}

TEST(HintSlicesImageFilter, SameForAnyThreads)
{
  ExpectSameForAnyThreads(MakeFilter().GetPointer());
}

TEST(HintSlicesImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter().GetPointer());
}

TEST(HintSlicesImageFilter, NamesWhatIsWrong)
{
  const auto expect = [](const std::function<void(FilterType *)> & spoil, const std::string & part)
  {
    auto filter = MakeFilter();
    spoil(filter);
    ExpectExceptionWith([&]() { filter->Update(); }, part);
  };
  const auto wrongConfidence =
    MakeSlice<FilterType::SliceConfidenceType>({ { 2, 2 } }, 0, [](std::size_t) { return 1.0f; });
  expect([](FilterType * f) { f->SetAxis(3); }, "Axis is 3, but has to be below 3.");
  expect([](FilterType * f) { f->SetNumberOfSlices(0); }, "NumberOfSlices is 0, but has to be at least 1.");
  expect([](FilterType * f) { f->SetMinimumDistance(0); }, "MinimumDistance is 0, but has to be at least 1.");
  expect([](FilterType * f) { f->ClearHintSlices(); }, "There is no coloured slice");
  // The start index along z is -7.
  expect([](FilterType * f) { f->SetHintSlice(-8, MakeColors()); },
         "Slice -8 lies outside of the input, whose slices are -7 ... -2.");
  expect([](FilterType * f) { f->SetHintSlice(-1, MakeColors()); }, "Slice -1 lies outside of the input");
  expect(
    [](FilterType * f) {
      f->SetHintSlice(-7, MakeColors({ { 4, 5 } }));
    },
    "The colours of slice -7 have size [4, 5], but the input's slices have size [5, 4].");
  expect([&](FilterType * f) { f->SetHintSlice(-7, MakeColors(), wrongConfidence); },
         "The confidence of slice -7 has size [2, 2], but the input's slices have size [5, 4].");
  auto filter = MakeFilter();
  ExpectExceptionWith([&]() { filter->SetHintSlice(-7, nullptr); }, "The colours of slice -7 are null.");
  filter->SetAxis(7);
  ExpectExceptionWith([&]() { filter->SelectSlices(); }, "Axis is 7");
  ExpectExceptionWith([]() { FilterType::New()->SelectSlices(); }, "required but not set");
  filter = MakeFilter();
  filter->SetMaskImage(MakeImage<FilterType::MaskImageType>({ { 2, 2, 2 } }));
  ExpectExceptionWith([&]() { filter->SelectSlices(); }, "MaskImage has size [2, 2, 2]");
}
