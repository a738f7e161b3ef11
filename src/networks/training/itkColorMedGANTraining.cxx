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
#include "itkColorMedGANTraining.h"

#include "itkAdversarialLoss.h"
#include "itkCycleLoss.h"
#include "itkEdgeLoss.h"
#include "itkGrayLoss.h"
#include "itkPerceptualLoss.h"

namespace itk
{
namespace colorization
{
namespace
{
/** Colours are drawn apart from gray. */
constexpr std::uint64_t ColorStream = 0x636F6C6F72000000ull;

/** From -1..1 to 0..1. */
torch::Tensor
ToUnit(const torch::Tensor & x)
{
  return 0.5 * (x + 1.0);
}

/** Weights of a segmenter of gray, for its own kind or, by luma, for colour. */
void
CopySegmenter(ColorMedGANSegmenter & segmenter, ColorMedGANGenerator & generator)
{
  const std::string        from = "unet.";
  const std::string        to = "segmenter.";
  const torch::NoGradGuard noGradient;
  auto                     weights = NamedWeights(generator);
  for (const auto & [name, values] : NamedWeights(segmenter))
  {
    torch::Tensor & weight = weights.at(to + name.substr(from.size()));
    if (weight.sizes() == values.sizes())
    {
      weight.copy_(values);
    }
    else
    {
      weight.copy_(values * torch::tensor({ 0.299, 0.587, 0.114 }, torch::kFloat32).view({ 1, 3, 1, 1 }));
    }
  }
  for (auto & entry : generator.named_parameters())
  {
    if (entry.key().compare(0, to.size(), to) == 0)
    {
      entry.value().set_requires_grad(false);
    }
  }
}
} // namespace

ColorMedGANTraining::ColorMedGANTraining(const TrainingSetting &               setting,
                                         const ColorMedGANTrainingParameters & parameters)
  : m_Parameters(parameters)
  , m_Device(setting.device)
  , m_Precision(setting.precision)
  , m_Batch(static_cast<std::int64_t>(setting.batch))
{
  VerifyNetworkNames(setting, { "perceptual", "segmenter" });
  const auto sampler = [&](TrainingKind kind, TrainingRole role)
  {
    auto sources = CollectVolumes(setting.data, kind, role);
    return role == TrainingRole::Test && sources.empty()
             ? nullptr
             : std::make_unique<SliceSampler>(std::move(sources),
                                              parameters.slices,
                                              setting.seed + (kind == TrainingKind::Color ? ColorStream : 0));
  };
  m_Gray = sampler(TrainingKind::Gray, TrainingRole::Training);
  m_Color = sampler(TrainingKind::Color, TrainingRole::Training);
  m_TestGray = sampler(TrainingKind::Gray, TrainingRole::Test);
  m_TestColor = sampler(TrainingKind::Color, TrainingRole::Test);

  m_ColorizerParameters.width = parameters.width;
  m_ColorizerParameters.classes = 0;
  if (parameters.attention)
  {
    this->TakeAttention(
      RequireNetwork(setting, "segmenter", "a ColorMedGANSegmenter", "set the hyper-parameter attention to false"));
  }
  else
  {
    this->MakeGenerators();
  }
  m_ColorDiscriminator =
    std::make_shared<EdgeAwareDiscriminator>(EdgeAwareDiscriminatorParameters{ 3, parameters.discriminatorWidth });
  m_GrayDiscriminator =
    std::make_shared<EdgeAwareDiscriminator>(EdgeAwareDiscriminatorParameters{ 1, parameters.discriminatorWidth });
  for (const auto & network : this->GetNetworks())
  {
    network.second->to(m_Device);
  }
  if (parameters.perceptualWeight > 0.0)
  {
    m_Perceptual = std::make_unique<FeatureNetwork>(
      RequireNetwork(setting, "perceptual", "weights of VGG-19", "set the hyper-parameter perceptual_weight to 0"),
      m_Device);
  }
  m_Generation = MakeAdam({ m_Colorizer, m_Decolorizer }, parameters.adam);
  m_Discrimination = MakeAdam({ m_ColorDiscriminator, m_GrayDiscriminator }, parameters.adam);
}

void
ColorMedGANTraining::MakeGenerators()
{
  ColorMedGANGeneratorParameters decolorizer = m_ColorizerParameters;
  std::swap(decolorizer.inputChannels, decolorizer.outputChannels);
  m_Colorizer = std::make_shared<ColorMedGANGenerator>(m_ColorizerParameters);
  m_Decolorizer = std::make_shared<ColorMedGANGenerator>(decolorizer);
}

void
ColorMedGANTraining::TakeAttention(const std::string & path)
{
  ColorMedGANSegmenterParameters found;
  const auto                     segmenter = LoadFrozen<ColorMedGANSegmenter>(path, found);
  if (found.inputChannels != 1 || found.width != m_Parameters.width)
  {
    throw ModelError(path + ": the segmenter has " + std::to_string(found.inputChannels) + " channels in and width " +
                     std::to_string(found.width) + ", but 1 and " + std::to_string(m_Parameters.width) +
                     ", the generators', are wanted.");
  }
  m_ColorizerParameters.classes = found.classes;
  this->MakeGenerators();
  CopySegmenter(*segmenter, *m_Colorizer);
  CopySegmenter(*segmenter, *m_Decolorizer);
}

std::string
ColorMedGANTraining::GetHyperParameters() const
{
  return DescribeHyperParameters(m_Parameters).dump();
}

std::map<std::string, std::shared_ptr<torch::nn::Module>>
ColorMedGANTraining::GetNetworks() const
{
  return { { "colorizer", m_Colorizer },
           { "decolorizer", m_Decolorizer },
           { "color_discriminator", m_ColorDiscriminator },
           { "gray_discriminator", m_GrayDiscriminator } };
}

std::map<std::string, torch::optim::Optimizer *>
ColorMedGANTraining::GetOptimizers() const
{
  return { { "generation", m_Generation.get() }, { "discrimination", m_Discrimination.get() } };
}

ColorMedGANBatch
ColorMedGANTraining::DrawFrom(const SliceSampler & gray,
                              const SliceSampler & color,
                              std::uint64_t        step,
                              std::int64_t         count) const
{
  return { (2.0 * gray.Draw(step, count) - 1.0).to(m_Device),
           (2.0 * color.Draw(step, count).slice(1, 0, 3) - 1.0).to(m_Device) };
}

ColorMedGANBatch
ColorMedGANTraining::Draw(std::uint64_t step) const
{
  return this->DrawFrom(*m_Gray, *m_Color, step, m_Batch);
}

/** Equation (4): what is of the other domain already stays as it is. */
torch::Tensor
ColorMedGANTraining::IdentityLoss(const ColorMedGANBatch & batch)
{
  const auto loss = [&](const torch::Tensor & made, const torch::Tensor & wanted)
  { return PerceptualLoss(m_Perceptual->Evaluate(ToUnit(made)), m_Perceptual->Evaluate(ToUnit(wanted))); };
  return loss(this->Made(*m_Colorizer, Luma(batch.color)), batch.color) +
         loss(this->Made(*m_Decolorizer, batch.gray.expand({ -1, 3, -1, -1 })), batch.gray);
}

TrainingValues
ColorMedGANTraining::Step(std::uint64_t step)
{
  UseTrainingMode(*this);
  const auto objective =
    m_Parameters.leastSquares ? AdversarialObjective::LeastSquares : AdversarialObjective::Standard;
  const ColorMedGANBatch batch = this->Draw(step);
  const torch::Tensor &  x = batch.gray;
  const torch::Tensor &  y = batch.color;

  m_Generation->zero_grad();
  const torch::Tensor made = this->Made(*m_Colorizer, x);
  const torch::Tensor xBack = this->Made(*m_Decolorizer, made);
  const torch::Tensor madeGray = this->Made(*m_Decolorizer, y);
  const torch::Tensor yBack = this->Made(*m_Colorizer, madeGray);
  const torch::Tensor adversarial = GeneratorLoss(objective, this->Judged(*m_ColorDiscriminator, made)) +
                                    GeneratorLoss(objective, this->Judged(*m_GrayDiscriminator, madeGray));
  const torch::Tensor cycle = CycleLoss(x, xBack, y, yBack);
  const torch::Tensor gray = GrayLoss(made, x) + GrayLoss(y, madeGray);
  const torch::Tensor edge = EdgeLoss(made, x) + EdgeLoss(madeGray, y);
  torch::Tensor       total = m_Parameters.adversarialWeight * adversarial + m_Parameters.cycleWeight * cycle +
                        m_Parameters.grayWeight * gray + m_Parameters.edgeWeight * edge;
  TrainingValues losses{ { "adversarial", adversarial.item<double>() },
                         { "cycle", cycle.item<double>() },
                         { "gray", gray.item<double>() },
                         { "edge", edge.item<double>() } };
  if (m_Perceptual)
  {
    const torch::Tensor identity = this->IdentityLoss(batch);
    total = total + m_Parameters.perceptualWeight * identity;
    losses.push_back({ "identity", identity.item<double>() });
  }
  total.backward();
  m_Generation->step();

  m_Discrimination->zero_grad();
  const auto discriminator =
    [&](EdgeAwareDiscriminator & network, const torch::Tensor & real, const torch::Tensor & fake)
  {
    const torch::Tensor ofReal = this->Judged(network, real);
    return DiscriminatorLoss(objective, ofReal, this->Judged(network, fake.detach()));
  };
  const torch::Tensor ofColor = discriminator(*m_ColorDiscriminator, y, made);
  const torch::Tensor ofGray = discriminator(*m_GrayDiscriminator, x, madeGray);
  (ofColor + ofGray).backward();
  m_Discrimination->step();
  losses.push_back({ "color_discriminator", ofColor.item<double>() });
  losses.push_back({ "gray_discriminator", ofGray.item<double>() });
  return losses;
}

TrainingTest
ColorMedGANTraining::Test()
{
  TrainingTest test;
  if (!m_TestGray || !m_TestColor)
  {
    return test;
  }
  const torch::NoGradGuard noGradient;
  m_Colorizer->eval();
  m_Decolorizer->eval();
  const ColorMedGANBatch     batch = this->DrawFrom(*m_TestGray, *m_TestColor, 0, m_Parameters.testSamples);
  std::vector<torch::Tensor> parts;
  std::vector<torch::Tensor> partsBack;
  for (const torch::Tensor & gray : batch.gray.split(m_Batch))
  {
    parts.push_back(this->Made(*m_Colorizer, gray));
    partsBack.push_back(this->Made(*m_Decolorizer, parts.back()));
  }
  const torch::Tensor made = torch::cat(parts);
  test.measures = { { "gray_error", 0.5 * GrayLoss(made, batch.gray).item<double>() },
                    { "cycle_error", 0.5 * torch::l1_loss(torch::cat(partsBack), batch.gray).item<double>() },
                    { "mean_ab_distance", MeanChromaDistance(ToUnit(made), ToUnit(batch.color)) } };
  DrawPictures({ ToUnit(batch.gray), ToUnit(made), ToUnit(batch.color) }, test);
  return test;
}

void
ColorMedGANTraining::Save(const std::string & path, const std::string & training)
{
  NetworkMetadata metadata;
  metadata.normalization.kind = NetworkNormalizationKind::Percentiles;
  metadata.normalization.outputMinimum = -1.0;
  metadata.colorSpace = NetworkColorSpace::RGB;
  metadata.outputScale = { 0.5 };
  metadata.outputShift = { 0.5 };
  metadata.tileSize = { m_Parameters.slices.size };
  WriteModel(*m_Colorizer, m_ColorizerParameters, metadata, training, path);
}

std::unique_ptr<TrainingSystem>
MakeColorMedGANTraining(const TrainingSetting & setting)
{
  return std::make_unique<ColorMedGANTraining>(setting, ReadTrainingParameters<ColorMedGANTrainingParameters>(setting));
}

} // namespace colorization
} // namespace itk
