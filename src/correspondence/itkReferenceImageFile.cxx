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
#include "itkReferenceImageFile.h"

#include "../networks/itkSafetensors.h"
#include "itkSectionDescriptor.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace itk
{
namespace colorization
{
namespace
{
namespace fs = std::filesystem;

constexpr const char * Format = "ITKColorization reference images";
constexpr const char * Version = "2";
constexpr const char * TensorName = "descriptors";
constexpr std::size_t  MostDescriptors = 2;

/** What is wrong, in words that follow the file's name. */
class FileProblem : public std::runtime_error
{
public:
  using std::runtime_error::runtime_error;
};

/** The path from the file's folder, if it is there or below. */
std::string
StoredPath(const std::string & image, const fs::path & folder)
{
  const fs::path relative = fs::path(image).lexically_relative(folder);
  const bool     isBelow = !relative.empty() && *relative.begin() != "..";
  return isBelow ? relative.generic_string() : image;
}

std::string
PathFromStored(const std::string & stored, const fs::path & folder)
{
  const fs::path path(stored);
  const bool     leaves = std::find(path.begin(), path.end(), "..") != path.end();
  if (stored.empty() || stored.find('\0') != std::string::npos || leaves)
  {
    throw FileProblem("an image's path is empty, leaves the folder, or is none");
  }
  return path.is_absolute() ? stored : (folder / path).string();
}

bool
IsSHA256(const std::string & text)
{
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

const std::string &
TextOf(const std::map<std::string, std::string> & metadata, const std::string & name)
{
  const auto found = metadata.find(name);
  if (found == metadata.end())
  {
    throw FileProblem("it has no \"" + name + '"');
  }
  return found->second;
}

std::uint64_t
NumberOf(const nlohmann::json & image, const char * name)
{
  const auto found = image.find(name);
  if (found == image.end() || !found->is_number_unsigned())
  {
    throw FileProblem(std::string("\"") + name + "\" of an image is no whole number of at least 0");
  }
  return found->get<std::uint64_t>();
}

std::string
WordOf(const nlohmann::json & image, const char * name)
{
  const auto found = image.find(name);
  if (found == image.end() || !found->is_string())
  {
    throw FileProblem(std::string("\"") + name + "\" of an image is no text");
  }
  return found->get<std::string>();
}

/** The extents of one image's bodies, one for each descriptor. */
std::vector<double>
ExtentsOf(const nlohmann::json & image, std::size_t count)
{
  const auto found = image.find("extents");
  const auto isExtent = [](const nlohmann::json & value)
  { return value.is_number() && std::isfinite(value.get<double>()) && value.get<double>() > 0.0; };
  if (found == image.end() || !found->is_array() || found->size() != count ||
      !std::all_of(found->begin(), found->end(), isExtent))
  {
    throw FileProblem("\"extents\" of an image is no array of finite numbers above 0, one for each of its " +
                      std::to_string(count) + " descriptors");
  }
  return found->get<std::vector<double>>();
}

void
ReadKind(const std::map<std::string, std::string> & metadata, ReferenceImageFile & file)
{
  const auto format = metadata.find("format");
  if (format == metadata.end() || format->second != Format)
  {
    throw FileProblem("it does not say that it is of the format \"" + std::string(Format) + '"');
  }
  if (TextOf(metadata, "version") != Version)
  {
    throw FileProblem("it is of version " + TextOf(metadata, "version").substr(0, 20) + ", but " + Version +
                      " is wanted: index the photographs again");
  }
  file.descriptor = TextOf(metadata, "descriptor");
  file.modelSHA256 = TextOf(metadata, "model_sha256");
  const bool isMIND = file.descriptor == "MIND" && file.modelSHA256.empty();
  const bool isNetwork = file.descriptor == "VGG19 fc6" && IsSHA256(file.modelSHA256);
  if (!isMIND && !isNetwork)
  {
    throw FileProblem("its descriptor is neither MIND nor VGG19 fc6 with a model's SHA-256");
  }
}

/** The tensor of descriptors, whose rows are finite. */
const TensorView &
VerifiedTensor(const SafetensorsFile & safetensors, const ReferenceImageFile & file)
{
  const auto & tensors = safetensors.GetTensors();
  const auto   found = tensors.find(TensorName);
  if (tensors.size() != 1 || found == tensors.end())
  {
    throw FileProblem("it does not hold one tensor, \"" + std::string(TensorName) + '"');
  }
  const TensorView & tensor = found->second;
  const auto         length = static_cast<std::int64_t>(SectionDescriptorLength());
  if (tensor.type != TensorType::Float32 || tensor.shape.size() != 2 || tensor.shape[1] < 1 ||
      (file.descriptor == "MIND" && tensor.shape[1] != length))
  {
    throw FileProblem("its descriptors are " + tensor.typeName + " of shape " + ShapeText(tensor.shape) +
                      ", but F32 in rows" +
                      (file.descriptor == "MIND" ? " of " + std::to_string(length) : std::string()) + " are wanted");
  }
  return tensor;
}

/** The rows of one image. */
std::vector<std::vector<float>>
ReadDescriptors(const TensorView & tensor, std::size_t first, std::size_t count)
{
  const auto                      length = static_cast<std::size_t>(tensor.shape[1]);
  std::vector<std::vector<float>> descriptors(count, std::vector<float>(length));
  for (std::size_t k = 0; k < count; ++k)
  {
    std::memcpy(descriptors[k].data(), tensor.data + (first + k) * length * sizeof(float), length * sizeof(float));
    if (!std::all_of(descriptors[k].begin(), descriptors[k].end(), [](float value) { return std::isfinite(value); }))
    {
      throw FileProblem("a descriptor holds NaN or infinity");
    }
  }
  return descriptors;
}

void
ReadImages(const SafetensorsFile & safetensors, const fs::path & folder, ReferenceImageFile & file)
{
  const nlohmann::json images = nlohmann::json::parse(TextOf(safetensors.GetMetadata(), "images"), nullptr, false);
  if (!images.is_array() || images.empty())
  {
    throw FileProblem("\"images\" is no JSON array of at least one image");
  }
  const TensorView & tensor = VerifiedTensor(safetensors, file);
  const auto         rows = static_cast<std::size_t>(tensor.shape[0]);
  std::size_t        row = 0;
  for (const nlohmann::json & entry : images)
  {
    ReferenceImage image;
    if (!entry.is_object())
    {
      throw FileProblem("\"images\" holds something else than objects");
    }
    image.path = PathFromStored(WordOf(entry, "path"), folder);
    image.bytes = NumberOf(entry, "bytes");
    image.sha256 = WordOf(entry, "sha256");
    image.size = { { NumberOf(entry, "width"), NumberOf(entry, "height") } };
    const std::uint64_t count = NumberOf(entry, "descriptors");
    if (!IsSHA256(image.sha256) || count < 1 || count > MostDescriptors || count > rows - row)
    {
      throw FileProblem("the SHA-256 or the number of descriptors of an image is wrong");
    }
    file.images.push_back(image);
    file.extents.push_back(ExtentsOf(entry, count));
    file.descriptors.push_back(ReadDescriptors(tensor, row, count));
    row += count;
  }
  if (row != rows)
  {
    throw FileProblem("it has " + std::to_string(rows) + " descriptors, but its images have " + std::to_string(row));
  }
}
} // namespace

void
WriteReferenceImageFile(const ReferenceImageFile & file, const std::string & path)
{
  const fs::path     folder = fs::path(path).parent_path();
  nlohmann::json     images = nlohmann::json::array();
  std::vector<float> values;
  std::int64_t       rows = 0;
  for (std::size_t k = 0; k < file.images.size(); ++k)
  {
    const ReferenceImage & image = file.images[k];
    images.push_back({ { "path", StoredPath(image.path, folder) },
                       { "bytes", image.bytes },
                       { "sha256", image.sha256 },
                       { "width", image.size[0] },
                       { "height", image.size[1] },
                       { "descriptors", file.descriptors[k].size() },
                       { "extents", file.extents[k] } });
    for (const std::vector<float> & descriptor : file.descriptors[k])
    {
      values.insert(values.end(), descriptor.begin(), descriptor.end());
      ++rows;
    }
  }
  TensorView tensor;
  tensor.shape = { rows, static_cast<std::int64_t>(values.size()) / rows };
  tensor.data = reinterpret_cast<const unsigned char *>(values.data());
  tensor.bytes = values.size() * sizeof(float);
  std::string imagesText;
  try
  {
    imagesText = images.dump();
  }
  catch (const nlohmann::json::exception &)
  {
    throw std::runtime_error(path + ": the file cannot be written: the path of an image is no UTF-8.");
  }
  WriteSafetensors(path,
                   { { TensorName, tensor } },
                   { { "format", Format },
                     { "version", Version },
                     { "descriptor", file.descriptor },
                     { "model_sha256", file.modelSHA256 },
                     { "images", imagesText } });
}

ReferenceImageFile
ReadReferenceImageFile(const std::string & path)
{
  const SafetensorsFile safetensors(path);
  ReferenceImageFile    file;
  try
  {
    ReadKind(safetensors.GetMetadata(), file);
    ReadImages(safetensors, fs::path(path).parent_path(), file);
  }
  catch (const FileProblem & problem)
  {
    throw std::runtime_error(path + ": this is no database of reference images: " + problem.what() + '.');
  }
  return file;
}

} // namespace colorization
} // namespace itk
