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
// Brings a volume onto the grid of another, by landmarks or by mutual information.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"
#include "support/Landmarks.h"
#include "support/TransformFiles.h"

#include "itkColorSpace.h"
#include "itkColorizationFilterUtilities.h"
#include "itkVolumeRegistrationMethod.h"
#include "itkAffineTransform.h"
#include "itkBSplineTransform.h"
#include "itkLinearInterpolateImageFunction.h"
#include "itkResampleImageFilter.h"
#include "itkTransformIOFactory.h"
#include "itkVersorRigid3DTransform.h"

#include <nlohmann/json.hpp>

#include <vnl/vnl_det.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace
{
using MethodType = itk::VolumeRegistrationMethod;
using TransformType = MethodType::TransformType;
using AffineType = itk::AffineTransform<double, 3>;
using RigidType = itk::VersorRigid3DTransform<double>;
using SplineType = itk::BSplineTransform<double, 3, 3>;
using VolumeType = ImageFiles::VolumeType;

void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(
    ParameterKind::InputVolume,
    "fixed",
    "Fixed volume",
    "Gray volume whose grid the output has, such as MRI or CT: a file of any format that ITK reads, or "
    "a folder with one DICOM series.");
  program.AddPositional(ParameterKind::InputAnyVolume,
                        "moving",
                        "Moving volume",
                        "Gray or colour volume to register, such as a stack of cryosections; colours are registered by "
                        "their luminance.");
  program.AddPositional(ParameterKind::OutputAnyVolume,
                        "output",
                        "Registered volume",
                        "The moving volume on the grid of the fixed one, with components as the moving volume's where "
                        "those are of 8 or 16 bits, else floats; black where the moving volume has nothing.");
  program.AddFileList(
    ParameterKind::InputFile,
    "landmarks",
    "Landmarks",
    "Two files with the same points, in the same order, of the fixed and of the moving volume: .fcsv or "
    ".mrk.json of 3D Slicer, or a text with x y z (LPS, mm) a line. The transform is fitted to them.");
  program.AddChoice(
    "transform",
    "Transform",
    "A rigid one needs 3 pairs of landmarks, if any, that are not on one line; an affine one needs 4 that "
    "are not in one plane.",
    { "rigid", "affine" });
  program.AddFlag("refine", "Refine", "Go on by mutual information from where the landmarks put the volume.");
  program.AddChoice("initial",
                    "Initial position",
                    "Where registration starts without landmarks: with the centres of mass upon each other, with the "
                    "centres of the grids, or as the files' coordinates have it.",
                    { "mass", "geometry", "none" });
  program.AddFlag("deformable",
                  "Deformable",
                  "Add a B-spline deformation, by mutual information, to the linear transform.");
  program.AddReal("grid-spacing",
                  "Grid spacing",
                  "Least distance of the B-spline's control points in mm; they move by 0.4 of it at most, so that "
                  "space does not fold.",
                  30.0,
                  1.0,
                  1000.0);
  program.AddInteger("levels", "Levels", "Levels from coarse to fine.", 3, 1, 6);
  program.AddInteger("iterations", "Iterations", "Most iterations of the linear transform at a level.", 200, 1, 100000);
  program.AddInteger("deformable-iterations",
                     "Deformable iterations",
                     "Most iterations of the B-spline at a level.",
                     50,
                     1,
                     100000);
  program.AddInteger("samples", "Samples", "Most points at which the volumes are compared.", 50000, 1000, 100000000);
  program.AddFile(ParameterKind::InputLabelVolume,
                  "fixed-mask",
                  "Fixed mask",
                  "Volume that is not 0 where the fixed volume is compared.");
  program.AddFile(ParameterKind::InputLabelVolume,
                  "moving-mask",
                  "Moving mask",
                  "Volume that is not 0 where the moving volume is compared.");
  program.AddFile(ParameterKind::OutputFile,
                  "save-transform",
                  "Transform",
                  "File to write the transform to, from points of the fixed volume to points of the moving one: .tfm, "
                  ".txt or .h5.");
  program.AddFile(ParameterKind::OutputFile,
                  "report",
                  "Report",
                  "Stages, mutual information, residuals of the landmarks and more to write, as JSON.");
  program.BeginAdvanced();
  program.AddVolumeChoice();
}

