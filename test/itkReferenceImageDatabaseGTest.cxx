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
#include "itkReferenceImageDatabase.h"
#include "ColorizationTestUtilities.h"

#include "itkImageFileWriter.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include <unistd.h>

using namespace ColorizationTest;

namespace
{
namespace fs = std::filesystem;
using DatabaseType = itk::ReferenceImageDatabase;
using PhotographType = DatabaseType::PhotographType;
using SliceType = DatabaseType::SliceType;
using MaskType = DatabaseType::MaskType;

constexpr int Levels = 6;
constexpr int Width = 160;
constexpr int Height = 120;

/** Luminance of a section at a point of the picture, whose bones and organs differ from level to level; 0 outside. */
double
Section(int level, double x, double y)
{
  const auto within = [x, y](double cx, double cy, double rx, double ry)
  { return (x - cx) * (x - cx) / (rx * rx) + (y - cy) * (y - cy) / (ry * ry) < 1.0; };
  if (!within(82.0, 60.0, 48.0 + 3.0 * (level % 3), 40.0))
  {
    return 0.0;
  }
  for (int organ = 0; organ < 5; ++organ)
  {
    const auto seed = static_cast<std::uint32_t>(100 * level + 10 * organ);
    if (within(55.0 + 55.0 * Noise(seed), 40.0 + 40.0 * Noise(seed + 1), 6.0 + 9.0 * Noise(seed + 2), 8.0))
    {
      return 0.35 + 0.12 * organ;
    }
  }
  return 0.6;
}

PhotographType::PixelType
Pixel(double r, double g, double b)
{
  PhotographType::PixelType pixel;
  pixel.Set(static_cast<unsigned char>(r), static_cast<unsigned char>(g), static_cast<unsigned char>(b));
  return pixel;
}

/** A photograph of the level in blue gel, with a gray card and a label. */
PhotographType::Pointer
MakePhotograph(int level)
{
  return MakeImageOf<PhotographType>({ { Width, Height } },
                                     [level](const PhotographType::IndexType & p)
                                     {
                                       const double value = Section(level, p[0] + 0.5, p[1] + 0.5);
                                       if (value > 0.0)
                                       {
                                         return Pixel(250.0 * value, 170.0 * value, 120.0 * value);
                                       }
                                       const bool isLabel = p[0] < 25 && p[1] > 95;
                                       return isLabel ? Pixel(225.0, 235.0, 110.0) : Pixel(20.0, 60.0, 120.0);
                                     });
}

/** A picture whose pixels are squares of `factor` pixels. */
PhotographType::Pointer
Magnified(const PhotographType * photograph, itk::SizeValueType factor)
{
  const auto size = photograph->GetBufferedRegion().GetSize();
  return MakeImageOf<PhotographType>({ { factor * size[0], factor * size[1] } },
                                     [&](const PhotographType::IndexType & p)
                                     {
                                       const auto x = static_cast<itk::SizeValueType>(p[0]) / factor;
                                       const auto y = static_cast<itk::SizeValueType>(p[1]) / factor;
                                       return photograph->GetBufferPointer()[y * size[0] + x];
                                     });
}

/** The level as another modality shows it: dark is bright, in a range of its own. */
SliceType::Pointer
MakeSlice(int level)
{
  return MakeImageOf<SliceType>({ { Width, Height } },
                                [level](const SliceType::IndexType & p)
                                { return static_cast<float>(900.0 - 800.0 * Section(level, p[0] + 0.5, p[1] + 0.5)); });
}

MaskType::Pointer
MakeMask(int level)
{
  return MakeImageOf<MaskType>({ { Width, Height } },
                               [level](const MaskType::IndexType & p)
                               { return Section(level, p[0] + 0.5, p[1] + 0.5) > 0.0 ? 7 : 0; });
}

/** An image transposed, then mirrored, on a grid of unit spacing. */
template <typename TImage>
typename TImage::Pointer
Turned(const TImage * image, const std::array<bool, 3> & orientation)
{
  const auto                size = image->GetBufferedRegion().GetSize();
  typename TImage::SizeType turnedSize = size;
  if (orientation[0])
  {
    std::swap(turnedSize[0], turnedSize[1]);
  }
  auto turned = TImage::New();
  turned->SetRegions(turnedSize);
  turned->Allocate();
  for (itk::SizeValueType y = 0; y < turnedSize[1]; ++y)
  {
    for (itk::SizeValueType x = 0; x < turnedSize[0]; ++x)
    {
      const auto u = orientation[1] ? turnedSize[0] - 1 - x : x;
      const auto v = orientation[2] ? turnedSize[1] - 1 - y : y;
      turned->GetBufferPointer()[y * turnedSize[0] + x] =
        image->GetBufferPointer()[orientation[0] ? u * size[0] + v : v * size[0] + u];
    }
  }
  return turned;
}

std::string
BytesOf(const fs::path & path)
{
  std::ifstream     file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void
WriteBytes(const fs::path & path, const std::string & bytes)
{
  std::ofstream(path, std::ios::binary) << bytes;
}

/** A folder of photographs, level0.png and so on, that goes with the test. */
class ReferenceImageDatabase : public testing::Test
{
protected:
  void
  SetUp() override
  {
    m_Folder = fs::temp_directory_path() / ("colorization-references-" + std::to_string(getpid()));
    fs::create_directories(m_Folder / "photographs");
    for (int level = 0; level < Levels; ++level)
    {
      itk::WriteImage(MakePhotograph(level).GetPointer(), this->Photograph(level));
    }
  }

  void
  TearDown() override
  {
    fs::remove_all(m_Folder);
  }

  std::string
  Photograph(int level) const
  {
    return (m_Folder / "photographs" / ("level" + std::to_string(level) + ".png")).string();
  }

  DatabaseType::Pointer
  MakeDatabase() const
  {
    auto database = DatabaseType::New();
    database->AddFolder((m_Folder / "photographs").string());
    return database;
  }

  /** Loading `bytes` as a database says `part`, and leaves a database as it was. */
  void
  ExpectBadFile(const std::string & bytes, const std::string & part) const
  {
    const auto path = (m_Folder / "bad.index").string();
    WriteBytes(path, bytes);
    const auto database = this->MakeDatabase();
    ExpectExceptionWith([&]() { database->Load(path); }, path + ": ");
    ExpectExceptionWith([&]() { database->Load(path); }, part);
    EXPECT_EQ(database->GetNumberOfImages(), static_cast<std::size_t>(Levels));
  }

  fs::path m_Folder{};
};

/** Without it, the signal would die on its way through so many layers: it is what keeps its variance. */
void
ScaleWeights(const std::string & path)
{
  std::string   bytes = BytesOf(path);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof(header));
  for (std::size_t at = sizeof(header) + header; at < bytes.size(); at += sizeof(float))
  {
    float weight;
    std::memcpy(&weight, &bytes[at], sizeof(float));
    weight *= std::sqrt(6.0f);
    std::memcpy(&bytes[at], &weight, sizeof(float));
  }
  WriteBytes(path, bytes);
}

std::string
Replaced(std::string text, const std::string & what, const std::string & by)
{
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  EXPECT_EQ(what.size(), by.size());
  return text.replace(at, what.size(), by);
}
} // namespace

