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
#ifndef itkHyperParameters_h
#define itkHyperParameters_h

#include "itkSafetensors.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace itk
{
namespace colorization
{
template <typename TNumber>
void
VerifyHyperParameter(const std::string & name, TNumber value, double least, double greatest)
{
  if (!(value >= least && value <= greatest))
  {
    std::ostringstream sentence;
    sentence << "the hyper-parameter " << name << " is " << value << ", but has to be in " << least << " ... "
             << greatest;
    throw ModelError(sentence.str());
  }
}

inline void
VerifyHyperParameter(const std::string & name, const std::vector<std::int64_t> & values, double least, double greatest)
{
  VerifyHyperParameter("count of " + name, values.size(), 1, 64);
  for (const std::int64_t value : values)
  {
    VerifyHyperParameter(name, value, least, greatest);
  }
}

/** Hyper-parameters of a JSON object; what it does not name has its default.
 * \throws ModelError for one that is unknown, of another type, or out of its range */
template <typename TParameters>
TParameters
ReadHyperParameters(const nlohmann::json & json)
{
  TParameters           parameters;
  std::set<std::string> known;
  parameters.ForEach(
    [&](const char * name, auto & value, double least, double greatest)
    {
      known.insert(name);
      if (json.contains(name))
      {
        bool isRight = false;
        try
        {
          value = json[name].get<std::decay_t<decltype(value)>>();
          // 1.5 is no whole number, and true no number, although they could be converted.
          isRight = nlohmann::json(value) == json[name];
        }
        catch (const nlohmann::json::exception &)
        {}
        if (!isRight)
        {
          throw ModelError("the hyper-parameter " + std::string(name) + " is " +
                           json[name].dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
                           ", which is of another type than wanted");
        }
      }
      VerifyHyperParameter(name, value, least, greatest);
    });
  for (const auto & item : json.items())
  {
    if (known.count(item.key()) == 0)
    {
      throw ModelError("there is no hyper-parameter \"" + item.key() + '"');
    }
  }
  return parameters;
}

template <typename TParameters>
nlohmann::json
DescribeHyperParameters(TParameters parameters)
{
  nlohmann::json all = nlohmann::json::object();
  parameters.ForEach([&](const char * name, const auto & value, double, double) { all[name] = value; });
  return all;
}

} // namespace colorization
} // namespace itk

#endif