/** What a run finds. */
struct Result
{
  /** All of it, and its parts. */
  TransformType::ConstPointer          whole{};
  TransformType::ConstPointer          linear{};
  const SplineType *                   spline{ nullptr };
  Landmarks::PairType                  landmarks{};
  itk::colorization::LandmarkResiduals fitted{};
  itk::colorization::LandmarkResiduals registered{};
  MethodType::ReportType               report{};
};

/** Linear interpolation that rounds where pixels are integers; ITK's own cuts decimals off. */
template <typename TImage>
class RoundingInterpolator : public itk::LinearInterpolateImageFunction<TImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(RoundingInterpolator);
  using Self = RoundingInterpolator;
  using Superclass = itk::LinearInterpolateImageFunction<TImage>;
  using Pointer = itk::SmartPointer<Self>;
  using ConstPointer = itk::SmartPointer<const Self>;
  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(RoundingInterpolator);

  typename Superclass::OutputType
  EvaluateAtContinuousIndex(const typename Superclass::ContinuousIndexType & index) const override
  {
    using ComponentsType = itk::DefaultConvertPixelTraits<typename Superclass::OutputType>;
    auto value = Superclass::EvaluateAtContinuousIndex(index);
    if constexpr (std::is_integral<typename itk::NumericTraits<typename TImage::PixelType>::ValueType>::value)
    {
      for (int k = 0; k < static_cast<int>(itk::NumericTraits<typename TImage::PixelType>::GetLength()); ++k)
      {
        ComponentsType::SetNthComponent(k, value, std::round(ComponentsType::GetNthComponent(k, value)));
      }
    }
    return value;
  }

protected:
  RoundingInterpolator() = default;
  ~RoundingInterpolator() override = default;
};

/** What of a volume is registered: its values, or its luminance (BT.601). */
template <typename TImage>
VolumeType::Pointer
GrayOf(const TImage * image)
{
  using ValueType = typename itk::NumericTraits<typename TImage::PixelType>::ValueType;
  auto gray = VolumeType::New();
  gray->CopyInformation(image);
  gray->SetRegions(image->GetLargestPossibleRegion());
  gray->Allocate();
  const std::size_t components = image->GetNumberOfComponentsPerPixel();
  const auto *      values = reinterpret_cast<const ValueType *>(image->GetBufferPointer());
  float *           out = gray->GetBufferPointer();
  for (std::size_t i = 0; i < gray->GetPixelContainer()->Size(); ++i)
  {
    const ValueType * pixel = values + i * components;
    out[i] = components == 1
               ? static_cast<float>(pixel[0])
               : itk::colorization::RGBToLuminance(
                   { { static_cast<float>(pixel[0]), static_cast<float>(pixel[1]), static_cast<float>(pixel[2]) } });
  }
  return gray;
}

/** What lies outside of the moving volume: black, which of a gray volume is its smallest value. */
template <typename TImage>
typename TImage::PixelType
OutsideOf(const TImage * image)
{
  if constexpr (std::is_arithmetic<typename TImage::PixelType>::value)
  {
    const auto * begin = image->GetBufferPointer();
    return *std::min_element(begin, begin + image->GetPixelContainer()->Size());
  }
  else
  {
    return itk::NumericTraits<typename TImage::PixelType>::ZeroValue();
  }
}

