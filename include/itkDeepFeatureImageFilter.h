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
#include "itkNetworkModel.h"

#include "itkImageToImageFilter.h"
#include "itkVectorImage.h"

#include <string>
#include <vector>

namespace itk
{
/** \class DeepFeatureImageFilter
 * \brief What named layers of VGG-19 make of a picture, one output a layer.
 *
 * Layers are `relu1_1` ... `relu5_4`, `conv1_1` ..., `pool1` ... `pool5`, and, where the weights have the classifier,
 * `fc6`, `fc7` and `fc8`. An output has one component a feature map. Its pixels are as many times larger as the layer's are,
 * and cover the input from its first corner on; those of `fc6` ... `fc8` are one pixel.
 *
 * The input is gray or RGB. A value becomes (value - WindowMinimum) / (WindowMaximum - WindowMinimum), less the mean of
 * ImageNet's pictures, over their standard deviation, channel by channel. Gray is given to all three channels; to
 * weights of gray-VGG-19, whose first layer has one channel, luminance is given, with its own mean and deviation.
 *
 * Global: it needs the whole input, and makes the whole of every output. Beside these it takes about 600 bytes a pixel.
 *
 * Throws an exception if no model is set or it is not VGG-19, if it has no such layer, if the input has other than 1 or
 * 3 components or holds NaN or infinity, or if the window does not rise. Without LibTorch it says so.
 *
 * \par Reference
 * K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition. ICLR, 2015.
 *
 * \ingroup Colorization */
template <typename TInputImage>
class ITK_TEMPLATE_EXPORT DeepFeatureImageFilter : public ImageToImageFilter<TInputImage, VectorImage<float, 2>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(DeepFeatureImageFilter);

  using Self = DeepFeatureImageFilter;
  using OutputImageType = VectorImage<float, 2>;
  using Superclass = ImageToImageFilter<TInputImage, OutputImageType>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(DeepFeatureImageFilter);

  static_assert(TInputImage::ImageDimension == 2, "VGG-19 sees pictures.");

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
  GenerateInputRequestedRegion() override;

  void
  EnlargeOutputRequestedRegion(DataObject * output) override;

  void
  GenerateData() override;

private:
  /** How many of the input's pixels one of the layer's has along each axis; 0 for layers of one pixel. */
  static unsigned int
  ShrinkFactor(const std::string & layer);

  std::vector<float>
  MakeNetworkInput() const;

  NetworkModel::Pointer    m_Model{};
  std::vector<std::string> m_Layers{ "relu1_1" };
  double                   m_WindowMinimum{ 0.0 };
  double                   m_WindowMaximum{ 255.0 };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkDeepFeatureImageFilter.hxx"
#endif

#endif
