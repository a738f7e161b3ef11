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
#ifndef itkFiveLayerDiscriminator_h
#define itkFiveLayerDiscriminator_h

#include "itkNetworkModule.h"

namespace itk
{
namespace colorization
{
/** Hyper-parameters of FiveLayerDiscriminator. */
struct FiveLayerDiscriminatorParameters
{
  std::int64_t              inputChannels = 3;
  std::vector<std::int64_t> widths{ 64, 128, 256, 512, 512 };
  /** Edge of the images that it judges; a multiple of 2 to the power of the number of widths. */
  std::int64_t inputSize = 256;
  double       negativeSlope = 0.2;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("input_channels", inputChannels, 1, 4096);
    visit("widths", widths, 1, 4096);
    visit("input_size", inputSize, 1, 4096);
    visit("negative_slope", negativeSlope, 0, 1);
  }
};

/** Tells images of a modality from those that CrossModalGenerator makes. The paper gives neither widths nor kernels.
 *
 * |        |                                  | output              |
 * |--------|----------------------------------|---------------------|
 * | input  |                                  | N x 3 x 256 x 256   |
 * | conv1  | 4x4, stride 2, leaky ReLU        | N x 64 x 128 x 128  |
 * | conv2  | the same                         | N x 128 x 64 x 64   |
 * | conv3  | the same                         | N x 256 x 32 x 32   |
 * | conv4  | the same                         | N x 512 x 16 x 16   |
 * | conv5  | the same                         | N x 512 x 8 x 8     |
 * | linear | 32768 to 1, sigmoid              | N x 1               |
 *
 * \par Reference
 * M. Mathur, A. Chaudhary, S. K. Gupta, O. Sharma: Structurally Consistent MRI Colorization using Cross-modal Fusion
 * Learning. 2024, section IV. */
class FiveLayerDiscriminator : public NetworkModule
{
public:
  using Parameters = FiveLayerDiscriminatorParameters;
  static constexpr const char * Name = "FiveLayerDiscriminator";

  explicit FiveLayerDiscriminator(const Parameters & parameters = {})
    : m_Parameters(parameters)
  {
    std::int64_t channels = parameters.inputChannels;
    std::int64_t size = parameters.inputSize;
    for (std::size_t i = 0; i < parameters.widths.size(); ++i, size /= 2)
    {
      const std::int64_t width = parameters.widths[i];
      m_Convolutions.push_back(
        register_module("conv" + std::to_string(i + 1),
                        torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, width, 4).stride(2).padding(1))));
      channels = width;
    }
    m_Linear = register_module("linear", torch::nn::Linear(channels * size * size, 1));
  }

  torch::Tensor
  forward(const torch::Tensor & x)
  {
    return torch::sigmoid(this->Judge(x));
  }

  /** What it says before the sigmoid. */
  torch::Tensor
  Judge(torch::Tensor x)
  {
    for (torch::nn::Conv2d & convolution : m_Convolutions)
    {
      x = torch::leaky_relu(convolution(x), m_Parameters.negativeSlope);
    }
    return m_Linear(x.flatten(1));
  }

  NetworkTraits
  GetTraits() const override
  {
    return { 2, m_Parameters.inputChannels, 1, m_Parameters.inputSize };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    return { this->forward(input) };
  }

private:
  Parameters                     m_Parameters;
  std::vector<torch::nn::Conv2d> m_Convolutions{};
  torch::nn::Linear              m_Linear{ nullptr };
};

} // namespace colorization
} // namespace itk

#endif
