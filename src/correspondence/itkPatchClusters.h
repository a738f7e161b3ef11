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
#ifndef itkPatchClusters_h
#define itkPatchClusters_h

#include "itkColorizationParallelFor.h"
#include "itkNearestColumns.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace itk
{
namespace colorization
{
/** Patches sorted into clusters by their coordinates, so that the nearest ones to another patch are found among those of
 * the nearest clusters alone: an inverted file (Sivic and Zisserman, ICCV 2003). Patches of one cluster are compared
 * with those of another by one matrix product.
 *
 * Memory: 264 bytes a patch of 64 coordinates. */
class PatchClusters
{
public:
  /** \param coordinates of all pixels' patches, PatchProjection::Dimensions each
   * \param pixels those that are looked for */
  PatchClusters(const std::vector<float> &         coordinates,
                const std::vector<std::uint32_t> & pixels,
                const ParallelFor &                parallelFor);

  /** For each of `pixels`, of an image with `coordinates`: the pixels of the clustered image that are likely to be the
   * nearest, the nearest first.
   *
   * \param nearest out: in NearestColumns::columns, of each of `pixels`
   * \return how many pairs of patches were compared */
  std::uint64_t
  FindNearest(const std::vector<float> &         coordinates,
              const std::vector<std::uint32_t> & pixels,
              const ParallelFor &                parallelFor,
              std::vector<NearestColumns> &      nearest) const;

private:
  /** The middles of the clusters, by Lloyd's method on a sample. */
  void
  LearnCenters(const std::vector<float> &         coordinates,
               const std::vector<std::uint32_t> & pixels,
               const ParallelFor &                parallelFor);

  /** Puts the pixels in the order of their clusters. */
  void
  Fill(const std::vector<float> &         coordinates,
       const std::vector<std::uint32_t> & pixels,
       const std::vector<std::uint32_t> & clusters);

  /** Number of the cluster whose middle is nearest to each pixel.
   *
   * \param seconds out, if wanted: the second nearest; NearestColumns::None if there is but one cluster */
  std::vector<std::uint32_t>
  Assign(const std::vector<float> &         coordinates,
         const std::vector<std::uint32_t> & pixels,
         const ParallelFor &                parallelFor,
         std::vector<std::uint32_t> *       seconds = nullptr) const;

  /** The clusters nearest to the mean of some patches, until these hold enough pixels. */
  std::vector<std::uint32_t>
  ChooseClusters(const std::vector<float> & rows) const;

  std::size_t              m_NumberOfClusters;
  std::vector<float>       m_Centers;
  std::vector<std::size_t> m_Sizes;
  /** Each cluster begins a strip. */
  std::vector<std::uint32_t>    m_Pixels;
  std::vector<std::size_t>      m_FirstColumns;
  std::unique_ptr<ColumnStrips> m_Columns;
};

} // namespace colorization
} // namespace itk

#endif
