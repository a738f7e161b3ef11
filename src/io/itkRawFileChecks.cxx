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
#include "itkImageFileChecks.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <sstream>

namespace itk
{
namespace colorization
{
namespace
{
namespace fs = std::filesystem;

/** Lines of a head, and where the first byte behind it is. */
struct Head
{
  std::vector<std::string> lines{};
  std::uint64_t            end = 0;
};

std::string
Trimmed(const std::string & text)
{
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/** The next line from a place, which moves behind it. */
std::string
NextLine(const ByteView & bytes, std::uint64_t & at)
{
  constexpr std::uint64_t longest = 1 << 20;
  const std::uint64_t     begin = at;
  while (at < bytes.GetSize() && bytes.GetBegin()[at] != '\n')
  {
    if (++at - begin > longest)
    {
      ThrowDamaged("a line of its head does not end");
    }
  }
  const std::string line = Trimmed(bytes.Text(begin, at - begin));
  at = std::min<std::uint64_t>(at + 1, bytes.GetSize());
  return line;
}

std::uint64_t
WholeNumber(const std::string & text, const std::string & key)
{
  char *              end = nullptr;
  const unsigned long number = std::strtoul(text.c_str(), &end, 10);
  if (text.empty() || text[0] < '0' || text[0] > '9' || *end != '\0' || number == std::numeric_limits<unsigned long>::max())
  {
    ThrowDamaged("\"" + key + "\" of its head is \"" + text.substr(0, 20) + "\", not a whole number");
  }
  return number;
}

/** The product of a list of sizes. */
std::uint64_t
ProductOf(const std::string & list, const std::string & key, std::size_t wanted)
{
  std::istringstream words(list);
  std::uint64_t      product = 1;
  std::size_t        count = 0;
  for (std::string word; words >> word; ++count)
  {
    const std::uint64_t size = WholeNumber(word, key);
    if (size > 0x7fffffff || (size > 0 && product > (std::uint64_t(1) << 46) / size))
    {
      ThrowDamaged("\"" + key + "\" of its head is \"" + list.substr(0, 40) + '"');
    }
    product *= size;
  }
  if (count != wanted)
  {
    ThrowDamaged("\"" + key + "\" of its head has " + std::to_string(count) + " numbers, not " + std::to_string(wanted));
  }
  return product;
}

std::string
Beside(const std::string & path, const std::string & name)
{
  return fs::path(name).is_absolute() ? name : (fs::path(path).parent_path() / name).string();
}

/** Names made of a pattern for C's printf with one whole number. */
std::vector<std::string>
NamesOf(const std::string & pattern, std::uint64_t first, std::uint64_t last, std::uint64_t step)
{
  const auto at = pattern.find('%');
  const auto end = at == std::string::npos ? at : pattern.find_first_not_of("0123456789", at + 1);
  if (end == std::string::npos || (pattern[end] != 'd' && pattern[end] != 'i' && pattern[end] != 'u') ||
      pattern.find('%', end) != std::string::npos || step == 0 || last < first || (last - first) / step > 100000)
  {
    ThrowDamaged("the names of its files with pixels, \"" + pattern.substr(0, 40) + "\", have no number");
  }
  const std::string digits = pattern.substr(at + 1, end - at - 1);
  const auto        width = digits.empty() ? std::size_t(0) : static_cast<std::size_t>(std::min(WholeNumber(digits, "width"), std::uint64_t(20)));
  std::vector<std::string> names;
  for (std::uint64_t number = first; number <= last; number += step)
  {
    std::string       text = std::to_string(number);
    const char        fill = !digits.empty() && digits[0] == '0' ? '0' : ' ';
    text.insert(0, width > text.size() ? width - text.size() : 0, fill);
    names.push_back(pattern.substr(0, at) + text + pattern.substr(end + 1));
  }
  return names;
}

/** Verifies that each file of pixels is there and as long as it has to be. */
void
VerifyFiles(const std::string &              path,
            const std::vector<std::string> & names,
            std::uint64_t                    bytes,
            std::uint64_t                    skipped,
            bool                             isCompressed)
{
  if (names.empty() || bytes % names.size() != 0)
  {
    ThrowDamaged("its pixels are in " + std::to_string(names.size()) + " files, which cannot be of one length");
  }
  const std::uint64_t wanted = bytes / names.size();
  for (const std::string & name : names)
  {
    const std::string file = Beside(path, name);
    std::error_code   error;
    if (!fs::is_regular_file(file, error))
    {
      throw FileFault("the file with its pixels, " + name + ", is not there.");
    }
    std::uint64_t has = fs::file_size(file, error);
    if (isCompressed)
    {
      const MappedFile packed(file);
      has = CountInflated(packed.GetBytes());
    }
    if (error || has < wanted + skipped)
    {
      ThrowDamaged("its file " + name + " holds " + std::to_string(has) + " bytes, but " +
                   std::to_string(wanted + skipped) + " are needed");
    }
  }
}

std::uint64_t
MetaTypeBytes(const std::string & type)
{
  static const std::map<std::string, std::uint64_t> bytes{
    { "MET_CHAR", 1 },      { "MET_UCHAR", 1 },     { "MET_SHORT", 2 },         { "MET_USHORT", 2 },
    { "MET_INT", 4 },       { "MET_UINT", 4 },      { "MET_LONG", 4 },          { "MET_ULONG", 4 },
    { "MET_LONG_LONG", 8 }, { "MET_ULONG_LONG", 8 }, { "MET_FLOAT", 4 },         { "MET_DOUBLE", 8 },
    { "MET_ASCII_CHAR", 1 }
  };
  const auto found = bytes.find(type);
  if (found == bytes.end())
  {
    ThrowDamaged("\"ElementType\" of its head is \"" + type.substr(0, 20) + '"');
  }
  return found->second;
}

/** A field of a head, or what counts without it. */
std::string
FieldOf(const std::map<std::string, std::string> & fields, const std::string & key, const std::string & otherwise)
{
  const auto found = fields.find(key);
  return found == fields.end() ? otherwise : found->second;
}

bool
IsTrue(const std::string & word)
{
  return !word.empty() && (word[0] == 'T' || word[0] == 't' || word[0] == '1');
}

/** Numbers of a list, all finite. */
void
VerifyReals(const std::map<std::string, std::string> & fields, const std::string & key)
{
  std::istringstream words(FieldOf(fields, key, ""));
  for (std::string word; words >> word;)
  {
    char *       end = nullptr;
    const double number = std::strtod(word.c_str(), &end);
    if (*end != '\0' || !(number > -1e9 && number < 1e9))
    {
      ThrowDamaged("\"" + key + "\" of its head holds \"" + word.substr(0, 20) + '"');
    }
  }
}
} // namespace

void
VerifyMetaImage(const std::string & path, const ByteView & bytes)
{
  std::map<std::string, std::string> fields;
  std::uint64_t                      at = 0;
  while (fields.count("ElementDataFile") == 0)
  {
    if (at >= bytes.GetSize())
    {
      ThrowDamaged("its head does not say where its pixels are");
    }
    const std::string line = NextLine(bytes, at);
    const auto        sign = line.find('=');
    if (sign == std::string::npos && !line.empty())
    {
      ThrowDamaged("its head has a line without an equals sign");
    }
    if (sign != std::string::npos)
    {
      fields[Trimmed(line.substr(0, sign))] = Trimmed(line.substr(sign + 1));
    }
  }
  for (const char * key : { "NDims", "DimSize", "ElementType" })
  {
    if (fields.count(key) == 0)
    {
      ThrowDamaged("its head has no \"" + std::string(key) + '"');
    }
  }
  for (const char * key : { "TransformMatrix", "Rotation", "Orientation", "Offset", "Position", "Origin",
                            "CenterOfRotation", "ElementSpacing", "ElementSize" })
  {
    VerifyReals(fields, key);
  }
  const std::uint64_t dimensions = WholeNumber(fields["NDims"], "NDims");
  if (dimensions < 1 || dimensions > 10)
  {
    ThrowDamaged("its head says that it has " + std::to_string(dimensions) + " axes");
  }
  const std::uint64_t channels = WholeNumber(FieldOf(fields, "ElementNumberOfChannels", "1"), "ElementNumberOfChannels");
  if (channels < 1 || channels > 4096)
  {
    ThrowDamaged("its head says that it has " + std::to_string(channels) + " components a pixel");
  }
  const std::uint64_t wanted =
    ProductOf(fields["DimSize"], "DimSize", dimensions) * channels * MetaTypeBytes(fields["ElementType"]);
  if (!IsTrue(FieldOf(fields, "BinaryData", "True")))
  {
    return;
  }
  const bool        isCompressed = IsTrue(FieldOf(fields, "CompressedData", "False"));
  const std::string data = fields["ElementDataFile"];
  if (data == "LOCAL")
  {
    const std::uint64_t left = bytes.GetSize() - at;
    std::uint64_t       packed = left;
    if (isCompressed && fields.count("CompressedDataSize") > 0)
    {
      packed = WholeNumber(fields["CompressedDataSize"], "CompressedDataSize");
    }
    const std::uint64_t has = isCompressed ? CountInflated(bytes.Part(at, packed)) : left;
    if (has < wanted)
    {
      ThrowDamaged("its pixels need " + std::to_string(wanted) + " bytes, but " + std::to_string(has) + " are there");
    }
    return;
  }
  const std::string        headerSize = FieldOf(fields, "HeaderSize", "0");
  const std::uint64_t      skipped = headerSize == "-1" ? 0 : WholeNumber(headerSize, "HeaderSize");
  std::vector<std::string> names;
  std::istringstream       words(data);
  std::vector<std::string> parts;
  for (std::string word; words >> word;)
  {
    parts.push_back(word);
  }
  if (!parts.empty() && parts[0] == "LIST")
  {
    while (at < bytes.GetSize())
    {
      const std::string name = NextLine(bytes, at);
      if (!name.empty())
      {
        names.push_back(name);
      }
    }
  }
  else if (parts.size() >= 3 && parts[0].find('%') != std::string::npos)
  {
    names = NamesOf(parts[0],
                    WholeNumber(parts[1], "ElementDataFile"),
                    WholeNumber(parts[2], "ElementDataFile"),
                    parts.size() > 3 ? WholeNumber(parts[3], "ElementDataFile") : 1);
  }
  else
  {
    names = { data };
  }
  VerifyFiles(path, names, wanted, skipped, isCompressed);
}

namespace
{
std::uint64_t
NRRDTypeBytes(const std::string & type)
{
  static const std::map<std::string, std::uint64_t> bytes{
    { "signed char", 1 },   { "int8", 1 },          { "int8_t", 1 },          { "uchar", 1 },
    { "unsigned char", 1 }, { "uint8", 1 },         { "uint8_t", 1 },         { "short", 2 },
    { "short int", 2 },     { "signed short", 2 },  { "signed short int", 2 }, { "int16", 2 },
    { "int16_t", 2 },       { "ushort", 2 },        { "unsigned short", 2 },  { "unsigned short int", 2 },
    { "uint16", 2 },        { "uint16_t", 2 },      { "int", 4 },             { "signed int", 4 },
    { "int32", 4 },         { "int32_t", 4 },       { "uint", 4 },            { "unsigned int", 4 },
    { "uint32", 4 },        { "uint32_t", 4 },      { "longlong", 8 },        { "long long", 8 },
    { "long long int", 8 }, { "signed long long", 8 }, { "signed long long int", 8 }, { "int64", 8 },
    { "int64_t", 8 },       { "ulonglong", 8 },     { "unsigned long long", 8 }, { "unsigned long long int", 8 },
    { "uint64", 8 },        { "uint64_t", 8 },      { "float", 4 },           { "double", 8 }
  };
  const auto found = bytes.find(LowerCase(type));
  if (found == bytes.end())
  {
    ThrowDamaged("\"type\" of its head is \"" + type.substr(0, 20) + '"');
  }
  return found->second;
}

/** Kinds of axes that are components of a pixel. */
bool
IsComponentAxis(const std::string & kind)
{
  return kind.find("color") != std::string::npos || kind.find("vector") != std::string::npos || kind == "list" ||
         kind == "complex" || kind.find("matrix") != std::string::npos || kind == "point" || kind == "normal" ||
         kind == "scalar" || kind == "quaternion";
}
} // namespace

void
VerifyNRRD(const std::string & path, const ByteView & bytes)
{
  std::map<std::string, std::string> fields;
  std::uint64_t                      at = 0;
  NextLine(bytes, at);
  for (;;)
  {
    if (at >= bytes.GetSize())
    {
      break;
    }
    const std::string line = NextLine(bytes, at);
    if (line.empty())
    {
      break;
    }
    const auto colon = line.find(':');
    if (line[0] == '#' || colon == std::string::npos)
    {
      if (line[0] != '#')
      {
        ThrowDamaged("its head has a line without a colon");
      }
      continue;
    }
    if (line.compare(colon, 2, ":=") == 0)
    {
      continue;
    }
    std::string key = LowerCase(line.substr(0, colon));
    key = key == "datafile" ? "data file" : key == "lineskip" ? "line skip" : key == "byteskip" ? "byte skip" : key;
    fields[key] = Trimmed(line.substr(colon + 1));
    if (key == "data file" && fields[key].rfind("LIST", 0) == 0)
    {
      break;
    }
  }
  for (const char * key : { "type", "dimension", "sizes", "encoding" })
  {
    if (fields.count(key) == 0)
    {
      ThrowDamaged("its head has no \"" + std::string(key) + '"');
    }
  }
  const std::uint64_t dimensions = WholeNumber(fields["dimension"], "dimension");
  if (dimensions < 1 || dimensions > 16)
  {
    ThrowDamaged("its head says that it has " + std::to_string(dimensions) + " axes");
  }
  const std::uint64_t wanted =
    ProductOf(fields["sizes"], "sizes", dimensions) * NRRDTypeBytes(fields["type"]);
  std::istringstream kinds(LowerCase(FieldOf(fields, "kinds", "")));
  std::istringstream sizes(fields["sizes"]);
  std::uint64_t      places = 0;
  for (std::string size; sizes >> size;)
  {
    std::string kind;
    kinds >> kind;
    places += size != "1" && !IsComponentAxis(kind) ? 1 : 0;
  }
  if (places > 3)
  {
    throw FileFault("the NRRD has the sizes " + fields["sizes"] + ": " + std::to_string(places) +
                    " axes of places, but a picture or one volume is needed.");
  }
  const std::string encoding = LowerCase(fields["encoding"]);
  if (encoding == "bzip2" || encoding == "bz2")
  {
    throw FileFault("the NRRD is compressed by bzip2, which is not read; gzip and raw are.");
  }
  const bool isCompressed = encoding == "gzip" || encoding == "gz";
  if (!isCompressed && encoding != "raw")
  {
    return;
  }
  const std::string skip = FieldOf(fields, "byte skip", "0");
  const bool        isFromEnd = skip == "-1";
  std::uint64_t     skipped = isFromEnd ? 0 : WholeNumber(skip, "byte skip");
  if (WholeNumber(FieldOf(fields, "line skip", "0"), "line skip") > 0)
  {
    return;
  }
  const std::string data = FieldOf(fields, "data file", "");
  if (data.empty())
  {
    const ByteView      rest = bytes.Part(at, bytes.GetSize() - at);
    const std::uint64_t has = isCompressed ? (rest.GetSize() > 0 ? CountInflated(rest) : 0) : rest.GetSize();
    if (has < wanted + skipped)
    {
      ThrowDamaged("its pixels need " + std::to_string(wanted + skipped) + " bytes, but " + std::to_string(has) +
                   " are there");
    }
    return;
  }
  std::vector<std::string> names;
  std::istringstream       words(data);
  std::vector<std::string> parts;
  for (std::string word; words >> word;)
  {
    parts.push_back(word);
  }
  if (parts[0] == "LIST")
  {
    while (at < bytes.GetSize())
    {
      const std::string name = NextLine(bytes, at);
      if (!name.empty())
      {
        names.push_back(name);
      }
    }
  }
  else if (parts.size() >= 4 && parts[0].find('%') != std::string::npos)
  {
    names = NamesOf(parts[0],
                    WholeNumber(parts[1], "data file"),
                    WholeNumber(parts[2], "data file"),
                    WholeNumber(parts[3], "data file"));
  }
  else
  {
    names = { data };
  }
  VerifyFiles(path, names, wanted, skipped, isCompressed);
}

} // namespace colorization
} // namespace itk
