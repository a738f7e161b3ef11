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
// Gives a gray volume the colours of photographs.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"
#include "support/LuminanceOption.h"
#include "support/NetworkModels.h"
#include "support/SliceMontage.h"
#include "support/TransformFiles.h"

#include "itkAtlasColorizationImageFilter.h"
#include "itkColorAtlas.h"
#include "itkColorVolumeRenderImageFilter.h"
#include "itkReferenceColorizationImageFilter.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace
{
using CompositeType = itk::ColorizationImageFilter<ImageFiles::VolumeType, ImageFiles::ColorVolumeType>;
using ColorizeType = itk::ReferenceColorizationImageFilter<ImageFiles::VolumeType, ImageFiles::ColorVolumeType>;
using AtlasColorizeType = itk::AtlasColorizationImageFilter<ImageFiles::VolumeType, ImageFiles::ColorVolumeType>;

void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(ParameterKind::InputVolume,
                        "input",
                        "Gray volume",
                        "MRI or CT, a volume, a slice or a picture: a file of any format that ITK reads, or a folder "
                        "with one DICOM series.");
  program.AddPositional(ParameterKind::OutputColorVolume,
                        "output",
                        "Color volume",
                        "Colour volume to write, on the grid of the input.");
  program.AddFileList(
    ParameterKind::InputFile,
    "reference",
    "Photographs",
    "An atlas that BuildColorAtlas has written; or colour photographs of sections through a body, such as "
    "cryosections; "
    "folders of them; or an index that IndexReferences has written. Blue and black background is not taken for "
    "tissue. How they lie and their scale are found, and, where there are several, which of them shows the level of a "
    "slice. With --method network they set the "
    "palette alone, and none is needed.");
  program.AddChoice(
    "method",
    "Method",
    "How colours come into the volume: an atlas is registered with it; some slices are coloured by analogy, and their "
    "colours propagated; all slices are coloured by analogy, and the colours smoothed; or a network makes them. auto "
    "is "
    "atlas where the reference is one, else hints.",
    { "auto", "atlas", "hints", "slices", "network" });
  AddLuminanceOption(program);
  program.AddInteger("reference-count",
                     "References a slice",
                     "How many photographs a slice takes its colours from, each by how much it is like the slice.",
                     1,
                     1,
                     16);
  program.AddReal(
    "reference-spacing",
    "References' spacing",
    "Size of the photographs' pixels in mm, by which those of another part of the body are told from those of "
    "the slice's; 0 if it is not known.",
    0.0,
    0.0,
    100.0);
  program.AddChoice("features",
                    "Features",
                    "What patches are compared by: descriptors, which need no network; or layers of VGG-19.",
                    { "mind", "vgg19" });
  program.AddFile(
    ParameterKind::InputFile,
    "model",
    "Model",
    "VGG-19, for --features vgg19, or for an index that was made with it; or the network of --method network: a file, "
    "or "
    "a name in the folder of ITK_COLORIZATION_MODELS or of the models that come with the module. Without it, vgg19 or "
    "any-contrast.");
  program.AddChoice(
    "modality",
    "Modality",
    "CT's values stand for tissues, whose brightness in photographs is then known, and what is thinner than 6 mm is "
    "taken for the table; auto takes for CT what has -900 or less.",
    { "auto", "mr", "ct" });
  program.AddRange(
    "window",
    "Window",
    "Values of the input that become black and white. Without it, the body's range, but for 0.1 % of it; or -1000 "
    "and 700 for CT.");
  program.AddFile(ParameterKind::InputLabelVolume,
                  "mask",
                  "Body mask",
                  "The body, where not 0. Without it, it is found by Otsu's threshold.");
  program.AddChoice(
    "axis",
    "Axis",
    "Image axis across the slices that are like the photograph; auto is the one nearest to superior, or "
    "of a single slice that across it.",
    { "auto", "0", "1", "2" });
  program.AddInteger("hint-count",
                     "Hint slices",
                     "How many slices are coloured by analogy, or, with --method slices, choose photographs.",
                     40,
                     1,
                     10000);
  program.AddReal("pixel-size",
                  "Pixel size",
                  "Size of the input's pixels in mm, for a picture whose file does not tell it; 0 if the file does.",
                  0.0,
                  0.0,
                  100.0);
  program.AddReal("match-radius",
                  "Match radius",
                  "With an atlas: standard deviation in mm of the neighborhoods that colours are taken from.",
                  4.0,
                  0.5,
                  100.0);
  program.AddFile(
    ParameterKind::OutputTransform,
    "save-transform",
    "Transform",
    "With an atlas: file to write the transform to, from points of the input to points of the atlas: .tfm, .txt "
    "or .h5.");
  program.AddFlag("alpha", "Alpha", "Write RGBA with alpha = luminance, as volume renderers want it.");
  program.AddFile(ParameterKind::OutputFile, "slices", "Slices", "Also write a picture of gray and coloured slices.");
  program.AddFile(ParameterKind::OutputFile,
                  "render",
                  "Rendering",
                  "Also write a picture of the colour volume, cut open.");
  program.AddFile(ParameterKind::OutputFile, "report", "Report", "Also write what was done, as JSON.");
  program.BeginAdvanced();
  program.AddVolumeChoice();
}

