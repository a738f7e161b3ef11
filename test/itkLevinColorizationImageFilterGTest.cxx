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
#include "itkLevinColorizationImageFilter.h"

#include "ColorizationTestUtilities.h"
#include "SparseDirectSolver.h"

#include "itkImageFileReader.h"
#include "itkVector.h"

#include <limits>

namespace
{
using namespace ColorizationTest;
using itk::colorization::LevinParameters;
using itk::colorization::LevinReport;
using itk::colorization::SolveLevin;

/** A colorization problem with one channel, in memory. */
struct Problem
{
  std::array<std::size_t, 3> size;
  std::vector<float>         luminance;
  std::vector<std::uint8_t>  mask;
  std::vector<float>         confidence;
  std::vector<float>         hints;

  std::size_t
  Count() const
  {
    return size[0] * size[1] * size[2];
  }

  LevinReport
  Solve(const LevinParameters & parameters, std::vector<float> & result) const
  {
    result = hints;
    return SolveLevin(luminance.data(),
                      mask.empty() ? nullptr : mask.data(),
                      confidence.data(),
                      result.data(),
                      1,
                      size,
                      parameters);
  }
};

/** A crop of a real image with hints that are hard, soft, or absent. */
Problem
MakeRealProblem(const std::vector<float> & values, const std::array<std::size_t, 3> & size, bool soft, bool masked)
{
  Problem problem;
  problem.size = size;
  problem.luminance = values;
  problem.confidence.assign(problem.Count(), 0.0f);
  problem.hints.assign(problem.Count(), 0.0f);
  if (masked)
  {
    problem.mask.assign(problem.Count(), 1);
  }
  for (std::size_t i = 0; i < problem.Count(); ++i)
  {
    if (masked && Noise(static_cast<std::uint32_t>(3 * i + 1)) < 0.2)
    {
      problem.mask[i] = 0;
    }
    if (Noise(static_cast<std::uint32_t>(5 * i)) < 0.02)
    {
      problem.confidence[i] = soft ? static_cast<float>(0.1 + 0.9 * Noise(static_cast<std::uint32_t>(7 * i))) : 1.0f;
      problem.hints[i] = static_cast<float>(Noise(static_cast<std::uint32_t>(11 * i)) - 0.5);
    }
  }
  return problem;
}

/** Luminance of a part of ch2, 0..1. */
std::vector<float>
CropOfHead(const std::array<std::size_t, 3> & size)
{
  using ImageType = itk::Image<unsigned char, 3>;
  const auto         head = itk::ReadImage<ImageType>("/usr/share/mricron/templates/ch2.nii.gz");
  std::vector<float> values;
  for (std::size_t i = 0; i < size[0] * size[1] * size[2]; ++i)
  {
    const itk::Index<3> index{ { static_cast<itk::IndexValueType>(60 + i % size[0]),
                                 static_cast<itk::IndexValueType>(90 + i / size[0] % size[1]),
                                 static_cast<itk::IndexValueType>(70 + i / (size[0] * size[1])) } };
    values.push_back(head->GetPixel(index) / 255.0f);
  }
  return values;
}

/** Assembles the equations of the documentation on their own, and solves them directly in double precision. */
std::vector<double>
SolveDirectly(const Problem & problem, const LevinParameters & parameters)
{
  const auto &             size = problem.size;
  const auto               inside = [&](std::size_t i) { return problem.mask.empty() || problem.mask[i] != 0; };
  const std::size_t        n = problem.Count();
  std::vector<SparseEntry> entries;
  std::vector<double>      rightHandSide(n);
  double                   smallestSpacing = std::numeric_limits<double>::max();
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    if (size[axis] > 1)
    {
      smallestSpacing = std::min(smallestSpacing, parameters.spacing[axis]);
    }
  }
  for (std::size_t i = 0; i < n; ++i)
  {
    entries.push_back({ i, i, 1.0 });
    if (!inside(i))
    {
      continue;
    }
    std::vector<std::size_t> neighbors;
    std::vector<double>      closeness;
    const long               x = i % size[0];
    const long               y = i / size[0] % size[1];
    const long               z = i / (size[0] * size[1]);
    for (long dz = -1; dz <= 1; ++dz)
    {
      for (long dy = -1; dy <= 1; ++dy)
      {
        for (long dx = -1; dx <= 1; ++dx)
        {
          const long u = x + dx;
          const long v = y + dy;
          const long w = z + dz;
          if ((dx == 0 && dy == 0 && dz == 0) || u < 0 || v < 0 || w < 0 || u >= static_cast<long>(size[0]) ||
              v >= static_cast<long>(size[1]) || w >= static_cast<long>(size[2]))
          {
            continue;
          }
          const std::size_t j = (w * size[1] + v) * size[0] + u;
          if (inside(j))
          {
            neighbors.push_back(j);
            const auto square = [&](double d, unsigned int axis)
            { return std::pow(d * parameters.spacing[axis] / smallestSpacing, 2); };
            closeness.push_back(parameters.useSpacing ? 1.0 / (square(dx, 0) + square(dy, 1) + square(dz, 2)) : 1.0);
          }
        }
      }
    }
    double mean = problem.luminance[i];
    double best = std::numeric_limits<double>::max();
    for (const std::size_t j : neighbors)
    {
      mean += problem.luminance[j];
      best = std::min(best, std::pow(static_cast<double>(problem.luminance[i]) - problem.luminance[j], 2));
    }
    mean /= neighbors.size() + 1.0;
    double variance = std::pow(problem.luminance[i] - mean, 2);
    for (const std::size_t j : neighbors)
    {
      variance += std::pow(problem.luminance[j] - mean, 2);
    }
    variance /= neighbors.size() + 1.0;
    const double        scale = std::max({ parameters.varianceScale * variance,
                                           -best / std::log(parameters.minimumBestWeight),
                                           parameters.minimumVariance });
    std::vector<double> weights;
    double              sum = 0.0;
    for (std::size_t k = 0; k < neighbors.size(); ++k)
    {
      const double difference = static_cast<double>(problem.luminance[i]) - problem.luminance[neighbors[k]];
      weights.push_back(closeness[k] * std::exp(-difference * difference / scale));
      sum += weights.back();
    }
    const double c = problem.confidence[i];
    rightHandSide[i] = c * problem.hints[i];
    for (std::size_t k = 0; k < neighbors.size() && c < 1.0; ++k)
    {
      entries.push_back({ i, neighbors[k], -(1.0 - c) * weights[k] / sum });
    }
  }
  return SolveSparseDirectly(entries, rightHandSide);
}