TEST_F(ReferenceImageDatabase, FindsTheLevelInEveryOrientation)
{
  const auto database = this->MakeDatabase();
  ASSERT_EQ(database->GetNumberOfImages(), static_cast<std::size_t>(Levels));
  EXPECT_EQ(database->GetDescriptor(), "MIND");
  for (int level = 0; level < Levels; ++level)
  {
    for (unsigned int way = 0; way < 8; ++way)
    {
      const std::array<bool, 3> orientation{ { (way & 4) != 0, (way & 1) != 0, (way & 2) != 0 } };
      const auto                slice = Turned(MakeSlice(level).GetPointer(), orientation);
      const auto                body = Turned(MakeMask(level).GetPointer(), orientation);
      const auto                matches = database->Rank(slice, body, 2);
      ASSERT_EQ(matches.size(), 2u);
      EXPECT_EQ(matches[0].index, static_cast<std::size_t>(level)) << way;
      // Turned in this way, the photograph lies as the slice does.
      EXPECT_EQ(matches[0].orientation, orientation) << level;
      EXPECT_GT(matches[0].similarity, 0.9);
      EXPECT_GT(matches[0].similarity, matches[1].similarity + 0.05);

      const auto photograph = Turned(MakePhotograph(level).GetPointer(), orientation);
      EXPECT_NEAR(database->Rank(photograph, 1).front().similarity, 1.0, 1e-5);
      EXPECT_EQ(database->Rank(photograph, 1).front().index, static_cast<std::size_t>(level));
    }
  }
}

