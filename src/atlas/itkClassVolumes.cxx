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
#include "itkClassVolumes.h"

#include "itkColorSpace.h"
#include "itkPatientAxes.h"

#include "itkBinShrinkImageFilter.h"
#include "itkLinearInterpolateImageFunction.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
namespace colorization
{
namespace
{
using AtlasImage = Image<RGBAPixel<unsigned char>, 3>;

constexpr float Nothing = std::numeric_limits<float>::quiet_NaN();

/** The box along the patient's axes that holds an image, as a grid. */
template <typename TVolume>
void
SetGridAround(const ImageBase<3> * image, double spacing, TVolume & volume)
{
  const auto       region = image->GetLargestPossibleRegion();
  Point<double, 3> least(std::numeric_limits<double>::max());
  Point<double, 3> most(std::numeric_limits<double>::lowest());
  for (unsigned int corner = 0; corner < 8; ++corner)
  {
    ContinuousIndex<double, 3> index;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      index[axis] = static_cast<double>(region.GetIndex(axis)) - 0.5 +
                    ((corner >> axis & 1u) != 0 ? static_cast<double>(region.GetSize(axis)) : 0.0);
    }
    Point<double, 3> point;
    image->TransformContinuousIndexToPhysicalPoint(index, point);
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      least[axis] = std::min(least[axis], point[axis]);
      most[axis] = std::max(most[axis], point[axis]);
    }
  }
  volume.spacing = spacing;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const double extent = most[axis] - least[axis];
    volume.size[axis] = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(extent / spacing - 1e-6)));
    volume.origin[axis] = 0.5 * (least[axis] + most[axis]) - 0.5 * spacing * static_cast<double>(volume.size[axis] - 1);
  }
}

template <typename TVolume>
Point<double, 3>
PointOf(const TVolume & volume, std::size_t voxel)
{
  Point<double, 3> point;
  point[0] = volume.origin[0] + volume.spacing * static_cast<double>(voxel % volume.size[0]);
  point[1] = volume.origin[1] + volume.spacing * static_cast<double>(voxel / volume.size[0] % volume.size[1]);
  point[2] = volume.origin[2] + volume.spacing * static_cast<double>(voxel / volume.size[0] / volume.size[1]);
  return point;
}

template <typename TVolume>
std::size_t
CountOf(const TVolume & volume)
{
  return volume.size[0] * volume.size[1] * volume.size[2];
}

/** Upper bounds of ranges that hold equally many values. */
std::vector<float>
EqualRanges(std::vector<float> values, unsigned int ranges)
{
  std::vector<float> bounds;
  std::sort(values.begin(), values.end());
  for (unsigned int k = 1; k < ranges && !values.empty(); ++k)
  {
    bounds.push_back(values[values.size() * k / ranges]);
  }
  return bounds;
}

std::uint8_t
RangeOf(const std::vector<float> & bounds, float value)
{
  return static_cast<std::uint8_t>(std::upper_bound(bounds.begin(), bounds.end(), value) - bounds.begin());
}

/** The same voxels, stored along the patient's axes. */
Image<float, 3>::Pointer
InPatientOrder(const Image<float, 3> * scan)
{
  const PatientAxes axes = FindPatientAxes(scan->GetDirection());
  const PatientGrid grid = MakePatientGrid(scan, axes);
  auto              ordered = Image<float, 3>::New();
  ordered->SetRegions(Image<float, 3>::SizeType{ { grid.size[0], grid.size[1], grid.size[2] } });
  ordered->SetSpacing(grid.spacing.data());
  ordered->SetOrigin(grid.origin);
  ordered->SetDirection(grid.direction);
  ordered->Allocate();
  const auto                    region = scan->GetBufferedRegion();
  std::array<std::ptrdiff_t, 3> stride{ { 1,
                                          static_cast<std::ptrdiff_t>(region.GetSize(0)),
                                          static_cast<std::ptrdiff_t>(region.GetSize(0) * region.GetSize(1)) } };
  std::array<std::ptrdiff_t, 3> step{};
  std::ptrdiff_t                first = 0;
  for (unsigned int patient = 0; patient < 3; ++patient)
  {
    const std::ptrdiff_t own = stride[axes.axis[patient]];
    step[patient] = axes.isFlipped[patient] ? -own : own;
    first += axes.isFlipped[patient] ? own * (static_cast<std::ptrdiff_t>(grid.size[patient]) - 1) : 0;
  }
  float *       out = ordered->GetBufferPointer();
  const float * in = scan->GetBufferPointer() + first;
  for (std::ptrdiff_t z = 0; z < static_cast<std::ptrdiff_t>(grid.size[2]); ++z)
  {
    for (std::ptrdiff_t y = 0; y < static_cast<std::ptrdiff_t>(grid.size[1]); ++y)
    {
      for (std::ptrdiff_t x = 0; x < static_cast<std::ptrdiff_t>(grid.size[0]); ++x)
      {
        *out++ = in[z * step[2] + y * step[1] + x * step[0]];
      }
    }
  }
  return ordered;
}

