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
#include "itkTraining.h"

#include <stdexcept>

namespace itk
{
namespace colorization
{
std::vector<std::string>
GetTrainingSystems()
{
  return {};
}

TrainingReport
Train(const TrainingParameters &, const TrainingObserver &)
{
  throw std::runtime_error("Networks cannot be trained: this build of the Colorization module has no LibTorch.");
}

} // namespace colorization
} // namespace itk
