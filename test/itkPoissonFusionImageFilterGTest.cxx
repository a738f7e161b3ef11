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
#include "itkPoissonFusionImageFilter.h"

#include "ColorizationTestUtilities.h"
#include "SparseDirectSolver.h"

#include "itkImageFileReader.h"

#include <limits>

namespace
{
using namespace ColorizationTest;
using itk::colorization::PoissonParameters;
using itk::colorization::PoissonReport;
using itk::colorization::SolvePoisson;

using FloatType = itk::Image<float, 3>;
using ByteType = itk::Image<unsigned char, 3>;
using PictureType = itk::Image<float, 2>;
using PictureMaskType = itk::Image<unsigned char, 2>;
using FilterType = itk::PoissonFusionImageFilter<FloatType>;
using PictureFilterType = itk::PoissonFusionImageFilter<PictureType>;

/** A problem in memory. */
struct Problem
{
  std::array<std::size_t, 3> size;
  std::vector<float>         source;
  std::vector<float>         intensities;
  std::vector<std::uint8_t>  mask;

  std::size_t
  Count() const
  {
    return size[0] * size[1] * size[2];
  }

  bool
  IsInside(std::size_t i) const
  {
    return mask.empty() || mask[i] != 0;
  }

  PoissonReport
  Solve(const PoissonParameters & parameters, std::vector<float> & result) const
  {
    result.assign(Count(), -1.0f);
    return SolvePoisson(source.data(),
                        intensities.data(),
                        mask.empty() ? nullptr : mask.data(),
                        result.data(),
                        size,
                        parameters);
  }
};

/** How voxels are chosen for the mask. */
enum class MaskKind
{
  None,
  Ball,
  Scattered,
  /** All but one voxel. */
  Punctured
};

/** A part of a real head, and intensities that are smooth with a step. */
Problem
MakeRealProblem(const std::array<std::size_t, 3> & size, MaskKind kind)
{
  static const ByteType::Pointer head = itk::ReadImage<ByteType>("/usr/share/mricron/templates/ch2.nii.gz");
  Problem                        problem;
  problem.size = size;
  for (std::size_t i = 0; i < problem.Count(); ++i)
  {
    const std::array<std::size_t, 3> p{ { i % size[0], i / size[0] % size[1], i / (size[0] * size[1]) } };
    const itk::Index<3>              index{ { static_cast<itk::IndexValueType>(60 + p[0] % 60),
                                              static_cast<itk::IndexValueType>(90 + p[1]),
                                              static_cast<itk::IndexValueType>(70 + p[2]) } };
    problem.source.push_back(head->GetPixel(index));
    problem.intensities.push_back(static_cast<float>(100.0 + 60.0 * std::sin(0.2 * p[0] + 0.1 * p[1]) +
                                                     (p[0] + p[2] > 12 ? 40.0 : 0.0) +
                                                     10.0 * Noise(static_cast<std::uint32_t>(i))));
    double radius = 0.0;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      radius += std::pow((p[axis] + 0.5) / size[axis] - 0.5, 2);
    }
    if (kind == MaskKind::Ball)
    {
      problem.mask.push_back(radius < 0.2 ? 1 : 0);
    }
    else if (kind == MaskKind::Scattered)
    {
      problem.mask.push_back(Noise(static_cast<std::uint32_t>(3 * i + 1)) < 0.8 ? 255 : 0);
    }
    else if (kind == MaskKind::Punctured)
    {
      problem.mask.push_back(i == problem.Count() / 3 ? 0 : 1);
    }
  }
  return problem;
}

