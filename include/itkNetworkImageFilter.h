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
#ifndef itkNetworkImageFilter_h
#define itkNetworkImageFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkNetworkModel.h"
#include "itkTiledInference.h"

#include "itkFixedArray.h"
#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkRGBPixel.h"

#include <vector>

namespace itk
{
/** \class NetworkImageFilter
 * \brief Runs a neural network over an image, tile by tile, slice by slice or block by block.
 *
 * A network of two dimensions sees the slices across SliceAxis, one after another, or those across all three axes, whose
 * mean is taken; a network of three sees blocks. Values are normalised as the model's metadata say; those of z-score and
 * percentiles are taken over MaskImage, or over the body that OtsuBodyMaskImageFilter finds. Tiles that reach beyond the
 * image see it mirrored. What overlaps is blended.
 *
 * What the model says of its output becomes the output's pixels: RGB, Lab or YUV become RGB, or luminance where pixels
 * have one component; these fill the range of integers, and 0..1 of floating-point components. Values of no colour space
 * are stored as they are, rounded and clamped for integers. With KeepLuminance, only the hue and chroma are the
 * network's.
 *
 * Streams: tiles lie where the image, not the request, puts them, and are run in batches that depend on the image alone;
 * so an image made in pieces is the same, bit for bit. A request runs the batches that have a tile in it. For z-score
 * and percentiles, and where the luminance's window has to be found, every request needs the whole input.
 *
 * Beside input, output and network it takes, for each channel of the output, 4 bytes a voxel of the request's slab of
 * tiles (a block's extent along the last axis, or BatchSize slices); with AverageOverAxes, of the whole request.
 *
 * LibTorch uses the filter's work units, at most as many as there are threads; what it used before is put back. Its
 * results may depend on their number in the last bits, where its own kernels share out sums.
 *
 * Throws an exception if no model is set, if the model does not fit the image's dimension or components, if a parameter
 * is out of its range, if the input holds NaN or infinity, if the network fails, or if what it makes has another size
 * than its input.
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT NetworkImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(NetworkImageFilter);

  using Self = NetworkImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(NetworkImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "Networks see images of two or three dimensions.");

  using RegionType = typename TInputImage::RegionType;
  using MaskImageType = Image<unsigned char, ImageDimension>;
  using TileSizeType = FixedArray<unsigned int, 3>;
  using BlendingType = colorization::TileBlending;

  /** Optional: where not 0, values count for z-score and percentiles. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** The network. */
  itkSetObjectMacro(Model, NetworkModel);
  itkGetModifiableObjectMacro(Model, NetworkModel);

  /** Axis across the slices that a network of two dimensions sees. Default: 2. */
  itkSetMacro(SliceAxis, unsigned int);
  itkGetConstMacro(SliceAxis, unsigned int);

  /** Whether a network of two dimensions sees the slices across all axes. Default: false. */
  itkSetMacro(AverageOverAxes, bool);
  itkGetConstMacro(AverageOverAxes, bool);
  itkBooleanMacro(AverageOverAxes);

  /** Extents of a tile in voxels along the image's axes; 0: the model's, or, if it says nothing, the slice up to 512, or
   * 64 for blocks, rounded up to what the model needs. That along SliceAxis is not read. Default: 0, 0, 0. */
  itkSetMacro(TileSize, TileSizeType);
  itkGetConstReferenceMacro(TileSize, TileSizeType);

  /** Share of a tile that it has in common with the next, 0 ... 0.9; below 0: the model's. Default: -1. */
  itkSetMacro(Overlap, double);
  itkGetConstMacro(Overlap, double);

  /** How tiles are joined. Default: Gaussian. */
  void
  SetBlending(BlendingType blending)
  {
    if (m_Blending != blending)
    {
      m_Blending = blending;
      this->Modified();
    }
  }
  BlendingType
  GetBlending() const
  {
    return m_Blending;
  }

  /** Which of several outputs of the network is taken. Default: 0. */
  itkSetMacro(NetworkOutput, unsigned int);
  itkGetConstMacro(NetworkOutput, unsigned int);

  /** Whether the output's luminance is the input's. Default: false. */
  itkSetMacro(KeepLuminance, bool);
  itkGetConstMacro(KeepLuminance, bool);
  itkBooleanMacro(KeepLuminance);

