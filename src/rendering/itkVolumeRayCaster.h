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
#ifndef itkVolumeRayCaster_h
#define itkVolumeRayCaster_h

#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** Where from and how RayCastVolume() looks. */
struct RayCastParameters
{
  /** Width and height of the picture in pixels. */
  std::array<int, 2> pictureSize{ { 800, 800 } };
  /** From the volume's centre towards the eye, in the volume's axes; any length above 0. */
  std::array<double, 3> eyeDirection{ { 0.0, -1.0, 0.0 } };
  /** What is up in the picture, in the volume's axes. */
  std::array<double, 3> upDirection{ { 0.0, 0.0, 1.0 } };
  /** Alpha (0..255) below which a voxel is fully transparent. */
  double transparentAlpha = 30.0;
  /** Alpha from which a voxel is fully opaque. */
  double opaqueAlpha = 80.0;
  /** Whether surfaces are lit; their normals are the gradients of alpha. */
  bool shade = true;
  /** Colour around the volume. */
  std::array<std::uint8_t, 3> background{ { 0, 0, 0 } };
  /** Threads that cast rays, at least 1. */
  int threads = 1;
};

/** Whether this build has VTK. */
bool
IsRayCastAvailable();

/** Picture of a volume by ray casting on the processor; needs neither a graphics card nor a display.
 * \param rgba four bytes a voxel, x fastest: colour, and alpha from which opacity is made
 * \param size extents
 * \param spacing distance of voxels along each axis
 * \return RGB, row by row from the top
 * \throws std::runtime_error without VTK */
std::vector<std::uint8_t>
RayCastVolume(const std::uint8_t *               rgba,
              const std::array<std::size_t, 3> & size,
              const std::array<double, 3> &      spacing,
              const RayCastParameters &          parameters,
              const ProgressCallback &           progress);

} // namespace colorization
} // namespace itk

#endif
