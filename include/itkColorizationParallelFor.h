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
#ifndef itkColorizationParallelFor_h
#define itkColorizationParallelFor_h

#include <cstddef>
#include <functional>

namespace itk
{
/** The numerical cores behind the filters of this module: plain functions over contiguous `float` buffers. */
namespace colorization
{
/** One iteration of a parallel loop; it gets the iteration's number. */
using LoopBody = std::function<void(std::size_t)>;

/** Runs `body(0) ... body(count - 1)`, in any order and on any number of threads, and returns when all are done.
 * A core asks for iterations that write to separate memory, and merges what they return in the order of their
 * numbers; so its result does not depend on the number of threads. */
using ParallelFor = std::function<void(std::size_t count, const LoopBody & body)>;

/** Told the fraction done, from 0 to 1, by the thread that called the core. It may throw to stop the core. */
using ProgressCallback = std::function<void(double)>;

/** The loop for callers that have no threads to give. */
inline void
SerialFor(std::size_t count, const LoopBody & body)
{
  for (std::size_t i = 0; i < count; ++i)
  {
    body(i);
  }
}

/** The callback for callers that do not want to know. */
inline void
IgnoreProgress(double)
{}

} // namespace colorization
} // namespace itk

#endif
