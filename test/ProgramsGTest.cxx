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
// The command-line programs, run as a user runs them.

#include "itkImage.h"
#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkRGBPixel.h"
#include "itkShrinkImageFilter.h"
#include "itkVectorImage.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>

#include <sys/stat.h>
#include <sys/wait.h>

namespace fs = std::filesystem;

namespace
{
using GrayType = itk::Image<unsigned char, 3>;
using FloatType = itk::Image<float, 3>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;

#ifdef COLORIZATION_HAS_TORCH
constexpr bool HasTorch = true;
#else
constexpr bool HasTorch = false;
#endif

const std::string Photograph = "/usr/share/doc/insighttoolkit5-examples/examples/Data/VisibleWomanHeadSlice.png";

std::string
TextOf(const fs::path & path)
{
  std::ifstream     file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Outcome
{
  int         code;
  std::string output;
  std::string error;

  std::size_t
  ErrorLines() const
  {
    return static_cast<std::size_t>(std::count(error.begin(), error.end(), '\n'));
  }
};

class Programs : public testing::Test
{
protected:
  static void
  SetUpTestSuite()
  {
    s_Folder = fs::temp_directory_path() / ("colorization-programs-" + std::to_string(getpid()));
    fs::create_directories(s_Folder);
    auto shrink = itk::ShrinkImageFilter<GrayType, GrayType>::New();
    shrink->SetInput(itk::ReadImage<GrayType>("/usr/share/mricron/templates/ch2.nii.gz"));
    shrink->SetShrinkFactors(4);
    itk::WriteImage(shrink->GetOutput(), File("head.nii.gz"));
  }
  static void
  TearDownTestSuite()
  {
    fs::remove_all(s_Folder);
  }

  static std::string
  File(const std::string & name)
  {
    return (s_Folder / name).string();
  }

  /** Runs a program; `before` is put before it, for the shell. */
  static Outcome
  Run(const std::string & program, const std::string & arguments, const std::string & before = "")
  {
    const std::string command = before + " '" COLORIZATION_PROGRAM_FOLDER "/" + program + "' " + arguments + " >'" +
                                File("stdout") + "' 2>'" + File("stderr") + "' </dev/null";
    const int status = std::system(command.c_str());
    return { WIFEXITED(status) ? WEXITSTATUS(status) : -1, TextOf(File("stdout")), TextOf(File("stderr")) };
  }

  static Outcome
  Colorize(const std::string & input, const std::string & more = "", const std::string & before = "")
  {
    return Run("ColorizeFromReference",
               "'" + input + "' '" + File("color.nrrd") + "' --hint-count 4 --progress none " +
                 (more.find("--reference") == std::string::npos ? "--reference '" + Photograph + "' " : "") + more,
               before);
  }

  /** Every fifteenth slice of one brown: hints.nrrd. */
  static void
  WriteHintSlices(const GrayType * head)
  {
    auto hints = ColorType::New();
    hints->CopyInformation(head);
    hints->SetRegions(head->GetLargestPossibleRegion());
    hints->Allocate(true);
    ColorType::PixelType brown;
    brown.Set(200, 120, 60);
    for (itk::ImageRegionIteratorWithIndex<ColorType> it(hints, hints->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      if (it.GetIndex()[2] % 15 == 7)
      {
        it.Set(brown);
      }
    }
    itk::WriteImage(hints.GetPointer(), File("hints.nrrd"));
  }

  /** MaskBody ends with `code` and one line that holds `part`, and leaves an older output as it was. */
  static void
  ExpectNoMask(int code, const std::string & part, const std::string & input, const std::string & more = "")
  {
    std::ofstream(File("mask.nrrd")) << "an older result";
    const Outcome outcome = Run("MaskBody", "'" + input + "' '" + File("mask.nrrd") + "' --progress none " + more);
    EXPECT_EQ(outcome.code, code) << outcome.error;
    EXPECT_EQ(outcome.ErrorLines(), 1u) << outcome.error;
    EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
    EXPECT_TRUE(TextOf(File("mask.nrrd")) == "an older result") << "the older output was harmed by " << input;
  }

  /** Colorize() ends with exit code 2 and one line that holds `part`, and leaves an older output as it was. */
  static void
  ExpectBadInput(const std::string & input,
                 const std::string & part,
                 const std::string & more = "",
                 const std::string & before = "")
  {
    std::ofstream(File("color.nrrd")) << "an older result";
    const Outcome outcome = Colorize(input, more, before);
    EXPECT_EQ(outcome.code, 2) << outcome.error;
    EXPECT_EQ(outcome.ErrorLines(), 1u) << outcome.error;
    EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
    EXPECT_TRUE(TextOf(File("color.nrrd")) == "an older result") << "the older output was harmed by " << input;
    for (const auto & entry : fs::directory_iterator(s_Folder))
    {
      EXPECT_EQ(entry.path().filename().string().rfind(".colorization", 0), std::string::npos) << entry.path();
    }
  }

  /** A colour volume of 170 x 168 x 4 voxels with waves, and noise of +-`noise`: name. Its luminance: gray-name. */
  static void
  WriteColors(const std::string & name, int noise, double spacing = 1.0, itk::SizeValueType slices = 4)
  {
    auto colors = ColorType::New();
    colors->SetRegions(ColorType::SizeType{ { 170, 168, slices } });
    colors->SetSpacing(ColorType::SpacingType(spacing));
    colors->Allocate();
    auto gray = GrayType::New();
    gray->CopyInformation(colors);
    gray->SetRegions(colors->GetLargestPossibleRegion());
    gray->Allocate();
    std::uint32_t k = 1;
    for (itk::ImageRegionIteratorWithIndex<ColorType> it(colors, colors->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      const auto p = it.GetIndex();
      const int  wave = static_cast<int>(std::lround(60.0 * std::sin(0.2 * p[0] + 0.1 * p[2]) * std::cos(0.3 * p[1])));
      k = k * 1664525u + 1013904223u;
      const int            off = noise > 0 ? static_cast<int>(k >> 16) % (2 * noise + 1) - noise : 0;
      ColorType::PixelType rgb;
      rgb.Set(static_cast<unsigned char>(140 + wave + off),
              static_cast<unsigned char>(100 + wave - off),
              static_cast<unsigned char>(80 + wave / 2));
      it.Set(rgb);
      gray->SetPixel(p, static_cast<unsigned char>(std::lround(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2])));
    }
    itk::WriteImage(colors.GetPointer(), File(name));
    itk::WriteImage(gray.GetPointer(), File("gray-" + name));
  }

  /** EvaluateColorization with files of the folder; leaves metrics.json. */
  static Outcome
  Evaluate(const std::string & result, const std::string & more)
  {
    return Run("EvaluateColorization",
               "'" + result + "' --progress none --json '" + File("metrics.json") + "' " + more);
  }

  static nlohmann::json
  Metrics()
  {
    return nlohmann::json::parse(TextOf(File("metrics.json")));
  }

  /** EvaluateColorization ends with exit code 2 and one line that holds `part`; an older output stays. */
  static void
  ExpectNotEvaluated(const std::string & result, const std::string & more, const std::string & part)
  {
    std::ofstream(File("metrics.json")) << "an older result";
    const Outcome outcome = Evaluate(result, more);
    EXPECT_EQ(outcome.code, 2) << outcome.error;
    EXPECT_EQ(outcome.ErrorLines(), 1u) << outcome.error;
    EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
    EXPECT_TRUE(TextOf(File("metrics.json")) == "an older result");
  }

  /** Six photographs of 160 x 120 pixels in the folder `name`, a disc of two tissues in ice, as slice-01.png ... -06.png,
   * and a recipe of them, of which two slices are for test: name.json. */
  static void
  WritePhotographs(const std::string & name)
  {
    using PictureType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
    fs::create_directories(File(name));
    for (int z = 1; z <= 6; ++z)
    {
      auto picture = PictureType::New();
      picture->SetRegions(PictureType::SizeType{ { 160, 120 } });
      picture->Allocate();
      for (itk::ImageRegionIteratorWithIndex<PictureType> it(picture, picture->GetBufferedRegion()); !it.IsAtEnd();
           ++it)
      {
        const double           x = static_cast<double>(it.GetIndex()[0]) - 80.0;
        const double           y = static_cast<double>(it.GetIndex()[1]) - 60.0;
        const double           radius = std::hypot(x, y);
        PictureType::PixelType rgb;
        rgb.Set(20, 60, 140);
        if (radius < 45.0)
        {
          std::hypot(x - 10.0, y) < 12.0 + z ? rgb.Set(120, 40, 35) : rgb.Set(230, 200, 150);
        }
        it.Set(rgb);
      }
      itk::WriteImage(picture.GetPointer(), File(name + "/slice-0" + std::to_string(z) + ".png"));
    }
    std::ofstream(File(name + ".json"))
      << R"({"volumes":[{"name":"body","photographs":")" << name
      << R"(","spacing":[1.5,1.5],"slice_spacing":3,"shrink":2,"test":[[15,18]],"gap":3,"credit":"made in code"}]})";
  }

  static fs::path s_Folder;
};

fs::path Programs::s_Folder;
} // namespace

TEST_F(Programs, ColorizesRendersAndReports)
{
  const Outcome outcome = Colorize(File("head.nii.gz"),
                                   "--slices '" + File("slices.png") + "' --render '" + File("render.png") +
                                     "' --report '" + File("report.json") + "'");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  const auto head = itk::ReadImage<GrayType>(File("head.nii.gz"));
  const auto color = itk::ReadImage<itk::Image<itk::RGBPixel<unsigned char>, 3>>(File("color.nrrd"));
  EXPECT_EQ(color->GetLargestPossibleRegion(), head->GetLargestPossibleRegion());
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    EXPECT_NEAR(color->GetSpacing()[axis], head->GetSpacing()[axis], 1e-6);
    EXPECT_NEAR(color->GetOrigin()[axis], head->GetOrigin()[axis], 1e-4);
  }
  for (const char * name : { "color.nrrd", "slices.png", "render.png", "report.json" })
  {
    EXPECT_NE(outcome.output.find(File(name)), std::string::npos) << outcome.output;
    EXPECT_TRUE(fs::exists(File(name)));
  }
  const std::string report = TextOf(File("report.json"));
  for (const char * key : { "\"cycles\"", "\"slices\"", "\"residual\"", "\"peak_bytes\"", "\"unreached_voxels\"" })
  {
    EXPECT_NE(report.find(key), std::string::npos) << key;
  }
}

