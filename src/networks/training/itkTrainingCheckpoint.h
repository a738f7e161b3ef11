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
#ifndef itkTrainingCheckpoint_h
#define itkTrainingCheckpoint_h

#include "itkTrainingSystem.h"

#include <cstdint>
#include <string>

namespace itk
{
namespace colorization
{
/** Writes all that a system has learned: weights, buffers, moments of the optimisers, and other tensors, as safetensors.
 * \param description of what is trained, and how: it has to be the same on resuming
 * \throws ModelError if the file cannot be written, or naming a tensor that is not finite */
void
WriteCheckpoint(const TrainingSystem & system,
                std::uint64_t          step,
                const std::string &    description,
                const std::string &    path);

/** Reads it back.
 * \return the steps that were done
 * \throws ModelError naming the file, and what in it is not of this training */
std::uint64_t
ReadCheckpoint(TrainingSystem & system, const std::string & description, const std::string & path);

} // namespace colorization
} // namespace itk

#endif
