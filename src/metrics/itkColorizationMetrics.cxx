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
#include "itkColorizationMetrics.h"
#include "itkColorStatistics.h"
#include "itkFeatureSimilarity.h"
#include "itkStructuralSimilarity.h"
#include "itkStructuralTextureSimilarity.h"
#include "itkWindowMoments.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>

namespace itk
{
namespace colorization
{
namespace
{
constexpr double                     None = ColorizationMetricReport::None;
constexpr std::size_t                HistogramBins = 256;
constexpr std::array<std::size_t, 4> LocalWindows{ { 3, 5, 7, 9 } };
constexpr std::size_t                VolumeWindow = 11;

/** Slices that a thread takes in a go; it looks at VolumeWindow - 1 more. */
constexpr std::size_t FewestSlicesOfChunk = 4;
constexpr std::size_t MostSlicesOfChunk = 12;

/** Exactly v for the gray (v, v, v). */
void
ComputeLuminance(const float * rgb, std::size_t pixels, float * luminance)
{
  for (std::size_t i = 0; i < pixels; ++i)
  {
    const float green = rgb[pixels + i];
    luminance[i] = green + 0.299f * (rgb[i] - green) + 0.114f * (rgb[2 * pixels + i] - green);
  }
}

PixelSum
SumSquaredDifferences(const float * x, const float * y, std::size_t pixels, const std::uint8_t * mask)
{
  PixelSum sum;
  for (std::size_t i = 0; i < pixels; ++i)
  {
    if (!mask || mask[i] != 0)
    {
      const double difference = static_cast<double>(x[i]) - static_cast<double>(y[i]);
      sum.sum += difference * difference;
      ++sum.count;
    }
  }
  return sum;
}

double
SignalToNoise(double meanSquaredError, double range)
{
  return 10.0 * std::log10(range * range / meanSquaredError);
}

/** Sums of which the correlation of gradients is made. */
struct GradientSums
{
  void
  Add(const GradientSums & other)
  {
    products += other.products;
    squaresX += other.squaresX;
    squaresY += other.squaresY;
  }

  void
  Add(float x, float y)
  {
    const double a = static_cast<double>(x);
    const double b = static_cast<double>(y);
    products += a * b;
    squaresX += a * a;
    squaresY += b * b;
  }

  /** NaN if there is no gradient in either image, and 0 if there is in one. */
  double
  Correlation() const
  {
    if (squaresX == 0.0 && squaresY == 0.0)
    {
      return None;
    }
    return squaresX == 0.0 || squaresY == 0.0 ? 0.0 : products / (std::sqrt(squaresX) * std::sqrt(squaresY));
  }

