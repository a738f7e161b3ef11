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
// Measures how good a colorization is.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"
#include "support/NetworkModels.h"

#include "itkColorizationMetricsFilter.h"
#include "itkCurveChart.h"
#include "itkNetworkMetrics.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <iomanip>
#include <map>
#include <sstream>

namespace
{
using ImageFiles::ComponentKind;
using ImageFiles::ImageInformation;
using itk::colorization::BetterWhen;
using itk::colorization::ColorizationMetric;
using itk::colorization::ColorizationMetricReport;
using itk::colorization::ColorizationMetricsReport;
using Json = nlohmann::ordered_json;

constexpr double HighestByte = 255.0;
constexpr double HighestShort = 65535.0;

/** Metrics by networks, and what their options are called. */
const std::map<ColorizationMetric, std::string> NetworkMetrics{ { ColorizationMetric::LPIPS, "model-lpips" },
                                                                { ColorizationMetric::FID, "model-fid" } };

void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(ParameterKind::InputColorVolume,
                        "result",
                        "Result",
                        "Colorized picture or volume, of 8 or 16 bits a component or floats of 0 ... 1 or 0 ... 255. "
                        "Alpha is not read, here or elsewhere.");
  program.AddFile(ParameterKind::InputColorVolume,
                  "reference",
                  "Reference",
                  "Picture or volume with the colours that are wanted; metrics of colour and texture compare with it.");
  program.AddFile(ParameterKind::InputAnyVolume,
                  "source",
                  "Gray source",
                  "Picture or volume that was colorized; metrics of structure compare luminance with it.");
  program.AddFile(ParameterKind::InputLabelVolume,
                  "mask",
                  "Mask",
                  "Picture or volume that is not 0 where pixels count.");
  program.AddReal(
    "source-minimum",
    "Source minimum",
    "What is black in the source. Where this and the next are 0: 0 and the highest value of its type for 8 bits "
    "and for pictures of 16 bits, and where the result has the same type; else its lowest and highest "
    "value, as other programs of this package have it.",
    0.0,
    -1e9,
    1e9);
  program.AddReal("source-maximum", "Source maximum", "What is white in the source.", 0.0, -1e9, 1e9);
  program.AddChoice("axis", "Axis", "Image axis across the slices of a volume.", { "2", "1", "0" });
  program.AddFlag("per-slice", "Per slice", "Also write the values of every slice into the JSON file.");
  program.AddFlag("ignore-geometry", "Ignore geometry", "Let images differ in origin, spacing and direction.");
  program.AddFile(
    ParameterKind::InputFile,
    "model-lpips",
    "Model of LPIPS",
    "Safetensors file with AlexNet or VGG-16 in torchvision's names (features.0.weight ...) or those of the "
    "package lpips (net.slice1.0.weight ...), and its weights lin0.model.1.weight ... lin4.model.1.weight; "
    "or a name in the folder of ITK_COLORIZATION_MODELS. Needs a reference. With a mask, the mean is "
    "weighted by the share of the mask in each pixel of a layer.");
  program.AddFile(ParameterKind::InputFile,
                  "model-fid",
                  "Model of FID",
                  "TorchScript file of a network that makes N x D or N x D x 1 x 1 features of N x 3 x H x W, RGB of "
                  "0 ... 1 (or what the range of its colorization.json maps these to); or a name in the folder of "
                  "ITK_COLORIZATION_MODELS. It is code: run what you trust. Needs a reference, and at least as many "
                  "slices as features. With a mask, what is outside is black in both.");
  program.AddChoice("device",
                    "Device",
                    "Where these networks run; auto is the first GPU, or the processor where there is none.",
                    { "auto", "cpu", "cuda:0", "cuda:1", "cuda:2", "cuda:3", "cuda:4", "cuda:5", "cuda:6", "cuda:7" });
  program.AddFile(ParameterKind::OutputFile, "json", "JSON", "All values to write, as JSON.");
  program.AddFile(ParameterKind::OutputFile, "plot", "Plot", "Curves of the values of every slice to write, as PNG.");
  program.BeginAdvanced();
  program.AddVolumeChoice();
}

