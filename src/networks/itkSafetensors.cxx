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
#include "itkSafetensors.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace itk
{
namespace colorization
{
namespace
{
constexpr std::size_t   LengthBytes = 8;
constexpr std::uint64_t LongestHeader = 100000000;

struct DType
{
  const char * name;
  std::size_t  bytes;
  TensorType   type;
};
constexpr DType DTypes[] = { { "F32", 4, TensorType::Float32 },   { "F16", 2, TensorType::Float16 },
                             { "BF16", 2, TensorType::BFloat16 }, { "F64", 8, TensorType::Other },
                             { "I64", 8, TensorType::Other },     { "I32", 4, TensorType::Other },
                             { "I16", 2, TensorType::Other },     { "I8", 1, TensorType::Other },
                             { "U64", 8, TensorType::Other },     { "U32", 4, TensorType::Other },
                             { "U16", 2, TensorType::Other },     { "U8", 1, TensorType::Other },
                             { "BOOL", 1, TensorType::Other } };

const DType *
FindDType(const std::string & name)
{
  const auto * found =
    std::find_if(std::begin(DTypes), std::end(DTypes), [&](const DType & dtype) { return name == dtype.name; });
  return found == std::end(DTypes) ? nullptr : found;
}

/** Names and numbers of a hostile file go into sentences: short, and without control characters. */
std::string
Quoted(const std::string & text)
{
  constexpr std::size_t longest = 100;
  std::string           quoted = "\"";
  for (const char c : text.substr(0, longest))
  {
    quoted += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return quoted + (text.size() > longest ? "...\"" : "\"");
}

/** Bytes of a tensor; false if that is more than 64 bits hold. */
bool
ByteCount(const std::vector<std::int64_t> & shape, std::size_t bytesOfElement, std::uint64_t & bytes)
{
  bytes = bytesOfElement;
  bool isEmpty = false;
  for (const std::int64_t extent : shape)
  {
    isEmpty = isEmpty || extent == 0;
  }
  if (isEmpty)
  {
    bytes = 0;
    return true;
  }
  for (const std::int64_t extent : shape)
  {
    if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes))
    {
      return false;
    }
  }
  return true;
}

/** Parses the header; names that come twice, which the parser itself would let pass, are errors. */
nlohmann::json
ParseHeader(const char * begin, const char * end)
{
  constexpr int                      deepest = 4;
  std::vector<std::set<std::string>> names;
  const auto                         check = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json & value)
  {
    if (depth > deepest)
    {
      throw ModelError("the header is nested too deeply");
    }
    if (event == nlohmann::json::parse_event_t::object_start)
    {
      names.emplace_back();
    }
    else if (event == nlohmann::json::parse_event_t::object_end)
    {
      names.pop_back();
    }
    else if (event == nlohmann::json::parse_event_t::key && !names.back().insert(value.get<std::string>()).second)
    {
      throw ModelError("the header names " + Quoted(value.get<std::string>()) + " twice");
    }
    return true;
  };
  try
  {
    return nlohmann::json::parse(begin, end, check);
  }
  catch (const nlohmann::json::exception &)
  {
    throw ModelError("the header is no valid JSON");
  }
}

std::uint64_t
UnsignedOf(const nlohmann::json & value, const std::string & what)
{
  if (!value.is_number_unsigned())
  {
    throw ModelError(what + " holds " + Quoted(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) +
                     ", but a whole number of at least 0 is needed");
  }
  return value.get<std::uint64_t>();
}

/** One tensor of the header.
 * \param begin where its bytes begin in the data is put here */
TensorView
ReadTensor(const std::string &    name,
           const nlohmann::json & entry,
           const unsigned char *  data,
           std::uint64_t          dataBytes,
           std::uint64_t &        begin)
{
  const std::string tensor = "tensor " + Quoted(name);
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
      !entry.contains("data_offsets") || !entry["dtype"].is_string() || !entry["shape"].is_array() ||
      !entry["data_offsets"].is_array() || entry["data_offsets"].size() != 2)
  {
    throw ModelError(tensor + " is not described by dtype, shape and two data_offsets");
  }
  TensorView view;
  view.typeName = entry["dtype"].get<std::string>();
  const DType * dtype = FindDType(view.typeName);
  if (!dtype)
  {
    throw ModelError(tensor + " has the unknown dtype " + Quoted(view.typeName));
  }
  view.type = dtype->type;
  for (const nlohmann::json & extent : entry["shape"])
  {
    const std::uint64_t value = UnsignedOf(extent, "the shape of " + tensor);
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    {
      throw ModelError("the shape of " + tensor + " is too large");
    }
    view.shape.push_back(static_cast<std::int64_t>(value));
  }
  begin = UnsignedOf(entry["data_offsets"][0], "data_offsets of " + tensor);
  const std::uint64_t end = UnsignedOf(entry["data_offsets"][1], "data_offsets of " + tensor);
  if (begin > end || end > dataBytes)
  {
    throw ModelError(tensor + " lies at bytes " + std::to_string(begin) + " to " + std::to_string(end) +
                     " of the data, which has " + std::to_string(dataBytes));
  }
  std::uint64_t wanted = 0;
  if (!ByteCount(view.shape, dtype->bytes, wanted) || wanted != end - begin)
  {
    throw ModelError(tensor + " of dtype " + view.typeName + " and shape " + ShapeText(view.shape) + " has " +
                     std::to_string(end - begin) + " bytes, which does not fit");
  }
  view.data = data + begin;
  view.bytes = static_cast<std::size_t>(wanted);
  return view;
}
} // namespace

