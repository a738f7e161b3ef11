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
#ifndef itkPhotographicTone_h
#define itkPhotographicTone_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <vector>

namespace itk
{
namespace colorization
{
/** How the lightness of a photograph and the structure of a scan are joined. */
struct PhotographicToneParameters
{
  /** Standard deviation in mm of the Gaussian: what is coarser is the photograph's, what is finer the scan's. */
  double radius{ 6.0 };
  /** Nodes of the tone curve over the scan's window. */
  unsigned int bins{ 32 };
  /** Least slope of the curve, up or down: lightness over the whole window. So much of the scan's structure is shown where
   * the photograph has none. */
  double leastSlope{ 40.0 };
  /** The curve turns only where it then goes on by so much lightness. */
  double leastTurn{ 20.0 };
  /** Standard deviation in mm of the neighborhood, and nodes over the scan's window, of the edge-aware mean that the curve is
   * seen by; what is finer or fainter, as noise is, is shown with `mostDetail` at most. */
  double       detailRadius{ 2.0 };
  unsigned int detailBins{ 8 };
  /** Lightness over the whole window. */
  double mostDetail{ 60.0 };
};

/** A lightness (0 ... 100 and a little beyond) for each value of a scan's window (0 ... 1): linear between nodes at equal
 * distances. */
struct ToneCurve
{
  std::vector<float> lightness{};

  float
  operator()(float value) const
  {
    const auto  last = static_cast<float>(lightness.size() - 1);
    const float place = (value > 0.0f ? (value < 1.0f ? value : 1.0f) : 0.0f) * last;
    const auto  node = static_cast<std::size_t>(place < last - 1.0f ? place : last - 1.0f);
    const float share = place - static_cast<float>(node);
    return (1.0f - share) * lightness[node] + share * lightness[node + 1];
  }

  /** Returns the slope at a value: lightness over the whole window. */
  float
  SlopeAt(float value) const
  {
    const auto  last = static_cast<float>(lightness.size() - 1);
    const float place = (value > 0.0f ? (value < 1.0f ? value : 1.0f) : 0.0f) * last;
    const auto  node = static_cast<std::size_t>(place < last - 1.0f ? place : last - 1.0f);
    return last * (lightness[node + 1] - lightness[node]);
  }
};

/** What a tone curve is fitted to: sums over the voxels of a scan, which may be added part by part. */
class Colorization_EXPORT ToneStatistics
{
public:
  /** Makes empty sums.
   * \param nodes of the curve, over the scan's values 0 ... 1; at least 2 */
  explicit ToneStatistics(unsigned int nodes = PhotographicToneParameters().bins);

  /** Adds voxels. Sums have the same bits for any partition, if parts are added in the same order.
   * \param scan 0 ... 1
   * \param lightness 0 ... 100
   * \param weight at least 0 */
  void
  Add(const float * scan, const float * lightness, const float * weight, std::size_t count);

  /** Weighted sum of lightness at each node. */
  const std::vector<double> &
  GetLightness() const
  {
    return m_Lightness;
  }

  /** Sum of weights at each node. */
  const std::vector<double> &
  GetWeight() const
  {
    return m_Weight;
  }

private:
  std::vector<double> m_Lightness;
  std::vector<double> m_Weight;
};

/** Fits the curve: the mean lightness of the photograph for each value of the scan, in runs that rise or fall, each at least
 * as steep as `leastSlope`. So the scan's structure is seen with the sign that the photograph has: fat, which is dark in
 * CT, is light. Something has to have been added. */
Colorization_EXPORT ToneCurve
FitToneCurve(const ToneStatistics &             statistics,
             const PhotographicToneParameters & parameters = PhotographicToneParameters());

/** Fits the curve to the voxels of one volume.
 * \param scan 0 ... 1
 * \param lightness 0 ... 100
 * \param weight at least 0, not 0 everywhere */
Colorization_EXPORT ToneCurve
FitToneCurve(const float *                      scan,
             const float *                      lightness,
             const float *                      weight,
             std::size_t                        count,
             const PhotographicToneParameters & parameters = PhotographicToneParameters());

/** Joins tone and structure:
 *
 * \f[ \mathit{fused} = d + \frac{G * (w (L - d))}{G * w}, \quad
 *      d = f(\bar s) + \mathrm{clamp}(f'(\bar s), \pm \mathtt{mostDetail})\, (s - \bar s) \f]
 *
 * clamped to 0 ... 100; f is the curve, s the scan, \f$\bar s\f$ its edge-aware mean, so that the noise of a scan is not seen
 * as other tissues, L the photograph's lightness, w the weight. It is the Poisson fusion
 * of Mathur 2021 with the scan's gradients as f shows them, and with a Gaussian for the kernel of the screened Poisson
 * equation: it reaches no farther than a few radii, so that parts of a volume can be worked on by themselves.
 * \param scan 0 ... 1
 * \param lightness 0 ... 100
 * \param weight at least 0: 0 outside of tissue, and where the photograph tells nothing
 * \param start first voxel of the part that is at hand, in the whole volume
 * \param fused may be `lightness` itself */
Colorization_EXPORT void
FuseTone(const ToneCurve &                     curve,
         const float *                         scan,
         const float *                         lightness,
         const float *                         weight,
         const std::array<std::size_t, 3> &    size,
         const std::array<double, 3> &         spacing,
         const PhotographicToneParameters &    parameters,
         float *                               fused,
         const ParallelFor &                   parallelFor = SerialFor,
         const std::array<std::ptrdiff_t, 3> & start = {});

/** How many voxels around a voxel its fused lightness depends on, along each axis. */
Colorization_EXPORT std::array<std::size_t, 3>
                    FuseToneReach(const std::array<double, 3> & spacing, const PhotographicToneParameters & parameters);

} // namespace colorization
} // namespace itk

#endif
