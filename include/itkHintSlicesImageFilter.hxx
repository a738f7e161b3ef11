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
#ifndef itkHintSlicesImageFilter_hxx
#define itkHintSlicesImageFilter_hxx

#include <numeric>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
HintSlicesImageFilter<TInputImage, TOutputImage>::HintSlicesImageFilter()
{
  this->AddOptionalInputName("MaskImage", 1);
  this->SetNumberOfRequiredOutputs(3);
  this->SetNthOutput(1, this->MakeOutput(1));
  this->SetNthOutput(2, this->MakeOutput(2));
}

template <typename TInputImage, typename TOutputImage>
DataObject::Pointer
HintSlicesImageFilter<TInputImage, TOutputImage>::MakeOutput(DataObjectPointerArraySizeType index)
{
  switch (index)
  {
    case 1:
      return MaskImageType::New().GetPointer();
    case 2:
      return ConfidenceImageType::New().GetPointer();
    default:
      return Superclass::MakeOutput(index);
  }
}

template <typename TInputImage, typename TOutputImage>
auto
HintSlicesImageFilter<TInputImage, TOutputImage>::GetHintMaskOutput() -> MaskImageType *
{
  return itkDynamicCastInDebugMode<MaskImageType *>(this->ProcessObject::GetOutput(1));
}

template <typename TInputImage, typename TOutputImage>
auto
HintSlicesImageFilter<TInputImage, TOutputImage>::GetConfidenceOutput() -> ConfidenceImageType *
{
  return itkDynamicCastInDebugMode<ConfidenceImageType *>(this->ProcessObject::GetOutput(2));
}

template <typename TInputImage, typename TOutputImage>
void
HintSlicesImageFilter<TInputImage, TOutputImage>::SetHintSlice(IndexValueType              sliceIndex,
                                                               const SliceImageType *      colors,
                                                               const SliceConfidenceType * confidence)
{
  if (!colors)
  {
    itkExceptionMacro(<< "The colours of slice " << sliceIndex << " are null.");
  }
  m_HintSlices[sliceIndex] = HintSlice{ colors, confidence };
  this->Modified();
}

template <typename TInputImage, typename TOutputImage>
void
HintSlicesImageFilter<TInputImage, TOutputImage>::ClearHintSlices()
{
  m_HintSlices.clear();
  this->Modified();
}

template <typename TInputImage, typename TOutputImage>
void
HintSlicesImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (m_Axis >= ImageDimension)
  {
    itkExceptionMacro(<< "Axis is " << m_Axis << ", but has to be below " << ImageDimension << '.');
  }
  if (m_NumberOfSlices == 0)
  {
    itkExceptionMacro(<< "NumberOfSlices is 0, but has to be at least 1.");
  }
  if (m_MinimumDistance == 0)
  {
    itkExceptionMacro(<< "MinimumDistance is 0, but has to be at least 1.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
HintSlicesImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  colorization::VerifySameRegion(this, "MaskImage", this->GetMaskImage(), this->GetInput()->GetLargestPossibleRegion());
}

template <typename TInputImage, typename TOutputImage>
void
HintSlicesImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  // Values are read in SelectSlices() only: GenerateData() needs nothing but the input's geometry.
  for (const DataObject::Pointer & object : this->GetInputs())
  {
    if (auto * input = dynamic_cast<ImageBase<ImageDimension> *>(object.GetPointer()))
    {
      RegionType none = input->GetLargestPossibleRegion();
      none.SetSize(ImageDimension - 1, 1);
      input->SetRequestedRegion(none);
    }
  }
}

template <typename TInputImage, typename TOutputImage>
void
HintSlicesImageFilter<TInputImage, TOutputImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TOutputImage>
std::vector<double>
HintSlicesImageFilter<TInputImage, TOutputImage>::ComputeDeviations() const
{
  const TInputImage *   input = this->GetInput();
  const MaskImageType * mask = this->GetMaskImage();
  const RegionType      region = input->GetLargestPossibleRegion();
  std::vector<double>   deviations(region.GetSize(m_Axis));
  const auto            parallelFor = colorization::MakeParallelFor(const_cast<Self *>(this));
  parallelFor(deviations.size(),
              [&](std::size_t k)
              {
                RegionType slice = region;
                slice.SetIndex(m_Axis, region.GetIndex(m_Axis) + static_cast<IndexValueType>(k));
                slice.SetSize(m_Axis, 1);
                double count = 0.0;
                double mean = 0.0;
                double squares = 0.0;
                for (ImageRegionConstIteratorWithIndex<TInputImage> it(input, slice); !it.IsAtEnd(); ++it)
                {
                  if (!mask || mask->GetPixel(it.GetIndex()) != 0)
                  {
                    const auto   value = static_cast<double>(it.Get());
                    const double difference = value - mean;
                    count += 1.0;
                    mean += difference / count;
                    squares += difference * (value - mean);
                  }
                }
                deviations[k] = count > 0.0 ? std::sqrt(squares / count) : 0.0;
              });
  return deviations;
}

