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
#include "itkTorchNetwork.h"
#include "itkNetworkMetadataText.h"
#include "itkNetworkRegistry.h"
#include "itkPerceptualNetwork.h"
#include "itkSafetensors.h"

#include <torch/csrc/jit/python/update_graph_executor_opt.h>
#include <torch/script.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <regex>
#include <set>

namespace itk
{
namespace colorization
{
namespace
{
/** Torch's threads for a while. */
class ThreadScope
{
public:
  explicit ThreadScope(int threads)
    : m_Before(at::get_num_threads())
  {
    Set(std::max(threads, 1));
  }
  ~ThreadScope()
  {
    Set(m_Before);
  }
  ThreadScope(const ThreadScope &) = delete;
  ThreadScope &
  operator=(const ThreadScope &) = delete;

private:
  /** Even the same number makes Torch forget what it has prepared. */
  static void
  Set(int threads)
  {
    if (at::get_num_threads() != threads)
    {
      at::set_num_threads(threads);
    }
  }

  int m_Before;
};

/** Scripts run as they are written: what a graph is rewritten to depends on how often it has run, and so may its bits. */
class PlainGraphScope
{
public:
  PlainGraphScope()
    : m_Before(torch::jit::getGraphExecutorOptimize())
  {
    torch::jit::setGraphExecutorOptimize(false);
  }
  ~PlainGraphScope()
  {
    torch::jit::setGraphExecutorOptimize(m_Before);
  }
  PlainGraphScope(const PlainGraphScope &) = delete;
  PlainGraphScope &
  operator=(const PlainGraphScope &) = delete;

private:
  bool m_Before;
};

/** The last line of what an interpreter says that is not empty. */
std::string
LastLine(std::string text)
{
  text.erase(text.find_last_not_of(" \n.") + 1);
  return text.substr(text.find_last_of('\n') + 1);
}

torch::ScalarType
ParsePrecision(const std::string & precision, const torch::Device & device)
{
  if (precision == "float32")
  {
    return torch::kFloat32;
  }
  if (precision != "float16" && precision != "bfloat16")
  {
    throw ModelError("The precision is \"" + precision + "\", but has to be float32, float16 or bfloat16.");
  }
  if (!device.is_cuda())
  {
    throw ModelError("The precision is " + precision + ", but the processor computes in float32 only.");
  }
  return precision == "float16" ? torch::kFloat16 : torch::kBFloat16;
}

/** N x C x (D x) H x W, moved to where the network is. */
torch::Tensor
MakeInput(const float *                       input,
          std::int64_t                        batch,
          std::int64_t                        channels,
          const std::array<std::int64_t, 3> & size,
          unsigned int                        dimension,
          const torch::Device &               device,
          torch::ScalarType                   type)
{
  std::vector<std::int64_t> shape{ batch, channels };
  for (unsigned int axis = dimension; axis-- > 0;)
  {
    shape.push_back(size[axis]);
  }
  return torch::from_blob(const_cast<float *>(input), shape, torch::kFloat32).to(device, type);
}

NetworkOutput
MakeOutput(const torch::Tensor & tensor, unsigned int dimension)
{
  auto          values = std::make_shared<torch::Tensor>(tensor.to(torch::kCPU, torch::kFloat32).contiguous());
  NetworkOutput output;
  output.batch = values->size(0);
  output.channels = values->dim() > 1 ? values->size(1) : 1;
  for (std::int64_t axis = 0; axis < values->dim() - 2 && axis < static_cast<std::int64_t>(dimension); ++axis)
  {
    output.size[static_cast<std::size_t>(axis)] = values->size(values->dim() - 1 - axis);
  }
  output.data = values->data_ptr<float>();
  output.owner = values;
  return output;
}

/** Common to both kinds of files. */
class TorchNetwork : public Network
{
public:
  TorchNetwork(std::string path, const torch::Device & device, torch::ScalarType type)
    : m_Path(std::move(path))
    , m_Device(device)
    , m_Type(type)
  {}

