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
#ifndef itkAnyContrastTraining_h
#define itkAnyContrastTraining_h

#include "../itkColorUNet.h"
#include "itkRandomContrast.h"
#include "itkTrainingSystem.h"

#include <array>
#include <memory>

namespace itk
{
namespace colorization
{
/** The usual network with so many channels of output. */
inline ColorUNetParameters
WithOutputs(std::int64_t channels)
{
  ColorUNetParameters parameters;
  parameters.outputChannels = channels;
  return parameters;
}

/** How the network that colours any contrast is trained. */
struct AnyContrastParameters
{
  /** Makes L, a, b and the error that (a, b) is expected to have. */
  ColorUNetParameters      network{ WithOutputs(4) };
  RandomContrastParameters contrast{};
  /** Of AdamW: rises over `warmup` steps, then stays, and falls to 0 over the last `decay` of all steps. */
  double       learningRate = 1e-3;
  std::int64_t warmup = 100;
  double       decay = 0.4;
  double       weightDecay = 0.01;
  /** The model's weights are means over about the last 1 / averaging of all steps. */
  double averaging = 40.0;
  /** The share of all steps that samples are spliced after: at first, places help to tell tissues apart. */
  double spliceStart = 0.8;
  /** Of the error of L; those of a and b count 1/2 each. */
  double luminanceWeight = 0.5;
  /** Of the square of how far the expected error is off, in units of ErrorScale. */
  double errorWeight = 0.1;
  /** Share of samples that are pieces of real scans, where the data set has pairs. */
  double pairShare = 0.45;
  /** Samples of slices set aside that the test takes. */
  std::int64_t testSamples = 128;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    network.ForEach(visit);
    contrast.ForEach(visit);
    visit("learning_rate", learningRate, 0.0, 1e6);
    visit("warmup", warmup, 0, 1000000);
    visit("decay", decay, 0.0, 1.0);
    visit("weight_decay", weightDecay, 0.0, 1.0);
    visit("averaging", averaging, 1.0, 1000.0);
    visit("splice_start", spliceStart, 0.0, 1.0);
    visit("luminance_weight", luminanceWeight, 0.0, 100.0);
    visit("error_weight", errorWeight, 0.0, 100.0);
    visit("pair_share", pairShare, 0.0, 1.0);
    visit("test_samples", testSamples, 1, 4096);
  }
};

/** Lab is LabScale times what the network makes, plus LabShift: near the mean colour of tissue. */
constexpr double                LabScale = 20.0;
constexpr std::array<double, 3> LabShift{ { 45.0, 15.0, 18.0 } };
/** The expected error of (a, b) is so many times what the network makes. */
constexpr double ErrorScale = 10.0;

/** Mean absolute errors over what is weighted.
 * \param lab N x 3 x H x W, more channels not being looked at; `target` has three
 * \param weight N x 1 x H x W */
struct LabErrors
{
  torch::Tensor luminance;
  /** Mean of that of a and that of b. */
  torch::Tensor chroma;

  LabErrors(const torch::Tensor & lab, const torch::Tensor & target, const torch::Tensor & weight);
};

std::unique_ptr<TrainingSystem>
MakeAnyContrastTraining(const TrainingSetting & setting);

} // namespace colorization
} // namespace itk

#endif
