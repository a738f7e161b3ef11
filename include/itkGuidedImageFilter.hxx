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
#ifndef itkGuidedImageFilter_hxx
#define itkGuidedImageFilter_hxx

namespace itk
{
template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
GuidedImageFilter<TInputImage, TGuidanceImage, TOutputImage>::VerifyParameters() const
{
  if (!(m_Epsilon > 0.0 && m_Epsilon <= NumericTraits<double>::max()))
  {
    itkExceptionMacro(<< "Epsilon is " << m_Epsilon << ", but has to be above 0 and finite.");
  }
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
GuidedImageFilter<TInputImage, TGuidanceImage, TOutputImage>::VerifyGuidanceComponents(unsigned int components) const
{
  if (components != 1 && components != 3)
  {
    itkExceptionMacro(<< "The guidance has " << components << " components, but has to have 1 or 3.");
  }
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
GuidedImageFilter<TInputImage, TGuidanceImage, TOutputImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  const TGuidanceImage * guidance = this->GetGuidanceImage();
  this->VerifyGuidanceComponents(guidance ? guidance->GetNumberOfComponentsPerPixel()
                                          : this->GetInput()->GetNumberOfComponentsPerPixel());
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
auto
GuidedImageFilter<TInputImage, TGuidanceImage, TOutputImage>::GetRegionNeededFor(const RegionType & outputRegion,
                                                                                 const RegionType & largestRegion) const
  -> RegionType
{
  // With UseImageSpacing, radii are at most as large as Radius.
  const SizeValueType           padding = 2 * static_cast<SizeValueType>(m_Radius);
  typename RegionType::SizeType radius;
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    radius[axis] = this->GetSmoothAxes()[axis] ? std::min(padding, largestRegion.GetSize(axis)) : 0;
  }
  RegionType region = outputRegion;
  region.PadByRadius(radius);
  region.Crop(largestRegion);
  return region;
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
GuidedImageFilter<TInputImage, TGuidanceImage, TOutputImage>::Smooth(
  float *                                values,
  unsigned int                           components,
  const colorization::GuidanceView &     guidance,
  const RegionType &                     region,
  const GeometryType &                   geometry,
  const colorization::ParallelFor &      parallelFor,
  const colorization::ProgressCallback & progress) const
{
  this->VerifyGuidanceComponents(guidance.components);
  const RegionType &                   largestRegion = geometry.GetLargestPossibleRegion();
  const std::array<double, 3>          spacing = this->GetRelativeSpacing(geometry);
  const std::array<bool, 3>            smoothAxis = this->GetCoreAxes();
  colorization::GuidedFilterParameters parameters;
  parameters.epsilon = m_Epsilon;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    parameters.radius[axis] = smoothAxis[axis] ? static_cast<std::size_t>(std::round(m_Radius / spacing[axis])) : 0;
  }
  colorization::BlockInImage block;
  block.size = colorization::CoreSize(region.GetSize());
  block.imageSize = colorization::CoreSize(largestRegion.GetSize());
  block.begin = { { 0, 0, 0 } };
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    block.begin[axis] = static_cast<std::size_t>(region.GetIndex(axis) - largestRegion.GetIndex(axis));
  }
  colorization::GuidedFilter(values, components, guidance, block, parameters, parallelFor, progress);
}

template <typename TInputImage, typename TGuidanceImage, typename TOutputImage>
void
GuidedImageFilter<TInputImage, TGuidanceImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Radius: " << m_Radius << std::endl;
  os << indent << "Epsilon: " << m_Epsilon << std::endl;
}
} // namespace itk

#endif
