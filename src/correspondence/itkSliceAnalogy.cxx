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
#include "itkSliceAnalogy.h"

#include "itkBodySection.h"
#include "itkSectionFeatures.h"

#include "itkLinearInterpolateImageFunction.h"
#include "itkSignedMaurerDistanceMapImageFilter.h"
#include "itkSmoothingRecursiveGaussianImageFilter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

namespace itk
{
namespace colorization
{
namespace
{
using FloatImage = Image<float, 2>;
using ByteImage = Image<unsigned char, 2>;

/** Pixels per side of the frame in which photograph and slices are compared as wholes. */
constexpr std::size_t FrameSide = 48;
/** Difference of frame costs at which two levels are no longer alike. */
constexpr double SimilarityScale = 0.05;

/** A body's bounding box stretched to a square of FrameSide pixels. */
struct Frame
{
  std::vector<float>        descriptors;
  std::vector<std::uint8_t> body;
  /** Physical width over height. */
  double aspect = 1.0;
};

Frame
MakeFrame(const Section & section, const Orientation & orientation)
{
  const Bounds bounds = BodyBounds(section);
  auto         interpolator = LinearInterpolateImageFunction<FloatImage, double>::New();
  const auto   image = section.IntensityImage();
  interpolator->SetInputImage(image);

  Frame              frame;
  std::vector<float> intensity(FrameSide * FrameSide);
  frame.body.resize(FrameSide * FrameSide);
  for (std::size_t k = 0; k < intensity.size(); ++k)
  {
    const auto place = orientation.ToOriginal((k % FrameSide + 0.5) / FrameSide, (k / FrameSide + 0.5) / FrameSide);
    ContinuousIndex<double, 2> index;
    index[0] = bounds.left + place[0] * (bounds.right - bounds.left);
    index[1] = bounds.top + place[1] * (bounds.bottom - bounds.top);
    const std::size_t pixel =
      static_cast<std::size_t>(index[1] + 0.5) * section.width + static_cast<std::size_t>(index[0] + 0.5);
    frame.body[k] = section.body[pixel];
    intensity[k] = section.body[pixel] ? static_cast<float>(interpolator->EvaluateAtContinuousIndex(index)) : 0.0f;
  }
  frame.descriptors = Descriptors(intensity, FrameSide, FrameSide, MakeMINDParameters({ 1, 2, 4 }), SerialFor);
  frame.aspect =
    (bounds.right - bounds.left + 1.0) * section.spacing[0] / ((bounds.bottom - bounds.top + 1.0) * section.spacing[1]);
  if (orientation.transposed)
  {
    frame.aspect = 1.0 / frame.aspect;
  }
  return frame;
}

/** How little two frames are alike: mean distance of the descriptors within both bodies, the share of the bodies that
 * is not common, and the difference in aspect. */
double
CompareFrames(const Frame & a, const Frame & b)
{
  const std::size_t components = a.descriptors.size() / a.body.size();
  double            distance = 0.0;
  std::size_t       common = 0;
  std::size_t       either = 0;
  for (std::size_t k = 0; k < a.body.size(); ++k)
  {
    either += a.body[k] || b.body[k] ? 1 : 0;
    if (a.body[k] && b.body[k])
    {
      ++common;
      for (std::size_t c = 0; c < components; ++c)
      {
        const double difference =
          static_cast<double>(a.descriptors[k * components + c]) - b.descriptors[k * components + c];
        distance += difference * difference / static_cast<double>(components);
      }
    }
  }
  if (common == 0)
  {
    return std::numeric_limits<double>::max();
  }
  return distance / common + (1.0 - static_cast<double>(common) / either) + std::abs(std::log(a.aspect / b.aspect));
}

} // namespace

struct SliceAnalogy::Impl
{
  SliceAnalogyParameters parameters;

  // The photograph on its own grid.
  std::vector<Color> photographLab;
  Section            photograph;

  // The photograph in the slices' grid and orientation.
  Orientation        orientation;
  double             photographSpacing = 1.0;
  Section            reference;
  std::vector<Color> referenceLab;
  /** Of the levels that were useful for the last slice. */
  std::vector<std::size_t>   referenceLevels;
  std::vector<LevelFeatures> referenceFeatures;

  std::vector<Section> slices;
  std::vector<double>  similarity;
  /** How little each slice is like the photograph, one list an orientation. */
  std::vector<std::vector<double>> costs;

