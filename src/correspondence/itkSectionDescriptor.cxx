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
#include "itkSectionDescriptor.h"

#include "itkBodyMask.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace itk
{
namespace colorization
{
namespace
{
/** Cells per side over which MIND is pooled. */
constexpr std::size_t PoolSide = 8;
/** Cells per side of the body's shape. */
constexpr std::size_t ShapeSide = 16;
/** Gaussians that hold the logarithm of the aspect, their range and their width. */
constexpr std::size_t AspectBins = 33;
constexpr double      AspectRange = 2.0;
constexpr double      AspectWidth = 0.15;
/** Standard deviation of a photograph's intensity, of 0..1, over a body. */
constexpr double TypicalDeviation = 0.2;
/** What the three blocks weigh. */
constexpr float MINDWeight = 3.0f;
constexpr float ShapeWeight = 2.0f;
constexpr float AspectWeight = 1.0f;

const MINDParameters &
ViewMIND()
{
  static const MINDParameters parameters = MakeMINDParameters({ 1, 2, 4 });
  return parameters;
}

std::size_t
ComponentsOfMIND()
{
  return ViewMIND().dilations.size() * MINDComponentsPerScale(2);
}

/** Means of a row of numbers over `side` equal parts of begin ... end, none narrower than one of the numbers.
 * \param weights out: `side` rows of `extent` */
std::vector<double>
AreaWeights(std::size_t extent, double begin, double end, std::size_t side)
{
  std::vector<double> weights(side * extent);
  for (std::size_t k = 0; k < side; ++k)
  {
    const double centre = begin + (k + 0.5) * (end - begin) / side;
    const double half = std::max(0.5, 0.5 * (end - begin) / side);
    const double low = std::max(begin, centre - half);
    const double high = std::min(end, centre + half);
    const auto   last = std::min(static_cast<std::size_t>(std::ceil(high)), extent);
    for (auto i = static_cast<std::size_t>(low); i < last; ++i)
    {
      const double part = std::min<double>(high, i + 1.0) - std::max<double>(low, static_cast<double>(i));
      weights[k * extent + i] = std::max(0.0, part) / (high - low);
    }
  }
  return weights;
}

SectionView
MakeView(const Section & section, std::size_t side)
{
  const Bounds bounds = BodyBounds(section);
  const auto   columns = AreaWeights(section.width, bounds.left, bounds.right + 1.0, side);
  const auto   rows = AreaWeights(section.height, bounds.top, bounds.bottom + 1.0, side);
  const auto   firstRow = static_cast<std::size_t>(bounds.top);
  const auto   lastRow = static_cast<std::size_t>(bounds.bottom);
  SectionView  view;
  view.side = side;
  const double width = (bounds.right - bounds.left + 1.0) * section.spacing[0];
  const double height = (bounds.bottom - bounds.top + 1.0) * section.spacing[1];
  view.aspect = width / height;
  view.extent = std::sqrt(width * height);
  std::vector<double> body(side * side);
  std::vector<double> sum(side * side);
  for (std::size_t y = firstRow; y <= lastRow; ++y)
  {
    std::vector<double> bodyOfRow(side);
    std::vector<double> sumOfRow(side);
    for (std::size_t k = 0; k < side; ++k)
    {
      for (auto x = static_cast<std::size_t>(bounds.left); x <= static_cast<std::size_t>(bounds.right); ++x)
      {
        const std::size_t i = y * section.width + x;
        const double      weight = section.body[i] ? columns[k * section.width + x] : 0.0;
        bodyOfRow[k] += weight;
        sumOfRow[k] += weight * section.intensity[i];
      }
    }
    for (std::size_t j = 0; j < side; ++j)
    {
      const double weight = rows[j * section.height + y];
      for (std::size_t k = 0; weight > 0.0 && k < side; ++k)
      {
        body[j * side + k] += weight * bodyOfRow[k];
        sum[j * side + k] += weight * sumOfRow[k];
      }
    }
  }
  view.body.assign(body.begin(), body.end());
  view.intensity.resize(side * side);
  for (std::size_t i = 0; i < view.intensity.size(); ++i)
  {
    view.intensity[i] = view.body[i] >= 0.5f ? static_cast<float>(sum[i] / body[i]) : 0.0f;
  }
  return view;
}

/** The body's intensity with standard deviation TypicalDeviation, so that noise is the same share of any range, and its
 * mean, 0, outside, where no modality has anything to say. */
std::vector<float>
StandardIntensity(const SectionView & view)
{
  double sum = 0.0;
  double squares = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < view.body.size(); ++i)
  {
    const double value = view.body[i] >= 0.5f ? view.intensity[i] : 0.0;
    sum += value;
    squares += value * value;
    count += view.body[i] >= 0.5f ? 1.0 : 0.0;
  }
  const double       mean = sum / std::max(count, 1.0);
  const double       deviation = std::sqrt(std::max(0.0, squares / std::max(count, 1.0) - mean * mean));
  const double       scale = deviation > 1e-6 * std::abs(mean) ? TypicalDeviation / deviation : 0.0;
  std::vector<float> values(view.intensity.size());
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    values[i] = view.body[i] >= 0.5f ? static_cast<float>(scale * (view.intensity[i] - mean)) : 0.0f;
  }
  return values;
}

/** MIND, summed over the body in each cell, less what the body's mean would give there. */
std::vector<float>
PooledMIND(const SectionView & view)
{
  const std::vector<float> values = Descriptors(StandardIntensity(view), view.side, view.side, ViewMIND(), SerialFor);
  const std::size_t        components = ComponentsOfMIND();
  std::vector<double>      sum(PoolSide * PoolSide * components);
  std::vector<double>      count(PoolSide * PoolSide);
  std::vector<double>      mean(components);
  for (std::size_t i = 0; i < view.body.size(); ++i)
  {
    const std::size_t cell = (i / view.side) * PoolSide / view.side * PoolSide + (i % view.side) * PoolSide / view.side;
    if (view.body[i] < 0.5f)
    {
      continue;
    }
    count[cell] += 1.0;
    for (std::size_t c = 0; c < components; ++c)
    {
      sum[cell * components + c] += values[i * components + c];
      mean[c] += values[i * components + c];
    }
  }
  const double       total = std::max(1.0, std::accumulate(count.begin(), count.end(), 0.0));
  std::vector<float> pooled(sum.size());
  for (std::size_t k = 0; k < pooled.size(); ++k)
  {
    pooled[k] = static_cast<float>(sum[k] - count[k / components] * mean[k % components] / total);
  }
  return pooled;
}

/** The body's share of each cell, less its mean. */
std::vector<float>
Shape(const SectionView & view)
{
  std::vector<float> shape(ShapeSide * ShapeSide);
  for (std::size_t i = 0; i < view.body.size(); ++i)
  {
    shape[(i / view.side) * ShapeSide / view.side * ShapeSide + (i % view.side) * ShapeSide / view.side] +=
      view.body[i];
  }
  const float mean = std::accumulate(shape.begin(), shape.end(), 0.0f) / static_cast<float>(shape.size());
  for (float & value : shape)
  {
    value -= mean;
  }
  return shape;
}

std::vector<float>
Aspect(const SectionView & view)
{
  std::vector<float> bins(AspectBins);
  for (std::size_t k = 0; k < AspectBins; ++k)
  {
    const double centre = AspectRange * (2.0 * static_cast<double>(k) / (AspectBins - 1) - 1.0);
    const double distance = (std::log(view.aspect) - centre) / AspectWidth;
    bins[k] = static_cast<float>(std::exp(-0.5 * distance * distance));
  }
  return bins;
}
} // namespace

