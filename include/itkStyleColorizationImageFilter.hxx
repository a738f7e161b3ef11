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
#ifndef itkStyleColorizationImageFilter_hxx
#define itkStyleColorizationImageFilter_hxx

#include "itkColorSpace.h"
#include "itkDeepAnalogyFeatures.h"
#include "itkGraySliceExtraction.h"
#include "itkHintSlicesImageFilter.h"
#include "itkNetworkImageFilter.h"
#include "itkSliceSeriesAnalogy.h"
#include "itkStyleTransferImageFilter.h"

#include <algorithm>
#include <stdexcept>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
StyleColorizationImageFilter<TInputImage, TOutputImage>::StyleColorizationImageFilter()
  : m_Propagation(PropagationType::New())
{
  this->AddRequiredInputName("StyleImage");
  this->SetSkinMargin(0);
  this->SetAirThreshold(0.0);
  m_Propagation->SetColorSpace(ColorSpaceEnums::ColorSpace::Lab);
  m_Propagation->ConvertColorsOff();
  m_Propagation->SetWindowMaximum(1.0);
  m_Propagation->SetTolerance(1e-3);
}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
StyleColorizationImageFilter<TInputImage, TOutputImage>::GetMTime() const
{
  ModifiedTimeType time = std::max(Superclass::GetMTime(), m_Propagation->GetMTime());
  for (const NetworkModel * model : { m_StyleModel.GetPointer(), m_ConversionModel.GetPointer() })
  {
    time = model ? std::max(time, model->GetMTime()) : time;
  }
  return time;
}

template <typename TInputImage, typename TOutputImage>
void
StyleColorizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  const bool isTransfer = m_Painter == PainterEnum::StyleTransfer;
  if (!NetworkModel::IsAvailable() && (isTransfer || m_StyleModel || m_ConversionModel))
  {
    itkExceptionMacro(<< "Networks cannot be run: this build of the Colorization module has no LibTorch.");
  }
  if (isTransfer ? !m_StyleModel || !m_StyleModel->IsLoaded() : m_StyleModel && !m_StyleModel->IsLoaded())
  {
    itkExceptionMacro(<< "No style model is set that is loaded.");
  }
  if (m_StyleModel && m_StyleModel->GetMetadata().architecture != "VGG19")
  {
    itkExceptionMacro(<< "The style model is a " << m_StyleModel->GetMetadata().architecture
                      << ", but VGG19 is wanted.");
  }
  if (m_ConversionModel && !m_ConversionModel->IsLoaded())
  {
    itkExceptionMacro(<< "The conversion model is not loaded.");
  }
  if (m_ConversionModel && m_ConversionModel->GetMetadata().outputChannels > 1)
  {
    itkExceptionMacro(<< "The conversion model makes " << m_ConversionModel->GetMetadata().outputChannels
                      << " channels, but gray is 1.");
  }
  if (ImageDimension == 3 && m_Axis > 2)
  {
    itkExceptionMacro(<< "Axis is " << m_Axis << ", but has to be 0, 1 or 2.");
  }
  if (m_NumberOfHintSlices == 0)
  {
    itkExceptionMacro(<< "NumberOfHintSlices is 0, but has to be at least 1.");
  }
  if (m_MinimumDistance == 0)
  {
    itkExceptionMacro(<< "MinimumDistance is 0, but has to be at least 1.");
  }
}

template <typename TInputImage, typename TOutputImage>
auto
StyleColorizationImageFilter<TInputImage, TOutputImage>::MakeGray(const MaskImageType * body) ->
  typename FloatImageType::Pointer
{
  const TInputImage *              input = this->GetInput();
  const RegionType                 region = input->GetLargestPossibleRegion();
  const auto                       parallelFor = colorization::MakeParallelFor(this);
  typename FloatImageType::Pointer gray;
  if (m_ConversionModel)
  {
    auto network = NetworkImageFilter<TInputImage, FloatImageType>::New();
    network->SetInput(input);
    network->SetMaskImage(body);
    network->SetModel(m_ConversionModel);
    network->SetSliceAxis(m_Axis);
    this->RunPart(network, 0.06, 0.29);
    this->SetUsedWindow(0.0, 1.0);
    gray = network->GetOutput();
    gray->DisconnectPipeline();
    colorization::VerifyFinite(this, "What the conversion model makes", gray.GetPointer(), region, parallelFor);
  }
  else
  {
    this->FindWindow(body);
    const auto window = this->GetUsedWindow();
    gray = FloatImageType::New();
    gray->CopyInformation(input);
    gray->SetRegions(region);
    gray->Allocate();
    colorization::CopyToPlanes(input,
                               region,
                               gray->GetBufferPointer(),
                               parallelFor,
                               window[0],
                               1.0 / (window[1] - window[0]));
  }
  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t)
                           {
                             const unsigned char * inBody = colorization::ComponentsAt(body, row.GetIndex());
                             float *               out = colorization::ComponentsAt(gray.GetPointer(), row.GetIndex());
                             for (std::size_t x = 0; x < row.GetSize(0); ++x)
                             {
                               out[x] = inBody[x] != 0 ? std::min(std::max(out[x], 0.0f), 1.0f) : 0.0f;
                             }
                           });
  return gray;
}

