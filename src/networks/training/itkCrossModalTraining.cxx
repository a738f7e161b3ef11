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
#include "itkCrossModalTraining.h"

#include "itkAdversarialLoss.h"
#include "itkCycleLoss.h"
#include "itkGrayLoss.h"
#include "itkSegmentationLoss.h"
#include "itkStructuralSimilarityLoss.h"

namespace itk
{
namespace colorization
{
namespace
{
/** Colours are drawn apart from gray. */
constexpr std::uint64_t ColorStream = 0x636F6C6F72000000ull;

void
VerifyParameters(const CrossModalTrainingParameters & parameters)
{
  const auto         halvings = static_cast<std::int64_t>(parameters.discriminatorWidths.size());
  const std::int64_t size = parameters.slices.size;
  if (halvings > 12 || size % (std::int64_t{ 1 } << halvings) != 0 || size % 4 != 0)
  {
    throw ModelError("The size of slices is " + std::to_string(size) +
                     ", but has to be a multiple of 4 and of 2 to the power of " + std::to_string(halvings) +
                     ", the number of discriminator_widths.");
  }
  if (!parameters.paired && (parameters.pseudoStructureWeight > 0.0 || parameters.segmentationWeight > 0.0))
  {
    throw ModelError("Slices are not paired, so the hyper-parameters pseudo_structure_weight and segmentation_weight, "
                     "which compare a pseudo cryosection with the one of the same place, have to be 0.");
  }
  if (6 * parameters.width < parameters.reduction)
  {
    throw ModelError("The reduction is " + std::to_string(parameters.reduction) + ", but has to be at most " +
                     std::to_string(6 * parameters.width) + ", the channels of a block.");
  }
}
} // namespace

CrossModalTraining::CrossModalTraining(const TrainingSetting & setting, const CrossModalTrainingParameters & parameters)
  : m_Parameters(parameters)
  , m_Device(setting.device)
  , m_Precision(setting.precision)
  , m_Batch(static_cast<std::int64_t>(setting.batch))
{
  VerifyNetworkNames(setting, { "segmenter" });
  VerifyParameters(parameters);
  if (parameters.segmentationWeight > 0.0)
  {
    const std::string       path = RequireNetwork(setting,
                                            "segmenter",
                                            "a UNetSegmenter of colour",
                                            "set the hyper-parameter segmentation_weight to 0");
    UNetSegmenterParameters found;
    m_Segmenter = LoadFrozen<UNetSegmenter>(path, found);
    if (found.inputChannels != 3)
    {
      throw ModelError(path + ": the segmenter has " + std::to_string(found.inputChannels) +
                       " channels in, but 3 are wanted.");
    }
    m_Segmenter->to(m_Device);
    VerifyLabels(setting.data, found.classes);
  }
  m_Samplers = this->MakeSamplers(setting, TrainingRole::Training);
  m_TestSamplers = this->MakeSamplers(setting, TrainingRole::Test);
  this->MakeNetworks();
  m_Generation = MakeAdam({ m_Colorizer, m_Decolorizer }, parameters.adam);
  AdamParameters discrimination = parameters.adam;
  discrimination.learningRate = parameters.discriminatorLearningRate;
  m_Discrimination = MakeAdam({ m_ColorDiscriminator, m_MRIDiscriminator }, discrimination);
}

CrossModalTraining::Samplers
CrossModalTraining::MakeSamplers(const TrainingSetting & setting, TrainingRole role) const
{
  const auto sampler = [&](std::vector<SpatialSource> sources, std::uint64_t seed)
  {
    return role == TrainingRole::Test && sources.empty()
             ? nullptr
             : std::make_unique<SliceSampler>(std::move(sources), m_Parameters.slices, seed);
  };
  if (m_Parameters.paired)
  {
    return { sampler(CollectPairs(setting.data, TrainingKind::Color, role, GrayScaling::Robust, m_Segmenter != nullptr),
                     setting.seed),
             nullptr };
  }
  return { sampler(CollectVolumes(setting.data, TrainingKind::Gray, role), setting.seed),
           sampler(CollectVolumes(setting.data, TrainingKind::Color, role), setting.seed + ColorStream) };
}

void
CrossModalTraining::MakeNetworks()
{
  m_ColorizerParameters.width = m_Parameters.width;
  m_ColorizerParameters.blocks = m_Parameters.blocks;
  m_ColorizerParameters.reduction = m_Parameters.reduction;
  CrossModalGeneratorParameters decolorizer = m_ColorizerParameters;
  decolorizer.inputChannels = 3;
  decolorizer.outputChannels = 1;
  decolorizer.decoders = 1;
  m_Colorizer = std::make_shared<CrossModalGenerator>(m_ColorizerParameters);
  m_Decolorizer = std::make_shared<CrossModalGenerator>(decolorizer);
  FiveLayerDiscriminatorParameters discriminator;
  discriminator.widths = m_Parameters.discriminatorWidths;
  discriminator.inputSize = m_Parameters.slices.size;
  m_ColorDiscriminator = std::make_shared<FiveLayerDiscriminator>(discriminator);
  discriminator.inputChannels = 1;
  m_MRIDiscriminator = std::make_shared<FiveLayerDiscriminator>(discriminator);
  for (const auto & network : this->GetNetworks())
  {
    network.second->to(m_Device);
  }
}

std::string
CrossModalTraining::GetHyperParameters() const
{
  return DescribeHyperParameters(m_Parameters).dump();
}

std::map<std::string, std::shared_ptr<torch::nn::Module>>
CrossModalTraining::GetNetworks() const
{
  return { { "colorizer", m_Colorizer },
           { "decolorizer", m_Decolorizer },
           { "color_discriminator", m_ColorDiscriminator },
           { "mri_discriminator", m_MRIDiscriminator } };
}

std::map<std::string, torch::optim::Optimizer *>
CrossModalTraining::GetOptimizers() const
{
  return { { "generation", m_Generation.get() }, { "discrimination", m_Discrimination.get() } };
}

CrossModalBatch
CrossModalTraining::DrawFrom(const Samplers & samplers, std::uint64_t step, std::int64_t count) const
{
  CrossModalBatch     batch;
  const torch::Tensor first = samplers.first->Draw(step, count).to(m_Device);
  batch.mri = first.slice(1, 0, 1);
  if (!m_Parameters.paired)
  {
    batch.cryosection = samplers.second->Draw(step, count).slice(1, 0, 3).to(m_Device);
    return batch;
  }
  batch.cryosection = first.slice(1, 1, 4);
  if (m_Segmenter)
  {
    batch.labels = first.select(1, 5).to(torch::kInt64);
  }
  return batch;
}

CrossModalBatch
CrossModalTraining::Draw(std::uint64_t step) const
{
  return this->DrawFrom(m_Samplers, step, m_Batch);
}

std::vector<torch::Tensor>
CrossModalTraining::Made(CrossModalGenerator & generator, const torch::Tensor & x) const
{
  const AutocastScope        autocast(m_Device, m_Precision);
  std::vector<torch::Tensor> images = generator.forward(x);
  for (torch::Tensor & image : images)
  {
    image = image.to(torch::kFloat32);
  }
  return images;
}

TrainingValues
CrossModalTraining::StepGenerators(const CrossModalBatch & batch, torch::Tensor & colored, torch::Tensor & madeMRI)
{
  constexpr auto        objective = AdversarialObjective::Standard;
  const torch::Tensor & m = batch.mri;
  const torch::Tensor & c = batch.cryosection;
  const auto            images = this->Made(*m_Colorizer, m);
  const torch::Tensor & pseudo = images[1];
  colored = images[0];
  madeMRI = this->Made(*m_Decolorizer, c)[0];
  const torch::Tensor mBack = this->Made(*m_Decolorizer, colored)[0];
  const torch::Tensor cBack = this->Made(*m_Colorizer, madeMRI)[0];
  const torch::Tensor adversarial = GeneratorLoss(objective, Judge(*m_ColorDiscriminator, colored, m_Precision)) +
                                    GeneratorLoss(objective, Judge(*m_MRIDiscriminator, madeMRI, m_Precision));
  const torch::Tensor cycle = CycleLoss(m, mBack, c, cBack);
  const torch::Tensor structure =
    LocalStructuralSimilarityLoss(Luma(c), madeMRI) + LocalStructuralSimilarityLoss(m, Luma(colored));
  torch::Tensor total = m_Parameters.adversarialWeight * adversarial + m_Parameters.cycleWeight * cycle +
                        m_Parameters.structureWeight * structure;
  TrainingValues losses{ { "adversarial", adversarial.item<double>() },
                         { "cycle", cycle.item<double>() },
                         { "structure", structure.item<double>() } };
  if (m_Parameters.pseudoStructureWeight > 0.0)
  {
    const torch::Tensor loss = LocalStructuralSimilarityLoss(c, pseudo);
    total = total + m_Parameters.pseudoStructureWeight * loss;
    losses.push_back({ "pseudo_structure", loss.item<double>() });
  }
  if (m_Segmenter)
  {
    const torch::Tensor loss = SegmentationCrossEntropy(Apply(*m_Segmenter, pseudo, m_Precision), batch.labels);
    total = total + m_Parameters.segmentationWeight * loss;
    losses.push_back({ "segmentation", loss.item<double>() });
  }
  total.backward();
  return losses;
}

TrainingValues
CrossModalTraining::Step(std::uint64_t step)
{
  UseTrainingMode(*this);
  const CrossModalBatch batch = this->Draw(step);
  torch::Tensor         colored;
  torch::Tensor         madeMRI;
  m_Generation->zero_grad();
  TrainingValues losses = this->StepGenerators(batch, colored, madeMRI);
  m_Generation->step();

  m_Discrimination->zero_grad();
  const auto discriminator =
    [&](FiveLayerDiscriminator & network, const torch::Tensor & real, const torch::Tensor & fake)
  {
    return DiscriminatorLoss(AdversarialObjective::Standard,
                             Judge(network, real, m_Precision),
                             Judge(network, fake.detach(), m_Precision));
  };
  const torch::Tensor ofColor = discriminator(*m_ColorDiscriminator, batch.cryosection, colored);
  const torch::Tensor ofMRI = discriminator(*m_MRIDiscriminator, batch.mri, madeMRI);
  (ofColor + ofMRI).backward();
  m_Discrimination->step();
  losses.push_back({ "color_discriminator", ofColor.item<double>() });
  losses.push_back({ "mri_discriminator", ofMRI.item<double>() });
  return losses;
}

TrainingTest
CrossModalTraining::Test()
{
  TrainingTest test;
  if (!m_TestSamplers.first || (!m_Parameters.paired && !m_TestSamplers.second))
  {
    return test;
  }
  const torch::NoGradGuard noGradient;
  m_Colorizer->eval();
  m_Decolorizer->eval();
  const CrossModalBatch      batch = this->DrawFrom(m_TestSamplers, 0, m_Parameters.testSamples);
  std::vector<torch::Tensor> parts;
  std::vector<torch::Tensor> pseudos;
  std::vector<torch::Tensor> partsBack;
  for (const torch::Tensor & mri : batch.mri.split(m_Batch))
  {
    const auto images = this->Made(*m_Colorizer, mri);
    parts.push_back(images[0]);
    pseudos.push_back(images[1]);
    partsBack.push_back(this->Made(*m_Decolorizer, images[0])[0]);
  }
  const torch::Tensor colored = torch::cat(parts);
  test.measures = { { "ssim", StructuralSimilarity(Luma(colored), batch.mri).item<double>() },
                    { "cycle_error", torch::l1_loss(torch::cat(partsBack), batch.mri).item<double>() },
                    { "mean_ab_distance", MeanChromaDistance(colored, batch.cryosection) } };
  std::vector<torch::Tensor> columns{ batch.mri, colored, batch.cryosection };
  if (m_Parameters.pseudoStructureWeight > 0.0 || m_Segmenter)
  {
    columns.insert(columns.begin() + 2, torch::cat(pseudos));
  }
  DrawPictures(columns, test);
  return test;
}

void
CrossModalTraining::Save(const std::string & path, const std::string & training)
{
  NetworkMetadata metadata;
  metadata.normalization.kind = NetworkNormalizationKind::Percentiles;
  metadata.colorSpace = NetworkColorSpace::RGB;
  metadata.tileSize = { m_Parameters.slices.size };
  WriteModel(*m_Colorizer, m_ColorizerParameters, metadata, training, path);
}

std::unique_ptr<TrainingSystem>
MakeCrossModalTraining(const TrainingSetting & setting)
{
  return std::make_unique<CrossModalTraining>(setting, ReadTrainingParameters<CrossModalTrainingParameters>(setting));
}

} // namespace colorization
} // namespace itk
