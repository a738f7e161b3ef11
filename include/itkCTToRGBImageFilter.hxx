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
#ifndef itkCTToRGBImageFilter_hxx
#define itkCTToRGBImageFilter_hxx

#include "itkNetworkColor.h"
#include "itkNetworkImageFilter.h"
#include "itkSobelInRangeImageFilter.h"

#include <algorithm>
#include <cmath>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
CTToRGBImageFilter<TInputImage, TOutputImage>::CTToRGBImageFilter()
  : m_Ranges(SobelInRangeImageFilter<FloatImageType, StackImageType>::New()->GetRanges())
{
  this->SetSkinMargin(0);
  this->SetAirThreshold(0.0);
  this->GetModifiableBodyMask()->SetFillAlongAllAxes(false);
}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
CTToRGBImageFilter<TInputImage, TOutputImage>::GetMTime() const
{
  const ModifiedTimeType own = Superclass::GetMTime();
  return m_Model ? std::max(own, m_Model->GetMTime()) : own;
}

template <typename TInputImage, typename TOutputImage>
auto
CTToRGBImageFilter<TInputImage, TOutputImage>::GetDefaultNormalization() const -> NormalizationType
{
  NormalizationType normalization;
  normalization.kind = colorization::NetworkNormalizationKind::Range;
  normalization.inputMinimum = { -1000.0 };
  normalization.inputMaximum = { 3096.0 };
  for (const RangeType & range : m_Ranges)
  {
    normalization.inputMinimum.push_back(0.0);
    normalization.inputMaximum.push_back(0.5 * (range[1] - range[0]));
  }
  normalization.outputMinimum = -1.0;
  normalization.outputMaximum = 1.0;
  return normalization;
}

template <typename TInputImage, typename TOutputImage>
void
CTToRGBImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (!NetworkModel::IsAvailable())
  {
    itkExceptionMacro(<< "Networks cannot be run: this build of the Colorization module has no LibTorch.");
  }
  if (!m_Model || !m_Model->IsLoaded())
  {
    itkExceptionMacro(<< "No model is set that is loaded.");
  }
  const auto & metadata = m_Model->GetMetadata();
  if (metadata.colorSpace == colorization::NetworkColorSpace::None)
  {
    itkExceptionMacro(<< "The model's output has no colour space, so it makes no colours.");
  }
  if (metadata.outputChannels == 2 && this->GetLuminance() == LuminanceEnum::Reference)
  {
    itkExceptionMacro(<< "Luminance is reference, but the model makes chroma alone.");
  }
  const std::int64_t channels = static_cast<std::int64_t>(m_Ranges.size() + 1) * metadata.slices;
  if (metadata.inputChannels != channels)
  {
    itkExceptionMacro(<< "The model wants " << metadata.inputChannels << " channels, but the CT and the contours of "
                      << m_Ranges.size() << " ranges are " << channels << '.');
  }
  if (!std::isfinite(m_BackgroundValue))
  {
    itkExceptionMacro(<< "BackgroundValue is " << m_BackgroundValue << ", but has to be finite.");
  }
  if (ImageDimension == 3 && m_SliceAxis > 2)
  {
    itkExceptionMacro(<< "SliceAxis is " << m_SliceAxis << ", but has to be 0, 1 or 2.");
  }
}

template <typename TInputImage, typename TOutputImage>
auto
CTToRGBImageFilter<TInputImage, TOutputImage>::ReplaceBackground(const MaskImageType * body) const ->
  typename FloatImageType::Pointer
{
  const TInputImage * input = this->GetInput();
  const RegionType    region = input->GetLargestPossibleRegion();
  auto                ct = FloatImageType::New();
  ct->CopyInformation(input);
  ct->SetRegions(region);
  ct->Allocate();
  colorization::ForEachRow(region,
                           colorization::MakeParallelFor(const_cast<Self *>(this)),
                           [&](const RegionType & row, std::size_t)
                           {
                             const auto *          in = colorization::ComponentsAt(input, row.GetIndex());
                             const unsigned char * inBody = colorization::ComponentsAt(body, row.GetIndex());
                             float *               out = colorization::ComponentsAt(ct.GetPointer(), row.GetIndex());
                             for (std::size_t x = 0; x < row.GetSize(0); ++x)
                             {
                               out[x] =
                                 static_cast<float>(inBody[x] != 0 ? static_cast<double>(in[x]) : m_BackgroundValue);
                             }
                           });
  return ct;
}

