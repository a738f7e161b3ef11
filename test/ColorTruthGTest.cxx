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
#include "ColorTruthMeasure.h"

#include "itkImage.h"
#include "itkImageFileWriter.h"
#include "itkRGBPixel.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace
{
using ColorTruth::Color;
using ColorTruth::Grid;
using ColorTruth::MaskType;

/** Colors that vary smoothly over a picture. */
std::vector<Color>
MakeColors(const Grid & grid)
{
  std::vector<Color> colors;
  for (std::size_t i = 0; i < grid.width * grid.height; ++i)
  {
    const auto x = static_cast<float>(i % grid.width);
    const auto y = static_cast<float>(i / grid.width);
    colors.push_back(
      { { 50.0f + 10.0f * std::sin(0.2f * y), 10.0f * std::sin(0.1f * x), 8.0f * std::cos(0.15f * y) } });
  }
  return colors;
}

TEST(ColorTruth, TruthHasNoError)
{
  const Grid     grid{ 40, 30 };
  const MaskType mask(40 * 30, 1);
  const auto     smooth = ColorTruth::SmoothWithin(MakeColors(grid), mask, grid);
  const auto     errors = ColorTruth::CompareColors(smooth, smooth, mask);
  EXPECT_EQ(errors.chroma, 0.0);
  EXPECT_EQ(errors.chromaWithoutTint, 0.0);
  EXPECT_EQ(errors.cie76, 0.0);
  EXPECT_NEAR(errors.correlationA, 1.0, 1e-12);
  EXPECT_NEAR(errors.correlationB, 1.0, 1e-12);
}

TEST(ColorTruth, TintHasItsLength)
{
  const Grid     grid{ 40, 30, { { 0.9, 1.1 } } };
  const MaskType mask(40 * 30, 1);
  const auto     truth = MakeColors(grid);
  auto           tinted = truth;
  for (Color & color : tinted)
  {
    color = { { color[0] + 12.0f, color[1] + 3.0f, color[2] - 4.0f } };
  }
  const auto errors = ColorTruth::CompareColors(ColorTruth::SmoothWithin(tinted, mask, grid),
                                                ColorTruth::SmoothWithin(truth, mask, grid),
                                                mask);
  EXPECT_NEAR(errors.chroma, 5.0, 1e-4);
  EXPECT_NEAR(errors.chromaWithoutTint, 0.0, 1e-4);
  EXPECT_NEAR(errors.cie76, 13.0, 1e-4);
  EXPECT_NEAR(errors.correlationA, 1.0, 1e-6);
}

TEST(ColorTruth, OneColorOfTwo)
{
  // Three quarters have one color and a quarter another, 15 away in all and 5 in (a, b).
  const MaskType     mask(100, 1);
  std::vector<Color> truth(100, { { 40.0f, 10.0f, 20.0f } });
  for (std::size_t i = 0; i < 25; ++i)
  {
    truth[4 * i] = { { 40.0f + std::sqrt(200.0f), 13.0f, 24.0f } };
  }
  const Color one = ColorTruth::MedianColor(truth, mask);
  EXPECT_EQ(one, (Color{ { 40.0f, 10.0f, 20.0f } }));
  const auto errors = ColorTruth::CompareColors(std::vector<Color>(100, one), truth, mask);
  EXPECT_NEAR(errors.chroma, 5.0 / 4.0, 1e-6);
  EXPECT_NEAR(errors.chromaWithoutTint, 5.0 / 4.0, 1e-6);
  EXPECT_NEAR(errors.cie76, 15.0 / 4.0, 1e-5);
  EXPECT_TRUE(std::isnan(errors.correlationA));
  EXPECT_TRUE(std::isnan(errors.correlationB));
  // An even number of them: the mean of the middle two.
  EXPECT_EQ(ColorTruth::MedianColor({ { { 1.0f, 2.0f, 3.0f } }, { { 3.0f, 6.0f, 5.0f } } }, { 1, 1 }),
            (Color{ { 2.0f, 4.0f, 4.0f } }));
  EXPECT_TRUE(std::isnan(ColorTruth::CompareColors(truth, truth, MaskType(100, 0)).chroma));
}

TEST(ColorTruth, CorrelationsHaveSigns)
{
  std::vector<Color> truth;
  std::vector<Color> result;
  for (int i = 0; i < 10; ++i)
  {
    const auto value = static_cast<float>(i);
    truth.push_back({ { 50.0f, value, value } });
    result.push_back({ { 50.0f, -2.0f * value, i % 2 == 0 ? value : value + 1.0f } });
  }
  const auto errors = ColorTruth::CompareColors(result, truth, MaskType(10, 1));
  EXPECT_NEAR(errors.correlationA, -1.0, 1e-12);
  // Of 0, 2, 2, 4, 4, 6, 6, 8, 8, 10 with 0 ... 9: covariance 85, variances 90 and 82.5.
  EXPECT_NEAR(errors.correlationB, 85.0 / std::sqrt(90.0 * 82.5), 1e-12);
}

TEST(ColorTruth, SmoothingSeesTheMaskAlone)
{
  // Half of the picture has another color, but is not in the mask.
  const Grid         grid{ 32, 16 };
  MaskType           mask(32 * 16);
  std::vector<Color> colors(32 * 16, { { 90.0f, -50.0f, -60.0f } });
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    if (i % 32 < 16)
    {
      mask[i] = 1;
      colors[i] = { { 60.0f, 20.0f, 30.0f } };
    }
  }
  const auto smooth = ColorTruth::SmoothWithin(colors, mask, grid);
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    if (mask[i])
    {
      EXPECT_NEAR(smooth[i][0], 60.0f, 1e-3f);
      EXPECT_NEAR(smooth[i][2], 30.0f, 1e-3f);
    }
  }
}

