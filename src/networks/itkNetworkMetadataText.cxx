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
#include "itkNetworkMetadataText.h"

#include "itkSafetensors.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
using Json = nlohmann::json;

const std::vector<std::pair<NetworkNormalizationKind, std::string>> KindNames{
  { NetworkNormalizationKind::None, "none" },
  { NetworkNormalizationKind::Range, "range" },
  { NetworkNormalizationKind::ZScore, "zscore" },
  { NetworkNormalizationKind::Percentiles, "percentiles" }
};
const std::vector<std::pair<NetworkColorSpace, std::string>> SpaceNames{ { NetworkColorSpace::None, "none" },
                                                                         { NetworkColorSpace::Luminance, "luminance" },
                                                                         { NetworkColorSpace::RGB, "rgb" },
                                                                         { NetworkColorSpace::Lab, "lab" },
                                                                         { NetworkColorSpace::YUV, "yuv" } };

template <typename TEnum>
std::string
NameOf(const std::vector<std::pair<TEnum, std::string>> & names, TEnum value)
{
  return std::find_if(names.begin(), names.end(), [&](const auto & pair) { return pair.first == value; })->second;
}

template <typename TEnum>
TEnum
ValueOf(const std::vector<std::pair<TEnum, std::string>> & names, const std::string & name, const std::string & key)
{
  std::string wanted;
  for (const auto & pair : names)
  {
    if (pair.second == name)
    {
      return pair.first;
    }
    wanted += (wanted.empty() ? "" : ", ") + pair.second;
  }
  throw ModelError("the metadata's " + key + " is \"" + name + "\", but has to be one of " + wanted);
}

/** Reads members of one JSON object; a member of another type, or one that nobody reads, is an error. */
class Reader
{
public:
  Reader(const std::map<std::string, std::string> & text, std::string key)
    : m_Key(std::move(key))
  {
    const auto found = text.find(m_Key);
    m_Object = found == text.end() ? Json::object() : Json::parse(found->second, nullptr, false);
    if (!m_Object.is_object())
    {
      throw ModelError("the metadata's " + m_Key + " is no JSON object");
    }
  }

  template <typename TValue>
  void
  operator()(const char * name, TValue & value) const
  {
    if (m_Object.contains(name))
    {
      try
      {
        value = m_Object[name].get<TValue>();
      }
      catch (const Json::exception &)
      {
        throw ModelError("the metadata's " + m_Key + '.' + name + " is " +
                         m_Object[name].dump(-1, ' ', false, Json::error_handler_t::replace) +
                         ", which is of another type than wanted");
      }
    }
  }

private:
  std::string m_Key;
  Json        m_Object;
};

void
Require(bool isRight, const std::string & sentence)
{
  if (!isRight)
  {
    throw ModelError("the metadata's " + sentence);
  }
}

/** The ranges as [lowest, highest], or, of several components, a list of these. */
Json
RangesOf(const NetworkNormalization & normalization)
{
  Json              ranges = Json::array();
  const std::size_t count = std::min(normalization.inputMinimum.size(), normalization.inputMaximum.size());
  for (std::size_t i = 0; i < count; ++i)
  {
    ranges.push_back({ normalization.inputMinimum[i], normalization.inputMaximum[i] });
  }
  return count == 1 ? ranges[0] : ranges;
}

void
ReadRanges(const Reader & input, NetworkNormalization & normalization)
{
  Json json = RangesOf(normalization);
  input("range", json);
  const bool isList = json.is_array() && !json.empty() && json[0].is_array();
  const Json ranges = isList ? json : Json::array({ json });
  normalization.inputMinimum.clear();
  normalization.inputMaximum.clear();
  for (const Json & range : ranges)
  {
    Require(range.is_array() && range.size() == 2 && range[0].is_number() && range[1].is_number(),
            "input.range has to have two numbers, or two for each component");
    normalization.inputMinimum.push_back(range[0].get<double>());
    normalization.inputMaximum.push_back(range[1].get<double>());
  }
}

