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
#include "itkStructuralTextureSimilarity.h"
#include "itkSteerablePyramid.h"
#include "../common/itkColorizationVectorMath.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace itk
{
namespace colorization
{
namespace
{
constexpr std::size_t Window = 7;
constexpr double      Constant = 0.001;

/** out[i] = sum over k of weights[k] * in[i + k * step]. */
template <std::size_t VTaps, typename T>
ITK_COLORIZATION_INLINE void
FilterBy(const T * in, std::size_t count, std::size_t step, const T * weights, T * out)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    T sum = weights[0] * in[i];
    for (std::size_t k = 1; k < VTaps; ++k)
    {
      sum += weights[k] * in[i + k * step];
    }
    out[i] = sum;
  }
}

// Bands are of floats, but for the small low-pass residual.
ITK_COLORIZATION_MULTIVERSION void
FilterByWindow(const float * in, std::size_t count, std::size_t step, const float * weights, float * out)
{
  FilterBy<Window>(in, count, step, weights, out);
}
ITK_COLORIZATION_MULTIVERSION void
FilterByShorterWindow(const float * in, std::size_t count, std::size_t step, const float * weights, float * out)
{
  FilterBy<Window - 1>(in, count, step, weights, out);
}
void
FilterByWindow(const double * in, std::size_t count, std::size_t step, const double * weights, double * out)
{
  FilterBy<Window>(in, count, step, weights, out);
}
void
FilterByShorterWindow(const double * in, std::size_t count, std::size_t step, const double * weights, double * out)
{
  FilterBy<Window - 1>(in, count, step, weights, out);
}

/** power = |z|^2 and product = z conj(z one further), of a row; what lies beyond the row's end is not used. */
template <typename T>
ITK_COLORIZATION_INLINE void
MultiplyRow(const T *   re,
            const T *   im,
            const T *   nextRe,
            const T *   nextIm,
            std::size_t count,
            T *         productR,
            T *         productI)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    productR[i] = re[i] * nextRe[i] + im[i] * nextIm[i];
    productI[i] = im[i] * nextRe[i] - re[i] * nextIm[i];
  }
}
ITK_COLORIZATION_MULTIVERSION void
MultiplyByConjugate(const float * re,
                    const float * im,
                    const float * nextRe,
                    const float * nextIm,
                    std::size_t   count,
                    float *       productR,
                    float *       productI)
{
  MultiplyRow(re, im, nextRe, nextIm, count, productR, productI);
}
void
MultiplyByConjugate(const double * re,
                    const double * im,
                    const double * nextRe,
                    const double * nextIm,
                    std::size_t    count,
                    double *       productR,
                    double *       productI)
{
  MultiplyRow(re, im, nextRe, nextIm, count, productR, productI);
}

/** Complex correlations of a row of windows, from the moments of the first and of the second of the pair, which come
 * as mean (real, imaginary) and power, and from the mean product, in whose place they are put. */
template <typename T>
ITK_COLORIZATION_INLINE void
CorrelateRow(const T * const * first, const T * const * second, std::size_t count, T * real, T * imaginary)
{
  constexpr T constant = static_cast<T>(Constant);
  for (std::size_t i = 0; i < count; ++i)
  {
    const T ar = first[0][i];
    const T ai = first[1][i];
    const T br = second[0][i];
    const T bi = second[1][i];
    const T varianceA = std::max(first[2][i] - ar * ar - ai * ai, T{ 0 });
    const T varianceB = std::max(second[2][i] - br * br - bi * bi, T{ 0 });
    const T scale = std::sqrt(varianceA * varianceB) + constant;
    real[i] = (real[i] - (ar * br + ai * bi) + constant) / scale;
    imaginary[i] = (imaginary[i] - (ai * br - ar * bi)) / scale;
  }
}
ITK_COLORIZATION_MULTIVERSION void
Correlate(const float * const * first, const float * const * second, std::size_t count, float * real, float * imaginary)
{
  CorrelateRow(first, second, count, real, imaginary);
}
void
Correlate(const double * const * first,
          const double * const * second,
          std::size_t            count,
          double *               real,
          double *               imaginary)
{
  CorrelateRow(first, second, count, real, imaginary);
}

