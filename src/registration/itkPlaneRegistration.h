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
#ifndef itkPlaneRegistration_h
#define itkPlaneRegistration_h

#include "itkImage.h"
#include "itkVector.h"

namespace itk
{
namespace colorization
{
using PlaneImage = Image<float, 2>;
using PlaneDisplacementField = Image<Vector<float, 2>, 2>;

/** Finds the displacement of the points of a picture to those of another one by diffeomorphic demons (T. Vercauteren et al.,
 * NeuroImage 45, 2009), on one thread.
 * \param initial on the fixed picture's grid, in its physical units */
PlaneDisplacementField::Pointer
RegisterPlanes(const PlaneImage * fixed, const PlaneImage * moving, const PlaneDisplacementField * initial);

} // namespace colorization
} // namespace itk

#endif
