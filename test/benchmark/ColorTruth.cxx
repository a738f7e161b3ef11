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
// Measures whether colors are right, where photographs of the scanned body itself exist.
// ColorTruth SCAN --photographs FOLDER --result NAME=FILE[:SLICES] [--result ...] [--picture PNG] [--json FILE]
// Over the tissue that photograph and scan both show, result and photograph are taken to CIE Lab and smoothed in plane
// by a Gaussian of 3 mm within the tissue, so that small misfits do not count. Printed are, as means over the slices,
// the distance in (a, b), the same without a tint, the correlations of a and of b, and CIE76, beside those of the
// photograph's median color and of the photograph moved by 1.5 mm; and of the luminance, over the body, SSIM and the
// correlation of gradients with the scan in its best monotone tones, the correlation of gradient magnitudes with the
// scan itself, and the gradient energy where the scan is flat, over that of the body.

#include "ColorTruthMeasure.h"
#include "CommandLineProgram.h"
#include "ImageFiles.h"
#include "itkOtsuBodyMaskImageFilter.h"

#include "itkResampleImageFilter.h"
#include "itkTileImageFilter.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace
{
using ColorTruth::Color;
using ColorTruth::ColorErrors;
using ColorTruth::Grid;
using ColorTruth::MaskType;
using ColorTruth::None;
using ColorTruth::StructureMeasures;
using ImageFiles::AlphaVolumeType;
using ImageFiles::PhotographType;
using ImageFiles::VolumeType;
using Json = nlohmann::ordered_json;

/** How far the photograph is moved for scale, in mm. */
constexpr double Misfit = 1.5;

/** Rows that every table has: the first stands before those of results, the others behind. */
constexpr std::size_t NumberOfPeers = 4;

constexpr std::size_t NumberOfMeasures = 9;
using Measures = std::array<double, NumberOfMeasures>;

/** How a measure is called in the table and in JSON, and its decimal places. */
struct Column
{
  const char * heading;
  const char * key;
  int          digits;
};

constexpr std::array<Column, NumberOfMeasures> Columns{ { { "(a, b)", "chroma", 2 },
                                                          { "no tint", "chroma_without_tint", 2 },
                                                          { "corr. a", "correlation_a", 2 },
                                                          { "corr. b", "correlation_b", 2 },
                                                          { "CIE76", "cie76", 2 },
                                                          { "SSIM", "similarity", 3 },
                                                          { "grad.", "gradients", 3 },
                                                          { "|grad.|", "magnitudes", 3 },
                                                          { "invented", "invented_edges", 3 } } };

Measures
Join(const ColorErrors & colors, const StructureMeasures & structure)
{
  return { { colors.chroma,
             colors.chromaWithoutTint,
             colors.correlationA,
             colors.correlationB,
             colors.cie76,
             structure.similarity,
             structure.gradients,
             structure.magnitudes,
             structure.inventedEdges } };
}

/** Means of what has a value. */
Measures
MeanOf(const std::vector<Measures> & all)
{
  Measures mean;
  for (std::size_t m = 0; m < NumberOfMeasures; ++m)
  {
    double sum = 0.0;
    double count = 0.0;
    for (const Measures & measures : all)
    {
      sum += std::isnan(measures[m]) ? 0.0 : measures[m];
      count += std::isnan(measures[m]) ? 0.0 : 1.0;
    }
    mean[m] = count > 0.0 ? sum / count : None;
  }
  return mean;
}

/** One line of the table: what is measured, by slice. */
struct Row
{
  std::string                     name;
  std::map<std::size_t, Measures> slices{};

  Measures
  Mean() const
  {
    std::vector<Measures> all;
    for (const auto & slice : slices)
    {
      all.push_back(slice.second);
    }
    return MeanOf(all);
  }
};

/** A photograph of a slice. */
struct Photograph
{
  std::string path;
  int         level;
};

/** A colored scan, and those of its slices that count; all if there is none. */
struct Result
{
  std::string              name;
  std::string              path;
  std::set<std::size_t>    slices{};
  AlphaVolumeType::Pointer colors{};
};

/** The scan, and what is known of it as a whole. */
struct Scan
{
  VolumeType::Pointer   volume;
  bool                  isCT;
  MaskType              body;
  double                air;
  std::array<double, 2> window;
  Grid                  grid;
  std::size_t           slices;

  std::size_t
  Pixels() const
  {
    return grid.width * grid.height;
  }
};

/** What is known of a slice that is measured. */
struct Slice
{
  int                     level;
  std::size_t             pixels;
  Color                   oneColor;
  PhotographType::Pointer photograph;
};

void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(ParameterKind::InputVolume, "scan", "Scan", "Gray volume that was colored, MR or CT in HU.");
  program.AddFile(
    ParameterKind::InputFile,
    "photographs",
    "Photographs",
    "Folder of photographs of the same body, sliceKK_levelNNNN.png for slice KK along the last axis, on the "
    "slice's grid.",
    true);
  program.AddFileList(ParameterKind::InputFile,
                      "result",
                      "Results",
                      "NAME=FILE or NAME=FILE:0,3,6: a color volume on the scan's grid, and which of its slices count. "
                      "Several files of one name make one row.",
                      true);
  program.AddText("slices", "Slices", "The slices to measure, as 0,4,8; else all that have a photograph.");
  program.AddFile(ParameterKind::OutputFile,
                  "picture",
                  "Picture",
                  "PNG to write: rows of up to six slices, each of the scan, each result and the photograph.");
  program.AddFile(ParameterKind::OutputFile, "json", "JSON", "All values to write, slice by slice.");
}