  std::string
  GetDevice() const override
  {
    return m_Device.is_cuda() ? "cuda:" + std::to_string(m_Device.index()) : "cpu";
  }

  NetworkOutput
  Run(const float * input, std::int64_t batch, const std::array<std::int64_t, 3> & size, std::size_t output) override
  {
    return this->Guarded(
      [&]()
      {
        const auto outputs = this->Evaluate(this->Input(input, batch, size));
        if (output >= outputs.size())
        {
          throw ModelError(m_Path + ": output " + std::to_string(output) + " is wanted, but the network has " +
                           std::to_string(outputs.size()) + '.');
        }
        const torch::Tensor & values = outputs[output];
        if (values.dim() != m_Metadata.dimension + 2 || values.size(0) != batch)
        {
          throw ModelError(m_Path + ": the network makes a tensor of shape " + ShapeText(values.sizes().vec()) +
                           " from " + std::to_string(batch) + " tiles, but " +
                           std::to_string(m_Metadata.dimension + 2) + " axes are wanted, of which the first has " +
                           std::to_string(batch) + '.');
        }
        return MakeOutput(values, m_Metadata.dimension);
      });
  }

  std::vector<NetworkOutput>
  RunLayers(const float *                       input,
            std::int64_t                        batch,
            const std::array<std::int64_t, 3> & size,
            const std::vector<std::string> &    layers) override
  {
    return this->Guarded(
      [&]()
      {
        std::vector<NetworkOutput> outputs;
        const torch::Tensor        x = this->Input(input, batch, size);
        for (const auto & values : layers.empty() ? this->Evaluate(x) : this->EvaluateLayers(x, layers))
        {
          outputs.push_back(MakeOutput(values, m_Metadata.dimension));
        }
        return outputs;
      });
  }

  NetworkOutput
  RunFeatures(const float *                       input,
              std::int64_t                        batch,
              std::int64_t                        channels,
              const std::array<std::int64_t, 2> & size) override
  {
    return this->Guarded(
      [&]()
      {
        const auto outputs =
          this->Evaluate(MakeInput(input, batch, channels, { { size[0], size[1], 1 } }, 2, m_Device, m_Type));
        if (outputs.size() != 1)
        {
          throw ModelError(m_Path + ": the network makes " + std::to_string(outputs.size()) +
                           " tensors, but one tensor of features is wanted.");
        }
        const torch::Tensor & values = outputs[0];
        const bool isFlat = values.dim() == 2 || (values.dim() == 4 && values.size(2) == 1 && values.size(3) == 1);
        if (!isFlat || values.size(0) != batch || values.size(1) == 0)
        {
          const std::string pictures = std::to_string(batch);
          throw ModelError(m_Path + ": the network makes a tensor of shape " + ShapeText(values.sizes().vec()) +
                           " from " + pictures + " pictures, but [" + pictures + ", features] or [" + pictures +
                           ", features, 1, 1] is wanted.");
        }
        return MakeOutput(values, 2);
      });
  }

  std::vector<float>
  GetWeights(const std::string &) const override
  {
    throw ModelError(m_Path + ": the tensors of a TorchScript network have no names that are known.");
  }

  NetworkMetadata &
  EditMetadata()
  {
    return m_Metadata;
  }

protected:
  virtual std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) = 0;

  virtual std::vector<torch::Tensor>
  EvaluateLayers(const torch::Tensor & input, const std::vector<std::string> & layers) = 0;

  std::string       m_Path;
  torch::Device     m_Device;
  torch::ScalarType m_Type;

private:
  torch::Tensor
  Input(const float * input, std::int64_t batch, const std::array<std::int64_t, 3> & size) const
  {
    return MakeInput(input, batch, m_Metadata.inputChannels, size, m_Metadata.dimension, m_Device, m_Type);
  }

