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
#ifndef itkSegmenterTraining_h
#define itkSegmenterTraining_h

#include "../itkColorMedGANGenerator.h"
#include "../itkUNetSegmenter.h"
#include "itkSliceSampler.h"
#include "itkTrainingSupport.h"

#include <memory>

namespace itk
{
namespace colorization
{
/** How segmenters are trained. */
struct SegmenterTrainingParameters
{
  SliceSamplerParameters slices{};
  /** Classes, background included. */
  std::int64_t classes = 4;
  std::int64_t width = 64;
  double       crossEntropyWeight = 1.0;
  double       diceWeight = 1.0;
  /** Mathur 2024 has 1e-6 for its segmenter, but does not tell what it starts from: fresh weights need
   * more. */
  AdamParameters adam{ 1e-4, 0.9, 0.999 };
  /** Slices set aside that the test takes. */
  std::int64_t testSamples = 16;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    constexpr double most = 1e6;
    slices.ForEach(visit);
    visit("classes", classes, 2, 65536);
    visit("width", width, 1, 4096);
    visit("cross_entropy_weight", crossEntropyWeight, 0.0, most);
    visit("dice_weight", diceWeight, 0.0, most);
    adam.ForEach(visit);
    visit("test_samples", testSamples, 1, 4096);
  }
};

/** Slices and their labels. */
struct SegmenterBatch
{
  /** N x 3 x H x W of colour, 0..1, or N x 1 x H x W of gray, -1..1. */
  torch::Tensor pictures;
  /** N x H x W, int64 */
  torch::Tensor labels;
};

/** Trains a segmenter on volumes NAME with labels NAME.labels, by cross-entropy and soft Dice.
 *
 * TNetwork is UNetSegmenter, of colour, for CrossModalTraining, or ColorMedGANSegmenter, of gray, for
 * ColorMedGANTraining.
 *
 * \par Reference
 * M. Mathur, A. Chaudhary, S. K. Gupta, O. Sharma: Structurally Consistent MRI Colorization using Cross-modal Fusion
 * Learning. 2024, section III.A. ColorMedGAN: A Semantic Colorization Framework for Medical Images. 2023, section
 * 3.1.2. */
template <typename TNetwork>
class SegmenterTraining : public TrainingSystem
{
public:
  SegmenterTraining(const TrainingSetting & setting, const SegmenterTrainingParameters & parameters);

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
  SegmenterBatch
  Draw(std::uint64_t step) const;

private:
  SegmenterBatch
  DrawFrom(const SliceSampler & sampler, std::uint64_t step, std::int64_t count) const;

  SegmenterTrainingParameters         m_Parameters;
  torch::Device                       m_Device;
  torch::ScalarType                   m_Precision;
  std::int64_t                        m_Batch;
  std::unique_ptr<SliceSampler>       m_Slices{};
  std::unique_ptr<SliceSampler>       m_TestSlices{};
  typename TNetwork::Parameters       m_NetworkParameters{};
  std::shared_ptr<TNetwork>           m_Network{};
  std::unique_ptr<torch::optim::Adam> m_Optimizer{};
};

extern template class SegmenterTraining<ColorMedGANSegmenter>;
extern template class SegmenterTraining<UNetSegmenter>;

std::unique_ptr<TrainingSystem>
MakeSegmenterTraining(const TrainingSetting & setting);

std::unique_ptr<TrainingSystem>
MakeAttentionSegmenterTraining(const TrainingSetting & setting);

} // namespace colorization
} // namespace itk

#endif
