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
#include "itkVerifiedImageIO.h"

#include "itkByteStream.h"
#include "itkDicomStack.h"
#include "itkImageFileChecks.h"
#include "itkReadingProcess.h"

#include "itkImageIOFactory.h"
#include "itkMetaDataObject.h"
#include "itkNrrdImageIO.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <utility>

namespace itk
{
namespace
{
namespace fs = std::filesystem;
using colorization::ByteReader;
using colorization::ByteWriter;
using colorization::FileFault;
using colorization::SharedMemory;

/** What another process is to read. */
struct Request
{
  std::string path{};
  /** Whether the file has been verified before. */
  bool        isVerified = false;
  std::string series{};
  int         frame = -1;

  std::string
  ToBytes() const
  {
    ByteWriter writer;
    writer.PutText(path);
    writer.Put(isVerified);
    writer.PutText(series);
    writer.Put(frame);
    return writer.GetBytes();
  }
  static Request
  FromBytes(const std::string & bytes)
  {
    ByteReader reader(bytes);
    Request    request;
    request.path = reader.GetText();
    request.isVerified = reader.Get<bool>();
    request.series = reader.GetText();
    request.frame = reader.Get<int>();
    return request;
  }
};

/** Remembers which files have been verified, until they change. */
class VerifiedFiles
{
public:
  bool
  Has(const std::string & path)
  {
    const std::lock_guard<std::mutex> lock(m_Mutex);
    const auto                        found = m_Marks.find(path);
    return found != m_Marks.end() && found->second == MarkOf(path);
  }
  void
  Add(const std::string & path)
  {
    const std::lock_guard<std::mutex> lock(m_Mutex);
    m_Marks[path] = MarkOf(path);
  }
  static VerifiedFiles &
  Instance()
  {
    static VerifiedFiles files;
    return files;
  }

private:
  using Mark = std::pair<std::uintmax_t, fs::file_time_type>;

  static Mark
  MarkOf(const std::string & path)
  {
    std::error_code error;
    const auto      size = fs::file_size(path, error);
    return { size, fs::last_write_time(path, error) };
  }

