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

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace
{
using ImageType = itk::Image<float, 3>;

/** Three numbers as a vector, or a point. */
itk::Vector<double, 3>
MakeVector(double x, double y, double z)
{
  const double values[] = { x, y, z };
  return itk::Vector<double, 3>(values);
}

itk::Point<double, 3>
MakePoint(double x, double y, double z)
{
  const double values[] = { x, y, z };
  return itk::Point<double, 3>(values);
}

/** The same voxels in the same places, stored along other axes. */
ImageType::Pointer
StoreOtherwise(const ImageType * image, const std::array<unsigned int, 3> & order, unsigned int flips)
{
  const auto             region = image->GetLargestPossibleRegion();
  auto                   other = ImageType::New();
  ImageType::SizeType    size;
  ImageType::IndexType   corner = region.GetIndex();
  auto                   direction = image->GetDirection();
  ImageType::SpacingType spacing;
  for (unsigned int k = 0; k < 3; ++k)
  {
    const bool isFlipped = (flips >> k & 1u) != 0;
    size[k] = region.GetSize(order[k]);
    spacing[k] = image->GetSpacing()[order[k]];
    corner[order[k]] += isFlipped ? static_cast<itk::IndexValueType>(region.GetSize(order[k])) - 1 : 0;
    for (unsigned int row = 0; row < 3; ++row)
    {
      direction[row][k] = (isFlipped ? -1.0 : 1.0) * image->GetDirection()[row][order[k]];
    }
  }
  ImageType::PointType origin;
  image->TransformIndexToPhysicalPoint(corner, origin);
  other->SetRegions(size);
  other->SetSpacing(spacing);
  other->SetDirection(direction);
  other->SetOrigin(origin);
  return other;
}

TEST(PatientAxes, AreTheSameForAllOrdersAndFlips)
{
  auto image = ImageType::New();
  image->SetRegions(ImageType::RegionType({ { 3, -2, 5 } }, { { 11, 7, 5 } }));
  image->SetSpacing(MakeVector(0.7, 1.1, 5.0));
  image->SetOrigin(MakePoint(-12.25, 100.5, 3.125));
  // Oblique by 20 degrees.
  auto         direction = image->GetDirection();
  const double angle = 20.0 / 180.0 * 3.14159265358979;
  direction[0][0] = std::cos(angle);
  direction[0][1] = -std::sin(angle);
  direction[1][0] = std::sin(angle);
  direction[1][1] = std::cos(angle);
  image->SetDirection(direction);
  const auto wanted =
    itk::colorization::MakePatientGrid(image, itk::colorization::FindPatientAxes(image->GetDirection()));
  std::array<unsigned int, 3> order{ { 0, 1, 2 } };
  do
  {
    for (unsigned int flips = 0; flips < 8; ++flips)
    {
      const auto other = StoreOtherwise(image, order, flips);
      const auto grid =
        itk::colorization::MakePatientGrid(other, itk::colorization::FindPatientAxes(other->GetDirection()));
      EXPECT_EQ(grid.size, wanted.size);
      EXPECT_EQ(grid.spacing, wanted.spacing);
      EXPECT_EQ(grid.origin, wanted.origin);
      EXPECT_EQ(grid.direction, wanted.direction);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}
} // namespace
