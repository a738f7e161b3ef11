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
#include "itkChromaPalette.h"
#include "itkNetworkColorizationImageFilter.h"
#include "itkReferenceColorizationImageFilter.h"

#include "ColorizationTestUtilities.h"

#include "itkColorSpace.h"

#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"
#include "itkShrinkImageFilter.h"
#include "itkSignedMaurerDistanceMapImageFilter.h"
#include "itkSmoothingRecursiveGaussianImageFilter.h"

#include <filesystem>
#include <limits>
#include <map>

namespace
{
using namespace ColorizationTest;
using itk::colorization::Color;

using GrayType = itk::Image<unsigned char, 3>;
using FloatType = itk::Image<float, 3>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using FilterType = itk::ReferenceColorizationImageFilter<GrayType>;

const std::string Templates = "/usr/share/mricron/templates/";
const std::string Examples = "/usr/share/doc/insighttoolkit5-examples/examples/Data/";

GrayType::Pointer
ReadGray(const std::string & name)
{
  return itk::ReadImage<GrayType>(Templates + name);
}

PhotographType::Pointer
ReadPhotograph()
{
  return itk::ReadImage<PhotographType>(Examples + "VisibleWomanHeadSlice.png");
}

Color
LabOf(const itk::RGBPixel<unsigned char> & pixel)
{
  return itk::colorization::RGBToLab({ { pixel[0] / 255.0f, pixel[1] / 255.0f, pixel[2] / 255.0f } });
}

/** The head at a third of its resolution: enough for what does not depend on quality. */
GrayType::Pointer
MakeSmallHead()
{
  auto shrink = itk::ShrinkImageFilter<GrayType, GrayType>::New();
  shrink->SetInput(ReadGray("ch2.nii.gz"));
  shrink->SetShrinkFactors(3);
  shrink->Update();
  GrayType::Pointer head = shrink->GetOutput();
  head->DisconnectPipeline();
  auto region = head->GetBufferedRegion();
  // As a cut-out of something larger has it.
  region.SetIndex({ { 7, -3, 11 } });
  head->SetRegions(region);
  return head;
}

FilterType::Pointer
MakeFilter(GrayType * head)
{
  auto filter = FilterType::New();
  filter->SetInput(head);
  filter->SetReferenceImage(ReadPhotograph());
  filter->SetNumberOfHintSlices(6);
  return filter;
}

/** The coloured head at full resolution; made once. */
class ColoredHead : public testing::Test
{
protected:
  static void
  SetUpTestSuite()
  {
    s_Head = ReadGray("ch2.nii.gz");
    s_Filter = FilterType::New();
    s_Filter->SetInput(s_Head);
    s_Filter->SetReferenceImage(ReadPhotograph());
    s_Filter->SetLuminance(FilterType::LuminanceEnum::Source);
    s_Filter->KeepSaturationOff();
    s_Filter->SetNumberOfWorkUnits(2);
    s_Filter->Update();
    s_Color = s_Filter->GetOutput();
    s_Color->DisconnectPipeline();
  }
  static void
  TearDownTestSuite()
  {
    s_Head = nullptr;
    s_Filter = nullptr;
    s_Color = nullptr;
  }

  static bool
  IsInBody(const GrayType::IndexType & index)
  {
    return s_Color->GetPixel(index) != ColorType::PixelType();
  }

