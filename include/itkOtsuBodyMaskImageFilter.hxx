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
#ifndef itkOtsuBodyMaskImageFilter_hxx
#define itkOtsuBodyMaskImageFilter_hxx

#include "itkPixelHistogram.h"

#include <limits>
#include <numeric>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
void
OtsuBodyMaskImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (m_NumberOfHistogramBins < 2)
  {
    itkExceptionMacro(<< "NumberOfHistogramBins is " << m_NumberOfHistogramBins << ", but has to be at least 2.");
  }
  if (!(m_HistogramTail >= 0.0 && m_HistogramTail <= 0.5))
  {
    itkExceptionMacro(<< "HistogramTail is " << m_HistogramTail << ", but has to be in 0 ... 0.5.");
  }
  if (!(m_OpeningRadius >= 0.0 && std::isfinite(m_OpeningRadius)))
  {
    itkExceptionMacro(<< "OpeningRadius is " << m_OpeningRadius << ", but has to be at least 0.");
  }
  if (!(m_MinimumPartVolume >= 0.0))
  {
    itkExceptionMacro(<< "MinimumPartVolume is " << m_MinimumPartVolume << ", but has to be at least 0.");
  }
  if (m_SliceAxis > 2)
  {
    itkExceptionMacro(<< "SliceAxis is " << m_SliceAxis << ", but has to be 0, 1 or 2.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
OtsuBodyMaskImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  colorization::RequestWholeInputs(this);
}

template <typename TInputImage, typename TOutputImage>
void
OtsuBodyMaskImageFilter<TInputImage, TOutputImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TOutputImage>
double
OtsuBodyMaskImageFilter<TInputImage, TOutputImage>::ComputeVoxelVolume() const
{
  double volume = 1e-3;
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    volume *= this->GetInput()->GetSpacing()[axis];
  }
  return volume;
}

template <typename TInputImage, typename TOutputImage>
colorization::ComponentReport
OtsuBodyMaskImageFilter<TInputImage, TOutputImage>::KeepParts(std::uint8_t *                     mask,
                                                              const std::array<std::size_t, 3> & size,
                                                              const colorization::ParallelFor &  parallelFor) const
{
  auto minimumVoxels = std::numeric_limits<std::size_t>::max();
  if (m_KeepSeparateParts)
  {
    // Rounded down by a little, so that a part of just this volume stays.
    const double voxels = m_MinimumPartVolume / this->ComputeVoxelVolume() * (1.0 - 1e-9);
    minimumVoxels = static_cast<std::size_t>(std::ceil(std::min(voxels, 1e18)));
  }
  return colorization::KeepComponents(mask, size, minimumVoxels, parallelFor);
}

template <typename TInputImage, typename TOutputImage>
void
OtsuBodyMaskImageFilter<TInputImage, TOutputImage>::OpenMask(std::uint8_t *                     mask,
                                                             const std::array<std::size_t, 3> & size,
                                                             const colorization::ParallelFor &  parallelFor)
{
  std::array<double, 3> spacing{ { 1.0, 1.0, 1.0 } };
  std::copy_n(this->GetInput()->GetSpacing().Begin(), ImageDimension, spacing.begin());
  colorization::ErodeByBall(mask, size, spacing, m_OpeningRadius, parallelFor);
  colorization::UpdateProgressOrAbort(this, 0.5);
  if (this->KeepParts(mask, size, parallelFor).keptVoxels == 0)
  {
    itkExceptionMacro(<< "OpeningRadius is " << m_OpeningRadius << ", which leaves nothing of what is above "
                      << m_Threshold << '.');
  }
  colorization::DilateByBall(mask, size, spacing, m_OpeningRadius, parallelFor);
}

