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
#include "itkDomainTransformImageFilter.h"

#include "SmoothingTestUtilities.h"

#include "itkRGBPixel.h"
#include "itkVector.h"

#include <functional>
#include <limits>

namespace
{
using namespace ColorizationTest;

using FloatType = itk::Image<float, 3>;
using FilterType = itk::DomainTransformImageFilter<FloatType>;
using LineType = itk::Image<float, 1>;

/** The documentation's iteration in double precision, with `spacing` along each axis. */
Planes
SmoothDirectly(Planes                             values,
               const Planes &                     guidance,
               const std::array<std::size_t, 3> & size,
               const std::array<double, 3> &      spacing,
               double                             sigmaSpatial,
               double                             sigma,
               unsigned int                       iterations)
{
  const std::array<std::size_t, 3> stride{ { 1, size[0], size[0] * size[1] } };
  for (unsigned int i = 1; i <= iterations; ++i)
  {
    const double sigmaH = sigmaSpatial * std::sqrt(3.0) * std::pow(2.0, static_cast<double>(iterations) - i) /
                          std::sqrt(std::pow(4.0, iterations) - 1.0);
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      for (std::size_t voxel = 0; voxel < size[0] * size[1] * size[2]; ++voxel)
      {
        if (voxel / stride[axis] % size[axis] != 0)
        {
          continue;
        }
        const auto feedback = [&](std::size_t n)
        {
          double distance = spacing[axis];
          for (const auto & plane : guidance)
          {
            distance +=
              sigmaSpatial / sigma * std::abs(plane[voxel + n * stride[axis]] - plane[voxel + (n - 1) * stride[axis]]);
          }
          return std::exp(-std::sqrt(2.0) / sigmaH * distance);
        };
        for (auto & plane : values)
        {
          for (std::size_t n = 1; n < size[axis]; ++n)
          {
            double & value = plane[voxel + n * stride[axis]];
            value = (1.0 - feedback(n)) * value + feedback(n) * plane[voxel + (n - 1) * stride[axis]];
          }
          for (std::size_t n = size[axis] - 1; n-- > 0;)
          {
            double & value = plane[voxel + n * stride[axis]];
            value = (1.0 - feedback(n + 1)) * value + feedback(n + 1) * plane[voxel + (n + 1) * stride[axis]];
          }
        }
      }
    }
  }
  return values;
}

FilterType::Pointer
MakeFilter()
{
  auto filter = FilterType::New();
  filter->SetInput(MakeBlocks<FloatType>({ { 13, 11, 9 } }));
  filter->SetGuidanceImage(MakeBlocks<FloatType>({ { 13, 11, 9 } }, 2));
  filter->SetSigmaSpatial(8.0);
  filter->SetSigma(200.0);
  return filter;
}

/** A line of zeros with one voxel of 1, smoothed once with guidance of `step` between all its neighbours. */
Planes
SmoothImpulse(std::size_t at, double step)
{
  auto line = LineType::New();
  line->SetRegions(LineType::SizeType{ { 41 } });
  line->Allocate(true);
  auto guidance = LineType::New();
  guidance->SetRegions(line->GetLargestPossibleRegion());
  guidance->Allocate();
  line->GetBufferPointer()[at] = 1.0f;
  for (int i = 0; i < 41; ++i)
  {
    guidance->GetBufferPointer()[i] = static_cast<float>(step * i);
  }
  auto filter = itk::DomainTransformImageFilter<LineType>::New();
  filter->SetInput(line);
  filter->SetGuidanceImage(guidance);
  filter->SetSigmaSpatial(5.0);
  filter->SetSigma(10.0);
  filter->SetNumberOfIterations(1);
  filter->Update();
  return ToPlanes(filter->GetOutput());
}
} // namespace

