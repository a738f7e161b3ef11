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
#ifndef TransformFiles_h
#define TransformFiles_h

#include "itkTransform.h"

#include <string>

/** Writes a transform as ITK's formats have it, by the ending of the file's name, under another name, and moves it into
 * place. Throws an InputError if it cannot be read back as it is. */
void
WriteTransform(const itk::Transform<double, 3, 3> * transform, const std::string & path);

#endif
