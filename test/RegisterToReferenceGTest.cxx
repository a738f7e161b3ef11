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
// RegisterToReference, run as a user runs it, on volumes whose motion is known.

#include "itkAffineTransform.h"
#include "itkImage.h"
#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkRGBPixel.h"
#include "itkTransformFileReader.h"
#include "itkVersorRigid3DTransform.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>

#include <sys/wait.h>

namespace fs = std::filesystem;

namespace
{
using FloatType = itk::Image<float, 3>;
using ByteType = itk::Image<unsigned char, 3>;
using ShortType = itk::Image<short, 3>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using PointType = itk::Point<double, 3>;
using TransformType = itk::Transform<double, 3, 3>;
using MotionType = std::function<PointType(const PointType &)>;

PointType
MakePoint(double x, double y, double z)
{
  PointType point;
  point[0] = x;
  point[1] = y;
  point[2] = z;
  return point;
}

/** 0 ... 1: an ellipsoid of 34 x 42 x 30 mm about the origin, with blobs of 6 to 12 mm. */
double
Anatomy(const PointType & p)
{
  const double radius =
    std::sqrt(p[0] * p[0] / (34.0 * 34.0) + p[1] * p[1] / (42.0 * 42.0) + p[2] * p[2] / (30.0 * 30.0));
  double value = 0.35;
  for (int k = 0; k < 16; ++k)
  {
    const PointType center =
      MakePoint(20.0 * std::sin(2.1 * k), 26.0 * std::sin(3.7 * k + 1.0), 18.0 * std::cos(5.3 * k));
    const double width = 6.0 + k % 4 * 2.0;
    value += (k % 2 == 0 ? 0.4 : -0.3) * std::exp(-center.SquaredEuclideanDistanceTo(p) / (width * width));
  }
  return std::clamp(value, 0.05, 1.0) / (1.0 + std::exp(30.0 * (radius - 1.0)));
}

/** A volume about the origin, as large as the anatomy and a margin, with other axes than the patient's. */
template <typename TImage>
typename TImage::Pointer
MakeVolume(double sx, double sy, double sz, bool isTurned)
{
  auto                           image = TImage::New();
  typename TImage::SpacingType   spacing;
  typename TImage::DirectionType direction;
  direction.SetIdentity();
  if (isTurned)
  {
    direction(0, 0) = direction(1, 1) = 0.8;
    direction(0, 1) = -0.6;
    direction(1, 0) = 0.6;
    direction(2, 2) = -1.0;
  }
  spacing[0] = sx;
  spacing[1] = sy;
  spacing[2] = sz;
  typename TImage::SizeType size;
  itk::Vector<double, 3>    half;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    size[axis] = static_cast<itk::SizeValueType>(110.0 / spacing[axis]);
    half[axis] = 0.5 * (size[axis] - 1.0) * spacing[axis];
  }
  image->SetRegions(size);
  image->SetSpacing(spacing);
  image->SetDirection(direction);
  image->SetOrigin(PointType(0.0) - direction * half);
  image->Allocate();
  return image;
}

