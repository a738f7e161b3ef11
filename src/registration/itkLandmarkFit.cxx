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
#include "itkLandmarkFit.h"

#include "itkAffineTransform.h"
#include "itkImage.h"
#include "itkLandmarkBasedTransformInitializer.h"

#include <vnl/algo/vnl_symmetric_eigensystem.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <stdexcept>
#include <string>

namespace itk
{
namespace colorization
{
namespace
{
using PointType = Point<double, 3>;

/** The extents of points along their principal axes, as variances; the smallest comes first. */
vnl_vector<double>
PrincipalVariances(const std::vector<PointType> & points)
{
  vnl_vector<double> mean(3, 0.0);
  for (const PointType & point : points)
  {
    mean += point.GetVnlVector() / static_cast<double>(points.size());
  }
  vnl_matrix<double> covariance(3, 3, 0.0);
  for (const PointType & point : points)
  {
    const vnl_vector<double> off = point.GetVnlVector() - mean;
    covariance += outer_product(off, off) / static_cast<double>(points.size());
  }
  const vnl_symmetric_eigensystem<double> system(covariance);
  vnl_vector<double>                      variances(3);
  for (unsigned int k = 0; k < 3; ++k)
  {
    variances[k] = system.get_eigenvalue(k);
  }
  return variances;
}
} // namespace

void
VerifyLandmarks(const std::vector<PointType> & points, bool isAffine)
{
  const std::size_t least = isAffine ? 4 : 3;
  const std::string name = isAffine ? "an affine" : "a rigid";
  const std::string count = std::to_string(points.size());
  if (points.size() < least)
  {
    throw std::invalid_argument("there are " + count + " landmarks, but " + name + " transform needs at least " +
                                std::to_string(least) + '.');
  }
  // A thousandth of the largest extent.
  constexpr double flat = 1e-6;
  const auto       variances = PrincipalVariances(points);
  if (!(variances[1] > flat * variances[2]))
  {
    throw std::invalid_argument("the " + count + " landmarks lie on one line, but " + name +
                                " transform needs some that do not.");
  }
  if (isAffine && !(variances[0] > flat * variances[2]))
  {
    throw std::invalid_argument("the " + count +
                                " landmarks lie in one plane, but an affine transform needs some that do not.");
  }
}

void
FitLandmarks(const LandmarkPairs & pairs, Transform<double, 3, 3> * transform)
{
  if (pairs.fixed.size() != pairs.moving.size())
  {
    throw std::invalid_argument("there are " + std::to_string(pairs.moving.size()) +
                                " landmarks of the moving volume, but " + std::to_string(pairs.fixed.size()) +
                                " of the fixed one.");
  }
  const bool isAffine = dynamic_cast<const AffineTransform<double, 3> *>(transform) != nullptr;
  VerifyLandmarks(pairs.fixed, isAffine);
  VerifyLandmarks(pairs.moving, isAffine);
  using VolumeType = Image<float, 3>;
  auto initializer = LandmarkBasedTransformInitializer<Transform<double, 3, 3>, VolumeType, VolumeType>::New();
  initializer->SetFixedLandmarks(pairs.fixed);
  initializer->SetMovingLandmarks(pairs.moving);
  initializer->SetTransform(transform);
  initializer->InitializeTransform();
}

LandmarkResiduals
ResidualsOf(const LandmarkPairs & pairs, const Transform<double, 3, 3> * transform)
{
  LandmarkResiduals residuals;
  std::transform(pairs.fixed.begin(),
                 pairs.fixed.end(),
                 pairs.moving.begin(),
                 std::back_inserter(residuals.each),
                 [&](const PointType & fixed, const PointType & moving)
                 { return transform->TransformPoint(fixed).EuclideanDistanceTo(moving); });
  const auto count = static_cast<double>(residuals.each.size());
  residuals.mean = std::accumulate(residuals.each.begin(), residuals.each.end(), 0.0) / count;
  residuals.largest = *std::max_element(residuals.each.begin(), residuals.each.end());
  return residuals;
}
} // namespace colorization
} // namespace itk
