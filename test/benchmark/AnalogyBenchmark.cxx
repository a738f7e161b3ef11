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
// Times of DeepImageAnalogyImageFilter: a slice of an MRI of a head, of 256x256 pixels, against a photograph of as many; by
// descriptors, and by VGG-19 with random weights, whose times are those of any others.

#include "itkDeepImageAnalogyImageFilter.h"

#include "itkExtractImageFilter.h"
#include "itkImageFileReader.h"
#include "itkNearestNeighborInterpolateImageFunction.h"
#include "itkResampleImageFilter.h"

#include <benchmark/benchmark.h>

namespace
{
using SliceType = itk::Image<float, 2>;
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using FilterType = itk::DeepImageAnalogyImageFilter<SliceType>;

constexpr itk::SizeValueType Side = 256;

/** The same picture of Side by Side pixels. */
template <typename TImage>
typename TImage::Pointer
Resize(const TImage * image)
{
  auto                         resample = itk::ResampleImageFilter<TImage, TImage>::New();
  const auto                   size = image->GetLargestPossibleRegion().GetSize();
  typename TImage::SpacingType spacing = image->GetSpacing();
  for (unsigned int axis = 0; axis < 2; ++axis)
  {
    spacing[axis] *= static_cast<double>(size[axis]) / Side;
  }
  resample->SetInput(image);
  resample->SetSize(typename TImage::SizeType{ { Side, Side } });
  resample->SetOutputSpacing(spacing);
  resample->SetOutputOrigin(image->GetOrigin());
  resample->SetOutputDirection(image->GetDirection());
  resample->SetInterpolator(itk::NearestNeighborInterpolateImageFunction<TImage, double>::New());
  resample->Update();
  return resample->GetOutput();
}

SliceType::Pointer
MakeSlice()
{
  using VolumeType = itk::Image<float, 3>;
  const auto volume = itk::ReadImage<VolumeType>("/usr/share/mricron/templates/ch2.nii.gz");
  auto       region = volume->GetLargestPossibleRegion();
  region.SetSize(2, 0);
  region.SetIndex(2, 70);
  auto extract = itk::ExtractImageFilter<VolumeType, SliceType>::New();
  extract->SetInput(volume);
  extract->SetExtractionRegion(region);
  extract->SetDirectionCollapseToIdentity();
  extract->Update();
  return Resize<SliceType>(extract->GetOutput());
}

void
Analogy(benchmark::State & state, itk::NetworkModel * model)
{
  const auto slice = MakeSlice();
  const auto photograph = Resize<PhotographType>(
    itk::ReadImage<PhotographType>("/usr/share/doc/insighttoolkit5-examples/examples/Data/VisibleWomanHeadSlice.png"));
  auto filter = FilterType::New();
  filter->SetInput(slice);
  filter->SetReferenceImage(photograph);
  filter->SetModel(model);
  for (auto _ : state)
  {
    filter->Modified();
    filter->Update();
  }
  state.counters["threads"] = filter->GetNumberOfWorkUnits();
}

void
AnalogyByDescriptors(benchmark::State & state)
{
  Analogy(state, nullptr);
}
BENCHMARK(AnalogyByDescriptors)->Unit(benchmark::kSecond)->UseRealTime();

void
AnalogyByVGG19(benchmark::State & state)
{
  if (!itk::NetworkModel::IsAvailable())
  {
    state.SkipWithError("this build has no LibTorch");
    return;
  }
  auto model = itk::NetworkModel::New();
  model->Initialize("VGG19", R"({"linear_layers":0})", 1);
  Analogy(state, model);
}
BENCHMARK(AnalogyByVGG19)->Unit(benchmark::kSecond)->UseRealTime();
} // namespace