  template <typename TCall>
  auto
  Guarded(const TCall & call) -> decltype(call())
  {
    const PlainGraphScope graphScope;
    const at::NoGradGuard noGradient;
    try
    {
      return call();
    }
    catch (const c10::Error & error)
    {
      const std::string text = error.what_without_backtrace();
      const bool        isTrace = text.find("Traceback") != std::string::npos;
      throw ModelError(m_Path + ": the network failed: " + (isTrace ? LastLine(text) : FirstLineOf(text)) + '.');
    }
    catch (const std::invalid_argument & error)
    {
      throw ModelError(m_Path + ": " + error.what());
    }
    catch (const ModelError &)
    {
      throw;
    }
    catch (const std::exception & error)
    {
      throw ModelError(m_Path + ": the network failed: " + LastLine(error.what()) + '.');
    }
  }
};

/** A network of the registry. */
class ArchitectureNetwork : public TorchNetwork
{
public:
  ArchitectureNetwork(std::string path, std::shared_ptr<NetworkModule> module)
    : TorchNetwork(std::move(path), torch::Device(torch::kCPU), torch::kFloat32)
    , m_Module(std::move(module))
  {
    m_Module->eval();
  }

  void
  MoveTo(const torch::Device & device, torch::ScalarType type)
  {
    m_Device = device;
    m_Type = type;
    m_Module->to(device, type);
  }

  std::int64_t
  GetNumberOfParameters() const override
  {
    std::int64_t count = 0;
    for (const torch::Tensor & parameter : m_Module->parameters())
    {
      count += parameter.numel();
    }
    return count;
  }

  std::vector<float>
  GetWeights(const std::string & tensor) const override;

  const std::shared_ptr<NetworkModule> &
  GetModule() const
  {
    return m_Module;
  }

protected:
  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    return m_Module->Evaluate(input);
  }

