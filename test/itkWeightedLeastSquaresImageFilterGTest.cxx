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
#include "itkWeightedLeastSquaresImageFilter.h"

#include "SmoothingTestUtilities.h"
#include "SparseDirectSolver.h"

#include "itkRGBPixel.h"
#include "itkVector.h"

#include <functional>
#include <limits>

namespace
{
using namespace ColorizationTest;
using FloatType = itk::Image<float, 3>;
using FilterType = itk::WeightedLeastSquaresImageFilter<FloatType>;

/** The documentation's parameters, in double precision. */
struct Problem
{
  double                lambda = 1.0;
  double                alpha = 1.2;
  double                epsilon = 1e-4;
  bool                  useLogarithm = true;
  double                offset = 1.0;
  std::array<double, 3> axisFactor{ { 1.0, 1.0, 1.0 } };
};

/** The optimum by a direct factorization, for all components. */
Planes
SmoothDirectly(const Planes &                     values,
               const Planes &                     guidance,
               const std::array<std::size_t, 3> & size,
               const Problem &                    problem)
{
  const std::array<std::size_t, 3> stride{ { 1, size[0], size[0] * size[1] } };
  const auto               edge = [&](double g) { return problem.useLogarithm ? std::log(g + problem.offset) : g; };
  std::vector<SparseEntry> entries;
  for (std::size_t p = 0; p < stride[2] * size[2]; ++p)
  {
    entries.push_back({ p, p, 1.0 });
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      if (p / stride[axis] % size[axis] + 1 < size[axis] && problem.axisFactor[axis] > 0.0)
      {
        const std::size_t q = p + stride[axis];
        double            squared = 0.0;
        for (const auto & plane : guidance)
        {
          squared += std::pow(edge(plane[p]) - edge(plane[q]), 2);
        }
        const double coupling =
          problem.lambda * problem.axisFactor[axis] / (std::pow(std::sqrt(squared), problem.alpha) + problem.epsilon);
        entries.push_back({ p, p, coupling });
        entries.push_back({ q, q, coupling });
        entries.push_back({ p, q, -coupling });
        entries.push_back({ q, p, -coupling });
      }
    }
  }
  Planes result;
  for (const auto & plane : values)
  {
    result.push_back(SolveSparseDirectly(entries, plane));
  }
  return result;
}

FilterType::Pointer
MakeFilter()
{
  auto filter = FilterType::New();
  filter->SetInput(MakeBlocks<FloatType>({ { 13, 11, 9 } }));
  filter->SetGuidanceImage(MakeBlocks<FloatType>({ { 13, 11, 9 } }, 2));
  filter->SetTolerance(1e-7);
  return filter;
}

/** The filter's output is the direct solution to 1e-5 of the range of 255. */
template <typename TFilter>
void
ExpectDirectSolution(TFilter * filter, const std::array<std::size_t, 3> & size, const Problem & problem)
{
  filter->SetTolerance(1e-7);
  filter->Update();
  ExpectNear(filter->GetOutput(),
             SmoothDirectly(ToPlanes(filter->GetInput()), ToPlanes(filter->GetGuidanceImage()), size, problem),
             255.0 * 1e-5);
  EXPECT_LE(filter->GetResidual(), 1e-7);
}

