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
// The programs with inputs that are damaged at random, with fixed seeds. The environment variable
// COLORIZATION_DAMAGED_RUNS says how often; without it, as often as a minute or two allow.

#include "itkImage.h"
#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"
#include "itkRGBPixel.h"
#include "itkShrinkImageFilter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

namespace
{
namespace fs = std::filesystem;
using VolumeType = itk::Image<short, 3>;
using PictureType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using Generator = std::mt19937;

const std::string Photograph = "/usr/share/doc/insighttoolkit5-examples/examples/Data/VisibleWomanHeadSlice.png";

std::string
BytesOf(const fs::path & path)
{
  std::ifstream     file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/** A number of 0 ... count - 1 that is the same on every machine. */
std::size_t
Draw(Generator & generator, std::size_t count)
{
  return static_cast<std::size_t>(generator()) % count;
}

/** Changes bytes, mostly of the head; cuts the end; repeats or zeroes a part. */
std::string
Damaged(std::string bytes, Generator & generator)
{
  const std::size_t kind = Draw(generator, 6);
  if (kind == 0)
  {
    return bytes.substr(0, Draw(generator, bytes.size()));
  }
  if (kind == 1)
  {
    const std::size_t at = Draw(generator, bytes.size());
    const std::size_t length = std::min<std::size_t>(bytes.size() - at, 1 + Draw(generator, 64));
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length, '\0');
    return bytes;
  }
  if (kind == 2)
  {
    const std::size_t at = Draw(generator, bytes.size());
    return bytes.insert(at, bytes.substr(at, 1 + Draw(generator, 64)));
  }
  const std::size_t reach = kind == 3 ? bytes.size() : std::min<std::size_t>(bytes.size(), 512);
  for (std::size_t k = 0; k < 1 + Draw(generator, 8); ++k)
  {
    bytes[Draw(generator, reach)] = static_cast<char>(Draw(generator, 256));
  }
  return bytes;
}

class DamagedInputs : public testing::Test
{
protected:
  void
  SetUp() override
  {
    m_Folder = fs::temp_directory_path() / ("colorization-damaged-" + std::to_string(getpid()));
    fs::create_directories(m_Folder / "whole");
    auto shrink = itk::ShrinkImageFilter<VolumeType, VolumeType>::New();
    shrink->SetInput(itk::ReadImage<VolumeType>("/usr/share/mricron/templates/ch2.nii.gz"));
    shrink->SetShrinkFactors(12);
    for (const char * name : { "a.nii", "b.nii.gz", "c.nrrd", "d.mha", "e.mhd", "f.hdr", "g.nhdr" })
    {
      itk::WriteImage(shrink->GetOutput(), (m_Folder / "whole" / name).string());
    }
    auto small = itk::ShrinkImageFilter<PictureType, PictureType>::New();
    small->SetInput(itk::ReadImage<PictureType>(Photograph));
    small->SetShrinkFactors(3);
    for (const char * name : { "h.png", "i.jpg", "j.bmp", "k.tif", "l.dcm" })
    {
      itk::WriteImage(small->GetOutput(), (m_Folder / "whole" / name).string());
    }
    for (const auto & entry : fs::directory_iterator(m_Folder / "whole"))
    {
      m_Names.push_back(entry.path().filename().string());
    }
    std::sort(m_Names.begin(), m_Names.end());
  }
  void
  TearDown() override
  {
    fs::remove_all(m_Folder);
  }

  /** Damages one file of a fresh copy of all, and runs a program on it, or on the folder. */
  void
  RunOnce(unsigned int seed)
  {
    Generator         generator(seed);
    const std::string name = m_Names[Draw(generator, m_Names.size())];
    const fs::path    inputs = m_Folder / "inputs";
    fs::remove_all(inputs);
    fs::copy(m_Folder / "whole", inputs);
    std::ofstream(inputs / name, std::ios::binary) << Damaged(BytesOf(m_Folder / "whole" / name), generator);
    // What lies beside a head is read by it.
    std::string input = name;
    for (const auto & [data, head] : { std::make_pair("e.", "e.mhd"), std::make_pair("f.", "f.hdr"),
                                       std::make_pair("g.", "g.nhdr") })
    {
      input = name.rfind(data, 0) == 0 ? head : input;
    }
    const bool        isPicture = input >= "h";
    const std::size_t kind = Draw(generator, 3);
    const fs::path    outputs = m_Folder / "outputs";
    fs::remove_all(outputs);
    fs::create_directories(outputs);
    const std::string output = (outputs / (kind == 0 ? "index.safetensors" : isPicture ? "out.png" : "out.nrrd")).string();
    std::ofstream(output) << "older";
    const std::string path = "'" + (inputs / input).string() + "' ";
    std::string       arguments = "MaskBody' " + path;
    if (kind == 0)
    {
      arguments = "IndexReferences' '" + inputs.string() + "' ";
    }
    else if (isPicture)
    {
      arguments = "ColorizeFromReference' '" + Photograph + "' ";
    }
    arguments += "'" + output + "' --progress none" + (kind > 0 && isPicture ? " --reference " + path : std::string());
    const std::string command = "'" COLORIZATION_PROGRAM_FOLDER "/" + arguments + " >/dev/null 2>'" +
                                (m_Folder / "stderr").string() + "' </dev/null";
    const int         status = std::system(command.c_str());
    const std::string error = BytesOf(m_Folder / "stderr");
    const std::string what = "seed " + std::to_string(seed) + ", " + name + ": " + command + '\n' + error;
    ASSERT_TRUE(WIFEXITED(status)) << what;
    const int code = WEXITSTATUS(status);
    EXPECT_TRUE(code == 0 || code == 2) << code << ' ' << what;
    EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), code == 0 ? 0 : 1) << what;
    EXPECT_EQ(BytesOf(output) == "older", code != 0) << what;
    const auto left = std::distance(fs::directory_iterator(outputs), fs::directory_iterator());
    EXPECT_EQ(left, 1) << what;
    m_Failures += code == 0 ? 0 : 1;
  }

  fs::path                 m_Folder{};
  std::vector<std::string> m_Names{};
  int                      m_Failures = 0;
};

TEST_F(DamagedInputs, EndWithASentenceAndKeepOlderOutputs)
{
  const char *       text = std::getenv("COLORIZATION_DAMAGED_RUNS");
  const unsigned int runs = text ? static_cast<unsigned int>(std::strtoul(text, nullptr, 10)) : 100;
  for (unsigned int seed = 1; seed <= runs; ++seed)
  {
    this->RunOnce(seed);
  }
  // Damage that no run finds would say that the test does nothing.
  EXPECT_GT(m_Failures, static_cast<int>(runs) / 10);
  RecordProperty("failures", m_Failures);
}

} // namespace
