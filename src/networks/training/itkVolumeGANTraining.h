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
#ifndef itkVolumeGANTraining_h
#define itkVolumeGANTraining_h

#include "../itkFCN3D.h"
#include "itkCubeSampler.h"
#include "itkTrainingSupport.h"

#include <memory>

namespace itk
{
namespace colorization
{
/** How FCN3D is trained. The paper gives neither optimiser nor rates. */
struct VolumeGANTrainingParameters
{
  CubeSamplerParameters     cubes{};
  std::vector<std::int64_t> widths{ 64, 128, 256, 512, 256, 128, 64, 1 };
  double                    dropout = 0.2;
  std::vector<std::int64_t> discriminatorWidths{ 256, 256, 128, 64 };
  /** Edge of the structural similarity's window in voxels, an odd number of at most the cubes' size. */
  std::int64_t   window = 11;
  double         structureWeight = 1.0;
  double         differenceWeight = 1.0;
  double         adversarialWeight = 1.0;
  AdamParameters adam{ 2e-4, 0.5, 0.999 };
  /** Cubes set aside that the test takes. */
  std::int64_t testSamples = 16;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    constexpr double most = 1e6;
    cubes.ForEach(visit);
    visit("widths", widths, 1, 4096);
    visit("dropout", dropout, 0.0, 1.0);
    visit("discriminator_widths", discriminatorWidths, 1, 4096);
    visit("window", window, 1, 511);
    visit("structure_weight", structureWeight, 0.0, most);
    visit("difference_weight", differenceWeight, 0.0, most);
    visit("adversarial_weight", adversarialWeight, 0.0, most);
    adam.ForEach(visit);
    visit("test_samples", testSamples, 1, 4096);
  }
};

/** Cubes of N x 1 x D x H x W, 0..1: MRI, and the gray of a cryosection that is fused with its gradients. */
struct VolumeGANBatch
{
  torch::Tensor mri;
  torch::Tensor gray;
};

/** Trains FCN3D to make the gray of a cryosection of MRI, on cubes of pairs NAME.source and NAME.target of gray
 * volumes. The target is what PoissonFusionImageFilter makes of the MRI's gradients and the cryosection's gray.
 *
 * The generator's loss is that of equation (1), with the sign that a GAN has: 1 - SSIM, the mean absolute difference,
 * and -log D. The model's input is what normalisation by percentiles makes 0..1; its output is luminance.
 *
 * \par Reference
 * A. N. Mathur, A. Khattar, O. Sharma: Multimodal Medical Volume Colorization from 2D Style. 2021, section 3.2. */
class VolumeGANTraining : public TrainingSystem
{
public:
  VolumeGANTraining(const TrainingSetting & setting, const VolumeGANTrainingParameters & parameters);

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
  VolumeGANBatch
  Draw(std::uint64_t step) const;

private:
  VolumeGANBatch
  DrawFrom(const CubeSampler & sampler, std::uint64_t step, std::int64_t count) const;

  VolumeGANTrainingParameters         m_Parameters;
  torch::Device                       m_Device;
  torch::ScalarType                   m_Precision;
  std::int64_t                        m_Batch;
  CubeSampler                         m_Cubes;
  std::unique_ptr<CubeSampler>        m_TestCubes{};
  FCN3DParameters                     m_GeneratorParameters{};
  std::shared_ptr<FCN3D>              m_Generator{};
  std::shared_ptr<FCN3DDiscriminator> m_Discriminator{};
  std::unique_ptr<torch::optim::Adam> m_Generation{};
  std::unique_ptr<torch::optim::Adam> m_Discrimination{};
};

std::unique_ptr<TrainingSystem>
MakeVolumeGANTraining(const TrainingSetting & setting);

} // namespace colorization
} // namespace itk

#endif
