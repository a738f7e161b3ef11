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
// Times of PatchMatchImageFilter and of its exact search, which is a product of matrices of patches, on 512x512 pixels of
// 32 components: the descriptors of slices of an MRI beside each other. Patches have 3x3 pixels.

#include "itkMINDFeatureImageFilter.h"
#include "itkPatchMatchImageFilter.h"

#include "itkImageFileReader.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstring>
#include <thread>

namespace
{
using SliceType = itk::Image<float, 2>;
using FeaturesType = itk::VectorImage<float, 2>;
using FilterType = itk::PatchMatchImageFilter<FeaturesType>;

constexpr itk::SizeValueType Side = 512;
/** The exact search takes minutes: it is run on every 16th of the target's rows, and its time is multiplied. */
constexpr itk::SizeValueType RowsOfExactSearch = Side / 16;

/** Axial slices of an MRI of a head beside and above each other, from `firstSlice` on. */
FeaturesType::Pointer
MakeFeatures(itk::IndexValueType firstSlice)
{
  const auto volume = itk::ReadImage<itk::Image<float, 3>>("/usr/share/mricron/templates/ch2.nii.gz");
  auto       mosaic = SliceType::New();
  mosaic->SetRegions(SliceType::SizeType{ { Side, Side } });
  mosaic->Allocate();
  for (itk::ImageRegionIteratorWithIndex<SliceType> it(mosaic, mosaic->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto x = it.GetIndex()[0];
    const auto y = it.GetIndex()[1];
    it.Set(volume->GetPixel({ { x % 181, y % 217, firstSlice + 12 * (x / 181 + 3 * (y / 217)) } }));
  }
  auto descriptors = itk::MINDFeatureImageFilter<SliceType>::New();
  descriptors->SetInput(mosaic);
  auto dilations = descriptors->GetDilations();
  dilations.SetSize(8);
  for (unsigned int k = 0; k < 8; ++k)
  {
    dilations[k] = k < 4 ? k + 1 : 2 * k - 2;
  }
  descriptors->SetDilations(dilations);
  descriptors->Update();
  return descriptors->GetOutput();
}

const FeaturesType *
GetTarget()
{
  static const FeaturesType::Pointer features = MakeFeatures(41);
  return features;
}

const FeaturesType *
GetReference()
{
  static const FeaturesType::Pointer features = MakeFeatures(44);
  return features;
}

FilterType::Pointer
MakeFilter(benchmark::State & state)
{
  auto filter = FilterType::New();
  filter->SetInput(GetTarget());
  filter->SetReferenceImage(GetReference());
  filter->SetNumberOfWorkUnits(static_cast<unsigned int>(state.range(0)));
  return filter;
}

bool
IsRowOfExactSearch(itk::IndexValueType row)
{
  return static_cast<itk::SizeValueType>(row) % (Side / RowsOfExactSearch) == 0;
}

FilterType::Pointer
MakeExactFilter(benchmark::State & state)
{
  using MaskType = itk::Image<unsigned char, 2>;
  auto rows = MaskType::New();
  rows->SetRegions(GetTarget()->GetLargestPossibleRegion());
  rows->Allocate();
  for (itk::ImageRegionIteratorWithIndex<MaskType> it(rows, rows->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(IsRowOfExactSearch(it.GetIndex()[1]) ? 1 : 0);
  }
  auto filter = MakeFilter(state);
  filter->SetMaskImage(rows);
  filter->ExactSearchOn();
  return filter;
}

/** Sums that do not wait for each other: enough of them to keep the multipliers busy. */
constexpr std::size_t Chains = 12;
using Lanes = float __attribute__((vector_size(16 * sizeof(float))));

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
void
MultiplyAndAdd(float * values, std::size_t rounds)
{
  Lanes       sums[Chains];
  const float factor = values[0];
  const float summand = values[1];
  std::memcpy(sums, values, sizeof(sums));
  for (std::size_t round = 0; round < rounds; ++round)
  {
#pragma GCC unroll 12
    for (std::size_t chain = 0; chain < Chains; ++chain)
    {
      sums[chain] = sums[chain] * factor + summand;
    }
  }
  std::memcpy(values, sums, sizeof(sums));
}

/** Multiplications with an addition a second of so many threads, in registers alone. */
double
MeasurePeak(unsigned int threads)
{
  constexpr std::size_t rounds = 20000000;
  const auto            start = std::chrono::steady_clock::now();
  const auto            work = []
  {
    std::vector<float> values(Chains * 16, 0.5f);
    MultiplyAndAdd(values.data(), rounds);
    benchmark::DoNotOptimize(values.data());
  };
  std::vector<std::thread> others;
  for (unsigned int k = 1; k < threads; ++k)
  {
    others.emplace_back(work);
  }
  work();
  for (std::thread & thread : others)
  {
    thread.join();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return static_cast<double>(rounds) * Chains * 16.0 * threads / seconds;
}

void
Report(benchmark::State & state, const FilterType * filter, double seconds)
{
  const double rate = static_cast<double>(filter->GetNumberOfMultiplyAdds()) / seconds;
  state.counters["candidates/s"] = static_cast<double>(filter->GetNumberOfCandidates()) / seconds;
  state.counters["share of FMA peak"] = rate / MeasurePeak(static_cast<unsigned int>(state.range(0)));
}

double
SecondsOfUpdate(FilterType * filter)
{
  const auto start = std::chrono::steady_clock::now();
  filter->Modified();
  filter->Update();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/** Mean distance of the matches in the rows of the exact search. */
double
MeanDistance(FilterType * filter)
{
  double                                                                sum = 0.0;
  itk::SizeValueType                                                    count = 0;
  itk::ImageRegionConstIteratorWithIndex<FilterType::DistanceImageType> it(
    filter->GetDistanceOutput(),
    filter->GetDistanceOutput()->GetBufferedRegion());
  for (; !it.IsAtEnd(); ++it)
  {
    if (IsRowOfExactSearch(it.GetIndex()[1]))
    {
      sum += static_cast<double>(it.Get());
      ++count;
    }
  }
  return sum / static_cast<double>(count);
}

void
Approximate(benchmark::State & state)
{
  const auto filter = MakeFilter(state);
  for (auto _ : state)
  {
    const double seconds = SecondsOfUpdate(filter);
    state.SetIterationTime(seconds);
    Report(state, filter, seconds);
  }
  state.counters["mean distance"] = MeanDistance(filter);
}

void
Exact(benchmark::State & state)
{
  const auto filter = MakeExactFilter(state);
  for (auto _ : state)
  {
    const double seconds = SecondsOfUpdate(filter);
    state.SetIterationTime(seconds * static_cast<double>(Side / RowsOfExactSearch));
    Report(state, filter, seconds);
  }
  state.counters["mean distance"] = MeanDistance(filter);
}

void
Threads(benchmark::internal::Benchmark * b)
{
  b->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseManualTime()->Iterations(1);
}

BENCHMARK(Approximate)->Name("PatchMatch 512x512x32/ours")->Apply(Threads);
BENCHMARK(Exact)->Name("PatchMatch 512x512x32/matrix product")->Apply(Threads);
} // namespace