/** terms = sqrt(luminance * contrast), from the moments of both pictures. */
template <typename T>
ITK_COLORIZATION_INLINE void
CompareMomentsOfRow(const T * const * x, const T * const * y, std::size_t count, T * terms)
{
  constexpr T constant = static_cast<T>(Constant);
  for (std::size_t i = 0; i < count; ++i)
  {
    const T meanX = x[0][i] * x[0][i] + x[1][i] * x[1][i];
    const T meanY = y[0][i] * y[0][i] + y[1][i] * y[1][i];
    const T varianceX = std::max(x[2][i] - meanX, T{ 0 });
    const T varianceY = std::max(y[2][i] - meanY, T{ 0 });
    const T luminance = (2 * std::sqrt(meanX * meanY) + constant) / (meanX + meanY + constant);
    const T contrast = (2 * std::sqrt(varianceX * varianceY) + constant) / (varianceX + varianceY + constant);
    terms[i] = std::sqrt(luminance * contrast);
  }
}
ITK_COLORIZATION_MULTIVERSION void
CompareMoments(const float * const * x, const float * const * y, std::size_t count, float * terms)
{
  CompareMomentsOfRow(x, y, count, terms);
}
void
CompareMoments(const double * const * x, const double * const * y, std::size_t count, double * terms)
{
  CompareMomentsOfRow(x, y, count, terms);
}

/** terms *= sqrt(1 - |a - b| / 2). */
template <typename T>
ITK_COLORIZATION_INLINE void
CompareCorrelationsOfRow(const T * const * a, const T * const * b, std::size_t count, T * terms)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    const T re = a[0][i] - b[0][i];
    const T im = a[1][i] - b[1][i];
    terms[i] *= std::sqrt(std::max(T{ 1 } - static_cast<T>(0.5) * std::sqrt(re * re + im * im), T{ 0 }));
  }
}
ITK_COLORIZATION_MULTIVERSION void
CompareCorrelations(const float * const * a, const float * const * b, std::size_t count, float * terms)
{
  CompareCorrelationsOfRow(a, b, count, terms);
}
void
CompareCorrelations(const double * const * a, const double * const * b, std::size_t count, double * terms)
{
  CompareCorrelationsOfRow(a, b, count, terms);
}

/** The same correlations for magnitudes, which are real. */
ITK_COLORIZATION_MULTIVERSION void
CorrelateMagnitudes(const float * meansA,
                    const float * variancesA,
                    const float * meansB,
                    const float * variancesB,
                    std::size_t   count,
                    float *       products)
{
  constexpr float constant = static_cast<float>(Constant);
  for (std::size_t i = 0; i < count; ++i)
  {
    products[i] =
      (products[i] - meansA[i] * meansB[i] + constant) / (std::sqrt(variancesA[i] * variancesB[i]) + constant);
  }
}

/** terms = 1 - |a - b| / 2. */
ITK_COLORIZATION_MULTIVERSION void
CompareRealCorrelations(const float * a, const float * b, std::size_t count, float * terms)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    terms[i] = std::max(1.0f - 0.5f * std::abs(a[i] - b[i]), 0.0f);
  }
}

ITK_COLORIZATION_MULTIVERSION void
MultiplyRealRow(const float * a, const float * b, std::size_t count, float * products)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    products[i] = a[i] * b[i];
  }
}

ITK_COLORIZATION_MULTIVERSION void
MagnitudesOfRow(const float * re, const float * im, std::size_t count, float * magnitudes)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    magnitudes[i] = std::sqrt(re[i] * re[i] + im[i] * im[i]);
  }
}

/** variances = squares - means^2, not below 0. */
ITK_COLORIZATION_MULTIVERSION void
VariancesOfRow(const float * means, std::size_t count, float * squares)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    squares[i] = std::max(squares[i] - means[i] * means[i], 0.0f);
  }
}

/** Weights of a window along one axis; they sum to 1. */
template <typename T>
std::vector<T>
EqualWeights(std::size_t taps)
{
  return std::vector<T>(taps, static_cast<T>(1.0 / static_cast<double>(taps)));
}

