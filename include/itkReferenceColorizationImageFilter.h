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
#ifndef itkReferenceColorizationImageFilter_h
#define itkReferenceColorizationImageFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkLevinSolver.h"
#include "itkSliceAnalogy.h"

#include "itkFixedArray.h"
#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkRGBPixel.h"

#include <string>

namespace itk
{
/** \class ReferenceColorizationImageFilter
 * \brief Gives a gray volume the colours of one colour photograph of a section through a body, without a network.
 *
 * \dot
 * digraph ReferenceColorization
 * {
 *   rankdir=LR; node [shape=box];
 *   input [shape=plaintext]; photograph [shape=plaintext]; output [shape=plaintext];
 *   input -> "OtsuBodyMask" -> "HintSlices: select" -> "slice analogy" -> "EdgeAwareColorTransfer" ->
 *   "HintSlices: scatter" -> "LevinColorization" -> output;
 *   photograph -> "slice analogy";
 * }
 * \enddot
 *
 * Stages, as GetStage() tells them:
 *
 * 1. "body mask": OtsuBodyMaskImageFilter, unless a mask is given.
 * 2. "hint slices": HintSlicesImageFilter picks slices across Axis, spread over the body.
 * 3. "analogy": colorization::SliceAnalogy finds how the photograph lies, and for every pixel of a hint slice the patch
 * of the photograph that is most like it; EdgeAwareColorTransferImageFilter keeps the colour of that alone.
 * 4. "colour propagation": LevinColorizationImageFilter carries the chroma through the volume, in CIE Lab; hints count
 * by their confidence.
 *
 * The output's luminance is the input's: (value - WindowMinimum) / (WindowMaximum - WindowMinimum), clamped to 0..1.
 * Outside of the body it is black. Air inside the body, values up to AirThreshold of that window, stays gray, and no
 * colour crosses it.
 *
 * An image of two dimensions is one slice, coloured by stages 3 and 4.
 *
 * Global: it needs the whole input, and makes the whole output. Beside these it takes about 170 bytes for each voxel of
 * the body's bounding box, and 30 for each of the input. Same inputs and parameters give the same output, bit for bit,
 * for any number of threads.
 *
 * Throws an exception if the photograph shows no tissue (it is gray, for example), if the input is constant or holds
 * NaN or infinity, if the mask has another region or physical space or is 0 everywhere, or if a parameter is out of its
 * range.
 *
 * \par Reference
 * S. Devkota, S. Pattanaik: Reference Based Color Transfer for Medical Volume Rendering. 2022. Hint
 * slices and their propagation: A. N. Mathur, A. Khattar, O. Sharma: Multimodal Medical Volume Colorization from 2D
 * Style. 2021.
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT ReferenceColorizationImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ReferenceColorizationImageFilter);

  using Self = ReferenceColorizationImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(ReferenceColorizationImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "Images of two or three dimensions can be coloured.");

  using RegionType = typename TInputImage::RegionType;
  using MaskImageType = Image<unsigned char, ImageDimension>;
  using PhotographType = Image<RGBPixel<unsigned char>, 2>;
  using OrientationType = FixedArray<bool, 3>;
  using AnalogyParametersType = colorization::SliceAnalogyParameters;

  /** What became of one hint slice. */
  struct HintSliceReport
  {
    /** Index along Axis. */
    IndexValueType index;
    /** 1 for the level that is most like the photograph's, towards 0 for others. */
    double similarity;
    /** Mean distance of the matched patches. */
    double meanDistance;
  };

  /** The photograph whose colours are taken. Its geometry is not read: how it lies and its scale are found. */
  itkSetInputMacro(ReferenceImage, PhotographType);
  itkGetInputMacro(ReferenceImage, PhotographType);

  /** Optional: the body, where not 0. Without it, it is found by OtsuBodyMaskImageFilter. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** Axis across the slices that are like the photograph. Default: 2. */
  itkSetMacro(Axis, unsigned int);
  itkGetConstMacro(Axis, unsigned int);

  /** Slices that are coloured by analogy, at least 1. Default: 40. */
  itkSetMacro(NumberOfHintSlices, unsigned int);
  itkGetConstMacro(NumberOfHintSlices, unsigned int);

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

