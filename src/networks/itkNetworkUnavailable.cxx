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
#include "itkNetwork.h"

#include <stdexcept>

namespace itk
{
namespace colorization
{
namespace
{
[[noreturn]] void
ThrowUnavailable()
{
  throw std::runtime_error("Networks cannot be run: this build of the Colorization module has no LibTorch.");
}
} // namespace

bool
IsTorchAvailable()
{
  return false;
}

std::shared_ptr<void>
UseTorchThreads(int)
{
  ThrowUnavailable();
}

std::unique_ptr<Network>
LoadNetwork(const std::string &, const NetworkOptions &)
{
  ThrowUnavailable();
}

std::unique_ptr<Network>
MakeNetwork(const std::string &, const std::string &, std::uint64_t)
{
  ThrowUnavailable();
}

void
SaveNetwork(const Network &, const NetworkMetadata &, const std::string &)
{
  ThrowUnavailable();
}

std::vector<std::string>
GetArchitectures()
{
  return {};
}

} // namespace colorization
} // namespace itk
