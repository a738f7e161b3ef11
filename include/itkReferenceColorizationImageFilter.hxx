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
#ifndef itkReferenceColorizationImageFilter_hxx
#define itkReferenceColorizationImageFilter_hxx

#include "itkDeepAnalogyFeatures.h"
#include "itkEdgeAwareColorTransferImageFilter.h"
#include "itkHintSlicesImageFilter.h"
#include "itkLuminanceGuidedSmoothing.h"

#include <stdexcept>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ReferenceColorizationImageFilter()
  : m_Propagation(PropagationType::New())
  , m_Network(NetworkType::New())
{
  this->AddOptionalInputName("ReferenceImage");
  m_Propagation->SetColorSpace(ColorSpaceEnums::ColorSpace::Lab);
  m_Propagation->ConvertColorsOff();
  m_Propagation->SetVarianceScale(0.6);
  m_Propagation->SetTolerance(1e-3);
  m_Network->ConvertColorsOff();
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (ImageDimension == 3 && m_Axis > 2)
  {
    itkExceptionMacro(<< "Axis is " << m_Axis << ", but has to be 0, 1 or 2.");
  }
  const bool isNetwork = m_Method == MethodEnum::Network;
  if (isNetwork && (!m_Model || !m_Model->IsLoaded()))
  {
    itkExceptionMacro(<< "Method is Network, but no model is set that is loaded.");
  }
  if (isNetwork && this->GetLuminance() == LuminanceEnum::Reference && m_Model->GetMetadata().outputChannels == 2)
  {
    itkExceptionMacro(<< "Luminance is reference, but the model makes chroma alone.");
  }
  const bool hasNone = this->GetReferenceImage() == nullptr && m_ReferenceDatabase.IsNull();
  if ((this->GetReferenceImage() != nullptr) == m_ReferenceDatabase.IsNotNull() && !(isNetwork && hasNone))
  {
    itkExceptionMacro(<< (m_ReferenceDatabase ? "Both ReferenceImage and ReferenceDatabase are"
                                              : "Neither ReferenceImage nor ReferenceDatabase is")
                      << " set, but one is needed.");
  }
  if (m_NumberOfReferences == 0)
  {
    itkExceptionMacro(<< "NumberOfReferences is 0, but has to be at least 1.");
  }
  if (m_NumberOfHintSlices == 0)
  {
    itkExceptionMacro(<< "NumberOfHintSlices is 0, but has to be at least 1.");
  }
  colorization::VerifyIntensityCurve(this, m_IntensityCurve);
}

template <typename TInputImage, typename TOutputImage>
std::vector<IndexValueType>
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::SelectSlices(const MaskImageType * body)
{
  if (ImageDimension == 2)
  {
    return { 0 };
  }
  auto filter = HintSlicesImageFilter<TInputImage, LabImageType>::New();
  filter->SetInput(this->GetInput());
  filter->SetMaskImage(body);
  filter->SetAxis(m_Axis);
  filter->SetNumberOfSlices(m_NumberOfHintSlices);
  filter->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  filter->SetSpreadEvenly(true);
  filter->SetMinimumDistance(1);
  const auto indices = filter->SelectSlices();
  if (indices.empty())
  {
    itkExceptionMacro(<< "No slice of the body across axis " << m_Axis << " has any contrast.");
  }
  return indices;
}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::GetMTime() const
{
  ModifiedTimeType time = std::max({ Superclass::GetMTime(), m_Propagation->GetMTime(), m_Network->GetMTime() });
  for (const Object * object :
       { static_cast<const Object *>(m_Model), static_cast<const Object *>(m_ReferenceDatabase) })
  {
    time = object ? std::max(time, object->GetMTime()) : time;
  }
  return time;
}

template <typename TInputImage, typename TOutputImage>
std::vector<std::vector<colorization::PhotographChoice>>
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ChoosePhotographs(
  const std::vector<colorization::GraySlice> & slices) const
{
  if (!m_ReferenceDatabase)
  {
    return { slices.size(), { colorization::PhotographChoice() } };
  }
  std::vector<std::vector<colorization::ReferenceImageMatch>> matches;
  for (const colorization::GraySlice & slice : slices)
  {
    matches.push_back(m_ReferenceDatabase->Rank(slice.intensity, slice.body, 0));
  }
  return colorization::ChoosePhotographsInOrder(matches, m_NumberOfReferences);
}

