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
#ifndef ImageFiles_h
#define ImageFiles_h

#include "itkImage.h"
#include "itkRGBAPixel.h"
#include "itkRGBPixel.h"
#include "itkVectorImage.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

/** Reading and writing of images for the programs. Whatever goes wrong becomes an InputError that names the file. */
namespace ImageFiles
{
using VolumeType = itk::Image<float, 3>;
using MaskType = itk::Image<unsigned char, 3>;
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using ColorVolumeType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using AlphaVolumeType = itk::Image<itk::RGBAPixel<unsigned char>, 3>;

/** Where lines go that say how an input was read; each is said once. */
void
ShowNotes(const std::function<void(const std::string &)> & show);

/** Which volume is read from now on where an input holds several: the UID or description of a DICOM series, and a number
 * from 0, or -1 for none. */
void
ChooseVolume(const std::string & series, int frame);

/** A gray volume of three dimensions: a file of any format that ITK reads, or a folder with one DICOM series. */
VolumeType::Pointer
ReadVolume(const std::string & path);

/** A gray picture or volume of N = 2, 3 dimensions: a file of any format that ITK reads, or for N = 3 a folder with one
 * DICOM series. With N = 3, a picture is a volume one voxel thick. RGB whose components do not differ is gray. */
template <unsigned int VDimension>
typename itk::Image<float, VDimension>::Pointer
ReadGray(const std::string & path);

/** The image axis that is nearest to the patient's superior direction. */
unsigned int
SuperiorAxis(const itk::ImageBase<3> * volume);

/** The image axis across the slices: that along which a volume is one voxel thick, or else SuperiorAxis(). */
unsigned int
SliceAxis(const itk::ImageBase<3> * volume);

/** A mask of N = 2, 3 dimensions: 1 where the file is not 0. */
template <unsigned int VDimension>
typename itk::Image<unsigned char, VDimension>::Pointer
ReadMask(const std::string & path);

/** What a component is. */
enum class ComponentKind
{
  Byte,
  Short,
  UnsignedShort,
  /** Of 32 or 64 bits. */
  Float,
  Other
};

/** What a file, or a folder with one DICOM series, holds. */
struct ImageInformation
{
  /** Axes with more than one pixel. */
  unsigned int dimensions = 0;
  unsigned int components = 0;
  /** Whether components are of 8 bits without a sign. */
  bool isByte = false;
  /** Whether it is a file of two dimensions. */
  bool          isPicture = false;
  ComponentKind kind = ComponentKind::Other;
};

ImageInformation
ReadInformation(const std::string & path);

/** An image of the dimension that the caller knows from ReadInformation(), with its components converted: for
 * Image<unsigned char, N>, Image<float, N>, Image<RGBPixel<unsigned char>, N>, Image<RGBPixel<float>, N> and
 * VectorImage<float, N> of N = 2, 3, and for Image<short, 3>, Image<unsigned short, 3>,
 * Image<RGBPixel<unsigned short>, 3> and Image<RGBAPixel<unsigned char>, 3>. */
template <typename TImage>
typename TImage::Pointer
ReadAs(const std::string & path);

/** A colour picture; 16 bits a component become 8. */
PhotographType::Pointer
ReadPhotograph(const std::string & path);

/** A colour picture of a DICOM series. What its file does not say is empty. */
struct DicomPicture
{
  std::string path{};
  /** InstanceNumber. */
  std::vector<double> number{};
  /** ImagePositionPatient: of the center of the first pixel, in mm. */
  std::vector<double> position{};
  /** ImageOrientationPatient: directions of rows and columns. */
  std::vector<double> orientation{};
  /** PixelSpacing: mm from row to row, and from column to column. */
  std::vector<double> spacing{};
};

/** The pictures of a folder with one DICOM series of colours, which are not read yet. */
std::vector<DicomPicture>
FindDicomPictures(const std::string & path);

/** An RGBA volume; of an RGB volume, alpha becomes the luminance. */
AlphaVolumeType::Pointer
ReadColorVolume(const std::string & path);

/** The same colours with alpha = luminance (BT.601), as volumes for rendering have it. */
AlphaVolumeType::Pointer
AddLuminanceAlpha(const ColorVolumeType * volume);

/** Throws an InputError if `path` does not exist or cannot be read. */
void
VerifyReadableFile(const std::string & path);

/** Whether an image of floats holds air in HU. */
template <typename TImage>
bool
LooksLikeCT(const TImage * image)
{
  constexpr float air = -900.0f;
  const float *   begin = image->GetBufferPointer();
  const float *   end = begin + image->GetBufferedRegion().GetNumberOfPixels();
  return std::any_of(begin, end, [](float value) { return value <= air; });
}

/** Throws an InputError if `path` cannot be written: its folder is missing or not writable, or no format of ITK has its
 * ending. Called before the work begins. */
void
VerifyWritableImage(const std::string & path);
void
VerifyWritableFile(const std::string & path);

/** The same for WriteStreamed(). */
void
VerifyStreamableImage(const std::string & path);

/** Writes under another name, reads the result back, and moves it into place: a failure leaves an older file as it was.
 * For images of the types above, and for those of ReadAs(). */
template <typename TImage>
void
WriteImage(const TImage * image, const std::string & path);

/** Writes a colour volume; as a picture, if it is one voxel thick and is to be one, or goes to a format of pictures. */
template <typename TVolume>
void
WriteVolumeOrPicture(const TVolume * volume, bool isPicture, const std::string & path);

/** Updates `image` in pieces along its last axis, and writes each before the next: a colour volume, to an uncompressed
 * MetaImage in one file (.mha). Then calls `verify`, which may throw, and moves the file into place. */
void
WriteStreamed(ColorVolumeType *                   image,
              const std::string &                 path,
              unsigned int                        pieces,
              const std::function<void(double)> & progress,
              const std::function<void()> &       verify);
void
WriteText(const std::string & text, const std::string & path);

/** Lets `write` make a file under another name, and moves it into place. What `write` throws leaves an older file as it
 * was. */
void
WriteFile(const std::string & path, const std::function<void(const std::string &)> & write);
} // namespace ImageFiles

#endif
