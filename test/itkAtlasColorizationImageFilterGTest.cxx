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
#include <cmath>
#include <vector>

namespace
{
using VolumeType = itk::Image<float, 3>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using FilterType = itk::AtlasColorizationImageFilter<VolumeType, ColorType>;
using PointType = itk::Point<double, 3>;

/** Three numbers as a vector, or a point. */
itk::Vector<double, 3>
MakeVector(double x, double y, double z)
{
  const double values[] = { x, y, z };
  return itk::Vector<double, 3>(values);
}

itk::Point<double, 3>
MakePoint(double x, double y, double z)
{
  const double values[] = { x, y, z };
  return itk::Point<double, 3>(values);
}

/** Parts of a body that has no symmetry. */
enum Part
{
  Air,
  Fat,
  Muscle,
  Liver,
  Bone,
  Gut
};

bool
IsIn(const PointType & point, double x, double y, double z, double rx, double ry, double rz)
{
  return std::pow((point[0] - x) / rx, 2) + std::pow((point[1] - y) / ry, 2) + std::pow((point[2] - z) / rz, 2) < 1.0;
}

Part
PartAt(const PointType & p)
{
  if (!IsIn(p, 0, 0, 0, 75, 52, 90))
  {
    return Air;
  }
  return IsIn(p, 0, 28, 0, 14, 12, 75)       ? Bone
         : IsIn(p, -28, -5, 30, 28, 24, 30)  ? Liver
         : IsIn(p, 25, -12, -35, 24, 18, 26) ? Gut
         : IsIn(p, 0, 0, 5, 64, 42, 80)      ? Muscle
                                             : Fat;
}

const unsigned char *
ColorOf(Part part)
{
  static constexpr unsigned char colors[][3] = { { 0, 0, 0 },    { 232, 214, 150 }, { 130, 52, 44 },
                                                 { 92, 40, 24 }, { 214, 176, 150 }, { 176, 120, 70 } };
  return colors[part];
}

itk::ColorAtlas::Pointer
MakeAtlas()
{
  auto image = itk::ColorAtlas::ColorImageType::New();
  image->SetRegions(itk::ColorAtlas::ColorImageType::SizeType{ { 72, 54, 84 } });
  itk::ColorAtlas::ColorImageType::SpacingType spacing;
  spacing.Fill(2.5);
  image->SetSpacing(spacing);
  image->SetOrigin(MakePoint(-88.75, -66.25, -103.75));
  image->Allocate();
  itk::ImageRegionIteratorWithIndex<itk::ColorAtlas::ColorImageType> it(image, image->GetLargestPossibleRegion());
  for (; !it.IsAtEnd(); ++it)
  {
    PointType point;
    image->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    const Part                    part = PartAt(point);
    const unsigned char *         color = ColorOf(part);
    itk::RGBAPixel<unsigned char> pixel;
    pixel.Set(color[0], color[1], color[2], part == Air ? 0 : 255);
    it.Set(pixel);
  }
  auto atlas = itk::ColorAtlas::New();
  atlas->SetColorImage(image);
  return atlas;
}

/** Where a point of the scan's patient is in the atlas's: another body, in another place. */
PointType
InAtlas(const PointType & point)
{
  return MakePoint((point[0] - 20.0) / 1.06, (point[1] + 9.0) / 0.97, (point[2] - 300.0) / 1.04);
}

/** A scan on a grid that is anisotropic and oblique, and does not begin at 0. */
VolumeType::Pointer
MakeScan()
{
  auto volume = VolumeType::New();
  volume->SetRegions(VolumeType::RegionType({ { 4, -3, 2 } }, { { 70, 56, 44 } }));
  volume->SetSpacing(MakeVector(2.6, 2.4, 5.0));
  auto         direction = volume->GetDirection();
  const double angle = 0.15;
  direction[0][0] = std::cos(angle);
  direction[0][1] = -std::sin(angle);
  direction[1][0] = std::sin(angle);
  direction[1][1] = std::cos(angle);
  volume->SetDirection(direction);
  volume->SetOrigin(MakePoint(-80.0, -85.0, 180.0));
  volume->Allocate();
  static constexpr float                        values[] = { 3.0f, 190.0f, 90.0f, 120.0f, 40.0f, 150.0f };
  itk::ImageRegionIteratorWithIndex<VolumeType> it(volume, volume->GetLargestPossibleRegion());
  for (unsigned int noise = 1; !it.IsAtEnd(); ++it)
  {
    PointType point;
    volume->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    noise = noise * 1664525u + 1013904223u;
    it.Set(values[PartAt(InAtlas(point))] + static_cast<float>(noise >> 24) / 64.0f);
  }
  return volume;
}

FilterType::Pointer
MakeFilter(const VolumeType * scan)
{
  auto filter = FilterType::New();
  filter->SetInput(scan);
  filter->SetAtlas(MakeAtlas());
  return filter;
}

/** Mean distance in (a, b) between an image of the scan's and the truth, over the body. */
template <typename TColorAt>
double
ErrorOf(const ColorType * colors, const TColorAt & colorAt)
{
  double      sum = 0.0;
  std::size_t count = 0;
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(colors, colors->GetLargestPossibleRegion()); !it.IsAtEnd();
       ++it)
  {
    PointType point;
    colors->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    const Part part = PartAt(InAtlas(point));
    if (part != Air)
    {
      const auto labOf = [](const auto & rgb) {
        return itk::colorization::RGBToLab({ { rgb[0] / 255.0f, rgb[1] / 255.0f, rgb[2] / 255.0f } });
      };
      const auto wanted = labOf(ColorOf(part));
      const auto found = labOf(colorAt(it));
      sum += std::hypot(found[1] - wanted[1], found[2] - wanted[2]);
      ++count;
    }
  }
  return sum / static_cast<double>(count);
}

