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
#include "training/itkPrefetch.h"
#include "training/itkRandomContrast.h"
#include "training/itkTraining.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <stdexcept>

#include <unistd.h>

namespace fs = std::filesystem;
using namespace itk::colorization;

namespace
{
/** A colour volume that is made in code: a round body of three tissues, in ice. */
struct MadeVolume
{
  std::vector<std::uint8_t> values;
  std::vector<std::uint8_t> tissue;
  TrainingVolume            volume;

  explicit MadeVolume(const std::string & name = "body", std::size_t slices = 12, std::size_t edge = 48)
  {
    const std::array<std::array<std::uint8_t, 3>, 4> colors{
      { { { 20, 60, 140 } }, { { 230, 200, 150 } }, { { 120, 40, 35 } }, { { 240, 225, 190 } } }
    };
    for (std::size_t z = 0; z < slices; ++z)
    {
      for (std::size_t i = 0; i < edge * edge; ++i)
      {
        const double x = static_cast<double>(i % edge) - 0.5 * static_cast<double>(edge);
        const double y = static_cast<double>(i / edge) - 0.5 * static_cast<double>(edge);
        const double radius = std::hypot(x, 1.2 * y) / static_cast<double>(edge);
        const auto   kind = static_cast<std::size_t>(radius > 0.45                                               ? 0
                                                     : radius > 0.36                                             ? 1
                                                     : std::hypot(x - 4.0, y) < 5.0 + static_cast<double>(z % 3) ? 3
                                                                                                                 : 2);
        values.insert(values.end(), colors[kind].begin(), colors[kind].end());
        // What lies half in ice is of no known colour.
        tissue.push_back(kind == 0 ? Outside : radius > 0.4 ? Cavity : Tissue);
      }
      volume.positions.push_back(2.0f * static_cast<float>(z));
    }
    const auto count = static_cast<std::int64_t>(slices);
    const auto extent = static_cast<std::int64_t>(edge);
    volume.information.name = name;
    volume.information.spacing = { { 2.0, 2.0, 2.0 } };
    volume.information.test = { { { 16.0, 22.0 } } };
    volume.information.gap = 2.0;
    volume.values = { TensorType::Other, "U8", { count, extent, extent, 3 }, values.data(), values.size() };
    volume.tissue = { TensorType::Other, "U8", { count, extent, extent }, tissue.data(), tissue.size() };
  }
};

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

class Training : public testing::Test
{
protected:
  void
  SetUp() override
  {
    m_Folder = fs::temp_directory_path() / ("colorization-training-" + std::to_string(getpid()));
    fs::create_directories(m_Folder);
    WriteTrainingData(this->File("data"), { MadeVolume().volume });
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

  /** A small network, and samples of 32 x 32 pixels. */
  TrainingParameters
  Parameters(const std::string & output, const std::string & more = "") const
  {
    TrainingParameters parameters;
    parameters.data = this->File("data");
    parameters.output = this->File(output);
    parameters.hyperParameters =
      R"({"block":1,"widths":[4,8,8],"size":32,"spacing":3.0,"warmup":2,"test_samples":4)" + more + '}';
    parameters.device = "cpu";
    parameters.batch = 3;
    parameters.steps = 6;
    parameters.seed = 5;
    parameters.checkpointInterval = 2;
    parameters.previewInterval = 0;
    parameters.threads = 1;
    return parameters;
  }

  fs::path m_Folder{};
};

/** Changes the text of a file, whose length stays. */
void
Replace(const std::string & path, const std::string & before, const std::string & after)
{
  ASSERT_EQ(before.size(), after.size());
  std::string bytes = BytesOf(path);
  const auto  place = bytes.find(before);
  ASSERT_NE(place, std::string::npos);
  bytes.replace(place, before.size(), after);
  std::ofstream(path, std::ios::binary) << bytes;
}

/** Of one sample: how many pixels have a colour, and the mean gray of fat and of muscle, below 0 where there is none. */
struct SampleSummary
{
  double tissue = 0.0;
  double fat = -1.0;
  double muscle = -1.0;
};

SampleSummary
Summarize(const RandomContrastSampler & sampler, std::uint64_t index)
{
  const auto         size = sampler.GetParameters().size;
  const auto         pixels = static_cast<std::size_t>(size * size);
  std::vector<float> gray(pixels);
  std::vector<float> rgb(3 * pixels);
  std::vector<float> weight(pixels);
  sampler.Sample(0, index, gray.data(), rgb.data(), weight.data());
  double        muscle = 0.0;
  double        muscles = 0.0;
  double        fat = 0.0;
  double        fats = 0.0;
  SampleSummary summary;
  for (std::size_t i = 0; i < pixels; ++i)
  {
    EXPECT_TRUE(gray[i] >= 0.0f && gray[i] <= 1.0f) << gray[i];
    EXPECT_TRUE(weight[i] == 0.0f || weight[i] == 1.0f) << weight[i];
    if (weight[i] == 1.0f)
    {
      EXPECT_GT(rgb[i], rgb[2 * pixels + i]) << "the blue of ice is no tissue";
      const bool isMuscle = rgb[i] < 0.55f && rgb[pixels + i] < 0.25f;
      const bool isFat = rgb[i] > 0.85f;
      muscle += isMuscle ? gray[i] : 0.0;
      muscles += isMuscle ? 1.0 : 0.0;
      fat += isFat ? gray[i] : 0.0;
      fats += isFat ? 1.0 : 0.0;
      summary.tissue += 1.0;
    }
  }
  summary.fat = fats > 0.0 ? fat / fats : -1.0;
  summary.muscle = muscles > 0.0 ? muscle / muscles : -1.0;
  return summary;
}

/** Of small samples that nothing is taken away from. */
RandomContrastParameters
WholeSamples()
{
  RandomContrastParameters parameters;
  parameters.size = 40;
  parameters.spacing = 2.5;
  parameters.noise = 0.0;
  parameters.strippedShare = 0.0;
  parameters.cutShare = 0.0;
  parameters.spliceShare = 0.0;
  return parameters;
}

/** Of 40 samples, in how many fat is brighter than muscle. */
int
CountBrightFat(const TrainingData & data, const RandomContrastParameters & parameters)
{
  const RandomContrastSampler sampler(data.GetVolumes(TrainingKind::Color), TrainingRole::Training, parameters, 7);
  int                         brighter = 0;
  for (std::uint64_t k = 0; k < 40; ++k)
  {
    const SampleSummary summary = Summarize(sampler, k);
    EXPECT_GT(summary.tissue, 0.0);
    brighter += summary.fat > summary.muscle ? 1 : 0;
  }
  return brighter;
}
} // namespace

TEST_F(Training, DataComesBackAsItWasWritten)
{
  const MadeVolume       made;
  const TrainingData     data(this->File("data"));
  const TrainingVolume & volume = data.GetVolumes().at(0);
  EXPECT_EQ(volume.information.name, "body");
  EXPECT_EQ(volume.information.gap, 2.0);
  EXPECT_EQ(volume.size, (std::array<std::size_t, 3>{ { 48, 48, 12 } }));
  EXPECT_EQ(volume.positions, made.volume.positions);
  EXPECT_TRUE(std::equal(made.values.begin(), made.values.end(), volume.values.data));
  EXPECT_TRUE(std::equal(made.tissue.begin(), made.tissue.end(), volume.tissue.data));
  // Slices at 16 ... 22 mm are of test, and that at 14 mm is too near.
  EXPECT_EQ(volume.test, (std::vector<std::size_t>{ 8, 9, 10, 11 }));
  EXPECT_EQ(volume.training, (std::vector<std::size_t>{ 0, 1, 2, 3, 4, 5, 6 }));
}

TEST_F(Training, NamesWhatIsWrongWithData)
{
  const std::string path = this->File("bad");
  const auto        errorOf = [&]() { return ErrorOf([&]() { TrainingData data(path); }); };
  ExpectPart(ErrorOf([&]() { TrainingData data(this->File("none")); }), "none: the file cannot be read");

  std::ofstream(path, std::ios::binary) << BytesOf(this->File("data")).substr(0, 5000);
  ExpectPart(errorOf(), "bad: this is no whole safetensors file");

  const auto write = [&](const std::function<void(MadeVolume &)> & change)
  {
    MadeVolume made;
    change(made);
    WriteTrainingData(path, { made.volume });
  };
  write([](MadeVolume & made) { made.volume.positions[3] = made.volume.positions[2]; });
  ExpectPart(errorOf(), "the positions of volume body do not rise");
  write([](MadeVolume & made) { made.volume.positions.pop_back(); });
  ExpectPart(errorOf(), "volume body has 12 slices, but 11 positions");
  write([](MadeVolume & made) { made.tissue[7] = 3; });
  ExpectPart(errorOf(), "body/tissue has values above 2");
  write([](MadeVolume & made) { made.volume.tissue.shape = { 12, 24, 96 }; });
  ExpectPart(errorOf(), "body/tissue is of shape [12, 24, 96], but [12, 48, 48] is wanted");
  write([](MadeVolume & made) { made.volume.values.shape = { 12, 48, 72, 2 }; });
  ExpectPart(errorOf(), "but a colour has 3 components");
  write([](MadeVolume & made) { made.volume.information.share = -1.0; });
  ExpectPart(errorOf(), "a number of volume body is not finite, or below its least");

  fs::copy_file(this->File("data"), path, fs::copy_options::overwrite_existing);
  Replace(path, "body/tissue", "body/tissuf");
  ExpectPart(errorOf(), "it has no tensor body/tissue");
  fs::copy_file(this->File("data"), path, fs::copy_options::overwrite_existing);
  Replace(path, R"("version":"1")", R"("version":"9")");
  ExpectPart(errorOf(), "its version is not 1");
  WriteSafetensors(path, {}, {});
  ExpectPart(errorOf(), "it does not say that it is of the format");

  write([](MadeVolume & made) { made.volume.information.test = { { { 0.0, 30.0 } } }; });
  const TrainingData withoutTraining(path);
  ExpectPart(ErrorOf([&]() { withoutTraining.GetVolumes(TrainingKind::Color); }),
             "no volume of the kind color has slices to train on");
  ExpectPart(ErrorOf([&]() { TrainingData(this->File("data")).GetVolumes(TrainingKind::Gray); }), "of the kind gray");
}

TEST_F(Training, SamplesDependOnSeedStepAndIndexAlone)
{
  const TrainingData       data(this->File("data"));
  RandomContrastParameters parameters;
  parameters.size = 40;
  parameters.spacing = 2.5;
  const auto volumes = data.GetVolumes(TrainingKind::Color);
  const auto pixels = static_cast<std::size_t>(parameters.size * parameters.size);
  const auto draw = [&](const RandomContrastSampler & sampler, std::uint64_t step, std::uint64_t index)
  {
    std::vector<float> values(5 * pixels);
    sampler.Sample(step, index, values.data(), values.data() + pixels, values.data() + 4 * pixels);
    return values;
  };
  const RandomContrastSampler sampler(volumes, TrainingRole::Training, parameters, 7);
  const RandomContrastSampler same(volumes, TrainingRole::Training, parameters, 7);
  const auto                  first = draw(sampler, 3, 1);
  const auto                  second = draw(sampler, 3, 2);
  EXPECT_EQ(draw(same, 3, 2), second);
  EXPECT_EQ(draw(same, 3, 1), first);
  EXPECT_NE(first, second);
  EXPECT_NE(draw(sampler, 4, 1), first);
  EXPECT_NE(draw(RandomContrastSampler(volumes, TrainingRole::Training, parameters, 8), 3, 1), first);
  EXPECT_NE(draw(RandomContrastSampler(volumes, TrainingRole::Test, parameters, 7), 3, 1), first);
}

TEST_F(Training, SamplesShowTissueInAnyContrast)
{
  // Either is the brighter one, as chance will have it.
  const int brighter = CountBrightFat(TrainingData(this->File("data")), WholeSamples());
  EXPECT_GT(brighter, 5);
  EXPECT_LT(brighter, 35);
}

TEST_F(Training, FatIsDarkInSamplesAsOfCT)
{
  RandomContrastParameters parameters = WholeSamples();
  parameters.luminanceShare = 0.0;
  parameters.projectionShare = 0.0;
  parameters.tomographyShare = 1.0;
  EXPECT_LT(CountBrightFat(TrainingData(this->File("data")), parameters), 12);
}

TEST_F(Training, SamplesAreBentAndCut)
{
  const TrainingData       data(this->File("data"));
  const auto               volumes = data.GetVolumes(TrainingKind::Color);
  RandomContrastParameters whole = WholeSamples();
  whole.largestBend = 0.0;
  RandomContrastParameters cut = whole;
  cut.cutShare = 1.0;
  const RandomContrastParameters bent = WholeSamples();
  const auto                     tissueOf = [&](const RandomContrastParameters & parameters)
  {
    const RandomContrastSampler sampler(volumes, TrainingRole::Training, parameters, 7);
    std::vector<double>         counts;
    for (std::uint64_t k = 0; k < 20; ++k)
    {
      counts.push_back(Summarize(sampler, k).tissue);
    }
    return counts;
  };
  const auto wholes = tissueOf(whole);
  const auto cuts = tissueOf(cut);
  EXPECT_NE(tissueOf(bent), wholes);
  for (std::size_t k = 0; k < wholes.size(); ++k)
  {
    EXPECT_LE(cuts[k], wholes[k]) << "of sample " << k;
    EXPECT_GT(cuts[k], 0.0) << "of sample " << k;
  }
  EXPECT_LT(std::accumulate(cuts.begin(), cuts.end(), 0.0), 0.8 * std::accumulate(wholes.begin(), wholes.end(), 0.0));
}

TEST_F(Training, SplicedSamplesHaveIslandsOfOtherSlices)
{
  const TrainingData       data(this->File("data"));
  const auto               volumes = data.GetVolumes(TrainingKind::Color);
  RandomContrastParameters spliced = WholeSamples();
  spliced.spliceShare = 1.0;
  const RandomContrastSampler sampler(volumes, TrainingRole::Training, spliced, 7);
  const RandomContrastSampler plain(volumes, TrainingRole::Training, WholeSamples(), 7);
  const auto                  pixels = static_cast<std::size_t>(spliced.size * spliced.size);
  std::vector<float>          gray(pixels);
  std::vector<float>          weight(pixels);
  std::size_t                 changed = 0;
  std::size_t                 kept = 0;
  for (std::uint64_t k = 0; k < 20; ++k)
  {
    std::vector<float> one(3 * pixels);
    std::vector<float> two(3 * pixels);
    plain.Sample(0, k, gray.data(), one.data(), weight.data());
    sampler.Sample(0, k, gray.data(), two.data(), weight.data());
    for (std::size_t i = 0; i < pixels; ++i)
    {
      changed += weight[i] == 1.0f && one[i] != two[i] ? 1 : 0;
      kept += weight[i] == 1.0f && one[i] == two[i] ? 1 : 0;
      EXPECT_TRUE(weight[i] == 1.0f || one[i] == two[i]) << "only tissue is put in";
    }
  }
  EXPECT_GT(changed, 100u);
  EXPECT_GT(kept, 100u);
}

TEST(Prefetch, GivesEachStepWhatItNeeds)
{
  std::vector<std::uint64_t> made;
  Prefetch<std::uint64_t>    prefetch(
    [&made](std::uint64_t step)
    {
      made.push_back(step);
      if (step == 8)
      {
        throw std::runtime_error("eight");
      }
      return 10 * step;
    },
    10);
  EXPECT_EQ(prefetch.Take(3), 30u);
  EXPECT_EQ(prefetch.Take(4), 40u);
  EXPECT_EQ(prefetch.Take(7), 70u) << "what was made for step 5 is of no use";
  EXPECT_THROW(prefetch.Take(8), std::runtime_error);
  EXPECT_EQ(prefetch.Take(9), 90u);
  EXPECT_EQ(made, (std::vector<std::uint64_t>{ 3, 4, 5, 7, 8, 9 })) << "nothing twice, nothing beyond the last step";
}

TEST_F(Training, ResumesWithTheSameBits)
{
  TrainingParameters whole = this->Parameters("whole");
  whole.log = this->File("whole.csv");
  Train(whole, {});
  TrainingParameters part = this->Parameters("part");
  part.log = this->File("part.csv");
  TrainingObserver stop;
  stop.progress = [](const TrainingProgress & progress) { return progress.step < 4; };
  EXPECT_EQ(Train(part, stop).steps, 4u);
  EXPECT_NE(BytesOf(part.output + ".checkpoint"), BytesOf(whole.output + ".checkpoint"));
  part.resume = part.output + ".checkpoint";
  const TrainingReport report = Train(part, {});
  EXPECT_EQ(report.steps, 6u);
  EXPECT_EQ(BytesOf(part.output + ".checkpoint"), BytesOf(whole.output + ".checkpoint"));
  EXPECT_EQ(BytesOf(part.output), BytesOf(whole.output));
  // Six rows below the names of the columns, and the losses are the same.
  const auto rows = [](const std::string & text) { return std::count(text.begin(), text.end(), '\n'); };
  EXPECT_EQ(rows(BytesOf(part.log)), 7);
  EXPECT_EQ(rows(BytesOf(whole.log)), 7);

  part.seed = 6;
  ExpectPart(ErrorOf([&]() { Train(part, {}); }),
             "part.checkpoint: training cannot be resumed from this file: it is of");
  part.seed = 5;
  part.resume = part.output;
  ExpectPart(ErrorOf([&]() { Train(part, {}); }), "training cannot be resumed from this file: it has no \"format\"");
  part.resume = part.data;
  ExpectPart(ErrorOf([&]() { Train(part, {}); }), "it is no checkpoint");
}

TEST_F(Training, StopsWhereALossIsNotFinite)
{
  TrainingParameters parameters = this->Parameters("exploding", R"(,"learning_rate":1e6,"weight_decay":1.0)");
  parameters.steps = 200;
  parameters.checkpointInterval = 1;
  const std::string error = ErrorOf([&]() { Train(parameters, {}); });
  EXPECT_TRUE(error.find("_l1\" is ") != std::string::npos || error.find("is not finite") != std::string::npos)
    << error;
  ExpectPart(error, "step ");
  ExpectPart(error, "training stops");
  // What was written last is whole.
  EXPECT_FALSE(SafetensorsFile(parameters.output + ".checkpoint").GetTensors().empty());
}

TEST_F(Training, NamesWrongParameters)
{
  const auto errorOf = [&](const std::function<void(TrainingParameters &)> & change)
  {
    TrainingParameters parameters = this->Parameters("none");
    change(parameters);
    return ErrorOf([&]() { Train(parameters, {}); });
  };
  ExpectPart(errorOf([](TrainingParameters & p) { p.system = "none"; }),
             "The system is \"none\", but has to be one of any-contrast, ");
  ExpectPart(errorOf([](TrainingParameters & p) { p.steps = 0; }), "The number of steps is 0, but has to be in 1 ... ");
  ExpectPart(errorOf([](TrainingParameters & p) { p.batch = 0; }), "The batch is 0");
  ExpectPart(errorOf([](TrainingParameters & p) { p.checkpointInterval = 0; }), "The interval of checkpoints is 0");
  ExpectPart(errorOf([](TrainingParameters & p) { p.precision = "float16"; }),
             "The precision is \"float16\", but training has float32 and bfloat16.");
  ExpectPart(errorOf([](TrainingParameters & p) { p.hyperParameters = "[]"; }), "no JSON object");
  ExpectPart(errorOf([](TrainingParameters & p) { p.hyperParameters = R"({"depth":3})"; }),
             "there is no hyper-parameter \"depth\"");
  ExpectPart(errorOf([](TrainingParameters & p) { p.hyperParameters = R"({"noise":2.0})"; }),
             "the hyper-parameter noise is 2, but has to be in 0 ... 1");
  ExpectPart(errorOf([](TrainingParameters & p) { p.hyperParameters = R"({"size":72})"; }),
             "The size of samples is 72, but has to be a multiple of 32 for this network.");
  ExpectPart(errorOf([](TrainingParameters & p) { p.output = "/no/such/folder/model"; }), "cannot be written");
}

TEST_F(Training, LearnsColorsFromStructure)
{
  TrainingParameters parameters =
    this->Parameters("learned",
                     R"(,"learning_rate":0.003,"largest_zoom":1.1,"averaging":4.0,"luminance_share":1.0,)"
                     R"("stripped_share":0.0,"coarse_share":0.0)");
  parameters.batch = 8;
  parameters.steps = 500;
  std::vector<double> losses;
  TrainingTest        last;
  TrainingObserver    observer;
  observer.progress = [&](const TrainingProgress & progress)
  {
    EXPECT_EQ(progress.step, losses.size() + 1);
    losses.push_back(progress.losses.at(1).second);
    return true;
  };
  observer.test = [&](const TrainingTest & test) { last = test; };
  const TrainingReport report = Train(parameters, observer);
  EXPECT_EQ(report.steps, 500u);
  EXPECT_EQ(last.step, 500u);
  EXPECT_EQ(last.width, 4u * 32u);
  EXPECT_EQ(last.picture.size(), 3 * last.width * last.height);
  std::map<std::string, double> measures(last.measures.begin(), last.measures.end());
  EXPECT_LT(measures.at("ab_error"), 0.5 * measures.at("constant_ab_error"));
  // The model is one that colours.
  const auto network = LoadNetwork(parameters.output, { "cpu", "float32" });
  EXPECT_EQ(network->GetMetadata().colorSpace, NetworkColorSpace::Lab);
  EXPECT_EQ(network->GetMetadata().normalization.kind, NetworkNormalizationKind::Percentiles);
  ExpectPart(network->GetMetadata().training, "any-contrast");
}

TEST_F(Training, EndsWhenItIsTold)
{
  TrainingParameters parameters = this->Parameters("ended");
  parameters.steps = 1000000;
  TrainingObserver observer;
  observer.progress = [](const TrainingProgress & progress) { return progress.step < 3; };
  EXPECT_EQ(Train(parameters, observer).steps, 3u);
  EXPECT_TRUE(fs::exists(parameters.output));
  EXPECT_EQ(SafetensorsFile(parameters.output + ".checkpoint").GetMetadata().at("step"), "3");
}

TEST_F(Training, AStepIsThatOfPython)
{
  // Without a learning rate, the first weights stay: what Python starts from.
  TrainingParameters parameters = this->Parameters("start", R"(,"learning_rate":0.0)");
  parameters.steps = 1;
  Train(parameters, {});
  parameters = this->Parameters("stepped", R"(,"learning_rate":0.01)");
  parameters.steps = 1;
  const TrainingValues losses = Train(parameters, {}).losses;

  const TrainingData       data(this->File("data"));
  RandomContrastParameters contrast;
  contrast.size = 32;
  contrast.spacing = 3.0;
  contrast.spliceShare = 0.0;
  const RandomContrastSampler       sampler(data.GetVolumes(TrainingKind::Color),
                                      TrainingRole::Training,
                                      contrast,
                                      parameters.seed);
  constexpr std::int64_t            pixels = 32 * 32;
  const std::int64_t                batch = 3;
  std::array<std::vector<float>, 3> planes{
    { std::vector<float>(batch * pixels), std::vector<float>(3 * batch * pixels), std::vector<float>(batch * pixels) }
  };
  for (std::int64_t i = 0; i < batch; ++i)
  {
    sampler.Sample(0,
                   static_cast<std::uint64_t>(i),
                   planes[0].data() + i * pixels,
                   planes[1].data() + 3 * i * pixels,
                   planes[2].data() + i * pixels);
  }
  const auto view = [&](std::size_t k, std::int64_t channels)
  {
    return TensorView{ TensorType::Float32,
                       "F32",
                       { batch, channels, 32, 32 },
                       reinterpret_cast<const unsigned char *>(planes[k].data()),
                       planes[k].size() * sizeof(float) };
  };
  WriteSafetensors(this->File("batch"),
                   { { "gray", view(0, 1) }, { "rgb", view(1, 3) }, { "weight", view(2, 1) } },
                   {});
  const std::string command =
    "'" COLORIZATION_PYTHON "' '" COLORIZATION_TRAINING_REFERENCE "' '" + m_Folder.string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const SafetensorsFile python(this->File("python"));
  const auto numbers = [](const TensorView & tensor) { return reinterpret_cast<const float *>(tensor.data); };
  ASSERT_EQ(losses.size(), 2u);
  for (const auto & [name, loss] : losses)
  {
    EXPECT_NEAR(loss, numbers(python.GetTensors().at(name))[0], 1e-4 * loss) << name;
  }
  const SafetensorsFile stepped(this->File("stepped.checkpoint"));
  double                largest = 0.0;
  std::size_t           compared = 0;
  for (const auto & [name, tensor] : python.GetTensors())
  {
    if (name != losses[0].first && name != losses[1].first)
    {
      const TensorView & own = stepped.GetTensors().at("network.generator." + name);
      ASSERT_EQ(own.shape, tensor.shape) << name;
      for (std::size_t i = 0; i < tensor.bytes / sizeof(float); ++i, ++compared)
      {
        largest = std::max<double>(largest, std::abs(numbers(own)[i] - numbers(tensor)[i]));
      }
    }
  }
  EXPECT_GT(compared, 1000u);
  EXPECT_LT(largest, 1e-4);
}
