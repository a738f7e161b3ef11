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
#ifndef itkStyleTransferParameters_h
#define itkStyleTransferParameters_h

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** How the loss of style transfer is minimised. */
enum class StyleTransferOptimizer
{
  /** With a line search by the strong Wolfe conditions: the authors' choice. */
  LBFGS,
  Adam
};

/** A layer of VGG-19 and its share in a loss. */
struct StyleTransferLayer
{
  std::string name{};
  double      weight = 1.0;
};

/** Parameters of StyleTransfer. */
struct StyleTransferParameters
{
  /** Where the content's features are compared. */
  std::vector<StyleTransferLayer> contentLayers{ { "relu4_2", 1.0 } };
  /** Where the Gram matrices are compared. */
  std::vector<StyleTransferLayer> styleLayers{ { "relu1_1", 0.2 },
                                               { "relu2_1", 0.2 },
                                               { "relu3_1", 0.2 },
                                               { "relu4_1", 0.2 },
                                               { "relu5_1", 0.2 } };
  /** Alpha, at least 0. */
  double contentWeight = 1.0;
  /** Beta, at least 0. */
  double styleWeight = 1e6;
  /** Of the mean squared difference between neighbouring pixels, at least 0. */
  double                 totalVariationWeight = 0.0;
  StyleTransferOptimizer optimizer = StyleTransferOptimizer::LBFGS;
  /** At least 1. */
  unsigned int maximumNumberOfIterations = 300;
  /** The search ends where the last 10 iterations have changed the loss by at most this part of it; at least 0. */
  double tolerance = 1e-3;
  /** Step of Adam in units of the image's 0..1, above 0; L-BFGS does not read it. */
  double learningRate = 0.02;
};

/** The loss and its parts, before these are weighted. */
struct StyleTransferLoss
{
  double content = 0.0;
  double style = 0.0;
  double totalVariation = 0.0;
  /** The weighted sum. */
  double total = 0.0;
};

/** What became of one search. */
struct StyleTransferReport
{
  unsigned int iterations = 0;
  /** Times that the network ran forwards and backwards. */
  unsigned int evaluations = 0;
  /** Whether the tolerance was reached. */
  bool              hasConverged = false;
  StyleTransferLoss first{};
  StyleTransferLoss last{};
  /** Total loss before the first iteration and after each. */
  std::vector<double> losses{};
  double              seconds = 0.0;
};

/** A picture: RGB of 0..1, channel after channel, x fastest. */
struct ColorPlanes
{
  const float * data = nullptr;
  std::size_t   width = 0;
  std::size_t   height = 0;
};

/** Called after every iteration; what it throws ends the search. */
using StyleTransferProgress = std::function<void(unsigned int iteration, const StyleTransferLoss & loss)>;

} // namespace colorization
} // namespace itk

#endif
