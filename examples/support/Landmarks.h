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
#ifndef Landmarks_h
#define Landmarks_h

#include "itkLandmarkFit.h"

#include "itkPoint.h"

#include <string>
#include <vector>

/** Fiducials of two volumes. Whatever goes wrong becomes an InputError that names the file. */
namespace Landmarks
{
/** In mm, in the patient coordinates of ITK: left, posterior, superior (LPS). */
using PointType = itk::Point<double, 3>;
using PairType = itk::colorization::LandmarkPairs;

/** A file of 3D Slicer, .fcsv or .mrk.json, in the coordinate system that it names; of any other ending, a text with
 * x y z, LPS in mm, a line, where lines that begin with # are skipped. */
std::vector<PointType>
Read(const std::string & path);

/** Two files with as many points each, in the same order. Throws an InputError if these do not determine a transform: a
 * rigid one needs 3 pairs that are not on one line, an affine one needs 4 that are not in one plane. */
PairType
ReadPair(const std::string & fixedPath, const std::string & movingPath, bool isAffine);
} // namespace Landmarks

#endif
