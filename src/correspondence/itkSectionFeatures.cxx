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
#include "itkSectionFeatures.h"

#include "itkSignedMaurerDistanceMapImageFilter.h"
#include "itkSmoothingRecursiveGaussianImageFilter.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace itk
{
namespace colorization
{
namespace
{
using FloatImage = Image<float, 2>;
using ByteImage = Image<unsigned char, 2>;

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

} // namespace

LevelFeatures
ComputeSectionFeatures(const Section &                section,
                       const SliceAnalogyParameters & parameters,
                       const ParallelFor &            parallelFor)
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
  const auto               factor = [](double weight) { return static_cast<float>(std::sqrt(weight)); };
  const float ofDescriptors = factor(parameters.descriptorWeight / static_cast<double>(descriptorComponents));
  const float ofDepth = factor(parameters.depthWeight);
  const float ofIntensity = factor(parameters.intensityWeight);
  const float ofContrast = factor(parameters.contrastWeight);

  LevelFeatures features;
  features.width = section.width;
  features.height = section.height;
  features.components = static_cast<unsigned int>(descriptorComponents + 5);
  features.mask = section.tissue;
  features.values.reserve(pixels * features.components);
  for (std::size_t i = 0; i < pixels; ++i)
  {
    const float * descriptor = descriptors.data() + i * descriptorComponents;
    std::transform(descriptor,
                   descriptor + descriptorComponents,
                   std::back_inserter(features.values),
                   [ofDescriptors](float value) { return value * ofDescriptors; });
    const double x = static_cast<double>(i % section.width) - bounds.left;
    const double y = static_cast<double>(i / section.width) - bounds.top;
    features.values.push_back(static_cast<float>(x / std::max(1.0, bounds.right - bounds.left)));
    features.values.push_back(static_cast<float>(y / std::max(1.0, bounds.bottom - bounds.top)));
    features.values.push_back(ofDepth * depth[i]);
    features.values.push_back(ofIntensity * intensity[i]);
    features.values.push_back(ofContrast * contrast[i]);
  }
  return features;
}

void
WeightPosition(LevelFeatures & features, double weight)
{
  const auto factor = static_cast<float>(std::sqrt(weight));
  // The place is followed by depth and two intensities.
  for (std::size_t i = features.components - 5; i < features.values.size(); i += features.components)
  {
    features.values[i] *= factor;
    features.values[i + 1] *= factor;
  }
}

LevelFeatures
NormalizeDeepFeatures(const DeepFeatureMap & map, const Section & section)
{
  constexpr float     weakest = 0.05f;
  const std::size_t   pixels = map.width * map.height;
  std::vector<double> squares(pixels, 0.0);
  for (std::size_t i = 0; i < map.values.size(); ++i)
  {
    squares[i / map.components] += static_cast<double>(map.values[i]) * static_cast<double>(map.values[i]);
  }
  const double  greatest = *std::max_element(squares.begin(), squares.end());
  LevelFeatures features;
  features.width = map.width;
  features.height = map.height;
  features.components = map.components;
  features.mask = ShrinkSection(section, map.width, map.height).tissue;
  features.response.resize(pixels);
  features.values.resize(map.values.size());
  for (std::size_t i = 0; i < map.values.size(); ++i)
  {
    const std::size_t pixel = i / map.components;
    features.values[i] = static_cast<float>(static_cast<double>(map.values[i]) / std::sqrt(squares[pixel] + 1e-20));
    features.response[pixel] = squares[pixel] > weakest * greatest ? 1 : 0;
  }
  return features;
}

Section
ShrinkSection(const Section & section, std::size_t width, std::size_t height)
{
  Section shrunk;
  shrunk.width = width;
  shrunk.height = height;
  shrunk.spacing = { { section.spacing[0] * static_cast<double>(section.width) / static_cast<double>(width),
                       section.spacing[1] * static_cast<double>(section.height) / static_cast<double>(height) } };
  shrunk.intensity.resize(width * height);
  shrunk.body.resize(width * height);
  shrunk.tissue.resize(width * height);
  for (std::size_t y = 0; y < height; ++y)
  {
    const std::size_t top = y * section.height / height;
    const std::size_t bottom = std::max(top + 1, (y + 1) * section.height / height);
    for (std::size_t x = 0; x < width; ++x)
    {
      const std::size_t left = x * section.width / width;
      const std::size_t right = std::max(left + 1, (x + 1) * section.width / width);
      const std::size_t k = y * width + x;
      double            sum = 0.0;
      for (std::size_t v = top; v < bottom; ++v)
      {
        for (std::size_t u = left; u < right; ++u)
        {
          const std::size_t i = v * section.width + u;
          sum += static_cast<double>(section.intensity[i]);
          shrunk.body[k] |= section.body[i] ? 1 : 0;
          shrunk.tissue[k] |= section.tissue[i] ? 1 : 0;
        }
      }
      shrunk.intensity[k] = static_cast<float>(sum / static_cast<double>((bottom - top) * (right - left)));
    }
  }
  return shrunk;
}

} // namespace colorization
} // namespace itk
