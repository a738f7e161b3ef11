#include "itkColorVolumeRenderImageFilter.h"
#include "itkVolumeRayCaster.h"

#include "itkOrientImageFilter.h"

#include <stdexcept>

namespace itk
{
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
  parameters.upDirection = isVertical ? std::array<double, 3>{ { 0.0, -1.0, 0.0 } }
                                      : std::array<double, 3>{ { 0.0, 0.0, 1.0 } };
  parameters.transparentAlpha = m_TransparentAlpha;
  parameters.opaqueAlpha = m_OpaqueAlpha;
  parameters.shade = m_Shade;
  parameters.threads = static_cast<int>(this->GetMultiThreader()->GetMaximumNumberOfThreads());
  const auto & spacing = volume->GetSpacing();
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
  os << indent << "Shade: " << (m_Shade ? "On" : "Off") << std::endl;
  os << indent << "CutCorner: " << (m_CutCorner ? "On" : "Off") << std::endl;
}
} // namespace itk
