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
#include "itkColorAtlas.h"
#include "itkColorAtlasBuilder.h"
#include "ColorizationTestUtilities.h"

#include "itkColorSpace.h"
#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

using namespace ColorizationTest;

namespace
{
namespace fs = std::filesystem;
using AtlasType = itk::ColorAtlas;
using BuilderType = itk::ColorAtlasBuilder;
using ImageType = AtlasType::ColorImageType;
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using Lab = itk::colorization::Color;

Lab
LabOf(const ImageType::PixelType & pixel)
{
  return itk::colorization::RGBToLab({ { pixel[0] / 255.0f, pixel[1] / 255.0f, pixel[2] / 255.0f } });
}

PhotographType::PixelType
PixelOf(const Lab & lab)
{
  const auto                rgb = itk::colorization::LabToRGBInGamut(lab);
  PhotographType::PixelType pixel;
  for (unsigned int c = 0; c < 3; ++c)
  {
    pixel[c] = static_cast<unsigned char>(std::lround(255.0f * rgb[c]));
  }
  return pixel;
}

/** A volume of 9 x 8 x 5 voxels: tissue, of which each is another, around a cavity, with nothing at its border. */
ImageType::Pointer
MakeVolume()
{
  return MakeImageOf<ImageType>(
    { { 9, 8, 5 } },
    [](const ImageType::IndexType & p)
    {
      ImageType::PixelType pixel;
      pixel.Fill(0);
      const bool isBody = p[0] > 0 && p[0] < 8 && p[1] > 0 && p[1] < 7 && p[2] < 4;
      const bool isCavity = p[0] == 4 && p[1] == 3;
      if (isBody)
      {
        pixel.Set(static_cast<unsigned char>(150 + p[0] + 10 * p[2]), static_cast<unsigned char>(100 + p[1]), 60, 255);
      }
      if (isBody && isCavity)
      {
        pixel.Set(0, 0, 0, 128);
      }
      return pixel;
    });
}

AtlasType::Pointer
MakeAtlas()
{
  auto atlas = AtlasType::New();
  atlas->SetColorImage(MakeVolume());
  atlas->SetOriginOfSlice(2, false, true);
  atlas->SetName("somebody");
  atlas->SetCredit("made in code, \"with\\care\"\nand twice");
  return atlas;
}

class ColorAtlas : public testing::Test
{
protected:
  void
  SetUp() override
  {
    m_Folder = fs::temp_directory_path() / ("colorization-atlas-" + std::to_string(getpid()));
    fs::create_directories(m_Folder);
  }
  void
  TearDown() override
  {
    fs::remove_all(m_Folder);
  }

  std::string
  File(const std::string & name) const
  {
    return (m_Folder / name).string();
  }

  static std::string
  BytesOf(const std::string & path)
  {
    std::ifstream file(path, std::ios::binary);
    return { std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>() };
  }

  /** Reading such a file ends with a sentence that begins with its path, has a part, and leaves the atlas as it was. */
  void
  ExpectUnreadable(const std::string & bytes, const std::string & part) const
  {
    const std::string path = this->File("bad.nrrd");
    std::ofstream(path, std::ios::binary) << bytes;
    const auto atlas = MakeAtlas();
    ExpectExceptionWith([&]() { atlas->Read(path); }, path + ": " + part);
    EXPECT_EQ(atlas->GetNumberOfSlices(), 5u);
    EXPECT_STREQ(atlas->GetName(), "somebody");
  }

