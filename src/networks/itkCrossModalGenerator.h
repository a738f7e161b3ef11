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
#ifndef itkCrossModalGenerator_h
#define itkCrossModalGenerator_h

#include "itkNetworkModule.h"

namespace itk
{
namespace colorization
{
/** Hyper-parameters of CrossModalGenerator. */
struct CrossModalGeneratorParameters
{
  std::int64_t inputChannels = 1;
  std::int64_t outputChannels = 3;
  /** 2: colour MRI and pseudo cryosection; 1: the generator towards MRI. */
  std::int64_t decoders = 2;
  /** Feature maps of the stem's first convolution. */
  std::int64_t width = 128;
  std::int64_t blocks = 9;
  /** By what a block's linear layers compress its channels. */
  std::int64_t reduction = 16;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("input_channels", inputChannels, 1, 4096);
    visit("output_channels", outputChannels, 1, 4096);
    visit("decoders", decoders, 1, 2);
    visit("width", width, 1, 4096);
    visit("blocks", blocks, 0, 64);
    visit("reduction", reduction, 1, 1024);
  }
};

/** A convolution, instance norm, ReLU; with an odd kernel and stride 1, borders are reflected. */
class CrossModalLayerImpl : public torch::nn::Module
{
public:
  CrossModalLayerImpl(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride)
    : m_Padding(stride == 1 ? kernel / 2 : 0)
    , conv(register_module(
        "conv",
        torch::nn::Conv2d(
          torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(stride == 1 ? 0 : kernel / 2))))
  {}

  torch::Tensor
  forward(torch::Tensor x)
  {
    return torch::relu(this->Normalized(x));
  }

  torch::Tensor
  Normalized(torch::Tensor x)
  {
    if (m_Padding > 0)
    {
      x = torch::reflection_pad2d(x, { m_Padding, m_Padding, m_Padding, m_Padding });
    }
    return torch::instance_norm(conv(x), {}, {}, {}, {}, true, 0.1, 1e-5, false);
  }

private:
  std::int64_t      m_Padding;
  torch::nn::Conv2d conv;
};
TORCH_MODULE(CrossModalLayer);

/** A skip connection whose other way is two convolutions, compression and activation: x + s(y) y, where
 * s(y) = sigmoid(expand(ReLU(compress(mean of y)))), one number a channel. */
class CompressionActivationBlockImpl : public torch::nn::Module
{
public:
  CompressionActivationBlockImpl(std::int64_t channels, std::int64_t reduction)
    : conv1(register_module("conv1", CrossModalLayer(channels, channels, 3, 1)))
    , conv2(register_module("conv2", CrossModalLayer(channels, channels, 3, 1)))
    , compress(register_module("compress", torch::nn::Linear(channels, channels / reduction)))
    , expand(register_module("expand", torch::nn::Linear(channels / reduction, channels)))
  {}

  torch::Tensor
  forward(const torch::Tensor & x)
  {
    const torch::Tensor y = conv2->Normalized(conv1(x));
    const torch::Tensor gates = torch::sigmoid(expand(torch::relu(compress(y.mean({ 2, 3 })))));
    return x + gates.unsqueeze(-1).unsqueeze(-1) * y;
  }

private:
  CrossModalLayer   conv1, conv2;
  torch::nn::Linear compress, expand;
};
TORCH_MODULE(CompressionActivationBlock);

/** From the features at a quarter of the size to an image of 0..1.
 *
 * |       |                                                                  | output           |
 * |-------|------------------------------------------------------------------|------------------|
 * | up1   | transposed 3x3, stride 2, instance norm, ReLU                    | 256 x H/2 x W/2  |
 * | up2   | the same                                                         | 128 x H x W      |
 * | conv  | 7x7 with reflected borders, sigmoid                              | 3 x H x W        | */
class CrossModalDecoderImpl : public torch::nn::Module
{
public:
  CrossModalDecoderImpl(std::int64_t in, std::int64_t width, std::int64_t out)
    : up1(register_module("up1", MakeUp(in, 2 * width)))
    , up2(register_module("up2", MakeUp(2 * width, width)))
    , conv(register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(width, out, 7))))
  {}

  torch::Tensor
  forward(torch::Tensor x)
  {
    x = torch::relu(torch::instance_norm(up1(x), {}, {}, {}, {}, true, 0.1, 1e-5, false));
    x = torch::relu(torch::instance_norm(up2(x), {}, {}, {}, {}, true, 0.1, 1e-5, false));
    return torch::sigmoid(conv(torch::reflection_pad2d(x, { 3, 3, 3, 3 })));
  }

private:
  static torch::nn::ConvTranspose2d
  MakeUp(std::int64_t in, std::int64_t out)
  {
    return torch::nn::ConvTranspose2d(
      torch::nn::ConvTranspose2dOptions(in, out, 3).stride(2).padding(1).output_padding(1));
  }

  torch::nn::ConvTranspose2d up1, up2;
  torch::nn::Conv2d          conv;
};
TORCH_MODULE(CrossModalDecoder);

