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
#include "itkPatientAxes.h"
#include "ColorizationTestUtilities.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace
{
using itk::colorization::FindPatientAxes;
using itk::colorization::MakePatientGrid;
using itk::colorization::PatientAxes;
using itk::colorization::PatientGrid;

using ImageType = itk::Image<float, 3>;
using MatrixType = itk::Matrix<double, 3, 3>;
using PointType = itk::Point<double, 3>;

constexpr std::array<itk::SizeValueType, 3> Size{ { 5, 7, 6 } };
constexpr std::array<double, 3>             Spacing{ { 0.8, 1.5, 3.1 } };
constexpr std::array<double, 3>             Origin{ { -31.25, 47.1, 1012.03 } };

/** Rotates about the third, the second and then the first axis, in degrees. */
MatrixType
Rotation(double third, double second, double first)
{
  const auto about = [](unsigned int axis, double degrees)
  {
    const double       angle = degrees * std::acos(-1.0) / 180.0;
    const unsigned int a = (axis + 1) % 3;
    const unsigned int b = (axis + 2) % 3;
    MatrixType         matrix;
    matrix.SetIdentity();
    matrix(a, a) = matrix(b, b) = std::cos(angle);
    matrix(a, b) = -std::sin(angle);
    matrix(b, a) = std::sin(angle);
    return matrix;
  };
  return about(2, third) * about(1, second) * about(0, first);
}

/** The same voxels in another order: the image's axis k runs along axis order[k] of the upright one, the other way if bit k
 * of `flips` is set. The value of a voxel is its number in the upright order. */
ImageType::Pointer
MakeImage(const MatrixType & upright, const std::array<unsigned int, 3> & order, unsigned int flips)
{
  ImageType::SizeType      size;
  ImageType::IndexType     start;
  ImageType::SpacingType   spacing;
  ImageType::DirectionType direction;
  for (unsigned int k = 0; k < 3; ++k)
  {
    size[k] = Size[order[k]];
    start[k] = 11 - 9 * static_cast<int>(k);
    spacing[k] = Spacing[order[k]];
    for (unsigned int row = 0; row < 3; ++row)
    {
      direction[row][k] = (flips >> k & 1u) != 0 ? -upright[row][order[k]] : upright[row][order[k]];
    }
  }
  auto image = ImageType::New();
  image->SetRegions(ImageType::RegionType(start, size));
  image->SetSpacing(spacing);
  image->SetDirection(direction);
  // The first voxel of the upright order lies at the origin.
  ImageType::IndexType first = start;
  for (unsigned int k = 0; k < 3; ++k)
  {
    first[k] += (flips >> k & 1u) != 0 ? static_cast<itk::IndexValueType>(size[k]) - 1 : 0;
  }
  PointType place;
  image->TransformIndexToPhysicalPoint(first, place);
  PointType origin;
  for (unsigned int row = 0; row < 3; ++row)
  {
    origin[row] = Origin[row] - place[row];
  }
  image->SetOrigin(origin);
  image->Allocate();
  for (itk::ImageRegionIteratorWithIndex<ImageType> it(image, image->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    std::array<itk::SizeValueType, 3> voxel{};
    for (unsigned int k = 0; k < 3; ++k)
    {
      const auto along = static_cast<itk::SizeValueType>(it.GetIndex()[k] - start[k]);
      voxel[order[k]] = (flips >> k & 1u) != 0 ? size[k] - 1 - along : along;
    }
    it.Set(static_cast<float>((voxel[2] * Size[1] + voxel[1]) * Size[0] + voxel[0]));
  }
  return image;
}

/** Calls visit(image) with the voxels in each of the 48 orders. */
template <typename TVisit>
void
ForEachOrder(const MatrixType & upright, const TVisit & visit)
{
  std::array<unsigned int, 3> order{ { 0, 1, 2 } };
  do
  {
    for (unsigned int flips = 0; flips < 8; ++flips)
    {
      SCOPED_TRACE(::testing::Message() << "order " << order[0] << order[1] << order[2] << ", flips " << flips);
      visit(MakeImage(upright, order, flips));
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

/** All 48 orders give one grid, of which each voxel lies where it does in the image. */
PatientGrid
ExpectOneGrid(const MatrixType & upright)
{
  const auto        first = MakeImage(upright, { { 0, 1, 2 } }, 0);
  const PatientGrid wanted = MakePatientGrid(first, FindPatientAxes(first->GetDirection()));
  ForEachOrder(upright,
               [&](const ImageType * image)
               {
                 const PatientAxes axes = FindPatientAxes(image->GetDirection());
                 const PatientGrid grid = MakePatientGrid(image, axes);
                 EXPECT_EQ(grid.size, wanted.size);
                 EXPECT_EQ(grid.spacing, wanted.spacing);
                 EXPECT_EQ(grid.origin, wanted.origin);
                 EXPECT_EQ(grid.direction, wanted.direction);
                 const auto start = image->GetLargestPossibleRegion().GetIndex();
                 for (const std::array<std::ptrdiff_t, 3> & voxel :
                      { std::array<std::ptrdiff_t, 3>{ { 0, 0, 0 } }, { { 1, 3, 2 } }, { { 4, 2, 3 } } })
                 {
                   ImageType::IndexType index;
                   for (unsigned int patient = 0; patient < 3; ++patient)
                   {
                     const unsigned int axis = axes.axis[patient];
                     const auto         last = static_cast<std::ptrdiff_t>(grid.size[patient]) - 1;
                     index[axis] = start[axis] + (axes.isFlipped[patient] ? last - voxel[patient] : voxel[patient]);
                   }
                   PointType place;
                   image->TransformIndexToPhysicalPoint(index, place);
                   EXPECT_LT(place.EuclideanDistanceTo(grid.PointAt(voxel)), 2e-6);
                   EXPECT_EQ(image->GetPixel(index),
                             [&]()
                             {
                               ImageType::IndexType upIndex;
                               first->TransformPhysicalPointToIndex(place, upIndex);
                               return first->GetPixel(upIndex);
                             }());
                 }
               });
  return wanted;
}
} // namespace

TEST(PatientAxes, OrdersOfAnUprightImage)
{
  const PatientGrid grid = ExpectOneGrid(Rotation(0.0, 0.0, 0.0));
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    EXPECT_EQ(grid.size[axis], Size[axis]);
    EXPECT_EQ(grid.spacing[axis], Spacing[axis]);
    EXPECT_NEAR(grid.origin[axis], Origin[axis], 1e-6);
    EXPECT_EQ(grid.direction[axis][axis], 1.0);
  }
}

TEST(PatientAxes, OrdersOfAnObliqueImage)
{
  const MatrixType  oblique = Rotation(17.0, -29.0, 38.0);
  const PatientGrid grid = ExpectOneGrid(oblique);
  EXPECT_EQ(grid.direction, oblique);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    EXPECT_EQ(grid.size[axis], Size[axis]);
    EXPECT_GT(grid.direction[axis][axis], 0.5);
  }
}

TEST(PatientAxes, OrdersOfAnImageThatIsFarFromUpright)
{
  for (const double third : { -170.0, -100.0, 75.0, 140.0 })
  {
    for (const double second : { -80.0, 30.0, 110.0 })
    {
      const PatientGrid grid = ExpectOneGrid(Rotation(third, second, 52.0));
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        EXPECT_GE(grid.direction[axis][axis], 0.0);
      }
    }
  }
}

TEST(PatientAxes, OrdersOfAnImageThatIsEquallyNearToTwoAxes)
{
  ExpectOneGrid(Rotation(45.0, 0.0, 0.0));
  ExpectOneGrid(Rotation(0.0, 45.0, 0.0));
  ExpectOneGrid(Rotation(0.0, 0.0, 135.0));
}

TEST(PatientAxes, RoundingDoesNotChooseAxes)
{
  for (const double degrees : { 45.0 - 1e-9, 45.0, 45.0 + 1e-9 })
  {
    EXPECT_EQ(FindPatientAxes(Rotation(degrees, 0.0, 0.0)).axis, FindPatientAxes(Rotation(45.0, 0.0, 0.0)).axis);
    EXPECT_EQ(FindPatientAxes(Rotation(0.0, 0.0, degrees)).axis, FindPatientAxes(Rotation(0.0, 0.0, 45.0)).axis);
  }
}

TEST(PatientAxes, NamesTheAxisThatRunsAlongThePatient)
{
  // A sagittal series: slices from right to left, rows downward, columns to the back.
  MatrixType direction;
  direction.Fill(0.0);
  direction[1][0] = 1.0;
  direction[2][1] = -1.0;
  direction[0][2] = 1.0;
  const PatientAxes axes = FindPatientAxes(direction);
  EXPECT_EQ(axes.axis, (std::array<unsigned int, 3>{ { 2, 0, 1 } }));
  EXPECT_EQ(axes.isFlipped, (std::array<bool, 3>{ { false, false, true } }));
}
