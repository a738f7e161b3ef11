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
#include "itkColorAtlas.h"

#include "itkColorAtlasFile.h"
#include "itkColorSpace.h"

#include <cmath>
#include <limits>
#include <sstream>

namespace itk
{
namespace
{
using ImageType = ColorAtlas::ColorImageType;
using LevelType = ColorAtlas::LevelType;

constexpr unsigned char Cavity = 128;
constexpr unsigned char Tissue = 255;

[[noreturn]] void
ThrowSentence(const std::string & sentence)
{
  ExceptionObject exception(__FILE__, __LINE__, sentence, "ColorAtlas");
  throw exception;
}

/** Runs what reads or writes a file; its errors are sentences already. */
template <typename TWork>
auto
OrThrow(const TWork & work) -> decltype(work())
{
  try
  {
    return work();
  }
  catch (const std::runtime_error & error)
  {
    ThrowSentence(error.what());
  }
}

/** What is written and read back is the same number. */
double
Rounded(double value, double perUnit)
{
  return std::round(value * perUnit) / perUnit;
}

/** Throws an exception unless the direction's columns are of length 1 and perpendicular. */
void
VerifyDirection(const ImageType * image)
{
  constexpr double tolerance = 1e-3;
  const auto &     direction = image->GetDirection();
  for (unsigned int i = 0; i < 3; ++i)
  {
    for (unsigned int k = 0; k < 3; ++k)
    {
      const double product =
        direction(0, i) * direction(0, k) + direction(1, i) * direction(1, k) + direction(2, i) * direction(2, k);
      if (!(std::abs(product - (i == k ? 1.0 : 0.0)) <= tolerance))
      {
        ThrowSentence("The direction's columns are not of length 1 and perpendicular to each other.");
      }
    }
  }
}

/** Sums over a slice. */
struct SliceSums
{
  std::array<double, 2>       place{};
  std::array<double, 2>       lowest{ { std::numeric_limits<double>::max(), std::numeric_limits<double>::max() } };
  std::array<double, 2>       highest{ { -1.0, -1.0 } };
  std::array<double, 3>       lab{};
  std::array<std::size_t, 16> lightness{};
  std::size_t                 body = 0;
  std::size_t                 tissue = 0;

  void
  AddBody(const std::array<double, 2> & index)
  {
    ++body;
    for (unsigned int axis = 0; axis < 2; ++axis)
    {
      place[axis] += index[axis];
      lowest[axis] = std::min(lowest[axis], index[axis]);
      highest[axis] = std::max(highest[axis], index[axis]);
    }
  }

  void
  AddTissue(const ImageType::PixelType & pixel)
  {
    ++tissue;
    const colorization::Color color =
      colorization::RGBToLab({ { pixel[0] / 255.0f, pixel[1] / 255.0f, pixel[2] / 255.0f } });
    for (unsigned int c = 0; c < 3; ++c)
    {
      lab[c] += color[c];
    }
    ++lightness[static_cast<std::size_t>(std::min(std::max(color[0] * 0.16f, 0.0f), 15.0f))];
  }
};

/** The descriptors of a slice. Throws an exception if a voxel is of no known kind. */
LevelType
DescribeSlice(const ImageType * image, SizeValueType slice)
{
  const auto                   region = image->GetBufferedRegion();
  const SizeValueType          width = region.GetSize(0);
  const SizeValueType          pixels = width * region.GetSize(1);
  const ImageType::PixelType * voxels = image->GetBufferPointer() + slice * pixels;
  SliceSums                    sums;
  for (SizeValueType i = 0; i < pixels; ++i)
  {
    const unsigned char kind = voxels[i][3];
    if (kind != 0)
    {
      sums.AddBody({ { static_cast<double>(i % width), static_cast<double>(i / width) } });
    }
    if (kind == Tissue)
    {
      sums.AddTissue(voxels[i]);
    }
    else if (kind != 0 && kind != Cavity)
    {
      ThrowSentence("The alpha of a voxel is " + std::to_string(kind) +
                    ", but has to be 0 (outside), 128 (cavity) or 255 (tissue).");
    }
  }
  LevelType level;
  level.isPhotographed = true;
  if (sums.body > 0)
  {
    const auto                 spacing = image->GetSpacing();
    ContinuousIndex<double, 3> center;
    Point<double, 3>           centroid;
    level.bodyArea = Rounded(static_cast<double>(sums.body) * spacing[0] * spacing[1], 100.0);
    for (unsigned int axis = 0; axis < 2; ++axis)
    {
      center[axis] = sums.place[axis] / static_cast<double>(sums.body) + static_cast<double>(region.GetIndex(axis));
      level.extents[axis] = Rounded((sums.highest[axis] - sums.lowest[axis] + 1.0) * spacing[axis], 100.0);
    }
    center[2] = static_cast<double>(region.GetIndex(2)) + static_cast<double>(slice);
    image->TransformContinuousIndexToPhysicalPoint(center, centroid);
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      level.centroid[axis] = Rounded(centroid[axis], 100.0);
    }
  }
  for (std::size_t bin = 0; bin < sums.lightness.size() && sums.tissue > 0; ++bin)
  {
    // One voxel of a large slice is not 0.
    level.lightnessHistogram[bin] =
      Rounded(static_cast<double>(sums.lightness[bin]) / static_cast<double>(sums.tissue), 1e8);
  }
  for (unsigned int c = 0; c < 3 && sums.tissue > 0; ++c)
  {
    level.meanLab[c] = Rounded(sums.lab[c] / static_cast<double>(sums.tissue), 100.0);
  }
  return level;
}
} // namespace

