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
#include "itkStyleTransfer.h"
#include "itkSafetensors.h"
#include "itkTorchNetwork.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** Torch's errors as one sentence. */
template <typename TCall>
auto
Guarded(const TCall & call) -> decltype(call())
{
  try
  {
    return call();
  }
  catch (const c10::Error & error)
  {
    throw ModelError("Style transfer failed: " + FirstLineOf(error.what_without_backtrace()) + '.');
  }
  catch (const std::invalid_argument & error)
  {
    throw ModelError(error.what());
  }
}

/** Least extent of a picture of which the layer has a pixel; 0 if the name tells nothing. */
std::size_t
LeastExtentOf(const std::string & layer)
{
  const std::size_t digit = layer.find_first_of("0123456789");
  if (digit == std::string::npos || layer[digit] < '1' || layer[digit] > '5')
  {
    return 0;
  }
  const auto level = static_cast<std::size_t>(layer[digit] - '0');
  return std::size_t{ 1 } << (layer.compare(0, 4, "pool") == 0 ? level : level - 1);
}

/** F F^T / (N M) of features 1 x N x H x W. */
torch::Tensor
GramMatrix(const torch::Tensor & features)
{
  const torch::Tensor rows = features.reshape({ features.size(1), -1 });
  return torch::mm(rows, rows.t()) / static_cast<double>(rows.numel());
}

torch::Tensor
TotalVariation(const torch::Tensor & image)
{
  torch::Tensor sum = torch::zeros({}, image.options());
  for (const std::int64_t axis : { 2, 3 })
  {
    sum = sum + torch::diff(image, 1, axis).square().sum();
  }
  return sum / static_cast<double>(image.numel());
}

/** VGG-19 on three channels, in float32, or a sentence. */
std::shared_ptr<NetworkModule>
VerifiedModule(const Network & network)
{
  const NetworkMetadata & metadata = network.GetMetadata();
  const auto              module = GetNetworkModule(network);
  if (!module || metadata.architecture != "VGG19")
  {
    throw ModelError("The model is a " + metadata.architecture + ", but VGG19 is wanted.");
  }
  if (metadata.inputChannels != 3)
  {
    throw ModelError("The model's first layer takes " + std::to_string(metadata.inputChannels) +
                     " channels, but the style's colours have 3.");
  }
  if (module->parameters().front().scalar_type() != torch::kFloat32)
  {
    throw ModelError("The model's precision has to be float32 for style transfer.");
  }
  return module;
}
} // namespace

class StyleTransfer::Impl
{
public:
  Impl(const Network &                 network,
       const ColorPlanes &             content,
       const ColorPlanes &             style,
       const StyleTransferParameters & parameters)
    : m_Module(VerifiedModule(network))
    , m_Parameters(parameters)
    , m_Device(m_Module->parameters().front().device())
    , m_Height(static_cast<std::int64_t>(content.height))
    , m_Width(static_cast<std::int64_t>(content.width))
  {
    // Of ImageNet's pictures, in 0..1.
    m_Mean = torch::tensor({ 0.485f, 0.456f, 0.406f }).view({ 1, 3, 1, 1 }).to(m_Device);
    m_Deviation = torch::tensor({ 0.229f, 0.224f, 0.225f }).view({ 1, 3, 1, 1 }).to(m_Device);
    VerifyExtents("The content", content, parameters.contentLayers);
    VerifyExtents("The content", content, parameters.styleLayers);
    VerifyExtents("The style", style, parameters.styleLayers);
    const torch::NoGradGuard noGradient;
    m_ContentTargets = this->Features(this->ToTensor(content.data, m_Height, m_Width), parameters.contentLayers);
    for (const torch::Tensor & features : this->Features(
           this->ToTensor(style.data, static_cast<std::int64_t>(style.height), static_cast<std::int64_t>(style.width)),
           parameters.styleLayers))
    {
      m_StyleTargets.push_back(GramMatrix(features));
    }
  }

  torch::Tensor
  ToTensor(const float * data, std::int64_t height, std::int64_t width) const
  {
    return torch::from_blob(const_cast<float *>(data), { 1, 3, height, width }, torch::kFloat32).clone().to(m_Device);
  }

  torch::Tensor
  ToTensor(const float * image) const
  {
    return this->ToTensor(image, m_Height, m_Width);
  }

