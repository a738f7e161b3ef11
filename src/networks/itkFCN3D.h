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
#ifndef itkFCN3D_h
#define itkFCN3D_h

#include "itkNetworkModule.h"

namespace itk
{
namespace colorization
{
/** Hyper-parameters of FCN3D. */
struct FCN3DParameters
{
  std::int64_t inputChannels = 1;
  /** Feature maps of each convolution; the last are the output's channels. */
  std::vector<std::int64_t> widths{ 64, 128, 256, 512, 256, 128, 64, 1 };
  /** Share of the feature maps that training drops. */
  double dropout = 0.2;
  /** Slope of leaky ReLU below 0. */
  double negativeSlope = 0.2;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("input_channels", inputChannels, 1, 4096);
    visit("widths", widths, 1, 4096);
    visit("dropout", dropout, 0, 1);
    visit("negative_slope", negativeSlope, 0, 1);
  }
};

/** Converts MRI to the gray of a cryosection.
 *
 * |            |                                                       | output                 |
 * |------------|-------------------------------------------------------|------------------------|
 * | input      |                                                       | N x 1 x D x H x W      |
 * | conv1      | 3x3x3, batch norm (norm1), dropout, leaky ReLU        | N x 64 x D x H x W     |
 * | conv2      | the same                                              | N x 128 x D x H x W    |
 * | conv3      | the same                                              | N x 256 x D x H x W    |
 * | conv4      | the same                                              | N x 512 x D x H x W    |
 * | conv5      | the same                                              | N x 256 x D x H x W    |
 * | conv6      | the same                                              | N x 128 x D x H x W    |
 * | conv7      | the same                                              | N x 64 x D x H x W     |
 * | conv8      | 3x3x3, sigmoid                                        | N x 1 x D x H x W      |
 *
 * No pooling: any extents. 9,297,409 parameters. A voxel sees 8 voxels to every side.
 *
 * \par Reference
 * A. N. Mathur, A. Khattar, O. Sharma: Multimodal Medical Volume Colorization from 2D Style. 2021, section 3.2. The
 * text counts nine convolutions, and lists the widths of eight. */
class FCN3D : public NetworkModule
{
public:
  using Parameters = FCN3DParameters;
  static constexpr const char * Name = "FCN3D";

  explicit FCN3D(const Parameters & parameters = {})
    : m_Parameters(parameters)
  {
    std::int64_t channels = parameters.inputChannels;
    for (std::size_t i = 0; i < parameters.widths.size(); ++i)
    {
      const std::int64_t width = parameters.widths[i];
      const std::string  number = std::to_string(i + 1);
      m_Convolutions.push_back(
        register_module("conv" + number, torch::nn::Conv3d(torch::nn::Conv3dOptions(channels, width, 3).padding(1))));
      if (i + 1 < parameters.widths.size())
      {
        m_Norms.push_back(register_module("norm" + number, torch::nn::BatchNorm3d(width)));
      }
      channels = width;
    }
  }

  torch::Tensor
  forward(torch::Tensor x)
  {
    for (std::size_t i = 0; i < m_Norms.size(); ++i)
    {
      x = m_Norms[i](m_Convolutions[i](x));
      x = torch::feature_dropout(x, m_Parameters.dropout, this->is_training());
      x = torch::leaky_relu(x, m_Parameters.negativeSlope);
    }
    return torch::sigmoid(m_Convolutions.back()(x));
  }

  NetworkTraits
  GetTraits() const override
  {
    return { 3, m_Parameters.inputChannels, m_Parameters.widths.back(), 1 };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    return { this->forward(input) };
  }

private:
  Parameters                          m_Parameters;
  std::vector<torch::nn::Conv3d>      m_Convolutions{};
  std::vector<torch::nn::BatchNorm3d> m_Norms{};
};

/** Hyper-parameters of FCN3DDiscriminator. */
struct FCN3DDiscriminatorParameters
{
  std::int64_t              inputChannels = 1;
  std::vector<std::int64_t> widths{ 256, 256, 128, 64 };
  /** Edge of the cubes that it judges; a multiple of 2 to the power of the number of widths. */
  std::int64_t inputSize = 32;
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

/** Tells cubes of a cryosection from those that FCN3D makes.
 *
 * |            |                                                       | output                 |
 * |------------|-------------------------------------------------------|------------------------|
 * | input      |                                                       | N x 1 x 32 x 32 x 32   |
 * | conv1      | 3x3x3, stride 2, batch norm (norm1), leaky ReLU       | N x 256 x 16 x 16 x 16 |
 * | conv2      | the same                                              | N x 256 x 8 x 8 x 8    |
 * | conv3      | the same                                              | N x 128 x 4 x 4 x 4    |
 * | conv4      | the same                                              | N x 64 x 2 x 2 x 2     |
 * | linear     | 512 to 1, sigmoid                                     | N x 1                  |
 *
 * \par Reference
 * As of FCN3D. */
class FCN3DDiscriminator : public NetworkModule
{
public:
  using Parameters = FCN3DDiscriminatorParameters;
  static constexpr const char * Name = "FCN3DDiscriminator";

  explicit FCN3DDiscriminator(const Parameters & parameters = {})
    : m_Parameters(parameters)
  {
    std::int64_t channels = parameters.inputChannels;
    std::int64_t size = parameters.inputSize;
    for (std::size_t i = 0; i < parameters.widths.size(); ++i, size /= 2)
    {
      const std::int64_t width = parameters.widths[i];
      const std::string  number = std::to_string(i + 1);
      m_Convolutions.push_back(
        register_module("conv" + number,
                        torch::nn::Conv3d(torch::nn::Conv3dOptions(channels, width, 3).stride(2).padding(1))));
      m_Norms.push_back(register_module("norm" + number, torch::nn::BatchNorm3d(width)));
      channels = width;
    }
    m_Linear = register_module("linear", torch::nn::Linear(channels * size * size * size, 1));
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
    for (std::size_t i = 0; i < m_Convolutions.size(); ++i)
    {
      x = torch::leaky_relu(m_Norms[i](m_Convolutions[i](x)), m_Parameters.negativeSlope);
    }
    return m_Linear(x.flatten(1));
  }

  NetworkTraits
  GetTraits() const override
  {
    return { 3, m_Parameters.inputChannels, 1, m_Parameters.inputSize };
  }

  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    return { this->forward(input) };
  }

private:
  Parameters                          m_Parameters;
  std::vector<torch::nn::Conv3d>      m_Convolutions{};
  std::vector<torch::nn::BatchNorm3d> m_Norms{};
  torch::nn::Linear                   m_Linear{ nullptr };
};

} // namespace colorization
} // namespace itk

#endif
