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
#ifndef itkSobelInRangeImageFilter_hxx
#define itkSobelInRangeImageFilter_hxx

#include <atomic>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
SobelInRangeImageFilter<TInputImage, TOutputImage>::SobelInRangeImageFilter()
{
  this->AddRange(-190.0, -30.0);
  this->AddRange(150.0, 3071.0);
}

template <typename TInputImage, typename TOutputImage>
void
SobelInRangeImageFilter<TInputImage, TOutputImage>::SetRanges(const RangesType & ranges)
{
  if (ranges != m_Ranges)
  {
    m_Ranges = ranges;
    this->Modified();
  }
}

template <typename TInputImage, typename TOutputImage>
void
SobelInRangeImageFilter<TInputImage, TOutputImage>::ClearRanges()
{
  this->SetRanges({});
}

template <typename TInputImage, typename TOutputImage>
void
SobelInRangeImageFilter<TInputImage, TOutputImage>::AddRange(double lower, double upper)
{
  RangeType range;
  range[0] = lower;
  range[1] = upper;
  m_Ranges.push_back(range);
  this->Modified();
}

template <typename TInputImage, typename TOutputImage>
void
SobelInRangeImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (m_Ranges.empty())
  {
    itkExceptionMacro(<< "Ranges is empty, but at least one range is needed.");
  }
  for (const RangeType & range : m_Ranges)
  {
    if (!(static_cast<float>(range[0]) < static_cast<float>(range[1])))
    {
      itkExceptionMacro(<< "Ranges holds " << range[0] << " ... " << range[1]
                        << ", but the lower value of a range has to be below its upper value.");
    }
  }
  if (m_SliceAxis > 2)
  {
    itkExceptionMacro(<< "SliceAxis is " << m_SliceAxis << ", but has to be 0, 1 or 2.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
SobelInRangeImageFilter<TInputImage, TOutputImage>::GenerateOutputInformation()
{
  Superclass::GenerateOutputInformation();
  TOutputImage * output = this->GetOutput();
  output->SetNumberOfComponentsPerPixel(this->GetNumberOfRanges());
  // Only some kinds of image can change it.
  if (output->GetNumberOfComponentsPerPixel() != m_Ranges.size())
  {
    itkExceptionMacro(<< "The output's pixels have " << output->GetNumberOfComponentsPerPixel()
                      << " components, but one is needed for each of the " << m_Ranges.size() << " ranges.");
  }
}

template <typename TInputImage, typename TOutputImage>
bool
SobelInRangeImageFilter<TInputImage, TOutputImage>::UsesAxis(unsigned int axis) const
{
  return ImageDimension == 2 || !m_InPlane || axis != m_SliceAxis;
}

template <typename TInputImage, typename TOutputImage>
colorization::SobelInRangeParameters
SobelInRangeImageFilter<TInputImage, TOutputImage>::MakeParameters() const
{
  colorization::SobelInRangeParameters parameters;
  for (const RangeType & range : m_Ranges)
  {
    parameters.ranges.push_back({ { static_cast<float>(range[0]), static_cast<float>(range[1]) } });
  }
  parameters.derivativeScale.fill(0.0);
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    if (this->UsesAxis(axis))
    {
      parameters.derivativeScale[axis] = m_UseImageSpacing ? 1.0 / this->GetInput()->GetSpacing()[axis] : 1.0;
    }
  }
  return parameters;
}

template <typename TInputImage, typename TOutputImage>
auto
SobelInRangeImageFilter<TInputImage, TOutputImage>::RegionAround(const OutputRegionType & region) const
  -> InputRegionType
{
  typename InputRegionType::SizeType radius;
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    radius[axis] = this->UsesAxis(axis) ? 1 : 0;
  }
  InputRegionType around = region;
  around.PadByRadius(radius);
  around.Crop(this->GetInput()->GetLargestPossibleRegion());
  return around;
}

template <typename TInputImage, typename TOutputImage>
void
SobelInRangeImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  Superclass::GenerateInputRequestedRegion();
  auto * input = const_cast<TInputImage *>(this->GetInput());
  if (input)
  {
    input->SetRequestedRegion(this->RegionAround(this->GetOutput()->GetRequestedRegion()));
  }
}

