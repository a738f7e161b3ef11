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
#include "itkVolumeRegistrationMethod.h"
#include "../src/registration/itkVolumeRegistration.h"
#include "itkLandmarkFit.h"

#include "itkAffineTransform.h"
#include "itkBSplineTransform.h"
#include "itkCommand.h"
#include "itkCompositeTransform.h"
#include "itkExtractImageFilter.h"
#include "itkImageFileReader.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkTranslationTransform.h"
#include "itkVersorRigid3DTransform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

namespace
{
using MethodType = itk::VolumeRegistrationMethod;
using VolumeType = MethodType::ImageType;
using MaskType = MethodType::MaskImageType;
using TransformType = MethodType::TransformType;
using AffineType = itk::AffineTransform<double, 3>;
using RigidType = itk::VersorRigid3DTransform<double>;
using PointType = itk::Point<double, 3>;

PointType
MakePoint(double x, double y, double z)
{
  PointType point;
  point[0] = x;
  point[1] = y;
  point[2] = z;
  return point;
}

/** 0 ... 1: blobs within an ellipsoid about the origin, which are not alike from any two sides. */
double
Anatomy(const PointType & p)
{
  double value = 0.35;
  for (int k = 0; k < 12; ++k)
  {
    const PointType center =
      MakePoint(20.0 * std::sin(2.1 * k), 26.0 * std::sin(3.7 * k + 1.0), 18.0 * std::cos(5.3 * k));
    const double width = 7.0 + k % 4 * 2.0;
    value += (k % 2 == 0 ? 0.4 : -0.3) * std::exp(-center.SquaredEuclideanDistanceTo(p) / (width * width));
  }
  const double radius = std::sqrt(p[0] * p[0] / 1156.0 + p[1] * p[1] / 1764.0 + p[2] * p[2] / 900.0);
  return std::clamp(value, 0.05, 1.0) / (1.0 + std::exp(30.0 * (radius - 1.0)));
}

/** What is at `motion(x)` of the anatomy is at x, in another contrast if `isOther`; voxels of 3 mm, from some index
 * on. */
VolumeType::Pointer
MakeVolume(const TransformType * motion, bool isOther)
{
  auto volume = VolumeType::New();
  volume->SetRegions(VolumeType::RegionType({ { 3, -2, 5 } }, { { 34, 37, 32 } }));
  volume->SetSpacing(VolumeType::SpacingType(3.0));
  volume->SetOrigin(MakePoint(-58.0, -48.0, -61.0));
  volume->Allocate();
  for (itk::ImageRegionIteratorWithIndex<VolumeType> it(volume, volume->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    PointType point;
    volume->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    const double value = Anatomy(motion ? motion->TransformPoint(point) : point);
    it.Set(static_cast<float>(isOther ? 300.0 * value * std::exp(-0.9 * value) : 1000.0 * value));
  }
  return volume;
}

AffineType::Pointer
KnownAffine()
{
  auto                      affine = AffineType::New();
  itk::Matrix<double, 3, 3> matrix;
  matrix.SetIdentity();
  matrix(0, 0) = 1.08;
  matrix(1, 1) = 0.94;
  matrix(0, 1) = 0.06;
  affine->SetMatrix(matrix);
  itk::Vector<double, 3> shift;
  shift[0] = 4.0;
  shift[1] = -5.0;
  shift[2] = 3.0;
  affine->SetTranslation(shift);
  return affine;
}

/** The farthest that two transforms put points of the anatomy from each other, in mm. */
double
LargestDistance(const TransformType * found, const TransformType * wanted)
{
  double largest = 0.0;
  for (double z = -20.0; z <= 20.0; z += 10.0)
  {
    for (double y = -25.0; y <= 25.0; y += 10.0)
    {
      for (double x = -20.0; x <= 20.0; x += 10.0)
      {
        const PointType point = MakePoint(x, y, z);
        largest = std::max(largest, found->TransformPoint(point).EuclideanDistanceTo(wanted->TransformPoint(point)));
      }
    }
  }
  return largest;
}

MethodType::Pointer
MakeMethod(const VolumeType * fixed, const VolumeType * moving)
{
  auto method = MethodType::New();
  method->SetFixedImage(fixed);
  method->SetMovingImage(moving);
  method->SetNumberOfSamples(15000);
  return method;
}

/** An affine registration whose result is known. */
MethodType::Pointer
MakeKnownMethod()
{
  auto method = MakeMethod(MakeVolume(KnownAffine(), true), MakeVolume(nullptr, false));
  method->SetTransformKind(MethodType::TransformKindEnum::Affine);
  return method;
}

void
ExpectError(MethodType * method, const std::string & sentence)
{
  try
  {
    method->Update();
    ADD_FAILURE() << sentence;
  }
  catch (const itk::ExceptionObject & error)
  {
    EXPECT_NE(std::string(error.GetDescription()).find(sentence), std::string::npos) << error.GetDescription();
  }
}

MaskType::Pointer
MakeMask(const VolumeType * volume, const std::function<bool(const PointType &)> & isInside)
{
  auto mask = MaskType::New();
  mask->CopyInformation(volume);
  mask->SetRegions(volume->GetLargestPossibleRegion());
  mask->Allocate();
  for (itk::ImageRegionIteratorWithIndex<MaskType> it(mask, mask->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    PointType point;
    mask->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    it.Set(isInside(point) ? 1 : 0);
  }
  return mask;
}
} // namespace

TEST(VolumeRegistrationMethod, FindsIdentityAndDoesNotRunTwice)
{
  const auto volume = MakeVolume(nullptr, false);
  const auto method = MakeMethod(volume, volume);
  EXPECT_EQ(method->GetTransform(), nullptr);
  int runs = 0;
  method->AddObserver(itk::StartEvent(), [&](const itk::EventObject &) { ++runs; });
  method->Update();
  EXPECT_LT(LargestDistance(method->GetTransform(), AffineType::New()), 0.05);
  EXPECT_EQ(method->GetLinearTransform(), method->GetTransform());
  EXPECT_EQ(method->GetDeformation(), nullptr);
  EXPECT_EQ(method->GetOutput()->Get(), method->GetTransform());
  method->Update();
  EXPECT_EQ(runs, 1);
  const MethodType::ReportType report = method->GetReport();
  EXPECT_EQ(report.start, "mass");
  ASSERT_EQ(report.stages.size(), 1u);
  EXPECT_EQ(report.stages[0].name, "rigid");
  ASSERT_EQ(report.stages[0].levels.size(), 3u);
  EXPECT_NEAR(report.stages[0].levels[0].sigma, 12.0, 1e-9);
  EXPECT_EQ(report.stages[0].levels[2].sigma, 0.0);
  EXPECT_GT(report.stages[0].levels[2].samples, 10000u);
  EXPECT_GE(report.stages[0].levels[2].informationAfter, report.stages[0].levels[2].informationBefore);
  method->SetNumberOfLevels(1);
  method->Update();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(method->GetReport().stages[0].levels.size(), 1u);
}

TEST(VolumeRegistrationMethod, RecoversAnAffineMotionWithProgressThatRises)
{
  const auto               method = MakeKnownMethod();
  std::vector<double>      progress;
  std::vector<std::string> stages;
  method->AddObserver(itk::ProgressEvent(),
                      [&](const itk::EventObject &)
                      {
                        progress.push_back(method->GetProgress());
                        if (stages.empty() || stages.back() != method->GetStage())
                        {
                          stages.push_back(method->GetStage());
                        }
                        EXPECT_GE(method->GetStageProgress(), 0.0);
                        EXPECT_LE(method->GetStageProgress(), 1.0);
                      });
  method->Update();
  // A third of a voxel.
  EXPECT_LT(LargestDistance(method->GetTransform(), KnownAffine()), 1.0);
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
  EXPECT_GT(progress.size(), 10u);
  EXPECT_EQ(progress.back(), 1.0);
  EXPECT_EQ(stages, (std::vector<std::string>{ "preparing", "rigid", "affine" }));
}

TEST(VolumeRegistrationMethod, RecoversADeformationWithTheSameBitsForAnyNumberOfWorkUnits)
{
  auto                   bump = itk::BSplineTransform<double, 3, 3>::New();
  itk::Vector<double, 3> extent(140.0);
  bump->SetTransformDomainOrigin(MakePoint(-70.0, -70.0, -70.0));
  bump->SetTransformDomainPhysicalDimensions(extent);
  bump->SetTransformDomainMeshSize(itk::Size<3>{ { 3, 3, 3 } });
  auto parameters = bump->GetParameters();
  for (unsigned int k = 0; k < parameters.Size(); ++k)
  {
    parameters[k] = 8.0 * std::sin(1.3 * k);
  }
  bump->SetParameters(parameters);
  const auto                  fixed = MakeVolume(bump, true);
  const auto                  moving = MakeVolume(nullptr, false);
  double                      rigidError = 0.0;
  TransformType::ConstPointer first;
  for (const itk::ThreadIdType workUnits : { 1u, 2u })
  {
    const auto method = MakeMethod(fixed, moving);
    method->DeformableOn();
    method->SetGridSpacing(22.0);
    method->SetNumberOfWorkUnits(workUnits);
    method->Update();
    const auto * const whole = dynamic_cast<const itk::CompositeTransform<double, 3> *>(method->GetTransform());
    ASSERT_NE(whole, nullptr);
    ASSERT_EQ(whole->GetNumberOfTransforms(), 2u);
    EXPECT_EQ(whole->GetNthTransformConstPointer(0), method->GetLinearTransform());
    EXPECT_EQ(whole->GetNthTransformConstPointer(1), method->GetDeformation());
    rigidError = LargestDistance(method->GetLinearTransform(), bump);
    EXPECT_LT(LargestDistance(whole, bump), 2.0);
    if (first)
    {
      EXPECT_EQ(whole->GetParameters(), first->GetParameters());
    }
    first = whole;
  }
  EXPECT_GT(rigidError, 2.5);
}

TEST(VolumeRegistrationMethod, GoesOnFromAnInitialTransform)
{
  const auto                       method = MakeKnownMethod();
  itk::colorization::LandmarkPairs pairs;
  itk::colorization::LandmarkPairs exact;
  for (const auto & point :
       { MakePoint(25, -9, -15), MakePoint(-25, -5, -15), MakePoint(0, 28, -12), MakePoint(0, 0, 25) })
  {
    exact.fixed.push_back(point);
    exact.moving.push_back(KnownAffine()->TransformPoint(point));
  }
  pairs = exact;
  pairs.moving[3][2] += 6.0;
  auto initial = AffineType::New();
  itk::colorization::FitLandmarks(pairs, initial);
  const auto residuals = itk::colorization::ResidualsOf(exact, initial);
  EXPECT_NEAR(residuals.each[3], 6.0, 1e-6);
  EXPECT_NEAR(residuals.largest, 6.0, 1e-6);
  EXPECT_NEAR(residuals.mean, 1.5, 1e-6);
  const auto before = initial->GetParameters();
  method->SetInitialTransform(initial);
  method->Update();
  EXPECT_EQ(initial->GetParameters(), before);
  EXPECT_GT(LargestDistance(initial, KnownAffine()), 4.0);
  EXPECT_LT(LargestDistance(method->GetTransform(), KnownAffine()), 1.0);
  EXPECT_EQ(method->GetReport().start, "transform");
  ASSERT_EQ(method->GetReport().stages.size(), 1u);
  EXPECT_EQ(method->GetReport().stages[0].name, "affine");
  method->RefineLinearOff();
  method->Update();
  EXPECT_EQ(LargestDistance(method->GetTransform(), initial), 0.0);
  EXPECT_TRUE(method->GetReport().stages.empty());
}

TEST(VolumeRegistrationMethod, ComparesWithinMasks)
{
  // One half of the volume moved by 12 mm more.
  auto other = itk::TranslationTransform<double, 3>::New();
  other->Translate(itk::Vector<double, 3>(7.0));
  const auto moving = MakeVolume(nullptr, false);
  const auto fixed = MakeVolume(KnownAffine(), true);
  const auto broken = MakeVolume(other, true);
  const auto isWhole = [](const PointType & p) { return p[2] > -4.0; };
  const auto mask = MakeMask(fixed, isWhole);
  for (itk::ImageRegionIteratorWithIndex<MaskType> it(mask, mask->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    fixed->SetPixel(it.GetIndex(), (it.Get() ? fixed : broken)->GetPixel(it.GetIndex()));
  }
  const auto error = [&](const MaskType * fixedMask)
  {
    const auto method = MakeMethod(fixed, moving);
    method->SetTransformKind(MethodType::TransformKindEnum::Affine);
    method->SetFixedMaskImage(fixedMask);
    method->Update();
    return LargestDistance(method->GetTransform(), KnownAffine());
  };
  EXPECT_GT(error(nullptr), 2.0 * error(mask));
  EXPECT_LT(error(mask), 2.5);
}

TEST(VolumeRegistrationMethod, Aborts)
{
  for (const std::string wanted : { "preparing", "affine", "deformable" })
  {
    const auto method = MakeKnownMethod();
    method->DeformableOn();
    method->AddObserver(itk::ProgressEvent(),
                        [&](const itk::EventObject &)
                        {
                          if (method->GetStage() == wanted)
                          {
                            method->AbortGenerateDataOn();
                          }
                        });
    EXPECT_THROW(method->Update(), itk::ProcessAborted) << wanted;
    EXPECT_EQ(method->GetStage(), wanted);
    EXPECT_LT(method->GetProgress(), 1.0);
    EXPECT_EQ(method->GetTransform(), nullptr);
  }
}

TEST(VolumeRegistrationMethod, NamesWhatIsWrong)
{
  const auto method = MakeKnownMethod();
  method->SetNumberOfLevels(0);
  ExpectError(method, "NumberOfLevels is 0, but has to be in 1 ... 10.");
  method->SetNumberOfLevels(3);
  method->SetNumberOfSamples(999);
  ExpectError(method, "NumberOfSamples is 999, but has to be at least 1000.");
  method->SetNumberOfSamples(15000);
  method->SetNumberOfHistogramBins(4);
  ExpectError(method, "NumberOfHistogramBins is 4, but has to be in 5 ... 1024.");
  method->SetNumberOfHistogramBins(32);
  method->SetNumberOfIterations(0);
  ExpectError(method, "NumberOfIterations and DeformableIterations are 0 and 50, but have to be at least 1.");
  method->SetNumberOfIterations(10);
  method->SetGridSpacing(std::numeric_limits<double>::quiet_NaN());
  ExpectError(method, "GridSpacing is nan, but has to be finite and above 0.");
  method->SetGridSpacing(30.0);
  method->RefineLinearOff();
  ExpectError(method, "RefineLinear is off, but there is no InitialTransform.");
  method->RefineLinearOn();
  method->SetInitialTransform(itk::TranslationTransform<double, 3>::New());
  ExpectError(method, "InitialTransform is a TranslationTransform, but has to have a matrix and an offset.");
  method->SetInitialTransform(KnownAffine());
  method->SetTransformKind(MethodType::TransformKindEnum::Rigid);
  ExpectError(method, "InitialTransform stretches, shears or mirrors space, but TransformKind is rigid.");

  const auto good = MakeVolume(nullptr, false);
  ExpectError(MakeMethod(good, nullptr), "MovingImage is required but not set");
  auto bad = VolumeType::New();
  bad->SetRegions(VolumeType::SizeType{ { 9, 3, 9 } });
  bad->Allocate(true);
  ExpectError(MakeMethod(good, bad), "MovingImage: the volume has 3 voxels along an axis, but registration");
  bad = MakeVolume(nullptr, false);
  bad->FillBuffer(7.0f);
  ExpectError(MakeMethod(bad, good),
              "FixedImage: all but a thousandth of the voxels have the value 7, so that there is nothing to");
  bad->GetBufferPointer()[5] = std::numeric_limits<float>::infinity();
  ExpectError(MakeMethod(good, bad), "MovingImage holds 1 values that are NaN or infinite.");
  const auto masked = MakeMethod(good, good);
  masked->SetMovingMaskImage(MakeMask(good, [](const PointType &) { return false; }));
  ExpectError(masked, "MovingMaskImage: the mask is 0 everywhere.");
}

TEST(VolumeRegistrationMethod, StartsWhereVolumesOverlap)
{
  const auto fixed = MakeVolume(KnownAffine(), true);
  auto       far = MakeVolume(nullptr, false);
  far->SetOrigin(MakePoint(2000.0, 0.0, 0.0));
  auto method = MakeMethod(fixed, far);
  method->SetInitialization(MethodType::InitializationEnum::None);
  ExpectError(method, "The volumes, as they are placed, do not overlap.");
  method->SetInitialTransform(RigidType::New());
  ExpectError(method, "The volumes, as they are placed, do not overlap.");
  // With the centers of mass upon each other, nothing of one mask falls into the other.
  const auto moving = MakeVolume(nullptr, false);
  auto       lopsided = MakeVolume(nullptr, false);
  for (itk::ImageRegionIteratorWithIndex<VolumeType> it(lopsided, lopsided->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Value() *= it.GetIndex()[2] > 28 ? 1000.0f : 1.0f;
  }
  const auto                             isMiddle = [](const PointType & p) { return std::abs(p[2]) < 8.0; };
  itk::colorization::RegistrationVolumes volumes;
  volumes.fixed = lopsided;
  volumes.moving = moving;
  const auto toSpatial = [](const MaskType * image)
  {
    auto mask = itk::colorization::RegistrationMask::New();
    mask->SetImage(image);
    mask->Update();
    return mask;
  };
  volumes.fixedMask = toSpatial(MakeMask(lopsided, isMiddle));
  volumes.movingMask = toSpatial(MakeMask(moving, isMiddle));
  EXPECT_EQ(itk::colorization::OverlapOf(volumes, itk::colorization::MatchCenters(volumes, true)), 0.0);
  EXPECT_NEAR(itk::colorization::OverlapOf(volumes, itk::colorization::MatchCenters(volumes, false)), 1.0, 0.05);
  method = MakeMethod(lopsided, moving);
  method->SetFixedMaskImage(MakeMask(lopsided, isMiddle));
  method->SetMovingMaskImage(MakeMask(moving, isMiddle));
  method->Update();
  EXPECT_EQ(method->GetReport().start, "geometry");
  EXPECT_LT(LargestDistance(method->GetTransform(), AffineType::New()), 1.0);
}

TEST(VolumeRegistrationMethod, BringsAPartOfAHeadOntoTheWhole)
{
  const auto head = itk::ReadImage<VolumeType>("/usr/share/mricron/templates/ch2.nii.gz");
  auto       region = head->GetLargestPossibleRegion();
  region.SetIndex(2, 120);
  region.SetSize(2, region.GetSize(2) - 120);
  auto extract = itk::ExtractImageFilter<VolumeType, VolumeType>::New();
  extract->SetInput(head);
  extract->SetExtractionRegion(region);
  extract->Update();
  const VolumeType::Pointer part = extract->GetOutput();
  // 20 mm, in all directions.
  itk::Vector<double, 3> shift;
  shift[0] = 12.0;
  shift[1] = -12.0;
  shift[2] = 10.583;
  part->SetOrigin(part->GetOrigin() + shift);
  auto truth = itk::TranslationTransform<double, 3>::New();
  for (const bool isPartFixed : { false, true })
  {
    truth->SetIdentity();
    truth->Translate(isPartFixed ? -shift : shift);
    const auto method = isPartFixed ? MakeMethod(part, head) : MakeMethod(head, part);
    method->SetInitialization(MethodType::InitializationEnum::None);
    method->Update();
    // Corners of the part.
    for (int corner = 0; corner < 8; ++corner)
    {
      VolumeType::IndexType index = region.GetIndex();
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        index[axis] += corner >> axis & 1 ? static_cast<itk::IndexValueType>(region.GetSize(axis)) - 1 : 0;
      }
      PointType point;
      (isPartFixed ? part : head)->TransformIndexToPhysicalPoint(index, point);
      EXPECT_LT(method->GetTransform()->TransformPoint(point).EuclideanDistanceTo(truth->TransformPoint(point)), 3.0)
        << isPartFixed << point;
    }
  }
}
