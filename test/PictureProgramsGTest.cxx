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
// The programs that colour, given pictures and single slices.

#include "../examples/support/ImageFiles.h"

#include "itkColorSpace.h"

#include "itkExtractImageFilter.h"
#include "itkImage.h"
#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"
#include "itkImageRegionConstIterator.h"
#include "itkRGBPixel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace
{
using PictureType = itk::Image<unsigned char, 2>;
using VolumeType = itk::Image<unsigned char, 3>;
using ColorPictureType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using ColorVolumeType = itk::Image<itk::RGBPixel<unsigned char>, 3>;

#ifdef COLORIZATION_HAS_TORCH
constexpr bool HasTorch = true;
#else
constexpr bool HasTorch = false;
#endif

const std::string Photograph = "/usr/share/doc/insighttoolkit5-examples/examples/Data/VisibleWomanHeadSlice.png";

class PicturePrograms : public testing::Test
{
protected:
  static void
  SetUpTestSuite()
  {
    s_Folder = fs::temp_directory_path() / ("colorization-pictures-" + std::to_string(getpid()));
    fs::create_directories(s_Folder);
    s_Head = itk::ReadImage<VolumeType>("/usr/share/mricron/templates/ch2.nii.gz");
    // Its front is the last row there, and up in pictures.
    s_Picture = PictureType::New();
    s_Picture->SetRegions(PictureType::SizeType{ { 181, 217 } });
    s_Picture->Allocate();
    for (int y = 0; y < 217; ++y)
    {
      for (int x = 0; x < 181; ++x)
      {
        s_Picture->SetPixel({ { x, y } }, s_Head->GetPixel({ { x, 216 - y, 45 } }));
      }
    }
    itk::WriteImage(s_Picture, File("slice.png"));
  }
  static void
  TearDownTestSuite()
  {
    s_Head = nullptr;
    s_Picture = nullptr;
    fs::remove_all(s_Folder);
  }

  static std::string
  File(const std::string & name)
  {
    return (s_Folder / name).string();
  }

  /** Runs a program on two files, and gives what it prints on the standard error stream.
   * \param code that is wanted */
  static std::string
  Run(const std::string & program,
      const std::string & input,
      const std::string & output,
      const std::string & arguments,
      int                 code = 0)
  {
    const int status =
      std::system(("'" COLORIZATION_PROGRAM_FOLDER "/" + program + "' '" + File(input) + "' '" + File(output) + "' " +
                   arguments + " --progress none >'" + File("stdout") + "' 2>'" + File("stderr") + "' </dev/null")
                    .c_str());
    std::ifstream     file(File("stderr"));
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == code) << text.str();
    return text.str();
  }

  /** The programs and methods that colour, with their arguments. */
  static std::vector<std::array<std::string, 2>>
  Methods()
  {
    const std::string                       reference = "--reference '" + Photograph + "' ";
    std::vector<std::array<std::string, 2>> methods{ { { "ColorizeFromReference", reference } },
                                                     { { "ColorizeFromReference", reference + "--method slices" } } };
    if (HasTorch)
    {
      methods.push_back({ { "ColorizeFromReference", "--method network" } });
      methods.push_back({ { "ColorizeWithNetwork", "" } });
    }
    return methods;
  }

  /** Most of what is not black is of the colours of flesh. */
  template <typename TImage>
  static void
  ExpectColours(const TImage * image, const std::string & method)
  {
    double warm = 0.0;
    double body = 0.0;
    for (itk::ImageRegionConstIterator<TImage> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      const auto lab =
        itk::colorization::RGBToLab({ { it.Get()[0] / 255.0f, it.Get()[1] / 255.0f, it.Get()[2] / 255.0f } });
      body += lab[0] > 15.0f ? 1.0 : 0.0;
      warm += lab[0] > 15.0f && lab[2] > 2.0f ? 1.0 : 0.0;
    }
    EXPECT_GT(body, 0.4 * static_cast<double>(image->GetBufferedRegion().GetNumberOfPixels())) << method;
    EXPECT_GT(warm, 0.9 * body) << method;
  }

  static fs::path             s_Folder;
  static VolumeType::Pointer  s_Head;
  static PictureType::Pointer s_Picture;
};

