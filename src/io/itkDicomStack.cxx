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
#include "itkDicomStack.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

namespace itk
{
namespace colorization
{
namespace
{
namespace fs = std::filesystem;
using Vector = std::array<double, 3>;

double
Dot(const Vector & a, const Vector & b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Vector
Cross(const Vector & a, const Vector & b)
{
  return { { a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0] } };
}

Vector
Unit(const Vector & a)
{
  const double length = std::sqrt(Dot(a, a));
  return { { a[0] / length, a[1] / length, a[2] / length } };
}

std::string
TextOf(double number)
{
  std::ostringstream text;
  text << number;
  return text.str();
}

std::string
NameOf(const DicomFile & file)
{
  return fs::path(file.path).filename().string();
}

/** Rows and columns of a frame as unit vectors that are perpendicular. */
std::array<Vector, 2>
AxesOf(const DicomFile & file, const DicomFrame & frame)
{
  const auto & o = frame.orientation;
  Vector       row{ { o[0], o[1], o[2] } };
  Vector       column{ { o[3], o[4], o[5] } };
  const double rowLength = std::sqrt(Dot(row, row));
  const double columnLength = std::sqrt(Dot(column, column));
  constexpr double most = 0.01;
  if (!(std::abs(rowLength - 1.0) < most) || !(std::abs(columnLength - 1.0) < most) ||
      !(std::abs(Dot(row, column)) < most))
  {
    throw FileFault("its file " + NameOf(file) + " has directions of rows and columns that are not perpendicular.");
  }
  row = Unit(row);
  const double product = Dot(row, column);
  for (std::size_t k = 0; k < 3; ++k)
  {
    column[k] -= product * row[k];
  }
  return { { row, Unit(column) } };
}

/** Refuses files that are no slices of one stack. */
void
VerifyAlike(const std::vector<DicomFile> & files)
{
  std::map<std::string, std::string> instances;
  for (const DicomFile & file : files)
  {
    const auto [known, isNew] = instances.emplace(file.instanceUID, NameOf(file));
    if (!isNew && !file.instanceUID.empty())
    {
      throw FileFault("its files " + known->second + " and " + NameOf(file) + " are one and the same slice.");
    }
    if (file.samples != 1)
    {
      throw FileFault("its file " + NameOf(file) + " has " + std::to_string(file.samples) +
                      " components a pixel, but a gray volume is needed.");
    }
    if (file.imageType.find("MOSAIC") != std::string::npos)
    {
      throw FileFault("its file " + NameOf(file) +
                      " is a mosaic of many slices, which is not read: convert it to NIfTI first.");
    }
    for (const DicomFrame & frame : file.frames)
    {
      if (frame.position.size() != 3 || frame.orientation.size() != 6)
      {
        throw FileFault("its file " + NameOf(file) + " does not say where it lies.");
      }
      if (frame.spacing.size() != 2 || !(frame.spacing[0] > 0.0) || !(frame.spacing[1] > 0.0))
      {
        throw FileFault("its file " + NameOf(file) + " does not say how large its pixels are.");
      }
      if (frame.rescale != files.front().frames.front().rescale && file.frames.size() > 1)
      {
        throw FileFault("the frames of its file " + NameOf(file) +
                        " have scales of their own, which are not read: convert it to NIfTI first.");
      }
    }
  }
}

/** Refuses slices of several orientations or sizes, of which a localizer is one. */
void
VerifyOneKind(const std::vector<DicomFile> & files)
{
  constexpr double                        likeness = 1.0 - 1e-4;
  std::vector<std::vector<std::string>>   kinds;
  std::vector<std::pair<const DicomFile *, const DicomFrame *>> first;
  for (const DicomFile & file : files)
  {
    for (const DicomFrame & frame : file.frames)
    {
      const auto axes = AxesOf(file, frame);
      const auto isAlike = [&](const std::pair<const DicomFile *, const DicomFrame *> & other)
      {
        const auto its = AxesOf(*other.first, *other.second);
        const auto isClose = [](double a, double b) { return std::abs(a - b) <= 1e-3 * std::abs(b); };
        return Dot(axes[0], its[0]) > likeness && Dot(axes[1], its[1]) > likeness && file.rows == other.first->rows &&
               file.columns == other.first->columns && isClose(frame.spacing[0], other.second->spacing[0]) &&
               isClose(frame.spacing[1], other.second->spacing[1]);
      };
      const auto found = std::find_if(first.begin(), first.end(), isAlike);
      const auto kind = static_cast<std::size_t>(found - first.begin());
      if (found == first.end())
      {
        first.emplace_back(&file, &frame);
        kinds.emplace_back();
      }
      kinds[kind].push_back(NameOf(file));
    }
  }
  if (kinds.size() > 1)
  {
    const auto few = std::min_element(
      kinds.begin(), kinds.end(), [](const auto & a, const auto & b) { return a.size() < b.size(); });
    throw FileFault("its slices are of " + std::to_string(kinds.size()) +
                    " orientations or sizes: " + few->front() + " differs from most, as localizers do; take it away.");
  }
}

/** The slices with their places, along the normal. */
std::vector<DicomSlice>
PlaceSlices(const std::vector<DicomFile> & files, const std::array<Vector, 3> & axes, Vector & origin)
{
  std::vector<DicomSlice> slices;
  std::vector<Vector>     places;
  for (std::size_t f = 0; f < files.size(); ++f)
  {
    for (std::size_t k = 0; k < files[f].frames.size(); ++k)
    {
      const auto & p = files[f].frames[k].position;
      DicomSlice   slice;
      slice.file = f;
      slice.frame = k;
      slice.position = Dot({ { p[0], p[1], p[2] } }, axes[2]);
      slice.shift = { { Dot({ { p[0], p[1], p[2] } }, axes[0]), Dot({ { p[0], p[1], p[2] } }, axes[1]) } };
      slices.push_back(slice);
    }
  }
  std::stable_sort(slices.begin(),
                   slices.end(),
                   [](const DicomSlice & a, const DicomSlice & b) { return a.position < b.position; });
  const auto & p = files[slices.front().file].frames[slices.front().frame].position;
  origin = { { p[0], p[1], p[2] } };
  const DicomSlice first = slices.front();
  for (DicomSlice & slice : slices)
  {
    slice.position -= first.position;
    slice.shift[0] -= first.shift[0];
    slice.shift[1] -= first.shift[1];
  }
  return slices;
}

double
MedianOf(std::vector<double> values)
{
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/** Of several slices at each place, those of one volume. */
std::vector<DicomSlice>
ChooseVolume(const std::vector<DicomSlice> & slices, int volume)
{
  constexpr double                     least = 1e-3;
  std::vector<std::vector<DicomSlice>> places;
  for (const DicomSlice & slice : slices)
  {
    if (places.empty() || slice.position - places.back().front().position > least)
    {
      places.emplace_back();
    }
    places.back().push_back(slice);
  }
  const std::size_t count = places.front().size();
  const auto        other = std::find_if(
    places.begin(), places.end(), [&](const std::vector<DicomSlice> & place) { return place.size() != count; });
  if (other != places.end())
  {
    const auto several = static_cast<std::size_t>(std::count_if(
      places.begin(), places.end(), [](const std::vector<DicomSlice> & place) { return place.size() > 1; }));
    throw FileFault("at " + std::to_string(several) + " of " + std::to_string(places.size()) +
                    " places there are several slices, at others fewer: they are not one volume.");
  }
  if (count == 1)
  {
    return slices;
  }
  if (volume < 0 || static_cast<std::size_t>(volume) >= count)
  {
    throw FileFault("it holds " + std::to_string(count) + " volumes of " + std::to_string(places.size()) +
                    " slices at the same places" +
                    (volume < 0 ? std::string() : ", but volume " + std::to_string(volume) + " is wanted") +
                    ": choose one of 0 ... " + std::to_string(count - 1) + " with --frame.");
  }
  std::vector<DicomSlice> chosen;
  for (std::vector<DicomSlice> & place : places)
  {
    // Their order at one place is that of the files and frames.
    std::sort(place.begin(),
              place.end(),
              [](const DicomSlice & a, const DicomSlice & b)
              { return std::make_pair(a.file, a.frame) < std::make_pair(b.file, b.frame); });
    chosen.push_back(place[static_cast<std::size_t>(volume)]);
  }
  return chosen;
}

double
ThicknessOf(const std::vector<DicomFile> & files, const DicomSlice & slice)
{
  const auto & thickness = files[slice.file].frames[slice.frame].thickness;
  return thickness.empty() ? 0.0 : thickness.front();
}

/** Refuses gaps where a slice is missing: those that are wider than others and than the slices are thick. */
void
VerifyNoneMissing(const std::vector<DicomFile> & files, const std::vector<DicomSlice> & slices, double median)
{
  constexpr double wide = 1.5;
  constexpr double thick = 1.2;
  for (std::size_t k = 1; k < slices.size(); ++k)
  {
    const double gap = slices[k].position - slices[k - 1].position;
    const double thickness = std::max(ThicknessOf(files, slices[k - 1]), ThicknessOf(files, slices[k]));
    if (gap > wide * median && gap > thick * thickness)
    {
      throw FileFault("a slice is missing: " + NameOf(files[slices[k - 1].file]) + " and " +
                      NameOf(files[slices[k].file]) + " are " + TextOf(gap) + " mm apart, but most slices " +
                      TextOf(median) + " mm.");
    }
  }
}

/** mm of shift a mm along the normal, by least squares through the first slice; refuses slices that are not in line. */
std::array<double, 2>
LeanOf(const std::vector<DicomFile> & files, const std::vector<DicomSlice> & slices, double tolerance)
{
  std::array<double, 2> lean{};
  double                squares = 0.0;
  for (const DicomSlice & slice : slices)
  {
    squares += slice.position * slice.position;
    lean[0] += slice.position * slice.shift[0];
    lean[1] += slice.position * slice.shift[1];
  }
  for (double & value : lean)
  {
    value = squares > 0.0 ? value / squares : 0.0;
  }
  for (const DicomSlice & slice : slices)
  {
    const double off = std::max(std::abs(slice.shift[0] - lean[0] * slice.position),
                                std::abs(slice.shift[1] - lean[1] * slice.position));
    if (off > tolerance)
    {
      throw FileFault("its slices are not in line: " + NameOf(files[slice.file]) + " lies " + TextOf(off) +
                      " mm beside the line through the others.");
    }
  }
  return lean;
}
} // namespace

DicomStack
ArrangeDicomStack(const std::vector<DicomFile> & files, int volume)
{
  VerifyAlike(files);
  VerifyOneKind(files);
  const DicomFrame & frame = files.front().frames.front();
  const auto         plane = AxesOf(files.front(), frame);
  DicomStack         stack;
  stack.axes = { { plane[0], plane[1], Cross(plane[0], plane[1]) } };
  stack.slices = ChooseVolume(PlaceSlices(files, stack.axes, stack.origin), volume);
  stack.sliceSize = { { static_cast<std::size_t>(files.front().columns), static_cast<std::size_t>(files.front().rows) } };
  stack.size = { { stack.sliceSize[0], stack.sliceSize[1], stack.slices.size() } };
  stack.spacing = { { frame.spacing[1], frame.spacing[0], 1.0 } };
  // The first slice of the chosen volume, which is at the same place within a micrometer.
  if (stack.slices.size() < 2)
  {
    const double thickness = ThicknessOf(files, stack.slices.front());
    stack.spacing[2] = thickness > 0.0 ? thickness : 1.0;
    return stack;
  }
  std::vector<double> gaps;
  for (std::size_t k = 1; k < stack.slices.size(); ++k)
  {
    gaps.push_back(stack.slices[k].position - stack.slices[k - 1].position);
  }
  const double median = MedianOf(gaps);
  const double length = stack.slices.back().position;
  const double mean = length / static_cast<double>(gaps.size());
  VerifyNoneMissing(files, stack.slices, median);
  const double     pixel = std::min(stack.spacing[0], stack.spacing[1]);
  const auto       lean = LeanOf(files, stack.slices, std::max(0.01 * median, 0.25 * pixel));
  constexpr double even = 0.01;
  const auto       ends = std::minmax_element(gaps.begin(), gaps.end());
  const bool       isUneven = *ends.second - mean > even * mean || mean - *ends.first > even * mean;
  const double     leans = std::max(std::abs(lean[0]), std::abs(lean[1]));
  const bool       isLeaning = leans * length > 0.25 * pixel;
  stack.spacing[2] = isUneven ? median : mean;
  stack.isResampled = isUneven || isLeaning;
  if (!stack.isResampled)
  {
    return stack;
  }
  stack.size[2] = static_cast<std::size_t>(std::floor(length / stack.spacing[2] + even)) + 1;
  for (std::size_t axis = 0; axis < 2; ++axis)
  {
    double low = 0.0;
    double high = 0.0;
    for (const DicomSlice & slice : stack.slices)
    {
      low = std::min(low, slice.shift[axis]);
      high = std::max(high, slice.shift[axis]);
    }
    stack.begin[axis] = low;
    stack.size[axis] += static_cast<std::size_t>(std::ceil((high - low) / stack.spacing[axis] - even));
    for (std::size_t k = 0; k < 3; ++k)
    {
      stack.origin[k] += low * stack.axes[axis][k];
    }
  }
  if (isLeaning)
  {
    constexpr double degrees = 57.29577951308232;
    stack.note = "slices lean by " + TextOf(std::round(std::atan(std::hypot(lean[0], lean[1])) * degrees * 10.0) / 10.0) +
                 " degrees, as of a tilted gantry";
  }
  if (isUneven)
  {
    stack.note += (isLeaning ? std::string(", and") : std::string("slices")) + " are between " + TextOf(*ends.first) +
                  " and " + TextOf(*ends.second) + " mm apart";
  }
  stack.note += "; resampled to " + std::to_string(stack.size[2]) + " upright slices " + TextOf(stack.spacing[2]) +
                " mm apart.";
  return stack;
}

namespace
{
/** A value between pixels of one slice, or `outside`. */
double
SampleSlice(const float * slice, const std::array<std::size_t, 2> & size, double x, double y, double outside)
{
  const double right = static_cast<double>(size[0] - 1);
  const double bottom = static_cast<double>(size[1] - 1);
  constexpr double edge = 1e-6;
  if (x < -edge || y < -edge || x > right + edge || y > bottom + edge)
  {
    return outside;
  }
  x = std::min(std::max(x, 0.0), right);
  y = std::min(std::max(y, 0.0), bottom);
  const auto   x0 = static_cast<std::size_t>(x);
  const auto   y0 = static_cast<std::size_t>(y);
  const auto   x1 = std::min(x0 + 1, size[0] - 1);
  const auto   y1 = std::min(y0 + 1, size[1] - 1);
  const double u = x - static_cast<double>(x0);
  const double v = y - static_cast<double>(y0);
  const auto   at = [&](std::size_t column, std::size_t row)
  { return static_cast<double>(slice[row * size[0] + column]); };
  return (1.0 - v) * ((1.0 - u) * at(x0, y0) + u * at(x1, y0)) + v * ((1.0 - u) * at(x0, y1) + u * at(x1, y1));
}
} // namespace

void
ResampleDicomStack(const DicomStack & stack, const std::vector<float> & slices, float * out)
{
  const std::size_t pixels = stack.sliceSize[0] * stack.sliceSize[1];
  const double      outside = *std::min_element(slices.begin(), slices.end());
  std::size_t       below = 0;
  for (std::size_t z = 0; z < stack.size[2]; ++z)
  {
    const double position = static_cast<double>(z) * stack.spacing[2];
    while (below + 2 < stack.slices.size() && stack.slices[below + 1].position <= position)
    {
      ++below;
    }
    const DicomSlice & lower = stack.slices[below];
    const DicomSlice & upper = stack.slices[below + 1];
    const double       weight =
      std::min(std::max((position - lower.position) / (upper.position - lower.position), 0.0), 1.0);
    for (std::size_t y = 0; y < stack.size[1]; ++y)
    {
      for (std::size_t x = 0; x < stack.size[0]; ++x, ++out)
      {
        const auto sample = [&](std::size_t index)
        {
          const DicomSlice & slice = stack.slices[index];
          const double       column =
            static_cast<double>(x) + (stack.begin[0] - slice.shift[0]) / stack.spacing[0];
          const double row = static_cast<double>(y) + (stack.begin[1] - slice.shift[1]) / stack.spacing[1];
          return SampleSlice(slices.data() + index * pixels, stack.sliceSize, column, row, outside);
        };
        *out = static_cast<float>((1.0 - weight) * sample(below) + (weight > 0.0 ? weight * sample(below + 1) : 0.0));
      }
    }
  }
}

std::vector<DicomFile>
FindDicomSeries(const std::string & folder, const std::string & series)
{
  std::vector<std::string> paths;
  std::error_code          error;
  for (const auto & entry : fs::directory_iterator(folder, error))
  {
    if (entry.is_regular_file(error) && entry.path().filename().string().front() != '.')
    {
      paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::map<std::string, std::vector<DicomFile>> found;
  for (const std::string & path : paths)
  {
    try
    {
      const MappedFile mapped(path);
      if (!IsDicom(mapped.GetBytes()))
      {
        continue;
      }
      DicomFile file = ReadDicomBytes(mapped.GetBytes());
      file.path = path;
      found[file.seriesUID].push_back(file);
    }
    catch (const NoDicomImage &)
    {
      // Lists, doses and reports lie beside images.
    }
    catch (const FileFault & fault)
    {
      throw FileFault("its file " + fs::path(path).filename().string() + ": " + fault.what());
    }
  }
  if (found.empty())
  {
    throw FileFault("the folder holds no DICOM series.");
  }
  std::vector<std::string> names;
  for (const auto & [uid, files] : found)
  {
    if (!series.empty() && (uid == series || files.front().description == series))
    {
      names.assign(1, uid);
      break;
    }
    names.push_back(uid);
  }
  if (names.size() > 1 || (!series.empty() && found.size() >= 1 && names.size() == 1 && names.front() != series &&
                           found.at(names.front()).front().description != series))
  {
    std::string list;
    for (const auto & [uid, files] : found)
    {
      list += (list.empty() ? "" : ", ") + uid + " (" + std::to_string(files.size()) + " files" +
              (files.front().description.empty() ? "" : ", " + files.front().description) + ')';
    }
    throw FileFault("the folder holds " + std::to_string(found.size()) +
                    " DICOM series, but one is needed; choose one with --series: " + list + '.');
  }
  std::vector<DicomFile> files = found.at(names.front());
  std::stable_sort(files.begin(),
                   files.end(),
                   [](const DicomFile & a, const DicomFile & b) { return a.instanceNumber < b.instanceNumber; });
  return files;
}

} // namespace colorization
} // namespace itk
