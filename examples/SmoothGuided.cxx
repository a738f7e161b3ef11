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
// Smooths an image and keeps the edges of another.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"

#include "itkCastImageFilter.h"
#include "itkColorizationFilterUtilities.h"
#include "itkDomainTransformImageFilter.h"
#include "itkFastGlobalSmootherImageFilter.h"
#include "itkGuidedImageFilter.h"
#include "itkWeightedLeastSquaresImageFilter.h"

namespace
{
/** The value of a number that each method has a default of its own for. */
constexpr double AsMethodHasIt = -1.0;

void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(
    ParameterKind::InputAnyVolume,
    "input",
    "Image",
    "Picture or volume to smooth, gray or RGB: a file of any format that ITK reads, or a folder with "
    "one DICOM series.");
  program.AddPositional(
    ParameterKind::InputAnyVolume,
    "guide",
    "Guidance",
    "Picture or volume whose edges are kept, on the grid of the image; it may be the image itself.");
  program.AddPositional(ParameterKind::OutputAnyVolume,
                        "output",
                        "Smoothed image",
                        "File to write: 8 bits a component where the image has 8, else floating point.");
  program.AddChoice(
    "method",
    "Method",
    "fgs: Fast Global Smoother (Min 2014); guided: guided filter (He 2010); domain-transform: recursive "
    "(Gastal 2011); wls: weighted least squares (Farbman 2008).",
    { "fgs", "guided", "domain-transform", "wls" });
  program.AddReal("lambda",
                  "Lambda",
                  "Strength of fgs and wls; -1: as the method has it, 900 or 1.",
                  AsMethodHasIt,
                  -1e300,
                  1e300);
  program.AddReal(
    "sigma",
    "Sigma",
    "Difference of the guidance, in its units, that counts as an edge in fgs and domain-transform; -1: as the method "
    "has it, 25.5 or 102.",
    AsMethodHasIt,
    -1e300,
    1e300);
  program.AddInteger("iterations", "Iterations", "Iterations of fgs and domain-transform.", 3, 1, 100);
  program.AddChoice("attenuation",
                    "Attenuation",
                    "How lambda of fgs falls from one iteration to the next: as in the paper, or as in OpenCV.",
                    { "paper", "opencv" });
  program.AddInteger("radius", "Radius", "Radius of the windows of guided, in voxels.", 16, 0, 10000);
  program.AddReal("epsilon",
                  "Epsilon",
                  "Variance of the guidance, in its units squared, from which guided sees an edge.",
                  650.25,
                  -1e300,
                  1e300);
  program.AddReal("sigma-spatial", "Sigma spatial", "Reach of domain-transform, in voxels.", 60.0, -1e300, 1e300);
  program.AddReal("alpha", "Alpha", "Power of the guidance's gradient in wls.", 1.2, -1e300, 1e300);
  program.AddChoice("slices",
                    "Slices",
                    "Smooth within the slices across this image axis only; none smooths along all axes.",
                    { "none", "0", "1", "2" });
  program.AddFlag("use-spacing", "Use spacing", "Count strength and reach in physical units instead of voxels.");
}

/** The smoother that --method names, with its parameters. */
template <typename TImage, typename TGuidance>
typename itk::EdgeAwareSmoothingImageFilter<TImage, TGuidance>::Pointer
MakeSmoother(const CommandLineProgram & program)
{
  const std::string method = program.GetText("method");
  const auto        setIfGiven = [&](const char * name, const auto & set)
  {
    if (!program.EqualsDefault(name))
    {
      set(program.GetReal(name));
    }
  };
  if (method == "guided")
  {
    auto smoother = itk::GuidedImageFilter<TImage, TGuidance>::New();
    smoother->SetRadius(static_cast<unsigned int>(program.GetInteger("radius")));
    smoother->SetEpsilon(program.GetReal("epsilon"));
    return smoother.GetPointer();
  }
  if (method == "domain-transform")
  {
    auto smoother = itk::DomainTransformImageFilter<TImage, TGuidance>::New();
    smoother->SetSigmaSpatial(program.GetReal("sigma-spatial"));
    setIfGiven("sigma", [&](double value) { smoother->SetSigma(value); });
    smoother->SetNumberOfIterations(static_cast<unsigned int>(program.GetInteger("iterations")));
    return smoother.GetPointer();
  }
  if (method == "wls")
  {
    auto smoother = itk::WeightedLeastSquaresImageFilter<TImage, TGuidance>::New();
    setIfGiven("lambda", [&](double value) { smoother->SetLambda(value); });
    smoother->SetAlpha(program.GetReal("alpha"));
    return smoother.GetPointer();
  }
  using AttenuationEnum = itk::colorization::SmoothingAttenuation;
  auto smoother = itk::FastGlobalSmootherImageFilter<TImage, TGuidance>::New();
  setIfGiven("lambda", [&](double value) { smoother->SetLambda(value); });
  setIfGiven("sigma", [&](double value) { smoother->SetSigma(value); });
  smoother->SetNumberOfIterations(static_cast<unsigned int>(program.GetInteger("iterations")));
  smoother->SetAttenuation(program.GetText("attenuation") == "opencv" ? AttenuationEnum::OpenCV
                                                                      : AttenuationEnum::Paper);
  return smoother.GetPointer();
}

