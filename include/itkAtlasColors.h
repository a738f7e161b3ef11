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
#include "itkPhotographicTone.h"

#include "itkTransform.h"

#include <array>
#include <cstdint>
#include <memory>
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
 * of all but 1 % of the values that count. */
class Colorization_EXPORT ValueEqualizer
{
public:
  static constexpr std::size_t Bins = 4096;

  /** Makes a map for values from `lowest` to `highest`, none of which is counted. */
  ValueEqualizer(float lowest, float highest);

  /** Returns the bin, less than Bins, that a value counts in. */
  std::size_t
  BinOf(float value) const;

  /** Sets how many values are in each of the bins. */
  void
  SetCounts(const std::vector<std::uint64_t> & counts);

  /** Maps a value. */
  float
  operator()(float value) const;

private:
  double
  PlaceOf(float value) const;

  float               m_Lowest;
  double              m_Range;
  std::vector<double> m_Below;
  std::size_t         m_First{ 0 };
  std::size_t         m_Last{ Bins };
};

/** A box of a scan, in the order of the patient's axes. */
struct ScanPart
{
  /** First voxel within the scan. */
  std::array<std::ptrdiff_t, 3> start{};
  std::array<std::size_t, 3>    size{};
  /** The scan's values, 0 ... 1. */
  std::vector<float> guide{};
  /** Not 0 for the voxels that colours are taken from, where the atlas has tissue. */
  std::vector<std::uint8_t> isBody{};
};

class LocalMeansGrid;

/** Brings an atlas onto a scan, and fits its colours to the scan's structure: see AtlasColorizationImageFilter. First the
 * scan is added part by part, then colours are made part by part. They have the same bits for any parts.
 *
 * It takes 0.25 bytes for each mm^3 of the scan, beside 45 bytes for each voxel of the part under way. */
class Colorization_EXPORT AtlasColorFitter
{
public:
  /** \param transform takes points of the scan to points of the atlas; it has to live as long as this, as has the atlas
   * \param grid of the whole scan */
  AtlasColorFitter(const ColorAtlas::ColorImageType * atlas,
                   const Transform<double, 3, 3> *    transform,
                   const PatientGrid &                grid,
                   const AtlasColorsParameters &      parameters);
  ~AtlasColorFitter();
  AtlasColorFitter(const AtlasColorFitter &) = delete;
  AtlasColorFitter &
  operator=(const AtlasColorFitter &) = delete;

  /** Adds a part, which has to be whole slices across the last axis, that follow those added before. */
  void
  Add(const ScanPart & part, const ParallelFor & parallelFor);

  /** Fits what all of the scan tells; after all parts were added, before Fit(). */
  void
  Finish(const ParallelFor & parallelFor);

  /** Returns how many voxels around a voxel its colour depends on, along each axis. */
  std::array<std::size_t, 3>
  GetReach() const;

  /** Makes the colours of a part. They are true for those voxels that the part surrounds by GetReach(), or that it
   * surrounds up to the end of the scan. */
  AtlasColors
  Fit(const ScanPart & part, const ParallelFor & parallelFor) const;

private:
  AtlasColors
  BringOn(const ScanPart & part, const ParallelFor & parallelFor) const;

  const ColorAtlas::ColorImageType * m_Atlas;
  const Transform<double, 3, 3> *    m_Transform;
  PatientGrid                        m_Grid;
  AtlasColorsParameters              m_Parameters;
  ToneStatistics                     m_ToneStatistics;
  ToneCurve                          m_ToneCurve{};
  /** Wider and wider from the last to the first, until all of the scan is one neighborhood: each is the prior of the next. */
  std::vector<std::unique_ptr<LocalMeansGrid>> m_Wide{};
};

} // namespace colorization
} // namespace itk

#endif
