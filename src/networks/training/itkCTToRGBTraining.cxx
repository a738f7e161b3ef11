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
#include "itkCTToRGBTraining.h"

#include "itkAdversarialLoss.h"
#include "itkPerceptualLoss.h"
#include "itkStructuralSimilarityLoss.h"

#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** From -1..1 to 0..1. */
torch::Tensor
ToUnit(const torch::Tensor & x)
{
  return 0.5 * (x + 1.0);
}

/** From a range to -1..1, clamped. */
torch::Tensor
FromRange(const torch::Tensor & x, double lowest, double highest)
{
  return (2.0 * (x - lowest) / (highest - lowest) - 1.0).clamp(-1.0, 1.0);
}

void
VerifyRanges(const CTToRGBTrainingParameters & parameters)
{
  const auto fail = [](const std::string & problem) { throw ModelError("The hyper-parameters " + problem + '.'); };
  if (parameters.rangeMinima.size() != parameters.rangeMaxima.size())
  {
    fail("range_minima and range_maxima are " + std::to_string(parameters.rangeMinima.size()) + " and " +
         std::to_string(parameters.rangeMaxima.size()) + " numbers, but have to be as many");
  }
  for (std::size_t i = 0; i < parameters.rangeMinima.size(); ++i)
  {
    if (parameters.rangeMinima[i] >= parameters.rangeMaxima[i])
    {
      fail("range_minima and range_maxima have " + std::to_string(parameters.rangeMinima[i]) + " and " +
           std::to_string(parameters.rangeMaxima[i]) + ", but the former has to be less");
    }
  }
  if (!(parameters.lowestValue < parameters.highestValue))
  {
    fail("lowest_value and highest_value do not rise");
  }
  if (parameters.slices.size % (std::int64_t{ 1 } << parameters.levels) != 0)
  {
    fail("size and levels are " + std::to_string(parameters.slices.size) + " and " + std::to_string(parameters.levels) +
         ", but size has to be a multiple of 2 to the power of levels");
  }
}
} // namespace

torch::Tensor
SobelOfRange(const torch::Tensor & slices, double lowest, double highest)
{
  const torch::Tensor clamped = slices.clamp(lowest, highest);
  const torch::Tensor padded = torch::replication_pad2d(clamped, { 1, 1, 1, 1 });
  const auto          part = [&](const torch::Tensor & x, std::int64_t axis, std::int64_t offset)
  { return x.narrow(axis, offset, x.size(axis) - 2); };
  const auto smooth = [&](const torch::Tensor & x, std::int64_t axis)
  { return 0.25 * (part(x, axis, 0) + 2.0 * part(x, axis, 1) + part(x, axis, 2)); };
  const auto derivative = [&](const torch::Tensor & x, std::int64_t axis)
  { return 0.5 * (part(x, axis, 2) - part(x, axis, 0)); };
  return torch::sqrt(derivative(smooth(padded, 2), 3).square() + derivative(smooth(padded, 3), 2).square());
}

CTToRGBTraining::CTToRGBTraining(const TrainingSetting & setting, const CTToRGBTrainingParameters & parameters)
  : m_Parameters(parameters)
  , m_Device(setting.device)
  , m_Precision(setting.precision)
  , m_Batch(static_cast<std::int64_t>(setting.batch))
{
  VerifyNetworkNames(setting, { "perceptual" });
  VerifyRanges(parameters);
  const auto sampler = [&](TrainingRole role)
  {
    auto pairs = CollectPairs(setting.data, TrainingKind::Color, role, GrayScaling::None);
    return role == TrainingRole::Test && pairs.empty()
             ? nullptr
             : std::make_unique<SliceSampler>(std::move(pairs),
                                              parameters.slices,
                                              setting.seed,
                                              static_cast<float>(parameters.lowestValue));
  };
  m_Slices = sampler(TrainingRole::Training);
  m_TestSlices = sampler(TrainingRole::Test);
  m_GeneratorParameters.inputChannels = 1 + static_cast<std::int64_t>(parameters.rangeMinima.size());
  m_GeneratorParameters.width = parameters.width;
  m_GeneratorParameters.levels = parameters.levels;
  m_GeneratorParameters.dropout = parameters.dropout;
  m_Generator = std::make_shared<Pix2PixGenerator>(m_GeneratorParameters);
  m_Discriminator = std::make_shared<PatchDiscriminator>(
    PatchDiscriminatorParameters{ m_GeneratorParameters.inputChannels + 3, parameters.discriminatorWidth });
  m_Generator->to(m_Device);
  m_Discriminator->to(m_Device);
  if (parameters.perceptualWeight > 0.0)
  {
    m_Perceptual = std::make_unique<FeatureNetwork>(RequireNetwork(setting,
                                                                   "perceptual",
                                                                   "a TorchScript of ResNet-50's layers or weights of "
                                                                   "VGG-19",
                                                                   "set the hyper-parameter perceptual_weight to 0"),
                                                    m_Device);
  }
  m_Generation = MakeAdam({ m_Generator }, parameters.adam);
  m_Discrimination = MakeAdam({ m_Discriminator }, parameters.adam);
}

std::string
CTToRGBTraining::GetHyperParameters() const
{
  return DescribeHyperParameters(m_Parameters).dump();
}

std::map<std::string, std::shared_ptr<torch::nn::Module>>
CTToRGBTraining::GetNetworks() const
{
  return { { "generator", m_Generator }, { "discriminator", m_Discriminator } };
}