void
ExpectAgreesWithDirectSolve(const Problem & problem, LevinParameters parameters)
{
  parameters.tolerance = 1e-6;
  std::vector<float> result;
  const LevinReport  report = problem.Solve(parameters, result);
  EXPECT_TRUE(report.converged);
  EXPECT_EQ(report.unreachedVoxels, 0u);
  const std::vector<double> expected = SolveDirectly(problem, parameters);
  for (std::size_t i = 0; i < problem.Count(); ++i)
  {
    if (problem.mask.empty() || problem.mask[i])
    {
      ASSERT_NEAR(result[i], expected[i], 1e-4) << "voxel " << i;
    }
  }
}

constexpr std::array<std::size_t, 3> SmallVolume{ { 17, 20, 13 } };
constexpr std::array<std::size_t, 3> SmallSlice{ { 41, 37, 1 } };

using GrayType = itk::Image<unsigned char, 3>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using FilterType = itk::LevinColorizationImageFilter<GrayType>;

ColorType::PixelType
MakeColor(int r, int g, int b)
{
  ColorType::PixelType color;
  color.Set(static_cast<unsigned char>(r), static_cast<unsigned char>(g), static_cast<unsigned char>(b));
  return color;
}

/** Two halves of different gray, parted along x. */
GrayType::Pointer
MakeTwoHalves()
{
  return MakeImageOf<GrayType>({ { 20, 12, 9 } }, [](const GrayType::IndexType & p) { return p[0] < 10 ? 80 : 160; });
}

/** The hint at one corner is reddish, that at the opposite one bluish. */
ColorType::Pointer
MakeTwoHints()
{
  return MakeImageOf<ColorType>({ { 20, 12, 9 } },
                                [](const ColorType::IndexType & p)
                                {
                                  return p[0] == 1 && p[1] == 1 && p[2] == 1
                                           ? MakeColor(120, 70, 60)
                                           : (p[0] == 18 && p[1] == 10 && p[2] == 7 ? MakeColor(140, 160, 190)
                                                                                    : MakeColor(0, 0, 0));
                                });
}

FilterType::Pointer
MakeFilter()
{
  auto filter = FilterType::New();
  filter->SetInput(MakeTwoHalves());
  filter->SetHintImage(MakeTwoHints());
  return filter;
}
} // namespace

TEST(LevinSolver, AgreesWithADirectSolveInThreeDimensions)
{
  for (const bool soft : { false, true })
  {
    for (const bool masked : { false, true })
    {
      SCOPED_TRACE(testing::Message() << "soft " << soft << ", masked " << masked);
      ExpectAgreesWithDirectSolve(MakeRealProblem(CropOfHead(SmallVolume), SmallVolume, soft, masked),
                                  LevinParameters());
    }
  }
}

