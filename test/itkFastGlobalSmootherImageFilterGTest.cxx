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
#include "itkFastGlobalSmootherImageFilter.h"

#include "SmoothingTestUtilities.h"
#include "SparseDirectSolver.h"

#include "itkRGBPixel.h"
#include "itkVector.h"

#include <functional>
#include <limits>

namespace
{
using namespace ColorizationTest;
using Attenuation = itk::colorization::SmoothingAttenuation;
using itk::colorization::FastGlobalSmootherLambda;
using itk::colorization::FastGlobalSmootherParameters;

using FloatType = itk::Image<float, 3>;
using FilterType = itk::FastGlobalSmootherImageFilter<FloatType>;
/** Solves (I + lambda A) u = f on the line of voxels `line` by a direct factorization, for all components. */
void
SolveLine(Planes & values, const Planes & guidance, const std::vector<std::size_t> & line, double sigma, double lambda)
{
  std::vector<SparseEntry> entries;
  for (std::size_t i = 0; i < line.size(); ++i)
  {
    entries.push_back({ i, i, 1.0 });
  }
  for (std::size_t i = 0; i + 1 < line.size(); ++i)
  {
    double squared = 0.0;
    for (const auto & plane : guidance)
    {
      squared += std::pow(plane[line[i]] - plane[line[i + 1]], 2);
    }
    const double coupling = lambda * std::exp(-std::sqrt(squared) / sigma);
    entries.push_back({ i, i, coupling });
    entries.push_back({ i + 1, i + 1, coupling });
    entries.push_back({ i, i + 1, -coupling });
    entries.push_back({ i + 1, i, -coupling });
  }
  for (auto & plane : values)
  {
    std::vector<double> f;
    for (const std::size_t voxel : line)
    {
      f.push_back(plane[voxel]);
    }
    const std::vector<double> u = SolveSparseDirectly(entries, f);
    for (std::size_t i = 0; i < line.size(); ++i)
    {
      plane[line[i]] = u[i];
    }
  }
}

/** The documentation's iteration in double precision; `lambdas` holds that of each t and `axisFactor` what it is
 * multiplied by along each axis, 0 for those left alone. */
Planes
SmoothDirectly(Planes                             values,
               const Planes &                     guidance,
               const std::array<std::size_t, 3> & size,
               double                             sigma,
               const std::vector<double> &        lambdas,
               const std::array<double, 3> &      axisFactor = { { 1.0, 1.0, 1.0 } })
{
  const std::array<std::size_t, 3> stride{ { 1, size[0], size[0] * size[1] } };
  for (const double lambda : lambdas)
  {
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      for (std::size_t voxel = 0; voxel < size[0] * size[1] * size[2] && axisFactor[axis] > 0.0; ++voxel)
      {
        if (voxel / stride[axis] % size[axis] == 0)
        {
          std::vector<std::size_t> line(size[axis]);
          for (std::size_t i = 0; i < line.size(); ++i)
          {
            line[i] = voxel + i * stride[axis];
          }
          SolveLine(values, guidance, line, sigma, lambda * axisFactor[axis]);
        }
      }
    }
  }
  return values;
}

/** The paper's equation 17 for all iterations. */
std::vector<double>
PaperLambdas(double lambda, int iterations)
{
  std::vector<double> lambdas;
  for (int t = 1; t <= iterations; ++t)
  {
    lambdas.push_back(1.5 * std::pow(4.0, iterations - t) / (std::pow(4.0, iterations) - 1.0) * lambda);
  }
  return lambdas;
}

FilterType::Pointer
MakeFilter()
{
  auto filter = FilterType::New();
  filter->SetInput(MakeBlocks<FloatType>({ { 13, 11, 9 } }));
  filter->SetGuidanceImage(MakeBlocks<FloatType>({ { 13, 11, 9 } }, 2));
  return filter;
}

