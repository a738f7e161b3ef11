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
// Times of the edge-aware smoothers.

#include "BenchmarkImages.h"

#include "itkDomainTransformImageFilter.h"
#include "itkFastGlobalSmootherImageFilter.h"
#include "itkGuidedImageFilter.h"
#include "itkWeightedLeastSquaresImageFilter.h"

#include "itkRGBPixel.h"

#include <benchmark/benchmark.h>

#include <cstring>

namespace
{
using ColorType = itk::Image<itk::RGBPixel<float>, 2>;
using GrayType = itk::Image<unsigned char, 2>;
using VolumeType = itk::Image<float, 3>;
using ByteVolumeType = itk::Image<unsigned char, 3>;

template <typename TImage, typename TComponent>
typename TImage::Pointer
MakeImage(const typename TImage::SizeType & size, std::size_t components)
{
  auto image = TImage::New();
  image->SetRegions(size);
  image->Allocate();
  const auto pixels =
    BenchmarkImages::MakeShapes<TComponent>(size[0],
                                            size[1],
                                            TImage::ImageDimension > 2 ? size[TImage::ImageDimension - 1] : 1,
                                            components);
  std::memcpy(image->GetBufferPointer(), pixels.data(), pixels.size() * sizeof(TComponent));
  return image;
}

const ColorType *
Picture()
{
  static const ColorType::Pointer image = MakeImage<ColorType, float>({ { 2048, 2048 } }, 3);
  return image;
}

const GrayType *
PictureGuidance()
{
  static const GrayType::Pointer image = MakeImage<GrayType, unsigned char>({ { 2048, 2048 } }, 1);
  return image;
}

template <typename TFilter>
void
Run(benchmark::State & state, TFilter * filter)
{
  filter->SetNumberOfWorkUnits(static_cast<itk::ThreadIdType>(state.range(0)));
  for (auto _ : state)
  {
    filter->Modified();
    filter->Update();
  }
}

template <typename TFilter>
void
SmoothPicture(benchmark::State & state)
{
  const auto filter = TFilter::New();
  filter->SetInput(Picture());
  filter->SetGuidanceImage(PictureGuidance());
  Run(state, filter.GetPointer());
}

template <typename TFilter>
void
SmoothVolume(benchmark::State & state)
{
  const itk::Size<3> size{ { static_cast<itk::SizeValueType>(state.range(1)),
                             static_cast<itk::SizeValueType>(state.range(2)),
                             static_cast<itk::SizeValueType>(state.range(3)) } };
  const auto         filter = TFilter::New();
  filter->SetInput(MakeImage<VolumeType, float>(size, 1));
  filter->SetGuidanceImage(MakeImage<ByteVolumeType, unsigned char>(size, 1));
  Run(state, filter.GetPointer());
}

void
OnePicture(benchmark::internal::Benchmark * b)
{
  b->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
}

void
TwoVolumes(benchmark::internal::Benchmark * b)
{
  b->ArgNames({ "threads", "x", "y", "z" })->Unit(benchmark::kMillisecond)->UseRealTime();
  for (const int threads : { 1, 2 })
  {
    b->Args({ threads, 181, 217, 181 });
    b->Args({ threads, 512, 512, 64 });
  }
}

template <typename TImage, typename TGuidance>
using FGS = itk::FastGlobalSmootherImageFilter<TImage, TGuidance>;
template <typename TImage, typename TGuidance>
using Guided = itk::GuidedImageFilter<TImage, TGuidance>;
template <typename TImage, typename TGuidance>
using DomainTransform = itk::DomainTransformImageFilter<TImage, TGuidance>;
template <typename TImage, typename TGuidance>
using WLS = itk::WeightedLeastSquaresImageFilter<TImage, TGuidance>;
} // namespace

BENCHMARK(SmoothPicture<FGS<ColorType, GrayType>>)->Name("FGS 2048x2048 RGB/ours")->Apply(OnePicture);
BENCHMARK(SmoothPicture<Guided<ColorType, GrayType>>)->Name("Guided 2048x2048 RGB/ours")->Apply(OnePicture);
BENCHMARK(SmoothPicture<DomainTransform<ColorType, GrayType>>)
  ->Name("DomainTransform 2048x2048 RGB/ours")
  ->Apply(OnePicture);
BENCHMARK(SmoothVolume<FGS<VolumeType, ByteVolumeType>>)->Name("FGS/ours")->Apply(TwoVolumes);
BENCHMARK(SmoothVolume<Guided<VolumeType, ByteVolumeType>>)->Name("Guided/ours")->Apply(TwoVolumes);
BENCHMARK(SmoothVolume<DomainTransform<VolumeType, ByteVolumeType>>)->Name("DomainTransform/ours")->Apply(TwoVolumes);
BENCHMARK(SmoothVolume<WLS<VolumeType, ByteVolumeType>>)
  ->Name("WLS/ours")
  ->ArgNames({ "threads", "x", "y", "z" })
  ->Args({ 1, 512, 512, 1 })
  ->Args({ 2, 512, 512, 1 })
  ->Unit(benchmark::kMillisecond)
  ->UseRealTime();
