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
#ifndef itkNetwork_h
#define itkNetwork_h

#include "itkNetworkMetadata.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** Values that a network made: N x C x D x H x W, D being 1 for slices. */
struct NetworkOutput
{
  std::int64_t                batch = 0;
  std::int64_t                channels = 0;
  std::array<std::int64_t, 3> size{ { 1, 1, 1 } }; // x, y, z
  /** The first of all values, x fastest. */
  const float * data = nullptr;
  /** Keeps the values. */
  std::shared_ptr<void> owner{};
};

/** Where and how a network runs. */
struct NetworkOptions
{
  /** "auto": the first GPU, or the processor where there is none; "cpu"; "cuda:N". */
  std::string device{ "auto" };
  /** "float32", "float16" or "bfloat16"; those of 16 bits need a GPU. */
  std::string precision{ "float32" };
};

/** A network that is ready to run. Nothing of Torch is seen from outside. */
class Network
{
public:
  virtual ~Network() = default;

  const NetworkMetadata &
  GetMetadata() const
  {
    return m_Metadata;
  }

  virtual std::int64_t
  GetNumberOfParameters() const = 0;

  /** "cpu" or "cuda:N", the device in use. */
  virtual std::string
  GetDevice() const = 0;

  /** Runs `batch` tiles.
   * \param input batch x inputChannels x tile, x fastest
   * \param size extents of a tile: x, y, and z for networks on volumes, else 1
   * \param output which of several outputs
   * \throws ModelError */
  virtual NetworkOutput
  Run(const float * input, std::int64_t batch, const std::array<std::int64_t, 3> & size, std::size_t output = 0) = 0;

  /** The same with the outputs of named layers, of any shape: axes beyond the channels' count from the last. Without
   * names, all that the network makes.
   * \throws ModelError if the network has none of that name */
  virtual std::vector<NetworkOutput>
  RunLayers(const float *                       input,
            std::int64_t                        batch,
            const std::array<std::int64_t, 3> & size,
            const std::vector<std::string> &    layers) = 0;

  /** The features that a network makes of each of `batch` pictures, whatever the metadata say of its input.
   * \param input batch x channels x picture, x fastest
   * \param size width and height
   * \return batch x features
   * \throws ModelError if the network makes anything but one tensor of batch x features or batch x features x 1 x 1 */
  virtual NetworkOutput
  RunFeatures(const float *                       input,
              std::int64_t                        batch,
              std::int64_t                        channels,
              const std::array<std::int64_t, 2> & size) = 0;

  /** The values of one of its tensors, the last axis fastest.
   * \throws ModelError if there is none of that name, or if the network comes with its own code */
  virtual std::vector<float>
  GetWeights(const std::string & tensor) const = 0;

protected:
  NetworkMetadata m_Metadata{};
};

/** Whether this build has Torch. */
bool
IsTorchAvailable();

/** Lets Torch use `threads` threads, until what is returned is destroyed: then as many as before. Torch forgets what it
 * has prepared for a network when their number changes, so this is for many runs together. */
std::shared_ptr<void>
UseTorchThreads(int threads);

/** Opens a safetensors or a TorchScript file.
 *
 * Safetensors: the architecture is the metadata's; without these, VGG-19 where the tensors have its names
 * (torchvision's or timm's), or a network of LPIPS where they have those that PerceptualNetwork tells.
 * Tensors that are missing, of another shape, of another type than F32, F16 or BF16, or left over, are named.
 * TorchScript: the metadata are those of the extra file "colorization.json" where there is one; else dimension and input
 * channels are those of the first convolution. Note that TorchScript is code: run what you trust.
 *
 * \throws ModelError naming the file and all that is wrong with it */
std::unique_ptr<Network>
LoadNetwork(const std::string & path, const NetworkOptions & options);

/** A network of the registry with fresh weights, on the processor.
 * \param hyperParameters JSON; what it does not name has its default
 * \throws ModelError for an unknown architecture or hyper-parameter */
std::unique_ptr<Network>
MakeNetwork(const std::string & architecture, const std::string & hyperParameters, std::uint64_t seed);

/** Writes the weights of a network of the registry, and its metadata, as safetensors.
 * \throws ModelError */
void
SaveNetwork(const Network & network, const NetworkMetadata & metadata, const std::string & path);

/** Names of the registry, sorted. */
std::vector<std::string>
GetArchitectures();

} // namespace colorization
} // namespace itk

#endif
