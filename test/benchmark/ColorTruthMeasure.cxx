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
#include "ColorTruthMeasure.h"

#include "itkBodyMask.h"
#include "itkBodySection.h"
#include "itkStructuralSimilarity.h"

#include "itkConnectedComponentImageFilter.h"
#include "itkDiscreteGaussianImageFilter.h"
#include "itkVector.h"
#include "itkVectorLinearInterpolateImageFunction.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace ColorTruth
{
namespace
{
using PlaneType = itk::Image<float, 2>;

/** Values smoothed by a Gaussian whose standard deviation has the unit of `spacing`. */
std::vector<float>
Smooth(const std::vector<float> & values, const Grid & grid, const std::array<double, 2> & spacing, double sigma)
{
  auto image = itk::colorization::MakeImage<float>(grid.width, grid.height, spacing);
  std::copy(values.begin(), values.end(), image->GetBufferPointer());
  auto gaussian = itk::DiscreteGaussianImageFilter<PlaneType, PlaneType>::New();
  gaussian->SetInput(image);
  gaussian->SetVariance(sigma * sigma);
  gaussian->SetMaximumError(0.001);
  gaussian->SetMaximumKernelWidth(static_cast<unsigned int>(2.0 * std::ceil(8.0 * sigma / spacing[0])) + 1);
  gaussian->Update();
  const float * smooth = gaussian->GetOutput()->GetBufferPointer();
  return { smooth, smooth + values.size() };
}

/** Moments of pairs of values, for their correlation. */
class Correlation
{
public:
  void
  Add(double x, double y)
  {
    m_Count += 1.0;
    const double dx = x - m_MeanX;
    const double dy = y - m_MeanY;
    m_MeanX += dx / m_Count;
    m_MeanY += dy / m_Count;
    m_SumXX += dx * (x - m_MeanX);
    m_SumYY += dy * (y - m_MeanY);
    m_SumXY += dx * (y - m_MeanY);
  }

  /** None if a standard deviation is below `smallest`. */
  double
  Get(double smallest) const
  {
    const double least = smallest * smallest * m_Count;
    return m_Count > 0.0 && m_SumXX > least && m_SumYY > least ? m_SumXY / std::sqrt(m_SumXX * m_SumYY) : None;
  }

private:
  double m_Count{ 0.0 };
  double m_MeanX{ 0.0 };
  double m_MeanY{ 0.0 };
  double m_SumXX{ 0.0 };
  double m_SumYY{ 0.0 };
  double m_SumXY{ 0.0 };
};

/** The median; the mean of both middle values of an even number of them. */
double
Median(std::vector<double> values)
{
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return values.size() % 2 == 1 ? *middle : 0.5 * (*middle + *std::max_element(values.begin(), middle));
}

/** Which of the pixels of a mask are in those of its connected parts of which at least a quarter lies in `body`. */
MaskType
PartsInBody(const MaskType & mask, const MaskType & body, const Grid & grid)
{
  constexpr double smallestShare = 0.25;
  using ImageType = itk::Image<std::uint8_t, 2>;
  using LabelsType = itk::Image<std::uint32_t, 2>;
  auto image = itk::colorization::MakeImage<std::uint8_t>(grid.width, grid.height, grid.spacing);
  std::copy(mask.begin(), mask.end(), image->GetBufferPointer());
  auto components = itk::ConnectedComponentImageFilter<ImageType, LabelsType>::New();
  components->SetInput(image);
  components->Update();
  const std::uint32_t *                          labels = components->GetOutput()->GetBufferPointer();
  std::map<std::uint32_t, std::array<double, 2>> areas;
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    areas[labels[i]][0] += 1.0;
    areas[labels[i]][1] += body[i] ? 1.0 : 0.0;
  }
  MaskType parts(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    const auto & area = areas[labels[i]];
    parts[i] = mask[i] && area[1] >= smallestShare * area[0] ? 1 : 0;
  }
  return parts;
}

/** Finds values at 256 bins that never fall and come nearest to their means, by pooling adjacent violators. Bins
 * without weight get what lies between their neighbors. */
std::array<double, 256>
FitRising(const std::array<double, 256> & weights, const std::array<double, 256> & means)
{
  struct Block
  {
    double      mean;
    double      weight;
    std::size_t first;
    std::size_t last;
  };
  std::vector<Block> blocks;
  for (std::size_t bin = 0; bin < weights.size(); ++bin)
  {
    if (weights[bin] == 0.0)
    {
      continue;
    }
    blocks.push_back({ means[bin], weights[bin], bin, bin });
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean > blocks.back().mean)
    {
      const Block last = blocks.back();
      blocks.pop_back();
      Block &      pooled = blocks.back();
      const double weight = pooled.weight + last.weight;
      pooled.mean = (pooled.mean * pooled.weight + last.mean * last.weight) / weight;
      pooled.weight = weight;
      pooled.last = last.last;
    }
  }
  std::array<double, 256> values{};
  for (std::size_t b = 0; b < blocks.size(); ++b)
  {
    const std::size_t end = b + 1 < blocks.size() ? blocks[b + 1].first : values.size();
    for (std::size_t bin = b == 0 ? 0 : blocks[b].first; bin < end; ++bin)
    {
      const bool   isBetween = bin > blocks[b].last && b + 1 < blocks.size();
      const double share =
        isBetween ? static_cast<double>(bin - blocks[b].last) / static_cast<double>(end - blocks[b].last) : 0.0;
      values[bin] = isBetween ? (1.0 - share) * blocks[b].mean + share * blocks[b + 1].mean : blocks[b].mean;
    }
  }
  return values;
}

