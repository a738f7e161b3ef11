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
// Writes an index of photographs, in which those of a slice's level are found without reading them all.

#include "support/CommandLineProgram.h"
#include "support/ImageFiles.h"
#include "support/NetworkModels.h"

#include "itkReferenceImageDatabase.h"

#include <filesystem>

namespace
{
void
DeclareParameters(CommandLineProgram & program)
{
  program.AddPositionalList(ParameterKind::InputFile,
                            "references",
                            "Photographs",
                            "Folders of colour photographs of sections through a body, or such photographs. Blue and "
                            "black background is not taken for tissue.");
  program.AddPositional(ParameterKind::OutputFile, "output", "Index", "Index to write, in the format safetensors.");
  program.AddFile(ParameterKind::InputFile,
                  "model",
                  "Model",
                  "VGG-19 with its first linear layer, whose fc6 describes photographs instead of the built-in "
                  "descriptor: a file, or a name in the folder of ITK_COLORIZATION_MODELS.");
  program.AddText("sha256", "SHA-256", "What the model file's SHA-256 has to be.");
  program.AddFlag("strict", "Strict", "An image of a folder that cannot be used is an error; otherwise it is skipped.");
}

void
IndexReferences(CommandLineProgram & program)
{
  if (program.Has("sha256") && !program.Has("model"))
  {
    throw UsageError("--sha256 needs --model.");
  }
  const std::string output = program.GetText("output");
  ImageFiles::VerifyWritableFile(output);
  auto database = itk::ReferenceImageDatabase::New();
  if (program.Has("model"))
  {
    const std::string sha256 = program.Has("sha256") ? program.GetText("sha256") : "";
    database->SetModel(NetworkModels::Load(program.GetText("model"), "auto", "float32", sha256));
  }
  std::string stage;
  database->AddObserver(itk::ProgressEvent(),
                        [&](const itk::EventObject &) { program.ShowProgress(stage, database->GetProgress()); });
  for (const std::string & reference : program.GetTexts("references"))
  {
    stage = reference;
    program.ShowProgress(stage, 0.0);
    if (std::filesystem::is_directory(reference))
    {
      database->AddFolder(reference);
    }
    else
    {
      database->AddImage(reference);
    }
  }
  for (const auto & problem : database->GetProblems())
  {
    const std::string sentence = problem.path + ": " + problem.reason;
    if (program.GetFlag("strict"))
    {
      throw InputError(sentence);
    }
    program.Say("Skipped: " + sentence);
  }
  database->Save(output);
  program.Say("Index of " + std::to_string(database->GetNumberOfImages()) + " photographs: " + output);
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program("IndexReferences",
                             "Index References",
                             "Writes an index of colour photographs, by which those of a slice's level in the body are "
                             "found. No network is needed. Photographs in the index's folder, or below, may be moved "
                             "with it.");
  DeclareParameters(program);
  return program.Run(argc, argv, [&program]() { IndexReferences(program); });
}
