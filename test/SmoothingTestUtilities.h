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
#ifndef SmoothingTestUtilities_h
#define SmoothingTestUtilities_h

#include "ColorizationTestUtilities.h"

#include "itkDefaultConvertPixelTraits.h"
#include "itkFixedArray.h"
#include "itkImageRegionConstIterator.h"

#include <algorithm>
#include <cmath>
#include <vector>

/** What the tests of the smoothers share. */
namespace ColorizationTest
{
/** Component by component, the pixels of an image. */
using Planes = std::vector<std::vector<double>>;

/** Noise with a step in the middle of each axis, in every component: values offset + scale * (0 ... 220). */
template <typename TImage>
typename TImage::Pointer
MakeBlocks(const typename TImage::SizeType & size,
           std::uint32_t                     seed = 1,
           double                            scale = 1.0,
           double                            offset = 0.0,
           unsigned int                      components = 1)
{
  using Traits = itk::DefaultConvertPixelTraits<typename TImage::PixelType>;
  auto       image = MakeImage<TImage>(size, components);
  const auto region = image->GetLargestPossibleRegion();
  for (itk::ImageRegionIteratorWithIndex<TImage> it(image, region); !it.IsAtEnd(); ++it)
  {
    typename TImage::PixelType pixel = it.Get();
    for (unsigned int c = 0; c < image->GetNumberOfComponentsPerPixel(); ++c)
    {
      std::uint32_t k = seed + 7 * c;
      bool          isBright = false;
      for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
      {
        const auto position = it.GetIndex()[axis] - region.GetIndex(axis);
        k = 1009 * k + static_cast<std::uint32_t>(position);
        isBright = isBright != (2 * position < static_cast<itk::IndexValueType>(size[axis]));
      }
      const double value = offset + scale * ((isBright ? 120.0 : 10.0) + 100.0 * Noise(k));
      Traits::SetNthComponent(static_cast<int>(c), pixel, static_cast<typename Traits::ComponentType>(value));
    }
    it.Set(pixel);
  }
  return image;
}

/** An image whose component c of each pixel is that of `components[c]`. */
template <typename TImage, typename TScalarImage>
typename TImage::Pointer
Compose(const std::vector<typename TScalarImage::Pointer> & components)
{
  const auto region = components[0]->GetLargestPossibleRegion();
  auto       image = MakeImage<TImage>(region.GetSize(), static_cast<unsigned int>(components.size()));
  for (itk::ImageRegionIteratorWithIndex<TImage> it(image, region); !it.IsAtEnd(); ++it)
  {
    typename TImage::PixelType pixel = it.Get();
    for (unsigned int c = 0; c < components.size(); ++c)
    {
      pixel[c] = components[c]->GetPixel(it.GetIndex());
    }
    it.Set(pixel);
  }
  return image;
}

template <typename TImage>
Planes
ToPlanes(const TImage * image)
{
  using Traits = itk::DefaultConvertPixelTraits<typename TImage::PixelType>;
  Planes planes(image->GetNumberOfComponentsPerPixel());
  for (itk::ImageRegionConstIterator<TImage> it(image, image->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    for (unsigned int c = 0; c < planes.size(); ++c)
    {
      planes[c].push_back(Traits::GetNthComponent(c, it.Get()));
    }
  }
  return planes;
}

/** All components of all pixels are those expected, to `tolerance`. */
template <typename TImage>
void
ExpectNear(const TImage * image, const Planes & expected, double tolerance)
{
  const Planes planes = ToPlanes(image);
  ASSERT_EQ(planes.size(), expected.size());
  double largest = 0.0;
  for (std::size_t c = 0; c < planes.size(); ++c)
  {
    ASSERT_EQ(planes[c].size(), expected[c].size());
    for (std::size_t i = 0; i < planes[c].size(); ++i)
    {
      largest = std::max(largest, std::abs(planes[c][i] - expected[c][i]));
    }
  }
  EXPECT_LE(largest, tolerance);
}

/** The axes that are smoothed along. */
inline itk::FixedArray<bool, 3>
Axes(bool x, bool y, bool z)
{
  itk::FixedArray<bool, 3> axes;
  axes[0] = x;
  axes[1] = y;
  axes[2] = z;
  return axes;
}
} // namespace ColorizationTest

#endif
