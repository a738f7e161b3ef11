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
#include "itkStyleTransfer.h"
#include "itkSafetensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <random>

#include <unistd.h>

namespace fs = std::filesystem;
using namespace itk::colorization;

namespace
{
constexpr std::size_t Width = 40;
constexpr std::size_t Height = 33;

/** Smooth waves and a little noise, RGB. */
std::vector<float>
MakePicture(std::size_t width, std::size_t height, unsigned int seed)
{
  std::mt19937                          generator(seed);
  std::uniform_real_distribution<float> noise(-0.1f, 0.1f);
  std::vector<float>                    values;
  for (unsigned int c = 0; c < 3; ++c)
  {
    for (std::size_t y = 0; y < height; ++y)
    {
      for (std::size_t x = 0; x < width; ++x)
      {
        const double wave = std::sin(0.3 * x * (1 + c) + seed) * std::cos(0.2 * y + c * seed);
        values.push_back(static_cast<float>(0.5 + 0.4 * wave) + noise(generator));
      }
    }
  }
  return values;
}

std::unique_ptr<Network>
MakeVGG19(const std::string & hyperParameters = R"({"width":8,"linear_layers":0})")
{
  return MakeNetwork("VGG19", hyperParameters, 7);
}

ColorPlanes
PlanesOf(const std::vector<float> & values, std::size_t width = Width, std::size_t height = Height)
{
  return { values.data(), width, height };
}

std::string
ErrorOf(const Network & network, const StyleTransferParameters & parameters, std::size_t extent = 32)
{
  const auto content = MakePicture(extent, extent, 1);
  const auto style = MakePicture(32, 32, 2);
  try
  {
    StyleTransfer(network, PlanesOf(content, extent, extent), PlanesOf(style, 32, 32), parameters);
  }
  catch (const ModelError & error)
  {
    return error.what();
  }
  return "no error";
}

double
MeanDifference(const std::vector<float> & a, const std::vector<float> & b)
{
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
  {
    sum += std::abs(static_cast<double>(a[i]) - b[i]);
  }
  return sum / static_cast<double>(a.size());
}

void
Ignore(unsigned int, const StyleTransferLoss &)
{}
} // namespace

TEST(StyleTransfer, HasTheGramMatricesLossAndGradientOfPython)
{
  const fs::path folder = fs::temp_directory_path() / ("colorization-style-" + std::to_string(getpid()));
  fs::create_directories(folder);
  const auto network = MakeVGG19();
  SaveNetwork(*network, network->GetMetadata(), (folder / "vgg19.safetensors").string());
  const auto content = MakePicture(Width, Height, 1);
  const auto image = MakePicture(Width, Height, 3);
  const auto style = MakePicture(48, 37, 2);
  const auto view = [](const std::vector<float> & values, std::int64_t width, std::int64_t height)
  {
    TensorView tensor;
    tensor.shape = { 3, height, width };
    tensor.data = reinterpret_cast<const unsigned char *>(values.data());
    tensor.bytes = values.size() * sizeof(float);
    return tensor;
  };
  WriteSafetensors((folder / "pictures.input").string(),
                   { { "content", view(content, Width, Height) },
                     { "image", view(image, Width, Height) },
                     { "style", view(style, 48, 37) } },
                   {});
  ASSERT_EQ(
    std::system(("'" COLORIZATION_PYTHON "' '" COLORIZATION_STYLE_REFERENCE "' '" + folder.string() + "'").c_str()),
    0);

  StyleTransferParameters parameters;
  parameters.contentLayers = { { "relu4_2", 0.75 }, { "relu2_2", 0.25 } };
  parameters.styleLayers = { { "relu1_1", 0.1 },
                             { "relu2_1", 0.2 },
                             { "relu3_1", 0.3 },
                             { "relu4_1", 0.25 },
                             { "relu5_1", 0.15 } };
  parameters.contentWeight = 2.0;
  parameters.styleWeight = 3e4;
  parameters.totalVariationWeight = 0.5;
  StyleTransfer           transfer(*network, PlanesOf(content), PlanesOf(style, 48, 37), parameters);
  std::vector<float>      gradient(image.size());
  const StyleTransferLoss loss = transfer.Evaluate(image.data(), gradient.data());

  const SafetensorsFile reference((folder / "style.output").string());
  const auto            expectSame = [&](const std::string & name, const std::vector<float> & ours)
  {
    const TensorView & tensor = reference.GetTensors().at(name);
    ASSERT_EQ(tensor.bytes, ours.size() * sizeof(float)) << name;
    const auto * theirs = reinterpret_cast<const float *>(tensor.data);
    float        largest = 0.0f;
    for (std::size_t i = 0; i < ours.size(); ++i)
    {
      largest = std::max(largest, std::abs(theirs[i]));
    }
    ASSERT_GT(largest, 0.0f) << name;
    for (std::size_t i = 0; i < ours.size(); ++i)
    {
      ASSERT_NEAR(ours[i], theirs[i], 1e-4f * largest) << name << ' ' << i;
    }
  };
  for (std::size_t i = 0; i < 5; ++i)
  {
    expectSame("gram" + std::to_string(i), transfer.GetStyleGram(i));
  }
  const auto * losses = reinterpret_cast<const float *>(reference.GetTensors().at("loss").data);
  EXPECT_NEAR(loss.content, losses[0], 1e-4 * losses[0]);
  EXPECT_NEAR(loss.style, losses[1], 1e-4 * losses[1]);
  EXPECT_NEAR(loss.totalVariation, losses[2], 1e-4 * losses[2]);
  EXPECT_NEAR(loss.total, losses[3], 1e-4 * losses[3]);
  expectSame("gradient", gradient);
  fs::remove_all(folder);
}

