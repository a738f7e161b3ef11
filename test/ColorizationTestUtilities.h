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
#ifndef ColorizationTestUtilities_h
#define ColorizationTestUtilities_h

#include "itkCommand.h"
#include "itkImage.h"
#include "itkImageRegionConstIteratorWithIndex.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkMacro.h"
#include "itkProcessObject.h"
#include "itkStreamingImageFilter.h"
#include "itkVectorImage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>

/** What the tests of this module share. */
namespace ColorizationTest
{
/** An image with a spacing, origin, direction and start index that are all unusual: what a filter has to keep. */
template <typename TImage>
typename TImage::Pointer
MakeImage(const typename TImage::SizeType & size, unsigned int components = 1)
{
  constexpr unsigned int       dimension = TImage::ImageDimension;
  typename TImage::IndexType   start;
  typename TImage::SpacingType spacing;
  typename TImage::PointType   origin;
  auto                         direction = typename TImage::DirectionType();
  direction.SetIdentity();
  for (unsigned int axis = 0; axis < dimension; ++axis)
  {
    start[axis] = 3 - 5 * static_cast<int>(axis);
    spacing[axis] = 0.8 + 0.7 * axis;
    origin[axis] = -12.5 + 7.0 * axis;
  }
  direction(0, 0) = direction(1, 1) = 0.6;
  direction(0, 1) = -0.8;
  direction(1, 0) = 0.8;
  auto image = TImage::New();
  image->SetRegions(typename TImage::RegionType(start, size));
  image->SetSpacing(spacing);
  image->SetOrigin(origin);
  image->SetDirection(direction);
  image->SetNumberOfComponentsPerPixel(components);
  image->Allocate(true);
  return image;
}

/** MakeImage(), with pixels value(position counted from the start index). */
template <typename TImage, typename TValue>
typename TImage::Pointer
MakeImageOf(const typename TImage::SizeType & size, const TValue & value)
{
  auto       image = MakeImage<TImage>(size);
  const auto start = image->GetLargestPossibleRegion().GetIndex();
  for (itk::ImageRegionIteratorWithIndex<TImage> it(image, image->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    typename TImage::IndexType position = it.GetIndex();
    for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
    {
      position[axis] -= start[axis];
    }
    it.Set(value(position));
  }
  return image;
}

/** A number in 0..1 that depends on nothing but `k`. */
inline double
Noise(std::uint32_t k)
{
  k = (k ^ 61u) ^ (k >> 16);
  k *= 9u;
  k ^= k >> 4;
  k *= 0x27d4eb2du;
  k ^= k >> 15;
  return k / 4294967296.0;
}

template <typename TImage1, typename TImage2>
void
ExpectSameGeometry(const TImage1 * a, const TImage2 * b)
{
  EXPECT_EQ(a->GetLargestPossibleRegion(), b->GetLargestPossibleRegion());
  EXPECT_EQ(a->GetSpacing(), b->GetSpacing());
  EXPECT_EQ(a->GetOrigin(), b->GetOrigin());
  EXPECT_EQ(a->GetDirection(), b->GetDirection());
}

/** All pixels are the same, bit for bit. */
template <typename TImage>
void
ExpectSamePixels(const TImage * a, const TImage * b)
{
  ASSERT_EQ(a->GetBufferedRegion(), b->GetBufferedRegion());
  itk::ImageRegionConstIteratorWithIndex<TImage> itA(a, a->GetBufferedRegion());
  itk::ImageRegionConstIteratorWithIndex<TImage> itB(b, b->GetBufferedRegion());
  std::size_t                                    different = 0;
  for (; !itA.IsAtEnd(); ++itA, ++itB)
  {
    different += itA.Get() == itB.Get() ? 0 : 1;
  }
  EXPECT_EQ(different, 0u);
}

/** `call` throws an ITK exception whose text has `part` in it. */
template <typename TCall>
void
ExpectExceptionWith(const TCall & call, const std::string & part)
{
  try
  {
    call();
    ADD_FAILURE() << "No exception, but one with: " << part;
  }
  catch (const itk::ExceptionObject & error)
  {
    EXPECT_NE(std::string(error.GetDescription()).find(part), std::string::npos) << error.GetDescription();
  }
}

/** The output of `filter` is the same, bit for bit, with 1 work unit and with 5. */
template <typename TFilter>
void
ExpectSameForAnyThreads(TFilter * filter)
{
  filter->SetNumberOfWorkUnits(1);
  filter->Modified();
  filter->Update();
  typename TFilter::OutputImageType::Pointer alone = filter->GetOutput();
  alone->DisconnectPipeline();
  filter->SetNumberOfWorkUnits(5);
  filter->Modified();
  filter->Update();
  ExpectSamePixels<typename TFilter::OutputImageType>(alone, filter->GetOutput());
}

/** The output of `filter` is the same, bit for bit, whole and in pieces. */
template <typename TFilter>
void
ExpectStreamedEqualsWhole(TFilter * filter, unsigned int pieces)
{
  using ImageType = typename TFilter::OutputImageType;
  auto streamer = itk::StreamingImageFilter<ImageType, ImageType>::New();
  streamer->SetInput(filter->GetOutput());
  streamer->SetNumberOfStreamDivisions(pieces);
  streamer->Update();
  typename ImageType::Pointer streamed = streamer->GetOutput();
  streamed->DisconnectPipeline();
  filter->GetOutput()->SetRequestedRegionToLargestPossibleRegion();
  filter->Modified();
  filter->Update();
  ExpectSamePixels<ImageType>(streamed, filter->GetOutput());
}

/** A second update without a change does not run; progress rises from 0 to 1; an observer can abort. */
template <typename TFilter>
void
ExpectGoodPipelineCitizen(TFilter * filter)
{
  unsigned int runs = 0;
  float        last = 0.0f;
  bool         isRising = true;
  const auto   startTag = filter->AddObserver(itk::StartEvent(),
                                            [&](const itk::EventObject &)
                                            {
                                              ++runs;
                                              last = 0.0f;
                                            });
  const auto   progressTag = filter->AddObserver(itk::ProgressEvent(),
                                               [&](const itk::EventObject &)
                                               {
                                                 isRising = isRising && filter->GetProgress() >= last;
                                                 last = filter->GetProgress();
                                               });
  filter->Modified();
  filter->Update();
  EXPECT_EQ(runs, 1u);
  EXPECT_TRUE(isRising);
  EXPECT_FLOAT_EQ(last, 1.0f);
  filter->Update();
  EXPECT_EQ(runs, 1u);
  filter->RemoveObserver(startTag);
  filter->RemoveObserver(progressTag);

  const auto abortTag =
    filter->AddObserver(itk::ProgressEvent(), [&](const itk::EventObject &) { filter->AbortGenerateDataOn(); });
  filter->Modified();
  EXPECT_THROW(filter->Update(), itk::ProcessAborted);
  filter->RemoveObserver(abortTag);
  filter->AbortGenerateDataOff();
  filter->ResetPipeline();
  EXPECT_NO_THROW(filter->Update());
}
} // namespace ColorizationTest

#endif
