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

#include "itk_zlib.h"

#include <algorithm>
#include <map>

namespace itk
{
namespace colorization
{
namespace
{
/** Verifies the head of a PNG: size, bits and kind of color. */
void
VerifyPNGHead(const ByteView & head)
{
  if (head.GetSize() != 13)
  {
    ThrowDamaged("its head is " + std::to_string(head.GetSize()) + " bytes long, not 13");
  }
  const std::uint64_t width = head.Number(0, 4, true);
  const std::uint64_t height = head.Number(4, 4, true);
  const std::uint64_t bits = head.Number(8, 1, true);
  const std::uint64_t kind = head.Number(9, 1, true);
  const bool          isSmall = bits == 1 || bits == 2 || bits == 4;
  const bool          isRight = (kind == 0 && (isSmall || bits == 8 || bits == 16)) || (kind == 3 && (isSmall || bits == 8)) ||
                       ((kind == 2 || kind == 4 || kind == 6) && (bits == 8 || bits == 16));
  if (width == 0 || height == 0 || width > 0x7fffffff || height > 0x7fffffff || !isRight ||
      head.Number(10, 2, true) != 0 || head.Number(12, 1, true) > 1)
  {
    ThrowDamaged("its head says " + std::to_string(width) + " x " + std::to_string(height) + " pixels of kind " +
                 std::to_string(kind) + " and " + std::to_string(bits) + " bits");
  }
}
} // namespace

void
VerifyPNG(const ByteView & bytes)
{
  if (!bytes.HasAt(0, "\x89PNG\r\n\x1a\n"))
  {
    ThrowDamaged("its first eight bytes are not those of a PNG");
  }
  std::uint64_t at = 8;
  bool          hasData = false;
  for (bool isEnd = false; !isEnd;)
  {
    const std::uint64_t length = bytes.Number(at, 4, true);
    const std::string   name = bytes.Text(at + 4, 4);
    if (!std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }))
    {
      ThrowDamaged("a chunk has no name");
    }
    const ByteView data = bytes.Part(at + 8, length);
    const auto     sum = crc32(0, bytes.Part(at + 4, length + 4).GetBegin(), static_cast<unsigned int>(length + 4));
    if (bytes.Number(at + 8 + length, 4, true) != sum)
    {
      ThrowDamaged("the checksum of its chunk " + name + " is wrong");
    }
    if ((at == 8) != (name == "IHDR"))
    {
      ThrowDamaged("its head is not the first chunk");
    }
    if (at == 8)
    {
      VerifyPNGHead(data);
    }
    hasData = hasData || name == "IDAT";
    isEnd = name == "IEND";
    at += length + 12;
  }
  if (!hasData)
  {
    ThrowDamaged("it has no pixels");
  }
}