bool
HaveRisingRanges(const NetworkNormalization & normalization)
{
  bool isRising =
    !normalization.inputMinimum.empty() && normalization.inputMinimum.size() == normalization.inputMaximum.size();
  for (std::size_t i = 0; isRising && i < normalization.inputMinimum.size(); ++i)
  {
    const double lowest = normalization.inputMinimum[i];
    const double highest = normalization.inputMaximum[i];
    isRising = std::isfinite(lowest) && std::isfinite(highest) && highest > lowest;
  }
  return isRising;
}

/** Values of all tiles that are given to the network together. */
double
ValuesOfBatch(const NetworkMetadata & metadata)
{
  double values = static_cast<double>(std::max<std::int64_t>(metadata.batchSize, 1) * metadata.inputChannels);
  for (unsigned int axis = 0; axis < metadata.dimension && !metadata.tileSize.empty(); ++axis)
  {
    values *= static_cast<double>(metadata.tileSize.size() == 1 ? metadata.tileSize[0] : metadata.tileSize[axis]);
  }
  return values;
}

/** Of 8 GiB. */
constexpr double MostValuesOfBatch = 0x1p31;

} // namespace

void
VerifyMetadata(const NetworkMetadata & metadata)
{
  const NetworkNormalization & normalization = metadata.normalization;
  Require(metadata.dimension == 2 || metadata.dimension == 3, "input.dimension has to be 2 or 3");
  Require(metadata.slices >= 1 && metadata.slices <= 99 && metadata.slices % 2 == 1,
          "input.slices is " + std::to_string(metadata.slices) + ", but has to be odd and in 1 ... 99");
  Require(metadata.slices == 1 || metadata.dimension == 2, "input.slices has to be 1 for a network on volumes");
  Require(metadata.inputChannels >= 1 && metadata.inputChannels <= 4096 &&
            metadata.inputChannels % metadata.slices == 0,
          "input.channels is " + std::to_string(metadata.inputChannels) +
            ", but has to be a multiple of input.slices and in 1 ... 4096");
  Require(metadata.outputChannels >= 0 && metadata.outputChannels <= 4096, "output.channels has to be in 0 ... 4096");
  Require(metadata.sizeMultiple >= 1 && metadata.sizeMultiple <= 4096, "tile.multiple has to be in 1 ... 4096");
  Require(normalization.kind != NetworkNormalizationKind::Range || HaveRisingRanges(normalization),
          "input.range has to rise");
  const auto components = static_cast<std::size_t>(metadata.inputChannels / metadata.slices);
  Require(normalization.kind != NetworkNormalizationKind::Range || normalization.inputMinimum.size() == 1 ||
            normalization.inputMinimum.size() == components,
          "input.range has " + std::to_string(normalization.inputMinimum.size()) + " ranges, but 1 or " +
            std::to_string(components) + " are wanted");
  Require(normalization.lowerPercentile >= 0.0 && normalization.upperPercentile > normalization.lowerPercentile &&
            normalization.upperPercentile <= 100.0,
          "input.percentiles have to rise within 0 ... 100");
  Require(normalization.hounsfieldRange.empty() ||
            (normalization.hounsfieldRange.size() == 2 && std::isfinite(normalization.hounsfieldRange[0]) &&
             std::isfinite(normalization.hounsfieldRange[1]) &&
             normalization.hounsfieldRange[0] < normalization.hounsfieldRange[1]),
          "input.hounsfield has to be two numbers that rise");
  Require(metadata.spacing.size() <= 1 || metadata.spacing.size() == metadata.dimension,
          "input.spacing has to have 1 or " + std::to_string(metadata.dimension) + " numbers");
  for (const double extent : metadata.spacing)
  {
    Require(extent >= 0.001 && extent <= 1000.0,
            "input.spacing is " + std::to_string(extent) + ", but has to be in 0.001 ... 1000");
  }
  Require(metadata.overlap >= 0.0 && metadata.overlap <= 0.9,
          "tile.overlap is " + std::to_string(metadata.overlap) + ", but has to be in 0 ... 0.9");
  Require(metadata.tileSize.size() <= 1 || metadata.tileSize.size() == metadata.dimension,
          "tile.size has to have 1 or " + std::to_string(metadata.dimension) + " numbers");
  for (const std::int64_t extent : metadata.tileSize)
  {
    Require(extent >= 1 && extent <= 65536,
            "tile.size is " + std::to_string(extent) + ", but has to be in 1 ... 65536");
  }
  Require(metadata.batchSize >= 0 && metadata.batchSize <= 4096, "tile.batch has to be in 0 ... 4096");
  const double values = ValuesOfBatch(metadata);
  Require(values <= MostValuesOfBatch,
          "tiles ask for " + std::to_string(static_cast<std::int64_t>(std::ceil(values * sizeof(float) * 0x1p-30))) +
            " GiB at once, but 8 have to do");
  Require(!metadata.outputScale.empty() && !metadata.outputShift.empty(), "output.scale and shift need a number");
}
std::map<std::string, std::string>
ToText(const NetworkMetadata & metadata)
{
  const NetworkNormalization & normalization = metadata.normalization;
  const Json                   input{ { "dimension", metadata.dimension },
                    { "channels", metadata.inputChannels },
                    { "slices", metadata.slices },
                    { "spacing", metadata.spacing },
                    { "upright", metadata.isUpright },
                    { "hounsfield", normalization.hounsfieldRange },
                    { "normalization", NameOf(KindNames, normalization.kind) },
                    { "range", RangesOf(normalization) },
                    { "percentiles", { normalization.lowerPercentile, normalization.upperPercentile } },
                    { "to", { normalization.outputMinimum, normalization.outputMaximum } },
                    { "clamp", normalization.clamp } };
  const Json                   output{ { "channels", metadata.outputChannels },
                     { "color_space", NameOf(SpaceNames, metadata.colorSpace) },
                     { "scale", metadata.outputScale },
                     { "shift", metadata.outputShift } };
  const Json                   tile{ { "size", metadata.tileSize },
                   { "overlap", metadata.overlap },
                   { "multiple", metadata.sizeMultiple },
                   { "batch", metadata.batchSize } };
  return { { "architecture", metadata.architecture },
           { "hyper_parameters", metadata.hyperParameters },
           { "input", input.dump() },
           { "output", output.dump() },
           { "tile", tile.dump() },
           { "training", metadata.training } };
}

