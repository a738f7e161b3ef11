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
#include "LevinSolvers.h"

#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace
{
double
ReadStatusBytes(const std::string & key)
{
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
  {
    if (line.compare(0, key.size() + 1, key + ':') == 0)
    {
      double kilobytes = 0.0;
      std::istringstream(line.substr(key.size() + 1)) >> kilobytes;
      return 1024.0 * kilobytes;
    }
  }
  throw std::runtime_error("/proc/self/status lacks " + key + '.');
}
} // namespace

unsigned int
CountRepetitions(const SolverOptions & options, const SolverTimes & first)
{
  constexpr double manySeconds = 5.0;
  return first.assembly + first.WithoutAssembly() > manySeconds ? 1 : std::max(1u, options.repetitions);
}

ResidentGrowth::ResidentGrowth()
{
  // Free memory that is kept would be used again without being counted.
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << '5';
  m_Before = ReadStatusBytes("VmRSS");
}

double
ResidentGrowth::GetBytes() const
{
  return ReadStatusBytes("VmHWM") - m_Before;
}
