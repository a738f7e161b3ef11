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
#include "FileChecks.h"
#include "CommandLineProgram.h"

#include "itkImageIOBase.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace fs = std::filesystem;

namespace
{
/** A file read through zlib, which passes uncompressed ones through. */
class MaybeCompressedFile
{
public:
  explicit MaybeCompressedFile(const std::string & path)
    : m_File(gzopen(path.c_str(), "rb"))
    , m_Path(path)
  {
    if (!m_File)
    {
      ThrowDamaged(path);
    }
    gzbuffer(m_File, 1 << 18);
  }
  ~MaybeCompressedFile()
  {
    gzclose(m_File);
  }
  MaybeCompressedFile(const MaybeCompressedFile &) = delete;
  MaybeCompressedFile &
  operator=(const MaybeCompressedFile &) = delete;

  void
  Read(char * out, std::size_t bytes)
  {
    if (gzread(m_File, out, static_cast<unsigned int>(bytes)) != static_cast<int>(bytes))
    {
      ThrowDamaged(m_Path);
    }
  }

private:
  gzFile      m_File;
  std::string m_Path;
};

template <typename T>
T
ValueAt(const char * bytes, bool isSwapped)
{
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  if (isSwapped)
  {
    auto * raw = reinterpret_cast<char *>(&value);
    std::reverse(raw, raw + sizeof(T));
  }
  return value;
}

template <typename T>
std::size_t
CountNonFinite(const std::vector<char> & block, bool isSwapped)
{
  std::size_t count = 0;
  for (std::size_t k = 0; k + sizeof(T) <= block.size(); k += sizeof(T))
  {
    count += std::isfinite(ValueAt<T>(block.data() + k, isSwapped)) ? 0 : 1;
  }
  return count;
}

/** Data of a single-file NIfTI-1 or NIfTI-2 image. */
void
VerifyNifti(const std::string & path, const itk::ImageIOBase * io)
{
  constexpr std::int32_t headerSize1 = 348;
  constexpr std::int32_t headerSize2 = 540;
  constexpr int          float32 = 16;
  constexpr int          float64 = 64;
  MaybeCompressedFile    file(path);
  std::vector<char>      header(headerSize1);
  file.Read(header.data(), header.size());
  std::size_t done = header.size();

  auto       size = ValueAt<std::int32_t>(header.data(), false);
  const bool isSwapped = size != headerSize1 && size != headerSize2;
  size = ValueAt<std::int32_t>(header.data(), isSwapped);
  const bool  isSecond = size == headerSize2;
  const auto  dataBegin = isSecond ? static_cast<std::size_t>(ValueAt<std::int64_t>(header.data() + 168, isSwapped))
                                   : static_cast<std::size_t>(ValueAt<float>(header.data() + 108, isSwapped));
  const int   type = ValueAt<std::int16_t>(header.data() + (isSecond ? 12 : 70), isSwapped);
  const int   bits = ValueAt<std::int16_t>(header.data() + (isSecond ? 14 : 72), isSwapped);
  std::size_t dataBytes = static_cast<std::size_t>(io->GetImageSizeInPixels()) * static_cast<std::size_t>(bits) / 8;

  std::vector<char> block;
  while (done < dataBegin)
  {
    block.resize(std::min<std::size_t>(1 << 16, dataBegin - done));
    file.Read(block.data(), block.size());
    done += block.size();
  }
  std::size_t nonFinite = 0;
  while (dataBytes > 0)
  {
    block.resize(std::min<std::size_t>(1 << 20, dataBytes));
    file.Read(block.data(), block.size());
    dataBytes -= block.size();
    nonFinite += type == float32 ? CountNonFinite<float>(block, isSwapped) : 0;
    nonFinite += type == float64 ? CountNonFinite<double>(block, isSwapped) : 0;
  }
  if (nonFinite > 0)
  {
    throw InputError(path + ": The input holds " + std::to_string(nonFinite) + " values that are NaN or infinite.");
  }
}

/** Data of a MetaImage that is in the same file as its header. */
void
VerifyMetaImage(const std::string & path, const itk::ImageIOBase * io)
{
  std::ifstream file(path, std::ios::binary);
  std::string   line;
  std::size_t   dataBytes = static_cast<std::size_t>(io->GetImageSizeInBytes());
  while (std::getline(file, line))
  {
    std::istringstream words(line);
    std::string        key;
    std::string        sign;
    std::string        value;
    words >> key >> sign >> value;
    if (key == "CompressedDataSize")
    {
      dataBytes = std::stoull(value);
    }
    if (key == "ElementDataFile")
    {
      if (value == "LOCAL" && fs::file_size(path) < static_cast<std::size_t>(file.tellg()) + dataBytes)
      {
        ThrowDamaged(path);
      }
      return;
    }
  }
  ThrowDamaged(path);
}

bool
EndsWith(const std::string & text, const std::string & end)
{
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}
} // namespace

void
ThrowDamaged(const std::string & path)
{
  throw InputError(path + ": the image is damaged or cut short.");
}

void
VerifyFileIsWhole(const std::string & path, const itk::ImageIOBase * io)
{
  const std::string format = io->GetNameOfClass();
  if (format == "NiftiImageIO" && (EndsWith(path, ".nii") || EndsWith(path, ".nii.gz")))
  {
    VerifyNifti(path, io);
  }
  if (format == "MetaImageIO")
  {
    VerifyMetaImage(path, io);
  }
}
