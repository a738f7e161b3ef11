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
#include "itkNetworkMetrics.h"
#include "ColorizationTestUtilities.h"

#include "itkColorizationMetricsFilter.h"
#include "itkRGBPixel.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include <unistd.h>

namespace fs = std::filesystem;
using namespace ColorizationTest;

namespace
{
using Metric = itk::colorization::ColorizationMetric;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using PictureType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using MaskType = itk::Image<unsigned char, 3>;
using FilterType = itk::ColorizationMetricsFilter<ColorType>;

constexpr itk::SizeValueType Width = 50;
constexpr itk::SizeValueType Height = 41;
constexpr itk::SizeValueType Depth = 9;

/** Organs of two colours, and noise of +-amplitude. */
ColorType::Pointer
MakeColors(double amplitude, itk::SizeValueType slices = Depth)
{
  return MakeImageOf<ColorType>(
    { { Width, Height, slices } },
    [amplitude](const ColorType::IndexType & p)
    {
      const double         smooth = 0.5 + 0.3 * std::sin(0.21 * p[0] + 0.4 * p[2]) * std::cos(0.17 * p[1] - 0.2 * p[2]);
      const double         organ = std::hypot(p[0] - 25.0 - p[2], p[1] - 20.0) < 4.0 + p[2] ? 0.2 : 0.0;
      const double         tones[3] = { smooth + organ, 0.8 * smooth, 0.6 * smooth * smooth + organ };
      ColorType::PixelType rgb;
      for (unsigned int c = 0; c < 3; ++c)
      {
        const auto   k = static_cast<std::uint32_t>(c + 3 * (p[0] + 64 * (p[1] + 64 * p[2])));
        const double value = 255.0 * tones[c] + amplitude * (2.0 * Noise(k) - 1.0);
        rgb[c] = static_cast<unsigned char>(std::lround(std::min(std::max(value, 0.0), 255.0)));
      }
      return rgb;
    });
}

/** A disc in each slice. */
MaskType::Pointer
MakeMask()
{
  return MakeImageOf<MaskType>({ { Width, Height, Depth } },
                               [](const MaskType::IndexType & p)
                               { return std::hypot(p[0] - 20.0, p[1] - 22.0) < 13.0 + 0.5 * p[2] ? 1 : 0; });
}

template <typename TImage>
void
WriteRaw(const TImage * image, const std::string & path)
{
  std::ofstream(path, std::ios::binary)
    .write(reinterpret_cast<const char *>(image->GetBufferPointer()),
           static_cast<std::streamsize>(image->GetPixelContainer()->Size() * sizeof(typename TImage::PixelType)));
}

class NetworkMetrics : public testing::Test
{
protected:
  static void
  SetUpTestSuite()
  {
    if (!itk::NetworkModel::IsAvailable())
    {
      return;
    }
    s_Folder = fs::temp_directory_path() / ("colorization-network-metrics-" + std::to_string(getpid()));
    fs::create_directories(s_Folder);
    WriteRaw(MakeColors(30.0).GetPointer(), File("x.raw"));
    WriteRaw(MakeColors(0.0).GetPointer(), File("y.raw"));
    WriteRaw(MakeMask().GetPointer(), File("mask.raw"));
    const std::string command = "/usr/bin/python3 '" COLORIZATION_ORACLE_FOLDER "/deep_metrics.py' '" +
                                s_Folder.string() + "' " + std::to_string(Width) + ' ' + std::to_string(Height) + ' ' +
                                std::to_string(Depth) + " >'" + File("numbers.txt") + '\'';
    ASSERT_EQ(std::system(command.c_str()), 0);
    std::ifstream numbers(File("numbers.txt"));
    std::string   name;
    for (double value = 0.0; numbers >> name >> value;)
    {
      s_Numbers[name] = value;
    }
  }
  static void
  TearDownTestSuite()
  {
    fs::remove_all(s_Folder);
  }
  void
  SetUp() override
  {
    if (!itk::NetworkModel::IsAvailable())
    {
      GTEST_SKIP() << "this build has no LibTorch";
    }
  }

  static std::string
  File(const std::string & name)
  {
    return (s_Folder / name).string();
  }

  static itk::NetworkModel::Pointer
  Load(const std::string & name)
  {
    auto model = itk::NetworkModel::New();
    model->SetDevice("cpu");
    model->Load(File(name));
    return model;
  }