  /** With KeepLuminance: the input's share of the luminance, 0 ... 1; the rest is the network's, if it makes any.
   * Default: 1. */
  itkSetMacro(LuminanceShare, double);
  itkGetConstMacro(LuminanceShare, double);

  /** Whether colours become RGB or luminance; else channels are stored as they are, after the model's scale and shift.
   * Default: true. */
  itkSetMacro(ConvertColors, bool);
  itkGetConstMacro(ConvertColors, bool);
  itkBooleanMacro(ConvertColors);

  /** Whether the input's luminance is taken from the range that the model normalises, or, where it has none, from the
   * input's smallest to its largest value. Default: true. */
  itkSetMacro(UseAutomaticWindow, bool);
  itkGetConstMacro(UseAutomaticWindow, bool);
  itkBooleanMacro(UseAutomaticWindow);

  /** Input value of luminance 0, for KeepLuminance; set by the update if UseAutomaticWindow. Default: 0. */
  itkSetMacro(WindowMinimum, double);
  itkGetConstMacro(WindowMinimum, double);

  /** Input value of luminance 1, above WindowMinimum; set by the update if UseAutomaticWindow. Default: 255. */
  itkSetMacro(WindowMaximum, double);
  itkGetConstMacro(WindowMaximum, double);

  /** Tiles that the last update ran. */
  itkGetConstMacro(NumberOfTiles, SizeValueType);

  ModifiedTimeType
  GetMTime() const override;

protected:
  NetworkImageFilter();
  ~NetworkImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  VerifyInputInformation() const override;

  void
  GenerateOutputInformation() override;

  void
  GenerateInputRequestedRegion() override;

  void
  GenerateData() override;

private:
  using InputComponentType = colorization::ComponentTypeOf<TInputImage>;
  using OutputComponentType = colorization::ComponentTypeOf<TOutputImage>;

  /** input = (clamped value - shift) * scale + offset */
  struct ChannelNormalization
  {
    double shift = 0.0;
    double scale = 1.0;
    double offset = 0.0;
    double lowest = 0.0;
    double highest = 0.0;
    bool   clamp = false;
  };

  bool
  IsSliced() const;

  /** The axes across which slices are seen, or -1 for blocks. */
  std::vector<int>
  SliceAxes() const;

  colorization::TilingParameters
  MakeTiling(int sliceAxis) const;

  bool
  NeedsWholeInput() const;

  colorization::TileBox
  BoxOf(const RegionType & region) const;

  RegionType
  RegionOf(const colorization::TileBox & box) const;

  /** The model's, or the range that it has for Hounsfield units. */
  colorization::NetworkNormalization
  NormalizationOfInput() const;

  /** Found once for an input, whatever part of the output is asked for. */
  void
  ComputeNormalization();

  void
  CollectBodyValues(std::vector<std::vector<float>> & values);

  void
  ReadTile(const colorization::TileBox & box, float * planes, const colorization::ParallelFor & parallelFor) const;

  void
  WriteBox(const colorization::TileBox &     box,
           const float *                     values,
           std::size_t                       channelStride,
           std::size_t                       channels,
           const colorization::ParallelFor & parallelFor);

  void
  VerifyChannels(std::size_t channels) const;

  colorization::TileNetwork
  MakeTileNetwork() const;

  NetworkModel::Pointer m_Model{};
  unsigned int          m_SliceAxis{ 2 };
  bool                  m_AverageOverAxes{ false };
  TileSizeType          m_TileSize{};
  double                m_Overlap{ -1.0 };
  BlendingType          m_Blending{ BlendingType::Gaussian };
  unsigned int          m_NetworkOutput{ 0 };
  bool                  m_KeepLuminance{ false };
  double                m_LuminanceShare{ 1.0 };
  bool                  m_ConvertColors{ true };
  bool                  m_UseAutomaticWindow{ true };
  double                m_WindowMinimum{ 0.0 };
  double                m_WindowMaximum{ 255.0 };

  SizeValueType                     m_NumberOfTiles{ 0 };
  std::vector<ChannelNormalization> m_Normalization{};
  ModifiedTimeType                  m_NormalizationTime{ 0 };
  ModifiedTimeType                  m_NormalizedInputTime{ 0 };
  const TInputImage *               m_NormalizedInput{ nullptr };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkNetworkImageFilter.hxx"
#endif

#endif