template <typename T>
std::vector<T>
GaussianWeights()
{
  std::array<double, Window> weights;
  double                     sum = 0.0;
  for (std::size_t k = 0; k < Window; ++k)
  {
    const double t = (static_cast<double>(k) - 0.5 * (Window - 1)) / (Window / 6.0);
    weights[k] = std::exp(-0.5 * t * t);
    sum += weights[k];
  }
  std::vector<T> normalised(Window);
  std::transform(weights.begin(),
                 weights.end(),
                 normalised.begin(),
                 [sum](double weight) { return static_cast<T>(weight / sum); });
  return normalised;
}

/** A map of values, row after row. */
template <typename T>
struct Map
{
  Map(BufferPool & bufferPool, std::size_t mapWidth, std::size_t mapHeight)
    : pool(&bufferPool)
    , width(mapWidth)
    , height(mapHeight)
    , values(bufferPool, mapWidth * mapHeight)
  {}

  T *
  Row(std::size_t y)
  {
    return values.data() + y * width;
  }
  const T *
  Row(std::size_t y) const
  {
    return values.data() + y * width;
  }

  BufferPool * pool;
  std::size_t  width;
  std::size_t  height;
  Buffer<T>    values;
};

/** Weighted means under every window that lies in the map. */
template <typename T>
Map<T>
LocalMeans(const Map<T> & in, const std::vector<T> & weightsX, const std::vector<T> & weightsY)
{
  Map<T>         means(*in.pool, in.width - weightsX.size() + 1, in.height - weightsY.size() + 1);
  std::vector<T> columns(in.width);
  for (std::size_t y = 0; y < means.height; ++y)
  {
    if (weightsY.size() == Window)
    {
      FilterByWindow(in.Row(y), in.width, in.width, weightsY.data(), columns.data());
    }
    else
    {
      FilterByShorterWindow(in.Row(y), in.width, in.width, weightsY.data(), columns.data());
    }
    if (weightsX.size() == Window)
    {
      FilterByWindow(columns.data(), means.width, 1, weightsX.data(), means.Row(y));
    }
    else
    {
      FilterByShorterWindow(columns.data(), means.width, 1, weightsX.data(), means.Row(y));
    }
  }
  return means;
}

Map<float>
LocalMeans(const Map<float> & in)
{
  return LocalMeans(in, EqualWeights<float>(Window), EqualWeights<float>(Window));
}

/** One band, as its maps: real part, imaginary part, squared magnitude. */
template <typename T>
struct BandMaps
{
  BandMaps(BufferPool & pool, const PyramidBand & band, double shift, bool bandIsComplex)
    : real(pool, band.layout.width, band.layout.height)
    , imaginary(pool, band.layout.width, band.layout.height)
    , power(pool, band.layout.width, band.layout.height)
    , isComplex(bandIsComplex)
  {
    for (std::size_t y = 0; y < real.height; ++y)
    {
      const float * const re = band.real.data() + band.layout.At(0, y);
      const float * const im = band.imaginary.data() + band.layout.At(0, y);
      for (std::size_t x = 0; x < real.width; ++x)
      {
        const T a = static_cast<T>(re[x]) + static_cast<T>(shift);
        const T b = isComplex ? static_cast<T>(im[x]) : T{ 0 };
        real.Row(y)[x] = a;
        imaginary.Row(y)[x] = b;
        power.Row(y)[x] = a * a + b * b;
      }
    }
  }

  Map<T> real;
  Map<T> imaginary;
  Map<T> power;
  bool   isComplex;
};

/** Local means of a map that is 0 in bands that are not complex. */
template <typename T>
Map<T>
LocalMeansOfImaginary(const Map<T> &         in,
                      bool                   isComplex,
                      const std::vector<T> & weightsX,
                      const std::vector<T> & weightsY)
{
  if (isComplex)
  {
    return LocalMeans(in, weightsX, weightsY);
  }
  Map<T> zero(*in.pool, in.width - weightsX.size() + 1, in.height - weightsY.size() + 1);
  std::fill(zero.values.begin(), zero.values.end(), T{ 0 });
  return zero;
}

