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
#include "itkNetwork.h"
#include "itkSafetensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>

#include <sys/resource.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace itk::colorization;

namespace
{
struct Case
{
  std::string                 name;
  std::string                 architecture;
  std::string                 hyperParameters;
  std::array<std::int64_t, 3> size;
  std::vector<std::string>    layers{};
};

const std::vector<std::string> AllLayers{ "conv1_1", "relu1_1", "relu1_2", "pool1",   "relu2_1", "relu2_2",
                                          "pool2",   "relu3_1", "relu3_2", "relu3_3", "relu3_4", "pool3",
                                          "relu4_1", "relu4_2", "relu4_3", "relu4_4", "pool4",   "conv5_1",
                                          "relu5_1", "relu5_2", "relu5_3", "relu5_4", "pool5" };

std::vector<std::string>
WithClassifier()
{
  std::vector<std::string> layers = AllLayers;
  layers.insert(layers.end(), { "fc6", "fc7", "fc8" });
  return layers;
}

/** Narrow versions, and the real VGG-19 features. */
const std::vector<Case> Cases{
  { "fcn3d", "FCN3D", R"({"widths":[8,12,16,20,16,12,8,1]})", { { 12, 9, 7 } } },
  { "fcn3d-discriminator", "FCN3DDiscriminator", R"({"widths":[16,16,8,4]})", { { 32, 32, 32 } } },
  { "cross-modal", "CrossModalGenerator", R"({"width":8,"blocks":3,"reduction":4})", { { 36, 28, 1 } } },
  { "towards-mri",
    "CrossModalGenerator",
    R"({"width":8,"blocks":2,"decoders":1,"input_channels":3,"output_channels":1})",
    { { 32, 32, 1 } } },
  { "five-layer", "FiveLayerDiscriminator", R"({"widths":[4,8,8,16,16],"input_size":64})", { { 64, 64, 1 } } },
  { "color-unet", "ColorUNet", R"({"widths":[4,8,8,12]})", { { 48, 32, 1 } } },
  { "unet", "UNetSegmenter", R"({"width":4,"classes":5})", { { 48, 32, 1 } } },
  { "colormedgan", "ColorMedGANGenerator", R"({"width":8})", { { 40, 24, 1 } } },
  { "towards-gray",
    "ColorMedGANGenerator",
    R"({"width":4,"input_channels":3,"output_channels":1})",
    { { 24, 24, 1 } } },
  { "colormedgan-segmenter", "ColorMedGANSegmenter", R"({"width":8})", { { 24, 40, 1 } } },
  { "edge-aware", "EdgeAwareDiscriminator", R"({"width":8})", { { 40, 32, 1 } } },
  { "pix2pix", "Pix2PixGenerator", R"({"width":4})", { { 256, 512, 1 } } },
  { "patch", "PatchDiscriminator", R"({"width":4})", { { 72, 64, 1 } } },
  { "vgg19", "VGG19", R"({"linear_layers":0})", { { 40, 48, 1 } }, AllLayers },
  { "vgg19-gray", "VGG19", R"({"linear_layers":0,"input_channels":1,"width":16})", { { 48, 33, 1 } }, AllLayers },
  { "vgg19-classifier", "VGG19", R"({"width":4,"hidden":32,"classes":10})", { { 64, 40, 1 } }, WithClassifier() },
  { "lpips-alexnet", "LPIPSAlexNet", "{}", { { 63, 32, 1 } } },
  { "lpips-vgg16", "LPIPSVGG16", R"({"width":8})", { { 39, 48, 1 } } },
};

class NetworkAgainstPython : public testing::TestWithParam<Case>
{
protected:
  static void
  SetUpTestSuite()
  {
    s_Folder = fs::temp_directory_path() / ("colorization-networks-" + std::to_string(getpid()));
    fs::create_directories(s_Folder);
    for (const Case & item : Cases)
    {
      const auto network = MakeNetwork(item.architecture, item.hyperParameters, 11);
      SaveNetwork(*network, network->GetMetadata(), File(item.name, "safetensors"));
      ChangeNorms(item.name);
      const std::vector<float> input = Input(item, *network);
      TensorView               view;
      view.shape = { Batch, network->GetMetadata().inputChannels };
      for (unsigned int axis = network->GetMetadata().dimension; axis-- > 0;)
      {
        view.shape.push_back(item.size[axis]);
      }
      view.data = reinterpret_cast<const unsigned char *>(input.data());
      view.bytes = input.size() * sizeof(float);
      WriteSafetensors(File(item.name, "input"), { { "input", view } }, {});
    }
    const std::string command = "'" COLORIZATION_PYTHON "' '" COLORIZATION_NETWORK_REFERENCE "' '" + s_Folder.string() +
                                "' >'" + (s_Folder / "counts.txt").string() + "'";
    s_PythonCode = std::system(command.c_str());
    std::ifstream counts(s_Folder / "counts.txt");
    std::string   name;
    for (std::int64_t count = 0; counts >> name >> count;)
    {
      s_Counts[name] = count;
    }
  }
  static void
  TearDownTestSuite()
  {
    fs::remove_all(s_Folder);
  }

