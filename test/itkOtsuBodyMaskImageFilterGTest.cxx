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
#include "itkOtsuBodyMaskImageFilter.h"

#include "ColorizationTestUtilities.h"

#include "itkBinaryFillholeImageFilter.h"
#include "itkBinaryThresholdImageFilter.h"
#include "itkConnectedComponentImageFilter.h"
#include "itkHistogram.h"
#include "itkImageFileReader.h"
#include "itkOtsuThresholdCalculator.h"
#include "itkOtsuThresholdImageFilter.h"
#include "itkRelabelComponentImageFilter.h"
#include "itkSliceBySliceImageFilter.h"

#include <functional>
#include <limits>

namespace
{
using namespace ColorizationTest;
using itk::colorization::ClipTails;
using itk::colorization::ComputeBodyThreshold;
using itk::colorization::DilateByBall;
using itk::colorization::ErodeByBall;
using itk::colorization::FillHolesInSlices;
using itk::colorization::KeepComponents;
using itk::colorization::KeepLargestComponent;
using itk::colorization::OtsuThreshold;
using itk::colorization::ValueHistogram;
using CoreSize = std::array<std::size_t, 3>;
using Mask = std::vector<std::uint8_t>;

using VolumeType = itk::Image<short, 3>;
using MaskType = itk::Image<unsigned char, 3>;
using FilterType = itk::OtsuBodyMaskImageFilter<VolumeType>;
using Position = itk::Index<3>;

/** Air of -1000 and tissue of 40 with noise of +-30, as in CT. */
VolumeType::Pointer
MakeCT(const itk::Size<3> & size, const std::function<bool(const Position &)> & isTissue)
{
  return MakeImageOf<VolumeType>(size,
                                 [&](const Position & p)
                                 {
                                   const double noise =
                                     Noise(static_cast<std::uint32_t>((p[2] * 211 + p[1]) * 199 + p[0]));
                                   return static_cast<short>((isTissue(p) ? 40.0 : -1000.0) + 60.0 * (noise - 0.5));
                                 });
}

bool
IsInBall(const Position & p, const std::array<double, 3> & center, double radius)
{
  return std::hypot(p[0] - center[0], p[1] - center[1], p[2] - center[2]) <= radius;
}

bool
IsInBox(const Position & p, const Position & first, const Position & last)
{
  bool isInside = true;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    isInside = isInside && p[axis] >= first[axis] && p[axis] <= last[axis];
  }
  return isInside;
}

/** The mask is 1 where isBody(position) and 0 elsewhere. */
void
ExpectMask(const MaskType * mask, const std::function<bool(const Position &)> & isBody)
{
  const auto expected = MakeImageOf<MaskType>(mask->GetLargestPossibleRegion().GetSize(),
                                              [&](const Position & p) { return isBody(p) ? 1 : 0; });
  ExpectSamePixels<MaskType>(mask, expected);
}

/** A box with a cavity that a tunnel along x opens to the outside in slice 6. */
bool
IsBoxWithTunnel(const Position & p)
{
  return IsInBox(p, { { 2, 2, 2 } }, { { 12, 11, 10 } }) && !IsInBox(p, { { 5, 5, 4 } }, { { 9, 8, 8 } }) &&
         !IsInBox(p, { { 10, 6, 6 } }, { { 12, 6, 6 } });
}

FilterType::Pointer
MakeFilter()
{
  auto filter = FilterType::New();
  filter->SetInput(MakeCT({ { 15, 14, 13 } }, IsBoxWithTunnel));
  return filter;
}

Mask
RandomMask(const CoreSize & size, double density, std::uint32_t seed)
{
  Mask mask(size[0] * size[1] * size[2]);
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    mask[i] = Noise(static_cast<std::uint32_t>(i) * 7919u + seed) < density ? 1 : 0;
  }
  return mask;
}

/** Calls visit(j) for the face neighbours j of voxel i along all axes but `except`. */
void
ForEachNeighbor(const CoreSize &                         size,
                std::size_t                              i,
                unsigned int                             except,
                const std::function<void(std::size_t)> & visit)
{
  const CoreSize stride{ { 1, size[0], size[0] * size[1] } };
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const std::size_t position = i / stride[axis] % size[axis];
    if (axis != except && position > 0)
    {
      visit(i - stride[axis]);
    }
    if (axis != except && position + 1 < size[axis])
    {
      visit(i + stride[axis]);
    }
  }
}

/** The largest component by flooding from every voxel in turn. */
Mask
LargestComponentByFlooding(const Mask & mask, const CoreSize & size, std::size_t & voxels)
{
  Mask                     largest(mask.size());
  std::vector<std::size_t> best;
  Mask                     seen(mask.size());
  for (std::size_t seed = 0; seed < mask.size(); ++seed)
  {
    std::vector<std::size_t> component;
    const auto               visit = [&](std::size_t i)
    {
      if (mask[i] && !seen[i])
      {
        seen[i] = 1;
        component.push_back(i);
      }
    };
    visit(seed);
    for (std::size_t k = 0; k < component.size(); ++k)
    {
      ForEachNeighbor(size, component[k], 3, visit);
    }
    best = component.size() > best.size() ? component : best;
  }
  for (const std::size_t i : best)
  {
    largest[i] = 1;
  }
  voxels = best.size();
  return largest;
}

/** Holes filled by letting the outside grow until nothing changes. */
Mask
FillByGrowing(const Mask & mask, const CoreSize & size, unsigned int axis)
{
  Mask outside(mask.size());
  for (bool changes = true; changes;)
  {
    changes = false;
    for (std::size_t i = 0; i < mask.size(); ++i)
    {
      std::size_t neighbors = 0;
      bool        isReached = false;
      ForEachNeighbor(size,
                      i,
                      axis,
                      [&](std::size_t j)
                      {
                        ++neighbors;
                        isReached = isReached || outside[j];
                      });
      if (!mask[i] && !outside[i] && (neighbors < 4 || isReached))
      {
        outside[i] = 1;
        changes = true;
      }
    }
  }
  Mask filled(mask.size());
  std::transform(outside.begin(), outside.end(), filled.begin(), [](std::uint8_t o) { return o ? 0 : 1; });
  return filled;
}