  std::vector<torch::Tensor>
  EvaluateLayers(const torch::Tensor & input, const std::vector<std::string> & layers) override
  {
    return m_Module->EvaluateLayers(input, layers);
  }

private:
  std::shared_ptr<NetworkModule> m_Module;
};

std::vector<float>
ArchitectureNetwork::GetWeights(const std::string & tensor) const
{
  const auto weights = NamedWeights(*m_Module);
  const auto found = weights.find(tensor);
  if (found == weights.end())
  {
    throw ModelError(m_Path + ": the network has no tensor " + tensor + '.');
  }
  const torch::Tensor values = found->second.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  return { values.data_ptr<float>(), values.data_ptr<float>() + values.numel() };
}

bool
EndsWith(const std::string & text, const std::string & end)
{
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/** The tensors of a file by the names of torchvision, which timm's become. */
std::map<std::string, TensorView>
CanonicalTensors(const SafetensorsFile & file)
{
  const std::vector<std::pair<std::string, std::string>> timm{ { "pre_logits.fc1.", "classifier.0." },
                                                               { "pre_logits.fc2.", "classifier.3." },
                                                               { "head.fc.", "classifier.6." } };
  std::map<std::string, TensorView>                      tensors;
  for (const auto & [name, view] : file.GetTensors())
  {
    std::string key = name;
    TensorView  tensor = view;
    for (const auto & [theirs, ours] : timm)
    {
      if (name.compare(0, theirs.size(), theirs) == 0)
      {
        key = ours + name.substr(theirs.size());
        // A convolution over all of its input is a linear layer.
        if (tensor.shape.size() == 4)
        {
          tensor.shape = { tensor.shape[0], tensor.shape[1] * tensor.shape[2] * tensor.shape[3] };
        }
      }
    }
    if (!EndsWith(key, ".num_batches_tracked"))
    {
      tensors[key] = tensor;
    }
  }
  return tensors;
}

/** The extent of a tensor along an axis; 0 if there is none. */
std::int64_t
ExtentOf(const std::map<std::string, TensorView> & tensors, const std::string & name, std::size_t axis)
{
  const auto found = tensors.find(name);
  return found == tensors.end() || axis >= found->second.shape.size() ? 0 : found->second.shape[axis];
}

/** The hyper-parameters of VGG-19 that its tensors tell; empty if these are of something else. */
std::string
RecognizeVGG19(const std::map<std::string, TensorView> & tensors)
{
  const auto extent = [&](const std::string & name, std::size_t axis) { return ExtentOf(tensors, name, axis); };
  // The last convolution tells VGG-19 from its shorter siblings.
  if (extent("features.0.weight", 0) == 0 || extent("features.34.weight", 0) == 0)
  {
    return "";
  }
  nlohmann::json json{ { "width", extent("features.0.weight", 0) },
                       { "input_channels", extent("features.0.weight", 1) },
                       { "linear_layers", 0 } };
  if (extent("classifier.0.weight", 0) > 0)
  {
    json["linear_layers"] = extent("classifier.6.weight", 0) > 0 ? 3 : 1;
    json["hidden"] = extent("classifier.0.weight", 0);
    json["classes"] = std::max<std::int64_t>(extent("classifier.6.weight", 0), 1);
  }
  return json.dump();
}

/** Throws unless the numbers that LPIPS scales its input by are those of PerceptualNetwork. */
void
VerifyScaling(const std::string & name, const TensorView & tensor)
{
  const bool           isShift = EndsWith(name, ".shift");
  const auto &         wanted = isShift ? PerceptualNetwork::Shift : PerceptualNetwork::Scale;
  std::array<float, 3> values{};
  const bool           isKnown =
    (isShift || EndsWith(name, ".scale")) && tensor.type == TensorType::Float32 && tensor.bytes == sizeof(values);
  if (isKnown)
  {
    std::memcpy(values.data(), tensor.data, sizeof(values));
  }
  for (std::size_t c = 0; c < values.size(); ++c)
  {
    if (!isKnown || !(std::abs(static_cast<double>(values[c]) - wanted[c]) < 1e-6))
    {
      throw ModelError(name.substr(0, 100) + " is not what LPIPS of version 0.1 scales its input by");
    }
  }
}

/** The tensors of a network of LPIPS by the names of PerceptualNetwork, which those of the public package become. */
std::map<std::string, TensorView>
CanonicalPerceptualTensors(const std::map<std::string, TensorView> & tensors)
{
  const std::regex                  slice("net\\.slice[1-5]\\.([0-9]{1,2})\\.(weight|bias)");
  const std::regex                  listed("lins\\.([0-4]\\..*)");
  std::map<std::string, TensorView> canonical;
  for (const auto & [name, tensor] : tensors)
  {
    if (name.compare(0, 14, "scaling_layer.") == 0)
    {
      VerifyScaling(name, tensor);
      continue;
    }
    if (name.compare(0, 11, "classifier.") == 0)
    {
      continue;
    }
    const std::string key = std::regex_replace(std::regex_replace(name, slice, "features.$1.$2"), listed, "lin$1");
    const auto [found, isNew] = canonical.emplace(key, tensor);
    if (!isNew &&
        (found->second.bytes != tensor.bytes || std::memcmp(found->second.data, tensor.data, tensor.bytes) != 0))
    {
      throw ModelError(key.substr(0, 100) + " is there under two names, with different values");
    }
  }
  return canonical;
}

/** Name and hyper-parameters of the network of LPIPS whose tensors these are, or most of them; empty if of neither. */
std::pair<std::string, std::string>
RecognizePerceptualNetwork(const std::map<std::string, TensorView> & tensors)
{
  const auto         extent = [&](const std::string & name, std::size_t axis) { return ExtentOf(tensors, name, axis); };
  const std::int64_t first = extent("lin0.model.1.weight", 1);
  const bool         isAlexNet =
    extent("features.0.weight", 2) == 11 || (first > 0 && extent("lin1.model.1.weight", 1) == 3 * first);
  const bool isVGG16 =
    extent("features.28.weight", 0) > 0 || (first > 0 && extent("lin1.model.1.weight", 1) == 2 * first);
  if (!isAlexNet && !isVGG16)
  {
    return {};
  }
  const std::int64_t width = std::max(extent("features.0.weight", 0), first);
  return { isAlexNet ? "LPIPSAlexNet" : "LPIPSVGG16", nlohmann::json{ { "width", width } }.dump() };
}

torch::ScalarType
ScalarTypeOf(TensorType type)
{
  return type == TensorType::Float16    ? torch::kFloat16
         : type == TensorType::BFloat16 ? torch::kBFloat16
                                        : torch::kFloat32;
}

/** While it lives, new tensors of this thread have shapes, but no values and no memory. */
class ShapeOnlyScope
{
private:
  // The guards of single keys do not put back which backends are included.
  c10::impl::ForceDispatchKeyGuard   m_Before{ c10::impl::tls_local_dispatch_key_set() };
  c10::impl::ExcludeDispatchKeyGuard m_NoBackend{ c10::DispatchKey::BackendSelect };
  c10::impl::IncludeDispatchKeyGuard m_Meta{ c10::DispatchKey::Meta };
};

/** Throws a sentence that names all of the file's tensors that do not fit the network's. */
void
VerifyWeights(const std::map<std::string, torch::Tensor> & weights,
              const std::map<std::string, TensorView> &    tensors,
              const std::string &                          architecture)
{
  std::vector<std::string> complaints;
  for (const auto & [name, weight] : weights)
  {
    const auto found = tensors.find(name);
    if (found == tensors.end())
    {
      complaints.push_back(name + " is missing");
      continue;
    }
    const TensorView & view = found->second;
    if (view.shape != weight.sizes().vec())
    {
      complaints.push_back(name + " has shape " + ShapeText(view.shape) + ", but " + ShapeText(weight.sizes().vec()) +
                           " is wanted");
    }
    else if (view.type == TensorType::Other)
    {
      complaints.push_back(name + " has dtype " + view.typeName + ", but F32, F16 or BF16 is wanted");
    }
  }
  for (const auto & item : tensors)
  {
    if (weights.count(item.first) == 0)
    {
      complaints.push_back(item.first.substr(0, 100) + " is not of this architecture");
    }
  }
  if (!complaints.empty())
  {
    constexpr std::size_t most = 20;
    std::string           sentence = std::to_string(complaints.size()) + " tensors do not fit " + architecture + ": ";
    for (std::size_t i = 0; i < complaints.size() && i < most; ++i)
    {
      sentence += (i == 0 ? "" : "; ") + complaints[i];
    }
    throw ModelError(sentence + (complaints.size() > most ? "; and more" : ""));
  }
}

/** Makes the network that a file's metadata name, with the file's weights. All shapes are compared before there is
 * memory for any: hyper-parameters are no reason to take more of it than the file's tensors do. */
RegisteredNetwork
MakeWithWeights(const NetworkMetadata & metadata, const std::map<std::string, TensorView> & tensors)
{
  {
    const ShapeOnlyScope    shapeOnly;
    const RegisteredNetwork shapes = MakeRegisteredNetwork(metadata.architecture, metadata.hyperParameters);
    VerifyWeights(NamedWeights(*shapes.module), tensors, metadata.architecture);
  }
  RegisteredNetwork        made = MakeRegisteredNetwork(metadata.architecture, metadata.hyperParameters);
  const torch::NoGradGuard noGradient;
  for (auto & [name, weight] : NamedWeights(*made.module))
  {
    const TensorView & view = tensors.at(name);
    torch::Tensor      values = torch::empty(view.shape, ScalarTypeOf(view.type));
    std::memcpy(values.data_ptr(), view.data, view.bytes);
    if (!torch::isfinite(values).all().item<bool>())
    {
      throw ModelError("a weight of " + name + " is not finite");
    }
    weight.copy_(values);
  }
  return made;
}

void
TakeTraits(NetworkMetadata & metadata, const NetworkTraits & traits)
{
  metadata.dimension = static_cast<unsigned int>(traits.dimension);
  metadata.inputChannels = traits.inputChannels;
  metadata.outputChannels = traits.outputChannels;
  metadata.sizeMultiple = traits.sizeMultiple;
}

/** Finds the architecture of a file whose metadata name none; gives the tensors its names. */
void
Recognize(std::map<std::string, TensorView> & tensors, NetworkMetadata & metadata)
{
  metadata.normalization.kind = NetworkNormalizationKind::None;
  metadata.architecture = "VGG19";
  metadata.hyperParameters = RecognizeVGG19(tensors);
  if (metadata.hyperParameters.empty())
  {
    tensors = CanonicalPerceptualTensors(tensors);
    std::tie(metadata.architecture, metadata.hyperParameters) = RecognizePerceptualNetwork(tensors);
  }
  if (metadata.hyperParameters.empty())
  {
    throw ModelError(
      "its metadata name no architecture, and its tensors are neither those of VGG-19 nor those of LPIPS");
  }
}

std::unique_ptr<Network>
LoadSafetensors(const std::string & path, const torch::Device & device, torch::ScalarType type)
{
  const SafetensorsFile file(path);
  try
  {
    auto            tensors = CanonicalTensors(file);
    NetworkMetadata metadata;
    FromText(file.GetMetadata(), metadata);
    if (file.GetMetadata().count("architecture") == 0)
    {
      Recognize(tensors, metadata);
    }
    else if (metadata.architecture == "LPIPSAlexNet" || metadata.architecture == "LPIPSVGG16")
    {
      tensors = CanonicalPerceptualTensors(tensors);
    }
    const RegisteredNetwork made = MakeWithWeights(metadata, tensors);
    metadata.hyperParameters = made.hyperParameters;
    // What the weights tell is not taken from the notes beside them.
    TakeTraits(metadata, made.module->GetTraits());
    if (metadata.inputChannels % metadata.slices != 0)
    {
      throw ModelError("its input has " + std::to_string(metadata.inputChannels) +
                       " channels, which is no multiple of " + std::to_string(metadata.slices) + " slices");
    }
    VerifyMetadata(metadata);
    auto network = std::make_unique<ArchitectureNetwork>(path, made.module);
    network->EditMetadata() = metadata;
    network->MoveTo(device, type);
    return network;
  }
  catch (const ModelError & error)
  {
    throw ModelError(path + ": " + error.what() + '.');
  }
  catch (const c10::Error & error)
  {
    throw ModelError(path + ": the model cannot be loaded: " + FirstLineOf(error.what_without_backtrace()) + '.');
  }
}

/** A network that comes with its code. */
class ScriptNetwork : public TorchNetwork
{
public:
  ScriptNetwork(std::string path, torch::jit::Module module, const torch::Device & device, torch::ScalarType type)
    : TorchNetwork(std::move(path), device, type)
    , m_Module(std::move(module))
  {
    m_Module.eval();
    m_Module.to(device, type);
  }

  std::int64_t
  GetNumberOfParameters() const override
  {
    std::int64_t count = 0;
    for (const torch::Tensor & parameter : m_Module.parameters())
    {
      count += parameter.numel();
    }
    return count;
  }

protected:
  std::vector<torch::Tensor>
  Evaluate(const torch::Tensor & input) override
  {
    const torch::IValue        value = m_Module.forward({ input });
    std::vector<torch::Tensor> tensors;
    const auto                 take = [&](const torch::IValue & element)
    {
      if (!element.isTensor())
      {
        throw ModelError(m_Path + ": the network makes " + element.tagKind() + ", but a tensor is wanted.");
      }
      tensors.push_back(element.toTensor());
    };
    if (value.isTuple())
    {
      for (const torch::IValue & element : value.toTupleRef().elements())
      {
        take(element);
      }
    }
    else if (value.isTensorList())
    {
      tensors = value.toTensorVector();
    }
    else
    {
      take(value);
    }
    return tensors;
  }

  std::vector<torch::Tensor>
  EvaluateLayers(const torch::Tensor &, const std::vector<std::string> &) override
  {
    throw std::invalid_argument("The layers of a TorchScript network have no names; weights of VGG-19 are wanted.");
  }

private:
  torch::jit::Module m_Module;
};

/** Dimension and channels by the first weights that look like a convolution's. */
void
GuessInput(const torch::jit::Module & module, NetworkMetadata & metadata)
{
  for (const torch::Tensor & parameter : module.parameters())
  {
    if (parameter.dim() == 4 || parameter.dim() == 5)
    {
      metadata.dimension = static_cast<unsigned int>(parameter.dim() - 2);
      metadata.inputChannels = parameter.size(1);
      return;
    }
  }
}

std::unique_ptr<Network>
LoadScript(const std::string & path, const torch::Device & device, torch::ScalarType type)
{
  const std::string         notes = "colorization.json";
  torch::jit::ExtraFilesMap extra{ { notes, "" } };
  torch::jit::Module        module;
  try
  {
    module = torch::jit::load(path, torch::kCPU, extra);
  }
  catch (const std::exception &)
  {
    throw ModelError(path + ": this is no whole TorchScript file; weights of Python's torch.save() have to be saved as "
                            "safetensors, or the network by torch.jit.save().");
  }
  try
  {
    const auto forward = module.find_method("forward");
    if (!forward)
    {
      throw ModelError("the network has no forward()");
    }
    const auto & arguments = forward->function().getSchema().arguments();
    const auto   wanted = std::count_if(arguments.begin() + 1,
                                      arguments.end(),
                                      [](const c10::Argument & argument) { return !argument.default_value(); });
    if (arguments.size() < 2 || wanted > 1)
    {
      throw ModelError("the network's forward() takes " + std::to_string(std::max<std::ptrdiff_t>(wanted, 0)) +
                       " inputs, but one tensor is wanted");
    }
    NetworkMetadata metadata;
    GuessInput(module, metadata);
    if (!extra[notes].empty())
    {
      const auto                         json = nlohmann::json::parse(extra[notes], nullptr, false);
      std::map<std::string, std::string> text;
      if (!json.is_object())
      {
        throw ModelError("its " + notes + " is no JSON object");
      }
      for (const auto & item : json.items())
      {
        text[item.key()] = item.value().is_string() ? item.value().get<std::string>() : item.value().dump();
      }
      FromText(text, metadata);
    }
    metadata.architecture = "TorchScript";
    auto network = std::make_unique<ScriptNetwork>(path, module, device, type);
    network->EditMetadata() = metadata;
    return network;
  }
  catch (const ModelError & error)
  {
    throw ModelError(path + ": " + error.what() + '.');
  }
  catch (const c10::Error & error)
  {
    throw ModelError(path + ": the model cannot be loaded: " + FirstLineOf(error.what_without_backtrace()) + '.');
  }
}

/** TorchScript files are zip archives. */
bool
IsArchive(const std::string & path)
{
  char          magic[4] = {};
  std::ifstream file(path, std::ios::binary);
  file.read(magic, sizeof(magic));
  return file && std::memcmp(magic, "PK\x03\x04", sizeof(magic)) == 0;
}
} // namespace

std::shared_ptr<NetworkModule>
GetNetworkModule(const Network & network)
{
  const auto * registered = dynamic_cast<const ArchitectureNetwork *>(&network);
  return registered ? registered->GetModule() : nullptr;
}

std::map<std::string, torch::Tensor>
NamedWeights(const torch::nn::Module & module)
{
  std::map<std::string, torch::Tensor> weights;
  for (const auto & item : module.named_parameters())
  {
    weights[item.key()] = item.value();
  }
  for (const auto & item : module.named_buffers())
  {
    if (item.value().is_floating_point())
    {
      weights[item.key()] = item.value();
    }
  }
  return weights;
}

torch::Device
ParseDevice(const std::string & device)
{
  const bool hasGPU = torch::cuda::is_available();
  if (device == "auto")
  {
    return hasGPU ? torch::Device(torch::kCUDA, 0) : torch::Device(torch::kCPU);
  }
  if (device == "cpu")
  {
    return torch::Device(torch::kCPU);
  }
  const std::string prefix = "cuda:";
  const std::string number = device == "cuda" ? "0" : device.substr(std::min(prefix.size(), device.size()));
  if ((device != "cuda" && device.compare(0, prefix.size(), prefix) != 0) || number.empty() || number.size() > 3 ||
      number.find_first_not_of("0123456789") != std::string::npos)
  {
    throw ModelError("The device is \"" + device + "\", but has to be auto, cpu, or cuda:N.");
  }
  const int  index = std::stoi(number);
  const auto count = static_cast<int>(hasGPU ? torch::cuda::device_count() : 0);
  if (index >= count)
  {
    throw ModelError("The device is \"" + device + "\", but Torch finds " +
                     (count == 0 ? "no GPU" : std::to_string(count) + " of them") + " on this machine.");
  }
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(index));
}

