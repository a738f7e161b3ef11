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
#include "itkNetworkImageFilter.h"
#include "ColorizationTestUtilities.h"

#include "itkRGBPixel.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace fs = std::filesystem;
using namespace ColorizationTest;

namespace
{
using ShortType = itk::Image<short, 3>;
using FloatType = itk::Image<float, 3>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using VectorType = itk::VectorImage<float, 3>;
using MetadataType = itk::NetworkModel::MetadataType;

ShortType::Pointer
MakeVolume()
{
  return MakeImageOf<ShortType>({ { 37, 30, 41 } },
                                [](const ShortType::IndexType & p)
                                {
                                  return static_cast<short>(
                                    500.0 * std::sin(0.3 * p[0]) * std::cos(0.2 * p[1]) + 8 * p[2] +
                                    100.0 * Noise(static_cast<std::uint32_t>(p[0] + 41 * p[1] + 1789 * p[2])));
                                });
}

itk::NetworkModel::Pointer
MakeModel(const std::string & architecture, const std::string & hyperParameters)
{
  auto model = itk::NetworkModel::New();
  model->Initialize(architecture, hyperParameters, 3);
  MetadataType metadata = model->GetMetadata();
  metadata.normalization.kind = itk::colorization::NetworkNormalizationKind::Range;
  metadata.normalization.inputMinimum = { -500.0 };
  metadata.normalization.inputMaximum = { 1000.0 };
  model->SetMetadata(metadata);
  return model;
}

itk::NetworkModel::Pointer
MakeVolumeModel()
{
  auto         model = MakeModel("FCN3D", R"({"widths":[4,6,1]})");
  MetadataType metadata = model->GetMetadata();
  metadata.colorSpace = itk::colorization::NetworkColorSpace::Luminance;
  metadata.tileSize = { 16, 14, 12 };
  model->SetMetadata(metadata);
  return model;
}

itk::NetworkModel::Pointer
MakeSliceModel()
{
  auto         model = MakeModel("ColorMedGANGenerator", R"({"width":4,"classes":3})");
  MetadataType metadata = model->GetMetadata();
  metadata.colorSpace = itk::colorization::NetworkColorSpace::RGB;
  metadata.outputScale = { 0.5 };
  metadata.outputShift = { 0.5 };
  metadata.tileSize = { 24, 16 };
  model->SetMetadata(metadata);
  return model;
}

template <typename TInput, typename TOutput>
auto
MakeFilter(const TInput * input, itk::NetworkModel * model)
{
  auto filter = itk::NetworkImageFilter<TInput, TOutput>::New();
  filter->SetInput(input);
  filter->SetModel(model);
  // These networks are so small that LibTorch's threads would but wait for each other.
  filter->SetNumberOfWorkUnits(1);
  return filter;
}

class NetworkImageFilter : public testing::Test
{
protected:
  void
  SetUp() override
  {
    if (!itk::NetworkModel::IsAvailable())
    {
      GTEST_SKIP() << "this build has no LibTorch";
    }
  }
};
} // namespace

TEST(NetworkModel, SaysWhenThereIsNoTorch)
{
  if (itk::NetworkModel::IsAvailable())
  {
    EXPECT_FALSE(itk::NetworkModel::GetArchitectures().empty());
    return;
  }
  auto model = itk::NetworkModel::New();
  ExpectExceptionWith([&]() { model->Load("any.safetensors"); }, "has no LibTorch");
  ExpectExceptionWith([&]() { model->Initialize("FCN3D", "{}", 1); }, "has no LibTorch");
  auto filter = MakeFilter<ShortType, ColorType>(MakeVolume(), model);
  ExpectExceptionWith([&]() { filter->Update(); }, "has no LibTorch");
}