/** Where a voxel within `radius` has the byte `value`, by looking at all voxels. */
Mask
NearByLooking(const Mask &                  mask,
              const CoreSize &              size,
              const std::array<double, 3> & spacing,
              double                        radius,
              std::uint8_t                  value)
{
  Mask       near(mask.size());
  const auto placeOf = [&](std::size_t i)
  {
    return std::array<double, 3>{ { static_cast<double>(i % size[0]) * spacing[0],
                                    static_cast<double>(i / size[0] % size[1]) * spacing[1],
                                    static_cast<double>(i / size[0] / size[1]) * spacing[2] } };
  };
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    const auto a = placeOf(i);
    for (std::size_t j = 0; j < mask.size() && !near[i]; ++j)
    {
      const auto b = placeOf(j);
      near[i] = mask[j] == value && std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) <= radius + 1e-9 ? 1 : 0;
    }
  }
  return near;
}

/** What ITK's own filters make of an image and a threshold. */
template <typename TImage>
typename itk::Image<unsigned char, TImage::ImageDimension>::Pointer
MaskByItk(const TImage * image, typename TImage::PixelType highestOutside, bool fillHoles)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  using ByteType = itk::Image<unsigned char, dimension>;
  using LabelType = itk::Image<unsigned int, dimension>;
  auto threshold = itk::BinaryThresholdImageFilter<TImage, ByteType>::New();
  threshold->SetInput(image);
  threshold->SetUpperThreshold(highestOutside);
  threshold->SetInsideValue(0);
  threshold->SetOutsideValue(1);
  auto label = itk::ConnectedComponentImageFilter<ByteType, LabelType>::New();
  label->SetInput(threshold->GetOutput());
  auto sort = itk::RelabelComponentImageFilter<LabelType, LabelType>::New();
  sort->SetInput(label->GetOutput());
  auto largest = itk::BinaryThresholdImageFilter<LabelType, ByteType>::New();
  largest->SetInput(sort->GetOutput());
  largest->SetLowerThreshold(1);
  largest->SetUpperThreshold(1);
  largest->SetInsideValue(1);
  typename ByteType::Pointer result = largest->GetOutput();
  if (fillHoles)
  {
    auto fill = itk::BinaryFillholeImageFilter<itk::Image<unsigned char, 2>>::New();
    fill->SetForegroundValue(1);
    auto slices = itk::SliceBySliceImageFilter<ByteType, ByteType>::New();
    slices->SetInput(largest->GetOutput());
    slices->SetFilter(fill);
    slices->Update();
    return slices->GetOutput();
  }
  result->Update();
  return result;
}
} // namespace

TEST(BodyMask, OtsuThresholdOfTwoSpikesIsMidway)
{
  EXPECT_DOUBLE_EQ(OtsuThreshold({ 0, 0, 5, 0, 0, 0, 0, 9, 0, 0 }, 0.0, 10.0), 5.0);
  EXPECT_DOUBLE_EQ(OtsuThreshold({ 5, 9 }, -3.0, 1.0), -1.0);
}

TEST(BodyMask, OtsuThresholdHasTheLargestVarianceBetweenClasses)
{
  for (std::uint32_t trial = 0; trial < 20; ++trial)
  {
    std::vector<std::uint64_t> histogram(40);
    for (std::size_t k = 0; k < histogram.size(); ++k)
    {
      histogram[k] = static_cast<std::uint64_t>(1 + 1000 * Noise(static_cast<std::uint32_t>(41 * trial + k)));
    }
    double      best = -1.0;
    std::size_t bestBin = 0;
    for (std::size_t split = 1; split < histogram.size(); ++split)
    {
      double count[2] = { 0.0, 0.0 };
      double moment[2] = { 0.0, 0.0 };
      for (std::size_t k = 0; k < histogram.size(); ++k)
      {
        count[k >= split] += histogram[k];
        moment[k >= split] += static_cast<double>(histogram[k] * k);
      }
      const double variance = count[0] * count[1] * std::pow(moment[0] / count[0] - moment[1] / count[1], 2);
      bestBin = variance > best ? split : bestBin;
      best = std::max(best, variance);
    }
    EXPECT_NEAR(OtsuThreshold(histogram, -20.0, 60.0), -20.0 + 2.0 * bestBin, 1e-12);
  }
}

TEST(BodyMask, LargestComponentIsThatOfAFlood)
{
  for (const CoreSize & size : { CoreSize{ { 13, 11, 9 } }, CoreSize{ { 30, 20, 1 } }, CoreSize{ { 1, 40, 3 } } })
  {
    for (std::uint32_t trial = 0; trial < 20; ++trial)
    {
      Mask        mask = RandomMask(size, 0.2 + 0.02 * trial, 100 * trial);
      std::size_t voxels = 0;
      const Mask  expected = LargestComponentByFlooding(mask, size, voxels);
      EXPECT_EQ(KeepLargestComponent(mask.data(), size), voxels);
      ASSERT_EQ(mask, expected);
    }
  }
}

TEST(BodyMask, OfEquallyLargeComponentsTheFirstStaysAndDiagonalsDoNotConnect)
{
  Mask mask{ 1, 0, 0, 1 };
  EXPECT_EQ(KeepLargestComponent(mask.data(), { { 2, 2, 1 } }), 1u);
  EXPECT_EQ(mask, (Mask{ 1, 0, 0, 0 }));
  Mask empty(4);
  EXPECT_EQ(KeepLargestComponent(empty.data(), { { 2, 2, 1 } }), 0u);
  EXPECT_EQ(empty, Mask(4));
}

