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
#ifndef itkTraining_h
#define itkTraining_h

#include "itkTrainingParameters.h"

#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** Names of the systems that can be trained, sorted. */
std::vector<std::string>
GetTrainingSystems();

/** Trains a system's networks, and writes the model that it is for.
 *
 * Each step draws its samples and random numbers by seed and step alone, so that training that is resumed ends with the
 * same bits on the processor as training that was not stopped, given the same number of threads. Checkpoints and models
 * are written under another name and moved into place.
 *
 * \throws ModelError for parameters, data and checkpoints that cannot be used, and naming the step and the loss as soon
 * as one is not finite; then the files of the last checkpoint remain */
TrainingReport
Train(const TrainingParameters & parameters, const TrainingObserver & observer);

} // namespace colorization
} // namespace itk

#endif
