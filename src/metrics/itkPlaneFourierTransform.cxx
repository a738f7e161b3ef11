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
#include "itkPlaneFourierTransform.h"
#include "../common/itkColorizationVectorMath.h"

#include "vnl/algo/vnl_fft.h"
#include "vnl/algo/vnl_fft_prime_factors.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace itk
{
namespace colorization
{
namespace
{
constexpr double Pi = 3.14159265358979323846;

/** Lines that are transformed together: what stays in the cache. */
constexpr std::size_t RowsAtOnce = 8;
constexpr std::size_t ColumnsAtOnce = 64;

bool
HasSmallFactors(std::size_t n)
{
  for (const std::size_t factor : { 2, 3, 5 })
  {
    while (n % factor == 0)
    {
      n /= factor;
    }
  }
  return n == 1;
}

/** (a + i b) *= (c + i d), line by line. */
ITK_COLORIZATION_MULTIVERSION void
Multiply(float * a, float * b, const float * c, const float * d, std::size_t count)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    const float re = a[i] * c[i] - b[i] * d[i];
    b[i] = a[i] * d[i] + b[i] * c[i];
    a[i] = re;
  }
}

ITK_COLORIZATION_MULTIVERSION void
Scale(float * values, std::size_t count, float factor)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    values[i] *= factor;
  }
}
} // namespace

ComplexPlane::ComplexPlane(BufferPool & pool, std::size_t width, std::size_t height)
  : layout(width, height)
  , real(pool, layout.Count())
  , imaginary(pool, layout.Count())
{
  for (std::size_t y = 0; y < height; ++y)
  {
    std::fill(real.data() + layout.At(width, y), real.data() + (y + 1) * layout.stride, 0.0f);
    std::fill(imaginary.data() + layout.At(width, y), imaginary.data() + (y + 1) * layout.stride, 0.0f);
  }
}

/** Transforms of lines of one length. */
class PlaneFourierTransform::LineTransform
{
public:
  explicit LineTransform(std::size_t length)
    : m_Length(length)
    , m_Smooth(HasSmallFactors(length) ? length : SmoothLengthFrom(2 * length - 1))
    , m_Factors(static_cast<int>(m_Smooth))
  {
    if (m_Smooth != m_Length)
    {
      this->MakeChirp();
    }
  }

  /** `count` lines, of which the elements lie `step` apart and the first elements `jump`. */
  void
  Forward(float * real, float * imaginary, std::size_t step, std::size_t jump, std::size_t count) const
  {
    const std::size_t atOnce = step == 1 ? RowsAtOnce : ColumnsAtOnce;
    for (std::size_t first = 0; first < count; first += atOnce)
    {
      const std::size_t lines = std::min(atOnce, count - first);
      float * const     re = real + first * jump;
      float * const     im = imaginary + first * jump;
      if (m_Smooth == m_Length)
      {
        this->TransformSmooth(re, im, step, jump, lines);
      }
      else
      {
        this->TransformByChirp(re, im, step, jump, lines);
      }
    }
  }

private:
  static std::size_t
  SmoothLengthFrom(std::size_t n)
  {
    while (!HasSmallFactors(n))
    {
      ++n;
    }
    return n;
  }

  void
  TransformSmooth(float * real, float * imaginary, std::size_t step, std::size_t jump, std::size_t lines) const
  {
    long info = 0;
    vnl_fft_gpfa(real,
                 imaginary,
                 m_Factors.trigs(),
                 static_cast<long>(step),
                 static_cast<long>(jump),
                 static_cast<long>(m_Smooth),
                 static_cast<long>(lines),
                 -1,
                 m_Factors.pqr(),
                 &info);
  }