TEST(BodyMask, KeepsComponentsFromAVolumeOnAndTheLargestAnyway)
{
  // Of 1, 3 and 2 voxels.
  const Mask     mask{ 1, 0, 1, 1, 1, 0, 1, 1 };
  const CoreSize size{ { 8, 1, 1 } };
  const auto     keep = [&](std::size_t minimumVoxels, std::size_t components, const Mask & expected)
  {
    Mask       result = mask;
    const auto report = KeepComponents(result.data(), size, minimumVoxels);
    EXPECT_EQ(result, expected) << minimumVoxels;
    EXPECT_EQ(report.components, 3u);
    EXPECT_EQ(report.keptComponents, components);
    EXPECT_EQ(report.keptVoxels, static_cast<std::size_t>(std::count(expected.begin(), expected.end(), 1)));
  };
  keep(0, 3, mask);
  keep(1, 3, mask);
  keep(2, 2, { 0, 0, 1, 1, 1, 0, 1, 1 });
  keep(3, 1, { 0, 0, 1, 1, 1, 0, 0, 0 });
  keep(100, 1, { 0, 0, 1, 1, 1, 0, 0, 0 });
}

TEST(BodyMask, BallsReachAsFarAsTheirRadiusInPhysicalUnits)
{
  for (const CoreSize & size : { CoreSize{ { 11, 9, 8 } }, CoreSize{ { 16, 13, 1 } }, CoreSize{ { 1, 5, 17 } } })
  {
    for (const std::array<double, 3> & spacing :
         { std::array<double, 3>{ { 1.0, 1.0, 1.0 } }, std::array<double, 3>{ { 0.8, 1.5, 2.2 } } })
    {
      // A radius of whole steps, too: a voxel as far as it is within it.
      for (const double radius : { 0.5, 1.0, 2.4, 3.0, 4.0, 6.6, 100.0 })
      {
        const Mask mask = RandomMask(size, 0.985, static_cast<std::uint32_t>(10 * radius));
        Mask       eroded = mask;
        ErodeByBall(eroded.data(), size, spacing, radius);
        Mask expected = NearByLooking(mask, size, spacing, radius, 0);
        std::transform(expected.begin(), expected.end(), expected.begin(), [](std::uint8_t n) { return n ? 0 : 1; });
        ASSERT_EQ(eroded, expected) << radius;
        const Mask few = RandomMask(size, 0.015, static_cast<std::uint32_t>(10 * radius));
        Mask       dilated = few;
        DilateByBall(dilated.data(), size, spacing, radius);
        ASSERT_EQ(dilated, NearByLooking(few, size, spacing, radius, 1)) << radius;
      }
    }
  }
}

TEST(BodyMask, TailsAreTakenFromBothEnds)
{
  ValueHistogram histogram;
  histogram.counts = { 1, 0, 4, 90, 4, 0, 0, 1 };
  EXPECT_EQ(ClipTails(histogram, 0.0).first, 0u);
  EXPECT_EQ(ClipTails(histogram, 0.0).last, 7u);
  EXPECT_EQ(ClipTails(histogram, 0.01).first, 2u);
  EXPECT_EQ(ClipTails(histogram, 0.01).last, 4u);
  EXPECT_EQ(ClipTails(histogram, 0.05).first, 3u);
  EXPECT_EQ(ClipTails(histogram, 0.05).last, 3u);
}

TEST(BodyMask, PaddingIsAValueBelowAirAndFarFromARestOfTwoClasses)
{
  const auto paddingIn = [](const std::vector<std::pair<int, std::uint64_t>> & values)
  {
    ValueHistogram histogram;
    histogram.isExact = true;
    histogram.lowest = -4000.0;
    histogram.counts.resize(8000);
    for (const auto & value : values)
    {
      histogram.counts[value.first + 4000] += value.second;
    }
    return ComputeBodyThreshold(histogram, 256, 0.005).paddingVoxels;
  };
  EXPECT_EQ(paddingIn({ { -2000, 300 }, { -1000, 300 }, { -990, 20 }, { 40, 400 }, { 700, 30 } }), 300u);
  EXPECT_EQ(paddingIn({ { -3024, 600 }, { -1000, 300 }, { -990, 20 }, { 40, 400 }, { 700, 30 } }), 600u);
  // Not below air, not far from the rest, or the rest is one class: then it is the background.
  EXPECT_EQ(paddingIn({ { 0, 300 }, { 1000, 300 }, { 1100, 20 }, { 2040, 400 } }), 0u);
  EXPECT_EQ(paddingIn({ { -1100, 300 }, { -1000, 300 }, { -990, 20 }, { 40, 400 } }), 0u);
  EXPECT_EQ(paddingIn({ { -2000, 300 }, { 20, 50 }, { 30, 100 }, { 40, 200 }, { 50, 100 }, { 60, 50 } }), 0u);
  EXPECT_EQ(paddingIn({ { -2000, 300 }, { 40, 400 } }), 0u);
}

TEST(BodyMask, HolesAreWhatTheOutsideCannotReachWithinASlice)
{
  for (const CoreSize & size : { CoreSize{ { 13, 11, 9 } }, CoreSize{ { 30, 20, 1 } }, CoreSize{ { 2, 9, 7 } } })
  {
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      for (std::uint32_t trial = 0; trial < 5; ++trial)
      {
        Mask       mask = RandomMask(size, 0.5 + 0.07 * trial, 100 * trial + axis);
        const Mask expected = FillByGrowing(mask, size, axis);
        FillHolesInSlices(mask.data(), size, axis);
        ASSERT_EQ(mask, expected);
      }
    }
  }
}

