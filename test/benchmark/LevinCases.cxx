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
#include "LevinCases.h"

#include "itkColorSpace.h"

#include "itkImageFileReader.h"
#include "itkImageIOFactory.h"
#include "itkRGBPixel.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>

namespace
{
/** A random number of 0..1 for a number: the same on every machine. */
double
Noise(std::uint64_t number)
{
  std::uint64_t x = number * 0x9e3779b97f4a7c15u + 0x632be59bd9b4e019u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return static_cast<double>((x ^ (x >> 31)) >> 11) / 9007199254740992.0;
}

/** Chroma for the hints of images that have none: it varies in the plane, and from plane to plane. */
std::array<float, LevinChannels>
MadeUpChroma(const std::array<std::size_t, 3> & p)
{
  const auto x = static_cast<double>(p[0]);
  const auto y = static_cast<double>(p[1]);
  const auto z = static_cast<double>(p[2]);
  return { { static_cast<float>(0.15 * std::sin(0.07 * x + 0.03 * y + 0.2 * z)),
             static_cast<float>(0.2 * std::cos(0.05 * y - 0.02 * x + 0.3 * z)) } };
}

/** Calls body(voxel, {x, y, z}) for all. */
template <typename TBody>
void
ForEachVoxel(const std::array<std::size_t, 3> & size, const TBody & body)
{
  std::size_t                i = 0;
  std::array<std::size_t, 3> p{};
  for (p[2] = 0; p[2] < size[2]; ++p[2])
  {
    for (p[1] = 0; p[1] < size[1]; ++p[1])
    {
      for (p[0] = 0; p[0] < size[0]; ++p[0], ++i)
      {
        body(i, p);
      }
    }
  }
}

LevinSystem
MakeEmptySystem(const std::array<std::size_t, 3> & size)
{
  LevinSystem system;
  system.size = size;
  system.luminance.resize(system.Count());
  system.confidence.resize(system.Count());
  system.chroma.resize(LevinChannels * system.Count());
  return system;
}

/** Makes hints of the planes; their colour is chromaAt(voxel, {x, y, z}). */
template <typename TChroma>
void
SetHintPlanes(LevinSystem & system, const TChroma & chromaAt)
{
  const unsigned int axis = system.size[2] > 1 ? 2 : 1;
  const std::size_t  extent = system.size[axis];
  ForEachVoxel(system.size,
               [&](std::size_t i, const std::array<std::size_t, 3> & p)
               {
                 if (p[axis] == extent / 4 || p[axis] == extent / 2 || p[axis] == 3 * extent / 4)
                 {
                   const std::array<float, LevinChannels> chroma = chromaAt(i, p);
                   system.confidence[i] = 1.0f;
                   system.chroma[i] = chroma[0];
                   system.chroma[system.Count() + i] = chroma[1];
                 }
               });
}

void
SetMadeUpHintPlanes(LevinSystem & system)
{
  SetHintPlanes(system, [](std::size_t, const std::array<std::size_t, 3> & p) { return MadeUpChroma(p); });
}

template <typename TImage>
LevinSystem
MakeSystemOfSize(const TImage * image)
{
  const auto size = image->GetBufferedRegion().GetSize();
  return MakeEmptySystem({ { size[0], size[1], size[2] } });
}

LevinSystem
MakeColorSystem(const std::string & fileName)
{
  const auto   image = itk::ReadImage<itk::Image<itk::RGBPixel<unsigned char>, 3>>(fileName);
  LevinSystem  system = MakeSystemOfSize(image.GetPointer());
  const auto * pixels = image->GetBufferPointer();
  const auto   yuvOf = [&](std::size_t i) {
    return itk::colorization::RGBToYUV({ { pixels[i][0] / 255.0f, pixels[i][1] / 255.0f, pixels[i][2] / 255.0f } });
  };
  for (std::size_t i = 0; i < system.Count(); ++i)
  {
    system.luminance[i] = yuvOf(i)[0];
  }
  SetHintPlanes(system,
                [&](std::size_t i, const std::array<std::size_t, 3> &)
                {
                  const auto yuv = yuvOf(i);
                  return std::array<float, LevinChannels>{ { yuv[1], yuv[2] } };
                });
  return system;
}

LevinSystem
MakeGraySystem(const std::string & fileName)
{
  const auto   image = itk::ReadImage<itk::Image<float, 3>>(fileName);
  LevinSystem  system = MakeSystemOfSize(image.GetPointer());
  const auto * values = image->GetBufferPointer();
  const auto   range = std::minmax_element(values, values + system.Count());
  const float  lowest = *range.first;
  const float  extent = *range.second - lowest;
  for (std::size_t i = 0; i < system.Count(); ++i)
  {
    system.luminance[i] = (values[i] - lowest) / extent;
  }
  SetMadeUpHintPlanes(system);
  return system;
}

/** A ball or a box of half lengths `half` around `center`. */
struct Inclusion
{
  bool                  ball;
  std::array<double, 3> center;
  std::array<double, 3> half;
};

/** The k-th inclusion; small ones are frequent, and one in eight is a wall of 1 to 3 voxels. */
Inclusion
MakeInclusion(std::uint64_t k, const std::array<std::size_t, 3> & size)
{
  const std::size_t largest = *std::max_element(size.begin(), size.end());
  Inclusion         inclusion;
  inclusion.ball = Noise(16 * k) < 0.5;
  const double kind = Noise(16 * k + 1);
  const double radius = kind < 0.6   ? 0.5 + 1.0 * Noise(16 * k + 2)
                        : kind < 0.9 ? 2.0 + 4.0 * Noise(16 * k + 2)
                                     : largest / 8.0 * (0.5 + 0.5 * Noise(16 * k + 2));
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    inclusion.center[axis] = Noise(16 * k + 4 + axis) * static_cast<double>(size[axis]);
    inclusion.half[axis] = inclusion.ball ? radius : radius * (0.7 + 0.6 * Noise(16 * k + 8 + axis));
  }
  if (k % 8 == 7)
  {
    inclusion.ball = false;
    inclusion.half.fill(4.0 + largest / 8.0 * Noise(16 * k + 2));
    inclusion.half[k / 8 % (size[2] > 1 ? 3 : 2)] = 0.5 + 1.0 * Noise(16 * k + 3);
  }
  if (size[2] == 1)
  {
    inclusion.center[2] = 0.0;
  }
  return inclusion;
}