  /** The result's lightness and the window's gray, as lightness 0..1. */
  static std::array<FloatType::Pointer, 2>
  MakeLuminances()
  {
    std::array<FloatType::Pointer, 2> luminances;
    for (auto & image : luminances)
    {
      image = FloatType::New();
      image->SetRegions(s_Head->GetBufferedRegion());
      image->Allocate();
    }
    const double low = s_Filter->GetUsedWindow()[0];
    const double high = s_Filter->GetUsedWindow()[1];
    for (itk::ImageRegionConstIteratorWithIndex<GrayType> it(s_Head, s_Head->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      const double gray = (it.Get() - low) / (high - low);
      luminances[0]->SetPixel(it.GetIndex(), static_cast<float>(std::min(std::max(gray, 0.0), 1.0)));
      const auto & rgb = s_Color->GetPixel(it.GetIndex());
      luminances[1]->SetPixel(
        it.GetIndex(),
        itk::colorization::RGBToLuminance({ { rgb[0] / 255.0f, rgb[1] / 255.0f, rgb[2] / 255.0f } }));
    }
    return luminances;
  }

  static GrayType::Pointer   s_Head;
  static FilterType::Pointer s_Filter;
  static ColorType::Pointer  s_Color;
};

GrayType::Pointer   ColoredHead::s_Head;
FilterType::Pointer ColoredHead::s_Filter;
ColorType::Pointer  ColoredHead::s_Color;

FloatType::Pointer
Smooth(const std::function<float(const FloatType::IndexType &)> & valueAt, const FloatType * geometry)
{
  auto image = FloatType::New();
  image->SetRegions(geometry->GetBufferedRegion());
  image->Allocate();
  for (itk::ImageRegionIteratorWithIndex<FloatType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(valueAt(it.GetIndex()));
  }
  auto filter = itk::SmoothingRecursiveGaussianImageFilter<FloatType, FloatType>::New();
  filter->SetInput(image);
  filter->SetSigma(1.5);
  filter->Update();
  return filter->GetOutput();
}
} // namespace

TEST_F(ColoredHead, KeepsTheStructure)
{
  // Mean SSIM within the body: Gaussian window of sigma 1.5, K 0.01 and 0.03, range 1.
  const auto   images = MakeLuminances();
  const auto   x = [&](const FloatType::IndexType & i) { return images[0]->GetPixel(i); };
  const auto   y = [&](const FloatType::IndexType & i) { return images[1]->GetPixel(i); };
  const auto   meanX = Smooth(x, images[0]);
  const auto   meanY = Smooth(y, images[0]);
  const auto   squareX = Smooth([&](const FloatType::IndexType & i) { return x(i) * x(i); }, images[0]);
  const auto   squareY = Smooth([&](const FloatType::IndexType & i) { return y(i) * y(i); }, images[0]);
  const auto   product = Smooth([&](const FloatType::IndexType & i) { return x(i) * y(i); }, images[0]);
  double       sum = 0.0;
  std::size_t  count = 0;
  const double c1 = 1e-4;
  const double c2 = 9e-4;
  for (itk::ImageRegionConstIteratorWithIndex<FloatType> it(meanX, meanX->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto i = it.GetIndex();
    if (IsInBody(i))
    {
      const double mx = meanX->GetPixel(i);
      const double my = meanY->GetPixel(i);
      const double varianceX = squareX->GetPixel(i) - mx * mx;
      const double varianceY = squareY->GetPixel(i) - my * my;
      const double covariance = product->GetPixel(i) - mx * my;
      sum += (2 * mx * my + c1) * (2 * covariance + c2) / ((mx * mx + my * my + c1) * (varianceX + varianceY + c2));
      ++count;
    }
  }
  RecordProperty("ssim", std::to_string(sum / count));
  EXPECT_GE(sum / count, 0.95) << sum / count;
  std::cout << "SSIM within the body: " << sum / count << std::endl;
}

TEST_F(ColoredHead, IsBlackOutsideOfTheBody)
{
  ExpectSameGeometry(s_Color.GetPointer(), s_Head.GetPointer());
  std::size_t inside = 0;
  std::size_t brightOutside = 0;
  for (itk::ImageRegionConstIteratorWithIndex<GrayType> it(s_Head, s_Head->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const bool isInBody = IsInBody(it.GetIndex());
    inside += isInBody ? 1 : 0;
    brightOutside += !isInBody && it.Get() > 60 ? 1 : 0;
  }
  // Litres, at 1 mm a voxel: a head without its neck; and next to nothing bright was cut away.
  EXPECT_GT(inside, 3000000u);
  EXPECT_LT(inside, 4500000u);
  EXPECT_LT(brightOutside, inside / 1000);
}

TEST_F(ColoredHead, HasTheColoursOfThePhotographAndNoBlue)
{
  // The photograph's tissue, by chroma rounded to whole units.
  std::map<std::pair<int, int>, bool> tissue;
  const auto                          photograph = ReadPhotograph();
  for (itk::ImageRegionConstIteratorWithIndex<PhotographType> it(photograph, photograph->GetBufferedRegion());
       !it.IsAtEnd();
       ++it)
  {
    const Color lab = LabOf(it.Get());
    if (lab[2] > 2.0f)
    {
      tissue[{ static_cast<int>(std::lround(lab[1])), static_cast<int>(std::lround(lab[2])) }] = true;
    }
  }
  std::map<std::pair<int, int>, bool> isNear;
  std::size_t                         count = 0;
  std::size_t                         near = 0;
  std::size_t                         blue = 0;
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(s_Color, s_Color->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    if (!IsInBody(it.GetIndex()))
    {
      continue;
    }
    const Color               lab = LabOf(it.Get());
    const std::pair<int, int> chroma(static_cast<int>(std::lround(lab[1])), static_cast<int>(std::lround(lab[2])));
    const auto                known = isNear.find(chroma);
    bool                      result = false;
    if (known == isNear.end())
    {
      for (const auto & other : tissue)
      {
        // Half a unit for the rounding of either.
        result = result || std::hypot(chroma.first - other.first.first, chroma.second - other.first.second) <= 5.0;
      }
      isNear[chroma] = result;
    }
    else
    {
      result = known->second;
    }
    ++count;
    near += result ? 1 : 0;
    blue += lab[2] < -2.0f ? 1 : 0;
  }
  std::cout << "chroma within 6 of the photograph's: " << 100.0 * near / count << " %, blue: " << blue << std::endl;
  EXPECT_GE(static_cast<double>(near) / count, 0.98);
  EXPECT_EQ(blue, 0u);
}

TEST_F(ColoredHead, TissuesDifferAsTheyDoInThePhotograph)
{
  const auto photograph = ReadPhotograph();
  const auto meanOfBox = [&](int left, int right, int top, int bottom)
  {
    Color mean{};
    for (int y = top; y < bottom; ++y)
    {
      for (int x = left; x < right; ++x)
      {
        const Color lab = LabOf(photograph->GetPixel({ { x, y } }));
        for (unsigned int c = 0; c < 3; ++c)
        {
          mean[c] += lab[c] / ((right - left) * (bottom - top));
        }
      }
    }
    return mean;
  };
  // Boxes of pixels: temporal cortex and the white matter in it, fat beside the orbit, marrow of the occipital bone.
  const std::map<std::string, Color> expected{ { "gray matter", meanOfBox(26, 34, 92, 104) },
                                               { "white matter", meanOfBox(39, 45, 73, 80) },
                                               { "subcutaneous fat", meanOfBox(18, 22, 50, 60) },
                                               { "skull marrow", meanOfBox(62, 74, 152, 155) } };

  // The same tissues in the head, by atlas, intensity, and depth below the skin in mm.
  const auto brain = ReadGray("ch2bet.nii.gz");
  const auto cortex = ReadGray("aal.nii.gz");
  auto       body = GrayType::New();
  body->SetRegions(s_Head->GetBufferedRegion());
  body->Allocate();
  for (itk::ImageRegionIteratorWithIndex<GrayType> it(body, body->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(IsInBody(it.GetIndex()) ? 1 : 0);
  }
  auto depth = itk::SignedMaurerDistanceMapImageFilter<GrayType, FloatType>::New();
  depth->SetInput(body);
  depth->SquaredDistanceOff();
  depth->InsideIsPositiveOn();
  depth->Update();
  std::map<std::string, Color>  mean;
  std::map<std::string, double> count;
  for (itk::ImageRegionConstIteratorWithIndex<GrayType> it(s_Head, s_Head->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto  i = it.GetIndex();
    const float d = depth->GetOutput()->GetPixel(i);
    const bool  isBrain = brain->GetPixel(i) > 0;
    const bool  isUpper = i[2] > 60;
    const int   value = it.Get();
    std::string tissue;
    if (isBrain && cortex->GetPixel(i) > 0 && value > 70 && value < 88)
    {
      tissue = "gray matter";
    }
    else if (isBrain && cortex->GetPixel(i) == 0 && value > 105 && value < 135)
    {
      tissue = "white matter";
    }
    else if (!isBrain && isUpper && d > 3.0f && d < 9.0f && value > 110 && value < 170)
    {
      tissue = "subcutaneous fat";
    }
    else if (!isBrain && isUpper && d > 10.0f && d < 19.0f && value > 28 && value < 66)
    {
      tissue = "skull marrow";
    }
    if (!tissue.empty())
    {
      const Color lab = LabOf(s_Color->GetPixel(i));
      count[tissue] += 1.0;
      for (unsigned int c = 0; c < 3; ++c)
      {
        mean[tissue][c] += lab[c];
      }
    }
  }
  for (auto & entry : mean)
  {
    for (float & c : entry.second)
    {
      c /= static_cast<float>(count[entry.first]);
    }
    std::cout << entry.first << ": (" << entry.second[1] << ", " << entry.second[2] << "), in the photograph ("
              << expected.at(entry.first)[1] << ", " << expected.at(entry.first)[2] << ')' << std::endl;
  }
  ASSERT_EQ(mean.size(), 4u);
  for (const auto & first : expected)
  {
    for (const auto & second : expected)
    {
      for (unsigned int c = 1; c < 3; ++c)
      {
        const double wanted = first.second[c] - second.second[c];
        if (wanted > 3.0)
        {
          EXPECT_GT(mean[first.first][c] - mean[second.first][c], 1.0)
            << first.first << " against " << second.first << " in " << (c == 1 ? "a" : "b");
        }
      }
    }
  }
}

TEST_F(ColoredHead, IsTheSameWithOneThread)
{
  auto filter = FilterType::New();
  filter->SetInput(s_Head);
  filter->SetReferenceImage(ReadPhotograph());
  filter->SetLuminance(FilterType::LuminanceEnum::Source);
  filter->KeepSaturationOff();
  filter->SetNumberOfWorkUnits(1);
  filter->Update();
  ExpectSamePixels<ColorType>(filter->GetOutput(), s_Color);
}

TEST_F(ColoredHead, HasNoSeamsBetweenSlices)
{
  // Chroma changes across axial slices no more than it does along them.
  std::array<double, 3> change{};
  std::array<double, 3> count{};
  for (itk::ImageRegionConstIteratorWithIndex<GrayType> it(s_Head, s_Head->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      auto next = it.GetIndex();
      ++next[axis];
      // Pairs that look alike in the gray volume.
      if (s_Head->GetBufferedRegion().IsInside(next) && it.Get() > 40 &&
          std::abs(it.Get() - s_Head->GetPixel(next)) < 3)
      {
        const Color a = LabOf(s_Color->GetPixel(it.GetIndex()));
        const Color b = LabOf(s_Color->GetPixel(next));
        change[axis] += std::hypot(a[1] - b[1], a[2] - b[2]);
        count[axis] += 1.0;
      }
    }
  }
  const double inPlane = 0.5 * (change[0] / count[0] + change[1] / count[1]);
  std::cout << "chroma change between alike neighbours: " << inPlane << " in axial slices, " << change[2] / count[2]
            << " across" << std::endl;
  EXPECT_LT(change[2] / count[2], 1.5 * inPlane);
}

TEST(ReferenceColorizationImageFilter, KeepsGeometry)
{
  const auto head = MakeSmallHead();
  auto       filter = MakeFilter(head);
  filter->Update();
  ExpectSameGeometry(filter->GetOutput(), head.GetPointer());
  EXPECT_EQ(filter->GetHintSliceReports().size(), 6u);
}

TEST(ReferenceColorizationImageFilter, FindsHowThePhotographLies)
{
  const auto                       head = MakeSmallHead();
  const auto                       upright = ReadPhotograph();
  const auto                       size = upright->GetBufferedRegion().GetSize();
  std::vector<std::array<bool, 3>> found;
  for (const bool turned : { false, true })
  {
    auto                     photograph = PhotographType::New();
    PhotographType::SizeType turnedSize{ { turned ? size[1] : size[0], turned ? size[0] : size[1] } };
    photograph->SetRegions(turnedSize);
    photograph->Allocate();
    for (itk::ImageRegionIteratorWithIndex<PhotographType> it(photograph, photograph->GetBufferedRegion());
         !it.IsAtEnd();
         ++it)
    {
      const auto i = it.GetIndex();
      it.Set(turned ? upright->GetPixel({ { i[1], static_cast<int>(size[1]) - 1 - i[0] } }) : upright->GetPixel(i));
    }
    auto filter = MakeFilter(head);
    filter->SetReferenceImage(photograph);
    filter->Update();
    ASSERT_EQ(filter->GetPhotographPoses().size(), 1u);
    found.push_back(filter->GetPhotographPoses()[0].orientation);
    EXPECT_NEAR(filter->GetPhotographPoses()[0].spacing, 1.37, 0.15);
  }
  // The front of the head is the last row in ch2, and the first in the photograph.
  EXPECT_FALSE(found[0][0]);
  EXPECT_TRUE(found[0][2]);
  EXPECT_TRUE(found[1][0]);
}

TEST(ReferenceColorizationImageFilter, UsesTheMaskThatIsGiven)
{
  const auto head = MakeSmallHead();
  auto       mask = GrayType::New();
  mask->CopyInformation(head);
  mask->SetRegions(head->GetBufferedRegion());
  mask->Allocate();
  const auto middle = head->GetBufferedRegion().GetIndex()[0] + 30;
  for (itk::ImageRegionIteratorWithIndex<GrayType> it(mask, mask->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(it.GetIndex()[0] < middle ? 1 : 0);
  }
  auto filter = MakeFilter(head);
  filter->SetMaskImage(mask);
  filter->Update();
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(filter->GetOutput(),
                                                            filter->GetOutput()->GetBufferedRegion());
       !it.IsAtEnd();
       ++it)
  {
    if (it.GetIndex()[0] >= middle)
    {
      ASSERT_EQ(it.Get(), ColorType::PixelType());
    }
  }
}

TEST(ReferenceColorizationImageFilter, KeepsTheSkinsPartlyFilledVoxels)
{
  const auto head = MakeSmallHead();
  auto       filter = MakeFilter(head);
  filter->SetLuminance(FilterType::LuminanceEnum::Source);
  filter->SetSkinMargin(0);
  filter->Update();
  const ColorType::Pointer cut = filter->GetOutput();
  cut->DisconnectPipeline();
  filter->SetSkinMargin(1);
  filter->Update();
  const auto  region = cut->GetBufferedRegion();
  std::size_t margin = 0;
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(filter->GetOutput(), region); !it.IsAtEnd(); ++it)
  {
    const auto & before = cut->GetPixel(it.GetIndex());
    if (before != ColorType::PixelType())
    {
      ASSERT_NEAR(LabOf(before)[0], LabOf(it.Get())[0], 0.6f);
    }
    else if (it.Get() != ColorType::PixelType())
    {
      ++margin;
      bool isBeside = false;
      for (unsigned int k = 0; k < 6; ++k)
      {
        auto neighbor = it.GetIndex();
        neighbor[k / 2] += k % 2 == 0 ? 1 : -1;
        isBeside = isBeside || (region.IsInside(neighbor) && cut->GetPixel(neighbor) != ColorType::PixelType());
      }
      ASSERT_TRUE(isBeside) << it.GetIndex();
    }
  }
  EXPECT_GT(margin, 1000u);
}

TEST(ReferenceColorizationImageFilter, OpeningTakesASheetAway)
{
  const auto head = MakeSmallHead();
  const auto region = head->GetBufferedRegion();
  const auto middle = region.GetIndex(1) + static_cast<itk::IndexValueType>(region.GetSize(1) / 2);
  const auto isSheet = [&](const GrayType::IndexType & p)
  { return p[1] == middle && p[2] >= region.GetIndex(2) + 45 && p[0] < region.GetIndex(0) + 3; };
  std::size_t sheet = 0;
  for (itk::ImageRegionIteratorWithIndex<GrayType> it(head, region); !it.IsAtEnd(); ++it)
  {
    if (it.GetIndex()[1] == middle && it.Get() < 40)
    {
      it.Set(100);
    }
    sheet += isSheet(it.GetIndex()) ? 1 : 0;
  }
  auto       filter = MakeFilter(head);
  const auto countColored = [&]()
  {
    filter->Update();
    std::size_t count = 0;
    for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(filter->GetOutput(), region); !it.IsAtEnd(); ++it)
    {
      count += isSheet(it.GetIndex()) && it.Get() != ColorType::PixelType() ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(countColored(), sheet);
  filter->SetOpeningRadius(4.0);
  EXPECT_EQ(countColored(), 0u);
}

TEST(ReferenceColorizationImageFilter, AirInTheHeadStaysGray)
{
  const auto head = MakeSmallHead();
  auto       filter = MakeFilter(head);
  filter->SetSkinMargin(0);
  filter->Update();
  const double air =
    filter->GetUsedWindow()[0] + filter->GetAirThreshold() * (filter->GetUsedWindow()[1] - filter->GetUsedWindow()[0]);
  std::size_t voxels = 0;
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(filter->GetOutput(),
                                                            filter->GetOutput()->GetBufferedRegion());
       !it.IsAtEnd();
       ++it)
  {
    if (head->GetPixel(it.GetIndex()) < air && it.Get() != ColorType::PixelType())
    {
      ++voxels;
      ASSERT_EQ(it.Get()[0], it.Get()[1]);
      ASSERT_EQ(it.Get()[1], it.Get()[2]);
    }
  }
  EXPECT_GT(voxels, 100u);
}

TEST(ReferenceColorizationImageFilter, ColoursATwoDimensionalImage)
{
  using SliceType = itk::Image<unsigned short, 2>;
  const auto head = ReadGray("ch2.nii.gz");
  const auto slice =
    MakeImageOf<SliceType>({ { 181, 217 } },
                           [&](const SliceType::IndexType & p) {
                             return static_cast<unsigned short>(4 * head->GetPixel({ { p[0], p[1], 45 } }));
                           });
  auto filter = itk::ReferenceColorizationImageFilter<SliceType>::New();
  filter->SetInput(slice);
  filter->SetReferenceImage(ReadPhotograph());
  filter->Update();
  ExpectSameGeometry(filter->GetOutput(), slice.GetPointer());
  double      warmth = 0.0;
  std::size_t voxels = 0;
  for (itk::ImageRegionConstIteratorWithIndex<PhotographType> it(filter->GetOutput(),
                                                                 filter->GetOutput()->GetBufferedRegion());
       !it.IsAtEnd();
       ++it)
  {
    if (it.Get()[0] > 60)
    {
      ++voxels;
      warmth += LabOf(it.Get())[2];
    }
  }
  EXPECT_GT(warmth / voxels, 15.0);
}

TEST(ReferenceColorizationImageFilter, ColoursAcrossAnotherAxis)
{
  // The small head with its axes in another order is coloured in the same way.
  const auto head = MakeSmallHead();
  const auto size = head->GetBufferedRegion().GetSize();
  const auto start = head->GetBufferedRegion().GetIndex();
  using ShortType = itk::Image<short, 3>;
  const auto turned = MakeImageOf<ShortType>(
    { { size[2], size[0], size[1] } },
    [&](const ShortType::IndexType & p) {
      return static_cast<short>(head->GetPixel({ { start[0] + p[1], start[1] + p[2], start[2] + p[0] } }));
    });
  turned->SetSpacing(head->GetSpacing());
  auto filter = itk::ReferenceColorizationImageFilter<ShortType>::New();
  filter->SetInput(turned);
  filter->SetReferenceImage(ReadPhotograph());
  filter->SetNumberOfHintSlices(6);
  filter->SetAxis(0);
  filter->Update();
  auto straight = MakeFilter(head);
  straight->Update();
  ASSERT_EQ(filter->GetHintSliceReports().size(), straight->GetHintSliceReports().size());
  for (std::size_t k = 0; k < filter->GetHintSliceReports().size(); ++k)
  {
    const auto first = turned->GetBufferedRegion().GetIndex()[0];
    EXPECT_EQ(filter->GetHintSliceReports()[k].index - first, straight->GetHintSliceReports()[k].index - start[2]);
  }
}

TEST(ReferenceColorizationImageFilter, ColoursEverySlice)
{
  const auto head = MakeSmallHead();
  auto       mask = GrayType::New();
  mask->CopyInformation(head);
  mask->SetRegions(head->GetBufferedRegion());
  mask->Allocate();
  for (itk::ImageRegionIteratorWithIndex<GrayType> it(mask, mask->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(it.GetIndex()[2] >= 40 && it.GetIndex()[2] < 48 && head->GetPixel(it.GetIndex()) > 30 ? 1 : 0);
  }
  auto filter = MakeFilter(head);
  filter->SetMaskImage(mask);
  filter->SetMethod(FilterType::MethodEnum::Slices);
  filter->SetLuminance(FilterType::LuminanceEnum::Source);
  filter->KeepSaturationOff();
  filter->Update();
  ExpectSameGeometry(filter->GetOutput(), head.GetPointer());
  // Every slice of the body has its report, and colours.
  EXPECT_EQ(filter->GetHintSliceReports().size(), 8u);
  double      warm = 0.0;
  double      body = 0.0;
  const auto  low = filter->GetUsedWindow()[0];
  const auto  high = filter->GetUsedWindow()[1];
  std::size_t different = 0;
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(filter->GetOutput(),
                                                            filter->GetOutput()->GetBufferedRegion());
       !it.IsAtEnd();
       ++it)
  {
    if (it.Get() == ColorType::PixelType())
    {
      continue;
    }
    const Color  lab = LabOf(it.Get());
    const double gray = std::min(std::max((head->GetPixel(it.GetIndex()) - low) / (high - low), 0.0), 1.0);
    const auto   shade = static_cast<float>(gray);
    different += std::abs(lab[0] - itk::colorization::RGBToLab({ { shade, shade, shade } })[0]) > 2.0f ? 1 : 0;
    body += gray > 0.1 ? 1.0 : 0.0;
    warm += gray > 0.1 && lab[2] > 2.0f ? 1.0 : 0.0;
  }
  EXPECT_GT(warm, 0.97 * body);
  EXPECT_LT(static_cast<double>(different), 0.02 * body);
  ExpectSameForAnyThreads(filter.GetPointer());
}

TEST(ReferenceColorizationImageFilter, TakesPhotographsFromADatabase)
{
  const std::string folder = testing::TempDir() + "/colorization-references";
  std::filesystem::create_directories(folder);
  const auto photograph = ReadPhotograph();
  auto       mirrored = PhotographType::New();
  mirrored->SetRegions(photograph->GetBufferedRegion());
  mirrored->Allocate();
  const auto width = static_cast<itk::IndexValueType>(photograph->GetBufferedRegion().GetSize(0));
  for (itk::ImageRegionIteratorWithIndex<PhotographType> it(mirrored, mirrored->GetBufferedRegion()); !it.IsAtEnd();
       ++it)
  {
    it.Set(photograph->GetPixel({ { width - 1 - it.GetIndex()[0], it.GetIndex()[1] } }));
  }
  itk::WriteImage(photograph, folder + "/a.png");
  itk::WriteImage(mirrored, folder + "/b.png");
  auto database = itk::ReferenceImageDatabase::New();
  database->AddFolder(folder);
  auto filter = MakeFilter(MakeSmallHead());
  filter->SetReferenceImage(nullptr);
  filter->SetReferenceDatabase(database);
  filter->SetNumberOfReferences(2);
  filter->Update();
  ASSERT_EQ(filter->GetPhotographPoses().size(), 2u);
  for (const auto & slice : filter->GetHintSliceReports())
  {
    ASSERT_EQ(slice.photographs.size(), 2u);
    EXPECT_DOUBLE_EQ(slice.photographs[0].weight, 1.0);
    EXPECT_LE(slice.photographs[1].weight, 1.0);
  }
  ExpectSameForAnyThreads(filter.GetPointer());
  filter->SetReferenceImage(photograph);
  ExpectExceptionWith([&]() { filter->Update(); }, "Both ReferenceImage and ReferenceDatabase are set");
  filter->SetReferenceImage(nullptr);
  std::filesystem::remove(folder + "/a.png");
  std::filesystem::remove(folder + "/b.png");
  filter->Modified();
  ExpectExceptionWith([&]() { filter->Update(); }, "a.png");
}

TEST(ReferenceColorizationImageFilter, ANetworkColoursInThePalettesOfPhotographs)
{
  if (!itk::NetworkModel::IsAvailable())
  {
    GTEST_SKIP() << "this build has no LibTorch";
  }
  auto model = itk::NetworkModel::New();
  model->Load(itk::NetworkModel::AnyContrast);
  const auto head = MakeSmallHead();
  auto       network = itk::NetworkColorizationImageFilter<GrayType>::New();
  network->SetInput(head);
  network->SetModel(model);
  network->SetLuminance(FilterType::LuminanceEnum::Source);
  network->KeepSaturationOff();
  network->Update();
  auto filter = FilterType::New();
  filter->SetLuminance(FilterType::LuminanceEnum::Source);
  filter->KeepSaturationOff();
  filter->SetInput(head);
  filter->SetModel(model);
  filter->SetMethod(itk::ReferenceColorizationEnums::Method::Network);
  filter->SetSkinMargin(0);
  filter->Update();
  ExpectSameGeometry(head.GetPointer(), filter->GetOutput());
  // Without a photograph, the chroma is the network's, but for rounding and the gamut.
  const auto meanOf = [](const ColorType * image)
  {
    itk::colorization::ChromaPalette palette;
    for (itk::ImageRegionConstIterator<ColorType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      const Color lab = LabOf(it.Get());
      if (lab[0] > 25.0f)
      {
        palette.Add(lab[1], lab[2]);
      }
    }
    return palette.GetMean();
  };
  const auto plain = meanOf(filter->GetOutput());
  const auto wanted = meanOf(network->GetOutput());
  EXPECT_NEAR(plain[0], wanted[0], 2.0);
  EXPECT_NEAR(plain[1], wanted[1], 2.0);
  // With one, its tissue's mean is that of the body.
  const auto reference = ReadPhotograph();
  filter->SetReferenceImage(reference);
  filter->Update();
  EXPECT_TRUE(filter->GetHintSliceReports().empty());
  itk::colorization::ChromaPalette photograph;
  photograph.AddPhotograph(reference);
  const auto moved = meanOf(filter->GetOutput());
  EXPECT_NEAR(moved[0], photograph.GetMean()[0], 3.0);
  EXPECT_NEAR(moved[1], photograph.GetMean()[1], 3.0);
  EXPECT_GT(std::hypot(moved[0] - plain[0], moved[1] - plain[1]), 1.0) << "the palettes differ";

  auto without = FilterType::New();
  without->SetInput(head);
  without->SetMethod(itk::ReferenceColorizationEnums::Method::Network);
  ExpectExceptionWith([&]() { without->Update(); }, "Method is Network, but no model is set that is loaded.");
}

TEST(ReferenceColorizationImageFilter, TheLuminanceIsChosen)
{
  using LuminanceEnum = FilterType::LuminanceEnum;
  const auto head = MakeSmallHead();
  auto       mask = GrayType::New();
  mask->CopyInformation(head);
  mask->SetRegions(head->GetBufferedRegion());
  mask->Allocate();
  for (itk::ImageRegionIteratorWithIndex<GrayType> it(mask, mask->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(it.GetIndex()[2] >= 35 && it.GetIndex()[2] < 50 && head->GetPixel(it.GetIndex()) > 30 ? 1 : 0);
  }
  for (const auto method : { FilterType::MethodEnum::Hints, FilterType::MethodEnum::Slices })
  {
    auto filter = MakeFilter(head);
    filter->SetMaskImage(mask);
    filter->SetMethod(method);
    EXPECT_EQ(filter->GetLuminance(), LuminanceEnum::Fused);
    const auto lightnessWith = [&](LuminanceEnum luminance)
    {
      filter->SetLuminance(luminance);
      filter->Update();
      std::map<std::size_t, double> lightness;
      for (std::size_t i = 0; i < head->GetBufferedRegion().GetNumberOfPixels(); ++i)
      {
        if (mask->GetBufferPointer()[i] != 0)
        {
          lightness[i] = LabOf(filter->GetOutput()->GetBufferPointer()[i])[0];
        }
      }
      return lightness;
    };
    const auto source = lightnessWith(LuminanceEnum::Source);
    const auto fused = lightnessWith(LuminanceEnum::Fused);
    const auto reference = lightnessWith(LuminanceEnum::Reference);
    const auto window = filter->GetUsedWindow();
    EXPECT_EQ(filter->GetWindowMinimum(), 0.0) << "what the user set stays";
    EXPECT_EQ(filter->GetWindowMaximum(), 255.0);
    const auto meanOf = [](const auto & lightness)
    {
      double sum = 0.0;
      for (const auto & entry : lightness)
      {
        sum += entry.second;
      }
      return sum / static_cast<double>(lightness.size());
    };
    // Between neighbours along x: how much their differences have in common with the head's.
    const auto gradientCorrelation = [&](const auto & lightness)
    {
      double product = 0.0;
      double squares = 0.0;
      double sourceSquares = 0.0;
      for (const auto & entry : lightness)
      {
        const auto next = lightness.find(entry.first + 1);
        if (next != lightness.end())
        {
          const double step = next->second - entry.second;
          const double sourceStep = source.at(next->first) - source.at(entry.first);
          product += step * sourceStep;
          squares += step * step;
          sourceSquares += sourceStep * sourceStep;
        }
      }
      return product / std::sqrt(squares * sourceSquares);
    };
    for (const auto & entry : source)
    {
      const double gray = (head->GetBufferPointer()[entry.first] - window[0]) / (window[1] - window[0]);
      ASSERT_NEAR(entry.second,
                  itk::colorization::GrayToLightness(static_cast<float>(std::min(std::max(gray, 0.0), 1.0))),
                  1.5);
    }
    EXPECT_NEAR(meanOf(fused), meanOf(reference), 2.0) << "the tone is the photograph's";
    EXPECT_GT(std::abs(meanOf(source) - meanOf(reference)), 2.5);
    // The curve of tone is not linear, and voxels are half as large as what is photographic.
    EXPECT_GT(gradientCorrelation(fused), 0.7) << "the structure is the head's";
    EXPECT_LT(gradientCorrelation(reference), gradientCorrelation(fused));
    filter->SetLuminance(LuminanceEnum::Fused);
    ExpectSameForAnyThreads(filter.GetPointer());
  }
}

TEST(ReferenceColorizationImageFilter, SameForAnyThreads)
{
  ExpectSameForAnyThreads(MakeFilter(MakeSmallHead()).GetPointer());
}

TEST(ReferenceColorizationImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter(MakeSmallHead()).GetPointer());
}

TEST(ReferenceColorizationImageFilter, NamesWhatIsWrong)
{
  const auto head = MakeSmallHead();
  const auto expect = [&](const std::function<void(FilterType *)> & spoil, const std::string & part)
  {
    auto filter = MakeFilter(head);
    spoil(filter);
    ExpectExceptionWith([&]() { filter->Update(); }, part);
  };
  expect([](FilterType * f) { f->SetReferenceImage(nullptr); },
         "Neither ReferenceImage nor ReferenceDatabase is set, but one is needed");
  expect([](FilterType * f) { f->SetNumberOfReferences(0); }, "NumberOfReferences is 0");
  expect([](FilterType * f) { f->SetIntensityCurve({ { { 5.0, -0.5 } } }); }, "Point 0 of IntensityCurve is (5, -0.5)");
  expect([](FilterType * f) { f->SetAxis(3); }, "Axis is 3");
  expect([](FilterType * f) { f->SetNumberOfHintSlices(0); }, "NumberOfHintSlices is 0");
  expect([](FilterType * f) { f->SetOpeningRadius(-1.0); }, "OpeningRadius is -1");
  expect([](FilterType * f) { f->SetAirThreshold(-0.5); }, "AirThreshold is -0.5");
  expect(
    [](FilterType * f)
    {
      f->UseAutomaticWindowOff();
      f->SetWindowMaximum(-1.0);
    },
    "WindowMaximum is -1");
  expect([](FilterType * f) { f->SetMaskImage(MakeImage<GrayType>({ { 4, 4, 4 } })); }, "MaskImage has size [4, 4, 4]");
  auto moved = GrayType::New();
  moved->SetRegions(head->GetBufferedRegion());
  moved->Allocate(true);
  expect([&](FilterType * f) { f->SetMaskImage(moved); }, "MaskImage does not occupy the same physical space");
  expect(
    [](FilterType * f)
    {
      auto photograph = ReadPhotograph();
      for (itk::ImageRegionIteratorWithIndex<PhotographType> it(photograph, photograph->GetBufferedRegion());
           !it.IsAtEnd();
           ++it)
      {
        it.Value().Fill(it.Get()[1]);
      }
      f->SetReferenceImage(photograph);
    },
    "The photograph shows no tissue");

  auto black = FilterType::New();
  black->SetInput(MakeImage<GrayType>({ { 8, 8, 8 } }));
  black->SetReferenceImage(ReadPhotograph());
  ExpectExceptionWith([&]() { black->Update(); }, "All voxels have the value 0");

  auto broken = itk::ReferenceColorizationImageFilter<FloatType>::New();
  broken->SetInput(MakeImageOf<FloatType>({ { 8, 8, 8 } },
                                          [](const FloatType::IndexType & p) {
                                            return p[0] == 0 ? std::numeric_limits<float>::quiet_NaN()
                                                             : static_cast<float>(p[1]);
                                          }));
  broken->SetReferenceImage(ReadPhotograph());
  ExpectExceptionWith([&]() { broken->Update(); }, "The input holds 64 values that are NaN");
}
