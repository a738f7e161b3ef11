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
#include "NetworkModels.h"

#include "CommandLineProgram.h"

#include <nlohmann/json.hpp>

namespace
{
using Metadata = itk::colorization::NetworkMetadata;
using Kind = itk::colorization::NetworkNormalizationKind;
using Space = itk::colorization::NetworkColorSpace;

std::string
NormalizationText(const itk::colorization::NetworkNormalization & normalization)
{
  std::ostringstream text;
  switch (normalization.kind)
  {
    case Kind::None:
      return "none";
    case Kind::ZScore:
      return "mean 0 and standard deviation 1 over the body";
    case Kind::Range:
      for (std::size_t i = 0; i < normalization.inputMinimum.size(); ++i)
      {
        text << (i == 0 ? "" : ", ") << normalization.inputMinimum[i] << " ... " << normalization.inputMaximum[i];
      }
      break;
    case Kind::Percentiles:
      text << "percentiles " << normalization.lowerPercentile << " ... " << normalization.upperPercentile
           << " over the body";
      break;
  }
  text << " to " << normalization.outputMinimum << " ... " << normalization.outputMaximum
       << (normalization.clamp ? ", clamped" : "");
  return text.str();
}

const char *
SpaceText(Space space)
{
  switch (space)
  {
    case Space::None:
      return "none";
    case Space::Luminance:
      return "luminance";
    case Space::RGB:
      return "RGB";
    case Space::Lab:
      return "CIE Lab";
    case Space::YUV:
      return "YUV";
  }
  return "none";
}
} // namespace

itk::NetworkModel::Pointer
NetworkModels::Load(const std::string & name,
                    const std::string & device,
                    const std::string & precision,
                    const std::string & sha256)
{
  auto model = itk::NetworkModel::New();
  model->SetDevice(device);
  model->SetPrecision(precision);
  try
  {
    model->Load(name);
    if (!sha256.empty())
    {
      model->VerifySHA256(sha256);
    }
  }
  catch (const itk::ExceptionObject & error)
  {
    throw InputError(CommandLineProgram::SentenceOf(error));
  }
  return model;
}

nlohmann::json
NetworkModels::Describe(const itk::NetworkModel * model)
{
  const Metadata & metadata = model->GetMetadata();
  nlohmann::json   description;
  description["file"] = model->GetFileName();
  description["sha256"] = model->GetSHA256();
  description["architecture"] = metadata.architecture;
  description["hyper_parameters"] = nlohmann::json::parse(metadata.hyperParameters, nullptr, false);
  description["parameters"] = model->GetNumberOfParameters();
  description["dimension"] = metadata.dimension;
  description["input_channels"] = metadata.inputChannels;
  description["input_slices"] = metadata.slices;
  description["output_channels"] = metadata.outputChannels;
  description["normalization"] = NormalizationText(metadata.normalization);
  description["color_space"] = SpaceText(metadata.colorSpace);
  description["tile_size"] = metadata.tileSize;
  description["tile_multiple"] = metadata.sizeMultiple;
  description["overlap"] = metadata.overlap;
  description["training"] = metadata.training;
  return description;
}

std::string
NetworkModels::AsText(const nlohmann::json & description)
{
  constexpr std::size_t width = 18;
  std::string           text;
  for (const auto & item : description.items())
  {
    const nlohmann::json & value = item.value();
    std::string            name = item.key();
    name.resize(std::max(name.size() + 1, width), ' ');
    text += name +
            (value.is_string() ? value.get<std::string>()
                               : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) +
            '\n';
  }
  return text;
}