template <typename TInputImage, typename TOutputImage>
auto
HintSlicesImageFilter<TInputImage, TOutputImage>::SelectSlices() -> SliceIndicesType
{
  this->VerifyPreconditions();
  for (const DataObject::Pointer & input : this->GetInputs())
  {
    if (input)
    {
      input->UpdateOutputInformation();
    }
  }
  this->VerifyInputInformation();
  for (const DataObject::Pointer & input : this->GetInputs())
  {
    if (input)
    {
      input->SetRequestedRegionToLargestPossibleRegion();
      input->PropagateRequestedRegion();
      input->UpdateOutputData();
    }
  }
  colorization::VerifyFinite(this,
                             "The input",
                             this->GetInput(),
                             this->GetInput()->GetLargestPossibleRegion(),
                             colorization::MakeParallelFor(this));
  const std::vector<double> deviations = this->ComputeDeviations();
  std::vector<std::size_t>  ranking(deviations.size());
  std::iota(ranking.begin(), ranking.end(), 0);
  std::stable_sort(ranking.begin(),
                   ranking.end(),
                   [&](std::size_t a, std::size_t b) { return deviations[a] > deviations[b]; });

  // Which range a slice is in; without SpreadEvenly there is but one, with room for all.
  const auto               hasContrast = [](double deviation) { return deviation > 0.0; };
  const std::size_t        begin = std::find_if(deviations.begin(), deviations.end(), hasContrast) - deviations.begin();
  const std::size_t        end = deviations.rend() - std::find_if(deviations.rbegin(), deviations.rend(), hasContrast);
  const std::size_t        ranges = m_SpreadEvenly ? m_NumberOfSlices : 1;
  const auto               rangeOf = [&](std::size_t k) { return (k - begin) * ranges / (end - begin); };
  std::vector<std::size_t> room(ranges, m_NumberOfSlices / ranges);

  const IndexValueType first = this->GetInput()->GetLargestPossibleRegion().GetIndex(m_Axis);
  SliceIndicesType     picked;
  for (const std::size_t k : ranking)
  {
    const IndexValueType index = first + static_cast<IndexValueType>(k);
    const bool           isApart = std::all_of(
      picked.begin(),
      picked.end(),
      [&](IndexValueType other) { return std::abs(index - other) >= static_cast<IndexValueType>(m_MinimumDistance); });
    if (hasContrast(deviations[k]) && isApart && room[rangeOf(k)] > 0)
    {
      picked.push_back(index);
      --room[rangeOf(k)];
    }
  }
  std::sort(picked.begin(), picked.end());
  return picked;
}

template <typename TInputImage, typename TOutputImage>
void
HintSlicesImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  if (m_HintSlices.empty())
  {
    itkExceptionMacro(<< "There is no coloured slice; hand at least one to SetHintSlice().");
  }
  this->AllocateOutputs();
  const RegionType region = this->GetInput()->GetLargestPossibleRegion();
  this->GetOutput()->FillBuffer(NumericTraits<typename TOutputImage::PixelType>::ZeroValue());
  this->GetHintMaskOutput()->FillBuffer(0);
  this->GetConfidenceOutput()->FillBuffer(0.0f);

  typename SliceImageType::SizeType wanted;
  for (unsigned int axis = 0, sliceAxis = 0; axis < ImageDimension; ++axis)
  {
    if (axis != m_Axis)
    {
      wanted[sliceAxis++] = region.GetSize(axis);
    }
  }
  double done = 0.0;
  for (const auto & entry : m_HintSlices)
  {
    const HintSlice & hint = entry.second;
    RegionType        slice = region;
    slice.SetIndex(m_Axis, entry.first);
    slice.SetSize(m_Axis, 1);
    if (!region.IsInside(slice))
    {
      itkExceptionMacro(<< "Slice " << entry.first << " lies outside of the input, whose slices are "
                        << region.GetIndex(m_Axis) << " ... "
                        << region.GetIndex(m_Axis) + static_cast<IndexValueType>(region.GetSize(m_Axis)) - 1 << '.');
    }
    const auto sliceRegion = hint.colors->GetBufferedRegion();
    if (sliceRegion.GetSize() != wanted)
    {
      itkExceptionMacro(<< "The colours of slice " << entry.first << " have size " << sliceRegion.GetSize()
                        << ", but the input's slices have size " << wanted << '.');
    }
    if (hint.confidence && hint.confidence->GetBufferedRegion().GetSize() != wanted)
    {
      itkExceptionMacro(<< "The confidence of slice " << entry.first << " has size "
                        << hint.confidence->GetBufferedRegion().GetSize() << ", but the input's slices have size "
                        << wanted << '.');
    }
    // Both run over the axes in the same order, the slice's axis being of extent 1.
    ImageRegionConstIterator<SliceImageType>      colors(hint.colors, sliceRegion);
    ImageRegionIteratorWithIndex<TOutputImage>    out(this->GetOutput(), slice);
    const SliceConfidenceType *                   confidence = hint.confidence;
    ImageRegionConstIterator<SliceConfidenceType> confidences;
    if (confidence)
    {
      confidences = ImageRegionConstIterator<SliceConfidenceType>(confidence, confidence->GetBufferedRegion());
    }
    for (; !out.IsAtEnd(); ++out, ++colors)
    {
      out.Set(colors.Get());
      this->GetHintMaskOutput()->SetPixel(out.GetIndex(), 1);
      this->GetConfidenceOutput()->SetPixel(out.GetIndex(), confidence ? confidences.Get() : 1.0f);
      if (confidence)
      {
        ++confidences;
      }
    }
    done += 1.0;
    colorization::UpdateProgressOrAbort(this, done / static_cast<double>(m_HintSlices.size()));
  }
}

template <typename TInputImage, typename TOutputImage>
void
HintSlicesImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Axis: " << m_Axis << std::endl;
  os << indent << "NumberOfSlices: " << m_NumberOfSlices << std::endl;
  os << indent << "MinimumDistance: " << m_MinimumDistance << std::endl;
  os << indent << "SpreadEvenly: " << (m_SpreadEvenly ? "On" : "Off") << std::endl;
  os << indent << "HintSlices: " << m_HintSlices.size() << std::endl;
}
} // namespace itk

#endif