template <typename TImage>
typename TImage::Pointer
Resample(CommandLineProgram & program, const TImage * moving, const VolumeType * grid, const TransformType * transform)
{
  auto resample = itk::ResampleImageFilter<TImage, TImage>::New();
  resample->SetInput(moving);
  resample->SetReferenceImage(grid);
  resample->UseReferenceImageOn();
  resample->SetTransform(transform);
  resample->SetInterpolator(RoundingInterpolator<TImage>::New());
  resample->SetDefaultPixelValue(OutsideOf(moving));
  resample->AddObserver(itk::ProgressEvent(),
                        [&](const itk::EventObject &) { program.ShowProgress("resampling", resample->GetProgress()); });
  resample->Update();
  typename TImage::Pointer output = resample->GetOutput();
  const auto *             begin = output->GetBufferPointer();
  const auto *             end = begin + output->GetPixelContainer()->Size();
  const auto               outside = resample->GetDefaultPixelValue();
  if (std::all_of(begin, end, [&](const typename TImage::PixelType & pixel) { return pixel == outside; }))
  {
    throw InputError(program.GetText("moving") + ": nothing of the volume lies within " + program.GetText("fixed") +
                     " after registration.");
  }
  return output;
}

void
VerifyFinite(const VolumeType * volume, const std::string & path)
{
  const std::size_t count =
    itk::colorization::CountNonFiniteValues(volume->GetBufferPointer(), volume->GetPixelContainer()->Size());
  if (count > 0)
  {
    throw InputError(path + ": The input holds " + std::to_string(count) + " values that are NaN or infinite.");
  }
}

/** The transform that --landmarks give. */
TransformType::Pointer
FitLandmarks(const CommandLineProgram & program, Result & result)
{
  const auto files = program.GetTexts("landmarks");
  const bool isAffine = program.GetText("transform") == "affine";
  result.landmarks = Landmarks::ReadPair(files[0], files[1], isAffine);
  TransformType::Pointer transform;
  if (isAffine)
  {
    transform = AffineType::New().GetPointer();
  }
  else
  {
    transform = RigidType::New().GetPointer();
  }
  itk::colorization::FitLandmarks(result.landmarks, transform);
  result.fitted = itk::colorization::ResidualsOf(result.landmarks, transform);
  return transform;
}

/** What the registration says, with the file instead of the input that it names. */
InputError
ErrorOf(const CommandLineProgram & program, const itk::ExceptionObject & error)
{
  const std::string sentence = CommandLineProgram::SentenceOf(error);
  for (const auto & [input, parameter] : { std::pair<std::string, const char *>("FixedImage: ", "fixed"),
                                           std::pair<std::string, const char *>("MovingImage: ", "moving"),
                                           std::pair<std::string, const char *>("FixedMaskImage: ", "fixed-mask"),
                                           std::pair<std::string, const char *>("MovingMaskImage: ", "moving-mask") })
  {
    if (sentence.rfind(input, 0) == 0)
    {
      return InputError(program.GetText(parameter) + ": " + sentence.substr(input.size()));
    }
  }
  return InputError(program.GetText("moving") + ": " + sentence);
}

MethodType::Pointer
MakeMethod(const CommandLineProgram & program)
{
  using InitializationEnum = MethodType::InitializationEnum;
  auto              method = MethodType::New();
  const std::string initial = program.GetText("initial");
  method->SetTransformKind(program.GetText("transform") == "affine" ? MethodType::TransformKindEnum::Affine
                                                                    : MethodType::TransformKindEnum::Rigid);
  method->SetInitialization(initial == "mass"       ? InitializationEnum::Mass
                            : initial == "geometry" ? InitializationEnum::Geometry
                                                    : InitializationEnum::None);
  method->SetRefineLinear(!program.Has("landmarks") || program.GetFlag("refine"));
  method->SetDeformable(program.GetFlag("deformable"));
  method->SetNumberOfLevels(static_cast<unsigned int>(program.GetInteger("levels")));
  method->SetNumberOfSamples(static_cast<unsigned int>(program.GetInteger("samples")));
  method->SetNumberOfIterations(static_cast<unsigned int>(program.GetInteger("iterations")));
  method->SetDeformableIterations(static_cast<unsigned int>(program.GetInteger("deformable-iterations")));
  method->SetGridSpacing(program.GetReal("grid-spacing"));
  if (program.Has("fixed-mask"))
  {
    method->SetFixedMaskImage(ImageFiles::ReadMask<3>(program.GetText("fixed-mask")));
  }
  if (program.Has("moving-mask"))
  {
    method->SetMovingMaskImage(ImageFiles::ReadMask<3>(program.GetText("moving-mask")));
  }
  return method;
}

