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
#ifndef itkColorizationImageFilter_hxx
#define itkColorizationImageFilter_hxx

#include "itkBodyMask.h"
#include "itkColorSpace.h"

namespace itk
{
template <typename TInputImage, typename TOutputImage>
ColorizationImageFilter<TInputImage, TOutputImage>::ColorizationImageFilter()
  : m_BodyMask(BodyMaskType::New())
{
  this->AddOptionalInputName("MaskImage");
  m_BodyMask->SetFillAlongAllAxes(true);
  m_UsedWindow[0] = 0.0;
  m_UsedWindow[1] = 1.0;
}

template <typename TInputImage, typename TOutputImage>
void
ColorizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (!(m_ToneRadius > 0.0))
  {
    itkExceptionMacro(<< "ToneRadius is " << m_ToneRadius << ", but has to be above 0.");
  }
  if (!m_UseAutomaticWindow && !(m_WindowMaximum > m_WindowMinimum))
  {
    itkExceptionMacro(<< "WindowMaximum is " << m_WindowMaximum << ", but has to be above WindowMinimum, "
                      << m_WindowMinimum << '.');
  }
  if (!(this->GetOpeningRadius() >= 0.0))
  {
    itkExceptionMacro(<< "OpeningRadius is " << this->GetOpeningRadius() << ", but has to be at least 0.");
  }
  if (!(m_AirThreshold >= 0.0 && m_AirThreshold <= 1.0))
  {
    itkExceptionMacro(<< "AirThreshold is " << m_AirThreshold << ", but has to be in 0 ... 1.");
  }
  if (!m_ConvertColors && !std::is_floating_point<OutputComponentType>::value)
  {
    itkExceptionMacro(<< "ConvertColors is off, but the output's components are integers, which cannot hold Lab.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
ColorizationImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() const
{
  if (const MaskImageType * mask = this->GetMaskImage())
  {
    colorization::VerifySameRegion(this, "MaskImage", mask, this->GetInput()->GetLargestPossibleRegion());
    colorization::VerifySameSpaceAsInput(this, "MaskImage", mask);
  }
  const unsigned int components = this->GetOutput()->GetNumberOfComponentsPerPixel();
  if (components != 3 && (components != 1 || !m_ConvertColors))
  {
    itkExceptionMacro(<< "The output has " << components << " components, but colours have 3"
                      << (m_ConvertColors ? ", and their luminance 1." : "."));
  }
}

template <typename TInputImage, typename TOutputImage>
void
ColorizationImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  colorization::RequestWholeInputs(this);
}

template <typename TInputImage, typename TOutputImage>
void
ColorizationImageFilter<TInputImage, TOutputImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
ColorizationImageFilter<TInputImage, TOutputImage>::GetMTime() const
{
  return std::max(Superclass::GetMTime(), m_BodyMask->GetMTime());
}

template <typename TInputImage, typename TOutputImage>
void
ColorizationImageFilter<TInputImage, TOutputImage>::BeginStage(const char * name, double progress)
{
  m_Stage = name;
  colorization::UpdateProgressOrAbort(this, progress);
}

template <typename TInputImage, typename TOutputImage>
void
ColorizationImageFilter<TInputImage, TOutputImage>::RunPart(ProcessObject * part, double begin, double end)
{
  // Parts live as long as this filter, but their observers for one update.
  class Observation
  {
  public:
    Observation(ProcessObject * subject, unsigned long tag)
      : m_Subject(subject)
      , m_Tag(tag)
    {}
    ~Observation()
    {
      m_Subject->RemoveObserver(m_Tag);
    }
    Observation(const Observation &) = delete;
    Observation &
    operator=(const Observation &) = delete;

  private:
    ProcessObject * m_Subject;
    unsigned long   m_Tag;
  };
  const Observation observation(part, colorization::ForwardProgress(this, part, begin, end));
  part->UpdateLargestPossibleRegion();
}

template <typename TInputImage, typename TOutputImage>
auto
ColorizationImageFilter<TInputImage, TOutputImage>::FindBody(unsigned int sliceAxis,
                                                             double       progressBegin,
                                                             double progressEnd) -> typename MaskImageType::ConstPointer
{
  const TInputImage * input = this->GetInput();
  colorization::VerifyFinite(this,
                             "The input",
                             input,
                             input->GetLargestPossibleRegion(),
                             colorization::MakeParallelFor(this));
  if (const MaskImageType * mask = this->GetMaskImage())
  {
    colorization::VerifyMaskIsNotEmpty(this, mask);
    return mask;
  }
  m_BodyMask->SetInput(input);
  m_BodyMask->SetSliceAxis(sliceAxis);
  this->RunPart(m_BodyMask, progressBegin, progressEnd);
  return m_BodyMask->GetOutput();
}

template <typename TInputImage, typename TOutputImage>
auto
ColorizationImageFilter<TInputImage, TOutputImage>::AddMargin(const MaskImageType * body) ->
  typename MaskImageType::ConstPointer
{
  if (this->GetMaskImage() || m_SkinMargin == 0)
  {
    return body;
  }
  const RegionType region = body->GetLargestPossibleRegion();
  auto             wider = MaskImageType::New();
  wider->CopyInformation(body);
  wider->SetRegions(region);
  wider->Allocate();
  std::copy_n(body->GetBufferPointer(), region.GetNumberOfPixels(), wider->GetBufferPointer());
  colorization::DilateByBall(wider->GetBufferPointer(),
                             colorization::CoreSize(region.GetSize()),
                             { { 1.0, 1.0, 1.0 } },
                             m_SkinMargin,
                             colorization::MakeParallelFor(this));
  return wider.GetPointer();
}

template <typename TInputImage, typename TOutputImage>
void
ColorizationImageFilter<TInputImage, TOutputImage>::FindWindow(const MaskImageType * body)
{
  m_UsedWindow[0] = m_WindowMinimum;
  m_UsedWindow[1] = m_WindowMaximum;
  if (m_UseAutomaticWindow)
  {
    const auto window = colorization::FindLuminanceWindow(this, this->GetInput(), body);
    this->SetUsedWindow(window.minimum, window.maximum);
  }
}

template <typename TInputImage, typename TOutputImage>
void
ColorizationImageFilter<TInputImage, TOutputImage>::SetUsedWindow(double minimum, double maximum)
{
  m_UsedWindow[0] = minimum;
  m_UsedWindow[1] = maximum;
}

template <typename TInputImage, typename TOutputImage>
auto
ColorizationImageFilter<TInputImage, TOutputImage>::MakeTissueMask(const MaskImageType *                 body,
                                                                   const MaskImageType *                 skin,
                                                                   const colorization::LuminanceWindow & window) ->
  typename MaskImageType::Pointer
{
  return this->MakeTissueMask(body, skin, window, this->GetInput()->GetLargestPossibleRegion());
}

template <typename TInputImage, typename TOutputImage>
auto
ColorizationImageFilter<TInputImage, TOutputImage>::MakeTissueMask(const MaskImageType *                 body,
                                                                   const MaskImageType *                 skin,
                                                                   const colorization::LuminanceWindow & window,
                                                                   const RegionType &                    region) ->
  typename MaskImageType::Pointer
{
  const TInputImage * input = this->GetInput();
  auto                tissue = MaskImageType::New();
  tissue->CopyInformation(input);
  tissue->SetBufferedRegion(region);
  tissue->Allocate();
  const auto air = static_cast<float>(m_AirThreshold);
  colorization::ForEachRow(region,
                           colorization::MakeParallelFor(this),
                           [&](const RegionType & row, std::size_t)
                           {
                             ImageScanlineConstIterator<TInputImage>   in(input, row);
                             ImageScanlineConstIterator<MaskImageType> inBody(body, row);
                             ImageScanlineConstIterator<MaskImageType> inSkin(skin, row);
                             ImageScanlineIterator<MaskImageType>      out(tissue, row);
                             for (; !in.IsAtEndOfLine(); ++in, ++inBody, ++inSkin, ++out)
                             {
                               // The margin is dark as it is partly air.
                               const float above = window.Map(in.Get()) - air;
                               const float share = inBody.Get() == 0 || above >= air ? 1.0f : above / air;
                               const bool  isTissue = inSkin.Get() != 0 && share >= 0.0f;
                               out.Set(isTissue ? static_cast<unsigned char>(std::max(2.0f, std::round(255.0f * share)))
                                                : 0);
                             }
                           });
  return tissue;
}

template <typename TInputImage, typename TOutputImage>
std::vector<float>
ColorizationImageFilter<TInputImage, TOutputImage>::MakeScan(const LabPlanes & planes)
{
  const TInputImage * input = this->GetInput();
  const auto          window = this->GetLuminanceWindow();
  std::vector<float>  scan(input->GetLargestPossibleRegion().GetNumberOfPixels());
  colorization::ForEachRow(input->GetLargestPossibleRegion(),
                           colorization::MakeParallelFor(this),
                           [&](const RegionType & row, std::size_t i)
                           {
                             ImageScanlineConstIterator<TInputImage> in(input, row);
                             for (; !in.IsAtEndOfLine(); ++in, ++i)
                             {
                               scan[i] = planes.scan ? planes.scan[i] : window.Map(in.Get());
                             }
                           });
  return scan;
}

template <typename TInputImage, typename TOutputImage>
std::vector<float>
ColorizationImageFilter<TInputImage, TOutputImage>::MakeFusedLightness(const LabPlanes &     planes,
                                                                       const MaskImageType * body,
                                                                       const MaskImageType * tissue)
{
  const RegionType region = this->GetInput()->GetLargestPossibleRegion();
  const auto       parallelFor = colorization::MakeParallelFor(this);
  // The core wants them one after the other.
  std::vector<float> lightness(planes.stride == 1 ? 0 : region.GetNumberOfPixels());
  std::vector<float> weight(region.GetNumberOfPixels());
  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t i)
                           {
                             const unsigned char * inBody = colorization::ComponentsAt(body, row.GetIndex());
                             const unsigned char * inTissue = colorization::ComponentsAt(tissue, row.GetIndex());
                             for (std::size_t x = 0; x < row.GetSize(0); ++x, ++i)
                             {
                               const float share = inBody[x] != 0 ? TissueShare(inTissue[x]) : 0.0f;
                               weight[i] = share * (planes.confidence ? planes.confidence[i] : 1.0f);
                               if (planes.stride != 1)
                               {
                                 lightness[i] = planes.lightness[i * planes.stride];
                               }
                             }
                           });
  const std::vector<float> scan = this->MakeScan(planes);
  const float *            own = planes.stride == 1 ? planes.lightness : lightness.data();
  std::array<double, 3>    spacing{ { 1.0, 1.0, 1.0 } };
  std::copy_n(this->GetInput()->GetSpacing().Begin(), ImageDimension, spacing.begin());
  colorization::PhotographicToneParameters parameters;
  parameters.radius = m_ToneRadius;
  const auto         curve = colorization::FitToneCurve(scan.data(), own, weight.data(), scan.size(), parameters);
  std::vector<float> fused(scan.size());
  colorization::FuseTone(curve,
                         scan.data(),
                         own,
                         weight.data(),
                         colorization::CoreSize(region.GetSize()),
                         spacing,
                         parameters,
                         fused.data(),
                         parallelFor);
  return fused;
}

