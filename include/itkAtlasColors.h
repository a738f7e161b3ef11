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
#ifndef itkAtlasColors_h
#define itkAtlasColors_h

#include "ColorizationExport.h"
#include "itkColorAtlas.h"
#include "itkColorizationParallelFor.h"
#include "itkPatientAxes.h"

#include "itkTransform.h"

#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** Colours of a scan, in the order of the patient's axes. */
struct AtlasColors
{
  /** CIE Lab: L in 0 ... 100. */
  std::vector<float> lightness{};
  std::vector<float> a{};
  std::vector<float> b{};
  /** How much of the atlas is tissue, 0 ... 1: what the scan's values near a voxel that are like its own mostly are. */
  std::vector<float> tissue{};
  /** Lightness of tone and structure together; see FuseTone(). */
  std::vector<float> fused{};
};

/** How an atlas's colours are fitted to a scan. */
struct AtlasColorsParameters
{
  /** mm. */
  double matchRadius{ 4.0 };
  double toneRadius{ 6.0 };
  /** Whether `fused` is wanted. */
  bool isFused{ true };
};

/** Maps values to 0 ... 1 so that contrast is where many values are: the mean of a value's rank and of its place in the range
 * of all but 1 % of the values.
 * \param isCounted not 0 for the voxels whose values count; all are mapped */
Colorization_EXPORT void
EqualizeValues(std::vector<float> &              values,
               const std::vector<std::uint8_t> & isCounted,
               const ParallelFor &               parallelFor);

/** Brings an atlas onto a scan, and fits its colours to the scan's structure: see AtlasColorizationImageFilter.
 * \param transform takes points of the scan to points of the atlas
 * \param guide the scan's values, 0 ... 1
 * \param isBody not 0 for the voxels that colours are taken from, where the atlas has tissue */
Colorization_EXPORT AtlasColors
FitAtlasColors(const ColorAtlas::ColorImageType * atlas,
               const Transform<double, 3, 3> *    transform,
               const PatientGrid &                grid,
               const std::vector<float> &         guide,
               const std::vector<std::uint8_t> &  isBody,
               const AtlasColorsParameters &      parameters,
               const ParallelFor &                parallelFor,
               const ProgressCallback &           progress = IgnoreProgress);

} // namespace colorization
} // namespace itk

#endif