  /** exp(-i pi k^2 / n), and the spectrum of its conjugate, over the padded length. */
  void
  MakeChirp()
  {
    m_ChirpReal.assign(m_Smooth, 0.0f);
    m_ChirpImaginary.assign(m_Smooth, 0.0f);
    m_SpectrumReal.assign(m_Smooth, 0.0f);
    m_SpectrumImaginary.assign(m_Smooth, 0.0f);
    for (std::size_t k = 0; k < m_Length; ++k)
    {
      const double      angle = Pi * static_cast<double>(k * k % (2 * m_Length)) / static_cast<double>(m_Length);
      const std::size_t mirrored = (m_Smooth - k) % m_Smooth;
      m_ChirpReal[k] = static_cast<float>(std::cos(angle));
      m_ChirpImaginary[k] = static_cast<float>(-std::sin(angle));
      m_SpectrumReal[k] = m_SpectrumReal[mirrored] = m_ChirpReal[k];
      m_SpectrumImaginary[k] = m_SpectrumImaginary[mirrored] = -m_ChirpImaginary[k];
    }
    this->TransformSmooth(m_SpectrumReal.data(), m_SpectrumImaginary.data(), 1, m_Smooth, 1);
    Scale(m_SpectrumReal.data(), m_Smooth, 1.0f / static_cast<float>(m_Smooth));
    Scale(m_SpectrumImaginary.data(), m_Smooth, 1.0f / static_cast<float>(m_Smooth));
  }

  void
  TransformByChirp(float * real, float * imaginary, std::size_t step, std::size_t jump, std::size_t lines) const
  {
    std::vector<float> re(lines * m_Smooth);
    std::vector<float> im(lines * m_Smooth);
    for (std::size_t k = 0; k < m_Length; ++k)
    {
      for (std::size_t line = 0; line < lines; ++line)
      {
        re[line * m_Smooth + k] = real[line * jump + k * step];
        im[line * m_Smooth + k] = imaginary[line * jump + k * step];
      }
    }
    for (std::size_t line = 0; line < lines; ++line)
    {
      Multiply(re.data() + line * m_Smooth,
               im.data() + line * m_Smooth,
               m_ChirpReal.data(),
               m_ChirpImaginary.data(),
               m_Length);
    }
    this->TransformSmooth(re.data(), im.data(), 1, m_Smooth, lines);
    for (std::size_t line = 0; line < lines; ++line)
    {
      Multiply(re.data() + line * m_Smooth,
               im.data() + line * m_Smooth,
               m_SpectrumReal.data(),
               m_SpectrumImaginary.data(),
               m_Smooth);
    }
    // With real and imaginary parts exchanged, a forward transform is an inverse one.
    this->TransformSmooth(im.data(), re.data(), 1, m_Smooth, lines);
    for (std::size_t line = 0; line < lines; ++line)
    {
      Multiply(re.data() + line * m_Smooth,
               im.data() + line * m_Smooth,
               m_ChirpReal.data(),
               m_ChirpImaginary.data(),
               m_Length);
    }
    for (std::size_t k = 0; k < m_Length; ++k)
    {
      for (std::size_t line = 0; line < lines; ++line)
      {
        real[line * jump + k * step] = re[line * m_Smooth + k];
        imaginary[line * jump + k * step] = im[line * m_Smooth + k];
      }
    }
  }

  std::size_t                  m_Length;
  std::size_t                  m_Smooth;
  vnl_fft_prime_factors<float> m_Factors;
  std::vector<float>           m_ChirpReal;
  std::vector<float>           m_ChirpImaginary;
  std::vector<float>           m_SpectrumReal;
  std::vector<float>           m_SpectrumImaginary;
};

PlaneFourierTransform::PlaneFourierTransform(std::size_t width, std::size_t height)
  : m_Rows(std::make_unique<LineTransform>(width))
  , m_Columns(std::make_unique<LineTransform>(height))
{}

PlaneFourierTransform::~PlaneFourierTransform() = default;

void
PlaneFourierTransform::Forward(ComplexPlane & plane) const
{
  m_Rows->Forward(plane.real.data(), plane.imaginary.data(), 1, plane.layout.stride, plane.layout.height);
  m_Columns->Forward(plane.real.data(), plane.imaginary.data(), plane.layout.stride, 1, plane.layout.width);
}

void
PlaneFourierTransform::Inverse(ComplexPlane & plane) const
{
  m_Rows->Forward(plane.imaginary.data(), plane.real.data(), 1, plane.layout.stride, plane.layout.height);
  m_Columns->Forward(plane.imaginary.data(), plane.real.data(), plane.layout.stride, 1, plane.layout.width);
  const float factor = 1.0f / static_cast<float>(plane.layout.width * plane.layout.height);
  Scale(plane.real.data(), plane.real.size(), factor);
  Scale(plane.imaginary.data(), plane.imaginary.size(), factor);
}

} // namespace colorization
} // namespace itk
