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
#include "itkAtlasColorizationImageFilter.h"
#include "ColorizationTestUtilities.h"

#include "itkColorSpace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace
{
using ScanType = itk::Image<float, 3>;
using LabImageType = itk::Image<itk::RGBPixel<float>, 3>;
using FilterType = itk::AtlasColorizationImageFilter<ScanType, LabImageType>;
using LuminanceEnum = FilterType::LuminanceEnum;
using PointType = itk::Point<double, 3>;
using ColorImageType = itk::ColorAtlas::ColorImageType;
using itk::colorization::Color;

/** What a tissue looks like in the photographs and in the scan. */
struct Tissue
{
  std::array<unsigned char, 3> color;
  float                        value;
};

/** Air, fat, muscle, lung, liver, spleen, bone, kidney: values neither rise nor fall with lightness. */
constexpr std::array<Tissue, 8> Tissues{ { { { { 0, 0, 0 } }, 0.0f },
                                           { { { 228, 200, 140 } }, 430.0f },
                                           { { { 140, 62, 52 } }, 600.0f },
                                           { { { 206, 132, 128 } }, 240.0f },
                                           { { { 104, 66, 42 } }, 690.0f },
                                           { { { 92, 38, 62 } }, 510.0f },
                                           { { { 240, 226, 190 } }, 830.0f },
                                           { { { 122, 30, 24 } }, 760.0f } } };

/** An ellipsoid along the patient's axes, in mm, filled with a tissue. */
struct Organ
{
  std::array<double, 3> center;
  std::array<double, 3> radii;
  unsigned int          tissue;

  bool
  Contains(const PointType & point, double margin = 0.0) const
  {
    double sum = 0.0;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const double offset = (point[axis] - center[axis]) / (radii[axis] + margin);
      sum += offset * offset;
    }
    return sum <= 1.0;
  }
};

/** Later ones lie within earlier ones. No side of this body is like another. */
const std::vector<Organ> Organs{
  { { { 0, 0, 0 } }, { { 72, 54, 88 } }, 1 },      { { { 38, 8, 62 } }, { { 34, 30, 30 } }, 1 },
  { { { -30, 22, -58 } }, { { 38, 34, 36 } }, 1 }, { { { 0, 2, 0 } }, { { 62, 45, 77 } }, 2 },
  { { { 38, 8, 62 } }, { { 24, 20, 21 } }, 2 },    { { { 26, -6, 34 } }, { { 26, 26, 32 } }, 3 },
  { { { -30, -4, 30 } }, { { 20, 22, 24 } }, 3 },  { { { -24, -8, -18 } }, { { 32, 26, 20 } }, 4 },
  { { { 38, 6, -14 } }, { { 13, 18, 17 } }, 5 },   { { { 2, 32, 4 } }, { { 11, 10, 70 } }, 6 },
  { { { -34, 20, -54 } }, { { 10, 9, 24 } }, 6 },  { { { 24, 18, -44 } }, { { 11, 10, 18 } }, 7 },
  { { { 8, -22, -50 } }, { { 15, 13, 12 } }, 1 }
};

unsigned int
TissueAt(const PointType & point)
{
  unsigned int tissue = 0;
  for (const Organ & organ : Organs)
  {
    tissue = organ.Contains(point) ? organ.tissue : tissue;
  }
  return tissue;
}

Color
LabOf(unsigned int tissue)
{
  const auto & color = Tissues[tissue].color;
  return itk::colorization::RGBToLab({ { color[0] / 255.0f, color[1] / 255.0f, color[2] / 255.0f } });
}

