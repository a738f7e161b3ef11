/*================================================================== *
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
#ifndef itkTrainingSystem_h
#define itkTrainingSystem_h

#include "../itkNetworkModule.h"
#include "itkTrainingData.h"
#include "itkTrainingParameters.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** What a system is made with. */
struct TrainingSetting
{
  const TrainingData & data;
  /** JSON object. */
  std::string       hyperParameters;
  torch::Device     device;
  torch::ScalarType precision;
  std::uint64_t     batch;
  std::uint64_t     seed;
  /** In all. */
  std::uint64_t steps;
  /** Files of networks that are there already, by name. */
  std::map<std::string, std::string> networks;
};

/** What is trained: networks, how they are updated, by which losses, on which samples. */
class TrainingSystem
{
public:
  virtual ~TrainingSystem() = default;

  /** All hyper-parameters, as JSON. */
  virtual std::string
  GetHyperParameters() const = 0;

  /** Networks by name, those that do not learn left out. Their parameters and buffers are in checkpoints. */
  virtual std::map<std::string, std::shared_ptr<torch::nn::Module>>
  GetNetworks() const = 0;

  /** Optimisers by name: Adam or AdamW, of parameters of the networks. */
  virtual std::map<std::string, torch::optim::Optimizer *>
  GetOptimizers() const = 0;

  /** Other tensors of checkpoints by name, such as means of weights; they are changed in place. */
  virtual std::map<std::string, torch::Tensor>
  GetTensors() const
  {
    return {};
  }

  /** One step of all optimisers. Random numbers are drawn by `step`, or by Torch, which is seeded before each step.
   * \return the losses, by name */
  virtual TrainingValues
  Step(std::uint64_t step) = 0;

  /** Measures and pictures of slices that are set aside; empty where there are none. */
  virtual TrainingTest
  Test() = 0;

  /** Writes the model.
   * \param training what its metadata says of training: JSON */
  virtual void
  Save(const std::string & path, const std::string & training) = 0;
};

} // namespace colorization
} // namespace itk

#endif
