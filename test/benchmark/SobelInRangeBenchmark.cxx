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
// Times of SobelInRangeImageFilter and of the equal chain of ITK's own filters, on a made CT of 512x512x64 or on the volume
// named by the environment variable SOBEL_BENCHMARK_CT; and how far their results are from each other.

#include "itkSobelInRangeImageFilter.h"

#include "itkBinaryMagnitudeImageFilter.h"
#include "itkClampImageFilter.h"
#include "itkComposeImageFilter.h"
#include "itkImageFileReader.h"
#include "itkNeighborhoodOperatorImageFilter.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>

namespace
{
using CTType = itk::Image<short, 3>;
using ImageType = itk::Image<float, 3>;
using ContoursType = itk::VectorImage<float, 3>;
using FilterType = itk::SobelInRangeImageFilter<CTType>;

/** An elliptic body with fat, muscle, a spine and noise, in air. */
CTType::Pointer
MakePhantom()
{
  auto image = CTType::New();
  image->SetRegions(CTType::SizeType{ { 512, 512, 64 } });
  image->Allocate();
  unsigned int noise = 1;
  for (itk::ImageRegionIteratorWithIndex<CTType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const double x = (static_cast<double>(it.GetIndex()[0]) - 256.0) / 240.0;
    const double y = (static_cast<double>(it.GetIndex()[1]) - 256.0) / 170.0;
    const double toSpine = std::hypot(x, y - 0.5 + 0.002 * static_cast<double>(it.GetIndex()[2]));
    const double radius = std::hypot(x, y);
    const int    value = radius > 1.0 ? -1000 : radius > 0.85 ? -100 : toSpine < 0.2 ? 700 : 50;
    noise = noise * 1664525u + 1013904223u;
    it.Set(static_cast<short>(value + static_cast<int>(noise >> 27) - 16));
  }
  return image;
}

const CTType *
GetCT()
{
  static const CTType::Pointer ct = []
  {
    const char * path = std::getenv("SOBEL_BENCHMARK_CT");
    return path ? itk::ReadImage<CTType>(path) : MakePhantom();
  }();
  return ct;
}

/** [-1 0 1] / 2 along one axis of a slice and [1 2 1] / 4 along the other. */
itk::Neighborhood<float, 3>
MakeOperator(unsigned int axis)
{
  itk::Neighborhood<float, 3> sobel;
  sobel.SetRadius({ { 1, 1, 0 } });
  for (unsigned int i = 0; i < sobel.Size(); ++i)
  {
    const auto offset = sobel.GetOffset(i);
    sobel[i] = static_cast<float>(offset[axis]) * (offset[1 - axis] == 0 ? 0.25f : 0.125f);
  }
  return sobel;
}

/** The chain of ITK's filters for the default ranges. */
class Chain
{
public:
  explicit Chain(unsigned int threads)
    : m_Compose(itk::ComposeImageFilter<ImageType>::New())
  {
    const FilterType::RangesType ranges = FilterType::New()->GetRanges();
    unsigned int                 component = 0;
    for (const FilterType::RangeType & range : ranges)
    {
      auto clamp = itk::ClampImageFilter<CTType, ImageType>::New();
      clamp->SetInput(GetCT());
      clamp->SetBounds(static_cast<float>(range[0]), static_cast<float>(range[1]));
      clamp->SetNumberOfWorkUnits(threads);
      auto magnitude = itk::BinaryMagnitudeImageFilter<ImageType, ImageType, ImageType>::New();
      magnitude->SetNumberOfWorkUnits(threads);
      magnitude->InPlaceOff();
      for (unsigned int axis = 0; axis < 2; ++axis)
      {
        auto derivative = itk::NeighborhoodOperatorImageFilter<ImageType, ImageType>::New();
        derivative->SetInput(clamp->GetOutput());
        derivative->SetOperator(MakeOperator(axis));
        derivative->SetNumberOfWorkUnits(threads);
        magnitude->SetInput(axis, derivative->GetOutput());
        m_Filters.push_back(derivative);
      }
      m_Filters.push_back(clamp);
      m_Filters.push_back(magnitude);
      m_Compose->SetInput(component++, magnitude->GetOutput());
    }
    m_Compose->SetNumberOfWorkUnits(threads);
  }

  const ContoursType *
  Run()
  {
    for (const auto & filter : m_Filters)
    {
      filter->Modified();
    }
    m_Compose->Update();
    return m_Compose->GetOutput();
  }

private:
  itk::ComposeImageFilter<ImageType>::Pointer m_Compose;
  std::vector<itk::ProcessObject::Pointer>    m_Filters;
};

FilterType::Pointer
MakeFilter(unsigned int threads)
{
  auto filter = FilterType::New();
  filter->SetInput(GetCT());
  filter->SetNumberOfWorkUnits(threads);
  return filter;
}

/** The largest difference of both ways. */
double
LargestDifference()
{
  const auto filter = MakeFilter(2);
  filter->Update();
  Chain         chain(2);
  const float * expected = chain.Run()->GetBufferPointer();
  const float * values = filter->GetOutput()->GetBufferPointer();
  double        largest = 0.0;
  for (std::size_t i = 0; i < filter->GetOutput()->GetPixelContainer()->Size(); ++i)
  {
    largest = std::max(largest, std::abs(static_cast<double>(values[i]) - expected[i]));
  }
  return largest;
}

void
InPlane(benchmark::State & state)
{
  const auto filter = MakeFilter(static_cast<unsigned int>(state.range(0)));
  for (auto _ : state)
  {
    filter->Modified();
    filter->Update();
  }
  state.counters["largest difference"] = LargestDifference();
}

void
AllAxes(benchmark::State & state)
{
  const auto filter = MakeFilter(static_cast<unsigned int>(state.range(0)));
  filter->InPlaneOff();
  for (auto _ : state)
  {
    filter->Modified();
    filter->Update();
  }
}

void
InPlaneOfITK(benchmark::State & state)
{
  Chain chain(static_cast<unsigned int>(state.range(0)));
  for (auto _ : state)
  {
    benchmark::DoNotOptimize(chain.Run());
  }
}

void
Threads(benchmark::internal::Benchmark * b)
{
  b->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
}
} // namespace

BENCHMARK(InPlane)->Name("SobelInRange 512x512x64/ours")->Apply(Threads);
BENCHMARK(InPlaneOfITK)->Name("SobelInRange 512x512x64/ITK")->Apply(Threads);
BENCHMARK(AllAxes)->Name("SobelInRange 512x512x64, all axes/ours")->Apply(Threads);