/** Means, over the windows of a band, of its real part, imaginary part and power. */
template <typename T>
struct LocalMoments
{
  LocalMoments(const BandMaps<T> & band, const std::vector<T> & weightsX, const std::vector<T> & weightsY)
    : real(LocalMeans(band.real, weightsX, weightsY))
    , imaginary(LocalMeansOfImaginary(band.imaginary, band.isComplex, weightsX, weightsY))
    , power(LocalMeans(band.power, weightsX, weightsY))
  {}

  std::array<const T *, 3>
  Row(std::size_t y, std::size_t x = 0) const
  {
    return { { real.Row(y) + x, imaginary.Row(y) + x, power.Row(y) + x } };
  }

  Map<T> real;
  Map<T> imaginary;
  Map<T> power;
};

/** The correlation of a band with itself, one coefficient further along an axis, under every window. */
template <typename T>
struct NeighbourCorrelation
{
  NeighbourCorrelation(const BandMaps<T> & band, bool isAlongX)
    : NeighbourCorrelation(band,
                           isAlongX,
                           EqualWeights<T>(isAlongX ? Window - 1 : Window),
                           EqualWeights<T>(isAlongX ? Window : Window - 1))
  {}

  NeighbourCorrelation(const BandMaps<T> &    band,
                       bool                   isAlongX,
                       const std::vector<T> & weightsX,
                       const std::vector<T> & weightsY)
    : real(*band.real.pool, band.real.width - Window + 1, band.real.height - Window + 1)
    , imaginary(*band.real.pool, real.width, real.height)
  {
    const LocalMoments<T> moments(band, weightsX, weightsY);
    const std::size_t     dx = isAlongX ? 1 : 0;
    const std::size_t     dy = isAlongX ? 0 : 1;
    Map<T>                productR(*band.real.pool, band.real.width - dx, band.real.height - dy);
    Map<T>                productI(*band.real.pool, productR.width, productR.height);
    for (std::size_t y = 0; y < productR.height; ++y)
    {
      MultiplyByConjugate(band.real.Row(y),
                          band.imaginary.Row(y),
                          band.real.Row(y + dy) + dx,
                          band.imaginary.Row(y + dy) + dx,
                          productR.width,
                          productR.Row(y),
                          productI.Row(y));
    }
    real = LocalMeans(productR, weightsX, weightsY);
    imaginary = LocalMeansOfImaginary(productI, band.isComplex, weightsX, weightsY);
    for (std::size_t y = 0; y < real.height; ++y)
    {
      Correlate(moments.Row(y).data(), moments.Row(y + dy, dx).data(), real.width, real.Row(y), imaginary.Row(y));
    }
  }

  std::array<const T *, 2>
  Row(std::size_t y) const
  {
    return { { real.Row(y), imaginary.Row(y) } };
  }

  Map<T> real;
  Map<T> imaginary;
};

/** Which windows of a band count: those whose centre is in the picture's mask. */
class BandMask
{
public:
  BandMask(const std::uint8_t * mask, std::size_t width, std::size_t height)
    : m_Mask(mask)
    , m_Width(width)
    , m_Height(height)
  {}

  /** The mean, over windows that count, of a map of windows; NaN if none does. */
  template <typename T>
  double
  Mean(const Map<T> & windows) const
  {
    const std::size_t bandWidth = windows.width + Window - 1;
    const std::size_t bandHeight = windows.height + Window - 1;
    double            sum = 0.0;
    std::size_t       count = 0;
    for (std::size_t y = 0; y < windows.height; ++y)
    {
      const std::size_t maskRow = (y + Window / 2) * m_Height / bandHeight * m_Width;
      double            sumOfRow = 0.0;
      for (std::size_t x = 0; x < windows.width; ++x)
      {
        if (!m_Mask || m_Mask[maskRow + (x + Window / 2) * m_Width / bandWidth] != 0)
        {
          sumOfRow += static_cast<double>(windows.Row(y)[x]);
          ++count;
        }
      }
      sum += sumOfRow;
    }
    return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
  }

private:
  const std::uint8_t * m_Mask;
  std::size_t          m_Width;
  std::size_t          m_Height;
};