  double products = 0.0;
  double squaresX = 0.0;
  double squaresY = 0.0;
};

/** Gradients along the axes of a slice. */
GradientSums
SumGradients(const float * x, const float * y, std::size_t width, std::size_t height, const std::uint8_t * mask)
{
  GradientSums sums;
  for (std::size_t row = 0; row < height; ++row)
  {
    GradientSums sumsOfRow;
    for (std::size_t column = 0; column < width; ++column)
    {
      const std::size_t i = row * width + column;
      if (mask && mask[i] == 0)
      {
        continue;
      }
      if (column > 0 && column + 1 < width)
      {
        sumsOfRow.Add(0.5f * (x[i + 1] - x[i - 1]), 0.5f * (y[i + 1] - y[i - 1]));
      }
      if (row > 0 && row + 1 < height)
      {
        sumsOfRow.Add(0.5f * (x[i + width] - x[i - width]), 0.5f * (y[i + width] - y[i - width]));
      }
    }
    sums.Add(sumsOfRow);
  }
  return sums;
}

/** Gradients across slices. */
GradientSums
SumGradientsAcross(const float *        beforeX,
                   const float *        afterX,
                   const float *        beforeY,
                   const float *        afterY,
                   std::size_t          pixels,
                   const std::uint8_t * mask)
{
  GradientSums sums;
  for (std::size_t i = 0; i < pixels; ++i)
  {
    if (!mask || mask[i] != 0)
    {
      sums.Add(0.5f * (afterX[i] - beforeX[i]), 0.5f * (afterY[i] - beforeY[i]));
    }
  }
  return sums;
}

/** How often pairs of values occur. */
using JointHistogram = std::vector<std::uint64_t>;

void
AddToHistogram(const float *        x,
               const float *        y,
               std::size_t          pixels,
               double               range,
               const std::uint8_t * mask,
               JointHistogram &     histogram)
{
  const auto scale = static_cast<float>(static_cast<double>(HistogramBins - 1) / range);
  const auto binOf = [scale](float value)
  {
    const float bin = std::min(std::max(scale * value + 0.5f, 0.0f), static_cast<float>(HistogramBins - 1));
    return static_cast<std::size_t>(bin);
  };
  for (std::size_t i = 0; i < pixels; ++i)
  {
    if (!mask || mask[i] != 0)
    {
      ++histogram[binOf(x[i]) * HistogramBins + binOf(y[i])];
    }
  }
}

struct Information
{
  double mutual = None;
  double entropyX = None;
  double entropyY = None;
};

double
EntropyOf(const std::vector<std::uint64_t> & counts, std::uint64_t total)
{
  double entropy = 0.0;
  for (const std::uint64_t count : counts)
  {
    if (count > 0)
    {
      const double share = static_cast<double>(count) / static_cast<double>(total);
      entropy -= share * std::log2(share);
    }
  }
  return entropy;
}

Information
MutualInformationOf(const JointHistogram & histogram)
{
  std::vector<std::uint64_t> countsX(HistogramBins);
  std::vector<std::uint64_t> countsY(HistogramBins);
  std::uint64_t              total = 0;
  for (std::size_t x = 0; x < HistogramBins; ++x)
  {
    for (std::size_t y = 0; y < HistogramBins; ++y)
    {
      const std::uint64_t count = histogram[x * HistogramBins + y];
      countsX[x] += count;
      countsY[y] += count;
      total += count;
    }
  }
  if (total == 0)
  {
    return {};
  }
  Information information;
  information.entropyX = EntropyOf(countsX, total);
  information.entropyY = EntropyOf(countsY, total);
  information.mutual = 0.0;
  for (std::size_t x = 0; x < HistogramBins; ++x)
  {
    for (std::size_t y = 0; y < HistogramBins; ++y)
    {
      const auto count = static_cast<double>(histogram[x * HistogramBins + y]);
      if (count > 0.0)
      {
        const double marginals = static_cast<double>(countsX[x]) * static_cast<double>(countsY[y]);
        information.mutual +=
          count / static_cast<double>(total) * std::log2(count * static_cast<double>(total) / marginals);
      }
    }
  }
  return information;
}

/** What is found in one slice. */
struct SliceFindings
{
  PixelSum                          colorSquares;
  PixelSum                          luminanceSquares;
  double                            ssim = None;
  std::array<double, 4>             ssimOfWindows{ { None, None, None, None } };
  std::array<double, 3>             ssimOfChannels{ { None, None, None } };
  double                            multiScale = None;
  std::array<double, 3>             multiScaleOfChannels{ { None, None, None } };
  FeatureSimilarityReport           features{ None, None };
  StructuralTextureSimilarityReport texture{ None, None };
  OpponentSums                      opponents;
  OpponentSums                      opponentsOfReference;
  Information                       information;
  ColorDifferenceSums               differences;
  GradientSums                      gradients;
  PixelSum                          flicker;
};

/** What is found in several slices together. */
struct VolumeFindings
{
  JointHistogram histogram;
  SimilaritySums similarity;
  GradientSums   gradientsAcross;
};

/** A slice in memory; what is not needed is empty. */
struct Slice
{
  const std::uint8_t *
  Mask() const
  {
    return mask.empty() ? nullptr : mask.data();
  }

  void
  TakeColors(Slice & other)
  {
    result = std::move(other.result);
    reference = std::move(other.reference);
    lab = std::move(other.lab);
    labOfReference = std::move(other.labOfReference);
  }

  std::vector<float>        result;
  std::vector<float>        reference;
  std::vector<float>        source;
  std::vector<float>        luminance;
  std::vector<float>        luminanceOfReference;
  std::vector<float>        lab;
  std::vector<float>        labOfReference;
  std::vector<std::uint8_t> mask;
};

class Evaluation
{
public:
  Evaluation(const ColorizationMetricsInput & input, const ColorizationMetricsParameters & parameters)
    : m_Input(input)
    , m_Parameters(parameters)
    , m_Width(input.size[0])
    , m_Height(input.size[1])
    , m_Slices(input.size[2])
    , m_Pixels(m_Width * m_Height)
    , m_LabConverter(input.range)
    , m_Findings(m_Slices)
  {
    m_Window.range = input.range;
    m_Window.windowSize = VolumeWindow;
    if (this->Wants(ColorizationMetric::FSIM) || this->Wants(ColorizationMetric::FSIMc))
    {
      m_FeatureSimilarity = std::make_unique<FeatureSimilarity>(m_Width, m_Height);
    }
    if (this->WantsTexture())
    {
      m_TextureSimilarity = std::make_unique<StructuralTextureSimilarity>(m_Width, m_Height);
    }
  }