TEST(StyleTransfer, LowersTheLossWithBothOptimizers)
{
  const auto network = MakeVGG19();
  const auto content = MakePicture(Width, Height, 1);
  const auto style = MakePicture(48, 37, 2);
  for (const auto optimizer : { StyleTransferOptimizer::LBFGS, StyleTransferOptimizer::Adam })
  {
    StyleTransferParameters parameters;
    parameters.optimizer = optimizer;
    parameters.maximumNumberOfIterations = 40;
    parameters.tolerance = 0.0;
    StyleTransfer      transfer(*network, PlanesOf(content), PlanesOf(style, 48, 37), parameters);
    std::vector<float> image = content;
    unsigned int       calls = 0;
    const auto         report = transfer.Run(image.data(),
                                     [&](unsigned int iteration, const StyleTransferLoss & loss)
                                     {
                                       EXPECT_EQ(iteration, ++calls);
                                       EXPECT_TRUE(std::isfinite(loss.total));
                                     });
    EXPECT_EQ(report.iterations, 40u);
    EXPECT_EQ(calls, 40u);
    ASSERT_EQ(report.losses.size(), 41u);
    EXPECT_EQ(report.losses.front(), report.first.total);
    EXPECT_EQ(report.losses.back(), report.last.total);
    // The line search never lets the loss rise.
    EXPECT_TRUE(optimizer == StyleTransferOptimizer::Adam ||
                std::is_sorted(report.losses.rbegin(), report.losses.rend()));
    EXPECT_LT(report.last.total, 0.1 * report.first.total) << static_cast<int>(optimizer);
    // What is reported is the loss of what is returned.
    EXPECT_NEAR(transfer.Evaluate(image.data(), nullptr).total, report.last.total, 1e-5 * report.last.total);
    EXPECT_LE(report.evaluations, 100u);
  }
}

TEST(StyleTransfer, FindsTheContentFromNoise)
{
  const auto              network = MakeVGG19(R"({"width":32,"linear_layers":0})");
  const auto              content = MakePicture(Width, Height, 1);
  StyleTransferParameters parameters;
  // Linear, and with more maps than the 27 values of a window: the picture is the only one with these features.
  parameters.contentLayers = { { "conv1_1", 1.0 } };
  parameters.styleLayers.clear();
  parameters.tolerance = 1e-6;
  StyleTransfer      transfer(*network, PlanesOf(content), PlanesOf(content), parameters);
  std::vector<float> image(content.size());
  std::mt19937       generator(9);
  std::generate(image.begin(), image.end(), [&]() { return static_cast<float>(generator() / 4294967296.0); });
  EXPECT_GT(MeanDifference(image, content), 0.2);
  transfer.Run(image.data(), Ignore);
  EXPECT_LT(MeanDifference(image, content), 2e-3);

  // What has no loss stays as it is.
  image = content;
  const auto report = transfer.Run(image.data(), Ignore);
  EXPECT_TRUE(report.hasConverged);
  EXPECT_EQ(report.iterations, 0u);
  EXPECT_EQ(image, content);
}