template <typename TInputImage, typename TOutputImage>
auto
CTToRGBImageFilter<TInputImage, TOutputImage>::StackContours(const FloatImageType * ct) ->
  typename StackImageType::Pointer
{
  typename StackImageType::Pointer contours;
  if (!m_Ranges.empty())
  {
    auto sobel = SobelInRangeImageFilter<FloatImageType, StackImageType>::New();
    sobel->SetInput(ct);
    sobel->SetRanges(m_Ranges);
    sobel->SetSliceAxis(m_SliceAxis);
    this->RunPart(sobel, 0.1, 0.18);
    contours = sobel->GetOutput();
  }
  const std::size_t ranges = m_Ranges.size();
  const RegionType  region = ct->GetLargestPossibleRegion();
  auto              stack = StackImageType::New();
  stack->CopyInformation(ct);
  stack->SetRegions(region);
  stack->SetNumberOfComponentsPerPixel(static_cast<unsigned int>(ranges + 1));
  stack->Allocate();
  colorization::ForEachRow(region,
                           colorization::MakeParallelFor(this),
                           [&](const RegionType & row, std::size_t)
                           {
                             const float * in = colorization::ComponentsAt(ct, row.GetIndex());
                             const float * edges =
                               ranges > 0 ? colorization::ComponentsAt(contours.GetPointer(), row.GetIndex()) : nullptr;
                             float * out = colorization::ComponentsAt(stack.GetPointer(), row.GetIndex());
                             for (std::size_t x = 0; x < row.GetSize(0); ++x)
                             {
                               *out++ = in[x];
                               out = std::copy_n(edges + x * ranges, ranges, out);
                             }
                           });
  return stack;
}

template <typename TInputImage, typename TOutputImage>
void
CTToRGBImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  const TInputImage * input = this->GetInput();
  const RegionType    region = input->GetLargestPossibleRegion();
  this->BeginStage("body mask", 0.01);
  const auto body = this->FindBody(m_SliceAxis, 0.01, 0.08);
  this->FindWindow(body);
  this->BeginStage("contours", 0.1);
  const auto stack = this->StackContours(this->ReplaceBackground(body));
  this->BeginStage("network", 0.2);
  auto network = NetworkImageFilter<StackImageType, StackImageType>::New();
  network->SetInput(stack);
  network->SetMaskImage(body);
  network->SetModel(m_Model);
  network->SetSliceAxis(m_SliceAxis);
  network->SetConvertColors(false);
  this->RunPart(network, 0.2, 0.95);

  const auto *        values = network->GetOutput()->GetBufferPointer();
  const std::size_t   channels = network->GetOutput()->GetNumberOfComponentsPerPixel();
  const SizeValueType voxels = region.GetNumberOfPixels();
  const auto          space = m_Model->GetMetadata().colorSpace;
  const auto          window = this->GetLuminanceWindow();
  std::vector<float>  lab(3 * voxels);
  colorization::ForEachRow(region,
                           colorization::MakeParallelFor(this),
                           [&](const RegionType & row, std::size_t i)
                           {
                             const auto *        in = colorization::ComponentsAt(input, row.GetIndex());
                             std::vector<double> pixel(channels);
                             for (std::size_t x = 0; x < row.GetSize(0); ++x, ++i)
                             {
                               std::copy_n(values + i * channels, channels, pixel.begin());
                               const auto color =
                                 colorization::NetworkValuesToLab(space, pixel.data(), channels, window.Map(in[x]));
                               for (std::size_t c = 0; c < 3; ++c)
                               {
                                 lab[c * voxels + i] = color[c];
                               }
                             }
                           });
  const auto                     skin = this->AddMargin(body);
  typename Superclass::LabPlanes planes;
  planes.lightness = channels == 2 ? nullptr : lab.data();
  planes.a = lab.data() + voxels;
  planes.b = lab.data() + 2 * voxels;
  this->WriteColors(planes, body, skin, this->MakeTissueMask(body, skin, window));
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TOutputImage>
void
CTToRGBImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(Model);
  os << indent << "Ranges:";
  for (const RangeType & range : m_Ranges)
  {
    os << ' ' << range;
  }
  os << std::endl;
  os << indent << "BackgroundValue: " << m_BackgroundValue << std::endl;
  os << indent << "SliceAxis: " << m_SliceAxis << std::endl;
}
} // namespace itk

#endif
