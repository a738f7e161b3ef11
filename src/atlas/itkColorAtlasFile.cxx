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
#include "itkColorAtlasFile.h"

#include "itkVerifiedImageIO.h"

#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"
#include "itkMetaDataObject.h"
#include "itkNrrdImageIO.h"
#include "itk_zlib.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

#include <unistd.h>

namespace itk
{
namespace colorization
{
namespace
{
namespace fs = std::filesystem;
using Json = nlohmann::json;
using ImageType = ColorAtlas::ColorImageType;

constexpr const char * Format = "ITKColorization color atlas";
constexpr const char * FormatKey = "format";
constexpr const char * VersionKey = "version";
constexpr const char * NameKey = "name";
constexpr const char * CreditKey = "credit";
constexpr const char * LevelsKey = "levels";
constexpr const char * GridKey = "grid";
constexpr const char * ChecksumKey = "crc32";

[[noreturn]] void
Throw(const std::string & path, const std::string & problem)
{
  throw std::runtime_error(path + ": " + problem);
}

[[noreturn]] void
ThrowDamaged(const std::string & path)
{
  Throw(path, "the color atlas is truncated or damaged.");
}

/** The texts of the header of a NRRD file, by their keys; none for another file. */
std::map<std::string, std::string>
HeaderOf(const std::string & path)
{
  // Thousands of slices have less.
  constexpr std::size_t              longest = 16u << 20;
  std::map<std::string, std::string> texts;
  std::ifstream                      file(path, std::ios::binary);
  std::string                        magic(8, '\0');
  if (!file.read(&magic[0], 8) || magic.compare(0, 7, "NRRD000") != 0)
  {
    return texts;
  }
  std::string line;
  std::size_t length = 0;
  char        letter = '\0';
  while (length++ < longest && file.get(letter))
  {
    if (letter != '\n')
    {
      line += letter;
      continue;
    }
    // An empty line ends the header; the first one ends the magic.
    if ((line.empty() || line == "\r") && length > 2)
    {
      break;
    }
    const auto mark = line.find(":=");
    if (mark != std::string::npos)
    {
      texts[line.substr(0, mark)] = line.substr(mark + 2);
    }
    line.clear();
  }
  return texts;
}

std::string
LevelsText(const std::vector<ColorAtlasLevel> & levels)
{
  Json json = Json::array();
  for (const ColorAtlasLevel & level : levels)
  {
    json.push_back({ { "photographed", level.isPhotographed },
                     { "bridged", level.isBridged },
                     { "body_area", level.bodyArea },
                     { "centroid", level.centroid },
                     { "extents", level.extents },
                     { "mean_lab", level.meanLab },
                     { "lightness_histogram", level.lightnessHistogram } });
  }
  return json.dump();
}

std::vector<ColorAtlasLevel>
LevelsOf(const std::string & text)
{
  std::vector<ColorAtlasLevel> levels;
  for (const Json & json : Json::parse(text))
  {
    ColorAtlasLevel level;
    level.isPhotographed = json.at("photographed").get<bool>();
    level.isBridged = json.at("bridged").get<bool>();
    level.bodyArea = json.at("body_area").get<double>();
    level.centroid = json.at("centroid").get<std::array<double, 3>>();
    level.extents = json.at("extents").get<std::array<double, 2>>();
    level.meanLab = json.at("mean_lab").get<std::array<double, 3>>();
    level.lightnessHistogram = json.at("lightness_histogram").get<std::array<double, 16>>();
    levels.push_back(level);
  }
  return levels;
}

/** Size, spacing, origin and direction, row by row. */
std::string
GridText(const ImageType * image)
{
  Json json;
  for (unsigned int i = 0; i < 3; ++i)
  {
    json["size"].push_back(image->GetBufferedRegion().GetSize(i));
    json["spacing"].push_back(image->GetSpacing()[i]);
    json["origin"].push_back(image->GetOrigin()[i]);
    for (unsigned int k = 0; k < 3; ++k)
    {
      json["direction"].push_back(image->GetDirection()(i, k));
    }
  }
  return json.dump();
}

/** Whether two texts of a grid say the same but for rounding: NRRD stores spacing times direction. */
bool
IsSameGrid(const std::string & one, const std::string & other)
{
  constexpr double tolerance = 1e-6;
  const Json       ours = Json::parse(one);
  const Json       its = Json::parse(other);
  for (const char * name : { "size", "spacing", "origin", "direction" })
  {
    const auto a = ours.at(name).get<std::vector<double>>();
    const auto b = its.at(name).get<std::vector<double>>();
    const bool isSame =
      std::equal(a.begin(),
                 a.end(),
                 b.begin(),
                 b.end(),
                 [](double x, double y) { return std::abs(x - y) <= tolerance * (1.0 + std::abs(x)); });
    if (!isSame)
    {
      return false;
    }
  }
  return true;
}

/** CRC-32 of the voxels and of the header's texts, eight hexadecimal digits. */
std::string
ChecksumOf(const ImageType * image, const std::map<std::string, std::string> & texts)
{
  uLong        crc = crc32(0L, Z_NULL, 0);
  const auto * bytes = reinterpret_cast<const Bytef *>(image->GetBufferPointer());
  std::size_t  left = image->GetBufferedRegion().GetNumberOfPixels() * sizeof(ImageType::PixelType);
  while (left > 0)
  {
    const std::size_t count = std::min<std::size_t>(left, 1u << 30);
    crc = crc32(crc, bytes, static_cast<uInt>(count));
    bytes += count;
    left -= count;
  }
  for (const char * key : { NameKey, CreditKey, LevelsKey, GridKey })
  {
    const std::string & text = texts.at(key);
    crc = crc32(crc, reinterpret_cast<const Bytef *>(text.data()), static_cast<uInt>(text.size()));
  }
  constexpr const char * digits = "0123456789abcdef";
  std::string            hexadecimal(8, '0');
  for (std::size_t i = 0; i < hexadecimal.size(); ++i)
  {
    hexadecimal[i] = digits[crc >> (28 - 4 * i) & 15];
  }
  return hexadecimal;
}

/** The same voxels at the same place, with index 0 first, as files have it, and nothing else. */
ImageType::Pointer
WithoutDictionary(ImageType * image)
{
  auto                 plain = ImageType::New();
  ImageType::PointType origin;
  image->TransformIndexToPhysicalPoint(image->GetBufferedRegion().GetIndex(), origin);
  plain->SetRegions(image->GetBufferedRegion().GetSize());
  plain->SetSpacing(image->GetSpacing());
  plain->SetDirection(image->GetDirection());
  plain->SetOrigin(origin);
  plain->SetPixelContainer(image->GetPixelContainer());
  return plain;
}

/** Whether a file ends as gzip does: with the number of its bytes, before they were compressed. */
bool
EndsWithCount(const std::string & path, std::size_t count)
{
  std::ifstream                file(path, std::ios::binary);
  std::array<unsigned char, 4> bytes{};
  file.seekg(-4, std::ios::end);
  file.read(reinterpret_cast<char *>(bytes.data()), 4);
  const std::uint32_t end = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
  return file && end == static_cast<std::uint32_t>(count);
}

/** What a file holds, if it is whole. */
ColorAtlasFile
ReadWhole(const std::string & path)
{
  auto reader = ImageFileReader<ImageType>::New();
  reader->SetImageIO(VerifiedImageIO::New());
  reader->SetFileName(path);
  reader->Update();
  std::map<std::string, std::string> texts;
  for (const char * key : { NameKey, CreditKey, LevelsKey, GridKey, ChecksumKey })
  {
    // Empty texts are not in the dictionary.
    ExposeMetaData(reader->GetOutput()->GetMetaDataDictionary(), key, texts[key]);
  }
  ColorAtlasFile atlas;
  atlas.image = WithoutDictionary(reader->GetOutput());
  const std::size_t bytes = atlas.image->GetBufferedRegion().GetNumberOfPixels() * sizeof(ImageType::PixelType);
  if (!EndsWithCount(path, bytes) || ChecksumOf(atlas.image, texts) != texts[ChecksumKey] ||
      !IsSameGrid(GridText(atlas.image), texts[GridKey]))
  {
    throw std::runtime_error("the end, the checksum or the grid is another");
  }
  atlas.levels = LevelsOf(texts[LevelsKey]);
  atlas.name = texts[NameKey];
  atlas.credit = texts[CreditKey];
  if (atlas.levels.size() != atlas.image->GetBufferedRegion().GetSize(2))
  {
    throw std::runtime_error("there are more or fewer levels than slices");
  }
  return atlas;
}

void
VerifyTissue(const ColorAtlasFile & atlas, const std::string & path)
{
  const ImageType::PixelType * begin = atlas.image->GetBufferPointer();
  const ImageType::PixelType * end = begin + atlas.image->GetBufferedRegion().GetNumberOfPixels();
  if (std::none_of(begin, end, [](const ImageType::PixelType & pixel) { return pixel[3] == 255; }))
  {
    Throw(path, "the color atlas has no tissue.");
  }
}

/** A file that is removed unless it is moved into place. */
class TemporaryFile
{
public:
  explicit TemporaryFile(const std::string & target)
    : m_Path((fs::path(target).parent_path() /
              (".colorization-" + std::to_string(getpid()) + '-' + fs::path(target).filename().string()))
               .string())
  {}
  ~TemporaryFile()
  {
    std::remove(m_Path.c_str());
  }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &
  operator=(const TemporaryFile &) = delete;

