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
#ifndef itkLevinOperator_h
#define itkLevinOperator_h

#include "itkLevinSolver.h"
#include "itkStencilOperator.h"

#include <vector>

namespace itk
{
namespace colorization
{
/** Luminance of voxels outside of the mask: so far from all others that exp() gives them no weight. */
constexpr float OutsideLuminance = 1e9f;

/** The system of equations of colorization on the mask's bounding box; its weights are made anew from the luminance
 * whenever they are asked for. */
class LevinOperator : public AppliedStencilOperator
{
public:
  LevinOperator(const StencilGrid & grid, const LevinParameters & parameters);

  float &
  Luminance(std::size_t p)
  {
    return m_Luminance[p];
  }

  bool
  IsInside(std::size_t p) const
  {
    return m_Luminance[p] != OutsideLuminance;
  }

  /** 1 - confidence inside of the mask, 0 outside. */
  float &
  Free(std::size_t p)
  {
    return m_Free[p];
  }

  /** From the luminance in the 3^N window of p: the factor -log2(e) / (s sigma_p^2), floored.
   * \return whether p has a neighbour inside of the mask */
  bool
  SetScale(std::size_t p, const LevinParameters & parameters);

  void
  GetSegment(std::size_t        begin,
             std::size_t        count,
             StencilWorkspace & workspace,
             StencilSegment &   segment) const override;

  void
  ApplyNegated(std::size_t   begin,
               std::size_t   count,
               const float * u0,
               const float * u1,
               float *       negative0,
               float *       negative1) const override;

  /** See Balance(). */
  const float *
  GetDiagonals() const override
  {
    return m_Balance.data();
  }

  /** Weighs the rows such that each voxel gives to its free neighbours about what it gets from them: D_p a_pq and D_q a_qp
   * balance in sum, as those of a symmetric matrix do one by one. What is summed over a block then stands for it. */
  void
  Balance(const ParallelFor & parallelFor);

  std::size_t
  GetByteCount() const override
  {
    return 4 * m_Luminance.size() * sizeof(float);
  }

private:
  static std::vector<float>
  MakeCloseness(const StencilGrid & grid, const LevinParameters & parameters);

  std::vector<float> m_Luminance;
  std::vector<float> m_Scale;
  std::vector<float> m_Free;
  std::vector<float> m_Balance;
  std::vector<float> m_Closeness;
};

} // namespace colorization
} // namespace itk

#endif
