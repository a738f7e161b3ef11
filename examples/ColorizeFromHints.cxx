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
// Spreads coloured hints over a gray picture or volume.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"

#include "itkColorSpace.h"
#include "itkColorizationFilterUtilities.h"
#include "itkLevinColorizationImageFilter.h"

#include "itkBinaryThresholdImageFilter.h"
#include "itkImageFileReader.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace
{
void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(
    ParameterKind::InputVolume,
    "input",
    "Gray image",
    "Picture or volume, gray, or RGB of which the luminance is taken: a file of any format that ITK "
    "reads, or a folder with one DICOM series.");
  program.AddPositional(
    ParameterKind::InputColorVolume,
    "hints",
    "Hints",
    "RGB picture or volume on the same grid, 8 bits a component: what is not black is a hint. Alpha is not "
    "read, here or in the image.");
  program.AddPositional(ParameterKind::OutputColorVolume, "output", "Colour image", "Picture or volume to write, RGB.");
  program.AddFile(ParameterKind::InputLabelVolume,
                  "hint-mask",
                  "Hint mask",
                  "Picture or volume that is not 0 where HINTS holds a hint, black ones too.");
  program.AddFlag("marked", "Marked", "HINTS is the image with coloured marks on it: a hint is where both differ.");
  program.AddFile(ParameterKind::InputVolume,
                  "confidence",
                  "Confidence",
                  "Picture or volume of 0 ... 1: how far each hint counts. Without it, all are constraints.");
  program.AddFile(ParameterKind::InputLabelVolume,
                  "mask",
                  "Mask",
                  "Picture or volume that is not 0 where colours are wanted; nothing crosses its border.");
  program.AddReal("tolerance", "Tolerance", "Relative residual at which the solver stops.", 1e-5, 1e-12, 1.0);
  program.AddInteger("cycles", "Cycles", "Most cycles of the solver.", 100, 1, 100000);
  program.AddReal("variance-scale",
                  "Variance scale",
                  "Width of the weights: 2 is the papers', 0.6 that of Levin's own code, which keeps edges sharper.",
                  2.0,
                  1e-6,
                  1e6);
  program.AddFlag("use-spacing", "Use spacing", "Divide weights by the squared physical distance of the neighbours.");
  program.AddFlag(
    "stream",
    "Stream",
    "Read, solve and write slab by slab along the last axis, between slices that are full of hints, in the "
    "memory of the largest slab. For volumes: IN, HINTS and the others as uncompressed MetaImage (.mha, "
    ".mhd), as other formats are read whole; OUT has to be one.");
  program.AddFile(ParameterKind::OutputFile,
                  "report",
                  "Report",
                  "Cycles, residual, seconds, memory and more to write, as JSON.");
  program.BeginAdvanced();
  program.AddVolumeChoice();
}

/** What the input is as luminance. */
template <unsigned int VDimension>
struct Gray
{
  typename itk::Image<float, VDimension>::Pointer image;
  double                                          windowMinimum;
  double                                          windowMaximum;
};

template <unsigned int VDimension>
Gray<VDimension>
ReadGray(const std::string & path, const ImageFiles::ImageInformation & information)
{
  using GrayType = itk::Image<float, VDimension>;
  Gray<VDimension> gray;
  if (information.components == 1)
  {
    gray.image = ImageFiles::ReadAs<GrayType>(path);
  }
  else
  {
    const auto color = ImageFiles::ReadAs<itk::Image<itk::RGBPixel<float>, VDimension>>(path);
    gray.image = GrayType::New();
    gray.image->CopyInformation(color);
    gray.image->SetRegions(color->GetLargestPossibleRegion());
    gray.image->Allocate();
    const auto count = color->GetLargestPossibleRegion().GetNumberOfPixels();
    std::transform(color->GetBufferPointer(),
                   color->GetBufferPointer() + count,
                   gray.image->GetBufferPointer(),
                   [](const itk::RGBPixel<float> & rgb) {
                     return itk::colorization::RGBToLuminance({ { rgb[0], rgb[1], rgb[2] } });
                   });
  }
  const float * begin = gray.image->GetBufferPointer();
  const auto    range = std::minmax_element(begin, begin + gray.image->GetLargestPossibleRegion().GetNumberOfPixels());
  gray.windowMinimum = information.isByte ? 0.0 : *range.first;
  gray.windowMaximum = information.isByte ? 255.0 : *range.second;
  return gray;
}

