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
#include "itkShippedModels.h"

#include <filesystem>

#ifdef _WIN32
#  include <windows.h>
#else
#  include <dlfcn.h>
#endif

namespace itk
{
namespace colorization
{
namespace
{
namespace fs = std::filesystem;

/** What this code was loaded from: a library, or a program. */
fs::path
FileOfThisCode()
{
#ifdef _WIN32
  HMODULE   module = nullptr;
  const int flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
  wchar_t   name[32768];
  if (!GetModuleHandleExW(flags, reinterpret_cast<LPCWSTR>(&FileOfThisCode), &module) ||
      GetModuleFileNameW(module, name, static_cast<DWORD>(std::size(name))) == 0)
  {
    return {};
  }
  return name;
#else
  Dl_info information;
  return dladdr(reinterpret_cast<const void *>(&FileOfThisCode), &information) != 0 && information.dli_fname
           ? fs::path(information.dli_fname)
           : fs::path();
#endif
}
} // namespace

std::string
FindShippedModels()
{
  // From lib/<architecture> of an installation, and from further down in a Python package.
  constexpr int   mostFolders = 4;
  std::error_code error;
  fs::path        folder = fs::weakly_canonical(FileOfThisCode(), error).parent_path();
  for (int k = 0; k < mostFolders && !folder.empty(); ++k)
  {
    const fs::path models = folder / "share" / "ITKColorization" / "models";
    if (fs::is_directory(models, error))
    {
      return models.string();
    }
    folder = folder == folder.parent_path() ? fs::path() : folder.parent_path();
  }
  return {};
}

} // namespace colorization
} // namespace itk