  static std::string
  File(const std::string & name, const std::string & ending)
  {
    return (s_Folder / (name + '.' + ending)).string();
  }

  static std::vector<float>
  Input(const Case & item, const Network & network)
  {
    const auto         count = Batch * network.GetMetadata().inputChannels * item.size[0] * item.size[1] * item.size[2];
    std::vector<float> values(static_cast<std::size_t>(count));
    std::mt19937       generator(3);
    std::uniform_real_distribution<float> distribution(-1.0f, 1.0f);
    std::generate(values.begin(), values.end(), [&]() { return distribution(generator); });
    return values;
  }

  /** Fresh batch norms do nothing: theirs become any. */
  static void
  ChangeNorms(const std::string & name)
  {
    std::map<std::string, std::vector<float>> values;
    std::map<std::string, TensorView>         views;
    std::map<std::string, std::string>        metadata;
    {
      const SafetensorsFile file(File(name, "safetensors"));
      metadata = file.GetMetadata();
      std::mt19937                          generator(5);
      std::uniform_real_distribution<float> distribution(0.5f, 1.5f);
      for (const auto & [key, view] : file.GetTensors())
      {
        const auto * begin = reinterpret_cast<const float *>(view.data);
        values[key].assign(begin, begin + view.bytes / sizeof(float));
        if (key.find("norm") != std::string::npos)
        {
          std::generate(values[key].begin(), values[key].end(), [&]() { return distribution(generator); });
        }
        views[key] = view;
        views[key].data = reinterpret_cast<const unsigned char *>(values[key].data());
      }
    }
    WriteSafetensors(File(name, "safetensors"), views, metadata);
  }

  static constexpr std::int64_t Batch = 2;

  static fs::path                            s_Folder;
  static int                                 s_PythonCode;
  static std::map<std::string, std::int64_t> s_Counts;
};

fs::path                            NetworkAgainstPython::s_Folder;
int                                 NetworkAgainstPython::s_PythonCode = -1;
std::map<std::string, std::int64_t> NetworkAgainstPython::s_Counts;
} // namespace

