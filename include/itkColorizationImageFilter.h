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
#ifndef itkColorizationImageFilter_h
#define itkColorizationImageFilter_h

#include "itkColorizationEnums.h"
#include "itkColorizationFilterUtilities.h"
#include "itkLuminanceWindow.h"
#include "itkOtsuBodyMaskImageFilter.h"
#include "itkPhotographicTone.h"

#include "itkFixedArray.h"
#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkRGBPixel.h"

#include <string>

namespace itk
{
/** \class ColorizationImageFilter
 * \brief What the filters have in common that give a gray picture or volume of a body the colours of photographs.
 *
 * A subclass finds the body, makes lightness and chroma in CIE Lab for its voxels, and hands them to WriteColors(). Whose
 * luminance they are shown at is Luminance's choice:
 *
 * - Source: the input's, (value - minimum) / (maximum - minimum) of the window, clamped to 0..1.
 * - Fused, the default: lightness coarser than ToneRadius is the photograph's, and what is finer is the input's structure,
 *   with the contrast that the photograph's lightness has over the input's values; see colorization::FuseTone().
 * - Reference: the method's own.
 *
 * Where a chroma is shown at another lightness than its own, hue and saturation are kept, see colorization::AtLightness()
 * and, for Fused, colorization::AtLightnessOfDetail(); and where sRGB cannot show it, the chroma shrinks. Outside of the
 * body and of its margin the output is black. Air inside of the body, and what the method knows nothing about, is gray at
 * the input's luminance; with Fused, luminance goes over from there to twice AirThreshold, so that air has no edge of its
 * own. Voxels of the margin are at most as light as the input's, as they are air in part.
 *
 * Integer components fill their type's range, and floating-point ones 0..1. Outputs of one component are the colours'
 * luminance.
 *
 * Global unless a subclass says otherwise: it needs the whole input, and makes the whole output. With Fused, writing takes
 * 12 bytes a voxel, or 16.
 *
 * Throws an exception if the mask has another region or physical space than the input or is 0 everywhere, if a parameter
 * is out of its range, or if the input holds NaN or infinity.
 *
 * Subclasses implement GenerateData().
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT ColorizationImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ColorizationImageFilter);

  using Self = ColorizationImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkOverrideGetNameOfClassMacro(ColorizationImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "Images of two or three dimensions can be coloured.");

  using RegionType = typename TInputImage::RegionType;
  using MaskImageType = Image<unsigned char, ImageDimension>;
  using BodyMaskType = OtsuBodyMaskImageFilter<TInputImage, MaskImageType>;
  using LuminanceEnum = ColorizationEnums::Luminance;
  /** Lowest and highest value. */
  using WindowType = FixedArray<double, 2>;

  /** Optional: the body, where not 0. Without it, it is found by GetBodyMask(). */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** Whose luminance the colours are shown at. Default: Fused. */
  itkSetEnumMacro(Luminance, LuminanceEnum);
  itkGetEnumMacro(Luminance, LuminanceEnum);

  /** Standard deviation in mm of the Gaussian that parts the photograph's tone from the input's structure, above 0; for
   * Fused. Default: 6. */
  itkSetMacro(ToneRadius, double);
  itkGetConstMacro(ToneRadius, double);

  /** Whether a chroma that is shown at another lightness than its own keeps its saturation, which is chroma over lightness;
   * else it keeps a and b. Default: true. */
  itkSetMacro(KeepSaturation, bool);
  itkGetConstMacro(KeepSaturation, bool);
  itkBooleanMacro(KeepSaturation);

  /** Whether the output is RGB; else it is L, a and b of CIE Lab as they are, for floating-point pixels of three components,
   * and may be out of sRGB's gamut. Default: true. */
  itkSetMacro(ConvertColors, bool);
  itkGetConstMacro(ConvertColors, bool);
  itkBooleanMacro(ConvertColors);

  /** Whether the window is found by the update; see GetUsedWindow(). Default: true. */
  itkSetMacro(UseAutomaticWindow, bool);
  itkGetConstMacro(UseAutomaticWindow, bool);
  itkBooleanMacro(UseAutomaticWindow);

  /** Input value of luminance 0, without UseAutomaticWindow. Default: 0. */
  itkSetMacro(WindowMinimum, double);
  itkGetConstMacro(WindowMinimum, double);

  /** Input value of luminance 1, above WindowMinimum, without UseAutomaticWindow. Default: 255. */
  itkSetMacro(WindowMaximum, double);
  itkGetConstMacro(WindowMaximum, double);

  /** The window of the last update: WindowMinimum and WindowMaximum, or what UseAutomaticWindow found; unless the subclass
   * says otherwise, the body's range of values, from its smallest value to the one that all but 0.1 % do not exceed. */
  itkGetConstReferenceMacro(UsedWindow, WindowType);

  /** Luminance up to which the inside of the body is air, 0 ... 1. Default: 0.05, or what the subclass says. */
  itkSetMacro(AirThreshold, double);
  itkGetConstMacro(AirThreshold, double);

  /** Voxels around a body that is found in which its gray is kept and coloured: those that the body fills in part are
   * among them, without which its surface would have steps. Not used with a mask. Default: 1, or what the subclass
   * says. */
  itkSetMacro(SkinMargin, unsigned int);
  itkGetConstMacro(SkinMargin, unsigned int);

  /** Radius in mm of the ball with which a body that is found is opened, at least 0: takes a CT's table away. That of
   * GetBodyMask(). Not used with a mask. Default: 0. */
  void
  SetOpeningRadius(double radius)
  {
    m_BodyMask->SetOpeningRadius(radius);
  }
  double
  GetOpeningRadius() const
  {
    return m_BodyMask->GetOpeningRadius();
  }