  std::mutex                  m_Mutex{};
  std::map<std::string, Mark> m_Marks{};
};

/** The reader for a file, with its head read. Runs in a process of its own. */
ImageIOBase::Pointer
ReadHeadAlone(const std::string & path)
{
  ImageIOBase::Pointer io = ImageIOFactory::CreateImageIO(path.c_str(), ImageIOFactory::IOFileModeEnum::ReadMode);
  const auto           nrrd = NrrdImageIO::New();
  if (!io && nrrd->CanReadFile(path.c_str()))
  {
    // This module has it, registered or not.
    io = nrrd;
  }
  if (!io)
  {
    throw FileFault("this is no image in a format that can be read (such as NIfTI, NRRD, MetaImage, DICOM, PNG, JPEG, "
                    "TIFF).");
  }
  io->SetFileName(path);
  io->ReadImageInformation();
  std::uint64_t pixels = 1;
  for (unsigned int axis = 0; axis < io->GetNumberOfDimensions(); ++axis)
  {
    const std::uint64_t size = io->GetDimensions(axis);
    if (size > 0 && pixels > (std::uint64_t(1) << 46) / size)
    {
      colorization::ThrowDamaged("its size is beyond all measure");
    }
    pixels *= size;
  }
  return io;
}

/** The same for a file that is verified. */
ImageIOBase::Pointer
ReadVerifiedHead(const Request & request)
{
  if (!request.isVerified)
  {
    colorization::VerifyImageFile(request.path);
  }
  return ReadHeadAlone(request.path);
}

bool
IsReadByGDCM(const std::string & path)
{
  const std::string name = colorization::LowerCase(path);
  const auto        ends = [&](const char * ending) { return colorization::EndsWith(name, ending); };
  return !ends(".nii") && !ends(".nii.gz") && !ends(".hdr") && !ends(".img") && !ends(".img.gz") && !ends(".hdr.gz");
}

void
ReadAllPixels(ImageIOBase * io, void * out)
{
  ImageIORegion region(io->GetNumberOfDimensions());
  for (unsigned int axis = 0; axis < io->GetNumberOfDimensions(); ++axis)
  {
    region.SetSize(axis, io->GetDimensions(axis));
  }
  io->SetIORegion(region);
  io->Read(out);
}

std::string
HeadText(ImageIOBase * io)
{
  ByteWriter writer;
  writer.PutText(io->GetNameOfClass());
  const unsigned int dimensions = io->GetNumberOfDimensions();
  writer.Put<std::uint32_t>(dimensions);
  for (unsigned int axis = 0; axis < dimensions; ++axis)
  {
    writer.Put<std::uint64_t>(io->GetDimensions(axis));
    writer.Put<double>(io->GetSpacing(axis));
    writer.Put<double>(io->GetOrigin(axis));
    writer.PutAll(io->GetDirection(axis));
  }
  writer.Put(io->GetPixelType());
  writer.Put(io->GetComponentType());
  writer.Put<std::uint32_t>(io->GetNumberOfComponents());
  std::map<std::string, std::string> texts;
  MetaDataDictionary &               dictionary = io->GetMetaDataDictionary();
  for (const std::string & key : dictionary.GetKeys())
  {
    std::string text;
    if (ExposeMetaData(dictionary, key, text))
    {
      texts[key] = text;
    }
  }
  writer.Put<std::uint64_t>(texts.size());
  for (const auto & [key, text] : texts)
  {
    writer.PutText(key);
    writer.PutText(text);
  }
  writer.PutText("");
  return writer.GetBytes();
}

/** The files of a stack of slices: a folder's series, or one file of many frames; none for other files. */
std::vector<colorization::DicomFile>
StackFilesOf(const Request & request)
{
  if (fs::is_directory(request.path))
  {
    return colorization::FindDicomSeries(request.path, request.series);
  }
  const colorization::MappedFile mapped(request.path);
  if (!colorization::IsDicom(mapped.GetBytes()) || !IsReadByGDCM(request.path))
  {
    return {};
  }
  colorization::DicomFile file = colorization::ReadDicomBytes(mapped.GetBytes());
  file.path = request.path;
  const bool isMosaic = file.imageType.find("MOSAIC") != std::string::npos;
  const bool isStack = file.samples == 1 && (file.frames.size() > 1 || isMosaic);
  return isStack ? std::vector<colorization::DicomFile>{ file } : std::vector<colorization::DicomFile>{};
}

std::string
HeadText(const std::vector<colorization::DicomFile> & files, const colorization::DicomStack & stack)
{
  ByteWriter writer;
  writer.PutText("GDCMImageIO");
  writer.Put<std::uint32_t>(3);
  for (std::size_t axis = 0; axis < 3; ++axis)
  {
    writer.Put<std::uint64_t>(stack.size[axis]);
    writer.Put<double>(stack.spacing[axis]);
    writer.Put<double>(stack.origin[axis]);
    writer.PutAll(std::vector<double>(stack.axes[axis].begin(), stack.axes[axis].end()));
  }
  writer.Put(IOPixelEnum::SCALAR);
  writer.Put(IOComponentEnum::FLOAT);
  writer.Put<std::uint32_t>(1);
  writer.Put<std::uint64_t>(1);
  writer.PutText("0008|0060");
  writer.PutText(files.front().modality);
  writer.PutText(stack.note);
  return writer.GetBytes();
}

template <typename T>
void
CopyAsFloats(const std::vector<char> & bytes, std::size_t first, std::size_t count, float * out)
{
  const T * begin = reinterpret_cast<const T *>(bytes.data()) + first;
  std::transform(begin, begin + count, out, [](T value) { return static_cast<float>(value); });
}

/** Copies pixels of any kind as floats. */
void
CopyPixels(const std::vector<char> & bytes, IOComponentEnum type, std::size_t first, std::size_t count, float * out)
{
  switch (type)
  {
    case IOComponentEnum::UCHAR:
      return CopyAsFloats<unsigned char>(bytes, first, count, out);
    case IOComponentEnum::CHAR:
      return CopyAsFloats<signed char>(bytes, first, count, out);
    case IOComponentEnum::USHORT:
      return CopyAsFloats<unsigned short>(bytes, first, count, out);
    case IOComponentEnum::SHORT:
      return CopyAsFloats<short>(bytes, first, count, out);
    case IOComponentEnum::UINT:
      return CopyAsFloats<unsigned int>(bytes, first, count, out);
    case IOComponentEnum::INT:
      return CopyAsFloats<int>(bytes, first, count, out);
    case IOComponentEnum::FLOAT:
      return CopyAsFloats<float>(bytes, first, count, out);
    case IOComponentEnum::DOUBLE:
      return CopyAsFloats<double>(bytes, first, count, out);
    default:
      colorization::ThrowDamaged("its pixels are of a type that no image has");
  }
}

/** Reads the slices of a stack, each where it belongs. */
void
ReadSlices(const std::vector<colorization::DicomFile> & files, const colorization::DicomStack & stack, float * out)
{
  const std::size_t pixels = stack.sliceSize[0] * stack.sliceSize[1];
  for (std::size_t f = 0; f < files.size(); ++f)
  {
    const auto isOfFile = [&](const colorization::DicomSlice & slice) { return slice.file == f; };
    if (std::none_of(stack.slices.begin(), stack.slices.end(), isOfFile))
    {
      continue;
    }
    const std::string name = fs::path(files[f].path).filename().string();
    std::vector<char> bytes;
    try
    {
      const ImageIOBase::Pointer io = ReadHeadAlone(files[f].path);
      if (static_cast<std::size_t>(io->GetImageSizeInPixels()) != pixels * files[f].frames.size() ||
          io->GetNumberOfComponents() != 1)
      {
        throw FileFault("its file " + name + " has pixels of another number or kind than it says.");
      }
      bytes.resize(static_cast<std::size_t>(io->GetImageSizeInBytes()));
      ReadAllPixels(io, bytes.data());
      for (std::size_t k = 0; k < stack.slices.size(); ++k)
      {
        if (isOfFile(stack.slices[k]))
        {
          CopyPixels(bytes, io->GetComponentType(), stack.slices[k].frame * pixels, pixels, out + k * pixels);
        }
      }
    }
    catch (const ExceptionObject &)
    {
      throw FileFault("its file " + name + ": the image is damaged or cut short: its reader does not understand it.");
    }
  }
}

void
ReadStack(const std::vector<colorization::DicomFile> & files,
          const colorization::DicomStack &             stack,
          SharedMemory &                               memory)
{
  auto * out = static_cast<float *>(memory.Resize(stack.size[0] * stack.size[1] * stack.size[2] * sizeof(float)));
  if (!stack.isResampled)
  {
    ReadSlices(files, stack, out);
    return;
  }
  std::vector<float> slices(stack.sliceSize[0] * stack.sliceSize[1] * stack.slices.size());
  ReadSlices(files, stack, slices.data());
  colorization::ResampleDicomStack(stack, slices, out);
}

/** Turns what ITK says into a sentence of ours. */
template <typename TRead>
std::string
Reading(const TRead & read)
{
  try
  {
    return read();
  }
  catch (const ExceptionObject &)
  {
    colorization::ThrowDamaged("its reader does not understand it");
  }
}

std::string
ReadHeadApart(const std::string & bytes, SharedMemory &)
{
  return Reading(
    [&]()
    {
      const Request request = Request::FromBytes(bytes);
      const auto    files = StackFilesOf(request);
      return files.empty() ? HeadText(ReadVerifiedHead(request))
                           : HeadText(files, colorization::ArrangeDicomStack(files, request.frame));
    });
}

std::string
ReadPixelsApart(const std::string & bytes, SharedMemory & memory)
{
  return Reading(
    [&]()
    {
      const Request request = Request::FromBytes(bytes);
      const auto    files = StackFilesOf(request);
      if (!files.empty())
      {
        ReadStack(files, colorization::ArrangeDicomStack(files, request.frame), memory);
        return std::string();
      }
      const ImageIOBase::Pointer io = ReadVerifiedHead(request);
      ReadAllPixels(io, memory.Resize(static_cast<std::size_t>(io->GetImageSizeInBytes())));
      return std::string();
    });
}

std::string
FindFilesApart(const std::string & bytes, SharedMemory &)
{
  const Request            request = Request::FromBytes(bytes);
  std::vector<std::string> paths;
  for (const colorization::DicomFile & file : colorization::FindDicomSeries(request.path, request.series))
  {
    paths.push_back(file.path);
  }
  ByteWriter writer;
  writer.PutTexts(paths);
  return writer.GetBytes();
}

std::string
CallFor(Request request, colorization::IsolatedFunction function, SharedMemory & memory)
{
  const std::string & path = request.path;
  try
  {
    VerifiedFiles &   verified = VerifiedFiles::Instance();
    request.isVerified = verified.Has(path);
    const std::string answer = colorization::OpenReadingProcess()->Call(function, request.ToBytes(), memory);
    verified.Add(path);
    return answer;
  }
  catch (const colorization::IsolatedFailure & failure)
  {
    throw ImageFileException(path, failure.what());
  }
}
} // namespace

ImageFileException::ImageFileException(const std::string & path, const std::string & sentence)
  : ExceptionObject(__FILE__, __LINE__, path + ": " + sentence, "VerifiedImageIO")
{}

ImageReadingSession::ImageReadingSession()
  : m_Process(colorization::OpenReadingProcess())
{}

ImageReadingSession::~ImageReadingSession() = default;

bool
VerifiedImageIO::CanReadFile(const char * path)
{
  try
  {
    SharedMemory memory;
    CallFor({ path, false, {}, -1 }, ReadHeadApart, memory);
    return true;
  }
  catch (const ExceptionObject &)
  {
    return false;
  }
}

void
VerifiedImageIO::ReadImageInformation()
{
  SharedMemory      memory;
  const std::string head = CallFor({ this->GetFileName(), false, m_Series, m_Frame }, ReadHeadApart, memory);
  ByteReader        reader(head);
  m_Format = reader.GetText();
  const auto dimensions = reader.Get<std::uint32_t>();
  this->SetNumberOfDimensions(dimensions);
  for (unsigned int axis = 0; axis < dimensions; ++axis)
  {
    this->SetDimensions(axis, static_cast<SizeValueType>(reader.Get<std::uint64_t>()));
    this->SetSpacing(axis, reader.Get<double>());
    this->SetOrigin(axis, reader.Get<double>());
    this->SetDirection(axis, reader.GetAll<double>());
  }
  this->SetPixelType(reader.Get<IOPixelEnum>());
  this->SetComponentType(reader.Get<IOComponentEnum>());
  this->SetNumberOfComponents(reader.Get<std::uint32_t>());
  MetaDataDictionary & dictionary = this->GetMetaDataDictionary();
  dictionary = MetaDataDictionary();
  for (auto left = reader.Get<std::uint64_t>(); left > 0; --left)
  {
    const std::string key = reader.GetText();
    EncapsulateMetaData<std::string>(dictionary, key, reader.GetText());
  }
  m_Note = reader.GetText();
}

void
VerifiedImageIO::Read(void * buffer)
{
  SharedMemory memory;
  CallFor({ this->GetFileName(), false, m_Series, m_Frame }, ReadPixelsApart, memory);
  const auto wanted = static_cast<std::size_t>(this->GetImageSizeInBytes());
  if (memory.GetSize() != wanted)
  {
    throw ImageFileException(this->GetFileName(), "the file changed while it was read.");
  }
  std::memcpy(buffer, memory.Map(), wanted);
}

std::vector<std::string>
VerifiedImageIO::FindDicomFiles(const std::string & folder, const std::string & series)
{
  SharedMemory      memory;
  const std::string bytes = CallFor({ folder, false, series, -1 }, FindFilesApart, memory);
  return ByteReader(bytes).GetTexts();
}

void
VerifiedImageIO::WriteImageInformation()
{
  itkExceptionMacro(<< "VerifiedImageIO does not write images.");
}

void
VerifiedImageIO::Write(const void *)
{
  itkExceptionMacro(<< "VerifiedImageIO does not write images.");
}

} // namespace itk
