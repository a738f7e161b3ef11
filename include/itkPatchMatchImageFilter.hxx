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
#ifndef itkPatchMatchImageFilter_hxx
#define itkPatchMatchImageFilter_hxx

namespace itk
{
template <typename TInputImage, typename TReferenceImage, typename TMaskImage>
PatchMatchImageFilter<TInputImage, TReferenceImage, TMaskImage>::PatchMatchImageFilter()
{
  this->AddRequiredInputName("ReferenceImage");
  this->AddOptionalInputName("MaskImage");
  this->AddOptionalInputName("ReferenceMaskImage");
  this->AddOptionalInputName("InitialField");
  this->SetNumberOfRequiredOutputs(2);
  this->SetNthOutput(1, this->MakeOutput(1));
}

template <typename TInputImage, typename TReferenceImage, typename TMaskImage>
DataObject::Pointer
PatchMatchImageFilter<TInputImage, TReferenceImage, TMaskImage>::MakeOutput(DataObjectPointerArraySizeType index)
{
  if (index == 1)
  {
    return DistanceImageType::New().GetPointer();
  }
  return Superclass::MakeOutput(index);
}

template <typename TInputImage, typename TReferenceImage, typename TMaskImage>
auto
PatchMatchImageFilter<TInputImage, TReferenceImage, TMaskImage>::GetDistanceOutput() -> DistanceImageType *
{
  return itkDynamicCastInDebugMode<DistanceImageType *>(this->ProcessObject::GetOutput(1));
}

template <typename TInputImage, typename TReferenceImage, typename TMaskImage>
void
PatchMatchImageFilter<TInputImage, TReferenceImage, TMaskImage>::VerifyInputInformation() const
{
  // The reference lies in a space of its own: the superclass's comparison of all inputs does not apply.
  const TInputImage *     input = this->GetInput();
  const TReferenceImage * reference = this->GetReferenceImage();
  if (input->GetNumberOfComponentsPerPixel() != reference->GetNumberOfComponentsPerPixel())
  {
    itkExceptionMacro(<< "The input has " << input->GetNumberOfComponentsPerPixel()
                      << " components, but the reference has " << reference->GetNumberOfComponentsPerPixel()
                      << "; they have to be the same features.");
  }
  const auto verifyRegion = [this](const char * name, const auto & region, const auto & wanted)
  {
    if (region != wanted)
    {
      itkExceptionMacro(<< name << " covers the region at " << region.GetIndex() << " of size " << region.GetSize()
                        << ", but its image the one at " << wanted.GetIndex() << " of size " << wanted.GetSize()
                        << '.');
    }
  };
  if (this->GetMaskImage())
  {
    verifyRegion("MaskImage", this->GetMaskImage()->GetLargestPossibleRegion(), input->GetLargestPossibleRegion());
  }
  if (this->GetInitialField())
  {
    verifyRegion("InitialField",
                 this->GetInitialField()->GetLargestPossibleRegion(),
                 input->GetLargestPossibleRegion());
  }
  if (this->GetReferenceMaskImage())
  {
    verifyRegion("ReferenceMaskImage",
                 this->GetReferenceMaskImage()->GetLargestPossibleRegion(),
                 reference->GetLargestPossibleRegion());
  }
}

template <typename TInputImage, typename TReferenceImage, typename TMaskImage>
void
PatchMatchImageFilter<TInputImage, TReferenceImage, TMaskImage>::GenerateInputRequestedRegion()
{
  colorization::RequestWholeInputs(this);
}

template <typename TInputImage, typename TReferenceImage, typename TMaskImage>
void
PatchMatchImageFilter<TInputImage, TReferenceImage, TMaskImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TReferenceImage, typename TMaskImage>
void
PatchMatchImageFilter<TInputImage, TReferenceImage, TMaskImage>::MatchSlice(
  const typename TInputImage::RegionType &   slice,
  const colorization::FeatureImageView &     reference,
  const colorization::PatchMatchParameters & parameters,
  const colorization::ProgressCallback &     progress)
{
  const auto                parallelFor = colorization::MakeParallelFor(this);
  const unsigned int        components = this->GetInput()->GetNumberOfComponentsPerPixel();
  const auto                start = this->GetReferenceImage()->GetLargestPossibleRegion().GetIndex();
  std::vector<float>        features(slice.GetNumberOfPixels() * components);
  std::vector<std::uint8_t> mask;
  colorization::CopyInterleaved(this->GetInput(), slice, features.data(), parallelFor);

  colorization::FeatureImageView target;
  target.values = features.data();
  target.width = slice.GetSize(0);
  target.height = slice.GetSize(1);
  target.components = components;
  if (this->GetMaskImage())
  {
    mask = colorization::CopyMask(this->GetMaskImage(), slice, parallelFor);
    target.mask = mask.data();
  }

  colorization::NearestNeighborField field;
  // -1, so drawn at random, for what is outside of the reference or no number.
  const auto positionInReference = [&](float index, unsigned int axis)
  {
    const double position = std::floor(static_cast<double>(index) - start[axis] + 0.5);
    return position >= 0.0 && position < (axis == 0 ? reference.width : reference.height)
             ? static_cast<std::int32_t>(position)
             : -1;
  };
  if (this->GetInitialField())
  {
    ImageRegionConstIterator<FieldImageType> it(this->GetInitialField(), slice);
    for (; !it.IsAtEnd(); ++it)
    {
      field.x.push_back(positionInReference(it.Get()[0], 0));
      field.y.push_back(positionInReference(it.Get()[1], 1));
    }
  }
  const colorization::PatchMatchReport report =
    m_ExactSearch ? colorization::MatchPatchesExactly(target, reference, m_PatchRadius, field, parallelFor, progress)
                  : colorization::MatchPatches(target, reference, parameters, field, parallelFor, progress);
  m_NumberOfCandidates += report.candidates;
  m_NumberOfMultiplyAdds += report.multiplyAdds;

  ImageRegionIterator<FieldImageType>    match(this->GetOutput(), slice);
  ImageRegionIterator<DistanceImageType> distance(this->GetDistanceOutput(), slice);
  for (std::size_t i = 0; !match.IsAtEnd(); ++match, ++distance, ++i)
  {
    typename FieldImageType::PixelType position;
    position[0] = static_cast<float>(field.x[i] + start[0]);
    position[1] = static_cast<float>(field.y[i] + start[1]);
    match.Set(position);
    distance.Set(field.distance[i]);
  }
}

template <typename TInputImage, typename TReferenceImage, typename TMaskImage>
void
PatchMatchImageFilter<TInputImage, TReferenceImage, TMaskImage>::GenerateData()
{
  this->AllocateOutputs();
  const TReferenceImage * referenceImage = this->GetReferenceImage();
  const auto              referenceRegion = referenceImage->GetLargestPossibleRegion();
  const auto              parallelFor = colorization::MakeParallelFor(this);
  std::vector<float> features(referenceRegion.GetNumberOfPixels() * referenceImage->GetNumberOfComponentsPerPixel());
  colorization::CopyInterleaved(referenceImage, referenceRegion, features.data(), parallelFor);

  colorization::FeatureImageView reference;
  reference.values = features.data();
  reference.width = referenceRegion.GetSize(0);
  reference.height = referenceRegion.GetSize(1);
  reference.components = referenceImage->GetNumberOfComponentsPerPixel();
  std::vector<std::uint8_t> mask;
  if (this->GetReferenceMaskImage())
  {
    mask = colorization::CopyMask(this->GetReferenceMaskImage(), referenceRegion, parallelFor);
    if (std::find(mask.begin(), mask.end(), 1) == mask.end())
    {
      itkExceptionMacro(<< "ReferenceMaskImage is 0 everywhere, so there is nothing to match with.");
    }
    reference.mask = mask.data();
  }
  colorization::VerifyFinite(this, "The reference", referenceImage, referenceRegion, parallelFor);
  colorization::VerifyFinite(this,
                             "The input",
                             this->GetInput(),
                             this->GetInput()->GetLargestPossibleRegion(),
                             parallelFor);

  colorization::PatchMatchParameters parameters;
  parameters.patchRadius = m_PatchRadius;
  parameters.iterations = m_NumberOfIterations;
  parameters.searchRadius = m_SearchRadius;
  parameters.globalSearch = m_GlobalSearch;
  parameters.seed = m_Seed;
  m_NumberOfCandidates = 0;
  m_NumberOfMultiplyAdds = 0;

  typename TInputImage::RegionType slice = this->GetInput()->GetLargestPossibleRegion();
  constexpr unsigned int           last = ImageDimension - 1;
  const SizeValueType              slices = ImageDimension > 2 ? slice.GetSize(last) : 1;
  const IndexValueType             first = slice.GetIndex(last);
  for (SizeValueType k = 0; k < slices; ++k)
  {
    if (ImageDimension > 2)
    {
      slice.SetIndex(last, first + k);
      slice.SetSize(last, 1);
    }
    this->MatchSlice(
      slice,
      reference,
      parameters,
      colorization::MakeProgressCallback(this, static_cast<double>(k) / slices, static_cast<double>(k + 1) / slices));
  }
}

template <typename TInputImage, typename TReferenceImage, typename TMaskImage>
void
PatchMatchImageFilter<TInputImage, TReferenceImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "PatchRadius: " << m_PatchRadius << std::endl;
  os << indent << "NumberOfIterations: " << m_NumberOfIterations << std::endl;
  os << indent << "SearchRadius: " << m_SearchRadius << std::endl;
  os << indent << "GlobalSearch: " << (m_GlobalSearch ? "On" : "Off") << std::endl;
  os << indent << "ExactSearch: " << (m_ExactSearch ? "On" : "Off") << std::endl;
  os << indent << "Seed: " << m_Seed << std::endl;
  os << indent << "NumberOfCandidates: " << m_NumberOfCandidates << std::endl;
  os << indent << "NumberOfMultiplyAdds: " << m_NumberOfMultiplyAdds << std::endl;
}
} // namespace itk

#endif