template <typename TImage>
void
Fill(TImage * image, const std::function<typename TImage::PixelType(const PointType &)> & value)
{
  for (itk::ImageRegionIteratorWithIndex<TImage> it(image, image->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    PointType point;
    image->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    it.Set(value(point));
  }
}

std::string
TextOf(const fs::path & path)
{
  std::ifstream     file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Outcome
{
  int         code;
  std::string output;
  std::string error;
};

class RegisterToReference : public testing::Test
{
protected:
  static void
  SetUpTestSuite()
  {
    s_Folder = fs::temp_directory_path() / ("colorization-register-" + std::to_string(getpid()));
    fs::create_directories(s_Folder);
    auto moving = MakeVolume<FloatType>(2.0, 2.0, 2.5, true);
    Fill<FloatType>(moving, [](const PointType & p) { return static_cast<float>(1000.0 * Anatomy(p)); });
    itk::WriteImage(moving.GetPointer(), File("moving.nrrd"));
    auto color = MakeVolume<ColorType>(2.0, 2.0, 2.5, true);
    Fill<ColorType>(color,
                    [](const PointType & p)
                    {
                      const double         value = Anatomy(p);
                      ColorType::PixelType rgb;
                      rgb.Set(static_cast<unsigned char>(250.0 * value),
                              static_cast<unsigned char>(180.0 * value),
                              static_cast<unsigned char>(120.0 * value * value));
                      return rgb;
                    });
    itk::WriteImage(color.GetPointer(), File("color.nrrd"));
  }
  static void
  TearDownTestSuite()
  {
    fs::remove_all(s_Folder);
  }

  static std::string
  File(const std::string & name)
  {
    return (s_Folder / name).string();
  }

  static Outcome
  Run(const std::string & arguments, const std::string & before = "")
  {
    const std::string command = before + " '" COLORIZATION_PROGRAM_FOLDER "/RegisterToReference' " + arguments + " >'" +
                                File("stdout") + "' 2>'" + File("stderr") + "' </dev/null";
    const int status = std::system(command.c_str());
    return { WIFEXITED(status) ? WEXITSTATUS(status) : -1, TextOf(File("stdout")), TextOf(File("stderr")) };
  }

  static std::string
  Quoted(const std::string & name)
  {
    return "'" + File(name) + "' ";
  }

  /** FIXED MOVING OUT, a transform and a report: out.nrrd, out.tfm, out.json. */
  static Outcome
  Register(const std::string & fixed, const std::string & moving, const std::string & more = "")
  {
    return Run(Quoted(fixed) + Quoted(moving) + Quoted("out.nrrd") + "--progress none --save-transform " +
               Quoted("out.tfm") + "--report " + Quoted("out.json") + more);
  }

  static nlohmann::json
  Report()
  {
    return nlohmann::json::parse(TextOf(File("out.json")));
  }

  /** Another contrast of the anatomy, moved: what is at `motion(x)` of the moving volume is at x of fixed.nrrd. */
  static void
  WriteFixed(const MotionType & motion)
  {
    auto fixed = MakeVolume<FloatType>(2.4, 2.0, 2.2, false);
    Fill<FloatType>(fixed,
                    [&](const PointType & p)
                    {
                      const double value = Anatomy(motion(p));
                      return static_cast<float>(300.0 * value * std::exp(-0.9 * value));
                    });
    itk::WriteImage(fixed.GetPointer(), File("fixed.nrrd"));
  }

  static TransformType::Pointer
  ReadTransform(const std::string & name)
  {
    auto reader = itk::TransformFileReader::New();
    reader->SetFileName(File(name));
    reader->Update();
    return dynamic_cast<TransformType *>(reader->GetTransformList()->front().GetPointer());
  }

  /** Distances of a transform from the true motion within the anatomy, in mm: mean and largest. */
  static std::pair<double, double>
  ErrorOf(const TransformType * transform, const MotionType & motion)
  {
    double sum = 0.0;
    double largest = 0.0;
    int    count = 0;
    for (double z = -20.0; z <= 20.0; z += 5.0)
    {
      for (double y = -25.0; y <= 25.0; y += 5.0)
      {
        for (double x = -20.0; x <= 20.0; x += 5.0)
        {
          const PointType point = MakePoint(x, y, z);
          const double    distance = transform->TransformPoint(point).EuclideanDistanceTo(motion(point));
          sum += distance;
          largest = std::max(largest, distance);
          ++count;
        }
      }
    }
    return { sum / count, largest };
  }

  static void
  WritePoints(const std::string & name, const std::vector<PointType> & points)
  {
    std::ofstream file(File(name));
    file.precision(17);
    file << "# x y z\n";
    for (const PointType & p : points)
    {
      file << p[0] << ' ' << p[1] << ' ' << p[2] << '\n';
    }
  }

  static std::string
  LandmarksOf(const std::string & fixed, const std::string & moving)
  {
    return "--landmarks " + Quoted(fixed) + Quoted(moving);
  }

  /** Ends with `code` and one line that holds `part`, and leaves older files as they were. */
  static void
  ExpectBad(int code, const std::string & part, const std::string & arguments)
  {
    std::ofstream(File("older.nrrd")) << "an older result";
    std::ofstream(File("older.json")) << "an older report";
    const Outcome outcome = Run(arguments + Quoted("older.nrrd") + "--report " + Quoted("older.json"));
    EXPECT_EQ(outcome.code, code) << arguments << outcome.error;
    const auto last = outcome.error.rfind('\n', outcome.error.size() - 2);
    const auto line = outcome.error.substr(last == std::string::npos ? 0 : last + 1);
    EXPECT_EQ(line.rfind("RegisterToReference: ", 0), 0u) << outcome.error;
    EXPECT_NE(line.find(part), std::string::npos) << outcome.error;
    EXPECT_EQ(TextOf(File("older.nrrd")), "an older result");
    EXPECT_EQ(TextOf(File("older.json")), "an older report");
    for (const auto & entry : fs::directory_iterator(s_Folder))
    {
      EXPECT_EQ(entry.path().filename().string().rfind(".colorization", 0), std::string::npos) << entry.path();
    }
  }

  static fs::path s_Folder;
};

fs::path RegisterToReference::s_Folder;

/** A turn of 9 degrees about an oblique axis, and 11 mm. */
itk::VersorRigid3DTransform<double>::Pointer
RigidTransform()
{
  auto                   rigid = itk::VersorRigid3DTransform<double>::New();
  itk::Versor<double>    versor;
  itk::Vector<double, 3> axis;
  axis[0] = 1.0;
  axis[1] = -2.0;
  axis[2] = 2.0;
  versor.Set(axis, 0.16);
  rigid->SetRotation(versor);
  itk::Vector<double, 3> shift;
  shift[0] = 7.0;
  shift[1] = -6.0;
  shift[2] = 6.0;
  rigid->SetTranslation(shift);
  return rigid;
}

MotionType
RigidMotion()
{
  return [rigid = RigidTransform()](const PointType & p) { return rigid->TransformPoint(p); };
}

MotionType
AffineMotion()
{
  auto                      affine = itk::AffineTransform<double, 3>::New();
  itk::Matrix<double, 3, 3> matrix;
  matrix.SetIdentity();
  matrix(0, 0) = 1.12;
  matrix(1, 1) = 0.91;
  matrix(2, 2) = 1.05;
  matrix(0, 1) = 0.08;
  matrix(2, 0) = -0.06;
  affine->SetMatrix(matrix);
  itk::Vector<double, 3> shift;
  shift[0] = 3.0;
  shift[1] = 5.0;
  shift[2] = -4.0;
  affine->SetTranslation(shift);
  return [affine](const PointType & p) { return affine->TransformPoint(p); };
}
} // namespace

TEST_F(RegisterToReference, RecoversARigidMotionOfColoursWithAnyThreads)
{
  const MotionType motion = RigidMotion();
  WriteFixed(motion);
  ASSERT_EQ(Register("fixed.nrrd", "color.nrrd", "--samples 20000 --threads 1").code, 0) << TextOf(File("stderr"));
  const std::string output = TextOf(File("out.nrrd"));
  const std::string transform = TextOf(File("out.tfm"));
  ASSERT_EQ(Register("fixed.nrrd", "color.nrrd", "--samples 20000 --threads 2").code, 0) << TextOf(File("stderr"));
  EXPECT_TRUE(TextOf(File("out.nrrd")) == output);
  EXPECT_TRUE(TextOf(File("out.tfm")) == transform);
  EXPECT_LT(ErrorOf(ReadTransform("out.tfm"), motion).second, 0.4);

  const auto fixed = itk::ReadImage<FloatType>(File("fixed.nrrd"));
  const auto color = itk::ReadImage<ColorType>(File("out.nrrd"));
  EXPECT_EQ(color->GetLargestPossibleRegion(), fixed->GetLargestPossibleRegion());
  double difference = 0.0;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    EXPECT_NEAR(color->GetSpacing()[axis], fixed->GetSpacing()[axis], 1e-9);
    EXPECT_NEAR(color->GetOrigin()[axis], fixed->GetOrigin()[axis], 1e-9);
  }
  for (itk::ImageRegionIteratorWithIndex<ColorType> it(color, color->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    PointType point;
    color->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    difference += std::abs(it.Get()[0] - 250.0 * Anatomy(motion(point)));
  }
  EXPECT_LT(difference / static_cast<double>(color->GetPixelContainer()->Size()), 1.0);
  const auto stages = Report()["stages"];
  ASSERT_EQ(stages.size(), 1u);
  EXPECT_EQ(stages[0]["levels"].size(), 3u);
  EXPECT_GT(stages[0]["levels"][0]["iterations"].get<int>(), 0);
}

TEST_F(RegisterToReference, RecoversAnAffineMotion)
{
  const MotionType motion = AffineMotion();
  WriteFixed(motion);
  ASSERT_EQ(Register("fixed.nrrd", "moving.nrrd", "--transform affine --samples 20000").code, 0)
    << TextOf(File("stderr"));
  const auto [mean, largest] = ErrorOf(ReadTransform("out.tfm"), motion);
  EXPECT_LT(mean, 0.4);
  EXPECT_LT(largest, 1.0);
  const auto stages = Report()["stages"];
  ASSERT_EQ(stages.size(), 2u);
  EXPECT_EQ(stages[1]["name"], "affine");
  EXPECT_GT(stages[1]["levels"].back()["mutual_information_after"].get<double>(),
            stages[0]["levels"].back()["mutual_information_after"].get<double>());
}

TEST_F(RegisterToReference, RecoversADeformationWithAnyThreads)
{
  const MotionType motion = [](const PointType & p)
  {
    return MakePoint(p[0] + 3.5 * std::sin(p[1] / 16.0),
                     p[1] + 3.0 * std::sin(p[2] / 14.0 + 0.5),
                     p[2] + 3.0 * std::cos(p[0] / 15.0));
  };
  WriteFixed(motion);
  ASSERT_EQ(Register("fixed.nrrd", "moving.nrrd", "--samples 20000").code, 0) << TextOf(File("stderr"));
  const double      rigid = ErrorOf(ReadTransform("out.tfm"), motion).first;
  const std::string more = "--deformable --grid-spacing 20 --samples 15000 ";
  const std::string few = more + "--levels 2 --iterations 5 --deformable-iterations 5 --threads ";
  ASSERT_EQ(Register("fixed.nrrd", "moving.nrrd", few + '1').code, 0) << TextOf(File("stderr"));
  const std::string output = TextOf(File("out.nrrd"));
  const std::string transform = TextOf(File("out.tfm"));
  ASSERT_EQ(Register("fixed.nrrd", "moving.nrrd", few + '2').code, 0) << TextOf(File("stderr"));
  EXPECT_TRUE(TextOf(File("out.nrrd")) == output);
  EXPECT_TRUE(TextOf(File("out.tfm")) == transform);
  ASSERT_EQ(Register("fixed.nrrd", "moving.nrrd", more).code, 0) << TextOf(File("stderr"));
  const double deformable = ErrorOf(ReadTransform("out.tfm"), motion).first;
  EXPECT_GT(rigid, 2.0);
  EXPECT_LT(deformable, 0.8);
  const auto deformation = Report()["deformation"];
  EXPECT_GT(deformation["least_jacobian_determinant"].get<double>(), 0.0);
  EXPECT_GT(deformation["largest_displacement_mm"].get<double>(), 2.0);
}

TEST_F(RegisterToReference, MasksLeaveOutWhatMovedElse)
{
  const MotionType motion = RigidMotion();
  // The lower part, which has more of the blobs, moved by 9 mm more.
  const MotionType broken = [&motion](const PointType & p)
  { return motion(p[2] < 2.0 ? MakePoint(p[0] + 9.0, p[1], p[2]) : p); };
  WriteFixed(broken);
  auto fixedMask = MakeVolume<ByteType>(2.4, 2.0, 2.2, false);
  Fill<ByteType>(fixedMask, [](const PointType & p) { return p[2] > 4.0 ? 1 : 0; });
  itk::WriteImage(fixedMask.GetPointer(), File("fixed-mask.nrrd"));
  auto       movingMask = MakeVolume<ByteType>(2.0, 2.0, 2.5, true);
  const auto inverse = RigidTransform()->GetInverseTransform();
  Fill<ByteType>(movingMask, [&](const PointType & p) { return inverse->TransformPoint(p)[2] > 4.0 ? 1 : 0; });
  itk::WriteImage(movingMask.GetPointer(), File("moving-mask.nrrd"));
  const auto error = [&](const std::string & more)
  {
    EXPECT_EQ(Register("fixed.nrrd", "moving.nrrd", "--samples 20000 " + more).code, 0) << TextOf(File("stderr"));
    return ErrorOf(ReadTransform("out.tfm"), motion).first;
  };
  EXPECT_GT(error(""), 1.5);
  EXPECT_LT(error("--fixed-mask " + Quoted("fixed-mask.nrrd")), 0.3);
  EXPECT_LT(error("--moving-mask " + Quoted("moving-mask.nrrd")), 0.3);
}

TEST_F(RegisterToReference, LandmarksHaveResidualsInClosedForm)
{
  WriteFixed(RigidMotion());
  // Corners of a square that move up and down in turn: no rigid motion makes any of these residuals smaller.
  std::vector<PointType> fixed;
  std::vector<PointType> moving;
  for (int k = 0; k < 4; ++k)
  {
    fixed.push_back(MakePoint(k == 0 || k == 3 ? 10.0 : -10.0, k < 2 ? 10.0 : -10.0, 5.0));
    PointType raised = fixed.back();
    raised[2] += k % 2 == 0 ? 1.5 : -1.5;
    moving.push_back(RigidMotion()(raised));
  }
  WritePoints("f.txt", fixed);
  WritePoints("m.txt", moving);
  const Outcome outcome = Register("fixed.nrrd", "moving.nrrd", LandmarksOf("f.txt", "m.txt"));
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("Landmarks: 4 pairs, residuals 1.5 mm in the mean and 1.5 mm at most\n"),
            std::string::npos)
    << outcome.output;
  EXPECT_LT(ErrorOf(ReadTransform("out.tfm"), RigidMotion()).second, 1e-9);
  const auto fitted = Report()["landmarks"]["fitted"];
  ASSERT_EQ(fitted["each_mm"].size(), 4u);
  for (const auto & residual : fitted["each_mm"])
  {
    EXPECT_NEAR(residual.get<double>(), 1.5, 1e-9);
  }
  EXPECT_NEAR(fitted["mean_mm"].get<double>(), 1.5, 1e-9);
  EXPECT_NEAR(fitted["largest_mm"].get<double>(), 1.5, 1e-9);
  EXPECT_EQ(Report()["stages"].size(), 0u);

  fixed = { MakePoint(0, 0, 0), MakePoint(30, 0, 0), MakePoint(0, 25, 0), MakePoint(5, 5, 20), MakePoint(-9, 8, 7) };
  moving.clear();
  std::transform(fixed.begin(), fixed.end(), std::back_inserter(moving), AffineMotion());
  WritePoints("f.txt", fixed);
  WritePoints("m.txt", moving);
  ASSERT_EQ(Register("fixed.nrrd", "moving.nrrd", "--transform affine " + LandmarksOf("f.txt", "m.txt")).code, 0);
  EXPECT_LT(ErrorOf(ReadTransform("out.tfm"), AffineMotion()).second, 1e-6);
  EXPECT_LT(Report()["landmarks"]["fitted"]["largest_mm"].get<double>(), 1e-6);
}

