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
#ifndef itkAtlasColorizationImageFilter_hxx
#define itkAtlasColorizationImageFilter_hxx

#include "itkAtlasColors.h"
#include "itkColorSpace.h"

namespace itk
{
template <typename TInputImage, typename TOutputImage>
AtlasColorizationImageFilter<TInputImage, TOutputImage>::AtlasColorizationImageFilter()
  : m_Registration(AtlasRegistration::New())
{}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
AtlasColorizationImageFilter<TInputImage, TOutputImage>::GetMTime() const
{
  return std::max(Superclass::GetMTime(), m_Registration->GetMTime());
}

template <typename TInputImage, typename TOutputImage>
void
AtlasColorizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  const ColorAtlas * atlas = m_Registration->GetAtlas();
  if (!atlas || !atlas->GetColorImage())
  {
    itkExceptionMacro(<< "There is no atlas, or it is empty.");
  }
  if (!(m_MatchRadius > 0.0))
  {
    itkExceptionMacro(<< "MatchRadius is " << m_MatchRadius << ", but has to be above 0.");
  }
  m_Registration->VerifyParameters();
}

template <typename TInputImage, typename TOutputImage>
template <typename TVolume, typename TImage>
typename TVolume::Pointer
AtlasColorizationImageFilter<TInputImage, TOutputImage>::VolumeOf(const TImage * image)
{
  const auto                      region = image->GetLargestPossibleRegion();
  auto                            volume = TVolume::New();
  typename TVolume::RegionType    whole;
  typename TVolume::SpacingType   spacing;
  typename TVolume::PointType     origin;
  typename TVolume::DirectionType direction;
  whole.SetSize(2, 1);
  spacing.Fill(1.0);
  origin.Fill(0.0);
  direction.SetIdentity();
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    whole.SetIndex(axis, region.GetIndex(axis));
    whole.SetSize(axis, region.GetSize(axis));
    spacing[axis] = image->GetSpacing()[axis];
    origin[axis] = image->GetOrigin()[axis];
    for (unsigned int row = 0; row < ImageDimension; ++row)
    {
      direction[row][axis] = image->GetDirection()[row][axis];
    }
  }
  volume->SetRegions(whole);
  volume->SetSpacing(spacing);
  volume->SetOrigin(origin);
  volume->SetDirection(direction);
  volume->Allocate();
  std::transform(image->GetBufferPointer(),
                 image->GetBufferPointer() + region.GetNumberOfPixels(),
                 volume->GetBufferPointer(),
                 [](typename TImage::PixelType value) { return static_cast<typename TVolume::PixelType>(value); });
  return volume;
}

template <typename TInputImage, typename TOutputImage>
auto
AtlasColorizationImageFilter<TInputImage, TOutputImage>::MakeOrder(const ImageBase<3> * volume) -> Order
{
  Order order;
  order.axes = colorization::FindPatientAxes(volume->GetDirection());
  order.grid = colorization::MakePatientGrid(volume, order.axes);
  const auto size = volume->GetLargestPossibleRegion().GetSize();
  order.stride = { { 1, size[0], size[0] * size[1] } };
  return order;
}

template <typename TInputImage, typename TOutputImage>
void
AtlasColorizationImageFilter<TInputImage, TOutputImage>::RegisterAtlas(const VolumeType * scan)
{
  m_Registration->SetScanImage(scan);
  m_Registration->SetMaskImage(this->GetMaskImage() ? VolumeOf<VolumeMaskType>(this->GetMaskImage()) : nullptr);
  class NamesStage : public Command
  {
  public:
    using Pointer = SmartPointer<NamesStage>;
    itkNewMacro(NamesStage);
    std::function<void()> name;
    void
    Execute(Object *, const EventObject &) override
    {
      name();
    }
    void
    Execute(const Object *, const EventObject &) override
    {
      name();
    }
  };
  auto command = NamesStage::New();
  command->name = [this]() { this->BeginStage(m_Registration->GetStage().c_str(), this->GetProgress()); };
  const unsigned long tag = m_Registration->AddObserver(ProgressEvent(), command);
  try
  {
    this->RunPart(m_Registration, 0.05, 0.8);
  }
  catch (...)
  {
    m_Registration->RemoveObserver(tag);
    throw;
  }
  m_Registration->RemoveObserver(tag);
}

template <typename TInputImage, typename TOutputImage>
double
AtlasColorizationImageFilter<TInputImage, TOutputImage>::GetUsedMatchRadius() const
{
  constexpr double goodAgreement = 0.2;
  constexpr double widest = 2.0;
  const double     agreement = m_Registration->GetReport().agreement;
  return m_MatchRadius * std::min(std::max(goodAgreement / std::max(agreement, 1e-6), 1.0), widest);
}

