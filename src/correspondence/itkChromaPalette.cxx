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
#include "itkChromaPalette.h"

#include "itkBodySection.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace itk
{
namespace colorization
{
namespace
{
/** A symmetric matrix of 2 x 2: first diagonal element, the other, second diagonal element. */
using Symmetric = std::array<double, 3>;

/** f of a symmetric matrix: that of its eigenvalues, with the same eigenvectors. */
template <typename TFunction>
Symmetric
Apply(const Symmetric & m, const TFunction & f)
{
  const double angle = 0.5 * std::atan2(2.0 * m[1], m[0] - m[2]);
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  const double first = f(c * c * m[0] + 2.0 * c * s * m[1] + s * s * m[2]);
  const double second = f(s * s * m[0] - 2.0 * c * s * m[1] + c * c * m[2]);
  return { { c * c * first + s * s * second, c * s * (first - second), s * s * first + c * c * second } };
}

/** p m p */
Symmetric
Between(const Symmetric & p, const Symmetric & m)
{
  const double a = p[0] * m[0] + p[1] * m[1];
  const double b = p[0] * m[1] + p[1] * m[2];
  const double c = p[1] * m[0] + p[2] * m[1];
  const double d = p[1] * m[1] + p[2] * m[2];
  return { { a * p[0] + b * p[1], a * p[1] + b * p[2], c * p[1] + d * p[2] } };
}
} // namespace

void
ChromaPalette::AddPhotograph(const Image<RGBPixel<unsigned char>, 2> * photograph)
{
  std::vector<Color> lab;
  const Section      section = MakePhotographSection(photograph, BodyParts::All, lab);
  for (std::size_t i = 0; i < lab.size(); ++i)
  {
    if (section.tissue[i] != 0)
    {
      this->Add(lab[i][1], lab[i][2]);
    }
  }
}

std::array<double, 2>
ChromaPalette::GetMean() const
{
  const double count = std::max(m_Count, 1.0);
  return { { m_Sums[0] / count, m_Sums[1] / count } };
}

std::array<double, 3>
ChromaPalette::GetCovariance() const
{
  const double count = std::max(m_Count, 1.0);
  const auto   mean = this->GetMean();
  return { { m_Products[0] / count - mean[0] * mean[0],
             m_Products[1] / count - mean[0] * mean[1],
             m_Products[2] / count - mean[1] * mean[1] } };
}

ChromaMap
ChromaPalette::MapBetween(const ChromaPalette & from, const ChromaPalette & to)
{
  constexpr double mostStretching = 3.0;
  constexpr double least = 1e-6;
  const auto       root = [least](double value) { return std::sqrt(std::max(value, least)); };
  const Symmetric  half = Apply(from.GetCovariance(), root);
  const Symmetric  inverse = Apply(half, [](double value) { return 1.0 / value; });
  const Symmetric  matrix = Between(inverse, Apply(Between(half, to.GetCovariance()), root));
  return { from.GetMean(),
           to.GetMean(),
           Apply(matrix, [mostStretching](double value) { return std::min(std::max(value, 0.0), mostStretching); }) };
}

} // namespace colorization
} // namespace itk
