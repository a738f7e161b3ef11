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
#ifndef itkAtlasBody_h
#define itkAtlasBody_h

#include "itkAtlasSection.h"
#include "itkColorizationParallelFor.h"

namespace itk
{
namespace colorization
{
/** Labels the sections of a stack, which have to be in the order of their positions.
 *
 * Tissue is what looks like it and hangs together through the whole stack: the largest part, and others of at least a
 * hundredth of its volume and much the same colour. So fingers stay, which join the hand in other sections, and cards,
 * rims of ice and logos do not. What one section alone shows, although its neighbours are less than 3 mm away, is no
 * tissue. What tissue encloses within a section is tissue, too, unless it is blue or cyan, as gel and frost are: then
 * it is a cavity. */
void
LabelAtlasSections(std::vector<AtlasSection> & sections,
                   const std::vector<double> & positions,
                   const AtlasGrid &           grid,
                   const ParallelFor &         parallelFor);

/** The labelled sections whose body is smaller, by more than 15 %, than the largest within 12 mm before them and behind
 * them: ice covers part of it. */
std::vector<std::size_t>
FindCoveredSections(const std::vector<AtlasSection> & sections, const std::vector<double> & positions);

} // namespace colorization
} // namespace itk

#endif