TEST(LevinSolver, AgreesWithADirectSolveInTwoDimensions)
{
  for (const bool soft : { false, true })
  {
    ExpectAgreesWithDirectSolve(MakeRealProblem(CropOfHead(SmallSlice), SmallSlice, soft, false), LevinParameters());
  }
}

TEST(LevinSolver, AgreesWithADirectSolveForLevinsOwnVarianceAndForSpacing)
{
  LevinParameters parameters;
  parameters.varianceScale = 0.6;
  parameters.useSpacing = true;
  parameters.spacing = { { 0.9, 1.2, 3.0 } };
  ExpectAgreesWithDirectSolve(MakeRealProblem(CropOfHead(SmallVolume), SmallVolume, true, true), parameters);
}

TEST(LevinSolver, StaysWithinTheRangeOfTheHints)
{
  const Problem      problem = MakeRealProblem(CropOfHead(SmallVolume), SmallVolume, true, false);
  std::vector<float> result;
  LevinParameters    parameters;
  parameters.tolerance = 1e-2;
  problem.Solve(parameters, result);
  float lowest = 1.0f;
  float highest = -1.0f;
  for (std::size_t i = 0; i < problem.Count(); ++i)
  {
    if (problem.confidence[i] > 0.0f)
    {
      lowest = std::min(lowest, problem.hints[i]);
      highest = std::max(highest, problem.hints[i]);
    }
  }
  EXPECT_GE(*std::min_element(result.begin(), result.end()), lowest);
  EXPECT_LE(*std::max_element(result.begin(), result.end()), highest);
}

TEST(LevinSolver, OneHintColoursEverythingThatItReaches)
{
  Problem problem = MakeRealProblem(CropOfHead(SmallVolume), SmallVolume, false, false);
  std::fill(problem.confidence.begin(), problem.confidence.end(), 0.0f);
  problem.confidence[100] = 0.3f;
  problem.hints[100] = 0.25f;
  std::vector<float> result;
  LevinParameters    parameters;
  parameters.tolerance = 1e-7;
  problem.Solve(parameters, result);
  for (const float value : result)
  {
    ASSERT_NEAR(value, 0.25f, 1e-3f);
  }
}

TEST(LevinSolver, CountsWhatNoHintReachesAndLeavesItNeutral)
{
  Problem problem = MakeRealProblem(CropOfHead(SmallVolume), SmallVolume, false, false);
  problem.mask.assign(problem.Count(), 1);
  std::fill(problem.confidence.begin(), problem.confidence.end(), 0.0f);
  // A wall of one slice parts the volume; the hint is in front of it.
  const std::size_t slice = SmallVolume[0] * SmallVolume[1];
  std::fill_n(problem.mask.begin() + 6 * slice, slice, std::uint8_t{ 0 });
  problem.confidence[5] = 1.0f;
  problem.hints[5] = 0.4f;
  std::vector<float> result;
  const LevinReport  report = problem.Solve(LevinParameters(), result);
  EXPECT_EQ(report.unreachedVoxels, 6 * slice);
  EXPECT_EQ(report.hintVoxels, 1u);
  EXPECT_NEAR(result[6 * slice - 1], 0.4f, 1e-3f);
  EXPECT_EQ(*std::max_element(result.begin() + 6 * slice, result.end()), 0.0f);
}

TEST(LevinSolver, ALoneVoxelHasItsOwnHintHoweverWeak)
{
  Problem problem = MakeRealProblem(CropOfHead(SmallVolume), SmallVolume, false, false);
  problem.mask.assign(problem.Count(), 0);
  std::fill(problem.confidence.begin(), problem.confidence.end(), 0.0f);
  problem.mask[1000] = 1;
  problem.confidence[1000] = 0.01f;
  problem.hints[1000] = -0.3f;
  std::vector<float> result;
  problem.Solve(LevinParameters(), result);
  EXPECT_FLOAT_EQ(result[1000], -0.3f);
}

TEST(LevinSolver, APlaneOfHardHintsPartsTheProblem)
{
  // What lies in front of the plane does not depend on what lies behind it.
  Problem           problem = MakeRealProblem(CropOfHead(SmallVolume), SmallVolume, false, false);
  const std::size_t slice = SmallVolume[0] * SmallVolume[1];
  for (std::size_t i = 6 * slice; i < 7 * slice; ++i)
  {
    problem.confidence[i] = 1.0f;
    problem.hints[i] = static_cast<float>(Noise(static_cast<std::uint32_t>(i)));
  }
  Problem front = problem;
  front.size[2] = 8;
  for (auto * values : { &front.luminance, &front.confidence, &front.hints })
  {
    values->resize(front.Count());
  }
  LevinParameters parameters;
  parameters.tolerance = 1e-7;
  std::vector<float> whole;
  std::vector<float> part;
  problem.Solve(parameters, whole);
  front.Solve(parameters, part);
  for (std::size_t i = 0; i < 7 * slice; ++i)
  {
    ASSERT_NEAR(whole[i], part[i], 2e-5f);
  }
}