/** Reads numbers as 0,4,8. */
std::set<std::size_t>
ParseSlices(const std::string & text, const std::string & option)
{
  static const std::regex form("[0-9]{1,6}(,[0-9]{1,6})*");
  if (!std::regex_match(text, form))
  {
    throw UsageError(option + " has the slices '" + text + "', but these have to be numbers as 0,4,8.");
  }
  std::set<std::size_t> slices;
  std::istringstream    stream(text);
  for (std::string number; std::getline(stream, number, ',');)
  {
    slices.insert(std::stoul(number));
  }
  return slices;
}

/** Reads NAME=FILE[:SLICES]. */
Result
ParseResult(const std::string & text)
{
  static const std::regex form("([^=]+)=(.*[^:,0-9].*?)(:([0-9,]+))?");
  std::smatch             match;
  if (!std::regex_match(text, match, form))
  {
    throw UsageError("--result is '" + text + "', but has to be NAME=FILE or NAME=FILE:SLICES.");
  }
  Result result{ match[1], match[2] };
  if (match[3].matched)
  {
    result.slices = ParseSlices(match[4], "--result " + text);
  }
  return result;
}

/** The photographs of a folder by their slices. */
std::map<std::size_t, Photograph>
FindPhotographs(const std::string & folder)
{
  namespace fs = std::filesystem;
  if (!fs::is_directory(folder))
  {
    throw InputError(folder + ": there is no such folder.");
  }
  static const std::regex           form("slice([0-9]{1,6})_level([0-9]{1,6})\\.png");
  std::map<std::size_t, Photograph> photographs;
  for (const auto & entry : fs::directory_iterator(folder))
  {
    const std::string name = entry.path().filename().string();
    std::smatch       match;
    if (!std::regex_match(name, match, form))
    {
      continue;
    }
    const auto added = photographs.insert({ std::stoul(match[1]), { entry.path().string(), std::stoi(match[2]) } });
    if (!added.second)
    {
      throw InputError(folder + ": slice " + match[1].str() + " has two photographs, but one is needed.");
    }
  }
  if (photographs.empty())
  {
    throw InputError(folder + ": the folder holds no photograph named as slice00_level0101.png.");
  }
  return photographs;
}

/** The value that `share` of the values does not exceed. */
double
Percentile(std::vector<float> values, double share)
{
  const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[place];
}

