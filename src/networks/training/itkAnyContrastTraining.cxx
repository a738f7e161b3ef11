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
#include "itkAnyContrastTraining.h"

#include "../itkHyperParameters.h"
#include "../itkNetworkMetadataText.h"
#include "../itkTorchNetwork.h"
#include "itkAutocastScope.h"
#include "itkPairSampler.h"
#include "itkPrefetch.h"
#include "itkTensorColor.h"
#include "itkTrainingSupport.h"

#include <ATen/Parallel.h>

#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** Gray images, the photographs that they are made of, and where these count. */
struct ContrastBatch
{
  torch::Tensor gray;
  torch::Tensor rgb;
  torch::Tensor weight;
};

/** \param pairs what the first `pairCount` samples are of */
ContrastBatch
DrawBatch(const RandomContrastSampler & sampler,
          const PairSampler *           pairs,
          std::int64_t                  pairCount,
          std::uint64_t                 step,
          std::int64_t                  count)
{
  const std::int64_t size = sampler.GetParameters().size;
  ContrastBatch      batch{ torch::empty({ count, 1, size, size }),
                       torch::empty({ count, 3, size, size }),
                       torch::empty({ count, 1, size, size }) };
  float *            gray = batch.gray.data_ptr<float>();
  float *            rgb = batch.rgb.data_ptr<float>();
  float *            weight = batch.weight.data_ptr<float>();
  at::parallel_for(
    0,
    count,
    1,
    [&](std::int64_t begin, std::int64_t end)
    {
      for (std::int64_t i = begin; i < end; ++i)
      {
        const std::int64_t offset = i * size * size;
        const auto         draw = [&](const auto & from)
        { from.Sample(step, static_cast<std::uint64_t>(i), gray + offset, rgb + 3 * offset, weight + offset); };
        i < pairCount ? draw(*pairs) : draw(sampler);
      }
    });
  return batch;
}

RandomContrastParameters
WithoutSplices(RandomContrastParameters parameters)
{
  parameters.spliceShare = 0.0;
  return parameters;
}

/** N x 1 x H x W: how far (a, b) are from their targets. */
torch::Tensor
ChromaDistance(const torch::Tensor & lab, const torch::Tensor & target)
{
  return torch::sqrt((lab.slice(1, 1, 3) - target.slice(1, 1, 3)).square().sum(1, true));
}

/** Mean distance of (a, b) over what is weighted. */
double
ChromaError(const torch::Tensor & lab, const torch::Tensor & target, const torch::Tensor & weight)
{
  return ((ChromaDistance(lab, target) * weight).sum() / weight.sum()).item<double>();
}

/** Mean square of how far the fourth channel is from the error of (a, b), in units of ErrorScale; the colors are not
 * drawn by it. */
torch::Tensor
ErrorLoss(const torch::Tensor & lab, const torch::Tensor & target, const torch::Tensor & weight)
{
  constexpr double    largest = 40.0;
  const torch::Tensor distance = torch::clamp_max(ChromaDistance(lab.detach(), target), largest);
  const torch::Tensor off = (lab.slice(1, 3, 4) - distance) / ErrorScale;
  return (off.square() * weight).sum() / torch::clamp_min(weight.sum(), 1.0);
}

/** What keeps samples of test apart from those of training. */
constexpr std::uint64_t TestSeed = 0x7465737400000000ull;

/** Samples of the data set's pairs; null if it has none of the role. */
std::unique_ptr<PairSampler>
MakePairs(const TrainingSetting &          setting,
          TrainingRole                     role,
          const RandomContrastParameters & parameters,
          std::uint64_t                    seed)
{
  if (!HasPairs(setting.data))
  {
    return nullptr;
  }
  auto sources = CollectPairs(setting.data, TrainingKind::Color, role, GrayScaling::Robust);
  return sources.empty() ? nullptr : std::make_unique<PairSampler>(std::move(sources), parameters, seed);
}

/** Copies the weights of a model whose layers are the same, but which may have fewer outputs; the others are kept.
 * \throws ModelError */
void
StartFrom(const std::string & path, const ColorUNet & network)
{
  ColorUNetParameters parameters;
  const auto          weights = NamedWeights(*LoadFrozen<ColorUNet>(path, parameters));
  for (auto & [name, tensor] : NamedWeights(network))
  {
    const auto found = weights.find(name);
    const bool fits = found != weights.end() && found->second.dim() == tensor.dim() &&
                      found->second.size(0) <= tensor.size(0) &&
                      found->second.sizes().slice(1) == tensor.sizes().slice(1);
    if (!fits)
    {
      throw ModelError(path + ": the weights " + name + " do not fit the network that is to begin with them.");
    }
    tensor.slice(0, 0, found->second.size(0)).copy_(found->second);
  }
}