template <typename TComposedImage, typename TScalarImage>
void
ExpectComponentsOneByOne(double tolerance)
{
  const typename TScalarImage::SizeType       size{ { 12, 9, 5 } };
  const auto                                  guidance = MakeBlocks<FloatType>(size, 9);
  std::vector<typename TScalarImage::Pointer> inputs;
  Planes                                      expected;
  for (std::uint32_t c = 0; c < 3; ++c)
  {
    auto one = itk::WeightedLeastSquaresImageFilter<TScalarImage, FloatType>::New();
    inputs.push_back(MakeBlocks<TScalarImage>(size, c + 1));
    one->SetInput(inputs.back());
    one->SetGuidanceImage(guidance);
    one->SetTolerance(1e-7);
    one->Update();
    expected.push_back(ToPlanes(one->GetOutput())[0]);
  }
  auto all = itk::WeightedLeastSquaresImageFilter<TComposedImage, FloatType>::New();
  all->SetInput(Compose<TComposedImage, TScalarImage>(inputs));
  all->SetGuidanceImage(guidance);
  all->SetTolerance(1e-7);
  all->Update();
  ExpectNear(all->GetOutput(), expected, tolerance);
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
  auto       filter = itk::WeightedLeastSquaresImageFilter<ImageType>::New();
  auto       reference = itk::WeightedLeastSquaresImageFilter<ImageType, ImageType, RealType>::New();
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

TEST(WeightedLeastSquaresImageFilter, SolvesTheEquationsOfAnImage)
{
  using ImageType = itk::Image<float, 2>;
  for (const double lambda : { 0.1, 1.0, 100.0 })
  {
    auto filter = itk::WeightedLeastSquaresImageFilter<ImageType>::New();
    filter->SetInput(MakeBlocks<ImageType>({ { 41, 37 } }));
    filter->SetGuidanceImage(MakeBlocks<ImageType>({ { 41, 37 } }, 2));
    filter->SetLambda(lambda);
    Problem problem;
    problem.lambda = lambda;
    ExpectDirectSolution(filter.GetPointer(), { { 41, 37, 1 } }, problem);
  }
}

TEST(WeightedLeastSquaresImageFilter, SolvesTheEquationsOfAVolume)
{
  auto filter = MakeFilter();
  ExpectDirectSolution(filter.GetPointer(), { { 13, 11, 9 } }, Problem());
  filter->SetAlpha(2.0);
  filter->SetEpsilon(0.01);
  filter->SetLogarithmOffset(20.0);
  Problem problem;
  problem.alpha = 2.0;
  problem.epsilon = 0.01;
  problem.offset = 20.0;
  ExpectDirectSolution(filter.GetPointer(), { { 13, 11, 9 } }, problem);
  filter->UseLogarithmOff();
  filter->SetLambda(200.0);
  problem.useLogarithm = false;
  problem.lambda = 200.0;
  ExpectDirectSolution(filter.GetPointer(), { { 13, 11, 9 } }, problem);
}

TEST(WeightedLeastSquaresImageFilter, KeepsItsDigitsWhereCouplingsAreStrong)
{
  // Two flat halves, coupled by 1e4 inside: each becomes its mean, but for what crosses the edge.
  auto filter = MakeFilter();
  filter->SetGuidanceImage(
    MakeImageOf<FloatType>({ { 13, 11, 9 } }, [](const FloatType::IndexType & p) { return p[0] < 6 ? 0.0f : 200.0f; }));
  ExpectDirectSolution(filter.GetPointer(), { { 13, 11, 9 } }, Problem());
  filter->SetLambda(1000.0);
  Problem problem;
  problem.lambda = 1000.0;
  ExpectDirectSolution(filter.GetPointer(), { { 13, 11, 9 } }, problem);
}

TEST(WeightedLeastSquaresImageFilter, SolvesLinesAndSlicesAlone)
{
  for (unsigned int axes = 1; axes < 7; ++axes)
  {
    auto    filter = MakeFilter();
    Problem problem;
    filter->SetSmoothAxes(Axes((axes & 1) != 0, (axes & 2) != 0, (axes & 4) != 0));
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      problem.axisFactor[axis] = (axes >> axis & 1) != 0 ? 1.0 : 0.0;
    }
    ExpectDirectSolution(filter.GetPointer(), { { 13, 11, 9 } }, problem);
  }
}

