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
#include "itkColorVolumeRenderImageFilter.h"
#include "itkVolumeRayCaster.h"

#include "itkOrientImageFilter.h"
#include "itkSmoothingRecursiveGaussianImageFilter.h"

#include <stdexcept>

namespace itk
{
namespace
{
/** Smooths alpha alone: steps of one voxel in opacity would show as rings on every surface. */
void
SmoothAlpha(ColorVolumeRenderImageFilter::InputImageType * volume, double sigma)
{
  using AlphaType = Image<float, 3>;
  const auto region = volume->GetBufferedRegion();
  auto       alpha = AlphaType::New();
  alpha->SetRegions(region);
  alpha->SetSpacing(volume->GetSpacing());
  alpha->Allocate();
  ImageRegionIterator<ColorVolumeRenderImageFilter::InputImageType> it(volume, region);
  ImageRegionIterator<AlphaType>                                    out(alpha, region);
  for (; !it.IsAtEnd(); ++it, ++out)
  {
    out.Set(it.Get().GetAlpha());
  }
  auto smooth = SmoothingRecursiveGaussianImageFilter<AlphaType, AlphaType>::New();
  smooth->SetInput(alpha);
  smooth->SetSigma(sigma);
  smooth->InPlaceOn();
  smooth->Update();
  ImageRegionConstIterator<AlphaType> smoothed(smooth->GetOutput(), region);
  for (it.GoToBegin(); !it.IsAtEnd(); ++it, ++smoothed)
  {
    it.Value().SetAlpha(colorization::RoundAndClamp<unsigned char>(smoothed.Get()));
  }
}
} // namespace

ColorVolumeRenderImageFilter::ColorVolumeRenderImageFilter()
{
  m_PictureSize.Fill(800);
  m_EyeDirection[0] = 0.7;
  m_EyeDirection[1] = -1.0;
  m_EyeDirection[2] = 0.45;
}

bool
ColorVolumeRenderImageFilter::IsAvailable()
{
  return colorization::IsRayCastAvailable();
}

void
ColorVolumeRenderImageFilter::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (m_PictureSize[0] < 1 || m_PictureSize[1] < 1 || m_PictureSize[0] > 8192 || m_PictureSize[1] > 8192)
  {
    itkExceptionMacro(<< "PictureSize is " << m_PictureSize << ", but both have to be in 1 ... 8192.");
  }
  if (!(m_EyeDirection.GetNorm() > 0.0))
  {
    itkExceptionMacro(<< "EyeDirection is " << m_EyeDirection << ", but has to point somewhere.");
  }
  if (!(m_OpacitySmoothing >= 0.0))
  {
    itkExceptionMacro(<< "OpacitySmoothing is " << m_OpacitySmoothing << ", but has to be at least 0.");
  }
  if (!(m_TransparentAlpha >= 0.0 && m_OpaqueAlpha > m_TransparentAlpha && m_OpaqueAlpha <= 255.0))
  {
    itkExceptionMacro(<< "TransparentAlpha and OpaqueAlpha are " << m_TransparentAlpha << " and " << m_OpaqueAlpha
                      << ", but have to rise within 0 ... 255.");
  }
}

void
ColorVolumeRenderImageFilter::GenerateOutputInformation()
{
  OutputImageType * output = this->GetOutput();
  output->SetLargestPossibleRegion(OutputImageType::RegionType(m_PictureSize));
}

void
ColorVolumeRenderImageFilter::GenerateInputRequestedRegion()
{
  colorization::RequestWholeInputs(this);
}

void
ColorVolumeRenderImageFilter::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

void
ColorVolumeRenderImageFilter::GenerateData()
{
  using OrientType = OrientImageFilter<InputImageType, InputImageType>;
  auto orient = OrientType::New();
  orient->SetInput(this->GetInput());
  orient->UseImageDirectionOn();
  // Rows run to the left, columns to the back, slices to the top.
  orient->SetDesiredCoordinateOrientation(SpatialOrientation::ITK_COORDINATE_ORIENTATION_RAI);
  orient->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  orient->Update();
  InputImageType::Pointer volume = orient->GetOutput();
  volume->DisconnectPipeline();
  const auto region = volume->GetBufferedRegion();

  if (m_OpacitySmoothing > 0.0)
  {
    SmoothAlpha(volume, m_OpacitySmoothing);
  }
  if (m_CutCorner)
  {
    ImageRegionIteratorWithIndex<InputImageType> it(volume, region);
    for (; !it.IsAtEnd(); ++it)
    {
      bool isNear = true;
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        const auto middle = region.GetIndex(axis) + static_cast<IndexValueType>(region.GetSize(axis) / 2);
        isNear = isNear && (it.GetIndex()[axis] > middle) == (m_EyeDirection[axis] > 0.0);
      }
      if (isNear)
      {
        it.Value().SetAlpha(0);
      }
    }
  }

  colorization::RayCastParameters parameters;
  parameters.pictureSize = { { static_cast<int>(m_PictureSize[0]), static_cast<int>(m_PictureSize[1]) } };
  std::copy_n(m_EyeDirection.Begin(), 3, parameters.eyeDirection.begin());
  // Seen from straight above or below, the front is up.
  const bool isVertical = std::abs(m_EyeDirection[2]) > 0.99 * m_EyeDirection.GetNorm();
  parameters.upDirection =
    isVertical ? std::array<double, 3>{ { 0.0, -1.0, 0.0 } } : std::array<double, 3>{ { 0.0, 0.0, 1.0 } };
  parameters.transparentAlpha = m_TransparentAlpha;
  parameters.opaqueAlpha = m_OpaqueAlpha;
  parameters.shade = m_Shade;
  parameters.threads = static_cast<int>(this->GetMultiThreader()->GetMaximumNumberOfThreads());
  const auto &              spacing = volume->GetSpacing();
  std::vector<std::uint8_t> picture;
  try
  {
    picture = colorization::RayCastVolume(reinterpret_cast<const std::uint8_t *>(volume->GetBufferPointer()),
                                          colorization::CoreSize(region.GetSize()),
                                          { { spacing[0], spacing[1], spacing[2] } },
                                          parameters,
                                          colorization::MakeProgressCallback(this));
  }
  catch (const std::runtime_error & error)
  {
    itkExceptionMacro(<< error.what());
  }
  this->AllocateOutputs();
  std::copy(picture.begin(), picture.end(), reinterpret_cast<std::uint8_t *>(this->GetOutput()->GetBufferPointer()));
}

void
ColorVolumeRenderImageFilter::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "PictureSize: " << m_PictureSize << std::endl;
  os << indent << "EyeDirection: " << m_EyeDirection << std::endl;
  os << indent << "TransparentAlpha: " << m_TransparentAlpha << std::endl;
  os << indent << "OpaqueAlpha: " << m_OpaqueAlpha << std::endl;
  os << indent << "OpacitySmoothing: " << m_OpacitySmoothing << std::endl;
  os << indent << "Shade: " << (m_Shade ? "On" : "Off") << std::endl;
  os << indent << "CutCorner: " << (m_CutCorner ? "On" : "Off") << std::endl;
}
} // namespace itk
