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
#include "itkFeatureSimilarity.h"
#include "itkPlaneFourierTransform.h"
#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

namespace itk
{
namespace colorization
{
namespace
{
constexpr double      Pi = 3.14159265358979323846;
constexpr std::size_t Scales = 4;
constexpr std::size_t Orientations = 4;
constexpr double      SmallestWavelength = 6.0;
constexpr double      WavelengthFactor = 2.0;
constexpr double      SigmaOfFrequency = 0.55;
/** The interval of orientations, over the standard deviation of the filters' angular Gaussian. */
constexpr double IntervalOverSigma = 1.2;
constexpr double LowPassCutoff = 0.45;
constexpr int    LowPassOrder = 15;
constexpr double NoiseDeviations = 2.0;
/** By which the estimate of noise is too high for this measure of phase congruency. */
constexpr double NoiseRescaling = 1.7;

constexpr float PhaseCongruencyConstant = 0.85f;
constexpr float GradientConstant = 160.0f;
constexpr float ChromaConstant = 200.0f;
constexpr float ChromaExponent = 0.03f;
/** Keeps pixels without any response at a phase congruency of 0. */
constexpr float SmallestAmplitude = 1e-6f;

/** Coordinate k of the frequency plane, in cycles a pixel; odd sizes reach +-0.5 as well. */
double
FrequencyCoordinate(std::size_t k, std::size_t size)
{
  return static_cast<double>(FrequencyOf(k, size)) /
         static_cast<double>(std::max<std::size_t>(size % 2 == 0 ? size : size - 1, 1));
}

/** product = spectrum * radial * angular. */
ITK_COLORIZATION_MULTIVERSION void
Filter(const float * real,
       const float * imaginary,
       const float * radial,
       const float * angular,
       std::size_t   count,
       float *       filteredReal,
       float *       filteredImaginary)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    const float gain = radial[i] * angular[i];
    filteredReal[i] = real[i] * gain;
    filteredImaginary[i] = imaginary[i] * gain;
  }
}

ITK_COLORIZATION_MULTIVERSION void
AddResponse(const float * even,
            const float * odd,
            std::size_t   count,
            float *       evenSum,
            float *       oddSum,
            float *       amplitude,
            float *       energyOfSmallest)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    const float square = even[i] * even[i] + odd[i] * odd[i];
    energyOfSmallest[i] = square;
    amplitude[i] += std::sqrt(square);
    evenSum[i] += even[i];
    oddSum[i] += odd[i];
  }
}

/** A mean phase vector of length 1, or 0 without any response. */
ITK_COLORIZATION_MULTIVERSION void
NormaliseResponse(std::size_t count, float * evenSum, float * oddSum)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    const float length = std::sqrt(evenSum[i] * evenSum[i] + oddSum[i] * oddSum[i]) + 1e-7f;
    evenSum[i] /= length;
    oddSum[i] /= length;
  }
}

/** energy += An (cos(phase deviation) - |sin(phase deviation)|). */
ITK_COLORIZATION_MULTIVERSION void
AddEnergy(const float * even,
          const float * odd,
          const float * meanEven,
          const float * meanOdd,
          std::size_t   count,
          float *       energy)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    const float along = even[i] * meanEven[i] + odd[i] * meanOdd[i];
    const float across = even[i] * meanOdd[i] - odd[i] * meanEven[i];
    energy[i] += along - (across < 0.0f ? -across : across);
  }
}

ITK_COLORIZATION_MULTIVERSION void
AddAboveThreshold(const float * energy, std::size_t count, float threshold, float * sum)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    const float above = energy[i] - threshold;
    sum[i] += above > 0.0f ? above : 0.0f;
  }
}

ITK_COLORIZATION_MULTIVERSION void
Divide(const float * numerator, const float * denominator, std::size_t count, float * quotient)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    quotient[i] = numerator[i] / (denominator[i] + SmallestAmplitude);
  }
}

