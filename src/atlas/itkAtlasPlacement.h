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
#ifndef itkAtlasPlacement_h
#define itkAtlasPlacement_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** A coarse volume of classes on a grid along the patient's axes: left, posterior, superior. Class 0 is what lies outside
 * of the body. */
struct ClassVolume
{
  /** Class of voxels that nothing is known of. */
  static constexpr std::uint8_t Unknown = 255;

  std::array<std::size_t, 3> size{};
  /** Distance of neighbors along all axes, in mm. */
  double spacing{ 1.0 };
  /** Place of the first voxel, in mm. */
  std::array<double, 3> origin{};
  /** x fastest. */
  std::vector<std::uint8_t> classes{};
  /** Whether what lies below and above the volume, along the body, is known to be empty. */
  bool isEmptyBelow{ false };
  bool isEmptyAbove{ false };
};

/** Where a scan lies in an atlas: atlas point = matrix * (scan point - center) + center + translation, in mm. */
struct Placement
{
  /** Row by row. */
  std::array<double, 9> matrix{ { 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0 } };
  std::array<double, 3> center{};
  std::array<double, 3> translation{};
};

/** What is known of a placement. */
struct PlacementReport
{
  Placement placement{};
  /** Mutual information of the scan's and the atlas's classes, in nats, times the square root of the known share. */
  double score{ 0.0 };
  /** Share of the samples that lie where the atlas is known, 0 ... 1. */
  double knownShare{ 0.0 };
  /** Dice overlap of the scan's body with the atlas's, over the samples that are known. */
  double bodyOverlap{ 0.0 };
  /** The same scores for the best placement of the first search that is at least 60 mm away, or in another orientation;
   * 0 if there is none. */
  double rivalScore{ 0.0 };
};

/** How a placement is looked for. */
struct PlacementParameters
{
  /** Points of the scan that are compared, at most. */
  std::size_t samples{ 4000 };
  /** How far around the body points of air are compared, in mm: the outline counts by them. Less, if the scan shows a part
   * that was cut out by its shape, as an extracted brain, so that what lies around it in the body counts. */
  double outlineReach{ 40.0 };
  /** Whether all 24 orientations along the axes are tried; else that of the scan's coordinates alone. */
  bool searchOrientations{ true };
  /** By how much another orientation than that of the scan's coordinates has to be better. */
  double orientationFactor{ 1.15 };
  /** Sizes of the scan relative to the atlas that the search begins with. */
  std::vector<double> scales{ 0.88, 1.0, 1.14 };
  /** Placements that are refined. */
  std::size_t candidates{ 12 };
};

/** Finds where a scan lies in an atlas: all places along the body, in several sizes and orientations, are compared by the
 * mutual information of the classes at a fixed set of points; the best are refined by a pattern search over position,
 * rotation and the scale of each axis. Same bits for any number of threads.
 * \param scan class 0 is air, others are ranges of the scan's values
 * \param atlas of the same spacing or a finer one */
Colorization_EXPORT PlacementReport
FindPlacement(const ClassVolume &         scan,
              const ClassVolume &         atlas,
              const PlacementParameters & parameters,
              const ParallelFor &         parallelFor = SerialFor);

/** Improves a placement by the pattern search alone. */
Colorization_EXPORT PlacementReport
RefinePlacement(const ClassVolume &         scan,
                const ClassVolume &         atlas,
                const Placement &           placement,
                const PlacementParameters & parameters,
                double                      firstStep);

} // namespace colorization
} // namespace itk

#endif
