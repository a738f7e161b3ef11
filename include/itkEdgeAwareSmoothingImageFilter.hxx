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
#ifndef itkEdgeAwareSmoothingImageFilter_hxx
#define itkEdgeAwareSmoothingImageFilter_hxx

namespace itk
{
template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>::EdgeAwareSmoothingImageFilter()
{
  this->AddOptionalInputName("GuidanceImage", 1);
  m_SmoothAxes.Fill(true);
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  this->VerifyParameters();
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>::VerifyInputInformation() const
{
  // First, as a wrong size is the plainer reason where the physical space differs too.
  colorization::VerifySameRegion(this,
                                 "The guidance",
                                 this->GetGuidanceImage(),
                                 this->GetInput()->GetLargestPossibleRegion());
  Superclass::VerifyInputInformation();
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
auto
EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>::GetRegionNeededFor(
  const RegionType & outputRegion,
  const RegionType & largestRegion) const -> RegionType
{
  RegionType region = outputRegion;
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    if (m_SmoothAxes[axis])
    {
      region.SetIndex(axis, largestRegion.GetIndex(axis));
      region.SetSize(axis, largestRegion.GetSize(axis));
    }
  }
  return region;
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
auto
EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>::GetRegionToMakeFor(
  const RegionType & outputRegion,
  const RegionType & largestRegion) const -> RegionType
{
  const RegionType needed = this->GetRegionNeededFor(outputRegion, largestRegion);
  return this->GetRegionNeededFor(needed, largestRegion) == needed ? needed : outputRegion;
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>::GenerateInputRequestedRegion()
{
  Superclass::GenerateInputRequestedRegion();
  auto *           input = const_cast<TInputImage *>(this->GetInput());
  const RegionType region =
    this->GetRegionNeededFor(this->GetOutput()->GetRequestedRegion(), input->GetLargestPossibleRegion());
  input->SetRequestedRegion(region);
  if (this->GetGuidanceImage())
  {
    const_cast<TGuidanceImage *>(this->GetGuidanceImage())->SetRequestedRegion(region);
  }
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>::EnlargeOutputRequestedRegion(
  DataObject * output)
{
  auto * image = itkDynamicCastInDebugMode<TOutputImage *>(output);
  image->SetRequestedRegion(this->GetRegionToMakeFor(image->GetRequestedRegion(), image->GetLargestPossibleRegion()));
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
std::array<double, 3>
EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>::GetRelativeSpacing(
  const GeometryType & geometry) const
{
  std::array<double, 3> relative{ { 1.0, 1.0, 1.0 } };
  if (!m_UseImageSpacing)
  {
    return relative;
  }
  const auto & spacing = geometry.GetSpacing();
  double       smallest = NumericTraits<double>::max();
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    smallest = m_SmoothAxes[axis] ? std::min(smallest, static_cast<double>(spacing[axis])) : smallest;
  }
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    relative[axis] = spacing[axis] / smallest;
  }
  return relative;
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
std::array<bool, 3>
EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>::GetCoreAxes() const
{
  std::array<bool, 3> axes{ { false, false, false } };
  std::copy(m_SmoothAxes.Begin(), m_SmoothAxes.End(), axes.begin());
  return axes;
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>::GenerateData()
{
  this->AllocateOutputs();
  TOutputImage *         output = this->GetOutput();
  const TInputImage *    input = this->GetInput();
  const TGuidanceImage * guidance = this->GetGuidanceImage();
  const RegionType       outputRegion = output->GetRequestedRegion();
  const RegionType       region = this->GetRegionNeededFor(outputRegion, input->GetLargestPossibleRegion());
  const unsigned int     components = input->GetNumberOfComponentsPerPixel();
  const auto             parallelFor = colorization::MakeParallelFor(this);
  if (output->GetNumberOfComponentsPerPixel() != components)
  {
    itkExceptionMacro(<< "The output has " << output->GetNumberOfComponentsPerPixel()
                      << " components, but the input has " << components << '.');
  }
  if (guidance)
  {
    colorization::VerifyFinite(this, "The guidance", guidance, region, parallelFor);
  }
  std::vector<float>               guidanceCopy;
  const colorization::GuidanceView view = guidance
                                            ? colorization::ViewGuidance(guidance, region, guidanceCopy, parallelFor)
                                            : colorization::ViewGuidance(input, region, guidanceCopy, parallelFor);

  // The output's own memory serves as working memory where it can.
  std::vector<float> memory;
  float *            values = nullptr;
  if constexpr (std::is_same<colorization::ComponentTypeOf<TOutputImage>, float>::value)
  {
    if (output->GetBufferedRegion() == region)
    {
      values = colorization::ComponentsAt(output, region.GetIndex());
    }
  }
  if (!values)
  {
    memory.resize(region.GetNumberOfPixels() * components);
    values = memory.data();
  }
  colorization::CopyFiniteInterleaved(this, "The input", input, region, values, parallelFor);
  this->Smooth(values,
               components,
               view,
               region,
               *input,
               parallelFor,
               colorization::MakeProgressCallback(this, 0.0, 0.99));
  if (!memory.empty())
  {
    colorization::CopyFromInterleaved(values, region, outputRegion, output, parallelFor);
  }
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
EdgeAwareSmoothingImageFilter<TInputImage, TGuidanceImage, TOutputImage>::PrintSelf(std::ostream & os,
                                                                                    Indent         indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "SmoothAxes: " << m_SmoothAxes << std::endl;
  os << indent << "UseImageSpacing: " << (m_UseImageSpacing ? "On" : "Off") << std::endl;
}
} // namespace itk

#endif
