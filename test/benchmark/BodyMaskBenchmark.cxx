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
// Times of OtsuBodyMaskImageFilter, beside those of chains of ITK's own filters that do the same.

#include "itkOtsuBodyMaskImageFilter.h"

#include "itkBinaryFillholeImageFilter.h"
#include "itkBinaryThresholdImageFilter.h"
#include "itkConnectedComponentImageFilter.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkOtsuThresholdImageFilter.h"
#include "itkRelabelComponentImageFilter.h"
#include "itkSignedMaurerDistanceMapImageFilter.h"
#include "itkSliceBySliceImageFilter.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

namespace
{
using CTType = itk::Image<short, 3>;
using MaskType = itk::Image<unsigned char, 3>;
using SliceType = itk::Image<unsigned char, 2>;
using LabelType = itk::Image<unsigned int, 3>;

/** A chest of 512 x 512 x 64 voxels: noise of 30 HU, two lungs with vessels, a spine, and a table below. */
const CTType *
ChestPhantom()
{
  static const CTType::Pointer phantom = []()
  {
    auto image = CTType::New();
    image->SetRegions(CTType::SizeType{ { 512, 512, 64 } });
    image->Allocate();
    std::mt19937                    random(1);
    std::normal_distribution<float> noise(0.0f, 30.0f);
    const auto                      isIn = [](double x, double y, double cx, double cy, double rx, double ry)
    { return std::hypot((x - cx) / rx, (y - cy) / ry) < 1.0; };
    for (itk::ImageRegionIteratorWithIndex<CTType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      const auto   index = it.GetIndex();
      const double x = static_cast<double>(index[0]);
      const double y = static_cast<double>(index[1]);
      const double z = static_cast<double>(index[2]);
      double       value = -1000.0;
      if (isIn(x, y, 256.0, 240.0, 200.0, 130.0))
      {
        const bool isLung = isIn(x, y, 160.0, 230.0, 70.0, 95.0) || isIn(x, y, 350.0, 230.0, 70.0, 95.0);
        const bool isVessel = std::sin(0.35 * x + 0.2 * z) * std::sin(0.3 * y - 0.1 * z) > 0.85;
        value = isLung && !isVessel ? -850.0 : 40.0;
        value = isIn(x, y, 256.0, 320.0, 25.0, 25.0) ? 600.0 : value;
      }
      else if (std::abs(y - 420.0 + 0.0006 * (x - 256.0) * (x - 256.0)) < 5.0)
      {
        value = 200.0;
      }
      it.Set(static_cast<short>(std::max(value + noise(random), -1024.0)));
    }
    return image;
  }();
  return phantom;
}

void
BodyMaskOfOurs(benchmark::State & state)
{
  const auto filter = itk::OtsuBodyMaskImageFilter<CTType>::New();
  filter->SetInput(ChestPhantom());
  filter->SetNumberOfWorkUnits(static_cast<itk::ThreadIdType>(state.range(0)));
  for (auto _ : state)
  {
    filter->Modified();
    filter->Update();
  }
}

constexpr double OpeningRadius = 5.0;

void
OpeningOfOurs(benchmark::State & state)
{
  const auto filter = itk::OtsuBodyMaskImageFilter<CTType>::New();
  filter->SetInput(ChestPhantom());
  filter->SetNumberOfWorkUnits(static_cast<itk::ThreadIdType>(state.range(0)));
  filter->SetOpeningRadius(OpeningRadius);
  for (auto _ : state)
  {
    filter->Modified();
    filter->Update();
  }
}

/** No more than the two distance maps and thresholds of an opening. */
void
OpeningOfITK(benchmark::State & state)
{
  using DistanceType = itk::Image<float, 3>;
  const auto threads = static_cast<itk::ThreadIdType>(state.range(0));
  const auto body = itk::BinaryThresholdImageFilter<CTType, MaskType>::New();
  body->SetInput(ChestPhantom());
  body->SetLowerThreshold(-500);
  body->SetInsideValue(0);
  body->SetOutsideValue(1);
  body->SetNumberOfWorkUnits(threads);
  const auto toOutside = itk::SignedMaurerDistanceMapImageFilter<MaskType, DistanceType>::New();
  toOutside->SetInput(body->GetOutput());
  toOutside->SetNumberOfWorkUnits(threads);
  const auto eroded = itk::BinaryThresholdImageFilter<DistanceType, MaskType>::New();
  eroded->SetInput(toOutside->GetOutput());
  eroded->SetUpperThreshold(static_cast<float>(OpeningRadius));
  eroded->SetInsideValue(0);
  eroded->SetOutsideValue(1);
  eroded->SetNumberOfWorkUnits(threads);
  const auto toEroded = itk::SignedMaurerDistanceMapImageFilter<MaskType, DistanceType>::New();
  toEroded->SetInput(eroded->GetOutput());
  toEroded->SetNumberOfWorkUnits(threads);
  const auto opened = itk::BinaryThresholdImageFilter<DistanceType, MaskType>::New();
  opened->SetInput(toEroded->GetOutput());
  opened->SetUpperThreshold(static_cast<float>(OpeningRadius));
  opened->SetInsideValue(1);
  opened->SetNumberOfWorkUnits(threads);
  for (auto _ : state)
  {
    body->Modified();
    opened->Update();
  }
}

void
BodyMaskOfITK(benchmark::State & state)
{
  const auto threads = static_cast<itk::ThreadIdType>(state.range(0));
  const auto otsu = itk::OtsuThresholdImageFilter<CTType, MaskType>::New();
  otsu->SetInput(ChestPhantom());
  otsu->SetNumberOfHistogramBins(256);
  otsu->SetInsideValue(0);
  otsu->SetOutsideValue(1);
  otsu->SetNumberOfWorkUnits(threads);
  const auto label = itk::ConnectedComponentImageFilter<MaskType, LabelType>::New();
  label->SetInput(otsu->GetOutput());
  label->SetNumberOfWorkUnits(threads);
  const auto sort = itk::RelabelComponentImageFilter<LabelType, LabelType>::New();
  sort->SetInput(label->GetOutput());
  sort->SetNumberOfWorkUnits(threads);
  const auto largest = itk::BinaryThresholdImageFilter<LabelType, MaskType>::New();
  largest->SetInput(sort->GetOutput());
  largest->SetLowerThreshold(1);
  largest->SetUpperThreshold(1);
  largest->SetInsideValue(1);
  largest->SetNumberOfWorkUnits(threads);
  const auto fill = itk::BinaryFillholeImageFilter<SliceType>::New();
  fill->SetForegroundValue(1);
  fill->SetNumberOfWorkUnits(threads);
  const auto slices = itk::SliceBySliceImageFilter<MaskType, MaskType>::New();
  slices->SetInput(largest->GetOutput());
  slices->SetFilter(fill);
  slices->SetNumberOfWorkUnits(threads);
  for (auto _ : state)
  {
    otsu->Modified();
    slices->Update();
  }
}
void
Threads(benchmark::internal::Benchmark * b)
{
  b->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
}
} // namespace

BENCHMARK(BodyMaskOfOurs)->Name("BodyMask 512x512x64/ours")->Apply(Threads);
BENCHMARK(BodyMaskOfITK)->Name("BodyMask 512x512x64/ITK")->Apply(Threads);
BENCHMARK(OpeningOfOurs)->Name("BodyMask 512x512x64, opening 5 mm/ours")->Apply(Threads);
BENCHMARK(OpeningOfITK)->Name("BodyMask 512x512x64, opening 5 mm/ITK (opening alone)")->Apply(Threads);
