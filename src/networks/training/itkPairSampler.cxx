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
#include "itkPairSampler.h"

#include "itkContrastPatch.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
constexpr double Pi = 3.14159265358979323846;

/** Places the pixels of a sample in the axial plane of a volume's frame, in mm from a point. */
PatchPlacement
ChooseAxialPlacement(const RandomContrastParameters & parameters, RandomStream & random)
{
  PatchPlacement placement;
  const double   logarithm = std::log(parameters.largestZoom);
  const double   angle = random.Uniform(-parameters.largestRotation, parameters.largestRotation) * Pi / 180.0;
  placement.spacing = parameters.spacing * std::exp(random.Uniform(-logarithm, logarithm));
  ChooseBend(parameters.largestBend, parameters.spacing, static_cast<std::size_t>(parameters.size), random, placement);
  TurnPlacement(angle, random.Sign(), { { 1.0, 1.0 } }, placement);
  return placement;
}

/** Reads scan and color where both are known. */
ContrastPatch
ReadPair(const SpatialSource & source, const RandomContrastParameters & parameters, RandomStream & random)
{
  // Body that is as dark as this in all components has no color: a cavity.
  constexpr float       darkest = 0.06f;
  constexpr float       leastBody = 0.5f;
  const SpatialVolume & scan = *source.volumes[0];
  const SpatialVolume & color = *source.volumes[1];
  const SpatialVector   center = color.ChoosePoint(random);
  const auto &          frame = scan.GetFrame();
  const auto            placement = ChooseAxialPlacement(parameters, random);
  ContrastPatch         patch;
  patch.size = static_cast<std::size_t>(parameters.size);
  patch.spacing = placement.spacing;
  patch.rgb.resize(3 * patch.Pixels());
  patch.tissue.resize(patch.Pixels(), Outside);
  patch.gray.resize(patch.Pixels());
  const auto places = PlacesOf(placement, patch.size);
  for (std::size_t i = 0; i < places.size(); ++i)
  {
    SpatialVector point = center;
    for (std::size_t k = 0; k < 3; ++k)
    {
      point[k] += places[i][0] * frame[0][k] + places[i][1] * frame[1][k];
    }
    std::array<float, 4> known{};
    if (!color.Evaluate(point, known.data()) || known[3] < leastBody || !scan.Evaluate(point, &patch.gray[i]))
    {
      patch.gray[i] = 0.0f;
      continue;
    }
    patch.tissue[i] = std::max({ known[0], known[1], known[2] }) > darkest ? Tissue : Cavity;
    for (std::size_t c = 0; c < 3; ++c)
    {
      patch.rgb[c * patch.Pixels() + i] = known[c];
    }
  }
  return patch;
}
} // namespace

PairSampler::PairSampler(std::vector<SpatialSource>       sources,
                         const RandomContrastParameters & parameters,
                         std::uint64_t                    seed)
  : m_Sources(std::move(sources))
  , m_Parameters(parameters)
  , m_Seed(seed)
{}

void
PairSampler::Sample(std::uint64_t step, std::uint64_t index, float * gray, float * rgb, float * weight) const
{
  constexpr double biasedShare = 0.5;
  constexpr double noiseShare = 0.5;
  RandomStream     random(m_Seed, step, index);
  ContrastPatch    patch = ReadPair(ChooseSource(m_Sources, random), m_Parameters, random);
  if (random.Chance(m_Parameters.strippedShare))
  {
    MeasureDepth(patch);
    Strip(patch, random);
  }
  if (random.Chance(m_Parameters.cutShare))
  {
    Cut(patch, random);
  }
  if (random.Chance(biasedShare))
  {
    AddBias(patch, random);
  }
  AddBlur(patch, m_Parameters.coarseShare, random);
  AddNoise(patch, noiseShare * m_Parameters.noise, random);
  Normalize(patch, random);
  CopySample(patch, gray, rgb, weight);
}

} // namespace colorization
} // namespace itk