class AnyContrastTraining : public TrainingSystem
{
public:
  AnyContrastTraining(const TrainingSetting & setting, const AnyContrastParameters & parameters)
    : m_Parameters(parameters)
    , m_Device(setting.device)
    , m_Precision(setting.precision)
    , m_Batch(static_cast<std::int64_t>(setting.batch))
    , m_Steps(static_cast<double>(setting.steps))
    , m_Volumes(setting.data.GetVolumes(TrainingKind::Color))
    , m_Sampler(m_Volumes, TrainingRole::Training, WithoutSplices(parameters.contrast), setting.seed)
    , m_SplicedSampler(m_Volumes, TrainingRole::Training, parameters.contrast, setting.seed)
    , m_Pairs(MakePairs(setting, TrainingRole::Training, parameters.contrast, setting.seed))
    , m_PairCount(m_Pairs ? std::lround(parameters.pairShare * static_cast<double>(setting.batch)) : 0)
    , m_Batches([this](std::uint64_t step)
                { return DrawBatch(this->SamplerOf(step), m_Pairs.get(), m_PairCount, step, m_Batch); },
                setting.steps)
    , m_Network(std::make_shared<ColorUNet>(parameters.network))
    , m_Mean(std::make_shared<ColorUNet>(parameters.network))
  {
    for (const auto & network : { m_Network, m_Mean })
    {
      network->to(m_Device);
      UseChannelsLast(*network);
    }
    const torch::NoGradGuard noGradient;
    if (const auto start = setting.networks.find("start"); start != setting.networks.end())
    {
      StartFrom(start->second, *m_Network);
    }
    CopyWeights();
    m_Optimizer = std::make_unique<torch::optim::AdamW>(
      m_Network->parameters(),
      torch::optim::AdamWOptions(parameters.learningRate).weight_decay(parameters.weightDecay));
    const auto hasTest = [](const TrainingVolume * volume) { return !volume->test.empty(); };
    if (std::any_of(m_Volumes.begin(), m_Volumes.end(), hasTest))
    {
      m_TestSampler = std::make_unique<RandomContrastSampler>(m_Volumes,
                                                              TrainingRole::Test,
                                                              WithoutSplices(parameters.contrast),
                                                              setting.seed ^ TestSeed);
    }
    m_TestPairs = MakePairs(setting, TrainingRole::Test, parameters.contrast, setting.seed ^ TestSeed);
  }

  std::string
  GetHyperParameters() const override
  {
    return DescribeHyperParameters(m_Parameters).dump();
  }

  std::map<std::string, std::shared_ptr<torch::nn::Module>>
  GetNetworks() const override
  {
    return { { "generator", m_Network } };
  }

  std::map<std::string, torch::optim::Optimizer *>
  GetOptimizers() const override
  {
    return { { "generator", m_Optimizer.get() } };
  }

  std::map<std::string, torch::Tensor>
  GetTensors() const override
  {
    std::map<std::string, torch::Tensor> tensors;
    for (const auto & [name, tensor] : NamedWeights(*m_Mean))
    {
      tensors["mean." + name] = tensor;
    }
    return tensors;
  }

  TrainingValues
  Step(std::uint64_t step) override
  {
    m_Network->train();
    const ContrastBatch batch = this->Move(m_Batches.Take(step));
    m_Optimizer->zero_grad();
    static_cast<torch::optim::AdamWOptions &>(m_Optimizer->param_groups()[0].options()).lr(this->LearningRate(step));
    const AutocastScope autocast(m_Device, m_Precision);
    const torch::Tensor lab = this->Lab(*m_Network, batch.gray);
    const torch::Tensor target = RGBToLab(batch.rgb);
    const LabErrors     errors(lab, target, batch.weight);
    const torch::Tensor loss = m_Parameters.luminanceWeight * errors.luminance + errors.chroma +
                               m_Parameters.errorWeight * ErrorLoss(lab, target, batch.weight);
    loss.backward();
    m_Optimizer->step();
    this->UpdateMean(step);
    return { { "luminance_l1", errors.luminance.item<double>() }, { "chroma_l1", errors.chroma.item<double>() } };
  }

  TrainingTest
  Test() override
  {
    constexpr std::int64_t shown = 8;
    TrainingTest           test;
    if (!m_TestSampler)
    {
      return test;
    }
    const torch::NoGradGuard noGradient;
    m_Mean->eval();
    const std::int64_t  count = m_Parameters.testSamples;
    const ContrastBatch batch = this->Move(DrawBatch(*m_TestSampler, nullptr, 0, 0, count));
    const torch::Tensor lab = this->Measure(batch, "", test);
    this->Draw(batch, lab, std::min(shown, count), test);
    if (m_TestPairs)
    {
      this->Measure(this->Move(DrawBatch(*m_TestSampler, m_TestPairs.get(), count, 0, count)), "pair_", test);
    }
    return test;
  }

