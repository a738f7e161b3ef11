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
// BuildColorAtlas, run as a user runs it, on pictures that are made in code.

#include "itkColorAtlas.h"

#include "itkGDCMImageIO.h"
#include "itkImage.h"
#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkMetaDataObject.h"
#include "itkRGBPixel.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace
{
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using Json = nlohmann::json;

std::string
TextOf(const fs::path & path)
{
  std::ifstream file(path, std::ios::binary);
  return { std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>() };
}

struct Outcome
{
  int         code;
  std::string output;
  std::string error;
};

class BuildColorAtlas : public testing::Test
{
protected:
  void
  SetUp() override
  {
    m_Folder = fs::temp_directory_path() / ("colorization-build-atlas-" + std::to_string(getpid()));
    fs::create_directories(m_Folder / "slices");
    fs::create_directories(m_Folder / "dicom");
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

  /** 80 x 60 pixels: a disc of two kinds of tissue in blue ice. */
  static PhotographType::Pointer
  Photograph(int number)
  {
    auto photograph = PhotographType::New();
    photograph->SetRegions(PhotographType::SizeType{ { 80, 60 } });
    photograph->Allocate();
    for (itk::ImageRegionIteratorWithIndex<PhotographType> it(photograph, photograph->GetBufferedRegion());
         !it.IsAtEnd();
         ++it)
    {
      const double radius =
        std::hypot(static_cast<double>(it.GetIndex()[0]) - 40.0, static_cast<double>(it.GetIndex()[1]) - 30.0);
      PhotographType::PixelType pixel;
      pixel.Set(20, 60, 140);
      if (radius < 20.0)
      {
        pixel.Set(static_cast<unsigned char>(radius < 10.0 ? 150 : 220), static_cast<unsigned char>(110 + number), 80);
      }
      it.Set(pixel);
    }
    return photograph;
  }

  void
  WritePhotographs(int first, int last) const
  {
    for (int number = first; number <= last; ++number)
    {
      itk::WriteImage(Photograph(number).GetPointer(), File("slices/slice-" + std::to_string(number) + ".png"));
    }
  }

  /** RGB secondary captures of one series; with positions or without. */
  void
  WriteDicom(int count, bool hasPositions) const
  {
    for (int k = 0; k < count; ++k)
    {
      const auto photograph = Photograph(k);
      auto &     dictionary = photograph->GetMetaDataDictionary();
      const auto set = [&](const char * tag, const std::string & text)
      { itk::EncapsulateMetaData<std::string>(dictionary, tag, text); };
      set("0008|0016", "1.2.840.10008.5.1.4.1.1.7");
      set("0008|0018", "1.2.826.0.1.3680043.2.1125.1." + std::to_string(k + 1));
      set("0020|000d", "1.2.826.0.1.3680043.2.1125.2");
      set("0020|000e", "1.2.826.0.1.3680043.2.1125.3");
      set("0008|0060", hasPositions ? "CT" : "OT");
      set("0020|0013", std::to_string(k + 1));
      if (hasPositions)
      {
        set("0020|0032", "10\\-20\\" + std::to_string(-2 * k));
        set("0020|0037", "1\\0\\0\\0\\-1\\0");
      }
      auto io = itk::GDCMImageIO::New();
      io->SetKeepOriginalUID(true);
      auto writer = itk::ImageFileWriter<PhotographType>::New();
      writer->SetImageIO(io);
      writer->SetInput(photograph);
      writer->SetFileName(File("dicom/" + std::to_string(k) + ".dcm"));
      writer->Update();
    }
  }

  void
  WriteRecipe(const std::vector<Json> & volumes) const
  {
    std::ofstream(File("recipe.json")) << Json{ { "volumes", volumes } };
  }

  static Json
  Slices()
  {
    return { { "name", "body" },      { "photographs", "slices" },
             { "spacing", { 1, 1 } }, { "direction", { 1, 0, 0, 0, -1, 0, 0, 0, -1 } },
             { "share", 2.0 },        { "credit", "made in code" } };
  }

  Outcome
  Run(const std::string & output, const std::string & more = "") const
  {
    const std::string command = "'" COLORIZATION_PROGRAM_FOLDER "/BuildColorAtlas' '" + File("recipe.json") + "' '" +
                                File(output) + "' --progress none " + more + " >'" + File("stdout") + "' 2>'" +
                                File("stderr") + "' </dev/null";
    const int status = std::system(command.c_str());
    return { WIFEXITED(status) ? WEXITSTATUS(status) : -1, TextOf(File("stdout")), TextOf(File("stderr")) };
  }

  itk::ColorAtlas::Pointer
  Read(const std::string & name) const
  {
    auto atlas = itk::ColorAtlas::New();
    atlas->Read(File(name));
    return atlas;
  }

  /** The program ends with this code and one line that holds `part`, and leaves no file. */
  void
  ExpectError(const std::vector<Json> & volumes,
              int                       code,
              const std::string &       part,
              const std::string &       more = "") const
  {
    this->WriteRecipe(volumes);
    const Outcome outcome = this->Run("bad.nrrd", more);
    EXPECT_EQ(outcome.code, code) << outcome.error;
    EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
    EXPECT_EQ(std::count(outcome.error.begin(), outcome.error.end(), '\n'), 1) << outcome.error;
    EXPECT_FALSE(fs::exists(File("bad.nrrd")));
  }

  fs::path m_Folder{};
};
} // namespace

TEST_F(BuildColorAtlas, MakesOneStackOfSeveralVolumes)
{
  this->WritePhotographs(1, 12);
  Json first = Slices();
  Json second = Slices();
  first["last"] = 5;
  second["first"] = 6;
  second["name"] = "rest";
  this->WriteRecipe({ first, second });
  const Outcome outcome = this->Run("one.atlas.nrrd", "--leave-out 3-4,9 --threads 1");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("Photographs: 9; slices: 9 photographed, 3 bridged, 0 empty"), std::string::npos)
    << outcome.output;
  EXPECT_NE(outcome.output.find("bytes a voxel"), std::string::npos) << outcome.output;
  const auto atlas = this->Read("one.atlas.nrrd");
  ASSERT_EQ(atlas->GetNumberOfSlices(), 12u);
  EXPECT_STREQ(atlas->GetName(), "body; rest");
  EXPECT_STREQ(atlas->GetCredit(), "made in code");
  EXPECT_TRUE(atlas->IsBridged(2) && atlas->IsBridged(3) && atlas->IsBridged(8));
  EXPECT_FALSE(atlas->IsBridged(4));
  // The disc's middle is that of pixel (40, 30).
  EXPECT_NEAR(atlas->GetLevel(0).centroid[0], 40.5, 0.05);
  EXPECT_NEAR(atlas->GetLevel(0).centroid[1], -30.5, 0.05);
  EXPECT_NEAR(atlas->GetLevel(0).centroid[2], -1.0, 1e-6);
  ASSERT_EQ(this->Run("two.atlas.nrrd", "--leave-out 3-4,9 --threads 2").code, 0);
  EXPECT_EQ(TextOf(File("one.atlas.nrrd")), TextOf(File("two.atlas.nrrd")));
}