/** Scharr's gradient magnitude of a row; pixels beyond the border count as 0. */
ITK_COLORIZATION_MULTIVERSION void
GradientOfRow(const float * above, const float * row, const float * below, std::size_t width, float * magnitude)
{
  for (std::size_t i = 0; i < width; ++i)
  {
    const float dx =
      3.0f * (above[i + 2] - above[i]) + 10.0f * (row[i + 2] - row[i]) + 3.0f * (below[i + 2] - below[i]);
    const float dy =
      3.0f * (below[i] - above[i]) + 10.0f * (below[i + 1] - above[i + 1]) + 3.0f * (below[i + 2] - above[i + 2]);
    magnitude[i] = std::sqrt(dx * dx + dy * dy) / 16.0f;
  }
}

/** out = S_a. */
ITK_COLORIZATION_MULTIVERSION void
Similarity(const float * a, const float * b, std::size_t count, float constant, float * out)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    out[i] = (2.0f * a[i] * b[i] + constant) / (a[i] * a[i] + b[i] * b[i] + constant);
  }
}

double
Median(Buffer<float> values)
{
  const std::size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  const double upper = values[half];
  if (values.size() % 2 == 1)
  {
    return upper;
  }
  return 0.5 * (upper + *std::max_element(values.begin(), values.begin() + half));
}

/** What is compared of a picture. */
struct Features
{
  Buffer<float> phaseCongruency;
  Buffer<float> gradient;
};
} // namespace

struct FeatureSimilarity::Impl
{
  explicit Impl(const std::array<std::size_t, 2> & fullSize)
    : full(fullSize)
    , factor(std::max<std::size_t>(
        1,
        static_cast<std::size_t>(std::lround(static_cast<double>(std::min(fullSize[0], fullSize[1])) / 256.0))))
    , size{ { (fullSize[0] + factor - 1) / factor, (fullSize[1] + factor - 1) / factor } }
    , transform(size[0], size[1])
  {
    this->MakeFilters();
  }

