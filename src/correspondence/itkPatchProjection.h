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
#ifndef itkPatchProjection_h
#define itkPatchProjection_h

#include "itkColorizationParallelFor.h"
#include "itkPaddedFeatures.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** The coordinates of patches along the principal axes of a sample of them: Dimensions floats for a patch of thousands.
 *
 * The axes are orthonormal, so no two patches are nearer to each other than their coordinates are. */
class PatchProjection
{
public:
  static constexpr std::size_t Dimensions = 64;

  /** Patches of which pixels of which image the sample is drawn from, evenly. */
  struct Source
  {
    const PaddedFeatures &             image;
    std::size_t                        width;
    const std::vector<std::uint32_t> & pixels;
  };

  PatchProjection(const Source & first, const Source & second);

  /** Coordinates of the patches around all pixels. */
  std::vector<float>
  Project(const PaddedFeatures & image, std::size_t width, std::size_t height, const ParallelFor & parallelFor) const;

private:
  std::size_t m_Length;
  /** Strips of m_Length * StripWidth: each column an axis. */
  std::vector<float> m_Axes;
  /** Coordinates of the mean patch. */
  std::vector<float> m_Origin;
};

} // namespace colorization
} // namespace itk

#endif
