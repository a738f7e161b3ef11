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
#ifndef itkColorUNet_h
#define itkColorUNet_h

#include "itkNetworkModule.h"

namespace itk
{
namespace colorization
{
/** Hyper-parameters of ColorUNet. */
struct ColorUNetParameters
{
  std::int64_t inputChannels = 1;
  std::int64_t outputChannels = 3;
  /** Pixels along each axis that the first level sees as channels of one. */
  std::int64_t block = 2;
  /** Feature maps of each level, the finest first. */
  std::vector<std::int64_t> widths{ 32, 64, 128, 192, 256 };

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("input_channels", inputChannels, 1, 4096);
    visit("output_channels", outputChannels, 1, 4096);
    visit("block", block, 1, 16);
    visit("widths", widths, 1, 4096);
  }
};

/** A 3x3 convolution, batch norm, ReLU. */
class ColorUNetLayerImpl : public torch::nn::Module
{
public:
  ColorUNetLayerImpl(std::int64_t in, std::int64_t out)
    : conv(register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1).bias(false))))
    , norm(register_module("norm", torch::nn::BatchNorm2d(out)))
  {}

  torch::Tensor
  forward(const torch::Tensor & x)
  {
    torch::Tensor y = norm(conv(x));
    return torch::relu_(y);
  }

private:
  torch::nn::Conv2d      conv;
  torch::nn::BatchNorm2d norm;
};
TORCH_MODULE(ColorUNetLayer);

/** Colours of structures, whatever their intensities: for gray images of any contrast.
 *
 * |                 |                                                                     | output              |
 * |-----------------|---------------------------------------------------------------------|---------------------|
 * | input           | 0..1; H and W multiples of block 2^(levels - 1), at least 8         | N x c x H x W       |
 * | contrast        | appended to it: its local contrast; blocks of pixels become channels | N x 8c x H/2 x W/2 |
 * | down1           | ColorUNetLayer                                                      | 32 x H/2            |
 * | down2, second2 ... | maximum of 2x2, two ColorUNetLayers                              | 64 x H/4 ... 256 x H/32 |
 * | reduce4 ... 1   | 1x1 to the widths of down4 ... 1, doubled in size, and added to them | 192 x H/16 ... 32 x H/2 |
 * | up4 ... up1     | ColorUNetLayer of that                                              | 192 x H/16 ... 32 x H/2 |
 * | conv            | 1x1; channels become blocks of pixels                               | N x 3 x H x W       |
 *
 * Local contrast is (x - m) / (s + 0.02), clamped to -4 ... 4, where m and s are mean and standard deviation over about
 * 40x40 pixels: tissues that differ little, such as those of CT without a window, still do.
 *
 * \par Reference
 * O. Ronneberger, P. Fischer, T. Brox: U-Net: Convolutional Networks for Biomedical Image Segmentation. MICCAI, 2015.
 * doi:10.1007/978-3-319-24574-4_28 */
class ColorUNet : public NetworkModule
{
public:
  using Parameters = ColorUNetParameters;
  static constexpr const char * Name = "ColorUNet";
  static constexpr std::size_t  MostLevels = 8;

  explicit ColorUNet(const Parameters & parameters = {})
    : m_Parameters(parameters)
  {
    const std::vector<std::int64_t> & widths = parameters.widths;
    TORCH_CHECK(widths.size() <= MostLevels, widths.size(), " levels are too many, ", MostLevels, " have to do");
    const std::int64_t pixels = parameters.block * parameters.block;
    std::int64_t       channels = 2 * parameters.inputChannels * pixels;
    for (std::size_t level = 0; level < widths.size(); ++level)
    {
      const std::string number = std::to_string(level + 1);
      m_Down.push_back(register_module("down" + number, ColorUNetLayer(channels, widths[level])));
      channels = widths[level];
      if (level > 0)
      {
        m_Second.push_back(register_module("second" + number, ColorUNetLayer(channels, channels)));
      }
    }
    for (std::size_t level = 0; level + 1 < widths.size(); ++level)
    {
      const std::string number = std::to_string(level + 1);
      m_Reduce.push_back(
        register_module("reduce" + number,
                        torch::nn::Conv2d(torch::nn::Conv2dOptions(widths[level + 1], widths[level], 1).bias(false))));
      m_Up.push_back(register_module("up" + number, ColorUNetLayer(widths[level], widths[level])));
    }
    m_Convolution = register_module(
      "conv",
      torch::nn::Conv2d(torch::nn::Conv2dOptions(widths.front(), parameters.outputChannels * pixels, 1)));
  }

  /** (x - m) / (s + 0.02) */
  static torch::Tensor
  LocalContrast(const torch::Tensor & x)
  {
    namespace F = torch::nn::functional;
    constexpr std::int64_t cell = 8;
    constexpr double       least = 0.02;
    constexpr double       most = 4.0;
    const auto             local = [&](const torch::Tensor & values)
    {
      const auto blurred = F::avg_pool2d(F::avg_pool2d(values, F::AvgPool2dFuncOptions(cell)),
                                         F::AvgPool2dFuncOptions(5).stride(1).padding(2).count_include_pad(false));
      return F::interpolate(blurred,
                            F::InterpolateFuncOptions()
                              .size(std::vector<std::int64_t>{ x.size(2), x.size(3) })
                              .mode(torch::kBilinear)
                              .align_corners(false));
    };
    const torch::Tensor mean = local(x);
    const torch::Tensor deviation = torch::sqrt(torch::clamp_min(local(x * x) - mean * mean, 0.0));
    return torch::clamp((x - mean) / (deviation + least), -most, most);
  }

  torch::Tensor
  forward(torch::Tensor x)
  {
    x = torch::pixel_unshuffle(torch::cat({ x, LocalContrast(x) }, 1), m_Parameters.block)
          .contiguous(torch::MemoryFormat::ChannelsLast);
    std::vector<torch::Tensor> skips;
    for (std::size_t level = 0; level < m_Down.size(); ++level)
    {
      x = m_Down[level](level > 0 ? torch::max_pool2d(x, 2) : x);
      x = level > 0 ? m_Second[level - 1](x) : x;
      skips.push_back(x);
    }
    for (std::size_t level = m_Up.size(); level-- > 0;)
    {
      const torch::Tensor reduced = m_Reduce[level](x);
      const torch::Tensor larger =
        torch::upsample_nearest2d(reduced, c10::IntArrayRef({ 2 * reduced.size(2), 2 * reduced.size(3) }));
      x = m_Up[level](skips[level] + larger);
    }
    return torch::pixel_shuffle(m_Convolution(x), m_Parameters.block);
  }

  NetworkTraits
  GetTraits() const override
  {
    const auto multiple = m_Parameters.block << (m_Parameters.widths.size() - 1);
    return { 2, m_Parameters.inputChannels, m_Parameters.outputChannels, std::max<std::int64_t>(multiple, 8) };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    return { this->forward(input) };
  }

private:
  Parameters                     m_Parameters;
  std::vector<ColorUNetLayer>    m_Down{};
  std::vector<ColorUNetLayer>    m_Second{};
  std::vector<torch::nn::Conv2d> m_Reduce{};
  std::vector<ColorUNetLayer>    m_Up{};
  torch::nn::Conv2d              m_Convolution{ nullptr };
};

} // namespace colorization
} // namespace itk

#endif
