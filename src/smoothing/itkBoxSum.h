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
#ifndef itkBoxSum_h
#define itkBoxSum_h

#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <cstddef>
#include <vector>

// Sums over sliding windows in a constant number of additions, by the scheme of van Herk (1992) and of Gil and Werman
// (1993) for minima: lines are cut into blocks as long as the window, so a window is the end of a block and the
// beginning of the next. Unlike with a running sum, no value outside of a window takes part in its sum, not even by
// rounding.

namespace itk
{
namespace colorization
{
/** The windows along one axis of a block of voxels. */
struct BoxAxis
{
  std::size_t radius;
  /** Of a window that the image's border does not cut. */
  std::size_t width;
  /** Of the block of voxels. */
  std::size_t size;
  /** Position of its first voxel, counted from the image's first: blocks of `width` start there. */
  std::size_t begin;
  /** 1 over the number of voxels in each window. */
  std::vector<double> inverseCount;

  BoxAxis(std::size_t wantedRadius, std::size_t blockSize, std::size_t blockBegin, std::size_t imageSize);
};

/** Window sums of lines side by side, whose nodes come one after the other. */
struct BoxSumState
{
  /** [node in block][lane]: values of this block up to the newest; after it, sums up to the end of the last block. */
  double * ring;
  /** [lane]: sums from the beginning of this block. */
  double *    prefix;
  std::size_t lanes;

  /** How many doubles that start as 0 `ring` and `prefix` need together. */
  static std::size_t
  MemorySize(const BoxAxis & axis, std::size_t lanes)
  {
    return (axis.width + 1) * lanes;
  }

  BoxSumState(double * memory, const BoxAxis & axis, std::size_t lanesSideBySide)
    : ring(memory)
    , prefix(memory + axis.width * lanesSideBySide)
    , lanes(lanesSideBySide)
  {}
};

/** Makes of the ring's values their sums up to its end. */
ITK_COLORIZATION_INLINE void
SumToEnd(double * ring, std::size_t width, std::size_t lanes)
{
  for (std::size_t k = width - 1; k-- > 1;)
  {
    double * __restrict to = ring + k * lanes;
    const double * __restrict from = to + lanes;
    for (std::size_t l = 0; l < lanes; ++l)
    {
      to[l] += from[l];
    }
  }
}

ITK_COLORIZATION_INLINE void
EnterWindow(const double * __restrict in, std::size_t lanes, double * __restrict slot, double * __restrict prefix)
{
  for (std::size_t l = 0; l < lanes; ++l)
  {
    slot[l] = in[l];
    prefix[l] += in[l];
  }
}

ITK_COLORIZATION_INLINE void
AddSums(const double * __restrict prefix, const double * __restrict suffix, std::size_t lanes, double * __restrict out)
{
  for (std::size_t l = 0; l < lanes; ++l)
  {
    out[l] = prefix[l] + suffix[l];
  }
}

/** Takes the next node's values (null: it lies outside), and gives the sums of the window that ends there.
 * \tparam VLanes state.lanes, or 0 where it is not known before
 * \param position of the node in its block
 * \param out null, or where the sums go; may be `in` */
template <std::size_t VLanes>
ITK_COLORIZATION_INLINE void
PushNode(const double * in, std::size_t position, std::size_t width, const BoxSumState & state, double * out)
{
  const std::size_t lanes = VLanes > 0 ? VLanes : state.lanes;
  if (position == 0)
  {
    SumToEnd(state.ring, width, lanes);
    std::fill_n(state.prefix, lanes, 0.0);
  }
  double * slot = state.ring + position * lanes;
  if (in)
  {
    EnterWindow(in, lanes, slot, state.prefix);
  }
  else
  {
    std::fill_n(slot, lanes, 0.0);
  }
  if (out && position + 1 < width)
  {
    AddSums(state.prefix, slot + lanes, lanes, out);
  }
  else if (out)
  {
    std::copy_n(state.prefix, lanes, out);
  }
}

/** Replaces lines side by side by their window sums.
 * \param nodes the first node's lanes; those of the next follow after `stride`
 * \param memory as many doubles as state.MemorySize() */
template <std::size_t VLanes>
ITK_COLORIZATION_INLINE void
SumLines(double * nodes, std::size_t stride, std::size_t lanes, const BoxAxis & axis, double * memory)
{
  std::fill_n(memory, BoxSumState::MemorySize(axis, lanes), 0.0);
  BoxSumState state(memory, axis, lanes);
  // Memory that nothing else can point to may stay in registers.
  double prefix[VLanes > 0 ? VLanes : 1] = {};
  if (VLanes > 0)
  {
    state.prefix = prefix;
  }
  std::size_t position = axis.begin % axis.width;
  for (std::size_t end = 0; end < axis.size + axis.radius; ++end)
  {
    PushNode<VLanes>(end < axis.size ? nodes + end * stride : nullptr,
                     position,
                     axis.width,
                     state,
                     end >= axis.radius ? nodes + (end - axis.radius) * stride : nullptr);
    position = position + 1 < axis.width ? position + 1 : 0;
  }
}

/** SumLines() for any number of lanes. */
void
SumManyLines(double * nodes, std::size_t stride, std::size_t lanes, const BoxAxis & axis, double * memory);

} // namespace colorization
} // namespace itk

#endif
