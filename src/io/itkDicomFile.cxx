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
#include "itkDicomFile.h"

#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <limits>
#include <map>
#include <sstream>

namespace itk
{
namespace colorization
{
namespace
{
constexpr std::uint32_t Undefined = 0xffffffff;
constexpr std::uint32_t Item = 0xfffee000;
constexpr std::uint32_t ItemEnd = 0xfffee00d;
constexpr std::uint32_t SequenceEnd = 0xfffee0dd;
constexpr std::uint32_t PixelData = 0x7fe00010;
constexpr std::uint32_t PerFrameGroups = 0x52009230;
constexpr std::uint32_t SharedGroups = 0x52009229;
constexpr unsigned int  DeepestSequence = 64;

constexpr const char * ImplicitLittle = "1.2.840.10008.1.2";
constexpr const char * DeflatedLittle = "1.2.840.10008.1.2.1.99";
constexpr const char * ExplicitBig = "1.2.840.10008.1.2.2";

std::string
TagText(std::uint32_t tag)
{
  std::ostringstream text;
  text << '(' << std::hex << std::setfill('0') << std::setw(4) << (tag >> 16) << ',' << std::setw(4) << (tag & 0xffff)
       << ')';
  return text.str();
}

bool
IsRepresentation(const std::string & letters)
{
  static const std::string known = "AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC "
                                   "UI UL UN UR US UT UV";
  const std::size_t        at = known.find(letters);
  return letters.size() == 2 && letters[0] != ' ' && letters[1] != ' ' && at != std::string::npos && at % 3 == 0;
}

/** Whether the length of an element's value takes four bytes behind two that are not used. */
bool
HasLongLength(const std::string & letters)
{
  static const std::string those = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";
  return those.find(letters) != std::string::npos;
}

/** Bytes of one number of an element; 1 for texts. */
unsigned int
NumberBytes(const std::string & letters)
{
  static const std::map<std::string, unsigned int> bytes{ { "AT", 4 }, { "FD", 8 }, { "FL", 4 }, { "OD", 8 },
                                                          { "OF", 4 }, { "OL", 4 }, { "OV", 8 }, { "SL", 4 },
                                                          { "SS", 2 }, { "SV", 8 }, { "UL", 4 }, { "US", 2 },
                                                          { "UV", 8 } };
  const auto                                       found = bytes.find(letters);
  return found == bytes.end() ? 1 : found->second;
}

std::string
Trimmed(std::string text)
{
  text.erase(std::find(text.begin(), text.end(), '\0'), text.end());
  text.erase(text.find_last_not_of(' ') + 1);
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

/** Numbers parted by backslashes. */
std::vector<double>
NumbersOf(const std::string & text, std::uint32_t tag)
{
  std::vector<double> numbers;
  std::istringstream  parts(text);
  for (std::string part; std::getline(parts, part, '\\');)
  {
    part = Trimmed(part);
    char *       end = nullptr;
    const double number = std::strtod(part.c_str(), &end);
    if (part.empty() || *end != '\0' || !(std::abs(number) <= std::numeric_limits<float>::max()))
    {
      ThrowDamaged("its element " + TagText(tag) + " is \"" + part.substr(0, 20) + "\", which is no number");
    }
    numbers.push_back(number);
  }
  return numbers;
}

struct Syntax
{
  bool isImplicit = false;
  bool isBigEndian = false;
};

/** Goes through elements one by one, and keeps what a DicomFile has. */
class Walker
{
public:
  DicomFile file{};

  void
  WalkFile(const ByteView & bytes)
  {
    std::uint64_t at = bytes.HasAt(128, "DICM") ? 132 : 0;
    Syntax        syntax;
    if (at == 0)
    {
      syntax.isImplicit = !IsRepresentation(bytes.Text(4, 2));
    }
    // The first group has a syntax of its own.
    while (at < bytes.GetSize() && bytes.Number(at, 2, false) == 2)
    {
      at = this->WalkElement(bytes, at, syntax, 0);
    }
    if (file.transferSyntax == ImplicitLittle)
    {
      syntax.isImplicit = true;
    }
    syntax.isBigEndian = file.transferSyntax == ExplicitBig;
    if (file.transferSyntax == DeflatedLittle)
    {
      std::vector<unsigned char> inflated;
      Inflater::Run(bytes.Part(at, bytes.GetSize() - at),
                    Inflater::Kind::Raw,
                    [&](const unsigned char * begin, std::size_t size)
                    { inflated.insert(inflated.end(), begin, begin + size); });
      this->WalkAll({ inflated.data(), inflated.size() }, 0, syntax);
    }
    else
    {
      this->WalkAll(bytes, at, syntax);
    }
    this->Conclude();
  }

private:
  void
  WalkAll(const ByteView & bytes, std::uint64_t at, const Syntax & syntax)
  {
    while (at < bytes.GetSize())
    {
      at = this->WalkElement(bytes, at, syntax, 0);
    }
  }

  /** Returns where the next one begins. */
  std::uint64_t
  WalkElement(const ByteView & bytes, std::uint64_t at, const Syntax & syntax, unsigned int depth)
  {
    const auto          tag = TagAt(bytes, at, syntax.isBigEndian);
    const std::uint64_t begin = at;
    std::string         letters = "UN";
    std::uint64_t       length = 0;
    at += 4;
    if (syntax.isImplicit)
    {
      length = bytes.Number(at, 4, syntax.isBigEndian);
      at += 4;
    }
    else
    {
      letters = bytes.Text(at, 2);
      if (!IsRepresentation(letters))
      {
        ThrowDamaged("its element " + TagText(tag) + " has no type that DICOM knows");
      }
      const bool isLong = HasLongLength(letters);
      length = bytes.Number(isLong ? at + 4 : at + 2, isLong ? 4 : 2, syntax.isBigEndian);
      at += isLong ? 8 : 4;
    }
    if (depth == 0 && begin > 0 && tag < m_LastTag && tag >> 16 != 2)
    {
      ThrowDamaged("its element " + TagText(tag) + " comes after " + TagText(m_LastTag));
    }
    m_LastTag = depth == 0 ? tag : m_LastTag;
    if (tag == PixelData && depth == 0)
    {
      return this->WalkPixels(bytes, at, length, syntax);
    }
    if (letters == "SQ" || length == Undefined || (syntax.isImplicit && IsKnownSequence(tag)))
    {
      const Syntax inner{ syntax.isImplicit || letters == "UN", syntax.isBigEndian };
      return this->WalkSequence(bytes, at, length, tag, inner, depth + 1);
    }
    if (length > bytes.GetSize() - at)
    {
      ThrowDamaged("its element " + TagText(tag) + " is " + std::to_string(length) + " bytes long, but " +
                   std::to_string(bytes.GetSize() - at) + " are left");
    }
    if (length % NumberBytes(letters) != 0)
    {
      ThrowDamaged("its element " + TagText(tag) + " is " + std::to_string(length) + " bytes long, but its numbers are "
                   "of " + std::to_string(NumberBytes(letters)));
    }
    this->Keep(tag, bytes.Part(at, length), syntax.isBigEndian);
    return at + length;
  }

  static std::uint32_t
  TagAt(const ByteView & bytes, std::uint64_t at, bool isBigEndian)
  {
    return static_cast<std::uint32_t>(bytes.Number(at, 2, isBigEndian) << 16 | bytes.Number(at + 2, 2, isBigEndian));
  }

  /** Sequences on the way to frames' positions, which implicit files do not name as such. */
  static bool
  IsKnownSequence(std::uint32_t tag)
  {
    return tag == PerFrameGroups || tag == SharedGroups || tag == 0x00209113 || tag == 0x00209116 ||
           tag == 0x00289110 || tag == 0x00289145;
  }

  std::uint64_t
  WalkSequence(const ByteView & bytes,
               std::uint64_t    at,
               std::uint64_t    length,
               std::uint32_t    tag,
               const Syntax &   syntax,
               unsigned int     depth)
  {
    if (depth > DeepestSequence)
    {
      ThrowDamaged("its sequences are nested without end");
    }
    const bool isOpen = length == Undefined;
    if (!isOpen && length > bytes.GetSize() - at)
    {
      ThrowDamaged("its sequence " + TagText(tag) + " ends behind the file");
    }
    const std::uint64_t end = isOpen ? bytes.GetSize() : at + length;
    m_Path.push_back(tag);
    std::size_t count = 0;
    while (at < end || isOpen)
    {
      const auto          item = TagAt(bytes, at, syntax.isBigEndian);
      const std::uint64_t itemLength = bytes.Number(at + 4, 4, syntax.isBigEndian);
      at += 8;
      if (isOpen && item == SequenceEnd)
      {
        break;
      }
      if (item != Item || (itemLength != Undefined && itemLength > end - at))
      {
        ThrowDamaged("its sequence " + TagText(tag) + " holds something else than items");
      }
      if (tag == PerFrameGroups)
      {
        m_Frame = count;
        m_Frames.resize(std::max(m_Frames.size(), count + 1));
      }
      ++count;
      at = this->WalkItem(bytes, at, itemLength, syntax, depth);
    }
    m_Path.pop_back();
    return at;
  }

  std::uint64_t
  WalkItem(const ByteView & bytes,
           std::uint64_t    at,
           std::uint64_t    length,
           const Syntax &   syntax,
           unsigned int     depth)
  {
    const bool          isOpen = length == Undefined;
    const std::uint64_t end = isOpen ? bytes.GetSize() : at + length;
    while (at < end || isOpen)
    {
      if (isOpen && TagAt(bytes, at, syntax.isBigEndian) == ItemEnd)
      {
        return at + 8;
      }
      at = this->WalkElement(bytes, at, syntax, depth);
    }
    if (at != end)
    {
      ThrowDamaged("an element ends behind its item");
    }
    return at;
  }

  /** Pixels as they are, or in fragments that are compressed. */
  std::uint64_t
  WalkPixels(const ByteView & bytes, std::uint64_t at, std::uint64_t length, const Syntax & syntax)
  {
    m_HasPixels = true;
    m_IsCompressed = length == Undefined;
    if (!m_IsCompressed)
    {
      m_PixelBytes = std::min<std::uint64_t>(length, bytes.GetSize() - at);
      return at + m_PixelBytes;
    }
    for (;;)
    {
      const auto          item = TagAt(bytes, at, syntax.isBigEndian);
      const std::uint64_t itemLength = bytes.Number(at + 4, 4, syntax.isBigEndian);
      at += 8;
      if (item == SequenceEnd)
      {
        return at;
      }
      if (item != Item || itemLength > bytes.GetSize() - at)
      {
        ThrowDamaged("its compressed pixels do not end");
      }
      ++m_Fragments;
      at += itemLength;
    }
  }

  void
  Keep(std::uint32_t tag, const ByteView & value, bool isBigEndian)
  {
    if (m_Path.empty())
    {
      this->KeepOfFile(tag, value, isBigEndian);
    }
    DicomFrame * frame = &m_Common;
    if (!m_Path.empty() && m_Path.front() == PerFrameGroups)
    {
      frame = &m_Frames[m_Frame];
    }
    else if (!m_Path.empty() && m_Path.front() != SharedGroups)
    {
      return;
    }
    switch (tag)
    {
      case 0x00200032:
        KeepNumbers(frame->position, value, tag, 3);
        break;
      case 0x00200037:
        KeepNumbers(frame->orientation, value, tag, 6);
        break;
      case 0x00280030:
        KeepNumbers(frame->spacing, value, tag, 2);
        break;
      case 0x00180050:
        KeepNumbers(frame->thickness, value, tag, 1);
        break;
      case 0x00281052:
        KeepNumbers(frame->rescale[0], value, tag, 1);
        break;
      case 0x00281053:
        KeepNumbers(frame->rescale[1], value, tag, 1);
        break;
      default:
        break;
    }
  }

  static void
  KeepNumbers(std::vector<double> & numbers, const ByteView & value, std::uint32_t tag, std::size_t wanted)
  {
    numbers = NumbersOf(value.Text(0, value.GetSize()), tag);
    if (!numbers.empty() && numbers.size() != wanted)
    {
      ThrowDamaged("its element " + TagText(tag) + " has " + std::to_string(numbers.size()) + " numbers, not " +
                   std::to_string(wanted));
    }
  }

  void
  KeepOfFile(std::uint32_t tag, const ByteView & value, bool isBigEndian)
  {
    const auto text = [&]() { return Trimmed(value.Text(0, value.GetSize())); };
    const auto number = [&]() -> std::uint64_t
    {
      if (value.GetSize() != 2)
      {
        ThrowDamaged("its element " + TagText(tag) + " is " + std::to_string(value.GetSize()) +
                     " bytes long, but has to be one number of 2");
      }
      return value.Number(0, 2, isBigEndian);
    };
    switch (tag)
    {
      case 0x00020010:
        file.transferSyntax = text();
        break;
      case 0x00080008:
        file.imageType = text();
        break;
      case 0x00020002:
      case 0x00080016:
        file.classUID = text();
        break;
      case 0x00080018:
        file.instanceUID = text();
        break;
      case 0x00080060:
        file.modality = text();
        break;
      case 0x0008103e:
        file.description = text();
        break;
      case 0x0020000e:
        file.seriesUID = text();
        break;
      case 0x00200013:
        file.instanceNumber = NumbersOf(text(), tag);
        break;
      case 0x00280002:
        file.samples = number();
        break;
      case 0x00280008:
        m_FrameCount = NumbersOf(text(), tag);
        break;
      case 0x00280010:
        file.rows = number();
        break;
      case 0x00280011:
        file.columns = number();
        break;
      case 0x00280100:
        file.bits = number();
        break;
      default:
        break;
    }
  }

  /** Verifies that there is an image, and that it is whole. */
  void
  Conclude()
  {
    if (file.classUID == "1.2.840.10008.1.3.10")
    {
      throw NoDicomImage("this is a DICOMDIR: a list of files, without an image.");
    }
    if (file.classUID == "1.2.840.10008.5.1.4.1.1.481.2")
    {
      throw NoDicomImage("this is a DICOM object of radiation dose, which is no image of a body.");
    }
    if (!m_HasPixels || file.rows == 0 || file.columns == 0)
    {
      throw NoDicomImage("this DICOM object holds no image" +
                      (file.modality.empty() ? std::string() : " (its modality is " + file.modality + ')') + '.');
    }
    const double frames = m_FrameCount.empty() ? 1.0 : m_FrameCount.front();
    if (!(frames >= 1.0) || frames > 1e6 || (file.samples != 1 && file.samples != 3 && file.samples != 4) ||
        (file.bits != 1 && file.bits != 8 && file.bits != 16 && file.bits != 32 && file.bits != 64))
    {
      std::ostringstream reason;
      reason << "it says that it has " << frames << " frames of " << file.samples << " components of " << file.bits
             << " bits";
      ThrowDamaged(reason.str());
    }
    const auto          count = static_cast<std::uint64_t>(frames);
    const std::uint64_t wanted = (file.rows * file.columns * file.samples * count * file.bits + 7) / 8;
    // Of 4:2:2, every second pixel has its own chroma.
    if (!m_IsCompressed && m_PixelBytes < wanted - (file.samples == 3 ? wanted / 3 : 0))
    {
      ThrowDamaged("its pixels need " + std::to_string(wanted) + " bytes, but " + std::to_string(m_PixelBytes) +
                   " are there");
    }
    if (m_IsCompressed && m_Fragments < 2)
    {
      ThrowDamaged("it has no compressed pixels");
    }
    if (!m_Frames.empty() && m_Frames.size() != count)
    {
      ThrowDamaged("it has " + std::to_string(count) + " frames, but says where " + std::to_string(m_Frames.size()) +
                   " are");
    }
    file.frames.assign(count, m_Common);
    for (std::size_t k = 0; k < m_Frames.size(); ++k)
    {
      const auto take = [](std::vector<double> & to, const std::vector<double> & from) { to = from.empty() ? to : from; };
      take(file.frames[k].position, m_Frames[k].position);
      take(file.frames[k].orientation, m_Frames[k].orientation);
      take(file.frames[k].spacing, m_Frames[k].spacing);
      take(file.frames[k].thickness, m_Frames[k].thickness);
      take(file.frames[k].rescale[0], m_Frames[k].rescale[0]);
      take(file.frames[k].rescale[1], m_Frames[k].rescale[1]);
    }
  }

  std::uint32_t              m_LastTag = 0;
  std::vector<std::uint32_t> m_Path{};
  std::size_t                m_Frame = 0;
  std::vector<DicomFrame>    m_Frames{};
  DicomFrame                 m_Common{};
  std::vector<double>        m_FrameCount{};
  bool                       m_HasPixels = false;
  bool                       m_IsCompressed = false;
  std::uint64_t              m_PixelBytes = 0;
  std::uint64_t              m_Fragments = 0;
};
} // namespace

bool
IsDicom(const ByteView & bytes)
{
  if (bytes.HasAt(128, "DICM"))
  {
    return true;
  }
  if (bytes.GetSize() < 16)
  {
    return false;
  }
  const std::uint64_t group = bytes.Number(0, 2, false);
  const std::uint64_t element = bytes.Number(2, 2, false);
  const bool          isFirst = (group == 2 || group == 8) && element <= 0x18;
  return isFirst && (IsRepresentation(bytes.Text(4, 2)) || bytes.Number(4, 4, false) <= 64);
}

DicomFile
ReadDicomBytes(const ByteView & bytes)
{
  Walker walker;
  walker.WalkFile(bytes);
  return walker.file;
}

DicomFile
ReadDicomFile(const std::string & path)
{
  const MappedFile mapped(path);
  DicomFile        file = ReadDicomBytes(mapped.GetBytes());
  file.path = path;
  return file;
}

} // namespace colorization
} // namespace itk
