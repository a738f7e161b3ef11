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
#include "SliceMontage.h"

#include "itkImageRegionConstIterator.h"
#include "itkImageRegionConstIteratorWithIndex.h"
#include "itkImageRegionIterator.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkOrientImageFilter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace
{
using ImageFiles::ColorVolumeType;
using ImageFiles::PhotographType;
using ImageFiles::VolumeType;

constexpr int Margin = 4;

/** First and last slice along each axis that is not black. */
std::array<std::array<itk::IndexValueType, 2>, 3>
FindExtent(const ColorVolumeType * color)
{
  const auto                                        region = color->GetBufferedRegion();
  std::array<std::array<itk::IndexValueType, 2>, 3> extent;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    extent[axis] = { { region.GetUpperIndex()[axis], region.GetIndex()[axis] } };
  }
  for (itk::ImageRegionConstIteratorWithIndex<ColorVolumeType> it(color, region); !it.IsAtEnd(); ++it)
  {
    if (it.Get() != itk::NumericTraits<ColorVolumeType::PixelType>::ZeroValue())
    {
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        extent[axis][0] = std::min(extent[axis][0], it.GetIndex()[axis]);
        extent[axis][1] = std::max(extent[axis][1], it.GetIndex()[axis]);
      }
    }
  }
  return extent;
}

/** The slice of an RAI-oriented volume across `axis`, with square pixels of size `pixel`; `valueAt` gives a voxel's
 * colour. */
template <typename TValueAt>
PhotographType::Pointer
CutSlice(const ColorVolumeType * geometry,
         unsigned int            axis,
         itk::IndexValueType     index,
         double                  pixel,
         const TValueAt &        valueAt)
{
  const auto         region = geometry->GetBufferedRegion();
  const unsigned int across = axis == 0 ? 1 : 0;
  const unsigned int down = axis == 2 ? 1 : 2;
  const auto         pixels = [&](unsigned int a)
  { return static_cast<itk::SizeValueType>(std::lround(region.GetSize(a) * geometry->GetSpacing()[a] / pixel)); };
  auto                     slice = PhotographType::New();
  PhotographType::SizeType size;
  size[0] = pixels(across);
  size[1] = pixels(down);
  slice->SetRegions(size);
  slice->Allocate();
  for (itk::ImageRegionIteratorWithIndex<PhotographType> it(slice, slice->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto position = [&](itk::IndexValueType k, unsigned int a)
    {
      return region.GetIndex(a) +
             std::min(static_cast<itk::IndexValueType>((k + 0.5) * pixel / geometry->GetSpacing()[a]),
                      static_cast<itk::IndexValueType>(region.GetSize(a)) - 1);
    };
    ColorVolumeType::IndexType voxel;
    voxel[axis] = index;
    voxel[across] = position(it.GetIndex()[0], across);
    // Slices of the body stand on their feet: superior is up, but the last slice of an axis comes last.
    const auto row = it.GetIndex()[1];
    voxel[down] = position(down == 2 ? static_cast<itk::IndexValueType>(size[1]) - 1 - row : row, down);
    it.Set(valueAt(voxel));
  }
  return slice;
}

/** Pictures side by side in rows. */
PhotographType::Pointer
Arrange(const std::vector<std::vector<PhotographType::Pointer>> & rows)
{
  PhotographType::SizeType        total{ { 0, Margin } };
  std::vector<itk::SizeValueType> heights;
  for (const auto & row : rows)
  {
    itk::SizeValueType width = Margin;
    itk::SizeValueType height = 0;
    for (const auto & picture : row)
    {
      width += picture->GetBufferedRegion().GetSize(0) + Margin;
      height = std::max(height, picture->GetBufferedRegion().GetSize(1));
    }
    total[0] = std::max(total[0], width);
    total[1] += height + Margin;
    heights.push_back(height);
  }
  auto montage = PhotographType::New();
  montage->SetRegions(total);
  montage->Allocate(true);
  itk::IndexValueType top = Margin;
  for (std::size_t r = 0; r < rows.size(); ++r)
  {
    itk::IndexValueType left = Margin;
    for (const auto & picture : rows[r])
    {
      PhotographType::RegionType target = picture->GetBufferedRegion();
      target.SetIndex(0, left);
      target.SetIndex(1, top);
      itk::ImageRegionConstIterator<PhotographType> in(picture, picture->GetBufferedRegion());
      itk::ImageRegionIterator<PhotographType>      out(montage, target);
      for (; !in.IsAtEnd(); ++in, ++out)
      {
        out.Set(in.Get());
      }
      left += static_cast<itk::IndexValueType>(target.GetSize(0)) + Margin;
    }
    top += static_cast<itk::IndexValueType>(heights[r]) + Margin;
  }
  return montage;
}

template <typename TImage>
typename TImage::Pointer
Orient(const TImage * image)
{
  auto orient = itk::OrientImageFilter<TImage, TImage>::New();
  orient->SetInput(image);
  orient->UseImageDirectionOn();
  orient->SetDesiredCoordinateOrientation(itk::SpatialOrientation::ITK_COORDINATE_ORIENTATION_RAI);
  orient->Update();
  return orient->GetOutput();
}
} // namespace

PhotographType::Pointer
MakeSliceMontage(const VolumeType *      grayInput,
                 const ColorVolumeType * colorInput,
                 double                  windowMinimum,
                 double                  windowMaximum)
{
  const auto   gray = Orient(grayInput);
  const auto   color = Orient(colorInput);
  const auto   extent = FindExtent(color);
  const auto & spacing = color->GetSpacing();
  const double pixel = *std::min_element(spacing.Begin(), spacing.End());
  const auto   grayAt = [&](const ColorVolumeType::IndexType & voxel)
  {
    const double               luminance = (gray->GetPixel(voxel) - windowMinimum) / (windowMaximum - windowMinimum);
    ColorVolumeType::PixelType value;
    value.Fill(static_cast<unsigned char>(std::lround(255.0 * std::min(std::max(luminance, 0.0), 1.0))));
    return value;
  };
  const auto colorAt = [&](const ColorVolumeType::IndexType & voxel) { return color->GetPixel(voxel); };

  std::vector<std::vector<PhotographType::Pointer>> rows;
  for (const unsigned int axis : { 2u, 1u, 0u })
  {
    std::vector<PhotographType::Pointer> row;
    const auto                           size = color->GetBufferedRegion().GetSize();
    // Of an image one voxel thick there is but one slice.
    if (size[axis == 0 ? 1 : 0] == 1 || size[axis == 2 ? 1 : 2] == 1)
    {
      continue;
    }
    const auto places = size[axis] == 1 ? std::vector<double>{ 0.5 } : std::vector<double>{ 0.3, 0.5, 0.7 };
    for (const double place : places)
    {
      const auto length = static_cast<double>(extent[axis][1] - extent[axis][0]);
      const auto index = extent[axis][0] + static_cast<itk::IndexValueType>(place * length);
      row.push_back(CutSlice(color, axis, index, pixel, grayAt));
      row.push_back(CutSlice(color, axis, index, pixel, colorAt));
    }
    rows.push_back(row);
  }
  return Arrange(rows);
}
