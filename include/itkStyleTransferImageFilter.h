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
#ifndef itkStyleTransferImageFilter_h
#define itkStyleTransferImageFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkNetworkModel.h"
#include "itkStyleTransferParameters.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkRGBPixel.h"

#include <vector>

namespace itk
{
/** \class StyleTransferImageFilter
 * \brief Paints a gray or colour picture in the style of a photograph: what it shows stays, colours and texture are those
 * of the photograph (Gatys).
 *
 * Looks for the picture x that minimises
 *
 * \f[ \alpha \sum_{l \in C} v_l\, \overline{(F_l - P_l)^2} +
 *     \beta \sum_{l \in S} w_l\, \overline{(G_l - A_l)^2} + \gamma\, \overline{(\nabla x)^2}, \qquad
 *     G_l = \frac{F_l F_l^T}{N_l M_l} \f]
 *
 * where bars are means, \f$F_l\f$ the \f$N_l\f$ feature maps of VGG-19's layer l at its \f$M_l\f$ pixels for x,
 * \f$P_l\f$ those for the input, and \f$A_l\f$ the Gram matrix G of the photograph. Up to constant factors of each layer
 * these are the paper's sums; as means, they do not depend on the picture's size, and the photograph may have any. Layers
 * and their weights v and w are those of the paper by default. The paper's \f$\alpha/\beta\f$ is for weights of VGG-19
 * that were scaled to unit activations; the default here, \f$10^{-6}\f$, is for torchvision's.
 *
 * The input's value v is luminance, or a component of RGB, (v - WindowMinimum) / (WindowMaximum - WindowMinimum), clamped
 * to 0..1. The output fills the range of integer components, and 0..1 of floating-point ones. A volume is painted slice by
 * slice across SliceAxis, each on its own, so that colours may flicker from slice to slice; see
 * StyleColorizationImageFilter. The photograph's geometry is not read.
 *
 * An IterationEvent follows every iteration; GetLoss() and GetIteration() then tell how far the search is.
 *
 * Global: it needs the whole input, and makes the whole output. Beside these it takes about 5 KB for each pixel of a slice,
 * and 1 KB for each of the photograph. On the processor, the same inputs, parameters and number of work units give
 * the same output, bit for bit; LibTorch's kernels share out their sums among threads, so that another number of work units
 * may lead the search elsewhere.
 *
 * Throws an exception if no model is set, if it is not VGG-19 on three channels in float32, if it has no such layer, if a
 * slice or the photograph is too small for a layer, if a parameter is out of its range, if InitialImage has another region,
 * if the input holds NaN or infinity, or if the loss becomes so. Without LibTorch it says so.
 *
 * \par Reference
 * L. A. Gatys, A. S. Ecker, M. Bethge: Image Style Transfer Using Convolutional Neural Networks. CVPR, 2016.
 * doi:10.1109/CVPR.2016.265. Use for colorization: A. N. Mathur, A. Khattar, O. Sharma: Multimodal Medical Volume
 * Colorization from 2D Style. 2021, section 3.3.
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT StyleTransferImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(StyleTransferImageFilter);

  using Self = StyleTransferImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(StyleTransferImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "Pictures, or the slices of volumes, are painted.");

  using RegionType = typename TInputImage::RegionType;
  using PhotographType = Image<RGBPixel<unsigned char>, 2>;
  using LayerType = colorization::StyleTransferLayer;
  using LayersType = std::vector<LayerType>;
  using OptimizerType = colorization::StyleTransferOptimizer;
  using LossType = colorization::StyleTransferLoss;
  using ReportType = colorization::StyleTransferReport;

  /** Where the search begins. */
  enum class InitialImageType
  {
    /** The input. */
    Content,
    /** Every component from 0..1, equally likely, by Seed. */
    Noise,
    /** InitialImage. */
    Given
  };

  /** The photograph. */
  itkSetInputMacro(StyleImage, PhotographType);
  itkGetInputMacro(StyleImage, PhotographType);

  /** Where the search begins if InitialImageKind is Given, in the output's range of values. */
  itkSetInputMacro(InitialImage, TOutputImage);
  itkGetInputMacro(InitialImage, TOutputImage);

  /** VGG-19; NetworkModel::Locate("vgg19") tells where it is, or where it can be had. */
  itkSetObjectMacro(Model, NetworkModel);
  itkGetModifiableObjectMacro(Model, NetworkModel);

  /** Layers, weights and search, all at once. */
  void
  SetParameters(const colorization::StyleTransferParameters & parameters)
  {
    m_Parameters = parameters;
    this->Modified();
  }
  const colorization::StyleTransferParameters &
  GetParameters() const
  {
    return m_Parameters;
  }

  /** Default: relu4_2, weight 1. */
  void
  SetContentLayers(const LayersType & layers)
  {
    m_Parameters.contentLayers = layers;
    this->Modified();
  }
  const LayersType &
  GetContentLayers() const
  {
    return m_Parameters.contentLayers;
  }

