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
#ifndef itkNetworkTrainer_h
#define itkNetworkTrainer_h

#include "ColorizationExport.h"
#include "itkColorizationFilterUtilities.h"
#include "itkTrainingParameters.h"

#include "itkObject.h"
#include "itkObjectFactory.h"

#include <string>
#include <vector>

namespace itk
{
/** \class NetworkTrainer
 * \brief Trains the networks of a colorization system on a data set of TrainingDataSet.
 *
 * Systems:
 * - `any-contrast`: ColorUNet, which colours gray images of any contrast. It learns from colour photographs of slices
 *   alone: gray images are made of these under random contrasts, so that colour follows from structure. By seed, step and
 *   sample, a random piece of a slice is turned, mirrored and zoomed; its tissue is clustered by colour, depth under the
 *   skin and place; each of 4 to 30 clusters gets a random intensity, and what the photograph's luminance has beyond its
 *   clusters is added with any sign; then come gamma, bias field, blur, thick slices, noise, and the normalisation that
 *   inference has. The loss is the mean of |a - a'| and |b - b'| in CIE Lab over tissue; the optimiser is AdamW; the model
 *   is a mean of the weights over the last steps.
 * - `volume-gan`: FCN3D (Mathur 2021), which makes the gray of a cryosection of MRI: on cubes of pairs of gray volumes,
 *   turned and moved at random.
 * - `cross-modal`: CrossModalGenerator (Mathur 2024), from MRI to colour: on slices at random planes of pairs of a gray
 *   and a colour volume, or unpaired. A `segmenter` guides it.
 * - `color-med-gan`: ColorMedGANGenerator (ColorMedGAN, 2023), from gray to colour: on unpaired slices. A `segmenter`,
 *   of attention-segmenter, and the `perceptual` network VGG-19 guide it.
 * - `ct-to-rgb`: Pix2PixGenerator (CT2RGB, 2022), from CT to colour: on slices of pairs of CT and colour. The
 *   `perceptual` network ResNet-50 or VGG-19 guides it.
 * - `segmenter`, `attention-segmenter`: UNetSegmenter of colour, and ColorMedGANSegmenter of gray: on labelled volumes.
 *
 * Networks that guide are files, in the parameters by the names above. Their weights may be 0, and then they need not
 * be there.
 *
 * A system's hyper-parameters are a JSON object; all of them are saved in the model.
 *
 * Train() writes, at every CheckpointInterval and at the end, the model, and beside it, with ".checkpoint" added to its
 * name, what training can be resumed from; both under another name first, and moved into place. On the processor, training
 * that is resumed gives the same bits as training that was not stopped, given the same number of threads, whatever the
 * numbers of steps were; a step depends on the seed and its number alone.
 *
 * IterationEvent is invoked after each step, ProgressEvent after each test on slices that are set aside; who sets Abort in
 * an observer ends training after this step, with checkpoint and model written.
 *
 * Throws an exception with one sentence for parameters, data and checkpoints that cannot be used; naming the step and the
 * loss as soon as one is not finite, when the files of the last checkpoint remain; and that the module was built without
 * LibTorch: NetworkModel::IsAvailable() tells.
 *
 * Memory: weights, gradients, two moments and a mean of the weights, 20 bytes a parameter; the network's features of a
 * batch; the data set is mapped.
 *
 * \ingroup Colorization */
class Colorization_EXPORT NetworkTrainer : public Object
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(NetworkTrainer);

  using Self = NetworkTrainer;
  using Superclass = Object;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using ParametersType = colorization::TrainingParameters;
  using ProgressType = colorization::TrainingProgress;
  using TestType = colorization::TrainingTest;
  using ReportType = colorization::TrainingReport;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(NetworkTrainer);

  /** Names of the systems; empty without LibTorch. */
  static std::vector<std::string>
  GetSystems();

  void
  SetParameters(const ParametersType & parameters);
  const ParametersType &
  GetParameters() const
  {
    return m_Parameters;
  }

  /** Trains until all steps are done, or until Abort is set. */
  void
  Train();

  /** Of the last step. */
  const ProgressType &
  GetStepProgress() const
  {
    return m_Progress;
  }

  /** Of the last test on slices that are set aside. */
  const TestType &
  GetTest() const
  {
    return m_Test;
  }

  /** Of the last call of Train(). */
  const ReportType &
  GetReport() const
  {
    return m_Report;
  }

  /** Ends training after the step that is running. */
  itkSetMacro(Abort, bool);
  itkGetConstMacro(Abort, bool);

protected:
  NetworkTrainer() = default;
  ~NetworkTrainer() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  ParametersType m_Parameters{};
  ProgressType   m_Progress{};
  TestType       m_Test{};
  ReportType     m_Report{};
  bool           m_Abort{ false };
};
} // namespace itk

#endif
