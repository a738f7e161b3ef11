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
// Gives a gray volume the colours of one photograph.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"
#include "support/SliceMontage.h"

#include "itkColorVolumeRenderImageFilter.h"
#include "itkReferenceColorizationImageFilter.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <stdexcept>

namespace
{
using ColorizeType = itk::ReferenceColorizationImageFilter<ImageFiles::VolumeType, ImageFiles::ColorVolumeType>;

void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(ParameterKind::InputVolume,
                        "input",
                        "Gray volume",
                        "MRI or CT: a file of any format that ITK reads, or a folder with one DICOM series.");
  program.AddPositional(ParameterKind::OutputColorVolume,
                        "output",
                        "Color volume",
                        "Colour volume to write, on the grid of the input.");
  program.AddFile(
    ParameterKind::InputFile,
    "reference",
    "Photograph",
    "Colour photograph of a section through a body, such as a cryosection. Blue and black background is not "
    "taken for tissue. How it lies and its scale are found.",
    true);
  program.AddFile(ParameterKind::InputLabelVolume,
                  "mask",
                  "Body mask",
                  "The body, where not 0. Without it, it is found by Otsu's threshold.");
  program.AddChoice("axis",
                    "Axis",
                    "Image axis across the slices that are like the photograph; auto is the one nearest to superior.",
                    { "auto", "0", "1", "2" });
  program.AddInteger("hint-count",
                     "Hint slices",
                     "How many slices are coloured by analogy with the photograph.",
                     40,
                     1,
                     10000);
  program.AddFlag("alpha", "Alpha", "Write RGBA with alpha = luminance, as volume renderers want it.");
  program.AddFile(ParameterKind::OutputFile, "slices", "Slices", "Also write a picture of gray and coloured slices.");
  program.AddFile(ParameterKind::OutputFile,
                  "render",
                  "Rendering",
                  "Also write a picture of the colour volume, cut open.");
  program.AddFile(ParameterKind::OutputFile, "report", "Report", "Also write what was done, as JSON.");
}

void
VerifyOutputs(const CommandLineProgram & program)
{
  ImageFiles::VerifyWritableImage(program.GetText("output"));
  for (const char * name : { "slices", "render" })
  {
    if (program.Has(name))
    {
      ImageFiles::VerifyWritableImage(program.GetText(name));
    }
  }
  if (program.Has("report"))
  {
    ImageFiles::VerifyWritableFile(program.GetText("report"));
  }
  if (program.Has("render") && !itk::ColorVolumeRenderImageFilter::IsAvailable())
  {
    throw InputError("--render cannot be used: this build has no VTK.");
  }
}

ImageFiles::PhotographType::Pointer
ReadReference(const std::string & path)
{
  const auto photograph = ImageFiles::ReadPhotograph(path);
  try
  {
    const itk::colorization::SliceAnalogy probe(photograph, itk::colorization::SliceAnalogyParameters());
  }
  catch (const std::invalid_argument & error)
  {
    throw InputError(path + ": " + error.what());
  }
  return photograph;
}

std::string
MakeReport(const CommandLineProgram & program, const ColorizeType * colorize, double seconds)
{
  const auto &   propagation = colorize->GetPropagationReport();
  const auto &   orientation = colorize->GetPhotographOrientation();
  nlohmann::json report;
  report["input"] = program.GetText("input");
  report["output"] = program.GetText("output");
  report["reference"]["file"] = program.GetText("reference");
  report["reference"]["transposed"] = orientation[0];
  report["reference"]["mirrored"] = { orientation[1], orientation[2] };
  report["reference"]["spacing_mm"] = colorize->GetPhotographSpacing();
  report["axis"] = colorize->GetAxis();
  report["window"] = { colorize->GetWindowMinimum(), colorize->GetWindowMaximum() };
  report["hint_slices"] = nlohmann::json::array();
  for (const auto & slice : colorize->GetHintSliceReports())
  {
    report["hint_slices"].push_back(
      { { "index", slice.index }, { "similarity", slice.similarity }, { "mean_distance", slice.meanDistance } });
  }
  report["propagation"] = {
    { "cycles", propagation.cycles },          { "residual", propagation.residual },
    { "seconds", propagation.seconds },        { "peak_bytes", propagation.peakBytes },
    { "hint_voxels", propagation.hintVoxels }, { "unreached_voxels", propagation.unreachedVoxels }
  };
  report["seconds"] = seconds;
  return report.dump(2) + '\n';
}

