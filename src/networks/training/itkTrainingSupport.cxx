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
#include "itkTrainingSupport.h"

#include "../itkNetworkMetadataText.h"
#include "itkGrayLoss.h"
#include "itkTensorColor.h"

#include <torch/script.h>

#include <algorithm>

namespace itk
{
namespace colorization
{
void
VerifyNetworkNames(const TrainingSetting & setting, const std::vector<std::string> & names)
{
  for (const auto & entry : setting.networks)
  {
    if (std::find(names.begin(), names.end(), entry.first) == names.end())
    {
      std::string known;
      for (const std::string & name : names)
      {
        known += (known.empty() ? "" : ", ") + name;
      }
      throw ModelError("This system has no use for a network \"" + entry.first + '"' +
                       (known.empty() ? "." : "; it may have " + known + '.'));
    }
  }
}

std::string
RequireNetwork(const TrainingSetting & setting,
               const std::string &     name,
               const std::string &     what,
               const std::string &     otherwise)
{
  const auto found = setting.networks.find(name);
  if (found == setting.networks.end())
  {
    throw ModelError("This system needs the network " + name + ", " + what + ": give it (--" + name + " FILE), or " +
                     otherwise + '.');
  }
  return found->second;
}

struct FeatureNetwork::Script
{
  torch::jit::Module module;
};

FeatureNetwork::FeatureNetwork(const std::string & path, const torch::Device & device)
{
  const auto network = LoadNetwork(path, { "cpu", "float32" });
  m_Module = GetNetworkModule(*network);
  const std::string & architecture = network->GetMetadata().architecture;
  if (m_Module && architecture != "VGG19")
  {
    throw ModelError(path + ": the network is a " + architecture +
                     ", but VGG19 or a TorchScript is wanted for perceptual losses.");
  }
  if (m_Module)
  {
    m_Module->to(device);
    m_Module->eval();
    for (torch::Tensor & parameter : m_Module->parameters())
    {
      parameter.set_requires_grad(false);
    }
    return;
  }
  m_Script = std::make_unique<Script>(Script{ torch::jit::load(path, device) });
  m_Script->module.eval();
  for (torch::Tensor parameter : m_Script->module.parameters())
  {
    parameter.set_requires_grad(false);
  }
}

FeatureNetwork::~FeatureNetwork() = default;

std::vector<torch::Tensor>
FeatureNetwork::Evaluate(const torch::Tensor & picture)
{
  const auto ofChannels = [&](double red, double green, double blue) {
    return torch::tensor({ red, green, blue }, torch::kFloat64).to(picture.options()).view({ 1, 3, 1, 1 });
  };
  const torch::Tensor x =
    (picture.expand({ -1, 3, -1, -1 }) - ofChannels(0.485, 0.456, 0.406)) / ofChannels(0.229, 0.224, 0.225);
  if (m_Module)
  {
    return m_Module->EvaluateLayers(x, { "relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1" });
  }
  const torch::IValue value = m_Script->module.forward({ x });
  if (value.isTensorList())
  {
    return value.toTensorVector();
  }
  if (value.isTensor())
  {
    return { value.toTensor() };
  }
  std::vector<torch::Tensor> layers;
  if (value.isTuple())
  {
    for (const torch::IValue & element : value.toTupleRef().elements())
    {
      if (element.isTensor())
      {
        layers.push_back(element.toTensor());
      }
    }
  }
  if (layers.empty())
  {
    throw ModelError("The perceptual network makes " + value.tagKind() + ", but tensors are wanted.");
  }
  return layers;
}

std::unique_ptr<torch::optim::Adam>
MakeAdam(const std::vector<std::shared_ptr<torch::nn::Module>> & networks, const AdamParameters & parameters)
{
  std::vector<torch::Tensor> learning;
  for (const auto & network : networks)
  {
    for (const torch::Tensor & parameter : network->parameters())
    {
      if (parameter.requires_grad())
      {
        learning.push_back(parameter);
      }
    }
  }
  return std::make_unique<torch::optim::Adam>(
    learning,
    torch::optim::AdamOptions(parameters.learningRate)
      .betas(std::make_tuple(parameters.firstMoment, parameters.secondMoment)));
}

void
VerifyLabels(const TrainingData & data, std::int64_t classes)
{
  for (const TrainingVolume & volume : data.GetVolumes())
  {
    const bool         isLabels = volume.information.kind == TrainingKind::Labels;
    const auto *       end = volume.values.data + volume.values.bytes;
    const std::int64_t highest = isLabels ? *std::max_element(volume.values.data, end) : 0;
    if (highest >= classes)
    {
      throw ModelError("The data set has a label " + std::to_string(highest) + ", but the segmenter's " +
                       std::to_string(classes) + " classes are 0 ... " + std::to_string(classes - 1) + '.');
    }
  }
}

void
DrawPictures(const std::vector<torch::Tensor> & columns, TrainingTest & test)
{
  constexpr std::int64_t     most = 8;
  std::vector<torch::Tensor> colors;
  for (const torch::Tensor & column : columns)
  {
    colors.push_back(column.slice(0, 0, most).to(torch::kFloat32).expand({ -1, 3, -1, -1 }));
  }
  const torch::Tensor rows = torch::cat(colors, 3).permute({ 0, 2, 3, 1 });
  const torch::Tensor bytes = (rows * 255.0).round().clamp(0, 255).to(torch::kCPU, torch::kUInt8).contiguous();
  test.height = static_cast<std::size_t>(bytes.size(0) * bytes.size(1));
  test.width = static_cast<std::size_t>(bytes.size(2));
  test.picture.assign(bytes.data_ptr<std::uint8_t>(), bytes.data_ptr<std::uint8_t>() + bytes.numel());
}

double
MeanChromaDistance(const torch::Tensor & made, const torch::Tensor & real)
{
  constexpr double dark = 0.1;
  const auto       mean = [](const torch::Tensor & rgb)
  {
    const torch::Tensor counts = (Luma(rgb) > dark).to(torch::kFloat32);
    return (RGBToLab(rgb).slice(1, 1) * counts).sum({ 0, 2, 3 }) / torch::clamp_min(counts.sum(), 1.0);
  };
  return (mean(made) - mean(real)).norm().item<double>();
}

void
WriteModelFile(const NetworkModule & network, NetworkMetadata metadata, const std::string & path)
{
  const NetworkTraits traits = network.GetTraits();
  metadata.dimension = static_cast<unsigned int>(traits.dimension);
  metadata.inputChannels = traits.inputChannels;
  metadata.outputChannels = traits.outputChannels;
  metadata.sizeMultiple = traits.sizeMultiple;
  WriteTensors(NamedWeights(network), torch::kFloat32, ToText(metadata), path);
}

} // namespace colorization
} // namespace itk