/** Goes on by mutual information from the landmarks' transform, or from the initial position if there is none. */
void
RegisterByIntensities(CommandLineProgram & program,
                      const VolumeType *   fixed,
                      const VolumeType *   moving,
                      Result &             result)
{
  const auto method = MakeMethod(program);
  method->SetFixedImage(fixed);
  method->SetMovingImage(moving);
  if (result.linear)
  {
    method->SetInitialTransform(result.linear);
  }
  method->AddObserver(itk::ProgressEvent(),
                      [&](const itk::EventObject &)
                      { program.ShowProgress(method->GetStage(), method->GetStageProgress()); });
  try
  {
    method->Update();
  }
  catch (const itk::ExceptionObject & error)
  {
    throw ErrorOf(program, error);
  }
  result.whole = method->GetTransform();
  result.linear = method->GetLinearTransform();
  result.spline = dynamic_cast<const SplineType *>(method->GetDeformation());
  result.report = method->GetReport();
}

nlohmann::json
DescribeStage(const itk::colorization::RegistrationStageReport & stage)
{
  nlohmann::json levels = nlohmann::json::array();
  for (const auto & level : stage.levels)
  {
    levels.push_back({ { "smoothing_mm", level.sigma },
                       { "samples", level.samples },
                       { "iterations", level.iterations },
                       { "mutual_information_before", level.informationBefore },
                       { "mutual_information_after", level.informationAfter },
                       { "stop", level.stop } });
  }
  return { { "name", stage.name }, { "levels", levels }, { "seconds", stage.seconds } };
}

nlohmann::json
DescribeResiduals(const itk::colorization::LandmarkResiduals & residuals)
{
  return { { "each_mm", residuals.each }, { "mean_mm", residuals.mean }, { "largest_mm", residuals.largest } };
}

nlohmann::json
DescribeTransform(const TransformType * transform)
{
  const auto &        parameters = transform->GetParameters();
  const auto &        fixed = transform->GetFixedParameters();
  std::vector<double> all(parameters.begin(), parameters.end());
  return { { "type", transform->GetTransformTypeAsString() },
           { "parameters", all },
           { "fixed_parameters", std::vector<double>(fixed.begin(), fixed.end()) } };
}

/** On a coarse grid of points in the fixed volume: how far the B-spline moves points, and how much it stretches or
 * squeezes space; 0 or less is a fold. */
nlohmann::json
DescribeDeformation(const SplineType * spline, const VolumeType * fixed)
{
  constexpr int    count = 32;
  constexpr double step = 0.5;
  double           largest = 0.0;
  double           least = std::numeric_limits<double>::max();
  double           most = std::numeric_limits<double>::lowest();
  for (int i = 0; i < count * count * count; ++i)
  {
    const int                       at[] = { i % count, i / count % count, i / count / count };
    itk::ContinuousIndex<double, 3> index;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      index[axis] = (at[axis] + 0.5) / count * (fixed->GetLargestPossibleRegion().GetSize(axis) - 1.0);
    }
    VolumeType::PointType point;
    fixed->TransformContinuousIndexToPhysicalPoint(index, point);
    largest = std::max(largest, spline->TransformPoint(point).EuclideanDistanceTo(point));
    vnl_matrix_fixed<double, 3, 3> jacobian;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      auto before = point;
      auto after = point;
      before[axis] -= step;
      after[axis] += step;
      const auto difference = spline->TransformPoint(after) - spline->TransformPoint(before);
      jacobian.set_column(axis, difference.GetVnlVector() / (2.0 * step));
    }
    least = std::min(least, vnl_det(jacobian));
    most = std::max(most, vnl_det(jacobian));
  }
  const auto mesh = spline->GetTransformDomainMeshSize();
  return { { "cells", { mesh[0], mesh[1], mesh[2] } },
           { "largest_displacement_mm", largest },
           { "least_jacobian_determinant", least },
           { "largest_jacobian_determinant", most } };
}