SectionView
SectionView::Turned(const Orientation & orientation) const
{
  SectionView turned = *this;
  turned.aspect = orientation.transposed ? 1.0 / aspect : aspect;
  for (std::size_t i = 0; i < body.size(); ++i)
  {
    const double      scale = 1.0 / static_cast<double>(side);
    const auto        place = orientation.ToOriginal((i % side + 0.5) * scale, (i / side + 0.5) * scale);
    const std::size_t from =
      static_cast<std::size_t>(place[1] * side) * side + static_cast<std::size_t>(place[0] * side);
    turned.body[i] = body[from];
    turned.intensity[i] = intensity[from];
  }
  return turned;
}

std::vector<SectionView>
MakeSectionViews(const Section & section, std::size_t side)
{
  constexpr double                 mainShare = 0.6;
  std::vector<SectionView>         views{ MakeView(section, side) };
  Section                          main = section;
  const std::array<std::size_t, 3> size{ { section.width, section.height, 1 } };
  const auto                       whole = CountNonZero(section.body);
  const auto                       largest = KeepLargestComponent(main.body.data(), size);
  if (largest < whole && static_cast<double>(largest) >= mainShare * static_cast<double>(whole))
  {
    views.push_back(MakeView(main, side));
  }
  return views;
}

std::size_t
SectionDescriptorLength()
{
  return PoolSide * PoolSide * ComponentsOfMIND() + ShapeSide * ShapeSide + AspectBins;
}

std::vector<float>
DescribeView(const SectionView & view)
{
  std::vector<float> descriptor;
  const auto         append = [&](std::vector<float> block, float weight)
  {
    Normalize(block);
    std::transform(block.begin(),
                   block.end(),
                   std::back_inserter(descriptor),
                   [weight](float value) { return weight * value; });
  };
  append(PooledMIND(view), MINDWeight);
  append(Shape(view), ShapeWeight);
  append(Aspect(view), AspectWeight);
  Normalize(descriptor);
  return descriptor;
}

void
Normalize(std::vector<float> & vector)
{
  double squares = 0.0;
  for (const float value : vector)
  {
    squares += static_cast<double>(value) * value;
  }
  for (float & value : vector)
  {
    value = squares > 0.0 ? static_cast<float>(value / std::sqrt(squares)) : 0.0f;
  }
}

Orientation
InverseOf(const Orientation & orientation)
{
  // Mirrors come after the transposition; undone in the reverse order, they change axes with it.
  return orientation.transposed ? Orientation{ true, orientation.mirroredY, orientation.mirroredX } : orientation;
}

} // namespace colorization
} // namespace itk
