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
#ifndef itkTrainingVolume_h
#define itkTrainingVolume_h

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** What the values of a volume are that networks are trained on. */
enum class TrainingKind
{
  /** RGB, 8 bits a component. */
  Color,
  /** One number a voxel, 8 bits or float16. */
  Gray,
  /** A class a voxel, 8 bits. */
  Labels
};

/** What is seen at a voxel of a colour volume. */
enum TrainingTissue : std::uint8_t
{
  /** Ice, background, cards. */
  Outside = 0,
  /** Within the body, but of no known colour: gel, gas, holes. */
  Cavity = 1,
  Tissue = 2
};

/** What is said of a volume beside its values. */
struct TrainingVolumeInformation
{
  /** Its name in the data set: letters, digits, '-', '_' and '.'. */
  std::string  name{};
  TrainingKind kind = TrainingKind::Color;
  /** mm; along z the mean, since slices may be missing. */
  std::array<double, 3> spacing{ { 1.0, 1.0, 1.0 } };
  std::array<double, 3> origin{};
  /** Row by row. */
  std::array<double, 9> direction{ { 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0 } };
  /** How often a training sample is of this volume, relative to others; at least 0. */
  double share = 1.0;
  /** First and last position in mm of slices that are set aside for test. */
  std::vector<std::array<double, 2>> test{};
  /** Slices nearer than this to a test range, in mm, are neither of training nor of test; at least 0. */
  double gap = 0.0;
  /** Of gray: the two values that become 0 and 1, the first below the second. Without them, percentiles of the body. */
  std::vector<double> window{};
  /** Whom to thank. */
  std::string credit{};
};

} // namespace colorization
} // namespace itk

#endif
