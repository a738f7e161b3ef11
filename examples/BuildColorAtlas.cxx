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
// Makes a colour atlas of photographs of sections through a body: one file, by which volumes of other bodies are
// coloured.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"
#include "support/Recipe.h"

#include "itkColorAtlasBuilder.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <sstream>

namespace
{
namespace fs = std::filesystem;
using Photographs = itk::colorization::ColorAtlasPhotographs;
using Direction = itk::ColorAtlasBuilder::DirectionType;

void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(
    ParameterKind::InputFile,
    "recipe",
    "Recipe",
    "JSON object: \"volumes\" is an array of objects, all of one body. Each has a name and photographs, a folder of "
    "pictures of slices whose names end in their number; or dicom, a folder with one DICOM series of such pictures; or "
    "image, a volume of the kind color. Photographs need spacing, two numbers in mm a pixel, and may have first and "
    "last, "
    "the numbers to take, slice_spacing, mm from one number to the next (1), shrink (1): each pixel becomes the mean "
    "of "
    "so many along both axes, and direction, nine numbers, row by row: where columns, rows and numbers of pictures "
    "lead in "
    "the patient (left, posterior, superior). DICOM series may have all of these for what their files do not say. All "
    "may "
    "have credit. Photographs of several volumes are one stack; all need the same direction. Share, test and gap, "
    "which "
    "PackTrainingData knows, mean nothing here.");
  program.AddPositional(ParameterKind::OutputFile, "output", "Atlas", "Colour atlas to write: a NRRD file (.nrrd).");
  program.AddText("folder", "Folder", "Where the recipe's paths begin; without it, the recipe's own folder.");
  program.AddReal("spacing", "Spacing", "mm a voxel of the atlas, along all axes.", 1.0, 0.1, 20.0);
  program.AddText("leave-out",
                  "Leave out",
                  "Photographs that are not taken, for measuring: numbers and ranges of numbers such as 57-65,120. Of "
                  "DICOM series, instance numbers; of volumes, slices from 0 on.");
}

/** Numbers that are not taken. */
class LeftOut
{
public:
  LeftOut() = default;

  explicit LeftOut(const std::string & text)
  {
    std::istringstream parts(text);
    std::string        part;
    while (std::getline(parts, part, ','))
    {
      long first = -1;
      long last = -1;
      int  end = 0;
      if (std::sscanf(part.c_str(), " %ld - %ld %n", &first, &last, &end) < 2)
      {
        end = 0;
        last = std::sscanf(part.c_str(), " %ld %n", &first, &end) == 1 ? first : -1;
      }
      if (first < 0 || last < first || static_cast<std::size_t>(end) != part.size())
      {
        throw UsageError("--leave-out is \"" + text + "\", but has to be numbers and ranges such as 57-65,120.");
      }
      m_Ranges.push_back({ { first, last } });
    }
  }

  bool
  Has(long number) const
  {
    return std::any_of(m_Ranges.begin(),
                       m_Ranges.end(),
                       [number](const std::array<long, 2> & range)
                       { return number >= range[0] && number <= range[1]; });
  }

private:
  std::vector<std::array<long, 2>> m_Ranges{};
};

/** What photographs and DICOM series of a recipe may say. */
struct PictureEntry
{
  std::optional<std::array<double, 2>> spacing{};
  std::optional<Direction>             direction{};
  double                               sliceSpacing = 1.0;
  unsigned int                         shrink = 1;
  long                                 first = 0;
  long                                 last = std::numeric_limits<long>::max();

  explicit PictureEntry(Recipe::Entry & entry)
    : sliceSpacing(entry.Get("slice_spacing", 1.0))
    , shrink(entry.Get("shrink", 1u))
    , first(entry.Get("first", 0L))
    , last(entry.Get("last", std::numeric_limits<long>::max()))
  {
    if (entry.Has("spacing"))
    {
      spacing = entry.Get<std::array<double, 2>>("spacing");
    }
    if (entry.Has("direction"))
    {
      const auto numbers = entry.Get<std::array<double, 9>>("direction");
      direction = Direction();
      for (unsigned int i = 0; i < 9; ++i)
      {
        (*direction)(i / 3, i % 3) = numbers[i];
      }
    }
    if ((spacing && !((*spacing)[0] > 0.0 && (*spacing)[1] > 0.0)) || !(sliceSpacing > 0.0) || shrink < 1 ||
        shrink > 64)
    {
      entry.Fail("the spacing of photographs has to be above 0, and shrink in 1 ... 64");
    }
  }

  Direction
  DirectionOrAxes() const
  {
    Direction axes;
    axes.SetIdentity();
    return direction.value_or(axes);
  }
};