template <typename TComposedImage, typename TScalarImage>
void
ExpectComponentsOneByOne()
{
  const typename TScalarImage::SizeType       size{ { 12, 9, 5 } };
  const auto                                  guidance = MakeBlocks<FloatType>(size, 9);
  std::vector<typename TScalarImage::Pointer> inputs;
  std::vector<typename TScalarImage::Pointer> outputs;
  for (std::uint32_t c = 0; c < 3; ++c)
  {
    auto one = itk::FastGlobalSmootherImageFilter<TScalarImage, FloatType>::New();
    inputs.push_back(MakeBlocks<TScalarImage>(size, c + 1));
    one->SetInput(inputs.back());
    one->SetGuidanceImage(guidance);
    one->Update();
    outputs.push_back(one->GetOutput());
  }
  auto all = itk::FastGlobalSmootherImageFilter<TComposedImage, FloatType>::New();
  all->SetInput(Compose<TComposedImage, TScalarImage>(inputs));
  all->SetGuidanceImage(guidance);
  all->Update();
  ExpectSamePixels<TComposedImage>(all->GetOutput(), Compose<TComposedImage, TScalarImage>(outputs));
}

/** Integer output is that of floats, rounded. */
template <typename TPixel, unsigned int VDimension>
void
ExpectRoundedFloats()
{
  using ImageType = itk::Image<TPixel, VDimension>;
  using RealType = itk::Image<float, VDimension>;
  typename ImageType::SizeType size;
  size.Fill(9);
  const auto input = MakeBlocks<ImageType>(size);
  auto       filter = itk::FastGlobalSmootherImageFilter<ImageType>::New();
  auto       reference = itk::FastGlobalSmootherImageFilter<ImageType, ImageType, RealType>::New();
  filter->SetInput(input);
  reference->SetInput(input);
  filter->Update();
  reference->Update();
  Planes expected = ToPlanes(reference->GetOutput());
  for (double & value : expected[0])
  {
    value = std::is_integral<TPixel>::value ? std::floor(value + 0.5) : value;
  }
  ExpectNear(filter->GetOutput(), expected, 0.0);
  ExpectSameGeometry(static_cast<const ImageType *>(filter->GetOutput()), static_cast<const ImageType *>(input));
}
} // namespace

TEST(FastGlobalSmootherImageFilter, SolvesTheEquationsOfEveryLineAlongAnAxis)
{
  // More lines than are solved together along each axis, and long lines along each.
  for (const auto & size : { std::array<std::size_t, 3>{ { 70, 67, 2 } }, std::array<std::size_t, 3>{ { 5, 3, 90 } } })
  {
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      auto filter = FilterType::New();
      filter->SetInput(MakeBlocks<FloatType>({ { size[0], size[1], size[2] } }, 1, 1.0 / 255.0));
      filter->SetGuidanceImage(MakeBlocks<FloatType>({ { size[0], size[1], size[2] } }, 2, 1.0 / 255.0));
      filter->SetSigma(0.1);
      filter->SetLambda(50.0);
      filter->SetNumberOfIterations(1);
      filter->SetSmoothAxes(Axes(axis == 0, axis == 1, axis == 2));
      filter->Update();
      std::array<double, 3> axisFactor{ { 0.0, 0.0, 0.0 } };
      axisFactor[axis] = 1.0;
      // With one iteration the paper's lambda_1 is half of lambda.
      ExpectNear(filter->GetOutput(),
                 SmoothDirectly(ToPlanes(filter->GetInput()),
                                ToPlanes(filter->GetGuidanceImage()),
                                size,
                                0.1,
                                { 25.0 },
                                axisFactor),
                 1e-5);
    }
  }
}