TEST(WeightedLeastSquaresImageFilter, TakesTheEuclideanDistanceOfVectorGuidance)
{
  using GuidanceType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
  using ByteType = itk::Image<unsigned char, 3>;
  const FloatType::SizeType size{ { 12, 9, 5 } };
  auto                      filter = itk::WeightedLeastSquaresImageFilter<FloatType, GuidanceType>::New();
  filter->SetInput(MakeBlocks<FloatType>(size));
  filter->SetGuidanceImage(Compose<GuidanceType, ByteType>(
    { MakeBlocks<ByteType>(size, 3), MakeBlocks<ByteType>(size, 4), MakeBlocks<ByteType>(size, 5) }));
  ExpectDirectSolution(filter.GetPointer(), { { 12, 9, 5 } }, Problem());
}

TEST(WeightedLeastSquaresImageFilter, CountsStrengthInPhysicalUnitsWithImageSpacing)
{
  auto filter = MakeFilter();
  filter->UseImageSpacingOn();
  Problem problem;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    problem.axisFactor[axis] =
      std::pow(filter->GetInput()->GetSpacing()[0] / filter->GetInput()->GetSpacing()[axis], 2);
  }
  ASSERT_LT(problem.axisFactor[2], 0.2);
  ExpectDirectSolution(filter.GetPointer(), { { 13, 11, 9 } }, problem);
}

TEST(WeightedLeastSquaresImageFilter, TwoVoxelsHaveAClosedForm)
{
  using LineType = itk::Image<float, 2>;
  auto filter = itk::WeightedLeastSquaresImageFilter<LineType>::New();
  filter->SetInput(
    MakeImageOf<LineType>({ { 2, 1 } }, [](const LineType::IndexType & p) { return 3.0f + 4.0f * p[0]; }));
  filter->SetLambda(5.0);
  filter->Update();
  // u0 - u1 = (f0 - f1) / (1 + 2 lambda a), around the mean.
  const double half = 2.0 / (1.0 + 10.0 / (std::pow(std::log(2.0), 1.2) + 1e-4));
  const auto   start = filter->GetOutput()->GetBufferedRegion().GetIndex();
  EXPECT_NEAR(filter->GetOutput()->GetPixel(start), 5.0 - half, 1e-6);
  EXPECT_NEAR(filter->GetOutput()->GetPixel({ { start[0] + 1, start[1] } }), 5.0 + half, 1e-6);
}

TEST(WeightedLeastSquaresImageFilter, KeepsAConstantBitForBitWithoutACycle)
{
  auto filter = MakeFilter();
  filter->SetInput(MakeImageOf<FloatType>({ { 13, 11, 9 } }, [](const FloatType::IndexType &) { return 77.3f; }));
  filter->Update();
  ExpectSamePixels<FloatType>(filter->GetOutput(), filter->GetInput());
  EXPECT_EQ(filter->GetNumberOfCycles(), 0u);
}

TEST(WeightedLeastSquaresImageFilter, KeepsTheMeanAndTheRange)
{
  auto filter = MakeFilter();
  filter->SetTolerance(1e-5);
  filter->Update();
  const auto before = ToPlanes(filter->GetInput())[0];
  const auto after = ToPlanes(filter->GetOutput())[0];
  double     sumBefore = 0.0;
  double     sumAfter = 0.0;
  for (std::size_t i = 0; i < before.size(); ++i)
  {
    sumBefore += before[i];
    sumAfter += after[i];
  }
  EXPECT_NEAR(sumAfter / before.size(), sumBefore / before.size(), 255.0 * 1e-5);
  EXPECT_LE(*std::max_element(after.begin(), after.end()), *std::max_element(before.begin(), before.end()));
  EXPECT_GE(*std::min_element(after.begin(), after.end()), *std::min_element(before.begin(), before.end()));
}

TEST(WeightedLeastSquaresImageFilter, LambdaZeroOrNoAxisLeavesTheInput)
{
  auto filter = MakeFilter();
  filter->SetLambda(0.0);
  filter->Update();
  ExpectSamePixels<FloatType>(filter->GetOutput(), filter->GetInput());
  filter->SetLambda(1.0);
  filter->SetSmoothAxes(Axes(false, false, false));
  filter->Update();
  ExpectSamePixels<FloatType>(filter->GetOutput(), filter->GetInput());
}