  void
  ResamplePhotograph(const std::array<double, 2> & spacing);
  std::array<std::size_t, 2>
  ExtentAt(const Section & section, std::size_t level) const;
  std::vector<std::size_t>
  UsefulLevels(const Section & slice) const;
  std::vector<LevelFeatures>
  Features(const Section & section, const std::vector<std::size_t> & levels, const ParallelFor & parallelFor) const;
  std::vector<AnalogyLevel>
  Levels(const Section & slice, double similarityOfSlice, const ParallelFor & parallelFor);
  void
  Vote(const Section &              slice,
       const NearestNeighborField & field,
       AnalogySlice &               result,
       const ParallelFor &          parallelFor) const;
};

/** Puts the photograph onto the slices' grid. */
void
SliceAnalogy::Impl::ResamplePhotograph(const std::array<double, 2> & spacing)
{
  std::array<std::size_t, 2> original{ { photograph.width, photograph.height } };
  const std::size_t          turnedWidth = original[orientation.transposed ? 1 : 0];
  const std::size_t          turnedHeight = original[orientation.transposed ? 0 : 1];
  const auto                 pixelsAcross = [&](std::size_t extent, double step)
  { return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(extent * photographSpacing / step))); };
  reference.spacing = spacing;
  reference.width = pixelsAcross(turnedWidth, spacing[0]);
  reference.height = pixelsAcross(turnedHeight, spacing[1]);
  const std::size_t pixels = reference.width * reference.height;
  reference.intensity.assign(pixels, 0.0f);
  reference.body.assign(pixels, 0);
  reference.tissue.assign(pixels, 0);
  referenceLab.assign(pixels, Color{});
  referenceLevels.clear();

  auto                               interpolator = LinearInterpolateImageFunction<FloatImage, double>::New();
  const auto                         intensity = photograph.IntensityImage();
  std::array<FloatImage::Pointer, 3> lab;
  for (unsigned int c = 0; c < 3; ++c)
  {
    lab[c] = MakeImage<float>(photograph.width, photograph.height, photograph.spacing);
    std::transform(photographLab.begin(),
                   photographLab.end(),
                   lab[c]->GetBufferPointer(),
                   [c](const Color & color) { return color[c]; });
  }
  const auto indexOf = [&](std::size_t k)
  {
    const auto                 place = orientation.ToOriginal((k % reference.width + 0.5) / reference.width,
                                              (k / reference.width + 0.5) / reference.height);
    ContinuousIndex<double, 2> index;
    index[0] = std::min(std::max(place[0] * original[0] - 0.5, 0.0), original[0] - 1.0);
    index[1] = std::min(std::max(place[1] * original[1] - 0.5, 0.0), original[1] - 1.0);
    return index;
  };
  interpolator->SetInputImage(intensity);
  for (std::size_t k = 0; k < pixels; ++k)
  {
    const auto        index = indexOf(k);
    const std::size_t nearest =
      static_cast<std::size_t>(index[1] + 0.5) * photograph.width + static_cast<std::size_t>(index[0] + 0.5);
    reference.intensity[k] = static_cast<float>(interpolator->EvaluateAtContinuousIndex(index));
    reference.body[k] = photograph.body[nearest];
    reference.tissue[k] = photograph.tissue[nearest];
  }
  for (unsigned int c = 0; c < 3; ++c)
  {
    interpolator->SetInputImage(lab[c]);
    for (std::size_t k = 0; k < pixels; ++k)
    {
      referenceLab[k][c] = static_cast<float>(interpolator->EvaluateAtContinuousIndex(indexOf(k)));
    }
  }
}

/** Width and height of a section at a level of the descriptors. */
std::array<std::size_t, 2>
SliceAnalogy::Impl::ExtentAt(const Section & section, std::size_t level) const
{
  const std::size_t factor = parameters.levels[level].shrinkFactor;
  const auto shrink = [factor](std::size_t extent) { return std::max<std::size_t>(1, (extent + factor / 2) / factor); };
  return { { shrink(section.width), shrink(section.height) } };
}

/** Chooses the levels at which a slice and the photograph are large enough; always the last. */
std::vector<std::size_t>
SliceAnalogy::Impl::UsefulLevels(const Section & slice) const
{
  constexpr std::size_t    leastExtent = 8;
  std::vector<std::size_t> useful;
  for (std::size_t level = 0; level < parameters.levels.size(); ++level)
  {
    const auto ofSlice = this->ExtentAt(slice, level);
    const auto ofReference = this->ExtentAt(reference, level);
    if (level + 1 == parameters.levels.size() ||
        std::min({ ofSlice[0], ofSlice[1], ofReference[0], ofReference[1] }) >= leastExtent)
    {
      useful.push_back(level);
    }
  }
  return useful;
}

