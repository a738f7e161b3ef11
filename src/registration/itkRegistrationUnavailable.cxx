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
#include "itkLandmarkFit.h"
#include "itkPlaneRegistration.h"
#include "itkVolumeRegistration.h"

#include <stdexcept>

namespace itk
{
namespace colorization
{
namespace
{
[[noreturn]] void
ThrowUnavailable()
{
  throw std::runtime_error("Images cannot be registered: this build of the Colorization module has no ITK modules of "
                           "registration.");
}
} // namespace

bool
IsRegistrationAvailable()
{
  return false;
}

void
VerifyExtents(const ImageBase<3> *)
{
  ThrowUnavailable();
}

Image<float, 3>::Pointer
Prepare(const Image<float, 3> *)
{
  ThrowUnavailable();
}

RegistrationRigid::Pointer
MatchCenters(const RegistrationVolumes &, bool)
{
  ThrowUnavailable();
}

RegistrationAffine::Pointer
AffineOf(const MatrixOffsetTransformBase<double, 3, 3> *)
{
  ThrowUnavailable();
}

double
OverlapOf(const RegistrationVolumes &, const RegistrationTransform *)
{
  ThrowUnavailable();
}

RegistrationStageReport
Register(const RegistrationVolumes &, RegistrationTransform *, const std::string &, const RegistrationParameters &)
{
  ThrowUnavailable();
}

RegistrationStageReport
RegisterDeformable(const RegistrationVolumes &,
                   RegistrationTransform *,
                   RegistrationSpline::Pointer &,
                   const RegistrationParameters &)
{
  ThrowUnavailable();
}

void
VerifyLandmarks(const std::vector<Point<double, 3>> &, bool)
{
  ThrowUnavailable();
}

void
FitLandmarks(const LandmarkPairs &, Transform<double, 3, 3> *)
{
  ThrowUnavailable();
}

LandmarkResiduals
ResidualsOf(const LandmarkPairs &, const Transform<double, 3, 3> *)
{
  ThrowUnavailable();
}

PlaneDisplacementField::Pointer
RegisterPlanes(const PlaneImage *, const PlaneImage *, const PlaneDisplacementField *)
{
  ThrowUnavailable();
}

} // namespace colorization
} // namespace itk
