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
#ifndef itkDicomStack_h
#define itkDicomStack_h

#include "itkDicomFile.h"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** A frame of a stack. */
struct DicomSlice
{
  std::size_t file = 0;
  std::size_t frame = 0;
  /** mm along the stack's third axis, from the first slice. */
  double position = 0.0;
  /** mm along rows and columns, by which the slice lies beside the first. */
  std::array<double, 2> shift{};
};

/** Slices of one size in the order of their places, and the upright grid that holds them. */
struct DicomStack
{
  std::vector<DicomSlice> slices{};
  /** Of each slice. */
  std::array<std::size_t, 2> sliceSize{};
  /** Whether slices are leaning or unevenly spaced, so that they are resampled. */
  bool                                 isResampled = false;
  std::array<std::size_t, 3>           size{};
  std::array<double, 3>                spacing{};
  std::array<double, 3>                origin{};
  std::array<std::array<double, 3>, 3> axes{};
  /** Where the grid begins beside the first slice, in mm along rows and columns. */
  std::array<double, 2> begin{};
  /** What the user should know, or nothing. */
  std::string note{};
};

/** Finds the place of each frame of one series. The order and the directions come from the positions that the files say.
 * Slices that lean, as of a tilted gantry, or lie at uneven distances, are to be resampled.
 * \param volume which one is wanted, if there are several slices at each place; -1 if that is not known
 * \throws FileFault slices do not say where they lie, are missing, lie twice at one place, or are of several kinds */
Colorization_EXPORT DicomStack
ArrangeDicomStack(const std::vector<DicomFile> & files, int volume);

/** Samples slices of a stack, each of sliceSize, on the stack's grid: linearly, with their lowest value outside. */
Colorization_EXPORT void
ResampleDicomStack(const DicomStack & stack, const std::vector<float> & slices, float * out);

/** The image files of a folder's series; of the only one if `series` is empty, otherwise of that whose UID or description
 * it is.
 * \throws FileFault there is none, or several, which are named; or a file is damaged */
std::vector<DicomFile>
FindDicomSeries(const std::string & folder, const std::string & series);

} // namespace colorization
} // namespace itk

#endif
