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
#ifndef itkTorchNetwork_h
#define itkTorchNetwork_h

#include "itkNetwork.h"
#include "itkNetworkModule.h"

#include <map>
#include <memory>
#include <string>

namespace itk
{
namespace colorization
{
/** The module of a network of the registry; null if the network comes with its own code. */
std::shared_ptr<NetworkModule>
GetNetworkModule(const Network & network);

/** Parameters and buffers that a file has to hold, by name. Counters of batches are for training alone. */
std::map<std::string, torch::Tensor>
NamedWeights(const torch::nn::Module & module);

/** The device that "auto", "cpu" or "cuda:N" names.
 * \throws ModelError for another text, and for a GPU that is not there */
torch::Device
ParseDevice(const std::string & device);

/** Writes tensors as safetensors, in float32 or float16.
 * \throws ModelError */
void
WriteTensors(std::map<std::string, torch::Tensor>       tensors,
             torch::ScalarType                          type,
             const std::map<std::string, std::string> & metadata,
             const std::string &                        path);

/** The first line of what Torch says, without its last full stop. */
std::string
FirstLineOf(const std::string & text);

} // namespace colorization
} // namespace itk

#endif