Scan
ReadScan(const std::string & path)
{
  Scan scan;
  scan.volume = ImageFiles::ReadVolume(path);
  scan.isCT = ImageFiles::LooksLikeCT(scan.volume.GetPointer());
  auto mask = itk::OtsuBodyMaskImageFilter<VolumeType, ImageFiles::MaskType>::New();
  mask->SetInput(scan.volume);
  // Arms are tissue too.
  mask->KeepSeparatePartsOn();
  mask->Update();
  const auto            region = scan.volume->GetBufferedRegion();
  const unsigned char * body = mask->GetOutput()->GetBufferPointer();
  const float *         values = scan.volume->GetBufferPointer();
  scan.body.assign(body, body + region.GetNumberOfPixels());
  std::vector<float> inside;
  for (std::size_t i = 0; i < scan.body.size(); ++i)
  {
    if (scan.body[i])
    {
      inside.push_back(values[i]);
    }
  }
  scan.window = scan.isCT ? std::array<double, 2>{ { -200.0, 300.0 } }
                          : std::array<double, 2>{ { Percentile(inside, 0.005), Percentile(inside, 0.995) } };
  scan.air = scan.isCT ? -300.0 : 0.1 * Percentile(inside, 0.99);
  if (!(scan.window[1] > scan.window[0]))
  {
    throw InputError(path + ": all of the body has the value " + std::to_string(scan.window[0]) +
                     ", but a scan that shows something is needed.");
  }
  const auto & spacing = scan.volume->GetSpacing();
  scan.grid = { region.GetSize(0), region.GetSize(1), { { spacing[0], spacing[1] } } };
  scan.slices = region.GetSize(2);
  return scan;
}

/** Reads the colors of a result, which have to lie on the scan's grid. */
void
ReadColors(Result & result, const Scan & scan, const std::string & scanPath)
{
  constexpr double tolerance = 1e-3;
  result.colors = ImageFiles::ReadColorVolume(result.path);
  const auto   sizes = result.colors->GetBufferedRegion().GetSize();
  const auto   wanted = scan.volume->GetBufferedRegion().GetSize();
  const auto & spacing = scan.volume->GetSpacing();
  if (sizes != wanted)
  {
    std::ostringstream sentence;
    sentence << result.path << ": the size is " << sizes << ", but " << scanPath << " has " << wanted
             << ", and colors on its grid are needed.";
    throw InputError(sentence.str());
  }
  bool isSame = true;
  for (unsigned int a = 0; a < 3; ++a)
  {
    const double unit = tolerance * spacing[a];
    isSame = isSame && std::abs(result.colors->GetSpacing()[a] - spacing[a]) <= unit &&
             std::abs(result.colors->GetOrigin()[a] - scan.volume->GetOrigin()[a]) <= 100.0 * unit;
    for (unsigned int b = 0; b < 3; ++b)
    {
      isSame = isSame && std::abs(result.colors->GetDirection()[a][b] - scan.volume->GetDirection()[a][b]) <= tolerance;
    }
  }
  if (!isSame)
  {
    std::ostringstream sentence;
    sentence << result.path << ": the spacing is " << result.colors->GetSpacing() << " and the origin "
             << result.colors->GetOrigin() << ", but " << scanPath << " has " << spacing << " and "
             << scan.volume->GetOrigin() << " or another direction, and colors on its grid are needed.";
    throw InputError(sentence.str());
  }
}

/** The slices to measure: all must have a photograph. */
std::set<std::size_t>
ChooseSlices(const CommandLineProgram &                program,
             const std::vector<Result> &               results,
             const std::map<std::size_t, Photograph> & photographs)
{
  const auto verify = [&](const std::set<std::size_t> & slices)
  {
    for (const std::size_t slice : slices)
    {
      if (photographs.count(slice) == 0)
      {
        throw InputError(program.GetText("photographs") + ": there is no photograph of slice " + std::to_string(slice) +
                         ", which is to be measured.");
      }
    }
  };
  std::set<std::size_t> wanted;
  if (program.Has("slices"))
  {
    wanted = ParseSlices(program.GetText("slices"), "--slices");
    verify(wanted);
  }
  else
  {
    for (const auto & photograph : photographs)
    {
      wanted.insert(photograph.first);
    }
  }
  std::set<std::size_t>                              used;
  std::map<std::pair<std::string, std::size_t>, int> counts;
  for (const Result & result : results)
  {
    verify(result.slices);
    for (const std::size_t slice : wanted)
    {
      if (result.slices.empty() || result.slices.count(slice) > 0)
      {
        used.insert(slice);
        if (++counts[{ result.name, slice }] > 1)
        {
          throw UsageError("--result " + result.name + " has slice " + std::to_string(slice) +
                           " in two files, but one is needed.");
        }
      }
    }
  }
  if (used.empty())
  {
    throw UsageError("--slices and --result have no slice in common, so that there is nothing to measure.");
  }
  return used;
}

