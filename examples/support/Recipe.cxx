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
#include "Recipe.h"

#include <algorithm>
#include <cctype>
#include <fstream>

namespace
{
namespace fs = std::filesystem;

/** The number at the end of a file's name. */
long
NumberOf(const fs::path & path)
{
  constexpr std::size_t mostDigits = 9;
  const std::string     stem = path.stem().string();
  std::size_t           begin = stem.size();
  while (begin > 0 && std::isdigit(static_cast<unsigned char>(stem[begin - 1])))
  {
    --begin;
  }
  const std::string digits = stem.substr(begin);
  return digits.empty() || digits.size() > mostDigits ? -1 : std::stol(digits);
}
} // namespace

namespace Recipe
{
Entry::Entry(std::string recipe, nlohmann::json json)
  : m_Recipe(std::move(recipe))
  , m_Json(std::move(json))
{
  if (!m_Json.is_object())
  {
    this->Fail("a volume is no JSON object");
  }
}

bool
Entry::Has(const std::string & name)
{
  m_Known.insert(name);
  return m_Json.contains(name);
}

void
Entry::VerifyAllKnown() const
{
  for (const auto & item : m_Json.items())
  {
    if (m_Known.count(item.key()) == 0)
    {
      this->Fail("a volume has \"" + item.key() + "\", which means nothing here");
    }
  }
}

void
Entry::Fail(const std::string & problem) const
{
  throw InputError(m_Recipe + ": this is no recipe: " + problem + '.');
}

nlohmann::json
Read(const std::string & path)
{
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path))
  {
    throw InputError(path + ": the file cannot be read.");
  }
  const nlohmann::json recipe = nlohmann::json::parse(file, nullptr, false);
  if (!recipe.is_object() || recipe.size() != 1 || !recipe.contains("volumes") || !recipe["volumes"].is_array() ||
      recipe["volumes"].empty())
  {
    throw InputError(path +
                     ": this is no recipe: a JSON object with \"volumes\", an array of at least one, is wanted.");
  }
  return recipe["volumes"];
}

std::map<long, std::string>
PicturesOf(const fs::path & folder, long first, long last)
{
  if (!fs::is_directory(folder))
  {
    throw InputError(folder.string() + ": there is no such folder.");
  }
  std::map<long, std::string> pictures;
  for (const fs::directory_entry & file : fs::directory_iterator(folder))
  {
    const long number = NumberOf(file.path());
    if (file.is_regular_file() && number >= std::max(first, 0L) && number <= last &&
        !pictures.insert({ number, file.path().string() }).second)
    {
      throw InputError(file.path().string() + ": there is another file with the same number.");
    }
  }
  if (pictures.empty())
  {
    throw InputError(folder.string() + ": there are no pictures whose numbers are in " + std::to_string(first) +
                     " ... " + std::to_string(last) + '.');
  }
  return pictures;
}
} // namespace Recipe