std::string
ShapeText(const std::vector<std::int64_t> & shape)
{
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
  {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + ']';
}

SafetensorsFile::SafetensorsFile(const std::string & path)
{
  const int   file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status
  {
  };
  if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
  {
    const std::string reason = file < 0 ? std::strerror(errno) : "this is no file";
    if (file >= 0)
    {
      close(file);
    }
    throw ModelError(path + ": the file cannot be read: " + reason + '.');
  }
  m_Size = static_cast<std::size_t>(status.st_size);
  m_Mapping = m_Size > 0 ? mmap(nullptr, m_Size, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
  close(file);
  if (m_Mapping == MAP_FAILED)
  {
    throw ModelError(path + ": the file cannot be read: " + (m_Size == 0 ? "it is empty" : std::strerror(errno)) +
                     '.');
  }
  try
  {
    this->ReadHeader();
  }
  catch (const ModelError & error)
  {
    munmap(m_Mapping, m_Size);
    throw ModelError(path + ": this is no whole safetensors file: " + error.what() + '.');
  }
  catch (...)
  {
    munmap(m_Mapping, m_Size);
    throw;
  }
}

SafetensorsFile::~SafetensorsFile()
{
  munmap(m_Mapping, m_Size);
}

void
SafetensorsFile::ReadHeader()
{
  const auto *  bytes = static_cast<const unsigned char *>(m_Mapping);
  std::uint64_t headerBytes = 0;
  if (m_Size < LengthBytes)
  {
    throw ModelError("it has " + std::to_string(m_Size) + " bytes, too few for a header");
  }
  for (std::size_t i = LengthBytes; i-- > 0;)
  {
    headerBytes = headerBytes << 8 | bytes[i];
  }
  if (headerBytes > LongestHeader || headerBytes > m_Size - LengthBytes)
  {
    throw ModelError("its header should have " + std::to_string(headerBytes) + " bytes, but the file has " +
                     std::to_string(m_Size));
  }
  const auto * text = reinterpret_cast<const char *>(bytes + LengthBytes);
  const auto   header = ParseHeader(text, text + headerBytes);
  if (headerBytes == 0 || text[0] != '{' || !header.is_object())
  {
    throw ModelError("the header is no JSON object");
  }
  const unsigned char * data = bytes + LengthBytes + headerBytes;
  const std::uint64_t   dataBytes = m_Size - LengthBytes - headerBytes;

  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (const auto & item : header.items())
  {
    if (item.key() == "__metadata__")
    {
      const auto & notes = item.value();
      if (!notes.is_object() ||
          !std::all_of(notes.begin(), notes.end(), [](const nlohmann::json & note) { return note.is_string(); }))
      {
        throw ModelError("its metadata is not an object of texts");
      }
      for (const auto & note : notes.items())
      {
        m_Metadata[note.key()] = note.value().get<std::string>();
      }
      continue;
    }
    std::uint64_t begin = 0;
    m_Tensors[item.key()] = ReadTensor(item.key(), item.value(), data, dataBytes, begin);
    order.emplace_back(begin, item.key());
  }
  // Empty tensors come before those that begin at the same byte.
  std::sort(order.begin(),
            order.end(),
            [&](const auto & a, const auto & b)
            { return a.first != b.first ? a.first < b.first : m_Tensors[a.second].bytes < m_Tensors[b.second].bytes; });
  std::uint64_t end = 0;
  for (const auto & [begin, name] : order)
  {
    if (begin != end)
    {
      throw ModelError("tensor " + Quoted(name) + " begins at byte " + std::to_string(begin) + " of the data, " +
                       (begin < end ? "within the tensor before it" : "after a gap") + "; byte " + std::to_string(end) +
                       " is wanted");
    }
    end = begin + m_Tensors[name].bytes;
  }
  if (end != dataBytes)
  {
    throw ModelError("the tensors end at byte " + std::to_string(end) + " of the data, which has " +
                     std::to_string(dataBytes));
  }
}

void
WriteSafetensors(const std::string &                        path,
                 const std::map<std::string, TensorView> &  tensors,
                 const std::map<std::string, std::string> & metadata)
{
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty())
  {
    header["__metadata__"] = metadata;
  }
  std::uint64_t end = 0;
  for (const auto & [name, view] : tensors)
  {
    const DType * dtype = FindDType(view.typeName);
    std::uint64_t wanted = 0;
    if (!dtype || !ByteCount(view.shape, dtype->bytes, wanted) || wanted != view.bytes)
    {
      throw ModelError(path + ": tensor " + Quoted(name) + " of dtype " + view.typeName + " and shape " +
                       ShapeText(view.shape) + " cannot have " + std::to_string(view.bytes) + " bytes.");
    }
    header[name] = { { "dtype", view.typeName }, { "shape", view.shape }, { "data_offsets", { end, end + wanted } } };
    end += wanted;
  }
  std::string text = header.dump();
  text.append((LengthBytes - text.size() % LengthBytes) % LengthBytes, ' ');

  const std::string temporary = path + ".part" + std::to_string(getpid());
  std::ofstream     file(temporary, std::ios::binary | std::ios::trunc);
  for (std::size_t i = 0; i < LengthBytes; ++i)
  {
    file.put(static_cast<char>(static_cast<std::uint64_t>(text.size()) >> (8 * i) & 0xff));
  }
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  for (const auto & item : tensors)
  {
    file.write(reinterpret_cast<const char *>(item.second.data), static_cast<std::streamsize>(item.second.bytes));
  }
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0)
  {
    std::remove(temporary.c_str());
    throw ModelError(path + ": the file cannot be written.");
  }
}

} // namespace colorization
} // namespace itk