template <typename TInputImage, typename TOutputImage>
bool
SobelInRangeImageFilter<TInputImage, TOutputImage>::ReadRow(typename TInputImage::IndexType start,
                                                            std::size_t                     width,
                                                            float *                         row) const
{
  const TInputImage * input = this->GetInput();
  const auto &        largest = input->GetLargestPossibleRegion();
  const auto          endOf = [&](unsigned int axis)
  { return largest.GetIndex(axis) + static_cast<IndexValueType>(largest.GetSize(axis)); };
  for (unsigned int axis = 1; axis < ImageDimension; ++axis)
  {
    start[axis] = std::min(std::max(start[axis], largest.GetIndex(axis)), endOf(axis) - 1);
  }
  const bool reads = this->UsesAxis(0);
  const auto end = start[0] + static_cast<IndexValueType>(width);
  const auto before = reads && start[0] > largest.GetIndex(0) ? 1u : 0u;
  const auto after = reads && end < endOf(0) ? 1u : 0u;

  const auto *      values = colorization::ComponentsAt(input, start) - before;
  const std::size_t count = before + width + after;
  float * const     copy = row + 1 - before;
  unsigned int      nonFinite = 0;
  for (std::size_t x = 0; x < count; ++x)
  {
    copy[x] = static_cast<float>(values[x]);
  }
  if (std::is_floating_point<typename TInputImage::PixelType>::value)
  {
    constexpr auto highest = std::numeric_limits<typename TInputImage::PixelType>::max();
    for (std::size_t x = 0; x < count; ++x)
    {
      nonFinite += values[x] >= -highest && values[x] <= highest ? 0u : 1u;
    }
  }
  row[0] = row[1 - before];
  row[width + 1] = row[width + after];
  return nonFinite == 0;
}

template <typename TInputImage, typename TOutputImage>
void
SobelInRangeImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  this->AllocateOutputs();
  TOutputImage *         output = this->GetOutput();
  const OutputRegionType region = output->GetRequestedRegion();
  const auto             parallelFor = colorization::MakeParallelFor(this);
  const std::size_t      width = region.GetSize(0);
  const std::size_t      count = width * m_Ranges.size();
  const auto             startOf = [&](std::ptrdiff_t y, std::ptrdiff_t z)
  {
    typename TInputImage::IndexType start = region.GetIndex();
    start[1] += y;
    if (ImageDimension > 2)
    {
      start[ImageDimension - 1] += z;
    }
    return start;
  };

  std::atomic<bool> isFinite{ true };
  const auto        readRow = [&](std::ptrdiff_t y, std::ptrdiff_t z, float * row)
  {
    if (!this->ReadRow(startOf(y, z), width, row))
    {
      isFinite = false;
    }
  };
  const auto writeRow = [&](std::size_t y, std::size_t z, const float * row)
  {
    std::transform(
      row,
      row + count,
      colorization::ComponentsAt(output, startOf(static_cast<std::ptrdiff_t>(y), static_cast<std::ptrdiff_t>(z))),
      [](float value) { return colorization::RoundAndClamp<colorization::ComponentTypeOf<TOutputImage>>(value); });
  };
  colorization::SobelInRange(readRow,
                             colorization::CoreSize(region.GetSize()),
                             this->MakeParameters(),
                             writeRow,
                             parallelFor,
                             colorization::MakeProgressCallback(this, 0.0, 0.99));
  if (!isFinite)
  {
    colorization::VerifyFinite(this, "The input", this->GetInput(), this->RegionAround(region), parallelFor);
  }
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TOutputImage>
void
SobelInRangeImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Ranges:";
  for (const RangeType & range : m_Ranges)
  {
    os << ' ' << range;
  }
  os << std::endl;
  os << indent << "InPlane: " << (m_InPlane ? "On" : "Off") << std::endl;
  os << indent << "SliceAxis: " << m_SliceAxis << std::endl;
  os << indent << "UseImageSpacing: " << (m_UseImageSpacing ? "On" : "Off") << std::endl;
}
} // namespace itk

#endif
