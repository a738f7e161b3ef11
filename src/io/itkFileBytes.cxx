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
#include "itkFileBytes.h"

#include "itk_zlib.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <limits>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace itk
{
namespace colorization
{
void
ThrowDamaged(const std::string & reason)
{
  throw FileFault("the image is damaged or cut short: " + reason + '.');
}

float
ByteView::Float(std::uint64_t at, bool isBigEndian) const
{
  const auto bits = static_cast<std::uint32_t>(this->Number(at, 4, isBigEndian));
  float      value = 0.0f;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

double
ByteView::Double(std::uint64_t at, bool isBigEndian) const
{
  const std::uint64_t bits = this->Number(at, 8, isBigEndian);
  double              value = 0.0;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

MappedFile::MappedFile(const std::string & path)
{
  const int   descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status
  {};
  if (descriptor < 0 || fstat(descriptor, &status) != 0)
  {
    const int         code = errno;
    const std::string reason = std::strerror(code);
    if (descriptor >= 0)
    {
      close(descriptor);
    }
    throw FileFault(code == ENOENT ? "there is no such file." : "the file cannot be read: " + reason + '.');
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void *     begin = size > 0 ? mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0) : nullptr;
  close(descriptor);
  if (size == 0)
  {
    throw FileFault("the file is empty.");
  }
  if (begin == MAP_FAILED)
  {
    throw FileFault("the file cannot be read: " + std::string(std::strerror(errno)) + '.');
  }
  m_Bytes = { static_cast<const unsigned char *>(begin), size };
}

MappedFile::~MappedFile()
{
  munmap(const_cast<unsigned char *>(m_Bytes.GetBegin()), m_Bytes.GetSize());
}

void
Inflater::Inflate(const ByteView & packed,
                  Kind             kind,
                  void (*take)(void *, const unsigned char *, std::size_t),
                  void * context)
{
  constexpr int gzipOrZlib = 32;
  z_stream      stream{};
  if (inflateInit2(&stream, kind == Kind::Raw ? -MAX_WBITS : MAX_WBITS + gzipOrZlib) != Z_OK)
  {
    throw std::bad_alloc();
  }
  struct Ending
  {
    z_stream * stream;
    ~Ending()
    {
      inflateEnd(stream);
    }
  } ending{ &stream };
  std::vector<unsigned char> block(1 << 18);
  std::size_t                at = 0;
  for (bool isEnd = false; !isEnd;)
  {
    if (stream.avail_in == 0)
    {
      const std::size_t count =
        std::min<std::size_t>(packed.GetSize() - at, std::numeric_limits<unsigned int>::max() / 2);
      stream.next_in = const_cast<unsigned char *>(packed.GetBegin() + at);
      stream.avail_in = static_cast<unsigned int>(count);
      at += count;
    }
    stream.next_out = block.data();
    stream.avail_out = static_cast<unsigned int>(block.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END)
    {
      ThrowDamaged("its compressed data do not end, or their checksum is wrong");
    }
    take(context, block.data(), block.size() - stream.avail_out);
    if (result == Z_STREAM_END)
    {
      // Another member may follow, as programs that compress in parallel write.
      const bool isGzip = stream.avail_in >= 2 && stream.next_in[0] == 0x1f && stream.next_in[1] == 0x8b;
      isEnd = !(kind == Kind::GzipOrZlib && isGzip && inflateReset(&stream) == Z_OK);
    }
  }
}

std::uint64_t
CountInflated(const ByteView & packed)
{
  std::uint64_t count = 0;
  Inflater::Run(
    packed, Inflater::Kind::GzipOrZlib, [&](const unsigned char *, std::size_t size) { count += size; });
  return count;
}

std::string
LowerCase(std::string text)
{
  std::transform(text.begin(),
                 text.end(),
                 text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

bool
EndsWith(const std::string & text, const std::string & end)
{
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

} // namespace colorization
} // namespace itk
