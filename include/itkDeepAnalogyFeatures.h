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
#ifndef itkDeepAnalogyFeatures_h
#define itkDeepAnalogyFeatures_h

#include "ColorizationExport.h"
#include "itkNetworkModel.h"
#include "itkSliceAnalogy.h"

namespace itk
{
namespace colorization
{
/** The features of Deep Image Analogy: relu5_1, relu4_1, relu3_1, relu2_1 and relu1_1 of VGG-19, which sees gray in all of
 * its channels, or in the one that gray-VGG-19 has.
 *
 * What is returned throws an exception as DeepFeatureImageFilter does.
 * \param model stays alive as long as the function
 * \param workUnits threads */
Colorization_EXPORT DeepFeatureFunction
MakeDeepAnalogyFeatures(NetworkModel * model, ThreadIdType workUnits);

/** Parameters with the features of a model: its levels are the authors', unless other than the default ones were set; or the
 * parameters as they are without a model. */
Colorization_EXPORT SliceAnalogyParameters
WithDeepFeatures(SliceAnalogyParameters parameters, NetworkModel * model, ThreadIdType workUnits);

} // namespace colorization
} // namespace itk

#endif