TEST_F(RegisterToReference, RefinesWhatLandmarksGive)
{
  const MotionType motion = RigidMotion();
  WriteFixed(motion);
  std::vector<PointType> fixed{ MakePoint(20, 0, 5),
                                MakePoint(-20, 4, 0),
                                MakePoint(0, 25, -5),
                                MakePoint(0, -20, 12) };
  std::vector<PointType> moving;
  for (std::size_t k = 0; k < fixed.size(); ++k)
  {
    moving.push_back(motion(fixed[k]));
    moving.back()[k % 3] += k % 2 == 0 ? 4.0 : -3.0;
  }
  WritePoints("f.txt", fixed);
  WritePoints("m.txt", moving);
  ASSERT_EQ(Register("fixed.nrrd", "moving.nrrd", LandmarksOf("f.txt", "m.txt")).code, 0);
  EXPECT_GT(ErrorOf(ReadTransform("out.tfm"), motion).second, 1.0);
  const Outcome outcome =
    Register("fixed.nrrd", "moving.nrrd", "--refine --samples 20000 " + LandmarksOf("f.txt", "m.txt"));
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_LT(ErrorOf(ReadTransform("out.tfm"), motion).second, 0.4);
  EXPECT_NE(outcome.output.find("; after registration "), std::string::npos) << outcome.output;
  const auto landmarks = Report()["landmarks"];
  EXPECT_GT(landmarks["registered"]["mean_mm"].get<double>(), landmarks["fitted"]["mean_mm"].get<double>());
  EXPECT_NEAR(landmarks["registered"]["mean_mm"].get<double>(), 3.5, 0.3);
}

