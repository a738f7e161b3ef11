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
#ifndef itkTrainingData_h
#define itkTrainingData_h

#include "../itkSafetensors.h"
#include "itkTrainingVolume.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** A volume of a data set, whose values are those of the file. */
struct TrainingVolume
{
  TrainingVolumeInformation information{};
  /** x, y, z */
  std::array<std::size_t, 3> size{};
  /** Z x Y x X, or Z x Y x X x 3. */
  TensorView values{};
  /** One TrainingTissue a voxel of colour; without bytes for other kinds. */
  TensorView tissue{};
  /** Of each slice, mm along the body. */
  std::vector<float> positions{};
  /** Indices of slices. */
  std::vector<std::size_t> training{};
  std::vector<std::size_t> test{};

  const std::uint8_t *
  Slice(std::size_t z) const
  {
    return values.data + z * (values.bytes / size[2]);
  }
  const std::uint8_t *
  TissueSlice(std::size_t z) const
  {
    return tissue.data + z * size[0] * size[1];
  }
};

/** Divides slices into training, test and those between. */
void
SplitSlices(TrainingVolume & volume);

/** A data set for training: a safetensors file, mapped into memory as long as the object lives.
 *
 * Of each volume NAME it has the tensors `NAME/values` (U8 Z x Y x X x 3 of colour; U8 or F16 Z x Y x X of gray; U8 of
 * labels), `NAME/positions` (F32 Z) and, of colour, `NAME/tissue` (U8 Z x Y x X, TrainingTissue). Under `__metadata__`
 * it has the texts `format` ("ITKColorization training data"), `version` ("1") and `volumes`: a JSON array of objects
 * with name, kind ("color", "gray", "labels"), spacing, origin, direction, share, test (ranges of positions), gap,
 * credit and, of gray, an optional window: the two values that become 0 and 1.
 *
 * Names tell what belongs together: the gray volume NAME.source and the volume NAME.target, gray or colour, are a pair,
 * whose grids may differ, but which show the same place in physical space; NAME.labels are the labels of volume NAME.
 * Of what is a pair, the share of NAME.source counts.
 *
 * \throws ModelError naming the file and what is wrong with it: tensors that are missing, left over, of another type or
 * shape; positions that do not rise; tissue beyond its classes; a volume without training slices */
class TrainingData
{
public:
  explicit TrainingData(const std::string & path);

  const std::vector<TrainingVolume> &
  GetVolumes() const
  {
    return m_Volumes;
  }

  /** The volumes of one kind, with training slices.
   * \throws ModelError if there is none */
  std::vector<const TrainingVolume *>
  GetVolumes(TrainingKind kind) const;

private:
  std::string                      m_Path;
  std::unique_ptr<SafetensorsFile> m_File;
  std::vector<TrainingVolume>      m_Volumes{};
};

/** Writes a data set; the values of the volumes are the caller's.
 * \throws ModelError */
void
WriteTrainingData(const std::string & path, const std::vector<TrainingVolume> & volumes);

} // namespace colorization
} // namespace itk

#endif