/** Means of an atlas over the cells of a coarser grid. */
struct AtlasMeans
{
  std::array<std::size_t, 3> size{};
  double                     spacing{ 1.0 };
  std::array<double, 3>      origin{};
  /** L and a of the tissue. */
  std::vector<float> lightness{};
  std::vector<float> redness{};
  /** Shares of tissue and of cavities. */
  std::vector<float> tissue{};
  std::vector<float> cavity{};
  /** Whether a cell holds a voxel of a level that is photographed or bridged. */
  std::vector<std::uint8_t> isKnown{};
};

/** `means` has its grid already; what lies beyond it does not count. */
void
TakeMeans(const ColorAtlas * colorAtlas, AtlasMeans & means)
{
  constexpr unsigned char tissueAlpha = 192;
  constexpr unsigned char bodyAlpha = 64;
  const AtlasImage *      atlas = colorAtlas->GetColorImage();
  const std::size_t       count = CountOf(means);
  std::vector<float>      all(count, 0.0f);
  means.lightness.assign(count, 0.0f);
  means.redness.assign(count, 0.0f);
  means.tissue.assign(count, 0.0f);
  means.cavity.assign(count, 0.0f);
  means.isKnown.assign(count, 0);
  const auto        region = atlas->GetLargestPossibleRegion();
  const auto *      pixel = atlas->GetBufferPointer();
  Vector<double, 3> step;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    step[axis] = atlas->GetDirection()[axis][0] * atlas->GetSpacing()[0];
  }
  for (SizeValueType row = 0; row < region.GetSize(1) * region.GetSize(2); ++row)
  {
    const SizeValueType slice = row / region.GetSize(1);
    if (!colorAtlas->IsPhotographed(slice) && !colorAtlas->IsBridged(slice))
    {
      pixel += region.GetSize(0);
      continue;
    }
    const Index<3>   index{ { region.GetIndex(0),
                              region.GetIndex(1) + static_cast<IndexValueType>(row % region.GetSize(1)),
                              region.GetIndex(2) + static_cast<IndexValueType>(slice) } };
    Point<double, 3> point;
    atlas->TransformIndexToPhysicalPoint(index, point);
    for (SizeValueType x = 0; x < region.GetSize(0); ++x, ++pixel, point += step)
    {
      std::size_t cell = 0;
      bool        isInside = true;
      for (unsigned int axis = 3; axis-- > 0;)
      {
        const double place = std::floor((point[axis] - means.origin[axis]) / means.spacing + 0.5);
        isInside = isInside && place >= 0.0 && place < static_cast<double>(means.size[axis]);
        cell = cell * means.size[axis] + static_cast<std::size_t>(isInside ? place : 0.0);
      }
      if (!isInside)
      {
        continue;
      }
      all[cell] += 1.0f;
      const auto alpha = (*pixel)[3];
      if (alpha >= tissueAlpha)
      {
        const Color lab = RGBToLab({ { (*pixel)[0] / 255.0f, (*pixel)[1] / 255.0f, (*pixel)[2] / 255.0f } });
        means.lightness[cell] += lab[0];
        means.redness[cell] += lab[1];
        means.tissue[cell] += 1.0f;
      }
      else if (alpha >= bodyAlpha)
      {
        means.cavity[cell] += 1.0f;
      }
    }
  }
  for (std::size_t i = 0; i < count; ++i)
  {
    if (means.tissue[i] > 0.0f)
    {
      means.lightness[i] /= means.tissue[i];
      means.redness[i] /= means.tissue[i];
    }
    if (all[i] > 0.0f)
    {
      means.isKnown[i] = 1;
      means.tissue[i] /= all[i];
      means.cavity[i] /= all[i];
    }
  }
}
} // namespace

