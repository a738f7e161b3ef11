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
#ifndef itkFileBytes_h
#define itkFileBytes_h

#include "ColorizationExport.h"

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** What is wrong with a file; the text is a sentence without the file's name. */
class Colorization_EXPORT FileFault : public std::runtime_error
{
public:
  using std::runtime_error::runtime_error;
};

/** Throws a FileFault: the image is damaged or cut short, for a reason. */
[[noreturn]] Colorization_EXPORT void
ThrowDamaged(const std::string & reason);

/** Bytes whose every access is checked: beyond their end, a FileFault says that they are cut short. */
class ByteView
{
public:
  ByteView() = default;
  ByteView(const unsigned char * begin, std::size_t size)
    : m_Begin(begin)
    , m_Size(size)
  {}

  std::size_t
  GetSize() const
  {
    return m_Size;
  }
  const unsigned char *
  GetBegin() const
  {
    return m_Begin;
  }
  ByteView
  Part(std::uint64_t at, std::uint64_t size) const
  {
    this->Verify(at, size);
    return { m_Begin + at, static_cast<std::size_t>(size) };
  }
  std::string
  Text(std::uint64_t at, std::uint64_t size) const
  {
    this->Verify(at, size);
    return std::string(reinterpret_cast<const char *>(m_Begin + at), static_cast<std::size_t>(size));
  }
  bool
  HasAt(std::uint64_t at, const std::string & text) const
  {
    return at <= m_Size && text.size() <= m_Size - at && this->Text(at, text.size()) == text;
  }
  /** An unsigned number of 1 to 8 bytes. */
  std::uint64_t
  Number(std::uint64_t at, unsigned int bytes, bool isBigEndian) const
  {
    this->Verify(at, bytes);
    std::uint64_t number = 0;
    for (unsigned int k = 0; k < bytes; ++k)
    {
      number = number << 8 | m_Begin[isBigEndian ? at + k : at + bytes - 1 - k];
    }
    return number;
  }
  float
  Float(std::uint64_t at, bool isBigEndian) const;
  double
  Double(std::uint64_t at, bool isBigEndian) const;

private:
  void
  Verify(std::uint64_t at, std::uint64_t size) const
  {
    if (at > m_Size || size > m_Size - at)
    {
      ThrowDamaged("it ends before what its head says");
    }
  }

  const unsigned char * m_Begin = nullptr;
  std::size_t           m_Size = 0;
};

/** A whole file in memory, as the system shows it. */
class MappedFile
{
public:
  explicit MappedFile(const std::string & path);
  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &
  operator=(const MappedFile &) = delete;
  const ByteView &
  GetBytes() const
  {
    return m_Bytes;
  }

private:
  ByteView m_Bytes{};
};

/** Unpacks gzip, zlib or raw deflated data piece by piece, and verifies their checksums. */
class Inflater
{
public:
  enum class Kind
  {
    GzipOrZlib,
    Raw
  };
  /** Unpacks all of it, and gives each piece to `take`.
   * \throws FileFault the data are damaged or cut short */
  template <typename TTake>
  static void
  Run(const ByteView & packed, Kind kind, const TTake & take);

private:
  struct Impl;
  static void
  Inflate(const ByteView & packed,
          Kind             kind,
          void (*take)(void *, const unsigned char *, std::size_t),
          void * context);
};

template <typename TTake>
void
Inflater::Run(const ByteView & packed, Kind kind, const TTake & take)
{
  Inflate(packed,
          kind,
          [](void * context, const unsigned char * bytes, std::size_t size)
          { (*static_cast<const TTake *>(context))(bytes, size); },
          const_cast<void *>(static_cast<const void *>(&take)));
}

/** How many bytes gzip or zlib data hold. */
std::uint64_t
CountInflated(const ByteView & packed);

/** Small letters for capitals. */
std::string
LowerCase(std::string text);

bool
EndsWith(const std::string & text, const std::string & end);

} // namespace colorization
} // namespace itk

#endif
