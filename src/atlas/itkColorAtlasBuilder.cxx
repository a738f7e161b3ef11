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
#include "itkColorAtlasBuilder.h"

#include "../common/itkFirstAlone.h"
#include "itkAtlasBody.h"
#include "itkColorDrift.h"
#include "itkReferenceImageDatabase.h"
#include "itkSectionMorph.h"
#include "itkVerifiedImageIO.h"

#include "itkBinShrinkImageFilter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

namespace itk
{
namespace
{
using colorization::AtlasColor;
using colorization::AtlasGrid;
using colorization::AtlasPlacement;
using colorization::AtlasSection;
using PhotographType = ReferenceImageDatabase::PhotographType;

[[noreturn]] void
ThrowSentence(const std::string & sentence)
{
  ExceptionObject exception(__FILE__, __LINE__, sentence, "ColorAtlasBuilder");
  throw exception;
}

std::string
TextOf(double number)
{
  std::ostringstream text;
  text << number;
  return text.str();
}

void
VerifyRange(const char * name, double value, bool isInRange, const char * wanted)
{
  if (!isInRange || !std::isfinite(value))
  {
    ThrowSentence(std::string(name) + " is " + TextOf(value) + ", but has to be " + wanted + '.');
  }
}

/** Width and height of a picture, from its head. */
std::array<std::size_t, 2>
SizeOfPicture(const std::string & path)
{
  const auto io = VerifiedImageIO::New();
  io->SetFileName(path);
  io->ReadImageInformation();
  return { { io->GetDimensions(0), io->GetDimensions(1) } };
}

PhotographType::Pointer
Shrunk(const PhotographType::Pointer & photograph, unsigned int factor)
{
  if (factor == 1)
  {
    return photograph;
  }
  auto shrink = BinShrinkImageFilter<PhotographType, PhotographType>::New();
  shrink->SetInput(photograph);
  shrink->SetShrinkFactors(factor);
  shrink->SetNumberOfWorkUnits(1);
  shrink->Update();
  return shrink->GetOutput();
}

/** One slice of a volume. */
PhotographType::Pointer
SliceOf(const ColorAtlasBuilder::ColorVolumeType * volume, SizeValueType z)
{
  const auto size = volume->GetBufferedRegion().GetSize();
  auto       slice = PhotographType::New();
  slice->SetRegions(PhotographType::SizeType{ { size[0], size[1] } });
  slice->Allocate();
  const auto pixels = static_cast<std::ptrdiff_t>(size[0] * size[1]);
  std::copy_n(volume->GetBufferPointer() + static_cast<std::ptrdiff_t>(z) * pixels, pixels, slice->GetBufferPointer());
  return slice;
}

/** How much of the interval of length `one` around 0 is within that of length `other` around `distance`. */
double
Overlap(double one, double other, double distance)
{
  return std::max(std::min(0.5 * one, distance + 0.5 * other) - std::max(-0.5 * one, distance - 0.5 * other), 0.0);
}

/** Columns and rows that hold what is not outside in any section: first, and one behind the last. */
struct Box
{
  std::array<std::size_t, 2> first{ { std::numeric_limits<std::size_t>::max(),
                                      std::numeric_limits<std::size_t>::max() } };
  std::array<std::size_t, 2> end{};

