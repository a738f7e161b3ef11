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
#include "itkMINDDescriptor.h"
#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <utility>

namespace itk
{
namespace colorization
{
namespace
{
using Offset = std::array<std::ptrdiff_t, 3>;

/** The pairs of face neighbours that are not opposite to each other: the self-similarity context. */
std::vector<std::pair<Offset, Offset>>
SelfSimilarityPairs(unsigned int dimension)
{
  std::vector<Offset> neighbours;
  for (unsigned int axis = 0; axis < dimension; ++axis)
  {
    for (const std::ptrdiff_t sign : { -1, 1 })
    {
      Offset offset{ { 0, 0, 0 } };
      offset[axis] = sign;
      neighbours.push_back(offset);
    }
  }
  std::vector<std::pair<Offset, Offset>> pairs;
  for (std::size_t i = 0; i < neighbours.size(); ++i)
  {
    for (std::size_t j = i + 1; j < neighbours.size(); ++j)
    {
      if (i / 2 != j / 2)
      {
        pairs.emplace_back(neighbours[i], neighbours[j]);
      }
    }
  }
  return pairs;
}

/** The padded image and what the slice-wise phases need to address it. */
struct PaddedImage
{
  const float *  origin; // the voxel of descriptor (0, 0, 0)
  std::ptrdiff_t rowStride;
  std::ptrdiff_t sliceStride;
};

/** sum += (a - b)^2 along a row. */
ITK_COLORIZATION_MULTIVERSION void
AddSquaredDifference(const float * a, const float * b, std::size_t count, float * sum)
{
  for (std::size_t x = 0; x < count; ++x)
  {
    const float difference = a[x] - b[x];
    sum[x] += difference * difference;
  }
}

/** sum += values along a row. */
ITK_COLORIZATION_MULTIVERSION void
AddRow(const float * values, std::size_t count, float * sum)
{
  for (std::size_t x = 0; x < count; ++x)
  {
    sum[x] += values[x];
  }
}

/** From the patch distances of one row to descriptors: row k of `distances` is pair k. */
ITK_COLORIZATION_MULTIVERSION void
DistancesToDescriptors(const float * distances, std::size_t pairs, std::size_t width, float floor, float * out)
{
  const float inversePairs = 1.0f / static_cast<float>(pairs);
  for (std::size_t x = 0; x < width; ++x)
  {
    float smallest = distances[x];
    float sum = 0.0f;
    for (std::size_t k = 0; k < pairs; ++k)
    {
      smallest = std::min(smallest, distances[k * width + x]);
      sum += distances[k * width + x];
    }
    const float variance = std::max(sum * inversePairs, floor);
    for (std::size_t k = 0; k < pairs; ++k)
    {
      out[k * width + x] = NegativeExp((smallest - distances[k * width + x]) / variance);
    }
  }
}

/** Mean squared difference of the patches around the two neighbours of `pair`, for every voxel of slice z. */
void
PatchDistances(const PaddedImage &                image,
               const std::array<std::size_t, 3> & size,
               unsigned int                       dimension,
               std::size_t                        z,
               const std::pair<Offset, Offset> &  pair,
               std::ptrdiff_t                     dilation,
               std::ptrdiff_t                     radius,
               std::vector<float> &               differences,
               float *                            distances)
{
  const auto shift = [&](const Offset & o)
  { return dilation * (o[0] + o[1] * image.rowStride + o[2] * image.sliceStride); };
  const std::ptrdiff_t first = shift(pair.first);
  const std::ptrdiff_t second = shift(pair.second);
  const std::ptrdiff_t depth = dimension > 2 ? radius : 0;
  const std::size_t    width = size[0] + 2 * radius;
  const std::size_t    height = size[1] + 2 * radius;

  differences.assign(width * height, 0.0f);
  for (std::ptrdiff_t dz = -depth; dz <= depth; ++dz)
  {
    for (std::size_t y = 0; y < height; ++y)
    {
      const float * row = image.origin + (static_cast<std::ptrdiff_t>(z) + dz) * image.sliceStride +
                          (static_cast<std::ptrdiff_t>(y) - radius) * image.rowStride - radius;
      AddSquaredDifference(row + first, row + second, width, differences.data() + y * width);
    }
  }
  const auto         diameter = static_cast<std::size_t>(2 * radius + 1);
  const auto         patchVoxels = static_cast<float>(diameter * diameter * (2 * depth + 1));
  std::vector<float> column(width);
  for (std::size_t y = 0; y < size[1]; ++y)
  {
    std::fill(column.begin(), column.end(), 0.0f);
    for (std::size_t dy = 0; dy < diameter; ++dy)
    {
      AddRow(differences.data() + (y + dy) * width, width, column.data());
    }
    float * out = distances + y * size[0];
    std::fill(out, out + size[0], 0.0f);
    for (std::size_t dx = 0; dx < diameter; ++dx)
    {
      AddRow(column.data() + dx, size[0], out);
    }
    for (std::size_t x = 0; x < size[0]; ++x)
    {
      out[x] /= patchVoxels;
    }
  }
}
} // namespace

unsigned int
MINDComponentsPerScale(unsigned int dimension)
{
  return dimension == 2 ? 4 : 12;
}

unsigned int
MINDRadius(const MINDParameters & parameters)
{
  unsigned int largest = 0;
  for (const unsigned int dilation : parameters.dilations)
  {
    largest = std::max(largest, dilation);
  }
  return largest + parameters.patchRadius;
}

void
ComputeMIND(const float *                      image,
            const std::array<std::size_t, 3> & size,
            unsigned int                       dimension,
            const MINDParameters &             parameters,
            float *                            descriptors,
            const ParallelFor &                parallelFor,
            const ProgressCallback &           progress)
{
  const auto        pairs = SelfSimilarityPairs(dimension);
  const std::size_t margin = MINDRadius(parameters);
  const std::size_t paddedWidth = size[0] + 2 * margin;
  const std::size_t paddedHeight = size[1] + 2 * margin;
  const std::size_t originSlice = dimension > 2 ? margin : 0;

  PaddedImage padded;
  padded.rowStride = static_cast<std::ptrdiff_t>(paddedWidth);
  padded.sliceStride = static_cast<std::ptrdiff_t>(paddedWidth * paddedHeight);
  padded.origin = image + (originSlice * paddedHeight + margin) * paddedWidth + margin;

  const std::size_t components = parameters.dilations.size() * pairs.size();
  const std::size_t sliceVoxels = size[0] * size[1];
  parallelFor(
    size[2],
    [&](std::size_t z)
    {
      std::vector<float> distances(pairs.size() * sliceVoxels);
      std::vector<float> differences;
      std::vector<float> rowIn(pairs.size() * size[0]);
      std::vector<float> rowOut(pairs.size() * size[0]);
      for (std::size_t scale = 0; scale < parameters.dilations.size(); ++scale)
      {
        for (std::size_t k = 0; k < pairs.size(); ++k)
        {
          PatchDistances(padded,
                         size,
                         dimension,
                         z,
                         pairs[k],
                         parameters.dilations[scale],
                         parameters.patchRadius,
                         differences,
                         distances.data() + k * sliceVoxels);
        }
        for (std::size_t y = 0; y < size[1]; ++y)
        {
          for (std::size_t k = 0; k < pairs.size(); ++k)
          {
            const float * row = distances.data() + k * sliceVoxels + y * size[0];
            std::copy(row, row + size[0], rowIn.data() + k * size[0]);
          }
          DistancesToDescriptors(rowIn.data(), pairs.size(), size[0], parameters.varianceFloor, rowOut.data());
          float * out = descriptors + (z * sliceVoxels + y * size[0]) * components + scale * pairs.size();
          for (std::size_t x = 0; x < size[0]; ++x)
          {
            for (std::size_t k = 0; k < pairs.size(); ++k)
            {
              out[x * components + k] = rowOut[k * size[0] + x];
            }
          }
        }
      }
    });
  progress(1.0);
}

} // namespace colorization
} // namespace itk
