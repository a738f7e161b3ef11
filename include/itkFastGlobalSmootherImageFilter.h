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
#ifndef itkFastGlobalSmootherImageFilter_h
#define itkFastGlobalSmootherImageFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkFastGlobalSmoother.h"

#include "itkFixedArray.h"
#include "itkImageToImageFilter.h"

namespace itk
{
/** \class FastGlobalSmootherImageFilter
 * \brief Edge-preserving smoothing with the edges of a guidance image: the Fast Global Smoother.
 *
 * In iteration t = 1..T every line of the image along every axis is replaced by the exact solution u of
 *
 * \f[ (I + \lambda_t A)\, u = f, \qquad \lambda_t = \frac{3}{2}\, \frac{4^{T-t}}{4^T - 1}\, \lambda \f]
 *
 * where A is the line's graph Laplacian with weights \f$ \exp(-|g_p - g_q| / \sigma) \f$ between neighbours of the
 * guidance g. Constants are kept, and so is the mean along a line.
 *
 * The guidance is a second image of the same geometry, scalar or with several components, of which the Euclidean
 * distance is taken; by default it is the input itself. All components of the input are smoothed with the same weights.
 *
 * Line-wise: it asks for the whole image along the axes that it smooths, and for the requested region along the others.
 * So a volume smoothed in-plane streams slice by slice, with the same result. Beside input and output it takes 4 bytes
 * for each component of the input and of the guidance.
 *
 * Throws an exception if Lambda is negative, if Sigma is not above 0, if NumberOfIterations is 0, if the guidance has
 * another region or physical space than the input, if the output's pixels have another number of components, or if
 * either holds NaN or infinity.
 *
 * \par Reference
 * D. Min, S. Choi, J. Lu, B. Ham, K. Sohn, M. N. Do: Fast Global Image Smoothing Based on Weighted Least Squares. IEEE
 * Transactions on Image Processing 23(12), 2014. doi:10.1109/TIP.2014.2366600
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TGuidanceImage = TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT FastGlobalSmootherImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(FastGlobalSmootherImageFilter);

  using Self = FastGlobalSmootherImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(FastGlobalSmootherImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension <= 3, "Images of up to three dimensions can be smoothed.");

  using AttenuationEnum = colorization::SmoothingAttenuation;
  using AxesType = FixedArray<bool, ImageDimension>;

  /** Image whose edges are kept. Default: the input. */
  itkSetInputMacro(GuidanceImage, TGuidanceImage);
  itkGetInputMacro(GuidanceImage, TGuidanceImage);

  /** Strength, at least 0. Default: 900, the authors' 30 squared. */
  itkSetMacro(Lambda, double);
  itkGetConstMacro(Lambda, double);

  /** Guidance difference at which the weight falls to 1/e, in the guidance's units, above 0. Default: 25.5, the
   * authors' 0.1 of the full range of 8 bits. */
  itkSetMacro(Sigma, double);
  itkGetConstMacro(Sigma, double);

  /** T, at least 1. Default: 3. */
  itkSetMacro(NumberOfIterations, unsigned int);
  itkGetConstMacro(NumberOfIterations, unsigned int);

  /** The paper's lambda_t, or OpenCV's lambda / 4^(t-1). Default: the paper's. */
  void
  SetAttenuation(AttenuationEnum attenuation);
  AttenuationEnum
  GetAttenuation() const
  {
    return m_Attenuation;
  }

  /** Which axes are smoothed along. Default: all. */
  itkSetMacro(SmoothAxes, AxesType);
  itkGetConstReferenceMacro(SmoothAxes, AxesType);

  /** Whether lambda along an axis is divided by the square of its spacing over the smallest spacing, so that strength
   * is counted in physical units. Default: false. */
  itkSetMacro(UseImageSpacing, bool);
  itkGetConstMacro(UseImageSpacing, bool);
  itkBooleanMacro(UseImageSpacing);

protected:
  FastGlobalSmootherImageFilter();
  ~FastGlobalSmootherImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  VerifyInputInformation() const override;

  void
  EnlargeOutputRequestedRegion(DataObject * output) override;

  void
  GenerateData() override;

private:
  colorization::FastGlobalSmootherParameters
  MakeParameters() const;

  double          m_Lambda{ 900.0 };
  double          m_Sigma{ 25.5 };
  unsigned int    m_NumberOfIterations{ 3 };
  AttenuationEnum m_Attenuation{ AttenuationEnum::Paper };
  AxesType        m_SmoothAxes;
  bool            m_UseImageSpacing{ false };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkFastGlobalSmootherImageFilter.hxx"
#endif

#endif
