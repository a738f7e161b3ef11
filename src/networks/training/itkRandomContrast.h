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
#ifndef itkRandomContrast_h
#define itkRandomContrast_h

#include "itkTrainingData.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** How gray images of any contrast are made of colour slices. Shares are probabilities. */
struct RandomContrastParameters
{
  /** Pixels of a sample along both axes. */
  std::int64_t size = 128;
  /** mm a pixel. */
  double spacing = 2.0;
  /** Samples show 1 / largestZoom ... largestZoom times as much as their pixels would. */
  double largestZoom = 1.3;
  /** Degrees from how axial slices are shown, anterior up, beside mirroring left and right. */
  /** Degrees from how axial slices are shown, anterior up, beside mirroring left and right. */
  double largestRotation = 15.0;
  /** Standard deviation in mm of the control points, 50 mm apart, by which samples are bent. */
  double largestBend = 12.0;
  /** Clusters of tissue that have an intensity each. */
  std::int64_t fewestClusters = 4;
  std::int64_t mostClusters = 30;
  /** Of the photograph's own luminance, with any gamma, as it is or inverted. */
  double luminanceShare = 0.15;
  /** Of a random direction in the space that clusters are found in. */
  double projectionShare = 0.25;
  /** Of clusters whose intensities differ little but for a few, as in CT without a window. */
  double narrowShare = 0.1;
  /** Of clusters as in CT: fat dark, other tissue alike, and some as bright as bone. */
  double tomographyShare = 0.12;
  /** Of samples averaged over a few mm across the slice. */
  double thickShare = 0.3;
  /** Of samples without what lies within 6 to 22 mm under the skin, as brains are extracted. */
  double strippedShare = 0.12;
  /** Of samples of which a part is cut off, so that outlines tell little of what is inside. */
  double cutShare = 0.2;
  /** Of samples of which a part is of another slice, so that places tell little of what is there. */
  double spliceShare = 0.5;
  /** Of samples of lower resolution. */
  double coarseShare = 0.3;
  /** Largest standard deviation of noise, of a range of 1. */
  double noise = 0.06;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("size", size, 32, 4096);
    visit("spacing", spacing, 0.1, 10.0);
    visit("largest_zoom", largestZoom, 1.0, 4.0);
    visit("largest_rotation", largestRotation, 0.0, 180.0);
    visit("largest_bend", largestBend, 0.0, 20.0);
    visit("fewest_clusters", fewestClusters, 1, 64);
    visit("most_clusters", mostClusters, 1, 64);
    visit("luminance_share", luminanceShare, 0.0, 1.0);
    visit("projection_share", projectionShare, 0.0, 1.0);
    visit("narrow_share", narrowShare, 0.0, 1.0);
    visit("tomography_share", tomographyShare, 0.0, 1.0);
    visit("thick_share", thickShare, 0.0, 1.0);
    visit("stripped_share", strippedShare, 0.0, 1.0);
    visit("cut_share", cutShare, 0.0, 1.0);
    visit("splice_share", spliceShare, 0.0, 1.0);
    visit("coarse_share", coarseShare, 0.0, 1.0);
    visit("noise", noise, 0.0, 1.0);
  }
};

/** Which slices samples are of. */
enum class TrainingRole
{
  Training,
  Test
};

/** Makes pairs of a gray image under a random contrast and the colours that it was made of, so that a network learns
 * colour from structure.
 *
 * A sample is a piece of a random slice, upright, a little turned, mirrored, zoomed and bent; islands in it may be of
 * another slice, as in CutMix (Yun et al., ICCV 2019). Its tissue is clustered by colour, depth under the skin and place; each cluster gets an intensity, and what the photograph's luminance has
 * beyond its clusters is added with any sign. Other samples show a random linear function of colour, depth and place, or
 * the photograph's luminance. Then come a gamma, a bias field, blur, noise, and the normalisation that inference has:
 * from percentiles of the body to 0..1. What is outside is black, and so may be a part that was cut away.
 *
 * A sample depends on seed, step and index alone, whatever was drawn before and on however many threads. */
class RandomContrastSampler
{
public:
  /** \param volumes of colour; they have to outlive the sampler
   * \throws ModelError if none has slices of the role */
  RandomContrastSampler(std::vector<const TrainingVolume *> volumes,
                        TrainingRole                        role,
                        const RandomContrastParameters &    parameters,
                        std::uint64_t                       seed);

  const RandomContrastParameters &
  GetParameters() const
  {
    return m_Parameters;
  }

  /** \param gray size x size, 0..1
   * \param rgb 3 x size x size, 0..1: the photograph
   * \param weight size x size: 1 where the colour is known and wanted, else 0 */
  void
  Sample(std::uint64_t step, std::uint64_t index, float * gray, float * rgb, float * weight) const;

private:
  std::vector<const TrainingVolume *> m_Volumes;
  TrainingRole                        m_Role;
  RandomContrastParameters            m_Parameters;
  std::uint64_t                       m_Seed;
};

} // namespace colorization
} // namespace itk

#endif
