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
#include "itkPatchClusters.h"

#include "itkPatchProjection.h"

#include <algorithm>
#include <numeric>

namespace itk
{
namespace colorization
{
namespace
{
constexpr std::size_t Length = PatchProjection::Dimensions;
/** A cluster's size, on average. */
constexpr std::size_t PixelsPerCluster = 512;
constexpr std::size_t LargestNumberOfClusters = 2048;
/** Pixels of the sample that a cluster's middle is learnt from, on average. */
constexpr std::size_t  SamplesPerCluster = 32;
constexpr unsigned int LloydIterations = 5;
/** Patches that each patch is compared with: the clusters nearest to it hold at least so many. */
constexpr std::size_t CandidatesWanted = 8192;
/** Rows whose products with a few strips stay in the cache. */
constexpr std::size_t RowsAtATime = 96;

/** Coordinates of some pixels, one after the other. */
std::vector<float>
GatherRows(const std::vector<float> & coordinates, const std::uint32_t * pixels, std::size_t count)
{
  std::vector<float> rows(count * Length);
  for (std::size_t k = 0; k < count; ++k)
  {
    std::copy_n(coordinates.data() + pixels[k] * Length, Length, rows.data() + k * Length);
  }
  return rows;
}

std::vector<std::uint32_t>
Iota(std::size_t count)
{
  std::vector<std::uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0u);
  return numbers;
}
} // namespace

PatchClusters::PatchClusters(const std::vector<float> &         coordinates,
                             const std::vector<std::uint32_t> & pixels,
                             const ParallelFor &                parallelFor)
  : m_NumberOfClusters(std::min(std::max<std::size_t>(1, pixels.size() / PixelsPerCluster), LargestNumberOfClusters))
{
  this->LearnCenters(coordinates, pixels, parallelFor);
  this->Fill(coordinates, pixels, this->Assign(coordinates, pixels, parallelFor));
}

void
PatchClusters::LearnCenters(const std::vector<float> &         coordinates,
                            const std::vector<std::uint32_t> & pixels,
                            const ParallelFor &                parallelFor)
{
  const auto drawEvenly = [&pixels](std::size_t count)
  {
    std::vector<std::uint32_t> drawn(count);
    for (std::size_t k = 0; k < count; ++k)
    {
      drawn[k] = pixels[k * pixels.size() / count];
    }
    return drawn;
  };
  const auto sample = drawEvenly(std::min(pixels.size(), m_NumberOfClusters * SamplesPerCluster));
  m_Centers = GatherRows(coordinates, drawEvenly(m_NumberOfClusters).data(), m_NumberOfClusters);
  for (unsigned int iteration = 0; iteration < LloydIterations; ++iteration)
  {
    const auto               clusters = this->Assign(coordinates, sample, parallelFor);
    std::vector<double>      sums(m_Centers.size(), 0.0);
    std::vector<std::size_t> sizes(m_NumberOfClusters, 0);
    for (std::size_t k = 0; k < sample.size(); ++k)
    {
      ++sizes[clusters[k]];
      for (std::size_t i = 0; i < Length; ++i)
      {
        sums[clusters[k] * Length + i] += static_cast<double>(coordinates[sample[k] * Length + i]);
      }
    }
    for (std::size_t i = 0; i < sums.size(); ++i)
    {
      // A cluster that has lost all of its pixels stays where it is.
      if (sizes[i / Length] > 0)
      {
        m_Centers[i] = static_cast<float>(sums[i] / static_cast<double>(sizes[i / Length]));
      }
    }
  }
}

std::vector<std::uint32_t>
PatchClusters::Assign(const std::vector<float> &         coordinates,
                      const std::vector<std::uint32_t> & pixels,
                      const ParallelFor &                parallelFor,
                      std::vector<std::uint32_t> *       seconds) const
{
  const ColumnStrips         centers(m_Centers, Length, Iota(m_NumberOfClusters));
  std::vector<std::uint32_t> clusters(pixels.size());
  if (seconds)
  {
    seconds->resize(pixels.size());
  }
  parallelFor((pixels.size() + RowsAtATime - 1) / RowsAtATime,
              [&](std::size_t block)
              {
                const std::size_t           first = block * RowsAtATime;
                const std::size_t           count = std::min(RowsAtATime, pixels.size() - first);
                const std::vector<float>    rows = GatherRows(coordinates, pixels.data() + first, count);
                std::vector<NearestColumns> nearest(count);
                centers.KeepNearest(rows, 0, centers.GetNumberOfColumns(), nearest);
                for (std::size_t k = 0; k < count; ++k)
                {
                  clusters[first + k] = nearest[k].columns[0];
                  if (seconds)
                  {
                    (*seconds)[first + k] = nearest[k].columns[1];
                  }
                }
              });
  return clusters;
}

void
PatchClusters::Fill(const std::vector<float> &         coordinates,
                    const std::vector<std::uint32_t> & pixels,
                    const std::vector<std::uint32_t> & clusters)
{
  m_Sizes.assign(m_NumberOfClusters, 0);
  for (const std::uint32_t cluster : clusters)
  {
    ++m_Sizes[cluster];
  }
  m_FirstColumns.assign(m_NumberOfClusters + 1, 0);
  for (std::size_t cluster = 0; cluster < m_NumberOfClusters; ++cluster)
  {
    m_FirstColumns[cluster + 1] = m_FirstColumns[cluster] + RoundUpToStrips(m_Sizes[cluster]);
  }
  m_Pixels.assign(m_FirstColumns.back(), NearestColumns::None);
  std::vector<std::size_t> next = m_FirstColumns;
  for (std::size_t k = 0; k < pixels.size(); ++k)
  {
    m_Pixels[next[clusters[k]]++] = pixels[k];
  }
  m_Columns = std::make_unique<ColumnStrips>(coordinates, Length, m_Pixels);
}

std::vector<std::uint32_t>
PatchClusters::ChooseClusters(const std::vector<float> & rows) const
{
  const std::size_t  count = rows.size() / Length;
  std::vector<float> mean(Length, 0.0f);
  for (std::size_t i = 0; i < rows.size(); ++i)
  {
    mean[i % Length] += rows[i] / static_cast<float>(count);
  }
  std::vector<float> distances(m_NumberOfClusters);
  for (std::size_t cluster = 0; cluster < m_NumberOfClusters; ++cluster)
  {
    distances[cluster] = std::inner_product(mean.begin(),
                                            mean.end(),
                                            m_Centers.begin() + static_cast<std::ptrdiff_t>(cluster * Length),
                                            0.0f,
                                            std::plus<float>(),
                                            [](float a, float b) { return (a - b) * (a - b); });
  }
  std::vector<std::uint32_t> order = Iota(m_NumberOfClusters);
  std::sort(order.begin(),
            order.end(),
            [&](std::uint32_t a, std::uint32_t b)
            { return distances[a] < distances[b] || (distances[a] == distances[b] && a < b); });
  std::size_t candidates = 0;
  std::size_t chosen = 0;
  while (chosen < order.size() && candidates < CandidatesWanted)
  {
    candidates += m_Sizes[order[chosen++]];
  }
  order.resize(chosen);
  return order;
}

std::uint64_t
PatchClusters::FindNearest(const std::vector<float> &         coordinates,
                           const std::vector<std::uint32_t> & pixels,
                           const ParallelFor &                parallelFor,
                           std::vector<NearestColumns> &      nearest) const
{
  const std::vector<std::uint32_t> clusters = this->Assign(coordinates, pixels, parallelFor);
  std::vector<std::uint32_t>       order = Iota(pixels.size());
  std::stable_sort(order.begin(),
                   order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return clusters[a] < clusters[b]; });
  // Blocks of patches that lie in the same cluster, so that all of them look into the same others.
  std::vector<std::size_t> blocks;
  for (std::size_t k = 0; k < order.size(); ++k)
  {
    if (k == 0 || clusters[order[k]] != clusters[order[blocks.back()]] || k - blocks.back() == RowsAtATime)
    {
      blocks.push_back(k);
    }
  }
  blocks.push_back(order.size());

