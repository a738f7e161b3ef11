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
#ifndef itkDeepFeatureImageFilter_h
#define itkDeepFeatureImageFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkFeatureTiles.h"
#include "itkNetworkModel.h"

#include "itkImageToImageFilter.h"
#include "itkVectorImage.h"

#include <array>
#include <string>
#include <vector>

namespace itk
{
/** \class DeepFeatureImageFilter
 * \brief What named layers of VGG-19 make of a picture, or of the slices of a volume; one output a layer.
 *
 * Layers are `relu1_1` ... `relu5_4`, `conv1_1` ..., `pool1` ... `pool5`, and, where the weights have the classifier,
 * `fc6`, `fc7` and `fc8`. An output has one component a feature map. Its pixels are as many times larger as the layer's
 * are, and cover the input from its first corner on; those of `fc6` ... `fc8` are one pixel a slice. Of a volume, the
 * slices across SliceAxis are as many as the input's.
 *
 * The input is gray or RGB. A value becomes (value - WindowMinimum) / (WindowMaximum - WindowMinimum), less the mean of
 * ImageNet's pictures, over their standard deviation, channel by channel. Gray is given to all three channels; to
 * weights of gray-VGG-19, whose first layer has one channel, luminance is given, with its own mean and deviation.
 *
 * Tiled: streams by tiles of TileSize x TileSize pixels of a slice, which are seen with a margin that holds all that
 * their features depend on (`relu1_1` 1 pixel, `relu3_1` 10, `relu5_1` 70), so that they are those of the whole slice
 * to 1e-5. A requested region runs the tiles that it needs. Tiles are counted from the input's first pixel: the same
 * features come out, bit for bit, whatever is requested. Where one of the layers is fc6, fc7 or fc8, a tile is a slice.
 * Beside the outputs it takes about 600 bytes for each pixel of a tile and its margin.
 *
 * Throws an exception if no model is set or it is not VGG-19, if it has no such layer, if the input has other than 1 or
 * 3 components, has fewer pixels along an axis than the layer shrinks it by or holds NaN or infinity, if the window does not rise, if SliceAxis is above 2, or if TileSize is no
 * multiple of 32. Without LibTorch it says so.
 *
 * \par Reference
 * K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition. ICLR, 2015.
 *
 * \ingroup Colorization */
template <typename TInputImage>
class ITK_TEMPLATE_EXPORT DeepFeatureImageFilter
  : public ImageToImageFilter<TInputImage, VectorImage<float, TInputImage::ImageDimension>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(DeepFeatureImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "VGG-19 sees pictures, or slices of a volume.");

  using Self = DeepFeatureImageFilter;
  using OutputImageType = VectorImage<float, ImageDimension>;
  using Superclass = ImageToImageFilter<TInputImage, OutputImageType>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(DeepFeatureImageFilter);

  /** VGG-19. */
  itkSetObjectMacro(Model, NetworkModel);
  itkGetModifiableObjectMacro(Model, NetworkModel);

  /** Names of the layers; output i is that of the i-th. Default: relu1_1. */
  void
  SetLayers(const std::vector<std::string> & layers);
  const std::vector<std::string> &
  GetLayers() const
  {
    return m_Layers;
  }

  /** Axis across the slices of a volume, 0 ... 2. Default: 2. */
  itkSetMacro(SliceAxis, unsigned int);
  itkGetConstMacro(SliceAxis, unsigned int);

  /** Extent of a tile in pixels of a slice, without its margin: a multiple of 32; 0: tiles are whole slices.
   * Default: 512. */
  itkSetMacro(TileSize, unsigned int);
  itkGetConstMacro(TileSize, unsigned int);

  /** Input value that is 0 for the network, black. Default: 0. */
  itkSetMacro(WindowMinimum, double);
  itkGetConstMacro(WindowMinimum, double);

  /** Input value that is 1 for the network, white; above WindowMinimum. Default: 255. */
  itkSetMacro(WindowMaximum, double);
  itkGetConstMacro(WindowMaximum, double);

  ModifiedTimeType
  GetMTime() const override;

protected:
  DeepFeatureImageFilter() = default;
  ~DeepFeatureImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  VerifyInputInformation() const override;

  void
  GenerateOutputInformation() override;

  void
  GenerateOutputRequestedRegion(DataObject * output) override;

  void
  GenerateInputRequestedRegion() override;

  void
  GenerateData() override;

private:
  using RegionType = typename TInputImage::RegionType;

  /** The axes of a slice, x first. */
  std::array<unsigned int, 2>
  PlaneAxes() const;

  /** The axis across slices; ImageDimension for a picture. */
  unsigned int
  AcrossAxis() const
  {
    return ImageDimension == 3 ? m_SliceAxis : ImageDimension;
  }

  colorization::FeatureTiles
  MakeTiles() const;

  /** Asks the network how many feature maps the layers have. */
  void
  FindChannels();

  /** Tiles along x and y that make what is requested of all outputs. */
  std::array<colorization::FeatureRange, 2>
  FindTiles(const colorization::FeatureTiles & tiles);

  /** `region` of a slice, as the network wants it. */
  std::vector<float>
  MakeNetworkInput(const RegionType & region) const;

  /** Runs a tile of a slice, counted from the input's first. */
  void
  RunTile(const colorization::FeatureTiles & tiles, const std::array<std::size_t, 2> & tile, IndexValueType slice);

  /** Copies what the network made of the i-th layer for a tile to where it was requested. */
  void
  CopyTile(const colorization::FeatureTiles & tiles,
           const std::array<std::size_t, 2> & tile,
           IndexValueType                     slice,
           std::size_t                        layer,
           const colorization::TileValues &   values);

  NetworkModel::Pointer                   m_Model{};
  std::vector<std::string>                m_Layers{ "relu1_1" };
  std::vector<colorization::FeatureLayer> m_Described{ colorization::DescribeFeatureLayer("relu1_1") };
  std::vector<unsigned int>               m_Channels{};
  ModifiedTimeType                        m_ChannelsTime{ 0 };
  unsigned int                            m_SliceAxis{ 2 };
  unsigned int                            m_TileSize{ 512 };
  double                                  m_WindowMinimum{ 0.0 };
  double                                  m_WindowMaximum{ 255.0 };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkDeepFeatureImageFilter.hxx"
#endif

#endif
