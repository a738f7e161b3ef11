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
#ifndef SliceMontage_h
#define SliceMontage_h

#include "ImageFiles.h"

/** A picture with three rows, axial, coronal and sagittal: gray slices, and beside each the same slice in colour.
 * Slices lie at 30, 50 and 70 % of the body's extent along each axis; gray is scaled from windowMinimum (black) to
 * windowMaximum (white). An image one voxel thick is shown as the one slice that it is. Pixels are square in physical space; the front of the patient, or the top, is up. */
ImageFiles::PhotographType::Pointer
MakeSliceMontage(const ImageFiles::VolumeType *      gray,
                 const ImageFiles::ColorVolumeType * color,
                 double                              windowMinimum,
                 double                              windowMaximum);

#endif