TEST_F(ReferenceImageDatabase, RanksAllByFallingSimilarity)
{
  const auto database = this->MakeDatabase();
  for (const std::size_t count : { std::size_t{ 0 }, std::size_t{ 3 }, std::size_t{ 100 } })
  {
    const auto matches = database->Rank(MakePhotograph(2), count);
    ASSERT_EQ(matches.size(), count == 3 ? 3u : static_cast<std::size_t>(Levels));
    for (std::size_t k = 1; k < matches.size(); ++k)
    {
      EXPECT_GE(matches[k - 1].similarity, matches[k].similarity);
      EXPECT_LE(std::abs(matches[k].similarity), 1.0 + 1e-6);
    }
  }
}

TEST_F(ReferenceImageDatabase, UsesTheSpacingOfSlices)
{
  const auto   database = this->MakeDatabase();
  const auto   slice = Turned(MakeSlice(1).GetPointer(), { { false, false, false } });
  const auto   body = Turned(MakeMask(1).GetPointer(), { { false, false, false } });
  const auto   before = database->Rank(slice, body, 1).front();
  const double flat[2] = { 3.0, 1.0 };
  slice->SetSpacing(flat);
  body->SetSpacing(flat);
  EXPECT_LT(database->Rank(slice, body, 1).front().similarity, before.similarity - 0.02);
}

TEST_F(ReferenceImageDatabase, FindsATrunkWithoutItsArms)
{
  const auto withArms = MakePhotograph(3);
  for (itk::ImageRegionIteratorWithIndex<PhotographType> it(withArms, withArms->GetBufferedRegion()); !it.IsAtEnd();
       ++it)
  {
    const double x = it.GetIndex()[0] - withArms->GetBufferedRegion().GetIndex(0) - 14.0;
    const double y = it.GetIndex()[1] - withArms->GetBufferedRegion().GetIndex(1) - 50.0;
    if (x * x / 120.0 + y * y / 900.0 < 1.0)
    {
      it.Set(Pixel(160.0, 110.0, 75.0));
    }
  }
  itk::WriteImage(withArms.GetPointer(), this->Photograph(3));
  const auto database = this->MakeDatabase();
  const auto match = database->Rank(MakeSlice(3), MakeMask(3), 1).front();
  EXPECT_EQ(match.index, 3u);
  EXPECT_GT(match.similarity, 0.9 * 0.95);
  EXPECT_LE(match.similarity, 0.95 + 1e-6);
  // It is the trunk's size that is compared, not that of trunk and arms.
  const auto slice = Turned(MakeSlice(3).GetPointer(), { { false, false, false } });
  const auto body = Turned(MakeMask(3).GetPointer(), { { false, false, false } });
  const auto unknown = database->Rank(slice, body, 1).front();
  database->SetPhotographSpacing(1.0);
  EXPECT_NEAR(database->Rank(slice, body, 1).front().similarity, unknown.similarity, 0.001);
  EXPECT_NEAR(database->Rank(withArms, 1).front().similarity, 1.0, 1e-5);
}