/** What 1 is in a colour image: the highest value of its type, or what its floats seem to be meant in. */
template <typename TImage>
double
FindRange(const TImage * image, ComponentKind kind, const std::string & path)
{
  if (kind == ComponentKind::Byte)
  {
    return HighestByte;
  }
  if (kind == ComponentKind::UnsignedShort)
  {
    return HighestShort;
  }
  const float * values = itk::colorization::ComponentsAt(image, image->GetBufferedRegion().GetIndex());
  const auto    count = image->GetBufferedRegion().GetNumberOfPixels() * image->GetNumberOfComponentsPerPixel();
  const auto    range = std::minmax_element(values, values + count);
  if (kind == ComponentKind::Float && *range.first >= 0.0f && *range.second <= 1.0f)
  {
    return 1.0;
  }
  if (*range.first >= 0.0f && *range.second <= HighestByte)
  {
    return HighestByte;
  }
  std::ostringstream sentence;
  sentence << path << ": values are in " << *range.first << " ... " << *range.second
           << ", but colours of 8 or 16 bits, or in 0 ... 1 or 0 ... 255, are needed.";
  throw InputError(sentence.str());
}

bool
IsPictureFormat(const std::string & path)
{
  const auto                        dot = path.find_last_of('.');
  std::string                       ending = dot == std::string::npos ? "" : path.substr(dot + 1);
  const std::array<const char *, 6> endings{ { "png", "jpg", "jpeg", "tif", "tiff", "bmp" } };
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

/** What black and white are in the source. */
template <typename TImage>
std::array<double, 2>
FindWindow(const CommandLineProgram & program,
           const TImage *             source,
           const ImageInformation &   information,
           const ImageInformation &   resultInformation,
           double                     resultRange)
{
  if (!program.EqualsDefault("source-minimum") || !program.EqualsDefault("source-maximum"))
  {
    return { { program.GetReal("source-minimum"), program.GetReal("source-maximum") } };
  }
  if (information.kind == resultInformation.kind)
  {
    return { { 0.0, resultRange } };
  }
  if (information.kind == ComponentKind::Byte)
  {
    return { { 0.0, HighestByte } };
  }
  if (information.kind == ComponentKind::UnsignedShort && IsPictureFormat(program.GetText("source")))
  {
    return { { 0.0, HighestShort } };
  }
  const float * values = itk::colorization::ComponentsAt(source, source->GetBufferedRegion().GetIndex());
  const auto    count = source->GetBufferedRegion().GetNumberOfPixels() * source->GetNumberOfComponentsPerPixel();
  const auto    range = std::minmax_element(values, values + count);
  if (information.kind == ComponentKind::Float && *range.first >= 0.0f && *range.second <= 1.0f)
  {
    return { { 0.0, 1.0 } };
  }
  if (!(*range.second > *range.first))
  {
    std::ostringstream sentence;
    sentence << program.GetText("source") << ": all values are " << *range.first
             << ", so that there is nothing to compare with.";
    throw InputError(sentence.str());
  }
  return { { *range.first, *range.second } };
}

/** A value as JSON: null if there is none; JSON has no infinity, so it is a word that languages read as a number. */
Json
ToJson(double value)
{
  if (std::isnan(value))
  {
    return nullptr;
  }
  if (std::isinf(value))
  {
    return value > 0.0 ? "Infinity" : "-Infinity";
  }
  return value;
}

const char *
WordFor(BetterWhen better)
{
  return better == BetterWhen::Higher ? "higher" : better == BetterWhen::Lower ? "lower" : "neither";
}

/** The networks of those NetworkMetrics for which one was given. */
using Models = std::map<ColorizationMetric, itk::NetworkModel::Pointer>;

/** What a program tells of its inputs, beside the metrics. */
struct Conditions
{
  bool                  isVolume;
  bool                  hasSource;
  double                range;
  std::array<double, 2> sourceWindow;
  Models                models;

  /** Metrics of networks that nobody asked for are not shown. */
  bool
  Shows(ColorizationMetric metric) const
  {
    return NetworkMetrics.count(metric) == 0 || models.count(metric) > 0;
  }
};

Json
ToJson(ColorizationMetric metric, const ColorizationMetricReport & own, const Conditions & conditions, bool perSlice)
{
  using Metric = ColorizationMetric;
  Json entry;
  entry["value"] = ToJson(own.value);
  entry["compared"] = own.compared.empty() ? Json(nullptr) : Json(own.compared);
  entry["better"] = WordFor(itk::colorization::BetterOfMetric(metric));
  if (!own.reason.empty())
  {
    entry["reason"] = own.reason;
  }
  if (metric == Metric::MSE || metric == Metric::RMSE || metric == Metric::PSNR || metric == Metric::PSNRY)
  {
    entry["range"] = conditions.range;
  }
  if (own.compared.find("source") != std::string::npos && conditions.hasSource)
  {
    entry["source_window"] = conditions.sourceWindow;
  }
  if (conditions.isVolume && own.reason.empty())
  {
    entry["value_is"] = metric == Metric::FID                            ? "of all slices"
                        : itk::colorization::IsMetricOfAllVoxels(metric) ? "of all voxels"
                                                                         : "mean of the slices";
    entry["mean_of_slices"] = ToJson(own.meanOfSlices);
    entry["volume"] = ToJson(own.ofVolume);
  }
  for (const auto & [name, value] : own.parts)
  {
    entry["parts"][name] = ToJson(value);
  }
  const auto model = conditions.models.find(metric);
  if (model != conditions.models.end())
  {
    entry["model"] = model->second->GetFileName();
    entry["sha256"] = model->second->GetSHA256();
  }
  if (perSlice && metric != Metric::FID)
  {
    entry["per_slice"] = Json::array();
    for (const double value : own.perSlice)
    {
      entry["per_slice"].push_back(ToJson(value));
    }
  }
  return entry;
}

std::string
MakeJson(const ColorizationMetricsReport & report, const Conditions & conditions, bool perSlice)
{
  Json json;
  for (std::size_t k = 0; k < itk::colorization::NumberOfColorizationMetrics; ++k)
  {
    const auto metric = static_cast<ColorizationMetric>(k);
    json[itk::colorization::NameOfMetric(metric)] = ToJson(metric, report[metric], conditions, perSlice);
  }
  return json.dump(2) + '\n';
}

std::string
FormatValue(double value)
{
  std::ostringstream text;
  if (std::isnan(value))
  {
    return "-";
  }
  text << std::setprecision(6) << value;
  return text.str();
}

/** One line a metric: value, value of the volume, which way is better, what was compared. */
std::string
MakeTable(const ColorizationMetricsReport & report, const Conditions & conditions)
{
  std::ostringstream table;
  const auto         line = [&](const std::string & name,
                        const std::string & value,
                        const std::string & volume,
                        const std::string & better,
                        const std::string & compared)
  {
    table << std::left << std::setw(22) << name << std::right << std::setw(11) << value << "  ";
    if (conditions.isVolume)
    {
      table << std::setw(11) << volume << "  ";
    }
    table << std::left << std::setw(8) << better << compared << '\n';
  };
  line("metric", "value", "in 3-D", "better", "compared");
  for (std::size_t k = 0; k < itk::colorization::NumberOfColorizationMetrics; ++k)
  {
    const auto                       metric = static_cast<ColorizationMetric>(k);
    const ColorizationMetricReport & own = report[metric];
    const BetterWhen                 better = itk::colorization::BetterOfMetric(metric);
    if (!conditions.Shows(metric))
    {
      continue;
    }
    line(itk::colorization::NameOfMetric(metric),
         FormatValue(own.value),
         FormatValue(own.ofVolume),
         better == BetterWhen::Neither ? "" : WordFor(better),
         own.reason.empty() ? own.compared : "(" + own.reason + ")");
  }
  std::string text = table.str();
  text.pop_back();
  return text;
}

/** Charts of metrics that have a common unit; those without any value are left out. */
std::vector<itk::colorization::CurveChart>
MakeCharts(const ColorizationMetricsReport & report, const std::string & axis)
{
  using Metric = ColorizationMetric;
  const std::vector<std::pair<const char *, std::vector<Metric>>> groups{
    { "Structure and texture, 0 ... 1",
      { Metric::SSIM,
        Metric::SSIMLocal,
        Metric::MSSSIM,
        Metric::FSIM,
        Metric::FSIMc,
        Metric::STSIM1,
        Metric::STSIM2,
        Metric::GradientCorrelation } },
    { "Signal to noise, dB", { Metric::PSNR, Metric::PSNRY } },
    { "Error, in units of the result", { Metric::RMSE } },
    { "Colour difference, CIE Lab", { Metric::DeltaE76, Metric::DeltaE2000, Metric::Flicker } },
    { "Colorfulness, of 255", { Metric::Colorfulness, Metric::DeltaColorfulness } },
    { "Mutual information, bits", { Metric::MutualInformation } },
    { "LPIPS", { Metric::LPIPS } }
  };
  std::vector<itk::colorization::CurveChart> charts;
  for (const auto & [title, metrics] : groups)
  {
    itk::colorization::CurveChart chart{ title, "slice along axis " + axis };
    for (const Metric metric : metrics)
    {
      const std::vector<double> & values = report[metric].perSlice;
      if (std::any_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }))
      {
        chart.curves.push_back({ itk::colorization::NameOfMetric(metric), values });
      }
    }
    if (!chart.curves.empty())
    {
      charts.push_back(chart);
    }
  }
  return charts;
}