UprightVolume
MakeUpright(const Image<float, 3> * scan, double spacing)
{
  const Image<float, 3>::Pointer ordered = InPatientOrder(scan);
  using VolumeType = Image<float, 3>;
  auto shrink = BinShrinkImageFilter<VolumeType, VolumeType>::New();
  shrink->SetInput(ordered);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const double ratio = std::floor(spacing / ordered->GetSpacing()[axis] + 0.25);
    const auto   most = static_cast<double>(ordered->GetLargestPossibleRegion().GetSize(axis));
    shrink->SetShrinkFactor(axis, static_cast<unsigned int>(std::max(1.0, std::min(ratio, most))));
  }
  shrink->Update();
  const VolumeType * small = shrink->GetOutput();
  UprightVolume      upright;
  SetGridAround(ordered, spacing, upright);
  upright.values.assign(CountOf(upright), Nothing);
  auto interpolator = LinearInterpolateImageFunction<VolumeType, double>::New();
  interpolator->SetInputImage(small);
  const auto region = small->GetLargestPossibleRegion();
  for (std::size_t i = 0; i < upright.values.size(); ++i)
  {
    const auto index = small->TransformPhysicalPointToContinuousIndex<double>(PointOf(upright, i));
    bool       isInside = true;
    auto       clamped = index;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const auto first = static_cast<double>(region.GetIndex(axis));
      const auto last = first + static_cast<double>(region.GetSize(axis)) - 1.0;
      isInside = isInside && index[axis] >= first - 0.5 && index[axis] <= last + 0.5;
      clamped[axis] = std::min(std::max(index[axis], first), last);
    }
    if (isInside)
    {
      upright.values[i] = static_cast<float>(interpolator->EvaluateAtContinuousIndex(clamped));
    }
  }
  return upright;
}

ClassVolume
MakeScanClasses(const UprightVolume & scan, float airThreshold, unsigned int classes)
{
  std::vector<float> body;
  std::copy_if(scan.values.begin(),
               scan.values.end(),
               std::back_inserter(body),
               [airThreshold](float value) { return value > airThreshold; });
  const std::vector<float> bounds = EqualRanges(std::move(body), classes);
  ClassVolume              volume;
  volume.size = scan.size;
  volume.spacing = scan.spacing;
  volume.origin = scan.origin;
  volume.classes.resize(scan.values.size());
  std::transform(scan.values.begin(),
                 scan.values.end(),
                 volume.classes.begin(),
                 [&](float value)
                 {
                   return std::isnan(value)       ? ClassVolume::Unknown
                          : value <= airThreshold ? std::uint8_t{ 0 }
                                                  : static_cast<std::uint8_t>(1 + RangeOf(bounds, value));
                 });
  return volume;
}

