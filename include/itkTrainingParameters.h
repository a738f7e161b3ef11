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
#ifndef itkTrainingParameters_h
#define itkTrainingParameters_h

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace itk
{
namespace colorization
{
/** What a network is trained by. */
struct TrainingParameters
{
  /** One of GetTrainingSystems(). */
  std::string system{ "any-contrast" };
  /** The data set: a file of PackTrainingData. */
  std::string data{};
  /** The model to write, as safetensors. Beside it, with ".checkpoint" added, lies what training is resumed from. */
  std::string output{};
  /** JSON object of the system's hyper-parameters; what it does not name has its default. */
  std::string hyperParameters{ "{}" };
  /** Files of networks that the system needs but does not train, such as "segmenter" and "perceptual". */
  std::map<std::string, std::string> networks{};
  /** "auto": the first GPU, or the processor where there is none; "cpu"; "cuda:N". */
  std::string device{ "auto" };
  /** "float32", or "bfloat16": layers compute with numbers of 16 bits, weights are of 32. */
  std::string precision{ "float32" };
  /** Steps in all, those before resuming included; at least 1. */
  std::uint64_t steps = 20000;
  /** Samples a step; at least 1. */
  std::uint64_t batch = 8;
  std::uint64_t seed = 1;
  /** Checkpoint to go on from; none if empty. */
  std::string resume{};
  /** Table to write, with a row for each step; none if empty. */
  std::string log{};
  /** Steps from one checkpoint to the next; at least 1. */
  std::uint64_t checkpointInterval = 500;
  /** Steps from one test and preview to the next; 0: none but the last. */
  std::uint64_t previewInterval = 1000;
  /** Threads; 0: as many as Torch takes. As many more make the next step's samples at the same time, where the system
   * is any-contrast. */
  unsigned int threads = 0;
};

/** Numbers and their names, in order. */
using TrainingValues = std::vector<std::pair<std::string, double>>;

/** What is known after a step. */
struct TrainingProgress
{
  /** Steps done, of how many. */
  std::uint64_t step = 0;
  std::uint64_t steps = 0;
  /** Losses of this step. */
  TrainingValues losses{};
  double         samplesPerSecond = 0.0;
  double         secondsLeft = 0.0;
};

/** How a network does on slices that it has not seen. */
struct TrainingTest
{
  std::uint64_t  step = 0;
  TrainingValues measures{};
  /** RGB of 8 bits: rows of what goes in, what comes out, and what should. */
  std::size_t               width = 0;
  std::size_t               height = 0;
  std::vector<std::uint8_t> picture{};
};

/** Called as training goes on. */
struct TrainingObserver
{
  /** After each step; false ends training as if it were the last. */
  std::function<bool(const TrainingProgress &)> progress{};
  std::function<void(const TrainingTest &)>     test{};
};

/** What training has come to. */
struct TrainingReport
{
  std::uint64_t  steps = 0;
  TrainingValues losses{};
  TrainingValues measures{};
  std::int64_t   parameters = 0;
  double         seconds = 0.0;
  double         samplesPerSecond = 0.0;
  std::string    device{};
};

} // namespace colorization
} // namespace itk

#endif