/** 1 where the marked image differs from the input. */
template <unsigned int VDimension>
typename itk::Image<unsigned char, VDimension>::Pointer
FindMarks(const std::string & input, const itk::Image<itk::RGBPixel<unsigned char>, VDimension> * marked)
{
  const auto original = ImageFiles::ReadAs<itk::Image<itk::RGBPixel<unsigned char>, VDimension>>(input);
  if (original->GetLargestPossibleRegion() != marked->GetLargestPossibleRegion())
  {
    throw InputError(input + ": the image and its marked copy differ in size.");
  }
  auto mask = itk::Image<unsigned char, VDimension>::New();
  mask->CopyInformation(original);
  mask->SetRegions(original->GetLargestPossibleRegion());
  mask->Allocate();
  std::transform(original->GetBufferPointer(),
                 original->GetBufferPointer() + original->GetLargestPossibleRegion().GetNumberOfPixels(),
                 marked->GetBufferPointer(),
                 mask->GetBufferPointer(),
                 [](const auto & a, const auto & b) { return a != b ? 1 : 0; });
  return mask;
}

/** What the solver did, in all the pieces that were asked for. */
struct Totals
{
  unsigned int  cycles = 0;
  double        residual = 0.0;
  double        seconds = 0.0;
  std::uint64_t peakBytes = 0;
  std::uint64_t hintVoxels = 0;
  std::uint64_t unreachedVoxels = 0;

  template <typename TColorize>
  void
  Add(const TColorize * colorize)
  {
    cycles = std::max(cycles, colorize->GetNumberOfCycles());
    residual = std::max(residual, colorize->GetResidual());
    seconds += colorize->GetElapsedSeconds();
    peakBytes = std::max<std::uint64_t>(peakBytes, colorize->GetPeakBytes());
    hintVoxels += colorize->GetNumberOfHintVoxels();
    unreachedVoxels += colorize->GetNumberOfUnreachedVoxels();
  }
};

template <typename TColorize>
void
WriteReport(CommandLineProgram & program, const TColorize * colorize, const Totals & totals)
{
  if (!program.Has("report"))
  {
    return;
  }
  nlohmann::json report;
  report["input"] = program.GetText("input");
  report["hints"] = program.GetText("hints");
  report["output"] = program.GetText("output");
  report["window"] = { colorize->GetWindowMinimum(), colorize->GetWindowMaximum() };
  report["cycles"] = totals.cycles;
  report["residual"] = totals.residual;
  report["seconds"] = totals.seconds;
  report["peak_bytes"] = totals.peakBytes;
  report["hint_voxels"] = totals.hintVoxels;
  report["unreached_voxels"] = totals.unreachedVoxels;
  ImageFiles::WriteText(report.dump(2) + '\n', program.GetText("report"));
  program.Say("Report: " + program.GetText("report"));
}

template <typename TColorize>
void
SetParameters(CommandLineProgram & program, TColorize * colorize)
{
  colorize->SetTolerance(program.GetReal("tolerance"));
  colorize->SetMaximumNumberOfCycles(static_cast<unsigned int>(program.GetInteger("cycles")));
  colorize->SetVarianceScale(program.GetReal("variance-scale"));
  colorize->SetUseImageSpacing(program.GetFlag("use-spacing"));
  // The residual is looked at in the end: one sentence is enough.
  itk::Object::SetGlobalWarningDisplay(false);
}

void
VerifyConverged(const Totals & totals, double tolerance)
{
  if (totals.residual > tolerance)
  {
    std::ostringstream sentence;
    sentence << "The residual is " << totals.residual << " after " << totals.cycles << " cycles, above the tolerance "
             << tolerance << "; more --cycles are needed.";
    throw InputError(sentence.str());
  }
}