TEST_F(BuildColorAtlas, TakesDicomSeriesWithPositionsAndWithout)
{
  this->WriteDicom(5, true);
  Json entry{ { "name", "dicom" }, { "dicom", "dicom" }, { "spacing", { 1, 1 } }, { "slice_spacing", 2 } };
  this->WriteRecipe({ entry });
  const Outcome outcome = this->Run("placed.nrrd", "--spacing 2");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_EQ(outcome.error, "");
  const auto placed = this->Read("placed.nrrd");
  ASSERT_EQ(placed->GetNumberOfSlices(), 5u);
  // Within a fraction of a voxel of 2 mm.
  EXPECT_EQ(placed->GetColorImage()->GetDirection()(1, 1), -1.0);
  EXPECT_EQ(placed->GetColorImage()->GetDirection()(2, 2), -1.0);
  EXPECT_NEAR(placed->GetLevel(1).centroid[0], 50.0, 0.3);
  EXPECT_NEAR(placed->GetLevel(1).centroid[1], -50.0, 0.3);
  EXPECT_NEAR(placed->GetLevel(1).centroid[2], -2.0, 1e-6);

  fs::remove_all(File("dicom"));
  fs::create_directories(File("dicom"));
  this->WriteDicom(5, false);
  ASSERT_EQ(this->Run("numbered.nrrd", "--spacing 2 --leave-out 3").code, 0) << TextOf(File("stderr"));
  const auto numbered = this->Read("numbered.nrrd");
  ASSERT_EQ(numbered->GetNumberOfSlices(), 5u);
  EXPECT_TRUE(numbered->IsBridged(2));
  EXPECT_EQ(numbered->GetLevel(1).bodyArea, placed->GetLevel(1).bodyArea);
}

TEST_F(BuildColorAtlas, NamesWhatIsWrong)
{
  this->WritePhotographs(1, 3);
  Json slices = Slices();
  this->ExpectError({ slices }, 1, "--leave-out is \"7-\"", "--leave-out 7-");
  this->ExpectError({ slices }, 1, "--leave-out is \"5-3\"", "--leave-out 5-3");
  this->ExpectError({ slices }, 2, "slices: all of the pictures are left out", "--leave-out 1-3");
  this->ExpectError({}, 2, "this is no recipe");
  Json wrong = slices;
  wrong["colour"] = 1;
  this->ExpectError({ wrong }, 2, "a volume has \"colour\", which means nothing here");
  wrong = slices;
  wrong["spacing"] = { 0, 1 };
  this->ExpectError({ wrong }, 2, "the spacing of photographs has to be above 0");
  wrong = slices;
  wrong["direction"][0] = 2;
  this->ExpectError({ wrong }, 2, "The direction's columns are not of length 1");
  wrong["direction"] = { 1, 0, 0, 0, 1, 0, 0, 0, 1 };
  this->ExpectError({ slices, wrong }, 2, "need the same direction");
  wrong = slices;
  wrong["photographs"] = "nowhere";
  this->ExpectError({ wrong }, 2, "nowhere: there is no such folder");
  this->ExpectError({ slices, slices }, 2, "are both at 1 mm");
  this->ExpectError({ Json{ { "name", "gray" }, { "image", "x.nrrd" }, { "kind", "gray" } } },
                    2,
                    "the kind of a volume is \"gray\", but an atlas needs color");
  this->ExpectError({ Json{ { "name", "d" }, { "dicom", "dicom" } } }, 2, "the folder holds no DICOM series");
  this->WriteRecipe({ slices });
  const Outcome outcome = this->Run("one.mha");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.error.find("has to end in .nrrd"), std::string::npos) << outcome.error;
}
