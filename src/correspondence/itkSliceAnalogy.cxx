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
#include "itkPatchMatcher.h"

#include "itkLinearInterpolateImageFunction.h"
#include "itkSignedMaurerDistanceMapImageFilter.h"
#include "itkSmoothingRecursiveGaussianImageFilter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

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

/** The rank of each tissue pixel's intensity among all, 0..1; 0 elsewhere. */
std::vector<float>
EqualizeIntensity(const Section & section)
{
  constexpr std::size_t      bins = 1024;
  std::vector<std::uint32_t> histogram(bins);
  const auto                 binOf = [](float value)
  { return static_cast<std::size_t>(std::min(std::max(value, 0.0f), 1.0f) * (bins - 1)); };
  for (std::size_t i = 0; i < section.intensity.size(); ++i)
  {
    histogram[binOf(section.intensity[i])] += section.tissue[i] ? 1 : 0;
  }
  std::vector<float> rank(bins);
  const double       total = std::max<double>(1.0, std::accumulate(histogram.begin(), histogram.end(), 0.0));
  double             below = 0.0;
  for (std::size_t k = 0; k < bins; ++k)
  {
    rank[k] = static_cast<float>((below + 0.5 * histogram[k]) / total);
    below += histogram[k];
  }
  std::vector<float> equalized(section.intensity.size());
  for (std::size_t i = 0; i < equalized.size(); ++i)
  {
    equalized[i] = section.tissue[i] ? rank[binOf(section.intensity[i])] : 0.0f;
  }
  return equalized;
}

/** The intensity in standard deviations from the mean of the tissue around, by a Gaussian window, squeezed to 0..1:
 * 0.5 is the mean. Unlike a rank, it does not depend on how much of which tissue the section shows. */
std::vector<float>
StandardizeIntensity(const Section & section, double windowSigma)
{
  const auto smooth = [&](const auto & valueOf)
  {
    auto image = MakeImage<float>(section.width, section.height, section.spacing);
    for (std::size_t i = 0; i < section.intensity.size(); ++i)
    {
      image->GetBufferPointer()[i] = section.tissue[i] ? valueOf(section.intensity[i]) : 0.0f;
    }
    auto filter = SmoothingRecursiveGaussianImageFilter<FloatImage, FloatImage>::New();
    filter->SetInput(image);
    filter->SetSigma(windowSigma);
    filter->SetNumberOfWorkUnits(1);
    filter->Update();
    FloatImage::Pointer output = filter->GetOutput();
    return output;
  };
  const auto         weight = smooth([](float) { return 1.0f; });
  const auto         sum = smooth([](float value) { return value; });
  const auto         squares = smooth([](float value) { return value * value; });
  std::vector<float> standardized(section.intensity.size());
  for (std::size_t i = 0; i < standardized.size(); ++i)
  {
    const double w = weight->GetBufferPointer()[i];
    if (section.tissue[i] && w > 1e-6)
    {
      const double mean = sum->GetBufferPointer()[i] / w;
      const double variance = std::max(0.0, squares->GetBufferPointer()[i] / w - mean * mean);
      // One percent of the range is noise.
      const double score = (section.intensity[i] - mean) / std::sqrt(variance + 1e-4);
      standardized[i] = static_cast<float>(0.5 + 0.5 * std::tanh(0.5 * score));
    }
  }
  return standardized;
}

/** 1 - exp(-d / scale) for the distance d to the outside of the body; 0 outside. */
std::vector<float>
DepthBelowSkin(const Section & section, double scale)
{
  auto body = MakeImage<unsigned char>(section.width, section.height, section.spacing);
  std::copy(section.body.begin(), section.body.end(), body->GetBufferPointer());
  auto distance = SignedMaurerDistanceMapImageFilter<ByteImage, FloatImage>::New();
  distance->SetInput(body);
  distance->SquaredDistanceOff();
  distance->UseImageSpacingOn();
  distance->InsideIsPositiveOn();
  distance->SetNumberOfWorkUnits(1);
  distance->Update();
  std::vector<float> depth(section.body.size());
  for (std::size_t i = 0; i < depth.size(); ++i)
  {
    const float d = std::max(0.0f, distance->GetOutput()->GetBufferPointer()[i]);
    depth[i] = section.body[i] ? static_cast<float>(1.0 - std::exp(-d / scale)) : 0.0f;
  }
  return depth;
}

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
  std::vector<float> referenceFeatures;

  std::vector<Section> slices;
  std::vector<double>  similarity;

  void
  ResamplePhotograph(const std::array<double, 2> & spacing, const ParallelFor & parallelFor);
  std::vector<float>
  Features(const Section & section, const ParallelFor & parallelFor) const;
  std::vector<float>
  Weights(double positionWeight) const;
  void
  Vote(const Section &              slice,
       const NearestNeighborField & field,
       AnalogySlice &               result,
       const ParallelFor &          parallelFor) const;
};

/** Puts the photograph onto the slices' grid. */
void
SliceAnalogy::Impl::ResamplePhotograph(const std::array<double, 2> & spacing, const ParallelFor & parallelFor)
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
  referenceFeatures = this->Features(reference, parallelFor);
}

