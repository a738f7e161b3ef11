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
#include "itkStyleTransfer.h"

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
  throw std::runtime_error("Style cannot be transferred: this build of the Colorization module has no LibTorch.");
}
} // namespace

class StyleTransfer::Impl
{
};

StyleTransfer::StyleTransfer(const Network &, const ColorPlanes &, const ColorPlanes &, const StyleTransferParameters &)
{
  ThrowUnavailable();
}

StyleTransfer::~StyleTransfer() = default;

StyleTransferLoss
StyleTransfer::Evaluate(const float *, float *)
{
  ThrowUnavailable();
}

std::vector<float>
StyleTransfer::GetStyleGram(std::size_t) const
{
  ThrowUnavailable();
}

StyleTransferReport
StyleTransfer::Run(float *, const StyleTransferProgress &)
{
  ThrowUnavailable();
}

} // namespace colorization
} // namespace itk