/** MRI to colour MRI and pseudo cryosection, and, with one decoder, cryosection to MRI.
 *
 * |                    |                                                       | output             |
 * |--------------------|-------------------------------------------------------|--------------------|
 * | input m            | N x 1 (or 3) x H x W, H and W multiples of 4          |                    |
 * | full1              | 7x7                                                   | 128 x H x W        |
 * | full2, full3       | 3x3, stride 2                                         | 256, 512 x H/4     |
 * | half1, half2, half3| of m/2 (mean of 2x2): 7x7; 3x3; 3x3, stride 2         | 64, 128, 256 x H/4 |
 * | quarter1 ... 3     | of m/4 (mean of 4x4): 7x7; 3x3; 3x3                   | 64, 128, 256 x H/4 |
 * | fusion             | concatenation of full3 and half3 + quarter3           | 768 x H/4 x W/4    |
 * | block1 ... block9  | CompressionActivationBlock                            | 768 x H/4 x W/4    |
 * | decoder1           | CrossModalDecoder: colour MRI                         | 3 x H x W          |
 * | decoder2           | CrossModalDecoder: pseudo cryosection                 | 3 x H x W          |
 *
 * After each convolution but a decoder's last: instance norm, without parameters, and ReLU.
 *
 * \par Reference
 * M. Mathur, A. Chaudhary, S. K. Gupta, O. Sharma: Structurally Consistent MRI Colorization using Cross-modal Fusion
 * Learning. 2024, sections III.A to III.C. */
class CrossModalGenerator : public NetworkModule
{
public:
  using Parameters = CrossModalGeneratorParameters;
  static constexpr const char * Name = "CrossModalGenerator";

  explicit CrossModalGenerator(const Parameters & parameters = {})
    : m_Parameters(parameters)
  {
    const std::int64_t in = parameters.inputChannels;
    const std::int64_t width = parameters.width;
    full1 = register_module("full1", CrossModalLayer(in, width, 7, 1));
    full2 = register_module("full2", CrossModalLayer(width, 2 * width, 3, 2));
    full3 = register_module("full3", CrossModalLayer(2 * width, 4 * width, 3, 2));
    half1 = register_module("half1", CrossModalLayer(in, width / 2, 7, 1));
    half2 = register_module("half2", CrossModalLayer(width / 2, width, 3, 1));
    half3 = register_module("half3", CrossModalLayer(width, 2 * width, 3, 2));
    quarter1 = register_module("quarter1", CrossModalLayer(in, width / 2, 7, 1));
    quarter2 = register_module("quarter2", CrossModalLayer(width / 2, width, 3, 1));
    quarter3 = register_module("quarter3", CrossModalLayer(width, 2 * width, 3, 1));
    for (std::int64_t i = 1; i <= parameters.blocks; ++i)
    {
      m_Blocks.push_back(
        register_module("block" + std::to_string(i), CompressionActivationBlock(6 * width, parameters.reduction)));
    }
    for (std::int64_t i = 1; i <= parameters.decoders; ++i)
    {
      m_Decoders.push_back(
        register_module("decoder" + std::to_string(i), CrossModalDecoder(6 * width, width, parameters.outputChannels)));
    }
  }

  std::vector<torch::Tensor>
  forward(const torch::Tensor & m)
  {
    const torch::Tensor full = full3(full2(full1(m)));
    const torch::Tensor half = half3(half2(half1(torch::avg_pool2d(m, 2))));
    const torch::Tensor quarter = quarter3(quarter2(quarter1(torch::avg_pool2d(m, 4))));
    torch::Tensor       x = torch::cat({ full, half + quarter }, 1);
    for (CompressionActivationBlock & block : m_Blocks)
    {
      x = block(x);
    }
    std::vector<torch::Tensor> images;
    for (CrossModalDecoder & decoder : m_Decoders)
    {
      images.push_back(decoder(x));
    }
    return images;
  }

  NetworkTraits
  GetTraits() const override
  {
    return { 2, m_Parameters.inputChannels, m_Parameters.outputChannels, 4 };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    return this->forward(input);
  }

private:
  Parameters                              m_Parameters;
  CrossModalLayer                         full1{ nullptr }, full2{ nullptr }, full3{ nullptr };
  CrossModalLayer                         half1{ nullptr }, half2{ nullptr }, half3{ nullptr };
  CrossModalLayer                         quarter1{ nullptr }, quarter2{ nullptr }, quarter3{ nullptr };
  std::vector<CompressionActivationBlock> m_Blocks{};
  std::vector<CrossModalDecoder>          m_Decoders{};
};

} // namespace colorization
} // namespace itk

#endif
