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
#ifndef itkDicomFile_h
#define itkDicomFile_h

#include "itkFileBytes.h"

#include <array>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** Where a frame of a DICOM image lies. What the file does not say is empty. */
struct DicomFrame
{
  /** ImagePositionPatient: the center of the first pixel, in mm. */
  std::vector<double> position{};
  /** ImageOrientationPatient: directions of rows and columns. */
  std::vector<double> orientation{};
  /** PixelSpacing: mm from row to row, and from column to column. */
  std::vector<double> spacing{};
  /** SliceThickness, in mm. */
  std::vector<double> thickness{};
  /** RescaleIntercept and RescaleSlope, where the frame has them of its own. */
  std::array<std::vector<double>, 2> rescale{};
};

/** What a DICOM file says of its image. */
struct DicomFile
{
  std::string             path{};
  std::string             transferSyntax{};
  std::string             classUID{};
  std::string             instanceUID{};
  std::string             seriesUID{};
  std::string             description{};
  std::string             modality{};
  std::string             imageType{};
  std::uint64_t           rows = 0;
  std::uint64_t           columns = 0;
  std::uint64_t           samples = 1;
  std::uint64_t           bits = 0;
  std::vector<double>     instanceNumber{};
  std::vector<DicomFrame> frames{};
};

/** A DICOM object is sound, but holds no image of a body: a list of files, a dose, a report. */
class Colorization_EXPORT NoDicomImage : public FileFault
{
public:
  using FileFault::FileFault;
};

/** Whether a file is DICOM: it has the mark behind its preamble, or begins with an element of one of the first groups. */
bool
IsDicom(const ByteView & bytes);

/** Walks through all elements of a file and verifies that they lie within it, and that it holds one image, whole.
 * \throws FileFault the file is damaged or cut short
 * \throws NoDicomImage it holds no image */
DicomFile
ReadDicomFile(const std::string & path);
DicomFile
ReadDicomBytes(const ByteView & bytes);

} // namespace colorization
} // namespace itk

#endif