  /** Photographs of 160 x 120 pixels of 0.5 mm: a disc of tissue with stripes around a hole of gel, in blue ice, with a
   * yellow card and a warm mark that is always the same.
   * \param disc of a photograph: x, y, and radius, in pixels
   * \param offset of a photograph's colours, in Lab */
  template <typename TDisc, typename TOffset>
  BuilderType::PhotographsType
  WritePhotographs(int count, const TDisc & disc, const TOffset & offset) const
  {
    BuilderType::PhotographsType photographs;
    photographs.spacing = { { 0.5, 0.5 } };
    for (int k = 0; k < count; ++k)
    {
      auto photograph = PhotographType::New();
      photograph->SetRegions(PhotographType::SizeType{ { 160, 120 } });
      photograph->Allocate();
      const auto shape = disc(k);
      const auto drift = offset(k);
      for (itk::ImageRegionIteratorWithIndex<PhotographType> it(photograph, photograph->GetBufferedRegion());
           !it.IsAtEnd();
           ++it)
      {
        const double              x = static_cast<double>(it.GetIndex()[0]) - shape[0];
        const double              y = static_cast<double>(it.GetIndex()[1]) - shape[1];
        PhotographType::PixelType pixel;
        pixel.Set(20, 60, 140);
        const double radius = std::hypot(x, y);
        if (radius < 6.0)
        {
          pixel.Set(30, 90, 200);
        }
        else if (radius < shape[2])
        {
          const double stripe = std::sin(0.3 * x) > 0.0 ? 8.0 : 0.0;
          pixel = PixelOf({ { static_cast<float>(50.0 + stripe + drift[0]),
                              static_cast<float>(14.0 + drift[1]),
                              static_cast<float>(22.0 + drift[2]) } });
        }
        else if (it.GetIndex()[0] > 140 && it.GetIndex()[1] > 105)
        {
          pixel.Set(225, 230, 80);
        }
        else if (it.GetIndex()[0] < 4 && it.GetIndex()[1] < 4)
        {
          pixel.Set(180, 170, 150);
        }
        it.Set(pixel);
      }
      photographs.paths.push_back(this->File("photograph" + std::to_string(k) + ".png"));
      photographs.positions.push_back(100.0 + k);
      itk::WriteImage(photograph.GetPointer(), photographs.paths.back());
    }
    return photographs;
  }

  static BuilderType::Pointer
  MakeBuilder(const BuilderType::PhotographsType & photographs, itk::ThreadIdType workUnits = 1)
  {
    BuilderType::DirectionType direction;
    direction.SetIdentity();
    direction(1, 1) = direction(2, 2) = -1.0;
    auto builder = BuilderType::New();
    builder->SetNumberOfWorkUnits(workUnits);
    builder->AddPhotographs(photographs, direction);
    return builder;
  }

  fs::path m_Folder{};
};

std::array<double, 3>
SameDisc(int)
{
  return { { 70.0, 60.0, 30.0 } };
}

std::array<double, 3>
NoOffset(int)
{
  return {};
}
} // namespace

TEST_F(ColorAtlas, IsTheSameAfterWritingAndReading)
{
  const auto        atlas = MakeAtlas();
  const std::string path = this->File("one.atlas.nrrd");
  atlas->Write(path);
  EXPECT_TRUE(AtlasType::IsColorAtlas(path));
  auto read = AtlasType::New();
  read->Read(path);
  EXPECT_STREQ(read->GetName(), atlas->GetName());
  EXPECT_STREQ(read->GetCredit(), atlas->GetCredit());
  ASSERT_EQ(read->GetNumberOfSlices(), 5u);
  for (itk::SizeValueType slice = 0; slice < 5; ++slice)
  {
    const auto & a = atlas->GetLevel(slice);
    const auto & b = read->GetLevelDescriptors()[slice];
    EXPECT_EQ(read->IsBridged(slice), slice == 2);
    EXPECT_EQ(read->IsPhotographed(slice), slice != 2);
    EXPECT_EQ(a.bodyArea, b.bodyArea);
    EXPECT_EQ(a.centroid, b.centroid);
    EXPECT_EQ(a.extents, b.extents);
    EXPECT_EQ(a.meanLab, b.meanLab);
    EXPECT_EQ(a.lightnessHistogram, b.lightnessHistogram);
  }
  // The start index becomes 0; physical space stays.
  const auto * before = atlas->GetColorImage();
  const auto * after = read->GetColorImage();
  EXPECT_TRUE(before->GetSpacing().GetVnlVector().is_equal(after->GetSpacing().GetVnlVector(), 1e-9));
  EXPECT_TRUE(before->GetDirection().GetVnlMatrix().is_equal(after->GetDirection().GetVnlMatrix(), 1e-9));
  ImageType::PointType first;
  before->TransformIndexToPhysicalPoint(before->GetBufferedRegion().GetIndex(), first);
  EXPECT_LT(first.EuclideanDistanceTo(after->GetOrigin()), 1e-9);
  ASSERT_EQ(after->GetBufferedRegion().GetSize(), before->GetBufferedRegion().GetSize());
  for (itk::SizeValueType i = 0; i < 9 * 8 * 5; ++i)
  {
    ASSERT_EQ(before->GetBufferPointer()[i], after->GetBufferPointer()[i]) << i;
  }
  // Any program sees colours.
  const auto plain = itk::ReadImage<ImageType>(path);
  EXPECT_EQ(plain->GetBufferPointer()[9 + 2], before->GetBufferPointer()[9 + 2]);
}