void
Render(CommandLineProgram & program, const ImageFiles::ColorVolumeType * color)
{
  auto render = itk::ColorVolumeRenderImageFilter::New();
  render->SetInput(ImageFiles::AddLuminanceAlpha(color));
  render->CutCornerOn();
  render->AddObserver(itk::ProgressEvent(),
                      [&](const itk::EventObject &) { program.ShowProgress("rendering", render->GetProgress()); });
  render->Update();
  ImageFiles::WriteImage(render->GetOutput(), program.GetText("render"));
}

void
Colorize(CommandLineProgram & program)
{
  const auto        start = std::chrono::steady_clock::now();
  const std::string input = program.GetText("input");
  VerifyOutputs(program);
  program.ShowProgress("reading", 0.0);
  const auto photograph = ReadReference(program.GetText("reference"));
  const auto volume = ImageFiles::ReadVolume(input);
  const auto axis = program.GetText("axis");

  auto colorize = ColorizeType::New();
  colorize->SetInput(volume);
  colorize->SetReferenceImage(photograph);
  colorize->SetAxis(axis == "auto" ? ImageFiles::SuperiorAxis(volume) : static_cast<unsigned int>(std::stoi(axis)));
  colorize->SetNumberOfHintSlices(static_cast<unsigned int>(program.GetInteger("hint-count")));
  if (program.Has("mask"))
  {
    const auto mask = ImageFiles::ReadMask<3>(program.GetText("mask"));
    if (mask->GetBufferedRegion() != volume->GetBufferedRegion())
    {
      std::ostringstream sizes;
      sizes << mask->GetBufferedRegion().GetSize() << ", but that of " << input << " is "
            << volume->GetBufferedRegion().GetSize();
      throw InputError(program.GetText("mask") + ": the mask's size is " + sizes.str() + '.');
    }
    colorize->SetMaskImage(mask);
  }
  colorize->AddObserver(itk::ProgressEvent(),
                        [&](const itk::EventObject &)
                        { program.ShowProgress(colorize->GetStage(), colorize->GetProgress()); });
  try
  {
    colorize->Update();
  }
  catch (const itk::ExceptionObject & error)
  {
    throw InputError(input + ": " + CommandLineProgram::SentenceOf(error));
  }
  const auto color = colorize->GetOutput();

  program.ShowProgress("writing", 0.0);
  if (program.GetFlag("alpha"))
  {
    ImageFiles::WriteImage<ImageFiles::AlphaVolumeType>(ImageFiles::AddLuminanceAlpha(color),
                                                        program.GetText("output"));
  }
  else
  {
    ImageFiles::WriteImage<ImageFiles::ColorVolumeType>(color, program.GetText("output"));
  }
  if (program.Has("slices"))
  {
    ImageFiles::WriteImage<ImageFiles::PhotographType>(
      MakeSliceMontage(volume, color, colorize->GetWindowMinimum(), colorize->GetWindowMaximum()),
      program.GetText("slices"));
  }
  if (program.Has("render"))
  {
    Render(program, color);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (program.Has("report"))
  {
    ImageFiles::WriteText(MakeReport(program, colorize, seconds), program.GetText("report"));
  }
  for (const auto & [name, label] : { std::pair<const char *, const char *>{ "output", "Colour volume: " },
                                      { "slices", "Slices: " },
                                      { "render", "Rendering: " },
                                      { "report", "Report: " } })
  {
    if (program.Has(name))
    {
      program.Say(label + program.GetText(name));
    }
  }
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program("ColorizeFromReference",
                             "Colorize From Reference",
                             "Gives a gray volume the colours of one colour photograph of a section through a body. No "
                             "network is needed. Luminance stays the volume's.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { Colorize(program); });
}