std::string
FirstLineOf(const std::string & text)
{
  std::string line = text.substr(0, text.find('\n'));
  while (!line.empty() && (line.back() == '.' || line.back() == ' '))
  {
    line.pop_back();
  }
  return line;
}

bool
IsTorchAvailable()
{
  return true;
}

std::shared_ptr<void>
UseTorchThreads(int threads)
{
  return std::make_shared<ThreadScope>(threads);
}

std::unique_ptr<Network>
LoadNetwork(const std::string & path, const NetworkOptions & options)
{
  const torch::Device     device = ParseDevice(options.device);
  const torch::ScalarType type = ParsePrecision(options.precision, device);
  return IsArchive(path) ? LoadScript(path, device, type) : LoadSafetensors(path, device, type);
}

std::unique_ptr<Network>
MakeNetwork(const std::string & architecture, const std::string & hyperParameters, std::uint64_t seed)
{
  torch::manual_seed(seed);
  RegisteredNetwork made = MakeRegisteredNetwork(architecture, hyperParameters);
  auto              network = std::make_unique<ArchitectureNetwork>(architecture, made.module);
  NetworkMetadata & metadata = network->EditMetadata();
  metadata.architecture = architecture;
  metadata.hyperParameters = made.hyperParameters;
  TakeTraits(metadata, made.module->GetTraits());
  return network;
}

void
SaveNetwork(const Network & network, const NetworkMetadata & metadata, const std::string & path)
{
  const auto * registered = dynamic_cast<const ArchitectureNetwork *>(&network);
  if (!registered)
  {
    throw ModelError(path + ": only networks of the registry are saved as safetensors.");
  }
  WriteTensors(NamedWeights(*registered->GetModule()), torch::kFloat32, ToText(metadata), path);
}

void
WriteTensors(std::map<std::string, torch::Tensor>       tensors,
             torch::ScalarType                          type,
             const std::map<std::string, std::string> & metadata,
             const std::string &                        path)
{
  std::map<std::string, TensorView> views;
  for (auto & [name, tensor] : tensors)
  {
    tensor = tensor.detach().to(torch::kCPU, type).contiguous();
    TensorView view;
    view.typeName = type == torch::kFloat16 ? "F16" : "F32";
    view.shape = tensor.sizes().vec();
    view.data = static_cast<const unsigned char *>(tensor.data_ptr());
    view.bytes = tensor.nbytes();
    views[name] = view;
  }
  WriteSafetensors(path, views, metadata);
}

} // namespace colorization
} // namespace itk