void
AddPhotographs(itk::ColorAtlasBuilder * builder,
               Recipe::Entry &          entry,
               const fs::path &         folder,
               const LeftOut &          leftOut)
{
  const PictureEntry its(entry);
  const fs::path     pictures = folder / entry.Get<std::string>("photographs");
  Photographs        photographs;
  photographs.spacing = entry.Get<std::array<double, 2>>("spacing");
  photographs.thickness = its.sliceSpacing;
  photographs.shrink = its.shrink;
  entry.VerifyAllKnown();
  for (const auto & [number, path] : Recipe::PicturesOf(pictures, its.first, its.last))
  {
    if (!leftOut.Has(number))
    {
      photographs.paths.push_back(path);
      photographs.positions.push_back(static_cast<double>(number) * its.sliceSpacing);
    }
  }
  if (photographs.paths.empty())
  {
    throw InputError(pictures.string() + ": all of the pictures are left out.");
  }
  builder->AddPhotographs(photographs, its.DirectionOrAxes());
}

/** Where the pixels of a DICOM series are. */
class DicomFrame
{
public:
  DicomFrame(const ImageFiles::DicomPicture & picture, const PictureEntry & entry)
  {
    const std::vector<double> & axes = picture.orientation;
    if (axes.size() != 6)
    {
      m_Direction = entry.DirectionOrAxes();
      return;
    }
    for (unsigned int i = 0; i < 3; ++i)
    {
      m_Direction(i, 0) = axes[i];
      m_Direction(i, 1) = axes[3 + i];
      m_Direction(i, 2) = axes[(i + 1) % 3] * axes[3 + (i + 2) % 3] - axes[(i + 2) % 3] * axes[3 + (i + 1) % 3];
    }
  }

  const Direction &
  Axes() const
  {
    return m_Direction;
  }

  /** A point of the patient along columns, rows and pictures. */
  itk::Vector<double, 3>
  PlaceOf(const std::vector<double> & point) const
  {
    itk::Vector<double, 3> place(0.0);
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      for (unsigned int i = 0; i < 3; ++i)
      {
        place[axis] += m_Direction(i, axis) * point[i];
      }
    }
    return place;
  }

private:
  Direction m_Direction{};
};

void
AddDicom(itk::ColorAtlasBuilder * builder, Recipe::Entry & entry, const fs::path & folder, const LeftOut & leftOut)
{
  const PictureEntry its(entry);
  const std::string  path = (folder / entry.Get<std::string>("dicom")).string();
  entry.VerifyAllKnown();
  Photographs              photographs;
  std::optional<Direction> direction;
  for (const ImageFiles::DicomPicture & picture : ImageFiles::FindDicomPictures(path))
  {
    const long number = picture.number.empty() ? -1 : std::lround(picture.number[0]);
    if (leftOut.Has(number) || number < its.first || number > its.last)
    {
      continue;
    }
    const DicomFrame      frame(picture, its);
    const bool            isPlaced = picture.position.size() == 3;
    std::array<double, 2> spacing{};
    if (picture.spacing.size() == 2)
    {
      spacing = { { picture.spacing[1], picture.spacing[0] } };
    }
    else if (its.spacing)
    {
      spacing = *its.spacing;
    }
    else
    {
      throw InputError(picture.path +
                       ": the picture does not say how many mm a pixel is, and neither does the recipe.");
    }
    if (!isPlaced && picture.number.empty())
    {
      throw InputError(picture.path + ": the picture has neither a position nor an instance number.");
    }
    std::array<double, 2> corner{};
    double                position = static_cast<double>(number) * its.sliceSpacing;
    if (isPlaced)
    {
      const auto place = frame.PlaceOf(picture.position);
      corner = { { place[0] - 0.5 * spacing[0], place[1] - 0.5 * spacing[1] } };
      position = place[2];
    }
    const bool       isFirst = photographs.paths.empty();
    constexpr double tolerance = 1e-3;
    if (!isFirst && (std::abs(spacing[0] - photographs.spacing[0]) > tolerance * spacing[0] ||
                     std::abs(spacing[1] - photographs.spacing[1]) > tolerance * spacing[1] ||
                     std::abs(corner[0] - photographs.corner[0]) > tolerance ||
                     std::abs(corner[1] - photographs.corner[1]) > tolerance))
    {
      throw InputError(picture.path +
                       ": the picture has other distances of pixels, or another place, than others of the "
                       "series.");
    }
    photographs.spacing = spacing;
    photographs.corner = corner;
    photographs.paths.push_back(picture.path);
    photographs.positions.push_back(position);
    direction = frame.Axes();
  }
  if (photographs.paths.empty())
  {
    throw InputError(path + ": all of the pictures are left out.");
  }
  photographs.shrink = its.shrink;
  photographs.thickness = its.sliceSpacing;
  builder->AddPhotographs(photographs, *direction);
}

