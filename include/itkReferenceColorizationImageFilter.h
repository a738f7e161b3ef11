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
#include "itkColorizationImageFilter.h"
#include "itkGraySliceExtraction.h"
#include "itkLevinColorizationImageFilter.h"
#include "itkNetworkColorizationImageFilter.h"
#include "itkReferenceColorizationEnums.h"
#include "itkReferenceImageDatabase.h"
#include "itkSliceAnalogy.h"
#include "itkSliceSeriesAnalogy.h"

#include "itkVector.h"

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
 * 4. "colour propagation": LevinColorizationImageFilter carries the colours through the volume, in CIE Lab; hints count
 * by their confidence.
 *
 * With Method Slices, every slice of the body is coloured by analogy with the photographs of the hint slice that is nearest to
 * it, beginning with the matches of the slice beside it; and stage 4 is "smoothing": FastGlobalSmootherImageFilter smooths
 * colours in CIE Lab, weighted by confidence, along all axes, guided by the input.
 *
 * With Method Network, stages 2 to 4 are "network": NetworkColorizationImageFilter colours the volume by the Model, such as
 * NetworkModel::AnyContrast; and where there is a photograph or a database, whose tissue has other colours than the network
 * was shown, ChromaPalette::MapBetween() moves the network's palette to theirs. HintSlices and analogy are not used.
 *
 * The lightness that Luminance chooses from is that of the matched photographs, or the network's. No colour crosses air
 * inside the body, values up to AirThreshold of the window; see ColorizationImageFilter for what is not coloured.
 *
 * An image of two dimensions is one slice, coloured by stages 3 and 4.
 *
 * With a Model, the other methods compare patches by layers of VGG-19 in place of descriptors; see
 * DeepImageAnalogyImageFilter.
 *
 * Beside input and output it takes about 200 bytes for each voxel of the body's bounding box, and 60 for each of the
 * input; with Method Slices 80 for each of the input, and with Method Network 24 beside what
 * NetworkColorizationImageFilter takes. Same inputs and parameters give the same output, bit for bit, for any number of
 * threads.
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
class ITK_TEMPLATE_EXPORT ReferenceColorizationImageFilter : public ColorizationImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ReferenceColorizationImageFilter);

  using Self = ReferenceColorizationImageFilter;
  using Superclass = ColorizationImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(ReferenceColorizationImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;

  using typename Superclass::LuminanceEnum;
  using typename Superclass::MaskImageType;
  using typename Superclass::RegionType;
  using PhotographType = Image<RGBPixel<unsigned char>, 2>;
  using AnalogyParametersType = colorization::SliceAnalogyParameters;
  using MethodEnum = ReferenceColorizationEnums::Method;
  /** L, a and b. */
  using LabImageType = Image<Vector<float, 3>, ImageDimension>;
  using NetworkType = NetworkColorizationImageFilter<TInputImage, LabImageType>;
  using PropagationType = LevinColorizationImageFilter<TInputImage, LabImageType, LabImageType>;

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

  /** Lambda of EdgeAwareColorTransferImageFilter, or with Method Slices of FastGlobalSmootherImageFilter, at least 0. Default: 4. */
  itkSetMacro(TransferLambda, double);
  itkGetConstMacro(TransferLambda, double);

  /** Sigma of the same, for luminance of 0 ... 1, above 0. Default: 0.03: finer than the paper's 200 / 255, to tell
   * cortex from white matter. */
  itkSetMacro(TransferSigma, double);
  itkGetConstMacro(TransferSigma, double);

  /** VarianceScale of GetPropagation(), above 0. Default: 0.6, Levin's own: less colour crosses edges than with the papers'
   * 2. */
  void
  SetVarianceScale(double scale)
  {
    m_Propagation->SetVarianceScale(scale);
  }
  double
  GetVarianceScale() const
  {
    return m_Propagation->GetVarianceScale();
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

  /** What carries the colours of hints through the volume; its inputs, window and what it spreads are set by the update. */
  itkGetModifiableObjectMacro(Propagation, PropagationType);

  /** What colours with Method Network; its inputs, model and slice axis are set by the update. */
  itkGetModifiableObjectMacro(Network, NetworkType);

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
    return m_Propagation->GetReport();
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
  GenerateData() override;

private:
  using LabPlanes = typename Superclass::LabPlanes;
  using ConfidenceImageType = Image<float, ImageDimension>;

  /** What stage 3 hands to stage 4. */
  struct Hints
  {
    typename LabImageType::Pointer        colors;
    typename MaskImageType::Pointer       mask;
    typename ConfidenceImageType::Pointer confidence;
  };

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

  void
  PropagateColors(const MaskImageType * body,
                  const MaskImageType * skin,
                  const MaskImageType * tissue,
                  const Hints &         hints);

  /** Method Slices, stages 3 and 4. */
  void
  ColorizeEverySlice(const MaskImageType *               body,
                     const MaskImageType *               skin,
                     const MaskImageType *               tissue,
                     const std::vector<IndexValueType> & hintIndices);

  /** Method Network: what the network makes, in the photographs' palette. */
  void
  ColorizeByNetwork(const MaskImageType * body, const MaskImageType * skin, const MaskImageType * tissue);

  typename PhotographType::ConstPointer
  GetPhotograph(std::size_t index) const;

  /** Of the luminance that analogy compares. */
  colorization::LuminanceWindow
  GetAnalogyWindow() const
  {
    auto window = this->GetLuminanceWindow();
    window.curve = m_IntensityCurve;
    return window;
  }

  MethodEnum                                m_Method{ MethodEnum::Hints };
  ReferenceImageDatabase::Pointer           m_ReferenceDatabase{};
  unsigned int                              m_NumberOfReferences{ 1 };
  NetworkModel::Pointer                     m_Model{};
  unsigned int                              m_Axis{ 2 };
  unsigned int                              m_NumberOfHintSlices{ 40 };
  double                                    m_TransferLambda{ 4.0 };
  double                                    m_TransferSigma{ 0.03 };
  colorization::IntensityCurve              m_IntensityCurve{};
  AnalogyParametersType                     m_AnalogyParameters;
  std::vector<HintSliceReport>              m_HintSliceReports;
  std::vector<colorization::PhotographPose> m_PhotographPoses;
  typename PropagationType::Pointer         m_Propagation;
  typename NetworkType::Pointer             m_Network;
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkReferenceColorizationImageFilter.hxx"
#endif

#endif
