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
#ifndef itkColorVolumeRenderImageFilter_h
#define itkColorVolumeRenderImageFilter_h

#include "ColorizationExport.h"
#include "itkColorizationFilterUtilities.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkRGBAPixel.h"
#include "itkRGBPixel.h"
#include "itkSize.h"
#include "itkVector.h"

namespace itk
{
/** \class ColorVolumeRenderImageFilter
 * \brief A picture of a colour volume by ray casting, off screen: opacity is luminance.
 *
 * Colour is the volume's; opacity rises from 0 at TransparentAlpha to 1 at OpaqueAlpha, where alpha is the fourth
 * component, into which volumes for rendering have their luminance written. Surfaces are lit along the gradient of
 * alpha. Rays are cast on the processor by VTK: neither a graphics card nor a display is needed.
 *
 * Directions are those of patients (LPS: +x left, +y posterior, +z superior), whatever the volume's direction matrix;
 * the nearest order of its axes is taken. With CutCorner, the eighth of the volume that is nearest to the eye is taken
 * away, so that the inside shows.
 *
 * The output's spacing is 1, its origin 0. Global: it needs the whole input and makes the whole output. Beside these it
 * takes about 16 bytes a voxel.
 *
 * Throws an exception if a parameter is out of its range, or if the module was built without VTK: IsAvailable() tells.
 *
 * \par Reference
 * S. Devkota, S. Pattanaik: Reference Based Color Transfer for Medical Volume Rendering. 2022, section 4.4.
 *
 * \ingroup Colorization */
class Colorization_EXPORT ColorVolumeRenderImageFilter
  : public ImageToImageFilter<Image<RGBAPixel<unsigned char>, 3>, Image<RGBPixel<unsigned char>, 2>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ColorVolumeRenderImageFilter);

  using Self = ColorVolumeRenderImageFilter;
  using InputImageType = Image<RGBAPixel<unsigned char>, 3>;
  using OutputImageType = Image<RGBPixel<unsigned char>, 2>;
  using Superclass = ImageToImageFilter<InputImageType, OutputImageType>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(ColorVolumeRenderImageFilter);

  using DirectionVectorType = Vector<double, 3>;
  using PictureSizeType = Size<2>;

  /** Whether the module was built with VTK. */
  static bool
  IsAvailable();

  /** Width and height of the picture in pixels, 1 ... 8192 each. Default: 800, 800. */
  itkSetMacro(PictureSize, PictureSizeType);
  itkGetConstReferenceMacro(PictureSize, PictureSizeType);

  /** From the volume's centre towards the eye (LPS); not 0. Default: (0.7, -1, 0.45), from the front, left and above.
   * */
  itkSetMacro(EyeDirection, DirectionVectorType);
  itkGetConstReferenceMacro(EyeDirection, DirectionVectorType);

  /** Alpha up to which voxels are transparent, 0 ... 255. Default: 30. */
  itkSetMacro(TransparentAlpha, double);
  itkGetConstMacro(TransparentAlpha, double);

  /** Alpha from which voxels are opaque, above TransparentAlpha. Default: 80. */
  itkSetMacro(OpaqueAlpha, double);
  itkGetConstMacro(OpaqueAlpha, double);

  /** Standard deviation of the Gaussian that smooths alpha before opacity and surface normals are taken from it, in the
   * volume's unit (mm), at least 0. Default: 1. */
  itkSetMacro(OpacitySmoothing, double);
  itkGetConstMacro(OpacitySmoothing, double);

  /** Whether surfaces are lit. Default: true. */
  itkSetMacro(Shade, bool);
  itkGetConstMacro(Shade, bool);
  itkBooleanMacro(Shade);

  /** Whether the nearest eighth is taken away. Default: false. */
  itkSetMacro(CutCorner, bool);
  itkGetConstMacro(CutCorner, bool);
  itkBooleanMacro(CutCorner);

protected:
  ColorVolumeRenderImageFilter();
  ~ColorVolumeRenderImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  GenerateOutputInformation() override;

  void
  GenerateInputRequestedRegion() override;

  void
  EnlargeOutputRequestedRegion(DataObject * output) override;

  void
  GenerateData() override;

private:
  PictureSizeType     m_PictureSize;
  DirectionVectorType m_EyeDirection;
  double              m_TransparentAlpha{ 30.0 };
  double              m_OpaqueAlpha{ 80.0 };
  double              m_OpacitySmoothing{ 1.0 };
  bool                m_Shade{ true };
  bool                m_CutCorner{ false };
};
} // namespace itk

#endif