TEST(ColorTruth, SmoothingIsThatOfMillimeters)
{
  // A Gaussian of 3 mm takes a wave of w radians a mm to exp(-(3 w)^2 / 2) of its height.
  const Grid         grid{ 128, 64, { { 0.75, 1.5 } } };
  const double       waves = 0.4;
  std::vector<Color> colors;
  for (std::size_t i = 0; i < grid.width * grid.height; ++i)
  {
    const double x = 0.75 * static_cast<double>(i % grid.width);
    const double y = 1.5 * static_cast<double>(i / grid.width);
    colors.push_back({ { 0.0f, static_cast<float>(std::cos(waves * x)), static_cast<float>(std::cos(waves * y)) } });
  }
  const auto        smooth = ColorTruth::SmoothWithin(colors, MaskType(colors.size(), 1), grid);
  const double      share = std::exp(-0.5 * 9.0 * waves * waves);
  const std::size_t center = 32 * grid.width + 64;
  // ITK's kernel is the discrete analog of a Gaussian, whose share is a little larger for coarse pixels.
  EXPECT_NEAR(smooth[center][1], share * colors[center][1], 0.02);
  EXPECT_NEAR(smooth[center][2], share * colors[center][2], 0.02);
}

TEST(ColorTruth, MovedRampRises)
{
  const Grid         grid{ 20, 10, { { 0.5, 2.0 } } };
  std::vector<Color> colors;
  for (std::size_t i = 0; i < 200; ++i)
  {
    const auto x = static_cast<float>(i % 20);
    const auto y = static_cast<float>(i / 20);
    colors.push_back({ { x, y, 0.0f } });
  }
  const auto moved = ColorTruth::Move(colors, { { 1.25, 3.0 } }, grid);
  EXPECT_NEAR(moved[5 * 20 + 7][0], 9.5f, 1e-5f);
  EXPECT_NEAR(moved[5 * 20 + 7][1], 6.5f, 1e-5f);
  EXPECT_NEAR(moved[199][0], 19.0f, 1e-5f);
  EXPECT_NEAR(moved[199][1], 9.0f, 1e-5f);
}