/** The photographed body, in voxels of 3 mm. */
itk::ColorAtlas *
Atlas()
{
  static const itk::ColorAtlas::Pointer atlas = []()
  {
    auto image = ColorImageType::New();
    image->SetRegions(ColorImageType::SizeType{ { 60, 50, 72 } });
    image->SetSpacing(ColorImageType::SpacingType(3.0));
    const std::array<double, 3> origin{ { -88.5, -70.0, -108.0 } };
    image->SetOrigin(origin.data());
    image->Allocate();
    for (itk::ImageRegionIteratorWithIndex<ColorImageType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      PointType point;
      image->TransformIndexToPhysicalPoint(it.GetIndex(), point);
      const unsigned int        tissue = TissueAt(point);
      const auto &              color = Tissues[tissue].color;
      ColorImageType::PixelType pixel;
      pixel.Set(color[0], color[1], color[2], tissue != 0 ? 255 : 0);
      it.Set(pixel);
    }
    auto made = itk::ColorAtlas::New();
    made->SetColorImage(image);
    return made;
  }();
  return atlas;
}

/** Where a point of the scan lies in the atlas: the scanned body is of another size and in another place. */
PointType
ToAtlas(const PointType & point)
{
  PointType inAtlas;
  inAtlas[0] = 1.05 * (point[0] - 12.0);
  inAtlas[1] = 0.95 * (point[1] + 31.0);
  inAtlas[2] = 1.03 * (point[2] - 415.0);
  return inAtlas;
}

/** A grid of the scan: anisotropic, oblique, and from some index on. */
template <typename TImage>
typename TImage::Pointer
MakeGrid(const itk::Size<3> & size)
{
  const itk::Index<3>         start{ { 4, -3, 7 } };
  const std::array<double, 3> spacings{ { 2.6, 3.1, 4.0 } };
  const double                cosine = std::cos(0.1);
  const double                sine = std::sin(0.1);
  auto                        image = TImage::New();
  image->SetRegions(itk::ImageRegion<3>(start, size));
  image->SetSpacing(spacings.data());
  typename TImage::DirectionType direction;
  direction.SetIdentity();
  direction(0, 0) = direction(1, 1) = cosine;
  direction(0, 1) = -sine;
  direction(1, 0) = sine;
  image->SetDirection(direction);
  // The middle of the volume is the middle of the body.
  itk::ContinuousIndex<double, 3> middle;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    middle[axis] = static_cast<double>(start[axis]) + 0.5 * static_cast<double>(size[axis] - 1);
  }
  PointType place;
  image->TransformContinuousIndexToPhysicalPoint(middle, place);
  const std::array<double, 3> wanted{ { 13.0, -31.0, 415.0 } };
  PointType                   origin;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    origin[axis] = wanted[axis] - place[axis];
  }
  image->SetOrigin(origin);
  image->Allocate();
  return image;
}

constexpr itk::Size<3> ScanSize{ { 66, 46, 52 } };

/** A scan whose values are value(point); all, air too, have noise. */
template <typename TValue>
ScanType::Pointer
MakeScanOf(const itk::Size<3> & size, const TValue & value)
{
  const auto    image = MakeGrid<ScanType>(size);
  std::uint32_t k = 0;
  for (itk::ImageRegionIteratorWithIndex<ScanType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it, ++k)
  {
    PointType point;
    image->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    it.Set(static_cast<float>(value(point) + 24.0 * ColorizationTest::Noise(k)));
  }
  return image;
}

ScanType::Pointer
MakeScan(const itk::Size<3> & size = ScanSize)
{
  return MakeScanOf(size, [](const PointType & point) { return Tissues[TissueAt(ToAtlas(point))].value; });
}

/** Colours in CIE Lab; quick, as coarse voxels are registered, and the scan's orientation is known. */
FilterType::Pointer
MakeFilter(const ScanType * scan)
{
  auto filter = FilterType::New();
  filter->SetInput(scan);
  filter->SetAtlas(Atlas());
  filter->SetLuminance(LuminanceEnum::Reference);
  filter->ConvertColorsOff();
  filter->GetRegistration()->SetWorkingSpacing(6.0);
  filter->GetRegistration()->SearchOrientationsOff();
  filter->GetRegistration()->SetLeastAgreement(0.3);
  return filter;
}

