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
// Packs volumes, photographs of slices and label maps into one file that networks are trained on.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"
#include "support/Recipe.h"

#include "itkTrainingDataSet.h"

#include "itkCastImageFilter.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <sstream>

namespace
{
namespace fs = std::filesystem;
using Json = nlohmann::json;
using Information = itk::colorization::TrainingVolumeInformation;

void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(
    ParameterKind::InputFile,
    "recipe",
    "Recipe",
    "JSON object: \"volumes\" is an array of objects. Each has a name and either photographs, a folder of "
    "pictures of slices whose names end in their number, or image, a file, with its kind: color, gray or labels. "
    "Photographs need spacing, two numbers in mm a pixel, and may have first and last, the numbers to take, "
    "slice_spacing, mm from one number to the next (1), and shrink (1): each pixel becomes the mean of so many "
    "along both axes. All may have share, how often training takes them relative to others (1), test, an array "
    "of ranges [first, last] in mm that are set aside, gap, mm beside these that are left out (0), and credit. "
    "Gray may have window, the two values that become 0 and 1, such as [-200, 300] of CT; without it these are "
    "percentiles of the body. "
    "Names tell what belongs together: NAME.source, gray, and NAME.target, gray or color, are a pair, in one "
    "physical space; NAME.labels are the labels of volume NAME.");
  program.AddPositional(ParameterKind::OutputFile,
                        "output",
                        "Data set",
                        "Data set to write, in the format safetensors.");
  program.AddText("folder", "Folder", "Where the recipe's paths begin; without it, the recipe's own folder.");
}

itk::SizeValueType
AddPhotographs(itk::TrainingDataSet * data, Recipe::Entry & entry, Information information, const fs::path & folder)
{
  const auto   spacing = entry.Get<std::array<double, 2>>("spacing");
  const double sliceSpacing = entry.Get("slice_spacing", 1.0);
  const auto   shrink = entry.Get("shrink", 1u);
  information.direction = entry.Get("direction", information.direction);
  const auto pictures = Recipe::PicturesOf(folder / entry.Get<std::string>("photographs"),
                                           entry.Get("first", 0L),
                                           entry.Get("last", std::numeric_limits<long>::max()));
  entry.VerifyAllKnown();
  if (!(spacing[0] > 0.0 && spacing[1] > 0.0 && sliceSpacing > 0.0) || shrink < 1 || shrink > 64)
  {
    entry.Fail("the spacing of photographs has to be above 0, and shrink in 1 ... 64");
  }
  information.spacing = { { spacing[0], spacing[1], sliceSpacing } };
  std::vector<std::string> paths;
  std::vector<double>      positions;
  for (const auto & [number, path] : pictures)
  {
    ImageFiles::ReadInformation(path);
    paths.push_back(path);
    positions.push_back(static_cast<double>(number) * sliceSpacing);
  }
  return data->AddPhotographs(information, paths, positions, shrink);
}

itk::TrainingDataSet::LabelVolumeType::Pointer
ToLabels(const ImageFiles::VolumeType * volume, const std::string & path)
{
  const float * begin = volume->GetBufferPointer();
  const float * end = begin + volume->GetBufferedRegion().GetNumberOfPixels();
  const auto    wrong =
    std::find_if(begin,
                 end,
                 [](float label) { return !(label >= 0.0f && label <= 255.0f && label == std::floor(label)); });
  if (wrong != end)
  {
    std::ostringstream sentence;
    sentence << path << ": a voxel is " << *wrong << ", but labels are whole numbers of 0 ... 255.";
    throw InputError(sentence.str());
  }
  auto cast = itk::CastImageFilter<ImageFiles::VolumeType, itk::TrainingDataSet::LabelVolumeType>::New();
  cast->SetInput(volume);
  cast->Update();
  return cast->GetOutput();
}

itk::SizeValueType
AddImage(itk::TrainingDataSet * data, Recipe::Entry & entry, const Information & information, const fs::path & folder)
{
  const std::string path = (folder / entry.Get<std::string>("image")).string();
  const std::string kind = entry.Get<std::string>("kind");
  entry.VerifyAllKnown();
  const auto         found = ImageFiles::ReadInformation(path);
  const unsigned int wanted = kind == "color" ? 3 : 1;
  if (kind != "color" && kind != "gray" && kind != "labels")
  {
    entry.Fail("the kind of a volume is \"" + kind + "\", but has to be color, gray or labels");
  }
  if (found.dimensions != 3 || found.components != wanted)
  {
    throw InputError(path + ": the image has " + std::to_string(found.dimensions) + " dimensions and " +
                     std::to_string(found.components) + " components, but 3 and " + std::to_string(wanted) +
                     " are needed.");
  }
  if (kind == "color")
  {
    return data->AddColorVolume(information, ImageFiles::ReadAs<ImageFiles::ColorVolumeType>(path));
  }
  const auto volume = ImageFiles::ReadAs<ImageFiles::VolumeType>(path);
  if (kind == "labels")
  {
    data->AddLabelVolume(information, ToLabels(volume, path));
    return volume->GetBufferedRegion().GetSize(2);
  }
  data->AddGrayVolume(information, volume);
  return volume->GetBufferedRegion().GetSize(2);
}

void
PackTrainingData(CommandLineProgram & program)
{
  const std::string output = program.GetText("output");
  const std::string path = program.GetText("recipe");
  ImageFiles::VerifyWritableFile(output);
  const Json     recipe = Recipe::Read(path);
  const fs::path folder = program.Has("folder") ? fs::path(program.GetText("folder")) : fs::path(path).parent_path();
  auto           data = itk::TrainingDataSet::New();
  std::string    stage;
  data->AddObserver(itk::ProgressEvent(),
                    [&](const itk::EventObject &) { program.ShowProgress(stage, data->GetProgress()); });
  for (const Json & json : recipe)
  {
    Recipe::Entry entry(path, json);
    Information   information;
    information.name = entry.Get<std::string>("name");
    information.share = entry.Get("share", 1.0);
    information.test = entry.Get("test", information.test);
    information.gap = entry.Get("gap", 0.0);
    information.credit = entry.Get("credit", std::string());
    information.window = entry.Get("window", information.window);
    stage = information.name;
    program.ShowProgress(stage, 0.0);
    const bool isPhotographs = entry.Has("photographs");
    const auto slices =
      isPhotographs ? AddPhotographs(data, entry, information, folder) : AddImage(data, entry, information, folder);
    program.Say(information.name + ": " + std::to_string(slices) + " slices");
  }
  program.ShowProgress("writing", 0.0);
  data->Save(output);
  program.Say("Data set: " + output);
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program("PackTrainingData",
                             "Pack Training Data",
                             "Packs volumes, photographs of slices and label maps into one file, on which "
                             "TrainColorization trains networks.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { PackTrainingData(program); });
}