  /** What compares noisy colours with those without noise. */
  static FilterType::Pointer
  MakeFilter(const std::string & perceptual, const std::string & features, double amplitude = 30.0)
  {
    auto filter = FilterType::New();
    filter->SetResultImage(MakeColors(amplitude));
    filter->SetReferenceImage(MakeColors(0.0));
    for (std::size_t k = 0; k < static_cast<std::size_t>(Metric::LPIPS); ++k)
    {
      filter->SetWanted(static_cast<Metric>(k), false);
    }
    if (!perceptual.empty())
    {
      filter->SetPerceptualModel(Load(perceptual));
    }
    if (!features.empty())
    {
      filter->SetFeatureModel(Load(features));
    }
    return filter;
  }

  static void
  ExpectRefusal(const std::string & features, const std::string & part)
  {
    const auto filter = MakeFilter("", features);
    ExpectExceptionWith([&]() { filter->Update(); }, part);
  }

  static void
  ExpectLoadError(const std::string & name, const std::string & part)
  {
    ExpectExceptionWith([&]() { Load(name); }, File(name) + ": " + part);
  }

  static fs::path                      s_Folder;
  static std::map<std::string, double> s_Numbers;
};

fs::path                      NetworkMetrics::s_Folder;
std::map<std::string, double> NetworkMetrics::s_Numbers;
} // namespace

TEST_F(NetworkMetrics, LPIPSIsThatOfTorchvisionsNetworks)
{
  for (const std::string kind : { "alex", "vgg" })
  {
    for (const char * naming : { ".safetensors", "-package.safetensors" })
    {
      SCOPED_TRACE(kind + naming);
      const auto filter = MakeFilter(kind + naming, "");
      filter->Update();
      const auto & plain = filter->GetReport()[Metric::LPIPS];
      EXPECT_EQ(plain.compared, "colours: result - reference");
      ASSERT_EQ(plain.perSlice.size(), Depth);
      double mean = 0.0;
      for (std::size_t z = 0; z < Depth; ++z)
      {
        const double wanted = s_Numbers.at(kind + '_' + std::to_string(z));
        EXPECT_GT(wanted, 0.01);
        EXPECT_NEAR(plain.perSlice[z], wanted, 1e-5);
        mean += wanted / static_cast<double>(Depth);
      }
      EXPECT_NEAR(plain.value, mean, 1e-5);
      EXPECT_EQ(plain.meanOfSlices, plain.value);
    }
    const auto filter = MakeFilter(kind + ".safetensors", "");
    filter->SetMaskImage(MakeMask());
    filter->Update();
    for (std::size_t z = 0; z < Depth; ++z)
    {
      EXPECT_NEAR(filter->GetReport()[Metric::LPIPS].perSlice[z],
                  s_Numbers.at(kind + "_masked_" + std::to_string(z)),
                  1e-5);
    }
  }
}

TEST_F(NetworkMetrics, FIDIsThatOfNumPy)
{
  for (const char * name : { "features.pt", "features-4d.pt", "features-255.pt" })
  {
    SCOPED_TRACE(name);
    const auto filter = MakeFilter("", name);
    filter->Update();
    const double wanted = s_Numbers.at("fid");
    EXPECT_GT(wanted, 0.001);
    EXPECT_NEAR(filter->GetValue(Metric::FID), wanted, 1e-4 * wanted);
    EXPECT_EQ(filter->GetReport()[Metric::FID].compared, "colours: slices of the result - slices of the reference");
    EXPECT_TRUE(filter->GetReport()[Metric::FID].perSlice.empty());
  }
  const auto filter = MakeFilter("", "features.pt");
  filter->SetMaskImage(MakeMask());
  filter->Update();
  EXPECT_NEAR(filter->GetValue(Metric::FID), s_Numbers.at("fid_masked"), 1e-4 * s_Numbers.at("fid_masked"));
}

TEST_F(NetworkMetrics, APerfectResultHasNoDistance)
{
  const auto filter = MakeFilter("alex.safetensors", "features.pt", 0.0);
  filter->Update();
  EXPECT_EQ(filter->GetValue(Metric::LPIPS), 0.0);
  EXPECT_NEAR(filter->GetValue(Metric::FID), 0.0, 1e-6);
}

TEST_F(NetworkMetrics, RiseWithNoise)
{
  double distance = 0.0;
  double frechet = 1e-6;
  for (const double amplitude : { 8.0, 20.0, 50.0, 120.0 })
  {
    const auto filter = MakeFilter("alex.safetensors", "features.pt", amplitude);
    filter->Update();
    EXPECT_GT(filter->GetValue(Metric::LPIPS), distance);
    EXPECT_GT(filter->GetValue(Metric::FID), frechet);
    distance = filter->GetValue(Metric::LPIPS);
    frechet = filter->GetValue(Metric::FID);
  }
}