  ColorizationMetricsReport
  Run(const ParallelFor & parallelFor, const ProgressCallback & progress);

private:
  using Metric = ColorizationMetric;

  bool
  HasReference() const
  {
    return static_cast<bool>(m_Input.reference);
  }
  bool
  HasSource() const
  {
    return static_cast<bool>(m_Input.source);
  }
  /** Whether there is a gray image to compare luminance with. */
  bool
  HasStructure() const
  {
    return this->HasReference() || this->HasSource();
  }

  bool
  Wants(Metric metric) const
  {
    return m_Parameters.Wants(metric);
  }
  bool
  WantsTexture() const
  {
    return this->HasStructure() && (this->Wants(Metric::STSIM1) || this->Wants(Metric::STSIM2));
  }
  bool
  WantsLab() const
  {
    const bool wantsDifference = this->Wants(Metric::DeltaE76) || this->Wants(Metric::DeltaE2000);
    return this->WantsFlicker() || (this->HasReference() && wantsDifference);
  }
  bool
  WantsFlicker() const
  {
    return this->Wants(Metric::Flicker) && m_Slices > 1;
  }
  bool
  WantsMultiScale() const
  {
    return this->Wants(Metric::MSSSIM);
  }
  bool
  WantsVolumeSimilarity() const
  {
    return this->HasStructure() && this->Wants(Metric::SSIM) &&
           std::min({ m_Width, m_Height, m_Slices }) >= VolumeWindow;
  }

  /** What structure is compared with. */
  const float *
  StructureOf(const Slice & slice) const
  {
    return this->HasSource() ? slice.source.data() : slice.luminanceOfReference.data();
  }

  /** What texture is compared with. */
  const float *
  TextureOf(const Slice & slice) const
  {
    return this->HasReference() ? slice.luminanceOfReference.data() : slice.source.data();
  }

  /** Reads slice z: all of it, or what neighbouring slices need. */
  void
  Read(std::size_t z, Slice & slice) const;

  void
  ComputeLab(Slice & slice) const;

  void
  EvaluateChunk(std::size_t first, std::size_t end, VolumeFindings & volume);

  void
  EvaluateSlice(const Slice &         slice,
                const WindowMoments & moments,
                WindowMoments &       memory,
                SliceFindings &       findings,
                VolumeFindings &      volume) const;

  void
  EvaluatePixels(const Slice & slice, SliceFindings & findings, VolumeFindings & volume) const;

  void
  EvaluateStructure(const Slice &         slice,
                    const WindowMoments & moments,
                    WindowMoments &       memory,
                    SliceFindings &       findings) const;

  void
  EvaluateChannels(const Slice & slice, WindowMoments & memory, SliceFindings & findings) const;

  ColorizationMetricsReport
  Report(const VolumeFindings & volume) const;

  const ColorizationMetricsInput &      m_Input;
  const ColorizationMetricsParameters & m_Parameters;
  std::size_t                           m_Width;
  std::size_t                           m_Height;
  std::size_t                           m_Slices;
  std::size_t                           m_Pixels;
  StructuralSimilarityParameters        m_Window;
  LabConverter                          m_LabConverter;
  std::vector<SliceFindings>            m_Findings;