  const std::string &
  Path() const
  {
    return m_Path;
  }

private:
  std::string m_Path;
};
} // namespace

bool
IsColorAtlasFile(const std::string & path)
{
  const auto texts = HeaderOf(path);
  const auto format = texts.find(FormatKey);
  return format != texts.end() && format->second == Format;
}

ColorAtlasFile
ReadColorAtlasFile(const std::string & path)
{
  std::error_code error;
  if (!fs::exists(path, error))
  {
    Throw(path, "there is no such file.");
  }
  const auto texts = HeaderOf(path);
  const auto format = texts.find(FormatKey);
  if (format == texts.end() || format->second != Format)
  {
    Throw(path, "this is no color atlas; BuildColorAtlas makes them.");
  }
  const auto        version = texts.find(VersionKey);
  const std::string readVersion = std::to_string(ColorAtlas::GetVersion());
  if (version == texts.end())
  {
    ThrowDamaged(path);
  }
  if (version->second != readVersion)
  {
    Throw(path,
          "the color atlas has version " + version->second.substr(0, 20) + ", but this program reads version " +
            readVersion + '.');
  }
  ColorAtlasFile atlas;
  try
  {
    atlas = ReadWhole(path);
  }
  catch (const std::exception &)
  {
    ThrowDamaged(path);
  }
  VerifyTissue(atlas, path);
  return atlas;
}

void
WriteColorAtlasFile(const ColorAtlasFile & atlas, const std::string & path)
{
  if (fs::path(path).extension() != ".nrrd")
  {
    Throw(path, "the name of a color atlas has to end in .nrrd.");
  }
  VerifyTissue(atlas, path);
  const ImageType::Pointer           image = WithoutDictionary(atlas.image);
  std::map<std::string, std::string> texts{ { FormatKey, Format },
                                            { VersionKey, std::to_string(ColorAtlas::GetVersion()) },
                                            { NameKey, atlas.name },
                                            { CreditKey, atlas.credit },
                                            { LevelsKey, LevelsText(atlas.levels) },
                                            { GridKey, GridText(image) } };
  texts[ChecksumKey] = ChecksumOf(image, texts);
  for (const auto & [key, text] : texts)
  {
    EncapsulateMetaData(image->GetMetaDataDictionary(), key, text);
  }
  const TemporaryFile temporary(path);
  try
  {
    auto writer = ImageFileWriter<ImageType>::New();
    writer->SetImageIO(NrrdImageIO::New());
    writer->SetInput(image);
    writer->SetFileName(temporary.Path());
    writer->UseCompressionOn();
    writer->Update();
    // Not every disk that is full is told of.
    ReadWhole(temporary.Path());
    fs::rename(temporary.Path(), path);
  }
  catch (const std::exception &)
  {
    Throw(path, "the file cannot be written.");
  }
}

} // namespace colorization
} // namespace itk
