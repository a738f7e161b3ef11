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
#ifndef itkAtlasRegistrationReport_h
#define itkAtlasRegistrationReport_h

#include <vector>

namespace itk
{
namespace colorization
{
/** What became of the registration of a scan with an atlas. */
struct AtlasRegistrationReport
{
  /** Where the middle of the scan's body came to lie in the atlas, in mm of the patient: left, posterior, superior. */
  std::vector<double> place{};
  /** Size of the scan relative to the atlas along left, posterior, superior, after the linear stage. */
  std::vector<double> scale{};
  /** Mutual information of the scan's and the atlas's tissue classes in nats: after the first search, at the rival place that
   * came nearest to it, and at the end. */
  double placementInformation{ 0.0 };
  double rivalInformation{ 0.0 };
  double information{ 0.0 };
  /** Share of the scan's body that lies where the atlas has photographs, 0 ... 1. */
  double coverage{ 0.0 };
  /** Dice overlap of the scan's body and the atlas's within the scan's field of view, 0 ... 1. */
  double bodyOverlap{ 0.0 };
  /** How well the scan's values tell the atlas's lightness at the same place: share of its variance that they explain, by a
   * curve for each neighborhood of 20 mm, 0 ... 1. */
  double agreement{ 0.0 };
  /** The same by cubes of 60 mm of the scan that hold at least 1 cm^3 of what both show: their centers in mm of the patient
   * (left, posterior, superior of the first, then of the second, ...), their agreements, and the volumes in mm^3 that these
   * stand for. Where the scan shows one tissue alone, agreement is low though the place may be right. */
  std::vector<double> regionCenters{};
  std::vector<double> regionAgreements{};
  std::vector<double> regionVolumes{};
  /** Whether the scan shows a part that was cut out by its shape, such as an extracted brain. */
  bool   isCutOut{ false };
  double seconds{ 0.0 };
};
} // namespace colorization
} // namespace itk

#endif