TEST_F(NetworkMetrics, AreTheSameForAnyNumberOfThreads)
{
  const auto filter = MakeFilter("alex.safetensors", "features.pt");
  filter->SetNumberOfWorkUnits(1);
  filter->Update();
  const auto alone = filter->GetReport();
  filter->SetNumberOfWorkUnits(2);
  filter->Modified();
  filter->Update();
  for (const Metric metric : { Metric::LPIPS, Metric::FID })
  {
    const auto & a = alone[metric];
    const auto & b = filter->GetReport()[metric];
    EXPECT_EQ(a.value, b.value);
    EXPECT_EQ(a.perSlice, b.perSlice);
  }
}

TEST_F(NetworkMetrics, LeaveOutSlicesOutsideTheMask)
{
  const auto filter = MakeFilter("alex.safetensors", "features.pt");
  const auto mask = MakeImageOf<MaskType>({ { Width, Height, Depth } },
                                          [](const MaskType::IndexType & p) { return p[2] == 4 ? 0 : 1; });
  filter->Update();
  const auto whole = filter->GetReport()[Metric::LPIPS];
  filter->SetMaskImage(mask);
  filter->Update();
  const auto & report = filter->GetReport()[Metric::LPIPS];
  EXPECT_TRUE(std::isnan(report.perSlice[4]));
  // A mask of all of a slice is none.
  EXPECT_NEAR(report.perSlice[3], whole.perSlice[3], 1e-7);
  const double eight = (Depth * whole.value - whole.perSlice[4]) / (Depth - 1.0);
  EXPECT_NEAR(report.value, eight, 1e-6);
  // Of the nine slices, five are too few for six features.
  filter->SetMaskImage(MakeImageOf<MaskType>({ { Width, Height, Depth } },
                                             [](const MaskType::IndexType & p) { return p[2] < 5 ? 1 : 0; }));
  ExpectExceptionWith([&]() { filter->Update(); },
                      "FID has 5 slices, of which the network makes 6 features each, but at least 6 slices are needed: "
                      "with fewer, the covariance is singular.");
}

TEST_F(NetworkMetrics, ArePipelineCitizensAndTellOfOnePicture)
{
  const auto filter = MakeFilter("alex.safetensors", "features.pt");
  filter->SetNumberOfWorkUnits(1);
  ExpectGoodPipelineCitizen(filter.GetPointer());

  using Filter2 = itk::ColorizationMetricsFilter<PictureType>;
  auto picture = PictureType::New();
  picture->SetRegions(PictureType::SizeType{ { 40, 33 } });
  picture->Allocate(true);
  auto alone = Filter2::New();
  alone->SetResultImage(picture);
  alone->SetPerceptualModel(Load("alex.safetensors"));
  alone->Update();
  EXPECT_EQ(alone->GetReport()[Metric::LPIPS].reason, "there is no reference");
  alone->SetReferenceImage(picture);
  alone->Update();
  EXPECT_EQ(alone->GetValue(Metric::LPIPS), 0.0);
  EXPECT_TRUE(std::isnan(alone->GetReport()[Metric::LPIPS].meanOfSlices));
  alone->SetFeatureModel(Load("features.pt"));
  ExpectExceptionWith([&]() { alone->Update(); }, "FID has 1 slices, of which the network makes 6 features each");
  alone->SetFeatureModel(nullptr);
  picture->SetRegions(PictureType::SizeType{ { 40, 30 } });
  picture->Allocate(true);
  ExpectExceptionWith([&]() { alone->Update(); },
                      "LPIPS has pictures of 40 x 30 pixels, but at least 31 along each side are needed.");
}

TEST_F(NetworkMetrics, NameEachTensorThatDoesNotFitLPIPS)
{
  ExpectLoadError(
    "no-lin.safetensors",
    "5 tensors do not fit LPIPSAlexNet: lin0.model.1.weight is missing; lin1.model.1.weight is missing; ");
  ExpectLoadError("no-backbone.safetensors", "10 tensors do not fit LPIPSAlexNet: features.0.bias is missing; ");
  ExpectLoadError("no-bias.safetensors", "1 tensors do not fit LPIPSAlexNet: features.3.bias is missing.");
  ExpectLoadError(
    "no-shape.safetensors",
    "1 tensors do not fit LPIPSAlexNet: lin2.model.1.weight has shape [1, 7, 1, 1], but [1, 384, 1, 1] is wanted.");
  ExpectLoadError("no-scaling.safetensors",
                  "scaling_layer.shift is not what LPIPS of version 0.1 scales its input by.");
  ExpectLoadError("no-twin.safetensors", "lin1.model.1.weight is there under two names, with different values.");
}

