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
#ifndef itkGraySliceExtraction_h
#define itkGraySliceExtraction_h

#include "itkLuminanceWindow.h"

#include "itkImageRegionConstIterator.h"
#include "itkImageRegionIterator.h"

namespace itk
{
namespace colorization
{
/** The region of slice `index` across `axis`; an image of two dimensions is one slice. */
template <unsigned int VDimension>
ImageRegion<VDimension>
SliceRegion(ImageRegion<VDimension> region, unsigned int axis, IndexValueType index)
{
  if (VDimension > 2)
  {
    region.SetIndex(axis, index);
    region.SetSize(axis, 1);
  }
  return region;
}

/** A slice with its window applied, as SliceAnalogy wants it: at index 0 of a space of its own. */
template <typename TImage, typename TMask>
GraySlice
ExtractGraySlice(const TImage *          image,
                 const TMask *           body,
                 unsigned int            axis,
                 IndexValueType          index,
                 const LuminanceWindow & window)
{
  constexpr unsigned int             dimension = TImage::ImageDimension;
  const auto                         region = SliceRegion(image->GetLargestPossibleRegion(), axis, index);
  typename Image<float, 2>::SizeType size;
  SpacePrecisionType                 spacing[2];
  for (unsigned int from = 0, to = 0; from < dimension; ++from)
  {
    if (dimension == 2 || from != axis)
    {
      size[to] = region.GetSize(from);
      spacing[to++] = image->GetSpacing()[from];
    }
  }
  auto intensity = Image<float, 2>::New();
  auto mask = Image<unsigned char, 2>::New();
  intensity->SetRegions(size);
  intensity->SetSpacing(spacing);
  intensity->Allocate();
  mask->SetRegions(size);
  mask->SetSpacing(spacing);
  mask->Allocate();
  ImageRegionConstIterator<TImage> in(image, region);
  ImageRegionConstIterator<TMask>  inMask(body, region);
  for (SizeValueType i = 0; !in.IsAtEnd(); ++in, ++inMask, ++i)
  {
    intensity->GetBufferPointer()[i] = window.Map(in.Get());
    mask->GetBufferPointer()[i] = inMask.Get() != 0 ? 1 : 0;
  }
  return { intensity.GetPointer(), mask.GetPointer() };
}

/** The slices across `axis` that hold anything of the body, in their order; 0 alone in two dimensions. */
template <typename TMask>
std::vector<IndexValueType>
ListBodySlices(const TMask * body, unsigned int axis)
{
  const auto region = body->GetLargestPossibleRegion();
  if (TMask::ImageDimension == 2)
  {
    return { 0 };
  }
  std::vector<IndexValueType> slices;
  for (IndexValueType index = region.GetIndex(axis);
       index < region.GetIndex(axis) + static_cast<IndexValueType>(region.GetSize(axis));
       ++index)
  {
    ImageRegionConstIterator<TMask> it(body, SliceRegion(region, axis, index));
    while (!it.IsAtEnd() && it.Get() == 0)
    {
      ++it;
    }
    if (!it.IsAtEnd())
    {
      slices.push_back(index);
    }
  }
  return slices;
}

/** Writes a slice's colours, rounded to 0..255 if the image has bytes, to a region of an image. */
template <typename TColorImage>
void
StoreColors(const AnalogySlice & colored, const typename TColorImage::RegionType & region, TColorImage * image)
{
  using ComponentType = typename TColorImage::PixelType::ComponentType;
  constexpr double                 scale = std::is_floating_point<ComponentType>::value ? 1.0 : 255.0;
  ImageRegionIterator<TColorImage> out(image, region);
  for (const auto * in = colored.colors->GetBufferPointer(); !out.IsAtEnd(); ++out, ++in)
  {
    typename TColorImage::PixelType pixel;
    for (unsigned int c = 0; c < 3; ++c)
    {
      pixel[c] = RoundAndClamp<ComponentType>(static_cast<double>((*in)[c]) * scale);
    }
    out.Set(pixel);
  }
}

} // namespace colorization
} // namespace itk

#endif