/** The minimum of the documentation's sum, assembled on its own, and solved directly in double precision. */
std::vector<double>
SolveDirectly(const Problem & problem, const PoissonParameters & parameters)
{
  const auto &             size = problem.size;
  std::vector<SparseEntry> entries;
  std::vector<double>      rightHandSide(problem.Count());
  bool                     isHeld = parameters.lambda > 0.0;
  for (std::size_t i = 0; i < problem.Count(); ++i)
  {
    if (!problem.IsInside(i))
    {
      entries.push_back({ i, i, 1.0 });
      rightHandSide[i] = problem.intensities[i];
      isHeld = true;
    }
    else if (parameters.lambda > 0.0)
    {
      entries.push_back({ i, i, parameters.lambda });
      rightHandSide[i] = parameters.lambda * problem.intensities[i];
    }
  }
  std::size_t stride = 1;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const double weight = 1.0 / std::pow(parameters.spacing[axis], 2);
    for (std::size_t p = 0; p < problem.Count(); ++p)
    {
      const std::size_t q = p + stride;
      if (p / stride % size[axis] + 1 == size[axis])
      {
        continue;
      }
      double       difference = static_cast<double>(problem.source[q]) - problem.source[p];
      const double ofIntensities = static_cast<double>(problem.intensities[q]) - problem.intensities[p];
      if (parameters.mixedGradients && std::abs(ofIntensities) > std::abs(difference))
      {
        difference = ofIntensities;
      }
      const auto add = [&](std::size_t row, std::size_t other, double wanted)
      {
        if (problem.IsInside(row))
        {
          entries.push_back({ row, row, weight });
          entries.push_back({ row, other, -weight });
          rightHandSide[row] += weight * wanted;
        }
      };
      add(p, q, -difference);
      add(q, p, difference);
    }
    stride *= size[axis];
  }
  if (!isHeld)
  {
    // Any solution will do; its mean is set below.
    entries.push_back({ 0, 0, 1.0 });
  }
  std::vector<double> result = SolveSparseDirectly(entries, rightHandSide);
  if (!isHeld)
  {
    double shift = 0.0;
    for (std::size_t i = 0; i < problem.Count(); ++i)
    {
      shift += (problem.intensities[i] - result[i]) / static_cast<double>(problem.Count());
    }
    for (double & value : result)
    {
      value += shift;
    }
  }
  return result;
}

void
ExpectAgreesWithDirectSolve(const Problem & problem, PoissonParameters parameters)
{
  parameters.tolerance = 1e-7;
  std::vector<float>  result;
  const PoissonReport report = problem.Solve(parameters, result);
  EXPECT_TRUE(report.converged);
  EXPECT_LE(report.residual, parameters.tolerance);
  EXPECT_LE(report.cycles, 12u);
  const std::vector<double> expected = SolveDirectly(problem, parameters);
  const auto                range = std::minmax_element(expected.begin(), expected.end());
  const double              unit = *range.second - *range.first;
  ASSERT_GT(unit, 20.0);
  for (std::size_t i = 0; i < problem.Count(); ++i)
  {
    ASSERT_NEAR(result[i], expected[i], 1e-5 * unit) << "voxel " << i;
    if (!problem.IsInside(i))
    {
      ASSERT_EQ(result[i], problem.intensities[i]);
    }
  }
}

constexpr std::array<std::size_t, 3> SmallVolume{ { 17, 20, 13 } };
constexpr std::array<std::size_t, 3> SmallSlice{ { 41, 37, 1 } };

/** A picture and a harmonic function: what f is if it has no gradients to follow, and these values at the border. The
 * grid has 2 + 2^level * 8 nodes along x, and the outermost nodes are outside of the mask. */
double
ErrorOfHarmonicFunction(unsigned int level)
{
  const std::size_t        cells = 8u << level;
  const std::size_t        cellsY = 6u << level;
  const double             h = 1.0 / static_cast<double>(cells);
  const double             hy = 1.5 / static_cast<double>(cellsY);
  PictureType::SizeType    size{ { cells + 1, cellsY + 1 } };
  PictureType::SpacingType spacing;
  spacing[0] = h;
  spacing[1] = hy;
  const auto exact = [&](const itk::Index<2> & p)
  { return std::exp(2.0 * p[0] * h) * std::cos(2.0 * p[1] * hy + 0.3); };
  const auto isInside = [&](const itk::Index<2> & p)
  {
    return p[0] > 0 && p[1] > 0 && p[0] < static_cast<itk::IndexValueType>(cells) &&
           p[1] < static_cast<itk::IndexValueType>(cellsY);
  };
  auto flat = PictureType::New();
  auto intensities = PictureType::New();
  auto mask = PictureMaskType::New();
  flat->SetRegions(size);
  intensities->SetRegions(size);
  mask->SetRegions(size);
  flat->Allocate(true);
  intensities->Allocate(true);
  mask->Allocate(true);
  flat->SetSpacing(spacing);
  intensities->SetSpacing(spacing);
  mask->SetSpacing(spacing);
  for (itk::ImageRegionIteratorWithIndex<PictureType> it(intensities, size); !it.IsAtEnd(); ++it)
  {
    it.Set(isInside(it.GetIndex()) ? 0.0f : static_cast<float>(exact(it.GetIndex())));
    mask->SetPixel(it.GetIndex(), isInside(it.GetIndex()) ? 1 : 0);
  }
  auto filter = PictureFilterType::New();
  filter->SetInput(flat);
  filter->SetIntensityImage(intensities);
  filter->SetMaskImage(mask);
  filter->SetTolerance(1e-9);
  filter->Update();
  double error = 0.0;
  for (itk::ImageRegionConstIteratorWithIndex<PictureType> it(filter->GetOutput(), size); !it.IsAtEnd(); ++it)
  {
    error = std::max(error, std::abs(it.Get() - exact(it.GetIndex())));
  }
  return error;
}