/** A slice of the scan, 0..1 in its window. */
std::vector<float>
WindowedSlice(const Scan & scan, std::size_t slice)
{
  const float *      values = scan.volume->GetBufferPointer() + slice * scan.Pixels();
  std::vector<float> windowed(scan.Pixels());
  std::transform(values,
                 values + scan.Pixels(),
                 windowed.begin(),
                 [&](float value)
                 {
                   const double tone = (value - scan.window[0]) / (scan.window[1] - scan.window[0]);
                   return static_cast<float>(std::min(std::max(tone, 0.0), 1.0));
                 });
  return windowed;
}

/** Colors and luminances, 0..1, of pixels. */
struct Appearance
{
  template <typename TPixel>
  Appearance(const TPixel * pixels, std::size_t count)
    : lab(count)
    , luminance(count)
  {
    for (std::size_t i = 0; i < count; ++i)
    {
      const Color rgb{ { pixels[i][0] / 255.0f, pixels[i][1] / 255.0f, pixels[i][2] / 255.0f } };
      lab[i] = itk::colorization::RGBToLab(rgb);
      luminance[i] = itk::colorization::RGBToLuminance(rgb);
    }
  }

  std::vector<Color> lab;
  std::vector<float> luminance;
};

/** Measures the photograph against itself, moved along each axis: the mean of both. */
ColorErrors
MeasureMisfit(const std::vector<Color> & lab,
              const std::vector<Color> & smooth,
              const MaskType &           tissue,
              const Grid &               grid)
{
  std::vector<Measures> both;
  for (const std::array<double, 2> & offset : { std::array<double, 2>{ { Misfit, 0.0 } }, { { 0.0, Misfit } } })
  {
    const auto moved = ColorTruth::SmoothWithin(ColorTruth::Move(lab, offset, grid), tissue, grid);
    both.push_back(Join(ColorTruth::CompareColors(moved, smooth, tissue), {}));
  }
  const Measures mean = MeanOf(both);
  return { mean[0], mean[1], mean[2], mean[3], mean[4] };
}