ImageFiles::PhotographType::Pointer
DrawPlot(const ColorizationMetricsReport & report, const std::string & axis)
{
  constexpr std::array<std::size_t, 2> chartSize{ { 560, 360 } };
  const auto                           charts = MakeCharts(report, axis);
  const std::size_t                    columns = std::min<std::size_t>(charts.size(), 2);
  const std::size_t                    rows = (charts.size() + columns - 1) / columns;
  const std::vector<std::uint8_t>      rgb = itk::colorization::DrawCurveCharts(charts, columns, chartSize);
  auto                                 picture = ImageFiles::PhotographType::New();
  picture->SetRegions(ImageFiles::PhotographType::SizeType{ { columns * chartSize[0], rows * chartSize[1] } });
  picture->Allocate();
  std::copy(rgb.begin(), rgb.end(), reinterpret_cast<std::uint8_t *>(picture->GetBufferPointer()));
  return picture;
}

/** The source, or its luminance if it has colours. */
template <unsigned int VDimension>
typename itk::Image<float, VDimension>::Pointer
ReadSource(const std::string & path, const ImageInformation & information)
{
  using GrayType = itk::Image<float, VDimension>;
  if (information.components == 1)
  {
    return ImageFiles::ReadAs<GrayType>(path);
  }
  const auto color = ImageFiles::ReadAs<itk::Image<itk::RGBPixel<float>, VDimension>>(path);
  auto       gray = GrayType::New();
  gray->CopyInformation(color);
  gray->SetRegions(color->GetLargestPossibleRegion());
  gray->Allocate();
  std::transform(color->GetBufferPointer(),
                 color->GetBufferPointer() + color->GetLargestPossibleRegion().GetNumberOfPixels(),
                 gray->GetBufferPointer(),
                 [](const itk::RGBPixel<float> & rgb)
                 { return rgb[1] + 0.299f * (rgb[0] - rgb[1]) + 0.114f * (rgb[2] - rgb[1]); });
  return gray;
}