TEST(OtsuBodyMaskImageFilter, ThresholdIsThatOfItksCalculator)
{
  using ImageType = itk::Image<float, 3>;
  const auto image =
    MakeImageOf<ImageType>({ { 30, 20, 10 } },
                           [](const Position & p)
                           {
                             const auto k = static_cast<std::uint32_t>((p[2] * 211 + p[1]) * 199 + p[0]);
                             return static_cast<float>((p[0] < 11 ? 100.0 : 20.0) + 130.0 * Noise(k) * Noise(k + 77));
                           });
  const float * begin = image->GetBufferPointer();
  const float * end = begin + image->GetLargestPossibleRegion().GetNumberOfPixels();
  const auto    range = std::minmax_element(begin, end);
  using HistogramType = itk::Statistics::Histogram<double>;
  for (const unsigned int bins : { 32u, 256u })
  {
    auto                                 histogram = HistogramType::New();
    HistogramType::SizeType              size(1);
    HistogramType::MeasurementVectorType lowest(1);
    HistogramType::MeasurementVectorType highest(1);
    size.Fill(bins);
    lowest.Fill(*range.first);
    highest.Fill(*range.second);
    histogram->SetMeasurementVectorSize(1);
    histogram->Initialize(size, lowest, highest);
    histogram->SetClipBinsAtEnds(false);
    for (const float * value = begin; value != end; ++value)
    {
      HistogramType::IndexType             index(1);
      HistogramType::MeasurementVectorType measurement(1);
      measurement[0] = *value;
      ASSERT_TRUE(histogram->GetIndex(measurement, index));
      histogram->IncreaseFrequencyOfIndex(index, 1);
    }
    auto calculator = itk::OtsuThresholdCalculator<HistogramType, double>::New();
    calculator->SetInput(histogram);
    calculator->Compute();

    auto filter = itk::OtsuBodyMaskImageFilter<ImageType>::New();
    filter->SetInput(image);
    filter->SetNumberOfHistogramBins(bins);
    filter->SetHistogramTail(0.0);
    filter->Update();
    EXPECT_NEAR(filter->GetThreshold(), calculator->GetThreshold(), 1e-4);

    // Its filter lets the histogram begin and end a little elsewhere.
    auto threshold = itk::OtsuThresholdImageFilter<ImageType, MaskType>::New();
    threshold->SetInput(image);
    threshold->SetNumberOfHistogramBins(bins);
    threshold->Update();
    EXPECT_NEAR(filter->GetThreshold(), threshold->GetThreshold(), 1.5 * (*range.second - *range.first) / bins);
  }
}

TEST(OtsuBodyMaskImageFilter, EqualsTheChainOfItksFilters)
{
  // Noise near the density at which components of all sizes occur, in more than one block of rows.
  for (const double density : { 0.25, 0.32, 0.5, 0.7 })
  {
    const auto image =
      MakeImageOf<VolumeType>({ { 210, 200, 60 } },
                              [&](const Position & p)
                              {
                                const auto k = static_cast<std::uint32_t>((p[2] * 211 + p[1]) * 239 + p[0]);
                                return static_cast<short>((Noise(k) < density ? 40.0 : -1000.0) + 90.0 * Noise(k + 9));
                              });
    for (const bool fillHoles : { false, true })
    {
      auto filter = FilterType::New();
      filter->SetInput(image);
      filter->SetFillHoles(fillHoles);
      filter->Update();
      const auto highestOutside = static_cast<short>(std::floor(filter->GetThreshold()));
      ExpectSamePixels<MaskType>(filter->GetOutput(), MaskByItk<VolumeType>(image, highestOutside, fillHoles));
    }
  }
}

TEST(OtsuBodyMaskImageFilter, EqualsTheChainOfItksFiltersOnARealHead)
{
  const auto head = itk::ReadImage<MaskType>("/usr/share/mricron/templates/ch2.nii.gz");
  auto       filter = itk::OtsuBodyMaskImageFilter<MaskType>::New();
  filter->SetInput(head);
  filter->Update();
  const auto highestOutside = static_cast<unsigned char>(std::floor(filter->GetThreshold()));
  ExpectSamePixels<MaskType>(filter->GetOutput(), MaskByItk<MaskType>(head, highestOutside, true));
}

