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
#include "PoissonBenchmark.h"

#include <fftw3.h>

#include <cmath>
#include <thread>
#include <vector>

struct CosineTransformSolver::Impl
{
  std::array<std::size_t, 3>        size;
  double                            lambda;
  std::size_t                       threads;
  float *                           values;
  fftwf_plan                        forward;
  fftwf_plan                        backward;
  std::array<std::vector<float>, 3> eigenvalues;

  /** body(z) for all planes. */
  template <typename TBody>
  void
  ForEachPlane(const TBody & body)
  {
    std::vector<std::thread> others;
    const auto               part = [&](std::size_t k)
    {
      for (std::size_t z = size[2] * k / threads; z < size[2] * (k + 1) / threads; ++z)
      {
        body(z);
      }
    };
    for (std::size_t k = 1; k < threads; ++k)
    {
      others.emplace_back(part, k);
    }
    part(0);
    for (std::thread & other : others)
    {
      other.join();
    }
  }
};

CosineTransformSolver::CosineTransformSolver(const std::array<std::size_t, 3> & size, double lambda, int threads)
  : m_Impl(new Impl)
{
  m_Impl->size = size;
  m_Impl->lambda = lambda;
  m_Impl->threads = static_cast<std::size_t>(threads);
  m_Impl->values = fftwf_alloc_real(size[0] * size[1] * size[2]);
  fftwf_init_threads();
  fftwf_plan_with_nthreads(threads);
  const auto plan = [&](fftwf_r2r_kind kind)
  {
    return fftwf_plan_r2r_3d(static_cast<int>(size[2]),
                             static_cast<int>(size[1]),
                             static_cast<int>(size[0]),
                             m_Impl->values,
                             m_Impl->values,
                             kind,
                             kind,
                             kind,
                             FFTW_MEASURE);
  };
  m_Impl->forward = plan(FFTW_REDFT10);
  m_Impl->backward = plan(FFTW_REDFT01);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    for (std::size_t k = 0; k < size[axis]; ++k)
    {
      const double sine = std::sin(0.5 * std::acos(-1.0) * static_cast<double>(k) / static_cast<double>(size[axis]));
      m_Impl->eigenvalues[axis].push_back(static_cast<float>(4.0 * sine * sine));
    }
  }
}

CosineTransformSolver::~CosineTransformSolver()
{
  fftwf_destroy_plan(m_Impl->forward);
  fftwf_destroy_plan(m_Impl->backward);
  fftwf_free(m_Impl->values);
}

void
CosineTransformSolver::Solve(const float * source, const float * intensities, float * fused)
{
  const auto & size = m_Impl->size;
  float *      values = m_Impl->values;
  // The differences of (source - intensities) between each voxel and its neighbours.
  const auto difference = [&](std::size_t i) { return source[i] - intensities[i]; };
  m_Impl->ForEachPlane(
    [&](std::size_t z)
    {
      for (std::size_t y = 0; y < size[1]; ++y)
      {
        const std::size_t row = (z * size[1] + y) * size[0];
        const std::size_t yBefore = y > 0 ? row - size[0] : row;
        const std::size_t yAfter = y + 1 < size[1] ? row + size[0] : row;
        const std::size_t zBefore = z > 0 ? row - size[0] * size[1] : row;
        const std::size_t zAfter = z + 1 < size[2] ? row + size[0] * size[1] : row;
        const auto        rest = [&](std::size_t x)
        {
          return 4.0f * difference(row + x) - difference(yBefore + x) - difference(yAfter + x) -
                 difference(zBefore + x) - difference(zAfter + x);
        };
        for (std::size_t x = 1; x + 1 < size[0]; ++x)
        {
          values[row + x] = rest(x) + 2.0f * difference(row + x) - difference(row + x - 1) - difference(row + x + 1);
        }
        const std::size_t last = size[0] - 1;
        values[row] = rest(0) + difference(row) - difference(row + 1);
        values[row + last] = rest(last) + difference(row + last) - difference(row + last - 1);
      }
    });
  fftwf_execute(m_Impl->forward);
  const auto shift = static_cast<float>(m_Impl->lambda);
  const auto norm = static_cast<float>(8.0 * static_cast<double>(size[0] * size[1] * size[2]));
  m_Impl->ForEachPlane(
    [&](std::size_t z)
    {
      for (std::size_t y = 0; y < size[1]; ++y)
      {
        float *     row = values + (z * size[1] + y) * size[0];
        const float ofRow = m_Impl->eigenvalues[1][y] + m_Impl->eigenvalues[2][z] + shift;
        for (std::size_t x = 0; x < size[0]; ++x)
        {
          row[x] /= norm * (m_Impl->eigenvalues[0][x] + ofRow);
        }
      }
    });
  fftwf_execute(m_Impl->backward);
  m_Impl->ForEachPlane(
    [&](std::size_t z)
    {
      for (std::size_t i = z * size[0] * size[1]; i < (z + 1) * size[0] * size[1]; ++i)
      {
        fused[i] = intensities[i] + values[i];
      }
    });
}