template <unsigned int VDimension>
void
Colorize(CommandLineProgram & program, const ImageFiles::ImageInformation & information)
{
  using HintType = itk::Image<itk::RGBPixel<unsigned char>, VDimension>;
  const std::string input = program.GetText("input");
  program.ShowProgress("reading", 0.0);
  const Gray<VDimension>           gray = ReadGray<VDimension>(input, information);
  const typename HintType::Pointer hints = ImageFiles::ReadAs<HintType>(program.GetText("hints"));
  auto                             colorize = itk::LevinColorizationImageFilter<itk::Image<float, VDimension>>::New();
  colorize->SetInput(gray.image);
  colorize->SetWindowMinimum(gray.windowMinimum);
  colorize->SetWindowMaximum(gray.windowMaximum);
  colorize->SetHintImage(hints);
  if (program.GetFlag("marked"))
  {
    colorize->SetHintMaskImage(FindMarks<VDimension>(input, hints));
  }
  else if (program.Has("hint-mask"))
  {
    colorize->SetHintMaskImage(ImageFiles::ReadMask<VDimension>(program.GetText("hint-mask")));
  }
  if (program.Has("confidence"))
  {
    colorize->SetConfidenceImage(ImageFiles::ReadAs<itk::Image<float, VDimension>>(program.GetText("confidence")));
  }
  if (program.Has("mask"))
  {
    colorize->SetMaskImage(ImageFiles::ReadMask<VDimension>(program.GetText("mask")));
  }
  SetParameters(program, colorize.GetPointer());
  colorize->AddObserver(itk::ProgressEvent(),
                        [&](const itk::EventObject &) { program.ShowProgress("spreading", colorize->GetProgress()); });
  try
  {
    colorize->Update();
  }
  catch (const itk::ExceptionObject & error)
  {
    throw InputError(input + ": " + CommandLineProgram::SentenceOf(error));
  }
  Totals totals;
  totals.Add(colorize.GetPointer());
  VerifyConverged(totals, colorize->GetTolerance());
  program.ShowProgress("writing", 0.0);
  ImageFiles::WriteImage<HintType>(colorize->GetOutput(), program.GetText("output"));
  program.Say("Colour image: " + program.GetText("output"));
  WriteReport(program, colorize.GetPointer(), totals);
}

/** The inputs as readers that give what they are asked for. */
class HintStreams
{
public:
  using GrayReader = itk::ImageFileReader<ImageFiles::VolumeType>;
  using HintReader = itk::ImageFileReader<ImageFiles::ColorVolumeType>;
  using BinaryType = itk::BinaryThresholdImageFilter<ImageFiles::VolumeType, ImageFiles::MaskType>;

  explicit HintStreams(const CommandLineProgram & program)
  {
    m_Gray = OpenGray(program.GetText("input"));
    ImageFiles::ReadInformation(program.GetText("hints"));
    m_Hints = HintReader::New();
    m_Hints->SetFileName(program.GetText("hints"));
    m_HintMask = OpenMask(program, "hint-mask");
    m_Mask = OpenMask(program, "mask");
    m_Confidence = program.Has("confidence") ? OpenGray(program.GetText("confidence")) : nullptr;
  }

  template <typename TColorize>
  void
  Connect(TColorize * colorize) const
  {
    colorize->SetInput(m_Gray->GetOutput());
    colorize->SetHintImage(m_Hints->GetOutput());
    if (m_HintMask)
    {
      colorize->SetHintMaskImage(m_HintMask->GetOutput());
    }
    if (m_Mask)
    {
      colorize->SetMaskImage(m_Mask->GetOutput());
    }
    if (m_Confidence)
    {
      colorize->SetConfidenceImage(m_Confidence->GetOutput());
    }
  }

  struct Survey
  {
    double                           lowest = std::numeric_limits<double>::max();
    double                           highest = std::numeric_limits<double>::lowest();
    std::vector<itk::IndexValueType> fullSlices;
    std::uint64_t                    hintVoxels = 0;
    std::size_t                      slices = 0;
  };

  /** Looks at one slice along the last axis after the other. */
  template <typename TProgress>
  Survey
  TakeSurvey(const TProgress & progress)
  {
    Survey survey;
    m_Gray->UpdateOutputInformation();
    auto       slice = m_Gray->GetOutput()->GetLargestPossibleRegion();
    const auto first = slice.GetIndex(2);
    const auto count = slice.GetSize(2);
    slice.SetSize(2, 1);
    survey.slices = count;
    for (itk::SizeValueType k = 0; k < count; ++k)
    {
      slice.SetIndex(2, first + static_cast<itk::IndexValueType>(k));
      const auto gray = Ask(m_Gray.GetPointer(), slice);
      const auto range = std::minmax_element(gray.begin(), gray.end());
      survey.lowest = std::min<double>(survey.lowest, *range.first);
      survey.highest = std::max<double>(survey.highest, *range.second);
      if (CountHints(slice, survey.hintVoxels))
      {
        survey.fullSlices.push_back(slice.GetIndex(2));
      }
      progress(static_cast<double>(k + 1) / static_cast<double>(count));
    }
    return survey;
  }

private:
  static GrayReader::Pointer
  OpenGray(const std::string & path)
  {
    // Verifies all of the file, which then is read in pieces.
    ImageFiles::ReadInformation(path);
    auto reader = GrayReader::New();
    reader->SetFileName(path);
    return reader;
  }