/** Mean distance of (a, b) from the truth where there is tissue, and what a single colour would reach. */
struct Distances
{
  double ofColors{ 0.0 };
  double ofSingleColor{ 0.0 };
};

Distances
MeasureColors(const LabImageType * colors)
{
  std::vector<Color>    truth;
  std::vector<Color>    found;
  std::array<double, 2> mean{};
  for (itk::ImageRegionConstIteratorWithIndex<LabImageType> it(colors, colors->GetBufferedRegion()); !it.IsAtEnd();
       ++it)
  {
    PointType point;
    colors->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    const unsigned int tissue = TissueAt(ToAtlas(point));
    if (tissue != 0)
    {
      truth.push_back(LabOf(tissue));
      found.push_back({ { it.Get()[0], it.Get()[1], it.Get()[2] } });
      mean[0] += truth.back()[1];
      mean[1] += truth.back()[2];
    }
  }
  Distances  distances;
  const auto count = static_cast<double>(truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i)
  {
    distances.ofColors += std::hypot(found[i][1] - truth[i][1], found[i][2] - truth[i][2]) / count;
    distances.ofSingleColor += std::hypot(mean[0] / count - truth[i][1], mean[1] / count - truth[i][2]) / count;
  }
  return distances;
}

/** The farthest that a transform puts points of the scanned body from where they are in the atlas, in mm. */
double
LargestError(const itk::AtlasRegistration::TransformType * found)
{
  double largest = 0.0;
  for (double z = 365.0; z <= 465.0; z += 25.0)
  {
    for (double y = -61.0; y <= -1.0; y += 20.0)
    {
      for (double x = -28.0; x <= 52.0; x += 20.0)
      {
        PointType point;
        point[0] = x;
        point[1] = y;
        point[2] = z;
        largest = std::max(largest, found->TransformPoint(point).EuclideanDistanceTo(ToAtlas(point)));
      }
    }
  }
  return largest;
}

/** The same voxels at the same places in another order: axis k of the result is axis order[k] of the image, the other way if
 * bit k of `flips` is set. */
template <typename TImage>
typename TImage::Pointer
Reorder(const TImage * image, const std::array<unsigned int, 3> & order, unsigned int flips)
{
  const auto                     region = image->GetLargestPossibleRegion();
  typename TImage::SizeType      size;
  typename TImage::SpacingType   spacing;
  typename TImage::DirectionType direction;
  auto                           corner = region.GetIndex();
  for (unsigned int k = 0; k < 3; ++k)
  {
    const bool isFlipped = (flips >> k & 1u) != 0;
    size[k] = region.GetSize(order[k]);
    spacing[k] = image->GetSpacing()[order[k]];
    corner[order[k]] += isFlipped ? static_cast<itk::IndexValueType>(size[k]) - 1 : 0;
    for (unsigned int row = 0; row < 3; ++row)
    {
      direction[row][k] = (isFlipped ? -1.0 : 1.0) * image->GetDirection()[row][order[k]];
    }
  }
  PointType origin;
  image->TransformIndexToPhysicalPoint(corner, origin);
  auto reordered = TImage::New();
  reordered->SetRegions(size);
  reordered->SetSpacing(spacing);
  reordered->SetDirection(direction);
  reordered->SetOrigin(origin);
  reordered->Allocate();
  for (itk::ImageRegionIteratorWithIndex<TImage> it(reordered, reordered->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    auto index = corner;
    for (unsigned int k = 0; k < 3; ++k)
    {
      index[order[k]] += (flips >> k & 1u) != 0 ? -it.GetIndex()[k] : it.GetIndex()[k];
    }
    it.Set(image->GetPixel(index));
  }
  return reordered;
}

/** Counts events. */
struct Counter
{
  int * count;
  void
  Count()
  {
    ++*count;
  }
};

} // namespace

