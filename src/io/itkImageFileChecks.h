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
#ifndef itkImageFileChecks_h
#define itkImageFileChecks_h

#include "itkFileBytes.h"

#include <string>

namespace itk
{
namespace colorization
{
/** Verifies a file as far as its own structure tells: that its head is sound, that all data are there that the head speaks
 * of, also in other files, that checksums are right, and that its colors are of a kind that ITK's readers give rightly.
 * Files of formats that are not known here pass.
 * \throws FileFault a sentence without the name of the file */
void
VerifyImageFile(const std::string & path);

Colorization_EXPORT void
VerifyPNG(const ByteView & bytes);
void
VerifyJPEG(const ByteView & bytes);
void
VerifyBMP(const ByteView & bytes);
void
VerifyTIFF(const ByteView & bytes);
/** NIfTI 1 and 2, and Analyze, of one file or two. */
void
VerifyNifti(const std::string & path);
void
VerifyMetaImage(const std::string & path, const ByteView & bytes);
void
VerifyNRRD(const std::string & path, const ByteView & bytes);

} // namespace colorization
} // namespace itk

#endif
