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
#ifndef itkWindowMoments_h
#define itkWindowMoments_h

#include "itkStructuralSimilarity.h"

#include <vector>

namespace itk
{
namespace colorization
{
/** Weighted means under a window, wherever it lies in a picture. */
struct WindowMoments
{
  std::size_t width = 0;
  std::size_t height = 0;
  /** Of x, y, x^2 + y^2 and x y, after half of the range has been taken from x and y: variances, which are differences
   * of such means, lose less of their digits. */
  std::array<std::vector<double>, 4> means;
};

/** The window's Gaussian weights along one axis; they sum to 1. */
std::vector<double>
MakeWindowWeights(const StructuralSimilarityParameters & parameters);

/** Leaves no moments if the picture is smaller than the window. */
void
ComputeWindowMoments(const float *                          x,
                     const float *                          y,
                     const std::array<std::size_t, 2> &     size,
                     const StructuralSimilarityParameters & parameters,
                     WindowMoments &                        moments);

/** Sums of SSIM over windows, which can be put together. */
struct SimilaritySums
{
  double      similarity = 0.0;
  double      contrastStructure = 0.0;
  std::size_t windows = 0;

  void
  Add(const SimilaritySums & other);

  StructuralSimilarityReport
  Report() const;
};

/** SSIM of all windows whose centre is in the mask; mask and map are those of the picture. */
SimilaritySums
SumSimilarity(const WindowMoments &                  moments,
              const StructuralSimilarityParameters & parameters,
              const std::uint8_t *                   mask,
              float *                                map);

/** MultiScaleStructuralSimilarity() for who has the finest scale's report already; `moments` is memory to work in. */
double
MultiScaleStructuralSimilarity(const float *                          x,
                               const float *                          y,
                               const std::array<std::size_t, 2> &     size,
                               const StructuralSimilarityParameters & parameters,
                               const std::uint8_t *                   mask,
                               const StructuralSimilarityReport &     finest,
                               WindowMoments &                        moments);

/** Turns the windows of a picture into those of a volume, as the volume's slices come one by one. */
class SliceWindow
{
public:
  SliceWindow(const std::array<std::size_t, 2> & size, const StructuralSimilarityParameters & parameters);

  /** The next slice's moments are to be put here. */
  WindowMoments &
  Next();

  /** Says that they are there. Returns whether there are as many slices as a window has. */
  bool
  Push();

  /** SSIM of the windows around the slice that lies half a window before the last; mask and map are those of that
   * slice. */
  SimilaritySums
  Sum(const std::uint8_t * mask, float * map);

private:
  StructuralSimilarityParameters m_Parameters;
  std::vector<double>            m_Weights;
  std::vector<WindowMoments>     m_Slices;
  std::size_t                    m_Pushed{ 0 };
  WindowMoments                  m_Joined;
};

} // namespace colorization
} // namespace itk

#endif