  void
  Add(std::size_t x, std::size_t y)
  {
    first = { { std::min(first[0], x), std::min(first[1], y) } };
    end = { { std::max(end[0], x + 1), std::max(end[1], y + 1) } };
  }
};

Box
BoxOf(const std::vector<AtlasSection> & sections, const AtlasGrid & grid)
{
  Box box;
  for (const AtlasSection & section : sections)
  {
    for (std::size_t i = 0; i < section.labels.size(); ++i)
    {
      if (section.labels[i] != colorization::AtlasOutside)
      {
        box.Add(i % grid.width, i / grid.width);
      }
    }
  }
  return box;
}

/** The part of a section that is within a box. */
template <typename TPixel>
std::vector<TPixel>
Cropped(const std::vector<TPixel> & pixels, const AtlasGrid & grid, const Box & box)
{
  std::vector<TPixel> part;
  part.reserve((box.end[0] - box.first[0]) * (box.end[1] - box.first[1]));
  for (std::size_t y = box.first[1]; y < box.end[1]; ++y)
  {
    const auto row = pixels.begin() + static_cast<std::ptrdiff_t>(y * grid.width);
    part.insert(part.end(),
                row + static_cast<std::ptrdiff_t>(box.first[0]),
                row + static_cast<std::ptrdiff_t>(box.end[0]));
  }
  return part;
}

/** Mean size of steps, in L and in (a, b). */
std::array<double, 2>
MeanStep(const std::vector<colorization::ColorStep> & steps)
{
  std::array<double, 2> sum{};
  double                count = 0.0;
  for (const colorization::ColorStep & step : steps)
  {
    if (step.pixels > 0)
    {
      sum[0] += std::abs(step.difference[0]);
      sum[1] += std::hypot(step.difference[1], step.difference[2]);
      count += 1.0;
    }
  }
  return { { sum[0] / std::max(count, 1.0), sum[1] / std::max(count, 1.0) } };
}

/** Which photographs a slice is the mean of, and, if there are none, behind which it lies. */
struct SlicePlan
{
  std::vector<std::pair<std::size_t, double>> weights{};
  std::size_t                                 behind = 0;
};

/** Slices are made of the photographs that they overlap, if one of these covers half of one or the other. */
std::vector<SlicePlan>
PlanSlices(const std::vector<double> & positions,
           const std::vector<double> & thicknesses,
           double                      first,
           double                      spacing,
           std::size_t                 slices)
{
  constexpr double       half = 0.5 - 1e-6;
  std::vector<SlicePlan> plans(slices);
  for (std::size_t z = 0; z < slices; ++z)
  {
    const double position = first + static_cast<double>(z) * spacing;
    double       sum = 0.0;
    bool         isCovered = false;
    for (std::size_t k = 0; k < positions.size(); ++k)
    {
      const double overlap = Overlap(spacing, thicknesses[k], positions[k] - position);
      if (overlap > 0.0)
      {
        plans[z].weights.push_back({ k, overlap });
        sum += overlap;
        isCovered = isCovered || overlap >= half * std::min(spacing, thicknesses[k]);
      }
      plans[z].behind = positions[k] <= position ? k : plans[z].behind;
    }
    for (auto & weight : plans[z].weights)
    {
      weight.second /= sum;
    }
    if (!isCovered)
    {
      plans[z].weights.clear();
    }
  }
  return plans;
}

/** Two sections where they are, mixed. */
AtlasSection
Mixed(const AtlasSection & begin, const AtlasSection & end, double part, std::size_t pixels)
{
  colorization::SectionMixture mixture(pixels);
  mixture.Add(begin, 1.0 - part);
  mixture.Add(end, part);
  return mixture.Result();
}

/** Writes a section as voxels. */
void
WriteVoxels(const AtlasSection & section, ColorAtlas::ColorImageType::PixelType * voxels)
{
  for (std::size_t i = 0; i < section.labels.size(); ++i)
  {
    if (section.labels[i] == colorization::AtlasTissue)
    {
      const colorization::Color rgb = colorization::LabToRGBInGamut(colorization::FromAtlasColor(section.colors[i]));
      for (unsigned int c = 0; c < 3; ++c)
      {
        voxels[i][c] = static_cast<unsigned char>(std::lround(255.0f * rgb[c]));
      }
    }
    voxels[i][3] = section.labels[i];
  }
}
} // namespace

/** A picture of the stack. */
struct ColorAtlasBuilder::Source
{
  std::string                   path{};
  ColorVolumeType::ConstPointer volume{};
  SizeValueType                 slice = 0;
  unsigned int                  shrink = 1;
  /** In pixels of the file; 0 if it is not known yet. */
  std::array<std::size_t, 2> size{};
  /** Of the file's pixels. */
  AtlasPlacement placement{};
  double         position = 0.0;
  double         thickness = 1.0;
  /** Those that were added together have the same size. */
  std::size_t set = 0;

  /** Its name for people. */
  std::string
  Name() const
  {
    return path.empty() ? "slice " + std::to_string(slice) + " of a volume" : path;
  }

