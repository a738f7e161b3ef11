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
#include "itkTiledInference.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace itk
{
namespace colorization
{
namespace
{
std::size_t
Volume(const std::array<std::size_t, 3> & size)
{
  return size[0] * size[1] * size[2];
}

std::ptrdiff_t
End(const TileBox & box, unsigned int axis)
{
  return box.begin[axis] + static_cast<std::ptrdiff_t>(box.size[axis]);
}

TileBox
Intersection(const TileBox & a, const TileBox & b)
{
  TileBox both;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    both.begin[axis] = std::max(a.begin[axis], b.begin[axis]);
    both.size[axis] =
      static_cast<std::size_t>(std::max<std::ptrdiff_t>(std::min(End(a, axis), End(b, axis)) - both.begin[axis], 0));
  }
  return both;
}

std::string
SizeText(const std::array<std::size_t, 3> & size)
{
  std::ostringstream text;
  text << size[0] << " x " << size[1];
  if (size[2] > 1)
  {
    text << " x " << size[2];
  }
  return text.str();
}

/** What is summed up: the part of the request that the tiles of the current layer reach. */
class Accumulator
{
public:
  Accumulator(const TileBox & request, unsigned int layerAxis)
    : m_Request(request)
    , m_LayerAxis(layerAxis)
    , m_Box(request)
  {
    m_Box.size[layerAxis] = 0;
  }

  std::size_t
  GetChannels() const
  {
    return m_Channels;
  }

  void
  SetChannels(std::size_t channels)
  {
    if (m_Channels == 0)
    {
      m_Channels = channels;
    }
    else if (m_Channels != channels)
    {
      throw std::runtime_error("The network made " + std::to_string(m_Channels) + " channels of one tile, and " +
                               std::to_string(channels) + " of another.");
    }
    m_Values.resize(m_Channels * Volume(m_Box.size), 0.0f);
  }

  /** Makes room for a layer that begins within the present one, or behind it; what is before it goes to `sink`. */
  void
  MoveTo(std::ptrdiff_t begin, std::ptrdiff_t end, const TileSink & sink)
  {
    const std::ptrdiff_t first = std::max(begin, m_Request.begin[m_LayerAxis]);
    const std::ptrdiff_t last = std::min(end, End(m_Request, m_LayerAxis));
    this->Flush(first, sink);
    const std::size_t kept = m_Box.size[m_LayerAxis];
    m_Box.begin[m_LayerAxis] = first;
    m_Box.size[m_LayerAxis] = static_cast<std::size_t>(last - first);
    if (m_Channels == 0)
    {
      return;
    }
    // Layers overlap along the last axis alone: what stays lies together.
    const std::size_t plane = kept > 0 ? m_Kept.size() / m_Channels / kept : 0;
    const std::size_t stride = Volume(m_Box.size);
    m_Values.assign(m_Channels * stride, 0.0f);
    for (std::size_t c = 0; c < m_Channels && kept > 0; ++c)
    {
      std::copy_n(m_Kept.data() + c * plane * kept, plane * kept, m_Values.data() + c * stride);
    }
    m_Kept.clear();
  }

  /** Hands all planes before `begin` to `sink`, and keeps the others. */
  void
  Flush(std::ptrdiff_t begin, const TileSink & sink)
  {
    const std::size_t planes = m_Box.size[m_LayerAxis];
    const auto        done = static_cast<std::size_t>(
      std::min(std::max<std::ptrdiff_t>(begin - m_Box.begin[m_LayerAxis], 0), static_cast<std::ptrdiff_t>(planes)));
    const std::size_t stride = Volume(m_Box.size);
    if (done > 0 && m_Channels > 0)
    {
      TileBox finished = m_Box;
      finished.size[m_LayerAxis] = done;
      sink(finished, m_Values.data(), stride, m_Channels);
    }
    const std::size_t kept = planes - done;
    m_Kept.clear();
    if (kept > 0 && m_Channels > 0)
    {
      const std::size_t plane = stride / planes;
      for (std::size_t c = 0; c < m_Channels; ++c)
      {
        const auto from = m_Values.begin() + static_cast<std::ptrdiff_t>(c * stride + done * plane);
        m_Kept.insert(m_Kept.end(), from, from + static_cast<std::ptrdiff_t>(kept * plane));
      }
    }
    m_Box.begin[m_LayerAxis] += static_cast<std::ptrdiff_t>(done);
    m_Box.size[m_LayerAxis] = kept;
  }

  const TileBox &
  GetBox() const
  {
    return m_Box;
  }

  float *
  At(std::size_t channel, std::ptrdiff_t x, std::ptrdiff_t y, std::ptrdiff_t z)
  {
    const auto place = static_cast<std::size_t>(
      ((z - m_Box.begin[2]) * static_cast<std::ptrdiff_t>(m_Box.size[1]) + y - m_Box.begin[1]) *
        static_cast<std::ptrdiff_t>(m_Box.size[0]) +
      x - m_Box.begin[0]);
    return m_Values.data() + channel * Volume(m_Box.size) + place;
  }

private:
  TileBox            m_Request;
  unsigned int       m_LayerAxis;
  TileBox            m_Box;
  std::size_t        m_Channels = 0;
  std::vector<float> m_Values{};
  std::vector<float> m_Kept{};
};
} // namespace

TiledInference::TiledInference(const TilingParameters & parameters)
  : m_Parameters(parameters)
  , m_LayerAxis(parameters.sliceAxis < 0 ? 2u : static_cast<unsigned int>(parameters.sliceAxis))
{
  if (!(parameters.overlap >= 0.0 && parameters.overlap <= 0.9) || parameters.batchSize == 0 || m_LayerAxis > 2 ||
      parameters.components == 0 || Volume(parameters.imageSize) == 0 || Volume(parameters.tileSize) == 0 ||
      (parameters.sliceAxis >= 0 && parameters.tileSize[m_LayerAxis] != 1))
  {
    throw std::invalid_argument("The image cannot be covered with tiles of these parameters.");
  }
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const bool isAcross = parameters.sliceAxis == static_cast<int>(axis);
    m_Axes[axis] = MakeAxis(parameters.imageSize[axis],
                            parameters.tileSize[axis],
                            isAcross ? 0.0 : parameters.overlap,
                            parameters.blending);
  }
}

