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
#include "itkVolumeGANTraining.h"

#include "itkAdversarialLoss.h"
#include "itkStructuralSimilarityLoss.h"

#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
std::vector<SpatialSource>
PairsOf(const TrainingSetting & setting, TrainingRole role)
{
  return CollectPairs(setting.data, TrainingKind::Gray, role, GrayScaling::Robust);
}

void
VerifySizes(const VolumeGANTrainingParameters & parameters)
{
  const std::int64_t halvings = static_cast<std::int64_t>(parameters.discriminatorWidths.size());
  const std::int64_t size = parameters.cubes.size;
  if (halvings > 8 || size % (std::int64_t{ 1 } << halvings) != 0)
  {
    throw ModelError("The size of cubes is " + std::to_string(size) +
                     ", but has to be a multiple of 2 to the power of " + std::to_string(halvings) +
                     ", the number of discriminator_widths.");
  }
  if (parameters.window % 2 == 0 || parameters.window > size)
  {
    throw ModelError("The window is " + std::to_string(parameters.window) + ", but has to be odd and at most " +
                     std::to_string(size) + ", the size of cubes.");
  }
  if (parameters.widths.back() != 1)
  {
    throw ModelError("The last of the widths is " + std::to_string(parameters.widths.back()) +
                     ", but has to be 1: the channels of gray.");
  }
}
} // namespace

VolumeGANTraining::VolumeGANTraining(const TrainingSetting & setting, const VolumeGANTrainingParameters & parameters)
  : m_Parameters(parameters)
  , m_Device(setting.device)
  , m_Precision(setting.precision)
  , m_Batch(static_cast<std::int64_t>(setting.batch))
  , m_Cubes(PairsOf(setting, TrainingRole::Training), parameters.cubes, setting.seed)
{
  VerifyNetworkNames(setting, {});
  VerifySizes(parameters);
  if (auto test = PairsOf(setting, TrainingRole::Test); !test.empty())
  {
    m_TestCubes = std::make_unique<CubeSampler>(std::move(test), parameters.cubes, setting.seed);
  }
  m_GeneratorParameters.widths = parameters.widths;
  m_GeneratorParameters.dropout = parameters.dropout;
  m_Generator = std::make_shared<FCN3D>(m_GeneratorParameters);
  FCN3DDiscriminatorParameters discriminator;
  discriminator.widths = parameters.discriminatorWidths;
  discriminator.inputSize = parameters.cubes.size;
  m_Discriminator = std::make_shared<FCN3DDiscriminator>(discriminator);
  for (const auto & network : this->GetNetworks())
  {
    network.second->to(m_Device);
  }
  m_Generation = MakeAdam({ m_Generator }, parameters.adam);
  m_Discrimination = MakeAdam({ m_Discriminator }, parameters.adam);
}

std::string
VolumeGANTraining::GetHyperParameters() const
{
  return DescribeHyperParameters(m_Parameters).dump();
}

std::map<std::string, std::shared_ptr<torch::nn::Module>>
VolumeGANTraining::GetNetworks() const
{
  return { { "generator", m_Generator }, { "discriminator", m_Discriminator } };
}

std::map<std::string, torch::optim::Optimizer *>
VolumeGANTraining::GetOptimizers() const
{
  return { { "generation", m_Generation.get() }, { "discrimination", m_Discrimination.get() } };
}

VolumeGANBatch
VolumeGANTraining::DrawFrom(const CubeSampler & sampler, std::uint64_t step, std::int64_t count) const
{
  const torch::Tensor cubes = sampler.Draw(step, count).to(m_Device);
  return { cubes.slice(1, 0, 1), cubes.slice(1, 1, 2) };
}

VolumeGANBatch
VolumeGANTraining::Draw(std::uint64_t step) const
{
  return this->DrawFrom(m_Cubes, step, m_Batch);
}

TrainingValues
VolumeGANTraining::Step(std::uint64_t step)
{
  constexpr auto objective = AdversarialObjective::Standard;
  UseTrainingMode(*this);
  const VolumeGANBatch batch = this->Draw(step);

  m_Generation->zero_grad();
  const torch::Tensor made = Apply(*m_Generator, batch.mri, m_Precision);
  const torch::Tensor structure = StructuralSimilarityLoss(made, batch.gray, m_Parameters.window);
  const torch::Tensor difference = torch::l1_loss(made, batch.gray);
  const torch::Tensor adversarial = GeneratorLoss(objective, Judge(*m_Discriminator, made, m_Precision));
  (m_Parameters.structureWeight * structure + m_Parameters.differenceWeight * difference +
   m_Parameters.adversarialWeight * adversarial)
    .backward();
  m_Generation->step();

  m_Discrimination->zero_grad();
  const torch::Tensor ofReal = Judge(*m_Discriminator, batch.gray, m_Precision);
  const torch::Tensor discriminator =
    DiscriminatorLoss(objective, ofReal, Judge(*m_Discriminator, made.detach(), m_Precision));
  discriminator.backward();
  m_Discrimination->step();
  return { { "structure", structure.item<double>() },
           { "difference", difference.item<double>() },
           { "adversarial", adversarial.item<double>() },
           { "discriminator", discriminator.item<double>() } };
}

TrainingTest
VolumeGANTraining::Test()
{
  TrainingTest test;
  if (!m_TestCubes)
  {
    return test;
  }
  const torch::NoGradGuard noGradient;
  m_Generator->eval();
  const VolumeGANBatch       batch = this->DrawFrom(*m_TestCubes, 0, m_Parameters.testSamples);
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor & mri : batch.mri.split(m_Batch))
  {
    parts.push_back(Apply(*m_Generator, mri, m_Precision));
  }
  const torch::Tensor made = torch::cat(parts);
  const double        square = torch::mse_loss(made, batch.gray).item<double>();
  test.measures = { { "ssim", StructuralSimilarity(made, batch.gray, m_Parameters.window).item<double>() },
                    { "mean_difference", torch::l1_loss(made, batch.gray).item<double>() },
                    { "psnr", -10.0 * std::log10(std::max(square, 1e-12)) } };
  const auto middle = [&](const torch::Tensor & cubes) { return cubes.select(2, m_Parameters.cubes.size / 2); };
  DrawPictures({ middle(batch.mri), middle(made), middle(batch.gray) }, test);
  return test;
}

void
VolumeGANTraining::Save(const std::string & path, const std::string & training)
{
  // Beyond what training sees at once, but the network has no pooling, and larger tiles overlap less.
  constexpr std::int64_t tile = 64;
  NetworkMetadata        metadata;
  metadata.normalization.kind = NetworkNormalizationKind::Percentiles;
  metadata.colorSpace = NetworkColorSpace::Luminance;
  metadata.tileSize = { tile };
  WriteModel(*m_Generator, m_GeneratorParameters, metadata, training, path);
}

std::unique_ptr<TrainingSystem>
MakeVolumeGANTraining(const TrainingSetting & setting)
{
  return std::make_unique<VolumeGANTraining>(setting, ReadTrainingParameters<VolumeGANTrainingParameters>(setting));
}

} // namespace colorization
} // namespace itk