TEST(StyleTransfer, StopsAtItsToleranceAndIsReproducible)
{
  const auto              network = MakeVGG19();
  const auto              content = MakePicture(Width, Height, 1);
  const auto              style = MakePicture(48, 37, 2);
  StyleTransferParameters parameters;
  parameters.tolerance = 0.3;
  std::vector<std::vector<float>> images;
  for (int run = 0; run < 2; ++run)
  {
    StyleTransfer transfer(*network, PlanesOf(content), PlanesOf(style, 48, 37), parameters);
    images.push_back(content);
    const auto report = transfer.Run(images.back().data(), Ignore);
    EXPECT_TRUE(report.hasConverged);
    EXPECT_LT(report.iterations, 200u);
    const double before = report.losses.at(report.losses.size() - 11);
    EXPECT_LE(std::abs(before - report.losses.back()), 0.3 * before);
  }
  EXPECT_EQ(images[0], images[1]);
  EXPECT_NE(images[0], content);
}

TEST(StyleTransfer, LeavesTheNetworkAsItWas)
{
  const auto              network = MakeVGG19();
  const auto              content = MakePicture(Width, Height, 1);
  const auto              before = network->RunLayers(content.data(), 1, { { Width, Height, 1 } }, { "relu5_1" });
  StyleTransferParameters parameters;
  parameters.maximumNumberOfIterations = 5;
  const auto         style = MakePicture(Width, Height, 2);
  StyleTransfer      transfer(*network, PlanesOf(content), PlanesOf(style), parameters);
  std::vector<float> image = content;
  transfer.Run(image.data(), Ignore);
  const auto after = network->RunLayers(content.data(), 1, { { Width, Height, 1 } }, { "relu5_1" });
  const auto count = static_cast<std::size_t>(before[0].channels * before[0].size[0] * before[0].size[1]);
  ASSERT_GT(count, 0u);
  for (std::size_t i = 0; i < count; ++i)
  {
    ASSERT_EQ(before[0].data[i], after[0].data[i]);
  }
}

TEST(StyleTransfer, CanBeStopped)
{
  const auto         network = MakeVGG19();
  const auto         content = MakePicture(Width, Height, 1);
  const auto         style = MakePicture(Width, Height, 2);
  StyleTransfer      transfer(*network, PlanesOf(content), PlanesOf(style), {});
  std::vector<float> image = content;
  unsigned int       last = 0;
  EXPECT_THROW(transfer.Run(image.data(),
                            [&](unsigned int iteration, const StyleTransferLoss &)
                            {
                              last = iteration;
                              if (iteration == 3)
                              {
                                throw std::out_of_range("stop");
                              }
                            }),
               std::out_of_range);
  EXPECT_EQ(last, 3u);
}

TEST(StyleTransfer, NamesWhatIsWrong)
{
  const auto              network = MakeVGG19();
  StyleTransferParameters parameters;
  EXPECT_EQ(ErrorOf(*network, parameters), "no error");
  EXPECT_EQ(ErrorOf(*network, parameters, 15),
            "The content has 15 x 15 pixels, but layer relu5_1 needs 16 along both axes.");
  EXPECT_EQ(ErrorOf(*MakeVGG19(R"({"width":2,"linear_layers":0,"input_channels":1})"), parameters),
            "The model's first layer takes 1 channels, but the style's colours have 3.");
  EXPECT_EQ(ErrorOf(*MakeNetwork("PatchDiscriminator", R"({"width":2})", 1), parameters),
            "The model is a PatchDiscriminator, but VGG19 is wanted.");
  parameters.contentLayers = { { "relu9_1", 1.0 } };
  EXPECT_EQ(ErrorOf(*network, parameters).rfind("There is no layer \"relu9_1\"", 0), 0u);
  parameters.contentLayers = { { "fc6", 1.0 } };
  EXPECT_EQ(ErrorOf(*MakeVGG19(R"({"width":2,"linear_layers":1,"hidden":4})"), parameters),
            "Layer fc6 makes no feature maps, but relu1_1 ... relu5_4 do.");
}