/** Turns the phase of the voxels in the inclusion round. */
void
Flip(const Inclusion & inclusion, const std::array<std::size_t, 3> & size, std::vector<std::uint8_t> & phase)
{
  std::array<std::size_t, 3> begin{};
  std::array<std::size_t, 3> end{};
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const double last = static_cast<double>(size[axis]);
    begin[axis] = static_cast<std::size_t>(std::max(0.0, std::ceil(inclusion.center[axis] - inclusion.half[axis])));
    end[axis] =
      static_cast<std::size_t>(std::min(last, std::floor(inclusion.center[axis] + inclusion.half[axis]) + 1.0));
  }
  for (std::size_t z = begin[2]; z < end[2]; ++z)
  {
    for (std::size_t y = begin[1]; y < end[1]; ++y)
    {
      for (std::size_t x = begin[0]; x < end[0]; ++x)
      {
        const double distance = std::hypot(static_cast<double>(x) - inclusion.center[0],
                                           static_cast<double>(y) - inclusion.center[1],
                                           static_cast<double>(z) - inclusion.center[2]);
        if (!inclusion.ball || distance <= inclusion.half[0])
        {
          phase[(z * size[1] + y) * size[0] + x] ^= 1;
        }
      }
    }
  }
}

/** Adds inclusions until the volumes that they cover, each by itself, sum up to two thirds of the whole. */
std::vector<std::uint8_t>
MakePhases(const std::array<std::size_t, 3> & size)
{
  std::vector<std::uint8_t> phase(size[0] * size[1] * size[2]);
  double                    covered = 0.0;
  for (std::uint64_t k = 0; covered < 2.0 / 3.0 * static_cast<double>(phase.size()); ++k)
  {
    const Inclusion inclusion = MakeInclusion(k, size);
    Flip(inclusion, size, phase);
    double volume = 1.0;
    for (unsigned int axis = 0; axis < (size[2] > 1 ? 3u : 2u); ++axis)
    {
      volume *= 2.0 * inclusion.half[axis];
    }
    covered += volume;
  }
  return phase;
}
} // namespace