/** Screened fusion of a product of cosines with 0: f = k^2 / (k^2 + lambda) m. Voxels are cells of a box. */
double
ErrorOfScreenedCosines(std::size_t cells)
{
  const double                     pi = std::acos(-1.0);
  const std::array<double, 3>      waves{ { pi * 2.0, pi * 1.0 / 2.0, pi * 1.0 / 3.0 } };
  const std::array<double, 3>      lengths{ { 1.0, 2.0, 3.0 } };
  const std::array<std::size_t, 3> size{ { 2 * cells, cells, cells } };
  PoissonParameters                parameters;
  parameters.lambda = 15.0;
  parameters.tolerance = 1e-9;
  double squaredWave = 0.0;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    parameters.spacing[axis] = lengths[axis] / static_cast<double>(size[axis]);
    squaredWave += waves[axis] * waves[axis];
  }
  Problem problem;
  problem.size = size;
  problem.intensities.assign(problem.Count(), 0.0f);
  std::vector<double> exact;
  for (std::size_t i = 0; i < problem.Count(); ++i)
  {
    const std::array<std::size_t, 3> p{ { i % size[0], i / size[0] % size[1], i / (size[0] * size[1]) } };
    double                           product = 1.0;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      product *= std::cos(waves[axis] * (static_cast<double>(p[axis]) + 0.5) * parameters.spacing[axis]);
    }
    problem.source.push_back(static_cast<float>(product));
    exact.push_back(squaredWave / (squaredWave + parameters.lambda) * product);
  }
  std::vector<float> result;
  EXPECT_TRUE(problem.Solve(parameters, result).converged);
  double error = 0.0;
  for (std::size_t i = 0; i < problem.Count(); ++i)
  {
    error = std::max(error, std::abs(result[i] - exact[i]));
  }
  return error;
}

double
SourceValue(const itk::Index<3> & p)
{
  return 100.0 + 50.0 * std::sin(0.7 * p[0]) * std::cos(0.4 * p[1] + 0.2 * p[2]);
}

double
IntensityValue(const itk::Index<3> & p)
{
  return 80.0 + 2.0 * p[0] - 1.5 * p[1] + (p[2] > 4 ? 30.0 : 0.0);
}

constexpr itk::Size<3> FilterSize{ { 20, 15, 9 } };

bool
IsInBlock(const itk::Index<3> & p)
{
  return p[0] > 2 && p[0] < 15 && p[1] > 1 && p[1] < 12 && p[2] > 0 && p[2] < 7;
}

FilterType::Pointer
MakeFilter(bool isMasked)
{
  auto filter = FilterType::New();
  filter->SetInput(MakeImageOf<FloatType>(FilterSize, SourceValue));
  filter->SetIntensityImage(MakeImageOf<FloatType>(FilterSize, IntensityValue));
  if (isMasked)
  {
    filter->SetMaskImage(
      MakeImageOf<ByteType>(FilterSize, [](const itk::Index<3> & p) { return IsInBlock(p) ? 1 : 0; }));
  }
  return filter;
}

double
LargestDifference(const FloatType * a, const FloatType * b)
{
  double largest = 0.0;
  for (itk::ImageRegionConstIteratorWithIndex<FloatType> it(a, a->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    largest = std::max(largest, std::abs(static_cast<double>(it.Get()) - b->GetPixel(it.GetIndex())));
  }
  return largest;
}

double
MeanOf(const FloatType * image)
{
  double      sum = 0.0;
  std::size_t count = 0;
  for (itk::ImageRegionConstIteratorWithIndex<FloatType> it(image, image->GetLargestPossibleRegion()); !it.IsAtEnd();
       ++it, ++count)
  {
    sum += it.Get();
  }
  return sum / static_cast<double>(count);
}
} // namespace