TEST(LevinColorizationImageFilter, KeepsLuminanceAndGeometryAndSpreadsColour)
{
  auto filter = MakeFilter();
  filter->Update();
  const ColorType * output = filter->GetOutput();
  const GrayType *  input = filter->GetInput();
  ExpectSameGeometry(output, input);
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(output, output->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto & c = it.Get();
    ASSERT_NEAR(0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2], input->GetPixel(it.GetIndex()), 1.0);
  }
  // The edge of luminance keeps the colours apart: no neighbour's weight across it is above exp(-2).
  const auto start = output->GetBufferedRegion().GetIndex();
  const auto left = output->GetPixel({ { start[0] + 2, start[1] + 9, start[2] + 6 } });
  const auto right = output->GetPixel({ { start[0] + 17, start[1] + 2, start[2] + 2 } });
  EXPECT_GT(left[0], left[2]);
  EXPECT_LT(right[0], right[2]);
  EXPECT_EQ(filter->GetNumberOfHintVoxels(), 2u);
  EXPECT_LE(filter->GetResidual(), 1e-5);
  EXPECT_GT(filter->GetPeakBytes(), 20u * 12u * 9u * 8u);
}

TEST(LevinColorizationImageFilter, HintsKeepTheirColourInBothSpaces)
{
  using ColorSpaceEnum = itk::ColorSpaceEnums::ColorSpace;
  for (const auto space : { ColorSpaceEnum::YUV, ColorSpaceEnum::Lab })
  {
    auto filter = MakeFilter();
    filter->SetColorSpace(space);
    filter->Update();
    const auto start = filter->GetOutput()->GetBufferedRegion().GetIndex();
    const auto color = filter->GetOutput()->GetPixel({ { start[0] + 1, start[1] + 1, start[2] + 1 } });
    // The hint's luminance is near the voxel's 80, so its colour is nearly kept whole.
    EXPECT_NEAR(color[0], 120, 4);
    EXPECT_NEAR(color[1], 70, 4);
    EXPECT_NEAR(color[2], 60, 4);
  }
}

TEST(LevinColorizationImageFilter, SpreadsLuminanceAsItSpreadsChroma)
{
  using LabType = itk::Image<itk::Vector<float, 3>, 3>;
  using LabFilterType = itk::LevinColorizationImageFilter<GrayType, LabType, LabType>;
  auto       filter = LabFilterType::New();
  const auto size = MakeTwoHalves()->GetLargestPossibleRegion().GetSize();
  filter->SetInput(MakeTwoHalves());
  // All three are linear in one number, which spreading keeps.
  filter->SetHintImage(MakeImageOf<LabType>(size,
                                            [](const LabType::IndexType & p)
                                            {
                                              const auto            x = static_cast<float>(p[0] + p[1]);
                                              const bool            isHint = (p[0] + p[1] + p[2]) % 7 == 0;
                                              itk::Vector<float, 3> lab(0.0f);
                                              if (isHint)
                                              {
                                                lab[0] = 40.0f + x;
                                                lab[1] = x;
                                                lab[2] = 3.0f - 0.5f * x;
                                              }
                                              return lab;
                                            }));
  // A layer of air parts the voxels behind it, where there is no hint.
  const auto isInside = [](const GrayType::IndexType & p) { return p[2] != 6; };
  filter->SetMaskImage(MakeImageOf<GrayType>(size, isInside));
  filter->SetHintMaskImage(MakeImageOf<GrayType>(size,
                                                 [](const GrayType::IndexType & p)
                                                 { return p[2] < 6 && (p[0] + p[1] + p[2]) % 7 == 0 ? 1 : 0; }));
  filter->SetColorSpace(itk::ColorSpaceEnums::ColorSpace::Lab);
  filter->ConvertColorsOff();
  filter->SetTolerance(1e-7);
  filter->Update();
  LabType::Pointer chroma = filter->GetOutput();
  chroma->DisconnectPipeline();
  filter->PropagateLuminanceOn();
  filter->Update();
  const auto  start = chroma->GetBufferedRegion().GetIndex();
  std::size_t spread = 0;
  for (itk::ImageRegionConstIteratorWithIndex<LabType> it(filter->GetOutput(), chroma->GetBufferedRegion());
       !it.IsAtEnd();
       ++it)
  {
    const auto & without = chroma->GetPixel(it.GetIndex());
    const float  gray = itk::colorization::GrayToLightness(filter->GetInput()->GetPixel(it.GetIndex()) / 255.0f);
    ASSERT_NEAR(it.Get()[1], without[1], 1e-3f);
    ASSERT_NEAR(it.Get()[2], without[2], 1e-3f);
    ASSERT_NEAR(without[0], gray, 1e-4f);
    if (it.GetIndex()[2] - start[2] < 6)
    {
      ++spread;
      ASSERT_NEAR(it.Get()[0], 40.0f + it.Get()[1], 1e-3f);
      ASSERT_NEAR(it.Get()[2], 3.0f - 0.5f * it.Get()[1], 1e-3f);
    }
    else
    {
      // Air, and what no hint reaches, is as it was.
      ASSERT_NEAR(it.Get()[0], gray, 1e-4f);
      ASSERT_EQ(it.Get()[1], 0.0f);
    }
  }
  EXPECT_EQ(spread, 20u * 12u * 6u);
  EXPECT_EQ(filter->GetReport().unreachedVoxels, 20u * 12u * 2u);
  ExpectSameForAnyThreads(filter.GetPointer());

  // As RGB, the hint keeps its colour whole.
  for (const auto space : { itk::ColorSpaceEnums::ColorSpace::YUV, itk::ColorSpaceEnums::ColorSpace::Lab })
  {
    auto colors = MakeFilter();
    colors->SetColorSpace(space);
    colors->PropagateLuminanceOn();
    colors->Update();
    const ColorType::IndexType hint{ { start[0] + 18, start[1] + 10, start[2] + 7 } };
    for (unsigned int c = 0; c < 3; ++c)
    {
      EXPECT_NEAR(colors->GetOutput()->GetPixel(hint)[c], MakeColor(140, 160, 190)[c], 1);
    }
  }
}

