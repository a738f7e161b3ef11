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
#include "itkCrossModalGenerator.h"
#include "itkEdgeAwareDiscriminator.h"
#include "itkFCN3D.h"
#include "itkFiveLayerDiscriminator.h"
#include "itkLPIPSAlexNet.h"
#include "itkLPIPSVGG16.h"
#include "itkNetwork.h"
#include "itkPix2PixGenerator.h"
#include "itkSafetensors.h"
#include "itkUNetSegmenter.h"
#include "itkVGG19.h"

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <sstream>

namespace itk
{
namespace colorization
{
namespace
{
using Json = nlohmann::json;

template <typename TNumber>
void
VerifyValue(const std::string & name, TNumber value, double least, double greatest)
{
  if (!(value >= least && value <= greatest))
  {
    std::ostringstream sentence;
    sentence << "the hyper-parameter " << name << " is " << value << ", but has to be in " << least << " ... "
             << greatest;
    throw ModelError(sentence.str());
  }
}

void
VerifyValue(const std::string & name, const std::vector<std::int64_t> & values, double least, double greatest)
{
  VerifyValue("count of " + name, values.size(), 1, 64);
  for (const std::int64_t value : values)
  {
    VerifyValue(name, value, least, greatest);
  }
}

template <typename TParameters>
TParameters
ReadParameters(const Json & json)
{
  TParameters           parameters;
  std::set<std::string> known;
  parameters.ForEach(
    [&](const char * name, auto & value, double least, double greatest)
    {
      known.insert(name);
      if (json.contains(name))
      {
        try
        {
          value = json[name].get<std::decay_t<decltype(value)>>();
        }
        catch (const Json::exception &)
        {
          throw ModelError("the hyper-parameter " + std::string(name) + " is " +
                           json[name].dump(-1, ' ', false, Json::error_handler_t::replace) +
                           ", which is of another type than wanted");
        }
      }
      VerifyValue(name, value, least, greatest);
    });
  for (const auto & item : json.items())
  {
    if (known.count(item.key()) == 0)
    {
      throw ModelError("the architecture has no hyper-parameter \"" + item.key() + '"');
    }
  }
  return parameters;
}

template <typename TModule>
RegisteredNetwork
Make(const Json & json)
{
  auto parameters = ReadParameters<typename TModule::Parameters>(json);
  Json all = Json::object();
  parameters.ForEach([&](const char * name, const auto & value, double, double) { all[name] = value; });
  return { std::make_shared<TModule>(parameters), all.dump() };
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