void
VerifyJPEG(const ByteView & bytes)
{
  constexpr std::uint64_t scanMarker = 0xda;
  constexpr std::uint64_t endMarker = 0xd9;
  std::uint64_t           at = 2;
  bool                    hasFrame = false;
  bool                    hasScan = false;
  for (;;)
  {
    // Between segments, and within a scan's data, markers are what is not 0 behind 255.
    while (bytes.Number(at, 1, true) != 0xff || bytes.Number(at + 1, 1, true) == 0 || bytes.Number(at + 1, 1, true) == 0xff)
    {
      if (!hasScan && bytes.Number(at, 1, true) != 0xff)
      {
        ThrowDamaged("there is something else where a marker should be");
      }
      ++at;
    }
    const std::uint64_t marker = bytes.Number(at + 1, 1, true);
    at += 2;
    if (marker == endMarker)
    {
      break;
    }
    const bool isAlone = marker == 1 || (marker >= 0xd0 && marker <= 0xd8);
    if (isAlone)
    {
      continue;
    }
    const std::uint64_t length = bytes.Number(at, 2, true);
    if (length < 2)
    {
      ThrowDamaged("a segment is shorter than its own length");
    }
    const ByteView segment = bytes.Part(at + 2, length - 2);
    const bool     isFrame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (isFrame)
    {
      const std::uint64_t height = segment.Number(1, 2, true);
      const std::uint64_t width = segment.Number(3, 2, true);
      const std::uint64_t components = segment.Number(5, 1, true);
      if (hasFrame || width == 0 || height == 0 || segment.GetSize() != 6 + 3 * components)
      {
        ThrowDamaged("its head says " + std::to_string(width) + " x " + std::to_string(height) + " pixels of " +
                     std::to_string(components) + " components");
      }
      if (components == 4)
      {
        throw FileFault("the JPEG has four inks (CMYK), whose colors are not read rightly; RGB is.");
      }
      if (components != 1 && components != 3)
      {
        ThrowDamaged("its pixels have " + std::to_string(components) + " components");
      }
      if (segment.Number(0, 1, true) != 8)
      {
        throw FileFault("the JPEG has " + std::to_string(segment.Number(0, 1, true)) +
                        " bits a component, but 8 are read.");
      }
      hasFrame = true;
    }
    if (marker == scanMarker)
    {
      if (!hasFrame)
      {
        ThrowDamaged("its pixels come before its head");
      }
      hasScan = true;
    }
    at += length;
  }
  if (!hasScan)
  {
    ThrowDamaged("it has no pixels");
  }
}

void
VerifyBMP(const ByteView & bytes)
{
  const std::uint64_t begin = bytes.Number(10, 4, false);
  const std::uint64_t headSize = bytes.Number(14, 4, false);
  const auto          width = static_cast<std::int32_t>(bytes.Number(18, 4, false));
  const auto          signedHeight = static_cast<std::int32_t>(bytes.Number(22, 4, false));
  const std::uint64_t bits = bytes.Number(28, 2, false);
  const std::uint64_t compression = bytes.Number(30, 4, false);
  if (headSize < 40 || headSize > 124)
  {
    ThrowDamaged("its head is " + std::to_string(headSize) + " bytes long");
  }
  if (width <= 0 || signedHeight == 0 || signedHeight == INT32_MIN)
  {
    ThrowDamaged("its head says " + std::to_string(width) + " x " + std::to_string(signedHeight) + " pixels");
  }
  if ((bits != 8 && bits != 24) || compression != 0)
  {
    throw FileFault("the BMP has " + std::to_string(bits) + " bits a pixel" +
                    (compression != 0 ? ", in a packed form" : "") +
                    ", whose colors are not read rightly; BMP of 24 bits and PNG are.");
  }
  const auto          height = static_cast<std::uint64_t>(signedHeight < 0 ? -signedHeight : signedHeight);
  const std::uint64_t row = (static_cast<std::uint64_t>(width) * bits + 31) / 32 * 4;
  bytes.Part(begin, row * height);
}

namespace
{
/** A number of a TIFF's directory entry, or an offset. */
struct TiffEntry
{
  std::uint64_t type;
  std::uint64_t count;
  std::uint64_t at;
};

class TiffReader
{
public:
  explicit TiffReader(const ByteView & bytes)
    : m_Bytes(bytes)
    , m_IsBigEndian(bytes.HasAt(0, "MM"))
    , m_IsBig(bytes.Number(2, 2, m_IsBigEndian) == 43)
  {}

  void
  Verify()
  {
    std::uint64_t       at = m_Bytes.Number(m_IsBig ? 8 : 4, this->WordBytes(), m_IsBigEndian);
    std::size_t         count = 0;
    constexpr std::size_t most = 65536;
    while (at != 0)
    {
      if (++count > most)
      {
        ThrowDamaged("its directories do not end");
      }
      at = this->VerifyDirectory(at);
    }
    if (count == 0)
    {
      ThrowDamaged("it has no directory");
    }
  }

private:
  unsigned int
  WordBytes() const
  {
    return m_IsBig ? 8 : 4;
  }

