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
// Gives one image the gradients of another.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"

#include "itkPoissonFusionImageFilter.h"

#include <nlohmann/json.hpp>

#include <sstream>

namespace
{
void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(
    ParameterKind::InputVolume,
    "source",
    "Gradient source",
    "Gray picture or volume whose gradients are taken, such as MRI: a file of any format that ITK reads, or a folder "
    "with one DICOM series.");
  program.AddPositional(ParameterKind::InputVolume,
                        "intensities",
                        "Intensities",
                        "Gray picture or volume on the same grid, whose intensities are taken.");
  program.AddPositional(ParameterKind::OutputVolume,
                        "output",
                        "Fused image",
                        "Picture or volume to write: of 8 bits if the intensities are, else of floats.");
  program.AddFile(ParameterKind::InputLabelVolume,
                  "mask",
                  "Mask",
                  "Picture or volume that is not 0 where gradients are taken; elsewhere the intensities stay.");
  program.AddReal(
    "lambda",
    "Lambda",
    "Weight of the intensities within the mask, in 1 / mm^2: structures above 2 pi / sqrt(lambda) in size "
    "keep theirs.",
    0.0,
    0.0,
    1e9);
  program.AddFlag("mixed", "Mixed gradients", "Take the stronger one of both gradients.");
  program.AddReal("tolerance", "Tolerance", "Relative residual at which the solver stops.", 1e-5, 1e-12, 1.0);
  program.AddInteger("cycles", "Cycles", "Most cycles of the solver.", 100, 1, 100000);
  program.AddFile(ParameterKind::OutputFile,
                  "report",
                  "Report",
                  "Cycles, residual, seconds, memory and more to write, as JSON.");
  program.BeginAdvanced();
  program.AddVolumeChoice();
}

template <typename TFuse>
std::string
MakeReport(const CommandLineProgram & program, const TFuse * fuse)
{
  nlohmann::json report;
  report["source"] = program.GetText("source");
  report["intensities"] = program.GetText("intensities");
  report["output"] = program.GetText("output");
  report["cycles"] = fuse->GetNumberOfCycles();
  report["residual"] = fuse->GetResidual();
  report["seconds"] = fuse->GetElapsedSeconds();
  report["peak_bytes"] = fuse->GetPeakBytes();
  report["free_voxels"] = fuse->GetNumberOfFreeVoxels();
  report["dirichlet_voxels"] = fuse->GetNumberOfDirichletVoxels();
  report["mean_is_kept"] = fuse->GetMeanIsKept();
  return report.dump(2) + '\n';
}

template <unsigned int VDimension, typename TOutputPixel>
void
Fuse(CommandLineProgram & program)
{
  using GrayType = itk::Image<float, VDimension>;
  using OutputType = itk::Image<TOutputPixel, VDimension>;
  auto fuse = itk::PoissonFusionImageFilter<GrayType, GrayType, OutputType>::New();
  program.ShowProgress("reading", 0.0);
  fuse->SetInput(ImageFiles::ReadAs<GrayType>(program.GetText("source")));
  fuse->SetIntensityImage(ImageFiles::ReadAs<GrayType>(program.GetText("intensities")));
  if (program.Has("mask"))
  {
    fuse->SetMaskImage(ImageFiles::ReadMask<VDimension>(program.GetText("mask")));
  }
  fuse->SetLambda(program.GetReal("lambda"));
  fuse->SetMixedGradients(program.GetFlag("mixed"));
  fuse->SetTolerance(program.GetReal("tolerance"));
  fuse->SetMaximumNumberOfCycles(static_cast<unsigned int>(program.GetInteger("cycles")));
  fuse->AddObserver(itk::ProgressEvent(),
                    [&](const itk::EventObject &) { program.ShowProgress("fusing", fuse->GetProgress()); });
  // The residual is looked at below: one sentence is enough.
  itk::Object::SetGlobalWarningDisplay(false);
  try
  {
    fuse->Update();
  }
  catch (const itk::ExceptionObject & error)
  {
    throw InputError(program.GetText("source") + ": " + CommandLineProgram::SentenceOf(error));
  }
  if (fuse->GetResidual() > fuse->GetTolerance())
  {
    std::ostringstream sentence;
    sentence << "The residual is " << fuse->GetResidual() << " after " << fuse->GetNumberOfCycles()
             << " cycles, above the tolerance " << fuse->GetTolerance() << "; more --cycles are needed.";
    throw InputError(sentence.str());
  }
  program.ShowProgress("writing", 0.0);
  ImageFiles::WriteImage<OutputType>(fuse->GetOutput(), program.GetText("output"));
  program.Say("Fused image: " + program.GetText("output"));
  if (program.Has("report"))
  {
    ImageFiles::WriteText(MakeReport(program, fuse.GetPointer()), program.GetText("report"));
    program.Say("Report: " + program.GetText("report"));
  }
}

/** What a file holds; it has to be gray. */
ImageFiles::ImageInformation
VerifyGray(const std::string & path)
{
  const ImageFiles::ImageInformation image = ImageFiles::ReadInformation(path);
  if (image.components != 1)
  {
    throw InputError(path + ": the image has " + std::to_string(image.components) +
                     " components a pixel, but 1 is needed.");
  }
  return image;
}

void
FuseGradients(CommandLineProgram & program)
{
  ImageFiles::VerifyWritableImage(program.GetText("output"));
  if (program.Has("report"))
  {
    ImageFiles::VerifyWritableFile(program.GetText("report"));
  }
  const ImageFiles::ImageInformation source = VerifyGray(program.GetText("source"));
  const ImageFiles::ImageInformation intensities = VerifyGray(program.GetText("intensities"));
  for (const char * name : { "intensities", "mask" })
  {
    const std::string path = program.Has(name) ? program.GetText(name) : program.GetText("source");
    const auto        dimensions = ImageFiles::ReadInformation(path).dimensions;
    if (dimensions != source.dimensions)
    {
      throw InputError(path + ": the image has " + std::to_string(dimensions) + " dimensions, but " +
                       program.GetText("source") + " has " + std::to_string(source.dimensions) + '.');
    }
  }
  if (source.dimensions == 2)
  {
    intensities.isByte ? Fuse<2, unsigned char>(program) : Fuse<2, float>(program);
  }
  else if (source.dimensions == 3)
  {
    intensities.isByte ? Fuse<3, unsigned char>(program) : Fuse<3, float>(program);
  }
  else
  {
    throw InputError(program.GetText("source") + ": the image has " + std::to_string(source.dimensions) +
                     " dimensions, but 2 or 3 are needed.");
  }
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program("FuseGradients",
                             "Fuse Gradients",
                             "Gives an image the gradients of another one and keeps its intensities (Poisson fusion, "
                             "Perez 2003): details of MRI with the gray of a cryosection.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { FuseGradients(program); });
}
