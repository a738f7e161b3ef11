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
#include "itkPatchProjection.h"

#include "../common/itkStripProduct.h"

#include <Eigen/Dense>

#include <algorithm>

namespace itk
{
namespace colorization
{
namespace
{
/** Patches of each image that the axes are learnt from. */
constexpr std::size_t SampleSize = 128;

/** Appends up to SampleSize patches of an image as rows of `sample`. */
void
DrawSample(const PatchProjection::Source & source, Eigen::MatrixXd & sample, Eigen::Index & rows)
{
  const std::size_t count = std::min(SampleSize, source.pixels.size());
  const std::size_t rowLength = source.image.GetRowLength();
  for (std::size_t k = 0; k < count; ++k)
  {
    const std::size_t pixel = source.pixels[k * source.pixels.size() / count];
    const float *     patch = source.image.Patch(pixel % source.width, pixel / source.width);
    Eigen::Index      column = 0;
    for (std::size_t dy = 0; dy < source.image.GetDiameter(); ++dy)
    {
      for (std::size_t i = 0; i < rowLength; ++i)
      {
        sample(rows, column++) = static_cast<double>(patch[dy * source.image.GetPitch() + i]);
      }
    }
    ++rows;
  }
}
} // namespace

PatchProjection::PatchProjection(const Source & first, const Source & second)
  : m_Length(first.image.GetRowLength() * first.image.GetDiameter())
  , m_Axes(m_Length * Dimensions, 0.0f)
  , m_Origin(Dimensions, 0.0f)
{
  const auto      length = static_cast<Eigen::Index>(m_Length);
  Eigen::MatrixXd sample(static_cast<Eigen::Index>(2 * SampleSize), length);
  Eigen::Index    rows = 0;
  DrawSample(first, sample, rows);
  DrawSample(second, sample, rows);
  sample.conservativeResize(rows, Eigen::NoChange);
  const Eigen::RowVectorXd mean = sample.colwise().mean();
  sample.rowwise() -= mean;

  // The axes that a sample spans follow from its Gram matrix, however long a patch is.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(sample * sample.transpose());
  const Eigen::Index    axes = std::min({ static_cast<Eigen::Index>(Dimensions), rows, length });
  const Eigen::MatrixXd directions = sample.transpose() * solver.eigenvectors().rightCols(axes).rowwise().reverse();
  const Eigen::HouseholderQR<Eigen::MatrixXd> orthogonal(directions);
  const Eigen::MatrixXd basis = orthogonal.householderQ() * Eigen::MatrixXd::Identity(length, axes);
  for (Eigen::Index axis = 0; axis < axes; ++axis)
  {
    const auto   column = static_cast<std::size_t>(axis);
    const auto   strip = column / StripWidth * StripWidth * m_Length;
    const double origin = mean * basis.col(axis);
    m_Origin[column] = static_cast<float>(origin);
    for (std::size_t k = 0; k < m_Length; ++k)
    {
      m_Axes[strip + k * StripWidth + column % StripWidth] =
        static_cast<float>(basis(static_cast<Eigen::Index>(k), axis));
    }
  }
}

std::vector<float>
PatchProjection::Project(const PaddedFeatures & image,
                         std::size_t            width,
                         std::size_t            height,
                         const ParallelFor &    parallelFor) const
{
  static_assert(Dimensions % StripWidth == 0, "The axes fill their strips.");
  std::vector<float> coordinates(width * height * Dimensions);
  const std::size_t  rowLength = image.GetRowLength();
  parallelFor(height,
              [&](std::size_t y)
              {
                float * out = coordinates.data() + y * width * Dimensions;
                for (std::size_t x = 0; x < width; ++x)
                {
                  std::transform(m_Origin.begin(), m_Origin.end(), out + x * Dimensions, std::negate<float>());
                }
                for (std::size_t dy = 0; dy < image.GetDiameter(); ++dy)
                {
                  for (std::size_t axis = 0; axis < Dimensions; axis += StripWidth)
                  {
                    // The patches of a row of pixels are rows of a matrix that overlap.
                    AddStripProduct(image.Patch(0, y) + dy * image.GetPitch(),
                                    image.GetComponents(),
                                    width,
                                    m_Axes.data() + axis * m_Length + dy * rowLength * StripWidth,
                                    rowLength,
                                    out + axis,
                                    Dimensions);
                  }
                }
              });
  return coordinates;
}

} // namespace colorization
} // namespace itk
