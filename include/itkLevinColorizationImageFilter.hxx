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
#ifndef itkLevinColorizationImageFilter_hxx
#define itkLevinColorizationImageFilter_hxx

namespace itk
{
template <typename TInputImage, typename THintImage, typename TOutputImage>
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::LevinColorizationImageFilter()
{
  this->AddRequiredInputName("HintImage", 1);
  this->AddOptionalInputName("HintMaskImage", 2);
  this->AddOptionalInputName("ConfidenceImage", 3);
  this->AddOptionalInputName("MaskImage", 4);
  this->AddOptionalInputName("InitialImage", 5);
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
void
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (m_ColorSpace != ColorSpaceEnum::YUV && m_ColorSpace != ColorSpaceEnum::Lab)
  {
    itkExceptionMacro(<< "ColorSpace is " << m_ColorSpace << ", but has to be YUV or CIE Lab.");
  }
  if (!m_ConvertColors && !(std::is_floating_point<HintComponentType>::value &&
                            std::is_floating_point<colorization::ComponentTypeOf<TOutputImage>>::value))
  {
    itkExceptionMacro(
      << "ConvertColors is off, but the hints' or the output's components are integers, which cannot hold "
      << m_ColorSpace << '.');
  }
  if (!(m_WindowMaximum > m_WindowMinimum))
  {
    itkExceptionMacro(<< "WindowMaximum is " << m_WindowMaximum << ", but has to be above WindowMinimum, "
                      << m_WindowMinimum << '.');
  }
  if (!(m_VarianceScale > 0.0))
  {
    itkExceptionMacro(<< "VarianceScale is " << m_VarianceScale << ", but has to be above 0.");
  }
  if (m_SlabAxis >= ImageDimension)
  {
    itkExceptionMacro(<< "SlabAxis is " << m_SlabAxis << ", but has to be below " << ImageDimension << '.');
  }
  if (!(m_Tolerance > 0.0))
  {
    itkExceptionMacro(<< "Tolerance is " << m_Tolerance << ", but has to be above 0.");
  }
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
void
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  const RegionType wanted = this->GetInput()->GetLargestPossibleRegion();
  colorization::VerifySameRegion(this, "HintImage", this->GetHintImage(), wanted);
  colorization::VerifySameRegion(this, "HintMaskImage", this->GetHintMaskImage(), wanted);
  colorization::VerifySameRegion(this, "ConfidenceImage", this->GetConfidenceImage(), wanted);
  colorization::VerifySameRegion(this, "MaskImage", this->GetMaskImage(), wanted);
  colorization::VerifySameRegion(this, "InitialImage", this->GetInitialImage(), wanted);
  for (const IndexValueType slice : m_HintSlices)
  {
    const IndexValueType first = wanted.GetIndex(m_SlabAxis);
    const auto           end = first + static_cast<IndexValueType>(wanted.GetSize(m_SlabAxis));
    if (slice < first || slice >= end)
    {
      itkExceptionMacro(<< "HintSlices holds " << slice << ", but the slices across axis " << m_SlabAxis << " are "
                        << first << " ... " << end - 1 << '.');
    }
  }
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
auto
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::EnlargeToHintSlices(
  const RegionType & region) const -> RegionType
{
  RegionType enlarged = this->GetInput()->GetLargestPossibleRegion();
  if (m_HintSlices.empty())
  {
    return enlarged;
  }
  IndexValueType       begin = enlarged.GetIndex(m_SlabAxis);
  IndexValueType       last = begin + static_cast<IndexValueType>(enlarged.GetSize(m_SlabAxis)) - 1;
  const IndexValueType firstWanted = region.GetIndex(m_SlabAxis);
  const IndexValueType lastWanted = firstWanted + static_cast<IndexValueType>(region.GetSize(m_SlabAxis)) - 1;
  for (const IndexValueType slice : m_HintSlices)
  {
    if (slice <= firstWanted)
    {
      begin = std::max(begin, slice);
    }
    if (slice >= lastWanted)
    {
      last = std::min(last, slice);
    }
  }
  enlarged.SetIndex(m_SlabAxis, begin);
  enlarged.SetSize(m_SlabAxis, static_cast<SizeValueType>(last - begin + 1));
  return enlarged;
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
void
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::GenerateInputRequestedRegion()
{
  const RegionType region = this->EnlargeToHintSlices(this->GetOutput()->GetRequestedRegion());
  for (const DataObject::Pointer & input : this->GetInputs())
  {
    if (auto * image = dynamic_cast<ImageBase<ImageDimension> *>(input.GetPointer()))
    {
      image->SetRequestedRegion(region);
    }
  }
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
void
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  auto * image = dynamic_cast<TOutputImage *>(output);
  if (image)
  {
    image->SetRequestedRegion(this->EnlargeToHintSlices(image->GetRequestedRegion()));
  }
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
colorization::LevinParameters
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::MakeParameters() const
{
  colorization::LevinParameters parameters;
  parameters.varianceScale = m_VarianceScale;
  parameters.useSpacing = m_UseImageSpacing;
  std::copy_n(this->GetInput()->GetSpacing().Begin(), ImageDimension, parameters.spacing.begin());
  parameters.startFromChroma = this->GetInitialImage() != nullptr;
  parameters.slabAxis = m_HintSlices.empty() ? -1 : static_cast<int>(m_SlabAxis);
  parameters.tolerance = m_Tolerance;
  parameters.maximumCycles = m_MaximumNumberOfCycles;
  return parameters;
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
colorization::Color
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::ToUnitRGB(const HintPixelType & pixel)
{
  using Traits = DefaultConvertPixelTraits<HintPixelType>;
  const double unit =
    std::is_integral<HintComponentType>::value ? static_cast<double>(NumericTraits<HintComponentType>::max()) : 1.0;
  colorization::Color rgb;
  for (unsigned int c = 0; c < 3; ++c)
  {
    rgb[c] = static_cast<float>(Traits::GetNthComponent(c, pixel) / unit);
  }
  return rgb;
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
colorization::Color
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::ColorOf(const HintPixelType & pixel) const
{
  const colorization::Color rgb = ToUnitRGB(pixel);
  if (!m_ConvertColors)
  {
    return rgb;
  }
  return m_ColorSpace == ColorSpaceEnum::Lab ? colorization::RGBToLab(rgb) : colorization::RGBToYUV(rgb);
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
std::vector<float>
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::CopyHints(
  const RegionType &                region,
  const std::vector<std::uint8_t> & mask,
  const colorization::ParallelFor & parallelFor,
  std::vector<float> &              confidence) const
{
  const THintImage *          hints = this->GetHintImage();
  const MaskImageType *       hintMask = this->GetHintMaskImage();
  const ConfidenceImageType * confidences = this->GetConfidenceImage();
  const SizeValueType         voxels = region.GetNumberOfPixels();
  std::vector<float>          chroma(this->GetNumberOfChannels() * voxels);
  std::vector<SizeValueType>  badOfRow(voxels / region.GetSize(0));
  confidence.assign(voxels, 0.0f);

  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t first)
                           {
                             ImageRegionConstIteratorWithIndex<THintImage> it(hints, row);
                             for (std::size_t i = first; !it.IsAtEnd(); ++it, ++i)
                             {
                               if (!mask.empty() && !mask[i])
                               {
                                 continue;
                               }
                               const colorization::Color rgb = ToUnitRGB(it.Get());
                               const bool                isHint = hintMask ? hintMask->GetPixel(it.GetIndex()) != 0
                                                                           : rgb[0] != 0.0f || rgb[1] != 0.0f || rgb[2] != 0.0f;
                               if (!isHint)
                               {
                                 continue;
                               }
                               const float trust = confidences ? confidences->GetPixel(it.GetIndex()) : 1.0f;
                               if (!(trust >= 0.0f && trust <= 1.0f) || !std::isfinite(rgb[0] + rgb[1] + rgb[2]))
                               {
                                 ++badOfRow[first / region.GetSize(0)];
                                 continue;
                               }
                               confidence[i] = trust;
                               this->StoreChannels(it.Get(), i, voxels, chroma);
                             }
                           });
  SizeValueType bad = 0;
  for (const SizeValueType count : badOfRow)
  {
    bad += count;
  }
  if (bad > 0)
  {
    itkExceptionMacro(<< bad << " hints have a colour that is not finite, or a confidence outside of 0 ... 1.");
  }
  return chroma;
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
void
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::AddInitialChroma(
  const RegionType &                region,
  const std::vector<float> &        confidence,
  const colorization::ParallelFor & parallelFor,
  std::vector<float> &              chroma) const
{
  const THintImage * initial = this->GetInitialImage();
  colorization::VerifyFinite(this, "InitialImage", initial, region, parallelFor);
  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t i)
                           {
                             for (ImageScanlineConstIterator<THintImage> it(initial, row); !it.IsAtEndOfLine();
                                  ++it, ++i)
                             {
                               if (confidence[i] == 0.0f)
                               {
                                 this->StoreChannels(it.Get(), i, confidence.size(), chroma);
                               }
                             }
                           });
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
void
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::VerifyHintSlices(
  const RegionType &                region,
  const std::vector<std::uint8_t> & mask,
  const std::vector<float> &        confidence) const
{
  const std::array<std::size_t, 3> size = colorization::CoreSize(region.GetSize());
  const std::array<std::size_t, 3> stride{ { 1, size[0], size[0] * size[1] } };
  const unsigned int               a = m_SlabAxis == 0 ? 1 : 0;
  const unsigned int               b = m_SlabAxis == 2 ? 1 : 2;
  for (const IndexValueType slice : m_HintSlices)
  {
    if (slice < region.GetIndex(m_SlabAxis) ||
        slice >= region.GetIndex(m_SlabAxis) + static_cast<IndexValueType>(size[m_SlabAxis]))
    {
      continue;
    }
    const std::size_t first = static_cast<std::size_t>(slice - region.GetIndex(m_SlabAxis)) * stride[m_SlabAxis];
    SizeValueType     missing = 0;
    for (std::size_t k = 0; k < size[a] * size[b]; ++k)
    {
      const std::size_t i = first + k % size[a] * stride[a] + k / size[a] * stride[b];
      missing += (mask.empty() || mask[i]) && confidence[i] < 1.0f ? 1 : 0;
    }
    if (missing > 0)
    {
      itkExceptionMacro(<< "HintSlices holds " << slice << ", but " << missing << " voxels of that slice across axis "
                        << m_SlabAxis << " are no hints of confidence 1.");
    }
  }
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
void
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::WriteColors(
  const RegionType &                region,
  const std::vector<std::uint8_t> & mask,
  const std::vector<float> &        luminance,
  const std::vector<float> &        chroma,
  const colorization::ParallelFor & parallelFor)
{
  using OutputPixelType = typename TOutputImage::PixelType;
  using OutputComponentType = colorization::ComponentTypeOf<TOutputImage>;
  const SizeValueType voxels = region.GetNumberOfPixels();
  const bool          isLab = m_ColorSpace == ColorSpaceEnum::Lab;
  const bool          isAllReached = m_Report.unreachedVoxels == 0;
  const double        unit =
    std::is_integral<OutputComponentType>::value ? static_cast<double>(NumericTraits<OutputComponentType>::max()) : 1.0;
  const auto colorAt = [&](std::size_t i)
  {
    const float         y = luminance[i];
    const bool          hasChroma = chroma[i] != 0.0f || chroma[voxels + i] != 0.0f;
    colorization::Color color{ { isLab ? colorization::GrayToLightness(y) : y, chroma[i], chroma[voxels + i] } };
    bool                isGray = !hasChroma;
    if (m_PropagateLuminance)
    {
      const float own = chroma[2 * voxels + i];
      const bool  isInside = mask.empty() || mask[i] != 0;
      const bool  isReached = isInside && (isAllReached || hasChroma || own != 0.0f);
      color[0] = isReached ? own : color[0];
      isGray = !isReached;
    }
    if (!m_ConvertColors)
    {
      return color;
    }
    return isGray  ? colorization::Color{ { y, y, y } }
           : isLab ? colorization::LabToRGBInGamut(color)
                   : colorization::YUVToRGBInGamut(color);
  };
  TOutputImage * output = this->GetOutput();
  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t first)
                           {
                             OutputPixelType pixel{};
                             for (ImageScanlineIterator<TOutputImage> it(output, row); !it.IsAtEndOfLine();
                                  ++it, ++first)
                             {
                               const colorization::Color color = colorAt(first);
                               for (unsigned int c = 0; c < 3; ++c)
                               {
                                 DefaultConvertPixelTraits<OutputPixelType>::SetNthComponent(
                                   c,
                                   pixel,
                                   colorization::RoundAndClamp<OutputComponentType>(unit * color[c]));
                               }
                               it.Set(pixel);
                             }
                           });
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
void
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::GenerateData()
{
  this->AllocateOutputs();
  const RegionType          region = this->GetOutput()->GetRequestedRegion();
  const auto                parallelFor = colorization::MakeParallelFor(this);
  std::vector<std::uint8_t> mask;
  if (this->GetMaskImage())
  {
    mask = colorization::CopyMask(this->GetMaskImage(), region, parallelFor);
  }
  colorization::VerifyFinite(this, "The input", this->GetInput(), region, parallelFor);
  const std::vector<float> luminance =
    colorization::CopyLuminance(this->GetInput(), region, m_WindowMinimum, m_WindowMaximum, parallelFor);
  std::vector<float> confidence;
  std::vector<float> chroma = this->CopyHints(region, mask, parallelFor, confidence);
  this->VerifyHintSlices(region, mask, confidence);
  if (m_HintSlices.empty() && std::none_of(confidence.begin(), confidence.end(), [](float c) { return c > 0.0f; }))
  {
    itkExceptionMacro(<< "There is no hint" << (mask.empty() ? "." : " within the mask.")
                      << " At least one voxel needs a colour to spread.");
  }
  if (this->GetInitialImage())
  {
    this->AddInitialChroma(region, confidence, parallelFor, chroma);
  }
  colorization::UpdateProgressOrAbort(this, 0.05);

  m_Report = colorization::SolveLevin(luminance.data(),
                                      mask.empty() ? nullptr : mask.data(),
                                      confidence.data(),
                                      chroma.data(),
                                      this->GetNumberOfChannels(),
                                      colorization::CoreSize(region.GetSize()),
                                      this->MakeParameters(),
                                      parallelFor,
                                      colorization::MakeProgressCallback(this, 0.05, 0.95));
  if (!m_Report.converged)
  {
    itkWarningMacro(<< "The solver stopped after MaximumNumberOfCycles = " << m_Report.cycles
                    << " cycles at a residual of " << m_Report.residual << ", above Tolerance = " << m_Tolerance
                    << '.');
  }
  this->WriteColors(region, mask, luminance, chroma, parallelFor);
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename THintImage, typename TOutputImage>
void
LevinColorizationImageFilter<TInputImage, THintImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "HintSlices:";
  for (const IndexValueType slice : m_HintSlices)
  {
    os << ' ' << slice;
  }
  os << std::endl;
  os << indent << "SlabAxis: " << m_SlabAxis << std::endl;
  os << indent << "ColorSpace: " << m_ColorSpace << std::endl;
  os << indent << "PropagateLuminance: " << (m_PropagateLuminance ? "On" : "Off") << std::endl;
  os << indent << "ConvertColors: " << (m_ConvertColors ? "On" : "Off") << std::endl;
  os << indent << "WindowMinimum: " << m_WindowMinimum << std::endl;
  os << indent << "WindowMaximum: " << m_WindowMaximum << std::endl;
  os << indent << "VarianceScale: " << m_VarianceScale << std::endl;
  os << indent << "UseImageSpacing: " << (m_UseImageSpacing ? "On" : "Off") << std::endl;
  os << indent << "Tolerance: " << m_Tolerance << std::endl;
  os << indent << "MaximumNumberOfCycles: " << m_MaximumNumberOfCycles << std::endl;
  os << indent << "NumberOfCycles: " << m_Report.cycles << std::endl;
  os << indent << "Residual: " << m_Report.residual << std::endl;
}
} // namespace itk

#endif
