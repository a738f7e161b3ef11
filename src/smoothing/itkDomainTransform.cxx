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
#include "itkDomainTransform.h"
#include "itkLineTile.h"

#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** J_n = I_n + a^d (J_{n-1} - I_n), one line a lane. */
class FeedbackRecursion
{
public:
  FeedbackRecursion(double sigmaH, double spacing, double sigmaRatio)
    : m_Rate(static_cast<float>(Log2OfE * std::sqrt(2.0) / sigmaH))
    , m_Spacing(static_cast<float>(spacing))
    , m_SigmaRatio(static_cast<float>(sigmaRatio))
  {}

  /** The feedback coefficients a^d. */
  ITK_COLORIZATION_INLINE void
  Weigh(const float * guidance, unsigned int components, std::size_t edges, float * weight) const
  {
    const std::size_t nodeSize = components * TileLanes;
    for (std::size_t k = 0; k < edges; ++k)
    {
      float         difference[TileLanes];
      const float * node = guidance + k * nodeSize;
      std::fill_n(difference, TileLanes, 0.0f);
      for (unsigned int c = 0; c < components; ++c)
      {
        for (std::size_t l = 0; l < TileLanes; ++l)
        {
          difference[l] += std::abs(node[nodeSize + c * TileLanes + l] - node[c * TileLanes + l]);
        }
      }
      for (std::size_t l = 0; l < TileLanes; ++l)
      {
        weight[k * TileLanes + l] = NegativeExp2(-m_Rate * (m_Spacing + m_SigmaRatio * difference[l]));
      }
    }
  }

  static ITK_COLORIZATION_INLINE void
  Forward(bool,
          const float * weightBefore,
          const float * weightAfter,
          float *       feedback,
          float *       unused,
          float *       feedbackOnTheWayBack)
  {
    for (std::size_t l = 0; l < TileLanes; ++l)
    {
      feedback[l] = weightBefore[l];
      unused[l] = 0.0f;
      feedbackOnTheWayBack[l] = weightAfter[l];
    }
  }

  static ITK_COLORIZATION_INLINE void
  ForwardValues(const float * feedback, const float *, const float * before, std::size_t count, float * values)
  {
    for (std::size_t k = 0; k < count; ++k)
    {
      values[k] += feedback[k] * (before[k] - values[k]);
    }
  }

  static ITK_COLORIZATION_INLINE void
  BackwardValues(const float * feedback, const float * after, std::size_t count, float * values)
  {
    for (std::size_t k = 0; k < count; ++k)
    {
      values[k] += feedback[k] * (after[k] - values[k]);
    }
  }

private:
  float m_Rate;
  float m_Spacing;
  float m_SigmaRatio;
};

ITK_COLORIZATION_MULTIVERSION void
FilterTile(const FeedbackRecursion & recursion,
           const TileVolume &        volume,
           const GuidanceView &      guidance,
           const LineTile &          tile,
           TileWorkspace &           workspace)
{
  SweepTile(recursion, volume, guidance, tile, workspace);
}
} // namespace

double
DomainTransformSigma(const DomainTransformParameters & parameters, unsigned int i)
{
  const double remaining = std::pow(2.0, static_cast<double>(parameters.iterations) - i);
  return parameters.sigmaSpatial * std::sqrt(3.0) * remaining / std::sqrt(std::pow(4.0, parameters.iterations) - 1.0);
}

void
DomainTransformSmooth(float *                            values,
                      unsigned int                       components,
                      const GuidanceView &               guidance,
                      const std::array<std::size_t, 3> & size,
                      const DomainTransformParameters &  parameters,
                      const ParallelFor &                parallelFor,
                      const ProgressCallback &           progress)
{
  WorkspacePool workspaces(*std::max_element(size.begin(), size.end()), components, guidance.components);
  for (unsigned int i = 1; i <= parameters.iterations; ++i)
  {
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      progress((i - 1 + axis / 3.0) / parameters.iterations);
      if (parameters.smoothAxis[axis])
      {
        const FeedbackRecursion recursion(DomainTransformSigma(parameters, i),
                                          parameters.spacing[axis],
                                          parameters.sigmaSpatial / parameters.sigma);
        SweepLines(FilterTile, recursion, values, components, guidance, size, axis, workspaces, parallelFor);
      }
    }
  }
  progress(1.0);
}

} // namespace colorization
} // namespace itk