/** A section's features at some levels, with a weight of 1 for the position. */
std::vector<LevelFeatures>
SliceAnalogy::Impl::Features(const Section &                  section,
                             const std::vector<std::size_t> & levels,
                             const ParallelFor &              parallelFor) const
{
  std::vector<LevelFeatures> features;
  if (parameters.deepFeatures)
  {
    std::vector<float> inside = section.intensity;
    for (std::size_t i = 0; i < inside.size(); ++i)
    {
      inside[i] = section.body[i] ? inside[i] : 0.0f;
    }
    const std::vector<DeepFeatureMap> maps = parameters.deepFeatures(inside, section.width, section.height);
    for (const std::size_t level : levels)
    {
      features.push_back(NormalizeDeepFeatures(maps.at(level), section));
    }
    return features;
  }
  for (const std::size_t level : levels)
  {
    const auto extent = this->ExtentAt(section, level);
    features.push_back(ComputeSectionFeatures(
      parameters.levels[level].shrinkFactor == 1 ? section : ShrinkSection(section, extent[0], extent[1]),
      parameters,
      parallelFor));
  }
  return features;
}

/** The features of a slice and of the photograph, ready for FindAnalogy(). */
std::vector<AnalogyLevel>
SliceAnalogy::Impl::Levels(const Section & slice, double similarityOfSlice, const ParallelFor & parallelFor)
{
  const std::vector<std::size_t> useful = this->UsefulLevels(slice);
  if (useful != referenceLevels)
  {
    referenceLevels = useful;
    referenceFeatures = this->Features(reference, useful, parallelFor);
  }
  std::vector<LevelFeatures> ofSlice = this->Features(slice, useful, parallelFor);
  const double               positionWeight =
    parameters.weakPositionWeight + (parameters.positionWeight - parameters.weakPositionWeight) * similarityOfSlice;
  std::vector<AnalogyLevel> levels(useful.size());
  for (std::size_t k = 0; k < useful.size(); ++k)
  {
    const AnalogyLevelParameters & wanted = parameters.levels[useful[k]];
    levels[k].target = std::move(ofSlice[k]);
    levels[k].reference = referenceFeatures[k];
    if (!parameters.deepFeatures)
    {
      WeightPosition(levels[k].target, positionWeight);
      WeightPosition(levels[k].reference, positionWeight);
    }
    levels[k].patchRadius = wanted.patchRadius;
    levels[k].iterations = wanted.iterations;
    // There is no coarser level to begin with.
    levels[k].searchRadius = k == 0 ? 0 : wanted.searchRadius;
    levels[k].ownWeight = wanted.ownWeight;
  }
  return levels;
}

/** Every pixel's colour is the mean of what the matches around it propose, the better matches counting more; they are
 * believed as far as they match well and agree with each other. */
void
SliceAnalogy::Impl::Vote(const Section &              slice,
                         const NearestNeighborField & field,
                         AnalogySlice &               result,
                         const ParallelFor &          parallelFor) const
{
  // Chroma differences that count as disagreement, in units of CIE Lab.
  constexpr double agreement = 8.0;
  const auto       radius = static_cast<std::ptrdiff_t>(parameters.voteRadius);
  const auto       width = static_cast<std::ptrdiff_t>(slice.width);
  const auto       height = static_cast<std::ptrdiff_t>(slice.height);
  const auto       referenceWidth = static_cast<std::ptrdiff_t>(reference.width);
  const auto       referenceHeight = static_cast<std::ptrdiff_t>(reference.height);
  const double     scale = std::max(result.meanDistance, 1e-6);
  parallelFor(
    slice.height,
    [&](std::size_t row)
    {
      const auto y = static_cast<std::ptrdiff_t>(row);
      for (std::ptrdiff_t x = 0; x < width; ++x)
      {
        const std::size_t i = y * width + x;
        if (!slice.tissue[i])
        {
          continue;
        }
        double                sum = 0.0;
        double                squares = 0.0;
        std::array<double, 3> mean{};
        for (std::ptrdiff_t v = std::max<std::ptrdiff_t>(y - radius, 0); v <= std::min(y + radius, height - 1); ++v)
        {
          for (std::ptrdiff_t u = std::max<std::ptrdiff_t>(x - radius, 0); u <= std::min(x + radius, width - 1); ++u)
          {
            const std::size_t    j = v * width + u;
            const std::ptrdiff_t p = field.x[j] + x - u;
            const std::ptrdiff_t q = field.y[j] + y - v;
            if (!slice.tissue[j] || p < 0 || q < 0 || p >= referenceWidth || q >= referenceHeight ||
                !reference.tissue[q * referenceWidth + p])
            {
              continue;
            }
            const Color & lab = referenceLab[q * referenceWidth + p];
            const double  weight = std::exp(-field.distance[j] / scale);
            sum += weight;
            squares += weight * (lab[1] * lab[1] + lab[2] * lab[2]);
            for (unsigned int c = 0; c < 3; ++c)
            {
              mean[c] += weight * lab[c];
            }
          }
        }
        if (sum <= 0.0)
        {
          continue;
        }
        Color lab;
        for (unsigned int c = 0; c < 3; ++c)
        {
          lab[c] = static_cast<float>(mean[c] / sum);
        }
        const double spread = std::max(0.0, squares / sum - lab[1] * lab[1] - lab[2] * lab[2]);
        const Color  rgb = LabToRGB(lab);
        std::copy(rgb.begin(), rgb.end(), result.colors->GetBufferPointer()[i].Begin());
        result.confidence->GetBufferPointer()[i] = static_cast<float>(
          std::exp(-0.5 * field.distance[i] / scale) * std::exp(-0.5 * spread / (agreement * agreement)));
      }
    });
}

