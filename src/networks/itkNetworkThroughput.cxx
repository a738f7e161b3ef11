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
// Runs networks of the registry, or one file, on the processor and on each GPU: compares the outputs, and prints how
// many voxels a second pass.

#include "itkNetwork.h"
#include "itkSafetensors.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <unistd.h>

namespace
{
using namespace itk::colorization;

constexpr int Runs = 5;

struct Outcome
{
  std::vector<float> values;
  double             voxelsPerSecond;
};

Outcome
Measure(Network & network, const std::vector<float> & input, std::int64_t batch, std::array<std::int64_t, 3> size)
{
  const auto threads = UseTorchThreads(static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
  const auto warm = network.Run(input.data(), batch, size);
  const auto count = warm.batch * warm.channels * warm.size[0] * warm.size[1] * warm.size[2];
  Outcome    outcome{ { warm.data, warm.data + count }, 0.0 };
  double     best = 1e30;
  for (int i = 0; i < Runs; ++i)
  {
    const auto begin = std::chrono::steady_clock::now();
    network.Run(input.data(), batch, size);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  outcome.voxelsPerSecond = static_cast<double>(batch * size[0] * size[1] * size[2]) / best;
  return outcome;
}

void
Compare(const std::string & path, const std::string & name)
{
  NetworkOptions options;
  options.device = "cpu";
  const auto                        cpu = LoadNetwork(path, options);
  const NetworkMetadata &           metadata = cpu->GetMetadata();
  const bool                        isVolume = metadata.dimension == 3;
  const std::int64_t                multiple = metadata.sizeMultiple;
  const std::int64_t                wanted = isVolume ? 32 : 256;
  const std::int64_t                edge = (wanted + multiple - 1) / multiple * multiple;
  const std::array<std::int64_t, 3> size{ { edge, edge, isVolume ? edge : 1 } };
  const std::int64_t                batch = isVolume ? 1 : 2;
  std::vector<float> input(static_cast<std::size_t>(batch * metadata.inputChannels * size[0] * size[1] * size[2]));
  std::mt19937       generator(1);
  for (float & value : input)
  {
    value = static_cast<float>(generator() % 1000) / 999.0f;
  }
  const Outcome reference = Measure(*cpu, input, batch, size);
  std::printf("%-24s %12lld parameters  cpu float32 %10.3g voxels/s\n",
              name.c_str(),
              static_cast<long long>(cpu->GetNumberOfParameters()),
              reference.voxelsPerSecond);
  for (const char * precision : { "float32", "float16", "bfloat16" })
  {
    options.device = "cuda:0";
    options.precision = precision;
    std::unique_ptr<Network> gpu;
    try
    {
      gpu = LoadNetwork(path, options);
    }
    catch (const ModelError & error)
    {
      std::printf("  %s\n", error.what());
      return;
    }
    const Outcome outcome = Measure(*gpu, input, batch, size);
    float         greatest = 0.0f;
    for (std::size_t i = 0; i < reference.values.size(); ++i)
    {
      greatest = std::max(greatest, std::abs(outcome.values[i] - reference.values[i]));
    }
    std::printf("  cuda:0 %-9s %10.3g voxels/s, %6.1f times the processor; greatest difference %.3g\n",
                precision,
                outcome.voxelsPerSecond,
                outcome.voxelsPerSecond / reference.voxelsPerSecond,
                static_cast<double>(greatest));
  }
}
} // namespace

int
main(int argc, char * argv[])
{
  try
  {
    if (argc > 1)
    {
      Compare(argv[1], argv[1]);
      return 0;
    }
    const char *      folder = std::getenv("TMPDIR");
    const std::string path = std::string(folder ? folder : "/tmp") + "/NetworkThroughput" + std::to_string(getpid());
    for (const std::string & name : GetArchitectures())
    {
      const auto network = MakeNetwork(name, "{}", 1);
      SaveNetwork(*network, network->GetMetadata(), path);
      Compare(path, name);
      std::remove(path.c_str());
    }
  }
  catch (const std::exception & error)
  {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
