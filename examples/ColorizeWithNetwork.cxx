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
// Colours a picture or volume with a neural network.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"
#include "support/LuminanceOption.h"
#include "support/NetworkModels.h"

#include "itkNetworkColorizationImageFilter.h"
#include "itkNetworkImageFilter.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>

namespace
{
using Space = itk::colorization::NetworkColorSpace;

void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(ParameterKind::InputVolume,
                        "input",
                        "Image",
                        "Picture or volume: a file of any format that ITK reads, or a folder with one DICOM series.");
  program.AddPositional(ParameterKind::OutputColorVolume,
                        "output",
                        "Output image",
                        "Picture or volume to write: RGB of 8 bits, or, of a model of no colour space or of luminance, "
                        "one float a channel.");
  program.AddFile(
    ParameterKind::InputFile,
    "model",
    "Model",
    "Safetensors or TorchScript file, or a name in the folder of ITK_COLORIZATION_MODELS or of the models "
    "that come with the module. TorchScript is code: run what you trust. Without it, any-contrast, which "
    "colours MRI and CT of any contrast.");
  program.AddText("sha256", "SHA-256", "The model's hash: another one is an error.");
  program.AddChoice("device",
                    "Device",
                    "Where the network runs; auto is the first GPU, or the processor where there is none.",
                    { "auto", "cpu", "cuda:0", "cuda:1", "cuda:2", "cuda:3", "cuda:4", "cuda:5", "cuda:6", "cuda:7" });
  program.AddChoice("precision",
                    "Precision",
                    "Numbers that the network computes with; those of 16 bits need a GPU.",
                    { "float32", "float16", "bfloat16" });
  program.AddChoice(
    "axis",
    "Axis",
    "Image axis across the slices that a 2-D network sees; auto is the one nearest to superior, or of a "
    "single slice that across it, all is the mean of the three.",
    { "auto", "0", "1", "2", "all" });
  program.AddInteger(
    "tile",
    "Tile",
    "Extent of a tile in voxels along each axis, at the resolution that the network sees; 0 is the model's.",
    0,
    0,
    65536);
  program.AddReal("overlap",
                  "Overlap",
                  "Share of a tile that it has in common with the next; below 0: the model's.",
                  -1.0,
                  -1.0,
                  0.9);
  program.AddChoice("blend",
                    "Blending",
                    "How tiles are joined where they overlap.",
                    { "gaussian", "constant", "crop" });
  program.AddInteger("batch", "Batch", "Tiles that run together; 0 is the model's.", 0, 0, 4096);
  AddLuminanceOption(program);
  program.AddReal("smoothing",
                  "Smoothing",
                  "For models that know a resolution of their own: how strongly colours are smoothed along all axes "
                  "where the input is smooth; 0 does not smooth.",
                  40.0,
                  0.0,
                  1e6);
  program.AddRange(
    "input-range",
    "Input range",
    "Values that become 0 and 1 for the network, instead of the model's normalisation; values beyond are "
    "clamped.");
  program.AddFile(ParameterKind::OutputFile, "report", "Report", "Model, tiles, seconds and device to write, as JSON.");
  program.BeginAdvanced();
  program.AddVolumeChoice();
}

template <typename TFilter, typename TImage>
void
SetAxis(const CommandLineProgram & program, TFilter * filter, const TImage * image)
{
  const std::string axis = program.GetText("axis");
  filter->SetAverageOverAxes(axis == "all");
  if (axis != "auto" && axis != "all")
  {
    filter->SetSliceAxis(static_cast<unsigned int>(std::stoi(axis)));
  }
  else if constexpr (TImage::ImageDimension == 3)
  {
    filter->SetSliceAxis(ImageFiles::SliceAxis(image));
  }
}

/** Runs a filter, and writes its output and a report; `stage` is what it is doing, and `more` what the report says of the
 * filter. */