TEST(ColorTruth, ToneMapPoolsViolators)
{
  // Means 1, 3, 2, 4 at the tones 0, 85/255, 170/255, 1; the second pair is pooled with weights 1 and 3.
  const std::vector<float> scan{ 0.0f, 85.0f / 255.0f, 170.0f / 255.0f, 170.0f / 255.0f, 170.0f / 255.0f, 1.0f, 0.5f };
  const std::vector<float> luminance{ 1.0f, 3.0f, 2.0f, 1.5f, 2.5f, 4.0f, 99.0f };
  const MaskType           mask{ 1, 1, 1, 1, 1, 1, 0 };
  const auto               map = ColorTruth::FitToneMap(scan, luminance, mask);
  EXPECT_NEAR(map(0.0), 1.0, 1e-12);
  EXPECT_NEAR(map(85.0 / 255.0), 2.25, 1e-12);
  EXPECT_NEAR(map(0.5), 2.25, 1e-12);
  EXPECT_NEAR(map(170.0 / 255.0), 2.25, 1e-12);
  EXPECT_NEAR(map(1.0), 4.0, 1e-12);
  // Halfway between two bins that have values.
  EXPECT_NEAR(map(42.5 / 255.0), 1.625, 1e-12);
  EXPECT_NEAR(map(-1.0), 1.0, 1e-12);
  EXPECT_NEAR(map(2.0), 4.0, 1e-12);
}

TEST(ColorTruth, ToneMapMayFall)
{
  std::vector<float> scan;
  std::vector<float> luminance;
  for (int i = 0; i < 256; ++i)
  {
    scan.push_back(static_cast<float>(i) / 255.0f);
    luminance.push_back(1.0f - scan.back() * scan.back());
  }
  const auto map = ColorTruth::FitToneMap(scan, luminance, MaskType(256, 1));
  for (std::size_t i = 0; i < 256; ++i)
  {
    EXPECT_NEAR(map(scan[i]), luminance[i], 1e-6);
  }
}

/** A scan with steps and a flat rim, and its body. */
std::vector<float>
MakeScan(const Grid & grid)
{
  std::vector<float> scan;
  for (std::size_t i = 0; i < grid.width * grid.height; ++i)
  {
    const auto x = static_cast<double>(i % grid.width);
    const auto y = static_cast<double>(i / grid.width);
    scan.push_back(static_cast<float>(x < 24.0 ? 0.3 : 0.5 + 0.3 * std::sin(0.5 * x) * std::cos(0.4 * y)));
  }
  return scan;
}

TEST(ColorTruth, StructureOfTheScanItself)
{
  const Grid     grid{ 64, 48 };
  const MaskType body(64 * 48, 1);
  const auto     scan = MakeScan(grid);
  const auto     same = ColorTruth::MeasureStructure(scan, scan, body, grid);
  EXPECT_NEAR(same.similarity, 1.0, 2e-3);
  EXPECT_NEAR(same.gradients, 1.0, 2e-3);
  EXPECT_NEAR(same.magnitudes, 1.0, 1e-6);
  EXPECT_NEAR(same.inventedEdges, 0.0, 1e-6);

  // A negative has the structure of the scan.
  auto negative = scan;
  for (float & value : negative)
  {
    value = 1.0f - value;
  }
  const auto fallen = ColorTruth::MeasureStructure(scan, negative, body, grid);
  EXPECT_NEAR(fallen.similarity, 1.0, 2e-3);
  EXPECT_NEAR(fallen.gradients, 1.0, 2e-3);
  EXPECT_NEAR(fallen.magnitudes, 1.0, 1e-6);
}

TEST(ColorTruth, StructureThatIsInvented)
{
  const Grid     grid{ 64, 48 };
  const MaskType body(64 * 48, 1);
  const auto     scan = MakeScan(grid);
  // A pattern where the scan is flat, of twice the energy of what it has elsewhere.
  std::vector<float> invented(scan.size(), 0.5f);
  for (std::size_t i = 0; i < scan.size(); ++i)
  {
    const std::size_t x = i % grid.width;
    invented[i] += x < 24 ? 0.2f * static_cast<float>(std::sin(0.8 * static_cast<double>(x))) : 0.0f;
  }
  const auto measures = ColorTruth::MeasureStructure(scan, invented, body, grid);
  EXPECT_GT(measures.inventedEdges, 1.5);
  EXPECT_LT(measures.gradients, 0.2);
  EXPECT_LT(measures.magnitudes, 0.0);

  // Without a gradient there is nothing to compare.
  const auto flat = ColorTruth::MeasureStructure(scan, std::vector<float>(scan.size(), 0.5f), body, grid);
  EXPECT_TRUE(std::isnan(flat.gradients));
  EXPECT_TRUE(std::isnan(flat.inventedEdges));
}