TEST(LevinColorizationImageFilter, HintMaskAndConfidenceChooseWhichHintsCount)
{
  auto       filter = MakeFilter();
  const auto size = filter->GetInput()->GetLargestPossibleRegion().GetSize();
  // Only the first hint is one, so all becomes reddish.
  filter->SetHintMaskImage(
    MakeImageOf<GrayType>(size, [](const GrayType::IndexType & p) { return p[0] == 1 && p[1] == 1 && p[2] == 1; }));
  filter->Update();
  EXPECT_EQ(filter->GetNumberOfHintVoxels(), 1u);
  const auto start = filter->GetOutput()->GetBufferedRegion().GetIndex();
  const auto far = filter->GetOutput()->GetPixel({ { start[0] + 18, start[1] + 10, start[2] + 7 } });
  EXPECT_GT(far[0], far[2] + 20);

  filter->SetHintMaskImage(nullptr);
  using ConfidenceType = FilterType::ConfidenceImageType;
  filter->SetConfidenceImage(
    MakeImageOf<ConfidenceType>(size, [](const GrayType::IndexType & p) { return p[0] == 1 ? 0.0f : 0.5f; }));
  filter->Update();
  EXPECT_EQ(filter->GetNumberOfHintVoxels(), 1u);
  const auto near = filter->GetOutput()->GetPixel({ { start[0] + 1, start[1] + 1, start[2] + 1 } });
  EXPECT_LT(near[0], near[2]);
}

TEST(LevinColorizationImageFilter, OutsideOfTheMaskIsGray)
{
  auto       filter = MakeFilter();
  const auto size = filter->GetInput()->GetLargestPossibleRegion().GetSize();
  filter->SetMaskImage(MakeImageOf<GrayType>(size, [](const GrayType::IndexType & p) { return p[0] < 6 ? 1 : 0; }));
  filter->Update();
  const auto start = filter->GetOutput()->GetBufferedRegion().GetIndex();
  EXPECT_EQ(filter->GetOutput()->GetPixel({ { start[0] + 6, start[1] + 1, start[2] + 1 } }), MakeColor(80, 80, 80));
  const auto inside = filter->GetOutput()->GetPixel({ { start[0] + 5, start[1] + 1, start[2] + 1 } });
  EXPECT_GT(inside[0], inside[2] + 20);
}

