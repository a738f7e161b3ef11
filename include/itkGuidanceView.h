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
#ifndef itkGuidanceView_h
#define itkGuidanceView_h

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace itk
{
namespace colorization
{
/** Component types that the smoothers read a guidance image in, without a copy. */
enum class GuidanceComponent
{
  UnsignedChar,
  Short,
  UnsignedShort,
  Float
};

/** The guidance of a smoother: pixels in somebody else's memory, read as they are. */
struct GuidanceView
{
  /** The components of the first pixel. */
  const void *      data = nullptr;
  GuidanceComponent component = GuidanceComponent::Float;
  /** Components a pixel; they follow each other. */
  unsigned int components = 1;
  /** Components from a pixel to its next neighbour along each axis. */
  std::array<std::ptrdiff_t, 3> stride{ { 1, 0, 0 } };
};

/** Whether GuidanceView can show components of this type. */
template <typename T>
constexpr bool
IsGuidanceComponent()
{
  return std::is_same<T, unsigned char>::value || std::is_same<T, short>::value ||
         std::is_same<T, unsigned short>::value || std::is_same<T, float>::value;
}

/** The enumerator of one of these types. */
template <typename T>
constexpr GuidanceComponent
GuidanceComponentOf()
{
  static_assert(IsGuidanceComponent<T>(), "Guidance is read as unsigned char, short, unsigned short or float.");
  return std::is_same<T, unsigned char>::value    ? GuidanceComponent::UnsignedChar
         : std::is_same<T, short>::value          ? GuidanceComponent::Short
         : std::is_same<T, unsigned short>::value ? GuidanceComponent::UnsignedShort
                                                  : GuidanceComponent::Float;
}

/** A view of `size` pixels in contiguous memory, x fastest. */
template <typename T>
GuidanceView
MakeGuidanceView(const T * data, unsigned int components, const std::array<std::size_t, 3> & size)
{
  GuidanceView view;
  view.data = data;
  view.component = GuidanceComponentOf<T>();
  view.components = components;
  const auto pixel = static_cast<std::ptrdiff_t>(components);
  view.stride = {
    { pixel, pixel * static_cast<std::ptrdiff_t>(size[0]), pixel * static_cast<std::ptrdiff_t>(size[0] * size[1]) }
  };
  return view;
}

} // namespace colorization
} // namespace itk

#endif