TEST(PoissonFusionImageFilter, IsOfSecondOrderInTheSpacing)
{
  const std::array<double, 3> harmonic{
    { ErrorOfHarmonicFunction(1), ErrorOfHarmonicFunction(2), ErrorOfHarmonicFunction(3) }
  };
  EXPECT_LT(harmonic[2], 1e-3);
  const std::array<double, 3> screened{
    { ErrorOfScreenedCosines(8), ErrorOfScreenedCosines(16), ErrorOfScreenedCosines(32) }
  };
  EXPECT_LT(screened[2], 2e-3);
  for (unsigned int i = 0; i < 2; ++i)
  {
    EXPECT_NEAR(harmonic[i] / harmonic[i + 1], 4.0, 0.3) << harmonic[i];
    EXPECT_NEAR(screened[i] / screened[i + 1], 4.0, 0.3) << screened[i];
  }
}

TEST(PoissonFusionImageFilter, AgreesWithADirectSolve)
{
  for (const auto & size : { SmallSlice, SmallVolume })
  {
    for (const MaskKind kind : { MaskKind::None, MaskKind::Ball, MaskKind::Scattered, MaskKind::Punctured })
    {
      for (const double lambda : { 0.0, 0.03, 2.0 })
      {
        for (const bool isMixed : { false, true })
        {
          SCOPED_TRACE(testing::Message() << size[2] << " planes, mask " << static_cast<int>(kind) << ", lambda "
                                          << lambda << ", mixed " << isMixed);
          PoissonParameters parameters;
          parameters.lambda = lambda;
          parameters.mixedGradients = isMixed;
          ExpectAgreesWithDirectSolve(MakeRealProblem(size, kind), parameters);
        }
      }
    }
  }
}

TEST(PoissonFusionImageFilter, AgreesWithADirectSolveForAnisotropicVoxels)
{
  for (const auto & spacing : { std::array<double, 3>{ { 1.0, 1.0, 5.0 } },
                                std::array<double, 3>{ { 3.0, 0.5, 1.0 } },
                                std::array<double, 3>{ { 0.2, 8.0, 0.3 } } })
  {
    for (const MaskKind kind : { MaskKind::None, MaskKind::Ball, MaskKind::Scattered })
    {
      PoissonParameters parameters;
      parameters.spacing = spacing;
      parameters.lambda = kind == MaskKind::Ball ? 0.01 : 0.0;
      ExpectAgreesWithDirectSolve(MakeRealProblem(SmallVolume, kind), parameters);
    }
  }
}

TEST(PoissonFusionImageFilter, TakesAxesThatAreTooLongForDiagonalization)
{
  for (const double lambda : { 0.0, 0.1 })
  {
    PoissonParameters parameters;
    parameters.lambda = lambda;
    ExpectAgreesWithDirectSolve(MakeRealProblem({ { 3100, 4, 1 } }, MaskKind::None), parameters);
  }
}

TEST(PoissonFusionImageFilter, TakesThinImages)
{
  for (const auto & size : { std::array<std::size_t, 3>{ { 23, 1, 14 } },
                             std::array<std::size_t, 3>{ { 1, 31, 1 } },
                             std::array<std::size_t, 3>{ { 30, 2, 1 } },
                             std::array<std::size_t, 3>{ { 1, 9, 16 } } })
  {
    for (const MaskKind kind : { MaskKind::None, MaskKind::Scattered })
    {
      ExpectAgreesWithDirectSolve(MakeRealProblem(size, kind), PoissonParameters());
    }
  }
  // A single voxel has no gradient.
  Problem dot;
  dot.size = { { 1, 1, 1 } };
  dot.source = { 3.0f };
  dot.intensities = { 5.0f };
  std::vector<float> result;
  EXPECT_TRUE(dot.Solve(PoissonParameters(), result).converged);
  EXPECT_EQ(result[0], 5.0f);
}

