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
#include "itkColorVolumeRenderImageFilter.h"

#include "ColorizationTestUtilities.h"

namespace
{
using namespace ColorizationTest;
using FilterType = itk::ColorVolumeRenderImageFilter;
using VolumeType = FilterType::InputImageType;
using PictureType = FilterType::OutputImageType;

/** A ball whose left half (patient's, +x) is red and whose right half is blue, in a grid of any direction. */
VolumeType::Pointer
MakeBall(const VolumeType::DirectionType & direction)
{
  auto                 volume = VolumeType::New();
  VolumeType::SizeType size;
  size.Fill(48);
  volume->SetRegions(size);
  volume->SetDirection(direction);
  volume->Allocate();
  VolumeType::PointType           center;
  itk::ContinuousIndex<double, 3> middle;
  middle.Fill(23.5);
  volume->TransformContinuousIndexToPhysicalPoint(middle, center);
  for (itk::ImageRegionIteratorWithIndex<VolumeType> it(volume, volume->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    VolumeType::PointType point;
    volume->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    const bool            isInside = point.EuclideanDistanceTo(center) < 18.0;
    VolumeType::PixelType pixel;
    pixel.Set(point[0] > center[0] ? 200 : 20, 20, point[0] > center[0] ? 20 : 200, isInside ? 255 : 0);
    it.Set(pixel);
  }
  return volume;
}

FilterType::Pointer
MakeFilter(const VolumeType * volume)
{
  FilterType::DirectionVectorType front;
  front.Fill(0.0);
  front[1] = -1.0;
  FilterType::PictureSizeType size{ { 120, 100 } };
  auto                        filter = FilterType::New();
  filter->SetInput(volume);
  filter->SetEyeDirection(front);
  filter->SetPictureSize(size);
  return filter;
}

VolumeType::DirectionType
Identity()
{
  VolumeType::DirectionType direction;
  direction.SetIdentity();
  return direction;
}
} // namespace

class ColorVolumeRenderImageFilter : public testing::Test
{
protected:
  void
  SetUp() override
  {
    if (!FilterType::IsAvailable())
    {
      GTEST_SKIP() << "The module was built without VTK.";
    }
  }
};

TEST_F(ColorVolumeRenderImageFilter, SeesTheBallWhereItIs)
{
  auto filter = MakeFilter(MakeBall(Identity()));
  filter->Update();
  const PictureType * picture = filter->GetOutput();
  EXPECT_EQ(picture->GetBufferedRegion().GetSize()[0], 120u);
  EXPECT_EQ(picture->GetBufferedRegion().GetSize()[1], 100u);
  // From the front, the patient's left is at the right.
  const auto right = picture->GetPixel({ { 68, 50 } });
  const auto left = picture->GetPixel({ { 52, 50 } });
  EXPECT_GT(right[0], right[2] + 60);
  EXPECT_GT(left[2], left[0] + 60);
  EXPECT_EQ(picture->GetPixel({ { 2, 2 } }), PictureType::PixelType());
  // No slice is lost between the threads that prepare the volume.
  for (int y = 35; y < 65; ++y)
  {
    EXPECT_GT(picture->GetPixel({ { 66, y } })[0], 60) << "row " << y;
  }
}

TEST_F(ColorVolumeRenderImageFilter, FollowsThePatientsDirections)
{
  // The same ball, stored with its axes permuted and mirrored.
  VolumeType::DirectionType direction;
  direction.Fill(0.0);
  direction(1, 0) = -1.0;
  direction(2, 1) = 1.0;
  direction(0, 2) = -1.0;
  auto filter = MakeFilter(MakeBall(direction));
  filter->Update();
  const auto right = filter->GetOutput()->GetPixel({ { 68, 50 } });
  EXPECT_GT(right[0], right[2] + 60);
}

TEST_F(ColorVolumeRenderImageFilter, CutsTheNearestCorner)
{
  FilterType::DirectionVectorType eye;
  eye[0] = eye[2] = 1.0;
  eye[1] = -1.0;
  auto filter = MakeFilter(MakeBall(Identity()));
  filter->SetEyeDirection(eye);
  filter->Update();
  const auto whole = filter->GetOutput()->GetPixel({ { 60, 50 } });
  filter->CutCornerOn();
  filter->Update();
  const auto cut = filter->GetOutput()->GetPixel({ { 60, 50 } });
  EXPECT_NE(whole, cut);
}

TEST_F(ColorVolumeRenderImageFilter, SameForAnyThreads)
{
  ExpectSameForAnyThreads(MakeFilter(MakeBall(Identity())).GetPointer());
}

TEST_F(ColorVolumeRenderImageFilter, NamesWhatIsWrong)
{
  auto filter = MakeFilter(MakeBall(Identity()));
  filter->SetOpaqueAlpha(10.0);
  ExpectExceptionWith([&]() { filter->Update(); }, "TransparentAlpha and OpaqueAlpha are 30 and 10");
  filter = MakeFilter(MakeBall(Identity()));
  filter->SetEyeDirection(FilterType::DirectionVectorType(0.0));
  ExpectExceptionWith([&]() { filter->Update(); }, "EyeDirection is [0, 0, 0]");
  filter = MakeFilter(MakeBall(Identity()));
  filter->SetPictureSize({ { 0, 5 } });
  ExpectExceptionWith([&]() { filter->Update(); }, "PictureSize is [0, 5]");
  filter = MakeFilter(MakeBall(Identity()));
  filter->SetOpacitySmoothing(-1.0);
  ExpectExceptionWith([&]() { filter->Update(); }, "OpacitySmoothing is -1");
}