template <typename TInputImage, typename TOutputImage>
void
OtsuBodyMaskImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  using InputPixelType = typename TInputImage::PixelType;
  using OutputPixelType = typename TOutputImage::PixelType;
  this->AllocateOutputs();
  const TInputImage * input = this->GetInput();
  TOutputImage *      output = this->GetOutput();
  const RegionType    region = input->GetLargestPossibleRegion();
  const auto          size = colorization::CoreSize(region.GetSize());
  const auto          parallelFor = colorization::MakeParallelFor(this);
  const std::size_t   rows = size[1] * size[2];

  colorization::VerifyFinite(this, "The input", input, region, parallelFor);
  const colorization::ValueHistogram histogram =
    colorization::ComputeHistogram(input,
                                   region,
                                   m_HistogramTail,
                                   parallelFor,
                                   colorization::HasBinForEachValue<InputPixelType>());
  const colorization::HistogramRange range = colorization::ClipTails(histogram, 0.0);
  if (range.first == range.last)
  {
    itkExceptionMacro(<< "All voxels have the value "
                      << histogram.lowest + static_cast<double>(range.first) * histogram.width
                      << ", so there is no body to tell from its background.");
  }
  const auto found = colorization::ComputeBodyThreshold(histogram, m_NumberOfHistogramBins, m_HistogramTail);
  m_Threshold = found.threshold;
  m_NumberOfPaddingVoxels = found.paddingVoxels;
  colorization::UpdateProgressOrAbort(this, 0.3);

  constexpr bool            isInPlace = std::is_integral<OutputPixelType>::value && sizeof(OutputPixelType) == 1;
  std::vector<std::uint8_t> ownMask(isInPlace ? 0 : region.GetNumberOfPixels());
  std::uint8_t * mask = isInPlace ? reinterpret_cast<std::uint8_t *>(output->GetBufferPointer()) : ownMask.data();
  const auto     highestOutside = colorization::HighestNotAbove<InputPixelType>(m_Threshold);
  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t first)
                           {
                             const InputPixelType * in = colorization::ComponentsAt(input, row.GetIndex());
                             for (std::size_t x = 0; x < size[0]; ++x)
                             {
                               mask[first + x] = in[x] > highestOutside ? 1 : 0;
                             }
                           });
  colorization::UpdateProgressOrAbort(this, 0.4);
  if (m_OpeningRadius > 0.0)
  {
    this->OpenMask(mask, size, parallelFor);
  }
  colorization::UpdateProgressOrAbort(this, 0.6);
  m_NumberOfComponents = this->KeepParts(mask, size, parallelFor).keptComponents;
  colorization::UpdateProgressOrAbort(this, 0.8);
  if (m_FillHoles)
  {
    const unsigned int sliceAxis = ImageDimension == 2 ? 2 : m_SliceAxis;
    colorization::FillHolesInSlices(mask, size, sliceAxis, parallelFor);
    for (unsigned int step = 1; m_FillAlongAllAxes && step < ImageDimension && ImageDimension > 2; ++step)
    {
      colorization::FillHolesInSlices(mask, size, (sliceAxis + step) % 3, parallelFor);
    }
  }
  std::vector<std::size_t> voxelsOfRow(rows);
  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t first)
                           {
                             const std::uint8_t * in = mask + first;
                             voxelsOfRow[first / size[0]] = std::accumulate(in, in + size[0], std::uint32_t{ 0 });
                             if (!isInPlace)
                             {
                               std::copy(in, in + size[0], colorization::ComponentsAt(output, row.GetIndex()));
                             }
                           });
  m_BodyVolume = static_cast<double>(std::accumulate(voxelsOfRow.begin(), voxelsOfRow.end(), std::size_t{ 0 })) *
                 this->ComputeVoxelVolume();
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TOutputImage>
void
OtsuBodyMaskImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "NumberOfHistogramBins: " << m_NumberOfHistogramBins << std::endl;
  os << indent << "HistogramTail: " << m_HistogramTail << std::endl;
  os << indent << "OpeningRadius: " << m_OpeningRadius << std::endl;
  os << indent << "KeepSeparateParts: " << (m_KeepSeparateParts ? "On" : "Off") << std::endl;
  os << indent << "MinimumPartVolume: " << m_MinimumPartVolume << std::endl;
  os << indent << "FillHoles: " << (m_FillHoles ? "On" : "Off") << std::endl;
  os << indent << "SliceAxis: " << m_SliceAxis << std::endl;
  os << indent << "FillAlongAllAxes: " << (m_FillAlongAllAxes ? "On" : "Off") << std::endl;
  os << indent << "Threshold: " << m_Threshold << std::endl;
  os << indent << "NumberOfPaddingVoxels: " << m_NumberOfPaddingVoxels << std::endl;
  os << indent << "NumberOfComponents: " << m_NumberOfComponents << std::endl;
  os << indent << "BodyVolume: " << m_BodyVolume << std::endl;
}
} // namespace itk

#endif
