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
// How near the colours of DeepImageAnalogyImageFilter are to the truth, and how they flicker.
// AnalogyAccuracy --photographs TARGET REFERENCE [TARGET REFERENCE ...] [--shrink N] [--spacing MM] [--model FILE]
// Each target is turned gray and gets its colours from its reference. Printed is the mean distance, in a and b of CIE Lab
// and over the target's tissue, of its colours to its own, beside those of Welsh's matching of luminance and deviation
// (Welsh, Ashikhmin, Mueller: Transferring Color to Greyscale Images. SIGGRAPH 2002) and of the reference's mean colour.
// AnalogyAccuracy --volume VOLUME --photographs REFERENCE [--shrink N] [--model FILE]
// Printed is the mean distance of colours of voxels that are neighbours along the last axis, with and without the slices'
// coherence, beside the same of the volume's own luminance.

#include "itkBodySection.h"
#include "itkColorSpace.h"
#include "itkDeepImageAnalogyImageFilter.h"

#include "itkBinShrinkImageFilter.h"
#include "itkImageFileReader.h"
#include "itkImageRegionConstIteratorWithIndex.h"

#include <boost/program_options.hpp>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <numeric>

namespace
{
using itk::colorization::Color;
using itk::colorization::Section;
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using FilterType = itk::DeepImageAnalogyImageFilter<itk::Image<float, 2>>;
using VolumeType = itk::Image<float, 3>;

struct Arguments
{
  std::vector<std::string> photographs{};
  std::string              volume{};
  std::string              model{};
  unsigned int             shrink = 1;
  double                   spacing = 1.0;
};

template <typename TPixel>
Color
LabOf(const TPixel & pixel)
{
  return itk::colorization::RGBToLab({ { pixel[0] / 255.0f, pixel[1] / 255.0f, pixel[2] / 255.0f } });
}

/** In a and b. */
double
ChromaDistance(const Color & a, const Color & b)
{
  return std::hypot(a[1] - b[1], a[2] - b[2]);
}

/** Means of square blocks of a photograph's pixels. */
PhotographType::Pointer
ReadShrunkPhotograph(const std::string & path, unsigned int factor, double spacing)
{
  using PlanesType = itk::Image<itk::Vector<float, 3>, 2>;
  auto shrink = itk::BinShrinkImageFilter<PlanesType, PlanesType>::New();
  shrink->SetInput(itk::ReadImage<PlanesType>(path));
  shrink->SetShrinkFactors(factor);
  shrink->Update();
  auto photograph = PhotographType::New();
  photograph->SetRegions(PhotographType::RegionType(shrink->GetOutput()->GetLargestPossibleRegion().GetSize()));
  PhotographType::SpacingType shrunkSpacing;
  shrunkSpacing.Fill(spacing * factor);
  photograph->SetSpacing(shrunkSpacing);
  photograph->Allocate();
  const auto * in = shrink->GetOutput()->GetBufferPointer();
  for (itk::SizeValueType i = 0; i < photograph->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    for (unsigned int c = 0; c < 3; ++c)
    {
      photograph->GetBufferPointer()[i][c] = static_cast<unsigned char>(in[i][c] + 0.5f);
    }
  }
  return photograph;
}

itk::NetworkModel::Pointer
LoadModel(const std::string & path)
{
  if (path.empty())
  {
    return nullptr;
  }
  auto model = itk::NetworkModel::New();
  model->Load(path);
  return model;
}

/** Mean and standard deviation of the intensities around each pixel, in windows of 5x5. */
std::vector<std::array<float, 2>>
LocalMoments(const Section & section)
{
  std::vector<std::array<float, 2>> moments(section.intensity.size());
  const auto                        width = static_cast<std::ptrdiff_t>(section.width);
  const auto                        height = static_cast<std::ptrdiff_t>(section.height);
  for (std::ptrdiff_t y = 0; y < height; ++y)
  {
    for (std::ptrdiff_t x = 0; x < width; ++x)
    {
      double sum = 0.0;
      double squares = 0.0;
      int    count = 0;
      for (std::ptrdiff_t v = std::max<std::ptrdiff_t>(y - 2, 0); v <= std::min(y + 2, height - 1); ++v)
      {
        for (std::ptrdiff_t u = std::max<std::ptrdiff_t>(x - 2, 0); u <= std::min(x + 2, width - 1); ++u, ++count)
        {
          const double value = section.intensity[static_cast<std::size_t>(v * width + u)];
          sum += value;
          squares += value * value;
        }
      }
      const double mean = sum / count;
      moments[static_cast<std::size_t>(y * width + x)] = {
        { section.intensity[static_cast<std::size_t>(y * width + x)],
          static_cast<float>(std::sqrt(std::max(squares / count - mean * mean, 0.0))) }
      };
    }
  }
  return moments;
}

std::vector<std::size_t>
TissueOf(const Section & section)
{
  std::vector<std::size_t> pixels;
  for (std::size_t i = 0; i < section.tissue.size(); ++i)
  {
    if (section.tissue[i] && section.body[i])
    {
      pixels.push_back(i);
    }
  }
  return pixels;
}

/** Welsh's colours: of 256 samples of the reference's tissue, those of the one with the most similar intensity and
 * deviation, after the intensities' mean and deviation are made alike. */
double
WelshError(const Section &            target,
           const std::vector<Color> & truth,
           const Section &            reference,
           const std::vector<Color> & lab)
{
  constexpr std::size_t samples = 256;
  const auto            pixels = TissueOf(target);
  const auto            available = TissueOf(reference);
  const auto            own = LocalMoments(target);
  auto                  other = LocalMoments(reference);
  const auto            moments = [](const auto & values, const std::vector<std::size_t> & where)
  {
    double sum = 0.0;
    double squares = 0.0;
    for (const std::size_t i : where)
    {
      sum += values[i][0];
      squares += static_cast<double>(values[i][0]) * values[i][0];
    }
    const double mean = sum / static_cast<double>(where.size());
    return std::array<double, 2>{ { mean, std::sqrt(squares / static_cast<double>(where.size()) - mean * mean) } };
  };
  const auto to = moments(own, pixels);
  const auto from = moments(other, available);
  double     error = 0.0;
  for (const std::size_t i : pixels)
  {
    double      least = 1e30;
    std::size_t best = 0;
    for (std::size_t k = 0; k < samples; ++k)
    {
      const std::size_t j = available[k * available.size() / samples];
      const double      intensity = (other[j][0] - from[0]) * to[1] / from[1] + to[0];
      const double      difference = 0.5 * std::abs(own[i][0] - intensity) + 0.5 * std::abs(own[i][1] - other[j][1]);
      if (difference < least)
      {
        least = difference;
        best = j;
      }
    }
    error += ChromaDistance(lab[best], truth[i]);
  }
  return error / static_cast<double>(pixels.size());
}

double
ConstantError(const Section &            target,
              const std::vector<Color> & truth,
              const Section &            reference,
              const std::vector<Color> & lab)
{
  Color      mean{};
  const auto available = TissueOf(reference);
  for (const std::size_t i : available)
  {
    for (unsigned int c = 0; c < 3; ++c)
    {
      mean[c] += lab[i][c] / static_cast<float>(available.size());
    }
  }
  double     error = 0.0;
  const auto pixels = TissueOf(target);
  for (const std::size_t i : pixels)
  {
    error += ChromaDistance(mean, truth[i]);
  }
  return error / static_cast<double>(pixels.size());
}

/** A section's values as an image, with the section's spacing. */
template <typename TPixel>
typename itk::Image<TPixel, 2>::Pointer
ImageOf(const Section & section, const std::vector<TPixel> & values)
{
  auto image = itk::colorization::MakeImage<TPixel>(section.width, section.height, section.spacing);
  std::copy(values.begin(), values.end(), image->GetBufferPointer());
  return image;
}

/** Prints the errors of each pair of photographs, and their means. */
void
MeasurePhotographs(const Arguments & arguments)
{
  using itk::colorization::BodyParts;
  using itk::colorization::MakePhotographSection;
  const auto            model = LoadModel(arguments.model);
  std::array<double, 4> sums{};
  const std::size_t     pairs = arguments.photographs.size() / 2;
  std::printf("pixels      analogy  Welsh  constant  seconds\n");
  for (std::size_t pair = 0; pair < pairs; ++pair)
  {
    std::array<std::vector<Color>, 2> lab;
    const auto target = ReadShrunkPhotograph(arguments.photographs[2 * pair], arguments.shrink, arguments.spacing);
    const auto reference =
      ReadShrunkPhotograph(arguments.photographs[2 * pair + 1], arguments.shrink, arguments.spacing);
    const Section section = MakePhotographSection(target, BodyParts::Largest, lab[0]);
    const Section other = MakePhotographSection(reference, BodyParts::Largest, lab[1]);

    auto analogy = FilterType::New();
    analogy->SetInput(ImageOf(section, section.intensity));
    analogy->SetMaskImage(ImageOf(section, section.body));
    analogy->SetReferenceImage(reference);
    analogy->SetModel(model);
    analogy->UseAutomaticWindowOff();
    analogy->SetWindowMaximum(1.0);
    const auto begin = std::chrono::steady_clock::now();
    analogy->Update();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;

    const auto pixels = TissueOf(section);
    double     error = 0.0;
    for (const std::size_t i : pixels)
    {
      error += ChromaDistance(LabOf(analogy->GetOutput()->GetBufferPointer()[i]), lab[0][i]) /
               static_cast<double>(pixels.size());
    }
    const std::array<double, 4> errors{ { error,
                                          WelshError(section, lab[0], other, lab[1]),
                                          ConstantError(section, lab[0], other, lab[1]),
                                          seconds.count() } };
    for (std::size_t k = 0; k < 4; ++k)
    {
      sums[k] += errors[k] / static_cast<double>(pairs);
    }
    std::printf("%4zux%-6zu %7.2f %6.2f %9.2f %8.2f\n",
                section.width,
                section.height,
                errors[0],
                errors[1],
                errors[2],
                errors[3]);
  }
  std::printf("mean        %7.2f %6.2f %9.2f %8.2f\n", sums[0], sums[1], sums[2], sums[3]);
}

/** Mean of what `difference` says of the pixels of an image that are neighbours along the last axis, if both are in a mask. */
template <typename TImage, typename TMask, typename TDifference>
double
MeanAlongLastAxis(const TImage * image, const TMask * mask, TDifference && difference)
{
  double      sum = 0.0;
  std::size_t count = 0;
  const auto  region = image->GetLargestPossibleRegion();
  for (itk::ImageRegionConstIteratorWithIndex<TImage> it(image, region); !it.IsAtEnd(); ++it)
  {
    auto next = it.GetIndex();
    ++next[2];
    if (region.IsInside(next) && mask->GetPixel(it.GetIndex()) > 0 && mask->GetPixel(next) > 0)
    {
      sum += difference(it.Get(), image->GetPixel(next));
      ++count;
    }
  }
  return sum / static_cast<double>(count);
}

/** Prints a volume's flicker, without and with coherence, and its own. */
void
MeasureVolume(const Arguments & arguments)
{
  using AnalogyType = itk::DeepImageAnalogyImageFilter<VolumeType>;
  const auto photograph = itk::ReadImage<PhotographType>(arguments.photographs[0]);
  const auto model = LoadModel(arguments.model);
  auto       shrink = itk::BinShrinkImageFilter<VolumeType, VolumeType>::New();
  shrink->SetInput(itk::ReadImage<VolumeType>(arguments.volume));
  shrink->SetShrinkFactors(arguments.shrink);
  shrink->Update();
  for (const bool isCoherent : { false, true })
  {
    auto analogy = AnalogyType::New();
    analogy->SetInput(shrink->GetOutput());
    analogy->SetReferenceImage(photograph);
    analogy->SetModel(model);
    analogy->SetSliceCoherence(isCoherent);
    const auto begin = std::chrono::steady_clock::now();
    analogy->Update();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    // Lightness of a gray value, so that both are distances in CIE Lab.
    const double scale = 1.0 / (analogy->GetWindowMaximum() - analogy->GetWindowMinimum());
    const auto   lightness = [&](float value)
    {
      const auto gray = static_cast<float>(
        std::min(std::max((static_cast<double>(value) - analogy->GetWindowMinimum()) * scale, 0.0), 1.0));
      return itk::colorization::RGBToLab({ { gray, gray, gray } })[0];
    };
    const auto * confidence = analogy->GetConfidenceOutput();
    std::printf("%s coherence: chroma differs by %.2f from slice to slice, the volume's lightness by %.2f; distance of "
                "matches %.4f; %.1f s\n",
                isCoherent ? "with   " : "without",
                MeanAlongLastAxis(analogy->GetOutput(),
                                  confidence,
                                  [](const auto & a, const auto & b) { return ChromaDistance(LabOf(a), LabOf(b)); }),
                MeanAlongLastAxis(shrink->GetOutput(),
                                  confidence,
                                  [&](float a, float b) { return std::abs(lightness(a) - lightness(b)); }),
                analogy->GetMeanDistance(),
                seconds.count());
  }
}

/** Whether the arguments make sense; prints help or what is wrong. */
bool
Parse(int argc, char * argv[], Arguments & arguments)
{
  namespace options = boost::program_options;
  options::options_description description("AnalogyAccuracy");
  auto                         add = description.add_options();
  add("help", "prints this");
  add("photographs",
      options::value(&arguments.photographs)->required()->multitoken(),
      "targets, each followed by its reference; with --volume, the reference");
  add("volume", options::value(&arguments.volume), "gray volume whose slices are coloured");
  add("model", options::value(&arguments.model), "weights of VGG-19; without them, descriptors are compared");
  add("shrink",
      options::value(&arguments.shrink)->default_value(1),
      "pixels of targets and references, or of the volume, of which one is made, along each axis");
  add("spacing", options::value(&arguments.spacing)->default_value(1.0), "mm a pixel of the photographs");
  options::variables_map values;
  try
  {
    options::store(options::parse_command_line(argc, argv, description), values);
    if (values.count("help") == 0)
    {
      options::notify(values);
      const bool isEven = arguments.photographs.size() % 2 == 0;
      return arguments.shrink > 0 && arguments.spacing > 0.0 && (arguments.volume.empty() ? isEven : !isEven);
    }
  }
  catch (const options::error & error)
  {
    std::cerr << error.what() << '\n';
  }
  std::cerr << description;
  return false;
}
} // namespace

int
main(int argc, char * argv[])
{
  Arguments arguments;
  if (!Parse(argc, argv, arguments))
  {
    return 1;
  }
  try
  {
    arguments.volume.empty() ? MeasurePhotographs(arguments) : MeasureVolume(arguments);
    return 0;
  }
  catch (const std::exception & error)
  {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
