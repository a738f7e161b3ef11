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
#ifndef itkPairSampler_h
#define itkPairSampler_h

#include "itkRandomContrast.h"
#include "itkSpatialVolume.h"

#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** Draws axial pieces of real scans with their colors, in the form of RandomContrastSampler's samples.
 *
 * Pieces are turned, mirrored, zoomed, bent, stripped, cut, blurred and normalized as those are, by the same
 * parameters; the scan itself makes the gray, with a bias field and half of the noise. What the colors do not show as
 * body is black.
 *
 * A sample depends on seed, step and index alone, whatever was drawn before and on however many threads. */
class PairSampler
{
public:
  /** \param sources of a gray volume and a volume of color each, at least one; see CollectPairs() */
  PairSampler(std::vector<SpatialSource> sources, const RandomContrastParameters & parameters, std::uint64_t seed);

  /** \param gray size x size, 0..1
   * \param rgb 3 x size x size, 0..1
   * \param weight size x size: 1 where the color is known and wanted, else 0 */
  void
  Sample(std::uint64_t step, std::uint64_t index, float * gray, float * rgb, float * weight) const;

private:
  std::vector<SpatialSource> m_Sources;
  RandomContrastParameters   m_Parameters;
  std::uint64_t              m_Seed;
};

} // namespace colorization
} // namespace itk

#endif
