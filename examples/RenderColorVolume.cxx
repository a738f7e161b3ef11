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
// Renders a colour volume by ray casting: opacity is luminance.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"

#include "itkColorVolumeRenderImageFilter.h"

#include <cmath>

int
main(int argc, char * argv[])
{
  CommandLineProgram program("RenderColorVolume",
                             "Render Color Volume",
                             "Makes a picture of a colour volume by ray casting, off screen. Opacity is luminance.");
  program.AddPositional(ParameterKind::InputColorVolume,
                        "input",
                        "Color volume",
                        "RGB or RGBA volume of 8 bits; of RGBA, alpha makes opacity.");
  program.AddPositional(ParameterKind::OutputFile, "output", "Picture", "Picture to write, such as render.png.");
  program.AddInteger("size", "Size", "Width and height of the picture in pixels.", 800, 16, 8192);
  program.AddReal("azimuth",
                  "Azimuth",
                  "Where the eye stands around the patient, in degrees: 0 in front, 90 at the left, 180 behind.",
                  35.0,
                  -360.0,
                  360.0);
  program
    .AddReal("elevation", "Elevation", "How high the eye stands, in degrees: 90 is above the head.", 20.0, -90.0, 90.0);
  program.AddReal("transparent", "Transparent", "Alpha up to which voxels are transparent.", 30.0, 0.0, 254.0);
  program.AddReal("opaque", "Opaque", "Alpha from which voxels are opaque.", 80.0, 1.0, 255.0);
  program.AddFlag("cut", "Cut", "Take away the eighth of the volume that is nearest to the eye.");
  program.AddFlag("flat", "Flat", "Do not light the surfaces.");

  return program.Run(argc,
                     argv,
                     [&program]()
                     {
                       const std::string output = program.GetText("output");
                       ImageFiles::VerifyWritableImage(output);
                       const auto volume = ImageFiles::ReadColorVolume(program.GetText("input"));

                       using RenderType = itk::ColorVolumeRenderImageFilter;
                       const double                    azimuth = program.GetReal("azimuth") * itk::Math::pi / 180.0;
                       const double                    elevation = program.GetReal("elevation") * itk::Math::pi / 180.0;
                       RenderType::DirectionVectorType eye;
                       eye[0] = std::sin(azimuth) * std::cos(elevation);
                       eye[1] = -std::cos(azimuth) * std::cos(elevation);
                       eye[2] = std::sin(elevation);
                       RenderType::PictureSizeType size;
                       size.Fill(static_cast<itk::SizeValueType>(program.GetInteger("size")));

                       auto render = RenderType::New();
                       render->SetInput(volume);
                       render->SetEyeDirection(eye);
                       render->SetPictureSize(size);
                       render->SetTransparentAlpha(program.GetReal("transparent"));
                       render->SetOpaqueAlpha(program.GetReal("opaque"));
                       render->SetCutCorner(program.GetFlag("cut"));
                       render->SetShade(!program.GetFlag("flat"));
                       render->AddObserver(itk::ProgressEvent(),
                                           [&](const itk::EventObject &)
                                           { program.ShowProgress("rendering", render->GetProgress()); });
                       render->Update();
                       ImageFiles::WriteImage(render->GetOutput(), output);
                       program.Say("Picture: " + output);
                     });
}
