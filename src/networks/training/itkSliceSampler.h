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
#ifndef itkSliceSampler_h
#define itkSliceSampler_h

#include "itkSpatialVolume.h"

#include <torch/torch.h>

namespace itk
{
namespace colorization
{
/** How slices are drawn from volumes. */
struct SliceSamplerParameters
{
  /** Edge in pixels. */
  std::int64_t size = 256;
  /** mm a pixel; 0: that of the volume. */
  double spacing = 1.0;
  /** Share of slices at random planes, all directions being equally likely. The others lie across an axis. */
  double obliqueShare = 0.0;
  /** Axes across which slices lie: 0 sagittal, 1 coronal, 2 axial; drawn in turn at random. */
  std::vector<std::int64_t> axes{ 2 };
  /** Slices are turned within their plane by up to so many degrees, ... */
  double largestRotation = 10.0;
  /** ... zoomed by up to this factor either way, ... */
  double largestZoom = 1.1;
  /** ... and this share of them is mirrored from left to right. */
  double mirroredShare = 0.5;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("size", size, 8, 4096);
    visit("spacing", spacing, 0.0, 100.0);
    visit("oblique_share", obliqueShare, 0.0, 1.0);
    visit("axes", axes, 0, 2);
    visit("largest_rotation", largestRotation, 0.0, 180.0);
    visit("largest_zoom", largestZoom, 1.0, 4.0);
    visit("mirrored_share", mirroredShare, 0.0, 1.0);
  }
};

/** Draws slices of volumes in patient space, so that differently stored volumes show the body the same way up: x to
 * left and y to posterior in axial slices, y to inferior in the others. Each goes through a point near the body's
 * middle in one of the slices of the volume. By seed, step and index of the sample alone: any number of threads draws
 * the same. */
class SliceSampler
{
public:
  /** \param sources at least one
   * \param background what unknown pixels of volumes get that are not scaled
   * \throws ModelError if there are no sources */
  SliceSampler(std::vector<SpatialSource>     sources,
               const SliceSamplerParameters & parameters,
               std::uint64_t                  seed,
               float                          background = 0.0f);

  /** \return count x channels x size x size: those of all volumes of a source, one after another. What is not
   * known is 0, IgnoredLabel in labels, or the background. */
  torch::Tensor
  Draw(std::uint64_t step, std::int64_t count) const;

private:
  void
  DrawOne(std::uint64_t step, std::uint64_t index, float * values) const;

  std::vector<SpatialSource> m_Sources;
  SliceSamplerParameters     m_Parameters;
  std::uint64_t              m_Seed;
  float                      m_Background;
  std::size_t                m_Channels = 0;
};

} // namespace colorization
} // namespace itk

#endif
