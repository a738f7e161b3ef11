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
#ifndef itkSegmentationLoss_h
#define itkSegmentationLoss_h

#include <torch/torch.h>

#include <cstdint>

namespace itk
{
namespace colorization
{
/** Labels of this value take no part. */
constexpr std::int64_t IgnoredLabel = -100;

/** Mean cross-entropy of labels. (Mathur 2024, equations (7) and (8).)
 * \param logits N x classes x ..., before any softmax
 * \param labels N x ..., int64, of 0 ... classes - 1 or IgnoredLabel */
inline torch::Tensor
SegmentationCrossEntropy(const torch::Tensor & logits, const torch::Tensor & labels)
{
  return torch::nn::functional::cross_entropy(
    logits,
    labels,
    torch::nn::functional::CrossEntropyFuncOptions().ignore_index(IgnoredLabel));
}

/** 1 less the mean, over samples and classes, of the overlap 2 sum(p l) / (sum p + sum l) of the classes' probabilities and
 * labels. (Milletari, Navab, Ahmadi: V-Net, 3DV 2016, with the sums themselves in place of their squares.) Classes that
 * are neither there nor seen overlap by 1.
 * \param logits, labels as above */
inline torch::Tensor
SoftDiceLoss(const torch::Tensor & logits, const torch::Tensor & labels)
{
  constexpr double    tiny = 1e-6;
  const torch::Tensor isKnown = labels.ne(IgnoredLabel);
  const torch::Tensor known = isKnown.unsqueeze(1).to(logits.dtype());
  const torch::Tensor classes = torch::where(isKnown, labels, torch::zeros_like(labels));
  const torch::Tensor wanted =
    torch::zeros_like(logits).scatter(1, classes.unsqueeze(1), torch::ones_like(logits)) * known;
  const torch::Tensor probability = torch::softmax(logits, 1) * known;
  const auto          total = [](const torch::Tensor & x) { return x.flatten(2).sum(2); };
  return 1.0 - ((2.0 * total(probability * wanted) + tiny) / (total(probability) + total(wanted) + tiny)).mean();
}

} // namespace colorization
} // namespace itk

#endif
