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
#include "itkPlaneRegistration.h"

#include "itkDiffeomorphicDemonsRegistrationFilter.h"

namespace itk
{
namespace colorization
{
PlaneDisplacementField::Pointer
RegisterPlanes(const PlaneImage * fixed, const PlaneImage * moving, const PlaneDisplacementField * initial)
{
  auto demons = DiffeomorphicDemonsRegistrationFilter<PlaneImage, PlaneImage, PlaneDisplacementField>::New();
  demons->SetFixedImage(fixed);
  demons->SetMovingImage(moving);
  demons->SetInitialDisplacementField(const_cast<PlaneDisplacementField *>(initial));
  demons->SetNumberOfIterations(30);
  demons->SetMaximumUpdateStepLength(1.0);
  demons->SmoothDisplacementFieldOn();
  demons->SetStandardDeviations(1.5);
  // Sections are too small to be shared.
  demons->SetNumberOfWorkUnits(1);
  demons->Update();
  PlaneDisplacementField::Pointer field = demons->GetOutput();
  field->DisconnectPipeline();
  return field;
}

} // namespace colorization
} // namespace itk
