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
#ifndef itkVerifiedImageIO_h
#define itkVerifiedImageIO_h

#include "itkColorizationFilterUtilities.h"

#include "itkImageIOBase.h"
#include "itkMacro.h"

#include "ColorizationExport.h"

#include <memory>
#include <string>
#include <vector>

namespace itk
{
/** \class ImageFileException
 * \brief Tells what is wrong with an image's file; GetDescription() is one sentence that begins with its name.
 *
 * \ingroup Colorization */
class Colorization_EXPORT ImageFileException : public ExceptionObject
{
public:
  ImageFileException(const std::string & path, const std::string & sentence);
  const char *
  GetNameOfClass() const override
  {
    return "ImageFileException";
  }
};

/** \class ImageReadingSession
 * \brief Keeps the process in which a VerifiedImageIO reads, as long as it lives.
 *
 * Without one, each VerifiedImageIO copies the process anew when it reads. Where images are read by several threads, one
 * has to be made before, in a thread that does not belong to ITK's pool: threads of the pool cannot copy the process.
 *
 * \ingroup Colorization */
class Colorization_EXPORT ImageReadingSession
{
public:
  ImageReadingSession();
  ~ImageReadingSession();
  ImageReadingSession(const ImageReadingSession &) = delete;
  ImageReadingSession &
  operator=(const ImageReadingSession &) = delete;

private:
  std::shared_ptr<void> m_Process{};
};

/** \class VerifiedImageIO
 * \brief Reads an image of any format whose ImageIO is registered; no damage of the file can harm the program.
 *
 * A file is first verified by what its own structure says: PNG, JPEG, BMP, TIFF, DICOM, NIfTI, Analyze, NRRD and
 * MetaImage, with their data in other files. What is cut short, has a wrong checksum, or has colors that ITK's reader would
 * give wrongly, is an error. Then ITK's reader reads it in a copy of this process, so that neither a signal in there nor
 * what it does to its memory comes here. Pixels come back through memory that both share.
 *
 * A folder is read as its DICOM series, and a DICOM file of many frames as its slices: in the order of their positions, with
 * spacing and directions from these. Slices that lean or lie at uneven distances are resampled; GetNote() says so. Slices
 * that are missing, twice at one place, or of other orientations are errors.
 *
 * Give it to an ImageFileReader by SetImageIO(). It does not write, and does not stream.
 *
 * \exception ImageFileException one sentence, with the file's name
 * \ingroup Colorization
 * \ingroup IOFilters */
class Colorization_EXPORT VerifiedImageIO : public ImageIOBase
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(VerifiedImageIO);

  using Self = VerifiedImageIO;
  using Superclass = ImageIOBase;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(VerifiedImageIO);

  /** Gets the name of the class that reads the file, such as NiftiImageIO; known after ReadImageInformation(). */
  itkGetStringMacro(Format);

  /** Sets the UID or description of the series to read, where a folder holds several. */
  itkSetStringMacro(Series);
  itkGetStringMacro(Series);

  /** Sets which volume to read, from 0, where there are several slices at each place; -1, the default, is none. */
  itkSetMacro(Frame, int);
  itkGetConstMacro(Frame, int);

  /** Gets what the user should know of the image, such as that leaning slices are resampled; often nothing. */
  itkGetStringMacro(Note);

  /** Finds the image files of a folder's DICOM series, in the order of their numbers; all are verified.
   * \param folder the folder
   * \param series the UID or description of the series; empty for the only one */
  static std::vector<std::string>
  FindDicomFiles(const std::string & folder, const std::string & series = "");

  bool
  CanReadFile(const char * path) override;
  bool
  SupportsDimension(unsigned long) override
  {
    return true;
  }
  void
  ReadImageInformation() override;
  void
  Read(void * buffer) override;

  bool
  CanWriteFile(const char *) override
  {
    return false;
  }
  void
  WriteImageInformation() override;
  void
  Write(const void * buffer) override;

protected:
  VerifiedImageIO() = default;
  ~VerifiedImageIO() override = default;

private:
  std::string m_Format{};
  std::string m_Series{};
  int         m_Frame = -1;
  std::string m_Note{};
};

} // namespace itk

#endif
