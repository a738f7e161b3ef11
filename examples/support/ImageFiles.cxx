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
#include "ImageFiles.h"
#include "CommandLineProgram.h"

#include "itkColorSpace.h"
#include "itkReferenceImageDatabase.h"
#include "itkVerifiedImageIO.h"

#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"
#include "itkMetaDataObject.h"
#include "itkImageIOFactory.h"
#include "itkImageRegionConstIterator.h"
#include "itkImageRegionIterator.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace
{
/** Keeps what image libraries print on the standard error stream away from the user, who gets our sentence. */
class LibraryMessagesOff
{
public:
  LibraryMessagesOff()
    : m_Saved(dup(STDERR_FILENO))
  {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDERR_FILENO);
    close(nowhere);
  }
  ~LibraryMessagesOff()
  {
    dup2(m_Saved, STDERR_FILENO);
    close(m_Saved);
  }
  LibraryMessagesOff(const LibraryMessagesOff &) = delete;
  LibraryMessagesOff &
  operator=(const LibraryMessagesOff &) = delete;

private:
  int m_Saved;
};

/** Runs `read` and turns its exceptions into an InputError that names the file. */
template <typename TRead>
auto
Reading(const std::string & path, const TRead & read) -> decltype(read())
{
  try
  {
    return read();
  }
  catch (const itk::ImageFileException & error)
  {
    throw InputError(error.GetDescription());
  }
  catch (const itk::ExceptionObject &)
  {
    throw InputError(path + ": the image is damaged or cut short.");
  }
}

/** How this program reads images. */
struct Reader
{
  std::function<void(const std::string &)> show{};
  std::set<std::string>                    shown{};
  std::string                              series{};
  int                                      frame = -1;

  static Reader &
  Instance()
  {
    static Reader reader;
    return reader;
  }
};

/** The IO for a file that is whole, with its header read. */
itk::VerifiedImageIO::Pointer
ReadHeader(const std::string & path)
{
  ImageFiles::VerifyReadableFile(path);
  auto io = itk::VerifiedImageIO::New();
  Reader & reader = Reader::Instance();
  io->SetFileName(path);
  io->SetSeries(reader.series);
  io->SetFrame(reader.frame);
  Reading(path, [&]() { io->ReadImageInformation(); });
  const std::string note = io->GetNote();
  if (!note.empty() && reader.show && reader.shown.insert(path + ": " + note).second)
  {
    reader.show(path + ": " + note);
  }
  return io;
}

unsigned int
CountDimensions(const itk::ImageIOBase * io)
{
  unsigned int dimensions = 0;
  for (unsigned int axis = 0; axis < io->GetNumberOfDimensions(); ++axis)
  {
    dimensions += io->GetDimensions(axis) > 1 ? 1 : 0;
  }
  return dimensions;
}

bool
IsPicture(const itk::ImageIOBase * io)
{
  return io->GetNumberOfDimensions() == 2;
}

std::string
SizeText(const itk::ImageIOBase * io)
{
  std::ostringstream size;
  for (unsigned int axis = 0; axis < io->GetNumberOfDimensions(); ++axis)
  {
    size << (axis > 0 ? " x " : "") << io->GetDimensions(axis);
  }
  return size.str();
}

void
VerifyVolume(const std::string & path, const itk::ImageIOBase * io)
{
  if (CountDimensions(io) != 3 || io->GetDimensions(2) < 2)
  {
    throw InputError(path + ": the image has the size " + SizeText(io) +
                     ", but a volume of three dimensions is needed.");
  }
}

template <typename TImage>
typename TImage::Pointer
ReadImage(const std::string & path, itk::ImageIOBase * io)
{
  return Reading(path,
                 [&]()
                 {
                   auto reader = itk::ImageFileReader<TImage>::New();
                   reader->SetFileName(path);
                   reader->SetImageIO(io);
                   reader->Update();
                   typename TImage::Pointer image = reader->GetOutput();
                   return image;
                 });
}

