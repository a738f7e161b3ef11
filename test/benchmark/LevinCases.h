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
#ifndef LevinCases_h
#define LevinCases_h

#include "LevinSystem.h"

#include <string>

/** Hints of all of these are the three planes (in 2-D: lines) at 1/4, 1/2 and 3/4 of the last axis. */

/** Luminance that is smooth but for a little noise. */
LevinSystem
MakeSmoothSystem(std::size_t extent);

/** An image file: gray over the range of its values, or the luminance of its colours. The hints of a colour image have
 * its own chroma. */
LevinSystem
MakeImageSystem(const std::string & fileName);

/** The middle of a system, at most `extent` along each axis, with hint planes of its own. */
LevinSystem
MakeMiddle(const LevinSystem & system, std::size_t extent);

/** Where the weights of MakeInclusionSystem() take their variance from. */
enum class InclusionVariance
{
  /** One value for all, so that every weight across a border is 1 / contrast before rows are normalised. */
  Fixed,
  /** Each window's own, scaled such that a flat border has the contrast wanted; where it is curved, more or less. */
  Own
};

/** Two phases: balls, boxes and walls, thick and thin, of 1 voxel to a quarter of the extent, at any place. */
LevinSystem
MakeInclusionSystem(const std::array<std::size_t, 3> & size, double contrast, InclusionVariance variance);

#endif