ClassVolume
MakeAtlasClasses(const ColorAtlas * atlas, double spacing)
{
  constexpr unsigned int lightnessRanges = 6;
  AtlasMeans             means;
  SetGridAround(atlas->GetColorImage(), spacing, means);
  TakeMeans(atlas, means);
  const std::size_t  count = CountOf(means);
  std::vector<float> tissueLightness;
  for (std::size_t i = 0; i < count; ++i)
  {
    if (means.tissue[i] > 0.0f)
    {
      tissueLightness.push_back(means.lightness[i]);
    }
  }
  const std::vector<float>        bounds = EqualRanges(std::move(tissueLightness), lightnessRanges);
  std::vector<std::vector<float>> reds(lightnessRanges);
  for (std::size_t i = 0; i < count; ++i)
  {
    if (means.tissue[i] > 0.0f)
    {
      reds[RangeOf(bounds, means.lightness[i])].push_back(means.redness[i]);
    }
  }
  std::vector<float> middles(lightnessRanges, 0.0f);
  for (std::size_t k = 0; k < lightnessRanges; ++k)
  {
    const std::vector<float> middle = EqualRanges(reds[k], 2);
    middles[k] = middle.empty() ? 0.0f : middle.front();
  }
  ClassVolume volume;
  volume.size = means.size;
  volume.spacing = means.spacing;
  volume.origin = means.origin;
  volume.classes.assign(count, 0);
  std::vector<std::size_t> areas(volume.size[2], 0);
  for (std::size_t i = 0; i < count; ++i)
  {
    if (means.isKnown[i] == 0)
    {
      volume.classes[i] = ClassVolume::Unknown;
    }
    else if (means.tissue[i] + means.cavity[i] >= 0.5f)
    {
      const std::uint8_t range = RangeOf(bounds, means.lightness[i]);
      volume.classes[i] = means.cavity[i] > means.tissue[i]
                            ? 1
                            : static_cast<std::uint8_t>(2 + 2 * range + (means.redness[i] >= middles[range] ? 1 : 0));
      ++areas[i / (volume.size[0] * volume.size[1])];
    }
  }
  // Where a body ends by itself, nothing follows.
  constexpr double smallEnd = 0.25;
  const double     largest = static_cast<double>(*std::max_element(areas.begin(), areas.end()));
  volume.isEmptyBelow = static_cast<double>(areas.front()) < smallEnd * largest;
  volume.isEmptyAbove = static_cast<double>(areas.back()) < smallEnd * largest;
  return volume;
}

Image<float, 3>::Pointer
MakeAtlasLightness(const ColorAtlas * atlas, double spacing, const UprightVolume & scan, const Placement & placement)
{
  constexpr double margin = 60.0;
  AtlasMeans       means;
  const auto &     own = atlas->GetColorImage()->GetSpacing();
  SetGridAround(atlas->GetColorImage(), std::max({ spacing, own[0], own[1], own[2] }), means);
  // The box around the scan, as it is placed.
  std::array<double, 3> least;
  std::array<double, 3> most;
  least.fill(std::numeric_limits<double>::max());
  most.fill(std::numeric_limits<double>::lowest());
  for (unsigned int corner = 0; corner < 8; ++corner)
  {
    for (unsigned int row = 0; row < 3; ++row)
    {
      double place = placement.center[row] + placement.translation[row];
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        const double end = (corner >> axis & 1u) != 0 ? scan.spacing * static_cast<double>(scan.size[axis]) : 0.0;
        place += placement.matrix[3 * row + axis] * (scan.origin[axis] + end - placement.center[axis]);
      }
      least[row] = std::min(least[row], place);
      most[row] = std::max(most[row], place);
    }
  }
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const double last = static_cast<double>(means.size[axis] - 1);
    const double from = std::floor((least[axis] - margin - means.origin[axis]) / means.spacing);
    const double to = std::ceil((most[axis] + margin - means.origin[axis]) / means.spacing);
    const double first = std::min(std::max(from, 0.0), last);
    means.size[axis] = static_cast<std::size_t>(std::min(std::max(to, first), last) - first) + 1;
    means.origin[axis] += first * means.spacing;
  }
  TakeMeans(atlas, means);
  // Tissue stands out from what is none, as it does in the ranks of a scan.
  constexpr float darkest = 0.15f;
  auto            image = Image<float, 3>::New();
  image->SetRegions(Image<float, 3>::SizeType{ { means.size[0], means.size[1], means.size[2] } });
  Image<float, 3>::SpacingType spacings;
  spacings.Fill(means.spacing);
  image->SetSpacing(spacings);
  image->SetOrigin(means.origin.data());
  image->Allocate();
  for (std::size_t i = 0; i < CountOf(means); ++i)
  {
    image->GetBufferPointer()[i] = means.tissue[i] * (darkest + (1.0f - darkest) * means.lightness[i] / 100.0f);
  }
  return image;
}

} // namespace colorization
} // namespace itk
