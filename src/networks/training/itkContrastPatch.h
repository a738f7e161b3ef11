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
#ifndef itkContrastPatch_h
#define itkContrastPatch_h

#include "itkRandomStream.h"
#include "itkTrainingVolume.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** Where the pixels of a sample are in a slice. */
struct PatchPlacement
{
  /** In pixels of the slice. */
  std::array<double, 2> centre{};
  /** Of a step along x and along y of the sample, in pixels of the slice. */
  std::array<double, 2> alongX{};
  std::array<double, 2> alongY{};
  /** mm a pixel of the sample shows. */
  double spacing = 1.0;
  /** Control points of a uniform cubic B-spline, by which places are moved, in pixels of the sample; x first. */
  std::size_t                        knots = 0;
  double                             knotStep = 1.0;
  std::array<std::vector<double>, 2> bend{};
};

/** Square planes of one sample. */
struct ContrastPatch
{
  std::size_t size = 0;
  double      spacing = 1.0;
  /** Three planes, 0..1: of the slice, and of what the gray image is made of, which may be thicker. */
  std::vector<float>        rgb{};
  std::vector<float>        appearance{};
  std::vector<std::uint8_t> tissue{};
  /** mm under the skin. */
  std::vector<float> depth{};
  std::vector<float> gray{};

  std::size_t
  Pixels() const
  {
    return size * size;
  }
};

/** Chooses control points that cover a sample, 50 mm apart.
 * \param largestBend standard deviation in mm of how far they are moved, at most
 * \param spacing mm a pixel of the sample */
void
ChooseBend(double largestBend, double spacing, std::size_t size, RandomStream & random, PatchPlacement & placement);

/** Sets the steps of a sample that is turned by an angle, and mirrored where `mirror` is -1.
 * \param pixel mm a pixel of what it is placed in */
void
TurnPlacement(double angle, double mirror, const std::array<double, 2> & pixel, PatchPlacement & placement);

/** Places of the pixels of a sample. */
std::vector<std::array<double, 2>>
PlacesOf(const PatchPlacement & placement, std::size_t size);

/** Measures how far pixels are from what is outside, by chamfers of 3 and 4 thirds of a pixel; the sample's border is
 * no skin. */
void
MeasureDepth(ContrastPatch & patch);

/** Blurs along rows, then columns: three boxes of `radius` come near a Gaussian of standard deviation radius + 1/2. */
void
BoxBlur(float * plane, std::size_t size, std::size_t radius, unsigned int times);

/** Takes away what lies nearer to the skin than a depth that varies from place to place. */
void
Strip(ContrastPatch & patch, RandomStream & random);

/** Puts another slice's tissue in place of islands. */
void
Splice(ContrastPatch & patch, const ContrastPatch & other, RandomStream & random);

/** Keeps one side of a wavy line through the tissue, or islands. */
void
Cut(ContrastPatch & patch, RandomStream & random);

/** Multiplies gray by a smooth factor, as of coils. */
void
AddBias(ContrastPatch & patch, RandomStream & random);

/** Blurs gray a little; a share of samples more, as of lower resolution. */
void
AddBlur(ContrastPatch & patch, double coarseShare, RandomStream & random);

/** Adds noise whose standard deviation is at most `largest`, and takes magnitudes. */
void
AddNoise(ContrastPatch & patch, double largest, RandomStream & random);

/** Does what inference does: black outside, from any low percentile to any high one, and a gamma. */
void
Normalize(ContrastPatch & patch, RandomStream & random);

/** Copies a sample: gray, three planes of RGB, and the weights of colors, 1 where there is tissue and else 0. */
void
CopySample(const ContrastPatch & patch, float * gray, float * rgb, float * weight);

} // namespace colorization
} // namespace itk

#endif
