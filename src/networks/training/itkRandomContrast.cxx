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

#include "itkRandomStream.h"

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

/** Where the pixels of a sample are in a slice. */
struct Placement
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
struct Patch
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

/** Control points that cover a sample. */
void
ChooseBend(const RandomContrastParameters & parameters, RandomStream & random, Placement & placement)
{
  constexpr double distance = 50.0;
  placement.knotStep = distance / parameters.spacing;
  placement.knots = static_cast<std::size_t>(std::ceil(static_cast<double>(parameters.size) / placement.knotStep)) + 4;
  const double strength = random.Uniform(0.0, parameters.largestBend) / parameters.spacing;
  for (std::vector<double> & moves : placement.bend)
  {
    moves.resize(placement.knots * placement.knots);
    std::generate(moves.begin(), moves.end(), [&]() { return strength * random.Normal(); });
  }
}

Placement
ChoosePlacement(const TrainingVolume &           volume,
                std::size_t                      z,
                const RandomContrastParameters & parameters,
                RandomStream &                   random)
{
  Placement placement;
  placement.centre = ChooseCentre(volume, z, random);
  const double logarithm = std::log(parameters.largestZoom);
  placement.spacing = parameters.spacing * std::exp(random.Uniform(-logarithm, logarithm));
  const double tilt = random.Uniform(-parameters.largestRotation, parameters.largestRotation) * Pi / 180.0;
  const double angle = tilt + UprightAngle(volume);
  ChooseBend(parameters, random, placement);
  const double mirror = random.Sign();
  const auto & spacing = volume.information.spacing;
  placement.alongX = { { mirror * std::cos(angle) * placement.spacing / spacing[0],
                         mirror * std::sin(angle) * placement.spacing / spacing[1] } };
  placement.alongY = { { -std::sin(angle) * placement.spacing / spacing[0],
                         std::cos(angle) * placement.spacing / spacing[1] } };
  return placement;
}

