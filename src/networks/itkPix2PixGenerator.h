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
#ifndef itkPix2PixGenerator_h
#define itkPix2PixGenerator_h

#include "itkNetworkModule.h"

#include <algorithm>

namespace itk
{
namespace colorization
{
/** Hyper-parameters of Pix2PixGenerator. */
struct Pix2PixGeneratorParameters
{
  /** CT and one channel a Sobel range. */
  std::int64_t inputChannels = 3;
  std::int64_t outputChannels = 3;
  /** Feature maps of the first level. */
  std::int64_t width = 128;
  /** How often the size is halved, at least 5. */
  std::int64_t levels = 8;
  /** Share of values that training drops in the three levels above the innermost. */
  double dropout = 0.5;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("input_channels", inputChannels, 1, 4096);
    visit("output_channels", outputChannels, 1, 4096);
    visit("width", width, 1, 4096);
    visit("levels", levels, 5, 12);
    visit("dropout", dropout, 0, 1);
  }
};

/** CT and its contours to a colour image of -1..1.
 *
 * |                 |                                                       | output                       |
 * |-----------------|-------------------------------------------------------|------------------------------|
 * | input           | H and W multiples of 256                              | N x 3 x H x W                |
 * | down1           | 4x4, stride 2                                         | N x 128 x H/2 x W/2          |
 * | down2 ... down7 | leaky ReLU (0.2), 4x4, stride 2, batch norm           | 256, 512, 1024, 1024 ... x H/128 |
 * | down8           | leaky ReLU (0.2), 4x4, stride 2                       | N x 1024 x H/256 x W/256     |
 * | up8             | ReLU, transposed 4x4, stride 2, batch norm; then down7 is put before it | 2048 x H/128 |
 * | up7 ... up5     | the same, with dropout                                | 2048 ... x H/16              |
 * | up4 ... up2     | the same, without                                     | 1024, 512, 256 x H/2         |
 * | up1             | ReLU, transposed 4x4, stride 2, tanh                  | N x 3 x H x W                |
 *
 * Only up1 has biases. The skip connections carry what leaky ReLU made of a level, as it does in the authors' code,
 * where it works in place.
 *
 * \par Reference
 * P. Isola, J.-Y. Zhu, T. Zhou, A. A. Efros: Image-to-Image Translation with Conditional Adversarial Networks. CVPR,
 * 2017. doi:10.1109/CVPR.2017.632. With 128 filters: CT2RGB: Seeing The True Colors of Computed Tomography Images. 2022,
 * section 4. */
class Pix2PixGenerator : public NetworkModule
{
public:
  using Parameters = Pix2PixGeneratorParameters;
  static constexpr const char * Name = "Pix2PixGenerator";

  explicit Pix2PixGenerator(const Parameters & parameters = {})
    : m_Parameters(parameters)
  {
    const auto width = [&](std::int64_t level)
    { return parameters.width << std::min<std::int64_t>(level, MostDoublings); };
    const std::int64_t levels = parameters.levels;
    for (std::int64_t level = 0; level < levels; ++level)
    {
      const std::string  number = std::to_string(level + 1);
      const std::int64_t in = level == 0 ? parameters.inputChannels : width(level - 1);
      m_Down.push_back(register_module(
        "down" + number,
        torch::nn::Conv2d(torch::nn::Conv2dOptions(in, width(level), 4).stride(2).padding(1).bias(false))));
      m_DownNorms.push_back(nullptr);
      m_UpNorms.push_back(nullptr);
      if (level > 0 && level + 1 < levels)
      {
        m_DownNorms.back() = register_module("down_norm" + number, torch::nn::BatchNorm2d(width(level)));
      }
      const std::int64_t upIn = level + 1 == levels ? width(level) : 2 * width(level);
      const std::int64_t upOut = level == 0 ? parameters.outputChannels : width(level - 1);
      m_Up.push_back(
        register_module("up" + number,
                        torch::nn::ConvTranspose2d(
                          torch::nn::ConvTranspose2dOptions(upIn, upOut, 4).stride(2).padding(1).bias(level == 0))));
      if (level > 0)
      {
        m_UpNorms.back() = register_module("up_norm" + number, torch::nn::BatchNorm2d(upOut));
      }
    }
  }

