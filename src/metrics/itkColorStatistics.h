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
#ifndef itkColorStatistics_h
#define itkColorStatistics_h

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** Planes of red, green and blue, one after the other, of 0..range, to planes of L*, a* and b*. */
class LabConverter
{
public:
  explicit LabConverter(double range);

  void
  Convert(const float * rgb, std::size_t pixels, float * lab) const;

private:
  float
  Linear(float value) const;

  float m_Range;
  /** Linear light of whole numbers, where components have no more values than 16 bits give. */
  std::vector<float> m_Table;
};

/** Sums that colorfulness is made of. */
struct OpponentSums
{
  void
  Add(const OpponentSums & other);

  /** D. Hasler, S. Suesstrunk: Measuring Colorfulness in Natural Images. Human Vision and Electronic Imaging VIII, 2003.
   * doi:10.1117/12.477378. NaN without a pixel. */
  double
  Colorfulness() const;

  std::size_t           count = 0;
  std::array<double, 2> sums{ { 0.0, 0.0 } };
  std::array<double, 2> squares{ { 0.0, 0.0 } };
};

/** R - G and (R + G) / 2 - B, of components that are multiplied by `factor`; mask may be null. */
OpponentSums
SumOpponents(const float * rgb, std::size_t pixels, double factor, const std::uint8_t * mask);

/** A sum over pixels, and their number. */
struct PixelSum
{
  void
  Add(const PixelSum & other)
  {
    sum += other.sum;
    count += other.count;
  }

  /** NaN without a pixel. */
  double
  Mean() const;

  double      sum = 0.0;
  std::size_t count = 0;
};

/** CIE76 and CIEDE2000 differences of planes of L*, a* and b*; what is not wanted stays 0. */
struct ColorDifferenceSums
{
  PixelSum cie76;
  PixelSum ciede2000;
};
ColorDifferenceSums
SumColorDifferences(const float *        lab1,
                    const float *        lab2,
                    std::size_t          pixels,
                    const std::uint8_t * mask,
                    bool                 wantsCIEDE2000);

/** How far chroma changes from one slice to the next where it does not in the reference, which may be null. */
PixelSum
SumChromaSteps(const float *        labBefore,
               const float *        lab,
               const float *        referenceBefore,
               const float *        reference,
               std::size_t          pixels,
               const std::uint8_t * maskBefore,
               const std::uint8_t * mask);

} // namespace colorization
} // namespace itk

#endif