/** Weights of the four control points around a place, `t` of the way from the second to the third. */
std::array<double, 4>
SplineWeights(double t)
{
  const double u = 1.0 - t;
  return { { u * u * u / 6.0,
             (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0,
             (4.0 - 6.0 * u * u + 3.0 * u * u * u) / 6.0,
             t * t * t / 6.0 } };
}

/** How far a place of the sample, in pixels from its centre, is moved. */
std::array<double, 2>
BendAt(const Placement & placement, double x, double y)
{
  const double                half = 0.5 * static_cast<double>(placement.knots - 1);
  const double                u = std::max(x / placement.knotStep + half, 1.0);
  const double                v = std::max(y / placement.knotStep + half, 1.0);
  const auto                  left = std::min(static_cast<std::size_t>(u), placement.knots - 3);
  const auto                  top = std::min(static_cast<std::size_t>(v), placement.knots - 3);
  const std::array<double, 4> along = SplineWeights(std::min(u - static_cast<double>(left), 1.0));
  const std::array<double, 4> across = SplineWeights(std::min(v - static_cast<double>(top), 1.0));
  std::array<double, 2>       moved{};
  for (std::size_t j = 0; j < 4; ++j)
  {
    for (std::size_t i = 0; i < 4; ++i)
    {
      const std::size_t knot = (top + j - 1) * placement.knots + left + i - 1;
      moved[0] += across[j] * along[i] * placement.bend[0][knot];
      moved[1] += across[j] * along[i] * placement.bend[1][knot];
    }
  }
  return moved;
}

/** Places in the slice of the pixels of a sample. */
std::vector<std::array<double, 2>>
PlacesOf(const Placement & placement, std::size_t size)
{
  const double                       half = 0.5 * static_cast<double>(size - 1);
  std::vector<std::array<double, 2>> places;
  places.reserve(size * size);
  for (std::size_t i = 0; i < size * size; ++i)
  {
    double     x = static_cast<double>(i % size) - half;
    double     y = static_cast<double>(i / size) - half;
    const auto moved = BendAt(placement, x, y);
    x += moved[0];
    y += moved[1];
    places.push_back({ { placement.centre[0] + x * placement.alongX[0] + y * placement.alongY[0],
                         placement.centre[1] + x * placement.alongX[1] + y * placement.alongY[1] } });
  }
  return places;
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
                    const Placement &                          placement,
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
           Patch &                                    patch)
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

Patch
ReadPatch(const std::vector<const TrainingVolume *> & volumes,
          TrainingRole                                role,
          const RandomContrastParameters &            parameters,
          RandomStream &                              random)
{
  const TrainingVolume & volume = ChooseVolume(volumes, random);
  const auto &           slices = role == TrainingRole::Training ? volume.training : volume.test;
  const std::size_t      z = slices[random.Integer(slices.size())];
  const Placement        placement = ChoosePlacement(volume, z, parameters, random);
  Patch                  patch;
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

/** Distance from what is outside, by chamfers of 3 and 4 thirds of a pixel; the sample's border is no skin. */
void
MeasureDepth(Patch & patch)
{
  const auto           size = static_cast<std::ptrdiff_t>(patch.size);
  const auto           straight = static_cast<float>(patch.spacing);
  const float          diagonal = straight * 4.0f / 3.0f;
  constexpr float      deepest = 60.0f;
  std::vector<float> & depth = patch.depth;
  depth.resize(patch.Pixels());
  std::transform(patch.tissue.begin(),
                 patch.tissue.end(),
                 depth.begin(),
                 [](std::uint8_t tissue) { return tissue == Outside ? 0.0f : deepest; });
  const auto sweep = [&](std::ptrdiff_t i, std::ptrdiff_t direction)
  {
    const std::ptrdiff_t x = i % size;
    const std::ptrdiff_t y = i / size;
    const std::ptrdiff_t before = y - direction;
    const auto           lower = [&](std::ptrdiff_t atX, std::ptrdiff_t atY, float step)
    {
      if (atX >= 0 && atX < size && atY >= 0 && atY < size)
      {
        depth[static_cast<std::size_t>(i)] =
          std::min(depth[static_cast<std::size_t>(i)], depth[static_cast<std::size_t>(atY * size + atX)] + step);
      }
    };
    lower(x - direction, y, straight);
    lower(x, before, straight);
    lower(x - 1, before, diagonal);
    lower(x + 1, before, diagonal);
  };
  for (std::ptrdiff_t i = 0; i < size * size; ++i)
  {
    sweep(i, 1);
  }
  for (std::ptrdiff_t i = size * size; i-- > 0;)
  {
    sweep(i, -1);
  }
}

/** Along rows, then columns: three boxes of `radius` come near a Gaussian of standard deviation radius + 1/2. */
void
BoxBlur(float * plane, std::size_t size, std::size_t radius, unsigned int times)
{
  std::vector<float> line(size);
  const auto         blurLine = [&](float * first, std::size_t stride)
  {
    const auto  last = size - 1;
    const float scale = 1.0f / static_cast<float>(2 * radius + 1);
    const auto  at = [&](std::size_t k) { return first[std::min(k, last) * stride]; };
    float       sum = static_cast<float>(radius) * at(0);
    for (std::size_t k = 0; k <= radius; ++k)
    {
      sum += at(k);
    }
    for (std::size_t k = 0; k < size; ++k)
    {
      line[k] = scale * sum;
      sum += at(k + radius + 1) - at(k > radius ? k - radius : 0);
    }
    for (std::size_t k = 0; k < size; ++k)
    {
      first[k * stride] = line[k];
    }
  };
  for (unsigned int pass = 0; pass < times; ++pass)
  {
    for (std::size_t k = 0; k < size; ++k)
    {
      blurLine(plane + k * size, 1);
    }
    for (std::size_t k = 0; k < size; ++k)
    {
      blurLine(plane + k, size);
    }
  }
}

/** A recursive Gaussian would be too much: weights of a short kernel. */
void
GaussianBlur(float * plane, std::size_t size, double sigma)
{
  const auto         radius = static_cast<std::ptrdiff_t>(std::ceil(2.5 * sigma));
  std::vector<float> kernel(static_cast<std::size_t>(2 * radius + 1));
  float              sum = 0.0f;
  for (std::ptrdiff_t k = -radius; k <= radius; ++k)
  {
    kernel[static_cast<std::size_t>(k + radius)] =
      static_cast<float>(std::exp(-0.5 * static_cast<double>(k * k) / (sigma * sigma)));
    sum += kernel[static_cast<std::size_t>(k + radius)];
  }
  const auto         last = static_cast<std::ptrdiff_t>(size) - 1;
  std::vector<float> line(size);
  const auto         blurLine = [&](float * first, std::ptrdiff_t stride)
  {
    for (std::ptrdiff_t i = 0; i <= last; ++i)
    {
      float value = 0.0f;
      for (std::ptrdiff_t k = -radius; k <= radius; ++k)
      {
        const std::ptrdiff_t at = std::min(std::max(i + k, std::ptrdiff_t{ 0 }), last);
        value += kernel[static_cast<std::size_t>(k + radius)] * first[at * stride];
      }
      line[static_cast<std::size_t>(i)] = value / sum;
    }
    for (std::ptrdiff_t i = 0; i <= last; ++i)
    {
      first[i * stride] = line[static_cast<std::size_t>(i)];
    }
  };
  for (std::ptrdiff_t k = 0; k <= last; ++k)
  {
    blurLine(plane + k * (last + 1), 1);
  }
  for (std::ptrdiff_t k = 0; k <= last; ++k)
  {
    blurLine(plane + k, last + 1);
  }
}

/** Luminance of what the gray image is made of. */
std::vector<float>
LuminanceOf(const Patch & patch)
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
MakeFeatures(const Patch & patch, RandomStream & random)
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
PaintClusters(Patch & patch, const RandomContrastParameters & parameters, RandomStream & random)
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
PaintProjection(Patch & patch, RandomStream & random)
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
PaintLuminance(Patch & patch, RandomStream & random)
{
  patch.gray = LuminanceOf(patch);
  if (random.Chance(0.5))
  {
    std::transform(patch.gray.begin(), patch.gray.end(), patch.gray.begin(), [](float value) { return 1.0f - value; });
  }
}

/** Gas, or fluid of any intensity, in holes; nothing outside. */
void
PaintCavities(Patch & patch, RandomStream & random)
{
  const float cavity = random.Chance(0.6) ? 0.0f : static_cast<float>(random.Uniform());
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    patch.gray[i] = patch.tissue[i] == Tissue   ? std::max(patch.gray[i], 0.0f)
                    : patch.tissue[i] == Cavity ? cavity
                                                : 0.0f;
  }
}

/** Takes away what lies nearer to the skin than a depth that varies from place to place. */
void
Strip(Patch & patch, RandomStream & random)
{
  const double depth = random.Uniform(6.0, 22.0);
  const double sway = random.Uniform(0.0, 3.0);
  const double phase = random.Uniform(0.0, 2.0 * Pi);
  const double angle = random.Uniform(0.0, 2.0 * Pi);
  const double wave = random.Uniform(15.0, 60.0);
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    const double along =
      static_cast<double>(i % patch.size) * std::cos(angle) + static_cast<double>(i / patch.size) * std::sin(angle);
    if (patch.depth[i] < depth + sway * std::sin(2.0 * Pi * along * patch.spacing / wave + phase))
    {
      patch.tissue[i] = Outside;
      patch.gray[i] = 0.0f;
    }
  }
}