  void
  Save(const std::string & path, const std::string & training) override
  {
    const NetworkTraits traits = m_Mean->GetTraits();
    NetworkMetadata     metadata;
    metadata.architecture = ColorUNet::Name;
    metadata.hyperParameters = DescribeHyperParameters(m_Parameters.network).dump();
    metadata.inputChannels = traits.inputChannels;
    metadata.outputChannels = traits.outputChannels;
    metadata.sizeMultiple = traits.sizeMultiple;
    metadata.normalization.kind = NetworkNormalizationKind::Percentiles;
    metadata.normalization.hounsfieldRange = { -200.0, 300.0 };
    metadata.spacing = { m_Parameters.contrast.spacing };
    metadata.isUpright = true;
    metadata.colorSpace = NetworkColorSpace::Lab;
    metadata.outputScale = { LabScale, LabScale, LabScale, ErrorScale };
    metadata.outputShift = { LabShift[0], LabShift[1], LabShift[2], 0.0 };
    metadata.training = training;
    WriteTensors(NamedWeights(*m_Mean), torch::kFloat16, ToText(metadata), path);
  }

private:
  /** Convolutions are faster where the channels of a pixel lie side by side. */
  static void
  UseChannelsLast(torch::nn::Module & module)
  {
    for (torch::Tensor & parameter : module.parameters())
    {
      if (parameter.dim() == 4)
      {
        parameter.set_data(parameter.data().contiguous(torch::MemoryFormat::ChannelsLast));
      }
    }
  }

  /** Medians of L, a and b over what is weighted: the best that a constant can do. */
  static torch::Tensor
  MedianOf(const torch::Tensor & target, const torch::Tensor & weight)
  {
    std::vector<torch::Tensor> medians;
    for (const std::int64_t channel : { 0, 1, 2 })
    {
      medians.push_back(target.slice(1, channel, channel + 1).masked_select(weight > 0.0).median());
    }
    return torch::stack(medians).view({ 1, 3, 1, 1 });
  }

  const RandomContrastSampler &
  SamplerOf(std::uint64_t step) const
  {
    return static_cast<double>(step) < m_Parameters.spliceStart * m_Steps ? m_Sampler : m_SplicedSampler;
  }

  ContrastBatch
  Move(const ContrastBatch & batch) const
  {
    return { batch.gray.to(m_Device), batch.rgb.to(m_Device), batch.weight.to(m_Device) };
  }

  /** L, a, b and the expected error. */
  torch::Tensor
  Lab(ColorUNet & network, const torch::Tensor & gray) const
  {
    const auto perChannel = [this](const std::array<double, 4> & numbers)
    {
      return torch::tensor(at::ArrayRef<double>(numbers.data(), numbers.size()), torch::kFloat32)
        .to(m_Device)
        .view({ 1, 4, 1, 1 });
    };
    const torch::Tensor values =
      network.forward(gray.contiguous(torch::MemoryFormat::ChannelsLast)).to(torch::kFloat32);
    return values * perChannel({ { LabScale, LabScale, LabScale, ErrorScale } }) +
           perChannel({ { LabShift[0], LabShift[1], LabShift[2], 0.0 } });
  }

  /** Adds the errors of samples, and of the best single color, to the measures of a test.
   * \return L, a, b and the expected error */
  torch::Tensor
  Measure(const ContrastBatch & batch, const std::string & prefix, TrainingTest & test)
  {
    const torch::Tensor        target = RGBToLab(batch.rgb);
    std::vector<torch::Tensor> parts;
    for (const torch::Tensor & gray : batch.gray.split(m_Batch))
    {
      parts.push_back(this->Lab(*m_Mean, gray));
    }
    const torch::Tensor lab = torch::cat(parts);
    const double        error = ChromaError(lab, target, batch.weight);
    const double        constant = ChromaError(MedianOf(target, batch.weight), target, batch.weight);
    test.measures.insert(test.measures.end(),
                         { { prefix + "ab_error", error },
                           { prefix + "constant_ab_error", constant },
                           { prefix + "ratio", error / constant } });
    return lab;
  }

  double
  LearningRate(std::uint64_t step) const
  {
    const double done = static_cast<double>(step) + 1.0;
    const double rise = done / static_cast<double>(std::max<std::int64_t>(m_Parameters.warmup, 1));
    const double fall = (m_Steps - done + 1.0) / std::max(m_Parameters.decay * m_Steps, 1.0);
    return m_Parameters.learningRate * std::min({ 1.0, rise, fall });
  }