TiledInference::Axis
TiledInference::MakeAxis(std::size_t imageSize, std::size_t tileSize, double overlap, TileBlending blending)
{
  const auto image = static_cast<std::ptrdiff_t>(imageSize);
  const auto tile = static_cast<std::ptrdiff_t>(tileSize);
  Axis       axis;
  if (image <= tile)
  {
    axis.begins.push_back(-((tile - image) / 2));
  }
  else
  {
    const auto stride = std::max<std::ptrdiff_t>(std::lround(static_cast<double>(tile) * (1.0 - overlap)), 1);
    for (std::ptrdiff_t begin = 0; begin < image - tile; begin += stride)
    {
      axis.begins.push_back(begin);
    }
    axis.begins.push_back(image - tile);
  }
  const std::size_t   count = axis.begins.size();
  std::vector<double> sum(imageSize, 0.0);
  // The first pass adds up, the second divides.
  for (const bool isSecond : { false, true })
  {
    for (std::size_t i = 0; i < count; ++i)
    {
      const std::ptrdiff_t begin = axis.begins[i];
      const std::ptrdiff_t cropBegin = i > 0 ? (begin + axis.begins[i - 1] + tile) / 2 : 0;
      const std::ptrdiff_t cropEnd = i + 1 < count ? (axis.begins[i + 1] + begin + tile) / 2 : image;
      std::vector<float>   weights(tileSize, 0.0f);
      for (std::ptrdiff_t k = std::max<std::ptrdiff_t>(-begin, 0); k < std::min(tile, image - begin); ++k)
      {
        const double distance = (static_cast<double>(k) + 0.5 - 0.5 * static_cast<double>(tile)) * 8.0 / tile;
        double       weight = 1.0;
        if (blending == TileBlending::Gaussian)
        {
          weight = std::exp(-0.5 * distance * distance);
        }
        else if (blending == TileBlending::Crop)
        {
          weight = begin + k >= cropBegin && begin + k < cropEnd ? 1.0 : 0.0;
        }
        double & total = sum[static_cast<std::size_t>(begin + k)];
        if (isSecond)
        {
          weights[static_cast<std::size_t>(k)] = static_cast<float>(weight / total);
        }
        else
        {
          total += weight;
        }
      }
      if (isSecond)
      {
        axis.weights.push_back(std::move(weights));
      }
    }
  }
  return axis;
}

