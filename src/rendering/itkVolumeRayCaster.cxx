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
#include "itkVolumeRayCaster.h"

#include <vtkCamera.h>
#include <vtkCommand.h>
#include <vtkCallbackCommand.h>
#include <vtkFixedPointRayCastImage.h>
#include <vtkFixedPointVolumeRayCastMapper.h>
#include <vtkImageData.h>
#include <vtkLight.h>
#include <vtkMultiThreader.h>
#include <vtkNew.h>
#include <vtkPiecewiseFunction.h>
#include <vtkRenderWindow.h>
#include <vtkRenderer.h>
#include <vtkSmartPointer.h>
#include <vtkThreadedImageAlgorithm.h>
#include <vtkVolume.h>
#include <vtkVolumeProperty.h>

#include <vtkAutoInit.h>
VTK_MODULE_INIT(vtkRenderingOpenGL2);
VTK_MODULE_INIT(vtkRenderingVolumeOpenGL2);

#include <algorithm>
#include <limits>

namespace itk
{
namespace colorization
{
namespace
{
/** VTK 9.1's space leaping loses the slices between two threads' parts, so its filters get one thread while this lives;
 * the rays have their own number. */
class SingleThreadedImageFilters
{
public:
  SingleThreadedImageFilters()
    : m_Threads(vtkMultiThreader::GetGlobalDefaultNumberOfThreads())
    , m_EnableSMP(vtkThreadedImageAlgorithm::GetGlobalDefaultEnableSMP())
  {
    vtkMultiThreader::SetGlobalDefaultNumberOfThreads(1);
    vtkThreadedImageAlgorithm::SetGlobalDefaultEnableSMP(false);
  }
  ~SingleThreadedImageFilters()
  {
    vtkMultiThreader::SetGlobalDefaultNumberOfThreads(m_Threads);
    vtkThreadedImageAlgorithm::SetGlobalDefaultEnableSMP(m_EnableSMP);
  }
  SingleThreadedImageFilters(const SingleThreadedImageFilters &) = delete;
  SingleThreadedImageFilters &
  operator=(const SingleThreadedImageFilters &) = delete;

private:
  int  m_Threads;
  bool m_EnableSMP;
};

/** The share of its brightness that a picture is made with: VTK 9.1 keeps the light on a surface in 16 bits, of which 15 are
 * for 1, and twice that would begin from 0 again. */
constexpr double Exposure = 0.7;

void
SetAppearance(vtkVolumeProperty * property, const RayCastParameters & parameters, double unitDistance)
{
  vtkNew<vtkPiecewiseFunction> opacity;
  opacity->AddPoint(0.0, 0.0);
  opacity->AddPoint(parameters.transparentAlpha, 0.0);
  opacity->AddPoint(std::max(parameters.opaqueAlpha, parameters.transparentAlpha + 1.0), 1.0);
  opacity->AddPoint(256.0, 1.0);
  property->IndependentComponentsOff();
  property->SetScalarOpacity(opacity);
  property->SetScalarOpacityUnitDistance(unitDistance);
  property->SetInterpolationTypeToLinear();
  property->SetShade(parameters.shade ? 1 : 0);
  property->SetAmbient(1.1 * Exposure);
  property->SetDiffuse(Exposure);
  property->SetSpecular(0.15 * Exposure);
  property->SetSpecularPower(18.0);
}

void
PlaceCamera(vtkRenderer * renderer, vtkVolume * volume, const RayCastParameters & parameters)
{
  const double * center = volume->GetCenter();
  vtkCamera *    camera = renderer->GetActiveCamera();
  camera->SetFocalPoint(center[0], center[1], center[2]);
  camera->SetPosition(center[0] + parameters.eyeDirection[0],
                      center[1] + parameters.eyeDirection[1],
                      center[2] + parameters.eyeDirection[2]);
  camera->SetViewUp(parameters.upDirection.data());
  renderer->ResetCamera(volume->GetBounds());
  // VTK 9.1 decides by an uninitialised flag whether to compute this.
  renderer->SetAspect(static_cast<double>(parameters.pictureSize[0]) / parameters.pictureSize[1], 1.0);
  camera->Zoom(1.3);
  renderer->ResetCameraClippingRange(volume->GetBounds());

  // From above the eye, so that surfaces that face up are not darker than those that face the eye.
  const double     distance = camera->GetDistance();
  vtkNew<vtkLight> light;
  light->SetPosition(camera->GetPosition()[0] + 0.7 * distance * parameters.upDirection[0],
                     camera->GetPosition()[1] + 0.7 * distance * parameters.upDirection[1],
                     camera->GetPosition()[2] + 0.7 * distance * parameters.upDirection[2]);
  light->SetFocalPoint(camera->GetFocalPoint());
  renderer->AddLight(light);
  vtkNew<vtkLight> fill;
  fill->SetPosition(camera->GetPosition());
  fill->SetFocalPoint(camera->GetFocalPoint());
  fill->SetIntensity(0.5);
  renderer->AddLight(fill);
}

/** A volume with a frame of one transparent voxel around it, so that surfaces which its border cuts have a side to be lit
 * from. */
vtkSmartPointer<vtkImageData>
MakeFramedVolume(const std::uint8_t *               rgba,
                 const std::array<std::size_t, 3> & size,
                 const std::array<double, 3> &      spacing)
{
  auto volume = vtkSmartPointer<vtkImageData>::New();
  volume->SetDimensions(static_cast<int>(size[0] + 2), static_cast<int>(size[1] + 2), static_cast<int>(size[2] + 2));
  volume->SetSpacing(spacing[0], spacing[1], spacing[2]);
  volume->AllocateScalars(VTK_UNSIGNED_CHAR, 4);
  auto * out = static_cast<std::uint8_t *>(volume->GetScalarPointer());
  std::fill_n(out, 4 * (size[0] + 2) * (size[1] + 2) * (size[2] + 2), std::uint8_t{ 0 });
  for (std::size_t z = 0; z < size[2]; ++z)
  {
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      std::copy_n(rgba + 4 * size[0] * (y + size[1] * z),
                  4 * size[0],
                  out + 4 * (1 + (size[0] + 2) * (y + 1 + (size[1] + 2) * (z + 1))));
    }
  }
  return volume;
}

/** The mapper's 15-bit, premultiplied RGBA over the background, from the top row down. */
std::vector<std::uint8_t>
ComposePicture(vtkFixedPointRayCastImage * image, const RayCastParameters & parameters)
{
  const int width = parameters.pictureSize[0];
  const int height = parameters.pictureSize[1];
  int       used[2];
  int       memory[2];
  int       origin[2];
  image->GetImageInUseSize(used);
  image->GetImageMemorySize(memory);
  image->GetImageOrigin(origin);
  std::vector<std::uint8_t> picture(3 * static_cast<std::size_t>(width) * height);
  for (int y = 0; y < height; ++y)
  {
    for (int x = 0; x < width; ++x)
    {
      std::uint8_t * pixel = picture.data() + 3 * (static_cast<std::size_t>(height - 1 - y) * width + x);
      std::copy(parameters.background.begin(), parameters.background.end(), pixel);
      const int i = x - origin[0];
      const int j = y - origin[1];
      if (i < 0 || j < 0 || i >= used[0] || j >= used[1])
      {
        continue;
      }
      constexpr int          one = 32767;
      const unsigned short * rgba = image->GetImage() + 4 * (static_cast<std::size_t>(j) * memory[0] + i);
      for (int c = 0; c < 3; ++c)
      {
        const int behind = parameters.background[c] * (one - std::min<int>(rgba[3], one));
        const int light = parameters.shade ? static_cast<int>(rgba[c] / Exposure) : rgba[c];
        pixel[c] = static_cast<std::uint8_t>(std::min(255, (light * 255 + behind) / one));
      }
    }
  }
  return picture;
}
} // namespace

bool
IsRayCastAvailable()
{
  return true;
}

std::vector<std::uint8_t>
RayCastVolume(const std::uint8_t *               rgba,
              const std::array<std::size_t, 3> & size,
              const std::array<double, 3> &      spacing,
              const RayCastParameters &          parameters,
              const ProgressCallback &           progress)
{
  progress(0.0);
  const SingleThreadedImageFilters singleThreaded;
  const auto                       volumeData = MakeFramedVolume(rgba, size, spacing);

  const double                             smallest = *std::min_element(spacing.begin(), spacing.end());
  vtkNew<vtkFixedPointVolumeRayCastMapper> mapper;
  mapper->SetInputData(volumeData);
  mapper->SetNumberOfThreads(parameters.threads);
  mapper->AutoAdjustSampleDistancesOff();
  mapper->SetImageSampleDistance(1.0f);
  mapper->SetSampleDistance(static_cast<float>(0.5 * smallest));

  vtkNew<vtkVolume> volume;
  volume->SetMapper(mapper);
  // With less time than this the mapper would cast fewer rays than there are pixels.
  volume->SetAllocatedRenderTime(std::numeric_limits<double>::max(), nullptr);
  SetAppearance(volume->GetProperty(), parameters, smallest);

  // Neither is ever shown: the window only says how large the picture is, so no display is opened.
  vtkNew<vtkRenderer>              renderer;
  vtkSmartPointer<vtkRenderWindow> window = vtkSmartPointer<vtkRenderWindow>::New();
  window->SetOffScreenRendering(1);
  window->SetSize(parameters.pictureSize[0], parameters.pictureSize[1]);
  window->AddRenderer(renderer);
  renderer->AddVolume(volume);
  PlaceCamera(renderer, volume, parameters);

  double noOrigin[3] = { 0.0, 0.0, 0.0 };
  double noSpacing[3] = { 0.0, 0.0, 0.0 };
  int    noExtent[6] = { 0, 0, 0, 0, 0, 0 };
  mapper->PerImageInitialization(renderer, volume, 0, noOrigin, noSpacing, noExtent);
  progress(0.1);
  mapper->PerVolumeInitialization(renderer, volume);
  progress(0.4);
  mapper->PerSubVolumeInitialization(renderer, volume, 0);
  mapper->RenderSubVolume();
  progress(0.95);
  std::vector<std::uint8_t> picture = ComposePicture(mapper->GetRayCastImage(), parameters);
  window->RemoveRenderer(renderer);
  progress(1.0);
  return picture;
}

} // namespace colorization
} // namespace itk