TEST_F(Programs, WritesTheSameBytesWithOneThreadAndWithTwo)
{
  ASSERT_EQ(Colorize(File("head.nii.gz"), "--threads 1").code, 0);
  fs::rename(File("color.nrrd"), File("one.nrrd"));
  ASSERT_EQ(Colorize(File("head.nii.gz"), "--threads 2").code, 0);
  EXPECT_TRUE(TextOf(File("color.nrrd")) == TextOf(File("one.nrrd")));
}

TEST_F(Programs, WritesAlphaForRenderers)
{
  ASSERT_EQ(Colorize(File("head.nii.gz"), "--alpha").code, 0);
  const auto volume = itk::ReadImage<itk::Image<itk::RGBAPixel<unsigned char>, 3>>(File("color.nrrd"));
  for (itk::ImageRegionIteratorWithIndex<itk::Image<itk::RGBAPixel<unsigned char>, 3>> it(volume,
                                                                                          volume->GetBufferedRegion());
       !it.IsAtEnd();
       ++it)
  {
    const auto & pixel = it.Get();
    ASSERT_NEAR(pixel[3], 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2], 0.51);
  }
  const Outcome outcome =
    Run("RenderColorVolume", "'" + File("color.nrrd") + "' '" + File("p.png") + "' --size 64 --cut");
  EXPECT_EQ(outcome.code, 0) << outcome.error;
}

TEST_F(Programs, ReadsOtherFormats)
{
  fs::create_directories(File("empty"));
  ExpectBadInput(File("empty"), "holds no DICOM series");
  for (const char * name : { "head.mha", "head.nrrd" })
  {
    itk::WriteImage(itk::ReadImage<GrayType>(File("head.nii.gz")), File(name));
    EXPECT_EQ(Colorize(File(name)).code, 0) << name;
  }
}

TEST_F(Programs, NameBadInputAndKeepOlderFiles)
{
  ExpectBadInput(File("nowhere.nii.gz"), "nowhere.nii.gz: there is no such file.");

  std::ofstream(File("text.nii.gz")) << "This is no volume.\n";
  ExpectBadInput(File("text.nii.gz"), "text.nii.gz: this is no image");

  for (const char * name : { "head.nii.gz", "head.nrrd", "head.mha" })
  {
    if (!fs::exists(File(name)))
    {
      itk::WriteImage(itk::ReadImage<GrayType>(File("head.nii.gz")), File(name));
    }
    const std::string whole = TextOf(File(name));
    const std::string cut = File(std::string("cut-") + name);
    std::ofstream(cut, std::ios::binary) << whole.substr(0, whole.size() / 2);
    ExpectBadInput(cut, "the image is damaged or cut short.");
  }

  auto line = GrayType::New();
  line->SetRegions(GrayType::SizeType{ { 16, 1, 1 } });
  line->Allocate(true);
  itk::WriteImage(line.GetPointer(), File("line.nii.gz"));
  ExpectBadInput(File("line.nii.gz"), "a picture or a volume of three dimensions is needed");
  ExpectBadInput(Photograph, "the image is coloured, but a gray one is needed");

  auto zero = GrayType::New();
  zero->SetRegions(GrayType::SizeType{ { 16, 16, 16 } });
  zero->Allocate(true);
  itk::WriteImage(zero.GetPointer(), File("zero.nii.gz"));
  ExpectBadInput(File("zero.nii.gz"), "zero.nii.gz: All voxels have the value 0");

  auto notANumber = FloatType::New();
  notANumber->SetRegions(FloatType::SizeType{ { 16, 16, 16 } });
  notANumber->Allocate();
  notANumber->FillBuffer(1.0f);
  notANumber->SetPixel({ { 3, 3, 3 } }, std::numeric_limits<float>::quiet_NaN());
  itk::WriteImage(notANumber.GetPointer(), File("nan.nii.gz"));
  ExpectBadInput(File("nan.nii.gz"), "nan.nii.gz: The input holds 1 values that are NaN");
}

TEST_F(Programs, NameBadPhotographs)
{
  using PictureType = itk::Image<unsigned char, 2>;
  itk::WriteImage(itk::ReadImage<PictureType>(Photograph), File("gray.png"));
  ExpectBadInput(File("head.nii.gz"),
                 "gray.png: the photograph is gray: it has 1 components",
                 "--reference '" + File("gray.png") + "'");
  ExpectBadInput(File("head.nii.gz"), "none.png: there is no such file", "--reference '" + File("none.png") + "'");
  ExpectBadInput(File("head.nii.gz"), "a photograph is needed", "--reference '" + File("head.nii.gz") + "'");
}

TEST_F(Programs, ColorizeFromReferenceTakesManyPhotographs)
{
  const std::string folder = File("photographs");
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(Photograph, folder + "/one.png");
  const std::string head = "'" + File("head.nii.gz") + "' ";
  const std::string output = "'" + File("many.nrrd") + "' ";
  const std::string report = "--report '" + File("many.json") + "' --hint-count 3 --progress none ";
  const auto        expectOne = [&](const std::string & arguments)
  {
    const Outcome outcome = Run("ColorizeFromReference", arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.error;
    const std::string text = TextOf(File("many.json"));
    EXPECT_NE(text.find("one.png\""), std::string::npos) << text;
    EXPECT_NE(text.find("\"weight\": 1.0"), std::string::npos) << text;
    std::filesystem::remove(File("many.nrrd"));
  };
  // A folder; several photographs before what has no name; each with its own flag, as 3D Slicer gives them; an index.
  expectOne(head + output + report + "--reference '" + folder + "'");
  expectOne(report + "--reference '" + folder + "/one.png' '" + Photograph + "' " + head + output);
  expectOne(report + "--reference '" + folder + "/one.png' --reference '" + Photograph + "' " + head + output);
  const std::string index = File("photographs.index");
  ASSERT_EQ(Run("IndexReferences", "'" + folder + "' '" + index + "' --quiet").code, 0);
  expectOne(head + output + report + "--method slices --reference '" + index + "'");

  const auto expectBad = [&](const std::string & arguments, const std::string & part)
  {
    const Outcome outcome = Run("ColorizeFromReference", head + output + "--progress none " + arguments);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.ErrorLines(), 1u) << outcome.error;
    EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
    EXPECT_FALSE(std::filesystem::exists(File("many.nrrd")));
  };
  expectBad("--reference '" + index + "' '" + Photograph + "'", "an index has to be the only --reference");
  std::filesystem::create_directories(File("empty"));
  expectBad("--reference '" + File("empty") + "'", "empty");
  std::ofstream(folder + "/one.png", std::ios::app) << "more";
  expectBad("--reference '" + index + "'", "one.png");
  std::filesystem::remove(folder + "/one.png");
  expectBad("--reference '" + index + "'", "one.png");
  using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
  auto tiny = PhotographType::New();
  tiny->SetRegions(PhotographType::SizeType{ { 2, 2 } });
  tiny->Allocate();
  PhotographType::PixelType brown;
  brown.Set(200, 120, 60);
  tiny->FillBuffer(brown);
  itk::WriteImage(tiny.GetPointer(), File("tiny.png"));
  expectBad("--reference '" + File("tiny.png") + "'", "tiny.png: The photograph has 2 x 2 pixels");
  expectBad("--features vgg19 --reference '" + Photograph + "'", "vgg19");
  // Weights of another network.
  std::string header = R"({"net.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  header.resize(72, ' ');
  const std::uint64_t length = header.size();
  std::ofstream       weights(File("other.safetensors"), std::ios::binary);
  weights.write(reinterpret_cast<const char *>(&length), sizeof(length)) << header << std::string(4, '\0');
  weights.close();
  expectBad("--features vgg19 --model '" + File("other.safetensors") + "' --reference '" + Photograph + "'",
            "other.safetensors");
}

TEST_F(Programs, NameBadMasks)
{
  auto small = GrayType::New();
  small->SetRegions(GrayType::SizeType{ { 5, 5, 5 } });
  small->Allocate(true);
  itk::WriteImage(small.GetPointer(), File("mask.nii.gz"));
  ExpectBadInput(File("head.nii.gz"),
                 "mask.nii.gz: the mask's size is [5, 5, 5]",
                 "--mask '" + File("mask.nii.gz") + "'");
}

TEST_F(Programs, NameUnwritableOutputs)
{
  const std::string common = "'" + File("head.nii.gz") + "' --reference '" + Photograph + "' --progress none ";
  for (const auto & [output, part] :
       { std::pair<std::string, std::string>{ "/proc/color.nrrd", "/proc/color.nrrd: nothing can be written" },
         { File("no/color.nrrd"), "does not exist" },
         { File("color.txt"), "no image format" },
         { s_Folder.string(), "this is a folder" } })
  {
    const Outcome outcome = Run("ColorizeFromReference", common + "'" + output + "'");
    EXPECT_EQ(outcome.code, 2) << output;
    EXPECT_EQ(outcome.ErrorLines(), 1u) << outcome.error;
    EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
  }
}

TEST_F(Programs, AFullDiskHarmsNoOlderFile)
{
  // Writes beyond 8 KiB fail, as they do on a full disk.
  ExpectBadInput(File("head.nii.gz"), "could not be written whole", "", "trap '' XFSZ; ulimit -f 8;");
}

TEST_F(Programs, MasksABodyOnItsGrid)
{
  const auto head = itk::ReadImage<GrayType>(File("head.nii.gz"));
  for (const char * threads : { "1", "2" })
  {
    const Outcome outcome = Run("MaskBody",
                                "'" + File("head.nii.gz") + "' '" + File(std::string("mask") + threads + ".nrrd") +
                                  "' --progress none --fill-all-axes --threads " + threads);
    ASSERT_EQ(outcome.code, 0) << outcome.error;
    EXPECT_NE(outcome.output.find(" ml in 1 part, above "), std::string::npos) << outcome.output;
  }
  EXPECT_TRUE(TextOf(File("mask1.nrrd")) == TextOf(File("mask2.nrrd")));
  const auto mask = itk::ReadImage<GrayType>(File("mask1.nrrd"));
  EXPECT_EQ(mask->GetLargestPossibleRegion(), head->GetLargestPossibleRegion());
  double litres = 0.0;
  for (itk::ImageRegionIteratorWithIndex<GrayType> it(mask, mask->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    ASSERT_LE(it.Get(), 1);
    litres += it.Get() * 64e-6;
  }
  EXPECT_GT(litres, 3.0);
  EXPECT_LT(litres, 5.5);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    EXPECT_NEAR(mask->GetSpacing()[axis], head->GetSpacing()[axis], 1e-6);
    EXPECT_NEAR(mask->GetOrigin()[axis], head->GetOrigin()[axis], 1e-4);
  }
  EXPECT_EQ(Run("MaskBody", "'" + File("head.nii.gz") + "' '" + File("quiet.nrrd") + "' --quiet").output, "");
}