/** STSIM-1's number of one band. */
template <typename T>
double
CompareBands(const BandMaps<T> & x, const BandMaps<T> & y, const BandMask & mask)
{
  Map<T> terms(*x.real.pool, x.real.width - Window + 1, x.real.height - Window + 1);
  {
    const std::vector<T>  weights = GaussianWeights<T>();
    const LocalMoments<T> ofX(x, weights, weights);
    const LocalMoments<T> ofY(y, weights, weights);
    for (std::size_t row = 0; row < terms.height; ++row)
    {
      CompareMoments(ofX.Row(row).data(), ofY.Row(row).data(), terms.width, terms.Row(row));
    }
  }
  for (const bool isAlongX : { true, false })
  {
    const NeighbourCorrelation<T> ofX(x, isAlongX);
    const NeighbourCorrelation<T> ofY(y, isAlongX);
    for (std::size_t row = 0; row < terms.height; ++row)
    {
      CompareCorrelations(ofX.Row(row).data(), ofY.Row(row).data(), terms.width, terms.Row(row));
    }
  }
  // So far, these are the roots of the four factors' products.
  std::transform(terms.values.begin(),
                 terms.values.end(),
                 terms.values.begin(),
                 [](T term) { return std::sqrt(term); });
  return mask.Mean(terms);
}

/** Magnitudes of a band, and their local means and variances. */
struct Magnitudes
{
  explicit Magnitudes(Map<float> magnitudes)
    : values(std::move(magnitudes))
    , means(LocalMeans(values))
    , variances(LocalMeansOfSquares(values))
  {
    VariancesOfRow(means.values.data(), means.values.size(), variances.values.data());
  }

  static Map<float>
  LocalMeansOfSquares(const Map<float> & in)
  {
    Map<float> squares(*in.pool, in.width, in.height);
    MultiplyRealRow(in.values.data(), in.values.data(), in.values.size(), squares.values.data());
    return LocalMeans(squares);
  }

  static Map<float>
  Of(BufferPool & pool, const PyramidBand & band)
  {
    Map<float> magnitudes(pool, band.layout.width, band.layout.height);
    for (std::size_t y = 0; y < magnitudes.height; ++y)
    {
      MagnitudesOfRow(band.real.data() + band.layout.At(0, y),
                      band.imaginary.data() + band.layout.At(0, y),
                      magnitudes.width,
                      magnitudes.Row(y));
    }
    return magnitudes;
  }

  /** Every other value. */
  static Map<float>
  Subsampled(const Map<float> & fine)
  {
    Map<float> coarse(*fine.pool, (fine.width + 1) / 2, (fine.height + 1) / 2);
    for (std::size_t y = 0; y < coarse.height; ++y)
    {
      for (std::size_t x = 0; x < coarse.width; ++x)
      {
        coarse.Row(y)[x] = fine.Row(2 * y)[2 * x];
      }
    }
    return coarse;
  }

  Map<float> values;
  Map<float> means;
  Map<float> variances;
};

/** The local correlation of two bands' magnitudes. */
Map<float>
CrossCorrelation(const Magnitudes & a, const Magnitudes & b)
{
  Map<float> products(*a.values.pool, a.values.width, a.values.height);
  MultiplyRealRow(a.values.values.data(), b.values.values.data(), products.values.size(), products.values.data());
  Map<float> correlation = LocalMeans(products);
  CorrelateMagnitudes(a.means.values.data(),
                      a.variances.values.data(),
                      b.means.values.data(),
                      b.variances.values.data(),
                      correlation.values.size(),
                      correlation.values.data());
  return correlation;
}

double
CompareCrossCorrelations(const Magnitudes & x1,
                         const Magnitudes & x2,
                         const Magnitudes & y1,
                         const Magnitudes & y2,
                         const BandMask &   mask)
{
  Map<float>       terms = CrossCorrelation(x1, x2);
  const Map<float> ofY = CrossCorrelation(y1, y2);
  CompareRealCorrelations(terms.values.data(), ofY.values.data(), terms.values.size(), terms.values.data());
  return mask.Mean(terms);
}

