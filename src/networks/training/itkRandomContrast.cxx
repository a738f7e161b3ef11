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
#include "itkRandomContrast.h"

#include "itkContrastPatch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace itk
{
namespace colorization
{
namespace
{
constexpr double Pi = 3.14159265358979323846;

/** What clusters are found by: colour, depth and place, each times a weight. */
constexpr std::size_t Features = 6;
using Feature = std::array<float, Features>;

float
Distance(const Feature & a, const Feature & b)
{
  float sum = 0.0f;
  for (std::size_t k = 0; k < Features; ++k)
  {
    sum += (a[k] - b[k]) * (a[k] - b[k]);
  }
  return sum;
}

const TrainingVolume &
ChooseVolume(const std::vector<const TrainingVolume *> & volumes, RandomStream & random)
{
  double sum = 0.0;
  for (const TrainingVolume * volume : volumes)
  {
    sum += volume->information.share;
  }
  double place = random.Uniform() * sum;
  for (const TrainingVolume * volume : volumes)
  {
    place -= volume->information.share;
    if (place < 0.0)
    {
      return *volume;
    }
  }
  return *volumes.back();
}

/** The mean of a few pixels of tissue: the more, the nearer to the body's centre. */
std::array<double, 2>
ChooseCentre(const TrainingVolume & volume, std::size_t z, RandomStream & random)
{
  constexpr std::size_t mostPixels = 6;
  constexpr std::size_t mostTries = 400;
  const std::uint8_t *  tissue = volume.TissueSlice(z);
  const std::size_t     wanted = 1 + random.Integer(mostPixels);
  std::array<double, 2> sum{};
  std::size_t           found = 0;
  for (std::size_t i = 0; i < mostTries && found < wanted; ++i)
  {
    const std::size_t x = random.Integer(volume.size[0]);
    const std::size_t y = random.Integer(volume.size[1]);
    if (tissue[y * volume.size[0] + x] == Tissue)
    {
      sum[0] += static_cast<double>(x);
      sum[1] += static_cast<double>(y);
      ++found;
    }
  }
  if (found == 0)
  {
    return { { 0.5 * static_cast<double>(volume.size[0]), 0.5 * static_cast<double>(volume.size[1]) } };
  }
  return { { sum[0] / static_cast<double>(found), sum[1] / static_cast<double>(found) } };
}

/** How far y has to turn so that it points to posterior; whether it is mirrored is up to x. */
double
UprightAngle(const TrainingVolume & volume)
{
  const auto & direction = volume.information.direction;
  return std::atan2(-direction[3], direction[4]);
}

PatchPlacement
ChoosePlacement(const TrainingVolume &           volume,
                std::size_t                      z,
                const RandomContrastParameters & parameters,
                RandomStream &                   random)
{
  PatchPlacement placement;
  placement.centre = ChooseCentre(volume, z, random);
  const double logarithm = std::log(parameters.largestZoom);
  placement.spacing = parameters.spacing * std::exp(random.Uniform(-logarithm, logarithm));
  const double tilt = random.Uniform(-parameters.largestRotation, parameters.largestRotation) * Pi / 180.0;
  const double angle = tilt + UprightAngle(volume);
  ChooseBend(parameters.largestBend, parameters.spacing, static_cast<std::size_t>(parameters.size), random, placement);
  const auto & spacing = volume.information.spacing;
  TurnPlacement(angle, random.Sign(), { { spacing[0], spacing[1] } }, placement);
  return placement;
}

/** Four pixels of a slice that a place lies between. */
struct Corners
{
  /** Of the first byte of the pixel to the left and above; Nowhere beyond the slice. */
  std::size_t first = 0;
  /** Parts of the way to the pixels to the right, and below. */
  float right = 0.0f;
  float below = 0.0f;
};

constexpr std::size_t Nowhere = std::numeric_limits<std::size_t>::max();

Corners
CornersOf(const TrainingVolume & volume, const std::array<double, 2> & place)
{
  const double left = std::floor(place[0]);
  const double top = std::floor(place[1]);
  if (left < 0.0 || top < 0.0 || left + 1.0 >= static_cast<double>(volume.size[0]) ||
      top + 1.0 >= static_cast<double>(volume.size[1]))
  {
    return { Nowhere };
  }
  return { 3 * (static_cast<std::size_t>(top) * volume.size[0] + static_cast<std::size_t>(left)),
           static_cast<float>(place[0] - left),
           static_cast<float>(place[1] - top) };
}

/** Where colours are read: the pixels of the sample, each at some places evenly over its area. */
struct ReadingPlaces
{
  std::size_t          perPixel = 1;
  std::vector<Corners> corners{};
};

ReadingPlaces
ChooseReadingPlaces(const TrainingVolume &                     volume,
                    const PatchPlacement &                     placement,
                    const std::vector<std::array<double, 2>> & pixels)
{
  constexpr double mostAlongAxis = 3.0;
  const double     step = placement.spacing / volume.information.spacing[0];
  const auto       alongAxis = static_cast<std::size_t>(std::min(std::max(std::round(step), 1.0), mostAlongAxis));
  const auto       part = [alongAxis](std::size_t k)
  { return (static_cast<double>(k) + 0.5) / static_cast<double>(alongAxis) - 0.5; };
  std::vector<std::array<double, 2>> offsets;
  for (std::size_t k = 0; k < alongAxis * alongAxis; ++k)
  {
    const double x = part(k % alongAxis);
    const double y = part(k / alongAxis);
    offsets.push_back(
      { { x * placement.alongX[0] + y * placement.alongY[0], x * placement.alongX[1] + y * placement.alongY[1] } });
  }
  ReadingPlaces places;
  places.perPixel = offsets.size();
  places.corners.reserve(pixels.size() * offsets.size());
  for (const auto & pixel : pixels)
  {
    for (const auto & offset : offsets)
    {
      places.corners.push_back(CornersOf(volume, { { pixel[0] + offset[0], pixel[1] + offset[1] } }));
    }
  }
  return places;
}

/** Adds `share` of a slice's colours to three planes, by linear interpolation; nothing beyond the slice. */
void
AddColors(const TrainingVolume & volume,
          std::size_t            z,
          const ReadingPlaces &  places,
          float                  share,
          std::vector<float> &   planes)
{
  const std::size_t    row = 3 * volume.size[0];
  const std::size_t    pixels = places.corners.size() / places.perPixel;
  const std::uint8_t * slice = volume.Slice(z);
  const float          weight = share / (255.0f * static_cast<float>(places.perPixel));
  for (std::size_t i = 0; i < places.corners.size(); ++i)
  {
    const Corners & corners = places.corners[i];
    if (corners.first == Nowhere)
    {
      continue;
    }
    const std::uint8_t * first = slice + corners.first;
    const float          below = weight * corners.below;
    const float          above = weight - below;
    float *              sum = planes.data() + i / places.perPixel;
    for (std::size_t c = 0; c < 3; ++c, ++first, sum += pixels)
    {
      const float left = above * first[0] + below * first[row];
      const float right = above * first[3] + below * first[row + 3];
      *sum += left + corners.right * (right - left);
    }
  }
}

void
ReadTissue(const TrainingVolume &                     volume,
           std::size_t                                z,
           const std::vector<std::array<double, 2>> & places,
           ContrastPatch &                            patch)
{
  const std::uint8_t * tissue = volume.TissueSlice(z);
  for (std::size_t i = 0; i < places.size(); ++i)
  {
    const double x = std::round(places[i][0]);
    const double y = std::round(places[i][1]);
    const bool   isWithin =
      x >= 0.0 && y >= 0.0 && x < static_cast<double>(volume.size[0]) && y < static_cast<double>(volume.size[1]);
    patch.tissue[i] = isWithin ? tissue[static_cast<std::size_t>(y) * volume.size[0] + static_cast<std::size_t>(x)]
                               : std::uint8_t{ Outside };
  }
}

/** The slices within a few mm, of which a thick one is the mean. */
std::vector<std::size_t>
ChooseThickness(const TrainingVolume & volume, std::size_t z, double share, RandomStream & random)
{
  constexpr double         largest = 3.5;
  std::vector<std::size_t> slices{ z };
  if (random.Chance(share))
  {
    const double reach = random.Uniform(0.5, largest);
    for (std::size_t k = 0; k < volume.positions.size(); ++k)
    {
      if (k != z && std::abs(volume.positions[k] - volume.positions[z]) <= reach)
      {
        slices.push_back(k);
      }
    }
  }
  return slices;
}

ContrastPatch
ReadPatch(const std::vector<const TrainingVolume *> & volumes,
          TrainingRole                                role,
          const RandomContrastParameters &            parameters,
          RandomStream &                              random)
{
  const TrainingVolume & volume = ChooseVolume(volumes, random);
  const auto &           slices = role == TrainingRole::Training ? volume.training : volume.test;
  const std::size_t      z = slices[random.Integer(slices.size())];
  const PatchPlacement   placement = ChoosePlacement(volume, z, parameters, random);
  ContrastPatch          patch;
  patch.size = static_cast<std::size_t>(parameters.size);
  patch.spacing = placement.spacing;
  patch.rgb.resize(3 * patch.Pixels());
  patch.tissue.resize(patch.Pixels());
  patch.gray.resize(patch.Pixels());
  const auto          pixels = PlacesOf(placement, patch.size);
  const ReadingPlaces places = ChooseReadingPlaces(volume, placement, pixels);
  AddColors(volume, z, places, 1.0f, patch.rgb);
  ReadTissue(volume, z, pixels, patch);
  const auto thick = ChooseThickness(volume, z, parameters.thickShare, random);
  if (thick.size() == 1)
  {
    patch.appearance = patch.rgb;
    return patch;
  }
  patch.appearance.resize(patch.rgb.size());
  for (const std::size_t slice : thick)
  {
    AddColors(volume, slice, places, 1.0f / static_cast<float>(thick.size()), patch.appearance);
  }
  return patch;
}

/** Luminance of what the gray image is made of. */
std::vector<float>
LuminanceOf(const ContrastPatch & patch)
{
  std::vector<float> luminance(patch.Pixels());
  const float *      red = patch.appearance.data();
  const float *      green = red + patch.Pixels();
  const float *      blue = green + patch.Pixels();
  for (std::size_t i = 0; i < luminance.size(); ++i)
  {
    luminance[i] = 0.299f * red[i] + 0.587f * green[i] + 0.114f * blue[i];
  }
  return luminance;
}

/** Features of all pixels, and what luminance and differences of colours were multiplied by. */
struct FeatureSpace
{
  std::vector<Feature> features{};
  float                lightness = 1.0f;
  float                chroma = 1.0f;
};

FeatureSpace
MakeFeatures(const ContrastPatch & patch, RandomStream & random)
{
  std::vector<float> smooth = patch.appearance;
  const auto         radius = random.Integer(2);
  for (std::size_t c = 0; c < 3 && radius > 0; ++c)
  {
    BoxBlur(smooth.data() + c * patch.Pixels(), patch.size, radius, 1);
  }
  // In units of what is seen as another tissue: 0.1 of luminance, 0.06 of colour, 5 mm of depth, 40 mm of place.
  const auto lightness = static_cast<float>(random.Uniform(0.5, 1.5) / 0.1);
  const auto chroma = static_cast<float>(random.Uniform(0.5, 1.5) / 0.06);
  // Often colour alone counts, as tissue does; else one tissue has several intensities.
  const double         depthShare = random.Chance(0.6) ? random.Uniform() : 0.0;
  const double         placeShare = random.Chance(0.4) ? random.Uniform() : 0.0;
  const auto           under = static_cast<float>(depthShare / 5.0);
  const auto           away = static_cast<float>(placeShare * patch.spacing / 40.0);
  std::vector<Feature> features(patch.Pixels());
  const float *        red = smooth.data();
  const float *        green = red + patch.Pixels();
  const float *        blue = green + patch.Pixels();
  constexpr float      deep = 25.0f;
  for (std::size_t i = 0; i < features.size(); ++i)
  {
    features[i] = { { lightness * (0.299f * red[i] + 0.587f * green[i] + 0.114f * blue[i]),
                      chroma * (red[i] - green[i]),
                      chroma * (green[i] - blue[i]),
                      under * std::min(patch.depth[i], deep),
                      away * static_cast<float>(i % patch.size),
                      away * static_cast<float>(i / patch.size) } };
  }
  return { features, lightness, chroma };
}

/** Seeds that are far from each other, moved to the means of what is nearest to them. */
std::vector<Feature>
FindClusters(const std::vector<Feature> & samples, std::size_t count, RandomStream & random)
{
  constexpr std::size_t candidates = 3;
  constexpr int         passes = 2;
  std::vector<Feature>  centres;
  const auto            nearest = [&](const Feature & feature)
  {
    std::size_t best = 0;
    for (std::size_t k = 1; k < centres.size(); ++k)
    {
      best = Distance(feature, centres[k]) < Distance(feature, centres[best]) ? k : best;
    }
    return best;
  };
  while (centres.size() < count)
  {
    Feature chosen{};
    float   farthest = -1.0f;
    for (std::size_t k = 0; k < candidates; ++k)
    {
      const Feature & candidate = samples[random.Integer(samples.size())];
      const float     distance = centres.empty() ? 0.0f : Distance(candidate, centres[nearest(candidate)]);
      if (distance > farthest)
      {
        farthest = distance;
        chosen = candidate;
      }
    }
    centres.push_back(chosen);
  }
  for (int pass = 0; pass < passes; ++pass)
  {
    std::vector<Feature> sums(count, Feature{});
    std::vector<float>   counts(count);
    for (const Feature & sample : samples)
    {
      const std::size_t best = nearest(sample);
      counts[best] += 1.0f;
      for (std::size_t k = 0; k < Features; ++k)
      {
        sums[best][k] += sample[k];
      }
    }
    for (std::size_t i = 0; i < count; ++i)
    {
      for (std::size_t k = 0; k < Features && counts[i] > 0.0f; ++k)
      {
        centres[i][k] = sums[i][k] / counts[i];
      }
    }
  }
  return centres;
}

/** Intensities of clusters, 0..1: any, or alike but for a few. */
std::vector<float>
ChooseIntensities(std::size_t count, double narrowShare, RandomStream & random)
{
  std::vector<float> intensities(count);
  if (!random.Chance(narrowShare))
  {
    std::generate(intensities.begin(), intensities.end(), [&]() { return static_cast<float>(random.Uniform()); });
    return intensities;
  }
  const double middle = random.Uniform(0.3, 0.7);
  const double width = random.Uniform(0.03, 0.15);
  for (float & intensity : intensities)
  {
    const double kind = random.Uniform();
    intensity = static_cast<float>(kind < 0.1    ? random.Uniform(0.0, 0.2)
                                   : kind < 0.25 ? random.Uniform(middle + 0.1, 1.0)
                                                 : middle + width * random.Uniform(-1.0, 1.0));
  }
  return intensities;
}

/** Intensities of clusters, 0..1, as in CT: what is bright and hardly red may be fat, dark, or bone, bright; other
 * tissue is alike. */
std::vector<float>
ChooseTomographyIntensities(const std::vector<Feature> & centres, const FeatureSpace & space, RandomStream & random)
{
  constexpr float    leastFatLuminance = 0.5f;
  constexpr float    mostFatRedness = 0.2f;
  const double       fat = random.Uniform(0.1, 0.35);
  const double       soft = fat + random.Uniform(0.12, 0.35);
  const double       boneShare = random.Uniform(0.0, 0.3);
  std::vector<float> intensities;
  for (const Feature & centre : centres)
  {
    const bool mayBeFat = centre[0] > leastFatLuminance * space.lightness && centre[1] < mostFatRedness * space.chroma;
    const bool isBone = random.Chance(boneShare);
    const double tissue = (mayBeFat ? fat : soft) + 0.025 * random.Normal();
    intensities.push_back(static_cast<float>(isBone ? random.Uniform(soft, 1.0) : tissue));
  }
  return intensities;
}

/** Each pixel gets the intensities of its two nearest clusters, and part of how its luminance differs from theirs. */
void
PaintClusters(ContrastPatch & patch, const RandomContrastParameters & parameters, RandomStream & random)
{
  constexpr std::size_t        mostSamples = 700;
  const FeatureSpace           space = MakeFeatures(patch, random);
  const std::vector<Feature> & features = space.features;
  std::vector<std::size_t>     tissue;
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    if (patch.tissue[i] == Tissue)
    {
      tissue.push_back(i);
    }
  }
  if (tissue.empty())
  {
    return;
  }
  std::vector<Feature> samples(mostSamples);
  std::generate(samples.begin(), samples.end(), [&]() { return features[tissue[random.Integer(tissue.size())]]; });
  const double spread = std::pow(random.Uniform(), 2.0);
  const auto   fewest = static_cast<double>(parameters.fewestClusters);
  const auto   count =
    static_cast<std::size_t>(fewest + spread * (static_cast<double>(parameters.mostClusters) + 1.0 - fewest));
  const std::vector<Feature> centres = FindClusters(samples, count, random);
  const bool                 isTomography = random.Chance(parameters.tomographyShare);
  const std::vector<float>   intensities = isTomography
                                             ? ChooseTomographyIntensities(centres, space, random)
                                             : ChooseIntensities(centres.size(), parameters.narrowShare, random);

  std::vector<float> details(centres.size());
  const double       detail = (isTomography ? 0.15 : 0.6) * random.Normal();
  for (float & part : details)
  {
    part = static_cast<float>(detail * random.Uniform(0.3, 1.3));
  }
  const auto               softness = static_cast<float>(std::exp(random.Uniform(std::log(0.05), std::log(1.5))));
  const std::vector<float> luminance = LuminanceOf(patch);
  std::vector<float>       means(centres.size());
  std::vector<float>       counts(centres.size());
  std::vector<std::size_t> nearest(patch.Pixels());
  for (const std::size_t i : tissue)
  {
    std::size_t first = 0;
    std::size_t second = 0;
    float       firstDistance = std::numeric_limits<float>::max();
    float       secondDistance = firstDistance;
    for (std::size_t k = 0; k < centres.size(); ++k)
    {
      const float distance = Distance(features[i], centres[k]);
      if (distance < firstDistance)
      {
        second = first;
        secondDistance = firstDistance;
        first = k;
        firstDistance = distance;
      }
      else if (distance < secondDistance)
      {
        second = k;
        secondDistance = distance;
      }
    }
    const float other = 1.0f / (1.0f + std::exp((secondDistance - firstDistance) / softness));
    patch.gray[i] = (1.0f - other) * intensities[first] + other * intensities[second];
    nearest[i] = first;
    means[first] += luminance[i];
    counts[first] += 1.0f;
  }
  for (const std::size_t i : tissue)
  {
    const std::size_t k = nearest[i];
    patch.gray[i] += details[k] * (luminance[i] - means[k] / counts[k]);
  }
}

/** A linear function of colour, depth and place, whatever its direction. */
void
PaintProjection(ContrastPatch & patch, RandomStream & random)
{
  const std::vector<Feature> features = MakeFeatures(patch, random).features;
  Feature                    direction{};
  std::generate(direction.begin(), direction.end(), [&]() { return static_cast<float>(random.Normal()); });
  double sum = 0.0;
  double squares = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    patch.gray[i] = std::inner_product(direction.begin(), direction.end(), features[i].begin(), 0.0f);
    if (patch.tissue[i] == Tissue)
    {
      sum += patch.gray[i];
      squares += patch.gray[i] * patch.gray[i];
      count += 1.0;
    }
  }
  if (count == 0.0)
  {
    return;
  }
  const double mean = sum / count;
  const double deviation = std::sqrt(std::max(squares / count - mean * mean, 1e-12));
  const double scale = random.Uniform(0.15, 0.3) / deviation;
  for (float & value : patch.gray)
  {
    value = static_cast<float>(0.5 + scale * (value - mean));
  }
}

void
PaintLuminance(ContrastPatch & patch, RandomStream & random)
{
  patch.gray = LuminanceOf(patch);
  if (random.Chance(0.5))
  {
    std::transform(patch.gray.begin(), patch.gray.end(), patch.gray.begin(), [](float value) { return 1.0f - value; });
  }
}

/** Gas, or fluid of any intensity, in holes; nothing outside. */
void
PaintCavities(ContrastPatch & patch, RandomStream & random)
{
  const float cavity = random.Chance(0.6) ? 0.0f : static_cast<float>(random.Uniform());
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    patch.gray[i] = patch.tissue[i] == Tissue   ? std::max(patch.gray[i], 0.0f)
                    : patch.tissue[i] == Cavity ? cavity
                                                : 0.0f;
  }
}

} // namespace

