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
#ifndef itkSteerablePyramid_h
#define itkSteerablePyramid_h

#include "itkPlaneFourierTransform.h"

#include <array>
#include <memory>
#include <vector>

namespace itk
{
namespace colorization
{
/** A band of coefficients. The imaginary part of a residual, which is real, is rounding alone. */
using PyramidBand = ComplexPlane;

/** The complex steerable pyramid of a picture. */
struct PyramidBands
{
  static constexpr std::size_t Scales = 3;
  static constexpr std::size_t Orientations = 4;

  PyramidBand highPass;
  /** By scale, from the finest, and orientation. */
  std::array<std::vector<PyramidBand>, Scales> oriented;
  /** Without the picture's mean. */
  PyramidBand lowPass;
  /** What the picture's mean is in lowPass. */
  double lowPassMean;
};

/** Filters of the complex steerable pyramid for pictures of one size. */
class SteerablePyramid
{
public:
  SteerablePyramid(std::size_t width, std::size_t height);

  /** The bands of factor * picture. */
  PyramidBands
  Decompose(const float * picture, double factor, BufferPool & pool) const;

private:
  struct Level
  {
    Level(std::size_t width, std::size_t height);

    PlaneFourierTransform transform;
    PlaneLayout           layout;
    /** What the filters do to the level's spectrum. */
    std::vector<float>                                         lowPass;
    std::array<std::vector<float>, PyramidBands::Orientations> oriented;
  };

  std::vector<std::unique_ptr<Level>> m_Levels;
  std::vector<float>                  m_HighPass;
};

} // namespace colorization
} // namespace itk

#endif