/** Loads the networks that were asked for. */
Models
LoadModels(const CommandLineProgram & program)
{
  Models models;
  for (const auto & [metric, option] : NetworkMetrics)
  {
    if (!program.Has(option))
    {
      continue;
    }
    if (!program.Has("reference"))
    {
      throw UsageError("--" + option + " needs a --reference.");
    }
    const auto model = NetworkModels::Load(program.GetText(option), program.GetText("device"), "float32", "");
    const auto unfit = metric == ColorizationMetric::LPIPS ? itk::colorization::DescribeUnfitPerceptualModel(model)
                                                           : itk::colorization::DescribeUnfitFeatureModel(model);
    if (!unfit.empty())
    {
      throw InputError(std::string(model->GetFileName()) + ": " + unfit);
    }
    models[metric] = model;
  }
  return models;
}

/** What went wrong, naming the file: a model, which its sentence begins with, or else the result. */
std::string
NameFile(const std::string & sentence, const std::string & result, const Models & models)
{
  const bool isOfModel = std::any_of(models.begin(),
                                     models.end(),
                                     [&](const auto & item)
                                     {
                                       const std::string file = item.second->GetFileName();
                                       return sentence.rfind(file + ": ", 0) == 0;
                                     });
  return isOfModel ? sentence : result + ": " + sentence;
}

/** Writes what was asked for, and shows the table. */
void
Report(CommandLineProgram & program, const ColorizationMetricsReport & report, const Conditions & conditions)
{
  program.ShowProgress("writing", 0.0);
  if (program.Has("json"))
  {
    ImageFiles::WriteText(MakeJson(report, conditions, program.GetFlag("per-slice")), program.GetText("json"));
  }
  if (program.Has("plot"))
  {
    ImageFiles::WriteImage<ImageFiles::PhotographType>(DrawPlot(report, program.GetText("axis")),
                                                       program.GetText("plot"));
  }
  program.Say(MakeTable(report, conditions));
  for (const char * name : { "json", "plot" })
  {
    if (program.Has(name))
    {
      program.Say((name == std::string("json") ? "Values: " : "Plot: ") + program.GetText(name));
    }
  }
}