/** Gradients by central differences, and by one-sided ones at the border, per pixel. */
struct Gradients
{
  Gradients(const std::vector<float> & values, const Grid & grid)
    : x(values.size())
    , y(values.size())
    , magnitude(values.size())
  {
    const auto difference = [&](std::size_t position, std::size_t extent, std::size_t stride, std::size_t i)
    {
      const std::size_t before = position > 0 ? 1 : 0;
      const std::size_t behind = position + 1 < extent ? 1 : 0;
      const auto        steps = static_cast<float>(std::max<std::size_t>(before + behind, 1));
      return (values[i + behind * stride] - values[i - before * stride]) / steps;
    };
    for (std::size_t i = 0; i < values.size(); ++i)
    {
      x[i] = difference(i % grid.width, grid.width, 1, i);
      y[i] = difference(i / grid.width, grid.height, grid.width, i);
      magnitude[i] = std::hypot(x[i], y[i]);
    }
  }

  std::vector<float> x;
  std::vector<float> y;
  std::vector<float> magnitude;
};

/** A mask without what lies within two pixels of its border. */
MaskType
Inside(MaskType mask, const Grid & grid)
{
  itk::colorization::ErodeByBall(mask.data(), { { grid.width, grid.height, 1 } }, { { 1.0, 1.0, 1.0 } }, 2.0);
  return mask;
}

/** Where the scan is flat in `inner`. */
MaskType
FindFlat(const std::vector<float> & magnitude, const MaskType & inner, const Grid & grid)
{
  constexpr double         sigma = 2.0;
  constexpr std::size_t    quarter = 4;
  const std::vector<float> smooth = Smooth(magnitude, grid, { { 1.0, 1.0 } }, sigma);
  std::vector<float>       sorted;
  for (std::size_t i = 0; i < inner.size(); ++i)
  {
    if (inner[i])
    {
      sorted.push_back(smooth[i]);
    }
  }
  if (sorted.empty())
  {
    return inner;
  }
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / quarter);
  std::nth_element(sorted.begin(), middle, sorted.end());
  MaskType flat(inner.size());
  for (std::size_t i = 0; i < inner.size(); ++i)
  {
    flat[i] = inner[i] && smooth[i] <= *middle ? 1 : 0;
  }
  return Inside(flat, grid);
}

/** The mean of squares over a mask; none if it is empty. */
double
MeanSquare(const std::vector<float> & values, const MaskType & mask)
{
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    if (mask[i])
    {
      sum += static_cast<double>(values[i]) * values[i];
      count += 1.0;
    }
  }
  return count > 0.0 ? sum / count : None;
}
} // namespace