TEST_F(ReferenceImageDatabase, FindsTheMagnificationBySpacing)
{
  // The second is twice as large as those that are not shrunk.
  const itk::SizeValueType factors[2] = { 1, 8 };
  auto                     database = DatabaseType::New();
  for (const auto factor : factors)
  {
    const auto path = (m_Folder / ("times" + std::to_string(factor) + ".png")).string();
    itk::WriteImage(Magnified(MakePhotograph(2), factor).GetPointer(), path);
    database->AddImage(path);
  }
  const auto slice = Turned(MakeSlice(2).GetPointer(), { { false, false, false } });
  const auto body = Turned(MakeMask(2).GetPointer(), { { false, false, false } });
  EXPECT_EQ(database->GetPhotographSpacing(), 0.0);
  const auto   unknown = database->Rank(slice, body, 2);
  const double similarity = unknown[0].similarity;
  EXPECT_NEAR(unknown[1].similarity, similarity, 0.005);
  for (std::size_t k = 0; k < 2; ++k)
  {
    // Slices of 1 mm a pixel.
    database->SetPhotographSpacing(1.0 / static_cast<double>(factors[k]));
    const auto matches = database->Rank(slice, body, 2);
    EXPECT_EQ(matches[0].index, k);
    EXPECT_NEAR(matches[0].similarity, similarity, 0.01);
    EXPECT_LT(matches[1].similarity, 1e-10);
  }
  // The likeness falls by the formula, whichever of the two is larger.
  for (const double ratio : { 0.5, 0.8, 1.3 })
  {
    database->SetPhotographSpacing(ratio);
    const auto match = database->Rank(slice, body, 1).front();
    EXPECT_EQ(match.index, 0u);
    EXPECT_NEAR(match.similarity, similarity * std::exp(-8.0 * std::log(ratio) * std::log(ratio)), 0.02);
  }
}

TEST_F(ReferenceImageDatabase, SpacingScalesWithTheSlice)
{
  const auto   database = this->MakeDatabase();
  const auto   slice = Turned(MakeSlice(1).GetPointer(), { { true, false, false } });
  const auto   body = Turned(MakeMask(1).GetPointer(), { { true, false, false } });
  const double spacing[2] = { 0.4, 0.4 };
  slice->SetSpacing(spacing);
  body->SetSpacing(spacing);
  const auto unknown = database->Rank(slice, body, 1).front();
  database->SetPhotographSpacing(0.4);
  const auto match = database->Rank(slice, body, 1).front();
  EXPECT_EQ(match.index, 1u);
  EXPECT_EQ(match.orientation, unknown.orientation);
  EXPECT_NEAR(match.similarity, unknown.similarity, 0.01);
  database->SetPhotographSpacing(1.0);
  EXPECT_LT(database->Rank(slice, body, 1).front().similarity, 0.05);
}

TEST_F(ReferenceImageDatabase, RanksPhotographsWithoutSpacing)
{
  const auto database = this->MakeDatabase();
  const auto photograph = Magnified(MakePhotograph(4), 3);
  const auto unknown = database->Rank(photograph, 0);
  database->SetPhotographSpacing(0.1);
  const auto matches = database->Rank(photograph, 0);
  EXPECT_EQ(matches[0].index, 4u);
  for (std::size_t k = 0; k < matches.size(); ++k)
  {
    EXPECT_EQ(matches[k].index, unknown[k].index);
    EXPECT_EQ(matches[k].similarity, unknown[k].similarity);
  }
}

TEST_F(ReferenceImageDatabase, RefusesBadSpacings)
{
  const auto   database = this->MakeDatabase();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double spacing : { -1.0, infinity, -infinity, std::numeric_limits<double>::quiet_NaN() })
  {
    database->SetPhotographSpacing(spacing);
    const std::string sentence = "but a finite number of mm of at least 0 is wanted.";
    ExpectExceptionWith([&]() { database->Rank(MakeSlice(0), MakeMask(0), 1); }, sentence);
    ExpectExceptionWith([&]() { database->Rank(MakePhotograph(0), 1); }, sentence);
  }
  database->SetPhotographSpacing(-1.0);
  ExpectExceptionWith([&]() { database->Rank(MakePhotograph(0), 1); }, "PhotographSpacing is -1, but");
}