std::string
MakeReport(const CommandLineProgram & program, const Result & result, const VolumeType * fixed, double seconds)
{
  nlohmann::json report;
  for (const char * name : { "fixed", "moving", "output", "transform", "initial" })
  {
    report[name] = program.GetText(name);
  }
  for (const char * name : { "levels", "samples", "iterations", "deformable-iterations" })
  {
    report["parameters"][name] = program.GetInteger(name);
  }
  report["parameters"]["grid-spacing"] = program.GetReal("grid-spacing");
  report["stages"] = nlohmann::json::array();
  for (const auto & stage : result.report.stages)
  {
    report["stages"].push_back(DescribeStage(stage));
  }
  report["linear"] = DescribeTransform(result.linear);
  if (result.spline)
  {
    report["deformation"] = DescribeDeformation(result.spline, fixed);
  }
  if (program.Has("landmarks"))
  {
    report["landmarks"] = { { "files", program.GetTexts("landmarks") },
                            { "fitted", DescribeResiduals(result.fitted) },
                            { "registered", DescribeResiduals(result.registered) } };
  }
  report["seconds"] = seconds;
  return report.dump(2) + '\n';
}

void
SayResult(CommandLineProgram & program, const Result & result)
{
  std::ostringstream line;
  line.precision(3);
  for (const auto & stage : result.report.stages)
  {
    line.str("");
    line << "Mutual information, " << stage.name << ": " << stage.levels.back().informationAfter << " nats";
    program.Say(line.str());
  }
  if (program.Has("landmarks"))
  {
    line.str("");
    line << "Landmarks: " << result.fitted.each.size() << " pairs, residuals " << result.fitted.mean
         << " mm in the mean and " << result.fitted.largest << " mm at most";
    if (!result.report.stages.empty())
    {
      line << "; after registration " << result.registered.mean << " mm and " << result.registered.largest << " mm";
    }
    program.Say(line.str());
  }
  program.Say("Registered volume: " + program.GetText("output"));
  for (const char * name : { "save-transform", "report" })
  {
    if (program.Has(name))
    {
      program.Say((name == std::string("report") ? "Report: " : "Transform: ") + program.GetText(name));
    }
  }
}