LevinSystem
MakeSmoothSystem(std::size_t extent)
{
  LevinSystem system = MakeEmptySystem({ { extent, extent, extent } });
  ForEachVoxel(system.size,
               [&](std::size_t i, const std::array<std::size_t, 3> & p)
               {
                 const auto   x = static_cast<double>(p[0]);
                 const auto   y = static_cast<double>(p[1]);
                 const auto   z = static_cast<double>(p[2]);
                 const double smooth =
                   std::sin(0.11 * x + 0.03 * z) + std::sin(0.09 * y - 0.04 * x) + std::sin(0.13 * z + 0.02 * y);
                 system.luminance[i] = static_cast<float>(0.5 + 0.14 * smooth + 0.05 * (Noise(i) - 0.5));
               });
  SetMadeUpHintPlanes(system);
  return system;
}

LevinSystem
MakeImageSystem(const std::string & fileName)
{
  const auto io = itk::ImageIOFactory::CreateImageIO(fileName.c_str(), itk::IOFileModeEnum::ReadMode);
  if (!io)
  {
    throw std::runtime_error("Cannot read " + fileName + '.');
  }
  io->SetFileName(fileName);
  io->ReadImageInformation();
  return io->GetNumberOfComponents() == 1 ? MakeGraySystem(fileName) : MakeColorSystem(fileName);
}

LevinSystem
MakeMiddle(const LevinSystem & system, std::size_t extent)
{
  std::array<std::size_t, 3> size{};
  std::array<std::size_t, 3> begin{};
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    size[axis] = std::min(extent, system.size[axis]);
    begin[axis] = (system.size[axis] - size[axis]) / 2;
  }
  LevinSystem middle = MakeEmptySystem(size);
  middle.parameters = system.parameters;
  ForEachVoxel(size,
               [&](std::size_t i, const std::array<std::size_t, 3> & p)
               {
                 const std::size_t from =
                   ((p[2] + begin[2]) * system.size[1] + p[1] + begin[1]) * system.size[0] + p[0] + begin[0];
                 middle.luminance[i] = system.luminance[from];
               });
  SetMadeUpHintPlanes(middle);
  return middle;
}

LevinSystem
MakeInclusionSystem(const std::array<std::size_t, 3> & size, double contrast, InclusionVariance variance)
{
  LevinSystem  system = MakeEmptySystem(size);
  const double logarithm = std::log(contrast);
  double       step = contrast > 1.0 ? 0.5 : 0.0;
  if (variance == InclusionVariance::Fixed)
  {
    // A window's variance is step^2 / 4 at most, so its scaled one stays below the smallest allowed.
    system.parameters.minimumVariance = 0.02;
    system.parameters.varianceScale = 0.2;
    step = std::sqrt(system.parameters.minimumVariance * logarithm);
  }
  else if (contrast > 1.0)
  {
    // A third of the window of a voxel at a flat border is beyond it: the variance is step^2 * 2 / 9.
    system.parameters.varianceScale = 4.5 / logarithm;
  }
  const std::vector<std::uint8_t> phase = MakePhases(size);
  for (std::size_t i = 0; i < system.Count(); ++i)
  {
    system.luminance[i] = static_cast<float>(0.5 + step * (phase[i] - 0.5));
  }
  SetMadeUpHintPlanes(system);
  return system;
}
