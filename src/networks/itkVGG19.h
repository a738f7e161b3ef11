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
#ifndef itkVGG19_h
#define itkVGG19_h

#include "itkNetworkModule.h"

#include <algorithm>
#include <array>

namespace itk
{
namespace colorization
{
/** Hyper-parameters of VGG19. */
struct VGG19Parameters
{
  /** 3, or 1 for gray-VGG-19, whose first layer takes luminance. */
  std::int64_t inputChannels = 3;
  /** Feature maps of the first layer. */
  std::int64_t width = 64;
  /** Values between the linear layers. */
  std::int64_t hidden = 4096;
  std::int64_t classes = 1000;
  /** Linear layers that there are: 0 for features alone, 1 for fc6, 3 for all. */
  std::int64_t linearLayers = 3;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("input_channels", inputChannels, 1, 4096);
    visit("width", width, 1, 4096);
    visit("hidden", hidden, 1, 65536);
    visit("classes", classes, 1, 65536);
    visit("linear_layers", linearLayers, 0, 3);
  }
};

/** Features of photographs, trained to tell the objects of ImageNet.
 *
 * |                   |                                                     | output                |
 * |-------------------|-----------------------------------------------------|-----------------------|
 * | input             | RGB of 0..1, less the mean (.485, .456, .406), over (.229, .224, .225) | N x 3 x H x W |
 * | relu1_1, relu1_2  | 3x3, ReLU                                           | N x 64 x H x W        |
 * | pool1             | maximum of 2x2; the same after each level           | N x 64 x H/2 x W/2    |
 * | relu2_1, relu2_2  | 3x3, ReLU                                           | N x 128 x H/2 x W/2   |
 * | relu3_1 ... 3_4   | 3x3, ReLU                                           | N x 256 x H/4 x W/4   |
 * | relu4_1 ... 4_4   | 3x3, ReLU                                           | N x 512 x H/8 x W/8   |
 * | relu5_1 ... 5_4   | 3x3, ReLU                                           | N x 512 x H/16 x W/16 |
 * | pool5             |                                                     | N x 512 x H/32 x W/32 |
 * | fc6               | mean over 7x7 bins, linear 25088 to 4096            | N x 4096              |
 * | fc7               | ReLU, dropout, linear 4096 to 4096                  | N x 4096              |
 * | fc8               | ReLU, dropout, linear 4096 to 1000                  | N x 1000              |
 *
 * Any extents from 32 on where linear layers are used, and from 16 on for relu5. Layers `convL_I` are those before their
 * ReLU, `relu6` and `relu7` those after fc6 and fc7. Tensors have torchvision's names: features.0.weight ...,
 * classifier.0.weight ... 143,667,240 parameters.
 *
 * \par Reference
 * K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition. ICLR, 2015. */
class VGG19 : public NetworkModule
{
public:
  using Parameters = VGG19Parameters;
  static constexpr const char * Name = "VGG19";

  explicit VGG19(const Parameters & parameters = {})
    : m_Parameters(parameters)
  {
    constexpr std::array<int, 5>          depths{ { 2, 2, 4, 4, 4 } };
    constexpr std::array<std::int64_t, 5> multiples{ { 1, 2, 4, 8, 8 } };
    std::int64_t                          channels = parameters.inputChannels;
    int                                   position = 0;
    auto                                  features = register_module("features", std::make_shared<Group>());
    for (std::size_t level = 0; level < depths.size(); ++level)
    {
      for (int i = 1; i <= depths[level]; ++i, position += 2)
      {
        const std::int64_t width = multiples[level] * parameters.width;
        const std::string  place = std::to_string(level + 1) + '_' + std::to_string(i);
        m_Steps.push_back({ "conv" + place, "relu" + place, i == depths[level] ? "pool" + place.substr(0, 1) : "" });
        m_Convolutions.push_back(
          features->register_module(std::to_string(position),
                                    torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, width, 3).padding(1))));
        channels = width;
      }
      ++position;
    }
    if (parameters.linearLayers > 0)
    {
      const std::array<std::int64_t, 4> sizes{
        { channels * Bins * Bins, parameters.hidden, parameters.hidden, parameters.classes }
      };
      auto classifier = register_module("classifier", std::make_shared<Group>());
      for (std::int64_t i = 0; i < parameters.linearLayers; ++i)
      {
        m_Linears.push_back(
          classifier->register_module(std::to_string(3 * i), torch::nn::Linear(sizes[i], sizes[i + 1])));
      }
    }
  }

  NetworkTraits
  GetTraits() const override
  {
    return { 2, m_Parameters.inputChannels, m_Parameters.linearLayers == 3 ? m_Parameters.classes : 0, 1 };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    constexpr std::array<const char *, 4> last{ { "pool5", "fc6", "fc7", "fc8" } };
    return this->EvaluateLayers(input, { last[static_cast<std::size_t>(m_Parameters.linearLayers)] });
  }

  std::vector<torch::Tensor>
  EvaluateLayers(const torch::Tensor & input, const std::vector<std::string> & layers) override
  {
    std::vector<torch::Tensor> found(layers.size());
    std::size_t                missing = layers.size();
    const auto                 keep = [&](const std::string & name, const torch::Tensor & x)
    {
      for (std::size_t i = 0; i < layers.size(); ++i)
      {
        if (layers[i] == name && !found[i].defined())
        {
          found[i] = x;
          --missing;
        }
      }
      return missing == 0;
    };
    torch::Tensor x = input;
    for (std::size_t i = 0; i < m_Steps.size(); ++i)
    {
      x = m_Convolutions[i](x);
      if (keep(m_Steps[i].convolution, x))
      {
        return found;
      }
      x = torch::relu(x);
      if (keep(m_Steps[i].activation, x))
      {
        return found;
      }
      if (!m_Steps[i].pool.empty() && keep(m_Steps[i].pool, x = torch::max_pool2d(x, 2)))
      {
        return found;
      }
    }
    x = torch::adaptive_avg_pool2d(x, { Bins, Bins }).flatten(1);
    for (std::size_t i = 0; i < m_Linears.size(); ++i)
    {
      x = m_Linears[i](x);
      if (keep("fc" + std::to_string(6 + i), x))
      {
        return found;
      }
      x = torch::relu(x);
      if (keep("relu" + std::to_string(6 + i), x))
      {
        return found;
      }
      x = torch::dropout(x, 0.5, this->is_training());
    }
    for (std::size_t i = 0; i < layers.size(); ++i)
    {
      if (!found[i].defined())
      {
        throw std::invalid_argument("There is no layer \"" + layers[i] +
                                    "\" in these weights of VGG-19; relu1_1 ... relu5_4 are wanted, or fc6 where the "
                                    "classifier is there.");
      }
    }
    return found;
  }

private:
  /** Gives names a prefix. */
  class Group : public torch::nn::Module
  {
  };

  struct Step
  {
    std::string convolution, activation, pool;
  };

  static constexpr std::int64_t Bins = 7;

  Parameters                     m_Parameters;
  std::vector<Step>              m_Steps{};
  std::vector<torch::nn::Conv2d> m_Convolutions{};
  std::vector<torch::nn::Linear> m_Linears{};
};

} // namespace colorization
} // namespace itk

#endif
