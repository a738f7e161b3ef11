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
#ifndef itkNetworkColorizationImageFilter_h
#define itkNetworkColorizationImageFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkNetworkModel.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkRGBPixel.h"

#include <string>

namespace itk
{
/** \class NetworkColorizationImageFilter
 * \brief Gives a gray picture or volume the colours that a network has learned, and leaves what is not body black.
 *
 * \dot
 * digraph NetworkColorization
 * {
 *   rankdir=LR; node [shape=box];
 *   input [shape=plaintext]; output [shape=plaintext];
 *   input -> "OtsuBodyMask" -> "NetworkImageFilter" -> "black outside" -> output;
 *   input -> "NetworkImageFilter";
 * }
 * \enddot
 *
 * For models such as CrossModalGenerator and ColorMedGANGenerator: one channel in; luminance, RGB, Lab or YUV out. The mask is
 * that by which z-score and percentiles are taken, too.
 *
 * Global: it needs the whole input, and makes the whole output. Beside these and the network it takes what its parts
 * take, and 1 byte a voxel.
 *
 * Throws an exception if no model is set, if the model makes no colours or does not fit the input, if the mask has another
 * region or is 0 everywhere, or if a part fails; see OtsuBodyMaskImageFilter and NetworkImageFilter.
 *
 * \par Reference
 * M. Mathur, A. Chaudhary, S. K. Gupta, O. Sharma: Structurally Consistent MRI Colorization using Cross-modal Fusion
 * Learning. 2024. ColorMedGAN: A Semantic Colorization Framework for Medical Images. 2023.
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT NetworkColorizationImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(NetworkColorizationImageFilter);

  using Self = NetworkColorizationImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(NetworkColorizationImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;

  using RegionType = typename TInputImage::RegionType;
  using MaskImageType = Image<unsigned char, ImageDimension>;

  /** Optional: the body, where not 0. Without it, it is found by OtsuBodyMaskImageFilter. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** The network. */
  itkSetObjectMacro(Model, NetworkModel);
  itkGetModifiableObjectMacro(Model, NetworkModel);

  /** Axis across the slices that a network of two dimensions sees. Default: 2. */
  itkSetMacro(SliceAxis, unsigned int);
  itkGetConstMacro(SliceAxis, unsigned int);

  /** Whether a network of two dimensions sees the slices across all axes, of which the mean is taken. Default: false. */
  itkSetMacro(AverageOverAxes, bool);
  itkGetConstMacro(AverageOverAxes, bool);
  itkBooleanMacro(AverageOverAxes);

  /** Whether the output's luminance is the input's. Default: true. */
  itkSetMacro(KeepLuminance, bool);
  itkGetConstMacro(KeepLuminance, bool);
  itkBooleanMacro(KeepLuminance);

  /** What is being done: "body mask" or "network". */
  itkGetStringMacro(Stage);

  ModifiedTimeType
  GetMTime() const override;

protected:
  NetworkColorizationImageFilter();
  ~NetworkColorizationImageFilter() override = default;

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

  NetworkModel::Pointer m_Model{};
  unsigned int          m_SliceAxis{ 2 };
  bool                  m_AverageOverAxes{ false };
  bool                  m_KeepLuminance{ true };
  std::string           m_Stage{};
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkNetworkColorizationImageFilter.hxx"
#endif

#endif