RandomContrastSampler::RandomContrastSampler(std::vector<const TrainingVolume *> volumes,
                                             TrainingRole                        role,
                                             const RandomContrastParameters &    parameters,
                                             std::uint64_t                       seed)
  : m_Role(role)
  , m_Parameters(parameters)
  , m_Seed(seed)
{
  for (const TrainingVolume * volume : volumes)
  {
    const auto & slices = role == TrainingRole::Training ? volume->training : volume->test;
    if (!slices.empty())
    {
      m_Volumes.push_back(volume);
    }
  }
  if (m_Volumes.empty())
  {
    throw ModelError(std::string("The data set has no slices of colour for ") +
                     (role == TrainingRole::Training ? "training." : "test."));
  }
}

void
RandomContrastSampler::Sample(std::uint64_t step, std::uint64_t index, float * gray, float * rgb, float * weight) const
{
  RandomStream  random(m_Seed, step, index);
  ContrastPatch patch = ReadPatch(m_Volumes, m_Role, m_Parameters, random);
  if (m_Parameters.spliceShare > 0.0 && random.Chance(m_Parameters.spliceShare))
  {
    Splice(patch, ReadPatch(m_Volumes, m_Role, m_Parameters, random), random);
  }
  MeasureDepth(patch);
  const double kind = random.Uniform();
  if (kind < m_Parameters.luminanceShare)
  {
    PaintLuminance(patch, random);
  }
  else if (kind < m_Parameters.luminanceShare + m_Parameters.projectionShare)
  {
    PaintProjection(patch, random);
  }
  else
  {
    PaintClusters(patch, m_Parameters, random);
  }
  PaintCavities(patch, random);
  if (random.Chance(m_Parameters.strippedShare))
  {
    Strip(patch, random);
  }
  if (random.Chance(m_Parameters.cutShare))
  {
    Cut(patch, random);
  }
  AddBias(patch, random);
  AddBlur(patch, m_Parameters.coarseShare, random);
  AddNoise(patch, m_Parameters.noise, random);
  Normalize(patch, random);
  CopySample(patch, gray, rgb, weight);
}

} // namespace colorization
} // namespace itk