fs::path             PicturePrograms::s_Folder;
VolumeType::Pointer  PicturePrograms::s_Head;
PictureType::Pointer PicturePrograms::s_Picture;
} // namespace

TEST_F(PicturePrograms, ColourPicturesAndSlicesByEveryMethod)
{
  // The same as a volume one voxel thick.
  auto thin = VolumeType::New();
  thin->SetRegions(VolumeType::SizeType{ { 181, 217, 1 } });
  thin->Allocate();
  std::copy_n(s_Picture->GetBufferPointer(), 181 * 217, thin->GetBufferPointer());
  thin->SetOrigin(VolumeType::PointType(4.0));
  itk::WriteImage(thin, File("thin.nrrd"));
  for (const auto & [program, arguments] : Methods())
  {
    const std::string method = program + " " + arguments;
    Run(program, "slice.png", "color.png", arguments);
    const auto picture = itk::ReadImage<ColorPictureType>(File("color.png"));
    ASSERT_EQ(picture->GetBufferedRegion().GetSize(), s_Picture->GetBufferedRegion().GetSize()) << method;
    ExpectColours(picture.GetPointer(), method);

    Run(program, "thin.nrrd", "thin-color.nrrd", arguments);
    const auto volume = itk::ReadImage<ColorVolumeType>(File("thin-color.nrrd"));
    ASSERT_EQ(volume->GetBufferedRegion().GetSize(), thin->GetBufferedRegion().GetSize()) << method;
    EXPECT_EQ(volume->GetOrigin(), thin->GetOrigin()) << method;
    ExpectColours(volume.GetPointer(), method);
    if (program == "ColorizeFromReference")
    {
      EXPECT_TRUE(
        std::equal(volume->GetBufferPointer(), volume->GetBufferPointer() + 181 * 217, picture->GetBufferPointer()))
        << method;
    }
  }
}

TEST_F(PicturePrograms, ColourSlicesAcrossAnyAxis)
{
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    auto region = s_Head->GetBufferedRegion();
    region.SetIndex(axis, static_cast<itk::IndexValueType>(region.GetSize(axis) / 2));
    region.SetSize(axis, 1);
    auto extract = itk::ExtractImageFilter<VolumeType, VolumeType>::New();
    extract->SetInput(s_Head);
    extract->SetExtractionRegion(region);
    itk::WriteImage(extract->GetOutput(), File("across.nii.gz"));
    for (const auto & [program, arguments] : Methods())
    {
      const std::string method = program + " " + arguments;
      Run(program, "across.nii.gz", "across.nrrd", arguments);
      const auto color = itk::ReadImage<ColorVolumeType>(File("across.nrrd"));
      ASSERT_EQ(color->GetBufferedRegion().GetSize(), region.GetSize()) << method;
      EXPECT_NEAR(color->GetOrigin()[axis],
                  extract->GetOutput()->GetOrigin()[axis] +
                    region.GetIndex(axis) * extract->GetOutput()->GetDirection()(axis, axis),
                  1e-3)
        << method;
      std::size_t colored = 0;
      for (itk::ImageRegionConstIterator<ColorVolumeType> it(color, color->GetBufferedRegion()); !it.IsAtEnd(); ++it)
      {
        colored += it.Get()[0] > it.Get()[2] + 5 ? 1 : 0;
      }
      EXPECT_GT(colored, color->GetBufferedRegion().GetNumberOfPixels() / 4) << method << " across " << axis;
    }
  }
  // A format of pictures takes the slice as one.
  Run("ColorizeFromReference", "across.nii.gz", "across.png", Methods()[0][1]);
  EXPECT_EQ(itk::ReadImage<ColorPictureType>(File("across.png"))->GetBufferedRegion().GetSize(),
            (PictureType::SizeType{ { 181, 217 } }));
}

