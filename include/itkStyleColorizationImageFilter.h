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
#ifndef itkStyleColorizationImageFilter_h
#define itkStyleColorizationImageFilter_h

#include "itkColorizationImageFilter.h"
#include "itkLevinColorizationImageFilter.h"
#include "itkNetworkModel.h"
#include "itkSliceAnalogy.h"
#include "itkStyleColorizationEnums.h"
#include "itkStyleTransferParameters.h"

#include "itkVector.h"

#include <functional>
#include <string>
#include <type_traits>
#include <vector>

namespace itk
{
/** \class StyleColorizationImageFilter
 * \brief Gives a gray volume the colours of one photograph: paints a few of its slices in the photograph's style, and
 * spreads their chroma through the volume.
 *
 * \dot
 * digraph StyleColorization
 * {
 *   rankdir=LR; node [shape=box];
 *   input [shape=plaintext]; photograph [shape=plaintext]; output [shape=plaintext];
 *   input -> "OtsuBodyMask" -> "NetworkImageFilter (if there is a ConversionModel)" -> "HintSlices: select" ->
 *   "StyleTransfer or analogy" -> "HintSlices: scatter" -> "LevinColorization" -> output;
 *   photograph -> "StyleTransfer or analogy";
 * }
 * \enddot
 *
 * Stages, as GetStage() tells them:
 *
 * 1. "body mask": OtsuBodyMaskImageFilter, unless a mask is given.
 * 2. "modality conversion": ConversionModel, such as an FCN3D, makes of the MRI the gray that a cryosection would have, in
 * 0..1. Without it, the gray is that of the window, 0..1. Outside of the
 * body it is black.
 * 3. "hint slices": HintSlicesImageFilter picks slices across Axis by the standard deviation of their gray.
 * 4. "style transfer": StyleTransferImageFilter paints each of them; or "analogy": each gets its colours from the patches
 * of the photograph that are most like its own, as DeepImageAnalogyImageFilter gives them, and how far to believe them.
 * 5. "colour propagation": LevinColorizationImageFilter carries their colours, in CIE Lab, through the volume. Hints are
 * hard, but those of analogy are as strong as they are believed.
 *
 * The luminance that counts as the input's is the gray of stage 2, and the lightness of the painted slices is the method's
 * own. SkinMargin and AirThreshold are 0 by default. An image of two dimensions is one slice.
 *
 * Beside input and output it takes about 34 bytes a voxel, and what its parts take: see StyleTransferImageFilter or
 * DeepImageAnalogyImageFilter for one slice, and LevinColorizationImageFilter. On the processor, the same inputs,
 * parameters and number of work units give the same output, bit for bit.
 *
 * Throws an exception if style transfer is asked for and no style model is set, if the conversion model does not make one
 * channel, if no slice has any contrast, if the mask has another region or physical space or is 0 everywhere, if a
 * parameter is out of its range, or if a part fails. Without LibTorch no model can be run, and it says so; analogy without
 * models can.
 *
 * \par Reference
 * A. N. Mathur, A. Khattar, O. Sharma: Multimodal Medical Volume Colorization from 2D Style. 2021.
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT StyleColorizationImageFilter : public ColorizationImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(StyleColorizationImageFilter);

  using Self = StyleColorizationImageFilter;
  using Superclass = ColorizationImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(StyleColorizationImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(std::is_arithmetic<typename TInputImage::PixelType>::value, "Gray images are coloured.");

  using typename Superclass::LuminanceEnum;
  using typename Superclass::MaskImageType;
  using typename Superclass::RegionType;
  using PhotographType = Image<RGBPixel<unsigned char>, 2>;
  using StyleParametersType = colorization::StyleTransferParameters;
  using StyleReportType = colorization::StyleTransferReport;
  using AnalogyParametersType = colorization::SliceAnalogyParameters;
  using PainterEnum = StyleColorizationEnums::Painter;
  /** L, a and b. */
  using LabImageType = Image<Vector<float, 3>, ImageDimension>;
  using PropagationType = LevinColorizationImageFilter<Image<float, ImageDimension>, LabImageType, LabImageType>;

  /** The photograph whose colours are taken. Its geometry is not read. */
  itkSetInputMacro(StyleImage, PhotographType);
  itkGetInputMacro(StyleImage, PhotographType);

  /** What paints the slices. Default: StyleTransfer. */
  itkSetEnumMacro(Painter, PainterEnum);
  itkGetEnumMacro(Painter, PainterEnum);

  /** VGG-19. Style transfer needs it; analogy compares its layers, or, without it, descriptors that need no weights. */
  itkSetObjectMacro(StyleModel, NetworkModel);
  itkGetModifiableObjectMacro(StyleModel, NetworkModel);

  /** Optional: what makes cryosection's gray of the input. */
  itkSetObjectMacro(ConversionModel, NetworkModel);
  itkGetModifiableObjectMacro(ConversionModel, NetworkModel);

