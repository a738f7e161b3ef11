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
#include "itkPhotographicTone.h"

#include "itkColorSpace.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
float
EvaluateTone(const ToneCurve & curve, float value)
{
  const auto  last = static_cast<float>(curve.lightness.size() - 1);
  const float position = std::min(std::max(value, 0.0f), 1.0f) * last;
  const auto  node = std::min(static_cast<std::size_t>(position), curve.lightness.size() - 2);
  const float share = position - static_cast<float>(node);
  return (1.0f - share) * curve.lightness[node] + share * curve.lightness[node + 1];
}

/** Half of a Gaussian, from its middle on, without its scale. */
std::vector<float>
MakeKernel(double sigma, std::size_t extent)
{
  const auto         reach = std::min(static_cast<std::size_t>(std::ceil(3.0 * sigma)), extent - 1);
  std::vector<float> kernel(reach + 1);
  for (std::size_t k = 0; k <= reach; ++k)
  {
    const double x = static_cast<double>(k) / sigma;
    kernel[k] = static_cast<float>(std::exp(-0.5 * x * x));
  }
  return kernel;
}

/** Convolves all lines along an axis with a Gaussian. */
void
SmoothAlong(unsigned int                       axis,
            double                             sigma,
            const std::array<std::size_t, 3> & size,
            float *                            values,
            const ParallelFor &                parallelFor)
{
  const std::size_t extent = size[axis];
  if (extent < 2)
  {
    return;
  }
  const std::vector<float>         kernel = MakeKernel(sigma, extent);
  const std::array<std::size_t, 3> stride{ { 1, size[0], size[0] * size[1] } };
  const unsigned int               inner = axis == 0 ? 1 : 0;
  const unsigned int               outer = axis == 2 ? 1 : 2;
  parallelFor(size[outer],
              [&](std::size_t plane)
              {
                std::vector<float> line(extent);
                for (std::size_t row = 0; row < size[inner]; ++row)
                {
                  float * begin = values + plane * stride[outer] + row * stride[inner];
                  for (std::size_t i = 0; i < extent; ++i)
                  {
                    line[i] = begin[i * stride[axis]];
                  }
                  for (std::size_t i = 0; i < extent; ++i)
                  {
                    float sum = kernel[0] * line[i];
                    for (std::size_t k = 1; k < kernel.size(); ++k)
                    {
                      sum += kernel[k] * ((i >= k ? line[i - k] : 0.0f) + (i + k < extent ? line[i + k] : 0.0f));
                    }
                    begin[i * stride[axis]] = sum;
                  }
                }
              });
}
} // namespace

ToneCurve
FitToneCurve(const float *                      scan,
             const float *                      lightness,
             const float *                      weight,
             std::size_t                        count,
             const PhotographicToneParameters & parameters)
{
  const std::size_t   nodes = std::max(parameters.bins, 2u);
  std::vector<double> sum(nodes);
  std::vector<double> mass(nodes);
  for (std::size_t i = 0; i < count; ++i)
  {
    const double position = std::min(std::max(scan[i], 0.0f), 1.0f) * static_cast<double>(nodes - 1);
    const auto   node = std::min(static_cast<std::size_t>(position), nodes - 2);
    const double share = position - static_cast<double>(node);
    for (const std::size_t k : { node, node + 1 })
    {
      const double part = weight[i] * (k == node ? 1.0 - share : share);
      sum[k] += part * lightness[i];
      mass[k] += part;
    }
  }
  // What no voxel has is interpolated, and beyond the ends as it is there.
  std::vector<std::size_t> known;
  for (std::size_t k = 0; k < nodes; ++k)
  {
    if (mass[k] > 0.0)
    {
      known.push_back(k);
    }
  }
  ToneCurve curve;
  for (std::size_t k = 0; k < nodes; ++k)
  {
    const float gray = GrayToLightness(static_cast<float>(k) / static_cast<float>(nodes - 1));
    if (known.empty())
    {
      curve.lightness.push_back(gray);
      continue;
    }
    const auto   mean = [&](std::size_t node) { return sum[node] / mass[node]; };
    const auto   above = std::lower_bound(known.begin(), known.end(), k);
    const auto   after = above == known.end() ? known.back() : *above;
    const auto   before = above == known.begin() || after == k ? after : *(above - 1);
    const double share =
      after > before && k < after ? static_cast<double>(k - before) / static_cast<double>(after - before) : 1.0;
    curve.lightness.push_back(static_cast<float>((1.0 - share) * mean(before) + share * mean(after)));
  }
  return curve;
}

void
FuseTone(const ToneCurve &                  curve,
         const float *                      scan,
         const float *                      lightness,
         const float *                      weight,
         const std::array<std::size_t, 3> & size,
         const std::array<double, 3> &      spacing,
         const PhotographicToneParameters & parameters,
         float *                            fused,
         const ParallelFor &                parallelFor)
{
  constexpr float    leastMass = 1e-6f;
  const std::size_t  slice = size[0] * size[1];
  std::vector<float> mass(slice * size[2]);
  const auto         forEachVoxel = [&](const auto & body)
  {
    parallelFor(size[2],
                [&](std::size_t z)
                {
                  for (std::size_t i = z * slice; i < (z + 1) * slice; ++i)
                  {
                    body(i);
                  }
                });
  };
  forEachVoxel(
    [&](std::size_t i)
    {
      fused[i] = weight[i] * (lightness[i] - EvaluateTone(curve, scan[i]));
      mass[i] = weight[i];
    });
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    SmoothAlong(axis, parameters.radius / spacing[axis], size, fused, parallelFor);
    SmoothAlong(axis, parameters.radius / spacing[axis], size, mass.data(), parallelFor);
  }
  forEachVoxel(
    [&](std::size_t i)
    {
      const float rest = mass[i] > leastMass ? fused[i] / mass[i] : 0.0f;
      fused[i] = std::min(std::max(EvaluateTone(curve, scan[i]) + rest, 0.0f), 100.0f);
    });
}

} // namespace colorization
} // namespace itk