void
AddImage(itk::ColorAtlasBuilder * builder, Recipe::Entry & entry, const fs::path & folder, const LeftOut & leftOut)
{
  const std::string path = (folder / entry.Get<std::string>("image")).string();
  const std::string kind = entry.Get<std::string>("kind");
  entry.VerifyAllKnown();
  if (kind != "color")
  {
    entry.Fail("the kind of a volume is \"" + kind + "\", but an atlas needs color");
  }
  const auto found = ImageFiles::ReadInformation(path);
  if (found.dimensions != 3 || found.components != 3 || !found.isByte)
  {
    throw InputError(path + ": the image has " + std::to_string(found.dimensions) + " dimensions and " +
                     std::to_string(found.components) + " components" + (found.isByte ? "" : " of more than 8 bits") +
                     ", but 3 and 3 of 8 bits are needed.");
  }
  const auto                      volume = ImageFiles::ReadAs<ImageFiles::ColorVolumeType>(path);
  std::vector<itk::SizeValueType> leaveOut;
  for (itk::SizeValueType z = 0; z < volume->GetBufferedRegion().GetSize(2); ++z)
  {
    if (leftOut.Has(static_cast<long>(z)))
    {
      leaveOut.push_back(z);
    }
  }
  builder->AddColorVolume(volume, leaveOut);
}

/** Adds a text to others, unless it is among them. */
void
AddText(std::string & texts, const std::string & text)
{
  if (!text.empty() && texts.find(text) == std::string::npos)
  {
    texts += (texts.empty() ? "" : "; ") + text;
  }
}

std::string
Short(double number)
{
  std::ostringstream text;
  text.setf(std::ios::fixed);
  text.precision(2);
  text << number;
  return text.str();
}

void
SayReport(CommandLineProgram & program, const itk::colorization::ColorAtlasReport & report)
{
  program.Say("Photographs: " + std::to_string(report.photographs) +
              "; slices: " + std::to_string(report.photographedSlices) + " photographed, " +
              std::to_string(report.bridgedSlices) + " bridged, " + std::to_string(report.emptySlices) + " empty");
  for (const std::string & covered : report.covered)
  {
    program.Say("Not taken, as ice covers part of the body: " + covered);
  }
  program.Say("Mean step of color from photograph to photograph: " + Short(report.lightnessStepBefore) + " in L and " +
              Short(report.chromaStepBefore) + " in (a, b); now " + Short(report.lightnessStepAfter) + " and " +
              Short(report.chromaStepAfter));
}

void
BuildColorAtlas(CommandLineProgram & program)
{
  const std::string output = program.GetText("output");
  const std::string path = program.GetText("recipe");
  const LeftOut     leftOut = program.Has("leave-out") ? LeftOut(program.GetText("leave-out")) : LeftOut();
  if (fs::path(output).extension() != ".nrrd")
  {
    throw InputError(output + ": the name of a color atlas has to end in .nrrd.");
  }
  ImageFiles::VerifyWritableFile(output);
  const fs::path folder = program.Has("folder") ? fs::path(program.GetText("folder")) : fs::path(path).parent_path();
  auto           builder = itk::ColorAtlasBuilder::New();
  builder->SetSpacing(program.GetReal("spacing"));
  std::string name;
  std::string credit;
  for (const nlohmann::json & json : Recipe::Read(path))
  {
    Recipe::Entry entry(path, json);
    AddText(name, entry.Get<std::string>("name"));
    AddText(credit, entry.Get("credit", std::string()));
    for (const char * ignored : { "share", "test", "gap" })
    {
      entry.Has(ignored);
    }
    if (entry.Has("photographs"))
    {
      AddPhotographs(builder, entry, folder, leftOut);
    }
    else if (entry.Has("dicom"))
    {
      AddDicom(builder, entry, folder, leftOut);
    }
    else
    {
      AddImage(builder, entry, folder, leftOut);
    }
  }
  builder->SetName(name);
  builder->SetCredit(credit);
  builder->AddObserver(itk::ProgressEvent(),
                       [&](const itk::EventObject &)
                       { program.ShowProgress("reading and joining photographs", builder->GetProgress()); });
  const auto atlas = builder->Build();
  program.ShowProgress("writing", 0.0);
  ImageFiles::WriteFile(output, [&](const std::string & file) { atlas->Write(file); });
  SayReport(program, builder->GetReport());
  const auto size = atlas->GetColorImage()->GetBufferedRegion().GetSize();
  const auto bytes = static_cast<double>(fs::file_size(output));
  program.Say("Atlas of " + std::to_string(size[0]) + " x " + std::to_string(size[1]) + " x " +
              std::to_string(size[2]) + " voxels, " + Short(bytes / 1e6) + " MB, " +
              Short(bytes / static_cast<double>(size[0] * size[1] * size[2])) + " bytes a voxel: " + output);
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program(
    "BuildColorAtlas",
    "Build Color Atlas",
    "Makes a colour atlas of photographs of sections through a body: a colour volume with a mask "
    "of tissue and cavities, without drift of colour balance, and with missing sections bridged.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { BuildColorAtlas(program); });
}
