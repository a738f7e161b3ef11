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
#include "itkSliceSampler.h"

#include "itkSegmentationLoss.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
constexpr double Pi = 3.14159265358979323846;

/** Where the pixels of a slice are. */
struct Plane
{
  SpatialVector centre{};
  /** Of a step along x and along y, in mm. */
  SpatialVector alongX{};
  SpatialVector alongY{};

  SpatialVector
  At(double x, double y) const
  {
    SpatialVector point{};
    for (std::size_t k = 0; k < 3; ++k)
    {
      point[k] = centre[k] + x * alongX[k] + y * alongY[k];
    }
    return point;
  }
};

SpatialVector
Scaled(const SpatialVector & vector, double factor)
{
  return { { factor * vector[0], factor * vector[1], factor * vector[2] } };
}

SpatialVector
Cross(const SpatialVector & a, const SpatialVector & b)
{
  return { { a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0] } };
}

SpatialVector
Unit(const SpatialVector & vector)
{
  return Scaled(vector, 1.0 / std::sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]));
}

/** Of length 1, in any direction. */
SpatialVector
ChooseDirection(RandomStream & random)
{
  const double height = random.Uniform(-1.0, 1.0);
  const double angle = random.Uniform(0.0, 2.0 * Pi);
  const double radius = std::sqrt(1.0 - height * height);
  return { { radius * std::cos(angle), radius * std::sin(angle), height } };
}

Plane
ChoosePlane(const SpatialVolume & volume, const SliceSamplerParameters & parameters, RandomStream & random)
{
  Plane plane;
  plane.centre = volume.ChoosePoint(random);
  const auto & frame = volume.GetFrame();
  if (random.Chance(parameters.obliqueShare))
  {
    const SpatialVector normal = ChooseDirection(random);
    // The axis that is farthest from the normal cannot be parallel to it.
    std::size_t farthest = 0;
    for (std::size_t k = 1; k < 3; ++k)
    {
      farthest = std::abs(normal[k]) < std::abs(normal[farthest]) ? k : farthest;
    }
    SpatialVector axis{};
    axis[farthest] = 1.0;
    plane.alongX = Unit(Cross(axis, normal));
    plane.alongY = Cross(normal, plane.alongX);
  }
  else
  {
    const std::int64_t axis = parameters.axes[random.Integer(parameters.axes.size())];
    plane.alongX = frame[axis == 0 ? 1 : 0];
    plane.alongY = axis == 2 ? frame[1] : Scaled(frame[2], -1.0);
  }
  const double angle = Pi / 180.0 * parameters.largestRotation * random.Uniform(-1.0, 1.0);
  const double zoom = std::exp(std::log(parameters.largestZoom) * random.Uniform(-1.0, 1.0));
  const double side = random.Chance(parameters.mirroredShare) ? -1.0 : 1.0;
  const double step = (parameters.spacing > 0.0 ? parameters.spacing : volume.GetSpacing()) / zoom;
  const Plane  upright = plane;
  for (std::size_t k = 0; k < 3; ++k)
  {
    plane.alongX[k] = side * step * (std::cos(angle) * upright.alongX[k] + std::sin(angle) * upright.alongY[k]);
    plane.alongY[k] = step * (std::cos(angle) * upright.alongY[k] - std::sin(angle) * upright.alongX[k]);
  }
  return plane;
}
} // namespace

SliceSampler::SliceSampler(std::vector<SpatialSource>     sources,
                           const SliceSamplerParameters & parameters,
                           std::uint64_t                  seed,
                           float                          background)
  : m_Sources(std::move(sources))
  , m_Parameters(parameters)
  , m_Seed(seed)
  , m_Background(background)
{
  if (m_Sources.empty())
  {
    throw ModelError("There are no volumes to draw slices from.");
  }
  for (const auto & volume : m_Sources.front().volumes)
  {
    m_Channels += volume->GetChannels();
  }
}

torch::Tensor
SliceSampler::Draw(std::uint64_t step, std::int64_t count) const
{
  const std::int64_t size = m_Parameters.size;
  torch::Tensor      samples = torch::empty({ count, static_cast<std::int64_t>(m_Channels), size, size });
  float *            values = samples.data_ptr<float>();
  at::parallel_for(0,
                   count,
                   1,
                   [&](std::int64_t begin, std::int64_t end)
                   {
                     for (std::int64_t i = begin; i < end; ++i)
                     {
                       this->DrawOne(step,
                                     static_cast<std::uint64_t>(i),
                                     values + i * static_cast<std::int64_t>(m_Channels) * size * size);
                     }
                   });
  return samples;
}

void
SliceSampler::DrawOne(std::uint64_t step, std::uint64_t index, float * values) const
{
  RandomStream          random(m_Seed, step, index);
  const SpatialSource & source = ChooseSource(m_Sources, random);
  const Plane           plane = ChoosePlane(*source.volumes.front(), m_Parameters, random);
  const auto            size = static_cast<std::size_t>(m_Parameters.size);
  const double          middle = 0.5 * static_cast<double>(size - 1);
  for (const auto & volume : source.volumes)
  {
    const bool        isLabels = volume->GetVolume().information.kind == TrainingKind::Labels;
    const float       unknown = isLabels                                    ? static_cast<float>(IgnoredLabel)
                                : volume->GetScaling() == GrayScaling::None ? m_Background
                                                                            : 0.0f;
    const std::size_t channels = volume->GetChannels();
    for (std::size_t i = 0; i < size * size; ++i)
    {
      std::array<float, 4> known{ { unknown, unknown, unknown, unknown } };
      volume->Evaluate(plane.At(static_cast<double>(i % size) - middle, static_cast<double>(i / size) - middle),
                       known.data());
      for (std::size_t c = 0; c < channels; ++c)
      {
        values[c * size * size + i] = known[c];
      }
    }
    values += channels * size * size;
  }
}

} // namespace colorization
} // namespace itk