using VolumeType = itk::Image<short, 3>;
using ColorVolumeType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using PhotographType = ColorTruth::PhotographType;

constexpr itk::SizeValueType Side = 64;

/** The photograph's color at a place: two kinds of tissue in a disk, ice around it, and a yellow card in a corner. */
itk::RGBPixel<unsigned char>
ColorAt(itk::IndexValueType x, itk::IndexValueType y)
{
  itk::RGBPixel<unsigned char> color;
  const bool                   isCard = x > 50 && y < 12;
  const bool                   isBody = std::hypot(x - 32.0, y - 32.0) < 24.0;
  if (isBody)
  {
    const bool isMuscle = (x / 8 + y / 8) % 2 == 0;
    isMuscle ? color.Set(120, 50, 40) : color.Set(220, 190, 130);
  }
  else
  {
    isCard ? color.Set(230, 220, 90) : color.Set(20, 60, 120);
  }
  return color;
}

TEST(ColorTruth, CardIsNoTissue)
{
  auto                     photograph = PhotographType::New();
  PhotographType::SizeType size;
  size.Fill(Side);
  photograph->SetRegions(size);
  photograph->Allocate();
  MaskType body(Side * Side);
  for (itk::SizeValueType i = 0; i < Side * Side; ++i)
  {
    const auto x = static_cast<itk::IndexValueType>(i % Side);
    const auto y = static_cast<itk::IndexValueType>(i / Side);
    photograph->GetBufferPointer()[i] = ColorAt(x, y);
    // The scan's body reaches the card's edge.
    body[i] = std::hypot(x - 32.0, y - 32.0) < 28.0 ? 1 : 0;
  }
  std::vector<Color> lab;
  const auto         tissue = ColorTruth::FindPhotographTissue(photograph, body, lab);
  ASSERT_EQ(lab.size(), Side * Side);
  EXPECT_EQ(tissue[32 * Side + 32], 1);
  for (std::size_t i = 0; i < tissue.size(); ++i)
  {
    const auto x = static_cast<double>(i % Side);
    const auto y = static_cast<double>(i / Side);
    EXPECT_FALSE(tissue[i] && std::hypot(x - 32.0, y - 32.0) >= 24.0) << x << ' ' << y;
  }
}

/** The program, run on a small scan of four slices whose colors are known. */
class ColorTruthProgram : public testing::Test
{
protected:
  static void
  SetUpTestSuite()
  {
    s_Folder = fs::temp_directory_path() / ("color-truth-" + std::to_string(getpid()));
    fs::create_directories(s_Folder / "photographs");
    fs::create_directories(s_Folder / "empty");
    WriteVolumes("", Side, 2.0);
    WriteVolumes("small-", Side / 2, 2.0);
    WriteVolumes("fine-", Side, 1.0);
    auto                     photograph = PhotographType::New();
    PhotographType::SizeType size;
    size.Fill(Side);
    photograph->SetRegions(size);
    photograph->Allocate();
    for (itk::SizeValueType i = 0; i < Side * Side; ++i)
    {
      photograph->GetBufferPointer()[i] =
        ColorAt(static_cast<itk::IndexValueType>(i % Side), static_cast<itk::IndexValueType>(i / Side));
    }
    for (const char * name : { "slice00_level0101.png", "slice01_level0096.png", "slice03_level0086.png" })
    {
      itk::WriteImage(photograph.GetPointer(), (s_Folder / "photographs" / name).string());
    }
  }

