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
#ifndef itkNetworkMetadataText_h
#define itkNetworkMetadataText_h

#include "itkNetworkMetadata.h"

#include <map>
#include <string>

namespace itk
{
namespace colorization
{
/** Throws a ModelError if a value is out of its range, or if values do not fit each other. */
void
VerifyMetadata(const NetworkMetadata & metadata);

/** Metadata as the texts of a safetensors file: "architecture", "hyper_parameters", "input", "output", "tile",
 * "training"; all but the first and last are JSON objects. */
std::map<std::string, std::string>
ToText(const NetworkMetadata & metadata);

/** Reads what ToText() wrote into `metadata`; what is absent stays as it is, notes of others are left alone.
 * \throws ModelError with a sentence that names the key and its value */
void
FromText(const std::map<std::string, std::string> & text, NetworkMetadata & metadata);

} // namespace colorization
} // namespace itk

#endif
