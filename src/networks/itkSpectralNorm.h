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
#ifndef itkSpectralNorm_h
#define itkSpectralNorm_h

#include <torch/torch.h>

namespace itk
{
namespace colorization
{
/** A convolution's weights, divided by their largest singular value.
 *
 * The value is u^T W v, where W has one row an output channel, and u and v are improved by one power iteration each time
 * that the network is trained; at inference they are left as they are, so that it does not change what is loaded. Its
 * tensors have the names of torch.nn.utils.spectral_norm: weight_orig, weight_u, weight_v. Without normalisation, the
 * weights are named weight and used as they are.
 *
 * \par Reference
 * T. Miyato, T. Kataoka, M. Koyama, Y. Yoshida: Spectral Normalization for Generative Adversarial Networks. ICLR, 2018. */
class SpectralConv2dImpl : public torch::nn::Module
{
public:
  SpectralConv2dImpl(std::int64_t in,
                     std::int64_t out,
                     std::int64_t kernel,
                     std::int64_t stride,
                     std::int64_t padding,
                     bool         isNormalized,
                     bool         isTransposed = false)
    : m_Stride(stride)
    , m_Padding(padding)
    , m_IsNormalized(isNormalized)
    , m_IsTransposed(isTransposed)
  {
    const std::int64_t rows = isTransposed ? in : out;
    const std::int64_t columns = isTransposed ? out : in;
    torch::Tensor      initial = torch::empty({ rows, columns, kernel, kernel });
    torch::nn::init::kaiming_uniform_(initial, std::sqrt(5.0));
    const double bound = 1.0 / std::sqrt(static_cast<double>(columns * kernel * kernel));
    m_Weight = register_parameter(isNormalized ? "weight_orig" : "weight", initial);
    m_Bias = register_parameter("bias", torch::empty({ out }).uniform_(-bound, bound));
    if (isNormalized)
    {
      const auto unit = [](std::int64_t size)
      { return torch::nn::functional::normalize(torch::randn({ size }), Normalize()); };
      m_U = register_buffer("weight_u", unit(out));
      m_V = register_buffer("weight_v", unit(in * kernel * kernel));
    }
  }

  torch::Tensor
  forward(const torch::Tensor & x)
  {
    const torch::Tensor weight = m_IsNormalized ? this->NormalizedWeight() : m_Weight;
    return m_IsTransposed ? torch::conv_transpose2d(x, weight, m_Bias, m_Stride, m_Padding)
                          : torch::conv2d(x, weight, m_Bias, m_Stride, m_Padding);
  }

private:
  static torch::nn::functional::NormalizeFuncOptions
  Normalize()
  {
    return torch::nn::functional::NormalizeFuncOptions().dim(0).eps(1e-12);
  }

  torch::Tensor
  NormalizedWeight()
  {
    const torch::Tensor matrix = (m_IsTransposed ? m_Weight.transpose(0, 1) : m_Weight).flatten(1);
    if (this->is_training())
    {
      torch::NoGradGuard noGradient;
      m_V.copy_(torch::nn::functional::normalize(torch::mv(matrix.t(), m_U), Normalize()));
      m_U.copy_(torch::nn::functional::normalize(torch::mv(matrix, m_V), Normalize()));
    }
    // Copies: the next iteration changes u and v before this one's gradient may have been taken.
    const torch::Tensor value = torch::dot(m_U.clone(), torch::mv(matrix, m_V.clone()));
    return m_Weight / value;
  }

  std::int64_t  m_Stride;
  std::int64_t  m_Padding;
  bool          m_IsNormalized;
  bool          m_IsTransposed;
  torch::Tensor m_Weight{};
  torch::Tensor m_Bias{};
  torch::Tensor m_U{};
  torch::Tensor m_V{};
};
TORCH_MODULE(SpectralConv2d);

} // namespace colorization
} // namespace itk

#endif