  AtlasSection
  Read(const AtlasGrid & grid) const
  {
    const PhotographType::Pointer photograph =
      path.empty() ? SliceOf(volume, slice) : Shrunk(ReferenceImageDatabase::ReadPhotograph(path), shrink);
    AtlasPlacement its = placement;
    its.spacing = { { shrink * placement.spacing[0], shrink * placement.spacing[1] } };
    return colorization::MakeAtlasSection(photograph, its, grid);
  }
};

/** All pictures on one grid, in the order of their positions. */
struct ColorAtlasBuilder::Stack
{
  AtlasGrid                 grid{};
  std::vector<AtlasSection> sections{};
  std::vector<double>       positions{};
  std::vector<double>       thicknesses{};
};

ColorAtlasBuilder::ColorAtlasBuilder()
  : m_MultiThreader(MultiThreaderBase::New())
{
  m_MultiThreader->SetUpdateProgress(false);
}

ColorAtlasBuilder::~ColorAtlasBuilder() = default;

void
ColorAtlasBuilder::SetNumberOfWorkUnits(ThreadIdType workUnits)
{
  m_MultiThreader->SetNumberOfWorkUnits(workUnits);
}

ThreadIdType
ColorAtlasBuilder::GetNumberOfWorkUnits() const
{
  return m_MultiThreader->GetNumberOfWorkUnits();
}

void
ColorAtlasBuilder::VerifyDirection(const DirectionType & direction)
{
  constexpr double tolerance = 1e-3;
  const auto       product = direction.GetTranspose() * direction.GetVnlMatrix();
  DirectionType    identity;
  identity.SetIdentity();
  if (!product.is_equal(identity.GetVnlMatrix().as_matrix(), tolerance))
  {
    ThrowSentence("The direction's columns are not of length 1 and perpendicular to each other.");
  }
  if (!m_Sources.empty() &&
      !direction.GetVnlMatrix().as_matrix().is_equal(m_Direction.GetVnlMatrix().as_matrix(), tolerance))
  {
    ThrowSentence("Photographs of one atlas need the same direction, but two directions were given.");
  }
}

void
ColorAtlasBuilder::AddPhotographs(const PhotographsType & photographs, const DirectionType & direction)
{
  this->VerifyDirection(direction);
  if (photographs.paths.empty() || photographs.paths.size() != photographs.positions.size())
  {
    ThrowSentence("There are " + std::to_string(photographs.paths.size()) + " photographs and " +
                  std::to_string(photographs.positions.size()) +
                  " positions, but as many of both, and at least one, are wanted.");
  }
  VerifyRange("The spacing of photographs", photographs.spacing[0], photographs.spacing[0] > 0.0, "above 0");
  VerifyRange("The spacing of photographs", photographs.spacing[1], photographs.spacing[1] > 0.0, "above 0");
  VerifyRange("The thickness of photographs", photographs.thickness, photographs.thickness > 0.0, "above 0");
  VerifyRange("The shrink factor of photographs", photographs.shrink, photographs.shrink > 0, "at least 1");
  const std::size_t set = m_Sources.empty() ? 0 : m_Sources.back().set + 1;
  for (std::size_t k = 0; k < photographs.paths.size(); ++k)
  {
    Source source;
    source.path = photographs.paths[k];
    source.shrink = photographs.shrink;
    source.placement = { photographs.corner, photographs.spacing };
    source.position = photographs.positions[k];
    source.thickness = photographs.thickness;
    source.set = set;
    m_Sources.push_back(source);
  }
  m_Direction = direction;
  this->Modified();
}

void
ColorAtlasBuilder::AddColorVolume(const ColorVolumeType * volume, const std::vector<SizeValueType> & leaveOut)
{
  if (!volume)
  {
    ThrowSentence("There is no colour volume.");
  }
  this->VerifyDirection(volume->GetDirection());
  const auto                 region = volume->GetBufferedRegion();
  ColorVolumeType::PointType origin;
  volume->TransformIndexToPhysicalPoint(region.GetIndex(), origin);
  // In the frame of the stack.
  const auto        place = volume->GetDirection().GetTranspose() * origin.GetVnlVector();
  const auto        spacing = volume->GetSpacing();
  const std::size_t set = m_Sources.empty() ? 0 : m_Sources.back().set + 1;
  for (SizeValueType z = 0; z < region.GetSize(2); ++z)
  {
    if (std::find(leaveOut.begin(), leaveOut.end(), z) == leaveOut.end())
    {
      Source source;
      source.volume = volume;
      source.slice = z;
      source.size = { { region.GetSize(0), region.GetSize(1) } };
      source.placement.spacing = { { spacing[0], spacing[1] } };
      source.placement.corner = { { place[0] - 0.5 * spacing[0], place[1] - 0.5 * spacing[1] } };
      source.position = place[2] + static_cast<double>(z) * spacing[2];
      source.thickness = spacing[2];
      source.set = set;
      m_Sources.push_back(source);
    }
  }
  m_Direction = volume->GetDirection();
  this->Modified();
}

void
ColorAtlasBuilder::VerifyParameters() const
{
  VerifyRange("Spacing", m_Spacing, m_Spacing > 0.0, "above 0");
  VerifyRange("Margin", m_Margin, m_Margin >= 0.0, "at least 0");
  VerifyRange("LongestGap", m_LongestGap, m_LongestGap >= 0.0, "at least 0");
  VerifyRange("DriftLength", m_DriftLength, m_DriftLength > 0.0, "above 0");
  if (m_Sources.empty())
  {
    ThrowSentence("There are no photographs to make an atlas of.");
  }
}

void
ColorAtlasBuilder::ShowProgress(double progress)
{
  m_Progress = progress;
  this->InvokeEvent(ProgressEvent());
  if (m_Abort)
  {
    throw ProcessAborted(__FILE__, __LINE__);
  }
}

ColorAtlas::Pointer
ColorAtlasBuilder::Build()
{
  this->VerifyParameters();
  m_Report = ReportType();
  Stack stack = this->ReadStack();
  this->TakeOutDrift(stack);
  return this->MakeAtlas(stack);
}

ColorAtlasBuilder::Stack
ColorAtlasBuilder::ReadStack()
{
  const ImageReadingSession session;
  std::sort(m_Sources.begin(),
            m_Sources.end(),
            [](const Source & a, const Source & b) { return a.position < b.position; });
  // The frame that holds all pictures, and their sizes.
  std::array<double, 2>                             lowest{};
  std::array<double, 2>                             highest{};
  std::map<std::size_t, std::array<std::size_t, 2>> sizeOfSet;
  for (std::size_t k = 0; k < m_Sources.size(); ++k)
  {
    Source & source = m_Sources[k];
    if (k > 0 && !(source.position > m_Sources[k - 1].position))
    {
      ThrowSentence(m_Sources[k - 1].Name() + " and " + source.Name() + " are both at " + TextOf(source.position) +
                    " mm.");
    }
    source.size = source.path.empty() ? source.size : SizeOfPicture(source.path);
    const auto & wanted = sizeOfSet.insert({ source.set, source.size }).first->second;
    if (source.size != wanted)
    {
      ThrowSentence(source.Name() + ": the photograph has " + std::to_string(source.size[0]) + " x " +
                    std::to_string(source.size[1]) + " pixels, but others of the stack have " +
                    std::to_string(wanted[0]) + " x " + std::to_string(wanted[1]) + '.');
    }
    for (std::size_t axis = 0; axis < 2; ++axis)
    {
      const double first = source.placement.corner[axis];
      const double last = first + static_cast<double>(source.size[axis]) * source.placement.spacing[axis];
      lowest[axis] = k == 0 ? first : std::min(lowest[axis], first);
      highest[axis] = k == 0 ? last : std::max(highest[axis], last);
    }
  }
  Stack stack;
  stack.grid.corner = lowest;
  stack.grid.spacing = m_Spacing;
  const auto pixelsAlong = [&](std::size_t axis)
  { return static_cast<std::size_t>(std::max(std::floor((highest[axis] - lowest[axis]) / m_Spacing + 1e-6), 1.0)); };
  stack.grid.width = pixelsAlong(0);
  stack.grid.height = pixelsAlong(1);
  stack.sections.resize(m_Sources.size());
  const std::size_t portion = 4 * static_cast<std::size_t>(this->GetNumberOfWorkUnits());
  for (std::size_t first = 0; first < m_Sources.size(); first += portion)
  {
    const std::size_t count = std::min(portion, m_Sources.size() - first);
    colorization::FirstAlone(colorization::MakeParallelFor(m_MultiThreader))(
      count,
      [&](std::size_t i) { stack.sections[first + i] = m_Sources[first + i].Read(stack.grid); });
    this->ShowProgress(0.8 * static_cast<double>(first + count) / static_cast<double>(m_Sources.size()));
  }
  for (const Source & source : m_Sources)
  {
    stack.positions.push_back(source.position);
    stack.thicknesses.push_back(source.thickness);
  }
  m_Report.photographs = m_Sources.size();
  colorization::LabelAtlasSections(stack.sections,
                                   stack.positions,
                                   stack.grid,
                                   colorization::MakeParallelFor(m_MultiThreader));
  const auto covered = colorization::FindCoveredSections(stack.sections, stack.positions);
  for (auto k = covered.rbegin(); k != covered.rend(); ++k)
  {
    const auto at = static_cast<std::ptrdiff_t>(*k);
    m_Report.covered.insert(m_Report.covered.begin(), m_Sources[*k].Name());
    stack.sections.erase(stack.sections.begin() + at);
    stack.positions.erase(stack.positions.begin() + at);
    stack.thicknesses.erase(stack.thicknesses.begin() + at);
  }
  Box box = BoxOf(stack.sections, stack.grid);
  if (box.end[0] == 0)
  {
    ThrowSentence(
      "The photographs show no tissue: nothing in them that hangs together has a warm colour (in CIE Lab, b "
      "above 2 and a above -0.3 b).");
  }
  const auto margin = static_cast<std::size_t>(std::lround(m_Margin / m_Spacing));
  box.first = { { box.first[0] - std::min(box.first[0], margin), box.first[1] - std::min(box.first[1], margin) } };
  box.end = { { std::min(box.end[0] + margin, stack.grid.width), std::min(box.end[1] + margin, stack.grid.height) } };
  for (AtlasSection & section : stack.sections)
  {
    section.colors = Cropped(section.colors, stack.grid, box);
    section.shares = Cropped(section.shares, stack.grid, box);
    section.labels = Cropped(section.labels, stack.grid, box);
    std::vector<std::uint8_t>().swap(section.plainShares);
  }
  stack.grid.width = box.end[0] - box.first[0];
  stack.grid.height = box.end[1] - box.first[1];
  for (std::size_t axis = 0; axis < 2; ++axis)
  {
    stack.grid.corner[axis] += static_cast<double>(box.first[axis]) * m_Spacing;
  }
  this->ShowProgress(0.85);
  return stack;
}

void
ColorAtlasBuilder::TakeOutDrift(Stack & stack)
{
  colorization::ColorDriftParameters parameters;
  parameters.longest = m_DriftLength;
  const auto parallelFor = colorization::MakeParallelFor(m_MultiThreader);
  const auto measure = [&]()
  {
    std::vector<colorization::ColorStep> steps(stack.sections.size() - 1);
    parallelFor(steps.size(),
                [&](std::size_t k)
                {
                  if (stack.positions[k + 1] - stack.positions[k] <= parameters.farthest)
                  {
                    steps[k] = colorization::MeasureColorStep(stack.sections[k], stack.sections[k + 1], stack.grid);
                  }
                });
    return steps;
  };
  const auto before = measure();
  const auto offsets = colorization::SolveColorDrift(stack.positions, before, parameters);
  parallelFor(stack.sections.size(),
              [&](std::size_t k)
              {
                for (AtlasColor & color : stack.sections[k].colors)
                {
                  for (std::size_t c = 0; c < 3; ++c)
                  {
                    color[c] = static_cast<std::int16_t>(color[c] - std::lround(100.0 * offsets[k][c]));
                  }
                }
              });
  const auto after = measure();
  m_Report.lightnessStepBefore = MeanStep(before)[0];
  m_Report.chromaStepBefore = MeanStep(before)[1];
  m_Report.lightnessStepAfter = MeanStep(after)[0];
  m_Report.chromaStepAfter = MeanStep(after)[1];
  this->ShowProgress(0.9);
}

ColorAtlas::Pointer
ColorAtlasBuilder::MakeAtlas(const Stack & stack)
{
  const auto        image = this->MakeImage(stack);
  const std::size_t slices = image->GetBufferedRegion().GetSize(2);
  // The origin along the stack.
  const double                 first = (m_Direction.GetTranspose() * image->GetOrigin().GetVnlVector())[2];
  const std::vector<SlicePlan> plans = PlanSlices(stack.positions, stack.thicknesses, first, m_Spacing, slices);
  const auto                   parallelFor = colorization::MakeParallelFor(m_MultiThreader);
  const auto voxelsOf = [&](std::size_t z) { return image->GetBufferPointer() + z * stack.grid.Pixels(); };
  parallelFor(slices,
              [&](std::size_t z)
              {
                if (!plans[z].weights.empty())
                {
                  colorization::SectionMixture mixture(stack.grid.Pixels());
                  for (const auto & [k, weight] : plans[z].weights)
                  {
                    mixture.Add(stack.sections[k], weight);
                  }
                  WriteVoxels(mixture.Result(), voxelsOf(z));
                }
              });
  auto                      atlas = ColorAtlas::New();
  std::vector<std::uint8_t> isBridged(slices);
  for (std::size_t z = 0; z < slices;)
  {
    const std::size_t k = plans[z].behind;
    std::size_t       end = z;
    while (end < slices && plans[end].weights.empty() && plans[end].behind == k)
    {
      ++end;
    }
    const double gap = k + 1 < stack.positions.size() ? stack.positions[k + 1] - stack.positions[k] : m_LongestGap;
    if (end > z && gap <= m_LongestGap)
    {
      // ITK's filters have threads of their own, and may not be made on several at once.
      std::unique_ptr<colorization::SectionMorph> morph;
      if (m_Morph)
      {
        morph = std::make_unique<colorization::SectionMorph>(stack.sections[k], stack.sections[k + 1], stack.grid);
      }
      parallelFor(end - z,
                  [&](std::size_t i)
                  {
                    const double position = first + static_cast<double>(z + i) * m_Spacing;
                    const double part = (position - stack.positions[k]) / gap;
                    WriteVoxels(morph ? morph->At(part)
                                      : Mixed(stack.sections[k], stack.sections[k + 1], part, stack.grid.Pixels()),
                                voxelsOf(z + i));
                    isBridged[z + i] = 1;
                  });
      this->ShowProgress(0.9 + 0.1 * static_cast<double>(end) / static_cast<double>(slices));
    }
    z = std::max(end, z + 1);
  }
  atlas->SetColorImage(image);
  atlas->SetName(m_Name);
  atlas->SetCredit(m_Credit);
  for (std::size_t z = 0; z < slices; ++z)
  {
    const bool isPhotographed = !plans[z].weights.empty();
    atlas->SetOriginOfSlice(z, isPhotographed, isBridged[z] != 0);
    m_Report.photographedSlices += isPhotographed ? 1 : 0;
    m_Report.bridgedSlices += isBridged[z];
    m_Report.emptySlices += !isPhotographed && !isBridged[z] ? 1 : 0;
  }
  this->ShowProgress(1.0);
  return atlas;
}

ColorAtlas::ColorImageType::Pointer
ColorAtlasBuilder::MakeImage(const Stack & stack) const
{
  // Slices are where photographs are, from the first on, as far as the margin around the body goes.
  const double first = stack.positions.front();
  double       bodyFirst = stack.positions.back();
  double       bodyLast = first;
  for (std::size_t k = 0; k < stack.sections.size(); ++k)
  {
    const auto & labels = stack.sections[k].labels;
    if (std::any_of(labels.begin(),
                    labels.end(),
                    [](std::uint8_t label) { return label != colorization::AtlasOutside; }))
    {
      bodyFirst = std::min(bodyFirst, stack.positions[k]);
      bodyLast = std::max(bodyLast, stack.positions[k]);
    }
  }
  const auto slicesUpTo = [&](double position)
  { return static_cast<std::size_t>(std::max(std::floor((position - first) / m_Spacing + 1e-6), 0.0)); };
  const std::size_t skipped = slicesUpTo(std::max(bodyFirst - m_Margin, first));
  const std::size_t last = slicesUpTo(std::min(bodyLast + m_Margin, stack.positions.back()));

  using ImageType = ColorAtlas::ColorImageType;
  ImageType::PointType::VectorType place;
  place[0] = stack.grid.corner[0] + 0.5 * m_Spacing;
  place[1] = stack.grid.corner[1] + 0.5 * m_Spacing;
  place[2] = first + static_cast<double>(skipped) * m_Spacing;
  ImageType::PointType origin;
  origin.Fill(0.0);
  auto image = ImageType::New();
  image->SetRegions(ImageType::SizeType{ { stack.grid.width, stack.grid.height, last + 1 - skipped } });
  image->SetSpacing(ImageType::SpacingType(m_Spacing));
  image->SetDirection(m_Direction);
  image->SetOrigin(origin + m_Direction * place);
  image->Allocate(true);
  return image;
}

void
ColorAtlasBuilder::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Sources: " << m_Sources.size() << std::endl;
  os << indent << "Spacing: " << m_Spacing << std::endl;
  os << indent << "Margin: " << m_Margin << std::endl;
  os << indent << "LongestGap: " << m_LongestGap << std::endl;
  os << indent << "DriftLength: " << m_DriftLength << std::endl;
  os << indent << "Morph: " << (m_Morph ? "On" : "Off") << std::endl;
  os << indent << "Name: " << m_Name << std::endl;
  os << indent << "Credit: " << m_Credit << std::endl;
  os << indent << "NumberOfWorkUnits: " << this->GetNumberOfWorkUnits() << std::endl;
  os << indent << "Progress: " << m_Progress << std::endl;
  os << indent << "Abort: " << (m_Abort ? "On" : "Off") << std::endl;
}
} // namespace itk
