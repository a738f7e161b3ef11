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
#ifndef itkShippedModels_h
#define itkShippedModels_h

#include <string>

namespace itk
{
namespace colorization
{
/** The folder of the models that the module is installed with: share/ITKColorization/models beside one of the folders
 * that its library lies in. Empty if there is none. */
std::string
FindShippedModels();

} // namespace colorization
} // namespace itk

#endif