TEST(DomainTransformImageFilter, AnImpulseFallsByTheFeedbackCoefficient)
{
  // With one iteration sigma_H is sigma_s.
  for (const double step : { 0.0, 2.0 })
  {
    const double feedback = std::exp(-std::sqrt(2.0) / 5.0 * (1.0 + 5.0 / 10.0 * step));
    const auto   response = SmoothImpulse(20, step)[0];
    // On this side the end of the line, where nothing comes back from, is felt a little.
    for (std::size_t n = 21; n < 25; ++n)
    {
      EXPECT_NEAR(response[n] / response[n - 1], feedback, 2e-4) << n;
    }
    for (std::size_t n = 0; n < 20; ++n)
    {
      EXPECT_NEAR(response[n] / response[n + 1], feedback, 2e-5) << n;
    }
    // The way there leaves (1 - a) a^k at k = 0 ... 20, and the way back gathers it.
    double peak = (1.0 - feedback) * std::pow(feedback, 20.0) * std::pow(feedback, 20.0);
    for (int k = 0; k < 20; ++k)
    {
      peak += (1.0 - feedback) * (1.0 - feedback) * std::pow(feedback, 2.0 * k);
    }
    EXPECT_NEAR(response[20], peak, 1e-6);
  }
}

TEST(DomainTransformImageFilter, NothingCrossesAStrongEdge)
{
  auto filter = MakeFilter();
  auto guidance =
    MakeImageOf<FloatType>({ { 13, 11, 9 } }, [](const FloatType::IndexType & p) { return p[0] < 6 ? 0.0f : 1e6f; });
  auto input = MakeImageOf<FloatType>(
    { { 13, 11, 9 } },
    [](const FloatType::IndexType & p)
    { return p[0] < 6 ? 10.0f + 5.0f * static_cast<float>(Noise(static_cast<std::uint32_t>(p[1]))) : 200.0f; });
  filter->SetInput(input);
  filter->SetGuidanceImage(guidance);
  filter->Update();
  const auto planes = ToPlanes(filter->GetOutput());
  for (std::size_t i = 0; i < planes[0].size(); ++i)
  {
    if (i % 13 < 6)
    {
      EXPECT_LE(planes[0][i], 15.0);
    }
    else
    {
      EXPECT_EQ(planes[0][i], 200.0);
    }
  }
}

TEST(DomainTransformImageFilter, IsThePapersRecursion)
{
  auto filter = MakeFilter();
  filter->Update();
  ExpectNear(filter->GetOutput(),
             SmoothDirectly(ToPlanes(filter->GetInput()),
                            ToPlanes(filter->GetGuidanceImage()),
                            { { 13, 11, 9 } },
                            { { 1.0, 1.0, 1.0 } },
                            8.0,
                            200.0,
                            3),
             255.0 * 1e-5);
}

TEST(DomainTransformImageFilter, IsThePapersRecursionOnLargeImagesOfSeveralComponents)
{
  using RGBType = itk::Image<itk::RGBPixel<float>, 2>;
  using GuidanceType = itk::Image<itk::Vector<unsigned short, 3>, 2>;
  const itk::Size<2> size{ { 83, 70 } };
  const auto         compose = [&](auto image, std::uint32_t seed)
  {
    using PixelType = typename std::decay_t<decltype(*image)>::PixelType;
    using ComponentType = typename PixelType::ValueType;
    auto * data = reinterpret_cast<ComponentType *>(image->GetBufferPointer());
    for (std::uint32_t i = 0; i < 3 * size[0] * size[1]; ++i)
    {
      data[i] = static_cast<ComponentType>(250.0 * Noise(i + seed));
    }
    return image;
  };
  auto filter = itk::DomainTransformImageFilter<RGBType, GuidanceType>::New();
  filter->SetInput(compose(MakeImage<RGBType>(size), 1));
  filter->SetGuidanceImage(compose(MakeImage<GuidanceType>(size), 5000));
  filter->SetSigma(2000.0);
  filter->Update();
  ExpectNear(filter->GetOutput(),
             SmoothDirectly(ToPlanes(filter->GetInput()),
                            ToPlanes(filter->GetGuidanceImage()),
                            { { 83, 70, 1 } },
                            { { 1.0, 1.0, 1.0 } },
                            60.0,
                            2000.0,
                            3),
             255.0 * 1e-5);
}

