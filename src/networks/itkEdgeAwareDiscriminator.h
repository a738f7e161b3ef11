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
#ifndef itkEdgeAwareDiscriminator_h
#define itkEdgeAwareDiscriminator_h

#include "itkNetworkModule.h"
#include "itkSpectralNorm.h"

namespace itk
{
namespace colorization
{
/** Hyper-parameters of EdgeAwareDiscriminator. */
struct EdgeAwareDiscriminatorParameters
{
  std::int64_t inputChannels = 3;
  std::int64_t width = 64;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("input_channels", inputChannels, 1, 4096);
    visit("width", width, 1, 4096);
  }
};

/** The Laplacian of each channel, by the stencil of four neighbours; beyond the border, values repeat. */
inline torch::Tensor
Laplacian(const torch::Tensor & x)
{
  const torch::Tensor padded = torch::replication_pad2d(x, { 1, 1, 1, 1 });
  const auto          part = [&](std::int64_t row, std::int64_t column)
  { return padded.narrow(2, row, x.size(2)).narrow(3, column, x.size(3)); };
  return part(0, 1) + part(2, 1) + part(1, 0) + part(1, 2) - 4 * x;
}

/** What shows an image's edges beside the image itself: the concatenation of sigmoid(Laplacian(y)) and y, of twice the
 * channels. (ColorMedGAN 2023, equation (11).) */
inline torch::Tensor
EdgeAwareInput(const torch::Tensor & y)
{
  return torch::cat({ torch::sigmoid(Laplacian(y)), y }, 1);
}

/** Judges patches of an image y together with its edges: EdgeAwareInput(y).
 *
 * |           |                                                            | output               |
 * |-----------|------------------------------------------------------------|----------------------|
 * | input     |                                                            | N x 3 x H x W        |
 * | edges     | sigmoid of the Laplacian, and the input behind it          | N x 6 x H x W        |
 * | conv1     | 4x4, stride 2, leaky ReLU                                  | N x 64 x H/2 x W/2   |
 * | conv2     | 4x4, stride 2, instance norm, leaky ReLU                   | N x 128 x H/4 x W/4  |
 * | transform | 3x3, instance norm, leaky ReLU                             | N x 256 x H/4 x W/4  |
 * | last      | 3x3                                                        | N x 1 x H/4 x W/4    |
 *
 * All convolutions but the last have spectral norm.
 *
 * \par Reference
 * ColorMedGAN: A Semantic Colorization Framework for Medical Images. 2023, sections 2.1.1 and 2.2.3, equation (11). */
class EdgeAwareDiscriminator : public NetworkModule
{
public:
  using Parameters = EdgeAwareDiscriminatorParameters;
  static constexpr const char * Name = "EdgeAwareDiscriminator";

  explicit EdgeAwareDiscriminator(const Parameters & parameters = {})
    : m_Parameters(parameters)
  {
    const std::int64_t width = parameters.width;
    conv1 = register_module("conv1", SpectralConv2d(2 * parameters.inputChannels, width, 4, 2, 1, true));
    conv2 = register_module("conv2", SpectralConv2d(width, 2 * width, 4, 2, 1, true));
    transform = register_module("transform", SpectralConv2d(2 * width, 4 * width, 3, 1, 1, true));
    last = register_module("last", SpectralConv2d(4 * width, 1, 3, 1, 1, false));
  }

  torch::Tensor
  forward(const torch::Tensor & y)
  {
    const auto normalized = [](const torch::Tensor & x)
    { return torch::instance_norm(x, {}, {}, {}, {}, true, 0.1, 1e-5, false); };
    torch::Tensor x = EdgeAwareInput(y);
    x = torch::leaky_relu(conv1(x), 0.2);
    x = torch::leaky_relu(normalized(conv2(x)), 0.2);
    x = torch::leaky_relu(normalized(transform(x)), 0.2);
    return last(x);
  }

  NetworkTraits
  GetTraits() const override
  {
    return { 2, m_Parameters.inputChannels, 1, 4 };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    return { this->forward(input) };
  }

private:
  Parameters     m_Parameters;
  SpectralConv2d conv1{ nullptr }, conv2{ nullptr }, transform{ nullptr }, last{ nullptr };
};

} // namespace colorization
} // namespace itk

#endif
