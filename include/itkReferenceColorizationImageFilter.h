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

#include "itkChromaPalette.h"
#include "itkColorizationFilterUtilities.h"
#include "itkGraySliceExtraction.h"
#include "itkLevinSolver.h"
#include "itkNetworkModel.h"
#include "itkReferenceColorizationEnums.h"
#include "itkReferenceImageDatabase.h"
#include "itkSliceAnalogy.h"
#include "itkSliceSeriesAnalogy.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkRGBPixel.h"

#include <functional>
#include <string>
#include <vector>

namespace itk
{
/** \class ReferenceColorizationImageFilter
 * \brief Gives a gray volume the colours of photographs of sections through a body; no network is needed, but one may help.
 *
 * \dot
 * digraph ReferenceColorization
 * {
 *   rankdir=LR; node [shape=box];
 *   input [shape=plaintext]; photograph [shape=plaintext]; database [shape=plaintext]; output [shape=plaintext];
 *   input -> "OtsuBodyMask" -> "HintSlices: select" -> "slice analogy" -> "EdgeAwareColorTransfer" ->
 *   "HintSlices: scatter" -> "LevinColorization" -> output;
 *   "slice analogy" -> "FastGlobalSmoother" [label="slices"]; "FastGlobalSmoother" -> output;
 *   photograph -> "slice analogy"; database -> "slice analogy";
 * }
 * \enddot
 *
 * Stages, as GetStage() tells them:
 *
 * 1. "body mask": OtsuBodyMaskImageFilter, unless a mask is given.
 * 2. "hint slices": HintSlicesImageFilter picks slices across Axis, spread over the body. Where there is a
 * ReferenceDatabase, each picks the NumberOfReferences photographs that are most like it; one that is farther from the
 * neighbours' photographs in the database has to be more like it (Viterbi's method), as photographs are in the order of the
 * body's levels there.
 * 3. "analogy": colorization::ColorizeSliceSeries() finds how the photographs lie, and for every pixel of a hint slice the
 * patch that is most like it; EdgeAwareColorTransferImageFilter keeps the colour of that alone.
 * 4. "colour propagation": LevinColorizationImageFilter carries the chroma through the volume, in CIE Lab; hints count
 * by their confidence.
 *
 * With Method Slices, every slice of the body is coloured by analogy with the photographs of the hint slice that is nearest to
 * it, beginning with the matches of the slice beside it; and stage 4 is "smoothing": FastGlobalSmootherImageFilter smooths
 * chroma, weighted by confidence, along all axes, guided by the input.
 *
 * With Method Network, stages 2 to 4 are "network": NetworkColorizationImageFilter colours the volume by the Model, such as
 * NetworkModel::AnyContrast; and where there is a photograph or a database, whose tissue has other colours than the network
 * was shown, ChromaPalette::MapBetween() moves the network's palette to theirs. HintSlices and analogy are not used.
 *
 * The output's luminance is the input's: (value - WindowMinimum) / (WindowMaximum - WindowMinimum), clamped to 0..1.
 * Outside of the body and of a margin of SkinMargin it is black. Air inside the body, values up to AirThreshold of that window, stays gray, and no
 * colour crosses it.
 *
 * An image of two dimensions is one slice, coloured by stages 3 and 4.
 *
 * With a Model, the other methods compare patches by layers of VGG-19 in place of descriptors; see
 * DeepImageAnalogyImageFilter.
 *
 * Global: it needs the whole input, and makes the whole output. Beside these it takes about 170 bytes for each voxel of
 * the body's bounding box, and 30 for each of the input; with Method Slices 60 for each of the input, and with
 * Method Network 24 beside what NetworkColorizationImageFilter takes. Same inputs and parameters give the same output, bit for bit,
 * for any number of threads.
 *
 * Throws an exception if there is neither a photograph nor a database (but for Method Network), or both, if Method
 * Network has no Model that makes colours, if a photograph shows no tissue (it is gray,
 * for example), is smaller than a patch, or has changed since it came to the database, if the input is constant or holds
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
  using AnalogyParametersType = colorization::SliceAnalogyParameters;
  using MethodEnum = ReferenceColorizationEnums::Method;

  /** What became of one slice that was coloured by analogy. */
  struct HintSliceReport
  {
    /** Index along Axis. */
    IndexValueType index;
    /** 1 for the slice that is most like the photograph, towards 0 for others. */
    double similarity;
    /** Mean distance of the matched patches. */
    double meanDistance;
    /** The photographs it took its colours from, by their number in the database, or 0; and with what weights. */
    std::vector<colorization::PhotographChoice> photographs;
  };

  /** How the volume gets its colours. Default: Hints. */
  itkSetEnumMacro(Method, MethodEnum);
  itkGetEnumMacro(Method, MethodEnum);

  /** The photograph whose colours are taken, unless there is a database. Its geometry is not read: how it lies and its scale
   * are found. */
  itkSetInputMacro(ReferenceImage, PhotographType);
  itkGetInputMacro(ReferenceImage, PhotographType);

  /** Optional: the body, where not 0. Without it, it is found by OtsuBodyMaskImageFilter. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** Photographs that each slice picks from. */
  itkSetObjectMacro(ReferenceDatabase, ReferenceImageDatabase);
  itkGetModifiableObjectMacro(ReferenceDatabase, ReferenceImageDatabase);

  /** How many photographs of the database a slice takes its colours from, each by how much it is like the slice; at least 1.
   * Default: 1. */
  itkSetMacro(NumberOfReferences, unsigned int);
  itkGetConstMacro(NumberOfReferences, unsigned int);