TEST_F(ReferenceImageDatabase, LoadsWhatItSaved)
{
  const auto database = this->MakeDatabase();
  const auto path = (m_Folder / "references.index").string();
  database->Save(path);
  auto loaded = DatabaseType::New();
  loaded->Load(path);
  ASSERT_EQ(loaded->GetNumberOfImages(), database->GetNumberOfImages());
  EXPECT_EQ(loaded->GetDescriptor(), "MIND");
  EXPECT_EQ(loaded->GetModelSHA256(), "");
  for (std::size_t k = 0; k < loaded->GetNumberOfImages(); ++k)
  {
    EXPECT_EQ(loaded->GetImage(k).path, database->GetImage(k).path);
    EXPECT_EQ(loaded->GetImage(k).sha256, database->GetImage(k).sha256);
    EXPECT_EQ(loaded->GetImage(k).bytes, fs::file_size(this->Photograph(static_cast<int>(k))));
    EXPECT_EQ(loaded->GetImage(k).size, (std::array<std::size_t, 2>{ { Width, Height } }));
  }
  database->SetPhotographSpacing(1.1);
  loaded->SetPhotographSpacing(1.1);
  const auto before = database->Rank(MakeSlice(4), MakeMask(4), 0);
  const auto after = loaded->Rank(MakeSlice(4), MakeMask(4), 0);
  for (std::size_t k = 0; k < before.size(); ++k)
  {
    EXPECT_EQ(before[k].index, after[k].index);
    EXPECT_EQ(before[k].similarity, after[k].similarity);
  }
  EXPECT_TRUE(loaded->VerifyFiles().empty());
  ExpectExceptionWith([&]() { loaded->GetImage(Levels); }, "There is no photograph 6: there are 6.");
  ExpectExceptionWith([&]() { database->Save((m_Folder / "none" / "x.index").string()); }, "cannot be written");
}

TEST_F(ReferenceImageDatabase, MovesWithItsFolder)
{
  this->MakeDatabase()->Save((m_Folder / "photographs" / "references.index").string());
  fs::rename(m_Folder / "photographs", m_Folder / "elsewhere");
  auto loaded = DatabaseType::New();
  loaded->Load((m_Folder / "elsewhere" / "references.index").string());
  EXPECT_EQ(fs::path(loaded->GetImage(2).path), fs::canonical(m_Folder / "elsewhere" / "level2.png"));
  EXPECT_TRUE(loaded->VerifyFiles().empty());
  EXPECT_EQ(loaded->Rank(MakePhotograph(2), 1).front().index, 2u);
}

TEST_F(ReferenceImageDatabase, NamesChangedAndMissingFiles)
{
  const auto database = this->MakeDatabase();
  fs::remove(this->Photograph(1));
  std::string bytes = BytesOf(this->Photograph(3));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  WriteBytes(this->Photograph(3), bytes);
  WriteBytes(this->Photograph(4), BytesOf(this->Photograph(4)) + "more");
  const auto problems = database->VerifyFiles();
  ASSERT_EQ(problems.size(), 3u);
  EXPECT_EQ(problems[0].path, database->GetImage(1).path);
  EXPECT_NE(problems[0].reason.find("missing"), std::string::npos) << problems[0].reason;
  EXPECT_EQ(problems[1].path, database->GetImage(3).path);
  EXPECT_NE(problems[1].reason.find("SHA-256"), std::string::npos) << problems[1].reason;
  EXPECT_EQ(problems[2].path, database->GetImage(4).path);
  EXPECT_NE(problems[2].reason.find("bytes"), std::string::npos) << problems[2].reason;
}

