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
#ifndef itkNetworkColorizationImageFilter_hxx
#define itkNetworkColorizationImageFilter_hxx

#include "itkNetworkImageFilter.h"
#include "itkOtsuBodyMaskImageFilter.h"

namespace itk
{
template <typename TInputImage, typename TOutputImage>
NetworkColorizationImageFilter<TInputImage, TOutputImage>::NetworkColorizationImageFilter()
{
  this->AddOptionalInputName("MaskImage");
}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
NetworkColorizationImageFilter<TInputImage, TOutputImage>::GetMTime() const
{
  const ModifiedTimeType own = Superclass::GetMTime();
  return m_Model ? std::max(own, m_Model->GetMTime()) : own;
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
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
  if (m_Model->GetMetadata().colorSpace == colorization::NetworkColorSpace::None)
  {
    itkExceptionMacro(<< "The model's output has no colour space, so it makes no colours.");
  }
  if (ImageDimension == 3 && m_SliceAxis > 2)
  {
    itkExceptionMacro(<< "SliceAxis is " << m_SliceAxis << ", but has to be 0, 1 or 2.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  colorization::VerifySameRegion(this, "MaskImage", this->GetMaskImage(), this->GetInput()->GetLargestPossibleRegion());
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  colorization::RequestWholeInputs(this);
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  const TInputImage *                  input = this->GetInput();
  const RegionType                     region = input->GetLargestPossibleRegion();
  typename MaskImageType::ConstPointer body = this->GetMaskImage();
  m_Stage = "body mask";
  colorization::UpdateProgressOrAbort(this, 0.01);
  if (!body)
  {
    auto mask = OtsuBodyMaskImageFilter<TInputImage, MaskImageType>::New();
    mask->SetInput(input);
    mask->SetSliceAxis(m_SliceAxis);
    mask->SetFillAlongAllAxes(true);
    colorization::ForwardProgress(this, mask.GetPointer(), 0.01, 0.1);
    mask->Update();
    body = mask->GetOutput();
  }

  m_Stage = "network";
  colorization::UpdateProgressOrAbort(this, 0.1);
  auto network = NetworkImageFilter<TInputImage, TOutputImage>::New();
  network->SetInput(input);
  network->SetMaskImage(body);
  network->SetModel(m_Model);
  network->SetSliceAxis(m_SliceAxis);
  network->SetAverageOverAxes(m_AverageOverAxes);
  network->SetKeepLuminance(m_KeepLuminance);
  colorization::ForwardProgress(this, network.GetPointer(), 0.1, 0.98);
  network->Update();
  typename TOutputImage::Pointer colored = network->GetOutput();
  colorization::ForEachRow(region,
                           colorization::MakeParallelFor(this),
                           [&](const RegionType & row, std::size_t)
                           {
                             const unsigned char * in = colorization::ComponentsAt(body.GetPointer(), row.GetIndex());
                             ImageScanlineIterator<TOutputImage> out(colored, row);
                             for (; !out.IsAtEndOfLine(); ++out, ++in)
                             {
                               if (*in == 0)
                               {
                                 out.Set(NumericTraits<typename TOutputImage::PixelType>::ZeroValue());
                               }
                             }
                           });
  this->GraftOutput(colored);
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TOutputImage>
void
NetworkColorizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(Model);
  os << indent << "SliceAxis: " << m_SliceAxis << std::endl;
  os << indent << "AverageOverAxes: " << (m_AverageOverAxes ? "On" : "Off") << std::endl;
  os << indent << "KeepLuminance: " << (m_KeepLuminance ? "On" : "Off") << std::endl;
  os << indent << "Stage: " << m_Stage << std::endl;
}
} // namespace itk

#endif