TEST_F(ColorAtlas, DescribesItsLevels)
{
  const auto   atlas = MakeAtlas();
  const auto & level = atlas->GetLevel(1);
  const auto   volume = MakeVolume();
  EXPECT_NEAR(level.bodyArea, 7 * 6 * 0.8 * 1.5, 0.01);
  EXPECT_NEAR(level.extents[0], 7 * 0.8, 0.01);
  EXPECT_NEAR(level.extents[1], 6 * 1.5, 0.01);
  itk::ContinuousIndex<double, 3> center;
  ImageType::PointType            centroid;
  const auto                      start = volume->GetBufferedRegion().GetIndex();
  center[0] = start[0] + 4.0;
  center[1] = start[1] + 3.5;
  center[2] = start[2] + 1.0;
  volume->TransformContinuousIndexToPhysicalPoint(center, centroid);
  std::array<double, 3>  sum{};
  std::array<double, 16> histogram{};
  int                    count = 0;
  for (itk::SizeValueType i = 72; i < 144; ++i)
  {
    const auto pixel = volume->GetBufferPointer()[i];
    if (pixel[3] == 255)
    {
      const auto lab = LabOf(pixel);
      ++count;
      histogram[static_cast<std::size_t>(lab[0] * 0.16f)] += 1.0;
      for (unsigned int c = 0; c < 3; ++c)
      {
        sum[c] += lab[c];
      }
    }
  }
  ASSERT_EQ(count, 41);
  for (unsigned int c = 0; c < 3; ++c)
  {
    EXPECT_NEAR(level.centroid[c], centroid[c], 0.006);
    EXPECT_NEAR(level.meanLab[c], sum[c] / count, 0.006);
  }
  for (unsigned int bin = 0; bin < 16; ++bin)
  {
    EXPECT_NEAR(level.lightnessHistogram[bin], histogram[bin] / count, 1e-7);
  }
  EXPECT_FALSE(atlas->GetLevel(4).HasTissue());
  EXPECT_EQ(atlas->GetLevel(4).bodyArea, 0.0);
}

TEST_F(ColorAtlas, NamesWhatIsWrongWithVolumes)
{
  auto atlas = AtlasType::New();
  ExpectExceptionWith([&]() { atlas->SetColorImage(nullptr); }, "There is no colour volume.");
  ExpectExceptionWith([&]() { atlas->Write(this->File("none.nrrd")); }, "there is no atlas to write");
  ExpectExceptionWith([&]() { atlas->GetLevel(0); }, "There is no slice 0: the atlas has 0.");
  auto volume = MakeVolume();
  volume->GetBufferPointer()[20][3] = 7;
  ExpectExceptionWith([&]() { atlas->SetColorImage(volume); }, "The alpha of a voxel is 7, but has to be 0");
  volume->FillBuffer(ImageType::PixelType(static_cast<unsigned char>(0)));
  ExpectExceptionWith([&]() { atlas->SetColorImage(volume); }, "The colour volume has no tissue");
  EXPECT_EQ(atlas->GetColorImage(), nullptr);
  atlas = MakeAtlas();
  ExpectExceptionWith([&]() { atlas->SetOriginOfSlice(1, true, true); }, "Slice 1 cannot be photographed and bridged");
  ExpectExceptionWith([&]() { atlas->SetOriginOfSlice(5, true, false); }, "There is no slice 5: the atlas has 5.");
  ExpectExceptionWith([&]() { atlas->Write(this->File("one.mha")); }, "the name of a color atlas has to end in .nrrd");
  ExpectExceptionWith([&]() { atlas->Write(this->File("nowhere/one.nrrd")); }, "the file cannot be written");
  EXPECT_TRUE(fs::is_empty(m_Folder));
}