void
FromText(const std::map<std::string, std::string> & text, NetworkMetadata & metadata)
{
  const auto copy = [&](const char * key, std::string & value)
  {
    const auto found = text.find(key);
    if (found != text.end())
    {
      value = found->second;
    }
  };
  copy("architecture", metadata.architecture);
  copy("hyper_parameters", metadata.hyperParameters);
  copy("training", metadata.training);

  NetworkNormalization & normalization = metadata.normalization;
  const Reader           input(text, "input");
  std::string            kind = NameOf(KindNames, normalization.kind);
  std::array<double, 2>  percentiles{ { normalization.lowerPercentile, normalization.upperPercentile } };
  std::array<double, 2>  to{ { normalization.outputMinimum, normalization.outputMaximum } };
  input("dimension", metadata.dimension);
  input("channels", metadata.inputChannels);
  input("slices", metadata.slices);
  input("spacing", metadata.spacing);
  input("upright", metadata.isUpright);
  input("hounsfield", normalization.hounsfieldRange);
  input("normalization", kind);
  ReadRanges(input, normalization);
  input("percentiles", percentiles);
  input("to", to);
  input("clamp", normalization.clamp);
  normalization.kind = ValueOf(KindNames, kind, "input.normalization");
  std::tie(normalization.lowerPercentile, normalization.upperPercentile) = std::tie(percentiles[0], percentiles[1]);
  std::tie(normalization.outputMinimum, normalization.outputMaximum) = std::tie(to[0], to[1]);

  const Reader output(text, "output");
  std::string  space = NameOf(SpaceNames, metadata.colorSpace);
  output("channels", metadata.outputChannels);
  output("color_space", space);
  output("scale", metadata.outputScale);
  output("shift", metadata.outputShift);
  metadata.colorSpace = ValueOf(SpaceNames, space, "output.color_space");

  const Reader tile(text, "tile");
  tile("size", metadata.tileSize);
  tile("overlap", metadata.overlap);
  tile("multiple", metadata.sizeMultiple);
  tile("batch", metadata.batchSize);
  VerifyMetadata(metadata);
}

} // namespace colorization
} // namespace itk
