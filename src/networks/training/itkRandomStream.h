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
#ifndef itkRandomStream_h
#define itkRandomStream_h

#include <ATen/core/PhiloxRNGEngine.h>

#include <cmath>
#include <cstdint>

namespace itk
{
namespace colorization
{
/** Random numbers of one sample: those of Philox (Salmon et al., SC 2011), keyed by seed, step and index, so that none
 * depends on what was drawn for others. */
class RandomStream
{
public:
  RandomStream(std::uint64_t seed, std::uint64_t step, std::uint64_t index)
    : m_Engine(seed, step << IndexBits | index)
  {}

  /** Of [0, 1). */
  double
  Uniform()
  {
    return static_cast<double>(m_Engine()) * 0x1p-32;
  }

  double
  Uniform(double lowest, double highest)
  {
    return lowest + (highest - lowest) * this->Uniform();
  }

  /** Of 0 ... count - 1. */
  std::size_t
  Integer(std::size_t count)
  {
    return static_cast<std::size_t>(this->Uniform() * static_cast<double>(count));
  }

  bool
  Chance(double probability)
  {
    return this->Uniform() < probability;
  }

  double
  Sign()
  {
    return this->Chance(0.5) ? 1.0 : -1.0;
  }

  /** Mean 0, standard deviation 1: made in pairs (Box and Muller, 1958). */
  double
  Normal()
  {
    if (m_HasNormal)
    {
      m_HasNormal = false;
      return m_Normal;
    }
    constexpr double pi = 3.14159265358979323846;
    const double     radius = std::sqrt(-2.0 * std::log(1.0 - this->Uniform()));
    const double     angle = 2.0 * pi * this->Uniform();
    m_Normal = radius * std::sin(angle);
    m_HasNormal = true;
    return radius * std::cos(angle);
  }

private:
  static constexpr unsigned int IndexBits = 20;

  at::Philox4_32 m_Engine;
  double         m_Normal = 0.0;
  bool           m_HasNormal = false;
};

} // namespace colorization
} // namespace itk

#endif