template <typename TInputImage, typename TOutputImage>
unsigned char
AtlasColorizationImageFilter<TInputImage, TOutputImage>::TissueOf(float share)
{
  constexpr float mostlyNot = 0.35f;
  constexpr float mostly = 0.65f;
  const float     certainty = std::min(std::max((share - mostlyNot) / (mostly - mostlyNot), 0.0f), 1.0f);
  const auto      tissue = static_cast<unsigned char>(std::round(255.0f * certainty));
  return tissue < 2 ? 0 : tissue;
}

template <typename TInputImage, typename TOutputImage>
void
AtlasColorizationImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  const TInputImage * input = this->GetInput();
  this->BeginStage("body mask", 0.0);
  const auto scan = VolumeOf<VolumeType>(input);
  Order      order = MakeOrder(scan);
  const auto body = this->FindBody(ImageDimension == 3 ? order.axes.axis[2] : 0, 0.0, 0.04);
  this->FindWindow(body);
  const auto skin = this->AddMargin(body);
  const auto tissue = this->MakeTissueMask(body, skin, this->GetLuminanceWindow());
  this->RegisterAtlas(scan);

  this->BeginStage("colours", 0.8);
  const auto                parallelFor = colorization::MakeParallelFor(this);
  const std::size_t         count = scan->GetLargestPossibleRegion().GetNumberOfPixels();
  std::vector<float>        guide(count);
  std::vector<std::uint8_t> isBody(count);
  std::vector<std::uint8_t> isBright(count);
  const auto &              size = order.grid.size;
  const auto                forEachVoxel = [&](const auto & visit)
  {
    parallelFor(size[1] * size[2],
                [&](std::size_t row)
                {
                  for (std::size_t x = 0; x < size[0]; ++x)
                  {
                    visit(row * size[0] + x, order.BufferNumberOf(x, row % size[1], row / size[1]));
                  }
                });
  };
  forEachVoxel(
    [&](std::size_t own, std::size_t inBuffer)
    {
      guide[own] = scan->GetBufferPointer()[inBuffer];
      isBody[own] = body->GetBufferPointer()[inBuffer];
      isBright[own] = isBody[own] != 0 && tissue->GetBufferPointer()[inBuffer] != 0 ? 1 : 0;
    });
  colorization::EqualizeValues(guide, isBright, parallelFor);
  colorization::AtlasColorsParameters parameters;
  parameters.matchRadius = this->GetUsedMatchRadius();
  parameters.toneRadius = this->GetToneRadius();
  parameters.isFused = this->GetLuminance() == Superclass::LuminanceEnum::Fused;
  auto colors = colorization::FitAtlasColors(m_Registration->GetAtlas()->GetColorImage(),
                                             m_Registration->GetTransform(),
                                             order.grid,
                                             guide,
                                             isBody,
                                             parameters,
                                             parallelFor,
                                             colorization::MakeProgressCallback(this, 0.8, 0.95));

  this->BeginStage("tone", 0.95);
  constexpr std::size_t channels = 3;
  std::vector<float>    planes(channels * count);
  std::vector<float>    scanLuminance(parameters.isFused ? count : 0);
  forEachVoxel(
    [&](std::size_t own, std::size_t inBuffer)
    {
      colorization::Color lab{ { colors.lightness[own], colors.a[own], colors.b[own] } };
      if (parameters.isFused)
      {
        // Tone is the photograph's already, so that only details differ from it: their saturation is kept halfway.
        constexpr float mostColorful = 1.1f;
        const float     shown = colors.fused[own];
        const float     halfway = std::sqrt(shown * lab[0]);
        lab =
          this->GetKeepSaturation() ? colorization::AtLightness(lab, std::min(halfway, mostColorful * lab[0])) : lab;
        lab[0] = shown;
        scanLuminance[inBuffer] = guide[own];
      }
      unsigned char & tissueHere = tissue->GetBufferPointer()[inBuffer];
      if (isBody[own] != 0)
      {
        tissueHere = std::max(tissueHere, TissueOf(colors.tissue[own]));
      }
      std::copy(lab.begin(), lab.end(), planes.begin() + static_cast<std::ptrdiff_t>(channels * inBuffer));
    });
  typename Superclass::LabPlanes lab;
  lab.lightness = planes.data();
  lab.a = planes.data() + 1;
  lab.b = planes.data() + 2;
  lab.stride = channels;
  lab.scan = parameters.isFused ? scanLuminance.data() : nullptr;
  lab.isFused = parameters.isFused;
  this->WriteColors(lab, body, skin, tissue);
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TOutputImage>
void
AtlasColorizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(Registration);
  os << indent << "MatchRadius: " << m_MatchRadius << std::endl;
}
} // namespace itk

#endif
