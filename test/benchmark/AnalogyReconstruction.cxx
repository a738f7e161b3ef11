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
// What the coarser level's matches are best made into for the finer level of a deep image analogy: features that are warped
// by them, as FindAnalogy() does, or features that the authors' optimisation finds (Liao et al. 2017, equation 4: those
// of which the network makes the warped features of the coarser level; L-BFGS).
// AnalogyReconstruction --target PHOTOGRAPH --reference PHOTOGRAPH [--model FILE]
// The target is compared in gray. Printed are, for both ways: the seconds that the features take; by how much the network
// misses the coarser features, in parts of their length; how far the features of all layers are from those of their matches;
// and how far the matches' colours are from the target's own.

#include "itkBodySection.h"
#include "itkColorizationFilterUtilities.h"
#include "itkDeepImageAnalogy.h"
#include "itkNetwork.h"
#include "itkSectionFeatures.h"
#include "itkTorchNetwork.h"

#include "itkImageFileReader.h"
#include "itkImageRegionIteratorWithIndex.h"

#include <boost/program_options.hpp>
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <thread>

namespace
{
using namespace itk::colorization;
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;

constexpr std::size_t Levels = 5;
/** Torchvision's numbers of the first convolutions of the levels, the coarsest first, and of the first of all. */
constexpr std::array<int, Levels> FirstConvolutions{ { 28, 19, 10, 5, 0 } };

struct Arguments
{
  std::string target{};
  std::string reference{};
  std::string model{};
  int         width = 256;
  int         iterations = 100;
};

/** A photograph, and what the network makes of its luminance: relu5_1 ... relu1_1. */
struct Subject
{
  Section                    section{};
  std::vector<Color>         lab{};
  std::vector<torch::Tensor> layers{};
};

/** What a way to make the finer features comes to. */
struct Outcome
{
  double seconds = 0.0;
  double secondsOfFeatures = 0.0;
  /** Of the target's partner, level by level from relu4_1 on. */
  std::vector<double> misses{};
  double              featureDistance = 0.0;
  double              colorDistance = 0.0;
};

double
SecondsSince(std::chrono::steady_clock::time_point begin)
{
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/** Means of square blocks of a photograph's pixels, of which about `width` are in a row. */
PhotographType::Pointer
ReadShrunkPhotograph(const std::string & path, int width)
{
  const auto photograph = itk::ReadImage<PhotographType>(path);
  const auto size = photograph->GetLargestPossibleRegion().GetSize();
  const auto factor = std::max<itk::SizeValueType>(1, (size[0] + static_cast<itk::SizeValueType>(width) / 2) / width);
  auto       shrunk = PhotographType::New();
  shrunk->SetRegions(PhotographType::SizeType{ { size[0] / factor, size[1] / factor } });
  shrunk->Allocate();
  for (itk::ImageRegionIteratorWithIndex<PhotographType> it(shrunk, shrunk->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    std::array<itk::SizeValueType, 3> sum{};
    for (itk::SizeValueType k = 0; k < factor * factor; ++k)
    {
      PhotographType::IndexType place = it.GetIndex();
      place[0] = static_cast<itk::IndexValueType>(static_cast<itk::SizeValueType>(place[0]) * factor + k % factor);
      place[1] = static_cast<itk::IndexValueType>(static_cast<itk::SizeValueType>(place[1]) * factor + k / factor);
      for (unsigned int c = 0; c < 3; ++c)
      {
        sum[c] += photograph->GetPixel(place)[c];
      }
    }
    for (unsigned int c = 0; c < 3; ++c)
    {
      it.Value()[c] = static_cast<unsigned char>(sum[c] / (factor * factor));
    }
  }
  return shrunk;
}

Subject
MakeSubject(NetworkModule & network, const PhotographType * photograph)
{
  const std::array<double, 3> mean{ { 0.485, 0.456, 0.406 } };
  const std::array<double, 3> deviation{ { 0.229, 0.224, 0.225 } };
  Subject                     subject;
  subject.section = MakePhotographSection(photograph, BodyParts::Largest, subject.lab);
  const Section & section = subject.section;
  auto            gray = torch::zeros({ static_cast<long>(section.height), static_cast<long>(section.width) });
  for (std::size_t i = 0; i < section.body.size(); ++i)
  {
    gray.data_ptr<float>()[i] = section.body[i] ? section.intensity[i] : 0.0f;
  }
  std::vector<torch::Tensor> planes;
  for (std::size_t c = 0; c < 3; ++c)
  {
    planes.push_back((gray - mean[c]) / deviation[c]);
  }
  torch::NoGradGuard noGradient;
  subject.layers = network.EvaluateLayers(torch::stack(planes).unsqueeze(0),
                                          { "relu5_1", "relu4_1", "relu3_1", "relu2_1", "relu1_1" });
  return subject;
}

DeepFeatureMap
MapOf(const torch::Tensor & layer)
{
  const auto     values = layer.squeeze(0).permute({ 1, 2, 0 }).contiguous();
  DeepFeatureMap map;
  map.width = static_cast<std::size_t>(values.size(1));
  map.height = static_cast<std::size_t>(values.size(0));
  map.components = static_cast<unsigned int>(values.size(2));
  map.values.assign(values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
  return map;
}

std::vector<AnalogyLevel>
MakeLevels(const Subject & target, const Subject & reference)
{
  std::vector<AnalogyLevel> levels;
  const auto                parameters = DeepAnalogyLevels();
  for (std::size_t k = 0; k < Levels; ++k)
  {
    AnalogyLevel level;
    level.target = NormalizeDeepFeatures(MapOf(target.layers[k]), target.section);
    level.reference = NormalizeDeepFeatures(MapOf(reference.layers[k]), reference.section);
    level.patchRadius = parameters[k].patchRadius;
    level.iterations = parameters[k].iterations;
    level.searchRadius = parameters[k].searchRadius;
    level.ownWeight = parameters[k].ownWeight;
    levels.push_back(std::move(level));
  }
  return levels;
}

/** A layer at the places where a field points to; `elsewhere` where it points nowhere. */
torch::Tensor
WarpLayer(const torch::Tensor & layer, const NearestNeighborField & field, const torch::Tensor & elsewhere)
{
  auto       warped = elsewhere.clone();
  const long width = elsewhere.size(3);
  for (long i = 0; i < static_cast<long>(field.x.size()); ++i)
  {
    const auto k = static_cast<std::size_t>(i);
    if (field.x[k] >= 0)
    {
      warped.select(2, i / width).select(2, i % width).copy_(layer.select(2, field.y[k]).select(2, field.x[k]));
    }
  }
  return warped;
}

/** The part of the network from one level's layer to the next coarser one's. */
class Segment
{
public:
  Segment(const NetworkModule & network, std::size_t finerLevel)
  {
    const auto weights = network.named_parameters();
    const auto add = [&](int number)
    {
      const std::string name = "features." + std::to_string(number);
      m_Weights.push_back(weights[name + ".weight"].detach());
      m_Biases.push_back(weights[name + ".bias"].detach());
    };
    const int last = FirstConvolutions[finerLevel - 1];
    // Two numbers for each convolution with its ReLU; one for the pooling before the last.
    for (int number = FirstConvolutions[finerLevel] + 2; number < last - 1; number += 2)
    {
      add(number);
    }
    add(last);
  }

  torch::Tensor
  operator()(torch::Tensor x) const
  {
    for (std::size_t i = 0; i < m_Weights.size(); ++i)
    {
      x = i + 1 == m_Weights.size() ? torch::max_pool2d(x, 2) : x;
      x = torch::relu(torch::conv2d(x, m_Weights[i], m_Biases[i], 1, 1));
    }
    return x;
  }

private:
  std::vector<torch::Tensor> m_Weights{};
  std::vector<torch::Tensor> m_Biases{};
};

/** Looks for what a segment makes `wanted` of.
 * \param like has the shape and the mean value of what is looked for */
torch::Tensor
Optimize(const Segment & segment, const torch::Tensor & wanted, const torch::Tensor & like, int iterations)
{
  torch::manual_seed(1);
  auto                x = (torch::rand_like(like) * 2.0 * like.mean()).requires_grad_(true);
  torch::optim::LBFGS search(
    std::vector<torch::Tensor>{ x },
    torch::optim::LBFGSOptions(1.0).max_iter(iterations).history_size(10).line_search_fn("strong_wolfe"));
  search.step(
    [&]()
    {
      search.zero_grad();
      auto loss = (segment(x) - wanted).square().sum();
      loss.backward();
      return loss;
    });
  return x.detach();
}

double
RelativeMiss(const Segment & segment, const torch::Tensor & x, const torch::Tensor & wanted)
{
  torch::NoGradGuard noGradient;
  return std::sqrt(((segment(x) - wanted).square().sum() / wanted.square().sum()).item<double>());
}

/** Means over the target's tissue: of the distance of its features, of all layers, to their matches', and of the distance
 * of its colours to theirs in a and b of CIE Lab. */
void
Judge(const std::vector<AnalogyLevel> & levels,
      const Subject &                   target,
      const Subject &                   reference,
      const NearestNeighborField &      field,
      Outcome &                         outcome)
{
  std::size_t count = 0;
  const auto  coarser = [](std::size_t x, std::size_t extent, std::size_t coarserExtent)
  { return std::min(x * coarserExtent / extent, coarserExtent - 1); };
  for (std::size_t i = 0; i < field.x.size(); ++i)
  {
    if (field.x[i] < 0)
    {
      continue;
    }
    const std::size_t width = target.section.width;
    const auto        x = static_cast<std::size_t>(field.x[i]);
    const auto        y = static_cast<std::size_t>(field.y[i]);
    for (const AnalogyLevel & level : levels)
    {
      const LevelFeatures & from = level.target;
      const LevelFeatures & to = level.reference;
      const std::size_t     a =
        coarser(i % width, width, from.width) + from.width * coarser(i / width, target.section.height, from.height);
      const std::size_t b =
        coarser(x, reference.section.width, to.width) + to.width * coarser(y, reference.section.height, to.height);
      for (std::size_t c = 0; c < from.components; ++c)
      {
        const double difference = from.values[a * from.components + c] - to.values[b * to.components + c];
        outcome.featureDistance += difference * difference / Levels;
      }
    }
    const Color & own = target.lab[i];
    const Color & match = reference.lab[y * reference.section.width + x];
    outcome.colorDistance += std::hypot(own[1] - match[1], own[2] - match[2]);
    ++count;
  }
  outcome.featureDistance /= static_cast<double>(count);
  outcome.colorDistance /= static_cast<double>(count);
}

/** \param iterations of L-BFGS; 0 for warping */
Outcome
Run(const NetworkModule & network, const Subject & target, const Subject & reference, int iterations)
{
  const auto levels = MakeLevels(target, reference);
  Outcome    outcome;
  const auto reconstruct =
    [&](std::size_t k, bool ofTarget, const NearestNeighborField & coarserField, const NearestNeighborField & field)
  {
    const Subject &    own = ofTarget ? target : reference;
    const Subject &    other = ofTarget ? reference : target;
    const Segment      segment(network, k);
    const auto         wanted = WarpLayer(other.layers[k - 1], coarserField, own.layers[k - 1]);
    const auto         begin = std::chrono::steady_clock::now();
    std::vector<float> features;
    torch::Tensor      finer;
    if (iterations == 0)
    {
      features = WarpFeatures(ofTarget ? levels[k].reference : levels[k].target, field);
    }
    else
    {
      finer = Optimize(segment, wanted, own.layers[k], iterations);
      features = NormalizeDeepFeatures(MapOf(finer), own.section).values;
    }
    outcome.secondsOfFeatures += SecondsSince(begin);
    if (ofTarget)
    {
      finer = finer.defined() ? finer : WarpLayer(other.layers[k], field, own.layers[k]);
      outcome.misses.push_back(RelativeMiss(segment, finer, wanted));
    }
    return features;
  };
  const auto threads = itk::MultiThreaderBase::New();
  const auto begin = std::chrono::steady_clock::now();
  const auto fields = FindAnalogy(levels, nullptr, 0.0, MakeParallelFor(threads), IgnoreProgress, reconstruct);
  outcome.seconds = SecondsSince(begin);
  Judge(levels, target, reference, fields.forward.back(), outcome);
  return outcome;
}

void
Print(const char * way, const Outcome & outcome)
{
  std::printf("%-9s %8.3f s of %7.2f s; misses", way, outcome.secondsOfFeatures, outcome.seconds);
  for (const double miss : outcome.misses)
  {
    std::printf(" %.3f", miss);
  }
  std::printf("; features are %.4f from their matches', (a, b) is %.3f from theirs\n",
              outcome.featureDistance,
              outcome.colorDistance);
}

/** Whether the arguments make sense; prints help or what is wrong. */
bool
Parse(int argc, char * argv[], Arguments & arguments)
{
  namespace options = boost::program_options;
  options::options_description description("AnalogyReconstruction");
  auto                         add = description.add_options();
  add("help", "prints this");
  add("target", options::value(&arguments.target)->required(), "photograph that is compared in gray");
  add("reference",
      options::value(&arguments.reference)->required(),
      "photograph whose features and colours are sought");
  add("model", options::value(&arguments.model), "weights of VGG-19; without them, random ones");
  add("width", options::value(&arguments.width)->default_value(256), "about how many pixels photographs are shrunk to");
  add("iterations", options::value(&arguments.iterations)->default_value(100), "of L-BFGS");
  options::variables_map values;
  try
  {
    options::store(options::parse_command_line(argc, argv, description), values);
    if (values.count("help") == 0)
    {
      options::notify(values);
      return arguments.width > 0 && arguments.iterations > 0;
    }
  }
  catch (const options::error & error)
  {
    std::cerr << error.what() << '\n';
  }
  std::cerr << description;
  return false;
}
} // namespace

int
main(int argc, char * argv[])
{
  Arguments arguments;
  if (!Parse(argc, argv, arguments))
  {
    return 1;
  }
  try
  {
    const auto     threads = UseTorchThreads(static_cast<int>(std::thread::hardware_concurrency()));
    NetworkOptions processor;
    processor.device = "cpu";
    const auto    network = arguments.model.empty() ? MakeNetwork("VGG19", R"({"linear_layers":0})", 1)
                                                    : LoadNetwork(arguments.model, processor);
    const auto    module = GetNetworkModule(*network);
    const Subject target = MakeSubject(*module, ReadShrunkPhotograph(arguments.target, arguments.width));
    const Subject reference = MakeSubject(*module, ReadShrunkPhotograph(arguments.reference, arguments.width));
    std::printf("%zux%zu pixels against %zux%zu, %s weights; misses from relu4_1 to relu1_1\n",
                target.section.width,
                target.section.height,
                reference.section.width,
                reference.section.height,
                arguments.model.empty() ? "random" : "given");
    Print("warping", Run(*module, target, reference, 0));
    Print("L-BFGS", Run(*module, target, reference, arguments.iterations));
    return 0;
  }
  catch (const std::exception & error)
  {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