template <typename TInputImage, typename TOutputImage>
std::vector<IndexValueType>
StyleColorizationImageFilter<TInputImage, TOutputImage>::SelectSlices(FloatImageType * gray, const MaskImageType * body)
{
  if (ImageDimension == 2)
  {
    return { 0 };
  }
  auto filter = HintSlicesImageFilter<FloatImageType, LabImageType>::New();
  filter->SetInput(gray);
  filter->SetMaskImage(body);
  filter->SetAxis(m_Axis);
  filter->SetNumberOfSlices(m_NumberOfHintSlices);
  filter->SetMinimumDistance(m_MinimumDistance);
  filter->SetSpreadEvenly(m_SpreadEvenly);
  filter->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  const auto indices = filter->SelectSlices();
  if (indices.empty())
  {
    itkExceptionMacro(<< "No slice of the body across axis " << m_Axis << " has any contrast.");
  }
  return indices;
}

template <typename TInputImage, typename TOutputImage>
colorization::GraySlice
StyleColorizationImageFilter<TInputImage, TOutputImage>::ExtractSlice(const FloatImageType * gray,
                                                                      const MaskImageType *  body,
                                                                      IndexValueType         index) const
{
  return colorization::ExtractGraySlice(gray, body, m_Axis, index, colorization::LuminanceWindow());
}

template <typename TInputImage, typename TOutputImage>
void
StyleColorizationImageFilter<TInputImage, TOutputImage>::TransferStyle(const FloatImageType *      gray,
                                                                       const MaskImageType *       body,
                                                                       const PaintedSliceVisitor & visit)
{
  const double share = (PaintingEnd - PaintingBegin) / static_cast<double>(m_HintSlices.size());
  for (std::size_t k = 0; k < m_HintSlices.size(); ++k)
  {
    auto transfer = StyleTransferImageFilter<SliceType, PaintedSliceType>::New();
    transfer->SetInput(this->ExtractSlice(gray, body, m_HintSlices[k]).intensity);
    transfer->SetStyleImage(this->GetStyleImage());
    transfer->SetModel(m_StyleModel);
    transfer->SetParameters(m_StyleParameters);
    transfer->SetWindowMaximum(1.0);
    const double begin = PaintingBegin + share * static_cast<double>(k);
    this->RunPart(transfer, begin, begin + share);
    m_StyleReports.push_back(transfer->GetReports().front());
    visit(k, transfer->GetOutput(), nullptr);
  }
}

template <typename TInputImage, typename TOutputImage>
void
StyleColorizationImageFilter<TInputImage, TOutputImage>::FindAnalogy(const FloatImageType *      gray,
                                                                     const MaskImageType *       body,
                                                                     const PaintedSliceVisitor & visit)
{
  colorization::SliceSeries series;
  for (const IndexValueType index : m_HintSlices)
  {
    series.slices.push_back(this->ExtractSlice(gray, body, index));
  }
  series.choices.assign(series.slices.size(), { colorization::PhotographChoice() });
  series.getPhotograph = [this](std::size_t) { return this->GetStyleImage(); };
  try
  {
    colorization::ColorizeSliceSeries(
      series,
      colorization::WithDeepFeatures(m_AnalogyParameters, m_StyleModel.GetPointer(), this->GetNumberOfWorkUnits()),
      [&visit](std::size_t slice, const colorization::AnalogySlice & colored)
      { visit(slice, colored.colors.GetPointer(), colored.confidence.GetPointer()); },
      colorization::MakeParallelFor(this),
      colorization::MakeProgressCallback(this, PaintingBegin, PaintingEnd));
  }
  catch (const std::invalid_argument & error)
  {
    itkExceptionMacro(<< error.what());
  }
}

