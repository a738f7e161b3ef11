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
// Trains the networks of a colorization system on a data set of PackTrainingData.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"

#include "itkMultiThreaderBase.h"
#include "itkNetworkTrainer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iomanip>
#include <sstream>

namespace
{
namespace fs = std::filesystem;

void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositional(ParameterKind::Text,
                        "system",
                        "System",
                        "What is trained: any-contrast, volume-gan, cross-modal, color-med-gan, ct-to-rgb, segmenter "
                        "or attention-segmenter.");
  program.AddPositional(ParameterKind::InputFile, "data", "Data", "Data set: a file of PackTrainingData.");
  program.AddPositional(ParameterKind::OutputFile,
                        "output",
                        "Model",
                        "Model to write, as safetensors. Beside it, with .checkpoint added to its name, lies what "
                        "training is resumed from.");
  program.AddChoice("device",
                    "Device",
                    "Where training runs; auto is the first GPU, or the processor where there is none.",
                    { "auto", "cpu", "cuda:0", "cuda:1", "cuda:2", "cuda:3", "cuda:4", "cuda:5", "cuda:6", "cuda:7" });
  program.AddChoice("precision",
                    "Precision",
                    "Numbers that layers compute with; weights are always of 32 bits.",
                    { "float32", "bfloat16" });
  program.AddInteger("steps", "Steps", "Steps in all, those before resuming included.", 20000, 1, 1000000000);
  program.AddInteger("batch", "Batch", "Samples a step.", 16, 1, 65536);
  program.AddInteger("seed", "Seed", "What samples and first weights are drawn by.", 1, 0, 2147483647);
  program.AddFile(ParameterKind::InputFile,
                  "resume",
                  "Checkpoint",
                  "Checkpoint of the same training to go on from; the result is that of training without a stop.");
  program.AddFile(ParameterKind::InputFile,
                  "start",
                  "Start",
                  "Model whose weights any-contrast begins with; outputs that it has not begin at random.");
  program.AddFile(ParameterKind::InputFile,
                  "segmenter",
                  "Segmenter",
                  "Model of a segmenter that guides the training of color-med-gan or cross-modal.");
  program.AddFile(ParameterKind::InputFile,
                  "perceptual",
                  "Perceptual network",
                  "Weights of VGG-19, or for ct-to-rgb also a TorchScript whose outputs are layers, for perceptual "
                  "losses. TorchScript is code: run what you trust.");
  program.AddFile(ParameterKind::OutputFile,
                  "log",
                  "Log",
                  "Table of losses to write as CSV, a row for each step, as soon as it is done.");
  program.AddText(
    "preview",
    "Previews",
    "Folder for pictures of slices that are set aside: rows of what comes in, what is made of it, and what "
    "is wanted, or what a photograph looks like.");
  program.AddText("hyper-parameters",
                  "Hyper-parameters",
                  "JSON object with those of the system that are not to have their defaults.");
  program.AddInteger("checkpoint-interval",
                     "Checkpoint interval",
                     "Steps from one checkpoint to the next.",
                     500,
                     1,
                     1000000000);
  program.AddInteger("preview-interval",
                     "Preview interval",
                     "Steps from one test and preview to the next.",
                     1000,
                     1,
                     1000000000);
}

/** "2 h 05 min", "3 min", "12 s" */
std::string
DurationText(double seconds)
{
  const long         whole = std::lround(std::min(std::max(seconds, 0.0), 1e9));
  std::ostringstream text;
  if (whole >= 3600)
  {
    text << whole / 3600 << " h " << std::setfill('0') << std::setw(2) << whole % 3600 / 60 << " min";
  }
  else if (whole >= 120)
  {
    text << whole / 60 << " min";
  }
  else
  {
    text << whole << " s";
  }
  return text.str();
}

std::string
ValuesText(const itk::colorization::TrainingValues & values)
{
  std::ostringstream text;
  text << std::setprecision(4);
  for (const auto & value : values)
  {
    text << (text.tellp() > 0 ? ", " : "") << value.first << ' ' << value.second;
  }
  return text.str();
}

void
WritePreview(const itk::colorization::TrainingTest & test, const fs::path & folder)
{
  auto                                       picture = ImageFiles::PhotographType::New();
  const ImageFiles::PhotographType::SizeType size{ { test.width, test.height } };
  picture->SetRegions(size);
  picture->Allocate();
  std::copy(test.picture.begin(), test.picture.end(), picture->GetBufferPointer()->GetDataPointer());
  char name[32];
  std::snprintf(name, sizeof(name), "step-%08llu.png", static_cast<unsigned long long>(test.step));
  ImageFiles::WriteImage<ImageFiles::PhotographType>(picture, (folder / name).string());
}

