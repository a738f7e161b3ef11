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
#ifndef VolumeRegistration_h
#define VolumeRegistration_h

#include "ImageFiles.h"

#include "itkAffineTransform.h"
#include "itkBSplineTransform.h"
#include "itkImageMaskSpatialObject.h"
#include "itkVersorRigid3DTransform.h"

#include <functional>
#include <string>
#include <vector>

/** Registration of two gray volumes by mutual information, with ITK's framework; transforms take points of the fixed
 * volume to points of the moving one. The same bits for any number of threads. */
namespace VolumeRegistration
{
using VolumeType = ImageFiles::VolumeType;
using TransformType = itk::Transform<double, 3, 3>;
using RigidType = itk::VersorRigid3DTransform<double>;
using AffineType = itk::AffineTransform<double, 3>;
using SplineType = itk::BSplineTransform<double, 3, 3>;
using MaskType = itk::ImageMaskSpatialObject<3>;

struct Volumes
{
  VolumeType::Pointer fixed;
  VolumeType::Pointer moving;
  /** Where samples are taken; may be missing. */
  MaskType::Pointer fixedMask;
  MaskType::Pointer movingMask;
};

struct Parameters
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
  /** Told the stage and the fraction of it that is done. */
  std::function<void(const std::string &, double)> progress;
};

struct LevelReport
{
  /** Of the Gaussian, in mm. */
  double       sigma = 0.0;
  std::size_t  samples = 0;
  unsigned int iterations = 0;
  /** In nats, at this level's smoothing. */
  double      informationBefore = 0.0;
  double      informationAfter = 0.0;
  std::string stop{};
};

struct StageReport
{
  std::string              name;
  std::vector<LevelReport> levels{};
  double                   seconds = 0.0;
};

/** Throws an InputError that names the file if a value is NaN or infinite. */
void
VerifyFinite(const VolumeType * volume, const std::string & path);

/** The volume from 0 on, with the brightest and the darkest thousandth of its voxels cut off: outliers would leave few
 * of the histogram's bins to the rest. Throws an InputError that names the file if there is nothing to register by. */
VolumeType::Pointer
Prepare(const VolumeType * volume, const std::string & path);

/** A translation that puts the centres of mass, or of the grids, upon each other; the center of rotation is the fixed
 * one. */
RigidType::Pointer
MatchCenters(const Volumes & volumes, bool isOfMass);

/** The affine transform that does the same as a rigid one. */
AffineType::Pointer
AffineOf(const RigidType * rigid);

/** Improves a rigid or affine transform by conjugate gradients with line search. */
StageReport
Register(const Volumes & volumes, TransformType * transform, const std::string & name, const Parameters & parameters);

/** The deformation that is applied before a linear transform, by L-BFGS-B. Control points move by 0.4 of their distance
 * at most, so that space does not fold. */
StageReport
RegisterDeformable(const Volumes &       volumes,
                   TransformType *       linear,
                   SplineType::Pointer & spline,
                   const Parameters &    parameters);
} // namespace VolumeRegistration

#endif
