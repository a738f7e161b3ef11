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
#ifndef itkFirstAlone_h
#define itkFirstAlone_h

#include "itkColorizationParallelFor.h"

namespace itk
{
namespace colorization
{
/** The same loop, but the first item is done before the others, on the calling thread.
 *
 * For items that make ITK's readers and filters: what ITK has once for the whole process is made by the first of them,
 * and two threads must not make it at the same time. */
inline ParallelFor
FirstAlone(ParallelFor parallelFor)
{
  return [parallelFor](std::size_t count, const LoopBody & item)
  {
    if (count > 0)
    {
      item(0);
      parallelFor(count - 1, [&item](std::size_t i) { item(i + 1); });
    }
  };
}

} // namespace colorization
} // namespace itk

#endif
