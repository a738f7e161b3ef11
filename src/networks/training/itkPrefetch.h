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
#ifndef itkPrefetch_h
#define itkPrefetch_h

#include <cstdint>
#include <functional>
#include <future>
#include <utility>

namespace itk
{
namespace colorization
{
/** Makes what the next step needs on a thread of its own, while a step is under way.
 *
 * What is made has to depend on the number of the step alone: then it is the same as without. */
template <typename T>
class Prefetch
{
public:
  /** \param make is called by one thread at a time; what it uses has to outlive this
   * \param steps in all: none beyond is made */
  Prefetch(std::function<T(std::uint64_t)> make, std::uint64_t steps)
    : m_Make(std::move(make))
    , m_Steps(steps)
  {}

  /** What `step` needs; what it throws, `make` threw. */
  T
  Take(std::uint64_t step)
  {
    const bool isMade = m_Next.valid() && m_NextStep == step;
    if (!isMade && m_Next.valid())
    {
      m_Next.wait();
    }
    T made = isMade ? m_Next.get() : m_Make(step);
    m_NextStep = step + 1;
    m_Next = m_NextStep < m_Steps ? std::async(std::launch::async, m_Make, m_NextStep) : std::future<T>();
    return made;
  }

private:
  std::function<T(std::uint64_t)> m_Make;
  std::uint64_t                   m_Steps;
  std::uint64_t                   m_NextStep = 0;
  /** Last, since it waits for its thread when it goes. */
  std::future<T> m_Next{};
};

} // namespace colorization
} // namespace itk

#endif
