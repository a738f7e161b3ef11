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
#ifndef CommandLineProgram_h
#define CommandLineProgram_h

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace itk
{
class ExceptionObject;
}

/** What a program is told to do cannot be done: exit code 2. The text is one sentence that names the file or value. */
class InputError : public std::runtime_error
{
public:
  using std::runtime_error::runtime_error;
};

/** The program was called wrongly: exit code 1. */
class UsageError : public std::runtime_error
{
public:
  using std::runtime_error::runtime_error;
};

/** What a parameter is; decides how it is parsed, and the control that 3D Slicer shows for it. */
enum class ParameterKind
{
  /** Of one component, of three, of either, and of classes: 3D Slicer offers the volumes that fit. */
  InputVolume,
  InputColorVolume,
  InputAnyVolume,
  InputLabelVolume,
  InputFile,
  OutputVolume,
  OutputColorVolume,
  OutputAnyVolume,
  OutputLabelVolume,
  OutputTransform,
  OutputFile,
  Integer,
  Real,
  Range,
  Text,
  Flag,
  Choice
};

/** One parameter of a program: everything that parsing, --help and --xml have to know of it. */
struct Parameter
{
  ParameterKind            kind;
  std::string              name{}; // without dashes
  std::string              label{};
  std::string              help{};
  std::string              defaultText{};
  double                   minimum = std::numeric_limits<double>::lowest();
  double                   maximum = std::numeric_limits<double>::max();
  std::vector<std::string> choices{};
  bool                     isPositional = false;
  bool                     isRequired = false;
  /** Whether there may be several. */
  bool isList = false;
  /** Whether 3D Slicer shows it among what few change. */
  bool isAdvanced = false;
};

/** A command-line program that is a module of 3D Slicer as well.
 *
 * Its parameters are declared once. From that declaration come the parser (Boost.Program_options), the text of --help,
 * and the module description of --xml, where names have underscores in place of dashes; the command line takes both.
 * 3D Slicer gives every number, so one that means "as the method has it" is a value of its own. Every program also has
 * --version, --threads, --quiet and --progress.
 *
 * Exit codes: 0 done; 1 wrong use; 2 bad input or a file that cannot be written, with one line on the standard error
 * stream. */
class CommandLineProgram
{
public:
  CommandLineProgram(std::string name, std::string title, std::string description);
  ~CommandLineProgram();
  CommandLineProgram(const CommandLineProgram &) = delete;
  CommandLineProgram &
  operator=(const CommandLineProgram &) = delete;

  /** Whether both paths lead to one file, which need not be there yet. */
  static bool
  IsSameFile(const std::string & one, const std::string & other);

  /** Positional parameters, in the order of their declaration; all are required. */
  void
  AddPositional(ParameterKind kind, const std::string & name, const std::string & label, const std::string & help);

  /** One or more positional parameters, which are all but those that other positional parameters take behind them. */
  void
  AddPositionalList(ParameterKind kind, const std::string & name, const std::string & label, const std::string & help);

  /** A file that is named with --name FILE. */
  void
  AddFile(ParameterKind       kind,
          const std::string & name,
          const std::string & label,
          const std::string & help,
          bool                isRequired = false);

  /** One or more files that are named with --name FILE..., or each with --name FILE. Of those that come last on the command
   * line, as many are positional parameters as are missing of these. A program has one list at most. */
  void
  AddFileList(ParameterKind       kind,
              const std::string & name,
              const std::string & label,
              const std::string & help,
              bool                isRequired = false);

  void
  AddInteger(const std::string & name,
             const std::string & label,
             const std::string & help,
             int                 defaultValue,
             int                 minimum,
             int                 maximum);

  void
  AddReal(const std::string & name,
          const std::string & label,
          const std::string & help,
          double              defaultValue,
          double              minimum,
          double              maximum);

  /** Two numbers that rise: --name LO HI, or LO,HI as 3D Slicer has it. Not given unless it is. */
  void
  AddRange(const std::string & name, const std::string & label, const std::string & help);

  /** Any text, not given unless it is. */
  void
  AddText(const std::string & name, const std::string & label, const std::string & help);

  void
  AddFlag(const std::string & name, const std::string & label, const std::string & help);

  /** One of several words; the first is the default. */
  void
  AddChoice(const std::string &              name,
            const std::string &              label,
            const std::string &              help,
            const std::vector<std::string> & choices);

  /** Parses, runs `body` unless there was only something to print, and turns exceptions into exit codes. */
  int
  Run(int argc, char * argv[], const std::function<void()> & body);

  bool
  Has(const std::string & name) const;
  /** Whether a number or choice has the value of its default, although it may have been given: 3D Slicer gives all. */
  bool
  EqualsDefault(const std::string & name) const;
  /** The text of a file or choice. */
  std::string
  GetText(const std::string & name) const;
  /** Returns the texts of a list, each a word of its own or, as 3D Slicer has it, files that exist, joined by commas. */
  std::vector<std::string>
  GetTexts(const std::string & name) const;
  int
  GetInteger(const std::string & name) const;
  double
  GetReal(const std::string & name) const;
  std::pair<double, double>
  GetRange(const std::string & name) const;
  bool
  GetFlag(const std::string & name) const;

  /** Shows that `stage` is done to a fraction of 0..1; the form depends on --quiet, --progress and the terminal.
   * \param detail numbers that change as the stage goes on, for bars and Slicer */
  void
  ShowProgress(const std::string & stage, double fraction, const std::string & detail = "");

  /** One line for the user on the standard output stream, unless --quiet. */
  void
  Say(const std::string & line);

  /** What an ITK exception says, without the name and address of the object that says it. */
  static std::string
  SentenceOf(const itk::ExceptionObject & error);

private:
  void
  AddParameter(Parameter parameter);
  bool
  ParseArguments(int argc, char * argv[]);
  void
  TakeFromList();
  void
  VerifyPaths() const;
  void
  PrintHelp() const;
  void
  PrintXml() const;
  void
  FinishProgress();

  struct Impl;
  std::unique_ptr<Impl> m_Impl;
};

#endif