TEST_F(NetworkMetrics, RefuseNetworksThatMakeNoFeatures)
{
  const auto sentence = [](const std::string & name, const std::string & rest) { return File(name) + ": " + rest; };
  ExpectRefusal("no-maps.pt",
                sentence("no-maps.pt",
                         "the network makes a tensor of shape [1, 3, 41, 50] from 1 pictures, but [1, features] or [1, "
                         "features, 1, 1] is wanted."));
  ExpectRefusal("no-merged.pt", "makes a tensor of shape [1, 3] from 4 pictures, but [4, features]");
  ExpectRefusal("no-pair.pt",
                sentence("no-pair.pt", "the network makes 2 tensors, but one tensor of features is wanted."));
  ExpectRefusal("no-gray.pt", sentence("no-gray.pt", "the network failed: "));
  ExpectRefusal("no-number.pt", "Features are NaN or infinite");
  ExpectRefusal("no-many.pt", "FID has 9 slices, of which the network makes 1000 features each");
  ExpectRefusal("no-body.pt", "The model of FID wants its input normalised over a body");
  ExpectLoadError("no-arity.pt", "the network's forward() takes 2 inputs, but one tensor is wanted.");
  const auto filter = MakeFilter("features.pt", "");
  ExpectExceptionWith([&]() { filter->Update(); },
                      "The model of LPIPS is a TorchScript, but LPIPSAlexNet or LPIPSVGG16 is wanted.");
  filter->SetPerceptualModel(itk::NetworkModel::New());
  ExpectExceptionWith([&]() { filter->Update(); }, "A model is set that is not loaded.");
  ExpectExceptionWith([&]() { Load("features.pt")->GetWeights("any"); }, "have no names that are known");
  ExpectExceptionWith([&]() { Load("alex.safetensors")->GetWeights("lin5.model.1.weight"); },
                      "the network has no tensor lin5.model.1.weight.");
}

TEST(NetworkMetricsWithoutNetworks, TellWhyThereIsNoValue)
{
  auto filter = FilterType::New();
  filter->SetResultImage(MakeColors(10.0, 2));
  filter->Update();
  EXPECT_EQ(filter->GetReport()[Metric::LPIPS].reason, "there is no reference");
  filter->SetReferenceImage(MakeColors(0.0, 2));
  filter->Update();
  for (const Metric metric : { Metric::LPIPS, Metric::FID })
  {
    EXPECT_TRUE(std::isnan(filter->GetValue(metric)));
    EXPECT_EQ(filter->GetReport()[metric].reason, "no network is given");
  }
  filter->SetWanted(Metric::FID, false);
  filter->Update();
  EXPECT_EQ(filter->GetReport()[Metric::FID].reason, "it was not asked for");
  if (!itk::NetworkModel::IsAvailable())
  {
    filter->SetPerceptualModel(itk::NetworkModel::New());
    ExpectExceptionWith([&]() { filter->Update(); }, "this build of the Colorization module has no LibTorch.");
  }
}

TEST(MaskCoverage, IsTheShareOfEachCell)
{
  using itk::colorization::ComputeCoverage;
  // Three columns of pixels in two cells: the middle one is halved.
  const std::vector<std::uint8_t> mask{ 1, 0, 7, 0, 2, 0 };
  EXPECT_EQ(ComputeCoverage(mask.data(), { { 3, 2 } }, { { 3, 2 } }), (std::vector<float>{ 1, 0, 1, 0, 1, 0 }));
  const auto halves = ComputeCoverage(mask.data(), { { 3, 2 } }, { { 2, 1 } });
  ASSERT_EQ(halves.size(), 2u);
  EXPECT_NEAR(halves[0], 1.5 / 3.0, 1e-6);
  EXPECT_NEAR(halves[1], 1.5 / 3.0, 1e-6);
  const auto finer = ComputeCoverage(mask.data(), { { 3, 2 } }, { { 6, 2 } });
  EXPECT_EQ(finer, (std::vector<float>{ 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0 }));
}
