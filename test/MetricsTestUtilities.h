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
#ifndef MetricsTestUtilities_h
#define MetricsTestUtilities_h

#include "ColorizationTestUtilities.h"

#include "itkImageFileReader.h"
#include "itkRGBPixel.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <vector>

#include <unistd.h>

/** What the tests of the metrics share. */
namespace MetricsTest
{
/** Planes of floats that follow each other, x fastest. */
struct Picture
{
  std::size_t        width = 0;
  std::size_t        height = 0;
  std::size_t        components = 1;
  std::vector<float> values{};

  std::size_t
  Pixels() const
  {
    return width * height;
  }
};

/** The upper left part of a picture that comes with ITK's examples; its colours, or their luminance. */
inline Picture
ReadPicture(const std::string & name, bool isColor, std::size_t width = 10000, std::size_t height = 10000)
{
  using ImageType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
  const auto image = itk::ReadImage<ImageType>("/usr/share/doc/insighttoolkit5-examples/examples/Data/" + name);
  const auto size = image->GetLargestPossibleRegion().GetSize();
  Picture    picture{ std::min<std::size_t>(width, size[0]),
                   std::min<std::size_t>(height, size[1]),
                   isColor ? std::size_t{ 3 } : std::size_t{ 1 } };
  picture.values.resize(picture.Pixels() * picture.components);
  for (std::size_t i = 0; i < picture.Pixels(); ++i)
  {
    const auto rgb = image->GetPixel(
      { { static_cast<itk::IndexValueType>(i % picture.width), static_cast<itk::IndexValueType>(i / picture.width) } });
    for (std::size_t c = 0; isColor && c < 3; ++c)
    {
      picture.values[c * picture.Pixels() + i] = rgb[static_cast<unsigned int>(c)];
    }
    if (!isColor)
    {
      picture.values[i] = std::round(0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2]);
    }
  }
  return picture;
}

/** The picture with even noise of +-amplitude, rounded and clamped to 0..255. */
inline Picture
WithNoise(Picture picture, double amplitude)
{
  std::uint32_t k = 0;
  for (float & value : picture.values)
  {
    const double noisy = value + amplitude * (2.0 * ColorizationTest::Noise(++k) - 1.0);
    value = static_cast<float>(std::min(std::max(std::round(noisy), 0.0), 255.0));
  }
  return picture;
}

/** What oracles/metrics.py says of two pictures, or of volumes of one component. */
inline std::map<std::string, double>
AskOracle(const std::vector<float> &         x,
          const std::vector<float> &         y,
          std::size_t                        components,
          const std::array<std::size_t, 3> & size)
{
  const std::filesystem::path folder =
    std::filesystem::temp_directory_path() / ("colorization-metrics-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ostringstream command;
  command << "/usr/bin/python3 '" COLORIZATION_ORACLE_FOLDER "/metrics.py'";
  for (const auto & [name, values] : { std::pair{ "x", &x }, std::pair{ "y", &y } })
  {
    std::ofstream(folder / name, std::ios::binary)
      .write(reinterpret_cast<const char *>(values->data()), static_cast<std::streamsize>(4 * values->size()));
    command << " '" << (folder / name).string() << '\'';
  }
  command << ' ' << components << ' ' << size[0] << ' ' << size[1] << ' ' << size[2];
  std::map<std::string, double> found;
  FILE * const                  pipe = popen(command.str().c_str(), "r");
  char                          name[64];
  double                        value = 0.0;
  while (pipe && std::fscanf(pipe, "%63s %lf", name, &value) == 2)
  {
    found[name] = value;
  }
  EXPECT_TRUE(pipe && pclose(pipe) == 0) << command.str();
  std::filesystem::remove_all(folder);
  return found;
}

inline std::map<std::string, double>
AskOracle(const Picture & x, const Picture & y)
{
  return AskOracle(x.values, y.values, x.components, { { x.width, x.height, 1 } });
}
} // namespace MetricsTest

#endif
