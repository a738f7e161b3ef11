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

#include "itkColorizationImageFilter.h"
#include "itkNetworkModel.h"
#include "itkTiledInference.h"

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
 *   input -> "OtsuBodyMask" -> "NetworkImageFilter" -> "luminance" -> output;
 *   input -> "NetworkImageFilter"; input -> "luminance";
 * }
 * \enddot
 *
 * For models such as CrossModalGenerator, ColorMedGANGenerator and ColorUNet: one channel in; luminance, RGB, Lab or YUV
 * out. The mask is that by which z-score and percentiles are taken, too.
 *
 * The lightness that Luminance chooses from is the network's; models that make chroma alone, two channels, have none:
 * for them Fused is Source, and Reference an error. The automatic window is the range that the model normalises, or,
 * where it has none, that from the input's smallest to its largest value.
 *
 * Where the model's metadata name a spacing, the network sees the image at that resolution: smoothed if it is finer, and
 * resampled by linear interpolation, with the input's least value outside of the mask; slices are not resampled across.
 * Where they say that it knows upright slices, these are turned as they are shown: axial ones anterior up, others superior
 * up, the patient's left, or of sagittal slices posterior, to the right. What the network makes is interpolated at the
 * image's voxels, and smoothed along all axes by FastGlobalSmooth(), guided by the input: colours end where tissues do, and
 * those of neighbouring slices, of which the network knows nothing, agree. In Lab, what the network makes nearly black, L
 * from 22 to 8 and below, counts less and less in this, down to 1/100: cavities of photographs have no colour, and get that
 * of the tissue around.
 *
 * A fourth channel in Lab is how far the network expects its (a, b) to be from the truth. Where that is much, its
 * colors count less, half at 6: in the smoothing, which takes them from more certain places of the same tissue, and in
 * the tone, which leans on the scan.
 *
 * Beside input, output and the network it takes what its parts take, 13 bytes a voxel, and 4 for each channel of the
 * network; with a spacing, 12 more, and with an expected error 4. SkinMargin and AirThreshold are 0 by default.
 *
 * Throws an exception if no model is set, if the model makes no colours or does not fit the input, or if a part fails;
 * see ColorizationImageFilter, OtsuBodyMaskImageFilter and NetworkImageFilter.
 *
 * \par Reference
 * M. Mathur, A. Chaudhary, S. K. Gupta, O. Sharma: Structurally Consistent MRI Colorization using Cross-modal Fusion
 * Learning. 2024. ColorMedGAN: A Semantic Colorization Framework for Medical Images. 2023.
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT NetworkColorizationImageFilter : public ColorizationImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(NetworkColorizationImageFilter);

  using Self = NetworkColorizationImageFilter;
  using Superclass = ColorizationImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(NetworkColorizationImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;

  using typename Superclass::LuminanceEnum;
  using typename Superclass::MaskImageType;
  using typename Superclass::RegionType;

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

  /** How tiles are joined. Default: Gaussian. */
  void
  SetBlending(colorization::TileBlending blending)
  {
    if (m_Blending != blending)
    {
      m_Blending = blending;
      this->Modified();
    }
  }
  colorization::TileBlending
  GetBlending() const
  {
    return m_Blending;
  }

  /** Lambda by which colours are smoothed where the model knows a spacing, at least 0; 0 does not smooth. Along axes whose
   * spacing is larger than the least, it is smaller by the square of the ratio. Default: 40. */
  itkSetMacro(SmoothingLambda, double);
  itkGetConstMacro(SmoothingLambda, double);

  /** Sigma of the same, for an input of 0 ... 1, above 0. Default: 0.03. */
  itkSetMacro(SmoothingSigma, double);
  itkGetConstMacro(SmoothingSigma, double);

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

  /** Runs the network on an image, and takes over the window that it found.
   * \return its channels as they are */
  template <typename TImage>
  typename ValuesImageType::Pointer
  RunNetwork(const TImage * image, const MaskImageType * body, unsigned int sliceAxis, double begin, double end);

  /** The network's channels at the image's voxels. */
  std::vector<typename WorkImageType::Pointer>
  RunOnGrid(const MaskImageType * body);

  /** Smooths the network's channels at the image's voxels, guided by the image. */
  void
  SmoothChannels(const std::vector<typename WorkImageType::Pointer> & channels);

  /** Whether the network says how wrong it expects its colors to be. */
  bool
  HasExpectedError() const;

  /** How far a color counts, above 0, at most 1. */
  static float
  ConfidenceOf(float expectedError);

  /** Planes of L, a and b of what the network says; `valueAt(voxel, channel)`. */
  template <typename TValueAt>
  std::vector<float>
  MakeLab(std::size_t channels, const TValueAt & valueAt);

  NetworkModel::Pointer      m_Model{};
  unsigned int               m_SliceAxis{ 2 };
  bool                       m_AverageOverAxes{ false };
  colorization::TileBlending m_Blending{ colorization::TileBlending::Gaussian };
  double                     m_SmoothingLambda{ 40.0 };
  double                     m_SmoothingSigma{ 0.03 };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkNetworkColorizationImageFilter.hxx"
#endif

#endif
