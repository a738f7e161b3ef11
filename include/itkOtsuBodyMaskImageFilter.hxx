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

#include "itkSignedMaurerDistanceMapImageFilter.h"

#include <limits>

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
  if (!(m_OpeningRadius >= 0.0))
  {
    itkExceptionMacro(<< "OpeningRadius is " << m_OpeningRadius << ", but has to be at least 0.");
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
OtsuBodyMaskImageFilter<TInputImage, TOutputImage>::ComputeThreshold(
  const RegionType &                region,
  const colorization::ParallelFor & parallelFor) const
{
  const TInputImage *   input = this->GetInput();
  const std::size_t     rows = region.GetNumberOfPixels() / region.GetSize(0);
  std::vector<double>   lowestOfRow(rows, std::numeric_limits<double>::max());
  std::vector<double>   highestOfRow(rows, std::numeric_limits<double>::lowest());
  constexpr std::size_t fineBins = 65536;
  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t first)
                           {
                             double & lowest = lowestOfRow[first / region.GetSize(0)];
                             double & highest = highestOfRow[first / region.GetSize(0)];
                             for (ImageScanlineConstIterator<TInputImage> it(input, row); !it.IsAtEndOfLine(); ++it)
                             {
                               const auto value = static_cast<double>(it.Get());
                               lowest = std::min(lowest, value);
                               highest = std::max(highest, value);
                             }
                           });
  const double lowest = *std::min_element(lowestOfRow.begin(), lowestOfRow.end());
  const double highest = *std::max_element(highestOfRow.begin(), highestOfRow.end());
  if (!(highest > lowest))
  {
    itkExceptionMacro(<< "All voxels have the value " << lowest
                      << ", so there is no body to tell from its background.");
  }

  std::vector<std::uint64_t> fine;
  double                     top = highest;
  double                     toBin = 0.0;
  std::size_t                end = 0;
  // Far outliers leave few fine bins to the rest: then the histogram is taken again up to its end.
  for (bool isCoarse = true; isCoarse;)
  {
    fine.assign(fineBins, 0);
    toBin = fineBins / (top - lowest);
    for (ImageRegionConstIterator<TInputImage> it(input, region); !it.IsAtEnd(); ++it)
    {
      const double bin = (static_cast<double>(it.Get()) - lowest) * toBin;
      ++fine[bin < fineBins ? static_cast<std::size_t>(bin) : fineBins - 1];
    }
    auto tail = static_cast<std::uint64_t>(m_HistogramTail * static_cast<double>(region.GetNumberOfPixels()));
    for (end = fineBins; end > 1 && fine[end - 1] <= tail;)
    {
      tail -= fine[--end];
    }
    isCoarse = end < fineBins / 16 && end / toBin < top - lowest && lowest + end / toBin > lowest;
    top = isCoarse ? lowest + end / toBin : top;
  }
  std::vector<std::uint64_t> histogram(m_NumberOfHistogramBins);
  for (std::size_t k = 0; k < fineBins; ++k)
  {
    histogram[std::min<std::size_t>(k * m_NumberOfHistogramBins / end, m_NumberOfHistogramBins - 1)] += fine[k];
  }
  return colorization::OtsuThreshold(histogram, lowest, lowest + static_cast<double>(end) / toBin);
}

template <typename TInputImage, typename TOutputImage>
void
OtsuBodyMaskImageFilter<TInputImage, TOutputImage>::OpenMask(std::vector<std::uint8_t> & mask,
                                                             const RegionType &          region) const
{
  using MaskImageType = Image<unsigned char, ImageDimension>;
  using DistanceImageType = Image<float, ImageDimension>;
  auto image = MaskImageType::New();
  image->SetRegions(region);
  image->SetSpacing(this->GetInput()->GetSpacing());
  image->Allocate();
  // Distance of each voxel outside of a set to the set; negative within it.
  const auto distanceTo = [&](std::uint8_t value)
  {
    std::transform(mask.begin(),
                   mask.end(),
                   image->GetBufferPointer(),
                   [value](std::uint8_t m) { return m == value ? 1 : 0; });
    image->Modified();
    auto distance = SignedMaurerDistanceMapImageFilter<MaskImageType, DistanceImageType>::New();
    distance->SetInput(image);
    distance->SquaredDistanceOff();
    distance->UseImageSpacingOn();
    distance->SetNumberOfWorkUnits(const_cast<Self *>(this)->GetNumberOfWorkUnits());
    distance->Update();
    typename DistanceImageType::Pointer output = distance->GetOutput();
    return output;
  };
  // Erosion: what is farther than the radius from the nearest voxel of the background.
  auto distance = distanceTo(0);
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    mask[i] = distance->GetBufferPointer()[i] > m_OpeningRadius ? 1 : 0;
  }
  colorization::KeepLargestComponent(mask.data(), colorization::CoreSize(region.GetSize()));
  distance = distanceTo(1);
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    mask[i] = distance->GetBufferPointer()[i] <= m_OpeningRadius ? 1 : 0;
  }
}

template <typename TInputImage, typename TOutputImage>
void
OtsuBodyMaskImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  this->AllocateOutputs();
  const TInputImage * input = this->GetInput();
  const RegionType    region = input->GetLargestPossibleRegion();
  const auto          size = colorization::CoreSize(region.GetSize());
  const auto          parallelFor = colorization::MakeParallelFor(this);

  colorization::VerifyFinite(this, "The input", input, region, parallelFor);
  m_Threshold = this->ComputeThreshold(region, parallelFor);
  colorization::UpdateProgressOrAbort(this, 0.3);

  std::vector<std::uint8_t> mask(region.GetNumberOfPixels());
  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t first)
                           {
                             for (ImageScanlineConstIterator<TInputImage> it(input, row); !it.IsAtEndOfLine();
                                  ++it, ++first)
                             {
                               mask[first] = static_cast<double>(it.Get()) > m_Threshold ? 1 : 0;
                             }
                           });
  if (m_OpeningRadius > 0.0)
  {
    this->OpenMask(mask, region);
  }
  colorization::UpdateProgressOrAbort(this, 0.5);
  colorization::KeepLargestComponent(mask.data(), size);
  colorization::UpdateProgressOrAbort(this, 0.7);
  if (m_FillHoles)
  {
    const unsigned int sliceAxis = ImageDimension == 2 ? 2 : m_SliceAxis;
    colorization::FillHolesInSlices(mask.data(), size, sliceAxis, parallelFor);
    for (unsigned int step = 1; m_FillAlongAllAxes && step < ImageDimension && ImageDimension > 2; ++step)
    {
      colorization::FillHolesInSlices(mask.data(), size, (sliceAxis + step) % 3, parallelFor);
    }
  }
  TOutputImage * output = this->GetOutput();
  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t first)
                           {
                             for (ImageScanlineIterator<TOutputImage> it(output, row); !it.IsAtEndOfLine();
                                  ++it, ++first)
                             {
                               it.Set(static_cast<typename TOutputImage::PixelType>(mask[first]));
                             }
                           });
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
  os << indent << "FillHoles: " << (m_FillHoles ? "On" : "Off") << std::endl;
  os << indent << "SliceAxis: " << m_SliceAxis << std::endl;
  os << indent << "FillAlongAllAxes: " << (m_FillAlongAllAxes ? "On" : "Off") << std::endl;
  os << indent << "Threshold: " << m_Threshold << std::endl;
}
} // namespace itk

#endif
