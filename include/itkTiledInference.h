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
#ifndef itkTiledInference_h
#define itkTiledInference_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace itk
{
namespace colorization
{
/** How the outputs of tiles that overlap are joined. Weights are divided by their sum over all tiles of a voxel, which
 * is a product over the axes: where there is one tile only, its output is taken as it is. */
enum class TileBlending
{
  /** exp(-d^2 / 2 sigma^2), d the distance from the tile's middle, sigma an eighth of its extent. */
  Gaussian,
  /** The mean. */
  Constant,
  /** Each voxel from the tile in whose middle it lies: half of the overlap is cut off. */
  Crop
};

/** A block of voxels; counted from the image's first voxel, x first. It may reach beyond the image. */
struct TileBox
{
  std::array<std::ptrdiff_t, 3> begin{ { 0, 0, 0 } };
  std::array<std::size_t, 3>    size{ { 0, 0, 0 } };
};

/** How an image is covered with tiles. */
struct TilingParameters
{
  /** Extents of the image; 1 for the axes that it lacks. */
  std::array<std::size_t, 3> imageSize{ { 1, 1, 1 } };
  /** Extents of a tile; 1 along the slice axis. */
  std::array<std::size_t, 3> tileSize{ { 1, 1, 1 } };
  /** Share of a tile that it has in common with the next one, 0 ... 0.9. */
  double       overlap = 0.25;
  TileBlending blending = TileBlending::Gaussian;
  /** Axis across the slices that a network of two dimensions sees; -1 for a network of three. */
  int sliceAxis = -1;
  /** Slices on either side whose components are channels as well; the first slice's come first. */
  std::size_t neighbours = 0;
  /** Components of the image. */
  std::size_t components = 1;
  /** Tiles that run together: neighbouring slices, or neighbouring blocks. */
  std::size_t batchSize = 1;
};

/** What a network makes of tiles: batch x channels x tile, x fastest. */
struct TileValues
{
  const float *              data = nullptr;
  std::size_t                channels = 0;
  std::array<std::size_t, 3> size{ { 1, 1, 1 } };
  std::shared_ptr<void>      owner{};
};

/** The network. `size` has the extents that are seen: those of a slice, and 1, or those of a block. */
using TileNetwork =
  std::function<TileValues(const float * input, std::size_t batch, const std::array<std::size_t, 3> & size)>;

/** Writes the image's components within `box` to `planes`, one after another; beyond the border it is mirrored. */
using TileSource = std::function<void(const TileBox & box, float * planes)>;

/** Takes finished values: those of `box`, x fastest, channel c from values + c * channelStride on. */
using TileSink =
  std::function<void(const TileBox & box, const float * values, std::size_t channelStride, std::size_t channels)>;

/** Runs a network over an image, tile by tile.
 *
 * Tiles begin at multiples of a stride from the image's first voxel on; the last ends with the image. An axis that is
 * shorter than a tile has one, in whose middle it lies. Tiles are run in batches that depend on the image alone, never
 * on what is requested: whatever part of the image is asked for, a voxel has the same value, bit for bit.
 *
 * Beside a batch and its output it needs as many floats a channel as a row of tiles has voxels within the request: tiles
 * across the last axis for blocks, `batchSize` slices for slices. */
class Colorization_EXPORT TiledInference
{
public:
  /** \throws std::invalid_argument if a parameter is out of its range */
  explicit TiledInference(const TilingParameters & parameters);

  /** What has to be known of the image to make `request`: a part of the image. */
  TileBox
  GetRequiredInput(const TileBox & request) const;

  /** Tiles that make `request`. */
  std::size_t
  CountTiles(const TileBox & request) const;

  /** Makes `request`.
   * \param progress is told after each batch; may throw
   * \throws std::runtime_error if what the network makes has other extents than its input, or not always as many
   * channels */
  void
  Run(const TileBox &          request,
      const TileSource &       source,
      const TileNetwork &      network,
      const TileSink &         sink,
      const ParallelFor &      parallelFor,
      const ProgressCallback & progress) const;

private:
  /** The tiles along one axis. */
  struct Axis
  {
    std::vector<std::ptrdiff_t> begins{};
    /** Of each tile, for each of its voxels; 0 beyond the image. */
    std::vector<std::vector<float>> weights{};
  };

  /** Tiles that run together, by their number along each axis. */
  using Batch = std::vector<std::array<std::size_t, 3>>;

  static Axis
  MakeAxis(std::size_t imageSize, std::size_t tileSize, double overlap, TileBlending blending);

  bool
  Contributes(unsigned int axis, std::size_t tile, const TileBox & request) const;

  TileBox
  BoxOf(const std::array<std::size_t, 3> & tile) const;

  /** The batches of one layer that have a tile that contributes to `request`. */
  std::vector<Batch>
  MakeBatches(std::size_t layer, const TileBox & request) const;

  std::size_t
  NumberOfLayers() const;

  TilingParameters    m_Parameters;
  std::array<Axis, 3> m_Axes{};
  /** The axis along which layers follow each other. */
  unsigned int m_LayerAxis;
};

} // namespace colorization
} // namespace itk

#endif
