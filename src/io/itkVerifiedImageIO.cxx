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
#include "itkImageFileChecks.h"
#include "itkReadingProcess.h"

#include "itkImageIOFactory.h"
#include "itkMetaDataObject.h"
#include "itkNrrdImageIO.h"

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
  bool isVerified = false;

  std::string
  ToBytes() const
  {
    ByteWriter writer;
    writer.PutText(path);
    writer.Put(isVerified);
    return writer.GetBytes();
  }
  static Request
  FromBytes(const std::string & bytes)
  {
    ByteReader reader(bytes);
    Request    request;
    request.path = reader.GetText();
    request.isVerified = reader.Get<bool>();
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

/** The reader for a file that has been verified, with its head read. Runs in a process of its own. */
ImageIOBase::Pointer
ReadVerifiedHead(const Request & request)
{
  const std::string & path = request.path;
  if (!request.isVerified)
  {
    colorization::VerifyImageFile(path);
  }
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
  return writer.GetBytes();
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
  return Reading([&]() { return HeadText(ReadVerifiedHead(Request::FromBytes(bytes))); });
}

std::string
ReadPixelsApart(const std::string & bytes, SharedMemory & memory)
{
  return Reading(
    [&]()
    {
      const ImageIOBase::Pointer io = ReadVerifiedHead(Request::FromBytes(bytes));
      ImageIORegion              region(io->GetNumberOfDimensions());
      for (unsigned int axis = 0; axis < io->GetNumberOfDimensions(); ++axis)
      {
        region.SetSize(axis, io->GetDimensions(axis));
      }
      io->SetIORegion(region);
      std::string head = HeadText(io);
      io->Read(memory.Resize(static_cast<std::size_t>(io->GetImageSizeInBytes())));
      return head;
    });
}

std::string
CallFor(const std::string & path, colorization::IsolatedFunction function, SharedMemory & memory)
{
  try
  {
    VerifiedFiles &   verified = VerifiedFiles::Instance();
    const Request     request{ path, verified.Has(path) };
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
    CallFor(path, ReadHeadApart, memory);
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
  const std::string head = CallFor(this->GetFileName(), ReadHeadApart, memory);
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
}

void
VerifiedImageIO::Read(void * buffer)
{
  SharedMemory memory;
  CallFor(this->GetFileName(), ReadPixelsApart, memory);
  const auto wanted = static_cast<std::size_t>(this->GetImageSizeInBytes());
  if (memory.GetSize() != wanted)
  {
    throw ImageFileException(this->GetFileName(), "the file changed while it was read.");
  }
  std::memcpy(buffer, memory.Map(), wanted);
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
