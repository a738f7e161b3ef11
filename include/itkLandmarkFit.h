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
#ifndef itkLandmarkFit_h
#define itkLandmarkFit_h

#include "ColorizationExport.h"

#include "itkPoint.h"
#include "itkTransform.h"

#include <vector>

namespace itk
{
namespace colorization
{
/** Fiducials of two volumes, in the same order; in mm, in ITK's coordinates of patients (LPS). */
struct LandmarkPairs
{
  std::vector<Point<double, 3>> fixed{};
  std::vector<Point<double, 3>> moving{};
};

/** Distances in mm between where a transform puts the fixed points and the moving points. */
struct LandmarkResiduals
{
  std::vector<double> each{};
  double              mean = 0.0;
  double              largest = 0.0;
};

/** Throws std::invalid_argument if the points do not determine a transform: a rigid one needs 3 that are not on one
 * line, an affine one needs 4 that are not in one plane. */
Colorization_EXPORT void
VerifyLandmarks(const std::vector<Point<double, 3>> & points, bool isAffine);

/** Makes a VersorRigid3DTransform (B. K. P. Horn, Closed-form solution of absolute orientation using unit quaternions,
 * Journal of the Optical Society of America A 4, 1987) or an AffineTransform the least-squares solution: a start for
 * VolumeRegistrationMethod. Throws std::invalid_argument if the numbers of points differ, and as VerifyLandmarks()
 * does. */
Colorization_EXPORT void
FitLandmarks(const LandmarkPairs & pairs, Transform<double, 3, 3> * transform);

Colorization_EXPORT LandmarkResiduals
ResidualsOf(const LandmarkPairs & pairs, const Transform<double, 3, 3> * transform);
} // namespace colorization
} // namespace itk

#endif