TEST(NetworkModel, LooksForFilesAndSaysWhereTheyCanBeHad)
{
  const fs::path folder = fs::temp_directory_path() / ("colorization-cache-" + std::to_string(getpid()));
  fs::create_directories(folder);
  unsetenv("ITK_COLORIZATION_MODELS");
  ExpectExceptionWith([]() { itk::NetworkModel::Locate("vgg19"); }, "ITK_COLORIZATION_MODELS names no folder");
  setenv("ITK_COLORIZATION_MODELS", folder.c_str(), 1);
  ExpectExceptionWith([]() { itk::NetworkModel::Locate("vgg19"); },
                      "huggingface.co/timm/vgg19.tv_in1k (574 MB, ImageNet weights of torchvision) and put it into "
                      "that folder as vgg19.safetensors");
  ExpectExceptionWith([]() { itk::NetworkModel::Locate("mine"); }, folder.string());
  std::ofstream(folder / "vgg19.safetensors") << "abc";
  EXPECT_EQ(itk::NetworkModel::Locate("vgg19"), (folder / "vgg19.safetensors").string());
  unsetenv("ITK_COLORIZATION_MODELS");
  fs::remove_all(folder);
}

TEST_F(NetworkImageFilter, TheModelThatShipsIsFoundAndColours)
{
  unsetenv("ITK_COLORIZATION_MODELS");
  auto model = itk::NetworkModel::New();
  model->Load(itk::NetworkModel::AnyContrast);
  const auto & metadata = model->GetMetadata();
  EXPECT_EQ(metadata.architecture, "ColorUNet");
  EXPECT_EQ(metadata.colorSpace, itk::colorization::NetworkColorSpace::Lab);
  EXPECT_TRUE(metadata.isUpright);
  EXPECT_LT(fs::file_size(itk::NetworkModel::Locate(itk::NetworkModel::AnyContrast)), 16u << 20);
  for (const char * part : { "any-contrast", "U.S. National Library of Medicine" })
  {
    EXPECT_NE(metadata.training.find(part), std::string::npos) << metadata.training;
  }
  // What comes first is a model of the same name in the user's folder.
  const fs::path folder = fs::temp_directory_path() / ("colorization-own-" + std::to_string(getpid()));
  fs::create_directories(folder);
  std::ofstream(folder / "any-contrast.safetensors") << "abc";
  setenv("ITK_COLORIZATION_MODELS", folder.c_str(), 1);
  EXPECT_EQ(itk::NetworkModel::Locate(itk::NetworkModel::AnyContrast), (folder / "any-contrast.safetensors").string());
  unsetenv("ITK_COLORIZATION_MODELS");
  fs::remove_all(folder);
}

TEST_F(NetworkImageFilter, ModelIsSavedLoadedAndHashed)
{
  const std::string path =
    (fs::temp_directory_path() / ("model-" + std::to_string(getpid()) + ".safetensors")).string();
  auto model = MakeVolumeModel();
  model->Save(path);
  auto again = itk::NetworkModel::New();
  ExpectExceptionWith([&]() { again->GetNumberOfParameters(); }, "No model is loaded.");
  again->SetDevice("cpu");
  again->Load(path);
  EXPECT_EQ(again->GetNumberOfParameters(), model->GetNumberOfParameters());
  EXPECT_EQ(again->GetDeviceInUse(), "cpu");
  EXPECT_EQ(again->GetMetadata().tileSize, model->GetMetadata().tileSize);
  EXPECT_EQ(again->GetSHA256().size(), 64u);
  EXPECT_NO_THROW(again->VerifySHA256(again->GetSHA256()));
  ExpectExceptionWith([&]() { again->VerifySHA256("00"); }, "but 00 is wanted");
  std::ofstream(path) << "abc";
  ExpectExceptionWith([&]() { again->Load(path); }, "this is no whole safetensors file");
  EXPECT_TRUE(again->IsLoaded());
  fs::remove(path);
}