TEST_F(RegisterToReference, KeepsVoxelsAndTypes)
{
  // Points that stay where they are, and points that move by two voxels.
  auto ct = ShortType::New();
  ct->SetRegions(ShortType::SizeType{ { 8, 9, 10 } });
  ct->SetSpacing(ShortType::SpacingType(1.7));
  ct->Allocate();
  short value = -1000;
  for (itk::ImageRegionIteratorWithIndex<ShortType> it(ct, ct->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(value);
    value = static_cast<short>(value + 3);
  }
  itk::WriteImage(ct.GetPointer(), File("ct.nrrd"));
  const std::vector<PointType> still{ MakePoint(0, 0, 0), MakePoint(9, 0, 0), MakePoint(0, 9, 0), MakePoint(0, 0, 9) };
  std::vector<PointType>       moved = still;
  for (PointType & point : moved)
  {
    point[0] += 3.4;
  }
  WritePoints("still.txt", still);
  WritePoints("moved.txt", moved);
  // As 3D Slicer calls it: with every default, and a flag for each file of a list.
  ASSERT_EQ(Register("ct.nrrd",
                     "ct.nrrd",
                     "--initial mass --levels 3 --samples 50000 --iterations 200 --grid-spacing 30 "
                     "--deformable-iterations 50 --transform rigid --landmarks " +
                       Quoted("still.txt") + "--landmarks " + Quoted("still.txt"))
              .code,
            0)
    << TextOf(File("stderr"));
  auto output = itk::ReadImage<ShortType>(File("out.nrrd"));
  EXPECT_TRUE(std::equal(ct->GetBufferPointer(), ct->GetBufferPointer() + 720, output->GetBufferPointer()));
  ASSERT_EQ(Register("ct.nrrd", "ct.nrrd", LandmarksOf("still.txt", "moved.txt")).code, 0);
  output = itk::ReadImage<ShortType>(File("out.nrrd"));
  for (itk::ImageRegionIteratorWithIndex<ShortType> it(output, output->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    auto index = it.GetIndex();
    index[0] += 2;
    ASSERT_EQ(it.Get(), index[0] < 8 ? ct->GetPixel(index) : -1000) << it.GetIndex();
  }
  ASSERT_EQ(Register("color.nrrd", "color.nrrd", LandmarksOf("still.txt", "still.txt")).code, 2);
  auto gray = MakeVolume<ByteType>(2.0, 2.0, 2.5, true);
  gray->FillBuffer(0);
  itk::WriteImage(gray.GetPointer(), File("grid.nrrd"));
  ASSERT_EQ(Register("grid.nrrd", "color.nrrd", LandmarksOf("still.txt", "still.txt")).code, 0);
  const auto before = itk::ReadImage<ColorType>(File("color.nrrd"));
  const auto after = itk::ReadImage<ColorType>(File("out.nrrd"));
  EXPECT_TRUE(std::equal(before->GetBufferPointer(),
                         before->GetBufferPointer() + before->GetPixelContainer()->Size(),
                         after->GetBufferPointer()));
}

TEST_F(RegisterToReference, NamesBadInput)
{
  WriteFixed(RigidMotion());
  const std::string volumes = Quoted("fixed.nrrd") + Quoted("moving.nrrd");
  WritePoints("two.txt", { MakePoint(0, 0, 0), MakePoint(9, 0, 0) });
  WritePoints("four.txt", { MakePoint(0, 0, 0), MakePoint(9, 0, 0), MakePoint(0, 9, 0), MakePoint(0, 0, 9) });
  ExpectBad(2,
            "two.txt: there are 2 landmarks, but a rigid transform needs at least 3.",
            LandmarksOf("two.txt", "two.txt") + volumes);
  ExpectBad(2, "none.txt: there is no such file.", LandmarksOf("four.txt", "none.txt") + volumes);
  ExpectBad(2, "none.nrrd: there is no such file.", Quoted("none.nrrd") + Quoted("moving.nrrd"));
  ExpectBad(2, "none.nrrd: there is no such file.", Quoted("fixed.nrrd") + Quoted("none.nrrd"));
  ExpectBad(2,
            "color.nrrd: the volume has 3 components a voxel, but a gray volume is needed.",
            Quoted("color.nrrd") + Quoted("moving.nrrd"));
  auto bad = MakeVolume<FloatType>(4.0, 4.0, 4.0, false);
  bad->FillBuffer(7.0f);
  itk::WriteImage(bad.GetPointer(), File("even.nrrd"));
  ExpectBad(2,
            "even.nrrd: all but a thousandth of the voxels have the value 7",
            Quoted("even.nrrd") + Quoted("moving.nrrd"));
  bad->SetPixel({ { 3, 3, 3 } }, std::numeric_limits<float>::quiet_NaN());
  itk::WriteImage(bad.GetPointer(), File("nan.nrrd"));
  ExpectBad(2,
            "nan.nrrd: The input holds 1 values that are NaN or infinite.",
            Quoted("fixed.nrrd") + Quoted("nan.nrrd"));
  auto far = itk::ReadImage<FloatType>(File("moving.nrrd"));
  far->SetOrigin(MakePoint(5000, 0, 0));
  itk::WriteImage(far.GetPointer(), File("far.nrrd"));
  ExpectBad(2, "do not overlap", "--initial none " + Quoted("fixed.nrrd") + Quoted("far.nrrd"));
  ExpectBad(2,
            "far.nrrd: nothing of the volume lies within",
            LandmarksOf("four.txt", "four.txt") + Quoted("fixed.nrrd") + Quoted("far.nrrd"));
  bad->FillBuffer(0.0f);
  itk::WriteImage(bad.GetPointer(), File("empty.nrrd"));
  ExpectBad(2, "empty.nrrd: the mask is 0 everywhere.", "--fixed-mask " + Quoted("empty.nrrd") + volumes);
  ExpectBad(2, "out.xyz: no transform format has this ending", "--save-transform " + Quoted("out.xyz") + volumes);

  ExpectBad(1, "--landmarks names 1 files, but 2 are needed", "--landmarks " + Quoted("four.txt") + volumes);
  ExpectBad(1, "--refine needs --landmarks.", "--refine " + volumes);
  ExpectBad(1, "--grid-spacing needs --deformable.", "--grid-spacing 20 " + volumes);
  ExpectBad(1, "--iterations needs --refine", "--iterations 20 " + LandmarksOf("four.txt", "four.txt") + volumes);
  ExpectBad(1, "--samples needs --refine or", "--samples 2000 " + LandmarksOf("four.txt", "four.txt") + volumes);
  ExpectBad(1,
            "--initial and --landmarks exclude each other.",
            "--initial none " + LandmarksOf("four.txt", "four.txt") + volumes);
  ExpectBad(1,
            "--moving-mask needs --refine or --deformable",
            "--moving-mask " + Quoted("fixed.nrrd") + LandmarksOf("four.txt", "four.txt") + volumes);
  ExpectBad(1, "--transform is 'bent'", "--transform bent " + volumes);
}

TEST_F(RegisterToReference, StopsWithoutATrace)
{
  WriteFixed(AffineMotion());
  std::ofstream(File("older.nrrd")) << "an older result";
  const Outcome outcome = Run(Quoted("fixed.nrrd") + Quoted("moving.nrrd") + Quoted("older.nrrd") +
                                "--deformable --samples 1000000 --deformable-iterations 100000 --grid-spacing 5",
                              "timeout -s TERM 1");
  EXPECT_EQ(outcome.code, 124);
  EXPECT_EQ(TextOf(File("older.nrrd")), "an older result");
  for (const auto & entry : fs::directory_iterator(s_Folder))
  {
    EXPECT_EQ(entry.path().filename().string().rfind(".colorization", 0), std::string::npos) << entry.path();
  }
}
