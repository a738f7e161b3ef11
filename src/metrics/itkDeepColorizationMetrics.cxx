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
#include "itkDeepColorizationMetrics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace itk
{
namespace colorization
{
namespace
{
using Metric = ColorizationMetric;

/** Both images, slice by slice, as networks see them. */
class SlicePairs
{
public:
  explicit SlicePairs(const ColorizationMetricsInput & input)
    : m_Input(input)
    , m_Pixels(input.size[0] * input.size[1])
    , m_Mask(input.mask ? m_Pixels : 0)
  {}

  /** Values of a picture. */
  std::size_t
  PictureSize() const
  {
    return 3 * m_Pixels;
  }

  /** Reads the mask of a slice, for which the next pictures are; whether it leaves anything to compare. */
  bool
  Enter(std::size_t slice)
  {
    m_Slice = slice;
    if (m_Mask.empty())
    {
      return true;
    }
    m_Input.mask(slice, m_Mask.data());
    return std::any_of(m_Mask.begin(), m_Mask.end(), [](std::uint8_t value) { return value != 0; });
  }

  /** Empty if there is none. */
  const std::vector<std::uint8_t> &
  Mask() const
  {
    return m_Mask;
  }

  /** Writes the slice as RGB of 0..1. */
  void
  Read(const SliceReader & reader, float * picture) const
  {
    reader(m_Slice, picture);
    const auto scale = static_cast<float>(1.0 / m_Input.range);
    std::transform(picture, picture + this->PictureSize(), picture, [scale](float value) { return scale * value; });
  }

  /** The same, black outside the mask. */
  void
  ReadInMask(const SliceReader & reader, float * picture) const
  {
    this->Read(reader, picture);
    for (std::size_t i = 0; i < m_Mask.size(); ++i)
    {
      if (m_Mask[i] == 0)
      {
        picture[i] = picture[m_Pixels + i] = picture[2 * m_Pixels + i] = 0.0f;
      }
    }
  }

private:
  const ColorizationMetricsInput & m_Input;
  std::size_t                      m_Pixels;
  std::vector<std::uint8_t>        m_Mask;
  std::size_t                      m_Slice = 0;
};

/** What the mask covers of the pixels of each layer; empty without a mask. */
std::vector<std::vector<float>>
CoverageOfLayers(const std::vector<FeatureMaps> &   layers,
                 const std::vector<std::uint8_t> &  mask,
                 const std::array<std::size_t, 3> & size)
{
  std::vector<std::vector<float>> coverage;
  for (const FeatureMaps & layer : layers)
  {
    if (!mask.empty())
    {
      coverage.push_back(
        ComputeCoverage(mask.data(), { { size[0], size[1] } }, { { layer.width, layer.pixels / layer.width } }));
    }
  }
  return coverage;
}

void
EvaluatePerceptualDistance(const ColorizationMetricsInput & input,
                           const DeepMetricsNetworks &      networks,
                           ColorizationMetricReport &       report,
                           const ProgressCallback &         progress)
{
  SlicePairs         pairs(input);
  std::vector<float> picture(pairs.PictureSize());
  double             sum = 0.0;
  std::size_t        count = 0;
  report = ColorizationMetricReport();
  report.compared = "colours: result - reference";
  report.perSlice.assign(input.size[2], ColorizationMetricReport::None);
  for (std::size_t slice = 0; slice < input.size[2]; ++slice)
  {
    if (pairs.Enter(slice))
    {
      pairs.Read(input.result, picture.data());
      const auto ofResult = networks.perceptualMaps(picture.data());
      pairs.Read(input.reference, picture.data());
      const auto   ofReference = networks.perceptualMaps(picture.data());
      const auto   coverage = CoverageOfLayers(ofResult, pairs.Mask(), input.size);
      const double distance = LearnedPerceptualDistance(ofResult, ofReference, networks.perceptualWeights, coverage);
      if (!std::isfinite(distance))
      {
        throw std::invalid_argument("The features of LPIPS are not finite.");
      }
      report.perSlice[slice] = distance;
      sum += distance;
      ++count;
    }
    progress(static_cast<double>(slice + 1) / static_cast<double>(input.size[2]));
  }
  report.value = sum / static_cast<double>(count);
  if (input.size[2] > 1)
  {
    report.meanOfSlices = report.value;
  }
}

/** Features of many pictures, some at a time. */
class FeatureCollector
{
public:
  FeatureCollector(const DeepMetricsNetworks & networks, std::size_t pictureSize)
    : m_Networks(networks)
    , m_PictureSize(pictureSize)
    , m_Pictures(networks.batchSize * pictureSize)
  {}

  /** Where the next picture is to be written. */
  float *
  Next()
  {
    return m_Pictures.data() + m_Waiting * m_PictureSize;
  }

  /** The next picture is there. */
  void
  Push()
  {
    if (++m_Waiting == m_Networks.batchSize)
    {
      this->Flush();
    }
  }

  /** The features of all pictures until now. */
  const FeatureSamples &
  Flush()
  {
    if (m_Waiting == 0)
    {
      return m_Features;
    }
    const FeatureSamples more = m_Networks.features(m_Pictures.data(), m_Waiting);
    if (m_Features.samples > 0 && more.dimensions != m_Features.dimensions)
    {
      throw std::invalid_argument("The network of FID makes " + std::to_string(m_Features.dimensions) +
                                  " features of one slice and " + std::to_string(more.dimensions) + " of another.");
    }
    m_Features.dimensions = more.dimensions;
    m_Features.samples += more.samples;
    m_Features.values.insert(m_Features.values.end(), more.values.begin(), more.values.end());
    m_Waiting = 0;
    return m_Features;
  }

private:
  const DeepMetricsNetworks & m_Networks;
  std::size_t                 m_PictureSize;
  std::vector<float>          m_Pictures;
  std::size_t                 m_Waiting = 0;
  FeatureSamples              m_Features{};
};

/** Throws if `count` slices are not enough for a covariance; by one of them, before all others are run. */
void
VerifyEnoughSlices(const DeepMetricsNetworks & networks, const std::vector<float> & picture, std::size_t count)
{
  const std::size_t dimensions = networks.features(picture.data(), 1).dimensions;
  const std::size_t least = std::max<std::size_t>(dimensions, 2);
  if (count < least)
  {
    throw std::invalid_argument("FID has " + std::to_string(count) + " slices, of which the network makes " +
                                std::to_string(dimensions) + " features each, but at least " + std::to_string(least) +
                                " slices are needed: with fewer, the covariance is singular.");
  }
}

void
EvaluateFrechetDistance(const ColorizationMetricsInput & input,
                        const DeepMetricsNetworks &      networks,
                        ColorizationMetricReport &       report,
                        const ProgressCallback &         progress)
{
  SlicePairs               pairs(input);
  std::vector<std::size_t> slices;
  for (std::size_t slice = 0; slice < input.size[2]; ++slice)
  {
    if (pairs.Enter(slice))
    {
      slices.push_back(slice);
    }
  }
  std::vector<float> picture(pairs.PictureSize());
  pairs.Enter(slices.front());
  pairs.ReadInMask(input.result, picture.data());
  VerifyEnoughSlices(networks, picture, slices.size());
  FeatureCollector ofResult(networks, pairs.PictureSize());
  FeatureCollector ofReference(networks, pairs.PictureSize());
  for (std::size_t i = 0; i < slices.size(); ++i)
  {
    pairs.Enter(slices[i]);
    pairs.ReadInMask(input.result, ofResult.Next());
    pairs.ReadInMask(input.reference, ofReference.Next());
    ofResult.Push();
    ofReference.Push();
    progress(0.95 * static_cast<double>(i + 1) / static_cast<double>(slices.size()));
  }
  report = ColorizationMetricReport();
  report.compared = "colours: slices of the result - slices of the reference";
  report.value = FrechetDistance(ofResult.Flush(), ofReference.Flush());
  report.ofVolume = report.value;
  progress(1.0);
}
} // namespace

void
EvaluateDeepMetrics(const ColorizationMetricsInput &      input,
                    const ColorizationMetricsParameters & parameters,
                    const DeepMetricsNetworks &           networks,
                    ColorizationMetricsReport &           report,
                    const ProgressCallback &              progress)
{
  const bool   hasDistance = networks.perceptualMaps && input.reference && parameters.Wants(Metric::LPIPS);
  const bool   hasFrechet = networks.features && input.reference && parameters.Wants(Metric::FID);
  const double share = !hasFrechet ? 1.0 : hasDistance ? 0.5 : 0.0;
  if (hasDistance)
  {
    EvaluatePerceptualDistance(input,
                               networks,
                               report[Metric::LPIPS],
                               [&](double fraction) { progress(share * fraction); });
  }
  if (hasFrechet)
  {
    EvaluateFrechetDistance(input,
                            networks,
                            report[Metric::FID],
                            [&](double fraction) { progress(share + (1.0 - share) * fraction); });
  }
  progress(1.0);
}

} // namespace colorization
} // namespace itk
