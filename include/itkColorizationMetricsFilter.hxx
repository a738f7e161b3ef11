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
#ifndef itkColorizationMetricsFilter_hxx
#define itkColorizationMetricsFilter_hxx

#include "itkImageToImageFilterCommon.h"
#include "itkNetworkMetrics.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <type_traits>

namespace itk
{
template <typename TColorImage, typename TSourceImage, typename TMaskImage>
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::ColorizationMetricsFilter()
{
  this->AddRequiredInputName("ResultImage", 0);
  this->SetNumberOfRequiredOutputs(1);
  this->SetPrimaryOutput(this->MakeOutput(0));
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
template <typename TImage>
double
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::RangeOf()
{
  using ComponentType = colorization::ComponentTypeOf<TImage>;
  return std::is_floating_point<ComponentType>::value ? 1.0
                                                      : static_cast<double>(std::numeric_limits<ComponentType>::max());
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
void
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::SetWanted(MetricType metric, bool isWanted)
{
  if (m_Parameters.Wants(metric) != isWanted)
  {
    m_Parameters.wanted[static_cast<std::size_t>(metric)] = isWanted;
    this->Modified();
  }
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
auto
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::GetReport() const -> const ReportType &
{
  return itkDynamicCastInDebugMode<const ReportDecoratorType *>(this->GetPrimaryOutput())->Get();
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
ModifiedTimeType
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::GetMTime() const
{
  ModifiedTimeType latest = Superclass::GetMTime();
  for (const NetworkModel::Pointer & model : { m_PerceptualModel, m_FeatureModel })
  {
    latest = model ? std::max(latest, model->GetMTime()) : latest;
  }
  return latest;
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
void
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (m_SliceAxis > 2)
  {
    itkExceptionMacro(<< "SliceAxis is " << m_SliceAxis << ", but has to be 0, 1 or 2.");
  }
  if (!(m_Range > 0.0))
  {
    itkExceptionMacro(<< "Range is " << m_Range << ", but has to be above 0.");
  }
  if (!(m_ReferenceRange > 0.0))
  {
    itkExceptionMacro(<< "ReferenceRange is " << m_ReferenceRange << ", but has to be above 0.");
  }
  if (!(m_SourceMaximum > m_SourceMinimum))
  {
    itkExceptionMacro(<< "SourceMaximum is " << m_SourceMaximum << ", but has to be above SourceMinimum, "
                      << m_SourceMinimum << '.');
  }
  const std::string unfit = m_PerceptualModel ? colorization::DescribeUnfitPerceptualModel(m_PerceptualModel) : "";
  const std::string unfitToo = m_FeatureModel ? colorization::DescribeUnfitFeatureModel(m_FeatureModel) : "";
  if (!unfit.empty() || !unfitToo.empty())
  {
    itkExceptionMacro(<< (unfit.empty() ? unfitToo : unfit));
  }
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
template <typename TImage>
void
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::VerifySamePlace(const char *   name,
                                                                                  const TImage * image) const
{
  if (!image)
  {
    return;
  }
  const TColorImage * result = this->GetResultImage();
  const auto &        wanted = result->GetLargestPossibleRegion();
  const auto &        region = image->GetLargestPossibleRegion();
  if (region.GetSize() != wanted.GetSize())
  {
    itkExceptionMacro(<< name << " has size " << region.GetSize() << ", but the result has size " << wanted.GetSize()
                      << '.');
  }
  if (m_IgnoreGeometry)
  {
    return;
  }
  // Places of the first pixels, so that start indices may differ.
  typename TColorImage::PointType wantedOrigin;
  typename TColorImage::PointType origin;
  result->TransformIndexToPhysicalPoint(wanted.GetIndex(), wantedOrigin);
  image->TransformIndexToPhysicalPoint(region.GetIndex(), origin);
  const double tolerance =
    ImageToImageFilterCommon::GetGlobalDefaultCoordinateTolerance() * std::abs(result->GetSpacing()[0]);
  if (!origin.GetVnlVector().is_equal(wantedOrigin.GetVnlVector(), tolerance))
  {
    itkExceptionMacro(<< name << " begins at " << origin << ", but the result at " << wantedOrigin << '.');
  }
  if (!image->GetSpacing().GetVnlVector().is_equal(result->GetSpacing().GetVnlVector(), tolerance))
  {
    itkExceptionMacro(<< name << " has the spacing " << image->GetSpacing() << ", but the result has "
                      << result->GetSpacing() << '.');
  }
  if (!image->GetDirection().GetVnlMatrix().is_equal(result->GetDirection().GetVnlMatrix(),
                                                     ImageToImageFilterCommon::GetGlobalDefaultDirectionTolerance()))
  {
    itkExceptionMacro(<< name << " and the result have axes of different directions.");
  }
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
void
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  const auto verifyComponents = [this](const char * name, unsigned int components)
  {
    if (components == 2)
    {
      itkExceptionMacro(<< name << " has 2 components a pixel, but 1, 3 or more are needed.");
    }
  };
  verifyComponents("The result", this->GetResultImage()->GetNumberOfComponentsPerPixel());
  if (this->GetReferenceImage())
  {
    verifyComponents("The reference", this->GetReferenceImage()->GetNumberOfComponentsPerPixel());
  }
  if (this->GetSourceImage())
  {
    verifyComponents("The source", this->GetSourceImage()->GetNumberOfComponentsPerPixel());
  }
  this->VerifySamePlace("The reference", this->GetReferenceImage());
  this->VerifySamePlace("The source", this->GetSourceImage());
  this->VerifySamePlace("The mask", this->GetMaskImage());
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
std::array<std::size_t, 3>
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::SliceSize() const
{
  const auto size = colorization::CoreSize(this->GetResultImage()->GetLargestPossibleRegion().GetSize());
  std::array<std::size_t, 3> sliceSize = size;
  if (ImageDimension == 3)
  {
    const unsigned int across = m_SliceAxis == 0 ? 1 : 0;
    const unsigned int down = m_SliceAxis == 2 ? 1 : 2;
    sliceSize = { { size[across], size[down], size[m_SliceAxis] } };
  }
  return sliceSize;
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
template <typename TImage, typename TBody>
void
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::ForEachPixelOfSlice(const TImage * image,
                                                                                      std::size_t    slice,
                                                                                      const TBody &  body) const
{
  const unsigned int across = ImageDimension == 3 && m_SliceAxis == 0 ? 1 : 0;
  const unsigned int down = ImageDimension == 3 && m_SliceAxis != 2 ? 2 : 1;
  auto               index = image->GetLargestPossibleRegion().GetIndex();
  if (ImageDimension == 3)
  {
    index[m_SliceAxis] += static_cast<IndexValueType>(slice);
  }
  const auto         components = static_cast<OffsetValueType>(image->GetNumberOfComponentsPerPixel());
  const auto         stepAcross = components * image->GetOffsetTable()[across];
  const auto         stepDown = components * image->GetOffsetTable()[down];
  const auto * const first = colorization::ComponentsAt(image, index);
  const auto         size = this->SliceSize();
  for (std::size_t y = 0; y < size[1]; ++y)
  {
    const auto * pixel = first + static_cast<OffsetValueType>(y) * stepDown;
    for (std::size_t x = 0; x < size[0]; ++x, pixel += stepAcross)
    {
      body(y * size[0] + x, pixel);
    }
  }
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
colorization::SliceReader
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::MakeColorReader(const TColorImage * image,
                                                                                  double              factor) const
{
  if (!image)
  {
    return {};
  }
  return [this, image, factor](std::size_t slice, float * planes)
  {
    const auto        size = this->SliceSize();
    const std::size_t pixels = size[0] * size[1];
    const std::size_t step = image->GetNumberOfComponentsPerPixel() > 1 ? 1 : 0;
    this->ForEachPixelOfSlice(image,
                              slice,
                              [&](std::size_t i, const colorization::ComponentTypeOf<TColorImage> * pixel)
                              {
                                for (std::size_t c = 0; c < 3; ++c)
                                {
                                  planes[c * pixels + i] =
                                    static_cast<float>(factor * static_cast<double>(pixel[c * step]));
                                }
                              });
  };
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
colorization::SliceReader
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::MakeSourceReader() const
{
  const TSourceImage * image = this->GetSourceImage();
  if (!image)
  {
    return {};
  }
  return [this, image](std::size_t slice, float * plane)
  {
    const double      factor = m_Range / (m_SourceMaximum - m_SourceMinimum);
    const std::size_t step = image->GetNumberOfComponentsPerPixel() > 1 ? 1 : 0;
    this->ForEachPixelOfSlice(image,
                              slice,
                              [&](std::size_t i, const colorization::ComponentTypeOf<TSourceImage> * pixel)
                              {
                                const auto red = static_cast<double>(pixel[0]);
                                const auto green = static_cast<double>(pixel[step]);
                                const auto blue = static_cast<double>(pixel[2 * step]);
                                // Exactly v for the gray (v, v, v).
                                const double luminance = green + 0.299 * (red - green) + 0.114 * (blue - green);
                                plane[i] = static_cast<float>(factor * (luminance - m_SourceMinimum));
                              });
  };
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
colorization::SliceMaskReader
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::MakeMaskReader() const
{
  const TMaskImage * image = this->GetMaskImage();
  if (!image)
  {
    return {};
  }
  return [this, image](std::size_t slice, std::uint8_t * mask)
  {
    this->ForEachPixelOfSlice(image,
                              slice,
                              [&](std::size_t i, const typename TMaskImage::PixelType * pixel) {
                                mask[i] = *pixel != NumericTraits<typename TMaskImage::PixelType>::ZeroValue() ? 1 : 0;
                              });
  };
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
void
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::EvaluateNetworks(
  const colorization::ColorizationMetricsInput & input,
  ReportType &                                   report)
{
  const NetworkModel * const any = m_PerceptualModel ? m_PerceptualModel : m_FeatureModel;
  if (!any || !input.reference)
  {
    return;
  }
  const auto threads = any->UseThreads(
    std::min<unsigned int>(this->GetNumberOfWorkUnits(), this->GetMultiThreader()->GetMaximumNumberOfThreads()));
  const auto networks =
    colorization::MakeDeepMetricsNetworks(m_PerceptualModel, m_FeatureModel, { { input.size[0], input.size[1] } });
  try
  {
    colorization::EvaluateDeepMetrics(input,
                                      m_Parameters,
                                      networks,
                                      report,
                                      colorization::MakeProgressCallback(this, ShareOfPixels, 1.0));
  }
  catch (const std::invalid_argument & error)
  {
    itkExceptionMacro(<< error.what());
  }
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
void
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::GenerateData()
{
  const auto           parallelFor = colorization::MakeParallelFor(this);
  const TColorImage *  result = this->GetResultImage();
  const TColorImage *  reference = this->GetReferenceImage();
  const TSourceImage * source = this->GetSourceImage();
  const TMaskImage *   mask = this->GetMaskImage();
  colorization::VerifyFinite(this, "The result", result, result->GetLargestPossibleRegion(), parallelFor);
  if (reference)
  {
    colorization::VerifyFinite(this, "The reference", reference, reference->GetLargestPossibleRegion(), parallelFor);
  }
  if (source)
  {
    colorization::VerifyFinite(this, "The source", source, source->GetLargestPossibleRegion(), parallelFor);
  }
  if (mask)
  {
    const auto bytes = colorization::CopyMask(mask, mask->GetLargestPossibleRegion(), parallelFor);
    if (std::find(bytes.begin(), bytes.end(), 1) == bytes.end())
    {
      itkExceptionMacro(<< "The mask is 0 everywhere, but has to leave something to compare.");
    }
  }
  colorization::ColorizationMetricsInput input;
  input.size = this->SliceSize();
  input.range = m_Range;
  input.result = this->MakeColorReader(result, 1.0);
  input.reference = this->MakeColorReader(reference, m_Range / m_ReferenceRange);
  input.source = this->MakeSourceReader();
  input.mask = this->MakeMaskReader();
  const bool hasNetworks = (m_PerceptualModel || m_FeatureModel) && input.reference;
  ReportType report = colorization::EvaluateColorizationMetrics(
    input,
    m_Parameters,
    parallelFor,
    colorization::MakeProgressCallback(this, 0.0, hasNetworks ? ShareOfPixels : 1.0));
  this->EvaluateNetworks(input, report);
  this->GetOutput()->Set(report);
}

template <typename TColorImage, typename TSourceImage, typename TMaskImage>
void
ColorizationMetricsFilter<TColorImage, TSourceImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(PerceptualModel);
  itkPrintSelfObjectMacro(FeatureModel);
  os << indent << "SliceAxis: " << m_SliceAxis << std::endl;
  os << indent << "Range: " << m_Range << std::endl;
  os << indent << "ReferenceRange: " << m_ReferenceRange << std::endl;
  os << indent << "SourceMinimum: " << m_SourceMinimum << std::endl;
  os << indent << "SourceMaximum: " << m_SourceMaximum << std::endl;
  os << indent << "IgnoreGeometry: " << (m_IgnoreGeometry ? "On" : "Off") << std::endl;
  os << indent << "Wanted:";
  for (std::size_t k = 0; k < colorization::NumberOfColorizationMetrics; ++k)
  {
    const auto metric = static_cast<MetricType>(k);
    os << (m_Parameters.Wants(metric) ? std::string(" ") + colorization::NameOfMetric(metric) : "");
  }
  os << std::endl;
}
} // namespace itk

#endif
