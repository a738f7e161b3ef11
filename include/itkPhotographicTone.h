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
#ifndef itkPhotographicTone_h
#define itkPhotographicTone_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <vector>

namespace itk
{
namespace colorization
{
/** How the lightness of a photograph and the structure of a scan are joined. */
struct PhotographicToneParameters
{
  /** Standard deviation in mm of the Gaussian below which lightness is the photograph's: coarser is the photograph's, finer
   * the scan's. */
  double radius{ 6.0 };
  /** Nodes of the tone curve over the scan's window. */
  unsigned int bins{ 32 };
};

/** A lightness (0 ... 100) for each value of a scan's window (0 ... 1): piecewise linear, equally spaced nodes. */
struct ToneCurve
{
  std::vector<float> lightness{};
};

/** Fits the curve: weighted mean lightness of the photograph for each value of the scan. */
Colorization_EXPORT ToneCurve
FitToneCurve(const float *                      scan,
             const float *                      lightness,
             const float *                      weight,
             std::size_t                        count,
             const PhotographicToneParameters & parameters);

/** fused = f(scan) + Gaussian_weighted(lightness - f(scan)), clamped to 0 ... 100. Sizes in voxels, spacing in mm; weight
 * 0 ... 1 (0 outside of tissue or where the photograph tells nothing). */
Colorization_EXPORT void
FuseTone(const ToneCurve &                  curve,
         const float *                      scan,
         const float *                      lightness,
         const float *                      weight,
         const std::array<std::size_t, 3> & size,
         const std::array<double, 3> &      spacing,
         const PhotographicToneParameters & parameters,
         float *                            fused,
         const ParallelFor &                parallelFor = SerialFor);

} // namespace colorization
} // namespace itk

#endif
