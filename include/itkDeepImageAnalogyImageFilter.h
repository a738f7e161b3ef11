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
#ifndef itkDeepImageAnalogyImageFilter_h
#define itkDeepImageAnalogyImageFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkNetworkModel.h"
#include "itkSliceAnalogy.h"
#include "itkSliceSeriesAnalogy.h"

#include "itkFixedArray.h"
#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkRGBPixel.h"

#include <vector>

namespace itk
{
/** \class DeepImageAnalogyImageFilter
 * \brief Gives a gray image the colours of a photograph by analogy: each patch those of the patches that are most like it.
 *
 * For features F of five levels, from coarse to fine, matches \f$ \phi \f$ from the input A to the photograph B' minimise
 * \f[ \sum_{x} \| F_A(x) - F_B(\phi(x)) \|^2 + \| F_{A'}(x) - F_{B'}(\phi(x)) \|^2 \f]
 * over patches, and so do the matches back from B' to A. The features of the unknown A' and B are mixed of the image's own
 * and of the other image's, warped by the matches of the coarser level. Every pixel's colour is the mean of what the
 * matches around it propose.
 *
 * Without a model, features are MIND descriptors with guides: place in the body, depth below the skin, equalised and
 * standardised intensity; see colorization::SliceAnalogyParameters. They do not depend on the modality. With a model, which
 * is VGG-19, they are its layers relu5_1, relu4_1, relu3_1, relu2_1 and relu1_1, with the authors' settings
 * (colorization::DeepAnalogyLevels()); the photograph is then compared in gray, too (the paper's gray-VGG-19).
 *
 * How the photograph lies (in which of eight orientations) and its scale are found. What is not warm in it (blue ice, blue
 * gel, black) is no tissue, and is never matched.
 *
 * A three-dimensional input is coloured slice by slice across Axis. The matches of a slice begin with those of the slice
 * beside it, from the one that is most like the photograph outwards, and are kept where they fit nearly as well, so that
 * colours do not flicker.
 *
 * The first output is the colours, with the photograph's luminance; give them to EdgeAwareColorTransferImageFilter to keep
 * the input's. Outside of the body and in its air they are black. The second output is how far to believe them, 0 ... 1.
 *
 * Global: it needs the whole input, and makes the whole output. Beside these it takes 11 bytes for each voxel, and about
 * 900 for each pixel of the photograph and of a slice, or 3000 with a model. Same inputs and parameters give the same
 * output, bit for bit, for any number of threads.
 *
 * Throws an exception if the photograph shows no tissue (it is gray, for example) or is smaller than a patch, if the input
 * is constant or holds NaN or infinity, if the mask has another region or is 0 everywhere, or if a parameter is out of its
 * range; with a model as DeepFeatureImageFilter does.
 *
 * \par Reference
 * J. Liao, Y. Yao, L. Yuan, G. Hua, S. B. Kang: Visual Attribute Transfer through Deep Image Analogy. ACM Transactions on
 * Graphics 36(4), 2017. doi:10.1145/3072959.3073683
 *
 * \par
 * S. Devkota, S. Pattanaik: Reference Based Color Transfer for Medical Volume Rendering. 2022.
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT DeepImageAnalogyImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(DeepImageAnalogyImageFilter);

  using Self = DeepImageAnalogyImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(DeepImageAnalogyImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "Images of two or three dimensions can be coloured.");

  using MaskImageType = Image<unsigned char, ImageDimension>;
  using ConfidenceImageType = Image<float, ImageDimension>;
  using PhotographType = Image<RGBPixel<unsigned char>, 2>;
  using OrientationType = FixedArray<bool, 3>;
  using AnalogyParametersType = colorization::SliceAnalogyParameters;
  using DataObjectPointerArraySizeType = ProcessObject::DataObjectPointerArraySizeType;

  /** The photograph whose colours are taken. Its geometry is not read. */
  itkSetInputMacro(ReferenceImage, PhotographType);
  itkGetInputMacro(ReferenceImage, PhotographType);

  /** Optional: the body, where not 0. Without it, it is found by OtsuBodyMaskImageFilter. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** Optional: VGG-19, whose layers are compared in place of the descriptors. */
  itkSetObjectMacro(Model, NetworkModel);
  itkGetModifiableObjectMacro(Model, NetworkModel);

