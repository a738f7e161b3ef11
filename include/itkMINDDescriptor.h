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
#ifndef itkMINDDescriptor_h
#define itkMINDDescriptor_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <vector>

namespace itk
{
namespace colorization
{
/** Parameters of ComputeMIND(). */
struct MINDParameters
{
  /** Distance in voxels of the compared neighbours from the centre; one scale of descriptors for each entry. */
  std::vector<unsigned int> dilations{ 1, 2, 4 };
  /** Half the width of the compared patches: 2 * patchRadius + 1 voxels along every axis. */
  unsigned int patchRadius = 1;
  /** Patch distances below this count as noise; in squared units of the image. Above 0. */
  float varianceFloor = 1e-6f;
};

/** Components of one scale: 4 in two dimensions, 12 in three. */
Colorization_EXPORT unsigned int
MINDComponentsPerScale(unsigned int dimension);

/** How far around a voxel its descriptor looks, in voxels. */
Colorization_EXPORT unsigned int
MINDRadius(const MINDParameters & parameters);

/** MIND with self-similarity context (Heinrich et al., MICCAI 2013, LNCS 8149, 187-194): for every pair of
 * neighbours n1, n2 of a voxel that are not opposite to each other, exp(-D(n1, n2) / V), where D is the mean squared
 * difference of the patches around them, the smallest D of the voxel is taken off, and V is the mean of all D.
 * Every component is in 0..1.
 *
 * \param image the image with MINDRadius() more voxels at both ends of its first `dimension` axes, x fastest
 * \param size extents of the descriptors, so without the margin; 1 for an axis that is missing
 * \param dimension 2 or 3
 * \param descriptors out: size[0] * size[1] * size[2] voxels of dilations.size() * MINDComponentsPerScale() floats */
Colorization_EXPORT void
ComputeMIND(const float *                      image,
            const std::array<std::size_t, 3> & size,
            unsigned int                       dimension,
            const MINDParameters &             parameters,
            float *                            descriptors,
            const ParallelFor &                parallelFor = SerialFor,
            const ProgressCallback &           progress = IgnoreProgress);

} // namespace colorization
} // namespace itk

#endif
