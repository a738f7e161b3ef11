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
#ifndef itkVolumeRegistrationReport_h
#define itkVolumeRegistrationReport_h

#include <cstddef>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** What became of a level of registration. */
struct RegistrationLevelReport
{
  /** Of the Gaussian that smoothed the volumes, in mm. */
  double sigma = 0.0;
  /** Points that lay in both volumes and masks at the end. */
  std::size_t  samples = 0;
  unsigned int iterations = 0;
  /** Mutual information in nats, at this level's smoothing. */
  double      informationBefore = 0.0;
  double      informationAfter = 0.0;
  std::string stop{};
};

/** What became of a stage: "rigid", "affine" or "deformable". */
struct RegistrationStageReport
{
  std::string name{};
  /** From coarse to fine. */
  std::vector<RegistrationLevelReport> levels{};
  double                               seconds = 0.0;
};

/** What became of a registration. */
struct VolumeRegistrationReport
{
  /** Where it started: "mass", "geometry", "none" or "transform". */
  std::string                          start{};
  std::vector<RegistrationStageReport> stages{};
  double                               seconds = 0.0;
};
} // namespace colorization
} // namespace itk

#endif