void
ColorAtlas::SetColorImage(ColorImageType * image)
{
  if (!image)
  {
    ThrowSentence("There is no colour volume.");
  }
  VerifyDirection(image);
  std::vector<LevelType> levels(image->GetBufferedRegion().GetSize(2));
  const auto             threader = MultiThreaderBase::New();
  threader->SetUpdateProgress(false);
  colorization::MakeParallelFor(threader)(levels.size(),
                                          [&](std::size_t slice) { levels[slice] = DescribeSlice(image, slice); });
  if (std::none_of(levels.begin(), levels.end(), [](const LevelType & level) { return level.HasTissue(); }))
  {
    ThrowSentence("The colour volume has no tissue: alpha is 255 nowhere.");
  }
  m_ColorImage = image;
  m_Levels = std::move(levels);
  this->Modified();
}

void
ColorAtlas::SetOriginOfSlice(SizeValueType slice, bool isPhotographed, bool isBridged)
{
  this->GetLevel(slice);
  if (isPhotographed && isBridged)
  {
    ThrowSentence("Slice " + std::to_string(slice) + " cannot be photographed and bridged.");
  }
  m_Levels[slice].isPhotographed = isPhotographed;
  m_Levels[slice].isBridged = isBridged;
  this->Modified();
}

const ColorAtlas::LevelType &
ColorAtlas::GetLevel(SizeValueType slice) const
{
  if (slice >= m_Levels.size())
  {
    ThrowSentence("There is no slice " + std::to_string(slice) + ": the atlas has " + std::to_string(m_Levels.size()) +
                  '.');
  }
  return m_Levels[slice];
}

bool
ColorAtlas::IsColorAtlas(const std::string & path)
{
  return colorization::IsColorAtlasFile(path);
}

void
ColorAtlas::Read(const std::string & path)
{
  colorization::ColorAtlasFile file = OrThrow([&]() { return colorization::ReadColorAtlasFile(path); });
  m_ColorImage = file.image;
  m_Levels = std::move(file.levels);
  m_Name = std::move(file.name);
  m_Credit = std::move(file.credit);
  this->Modified();
}

void
ColorAtlas::Write(const std::string & path) const
{
  if (!m_ColorImage)
  {
    ThrowSentence(path + ": there is no atlas to write.");
  }
  OrThrow([&]() { colorization::WriteColorAtlasFile({ m_ColorImage, m_Levels, m_Name, m_Credit }, path); });
}

void
ColorAtlas::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Name: " << m_Name << std::endl;
  os << indent << "Credit: " << m_Credit << std::endl;
  os << indent << "NumberOfSlices: " << m_Levels.size() << std::endl;
  os << indent << "ColorImage: " << m_ColorImage.GetPointer() << std::endl;
}
} // namespace itk
