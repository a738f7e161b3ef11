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
#include "itkLineTile.h"

namespace itk
{
namespace colorization
{
namespace
{
/** out[component * TileLanes + lane] = in[lane * components + component]. */
template <unsigned int VComponents, typename T>
ITK_COLORIZATION_INLINE void
Deinterleave(const T * in, std::size_t lanes, unsigned int components, float * out)
{
  const std::size_t count = VComponents > 0 ? VComponents : components;
  for (std::size_t c = 0; c < count; ++c)
  {
    for (std::size_t lane = 0; lane < lanes; ++lane)
    {
      out[c * TileLanes + lane] = static_cast<float>(in[lane * count + c]);
    }
  }
}

/** Guidance of the nodes first ... first + count - 1 of a tile, as floats in the order [node][component][lane]. */
template <unsigned int VComponents, typename T>
ITK_COLORIZATION_INLINE void
LoadGuidanceOf(const T *            data,
               const GuidanceView & view,
               const LineTile &     tile,
               std::size_t          first,
               std::size_t          count,
               float *              lines,
               float *              out)
{
  const std::size_t    components = VComponents > 0 ? VComponents : view.components;
  const std::ptrdiff_t nodeStride = view.stride[tile.axis];
  const std::ptrdiff_t laneStride = view.stride[tile.laneAxis];
  const T *            origin = data + tile.begin[0] * view.stride[0] + tile.begin[1] * view.stride[1] +
                     tile.begin[2] * view.stride[2] + static_cast<std::ptrdiff_t>(first) * nodeStride;
  if (tile.laneAxis == 0)
  {
    for (std::size_t i = 0; i < count; ++i)
    {
      const T * node = origin + i * nodeStride;
      float *   to = out + i * components * TileLanes;
      if (first + i + TileBlock < tile.nodes)
      {
        Prefetch(node + TileBlock * nodeStride, tile.lanes * components * sizeof(T));
      }
      if (tile.lanes == TileLanes)
      {
        Deinterleave<VComponents>(node, TileLanes, components, to);
      }
      else
      {
        Deinterleave<VComponents>(node, tile.lanes, components, to);
      }
    }
    return;
  }
  const std::size_t columns = count * components;
  for (std::size_t lane = 0; lane < tile.lanes; ++lane)
  {
    const T * line = origin + lane * laneStride;
    Prefetch(line + columns, columns * sizeof(T));
    CopyLine(line, columns, lines + lane * columns);
  }
  Transpose(lines, columns, tile.lanes, columns, out, TileLanes);
}

template <typename T>
ITK_COLORIZATION_INLINE void
LoadGuidanceAs(const GuidanceView & view,
               const LineTile &     tile,
               std::size_t          first,
               std::size_t          count,
               float *              lines,
               float *              out)
{
  const T * data = static_cast<const T *>(view.data);
  switch (view.components)
  {
    case 1:
      LoadGuidanceOf<1>(data, view, tile, first, count, lines, out);
      break;
    case 3:
      LoadGuidanceOf<3>(data, view, tile, first, count, lines, out);
      break;
    default:
      LoadGuidanceOf<0>(data, view, tile, first, count, lines, out);
  }
}

} // namespace

ITK_COLORIZATION_MULTIVERSION void
LoadGuidance(const GuidanceView & view,
             const LineTile &     tile,
             std::size_t          first,
             std::size_t          count,
             float *              lines,
             float *              out)
{
  switch (view.component)
  {
    case GuidanceComponent::UnsignedChar:
      LoadGuidanceAs<unsigned char>(view, tile, first, count, lines, out);
      break;
    case GuidanceComponent::Short:
      LoadGuidanceAs<short>(view, tile, first, count, lines, out);
      break;
    case GuidanceComponent::UnsignedShort:
      LoadGuidanceAs<unsigned short>(view, tile, first, count, lines, out);
      break;
    case GuidanceComponent::Float:
      LoadGuidanceAs<float>(view, tile, first, count, lines, out);
      break;
  }
}

} // namespace colorization
} // namespace itk