template <typename TInputImage, typename TOutputImage>
auto
StyleColorizationImageFilter<TInputImage, TOutputImage>::PaintSlices(FloatImageType * gray, const MaskImageType * body)
  -> Hints
{
  Hints hints;
  auto  scatter = HintSlicesImageFilter<FloatImageType, LabImageType>::New();
  scatter->SetInput(gray);
  scatter->SetAxis(ImageDimension == 2 ? 1 : m_Axis);
  scatter->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  m_StyleReports.clear();
  const PaintedSliceVisitor keep = [&](std::size_t slice, PaintedSliceType * colors, SliceType * confidence)
  {
    if constexpr (ImageDimension == 2)
    {
      hints.colors = ToLab(colors);
      hints.confidence = confidence;
    }
    else
    {
      scatter->SetHintSlice(m_HintSlices[slice], ToLab(colors), confidence);
    }
  };
  const bool isTransfer = m_Painter == PainterEnum::StyleTransfer;
  isTransfer ? this->TransferStyle(gray, body, keep) : this->FindAnalogy(gray, body, keep);
  if constexpr (ImageDimension == 2)
  {
    // Slices are at index 0 of a space of their own.
    const auto giveGeometry = [gray](auto * image)
    {
      image->CopyInformation(gray);
      image->SetRegions(gray->GetLargestPossibleRegion());
    };
    giveGeometry(hints.colors.GetPointer());
    if (hints.confidence)
    {
      giveGeometry(hints.confidence.GetPointer());
    }
    hints.mask = MaskImageType::New();
    giveGeometry(hints.mask.GetPointer());
    hints.mask->Allocate();
    hints.mask->FillBuffer(1);
  }
  else
  {
    scatter->Update();
    hints.colors = scatter->GetOutput();
    hints.mask = scatter->GetHintMaskOutput();
    hints.confidence = isTransfer ? nullptr : scatter->GetConfidenceOutput();
  }
  return hints;
}

template <typename TInputImage, typename TOutputImage>
auto
StyleColorizationImageFilter<TInputImage, TOutputImage>::ToLab(const PaintedSliceType * colors) ->
  typename LabSliceType::Pointer
{
  auto lab = LabSliceType::New();
  lab->CopyInformation(colors);
  lab->SetRegions(colors->GetBufferedRegion());
  lab->Allocate();
  std::transform(colors->GetBufferPointer(),
                 colors->GetBufferPointer() + colors->GetBufferedRegion().GetNumberOfPixels(),
                 lab->GetBufferPointer(),
                 [](const RGBPixel<float> & rgb) {
                   return Vector<float, 3>(colorization::RGBToLab({ { rgb[0], rgb[1], rgb[2] } }).data());
                 });
  return lab;
}

template <typename TInputImage, typename TOutputImage>
void
StyleColorizationImageFilter<TInputImage, TOutputImage>::PropagateColors(const FloatImageType * gray,
                                                                         const MaskImageType *  body,
                                                                         const Hints &          hints)
{
  m_Propagation->SetInput(gray);
  m_Propagation->SetHintImage(hints.colors);
  m_Propagation->SetHintMaskImage(hints.mask);
  m_Propagation->SetConfidenceImage(hints.confidence);
  m_Propagation->SetMaskImage(body);
  m_Propagation->SetPropagateLuminance(this->NeedsLightness());
  this->RunPart(m_Propagation, PaintingEnd, 0.97);
  const auto                     skin = this->AddMargin(body);
  const float *                  lab = m_Propagation->GetOutput()->GetBufferPointer()->GetDataPointer();
  typename Superclass::LabPlanes planes;
  planes.lightness = lab;
  planes.a = lab + 1;
  planes.b = lab + 2;
  planes.stride = 3;
  planes.scan = gray->GetBufferPointer();
  this->WriteColors(planes, body, skin, this->MakeTissueMask(body, skin, this->GetLuminanceWindow()));
  // What is large, and is made anew.
  m_Propagation->GetOutput()->ReleaseData();
  m_Propagation->SetInput(nullptr);
  m_Propagation->SetHintImage(nullptr);
  m_Propagation->SetHintMaskImage(nullptr);
  m_Propagation->SetConfidenceImage(nullptr);
  m_Propagation->SetMaskImage(nullptr);
}

template <typename TInputImage, typename TOutputImage>
void
StyleColorizationImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  this->BeginStage("body mask", 0.0);
  const auto body = this->FindBody(m_Axis, 0.0, 0.05);
  this->BeginStage("modality conversion", 0.06);
  const auto gray = this->MakeGray(body);
  this->BeginStage("hint slices", 0.3);
  m_HintSlices = this->SelectSlices(gray, body);
  this->BeginStage(m_Painter == PainterEnum::StyleTransfer ? "style transfer" : "analogy", PaintingBegin);
  const Hints hints = this->PaintSlices(gray, body);
  this->BeginStage("colour propagation", PaintingEnd);
  this->PropagateColors(gray, body, hints);
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TOutputImage>
void
StyleColorizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Painter: " << m_Painter << std::endl;
  itkPrintSelfObjectMacro(StyleModel);
  itkPrintSelfObjectMacro(ConversionModel);
  os << indent << "Axis: " << m_Axis << std::endl;
  os << indent << "NumberOfHintSlices: " << m_NumberOfHintSlices << std::endl;
  os << indent << "MinimumDistance: " << m_MinimumDistance << std::endl;
  os << indent << "SpreadEvenly: " << (m_SpreadEvenly ? "On" : "Off") << std::endl;
  itkPrintSelfObjectMacro(Propagation);
}
} // namespace itk

#endif