template <typename TImage>
void
RegisterVolume(CommandLineProgram & program)
{
  const auto start = std::chrono::steady_clock::now();
  program.ShowProgress("reading", 0.0);
  const auto fixed = ImageFiles::ReadVolume(program.GetText("fixed"));
  const auto moving = ImageFiles::ReadAs<TImage>(program.GetText("moving"));
  auto       gray = GrayOf<TImage>(moving);
  VerifyFinite(fixed, program.GetText("fixed"));
  VerifyFinite(gray, program.GetText("moving"));
  Result result;
  if (program.Has("landmarks"))
  {
    result.whole = result.linear = FitLandmarks(program, result);
  }
  if (!result.linear || program.GetFlag("refine") || program.GetFlag("deformable"))
  {
    RegisterByIntensities(program, fixed, gray, result);
  }
  gray = nullptr;
  if (program.Has("landmarks"))
  {
    result.registered = itk::colorization::ResidualsOf(result.landmarks, result.whole);
  }
  const auto output = Resample<TImage>(program, moving, fixed, result.whole);
  program.ShowProgress("writing", 0.0);
  ImageFiles::WriteImage<TImage>(output, program.GetText("output"));
  if (program.Has("save-transform"))
  {
    WriteTransform(result.whole, program.GetText("save-transform"));
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (program.Has("report"))
  {
    ImageFiles::WriteText(MakeReport(program, result, fixed, seconds), program.GetText("report"));
  }
  SayResult(program, result);
}

/** Options that would have no effect are refused, unless they have their default: 3D Slicer gives all. */
void
VerifyOptions(const CommandLineProgram & program)
{
  const bool hasLandmarks = program.Has("landmarks");
  const bool isByIntensities = !hasLandmarks || program.GetFlag("refine") || program.GetFlag("deformable");
  if (hasLandmarks && program.GetTexts("landmarks").size() != 2)
  {
    throw UsageError("--landmarks names " + std::to_string(program.GetTexts("landmarks").size()) +
                     " files, but 2 are needed: of the fixed and of the moving volume.");
  }
  if (program.GetFlag("refine") && !hasLandmarks)
  {
    throw UsageError("--refine needs --landmarks.");
  }
  if (hasLandmarks && !program.EqualsDefault("initial"))
  {
    throw UsageError("--initial and --landmarks exclude each other.");
  }
  const auto verifyUsed = [](const char * name, bool isGiven, bool isUsed, const char * wanted)
  {
    if (isGiven && !isUsed)
    {
      throw UsageError(std::string("--") + name + " needs " + wanted + '.');
    }
  };
  for (const char * name : { "grid-spacing", "deformable-iterations" })
  {
    verifyUsed(name, !program.EqualsDefault(name), program.GetFlag("deformable"), "--deformable");
  }
  verifyUsed("iterations",
             !program.EqualsDefault("iterations"),
             !hasLandmarks || program.GetFlag("refine"),
             "--refine where there are --landmarks");
  const char * byIntensities = "--refine or --deformable where there are --landmarks";
  for (const char * name : { "levels", "samples" })
  {
    verifyUsed(name, !program.EqualsDefault(name), isByIntensities, byIntensities);
  }
  for (const char * name : { "fixed-mask", "moving-mask" })
  {
    verifyUsed(name, program.Has(name), isByIntensities, byIntensities);
  }
}

void
VerifyOutputs(const CommandLineProgram & program)
{
  ImageFiles::VerifyWritableImage(program.GetText("output"));
  if (program.Has("report"))
  {
    ImageFiles::VerifyWritableFile(program.GetText("report"));
  }
  if (program.Has("save-transform"))
  {
    const std::string path = program.GetText("save-transform");
    ImageFiles::VerifyWritableFile(path);
    if (!itk::TransformIOFactory::CreateTransformIO(path.c_str(), itk::IOFileModeEnum::WriteMode))
    {
      throw InputError(path + ": no transform format has this ending; .tfm, .txt and .h5 are some.");
    }
  }
}

void
RegisterToReference(CommandLineProgram & program)
{
  using ComponentKind = ImageFiles::ComponentKind;
  VerifyOptions(program);
  VerifyOutputs(program);
  const std::string                  path = program.GetText("moving");
  const ImageFiles::ImageInformation moving = ImageFiles::ReadInformation(path);
  if (moving.dimensions != 3)
  {
    throw InputError(path + ": the image has " + std::to_string(moving.dimensions) +
                     " dimensions, but a volume of three dimensions is needed.");
  }
  if (moving.components == 1)
  {
    moving.kind == ComponentKind::Byte            ? RegisterVolume<itk::Image<unsigned char, 3>>(program)
    : moving.kind == ComponentKind::Short         ? RegisterVolume<itk::Image<short, 3>>(program)
    : moving.kind == ComponentKind::UnsignedShort ? RegisterVolume<itk::Image<unsigned short, 3>>(program)
                                                  : RegisterVolume<VolumeType>(program);
  }
  else if (moving.components == 3)
  {
    moving.kind == ComponentKind::Byte ? RegisterVolume<ImageFiles::ColorVolumeType>(program)
    : moving.kind == ComponentKind::UnsignedShort
      ? RegisterVolume<itk::Image<itk::RGBPixel<unsigned short>, 3>>(program)
      : RegisterVolume<itk::Image<itk::RGBPixel<float>, 3>>(program);
  }
  else if (moving.components == 4 && moving.isByte)
  {
    RegisterVolume<ImageFiles::AlphaVolumeType>(program);
  }
  else
  {
    throw InputError(path + ": the volume has " + std::to_string(moving.components) +
                     " components a voxel, but 1, 3, or 4 of 8 bits are needed.");
  }
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program(
    "RegisterToReference",
    "Register To Reference",
    "Brings a volume, such as a colour stack of cryosections, onto the grid of a gray volume: by "
    "landmarks (rigid, as Mathur 2021), by mutual information, and by a B-spline deformation (as "
    "Mathur 2024).");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { RegisterToReference(program); });
}