TEST(FastGlobalSmootherImageFilter, TwoVoxelsHaveAClosedForm)
{
  using LineType = itk::Image<float, 2>;
  auto filter = itk::FastGlobalSmootherImageFilter<LineType>::New();
  filter->SetInput(
    MakeImageOf<LineType>({ { 2, 1 } }, [](const LineType::IndexType & p) { return 3.0f + 4.0f * p[0]; }));
  filter->SetLambda(5.0);
  filter->SetSigma(2.0);
  filter->SetNumberOfIterations(1);
  filter->Update();
  // u0 - u1 = (f0 - f1) / (1 + 2 lambda_1 w), around the mean.
  const double half = 2.0 / (1.0 + 5.0 * std::exp(-2.0));
  const auto   start = filter->GetOutput()->GetBufferedRegion().GetIndex();
  EXPECT_NEAR(filter->GetOutput()->GetPixel(start), 5.0 - half, 1e-6);
  EXPECT_NEAR(filter->GetOutput()->GetPixel({ { start[0] + 1, start[1] } }), 5.0 + half, 1e-6);
}

TEST(FastGlobalSmootherImageFilter, ComposesAxesAndIterations)
{
  for (const unsigned int iterations : { 1u, 3u, 4u })
  {
    auto filter = MakeFilter();
    filter->SetNumberOfIterations(iterations);
    filter->Update();
    ExpectNear(filter->GetOutput(),
               SmoothDirectly(ToPlanes(filter->GetInput()),
                              ToPlanes(filter->GetGuidanceImage()),
                              { { 13, 11, 9 } },
                              25.5,
                              PaperLambdas(900.0, static_cast<int>(iterations))),
               255.0 * 1e-5);
  }
}

TEST(FastGlobalSmootherImageFilter, PaperLambdasFallToAQuarterAndSumToHalf)
{
  FastGlobalSmootherParameters parameters;
  parameters.lambda = 900.0;
  double sum = 0.0;
  for (unsigned int t = 1; t <= 3; ++t)
  {
    EXPECT_DOUBLE_EQ(FastGlobalSmootherLambda(parameters, t), PaperLambdas(900.0, 3)[t - 1]);
    sum += FastGlobalSmootherLambda(parameters, t);
  }
  EXPECT_DOUBLE_EQ(FastGlobalSmootherLambda(parameters, 1), 4.0 * FastGlobalSmootherLambda(parameters, 2));
  EXPECT_DOUBLE_EQ(sum, 450.0);
}

TEST(FastGlobalSmootherImageFilter, OpenCVLambdasStartWholeAndFallToAQuarter)
{
  auto filter = MakeFilter();
  filter->SetAttenuation(Attenuation::OpenCV);
  EXPECT_EQ(filter->GetAttenuation(), Attenuation::OpenCV);
  filter->SetLambda(320.0);
  filter->Update();
  ExpectNear(filter->GetOutput(),
             SmoothDirectly(ToPlanes(filter->GetInput()),
                            ToPlanes(filter->GetGuidanceImage()),
                            { { 13, 11, 9 } },
                            25.5,
                            { 320.0, 80.0, 20.0 }),
             255.0 * 1e-5);
}

TEST(FastGlobalSmootherImageFilter, IterationsFollowEachOther)
{
  auto whole = MakeFilter();
  whole->SetAttenuation(Attenuation::OpenCV);
  whole->SetNumberOfIterations(2);
  whole->Update();
  auto first = MakeFilter();
  auto second = MakeFilter();
  second->SetInput(first->GetOutput());
  second->SetLambda(first->GetLambda() / 4.0);
  for (const auto & filter : { first, second })
  {
    filter->SetAttenuation(Attenuation::OpenCV);
    filter->SetNumberOfIterations(1);
  }
  second->Update();
  ExpectSamePixels<FloatType>(whole->GetOutput(), second->GetOutput());
}

TEST(FastGlobalSmootherImageFilter, KeepsAConstant)
{
  auto filter = MakeFilter();
  filter->SetInput(MakeImageOf<FloatType>({ { 13, 11, 9 } }, [](const FloatType::IndexType &) { return 77.0f; }));
  filter->Update();
  ExpectNear(filter->GetOutput(), Planes(1, std::vector<double>(13 * 11 * 9, 77.0)), 77.0 * 1e-5);
}