  /** The filters' radial and angular parts, in the layout of a ComplexPlane. */
  void
  MakeFilters()
  {
    const PlaneLayout layout(size[0], size[1]);
    const double      sigmaOfAngle = Pi / Orientations / IntervalOverSigma;
    for (std::vector<float> & gains : radial)
    {
      gains.assign(layout.Count(), 0.0f);
    }
    for (std::vector<float> & gains : angular)
    {
      gains.assign(layout.Count(), 0.0f);
    }
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      for (std::size_t x = 0; x < size[0]; ++x)
      {
        const std::size_t i = layout.At(x, y);
        const double      fx = FrequencyCoordinate(x, size[0]);
        const double      fy = FrequencyCoordinate(y, size[1]);
        const double      radius = std::hypot(fx, fy);
        const double      angle = std::atan2(-fy, fx);
        if (i > 0)
        {
          const double lowPass = 1.0 / (1.0 + std::pow(radius / LowPassCutoff, 2 * LowPassOrder));
          for (std::size_t s = 0; s < Scales; ++s)
          {
            const double wavelength = SmallestWavelength * std::pow(WavelengthFactor, s);
            const double t = std::log(radius * wavelength) / std::log(SigmaOfFrequency);
            radial[s][i] = static_cast<float>(std::exp(-0.5 * t * t) * lowPass);
          }
        }
        for (std::size_t o = 0; o < Orientations; ++o)
        {
          const double direction = static_cast<double>(o) * Pi / Orientations;
          const double t = std::remainder(angle - direction, 2.0 * Pi) / sigmaOfAngle;
          angular[o][i] = static_cast<float>(std::exp(-0.5 * t * t));
        }
      }
    }
    for (std::size_t o = 0; o < Orientations; ++o)
    {
      this->MeasureFilters(layout, o);
    }
  }

  /** What the estimate of noise takes from the filters: their energies, by Parseval's theorem. */
  void
  MeasureFilters(const PlaneLayout & layout, std::size_t o)
  {
    double smallest = 0.0;
    double squares = 0.0;
    double products = 0.0;
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      for (std::size_t x = 0; x < size[0]; ++x)
      {
        const std::size_t          i = layout.At(x, y);
        const std::size_t          mirrored = layout.At((size[0] - x) % size[0], (size[1] - y) % size[1]);
        std::array<double, Scales> even;
        for (std::size_t s = 0; s < Scales; ++s)
        {
          const double gain = static_cast<double>(radial[s][i]) * static_cast<double>(angular[o][i]);
          const double other = static_cast<double>(radial[s][mirrored]) * static_cast<double>(angular[o][mirrored]);
          smallest += s == 0 ? gain * gain : 0.0;
          // The real part of a filter has the even part of its spectrum.
          even[s] = 0.5 * (gain + other);
          squares += even[s] * even[s];
          for (std::size_t r = 0; r < s; ++r)
          {
            products += even[r] * even[s];
          }
        }
      }
    }
    noiseGain[o] = (2.0 * squares + 4.0 * products) / smallest;
  }

  /** The mean over blocks of factor x factor pixels, around every factor-th pixel; what is beyond the border counts as
   * 0. */
  Buffer<float>
  Reduce(const float * plane) const
  {
    Buffer<float> reduced(pool, size[0] * size[1]);
    if (factor == 1)
    {
      std::copy_n(plane, reduced.size(), reduced.begin());
      return reduced;
    }
    // Of an even block, the pixel is one before the middle, and of an odd block in the middle.
    const std::size_t  before = (factor - 1) / 2;
    std::vector<float> columns(full[0]);
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      const std::size_t firstRow = y * factor > before ? y * factor - before : 0;
      const std::size_t endRow = std::min(y * factor + factor - before, full[1]);
      std::fill(columns.begin(), columns.end(), 0.0f);
      for (std::size_t row = firstRow; row < endRow; ++row)
      {
        const float * const in = plane + row * full[0];
        std::transform(columns.begin(), columns.end(), in, columns.begin(), std::plus<float>());
      }
      for (std::size_t x = 0; x < size[0]; ++x)
      {
        const std::size_t first = x * factor > before ? x * factor - before : 0;
        const std::size_t end = std::min(x * factor + factor - before, full[0]);
        float             sum = 0.0f;
        for (std::size_t column = first; column < end; ++column)
        {
          sum += columns[column];
        }
        reduced[y * size[0] + x] = sum / static_cast<float>(factor * factor);
      }
    }
    return reduced;
  }

  Buffer<float>
  PhaseCongruency(const Buffer<float> & picture) const
  {
    ComplexPlane spectrum(pool, size[0], size[1]);
    // The filters do not let the mean pass; without it, a picture without features has a spectrum of 0.
    double mean = 0.0;
    for (const float value : picture)
    {
      mean += value;
    }
    mean /= static_cast<double>(picture.size());
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      for (std::size_t x = 0; x < size[0]; ++x)
      {
        spectrum.imaginary[spectrum.layout.At(x, y)] = 0.0f;
        spectrum.real[spectrum.layout.At(x, y)] =
          static_cast<float>(static_cast<double>(picture[y * size[0] + x]) - mean);
      }
    }
    transform.Forward(spectrum);

    const std::size_t         count = spectrum.real.size();
    std::vector<ComplexPlane> responses;
    for (std::size_t s = 0; s < Scales; ++s)
    {
      responses.emplace_back(pool, size[0], size[1]);
    }
    Buffer<float> evenSum(pool, count);
    Buffer<float> oddSum(pool, count);
    Buffer<float> squares(pool, count);
    Buffer<float> smallest(pool, count);
    Buffer<float> energy(pool, count);
    Buffer<float> amplitude(pool, count);
    Buffer<float> energyOfAll(pool, count);
    std::fill(amplitude.begin(), amplitude.end(), 0.0f);
    std::fill(energyOfAll.begin(), energyOfAll.end(), 0.0f);
    for (std::size_t o = 0; o < Orientations; ++o)
    {
      std::fill(evenSum.begin(), evenSum.end(), 0.0f);
      std::fill(oddSum.begin(), oddSum.end(), 0.0f);
      std::fill(energy.begin(), energy.end(), 0.0f);
      for (std::size_t s = 0; s < Scales; ++s)
      {
        ComplexPlane & response = responses[s];
        Filter(spectrum.real.data(),
               spectrum.imaginary.data(),
               radial[s].data(),
               angular[o].data(),
               count,
               response.real.data(),
               response.imaginary.data());
        transform.Inverse(response);
        AddResponse(response.real.data(),
                    response.imaginary.data(),
                    count,
                    evenSum.data(),
                    oddSum.data(),
                    amplitude.data(),
                    s == 0 ? smallest.data() : squares.data());
      }
      NormaliseResponse(count, evenSum.data(), oddSum.data());
      for (const ComplexPlane & response : responses)
      {
        AddEnergy(response.real.data(), response.imaginary.data(), evenSum.data(), oddSum.data(), count, energy.data());
      }
      AddAboveThreshold(energy.data(),
                        count,
                        static_cast<float>(this->NoiseThreshold(smallest, o)),
                        energyOfAll.data());
    }
    Buffer<float> congruency(pool, size[0] * size[1]);
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      Divide(energyOfAll.data() + spectrum.layout.At(0, y),
             amplitude.data() + spectrum.layout.At(0, y),
             size[0],
             congruency.data() + y * size[0]);
    }
    return congruency;
  }

  /** Noise is taken to be Gaussian, so that the energy of the smallest scale has a chi-squared distribution, of which
   * the median tells the mean. */
  double
  NoiseThreshold(const Buffer<float> & energyOfSmallest, std::size_t o) const
  {
    const PlaneLayout layout(size[0], size[1]);
    Buffer<float>     energies(pool, size[0] * size[1]);
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      std::copy_n(energyOfSmallest.data() + layout.At(0, y), size[0], energies.data() + y * size[0]);
    }
    const double meanEnergy = -Median(std::move(energies)) / std::log(0.5);
    const double tau = std::sqrt(0.5 * meanEnergy * noiseGain[o]);
    const double mean = tau * std::sqrt(0.5 * Pi);
    const double deviation = tau * std::sqrt(2.0 - 0.5 * Pi);
    return (mean + NoiseDeviations * deviation) / NoiseRescaling;
  }

  Buffer<float>
  Gradient(const Buffer<float> & picture) const
  {
    const std::size_t padded = size[0] + 2;
    Buffer<float>     withBorder(pool, padded * (size[1] + 2));
    std::fill(withBorder.begin(), withBorder.end(), 0.0f);
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      std::copy_n(picture.data() + y * size[0], size[0], withBorder.data() + (y + 1) * padded + 1);
    }
    Buffer<float> gradient(pool, size[0] * size[1]);
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      const float * const above = withBorder.data() + y * padded;
      GradientOfRow(above, above + padded, above + 2 * padded, size[0], gradient.data() + y * size[0]);
    }
    return gradient;
  }

  Features
  Extract(const Buffer<float> & picture) const
  {
    return { this->PhaseCongruency(picture), this->Gradient(picture) };
  }

  /** The mask's pixels in the middles of the blocks. */
  std::vector<std::uint8_t>
  ReduceMask(const std::uint8_t * mask) const
  {
    std::vector<std::uint8_t> reduced(size[0] * size[1], 1);
    for (std::size_t y = 0; mask && y < size[1]; ++y)
    {
      for (std::size_t x = 0; x < size[0]; ++x)
      {
        reduced[y * size[0] + x] = mask[y * factor * full[0] + x * factor];
      }
    }
    return reduced;
  }

  /** \param chroma S_I S_Q, or null */
  FeatureSimilarityReport
  Combine(const Features & x, const Features & y, const Buffer<float> * chroma, const std::uint8_t * mask) const
  {
    const std::size_t               count = size[0] * size[1];
    const std::vector<std::uint8_t> isInside = this->ReduceMask(mask);
    Buffer<float>                   ofPhase(pool, count);
    Buffer<float>                   ofGradient(pool, count);
    Similarity(x.phaseCongruency.data(), y.phaseCongruency.data(), count, PhaseCongruencyConstant, ofPhase.data());
    Similarity(x.gradient.data(), y.gradient.data(), count, GradientConstant, ofGradient.data());
    double weights = 0.0;
    double luminance = 0.0;
    double color = 0.0;
    for (std::size_t i = 0; i < count; ++i)
    {
      if (isInside[i] != 0)
      {
        const float  weight = std::max(x.phaseCongruency[i], y.phaseCongruency[i]);
        const double part = static_cast<double>(weight * ofPhase[i] * ofGradient[i]);
        weights += static_cast<double>(weight);
        luminance += part;
        color += chroma ? part * static_cast<double>(std::pow(std::abs((*chroma)[i]), ChromaExponent)) : 0.0;
      }
    }
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    return { weights > 0.0 ? luminance / weights : none, weights > 0.0 && chroma ? color / weights : none };
  }

  /** Memory of the threads at work. */
  mutable BufferPool                           pool;
  std::array<std::size_t, 2>                   full;
  std::size_t                                  factor;
  std::array<std::size_t, 2>                   size;
  PlaneFourierTransform                        transform;
  std::array<std::vector<float>, Scales>       radial;
  std::array<std::vector<float>, Orientations> angular;
  /** Energy of noise in the sum of all scales, over its energy in the smallest. */
  std::array<double, Orientations> noiseGain;
};

