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
#ifndef itkEdgeLoss_h
#define itkEdgeLoss_h

#include "../itkEdgeAwareDiscriminator.h"
#include "itkGrayLoss.h"

namespace itk
{
namespace colorization
{
/** How far the edges of what is made are from those of what it was made of: the mean absolute difference of the Laplacians
 * of their luma; the gradient goes through both. (ColorMedGAN 2023, section 2.2.2, equations (9) and (10).)
 * \param made, source N x 1 x H x W or N x 3 x H x W, of the same range */
inline torch::Tensor
EdgeLoss(const torch::Tensor & made, const torch::Tensor & source)
{
  const auto edges = [](const torch::Tensor & x) { return Laplacian(x.size(1) == 3 ? Luma(x) : x); };
  return torch::l1_loss(edges(made), edges(source));
}

} // namespace colorization
} // namespace itk

#endif
