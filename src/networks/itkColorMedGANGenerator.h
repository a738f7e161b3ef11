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
#ifndef itkColorMedGANGenerator_h
#define itkColorMedGANGenerator_h

#include "itkNetworkModule.h"
#include "itkSpectralNorm.h"

namespace itk
{
namespace colorization
{
/** What ColorMedGANUNet makes. */
struct ColorMedGANFeatures
{
  /** N x out x H x W, before any last function. */
  torch::Tensor output{};
  /** N x 128 x H/2 x W/2, of the second level of the encoder. */
  torch::Tensor encoder{};
  /** N x 128 x H/2 x W/2, of the last level but one of the decoder. */
  torch::Tensor decoder{};
};

/** The U-Net that generators and segmenter share; H and W are multiples of 8.
 *
 * |         |                                                        | output                  |
 * |---------|--------------------------------------------------------|-------------------------|
 * | input   |                                                        | N x in x H x W          |
 * | down1   | 5x5                                                    | N x 64 x H x W          |
 * | down2   | 3x3, stride 2; times sigmoid(attention's encoder)      | N x 128 x H/2 x W/2     |
 * | down3   | 3x3, stride 2                                          | N x 256 x H/4 x W/4     |
 * | down4   | 3x3, stride 2                                          | N x 512 x H/8 x W/8     |
 * | middle  | 1x1                                                    | N x 512 x H/8 x W/8     |
 * | up3     | transposed 4x4, stride 2                               | N x 256 x H/4 x W/4     |
 * | up2     | of up3 and down3: the same; times sigmoid(attention's decoder) | N x 128 x H/2 x W/2 |
 * | up1     | of up2 and down2: the same                             | N x 64 x H x W          |
 * | last    | of up1 and down1: 5x5                                  | N x out x H x W         |
 *
 * After each convolution but the last: instance norm, without parameters, and leaky ReLU (0.2). With spectral norm, it
 * applies to all convolutions but the last. */
class ColorMedGANUNetImpl : public torch::nn::Module
{
public:
  ColorMedGANUNetImpl(std::int64_t in, std::int64_t out, std::int64_t width, bool isNormalized)
    : down1(register_module("down1", SpectralConv2d(in, width, 5, 1, 2, isNormalized)))
    , down2(register_module("down2", SpectralConv2d(width, 2 * width, 3, 2, 1, isNormalized)))
    , down3(register_module("down3", SpectralConv2d(2 * width, 4 * width, 3, 2, 1, isNormalized)))
    , down4(register_module("down4", SpectralConv2d(4 * width, 8 * width, 3, 2, 1, isNormalized)))
    , middle(register_module("middle", SpectralConv2d(8 * width, 8 * width, 1, 1, 0, isNormalized)))
    , up3(register_module("up3", SpectralConv2d(8 * width, 4 * width, 4, 2, 1, isNormalized, true)))
    , up2(register_module("up2", SpectralConv2d(8 * width, 2 * width, 4, 2, 1, isNormalized, true)))
    , up1(register_module("up1", SpectralConv2d(4 * width, width, 4, 2, 1, isNormalized, true)))
    , last(register_module("last", SpectralConv2d(2 * width, out, 5, 1, 2, false)))
  {}

  /** \param attention features of the segmenter, or null */
  ColorMedGANFeatures
  forward(const torch::Tensor & x, const ColorMedGANFeatures * attention)
  {
    const torch::Tensor full = Activated(down1(x));
    torch::Tensor       half = Activated(down2(full));
    ColorMedGANFeatures features;
    features.encoder = half;
    if (attention)
    {
      half = torch::sigmoid(attention->encoder) * half;
    }
    const torch::Tensor quarter = Activated(down3(half));
    const torch::Tensor eighth = Activated(middle(Activated(down4(quarter))));
    const torch::Tensor quarterUp = Activated(up3(eighth));
    torch::Tensor       halfUp = Activated(up2(torch::cat({ quarterUp, quarter }, 1)));
    features.decoder = halfUp;
    if (attention)
    {
      halfUp = torch::sigmoid(attention->decoder) * halfUp;
    }
    const torch::Tensor fullUp = Activated(up1(torch::cat({ halfUp, half }, 1)));
    features.output = last(torch::cat({ fullUp, full }, 1));
    return features;
  }

private:
  static torch::Tensor
  Activated(const torch::Tensor & x)
  {
    return torch::leaky_relu(torch::instance_norm(x, {}, {}, {}, {}, true, 0.1, 1e-5, false), 0.2);
  }