MaskType
FindPhotographTissue(const PhotographType * photograph, const MaskType & body, std::vector<Color> & lab)
{
  const auto section = itk::colorization::MakePhotographSection(photograph, itk::colorization::BodyParts::All, lab);
  MaskType   parts = PartsInBody(section.body, body, { section.width, section.height });
  for (std::size_t i = 0; i < parts.size(); ++i)
  {
    parts[i] = parts[i] && section.tissue[i] ? 1 : 0;
  }
  return parts;
}

std::vector<Color>
SmoothWithin(const std::vector<Color> & colors, const MaskType & mask, const Grid & grid, double sigma)
{
  constexpr float    smallestWeight = 1e-6f;
  std::vector<float> plane(mask.begin(), mask.end());
  const auto         weights = Smooth(plane, grid, grid.spacing, sigma);
  std::vector<Color> smooth(colors.size(), Color{});
  for (std::size_t c = 0; c < 3; ++c)
  {
    for (std::size_t i = 0; i < mask.size(); ++i)
    {
      plane[i] = mask[i] ? colors[i][c] : 0.0f;
    }
    const auto sums = Smooth(plane, grid, grid.spacing, sigma);
    for (std::size_t i = 0; i < mask.size(); ++i)
    {
      smooth[i][c] = weights[i] > smallestWeight ? sums[i] / weights[i] : 0.0f;
    }
  }
  return smooth;
}

std::vector<Color>
Move(const std::vector<Color> & colors, const std::array<double, 2> & offset, const Grid & grid)
{
  using ColorsType = itk::Image<itk::Vector<float, 3>, 2>;
  auto image = itk::colorization::MakeImage<ColorsType::PixelType>(grid.width, grid.height, grid.spacing);
  std::transform(colors.begin(),
                 colors.end(),
                 image->GetBufferPointer(),
                 [](const Color & color) { return ColorsType::PixelType(color.data()); });
  auto interpolator = itk::VectorLinearInterpolateImageFunction<ColorsType, double>::New();
  interpolator->SetInputImage(image);
  const auto clampTo = [](double place, std::size_t extent)
  { return std::min(std::max(place, 0.0), static_cast<double>(extent - 1)); };
  std::vector<Color> moved(colors.size());
  for (std::size_t i = 0; i < moved.size(); ++i)
  {
    itk::ContinuousIndex<double, 2> place;
    place[0] = clampTo(static_cast<double>(i % grid.width) + offset[0] / grid.spacing[0], grid.width);
    place[1] = clampTo(static_cast<double>(i / grid.width) + offset[1] / grid.spacing[1], grid.height);
    const auto color = interpolator->EvaluateAtContinuousIndex(place);
    std::copy(color.Begin(), color.End(), moved[i].begin());
  }
  return moved;
}

Color
MedianColor(const std::vector<Color> & lab, const MaskType & mask)
{
  Color color{};
  for (std::size_t c = 0; c < 3; ++c)
  {
    std::vector<double> values;
    for (std::size_t i = 0; i < mask.size(); ++i)
    {
      if (mask[i])
      {
        values.push_back(lab[i][c]);
      }
    }
    color[c] = values.empty() ? 0.0f : static_cast<float>(Median(values));
  }
  return color;
}

ColorErrors
CompareColors(const std::vector<Color> & result, const std::vector<Color> & truth, const MaskType & mask)
{
  constexpr double                   smallestDeviation = 0.001;
  std::array<std::vector<double>, 2> differences;
  std::array<Correlation, 2>         correlations;
  double                             cie76 = 0.0;
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    if (mask[i])
    {
      for (std::size_t c = 0; c < 2; ++c)
      {
        differences[c].push_back(static_cast<double>(result[i][c + 1]) - truth[i][c + 1]);
        correlations[c].Add(result[i][c + 1], truth[i][c + 1]);
      }
      cie76 += itk::colorization::ColorDifferenceCIE76(result[i], truth[i]);
    }
  }
  const std::size_t count = differences[0].size();
  if (count == 0)
  {
    return {};
  }
  const std::array<double, 2> tint{ { Median(differences[0]), Median(differences[1]) } };
  double                      chroma = 0.0;
  double                      chromaWithoutTint = 0.0;
  for (std::size_t k = 0; k < count; ++k)
  {
    chroma += std::hypot(differences[0][k], differences[1][k]);
    chromaWithoutTint += std::hypot(differences[0][k] - tint[0], differences[1][k] - tint[1]);
  }
  const auto pixels = static_cast<double>(count);
  return { chroma / pixels,
           chromaWithoutTint / pixels,
           correlations[0].Get(smallestDeviation),
           correlations[1].Get(smallestDeviation),
           cie76 / pixels };
}