  static void
  TearDownTestSuite()
  {
    fs::remove_all(s_Folder);
  }

  /** The scan, its true colors, and the same in brown. */
  static void
  WriteVolumes(const std::string & prefix, itk::SizeValueType side, double spacing)
  {
    auto                 scan = VolumeType::New();
    VolumeType::SizeType size{ { side, side, 4 } };
    scan->SetRegions(size);
    const double spacings[3] = { spacing, spacing, 5.0 };
    scan->SetSpacing(spacings);
    scan->Allocate();
    auto truth = ColorVolumeType::New();
    auto brown = ColorVolumeType::New();
    for (auto & colors : { truth, brown })
    {
      colors->CopyInformation(scan);
      colors->SetRegions(size);
      colors->Allocate();
    }
    for (itk::SizeValueType i = 0; i < side * side * 4; ++i)
    {
      const auto x = static_cast<itk::IndexValueType>(i % side);
      const auto y = static_cast<itk::IndexValueType>(i / side % side);
      const bool isBody = std::hypot(x - 32.0, y - 32.0) < 24.0;
      scan->GetBufferPointer()[i] = static_cast<short>(isBody ? 400 + ColorAt(x, y)[1] : 3);
      truth->GetBufferPointer()[i] = ColorAt(x, y);
      brown->GetBufferPointer()[i].Set(150, 100, 60);
    }
    itk::WriteImage(scan.GetPointer(), File(prefix + "scan.nrrd"));
    itk::WriteImage(truth.GetPointer(), File(prefix + "truth.nrrd"));
    itk::WriteImage(brown.GetPointer(), File(prefix + "brown.nrrd"));
  }

  static std::string
  File(const std::string & name)
  {
    return (s_Folder / name).string();
  }

  struct Outcome
  {
    int         code;
    std::string output;
    std::string error;
  };

  static Outcome
  Run(const std::string & arguments)
  {
    const auto textOf = [](const std::string & path)
    {
      std::ifstream     file(path);
      std::stringstream text;
      text << file.rdbuf();
      return text.str();
    };
    const std::string command = "'" COLORIZATION_PROGRAM_FOLDER "/ColorTruth' " + arguments + " --progress none >'" +
                                File("stdout") + "' 2>'" + File("stderr") + "' </dev/null";
    const int status = std::system(command.c_str());
    return { WIFEXITED(status) ? WEXITSTATUS(status) : -1, textOf(File("stdout")), textOf(File("stderr")) };
  }

  /** Runs with the scan and its photographs. */
  static Outcome
  Measure(const std::string & more)
  {
    return Run("'" + File("scan.nrrd") + "' --photographs '" + File("photographs") + "' " + more);
  }

  static void
  ExpectError(const Outcome & outcome, int code, const std::string & text)
  {
    EXPECT_EQ(outcome.code, code) << outcome.error;
    EXPECT_NE(outcome.error.find(text), std::string::npos) << outcome.error;
    EXPECT_EQ(std::count(outcome.error.begin(), outcome.error.end(), '\n'), 1) << outcome.error;
    EXPECT_EQ(outcome.output, "");
  }

  static fs::path s_Folder;
};
fs::path ColorTruthProgram::s_Folder;