TEST(AtlasColorizationImageFilter, ColorsAreThoseOfTheTissues)
{
  const auto scan = MakeScan();
  const auto filter = MakeFilter(scan);
  filter->GetRegistration()->SetWorkingSpacing(4.0);
  filter->GetRegistration()->SearchOrientationsOn();
  filter->Update();
  ColorizationTest::ExpectSameGeometry<ScanType, LabImageType>(scan, filter->GetOutput());
  const auto distances = MeasureColors(filter->GetOutput());
  EXPECT_GT(distances.ofSingleColor, 10.0);
  EXPECT_LT(distances.ofColors, 2.5);

  // The report tells where, and how large, the scanned body is.
  const auto & report = filter->GetRegistration()->GetReport();
  ASSERT_EQ(report.place.size(), 3u);
  ASSERT_EQ(report.scale.size(), 3u);
  EXPECT_NEAR(report.scale[0], 1.0 / 1.05, 0.05);
  EXPECT_NEAR(report.scale[1], 1.0 / 0.95, 0.05);
  EXPECT_NEAR(report.scale[2], 1.0 / 1.03, 0.05);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    // The body is nearly as much to one side as to the other.
    EXPECT_NEAR(report.place[axis], 0.0, 8.0);
  }
  EXPECT_GT(report.bodyOverlap, 0.95);
  EXPECT_GT(report.agreement, 0.5);
  EXPECT_FALSE(report.isCutOut);
  // The body is more than one cube of 60 mm, and all of it is in one.
  ASSERT_GE(report.regionAgreements.size(), 4u);
  ASSERT_EQ(report.regionVolumes.size(), report.regionAgreements.size());
  ASSERT_EQ(report.regionCenters.size(), 3 * report.regionAgreements.size());
  double sum = 0.0;
  double volume = 0.0;
  for (std::size_t k = 0; k < report.regionAgreements.size(); ++k)
  {
    EXPECT_GE(report.regionVolumes[k], 1000.0);
    EXPECT_LE(report.regionVolumes[k], 60.0 * 60.0 * 60.0 * 1.2);
    sum += report.regionVolumes[k] * report.regionAgreements[k];
    volume += report.regionVolumes[k];
  }
  EXPECT_NEAR(sum / volume, report.agreement, 0.15);
  EXPECT_LT(LargestError(filter->GetRegistration()->GetTransform()), 10.0);
}

TEST(AtlasColorizationImageFilter, ParametersOfTheRegistrationCount)
{
  const auto filter = MakeFilter(MakeScan());
  filter->Update();
  EXPECT_EQ(filter->GetRegistration()->GetStage(), "deformable");
  const auto deformed = MeasureColors(filter->GetOutput());
  EXPECT_LT(deformed.ofColors, 0.5 * deformed.ofSingleColor);

  // A change of the part is one of the composite.
  filter->GetRegistration()->DeformableOff();
  filter->Update();
  EXPECT_EQ(filter->GetRegistration()->GetStage(), "affine");
  const auto affine = MeasureColors(filter->GetOutput());
  EXPECT_NE(affine.ofColors, deformed.ofColors);
  EXPECT_LT(affine.ofColors, 0.5 * affine.ofSingleColor);
}

TEST(AtlasColorizationImageFilter, OrderOfTheVoxelsDoesNotMatter)
{
  const auto scan = MakeScan();
  const auto filter = MakeFilter(scan);
  filter->Update();
  const LabImageType::Pointer wanted = filter->GetOutput();
  wanted->DisconnectPipeline();
  struct Order
  {
    std::array<unsigned int, 3> order;
    unsigned int                flips;
  };
  for (const Order & order : { Order{ { { 0, 1, 2 } }, 7 },
                               Order{ { { 1, 0, 2 } }, 4 },
                               Order{ { { 2, 0, 1 } }, 1 },
                               Order{ { { 2, 1, 0 } }, 6 } })
  {
    SCOPED_TRACE(::testing::Message() << "order " << order.order[0] << order.order[1] << order.order[2] << ", flips "
                                      << order.flips);
    const auto stored = Reorder<ScanType>(scan, order.order, order.flips);
    filter->SetInput(stored);
    filter->UpdateLargestPossibleRegion();
    ColorizationTest::ExpectSameGeometry<ScanType, LabImageType>(stored, filter->GetOutput());
    const auto reordered = Reorder<LabImageType>(wanted, order.order, order.flips);
    ColorizationTest::ExpectSamePixels<LabImageType>(filter->GetOutput(), reordered);
  }
}