TEST(LevinColorizationImageFilter, TakesAllPixelTypesAndBothDimensions)
{
  const auto run = [](auto pixel, auto dimension)
  {
    using ImageType = itk::Image<decltype(pixel), decltype(dimension)::value>;
    using HintType = itk::Image<itk::RGBPixel<float>, decltype(dimension)::value>;
    typename ImageType::SizeType size;
    size.Fill(7);
    auto filter = itk::LevinColorizationImageFilter<ImageType, HintType>::New();
    filter->SetInput(MakeImageOf<ImageType>(size,
                                            [](const typename ImageType::IndexType & p)
                                            { return static_cast<decltype(pixel)>(40 + 10 * p[0]); }));
    filter->SetHintImage(
      MakeImageOf<HintType>(size,
                            [](const typename ImageType::IndexType & p)
                            {
                              itk::RGBPixel<float> color;
                              color.Set(p[0] == 3 ? 0.6f : 0.0f, p[0] == 3 ? 0.4f : 0.0f, p[0] == 3 ? 0.3f : 0.0f);
                              return color;
                            }));
    filter->SetWindowMinimum(0.0);
    filter->SetWindowMaximum(200.0);
    filter->Update();
    const auto color = filter->GetOutput()->GetPixel(filter->GetOutput()->GetBufferedRegion().GetIndex());
    EXPECT_GT(color[0], color[1]);
    EXPECT_GT(color[1], color[2]);
  };
  run(static_cast<unsigned char>(0), std::integral_constant<unsigned int, 2>());
  run(static_cast<short>(0), std::integral_constant<unsigned int, 3>());
  run(static_cast<unsigned short>(0), std::integral_constant<unsigned int, 2>());
  run(0.0f, std::integral_constant<unsigned int, 3>());
}

TEST(LevinColorizationImageFilter, AVolumeOneVoxelThickIsASlice)
{
  auto filter = FilterType::New();
  filter->SetInput(MakeImageOf<GrayType>({ { 9, 8, 1 } }, [](const GrayType::IndexType &) { return 100; }));
  filter->SetHintImage(MakeImageOf<ColorType>({ { 9, 8, 1 } },
                                              [](const ColorType::IndexType & p) {
                                                return p[0] == 4 && p[1] == 4 ? MakeColor(140, 90, 80)
                                                                              : MakeColor(0, 0, 0);
                                              }));
  filter->Update();
  const auto corner = filter->GetOutput()->GetPixel(filter->GetOutput()->GetBufferedRegion().GetIndex());
  EXPECT_GT(corner[0], corner[2] + 30);
}

TEST(LevinColorizationImageFilter, SameForAnyThreads)
{
  ExpectSameForAnyThreads(MakeFilter().GetPointer());
}

TEST(LevinColorizationImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter().GetPointer());
}

TEST(LevinColorizationImageFilter, AnyRequestedRegionIsPartOfTheWhole)
{
  ExpectStreamedEqualsWhole(MakeFilter().GetPointer(), 3);
}

/** A volume, or a picture with its lines, whose slices 3, 7 and 8 across an axis are full of hints. */
template <typename TGray>
auto
MakeFilterWithHintSlices(const typename TGray::SizeType & size, unsigned int axis)
{
  using HintType = itk::Image<itk::RGBPixel<unsigned char>, TGray::ImageDimension>;
  const auto noise = [](const typename TGray::IndexType & p)
  {
    std::uint32_t key = 0;
    for (unsigned int i = 0; i < TGray::ImageDimension; ++i)
    {
      key = key * 61 + static_cast<std::uint32_t>(p[i] + 100);
    }
    return key;
  };
  const auto gray = MakeImageOf<TGray>(size,
                                       [&](const typename TGray::IndexType & p)
                                       { return static_cast<unsigned char>(60 + 40 * Noise(noise(p))); });
  const auto start = gray->GetBufferedRegion().GetIndex(axis);
  auto       filter = itk::LevinColorizationImageFilter<TGray>::New();
  filter->SetInput(gray);
  filter->SetHintImage(
    MakeImageOf<HintType>(size,
                          [&](const typename TGray::IndexType & p)
                          {
                            const auto slice = p[axis];
                            return slice == 3 || slice == 7 || slice == 8
                                     ? MakeColor(static_cast<unsigned char>(50 + 100 * Noise(7 + noise(p))), 90, 80)
                                     : MakeColor(0, 0, 0);
                          }));
  filter->SetSlabAxis(axis);
  filter->SetHintSlices({ start + 7, start + 3, start + 8 });
  return filter;
}

TEST(LevinColorizationImageFilter, StreamsInSlabsBetweenHintSlicesBitForBit)
{
  for (const unsigned int axis : { 0u, 1u, 2u })
  {
    ExpectStreamedEqualsWhole(MakeFilterWithHintSlices<GrayType>({ { 13, 14, 12 } }, axis).GetPointer(), 7);
  }
  ExpectStreamedEqualsWhole(MakeFilterWithHintSlices<itk::Image<unsigned char, 2>>({ { 13, 14 } }, 1).GetPointer(), 5);
}

