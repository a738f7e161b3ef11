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
#ifndef itkColorizationVectorMath_h
#define itkColorizationVectorMath_h

#include <cstdint>
#include <cstring>

/** Compiles a function once for each generation of x86-64, and picks the one for the processor when the program
 * starts. It must be a plain function with its loops inside: a lambda in it is compiled for the oldest only. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && !defined(CASTXML)
#  define ITK_COLORIZATION_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#  define ITK_COLORIZATION_MULTIVERSION
#endif

/** For what such functions are made of: becomes a part of each of their versions. */
#if defined(__GNUC__)
#  define ITK_COLORIZATION_INLINE inline __attribute__((always_inline))
#else
#  define ITK_COLORIZATION_INLINE inline
#endif

namespace itk
{
namespace colorization
{
/** exp(x) for -87 <= x <= 0, to 2e-7 relative. Without branches, so that loops vectorise. */
ITK_COLORIZATION_INLINE float
BoundedNegativeExp(float x)
{
  const float scaled = x * 1.44269504088896341f;
  // Adding and taking away 1.5 * 2^23 rounds to the nearest integer.
  const float rounded = (scaled + 12582912.0f) - 12582912.0f;
  const float f = (scaled - rounded) * 0.693147180559945309f;
  const float power =
    1.0f +
    f * (1.0f + f * (0.5f + f * (1.66666667e-1f + f * (4.16666667e-2f + f * (8.33333333e-3f + f * 1.38888889e-3f)))));
  const std::int32_t bits = (static_cast<std::int32_t>(rounded) + 127) << 23;
  float              exponent;
  std::memcpy(&exponent, &bits, sizeof(exponent));
  return power * exponent;
}

/** exp(x) for x <= 0, to 2e-7 relative; below -87 it stays at exp(-87). */
ITK_COLORIZATION_INLINE float
NegativeExp(float x)
{
  return BoundedNegativeExp(x < -87.0f ? -87.0f : x);
}

} // namespace colorization
} // namespace itk

#endif
