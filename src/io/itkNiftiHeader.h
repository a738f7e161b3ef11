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
#ifndef itkNiftiHeader_h
#define itkNiftiHeader_h

#include "itkFileBytes.h"

#include <array>
#include <string>

namespace itk
{
namespace colorization
{
/** From indices to mm, in NIfTI's own axes (right, anterior, superior): three rows of four numbers. */
using NiftiMatrix = std::array<std::array<double, 4>, 3>;

/** The head of a NIfTI or Analyze file. */
struct NiftiHeader
{
  bool                          isBigEndian = false;
  bool                          isNifti = false;
  bool                          isSecondVersion = false;
  std::array<std::uint64_t, 8>  size{};
  int                           type = 0;
  std::uint64_t                 bits = 0;
  double                        dataBegin = 0.0;
  double                        slope = 0.0;
  double                        intercept = 0.0;
  int                           qformCode = 0;
  int                           sformCode = 0;
  NiftiMatrix                   qform{};
  NiftiMatrix                   sform{};
  std::array<double, 8>         pixelSize{};
  /** What the file's unit of length is in mm. */
  double unit = 1.0;

  std::uint64_t
  DataBytes() const;
};

/** Reads and verifies a head of at least 348 or 540 bytes.
 * \throws FileFault its numbers cannot be those of an image */
NiftiHeader
ReadNiftiHeader(const ByteView & bytes);

/** The head's bytes of a file that may be compressed: 540 at most. */
std::string
ReadNiftiHeaderBytes(const std::string & path);

/** The largest distance between the places that two forms give a corner of the image, in mm. */
double
LargestDistance(const NiftiHeader & header, const NiftiMatrix & one, const NiftiMatrix & other);

/** How far the axes of a form are from perpendicular: the largest cosine between two. */
double
ShearOf(const NiftiMatrix & form);

} // namespace colorization
} // namespace itk

#endif