  /** The loss, and its derivatives by `image` where it requires them. */
  StyleTransferLoss
  Evaluate(const torch::Tensor & image, torch::Tensor * gradient)
  {
    const torch::AutoGradMode       mode(gradient != nullptr);
    std::vector<StyleTransferLayer> layers = m_Parameters.contentLayers;
    layers.insert(layers.end(), m_Parameters.styleLayers.begin(), m_Parameters.styleLayers.end());
    const std::vector<torch::Tensor> features = this->Features(image, layers);
    torch::Tensor                    content = torch::zeros({}, image.options());
    torch::Tensor                    style = torch::zeros({}, image.options());
    for (std::size_t i = 0; i < layers.size(); ++i)
    {
      if (i < m_ContentTargets.size())
      {
        content = content + layers[i].weight * (features[i] - m_ContentTargets[i]).square().mean();
      }
      else
      {
        const torch::Tensor & target = m_StyleTargets[i - m_ContentTargets.size()];
        style = style + layers[i].weight * (GramMatrix(features[i]) - target).square().mean();
      }
    }
    const torch::Tensor variation = TotalVariation(image);
    const torch::Tensor total = m_Parameters.contentWeight * content + m_Parameters.styleWeight * style +
                                m_Parameters.totalVariationWeight * variation;
    if (gradient)
    {
      // Of the image alone: the network's own parameters get none.
      *gradient = torch::autograd::grad({ total }, { image })[0];
    }
    ++m_Evaluations;
    StyleTransferLoss loss;
    loss.content = content.item<double>();
    loss.style = style.item<double>();
    loss.totalVariation = variation.item<double>();
    loss.total = total.item<double>();
    if (!std::isfinite(loss.total))
    {
      throw ModelError("The loss of style transfer is not finite after " + std::to_string(m_Evaluations) +
                       " evaluations; smaller weights or a smaller learning rate may help.");
    }
    return loss;
  }

  StyleTransferReport
  Run(float * values, const StyleTransferProgress & progress)
  {
    const auto          start = std::chrono::steady_clock::now();
    StyleTransferReport report;
    m_Evaluations = 0;
    torch::Tensor image = this->ToTensor(values).requires_grad_(true);
    torch::Tensor known;
    // An iteration begins by asking for what the one before it has ended with.
    StyleTransferLoss loss;
    const auto        evaluate = [&]()
    {
      if (!known.defined() || !torch::equal(known, image.detach()))
      {
        torch::Tensor gradient;
        loss = this->Evaluate(image, &gradient);
        image.mutable_grad() = gradient;
        known = image.detach().clone();
      }
      return torch::full({}, loss.total, torch::kFloat64);
    };
    const auto optimizer = this->MakeOptimizer(image);
    evaluate();
    report.first = loss;
    report.losses.push_back(loss.total);
    while (report.iterations < m_Parameters.maximumNumberOfIterations && !report.hasConverged)
    {
      if (image.grad().abs().max().item<float>() == 0.0f)
      {
        report.hasConverged = true;
        break;
      }
      optimizer->step(evaluate);
      evaluate();
      ++report.iterations;
      report.losses.push_back(loss.total);
      progress(report.iterations, loss);
      report.hasConverged = this->HasConverged(report.losses);
    }
    report.last = loss;
    report.evaluations = m_Evaluations;
    const torch::Tensor result = image.detach().to(torch::kCPU).contiguous();
    std::copy_n(result.data_ptr<float>(), result.numel(), values);
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
  }

  std::vector<float>
  GetStyleGram(std::size_t i) const
  {
    const torch::Tensor gram = m_StyleTargets.at(i).to(torch::kCPU).contiguous();
    return { gram.data_ptr<float>(), gram.data_ptr<float>() + gram.numel() };
  }

private:
  static void
  VerifyExtents(const char * name, const ColorPlanes & picture, const std::vector<StyleTransferLayer> & layers)
  {
    for (const StyleTransferLayer & layer : layers)
    {
      const std::size_t least = std::max<std::size_t>(LeastExtentOf(layer.name), 1);
      if (picture.width < least || picture.height < least)
      {
        throw ModelError(std::string(name) + " has " + std::to_string(picture.width) + " x " +
                         std::to_string(picture.height) + " pixels, but layer " + layer.name + " needs " +
                         std::to_string(least) + " along both axes.");
      }
    }
  }

