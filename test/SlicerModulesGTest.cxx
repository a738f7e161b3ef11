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
// What 3D Slicer expects of the programs: descriptions that its parser reads, all values given, and progress.

#include "itkImage.h"
#include "itkImageFileWriter.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkRGBPixel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace
{
std::string
TextOf(const fs::path & path)
{
  std::ifstream file(path, std::ios::binary);
  return { std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>() };
}

/** A parameter of a module description. */
struct Described
{
  std::string                        element{};
  std::string                        attributes{};
  std::map<std::string, std::string> texts{};

  std::string
  Get(const std::string & key) const
  {
    const auto found = texts.find(key);
    return found == texts.end() ? "" : found->second;
  }
};

class SlicerModules : public testing::Test
{
protected:
  void
  SetUp() override
  {
    m_Folder = fs::temp_directory_path() / ("colorization-slicer-" + std::to_string(getpid()));
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

  /** \return the exit code; what the program printed is in m_Output and m_Error */
  int
  Run(const std::string & program, const std::string & arguments, const std::string & before = "")
  {
    const std::string command = before + " '" COLORIZATION_PROGRAM_FOLDER "/" + program + "' " + arguments + " >'" +
                                this->File("stdout") + "' 2>'" + this->File("stderr") + "' </dev/null";
    const int status = std::system(command.c_str());
    m_Output = TextOf(this->File("stdout"));
    m_Error = TextOf(this->File("stderr"));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::vector<Described>
  Describe(const std::string & program)
  {
    EXPECT_EQ(this->Run(program, "--xml"), 0);
    EXPECT_EQ(m_Error, "");
    EXPECT_EQ(m_Output.rfind("<?xml ", 0), 0u);
    const std::regex       outer("\\n    <([a-z-]+)([^>]*)>\\n((?:      [^\\n]*\\n)+)    </\\1>");
    const std::regex       inner("<([a-z]+)>([^<]*)</\\1>");
    std::vector<Described> parameters;
    for (std::sregex_iterator it(m_Output.begin(), m_Output.end(), outer), end; it != end; ++it)
    {
      Described         parameter{ (*it)[1], (*it)[2] };
      const std::string texts = (*it)[3];
      for (std::sregex_iterator text(texts.begin(), texts.end(), inner); text != end; ++text)
      {
        parameter.texts.insert({ (*text)[1], (*text)[2] });
      }
      parameters.push_back(parameter);
    }
    EXPECT_FALSE(parameters.empty()) << program;
    return parameters;
  }

  /** Writes a ball on a ramp, gray or yellow. */
  template <typename TPixel>
  std::string
  WriteBall(const std::string & name) const
  {
    using ImageType = itk::Image<TPixel, 3>;
    auto                         image = ImageType::New();
    typename ImageType::SizeType size;
    size.Fill(16);
    image->SetRegions(size);
    image->Allocate();
    for (itk::ImageRegionIteratorWithIndex<ImageType> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      const auto   index = it.GetIndex();
      const double radius = std::hypot(index[0] - 7.5, index[1] - 7.5, index[2] - 7.5);
      TPixel       pixel(static_cast<unsigned char>(radius < 6.0 ? 120 + 8 * index[0] : 0));
      if constexpr (!std::is_same_v<TPixel, unsigned char>)
      {
        pixel[2] /= 2;
      }
      it.Set(pixel);
    }
    itk::WriteImage(image.GetPointer(), this->File(name));
    return this->File(name);
  }

  /** The command line as 3D Slicer makes it: every value that the description has, and these. */
  static std::string
  AllValues(const std::vector<Described> & parameters, const std::map<std::string, std::string> & values)
  {
    std::string                words;
    std::map<int, std::string> positional;
    for (const Described & parameter : parameters)
    {
      const auto        given = values.find(parameter.Get("name"));
      const std::string value = given == values.end() ? parameter.Get("default") : given->second;
      if (!parameter.Get("index").empty())
      {
        positional[std::stoi(parameter.Get("index"))] = value;
      }
      else if (parameter.element == "boolean")
      {
        words += value == "true" ? parameter.Get("longflag") + ' ' : "";
      }
      else if (!value.empty())
      {
        words += parameter.Get("longflag") + " '" + value + "' ";
      }
    }
    for (const auto & value : positional)
    {
      words += '\'' + value.second + "' ";
    }
    return words;
  }

  fs::path    m_Folder{};
  std::string m_Output{};
  std::string m_Error{};
};
} // namespace

TEST_F(SlicerModules, DescriptionsAreWhatSlicerReads)
{
  const std::regex name("[_A-Za-z][_A-Za-z0-9]*");
  const std::regex integer("-?[0-9]+");
  const std::regex real("-?[0-9]+(\\.[0-9]+)?");
  const double     widest = 2147483648.0 / 100.0;
  for (const std::string program : { "BuildColorAtlas",
                                     "ColorizeFromHints",
                                     "ColorizeFromReference",
                                     "ColorizeWithNetwork",
                                     "DescribeModel",
                                     "EvaluateColorization",
                                     "FuseGradients",
                                     "IndexReferences",
                                     "MaskBody",
                                     "PackTrainingData",
                                     "RegisterToReference",
                                     "RenderColorVolume",
                                     "SmoothGuided",
                                     "TrainColorization" })
  {
    std::set<std::string> names;
    for (const Described & parameter : this->Describe(program))
    {
      const std::string own = parameter.Get("name");
      const std::string flag = parameter.Get("longflag");
      EXPECT_TRUE(std::regex_match(own, name)) << program << ": " << own;
      EXPECT_TRUE(names.insert(own).second) << program << ": " << own;
      EXPECT_NE(flag.empty(), parameter.Get("index").empty()) << program << ": " << own;
      EXPECT_TRUE(flag.empty() || flag == "--" + own) << program << ": " << flag;
      const bool isNumber = parameter.element == "integer" || parameter.element == "double";
      for (const char * key : { "default", "minimum", "maximum" })
      {
        const std::string value = parameter.Get(key);
        if (isNumber && !value.empty())
        {
          EXPECT_TRUE(std::regex_match(value, parameter.element == "integer" ? integer : real))
            << program << ", " << own << ": " << value;
          EXPECT_LE(std::abs(std::stod(value)), widest) << program << ", " << own;
        }
      }
      const bool isNode = parameter.element == "image" || parameter.element == "transform";
      EXPECT_TRUE(!isNode || parameter.Get("channel") == "input" || parameter.Get("channel") == "output") << own;
    }
    EXPECT_NE(m_Output.find("<parameters advanced=\"true\">"), std::string::npos) << program;
  }
}

TEST_F(SlicerModules, ImagesAreOfTheTypeThatTheirPixelsAre)
{
  const auto typeOf = [this](const std::string & program, const std::string & name)
  {
    const auto parameters = this->Describe(program);
    const auto found = std::find_if(parameters.begin(),
                                    parameters.end(),
                                    [&](const Described & parameter) { return parameter.Get("name") == name; });
    return found == parameters.end() ? "none" : found->attributes;
  };
  EXPECT_EQ(typeOf("ColorizeFromHints", "hints"), " type=\"vector\"");
  EXPECT_EQ(typeOf("ColorizeFromReference", "output"), " type=\"vector\"");
  EXPECT_EQ(typeOf("ColorizeFromReference", "input"), " type=\"scalar\"");
  EXPECT_EQ(typeOf("MaskBody", "output"), " type=\"label\"");
  EXPECT_EQ(typeOf("SmoothGuided", "output"), " type=\"any\"");
  EXPECT_EQ(typeOf("RenderColorVolume", "input"), " type=\"vector\"");
}

TEST_F(SlicerModules, AllValuesGivenAreAsNoneGiven)
{
  const std::string gray = this->WriteBall<unsigned char>("gray.nrrd");
  const std::string color = this->WriteBall<itk::RGBPixel<unsigned char>>("color.nrrd");
  const auto        expectSame =
    [&](const std::string & program, std::map<std::string, std::string> values, const std::string & arguments)
  {
    values["output"] = this->File("slicer.nrrd");
    const std::string words = AllValues(this->Describe(program), values);
    ASSERT_EQ(this->Run(program, words, "SLICER_HOME=slicer"), 0) << m_Error;
    EXPECT_EQ(m_Error, "") << words;
    ASSERT_EQ(this->Run(program, arguments + " '" + this->File("terminal.nrrd") + "' --quiet"), 0) << m_Error;
    EXPECT_EQ(TextOf(this->File("slicer.nrrd")), TextOf(this->File("terminal.nrrd"))) << words;
  };
  const std::string twice = '\'' + gray + "' '" + gray + '\'';
  for (const std::string method : { "fgs", "guided", "domain-transform", "wls" })
  {
    expectSame("SmoothGuided",
               { { "input", gray }, { "guide", gray }, { "method", method } },
               "--method " + method + ' ' + twice);
  }
  expectSame("FuseGradients", { { "source", gray }, { "intensities", gray } }, twice);
  expectSame("MaskBody", { { "input", gray } }, '\'' + gray + '\'');
  expectSame("ColorizeFromHints",
             { { "input", gray }, { "hints", color }, { "marked", "true" } },
             "--marked '" + gray + "' '" + color + '\'');
  const auto evaluate = this->Describe("EvaluateColorization");
  EXPECT_EQ(this->Run("EvaluateColorization",
                      AllValues(evaluate, { { "result", color }, { "source", gray } }),
                      "SLICER_HOME=slicer"),
            0)
    << m_Error;
}

TEST_F(SlicerModules, WrappersStartThePrograms)
{
  const fs::path folder = fs::path(COLORIZATION_PROGRAM_FOLDER) / "../lib/ITKColorization/cli-modules";
  std::size_t    modules = 0;
  for (const auto & entry : fs::directory_iterator(folder))
  {
    if (entry.path().extension() == ".xml")
    {
      const std::string program = entry.path().stem().string();
      ASSERT_EQ(this->Run(program, "--xml"), 0);
      EXPECT_EQ(TextOf(entry.path()), m_Output) << program;
      const std::string wrapper = fs::path(entry.path()).replace_extension("").string();
      const std::string command =
        "PYTHONHOME=/nowhere LD_LIBRARY_PATH=/nowhere '" + wrapper + "' --version >'" + this->File("stdout") + '\'';
      EXPECT_EQ(std::system(command.c_str()), 0) << program;
      EXPECT_EQ(TextOf(this->File("stdout")).rfind(program + ' ', 0), 0u);
      ++modules;
    }
  }
  EXPECT_EQ(modules, 9u);
}

TEST_F(SlicerModules, FlagsAreTakenInBothSpellings)
{
  const std::string gray = this->WriteBall<unsigned char>("gray.nrrd");
  const std::string images = '\'' + gray + "' '" + gray + "' '" + this->File("out.nrrd") + "' --quiet ";
  ASSERT_EQ(this->Run("SmoothGuided", images + "--method domain-transform --sigma-spatial 3"), 0) << m_Error;
  const std::string dashed = TextOf(this->File("out.nrrd"));
  ASSERT_EQ(this->Run("SmoothGuided", images + "--method domain-transform --sigma_spatial=3"), 0) << m_Error;
  EXPECT_EQ(TextOf(this->File("out.nrrd")), dashed);
  ASSERT_EQ(this->Run("SmoothGuided", images + "--method domain-transform"), 0) << m_Error;
  EXPECT_NE(TextOf(this->File("out.nrrd")), dashed);
  EXPECT_EQ(this->Run("SmoothGuided", images + "--sigma_spacial 3"), 1);
}

TEST_F(SlicerModules, ListsOfFilesMayBeJoinedByCommas)
{
  const std::string gray = this->WriteBall<unsigned char>("gray.nrrd");
  const std::string photograph = "/usr/share/doc/insighttoolkit5-examples/examples/Data/VisibleWomanHeadSlice.png";
  fs::copy_file(photograph, this->File("one.png"));
  fs::copy_file(photograph, this->File("two.png"));
  const std::string one = this->File("one.png");
  const std::string two = this->File("two.png");
  const std::string rest = " --hint-count 1 --quiet '" + gray + "' '" + this->File("out.nrrd") + '\'';
  ASSERT_EQ(this->Run("ColorizeFromReference", "--reference '" + one + ',' + two + '\'' + rest), 0) << m_Error;
  const std::string joined = TextOf(this->File("out.nrrd"));
  ASSERT_EQ(this->Run("ColorizeFromReference", "--reference '" + one + "' '" + two + '\'' + rest), 0) << m_Error;
  EXPECT_EQ(TextOf(this->File("out.nrrd")), joined);
  EXPECT_EQ(this->Run("ColorizeFromReference", "--reference '" + one + ",none.png'" + rest), 2);
  EXPECT_EQ(this->Run("ColorizeFromReference", "--reference ''" + rest), 2);
}

TEST_F(SlicerModules, ProgressNeverGoesBackAndNamesItsStages)
{
  const std::string gray = this->WriteBall<unsigned char>("gray.nrrd");
  const std::string color = this->WriteBall<itk::RGBPixel<unsigned char>>("color.nrrd");
  ASSERT_EQ(this->Run("ColorizeFromHints",
                      "--marked '" + gray + "' '" + color + "' '" + this->File("out.nrrd") + '\'',
                      "SLICER_HOME=slicer"),
            0)
    << m_Error;
  const auto valuesOf = [this](const std::string & tag)
  {
    const std::regex         element('<' + tag + ">([^<]*)<");
    std::vector<std::string> values;
    for (std::sregex_iterator it(m_Output.begin(), m_Output.end(), element), end; it != end; ++it)
    {
      values.push_back((*it)[1]);
    }
    return values;
  };
  std::vector<double> progress;
  for (const std::string & value : valuesOf("filter-progress"))
  {
    progress.push_back(std::stod(value));
  }
  ASSERT_GT(progress.size(), 3u);
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
  EXPECT_GE(progress.front(), 0.0);
  EXPECT_EQ(progress.back(), 1.0);
  const auto stages = valuesOf("filter-comment");
  EXPECT_GE(std::set<std::string>(stages.begin(), stages.end()).size(), 3u);
  // Tags that Slicer does not know would come into its log.
  const std::regex known("</?filter-(start|end|name|comment|progress|stage-progress|time)>");
  EXPECT_EQ(std::regex_replace(m_Output, known, "").find("<filter"), std::string::npos) << m_Output;
}
