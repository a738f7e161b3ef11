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
#ifndef LuminanceOption_h
#define LuminanceOption_h

#include "CommandLineProgram.h"

#include "itkColorizationEnums.h"

/** What programs that colour have in common: whose luminance the colours are shown at. */
inline void
AddLuminanceOption(CommandLineProgram & program)
{
  program.AddChoice(
    "luminance",
    "Luminance",
    "Whose luminance the colours are shown at: fused has the photograph's tone and the image's structure, "
    "source is the image's, reference the photograph's, or what the network makes of it.",
    { "fused", "source", "reference" });
}

inline itk::ColorizationEnums::Luminance
LuminanceOf(const CommandLineProgram & program)
{
  using Luminance = itk::ColorizationEnums::Luminance;
  const std::string luminance = program.GetText("luminance");
  return luminance == "source" ? Luminance::Source : luminance == "reference" ? Luminance::Reference : Luminance::Fused;
}

#endif
