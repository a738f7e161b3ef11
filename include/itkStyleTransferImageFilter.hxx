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
#ifndef itkStyleTransferImageFilter_hxx
#define itkStyleTransferImageFilter_hxx

#include <algorithm>
#include <random>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
StyleTransferImageFilter<TInputImage, TOutputImage>::StyleTransferImageFilter()
{
  this->AddRequiredInputName("StyleImage");
  this->AddOptionalInputName("InitialImage");
}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
StyleTransferImageFilter<TInputImage, TOutputImage>::GetMTime() const
{
  const ModifiedTimeType own = Superclass::GetMTime();
  return m_Model ? std::max(own, m_Model->GetMTime()) : own;
}

template <typename TInputImage, typename TOutputImage>
void
StyleTransferImageFilter<TInputImage, TOutputImage>::VerifyLayers(const char * name, const LayersType & layers) const
{
  for (const LayerType & layer : layers)
  {
    if (!(layer.weight >= 0.0 && std::isfinite(layer.weight)))
    {
      itkExceptionMacro(<< name << " has the weight " << layer.weight << " for " << layer.name
                        << ", but at least 0 is wanted.");
    }
  }
}

template <typename TInputImage, typename TOutputImage>
void
StyleTransferImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
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
  const std::pair<const char *, double> weights[] = { { "ContentWeight", m_Parameters.contentWeight },
                                                      { "StyleWeight", m_Parameters.styleWeight },
                                                      { "TotalVariationWeight", m_Parameters.totalVariationWeight },
                                                      { "Tolerance", m_Parameters.tolerance } };
  for (const auto & weight : weights)
  {
    if (!(weight.second >= 0.0 && std::isfinite(weight.second)))
    {
      itkExceptionMacro(<< weight.first << " is " << weight.second << ", but has to be at least 0.");
    }
  }
  this->VerifyLayers("ContentLayers", m_Parameters.contentLayers);
  this->VerifyLayers("StyleLayers", m_Parameters.styleLayers);
  if (m_Parameters.contentLayers.empty() && m_Parameters.styleLayers.empty())
  {
    itkExceptionMacro(<< "ContentLayers and StyleLayers are empty, but at least one name is wanted.");
  }
  if (m_Parameters.maximumNumberOfIterations == 0)
  {
    itkExceptionMacro(<< "MaximumNumberOfIterations is 0, but has to be at least 1.");
  }
  if (!(m_Parameters.learningRate > 0.0 && std::isfinite(m_Parameters.learningRate)))
  {
    itkExceptionMacro(<< "LearningRate is " << m_Parameters.learningRate << ", but has to be above 0.");
  }
  if (!(m_WindowMaximum > m_WindowMinimum))
  {
    itkExceptionMacro(<< "WindowMaximum is " << m_WindowMaximum << ", but has to be above WindowMinimum, "
                      << m_WindowMinimum << '.');
  }
  if (ImageDimension == 3 && m_SliceAxis > 2)
  {
    itkExceptionMacro(<< "SliceAxis is " << m_SliceAxis << ", but has to be 0, 1 or 2.");
  }
  if (m_InitialImageKind == InitialImageType::Given && !this->GetInitialImage())
  {
    itkExceptionMacro(<< "InitialImageKind is Given, but InitialImage is not set.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
StyleTransferImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() const
{
  // The photograph lies in a space of its own: the superclass's comparison of all inputs does not apply.
  const TInputImage * input = this->GetInput();
  const unsigned int  components = input->GetNumberOfComponentsPerPixel();
  if (components != 1 && components != 3)
  {
    itkExceptionMacro(<< "The input has " << components << " components a pixel, but 1 or 3 are needed.");
  }
  colorization::VerifySameRegion(this, "InitialImage", this->GetInitialImage(), input->GetLargestPossibleRegion());
}

template <typename TInputImage, typename TOutputImage>
void
StyleTransferImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  colorization::RequestWholeInputs(this);
}

template <typename TInputImage, typename TOutputImage>
void
StyleTransferImageFilter<TInputImage, TOutputImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TOutputImage>
auto
StyleTransferImageFilter<TInputImage, TOutputImage>::MakeSlices() const -> std::vector<RegionType>
{
  const RegionType region = this->GetInput()->GetLargestPossibleRegion();
  if (ImageDimension == 2)
  {
    return { region };
  }
  std::vector<RegionType> slices(region.GetSize(m_SliceAxis), region);
  for (std::size_t i = 0; i < slices.size(); ++i)
  {
    slices[i].SetIndex(m_SliceAxis, region.GetIndex(m_SliceAxis) + static_cast<IndexValueType>(i));
    slices[i].SetSize(m_SliceAxis, 1);
  }
  return slices;
}

template <typename TInputImage, typename TOutputImage>
std::vector<float>
StyleTransferImageFilter<TInputImage, TOutputImage>::CopyContent(const RegionType & slice) const
{
  const TInputImage * input = this->GetInput();
  const SizeValueType pixels = slice.GetNumberOfPixels();
  std::vector<float>  planes(3 * pixels);
  colorization::CopyToPlanes(input,
                             slice,
                             planes.data(),
                             colorization::SerialFor,
                             m_WindowMinimum,
                             1.0 / (m_WindowMaximum - m_WindowMinimum));
  if (input->GetNumberOfComponentsPerPixel() == 1)
  {
    std::copy_n(planes.begin(), pixels, planes.begin() + static_cast<std::ptrdiff_t>(pixels));
    std::copy_n(planes.begin(), pixels, planes.begin() + static_cast<std::ptrdiff_t>(2 * pixels));
  }
  for (float & value : planes)
  {
    value = std::min(std::max(value, 0.0f), 1.0f);
  }
  return planes;
}

template <typename TInputImage, typename TOutputImage>
std::vector<float>
StyleTransferImageFilter<TInputImage, TOutputImage>::MakeInitialImage(const RegionType &         slice,
                                                                      const std::vector<float> & content) const
{
  using ComponentType = colorization::ComponentTypeOf<TOutputImage>;
  if (m_InitialImageKind == InitialImageType::Content)
  {
    return content;
  }
  std::vector<float> image(content.size());
  if (m_InitialImageKind == InitialImageType::Given)
  {
    constexpr double unit =
      std::is_floating_point<ComponentType>::value ? 1.0 : static_cast<double>(NumericTraits<ComponentType>::max());
    colorization::CopyToPlanes(this->GetInitialImage(), slice, image.data(), colorization::SerialFor, 0.0, 1.0 / unit);
    return image;
  }
  std::mt19937 generator(m_Seed);
  // The standard's distributions differ from library to library; its generator does not.
  std::generate(image.begin(), image.end(), [&]() { return static_cast<float>((generator() >> 8) / 16777216.0); });
  return image;
}

template <typename TInputImage, typename TOutputImage>
void
StyleTransferImageFilter<TInputImage, TOutputImage>::WriteSlice(const RegionType &         slice,
                                                                const std::vector<float> & image)
{
  using ComponentType = colorization::ComponentTypeOf<TOutputImage>;
  constexpr double unit =
    std::is_floating_point<ComponentType>::value ? 1.0 : static_cast<double>(NumericTraits<ComponentType>::max());
  const SizeValueType               pixels = slice.GetNumberOfPixels();
  ImageRegionIterator<TOutputImage> out(this->GetOutput(), slice);
  for (SizeValueType i = 0; i < pixels; ++i, ++out)
  {
    typename TOutputImage::PixelType pixel;
    for (unsigned int c = 0; c < 3; ++c)
    {
      const double value = std::min(std::max(static_cast<double>(image[c * pixels + i]), 0.0), 1.0);
      pixel[c] = colorization::RoundAndClamp<ComponentType>(unit * value);
    }
    out.Set(pixel);
  }
}

template <typename TInputImage, typename TOutputImage>
void
StyleTransferImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  static_assert(TOutputImage::PixelType::Length == 3, "The output is RGB.");
  const TInputImage * input = this->GetInput();
  colorization::UpdateProgressOrAbort(this, 0.001);
  colorization::VerifyFinite(this,
                             "The input",
                             input,
                             input->GetLargestPossibleRegion(),
                             colorization::MakeParallelFor(this));
  this->AllocateOutputs();

  const PhotographType *          photograph = this->GetStyleImage();
  const auto                      photographRegion = photograph->GetLargestPossibleRegion();
  std::vector<float>              style(3 * photographRegion.GetNumberOfPixels());
  const colorization::ColorPlanes stylePlanes{ style.data(), photographRegion.GetSize(0), photographRegion.GetSize(1) };
  colorization::CopyToPlanes(photograph, photographRegion, style.data(), colorization::SerialFor, 0.0, 1.0 / 255.0);
  const auto threads = m_Model->UseThreads(
    std::min<unsigned int>(this->GetNumberOfWorkUnits(), this->GetMultiThreader()->GetMaximumNumberOfThreads()));
  const std::vector<RegionType> slices = this->MakeSlices();
  m_Reports.clear();
  for (const RegionType & slice : slices)
  {
    const std::vector<float>  content = this->CopyContent(slice);
    std::vector<float>        image = this->MakeInitialImage(slice, content);
    colorization::ColorPlanes contentPlanes{ content.data(), 1, 1 };
    // The slice's axes are the volume's others, in their order.
    const unsigned int first = ImageDimension == 3 && m_SliceAxis == 0 ? 1 : 0;
    contentPlanes.width = slice.GetSize(first);
    contentPlanes.height = slice.GetNumberOfPixels() / contentPlanes.width;
    const auto report = m_Model->TransferStyle(
      contentPlanes,
      stylePlanes,
      m_Parameters,
      image.data(),
      [&](unsigned int iteration, const LossType & loss)
      {
        m_Iteration = iteration;
        m_Loss = loss;
        this->InvokeEvent(IterationEvent());
        const double ofSlice =
          static_cast<double>(iteration) / static_cast<double>(m_Parameters.maximumNumberOfIterations);
        colorization::UpdateProgressOrAbort(this,
                                            0.99 * (static_cast<double>(m_Reports.size()) + ofSlice) /
                                              static_cast<double>(slices.size()));
      });
    m_Reports.push_back(report);
    m_Loss = report.last;
    this->WriteSlice(slice, image);
  }
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TOutputImage>
void
StyleTransferImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(Model);
  const auto printLayers = [&](const char * name, const LayersType & layers)
  {
    os << indent << name << ':';
    for (const LayerType & layer : layers)
    {
      os << ' ' << layer.name << " * " << layer.weight;
    }
    os << std::endl;
  };
  printLayers("ContentLayers", m_Parameters.contentLayers);
  printLayers("StyleLayers", m_Parameters.styleLayers);
  os << indent << "ContentWeight: " << m_Parameters.contentWeight << std::endl;
  os << indent << "StyleWeight: " << m_Parameters.styleWeight << std::endl;
  os << indent << "TotalVariationWeight: " << m_Parameters.totalVariationWeight << std::endl;
  os << indent << "Optimizer: " << (m_Parameters.optimizer == OptimizerType::Adam ? "Adam" : "LBFGS") << std::endl;
  os << indent << "LearningRate: " << m_Parameters.learningRate << std::endl;
  os << indent << "MaximumNumberOfIterations: " << m_Parameters.maximumNumberOfIterations << std::endl;
  os << indent << "Tolerance: " << m_Parameters.tolerance << std::endl;
  os << indent << "InitialImageKind: " << static_cast<int>(m_InitialImageKind) << std::endl;
  os << indent << "Seed: " << m_Seed << std::endl;
  os << indent << "WindowMinimum: " << m_WindowMinimum << std::endl;
  os << indent << "WindowMaximum: " << m_WindowMaximum << std::endl;
  os << indent << "SliceAxis: " << m_SliceAxis << std::endl;
  os << indent << "Iteration: " << m_Iteration << std::endl;
  os << indent << "Loss: " << m_Loss.total << std::endl;
}
} // namespace itk

#endif
