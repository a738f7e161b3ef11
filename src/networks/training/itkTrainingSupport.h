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
#ifndef itkTrainingSupport_h
#define itkTrainingSupport_h

#include "../itkHyperParameters.h"
#include "../itkNetwork.h"
#include "../itkTorchNetwork.h"
#include "itkAdamParameters.h"
#include "itkAutocastScope.h"
#include "itkSpatialVolume.h"
#include "itkTrainingSystem.h"

#include <memory>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** A system's hyper-parameters; what the setting does not name has its default.
 * \throws ModelError */
template <typename TParameters>
TParameters
ReadTrainingParameters(const TrainingSetting & setting)
{
  const auto json = nlohmann::json::parse(setting.hyperParameters, nullptr, false);
  if (!json.is_object())
  {
    throw ModelError("The hyper-parameters of training are no JSON object.");
  }
  return ReadHyperParameters<TParameters>(json);
}

/** \throws ModelError if there is a network in the setting whose name is none of these */
void
VerifyNetworkNames(const TrainingSetting & setting, const std::vector<std::string> & names);

/** The file of a network that a system needs.
 * \param what it is, such as "weights of VGG-19"
 * \param otherwise what to do without, such as "set the hyper-parameter perceptual_weight to 0"
 * \throws ModelError that tells how to give it, if it is not there */
std::string
RequireNetwork(const TrainingSetting & setting,
               const std::string &     name,
               const std::string &     what,
               const std::string &     otherwise);

/** A network of the registry of one architecture, which does not learn, with its file's weights.
 * \throws ModelError */
template <typename TNetwork>
std::shared_ptr<TNetwork>
LoadFrozen(const std::string & path, typename TNetwork::Parameters & parameters)
{
  const auto network = LoadNetwork(path, { "cpu", "float32" });
  const auto module = std::dynamic_pointer_cast<TNetwork>(GetNetworkModule(*network));
  if (!module)
  {
    throw ModelError(path + ": the network is a " + network->GetMetadata().architecture + ", but a " + TNetwork::Name +
                     " is wanted.");
  }
  parameters =
    ReadHyperParameters<typename TNetwork::Parameters>(nlohmann::json::parse(network->GetMetadata().hyperParameters));
  for (torch::Tensor & parameter : module->parameters())
  {
    parameter.set_requires_grad(false);
  }
  module->eval();
  return module;
}

/** Layers of a network that sees photographs, for perceptual losses: relu1_1, relu2_1, relu3_1, relu4_1 and relu5_1 of
 * VGG-19, or all that a TorchScript makes, a tensor or a tuple or list of tensors, such as the stages of ResNet-50.
 *
 * Both see RGB, less the mean (.485, .456, .406), over (.229, .224, .225). They do not learn, but gradients go
 * through. */
class FeatureNetwork
{
public:
  /** \throws ModelError */
  FeatureNetwork(const std::string & path, const torch::Device & device);
  ~FeatureNetwork();

  /** \param picture N x 3 x H x W, or N x 1 x H x W of gray, 0..1 */
  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & picture);

private:
  struct Script;

  std::shared_ptr<NetworkModule> m_Module{};
  std::unique_ptr<Script>        m_Script;
};

/** Adam for all parameters of networks that learn. */
std::unique_ptr<torch::optim::Adam>
MakeAdam(const std::vector<std::shared_ptr<torch::nn::Module>> & networks, const AdamParameters & parameters);

/** What a network makes in training: computed in the precision of the setting, and then of 32 bits. */
template <typename TNetwork>
torch::Tensor
Apply(TNetwork & network, const torch::Tensor & x, torch::ScalarType precision)
{
  const AutocastScope autocast(x.device(), precision);
  return network.forward(x).to(torch::kFloat32);
}

/** The same of a discriminator before its sigmoid. */
template <typename TNetwork>
torch::Tensor
Judge(TNetwork & network, const torch::Tensor & x, torch::ScalarType precision)
{
  const AutocastScope autocast(x.device(), precision);
  return network.Judge(x).to(torch::kFloat32);
}

/** What has to be trained from here on. */
inline void
UseTrainingMode(const TrainingSystem & system)
{
  for (const auto & network : system.GetNetworks())
  {
    network.second->train();
  }
}

/** \throws ModelError if a label of the data set is not of 0 ... classes - 1 */
void
VerifyLabels(const TrainingData & data, std::int64_t classes);

/** Puts pictures side by side, one row a sample, at most 8.
 * \param columns N x 1 x H x W or N x 3 x H x W, 0..1 */
void
DrawPictures(const std::vector<torch::Tensor> & columns, TrainingTest & test);

/** How far the mean (a, b) of two sets of pictures are apart, where their luma is above 0.1.
 * \param made, real N x 3 x H x W, 0..1 */
double
MeanChromaDistance(const torch::Tensor & made, const torch::Tensor & real);

/** Writes a network of the registry with metadata; what the network itself tells is not looked at in these. */
void
WriteModelFile(const NetworkModule & network, NetworkMetadata metadata, const std::string & path);

/** Writes a network of the registry as a model; architecture, channels and such are its own.
 * \throws ModelError */
template <typename TNetwork>
void
WriteModel(const TNetwork &                      network,
           const typename TNetwork::Parameters & parameters,
           NetworkMetadata                       metadata,
           const std::string &                   training,
           const std::string &                   path)
{
  metadata.architecture = TNetwork::Name;
  metadata.hyperParameters = DescribeHyperParameters(parameters).dump();
  metadata.training = training;
  WriteModelFile(network, metadata, path);
}

} // namespace colorization
} // namespace itk

#endif