  BinaryType::Pointer
  OpenMask(const CommandLineProgram & program, const char * name)
  {
    if (!program.Has(name))
    {
      return nullptr;
    }
    auto binary = BinaryType::New();
    m_MaskReaders.push_back(OpenGray(program.GetText(name)));
    binary->SetInput(m_MaskReaders.back()->GetOutput());
    binary->SetLowerThreshold(0.0f);
    binary->SetUpperThreshold(0.0f);
    binary->SetInsideValue(0);
    binary->SetOutsideValue(1);
    return binary;
  }

  template <typename TSource>
  static auto
  Ask(TSource * source, const ImageFiles::VolumeType::RegionType & slice)
  {
    auto * image = source->GetOutput();
    source->UpdateOutputInformation();
    if (!image->GetLargestPossibleRegion().IsInside(slice))
    {
      std::ostringstream sentence;
      sentence << "slice " << slice.GetIndex(2) << " of the image is of size " << slice.GetSize()
               << ", which another image of size " << image->GetLargestPossibleRegion().GetSize() << " does not hold.";
      throw InputError(sentence.str());
    }
    image->SetRequestedRegion(slice);
    source->Update();
    using ImageType = typename std::remove_pointer<decltype(image)>::type;
    std::vector<typename ImageType::PixelType> pixels;
    pixels.reserve(slice.GetNumberOfPixels());
    for (itk::ImageRegionConstIterator<ImageType> it(image, slice); !it.IsAtEnd(); ++it)
    {
      pixels.push_back(it.Get());
    }
    return pixels;
  }

  /** Counts the hints of a slice.
   * \return whether every voxel of the mask in it is a hint of confidence 1 */
  bool
  CountHints(const ImageFiles::VolumeType::RegionType & slice, std::uint64_t & hintVoxels)
  {
    bool       isFull = true;
    const auto hints = m_HintMask ? std::vector<itk::RGBPixel<unsigned char>>() : Ask(m_Hints.GetPointer(), slice);
    const auto hintMask = m_HintMask ? Ask(m_HintMask.GetPointer(), slice) : std::vector<unsigned char>();
    const auto mask = m_Mask ? Ask(m_Mask.GetPointer(), slice) : std::vector<unsigned char>();
    const auto confidence = m_Confidence ? Ask(m_Confidence.GetPointer(), slice) : std::vector<float>();
    for (std::size_t i = 0; i < slice.GetNumberOfPixels(); ++i)
    {
      const bool  isHint = m_HintMask ? hintMask[i] != 0 : hints[i][0] != 0 || hints[i][1] != 0 || hints[i][2] != 0;
      const float trust = !isHint ? 0.0f : m_Confidence ? confidence[i] : 1.0f;
      const bool  isInside = !m_Mask || mask[i] != 0;
      hintVoxels += isInside && trust > 0.0f ? 1 : 0;
      isFull = isFull && (!isInside || trust == 1.0f);
    }
    return isFull;
  }

  std::vector<GrayReader::Pointer> m_MaskReaders;
  GrayReader::Pointer              m_Gray;
  HintReader::Pointer              m_Hints;
  BinaryType::Pointer              m_HintMask;
  BinaryType::Pointer              m_Mask;
  GrayReader::Pointer              m_Confidence;
};

