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
#ifndef LevinSystem_h
#define LevinSystem_h

#include "itkLevinSolver.h"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

/** A colorization problem with two chroma channels and no mask, and its equations, row by row. Neither ITK nor a peer
 * is in here, so that all solvers get the same. */
struct LevinSystem
{
  std::array<std::size_t, 3>         size{ { 0, 0, 0 } };
  itk::colorization::LevinParameters parameters;
  std::vector<float>                 luminance;
  std::vector<float>                 confidence;
  /** One channel after the other. */
  std::vector<float> chroma;

  std::size_t
  Count() const
  {
    return size[0] * size[1] * size[2];
  }
};

constexpr unsigned int LevinChannels = 2;

/** One equation: sum of values[k] * u[columns[k]] = rightHandSide; columns go up. */
struct LevinRow
{
  std::size_t                       count = 0;
  std::array<std::size_t, 27>       columns;
  std::array<double, 27>            values;
  std::array<double, LevinChannels> rightHandSide;
};

/** Sets the columns only. */
void
SetLevinColumns(const LevinSystem & system, std::size_t voxel, LevinRow & row);

/** The whole equation, as SolveLevin() documents it, in double precision. */
void
SetLevinRow(const LevinSystem & system, std::size_t voxel, LevinRow & row);

/** Norm of the residual over that of the right-hand side, the larger one of the channels. */
double
LevinResidual(const LevinSystem & system, const std::vector<float> & solution);

/** Of all voxels that have a neighbour of another luminance: the largest weight of a neighbour over the smallest. */
struct WeightContrast
{
  double      median = 1.0;
  double      largest = 1.0;
  std::size_t voxels = 0;
};

WeightContrast
MeasureWeightContrast(const LevinSystem & system);

void
WriteLevinSystem(const LevinSystem & system, const std::string & fileName);

LevinSystem
ReadLevinSystem(const std::string & fileName);

void
WriteFloats(const std::vector<float> & values, const std::string & fileName);

std::vector<float>
ReadFloats(std::size_t count, const std::string & fileName);

#endif
