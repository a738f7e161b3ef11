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
#ifndef itkCTToRGBImageFilter_h
#define itkCTToRGBImageFilter_h

#include "itkColorizationImageFilter.h"
#include "itkNetworkModel.h"

#include "itkVectorImage.h"

#include <string>
#include <type_traits>
#include <vector>

namespace itk
{
/** \class CTToRGBImageFilter
 * \brief Gives a CT the colours of a cryosection, by a network that sees the contours of fat and bone beside the CT.
 *
 * \dot
 * digraph CTToRGB
 * {
 *   rankdir=LR; node [shape=box];
 *   input [shape=plaintext]; output [shape=plaintext];
 *   input -> "OtsuBodyMask" -> "air outside" -> "SobelInRange" -> "stack" -> "NetworkImageFilter" -> "luminance" ->
 *   output;
 *   input -> "air outside" -> "stack"; input -> "luminance";
 * }
 * \enddot
 *
 * Stages, as GetStage() tells them:
 *
 * 1. "body mask": OtsuBodyMaskImageFilter, unless a mask is given. What is not body gets BackgroundValue, so that neither
 * a table nor padding is seen.
 * 2. "contours": SobelInRangeImageFilter, in the slices across SliceAxis, one component a range.
 * 3. "network": the model sees the CT and after it the contours, each normalised by its own range of the model's metadata
 * (see GetDefaultNormalization()), in the slices across SliceAxis. What is not body becomes black.
 *
 * The lightness that Luminance chooses from is the network's. SkinMargin and AirThreshold are 0 by default.
 *
 * Models are such as Pix2PixGenerator: as many channels in as there are ranges and one more, a colour out.
 *
 * Beside input, output and the network it takes 33 bytes a voxel, and 8 for each range; and what NetworkImageFilter takes.
 *
 * Throws an exception if no model is set, if the model makes no colours or wants another number of channels, if
 * BackgroundValue is not finite, or if a part fails; see ColorizationImageFilter, OtsuBodyMaskImageFilter, SobelInRangeImageFilter and NetworkImageFilter.
 *
 * \par Reference
 * H.-J. Liao, J.-S. Lin, H.-C. Wang, M. Sun: CT2RGB: Seeing the True Colors of Computed Tomography Images. 2022,
 * section 3. P. Isola, J.-Y. Zhu, T. Zhou, A. A. Efros: Image-to-Image Translation with Conditional Adversarial Networks.
 * CVPR, 2017. doi:10.1109/CVPR.2017.632
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT CTToRGBImageFilter : public ColorizationImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(CTToRGBImageFilter);

  using Self = CTToRGBImageFilter;
  using Superclass = ColorizationImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(CTToRGBImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(std::is_arithmetic<typename TInputImage::PixelType>::value, "A CT has scalar pixels.");

  using typename Superclass::LuminanceEnum;
  using typename Superclass::MaskImageType;
  using typename Superclass::RegionType;
  using StackImageType = VectorImage<float, ImageDimension>;
  using NormalizationType = colorization::NetworkNormalization;

  /** Lowest and highest value of a tissue, in HU. */
  using RangeType = FixedArray<double, 2>;
  using RangesType = std::vector<RangeType>;

  /** The network. */
  itkSetObjectMacro(Model, NetworkModel);
  itkGetModifiableObjectMacro(Model, NetworkModel);

  /** One channel of contours each, in this order. Default: those of SobelInRangeImageFilter, fat and bone. */
  void
  SetRanges(const RangesType & ranges)
  {
    if (ranges != m_Ranges)
    {
      m_Ranges = ranges;
      this->Modified();
    }
  }
  const RangesType &
  GetRanges() const
  {
    return m_Ranges;
  }

  /** The normalisation for models that are trained on what this filter makes: the CT from -1000 ... 3096 HU, the paper's
   * range, and contours from 0 to half of their range, which is a step across it, become -1 ... 1. */
  NormalizationType
  GetDefaultNormalization() const;

  /** What the network sees outside of the body, in HU. Default: -1000, air. */
  itkSetMacro(BackgroundValue, double);
  itkGetConstMacro(BackgroundValue, double);

  /** Axis across the slices that the network sees. Default: 2. */
  itkSetMacro(SliceAxis, unsigned int);
  itkGetConstMacro(SliceAxis, unsigned int);

  ModifiedTimeType
  GetMTime() const override;

protected:
  CTToRGBImageFilter();
  ~CTToRGBImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  GenerateData() override;

private:
  using FloatImageType = Image<float, ImageDimension>;

  /** The input, and BackgroundValue outside of the body. */
  typename FloatImageType::Pointer
  ReplaceBackground(const MaskImageType * body) const;

  /** The CT, and after it its contours. */
  typename StackImageType::Pointer
  StackContours(const FloatImageType * ct);

  NetworkModel::Pointer m_Model{};
  RangesType            m_Ranges{};
  double                m_BackgroundValue{ -1000.0 };
  unsigned int          m_SliceAxis{ 2 };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkCTToRGBImageFilter.hxx"
#endif

#endif
