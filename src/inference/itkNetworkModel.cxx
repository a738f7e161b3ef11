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
#include "itkNetworkModel.h"

#include "../networks/itkNetwork.h"
#include "../networks/itkStyleTransfer.h"
#include "../common/itkSHA256.h"
#include "itkShippedModels.h"

#include <cctype>
#include <cstdlib>
#include <filesystem>

namespace itk
{
namespace
{
namespace fs = std::filesystem;

constexpr const char * FolderVariable = "ITK_COLORIZATION_MODELS";

/** A public file of weights. */
struct PublicModel
{
  const char * name;
  const char * source;
};
constexpr PublicModel PublicModels[] = {
  { "vgg19",
    "model.safetensors of https://huggingface.co/timm/vgg19.tv_in1k (574 MB, ImageNet weights of torchvision)" }
};

bool
IsFile(const fs::path & path)
{
  std::error_code error;
  return fs::is_regular_file(path, error);
}

/** Exceptions of the networks become those of ITK. */
template <typename TCall>
auto
Translated(const NetworkModel * model, const TCall & call) -> decltype(call())
{
  try
  {
    return call();
  }
  catch (const ExceptionObject &)
  {
    throw;
  }
  catch (const std::bad_alloc &)
  {
    ExceptionObject exception(__FILE__, __LINE__, "There is not enough memory for the network.", "NetworkModel");
    throw exception;
  }
  catch (const std::exception & error)
  {
    std::ostringstream description;
    description << "itk::ERROR: NetworkModel(" << model << "): " << error.what();
    throw ExceptionObject(__FILE__, __LINE__, description.str(), "NetworkModel");
  }
}

colorization::TileValues
ToTileValues(const colorization::NetworkOutput & output)
{
  colorization::TileValues values;
  values.data = output.data;
  values.channels = static_cast<std::size_t>(output.channels);
  std::copy(output.size.begin(), output.size.end(), values.size.begin());
  values.owner = output.owner;
  return values;
}

std::array<std::int64_t, 3>
ToNetworkSize(const std::array<std::size_t, 3> & size)
{
  return {
    { static_cast<std::int64_t>(size[0]), static_cast<std::int64_t>(size[1]), static_cast<std::int64_t>(size[2]) }
  };
}
} // namespace

NetworkModel::NetworkModel() = default;
NetworkModel::~NetworkModel() = default;

bool
NetworkModel::IsAvailable()
{
  return colorization::IsTorchAvailable();
}

std::vector<std::string>
NetworkModel::GetArchitectures()
{
  return colorization::GetArchitectures();
}

std::string
NetworkModel::Locate(const std::string & name)
{
  if (IsFile(name))
  {
    return name;
  }
  const char *   variable = std::getenv(FolderVariable);
  const fs::path folder = variable ? variable : "";
  for (const fs::path & place : { folder, fs::path(colorization::FindShippedModels()) })
  {
    for (const std::string & candidate : { name, name + ".safetensors" })
    {
      if (!place.empty() && IsFile(place / candidate))
      {
        return (place / candidate).string();
      }
    }
  }
  std::string sentence = name + ": there is no such model file, ";
  sentence += folder.empty()
                ? std::string("and ") + FolderVariable + " names no folder to look in."
                : "neither here nor in the folder of " + std::string(FolderVariable) + ", " + folder.string() + '.';
  std::string stem = fs::path(name).stem().string();
  for (const PublicModel & model : PublicModels)
  {
    if (stem == model.name)
    {
      sentence +=
        " Get " + std::string(model.source) + " and put it into that folder as " + model.name + ".safetensors.";
    }
  }
  ExceptionObject exception(__FILE__, __LINE__, sentence, "NetworkModel::Locate");
  throw exception;
}

void
NetworkModel::Load(const std::string & fileName)
{
  if (!IsAvailable())
  {
    itkExceptionMacro(<< "Networks cannot be run: this build of the Colorization module has no LibTorch.");
  }
  const std::string path = Locate(fileName);
  auto network = Translated(this, [&]() { return colorization::LoadNetwork(path, { m_Device, m_Precision }); });
  m_Network = std::move(network);
  m_Metadata = m_Network->GetMetadata();
  m_FileName = path;
  m_SHA256.clear();
  this->Modified();
}

void
NetworkModel::Initialize(const std::string & architecture, const std::string & hyperParameters, std::uint64_t seed)
{
  m_Network = Translated(this, [&]() { return colorization::MakeNetwork(architecture, hyperParameters, seed); });
  m_Metadata = m_Network->GetMetadata();
  m_FileName.clear();
  m_SHA256.clear();
  this->Modified();
}

void
NetworkModel::Save(const std::string & fileName) const
{
  Translated(this, [&]() { colorization::SaveNetwork(this->GetNetwork(), m_Metadata, fileName); });
}

void
NetworkModel::SetMetadata(const MetadataType & metadata)
{
  m_Metadata = metadata;
  this->Modified();
}

SizeValueType
NetworkModel::GetNumberOfParameters() const
{
  return static_cast<SizeValueType>(this->GetNetwork().GetNumberOfParameters());
}

std::string
NetworkModel::GetDeviceInUse() const
{
  return this->GetNetwork().GetDevice();
}

std::string
NetworkModel::GetSHA256() const
{
  if (m_FileName.empty())
  {
    itkExceptionMacro(<< "There is no SHA-256 before a file is loaded.");
  }
  if (m_SHA256.empty())
  {
    m_SHA256 = Translated(this, [&]() { return colorization::ComputeFileSHA256(m_FileName); });
  }
  return m_SHA256;
}

void
NetworkModel::VerifySHA256(const std::string & wanted) const
{
  std::string lower = wanted;
  for (char & c : lower)
  {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (this->GetSHA256() != lower)
  {
    itkExceptionMacro(<< m_FileName << ": the SHA-256 is " << this->GetSHA256() << ", but " << wanted << " is wanted.");
  }
}

std::shared_ptr<void>
NetworkModel::UseThreads(unsigned int threads) const
{
  return Translated(this, [&]() { return colorization::UseTorchThreads(static_cast<int>(threads)); });
}

colorization::TileValues
NetworkModel::Run(const float *                      input,
                  std::size_t                        batch,
                  const std::array<std::size_t, 3> & size,
                  unsigned int                       output) const
{
  return Translated(this,
                    [&]() {
                      return ToTileValues(
                        this->GetNetwork().Run(input, static_cast<std::int64_t>(batch), ToNetworkSize(size), output));
                    });
}

std::vector<colorization::TileValues>
NetworkModel::RunLayers(const float *                      input,
                        std::size_t                        batch,
                        const std::array<std::size_t, 3> & size,
                        const std::vector<std::string> &   layers) const
{
  return Translated(
    this,
    [&]()
    {
      std::vector<colorization::TileValues> values;
      for (const auto & output :
           this->GetNetwork().RunLayers(input, static_cast<std::int64_t>(batch), ToNetworkSize(size), layers))
      {
        values.push_back(ToTileValues(output));
      }
      return values;
    });
}

colorization::FeatureSamples
NetworkModel::RunFeatures(const float *                      input,
                          std::size_t                        batch,
                          std::size_t                        channels,
                          const std::array<std::size_t, 2> & size) const
{
  return Translated(this,
                    [&]()
                    {
                      const auto output = this->GetNetwork().RunFeatures(
                        input,
                        static_cast<std::int64_t>(batch),
                        static_cast<std::int64_t>(channels),
                        { { static_cast<std::int64_t>(size[0]), static_cast<std::int64_t>(size[1]) } });
                      colorization::FeatureSamples features;
                      features.samples = batch;
                      features.dimensions = static_cast<std::size_t>(output.channels);
                      features.values.assign(output.data, output.data + features.samples * features.dimensions);
                      return features;
                    });
}

std::vector<float>
NetworkModel::GetWeights(const std::string & tensor) const
{
  return Translated(this, [&]() { return this->GetNetwork().GetWeights(tensor); });
}

colorization::StyleTransferReport
NetworkModel::TransferStyle(const colorization::ColorPlanes &             content,
                            const colorization::ColorPlanes &             style,
                            const colorization::StyleTransferParameters & parameters,
                            float *                                       image,
                            const colorization::StyleTransferProgress &   progress) const
{
  return Translated(this,
                    [&]()
                    {
                      colorization::StyleTransfer transfer(this->GetNetwork(), content, style, parameters);
                      return transfer.Run(image, progress);
                    });
}

colorization::Network &
NetworkModel::GetNetwork() const
{
  if (!m_Network)
  {
    itkExceptionMacro(<< "No model is loaded.");
  }
  return *m_Network;
}

void
NetworkModel::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "FileName: " << m_FileName << std::endl;
  os << indent << "Device: " << m_Device << std::endl;
  os << indent << "Precision: " << m_Precision << std::endl;
  os << indent << "BatchSize: " << m_BatchSize << std::endl;
  os << indent << "Architecture: " << m_Metadata.architecture << std::endl;
  os << indent << "HyperParameters: " << m_Metadata.hyperParameters << std::endl;
}
} // namespace itk