TEST_F(NetworkImageFilter, StreamsBlocksAndSlicesBitForBit)
{
  const auto volume = MakeVolume();
  auto       blocks = MakeFilter<ShortType, FloatType>(volume, MakeVolumeModel());
  ExpectStreamedEqualsWhole(blocks.GetPointer(), 7);
  ExpectSameGeometry(volume.GetPointer(), blocks->GetOutput());
  for (const unsigned int axis : { 0u, 1u, 2u })
  {
    auto slices = MakeFilter<ShortType, ColorType>(volume, MakeSliceModel());
    slices->SetSliceAxis(axis);
    ExpectStreamedEqualsWhole(slices.GetPointer(), 7);
  }
  auto mean = MakeFilter<ShortType, ColorType>(volume, MakeSliceModel());
  mean->AverageOverAxesOn();
  ExpectStreamedEqualsWhole(mean.GetPointer(), 3);
}

TEST_F(NetworkImageFilter, StreamsWithStatisticsOfTheWhole)
{
  using Kind = itk::colorization::NetworkNormalizationKind;
  for (const Kind kind : { Kind::ZScore, Kind::Percentiles })
  {
    auto         model = MakeVolumeModel();
    MetadataType metadata = model->GetMetadata();
    metadata.normalization.kind = kind;
    model->SetMetadata(metadata);
    auto filter = MakeFilter<ShortType, FloatType>(MakeVolume(), model);
    ExpectStreamedEqualsWhole(filter.GetPointer(), 7);
  }
}

TEST_F(NetworkImageFilter, EqualsTheNetworkOnTheWholeWhereOverlapCoversIt)
{
  const auto volume = MakeVolume();
  auto       model = MakeVolumeModel();
  auto       tiled = MakeFilter<ShortType, FloatType>(volume, model);
  tiled->SetBlending(itk::colorization::TileBlending::Crop);
  tiled->SetOverlap(0.5);
  tiled->Update();
  EXPECT_GT(tiled->GetNumberOfTiles(), 20u);
  auto                             whole = MakeFilter<ShortType, FloatType>(volume, model);
  itk::FixedArray<unsigned int, 3> size;
  const itk::ImageRegion<3>        region = volume->GetLargestPossibleRegion();
  std::copy(region.GetSize().begin(), region.GetSize().end(), size.Begin());
  whole->SetTileSize(size);
  whole->Update();
  EXPECT_EQ(whole->GetNumberOfTiles(), 1u);
  itk::ImageRegionConstIteratorWithIndex<FloatType> a(tiled->GetOutput(), region);
  itk::ImageRegionConstIteratorWithIndex<FloatType> b(whole->GetOutput(), region);
  for (; !a.IsAtEnd(); ++a, ++b)
  {
    ASSERT_NEAR(a.Get(), b.Get(), 1e-5);
  }
}

TEST_F(NetworkImageFilter, KeepsLuminance)
{
  const auto volume = MakeVolume();
  auto       filter = MakeFilter<ShortType, ColorType>(volume, MakeSliceModel());
  filter->KeepLuminanceOn();
  filter->Update();
  EXPECT_EQ(filter->GetWindowMinimum(), -500.0);
  EXPECT_EQ(filter->GetWindowMaximum(), 1000.0);
  itk::ImageRegionConstIteratorWithIndex<ColorType> it(filter->GetOutput(), volume->GetLargestPossibleRegion());
  for (; !it.IsAtEnd(); ++it)
  {
    const double gray = std::min(std::max((volume->GetPixel(it.GetIndex()) + 500.0) / 1500.0, 0.0), 1.0);
    const auto & rgb = it.Get();
    const float  lightness = itk::colorization::RGBToLab({ { rgb[0] / 255.0f, rgb[1] / 255.0f, rgb[2] / 255.0f } })[0];
    ASSERT_NEAR(lightness, itk::colorization::GrayToLightness(static_cast<float>(gray)), 0.6);
  }
}