TEST_F(PicturePrograms, TakeWhatPicturesComeAs)
{
  const std::string arguments = Methods()[0][1];
  // JPEG, and gray as RGB.
  ImageFiles::WriteImage<PictureType>(s_Picture, File("slice.jpg"));
  auto rgb = ColorPictureType::New();
  rgb->SetRegions(s_Picture->GetBufferedRegion());
  rgb->Allocate();
  for (std::size_t i = 0; i < 181 * 217; ++i)
  {
    rgb->GetBufferPointer()[i].Fill(s_Picture->GetBufferPointer()[i]);
  }
  itk::WriteImage(rgb, File("rgb.png"));
  // A DICOM slice.
  ImageFiles::WriteImage<PictureType>(s_Picture, File("slice.dcm"));
  Run("ColorizeFromReference", "slice.png", "wanted.png", arguments);
  const auto wanted = itk::ReadImage<ColorPictureType>(File("wanted.png"));
  for (const std::string input : { "slice.jpg", "rgb.png", "slice.dcm" })
  {
    Run("ColorizeFromReference", input, "color.png", arguments);
    const auto color = itk::ReadImage<ColorPictureType>(File("color.png"));
    ASSERT_EQ(color->GetBufferedRegion().GetSize(), wanted->GetBufferedRegion().GetSize()) << input;
    ExpectColours(color.GetPointer(), input);
    if (input != "slice.jpg")
    {
      EXPECT_TRUE(
        std::equal(wanted->GetBufferPointer(), wanted->GetBufferPointer() + 181 * 217, color->GetBufferPointer()))
        << input;
    }
  }
  if (HasTorch)
  {
    Run("ColorizeWithNetwork", "slice.png", "network.png", "");
    Run("ColorizeWithNetwork", "rgb.png", "color.png", "");
    const auto gray = itk::ReadImage<ColorPictureType>(File("network.png"));
    const auto color = itk::ReadImage<ColorPictureType>(File("color.png"));
    EXPECT_TRUE(std::equal(gray->GetBufferPointer(), gray->GetBufferPointer() + 181 * 217, color->GetBufferPointer()));
  }
  // Alpha, and the picture of gray and coloured slices.
  Run("ColorizeFromReference", "slice.png", "alpha.png", arguments + " --alpha --slices '" + File("slices.png") + "'");
  EXPECT_EQ((itk::ReadImage<itk::Image<itk::RGBAPixel<unsigned char>, 2>>(File("alpha.png"))->GetBufferedRegion()),
            s_Picture->GetBufferedRegion());
  EXPECT_EQ(itk::ReadImage<ColorPictureType>(File("slices.png"))->GetBufferedRegion().GetSize(0), 2u * 181 + 3 * 4);
}

TEST_F(PicturePrograms, NameWhatIsWrong)
{
  const std::string arguments = Methods()[0][1];
  const auto        expect = [&](const std::string & error, const std::string & part)
  {
    EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 1) << error;
    EXPECT_NE(error.find(part), std::string::npos) << error;
  };
  expect(Run("ColorizeFromReference", "slice.png", "x.png", arguments + " --render '" + File("r.png") + "'", 2),
         "slice.png: the image is one voxel thick, but --render shows volumes.");
  fs::copy_file(Photograph, File("colour.png"));
  expect(Run("ColorizeFromReference", "colour.png", "x.png", arguments, 2),
         "colour.png: the image is coloured, but a gray one is needed.");
  if (HasTorch)
  {
    expect(Run("ColorizeWithNetwork", "colour.png", "x.png", "", 2),
           "colour.png: the image is coloured, but a gray one is needed.");
  }
  auto mask = PictureType::New();
  mask->SetRegions(PictureType::SizeType{ { 5, 5 } });
  mask->Allocate(true);
  itk::WriteImage(mask, File("mask.png"));
  expect(Run("ColorizeFromReference", "slice.png", "x.png", arguments + " --mask '" + File("mask.png") + "'", 2),
         "mask.png: the mask's size is [5, 5, 1]");
}