/** The method that is asked for, or that fits the reference. */
std::string
MethodNameOf(const CommandLineProgram & program)
{
  const std::string method = program.GetText("method");
  if (method != "auto")
  {
    return method;
  }
  const bool isAtlas = program.Has("reference") && itk::ColorAtlas::IsColorAtlas(program.GetTexts("reference")[0]);
  return isAtlas ? "atlas" : "hints";
}

void
VerifyMethod(const CommandLineProgram & program)
{
  const bool isNetwork = program.GetText("method") == "network";
  if (!isNetwork && !program.Has("reference"))
  {
    throw UsageError("--reference is missing.");
  }
  if (isNetwork && program.GetText("features") == "vgg19")
  {
    throw UsageError("features is 'vgg19', but with method 'network' nothing is compared.");
  }
  const bool isAtlas = MethodNameOf(program) == "atlas";
  if (isAtlas && program.GetTexts("reference").size() != 1)
  {
    throw UsageError("reference has " + std::to_string(program.GetTexts("reference").size()) +
                     " files, but an atlas has to be the only one.");
  }
  if (!isAtlas && program.Has("save-transform"))
  {
    throw UsageError("save-transform is given, but only method 'atlas' finds a transform.");
  }
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
  for (const char * name : { "report", "save-transform" })
  {
    if (program.Has(name))
    {
      ImageFiles::VerifyWritableFile(program.GetText(name));
    }
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

/** Whether a file is safetensors, as indices are: a length of 8 bytes, and JSON. No image format begins so. */
bool
IsIndex(const std::string & path)
{
  std::array<char, 9> head{};
  std::ifstream       file(path, std::ios::binary);
  return file.read(head.data(), head.size()) && head[8] == '{';
}

/** The index, or the photographs of files and folders. */
itk::ReferenceImageDatabase::Pointer
MakeDatabase(CommandLineProgram & program, const std::vector<std::string> & references, itk::NetworkModel * model)
{
  auto database = itk::ReferenceImageDatabase::New();
  database->SetModel(model);
  database->SetPhotographSpacing(program.GetReal("reference-spacing"));
  database->AddObserver(itk::ProgressEvent(),
                        [&](const itk::EventObject &)
                        { program.ShowProgress("reading references", database->GetProgress()); });
  for (const std::string & path : references)
  {
    if (IsIndex(path) && references.size() > 1)
    {
      throw InputError(path + ": an index has to be the only --reference.");
    }
    if (IsIndex(path))
    {
      database->Load(path);
      const auto problems = database->VerifyFiles();
      if (!problems.empty())
      {
        throw InputError(
          problems[0].path + ": " + problems[0].reason +
          (problems.size() > 1 ? " So have " + std::to_string(problems.size() - 1) + " others of " + path + '.' : ""));
      }
    }
    else if (std::filesystem::is_directory(path))
    {
      database->AddFolder(path);
    }
    else
    {
      ReadReference(path);
      database->AddImage(path);
    }
  }
  for (const auto & problem : database->GetProblems())
  {
    program.Say("Skipped: " + problem.path + ": " + problem.reason);
  }
  return database;
}

itk::ReferenceColorizationEnums::Method
MethodOf(const CommandLineProgram & program)
{
  using Method = itk::ReferenceColorizationEnums::Method;
  const std::string method = MethodNameOf(program);
  return method == "slices" ? Method::Slices : method == "network" ? Method::Network : Method::Hints;
}

/** The network that compares, or that colours; null if none is asked for. */
itk::NetworkModel::Pointer
LoadModel(const CommandLineProgram & program)
{
  const bool isNetwork = program.GetText("method") == "network";
  const bool isDeep = program.GetText("features") == "vgg19";
  if (!program.Has("model") && !isNetwork && !isDeep)
  {
    return nullptr;
  }
  const std::string usual = isNetwork ? itk::NetworkModel::AnyContrast : "vgg19";
  return NetworkModels::Load(program.Has("model") ? program.GetText("model") : usual, "auto", "float32", "");
}

/** Gives the filter one photograph, or many to choose from. */
void
SetReferences(CommandLineProgram & program, ColorizeType * colorize)
{
  const bool isNetwork = program.GetText("method") == "network";
  const auto model = LoadModel(program);
  if (isNetwork || program.GetText("features") == "vgg19")
  {
    colorize->SetModel(model);
  }
  if (!program.Has("reference"))
  {
    return;
  }
  const auto references = program.GetTexts("reference");
  if (references.size() == 1 && !IsIndex(references[0]) && !std::filesystem::is_directory(references[0]))
  {
    colorize->SetReferenceImage(ReadReference(references[0]));
    return;
  }
  colorize->SetReferenceDatabase(MakeDatabase(program, references, isNetwork ? nullptr : model.GetPointer()));
}

std::string
FileOfPhotograph(const CommandLineProgram & program, const ColorizeType * colorize, std::size_t photograph)
{
  const auto * database = colorize->GetReferenceDatabase();
  return database ? database->GetImage(photograph).path : program.GetTexts("reference")[0];
}

std::string
MakeReport(const CommandLineProgram & program, const ColorizeType * colorize, double seconds)
{
  const auto &   propagation = colorize->GetPropagationReport();
  nlohmann::json report;
  report["input"] = program.GetText("input");
  report["output"] = program.GetText("output");
  report["method"] = MethodNameOf(program);
  report["features"] = program.GetText("features");
  report["references"] = nlohmann::json::array();
  for (const auto & pose : colorize->GetPhotographPoses())
  {
    report["references"].push_back({ { "file", FileOfPhotograph(program, colorize, pose.photograph) },
                                     { "transposed", pose.orientation[0] },
                                     { "mirrored", { pose.orientation[1], pose.orientation[2] } },
                                     { "spacing_mm", pose.spacing } });
  }
  report["axis"] = colorize->GetAxis();
  report["window"] = { colorize->GetUsedWindow()[0], colorize->GetUsedWindow()[1] };
  report["luminance"] = program.GetText("luminance");
  report["slices"] = nlohmann::json::array();
  for (const auto & slice : colorize->GetHintSliceReports())
  {
    nlohmann::json references = nlohmann::json::array();
    for (const auto & choice : slice.photographs)
    {
      references.push_back(
        { { "file", FileOfPhotograph(program, colorize, choice.photograph) }, { "weight", choice.weight } });
    }
    report["slices"].push_back({ { "index", slice.index },
                                 { "similarity", slice.similarity },
                                 { "mean_distance", slice.meanDistance },
                                 { "references", references } });
  }
  if (colorize->GetMethod() == itk::ReferenceColorizationEnums::Method::Hints)
  {
    report["propagation"] = {
      { "cycles", propagation.cycles },          { "residual", propagation.residual },
      { "seconds", propagation.seconds },        { "peak_bytes", propagation.peakBytes },
      { "hint_voxels", propagation.hintVoxels }, { "unreached_voxels", propagation.unreachedVoxels }
    };
  }
  report["seconds"] = seconds;
  return report.dump(2) + '\n';
}

std::string
MakeAtlasReport(const CommandLineProgram & program, AtlasColorizeType * colorize, double seconds)
{
  const auto &   found = colorize->GetRegistration()->GetReport();
  nlohmann::json report;
  report["input"] = program.GetText("input");
  report["output"] = program.GetText("output");
  report["method"] = "atlas";
  report["atlas"] = program.GetTexts("reference")[0];
  report["credit"] = colorize->GetAtlas()->GetCredit();
  report["window"] = { colorize->GetUsedWindow()[0], colorize->GetUsedWindow()[1] };
  report["luminance"] = program.GetText("luminance");
  report["match_radius_mm"] = colorize->GetUsedMatchRadius();
  report["registration"] = { { "place_mm", found.place },
                             { "scale", found.scale },
                             { "placement_information", found.placementInformation },
                             { "rival_information", found.rivalInformation },
                             { "information", found.information },
                             { "coverage", found.coverage },
                             { "body_overlap", found.bodyOverlap },
                             { "agreement", found.agreement },
                             { "is_cut_out", found.isCutOut },
                             { "seconds", found.seconds } };
  auto & regions = report["registration"]["regions"] = nlohmann::json::array();
  for (std::size_t k = 0; k < found.regionAgreements.size(); ++k)
  {
    const double * center = found.regionCenters.data() + 3 * k;
    regions.push_back({ { "center_mm", { center[0], center[1], center[2] } },
                        { "agreement", found.regionAgreements[k] },
                        { "volume_mm3", found.regionVolumes[k] } });
  }
  report["seconds"] = seconds;
  return report.dump(2) + '\n';
}

/** The composite of the method, with what only it has. */
CompositeType::Pointer
MakeComposite(CommandLineProgram & program, const ImageFiles::VolumeType * volume)
{
  if (MethodNameOf(program) == "atlas")
  {
    auto atlas = itk::ColorAtlas::New();
    atlas->Read(program.GetTexts("reference")[0]);
    auto colorize = AtlasColorizeType::New();
    colorize->SetAtlas(atlas);
    colorize->SetMatchRadius(program.GetReal("match-radius"));
    return colorize.GetPointer();
  }
  const auto axis = program.GetText("axis");
  auto       colorize = ColorizeType::New();
  SetReferences(program, colorize);
  colorize->SetMethod(MethodOf(program));
  colorize->SetNumberOfReferences(static_cast<unsigned int>(program.GetInteger("reference-count")));
  colorize->SetAxis(axis == "auto" ? ImageFiles::SliceAxis(volume) : static_cast<unsigned int>(std::stoi(axis)));
  colorize->SetNumberOfHintSlices(static_cast<unsigned int>(program.GetInteger("hint-count")));
  return colorize.GetPointer();
}

/** The input, whose pixels have the size that is asked for, if any. */
ImageFiles::VolumeType::Pointer
ReadInput(const CommandLineProgram & program, bool & isPicture)
{
  const std::string input = program.GetText("input");
  const auto        volume = ImageFiles::ReadGray<3>(input);
  isPicture = ImageFiles::ReadInformation(input).isPicture;
  const double pixelSize = program.GetReal("pixel-size");
  if (pixelSize > 0.0)
  {
    auto spacing = volume->GetSpacing();
    spacing[0] = pixelSize;
    spacing[1] = pixelSize;
    volume->SetSpacing(spacing);
  }
  else if (isPicture && MethodNameOf(program) == "atlas" && volume->GetSpacing()[0] == 1.0 &&
           volume->GetSpacing()[1] == 1.0)
  {
    throw InputError(input +
                     ": the picture does not tell the size of its pixels, which an atlas needs: give it in mm by "
                     "--pixel-size.");
  }
  return volume;
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
  VerifyMethod(program);
  VerifyOutputs(program);
  program.ShowProgress("reading", 0.0);
  bool       isPicture = false;
  const auto volume = ReadInput(program, isPicture);
  const auto size = volume->GetBufferedRegion().GetSize();
  if (program.Has("render") && std::count(size.begin(), size.end(), 1u) > 0)
  {
    throw InputError(input + ": the image is one voxel thick, but --render shows volumes.");
  }
  const auto colorize = MakeComposite(program, volume);
  auto *     byPhotographs = dynamic_cast<ColorizeType *>(colorize.GetPointer());
  auto *     byAtlas = dynamic_cast<AtlasColorizeType *>(colorize.GetPointer());
  colorize->SetInput(volume);
  colorize->SetLuminance(LuminanceOf(program));
  if (program.GetText("modality") == "ct" ||
      (program.GetText("modality") == "auto" && ImageFiles::LooksLikeCT(volume.GetPointer())))
  {
    // Thin sheets are the table's.
    colorize->SetOpeningRadius(3.0);
    if (byPhotographs)
    {
      byPhotographs->SetIntensityCurve(itk::colorization::CTIntensityCurve());
    }
    else if (byAtlas)
    {
      byAtlas->BoneIsDarkOff();
    }
    colorize->UseAutomaticWindowOff();
    colorize->SetWindowMinimum(-1000.0);
    colorize->SetWindowMaximum(700.0);
  }
  if (program.Has("window"))
  {
    colorize->UseAutomaticWindowOff();
    colorize->SetWindowMinimum(program.GetRange("window").first);
    colorize->SetWindowMaximum(program.GetRange("window").second);
  }
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
    ImageFiles::WriteVolumeOrPicture<ImageFiles::AlphaVolumeType>(ImageFiles::AddLuminanceAlpha(color),
                                                                  isPicture,
                                                                  program.GetText("output"));
  }
  else
  {
    ImageFiles::WriteVolumeOrPicture<ImageFiles::ColorVolumeType>(color, isPicture, program.GetText("output"));
  }
  if (program.Has("slices"))
  {
    ImageFiles::WriteImage<ImageFiles::PhotographType>(
      MakeSliceMontage(volume, color, colorize->GetUsedWindow()[0], colorize->GetUsedWindow()[1]),
      program.GetText("slices"));
  }
  if (program.Has("render"))
  {
    Render(program, color);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (program.Has("report"))
  {
    ImageFiles::WriteText(byAtlas ? MakeAtlasReport(program, byAtlas, seconds)
                                  : MakeReport(program, byPhotographs, seconds),
                          program.GetText("report"));
  }
  if (program.Has("save-transform"))
  {
    WriteTransform(byAtlas->GetRegistration()->GetTransform(), program.GetText("save-transform"));
  }
  for (const auto & [name, label] : { std::pair<const char *, const char *>{ "output", "Colour volume: " },
                                      { "slices", "Slices: " },
                                      { "render", "Rendering: " },
                                      { "report", "Report: " },
                                      { "save-transform", "Transform: " } })
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
                             "Gives a gray volume or picture the colours of photographs of sections through a body. No "
                             "network is needed.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { Colorize(program); });
}
