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
#ifndef itkLocalMeans_h
#define itkLocalMeans_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <vector>

namespace itk
{
namespace colorization
{
/** Where means are taken over. */
struct LocalMeansParameters
{
  /** Standard deviation in mm of the neighborhood. */
  double radius{ 4.0 };
  /** Nodes over the guide's range 0 ... 1; with a single one the guide does not count. */
  unsigned int bins{ 24 };
  /** Weight of the prior, in mm^3 of voxels of weight 1. */
  double priorVolume{ 4.0 };
};

/** The part of a volume that is at hand. */
struct VolumeView
{
  /** x fastest. */
  std::array<std::size_t, 3> size{ { 1, 1, 1 } };
  /** mm. */
  std::array<double, 3> spacing{ { 1.0, 1.0, 1.0 } };
  /** First voxel of the part within the whole volume: means are the same whichever part is at hand, if it reaches
   * LocalMeansReach() beyond the voxels that are looked at. */
  std::array<std::ptrdiff_t, 3> start{};
};

/** Sums of values over the cells of a volume, from which local means are read; see ComputeLocalMeans(). It is filled part
 * by part, and read part by part. */
class Colorization_EXPORT LocalMeansGrid
{
public:
  /** Makes an empty grid over a volume, or over a part of it.
   * \param channels number of values that means are taken of
   * \param hasGuide without it, there is a single bin */
  LocalMeansGrid(const VolumeView & view, const LocalMeansParameters & parameters, std::size_t channels, bool hasGuide);

  /** Adds the voxels of a part, which lies in the grid's view. Sums have the same bits for any partition into slabs that
   * are added in ascending order of z. */
  void
  Add(const VolumeView &                 part,
      const float *                      guide,
      const float *                      weight,
      const std::vector<const float *> & channels,
      const ParallelFor &                parallelFor);

  /** Smooths what was added; once, before means are read. */
  void
  Smooth(const ParallelFor & parallelFor);

  /** Reads the means of a part's voxels, which lies in the grid's view; arguments as of ComputeLocalMeans(). */
  void
  Read(const VolumeView &                 part,
       const float *                      guide,
       const std::vector<const float *> & priors,
       const std::vector<float *> &       means,
       float *                            support,
       const ParallelFor &                parallelFor) const;

private:
  /** Where a voxel lies between two nodes. */
  struct Node
  {
    std::ptrdiff_t first;
    float          share;
  };
  using Nodes = std::array<std::vector<Node>, 3>;

  static Node
  NodeOf(double place);

  static Node
  BinOf(const float * guide, std::size_t voxel, std::size_t bins);

  /** The nodes of a part's voxels along each axis, counted from the grid's first cells. */
  Nodes
  NodesOf(const VolumeView & part) const;

  const float *
  CellAt(std::size_t x, std::size_t y, std::size_t z) const
  {
    return m_Values.data() + ((z * m_Cells[1] + y) * m_Cells[0] + x) * m_CellValues;
  }

  void
  AddSlice(const VolumeView &                 part,
           const Nodes &                      nodes,
           std::size_t                        z,
           std::size_t                        layer,
           float                              share,
           const float *                      guide,
           const float *                      weight,
           const std::vector<const float *> & channels);

  void
  SmoothAlong(std::size_t axis, const ParallelFor & parallelFor);

  void
  SmoothBins(const ParallelFor & parallelFor);

  void
  ReadVoxel(const std::array<Node, 3> & place, const Node & bin, std::vector<float> & sums) const;

  double                        m_Cell;
  std::size_t                   m_Bins;
  std::size_t                   m_Channels;
  std::size_t                   m_CellValues;
  float                         m_PriorVolume;
  std::array<std::ptrdiff_t, 3> m_First{};
  std::array<std::size_t, 3>    m_Cells{};
  /** For each cell and bin the channels' sums, and the sum of weights last. */
  std::vector<float> m_Values{};
};

/** How many voxels around a voxel its means depend on, along each axis. */
Colorization_EXPORT std::array<std::size_t, 3>
                    LocalMeansReach(const std::array<double, 3> & spacing, const LocalMeansParameters & parameters);

/** Computes, for each voxel x and each channel v, the mean of v over the voxels near x whose guide is near that of x:
 *
 * \f[ m(x) = \frac{\sum_y w(y)\, G(x - y)\, H(g(x) - g(y))\, v(y) + \kappa\, p(x)}
 *                 {\sum_y w(y)\, G(x - y)\, H(g(x) - g(y)) + \kappa} \f]
 *
 * with G of standard deviation `radius` and H as wide as the bins: a bilateral grid (J. Chen, S. Paris, F. Durand:
 * Real-time edge-aware image processing with the bilateral grid. ACM Transactions on Graphics 26(3), 2007), to which
 * values are added, which is smoothed, and from which the means are read, linearly in all four dimensions.
 *
 * Same bits for any number of threads, and for any part of the volume that reaches far enough. Beside its arguments it
 * takes 4 (channels + 1) bins bytes for each cell, which is about as wide as the radius.
 * \param guide 0 ... 1; may be null if there is a single bin
 * \param weight at least 0; voxels of weight 0 are not counted, but get their mean
 * \param channels one volume each
 * \param priors one volume each, or empty: then the mean is 0 where nothing counts
 * \param means one volume each; may be the channels or the priors themselves
 * \param support the mean's weight in mm^3, or null */
Colorization_EXPORT void
ComputeLocalMeans(const VolumeView &                 view,
                  const float *                      guide,
                  const float *                      weight,
                  const std::vector<const float *> & channels,
                  const std::vector<const float *> & priors,
                  const LocalMeansParameters &       parameters,
                  const std::vector<float *> &       means,
                  float *                            support = nullptr,
                  const ParallelFor &                parallelFor = SerialFor);

} // namespace colorization
} // namespace itk

#endif
