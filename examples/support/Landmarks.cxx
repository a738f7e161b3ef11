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
#include "Landmarks.h"
#include "CommandLineProgram.h"
#include "ImageFiles.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace
{
using Landmarks::PointType;

bool
EndsWith(const std::string & text, const std::string & end)
{
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

[[noreturn]] void
ThrowBadLine(const std::string & path, std::size_t number, const std::string & line)
{
  throw InputError(path + ": line " + std::to_string(number) + " is '" + line + "', but x y z in mm are wanted.");
}

/** Exactly three finite numbers, with blanks or commas between them. */
bool
ParsePoint(std::string text, PointType & point)
{
  std::replace(text.begin(), text.end(), ',', ' ');
  std::istringstream stream(text);
  std::string        rest;
  stream >> point[0] >> point[1] >> point[2];
  return stream && !(stream >> rest) &&
         std::all_of(point.Begin(), point.End(), [](double value) { return std::isfinite(value); });
}

/** LPS of a point in the system that a file names. */
PointType
ToLPS(const std::string & path, const std::string & system, PointType point)
{
  if (system == "RAS" || system == "0")
  {
    point[0] = -point[0];
    point[1] = -point[1];
  }
  else if (system != "LPS" && system != "1")
  {
    throw InputError(path + ": the coordinate system is '" + system + "', but it has to be LPS or RAS.");
  }
  return point;
}

std::vector<std::string>
ReadLines(const std::string & path)
{
  std::ifstream            file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
  {
    lines.push_back(line.substr(0, line.find_last_not_of(" \t\r") + 1));
  }
  return lines;
}

std::vector<PointType>
ParseText(const std::string & path)
{
  std::vector<PointType> points;
  std::size_t            number = 0;
  for (const std::string & line : ReadLines(path))
  {
    ++number;
    PointType point;
    if (line.empty() || line[0] == '#')
    {
      continue;
    }
    if (!ParsePoint(line, point))
    {
      ThrowBadLine(path, number, line);
    }
    points.push_back(point);
  }
  return points;
}

std::vector<PointType>
ParseFcsv(const std::string & path)
{
  std::vector<PointType> points;
  std::string            system;
  std::size_t            number = 0;
  for (const std::string & line : ReadLines(path))
  {
    ++number;
    const std::string key = "# CoordinateSystem = ";
    if (line.rfind(key, 0) == 0)
    {
      system = line.substr(key.size());
    }
    if (line.empty() || line[0] == '#')
    {
      continue;
    }
    if (system.empty())
    {
      throw InputError(path + ": there is no line '" + key + "LPS' or the like before the points.");
    }
    // Behind the name of the point.
    std::size_t begin = line.find(',');
    std::size_t end = begin;
    for (int comma = 0; comma < 3 && end != std::string::npos; ++comma)
    {
      end = line.find(',', end + 1);
    }
    PointType point;
    if (begin == std::string::npos || !ParsePoint(line.substr(begin + 1, end - begin - 1), point))
    {
      ThrowBadLine(path, number, line);
    }
    points.push_back(ToLPS(path, system, point));
  }
  return points;
}

std::vector<PointType>
ParseMarkups(const std::string & path)
{
  std::vector<PointType> points;
  try
  {
    std::ifstream  file(path);
    const auto     markup = nlohmann::json::parse(file).at("markups").at(0);
    nlohmann::json unit = markup.value("coordinateUnits", nlohmann::json("mm"));
    unit = unit.is_array() && !unit.empty() ? unit[0] : unit;
    if (unit != "mm")
    {
      throw InputError(path + ": the unit of coordinates is " + unit.dump() + ", but mm are wanted.");
    }
    for (const auto & control : markup.at("controlPoints"))
    {
      const std::string label = control.value("label", std::to_string(points.size() + 1));
      const auto        position = control.value("position", nlohmann::json());
      if (control.value("positionStatus", "defined") != "defined" || !position.is_array() || position.size() != 3)
      {
        throw InputError(path + ": the point '" + label + "' has no position.");
      }
      PointType point;
      std::transform(position.begin(),
                     position.end(),
                     point.Begin(),
                     [](const auto & value) { return value.template get<double>(); });
      points.push_back(ToLPS(path, markup.value("coordinateSystem", "LPS"), point));
    }
  }
  catch (const nlohmann::json::exception &)
  {
    throw InputError(path + ": this is no whole file of markups as 3D Slicer writes them.");
  }
  return points;
}

void
VerifyDetermined(const std::string & path, const std::vector<PointType> & points, bool isAffine)
{
  try
  {
    itk::colorization::VerifyLandmarks(points, isAffine);
  }
  catch (const std::invalid_argument & error)
  {
    throw InputError(path + ": " + error.what());
  }
}
} // namespace

namespace Landmarks
{
std::vector<PointType>
Read(const std::string & path)
{
  ImageFiles::VerifyReadableFile(path);
  if (EndsWith(path, ".fcsv"))
  {
    return ParseFcsv(path);
  }
  return EndsWith(path, ".json") ? ParseMarkups(path) : ParseText(path);
}

PairType
ReadPair(const std::string & fixedPath, const std::string & movingPath, bool isAffine)
{
  PairType pair{ Read(fixedPath), Read(movingPath) };
  if (pair.fixed.size() != pair.moving.size())
  {
    throw InputError(movingPath + ": there are " + std::to_string(pair.moving.size()) + " landmarks, but " + fixedPath +
                     " has " + std::to_string(pair.fixed.size()) + '.');
  }
  VerifyDetermined(fixedPath, pair.fixed, isAffine);
  VerifyDetermined(movingPath, pair.moving, isAffine);
  return pair;
}
} // namespace Landmarks
