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
// Finds the body in a CT or MRI volume.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"

#include "itkOtsuBodyMaskImageFilter.h"
#include "itkSobelInRangeImageFilter.h"

#include <sstream>

namespace
{
void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(ParameterKind::InputVolume,
                        "input",
                        "Gray volume",
                        "MRI or CT: a file of any format that ITK reads, or a folder with one DICOM series.");
  program.AddPositional(ParameterKind::OutputLabelVolume,
                        "output",
                        "Body mask",
                        "Mask to write, on the grid of the input: 1 in the body, 0 outside, 8 bits a voxel.");
  program.AddFlag("keep-arms", "Keep arms", "Also keep what lies apart from the largest part, such as arms.");
  program.AddReal("arm-volume", "Arm volume", "With --keep-arms: from how many ml on a part is kept.", 100.0, 0.0, 1e6);
  program.AddReal("open-radius",
                  "Opening radius",
                  "Takes away what is thinner than twice this, in mm: 6 parts the body from most CT tables. For CT: in "
                  "MRI the skin is thin, and goes too.",
                  0.0,
                  0.0,
                  100.0);
  program.AddChoice("axis",
                    "Axis",
                    "Image axis across the slices in which holes are filled; auto is the one nearest to superior.",
                    { "auto", "0", "1", "2" });
  program.AddFlag("fill-all-axes",
                  "Fill along all axes",
                  "Also fill holes in the slices across the other axes: closes ear canals and the base of a head.");
  program.AddFile(ParameterKind::OutputVolume,
                  "sobel",
                  "Contours",
                  "Also write the contours of fat and bone in a CT: two components a voxel, the Sobel gradients within "
                  "the slices of values of fat and of bone, in HU a voxel.");
  program.BeginAdvanced();
  program.AddVolumeChoice();
}

using ContoursType = itk::VectorImage<float, 3>;

ContoursType::Pointer
FindContours(CommandLineProgram & program, const ImageFiles::VolumeType * volume, unsigned int sliceAxis)
{
  auto sobel = itk::SobelInRangeImageFilter<ImageFiles::VolumeType, ContoursType>::New();
  sobel->SetInput(volume);
  sobel->SetSliceAxis(sliceAxis);
  sobel->AddObserver(itk::ProgressEvent(),
                     [&](const itk::EventObject &) { program.ShowProgress("contours", sobel->GetProgress()); });
  sobel->Update();
  return sobel->GetOutput();
}

void
MaskBody(CommandLineProgram & program)
{
  const std::string input = program.GetText("input");
  const std::string output = program.GetText("output");
  const std::string axis = program.GetText("axis");
  ImageFiles::VerifyWritableImage(output);
  if (program.Has("sobel"))
  {
    ImageFiles::VerifyWritableImage(program.GetText("sobel"));
  }
  program.ShowProgress("reading", 0.0);
  const auto volume = ImageFiles::ReadVolume(input);

  auto mask = itk::OtsuBodyMaskImageFilter<ImageFiles::VolumeType, ImageFiles::MaskType>::New();
  mask->SetInput(volume);
  mask->SetKeepSeparateParts(program.GetFlag("keep-arms"));
  mask->SetMinimumPartVolume(program.GetReal("arm-volume"));
  mask->SetOpeningRadius(program.GetReal("open-radius"));
  const unsigned int sliceAxis =
    axis == "auto" ? ImageFiles::SuperiorAxis(volume) : static_cast<unsigned int>(std::stoi(axis));
  mask->SetSliceAxis(sliceAxis);
  mask->SetFillAlongAllAxes(program.GetFlag("fill-all-axes"));
  mask->AddObserver(itk::ProgressEvent(),
                    [&](const itk::EventObject &) { program.ShowProgress("body mask", mask->GetProgress()); });
  ContoursType::Pointer contours;
  try
  {
    mask->Update();
    if (program.Has("sobel"))
    {
      contours = FindContours(program, volume, sliceAxis);
    }
  }
  catch (const itk::ExceptionObject & error)
  {
    throw InputError(input + ": " + CommandLineProgram::SentenceOf(error));
  }
  program.ShowProgress("writing", 0.0);
  ImageFiles::WriteImage<ImageFiles::MaskType>(mask->GetOutput(), output);
  std::ostringstream found;
  found << "Body mask: " << output << " (" << mask->GetBodyVolume() << " ml in " << mask->GetNumberOfComponents()
        << (mask->GetNumberOfComponents() == 1 ? " part" : " parts") << ", above " << mask->GetThreshold() << ')';
  program.Say(found.str());
  if (contours)
  {
    ImageFiles::WriteImage<ContoursType>(contours, program.GetText("sobel"));
    program.Say("Contours: " + program.GetText("sobel"));
  }
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program("MaskBody",
                             "Mask Body",
                             "Finds the body in a CT or MRI volume: Otsu's threshold, the largest part, holes filled "
                             "slice by slice, so that lungs and sinuses belong to it.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { MaskBody(program); });
}