/** A pixel of tissue, if there is one. */
std::size_t
ChooseTissuePixel(const Patch & patch, RandomStream & random)
{
  constexpr std::size_t stride = 7919;
  std::size_t           pixel = random.Integer(patch.Pixels());
  for (std::size_t k = 0; k < patch.Pixels() && patch.tissue[pixel] != Tissue; ++k)
  {
    pixel = (pixel + stride) % patch.Pixels();
  }
  return pixel;
}

/** How far in pixels, at all pixels, it is out of a shape with a wavy border; below 0 inside. */
std::vector<double>
DrawShape(const Patch & patch, bool isLine, RandomStream & random)
{
  const std::size_t   centre = ChooseTissuePixel(patch, random);
  const auto          x0 = static_cast<double>(centre % patch.size);
  const auto          y0 = static_cast<double>(centre / patch.size);
  const double        angle = random.Uniform(0.0, 2.0 * Pi);
  const double        phase = random.Uniform(0.0, 2.0 * Pi);
  const double        wave = random.Uniform(20.0, 80.0) / patch.spacing;
  const double        sway = random.Uniform(0.0, 8.0) / patch.spacing;
  const double        radius = random.Uniform(15.0, 70.0) / patch.spacing;
  const double        waves = std::floor(random.Uniform(2.0, 7.0));
  std::vector<double> beyond(patch.Pixels());
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    const double x = static_cast<double>(i % patch.size) - x0;
    const double y = static_cast<double>(i / patch.size) - y0;
    const double along = x * std::cos(angle) + y * std::sin(angle);
    const double across = y * std::cos(angle) - x * std::sin(angle);
    beyond[i] = isLine ? across - sway * std::sin(2.0 * Pi * along / wave + phase)
                       : std::hypot(x, y) - radius - sway * std::sin(waves * std::atan2(y, x) + phase);
  }
  return beyond;
}

/** The same of one to three islands. */
std::vector<double>
DrawIslands(const Patch & patch, RandomStream & random)
{
  constexpr std::size_t mostIslands = 3;
  const std::size_t     islands = 1 + random.Integer(mostIslands);
  std::vector<double>   beyond = DrawShape(patch, false, random);
  for (std::size_t k = 1; k < islands; ++k)
  {
    const std::vector<double> other = DrawShape(patch, false, random);
    std::transform(beyond.begin(),
                   beyond.end(),
                   other.begin(),
                   beyond.begin(),
                   [](double one, double two) { return std::min(one, two); });
  }
  return beyond;
}