itk::colorization::TrainingParameters
ReadParameters(const CommandLineProgram & program)
{
  itk::colorization::TrainingParameters parameters;
  const auto textOf = [&](const char * name) { return program.Has(name) ? program.GetText(name) : std::string(); };
  const auto numberOf = [&](const char * name) { return static_cast<std::uint64_t>(program.GetInteger(name)); };
  parameters.system = program.GetText("system");
  parameters.data = program.GetText("data");
  parameters.output = program.GetText("output");
  parameters.device = program.GetText("device");
  parameters.precision = program.GetText("precision");
  parameters.steps = numberOf("steps");
  parameters.batch = numberOf("batch");
  parameters.seed = numberOf("seed");
  parameters.resume = textOf("resume");
  for (const char * network : { "start", "segmenter", "perceptual" })
  {
    if (program.Has(network))
    {
      parameters.networks[network] = program.GetText(network);
    }
  }
  parameters.log = textOf("log");
  parameters.hyperParameters = program.Has("hyper-parameters") ? program.GetText("hyper-parameters") : "{}";
  parameters.checkpointInterval = numberOf("checkpoint-interval");
  parameters.previewInterval = numberOf("preview-interval");
  parameters.threads = itk::MultiThreaderBase::GetGlobalDefaultNumberOfThreads();
  return parameters;
}

void
VerifySystem(const std::string & system)
{
  const auto  systems = itk::NetworkTrainer::GetSystems();
  std::string names;
  for (const std::string & name : systems)
  {
    names += (names.empty() ? "" : ", ") + name;
  }
  if (!systems.empty() && std::find(systems.begin(), systems.end(), system) == systems.end())
  {
    throw UsageError("system is '" + system + "', but has to be one of " + names + '.');
  }
}

/** Whether what is written while training goes on can be, over nothing that is read. */
void
VerifyPaths(const CommandLineProgram & program, const itk::colorization::TrainingParameters & parameters)
{
  const std::string checkpoint = parameters.output + ".checkpoint";
  for (const char * name : { "data", "log", "start", "segmenter", "perceptual" })
  {
    if (program.Has(name) && CommandLineProgram::IsSameFile(program.GetText(name), checkpoint))
    {
      throw UsageError("The checkpoint of output is " + checkpoint + ", as is " + name + '.');
    }
  }
  ImageFiles::VerifyWritableFile(parameters.output);
  ImageFiles::VerifyWritableFile(checkpoint);
  if (!parameters.log.empty())
  {
    ImageFiles::VerifyWritableFile(parameters.log);
  }
}

void
TrainColorization(CommandLineProgram & program)
{
  const auto parameters = ReadParameters(program);
  VerifySystem(parameters.system);
  VerifyPaths(program, parameters);
  const fs::path previews = program.Has("preview") ? program.GetText("preview") : "";
  if (!previews.empty() && !fs::is_directory(previews))
  {
    throw InputError(previews.string() + ": there is no such folder for previews.");
  }
  auto trainer = itk::NetworkTrainer::New();
  trainer->SetParameters(parameters);
  trainer->AddObserver(itk::IterationEvent(),
                       [&](const itk::EventObject &)
                       {
                         const auto &       progress = trainer->GetStepProgress();
                         std::ostringstream detail;
                         detail << "step " << progress.step << ", " << ValuesText(progress.losses) << ", "
                                << std::setprecision(3) << progress.samplesPerSecond << " samples/s, "
                                << DurationText(progress.secondsLeft) << " left";
                         const double done = static_cast<double>(progress.step) / static_cast<double>(progress.steps);
                         program.ShowProgress("training", done, detail.str());
                       });
  trainer->AddObserver(itk::ProgressEvent(),
                       [&](const itk::EventObject &)
                       {
                         const auto & test = trainer->GetTest();
                         if (!test.measures.empty())
                         {
                           program.Say("Step " + std::to_string(test.step) + ": " + ValuesText(test.measures));
                         }
                         if (!previews.empty() && !test.picture.empty())
                         {
                           WritePreview(test, previews);
                         }
                       });
  program.ShowProgress("reading", 0.0);
  trainer->Train();
  const auto &       report = trainer->GetReport();
  std::ostringstream line;
  line << "Model of " << report.parameters << " parameters after " << report.steps << " steps, " << std::setprecision(3)
       << report.samplesPerSecond << " samples/s on " << report.device << ": " << parameters.output;
  program.Say(line.str());
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program("TrainColorization",
                             "Train Colorization",
                             "Trains the networks of a colorization system on a data set of PackTrainingData.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { TrainColorization(program); });
}
