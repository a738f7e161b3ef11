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
#ifndef itkNetworkMetrics_h
#define itkNetworkMetrics_h

#include "ColorizationExport.h"
#include "itkDeepColorizationMetrics.h"
#include "itkNetworkModel.h"

#include <array>
#include <cstddef>
#include <string>

namespace itk
{
namespace colorization
{
/** Why a model cannot be that of LPIPS, which is LPIPSAlexNet or LPIPSVGG16; empty if it can. */
Colorization_EXPORT std::string
                    DescribeUnfitPerceptualModel(const NetworkModel * model);

/** Why a model cannot be that of FID, whose normalisation is none or a range; empty if it can. */
Colorization_EXPORT std::string
                    DescribeUnfitFeatureModel(const NetworkModel * model);

/** The networks of LPIPS and FID for slices of the given width and height.
 *
 * FID's network is given RGB of 0..1, N x 3 x height x width, or what its metadata map 0..1 to, and makes N x D or
 * N x D x 1 x 1 of it. If it needs other extents, such as the 299 x 299 of Inception, it resizes its input itself.
 *
 * \param perceptual, features may be null; have to live as long as what is returned */
Colorization_EXPORT DeepMetricsNetworks
MakeDeepMetricsNetworks(const NetworkModel *               perceptual,
                        const NetworkModel *               features,
                        const std::array<std::size_t, 2> & size);

} // namespace colorization
} // namespace itk

#endif