TEST(PoissonFusionImageFilter, ReachesItsToleranceWhereGradientsAreTiny)
{
  // A wave as long as the volume, on a large offset: floats alone would lose its gradients.
  Problem problem;
  problem.size = { { 96, 96, 96 } };
  for (std::size_t i = 0; i < problem.Count(); ++i)
  {
    problem.source.push_back(1000.0f + 100.0f * std::cos(0.0327f * (static_cast<float>(i % 96) + 0.5f)));
    problem.intensities.push_back(30.0f);
  }
  for (const bool isMasked : { false, true })
  {
    problem.mask.assign(isMasked ? problem.Count() : 0, 1);
    if (isMasked)
    {
      problem.mask[0] = 0;
    }
    PoissonParameters parameters;
    parameters.tolerance = 1e-8;
    std::vector<float>  result;
    const PoissonReport report = problem.Solve(parameters, result);
    EXPECT_TRUE(report.converged);
    EXPECT_LE(report.residual, 1e-8);
    const double offset = result[1] - problem.source[1];
    for (std::size_t i = 1; i < problem.Count(); ++i)
    {
      ASSERT_NEAR(result[i] - problem.source[i], offset, 2e-4) << "voxel " << i;
    }
  }
}

TEST(PoissonFusionImageFilter, TakesTinyAndHugeValues)
{
  Problem            problem = MakeRealProblem(SmallVolume, MaskKind::Ball);
  std::vector<float> expected;
  problem.Solve(PoissonParameters(), expected);
  for (const float unit : { 1e-30f, 1e30f })
  {
    Problem scaled = problem;
    for (std::size_t i = 0; i < problem.Count(); ++i)
    {
      scaled.source[i] *= unit;
      scaled.intensities[i] *= unit;
    }
    std::vector<float> result;
    EXPECT_TRUE(scaled.Solve(PoissonParameters(), result).converged);
    for (std::size_t i = 0; i < problem.Count(); ++i)
    {
      ASSERT_NEAR(result[i] / unit, expected[i], 0.05);
    }
  }
}

TEST(PoissonFusionImageFilter, GivesTheIntensitiesIfTheyHaveTheSameGradients)
{
  for (const bool isMasked : { false, true })
  {
    const auto filter = MakeFilter(isMasked);
    filter->SetInput(filter->GetIntensityImage());
    filter->Update();
    EXPECT_EQ(LargestDifference(filter->GetOutput(), filter->GetIntensityImage()), 0.0);
    EXPECT_EQ(filter->GetNumberOfCycles(), 0u);
    EXPECT_EQ(filter->GetResidual(), 0.0);
  }
}

TEST(PoissonFusionImageFilter, AnOffsetOfTheSourceChangesNothing)
{
  for (const bool isMasked : { false, true })
  {
    const auto filter = MakeFilter(isMasked);
    filter->Update();
    FloatType::Pointer expected = filter->GetOutput();
    expected->DisconnectPipeline();
    filter->SetInput(
      MakeImageOf<FloatType>(FilterSize, [](const itk::Index<3> & p) { return SourceValue(p) + 512.0; }));
    filter->Update();
    EXPECT_LT(LargestDifference(filter->GetOutput(), expected), 5e-3);
  }
}

TEST(PoissonFusionImageFilter, ClonesSeamlessly)
{
  const auto filter = MakeFilter(true);
  filter->SetTolerance(1e-8);
  filter->Update();
  const FloatType * output = filter->GetOutput();
  const auto        spacing = output->GetSpacing();
  const auto        start = output->GetLargestPossibleRegion().GetIndex();
  const FloatType * source = filter->GetInput();
  std::size_t       inside = 0;
  for (itk::ImageRegionConstIteratorWithIndex<FloatType> it(output, output->GetLargestPossibleRegion()); !it.IsAtEnd();
       ++it)
  {
    itk::Index<3> p = it.GetIndex();
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      p[axis] -= start[axis];
    }
    if (!IsInBlock(p))
    {
      ASSERT_EQ(it.Get(), static_cast<float>(IntensityValue(p)));
      continue;
    }
    ++inside;
    double laplacian = 0.0;
    double wanted = 0.0;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      for (const int step : { -1, 1 })
      {
        itk::Index<3> q = it.GetIndex();
        q[axis] += step;
        laplacian += (output->GetPixel(q) - it.Get()) / (spacing[axis] * spacing[axis]);
        wanted += (source->GetPixel(q) - source->GetPixel(it.GetIndex())) / (spacing[axis] * spacing[axis]);
      }
    }
    ASSERT_NEAR(laplacian, wanted, 1e-3);
  }
  EXPECT_EQ(filter->GetNumberOfFreeVoxels(), inside);
  // The block has 12 * 10 * 6 voxels; each of its faces touches as many outside.
  EXPECT_EQ(inside, 12u * 10u * 6u);
  EXPECT_EQ(filter->GetNumberOfDirichletVoxels(), 2u * (12u * 10u + 12u * 6u + 10u * 6u));
  EXPECT_FALSE(filter->GetMeanIsKept());
}

