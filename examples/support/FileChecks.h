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
#ifndef FileChecks_h
#define FileChecks_h

#include <string>

namespace itk
{
class ImageIOBase;
}

/** Throws the InputError for an image that cannot be read to its end. */
[[noreturn]] void
ThrowDamaged(const std::string & path);

/** Finds the damage that ITK's readers pass over in silence: NIfTI files that end early are filled up with zeros, and
 * NaN in them becomes 0; MetaImage files that end early are filled with whatever there was in memory. Throws an
 * InputError.
 * \param io has read the file's header */
void
VerifyFileIsWhole(const std::string & path, const itk::ImageIOBase * io);

#endif
