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
#ifndef itkColorMedGANTraining_h
#define itkColorMedGANTraining_h

#include "../itkColorMedGANGenerator.h"
#include "../itkEdgeAwareDiscriminator.h"
#include "itkSliceSampler.h"
#include "itkTrainingSupport.h"

#include <memory>

namespace itk
{
namespace colorization
{
/** How ColorMedGAN is trained. Where the paper gives no number, it is that of the authors' published code. */
struct ColorMedGANTrainingParameters
{
  SliceSamplerParameters slices{};
  /** Feature maps of the first level of the generators, and of the discriminators. */
  std::int64_t width = 64;
  std::int64_t discriminatorWidth = 64;
  /** Whether the features of a segmenter guide the generators. It has to be of the generators' width. */
  bool attention = true;
  /** Least squares, as CycleGAN has it, or else cross-entropy. */
  bool           leastSquares = true;
  double         adversarialWeight = 1.0;
  double         cycleWeight = 10.0;
  double         grayWeight = 10.0;
  double         edgeWeight = 10.0;
  double         perceptualWeight = 5.0;
  AdamParameters adam{};
  /** Slices set aside that the test takes. */
  std::int64_t testSamples = 16;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    constexpr double most = 1e6;
    slices.ForEach(visit);
    visit("width", width, 1, 4096);
    visit("discriminator_width", discriminatorWidth, 1, 4096);
    visit("attention", attention, 0, 1);
    visit("least_squares", leastSquares, 0, 1);
    visit("adversarial_weight", adversarialWeight, 0.0, most);
    visit("cycle_weight", cycleWeight, 0.0, most);
    visit("gray_weight", grayWeight, 0.0, most);
    visit("edge_weight", edgeWeight, 0.0, most);
    visit("perceptual_weight", perceptualWeight, 0.0, most);
    adam.ForEach(visit);
    visit("test_samples", testSamples, 1, 4096);
  }
};

/** Slices of N x 1 x H x W and N x 3 x H x W, -1..1, which have nothing to do with each other. */
struct ColorMedGANBatch
{
  torch::Tensor gray;
  torch::Tensor color;
};

/** Trains G, from gray to colour, and F, from colour to gray, on unpaired slices, against one discriminator each.
 *
 * Both generators are guided by the segmenter's features of their input, for F those of its luma: its first convolution
 * sees red, green and blue by their weights in luma. The networks of the setting: `segmenter`, a ColorMedGANSegmenter
 * of one channel; `perceptual`, weights of VGG-19, for the identity of G(luma of y) with y and of F(x as colour) with
 * x, whose layers the paper does not tell.
 *
 * The model is G; its input is what normalisation by percentiles makes -1..1.
 *
 * \par Reference
 * ColorMedGAN: A Semantic Colorization Framework for Medical Images. 2023, section 2. */
class ColorMedGANTraining : public TrainingSystem
{
public:
  ColorMedGANTraining(const TrainingSetting & setting, const ColorMedGANTrainingParameters & parameters);

  std::string
  GetHyperParameters() const override;

  std::map<std::string, std::shared_ptr<torch::nn::Module>>
  GetNetworks() const override;

  std::map<std::string, torch::optim::Optimizer *>
  GetOptimizers() const override;

  TrainingValues
  Step(std::uint64_t step) override;

  TrainingTest
  Test() override;

  void
  Save(const std::string & path, const std::string & training) override;

  /** The batch of a step. */
  ColorMedGANBatch
  Draw(std::uint64_t step) const;

private:
  ColorMedGANBatch
  DrawFrom(const SliceSampler & gray, const SliceSampler & color, std::uint64_t step, std::int64_t count) const;

  void
  MakeGenerators();

  void
  TakeAttention(const std::string & path);

  torch::Tensor
  Made(ColorMedGANGenerator & generator, const torch::Tensor & x) const
  {
    return Apply(generator, x, m_Precision);
  }

  torch::Tensor
  Judged(EdgeAwareDiscriminator & discriminator, const torch::Tensor & x) const
  {
    return Apply(discriminator, x, m_Precision);
  }

  torch::Tensor
  IdentityLoss(const ColorMedGANBatch & batch);

  ColorMedGANTrainingParameters           m_Parameters;
  ColorMedGANGeneratorParameters          m_ColorizerParameters{};
  torch::Device                           m_Device;
  torch::ScalarType                       m_Precision;
  std::int64_t                            m_Batch;
  std::unique_ptr<SliceSampler>           m_Gray{};
  std::unique_ptr<SliceSampler>           m_Color{};
  std::unique_ptr<SliceSampler>           m_TestGray{};
  std::unique_ptr<SliceSampler>           m_TestColor{};
  std::shared_ptr<ColorMedGANGenerator>   m_Colorizer{};
  std::shared_ptr<ColorMedGANGenerator>   m_Decolorizer{};
  std::shared_ptr<EdgeAwareDiscriminator> m_ColorDiscriminator{};
  std::shared_ptr<EdgeAwareDiscriminator> m_GrayDiscriminator{};
  std::unique_ptr<FeatureNetwork>         m_Perceptual{};
  std::unique_ptr<torch::optim::Adam>     m_Generation{};
  std::unique_ptr<torch::optim::Adam>     m_Discrimination{};
};

std::unique_ptr<TrainingSystem>
MakeColorMedGANTraining(const TrainingSetting & setting);

} // namespace colorization
} // namespace itk

#endif