TEST(PoissonFusionImageFilter, KeepsTheMeanWithoutAMask)
{
  for (const double lambda : { 0.0, 1e-9, 0.2 })
  {
    const auto filter = MakeFilter(false);
    filter->SetLambda(lambda);
    filter->Update();
    EXPECT_NEAR(MeanOf(filter->GetOutput()), MeanOf(filter->GetIntensityImage()), 1e-4);
    EXPECT_TRUE(filter->GetMeanIsKept());
    EXPECT_EQ(filter->GetNumberOfDirichletVoxels(), 0u);
    EXPECT_EQ(filter->GetNumberOfFreeVoxels(), 20u * 15u * 9u);
    if (lambda == 0.0)
    {
      // Then the output is the source, shifted.
      const double shift = MeanOf(filter->GetIntensityImage()) - MeanOf(filter->GetInput());
      for (itk::ImageRegionConstIteratorWithIndex<FloatType> it(filter->GetOutput(),
                                                                filter->GetOutput()->GetLargestPossibleRegion());
           !it.IsAtEnd();
           ++it)
      {
        ASSERT_NEAR(it.Get(), filter->GetInput()->GetPixel(it.GetIndex()) + shift, 2e-3);
      }
    }
    FloatType::Pointer expected = filter->GetOutput();
    expected->DisconnectPipeline();
    filter->SetMaskImage(MakeImageOf<ByteType>(FilterSize, [](const itk::Index<3> &) { return 1; }));
    filter->Update();
    ExpectSamePixels<FloatType>(filter->GetOutput(), expected);
    EXPECT_TRUE(filter->GetMeanIsKept());
  }
}

TEST(PoissonFusionImageFilter, LargeLambdaGivesTheIntensities)
{
  const auto filter = MakeFilter(true);
  filter->SetLambda(1e6);
  filter->Update();
  EXPECT_LT(LargestDifference(filter->GetOutput(), filter->GetIntensityImage()), 1e-3);
}

TEST(PoissonFusionImageFilter, MixedGradientsKeepEdgesOfTheIntensities)
{
  // A flat source wipes the step of the intensities out; mixed gradients keep all of them.
  const auto filter = MakeFilter(true);
  filter->SetInput(MakeImageOf<FloatType>(FilterSize, [](const itk::Index<3> &) { return 7.0; }));
  filter->Update();
  EXPECT_GT(LargestDifference(filter->GetOutput(), filter->GetIntensityImage()), 5.0);
  filter->MixedGradientsOn();
  filter->Update();
  EXPECT_EQ(LargestDifference(filter->GetOutput(), filter->GetIntensityImage()), 0.0);
}

TEST(PoissonFusionImageFilter, TakesAnEmptyMask)
{
  const auto filter = MakeFilter(false);
  filter->SetMaskImage(MakeImageOf<ByteType>(FilterSize, [](const itk::Index<3> &) { return 0; }));
  filter->Update();
  ExpectSamePixels<FloatType>(filter->GetOutput(), filter->GetIntensityImage());
  EXPECT_EQ(filter->GetNumberOfFreeVoxels(), 0u);
  EXPECT_EQ(filter->GetNumberOfDirichletVoxels(), 0u);
}

TEST(PoissonFusionImageFilter, UsesTheSpacingUnlessToldNotTo)
{
  const auto filter = MakeFilter(true);
  filter->UseImageSpacingOff();
  filter->SetTolerance(1e-7);
  filter->Update();
  const auto plain = MakeFilter(true);
  for (const FloatType * image : { plain->GetInput(), plain->GetIntensityImage() })
  {
    const_cast<FloatType *>(image)->SetSpacing(FloatType::SpacingType(1.0));
  }
  const_cast<ByteType *>(plain->GetMaskImage())->SetSpacing(FloatType::SpacingType(1.0));
  plain->SetTolerance(1e-7);
  plain->Update();
  EXPECT_EQ(LargestDifference(filter->GetOutput(), plain->GetOutput()), 0.0);
  filter->UseImageSpacingOn();
  filter->Update();
  EXPECT_GT(LargestDifference(filter->GetOutput(), plain->GetOutput()), 0.1);
}

