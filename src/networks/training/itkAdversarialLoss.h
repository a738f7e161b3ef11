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
#ifndef itkAdversarialLoss_h
#define itkAdversarialLoss_h

#include <torch/torch.h>

namespace itk
{
namespace colorization
{
/** What generator and discriminator play for. */
enum class AdversarialObjective
{
  /** Cross-entropy (Goodfellow et al., NIPS 2014); the generator's is its non-saturating form, -log D(G(x)). */
  Standard,
  /** Squares (Mao et al., ICCV 2017): real is 1, made is 0. */
  LeastSquares
};

/** Mean of a discriminator's error if all that it judged is real, or made.
 * \param judged what the discriminator says before any sigmoid, of any shape */
inline torch::Tensor
JudgementLoss(AdversarialObjective objective, const torch::Tensor & judged, bool isReal)
{
  const torch::Tensor wanted = isReal ? torch::ones_like(judged) : torch::zeros_like(judged);
  return objective == AdversarialObjective::LeastSquares ? torch::mse_loss(judged, wanted)
                                                         : torch::binary_cross_entropy_with_logits(judged, wanted);
}

/** The mean of a discriminator's errors for what is real and what is made; make sure that no gradient goes on to the
 * generator. */
inline torch::Tensor
DiscriminatorLoss(AdversarialObjective objective, const torch::Tensor & ofReal, const torch::Tensor & ofMade)
{
  return 0.5 * (JudgementLoss(objective, ofReal, true) + JudgementLoss(objective, ofMade, false));
}

/** How far a discriminator is from taking what is made for real. */
inline torch::Tensor
GeneratorLoss(AdversarialObjective objective, const torch::Tensor & ofMade)
{
  return JudgementLoss(objective, ofMade, true);
}

} // namespace colorization
} // namespace itk

#endif