/** Writes 8 bits a component. */
template <typename TByteImage, typename TImage>
void
WriteAsBytes(const TImage * image, const std::string & path)
{
  auto bytes = TByteImage::New();
  bytes->CopyInformation(image);
  bytes->SetRegions(image->GetLargestPossibleRegion());
  bytes->Allocate();
  const auto region = image->GetLargestPossibleRegion();
  itk::colorization::CopyFromInterleaved(itk::colorization::ComponentsAt(image, region.GetIndex()),
                                         region,
                                         region,
                                         bytes.GetPointer(),
                                         itk::colorization::SerialFor);
  ImageFiles::WriteImage<TByteImage>(bytes, path);
}

template <typename TImage, typename TByteImage>
void
SmoothImage(CommandLineProgram & program, bool isByte)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  using GuidanceType = itk::VectorImage<float, dimension>;
  const std::string input = program.GetText("input");
  auto              smoother = MakeSmoother<TImage, GuidanceType>(program);
  const std::string slices = program.GetText("slices");
  if (slices != "none")
  {
    const auto axis = static_cast<unsigned int>(std::stoi(slices));
    if (axis >= dimension)
    {
      throw UsageError("--slices is " + slices + ", but the image has two dimensions.");
    }
    auto axes = smoother->GetSmoothAxes();
    axes[axis] = false;
    smoother->SetSmoothAxes(axes);
  }
  smoother->SetUseImageSpacing(program.GetFlag("use-spacing"));
  try
  {
    smoother->VerifyParameters();
  }
  catch (const itk::ExceptionObject & error)
  {
    throw UsageError(CommandLineProgram::SentenceOf(error));
  }
  program.ShowProgress("reading", 0.0);
  smoother->SetInput(ImageFiles::ReadAs<TImage>(input));
  if (program.GetText("guide") != input)
  {
    smoother->SetGuidanceImage(ImageFiles::ReadAs<GuidanceType>(program.GetText("guide")));
  }
  smoother->AddObserver(itk::ProgressEvent(),
                        [&](const itk::EventObject &) { program.ShowProgress("smoothing", smoother->GetProgress()); });
  try
  {
    smoother->Update();
  }
  catch (const itk::ExceptionObject & error)
  {
    throw InputError(program.GetText("guide") + ": " + CommandLineProgram::SentenceOf(error));
  }
  program.ShowProgress("writing", 0.0);
  const std::string output = program.GetText("output");
  if (isByte)
  {
    WriteAsBytes<TByteImage, TImage>(smoother->GetOutput(), output);
  }
  else
  {
    ImageFiles::WriteImage<TImage>(smoother->GetOutput(), output);
  }
  program.Say("Smoothed image: " + output);
}

void
SmoothGuided(CommandLineProgram & program)
{
  using RGBType = itk::RGBPixel<float>;
  using RGBByteType = itk::RGBPixel<unsigned char>;
  ImageFiles::VerifyWritableImage(program.GetText("output"));
  const ImageFiles::ImageInformation image = ImageFiles::ReadInformation(program.GetText("input"));
  const ImageFiles::ImageInformation guide = ImageFiles::ReadInformation(program.GetText("guide"));
  if (image.components != 1 && image.components != 3)
  {
    throw InputError(program.GetText("input") + ": the image has " + std::to_string(image.components) +
                     " components a pixel, but 1 or 3 are needed.");
  }
  if (image.dimensions != guide.dimensions)
  {
    throw InputError(program.GetText("guide") + ": the guidance has " + std::to_string(guide.dimensions) +
                     " dimensions, but the image has " + std::to_string(image.dimensions) + '.');
  }
  if (image.dimensions == 2)
  {
    image.components == 1 ? SmoothImage<itk::Image<float, 2>, itk::Image<unsigned char, 2>>(program, image.isByte)
                          : SmoothImage<itk::Image<RGBType, 2>, itk::Image<RGBByteType, 2>>(program, image.isByte);
  }
  else if (image.dimensions == 3)
  {
    image.components == 1 ? SmoothImage<itk::Image<float, 3>, itk::Image<unsigned char, 3>>(program, image.isByte)
                          : SmoothImage<itk::Image<RGBType, 3>, itk::Image<RGBByteType, 3>>(program, image.isByte);
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
  CommandLineProgram program("SmoothGuided",
                             "Smooth Guided",
                             "Smooths a picture or volume and keeps the edges of another, by one of four methods.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { SmoothGuided(program); });
}
