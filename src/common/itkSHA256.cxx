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
#include "itkSHA256.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace itk
{
namespace colorization
{
namespace
{
constexpr std::size_t Rounds = 64;

std::uint32_t
RotateRight(std::uint32_t value, unsigned int bits)
{
  return value >> bits | value << (32 - bits);
}

/** The first 32 bits of the fraction of root(p), which long double holds exactly enough for small primes. */
std::uint32_t
FractionBits(long double root)
{
  return static_cast<std::uint32_t>((root - std::floor(root)) * 4294967296.0L);
}

/** The first primes' roots: of the second degree for the state, of the third for the rounds. */
struct Constants
{
  std::array<std::uint32_t, 8>      state;
  std::array<std::uint32_t, Rounds> rounds;

  Constants()
  {
    std::size_t count = 0;
    for (unsigned int candidate = 2; count < Rounds; ++candidate)
    {
      bool isPrime = true;
      for (unsigned int divisor = 2; divisor * divisor <= candidate; ++divisor)
      {
        isPrime = isPrime && candidate % divisor != 0;
      }
      if (isPrime)
      {
        if (count < state.size())
        {
          state[count] = FractionBits(std::sqrt(static_cast<long double>(candidate)));
        }
        rounds[count++] = FractionBits(std::cbrt(static_cast<long double>(candidate)));
      }
    }
  }
};

const Constants &
GetConstants()
{
  static const Constants constants;
  return constants;
}
} // namespace

SHA256::SHA256()
  : m_State(GetConstants().state)
{}

void
SHA256::ProcessBlock(const std::uint8_t * block)
{
  const std::array<std::uint32_t, Rounds> & k = GetConstants().rounds;
  std::array<std::uint32_t, Rounds>         w;
  for (std::size_t t = 0; t < 16; ++t)
  {
    w[t] = static_cast<std::uint32_t>(block[4 * t]) << 24 | static_cast<std::uint32_t>(block[4 * t + 1]) << 16 |
           static_cast<std::uint32_t>(block[4 * t + 2]) << 8 | block[4 * t + 3];
  }
  for (std::size_t t = 16; t < Rounds; ++t)
  {
    const std::uint32_t s0 = RotateRight(w[t - 15], 7) ^ RotateRight(w[t - 15], 18) ^ w[t - 15] >> 3;
    const std::uint32_t s1 = RotateRight(w[t - 2], 17) ^ RotateRight(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = m_State;
  for (std::size_t t = 0; t < Rounds; ++t)
  {
    const std::uint32_t sum1 = RotateRight(e, 6) ^ RotateRight(e, 11) ^ RotateRight(e, 25);
    const std::uint32_t sum0 = RotateRight(a, 2) ^ RotateRight(a, 13) ^ RotateRight(a, 22);
    const std::uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + k[t] + w[t];
    const std::uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<std::uint32_t, 8> step{ { a, b, c, d, e, f, g, h } };
  for (std::size_t i = 0; i < m_State.size(); ++i)
  {
    m_State[i] += step[i];
  }
}

void
SHA256::Update(const void * bytes, std::size_t count)
{
  const auto * next = static_cast<const std::uint8_t *>(bytes);
  m_Bytes += count;
  while (count > 0)
  {
    if (m_Filled == 0 && count >= BlockBytes)
    {
      this->ProcessBlock(next);
      next += BlockBytes;
      count -= BlockBytes;
      continue;
    }
    const std::size_t part = std::min(count, BlockBytes - m_Filled);
    std::memcpy(m_Block.data() + m_Filled, next, part);
    m_Filled += part;
    next += part;
    count -= part;
    if (m_Filled == BlockBytes)
    {
      this->ProcessBlock(m_Block.data());
      m_Filled = 0;
    }
  }
}

std::string
SHA256::Finish()
{
  const std::uint64_t bits = 8 * m_Bytes;
  const std::uint8_t  end = 0x80;
  const std::uint8_t  zero = 0;
  this->Update(&end, 1);
  while (m_Filled != BlockBytes - sizeof(bits))
  {
    this->Update(&zero, 1);
  }
  for (int shift = 56; shift >= 0; shift -= 8)
  {
    const auto byte = static_cast<std::uint8_t>(bits >> shift);
    this->Update(&byte, 1);
  }
  std::string text;
  for (const std::uint32_t word : m_State)
  {
    for (int shift = 28; shift >= 0; shift -= 4)
    {
      text += "0123456789abcdef"[word >> shift & 0xf];
    }
  }
  return text;
}

std::string
ComputeFileSHA256(const std::string & path)
{
  constexpr std::size_t chunk = std::size_t{ 1 } << 20;
  std::ifstream         file(path, std::ios::binary);
  std::vector<char>     buffer(chunk);
  SHA256                hash;
  while (file)
  {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash.Update(buffer.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (!file.eof())
  {
    throw std::runtime_error(path + ": the file cannot be read.");
  }
  return hash.Finish();
}

} // namespace colorization
} // namespace itk