  /** Returns where the next one is. */
  std::uint64_t
  VerifyDirectory(std::uint64_t at)
  {
    const unsigned int                 countBytes = m_IsBig ? 8 : 2;
    const unsigned int                 entryBytes = m_IsBig ? 20 : 12;
    const std::uint64_t                entries = m_Bytes.Number(at, countBytes, m_IsBigEndian);
    std::map<std::uint64_t, TiffEntry> found;
    if (entries == 0 || entries > 4096)
    {
      ThrowDamaged("a directory has " + std::to_string(entries) + " entries");
    }
    at += countBytes;
    for (std::uint64_t k = 0; k < entries; ++k, at += entryBytes)
    {
      TiffEntry           entry{ m_Bytes.Number(at + 2, 2, m_IsBigEndian),
                       m_Bytes.Number(at + 4, this->WordBytes(), m_IsBigEndian),
                       at + 4 + this->WordBytes() };
      const std::uint64_t bytes = TypeBytes(entry.type);
      if (bytes > 0 && entry.count > m_Bytes.GetSize() / bytes)
      {
        ThrowDamaged("a directory has an entry that is longer than the file");
      }
      if (bytes * entry.count > this->WordBytes())
      {
        entry.at = m_Bytes.Number(entry.at, this->WordBytes(), m_IsBigEndian);
        m_Bytes.Part(entry.at, bytes * entry.count);
      }
      found[m_Bytes.Number(at, 2, m_IsBigEndian)] = entry;
    }
    this->VerifyColors(found);
    this->VerifyPixels(found, 273, 279);
    this->VerifyPixels(found, 324, 325);
    if (found.count(273) == 0 && found.count(324) == 0)
    {
      ThrowDamaged("a directory has no pixels");
    }
    return m_Bytes.Number(at, this->WordBytes(), m_IsBigEndian);
  }

  static std::uint64_t
  TypeBytes(std::uint64_t type)
  {
    constexpr std::uint64_t bytes[] = { 0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8 };
    return type < std::size(bytes) ? bytes[type] : 0;
  }

  std::uint64_t
  ValueOf(const TiffEntry & entry, std::uint64_t k) const
  {
    const std::uint64_t bytes = TypeBytes(entry.type);
    if (bytes == 0 || k >= entry.count)
    {
      ThrowDamaged("an entry of its directory has no value");
    }
    return m_Bytes.Number(entry.at + k * bytes, static_cast<unsigned int>(bytes), m_IsBigEndian);
  }

  void
  VerifyColors(const std::map<std::uint64_t, TiffEntry> & found) const
  {
    const auto size = [&](std::uint64_t tag) { return found.count(tag) > 0 ? this->ValueOf(found.at(tag), 0) : 0; };
    if (size(256) == 0 || size(257) == 0)
    {
      ThrowDamaged("its head says " + std::to_string(size(256)) + " x " + std::to_string(size(257)) + " pixels");
    }
    const std::uint64_t kind = size(262);
    const bool          isLab = kind == 8 || kind == 9 || kind == 10;
    if (isLab || kind == 5)
    {
      throw FileFault(std::string("the TIFF's colors are ") + (isLab ? "CIE Lab" : "four inks (CMYK)") +
                      ", which are not read rightly; RGB is.");
    }
  }

  void
  VerifyPixels(const std::map<std::uint64_t, TiffEntry> & found, std::uint64_t offsets, std::uint64_t counts) const
  {
    // Very old files do not say how long their parts are.
    if (found.count(offsets) == 0 || found.count(counts) == 0)
    {
      return;
    }
    if (found.at(counts).count != found.at(offsets).count)
    {
      ThrowDamaged("its parts and their lengths are not of one number");
    }
    for (std::uint64_t k = 0; k < found.at(offsets).count; ++k)
    {
      m_Bytes.Part(this->ValueOf(found.at(offsets), k), this->ValueOf(found.at(counts), k));
    }
  }

  ByteView m_Bytes;
  bool     m_IsBigEndian;
  bool     m_IsBig;
};
} // namespace

void
VerifyTIFF(const ByteView & bytes)
{
  TiffReader(bytes).Verify();
}

} // namespace colorization
} // namespace itk
