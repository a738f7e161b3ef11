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
#ifndef itkCTToRGBTraining_h
#define itkCTToRGBTraining_h

#include "../itkPix2PixGenerator.h"
#include "itkSliceSampler.h"
#include "itkTrainingSupport.h"

#include <memory>

namespace itk
{
namespace colorization
{
/** How CT2RGB is trained. */
struct CTToRGBTrainingParameters
{
  CTToRGBTrainingParameters()
  {
    // Pixels as inference has them.
    slices.spacing = 0.0;
    slices.largestRotation = 0.0;
    slices.largestZoom = 1.0;
    slices.mirroredShare = 0.0;
  }

  SliceSamplerParameters slices{};
  std::int64_t           width = 128;
  /** How often the size is halved: the slices' size has to be a multiple of 2 to the power of this. */
  std::int64_t levels = 8;
  double       dropout = 0.5;
  std::int64_t discriminatorWidth = 64;
  /** HU that become -1 and 1; the lower one is what is outside of the body. */
  double lowestValue = -1000.0;
  double highestValue = 3096.0;
  /** HU: lowest and highest value of each tissue whose contours are shown, fat and bone. */
  std::vector<std::int64_t> rangeMinima{ -190, 150 };
  std::vector<std::int64_t> rangeMaxima{ -30, 3071 };
  double                    adversarialWeight = 1.0;
  double                    differenceWeight = 10.0;
  double                    perceptualWeight = 10.0;
  /** The moments are pix2pix's. */
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
    visit("levels", levels, 5, 12);
    visit("dropout", dropout, 0.0, 1.0);
    visit("discriminator_width", discriminatorWidth, 1, 4096);
    visit("lowest_value", lowestValue, -most, most);
    visit("highest_value", highestValue, -most, most);
    visit("range_minima", rangeMinima, -most, most);
    visit("range_maxima", rangeMaxima, -most, most);
    visit("adversarial_weight", adversarialWeight, 0.0, most);
    visit("difference_weight", differenceWeight, 0.0, most);
    visit("perceptual_weight", perceptualWeight, 0.0, most);
    adam.ForEach(visit);
    visit("test_samples", testSamples, 1, 4096);
  }
};

/** Gradient magnitude of slices clamped to a range: [-1 0 1] / 2 along one axis and [1 2 1] / 4 along the other;
 * beyond the border, values repeat. What SobelInRangeImageFilter makes.
 * \param slices N x 1 x H x W */
torch::Tensor
SobelOfRange(const torch::Tensor & slices, double lowest, double highest);

/** Slices, -1..1. */
struct CTToRGBBatch
{
  /** CT and contours: N x (1 + ranges) x H x W. */
  torch::Tensor input;
  /** N x 3 x H x W. */
  torch::Tensor color;
};

/** Trains Pix2PixGenerator on pairs of CT, NAME.source in Hounsfield units, and colour, NAME.target.
 *
 * What the colour volume shows as outside of the body is air in the CT and black in the colours. The network of the
 * setting: `perceptual`, a TorchScript of ResNet-50's layers as in the paper, or weights of VGG-19. The discriminator
 * judges input and image together. The model is what CTToRGBImageFilter runs. The paper takes batches of 4, for 1000
 * epochs.
 *
 * \par Reference
 * CT2RGB: Seeing The True Colors of Computed Tomography Images. 2022, sections 3 and 4. */
class CTToRGBTraining : public TrainingSystem
{
public:
  CTToRGBTraining(const TrainingSetting & setting, const CTToRGBTrainingParameters & parameters);

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
  CTToRGBBatch
  Draw(std::uint64_t step) const;

private:
  CTToRGBBatch
  DrawFrom(const SliceSampler & sampler, std::uint64_t step, std::int64_t count) const;

  CTToRGBTrainingParameters           m_Parameters;
  torch::Device                       m_Device;
  torch::ScalarType                   m_Precision;
  std::int64_t                        m_Batch;
  std::unique_ptr<SliceSampler>       m_Slices{};
  std::unique_ptr<SliceSampler>       m_TestSlices{};
  Pix2PixGeneratorParameters          m_GeneratorParameters{};
  std::shared_ptr<Pix2PixGenerator>   m_Generator{};
  std::shared_ptr<PatchDiscriminator> m_Discriminator{};
  std::unique_ptr<FeatureNetwork>     m_Perceptual{};
  std::unique_ptr<torch::optim::Adam> m_Generation{};
  std::unique_ptr<torch::optim::Adam> m_Discrimination{};
};

std::unique_ptr<TrainingSystem>
MakeCTToRGBTraining(const TrainingSetting & setting);

} // namespace colorization
} // namespace itk

#endif