float
EvaluateCurve(const IntensityCurve & curve, double value)
{
  const auto above = std::find_if(curve.begin(), curve.end(), [value](const auto & point) { return value < point[0]; });
  if (above == curve.begin())
  {
    return static_cast<float>(curve.front()[1]);
  }
  if (above == curve.end())
  {
    return static_cast<float>(curve.back()[1]);
  }
  const auto & left = *(above - 1);
  const auto & right = *above;
  return static_cast<float>(left[1] + (right[1] - left[1]) * (value - left[0]) / (right[0] - left[0]));
}

IntensityCurve
CTIntensityCurve()
{
  return { { { -980.0, 0.0 } }, { { -900.0, 0.15 } }, { { -400.0, 0.3 } }, { { -150.0, 0.75 } }, { { -60.0, 0.75 } },
           { { 0.0, 0.35 } },   { { 90.0, 0.3 } },    { { 250.0, 0.55 } }, { { 1000.0, 0.85 } } };
}

std::vector<AnalogyLevelParameters>
DeepAnalogyLevels()
{
  return { { 16, 1, 10, 0, 1.0 },
           { 8, 1, 10, 6, 0.8 },
           { 4, 1, 10, 6, 0.7 },
           { 2, 2, 10, 4, 0.6 },
           { 1, 2, 10, 4, 0.1 } };
}

std::vector<AnalogyLevelParameters>
DescriptorAnalogyLevels()
{
  return { { 16, 1, 8, 0, 1.0 }, { 8, 1, 8, 6, 0.8 }, { 4, 1, 8, 6, 0.8 }, { 2, 1, 8, 4, 0.8 }, { 1, 1, 8, 4, 0.8 } };
}

SliceAnalogy::SliceAnalogy(const PhotographType * photograph, const SliceAnalogyParameters & parameters)
  : m_Impl(std::make_unique<Impl>())
{
  m_Impl->parameters = parameters;
  const auto        size = photograph->GetBufferedRegion().GetSize();
  const std::size_t patch = 2 * parameters.levels.back().patchRadius + 1;
  if (size[0] < patch || size[1] < patch)
  {
    throw std::invalid_argument("The photograph has " + std::to_string(size[0]) + " x " + std::to_string(size[1]) +
                                " pixels, but patches of " + std::to_string(patch) + " x " + std::to_string(patch) +
                                " are compared.");
  }
  m_Impl->photograph = MakePhotographSection(photograph, BodyParts::Largest, m_Impl->photographLab);
}

SliceAnalogy::~SliceAnalogy() = default;