/** Solves between full slices of hints while reading and writing. */
void
ColorizeInSlabs(CommandLineProgram & program, const ImageFiles::ImageInformation & information)
{
  using ColorizeType = itk::LevinColorizationImageFilter<ImageFiles::VolumeType>;
  const std::string     input = program.GetText("input");
  const std::string     output = program.GetText("output");
  HintStreams           streams(program);
  ColorizeType::Pointer colorize = ColorizeType::New();
  streams.Connect(colorize.GetPointer());
  try
  {
    program.ShowProgress("looking for full slices", 0.0);
    const HintStreams::Survey survey =
      streams.TakeSurvey([&](double done) { program.ShowProgress("looking for full slices", done); });
    if (survey.fullSlices.empty())
    {
      throw InputError(program.GetText("hints") +
                       ": no slice along the last axis is full of hints of confidence 1, so --stream has no slabs.");
    }
    colorize->SetWindowMinimum(information.isByte ? 0.0 : survey.lowest);
    colorize->SetWindowMaximum(information.isByte ? 255.0 : survey.highest);
    colorize->SetHintSlices(survey.fullSlices);
    SetParameters(program, colorize.GetPointer());
    Totals totals;
    colorize->AddObserver(itk::EndEvent(), [&](const itk::EventObject &) { totals.Add(colorize.GetPointer()); });
    // Slice by slice, so that every piece lies in one slab, which is solved for the first of them.
    ImageFiles::WriteStreamed(
      colorize->GetOutput(),
      output,
      static_cast<unsigned int>(survey.slices),
      [&](double done) { program.ShowProgress("spreading", done); },
      [&]() { VerifyConverged(totals, colorize->GetTolerance()); });
    totals.hintVoxels = survey.hintVoxels;
    program.Say("Colour image: " + output);
    WriteReport(program, colorize.GetPointer(), totals);
  }
  catch (const itk::ExceptionObject & error)
  {
    throw InputError(input + ": " + CommandLineProgram::SentenceOf(error));
  }
}

void
ColorizeFromHints(CommandLineProgram & program)
{
  if (program.GetFlag("stream") && program.GetFlag("marked"))
  {
    throw UsageError("--marked and --stream exclude each other.");
  }
  if (program.GetFlag("stream"))
  {
    ImageFiles::VerifyStreamableImage(program.GetText("output"));
  }
  else
  {
    ImageFiles::VerifyWritableImage(program.GetText("output"));
  }
  if (program.Has("report"))
  {
    ImageFiles::VerifyWritableFile(program.GetText("report"));
  }
  if (program.GetFlag("marked") && program.Has("hint-mask"))
  {
    throw UsageError("--marked and --hint-mask exclude each other.");
  }
  const ImageFiles::ImageInformation image = ImageFiles::ReadInformation(program.GetText("input"));
  const ImageFiles::ImageInformation hints = ImageFiles::ReadInformation(program.GetText("hints"));
  if (image.components != 1 && image.components != 3 && image.components != 4)
  {
    throw InputError(program.GetText("input") + ": the image has " + std::to_string(image.components) +
                     " components a pixel, but 1, 3 or 4 are needed.");
  }
  if ((hints.components != 3 && hints.components != 4) || !hints.isByte)
  {
    throw InputError(program.GetText("hints") + ": the hints have " + std::to_string(hints.components) +
                     " components a pixel" + (hints.isByte ? "" : " that are not of 8 bits") +
                     ", but 3 or 4 of 8 bits are needed.");
  }
  if (image.dimensions != hints.dimensions)
  {
    throw InputError(program.GetText("hints") + ": the hints have " + std::to_string(hints.dimensions) +
                     " dimensions, but the image has " + std::to_string(image.dimensions) + '.');
  }
  for (const char * name : { "hint-mask", "confidence", "mask" })
  {
    if (program.Has(name) && ImageFiles::ReadInformation(program.GetText(name)).dimensions != image.dimensions)
    {
      throw InputError(program.GetText(name) + ": the image does not have as many dimensions as " +
                       program.GetText("input") + '.');
    }
  }
  if (program.GetFlag("stream"))
  {
    if (image.dimensions != 3 || image.components != 1)
    {
      throw InputError(program.GetText("input") + ": the image has " + std::to_string(image.dimensions) +
                       " dimensions and " + std::to_string(image.components) +
                       " components a pixel, but --stream needs 3 and 1.");
    }
    ColorizeInSlabs(program, image);
  }
  else if (image.dimensions == 2)
  {
    Colorize<2>(program, image);
  }
  else if (image.dimensions == 3)
  {
    Colorize<3>(program, image);
  }
  else
  {
    throw InputError(program.GetText("input") + ": the image has " + std::to_string(image.dimensions) +
                     " dimensions, but 2 or 3 are needed.");
  }
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program("ColorizeFromHints",
                             "Colorize From Hints",
                             "Spreads coloured hints, such as coloured slices or scribbles, over a gray picture or "
                             "volume (Levin 2004). Luminance stays that of the input.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { ColorizeFromHints(program); });
}