TEST(FastGlobalSmootherImageFilter, KeepsTheMeanOfALine)
{
  auto filter = MakeFilter();
  filter->SetSmoothAxes(Axes(false, true, false));
  filter->Update();
  const auto before = ToPlanes(filter->GetInput())[0];
  const auto after = ToPlanes(filter->GetOutput())[0];
  for (std::size_t line = 0; line < 13 * 9; ++line)
  {
    double sumBefore = 0.0;
    double sumAfter = 0.0;
    double change = 0.0;
    for (std::size_t y = 0; y < 11; ++y)
    {
      const std::size_t voxel = (line / 13 * 11 + y) * 13 + line % 13;
      sumBefore += before[voxel];
      sumAfter += after[voxel];
      change = std::max(change, std::abs(after[voxel] - before[voxel]));
    }
    ASSERT_NEAR(sumAfter / 11.0, sumBefore / 11.0, 255.0 * 1e-5);
    ASSERT_GT(change, 1.0);
  }
}

TEST(FastGlobalSmootherImageFilter, LambdaZeroOrNoAxisLeavesTheInput)
{
  auto filter = MakeFilter();
  filter->SetLambda(0.0);
  filter->Update();
  ExpectSamePixels<FloatType>(filter->GetOutput(), filter->GetInput());
  filter->SetLambda(900.0);
  filter->SetSmoothAxes(Axes(false, false, false));
  filter->Update();
  ExpectSamePixels<FloatType>(filter->GetOutput(), filter->GetInput());
}

TEST(FastGlobalSmootherImageFilter, GuidesItselfByDefault)
{
  auto filter = MakeFilter();
  filter->SetGuidanceImage(nullptr);
  filter->Update();
  auto same = MakeFilter();
  same->SetGuidanceImage(same->GetInput());
  same->Update();
  ExpectSamePixels<FloatType>(filter->GetOutput(), same->GetOutput());
}

TEST(FastGlobalSmootherImageFilter, SmoothsComponentsOneByOneWithTheSameWeights)
{
  ExpectComponentsOneByOne<itk::Image<itk::RGBPixel<unsigned char>, 3>, itk::Image<unsigned char, 3>>();
  ExpectComponentsOneByOne<itk::Image<itk::Vector<float, 3>, 3>, FloatType>();
  ExpectComponentsOneByOne<itk::VectorImage<float, 3>, FloatType>();
  ExpectComponentsOneByOne<itk::VectorImage<short, 3>, itk::Image<short, 3>>();
}

TEST(FastGlobalSmootherImageFilter, TakesTheEuclideanDistanceOfVectorGuidance)
{
  using GuidanceType = itk::Image<itk::Vector<float, 2>, 3>;
  const FloatType::SizeType size{ { 12, 9, 5 } };
  auto                      filter = itk::FastGlobalSmootherImageFilter<FloatType, GuidanceType>::New();
  filter->SetInput(MakeBlocks<FloatType>(size));
  filter->SetGuidanceImage(
    Compose<GuidanceType, FloatType>({ MakeBlocks<FloatType>(size, 3), MakeBlocks<FloatType>(size, 4) }));
  filter->Update();
  ExpectNear(filter->GetOutput(),
             SmoothDirectly(ToPlanes(filter->GetInput()),
                            ToPlanes(filter->GetGuidanceImage()),
                            { { 12, 9, 5 } },
                            25.5,
                            PaperLambdas(900.0, 3)),
             255.0 * 1e-5);
}