template <typename TInputImage, typename TOutputImage>
void
ColorizationImageFilter<TInputImage, TOutputImage>::WriteColors(const LabPlanes &     planes,
                                                                const MaskImageType * body,
                                                                const MaskImageType * skin,
                                                                const MaskImageType * tissue)
{
  this->AllocateOutputs();
  this->WriteRegion(planes, body, skin, tissue, this->GetInput()->GetLargestPossibleRegion());
}

template <typename TInputImage, typename TOutputImage>
void
ColorizationImageFilter<TInputImage, TOutputImage>::WriteRegion(const LabPlanes &     planes,
                                                                const MaskImageType * body,
                                                                const MaskImageType * skin,
                                                                const MaskImageType * tissue,
                                                                const RegionType &    region)
{
  constexpr double unit = std::is_floating_point<OutputComponentType>::value
                            ? 1.0
                            : static_cast<double>(NumericTraits<OutputComponentType>::max());
  if (m_Luminance == LuminanceEnum::Reference && !planes.lightness)
  {
    itkExceptionMacro(<< "Luminance is reference, but the method makes no lightness of its own.");
  }
  const TInputImage *      input = this->GetInput();
  TOutputImage *           output = this->GetOutput();
  const std::size_t        components = output->GetNumberOfComponentsPerPixel();
  const auto               window = this->GetLuminanceWindow();
  const bool               isFused = m_Luminance == LuminanceEnum::Fused && planes.lightness;
  const std::vector<float> fused =
    isFused && !planes.isFused ? this->MakeFusedLightness(planes, body, tissue) : std::vector<float>();
  const auto lightnessAt = [&](std::size_t i, float ofScan, float share)
  {
    if (isFused)
    {
      const float joined = planes.isFused ? planes.lightness[i * planes.stride] : fused[i];
      return share == 1.0f ? joined : ofScan + share * (joined - ofScan);
    }
    return m_Luminance == LuminanceEnum::Reference ? planes.lightness[i * planes.stride] : ofScan;
  };
  const auto write = [&](const colorization::Color & color, OutputComponentType * out)
  {
    for (std::size_t c = 0; c < components; ++c)
    {
      const float value = components == 1 ? colorization::RGBToLuminance(color) : color[c];
      out[c] = colorization::RoundAndClamp<OutputComponentType>(unit * value);
    }
  };
  const auto writePixel =
    [&](std::size_t i, float luminance, bool isInBody, unsigned char tissue, OutputComponentType * out)
  {
    const float ofScan = colorization::GrayToLightness(luminance);
    const bool  isColored = tissue != 0 && !(planes.confidence && !(planes.confidence[i] > 0.0f));
    float       shown = isColored ? lightnessAt(i, ofScan, TissueShare(tissue)) : ofScan;
    // What the body fills in part is not as light as the body.
    shown = isInBody ? shown : std::min(shown, ofScan);
    const float               own = planes.lightness ? planes.lightness[i * planes.stride] : shown;
    const std::size_t         at = i * planes.stride;
    const colorization::Color chroma{ { own, isColored ? planes.a[at] : 0.0f, isColored ? planes.b[at] : 0.0f } };
    colorization::Color       lab{ { shown, chroma[1], chroma[2] } };
    if (m_KeepSaturation)
    {
      lab = isFused ? colorization::AtLightnessOfDetail(chroma, shown) : colorization::AtLightness(chroma, shown);
    }
    if (!m_ConvertColors)
    {
      write(lab, out);
    }
    else if (lab[1] == 0.0f && lab[2] == 0.0f && shown == ofScan)
    {
      write({ { luminance, luminance, luminance } }, out);
    }
    else
    {
      write(colorization::LabToRGBInGamut(lab), out);
    }
  };
  colorization::ForEachRow(region,
                           colorization::MakeParallelFor(this),
                           [&](const RegionType & row, std::size_t first)
                           {
                             const auto *          in = colorization::ComponentsAt(input, row.GetIndex());
                             const unsigned char * inBody = colorization::ComponentsAt(body, row.GetIndex());
                             const unsigned char * inSkin = colorization::ComponentsAt(skin, row.GetIndex());
                             const unsigned char * inTissue = colorization::ComponentsAt(tissue, row.GetIndex());
                             OutputComponentType * out = colorization::ComponentsAt(output, row.GetIndex());
                             for (std::size_t x = 0; x < row.GetSize(0); ++x, out += components)
                             {
                               if (inSkin[x] == 0)
                               {
                                 std::fill_n(out, components, OutputComponentType{});
                                 continue;
                               }
                               const float luminance = planes.scan ? planes.scan[first + x] : window.Map(in[x]);
                               writePixel(first + x, luminance, inBody[x] != 0, inTissue[x], out);
                             }
                           });
}

template <typename TInputImage, typename TOutputImage>
void
ColorizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(BodyMask);
  os << indent << "Luminance: " << m_Luminance << std::endl;
  os << indent << "ToneRadius: " << m_ToneRadius << std::endl;
  os << indent << "KeepSaturation: " << (m_KeepSaturation ? "On" : "Off") << std::endl;
  os << indent << "ConvertColors: " << (m_ConvertColors ? "On" : "Off") << std::endl;
  os << indent << "UseAutomaticWindow: " << (m_UseAutomaticWindow ? "On" : "Off") << std::endl;
  os << indent << "WindowMinimum: " << m_WindowMinimum << std::endl;
  os << indent << "WindowMaximum: " << m_WindowMaximum << std::endl;
  os << indent << "UsedWindow: " << m_UsedWindow << std::endl;
  os << indent << "AirThreshold: " << m_AirThreshold << std::endl;
  os << indent << "SkinMargin: " << m_SkinMargin << std::endl;
  os << indent << "Stage: " << m_Stage << std::endl;
}
} // namespace itk

#endif