TEST(AtlasColorizationImageFilter, FindsPlaceAndColors)
{
  const auto scan = MakeScan();
  const auto filter = MakeFilter(scan);
  filter->SetLuminance(itk::ColorizationEnums::Luminance::Reference);
  filter->Update();
  const ColorType * colors = filter->GetOutput();
  EXPECT_EQ(colors->GetLargestPossibleRegion(), scan->GetLargestPossibleRegion());
  EXPECT_EQ(colors->GetSpacing(), scan->GetSpacing());
  EXPECT_EQ(colors->GetOrigin(), scan->GetOrigin());
  EXPECT_EQ(colors->GetDirection(), scan->GetDirection());
  const double error = ErrorOf(colors, [](const auto & it) { return it.Get(); });
  const double ofMuscle = ErrorOf(colors, [](const auto &) { return ColorOf(Muscle); });
  EXPECT_LT(error, 0.5 * ofMuscle);
  EXPECT_LT(error, 6.0);
  const auto & report = filter->GetRegistration()->GetReport();
  EXPECT_GT(report.agreement, 0.3);
  EXPECT_GT(report.bodyOverlap, 0.9);
  EXPECT_NEAR(report.scale[0], 1.06, 0.08);
}

TEST(AtlasColorizationImageFilter, IsTheSameForAnyOrderOfAxesAndAnyNumberOfThreads)
{
  const auto scan = MakeScan();
  const auto filter = MakeFilter(scan);
  filter->SetNumberOfWorkUnits(2);
  filter->Update();
  const ColorType * colors = filter->GetOutput();

  // z, x, y; x and z the other way.
  constexpr unsigned int  order[] = { 2, 0, 1 };
  constexpr bool          isFlipped[] = { true, true, false };
  const auto              region = scan->GetLargestPossibleRegion();
  auto                    other = VolumeType::New();
  VolumeType::SizeType    size;
  VolumeType::IndexType   corner = region.GetIndex();
  auto                    direction = scan->GetDirection();
  VolumeType::SpacingType spacing;
  for (unsigned int k = 0; k < 3; ++k)
  {
    size[k] = region.GetSize(order[k]);
    spacing[k] = scan->GetSpacing()[order[k]];
    corner[order[k]] += isFlipped[k] ? static_cast<itk::IndexValueType>(size[k]) - 1 : 0;
    for (unsigned int row = 0; row < 3; ++row)
    {
      direction[row][k] = (isFlipped[k] ? -1.0 : 1.0) * scan->GetDirection()[row][order[k]];
    }
  }
  PointType origin;
  scan->TransformIndexToPhysicalPoint(corner, origin);
  other->SetRegions(size);
  other->SetSpacing(spacing);
  other->SetDirection(direction);
  other->SetOrigin(origin);
  other->Allocate();
  const auto sourceOf = [&](const VolumeType::IndexType & index)
  {
    VolumeType::IndexType source = corner;
    for (unsigned int k = 0; k < 3; ++k)
    {
      source[order[k]] += isFlipped[k] ? -index[k] : index[k];
    }
    return source;
  };
  for (itk::ImageRegionIteratorWithIndex<VolumeType> it(other, other->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(scan->GetPixel(sourceOf(it.GetIndex())));
  }
  const auto again = MakeFilter(other);
  again->SetNumberOfWorkUnits(1);
  again->Update();
  itk::SizeValueType                                differences = 0;
  itk::ImageRegionConstIteratorWithIndex<ColorType> it(again->GetOutput(), other->GetLargestPossibleRegion());
  for (; !it.IsAtEnd(); ++it)
  {
    differences += it.Get() == colors->GetPixel(sourceOf(it.GetIndex())) ? 0 : 1;
  }
  EXPECT_EQ(differences, 0u);
}

TEST(AtlasColorizationImageFilter, PlacesASliceOneVoxelThick)
{
  const auto scan = MakeScan();
  auto       slice = VolumeType::New();
  auto       region = scan->GetLargestPossibleRegion();
  region.SetIndex(2, region.GetIndex(2) + 26);
  region.SetSize(2, 1);
  slice->CopyInformation(scan);
  slice->SetRegions(region);
  slice->Allocate();
  for (itk::ImageRegionIteratorWithIndex<VolumeType> it(slice, region); !it.IsAtEnd(); ++it)
  {
    it.Set(scan->GetPixel(it.GetIndex()));
  }
  const auto filter = MakeFilter(slice);
  filter->SetLuminance(itk::ColorizationEnums::Luminance::Reference);
  filter->Update();
  const double error = ErrorOf(filter->GetOutput(), [](const auto & it) { return it.Get(); });
  const double ofMuscle = ErrorOf(filter->GetOutput(), [](const auto &) { return ColorOf(Muscle); });
  EXPECT_LT(error, 0.7 * ofMuscle);
}

template <typename TFilter>
std::string
MessageOf(TFilter * filter)
{
  try
  {
    filter->Update();
  }
  catch (const itk::ExceptionObject & error)
  {
    return error.GetDescription();
  }
  return {};
}

TEST(AtlasColorizationImageFilter, RefusesWhatItCannotColor)
{
  const auto scan = MakeScan();
  auto       without = FilterType::New();
  without->SetInput(scan);
  EXPECT_NE(MessageOf(without.GetPointer()).find("There is no atlas, or it is empty."), std::string::npos);

  auto filter = MakeFilter(scan);
  filter->SetMatchRadius(0.0);
  EXPECT_NE(MessageOf(filter.GetPointer()).find("MatchRadius is 0, but has to be above 0."), std::string::npos);
  filter = MakeFilter(scan);
  filter->GetRegistration()->SetGridSpacing(1.0);
  EXPECT_NE(MessageOf(filter.GetPointer()).find("GridSpacing is 1, but has to be in 8 ... 200."), std::string::npos);

  // A cube of noise is no body.
  auto         cube = MakeScan();
  unsigned int noise = 1;
  for (itk::ImageRegionIteratorWithIndex<VolumeType> it(cube, cube->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    const auto index = it.GetIndex();
    noise = noise * 1664525u + 1013904223u;
    const bool isInside =
      index[0] > 25 && index[0] < 50 && index[1] > 8 && index[1] < 34 && index[2] > 15 && index[2] < 32;
    it.Set(isInside ? 100.0f + static_cast<float>(noise >> 24) : static_cast<float>(noise >> 30));
  }
  EXPECT_NE(MessageOf(MakeFilter(cube).GetPointer()).find("The scan's anatomy is not found in the atlas"),
            std::string::npos);
}

TEST(AtlasColorizationImageFilter, EndsWhenItIsToldTo)
{
  const auto filter = MakeFilter(MakeScan());
  filter->AddObserver(itk::ProgressEvent(),
                      [&](const itk::EventObject &)
                      {
                        if (filter->GetProgress() > 0.1)
                        {
                          filter->AbortGenerateDataOn();
                        }
                      });
  EXPECT_THROW(filter->Update(), itk::ProcessAborted);
}
} // namespace