TEST(LevinColorizationImageFilter, APartAsksForNoMoreThanItsSlab)
{
  auto       filter = MakeFilterWithHintSlices<GrayType>({ { 13, 14, 12 } }, 2);
  const auto whole = filter->GetInput()->GetLargestPossibleRegion();
  filter->UpdateOutputInformation();
  auto part = whole;
  part.SetIndex(2, whole.GetIndex(2) + 5);
  part.SetSize(2, 1);
  filter->GetOutput()->SetRequestedRegion(part);
  filter->Update();
  EXPECT_EQ(filter->GetOutput()->GetBufferedRegion().GetIndex(2), whole.GetIndex(2) + 3);
  EXPECT_EQ(filter->GetOutput()->GetBufferedRegion().GetSize(2), 5u);
  EXPECT_EQ(filter->GetHintImage()->GetRequestedRegion(), filter->GetOutput()->GetBufferedRegion());
}

TEST(LevinColorizationImageFilter, SlabsHaveTheSolutionOfTheWhole)
{
  // Without a mask, full slices are found; one voxel that is no hint joins the slabs again.
  auto filter = MakeFilterWithHintSlices<GrayType>({ { 13, 14, 12 } }, 2);
  filter->SetTolerance(1e-7);
  filter->Update();
  const ColorType::Pointer slabs = filter->GetOutput();
  slabs->DisconnectPipeline();
  filter->SetHintSlices({});
  auto       confidence = MakeImageOf<FilterType::ConfidenceImageType>(slabs->GetBufferedRegion().GetSize(),
                                                                 [](const GrayType::IndexType &) { return 1.0f; });
  const auto start = confidence->GetBufferedRegion().GetIndex();
  for (const int slice : { 3, 7, 8 })
  {
    confidence->SetPixel({ { start[0] + 6, start[1] + 6, start[2] + slice } }, 1.0f - 1e-6f);
  }
  filter->SetConfidenceImage(confidence);
  filter->Update();
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(slabs, slabs->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    for (unsigned int c = 0; c < 3; ++c)
    {
      ASSERT_NEAR(it.Get()[c], filter->GetOutput()->GetPixel(it.GetIndex())[c], 1.0);
    }
  }
}

TEST(LevinColorizationImageFilter, AnInitialImageSavesCycles)
{
  auto filter = MakeFilterWithHintSlices<GrayType>({ { 13, 14, 12 } }, 2);
  filter->Update();
  const ColorType::Pointer cold = filter->GetOutput();
  const unsigned int       coldCycles = filter->GetNumberOfCycles();
  cold->DisconnectPipeline();
  // Its colours are rounded, so some cycles are left to do.
  filter->SetInitialImage(cold);
  filter->SetTolerance(1e-2);
  filter->Update();
  EXPECT_LT(filter->GetNumberOfCycles(), coldCycles);
  filter->SetTolerance(1e-6);
  filter->Update();
  EXPECT_GT(filter->GetNumberOfCycles(), 0u);
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(cold, cold->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    for (unsigned int c = 0; c < 3; ++c)
    {
      ASSERT_NEAR(it.Get()[c], filter->GetOutput()->GetPixel(it.GetIndex())[c], 1.0);
    }
  }
}

TEST(LevinSolver, ContradictorySoftHintsAreWeighed)
{
  // Two voxels, each other's only neighbour: u_0 = (1 - c) u_1 + c h_0 and alike u_1.
  Problem problem;
  problem.size = { { 2, 1, 1 } };
  problem.luminance = { 0.5f, 0.5f };
  problem.confidence = { 0.6f, 0.2f };
  problem.hints = { 1.0f, -1.0f };
  LevinParameters parameters;
  parameters.tolerance = 1e-7;
  std::vector<float> result;
  EXPECT_TRUE(problem.Solve(parameters, result).converged);
  const double u0 = (0.6 + 0.4 * 0.2 * -1.0) / (1.0 - 0.4 * 0.8);
  EXPECT_NEAR(result[0], u0, 1e-5);
  EXPECT_NEAR(result[1], 0.8 * u0 - 0.2, 1e-5);
}

/** Blobs of a few voxels, each of its own luminance in a flat ground: what is in a blob is coupled `contrast` times more
 * strongly than it is to the ground. */
