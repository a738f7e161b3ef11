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
#ifndef itkCycleLoss_h
#define itkCycleLoss_h

#include <torch/torch.h>

namespace itk
{
namespace colorization
{
/** How far two pictures are from themselves after going to the other's domain and back: the sum of their mean absolute
 * differences. (Zhu et al., ICCV 2017, equation (2); Mathur 2024, equation (2); ColorMedGAN 2023, equation (3).) */
inline torch::Tensor
CycleLoss(const torch::Tensor & x, const torch::Tensor & xBack, const torch::Tensor & y, const torch::Tensor & yBack)
{
  return torch::l1_loss(xBack, x) + torch::l1_loss(yBack, y);
}

} // namespace colorization
} // namespace itk

#endif
