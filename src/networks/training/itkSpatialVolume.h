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
#ifndef itkSpatialVolume_h
#define itkSpatialVolume_h

#include "itkRandomContrast.h"
#include "itkRandomStream.h"
#include "itkTrainingData.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace itk
{
namespace colorization
{
using SpatialVector = std::array<double, 3>;

/** What gray values become. */
enum class GrayScaling
{
  /** From the 0.5th to the 99.5th percentile of the body, where Otsu's threshold finds it, they become 0..1, clamped:
   * as NetworkNormalization's percentiles do. Where the volume has a window, that counts. */
  Robust,
  /** As they are, such as Hounsfield units. */
  None
};

/** A volume of a data set in space: its values at points in mm.
 *
 * Only slices of one role are seen, and nothing is made up between slices that are missing: what lies beyond a slice of
 * another role, beyond the grid, or in a gap more than twice as wide as slices usually are apart, is not known. What a
 * colour volume does not show as tissue is black.
 *
 * Gray values take 4 bytes a voxel, all others stay in the file. */
class SpatialVolume
{
public:
  /** \throws ModelError if a gray volume is the same everywhere */
  SpatialVolume(const TrainingVolume & volume, TrainingRole role, GrayScaling scaling);

  const TrainingVolume &
  GetVolume() const
  {
    return m_Volume;
  }

  GrayScaling
  GetScaling() const
  {
    return m_Scaling;
  }

  /** Colour has 4: RGB and how much of the point is body, tissue or not; all others have 1. */
  std::size_t
  GetChannels() const
  {
    return m_Volume.information.kind == TrainingKind::Color ? 4 : 1;
  }

  /** mm; the smallest extent of a pixel of its slices. */
  double
  GetSpacing() const;

  /** The volume's own axes, ordered and turned so that they point to left, posterior and superior. */
  const std::array<SpatialVector, 3> &
  GetFrame() const
  {
    return m_Frame;
  }

  /** The point of a voxel. */
  SpatialVector
  GetPoint(double x, double y, std::size_t z) const;

  /** The point so many mm along the volume's axes; along the last, it is the position. */
  SpatialVector
  GetPointOfSteps(const SpatialVector & steps) const;

  /** Values at a point, interpolated; labels are those of the nearest voxel. Colours and robustly scaled gray are 0..1.
   * \return whether they are known; if not, they are left alone */
  bool
  Evaluate(const SpatialVector & point, float * values) const;

  /** A point within the body on a slice of the role: the mean of 1 to 6 voxels' within the slice, the more, the
   * nearer to the body's centre. */
  SpatialVector
  ChoosePoint(RandomStream & random) const;

  /** Whether a point of a gray volume is known and within the body: brighter than Otsu's threshold. */
  bool
  IsBody(const SpatialVector & point) const;

  /** Stretches in mm along the slices' axis in which all is known: first and last position. */
  std::vector<std::array<double, 2>>
  GetStretches() const;

private:
  void
  ReadGray(GrayScaling scaling);

  /** What becomes 0 and 1. */
  std::pair<float, float>
  FindWindow() const;

  bool
  IsForeground(std::size_t x, std::size_t y, std::size_t z) const;

  bool
  FindSlices(double position, std::size_t & below, float & share) const;

  void
  AddSlice(std::size_t                        z,
           const std::array<std::size_t, 2> & corner,
           const std::array<float, 4> &       shares,
           float *                            values) const;

  const TrainingVolume &           m_Volume;
  GrayScaling                      m_Scaling;
  const std::vector<std::size_t> & m_Slices;
  std::vector<bool>                m_IsOfRole{};
  double                           m_LargestStep = 0.0;
  std::array<double, 9>            m_Inverse{};
  std::array<SpatialVector, 3>     m_Frame{};
  std::vector<float>               m_Gray{};
  float                            m_Threshold = 0.0f;
};

/** Volumes that show the same place; the first one's grid is the one that samples follow. */
struct SpatialSource
{
  double                                            share = 1.0;
  std::vector<std::shared_ptr<const SpatialVolume>> volumes{};
};

/** One of the sources, by their shares. */
const SpatialSource &
ChooseSource(const std::vector<SpatialSource> & sources, RandomStream & random);

/** All volumes of a kind that have slices of the role, each on its own, or, with labels, together with the label volume
 * NAME.labels.
 * \throws ModelError if none has training slices, or naming the label volume that is not there */
std::vector<SpatialSource>
CollectVolumes(const TrainingData & data, TrainingKind kind, TrainingRole role, bool withLabels = false);

/** Whether a data set has a gray volume NAME.source with training slices, drawn at all. */
bool
HasPairs(const TrainingData & data);

/** All pairs: a gray volume NAME.source and a volume NAME.target of the wanted kind, which lie in the same physical
 * space, whatever their grids; with labels, also NAME.target.labels.
 * \throws ModelError if there is none with training slices, or naming the volume that is not there or of another
 * kind */
std::vector<SpatialSource>
CollectPairs(const TrainingData & data,
             TrainingKind         targetKind,
             TrainingRole         role,
             GrayScaling          sourceScaling,
             bool                 withLabels = false);

} // namespace colorization
} // namespace itk

#endif
