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

#include <cstddef>
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
/** 2^t for -126 <= t <= 0, to 2e-7 relative. Without branches, so that loops vectorise. */
ITK_COLORIZATION_INLINE float
BoundedExp2(float t)
{
  // Added to 1.5 * 2^23, t is rounded to an integer; with the bias of 127 the lowest bits of the sum are an exponent.
  constexpr float magic = 12582912.0f + 127.0f;
  const float     shifted = t + magic;
  const float     f = t - (shifted - magic);
  const float     power =
    1.0f + f * (0.693146944f + f * (0.240221202f + f * (0.0555071309f + f * (0.00967554096f + f * 0.00132764713f))));
  std::uint32_t bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  bits <<= 23;
  float exponent;
  std::memcpy(&exponent, &bits, sizeof(exponent));
  return power * exponent;
}

/** 2^t for t <= 0; below -90 it stays at 2^-90: smaller numbers change no sum, and products of them could become
 * subnormal, which is slow. */
ITK_COLORIZATION_INLINE float
NegativeExp2(float t)
{
  return BoundedExp2(t < -90.0f ? -90.0f : t);
}

#if defined(__GNUC__)
/** As many floats as a register of the newest processors holds; on others the compiler takes several registers. */
constexpr std::size_t LaneCount = 16;
using FloatLanes = float __attribute__((vector_size(LaneCount * sizeof(float))));
using IntLanes = std::int32_t __attribute__((vector_size(LaneCount * sizeof(float))));
#else
constexpr std::size_t LaneCount = 1;
using FloatLanes = float;
using IntLanes = std::int32_t;
#endif

/** LaneCount floats from any address. (By reference, as lanes are passed differently on different processors.) */
ITK_COLORIZATION_INLINE void
LoadLanes(const float * from, FloatLanes & lanes)
{
  std::memcpy(&lanes, from, sizeof(lanes));
}

ITK_COLORIZATION_INLINE void
StoreLanes(const FloatLanes & lanes, float * to)
{
  std::memcpy(to, &lanes, sizeof(lanes));
}

/** t becomes NegativeExp2(t), lane by lane. */
ITK_COLORIZATION_INLINE void
NegativeExp2Lanes(FloatLanes & t)
{
  constexpr float  magic = 12582912.0f + 127.0f;
  const FloatLanes least = t * 0.0f - 90.0f;
  t = t < least ? least : t;
  const FloatLanes shifted = t + magic;
  const FloatLanes f = t - (shifted - magic);
  const FloatLanes power =
    1.0f + f * (0.693146944f + f * (0.240221202f + f * (0.0555071309f + f * (0.00967554096f + f * 0.00132764713f))));
  IntLanes bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  bits <<= 23;
  FloatLanes exponent;
  std::memcpy(&exponent, &bits, sizeof(exponent));
  t = power * exponent;
}

constexpr float Log2OfE = 1.44269504088896341f;

/** exp(x) for x <= 0, with the bound of NegativeExp2(). */
ITK_COLORIZATION_INLINE float
NegativeExp(float x)
{
  return NegativeExp2(x * Log2OfE);
}

} // namespace colorization
} // namespace itk

#endif
