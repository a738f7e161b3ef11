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
#include "itkFastGlobalSmoother.h"
#include "itkLineTile.h"

#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** Gaussian elimination of (1 + w_{i-1} + w_i) u_i - w_{i-1} u_{i-1} - w_i u_{i+1} = f_i, one line a lane. */
class EliminationRecursion
{
public:
  EliminationRecursion(double sigma, double lambda)
    : m_Rate(static_cast<float>(Log2OfE / sigma))
    , m_Lambda(static_cast<float>(lambda))
  {}

  /** w = lambda * exp(-|difference| / sigma). */
  ITK_COLORIZATION_INLINE void
  Weigh(const float * guidance, unsigned int components, std::size_t edges, float * weight) const
  {
    const std::size_t nodeSize = components * TileLanes;
    for (std::size_t k = 0; k < edges; ++k)
    {
      float         distance[TileLanes];
      const float * node = guidance + k * nodeSize;
      if (components == 1)
      {
        for (std::size_t l = 0; l < TileLanes; ++l)
        {
          distance[l] = std::abs(node[TileLanes + l] - node[l]);
        }
      }
      else
      {
        std::fill_n(distance, TileLanes, 0.0f);
        for (unsigned int c = 0; c < components; ++c)
        {
          for (std::size_t l = 0; l < TileLanes; ++l)
          {
            const float difference = node[nodeSize + c * TileLanes + l] - node[c * TileLanes + l];
            distance[l] += difference * difference;
          }
        }
        for (std::size_t l = 0; l < TileLanes; ++l)
        {
          distance[l] = std::sqrt(distance[l]);
        }
      }
      for (std::size_t l = 0; l < TileLanes; ++l)
      {
        weight[k * TileLanes + l] = m_Lambda * NegativeExp2(-distance[l] * m_Rate);
      }
    }
  }

  /** The pivot is 1 + w_i + what elimination left of w_{i-1}, without a difference of nearly equal numbers. */
  ITK_COLORIZATION_INLINE void
  Forward(bool          isFirst,
          const float * weightBefore,
          const float * weightAfter,
          float *       couplingBefore,
          float *       inversePivot,
          float *       carriedBackward)
  {
    for (std::size_t l = 0; l < TileLanes; ++l)
    {
      const float rest = isFirst ? 1.0f : m_Rest[l];
      inversePivot[l] = 1.0f / (rest + weightAfter[l]);
      couplingBefore[l] = weightBefore[l];
      carriedBackward[l] = weightAfter[l] * inversePivot[l];
      m_Rest[l] = 1.0f + carriedBackward[l] * rest;
    }
  }

  /** v_i = (f_i + w_{i-1} v_{i-1}) / pivot. Written so that there is one way to join a product and a sum: vectors and
   * the rest of a loop round alike. */
  static ITK_COLORIZATION_INLINE void
  ForwardValues(const float * couplingBefore,
                const float * inversePivot,
                const float * before,
                std::size_t   count,
                float *       values)
  {
    for (std::size_t k = 0; k < count; ++k)
    {
      values[k] = (values[k] + before[k] * couplingBefore[k]) * inversePivot[k];
    }
  }

  /** u_i = v_i + w_i / pivot * u_{i+1}. */
  static ITK_COLORIZATION_INLINE void
  BackwardValues(const float * carried, const float * after, std::size_t count, float * values)
  {
    for (std::size_t k = 0; k < count; ++k)
    {
      values[k] += carried[k] * after[k];
    }
  }

private:
  float m_Rate;
  float m_Lambda;
  float m_Rest[TileLanes];
};

ITK_COLORIZATION_MULTIVERSION void
SolveTile(const EliminationRecursion & recursion,
          const TileVolume &           volume,
          const GuidanceView &         guidance,
          const LineTile &             tile,
          TileWorkspace &              workspace)
{
  SweepTile(recursion, volume, guidance, tile, workspace);
}
} // namespace

double
FastGlobalSmootherLambda(const FastGlobalSmootherParameters & parameters, unsigned int t)
{
  const double remaining = std::pow(4.0, static_cast<double>(parameters.iterations) - t);
  if (parameters.attenuation == SmoothingAttenuation::OpenCV)
  {
    return parameters.lambda / std::pow(4.0, t - 1.0);
  }
  return 1.5 * remaining / (std::pow(4.0, parameters.iterations) - 1.0) * parameters.lambda;
}

void
FastGlobalSmooth(float *                              values,
                 unsigned int                         components,
                 const GuidanceView &                 guidance,
                 const std::array<std::size_t, 3> &   size,
                 const FastGlobalSmootherParameters & parameters,
                 const ParallelFor &                  parallelFor,
                 const ProgressCallback &             progress)
{
  WorkspacePool workspaces(*std::max_element(size.begin(), size.end()), components, guidance.components);
  for (unsigned int t = 1; t <= parameters.iterations; ++t)
  {
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      progress((t - 1 + axis / 3.0) / parameters.iterations);
      if (parameters.smoothAxis[axis])
      {
        const EliminationRecursion recursion(parameters.sigma,
                                             FastGlobalSmootherLambda(parameters, t) * parameters.axisScale[axis]);
        SweepLines(SolveTile, recursion, values, components, guidance, size, axis, workspaces, parallelFor);
      }
    }
  }
  progress(1.0);
}

} // namespace colorization
} // namespace itk