/** Puts another slice's tissue in place of islands. */
void
Splice(Patch & patch, const Patch & other, RandomStream & random)
{
  const std::vector<double> beyond = DrawIslands(patch, random);
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    if (beyond[i] <= 0.0 && patch.tissue[i] != Outside && other.tissue[i] == Tissue)
    {
      patch.tissue[i] = Tissue;
      for (std::size_t c = i; c < 3 * patch.Pixels(); c += patch.Pixels())
      {
        patch.rgb[c] = other.rgb[c];
        patch.appearance[c] = other.appearance[c];
      }
    }
  }
}

/** Keeps one side of a wavy line through the tissue, or islands. */
void
Cut(Patch & patch, RandomStream & random)
{
  const bool                isLine = random.Chance(0.4);
  const std::vector<double> beyond = isLine ? DrawShape(patch, true, random) : DrawIslands(patch, random);
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    if (beyond[i] > 0.0)
    {
      patch.tissue[i] = Outside;
      patch.gray[i] = 0.0f;
    }
  }
}

/** A smooth factor, as of coils. */
void
AddBias(Patch & patch, RandomStream & random)
{
  const double strength = random.Chance(0.5) ? random.Uniform(0.0, 0.5) : 0.0;
  const double angle = random.Uniform(0.0, 2.0 * Pi);
  const double phase = random.Uniform(0.0, 2.0 * Pi);
  const double waves = random.Uniform(0.3, 1.0) / static_cast<double>(patch.size);
  for (std::size_t i = 0; i < patch.Pixels() && strength > 0.0; ++i)
  {
    const double along =
      static_cast<double>(i % patch.size) * std::cos(angle) + static_cast<double>(i / patch.size) * std::sin(angle);
    patch.gray[i] *= static_cast<float>(std::exp(strength * std::sin(2.0 * Pi * waves * along + phase)));
  }
}

void
AddBlur(Patch & patch, double coarseShare, RandomStream & random)
{
  const bool   isCoarse = random.Chance(coarseShare);
  const double sigma = isCoarse ? random.Uniform(0.8, 2.0) : random.Uniform(0.0, 0.9);
  if (sigma > 0.25)
  {
    GaussianBlur(patch.gray.data(), patch.size, sigma);
  }
}

void
AddNoise(Patch & patch, double largest, RandomStream & random)
{
  const double sigma = largest * std::pow(random.Uniform(), 2.0);
  for (float & value : patch.gray)
  {
    value = std::abs(value + static_cast<float>(sigma * random.Normal()));
  }
}

/** What inference does: black outside, from any low percentile to any high one, and a gamma. */
void
Normalize(Patch & patch, RandomStream & random)
{
  std::vector<float> body;
  for (std::size_t i = 0; i < patch.Pixels(); ++i)
  {
    if (patch.tissue[i] != Outside)
    {
      body.push_back(patch.gray[i]);
    }
    else
    {
      patch.gray[i] = 0.0f;
    }
  }
  const bool   isWindow = random.Chance(0.2);
  const double low = isWindow ? random.Uniform(0.0, 0.25) : random.Uniform(0.0, 0.02);
  const double high = isWindow ? random.Uniform(0.75, 1.0) : random.Uniform(0.97, 1.0);
  const double gamma = std::exp(random.Uniform(-0.6, 0.6));
  if (body.empty())
  {
    return;
  }
  const auto percentile = [&](double part)
  {
    const auto rank = static_cast<std::ptrdiff_t>(part * static_cast<double>(body.size() - 1));
    std::nth_element(body.begin(), body.begin() + rank, body.end());
    return body[static_cast<std::size_t>(rank)];
  };
  const float lowest = random.Chance(0.5) ? 0.0f : percentile(low);
  const float range = std::max(percentile(high) - lowest, 1e-3f);
  for (float & value : patch.gray)
  {
    value = std::pow(std::min(std::max((value - lowest) / range, 0.0f), 1.0f), static_cast<float>(gamma));
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
  RandomStream random(m_Seed, step, index);
  Patch        patch = ReadPatch(m_Volumes, m_Role, m_Parameters, random);
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
  std::copy(patch.gray.begin(), patch.gray.end(), gray);
  std::copy(patch.rgb.begin(), patch.rgb.end(), rgb);
  std::transform(patch.tissue.begin(),
                 patch.tissue.end(),
                 weight,
                 [](std::uint8_t tissue) { return tissue == Tissue ? 1.0f : 0.0f; });
}

} // namespace colorization
} // namespace itk
