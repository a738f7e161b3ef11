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
#ifndef itkNetworkMetadata_h
#define itkNetworkMetadata_h

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** How values of an image become the input of a network. */
enum class NetworkNormalizationKind
{
  /** As they are. */
  None,
  /** inputMinimum ... inputMaximum, such as a window of Hounsfield units. */
  Range,
  /** Mean and standard deviation over the body become 0 and 1. */
  ZScore,
  /** From the lower to the upper percentile over the body. */
  Percentiles
};

/** The normalisation of a network's input; ranges and percentiles become outputMinimum ... outputMaximum. */
struct NetworkNormalization
{
  NetworkNormalizationKind kind = NetworkNormalizationKind::None;
  /** Ends of the range: one number for all components of the image, or one for each. */
  std::vector<double> inputMinimum{ 0.0 };
  std::vector<double> inputMaximum{ 1.0 };
  double              lowerPercentile = 0.5;
  double              upperPercentile = 99.5;
  double              outputMinimum = 0.0;
  double              outputMaximum = 1.0;
  /** Whether what lies beyond the range gets the value of its nearer end. */
  bool clamp = true;
  /** Instead of z-score or percentiles, the range of an image in Hounsfield units, which is known by values of -900 or
   * less: lowest and highest; empty: none. */
  std::vector<double> hounsfieldRange{};
};

/** What a network's output means. */
enum class NetworkColorSpace
{
  /** Values of its own. */
  None,
  /** One channel, 0..1. */
  Luminance,
  /** sRGB, 0..1. */
  RGB,
  /** L*, a*, b* under D65, L* in 0..100; or a* and b* alone; or all three and the distance of (a*, b*) from the truth that
   * is to be expected. */
  Lab,
  /** Y'UV of BT.601, Y' in 0..1; or U and V alone. */
  YUV
};

/** What a model's file says of itself beside its weights. */
struct NetworkMetadata
{
  /** Of the registry; "TorchScript" for a network that comes with its own code. */
  std::string architecture{};
  /** JSON object of the architecture's hyper-parameters. */
  std::string hyperParameters{ "{}" };
  /** 2: the network works on slices; 3: on volumes. */
  unsigned int dimension = 2;
  /** Channels of its input: components of the image times slices. */
  std::int64_t inputChannels = 1;
  /** Neighbouring slices that are channels of a 2-D network's input, an odd number; the middle one is coloured. */
  std::int64_t slices = 1;
  /** Extents of the pixels that it knows, in mm: `dimension` of them, or one for all axes; empty: any.
   * NetworkColorizationImageFilter resamples its input to them. */
  std::vector<double> spacing{};
  /** Whether it knows slices as they are shown, anterior or superior up: then NetworkColorizationImageFilter turns them. */
  bool isUpright = false;
  /** Channels of its output; 0 if not known before it has run. */
  std::int64_t outputChannels = 0;
  /** Extents of its input have to be multiples of this. */
  std::int64_t         sizeMultiple = 1;
  NetworkNormalization normalization{};
  NetworkColorSpace    colorSpace = NetworkColorSpace::None;
  /** Colour = outputScale * output + outputShift, one number for all channels or one for each. */
  std::vector<double> outputScale{ 1.0 };
  std::vector<double> outputShift{ 0.0 };
  /** Extents of a tile in voxels, x first: `dimension` of them, or one for all axes. */
  std::vector<std::int64_t> tileSize{};
  /** Share of a tile that it has in common with the next, 0 ... 0.9. */
  double overlap = 0.25;
  /** Tiles that run together; 0: 4 for slices, 1 for volumes. */
  std::int64_t batchSize = 0;
  /** How it was trained: data, steps, seed, date, credits; any text. */
  std::string training{};
};

} // namespace colorization
} // namespace itk

#endif