  void
  CopyWeights()
  {
    auto means = NamedWeights(*m_Mean);
    for (const auto & [name, tensor] : NamedWeights(*m_Network))
    {
      means.at(name).copy_(tensor);
    }
  }

  /** A mean whose length is a share of all steps (Karras et al., Analyzing and Improving the Training Dynamics of
   * Diffusion Models, CVPR 2024, section 3.1). */
  void
  UpdateMean(std::uint64_t step)
  {
    const torch::NoGradGuard noGradient;
    const double kept = std::pow(1.0 - 1.0 / (static_cast<double>(step) + 1.0), m_Parameters.averaging + 1.0);
    auto         means = NamedWeights(*m_Mean);
    for (const auto & [name, tensor] : NamedWeights(*m_Network))
    {
      means.at(name).lerp_(tensor, 1.0 - kept);
    }
  }

  /** Rows of gray image, the same with the network's colours, the network's colours, photograph. */
  static void
  Draw(const ContrastBatch & batch, const torch::Tensor & lab, std::int64_t count, TrainingTest & test)
  {
    const auto first = [count](const torch::Tensor & values) { return values.slice(0, 0, count); };
    const auto gray = first(batch.gray).expand({ -1, 3, -1, -1 });
    const auto colored =
      LabToRGB(torch::cat({ RGBToLab(gray).slice(1, 0, 1), first(lab).slice(1, 1, 3) }, 1)) * first(batch.weight);
    const auto made = LabToRGB(first(lab).slice(1, 0, 3)) * first(batch.weight);
    const auto rows = torch::cat({ gray, colored, made, first(batch.rgb) }, 3).permute({ 0, 2, 3, 1 });
    const auto bytes = (rows * 255.0).round().clamp(0, 255).to(torch::kCPU, torch::kUInt8).contiguous();
    test.height = static_cast<std::size_t>(bytes.size(0) * bytes.size(1));
    test.width = static_cast<std::size_t>(bytes.size(2));
    test.picture.assign(bytes.data_ptr<std::uint8_t>(), bytes.data_ptr<std::uint8_t>() + bytes.numel());
  }

  AnyContrastParameters                  m_Parameters;
  torch::Device                          m_Device;
  torch::ScalarType                      m_Precision;
  std::int64_t                           m_Batch;
  double                                 m_Steps;
  std::vector<const TrainingVolume *>    m_Volumes;
  RandomContrastSampler                  m_Sampler;
  RandomContrastSampler                  m_SplicedSampler;
  std::unique_ptr<PairSampler>           m_Pairs;
  std::int64_t                           m_PairCount;
  Prefetch<ContrastBatch>                m_Batches;
  std::unique_ptr<RandomContrastSampler> m_TestSampler{};
  std::unique_ptr<PairSampler>           m_TestPairs{};
  std::shared_ptr<ColorUNet>             m_Network;
  std::shared_ptr<ColorUNet>             m_Mean;
  std::unique_ptr<torch::optim::AdamW>   m_Optimizer{};
};
} // namespace

LabErrors::LabErrors(const torch::Tensor & lab, const torch::Tensor & target, const torch::Tensor & weight)
{
  const torch::Tensor errors = (lab.slice(1, 0, 3) - target).abs() * weight;
  const torch::Tensor count = torch::clamp_min(weight.sum(), 1.0);
  luminance = errors.slice(1, 0, 1).sum() / count;
  chroma = errors.slice(1, 1).sum() / (2.0 * count);
}

std::unique_ptr<TrainingSystem>
MakeAnyContrastTraining(const TrainingSetting & setting)
{
  const auto parameters = ReadTrainingParameters<AnyContrastParameters>(setting);
  VerifyNetworkNames(setting, { "start" });
  if (parameters.network.inputChannels != 1 || parameters.network.outputChannels != 4)
  {
    throw ModelError("The network has input_channels " + std::to_string(parameters.network.inputChannels) +
                     " and output_channels " + std::to_string(parameters.network.outputChannels) +
                     ", but gray comes in, and L, a, b and their expected error go out: 1 and 4 are wanted.");
  }
  if (parameters.contrast.fewestClusters > parameters.contrast.mostClusters)
  {
    throw ModelError("fewest_clusters is " + std::to_string(parameters.contrast.fewestClusters) +
                     ", but has to be at most most_clusters, " + std::to_string(parameters.contrast.mostClusters) +
                     '.');
  }
  const std::int64_t multiple = ColorUNet(parameters.network).GetTraits().sizeMultiple;
  if (parameters.contrast.size % multiple != 0)
  {
    throw ModelError("The size of samples is " + std::to_string(parameters.contrast.size) +
                     ", but has to be a multiple of " + std::to_string(multiple) + " for this network.");
  }
  return std::make_unique<AnyContrastTraining>(setting, parameters);
}

} // namespace colorization
} // namespace itk
