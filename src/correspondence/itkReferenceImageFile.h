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
#ifndef itkReferenceImageFile_h
#define itkReferenceImageFile_h

#include "itkReferenceImageDatabase.h"

#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** What the file of a ReferenceImageDatabase holds; its class says how. */
struct ReferenceImageFile
{
  /** "MIND" or "VGG19 fc6" */
  std::string descriptor{};
  /** Empty for descriptors without weights. */
  std::string                 modelSHA256{};
  std::vector<ReferenceImage> images{};
  /** One or two of each image, all of the same length. */
  std::vector<std::vector<std::vector<float>>> descriptors{};
  /** For each of the descriptors, the size of the body's bounding box: the square root of its pixels. */
  std::vector<std::vector<double>> extents{};
};

/** Writes the file under another name and moves it into place.
 * \param path absolute
 * \throws std::runtime_error a sentence that names the file */
void
WriteReferenceImageFile(const ReferenceImageFile & file, const std::string & path);

/** Reads a file, all of which is checked.
 * \param path absolute
 * \throws std::runtime_error a sentence that names the file and what is wrong with it */
ReferenceImageFile
ReadReferenceImageFile(const std::string & path);

} // namespace colorization
} // namespace itk

#endif
