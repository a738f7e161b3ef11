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
#ifndef itkVolumeRegistration_h
#define itkVolumeRegistration_h

#include "ColorizationExport.h"
#include "itkVolumeRegistrationReport.h"

#include "itkAffineTransform.h"
#include "itkBSplineTransform.h"
#include "itkImage.h"
#include "itkImageMaskSpatialObject.h"
#include "itkIntTypes.h"
#include "itkVersorRigid3DTransform.h"

#include <array>
#include <functional>
#include <map>
#include <string>

namespace itk
{
namespace colorization
{
// Registration of two gray volumes by mutual information, with ITK's framework; transforms take points of the fixed
// volume to points of the moving one. The same bits for any number of threads.

using RegistrationTransform = Transform<double, 3, 3>;
using RegistrationRigid = VersorRigid3DTransform<double>;
using RegistrationAffine = AffineTransform<double, 3>;
using RegistrationSpline = BSplineTransform<double, 3, 3>;
using RegistrationMask = ImageMaskSpatialObject<3>;

struct RegistrationVolumes
{
  Image<float, 3>::Pointer fixed;
  Image<float, 3>::Pointer moving;
  /** Where samples are taken; may be missing. */
  RegistrationMask::Pointer fixedMask;
  RegistrationMask::Pointer movingMask;
  /** Both volumes as levels smooth them, by sigma in mm: what a stage makes, the stages after it find here. To be
   * emptied when a volume is replaced. */
  mutable std::map<double, std::array<Image<float, 3>::Pointer, 2>> smoothed{};
};

struct RegistrationParameters
{
  /** From coarse to fine; each level smooths half as much as the one before, and the last one does not. */
  unsigned int levels = 3;
  /** Points of the fixed volume that are compared, at most; they are drawn with a fixed seed. */
  unsigned int samples = 50000;
  unsigned int bins = 32;
  /** Most iterations of a level. */
  unsigned int iterations = 200;
  /** Least distance of the B-spline's control points at the last level, in mm; twice as much at each level before. */
  double gridSpacing = 30.0;
  /** Threads of the metric; 0 for ITK's default. */
  ThreadIdType workUnits = 0;
  /** Told the stage and the fraction of it that is done; what it throws ends the work. May be missing. */
  std::function<void(const std::string &, double)> progress{};
};

/** Whether this build has ITK's modules of registration; without these all below throws. */
Colorization_EXPORT bool
IsRegistrationAvailable();

/** Throws std::invalid_argument if a volume has less than 4 voxels along an axis. */
Colorization_EXPORT void
VerifyExtents(const ImageBase<3> * volume);

/** The volume from 0 on, with the brightest and the darkest thousandth of its voxels cut off: outliers would leave few
 * of the histogram's bins to the rest. Throws std::invalid_argument if there is nothing to register by. */
Colorization_EXPORT Image<float, 3>::Pointer
                    Prepare(const Image<float, 3> * volume);

/** A translation that puts the centers of mass, or of the grids, upon each other; the center of rotation is the fixed
 * one. */
Colorization_EXPORT RegistrationRigid::Pointer
                    MatchCenters(const RegistrationVolumes & volumes, bool isOfMass);

/** The affine transform that does the same as another linear one. */
Colorization_EXPORT RegistrationAffine::Pointer
                    AffineOf(const MatrixOffsetTransformBase<double, 3, 3> * linear);

/** The share of the fixed volume, or of its mask, that a transform takes into the moving one and its mask, 0 ... 1;
 * from a grid of 32 points along each axis. */
Colorization_EXPORT double
OverlapOf(const RegistrationVolumes & volumes, const RegistrationTransform * transform);

/** Improves a rigid or affine transform by conjugate gradients with line search. Throws std::invalid_argument if the
 * volumes, as they are placed by it, do not overlap. */
Colorization_EXPORT RegistrationStageReport
Register(const RegistrationVolumes &    volumes,
         RegistrationTransform *        transform,
         const std::string &            name,
         const RegistrationParameters & parameters);

/** The deformation that is applied before a linear transform, by L-BFGS-B. Control points move by 0.4 of their distance
 * at most, so that space does not fold. Throws as Register() does. */
Colorization_EXPORT RegistrationStageReport
RegisterDeformable(const RegistrationVolumes &    volumes,
                   RegistrationTransform *        linear,
                   RegistrationSpline::Pointer &  spline,
                   const RegistrationParameters & parameters);
} // namespace colorization
} // namespace itk

#endif