TEST(AtlasColorizationImageFilter, SameForAnyThreads)
{
  const auto filter = MakeFilter(MakeScan());
  filter->SetLuminance(LuminanceEnum::Fused);
  filter->SetNumberOfWorkUnits(1);
  filter->Update();
  const LabImageType::Pointer alone = filter->GetOutput();
  alone->DisconnectPipeline();
  filter->SetNumberOfWorkUnits(2);
  filter->Modified();
  filter->Update();
  ColorizationTest::ExpectSamePixels<LabImageType>(alone, filter->GetOutput());
}

TEST(AtlasColorizationImageFilter, StreamedEqualsWhole)
{
  for (const LuminanceEnum luminance : { LuminanceEnum::Source, LuminanceEnum::Fused, LuminanceEnum::Reference })
  {
    SCOPED_TRACE(luminance);
    const auto filter = MakeFilter(MakeScan());
    filter->SetLuminance(luminance);
    // Pieces whose surroundings are not the whole scan.
    filter->SetToneRadius(3.0);
    filter->SetMatchRadius(2.5);
    ColorizationTest::ExpectStreamedEqualsWhole(filter.GetPointer(), 7);
  }
}

TEST(AtlasColorizationImageFilter, RegistersOnceForAllPieces)
{
  const auto filter = MakeFilter(MakeScan());
  filter->GetRegistration()->SetWorkingSpacing(10.0);
  filter->GetRegistration()->SetLeastAgreement(0.0);
  int     updates = 0;
  auto    command = itk::SimpleMemberCommand<Counter>::New();
  Counter counter{ &updates };
  command->SetCallbackFunction(&counter, &Counter::Count);
  filter->GetRegistration()->AddObserver(itk::StartEvent(), command);
  auto streamer = itk::StreamingImageFilter<LabImageType, LabImageType>::New();
  streamer->SetInput(filter->GetOutput());
  streamer->SetNumberOfStreamDivisions(5);
  streamer->Update();
  EXPECT_EQ(updates, 1);
  filter->SetMatchRadius(5.0);
  streamer->Update();
  EXPECT_EQ(updates, 2);
}

TEST(AtlasColorizationImageFilter, APictureIsASectionAcross)
{
  auto       slice = MakeScan(itk::Size<3>{ { ScanSize[0], ScanSize[1], 1 } });
  const auto region = slice->GetLargestPossibleRegion();
  slice->SetDirection(ScanType::DirectionType::GetIdentity());
  const std::array<double, 3> spacing{ { 2.6, 3.1, 1.0 } };
  const std::array<double, 3> origin{ { 0.0, 0.0, 0.0 } };
  slice->SetSpacing(spacing.data());
  slice->SetOrigin(origin.data());
  const auto ofVolume = MakeFilter(slice);
  ofVolume->GetRegistration()->SetWorkingSpacing(3.0);
  ofVolume->Update();
  using PictureType = itk::Image<float, 2>;
  auto picture = PictureType::New();
  picture->SetRegions({ { { region.GetIndex(0), region.GetIndex(1) } }, { { ScanSize[0], ScanSize[1] } } });
  picture->SetSpacing(spacing.data());
  picture->Allocate();
  std::copy_n(slice->GetBufferPointer(), region.GetNumberOfPixels(), picture->GetBufferPointer());
  auto ofPicture = itk::AtlasColorizationImageFilter<PictureType, itk::Image<itk::RGBPixel<float>, 2>>::New();
  ofPicture->SetInput(picture);
  ofPicture->SetAtlas(Atlas());
  ofPicture->SetLuminance(LuminanceEnum::Reference);
  ofPicture->ConvertColorsOff();
  ofPicture->GetRegistration()->SetWorkingSpacing(3.0);
  ofPicture->GetRegistration()->SetLeastAgreement(0.3);
  ofPicture->Update();
  EXPECT_EQ(ofPicture->GetOutput()->GetLargestPossibleRegion(), picture->GetLargestPossibleRegion());
  const auto * wanted = ofVolume->GetOutput()->GetBufferPointer();
  const auto * found = ofPicture->GetOutput()->GetBufferPointer();
  for (itk::SizeValueType i = 0; i < region.GetNumberOfPixels(); ++i)
  {
    ASSERT_EQ(found[i], wanted[i]) << i;
  }
}