TEST_F(NetworkImageFilter, WritesAllChannelsOfNoColourSpace)
{
  auto model = MakeModel("UNetSegmenter", R"({"width":2,"classes":5,"input_channels":1})");
  auto filter = MakeFilter<ShortType, VectorType>(MakeVolume(), model);
  filter->Update();
  EXPECT_EQ(filter->GetOutput()->GetNumberOfComponentsPerPixel(), 5u);
  auto wrong = MakeFilter<ShortType, FloatType>(MakeVolume(), model);
  ExpectExceptionWith([&]() { wrong->Update(); }, "makes 5 channels, which do not fit the output's pixels of 1");
}

TEST_F(NetworkImageFilter, GivesTheSameForAnyThreads)
{
  ExpectSameForAnyThreads(MakeFilter<ShortType, FloatType>(MakeVolume(), MakeVolumeModel()).GetPointer());
}

TEST_F(NetworkImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter<ShortType, FloatType>(MakeVolume(), MakeVolumeModel()).GetPointer());
}

TEST_F(NetworkImageFilter, RunsOnPictures)
{
  using PictureType = itk::Image<float, 2>;
  const auto picture =
    MakeImageOf<PictureType>({ { 50, 33 } },
                             [](const PictureType::IndexType & p) { return static_cast<float>(p[0] * 10 - p[1]); });
  auto filter = MakeFilter<PictureType, itk::Image<itk::RGBPixel<unsigned char>, 2>>(picture, MakeSliceModel());
  ExpectStreamedEqualsWhole(filter.GetPointer(), 3);
  auto blocks = MakeFilter<PictureType, PictureType>(picture, MakeVolumeModel());
  ExpectExceptionWith([&]() { blocks->Update(); }, "works on volumes, but the input has 2 dimensions");
}

TEST_F(NetworkImageFilter, NamesWhatIsWrong)
{
  auto filter = MakeFilter<ShortType, ColorType>(MakeVolume(), nullptr);
  ExpectExceptionWith([&]() { filter->Update(); }, "No model is set that is loaded.");
  filter->SetModel(MakeSliceModel());
  filter->SetSliceAxis(3);
  ExpectExceptionWith([&]() { filter->Update(); }, "SliceAxis is 3");
  filter->SetSliceAxis(2);
  filter->SetOverlap(0.95);
  ExpectExceptionWith([&]() { filter->Update(); }, "Overlap is 0.95");
  filter->SetOverlap(0.25);
  filter->SetNetworkOutput(4);
  ExpectExceptionWith([&]() { filter->Update(); }, "output 4 is wanted, but the network has 1");
  filter->SetNetworkOutput(0);
  itk::FixedArray<unsigned int, 3> size;
  size.Fill(20);
  filter->SetTileSize(size);
  ExpectExceptionWith([&]() { filter->Update(); }, "multiples of 8");
  size.Fill(16);
  filter->SetTileSize(size);
  EXPECT_NO_THROW(filter->Update());

  filter->SetModel(MakeModel("ColorMedGANGenerator", R"({"width":2,"input_channels":3,"classes":0})"));
  ExpectExceptionWith([&]() { filter->Update(); }, "has 1 components a pixel, but the model wants 3");
  filter->SetModel(MakeModel("EdgeAwareDiscriminator", R"({"input_channels":1,"width":2})"));
  ExpectExceptionWith([&]() { filter->Update(); }, "but the same size is wanted");

  auto volume = MakeImage<FloatType>({ { 8, 8, 8 } });
  volume->SetPixel(volume->GetLargestPossibleRegion().GetIndex(), std::nanf(""));
  auto floats = MakeFilter<FloatType, FloatType>(volume, MakeVolumeModel());
  ExpectExceptionWith([&]() { floats->Update(); }, "holds 1 values that are NaN or infinite");
  auto         constant = MakeFilter<FloatType, FloatType>(MakeImage<FloatType>({ { 8, 8, 8 } }), MakeVolumeModel());
  MetadataType metadata = constant->GetModel()->GetMetadata();
  metadata.normalization.kind = itk::colorization::NetworkNormalizationKind::ZScore;
  constant->GetModel()->SetMetadata(metadata);
  EXPECT_THROW(constant->Update(), itk::ExceptionObject);
}