/** Reads a slice's photograph, and measures all rows of the slice. */
Slice
MeasureSlice(std::size_t                      index,
             const Photograph &               photograph,
             const Scan &                     scan,
             const std::vector<Result> &      results,
             std::vector<Row> &               rows,
             std::array<Row, NumberOfPeers> & peers)
{
  Slice slice;
  slice.level = photograph.level;
  slice.photograph = ImageFiles::ReadPhotograph(photograph.path);
  const auto size = slice.photograph->GetBufferedRegion().GetSize();
  if (size[0] != scan.grid.width || size[1] != scan.grid.height)
  {
    std::ostringstream sentence;
    sentence << photograph.path << ": the size is " << size << ", but [" << scan.grid.width << ", " << scan.grid.height
             << "], the scan's, is needed.";
    throw InputError(sentence.str());
  }
  const std::size_t first = index * scan.Pixels();
  const MaskType    body(scan.body.begin() + static_cast<std::ptrdiff_t>(first),
                      scan.body.begin() + static_cast<std::ptrdiff_t>(first + scan.Pixels()));
  MaskType          tissue;
  const Appearance  truth(slice.photograph->GetBufferPointer(), scan.Pixels());
  try
  {
    std::vector<Color> lab;
    tissue = ColorTruth::FindPhotographTissue(slice.photograph, body, lab);
  }
  catch (const std::invalid_argument & error)
  {
    throw InputError(photograph.path + ": " + error.what());
  }
  for (std::size_t i = 0; i < tissue.size(); ++i)
  {
    tissue[i] = tissue[i] && body[i] && scan.volume->GetBufferPointer()[first + i] > scan.air ? 1 : 0;
  }
  slice.pixels = tissue.size() - static_cast<std::size_t>(std::count(tissue.begin(), tissue.end(), 0));
  const auto gray = WindowedSlice(scan, index);
  const auto smooth = ColorTruth::SmoothWithin(truth.lab, tissue, scan.grid);
  slice.oneColor = ColorTruth::MedianColor(smooth, tissue);
  const std::vector<Color> one(smooth.size(), slice.oneColor);

  peers[0].slices[index] = Join(ColorTruth::CompareColors(one, smooth, tissue), {});
  peers[1].slices[index] = Join(MeasureMisfit(truth.lab, smooth, tissue, scan.grid), {});
  peers[2].slices[index] = Join(ColorTruth::CompareColors(smooth, smooth, tissue),
                                ColorTruth::MeasureStructure(gray, truth.luminance, body, scan.grid));
  // A scan has the structure of a scan, and noise where it is flat.
  peers[3].slices[index] = Join({}, ColorTruth::MeasureStructure(gray, gray, body, scan.grid));
  for (const Result & result : results)
  {
    if (result.slices.empty() || result.slices.count(index) > 0)
    {
      const Appearance shown(result.colors->GetBufferPointer() + first, scan.Pixels());
      const auto       row =
        std::find_if(rows.begin(), rows.end(), [&](const Row & other) { return other.name == result.name; });
      row->slices[index] =
        Join(ColorTruth::CompareColors(ColorTruth::SmoothWithin(shown.lab, tissue, scan.grid), smooth, tissue),
             ColorTruth::MeasureStructure(gray, shown.luminance, body, scan.grid));
    }
  }
  return slice;
}