  /** Axis across the slices that are painted. Default: 2. */
  itkSetMacro(Axis, unsigned int);
  itkGetConstMacro(Axis, unsigned int);

  /** Most slices to paint, at least 1. Default: 3. */
  itkSetMacro(NumberOfHintSlices, unsigned int);
  itkGetConstMacro(NumberOfHintSlices, unsigned int);

  /** Least distance between two painted slices, in slices, at least 1. Default: 10. */
  itkSetMacro(MinimumDistance, unsigned int);
  itkGetConstMacro(MinimumDistance, unsigned int);

  /** Whether the painted slices are spread over the body, or are those of highest contrast wherever these are, as in the
   * paper. Default: false. */
  itkSetMacro(SpreadEvenly, bool);
  itkGetConstMacro(SpreadEvenly, bool);
  itkBooleanMacro(SpreadEvenly);

  /** Layers, weights and search of the style transfer. */
  void
  SetStyleParameters(const StyleParametersType & parameters)
  {
    m_StyleParameters = parameters;
    this->Modified();
  }
  const StyleParametersType &
  GetStyleParameters() const
  {
    return m_StyleParameters;
  }

  /** Features, their weights, and levels of the analogy, as in DeepImageAnalogyImageFilter. */
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

  /** Tolerance of GetPropagation(), above 0. Default: 1e-3. */
  void
  SetTolerance(double tolerance)
  {
    m_Propagation->SetTolerance(tolerance);
  }
  double
  GetTolerance() const
  {
    return m_Propagation->GetTolerance();
  }

  /** What carries the colours of painted slices through the volume; its inputs, window and what it spreads are set by the
   * update. */
  itkGetModifiableObjectMacro(Propagation, PropagationType);

  /** Indices along Axis of the slices that the last update painted, in rising order. */
  const std::vector<IndexValueType> &
  GetHintSlices() const
  {
    return m_HintSlices;
  }

  /** The searches of the last update's style transfer, in the order of GetHintSlices(); empty after analogy. */
  const std::vector<StyleReportType> &
  GetStyleReports() const
  {
    return m_StyleReports;
  }

  /** Solver of the last update's colour propagation. */
  const colorization::LevinReport &
  GetPropagationReport() const
  {
    return m_Propagation->GetReport();
  }

  ModifiedTimeType
  GetMTime() const override;

protected:
  StyleColorizationImageFilter();
  ~StyleColorizationImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  GenerateData() override;

private:
  using FloatImageType = Image<float, ImageDimension>;
  using SliceType = Image<float, 2>;
  using PaintedSliceType = Image<RGBPixel<float>, 2>;
  using LabSliceType = Image<Vector<float, 3>, 2>;
  using PaintedSliceVisitor = std::function<void(std::size_t slice, PaintedSliceType * colors, SliceType * confidence)>;

  /** Where, in 0 ... 1, the painting begins and ends in the progress. */
  static constexpr double PaintingBegin = 0.32;
  static constexpr double PaintingEnd = 0.8;

  /** What stage 4 hands to stage 5. */
  struct Hints
  {
    typename LabImageType::Pointer   colors;
    typename MaskImageType::Pointer  mask;
    typename FloatImageType::Pointer confidence;
  };

  /** Gray of 0..1 within the body, 0 outside. */
  typename FloatImageType::Pointer
  MakeGray(const MaskImageType * body);

  std::vector<IndexValueType>
  SelectSlices(FloatImageType * gray, const MaskImageType * body);

  colorization::GraySlice
  ExtractSlice(const FloatImageType * gray, const MaskImageType * body, IndexValueType index) const;

  /** Hands the slices to `visit`, each by its number among the hint slices, painted in the photograph's style. */
  void
  TransferStyle(const FloatImageType * gray, const MaskImageType * body, const PaintedSliceVisitor & visit);

  /** The same with the colours of the photograph's most similar patches, and how far to believe them. */
  void
  FindAnalogy(const FloatImageType * gray, const MaskImageType * body, const PaintedSliceVisitor & visit);

  Hints
  PaintSlices(FloatImageType * gray, const MaskImageType * body);

  static typename LabSliceType::Pointer
  ToLab(const PaintedSliceType * colors);

  void
  PropagateColors(const FloatImageType * gray, const MaskImageType * body, const Hints & hints);

  PainterEnum                       m_Painter{ PainterEnum::StyleTransfer };
  NetworkModel::Pointer             m_StyleModel{};
  NetworkModel::Pointer             m_ConversionModel{};
  unsigned int                      m_Axis{ 2 };
  unsigned int                      m_NumberOfHintSlices{ 3 };
  unsigned int                      m_MinimumDistance{ 10 };
  bool                              m_SpreadEvenly{ false };
  StyleParametersType               m_StyleParameters{};
  AnalogyParametersType             m_AnalogyParameters{};
  std::vector<IndexValueType>       m_HintSlices{};
  std::vector<StyleReportType>      m_StyleReports{};
  typename PropagationType::Pointer m_Propagation;
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkStyleColorizationImageFilter.hxx"
#endif

#endif