TEST_F(ColorTruthProgram, MeasuresTruthAndBrown)
{
  // The truth comes in two files.
  const auto outcome = Measure("--result truth='" + File("truth.nrrd") + "':0,3 --result truth='" + File("truth.nrrd") +
                               "':1 --result brown='" + File("brown.nrrd") + "' --json '" + File("truth.json") +
                               "' --picture '" + File("truth.png") + "'");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_EQ(outcome.output.find("nan"), std::string::npos) << outcome.output;
  std::ifstream file(File("truth.json"));
  const auto    json = nlohmann::json::parse(file);
  EXPECT_EQ(json["modality"], "MR");
  EXPECT_EQ(json["slices"].size(), 3u);
  EXPECT_EQ(json["slices"][2]["level"], 86);
  ASSERT_EQ(json["rows"].size(), 6u);
  const auto & one = json["rows"][0];
  const auto & truth = json["rows"][1];
  const auto & brown = json["rows"][2];
  const auto & moved = json["rows"][3];
  EXPECT_EQ(one["name"], "one color");
  EXPECT_EQ(truth["name"], "truth");
  EXPECT_EQ(truth["slices"].size(), 3u);
  EXPECT_EQ(truth["mean"]["chroma"], 0.0);
  EXPECT_EQ(truth["mean"]["cie76"], 0.0);
  EXPECT_NEAR(truth["mean"]["correlation_b"], 1.0, 1e-9);
  EXPECT_GT(truth["mean"]["similarity"], 0.99);
  EXPECT_EQ(brown["name"], "brown");
  EXPECT_TRUE(brown["mean"]["correlation_a"].is_null());
  EXPECT_GE(brown["mean"]["chroma"], brown["mean"]["chroma_without_tint"]);
  EXPECT_NEAR(brown["mean"]["chroma_without_tint"], one["mean"]["chroma"], 1e-3);
  EXPECT_EQ(moved["name"], "photograph, moved 1.5 mm");
  EXPECT_GT(moved["mean"]["chroma"], 0.0);
  EXPECT_LT(moved["mean"]["chroma"], one["mean"]["chroma"]);
  EXPECT_EQ(json["rows"][4]["name"], "photograph");
  EXPECT_EQ(json["rows"][5]["name"], "scan");
  EXPECT_NEAR(json["rows"][5]["mean"]["magnitudes"], 1.0, 1e-9);
  EXPECT_GT(fs::file_size(File("truth.png")), 1000u);
}

TEST_F(ColorTruthProgram, ChoosesSlices)
{
  const auto outcome =
    Measure("--result truth='" + File("truth.nrrd") + "' --slices 1,3 --json '" + File("chosen.json") + "'");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  std::ifstream file(File("chosen.json"));
  const auto    json = nlohmann::json::parse(file);
  ASSERT_EQ(json["slices"].size(), 2u);
  EXPECT_EQ(json["slices"][0]["slice"], 1);
  EXPECT_EQ(json["slices"][1]["slice"], 3);
}

TEST_F(ColorTruthProgram, SaysWhatIsWrong)
{
  const std::string truth = "--result truth='" + File("truth.nrrd") + "'";
  ExpectError(Measure("--result truth"), 1, "--result is 'truth', but has to be NAME=FILE");
  ExpectError(Measure(truth + ":a"), 2, "truth.nrrd:a");
  ExpectError(Measure(truth + " --slices 1-3"), 1, "'1-3'");
  ExpectError(Measure(truth + ":0 " + truth + ":0"), 1, "has slice 0 in two files");
  ExpectError(Measure(truth + ":0 --slices 1"), 1, "no slice in common");
  ExpectError(Measure(truth + " --slices 2"), 2, "there is no photograph of slice 2");
  ExpectError(Measure(truth + ":2"), 2, "there is no photograph of slice 2");
  ExpectError(Measure("--result truth='" + File("absent.nrrd") + "'"), 2, "absent.nrrd");
  ExpectError(Measure("--result truth='" + File("scan.nrrd") + "'"), 2, "need 3 or 4");
  ExpectError(Measure("--result truth='" + File("small-truth.nrrd") + "'"), 2, "the size is [32, 32, 4]");
  ExpectError(Measure("--result truth='" + File("fine-truth.nrrd") + "'"), 2, "the spacing is [1, 1, 5]");
  ExpectError(Run("'" + File("scan.nrrd") + "' " + truth + " --photographs '" + File("empty") + "'"),
              2,
              "holds no photograph named as");
  ExpectError(Run("'" + File("scan.nrrd") + "' " + truth + " --photographs '" + File("absent") + "'"),
              2,
              "there is no such folder");
  ExpectError(Run("'" + File("small-scan.nrrd") + "' --result truth='" + File("small-truth.nrrd") +
                  "' --photographs '" + File("photographs") + "'"),
              2,
              "slice00_level0101.png: the size is [64, 64], but [32, 32]");
}
} // namespace