/** Draws rows of slices: the scan, each result, the photograph. */
PhotographType::Pointer
DrawPicture(const Scan &                         scan,
            const std::vector<Result> &          results,
            const std::vector<Row> &             rows,
            const std::map<std::size_t, Slice> & slices)
{
  constexpr std::size_t              mostRows = 6;
  constexpr double                   widest = 1800.0;
  constexpr itk::SizeValueType       margin = 4;
  std::vector<std::size_t>           shown;
  const std::size_t                  count = std::min(mostRows, slices.size());
  std::array<itk::IndexValueType, 4> bounds{
    { static_cast<itk::IndexValueType>(scan.grid.width), static_cast<itk::IndexValueType>(scan.grid.height), 0, 0 }
  };
  for (std::size_t k = 0; k < count; ++k)
  {
    // The middle of each of as many parts of the slices.
    const std::size_t index =
      std::next(slices.begin(), static_cast<std::ptrdiff_t>((2 * k + 1) * slices.size() / (2 * count)))->first;
    shown.push_back(index);
    for (std::size_t i = 0; i < scan.Pixels(); ++i)
    {
      if (scan.body[index * scan.Pixels() + i])
      {
        const auto x = static_cast<itk::IndexValueType>(i % scan.grid.width);
        const auto y = static_cast<itk::IndexValueType>(i / scan.grid.width);
        bounds = { { std::min(bounds[0], x), std::min(bounds[1], y), std::max(bounds[2], x), std::max(bounds[3], y) } };
      }
    }
  }
  if (bounds[2] < bounds[0])
  {
    bounds = { { 0,
                 0,
                 static_cast<itk::IndexValueType>(scan.grid.width) - 1,
                 static_cast<itk::IndexValueType>(scan.grid.height) - 1 } };
  }
  PhotographType::SizeType size;
  size[0] = static_cast<itk::SizeValueType>(bounds[2] - bounds[0] + 1) + margin;
  size[1] = static_cast<itk::SizeValueType>(bounds[3] - bounds[1] + 1) + margin;

  auto                             tiles = itk::TileImageFilter<PhotographType, PhotographType>::New();
  itk::FixedArray<unsigned int, 2> layout;
  layout[0] = static_cast<unsigned int>(rows.size()) + 2;
  layout[1] = static_cast<unsigned int>(shown.size());
  tiles->SetLayout(layout);
  unsigned int tile = 0;
  const auto   add = [&](const auto & colorAt)
  {
    auto picture = PhotographType::New();
    picture->SetRegions(size);
    picture->Allocate(true);
    for (itk::SizeValueType y = 0; y + margin < size[1]; ++y)
    {
      for (itk::SizeValueType x = 0; x + margin < size[0]; ++x)
      {
        const PhotographType::IndexType pixel{ { static_cast<itk::IndexValueType>(x),
                                                 static_cast<itk::IndexValueType>(y) } };
        picture->SetPixel(pixel, colorAt((y + bounds[1]) * scan.grid.width + x + bounds[0]));
      }
    }
    tiles->SetInput(tile++, picture);
  };
  using PixelType = PhotographType::PixelType;
  for (const std::size_t index : shown)
  {
    const auto gray = WindowedSlice(scan, index);
    add(
      [&](std::size_t i)
      {
        PixelType color;
        color.Fill(static_cast<unsigned char>(std::lround(255.0f * gray[i])));
        return color;
      });
    for (const Row & row : rows)
    {
      const auto own = std::find_if(results.begin(),
                                    results.end(),
                                    [&](const Result & result)
                                    {
                                      return result.name == row.name && row.slices.count(index) > 0 &&
                                             (result.slices.empty() || result.slices.count(index) > 0);
                                    });
      add(
        [&](std::size_t i)
        {
          PixelType color;
          color.Fill(0);
          if (own != results.end())
          {
            const auto & pixel = own->colors->GetBufferPointer()[index * scan.Pixels() + i];
            color.Set(pixel[0], pixel[1], pixel[2]);
          }
          return color;
        });
    }
    add([&](std::size_t i) { return slices.at(index).photograph->GetBufferPointer()[i]; });
  }
  tiles->Update();

  // Pixels become square, of half the scan's finer spacing, or coarser if the picture would be too wide.
  const auto * picture = tiles->GetOutput();
  auto         whole = picture->GetLargestPossibleRegion().GetSize();
  const double finest = std::min(scan.grid.spacing[0], scan.grid.spacing[1]);
  const double pixel = std::max(0.5 * finest, static_cast<double>(whole[0]) * scan.grid.spacing[0] / widest);
  auto         resample = itk::ResampleImageFilter<PhotographType, PhotographType>::New();
  resample->SetInput(picture);
  PhotographType::SpacingType spacing;
  for (unsigned int a = 0; a < 2; ++a)
  {
    const double step = pixel / scan.grid.spacing[a];
    whole[a] = static_cast<itk::SizeValueType>(std::max(1.0, std::floor(static_cast<double>(whole[a]) / step + 1e-9)));
    spacing[a] = picture->GetSpacing()[a] * step;
  }
  resample->SetSize(whole);
  resample->SetOutputSpacing(spacing);
  resample->SetOutputOrigin(picture->GetOrigin());
  resample->SetOutputDirection(picture->GetDirection());
  resample->Update();
  return resample->GetOutput();
}

std::string
MakeTable(const std::vector<Row> & rows)
{
  constexpr int width = 10;
  std::size_t   longest = 0;
  for (const Row & row : rows)
  {
    longest = std::max(longest, row.name.size());
  }
  std::ostringstream table;
  const auto         name = [&](const std::string & text)
  { table << std::left << std::setw(static_cast<int>(longest)) << text << std::right; };
  name("");
  table << std::setw(width) << "slices";
  for (const Column & column : Columns)
  {
    table << std::setw(width) << column.heading;
  }
  for (const Row & row : rows)
  {
    const Measures mean = row.Mean();
    table << '\n';
    name(row.name);
    table << std::setw(width) << row.slices.size();
    for (std::size_t m = 0; m < NumberOfMeasures; ++m)
    {
      std::ostringstream value;
      value << std::fixed << std::setprecision(Columns[m].digits) << mean[m];
      table << std::setw(width) << (std::isfinite(mean[m]) ? value.str() : "-");
    }
  }
  return table.str();
}

