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
#include "itkNiftiHeader.h"

#include "itkImageFileChecks.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>

namespace itk
{
namespace colorization
{
namespace
{
constexpr std::uint64_t FirstSize = 348;
constexpr std::uint64_t SecondSize = 540;
constexpr int           RGB24 = 128;
constexpr int           RGBA32 = 2304;

std::string
TextOf(double number)
{
  std::ostringstream text;
  text << number;
  return text.str();
}

/** Bits of NIfTI's types of numbers. */
std::uint64_t
BitsOf(int type)
{
  static const std::map<int, std::uint64_t> bits{ { 2, 8 },     { 4, 16 },    { 8, 32 },    { 16, 32 },    { 32, 64 },
                                                  { 64, 64 },   { RGB24, 24 }, { 256, 8 },   { 512, 16 },   { 768, 32 },
                                                  { 1024, 64 }, { 1280, 64 }, { 1536, 128 }, { 1792, 128 }, { 2048, 256 },
                                                  { RGBA32, 32 } };
  const auto                                found = bits.find(type);
  return found == bits.end() ? 0 : found->second;
}

bool
IsFinite(const NiftiMatrix & form)
{
  return std::all_of(form.begin(),
                     form.end(),
                     [](const std::array<double, 4> & row)
                     {
                       return std::all_of(row.begin(),
                                          row.end(),
                                          [](double value) { return std::isfinite(value) && std::abs(value) < 1e9; });
                     });
}

double
Determinant(const NiftiMatrix & m)
{
  return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
         m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

/** The form of a quaternion (b, c, d), an offset, and sizes of pixels with the sign of the third axis. */
NiftiMatrix
FormOfQuaternion(const std::array<double, 6> & numbers, const std::array<double, 8> & pixelSize)
{
  double       b = numbers[0];
  double       c = numbers[1];
  double       d = numbers[2];
  const double rest = 1.0 - (b * b + c * c + d * d);
  double       a = 0.0;
  if (rest < 1e-7)
  {
    const double scale = 1.0 / std::sqrt(b * b + c * c + d * d);
    b *= scale;
    c *= scale;
    d *= scale;
  }
  else
  {
    a = std::sqrt(rest);
  }
  const double x = pixelSize[1] > 0.0 ? pixelSize[1] : 1.0;
  const double y = pixelSize[2] > 0.0 ? pixelSize[2] : 1.0;
  const double z = (pixelSize[3] > 0.0 ? pixelSize[3] : 1.0) * (pixelSize[0] < 0.0 ? -1.0 : 1.0);
  return { { { { (a * a + b * b - c * c - d * d) * x, 2 * (b * c - a * d) * y, 2 * (b * d + a * c) * z, numbers[3] } },
             { { 2 * (b * c + a * d) * x, (a * a + c * c - b * b - d * d) * y, 2 * (c * d - a * b) * z, numbers[4] } },
             { { 2 * (b * d - a * c) * x, 2 * (c * d + a * b) * y, (a * a + d * d - c * c - b * b) * z, numbers[5] } } } };
}

/** What differs between the two versions of the format. */
struct Places
{
  std::uint64_t dimensions;
  unsigned int  dimensionBytes;
  std::uint64_t type;
  std::uint64_t pixelSize;
  std::uint64_t dataBegin;
  std::uint64_t slope;
  std::uint64_t units;
  std::uint64_t codes;
  unsigned int  codeBytes;
  std::uint64_t quaternion;
  std::uint64_t rows;
};
constexpr Places FirstPlaces{ 40, 2, 70, 76, 108, 112, 123, 252, 2, 256, 280 };
constexpr Places SecondPlaces{ 16, 8, 12, 104, 168, 176, 500, 344, 4, 352, 400 };

/** Whether the path of a header and of data part, and where the data are. */
std::string
DataPathOf(const std::string & path)
{
  const std::string name = LowerCase(path);
  for (const char * ending : { ".hdr", ".hdr.gz" })
  {
    if (EndsWith(name, ending))
    {
      const std::string stem = path.substr(0, path.size() - std::strlen(ending));
      for (const char * data : { ".img", ".img.gz", ".IMG", ".IMG.GZ" })
      {
        if (std::filesystem::exists(stem + data))
        {
          return stem + data;
        }
      }
      throw FileFault("the file with its pixels, " + stem + ".img, is not there.");
    }
  }
  return path;
}

std::string
HeaderPathOf(const std::string & path)
{
  const std::string name = LowerCase(path);
  for (const char * ending : { ".img", ".img.gz" })
  {
    if (EndsWith(name, ending))
    {
      const std::string stem = path.substr(0, path.size() - std::strlen(ending));
      for (const char * header : { ".hdr", ".hdr.gz", ".HDR", ".HDR.GZ" })
      {
        if (std::filesystem::exists(stem + header))
        {
          return stem + header;
        }
      }
      throw FileFault("the file with its head, " + stem + ".hdr, is not there.");
    }
  }
  return path;
}

template <typename T>
std::size_t
CountNonFinite(const std::vector<unsigned char> & block, bool isBigEndian)
{
  std::size_t    count = 0;
  const ByteView view(block.data(), block.size());
  for (std::size_t k = 0; k + sizeof(T) <= block.size(); k += sizeof(T))
  {
    const double value = sizeof(T) == 4 ? view.Float(k, isBigEndian) : view.Double(k, isBigEndian);
    count += std::isfinite(value) ? 0 : 1;
  }
  return count;
}

/** Takes a stream of bytes, finds the data in it, and counts those and values that are no numbers. */
class DataCounter
{
public:
  DataCounter(const NiftiHeader & header, std::uint64_t begin)
    : m_Header(header)
    , m_Skip(begin)
    , m_Left(header.DataBytes())
  {}

  void
  Take(const unsigned char * bytes, std::size_t size)
  {
    const auto skipped = std::min<std::uint64_t>(size, m_Skip);
    m_Skip -= skipped;
    const auto used = std::min<std::uint64_t>(size - skipped, m_Left);
    m_Left -= used;
    constexpr int float32 = 16;
    constexpr int float64 = 64;
    if (m_Header.type != float32 && m_Header.type != float64)
    {
      return;
    }
    const std::size_t step = m_Header.type == float32 ? 4 : 8;
    m_Block.insert(m_Block.end(), bytes + skipped, bytes + skipped + used);
    const std::size_t kept = m_Block.size() % step;
    std::vector<unsigned char> rest(m_Block.end() - static_cast<std::ptrdiff_t>(kept), m_Block.end());
    m_Block.resize(m_Block.size() - kept);
    m_NonFinite += step == 4 ? CountNonFinite<float>(m_Block, m_Header.isBigEndian)
                             : CountNonFinite<double>(m_Block, m_Header.isBigEndian);
    m_Block.swap(rest);
  }

  void
  Conclude() const
  {
    if (m_Left > 0)
    {
      ThrowDamaged("its pixels need " + std::to_string(m_Header.DataBytes()) + " bytes, but " +
                   std::to_string(m_Header.DataBytes() - m_Left) + " are there");
    }
    if (m_NonFinite > 0)
    {
      throw FileFault("The input holds " + std::to_string(m_NonFinite) + " values that are NaN or infinite.");
    }
  }

private:
  const NiftiHeader &        m_Header;
  std::uint64_t              m_Skip;
  std::uint64_t              m_Left;
  std::vector<unsigned char> m_Block{};
  std::size_t                m_NonFinite = 0;
};

bool
IsGzip(const ByteView & bytes)
{
  return bytes.HasAt(0, "\x1f\x8b");
}

/** Verifies that sizes, types and scales are those of an image. */
void
VerifyNumbers(const NiftiHeader & header, std::uint64_t dimensions)
{
  std::uint64_t pixels = 1;
  for (std::uint64_t axis = 1; axis <= dimensions; ++axis)
  {
    const std::uint64_t size = header.size[axis];
    if (size == 0 || size > 0x7fffffff || pixels > (std::uint64_t(1) << 46) / size)
    {
      ThrowDamaged("its size along axis " + std::to_string(axis) + " is " +
                   std::to_string(static_cast<std::int64_t>(size)));
    }
    pixels *= size;
  }
  if (BitsOf(header.type) == 0 || (header.bits != 0 && header.bits != BitsOf(header.type)))
  {
    ThrowDamaged("its numbers are of type " + std::to_string(header.type) + " and " + std::to_string(header.bits) +
                 " bits, which NIfTI does not know");
  }
  if (!std::isfinite(header.slope) || !std::isfinite(header.intercept))
  {
    ThrowDamaged("the scale of its values is not finite");
  }
  if (!(header.dataBegin >= 0.0 && header.dataBegin < 1e9))
  {
    ThrowDamaged("its pixels begin at byte " + TextOf(header.dataBegin));
  }
  const bool isColor = header.type == RGB24 || header.type == RGBA32;
  if (isColor && header.slope != 0.0 && (header.slope != 1.0 || header.intercept != 0.0))
  {
    throw FileFault("the colors are packed in bytes, but have a scale (slope " + TextOf(header.slope) + ", intercept " +
                    TextOf(header.intercept) + "), which has no meaning for them.");
  }
}

/** Verifies that the forms that count are finite and not flat. */
void
VerifyForms(const NiftiHeader & header, std::uint64_t dimensions)
{
  for (std::uint64_t axis = 0; axis <= dimensions; ++axis)
  {
    if (!std::isfinite(header.pixelSize[axis]) || std::abs(header.pixelSize[axis]) > 1e9)
    {
      ThrowDamaged("the size of its pixels is not finite");
    }
  }
  if (header.qformCode > 0 && !IsFinite(header.qform))
  {
    ThrowDamaged("its qform, which says where it lies, is not finite");
  }
  if (header.sformCode > 0 && !IsFinite(header.sform))
  {
    ThrowDamaged("its sform, which says where it lies, is not finite");
  }
  if (header.sformCode > 0 && !(std::abs(Determinant(header.sform)) > 1e-12))
  {
    ThrowDamaged("its sform, which says where it lies, has no volume");
  }
  const double shear = header.sformCode > 0 ? ShearOf(header.sform) : 0.0;
  constexpr double most = 1e-3;
  if (shear > most && (header.qformCode == 0 || header.sformCode == 1 || header.sformCode == 2))
  {
    throw FileFault("the axes of the image are not perpendicular (its sform has a shear of " + TextOf(shear) +
                    "), but have to be within " + TextOf(most) + ": resample it first.");
  }
}
} // namespace

std::uint64_t
NiftiHeader::DataBytes() const
{
  std::uint64_t bytes = BitsOf(type) / 8;
  for (std::uint64_t axis = 1; axis <= size[0]; ++axis)
  {
    bytes *= size[axis];
  }
  return bytes;
}

NiftiHeader
ReadNiftiHeader(const ByteView & bytes)
{
  NiftiHeader header;
  const auto  little = bytes.Number(0, 4, false);
  const auto  big = bytes.Number(0, 4, true);
  header.isBigEndian = big == FirstSize || big == SecondSize;
  const auto size = header.isBigEndian ? big : little;
  if (size != FirstSize && size != SecondSize)
  {
    throw FileFault("this is no image in a format that can be read: its head is not that of NIfTI or Analyze.");
  }
  header.isSecondVersion = size == SecondSize;
  bytes.Part(0, size);
  const bool     swap = header.isBigEndian;
  const Places & at = header.isSecondVersion ? SecondPlaces : FirstPlaces;
  const unsigned int realBytes = header.isSecondVersion ? 8 : 4;
  const auto         real = [&](std::uint64_t place)
  { return realBytes == 8 ? bytes.Double(place, swap) : static_cast<double>(bytes.Float(place, swap)); };
  header.isNifti = header.isSecondVersion || bytes.HasAt(344, "n+1") || bytes.HasAt(344, "ni1");
  const std::uint64_t dimensions = bytes.Number(at.dimensions, at.dimensionBytes, swap);
  if (dimensions < 1 || dimensions > 7)
  {
    ThrowDamaged("its head says that it has " + std::to_string(dimensions) + " axes");
  }
  header.size[0] = dimensions;
  for (std::uint64_t axis = 1; axis <= dimensions; ++axis)
  {
    const std::uint64_t raw = bytes.Number(at.dimensions + axis * at.dimensionBytes, at.dimensionBytes, swap);
    // Negative sizes are huge.
    header.size[axis] = at.dimensionBytes == 2 && raw > 0x7fff ? raw | ~std::uint64_t(0xffff) : raw;
  }
  header.type = static_cast<int>(bytes.Number(at.type, 2, swap));
  header.bits = bytes.Number(at.type + 2, 2, swap);
  for (std::size_t k = 0; k < header.pixelSize.size(); ++k)
  {
    header.pixelSize[k] = real(at.pixelSize + k * realBytes);
  }
  header.dataBegin = header.isSecondVersion ? static_cast<double>(bytes.Number(at.dataBegin, 8, swap))
                                            : real(at.dataBegin);
  if (header.isNifti)
  {
    header.slope = real(at.slope);
    header.intercept = real(at.slope + realBytes);
    constexpr std::uint64_t meters = 1;
    constexpr std::uint64_t micrometers = 3;
    const auto              unit = bytes.Number(at.units, header.isSecondVersion ? 4 : 1, swap) & 7;
    header.unit = unit == meters ? 1000.0 : unit == micrometers ? 0.001 : 1.0;
    header.qformCode = static_cast<int>(bytes.Number(at.codes, at.codeBytes, swap));
    header.sformCode = static_cast<int>(bytes.Number(at.codes + at.codeBytes, at.codeBytes, swap));
    std::array<double, 6> quaternion{};
    for (std::size_t k = 0; k < quaternion.size(); ++k)
    {
      quaternion[k] = real(at.quaternion + k * realBytes);
    }
    header.qform = FormOfQuaternion(quaternion, header.pixelSize);
    for (std::size_t k = 0; k < 12; ++k)
    {
      header.sform[k / 4][k % 4] = real(at.rows + k * realBytes);
    }
  }
  VerifyNumbers(header, dimensions);
  VerifyForms(header, dimensions);
  return header;
}

std::string
ReadNiftiHeaderBytes(const std::string & path)
{
  const MappedFile file(HeaderPathOf(path));
  const ByteView & bytes = file.GetBytes();
  if (!IsGzip(bytes))
  {
    return bytes.Text(0, std::min<std::uint64_t>(bytes.GetSize(), SecondSize));
  }
  struct Enough
  {};
  std::string head;
  try
  {
    Inflater::Run(bytes,
                  Inflater::Kind::GzipOrZlib,
                  [&](const unsigned char * begin, std::size_t size)
                  {
                    head.append(reinterpret_cast<const char *>(begin),
                                std::min<std::size_t>(size, SecondSize - head.size()));
                    if (head.size() == SecondSize)
                    {
                      throw Enough();
                    }
                  });
  }
  catch (const Enough &)
  {}
  return head;
}

double
LargestDistance(const NiftiHeader & header, const NiftiMatrix & one, const NiftiMatrix & other)
{
  double largest = 0.0;
  for (unsigned int corner = 0; corner < 8; ++corner)
  {
    double square = 0.0;
    for (std::size_t row = 0; row < 3; ++row)
    {
      double difference = one[row][3] - other[row][3];
      for (std::size_t axis = 0; axis < 3; ++axis)
      {
        const bool   isFar = (corner >> axis & 1) != 0 && axis + 1 <= header.size[0];
        const double index = isFar ? static_cast<double>(header.size[axis + 1]) - 1.0 : 0.0;
        difference += (one[row][axis] - other[row][axis]) * index;
      }
      square += difference * difference;
    }
    largest = std::max(largest, std::sqrt(square));
  }
  return largest * header.unit;
}

double
ShearOf(const NiftiMatrix & form)
{
  double largest = 0.0;
  for (std::size_t i = 0; i < 3; ++i)
  {
    for (std::size_t j = i + 1; j < 3; ++j)
    {
      double product = 0.0;
      double first = 0.0;
      double second = 0.0;
      for (std::size_t row = 0; row < 3; ++row)
      {
        product += form[row][i] * form[row][j];
        first += form[row][i] * form[row][i];
        second += form[row][j] * form[row][j];
      }
      largest = std::max(largest, std::abs(product) / std::sqrt(first * second));
    }
  }
  return largest;
}

void
VerifyNifti(const std::string & path)
{
  if (EndsWith(LowerCase(path), ".nia"))
  {
    throw FileFault("this is NIfTI in letters, which is not read; .nii and .nii.gz are.");
  }
  const std::string head = ReadNiftiHeaderBytes(path);
  const ByteView    headBytes(reinterpret_cast<const unsigned char *>(head.data()), head.size());
  const NiftiHeader header = ReadNiftiHeader(headBytes);
  const std::string dataPath = DataPathOf(path);
  const bool        isSingle = dataPath == path && HeaderPathOf(path) == path;
  if (isSingle && header.dataBegin < static_cast<double>(header.isSecondVersion ? SecondSize : FirstSize))
  {
    ThrowDamaged("its pixels begin within its head");
  }
  const MappedFile file(dataPath);
  const ByteView & bytes = file.GetBytes();
  DataCounter      counter(header, static_cast<std::uint64_t>(header.dataBegin));
  if (IsGzip(bytes))
  {
    Inflater::Run(bytes,
                  Inflater::Kind::GzipOrZlib,
                  [&](const unsigned char * begin, std::size_t size) { counter.Take(begin, size); });
  }
  else
  {
    constexpr std::size_t step = 1 << 20;
    for (std::size_t at = 0; at < bytes.GetSize(); at += step)
    {
      counter.Take(bytes.GetBegin() + at, std::min(step, bytes.GetSize() - at));
    }
  }
  counter.Conclude();
}

} // namespace colorization
} // namespace itk