template <typename TFilter>
void
UpdateAndWrite(CommandLineProgram &                                 program,
               const itk::NetworkModel *                            model,
               TFilter *                                            filter,
               const std::function<std::string()> &                 stage,
               const std::function<void(nlohmann::json & report)> & more)
{
  const std::string input = program.GetText("input");
  filter->AddObserver(itk::ProgressEvent(),
                      [&](const itk::EventObject &) { program.ShowProgress(stage(), filter->GetProgress()); });
  const auto begin = std::chrono::steady_clock::now();
  try
  {
    filter->Update();
  }
  catch (const itk::ExceptionObject & error)
  {
    throw InputError(input + ": " + CommandLineProgram::SentenceOf(error));
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  program.ShowProgress("writing", 0.0);
  ImageFiles::WriteImage<typename TFilter::OutputImageType>(filter->GetOutput(), program.GetText("output"));
  program.Say("Output image: " + program.GetText("output"));
  if (program.Has("report"))
  {
    nlohmann::json report;
    report["input"] = input;
    report["output"] = program.GetText("output");
    report["model"] = NetworkModels::Describe(model);
    report["device"] = model->GetDeviceInUse();
    report["seconds"] = seconds;
    more(report);
    ImageFiles::WriteText(report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n',
                          program.GetText("report"));
    program.Say("Report: " + program.GetText("report"));
  }
}

itk::colorization::TileBlending
BlendingOf(const CommandLineProgram & program)
{
  using Blending = itk::colorization::TileBlending;
  const std::string blend = program.GetText("blend");
  return blend == "crop" ? Blending::Crop : blend == "constant" ? Blending::Constant : Blending::Gaussian;
}

template <typename TImage>
typename TImage::Pointer
Read(const std::string & path)
{
  if constexpr (std::is_arithmetic<typename TImage::PixelType>::value)
  {
    return ImageFiles::ReadGray<TImage::ImageDimension>(path);
  }
  else
  {
    return ImageFiles::ReadAs<TImage>(path);
  }
}

template <typename TInput, typename TOutput>
void
RunNetwork(CommandLineProgram & program, itk::NetworkModel * model)
{
  using FilterType = itk::NetworkImageFilter<TInput, TOutput>;
  program.ShowProgress("reading", 0.0);
  const auto image = Read<TInput>(program.GetText("input"));
  auto       filter = FilterType::New();
  filter->SetInput(image);
  filter->SetModel(model);
  SetAxis(program, filter.GetPointer(), image.GetPointer());
  typename FilterType::TileSizeType tile;
  tile.Fill(static_cast<unsigned int>(program.GetInteger("tile")));
  filter->SetTileSize(tile);
  filter->SetOverlap(program.GetReal("overlap"));
  filter->SetBlending(BlendingOf(program));
  UpdateAndWrite(
    program,
    model,
    filter.GetPointer(),
    []() { return "network"; },
    [&](nlohmann::json & report) { report["tiles"] = filter->GetNumberOfTiles(); });
}

/** Colours the body in a gray image. */
template <unsigned int VDimension>
void
Colorize(CommandLineProgram & program, itk::NetworkModel * model)
{
  using GrayType = itk::Image<float, VDimension>;
  using ColorType = itk::Image<itk::RGBPixel<unsigned char>, VDimension>;
  auto metadata = model->GetMetadata();
  if (program.GetInteger("tile") > 0)
  {
    metadata.tileSize = { program.GetInteger("tile") };
  }
  metadata.overlap = program.GetReal("overlap") < 0.0 ? metadata.overlap : program.GetReal("overlap");
  model->SetMetadata(metadata);
  program.ShowProgress("reading", 0.0);
  const auto image = ImageFiles::ReadGray<VDimension>(program.GetText("input"));
  auto       filter = itk::NetworkColorizationImageFilter<GrayType, ColorType>::New();
  filter->SetInput(image);
  filter->SetModel(model);
  filter->SetLuminance(LuminanceOf(program));
  filter->SetBlending(BlendingOf(program));
  filter->SetSmoothingLambda(program.GetReal("smoothing"));
  SetAxis(program, filter.GetPointer(), image.GetPointer());
  UpdateAndWrite(
    program,
    model,
    filter.GetPointer(),
    [&]() { return filter->GetStage(); },
    [&](nlohmann::json & report) { report["luminance"] = program.GetText("luminance"); });
}

template <unsigned int VDimension>
void
ProcessImage(CommandLineProgram & program, itk::NetworkModel * model, unsigned int components)
{
  using GrayType = itk::Image<float, VDimension>;
  using ValuesType = itk::VectorImage<float, VDimension>;
  using ColorType = itk::Image<itk::RGBPixel<unsigned char>, VDimension>;
  const auto & metadata = model->GetMetadata();
  const bool   isColor = metadata.colorSpace != Space::None && metadata.colorSpace != Space::Luminance;
  // Pictures are often RGB where they are gray.
  const bool isGray = components == 1 || metadata.inputChannels == metadata.slices;
  if (isGray && isColor)
  {
    Colorize<VDimension>(program, model);
  }
  else if (components == 1)
  {
    RunNetwork<GrayType, ValuesType>(program, model);
  }
  else
  {
    isColor ? RunNetwork<ValuesType, ColorType>(program, model) : RunNetwork<ValuesType, ValuesType>(program, model);
  }
}

void
ColorizeWithNetwork(CommandLineProgram & program)
{
  ImageFiles::VerifyWritableImage(program.GetText("output"));
  if (program.Has("report"))
  {
    ImageFiles::VerifyWritableFile(program.GetText("report"));
  }
  const std::string                  input = program.GetText("input");
  const ImageFiles::ImageInformation information = ImageFiles::ReadInformation(input);
  if (information.dimensions != 2 && information.dimensions != 3)
  {
    throw InputError(input + ": the image has " + std::to_string(information.dimensions) +
                     " dimensions, but 2 or 3 are needed.");
  }
  const auto model =
    NetworkModels::Load(program.Has("model") ? program.GetText("model") : itk::NetworkModel::AnyContrast,
                        program.GetText("device"),
                        program.GetText("precision"),
                        program.Has("sha256") ? program.GetText("sha256") : "");
  model->SetBatchSize(static_cast<unsigned int>(program.GetInteger("batch")));
  if (program.Has("input-range"))
  {
    auto metadata = model->GetMetadata();
    metadata.normalization = {};
    metadata.normalization.kind = itk::colorization::NetworkNormalizationKind::Range;
    const auto range = program.GetRange("input-range");
    metadata.normalization.inputMinimum = { range.first };
    metadata.normalization.inputMaximum = { range.second };
    model->SetMetadata(metadata);
  }
  if (information.isPicture)
  {
    ProcessImage<2>(program, model, information.components);
  }
  else
  {
    ProcessImage<3>(program, model, information.components);
  }
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program("ColorizeWithNetwork",
                             "Colorize With Network",
                             "Runs a neural network over a picture or volume, slice by slice or block by block.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { ColorizeWithNetwork(program); });
}