namespace
{
void
Multiply(Buffer<float> & values, float factor)
{
  for (float & value : values)
  {
    value *= factor;
  }
}

/** Y, I and Q, with the authors' coefficients, in the place of red, green and blue. */
void
ToYIQ(std::array<Buffer<float>, 3> & planes)
{
  constexpr float   coefficients[3][3] = { { 0.299f, 0.587f, 0.114f },
                                           { 0.596f, -0.274f, -0.322f },
                                           { 0.211f, -0.523f, 0.312f } };
  const std::size_t count = planes[0].size();
  for (std::size_t i = 0; i < count; ++i)
  {
    const float red = planes[0][i];
    const float green = planes[1][i];
    const float blue = planes[2][i];
    for (std::size_t c = 0; c < 3; ++c)
    {
      planes[c][i] = coefficients[c][0] * red + coefficients[c][1] * green + coefficients[c][2] * blue;
    }
  }
}
} // namespace

FeatureSimilarity::FeatureSimilarity(std::size_t width, std::size_t height)
  : m_Impl(std::make_unique<Impl>(std::array<std::size_t, 2>{ { width, height } }))
{}

FeatureSimilarity::~FeatureSimilarity() = default;

FeatureSimilarityReport
FeatureSimilarity::CompareGray(const float * x, const float * y, double range, const std::uint8_t * mask) const
{
  Buffer<float> reducedX = m_Impl->Reduce(x);
  Buffer<float> reducedY = m_Impl->Reduce(y);
  // The constants are meant for values of 0..255.
  Multiply(reducedX, static_cast<float>(255.0 / range));
  Multiply(reducedY, static_cast<float>(255.0 / range));
  return m_Impl->Combine(m_Impl->Extract(reducedX), m_Impl->Extract(reducedY), nullptr, mask);
}

