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
#include "../examples/support/Landmarks.h"
#include "../examples/support/CommandLineProgram.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include <unistd.h>

namespace fs = std::filesystem;

namespace
{
using Landmarks::PointType;

PointType
MakePoint(double x, double y, double z)
{
  PointType point;
  point[0] = x;
  point[1] = y;
  point[2] = z;
  return point;
}

class LandmarksTest : public testing::Test
{
protected:
  void
  SetUp() override
  {
    m_Folder = fs::temp_directory_path() / ("colorization-landmarks-" + std::to_string(getpid()));
    fs::create_directories(m_Folder);
  }
  void
  TearDown() override
  {
    fs::remove_all(m_Folder);
  }

  std::string
  Write(const std::string & name, const std::string & text) const
  {
    std::ofstream(m_Folder / name) << text;
    return (m_Folder / name).string();
  }

  /** A text with a point a line. */
  std::string
  WritePoints(const std::string & name, const std::vector<PointType> & points) const
  {
    std::ostringstream text;
    text << "# x y z\n";
    for (const PointType & p : points)
    {
      text << p[0] << ' ' << p[1] << ", " << p[2] << "\r\n";
    }
    return this->Write(name, text.str());
  }

  /** As 3D Slicer writes them; `sign` is -1 for RAS. */
  std::string
  WriteFcsv(const std::string & system, double sign) const
  {
    std::ostringstream text;
    text << "# Markups fiducial file version = 4.11\n# CoordinateSystem = " << system
         << "\n# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n";
    for (const PointType & p : m_Points)
    {
      text << "vtkMRMLMarkupsFiducialNode_0," << sign * p[0] << ',' << sign * p[1] << ',' << p[2]
           << ",0,0,0,1,1,1,0,F-1,,\n";
    }
    return this->Write("points.fcsv", text.str());
  }
  std::string
  WriteMarkups(const std::string & system, double sign, const nlohmann::json & more = nlohmann::json::object()) const
  {
    nlohmann::json controls = nlohmann::json::array();
    for (const PointType & p : m_Points)
    {
      controls.push_back({ { "label", "F" }, { "position", { sign * p[0], sign * p[1], p[2] } } });
      controls.back().update(more);
    }
    const nlohmann::json markup{ { "type", "Fiducial" },
                                 { "coordinateSystem", system },
                                 { "coordinateUnits", more.value("unit", "mm") },
                                 { "controlPoints", controls } };
    return this->Write("points.mrk.json", nlohmann::json{ { "markups", nlohmann::json::array({ markup }) } }.dump());
  }

  static void
  ExpectBad(const std::string & part, const std::function<void()> & read)
  {
    try
    {
      read();
      ADD_FAILURE() << part;
    }
    catch (const InputError & error)
    {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
  static void
  ExpectBadFile(const std::string & part, const std::string & path)
  {
    ExpectBad(part, [&path]() { Landmarks::Read(path); });
  }
  void
  ExpectBadPair(const std::string & part, const std::vector<PointType> & points, bool isAffine) const
  {
    const std::string path = this->WritePoints("pair.txt", points);
    ExpectBad(part, [&]() { Landmarks::ReadPair(path, path, isAffine); });
  }

  const std::vector<PointType> m_Points{ MakePoint(20, 0, 5.25), MakePoint(-20, 4, 0), MakePoint(0, 25, -5) };
  fs::path                     m_Folder;
};
} // namespace

TEST_F(LandmarksTest, ReadsEveryFormatAsLPS)
{
  EXPECT_EQ(Landmarks::Read(this->WritePoints("points.txt", m_Points)), m_Points);
  EXPECT_EQ(Landmarks::Read(this->WriteFcsv("LPS", 1.0)), m_Points);
  EXPECT_EQ(Landmarks::Read(this->WriteFcsv("1", 1.0)), m_Points);
  EXPECT_EQ(Landmarks::Read(this->WriteFcsv("RAS", -1.0)), m_Points);
  EXPECT_EQ(Landmarks::Read(this->WriteFcsv("0", -1.0)), m_Points);
  EXPECT_EQ(Landmarks::Read(this->WriteMarkups("LPS", 1.0)), m_Points);
  EXPECT_EQ(Landmarks::Read(this->WriteMarkups("RAS", -1.0)), m_Points);
}

TEST_F(LandmarksTest, NamesBadFiles)
{
  ExpectBadFile("points.fcsv: the coordinate system is 'IJK', but it has to be LPS or RAS.",
                this->WriteFcsv("IJK", 1.0));
  ExpectBadFile("points.mrk.json: the point 'F' has no position.",
                this->WriteMarkups("LPS", 1.0, { { "positionStatus", "undefined" } }));
  ExpectBadFile("points.mrk.json: the unit of coordinates is \"m\", but mm are wanted.",
                this->WriteMarkups("LPS", 1.0, { { "unit", "m" } }));
  ExpectBadFile("cut.mrk.json: this is no whole file of markups", this->Write("cut.mrk.json", "{\"markups\": [{"));
  ExpectBadFile("bare.fcsv: there is no line '# CoordinateSystem", this->Write("bare.fcsv", "F,1,2,3\n"));
  ExpectBadFile("short.fcsv: line 2 is 'F,1,2', but x y z in mm are wanted.",
                this->Write("short.fcsv", "# CoordinateSystem = LPS\nF,1,2\n"));
  ExpectBadFile("word.txt: line 2 is '4 5', but x y z in mm are wanted.", this->Write("word.txt", "1 2 3\n4 5\n"));
  ExpectBadFile("none.txt: there is no such file.", (m_Folder / "none.txt").string());
}

TEST_F(LandmarksTest, NamesPointsThatDetermineNoTransform)
{
  const PointType o = MakePoint(0, 0, 0);
  const PointType x = MakePoint(9, 0, 0);
  const PointType y = MakePoint(0, 9, 0);
  ExpectBadPair("there are 2 landmarks, but a rigid transform needs at least 3.", { o, x }, false);
  ExpectBadPair("there are 3 landmarks, but an affine transform needs at least 4.", { o, x, y }, true);
  ExpectBadPair("the 4 landmarks lie on one line, but a rigid transform",
                { o, x, MakePoint(4, 0, 0), MakePoint(-3, 0, 0) },
                false);
  ExpectBadPair("the 5 landmarks lie in one plane", { o, x, y, MakePoint(5, 5, 0), MakePoint(-5, 3, 0) }, true);
  const std::string three = this->WritePoints("three.txt", { o, x, y });
  const std::string four = this->WritePoints("four.txt", { o, x, y, MakePoint(0, 0, 9) });
  ExpectBad("four.txt: there are 4 landmarks, but " + three + " has 3.",
            [&]() { Landmarks::ReadPair(three, four, false); });
  EXPECT_EQ(Landmarks::ReadPair(four, four, true).moving.size(), 4u);
}
