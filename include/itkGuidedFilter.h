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
#ifndef itkGuidedFilter_h
#define itkGuidedFilter_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"
#include "itkGuidanceView.h"

#include <array>
#include <cstddef>

namespace itk
{
namespace colorization
{
/** Parameters of GuidedFilter(). */
struct GuidedFilterParameters
{
  /** Voxels from a window's middle to its end along each axis; 0 where the window is one voxel wide. */
  std::array<std::size_t, 3> radius{ { 16, 16, 16 } };
  /** Regularisation, in squared units of the guidance. Above 0. */
  double epsilon = 650.25;
};

/** Where a block of voxels lies in its image. */
struct BlockInImage
{
  /** Extents of the block; 1 for the axes that a lower-dimensional image lacks. */
  std::array<std::size_t, 3> size;
  /** Position of its first voxel, counted from the image's first. */
  std::array<std::size_t, 3> begin;
  /** Extents of the image. */
  std::array<std::size_t, 3> imageSize;
};

/** Guided filter (He et al., ECCV 2010): the mean over all windows that hold a voxel of their linear models
 * a . guidance + b of the input.
 *
 * Windows end at the image's border. Where a block ends before it, results are valid from twice the radius inwards,
 * and are those of the whole image bit for bit.
 *
 * \param values in and out: the block's pixels of `components` floats, x fastest
 * \param guidance as many pixels of 1 or 3 components
 *
 * Beside its arguments it takes 16 * n * (radius + 1) bytes for each voxel of a slice of the block (of a row, where the
 * block is one slice), where the radius is that along the last axis, and n is 6 for scalar guidance of one component,
 * 14 of three; 17 and 33 for guidance of 3 components. More components are filtered in turn. To this come 8 * n bytes
 * for each of 131072 voxels, or of a slice if it has more. */
Colorization_EXPORT void
GuidedFilter(float *                        values,
             unsigned int                   components,
             const GuidanceView &           guidance,
             const BlockInImage &           block,
             const GuidedFilterParameters & parameters,
             const ParallelFor &            parallelFor = SerialFor,
             const ProgressCallback &       progress = IgnoreProgress);

} // namespace colorization
} // namespace itk

#endif
