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
#ifndef itkColorDrift_h
#define itkColorDrift_h

#include "itkAtlasSection.h"

namespace itk
{
namespace colorization
{
/** How much the colours of one photograph differ from those of the next, where both show the same tissue. */
struct ColorStep
{
  /** First minus second, in L, a and b of CIE Lab. */
  std::array<double, 3> difference{};
  /** How many pixels tell so. */
  std::size_t pixels = 0;
};

/** The step between two labelled sections: the median over blocks of 5 mm of the mean difference of what is within
 * tissue in both, once more over those that differ from the first median by less than 8 units, so that anatomy does not
 * count. Single pixels would not do: in video, most do not change from frame to frame until there is enough to
 * change. */
ColorStep
MeasureColorStep(const AtlasSection & one, const AtlasSection & other, const AtlasGrid & grid);

struct ColorDriftParameters
{
  /** Changes of colour that go on for more mm than this are the anatomy's, and stay. */
  double longest = 30.0;
  /** Photographs that are farther apart, in mm, are not compared. */
  double farthest = 6.0;
};

/** What each photograph's colour balance is off by: offsets o of least
 * \f$ \sum_k w_k (o_k - o_{k+1} - d_k)^2 + \sum_k \mu_k o_k^2 \f$, where d are the steps.
 * \param steps from each photograph to the next: one fewer than there are positions */
std::vector<std::array<double, 3>>
SolveColorDrift(const std::vector<double> &    positions,
                const std::vector<ColorStep> & steps,
                const ColorDriftParameters &   parameters);

} // namespace colorization
} // namespace itk

#endif