TEST(AtlasColorizationImageFilter, IsAGoodPipelineCitizen)
{
  const auto filter = MakeFilter(MakeScan());
  filter->GetRegistration()->SetWorkingSpacing(10.0);
  filter->GetRegistration()->SetLeastAgreement(0.0);
  ColorizationTest::ExpectGoodPipelineCitizen(filter.GetPointer());
}

TEST(AtlasColorizationImageFilter, RegistrationCanBeAborted)
{
  for (const std::string stage : { "placement", "deformable" })
  {
    const auto filter = MakeFilter(MakeScan());
    filter->AddObserver(itk::ProgressEvent(),
                        [&](const itk::EventObject &)
                        {
                          if (filter->GetStage() == stage)
                          {
                            filter->AbortGenerateDataOn();
                          }
                        });
    EXPECT_THROW(filter->Update(), itk::ProcessAborted) << stage;
    EXPECT_EQ(filter->GetStage(), stage);
  }
}

TEST(AtlasColorizationImageFilter, OtherAnatomyIsRefused)
{
  const std::string notFound = "The scan's anatomy is not found in the atlas";
  // Noise in a ball, and a cube, of about the body's size.
  std::uint32_t k = 0;
  const auto    ball = MakeScanOf(ScanSize,
                               [&k](const PointType & point)
                               {
                                 ++k;
                                 const double radius = ToAtlas(point).GetVectorFromOrigin().GetNorm();
                                 return radius < 62.0 ? 200.0 + 700.0 * ColorizationTest::Noise(77777u + k) : 0.0;
                               });
  const auto    cube =
    MakeScanOf(ScanSize,
               [](const PointType & point)
               {
                 const PointType place = ToAtlas(point);
                 const double    farthest = std::max({ std::abs(place[0]), std::abs(place[1]), std::abs(place[2]) });
                 return farthest < 52.0 ? 500.0 : 0.0;
               });
  for (const ScanType * scan : { ball.GetPointer(), cube.GetPointer() })
  {
    const auto filter = MakeFilter(scan);
    ColorizationTest::ExpectExceptionWith([&]() { filter->Update(); }, notFound);
    // Who insists gets colours.
    filter->GetRegistration()->SetLeastAgreement(0.0);
    EXPECT_NO_THROW(filter->Update());
  }
}