double
ToneMap::operator()(double tone) const
{
  const double last = static_cast<double>(values.size() - 1);
  const double place = std::min(std::max(tone, 0.0), 1.0) * last;
  const auto   bin = std::min(static_cast<std::size_t>(place), values.size() - 2);
  const double share = place - static_cast<double>(bin);
  return (1.0 - share) * values[bin] + share * values[bin + 1];
}

ToneMap
FitToneMap(const std::vector<float> & scan, const std::vector<float> & luminance, const MaskType & mask)
{
  std::array<double, 256> weights{};
  std::array<double, 256> means{};
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    if (mask[i])
    {
      const auto bin = static_cast<std::size_t>(std::lround(std::min(std::max(scan[i], 0.0f), 1.0f) * 255.0f));
      weights[bin] += 1.0;
      means[bin] += (static_cast<double>(luminance[i]) - means[bin]) / weights[bin];
    }
  }
  const auto distance = [&](const std::array<double, 256> & values)
  {
    double sum = 0.0;
    for (std::size_t bin = 0; bin < values.size(); ++bin)
    {
      sum += weights[bin] * (values[bin] - means[bin]) * (values[bin] - means[bin]);
    }
    return sum;
  };
  const auto negated = [](std::array<double, 256> values)
  {
    std::transform(values.begin(), values.end(), values.begin(), [](double value) { return -value; });
    return values;
  };
  const auto rising = FitRising(weights, means);
  const auto falling = negated(FitRising(weights, negated(means)));
  return { distance(rising) <= distance(falling) ? rising : falling };
}

StructureMeasures
MeasureStructure(const std::vector<float> & scan,
                 const std::vector<float> & luminance,
                 const MaskType &           body,
                 const Grid &               grid)
{
  const ToneMap      toneMap = FitToneMap(scan, luminance, body);
  std::vector<float> mapped(scan.size());
  std::vector<float> shown(scan.size());
  for (std::size_t i = 0; i < body.size(); ++i)
  {
    // What lies outside of the body is black in both.
    mapped[i] = body[i] ? static_cast<float>(toneMap(scan[i])) : 0.0f;
    shown[i] = body[i] ? luminance[i] : 0.0f;
  }
  StructureMeasures                                 measures;
  itk::colorization::StructuralSimilarityParameters parameters;
  parameters.range = 1.0;
  measures.similarity = itk::colorization::StructuralSimilarity(mapped.data(),
                                                                shown.data(),
                                                                { { grid.width, grid.height, 1 } },
                                                                parameters,
                                                                body.data())
                          .similarity;

  constexpr double smallestDeviation = 1e-6;
  const MaskType   inner = Inside(body, grid);
  const Gradients  ofScan(scan, grid);
  const Gradients  ofMapped(mapped, grid);
  const Gradients  ofShown(shown, grid);
  Correlation      gradients;
  Correlation      magnitudes;
  for (std::size_t i = 0; i < inner.size(); ++i)
  {
    if (inner[i])
    {
      gradients.Add(ofMapped.x[i], ofShown.x[i]);
      gradients.Add(ofMapped.y[i], ofShown.y[i]);
      magnitudes.Add(ofScan.magnitude[i], ofShown.magnitude[i]);
    }
  }
  measures.gradients = gradients.Get(smallestDeviation);
  measures.magnitudes = magnitudes.Get(smallestDeviation);
  const double everywhere = MeanSquare(ofShown.magnitude, inner);
  measures.inventedEdges =
    everywhere > 0.0 ? MeanSquare(ofShown.magnitude, FindFlat(ofScan.magnitude, inner, grid)) / everywhere : None;
  return measures;
}
} // namespace ColorTruth
