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
#ifndef itkColorAtlasFile_h
#define itkColorAtlasFile_h

#include "itkColorAtlas.h"

namespace itk
{
namespace colorization
{
/** What the file of a ColorAtlas holds. */
struct ColorAtlasFile
{
  ColorAtlas::ColorImageType::Pointer image{};
  std::vector<ColorAtlasLevel>        levels{};
  std::string                         name{};
  std::string                         credit{};
};

/** Whether a file's head says that it is an atlas of any version. */
bool
IsColorAtlasFile(const std::string & path);

/** \throws std::runtime_error a sentence that names the file, and what is wrong with it */
ColorAtlasFile
ReadColorAtlasFile(const std::string & path);

/** Writes under another name, and moves the file into place.
 * \throws std::runtime_error a sentence that names the file, and what is wrong with it */
void
WriteColorAtlasFile(const ColorAtlasFile & atlas, const std::string & path);

} // namespace colorization
} // namespace itk

#endif
