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
#include "itkSegmenterTraining.h"

#include "itkSegmentationLoss.h"

#include <type_traits>

namespace itk
{
namespace colorization
{
namespace
{
template <typename TNetwork>
constexpr bool IsOfColor = std::is_same<TNetwork, UNetSegmenter>::value;

/** The mean over classes that are there or seen of 2 |A and B| / (|A| + |B|). */
double
MeanDice(const torch::Tensor & found, const torch::Tensor & labels, std::int64_t classes)
{
  const torch::Tensor isKnown = labels.ne(IgnoredLabel);
  double              sum = 0.0;
  int                 count = 0;
  for (std::int64_t label = 0; label < classes; ++label)
  {
    const torch::Tensor isFound = found.eq(label).logical_and(isKnown);
    const torch::Tensor isThere = labels.eq(label);
    const auto          total = static_cast<double>((isFound.sum() + isThere.sum()).item<std::int64_t>());
    if (total > 0.0)
    {
      sum += 2.0 * static_cast<double>(isFound.logical_and(isThere).sum().item<std::int64_t>()) / total;
      ++count;
    }
  }
  return sum / std::max(count, 1);
}
} // namespace

template <typename TNetwork>
SegmenterTraining<TNetwork>::SegmenterTraining(const TrainingSetting &             setting,
                                               const SegmenterTrainingParameters & parameters)
  : m_Parameters(parameters)
  , m_Device(setting.device)
  , m_Precision(setting.precision)
  , m_Batch(static_cast<std::int64_t>(setting.batch))
{
  VerifyNetworkNames(setting, {});
  VerifyLabels(setting.data, parameters.classes);
  m_NetworkParameters.classes = parameters.classes;
  m_NetworkParameters.width = parameters.width;
  m_Network = std::make_shared<TNetwork>(m_NetworkParameters);
  m_Network->to(m_Device);
  const std::int64_t multiple = m_Network->GetTraits().sizeMultiple;
  if (parameters.slices.size % multiple != 0)
  {
    throw ModelError("The size of slices is " + std::to_string(parameters.slices.size) +
                     ", but has to be a multiple of " + std::to_string(multiple) + '.');
  }
  const auto sampler = [&](TrainingRole role)
  {
    auto sources =
      CollectVolumes(setting.data, IsOfColor<TNetwork> ? TrainingKind::Color : TrainingKind::Gray, role, true);
    return role == TrainingRole::Test && sources.empty()
             ? nullptr
             : std::make_unique<SliceSampler>(std::move(sources), parameters.slices, setting.seed);
  };
  m_Slices = sampler(TrainingRole::Training);
  m_TestSlices = sampler(TrainingRole::Test);
  m_Optimizer = MakeAdam({ m_Network }, parameters.adam);
}

template <typename TNetwork>
std::string
SegmenterTraining<TNetwork>::GetHyperParameters() const
{
  return DescribeHyperParameters(m_Parameters).dump();
}

template <typename TNetwork>
std::map<std::string, std::shared_ptr<torch::nn::Module>>
SegmenterTraining<TNetwork>::GetNetworks() const
{
  return { { "segmenter", m_Network } };
}

template <typename TNetwork>
std::map<std::string, torch::optim::Optimizer *>
SegmenterTraining<TNetwork>::GetOptimizers() const
{
  return { { "segmenter", m_Optimizer.get() } };
}

template <typename TNetwork>
SegmenterBatch
SegmenterTraining<TNetwork>::DrawFrom(const SliceSampler & sampler, std::uint64_t step, std::int64_t count) const
{
  const torch::Tensor slices = sampler.Draw(step, count).to(m_Device);
  const torch::Tensor pictures = IsOfColor<TNetwork> ? slices.slice(1, 0, 3) : 2.0 * slices.slice(1, 0, 1) - 1.0;
  const torch::Tensor labels = slices.select(1, slices.size(1) - 1).to(torch::kInt64);
  return { pictures, labels };
}

template <typename TNetwork>
SegmenterBatch
SegmenterTraining<TNetwork>::Draw(std::uint64_t step) const
{
  return this->DrawFrom(*m_Slices, step, m_Batch);
}

template <typename TNetwork>
TrainingValues
SegmenterTraining<TNetwork>::Step(std::uint64_t step)
{
  UseTrainingMode(*this);
  const SegmenterBatch batch = this->Draw(step);
  m_Optimizer->zero_grad();
  const torch::Tensor logits = Apply(*m_Network, batch.pictures, m_Precision);
  const torch::Tensor entropy = SegmentationCrossEntropy(logits, batch.labels);
  const torch::Tensor dice = SoftDiceLoss(logits, batch.labels);
  (m_Parameters.crossEntropyWeight * entropy + m_Parameters.diceWeight * dice).backward();
  m_Optimizer->step();
  return { { "cross_entropy", entropy.item<double>() }, { "dice", dice.item<double>() } };
}

template <typename TNetwork>
TrainingTest
SegmenterTraining<TNetwork>::Test()
{
  TrainingTest test;
  if (!m_TestSlices)
  {
    return test;
  }
  const torch::NoGradGuard noGradient;
  m_Network->eval();
  const SegmenterBatch       batch = this->DrawFrom(*m_TestSlices, 0, m_Parameters.testSamples);
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor & pictures : batch.pictures.split(m_Batch))
  {
    parts.push_back(Apply(*m_Network, pictures, m_Precision).argmax(1));
  }
  const torch::Tensor found = torch::cat(parts);
  test.measures = { { "mean_dice", MeanDice(found, batch.labels, m_Parameters.classes) } };
  const auto gray = [&](const torch::Tensor & labels)
  { return labels.clamp_min(0).unsqueeze(1).to(torch::kFloat32) / static_cast<double>(m_Parameters.classes - 1); };
  const torch::Tensor pictures = IsOfColor<TNetwork> ? batch.pictures : 0.5 * (batch.pictures + 1.0);
  DrawPictures({ pictures, gray(found), gray(batch.labels) }, test);
  return test;
}

template <typename TNetwork>
void
SegmenterTraining<TNetwork>::Save(const std::string & path, const std::string & training)
{
  NetworkMetadata metadata;
  if constexpr (IsOfColor<TNetwork>)
  {
    metadata.normalization.kind = NetworkNormalizationKind::Range;
    metadata.normalization.inputMaximum = { 255.0 };
  }
  else
  {
    metadata.normalization.kind = NetworkNormalizationKind::Percentiles;
    metadata.normalization.outputMinimum = -1.0;
  }
  metadata.tileSize = { m_Parameters.slices.size };
  WriteModel(*m_Network, m_NetworkParameters, metadata, training, path);
}

template class SegmenterTraining<ColorMedGANSegmenter>;
template class SegmenterTraining<UNetSegmenter>;

std::unique_ptr<TrainingSystem>
MakeSegmenterTraining(const TrainingSetting & setting)
{
  return std::make_unique<SegmenterTraining<UNetSegmenter>>(
    setting,
    ReadTrainingParameters<SegmenterTrainingParameters>(setting));
}

std::unique_ptr<TrainingSystem>
MakeAttentionSegmenterTraining(const TrainingSetting & setting)
{
  return std::make_unique<SegmenterTraining<ColorMedGANSegmenter>>(
    setting,
    ReadTrainingParameters<SegmenterTrainingParameters>(setting));
}

} // namespace colorization
} // namespace itk
