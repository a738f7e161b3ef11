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
#ifndef itkSectionDescriptor_h
#define itkSectionDescriptor_h

#include "itkBodySection.h"

namespace itk
{
namespace colorization
{
/** A section as retrieval sees it: its body's bounding box stretched to a square, x fastest. */
struct SectionView
{
  /** Pixels per side. */
  std::size_t side = 0;
  /** Mean over the body's part of each pixel; 0 where more than half is background. */
  std::vector<float> intensity;
  /** The body's share of each pixel. */
  std::vector<float> body;
  /** Physical width over height of the box. */
  double aspect = 1.0;
  /** Physical size of the box, in the section's unit: the square root of width times height. */
  double extent = 1.0;

  SectionView
  Turned(const Orientation & orientation) const;
};

/** Views of the whole body, and of its largest part alone if that has at least 60 % of the body's area: so a trunk is
 * found with and without the arms beside it. */
std::vector<SectionView>
MakeSectionViews(const Section & section, std::size_t side);

/** Pixels per side of the views that DescribeView() wants. */
constexpr std::size_t DescribedViewSide = 64;

/** How many numbers DescribeView() gives. */
std::size_t
SectionDescriptorLength();

/** What a section looks like, whatever its modality: a vector of length 1 of three blocks that weigh 3 : 2 : 1, each of
 * length 1 before that. MIND descriptors of scales 1, 2, 4, pooled over the body in 8x8 cells, less their mean over all of
 * the body; the body's share of 16x16 cells, less its mean; and the logarithm of the aspect, as 33 Gaussians of width
 * 0.15 from -2 to 2. */
std::vector<float>
DescribeView(const SectionView & view);

/** Scales a vector to length 1; one of zeros stays. */
void
Normalize(std::vector<float> & vector);

/** The orientation that undoes another. */
Orientation
InverseOf(const Orientation & orientation);

} // namespace colorization
} // namespace itk

#endif