TEST_F(ReferenceImageDatabase, IsTheSameForAnyNumberOfThreads)
{
  std::string bytes[2];
  for (const unsigned int workUnits : { 1u, 5u })
  {
    auto database = DatabaseType::New();
    database->SetNumberOfWorkUnits(workUnits);
    EXPECT_EQ(database->GetNumberOfWorkUnits(), workUnits);
    database->AddFolder((m_Folder / "photographs").string());
    database->Save((m_Folder / "threads.index").string());
    bytes[workUnits > 1] = BytesOf(m_Folder / "threads.index");
  }
  EXPECT_EQ(bytes[0], bytes[1]);
  ExpectExceptionWith([]() { DatabaseType::New()->SetNumberOfWorkUnits(0); }, "NumberOfWorkUnits is 0");
}

TEST_F(ReferenceImageDatabase, LeavesOutWhatCannotBeUsed)
{
  const fs::path folder = m_Folder / "photographs";
  using GrayType = itk::Image<unsigned char, 2>;
  itk::WriteImage(MakeImage<GrayType>({ { 40, 30 } }).GetPointer(), (folder / "a-gray.png").string());
  itk::WriteImage(MakeImage<PhotographType>({ { 40, 30 } }).GetPointer(), (folder / "b-black.png").string());
  itk::WriteImage(MakeImage<SliceType>({ { 40, 30 } }).GetPointer(), (folder / "c-float.nrrd").string());
  WriteBytes(folder / "d-cut.png", BytesOf(this->Photograph(0)).substr(0, 300));
  WriteBytes(folder / "e-none.png", "no picture");
  WriteBytes(folder / "notes.txt", "no picture either");
  WriteBytes(folder / ".hidden.png", "none");
  fs::create_directories(folder / "f-folder.png");
  const auto database = this->MakeDatabase();
  EXPECT_EQ(database->GetNumberOfImages(), static_cast<std::size_t>(Levels));
  const auto &                                           problems = database->GetProblems();
  const std::vector<std::pair<std::string, std::string>> wanted{
    { "a-gray.png", "the photograph is gray: it has 1 components a pixel, but colours need 3 or 4." },
    { "b-black.png", "shows no tissue" },
    { "c-float.nrrd", "neither of 8 nor of 16 bits" },
    { "d-cut.png", "damaged or cut short" },
    { "e-none.png", "no image in a format that can be read" }
  };
  ASSERT_EQ(problems.size(), wanted.size());
  for (std::size_t k = 0; k < wanted.size(); ++k)
  {
    EXPECT_EQ(fs::path(problems[k].path).filename(), wanted[k].first);
    EXPECT_NE(problems[k].reason.find(wanted[k].second), std::string::npos) << problems[k].reason;
    EXPECT_EQ(problems[k].reason.find(problems[k].path), std::string::npos) << problems[k].reason;
    const std::string path = (folder / wanted[k].first).string();
    ExpectExceptionWith([&]() { database->AddImages({ this->Photograph(0), path }); }, path + ": ");
    ExpectExceptionWith([&]() { database->AddImage(path); }, wanted[k].second);
  }
  ExpectExceptionWith([&]() { database->AddImage((folder / "none.png").string()); }, "there is no such file");
  EXPECT_EQ(database->GetNumberOfImages(), static_cast<std::size_t>(Levels));
  // Each is there once.
  database->AddImages({ this->Photograph(5), this->Photograph(5) });
  EXPECT_EQ(database->GetNumberOfImages(), static_cast<std::size_t>(Levels));
}

TEST_F(ReferenceImageDatabase, RefusesFoldersWithoutPhotographs)
{
  auto           database = DatabaseType::New();
  const fs::path empty = m_Folder / "empty";
  fs::create_directories(empty);
  ExpectExceptionWith([&]() { database->AddFolder(empty.string()); }, empty.string() + ": the folder holds no image.");
  WriteBytes(empty / "x.png", "no picture");
  ExpectExceptionWith([&]() { database->AddFolder(empty.string()); },
                      "none of the folder's 1 images can be used; the first is x.png: ");
  ExpectExceptionWith([&]() { database->AddFolder((m_Folder / "none").string()); }, "the folder cannot be read");
  ExpectExceptionWith([&]() { database->Save((m_Folder / "x.index").string()); }, "The database is empty");
  ExpectExceptionWith([&]() { database->Rank(MakePhotograph(0), 1); }, "The database is empty");
}

