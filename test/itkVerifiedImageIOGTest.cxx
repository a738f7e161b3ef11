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

#include "../src/io/itkDicomStack.h"
#include "../src/io/itkFileBytes.h"
#include "../src/io/itkImageFileChecks.h"
#include "../src/io/itkNiftiHeader.h"
#include "../src/io/itkReadingProcess.h"

#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkRGBPixel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

#include <unistd.h>

namespace
{
namespace fs = std::filesystem;
using itk::colorization::DicomFile;
using itk::colorization::DicomFrame;
using itk::colorization::FileFault;
using itk::colorization::IsolatedFailure;
using itk::colorization::ReadingProcess;
using itk::colorization::SharedMemory;
using VolumeType = itk::Image<short, 3>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 2>;

std::string
BytesOf(const std::string & path)
{
  std::ifstream     file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class VerifiedImageIO : public testing::Test
{
protected:
  void
  SetUp() override
  {
    m_Folder = fs::temp_directory_path() / ("colorization-verified-" + std::to_string(getpid()));
    fs::create_directories(m_Folder);
  }
  void
  TearDown() override
  {
    fs::remove_all(m_Folder);
  }

  std::string
  File(const std::string & name) const
  {
    return (m_Folder / name).string();
  }

  /** A volume with a geometry that is not the default. */
  std::string
  WriteVolume(const std::string & name, bool isCompressed) const
  {
    auto volume = VolumeType::New();
    volume->SetRegions(VolumeType::SizeType{ { 9, 8, 7 } });
    const double spacing[3] = { 0.5, 0.75, 2.0 };
    volume->SetSpacing(spacing);
    const double origin[3] = { -3.0, 4.0, 5.0 };
    volume->SetOrigin(origin);
    volume->Allocate();
    unsigned int seed = 1;
    for (itk::ImageRegionIteratorWithIndex<VolumeType> it(volume, volume->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      seed = seed * 1664525u + 1013904223u;
      it.Set(static_cast<short>(seed >> 20));
    }
    auto writer = itk::ImageFileWriter<VolumeType>::New();
    writer->SetInput(volume);
    writer->SetFileName(File(name));
    writer->SetUseCompression(isCompressed);
    writer->Update();
    return File(name);
  }

  std::string
  WritePicture(const std::string & name) const
  {
    auto picture = ColorType::New();
    picture->SetRegions(ColorType::SizeType{ { 40, 30 } });
    picture->Allocate();
    for (itk::ImageRegionIteratorWithIndex<ColorType> it(picture, picture->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      ColorType::PixelType pixel;
      const auto           index = it.GetIndex();
      pixel.Set(static_cast<unsigned char>(6 * index[0]), static_cast<unsigned char>(8 * index[1]), 90);
      it.Set(pixel);
    }
    itk::WriteImage(picture.GetPointer(), File(name));
    return File(name);
  }

  template <typename TImage>
  static typename TImage::Pointer
  Read(const std::string & path)
  {
    auto reader = itk::ImageFileReader<TImage>::New();
    reader->SetImageIO(itk::VerifiedImageIO::New());
    reader->SetFileName(path);
    reader->Update();
    return reader->GetOutput();
  }

  /** Expects one sentence that begins with the file's name. */
  static void
  ExpectFault(const std::string & path, const std::string & part)
  {
    try
    {
      const auto io = itk::VerifiedImageIO::New();
      io->SetFileName(path);
      io->ReadImageInformation();
      FAIL() << path << " was read, but should fail: " << part;
    }
    catch (const itk::ImageFileException & error)
    {
      const std::string sentence = error.GetDescription();
      EXPECT_EQ(sentence.rfind(path + ": ", 0), 0u) << sentence;
      EXPECT_NE(sentence.find(part), std::string::npos) << sentence;
      EXPECT_EQ(sentence.find('\n'), std::string::npos) << sentence;
      EXPECT_EQ(sentence.back(), '.') << sentence;
    }
  }

  void
  ExpectFaultOfBytes(const std::string & name, const std::string & bytes, const std::string & part) const
  {
    std::ofstream(File(name), std::ios::binary) << bytes;
    ExpectFault(File(name), part);
  }

  fs::path m_Folder{};
};

TEST_F(VerifiedImageIO, GivesWhatTheReaderOfTheFormatGives)
{
  for (const char * name : { "a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.mhd" })
  {
    for (const bool isCompressed : { false, true })
    {
      const std::string path = WriteVolume(name, isCompressed);
      const auto        plain = itk::ReadImage<VolumeType>(path);
      const auto        verified = Read<VolumeType>(path);
      EXPECT_EQ(plain->GetBufferedRegion(), verified->GetBufferedRegion()) << name;
      EXPECT_EQ(plain->GetSpacing(), verified->GetSpacing()) << name;
      EXPECT_EQ(plain->GetOrigin(), verified->GetOrigin()) << name;
      EXPECT_EQ(plain->GetDirection(), verified->GetDirection()) << name;
      const auto count = plain->GetBufferedRegion().GetNumberOfPixels();
      EXPECT_TRUE(
        std::equal(plain->GetBufferPointer(), plain->GetBufferPointer() + count, verified->GetBufferPointer()))
        << name;
    }
  }
  for (const char * name : { "a.png", "a.jpg", "a.bmp", "a.tif" })
  {
    const std::string path = WritePicture(name);
    const auto        plain = itk::ReadImage<ColorType>(path);
    const auto        verified = Read<ColorType>(path);
    EXPECT_TRUE(std::equal(plain->GetBufferPointer(),
                           plain->GetBufferPointer() + plain->GetBufferedRegion().GetNumberOfPixels(),
                           verified->GetBufferPointer()))
      << name;
  }
}

TEST_F(VerifiedImageIO, WholenessIsVerifiedForEveryFormat)
{
  for (const char * name : { "a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.png", "a.jpg", "a.bmp", "a.tif" })
  {
    const bool        isVolume = std::string(name).find(".n") != std::string::npos || std::string(name) == "a.mha";
    const std::string whole = BytesOf(isVolume ? WriteVolume(name, true) : WritePicture(name));
    for (const double share : { 0.02, 0.3, 0.6, 0.9, 0.99 })
    {
      const auto length = static_cast<std::size_t>(share * static_cast<double>(whole.size()));
      ExpectFaultOfBytes(std::string("cut-") + name, whole.substr(0, length), "");
    }
    ExpectFaultOfBytes(std::string("empty-") + name, "", "the file is empty");
  }
}

TEST_F(VerifiedImageIO, DataBesideTheHeadAreVerified)
{
  WriteVolume("a.mhd", false);
  const std::string raw = BytesOf(File("a.raw"));
  std::ofstream(File("a.raw"), std::ios::binary) << raw.substr(0, raw.size() / 2);
  ExpectFault(File("a.mhd"), "its file a.raw holds 504 bytes, but 1008 are needed");
  fs::remove(File("a.raw"));
  ExpectFault(File("a.mhd"), "the file with its pixels, a.raw, is not there");

  WriteVolume("b.nhdr", false);
  const std::string nrrdRaw = BytesOf(File("b.raw"));
  ASSERT_FALSE(nrrdRaw.empty());
  std::ofstream(File("b.raw"), std::ios::binary) << nrrdRaw.substr(0, nrrdRaw.size() - 1);
  ExpectFault(File("b.nhdr"), "its file b.raw holds 1007 bytes, but 1008 are needed");

  WriteVolume("c.hdr", false);
  const std::string image = BytesOf(File("c.img"));
  ASSERT_FALSE(image.empty());
  std::ofstream(File("c.img"), std::ios::binary) << image.substr(0, image.size() / 2);
  ExpectFault(File("c.hdr"), "its pixels need 1008 bytes, but 504 are there");
  ExpectFault(File("c.img"), "its pixels need 1008 bytes, but 504 are there");
  fs::remove(File("c.img"));
  ExpectFault(File("c.hdr"), "the file with its pixels");
}

TEST_F(VerifiedImageIO, EveryByteOfAPngIsVerified)
{
  const std::string whole = BytesOf(WritePicture("a.png"));
  for (std::size_t at = 0; at < whole.size(); at += 7)
  {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const itk::colorization::ByteView bytes(reinterpret_cast<const unsigned char *>(damaged.data()), damaged.size());
    EXPECT_THROW(itk::colorization::VerifyPNG(bytes), FileFault) << at;
  }
}

TEST_F(VerifiedImageIO, NiftiHeadsThatCannotBeAreNamed)
{
  const std::string whole = BytesOf(WriteVolume("a.nii", false));
  const auto        with = [&](std::size_t at, auto value)
  {
    std::string bytes = whole;
    std::memcpy(&bytes[at], &value, sizeof(value));
    return bytes;
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  ExpectFaultOfBytes("nan.nii", with(280, nan), "its sform, which says where it lies, is not finite");
  ExpectFaultOfBytes("nan.nii", with(256, nan), "its qform, which says where it lies, is not finite");
  ExpectFaultOfBytes("nan.nii", with(80, nan), "the size of its pixels is not finite");
  ExpectFaultOfBytes("nan.nii", with(112, nan), "the scale of its values is not finite");
  ExpectFaultOfBytes("size.nii", with(42, static_cast<short>(-4)), "its size along axis 1 is -4");
  ExpectFaultOfBytes("size.nii", with(40, static_cast<short>(9)), "its head says that it has 9 axes");
  ExpectFaultOfBytes("type.nii", with(70, static_cast<short>(3)), "its numbers are of type 3");
  ExpectFaultOfBytes("begin.nii", with(108, 8.0f), "its pixels begin within its head");

  // Packed colors: half as many bytes as shorts, and one more.
  std::string color = with(70, static_cast<short>(128));
  const short bits = 24;
  std::memcpy(&color[72], &bits, sizeof(bits));
  const float slope = 2.0f;
  std::memcpy(&color[112], &slope, sizeof(slope));
  color += std::string(9 * 8 * 7, 'x');
  ExpectFaultOfBytes("color.nii", color, "the colors are packed in bytes, but have a scale (slope 2, intercept 0)");
}

TEST_F(VerifiedImageIO, FormatsThatAreNotReadAreNamed)
{
  ExpectFaultOfBytes("a.webp", std::string("RIFF\0\0\0\0WEBPVP8 ", 16), "this is a WebP picture");
  ExpectFaultOfBytes("a.gif", "GIF89a", "this is a GIF picture");
  ExpectFaultOfBytes("a.txt", "words", "this is no image in a format that can be read");
  ExpectFaultOfBytes("a.nrrd",
                     "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nencoding: bzip2\n\nBZh9",
                     "the NRRD is compressed by bzip2, which is not read");
  ExpectFaultOfBytes("a.nrrd",
                     "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 2 2 2\nencoding: raw\n\n0123456789abcdef",
                     "the NRRD has the sizes 2 2 2 2: 4 axes of places");
  std::string bmp = BytesOf(WritePicture("a.bmp"));
  bmp[28] = 32;
  ExpectFaultOfBytes("a.bmp", bmp + bmp, "the BMP has 32 bits a pixel");
}

std::string
RaiseSignal(const std::string & request, SharedMemory &)
{
  std::raise(std::stoi(request));
  return "still there";
}

std::string
Reverse(const std::string & request, SharedMemory & memory)
{
  const std::string reversed(request.rbegin(), request.rend());
  std::memcpy(memory.Resize(reversed.size()), reversed.data(), reversed.size());
  return "from " + request;
}

std::string
ThrowFault(const std::string & request, SharedMemory &)
{
  throw FileFault(request);
}

TEST(ReadingProcess, ReturnsWhatAFunctionReturnsAndOutlivesSignals)
{
  const ReadingProcess process;
  for (const int number : { SIGABRT, SIGSEGV, SIGFPE, SIGKILL })
  {
    SharedMemory memory;
    EXPECT_THROW(process.Call(RaiseSignal, std::to_string(number), memory), IsolatedFailure) << number;
    EXPECT_EQ(process.Call(Reverse, "abc", memory), "from abc");
    EXPECT_EQ(std::string(static_cast<const char *>(memory.Map()), memory.GetSize()), "cba");
    try
    {
      process.Call(ThrowFault, "a sentence.", memory);
      FAIL();
    }
    catch (const IsolatedFailure & failure)
    {
      EXPECT_STREQ(failure.what(), "a sentence.");
    }
  }
}

TEST(ReadingProcess, AnswersManyThreadsAtOnce)
{
  const ReadingProcess     process;
  std::atomic<int>         wrong{ 0 };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
  {
    threads.emplace_back(
      [&, t]()
      {
        for (int k = 0; k < 20; ++k)
        {
          SharedMemory      memory;
          const std::string request = std::to_string(t) + ' ' + std::to_string(k);
          wrong += process.Call(Reverse, request, memory) == "from " + request ? 0 : 1;
        }
      });
  }
  for (std::thread & thread : threads)
  {
    thread.join();
  }
  EXPECT_EQ(wrong, 0);
}

/** A series of files of one frame each, with the normal along z. */
std::vector<DicomFile>
MakeSeries(const std::vector<std::array<double, 3>> & positions, double thickness = 0.0)
{
  std::vector<DicomFile> files;
  for (const auto & position : positions)
  {
    DicomFile file;
    file.path = "/folder/" + std::to_string(files.size()) + ".dcm";
    file.instanceUID = "1.2." + std::to_string(files.size());
    file.rows = 4;
    file.columns = 5;
    DicomFrame frame;
    frame.position.assign(position.begin(), position.end());
    frame.orientation = { 1.0, 0.0, 0.0, 0.0, 1.0, 0.0 };
    frame.spacing = { 0.5, 0.25 };
    if (thickness > 0.0)
    {
      frame.thickness = { thickness };
    }
    file.frames = { frame };
    files.push_back(file);
  }
  return files;
}

void
ExpectStackFault(const std::vector<DicomFile> & files, const std::string & part, int volume = -1)
{
  try
  {
    itk::colorization::ArrangeDicomStack(files, volume);
    FAIL() << "should fail: " << part;
  }
  catch (const FileFault & fault)
  {
    EXPECT_NE(std::string(fault.what()).find(part), std::string::npos) << fault.what();
  }
}

TEST(DicomStack, OrderSpacingAndDirectionsComeFromPositions)
{
  const auto stack =
    itk::colorization::ArrangeDicomStack(MakeSeries({ { 1, 2, 9 }, { 1, 2, 3 }, { 1, 2, 6 }, { 1, 2, 12 } }), -1);
  EXPECT_FALSE(stack.isResampled);
  EXPECT_TRUE(stack.note.empty()) << stack.note;
  EXPECT_EQ(stack.size, (std::array<std::size_t, 3>{ { 5, 4, 4 } }));
  EXPECT_EQ(stack.spacing, (std::array<double, 3>{ { 0.25, 0.5, 3.0 } }));
  EXPECT_EQ(stack.origin, (std::array<double, 3>{ { 1.0, 2.0, 3.0 } }));
  EXPECT_EQ(stack.axes[2], (std::array<double, 3>{ { 0.0, 0.0, 1.0 } }));
  const std::vector<std::size_t> order{ 1, 2, 0, 3 };
  for (std::size_t k = 0; k < 4; ++k)
  {
    EXPECT_EQ(stack.slices[k].file, order[k]);
  }
}

TEST(DicomStack, WhatIsNoVolumeIsRefusedWithNumbers)
{
  ExpectStackFault(MakeSeries({ { 0, 0, 0 }, { 0, 0, 3 }, { 0, 0, 6 }, { 0, 0, 12 }, { 0, 0, 15 } }, 3.0),
                   "a slice is missing: 2.dcm and 3.dcm are 6 mm apart, but most slices 3 mm.");
  ExpectStackFault(MakeSeries({ { 0, 0, 0 }, { 0, 0, 3 }, { 0, 0, 3 }, { 0, 0, 6 } }),
                   "at 1 of 3 places there are several slices, at others fewer");
  ExpectStackFault(MakeSeries({ { 0, 0, 0 }, { 4, 0, 3 }, { 0, 0, 6 }, { 0, 0, 9 } }), "its slices are not in line");
  auto twice = MakeSeries({ { 0, 0, 0 }, { 0, 0, 3 } });
  twice[1].instanceUID = twice[0].instanceUID;
  ExpectStackFault(twice, "its files 0.dcm and 1.dcm are one and the same slice.");
  auto localizer = MakeSeries({ { 0, 0, 0 }, { 0, 0, 3 }, { 0, 0, 6 } });
  localizer[1].frames[0].orientation = { 0.0, 1.0, 0.0, 0.0, 0.0, -1.0 };
  ExpectStackFault(localizer, "1.dcm differs from most, as localizers do");
  auto nowhere = MakeSeries({ { 0, 0, 0 }, { 0, 0, 3 } });
  nowhere[1].frames[0].position.clear();
  ExpectStackFault(nowhere, "its file 1.dcm does not say where it lies.");
}

TEST(DicomStack, OneOfSeveralVolumesIsChosen)
{
  const auto files = MakeSeries({ { 0, 0, 0 }, { 0, 0, 3 }, { 0, 0, 0 }, { 0, 0, 3 } });
  ExpectStackFault(files, "it holds 2 volumes of 2 slices at the same places: choose one of 0 ... 1 with --frame.");
  ExpectStackFault(files, "but volume 2 is wanted", 2);
  const auto stack = itk::colorization::ArrangeDicomStack(files, 1);
  ASSERT_EQ(stack.slices.size(), 2u);
  EXPECT_EQ(stack.slices[0].file, 2u);
  EXPECT_EQ(stack.slices[1].file, 3u);
}

/** A linear function of the place in space is what linear resampling keeps, inside of the slices. */
void
ExpectKeepsLinearField(const std::vector<DicomFile> & files, const std::string & note)
{
  const auto stack = itk::colorization::ArrangeDicomStack(files, -1);
  ASSERT_TRUE(stack.isResampled);
  EXPECT_NE(stack.note.find(note), std::string::npos) << stack.note;
  const auto field = [](double x, double y, double z) { return 100.0 + 3.0 * x - 2.0 * y + 5.0 * z; };
  std::vector<float> slices;
  for (const auto & slice : stack.slices)
  {
    const auto & p = files[slice.file].frames[0].position;
    for (std::size_t r = 0; r < 4; ++r)
    {
      for (std::size_t c = 0; c < 5; ++c)
      {
        slices.push_back(static_cast<float>(
          field(p[0] + 0.25 * static_cast<double>(c), p[1] + 0.5 * static_cast<double>(r), p[2])));
      }
    }
  }
  std::vector<float> out(stack.size[0] * stack.size[1] * stack.size[2]);
  itk::colorization::ResampleDicomStack(stack, slices, out.data());
  const float outside = *std::min_element(slices.begin(), slices.end());
  std::size_t inside = 0;
  for (std::size_t i = 0; i < out.size(); ++i)
  {
    const auto x = static_cast<double>(i % stack.size[0]);
    const auto y = static_cast<double>(i / stack.size[0] % stack.size[1]);
    const auto z = static_cast<double>(i / stack.size[0] / stack.size[1]);
    const double wanted = field(stack.origin[0] + stack.spacing[0] * x,
                                stack.origin[1] + stack.spacing[1] * y,
                                stack.origin[2] + stack.spacing[2] * z);
    const bool   isRight = std::abs(out[i] - wanted) < 1e-3;
    // Where one of two slices ends, the value is a mixture with what is outside.
    inside += isRight ? 1 : 0;
    EXPECT_TRUE(isRight || out[i] < wanted + 40.0f) << i;
    EXPECT_GE(out[i], outside - 1e-3f);
  }
  EXPECT_GT(inside, out.size() / 2);
}

TEST(DicomStack, UnevenSlicesAreResampled)
{
  ExpectKeepsLinearField(MakeSeries({ { 0, 0, 0 }, { 0, 0, 3 }, { 0, 0, 6 }, { 0, 0, 10 }, { 0, 0, 14 } }, 4.0),
                         "slices are between 3 and 4 mm apart; resampled to");
}

TEST(DicomStack, LeaningSlicesAreResampled)
{
  ExpectKeepsLinearField(MakeSeries({ { 0, 0, 0 }, { 0, 0.2, 2 }, { 0, 0.4, 4 }, { 0, 0.6, 6 } }),
                         "slices lean by 5.7 degrees, as of a tilted gantry; resampled to 4 upright slices 2 mm apart.");
}

} // namespace
