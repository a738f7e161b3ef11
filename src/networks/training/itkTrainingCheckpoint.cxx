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
#include "itkTrainingCheckpoint.h"

#include "../itkTorchNetwork.h"

#include <cstring>
#include <type_traits>

namespace itk
{
namespace colorization
{
namespace
{
constexpr const char * Format = "ITKColorization training checkpoint";

/** Torch 1 knows the state of a parameter by a text, Torch 2 by an address. */
template <typename TKey>
TKey
KeyOf(const torch::Tensor & parameter)
{
  if constexpr (std::is_same<TKey, std::string>::value)
  {
    return c10::guts::to_string(parameter.unsafeGetTensorImpl());
  }
  else
  {
    return parameter.unsafeGetTensorImpl();
  }
}

/** The tensors that an optimiser keeps of each parameter, made if it has not stepped yet, and the number of its steps. */
template <typename TState>
void
AddMoments(torch::optim::Optimizer &              optimizer,
           const std::string &                    name,
           std::map<std::string, torch::Tensor> & tensors,
           std::vector<TState *> &                states)
{
  using Key = typename std::decay_t<decltype(optimizer.state())>::key_type;
  for (const auto & group : optimizer.param_groups())
  {
    for (const torch::Tensor & parameter : group.params())
    {
      auto & slot = optimizer.state()[KeyOf<Key>(parameter)];
      if (!slot)
      {
        auto state = std::make_unique<TState>();
        state->step(0);
        state->exp_avg(torch::zeros_like(parameter, torch::MemoryFormat::Preserve));
        state->exp_avg_sq(torch::zeros_like(parameter, torch::MemoryFormat::Preserve));
        slot = std::move(state);
      }
      auto &            state = static_cast<TState &>(*slot);
      const std::string prefix = "optimizer." + name + '.' + std::to_string(states.size());
      tensors[prefix + ".first"] = state.exp_avg();
      tensors[prefix + ".second"] = state.exp_avg_sq();
      states.push_back(&state);
    }
  }
}

/** All that is learned, and what tells the optimisers how many steps they have done. */
struct Learned
{
  std::map<std::string, torch::Tensor>         tensors{};
  std::vector<torch::optim::AdamWParamState *> decoupled{};
  std::vector<torch::optim::AdamParamState *>  coupled{};
};

Learned
CollectLearned(const TrainingSystem & system)
{
  Learned learned;
  for (const auto & [name, network] : system.GetNetworks())
  {
    for (const auto & [key, tensor] : NamedWeights(*network))
    {
      learned.tensors["network." + name + '.' + key] = tensor;
    }
  }
  for (const auto & [name, tensor] : system.GetTensors())
  {
    learned.tensors["tensor." + name] = tensor;
  }
  for (const auto & [name, optimizer] : system.GetOptimizers())
  {
    if (dynamic_cast<torch::optim::AdamW *>(optimizer))
    {
      AddMoments(*optimizer, name, learned.tensors, learned.decoupled);
    }
    else
    {
      AddMoments(*optimizer, name, learned.tensors, learned.coupled);
    }
  }
  return learned;
}

void
CopyValues(const TensorView & view, torch::Tensor & tensor)
{
  torch::Tensor values = torch::empty(tensor.sizes(), torch::kFloat32);
  std::memcpy(values.data_ptr(), view.data, view.bytes);
  tensor.copy_(values);
}

[[noreturn]] void
Reject(const std::string & path, const std::string & problem)
{
  throw ModelError(path + ": training cannot be resumed from this file: " + problem + '.');
}

const std::string &
NoteOf(const SafetensorsFile & file, const std::string & path, const std::string & key)
{
  const auto found = file.GetMetadata().find(key);
  if (found == file.GetMetadata().end())
  {
    Reject(path, "it has no \"" + key + '"');
  }
  return found->second;
}

std::uint64_t
ReadStep(const SafetensorsFile & file, const std::string & path)
{
  const std::string & text = NoteOf(file, path, "step");
  if (text.empty() || text.size() > 15 || text.find_first_not_of("0123456789") != std::string::npos)
  {
    Reject(path, "its step is no whole number");
  }
  return std::stoull(text);
}
} // namespace

void
WriteCheckpoint(const TrainingSystem & system,
                std::uint64_t          step,
                const std::string &    description,
                const std::string &    path)
{
  const torch::NoGradGuard noGradient;
  const Learned            learned = CollectLearned(system);
  for (const auto & [name, tensor] : learned.tensors)
  {
    if (!torch::isfinite(tensor).all().item<bool>())
    {
      throw ModelError("After step " + std::to_string(step) + " the tensor " + name +
                       " is not finite, so training stops; a smaller learning rate may help.");
    }
  }
  WriteTensors(learned.tensors,
               torch::kFloat32,
               { { "format", Format }, { "step", std::to_string(step) }, { "training", description } },
               path);
}

std::uint64_t
ReadCheckpoint(TrainingSystem & system, const std::string & description, const std::string & path)
{
  const torch::NoGradGuard noGradient;
  const SafetensorsFile    file(path);
  if (NoteOf(file, path, "format") != Format)
  {
    Reject(path, "it is no checkpoint");
  }
  const std::uint64_t step = ReadStep(file, path);
  if (NoteOf(file, path, "training") != description)
  {
    Reject(path, "it is of " + NoteOf(file, path, "training") + ", but this is " + description);
  }
  Learned learned = CollectLearned(system);
  if (file.GetTensors().size() != learned.tensors.size())
  {
    Reject(path,
           "it has " + std::to_string(file.GetTensors().size()) + " tensors, but " +
             std::to_string(learned.tensors.size()) + " are wanted");
  }
  for (auto & [name, tensor] : learned.tensors)
  {
    const auto found = file.GetTensors().find(name);
    if (found == file.GetTensors().end() || found->second.type != TensorType::Float32 ||
        found->second.shape != tensor.sizes().vec())
    {
      Reject(path, "it has no tensor " + name + " of F32 and shape " + ShapeText(tensor.sizes().vec()));
    }
    CopyValues(found->second, tensor);
    if (!torch::isfinite(tensor).all().item<bool>())
    {
      Reject(path, "a number of the tensor " + name + " is not finite");
    }
  }
  for (auto * state : learned.decoupled)
  {
    state->step(static_cast<std::int64_t>(step));
  }
  for (auto * state : learned.coupled)
  {
    state->step(static_cast<std::int64_t>(step));
  }
  return step;
}

} // namespace colorization
} // namespace itk
