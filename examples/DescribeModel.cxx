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
// Says what a file of weights holds.

#include "support/CommandLineProgram.h"
#include "support/NetworkModels.h"

#include <nlohmann/json.hpp>

#include <iostream>

namespace
{
void
DescribeModel(CommandLineProgram & program)
{
  const auto     model = NetworkModels::Load(program.GetText("model"), "cpu", "float32", "");
  nlohmann::json report = NetworkModels::Describe(model);
  std::cout << (program.GetFlag("json") ? report.dump(2) + '\n' : NetworkModels::AsText(report));
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program("DescribeModel",
                             "Describe Model",
                             "Prints a model's architecture, parameters, input, normalisation, output, tiles and "
                             "SHA-256.");
  program.AddPositional(ParameterKind::InputFile,
                        "model",
                        "Model",
                        "Safetensors or TorchScript file, or a name in the folder of ITK_COLORIZATION_MODELS.");
  program.AddFlag("json", "JSON", "Prints JSON.");
  return program.Run(argc, argv, [&program]() { DescribeModel(program); });
}
