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
#include "itkTorchNetwork.h"
#include "training/itkCTToRGBTraining.h"
#include "training/itkColorMedGANTraining.h"
#include "training/itkCrossModalTraining.h"
#include "training/itkCubeSampler.h"
#include "training/itkPairSampler.h"
#include "training/itkSegmentationLoss.h"
#include "training/itkSegmenterTraining.h"
#include "training/itkSliceSampler.h"
#include "training/itkTensorColor.h"
#include "training/itkTraining.h"
#include "training/itkVolumeGANTraining.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>

#include <unistd.h>

namespace fs = std::filesystem;
using namespace itk::colorization;

namespace
{
/** What a voxel of a made volume is. */
using Pattern = std::function<std::uint8_t(std::size_t x, std::size_t y, std::size_t z)>;

/** A volume that is made in code; a pattern's classes become values. */
struct MadeVolume
{
  std::vector<std::uint8_t> values{};
  std::vector<std::uint8_t> tissue{};
  TrainingVolume            volume{};

  MadeVolume(const std::string &                              name,
             TrainingKind                                     kind,
             const std::array<std::size_t, 3> &               size,
             const Pattern &                                  pattern,
             const std::vector<std::array<std::uint8_t, 3>> & looks)
  {
    const std::int64_t channels = kind == TrainingKind::Color ? 3 : 1;
    for (std::size_t i = 0; i < size[0] * size[1] * size[2]; ++i)
    {
      const std::uint8_t what = pattern(i % size[0], i / size[0] % size[1], i / size[0] / size[1]);
      for (std::int64_t c = 0; c < channels; ++c)
      {
        values.push_back(looks.at(what)[static_cast<std::size_t>(c)]);
      }
      tissue.push_back(what == 0 ? Outside : Tissue);
    }
    for (std::size_t z = 0; z < size[2]; ++z)
    {
      volume.positions.push_back(static_cast<float>(z));
    }
    const std::vector<std::int64_t> shape{ static_cast<std::int64_t>(size[2]),
                                           static_cast<std::int64_t>(size[1]),
                                           static_cast<std::int64_t>(size[0]) };
    std::vector<std::int64_t>       shapeOfValues = shape;
    if (kind == TrainingKind::Color)
    {
      shapeOfValues.push_back(channels);
      volume.tissue = { TensorType::Other, "U8", shape, tissue.data(), tissue.size() };
    }
    volume.information.name = name;
    volume.information.kind = kind;
    volume.values = { TensorType::Other, "U8", shapeOfValues, values.data(), values.size() };
  }
  /** Gray values of 16 bits, one for each class. */
  void
  UseHalfFloats(const Pattern & pattern, const std::vector<double> & looks)
  {
    const auto          width = static_cast<std::size_t>(volume.values.shape[2]);
    const auto          height = static_cast<std::size_t>(volume.values.shape[1]);
    std::vector<double> numbers;
    for (std::size_t i = 0; i < tissue.size(); ++i)
    {
      numbers.push_back(looks.at(pattern(i % width, i / width % height, i / width / height)));
    }
    const torch::Tensor halves = torch::tensor(numbers, torch::kFloat64).to(torch::kFloat16);
    values.resize(2 * numbers.size());
    std::memcpy(values.data(), halves.data_ptr(), values.size());
    volume.values = { TensorType::Float16, "F16", volume.values.shape, values.data(), values.size() };
  }
  MadeVolume(const MadeVolume &) = delete;
  MadeVolume &
  operator=(const MadeVolume &) = delete;
};

/** A body of tissue 1 with a few rods of tissue 2 in it, elsewhere for each kind. */
Pattern
Rods(std::size_t kind, std::size_t edge)
{
  return [kind, edge](std::size_t x, std::size_t y, std::size_t z) -> std::uint8_t
  {
    const double middle = 0.5 * static_cast<double>(edge - 1);
    const double dx = static_cast<double>(x) - middle;
    const double dy = static_cast<double>(y) - middle;
    if (std::hypot(dx, dy) > 0.46 * static_cast<double>(edge))
    {
      return 0;
    }
    const std::size_t i = (x / 7 + 3 * (y / 7) + z / 3 + 5 * kind) % 5;
    return i < 2 ? 2 : 1;
  };
}

/** Of outside and two tissues; their luma is their gray. */
const std::vector<std::array<std::uint8_t, 3>> Grays{ { { 0, 0, 0 } }, { { 102, 0, 0 } }, { { 224, 0, 0 } } };
const std::vector<std::array<std::uint8_t, 3>> Inverted{ { { 0, 0, 0 } }, { { 224, 0, 0 } }, { { 102, 0, 0 } } };
const std::vector<double>                      HounsfieldUnits{ -1000.0, -90.0, 600.0 };
const std::vector<std::array<std::uint8_t, 3>> Colors{ { { 0, 0, 0 } }, { { 194, 65, 52 } }, { { 250, 225, 150 } } };

/** Waves through all of a volume, in steps of WaveLevels: there is structure in every window. */
constexpr std::uint8_t WaveLevels = 32;

std::uint8_t
Waves(std::size_t x, std::size_t y, std::size_t z)
{
  const auto   u = static_cast<double>(x);
  const auto   v = static_cast<double>(y);
  const auto   w = static_cast<double>(z);
  const double height = 0.5 + 0.3 * std::sin(0.8 * u + 0.3 * v + 0.5 * w) + 0.2 * std::sin(1.1 * v - 0.4 * u);
  return static_cast<std::uint8_t>(std::lround((WaveLevels - 1) * height));
}

/** A colour that rises with the level. */
std::array<double, 3>
ColorOfLevel(std::uint8_t level)
{
  const double share = static_cast<double>(level) / (WaveLevels - 1);
  return { { 0.4 + 0.6 * share, 0.1 + 0.8 * share, 0.3 * share } };
}

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

void
ExpectPart(const std::string & text, const std::string & part)
{
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

std::string
BytesOf(const fs::path & path)
{
  std::ifstream file(path, std::ios::binary);
  return { std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>() };
}

class TrainingSystems : public testing::Test
{
protected:
  static constexpr std::size_t Edge = 40;

  void
  SetUp() override
  {
    m_Folder = fs::temp_directory_path() / ("colorization-systems-" + std::to_string(getpid()));
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

  /** Fresh weights of a small network, as a file. */
  std::string
  MakeFile(const std::string & name, const std::string & architecture, const std::string & hyperParameters) const
  {
    const auto network = MakeNetwork(architecture, hyperParameters, 11);
    SaveNetwork(*network, network->GetMetadata(), this->File(name));
    return this->File(name);
  }

  /** Slices of gray, and, elsewhere, of colour. */
  void
  WriteUnpaired() const
  {
    const std::array<std::size_t, 3> size{ { Edge, Edge, 12 } };
    MadeVolume                       gray("gray", TrainingKind::Gray, size, Rods(0, Edge), Grays);
    MadeVolume                       color("color", TrainingKind::Color, size, Rods(1, Edge), Colors);
    for (MadeVolume * made : { &gray, &color })
    {
      made->volume.information.test = { { { 9.0, 11.0 } } };
    }
    WriteTrainingData(this->File("data"), { gray.volume, color.volume });
  }

  /** Slices of gray and of colour of one place, and labels. */
  void
  WritePaired(bool isCT) const
  {
    const std::array<std::size_t, 3>               size{ { Edge, Edge, 12 } };
    const Pattern                                  rods = Rods(0, Edge);
    const std::vector<std::array<std::uint8_t, 3>> classes{ { { 0, 0, 0 } }, { { 1, 0, 0 } }, { { 2, 0, 0 } } };
    MadeVolume                                     gray("body.source", TrainingKind::Gray, size, rods, Grays);
    MadeVolume                                     color("body.target", TrainingKind::Color, size, rods, Colors);
    MadeVolume labels("body.target.labels", TrainingKind::Labels, size, rods, classes);
    MadeVolume grayLabels("body.source.labels", TrainingKind::Labels, size, rods, classes);
    if (isCT)
    {
      gray.UseHalfFloats(rods, HounsfieldUnits);
    }
    std::vector<TrainingVolume> volumes;
    for (MadeVolume * made : { &gray, &color, &labels, &grayLabels })
    {
      made->volume.information.test = { { { 9.0, 11.0 } } };
      volumes.push_back(made->volume);
    }
    WriteTrainingData(this->File("data"), volumes);
  }

  /** Waves in gray and, in the same place, in colour. */
  void
  WritePairedWaves() const
  {
    constexpr std::size_t                    edge = 128;
    const std::array<std::size_t, 3>         size{ { edge, edge, 12 } };
    std::vector<std::array<std::uint8_t, 3>> grays(WaveLevels), colors(WaveLevels);
    for (std::uint8_t level = 0; level < WaveLevels; ++level)
    {
      grays[level].fill(static_cast<std::uint8_t>(8 * level));
      const auto color = ColorOfLevel(level);
      std::transform(color.begin(),
                     color.end(),
                     colors[level].begin(),
                     [](double value) { return static_cast<std::uint8_t>(std::lround(255.0 * value)); });
    }
    MadeVolume gray("waves.source", TrainingKind::Gray, size, Waves, grays);
    MadeVolume color("waves.target", TrainingKind::Color, size, Waves, colors);
    std::fill(color.tissue.begin(), color.tissue.end(), static_cast<std::uint8_t>(Tissue));
    for (MadeVolume * made : { &gray, &color })
    {
      made->volume.information.test = { { { 9.0, 11.0 } } };
    }
    WriteTrainingData(this->File("data"), { gray.volume, color.volume });
  }

  /** Cubes of MRI and of what a cryosection has where it is. */
  void
  WriteCubes() const
  {
    const std::array<std::size_t, 3> size{ { 32, 32, 44 } };
    MadeVolume                       mri("head.source", TrainingKind::Gray, size, Rods(0, 32), Grays);
    MadeVolume                       gray("head.target", TrainingKind::Gray, size, Rods(0, 32), Inverted);
    for (MadeVolume * made : { &mri, &gray })
    {
      made->volume.information.test = { { { 27.5, 43.5 } } };
    }
    WriteTrainingData(this->File("data"), { mri.volume, gray.volume });
  }

  /** A model gives a slice that it has not seen its colours: the mean difference from these, over that of gray.
   * \param gray of each class, as it comes after normalisation */
  double
  ColorErrorOf(const std::string & path, const std::vector<float> & gray, std::size_t whichOutput = 0) const
  {
    const auto         network = LoadNetwork(path, { "cpu", "float32" });
    const Pattern      rods = Rods(0, Edge);
    const std::size_t  side = 32;
    std::vector<float> values;
    for (std::size_t i = 0; i < side * side; ++i)
    {
      values.push_back(gray.at(rods(i % side, i / side, 10)));
    }
    const NetworkMetadata & metadata = network->GetMetadata();
    EXPECT_EQ(metadata.colorSpace, NetworkColorSpace::RGB);
    const NetworkOutput output = network->Run(values.data(), 1, { { side, side, 1 } }, whichOutput);
    double              error = 0.0;
    double              errorOfGray = 0.0;
    for (std::size_t i = 0; i < side * side; ++i)
    {
      const std::uint8_t what = rods(i % side, i / side, 10);
      for (std::size_t c = 0; c < 3; ++c)
      {
        const double wanted = static_cast<double>(Colors[what][c]) / 255.0;
        const double made =
          metadata.outputScale[0] * static_cast<double>(output.data[c * side * side + i]) + metadata.outputShift[0];
        error += std::abs(made - wanted);
        errorOfGray += std::abs(static_cast<double>(Grays[what][0]) / 255.0 - wanted);
      }
    }
    return error / errorOfGray;
  }

  TrainingSetting
  Setting(const TrainingData & data, const std::string & hyperParameters) const
  {
    return { data, hyperParameters, torch::Device(torch::kCPU), torch::kFloat32, 2, 5, 1, {} };
  }

  TrainingParameters
  Parameters(const std::string & system, const std::string & output, const std::string & hyperParameters) const
  {
    TrainingParameters parameters;
    parameters.system = system;
    parameters.data = this->File("data");
    parameters.output = this->File(output);
    parameters.hyperParameters = hyperParameters;
    parameters.device = "cpu";
    parameters.batch = 4;
    parameters.seed = 5;
    parameters.checkpointInterval = 1000;
    parameters.previewInterval = 0;
    parameters.threads = 1;
    return parameters;
  }

  /** Two steps from the same weights with the same batches have the losses that Python's torch has. */
  void
  ExpectStepsOfPython(const std::string &                                       name,
                      TrainingSystem &                                          system,
                      const std::vector<std::map<std::string, torch::Tensor>> & batches) const
  {
    const torch::NoGradGuard             noGradient;
    std::map<std::string, torch::Tensor> start;
    for (const auto & [network, module] : system.GetNetworks())
    {
      for (const auto & [key, tensor] : NamedWeights(*module))
      {
        start[network + '.' + key] = tensor;
      }
    }
    WriteTensors(start,
                 torch::kFloat32,
                 { { "system", name }, { "hyper_parameters", system.GetHyperParameters() } },
                 this->File("start"));
    std::map<std::string, double> losses;
    for (std::size_t step = 0; step < batches.size(); ++step)
    {
      WriteTensors(batches[step], torch::kFloat32, {}, this->File("batch" + std::to_string(step)));
      const torch::AutoGradMode withGradient(true);
      for (const auto & [loss, value] : system.Step(step))
      {
        losses[std::to_string(step) + '.' + loss] = value;
      }
    }
    const std::string command =
      "'" COLORIZATION_PYTHON "' '" COLORIZATION_SYSTEMS_REFERENCE "' '" + m_Folder.string() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const SafetensorsFile python(this->File("python"));
    ASSERT_EQ(python.GetTensors().size(), losses.size());
    for (const auto & [loss, tensor] : python.GetTensors())
    {
      const double expected = *reinterpret_cast<const float *>(tensor.data);
      ASSERT_EQ(losses.count(loss), 1u) << loss;
      EXPECT_NEAR(losses[loss], expected, 1e-4 * std::max(1.0, std::abs(expected))) << loss;
      EXPECT_GT(std::abs(expected), 1e-6) << loss;
    }
  }

  /** Training in two parts ends with the same bits. */
  void
  ExpectResumes(TrainingParameters parameters) const
  {
    parameters.batch = 2;
    parameters.steps = 3;
    Train(parameters, {});
    TrainingParameters part = parameters;
    part.output = this->File("part");
    part.steps = 2;
    Train(part, {});
    EXPECT_NE(BytesOf(part.output + ".checkpoint"), BytesOf(parameters.output + ".checkpoint"));
    part.resume = part.output + ".checkpoint";
    part.steps = 3;
    Train(part, {});
    EXPECT_EQ(BytesOf(part.output + ".checkpoint"), BytesOf(parameters.output + ".checkpoint"));
    EXPECT_EQ(BytesOf(part.output), BytesOf(parameters.output));
  }

  fs::path m_Folder{};
};

/** Slices as they are: neither turned nor zoomed nor mirrored. */
const std::string Plain = R"("spacing":0.0,"largest_rotation":0.0,"largest_zoom":1.0,"mirrored_share":0.0)";

SliceSamplerParameters
PlainSlices(std::int64_t size)
{
  SliceSamplerParameters parameters;
  parameters.size = size;
  parameters.spacing = 0.0;
  parameters.largestRotation = 0.0;
  parameters.largestZoom = 1.0;
  parameters.mirroredShare = 0.0;
  return parameters;
}

std::int64_t
CountParameters(const torch::nn::Module & module)
{
  std::int64_t count = 0;
  for (const torch::Tensor & parameter : module.parameters())
  {
    count += parameter.numel();
  }
  return count;
}
} // namespace

TEST_F(TrainingSystems, SlicesDependOnSeedStepAndIndexAlone)
{
  this->WriteUnpaired();
  const TrainingData     data(this->File("data"));
  SliceSamplerParameters parameters;
  parameters.size = 24;
  parameters.obliqueShare = 0.5;
  const auto draw = [&](std::uint64_t seed, TrainingRole role, std::uint64_t step, std::int64_t count)
  { return SliceSampler(CollectVolumes(data, TrainingKind::Color, role), parameters, seed).Draw(step, count); };
  const torch::Tensor first = draw(7, TrainingRole::Training, 3, 4);
  EXPECT_EQ(first.sizes().vec(), (std::vector<std::int64_t>{ 4, 4, 24, 24 }));
  EXPECT_TRUE(draw(7, TrainingRole::Training, 3, 2).equal(first.slice(0, 0, 2)));
  EXPECT_FALSE(first[0].equal(first[1]));
  EXPECT_FALSE(draw(8, TrainingRole::Training, 3, 4).equal(first));
  EXPECT_FALSE(draw(7, TrainingRole::Training, 4, 4).equal(first));
  EXPECT_FALSE(draw(7, TrainingRole::Test, 3, 4).equal(first));
  EXPECT_GE(first.min().item<float>(), 0.0f);
  EXPECT_LE(first.max().item<float>(), 1.0f + 1e-6f);
}

namespace
{
/** A ramp in space, and the same place on another grid: turned by half a turn about z, and coarser. */
struct RampPair
{
  static constexpr std::array<double, 3> Slope{ { 2.0, 1.0, 3.0 } };

  MadeVolume source{ "ramp.source",
                     TrainingKind::Gray,
                     { { 40, 40, 40 } },
                     [](std::size_t x, std::size_t y, std::size_t z)
                     { return static_cast<std::uint8_t>(2 * x + y + 3 * z); },
                     Identity() };
  MadeVolume target{ "ramp.target",
                     TrainingKind::Gray,
                     { { 20, 20, 20 } },
                     [](std::size_t x, std::size_t y, std::size_t z)
                     { return static_cast<std::uint8_t>(2 * (38 - 2 * x) + (38 - 2 * y) + 3 * 2 * z); },
                     Identity() };

  RampPair()
  {
    target.volume.information.spacing = { { 2.0, 2.0, 2.0 } };
    target.volume.information.origin = { { 38.0, 38.0, 0.0 } };
    target.volume.information.direction = { { -1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0 } };
    for (float & position : target.volume.positions)
    {
      position *= 2.0f;
    }
    // Of both volumes the same place is set aside.
    source.volume.information.test = { { { 29.5, 39.5 } } };
    target.volume.information.test = source.volume.information.test;
  }

  static std::vector<std::array<std::uint8_t, 3>>
  Identity()
  {
    std::vector<std::array<std::uint8_t, 3>> looks(256);
    for (std::size_t i = 0; i < looks.size(); ++i)
    {
      looks[i].fill(static_cast<std::uint8_t>(i));
    }
    return looks;
  }
};

/** The change from voxel to voxel along an axis, which has to be the same everywhere. */
double
SlopeAlong(const torch::Tensor & values, std::int64_t axis)
{
  const torch::Tensor change = values.diff(1, axis);
  EXPECT_LT((change - change.mean()).abs().max().item<double>(), 0.01);
  return change.mean().item<double>();
}
} // namespace

TEST_F(TrainingSystems, CubesAreTurnedAndLieInTheirSlices)
{
  const RampPair pair;
  WriteTrainingData(this->File("data"), { pair.source.volume, pair.target.volume });
  const TrainingData    data(this->File("data"));
  CubeSamplerParameters parameters;
  parameters.size = 9;
  parameters.spacing = 0.7;
  const auto sources = [&](TrainingRole role, GrayScaling scaling)
  { return CollectPairs(data, TrainingKind::Gray, role, scaling); };
  const CubeSampler   sampler(sources(TrainingRole::Training, GrayScaling::None), parameters, 3);
  const torch::Tensor cubes = sampler.Draw(0, 12);
  EXPECT_EQ(cubes.sizes().vec(), (std::vector<std::int64_t>{ 12, 2, 9, 9, 9 }));
  EXPECT_TRUE(sampler.Draw(0, 5).equal(cubes.slice(0, 0, 5)));
  double alongX = 0.0;
  for (std::int64_t i = 0; i < 12; ++i)
  {
    const torch::Tensor cube = cubes[i][0].to(torch::kFloat64);
    const double        x = SlopeAlong(cube, 2);
    const double        y = SlopeAlong(cube, 1);
    const double        z = SlopeAlong(cube, 0);
    // A rotation leaves the steepest slope: that of (2, 1, 3) over 0.7 mm.
    EXPECT_NEAR(x * x + y * y + z * z, 14.0 * 0.49, 1e-3);
    alongX += x / 12.0;
  }
  EXPECT_LT(std::abs(alongX), 1.5);
  // 2 x + y + 3 z is at most this where z is below 29 mm.
  EXPECT_LE(cubes.select(1, 0).max().item<double>(), 2.0 * 39.0 + 39.0 + 3.0 * 29.0 + 1e-3);

  const torch::Tensor scaled =
    CubeSampler(sources(TrainingRole::Training, GrayScaling::Robust), parameters, 3).Draw(0, 12);
  // The same place in both: but for what is clamped, one is a line of the other.
  const torch::Tensor first = scaled.select(1, 0);
  const torch::Tensor second = scaled.select(1, 1);
  const torch::Tensor isInside = (first > 0.02) * (first < 0.98) * (second > 0.02) * (second < 0.98);
  const torch::Tensor inside = torch::stack({ first.masked_select(isInside), second.masked_select(isInside) });
  EXPECT_GT(inside.size(1), 1000);
  EXPECT_GT(torch::corrcoef(inside)[0][1].item<double>(), 0.99999);
  EXPECT_GT(scaled.std().item<double>(), 0.05);

  parameters.size = 32;
  ExpectPart(ErrorOf([&]() { CubeSampler(sources(TrainingRole::Test, GrayScaling::None), parameters, 3); }),
             "Volume ramp.source of the data set has no room for cubes of 32 voxels within slices of one role");
}

TEST_F(TrainingSystems, CubesAreCentredInTheBody)
{
  // A rod in a volume that is nearly empty.
  const std::array<std::size_t, 3> size{ { 40, 40, 40 } };
  const Pattern                    rod = [](std::size_t x, std::size_t y, std::size_t z) -> std::uint8_t
  { return x > 26 && x < 32 && y > 10 && y < 16 ? static_cast<std::uint8_t>(1 + (x + y + z) % 2) : std::uint8_t{ 0 }; };
  MadeVolume source("rod.source", TrainingKind::Gray, size, rod, Grays);
  MadeVolume target("rod.target", TrainingKind::Gray, size, rod, Grays);
  WriteTrainingData(this->File("data"), { source.volume, target.volume });
  const TrainingData    data(this->File("data"));
  CubeSamplerParameters parameters;
  parameters.size = 9;
  const CubeSampler   sampler(CollectPairs(data, TrainingKind::Gray, TrainingRole::Training, GrayScaling::None),
                            parameters,
                            3);
  const torch::Tensor cubes = sampler.Draw(0, 16);
  EXPECT_GT(cubes.slice(2, 4, 5).slice(3, 4, 5).slice(4, 4, 5).min().item<double>(), 0.0);
}

TEST_F(TrainingSystems, SlicesOfPairsShowTheSamePlace)
{
  const RampPair pair;
  WriteTrainingData(this->File("data"), { pair.source.volume, pair.target.volume });
  const TrainingData     data(this->File("data"));
  SliceSamplerParameters parameters = PlainSlices(12);
  for (const std::int64_t axis : { 0, 1, 2 })
  {
    parameters.axes = { axis };
    const torch::Tensor slices =
      SliceSampler(CollectPairs(data, TrainingKind::Gray, TrainingRole::Training, GrayScaling::None),
                   parameters,
                   3,
                   500.0f)
        .Draw(0, 8);
    const torch::Tensor isKnown = slices.select(1, 0) != 500.0f;
    EXPECT_TRUE(isKnown.any().item<bool>());
    // x of sagittal slices goes to posterior, y of sagittal and coronal ones to inferior.
    const double wantedX = RampPair::Slope[axis == 0 ? 1 : 0];
    const double wantedY = axis == 2 ? RampPair::Slope[1] : -RampPair::Slope[2];
    for (const auto & [image, along, wanted] : { std::make_tuple(2, 2, wantedX), std::make_tuple(2, 1, wantedY) })
    {
      const torch::Tensor change = slices.select(1, 0).diff(1, along);
      const torch::Tensor both = along == 2 ? isKnown.slice(image, 1).logical_and(isKnown.slice(image, 0, 11))
                                            : isKnown.slice(1, 1).logical_and(isKnown.slice(1, 0, 11));
      EXPECT_LT(((change - wanted) * both).abs().max().item<double>(), 1e-3) << axis;
    }
    // In both, the brightest of what is seen is the same place: their scaling differs alone.
    const torch::Tensor x = slices.select(1, 0).masked_select(isKnown.logical_and(slices.select(1, 1) > 0.1));
    const torch::Tensor y = slices.select(1, 1).masked_select(isKnown.logical_and(slices.select(1, 1) > 0.1));
    const torch::Tensor correlation = torch::corrcoef(torch::stack({ x, y }));
    EXPECT_GT(correlation[0][1].item<double>(), 0.995) << axis;
  }
}

TEST_F(TrainingSystems, PairsAndLabelsHaveToBeThere)
{
  this->WriteUnpaired();
  const TrainingData unpaired(this->File("data"));
  ExpectPart(ErrorOf([&]() { CollectPairs(unpaired, TrainingKind::Gray, TrainingRole::Training, GrayScaling::None); }),
             "The data set has no pairs: a gray volume NAME.source");
  ExpectPart(ErrorOf([&]() { CollectVolumes(unpaired, TrainingKind::Gray, TrainingRole::Training, true); }),
             "Volume gray of the data set needs a volume gray.labels of labels, which is not there.");
  const RampPair pair;
  WriteTrainingData(this->File("data"), { pair.source.volume, pair.target.volume });
  const TrainingData paired(this->File("data"));
  ExpectPart(ErrorOf([&]() { CollectPairs(paired, TrainingKind::Color, TrainingRole::Training, GrayScaling::None); }),
             "Volume ramp.source of the data set needs a volume ramp.target of colour, which is of another kind.");
}

TEST_F(TrainingSystems, ColorMedGANStepsAsInPython)
{
  this->WriteUnpaired();
  const TrainingData data(this->File("data"));
  TrainingSetting    setting =
    this->Setting(data, R"({"size":32,"width":4,"discriminator_width":4,"learning_rate":0.001,)" + Plain + '}');
  setting.networks["segmenter"] = this->MakeFile("segmenter", "ColorMedGANSegmenter", R"({"width":4,"classes":3})");
  setting.networks["perceptual"] = this->MakeFile("perceptual", "VGG19", R"({"width":2,"linear_layers":0})");
  torch::manual_seed(3);
  ColorMedGANTraining training(setting, ReadTrainingParameters<ColorMedGANTrainingParameters>(setting));
  std::vector<std::map<std::string, torch::Tensor>> batches;
  for (const std::uint64_t step : { 0, 1 })
  {
    const ColorMedGANBatch batch = training.Draw(step);
    EXPECT_EQ(batch.gray.sizes().vec(), (std::vector<std::int64_t>{ 2, 1, 32, 32 }));
    EXPECT_EQ(batch.color.sizes().vec(), (std::vector<std::int64_t>{ 2, 3, 32, 32 }));
    batches.push_back({ { "gray", batch.gray }, { "color", batch.color } });
  }
  this->ExpectStepsOfPython("color-med-gan", training, batches);
}

TEST_F(TrainingSystems, ColorMedGANNamesWhatItNeeds)
{
  this->WriteUnpaired();
  TrainingParameters parameters = this->Parameters("color-med-gan", "none", "{}");
  ExpectPart(ErrorOf([&]() { Train(parameters, {}); }),
             "This system needs the network segmenter, a ColorMedGANSegmenter: give it (--segmenter FILE), or set the "
             "hyper-parameter attention to false.");
  parameters.hyperParameters = R"({"attention":false})";
  ExpectPart(ErrorOf([&]() { Train(parameters, {}); }),
             "This system needs the network perceptual, weights of VGG-19: give it (--perceptual FILE), or set the "
             "hyper-parameter perceptual_weight to 0.");
  parameters.hyperParameters = "{}";
  parameters.networks["segmenter"] = this->MakeFile("segmenter", "ColorMedGANSegmenter", R"({"width":4})");
  ExpectPart(ErrorOf([&]() { Train(parameters, {}); }), "but 1 and 64, the generators', are wanted");
  parameters.networks["segmenter"] = this->MakeFile("segmenter", "UNetSegmenter", R"({"width":4})");
  ExpectPart(ErrorOf([&]() { Train(parameters, {}); }), "is a UNetSegmenter, but a ColorMedGANSegmenter is wanted");
  parameters.networks = { { "other", "file" } };
  ExpectPart(ErrorOf([&]() { Train(parameters, {}); }), "no use for a network \"other\"");
}

TEST_F(TrainingSystems, ColorMedGANHasThePapersNetworks)
{
  this->WriteUnpaired();
  const TrainingData data(this->File("data"));
  TrainingSetting    setting = this->Setting(data, R"({"perceptual_weight":0.0})");
  setting.networks["segmenter"] = this->MakeFile("segmenter", "ColorMedGANSegmenter", "{}");
  const auto system = MakeColorMedGANTraining(setting);
  const auto networks = system->GetNetworks();
  // U-Net of width 64 by hand: the convolutions' weights and biases.
  const auto unet = [](std::int64_t in, std::int64_t out)
  {
    return 64 * in * 25 + 64 + 128 * 64 * 9 + 128 + 256 * 128 * 9 + 256 + 512 * 256 * 9 + 512 + 512 * 512 + 512 +
           512 * 256 * 16 + 256 + 512 * 128 * 16 + 128 + 256 * 64 * 16 + 64 + out * 128 * 25 + out;
  };
  EXPECT_EQ(CountParameters(*networks.at("colorizer")), unet(1, 3) + unet(1, 4));
  EXPECT_EQ(CountParameters(*networks.at("decolorizer")), unet(3, 1) + unet(3, 4));
  EXPECT_EQ(CountParameters(*networks.at("color_discriminator")),
            64 * 6 * 16 + 64 + 128 * 64 * 16 + 128 + 256 * 128 * 9 + 256 + 256 * 9 + 1);
  EXPECT_EQ(CountParameters(*networks.at("gray_discriminator")),
            64 * 2 * 16 + 64 + 128 * 64 * 16 + 128 + 256 * 128 * 9 + 256 + 256 * 9 + 1);
}

TEST_F(TrainingSystems, ColorMedGANResumesWithTheSameBits)
{
  this->WriteUnpaired();
  TrainingParameters parameters =
    this->Parameters("color-med-gan",
                     "whole",
                     R"({"size":32,"width":4,"discriminator_width":4,"perceptual_weight":0.0})");
  parameters.networks["segmenter"] = this->MakeFile("segmenter", "ColorMedGANSegmenter", R"({"width":4})");
  this->ExpectResumes(parameters);
}

TEST_F(TrainingSystems, ColorMedGANLearnsColorsOfUnpairedSlices)
{
  this->WriteUnpaired();
  TrainingParameters parameters = this->Parameters(
    "color-med-gan",
    "learned",
    R"({"size":32,"width":6,"discriminator_width":8,"attention":false,"perceptual_weight":0.0,"learning_rate":0.002,)" +
      Plain + '}');
  parameters.steps = 150;
  std::vector<TrainingValues> losses;
  TrainingTest                last;
  TrainingObserver            observer;
  observer.progress = [&](const TrainingProgress & progress)
  {
    losses.push_back(progress.losses);
    return true;
  };
  observer.test = [&](const TrainingTest & test) { last = test; };
  Train(parameters, observer);
  EXPECT_LT(losses.back().at(1).second, 0.5 * losses.front().at(1).second);
  EXPECT_EQ(last.width, 3u * 32u);

  EXPECT_LT(this->ColorErrorOf(parameters.output, { -1.0f, -0.089f, 1.0f }), 0.5);
}

TEST_F(TrainingSystems, VolumeGANStepsAsInPython)
{
  this->WriteCubes();
  const TrainingData    data(this->File("data"));
  const TrainingSetting setting = this->Setting(
    data,
    R"({"size":16,"widths":[4,6,1],"discriminator_widths":[4,4,3,2],"dropout":0.0,"window":7,"learning_rate":0.001})");
  torch::manual_seed(3);
  VolumeGANTraining training(setting, ReadTrainingParameters<VolumeGANTrainingParameters>(setting));
  std::vector<std::map<std::string, torch::Tensor>> batches;
  for (const std::uint64_t step : { 0, 1 })
  {
    const VolumeGANBatch batch = training.Draw(step);
    EXPECT_EQ(batch.mri.sizes().vec(), (std::vector<std::int64_t>{ 2, 1, 16, 16, 16 }));
    batches.push_back({ { "mri", batch.mri }, { "gray", batch.gray } });
  }
  this->ExpectStepsOfPython("volume-gan", training, batches);
}

TEST_F(TrainingSystems, VolumeGANHasThePapersNetworks)
{
  this->WriteCubes();
  const TrainingData data(this->File("data"));
  const auto         networks = MakeVolumeGANTraining(this->Setting(data, R"({"spacing":0.45})"))->GetNetworks();
  EXPECT_EQ(CountParameters(*networks.at("generator")), 9297409);
  EXPECT_EQ(CountParameters(*networks.at("discriminator")),
            27 * (256 + 256 * 256 + 256 * 128 + 128 * 64) + 3 * (256 + 256 + 128 + 64) + 512 + 1);
  const auto errorOf = [&](const std::string & parameters)
  { return ErrorOf([&]() { MakeVolumeGANTraining(this->Setting(data, parameters)); }); };
  ExpectPart(errorOf(R"({"size":24,"spacing":0.5})"), "The size of cubes is 24, but has to be a multiple of 2 to the");
  ExpectPart(errorOf(R"({"size":16,"window":10})"), "The window is 10, but has to be odd and at most 16");
  ExpectPart(errorOf(R"({"size":16,"widths":[4,2]})"), "The last of the widths is 2, but has to be 1");
}

TEST_F(TrainingSystems, VolumeGANResumesWithTheSameBits)
{
  this->WriteCubes();
  this->ExpectResumes(
    this->Parameters("volume-gan",
                     "whole",
                     R"({"size":16,"widths":[4,6,1],"discriminator_widths":[4,4,3,2],"dropout":0.3,"window":7})"));
}

TEST_F(TrainingSystems, VolumeGANLearnsTheGrayOfCryosections)
{
  this->WriteCubes();
  TrainingParameters parameters = this->Parameters(
    "volume-gan",
    "learned",
    R"({"size":16,"widths":[8,8,1],"discriminator_widths":[8,8,8,8],"dropout":0.0,"window":7,"learning_rate":0.01})");
  parameters.batch = 2;
  parameters.steps = 80;
  TrainingTest     last;
  TrainingObserver observer;
  observer.test = [&](const TrainingTest & test) { last = test; };
  Train(parameters, observer);
  std::map<std::string, double> measures(last.measures.begin(), last.measures.end());
  // As it comes in, it differs by about 0.4.
  EXPECT_LT(measures.at("mean_difference"), 0.1);
  EXPECT_GT(measures.at("ssim"), 0.7);
  EXPECT_EQ(last.width, 3u * 16u);
  const auto network = LoadNetwork(parameters.output, { "cpu", "float32" });
  EXPECT_EQ(network->GetMetadata().colorSpace, NetworkColorSpace::Luminance);
  EXPECT_EQ(network->GetMetadata().dimension, 3u);
}

TEST_F(TrainingSystems, SobelOfRangeHasItsClosedForm)
{
  const torch::Tensor ramp = torch::arange(12, torch::kFloat32).mul(5.0).view({ 1, 1, 1, 12 }).expand({ 1, 1, 9, 12 });
  const torch::Tensor inside = SobelOfRange(ramp, -1000.0, 1000.0).slice(3, 1, 11);
  EXPECT_LT((inside - 5.0).abs().max().item<double>(), 1e-5);
  EXPECT_LT((SobelOfRange(ramp.transpose(2, 3), -1000.0, 1000.0).slice(2, 1, 11) - 5.0).abs().max().item<double>(),
            1e-5);
  // Beyond the range there are no contours; a step across it has half of it on both sides.
  EXPECT_EQ(SobelOfRange(ramp, 100.0, 200.0).abs().max().item<double>(), 0.0);
  const torch::Tensor step = torch::where(ramp > 27.0, torch::full({ 1 }, 900.0f), torch::full({ 1 }, -900.0f));
  const torch::Tensor edge = SobelOfRange(step, -190.0, -30.0)[0][0][4];
  for (std::int64_t x = 0; x < 12; ++x)
  {
    EXPECT_NEAR(edge[x].item<double>(), x == 5 || x == 6 ? 80.0 : 0.0, 1e-4) << x;
  }
}

TEST_F(TrainingSystems, CTToRGBStepsAsInPython)
{
  this->WritePaired(true);
  const TrainingData data(this->File("data"));
  TrainingSetting    setting =
    this->Setting(data,
                  R"({"size":32,"width":4,"levels":5,"dropout":0.0,"discriminator_width":4,"learning_rate":0.001})");
  setting.networks["perceptual"] = this->MakeFile("perceptual", "VGG19", R"({"width":2,"linear_layers":0})");
  torch::manual_seed(3);
  CTToRGBTraining training(setting, ReadTrainingParameters<CTToRGBTrainingParameters>(setting));
  std::vector<std::map<std::string, torch::Tensor>> batches;
  for (const std::uint64_t step : { 0, 1 })
  {
    const CTToRGBBatch batch = training.Draw(step);
    EXPECT_EQ(batch.input.sizes().vec(), (std::vector<std::int64_t>{ 2, 3, 32, 32 }));
    EXPECT_GT(batch.input.amax({ 0, 2, 3 }).min().item<double>(), -0.9);
    batches.push_back({ { "input", batch.input }, { "color", batch.color } });
  }
  this->ExpectStepsOfPython("ct-to-rgb", training, batches);
}

TEST_F(TrainingSystems, CTToRGBHasThePapersNetworksAndNamesWhatItNeeds)
{
  this->WritePaired(true);
  const TrainingData data(this->File("data"));
  const auto         errorOf = [&](const std::string & parameters)
  { return ErrorOf([&]() { MakeCTToRGBTraining(this->Setting(data, parameters)); }); };
  ExpectPart(errorOf(R"({"size":32,"levels":5,"width":4})"),
             "This system needs the network perceptual, a TorchScript of ResNet-50's layers or weights of VGG-19");
  ExpectPart(errorOf(R"({"size":48,"levels":5})"), "size has to be a multiple of 2 to the power of levels");
  ExpectPart(errorOf(R"({"range_minima":[0]})"), "are 1 and 2 numbers, but have to be as many");
  ExpectPart(errorOf(R"({"range_minima":[-190,4000]})"), "have 4000 and 3071, but the former has to be less");

  const auto networks = MakeCTToRGBTraining(this->Setting(data, R"({"perceptual_weight":0.0})"))->GetNetworks();
  // 128 filters, by hand.
  const std::array<std::int64_t, 8> widths{ { 128, 256, 512, 1024, 1024, 1024, 1024, 1024 } };
  std::int64_t                      expected = 16 * 3 * widths[0] + 16 * 2 * widths[0] * 3 + 3;
  for (std::size_t level = 1; level < 8; ++level)
  {
    expected += 16 * widths[level - 1] * widths[level] + (level < 7 ? 2 * widths[level] : 0);
    expected += 16 * (level < 7 ? 2 : 1) * widths[level] * widths[level - 1] + 2 * widths[level - 1];
  }
  EXPECT_EQ(CountParameters(*networks.at("generator")), expected);
  EXPECT_EQ(CountParameters(*networks.at("discriminator")),
            16 * (6 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + 64 + 1 + 2 * (128 + 256 + 512));
}

TEST_F(TrainingSystems, CTToRGBLearnsColorsOfPairs)
{
  this->WritePaired(true);
  TrainingParameters parameters =
    this->Parameters("ct-to-rgb",
                     "learned",
                     R"({"size":32,"width":8,"levels":5,"dropout":0.0,"discriminator_width":4,"learning_rate":0.003})");
  parameters.networks["perceptual"] = this->MakeFile("perceptual", "VGG19", R"({"width":2,"linear_layers":0})");
  parameters.steps = 80;
  TrainingTest     last;
  TrainingObserver observer;
  observer.test = [&](const TrainingTest & test) { last = test; };
  Train(parameters, observer);
  std::map<std::string, double> measures(last.measures.begin(), last.measures.end());
  EXPECT_LT(measures.at("mean_difference"), 0.08);
  EXPECT_GT(measures.at("ssim"), 0.6);
  const auto              network = LoadNetwork(parameters.output, { "cpu", "float32" });
  const NetworkMetadata & metadata = network->GetMetadata();
  EXPECT_EQ(metadata.normalization.kind, NetworkNormalizationKind::Range);
  EXPECT_EQ(metadata.normalization.inputMinimum, (std::vector<double>{ -1000.0, 0.0, 0.0 }));
  EXPECT_EQ(metadata.normalization.inputMaximum, (std::vector<double>{ 3096.0, 80.0, 1460.5 }));
  EXPECT_EQ(metadata.outputShift, (std::vector<double>{ 0.5 }));
}

TEST_F(TrainingSystems, PerceptualNetworksMayBeScripts)
{
  const std::string command = "'" COLORIZATION_PYTHON "' '" COLORIZATION_SCRIPT_MAKER "' '" + m_Folder.string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  FeatureNetwork      stages(this->File("stages.pt"), torch::Device(torch::kCPU));
  const torch::Tensor picture = torch::rand({ 1, 3, 16, 16 }).requires_grad_(true);
  const auto          layers = stages.Evaluate(picture);
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[1].sizes().vec(), (std::vector<std::int64_t>{ 1, 6, 4, 4 }));
  layers[1].sum().backward();
  EXPECT_GT(picture.grad().abs().sum().item<double>(), 0.0);
  // Gray is seen as colour.
  EXPECT_EQ(stages.Evaluate(torch::rand({ 2, 1, 16, 16 }))[0].size(0), 2);
  ExpectPart(ErrorOf([&]() { FeatureNetwork(this->File("dictionary.pt"), torch::kCPU).Evaluate(picture); }),
             "but tensors are wanted");

  this->WritePaired(true);
  const TrainingData data(this->File("data"));
  TrainingSetting    setting = this->Setting(data, R"({"size":32,"width":4,"levels":5,"discriminator_width":4})");
  setting.networks["perceptual"] = this->File("stages.pt");
  const TrainingValues losses = MakeCTToRGBTraining(setting)->Step(0);
  EXPECT_EQ(losses.at(2).first, "perceptual");
  EXPECT_GT(losses.at(2).second, 0.0);
  setting.networks["perceptual"] = this->MakeFile("segmenter", "UNetSegmenter", R"({"width":2})");
  ExpectPart(ErrorOf([&]() { MakeCTToRGBTraining(setting); }),
             "is a UNetSegmenter, but VGG19 or a TorchScript is wanted for perceptual losses");
}

TEST_F(TrainingSystems, CrossModalStepsAsInPython)
{
  this->WritePaired(false);
  const TrainingData data(this->File("data"));
  TrainingSetting    setting = this->Setting(
    data,
    R"({"size":32,"width":4,"blocks":1,"reduction":2,"discriminator_widths":[4,4,3,3,2],"learning_rate":0.001})");
  setting.networks["segmenter"] = this->MakeFile("segmenter", "UNetSegmenter", R"({"width":2,"classes":3})");
  torch::manual_seed(3);
  CrossModalTraining training(setting, ReadTrainingParameters<CrossModalTrainingParameters>(setting));
  std::vector<std::map<std::string, torch::Tensor>> batches;
  for (const std::uint64_t step : { 0, 1 })
  {
    const CrossModalBatch batch = training.Draw(step);
    EXPECT_EQ(batch.cryosection.sizes().vec(), (std::vector<std::int64_t>{ 2, 3, 32, 32 }));
    batches.push_back({ { "mri", batch.mri }, { "cryosection", batch.cryosection }, { "labels", batch.labels } });
  }
  this->ExpectStepsOfPython("cross-modal", training, batches);
}

TEST_F(TrainingSystems, CrossModalHasThePapersNetworksAndNamesWhatItNeeds)
{
  this->WritePaired(false);
  const TrainingData data(this->File("data"));
  TrainingSetting    setting = this->Setting(data, "{}");
  ExpectPart(
    ErrorOf([&]() { MakeCrossModalTraining(setting); }),
    "This system needs the network segmenter, a UNetSegmenter of colour: give it (--segmenter FILE), or set the "
    "hyper-parameter segmentation_weight to 0.");
  setting.hyperParameters = R"({"paired":false})";
  ExpectPart(ErrorOf([&]() { MakeCrossModalTraining(setting); }), "Slices are not paired");
  setting.hyperParameters = R"({"size":40,"segmentation_weight":0.0})";
  ExpectPart(ErrorOf([&]() { MakeCrossModalTraining(setting); }), "The size of slices is 40");
  setting.hyperParameters = R"({"size":32})";
  setting.networks["segmenter"] = this->MakeFile("segmenter", "UNetSegmenter", R"({"width":2,"classes":2})");
  ExpectPart(ErrorOf([&]() { MakeCrossModalTraining(setting); }),
             "The data set has a label 2, but the segmenter's 2 classes are 0 ... 1.");

  setting.hyperParameters = R"({"segmentation_weight":0.0})";
  setting.networks.clear();
  const auto networks = MakeCrossModalTraining(setting)->GetNetworks();
  const auto layers = [](std::int64_t in, std::int64_t out, std::int64_t kernel) { return out * (in * kernel + 1); };
  const auto generator = [&](std::int64_t in, std::int64_t out, std::int64_t decoders)
  {
    const std::int64_t stem = layers(in, 128, 49) + layers(128, 256, 9) + layers(256, 512, 9) +
                              2 * (layers(in, 64, 49) + layers(64, 128, 9) + layers(128, 256, 9));
    const std::int64_t block = 2 * layers(768, 768, 9) + layers(768, 48, 1) + layers(48, 768, 1);
    return stem + 9 * block + decoders * (layers(768, 256, 9) + layers(256, 128, 9) + layers(128, out, 49));
  };
  EXPECT_EQ(CountParameters(*networks.at("colorizer")), generator(1, 3, 2));
  EXPECT_EQ(CountParameters(*networks.at("decolorizer")), generator(3, 1, 1));
  const auto discriminator = [&](std::int64_t in)
  {
    return layers(in, 64, 16) + layers(64, 128, 16) + layers(128, 256, 16) + layers(256, 512, 16) +
           layers(512, 512, 16) + 32768 + 1;
  };
  EXPECT_EQ(CountParameters(*networks.at("color_discriminator")), discriminator(3));
  EXPECT_EQ(CountParameters(*networks.at("mri_discriminator")), discriminator(1));
}

TEST_F(TrainingSystems, CrossModalLearnsCryosectionsOfPairs)
{
  this->WritePairedWaves();
  TrainingParameters parameters =
    this->Parameters("cross-modal",
                     "learned",
                     R"({"size":32,"width":8,"blocks":1,"reduction":2,"discriminator_widths":[8,8,8,8,8],)"
                     R"("learning_rate":0.005,"oblique_share":0.0,"segmentation_weight":0.0,)" +
                       Plain + '}');
  parameters.batch = 2;
  parameters.steps = 70;
  std::vector<TrainingValues> losses;
  TrainingTest                last;
  TrainingObserver            observer;
  observer.progress = [&](const TrainingProgress & progress)
  {
    losses.push_back(progress.losses);
    return true;
  };
  observer.test = [&](const TrainingTest & test) { last = test; };
  Train(parameters, observer);
  const auto loss = [&](std::size_t step, const std::string & name)
  {
    const TrainingValues & values = losses.at(step);
    return std::find_if(values.begin(), values.end(), [&](const auto & value) { return value.first == name; })->second;
  };
  for (const char * name : { "cycle", "structure", "pseudo_structure" })
  {
    EXPECT_LT(loss(losses.size() - 1, name), 0.3 * loss(0, name)) << name;
  }
  EXPECT_EQ(last.width, 4u * 32u);
  // The colour MRI has the structure of the MRI, of which it is made back.
  const std::map<std::string, double> measures(last.measures.begin(), last.measures.end());
  EXPECT_GT(measures.at("ssim"), 0.9);
  EXPECT_LT(measures.at("cycle_error"), 0.15);

  // The pseudo cryosection of a slice that is set aside has its colours.
  const auto         network = LoadNetwork(parameters.output, { "cpu", "float32" });
  const std::size_t  side = 32;
  std::vector<float> gray;
  for (std::size_t i = 0; i < side * side; ++i)
  {
    gray.push_back(static_cast<float>(Waves(i % side, i / side, 10)) / (WaveLevels - 1));
  }
  const NetworkOutput pseudo = network->Run(gray.data(), 1, { { side, side, 1 } }, 1);
  double              error = 0.0;
  double              errorOfGray = 0.0;
  for (std::size_t i = 0; i < side * side; ++i)
  {
    const auto color = ColorOfLevel(Waves(i % side, i / side, 10));
    for (std::size_t c = 0; c < 3; ++c)
    {
      error += std::abs(static_cast<double>(pseudo.data[c * side * side + i]) - color[c]);
      errorOfGray += std::abs(static_cast<double>(gray[i]) - color[c]);
    }
  }
  EXPECT_LT(error, 0.3 * errorOfGray);
}

TEST_F(TrainingSystems, CrossModalTakesUnpairedSlices)
{
  this->WriteUnpaired();
  TrainingParameters parameters = this->Parameters(
    "cross-modal",
    "whole",
    R"({"size":32,"width":4,"blocks":1,"reduction":2,"discriminator_widths":[4,4,3,3,2],"paired":false,)"
    R"("pseudo_structure_weight":0.0,"segmentation_weight":0.0})");
  parameters.batch = 2;
  parameters.steps = 1;
  std::size_t      columns = 0;
  TrainingObserver observer;
  observer.test = [&](const TrainingTest & test) { columns = test.width / 32; };
  Train(parameters, observer);
  EXPECT_EQ(columns, 3u);
  this->ExpectResumes(parameters);
}

TEST_F(TrainingSystems, SegmentersStepAsInPython)
{
  this->WritePaired(false);
  const TrainingData    data(this->File("data"));
  const TrainingSetting setting =
    this->Setting(data, R"({"size":32,"width":4,"classes":3,"learning_rate":0.01,"oblique_share":0.5,"spacing":1.6})");
  const auto compare = [&](auto training, const std::string & system)
  {
    std::vector<std::map<std::string, torch::Tensor>> batches;
    for (const std::uint64_t step : { 0, 1 })
    {
      const SegmenterBatch batch = training.Draw(step);
      EXPECT_TRUE(batch.labels.eq(IgnoredLabel).any().template item<bool>());
      batches.push_back({ { "pictures", batch.pictures }, { "labels", batch.labels } });
    }
    this->ExpectStepsOfPython(system, training, batches);
  };
  torch::manual_seed(3);
  const auto parameters = ReadTrainingParameters<SegmenterTrainingParameters>(setting);
  compare(SegmenterTraining<UNetSegmenter>(setting, parameters), "segmenter");
  compare(SegmenterTraining<ColorMedGANSegmenter>(setting, parameters), "attention-segmenter");
}

TEST_F(TrainingSystems, SegmentersLearnLabels)
{
  this->WritePaired(false);
  for (const std::string system : { "segmenter", "attention-segmenter" })
  {
    TrainingParameters parameters =
      this->Parameters(system, system, R"({"size":32,"width":6,"classes":3,"learning_rate":0.01})");
    parameters.steps = 120;
    TrainingTest     last;
    TrainingObserver observer;
    observer.test = [&](const TrainingTest & test) { last = test; };
    Train(parameters, observer);
    ASSERT_EQ(last.measures.at(0).first, "mean_dice");
    EXPECT_GT(last.measures.at(0).second, 0.8) << system;
    EXPECT_EQ(LoadNetwork(parameters.output, { "cpu", "float32" })->GetMetadata().outputChannels, 3);
  }
  const TrainingData data(this->File("data"));
  ExpectPart(ErrorOf([&]() { MakeSegmenterTraining(this->Setting(data, R"({"size":40})")); }),
             "The size of slices is 40, but has to be a multiple of 16.");
}

namespace
{
/** Pair samples of 32 x 32 pixels that nothing is taken away from or added to. */
RandomContrastParameters
PlainPairs()
{
  RandomContrastParameters parameters;
  parameters.size = 32;
  parameters.spacing = 1.0;
  parameters.largestBend = 0.0;
  parameters.noise = 0.0;
  parameters.coarseShare = 0.0;
  parameters.strippedShare = 0.0;
  parameters.cutShare = 0.0;
  return parameters;
}

struct PairSample
{
  std::vector<float> gray;
  std::vector<float> rgb;
  std::vector<float> weight;

  PairSample(const PairSampler & sampler, std::uint64_t step, std::uint64_t index)
    : gray(32 * 32)
    , rgb(3 * gray.size())
    , weight(gray.size())
  {
    sampler.Sample(step, index, gray.data(), rgb.data(), weight.data());
  }
};
} // namespace

TEST_F(TrainingSystems, PairSamplesDependOnSeedStepAndIndexAlone)
{
  this->WritePaired(false);
  const TrainingData data(this->File("data"));
  const auto         sampler = [&](TrainingRole role, std::uint64_t seed)
  {
    return PairSampler(CollectPairs(data, TrainingKind::Color, role, GrayScaling::Robust),
                       RandomContrastParameters{ 32 },
                       seed);
  };
  const PairSampler training = sampler(TrainingRole::Training, 7);
  const PairSample  first(training, 3, 1);
  EXPECT_NE(PairSample(training, 3, 2).gray, first.gray);
  EXPECT_EQ(PairSample(sampler(TrainingRole::Training, 7), 3, 1).gray, first.gray);
  EXPECT_NE(PairSample(training, 4, 1).gray, first.gray);
  EXPECT_NE(PairSample(sampler(TrainingRole::Training, 8), 3, 1).gray, first.gray);
  EXPECT_NE(PairSample(sampler(TrainingRole::Test, 7), 3, 1).gray, first.gray);
}

TEST_F(TrainingSystems, PairSamplesShowTheScanWithItsColors)
{
  this->WritePaired(false);
  const TrainingData data(this->File("data"));
  const PairSampler  sampler(CollectPairs(data, TrainingKind::Color, TrainingRole::Training, GrayScaling::Robust),
                            PlainPairs(),
                            7);
  for (std::uint64_t index = 0; index < 20; ++index)
  {
    const PairSample sample(sampler, 0, index);
    double           dark = 0.0;
    double           darks = 0.0;
    double           bright = 0.0;
    double           brights = 0.0;
    for (std::size_t i = 0; i < sample.gray.size(); ++i)
    {
      ASSERT_TRUE(sample.gray[i] >= 0.0f && sample.gray[i] <= 1.0f) << sample.gray[i];
      ASSERT_TRUE(sample.weight[i] == 0.0f || sample.weight[i] == 1.0f) << sample.weight[i];
      ASSERT_TRUE(sample.weight[i] == 1.0f || sample.gray[i] == 0.0f) << "outside is black";
      // Tissue 2 is brighter in the scan, and has more green.
      const float green = sample.rgb[sample.gray.size() + i];
      if (sample.weight[i] == 1.0f && green < 0.3f)
      {
        dark += sample.gray[i];
        darks += 1.0;
      }
      else if (sample.weight[i] == 1.0f && green > 0.8f)
      {
        bright += sample.gray[i];
        brights += 1.0;
      }
    }
    ASSERT_GT(darks, 10.0);
    ASSERT_GT(brights, 10.0);
    EXPECT_GT(bright / brights, dark / darks + 0.1) << "of sample " << index;
  }
}

TEST_F(TrainingSystems, AVolumesWindowCounts)
{
  const std::array<std::size_t, 3> size{ { Edge, Edge, 4 } };
  MadeVolume                       gray("scan", TrainingKind::Gray, size, Rods(0, Edge), Grays);
  gray.volume.information.window = { 51.0, 306.0 };
  WriteTrainingData(this->File("data"), { gray.volume });
  const TrainingData  data(this->File("data"));
  const SpatialVolume volume(data.GetVolumes().front(), TrainingRole::Training, GrayScaling::Robust);
  for (const std::size_t x : { 0, 12, 20, 27 })
  {
    float        value = -1.0f;
    const double expected = (Grays[Rods(0, Edge)(x, 20, 1)][0] - 51.0) / 255.0;
    ASSERT_TRUE(volume.Evaluate(volume.GetPoint(static_cast<double>(x), 20.0, 1), &value));
    EXPECT_NEAR(value, std::max(expected, 0.0), 1e-5) << x;
  }
  gray.volume.information.window = { 5.0, 5.0 };
  WriteTrainingData(this->File("data"), { gray.volume });
  ExpectPart(ErrorOf([&]() { TrainingData(this->File("data")); }),
             "the window of volume scan has to be two numbers, the first below the second");
}

TEST_F(TrainingSystems, AnyContrastLearnsPairsAndItsOwnErrors)
{
  this->WritePaired(false);
  TrainingParameters parameters = this->Parameters(
    "any-contrast",
    "any-contrast",
    R"({"block":1,"widths":[6,12],"size":32,"spacing":1.0,"warmup":2,"test_samples":8,"pair_share":1.0,)"
    R"("learning_rate":0.005,"averaging":4.0,"stripped_share":0.0,"cut_share":0.0,"splice_share":0.0,)"
    R"("coarse_share":0.0,"largest_zoom":1.0})");
  parameters.steps = 200;
  TrainingTest     last;
  TrainingObserver observer;
  observer.test = [&](const TrainingTest & test) { last = test; };
  Train(parameters, observer);
  std::map<std::string, double> measures(last.measures.begin(), last.measures.end());
  EXPECT_LT(measures.at("pair_ab_error"), 0.5 * measures.at("pair_constant_ab_error"));
  const auto network = LoadNetwork(parameters.output, { "cpu", "float32" });
  EXPECT_EQ(network->GetMetadata().outputChannels, 4);
  EXPECT_EQ(network->GetMetadata().outputScale, (std::vector<double>{ 20.0, 20.0, 20.0, 10.0 }));

  // What it expects of itself is near the truth in the mean.
  const TrainingData       data(this->File("data"));
  const PairSampler        sampler(CollectPairs(data, TrainingKind::Color, TrainingRole::Test, GrayScaling::Robust),
                            PlainPairs(),
                            7);
  const torch::NoGradGuard noGradient;
  const torch::Tensor      shift = torch::tensor({ 45.0, 15.0, 18.0 }).view({ 3, 1, 1 });
  double                   expected = 0.0;
  double                   found = 0.0;
  for (std::uint64_t index = 0; index < 8; ++index)
  {
    PairSample          sample(sampler, 0, index);
    const torch::Tensor weight = torch::from_blob(sample.weight.data(), { 1, 32, 32 });
    const torch::Tensor output =
      GetNetworkModule(*network)->Evaluate(torch::from_blob(sample.gray.data(), { 1, 1, 32, 32 })).at(0)[0];
    const torch::Tensor target = RGBToLab(torch::from_blob(sample.rgb.data(), { 1, 3, 32, 32 }))[0];
    const torch::Tensor off = (20.0 * output.slice(0, 0, 3) + shift - target).slice(0, 1).norm(2, { 0 }, true);
    expected += (10.0 * output.slice(0, 3) * weight).sum().item<double>();
    found += (off * weight).sum().item<double>();
  }
  EXPECT_GT(expected, 0.6 * found);
  EXPECT_LT(expected, 1.6 * found);
}

TEST_F(TrainingSystems, AnyContrastBeginsWithTheWeightsOfAModel)
{
  this->WritePaired(false);
  const std::string shape = R"("block":1,"widths":[4,8],"size":32,"spacing":1.0,"warmup":1,"test_samples":4)";
  const std::string start =
    this->MakeFile("start", "ColorUNet", R"({"input_channels":1,"output_channels":3,"block":1,"widths":[4,8]})");
  TrainingParameters parameters =
    this->Parameters("any-contrast", "any-contrast", '{' + shape + R"(,"learning_rate":0.0})");
  parameters.networks["start"] = start;
  parameters.steps = 1;
  Train(parameters, {});
  const SafetensorsFile began(start);
  const SafetensorsFile checkpoint(parameters.output + ".checkpoint");
  for (const std::string name : { "down1.conv.weight", "up1.norm.weight", "conv.weight" })
  {
    const TensorView & wanted = began.GetTensors().at(name);
    const TensorView & own = checkpoint.GetTensors().at("network.generator." + name);
    // What the start lacks is the fourth output alone.
    EXPECT_EQ(own.shape[0], name == "conv.weight" ? 4 : wanted.shape[0]);
    EXPECT_EQ(std::memcmp(own.data, wanted.data, wanted.bytes), 0) << name;
  }
  parameters.networks["start"] =
    this->MakeFile("other", "ColorUNet", R"({"input_channels":1,"output_channels":3,"block":1,"widths":[5,8]})");
  ExpectPart(ErrorOf([&]() { Train(parameters, {}); }), "do not fit the network that is to begin with them");
}