template <unsigned int VDimension>
void
Evaluate(CommandLineProgram &                            program,
         const std::map<std::string, ImageInformation> & information,
         const Models &                                  models)
{
  using ColorType = itk::Image<itk::RGBPixel<float>, VDimension>;
  using FilterType = itk::ColorizationMetricsFilter<ColorType>;
  const auto filter = FilterType::New();
  Conditions conditions{ VDimension == 3, program.Has("source"), 1.0, { { 0.0, 1.0 } }, models };
  const auto read = [&](const char * name) { return ImageFiles::ReadAs<ColorType>(program.GetText(name)); };
  program.ShowProgress("reading", 0.0);
  const auto result = read("result");
  conditions.range = FindRange(result.GetPointer(), information.at("result").kind, program.GetText("result"));
  filter->SetResultImage(result);
  filter->SetRange(conditions.range);
  if (program.Has("reference"))
  {
    const auto reference = read("reference");
    filter->SetReferenceRange(
      FindRange(reference.GetPointer(), information.at("reference").kind, program.GetText("reference")));
    filter->SetReferenceImage(reference);
  }
  if (program.Has("source"))
  {
    const auto source = ReadSource<VDimension>(program.GetText("source"), information.at("source"));
    conditions.sourceWindow =
      FindWindow(program, source.GetPointer(), information.at("source"), information.at("result"), conditions.range);
    filter->SetSourceMinimum(conditions.sourceWindow[0]);
    filter->SetSourceMaximum(conditions.sourceWindow[1]);
    filter->SetSourceImage(source);
  }
  if (program.Has("mask"))
  {
    filter->SetMaskImage(ImageFiles::ReadMask<VDimension>(program.GetText("mask")));
  }
  filter->SetSliceAxis(static_cast<unsigned int>(std::stoi(program.GetText("axis"))));
  filter->SetIgnoreGeometry(program.GetFlag("ignore-geometry"));
  for (const auto & [metric, model] : models)
  {
    if (metric == ColorizationMetric::LPIPS)
    {
      filter->SetPerceptualModel(model);
    }
    else
    {
      filter->SetFeatureModel(model);
    }
  }
  filter->AddObserver(itk::ProgressEvent(),
                      [&](const itk::EventObject &) { program.ShowProgress("measuring", filter->GetProgress()); });
  try
  {
    filter->Update();
  }
  catch (const itk::ExceptionObject & error)
  {
    throw InputError(NameFile(CommandLineProgram::SentenceOf(error), program.GetText("result"), models));
  }
  Report(program, filter->GetReport(), conditions);
}

/** Throws unless the image can take part. */
void
VerifyImage(const std::string &      path,
            const ImageInformation & information,
            const ImageInformation & result,
            const std::string &      resultPath,
            bool                     isMask)
{
  if (information.dimensions != result.dimensions)
  {
    throw InputError(path + ": the image has " + std::to_string(information.dimensions) + " dimensions, but " +
                     resultPath + " has " + std::to_string(result.dimensions) + '.');
  }
  if (information.components == 2 || information.components > 4 || (isMask && information.components > 1))
  {
    throw InputError(path + ": the image has " + std::to_string(information.components) + " components a pixel, but " +
                     (isMask ? "a mask has 1." : "1, 3 or 4 are needed."));
  }
}

void
EvaluateColorization(CommandLineProgram & program)
{
  if (program.Has("json"))
  {
    ImageFiles::VerifyWritableFile(program.GetText("json"));
  }
  if (program.Has("plot"))
  {
    ImageFiles::VerifyWritableImage(program.GetText("plot"));
    if (!itk::colorization::IsCurveChartAvailable())
    {
      throw InputError(program.GetText("plot") + ": nothing can be plotted, because this build has no VTK.");
    }
  }
  if (!program.EqualsDefault("source-minimum") || !program.EqualsDefault("source-maximum"))
  {
    if (!(program.GetReal("source-maximum") > program.GetReal("source-minimum")))
    {
      throw UsageError("--source-maximum has to be given, and to be above --source-minimum.");
    }
  }
  const Models                            models = LoadModels(program);
  std::map<std::string, ImageInformation> information;
  for (const char * name : { "result", "reference", "source", "mask" })
  {
    if (program.Has(name))
    {
      information[name] = ImageFiles::ReadInformation(program.GetText(name));
      VerifyImage(program.GetText(name),
                  information[name],
                  information["result"],
                  program.GetText("result"),
                  name == std::string("mask"));
    }
  }
  const unsigned int dimensions = information["result"].dimensions;
  if (dimensions != 2 && dimensions != 3)
  {
    throw InputError(program.GetText("result") + ": the image has " + std::to_string(dimensions) +
                     " dimensions, but 2 or 3 are needed.");
  }
  if (dimensions == 2 && program.Has("plot"))
  {
    throw InputError(program.GetText("result") + ": this is one picture, but a plot shows the slices of a volume.");
  }
  if (dimensions == 2)
  {
    Evaluate<2>(program, information, models);
  }
  else
  {
    Evaluate<3>(program, information, models);
  }
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program("EvaluateColorization",
                             "Evaluate Colorization",
                             "Measures a colorized picture or volume: its structure against the gray source, its "
                             "colours and texture against a reference.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { EvaluateColorization(program); });
}