TEST(OtsuBodyMaskImageFilter, PaddingOutsideOfTheFieldOfViewDoesNotCount)
{
  const itk::Size<3> size{ { 40, 38, 12 } };
  const auto         isBody = [](const Position & p)
  { return std::hypot((p[0] - 20.0) / 11.0, (p[1] - 18.0) / 8.0) < 1.0 && p[2] > 0; };
  const auto isPadding = [](const Position & p) { return std::hypot(p[0] - 19.5, p[1] - 18.5) > 19.0; };
  // The field of view alone, as a row of its voxels, has the threshold that is right.
  std::vector<short>        inside;
  const VolumeType::Pointer whole = MakeCT(size, isBody);
  const auto                start = whole->GetBufferedRegion().GetIndex();
  std::size_t               paddingVoxels = 0;
  for (itk::ImageRegionIteratorWithIndex<VolumeType> it(whole, whole->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const Position p{ { it.GetIndex()[0] - start[0], it.GetIndex()[1] - start[1], it.GetIndex()[2] - start[2] } };
    if (isPadding(p))
    {
      ++paddingVoxels;
    }
    else
    {
      inside.push_back(it.Get());
    }
  }
  EXPECT_GT(paddingVoxels, 4000u);
  auto alone = FilterType::New();
  alone->SetInput(
    MakeImageOf<VolumeType>({ { inside.size(), 1, 1 } }, [&](const Position & p) { return inside[p[0]]; }));
  alone->Update();
  EXPECT_EQ(alone->GetNumberOfPaddingVoxels(), 0u);
  for (const short padding : { -1500, -2000, -3024, -32768 })
  {
    auto padded = MakeCT(size, isBody);
    for (itk::ImageRegionIteratorWithIndex<VolumeType> it(padded, padded->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      const Position p{ { it.GetIndex()[0] - start[0], it.GetIndex()[1] - start[1], it.GetIndex()[2] - start[2] } };
      it.Set(isPadding(p) ? padding : it.Get());
    }
    auto filter = FilterType::New();
    filter->SetInput(padded);
    filter->Update();
    EXPECT_EQ(filter->GetThreshold(), alone->GetThreshold()) << padding;
    EXPECT_EQ(filter->GetNumberOfPaddingVoxels(), paddingVoxels) << padding;
    ExpectMask(filter->GetOutput(), isBody);

    // Values of floats have no bins of their own.
    using FloatType = itk::Image<float, 3>;
    auto ofFloats = itk::OtsuBodyMaskImageFilter<FloatType>::New();
    ofFloats->SetInput(MakeImageOf<FloatType>(
      size,
      [&](const Position & p) {
        return padded->GetPixel({ { p[0] + start[0], p[1] + start[1], p[2] + start[2] } }) + 0.25f;
      }));
    ofFloats->Update();
    EXPECT_NEAR(ofFloats->GetThreshold(), alone->GetThreshold(), 5.0) << padding;
    EXPECT_EQ(ofFloats->GetNumberOfPaddingVoxels(), paddingVoxels) << padding;
    ExpectMask(ofFloats->GetOutput(), isBody);
  }
}

TEST(OtsuBodyMaskImageFilter, PaddingOfZeroIsTheAirOfAnUnsignedCT)
{
  using ImageType = itk::Image<unsigned short, 3>;
  const auto isBody = [](const Position & p) { return IsInBall(p, { { 15.0, 15.0, 8.0 } }, 7.0); };
  auto       filter = itk::OtsuBodyMaskImageFilter<ImageType>::New();
  filter->SetInput(MakeImageOf<ImageType>({ { 31, 31, 17 } },
                                          [&](const Position & p)
                                          {
                                            const bool isPadding = std::hypot(p[0] - 15.0, p[1] - 15.0) > 14.0;
                                            const auto k = static_cast<std::uint32_t>(p[0] + 31 * (p[1] + 31 * p[2]));
                                            return static_cast<unsigned short>(
                                              isPadding ? 0.0 : (isBody(p) ? 1064.0 : 24.0) + 20.0 * Noise(k));
                                          }));
  filter->Update();
  ExpectMask(filter->GetOutput(), isBody);
  EXPECT_NEAR(filter->GetThreshold(), 544.0, 500.0);
}

TEST(OtsuBodyMaskImageFilter, AVoxelIsBodyIfItsValueIsGreaterThanTheThreshold)
{
  using ImageType = itk::Image<unsigned char, 2>;
  auto filter = itk::OtsuBodyMaskImageFilter<ImageType>::New();
  // With bins of one unit the threshold is a whole number that a pixel has.
  filter->SetInput(MakeImageOf<ImageType>({ { 3, 1 } },
                                          [](const itk::Index<2> & p)
                                          { return static_cast<unsigned char>(p[0] == 0 ? 1 : 3 + p[0] - 1); }));
  filter->SetHistogramTail(0.0);
  filter->SetNumberOfHistogramBins(3);
  filter->Update();
  EXPECT_DOUBLE_EQ(filter->GetThreshold(), 2.5);
  const auto start = filter->GetOutput()->GetLargestPossibleRegion().GetIndex();
  EXPECT_EQ(filter->GetOutput()->GetPixel(start), 0);
  EXPECT_EQ(filter->GetOutput()->GetPixel({ { start[0] + 1, start[1] } }), 1);
}

TEST(OtsuBodyMaskImageFilter, OfTwoBallsTheLargerStays)
{
  const auto isLarge = [](const Position & p) { return IsInBall(p, { { 9.0, 9.0, 9.0 } }, 7.0); };
  auto       filter = FilterType::New();
  filter->SetInput(MakeCT({ { 30, 19, 19 } },
                          [&](const Position & p) {
                            return isLarge(p) || IsInBall(p, { { 23.0, 9.0, 9.0 } }, 5.0);
                          }));
  filter->Update();
  ExpectMask(filter->GetOutput(), isLarge);
  EXPECT_NEAR(filter->GetThreshold(), -480.0, 480.0);
}

TEST(OtsuBodyMaskImageFilter, FillsHolesSliceBySliceButNotWhatIsOpenWithinItsSlice)
{
  auto filter = MakeFilter();
  filter->FillHolesOff();
  filter->Update();
  ExpectMask(filter->GetOutput(), IsBoxWithTunnel);
  filter->FillHolesOn();
  filter->Update();
  ExpectMask(filter->GetOutput(),
             [](const Position & p) {
               return p[2] == 6 ? IsBoxWithTunnel(p) : IsInBox(p, { { 2, 2, 2 } }, { { 12, 11, 10 } });
             });
  // Slices across x cut the tunnel to a hole.
  const auto isBox = [](const Position & p) { return IsInBox(p, { { 2, 2, 2 } }, { { 12, 11, 10 } }); };
  filter->FillAlongAllAxesOn();
  filter->Update();
  ExpectMask(filter->GetOutput(), isBox);
  filter->FillAlongAllAxesOff();
  filter->SetSliceAxis(0);
  filter->Update();
  ExpectMask(filter->GetOutput(), isBox);
}

TEST(OtsuBodyMaskImageFilter, OpeningPartsATableFromTheBodyInPhysicalUnits)
{
  // Spacing is 0.8, 1.5 and 2.2 mm: the table is 4.5 mm thick, the body 18 mm or more in each direction.
  const auto isBody = [](const Position & p) { return IsInBox(p, { { 8, 4, 3 } }, { { 37, 17, 14 } }); };
  const auto isTable = [](const Position & p) { return IsInBox(p, { { 1, 18, 0 } }, { { 44, 20, 17 } }); };
  auto       filter = FilterType::New();
  filter->SetInput(MakeCT({ { 46, 26, 18 } }, [&](const Position & p) { return isBody(p) || isTable(p); }));
  filter->Update();
  ExpectMask(filter->GetOutput(), [&](const Position & p) { return isBody(p) || isTable(p); });

  filter->SetOpeningRadius(4.0);
  filter->Update();
  const MaskType * mask = filter->GetOutput();
  const auto       start = mask->GetLargestPossibleRegion().GetIndex();
  std::size_t      missing = 0;
  std::size_t      bodyVoxels = 0;
  for (itk::ImageRegionConstIteratorWithIndex<MaskType> it(mask, mask->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const Position p{ { it.GetIndex()[0] - start[0], it.GetIndex()[1] - start[1], it.GetIndex()[2] - start[2] } };
    bodyVoxels += isBody(p);
    missing += isBody(p) && !it.Get();
    // Of the table nothing is left but what the ball, 5, 2 or 1 voxels wide, reaches from the body.
    ASSERT_TRUE(!it.Get() || isBody(p) || (isTable(p) && IsInBox(p, { { 3, 18, 2 } }, { { 42, 20, 15 } }))) << p;
  }
  // The ball rounds the body's edges off, but leaves its faces.
  EXPECT_LT(missing, bodyVoxels / 10);
  EXPECT_EQ(mask->GetPixel({ { start[0] + 8, start[1] + 10, start[2] + 8 } }), 1);
  EXPECT_EQ(mask->GetPixel({ { start[0] + 20, start[1] + 4, start[2] + 8 } }), 1);
  EXPECT_EQ(mask->GetPixel({ { start[0] + 20, start[1] + 10, start[2] + 3 } }), 1);
}

TEST(OtsuBodyMaskImageFilter, OpeningIsAnErosionAndADilationByTheSameBall)
{
  constexpr double radius = 2.9;
  auto             filter = FilterType::New();
  filter->SetInput(
    MakeCT({ { 24, 18, 12 } },
           [](const Position & p) {
             return IsInBall(p, { { 11.0, 8.0, 6.0 } }, 5.0) || IsInBox(p, { { 2, 8, 5 } }, { { 21, 8, 6 } });
           }));
  filter->FillHolesOff();
  filter->Update();
  const MaskType::Pointer before = filter->GetOutput();
  before->DisconnectPipeline();
  filter->SetOpeningRadius(radius);
  filter->Update();

  const auto                  region = before->GetLargestPossibleRegion();
  const auto                  spacing = before->GetSpacing();
  std::vector<itk::Offset<3>> ball;
  for (int k = 0; k < 9 * 9 * 9; ++k)
  {
    const itk::Offset<3> offset{ { k % 9 - 4, k / 9 % 9 - 4, k / 81 - 4 } };
    if (std::hypot(offset[0] * spacing[0], offset[1] * spacing[1], offset[2] * spacing[2]) <= radius)
    {
      ball.push_back(offset);
    }
  }
  auto eroded = MakeImage<MaskType>(region.GetSize());
  auto opened = MakeImage<MaskType>(region.GetSize());
  for (itk::ImageRegionIteratorWithIndex<MaskType> it(eroded, region); !it.IsAtEnd(); ++it)
  {
    it.Set(std::all_of(ball.begin(),
                       ball.end(),
                       [&](const itk::Offset<3> & offset)
                       {
                         const Position q = it.GetIndex() + offset;
                         return !region.IsInside(q) || before->GetPixel(q) != 0;
                       }));
  }
  for (itk::ImageRegionIteratorWithIndex<MaskType> it(opened, region); !it.IsAtEnd(); ++it)
  {
    it.Set(std::any_of(ball.begin(),
                       ball.end(),
                       [&](const itk::Offset<3> & offset)
                       {
                         const Position q = it.GetIndex() + offset;
                         return region.IsInside(q) && eroded->GetPixel(q) != 0;
                       }));
  }
  EXPECT_EQ(opened->GetPixel(opened->GetBufferedRegion().GetIndex() + itk::Offset<3>{ { 11, 8, 6 } }), 1);
  ExpectSamePixels<MaskType>(filter->GetOutput(), opened);
}

TEST(OtsuBodyMaskImageFilter, KeepsPartsFromAVolumeOnByTheirSpacing)
{
  // Voxels have 0.8 x 1.5 x 2.2 = 2.64 mm^3; the trunk has 1000 of them, an arm 200, and a clip 8.
  const auto isTrunk = [](const Position & p) { return IsInBox(p, { { 3, 3, 1 } }, { { 12, 12, 10 } }); };
  const auto isArm = [](const Position & p) { return IsInBox(p, { { 15, 4, 1 } }, { { 18, 8, 10 } }); };
  const auto isClip = [](const Position & p) { return IsInBox(p, { { 21, 4, 4 } }, { { 22, 5, 5 } }); };
  auto       filter = FilterType::New();
  filter->SetInput(MakeCT({ { 25, 15, 12 } }, [&](const Position & p) { return isTrunk(p) || isArm(p) || isClip(p); }));
  filter->SetMinimumPartVolume(0.0);
  filter->Update();
  ExpectMask(filter->GetOutput(), isTrunk);
  EXPECT_EQ(filter->GetNumberOfComponents(), 1u);
  EXPECT_NEAR(filter->GetBodyVolume(), 2.64, 1e-12);

  filter->KeepSeparatePartsOn();
  filter->SetMinimumPartVolume(0.2 * 2.64);
  filter->Update();
  ExpectMask(filter->GetOutput(), [&](const Position & p) { return isTrunk(p) || isArm(p); });
  EXPECT_EQ(filter->GetNumberOfComponents(), 2u);
  EXPECT_NEAR(filter->GetBodyVolume(), 1.2 * 2.64, 1e-12);

  filter->SetMinimumPartVolume(0.2001 * 2.64);
  filter->Update();
  ExpectMask(filter->GetOutput(), isTrunk);

  filter->SetMinimumPartVolume(0.0);
  filter->Update();
  EXPECT_EQ(filter->GetNumberOfComponents(), 3u);
  EXPECT_NEAR(filter->GetBodyVolume(), 1.208 * 2.64, 1e-12);
}

TEST(OtsuBodyMaskImageFilter, AnOpeningDropsATableAndKeepsTheArms)
{
  // A trunk and an arm that lie on a curved table of 2 voxels.
  const auto isTrunk = [](const Position & p) { return std::hypot((p[0] - 30.0) / 17.0, (p[1] - 18.0) / 12.0) < 1.0; };
  const auto isArm = [](const Position & p) { return std::hypot(p[0] - 58.0, p[1] - 20.0) < 6.0; };
  const auto isTable = [](const Position & p)
  {
    const double depth = p[1] - 30.0 + 0.004 * (p[0] - 30.0) * (p[0] - 30.0);
    return depth >= 0.0 && depth < 2.0;
  };
  auto image = MakeCT({ { 70, 36, 30 } }, [&](const Position & p) { return isTrunk(p) || isArm(p) || isTable(p); });
  image->SetSpacing(VolumeType::SpacingType(1.0));
  auto filter = FilterType::New();
  filter->SetInput(image);
  filter->KeepSeparatePartsOn();
  filter->SetMinimumPartVolume(1.0);
  filter->SetOpeningRadius(2.0);
  filter->Update();
  const auto  start = image->GetBufferedRegion().GetIndex();
  std::size_t table = 0;
  std::size_t missing = 0;
  std::size_t body = 0;
  for (itk::ImageRegionConstIteratorWithIndex<MaskType> it(filter->GetOutput(), image->GetBufferedRegion());
       !it.IsAtEnd();
       ++it)
  {
    const Position p{ { it.GetIndex()[0] - start[0], it.GetIndex()[1] - start[1], it.GetIndex()[2] - start[2] } };
    const bool     isBody = isTrunk(p) || isArm(p);
    body += isBody;
    missing += isBody && !it.Get();
    table += !isBody && it.Get();
  }
  EXPECT_EQ(filter->GetNumberOfComponents(), 2u);
  EXPECT_LT(missing, body / 50);
  // What the ball reaches where the trunk lies on it.
  EXPECT_LT(table, body / 30);
}

TEST(OtsuBodyMaskImageFilter, MetalOfAnyHeightDoesNotMoveTheThreshold)
{
  const auto isBody = [](const Position & p) { return IsInBox(p, { { 2, 2, 2 } }, { { 27, 21, 20 } }); };
  auto       filter = FilterType::New();
  filter->SetInput(MakeCT({ { 30, 24, 23 } }, isBody));
  filter->Update();
  const double threshold = filter->GetThreshold();
  for (const short height : { 3000, 12000, 30000 })
  {
    // 0.4 % of the voxels.
    auto       metal = MakeCT({ { 30, 24, 23 } }, isBody);
    const auto start = metal->GetBufferedRegion().GetIndex();
    for (itk::IndexValueType k = 0; k < 64; ++k)
    {
      metal->SetPixel({ { start[0] + 6 + k % 4, start[1] + 6 + k / 4 % 4, start[2] + 6 + k / 16 } }, height);
    }
    filter->SetInput(metal);
    filter->Update();
    EXPECT_NEAR(filter->GetThreshold(), threshold, 10.0) << height;
    ExpectMask(filter->GetOutput(), isBody);
  }
}

TEST(OtsuBodyMaskImageFilter, ABodyOfFewVoxelsIsFoundInAnEvenBackground)
{
  const auto isBody = [](const Position & p) { return IsInBox(p, { { 9, 9, 9 } }, { { 11, 10, 10 } }); };
  auto       filter = FilterType::New();
  filter->SetInput(
    MakeImageOf<VolumeType>({ { 20, 20, 20 } }, [&](const Position & p) { return isBody(p) ? 300 : 7; }));
  filter->Update();
  ExpectMask(filter->GetOutput(), isBody);
  using FloatType = itk::Image<float, 3>;
  auto ofFloats = itk::OtsuBodyMaskImageFilter<FloatType>::New();
  ofFloats->SetInput(
    MakeImageOf<FloatType>({ { 20, 20, 20 } }, [&](const Position & p) { return isBody(p) ? 0.3f : 0.0f; }));
  ofFloats->Update();
  ExpectMask(ofFloats->GetOutput(), isBody);
}

TEST(OtsuBodyMaskImageFilter, MetalDoesNotMoveTheThreshold)
{
  const auto isBody = [](const Position & p) { return IsInBox(p, { { 2, 2, 2 } }, { { 12, 11, 10 } }); };
  auto       filter = FilterType::New();
  filter->SetInput(MakeCT({ { 15, 14, 13 } }, isBody));
  filter->Update();
  const double threshold = filter->GetThreshold();
  auto         withMetal = MakeCT({ { 15, 14, 13 } }, isBody);
  const auto   start = withMetal->GetLargestPossibleRegion().GetIndex();
  withMetal->SetPixel({ { start[0] + 5, start[1] + 5, start[2] + 5 } }, 32000);
  filter->SetInput(withMetal);
  filter->Update();
  EXPECT_NEAR(filter->GetThreshold(), threshold, 5.0);
  ExpectMask(filter->GetOutput(), isBody);
}

TEST(OtsuBodyMaskImageFilter, OneVoxelOfAnyHeightDoesNotMoveTheThreshold)
{
  using ImageType = itk::Image<float, 3>;
  const auto isBody = [](const Position & p) { return IsInBox(p, { { 2, 2, 2 } }, { { 12, 11, 10 } }); };
  for (const float height : { 1e3f, 1e5f, 1e9f })
  {
    auto filter = itk::OtsuBodyMaskImageFilter<ImageType>::New();
    filter->SetInput(MakeImageOf<ImageType>({ { 15, 14, 13 } },
                                            [&](const Position & p) {
                                              return p[0] + p[1] + p[2] == 16 && p[0] == 5 && p[1] == 5
                                                       ? height
                                                       : (isBody(p) ? 200.0f : 20.0f + p[0]);
                                            }));
    filter->Update();
    EXPECT_GT(filter->GetThreshold(), 34.0) << height;
    EXPECT_LT(filter->GetThreshold(), 200.0) << height;
    ExpectMask(filter->GetOutput(), isBody);
  }
}

TEST(OtsuBodyMaskImageFilter, TakesAllPixelTypesAndBothDimensionsAndKeepsGeometry)
{
  const auto run = [](auto pixel, auto dimension, auto outputPixel)
  {
    using ImageType = itk::Image<decltype(pixel), decltype(dimension)::value>;
    using OutputType = itk::Image<decltype(outputPixel), decltype(dimension)::value>;
    typename ImageType::SizeType size;
    size.Fill(12);
    auto filter = itk::OtsuBodyMaskImageFilter<ImageType, OutputType>::New();
    // A ring of 200 with a hole in the middle.
    filter->SetInput(MakeImageOf<ImageType>(size,
                                            [](const typename ImageType::IndexType & p)
                                            {
                                              const double radius = std::hypot(p[0] - 5.0, p[1] - 5.0);
                                              return static_cast<decltype(pixel)>(radius > 2.0 && radius < 4.5 ? 200
                                                                                                               : 10);
                                            }));
    filter->FillAlongAllAxesOn();
    filter->Update();
    ExpectSamePixels<OutputType>(filter->GetOutput(),
                                 MakeImageOf<OutputType>(size,
                                                         [](const typename ImageType::IndexType & p) {
                                                           return static_cast<decltype(outputPixel)>(
                                                             std::hypot(p[0] - 5.0, p[1] - 5.0) < 4.5 ? 1 : 0);
                                                         }));
    ExpectSameGeometry(static_cast<const OutputType *>(filter->GetOutput()), filter->GetInput());
  };
  const auto run2And3 = [&](auto pixel, auto outputPixel)
  {
    run(pixel, std::integral_constant<unsigned int, 2>(), outputPixel);
    run(pixel, std::integral_constant<unsigned int, 3>(), outputPixel);
  };
  run2And3(static_cast<unsigned char>(0), static_cast<unsigned char>(0));
  run2And3(static_cast<short>(0), static_cast<short>(0));
  run2And3(static_cast<unsigned short>(0), static_cast<unsigned char>(0));
  run2And3(0.0f, 0.0f);
}

TEST(OtsuBodyMaskImageFilter, ARealHeadHasItsVolumeAndHoldsItsBrain)
{
  const auto head = itk::ReadImage<MaskType>("/usr/share/mricron/templates/ch2.nii.gz");
  const auto brain = itk::ReadImage<MaskType>("/usr/share/mricron/templates/ch2bet.nii.gz");
  auto       filter = itk::OtsuBodyMaskImageFilter<MaskType>::New();
  filter->SetInput(head);
  for (const bool fillAlongAllAxes : { false, true })
  {
    filter->SetFillAlongAllAxes(fillAlongAllAxes);
    filter->Update();
    double      litres = 0.0;
    std::size_t brainVoxels = 0;
    std::size_t brainOutside = 0;
    const auto  region = head->GetBufferedRegion();
    for (itk::ImageRegionConstIteratorWithIndex<MaskType> it(filter->GetOutput(), region); !it.IsAtEnd(); ++it)
    {
      const bool isBrain = brain->GetPixel(it.GetIndex()) > 0;
      litres += it.Get() ? 1e-6 : 0.0;
      brainVoxels += isBrain;
      brainOutside += isBrain && !it.Get();
    }
    EXPECT_GT(litres, 3.0);
    EXPECT_LT(litres, 5.5);
    EXPECT_GT(brainVoxels, 1000000u);
    // Fluid around the brainstem is dark, and open within some axial slices.
    EXPECT_LE(brainOutside, fillAlongAllAxes ? 0u : brainVoxels / 1000u);
  }
}

TEST(OtsuBodyMaskImageFilter, SameForAnyThreads)
{
  auto filter = MakeFilter();
  filter->SetOpeningRadius(1.0);
  ExpectSameForAnyThreads(filter.GetPointer());

  // More than one block of rows, and parts in several of them.
  auto large = FilterType::New();
  large->SetInput(MakeCT({ { 250, 220, 50 } },
                         [](const Position & p)
                         { return Noise(static_cast<std::uint32_t>((p[2] * 211 + p[1]) * 263 + p[0])) < 0.4; }));
  large->KeepSeparatePartsOn();
  large->SetMinimumPartVolume(0.02);
  large->SetFillAlongAllAxes(true);
  ExpectSameForAnyThreads(large.GetPointer());
  EXPECT_GT(large->GetNumberOfComponents(), 1u);
}

TEST(OtsuBodyMaskImageFilter, AnyRequestedRegionIsPartOfTheWhole)
{
  ExpectStreamedEqualsWhole(MakeFilter().GetPointer(), 4);
}

TEST(OtsuBodyMaskImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter().GetPointer());
}

TEST(OtsuBodyMaskImageFilter, NamesWhatIsWrong)
{
  const auto expect = [](const std::function<void(FilterType *)> & spoil, const std::string & part)
  {
    auto filter = MakeFilter();
    spoil(filter);
    ExpectExceptionWith([&]() { filter->Update(); }, part);
  };
  expect([](FilterType * f) { f->SetNumberOfHistogramBins(1); },
         "NumberOfHistogramBins is 1, but has to be at least 2.");
  expect([](FilterType * f) { f->SetHistogramTail(0.6); }, "HistogramTail is 0.6, but has to be in 0 ... 0.5.");
  expect([](FilterType * f) { f->SetHistogramTail(-0.1); }, "HistogramTail is -0.1");
  expect([](FilterType * f) { f->SetOpeningRadius(-1.0); }, "OpeningRadius is -1, but has to be at least 0.");
  expect([](FilterType * f) { f->SetOpeningRadius(std::numeric_limits<double>::infinity()); }, "OpeningRadius is inf");
  expect([](FilterType * f) { f->SetOpeningRadius(50.0); },
         "OpeningRadius is 50, which leaves nothing of what is above");
  expect([](FilterType * f) { f->SetMinimumPartVolume(-2.0); }, "MinimumPartVolume is -2, but has to be at least 0.");
  expect([](FilterType * f) { f->SetSliceAxis(3); }, "SliceAxis is 3, but has to be 0, 1 or 2.");
  expect([](FilterType * f) { f->SetInput(MakeImage<VolumeType>({ { 4, 4, 4 } })); }, "All voxels have the value 0");

  using FloatType = itk::Image<float, 3>;
  auto filter = itk::OtsuBodyMaskImageFilter<FloatType>::New();
  filter->SetInput(MakeImageOf<FloatType>(
    { { 4, 4, 4 } },
    [](const Position & p) { return p[0] == 1 ? std::numeric_limits<float>::infinity() : static_cast<float>(p[1]); }));
  ExpectExceptionWith([&]() { filter->Update(); }, "The input holds 16 values that are NaN or infinite.");
}