template <typename TInputImage, typename TOutputImage>
auto
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::GetPhotograph(std::size_t index) const ->
  typename PhotographType::ConstPointer
{
  if (!m_ReferenceDatabase)
  {
    return this->GetReferenceImage();
  }
  return ReferenceImageDatabase::ReadPhotograph(m_ReferenceDatabase->GetImage(index).path).GetPointer();
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::RunAnalogy(
  const std::vector<IndexValueType> &                                          indices,
  colorization::SliceSeries &                                                  series,
  const std::function<void(std::size_t, const colorization::AnalogySlice &)> & visit)
{
  auto parameters =
    colorization::WithDeepFeatures(m_AnalogyParameters, m_Model.GetPointer(), this->GetNumberOfWorkUnits());
  parameters.airThreshold = this->GetAirThreshold();
  series.getPhotograph = [this](std::size_t photograph) { return this->GetPhotograph(photograph); };
  m_HintSliceReports.assign(indices.size(), HintSliceReport());
  try
  {
    m_PhotographPoses = colorization::ColorizeSliceSeries(
      series,
      parameters,
      [&](std::size_t slice, const colorization::AnalogySlice & colored)
      {
        m_HintSliceReports[slice] = { indices[slice], colored.similarity, colored.meanDistance, series.choices[slice] };
        visit(slice, colored);
      },
      colorization::MakeParallelFor(this),
      colorization::MakeProgressCallback(this, 0.1, m_Method == MethodEnum::Hints ? 0.5 : 0.9));
  }
  catch (const std::invalid_argument & error)
  {
    itkExceptionMacro(<< error.what());
  }
}

template <typename TInputImage, typename TOutputImage>
auto
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ColorizeSlices(const MaskImageType *               body,
                                                                            const std::vector<IndexValueType> & indices)
  -> Hints
{
  colorization::SliceSeries series;
  for (const IndexValueType index : indices)
  {
    series.slices.push_back(
      colorization::ExtractGraySlice(this->GetInput(), body, m_Axis, index, this->GetAnalogyWindow()));
  }
  series.choices = this->ChoosePhotographs(series.slices);
  this->BeginStage("analogy", 0.1);

  using SliceImageType = Image<float, 2>;
  using SliceColorType = Image<RGBPixel<float>, 2>;
  using SliceLabType = Image<Vector<float, 3>, 2>;
  using TransferType = EdgeAwareColorTransferImageFilter<SliceImageType, SliceColorType, SliceLabType>;
  auto smoother = TransferType::FastGlobalSmootherType::New();
  smoother->SetLambda(m_TransferLambda);
  smoother->SetSigma(m_TransferSigma);
  Hints hints;
  auto  scatter = HintSlicesImageFilter<TInputImage, LabImageType>::New();
  scatter->SetInput(this->GetInput());
  scatter->SetAxis(ImageDimension == 2 ? 1 : m_Axis);
  scatter->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  const auto transferColors = [&](std::size_t slice, const colorization::AnalogySlice & colored)
  {
    auto transfer = TransferType::New();
    transfer->SetInput(series.slices[slice].intensity);
    transfer->SetColorImage(colored.colors);
    transfer->SetWindowMaximum(1.0);
    transfer->KeepLuminanceOff();
    transfer->ConvertColorsOff();
    transfer->SetSmoother(smoother);
    transfer->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
    transfer->Update();
    if constexpr (ImageDimension == 2)
    {
      hints.colors = transfer->GetOutput();
      hints.confidence = colored.confidence;
    }
    else
    {
      scatter->SetHintSlice(indices[slice], transfer->GetOutput(), colored.confidence);
    }
  };
  this->RunAnalogy(indices, series, transferColors);
  if constexpr (ImageDimension == 2)
  {
    hints.mask = MaskImageType::New();
    hints.mask->SetRegions(hints.colors->GetBufferedRegion());
    hints.mask->Allocate();
    hints.mask->FillBuffer(1);
    // Slices are at index 0 of a space of their own.
    const TInputImage * input = this->GetInput();
    const auto          giveInputGeometry = [&](auto * image)
    {
      image->CopyInformation(input);
      image->SetRegions(input->GetLargestPossibleRegion());
    };
    giveInputGeometry(hints.colors.GetPointer());
    giveInputGeometry(hints.confidence.GetPointer());
    giveInputGeometry(hints.mask.GetPointer());
  }
  else
  {
    scatter->Update();
    hints.colors = scatter->GetOutput();
    hints.mask = scatter->GetHintMaskOutput();
    hints.confidence = scatter->GetConfidenceOutput();
  }
  return hints;
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::PropagateColors(const MaskImageType * body,
                                                                             const MaskImageType * skin,
                                                                             const MaskImageType * tissue,
                                                                             const Hints &         hints)
{
  m_Propagation->SetInput(this->GetInput());
  m_Propagation->SetHintImage(hints.colors);
  m_Propagation->SetHintMaskImage(hints.mask);
  m_Propagation->SetConfidenceImage(hints.confidence);
  m_Propagation->SetMaskImage(tissue);
  m_Propagation->SetWindowMinimum(this->GetUsedWindow()[0]);
  m_Propagation->SetWindowMaximum(this->GetUsedWindow()[1]);
  m_Propagation->SetPropagateLuminance(this->NeedsLightness());
  this->RunPart(m_Propagation, 0.5, 0.97);
  const float * lab = m_Propagation->GetOutput()->GetBufferPointer()->GetDataPointer();
  LabPlanes     planes;
  planes.lightness = lab;
  planes.a = lab + 1;
  planes.b = lab + 2;
  planes.stride = 3;
  this->WriteColors(planes, body, skin, tissue);
  // What is large, and is made anew.
  m_Propagation->GetOutput()->ReleaseData();
  m_Propagation->SetHintImage(nullptr);
  m_Propagation->SetHintMaskImage(nullptr);
  m_Propagation->SetConfidenceImage(nullptr);
  m_Propagation->SetMaskImage(nullptr);
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ColorizeEverySlice(
  const MaskImageType *               body,
  const MaskImageType *               skin,
  const MaskImageType *               tissue,
  const std::vector<IndexValueType> & hintIndices)
{
  const TInputImage *                  input = this->GetInput();
  const RegionType                     region = input->GetLargestPossibleRegion();
  std::vector<colorization::GraySlice> hintSlices;
  for (const IndexValueType index : hintIndices)
  {
    hintSlices.push_back(colorization::ExtractGraySlice(input, body, m_Axis, index, this->GetAnalogyWindow()));
  }
  const auto ofHints = this->ChoosePhotographs(hintSlices);
  hintSlices.clear();
  const std::vector<IndexValueType> indices = colorization::ListBodySlices(body, m_Axis);
  colorization::SliceSeries         series;
  series.isCoherent = true;
  for (const IndexValueType index : indices)
  {
    const auto nearest = std::min_element(hintIndices.begin(),
                                          hintIndices.end(),
                                          [index](IndexValueType a, IndexValueType b)
                                          { return std::abs(a - index) < std::abs(b - index); });
    series.slices.push_back(colorization::ExtractGraySlice(input, body, m_Axis, index, this->GetAnalogyWindow()));
    series.choices.push_back(ofHints[static_cast<std::size_t>(nearest - hintIndices.begin())]);
  }
  this->BeginStage("analogy", 0.1);

  // CIE Lab times the confidence, and the confidence.
  constexpr unsigned int components = 4;
  std::vector<float>     colors(region.GetNumberOfPixels() * components, 0.0f);
  const auto             keepColors = [&](std::size_t slice, const colorization::AnalogySlice & colored)
  {
    const float *                                  confidence = colored.confidence->GetBufferPointer();
    const auto *                                   color = colored.colors->GetBufferPointer();
    ImageRegionConstIteratorWithIndex<TInputImage> it(input, colorization::SliceRegion(region, m_Axis, indices[slice]));
    for (; !it.IsAtEnd(); ++it, ++confidence, ++color)
    {
      const colorization::Color lab = colorization::RGBToLab({ { (*color)[0], (*color)[1], (*color)[2] } });
      float *                   out = colors.data() + components * colorization::PixelNumberIn(region, it.GetIndex());
      out[0] = *confidence * lab[0];
      out[1] = *confidence * lab[1];
      out[2] = *confidence * lab[2];
      out[3] = *confidence;
    }
  };
  this->RunAnalogy(indices, series, keepColors);
  series = colorization::SliceSeries();

  this->BeginStage("smoothing", 0.9);
  colorization::SmoothByLuminance({ colors.data() },
                                  components,
                                  input,
                                  this->GetLuminanceWindow(),
                                  m_TransferLambda,
                                  m_TransferSigma,
                                  colorization::MakeParallelFor(this),
                                  colorization::MakeProgressCallback(this, 0.9, 0.97));

  // Less confidence than this is a rest that smoothing leaves in air.
  constexpr float    least = 1e-3f;
  std::vector<float> confidence(region.GetNumberOfPixels());
  for (std::size_t i = 0; i < confidence.size(); ++i)
  {
    float * color = colors.data() + components * i;
    if (color[3] > least)
    {
      confidence[i] = std::min(color[3], 1.0f);
      std::transform(color, color + 3, color, [color](float value) { return value / color[3]; });
    }
  }
  LabPlanes planes;
  planes.lightness = colors.data();
  planes.a = colors.data() + 1;
  planes.b = colors.data() + 2;
  planes.stride = components;
  planes.confidence = confidence.data();
  this->WriteColors(planes, body, skin, tissue);
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::ColorizeByNetwork(const MaskImageType * body,
                                                                               const MaskImageType * skin,
                                                                               const MaskImageType * tissue)
{
  const bool isChroma = m_Model->GetMetadata().outputChannels == 2;
  m_Network->SetInput(this->GetInput());
  m_Network->SetMaskImage(skin);
  m_Network->SetModel(m_Model);
  m_Network->SetSliceAxis(m_Axis);
  m_Network->SetLuminance(isChroma ? LuminanceEnum::Source : LuminanceEnum::Reference);
  this->RunPart(m_Network, 0.1, 0.9);

  auto *                      colors = m_Network->GetOutput()->GetBufferPointer();
  const SizeValueType         voxels = this->GetInput()->GetLargestPossibleRegion().GetNumberOfPixels();
  colorization::ChromaPalette own;
  for (SizeValueType i = 0; i < voxels; ++i)
  {
    if (body->GetBufferPointer()[i] != 0)
    {
      own.Add(colors[i][1], colors[i][2]);
    }
  }
  this->BeginStage("palette", 0.9);
  colorization::ChromaPalette wanted;
  const std::size_t           photographs = m_ReferenceDatabase ? m_ReferenceDatabase->GetNumberOfImages() : 1;
  for (std::size_t k = 0; k < photographs && (m_ReferenceDatabase || this->GetReferenceImage()); ++k)
  {
    try
    {
      wanted.AddPhotograph(this->GetPhotograph(k));
    }
    catch (const std::invalid_argument & error)
    {
      itkExceptionMacro(<< error.what());
    }
  }
  const auto map = wanted.IsEmpty() ? colorization::ChromaMap() : colorization::ChromaPalette::MapBetween(own, wanted);
  for (SizeValueType i = 0; i < voxels; ++i)
  {
    const auto mapped = map.Map(colors[i][1], colors[i][2]);
    std::copy(mapped.begin(), mapped.end(), colors[i].Begin() + 1);
  }
  LabPlanes planes;
  planes.lightness = isChroma ? nullptr : colors->GetDataPointer();
  planes.a = colors->GetDataPointer() + 1;
  planes.b = colors->GetDataPointer() + 2;
  planes.stride = 3;
  this->WriteColors(planes, body, skin, tissue);
  m_Network->GetOutput()->ReleaseData();
  m_Network->SetMaskImage(nullptr);
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  this->BeginStage("body mask", 0.0);
  const auto body = this->FindBody(m_Axis, 0.0, 0.05);
  this->FindWindow(body);
  this->BeginStage(m_Method == MethodEnum::Network ? "network" : "hint slices", 0.06);
  const auto skin = this->AddMargin(body);
  const auto tissue = this->MakeTissueMask(body, skin, this->GetAnalogyWindow());
  if (m_Method == MethodEnum::Network)
  {
    this->ColorizeByNetwork(body, skin, tissue);
  }
  else if (m_Method == MethodEnum::Slices)
  {
    this->ColorizeEverySlice(body, skin, tissue, this->SelectSlices(body));
  }
  else
  {
    const Hints hints = this->ColorizeSlices(body, this->SelectSlices(body));
    this->BeginStage("colour propagation", 0.5);
    this->PropagateColors(body, skin, tissue, hints);
  }
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TOutputImage>
void
ReferenceColorizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Method: " << m_Method << std::endl;
  itkPrintSelfObjectMacro(ReferenceDatabase);
  os << indent << "NumberOfReferences: " << m_NumberOfReferences << std::endl;
  itkPrintSelfObjectMacro(Model);
  os << indent << "Axis: " << m_Axis << std::endl;
  os << indent << "NumberOfHintSlices: " << m_NumberOfHintSlices << std::endl;
  os << indent << "TransferLambda: " << m_TransferLambda << std::endl;
  os << indent << "TransferSigma: " << m_TransferSigma << std::endl;
  itkPrintSelfObjectMacro(Propagation);
  itkPrintSelfObjectMacro(Network);
}
} // namespace itk

#endif
