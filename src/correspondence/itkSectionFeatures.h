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
#ifndef itkSectionFeatures_h
#define itkSectionFeatures_h

#include "itkBodySection.h"
#include "itkDeepImageAnalogy.h"
#include "itkSliceAnalogy.h"

#include <vector>

namespace itk
{
namespace colorization
{
/** What patches are compared by, at one scale, where no network is given: MIND descriptors, place in the body, depth below
 * the skin, equalised and standardised intensity. Each but the place is multiplied by the square root of its weight. */
LevelFeatures
ComputeSectionFeatures(const Section &                section,
                       const SliceAnalogyParameters & parameters,
                       const ParallelFor &            parallelFor);

/** Multiplies the place among the features of ComputeSectionFeatures() by the square root of its weight. */
void
WeightPosition(LevelFeatures & features, double weight);

/** Features of a network at one scale, with unit length; those of less than 5 % of the greatest squared length do not
 * respond. (Liao et al. 2017, section 4.2.) Pixels are masked that hold no tissue of the section. */
LevelFeatures
NormalizeDeepFeatures(const DeepFeatureMap & map, const Section & section);

/** A section of another size: mean intensities; body and tissue where any of it is. */
Section
ShrinkSection(const Section & section, std::size_t width, std::size_t height);

} // namespace colorization
} // namespace itk

#endif
