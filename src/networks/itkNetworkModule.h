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
#ifndef itkNetworkModule_h
#define itkNetworkModule_h

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** What has to be known of a network to feed it. */
struct NetworkTraits
{
  /** 2: N x C x H x W; 3: N x C x D x H x W. */
  int          dimension = 2;
  std::int64_t inputChannels = 1;
  std::int64_t outputChannels = 1;
  /** Extents of the input have to be multiples of this. */
  std::int64_t sizeMultiple = 1;
};

/** A network of the papers. Each has a struct of hyper-parameters, `Parameters`, with a member ForEach(visit) that calls
 * visit(name, value, least, greatest) for all of them: so they are checked, saved, read and described. */
class NetworkModule : public torch::nn::Module
{
public:
  virtual NetworkTraits
  GetTraits() const = 0;

  /** All outputs, the one that is wanted of a trained network first. */
  virtual std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) = 0;

  /** The outputs of named layers.
   * \throws std::invalid_argument for a name that it does not have */
  virtual std::vector<torch::Tensor>
  EvaluateLayers(const torch::Tensor & input, const std::vector<std::string> & layers);
};

inline std::vector<torch::Tensor>
NetworkModule::EvaluateLayers(const torch::Tensor &, const std::vector<std::string> &)
{
  throw std::invalid_argument("The layers of this architecture have no names.");
}

} // namespace colorization
} // namespace itk

#endif