  /** Axis across the slices. Default: 2. */
  itkSetMacro(Axis, unsigned int);
  itkGetConstMacro(Axis, unsigned int);

  /** Whether the window is the body's range of values: from its smallest value to the one that all but 0.1 % do not
   * exceed. Default: true. */
  itkSetMacro(UseAutomaticWindow, bool);
  itkGetConstMacro(UseAutomaticWindow, bool);
  itkBooleanMacro(UseAutomaticWindow);

  /** Input value of luminance 0; set by the update if UseAutomaticWindow. Default: 0. */
  itkSetMacro(WindowMinimum, double);
  itkGetConstMacro(WindowMinimum, double);

  /** Input value of luminance 1, above WindowMinimum; set by the update if UseAutomaticWindow. Default: 255. */
  itkSetMacro(WindowMaximum, double);
  itkGetConstMacro(WindowMaximum, double);

  /** What luminance the input's tissues have in photographs, if their order is another than in the input's, as it is in CT:
   * colorization::CTIntensityCurve(). Analogy then compares these.
   * Values have to rise, and luminances to be in 0 ... 1. Default: empty, the window. */
  void
  SetIntensityCurve(const colorization::IntensityCurve & curve)
  {
    if (curve != m_IntensityCurve)
    {
      m_IntensityCurve = curve;
      this->Modified();
    }
  }
  const colorization::IntensityCurve &
  GetIntensityCurve() const
  {
    return m_IntensityCurve;
  }

  /** Whether slices begin with the matches of the slice beside them. Default: true. */
  itkSetMacro(SliceCoherence, bool);
  itkGetConstMacro(SliceCoherence, bool);
  itkBooleanMacro(SliceCoherence);

  /** Features, their weights, and levels. With a model, deepFeatures is replaced, and levels by DeepAnalogyLevels() if they
   * are those for descriptors. */
  void
  SetAnalogyParameters(const AnalogyParametersType & parameters)
  {
    m_AnalogyParameters = parameters;
    this->Modified();
  }
  const AnalogyParametersType &
  GetAnalogyParameters() const
  {
    return m_AnalogyParameters;
  }

  /** The second output. */
  ConfidenceImageType *
  GetConfidenceOutput();

  /** Of the last update: mean over the slices of their matches' mean distance. */
  itkGetConstMacro(MeanDistance, double);

  /** Of the last update: whether the photograph was transposed, then mirrored along its first and second axis. */
  const OrientationType &
  GetPhotographOrientation() const
  {
    return m_PhotographOrientation;
  }

  /** Of the last update: the photograph's spacing as found, in the input's unit. */
  itkGetConstMacro(PhotographSpacing, double);

  using Superclass::MakeOutput;
  DataObject::Pointer
  MakeOutput(DataObjectPointerArraySizeType index) override;

  ModifiedTimeType
  GetMTime() const override;

protected:
  DeepImageAnalogyImageFilter();
  ~DeepImageAnalogyImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  VerifyInputInformation() const override;

  void
  GenerateInputRequestedRegion() override;

  void
  EnlargeOutputRequestedRegion(DataObject * output) override;

  void
  GenerateData() override;

private:
  typename MaskImageType::ConstPointer
  FindBody();

  /** Writes a slice's colours and confidence to the outputs. */
  void
  StoreSlice(IndexValueType index, const colorization::AnalogySlice & colored);

  NetworkModel::Pointer        m_Model{};
  unsigned int                 m_Axis{ 2 };
  bool                         m_UseAutomaticWindow{ true };
  double                       m_WindowMinimum{ 0.0 };
  double                       m_WindowMaximum{ 255.0 };
  bool                         m_SliceCoherence{ true };
  colorization::IntensityCurve m_IntensityCurve{};
  AnalogyParametersType        m_AnalogyParameters{};
  double                       m_MeanDistance{ 0.0 };
  OrientationType              m_PhotographOrientation;
  double                       m_PhotographSpacing{ 0.0 };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkDeepImageAnalogyImageFilter.hxx"
#endif

#endif
