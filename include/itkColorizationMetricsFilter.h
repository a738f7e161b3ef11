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
#ifndef itkColorizationMetricsFilter_h
#define itkColorizationMetricsFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkColorizationMetrics.h"
#include "itkNetworkModel.h"

#include "itkImage.h"
#include "itkProcessObject.h"
#include "itkSimpleDataObjectDecorator.h"

#include <cstddef>

namespace itk
{
/** \class ColorizationMetricsFilter
 * \brief Measures how good a colorization is, by the metrics of the published systems.
 *
 * Compares the luminance of a colorized picture or volume with the gray source, for structure, and its colours with a
 * reference that has the colours that are wanted. Which metric compares what is told by
 * colorization::EvaluateColorizationMetrics(), and by every report; what each metric is, by
 * colorization::ColorizationMetric. Its results are in GetReport(), which is the value of the only output.
 *
 * A volume is measured slice by slice across SliceAxis, and as a whole by those metrics that have a definition in three
 * dimensions. The axes within slices keep their order.
 *
 * Pixels of one component are gray; of three or more, the first three are red, green and blue, and further ones, such as
 * alpha, are not looked at. Metrics of all channels have squared units of the result. The source is mapped linearly to
 * the result's range, from SourceMinimum (black) to SourceMaximum (white), without clamping.
 *
 * LPIPS and FID have a value only where their networks are given, as PerceptualModel and FeatureModel, and a reference;
 * what they compare is told by colorization::EvaluateDeepMetrics(). They need LibTorch, which is told by
 * NetworkModel::IsAvailable().
 *
 * Global: asks for all of every input. A thread takes about 1 kB for each pixel of a slice beside the inputs; LPIPS
 * takes about 1.6 kB for each pixel of a slice with VGG-16, and 0.2 kB with AlexNet. Results are the same, bit for bit,
 * for any number of threads.
 *
 * Throws an exception if there is no result; if pixels have two components; if SliceAxis is above 2; if Range,
 * ReferenceRange or SourceMaximum - SourceMinimum is not above 0; if the images differ in size, or, unless
 * IgnoreGeometry, in physical space; if an image holds NaN or infinity; if the mask is 0 everywhere; if
 * PerceptualModel is no network of LPIPS, or slices are too small for it; if the features of FeatureModel are not N x D
 * or N x D x 1 x 1, or if there are fewer slices than these features, so that FID's covariances would be singular.
 *
 * \tparam TColorImage result and reference
 * \tparam TSourceImage the gray image that was colorized; of colours, the luminance is taken
 *
 * \ingroup Colorization */
template <typename TColorImage,
          typename TSourceImage = Image<float, TColorImage::ImageDimension>,
          typename TMaskImage = Image<unsigned char, TColorImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT ColorizationMetricsFilter : public ProcessObject
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ColorizationMetricsFilter);

  using Self = ColorizationMetricsFilter;
  using Superclass = ProcessObject;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(ColorizationMetricsFilter);

  static constexpr unsigned int ImageDimension = TColorImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "Metrics are of pictures and of volumes.");

  using ColorImageType = TColorImage;
  using SourceImageType = TSourceImage;
  using MaskImageType = TMaskImage;
  using MetricType = colorization::ColorizationMetric;
  using ReportType = colorization::ColorizationMetricsReport;
  using ReportDecoratorType = SimpleDataObjectDecorator<ReportType>;

  /** The colorized image, which is required. */
  itkSetInputMacro(ResultImage, TColorImage);
  itkGetInputMacro(ResultImage, TColorImage);

  /** The colours that are wanted. */
  itkSetInputMacro(ReferenceImage, TColorImage);
  itkGetInputMacro(ReferenceImage, TColorImage);

  /** The gray image that was colorized. */
  itkSetInputMacro(SourceImage, TSourceImage);
  itkGetInputMacro(SourceImage, TSourceImage);

  /** What is not 0 counts. Default: all does. */
  itkSetInputMacro(MaskImage, TMaskImage);
  itkGetInputMacro(MaskImage, TMaskImage);

  /** Axis across the slices of a volume, 0 ... 2. Default: 2. */
  itkSetMacro(SliceAxis, unsigned int);
  itkGetConstMacro(SliceAxis, unsigned int);

  /** What a component of the result has where it is brightest. Default: the type's highest value, and 1 for
   * floating-point components. */
  itkSetMacro(Range, double);
  itkGetConstMacro(Range, double);

  /** The same of the reference. */
  itkSetMacro(ReferenceRange, double);
  itkGetConstMacro(ReferenceRange, double);

  /** What black and white are in the source. Defaults: 0, and what Range has by default, for the source's type. */
  itkSetMacro(SourceMinimum, double);
  itkGetConstMacro(SourceMinimum, double);
  itkSetMacro(SourceMaximum, double);
  itkGetConstMacro(SourceMaximum, double);

  /** Whether images may differ in origin, spacing and direction. Default: false. */
  itkSetMacro(IgnoreGeometry, bool);
  itkGetConstMacro(IgnoreGeometry, bool);
  itkBooleanMacro(IgnoreGeometry);

  /** LPIPSAlexNet or LPIPSVGG16, for LPIPS. Default: none. */
  itkSetObjectMacro(PerceptualModel, NetworkModel);
  itkGetModifiableObjectMacro(PerceptualModel, NetworkModel);

  /** A TorchScript network for FID, such as Inception. It is given slices as RGB of 0..1, N x 3 x height x width, or
   * what the range in its metadata maps 0..1 to, and makes N x D or N x D x 1 x 1 features of them. Default: none. */
  itkSetObjectMacro(FeatureModel, NetworkModel);
  itkGetModifiableObjectMacro(FeatureModel, NetworkModel);

  /** Leaves out a metric that takes time, or takes it in again. By default all are computed. */
  void
  SetWanted(MetricType metric, bool isWanted);
  bool
  GetWanted(MetricType metric) const
  {
    return m_Parameters.Wants(metric);
  }

  /** What was found by the last update. */
  const ReportType &
  GetReport() const;

  ModifiedTimeType
  GetMTime() const override;

  /** The metric's value by the last update; NaN if it has none, for a reason that GetReport() tells. */
  double
  GetValue(MetricType metric) const
  {
    return this->GetReport()[metric].value;
  }

  ReportDecoratorType *
  GetOutput()
  {
    return itkDynamicCastInDebugMode<ReportDecoratorType *>(this->GetPrimaryOutput());
  }

  using Superclass::MakeOutput;
  DataObject::Pointer
  MakeOutput(DataObjectPointerArraySizeType) override
  {
    return ReportDecoratorType::New().GetPointer();
  }

