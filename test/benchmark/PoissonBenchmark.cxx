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
// Poisson fusion, and solves of the same equations by FFTW's cosine transforms where it is found.

#include "BenchmarkImages.h"
#include "PoissonBenchmark.h"

#include "itkColorizationFilterUtilities.h"
#include "itkPoissonFusionImageFilter.h"

#include <benchmark/benchmark.h>

namespace
{
using ImageType = itk::Image<float, 3>;
using MaskType = itk::Image<unsigned char, 3>;
using FilterType = itk::PoissonFusionImageFilter<ImageType>;

ImageType::Pointer
MakeImage(const itk::Size<3> & size, float scale, float slope)
{
  const auto values = BenchmarkImages::MakeShapes<float>(size[0], size[1], size[2], 1);
  auto       image = ImageType::New();
  image->SetRegions(size);
  image->Allocate();
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    image->GetBufferPointer()[i] = scale * values[i] + slope * static_cast<float>(i % size[0]);
  }
  return image;
}

/** The ellipsoid that touches the borders of the volume from within. */
MaskType::Pointer
MakeEllipsoid(const itk::Size<3> & size)
{
  auto mask = MaskType::New();
  mask->SetRegions(size);
  mask->Allocate();
  for (itk::ImageRegionIteratorWithIndex<MaskType> it(mask, mask->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    double radius = 0.0;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const double toCenter = (static_cast<double>(it.GetIndex()[axis]) + 0.5) / static_cast<double>(size[axis]) - 0.5;
      radius += 4.0 * toCenter * toCenter;
    }
    it.Set(radius < 0.98 ? 1 : 0);
  }
  return mask;
}

/** Other shapes, and a slope, than those that the gradients come from. */
FilterType::Pointer
MakeFilter(const benchmark::State & state, bool isMasked)
{
  const itk::Size<3> size{ { static_cast<itk::SizeValueType>(state.range(1)),
                             static_cast<itk::SizeValueType>(state.range(2)),
                             static_cast<itk::SizeValueType>(state.range(3)) } };
  auto               filter = FilterType::New();
  filter->SetInput(MakeImage(size, 1.0f, 0.0f));
  filter->SetIntensityImage(MakeImage(size, -0.4f, 0.5f));
  if (isMasked)
  {
    filter->SetMaskImage(MakeEllipsoid(size));
  }
  filter->SetLambda(0.001);
  filter->SetNumberOfWorkUnits(static_cast<unsigned int>(state.range(0)));
  return filter;
}

void
Run(benchmark::State & state, bool isMasked)
{
  const auto filter = MakeFilter(state, isMasked);
  for (auto _ : state)
  {
    filter->Modified();
    filter->Update();
  }
  const auto voxels = static_cast<double>(filter->GetInput()->GetBufferedRegion().GetNumberOfPixels());
  state.counters["cycles"] = filter->GetNumberOfCycles();
  state.counters["residual"] = filter->GetResidual();
  state.counters["bytes a voxel"] = static_cast<double>(filter->GetPeakBytes()) / voxels;
}

void
Box(benchmark::State & state)
{
  Run(state, false);
}

void
Ellipsoid(benchmark::State & state)
{
  Run(state, true);
}

#ifdef BENCHMARK_HAS_FFTW
void
CosineTransform(benchmark::State & state)
{
  const auto            filter = MakeFilter(state, false);
  const auto            size = itk::colorization::CoreSize(filter->GetInput()->GetBufferedRegion().GetSize());
  std::vector<float>    fused(size[0] * size[1] * size[2]);
  CosineTransformSolver solver(size, filter->GetLambda(), static_cast<int>(state.range(0)));
  const float *         source = filter->GetInput()->GetBufferPointer();
  const float *         intensities = filter->GetIntensityImage()->GetBufferPointer();
  for (auto _ : state)
  {
    solver.Solve(source, intensities, fused.data());
  }
  filter->Update();
  double largest = 0.0;
  for (std::size_t i = 0; i < fused.size(); ++i)
  {
    const double value = filter->GetOutput()->GetBufferPointer()[i];
    largest = std::max(largest, std::abs(fused[i] - value));
  }
  state.counters["largest difference"] = largest;
  if (!(largest < 0.01))
  {
    state.SkipWithError("The results differ.");
  }
}
#endif

void
Sizes(benchmark::internal::Benchmark * b)
{
  b->ArgNames({ "threads", "x", "y", "z" });
  for (const int threads : { 1, 2 })
  {
    b->Args({ threads, 192, 192, 192 });
  }
  b->Unit(benchmark::kMillisecond)->UseRealTime();
}
} // namespace

BENCHMARK(Box)->Name("Poisson/ours")->Apply(Sizes);
BENCHMARK(Ellipsoid)->Name("Poisson, ellipsoid/ours")->Apply(Sizes);
#ifdef BENCHMARK_HAS_FFTW
BENCHMARK(CosineTransform)->Name("Poisson/FFTW")->Apply(Sizes);
// An ellipsoid has no such peer: the time is that of the whole box.
BENCHMARK(CosineTransform)->Name("Poisson, ellipsoid/FFTW, whole box")->Apply(Sizes);
#endif
