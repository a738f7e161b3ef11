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
#include "itkNetworkMetrics.h"

#include <algorithm>
#include <cstdint>

namespace itk
{
namespace colorization
{
namespace
{
constexpr std::size_t Channels = 3;
constexpr std::size_t PerceptualLayers = 5;
constexpr std::size_t DefaultBatchSize = 4;

std::string
DescribeMissing(const NetworkModel * model)
{
  if (!NetworkModel::IsAvailable())
  {
    return "Networks cannot be run: this build of the Colorization module has no LibTorch.";
  }
  return model->IsLoaded() ? "" : "A model is set that is not loaded.";
}

std::vector<FeatureMaps>
ToFeatureMaps(const std::vector<TileValues> & layers)
{
  std::vector<FeatureMaps> maps;
  for (const TileValues & layer : layers)
  {
    FeatureMaps own;
    own.channels = layer.channels;
    own.pixels = layer.size[0] * layer.size[1];
    own.values.assign(layer.data, layer.data + own.channels * own.pixels);
    own.width = layer.size[0];
    maps.push_back(std::move(own));
  }
  return maps;
}

/** Maps RGB of 0..1 as the model's metadata say. */
void
Normalize(const NetworkNormalization & normalization, std::size_t pictures, std::size_t pixels, float * values)
{
  if (normalization.kind == NetworkNormalizationKind::None)
  {
    return;
  }
  for (std::size_t plane = 0; plane < pictures * Channels; ++plane)
  {
    const std::size_t c = normalization.inputMinimum.size() == 1 ? 0 : plane % Channels;
    const double      lowest = normalization.inputMinimum[c];
    const double      slope =
      (normalization.outputMaximum - normalization.outputMinimum) / (normalization.inputMaximum[c] - lowest);
    const auto bounds = std::minmax(normalization.outputMinimum, normalization.outputMaximum);
    std::transform(values + plane * pixels,
                   values + (plane + 1) * pixels,
                   values + plane * pixels,
                   [&](float value)
                   {
                     const double mapped = normalization.outputMinimum + slope * (static_cast<double>(value) - lowest);
                     return static_cast<float>(normalization.clamp ? std::clamp(mapped, bounds.first, bounds.second)
                                                                   : mapped);
                   });
  }
}
} // namespace

std::string
DescribeUnfitPerceptualModel(const NetworkModel * model)
{
  const std::string missing = DescribeMissing(model);
  if (!missing.empty())
  {
    return missing;
  }
  const std::string & architecture = model->GetMetadata().architecture;
  return architecture == "LPIPSAlexNet" || architecture == "LPIPSVGG16"
           ? ""
           : "The model of LPIPS is a " + architecture + ", but LPIPSAlexNet or LPIPSVGG16 is wanted.";
}

std::string
DescribeUnfitFeatureModel(const NetworkModel * model)
{
  const std::string missing = DescribeMissing(model);
  if (!missing.empty())
  {
    return missing;
  }
  const NetworkNormalization & normalization = model->GetMetadata().normalization;
  if (normalization.kind != NetworkNormalizationKind::None && normalization.kind != NetworkNormalizationKind::Range)
  {
    return "The model of FID wants its input normalised over a body, but none or a range is wanted.";
  }
  const std::size_t ranges = normalization.inputMinimum.size();
  return normalization.kind == NetworkNormalizationKind::None || ranges == 1 || ranges == Channels
           ? ""
           : "The model of FID has " + std::to_string(ranges) + " ranges of its input, but 1 or 3 are wanted.";
}

DeepMetricsNetworks
MakeDeepMetricsNetworks(const NetworkModel *               perceptual,
                        const NetworkModel *               features,
                        const std::array<std::size_t, 2> & size)
{
  DeepMetricsNetworks networks;
  const std::size_t   pixels = size[0] * size[1];
  if (perceptual)
  {
    for (std::size_t layer = 0; layer < PerceptualLayers; ++layer)
    {
      networks.perceptualWeights.push_back(perceptual->GetWeights("lin" + std::to_string(layer) + ".model.1.weight"));
    }
    networks.perceptualMaps = [perceptual, size, pixels](const float * picture)
    {
      std::vector<float> values(Channels * pixels);
      std::transform(picture, picture + values.size(), values.begin(), [](float value) { return 2.0f * value - 1.0f; });
      return ToFeatureMaps(perceptual->RunLayers(values.data(), 1, { { size[0], size[1], 1 } }, {}));
    };
  }
  if (features)
  {
    const std::int64_t ofModel = features->GetMetadata().batchSize;
    networks.batchSize = features->GetBatchSize() > 0 ? features->GetBatchSize()
                         : ofModel > 0                ? static_cast<std::size_t>(ofModel)
                                                      : DefaultBatchSize;
    networks.features = [features, size, pixels](const float * pictures, std::size_t count)
    {
      std::vector<float> values(pictures, pictures + count * Channels * pixels);
      Normalize(features->GetMetadata().normalization, count, pixels, values.data());
      return features->RunFeatures(values.data(), count, Channels, size);
    };
  }
  return networks;
}

} // namespace colorization
} // namespace itk
