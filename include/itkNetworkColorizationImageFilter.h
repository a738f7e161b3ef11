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
#include "itkLuminanceWindow.h"
#include "itkNetworkModel.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkRGBPixel.h"
#include "itkResampleImageFilter.h"
#include "itkVectorImage.h"

#include <array>
#include <string>
#include <vector>

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
 * For models such as CrossModalGenerator, ColorMedGANGenerator and ColorUNet: one channel in; luminance, RGB, Lab or YUV
 * out. The mask is that by which z-score and percentiles are taken, too.
 *
 * Where the model's metadata name a spacing, the network sees the image at that resolution: smoothed if it is finer, and
 * resampled by linear interpolation, with the input's least value outside of the mask; slices are not resampled across.
 * Where they say that it knows upright slices, these are turned as they are shown: axial ones anterior up, others superior
 * up, the patient's left, or of sagittal slices posterior, to the right. What the network makes is interpolated at the
 * image's voxels, and smoothed along all axes by FastGlobalSmooth(), guided by the input: colours end where tissues do, and
 * those of neighbouring slices, of which the network knows nothing, agree. In Lab, what the network makes nearly black, L
 * from 22 to 8 and below, counts less and less in this, down to 1/100: cavities of photographs have no colour, and get that
 * of the tissue around. The luminance is always that of the input at its own resolution, if it is kept.
 *
 * Global: it needs the whole input, and makes the whole output. Beside these and the network it takes what its parts
 * take, and 1 byte a voxel; with a spacing, 12 bytes a voxel, and 4 for each channel of the network.
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

  /** With KeepLuminance: the input's share of the luminance, 0 ... 1; the rest is the network's, if it makes any.
   * Default: 1. */
  itkSetMacro(LuminanceShare, double);
  itkGetConstMacro(LuminanceShare, double);

  /** Lambda by which colours are smoothed where the model knows a spacing, at least 0; 0 does not smooth. Along axes whose
   * spacing is larger than the least, it is smaller by the square of the ratio. Default: 40. */
  itkSetMacro(SmoothingLambda, double);
  itkGetConstMacro(SmoothingLambda, double);

  /** Sigma of the same, for an input of 0 ... 1, above 0. Default: 0.03. */
  itkSetMacro(SmoothingSigma, double);
  itkGetConstMacro(SmoothingSigma, double);

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

private:
  using WorkImageType = Image<float, ImageDimension>;
  using ValuesImageType = VectorImage<float, ImageDimension>;
  using ResampleType = ResampleImageFilter<WorkImageType, WorkImageType>;

  /** Where the network sees the image: another resolution, and slices turned upright along its last axis. */
  struct GridType
  {
    typename WorkImageType::SizeType      size{};
    typename WorkImageType::SpacingType   spacing{};
    typename WorkImageType::PointType     origin{};
    typename WorkImageType::DirectionType direction{};
  };

  bool
  NeedsGrid() const;

  /** Axes of the image that become those of the grid, and their signs. */
  void
  ChooseAxes(std::array<unsigned int, ImageDimension> & axes, std::array<bool, ImageDimension> & isFlipped) const;

  GridType
  MakeGrid() const;

  /** Smooth enough for the grid's resolution. */
  typename WorkImageType::Pointer
  SmoothInput(const GridType & grid) const;

  typename WorkImageType::Pointer
  InputOnGrid(const GridType & grid, const MaskImageType * bodyOnGrid) const;

  typename MaskImageType::Pointer
  BodyOnGrid(const GridType & grid, const MaskImageType * body) const;

  void
  SetUp(ResampleType * resample, const GridType & grid) const;

  static typename WorkImageType::Pointer
  ChannelOf(const ValuesImageType * values, unsigned int channel);

  typename TOutputImage::Pointer
  ColorizeOnGrid(const MaskImageType * body);

  /** Smooths the network's channels at the image's voxels, guided by the image. */
  void
  SmoothChannels(const std::vector<typename WorkImageType::Pointer> & channels,
                 const colorization::LuminanceWindow &                window);

  /** The network's channels, brought back to the image's voxels, with its luminance. */
  typename TOutputImage::Pointer
  Combine(const std::vector<typename WorkImageType::Pointer> & channels, const colorization::LuminanceWindow & window);

  typename TOutputImage::Pointer
  ColorizeAsItIs(const MaskImageType * body);

  NetworkModel::Pointer m_Model{};
  unsigned int          m_SliceAxis{ 2 };
  bool                  m_AverageOverAxes{ false };
  bool                  m_KeepLuminance{ true };
  double                m_LuminanceShare{ 1.0 };
  double                m_SmoothingLambda{ 40.0 };
  double                m_SmoothingSigma{ 0.03 };
  std::string           m_Stage{};
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkNetworkColorizationImageFilter.hxx"
#endif

#endif