TEST(WeightedLeastSquaresImageFilter, GuidesItselfByDefault)
{
  auto filter = MakeFilter();
  filter->SetGuidanceImage(nullptr);
  filter->Update();
  auto same = MakeFilter();
  same->SetGuidanceImage(same->GetInput());
  same->Update();
  ExpectSamePixels<FloatType>(filter->GetOutput(), same->GetOutput());
}

TEST(WeightedLeastSquaresImageFilter, SmoothsComponentsWithTheSameWeights)
{
  ExpectComponentsOneByOne<itk::Image<itk::RGBPixel<unsigned char>, 3>, itk::Image<unsigned char, 3>>(1.0);
  ExpectComponentsOneByOne<itk::Image<itk::Vector<float, 3>, 3>, FloatType>(255.0 * 1e-5);
  ExpectComponentsOneByOne<itk::VectorImage<float, 3>, FloatType>(255.0 * 1e-5);
}

TEST(WeightedLeastSquaresImageFilter, TakesAllPixelTypesAndBothDimensionsAndKeepsGeometry)
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

TEST(WeightedLeastSquaresImageFilter, StreamsBitForBit)
{
  auto filter = MakeFilter();
  filter->SetSmoothAxes(Axes(true, true, false));
  ExpectStreamedEqualsWhole(filter.GetPointer(), 9);
  filter->SetSmoothAxes(Axes(false, true, false));
  ExpectStreamedEqualsWhole(filter.GetPointer(), 4);
  filter->SetSmoothAxes(Axes(true, true, true));
  ExpectStreamedEqualsWhole(filter.GetPointer(), 3);
}

TEST(WeightedLeastSquaresImageFilter, SameForAnyThreads)
{
  // More nodes than one thread sweeps over.
  auto filter = FilterType::New();
  filter->SetInput(MakeBlocks<FloatType>({ { 40, 35, 30 } }));
  ExpectSameForAnyThreads(filter.GetPointer());
  EXPECT_LE(filter->GetResidual(), 1e-5);
}

TEST(WeightedLeastSquaresImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter().GetPointer());
}

TEST(WeightedLeastSquaresImageFilter, WarnsWhenTheCyclesRunOut)
{
  auto filter = MakeFilter();
  filter->SetMaximumNumberOfCycles(1);
  testing::internal::CaptureStderr();
  filter->Update();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("above Tolerance = 1e-07"), std::string::npos);
  EXPECT_EQ(filter->GetNumberOfCycles(), 1u);
  EXPECT_GT(filter->GetResidual(), 1e-7);
}

TEST(WeightedLeastSquaresImageFilter, NamesWhatIsWrong)
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
  expect([](FilterType * f) { f->SetLambda(-1.0); }, "Lambda is -1, but has to be at least 0");
  expect([](FilterType * f) { f->SetLambda(std::nan("")); }, "Lambda is nan");
  expect([](FilterType * f) { f->SetAlpha(-0.5); }, "Alpha is -0.5, but has to be at least 0");
  expect([](FilterType * f) { f->SetEpsilon(0.0); }, "Epsilon is 0, but has to be above 0.");
  expect([](FilterType * f) { f->SetTolerance(0.0); }, "Tolerance is 0, but has to be above 0.");
  expect([](FilterType * f) { f->SetLambda(1e9); }, "Lambda / Epsilon is 1e+13, but has to be at most 1e+12.");
  expect([&](FilterType * f) { f->SetGuidanceImage(withOne(-1000.0f)); },
         "The smallest value of the guidance is -1000, but with LogarithmOffset = 1 it has to be above -1.");
  expect(
    [](FilterType * f) {
      f->SetGuidanceImage(MakeImage<FloatType>({ { 4, 4, 4 } }));
    },
    "The guidance has size [4, 4, 4]");
  expect([&](FilterType * f) { f->SetGuidanceImage(withOne(std::numeric_limits<float>::infinity())); },
         "The guidance holds 1 values that are NaN or infinite.");
}