TEST_F(ColorAtlas, NamesWhatIsWrongWithFiles)
{
  const std::string path = this->File("one.nrrd");
  MakeAtlas()->Write(path);
  const std::string whole = BytesOf(path);
  auto              atlas = MakeAtlas();
  ExpectExceptionWith([&]() { atlas->Read(this->File("nowhere.nrrd")); }, "there is no such file");
  EXPECT_FALSE(AtlasType::IsColorAtlas(this->File("nowhere.nrrd")));
  this->ExpectUnreadable("", "this is no color atlas");
  this->ExpectUnreadable("some text", "this is no color atlas");
  itk::WriteImage(MakeVolume().GetPointer(), this->File("plain.nrrd"));
  EXPECT_FALSE(AtlasType::IsColorAtlas(this->File("plain.nrrd")));
  this->ExpectUnreadable(BytesOf(this->File("plain.nrrd")), "this is no color atlas");

  std::string other = whole;
  other.replace(other.find("version:=1"), 10, "version:=2");
  this->ExpectUnreadable(other, "the color atlas has version 2, but this program reads version 1.");
  EXPECT_TRUE(AtlasType::IsColorAtlas(this->File("bad.nrrd")));

  const std::size_t data = whole.find("\n\n") + 2;
  for (const std::size_t length : { data - 20,
                                    data - 1,
                                    data,
                                    data + 1,
                                    data + 12,
                                    (data + whole.size()) / 2,
                                    whole.size() - 9,
                                    whole.size() - 1 })
  {
    SCOPED_TRACE(length);
    // A header without its last line still is one.
    this->ExpectUnreadable(whole.substr(0, length), "the color atlas is truncated or damaged.");
  }
  for (std::size_t at = data + 10; at + 8 < whole.size(); at += (whole.size() - data) / 9)
  {
    SCOPED_TRACE(at);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    this->ExpectUnreadable(damaged, "the color atlas is truncated or damaged.");
  }
  for (const char * part : { "made in code", "somebody", "\"body_area\":5", "\"spacing\":[0.8", "space origin: (" })
  {
    SCOPED_TRACE(part);
    std::string       damaged = whole;
    const std::size_t at = damaged.find(part);
    ASSERT_NE(at, std::string::npos);
    char & letter = damaged[at + std::string(part).size() - 1];
    letter = letter == '(' ? '[' : static_cast<char>(letter ^ 1);
    this->ExpectUnreadable(damaged, "the color atlas is truncated or damaged.");
  }
}

TEST_F(ColorAtlas, NamesAFileWithoutTissue)
{
  // An atlas whose levels say that there is none; the checksum is of the file's own.
  const auto volume = MakeVolume();
  auto       atlas = AtlasType::New();
  atlas->SetColorImage(volume);
  const std::string path = this->File("one.nrrd");
  atlas->Write(path);
  auto read = AtlasType::New();
  read->Read(path);
  volume->FillBuffer(ImageType::PixelType(static_cast<unsigned char>(0)));
  ExpectExceptionWith([&]() { atlas->Write(path); }, path + ": the color atlas has no tissue.");
  read->Read(path);
}