  /** What finds the body; its input and slice axis are set by the update. */
  itkGetModifiableObjectMacro(BodyMask, BodyMaskType);

  /** Name of the stage under way, for progress displays. */
  const std::string &
  GetStage() const
  {
    return m_Stage;
  }

  ModifiedTimeType
  GetMTime() const override;

protected:
  /** What a subclass knows of the voxels of a region, x fastest. */
  struct LabPlanes
  {
    /** Of CIE Lab. Without lightness, colours are shown at the input's, and Luminance cannot be Reference. */
    const float * lightness{ nullptr };
    const float * a{ nullptr };
    const float * b{ nullptr };
    /** From one voxel's lightness, a or b to the next one's. */
    std::size_t stride{ 1 };
    /** 0 ... 1, one float a voxel: how far the lightness counts for the tone; and voxels of 0 are gray. Without it, 1. */
    const float * confidence{ nullptr };
    /** 0 ... 1, one float a voxel: the luminance that counts as the input's. Without it, that of the window. */
    const float * scan{ nullptr };
    /** Whether lightness, a and b are Fused's already. */
    bool isFused{ false };
  };

  ColorizationImageFilter();
  ~ColorizationImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  /** Compares the mask alone with the input: photographs lie in a space of their own. */
  void
  VerifyInputInformation() const override;

  void
  GenerateInputRequestedRegion() override;

  void
  EnlargeOutputRequestedRegion(DataObject * output) override;

  /** Gives the stage its name, and reports the progress. */
  void
  BeginStage(const char * name, double progress);

  /** Updates a sub-filter, whose progress is the part from `begin` to `end` of this one's. */
  void
  RunPart(ProcessObject * part, double begin, double end);

  /** Verifies the input's values; gives the mask, or the body that is found, where slices across `sliceAxis` are filled. */
  typename MaskImageType::ConstPointer
  FindBody(unsigned int sliceAxis, double progressBegin, double progressEnd);

  /** The body with SkinMargin around it, or the mask that is given. */
  typename MaskImageType::ConstPointer
  AddMargin(const MaskImageType * body);

  /** Sets the window of this update to the user's or to the body's range. */
  void
  FindWindow(const MaskImageType * body);

  /** Sets the window of this update to another one, which has to be no point. */
  void
  SetUsedWindow(double minimum, double maximum);

  /** The window of this update, after FindWindow() or SetUsedWindow(). */
  colorization::LuminanceWindow
  GetLuminanceWindow() const
  {
    return { m_UsedWindow[0], m_UsedWindow[1], {} };
  }

  /** The skin without the air in the body: 0 for voxels of it that `window` maps to less than AirThreshold, 255 for those
   * of twice as much and for the margin, and between them in proportion, from 2 on. */
  typename MaskImageType::Pointer
  MakeTissueMask(const MaskImageType * body, const MaskImageType * skin, const colorization::LuminanceWindow & window);

  /** The same for a region alone. */
  typename MaskImageType::Pointer
  MakeTissueMask(const MaskImageType *                 body,
                 const MaskImageType *                 skin,
                 const colorization::LuminanceWindow & window,
                 const RegionType &                    region);

  /** Whether the lightness of LabPlanes will be read. */
  bool
  NeedsLightness() const
  {
    return m_Luminance != LuminanceEnum::Source || m_KeepSaturation;
  }

  /** Allocates the output and writes all of it; see WriteRegion(). */
  void
  WriteColors(const LabPlanes &     planes,
              const MaskImageType * body,
              const MaskImageType * skin,
              const MaskImageType * tissue);

  /** Writes a region of the output, which is allocated.
   * \param planes of the region; where it is not the whole input, its lightness has to be Fused's already, or Luminance
   * another
   * \param body where the planes tell the tone
   * \param skin what is not black
   * \param tissue what is not gray, within the skin: 1 or 255, and between how far it is no air */
  void
  WriteRegion(const LabPlanes &     planes,
              const MaskImageType * body,
              const MaskImageType * skin,
              const MaskImageType * tissue,
              const RegionType &    region);

private:
  /** How far a voxel is tissue, 0 ... 1, by what MakeTissueMask() says or by a plain mask. */
  static float
  TissueShare(unsigned char tissue)
  {
    return tissue == 1 ? 1.0f : tissue / 255.0f;
  }

  using OutputComponentType = colorization::ComponentTypeOf<TOutputImage>;

  /** The luminance that counts as the input's. */
  std::vector<float>
  MakeScan(const LabPlanes & planes);

  /** The lightness of Fused. */
  std::vector<float>
  MakeFusedLightness(const LabPlanes & planes, const MaskImageType * body, const MaskImageType * tissue);

  typename BodyMaskType::Pointer m_BodyMask;
  LuminanceEnum                  m_Luminance{ LuminanceEnum::Fused };
  double                         m_ToneRadius{ colorization::PhotographicToneParameters().radius };
  bool                           m_KeepSaturation{ true };
  bool                           m_ConvertColors{ true };
  bool                           m_UseAutomaticWindow{ true };
  double                         m_WindowMinimum{ 0.0 };
  double                         m_WindowMaximum{ 255.0 };
  WindowType                     m_UsedWindow;
  double                         m_AirThreshold{ 0.05 };
  unsigned int                   m_SkinMargin{ 1 };
  std::string                    m_Stage{};
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkColorizationImageFilter.hxx"
#endif

#endif
