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
#ifndef BenchmarkImages_h
#define BenchmarkImages_h

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

/** Pixels for the benchmarks: neither ITK nor OpenCV, so that both see the same. */
namespace BenchmarkImages
{
/** Values of 0..255 that are smooth within rounded shapes, step at their borders, and are a little noisy: `components`
 * interleaved for each of nx * ny * nz pixels. */
template <typename T>
std::vector<T>
MakeShapes(std::size_t nx, std::size_t ny, std::size_t nz, std::size_t components)
{
  std::vector<T> pixels(nx * ny * nz * components);
  std::uint32_t  noise = 1;
  std::size_t    i = 0;
  for (std::size_t z = 0; z < nz; ++z)
  {
    for (std::size_t y = 0; y < ny; ++y)
    {
      for (std::size_t x = 0; x < nx; ++x)
      {
        const auto   u = static_cast<float>(x);
        const auto   v = static_cast<float>(y);
        const auto   w = static_cast<float>(z);
        const double shape =
          std::sin(0.031f * u + 0.02f * w) + std::sin(0.027f * v - 0.01f * u) + std::sin(0.043f * w + 0.013f * v);
        for (std::size_t c = 0; c < components; ++c, ++i)
        {
          noise = noise * 1664525u + 1013904223u;
          const double level = shape > 0.8 ? 190.0 : shape > -0.4 ? 110.0 : 40.0;
          pixels[i] = static_cast<T>(level + 12.0 * std::sin(0.9 * static_cast<double>(c) + shape) + (noise >> 29));
        }
      }
    }
  }
  return pixels;
}
} // namespace BenchmarkImages

#endif