  torch::Tensor
  forward(torch::Tensor x)
  {
    const auto                 levels = static_cast<std::size_t>(m_Parameters.levels);
    std::vector<torch::Tensor> skips;
    x = m_Down[0](x);
    for (std::size_t level = 1; level < levels; ++level)
    {
      skips.push_back(torch::leaky_relu(x, 0.2));
      x = m_Down[level](skips.back());
      if (!m_DownNorms[level].is_empty())
      {
        x = m_DownNorms[level](x);
      }
    }
    for (std::size_t level = levels - 1; level > 0; --level)
    {
      x = m_UpNorms[level](m_Up[level](torch::relu(x)));
      if (level + 1 < levels && level + 1 >= levels - Dropped)
      {
        x = torch::dropout(x, m_Parameters.dropout, this->is_training());
      }
      x = torch::cat({ skips[level - 1], x }, 1);
    }
    return torch::tanh(m_Up[0](torch::relu(x)));
  }

  NetworkTraits
  GetTraits() const override
  {
    return { 2, m_Parameters.inputChannels, m_Parameters.outputChannels, std::int64_t{ 1 } << m_Parameters.levels };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    return { this->forward(input) };
  }

private:
  static constexpr std::int64_t MostDoublings = 3;
  static constexpr std::size_t  Dropped = 3;

  Parameters                              m_Parameters;
  std::vector<torch::nn::Conv2d>          m_Down{};
  std::vector<torch::nn::ConvTranspose2d> m_Up{};
  std::vector<torch::nn::BatchNorm2d>     m_DownNorms{}, m_UpNorms{};
};

/** Hyper-parameters of PatchDiscriminator. */
struct PatchDiscriminatorParameters
{
  /** Those of the condition and of the image that is judged. */
  std::int64_t inputChannels = 6;
  std::int64_t width = 64;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("input_channels", inputChannels, 1, 4096);
    visit("width", width, 1, 4096);
  }
};

/** Judges each patch of 70x70 pixels of condition and image together; for least squares, so without a last function.
 *
 * |       |                                               | output                  |
 * |-------|-----------------------------------------------|-------------------------|
 * | input | condition and image                           | N x 6 x H x W           |
 * | conv1 | 4x4, stride 2, leaky ReLU (0.2)               | N x 64 x H/2 x W/2      |
 * | conv2 | 4x4, stride 2, batch norm, leaky ReLU         | N x 128 x H/4 x W/4     |
 * | conv3 | the same                                      | N x 256 x H/8 x W/8     |
 * | conv4 | 4x4, batch norm, leaky ReLU                   | N x 512 x H/8-1 x W/8-1 |
 * | conv5 | 4x4                                           | N x 1 x H/8-2 x W/8-2   |
 *
 * conv2, conv3 and conv4 have no biases.
 *
 * \par Reference
 * As of Pix2PixGenerator. */
class PatchDiscriminator : public NetworkModule
{
public:
  using Parameters = PatchDiscriminatorParameters;
  static constexpr const char * Name = "PatchDiscriminator";

  explicit PatchDiscriminator(const Parameters & parameters = {})
    : m_Parameters(parameters)
  {
    const std::int64_t width = parameters.width;
    conv1 = this->Layer(1, parameters.inputChannels, width, 2, true);
    conv2 = this->Layer(2, width, 2 * width, 2, false);
    conv3 = this->Layer(3, 2 * width, 4 * width, 2, false);
    conv4 = this->Layer(4, 4 * width, 8 * width, 1, false);
    conv5 = this->Layer(5, 8 * width, 1, 1, true);
    norm2 = register_module("norm2", torch::nn::BatchNorm2d(2 * width));
    norm3 = register_module("norm3", torch::nn::BatchNorm2d(4 * width));
    norm4 = register_module("norm4", torch::nn::BatchNorm2d(8 * width));
  }

  torch::Tensor
  forward(torch::Tensor x)
  {
    x = torch::leaky_relu(conv1(x), 0.2);
    x = torch::leaky_relu(norm2(conv2(x)), 0.2);
    x = torch::leaky_relu(norm3(conv3(x)), 0.2);
    x = torch::leaky_relu(norm4(conv4(x)), 0.2);
    return conv5(x);
  }

  NetworkTraits
  GetTraits() const override
  {
    return { 2, m_Parameters.inputChannels, 1, 8 };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    return { this->forward(input) };
  }

private:
  torch::nn::Conv2d
  Layer(int number, std::int64_t in, std::int64_t out, std::int64_t stride, bool hasBias)
  {
    return register_module(
      "conv" + std::to_string(number),
      torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 4).stride(stride).padding(1).bias(hasBias)));
  }

  Parameters             m_Parameters;
  torch::nn::Conv2d      conv1{ nullptr }, conv2{ nullptr }, conv3{ nullptr }, conv4{ nullptr }, conv5{ nullptr };
  torch::nn::BatchNorm2d norm2{ nullptr }, norm3{ nullptr }, norm4{ nullptr };
};

} // namespace colorization
} // namespace itk

#endif