Json
ToJson(const Measures & measures)
{
  Json json = Json::object();
  for (std::size_t m = 0; m < NumberOfMeasures; ++m)
  {
    json[Columns[m].key] = std::isfinite(measures[m]) ? Json(measures[m]) : Json(nullptr);
  }
  return json;
}

std::string
MakeJson(const CommandLineProgram &           program,
         const Scan &                         scan,
         const std::vector<Row> &             rows,
         const std::map<std::size_t, Slice> & slices)
{
  Json json;
  json["scan"] = program.GetText("scan");
  json["modality"] = scan.isCT ? "CT" : "MR";
  json["photographs"] = program.GetText("photographs");
  json["results"] = program.GetTexts("result");
  json["smoothing_mm"] = ColorTruth::SmoothingSigma;
  json["air"] = scan.air;
  json["window"] = scan.window;
  for (const auto & slice : slices)
  {
    json["slices"].push_back({ { "slice", slice.first },
                               { "level", slice.second.level },
                               { "pixels", slice.second.pixels },
                               { "one_color", slice.second.oneColor } });
  }
  for (const Row & row : rows)
  {
    Json of = { { "name", row.name }, { "mean", ToJson(row.Mean()) } };
    for (const auto & slice : row.slices)
    {
      Json values = { { "slice", slice.first } };
      values.update(ToJson(slice.second));
      of["slices"].push_back(values);
    }
    json["rows"].push_back(of);
  }
  return json.dump(2) + '\n';
}

void
MeasureTruth(CommandLineProgram & program)
{
  std::vector<Result> results;
  for (const std::string & text : program.GetTexts("result"))
  {
    results.push_back(ParseResult(text));
  }
  if (program.Has("picture"))
  {
    ImageFiles::VerifyWritableImage(program.GetText("picture"));
  }
  if (program.Has("json"))
  {
    ImageFiles::VerifyWritableFile(program.GetText("json"));
  }
  const auto photographs = FindPhotographs(program.GetText("photographs"));
  const auto indices = ChooseSlices(program, results, photographs);
  const Scan scan = ReadScan(program.GetText("scan"));
  if (*indices.rbegin() >= scan.slices)
  {
    throw InputError(program.GetText("photographs") + ": there is a photograph of slice " +
                     std::to_string(*indices.rbegin()) + ", but the scan has " + std::to_string(scan.slices) +
                     " slices.");
  }
  std::vector<Row> rows;
  for (Result & result : results)
  {
    ReadColors(result, scan, program.GetText("scan"));
    if (std::none_of(rows.begin(), rows.end(), [&](const Row & row) { return row.name == result.name; }))
    {
      rows.push_back({ result.name });
    }
  }
  std::array<Row, NumberOfPeers> peers{
    { { "one color" }, { "photograph, moved 1.5 mm" }, { "photograph" }, { "scan" } }
  };
  std::map<std::size_t, Slice> slices;
  for (const std::size_t index : indices)
  {
    program.ShowProgress("Measuring", static_cast<double>(slices.size()) / static_cast<double>(indices.size()));
    slices[index] = MeasureSlice(index, photographs.at(index), scan, results, rows, peers);
  }
  if (std::all_of(slices.begin(), slices.end(), [](const auto & slice) { return slice.second.pixels == 0; }))
  {
    throw InputError(program.GetText("photographs") + ": the photographs show no tissue where the scan does.");
  }
  std::vector<Row> all{ peers[0] };
  all.insert(all.end(), rows.begin(), rows.end());
  all.insert(all.end(), peers.begin() + 1, peers.end());
  program.Say(MakeTable(all));
  if (program.Has("json"))
  {
    ImageFiles::WriteText(MakeJson(program, scan, all, slices), program.GetText("json"));
  }
  if (program.Has("picture"))
  {
    ImageFiles::WriteImage(DrawPicture(scan, results, rows, slices).GetPointer(), program.GetText("picture"));
  }
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program(
    "ColorTruth",
    "Color Truth",
    "Measures how far the colors of a scan are from those of photographs of the same body, and "
    "what of the scan's structure they show.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { MeasureTruth(program); });
}
