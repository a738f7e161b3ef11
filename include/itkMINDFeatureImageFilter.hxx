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
#ifndef itkMINDFeatureImageFilter_hxx
#define itkMINDFeatureImageFilter_hxx

#include "itkTotalProgressReporter.h"

namespace itk
{
template <typename TInputImage, typename TOutputImage>
MINDFeatureImageFilter<TInputImage, TOutputImage>::MINDFeatureImageFilter()
{
  this->DynamicMultiThreadingOn();
  this->ThreaderUpdateProgressOff();
}

template <typename TInputImage, typename TOutputImage>
void
MINDFeatureImageFilter<TInputImage, TOutputImage>::SetDilations(const DilationsType & dilations)
{
  const std::vector<unsigned int> values(dilations.begin(), dilations.end());
  if (values != m_Parameters.dilations)
  {
    m_Parameters.dilations = values;
    this->Modified();
  }
}

template <typename TInputImage, typename TOutputImage>
auto
MINDFeatureImageFilter<TInputImage, TOutputImage>::GetDilations() const -> DilationsType
{
  DilationsType dilations(static_cast<typename DilationsType::SizeValueType>(m_Parameters.dilations.size()));
  std::copy(m_Parameters.dilations.begin(), m_Parameters.dilations.end(), dilations.begin());
  return dilations;
}

template <typename TInputImage, typename TOutputImage>
void
MINDFeatureImageFilter<TInputImage, TOutputImage>::SetPatchRadius(unsigned int radius)
{
  if (radius != m_Parameters.patchRadius)
  {
    m_Parameters.patchRadius = radius;
    this->Modified();
  }
}

template <typename TInputImage, typename TOutputImage>
void
MINDFeatureImageFilter<TInputImage, TOutputImage>::SetVarianceFloor(double floor)
{
  if (static_cast<float>(floor) != m_Parameters.varianceFloor)
  {
    m_Parameters.varianceFloor = static_cast<float>(floor);
    this->Modified();
  }
}

template <typename TInputImage, typename TOutputImage>
void
MINDFeatureImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (m_Parameters.dilations.empty())
  {
    itkExceptionMacro(<< "Dilations is empty, but at least one scale is needed.");
  }
  for (const unsigned int dilation : m_Parameters.dilations)
  {
    if (dilation == 0)
    {
      itkExceptionMacro(<< "Dilations holds 0, but every scale needs a distance of at least 1 voxel.");
    }
  }
  if (!(m_Parameters.varianceFloor > 0.0f))
  {
    itkExceptionMacro(<< "VarianceFloor is " << m_Parameters.varianceFloor << ", but has to be above 0.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
MINDFeatureImageFilter<TInputImage, TOutputImage>::GenerateOutputInformation()
{
  Superclass::GenerateOutputInformation();
  this->GetOutput()->SetNumberOfComponentsPerPixel(static_cast<unsigned int>(m_Parameters.dilations.size()) *
                                                   colorization::MINDComponentsPerScale(ImageDimension));
}

template <typename TInputImage, typename TOutputImage>
void
MINDFeatureImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  Superclass::GenerateInputRequestedRegion();
  auto * input = const_cast<TInputImage *>(this->GetInput());
  if (input)
  {
    typename TInputImage::RegionType region = this->GetOutput()->GetRequestedRegion();
    region.PadByRadius(colorization::MINDRadius(m_Parameters));
    region.Crop(input->GetLargestPossibleRegion());
    input->SetRequestedRegion(region);
  }
}

template <typename TInputImage, typename TOutputImage>
void
MINDFeatureImageFilter<TInputImage, TOutputImage>::BeforeThreadedGenerateData()
{
  colorization::VerifyFinite(this,
                             "The input",
                             this->GetInput(),
                             this->GetInput()->GetRequestedRegion(),
                             colorization::MakeParallelFor(this));
}

template <typename TInputImage, typename TOutputImage>
void
MINDFeatureImageFilter<TInputImage, TOutputImage>::AfterThreadedGenerateData()
{
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TOutputImage>
std::vector<float>
MINDFeatureImageFilter<TInputImage, TOutputImage>::CopyWithMargin(const OutputImageRegionType & region) const
{
  const TInputImage *   input = this->GetInput();
  const auto            largest = input->GetLargestPossibleRegion();
  OutputImageRegionType padded = region;
  padded.PadByRadius(colorization::MINDRadius(m_Parameters));

  std::vector<float> values(padded.GetNumberOfPixels());
  const auto         clampTo = [&](IndexValueType position, unsigned int axis)
  {
    const IndexValueType first = largest.GetIndex(axis);
    const auto           last = first + static_cast<IndexValueType>(largest.GetSize(axis)) - 1;
    return std::min(std::max(position, first), last);
  };
  colorization::ForEachRow(padded,
                           colorization::SerialFor,
                           [&](const OutputImageRegionType & row, std::size_t first)
                           {
                             typename TInputImage::IndexType index = row.GetIndex();
                             for (unsigned int axis = 1; axis < ImageDimension; ++axis)
                             {
                               index[axis] = clampTo(index[axis], axis);
                             }
                             for (SizeValueType x = 0; x < row.GetSize(0); ++x)
                             {
                               index[0] = clampTo(row.GetIndex(0) + static_cast<IndexValueType>(x), 0);
                               values[first + x] = static_cast<float>(input->GetPixel(index));
                             }
                           });
  return values;
}

template <typename TInputImage, typename TOutputImage>
void
MINDFeatureImageFilter<TInputImage, TOutputImage>::DynamicThreadedGenerateData(const OutputImageRegionType & region)
{
  TOutputImage *           output = this->GetOutput();
  const unsigned int       components = output->GetNumberOfComponentsPerPixel();
  const std::vector<float> values = this->CopyWithMargin(region);
  std::vector<float>       descriptors(region.GetNumberOfPixels() * components);
  colorization::ComputeMIND(values.data(),
                            colorization::CoreSize(region.GetSize()),
                            ImageDimension,
                            m_Parameters,
                            descriptors.data());

  TotalProgressReporter progress(this, output->GetRequestedRegion().GetNumberOfPixels(), 100, 0.99f);
  VariableLengthVector<typename TOutputImage::InternalPixelType> pixel(components);
  ImageScanlineIterator<TOutputImage>                            out(output, region);
  const float *                                                  descriptor = descriptors.data();
  while (!out.IsAtEnd())
  {
    while (!out.IsAtEndOfLine())
    {
      for (unsigned int c = 0; c < components; ++c)
      {
        pixel[c] = *descriptor++;
      }
      out.Set(pixel);
      ++out;
    }
    out.NextLine();
    progress.Completed(region.GetSize(0));
  }
}

template <typename TInputImage, typename TOutputImage>
void
MINDFeatureImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Dilations: " << this->GetDilations() << std::endl;
  os << indent << "PatchRadius: " << m_Parameters.patchRadius << std::endl;
  os << indent << "VarianceFloor: " << m_Parameters.varianceFloor << std::endl;
}
} // namespace itk

#endif
