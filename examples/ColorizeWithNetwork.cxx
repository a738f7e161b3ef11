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
  program.AddChoice("axis",
                    "Axis",
                    "Image axis across the slices that a 2-D network sees; auto is the one nearest to superior, all is "
                    "the mean of the three.",
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
  program.AddFlag("keep-luminance",
                  "Keep luminance",
                  "Takes the luminance from the input, and only the rest from the network.");
  program.AddReal("luminance-share",
                  "Luminance share",
                  "The input's share of the luminance, the rest being the network's; below 0: for models that know a "
                  "resolution of their own, such as any-contrast, all, or of CT half, where lungs and fat would be too "
                  "dark to show their colours; and none for others.",
                  -1.0,
                  -1.0,
                  1.0);
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
}

/** Whether the network sees bodies at a resolution and in a position of its own. */
bool
KnowsBodies(const itk::NetworkModel * model)
{
  const auto & metadata = model->GetMetadata();
  return !metadata.spacing.empty() || metadata.isUpright;
}

/** Whether the luminance is the input's, at least in part. */
template <typename TFilter>
void
SetLuminance(const CommandLineProgram & program, TFilter * filter, double shareByDefault)
{
  const double share = program.GetReal("luminance-share");
  const bool   isWhole = share < 0.0 && program.GetFlag("keep-luminance");
  filter->SetKeepLuminance(share >= 0.0 || isWhole || shareByDefault > 0.0);
  filter->SetLuminanceShare(isWhole ? 1.0 : share >= 0.0 ? share : shareByDefault);
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
    unsigned int superior = 0;
    for (unsigned int k = 1; k < 3; ++k)
    {
      superior = std::abs(image->GetDirection()(2, k)) > std::abs(image->GetDirection()(2, superior)) ? k : superior;
    }
    filter->SetSliceAxis(superior);
  }
}

/** Runs a filter, and writes its output and a report; `more` is what the report says of the filter. */
template <typename TFilter>
void
UpdateAndWrite(CommandLineProgram &                                 program,
               const itk::NetworkModel *                            model,
               TFilter *                                            filter,
               const std::function<void(nlohmann::json & report)> & more)
{
  const std::string input = program.GetText("input");
  filter->AddObserver(itk::ProgressEvent(),
                      [&](const itk::EventObject &) { program.ShowProgress("network", filter->GetProgress()); });
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

template <typename TInput, typename TOutput>
void
Colorize(CommandLineProgram & program, itk::NetworkModel * model)
{
  using FilterType = itk::NetworkImageFilter<TInput, TOutput>;
  program.ShowProgress("reading", 0.0);
  const auto image = ImageFiles::ReadAs<TInput>(program.GetText("input"));
  auto       filter = FilterType::New();
  filter->SetInput(image);
  filter->SetModel(model);
  SetLuminance(program, filter.GetPointer(), 0.0);
  SetAxis(program, filter.GetPointer(), image.GetPointer());
  typename FilterType::TileSizeType tile;
  tile.Fill(static_cast<unsigned int>(program.GetInteger("tile")));
  filter->SetTileSize(tile);
  filter->SetOverlap(program.GetReal("overlap"));
  const std::string blend = program.GetText("blend");
  filter->SetBlending(blend == "crop"       ? itk::colorization::TileBlending::Crop
                      : blend == "constant" ? itk::colorization::TileBlending::Constant
                                            : itk::colorization::TileBlending::Gaussian);
  UpdateAndWrite(program,
                 model,
                 filter.GetPointer(),
                 [&](nlohmann::json & report) { report["tiles"] = filter->GetNumberOfTiles(); });
}

/** Where the network sees the body alone, at its own resolution. */
template <typename TInput, typename TOutput>
void
ColorizeBody(CommandLineProgram & program, itk::NetworkModel * model)
{
  if (program.GetText("blend") != "gaussian")
  {
    throw UsageError("blend is '" + program.GetText("blend") +
                     "', but tiles of models that know a resolution of their own are blended by gaussian.");
  }
  auto metadata = model->GetMetadata();
  if (program.GetInteger("tile") > 0)
  {
    metadata.tileSize = { program.GetInteger("tile") };
  }
  metadata.overlap = program.GetReal("overlap") < 0.0 ? metadata.overlap : program.GetReal("overlap");
  model->SetMetadata(metadata);
  program.ShowProgress("reading", 0.0);
  const auto image = ImageFiles::ReadAs<TInput>(program.GetText("input"));
  auto       filter = itk::NetworkColorizationImageFilter<TInput, TOutput>::New();
  filter->SetInput(image);
  filter->SetModel(model);
  SetLuminance(program, filter.GetPointer(), ImageFiles::LooksLikeCT(image.GetPointer()) ? 0.5 : 1.0);
  filter->SetSmoothingLambda(program.GetReal("smoothing"));
  SetAxis(program, filter.GetPointer(), image.GetPointer());
  UpdateAndWrite(program, model, filter.GetPointer(), [](nlohmann::json &) {});
}

template <unsigned int VDimension>
void
ColorizeImage(CommandLineProgram & program, itk::NetworkModel * model, unsigned int components)
{
  using GrayType = itk::Image<float, VDimension>;
  using ValuesType = itk::VectorImage<float, VDimension>;
  using ColorType = itk::Image<itk::RGBPixel<unsigned char>, VDimension>;
  const Space space = model->GetMetadata().colorSpace;
  const bool  isColor = space != Space::None && space != Space::Luminance;
  if (components == 1 && isColor && KnowsBodies(model))
  {
    ColorizeBody<GrayType, ColorType>(program, model);
  }
  else if (components == 1)
  {
    isColor ? Colorize<GrayType, ColorType>(program, model) : Colorize<GrayType, ValuesType>(program, model);
  }
  else
  {
    isColor ? Colorize<ValuesType, ColorType>(program, model) : Colorize<ValuesType, ValuesType>(program, model);
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
  if (information.dimensions == 2)
  {
    ColorizeImage<2>(program, model, information.components);
  }
  else
  {
    ColorizeImage<3>(program, model, information.components);
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