TEST_F(ColorAtlas, BuilderMarksTissueAndCavitiesAndLeavesCardsOut)
{
  auto photographs = this->WritePhotographs(6, SameDisc, NoOffset);
  auto builder = MakeBuilder(photographs);
  builder->SetSpacing(1.0);
  builder->SetMargin(5.0);
  builder->SetName("disc");
  const auto   atlas = builder->Build();
  const auto * image = atlas->GetColorImage();
  // 60 pixels of 0.5 mm are 30 or 31 voxels; 5 more on each side.
  EXPECT_NEAR(static_cast<double>(image->GetBufferedRegion().GetSize(0)), 40.5, 0.6);
  EXPECT_NEAR(static_cast<double>(image->GetBufferedRegion().GetSize(1)), 40.5, 0.6);
  ASSERT_EQ(atlas->GetNumberOfSlices(), 6u);
  EXPECT_NEAR(image->GetOrigin()[2], -100.0, 1e-9);
  EXPECT_STREQ(atlas->GetName(), "disc");
  std::size_t tissue = 0;
  for (itk::ImageRegionConstIteratorWithIndex<ImageType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    ImageType::PointType point;
    image->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    // Pixel (c, r) is at ((c + 0.5) 0.5, -(r + 0.5) 0.5).
    const double radius = std::hypot(point[0] - 35.25, -point[1] - 30.25);
    const int    alpha = it.Get()[3];
    if (radius > 16.0 || radius < 2.0 || (radius > 4.0 && radius < 14.0))
    {
      ASSERT_EQ(alpha, radius > 16.0 ? 0 : radius < 2.0 ? 128 : 255) << point;
    }
    if (alpha == 255)
    {
      ++tissue;
      const auto lab = LabOf(it.Get());
      // Not bled with ice or gel: a mean of the two stripes.
      ASSERT_GT(lab[0], 49.0f);
      ASSERT_LT(lab[0], 59.0f);
      ASSERT_NEAR(lab[1], 14.0f, 1.5f);
      ASSERT_NEAR(lab[2], 22.0f, 1.5f);
    }
  }
  EXPECT_GT(tissue, 3000u);
  EXPECT_EQ(builder->GetReport().photographs, 6u);
  EXPECT_EQ(builder->GetReport().photographedSlices, 6u);
}

TEST_F(ColorAtlas, BuilderTakesKnownOffsetsOut)
{
  const auto offset = [](int k)
  {
    return std::array<double, 3>{ { 3.0 * std::sin(2.1 * k), 2.0 * std::sin(1.7 * k + 1.0), 2.5 * std::cos(2.6 * k) } };
  };
  auto         builder = MakeBuilder(this->WritePhotographs(24, SameDisc, offset));
  const auto   atlas = builder->Build();
  const auto & report = builder->GetReport();
  EXPECT_GT(report.lightnessStepBefore, 2.0);
  EXPECT_GT(report.chromaStepBefore, 2.0);
  EXPECT_LT(report.lightnessStepAfter, 0.1 * report.lightnessStepBefore);
  EXPECT_LT(report.chromaStepAfter, 0.1 * report.chromaStepBefore);
  for (itk::SizeValueType slice = 1; slice < 24; ++slice)
  {
    for (unsigned int c = 0; c < 3; ++c)
    {
      EXPECT_NEAR(atlas->GetLevel(slice).meanLab[c], atlas->GetLevel(slice - 1).meanLab[c], 0.4) << slice << ' ' << c;
    }
  }
}

TEST_F(ColorAtlas, BuilderKeepsLongTrends)
{
  // 0.1 a mm over 40 mm: the anatomy's.
  auto       builder = MakeBuilder(this->WritePhotographs(40,
                                                    SameDisc,
                                                    [](int k) {
                                                      return std::array<double, 3>{ { 0.25 * k, 0.0, 0.0 } };
                                                    }));
  const auto atlas = builder->Build();
  EXPECT_GT(atlas->GetLevel(34).meanLab[0] - atlas->GetLevel(5).meanLab[0], 0.5 * 0.25 * 29);
}

