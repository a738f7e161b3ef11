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
#ifndef itkUNetSegmenter_h
#define itkUNetSegmenter_h

#include "itkNetworkModule.h"

namespace itk
{
namespace colorization
{
/** Hyper-parameters of UNetSegmenter. */
struct UNetSegmenterParameters
{
  std::int64_t inputChannels = 3;
  /** Classes, background included. */
  std::int64_t classes = 46;
  /** Feature maps at full size; they double four times. */
  std::int64_t width = 64;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("input_channels", inputChannels, 1, 4096);
    visit("classes", classes, 1, 65536);
    visit("width", width, 1, 4096);
  }
};

/** Two 3x3 convolutions, each with batch norm and ReLU. */
class UNetLevelImpl : public torch::nn::Module
{
public:
  UNetLevelImpl(std::int64_t in, std::int64_t out)
    : conv1(register_module("conv1", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1))))
    , conv2(register_module("conv2", torch::nn::Conv2d(torch::nn::Conv2dOptions(out, out, 3).padding(1))))
    , norm1(register_module("norm1", torch::nn::BatchNorm2d(out)))
    , norm2(register_module("norm2", torch::nn::BatchNorm2d(out)))
  {}

  torch::Tensor
  forward(const torch::Tensor & x)
  {
    return torch::relu(norm2(conv2(torch::relu(norm1(conv1(x))))));
  }

private:
  torch::nn::Conv2d      conv1, conv2;
  torch::nn::BatchNorm2d norm1, norm2;
};
TORCH_MODULE(UNetLevel);

/** Labels the organs of a cryosection.
 *
 * |                 |                                                             | output                     |
 * |-----------------|-------------------------------------------------------------|----------------------------|
 * | input           | H and W multiples of 16                                     | N x 3 x H x W              |
 * | down1 ... down5 | UNetLevel; before each but the first, maximum of 2x2        | 64 x H ... 1024 x H/16     |
 * | expand4 ... 1   | transposed 2x2, stride 2; then concatenated after down4 ... 1 | 512 x H/8 ... 64 x H     |
 * | up4 ... up1     | UNetLevel of that                                           | 512 x H/8 ... 64 x H       |
 * | conv            | 1x1: logits                                                 | N x classes x H x W        |
 *
 * Convolutions are padded, so that labels cover the input; batch norm is added.
 *
 * \par Reference
 * O. Ronneberger, P. Fischer, T. Brox: U-Net: Convolutional Networks for Biomedical Image Segmentation. MICCAI, 2015.
 * doi:10.1007/978-3-319-24574-4_28 */
class UNetSegmenter : public NetworkModule
{
public:
  using Parameters = UNetSegmenterParameters;
  static constexpr const char * Name = "UNetSegmenter";
  static constexpr int          Levels = 4;

  explicit UNetSegmenter(const Parameters & parameters = {})
    : m_Parameters(parameters)
  {
    std::int64_t channels = parameters.inputChannels;
    for (int level = 0; level <= Levels; ++level)
    {
      const std::int64_t width = parameters.width << level;
      m_Down.push_back(register_module("down" + std::to_string(level + 1), UNetLevel(channels, width)));
      channels = width;
    }
    for (int level = 0; level < Levels; ++level)
    {
      const std::int64_t width = parameters.width << level;
      m_Expand.push_back(
        register_module("expand" + std::to_string(level + 1),
                        torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(2 * width, width, 2).stride(2))));
      m_Up.push_back(register_module("up" + std::to_string(level + 1), UNetLevel(2 * width, width)));
    }
    m_Convolution =
      register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(parameters.width, parameters.classes, 1)));
  }

  torch::Tensor
  forward(torch::Tensor x)
  {
    std::vector<torch::Tensor> skips;
    for (int level = 0; level < Levels; ++level)
    {
      skips.push_back(m_Down[level](x));
      x = torch::max_pool2d(skips.back(), 2);
    }
    x = m_Down[Levels](x);
    for (int level = Levels; level-- > 0;)
    {
      x = m_Up[level](torch::cat({ skips[level], m_Expand[level](x) }, 1));
    }
    return m_Convolution(x);
  }

  NetworkTraits
  GetTraits() const override
  {
    return { 2, m_Parameters.inputChannels, m_Parameters.classes, 1 << Levels };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    return { this->forward(input) };
  }

private:
  Parameters                              m_Parameters;
  std::vector<UNetLevel>                  m_Down{};
  std::vector<UNetLevel>                  m_Up{};
  std::vector<torch::nn::ConvTranspose2d> m_Expand{};
  torch::nn::Conv2d                       m_Convolution{ nullptr };
};

} // namespace colorization
} // namespace itk

#endif
