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
#ifndef itkNetworkRegistry_h
#define itkNetworkRegistry_h

#include "itkNetworkModule.h"

#include <memory>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** A network of the registry and all of its hyper-parameters, as JSON. */
struct RegisteredNetwork
{
  std::shared_ptr<NetworkModule> module{};
  std::string                    hyperParameters{};
};

/** \param hyperParameters JSON object; what it does not name has its default
 * \throws ModelError for a name that is not registered, or a hyper-parameter that is unknown or of another type */
RegisteredNetwork
MakeRegisteredNetwork(const std::string & architecture, const std::string & hyperParameters);

} // namespace colorization
} // namespace itk

#endif