TEST_F(ColorAtlas, BuilderBridgesAMovingDiscWithoutGhosts)
{
  const auto disc = [](int k) { return std::array<double, 3>{ { 60.0 + 2.0 * k, 60.0, 30.0 } }; };
  auto       photographs = this->WritePhotographs(9, disc, NoOffset);
  // From 2 to 6 there are none.
  const auto remove = [](auto & of) { of.erase(of.begin() + 2, of.begin() + 7); };
  remove(photographs.paths);
  remove(photographs.positions);
  auto       builder = MakeBuilder(photographs);
  const auto atlas = builder->Build();
  ASSERT_EQ(atlas->GetNumberOfSlices(), 9u);
  EXPECT_EQ(builder->GetReport().bridgedSlices, 5u);
  const double area = atlas->GetLevel(0).bodyArea;
  for (itk::SizeValueType slice = 0; slice < 9; ++slice)
  {
    EXPECT_EQ(atlas->IsBridged(slice), slice >= 2 && slice < 7);
    EXPECT_NEAR(atlas->GetLevel(slice).centroid[0], 30.25 + static_cast<double>(slice), 0.7) << slice;
    EXPECT_NEAR(atlas->GetLevel(slice).bodyArea, area, 0.05 * area) << slice;
  }
  // A gap that is too long stays empty.
  builder->SetLongestGap(5.0);
  const auto holed = builder->Build();
  EXPECT_EQ(builder->GetReport().emptySlices, 5u);
  EXPECT_EQ(holed->GetLevel(4).bodyArea, 0.0);
  EXPECT_FALSE(holed->IsBridged(4));
  EXPECT_FALSE(holed->IsPhotographed(4));
}

TEST_F(ColorAtlas, BuilderLeavesOutWhatIceCovers)
{
  const auto disc = [](int k) { return std::array<double, 3>{ { 70.0, 60.0, k == 4 ? 18.0 : 30.0 } }; };
  auto       builder = MakeBuilder(this->WritePhotographs(9, disc, NoOffset));
  const auto atlas = builder->Build();
  ASSERT_EQ(builder->GetReport().covered.size(), 1u);
  EXPECT_NE(builder->GetReport().covered[0].find("photograph4.png"), std::string::npos);
  EXPECT_TRUE(atlas->IsBridged(4));
  EXPECT_NEAR(atlas->GetLevel(4).bodyArea, atlas->GetLevel(3).bodyArea, 0.02 * atlas->GetLevel(3).bodyArea);
}

TEST_F(ColorAtlas, BuilderMakesTheSameOnAnyNumberOfThreads)
{
  const auto disc = [](int k) { return std::array<double, 3>{ { 60.0 + k, 60.0 - k, 30.0 } }; };
  auto       photographs = this->WritePhotographs(12,
                                            disc,
                                            [](int k) {
                                              return std::array<double, 3>{ { k % 3 * 1.0, 0.0, k % 2 * 1.5 } };
                                            });
  photographs.paths.erase(photographs.paths.begin() + 5, photographs.paths.begin() + 8);
  photographs.positions.erase(photographs.positions.begin() + 5, photographs.positions.begin() + 8);
  auto one = MakeBuilder(photographs, 1);
  auto two = MakeBuilder(photographs, 2);
  one->SetSpacing(0.75);
  two->SetSpacing(0.75);
  one->Build()->Write(this->File("one.nrrd"));
  two->Build()->Write(this->File("two.nrrd"));
  EXPECT_EQ(BytesOf(this->File("one.nrrd")), BytesOf(this->File("two.nrrd")));
}