std::map<std::string, torch::optim::Optimizer *>
CTToRGBTraining::GetOptimizers() const
{
  return { { "generation", m_Generation.get() }, { "discrimination", m_Discrimination.get() } };
}

CTToRGBBatch
CTToRGBTraining::DrawFrom(const SliceSampler & sampler, std::uint64_t step, std::int64_t count) const
{
  const torch::Tensor slices = sampler.Draw(step, count).to(m_Device);
  const torch::Tensor isBody = slices.slice(1, 4, 5) > 0.5;
  const torch::Tensor ct =
    torch::where(isBody, slices.slice(1, 0, 1), torch::full({ 1 }, m_Parameters.lowestValue, slices.options()));
  std::vector<torch::Tensor> channels{ FromRange(ct, m_Parameters.lowestValue, m_Parameters.highestValue) };
  for (std::size_t i = 0; i < m_Parameters.rangeMinima.size(); ++i)
  {
    const auto lowest = static_cast<double>(m_Parameters.rangeMinima[i]);
    const auto highest = static_cast<double>(m_Parameters.rangeMaxima[i]);
    channels.push_back(FromRange(SobelOfRange(ct, lowest, highest), 0.0, 0.5 * (highest - lowest)));
  }
  return { torch::cat(channels, 1), 2.0 * slices.slice(1, 1, 4) * isBody - 1.0 };
}

CTToRGBBatch
CTToRGBTraining::Draw(std::uint64_t step) const
{
  return this->DrawFrom(*m_Slices, step, m_Batch);
}

/** Equation (4), with least squares. */
TrainingValues
CTToRGBTraining::Step(std::uint64_t step)
{
  constexpr auto objective = AdversarialObjective::LeastSquares;
  UseTrainingMode(*this);
  const CTToRGBBatch batch = this->Draw(step);
  const auto         judged = [&](const torch::Tensor & image) {
    return Apply(*m_Discriminator, torch::cat({ batch.input, image }, 1), m_Precision);
  };

  m_Generation->zero_grad();
  const torch::Tensor made = Apply(*m_Generator, batch.input, m_Precision);
  const torch::Tensor adversarial = GeneratorLoss(objective, judged(made));
  const torch::Tensor difference = torch::l1_loss(made, batch.color);
  torch::Tensor       total = m_Parameters.adversarialWeight * adversarial + m_Parameters.differenceWeight * difference;
  TrainingValues losses{ { "adversarial", adversarial.item<double>() }, { "difference", difference.item<double>() } };
  if (m_Perceptual)
  {
    const torch::Tensor perceptual =
      PerceptualLoss(m_Perceptual->Evaluate(ToUnit(made)), m_Perceptual->Evaluate(ToUnit(batch.color)));
    total = total + m_Parameters.perceptualWeight * perceptual;
    losses.push_back({ "perceptual", perceptual.item<double>() });
  }
  total.backward();
  m_Generation->step();

  m_Discrimination->zero_grad();
  const torch::Tensor ofReal = judged(batch.color);
  const torch::Tensor discriminator = DiscriminatorLoss(objective, ofReal, judged(made.detach()));
  discriminator.backward();
  m_Discrimination->step();
  losses.push_back({ "discriminator", discriminator.item<double>() });
  return losses;
}

TrainingTest
CTToRGBTraining::Test()
{
  TrainingTest test;
  if (!m_TestSlices)
  {
    return test;
  }
  const torch::NoGradGuard noGradient;
  m_Generator->eval();
  const CTToRGBBatch         batch = this->DrawFrom(*m_TestSlices, 0, m_Parameters.testSamples);
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor & input : batch.input.split(m_Batch))
  {
    parts.push_back(ToUnit(Apply(*m_Generator, input, m_Precision)));
  }
  const torch::Tensor made = torch::cat(parts);
  const torch::Tensor wanted = ToUnit(batch.color);
  test.measures = { { "rmse", std::sqrt(torch::mse_loss(made, wanted).item<double>()) },
                    { "mean_difference", torch::l1_loss(made, wanted).item<double>() },
                    { "ssim", StructuralSimilarity(made, wanted).item<double>() } };
  DrawPictures({ ToUnit(batch.input.slice(1, 0, 1)), made, wanted }, test);
  return test;
}

void
CTToRGBTraining::Save(const std::string & path, const std::string & training)
{
  NetworkMetadata metadata;
  metadata.normalization.kind = NetworkNormalizationKind::Range;
  metadata.normalization.inputMinimum = { m_Parameters.lowestValue };
  metadata.normalization.inputMaximum = { m_Parameters.highestValue };
  for (std::size_t i = 0; i < m_Parameters.rangeMinima.size(); ++i)
  {
    metadata.normalization.inputMinimum.push_back(0.0);
    metadata.normalization.inputMaximum.push_back(
      0.5 * static_cast<double>(m_Parameters.rangeMaxima[i] - m_Parameters.rangeMinima[i]));
  }
  metadata.normalization.outputMinimum = -1.0;
  metadata.colorSpace = NetworkColorSpace::RGB;
  metadata.outputScale = { 0.5 };
  metadata.outputShift = { 0.5 };
  metadata.tileSize = { m_Parameters.slices.size };
  WriteModel(*m_Generator, m_GeneratorParameters, metadata, training, path);
}

std::unique_ptr<TrainingSystem>
MakeCTToRGBTraining(const TrainingSetting & setting)
{
  return std::make_unique<CTToRGBTraining>(setting, ReadTrainingParameters<CTToRGBTrainingParameters>(setting));
}

} // namespace colorization
} // namespace itk