TEST(AtlasColorizationImageFilter, ParametersAreVerifiedBeforeAllWork)
{
  const auto   filter = MakeFilter(MakeScan(itk::Size<3>{ { 8, 8, 8 } }));
  unsigned int events = 0;
  const auto   count = [&](const itk::EventObject &) { ++events; };
  const auto   expect = [&](const std::string & sentence)
  { ColorizationTest::ExpectExceptionWith([&]() { filter->Update(); }, sentence); };
  filter->AddObserver(itk::StartEvent(), count);
  filter->AddObserver(itk::ProgressEvent(), count);

  filter->SetAtlas(nullptr);
  expect("There is no atlas, or it is empty.");
  filter->SetAtlas(itk::ColorAtlas::New());
  expect("There is no atlas, or it is empty.");
  filter->SetAtlas(Atlas());

  for (const double radius : { 0.0, -4.0 })
  {
    filter->SetMatchRadius(radius);
    expect("MatchRadius is " + std::to_string(static_cast<int>(radius)) + ", but has to be above 0.");
  }
  filter->SetMatchRadius(4.0);

  auto * registration = filter->GetRegistration();
  registration->SetGridSpacing(1.0);
  expect("GridSpacing is 1, but has to be in 8 ... 200.");
  registration->SetGridSpacing(50.0);
  registration->SetWorkingSpacing(0.5);
  expect("WorkingSpacing is 0.5, but has to be in 1 ... 10, or 0.");
  registration->SetWorkingSpacing(0.0);
  registration->SetLeastAgreement(1.5);
  expect("LeastAgreement is 1.5, but has to be in 0 ... 1.");
  registration->SetLeastAgreement(std::numeric_limits<double>::quiet_NaN());
  expect("LeastAgreement is nan, but has to be in 0 ... 1.");
  EXPECT_EQ(events, 0u);
}

TEST(AtlasColorizationImageFilter, ScansThatTellNothingAreRefused)
{
  auto constant = MakeGrid<ScanType>(itk::Size<3>{ { 30, 30, 30 } });
  constant->FillBuffer(12.0f);
  ColorizationTest::ExpectExceptionWith([&]() { MakeFilter(constant)->Update(); }, "12");

  auto unknown = MakeScan();
  unknown->SetPixel({ { 30, 20, 30 } }, std::numeric_limits<float>::quiet_NaN());
  ColorizationTest::ExpectExceptionWith([&]() { MakeFilter(unknown)->Update(); }, "NaN");

  // A cube of 4 cm.
  const auto little =
    MakeScanOf(itk::Size<3>{ { 40, 34, 30 } },
               [](const PointType & point)
               {
                 const double farthest =
                   std::max({ std::abs(point[0] - 13.0), std::abs(point[1] + 31.0), std::abs(point[2] - 415.0) });
                 return farthest < 15.0 ? 500.0 + 3.0 * point[0] : 0.0;
               });
  ColorizationTest::ExpectExceptionWith([&]() { MakeFilter(little)->Update(); },
                                        "The scan shows too little of a body to find it in the atlas");

  // The registration by itself.
  const auto registration = itk::AtlasRegistration::New();
  registration->SetScanImage(constant);
  ColorizationTest::ExpectExceptionWith([&]() { registration->Update(); }, "There is no atlas, or it is empty.");
  registration->SetAtlas(Atlas());
  ColorizationTest::ExpectExceptionWith([&]() { registration->Update(); },
                                        "ScanImage is 12 everywhere, so there is nothing to register by.");
}

TEST(AtlasColorizationImageFilter, ASingleSliceIsColored)
{
  const auto scan = MakeScan(itk::Size<3>{ { ScanSize[0], ScanSize[1], 1 } });
  const auto filter = MakeFilter(scan);
  filter->GetRegistration()->SetWorkingSpacing(2.0);
  filter->Update();
  EXPECT_EQ(filter->GetRegistration()->GetStage(), "placement");
  ColorizationTest::ExpectSameGeometry<ScanType, LabImageType>(scan, filter->GetOutput());
  const auto distances = MeasureColors(filter->GetOutput());
  EXPECT_LT(distances.ofColors, 4.0);
  // It shows the middle of the body.
  EXPECT_NEAR(filter->GetRegistration()->GetReport().place[2], 0.0, 8.0);
}

