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
#ifndef itkCrossModalTraining_h
#define itkCrossModalTraining_h

#include "../itkCrossModalGenerator.h"
#include "../itkFiveLayerDiscriminator.h"
#include "../itkUNetSegmenter.h"
#include "itkSliceSampler.h"
#include "itkTrainingSupport.h"

#include <memory>

namespace itk
{
namespace colorization
{
/** How CrossModalGenerator is trained. */
struct CrossModalTrainingParameters
{
  CrossModalTrainingParameters()
  {
    // Slices at random planes.
    slices.obliqueShare = 1.0;
  }

  SliceSamplerParameters slices{};
  /** Feature maps of the generators' first convolution, ... */
  std::int64_t width = 128;
  /** ... their blocks, and by what these compress channels. */
  std::int64_t              blocks = 9;
  std::int64_t              reduction = 16;
  std::vector<std::int64_t> discriminatorWidths{ 64, 128, 256, 512, 512 };
  /** Whether MRI and cryosection are slices of the same place. If not, the last two weights have to be 0, and the
   * pseudo cryosection learns nothing. */
  bool   paired = true;
  double adversarialWeight = 1.0;
  double cycleWeight = 1.0;
  /** Of the local structural similarity of what is made with what it was made of, ... */
  double structureWeight = 1.0;
  /** ... of that of the pseudo cryosection with the cryosection, ... */
  double pseudoStructureWeight = 1.0;
  /** ... and of the labels that the segmenter sees in the pseudo cryosection. */
  double         segmentationWeight = 1.0;
  AdamParameters adam{ 1e-3, 0.9, 0.999 };
  /** The discriminator's rate; its moments are the same. */
  double discriminatorLearningRate = 1e-4;
  /** Slices set aside that the test takes. */
  std::int64_t testSamples = 16;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    constexpr double most = 1e6;
    slices.ForEach(visit);
    visit("width", width, 2, 4096);
    visit("blocks", blocks, 0, 64);
    visit("reduction", reduction, 1, 1024);
    visit("discriminator_widths", discriminatorWidths, 1, 4096);
    visit("paired", paired, 0, 1);
    visit("adversarial_weight", adversarialWeight, 0.0, most);
    visit("cycle_weight", cycleWeight, 0.0, most);
    visit("structure_weight", structureWeight, 0.0, most);
    visit("pseudo_structure_weight", pseudoStructureWeight, 0.0, most);
    visit("segmentation_weight", segmentationWeight, 0.0, most);
    adam.ForEach(visit);
    visit("discriminator_learning_rate", discriminatorLearningRate, 0.0, most);
    visit("test_samples", testSamples, 1, 4096);
  }
};

/** Slices, 0..1. */
struct CrossModalBatch
{
  /** N x 1 x H x W */
  torch::Tensor mri;
  /** N x 3 x H x W */
  torch::Tensor cryosection;
  /** N x H x W, int64, of the cryosection; undefined without a segmenter. */
  torch::Tensor labels;
};

/** Trains the generator from MRI to colour MRI and pseudo cryosection, and the one from cryosection to MRI, against one
 * discriminator each.
 *
 * Slices are pairs of volumes, NAME.source of MRI and NAME.target of colour, which need not be registered well, or
 * unpaired. The network of the setting: `segmenter`, a UNetSegmenter of colour, which does not learn: it sees the
 * pseudo cryosection, and should find the labels of the cryosection, the volume NAME.target.labels.
 *
 * The loss is that of section III.D: L_adv + L_rec (equations (1) to (3)), L_ssim (equations (4) to (6), on luma where
 * one of the pictures is gray) and L_seg (equations (7) and (8)). The model is the generator from MRI; its first
 * output is the colour MRI. The paper takes batches of 28, for 150 epochs of 10,000 slices.
 *
 * \par Reference
 * M. Mathur, A. Chaudhary, S. K. Gupta, O. Sharma: Structurally Consistent MRI Colorization using Cross-modal Fusion
 * Learning. 2024, sections III.D and IV. */
class CrossModalTraining : public TrainingSystem
{
public:
  CrossModalTraining(const TrainingSetting & setting, const CrossModalTrainingParameters & parameters);

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
  CrossModalBatch
  Draw(std::uint64_t step) const;

private:
  /** Pairs have one sampler, and unpaired slices two. */
  struct Samplers
  {
    std::unique_ptr<SliceSampler> first{};
    std::unique_ptr<SliceSampler> second{};
  };

  Samplers
  MakeSamplers(const TrainingSetting & setting, TrainingRole role) const;

  void
  MakeNetworks();

  CrossModalBatch
  DrawFrom(const Samplers & samplers, std::uint64_t step, std::int64_t count) const;

  std::vector<torch::Tensor>
  Made(CrossModalGenerator & generator, const torch::Tensor & x) const;

  TrainingValues
  StepGenerators(const CrossModalBatch & batch, torch::Tensor & colored, torch::Tensor & madeMRI);

  CrossModalTrainingParameters            m_Parameters;
  torch::Device                           m_Device;
  torch::ScalarType                       m_Precision;
  std::int64_t                            m_Batch;
  Samplers                                m_Samplers{};
  Samplers                                m_TestSamplers{};
  CrossModalGeneratorParameters           m_ColorizerParameters{};
  std::shared_ptr<CrossModalGenerator>    m_Colorizer{};
  std::shared_ptr<CrossModalGenerator>    m_Decolorizer{};
  std::shared_ptr<FiveLayerDiscriminator> m_ColorDiscriminator{};
  std::shared_ptr<FiveLayerDiscriminator> m_MRIDiscriminator{};
  std::shared_ptr<UNetSegmenter>          m_Segmenter{};
  std::unique_ptr<torch::optim::Adam>     m_Generation{};
  std::unique_ptr<torch::optim::Adam>     m_Discrimination{};
};

std::unique_ptr<TrainingSystem>
MakeCrossModalTraining(const TrainingSetting & setting);

} // namespace colorization
} // namespace itk

#endif