  nearest.assign(pixels.size(), NearestColumns());
  std::vector<std::uint64_t> compared(blocks.size() - 1);
  parallelFor(compared.size(),
              [&](std::size_t block)
              {
                const std::size_t          first = blocks[block];
                const std::size_t          count = blocks[block + 1] - first;
                std::vector<std::uint32_t> rowPixels(count);
                std::transform(order.begin() + static_cast<std::ptrdiff_t>(first),
                               order.begin() + static_cast<std::ptrdiff_t>(first + count),
                               rowPixels.begin(),
                               [&](std::uint32_t k) { return pixels[k]; });
                const std::vector<float>    rows = GatherRows(coordinates, rowPixels.data(), count);
                std::vector<NearestColumns> found(count);
                for (const std::uint32_t cluster : this->ChooseClusters(rows))
                {
                  m_Columns->KeepNearest(rows, m_FirstColumns[cluster], m_FirstColumns[cluster + 1], found);
                  compared[block] += count * m_Sizes[cluster];
                }
                for (std::size_t k = 0; k < count; ++k)
                {
                  for (std::uint32_t & column : found[k].columns)
                  {
                    column = column == NearestColumns::None ? column : m_Pixels[column];
                  }
                  nearest[order[first + k]] = found[k];
                }
              });
  return std::accumulate(compared.begin(), compared.end(), std::uint64_t{ 0 });
}

} // namespace colorization
} // namespace itk
