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
#include "itkTrainingData.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <set>

namespace itk
{
namespace colorization
{
namespace
{
using Json = nlohmann::json;

constexpr const char * Format = "ITKColorization training data";
constexpr const char * Version = "1";

const std::vector<std::pair<TrainingKind, std::string>> KindNames{ { TrainingKind::Color, "color" },
                                                                   { TrainingKind::Gray, "gray" },
                                                                   { TrainingKind::Labels, "labels" } };

const std::string &
NameOf(TrainingKind kind)
{
  return std::find_if(KindNames.begin(), KindNames.end(), [&](const auto & pair) { return pair.first == kind; })
    ->second;
}

/** A sentence that goes on after the file's name. */
void
Require(bool isRight, const std::string & sentence)
{
  if (!isRight)
  {
    throw ModelError(sentence);
  }
}

const std::string &
TextOf(const SafetensorsFile & file, const std::string & key)
{
  const auto found = file.GetMetadata().find(key);
  Require(found != file.GetMetadata().end(), "it has no \"" + key + '"');
  return found->second;
}

template <typename TValue>
void
ReadMember(const Json & entry, const char * name, TValue & value)
{
  try
  {
    value = entry.at(name).get<TValue>();
  }
  catch (const Json::exception &)
  {
    throw ModelError(std::string("\"") + name + "\" of a volume is missing or of another type than wanted");
  }
}

template <typename TNumbers>
bool
AreFinite(const TNumbers & numbers)
{
  return std::all_of(numbers.begin(), numbers.end(), [](double number) { return std::isfinite(number); });
}

TrainingVolumeInformation
ReadInformation(const Json & entry)
{
  Require(entry.is_object(), "\"volumes\" holds something else than objects");
  TrainingVolumeInformation information;
  std::string               kind;
  ReadMember(entry, "name", information.name);
  ReadMember(entry, "kind", kind);
  ReadMember(entry, "spacing", information.spacing);
  ReadMember(entry, "origin", information.origin);
  ReadMember(entry, "direction", information.direction);
  ReadMember(entry, "share", information.share);
  ReadMember(entry, "test", information.test);
  ReadMember(entry, "gap", information.gap);
  ReadMember(entry, "credit", information.credit);
  if (entry.contains("window"))
  {
    ReadMember(entry, "window", information.window);
    Require(AreFinite(information.window) && information.window.size() == 2 &&
              information.window[0] < information.window[1],
            "the window of volume " + information.name + " has to be two numbers, the first below the second");
  }
  const auto found =
    std::find_if(KindNames.begin(), KindNames.end(), [&](const auto & pair) { return pair.second == kind; });
  Require(found != KindNames.end(),
          "the kind of volume " + information.name + " is \"" + kind + "\", but has to be color, gray or labels");
  information.kind = found->first;
  const bool isRight = AreFinite(information.spacing) && AreFinite(information.origin) &&
                       AreFinite(information.direction) && std::isfinite(information.share) &&
                       std::isfinite(information.gap) && information.share >= 0.0 && information.gap >= 0.0 &&
                       *std::min_element(information.spacing.begin(), information.spacing.end()) > 0.0;
  Require(isRight, "a number of volume " + information.name + " is not finite, or below its least");
  return information;
}

/** The tensor of a volume, whose type and shape are right. */
const TensorView &
TensorOf(const SafetensorsFile &          file,
         const std::string &              name,
         const std::vector<std::string> & types,
         std::size_t                      axes)
{
  const auto found = file.GetTensors().find(name);
  Require(found != file.GetTensors().end(), "it has no tensor " + name);
  const TensorView & view = found->second;
  const bool         isType = std::find(types.begin(), types.end(), view.typeName) != types.end();
  Require(isType && view.shape.size() == axes && view.bytes > 0,
          "the tensor " + name + " is " + view.typeName + " of shape " + ShapeText(view.shape) + ", but " +
            types.front() + " with " + std::to_string(axes) + " axes that are not empty is wanted");
  return view;
}

std::vector<float>
ReadPositions(const TensorView & view, const std::string & name)
{
  std::vector<float> positions(view.bytes / sizeof(float));
  std::memcpy(positions.data(), view.data, view.bytes);
  Require(AreFinite(positions) &&
            std::adjacent_find(positions.begin(), positions.end(), std::greater_equal<float>()) == positions.end(),
          "the positions of volume " + name + " do not rise from slice to slice");
  return positions;
}

TrainingVolume
ReadVolume(const SafetensorsFile & file, const Json & entry)
{
  TrainingVolume volume;
  volume.information = ReadInformation(entry);
  const std::string & name = volume.information.name;
  const bool          isColor = volume.information.kind == TrainingKind::Color;
  const bool          isGray = volume.information.kind == TrainingKind::Gray;
  volume.values = TensorOf(file,
                           name + "/values",
                           isGray ? std::vector<std::string>{ "U8", "F16" } : std::vector<std::string>{ "U8" },
                           isColor ? 4 : 3);
  const auto & shape = volume.values.shape;
  Require(!isColor || shape[3] == 3,
          "the tensor " + name + "/values is of shape " + ShapeText(shape) + ", but a colour has 3 components");
  for (std::size_t axis = 0; axis < 3; ++axis)
  {
    volume.size[axis] = static_cast<std::size_t>(shape[2 - axis]);
  }
  volume.positions = ReadPositions(TensorOf(file, name + "/positions", { "F32" }, 1), name);
  Require(volume.positions.size() == volume.size[2],
          "volume " + name + " has " + std::to_string(volume.size[2]) + " slices, but " +
            std::to_string(volume.positions.size()) + " positions");
  if (isColor)
  {
    volume.tissue = TensorOf(file, name + "/tissue", { "U8" }, 3);
    const std::vector<std::int64_t> wanted(shape.begin(), shape.begin() + 3);
    Require(volume.tissue.shape == wanted,
            "the tensor " + name + "/tissue is of shape " + ShapeText(volume.tissue.shape) + ", but " +
              ShapeText(wanted) + " is wanted");
    Require(*std::max_element(volume.tissue.data, volume.tissue.data + volume.tissue.bytes) <= Tissue,
            "the tensor " + name + "/tissue has values above " + std::to_string(Tissue));
  }
  SplitSlices(volume);
  return volume;
}

Json
Describe(const TrainingVolumeInformation & information)
{
  Json description{ { "name", information.name },           { "kind", NameOf(information.kind) },
                    { "spacing", information.spacing },     { "origin", information.origin },
                    { "direction", information.direction }, { "share", information.share },
                    { "test", information.test },           { "gap", information.gap },
                    { "credit", information.credit } };
  if (!information.window.empty())
  {
    description["window"] = information.window;
  }
  return description;
}

/** Of 4 bytes a number. */
TensorView
ViewOf(const std::vector<float> & numbers)
{
  TensorView view;
  view.shape = { static_cast<std::int64_t>(numbers.size()) };
  view.data = reinterpret_cast<const unsigned char *>(numbers.data());
  view.bytes = numbers.size() * sizeof(float);
  return view;
}
} // namespace

void
SplitSlices(TrainingVolume & volume)
{
  volume.training.clear();
  volume.test.clear();
  for (std::size_t z = 0; z < volume.positions.size(); ++z)
  {
    const double position = volume.positions[z];
    const auto   isWithin = [&](double margin)
    {
      const auto & ranges = volume.information.test;
      return std::any_of(ranges.begin(),
                         ranges.end(),
                         [&](const std::array<double, 2> & range)
                         { return position >= range[0] - margin && position <= range[1] + margin; });
    };
    if (isWithin(0.0))
    {
      volume.test.push_back(z);
    }
    else if (!isWithin(volume.information.gap))
    {
      volume.training.push_back(z);
    }
  }
}

TrainingData::TrainingData(const std::string & path)
  : m_Path(path)
  , m_File(std::make_unique<SafetensorsFile>(path))
{
  try
  {
    const auto format = m_File->GetMetadata().find("format");
    Require(format != m_File->GetMetadata().end() && format->second == Format,
            "it does not say that it is of the format \"" + std::string(Format) + '"');
    Require(TextOf(*m_File, "version") == Version, std::string("its version is not ") + Version);
    const Json volumes = Json::parse(TextOf(*m_File, "volumes"), nullptr, false);
    Require(volumes.is_array() && !volumes.empty(), "\"volumes\" is no JSON array of at least one volume");
    std::set<std::string> names;
    std::size_t           tensors = 0;
    for (const Json & entry : volumes)
    {
      m_Volumes.push_back(ReadVolume(*m_File, entry));
      tensors += m_Volumes.back().information.kind == TrainingKind::Color ? 3 : 2;
      Require(names.insert(m_Volumes.back().information.name).second,
              "two volumes have the name " + m_Volumes.back().information.name);
    }
    Require(tensors == m_File->GetTensors().size(), "it has tensors that belong to no volume");
  }
  catch (const ModelError & error)
  {
    throw ModelError(path + ": this is no data set for training: " + error.what() + '.');
  }
}

std::vector<const TrainingVolume *>
TrainingData::GetVolumes(TrainingKind kind) const
{
  std::vector<const TrainingVolume *> volumes;
  for (const TrainingVolume & volume : m_Volumes)
  {
    if (volume.information.kind == kind && volume.information.share > 0.0 && !volume.training.empty())
    {
      volumes.push_back(&volume);
    }
  }
  if (volumes.empty())
  {
    throw ModelError(m_Path + ": no volume of the kind " + NameOf(kind) + " has slices to train on.");
  }
  return volumes;
}

void
WriteTrainingData(const std::string & path, const std::vector<TrainingVolume> & volumes)
{
  Json                              descriptions = Json::array();
  std::map<std::string, TensorView> tensors;
  for (const TrainingVolume & volume : volumes)
  {
    const std::string & name = volume.information.name;
    descriptions.push_back(Describe(volume.information));
    tensors[name + "/values"] = volume.values;
    tensors[name + "/positions"] = ViewOf(volume.positions);
    if (volume.information.kind == TrainingKind::Color)
    {
      tensors[name + "/tissue"] = volume.tissue;
    }
  }
  WriteSafetensors(path, tensors, { { "format", Format }, { "version", Version }, { "volumes", descriptions.dump() } });
}

} // namespace colorization
} // namespace itk