  std::unique_ptr<FeatureSimilarity>           m_FeatureSimilarity;
  std::unique_ptr<StructuralTextureSimilarity> m_TextureSimilarity;
};

void
Evaluation::Read(std::size_t z, Slice & slice) const
{
  slice.result.resize(3 * m_Pixels);
  slice.luminance.resize(m_Pixels);
  m_Input.result(z, slice.result.data());
  ComputeLuminance(slice.result.data(), m_Pixels, slice.luminance.data());
  if (this->HasReference())
  {
    slice.reference.resize(3 * m_Pixels);
    slice.luminanceOfReference.resize(m_Pixels);
    m_Input.reference(z, slice.reference.data());
    ComputeLuminance(slice.reference.data(), m_Pixels, slice.luminanceOfReference.data());
  }
  if (this->HasSource())
  {
    slice.source.resize(m_Pixels);
    m_Input.source(z, slice.source.data());
  }
  if (m_Input.mask)
  {
    slice.mask.resize(m_Pixels);
    m_Input.mask(z, slice.mask.data());
  }
}

void
Evaluation::ComputeLab(Slice & slice) const
{
  if (this->WantsLab())
  {
    slice.lab.resize(3 * m_Pixels);
    m_LabConverter.Convert(slice.result.data(), m_Pixels, slice.lab.data());
    if (this->HasReference())
    {
      slice.labOfReference.resize(3 * m_Pixels);
      m_LabConverter.Convert(slice.reference.data(), m_Pixels, slice.labOfReference.data());
    }
  }
}

void
Evaluation::EvaluateChunk(std::size_t first, std::size_t end, VolumeFindings & volume)
{
  const std::size_t  halo = this->WantsVolumeSimilarity() ? VolumeWindow - 1 : 1;
  const std::size_t  begin = first > 0 ? first - 1 : 0;
  const std::size_t  last = std::min(end + halo, m_Slices);
  const bool         wantsAcross = this->HasStructure() && this->Wants(Metric::GradientCorrelation);
  std::vector<Slice> slices(VolumeWindow);
  SliceWindow        window({ { m_Width, m_Height } }, m_Window);
  WindowMoments      memory;
  const auto         sliceAt = [&](std::size_t z) -> Slice & { return slices[z % slices.size()]; };
  volume.histogram.assign(HistogramBins * HistogramBins, 0);
  for (std::size_t z = begin; z < last; ++z)
  {
    Slice &    slice = sliceAt(z);
    const bool isOwn = z >= first && z < end;
    if (z >= begin + 2)
    {
      // Colours are needed of two slices only.
      slice.TakeColors(sliceAt(z - 2));
    }
    this->Read(z, slice);
    if (z < end)
    {
      this->ComputeLab(slice);
    }
    if (z >= first && this->HasStructure())
    {
      WindowMoments & moments = window.Next();
      if (this->Wants(Metric::SSIM) || this->WantsMultiScale())
      {
        ComputeWindowMoments(slice.luminance.data(),
                             this->StructureOf(slice),
                             { { m_Width, m_Height } },
                             m_Window,
                             moments);
      }
      if (isOwn)
      {
        this->EvaluateSlice(slice, moments, memory, m_Findings[z], volume);
      }
      if (this->WantsVolumeSimilarity() && window.Push())
      {
        volume.similarity.Add(window.Sum(sliceAt(z - VolumeWindow / 2).Mask(), nullptr));
      }
    }
    else if (isOwn)
    {
      this->EvaluateSlice(slice, WindowMoments(), memory, m_Findings[z], volume);
    }
    if (isOwn && z > 0 && this->WantsFlicker())
    {
      const Slice & before = sliceAt(z - 1);
      m_Findings[z].flicker = SumChromaSteps(before.lab.data(),
                                             slice.lab.data(),
                                             this->HasReference() ? before.labOfReference.data() : nullptr,
                                             this->HasReference() ? slice.labOfReference.data() : nullptr,
                                             m_Pixels,
                                             before.Mask(),
                                             slice.Mask());
    }
    if (wantsAcross && z >= first + 1 && z <= end && z >= 2)
    {
      const Slice & before = sliceAt(z - 2);
      volume.gradientsAcross.Add(SumGradientsAcross(before.luminance.data(),
                                                    slice.luminance.data(),
                                                    this->StructureOf(before),
                                                    this->StructureOf(slice),
                                                    m_Pixels,
                                                    sliceAt(z - 1).Mask()));
    }
  }
}

void
Evaluation::EvaluateSlice(const Slice &         slice,
                          const WindowMoments & moments,
                          WindowMoments &       memory,
                          SliceFindings &       findings,
                          VolumeFindings &      volume) const
{
  this->EvaluatePixels(slice, findings, volume);
  if (this->HasStructure())
  {
    this->EvaluateStructure(slice, moments, memory, findings);
  }
  if (this->HasReference())
  {
    this->EvaluateChannels(slice, memory, findings);
  }
  if (m_TextureSimilarity)
  {
    findings.texture =
      m_TextureSimilarity->Compare(slice.luminance.data(), this->TextureOf(slice), m_Input.range, slice.Mask());
  }
  if (m_FeatureSimilarity && this->HasReference())
  {
    findings.features =
      m_FeatureSimilarity->CompareColors(slice.result.data(), slice.reference.data(), m_Input.range, slice.Mask());
  }
  else if (m_FeatureSimilarity && this->HasSource())
  {
    findings.features =
      m_FeatureSimilarity->CompareGray(slice.luminance.data(), slice.source.data(), m_Input.range, slice.Mask());
  }
}

void
Evaluation::EvaluatePixels(const Slice & slice, SliceFindings & findings, VolumeFindings & volume) const
{
  const std::uint8_t * const mask = slice.Mask();
  for (std::size_t c = 0; this->HasStructure() && c < 3; ++c)
  {
    const float * const wanted = this->HasReference() ? slice.reference.data() + c * m_Pixels : slice.source.data();
    findings.colorSquares.Add(SumSquaredDifferences(slice.result.data() + c * m_Pixels, wanted, m_Pixels, mask));
  }
  findings.opponents = SumOpponents(slice.result.data(), m_Pixels, 255.0 / m_Input.range, mask);
  if (this->HasReference())
  {
    findings.opponentsOfReference = SumOpponents(slice.reference.data(), m_Pixels, 255.0 / m_Input.range, mask);
    if (this->Wants(Metric::DeltaE76) || this->Wants(Metric::DeltaE2000))
    {
      findings.differences = SumColorDifferences(slice.lab.data(),
                                                 slice.labOfReference.data(),
                                                 m_Pixels,
                                                 mask,
                                                 this->Wants(Metric::DeltaE2000));
    }
  }
  if (this->HasStructure())
  {
    const float * const structure = this->StructureOf(slice);
    findings.luminanceSquares = SumSquaredDifferences(slice.luminance.data(), structure, m_Pixels, mask);
    findings.gradients = SumGradients(slice.luminance.data(), structure, m_Width, m_Height, mask);
    if (this->Wants(Metric::MutualInformation))
    {
      JointHistogram histogram(HistogramBins * HistogramBins);
      AddToHistogram(slice.luminance.data(), structure, m_Pixels, m_Input.range, mask, histogram);
      findings.information = MutualInformationOf(histogram);
      std::transform(histogram.begin(),
                     histogram.end(),
                     volume.histogram.begin(),
                     volume.histogram.begin(),
                     std::plus<std::uint64_t>());
    }
  }
}

void
Evaluation::EvaluateStructure(const Slice &         slice,
                              const WindowMoments & moments,
                              WindowMoments &       memory,
                              SliceFindings &       findings) const
{
  const float * const              structure = this->StructureOf(slice);
  const std::array<std::size_t, 2> size{ { m_Width, m_Height } };
  if (this->Wants(Metric::SSIM) || this->WantsMultiScale())
  {
    const StructuralSimilarityReport finest = SumSimilarity(moments, m_Window, slice.Mask(), nullptr).Report();
    findings.ssim = finest.similarity;
    if (this->WantsMultiScale())
    {
      findings.multiScale =
        MultiScaleStructuralSimilarity(slice.luminance.data(), structure, size, m_Window, slice.Mask(), finest, memory);
    }
  }
  for (std::size_t k = 0; this->Wants(Metric::SSIMLocal) && k < LocalWindows.size(); ++k)
  {
    StructuralSimilarityParameters window = m_Window;
    window.windowSize = LocalWindows[k];
    ComputeWindowMoments(slice.luminance.data(), structure, size, window, memory);
    findings.ssimOfWindows[k] = SumSimilarity(memory, window, slice.Mask(), nullptr).Report().similarity;
  }
}

void
Evaluation::EvaluateChannels(const Slice & slice, WindowMoments & memory, SliceFindings & findings) const
{
  const std::array<std::size_t, 2> size{ { m_Width, m_Height } };
  for (std::size_t c = 0; (this->Wants(Metric::SSIM) || this->WantsMultiScale()) && c < 3; ++c)
  {
    const float * const x = slice.result.data() + c * m_Pixels;
    const float * const y = slice.reference.data() + c * m_Pixels;
    ComputeWindowMoments(x, y, size, m_Window, memory);
    const StructuralSimilarityReport finest = SumSimilarity(memory, m_Window, slice.Mask(), nullptr).Report();
    findings.ssimOfChannels[c] = finest.similarity;
    if (this->WantsMultiScale())
    {
      findings.multiScaleOfChannels[c] =
        MultiScaleStructuralSimilarity(x, y, size, m_Window, slice.Mask(), finest, memory);
    }
  }
}

ColorizationMetricsReport
Evaluation::Run(const ParallelFor & parallelFor, const ProgressCallback & progress)
{
  const std::size_t           slicesOfChunk = std::min(std::max(m_Slices / 16, FewestSlicesOfChunk), MostSlicesOfChunk);
  const std::size_t           chunks = (m_Slices + slicesOfChunk - 1) / slicesOfChunk;
  const auto                  caller = std::this_thread::get_id();
  std::atomic<std::size_t>    done{ 0 };
  std::atomic<bool>           isStopped{ false };
  std::vector<VolumeFindings> findings(chunks);
  parallelFor(chunks,
              [&](std::size_t chunk)
              {
                if (isStopped)
                {
                  return;
                }
                const std::size_t first = chunk * slicesOfChunk;
                this->EvaluateChunk(first, std::min(first + slicesOfChunk, m_Slices), findings[chunk]);
                ++done;
                if (std::this_thread::get_id() == caller)
                {
                  try
                  {
                    progress(0.99 * static_cast<double>(done) / static_cast<double>(chunks));
                  }
                  catch (...)
                  {
                    isStopped = true;
                    throw;
                  }
                }
              });
  VolumeFindings all;
  all.histogram.assign(HistogramBins * HistogramBins, 0);
  for (const VolumeFindings & chunk : findings)
  {
    std::transform(chunk.histogram.begin(),
                   chunk.histogram.end(),
                   all.histogram.begin(),
                   all.histogram.begin(),
                   std::plus<std::uint64_t>());
    all.similarity.Add(chunk.similarity);
    all.gradientsAcross.Add(chunk.gradientsAcross);
  }
  progress(1.0);
  return this->Report(all);
}

/** The mean of what is finite; NaN if nothing is. */
double
MeanOfFinite(const std::vector<double> & values)
{
  PixelSum sum;
  for (const double value : values)
  {
    if (std::isfinite(value))
    {
      sum.sum += value;
      ++sum.count;
    }
  }
  return sum.Mean();
}

ColorizationMetricsReport
Evaluation::Report(const VolumeFindings & volume) const
{
  ColorizationMetricsReport report;
  const bool                isVolume = m_Slices > 1;
  const auto                collect = [&](const auto & valueOf)
  {
    std::vector<double> values(m_Slices);
    std::transform(m_Findings.begin(), m_Findings.end(), values.begin(), valueOf);
    return values;
  };
  const auto set = [&](Metric metric, const auto & valueOf, double ofVolume = None)
  {
    ColorizationMetricReport & own = report[metric];
    own.perSlice = collect(valueOf);
    own.meanOfSlices = MeanOfFinite(own.perSlice);
    own.ofVolume = ofVolume;
    own.value = IsMetricOfAllVoxels(metric) ? ofVolume : isVolume ? own.meanOfSlices : own.perSlice.front();
  };
  const auto addPart = [&](Metric metric, const std::string & name, const auto & valueOf)
  { report[metric].parts.emplace_back(name, MeanOfFinite(collect(valueOf))); };

  PixelSum            colorSquares;
  PixelSum            luminanceSquares;
  OpponentSums        opponents;
  OpponentSums        opponentsOfReference;
  ColorDifferenceSums differences;
  GradientSums        gradients = volume.gradientsAcross;
  PixelSum            flicker;
  for (const SliceFindings & slice : m_Findings)
  {
    colorSquares.Add(slice.colorSquares);
    luminanceSquares.Add(slice.luminanceSquares);
    opponents.Add(slice.opponents);
    opponentsOfReference.Add(slice.opponentsOfReference);
    differences.cie76.Add(slice.differences.cie76);
    differences.ciede2000.Add(slice.differences.ciede2000);
    gradients.Add(slice.gradients);
    flicker.Add(slice.flicker);
  }
  const double range = m_Input.range;
  const double mse = colorSquares.Mean();
  set(
    Metric::MSE,
    [](const SliceFindings & s) { return s.colorSquares.Mean(); },
    mse);
  set(
    Metric::RMSE,
    [](const SliceFindings & s) { return std::sqrt(s.colorSquares.Mean()); },
    std::sqrt(mse));
  set(
    Metric::PSNR,
    [range](const SliceFindings & s) { return SignalToNoise(s.colorSquares.Mean(), range); },
    SignalToNoise(mse, range));
  set(
    Metric::PSNRY,
    [range](const SliceFindings & s) { return SignalToNoise(s.luminanceSquares.Mean(), range); },
    SignalToNoise(luminanceSquares.Mean(), range));
  set(
    Metric::SSIM,
    [](const SliceFindings & s) { return s.ssim; },
    volume.similarity.Report().similarity);
  set(Metric::SSIMLocal,
      [](const SliceFindings & s)
      { return std::accumulate(s.ssimOfWindows.begin(), s.ssimOfWindows.end(), 0.0) / s.ssimOfWindows.size(); });
  // Of two colour images, public implementations take the mean of the channels.
  const bool isOfChannels = this->HasReference() && !this->HasSource();
  set(Metric::MSSSIM,
      [isOfChannels](const SliceFindings & s)
      {
        const auto & channels = s.multiScaleOfChannels;
        return isOfChannels ? (channels[0] + channels[1] + channels[2]) / 3.0 : s.multiScale;
      });
  set(Metric::FSIM, [](const SliceFindings & s) { return s.features.luminance; });
  set(Metric::FSIMc, [](const SliceFindings & s) { return s.features.color; });
  set(Metric::STSIM1, [](const SliceFindings & s) { return s.texture.withinBands; });
  set(Metric::STSIM2, [](const SliceFindings & s) { return s.texture.acrossBands; });
  set(
    Metric::Colorfulness,
    [](const SliceFindings & s) { return s.opponents.Colorfulness(); },
    opponents.Colorfulness());
  set(
    Metric::Colorfulness255,
    [](const SliceFindings & s) { return s.opponents.Colorfulness() / 255.0; },
    opponents.Colorfulness() / 255.0);
  set(
    Metric::DeltaColorfulness,
    [](const SliceFindings & s)
    { return std::abs(s.opponents.Colorfulness() - s.opponentsOfReference.Colorfulness()); },
    std::abs(opponents.Colorfulness() - opponentsOfReference.Colorfulness()));
  const Information information = MutualInformationOf(volume.histogram);
  set(
    Metric::MutualInformation,
    [](const SliceFindings & s) { return s.information.mutual; },
    information.mutual);
  set(
    Metric::DeltaE76,
    [](const SliceFindings & s) { return s.differences.cie76.Mean(); },
    differences.cie76.Mean());
  set(
    Metric::DeltaE2000,
    [](const SliceFindings & s) { return s.differences.ciede2000.Mean(); },
    differences.ciede2000.Mean());
  set(
    Metric::GradientCorrelation,
    [](const SliceFindings & s) { return s.gradients.Correlation(); },
    gradients.Correlation());
  set(
    Metric::Flicker,
    [](const SliceFindings & s) { return s.flicker.Mean(); },
    flicker.Mean());

  for (std::size_t k = 0; k < LocalWindows.size(); ++k)
  {
    addPart(Metric::SSIMLocal,
            "window_" + std::to_string(LocalWindows[k]),
            [k](const SliceFindings & s) { return s.ssimOfWindows[k]; });
  }
  const std::array<const char *, 3> channels{ { "red", "green", "blue" } };
  for (std::size_t c = 0; this->HasReference() && c < 3; ++c)
  {
    addPart(Metric::SSIM, channels[c], [c](const SliceFindings & s) { return s.ssimOfChannels[c]; });
    addPart(Metric::MSSSIM, channels[c], [c](const SliceFindings & s) { return s.multiScaleOfChannels[c]; });
  }
  report[Metric::MutualInformation].parts = { { "entropy_of_result", information.entropyX },
                                              { "entropy_of_other", information.entropyY } };
  return report;
}

bool
IsOneOf(ColorizationMetric metric, std::initializer_list<ColorizationMetric> metrics)
{
  return std::find(metrics.begin(), metrics.end(), metric) != metrics.end();
}

bool
ComparesStructure(ColorizationMetric metric)
{
  using Metric = ColorizationMetric;
  return IsOneOf(metric,
                 { Metric::PSNRY,
                   Metric::SSIM,
                   Metric::SSIMLocal,
                   Metric::MSSSIM,
                   Metric::MutualInformation,
                   Metric::GradientCorrelation });
}

bool
ComparesTexture(ColorizationMetric metric)
{
  using Metric = ColorizationMetric;
  return IsOneOf(metric, { Metric::FSIM, Metric::STSIM1, Metric::STSIM2 });
}

/** What is compared with what; empty if that is not there. */
std::string
DescribeComparison(ColorizationMetric metric, bool hasReference, bool hasSource, bool isVolume)
{
  using Metric = ColorizationMetric;
  if (IsOneOf(metric, { Metric::Colorfulness, Metric::Colorfulness255 }))
  {
    return "the result alone";
  }
  if (metric == Metric::Flicker)
  {
    return !isVolume      ? ""
           : hasReference ? "chroma steps between slices: result - reference"
                          : "chroma steps between slices: the result alone";
  }
  if (metric == Metric::MSSSIM && hasReference && !hasSource)
  {
    return "channels of the result - reference, as there is no source";
  }
  if (ComparesStructure(metric))
  {
    return hasSource      ? "luminance: result - source"
           : hasReference ? "luminance: result - reference, as there is no source"
                          : "";
  }
  if (ComparesTexture(metric))
  {
    return hasReference ? "luminance: result - reference"
           : hasSource  ? "luminance: result - source, as there is no reference"
                        : "";
  }
  if (hasReference)
  {
    return "colours: result - reference";
  }
  return hasSource && IsOneOf(metric, { Metric::MSE, Metric::RMSE, Metric::PSNR })
           ? "channels of the result - source, as there is no reference"
           : "";
}

/** Why a metric that can be compared has no value. */
std::string
ExplainMissing(ColorizationMetric metric, const ColorizationMetricsInput & input)
{
  using Metric = ColorizationMetric;
  const std::size_t shorter = std::min(input.size[0], input.size[1]);
  const auto        needs = [&](std::size_t pixels)
  {
    return "slices have " + std::to_string(input.size[0]) + " x " + std::to_string(input.size[1]) +
           " pixels, but at least " + std::to_string(pixels) + " along each side are needed";
  };
  const std::size_t smallest = metric == Metric::SSIM        ? VolumeWindow
                               : metric == Metric::SSIMLocal ? LocalWindows.back()
                               : metric == Metric::MSSSIM ? SmallestSizeForMultiScale(StructuralSimilarityParameters())
                               : IsOneOf(metric, { Metric::STSIM1, Metric::STSIM2 })
                                 ? StructuralTextureSimilarity::SmallestSize()
                                 : 1;
  if (shorter < smallest)
  {
    return needs(smallest);
  }
  if (IsOneOf(metric, { Metric::FSIM, Metric::FSIMc, Metric::GradientCorrelation }))
  {
    return "neither image has a gradient";
  }
  return "the mask leaves nothing to compare";
}
} // namespace

const char *
NameOfMetric(ColorizationMetric metric)
{
  constexpr std::array<const char *, NumberOfColorizationMetrics> names{ { "mse",
                                                                           "rmse",
                                                                           "psnr",
                                                                           "psnr_y",
                                                                           "ssim",
                                                                           "ssim_local",
                                                                           "ms_ssim",
                                                                           "fsim",
                                                                           "fsimc",
                                                                           "stsim1",
                                                                           "stsim2",
                                                                           "colorfulness",
                                                                           "colorfulness_255",
                                                                           "delta_colorfulness",
                                                                           "mutual_information",
                                                                           "delta_e76",
                                                                           "delta_e2000",
                                                                           "gradient_correlation",
                                                                           "flicker",
                                                                           "lpips",
                                                                           "fid" } };
  return names[static_cast<std::size_t>(metric)];
}

BetterWhen
BetterOfMetric(ColorizationMetric metric)
{
  using Metric = ColorizationMetric;
  if (IsOneOf(metric, { Metric::Colorfulness, Metric::Colorfulness255 }))
  {
    return BetterWhen::Neither;
  }
  return IsOneOf(metric,
                 { Metric::MSE,
                   Metric::RMSE,
                   Metric::DeltaColorfulness,
                   Metric::DeltaE76,
                   Metric::DeltaE2000,
                   Metric::Flicker,
                   Metric::LPIPS,
                   Metric::FID })
           ? BetterWhen::Lower
           : BetterWhen::Higher;
}

bool
IsMetricOfAllVoxels(ColorizationMetric metric)
{
  using Metric = ColorizationMetric;
  return !IsOneOf(metric,
                  { Metric::SSIM,
                    Metric::SSIMLocal,
                    Metric::MSSSIM,
                    Metric::FSIM,
                    Metric::FSIMc,
                    Metric::STSIM1,
                    Metric::STSIM2,
                    Metric::GradientCorrelation,
                    Metric::LPIPS });
}

ColorizationMetricsReport
EvaluateColorizationMetrics(const ColorizationMetricsInput &      input,
                            const ColorizationMetricsParameters & parameters,
                            const ParallelFor &                   parallelFor,
                            const ProgressCallback &              progress)
{
  ColorizationMetricsReport report = Evaluation(input, parameters).Run(parallelFor, progress);
  const bool                isVolume = input.size[2] > 1;
  const bool                hasReference = static_cast<bool>(input.reference);
  const bool                hasSource = static_cast<bool>(input.source);
  for (std::size_t k = 0; k < NumberOfColorizationMetrics; ++k)
  {
    const auto                 metric = static_cast<ColorizationMetric>(k);
    ColorizationMetricReport & own = report[metric];
    if (IsOneOf(metric, { ColorizationMetric::LPIPS, ColorizationMetric::FID }))
    {
      own.reason = !parameters.wanted[k] ? "it was not asked for"
                   : hasReference        ? "no network is given"
                                         : "there is no reference";
      continue;
    }
    own.compared = DescribeComparison(metric, hasReference, hasSource, isVolume);
    if (!parameters.wanted[k] || own.compared.empty())
    {
      own = ColorizationMetricReport();
      own.reason = !parameters.wanted[k]                                ? "it was not asked for"
                   : metric == ColorizationMetric::Flicker && !isVolume ? "there is one slice"
                   : ComparesStructure(metric) || ComparesTexture(metric) ||
                       IsOneOf(metric, { ColorizationMetric::MSE, ColorizationMetric::RMSE, ColorizationMetric::PSNR })
                     ? "there is neither a reference nor a source"
                     : "there is no reference";
      continue;
    }
    if (std::isnan(own.value))
    {
      own.reason = ExplainMissing(metric, input);
    }
    if (!isVolume)
    {
      own.ofVolume = None;
      own.meanOfSlices = None;
    }
  }
  return report;
}

} // namespace colorization
} // namespace itk