TEST_P(NetworkAgainstPython, GivesTheSameOutput)
{
  const Case & item = GetParam();
  ASSERT_EQ(s_PythonCode, 0);
  const auto network = LoadNetwork(File(item.name, "safetensors"), { "cpu", "float32" });
  EXPECT_EQ(network->GetNumberOfParameters(), s_Counts.at(item.name));
  const std::vector<float>   input = Input(item, *network);
  std::vector<NetworkOutput> outputs;
  std::vector<std::string>   names = item.layers;
  const SafetensorsFile      reference(File(item.name, "output"));
  if (!item.layers.empty())
  {
    outputs = network->RunLayers(input.data(), Batch, item.size, item.layers);
  }
  else
  {
    for (std::size_t i = 0; i < reference.GetTensors().size(); ++i)
    {
      names.push_back("output" + std::to_string(i));
      // Judges make one number an image, which is no tile.
      outputs.push_back(item.architecture == "FCN3DDiscriminator" || item.architecture == "FiveLayerDiscriminator"
                          ? network->RunLayers(input.data(), Batch, item.size, {}).at(0)
                          : network->Run(input.data(), Batch, item.size, i));
    }
  }
  ASSERT_EQ(outputs.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i)
  {
    const TensorView &    view = reference.GetTensors().at(names[i]);
    const NetworkOutput & output = outputs[i];
    const auto            count =
      static_cast<std::size_t>(output.batch * output.channels * output.size[0] * output.size[1] * output.size[2]);
    ASSERT_EQ(count * sizeof(float), view.bytes) << names[i];
    ASSERT_EQ(output.channels, view.shape[1]);
    const auto * wanted = reinterpret_cast<const float *>(view.data);
    float        largest = 0.0f;
    float        difference = 0.0f;
    for (std::size_t k = 0; k < count; ++k)
    {
      largest = std::max(largest, std::abs(wanted[k]));
      difference = std::max(difference, std::abs(output.data[k] - wanted[k]));
    }
    EXPECT_GT(largest, 0.0f) << names[i];
    EXPECT_LE(difference, 1e-5f * largest) << names[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Networks,
                         NetworkAgainstPython,
                         testing::ValuesIn(Cases),
                         [](const testing::TestParamInfo<Case> & info)
                         {
                           std::string name = info.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

namespace
{
std::string
ErrorOf(const std::function<void()> & call)
{
  try
  {
    call();
  }
  catch (const ModelError & error)
  {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  return "no error";
}

/** Part of a text, with a message that shows all of it. */
void
ExpectPart(const std::string & text, const std::string & part)
{
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

/** Bytes of address space that this process has. */
rlim_t
MemoryInUse()
{
  std::ifstream pages("/proc/self/statm");
  rlim_t        count = 0;
  pages >> count;
  return count * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
}

rlimit
MemoryLimit()
{
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  return limit;
}

void
SetMemoryLimit(const rlimit & limit)
{
  setrlimit(RLIMIT_AS, &limit);
}

std::int64_t
CountOf(const std::string & architecture, const std::string & hyperParameters = "{}")
{
  return MakeNetwork(architecture, hyperParameters, 1)->GetNumberOfParameters();
}

class ModelFile : public testing::Test
{
protected:
  static void
  SetUpTestSuite()
  {
    s_Folder = fs::temp_directory_path() / ("colorization-models-" + std::to_string(getpid()));
    fs::create_directories(s_Folder);
    const std::string command =
      "'" COLORIZATION_PYTHON "' '" COLORIZATION_SCRIPT_MAKER "' '" + s_Folder.string() + "' 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const auto network = MakeNetwork("EdgeAwareDiscriminator", R"({"width":2,"input_channels":1})", 1);
    SaveNetwork(*network, network->GetMetadata(), File("judge.safetensors"));
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

  static std::string
  LoadError(const std::string & name, const NetworkOptions & options = { "cpu", "float32" })
  {
    return ErrorOf([&]() { LoadNetwork(File(name), options); });
  }

  /** Loads a script and runs it on two tiles of 8x8 or 8x8x8. */
  static std::string
  RunError(const std::string & name)
  {
    return ErrorOf(
      [&]()
      {
        const auto               network = LoadNetwork(File(name), { "cpu", "float32" });
        const bool               isVolume = network->GetMetadata().dimension == 3;
        const std::vector<float> input(
          static_cast<std::size_t>(2 * 64 * (isVolume ? 8 : 1) * network->GetMetadata().inputChannels),
          1.0f);
        network->Run(input.data(), 2, { { 8, 8, isVolume ? 8 : 1 } });
      });
  }

  /** judge.safetensors with its tensors and notes changed. */
  static std::string
  ChangedError(
    const std::function<void(std::map<std::string, TensorView> &, std::map<std::string, std::string> &)> & change)
  {
    const SafetensorsFile file(File("judge.safetensors"));
    auto                  tensors = file.GetTensors();
    auto                  metadata = file.GetMetadata();
    change(tensors, metadata);
    WriteSafetensors(File("changed.safetensors"), tensors, metadata);
    return LoadError("changed.safetensors");
  }

  static fs::path s_Folder;
};

fs::path ModelFile::s_Folder;
} // namespace

TEST(Network, HasThePapersParameters)
{
  EXPECT_EQ(CountOf("FCN3D"), 9297409);
  EXPECT_EQ(CountOf("VGG19"), 143667240);
  EXPECT_EQ(CountOf("FCN3DDiscriminator"), 2884929);
  EXPECT_EQ(CountOf("CrossModalGenerator"), 102629558);
  EXPECT_EQ(CountOf("FiveLayerDiscriminator"), 6984129);
  EXPECT_EQ(CountOf("UNetSegmenter"), 31046446);
  EXPECT_EQ(CountOf("ColorMedGANGenerator"), 10466055);
  EXPECT_EQ(CountOf("ColorMedGANSegmenter"), 5234628);
  EXPECT_EQ(CountOf("EdgeAwareDiscriminator"), 434881);
  EXPECT_EQ(CountOf("Pix2PixGenerator"), 217617667);
  EXPECT_EQ(CountOf("Pix2PixGenerator", R"({"width":64})"), 54413955);
  EXPECT_EQ(CountOf("PatchDiscriminator"), 2768705);
  EXPECT_EQ(CountOf("LPIPSAlexNet"), 2469696 + 64 + 192 + 384 + 256 + 256);
  EXPECT_EQ(CountOf("LPIPSVGG16"), 14714688 + 64 + 128 + 256 + 512 + 512);
}

TEST(Network, RefusesUnknownArchitecturesAndHyperParameters)
{
  ExpectPart(ErrorOf([]() { CountOf("FCN4D"); }), "has to be one of ColorMedGANGenerator, ");
  ExpectPart(ErrorOf([]() { CountOf("FCN3D", R"({"depth":3})"); }), "no hyper-parameter \"depth\"");
  ExpectPart(ErrorOf([]() { CountOf("FCN3D", R"({"widths":7})"); }), "widths is 7, which is of another type");
  ExpectPart(ErrorOf([]() { CountOf("FCN3D", R"({"widths":[8,-1]})"); }), "widths is -1, but has to be in 1 ... 4096");
  ExpectPart(ErrorOf([]() { CountOf("FCN3D", R"({"widths":[]})"); }), "count of widths is 0");
  ExpectPart(ErrorOf([]() { CountOf("CrossModalGenerator", R"({"reduction":0})"); }), "reduction is 0");
  ExpectPart(ErrorOf([]() { CountOf("VGG19", R"({"linear_layers":4})"); }), "linear_layers is 4");
  ExpectPart(ErrorOf([]() { CountOf("FCN3D", "7"); }), "no JSON object");
}

TEST(Network, InferenceLeavesSpectralNormAsItIs)
{
  const auto               network = MakeNetwork("EdgeAwareDiscriminator", R"({"width":4})", 1);
  const std::vector<float> input(3 * 16 * 16, 0.5f);
  const auto               first = network->Run(input.data(), 1, { { 16, 16, 1 } });
  const auto               second = network->Run(input.data(), 1, { { 16, 16, 1 } });
  ASSERT_EQ(first.size[0], 4);
  for (int i = 0; i < 16; ++i)
  {
    EXPECT_EQ(first.data[i], second.data[i]);
  }
}

TEST_F(ModelFile, KeepsItsMetadata)
{
  const auto      network = MakeNetwork("UNetSegmenter", R"({"width":2,"input_channels":3,"classes":3})", 1);
  NetworkMetadata metadata = network->GetMetadata();
  metadata.slices = 3;
  metadata.normalization.kind = NetworkNormalizationKind::Percentiles;
  metadata.normalization.lowerPercentile = 1.5;
  metadata.normalization.outputMinimum = -1.0;
  metadata.normalization.clamp = false;
  metadata.colorSpace = NetworkColorSpace::Lab;
  metadata.outputScale = { 100.0, 128.0, 128.0 };
  metadata.tileSize = { 64, 32 };
  metadata.overlap = 0.5;
  metadata.training = "by hand";
  SaveNetwork(*network, metadata, File("segmenter.safetensors"));
  const auto              again = LoadNetwork(File("segmenter.safetensors"), { "cpu", "float32" });
  const NetworkMetadata & read = again->GetMetadata();
  EXPECT_EQ(read.architecture, "UNetSegmenter");
  EXPECT_EQ(read.hyperParameters, network->GetMetadata().hyperParameters);
  EXPECT_EQ(read.slices, 3);
  EXPECT_EQ(read.sizeMultiple, 16);
  EXPECT_EQ(read.normalization.kind, NetworkNormalizationKind::Percentiles);
  EXPECT_EQ(read.normalization.lowerPercentile, 1.5);
  EXPECT_EQ(read.normalization.outputMinimum, -1.0);
  EXPECT_FALSE(read.normalization.clamp);
  EXPECT_EQ(read.colorSpace, NetworkColorSpace::Lab);
  EXPECT_EQ(read.outputScale, metadata.outputScale);
  EXPECT_EQ(read.tileSize, metadata.tileSize);
  EXPECT_EQ(read.overlap, 0.5);
  EXPECT_EQ(read.training, "by hand");
}

TEST_F(ModelFile, KeepsARangeForEachComponent)
{
  const auto      network = MakeNetwork("Pix2PixGenerator", R"({"width":2,"input_channels":3})", 1);
  NetworkMetadata metadata = network->GetMetadata();
  metadata.normalization.kind = NetworkNormalizationKind::Range;
  metadata.normalization.inputMinimum = { -1000.0, 0.0, 2.5 };
  metadata.normalization.inputMaximum = { 3096.0, 80.0, 1500.0 };
  SaveNetwork(*network, metadata, File("ranges.safetensors"));
  const auto again = LoadNetwork(File("ranges.safetensors"), { "cpu", "float32" });
  EXPECT_EQ(again->GetMetadata().normalization.inputMinimum, metadata.normalization.inputMinimum);
  EXPECT_EQ(again->GetMetadata().normalization.inputMaximum, metadata.normalization.inputMaximum);

  const auto errorWith = [](const std::string & input)
  { return ChangedError([&](auto &, auto & notes) { notes["input"] = input; }); };
  ExpectPart(errorWith(R"({"normalization":"range","channels":1,"range":[[0,1],[0,2]]})"),
             "input.range has 2 ranges, but 1 or 1 are wanted");
  ExpectPart(errorWith(R"({"normalization":"range","channels":2,"range":[[0,1],[2,2]]})"), "input.range has to rise");
  ExpectPart(errorWith(R"({"normalization":"range","range":[]})"), "input.range has to have two numbers");
  ExpectPart(errorWith(R"({"normalization":"range","range":[[0,1,2]]})"), "input.range has to have two numbers");
  ExpectPart(errorWith(R"({"normalization":"range","range":["a",1]})"), "input.range has to have two numbers");
  ExpectPart(errorWith(R"({"normalization":"range","range":7})"), "input.range has to have two numbers");
}

TEST_F(ModelFile, NamesEachTensorThatDoesNotFit)
{
  const std::string error = ChangedError(
    [](auto & tensors, auto &)
    {
      tensors.erase("conv1.bias");
      tensors["other.weight"] = tensors.at("conv2.bias");
      tensors.at("conv2.weight_orig").shape = { 64, 2 };
      tensors.at("last.bias").shape = { 2 };
      tensors.at("last.bias").typeName = "F16";
    });
  ExpectPart(error, "4 tensors do not fit EdgeAwareDiscriminator");
  ExpectPart(error, "conv1.bias is missing");
  ExpectPart(error, "other.weight is not of this architecture");
  ExpectPart(error, "conv2.weight_orig has shape [64, 2], but [4, 2, 4, 4] is wanted");
  ExpectPart(error, "last.bias has shape [2], but [1] is wanted");
  ExpectPart(ChangedError([](auto & tensors, auto &) { tensors.at("last.bias").typeName = "I32"; }),
             "last.bias has dtype I32, but F32, F16 or BF16 is wanted");
  ExpectPart(ChangedError([](auto &, auto & metadata) { metadata.at("architecture") = "UNetSegmenter"; }),
             "tensors do not fit UNetSegmenter: conv.bias is missing; ");
  ExpectPart(ChangedError([](auto &, auto & metadata) { metadata.erase("architecture"); }), "name no architecture");
  ExpectPart(ChangedError([](auto &, auto & metadata) { metadata.at("tile") = R"({"overlap":1.5})"; }),
             "tile.overlap is 1.5");
  ExpectPart(ChangedError([](auto &, auto & metadata) { metadata.at("tile") = R"({"size":[0]})"; }), "tile.size is 0");
  ExpectPart(ChangedError([](auto &, auto & metadata) { metadata.at("input") = R"({"slices":2})"; }),
             "input.slices is 2");
  ExpectPart(ChangedError([](auto &, auto & metadata) { metadata.at("output") = R"({"color_space":"cmyk"})"; }),
             "has to be one of none, luminance, rgb, lab, yuv");
  ExpectPart(ChangedError([](auto &, auto & metadata) { metadata.at("output") = "["; }), "output is no JSON object");
}

/** A file of a few bytes whose notes ask for terabytes is refused before any memory is taken for them. */
TEST_F(ModelFile, RefusesHyperParametersThatItsTensorsDoNotHave)
{
  const std::map<std::string, std::string> greatest{
    { "FCN3D", R"({"widths":[4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,4096,1]})" },
    { "FCN3DDiscriminator", R"({"widths":[4096,4096,4096,4096,4096],"input_size":512})" },
    { "CrossModalGenerator", R"({"width":4096})" },
    { "FiveLayerDiscriminator", R"({"widths":[4096,4096,4096,4096,4096]})" },
    { "ColorUNet", R"({"widths":[4096,4096,4096,4096,4096,4096,4096,4096]})" },
    { "UNetSegmenter", R"({"width":4096})" },
    { "ColorMedGANGenerator", R"({"width":4096})" },
    { "ColorMedGANSegmenter", R"({"width":4096})" },
    { "EdgeAwareDiscriminator", R"({"width":4096})" },
    { "Pix2PixGenerator", R"({"width":4096})" },
    { "PatchDiscriminator", R"({"width":4096})" },
    { "VGG19", R"({"width":4096,"hidden":65536})" },
    { "LPIPSAlexNet", R"({"width":4096})" },
    { "LPIPSVGG16", R"({"width":4096})" }
  };
  const auto       names = GetArchitectures();
  const rlimit     before = MemoryLimit();
  constexpr rlim_t most = rlim_t{ 4 } << 30;
  for (const std::string & name : names)
  {
    SCOPED_TRACE(name);
    ASSERT_EQ(greatest.count(name), 1u);
    SetMemoryLimit({ MemoryInUse() + most, before.rlim_max });
    const std::string error = ChangedError(
      [&](auto &, auto & metadata)
      {
        metadata["architecture"] = name;
        metadata["hyper_parameters"] = greatest.at(name);
      });
    SetMemoryLimit(before);
    ExpectPart(error, " tensors do not fit " + name + ": ");
  }
  ExpectPart(ChangedError([](auto &, auto & metadata) { metadata["tile"] = R"({"size":[65536],"batch":4096})"; }),
             "tiles ask for 65536 GiB at once, but 8 have to do");
  // The notes tell of volumes, but the architecture is one of pictures.
  ExpectPart(ChangedError(
               [](auto &, auto & metadata)
               {
                 metadata["input"] = R"({"dimension":3})";
                 metadata["tile"] = R"({"size":[8,8,8]})";
               }),
             "tile.size has to have 1 or 2 numbers");
}

TEST_F(ModelFile, ReadsHalfPrecisionWeights)
{
  const auto network = MakeNetwork("PatchDiscriminator", R"({"width":2})", 1);
  SaveNetwork(*network, network->GetMetadata(), File("patch.safetensors"));
  std::map<std::string, std::vector<std::uint16_t>> halves;
  {
    const SafetensorsFile             file(File("patch.safetensors"));
    std::map<std::string, TensorView> views = file.GetTensors();
    for (auto & [name, view] : views)
    {
      // BF16 is the upper half of F32.
      for (std::size_t i = 0; i < view.bytes / 4; ++i)
      {
        halves[name].push_back(static_cast<std::uint16_t>(view.data[4 * i + 2] | view.data[4 * i + 3] << 8));
      }
      view.data = reinterpret_cast<const unsigned char *>(halves[name].data());
      view.bytes /= 2;
      view.typeName = "BF16";
    }
    WriteSafetensors(File("half.safetensors"), views, file.GetMetadata());
  }
  const auto               half = LoadNetwork(File("half.safetensors"), { "cpu", "float32" });
  const std::vector<float> input(6 * 32 * 32, 0.5f);
  const auto               a = network->Run(input.data(), 1, { { 32, 32, 1 } });
  const auto               b = half->Run(input.data(), 1, { { 32, 32, 1 } });
  EXPECT_NE(a.data[0], b.data[0]);
  EXPECT_NEAR(a.data[0], b.data[0], 0.01);
}

TEST_F(ModelFile, UnderstandsTheNamesOfTimm)
{
  const auto network = MakeNetwork("VGG19", R"({"width":4,"hidden":8,"classes":5})", 1);
  SaveNetwork(*network, network->GetMetadata(), File("torchvision.safetensors"));
  {
    const SafetensorsFile             file(File("torchvision.safetensors"));
    std::map<std::string, TensorView> timm;
    for (const auto & [name, view] : file.GetTensors())
    {
      std::string key = name;
      TensorView  tensor = view;
      for (const auto & [ours, theirs] : std::map<std::string, std::string>{ { "classifier.0", "pre_logits.fc1" },
                                                                             { "classifier.3", "pre_logits.fc2" },
                                                                             { "classifier.6", "head.fc" } })
      {
        if (name.compare(0, ours.size(), ours) == 0)
        {
          key = theirs + name.substr(ours.size());
          if (view.shape.size() == 2 && ours != "classifier.6")
          {
            tensor.shape = ours == "classifier.0" ? std::vector<std::int64_t>{ 8, 32, 7, 7 }
                                                  : std::vector<std::int64_t>{ 8, 8, 1, 1 };
          }
        }
      }
      timm[key] = tensor;
    }
    WriteSafetensors(File("timm.safetensors"), timm, {});
  }
  const auto again = LoadNetwork(File("timm.safetensors"), { "cpu", "float32" });
  EXPECT_EQ(again->GetMetadata().architecture, "VGG19");
  const std::vector<float> input(3 * 32 * 32, 0.5f);
  const auto               a = network->RunLayers(input.data(), 1, { { 32, 32, 1 } }, { "fc8", "relu1_1" });
  const auto               b = again->RunLayers(input.data(), 1, { { 32, 32, 1 } }, { "fc8", "relu1_1" });
  ASSERT_EQ(a[0].channels, 5);
  for (int i = 0; i < 5; ++i)
  {
    EXPECT_EQ(a[0].data[i], b[0].data[i]);
  }
  ExpectPart(ErrorOf(
               [&]() {
                 again->RunLayers(input.data(), 1, { { 32, 32, 1 } }, { "relu9_1" });
               }),
             "There is no layer \"relu9_1\"");
}

TEST_F(ModelFile, RunsTorchScript)
{
  const auto script = LoadNetwork(File("slices.pt"), { "cpu", "float32" });
  EXPECT_EQ(script->GetMetadata().architecture, "TorchScript");
  EXPECT_EQ(script->GetMetadata().dimension, 2u);
  EXPECT_EQ(script->GetMetadata().inputChannels, 2);
  EXPECT_EQ(LoadNetwork(File("volumes.pt"), { "cpu", "float32" })->GetMetadata().dimension, 3u);
  const auto noted = LoadNetwork(File("noted.pt"), { "cpu", "float32" });
  EXPECT_EQ(noted->GetMetadata().normalization.kind, NetworkNormalizationKind::Range);
  EXPECT_EQ(noted->GetMetadata().normalization.inputMaximum, std::vector<double>{ 255.0 });
  EXPECT_EQ(noted->GetMetadata().overlap, 0.5);
  const std::vector<float> input(2 * 64, 1.0f);
  EXPECT_NO_THROW(script->Run(input.data(), 1, { { 8, 8, 1 } }));
}

TEST_F(ModelFile, RefusesHostileScripts)
{
  ExpectPart(LoadError("arity.pt"), "forward() takes 2 inputs, but one tensor is wanted");
  ExpectPart(RunError("flat.pt"), "makes a tensor of shape [2, 4] from 2 tiles, but 4 axes are wanted");
  ExpectPart(RunError("dictionary.pt"), "but a tensor is wanted");
  ExpectPart(RunError("raises.pt"), "this network refuses");
  ExpectPart(RunError("mismatch.pt"), "the network failed: ");
  ExpectPart(LoadError("pickle.pt"), "no whole TorchScript file");
  ExpectPart(LoadError("cut.pt"), "no whole TorchScript file");
  ExpectPart(LoadError("bad-notes.pt"), "input.dimension");
  ExpectPart(LoadError("absent.pt"), "cannot be read: No such file");
}

TEST_F(ModelFile, RefusesDevicesThatAreNotThere)
{
  ExpectPart(LoadError("judge.safetensors", { "tpu", "float32" }), "has to be auto, cpu, or cuda:N");
  ExpectPart(LoadError("judge.safetensors", { "cuda:x", "float32" }), "has to be auto, cpu, or cuda:N");
  ExpectPart(LoadError("judge.safetensors", { "cuda:99", "float32" }), "The device is \"cuda:99\", but Torch finds");
  ExpectPart(LoadError("judge.safetensors", { "cpu", "float16" }), "the processor computes in float32 only");
  ExpectPart(LoadError("judge.safetensors", { "cpu", "int8" }), "has to be float32, float16 or bfloat16");
}
