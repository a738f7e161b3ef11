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
#ifndef itkAutocastScope_h
#define itkAutocastScope_h

#include <torch/torch.h>
#include <torch/version.h>

#include <ATen/autocast_mode.h>

namespace itk
{
namespace colorization
{
/** Layers compute with bfloat16 for a while, unless the precision is float32; weights stay what they are. */
class AutocastScope
{
public:
  AutocastScope(const torch::Device & device, torch::ScalarType precision)
    : m_Device(device)
    , m_IsActive(precision != torch::kFloat32)
  {
    if (m_IsActive)
    {
      SetType(device);
      SetEnabled(device, true);
      at::autocast::increment_nesting();
    }
  }
  ~AutocastScope()
  {
    if (m_IsActive)
    {
      at::autocast::decrement_nesting();
      at::autocast::clear_cache();
      SetEnabled(m_Device, false);
    }
  }
  AutocastScope(const AutocastScope &) = delete;
  AutocastScope &
  operator=(const AutocastScope &) = delete;

private:
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  static void
  SetType(const torch::Device & device)
  {
    at::autocast::set_autocast_dtype(device.type(), torch::kBFloat16);
  }
  static void
  SetEnabled(const torch::Device & device, bool isEnabled)
  {
    at::autocast::set_autocast_enabled(device.type(), isEnabled);
  }
#else
  static void
  SetType(const torch::Device & device)
  {
    device.is_cuda() ? at::autocast::set_autocast_gpu_dtype(torch::kBFloat16)
                     : at::autocast::set_autocast_cpu_dtype(torch::kBFloat16);
  }
  static void
  SetEnabled(const torch::Device & device, bool isEnabled)
  {
    device.is_cuda() ? at::autocast::set_enabled(isEnabled) : at::autocast::set_cpu_enabled(isEnabled);
  }
#endif

  torch::Device m_Device;
  bool          m_IsActive;
};

} // namespace colorization
} // namespace itk

#endif