/** The numbers of a DICOM element, which are parted by backslashes; none if it is not there. */
std::vector<double>
DicomNumbers(const itk::MetaDataDictionary & dictionary, const std::string & tag)
{
  std::vector<double> numbers;
  std::string         text;
  if (itk::ExposeMetaData(dictionary, tag, text))
  {
    std::replace(text.begin(), text.end(), '\\', ' ');
    std::istringstream stream(text);
    for (double number = 0.0; stream >> number;)
    {
      numbers.push_back(number);
    }
  }
  return numbers;
}

ImageFiles::VolumeType::Pointer
ReadDicomFolder(const std::string & path)
{
  return ReadImage<ImageFiles::VolumeType>(path, ReadHeader(path));
}

fs::path
FolderOf(const std::string & path)
{
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

/** A folder beside the target for the files under way; it and what is left in it go with this object. */
class StagingFolder
{
public:
  explicit StagingFolder(const std::string & target)
  {
    std::string name = (FolderOf(target) / ".colorization-XXXXXX").string();
    if (!mkdtemp(name.data()))
    {
      throw InputError(target + ": nothing can be written into its folder: " + std::strerror(errno) + '.');
    }
    m_Path = name;
  }
  ~StagingFolder()
  {
    std::error_code ignored;
    fs::remove_all(m_Path, ignored);
  }
  StagingFolder(const StagingFolder &) = delete;
  StagingFolder &
  operator=(const StagingFolder &) = delete;

  fs::path
  PathFor(const std::string & target) const
  {
    return m_Path / fs::path(target).filename();
  }

  /** Makes sure that all is on the disk, and moves it beside the target: first the files it refers to, the target last.
   * */
  void
  MoveInto(const std::string & target) const
  {
    std::vector<fs::path> files;
    for (const auto & entry : fs::directory_iterator(m_Path))
    {
      files.push_back(entry.path());
    }
    const fs::path last = fs::path(target).filename();
    std::sort(files.begin(),
              files.end(),
              [&](const fs::path & a, const fs::path & b) { return (a.filename() == last) < (b.filename() == last); });
    for (const fs::path & file : files)
    {
      const int  descriptor = open(file.c_str(), O_RDONLY);
      const bool isSynced = descriptor >= 0 && fsync(descriptor) == 0;
      if (descriptor >= 0)
      {
        close(descriptor);
      }
      std::error_code error;
      if (isSynced)
      {
        fs::rename(file, FolderOf(target) / file.filename(), error);
      }
      if (!isSynced || error)
      {
        throw InputError(target + ": the file cannot be written: " +
                         (error ? error.message() : std::string(std::strerror(errno))) + '.');
      }
    }
  }

private:
  fs::path m_Path;
};

} // namespace