TEST(LevinSolver, CyclesHardlyGrowWithContrast)
{
  unsigned int fewest = std::numeric_limits<unsigned int>::max();
  unsigned int most = 0;
  for (const double contrast : { 1.0, 1e2, 1e4, 1e6 })
  {
    Problem problem;
    problem.size = { { 40, 40, 40 } };
    problem.luminance.assign(problem.Count(), 0.5f);
    problem.confidence.assign(problem.Count(), 0.0f);
    problem.hints.assign(problem.Count(), 0.0f);
    for (std::uint32_t blob = 0; blob < 1200; ++blob)
    {
      std::array<std::size_t, 3> begin;
      std::array<std::size_t, 3> size;
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        begin[axis] = static_cast<std::size_t>(36.0 * Noise(7 * blob + axis));
        size[axis] = 1 + static_cast<std::size_t>(3.0 * Noise(7 * blob + 3 + axis));
      }
      for (std::size_t i = 0; i < size[0] * size[1] * size[2]; ++i)
      {
        problem.luminance[begin[0] + i % size[0] +
                          40 * (begin[1] + i / size[0] % size[1] + 40 * (begin[2] + i / size[0] / size[1]))] = 0.6f;
      }
    }
    for (std::size_t i = 0; i < 5; ++i)
    {
      problem.confidence[i * 12345] = 1.0f;
      problem.hints[i * 12345] = static_cast<float>(i);
    }
    // One variance for all: weights across a step of 0.1 are 1 / contrast.
    LevinParameters parameters;
    parameters.minimumVariance = 0.01 / std::max(1e-4, std::log(contrast));
    parameters.varianceScale = 1e-9;
    parameters.minimumBestWeight = 1e-30;
    std::vector<float> result;
    const LevinReport  report = problem.Solve(parameters, result);
    EXPECT_TRUE(report.converged) << contrast;
    fewest = std::min(fewest, report.cycles);
    most = std::max(most, report.cycles);
  }
  EXPECT_LE(most, fewest + fewest / 2);
}

TEST(LevinColorizationImageFilter, WarnsWhenTheCyclesRunOut)
{
  auto filter = MakeFilter();
  filter->SetMaximumNumberOfCycles(1);
  filter->SetTolerance(1e-12);
  testing::internal::CaptureStderr();
  filter->Update();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("above Tolerance"), std::string::npos);
}

TEST(LevinColorizationImageFilter, NamesWhatIsWrong)
{
  const auto expect = [](const std::function<void(FilterType *)> & spoil, const std::string & part)
  {
    auto filter = MakeFilter();
    spoil(filter);
    ExpectExceptionWith([&]() { filter->Update(); }, part);
  };
  const auto size = MakeTwoHalves()->GetLargestPossibleRegion().GetSize();
  expect([](FilterType * f) { f->SetVarianceScale(-1.0); }, "VarianceScale is -1");
  expect([](FilterType * f) { f->SetTolerance(0.0); }, "Tolerance is 0");
  expect([](FilterType * f) { f->SetWindowMaximum(-2.0); }, "WindowMaximum is -2");
  expect([](FilterType * f) { f->SetColorSpace(itk::ColorSpaceEnums::ColorSpace::RGB); }, "ColorSpace is RGB");
  expect(
    [](FilterType * f) {
      f->SetHintImage(MakeImage<ColorType>({ { 4, 4, 4 } }));
    },
    "HintImage has size [4, 4, 4]");
  expect([&](FilterType * f) { f->SetHintImage(MakeImage<ColorType>(size)); }, "There is no hint.");
  expect([&](FilterType * f) { f->SetMaskImage(MakeImage<GrayType>(size)); }, "There is no hint within the mask.");
  expect(
    [&](FilterType * f)
    {
      f->SetConfidenceImage(
        MakeImageOf<FilterType::ConfidenceImageType>(size, [](const GrayType::IndexType &) { return 1.5f; }));
    },
    "2 hints have a colour that is not finite, or a confidence outside");
  const auto first = MakeTwoHalves()->GetLargestPossibleRegion().GetIndex(2);
  expect([&](FilterType * f) { f->SetHintSlices({ first + 400 }); },
         "HintSlices holds " + std::to_string(first + 400) + ", but the slices across axis 2 are");
  expect([&](FilterType * f) { f->SetHintSlices({ first + 1 }); },
         "of that slice across axis 2 are no hints of confidence 1");
  expect([](FilterType * f) { f->ConvertColorsOff(); }, "components are integers, which cannot hold YUV");
  expect([](FilterType * f) { f->SetSlabAxis(3); }, "SlabAxis is 3, but has to be below 3");
  expect(
    [](FilterType * f) {
      f->SetInitialImage(MakeImage<ColorType>({ { 4, 4, 4 } }));
    },
    "InitialImage has size [4, 4, 4]");
  auto moved = MakeTwoHints();
  moved->SetSpacing(itk::Vector<double, 3>(2.0));
  expect([&](FilterType * f) { f->SetHintImage(moved); }, "physical space");

  using FloatType = itk::Image<float, 3>;
  auto filter = itk::LevinColorizationImageFilter<FloatType>::New();
  filter->SetInput(MakeImageOf<FloatType>(size,
                                          [](const FloatType::IndexType & p)
                                          { return p[0] == 0 ? std::numeric_limits<float>::quiet_NaN() : 1.0f; }));
  filter->SetHintImage(MakeTwoHints());
  ExpectExceptionWith([&]() { filter->Update(); }, "The input holds 108 values that are NaN");
}
