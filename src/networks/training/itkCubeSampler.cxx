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
#include "itkCubeSampler.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** A rotation's matrix, row by row. */
using Rotation = std::array<double, 9>;

constexpr Rotation Unturned{ { 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0 } };

/** K. Shoemake: Uniform Random Rotations. Graphics Gems III, 1992. */
Rotation
ChooseRotation(RandomStream & random)
{
  constexpr double pi = 3.14159265358979323846;
  const double     share = random.Uniform();
  const double     first = random.Uniform(0.0, 2.0 * pi);
  const double     second = random.Uniform(0.0, 2.0 * pi);
  const double     x = std::sqrt(1.0 - share) * std::sin(first);
  const double     y = std::sqrt(1.0 - share) * std::cos(first);
  const double     z = std::sqrt(share) * std::sin(second);
  const double     w = std::sqrt(share) * std::cos(second);
  return { { 1.0 - 2.0 * (y * y + z * z),
             2.0 * (x * y - z * w),
             2.0 * (x * z + y * w),
             2.0 * (x * y + z * w),
             1.0 - 2.0 * (x * x + z * z),
             2.0 * (y * z - x * w),
             2.0 * (x * z - y * w),
             2.0 * (y * z + x * w),
             1.0 - 2.0 * (x * x + y * y) } };
}

/** Where the centre of a cube may be, in mm along an axis of the volume. */
using Stretch = std::array<double, 2>;

/** What is left of stretches when the cube's reach is taken off both ends. */
std::vector<Stretch>
Shortened(const std::vector<Stretch> & stretches, double reach)
{
  std::vector<Stretch> left;
  for (const Stretch & stretch : stretches)
  {
    if (stretch[1] - stretch[0] >= 2.0 * reach)
    {
      left.push_back({ { stretch[0] + reach, stretch[1] - reach } });
    }
  }
  return left;
}

double
ChooseWithin(const std::vector<Stretch> & stretches, RandomStream & random)
{
  double sum = 0.0;
  for (const Stretch & stretch : stretches)
  {
    sum += stretch[1] - stretch[0];
  }
  double place = random.Uniform() * sum;
  for (const Stretch & stretch : stretches)
  {
    const double length = stretch[1] - stretch[0];
    if (place <= length)
    {
      return stretch[0] + place;
    }
    place -= length;
  }
  return stretches.back()[1];
}

/** The stretches along each axis of a volume where the centre of a turned cube may be. */
std::array<std::vector<Stretch>, 3>
RoomFor(const SpatialVolume & volume, const Rotation & rotation, double half)
{
  std::array<std::vector<Stretch>, 3> room;
  const auto &                        information = volume.GetVolume().information;
  for (std::size_t axis = 0; axis < 3; ++axis)
  {
    const double reach =
      half * (std::abs(rotation[3 * axis]) + std::abs(rotation[3 * axis + 1]) + std::abs(rotation[3 * axis + 2]));
    const double extent = information.spacing[axis] * static_cast<double>(volume.GetVolume().size[axis] - 1);
    room[axis] = Shortened(axis == 2 ? volume.GetStretches() : std::vector<Stretch>{ { { 0.0, extent } } }, reach);
  }
  return room;
}

bool
IsRoom(const std::array<std::vector<Stretch>, 3> & room)
{
  return !room[0].empty() && !room[1].empty() && !room[2].empty();
}

/** Where a cube is: its centre in mm along the volume's axes. */
struct Pose
{
  Rotation      rotation{ Unturned };
  SpatialVector centre{};
};

Pose
ChoosePose(const SpatialVolume & volume, double half, RandomStream & random)
{
  constexpr int mostTries = 64;
  Pose          pose;
  for (int i = 0; i < 2 * mostTries; ++i)
  {
    pose.rotation = i < mostTries ? ChooseRotation(random) : Unturned;
    const auto room = RoomFor(volume, pose.rotation, half);
    if (!IsRoom(room))
    {
      continue;
    }
    for (std::size_t axis = 0; axis < 3; ++axis)
    {
      pose.centre[axis] = ChooseWithin(room[axis], random);
    }
    if (volume.IsBody(volume.GetPointOfSteps(pose.centre)))
    {
      break;
    }
  }
  return pose;
}
} // namespace

CubeSampler::CubeSampler(std::vector<SpatialSource>    sources,
                         const CubeSamplerParameters & parameters,
                         std::uint64_t                 seed)
  : m_Sources(std::move(sources))
  , m_Parameters(parameters)
  , m_Seed(seed)
{
  if (m_Sources.empty())
  {
    throw ModelError("There are no volumes to draw cubes from.");
  }
  const double half = 0.5 * parameters.spacing * static_cast<double>(parameters.size - 1);
  for (const SpatialSource & source : m_Sources)
  {
    if (!IsRoom(RoomFor(*source.volumes.front(), Unturned, half)))
    {
      throw ModelError("Volume " + source.volumes.front()->GetVolume().information.name +
                       " of the data set has no room for cubes of " + std::to_string(parameters.size) +
                       " voxels within slices of one role; a smaller size or spacing, or other test ranges, are "
                       "wanted.");
    }
  }
}

torch::Tensor
CubeSampler::Draw(std::uint64_t step, std::int64_t count) const
{
  const std::int64_t size = m_Parameters.size;
  const auto         volumes = static_cast<std::int64_t>(m_Sources.front().volumes.size());
  torch::Tensor      samples = torch::empty({ count, volumes, size, size, size });
  float *            values = samples.data_ptr<float>();
  at::parallel_for(0,
                   count,
                   1,
                   [&](std::int64_t begin, std::int64_t end)
                   {
                     for (std::int64_t i = begin; i < end; ++i)
                     {
                       this->DrawOne(step, static_cast<std::uint64_t>(i), values + i * volumes * size * size * size);
                     }
                   });
  return samples;
}

void
CubeSampler::DrawOne(std::uint64_t step, std::uint64_t index, float * values) const
{
  RandomStream          random(m_Seed, step, index);
  const SpatialSource & source = ChooseSource(m_Sources, random);
  const SpatialVolume & grid = *source.volumes.front();
  const double          middle = 0.5 * static_cast<double>(m_Parameters.size - 1);
  const Pose            pose = ChoosePose(grid, m_Parameters.spacing * middle, random);
  const auto            size = static_cast<std::size_t>(m_Parameters.size);
  for (const auto & volume : source.volumes)
  {
    for (std::size_t i = 0; i < size * size * size; ++i)
    {
      const SpatialVector offset{ { static_cast<double>(i % size) - middle,
                                    static_cast<double>(i / size % size) - middle,
                                    static_cast<double>(i / size / size) - middle } };
      SpatialVector       steps = pose.centre;
      for (std::size_t axis = 0; axis < 3; ++axis)
      {
        for (std::size_t k = 0; k < 3; ++k)
        {
          steps[axis] += m_Parameters.spacing * pose.rotation[3 * axis + k] * offset[k];
        }
      }
      values[i] = 0.0f;
      volume->Evaluate(grid.GetPointOfSteps(steps), values + i);
    }
    values += size * size * size;
  }
}

} // namespace colorization
} // namespace itk
