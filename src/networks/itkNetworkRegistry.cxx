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
#include "itkNetworkRegistry.h"

#include "itkColorMedGANGenerator.h"
#include "itkColorUNet.h"
#include "itkCrossModalGenerator.h"
#include "itkEdgeAwareDiscriminator.h"
#include "itkFCN3D.h"
#include "itkFiveLayerDiscriminator.h"
#include "itkHyperParameters.h"
#include "itkLPIPSAlexNet.h"
#include "itkLPIPSVGG16.h"
#include "itkNetwork.h"
#include "itkPix2PixGenerator.h"
#include "itkSafetensors.h"
#include "itkUNetSegmenter.h"
#include "itkVGG19.h"

#include <nlohmann/json.hpp>

#include <map>

namespace itk
{
namespace colorization
{
namespace
{
using Json = nlohmann::json;

template <typename TModule>
RegisteredNetwork
Make(const Json & json)
{
  auto parameters = ReadHyperParameters<typename TModule::Parameters>(json);
  return { std::make_shared<TModule>(parameters), DescribeHyperParameters(parameters).dump() };
}

using Factory = RegisteredNetwork (*)(const Json &);

template <typename... TModule>
std::map<std::string, Factory>
MakeRegistry()
{
  return { { TModule::Name, &Make<TModule> }... };
}

const std::map<std::string, Factory> &
Registry()
{
  static const auto registry = MakeRegistry<ColorMedGANGenerator,
                                            ColorMedGANSegmenter,
                                            ColorUNet,
                                            CrossModalGenerator,
                                            EdgeAwareDiscriminator,
                                            FCN3D,
                                            FCN3DDiscriminator,
                                            FiveLayerDiscriminator,
                                            LPIPSAlexNet,
                                            LPIPSVGG16,
                                            PatchDiscriminator,
                                            Pix2PixGenerator,
                                            UNetSegmenter,
                                            VGG19>();
  return registry;
}
} // namespace

std::vector<std::string>
GetArchitectures()
{
  std::vector<std::string> names;
  for (const auto & entry : Registry())
  {
    names.push_back(entry.first);
  }
  return names;
}

RegisteredNetwork
MakeRegisteredNetwork(const std::string & architecture, const std::string & hyperParameters)
{
  const auto found = Registry().find(architecture);
  if (found == Registry().end())
  {
    std::string names;
    for (const std::string & name : GetArchitectures())
    {
      names += (names.empty() ? "" : ", ") + name;
    }
    throw ModelError("its architecture is \"" + architecture + "\", but has to be one of " + names);
  }
  const Json json = Json::parse(hyperParameters, nullptr, false);
  if (!json.is_object())
  {
    throw ModelError("its hyper-parameters are no JSON object");
  }
  try
  {
    return found->second(json);
  }
  catch (const c10::Error & error)
  {
    throw ModelError("no " + architecture + " can be made of the hyper-parameters " + json.dump() + ": " +
                     error.what_without_backtrace());
  }
}

} // namespace colorization
} // namespace itk