void
SliceAnalogy::Align(const std::vector<GraySlice> & slices, const ParallelFor & parallelFor)
{
  m_Impl->slices.assign(slices.size(), Section());
  std::vector<Frame> frames(slices.size());
  parallelFor(slices.size(),
              [&](std::size_t k)
              {
                const auto size = slices[k].intensity->GetBufferedRegion().GetSize();
                Section &  section = m_Impl->slices[k];
                section.width = size[0];
                section.height = size[1];
                section.spacing = { { slices[k].intensity->GetSpacing()[0], slices[k].intensity->GetSpacing()[1] } };
                const std::size_t pixels = section.width * section.height;
                section.intensity.assign(slices[k].intensity->GetBufferPointer(),
                                         slices[k].intensity->GetBufferPointer() + pixels);
                section.body.assign(slices[k].body->GetBufferPointer(), slices[k].body->GetBufferPointer() + pixels);
                section.tissue.resize(pixels);
                for (std::size_t i = 0; i < pixels; ++i)
                {
                  section.tissue[i] =
                    section.body[i] && section.intensity[i] >= m_Impl->parameters.airThreshold ? 1 : 0;
                }
                if (CountNonZero(section.body) > 0)
                {
                  frames[k] = MakeFrame(section, Orientation());
                }
              });

  const auto           orientations = AllOrientations();
  std::array<Frame, 8> photographFrames;
  parallelFor(orientations.size(),
              [&](std::size_t o) { photographFrames[o] = MakeFrame(m_Impl->photograph, orientations[o]); });
  m_Impl->costs.assign(orientations.size(), std::vector<double>(slices.size(), std::numeric_limits<double>::max()));
  for (std::size_t o = 0; o < orientations.size(); ++o)
  {
    for (std::size_t k = 0; k < slices.size(); ++k)
    {
      if (!frames[k].body.empty())
      {
        m_Impl->costs[o][k] = CompareFrames(photographFrames[o], frames[k]);
      }
    }
  }
  const auto costs = this->GetOrientationCosts();
  this->SetOrientation(static_cast<unsigned int>(std::min_element(costs.begin(), costs.end()) - costs.begin()));
}

std::array<double, 8>
SliceAnalogy::GetOrientationCosts() const
{
  std::array<double, 8> costs;
  std::transform(m_Impl->costs.begin(),
                 m_Impl->costs.end(),
                 costs.begin(),
                 [](const std::vector<double> & ofSlices)
                 { return *std::min_element(ofSlices.begin(), ofSlices.end()); });
  return costs;
}

void
SliceAnalogy::SetOrientation(unsigned int number)
{
  const std::vector<double> & costs = m_Impl->costs.at(number);
  const auto                  best = std::min_element(costs.begin(), costs.end());
  m_Impl->orientation = AllOrientations()[number];
  m_Impl->similarity.resize(costs.size());
  std::transform(costs.begin(),
                 costs.end(),
                 m_Impl->similarity.begin(),
                 [best](double cost) { return std::exp(-(cost - *best) / SimilarityScale); });
  const Section & level = m_Impl->slices[static_cast<std::size_t>(best - costs.begin())];
  this->SetPhotographSpacing(std::sqrt(static_cast<double>(CountNonZero(level.body)) * level.spacing[0] *
                                       level.spacing[1] / static_cast<double>(CountNonZero(m_Impl->photograph.body))));
}

void
SliceAnalogy::SetPhotographSpacing(double spacing)
{
  m_Impl->photographSpacing = spacing;
  m_Impl->reference = Section();
}

double
SliceAnalogy::GetSimilarity(std::size_t index) const
{
  return m_Impl->similarity.at(index);
}

AnalogySlice
SliceAnalogy::Colorize(std::size_t index, const ParallelFor & parallelFor, const AnalogySlice * neighbor)
{
  const Section & slice = m_Impl->slices.at(index);
  AnalogySlice    result;
  result.colors = MakeImage<RGBPixel<float>>(slice.width, slice.height, slice.spacing);
  result.confidence = MakeImage<float>(slice.width, slice.height, slice.spacing);
  result.similarity = m_Impl->similarity[index];
  const std::size_t tissuePixels = CountNonZero(slice.tissue);
  if (tissuePixels == 0)
  {
    return result;
  }
  if (m_Impl->reference.width == 0)
  {
    m_Impl->ResamplePhotograph(slice.spacing);
  }
  const auto                   levels = m_Impl->Levels(slice, result.similarity, parallelFor);
  const auto                   fields = std::make_shared<const AnalogyFields>(FindAnalogy(levels,
                                                                        neighbor ? neighbor->fields.get() : nullptr,
                                                                        m_Impl->parameters.coherence,
                                                                        parallelFor,
                                                                        IgnoreProgress));
  const NearestNeighborField & field = fields->forward.back();
  result.fields = fields;
  result.meanDistance = std::accumulate(field.distance.begin(), field.distance.end(), 0.0) / tissuePixels;
  m_Impl->Vote(slice, field, result, parallelFor);
  return result;
}

std::array<bool, 3>
SliceAnalogy::GetOrientation() const
{
  return { { m_Impl->orientation.transposed, m_Impl->orientation.mirroredX, m_Impl->orientation.mirroredY } };
}

double
SliceAnalogy::GetPhotographSpacing() const
{
  return m_Impl->photographSpacing;
}

} // namespace colorization
} // namespace itk
