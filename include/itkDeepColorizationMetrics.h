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
#ifndef itkDeepColorizationMetrics_h
#define itkDeepColorizationMetrics_h

#include "ColorizationExport.h"
#include "itkColorizationMetrics.h"
#include "itkDeepFeatureMetrics.h"

#include <cstddef>
#include <functional>
#include <vector>

namespace itk
{
namespace colorization
{
/** The networks of LPIPS and FID. Pictures have the extents of a slice, and RGB of 0..1, plane after plane. */
struct DeepMetricsNetworks
{
  /** LPIPS: what the layers make of a picture; may be empty. */
  std::function<std::vector<FeatureMaps>(const float * picture)> perceptualMaps{};
  /** Weights of these layers, one a channel. */
  std::vector<std::vector<float>> perceptualWeights{};
  /** FID: the features of `count` pictures that follow each other; may be empty. */
  std::function<FeatureSamples(const float * pictures, std::size_t count)> features{};
  /** Pictures that are given to the network of FID together, at least 1. */
  std::size_t batchSize = 4;
};

/** Computes the metrics for which there is a network, and puts them into a report; all others stay what they are.
 *
 * - **LPIPS**: LearnedPerceptualDistance() of a slice of the result and that of the reference; of a volume, the mean of
 *   the slices. With a mask, the mean over a layer's pixels is weighted by the share of the mask in the part of the
 *   slice that each stands for; the network sees what is outside. Slices outside the mask have no value.
 * - **FID**: FrechetDistance() of the features of all slices of the result and those of the reference. With a mask,
 *   pixels outside are black in both, and slices outside the mask are left out.
 *
 * Both compare colours, and have no value without a reference. Beside what the networks need, this takes memory for the
 * features of all slices, and for two slices and their maps.
 *
 * \throws std::invalid_argument if there are fewer slices than features for FID, or if features are not finite */
Colorization_EXPORT void
EvaluateDeepMetrics(const ColorizationMetricsInput &      input,
                    const ColorizationMetricsParameters & parameters,
                    const DeepMetricsNetworks &           networks,
                    ColorizationMetricsReport &           report,
                    const ProgressCallback &              progress = IgnoreProgress);

} // namespace colorization
} // namespace itk

#endif
