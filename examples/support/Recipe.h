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
#ifndef Recipe_h
#define Recipe_h

#include "CommandLineProgram.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>

/** What JSON says of the volumes that a program is to take: an object with "volumes", an array of objects. Whatever is
 * wrong with it becomes an InputError that names the file. */
namespace Recipe
{
/** One volume of the recipe; every member that nobody has asked for is an error. */
class Entry
{
public:
  Entry(std::string recipe, nlohmann::json json);

  bool
  Has(const std::string & name);

  /** A member, which has to be there, and of this type. */
  template <typename TValue>
  TValue
  Get(const std::string & name)
  {
    if (!this->Has(name))
    {
      this->Fail("a volume has no \"" + name + '"');
    }
    const nlohmann::json & json = m_Json[name];
    try
    {
      const auto value = json.get<TValue>();
      // Conversions that lose something are errors, too: 1.5 for a whole number, three numbers for two.
      if (nlohmann::json(value) == json)
      {
        return value;
      }
    }
    catch (const nlohmann::json::exception &)
    {}
    this->Fail('"' + name + "\" of a volume is " + json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
               ", which is of another type than wanted");
  }

  template <typename TValue>
  TValue
  Get(const std::string & name, const TValue & otherwise)
  {
    return this->Has(name) ? this->Get<TValue>(name) : otherwise;
  }

  void
  VerifyAllKnown() const;

  [[noreturn]] void
  Fail(const std::string & problem) const;

private:
  std::string           m_Recipe;
  nlohmann::json        m_Json;
  std::set<std::string> m_Known{};
};

/** The volumes of a recipe. */
nlohmann::json
Read(const std::string & path);

/** Pictures of a folder by the numbers at the end of their names, of those in first ... last. */
std::map<long, std::string>
PicturesOf(const std::filesystem::path & folder, long first, long last);
} // namespace Recipe

#endif
