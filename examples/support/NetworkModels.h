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
#ifndef NetworkModels_h
#define NetworkModels_h

#include "itkNetworkModel.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

/** Models for the programs. Whatever goes wrong becomes an InputError. */
namespace NetworkModels
{
/** \param sha256 what the file's hash has to be; empty: anything */
itk::NetworkModel::Pointer
Load(const std::string & name, const std::string & device, const std::string & precision, const std::string & sha256);

/** Everything that is known of a model. */
nlohmann::json
Describe(const itk::NetworkModel * model);

/** One line an entry. */
std::string
AsText(const nlohmann::json & description);
} // namespace NetworkModels

#endif