/** The smoother's cores work on 32 lines and 32 nodes at a time: this image has more of both, and some that are left. */
template <typename TGuidanceComponent>
void
ExpectDirectSolution(unsigned int guidanceComponents, unsigned int components)
{
  using GuidanceType = itk::VectorImage<TGuidanceComponent, 3>;
  const itk::Size<3> size{ { 71, 45, 3 } };
  const auto         fill = [](auto * image, std::uint32_t seed)
  {
    auto *            data = image->GetBufferPointer();
    const std::size_t count =
      image->GetLargestPossibleRegion().GetNumberOfPixels() * image->GetNumberOfComponentsPerPixel();
    for (std::size_t i = 0; i < count; ++i)
    {
      data[i] = static_cast<std::decay_t<decltype(data[0])>>(200.0 * Noise(static_cast<std::uint32_t>(i) + seed));
    }
  };
  auto input = MakeImage<itk::VectorImage<float, 3>>(size, components);
  auto guidance = MakeImage<GuidanceType>(size, guidanceComponents);
  fill(input.GetPointer(), 7);
  fill(guidance.GetPointer(), 99);
  auto filter = itk::FastGlobalSmootherImageFilter<itk::VectorImage<float, 3>, GuidanceType>::New();
  filter->SetInput(input);
  filter->SetGuidanceImage(guidance);
  filter->SetSigma(60.0);
  filter->SetNumberOfIterations(2);
  filter->Update();
  ExpectNear(filter->GetOutput(),
             SmoothDirectly(ToPlanes(input.GetPointer()),
                            ToPlanes(guidance.GetPointer()),
                            { { 71, 45, 3 } },
                            60.0,
                            PaperLambdas(900.0, 2)),
             255.0 * 1e-5);
}

TEST(FastGlobalSmootherImageFilter, TakesGuidanceOfAnyTypeAndAnyNumberOfComponents)
{
  ExpectDirectSolution<unsigned char>(1, 1);
  ExpectDirectSolution<unsigned char>(3, 3);
  ExpectDirectSolution<short>(1, 3);
  ExpectDirectSolution<unsigned short>(2, 2);
  ExpectDirectSolution<float>(3, 1);
  ExpectDirectSolution<double>(4, 5);
}

TEST(FastGlobalSmootherImageFilter, CountsStrengthInPhysicalUnitsWithImageSpacing)
{
  auto filter = MakeFilter();
  filter->UseImageSpacingOn();
  filter->Update();
  const auto            spacing = filter->GetInput()->GetSpacing();
  std::array<double, 3> axisFactor;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    axisFactor[axis] = std::pow(spacing[0] / spacing[axis], 2);
  }
  ASSERT_LT(axisFactor[2], 0.2);
  ExpectNear(filter->GetOutput(),
             SmoothDirectly(ToPlanes(filter->GetInput()),
                            ToPlanes(filter->GetGuidanceImage()),
                            { { 13, 11, 9 } },
                            25.5,
                            PaperLambdas(900.0, 3),
                            axisFactor),
             255.0 * 1e-5);
}

TEST(FastGlobalSmootherImageFilter, StreamsSliceBySliceAlongAxesThatAreNotSmoothed)
{
  auto filter = MakeFilter();
  filter->SetSmoothAxes(Axes(true, true, false));
  ExpectStreamedEqualsWhole(filter.GetPointer(), 9);
  filter->SetSmoothAxes(Axes(false, true, false));
  ExpectStreamedEqualsWhole(filter.GetPointer(), 4);
  filter->SetSmoothAxes(Axes(true, true, true));
  ExpectStreamedEqualsWhole(filter.GetPointer(), 3);
}

TEST(FastGlobalSmootherImageFilter, AsksForWholeLinesAlongSmoothedAxesOnly)
{
  auto filter = MakeFilter();
  filter->SetSmoothAxes(Axes(false, true, false));
  filter->UpdateOutputInformation();
  const auto whole = filter->GetInput()->GetLargestPossibleRegion();
  auto       part = whole;
  part.SetSize({ { 2, 3, 4 } });
  filter->GetOutput()->SetRequestedRegion(part);
  filter->GetOutput()->PropagateRequestedRegion();
  part.SetSize(1, whole.GetSize(1));
  EXPECT_EQ(filter->GetInput()->GetRequestedRegion(), part);
  EXPECT_EQ(filter->GetGuidanceImage()->GetRequestedRegion(), part);
}