TEST(DomainTransformImageFilter, CountsDistanceInPhysicalUnitsWithImageSpacing)
{
  auto filter = MakeFilter();
  filter->UseImageSpacingOn();
  filter->Update();
  const auto spacing = filter->GetInput()->GetSpacing();
  ExpectNear(filter->GetOutput(),
             SmoothDirectly(ToPlanes(filter->GetInput()),
                            ToPlanes(filter->GetGuidanceImage()),
                            { { 13, 11, 9 } },
                            { { 1.0, spacing[1] / spacing[0], spacing[2] / spacing[0] } },
                            8.0,
                            200.0,
                            3),
             255.0 * 1e-5);
}

TEST(DomainTransformImageFilter, KeepsAConstantExactly)
{
  auto filter = MakeFilter();
  auto constant = MakeImage<FloatType>({ { 13, 11, 9 } });
  constant->FillBuffer(73.3f);
  filter->SetInput(constant);
  filter->Update();
  ExpectSamePixels<FloatType>(filter->GetOutput(), constant);
}

TEST(DomainTransformImageFilter, TakesAllPixelTypesAndKeepsGeometry)
{
  const auto run = [](auto pixel, auto dimension)
  {
    using PixelType = decltype(pixel);
    using ImageType = itk::Image<PixelType, decltype(dimension)::value>;
    typename ImageType::SizeType size;
    size.Fill(9);
    auto filter = itk::DomainTransformImageFilter<ImageType>::New();
    auto reference =
      itk::DomainTransformImageFilter<ImageType, ImageType, itk::Image<float, ImageType::ImageDimension>>::New();
    filter->SetInput(MakeBlocks<ImageType>(size));
    reference->SetInput(filter->GetInput());
    filter->Update();
    reference->Update();
    Planes expected = ToPlanes(reference->GetOutput());
    for (double & value : expected[0])
    {
      value = std::is_integral<PixelType>::value ? std::floor(value + 0.5) : value;
    }
    ExpectNear(filter->GetOutput(), expected, 0.0);
    ExpectSameGeometry(filter->GetInput(), static_cast<const ImageType *>(filter->GetOutput()));
  };
  const std::integral_constant<unsigned int, 2> two;
  const std::integral_constant<unsigned int, 3> three;
  run(static_cast<unsigned char>(0), two);
  run(static_cast<short>(0), three);
  run(static_cast<unsigned short>(0), two);
  run(0.0f, two);
  run(0.0f, three);
}

TEST(DomainTransformImageFilter, StreamsSliceBySliceInPlane)
{
  auto filter = MakeFilter();
  filter->SetSmoothAxes(Axes(true, true, false));
  ExpectStreamedEqualsWhole(filter.GetPointer(), 9);
  auto whole = MakeFilter();
  ExpectStreamedEqualsWhole(whole.GetPointer(), 3);
}

TEST(DomainTransformImageFilter, SameForAnyThreads)
{
  ExpectSameForAnyThreads(MakeFilter().GetPointer());
}

TEST(DomainTransformImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter().GetPointer());
}

TEST(DomainTransformImageFilter, NamesWhatIsWrong)
{
  const auto expect = [](const std::function<void(FilterType *)> & spoil, const std::string & part)
  {
    auto filter = MakeFilter();
    spoil(filter);
    ExpectExceptionWith([&]() { filter->Update(); }, part);
  };
  expect([](FilterType * f) { f->SetSigmaSpatial(0.0); }, "SigmaSpatial is 0, but has to be above 0.");
  expect([](FilterType * f) { f->SetSigma(-2.0); }, "Sigma is -2, but has to be above 0.");
  expect([](FilterType * f) { f->SetSigma(std::nan("")); }, "Sigma is nan");
  expect([](FilterType * f) { f->SetNumberOfIterations(0); }, "NumberOfIterations is 0, but has to be at least 1.");
  expect(
    [](FilterType * f) {
      f->SetGuidanceImage(MakeImage<FloatType>({ { 4, 4, 4 } }));
    },
    "The guidance has size [4, 4, 4]");
  auto input = MakeBlocks<FloatType>({ { 13, 11, 9 } });
  input->GetBufferPointer()[7] = std::numeric_limits<float>::quiet_NaN();
  expect([&](FilterType * f) { f->SetInput(input); }, "The input holds 1 values that are NaN or infinite.");
}