  /** Optional: VGG-19, whose layers are compared in place of descriptors; with Method Network: the network that colours. */
  itkSetObjectMacro(Model, NetworkModel);
  itkGetModifiableObjectMacro(Model, NetworkModel);

  /** Axis across the slices that are like the photograph. Default: 2. */
  itkSetMacro(Axis, unsigned int);
  itkGetConstMacro(Axis, unsigned int);

  /** Slices that are coloured by analogy, or, with Method Slices, that pick photographs; at least 1. Default: 40. */
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

  /** What luminance the input's tissues have in photographs, if their order is another than in the input's, as it is in CT:
   * colorization::CTIntensityCurve(). Analogy then compares these, and the output's luminance stays that of the window.
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

  /** Radius in mm of the ball with which a body that is found is opened, at least 0: takes a CT's table away. Not used with a
   * mask. Default: 0. */
  itkSetMacro(OpeningRadius, double);
  itkGetConstMacro(OpeningRadius, double);

  /** Voxels around a body that is found in which its gray is kept and coloured: those that the body fills in part are
   * among them, without which its surface would have steps. Not used with a mask. Default: 1. */
  itkSetMacro(SkinMargin, unsigned int);
  itkGetConstMacro(SkinMargin, unsigned int);

  /** Luminance up to which the inside of the body is air, 0 ... 1. Default: 0.05. */
  itkSetMacro(AirThreshold, double);
  itkGetConstMacro(AirThreshold, double);

  /** Lambda of EdgeAwareColorTransferImageFilter, or with Method Slices of FastGlobalSmootherImageFilter, at least 0. Default: 4. */
  itkSetMacro(TransferLambda, double);
  itkGetConstMacro(TransferLambda, double);

  /** Sigma of the same, for luminance of 0 ... 1, above 0. Default: 0.03: finer than the paper's 200 / 255, to tell
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

  /** The slices that the last update coloured by analogy, in the order of their indices. */
  const std::vector<HintSliceReport> &
  GetHintSliceReports() const
  {
    return m_HintSliceReports;
  }

  /** Of the last update: how each photograph that was used lay upon the slices. */
  const std::vector<colorization::PhotographPose> &
  GetPhotographPoses() const
  {
    return m_PhotographPoses;
  }

  /** Solver of the last update's colour propagation, with Method Hints. */
  const colorization::LevinReport &
  GetPropagationReport() const
  {
    return m_PropagationReport;
  }

  ModifiedTimeType
  GetMTime() const override;

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

  /** The body with SkinMargin around it, or the mask that is given. */
  typename MaskImageType::ConstPointer
  AddMargin(const MaskImageType * body);

  std::vector<IndexValueType>
  SelectSlices(const MaskImageType * body);

  /** The photographs of each of some slices. */
  std::vector<std::vector<colorization::PhotographChoice>>
  ChoosePhotographs(const std::vector<colorization::GraySlice> & slices) const;

  /** Colours slices by analogy, and has each visited. */
  void
  RunAnalogy(const std::vector<IndexValueType> &                                          indices,
             colorization::SliceSeries &                                                  series,
             const std::function<void(std::size_t, const colorization::AnalogySlice &)> & visit);

  Hints
  ColorizeSlices(const MaskImageType * body, const std::vector<IndexValueType> & indices);

  typename TOutputImage::Pointer
  PropagateColors(const MaskImageType * body, const MaskImageType * skin, const Hints & hints);

  /** Method Slices, stages 3 and 4. */
  typename TOutputImage::Pointer
  ColorizeEverySlice(const MaskImageType * body, const std::vector<IndexValueType> & hintIndices);

  /** Method Network: what the network makes, in the photographs' palette. */
  typename TOutputImage::Pointer
  ColorizeByNetwork(const MaskImageType * body, const MaskImageType * skin);

  typename PhotographType::ConstPointer
  GetPhotograph(std::size_t index) const;

  /** The output of a and b times a confidence, and the confidence; three floats a voxel. */
  typename TOutputImage::Pointer
  AddLuminance(const std::vector<float> & chroma);

  /** Of the output's luminance. */
  colorization::LuminanceWindow
  GetWindow() const
  {
    return { m_WindowMinimum, m_WindowMaximum, {} };
  }

  /** Of the luminance that analogy compares. */
  colorization::LuminanceWindow
  GetAnalogyWindow() const
  {
    return { m_WindowMinimum, m_WindowMaximum, m_IntensityCurve };
  }

  MethodEnum                                m_Method{ MethodEnum::Hints };
  ReferenceImageDatabase::Pointer           m_ReferenceDatabase{};
  unsigned int                              m_NumberOfReferences{ 1 };
  NetworkModel::Pointer                     m_Model{};
  unsigned int                              m_Axis{ 2 };
  unsigned int                              m_NumberOfHintSlices{ 40 };
  bool                                      m_UseAutomaticWindow{ true };
  double                                    m_WindowMinimum{ 0.0 };
  double                                    m_WindowMaximum{ 255.0 };
  double                                    m_OpeningRadius{ 0.0 };
  unsigned int                              m_SkinMargin{ 1 };
  double                                    m_AirThreshold{ 0.05 };
  double                                    m_TransferLambda{ 4.0 };
  double                                    m_TransferSigma{ 0.03 };
  double                                    m_VarianceScale{ 0.6 };
  double                                    m_Tolerance{ 1e-3 };
  colorization::IntensityCurve              m_IntensityCurve{};
  AnalogyParametersType                     m_AnalogyParameters;
  std::string                               m_Stage;
  std::vector<HintSliceReport>              m_HintSliceReports;
  std::vector<colorization::PhotographPose> m_PhotographPoses;
  colorization::LevinReport                 m_PropagationReport;
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkReferenceColorizationImageFilter.hxx"
#endif

#endif