TEST_F(ReferenceImageDatabase, RefusesBadQueries)
{
  const auto database = this->MakeDatabase();
  const auto slice = MakeSlice(0);
  ExpectExceptionWith(
    [&]() {
      database->Rank(slice, MakeImage<MaskType>({ { Width, Height } }), 1);
    },
    "The body mask is 0 everywhere");
  ExpectExceptionWith(
    [&]() {
      database->Rank(slice, MakeImage<MaskType>({ { Width, 7 } }), 1);
    },
    "The body mask has size [160, 7]");
  ExpectExceptionWith([&]() { database->Rank(MakeImage<PhotographType>({ { 50, 50 } }), 1); }, "shows no tissue");
  slice->GetBufferPointer()[60 * Width + 80] = std::numeric_limits<float>::quiet_NaN();
  ExpectExceptionWith([&]() { database->Rank(slice, MakeMask(0), 1); }, "NaN or infinity");
}

TEST_F(ReferenceImageDatabase, RefusesHostileFiles)
{
  const auto path = (m_Folder / "references.index").string();
  this->MakeDatabase()->Save(path);
  const std::string good = BytesOf(path);
  for (const std::size_t length : { std::size_t{ 0 }, std::size_t{ 5 }, std::size_t{ 100 }, good.size() - 1 })
  {
    this->ExpectBadFile(good.substr(0, length), length == 0 ? "it is empty" : "no whole safetensors file");
  }
  this->ExpectBadFile(good + "x", "no whole safetensors file");
  std::string absurd = good;
  absurd[6] = '\x7f';
  this->ExpectBadFile(absurd, "no whole safetensors file");
  this->ExpectBadFile(Replaced(good, R"("version":"2")", R"("version":"1")"),
                      "it is of version 1, but 2 is wanted: index the photographs again.");
  this->ExpectBadFile(Replaced(good, "ITKColorization ref", "ITKColorization REF"), "it does not say");
  this->ExpectBadFile(Replaced(good, R"("MIND")", R"("SIFT")"), "its descriptor is neither");
  this->ExpectBadFile(Replaced(good, R"("descriptors":{)", R"("descriptorz":{)"), "does not hold one tensor");
  this->ExpectBadFile(Replaced(good, "[6,1057]", "[1057,6]"), "its descriptors are F32 of shape [1057, 6]");
  this->ExpectBadFile(Replaced(good, "photographs/level0", "../tographs/level0"), "an image's path");
  this->ExpectBadFile(Replaced(good, R"(\"width\":160)", R"(\"width\":-60)"), "\"width\" of an image");
  const std::size_t last = good.rfind(R"(,{\")");
  const std::size_t end = good.find(R"(}]")", last) + 1;
  this->ExpectBadFile(std::string(good).replace(last, end - last, end - last, ' '),
                      "it has 6 descriptors, but its images have 5");
  this->ExpectBadFile(Replaced(good, R"(\"descriptors\":1)", R"(\"descriptors\":9)"), "number of descriptors");
  const std::size_t extents = good.find(R"(\"extents\":[)") + 13;
  const std::size_t width = good.find(']', extents) - extents;
  for (const char * const wrong : { "", "-1", "0", "null", "1,1", "[1]", "true" })
  {
    ASSERT_GE(width, std::strlen(wrong));
    const std::string padded = wrong + std::string(width - std::strlen(wrong), ' ');
    this->ExpectBadFile(std::string(good).replace(extents, width, padded),
                        "no array of finite numbers above 0, one for each of its 1 descriptors");
  }
  this->ExpectBadFile(std::string(good).replace(extents, 5, "1e999"), "no JSON array");
  this->ExpectBadFile(Replaced(good, R"(\"extents\")", R"(\"extentz\")"), "no array of finite numbers above 0");
  this->ExpectBadFile(Replaced(good, R"("images":"[)", R"("images":"{)"), "no JSON array");
  std::string notFinite = good;
  std::memset(&notFinite[good.size() - 8], 0xff, 8);
  this->ExpectBadFile(notFinite, "NaN or infinity");
  ExpectExceptionWith([&]() { DatabaseType::New()->Load((m_Folder / "none").string()); }, "cannot be read");
}

TEST_F(ReferenceImageDatabase, StopsWhenToldTo)
{
  auto   database = DatabaseType::New();
  double last = 0.0;
  database->SetNumberOfWorkUnits(1);
  for (int copy = 0; copy < 20; ++copy)
  {
    fs::copy_file(this->Photograph(0), m_Folder / "photographs" / ("copy" + std::to_string(copy) + ".png"));
  }
  const auto tag = database->AddObserver(itk::ProgressEvent(),
                                         [&](const itk::EventObject &)
                                         {
                                           EXPECT_GT(database->GetProgress(), last);
                                           last = database->GetProgress();
                                         });
  database->AddFolder((m_Folder / "photographs").string());
  EXPECT_EQ(last, 1.0);
  database->RemoveObserver(tag);
  auto stopped = DatabaseType::New();
  stopped->SetNumberOfWorkUnits(1);
  stopped->AddObserver(itk::ProgressEvent(), [&](const itk::EventObject &) { stopped->AbortOn(); });
  EXPECT_THROW(stopped->AddFolder((m_Folder / "photographs").string()), itk::ProcessAborted);
  EXPECT_EQ(stopped->GetNumberOfImages(), 0u);
  EXPECT_LT(stopped->GetProgress(), 1.0);
}

TEST_F(ReferenceImageDatabase, RanksByNetworkAndKnowsWhich)
{
  if (!itk::NetworkModel::IsAvailable())
  {
    GTEST_SKIP() << "this build has no LibTorch";
  }
  itk::NetworkModel::Pointer models[2];
  for (unsigned int k = 0; k < 2; ++k)
  {
    const auto path = (m_Folder / ("vgg" + std::to_string(k) + ".safetensors")).string();
    auto       fresh = itk::NetworkModel::New();
    fresh->Initialize("VGG19", R"({"width":4,"hidden":64,"linear_layers":1,"input_channels":1})", 3 + k);
    fresh->Save(path);
    ScaleWeights(path);
    models[k] = itk::NetworkModel::New();
    models[k]->SetDevice("cpu");
    models[k]->Load(path);
  }
  auto database = DatabaseType::New();
  database->SetModel(models[0]);
  database->AddImages({ this->Photograph(0), this->Photograph(1), this->Photograph(2) });
  EXPECT_EQ(database->GetDescriptor(), "VGG19 fc6");
  database->Save((m_Folder / "network.index").string());
  auto loaded = DatabaseType::New();
  loaded->Load((m_Folder / "network.index").string());
  EXPECT_EQ(loaded->GetModelSHA256(), models[0]->GetSHA256());
  const auto turned = Turned(MakePhotograph(1).GetPointer(), { { true, false, true } });
  ExpectExceptionWith([&]() { loaded->Rank(turned, 1); }, "descriptors of VGG19 fc6, but those of MIND are asked for");
  loaded->SetModel(models[1]);
  ExpectExceptionWith([&]() { loaded->Rank(turned, 1); }, models[1]->GetSHA256());
  ExpectExceptionWith([&]() { loaded->AddImage(this->Photograph(3)); }, models[0]->GetSHA256());
  loaded->SetModel(models[0]);
  const auto matches = loaded->Rank(turned, 0);
  ASSERT_EQ(matches.size(), 3u);
  EXPECT_EQ(matches[0].index, 1u);
  EXPECT_NEAR(matches[0].similarity, 1.0, 1e-5);
  EXPECT_EQ(matches[0].orientation, (std::array<bool, 3>{ { true, false, true } }));
  auto other = this->MakeDatabase();
  other->SetModel(models[0]);
  ExpectExceptionWith([&]() { other->Rank(turned, 1); }, "descriptors of MIND, but those of VGG19 fc6 are asked for");
}
