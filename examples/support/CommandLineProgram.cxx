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
#include "CommandLineProgram.h"

#include "itkMacro.h"
#include "itkMultiThreaderBase.h"
#include "itkProcessObject.h"

#include <boost/program_options.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <new>
#include <sstream>

#include <unistd.h>

namespace po = boost::program_options;

namespace
{
constexpr int ExitDone = 0;
constexpr int ExitUsage = 1;
constexpr int ExitInput = 2;

enum class ProgressStyle
{
  None,
  Lines,
  Bar,
  Slicer
};

std::string
EscapeXml(const std::string & text)
{
  std::string escaped;
  for (const char c : text)
  {
    switch (c)
    {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string
FormatReal(double value)
{
  std::ostringstream text;
  text << value;
  return text.str();
}

/** How 3D Slicer names parameters and flags. */
std::string
Underscored(std::string name)
{
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/** Plain digits, which 3D Slicer's sliders need. */
std::string
FormatPlainReal(double value)
{
  std::ostringstream text;
  text.precision(15);
  text << std::fixed << value;
  std::string digits = text.str();
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits.back() == '.' ? digits.substr(0, digits.size() - 1) : digits;
}

/** Returns the files that a word joins by commas, as 3D Slicer has lists; the word itself if not all of them exist. */
std::vector<std::string>
SplitFiles(const std::string & word)
{
  const auto exists = [](const std::string & path)
  {
    std::error_code failure;
    return std::filesystem::exists(path, failure);
  };
  std::istringstream       stream(word);
  std::vector<std::string> parts;
  for (std::string part; std::getline(stream, part, ',');)
  {
    parts.push_back(part);
  }
  const bool isJoined = parts.size() > 1 && !exists(word) && std::all_of(parts.begin(), parts.end(), exists);
  return isJoined ? parts : std::vector<std::string>{ word };
}

/** Whether a slider may end here. */
bool
IsWithinSlider(double value)
{
  constexpr double widest = 2e7;
  return std::abs(value) <= widest;
}

/** The module description's element, and its attributes. */
struct XmlElement
{
  std::string tag;
  std::string attributes;
};

XmlElement
XmlElementOf(ParameterKind kind)
{
  switch (kind)
  {
    case ParameterKind::InputVolume:
    case ParameterKind::OutputVolume:
      return { "image", " type=\"scalar\"" };
    case ParameterKind::InputColorVolume:
    case ParameterKind::OutputColorVolume:
      return { "image", " type=\"vector\"" };
    case ParameterKind::InputAnyVolume:
    case ParameterKind::OutputAnyVolume:
      return { "image", " type=\"any\"" };
    case ParameterKind::InputLabelVolume:
    case ParameterKind::OutputLabelVolume:
      return { "image", " type=\"label\"" };
    case ParameterKind::OutputTransform:
      return { "transform", " fileExtensions=\".h5,.tfm,.txt\"" };
    case ParameterKind::InputFile:
    case ParameterKind::OutputFile:
      return { "file", "" };
    case ParameterKind::Integer:
      return { "integer", "" };
    case ParameterKind::Real:
      return { "double", "" };
    case ParameterKind::Range:
      return { "double-vector", "" };
    case ParameterKind::Text:
      return { "string", "" };
    case ParameterKind::Flag:
      return { "boolean", "" };
    case ParameterKind::Choice:
      return { "string-enumeration", "" };
  }
  return { "string", "" };
}

bool
IsInput(ParameterKind kind)
{
  return kind == ParameterKind::InputVolume || kind == ParameterKind::InputColorVolume ||
         kind == ParameterKind::InputAnyVolume || kind == ParameterKind::InputLabelVolume ||
         kind == ParameterKind::InputFile;
}

bool
IsOutput(ParameterKind kind)
{
  return kind == ParameterKind::OutputVolume || kind == ParameterKind::OutputColorVolume ||
         kind == ParameterKind::OutputAnyVolume || kind == ParameterKind::OutputLabelVolume ||
         kind == ParameterKind::OutputTransform || kind == ParameterKind::OutputFile;
}

bool
IsImage(ParameterKind kind)
{
  return XmlElementOf(kind).tag == "image";
}

void
PrintElement(const char * tag, const std::string & text, const char * indent)
{
  std::cout << indent << '<' << tag << '>' << EscapeXml(text) << "</" << tag << ">\n";
}

/** Prints the element of a parameter. */
void
PrintXmlOf(const Parameter & p, int index)
{
  const XmlElement outer = XmlElementOf(p.kind);
  std::cout << "    <" << outer.tag << outer.attributes << (p.isList ? " multiple=\"true\"" : "") << ">\n";
  PrintElement("name", Underscored(p.name), "      ");
  if (p.isPositional)
  {
    PrintElement("index", std::to_string(index), "      ");
  }
  else
  {
    PrintElement("longflag", "--" + Underscored(p.name), "      ");
  }
  PrintElement("label", p.label, "      ");
  PrintElement("description", p.help, "      ");
  if (IsInput(p.kind) || IsOutput(p.kind))
  {
    PrintElement("channel", IsInput(p.kind) ? "input" : "output", "      ");
  }
  if (!p.defaultText.empty())
  {
    PrintElement("default",
                 p.kind == ParameterKind::Real ? FormatPlainReal(std::stod(p.defaultText)) : p.defaultText,
                 "      ");
  }
  for (const std::string & choice : p.choices)
  {
    PrintElement("element", choice, "      ");
  }
  const bool isNumber = p.kind == ParameterKind::Integer || p.kind == ParameterKind::Real;
  if (isNumber && (IsWithinSlider(p.minimum) || IsWithinSlider(p.maximum)))
  {
    std::cout << "      <constraints>\n";
    if (IsWithinSlider(p.minimum))
    {
      PrintElement("minimum", FormatPlainReal(p.minimum), "        ");
    }
    if (IsWithinSlider(p.maximum))
    {
      PrintElement("maximum", FormatPlainReal(p.maximum), "        ");
    }
    std::cout << "      </constraints>\n";
  }
  std::cout << "    </" << outer.tag << ">\n";
}
} // namespace

bool
CommandLineProgram::IsSameFile(const std::string & one, const std::string & other)
{
  namespace fs = std::filesystem;
  std::error_code failure;
  return fs::weakly_canonical(fs::absolute(one), failure) == fs::weakly_canonical(fs::absolute(other), failure);
}

struct CommandLineProgram::Impl
{
  std::string            name;
  std::string            title;
  std::string            description;
  std::vector<Parameter> parameters;
  po::variables_map      values;
  ProgressStyle          style = ProgressStyle::Lines;
  bool                   isQuiet = false;
  std::string            stage;
  int                    shownPercent = -1;
  /** Of the whole run: where the work under way began, what it takes, and how far it was shown. */
  double overallBegin = 0.0;
  double overallShare = 0.9;
  double lastFraction = 0.0;
  bool   hasStarted = false;

  /** The words of the command line with dashes in the names of options, where underscores were given. */
  std::vector<std::string>
  WithDashes(std::vector<std::string> words) const
  {
    for (std::string & word : words)
    {
      const std::string name = word.substr(0, word.find('='));
      const auto        isMeant = [&](const Parameter & p)
      { return name != "--" + p.name && name == "--" + Underscored(p.name); };
      const auto parameter = std::find_if(parameters.begin(), parameters.end(), isMeant);
      if (parameter != parameters.end())
      {
        word = "--" + parameter->name + word.substr(name.size());
      }
    }
    return words;
  }

  /** Returns the whole run's progress, 0..1, which never falls: what follows a fraction that fell takes most of what is
   * left. */
  double
  OverallOf(double fraction)
  {
    constexpr double laterShare = 0.8;
    if (fraction < lastFraction)
    {
      overallBegin += overallShare * lastFraction;
      overallShare = laterShare * (1.0 - overallBegin);
    }
    lastFraction = fraction;
    return overallBegin + overallShare * fraction;
  }

  po::options_description
  MakeOptions(bool withPositional) const
  {
    po::options_description options("Options", 110, 60);
    for (const Parameter & p : parameters)
    {
      if (p.isPositional && !withPositional)
      {
        continue;
      }
      switch (p.kind)
      {
        case ParameterKind::Integer:
          options.add_options()(p.name.c_str(),
                                po::value<int>()->default_value(std::stoi(p.defaultText), p.defaultText),
                                p.help.c_str());
          break;
        case ParameterKind::Real:
          options.add_options()(p.name.c_str(),
                                po::value<double>()->default_value(std::stod(p.defaultText), p.defaultText),
                                p.help.c_str());
          break;
        case ParameterKind::Flag:
          options.add_options()(p.name.c_str(), po::bool_switch(), p.help.c_str());
          break;
        case ParameterKind::Choice:
        {
          std::string help = p.help + " One of:";
          for (const std::string & choice : p.choices)
          {
            help += ' ' + choice;
          }
          options.add_options()(p.name.c_str(), po::value<std::string>()->default_value(p.defaultText), help.c_str());
          break;
        }
        case ParameterKind::Range:
          options.add_options()(p.name.c_str(), po::value<std::string>()->value_name("LO HI"), p.help.c_str());
          break;
        case ParameterKind::Text:
          options.add_options()(p.name.c_str(), po::value<std::string>()->value_name("TEXT"), p.help.c_str());
          break;
        default:
          if (p.isList)
          {
            auto * list = po::value<std::vector<std::string>>()->value_name("FILE...")->composing();
            options.add_options()(p.name.c_str(), p.isPositional ? list : list->multitoken(), p.help.c_str());
            break;
          }
          options.add_options()(p.name.c_str(), po::value<std::string>()->value_name("FILE"), p.help.c_str());
      }
    }
    return options;
  }

  /** Options that every program has; they are not part of the module description. */
  static po::options_description
  MakeCommonOptions()
  {
    po::options_description options("Common options", 110, 60);
    options.add_options()("help,h", "Print this and stop.")("version", "Print the version and stop.")(
      "xml",
      "Print the module description for 3D Slicer and stop.")("quiet,q",
                                                              po::bool_switch(),
                                                              "Print nothing but errors.")(
      "progress",
      po::value<std::string>()->default_value("auto"),
      "How progress is shown: none, lines, bar, slicer, or auto: slicer inside of 3D Slicer, a bar on a terminal, else "
      "lines.");
    return options;
  }
};

CommandLineProgram::CommandLineProgram(std::string name, std::string title, std::string description)
  : m_Impl(std::make_unique<Impl>())
{
  m_Impl->name = std::move(name);
  m_Impl->title = std::move(title);
  m_Impl->description = std::move(description);
}

CommandLineProgram::~CommandLineProgram() = default;

void
CommandLineProgram::AddParameter(Parameter parameter)
{
  m_Impl->parameters.push_back(std::move(parameter));
}

void
CommandLineProgram::AddPositional(ParameterKind       kind,
                                  const std::string & name,
                                  const std::string & label,
                                  const std::string & help)
{
  Parameter parameter{ kind, name, label, help };
  parameter.isPositional = true;
  parameter.isRequired = true;
  this->AddParameter(parameter);
}

void
CommandLineProgram::AddPositionalList(ParameterKind       kind,
                                      const std::string & name,
                                      const std::string & label,
                                      const std::string & help)
{
  Parameter parameter{ kind, name, label, help };
  parameter.isPositional = true;
  parameter.isRequired = true;
  parameter.isList = true;
  this->AddParameter(parameter);
}

void
CommandLineProgram::AddFile(ParameterKind       kind,
                            const std::string & name,
                            const std::string & label,
                            const std::string & help,
                            bool                isRequired)
{
  Parameter parameter{ kind, name, label, help };
  parameter.isRequired = isRequired;
  this->AddParameter(parameter);
}

void
CommandLineProgram::AddFileList(ParameterKind       kind,
                                const std::string & name,
                                const std::string & label,
                                const std::string & help,
                                bool                isRequired)
{
  Parameter parameter{ kind, name, label, help };
  parameter.isRequired = isRequired;
  parameter.isList = true;
  this->AddParameter(parameter);
}

void
CommandLineProgram::AddInteger(const std::string & name,
                               const std::string & label,
                               const std::string & help,
                               int                 defaultValue,
                               int                 minimum,
                               int                 maximum)
{
  Parameter parameter{ ParameterKind::Integer, name, label, help, std::to_string(defaultValue) };
  parameter.minimum = minimum;
  parameter.maximum = maximum;
  this->AddParameter(parameter);
}

void
CommandLineProgram::AddReal(const std::string & name,
                            const std::string & label,
                            const std::string & help,
                            double              defaultValue,
                            double              minimum,
                            double              maximum)
{
  Parameter parameter{ ParameterKind::Real, name, label, help, FormatReal(defaultValue) };
  parameter.minimum = minimum;
  parameter.maximum = maximum;
  this->AddParameter(parameter);
}

void
CommandLineProgram::AddRange(const std::string & name, const std::string & label, const std::string & help)
{
  this->AddParameter({ ParameterKind::Range, name, label, help });
}

void
CommandLineProgram::AddText(const std::string & name, const std::string & label, const std::string & help)
{
  this->AddParameter({ ParameterKind::Text, name, label, help });
}

void
CommandLineProgram::AddFlag(const std::string & name, const std::string & label, const std::string & help)
{
  this->AddParameter({ ParameterKind::Flag, name, label, help, "false" });
}

void
CommandLineProgram::AddChoice(const std::string &              name,
                              const std::string &              label,
                              const std::string &              help,
                              const std::vector<std::string> & choices)
{
  Parameter parameter{ ParameterKind::Choice, name, label, help, choices.front() };
  parameter.choices = choices;
  this->AddParameter(parameter);
}

void
CommandLineProgram::PrintHelp() const
{
  std::cout << m_Impl->title << ": " << m_Impl->description << "\n\nUsage: " << m_Impl->name;
  for (const Parameter & p : m_Impl->parameters)
  {
    if (p.isPositional)
    {
      std::cout << ' ' << p.name << (p.isList ? "..." : "");
    }
    else if (p.isRequired)
    {
      std::cout << " --" << p.name << (p.isList ? " FILE..." : " FILE");
    }
  }
  std::cout << " [options]\n\n";
  for (const Parameter & p : m_Impl->parameters)
  {
    if (p.isPositional)
    {
      std::cout << "  " << p.name << std::string(p.name.size() < 12 ? 12 - p.name.size() : 1, ' ') << p.help << '\n';
    }
  }
  std::cout << '\n'
            << m_Impl->MakeOptions(false) << '\n'
            << Impl::MakeCommonOptions()
            << "\nExit codes: 0 done; 1 wrong use; 2 bad input, or a file that cannot be written.\n";
}

void
CommandLineProgram::PrintXml() const
{
  std::cout << "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<executable>\n";
  PrintElement("category", "Colorization", "  ");
  PrintElement("title", m_Impl->title, "  ");
  PrintElement("description", m_Impl->description, "  ");
  PrintElement("version", COLORIZATION_VERSION, "  ");
  PrintElement("license", "Apache-2.0", "  ");
  PrintElement("contributor", "ITKColorization", "  ");
  const auto group = [&](const char * label, const char * description, bool isAdvanced, const auto & isOfGroup)
  {
    if (std::none_of(m_Impl->parameters.begin(), m_Impl->parameters.end(), isOfGroup))
    {
      return;
    }
    std::cout << (isAdvanced ? "  <parameters advanced=\"true\">\n" : "  <parameters>\n");
    PrintElement("label", label, "    ");
    PrintElement("description", description, "    ");
    int index = 0;
    for (const Parameter & p : m_Impl->parameters)
    {
      if (isOfGroup(p))
      {
        PrintXmlOf(p, index);
      }
      index += p.isPositional ? 1 : 0;
    }
    std::cout << "  </parameters>\n";
  };
  const auto isFile = [](const Parameter & p) { return IsInput(p.kind) || IsOutput(p.kind); };
  group("Input and output",
        "What is read and written.",
        false,
        [&](const Parameter & p) { return !p.isAdvanced && (isFile(p) || p.isPositional); });
  group("Parameters",
        "What is done.",
        false,
        [&](const Parameter & p) { return !p.isAdvanced && !isFile(p) && !p.isPositional; });
  group("Advanced", "What few change.", true, [](const Parameter & p) { return p.isAdvanced; });
  std::cout << "</executable>\n";
}

/** What came last of a list belongs to the positional parameters that are missing: of a positional list, to those that are
 * declared behind it. What is left may have been joined by commas. */
void
CommandLineProgram::TakeFromList()
{
  const auto list =
    std::find_if(m_Impl->parameters.begin(), m_Impl->parameters.end(), [](const Parameter & p) { return p.isList; });
  if (list == m_Impl->parameters.end() || !this->Has(list->name))
  {
    return;
  }
  auto & words = m_Impl->values.at(list->name).as<std::vector<std::string>>();
  for (auto p = m_Impl->parameters.end(); p-- != (list->isPositional ? list + 1 : m_Impl->parameters.begin());)
  {
    if (p->isPositional && !this->Has(p->name) && !words.empty())
    {
      m_Impl->values.insert({ p->name, po::variable_value(boost::any(words.back()), false) });
      words.pop_back();
    }
  }
  std::vector<std::string> files;
  for (const std::string & word : words)
  {
    const std::vector<std::string> parts = SplitFiles(word);
    files.insert(files.end(), parts.begin(), parts.end());
  }
  words = files;
  if (words.empty())
  {
    m_Impl->values.erase(list->name);
  }
}

/** What is written may replace the image that it is made of, but nothing else that is read or written. */
void
CommandLineProgram::VerifyPaths() const
{
  const auto dashed = [](const Parameter & p) { return p.isPositional ? p.name : "--" + p.name; };
  const auto pathsOf = [this](const Parameter & p)
  {
    return !this->Has(p.name) ? std::vector<std::string>()
           : p.isList         ? this->GetTexts(p.name)
                              : std::vector<std::string>{ this->GetText(p.name) };
  };
  for (const Parameter & output : m_Impl->parameters)
  {
    const std::vector<std::string> written = IsOutput(output.kind) ? pathsOf(output) : std::vector<std::string>();
    for (const Parameter & other : m_Impl->parameters)
    {
      const bool isFile = IsInput(other.kind) || (IsOutput(other.kind) && &other < &output);
      const bool isInPlace = IsInput(other.kind) && IsImage(other.kind) && IsImage(output.kind);
      for (const std::string & path : isFile && !isInPlace ? pathsOf(other) : std::vector<std::string>())
      {
        if (!written.empty() && !path.empty() && IsSameFile(path, written.front()))
        {
          throw UsageError(dashed(other) + " and " + dashed(output) + " are the same file, " + path + '.');
        }
      }
    }
  }
}

bool
CommandLineProgram::ParseArguments(int argc, char * argv[])
{
  this->AddInteger("threads", "Threads", "Number of threads; 0 is one for each core.", 0, 0, 1024);
  m_Impl->parameters.back().isAdvanced = true;
  po::options_description hidden;
  // Slicer's command-line interface hands these to every module.
  hidden.add_options()("processinformationaddress", po::value<std::string>())("returnparameterfile",
                                                                              po::value<std::string>());
  po::options_description all;
  all.add(m_Impl->MakeOptions(true)).add(Impl::MakeCommonOptions()).add(hidden);
  po::positional_options_description positional;
  for (const Parameter & p : m_Impl->parameters)
  {
    if (p.isPositional && p.isList)
    {
      positional.add(p.name.c_str(), -1);
      break;
    }
    if (p.isPositional)
    {
      positional.add(p.name.c_str(), 1);
    }
  }
  // The two numbers of a range become one word: the first may have a minus, as options have.
  std::vector<std::string> words = m_Impl->WithDashes({ argv + std::min(argc, 1), argv + argc });
  for (const Parameter & p : m_Impl->parameters)
  {
    const auto found =
      p.kind == ParameterKind::Range ? std::find(words.begin(), words.end(), "--" + p.name) : words.end();
    const std::ptrdiff_t behind = words.end() - found;
    if (behind > 1)
    {
      const bool isJoined = found[1].find(',') != std::string::npos;
      *found += '=' + found[1] + (isJoined || behind < 3 ? "" : ',' + found[2]);
      words.erase(found + 1, found + (isJoined || behind < 3 ? 2 : 3));
    }
  }
  try
  {
    const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(words).options(all).positional(positional).style(style).run(), m_Impl->values);
  }
  catch (const po::error & error)
  {
    throw UsageError(std::string(error.what()) + '.');
  }
  this->TakeFromList();
  if (m_Impl->values.count("help"))
  {
    this->PrintHelp();
    return false;
  }
  if (m_Impl->values.count("version"))
  {
    std::cout << m_Impl->name << " " << COLORIZATION_VERSION << '\n';
    return false;
  }
  if (m_Impl->values.count("xml"))
  {
    this->PrintXml();
    return false;
  }
  for (const Parameter & p : m_Impl->parameters)
  {
    if (p.isRequired && !this->Has(p.name))
    {
      throw UsageError((p.isPositional ? p.name : "--" + p.name) + " is missing.");
    }
    if (p.kind == ParameterKind::Integer || p.kind == ParameterKind::Real)
    {
      const double value = p.kind == ParameterKind::Integer ? this->GetInteger(p.name) : this->GetReal(p.name);
      if (!(value >= p.minimum && value <= p.maximum))
      {
        throw UsageError("--" + p.name + " is " + FormatReal(value) + ", but has to be in " + FormatReal(p.minimum) +
                         " ... " + FormatReal(p.maximum) + '.');
      }
    }
    if (p.kind == ParameterKind::Range && this->Has(p.name))
    {
      this->GetRange(p.name);
    }
    if (p.kind == ParameterKind::Choice)
    {
      std::string list;
      bool        isKnown = false;
      for (const std::string & choice : p.choices)
      {
        list += (list.empty() ? "" : ", ") + choice;
        isKnown = isKnown || choice == this->GetText(p.name);
      }
      if (!isKnown)
      {
        throw UsageError("--" + p.name + " is '" + this->GetText(p.name) + "', but has to be one of " + list + '.');
      }
    }
  }
  this->VerifyPaths();
  m_Impl->isQuiet = this->GetFlag("quiet");
  const std::map<std::string, ProgressStyle> styles{ { "none", ProgressStyle::None },
                                                     { "lines", ProgressStyle::Lines },
                                                     { "bar", ProgressStyle::Bar },
                                                     { "slicer", ProgressStyle::Slicer } };
  const std::string                          style = this->GetText("progress");
  if (styles.count(style))
  {
    m_Impl->style = styles.at(style);
  }
  else if (style != "auto")
  {
    throw UsageError("--progress is '" + style + "', but has to be one of auto, none, lines, bar, slicer.");
  }
  else if (std::getenv("SLICER_HOME") || this->Has("processinformationaddress") || this->Has("returnparameterfile"))
  {
    m_Impl->style = ProgressStyle::Slicer;
  }
  else
  {
    m_Impl->style = isatty(STDERR_FILENO) ? ProgressStyle::Bar : ProgressStyle::Lines;
  }
  if (this->GetInteger("threads") > 0)
  {
    const auto threads = static_cast<itk::ThreadIdType>(this->GetInteger("threads"));
    itk::MultiThreaderBase::SetGlobalMaximumNumberOfThreads(threads);
    itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(threads);
  }
  return true;
}

int
CommandLineProgram::Run(int argc, char * argv[], const std::function<void()> & body)
{
  const auto fail = [this](const std::string & sentence, int code)
  {
    this->FinishProgress();
    std::cerr << m_Impl->name << ": " << sentence << std::endl;
    return code;
  };
  try
  {
    if (!this->ParseArguments(argc, argv))
    {
      return ExitDone;
    }
    body();
    this->FinishProgress();
    if (m_Impl->hasStarted)
    {
      std::cout << "<filter-progress>1</filter-progress>\n<filter-end>\n<filter-name>" << EscapeXml(m_Impl->title)
                << "</filter-name>\n</filter-end>" << std::endl;
    }
    if (this->Has("returnparameterfile"))
    {
      std::ofstream file(this->GetText("returnparameterfile"));
    }
    return ExitDone;
  }
  catch (const UsageError & error)
  {
    return fail(std::string(error.what()) + " See " + m_Impl->name + " --help.", ExitUsage);
  }
  catch (const InputError & error)
  {
    return fail(error.what(), ExitInput);
  }
  catch (const itk::ExceptionObject & error)
  {
    return fail(SentenceOf(error), ExitInput);
  }
  catch (const std::bad_alloc &)
  {
    return fail("There is not enough memory for this input.", ExitInput);
  }
  catch (const std::exception & error)
  {
    return fail(error.what(), ExitInput);
  }
}

bool
CommandLineProgram::EqualsDefault(const std::string & name) const
{
  const auto parameter = std::find_if(m_Impl->parameters.begin(),
                                      m_Impl->parameters.end(),
                                      [&](const Parameter & p) { return p.name == name; });
  switch (parameter->kind)
  {
    case ParameterKind::Integer:
      return this->GetInteger(name) == std::stoi(parameter->defaultText);
    case ParameterKind::Real:
      return this->GetReal(name) == std::stod(parameter->defaultText);
    default:
      return this->GetText(name) == parameter->defaultText;
  }
}

bool
CommandLineProgram::Has(const std::string & name) const
{
  return m_Impl->values.count(name) > 0;
}

std::string
CommandLineProgram::GetText(const std::string & name) const
{
  return m_Impl->values[name].as<std::string>();
}

std::vector<std::string>
CommandLineProgram::GetTexts(const std::string & name) const
{
  return m_Impl->values[name].as<std::vector<std::string>>();
}

int
CommandLineProgram::GetInteger(const std::string & name) const
{
  return m_Impl->values[name].as<int>();
}

double
CommandLineProgram::GetReal(const std::string & name) const
{
  return m_Impl->values[name].as<double>();
}

std::pair<double, double>
CommandLineProgram::GetRange(const std::string & name) const
{
  const std::string  text = this->GetText(name);
  std::istringstream stream(text);
  double             low = 0.0;
  double             high = 0.0;
  char               comma = 0;
  char               rest = 0;
  if (!(stream >> low >> comma >> high) || comma != ',' || stream >> rest || !(high > low))
  {
    throw UsageError("--" + name + " is '" + text + "', but has to be two numbers that rise.");
  }
  return { low, high };
}

bool
CommandLineProgram::GetFlag(const std::string & name) const
{
  return m_Impl->values[name].as<bool>();
}

std::string
CommandLineProgram::SentenceOf(const itk::ExceptionObject & error)
{
  std::string       text = error.GetDescription();
  const std::string start = "): ";
  const auto        position = text.find(start);
  if ((text.rfind("itk::ERROR: ", 0) == 0 || text.rfind("ITK ERROR: ", 0) == 0) && position != std::string::npos)
  {
    text = text.substr(position + start.size());
  }
  for (char & c : text)
  {
    c = c == '\n' ? ' ' : c;
  }
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

void
CommandLineProgram::Say(const std::string & line)
{
  if (!m_Impl->isQuiet)
  {
    this->FinishProgress();
    std::cout << line << std::endl;
  }
}

void
CommandLineProgram::ShowProgress(const std::string & stage, double fraction, const std::string & detail)
{
  if (m_Impl->isQuiet || m_Impl->style == ProgressStyle::None)
  {
    return;
  }
  const int  percent = static_cast<int>(std::lround(100.0 * fraction));
  const bool isNewStage = stage != m_Impl->stage;
  if (!isNewStage && percent == m_Impl->shownPercent && detail.empty())
  {
    return;
  }
  switch (m_Impl->style)
  {
    case ProgressStyle::Bar:
    {
      constexpr int          width = 40;
      constexpr const char * eraseRest = "\x1b[K";
      const int              filled = percent * width / 100;
      if (isNewStage && !m_Impl->stage.empty())
      {
        std::cerr << '\n';
      }
      std::cerr << '\r' << stage << std::string(stage.size() < 20 ? 20 - stage.size() : 1, ' ') << '['
                << std::string(filled, '#') << std::string(width - filled, ' ') << "] " << percent << " %"
                << (detail.empty() ? "" : "  " + detail + eraseRest) << std::flush;
      break;
    }
    case ProgressStyle::Slicer:
      if (!m_Impl->hasStarted)
      {
        std::cout << "<filter-start>\n<filter-name>" << EscapeXml(m_Impl->title) << "</filter-name>\n<filter-comment>"
                  << EscapeXml(stage) << "</filter-comment>\n</filter-start>\n";
        m_Impl->hasStarted = true;
        m_Impl->overallShare = stage == "reading" ? 0.1 : 0.9;
      }
      else if (isNewStage || !detail.empty())
      {
        std::cout << "<filter-comment>" << EscapeXml(stage) << EscapeXml(detail.empty() ? "" : " " + detail)
                  << "</filter-comment>\n";
      }
      std::cout << "<filter-progress>" << m_Impl->OverallOf(std::min(std::max(fraction, 0.0), 1.0))
                << "</filter-progress>\n<filter-stage-progress>" << fraction << "</filter-stage-progress>" << std::endl;
      break;
    default:
      if (isNewStage)
      {
        std::cerr << stage << std::endl;
      }
  }
  m_Impl->stage = stage;
  m_Impl->shownPercent = percent;
}

void
CommandLineProgram::FinishProgress()
{
  if (m_Impl->stage.empty())
  {
    return;
  }
  if (m_Impl->style == ProgressStyle::Bar)
  {
    std::cerr << '\n';
  }
  m_Impl->stage.clear();
  m_Impl->shownPercent = -1;
}