  /** Luminance up to which the inside of the body is air, 0 ... 1. Default: 0.05. */
  itkSetMacro(AirThreshold, double);
  itkGetConstMacro(AirThreshold, double);

  /** Lambda of EdgeAwareColorTransferImageFilter, at least 0. Default: 4. */
  itkSetMacro(TransferLambda, double);
  itkGetConstMacro(TransferLambda, double);

  /** Sigma of EdgeAwareColorTransferImageFilter, above 0. Default: 0.03: finer than the paper's 200 / 255, to tell
   * cortex from white matter. */
  itkSetMacro(TransferSigma, double);
  itkGetConstMacro(TransferSigma, double);

  /** VarianceScale of LevinColorizationImageFilter, above 0. Default: 0.6, Levin's own: less colour crosses edges than
   * with the papers' 2. */
  itkSetMacro(VarianceScale, double);
  itkGetConstMacro(VarianceScale, double);

  /** Tolerance of LevinColorizationImageFilter, above 0. Default: 1e-3. */
  itkSetMacro(Tolerance, double);
  itkGetConstMacro(Tolerance, double);

  /** Features and weights of the analogy; its airThreshold is replaced by AirThreshold. */
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

  /** Name of the stage under way, for progress displays. */
  const std::string &
  GetStage() const
  {
    return m_Stage;
  }

  /** The hint slices of the last update, in the order of their indices. */
  const std::vector<HintSliceReport> &
  GetHintSliceReports() const
  {
    return m_HintSliceReports;
  }

  /** Of the last update: whether the photograph was transposed, then mirrored along its first and second axis. */
  const OrientationType &
  GetPhotographOrientation() const
  {
    return m_PhotographOrientation;
  }

  /** Of the last update: the photograph's spacing as found, in the input's unit. */
  itkGetConstMacro(PhotographSpacing, double);

  /** Solver of the last update's colour propagation. */
  const colorization::LevinReport &
  GetPropagationReport() const
  {
    return m_PropagationReport;
  }

protected:
  ReferenceColorizationImageFilter();
  ~ReferenceColorizationImageFilter() override = default;

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
  using HintPixelType = RGBPixel<float>;
  using HintImageType = Image<HintPixelType, ImageDimension>;
  using ConfidenceImageType = Image<float, ImageDimension>;

  /** What stage 3 hands to stage 4. */
  struct Hints
  {
    typename HintImageType::Pointer       colors;
    typename MaskImageType::Pointer       mask;
    typename ConfidenceImageType::Pointer confidence;
  };

  void
  BeginStage(const char * name, double progress);

  typename MaskImageType::ConstPointer
  FindBody();

  void
  ComputeWindow(const MaskImageType * body);

  std::vector<IndexValueType>
  SelectSlices(const MaskImageType * body);

  /** A slice across Axis, or the whole of a two-dimensional image, with its window applied. */
  colorization::GraySlice
  ExtractSlice(const MaskImageType * body, IndexValueType index) const;

  Hints
  ColorizeSlices(const MaskImageType * body, const std::vector<IndexValueType> & indices);

  typename TOutputImage::Pointer
  PropagateColors(const MaskImageType * body, const Hints & hints);

  unsigned int                 m_Axis{ 2 };
  unsigned int                 m_NumberOfHintSlices{ 40 };
  bool                         m_UseAutomaticWindow{ true };
  double                       m_WindowMinimum{ 0.0 };
  double                       m_WindowMaximum{ 255.0 };
  double                       m_AirThreshold{ 0.05 };
  double                       m_TransferLambda{ 4.0 };
  double                       m_TransferSigma{ 0.03 };
  double                       m_VarianceScale{ 0.6 };
  double                       m_Tolerance{ 1e-3 };
  AnalogyParametersType        m_AnalogyParameters;
  std::string                  m_Stage;
  std::vector<HintSliceReport> m_HintSliceReports;
  OrientationType              m_PhotographOrientation;
  double                       m_PhotographSpacing{ 0.0 };
  colorization::LevinReport    m_PropagationReport;
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkReferenceColorizationImageFilter.hxx"
#endif

#endif