TEST_F(Programs, KeepsArmsAndDropsATable)
{
  // A trunk of 20 x 20 x 10, an arm of 5 x 5 x 10, and a table of 36 x 2 x 10 that touches both, in voxels of 1 ml.
  auto ct = GrayType::New();
  ct->SetRegions(GrayType::SizeType{ { 40, 30, 10 } });
  ct->SetSpacing(GrayType::SpacingType(10.0));
  ct->Allocate(true);
  const auto isIn = [](itk::IndexValueType k, itk::IndexValueType first, itk::IndexValueType size)
  { return k >= first && k < first + size; };
  for (itk::ImageRegionIteratorWithIndex<GrayType> it(ct, ct->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto p = it.GetIndex();
    const bool isTrunk = isIn(p[0], 3, 20) && isIn(p[1], 4, 20);
    const bool isArm = isIn(p[0], 28, 5) && isIn(p[1], 19, 5);
    const bool isTable = isIn(p[0], 2, 36) && isIn(p[1], 24, 2);
    it.Set(isTrunk || isArm || isTable ? 200 : 0);
  }
  itk::WriteImage(ct.GetPointer(), File("table.nrrd"));
  const auto voxels = [&](const std::string & options)
  {
    const Outcome outcome = Run("MaskBody", "'" + File("table.nrrd") + "' '" + File("body.nrrd") + "' " + options);
    EXPECT_EQ(outcome.code, 0) << outcome.error;
    const auto  mask = itk::ReadImage<GrayType>(File("body.nrrd"));
    std::size_t count = 0;
    for (itk::ImageRegionIteratorWithIndex<GrayType> it(mask, mask->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      count += it.Get();
    }
    return count;
  };
  EXPECT_EQ(voxels(""), 4000u + 250u + 720u);
  // The table goes but for what lies right below the trunk or the arm; corners are rounded by a voxel.
  const std::size_t trunk = voxels("--open-radius 20");
  EXPECT_NEAR(static_cast<double>(trunk), 4000.0 + 400.0, 150.0);
  const std::size_t both = voxels("--open-radius 20 --keep-arms --arm-volume 20");
  EXPECT_NEAR(static_cast<double>(both - trunk), 250.0, 100.0);
  EXPECT_EQ(voxels("--open-radius 20 --keep-arms --arm-volume 1000"), trunk);
}

TEST_F(Programs, NameWhatCannotBeMasked)
{
  auto zero = GrayType::New();
  zero->SetRegions(GrayType::SizeType{ { 16, 16, 16 } });
  zero->Allocate(true);
  itk::WriteImage(zero.GetPointer(), File("even.nii.gz"));
  ExpectNoMask(2, "even.nii.gz: All voxels have the value 0", File("even.nii.gz"));
  ExpectNoMask(2, "nowhere.nii.gz: there is no such file.", File("nowhere.nii.gz"));
  ExpectNoMask(2, "OpeningRadius is 99, which leaves nothing", File("head.nii.gz"), "--open-radius 99");
  ExpectNoMask(1, "-3", File("head.nii.gz"), "--open-radius=-3");
  ExpectNoMask(1, "many", File("head.nii.gz"), "--arm-volume many");
  ExpectNoMask(1, "7", File("head.nii.gz"), "--axis 7");
  ExpectNoMask(1, "unknown", File("head.nii.gz"), "--unknown");
  const Outcome outcome = Run("MaskBody", "'" + File("head.nii.gz") + "' '" + File("mask.txt") + "'");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.error.find("no image format"), std::string::npos) << outcome.error;
}

TEST_F(Programs, MaskBodyWritesContours)
{
  const Outcome outcome = Run("MaskBody",
                              "'" + File("head.nii.gz") + "' '" + File("mask.nrrd") + "' --sobel '" +
                                File("contours.nrrd") + "' --progress none");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  using ContoursType = itk::VectorImage<float, 3>;
  const auto contours = itk::ReadImage<ContoursType>(File("contours.nrrd"));
  EXPECT_EQ(contours->GetNumberOfComponentsPerPixel(), 2u);
  // An MRI of 0 ... 255 has no fat in HU; what is above 150 has contours of bone.
  double fat = 0.0;
  double bone = 0.0;
  for (itk::ImageRegionConstIterator<ContoursType> it(contours, contours->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    fat = std::max(fat, static_cast<double>(it.Get()[0]));
    bone = std::max(bone, static_cast<double>(it.Get()[1]));
  }
  EXPECT_EQ(fat, 0.0);
  EXPECT_GT(bone, 20.0);
}

TEST_F(Programs, SmoothGuidedSmoothsByEveryMethod)
{
  const auto head = itk::ReadImage<GrayType>(File("head.nii.gz"));
  // The mean absolute difference of neighbours along x.
  const auto roughness = [](const GrayType * image)
  {
    const auto        size = image->GetBufferedRegion().GetSize();
    const auto *      pixels = image->GetBufferPointer();
    double            sum = 0.0;
    const std::size_t rows = size[1] * size[2];
    for (std::size_t row = 0; row < rows; ++row)
    {
      for (std::size_t x = 1; x < size[0]; ++x)
      {
        sum += std::abs(static_cast<int>(pixels[row * size[0] + x]) - static_cast<int>(pixels[row * size[0] + x - 1]));
      }
    }
    return sum / static_cast<double>(rows * (size[0] - 1));
  };
  for (const std::string method :
       { "fgs", "fgs --attenuation opencv --iterations 2", "guided --radius 2", "domain-transform", "wls --alpha 1.8" })
  {
    const std::string arguments = "'" + File("head.nii.gz") + "' '" + File("head.nii.gz") + "' '" +
                                  File("smooth.nii.gz") + "' --progress none --method " + method;
    const Outcome outcome = Run("SmoothGuided", arguments + " --threads 2");
    ASSERT_EQ(outcome.code, 0) << method << ": " << outcome.error;
    const auto smooth = itk::ReadImage<GrayType>(File("smooth.nii.gz"));
    EXPECT_EQ(smooth->GetLargestPossibleRegion(), head->GetLargestPossibleRegion());
    EXPECT_LT(roughness(smooth), 0.9 * roughness(head)) << method;
    EXPECT_GT(roughness(smooth), 0.0) << method;
    ASSERT_EQ(Run("SmoothGuided", arguments + " --slices 2 --use-spacing --quiet").output, "");
    EXPECT_FALSE(TextOf(File("smooth.nii.gz")).empty());
  }
}

TEST_F(Programs, SmoothGuidedTakesPhotographs)
{
  const Outcome outcome = Run("SmoothGuided",
                              "'" + Photograph + "' '" + Photograph + "' '" + File("smooth.png") +
                                "' --progress none --lambda 100 --sigma 10");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
  EXPECT_EQ(itk::ReadImage<PhotographType>(File("smooth.png"))->GetLargestPossibleRegion(),
            itk::ReadImage<PhotographType>(Photograph)->GetLargestPossibleRegion());
}

TEST_F(Programs, SmoothGuidedNamesWhatIsWrong)
{
  const auto expect = [](int code, const std::string & part, const std::string & guide, const std::string & options)
  {
    std::ofstream(File("smooth.nrrd")) << "an older result";
    const Outcome outcome =
      Run("SmoothGuided",
          "'" + File("head.nii.gz") + "' '" + guide + "' '" + File("smooth.nrrd") + "' --progress none " + options);
    EXPECT_EQ(outcome.code, code) << outcome.error;
    EXPECT_EQ(outcome.ErrorLines(), 1u) << outcome.error;
    EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
    EXPECT_TRUE(TextOf(File("smooth.nrrd")) == "an older result") << options;
  };
  const std::string head = File("head.nii.gz");
  expect(1, "Lambda is -5, but has to be at least 0.", head, "--lambda -5");
  expect(1, "Sigma is 0, but has to be above 0.", head, "--sigma 0");
  expect(1, "Sigma is -2, but has to be above 0.", head, "--method domain-transform --sigma -2");
  expect(1, "SigmaSpatial is 0, but has to be above 0.", head, "--method domain-transform --sigma-spatial 0");
  expect(1, "Epsilon is 0, but has to be above 0", head, "--method guided --epsilon 0");
  expect(1, "Alpha is -1", head, "--method wls --alpha -1");
  expect(1, "median", head, "--method median");
  expect(2, "there is no such file", File("nowhere.nii.gz"), "");
  expect(2, "the guidance has 2 dimensions, but the image has 3.", Photograph, "");
  auto small = GrayType::New();
  small->SetRegions(GrayType::SizeType{ { 5, 6, 7 } });
  small->Allocate(true);
  itk::WriteImage(small.GetPointer(), File("small.nrrd"));
  expect(2, "The guidance has size [5, 6, 7]", File("small.nrrd"), "");
}

TEST_F(Programs, ColorizeFromHintsSpreadsSlicesAndReports)
{
  const auto head = itk::ReadImage<GrayType>(File("head.nii.gz"));
  WriteHintSlices(head);
  const std::string images =
    "'" + File("head.nii.gz") + "' '" + File("hints.nrrd") + "' '" + File("spread.nrrd") + "' ";
  const Outcome outcome = Run("ColorizeFromHints", images + "--progress none --report '" + File("spread.json") + "'");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  const auto color = itk::ReadImage<ColorType>(File("spread.nrrd"));
  EXPECT_EQ(color->GetLargestPossibleRegion(), head->GetLargestPossibleRegion());
  // One hint colour is everywhere: bright voxels are redder than they are blue.
  for (itk::ImageRegionIteratorWithIndex<ColorType> it(color, color->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    if (head->GetPixel(it.GetIndex()) > 60 && head->GetPixel(it.GetIndex()) < 200)
    {
      ASSERT_GT(it.Get()[0], it.Get()[2] + 20) << it.GetIndex();
    }
  }
  const std::string report = TextOf(File("spread.json"));
  for (const char * key : { "cycles", "residual", "seconds", "peak_bytes", "unreached_voxels" })
  {
    EXPECT_NE(report.find('"' + std::string(key) + '"'), std::string::npos) << report;
  }
}

TEST_F(Programs, ColorizeFromHintsStreamsSlabBySlab)
{
  const auto head = itk::ReadImage<GrayType>(File("head.nii.gz"));
  auto       hints = ColorType::New();
  hints->CopyInformation(head);
  hints->SetRegions(head->GetLargestPossibleRegion());
  hints->Allocate(true);
  for (itk::ImageRegionIteratorWithIndex<ColorType> it(hints, hints->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    if (it.GetIndex()[2] % 9 == 4)
    {
      const unsigned char  gray = head->GetPixel(it.GetIndex());
      ColorType::PixelType color;
      color.Set(static_cast<unsigned char>(gray / 2 + 90), static_cast<unsigned char>(gray / 2 + 60), 50);
      it.Set(color);
    }
  }
  itk::WriteImage(head.GetPointer(), File("head.mha"));
  itk::WriteImage(hints.GetPointer(), File("slices.mha"));
  const std::string images = "'" + File("head.mha") + "' '" + File("slices.mha") + "' ";
  const Outcome     whole = Run("ColorizeFromHints", images + "'" + File("whole.mha") + "' --quiet");
  ASSERT_EQ(whole.code, 0) << whole.error;
  const Outcome streamed =
    Run("ColorizeFromHints",
        images + "'" + File("streamed.mha") + "' --quiet --stream --report '" + File("streamed.json") + "'");
  ASSERT_EQ(streamed.code, 0) << streamed.error;
  const auto a = itk::ReadImage<ColorType>(File("whole.mha"));
  const auto b = itk::ReadImage<ColorType>(File("streamed.mha"));
  ASSERT_EQ(a->GetLargestPossibleRegion(), b->GetLargestPossibleRegion());
  EXPECT_EQ(a->GetSpacing(), b->GetSpacing());
  for (itk::ImageRegionIteratorWithIndex<ColorType> it(a, a->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    ASSERT_EQ(it.Get(), b->GetPixel(it.GetIndex())) << it.GetIndex();
  }
  const auto        size = head->GetLargestPossibleRegion().GetSize();
  const std::size_t slices = (size[2] + 4) / 9;
  EXPECT_NE(TextOf(File("streamed.json")).find("\"hint_voxels\": " + std::to_string(slices * size[0] * size[1])),
            std::string::npos);
}

TEST_F(Programs, ColorizeFromHintsTakesMarkedPhotographs)
{
  using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
  auto                      marked = itk::ReadImage<PhotographType>(Photograph);
  PhotographType::PixelType blue;
  blue.Set(20, 20, 220);
  for (itk::IndexValueType k = 40; k < 60; ++k)
  {
    marked->SetPixel({ { k, 80 } }, blue);
  }
  itk::WriteImage(marked.GetPointer(), File("marked.png"));
  const auto run = [](const std::string & hints)
  {
    return Run("ColorizeFromHints",
               "'" + Photograph + "' '" + hints + "' '" + File("spread.png") +
                 "' --marked --tolerance 1e-3 --progress none");
  };
  ASSERT_EQ(run(File("marked.png")).code, 0);
  const auto color = itk::ReadImage<PhotographType>(File("spread.png"));
  EXPECT_GT(color->GetPixel({ { 50, 81 } })[2], color->GetPixel({ { 50, 81 } })[0]);
  std::ofstream(File("spread.png")) << "an older result";
  const Outcome unmarked = run(Photograph);
  EXPECT_EQ(unmarked.code, 2);
  EXPECT_EQ(unmarked.ErrorLines(), 1u) << unmarked.error;
  EXPECT_NE(unmarked.error.find("hint"), std::string::npos) << unmarked.error;
  EXPECT_TRUE(TextOf(File("spread.png")) == "an older result");
}

TEST_F(Programs, ColorizeFromHintsNamesWhatIsWrong)
{
  const auto expect = [](int code, const std::string & part, const std::string & hints, const std::string & options)
  {
    std::ofstream(File("spread.nrrd")) << "an older result";
    const Outcome outcome =
      Run("ColorizeFromHints",
          "'" + File("head.nii.gz") + "' '" + hints + "' '" + File("spread.nrrd") + "' --progress none " + options);
    EXPECT_EQ(outcome.code, code) << outcome.error;
    EXPECT_EQ(outcome.ErrorLines(), 1u) << outcome.error;
    EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
    EXPECT_TRUE(TextOf(File("spread.nrrd")) == "an older result") << options;
  };
  expect(2, "the hints have 1 components a pixel", File("head.nii.gz"), "");
  expect(2, "the hints have 2 dimensions, but the image has 3.", Photograph, "");
  expect(2, "there is no such file", File("nowhere.nrrd"), "");
  expect(1, "--marked and --hint-mask exclude each other.", Photograph, "--marked --hint-mask a.nrrd");
  expect(1, "tolerance", Photograph, "--tolerance -1");
  WriteHintSlices(itk::ReadImage<GrayType>(File("head.nii.gz")));
  expect(2,
         "after 1 cycles, above the tolerance 1e-09; more --cycles are needed.",
         File("hints.nrrd"),
         "--cycles 1 --tolerance 1e-9");
  expect(2, "only MetaImage files that end in .mha can be written piece by piece.", File("hints.nrrd"), "--stream");
  expect(1, "--marked and --stream exclude each other.", File("hints.nrrd"), "--stream --marked");
  auto black = ColorType::New();
  black->CopyInformation(itk::ReadImage<ColorType>(File("hints.nrrd")));
  black->SetRegions(itk::ReadImage<ColorType>(File("hints.nrrd"))->GetLargestPossibleRegion());
  black->Allocate(true);
  itk::WriteImage(black.GetPointer(), File("black.nrrd"));
  expect(2, "There is no hint.", File("black.nrrd"), "");
  const Outcome noSlab = Run("ColorizeFromHints",
                             "'" + File("head.nii.gz") + "' '" + File("black.nrrd") + "' '" + File("spread.mha") +
                               "' --progress none --stream");
  EXPECT_EQ(noSlab.code, 2);
  EXPECT_EQ(noSlab.ErrorLines(), 1u) << noSlab.error;
  EXPECT_NE(noSlab.error.find("no slice along the last axis is full of hints"), std::string::npos) << noSlab.error;
  EXPECT_FALSE(fs::exists(File("spread.mha")));
}

TEST_F(Programs, FuseGradientsFusesAndReports)
{
  const auto head = itk::ReadImage<GrayType>(File("head.nii.gz"));
  auto       ramp = FloatType::New();
  auto       block = GrayType::New();
  ramp->CopyInformation(head);
  block->CopyInformation(head);
  ramp->SetRegions(head->GetLargestPossibleRegion());
  block->SetRegions(head->GetLargestPossibleRegion());
  ramp->Allocate();
  block->Allocate();
  const auto isInBlock = [](const GrayType::IndexType & p)
  { return p[0] > 8 && p[0] < 36 && p[1] > 8 && p[1] < 44 && p[2] > 8 && p[2] < 36; };
  for (itk::ImageRegionIteratorWithIndex<FloatType> it(ramp, ramp->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(static_cast<float>(it.GetIndex()[0]));
    block->SetPixel(it.GetIndex(), isInBlock(it.GetIndex()) ? 1 : 0);
  }
  itk::WriteImage(ramp.GetPointer(), File("ramp.nrrd"));
  itk::WriteImage(block.GetPointer(), File("block.nrrd"));
  const std::string images =
    "'" + File("head.nii.gz") + "' '" + File("ramp.nrrd") + "' '" + File("fused.nrrd") + "' --progress none ";
  const Outcome outcome =
    Run("FuseGradients", images + "--mask '" + File("block.nrrd") + "' --report '" + File("fused.json") + "'");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  const auto fused = itk::ReadImage<FloatType>(File("fused.nrrd"));
  EXPECT_EQ(fused->GetLargestPossibleRegion(), head->GetLargestPossibleRegion());
  double largest = 0.0;
  for (itk::ImageRegionIteratorWithIndex<FloatType> it(fused, fused->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    const auto p = it.GetIndex();
    if (!isInBlock(p))
    {
      ASSERT_EQ(it.Get(), static_cast<float>(p[0])) << p;
      continue;
    }
    const auto   q = p + itk::Offset<3>{ { 1, 0, 0 } };
    const double difference = (fused->GetPixel(q) - it.Get()) - (head->GetPixel(q) - head->GetPixel(p));
    largest = isInBlock(q) ? std::max(largest, std::abs(difference)) : largest;
  }
  // Far fewer than the differences of the head itself.
  EXPECT_LT(largest, 60.0);
  const std::string report = TextOf(File("fused.json"));
  for (const char * key : { "cycles", "residual", "seconds", "peak_bytes", "free_voxels", "dirichlet_voxels" })
  {
    EXPECT_NE(report.find('"' + std::string(key) + '"'), std::string::npos) << report;
  }
  EXPECT_NE(report.find("\"free_voxels\": " + std::to_string(27 * 35 * 27)), std::string::npos) << report;

  // With a large weight the intensities stay; mixed gradients of an image with itself are its own.
  for (const std::string options : { "--lambda 1e8", "--mixed --lambda 1e8 --tolerance 1e-3" })
  {
    ASSERT_EQ(Run("FuseGradients", images + options).code, 0) << options;
    const auto drawn = itk::ReadImage<FloatType>(File("fused.nrrd"));
    EXPECT_NEAR(drawn->GetPixel({ { 20, 20, 20 } }), 20.0f, 1e-3);
  }
}

TEST_F(Programs, FuseGradientsTakesPictures)
{
  using PictureType = itk::Image<unsigned char, 2>;
  const std::string picture = File("gray.png");
  const auto        expected = itk::ReadImage<PictureType>(Photograph);
  itk::WriteImage(expected.GetPointer(), picture);
  const Outcome outcome =
    Run("FuseGradients", "'" + picture + "' '" + picture + "' '" + File("fused.png") + "' --lambda 0.01 --quiet");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  const auto fused = itk::ReadImage<PictureType>(File("fused.png"));
  for (itk::ImageRegionIteratorWithIndex<PictureType> it(fused, fused->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    ASSERT_EQ(it.Get(), expected->GetPixel(it.GetIndex())) << it.GetIndex();
  }
}

TEST_F(Programs, FuseGradientsNamesWhatIsWrong)
{
  const auto expect =
    [](int code, const std::string & part, const std::string & intensities, const std::string & options)
  {
    std::ofstream(File("fused.nrrd")) << "an older result";
    const Outcome outcome = Run("FuseGradients",
                                "'" + File("head.nii.gz") + "' '" + intensities + "' '" + File("fused.nrrd") +
                                  "' --progress none " + options);
    EXPECT_EQ(outcome.code, code) << outcome.error;
    EXPECT_EQ(outcome.ErrorLines(), 1u) << outcome.error;
    EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
    EXPECT_TRUE(TextOf(File("fused.nrrd")) == "an older result") << options;
  };
  const auto head = itk::ReadImage<GrayType>(File("head.nii.gz"));
  auto       moved = GrayType::New();
  moved->SetRegions(head->GetLargestPossibleRegion());
  moved->SetSpacing(head->GetSpacing() * 2.0);
  moved->SetOrigin(head->GetOrigin());
  moved->SetDirection(head->GetDirection());
  moved->Allocate(true);
  itk::WriteImage(moved.GetPointer(), File("moved.nrrd"));
  auto small = GrayType::New();
  small->SetRegions(GrayType::SizeType{ { 5, 6, 7 } });
  small->SetSpacing(head->GetSpacing());
  small->SetOrigin(head->GetOrigin());
  small->SetDirection(head->GetDirection());
  small->Allocate(true);
  itk::WriteImage(small.GetPointer(), File("small.nrrd"));
  auto ramp = GrayType::New();
  ramp->CopyInformation(head);
  ramp->SetRegions(head->GetLargestPossibleRegion());
  ramp->Allocate();
  for (itk::ImageRegionIteratorWithIndex<GrayType> it(ramp, ramp->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(static_cast<unsigned char>(it.GetIndex()[0] + it.GetIndex()[1]));
  }
  itk::WriteImage(ramp.GetPointer(), File("slope.nrrd"));
  expect(2, "IntensityImage has size [5, 6, 7]", File("small.nrrd"), "");
  expect(2, "same physical space", File("moved.nrrd"), "");
  expect(2, "there is no such file", File("nowhere.nrrd"), "");
  itk::WriteImage(itk::ReadImage<itk::Image<unsigned char, 2>>(Photograph).GetPointer(), File("gray.png"));
  expect(2, "has 2 dimensions", File("gray.png"), "");
  expect(2, "3 components a pixel, but 1 is needed.", Photograph, "");
  expect(2, "MaskImage has size [5, 6, 7]", File("slope.nrrd"), "--mask '" + File("small.nrrd") + "'");
  expect(1, "lambda", File("slope.nrrd"), "--lambda -1");
  expect(2,
         "after 1 cycles, above the tolerance 1e-12; more --cycles are needed.",
         File("slope.nrrd"),
         "--cycles 1 --tolerance 1e-12 --lambda 0.01");
}

TEST_F(Programs, EvaluateColorizationWritesEveryMetricOfAVolume)
{
  WriteColors("reference.nrrd", 0);
  WriteColors("result.nrrd", 20);
  const Outcome outcome = Evaluate(File("result.nrrd"),
                                   "--reference '" + File("reference.nrrd") + "' --source '" +
                                     File("gray-reference.nrrd") + "' --per-slice --plot '" + File("plot.png") + "'");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_TRUE(outcome.error.empty()) << outcome.error;
  const nlohmann::json           metrics = Metrics();
  const std::vector<std::string> keys{ "mse",
                                       "rmse",
                                       "psnr",
                                       "psnr_y",
                                       "ssim",
                                       "ssim_local",
                                       "ms_ssim",
                                       "fsim",
                                       "fsimc",
                                       "stsim1",
                                       "stsim2",
                                       "colorfulness",
                                       "colorfulness_255",
                                       "delta_colorfulness",
                                       "mutual_information",
                                       "delta_e76",
                                       "delta_e2000",
                                       "gradient_correlation",
                                       "flicker",
                                       "lpips",
                                       "fid" };
  EXPECT_EQ(metrics.size(), keys.size());
  for (const std::string & key : keys)
  {
    SCOPED_TRACE(key);
    ASSERT_TRUE(metrics.contains(key));
    ASSERT_TRUE(metrics[key].contains("value"));
    ASSERT_TRUE(metrics[key].contains("compared"));
    if (key == "lpips" || key == "fid")
    {
      EXPECT_TRUE(metrics[key]["value"].is_null());
      EXPECT_TRUE(metrics[key]["reason"].is_string());
      continue;
    }
    EXPECT_TRUE(metrics[key]["value"].is_number());
    EXPECT_TRUE(metrics[key]["compared"].is_string());
    EXPECT_EQ(metrics[key]["per_slice"].size(), 4u);
    EXPECT_NE(outcome.output.find("\n" + key + " "), std::string::npos) << outcome.output;
  }
  EXPECT_EQ(metrics["ssim"]["compared"], "luminance: result - source");
  EXPECT_EQ(metrics["delta_e2000"]["compared"], "colours: result - reference");
  EXPECT_TRUE(metrics["flicker"]["per_slice"][0].is_null());
  double mean = 0.0;
  for (const auto & value : metrics["mse"]["per_slice"])
  {
    mean += value.get<double>() / 4.0;
  }
  EXPECT_NEAR(metrics["mse"]["value"].get<double>(), mean, 1e-9);

  const auto plot = itk::ReadImage<itk::Image<itk::RGBPixel<unsigned char>, 2>>(File("plot.png"));
  EXPECT_EQ(plot->GetBufferedRegion().GetSize()[0], 1120u);
  // Curves are coloured, and the rest is gray or white.
  std::size_t colored = 0;
  for (itk::ImageRegionConstIterator<itk::Image<itk::RGBPixel<unsigned char>, 2>> it(plot, plot->GetBufferedRegion());
       !it.IsAtEnd();
       ++it)
  {
    colored += it.Get()[0] != it.Get()[1] || it.Get()[1] != it.Get()[2] ? 1 : 0;
  }
  EXPECT_GT(colored, 2000u);
}

TEST_F(Programs, EvaluateColorizationFindsAPerfectResultPerfect)
{
  WriteColors("reference.nrrd", 0);
  ASSERT_EQ(Evaluate(File("reference.nrrd"), "--reference '" + File("reference.nrrd") + "'").code, 0);
  const nlohmann::json metrics = Metrics();
  for (const char * key :
       { "ssim", "ssim_local", "ms_ssim", "fsim", "fsimc", "stsim1", "stsim2", "gradient_correlation" })
  {
    EXPECT_NEAR(metrics[key]["value"].get<double>(), 1.0, 1e-6) << key;
  }
  for (const char * key : { "mse", "rmse", "delta_colorfulness", "delta_e76", "delta_e2000", "flicker" })
  {
    EXPECT_EQ(metrics[key]["value"].get<double>(), 0.0) << key;
  }
  EXPECT_EQ(metrics["psnr"]["value"], "Infinity");
  EXPECT_EQ(metrics["psnr_y"]["value"], "Infinity");
  EXPECT_FALSE(metrics["ssim"].contains("per_slice"));
}

TEST_F(Programs, EvaluateColorizationWritesTheSameBytesWithOneThreadAndWithTwo)
{
  WriteColors("reference.nrrd", 0, 1.0, 12);
  WriteColors("result.nrrd", 20, 1.0, 12);
  const std::string more = "--per-slice --reference '" + File("reference.nrrd") + "' --source '" +
                           File("gray-reference.nrrd") + "' --threads ";
  ASSERT_EQ(Evaluate(File("result.nrrd"), more + "1").code, 0);
  const std::string one = TextOf(File("metrics.json"));
  ASSERT_EQ(Evaluate(File("result.nrrd"), more + "2").code, 0);
  EXPECT_TRUE(TextOf(File("metrics.json")) == one);
}

TEST_F(Programs, EvaluateColorizationTakesPhotographsOfEightAndSixteenBits)
{
  using DeepType = itk::Image<itk::RGBPixel<unsigned short>, 2>;
  const auto deep = itk::ReadImage<DeepType>(Photograph);
  for (itk::ImageRegionIterator<DeepType> it(deep, deep->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    auto rgb = it.Get();
    rgb *= static_cast<unsigned short>(257);
    it.Set(rgb);
  }
  itk::WriteImage(deep.GetPointer(), File("deep.png"));
  itk::WriteImage(itk::ReadImage<itk::Image<unsigned char, 2>>(Photograph), File("luminance.png"));
  const std::string shallow = "--reference '" + Photograph + "' --source '" + File("luminance.png") + "'";
  ASSERT_EQ(Evaluate(File("deep.png"), shallow).code, 0);
  nlohmann::json metrics = Metrics();
  EXPECT_EQ(metrics["mse"]["value"].get<double>(), 0.0);
  EXPECT_EQ(metrics["psnr"]["range"].get<double>(), 65535.0);
  EXPECT_GT(metrics["ssim"]["value"].get<double>(), 0.99);
  EXPECT_EQ(metrics["flicker"]["reason"], "there is one slice");
  EXPECT_EQ(metrics["ms_ssim"]["reason"], "slices have 142 x 167 pixels, but at least 161 along each side are needed");
  ASSERT_EQ(Evaluate(File("luminance.png"), "--reference '" + Photograph + "'").code, 0);
  metrics = Metrics();
  EXPECT_LT(metrics["colorfulness"]["value"].get<double>(), 1e-9);
  EXPECT_GT(metrics["delta_e2000"]["value"].get<double>(), 1.0);
}

TEST_F(Programs, EvaluateColorizationMapsTheSourceAndTakesAMask)
{
  WriteColors("result.nrrd", 0);
  const auto gray = itk::ReadImage<FloatType>(File("gray-result.nrrd"));
  auto       mask = GrayType::New();
  mask->CopyInformation(gray);
  mask->SetRegions(gray->GetLargestPossibleRegion());
  mask->Allocate(true);
  for (itk::ImageRegionIteratorWithIndex<FloatType> it(gray, gray->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(-1000.0f + 10.0f * it.Get());
    mask->SetPixel(it.GetIndex(), it.GetIndex()[0] > 30 ? 1 : 0);
  }
  itk::WriteImage(gray.GetPointer(), File("ct.nrrd"));
  itk::WriteImage(mask.GetPointer(), File("mask.nrrd"));
  ASSERT_EQ(Evaluate(File("result.nrrd"),
                     "--source '" + File("ct.nrrd") + "' --source-minimum=-1000 --source-maximum 1550 --mask '" +
                       File("mask.nrrd") + "'")
              .code,
            0);
  EXPECT_GT(Metrics()["psnr_y"]["value"].get<double>(), 55.0);
  EXPECT_EQ(Metrics()["psnr_y"]["source_window"], nlohmann::json({ -1000.0, 1550.0 }));
  // Without these, black and white are the lowest and the highest value.
  ASSERT_EQ(Evaluate(File("result.nrrd"), "--source '" + File("ct.nrrd") + "'").code, 0);
  EXPECT_LT(Metrics()["psnr_y"]["value"].get<double>(), 20.0);
}

TEST_F(Programs, EvaluateColorizationNamesWhatIsWrong)
{
  WriteColors("reference.nrrd", 0);
  WriteColors("far.nrrd", 0, 2.5);
  WriteColors("thick.nrrd", 0, 1.0, 5);
  const std::string result = File("reference.nrrd");
  ExpectNotEvaluated(result, "--reference '" + File("nowhere.nrrd") + "'", "nowhere.nrrd: there is no such file.");
  ExpectNotEvaluated(result,
                     "--reference '" + File("thick.nrrd") + "'",
                     "The reference has size [170, 168, 5], but the result has size [170, 168, 4].");
  ExpectNotEvaluated(result, "--reference '" + File("far.nrrd") + "'", "The reference has the spacing [2.5, 2.5, 2.5]");
  ExpectNotEvaluated(result, "--source '" + File("gray-far.nrrd") + "'", "The source has the spacing [2.5, 2.5, 2.5]");
  EXPECT_EQ(Evaluate(result, "--reference '" + File("far.nrrd") + "' --ignore-geometry").code, 0);
  ExpectNotEvaluated(result, "--reference '" + Photograph + "'", "the image has 2 dimensions, but ");
  ExpectNotEvaluated(result, "--mask '" + result + "'", "the image has 3 components a pixel, but a mask has 1.");
  ExpectNotEvaluated(Photograph, "--plot '" + File("plot.png") + "'", "a plot shows the slices of a volume");
  ExpectNotEvaluated(result, "--plot '" + File("no/plot.png") + "'", "does not exist");
  auto zero = GrayType::New();
  zero->SetRegions(GrayType::SizeType{ { 170, 168, 4 } });
  zero->Allocate(true);
  itk::WriteImage(zero.GetPointer(), File("zero.nrrd"));
  ExpectNotEvaluated(result, "--mask '" + File("zero.nrrd") + "'", "The mask is 0 everywhere");
  EXPECT_EQ(Evaluate(result, "--source-minimum 5").code, 1);
  EXPECT_EQ(Evaluate(result, "--axis 3").code, 1);
}

TEST_F(Programs, EvaluateColorizationRunsTheNetworksOfLPIPSAndFID)
{
  if (!HasTorch)
  {
    GTEST_SKIP() << "this build has no LibTorch";
  }
  constexpr std::size_t slices = 7;
  WriteColors("reference.nrrd", 0, 1.0, slices);
  WriteColors("result.nrrd", 20, 1.0, slices);
  for (const auto & [name, raw] : { std::pair{ "result.nrrd", "x.raw" }, std::pair{ "reference.nrrd", "y.raw" } })
  {
    auto shrink = itk::ShrinkImageFilter<ColorType, ColorType>::New();
    shrink->SetInput(itk::ReadImage<ColorType>(File(name)));
    shrink->SetShrinkFactor(0, 4);
    shrink->SetShrinkFactor(1, 4);
    shrink->Update();
    itk::WriteImage(shrink->GetOutput(), File(name));
    std::ofstream(File(raw), std::ios::binary)
      .write(reinterpret_cast<const char *>(shrink->GetOutput()->GetBufferPointer()),
             static_cast<std::streamsize>(3 * shrink->GetOutput()->GetPixelContainer()->Size()));
  }
  std::ofstream(File("mask.raw"), std::ios::binary) << std::string(42 * 42 * slices, '\1');
  ASSERT_EQ(std::system(("'" COLORIZATION_PYTHON "' '" COLORIZATION_ORACLE_FOLDER "/deep_metrics.py' '" +
                         s_Folder.string() + "' 42 42 " + std::to_string(slices) + " >'" + File("numbers.txt") + '\'')
                          .c_str()),
            0);
  std::map<std::string, double> wanted;
  std::ifstream                 numbers(File("numbers.txt"));
  std::string                   name;
  for (double value = 0.0; numbers >> name >> value;)
  {
    wanted[name] = value;
  }
  const std::string reference = "--device cpu --reference '" + File("reference.nrrd") + "' ";
  const auto        lpips = [](const std::string & file) { return "--model-lpips '" + File(file) + "' "; };
  const auto        fid = [](const std::string & file) { return "--model-fid '" + File(file) + "' "; };
  const Outcome     outcome = Evaluate(File("result.nrrd"),
                                   reference + lpips("alex.safetensors") + fid("features.pt") + "--per-slice --plot '" +
                                     File("plot.png") + '\'');
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("\nlpips "), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("\nfid "), std::string::npos) << outcome.output;
  const nlohmann::json metrics = Metrics();
  ASSERT_EQ(metrics["lpips"]["per_slice"].size(), slices);
  for (std::size_t z = 0; z < slices; ++z)
  {
    EXPECT_NEAR(metrics["lpips"]["per_slice"][z].get<double>(), wanted.at("alex_" + std::to_string(z)), 1e-5);
  }
  EXPECT_EQ(metrics["lpips"]["compared"], "colours: result - reference");
  EXPECT_EQ(metrics["lpips"]["value_is"], "mean of the slices");
  EXPECT_EQ(metrics["lpips"]["model"], File("alex.safetensors"));
  EXPECT_EQ(metrics["lpips"]["sha256"].get<std::string>().size(), 64u);
  EXPECT_NEAR(metrics["fid"]["value"].get<double>(), wanted.at("fid"), 1e-4 * wanted.at("fid"));
  EXPECT_EQ(metrics["fid"]["value_is"], "of all slices");
  EXPECT_FALSE(metrics["fid"].contains("per_slice"));

  const auto expectNot = [&](const std::string & more, const std::string & part)
  { ExpectNotEvaluated(File("result.nrrd"), reference + more, part); };
  expectNot(lpips("nowhere.safetensors"), "nowhere.safetensors: there is no such model file");
  expectNot(lpips("no-bias.safetensors"), "no-bias.safetensors: 1 tensors do not fit LPIPSAlexNet: features.3.bias is");
  expectNot(lpips("no-shape.safetensors"), "lin2.model.1.weight has shape [1, 7, 1, 1]");
  expectNot(lpips("features.pt"), "features.pt: The model of LPIPS is a TorchScript, but LPIPSAlexNet or LPIPSVGG16");
  expectNot(fid("no-arity.pt"), "no-arity.pt: the network's forward() takes 2 inputs, but one tensor is wanted.");
  expectNot(fid("no-maps.pt"), "no-maps.pt: the network makes a tensor of shape [1, 3, 42, 42] from 1 pictures");
  expectNot(fid("no-many.pt"),
            "result.nrrd: FID has 7 slices, of which the network makes 1000 features each, but at least 1000 slices");
  EXPECT_EQ(Evaluate(File("result.nrrd"), lpips("alex.safetensors")).code, 1);
}

TEST_F(Programs, WrongUseEndsWithOne)
{
  for (const char * arguments : { "",
                                  "a.nrrd",
                                  "a.nrrd b.nrrd",
                                  "a b c --reference p.png",
                                  "a b --reference p --axis 7",
                                  "a b --reference p --hint-count 0",
                                  "a b --reference p --hint-count many",
                                  "a b --reference p --unknown",
                                  "a b --reference p --axis 0 --axis 1",
                                  "a b --reference p --progress loud" })
  {
    const Outcome outcome = Run("ColorizeFromReference", arguments);
    EXPECT_EQ(outcome.code, 1) << arguments << ": " << outcome.error;
    EXPECT_EQ(outcome.ErrorLines(), 1u) << outcome.error;
    EXPECT_NE(outcome.error.find("See ColorizeFromReference --help."), std::string::npos) << outcome.error;
  }
}

TEST_F(Programs, NothingIsWrittenOverWhatElseIsReadOrWritten)
{
  const auto expect = [](const std::string & part, const std::string & arguments)
  {
    const Outcome outcome = Run("ColorizeFromReference", arguments);
    EXPECT_EQ(outcome.code, 1) << arguments << ": " << outcome.error;
    EXPECT_EQ(outcome.ErrorLines(), 1u) << outcome.error;
    EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
  };
  expect("output and --report are the same file, b.", "a b --reference p --report b");
  expect("output and --report are the same file, b.", "a b --reference p --report ./c/../b");
  expect("input and --report are the same file, a.", "a b --reference p --report a");
  expect("--reference and --report are the same file, p.", "a b --reference p --report p");

  // An image may be replaced by what is made of it: so far goes only that a photograph is missing.
  const std::string head = "'" + File("head.nii.gz") + "' ";
  const Outcome     inPlace = Run("ColorizeFromReference", head + head + "--reference nowhere.png");
  EXPECT_EQ(inPlace.code, 2);
  EXPECT_NE(inPlace.error.find("nowhere.png"), std::string::npos) << inPlace.error;

  ASSERT_EQ(mkfifo(File("pipe").c_str(), 0600), 0);
  const Outcome special =
    Run("ColorizeFromReference", head + "x.nrrd --reference '" + Photograph + "' --report '" + File("pipe") + "'");
  EXPECT_EQ(special.code, 2);
  EXPECT_NE(special.error.find("this is no regular file"), std::string::npos) << special.error;
  EXPECT_TRUE(fs::is_fifo(File("pipe")));
}

TEST_F(Programs, ImagesWithoutVoxelsAreRefused)
{
  std::ofstream(File("empty.mhd")) << "ObjectType = Image\nNDims = 3\nDimSize = 4 0 4\nElementType = MET_FLOAT\n"
                                      "ElementDataFile = empty.raw\n";
  std::ofstream(File("empty.raw"));
  for (const char * program : { "ColorizeWithNetwork", "MaskBody" })
  {
    const Outcome outcome = Run(program, "'" + File("empty.mhd") + "' '" + File("empty.nrrd") + "'");
    EXPECT_EQ(outcome.code, 2) << program;
    EXPECT_NE(outcome.error.find("the image has the size 4 x 0 x 4"), std::string::npos) << outcome.error;
    EXPECT_FALSE(fs::exists(File("empty.nrrd")));
  }
}

TEST_F(Programs, HelpAndModuleDescriptionNameEveryParameter)
{
  for (const char * program : { "BuildColorAtlas",
                                "ColorizeFromReference",
                                "ColorizeWithNetwork",
                                "DescribeModel",
                                "EvaluateColorization",
                                "FuseGradients",
                                "IndexReferences",
                                "MaskBody",
                                "PackTrainingData",
                                "RegisterToReference",
                                "RenderColorVolume",
                                "TrainColorization" })
  {
    const Outcome help = Run(program, "--help");
    const Outcome xml = Run(program, "--xml");
    const Outcome version = Run(program, "--version");
    EXPECT_EQ(help.code, 0);
    EXPECT_EQ(xml.code, 0);
    EXPECT_EQ(version.code, 0);
    EXPECT_EQ(version.output.rfind(std::string(program) + " ", 0), 0u);
    EXPECT_EQ(xml.output.rfind("<?xml", 0), 0u);
    // Every parameter of the module description is in the help's text.
    std::size_t at = 0;
    std::size_t parameters = 0;
    while ((at = xml.output.find("<name>", at)) != std::string::npos)
    {
      at += 6;
      std::string name = xml.output.substr(at, xml.output.find("</name>", at) - at);
      std::replace(name.begin(), name.end(), '_', '-');
      EXPECT_NE(help.output.find(name), std::string::npos) << program << ": " << name;
      ++parameters;
    }
    const std::map<std::string, std::size_t> few{ { "BuildColorAtlas", 6 },
                                                  { "DescribeModel", 3 },
                                                  { "IndexReferences", 6 },
                                                  { "PackTrainingData", 4 } };
    EXPECT_GE(parameters, few.count(program) > 0 ? few.at(program) : 8u) << program;
  }
}

TEST_F(Programs, IndexReferencesNamesWhatItSkips)
{
  const fs::path folder = s_Folder / "photographs";
  fs::create_directories(folder / "more");
  fs::copy_file(Photograph, folder / "head.png");
  fs::copy_file(Photograph, folder / "more" / "head.png");
  itk::WriteImage(itk::ReadImage<itk::Image<unsigned char, 2>>(Photograph).GetPointer(),
                  (folder / "more" / "gray.png").string());
  const std::string both = "'" + folder.string() + "' '" + (folder / "more").string() + "' '";
  const Outcome     outcome = Run("IndexReferences", both + File("references.index") + "' --progress none");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_TRUE(outcome.error.empty()) << outcome.error;
  EXPECT_NE(outcome.output.find("more/gray.png: the photograph is gray"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("Index of 2 photographs: " + File("references.index")), std::string::npos);
  const std::string index = TextOf(File("references.index"));
  EXPECT_NE(index.find("photographs/more/head.png"), std::string::npos);
  // The same, whatever the number of threads.
  EXPECT_EQ(Run("IndexReferences", both + File("serial.index") + "' --progress none --threads 1 --quiet").output, "");
  EXPECT_EQ(TextOf(File("serial.index")), index);

  const auto expect = [&](int code, const std::string & part, const std::string & arguments)
  {
    const Outcome bad = Run("IndexReferences", arguments + " --progress none");
    EXPECT_EQ(bad.code, code) << bad.error;
    EXPECT_EQ(bad.ErrorLines(), 1u) << bad.error;
    EXPECT_NE(bad.error.find(part), std::string::npos) << bad.error;
    EXPECT_EQ(TextOf(File("references.index")), index);
  };
  const std::string output = " '" + File("references.index") + "'";
  fs::create_directories(s_Folder / "nothing");
  expect(2, "gray.png: the photograph is gray", "'" + folder.string() + "/more'" + output + " --strict");
  expect(2, "gray.png: the photograph is gray", "'" + folder.string() + "/more/gray.png'" + output);
  expect(2, "nothing: the folder holds no image.", "'" + File("nothing") + "'" + output);
  expect(2, "none.png: there is no such file.", "'" + File("none.png") + "'" + output);
  expect(2, "head.nii.gz: the image does not have two dimensions", "'" + File("head.nii.gz") + "'" + output);
  ASSERT_EQ(Run("SmoothGuided", "'" + Photograph + "' '" + Photograph + "' '" + File("whole.jpg") + "'").code, 0);
  EXPECT_EQ(Run("IndexReferences", "'" + File("whole.jpg") + "' '" + File("whole.index") + "'").code, 0);
  std::ofstream(File("cut.jpg"), std::ios::binary) << TextOf(File("whole.jpg")).substr(0, 3000);
  expect(2, "cut.jpg: the image is damaged or cut short.", "'" + File("cut.jpg") + "'" + output);
  expect(2, "does not exist", "'" + folder.string() + "' '" + File("no/where.index") + "'");
  expect(2, "there is no such model file", "'" + folder.string() + "'" + output + " --model none");
  expect(1, "references is missing", output);
  expect(1, "references is missing", "");
  expect(1, "--sha256 needs --model", "'" + folder.string() + "'" + output + " --sha256 00");
}

TEST_F(Programs, ShowProgressForSlicer)
{
  const Outcome outcome =
    Run("ColorizeFromReference",
        "'" + File("head.nii.gz") + "' '" + File("color.nrrd") + "' --hint-count 2 --reference '" + Photograph +
          "' --returnparameterfile '" + File("parameters.txt") + "'");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.output.find("<filter-start>"), std::string::npos);
  EXPECT_NE(outcome.output.find("<filter-progress>0."), std::string::npos);
  EXPECT_NE(outcome.output.find("<filter-end>"), std::string::npos);
  EXPECT_TRUE(fs::exists(File("parameters.txt")));
  EXPECT_TRUE(outcome.error.empty()) << outcome.error;
  EXPECT_EQ(Run("ColorizeFromReference", "--quiet --help").code, 0);
}

TEST_F(Programs, RunsTorchScriptAsPythonDoes)
{
  if (!HasTorch)
  {
    GTEST_SKIP() << "this build has no LibTorch";
  }
  using ValuesType = itk::VectorImage<float, 3>;
  const auto head = itk::ReadImage<FloatType>(File("head.nii.gz"));
  itk::WriteImage(head.GetPointer(), File("head.mha"));
  ASSERT_EQ(std::system(("'" COLORIZATION_PYTHON "' '" COLORIZATION_NETWORK_SCRIPT "' '" + File("head.mha") + "' '" +
                         s_Folder.string() + "'")
                          .c_str()),
            0);
  for (const std::string kind : { "slices", "volumes" })
  {
    const Outcome outcome =
      Run("ColorizeWithNetwork",
          "'" + File("head.mha") + "' '" + File("values.nrrd") + "' --model '" + File(kind + ".pt") +
            "' --input-range 0 255 --tile 20 --overlap 0.25 --blend crop --axis 2 --device cpu "
            "--progress none --report '" +
            File("report.json") + "'");
    ASSERT_EQ(outcome.code, 0) << outcome.error;
    EXPECT_NE(TextOf(File("report.json")).find("\"tiles\""), std::string::npos);
    const auto        values = itk::ReadImage<ValuesType>(File("values.nrrd"));
    const std::string raw = TextOf(File(kind + ".raw"));
    const std::size_t voxels = head->GetLargestPossibleRegion().GetNumberOfPixels();
    ASSERT_EQ(values->GetNumberOfComponentsPerPixel(), 2u);
    ASSERT_EQ(raw.size(), 2 * voxels * sizeof(float));
    const auto * wanted = reinterpret_cast<const float *>(raw.data());
    float        difference = 0.0f;
    for (std::size_t i = 0; i < 2 * voxels; ++i)
    {
      difference =
        std::max(difference, std::abs(values->GetBufferPointer()[2 * (i % voxels) + i / voxels] - wanted[i]));
    }
    EXPECT_LE(difference, 1e-5f) << kind;
  }

  const auto expectError = [&](const std::string & arguments, int code, const std::string & part)
  {
    std::ofstream(File("older.nrrd")) << "an older result";
    const Outcome outcome = Run("ColorizeWithNetwork",
                                "'" + File("head.mha") + "' '" + File("older.nrrd") + "' --progress none " + arguments);
    EXPECT_EQ(outcome.code, code) << outcome.error;
    EXPECT_EQ(outcome.ErrorLines(), 1u) << outcome.error;
    EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
    EXPECT_EQ(TextOf(File("older.nrrd")), "an older result");
  };
  const auto model = [](const std::string & name) { return "--model '" + File(name) + "' "; };
  expectError(model("slices.pt") + "--input-range 5 2", 1, "but has to be two numbers that rise");
  expectError(model("slices.pt") + "--sha256 12", 2, "but 12 is wanted");
  expectError(model("slices.pt") + "--precision float16 --device cpu", 2, "the processor computes in float32 only");
  expectError(model("absent.safetensors"), 2, "there is no such model file");
  expectError(model("arity.pt"), 2, "takes 2 inputs, but one tensor is wanted");
  expectError(model("smaller.pt"), 2, "but the same size is wanted");
  expectError(model("head.nii.gz"), 2, "this is no whole safetensors file");
  std::ofstream(File("cut.pt"), std::ios::binary) << TextOf(File("slices.pt")).substr(0, 1000);
  expectError(model("cut.pt"), 2, "this is no whole TorchScript file");

  const Outcome description = Run("DescribeModel", "'" + File("volumes.pt") + "'");
  EXPECT_EQ(description.code, 0) << description.error;
  ASSERT_EQ(std::system(("sha256sum '" + File("volumes.pt") + "' > '" + File("sum.txt") + "'").c_str()), 0);
  EXPECT_NE(description.output.find("sha256            " + TextOf(File("sum.txt")).substr(0, 64) + '\n'),
            std::string::npos)
    << description.output;
  for (const char * part : { "TorchScript", "sha256 ", "dimension         3", "parameters        494" })
  {
    EXPECT_NE(description.output.find(part), std::string::npos) << description.output;
  }
}

TEST_F(Programs, PackTrainingDataPacksPhotographsAndVolumes)
{
  WritePhotographs("slices");
  nlohmann::json recipe = nlohmann::json::parse(TextOf(File("slices.json")));
  recipe["volumes"].push_back({ { "name", "head" }, { "image", "head.nii.gz" }, { "kind", "gray" } });
  recipe["volumes"].push_back({ { "name", "labels" }, { "image", "head.nii.gz" }, { "kind", "labels" } });
  std::ofstream(File("pack.json")) << recipe;
  const std::string arguments = "'" + File("pack.json") + "' '" + File("pack.safetensors") + "' --progress none";
  const Outcome     outcome = Run("PackTrainingData", arguments);
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("body: 6 slices"), std::string::npos) << outcome.output;
  const std::string packed = TextOf(File("pack.safetensors"));
  std::uint64_t     length = 0;
  std::memcpy(&length, packed.data(), sizeof(length));
  const auto header = nlohmann::json::parse(packed.substr(8, length));
  // Of 80 x 60 pixels, the disc's 44 x 44 and a margin of 4 are left.
  EXPECT_EQ(header["body/values"]["shape"], nlohmann::json({ 6, 52, 52, 3 }));
  EXPECT_EQ(header["body/tissue"]["shape"], nlohmann::json({ 6, 52, 52 }));
  EXPECT_EQ(header["head/values"]["dtype"], "U8");
  const auto volumes = nlohmann::json::parse(header["__metadata__"]["volumes"].get<std::string>());
  EXPECT_EQ(volumes[0]["spacing"], nlohmann::json({ 3.0, 3.0, 3.0 }));
  EXPECT_EQ(volumes[0]["credit"], "made in code");
  EXPECT_EQ(Run("PackTrainingData", arguments + " --threads 1").code, 0);
  EXPECT_EQ(TextOf(File("pack.safetensors")), packed);

  const auto expect = [&](const std::string & text, const std::string & part)
  {
    std::ofstream(File("bad.json")) << text;
    const Outcome bad =
      Run("PackTrainingData", "'" + File("bad.json") + "' '" + File("pack.safetensors") + "' --progress none");
    EXPECT_EQ(bad.code, 2) << bad.error;
    EXPECT_EQ(bad.ErrorLines(), 1u) << bad.error;
    EXPECT_NE(bad.error.find(part), std::string::npos) << bad.error;
    EXPECT_EQ(TextOf(File("pack.safetensors")), packed);
  };
  const auto changed = [&](const std::string & key, const nlohmann::json & value)
  {
    nlohmann::json other = recipe;
    other["volumes"][0][key] = value;
    return other.dump();
  };
  expect("no JSON", "bad.json: this is no recipe");
  expect(R"({"volumes":[]})", "bad.json: this is no recipe");
  expect(changed("spacing", 1.5), "\"spacing\" of a volume is 1.5, which is of another type than wanted");
  expect(changed("spacing", { 0.0, 1.0 }), "the spacing of photographs has to be above 0");
  expect(changed("size", 3), "a volume has \"size\", which means nothing here");
  expect(changed("name", "a/b"), "The name of a volume is \"a/b\"");
  expect(changed("name", "head"), "head: the data set has a volume of this name already.");
  expect(changed("first", 7), "there are no pictures whose numbers are in 7 ... ");
  expect(changed("photographs", "none"), "none: there is no such folder.");
  expect(changed("share", -1.0), "body: the share is -1");
  expect(changed("window", { 1.0, 2.0 }), "body: a window is given, but only gray volumes can have one.");
  expect(changed("shrink", 1.7), "\"shrink\" of a volume is 1.7, which is of another type than wanted");
  expect(changed("spacing", { 3, 3, 3 }), "\"spacing\" of a volume is [3,3,3], which is of another type than wanted");
  expect(changed("direction", { 1, 0, 0, 1, 0, 0, 0, 0, 1 }), "body: the direction's columns are not of length 1");
  nlohmann::json labels = recipe;
  labels["volumes"][2]["image"] = "fractions.nii.gz";
  const auto fractions = itk::ReadImage<FloatType>(File("head.nii.gz"));
  fractions->GetBufferPointer()[5] = 0.5f;
  itk::WriteImage(fractions.GetPointer(), File("fractions.nii.gz"));
  expect(labels.dump(), "fractions.nii.gz: a voxel is 0.5, but labels are whole numbers of 0 ... 255.");
  std::ofstream(File("slices/slice-07.png")) << "no picture";
  expect(recipe.dump(), "slice-07.png: ");
  fs::remove(File("slices/slice-07.png"));
}

TEST_F(Programs, ColorizeByTheModelThatShips)
{
  if (!HasTorch)
  {
    GTEST_SKIP() << "this build has no LibTorch";
  }
  const std::string head = "'" + File("head.nii.gz") + "' ";
  const Outcome     outcome =
    Run("ColorizeWithNetwork", head + "'" + File("any.nrrd") + "' --progress none --report '" + File("any.json") + "'");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_NE(TextOf(File("any.json")).find("any-contrast.safetensors"), std::string::npos);
  const auto volume = itk::ReadImage<FloatType>(File("head.nii.gz"));
  const auto color = itk::ReadImage<ColorType>(File("any.nrrd"));
  EXPECT_EQ(color->GetBufferedRegion().GetSize(), volume->GetBufferedRegion().GetSize());
  EXPECT_EQ(color->GetSpacing(), volume->GetSpacing());
  for (const std::string arguments : { "--luminance source", "--luminance reference", "--smoothing 0", "--axis 0" })
  {
    ASSERT_EQ(
      Run("ColorizeWithNetwork", head + "'" + File("other.nrrd") + "' --progress none --tile 64 " + arguments).code,
      0);
    EXPECT_NE(TextOf(File("other.nrrd")), TextOf(File("any.nrrd"))) << arguments;
  }
  ASSERT_EQ(Run("ColorizeFromReference",
                head + "'" + File("network.nrrd") + "' --method network --progress none --report '" +
                  File("network.json") + "'")
              .code,
            0);
  EXPECT_NE(TextOf(File("network.json")).find("\"method\": \"network\""), std::string::npos);

  const auto expect =
    [&](const std::string & program, int code, const std::string & part, const std::string & arguments)
  {
    std::ofstream(File("older.nrrd")) << "an older result";
    const Outcome bad = Run(program, head + arguments + " --progress none");
    EXPECT_EQ(bad.code, code) << bad.error;
    EXPECT_EQ(bad.ErrorLines(), 1u) << bad.error;
    EXPECT_NE(bad.error.find(part), std::string::npos) << bad.error;
    EXPECT_EQ(TextOf(File("older.nrrd")), "an older result");
  };
  const std::string older = "'" + File("older.nrrd") + "'";
  expect("ColorizeWithNetwork", 1, "luminance is 'none'", older + " --luminance none");
  expect("ColorizeFromReference", 1, "--reference is missing", older);
  expect("ColorizeFromReference", 1, "features is 'vgg19'", older + " --method network --features vgg19");
}

TEST_F(Programs, TrainColorizationTrainsResumesAndNamesWhatIsWrong)
{
  if (!HasTorch)
  {
    GTEST_SKIP() << "this build has no LibTorch";
  }
  WritePhotographs("body");
  ASSERT_EQ(Run("PackTrainingData", "'" + File("body.json") + "' '" + File("body.data") + "' --quiet").code, 0);
  fs::create_directories(File("previews"));
  const auto train = [&](const std::string & output, const std::string & more)
  {
    return Run("TrainColorization",
               "any-contrast '" + File("body.data") + "' '" + File(output) +
                 "' --threads 1 --batch 2 --device cpu --progress none --hyper-parameters "
                 R"('{"widths":[4,8],"size":32,"spacing":4,"test_samples":2,"decay":0}' )" +
                 more);
  };
  const Outcome outcome =
    train("whole.model", "--steps 6 --log '" + File("whole.csv") + "' --preview '" + File("previews") + "'");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("ab_error"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("after 6 steps"), std::string::npos) << outcome.output;
  EXPECT_EQ(itk::ReadImage<ColorType>(File("previews/step-00000006.png"))->GetBufferedRegion().GetSize(0), 128u);
  const std::string log = TextOf(File("whole.csv"));
  EXPECT_EQ(log.rfind("step,luminance_l1,chroma_l1,samples_per_second\n1,", 0), 0u) << log;
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 7);

  ASSERT_EQ(train("part.model", "--steps 4").code, 0);
  const std::string resume = "--resume '" + File("part.model.checkpoint") + "' --steps 6";
  ASSERT_EQ(train("part.model", resume).code, 0);
  EXPECT_EQ(TextOf(File("part.model")), TextOf(File("whole.model")));
  const Outcome described = Run("DescribeModel", "'" + File("whole.model") + "'");
  EXPECT_NE(described.output.find("ColorUNet"), std::string::npos) << described.output;
  EXPECT_EQ(
    Run("ColorizeWithNetwork",
        "'" + File("head.nii.gz") + "' '" + File("head.nrrd") + "' --model '" + File("whole.model") + "' --quiet")
      .code,
    0);

  const std::string model = TextOf(File("whole.model"));
  const auto        expect = [&](int code, const std::string & part, const std::string & arguments)
  {
    const Outcome bad = Run("TrainColorization", arguments + " --steps 2 --progress none");
    EXPECT_EQ(bad.code, code) << bad.error;
    EXPECT_EQ(bad.ErrorLines(), 1u) << bad.error;
    EXPECT_NE(bad.error.find(part), std::string::npos) << bad.error;
    EXPECT_EQ(TextOf(File("whole.model")), model);
  };
  const std::string data = "'" + File("body.data") + "' ";
  const std::string output = "'" + File("whole.model") + "' ";
  std::ofstream(File("cut.data"), std::ios::binary) << TextOf(File("body.data")).substr(0, 4000);
  expect(2, "cut.data: this is no whole safetensors file", "any-contrast '" + File("cut.data") + "' " + output);
  expect(2, "head.nii.gz: this is no whole safetensors file", "any-contrast '" + File("head.nii.gz") + "' " + output);
  expect(2, "part.model: this is no data set for training", "any-contrast '" + File("part.model") + "' " + output);
  expect(2,
         "training cannot be resumed from this file",
         "any-contrast " + data + output + "--resume '" + File("part.model") + "'");
  expect(2, "there is no such folder for previews", "any-contrast " + data + output + "--preview nowhere");
  expect(2, "does not exist", "any-contrast " + data + "nowhere/model");
  expect(2, "there is no hyper-parameter", "any-contrast " + data + output + R"(--hyper-parameters '{"x":1}')");
  expect(1, "system is 'none', but has to be one of any-contrast", "none " + data + output);
  expect(2, "input_channels 2", "any-contrast " + data + output + R"(--hyper-parameters '{"input_channels":2}')");
  expect(2, "size is 32.5, which", "any-contrast " + data + output + R"(--hyper-parameters '{"size":32.5}')");
  expect(2, "has no use for a network \"segmenter\"", "any-contrast " + data + output + "--segmenter x");
  expect(1, "output is missing", "any-contrast " + data);
  expect(1, "data and output are the same file", "any-contrast " + output + output);
  expect(1, "data and --log are the same file", "any-contrast " + data + output + "--log " + data);
  expect(1,
         "whole.model.checkpoint, as is log",
         "any-contrast " + data + output + "--log '" + File("whole.model.checkpoint") + "'");
  const Outcome done = train("whole.model", "--steps 6 --resume '" + File("whole.model.checkpoint") + "'");
  EXPECT_EQ(done.code, 2);
  EXPECT_NE(done.error.find("6 steps are done, so there is nothing to go on with"), std::string::npos) << done.error;
}

TEST_F(Programs, SayWhereThereIsNoTorch)
{
  if (HasTorch)
  {
    GTEST_SKIP() << "this build has LibTorch";
  }
  std::ofstream(File("any.safetensors")) << "any";
  for (const std::string & arguments :
       { "DescribeModel '" + File("any.safetensors") + "'",
         "ColorizeWithNetwork '" + File("head.nii.gz") + "' '" + File("x.nrrd") + "' --model '" +
           File("any.safetensors") + "'",
         "EvaluateColorization '" + File("head.nii.gz") + "' --reference '" + File("head.nii.gz") +
           "' --model-lpips '" + File("any.safetensors") + "'",
         "TrainColorization any-contrast '" + File("any.safetensors") + "' '" + File("any.model") + "'" })
  {
    const std::size_t space = arguments.find(' ');
    const Outcome     outcome = Run(arguments.substr(0, space), arguments.substr(space));
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.error.find("has no LibTorch"), std::string::npos) << outcome.error;
  }
}