FeatureSimilarityReport
FeatureSimilarity::CompareColors(const float * x, const float * y, double range, const std::uint8_t * mask) const
{
  const auto yiqOf = [&](const float * rgb)
  {
    const std::size_t            pixels = m_Impl->full[0] * m_Impl->full[1];
    std::array<Buffer<float>, 3> planes{
      { m_Impl->Reduce(rgb), m_Impl->Reduce(rgb + pixels), m_Impl->Reduce(rgb + 2 * pixels) }
    };
    for (Buffer<float> & plane : planes)
    {
      Multiply(plane, static_cast<float>(255.0 / range));
    }
    ToYIQ(planes);
    return planes;
  };
  const std::array<Buffer<float>, 3> yiqX = yiqOf(x);
  const std::array<Buffer<float>, 3> yiqY = yiqOf(y);
  const std::size_t                  count = yiqX[0].size();
  Buffer<float>                      chroma(m_Impl->pool, count);
  Buffer<float>                      ofQ(m_Impl->pool, count);
  Similarity(yiqX[1].data(), yiqY[1].data(), count, ChromaConstant, chroma.data());
  Similarity(yiqX[2].data(), yiqY[2].data(), count, ChromaConstant, ofQ.data());
  std::transform(chroma.begin(), chroma.end(), ofQ.begin(), chroma.begin(), std::multiplies<float>());
  return m_Impl->Combine(m_Impl->Extract(yiqX[0]), m_Impl->Extract(yiqY[0]), &chroma, mask);
}

} // namespace colorization
} // namespace itk