bool
TiledInference::Contributes(unsigned int axis, std::size_t tile, const TileBox & request) const
{
  const std::ptrdiff_t       begin = m_Axes[axis].begins[tile];
  const std::vector<float> & weights = m_Axes[axis].weights[tile];
  const std::ptrdiff_t       first = std::max<std::ptrdiff_t>(request.begin[axis] - begin, 0);
  const std::ptrdiff_t       last = std::min(End(request, axis) - begin, static_cast<std::ptrdiff_t>(weights.size()));
  return first < last && std::any_of(weights.begin() + first, weights.begin() + last, [](float w) { return w > 0.0f; });
}

TileBox
TiledInference::BoxOf(const std::array<std::size_t, 3> & tile) const
{
  TileBox box;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    box.begin[axis] = m_Axes[axis].begins[tile[axis]];
    box.size[axis] = m_Parameters.tileSize[axis];
  }
  return box;
}

std::size_t
TiledInference::NumberOfLayers() const
{
  const std::size_t tiles = m_Axes[m_LayerAxis].begins.size();
  const std::size_t together = m_Parameters.sliceAxis < 0 ? 1 : m_Parameters.batchSize;
  return (tiles + together - 1) / together;
}

std::vector<TiledInference::Batch>
TiledInference::MakeBatches(std::size_t layer, const TileBox & request) const
{
  const bool         isSliced = m_Parameters.sliceAxis >= 0;
  const unsigned int u = m_LayerAxis == 0 ? 1 : 0;
  const unsigned int v = m_LayerAxis == 2 ? 1 : 2;
  const std::size_t  together = isSliced ? m_Parameters.batchSize : 1;
  const std::size_t  firstSlice = layer * together;
  const std::size_t  endSlice = std::min(firstSlice + together, m_Axes[m_LayerAxis].begins.size());
  std::vector<Batch> batches;
  Batch              batch;
  bool               isWanted = false;
  const auto         finish = [&]()
  {
    if (isWanted)
    {
      batches.push_back(batch);
    }
    batch.clear();
    isWanted = false;
  };
  for (std::size_t j = 0; j < m_Axes[v].begins.size(); ++j)
  {
    for (std::size_t i = 0; i < m_Axes[u].begins.size(); ++i)
    {
      for (std::size_t slice = firstSlice; slice < endSlice; ++slice)
      {
        std::array<std::size_t, 3> tile;
        tile[u] = i;
        tile[v] = j;
        tile[m_LayerAxis] = slice;
        batch.push_back(tile);
        isWanted = isWanted || (this->Contributes(u, i, request) && this->Contributes(v, j, request) &&
                                this->Contributes(m_LayerAxis, slice, request));
      }
      if (isSliced || batch.size() == m_Parameters.batchSize)
      {
        finish();
      }
    }
  }
  finish();
  return batches;
}

TileBox
TiledInference::GetRequiredInput(const TileBox & request) const
{
  std::array<std::ptrdiff_t, 3> begin;
  std::array<std::ptrdiff_t, 3> end;
  std::copy_n(m_Parameters.imageSize.begin(), 3, begin.begin());
  end.fill(0);
  for (std::size_t layer = 0; layer < this->NumberOfLayers(); ++layer)
  {
    for (const Batch & batch : this->MakeBatches(layer, request))
    {
      for (const auto & tile : batch)
      {
        const TileBox box = this->BoxOf(tile);
        for (unsigned int axis = 0; axis < 3; ++axis)
        {
          begin[axis] = std::min(begin[axis], box.begin[axis]);
          end[axis] = std::max(end[axis], End(box, axis));
        }
      }
    }
  }
  const auto neighbours = static_cast<std::ptrdiff_t>(m_Parameters.neighbours);
  begin[m_LayerAxis] -= neighbours;
  end[m_LayerAxis] += neighbours;
  TileBox required;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const auto size = static_cast<std::ptrdiff_t>(m_Parameters.imageSize[axis]);
    // What lies beyond a border is what lies as far within.
    if (begin[axis] < 0)
    {
      end[axis] = std::max(end[axis], 1 - begin[axis]);
      begin[axis] = 0;
    }
    if (end[axis] > size)
    {
      begin[axis] = std::max<std::ptrdiff_t>(std::min(begin[axis], 2 * size - 1 - end[axis]), 0);
      end[axis] = size;
    }
    required.begin[axis] = begin[axis];
    required.size[axis] = static_cast<std::size_t>(std::max<std::ptrdiff_t>(end[axis] - begin[axis], 0));
  }
  return required;
}