protected:
  ColorizationMetricsFilter();
  ~ColorizationMetricsFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  VerifyInputInformation() const override;

  void
  GenerateData() override;

private:
  using RegionType = typename TColorImage::RegionType;

  /** Of the progress, where networks follow. */
  static constexpr double ShareOfPixels = 0.25;

  /** What a component of a type has where it is brightest. */
  template <typename TImage>
  static double
  RangeOf();

  /** Throws unless `image` lies where the result does; null passes. */
  template <typename TImage>
  void
  VerifySamePlace(const char * name, const TImage * image) const;

  /** Adds LPIPS and FID. */
  void
  EvaluateNetworks(const colorization::ColorizationMetricsInput & input, ReportType & report);

  /** Calls body(number of the pixel in the slice, components of the pixel) for all pixels of a slice. */
  template <typename TImage, typename TBody>
  void
  ForEachPixelOfSlice(const TImage * image, std::size_t slice, const TBody & body) const;

  /** Slices of colours, as factor * component. */
  colorization::SliceReader
  MakeColorReader(const TColorImage * image, double factor) const;

  colorization::SliceReader
  MakeSourceReader() const;

  colorization::SliceMaskReader
  MakeMaskReader() const;

  /** Width, height and number of slices. */
  std::array<std::size_t, 3>
  SliceSize() const;

  NetworkModel::Pointer                       m_PerceptualModel{};
  NetworkModel::Pointer                       m_FeatureModel{};
  colorization::ColorizationMetricsParameters m_Parameters;
  unsigned int                                m_SliceAxis{ 2 };
  double                                      m_Range{ RangeOf<TColorImage>() };
  double                                      m_ReferenceRange{ RangeOf<TColorImage>() };
  double                                      m_SourceMinimum{ 0.0 };
  double                                      m_SourceMaximum{ RangeOf<TSourceImage>() };
  bool                                        m_IgnoreGeometry{ false };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkColorizationMetricsFilter.hxx"
#endif

#endif