namespace ImageFiles
{
void
ShowNotes(const std::function<void(const std::string &)> & show)
{
  Reader::Instance().show = show;
}

void
ChooseVolume(const std::string & series, int frame)
{
  Reader::Instance().series = series;
  Reader::Instance().frame = frame;
}

VolumeType::Pointer
ReadVolume(const std::string & path)
{
  if (fs::is_directory(path))
  {
    return ReadDicomFolder(path);
  }
  const auto io = ReadHeader(path);
  VerifyVolume(path, io);
  if (io->GetNumberOfComponents() != 1)
  {
    throw InputError(path + ": the volume has " + std::to_string(io->GetNumberOfComponents()) +
                     " components a voxel, but a gray volume is needed.");
  }
  return ReadImage<VolumeType>(path, io);
}

ImageInformation
ReadInformation(const std::string & path)
{
  if (fs::is_directory(path))
  {
    return { 3, 1, false, false, ComponentKind::Other };
  }
  const auto io = ReadHeader(path);
  for (unsigned int axis = 0; axis < io->GetNumberOfDimensions(); ++axis)
  {
    if (io->GetDimensions(axis) == 0)
    {
      throw InputError(path + ": the image has the size " + SizeText(io) + ", so there is nothing in it.");
    }
  }
  const auto type = io->GetComponentType();
  const bool isByte = type == itk::IOComponentEnum::UCHAR;
  const bool isFloat = type == itk::IOComponentEnum::FLOAT || type == itk::IOComponentEnum::DOUBLE;
  const auto kind = isByte                                 ? ComponentKind::Byte
                    : type == itk::IOComponentEnum::SHORT  ? ComponentKind::Short
                    : type == itk::IOComponentEnum::USHORT ? ComponentKind::UnsignedShort
                    : isFloat                              ? ComponentKind::Float
                                                           : ComponentKind::Other;
  return { CountDimensions(io), io->GetNumberOfComponents(), isByte, IsPicture(io), kind };
}

template <typename TImage>
typename TImage::Pointer
ReadAs(const std::string & path)
{
  if constexpr (std::is_same<TImage, VolumeType>::value)
  {
    return ReadVolume(path);
  }
  else
  {
    return ReadImage<TImage>(path, ReadHeader(path));
  }
}

template <unsigned int VDimension>
typename itk::Image<float, VDimension>::Pointer
ReadGray(const std::string & path)
{
  using GrayType = itk::Image<float, VDimension>;
  using RGBType = itk::Image<itk::RGBPixel<float>, VDimension>;
  if constexpr (VDimension == 3)
  {
    if (fs::is_directory(path))
    {
      return ReadDicomFolder(path);
    }
  }
  const auto         io = ReadHeader(path);
  const unsigned int dimensions = CountDimensions(io);
  if (dimensions < 2 || dimensions > VDimension)
  {
    throw InputError(path + ": the image has the size " + SizeText(io) + ", but a picture" +
                     (VDimension == 3 ? " or a volume of three dimensions" : "") + " is needed.");
  }
  const unsigned int components = io->GetNumberOfComponents();
  if (components == 1)
  {
    return ReadImage<GrayType>(path, io);
  }
  if (components != 3 && components != 4)
  {
    throw InputError(path + ": the image has " + std::to_string(components) +
                     " components a pixel, but a gray one is needed.");
  }
  const auto color = ReadImage<RGBType>(path, io);
  auto       gray = GrayType::New();
  gray->CopyInformation(color);
  gray->SetRegions(color->GetBufferedRegion());
  gray->Allocate();
  const auto * pixel = color->GetBufferPointer();
  for (itk::SizeValueType i = 0; i < color->GetBufferedRegion().GetNumberOfPixels(); ++i, ++pixel)
  {
    if ((*pixel)[0] != (*pixel)[1] || (*pixel)[1] != (*pixel)[2])
    {
      throw InputError(path + ": the image is coloured, but a gray one is needed.");
    }
    gray->GetBufferPointer()[i] = (*pixel)[0];
  }
  return gray;
}
template itk::Image<float, 2>::Pointer
ReadGray<2>(const std::string &);
template itk::Image<float, 3>::Pointer
ReadGray<3>(const std::string &);

unsigned int
SliceAxis(const itk::ImageBase<3> * volume)
{
  const auto size = volume->GetLargestPossibleRegion().GetSize();
  for (unsigned int axis = 3; axis-- > 0;)
  {
    if (size[axis] == 1)
    {
      return axis;
    }
  }
  return SuperiorAxis(volume);
}

unsigned int
SuperiorAxis(const itk::ImageBase<3> * volume)
{
  unsigned int best = 0;
  for (unsigned int axis = 1; axis < 3; ++axis)
  {
    if (std::abs(volume->GetDirection()(2, axis)) > std::abs(volume->GetDirection()(2, best)))
    {
      best = axis;
    }
  }
  return best;
}

template <unsigned int VDimension>
typename itk::Image<unsigned char, VDimension>::Pointer
ReadMask(const std::string & path)
{
  const auto values = ReadGray<VDimension>(path);
  auto       mask = itk::Image<unsigned char, VDimension>::New();
  mask->CopyInformation(values);
  mask->SetRegions(values->GetBufferedRegion());
  mask->Allocate();
  std::transform(values->GetBufferPointer(),
                 values->GetBufferPointer() + values->GetBufferedRegion().GetNumberOfPixels(),
                 mask->GetBufferPointer(),
                 [](float value) { return value != 0.0f ? 1 : 0; });
  return mask;
}
template itk::Image<unsigned char, 2>::Pointer
ReadMask<2>(const std::string &);
template itk::Image<unsigned char, 3>::Pointer
ReadMask<3>(const std::string &);

PhotographType::Pointer
ReadPhotograph(const std::string & path)
{
  ReadHeader(path);
  try
  {
    return itk::ReferenceImageDatabase::ReadPhotograph(path);
  }
  catch (const itk::ExceptionObject & error)
  {
    throw InputError(error.GetDescription());
  }
}

std::vector<DicomPicture>
FindDicomPictures(const std::string & path)
{
  if (!fs::is_directory(path))
  {
    throw InputError(path + ": there is no such folder.");
  }
  std::vector<DicomPicture> pictures;
  const auto files = Reading(path, [&]() { return itk::VerifiedImageIO::FindDicomFiles(path); });
  for (const std::string & file : files)
  {
    const auto io = ReadHeader(file);
    if (io->GetNumberOfComponents() != 3)
    {
      throw InputError(file + ": the picture has " + std::to_string(io->GetNumberOfComponents()) +
                       " components a pixel, but colours need 3.");
    }
    const itk::MetaDataDictionary & dictionary = io->GetMetaDataDictionary();
    pictures.push_back({ file,
                         DicomNumbers(dictionary, "0020|0013"),
                         DicomNumbers(dictionary, "0020|0032"),
                         DicomNumbers(dictionary, "0020|0037"),
                         DicomNumbers(dictionary, "0028|0030") });
  }
  return pictures;
}

AlphaVolumeType::Pointer
AddLuminanceAlpha(const ColorVolumeType * volume)
{
  auto result = AlphaVolumeType::New();
  result->CopyInformation(volume);
  result->SetRegions(volume->GetBufferedRegion());
  result->Allocate();
  itk::ImageRegionConstIterator<ColorVolumeType> in(volume, volume->GetBufferedRegion());
  itk::ImageRegionIterator<AlphaVolumeType>      out(result, volume->GetBufferedRegion());
  for (; !in.IsAtEnd(); ++in, ++out)
  {
    const auto &                   rgb = in.Get();
    const itk::colorization::Color color{
      { static_cast<float>(rgb[0]), static_cast<float>(rgb[1]), static_cast<float>(rgb[2]) }
    };
    AlphaVolumeType::PixelType rgba;
    std::copy(rgb.Begin(), rgb.End(), rgba.Begin());
    rgba[3] = static_cast<unsigned char>(std::lround(itk::colorization::RGBToLuminance(color)));
    out.Set(rgba);
  }
  return result;
}

AlphaVolumeType::Pointer
ReadColorVolume(const std::string & path)
{
  const auto io = ReadHeader(path);
  VerifyVolume(path, io);
  const unsigned int components = io->GetNumberOfComponents();
  if (components != 3 && components != 4)
  {
    throw InputError(path + ": the volume has " + std::to_string(components) +
                     " components a voxel, but colours need 3 or 4.");
  }
  if (io->GetComponentType() != itk::IOComponentEnum::UCHAR)
  {
    throw InputError(path + ": the colours are not of 8 bits a component.");
  }
  if (components == 4)
  {
    return ReadImage<AlphaVolumeType>(path, io);
  }
  return AddLuminanceAlpha(ReadImage<ColorVolumeType>(path, io));
}

void
VerifyReadableFile(const std::string & path)
{
  if (!fs::exists(path))
  {
    throw InputError(path + ": there is no such file.");
  }
  if (access(path.c_str(), R_OK) != 0)
  {
    throw InputError(path + ": the file cannot be read: " + std::strerror(errno) + '.');
  }
}

void
VerifyWritableFile(const std::string & path)
{
  const fs::path folder = FolderOf(path);
  if (!fs::is_directory(folder))
  {
    throw InputError(path + ": the folder " + folder.string() + " does not exist.");
  }
  if (fs::is_directory(path))
  {
    throw InputError(path + ": this is a folder, but a file is to be written.");
  }
  if (fs::exists(path) && !fs::is_regular_file(path))
  {
    throw InputError(path + ": this is no regular file, so it is not replaced.");
  }
  const StagingFolder probe(path);
}

void
VerifyWritableImage(const std::string & path)
{
  VerifyWritableFile(path);
  if (!itk::ImageIOFactory::CreateImageIO(path.c_str(), itk::ImageIOFactory::IOFileModeEnum::WriteMode))
  {
    throw InputError(path + ": no image format that can be written has this ending; .nrrd, .nii.gz and .png are some.");
  }
}

template <typename TImage>
void
WriteImage(const TImage * image, const std::string & path)
{
  VerifyWritableImage(path);
  const StagingFolder staging(path);
  const std::string   file = staging.PathFor(path).string();
  bool                isWhole = false;
  try
  {
    const LibraryMessagesOff off;
    auto                     writer = itk::ImageFileWriter<TImage>::New();
    writer->SetInput(image);
    writer->SetFileName(file);
    writer->UseCompressionOn();
    writer->Update();
    // Not every writer tells of a full disk: what counts is what can be read.
    auto reader = itk::ImageFileReader<TImage>::New();
    reader->SetFileName(file);
    reader->Update();
    const TImage * written = reader->GetOutput();
    const auto     count = image->GetPixelContainer()->Size();
    const bool     isLossy = fs::path(path).extension() == ".jpg" || fs::path(path).extension() == ".jpeg";
    isWhole = written->GetBufferedRegion().GetSize() == image->GetBufferedRegion().GetSize() &&
              (isLossy ||
               std::equal(image->GetBufferPointer(), image->GetBufferPointer() + count, written->GetBufferPointer()));
  }
  catch (const itk::ExceptionObject &)
  {}
  if (!isWhole)
  {
    throw InputError(path +
                     ": the image could not be written whole; the disk may be full, or the format unfit for it.");
  }
  staging.MoveInto(path);
}

template <typename TVolume>
void
WriteVolumeOrPicture(const TVolume * volume, bool isPicture, const std::string & path)
{
  using PictureType = itk::Image<typename TVolume::PixelType, 2>;
  const auto        size = volume->GetBufferedRegion().GetSize();
  const auto        thin = std::find(size.begin(), size.end(), 1u) - size.begin();
  const std::string ending = fs::path(path).extension().string();
  const bool        isPictureFormat = ending == ".png" || ending == ".jpg" || ending == ".jpeg" || ending == ".bmp";
  if (thin == 3 || (!isPicture && !isPictureFormat))
  {
    WriteImage<TVolume>(volume, path);
    return;
  }
  auto                              picture = PictureType::New();
  typename PictureType::SizeType    pictureSize;
  typename PictureType::PointType   origin;
  typename PictureType::SpacingType spacing;
  for (unsigned int axis = 0, to = 0; axis < 3; ++axis)
  {
    if (axis != static_cast<unsigned int>(thin))
    {
      pictureSize[to] = size[axis];
      origin[to] = volume->GetOrigin()[axis];
      spacing[to++] = volume->GetSpacing()[axis];
    }
  }
  picture->SetRegions(pictureSize);
  picture->SetOrigin(origin);
  picture->SetSpacing(spacing);
  picture->Allocate();
  std::copy_n(volume->GetBufferPointer(), volume->GetBufferedRegion().GetNumberOfPixels(), picture->GetBufferPointer());
  WriteImage<PictureType>(picture, path);
}
template void
WriteImage(const AlphaVolumeType *, const std::string &);
template void
WriteVolumeOrPicture(const AlphaVolumeType *, bool, const std::string &);
template void
WriteVolumeOrPicture(const ColorVolumeType *, bool, const std::string &);
template itk::Image<unsigned char, 2>::Pointer
ReadAs<itk::Image<unsigned char, 2>>(const std::string &);
template void
WriteImage(const itk::Image<unsigned char, 2> *, const std::string &);
template itk::Image<float, 2>::Pointer
ReadAs<itk::Image<float, 2>>(const std::string &);
template void
WriteImage(const itk::Image<float, 2> *, const std::string &);
template itk::Image<itk::RGBPixel<unsigned char>, 2>::Pointer
ReadAs<itk::Image<itk::RGBPixel<unsigned char>, 2>>(const std::string &);
template void
WriteImage(const itk::Image<itk::RGBPixel<unsigned char>, 2> *, const std::string &);
template itk::Image<itk::RGBPixel<float>, 2>::Pointer
ReadAs<itk::Image<itk::RGBPixel<float>, 2>>(const std::string &);
template void
WriteImage(const itk::Image<itk::RGBPixel<float>, 2> *, const std::string &);
template itk::VectorImage<float, 2>::Pointer
ReadAs<itk::VectorImage<float, 2>>(const std::string &);
template void
WriteImage(const itk::VectorImage<float, 2> *, const std::string &);
template itk::Image<unsigned char, 3>::Pointer
ReadAs<itk::Image<unsigned char, 3>>(const std::string &);
template void
WriteImage(const itk::Image<unsigned char, 3> *, const std::string &);
template itk::Image<float, 3>::Pointer
ReadAs<itk::Image<float, 3>>(const std::string &);
template void
WriteImage(const itk::Image<float, 3> *, const std::string &);
template itk::Image<itk::RGBPixel<unsigned char>, 3>::Pointer
ReadAs<itk::Image<itk::RGBPixel<unsigned char>, 3>>(const std::string &);
template void
WriteImage(const itk::Image<itk::RGBPixel<unsigned char>, 3> *, const std::string &);
template itk::Image<itk::RGBPixel<float>, 3>::Pointer
ReadAs<itk::Image<itk::RGBPixel<float>, 3>>(const std::string &);
template void
WriteImage(const itk::Image<itk::RGBPixel<float>, 3> *, const std::string &);
template itk::VectorImage<float, 3>::Pointer
ReadAs<itk::VectorImage<float, 3>>(const std::string &);
template void
WriteImage(const itk::VectorImage<float, 3> *, const std::string &);
template itk::Image<short, 3>::Pointer
ReadAs<itk::Image<short, 3>>(const std::string &);
template void
WriteImage(const itk::Image<short, 3> *, const std::string &);
template itk::Image<unsigned short, 3>::Pointer
ReadAs<itk::Image<unsigned short, 3>>(const std::string &);
template void
WriteImage(const itk::Image<unsigned short, 3> *, const std::string &);
template itk::Image<itk::RGBPixel<unsigned short>, 3>::Pointer
ReadAs<itk::Image<itk::RGBPixel<unsigned short>, 3>>(const std::string &);
template void
WriteImage(const itk::Image<itk::RGBPixel<unsigned short>, 3> *, const std::string &);
template AlphaVolumeType::Pointer
ReadAs<AlphaVolumeType>(const std::string &);

void
VerifyStreamableImage(const std::string & path)
{
  VerifyWritableImage(path);
  if (fs::path(path).extension() != ".mha")
  {
    throw InputError(path + ": only MetaImage files that end in .mha can be written piece by piece.");
  }
}

void
WriteStreamed(ColorVolumeType *                   image,
              const std::string &                 path,
              unsigned int                        pieces,
              const std::function<void(double)> & progress,
              const std::function<void()> &       verify)
{
  VerifyStreamableImage(path);
  const StagingFolder staging(path);
  const std::string   file = staging.PathFor(path).string();
  auto                writer = itk::ImageFileWriter<ColorVolumeType>::New();
  writer->SetInput(image);
  writer->SetFileName(file);
  writer->SetNumberOfStreamDivisions(pieces);
  writer->UseCompressionOff();
  writer->AddObserver(itk::ProgressEvent(),
                      [&](const itk::EventObject &) { progress(static_cast<double>(writer->GetProgress())); });
  writer->Update();
  verify();
  ReadHeader(file);
  staging.MoveInto(path);
}

void
WriteFile(const std::string & path, const std::function<void(const std::string &)> & write)
{
  VerifyWritableFile(path);
  const StagingFolder staging(path);
  write(staging.PathFor(path).string());
  staging.MoveInto(path);
}

void
WriteText(const std::string & text, const std::string & path)
{
  WriteFile(path,
            [&](const std::string & name)
            {
              std::ofstream file(name);
              file << text;
              file.close();
              if (!file)
              {
                throw InputError(path + ": the file could not be written whole; the disk may be full.");
              }
            });
}
} // namespace ImageFiles
