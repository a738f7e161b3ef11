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

#include "itkColorizationFilterUtilities.h"
#include "itkSliceAnalogy.h"

#include "itkImageRegionConstIterator.h"
#include "itkImageRegionIterator.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace itk
{
namespace colorization
{
/** A luminance for each value of an image: 0 and 1 at the ends of a window and linear between them; or what a curve says. */
struct LuminanceWindow
{
  double minimum = 0.0;
  double maximum = 1.0;
  /** If not empty, in place of the window. */
  IntensityCurve curve{};

  /** 0..1; values beyond the ends are clamped. */
  template <typename TPixel>
  float
  Map(TPixel value) const
  {
    if (!curve.empty())
    {
      return EvaluateCurve(curve, static_cast<double>(value));
    }
    return static_cast<float>(
      std::min(std::max((static_cast<double>(value) - minimum) / (maximum - minimum), 0.0), 1.0));
  }
};

/** Throws an exception if a curve's values do not rise, or a luminance is not in 0..1. */
inline void
VerifyIntensityCurve(const ProcessObject * filter, const IntensityCurve & curve)
{
  for (std::size_t k = 0; k < curve.size(); ++k)
  {
    const auto & point = curve[k];
    if (!(point[1] >= 0.0 && point[1] <= 1.0) || !std::isfinite(point[0]) || (k > 0 && !(point[0] > curve[k - 1][0])))
    {
      std::ostringstream sentence;
      sentence << "Point " << k << " of IntensityCurve is (" << point[0] << ", " << point[1]
               << "), but values have to rise, and luminances to be in 0 ... 1.";
      ThrowExceptionOf(filter, sentence.str());
    }
  }
}

/** A body's range of values: from its smallest value to the one that all but 0.1 % do not exceed.
 * Throws an exception if that is one value. */
template <typename TImage, typename TMask>
LuminanceWindow
FindLuminanceWindow(const ProcessObject * filter, const TImage * image, const TMask * body)
{
  constexpr double                 tail = 0.001;
  std::vector<double>              values;
  const auto                       region = image->GetLargestPossibleRegion();
  ImageRegionConstIterator<TImage> it(image, region);
  ImageRegionConstIterator<TMask>  mask(body, region);
  for (; !it.IsAtEnd(); ++it, ++mask)
  {
    if (mask.Get() != 0)
    {
      values.push_back(static_cast<double>(it.Get()));
    }
  }
  const auto rank = static_cast<std::ptrdiff_t>((1.0 - tail) * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  const LuminanceWindow window{ *std::min_element(values.begin(), values.end()),
                                values[static_cast<std::size_t>(rank)],
                                {} };
  if (!(window.maximum > window.minimum))
  {
    std::ostringstream sentence;
    sentence << "All but 0.1 % of the body has the value " << window.minimum << ", so there is no structure to colour.";
    ThrowExceptionOf(filter, sentence.str());
  }
  return window;
}

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