  std::vector<torch::Tensor>
  Features(const torch::Tensor & image, const std::vector<StyleTransferLayer> & layers) const
  {
    if (layers.empty())
    {
      return {};
    }
    std::vector<std::string> names;
    for (const StyleTransferLayer & layer : layers)
    {
      if (std::find(names.begin(), names.end(), layer.name) == names.end())
      {
        names.push_back(layer.name);
      }
    }
    const std::vector<torch::Tensor> found = m_Module->EvaluateLayers((image - m_Mean) / m_Deviation, names);
    std::vector<torch::Tensor>       features;
    for (const StyleTransferLayer & layer : layers)
    {
      features.push_back(
        found[static_cast<std::size_t>(std::find(names.begin(), names.end(), layer.name) - names.begin())]);
      if (features.back().dim() != 4)
      {
        throw ModelError("Layer " + layer.name + " makes no feature maps, but relu1_1 ... relu5_4 do.");
      }
    }
    return features;
  }

  std::unique_ptr<torch::optim::Optimizer>
  MakeOptimizer(const torch::Tensor & image) const
  {
    const std::vector<torch::Tensor> variables{ image };
    if (m_Parameters.optimizer == StyleTransferOptimizer::Adam)
    {
      return std::make_unique<torch::optim::Adam>(variables, torch::optim::AdamOptions(m_Parameters.learningRate));
    }
    // One iteration a step, so that it can be watched and stopped.
    constexpr std::int64_t mostEvaluations = 25;
    return std::make_unique<torch::optim::LBFGS>(variables,
                                                 torch::optim::LBFGSOptions(1.0)
                                                   .max_iter(1)
                                                   .max_eval(mostEvaluations)
                                                   .history_size(20)
                                                   .tolerance_grad(0.0)
                                                   .tolerance_change(0.0)
                                                   .line_search_fn("strong_wolfe"));
  }

  bool
  HasConverged(const std::vector<double> & losses) const
  {
    constexpr std::size_t span = 10;
    if (losses.size() <= span)
    {
      return losses.back() == 0.0;
    }
    const double before = losses[losses.size() - 1 - span];
    return std::abs(before - losses.back()) <= m_Parameters.tolerance * std::abs(before);
  }

  std::shared_ptr<NetworkModule> m_Module;
  StyleTransferParameters        m_Parameters;
  torch::Device                  m_Device;
  std::int64_t                   m_Height;
  std::int64_t                   m_Width;
  torch::Tensor                  m_Mean;
  torch::Tensor                  m_Deviation;
  std::vector<torch::Tensor>     m_ContentTargets;
  std::vector<torch::Tensor>     m_StyleTargets;
  unsigned int                   m_Evaluations{ 0 };
};

StyleTransfer::StyleTransfer(const Network &                 network,
                             const ColorPlanes &             content,
                             const ColorPlanes &             style,
                             const StyleTransferParameters & parameters)
  : m_Impl(Guarded([&]() { return std::make_unique<Impl>(network, content, style, parameters); }))
{}

StyleTransfer::~StyleTransfer() = default;

StyleTransferLoss
StyleTransfer::Evaluate(const float * image, float * gradient)
{
  return Guarded(
    [&]()
    {
      const torch::Tensor variable = m_Impl->ToTensor(image).requires_grad_(gradient != nullptr);
      if (!gradient)
      {
        return m_Impl->Evaluate(variable, nullptr);
      }
      torch::Tensor           derivatives;
      const StyleTransferLoss loss = m_Impl->Evaluate(variable, &derivatives);
      derivatives = derivatives.to(torch::kCPU).contiguous();
      std::copy_n(derivatives.data_ptr<float>(), derivatives.numel(), gradient);
      return loss;
    });
}

std::vector<float>
StyleTransfer::GetStyleGram(std::size_t i) const
{
  return m_Impl->GetStyleGram(i);
}

StyleTransferReport
StyleTransfer::Run(float * image, const StyleTransferProgress & progress)
{
  return Guarded([&]() { return m_Impl->Run(image, progress); });
}

} // namespace colorization
} // namespace itk