TEST(PoissonFusionImageFilter, TakesPixelTypes)
{
  const auto expected = MakeFilter(true);
  expected->SetInput(
    MakeImageOf<FloatType>(FilterSize, [](const itk::Index<3> & p) { return std::floor(SourceValue(p)); }));
  expected->SetIntensityImage(
    MakeImageOf<FloatType>(FilterSize, [](const itk::Index<3> & p) { return std::floor(IntensityValue(p)); }));
  expected->Update();
  const auto compare = [&](auto source, auto intensities, auto output)
  {
    using SourceType = itk::Image<decltype(source), 3>;
    using IntensityType = itk::Image<decltype(intensities), 3>;
    using OutputType = itk::Image<decltype(output), 3>;
    auto filter = itk::PoissonFusionImageFilter<SourceType, IntensityType, OutputType>::New();
    filter->SetInput(
      MakeImageOf<SourceType>(FilterSize, [](const itk::Index<3> & p) { return std::floor(SourceValue(p)); }));
    filter->SetIntensityImage(
      MakeImageOf<IntensityType>(FilterSize, [](const itk::Index<3> & p) { return std::floor(IntensityValue(p)); }));
    filter->SetMaskImage(expected->GetMaskImage());
    filter->Update();
    for (itk::ImageRegionConstIteratorWithIndex<FloatType> it(expected->GetOutput(),
                                                              expected->GetOutput()->GetLargestPossibleRegion());
         !it.IsAtEnd();
         ++it)
    {
      ASSERT_EQ(filter->GetOutput()->GetPixel(it.GetIndex()),
                itk::colorization::RoundAndClamp<decltype(output)>(it.Get()));
    }
  };
  compare(static_cast<unsigned char>(0), static_cast<unsigned char>(0), static_cast<unsigned char>(0));
  compare(static_cast<short>(0), static_cast<unsigned char>(0), static_cast<short>(0));
  compare(static_cast<unsigned short>(0), 0.0f, static_cast<unsigned short>(0));
  compare(0.0f, static_cast<short>(0), 0.0f);
}

TEST(PoissonFusionImageFilter, ClampsToThePixelType)
{
  auto filter = itk::PoissonFusionImageFilter<ByteType, ByteType, ByteType>::New();
  filter->SetInput(MakeImageOf<ByteType>(FilterSize, [](const itk::Index<3> & p) { return p[0] % 2 == 0 ? 0 : 255; }));
  filter->SetIntensityImage(MakeImageOf<ByteType>(FilterSize, [](const itk::Index<3> &) { return 250; }));
  filter->Update();
  const auto start = filter->GetOutput()->GetLargestPossibleRegion().GetIndex();
  EXPECT_NEAR(filter->GetOutput()->GetPixel(start), 122, 1);
  EXPECT_EQ(filter->GetOutput()->GetPixel(start + itk::Offset<3>{ { 1, 0, 0 } }), 255);
}

TEST(PoissonFusionImageFilter, KeepsGeometryInTwoAndThreeDimensions)
{
  const auto filter = MakeFilter(true);
  filter->Update();
  ExpectSameGeometry(filter->GetOutput(), filter->GetInput());

  const PictureType::SizeType size{ { 31, 22 } };
  const auto                  picture = PictureFilterType::New();
  picture->SetInput(
    MakeImageOf<PictureType>(size, [](const itk::Index<2> & p) { return 10.0 * ((p[0] / 4 + p[1]) % 3); }));
  picture->SetIntensityImage(MakeImageOf<PictureType>(size, [](const itk::Index<2> & p) { return 1.0 * p[0]; }));
  picture->SetLambda(0.1);
  picture->Update();
  ExpectSameGeometry(picture->GetOutput(), picture->GetInput());
}

TEST(PoissonFusionImageFilter, AsksForWholeImages)
{
  const auto filter = MakeFilter(true);
  auto       region = filter->GetInput()->GetLargestPossibleRegion();
  region.SetSize(0, 3);
  filter->UpdateOutputInformation();
  filter->GetOutput()->SetRequestedRegion(region);
  filter->GetOutput()->Update();
  EXPECT_EQ(filter->GetOutput()->GetBufferedRegion(), filter->GetInput()->GetLargestPossibleRegion());
}