  /** Default: relu1_1, relu2_1, relu3_1, relu4_1, relu5_1, weight 0.2 each. */
  void
  SetStyleLayers(const LayersType & layers)
  {
    m_Parameters.styleLayers = layers;
    this->Modified();
  }
  const LayersType &
  GetStyleLayers() const
  {
    return m_Parameters.styleLayers;
  }

  /** Alpha, at least 0. Default: 1. */
  void
  SetContentWeight(double weight)
  {
    this->SetParameter(m_Parameters.contentWeight, weight);
  }
  double
  GetContentWeight() const
  {
    return m_Parameters.contentWeight;
  }

  /** Beta, at least 0. Default: 1e6. */
  void
  SetStyleWeight(double weight)
  {
    this->SetParameter(m_Parameters.styleWeight, weight);
  }
  double
  GetStyleWeight() const
  {
    return m_Parameters.styleWeight;
  }

  /** Gamma, at least 0. Default: 0, as in the paper. */
  void
  SetTotalVariationWeight(double weight)
  {
    this->SetParameter(m_Parameters.totalVariationWeight, weight);
  }
  double
  GetTotalVariationWeight() const
  {
    return m_Parameters.totalVariationWeight;
  }

  /** Default: L-BFGS, as in the paper. */
  void
  SetOptimizer(OptimizerType optimizer)
  {
    this->SetParameter(m_Parameters.optimizer, optimizer);
  }
  OptimizerType
  GetOptimizer() const
  {
    return m_Parameters.optimizer;
  }

  /** Adam's step, above 0. Default: 0.02. */
  void
  SetLearningRate(double rate)
  {
    this->SetParameter(m_Parameters.learningRate, rate);
  }
  double
  GetLearningRate() const
  {
    return m_Parameters.learningRate;
  }

  /** Most iterations for a slice, at least 1. Default: 300. */
  void
  SetMaximumNumberOfIterations(unsigned int number)
  {
    this->SetParameter(m_Parameters.maximumNumberOfIterations, number);
  }
  unsigned int
  GetMaximumNumberOfIterations() const
  {
    return m_Parameters.maximumNumberOfIterations;
  }

  /** The search for a slice ends where 10 iterations have changed its loss by at most this part of it; at least 0.
   * Default: 1e-3. */
  void
  SetTolerance(double tolerance)
  {
    this->SetParameter(m_Parameters.tolerance, tolerance);
  }
  double
  GetTolerance() const
  {
    return m_Parameters.tolerance;
  }

  /** Default: Content. */
  void
  SetInitialImageKind(InitialImageType kind)
  {
    this->SetParameter(m_InitialImageKind, kind);
  }
  InitialImageType
  GetInitialImageKind() const
  {
    return m_InitialImageKind;
  }

  /** Of the noise; the same for every slice. Default: 0. */
  itkSetMacro(Seed, unsigned int);
  itkGetConstMacro(Seed, unsigned int);

  /** Input value that is black. Default: 0. */
  itkSetMacro(WindowMinimum, double);
  itkGetConstMacro(WindowMinimum, double);

  /** Input value that is white; above WindowMinimum. Default: 255. */
  itkSetMacro(WindowMaximum, double);
  itkGetConstMacro(WindowMaximum, double);

  /** Axis across the slices of a volume. Default: 2. */
  itkSetMacro(SliceAxis, unsigned int);
  itkGetConstMacro(SliceAxis, unsigned int);

  /** The loss after the iteration just done. */
  const LossType &
  GetLoss() const
  {
    return m_Loss;
  }

  /** The iteration just done, of the slice under way, from 1 on. */
  itkGetConstMacro(Iteration, unsigned int);

  /** Of the last update, one for every slice. */
  const std::vector<ReportType> &
  GetReports() const
  {
    return m_Reports;
  }

  ModifiedTimeType
  GetMTime() const override;

protected:
  StyleTransferImageFilter();
  ~StyleTransferImageFilter() override = default;

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
  template <typename TValue>
  void
  SetParameter(TValue & parameter, TValue value)
  {
    if (parameter != value)
    {
      parameter = value;
      this->Modified();
    }
  }

  void
  VerifyLayers(const char * name, const LayersType & layers) const;

  std::vector<RegionType>
  MakeSlices() const;

  /** RGB of 0..1, channel after channel. */
  std::vector<float>
  CopyContent(const RegionType & slice) const;

  std::vector<float>
  MakeInitialImage(const RegionType & slice, const std::vector<float> & content) const;

  void
  WriteSlice(const RegionType & slice, const std::vector<float> & image);

  NetworkModel::Pointer                 m_Model{};
  colorization::StyleTransferParameters m_Parameters{};
  InitialImageType                      m_InitialImageKind{ InitialImageType::Content };
  unsigned int                          m_Seed{ 0 };
  double                                m_WindowMinimum{ 0.0 };
  double                                m_WindowMaximum{ 255.0 };
  unsigned int                          m_SliceAxis{ 2 };

  LossType                m_Loss{};
  unsigned int            m_Iteration{ 0 };
  std::vector<ReportType> m_Reports{};
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkStyleTransferImageFilter.hxx"
#endif

#endif
