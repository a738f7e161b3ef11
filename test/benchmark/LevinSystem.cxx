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
#include "LevinSystem.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <stdexcept>

namespace
{
/** First and last coordinate of the window of 3 along an axis. */
std::array<std::size_t, 2>
Window(std::size_t center, std::size_t size)
{
  return { { center > 0 ? center - 1 : 0, std::min(center + 1, size - 1) } };
}

void
WriteValues(std::ofstream & file, const std::vector<float> & values)
{
  file.write(reinterpret_cast<const char *>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(float)));
}

void
ReadValues(std::ifstream & file, std::size_t count, std::vector<float> & values)
{
  values.resize(count);
  file.read(reinterpret_cast<char *>(values.data()), static_cast<std::streamsize>(count * sizeof(float)));
}

template <typename TFile>
void
RequireGood(const TFile & file, const std::string & fileName)
{
  if (!file)
  {
    throw std::runtime_error("Cannot read or write all of " + fileName + '.');
  }
}
} // namespace

void
SetLevinColumns(const LevinSystem & system, std::size_t voxel, LevinRow & row)
{
  row.count = 0;
  if (system.confidence[voxel] >= 1.0f)
  {
    row.columns[row.count++] = voxel;
    return;
  }
  const auto & size = system.size;
  const auto   xs = Window(voxel % size[0], size[0]);
  const auto   ys = Window(voxel / size[0] % size[1], size[1]);
  const auto   zs = Window(voxel / (size[0] * size[1]), size[2]);
  for (std::size_t z = zs[0]; z <= zs[1]; ++z)
  {
    for (std::size_t y = ys[0]; y <= ys[1]; ++y)
    {
      for (std::size_t x = xs[0]; x <= xs[1]; ++x)
      {
        row.columns[row.count++] = (z * size[1] + y) * size[0] + x;
      }
    }
  }
}

void
SetLevinRow(const LevinSystem & system, std::size_t voxel, LevinRow & row)
{
  SetLevinColumns(system, voxel, row);
  const double confidence = system.confidence[voxel];
  for (unsigned int channel = 0; channel < LevinChannels; ++channel)
  {
    row.rightHandSide[channel] = confidence * system.chroma[channel * system.Count() + voxel];
  }
  if (row.count == 1)
  {
    row.values[0] = 1.0;
    return;
  }
  const double center = system.luminance[voxel];
  double       sum = 0.0;
  double       best = std::numeric_limits<double>::max();
  for (std::size_t k = 0; k < row.count; ++k)
  {
    const double difference = system.luminance[row.columns[k]] - center;
    sum += difference;
    row.values[k] = difference * difference;
    if (row.columns[k] != voxel)
    {
      best = std::min(best, row.values[k]);
    }
  }
  const double mean = sum / static_cast<double>(row.count);
  double       variance = 0.0;
  for (std::size_t k = 0; k < row.count; ++k)
  {
    const double deviation = system.luminance[row.columns[k]] - center - mean;
    variance += deviation * deviation;
  }
  variance /= static_cast<double>(row.count);
  const auto & parameters = system.parameters;
  const double scale = std::max({ parameters.varianceScale * variance,
                                  -best / std::log(parameters.minimumBestWeight),
                                  parameters.minimumVariance });
  double       weights = 0.0;
  for (std::size_t k = 0; k < row.count; ++k)
  {
    row.values[k] = row.columns[k] == voxel ? 0.0 : std::exp(-row.values[k] / scale);
    weights += row.values[k];
  }
  for (std::size_t k = 0; k < row.count; ++k)
  {
    row.values[k] = row.columns[k] == voxel ? 1.0 : -(1.0 - confidence) * row.values[k] / weights;
  }
}

double
LevinResidual(const LevinSystem & system, const std::vector<float> & solution)
{
  std::array<double, LevinChannels> residual{};
  std::array<double, LevinChannels> norm{};
  LevinRow                          row;
  for (std::size_t i = 0; i < system.Count(); ++i)
  {
    SetLevinRow(system, i, row);
    for (unsigned int channel = 0; channel < LevinChannels; ++channel)
    {
      double r = row.rightHandSide[channel];
      norm[channel] += r * r;
      for (std::size_t k = 0; k < row.count; ++k)
      {
        r -= row.values[k] * solution[channel * system.Count() + row.columns[k]];
      }
      residual[channel] += r * r;
    }
  }
  double largest = 0.0;
  for (unsigned int channel = 0; channel < LevinChannels; ++channel)
  {
    largest = std::max(largest, std::sqrt(residual[channel] / norm[channel]));
  }
  return largest;
}

WeightContrast
MeasureWeightContrast(const LevinSystem & system)
{
  std::vector<double> ratios;
  LevinRow            row;
  for (std::size_t i = 0; i < system.Count(); ++i)
  {
    SetLevinColumns(system, i, row);
    const bool flat = std::all_of(row.columns.begin(),
                                  row.columns.begin() + row.count,
                                  [&](std::size_t j) { return system.luminance[j] == system.luminance[i]; });
    if (flat)
    {
      continue;
    }
    SetLevinRow(system, i, row);
    double smallest = 1.0;
    double largest = 0.0;
    for (std::size_t k = 0; k < row.count; ++k)
    {
      if (row.columns[k] != i)
      {
        smallest = std::min(smallest, -row.values[k]);
        largest = std::max(largest, -row.values[k]);
      }
    }
    ratios.push_back(largest / smallest);
  }
  WeightContrast contrast;
  contrast.voxels = ratios.size();
  if (!ratios.empty())
  {
    std::sort(ratios.begin(), ratios.end());
    contrast.median = ratios[ratios.size() / 2];
    contrast.largest = ratios.back();
  }
  return contrast;
}

void
WriteLevinSystem(const LevinSystem & system, const std::string & fileName)
{
  std::ofstream file(fileName, std::ios::binary);
  file.write(reinterpret_cast<const char *>(&system.size), sizeof(system.size));
  file.write(reinterpret_cast<const char *>(&system.parameters), sizeof(system.parameters));
  WriteValues(file, system.luminance);
  WriteValues(file, system.confidence);
  WriteValues(file, system.chroma);
  file.flush();
  RequireGood(file, fileName);
}

LevinSystem
ReadLevinSystem(const std::string & fileName)
{
  LevinSystem   system;
  std::ifstream file(fileName, std::ios::binary);
  file.read(reinterpret_cast<char *>(&system.size), sizeof(system.size));
  file.read(reinterpret_cast<char *>(&system.parameters), sizeof(system.parameters));
  RequireGood(file, fileName);
  ReadValues(file, system.Count(), system.luminance);
  ReadValues(file, system.Count(), system.confidence);
  ReadValues(file, LevinChannels * system.Count(), system.chroma);
  RequireGood(file, fileName);
  return system;
}

void
WriteFloats(const std::vector<float> & values, const std::string & fileName)
{
  std::ofstream file(fileName, std::ios::binary);
  WriteValues(file, values);
  file.flush();
  RequireGood(file, fileName);
}

std::vector<float>
ReadFloats(std::size_t count, const std::string & fileName)
{
  std::vector<float> values;
  std::ifstream      file(fileName, std::ios::binary);
  ReadValues(file, count, values);
  RequireGood(file, fileName);
  return values;
}