std::size_t
TiledInference::CountTiles(const TileBox & request) const
{
  std::size_t count = 0;
  for (std::size_t layer = 0; layer < this->NumberOfLayers(); ++layer)
  {
    for (const Batch & batch : this->MakeBatches(layer, request))
    {
      count += batch.size();
    }
  }
  return count;
}

void
TiledInference::Run(const TileBox &          request,
                    const TileSource &       source,
                    const TileNetwork &      network,
                    const TileSink &         sink,
                    const ParallelFor &      parallelFor,
                    const ProgressCallback & progress) const
{
  const std::size_t tileVolume = Volume(m_Parameters.tileSize);
  const std::size_t slices = 2 * m_Parameters.neighbours + 1;
  const std::size_t channels = m_Parameters.components * slices;
  const std::size_t tiles = this->CountTiles(request);
  // A slice is seen as it lies: its two axes, the lower one first.
  std::array<std::size_t, 3> seen = m_Parameters.tileSize;
  if (m_Parameters.sliceAxis >= 0)
  {
    seen = { { m_Parameters.tileSize[m_LayerAxis == 0 ? 1 : 0], m_Parameters.tileSize[m_LayerAxis == 2 ? 1 : 2], 1 } };
  }

  Accumulator        accumulator(request, m_LayerAxis);
  std::vector<float> input;
  std::size_t        done = 0;
  for (std::size_t layer = 0; layer < this->NumberOfLayers(); ++layer)
  {
    const std::vector<Batch> batches = this->MakeBatches(layer, request);
    if (batches.empty())
    {
      continue;
    }
    const TileBox front = this->BoxOf(batches.front().front());
    const TileBox back = this->BoxOf(batches.front().back());
    accumulator.MoveTo(front.begin[m_LayerAxis], End(back, m_LayerAxis), sink);
    for (const Batch & batch : batches)
    {
      input.resize(batch.size() * channels * tileVolume);
      for (std::size_t b = 0; b < batch.size(); ++b)
      {
        for (std::size_t slice = 0; slice < slices; ++slice)
        {
          TileBox box = this->BoxOf(batch[b]);
          box.begin[m_LayerAxis] +=
            static_cast<std::ptrdiff_t>(slice) - static_cast<std::ptrdiff_t>(m_Parameters.neighbours);
          source(box, input.data() + (b * channels + slice * m_Parameters.components) * tileVolume);
        }
      }
      const TileValues values = network(input.data(), batch.size(), seen);
      if (values.size != seen)
      {
        throw std::runtime_error("The network makes " + SizeText(values.size) + " of a tile of " + SizeText(seen) +
                                 ", but the same size is wanted.");
      }
      accumulator.SetChannels(values.channels);
      for (std::size_t b = 0; b < batch.size(); ++b)
      {
        const TileBox box = this->BoxOf(batch[b]);
        const TileBox part = Intersection(box, accumulator.GetBox());
        const auto &  weights = [&](unsigned int axis) -> const std::vector<float> &
        { return m_Axes[axis].weights[batch[b][axis]]; };
        parallelFor(values.channels * part.size[1] * part.size[2],
                    [&](std::size_t row)
                    {
                      const std::size_t    channel = row / (part.size[1] * part.size[2]);
                      const std::ptrdiff_t y = part.begin[1] + static_cast<std::ptrdiff_t>(row % part.size[1]);
                      const std::ptrdiff_t z =
                        part.begin[2] + static_cast<std::ptrdiff_t>(row / part.size[1] % part.size[2]);
                      const auto   dx = static_cast<std::size_t>(part.begin[0] - box.begin[0]);
                      const auto   dy = static_cast<std::size_t>(y - box.begin[1]);
                      const auto   dz = static_cast<std::size_t>(z - box.begin[2]);
                      const float  weight = weights(1)[dy] * weights(2)[dz];
                      const auto & size = m_Parameters.tileSize;
                      if (weight == 0.0f || part.size[0] == 0)
                      {
                        return;
                      }
                      const float * in =
                        values.data + (b * values.channels + channel) * tileVolume + (dz * size[1] + dy) * size[0] + dx;
                      const float * inWeights = weights(0).data() + dx;
                      float *       out = accumulator.At(channel, part.begin[0], y, z);
                      for (std::size_t x = 0; x < part.size[0]; ++x)
                      {
                        out[x] += weight * inWeights[x] * in[x];
                      }
                    });
      }
      done += batch.size();
      progress(static_cast<double>(done) / static_cast<double>(tiles));
    }
  }
  accumulator.Flush(End(request, m_LayerAxis), sink);
}

} // namespace colorization
} // namespace itk