TEST(PoissonFusionImageFilter, DoesNotDependOnThreads)
{
  for (const bool isMasked : { false, true })
  {
    const FilterType::InputImageType::SizeType size{ { 61, 70, 83 } };
    auto                                       filter = FilterType::New();
    filter->SetInput(
      MakeImageOf<FloatType>(size,
                             [](const itk::Index<3> & p)
                             { return 100.0 * Noise(static_cast<std::uint32_t>(p[0] + 97 * p[1] + 9973 * p[2])); }));
    filter->SetIntensityImage(MakeImageOf<FloatType>(size, IntensityValue));
    if (isMasked)
    {
      filter->SetMaskImage(MakeImageOf<ByteType>(
        size,
        [](const itk::Index<3> & p)
        { return std::pow(p[0] - 30.0, 2) + std::pow(p[1] - 40.0, 2) + std::pow(p[2] - 40.0, 2) < 1200.0 ? 1 : 0; }));
    }
    ExpectSameForAnyThreads(filter.GetPointer());
  }
}

TEST(PoissonFusionImageFilter, IsAGoodPipelineCitizen)
{
  for (const bool isMasked : { false, true })
  {
    const auto filter = MakeFilter(isMasked);
    ExpectGoodPipelineCitizen(filter.GetPointer());
  }
}

TEST(PoissonFusionImageFilter, WarnsWhenCyclesRunOut)
{
  const auto filter = MakeFilter(true);
  filter->SetTolerance(1e-10);
  filter->SetMaximumNumberOfCycles(2);
  testing::internal::CaptureStderr();
  filter->Update();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("above Tolerance"), std::string::npos);
  EXPECT_EQ(filter->GetNumberOfCycles(), 2u);
  EXPECT_GT(filter->GetResidual(), filter->GetTolerance());
}

TEST(PoissonFusionImageFilter, NamesWhatIsWrong)
{
  const auto filter = MakeFilter(true);
  const auto update = [&]() { filter->Update(); };
  filter->SetLambda(-0.5);
  ExpectExceptionWith(update, "Lambda is -0.5, but has to be 0 or above, and finite.");
  filter->SetLambda(std::numeric_limits<double>::infinity());
  ExpectExceptionWith(update, "Lambda is inf");
  filter->SetLambda(0.0);
  filter->SetTolerance(0.0);
  ExpectExceptionWith(update, "Tolerance is 0, but has to be above 0.");
  filter->SetTolerance(1e-5);

  const auto good = FloatType::Pointer(const_cast<FloatType *>(filter->GetIntensityImage()));
  filter->SetIntensityImage(MakeImageOf<FloatType>({ { 20, 15, 8 } }, IntensityValue));
  ExpectExceptionWith(update, "IntensityImage has size [20, 15, 8]");
  const auto elsewhere = MakeImageOf<FloatType>(FilterSize, IntensityValue);
  elsewhere->SetSpacing(FloatType::SpacingType(1.0));
  filter->SetIntensityImage(elsewhere);
  ExpectExceptionWith(update, "same physical space");
  const auto broken = MakeImageOf<FloatType>(FilterSize, IntensityValue);
  broken->GetBufferPointer()[17] = std::numeric_limits<float>::quiet_NaN();
  filter->SetIntensityImage(broken);
  ExpectExceptionWith(update, "IntensityImage holds 1 values that are NaN or infinite.");
  filter->SetIntensityImage(good);
  filter->SetInput(broken);
  ExpectExceptionWith(update, "The input holds 1 values that are NaN or infinite.");
  filter->SetInput(good);
  filter->SetMaskImage(MakeImageOf<ByteType>({ { 20, 14, 9 } }, [](const itk::Index<3> &) { return 1; }));
  ExpectExceptionWith(update, "MaskImage has size [20, 14, 9]");

  auto incomplete = FilterType::New();
  incomplete->SetInput(good);
  ExpectExceptionWith([&]() { incomplete->Update(); }, "IntensityImage");
}

TEST(PoissonFusionImageFilter, PrintsItsParameters)
{
  const auto filter = MakeFilter(true);
  filter->SetLambda(0.25);
  filter->MixedGradientsOn();
  std::ostringstream text;
  filter->Print(text);
  for (const char * part : { "Lambda: 0.25", "MixedGradients: On", "UseImageSpacing: On", "Tolerance: 1e-05" })
  {
    EXPECT_NE(text.str().find(part), std::string::npos) << text.str();
  }
}
