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
#ifndef itkPerceptualLoss_h
#define itkPerceptualLoss_h

#include <torch/torch.h>

#include <cstddef>
#include <stdexcept>
#include <vector>

namespace itk
{
namespace colorization
{
/** How far a network's features of two pictures are apart: the sum, over layers, of their mean absolute differences.
 * (CT2RGB 2022, equation (2), by ResNet-50; ColorMedGAN 2023, equation (4), by VGG-19.)
 * \param made, wanted one tensor a layer; the same shapes
 * \throws std::invalid_argument if there are no layers, or not as many of both */
inline torch::Tensor
PerceptualLoss(const std::vector<torch::Tensor> & made, const std::vector<torch::Tensor> & wanted)
{
  if (made.empty() || made.size() != wanted.size())
  {
    throw std::invalid_argument("A perceptual loss needs the same layers, at least one, of both pictures.");
  }
  torch::Tensor sum = torch::l1_loss(made[0], wanted[0]);
  for (std::size_t i = 1; i < made.size(); ++i)
  {
    sum = sum + torch::l1_loss(made[i], wanted[i]);
  }
  return sum;
}

} // namespace colorization
} // namespace itk

#endif
