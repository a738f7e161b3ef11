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
#ifndef itkGrayLoss_h
#define itkGrayLoss_h

#include <torch/torch.h>

namespace itk
{
namespace colorization
{
/** Luma of RGB: N x 3 x H x W to N x 1 x H x W. (BT.601; ColorMedGAN 2023, equation (5), where 0.576 is a misprint of
 * 0.587.) */
inline torch::Tensor
Luma(const torch::Tensor & rgb)
{
  return 0.299 * rgb.narrow(1, 0, 1) + 0.587 * rgb.narrow(1, 1, 1) + 0.114 * rgb.narrow(1, 2, 1);
}

/** How far the luma of a coloured picture is from its gray: the mean absolute difference. (ColorMedGAN 2023, equation (6).)
 * \param rgb N x 3 x H x W
 * \param gray N x 1 x H x W, of the same range */
inline torch::Tensor
GrayLoss(const torch::Tensor & rgb, const torch::Tensor & gray)
{
  return torch::l1_loss(Luma(rgb), gray);
}

} // namespace colorization
} // namespace itk

#endif
