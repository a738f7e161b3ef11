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
#include "itkAtlasPlacement.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace itk
{
namespace colorization
{
namespace
{
using Vector3 = std::array<double, 3>;
using Matrix3 = std::array<double, 9>;

constexpr std::size_t MostClasses = 32;

/** A point of the scan, and its class. */
struct Sample
{
  Vector3      point;
  std::uint8_t scanClass;
};

Matrix3
Product(const Matrix3 & a, const Matrix3 & b)
{
  Matrix3 c{};
  for (std::size_t i = 0; i < 3; ++i)
  {
    for (std::size_t k = 0; k < 3; ++k)
    {
      c[3 * i + k] = a[3 * i] * b[k] + a[3 * i + 1] * b[3 + k] + a[3 * i + 2] * b[6 + k];
    }
  }
  return c;
}

Vector3
Product(const Matrix3 & a, const Vector3 & v)
{
  return { { a[0] * v[0] + a[1] * v[1] + a[2] * v[2],
             a[3] * v[0] + a[4] * v[1] + a[5] * v[2],
             a[6] * v[0] + a[7] * v[1] + a[8] * v[2] } };
}

/** The rotation by an angle about an axis of the grid. */
Matrix3
RotationAbout(std::size_t axis, double angle)
{
  const std::size_t i = (axis + 1) % 3;
  const std::size_t k = (axis + 2) % 3;
  Matrix3           rotation{ { 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0 } };
  rotation[3 * i + i] = std::cos(angle);
  rotation[3 * k + k] = std::cos(angle);
  rotation[3 * i + k] = -std::sin(angle);
  rotation[3 * k + i] = std::sin(angle);
  return rotation;
}

/** The 24 rotations that take axes to axes; the first changes nothing. */
std::vector<Matrix3>
AxisRotations()
{
  std::vector<Matrix3>       rotations;
  std::array<std::size_t, 3> axes{ { 0, 1, 2 } };
  do
  {
    for (unsigned int signs = 0; signs < 8; ++signs)
    {
      Matrix3 rotation{};
      for (std::size_t row = 0; row < 3; ++row)
      {
        rotation[3 * row + axes[row]] = (signs >> row & 1u) != 0 ? -1.0 : 1.0;
      }
      const double determinant = rotation[0] * (rotation[4] * rotation[8] - rotation[5] * rotation[7]) -
                                 rotation[1] * (rotation[3] * rotation[8] - rotation[5] * rotation[6]) +
                                 rotation[2] * (rotation[3] * rotation[7] - rotation[4] * rotation[6]);
      if (determinant > 0.0)
      {
        rotations.push_back(rotation);
      }
    }
  } while (std::next_permutation(axes.begin(), axes.end()));
  return rotations;
}

Vector3
PointAt(const ClassVolume & volume, std::size_t voxel)
{
  return { { volume.origin[0] + volume.spacing * static_cast<double>(voxel % volume.size[0]),
             volume.origin[1] + volume.spacing * static_cast<double>(voxel / volume.size[0] % volume.size[1]),
             volume.origin[2] + volume.spacing * static_cast<double>(voxel / volume.size[0] / volume.size[1]) } };
}

/** Every so-many-th of some voxels, as samples; the first ones of a fixed order that looks random. */
void
AddSamples(const ClassVolume & scan, std::vector<std::size_t> voxels, std::size_t most, std::vector<Sample> & samples)
{
  // Steps by a number without common factor go through all, far from the grid's own period.
  constexpr std::size_t prime = 1000003;
  const std::size_t     count = voxels.size();
  for (std::size_t i = 0; i < std::min(count, most); ++i)
  {
    const std::size_t voxel = voxels[count > most ? i * prime % count : i];
    samples.push_back({ PointAt(scan, voxel), scan.classes[voxel] });
  }
}

/** Whether a voxel of air lies near enough to the body to tell of its outline. */
std::vector<std::size_t>
AirNearBody(const ClassVolume & scan, double reach)
{
  const auto                    steps = static_cast<std::ptrdiff_t>(std::ceil(reach / scan.spacing));
  std::vector<std::uint8_t>     near(scan.classes.size());
  std::array<std::ptrdiff_t, 3> stride{
    { 1, static_cast<std::ptrdiff_t>(scan.size[0]), static_cast<std::ptrdiff_t>(scan.size[0] * scan.size[1]) }
  };
  for (std::size_t i = 0; i < near.size(); ++i)
  {
    near[i] = scan.classes[i] != 0 && scan.classes[i] != ClassVolume::Unknown ? 1 : 0;
  }
  // A box is enough; each axis by itself.
  for (std::size_t axis = 0; axis < 3; ++axis)
  {
    const std::vector<std::uint8_t> before = near;
    for (std::size_t i = 0; i < near.size(); ++i)
    {
      const auto place = static_cast<std::ptrdiff_t>(axis == 0   ? i % scan.size[0]
                                                     : axis == 1 ? i / scan.size[0] % scan.size[1]
                                                                 : i / scan.size[0] / scan.size[1]);
      const auto extent = static_cast<std::ptrdiff_t>(scan.size[axis]);
      for (std::ptrdiff_t d = -std::min(steps, place); d <= std::min(steps, extent - 1 - place) && near[i] == 0; ++d)
      {
        near[i] = before[static_cast<std::size_t>(static_cast<std::ptrdiff_t>(i) + d * stride[axis])];
      }
    }
  }
  std::vector<std::size_t> voxels;
  for (std::size_t i = 0; i < near.size(); ++i)
  {
    if (near[i] != 0 && scan.classes[i] == 0)
    {
      voxels.push_back(i);
    }
  }
  return voxels;
}

std::vector<Sample>
ChooseSamples(const ClassVolume & scan, const PlacementParameters & parameters)
{
  std::vector<std::size_t> body;
  for (std::size_t i = 0; i < scan.classes.size(); ++i)
  {
    if (scan.classes[i] != 0 && scan.classes[i] != ClassVolume::Unknown)
    {
      body.push_back(i);
    }
  }
  std::vector<Sample> samples;
  AddSamples(scan, body, parameters.samples * 2 / 3, samples);
  if (parameters.outlineReach > 0.0)
  {
    AddSamples(scan,
               AirNearBody(scan, parameters.outlineReach),
               std::min(parameters.samples / 3, body.size()),
               samples);
  }
  return samples;
}

Vector3
MeanOf(const std::vector<Sample> & samples)
{
  Vector3     mean{};
  std::size_t count = 0;
  for (const Sample & sample : samples)
  {
    if (sample.scanClass != 0)
    {
      ++count;
      for (std::size_t axis = 0; axis < 3; ++axis)
      {
        mean[axis] += sample.point[axis];
      }
    }
  }
  for (double & value : mean)
  {
    value /= static_cast<double>(std::max<std::size_t>(1, count));
  }
  return mean;
}

std::uint8_t
ClassAt(const ClassVolume & atlas, const Vector3 & point)
{
  std::array<std::ptrdiff_t, 3> index;
  for (std::size_t axis = 0; axis < 3; ++axis)
  {
    index[axis] = static_cast<std::ptrdiff_t>(std::floor((point[axis] - atlas.origin[axis]) / atlas.spacing + 0.5));
  }
  if (index[2] < 0)
  {
    return atlas.isEmptyBelow ? 0 : ClassVolume::Unknown;
  }
  if (index[2] >= static_cast<std::ptrdiff_t>(atlas.size[2]))
  {
    return atlas.isEmptyAbove ? 0 : ClassVolume::Unknown;
  }
  // Photographs show all of a section: around it there is nothing.
  for (std::size_t axis = 0; axis < 2; ++axis)
  {
    if (index[axis] < 0 || index[axis] >= static_cast<std::ptrdiff_t>(atlas.size[axis]))
    {
      return 0;
    }
  }
  const auto width = static_cast<std::ptrdiff_t>(atlas.size[0]);
  const auto height = static_cast<std::ptrdiff_t>(atlas.size[1]);
  return atlas.classes[static_cast<std::size_t>((index[2] * height + index[1]) * width + index[0])];
}

/** x log x. */
double
Entropic(double x)
{
  return x > 0.0 ? x * std::log(x) : 0.0;
}

/** How usual the scale along each axis of the scan is: people differ by a few percent to a fifth. */
double
ScalePrior(const Matrix3 & matrix)
{
  constexpr double deviation = 0.5;
  double           sum = 0.0;
  for (std::size_t axis = 0; axis < 3; ++axis)
  {
    const double logarithm = std::log(std::sqrt(matrix[axis] * matrix[axis] + matrix[3 + axis] * matrix[3 + axis] +
                                                matrix[6 + axis] * matrix[6 + axis]));
    sum += logarithm * logarithm;
  }
  return std::exp(-sum / (2.0 * deviation * deviation));
}

PlacementReport
Evaluate(const std::vector<Sample> & samples, const ClassVolume & atlas, const Placement & placement)
{
  std::array<std::uint32_t, MostClasses * MostClasses> joint{};
  const Vector3                                        shift{ { placement.center[0] + placement.translation[0],
                                                                placement.center[1] + placement.translation[1],
                                                                placement.center[2] + placement.translation[2] } };
  std::size_t                                          known = 0;
  std::size_t                                          both = 0;
  std::size_t                                          either = 0;
  std::size_t                                          bodyKnown = 0;
  std::size_t                                          bodies = 0;
  for (const Sample & sample : samples)
  {
    const Vector3      offset{ { sample.point[0] - placement.center[0],
                                 sample.point[1] - placement.center[1],
                                 sample.point[2] - placement.center[2] } };
    const Vector3      rotated = Product(placement.matrix, offset);
    const std::uint8_t found =
      ClassAt(atlas, { { rotated[0] + shift[0], rotated[1] + shift[1], rotated[2] + shift[2] } });
    bodies += sample.scanClass != 0 ? 1 : 0;
    if (found == ClassVolume::Unknown)
    {
      continue;
    }
    ++known;
    bodyKnown += sample.scanClass != 0 ? 1 : 0;
    both += sample.scanClass != 0 && found != 0 ? 1 : 0;
    either += (sample.scanClass != 0 ? 1 : 0) + (found != 0 ? 1 : 0);
    ++joint[sample.scanClass * MostClasses + found];
  }
  PlacementReport report;
  report.placement = placement;
  if (known == 0)
  {
    return report;
  }
  std::array<double, MostClasses> ofScan{};
  std::array<double, MostClasses> ofAtlas{};
  const auto                      total = static_cast<double>(known);
  double                          information = 0.0;
  for (std::size_t s = 0; s < MostClasses; ++s)
  {
    for (std::size_t a = 0; a < MostClasses; ++a)
    {
      const double share = joint[s * MostClasses + a] / total;
      ofScan[s] += share;
      ofAtlas[a] += share;
      information += Entropic(share);
    }
  }
  for (std::size_t k = 0; k < MostClasses; ++k)
  {
    information -= Entropic(ofScan[k]) + Entropic(ofAtlas[k]);
  }
  report.knownShare = bodies == 0 ? 0.0 : static_cast<double>(bodyKnown) / static_cast<double>(bodies);
  report.bodyOverlap = either == 0 ? 0.0 : 2.0 * static_cast<double>(both) / static_cast<double>(either);
  report.score = information * std::sqrt(report.knownShare) * ScalePrior(placement.matrix);
  return report;
}

/** The centroid of the body in every slice of an atlas; that of the nearest slice where there is no body. */
std::vector<Vector3>
BodyCenters(const ClassVolume & atlas)
{
  std::vector<Vector3> centers(atlas.size[2]);
  std::vector<bool>    isFound(atlas.size[2]);
  const std::size_t    pixels = atlas.size[0] * atlas.size[1];
  for (std::size_t z = 0; z < atlas.size[2]; ++z)
  {
    Vector3     sum{};
    std::size_t count = 0;
    for (std::size_t i = z * pixels; i < (z + 1) * pixels; ++i)
    {
      if (atlas.classes[i] != 0 && atlas.classes[i] != ClassVolume::Unknown)
      {
        const Vector3 point = PointAt(atlas, i);
        ++count;
        sum[0] += point[0];
        sum[1] += point[1];
      }
    }
    isFound[z] = count > 0;
    centers[z] = { { sum[0] / static_cast<double>(std::max<std::size_t>(1, count)),
                     sum[1] / static_cast<double>(std::max<std::size_t>(1, count)),
                     atlas.origin[2] + atlas.spacing * static_cast<double>(z) } };
  }
  for (std::size_t z = 0; z < atlas.size[2]; ++z)
  {
    for (std::size_t d = 1; d < atlas.size[2] && !isFound[z]; ++d)
    {
      const std::size_t other = z >= d && isFound[z - d] ? z - d : z + d;
      if (other < atlas.size[2] && isFound[other])
      {
        centers[z][0] = centers[other][0];
        centers[z][1] = centers[other][1];
        break;
      }
    }
  }
  return centers;
}

/** A pattern search: steps along each parameter are taken while they help, then halved. */
PlacementReport
SearchPattern(const std::vector<Sample> & samples,
              const ClassVolume &         atlas,
              const PlacementReport &     start,
              double                      firstStep,
              unsigned int                halvings)
{
  constexpr unsigned int mostRounds = 12;
  constexpr double       largestScale = 1.45;
  constexpr double       reach = 80.0;
  PlacementReport        best = start;
  Vector3                scale{ { 1.0, 1.0, 1.0 } };
  double                 step = firstStep;
  for (unsigned int level = 0; level < halvings; ++level, step /= 2.0)
  {
    for (unsigned int round = 0; round < mostRounds; ++round)
    {
      bool isBetter = false;
      for (unsigned int parameter = 0; parameter < 9; ++parameter)
      {
        for (const double sign : { 1.0, -1.0 })
        {
          Placement         trial = best.placement;
          Vector3           trialScale = scale;
          const std::size_t axis = parameter % 3;
          if (parameter < 3)
          {
            trial.translation[axis] += sign * step;
          }
          else if (parameter < 6)
          {
            trial.matrix = Product(RotationAbout(axis, sign * step / reach), trial.matrix);
          }
          else
          {
            const double factor = std::exp(sign * step / reach);
            trialScale[axis] *= factor;
            for (std::size_t row = 0; row < 3; ++row)
            {
              trial.matrix[3 * row + axis] *= factor;
            }
            if (std::max(trialScale[axis], 1.0 / trialScale[axis]) > largestScale)
            {
              continue;
            }
          }
          const PlacementReport report = Evaluate(samples, atlas, trial);
          if (report.score > best.score)
          {
            best = report;
            scale = trialScale;
            isBetter = true;
            break;
          }
        }
      }
      if (!isBetter)
      {
        break;
      }
    }
  }
  return best;
}

double
Distance(const Placement & a, const Placement & b)
{
  return std::hypot(a.translation[0] - b.translation[0],
                    a.translation[1] - b.translation[1],
                    a.translation[2] - b.translation[2]);
}

/** Whether two placements turn the scan alike, within 45 degrees. */
bool
IsSameOrientation(const Placement & a, const Placement & b)
{
  double trace = 0.0;
  double lengthA = 0.0;
  double lengthB = 0.0;
  for (std::size_t i = 0; i < 9; ++i)
  {
    trace += a.matrix[i] * b.matrix[i];
    lengthA += a.matrix[i] * a.matrix[i];
    lengthB += b.matrix[i] * b.matrix[i];
  }
  return trace / std::sqrt(lengthA * lengthB) > 0.8;
}
} // namespace

PlacementReport
FindPlacement(const ClassVolume &         scan,
              const ClassVolume &         atlas,
              const PlacementParameters & parameters,
              const ParallelFor &         parallelFor)
{
  const std::vector<Sample>  samples = ChooseSamples(scan, parameters);
  const Vector3              center = MeanOf(samples);
  const std::vector<Vector3> places = BodyCenters(atlas);
  std::vector<Matrix3>       rotations = AxisRotations();
  if (!parameters.searchOrientations)
  {
    rotations.resize(1);
  }
  const double      aside = 2.0 * scan.spacing;
  const std::size_t zStep = std::max<std::size_t>(1, static_cast<std::size_t>(scan.spacing / atlas.spacing));
  const std::size_t levels = (places.size() + zStep - 1) / zStep;
  const std::size_t jobs = rotations.size() * parameters.scales.size();
  // The best place across the body for each job and level.
  std::vector<PlacementReport> found(jobs * levels);
  parallelFor(
    found.size(),
    [&](std::size_t k)
    {
      const std::size_t job = k / levels;
      Placement         placement;
      placement.matrix = rotations[job / parameters.scales.size()];
      for (double & value : placement.matrix)
      {
        value /= parameters.scales[job % parameters.scales.size()];
      }
      placement.center = center;
      const Vector3 & place = places[k % levels * zStep];
      for (const double dx : { 0.0, -aside, aside })
      {
        for (const double dy : { 0.0, -aside, aside })
        {
          placement.translation = { { place[0] + dx - center[0], place[1] + dy - center[1], place[2] - center[2] } };
          const PlacementReport report = Evaluate(samples, atlas, placement);
          if (report.score > found[k].score)
          {
            found[k] = report;
          }
        }
      }
    });

  std::vector<std::size_t> order(found.size());
  std::iota(order.begin(), order.end(), std::size_t{ 0 });
  const auto weighted = [&](std::size_t k)
  { return found[k].score * (k / levels / parameters.scales.size() == 0 ? parameters.orientationFactor : 1.0); };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return weighted(a) > weighted(b); });
  std::vector<PlacementReport> candidates;
  for (const std::size_t k : order)
  {
    const bool isNew = std::none_of(candidates.begin(),
                                    candidates.end(),
                                    [&](const PlacementReport & other)
                                    {
                                      return Distance(other.placement, found[k].placement) < 24.0 &&
                                             IsSameOrientation(other.placement, found[k].placement);
                                    });
    if (isNew)
    {
      candidates.push_back(found[k]);
    }
    if (candidates.size() == parameters.candidates)
    {
      break;
    }
  }
  parallelFor(candidates.size(),
              [&](std::size_t k)
              { candidates[k] = SearchPattern(samples, atlas, candidates[k], 2.0 * scan.spacing, 4); });
  const Placement upright;
  const auto      value = [&](const PlacementReport & report)
  { return report.score * (IsSameOrientation(report.placement, upright) ? parameters.orientationFactor : 1.0); };
  PlacementReport best;
  for (const PlacementReport & candidate : candidates)
  {
    if (value(candidate) > value(best))
    {
      best = candidate;
    }
  }
  for (const PlacementReport & candidate : candidates)
  {
    if (Distance(candidate.placement, best.placement) > 60.0 || !IsSameOrientation(candidate.placement, best.placement))
    {
      best.rivalScore = std::max(best.rivalScore, candidate.score);
    }
  }
  return best;
}

PlacementReport
RefinePlacement(const ClassVolume &         scan,
                const ClassVolume &         atlas,
                const Placement &           placement,
                const PlacementParameters & parameters,
                double                      firstStep)
{
  const std::vector<Sample> samples = ChooseSamples(scan, parameters);
  return SearchPattern(samples, atlas, Evaluate(samples, atlas, placement), firstStep, 4);
}

} // namespace colorization
} // namespace itk