/** The features of every pixel, unweighted: descriptors, position, depth, equalised and standardised intensity. */
std::vector<float>
SliceAnalogy::Impl::Features(const Section & section, const ParallelFor & parallelFor) const
{
  // What lies outside of the body looks different in every modality, so it is made black in all.
  std::vector<float> inside = section.intensity;
  for (std::size_t i = 0; i < inside.size(); ++i)
  {
    inside[i] = section.body[i] ? inside[i] : 0.0f;
  }
  const std::vector<float> descriptors =
    Descriptors(inside, section.width, section.height, MakeMINDParameters(parameters.dilations), parallelFor);
  const std::vector<float> depth = DepthBelowSkin(section, parameters.depthScale);
  const std::vector<float> intensity = EqualizeIntensity(section);
  const std::vector<float> contrast = StandardizeIntensity(section, parameters.contrastSigma);
  const Bounds             bounds = BodyBounds(section);
  const std::size_t        pixels = section.width * section.height;
  const std::size_t        descriptorComponents = descriptors.size() / pixels;

  std::vector<float> features;
  features.reserve(pixels * (descriptorComponents + 5));
  for (std::size_t i = 0; i < pixels; ++i)
  {
    const float * descriptor = descriptors.data() + i * descriptorComponents;
    features.insert(features.end(), descriptor, descriptor + descriptorComponents);
    features.push_back(
      static_cast<float>((i % section.width - bounds.left) / std::max(1.0, bounds.right - bounds.left)));
    features.push_back(
      static_cast<float>((i / section.width - bounds.top) / std::max(1.0, bounds.bottom - bounds.top)));
    features.push_back(depth[i]);
    features.push_back(intensity[i]);
    features.push_back(contrast[i]);
  }
  return features;
}

/** The factor of every feature: the square root of its weight. */
std::vector<float>
SliceAnalogy::Impl::Weights(double positionWeight) const
{
  const std::size_t  descriptorComponents = parameters.dilations.size() * MINDComponentsPerScale(2);
  std::vector<float> weights(descriptorComponents,
                             static_cast<float>(std::sqrt(parameters.descriptorWeight / descriptorComponents)));
  weights.push_back(static_cast<float>(std::sqrt(positionWeight)));
  weights.push_back(static_cast<float>(std::sqrt(positionWeight)));
  weights.push_back(static_cast<float>(std::sqrt(parameters.depthWeight)));
  weights.push_back(static_cast<float>(std::sqrt(parameters.intensityWeight)));
  weights.push_back(static_cast<float>(std::sqrt(parameters.contrastWeight)));
  return weights;
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

SliceAnalogy::SliceAnalogy(const PhotographType * photograph, const SliceAnalogyParameters & parameters)
  : m_Impl(std::make_unique<Impl>())
{
  m_Impl->parameters = parameters;
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
  double                           best = std::numeric_limits<double>::max();
  std::size_t                      bestOrientation = 0;
  std::size_t                      bestSlice = 0;
  std::vector<std::vector<double>> cost(8, std::vector<double>(slices.size(), best));
  for (std::size_t o = 0; o < orientations.size(); ++o)
  {
    for (std::size_t k = 0; k < slices.size(); ++k)
    {
      cost[o][k] =
        frames[k].body.empty() ? std::numeric_limits<double>::max() : CompareFrames(photographFrames[o], frames[k]);
      if (cost[o][k] < best)
      {
        best = cost[o][k];
        bestOrientation = o;
        bestSlice = k;
      }
    }
  }
  m_Impl->orientation = orientations[bestOrientation];
  m_Impl->similarity.resize(slices.size());
  for (std::size_t k = 0; k < slices.size(); ++k)
  {
    m_Impl->similarity[k] = std::exp(-(cost[bestOrientation][k] - best) / SimilarityScale);
  }
  const Section & level = m_Impl->slices[bestSlice];
  m_Impl->photographSpacing = std::sqrt(static_cast<double>(CountNonZero(level.body)) * level.spacing[0] *
                                        level.spacing[1] / CountNonZero(m_Impl->photograph.body));
  m_Impl->ResamplePhotograph(level.spacing, parallelFor);
}

AnalogySlice
SliceAnalogy::Colorize(std::size_t index, const ParallelFor & parallelFor) const
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
  const SliceAnalogyParameters & parameters = m_Impl->parameters;
  const std::vector<float>       weights = m_Impl->Weights(
    parameters.weakPositionWeight + (parameters.positionWeight - parameters.weakPositionWeight) * result.similarity);
  const auto weighted = [&](std::vector<float> features)
  {
    for (std::size_t i = 0; i < features.size(); ++i)
    {
      features[i] *= weights[i % weights.size()];
    }
    return features;
  };
  const std::vector<float> sliceFeatures = weighted(m_Impl->Features(slice, parallelFor));
  const std::vector<float> referenceFeatures = weighted(m_Impl->referenceFeatures);

  FeatureImageView target;
  target.values = sliceFeatures.data();
  target.width = slice.width;
  target.height = slice.height;
  target.components = static_cast<unsigned int>(weights.size());
  target.mask = slice.tissue.data();
  FeatureImageView reference;
  reference.values = referenceFeatures.data();
  reference.width = m_Impl->reference.width;
  reference.height = m_Impl->reference.height;
  reference.components = target.components;
  reference.mask = m_Impl->reference.tissue.data();
  PatchMatchParameters matching;
  matching.patchRadius = parameters.patchRadius;
  matching.iterations = parameters.iterations;
  NearestNeighborField field;
  MatchPatches(target, reference, matching, field, parallelFor);

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
