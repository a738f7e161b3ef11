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
#ifndef PoissonBenchmark_h
#define PoissonBenchmark_h

#include <array>
#include <cstddef>
#include <memory>

/** Solves the equations of Poisson fusion without a mask, of voxels of side 1, by FFTW's cosine transforms in single
 * precision. */
class CosineTransformSolver
{
public:
  /** Makes the plans. */
  CosineTransformSolver(const std::array<std::size_t, 3> & size, double lambda, int threads);
  ~CosineTransformSolver();
  CosineTransformSolver(const CosineTransformSolver &) = delete;
  CosineTransformSolver &
  operator=(const CosineTransformSolver &) = delete;

  void
  Solve(const float * source, const float * intensities, float * fused);

private:
  struct Impl;
  std::unique_ptr<Impl> m_Impl;
};

#endif
