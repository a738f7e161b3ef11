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
#ifndef itkPerceptualNetwork_h
#define itkPerceptualNetwork_h

#include "itkNetworkModule.h"

#include <algorithm>

namespace itk
{
namespace colorization
{
/** Hyper-parameters of LPIPSAlexNet and LPIPSVGG16. */
struct PerceptualNetworkParameters
{
  /** Feature maps of the first layer. */
  std::int64_t width = 64;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("width", width, 1, 4096);
  }
};

/** What the networks of LPIPS have in common: five layers of a classifier of photographs, and a weight for each of
 * their feature maps. The distance of two pictures is that of LearnedPerceptualDistance().
 *
 * The input is N x 3 x H x W, RGB of -1..1; of this (-.030, -.088, -.188) is taken, and the rest divided by
 * (.458, .448, .450). The outputs are the layers after their ReLU.
 *
 * Tensors have the names of torchvision, `features.I.weight` and `features.I.bias`, and those of the public package
 * lpips, `linL.model.1.weight` of 1 x C x 1 x 1, L = 0 ... 4. When files are read, its names of the former,
 * `net.sliceK.I.weight`, and `lins.L.model.1.weight` are understood as well; `classifier.` is left out, and so is
 * `scaling_layer.` if it holds the numbers above.
 *
 * \par Reference
 * R. Zhang, P. Isola, A. A. Efros, E. Shechtman, O. Wang: The Unreasonable Effectiveness of Deep Features as a
 * Perceptual Metric. CVPR, 2018. doi:10.1109/CVPR.2018.00068 (version 0.1) */
class PerceptualNetwork : public NetworkModule
{
public:
  using Parameters = PerceptualNetworkParameters;

  /** What is taken of the input's channels, and what the rest is divided by. */
  static constexpr double Shift[3] = { -0.030, -0.088, -0.188 };
  static constexpr double Scale[3] = { 0.458, 0.448, 0.450 };

  NetworkTraits
  GetTraits() const override
  {
    return { 2, 3, 0, 1 };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    if (std::min(input.size(2), input.size(3)) < m_SmallestSize)
    {
      throw std::invalid_argument("LPIPS has pictures of " + std::to_string(input.size(3)) + " x " +
                                  std::to_string(input.size(2)) + " pixels, but at least " +
                                  std::to_string(m_SmallestSize) + " along each side are needed.");
    }
    const auto options = input.options();
    const auto ofChannels = [&](const double(&values)[3]) {
      return torch::tensor({ values[0], values[1], values[2] }, torch::kFloat64).to(options).view({ 1, 3, 1, 1 });
    };
    torch::Tensor              x = (input - ofChannels(Shift)) / ofChannels(Scale);
    std::vector<torch::Tensor> layers;
    for (Step & step : m_Steps)
    {
      if (step.poolBefore > 0)
      {
        x = torch::max_pool2d(x, step.poolBefore, 2);
      }
      x = torch::relu(step.convolution(x));
      if (step.isLast)
      {
        layers.push_back(x);
      }
    }
    return layers;
  }

protected:
  explicit PerceptualNetwork(std::int64_t smallestSize)
    : m_SmallestSize(smallestSize)
    , m_Features(register_module("features", std::make_shared<Group>()))
  {}

  /** Adds a convolution and its ReLU.
   * \param position what torchvision counts it as
   * \param poolBefore extent of a maximum over every second pixel that comes before; 0 for none */
  void
  AddConvolution(int position, const torch::nn::Conv2dOptions & options, std::int64_t poolBefore = 0)
  {
    m_Steps.push_back(
      { m_Features->register_module(std::to_string(position), torch::nn::Conv2d(options)), poolBefore, false });
  }

  /** What was added last makes one of the layers. */
  void
  EndLayer()
  {
    m_Steps.back().isLast = true;
    const std::int64_t channels = m_Steps.back().convolution->options.out_channels();
    auto               layer = register_module("lin" + std::to_string(m_Layers++), std::make_shared<Group>());
    auto               model = layer->register_module("model", std::make_shared<Group>());
    auto weights = model->register_module("1", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, 1, 1).bias(false)));
    // A distance has no negative weights.
    const torch::NoGradGuard noGradient;
    weights->weight.uniform_(0.0, 2.0 / static_cast<double>(channels));
  }

private:
  /** Gives names a prefix. */
  class Group : public torch::nn::Module
  {
  };

  struct Step
  {
    torch::nn::Conv2d convolution;
    std::int64_t      poolBefore;
    bool              isLast;
  };

  std::int64_t           m_SmallestSize;
  std::shared_ptr<Group> m_Features;
  std::vector<Step>      m_Steps{};
  int                    m_Layers{ 0 };
};

} // namespace colorization
} // namespace itk

#endif