/** What STSIM-2 adds to STSIM-1's numbers. */
void
AppendCrossTerms(BufferPool &                        pool,
                 const std::array<PyramidBands, 2> & pyramids,
                 const BandMask &                    mask,
                 std::vector<double> &               terms)
{
  constexpr std::size_t                  orientations = PyramidBands::Orientations;
  std::array<std::vector<Map<float>>, 2> finer;
  for (std::size_t scale = 0; scale < PyramidBands::Scales; ++scale)
  {
    std::array<std::vector<Magnitudes>, 2> own;
    for (std::size_t picture = 0; picture < 2; ++picture)
    {
      for (const PyramidBand & band : pyramids[picture].oriented[scale])
      {
        own[picture].emplace_back(Magnitudes::Of(pool, band));
      }
    }
    for (std::size_t o = 0; o < orientations; ++o)
    {
      if (scale > 0)
      {
        terms.push_back(CompareCrossCorrelations(Magnitudes(std::move(finer[0][o])),
                                                 own[0][o],
                                                 Magnitudes(std::move(finer[1][o])),
                                                 own[1][o],
                                                 mask));
      }
      for (std::size_t other = o + 1; other < orientations; ++other)
      {
        terms.push_back(CompareCrossCorrelations(own[0][o], own[0][other], own[1][o], own[1][other], mask));
      }
    }
    for (std::size_t picture = 0; picture < 2; ++picture)
    {
      finer[picture].clear();
      for (const Magnitudes & magnitudes : own[picture])
      {
        finer[picture].push_back(Magnitudes::Subsampled(magnitudes.values));
      }
    }
  }
}

/** The mean of the numbers that there are; NaN if there is none. */
double
MeanOf(const std::vector<double> & terms)
{
  double      sum = 0.0;
  std::size_t count = 0;
  for (const double term : terms)
  {
    if (!std::isnan(term))
    {
      sum += term;
      ++count;
    }
  }
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}
} // namespace

struct StructuralTextureSimilarity::Impl
{
  std::size_t      width;
  std::size_t      height;
  SteerablePyramid pyramid;
  BufferPool       pool;
};

StructuralTextureSimilarity::StructuralTextureSimilarity(std::size_t width, std::size_t height)
  : m_Impl(new Impl{ width, height, SteerablePyramid(width, height), {} })
{}

StructuralTextureSimilarity::~StructuralTextureSimilarity() = default;

std::size_t
StructuralTextureSimilarity::SmallestSize()
{
  // Half a size is rounded up.
  return ((Window - 1) << PyramidBands::Scales) + 1;
}

StructuralTextureSimilarityReport
StructuralTextureSimilarity::Compare(const float * x, const float * y, double range, const std::uint8_t * mask) const
{
  if (m_Impl->width < SmallestSize() || m_Impl->height < SmallestSize())
  {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    return { none, none };
  }
  const BandMask                    bandMask(mask, m_Impl->width, m_Impl->height);
  BufferPool &                      pool = m_Impl->pool;
  const std::array<PyramidBands, 2> pyramids{ { m_Impl->pyramid.Decompose(x, 255.0 / range, pool),
                                                m_Impl->pyramid.Decompose(y, 255.0 / range, pool) } };
  std::vector<double>               terms;
  terms.push_back(CompareBands(BandMaps<float>(pool, pyramids[0].highPass, 0.0, false),
                               BandMaps<float>(pool, pyramids[1].highPass, 0.0, false),
                               bandMask));
  for (std::size_t scale = 0; scale < PyramidBands::Scales; ++scale)
  {
    for (std::size_t o = 0; o < PyramidBands::Orientations; ++o)
    {
      terms.push_back(CompareBands(BandMaps<float>(pool, pyramids[0].oriented[scale][o], 0.0, true),
                                   BandMaps<float>(pool, pyramids[1].oriented[scale][o], 0.0, true),
                                   bandMask));
    }
  }
  // Its variances are small differences of large numbers.
  terms.push_back(CompareBands(BandMaps<double>(pool, pyramids[0].lowPass, pyramids[0].lowPassMean, false),
                               BandMaps<double>(pool, pyramids[1].lowPass, pyramids[1].lowPassMean, false),
                               bandMask));
  const double withinBands = MeanOf(terms);
  AppendCrossTerms(pool, pyramids, bandMask, terms);
  return { withinBands, MeanOf(terms) };
}

} // namespace colorization
} // namespace itk
