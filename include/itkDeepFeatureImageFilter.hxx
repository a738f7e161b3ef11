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
#ifndef itkDeepFeatureImageFilter_hxx
#define itkDeepFeatureImageFilter_hxx

#include "itkColorSpace.h"

#include <algorithm>

namespace itk
{
template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::SetLayers(const std::vector<std::string> & layers)
{
  if (layers == m_Layers)
  {
    return;
  }
  m_Layers = layers;
  const auto before = this->GetNumberOfIndexedOutputs();
  this->SetNumberOfRequiredOutputs(std::max<std::size_t>(layers.size(), 1));
  this->SetNumberOfIndexedOutputs(std::max<std::size_t>(layers.size(), 1));
  for (auto i = before; i < layers.size(); ++i)
  {
    this->SetNthOutput(i, this->MakeOutput(i));
  }
  this->Modified();
}

template <typename TInputImage>
ModifiedTimeType
DeepFeatureImageFilter<TInputImage>::GetMTime() const
{
  const ModifiedTimeType own = Superclass::GetMTime();
  return m_Model ? std::max(own, m_Model->GetMTime()) : own;
}

template <typename TInputImage>
unsigned int
DeepFeatureImageFilter<TInputImage>::ShrinkFactor(const std::string & layer)
{
  const std::size_t digit = layer.find_first_of("0123456789");
  const bool        isFeature = layer.find('_') != std::string::npos;
  const bool        isPool = layer.compare(0, 4, "pool") == 0;
  if (digit == std::string::npos || (!isFeature && !isPool) || layer[digit] < '1' || layer[digit] > '5')
  {
    return 0;
  }
  const auto level = static_cast<unsigned int>(layer[digit] - '1');
  return 1u << (isPool ? level + 1 : level);
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (!NetworkModel::IsAvailable())
  {
    itkExceptionMacro(<< "Networks cannot be run: this build of the Colorization module has no LibTorch.");
  }
  if (!m_Model || !m_Model->IsLoaded())
  {
    itkExceptionMacro(<< "No model is set that is loaded.");
  }
  if (m_Model->GetMetadata().architecture != "VGG19")
  {
    itkExceptionMacro(<< "The model is a " << m_Model->GetMetadata().architecture << ", but VGG19 is wanted.");
  }
  if (m_Layers.empty())
  {
    itkExceptionMacro(<< "Layers is empty, but at least one name is wanted.");
  }
  if (!(m_WindowMaximum > m_WindowMinimum))
  {
    itkExceptionMacro(<< "WindowMaximum is " << m_WindowMaximum << ", but has to be above WindowMinimum, "
                      << m_WindowMinimum << '.');
  }
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  const unsigned int components = this->GetInput()->GetNumberOfComponentsPerPixel();
  if (components != 1 && components != 3)
  {
    itkExceptionMacro(<< "The input has " << components << " components a pixel, but 1 or 3 are needed.");
  }
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::GenerateOutputInformation()
{
  const TInputImage * input = this->GetInput();
  const auto &        region = input->GetLargestPossibleRegion();
  for (std::size_t i = 0; i < m_Layers.size(); ++i)
  {
    OutputImageType *                     output = this->GetOutput(static_cast<unsigned int>(i));
    const unsigned int                    factor = ShrinkFactor(m_Layers[i]);
    typename OutputImageType::SizeType    size;
    typename OutputImageType::SpacingType spacing;
    ContinuousIndex<double, 2>            firstCentre;
    for (unsigned int axis = 0; axis < 2; ++axis)
    {
      const SizeValueType extent = region.GetSize(axis);
      size[axis] = factor == 0 ? 1 : std::max<SizeValueType>(extent / factor, 1);
      const double pixels = factor == 0 ? static_cast<double>(extent) : factor;
      spacing[axis] = input->GetSpacing()[axis] * pixels;
      firstCentre[axis] = static_cast<double>(region.GetIndex(axis)) + 0.5 * (pixels - 1.0);
    }
    typename OutputImageType::PointType origin;
    input->TransformContinuousIndexToPhysicalPoint(firstCentre, origin);
    output->SetLargestPossibleRegion(typename OutputImageType::RegionType(size));
    output->SetSpacing(spacing);
    output->SetOrigin(origin);
    output->SetDirection(input->GetDirection());
  }
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::GenerateInputRequestedRegion()
{
  colorization::RequestWholeInputs(this);
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage>
std::vector<float>
DeepFeatureImageFilter<TInputImage>::MakeNetworkInput() const
{
  // Of ImageNet's pictures, in 0..1.
  constexpr std::array<double, 3> mean{ { 0.485, 0.456, 0.406 } };
  constexpr std::array<double, 3> deviation{ { 0.229, 0.224, 0.225 } };
  constexpr double                luminanceMean = 0.299 * mean[0] + 0.587 * mean[1] + 0.114 * mean[2];
  constexpr double    luminanceDeviation = 0.299 * deviation[0] + 0.587 * deviation[1] + 0.114 * deviation[2];
  const TInputImage * input = this->GetInput();
  const auto          region = input->GetLargestPossibleRegion();
  const auto          components = static_cast<std::size_t>(input->GetNumberOfComponentsPerPixel());
  const auto          channels = static_cast<std::size_t>(m_Model->GetMetadata().inputChannels);
  const SizeValueType pixels = region.GetNumberOfPixels();
  std::vector<float>  values(channels * pixels);
  colorization::ForEachRow(
    region,
    colorization::SerialFor,
    [&](const typename TInputImage::RegionType & row, std::size_t first)
    {
      const auto * in = colorization::ComponentsAt(input, row.GetIndex());
      for (std::size_t x = 0; x < row.GetSize(0); ++x)
      {
        std::array<double, 3> rgb;
        for (std::size_t c = 0; c < 3; ++c)
        {
          rgb[c] = (static_cast<double>(in[x * components + (components == 1 ? 0 : c)]) - m_WindowMinimum) /
                   (m_WindowMaximum - m_WindowMinimum);
        }
        if (channels == 1)
        {
          const double luminance = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
          values[first + x] = static_cast<float>((luminance - luminanceMean) / luminanceDeviation);
          continue;
        }
        for (std::size_t c = 0; c < 3; ++c)
        {
          values[c * pixels + first + x] = static_cast<float>((rgb[c] - mean[c]) / deviation[c]);
        }
      }
    });
  return values;
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::GenerateData()
{
  const TInputImage * input = this->GetInput();
  const auto          region = input->GetLargestPossibleRegion();
  const auto          parallelFor = colorization::MakeParallelFor(this);
  colorization::UpdateProgressOrAbort(this, 0.01);
  colorization::VerifyFinite(this, "The input", input, region, parallelFor);
  const auto channels = m_Model->GetMetadata().inputChannels;
  if (channels != 1 && channels != 3)
  {
    itkExceptionMacro(<< "The model wants " << channels << " channels, but gray and RGB have 1 or 3.");
  }
  const std::vector<float> values = this->MakeNetworkInput();
  colorization::UpdateProgressOrAbort(this, 0.05);
  const auto threads = m_Model->UseThreads(
    std::min<unsigned int>(this->GetNumberOfWorkUnits(), this->GetMultiThreader()->GetMaximumNumberOfThreads()));
  const std::vector<colorization::TileValues> layers =
    m_Model->RunLayers(values.data(), 1, colorization::CoreSize(region.GetSize()), m_Layers);
  for (std::size_t i = 0; i < layers.size(); ++i)
  {
    OutputImageType * output = this->GetOutput(static_cast<unsigned int>(i));
    output->SetNumberOfComponentsPerPixel(static_cast<unsigned int>(layers[i].channels));
    output->SetBufferedRegion(output->GetLargestPossibleRegion());
    output->Allocate();
    if (layers[i].size != colorization::CoreSize(output->GetLargestPossibleRegion().GetSize()))
    {
      itkExceptionMacro(<< "Layer " << m_Layers[i] << " has " << layers[i].size[0] << " x " << layers[i].size[1]
                        << " pixels, but " << output->GetLargestPossibleRegion().GetSize() << " are wanted.");
    }
    const SizeValueType pixels = output->GetLargestPossibleRegion().GetNumberOfPixels();
    float *             out = output->GetBufferPointer();
    for (std::size_t c = 0; c < layers[i].channels; ++c)
    {
      for (SizeValueType k = 0; k < pixels; ++k)
      {
        out[k * layers[i].channels + c] = layers[i].data[c * pixels + k];
      }
    }
  }
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(Model);
  os << indent << "Layers:";
  for (const std::string & layer : m_Layers)
  {
    os << ' ' << layer;
  }
  os << std::endl;
  os << indent << "WindowMinimum: " << m_WindowMinimum << std::endl;
  os << indent << "WindowMaximum: " << m_WindowMaximum << std::endl;
}
} // namespace itk

#endif
