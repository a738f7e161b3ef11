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
#ifndef itkChromaPalette_h
#define itkChromaPalette_h

#include "ColorizationExport.h"

#include "itkImage.h"
#include "itkRGBPixel.h"

#include <array>

namespace itk
{
namespace colorization
{
/** An affine map of a and b of CIE Lab. */
struct ChromaMap
{
  std::array<double, 2> from{ { 0.0, 0.0 } };
  std::array<double, 2> to{ { 0.0, 0.0 } };
  /** Symmetric: of a, of a with b, of b. */
  std::array<double, 3> matrix{ { 1.0, 0.0, 1.0 } };

  std::array<float, 2>
  Map(float a, float b) const
  {
    const double x = a - from[0];
    const double y = b - from[1];
    return { { static_cast<float>(to[0] + matrix[0] * x + matrix[1] * y),
               static_cast<float>(to[1] + matrix[1] * x + matrix[2] * y) } };
  }
};

/** Mean and covariance of a and b of CIE Lab of some pixels. */
class Colorization_EXPORT ChromaPalette
{
public:
  void
  Add(float a, float b)
  {
    m_Count += 1.0;
    m_Sums[0] += a;
    m_Sums[1] += b;
    m_Products[0] += static_cast<double>(a) * a;
    m_Products[1] += static_cast<double>(a) * b;
    m_Products[2] += static_cast<double>(b) * b;
  }

  /** Adds a photograph's tissue.
   * \throws std::invalid_argument if less than 1 % of it is tissue, see SliceAnalogy */
  void
  AddPhotograph(const Image<RGBPixel<unsigned char>, 2> * photograph);

  bool
  IsEmpty() const
  {
    return m_Count == 0.0;
  }

  std::array<double, 2>
  GetMean() const;

  /** Of a, of a with b, of b. */
  std::array<double, 3>
  GetCovariance() const;

  /** The map that gives the palette `from` the mean and covariance of `to`, and of all such moves colours least: that of
   * Monge and Kantorovich for normal distributions (F. Pitie, A. Kokaram: The linear Monge-Kantorovitch linear colour
   * mapping for example-based colour transfer. CVMP 2007, equation 5). Directions in which `from` hardly varies are
   * stretched threefold at most. */
  static ChromaMap
  MapBetween(const ChromaPalette & from, const ChromaPalette & to);

private:
  double                m_Count = 0.0;
  std::array<double, 2> m_Sums{};
  std::array<double, 3> m_Products{};
};

} // namespace colorization
} // namespace itk

#endif
