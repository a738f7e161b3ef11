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

#include "itkMultiThreaderBase.h"

SolverResult
SolveWithOurs(const LevinSystem & system, const SolverOptions & options)
{
  const auto threader = itk::MultiThreaderBase::New();
  threader->SetMaximumNumberOfThreads(options.threads);
  threader->SetNumberOfWorkUnits(options.threads);
  threader->SetUpdateProgress(false);
  const itk::colorization::ParallelFor parallelFor = [&](std::size_t count, const itk::colorization::LoopBody & body)
  {
    if (options.threads < 2 || count < 2)
    {
      itk::colorization::SerialFor(count, body);
      return;
    }
    threader->ParallelizeArray(
      0,
      count,
      [&](itk::SizeValueType i) { body(i); },
      nullptr);
  };
  SolverResult result;
  unsigned int repetitions = 1;
  for (unsigned int repetition = 0; repetition < repetitions; ++repetition)
  {
    result.solution = system.chroma;
    const ResidentGrowth growth;
    const auto           report = itk::colorization::SolveLevin(system.luminance.data(),
                                                      nullptr,
                                                      system.confidence.data(),
                                                      result.solution.data(),
                                                      LevinChannels,
                                                      system.size,
                                                      system.parameters,
                                                      parallelFor);
    SolverTimes          times;
    times.solve = report.seconds;
    result.times.push_back(times);
    result.iterations = report.cycles;
    result.reportedBytes = static_cast<double>(report.peakBytes);
    if (repetition == 0)
    {
      result.residentBytes = growth.GetBytes();
      repetitions = CountRepetitions(options, times);
    }
  }
  return result;
}
