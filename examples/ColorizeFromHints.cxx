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

#include <nlohmann/json.hpp>

#include <algorithm>

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
    ParameterKind::InputVolume,
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
  program.AddFile(ParameterKind::OutputFile,
                  "report",
                  "Report",
                  "Cycles, residual, seconds, memory and more to write, as JSON.");
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

template <typename TColorize>
std::string
MakeReport(const CommandLineProgram & program, const TColorize * colorize)
{
  nlohmann::json report;
  report["input"] = program.GetText("input");
  report["hints"] = program.GetText("hints");
  report["output"] = program.GetText("output");
  report["window"] = { colorize->GetWindowMinimum(), colorize->GetWindowMaximum() };
  report["cycles"] = colorize->GetNumberOfCycles();
  report["residual"] = colorize->GetResidual();
  report["seconds"] = colorize->GetElapsedSeconds();
  report["peak_bytes"] = colorize->GetPeakBytes();
  report["hint_voxels"] = colorize->GetNumberOfHintVoxels();
  report["unreached_voxels"] = colorize->GetNumberOfUnreachedVoxels();
  return report.dump(2) + '\n';
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
  colorize->SetTolerance(program.GetReal("tolerance"));
  colorize->SetMaximumNumberOfCycles(static_cast<unsigned int>(program.GetInteger("cycles")));
  colorize->SetVarianceScale(program.GetReal("variance-scale"));
  colorize->SetUseImageSpacing(program.GetFlag("use-spacing"));
  colorize->AddObserver(itk::ProgressEvent(),
                        [&](const itk::EventObject &) { program.ShowProgress("spreading", colorize->GetProgress()); });
  // The residual is looked at below: one sentence is enough.
  itk::Object::SetGlobalWarningDisplay(false);
  try
  {
    colorize->Update();
  }
  catch (const itk::ExceptionObject & error)
  {
    throw InputError(input + ": " + CommandLineProgram::SentenceOf(error));
  }
  if (colorize->GetResidual() > colorize->GetTolerance())
  {
    std::ostringstream sentence;
    sentence << "The residual is " << colorize->GetResidual() << " after " << colorize->GetNumberOfCycles()
             << " cycles, above the tolerance " << colorize->GetTolerance() << "; more --cycles are needed.";
    throw InputError(sentence.str());
  }
  program.ShowProgress("writing", 0.0);
  ImageFiles::WriteImage<HintType>(colorize->GetOutput(), program.GetText("output"));
  program.Say("Colour image: " + program.GetText("output"));
  if (program.Has("report"))
  {
    ImageFiles::WriteText(MakeReport(program, colorize.GetPointer()), program.GetText("report"));
    program.Say("Report: " + program.GetText("report"));
  }
}

void
ColorizeFromHints(CommandLineProgram & program)
{
  ImageFiles::VerifyWritableImage(program.GetText("output"));
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
  if (image.dimensions == 2)
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