  SpectralConv2d down1, down2, down3, down4, middle, up3, up2, up1, last;
};
TORCH_MODULE(ColorMedGANUNet);

/** Hyper-parameters of ColorMedGANSegmenter. */
struct ColorMedGANSegmenterParameters
{
  std::int64_t inputChannels = 1;
  /** Classes, background included. */
  std::int64_t classes = 4;
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

/** Labels tissues, and lends its features to the generators: ColorMedGANUNet without spectral norm; logits.
 *
 * \par Reference
 * As of ColorMedGANGenerator, section 2.1.1. */
class ColorMedGANSegmenter : public NetworkModule
{
public:
  using Parameters = ColorMedGANSegmenterParameters;
  static constexpr const char * Name = "ColorMedGANSegmenter";

  explicit ColorMedGANSegmenter(const Parameters & parameters = {})
    : m_Parameters(parameters)
    , m_UNet(
        register_module("unet", ColorMedGANUNet(parameters.inputChannels, parameters.classes, parameters.width, false)))
  {}

  torch::Tensor
  forward(const torch::Tensor & x)
  {
    return m_UNet(x, nullptr).output;
  }

  NetworkTraits
  GetTraits() const override
  {
    return { 2, m_Parameters.inputChannels, m_Parameters.classes, 8 };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    return { this->forward(input) };
  }

private:
  Parameters      m_Parameters;
  ColorMedGANUNet m_UNet;
};

/** Hyper-parameters of ColorMedGANGenerator. */
struct ColorMedGANGeneratorParameters
{
  std::int64_t inputChannels = 1;
  std::int64_t outputChannels = 3;
  std::int64_t width = 64;
  /** Classes of the segmenter whose features are the attention; 0: no attention. */
  std::int64_t classes = 4;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("input_channels", inputChannels, 1, 4096);
    visit("output_channels", outputChannels, 1, 4096);
    visit("width", width, 1, 4096);
    visit("classes", classes, 0, 65536);
  }
};

/** Gray to colour, and with the channels swapped colour to gray: values of -1..1.
 *
 * |           |                                                                          | output         |
 * |-----------|--------------------------------------------------------------------------|----------------|
 * | input     | H and W multiples of 8                                                   | N x 1 x H x W  |
 * | segmenter | ColorMedGANUNet, trained beforehand and then fixed: the attention        |                |
 * | unet      | ColorMedGANUNet with spectral norm, two of its levels times sigmoid(attention); tanh | N x 3 x H x W |
 *
 * \par Reference
 * ColorMedGAN: A Semantic Colorization Framework for Medical Images. 2023, sections 2.1.1 and 2.1.2. */
class ColorMedGANGenerator : public NetworkModule
{
public:
  using Parameters = ColorMedGANGeneratorParameters;
  static constexpr const char * Name = "ColorMedGANGenerator";

  explicit ColorMedGANGenerator(const Parameters & parameters = {})
    : m_Parameters(parameters)
    , m_UNet(
        register_module("unet",
                        ColorMedGANUNet(parameters.inputChannels, parameters.outputChannels, parameters.width, true)))
  {
    if (parameters.classes > 0)
    {
      m_Segmenter =
        register_module("segmenter",
                        ColorMedGANUNet(parameters.inputChannels, parameters.classes, parameters.width, false));
    }
  }

  torch::Tensor
  forward(const torch::Tensor & x)
  {
    if (m_Segmenter.is_empty())
    {
      return torch::tanh(m_UNet(x, nullptr).output);
    }
    const ColorMedGANFeatures attention = m_Segmenter(x, nullptr);
    return torch::tanh(m_UNet(x, &attention).output);
  }

  NetworkTraits
  GetTraits() const override
  {
    return { 2, m_Parameters.inputChannels, m_Parameters.outputChannels, 8 };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    return { this->forward(input) };
  }

private:
  Parameters      m_Parameters;
  ColorMedGANUNet m_UNet;
  ColorMedGANUNet m_Segmenter{ nullptr };
};

} // namespace colorization
} // namespace itk

#endif