TEST_F(ColorAtlas, BuilderTakesPhotographsOfDifferentSizesAndVolumes)
{
  // The second half as a volume, at the same place.
  auto photographs = this->WritePhotographs(8, SameDisc, NoOffset);
  auto volume = BuilderType::ColorVolumeType::New();
  volume->SetRegions(BuilderType::ColorVolumeType::SizeType{ { 160, 120, 4 } });
  volume->Allocate();
  BuilderType::ColorVolumeType::SpacingType spacing(0.5);
  spacing[2] = 1.0;
  BuilderType::ColorVolumeType::PointType     origin;
  BuilderType::ColorVolumeType::DirectionType direction;
  direction.SetIdentity();
  direction(1, 1) = direction(2, 2) = -1.0;
  origin[0] = 0.25;
  origin[1] = -0.25;
  origin[2] = -104.0;
  volume->SetSpacing(spacing);
  volume->SetOrigin(origin);
  volume->SetDirection(direction);
  for (std::ptrdiff_t k = 0; k < 4; ++k)
  {
    const auto slice = itk::ReadImage<PhotographType>(photographs.paths[static_cast<std::size_t>(4 + k)]);
    std::copy_n(slice->GetBufferPointer(), 160 * 120, volume->GetBufferPointer() + k * 160 * 120);
  }
  const auto whole = MakeBuilder(photographs)->Build();
  photographs.paths.resize(4);
  photographs.positions.resize(4);
  auto builder = MakeBuilder(photographs);
  builder->AddColorVolume(volume, { 1 });
  const auto joined = builder->Build();
  ASSERT_EQ(joined->GetNumberOfSlices(), 8u);
  EXPECT_TRUE(joined->IsBridged(5));
  EXPECT_TRUE(joined->IsPhotographed(6));
  EXPECT_EQ(joined->GetColorImage()->GetOrigin(), whole->GetColorImage()->GetOrigin());
  EXPECT_NEAR(joined->GetLevel(7).meanLab[0], whole->GetLevel(7).meanLab[0], 0.02);
  EXPECT_EQ(joined->GetLevel(7).centroid, whole->GetLevel(7).centroid);
}

TEST_F(ColorAtlas, BuilderNamesWhatIsWrong)
{
  auto builder = BuilderType::New();
  ExpectExceptionWith([&]() { builder->Build(); }, "There are no photographs to make an atlas of.");
  auto                       photographs = this->WritePhotographs(3, SameDisc, NoOffset);
  BuilderType::DirectionType direction;
  direction.SetIdentity();
  const auto build = [&]()
  {
    auto fresh = BuilderType::New();
    fresh->AddPhotographs(photographs, direction);
    fresh->Build();
  };
  direction(0, 0) = 2.0;
  ExpectExceptionWith(build, "The direction's columns are not of length 1");
  direction(0, 0) = 1.0;
  photographs.spacing[1] = 0.0;
  ExpectExceptionWith(build, "The spacing of photographs is 0, but has to be above 0.");
  photographs.spacing[1] = 0.5;
  photographs.positions[2] = photographs.positions[1];
  ExpectExceptionWith(build, "are both at 101 mm");
  photographs.positions.pop_back();
  ExpectExceptionWith(build, "There are 3 photographs and 2 positions");
  photographs.positions.push_back(102.0);
  const std::string good = photographs.paths[1];
  photographs.paths[1] = this->File("nowhere.png");
  ExpectExceptionWith(build, "nowhere.png: there is no such file");
  auto small = PhotographType::New();
  small->SetRegions(PhotographType::SizeType{ { 50, 40 } });
  small->Allocate(true);
  itk::WriteImage(small.GetPointer(), this->File("small.png"));
  photographs.paths[1] = this->File("small.png");
  ExpectExceptionWith(build, "small.png: the photograph has 50 x 40 pixels, but others of the stack have 160 x 120.");
  photographs.paths = { this->File("small.png") };
  photographs.positions = { 1.0 };
  ExpectExceptionWith(build, "The photographs show no tissue");
  photographs.paths = { good };
  builder->AddPhotographs(photographs, direction);
  direction(2, 2) = -1.0;
  ExpectExceptionWith([&]() { builder->AddPhotographs(photographs, direction); }, "need the same direction");
  builder->SetSpacing(0.0);
  ExpectExceptionWith([&]() { builder->Build(); }, "Spacing is 0, but has to be above 0.");
  builder->SetSpacing(1.0);
  builder->AddObserver(itk::ProgressEvent(), [&](const itk::EventObject &) { builder->SetAbort(true); });
  EXPECT_THROW(builder->Build(), itk::ProcessAborted);
}
