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
#include "itkTrainingDataSet.h"
#include "ColorizationTestUtilities.h"

#include "itkImageFileWriter.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <unistd.h>

using namespace ColorizationTest;

namespace
{
namespace fs = std::filesystem;
using SetType = itk::TrainingDataSet;
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;

PhotographType::PixelType
ColorAt(double x, double y, int z)
{
  PhotographType::PixelType ice;
  PhotographType::PixelType fat;
  PhotographType::PixelType gel;
  ice.Set(20, 60, 140);
  fat.Set(230, 200, 150);
  gel.Set(30, 90, 200);
  const double radius = std::hypot(x - 50.0, y - 40.0);
  return radius > 20.0 + z ? ice : radius < 6.0 ? gel : fat;
}

/** A file that is read as safetensors are. */
struct Packed
{
  std::string bytes;
  std::string header;

  explicit Packed(const std::string & path)
  {
    std::ifstream file(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof(length));
    header = bytes.substr(8, length);
  }

  /** The bytes of a tensor, whose dtype and shape are as they are wanted. */
  std::string
  Tensor(const std::string & name, const std::string & dtype, const std::string & shape) const
  {
    const auto begin = header.find('"' + name + '"');
    EXPECT_NE(begin, std::string::npos) << name;
    const std::string entry = header.substr(begin, header.find('}', begin) - begin);
    EXPECT_NE(entry.find("\"dtype\":\"" + dtype + '"'), std::string::npos) << entry;
    EXPECT_NE(entry.find("\"shape\":" + shape), std::string::npos) << entry;
    std::size_t        first = 0;
    std::size_t        last = 0;
    char               mark = 0;
    std::istringstream offsets(entry.substr(entry.find("data_offsets\":[") + 15));
    offsets >> first >> mark >> last;
    return bytes.substr(8 + header.size() + first, last - first);
  }
};

class TrainingDataSet : public testing::Test
{
protected:
  void
  SetUp() override
  {
    m_Folder = fs::temp_directory_path() / ("colorization-data-set-" + std::to_string(getpid()));
    fs::create_directories(m_Folder);
    for (int z = 0; z < 5; ++z)
    {
      auto photograph = PhotographType::New();
      photograph->SetRegions(PhotographType::SizeType{ { 120, 100 } });
      photograph->Allocate();
      for (itk::ImageRegionIteratorWithIndex<PhotographType> it(photograph, photograph->GetBufferedRegion());
           !it.IsAtEnd();
           ++it)
      {
        it.Set(ColorAt(static_cast<double>(it.GetIndex()[0]), static_cast<double>(it.GetIndex()[1]), z));
      }
      m_Paths.push_back((m_Folder / ("slice" + std::to_string(z) + ".png")).string());
      m_Positions.push_back(4.0 * z + 100.0);
      itk::WriteImage(photograph.GetPointer(), m_Paths.back());
    }
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

  static SetType::InformationType
  Information(const std::string & name)
  {
    SetType::InformationType information;
    information.name = name;
    information.spacing = { { 0.5, 0.5, 1.0 } };
    return information;
  }

  fs::path                 m_Folder{};
  std::vector<std::string> m_Paths{};
  std::vector<double>      m_Positions{};
};
} // namespace

TEST_F(TrainingDataSet, PhotographsAreCroppedToTheirBodiesAndMarked)
{
  auto data = SetType::New();
  data->SetNumberOfWorkUnits(1);
  EXPECT_EQ(data->AddPhotographs(Information("body"), m_Paths, m_Positions, 1), 5u);
  data->Save(this->File("one"));
  const Packed packed(this->File("one"));
  // The largest disc is 49 pixels wide; 4 more on each side are left.
  const std::string values = packed.Tensor("body/values", "U8", "[5,57,57,3]");
  const std::string tissue = packed.Tensor("body/tissue", "U8", "[5,57,57]");
  float             positions[5];
  std::memcpy(positions, packed.Tensor("body/positions", "F32", "[5]").data(), sizeof(positions));
  EXPECT_EQ(positions[1], 104.0f);
  EXPECT_NE(packed.header.find(R"(\"spacing\":[0.5,0.5,4.0])"), std::string::npos) << packed.header;
  EXPECT_NE(packed.header.find(R"(\"origin\":[11.0,6.0,100.0])"), std::string::npos) << packed.header;
  for (int z = 0; z < 5; ++z)
  {
    for (int i = 0; i < 57 * 57; ++i)
    {
      const double x = i % 57 + 22.0;
      const double y = i / 57 + 12.0;
      const auto   wanted = ColorAt(x, y, z);
      for (int c = 0; c < 3; ++c)
      {
        ASSERT_EQ(static_cast<unsigned char>(values[3 * (57 * 57 * z + i) + c]), wanted[c]);
      }
      // Tissue ends a pixel before ice and gel.
      const double radius = std::hypot(x - 50.0, y - 40.0);
      const int    kind = tissue[57 * 57 * z + i];
      if (radius > 21.0 + z)
      {
        ASSERT_EQ(kind, itk::colorization::Outside);
      }
      else if (radius < 5.0)
      {
        ASSERT_EQ(kind, itk::colorization::Cavity);
      }
      else if (radius > 8.0 && radius < 18.0 + z)
      {
        ASSERT_EQ(kind, itk::colorization::Tissue);
      }
    }
  }
  auto threaded = SetType::New();
  threaded->SetNumberOfWorkUnits(3);
  threaded->AddPhotographs(Information("body"), m_Paths, m_Positions, 1);
  threaded->Save(this->File("three"));
  EXPECT_EQ(Packed(this->File("three")).bytes, packed.bytes);
}

TEST_F(TrainingDataSet, VolumesKeepTheirGeometryAndValues)
{
  using GrayType = SetType::GrayVolumeType;
  using LabelType = SetType::LabelVolumeType;
  const auto gray = MakeImageOf<GrayType>({ { 4, 3, 2 } },
                                          [](const GrayType::IndexType & p)
                                          { return static_cast<float>(p[0] + 10 * p[1] + 100 * p[2]) - 0.5f; });
  const auto bytes = MakeImageOf<GrayType>({ { 4, 3, 2 } },
                                           [](const GrayType::IndexType & p)
                                           { return static_cast<float>(p[0] + 10 * p[1] + 100 * p[2]); });
  const auto labels =
    MakeImageOf<LabelType>({ { 4, 3, 2 } },
                           [](const LabelType::IndexType & p) { return static_cast<unsigned char>(p[0] + p[2]); });
  auto data = SetType::New();
  data->AddGrayVolume(Information("half"), gray);
  data->AddGrayVolume(Information("byte"), bytes);
  data->AddLabelVolume(Information("labels"), labels);
  EXPECT_EQ(data->GetNumberOfVolumes(), 3u);
  data->Save(this->File("volumes"));
  const Packed      packed(this->File("volumes"));
  const std::string half = packed.Tensor("half/values", "F16", "[2,3,4]");
  // -0.5, and 122.5 as sign, exponent and mantissa of float16.
  EXPECT_EQ(half.substr(0, 2), std::string("\x00\xb8", 2));
  EXPECT_EQ(half.substr(2 * (3 + 4 * 2 + 12 * 1), 2), std::string("\xa8\x57", 2));
  EXPECT_EQ(packed.Tensor("byte/values", "U8", "[2,3,4]")[3 + 4 * 2], 23);
  EXPECT_EQ(packed.Tensor("labels/values", "U8", "[2,3,4]")[3 + 12], 4);
  EXPECT_NE(packed.header.find(R"(\"direction\":[0.6,-0.8,0.0,0.8,0.6,0.0,0.0,0.0,1.0])"), std::string::npos)
    << packed.header;
}

TEST_F(TrainingDataSet, NamesWhatIsWrong)
{
  auto       data = SetType::New();
  const auto add = [&](const SetType::InformationType & information, const std::vector<double> & positions)
  { data->AddPhotographs(information, m_Paths, positions, 1); };
  ExpectExceptionWith([&]() { data->Save(this->File("none")); }, "there are no volumes to write");
  ExpectExceptionWith([&]() { add(Information("a b"), m_Positions); }, "The name of a volume is \"a b\"");
  ExpectExceptionWith([&]() { add(Information("body"), { 1, 2, 3, 4 }); }, "there are 5 photographs, 4 positions");
  ExpectExceptionWith([&]() { add(Information("body"), { 1, 2, 3, 3, 4 }); }, "the positions do not rise");
  auto information = Information("body");
  information.share = -1.0;
  ExpectExceptionWith([&]() { add(information, m_Positions); }, "the share is -1");
  information.share = 1.0;
  information.gap = std::nan("");
  ExpectExceptionWith([&]() { add(information, m_Positions); }, "the gap is nan");
  information.gap = 0.0;
  information.test = { { { 3.0, 1.0 } } };
  ExpectExceptionWith([&]() { add(information, m_Positions); }, "a test range is 3");
  information.test = {};
  information.window = { 1.0, 2.0 };
  ExpectExceptionWith([&]() { add(information, m_Positions); },
                      "a window is given, but only gray volumes can have one");
  m_Paths[2] = this->File("nowhere.png");
  ExpectExceptionWith([&]() { add(Information("body"), m_Positions); }, "nowhere.png");
  const auto gray =
    MakeImageOf<SetType::GrayVolumeType>({ { 2, 2, 2 } },
                                         [](const SetType::GrayVolumeType::IndexType &) { return 1e6f; });
  ExpectExceptionWith([&]() { data->AddGrayVolume(Information("gray"), gray); }, "a value is 1000000");
  for (const auto & window : { std::vector<double>{ 2.0, 2.0 }, std::vector<double>{ 1.0 } })
  {
    information.window = window;
    ExpectExceptionWith([&]() { data->AddGrayVolume(information, gray); },
                        "the window has to be two numbers, the first below the second");
  }
  EXPECT_EQ(data->GetNumberOfVolumes(), 0u);
}

TEST_F(TrainingDataSet, StopsWhenToldTo)
{
  auto data = SetType::New();
  data->SetNumberOfWorkUnits(1);
  data->AddObserver(itk::ProgressEvent(), [&](const itk::EventObject &) { data->SetAbort(true); });
  EXPECT_THROW(data->AddPhotographs(Information("body"), m_Paths, m_Positions, 1), itk::ProcessAborted);
  EXPECT_EQ(data->GetNumberOfVolumes(), 0u);
}