TEST(FastGlobalSmootherImageFilter, TakesAllPixelTypesAndBothDimensionsAndKeepsGeometry)
{
  ExpectRoundedFloats<unsigned char, 2>();
  ExpectRoundedFloats<short, 2>();
  ExpectRoundedFloats<unsigned short, 2>();
  ExpectRoundedFloats<float, 2>();
  ExpectRoundedFloats<unsigned char, 3>();
  ExpectRoundedFloats<short, 3>();
  ExpectRoundedFloats<unsigned short, 3>();
  ExpectRoundedFloats<float, 3>();
}

TEST(FastGlobalSmootherImageFilter, ASliceIsAVolumeOneVoxelThickAndALineAnImageOneVoxelHigh)
{
  const auto pixels = [](const auto & size)
  {
    using ImageType = itk::Image<float, std::decay_t<decltype(size)>::Dimension>;
    auto image = ImageType::New();
    image->SetRegions(size);
    image->Allocate();
    float value = 0.0f;
    for (itk::ImageRegionIterator<ImageType> it(image, image->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
    {
      it.Set(value = 100.0f * static_cast<float>(Noise(static_cast<std::uint32_t>(value))));
    }
    auto filter = itk::FastGlobalSmootherImageFilter<ImageType>::New();
    filter->SetInput(image);
    filter->Update();
    return ToPlanes(filter->GetOutput());
  };
  EXPECT_EQ(pixels(itk::Size<2>{ { 8, 7 } }), pixels(itk::Size<3>{ { 8, 7, 1 } }));
  EXPECT_EQ(pixels(itk::Size<1>{ { 50 } }), pixels(itk::Size<2>{ { 50, 1 } }));
}

TEST(FastGlobalSmootherImageFilter, SameForAnyThreads)
{
  ExpectSameForAnyThreads(MakeFilter().GetPointer());
}

TEST(FastGlobalSmootherImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter().GetPointer());
}

TEST(FastGlobalSmootherImageFilter, NamesWhatIsWrong)
{
  const auto expect = [](const std::function<void(FilterType *)> & spoil, const std::string & part)
  {
    auto filter = MakeFilter();
    spoil(filter);
    ExpectExceptionWith([&]() { filter->Update(); }, part);
  };
  const auto withOne = [](float value)
  {
    auto image = MakeBlocks<FloatType>({ { 13, 11, 9 } });
    image->SetPixel(image->GetLargestPossibleRegion().GetIndex(), value);
    return image;
  };
  expect([](FilterType * f) { f->SetLambda(-1.0); }, "Lambda is -1, but has to be at least 0.");
  expect([](FilterType * f) { f->SetLambda(std::nan("")); }, "Lambda is nan");
  expect([](FilterType * f) { f->SetSigma(0.0); }, "Sigma is 0, but has to be above 0.");
  expect([](FilterType * f) { f->SetNumberOfIterations(0); }, "NumberOfIterations is 0, but has to be at least 1.");
  expect(
    [](FilterType * f) {
      f->SetGuidanceImage(MakeImage<FloatType>({ { 4, 4, 4 } }));
    },
    "The guidance has size [4, 4, 4]");
  auto moved = MakeBlocks<FloatType>({ { 13, 11, 9 } });
  moved->SetOrigin(itk::Point<double, 3>(1.0));
  expect([&](FilterType * f) { f->SetGuidanceImage(moved); }, "physical space");
  expect([&](FilterType * f) { f->SetInput(withOne(std::numeric_limits<float>::quiet_NaN())); },
         "The input holds 1 values that are NaN or infinite.");
  expect([&](FilterType * f) { f->SetGuidanceImage(withOne(std::numeric_limits<float>::infinity())); },
         "The guidance holds 1 values that are NaN or infinite.");
}