TEST(AtlasColorizationImageFilter, SourceHasTheLuminanceOfTheScan)
{
  const auto scan = MakeScan();
  const auto filter = MakeFilter(scan);
  filter->SetLuminance(LuminanceEnum::Source);
  filter->Update();
  const auto                                           used = filter->GetUsedWindow();
  const itk::colorization::LuminanceWindow             window{ used[0], used[1], {} };
  itk::ImageRegionConstIteratorWithIndex<ScanType>     in(scan, scan->GetBufferedRegion());
  itk::ImageRegionConstIteratorWithIndex<LabImageType> out(filter->GetOutput(), scan->GetBufferedRegion());
  std::size_t                                          colored = 0;
  for (; !in.IsAtEnd(); ++in, ++out)
  {
    if (out.Get()[1] != 0.0f || out.Get()[2] != 0.0f)
    {
      ASSERT_NEAR(out.Get()[0], itk::colorization::GrayToLightness(window.Map(in.Get())), 1e-3f) << in.GetIndex();
      ++colored;
    }
  }
  EXPECT_GT(colored, 20000u);
}

TEST(AtlasColorizationImageFilter, BoneMayBeAsDarkAsAir)
{
  constexpr unsigned int bone = 6;
  const auto             scan = MakeScanOf(ScanSize,
                               [](const PointType & point)
                               {
                                 const unsigned int tissue = TissueAt(ToAtlas(point));
                                 return tissue == bone ? 0.0f : Tissues[tissue].value;
                               });
  const auto             filter = MakeFilter(scan);
  filter->GetRegistration()->SetLeastAgreement(0.1);
  const auto shareOfColor = [&]()
  {
    filter->Update();
    std::size_t colored = 0;
    std::size_t count = 0;
    for (itk::ImageRegionConstIteratorWithIndex<LabImageType> it(filter->GetOutput(), scan->GetBufferedRegion());
         !it.IsAtEnd();
         ++it)
    {
      PointType point;
      scan->TransformIndexToPhysicalPoint(it.GetIndex(), point);
      if (Organs[9].Contains(ToAtlas(point), -4.0) && TissueAt(ToAtlas(point)) == bone)
      {
        ++count;
        colored += it.Get()[1] != 0.0f || it.Get()[2] != 0.0f ? 1 : 0;
      }
    }
    return static_cast<double>(colored) / static_cast<double>(count);
  };
  EXPECT_GT(shareOfColor(), 0.9);
  filter->BoneIsDarkOff();
  EXPECT_LT(shareOfColor(), 0.3);
}

TEST(AtlasColorizationImageFilter, MaskSaysWhatTheBodyIs)
{
  // The left half of the body alone.
  const auto scan = MakeScan();
  auto       mask = MakeGrid<FilterType::MaskImageType>(ScanSize);
  for (itk::ImageRegionIteratorWithIndex<FilterType::MaskImageType> it(mask, mask->GetBufferedRegion()); !it.IsAtEnd();
       ++it)
  {
    PointType point;
    mask->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    it.Set(TissueAt(ToAtlas(point)) != 0 && point[0] > 0.0 ? 255 : 0);
  }
  const auto filter = MakeFilter(scan);
  filter->SetMaskImage(mask);
  filter->Update();
  itk::ImageRegionConstIteratorWithIndex<LabImageType> out(filter->GetOutput(), mask->GetBufferedRegion());
  double                                               error = 0.0;
  std::size_t                                          count = 0;
  for (; !out.IsAtEnd(); ++out)
  {
    if (mask->GetPixel(out.GetIndex()) == 0)
    {
      ASSERT_EQ(out.Get(), LabImageType::PixelType(0.0f)) << out.GetIndex();
    }
    else
    {
      PointType point;
      mask->TransformIndexToPhysicalPoint(out.GetIndex(), point);
      const Color truth = LabOf(TissueAt(ToAtlas(point)));
      error += std::hypot(out.Get()[1] - truth[1], out.Get()[2] - truth[2]);
      ++count;
    }
  }
  EXPECT_LT(error / static_cast<double>(count), 6.0);
}
