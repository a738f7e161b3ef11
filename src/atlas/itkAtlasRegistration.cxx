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
#include "itkAtlasRegistration.h"

#include "../tone/itkLocalMeans.h"
#include "itkBodyMask.h"
#include "itkClassVolumes.h"
#include "itkVolumeRegistrationMethod.h"

#include "itkAffineTransform.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace itk
{
namespace
{
using ImageType = Image<float, 3>;
using MaskImageType = Image<unsigned char, 3>;
using AffineType = AffineTransform<double, 3>;
using colorization::UprightVolume;

/** Spacing of the first search in mm: finer where the atlas is short. */
double
SearchSpacing(const ColorAtlas * atlas)
{
  constexpr double longBody = 600.0;
  const auto *     image = atlas->GetColorImage();
  const double     length = image->GetSpacing()[2] * static_cast<double>(image->GetLargestPossibleRegion().GetSize(2));
  return length > longBody ? 8.0 : 6.0;
}

/** Otsu's threshold over what is known. */
float
AirThreshold(const UprightVolume & scan)
{
  constexpr std::size_t bins = 256;
  constexpr double      tail = 0.005;
  std::vector<float>    values;
  std::copy_if(scan.values.begin(),
               scan.values.end(),
               std::back_inserter(values),
               [](float value) { return !std::isnan(value); });
  std::sort(values.begin(), values.end());
  const auto cut = static_cast<std::size_t>(tail * static_cast<double>(values.size()));
  const auto lowest = static_cast<double>(values[cut]);
  const auto highest = static_cast<double>(values[values.size() - 1 - cut]);
  if (!(highest > lowest))
  {
    return values.front();
  }
  std::vector<std::uint64_t> histogram(bins, 0);
  for (const float value : values)
  {
    const double place = (static_cast<double>(value) - lowest) / (highest - lowest) * static_cast<double>(bins);
    ++histogram[static_cast<std::size_t>(std::min(std::max(place, 0.0), static_cast<double>(bins - 1)))];
  }
  return static_cast<float>(colorization::OtsuThreshold(histogram, lowest, highest));
}

/** Whether nearly all around the body has one value, to the bit, and the field of view reaches beyond the body: then the
 * body was cut out. Scans have noise there. */
bool
IsCutOut(const UprightVolume & scan, float airThreshold)
{
  constexpr double nearlyAll = 0.85;
  constexpr double much = 0.2;
  std::size_t      air = 0;
  std::size_t      lowestCount = 0;
  std::size_t      known = 0;
  float            lowest = airThreshold;
  for (const float value : scan.values)
  {
    known += std::isnan(value) ? 0 : 1;
    lowest = value < lowest ? value : lowest;
  }
  for (const float value : scan.values)
  {
    air += value <= airThreshold ? 1 : 0;
    lowestCount += value == lowest ? 1 : 0;
  }
  return static_cast<double>(air) > much * static_cast<double>(known) &&
         static_cast<double>(lowestCount) > nearlyAll * static_cast<double>(air);
}

/** Ranks of the body's values, from 0.15 to 1; 0 for air and what is unknown. */
std::vector<float>
RanksOf(const UprightVolume & scan, float airThreshold)
{
  constexpr float    lowest = 0.15f;
  std::vector<float> sorted;
  std::copy_if(scan.values.begin(),
               scan.values.end(),
               std::back_inserter(sorted),
               [airThreshold](float value) { return value > airThreshold; });
  std::sort(sorted.begin(), sorted.end());
  std::vector<float> ranks(scan.values.size(), 0.0f);
  for (std::size_t i = 0; i < ranks.size(); ++i)
  {
    if (scan.values[i] > airThreshold)
    {
      const auto rank = std::lower_bound(sorted.begin(), sorted.end(), scan.values[i]) - sorted.begin();
      ranks[i] = lowest + (1.0f - lowest) * static_cast<float>(rank) /
                            static_cast<float>(std::max<std::size_t>(1, sorted.size()));
    }
  }
  return ranks;
}

template <typename TImage, typename TValues>
typename TImage::Pointer
ImageOf(const UprightVolume & grid, const TValues & values)
{
  auto image = TImage::New();
  image->SetRegions(typename TImage::SizeType{ { grid.size[0], grid.size[1], grid.size[2] } });
  typename TImage::SpacingType spacing;
  spacing.Fill(grid.spacing);
  image->SetSpacing(spacing);
  image->SetOrigin(grid.origin.data());
  image->Allocate();
  std::copy(values.begin(), values.end(), image->GetBufferPointer());
  return image;
}

AffineType::Pointer
AffineOf(const colorization::Placement & placement)
{
  auto                         affine = AffineType::New();
  AffineType::MatrixType       matrix;
  AffineType::CenterType       center;
  AffineType::OutputVectorType translation;
  for (unsigned int row = 0; row < 3; ++row)
  {
    center[row] = placement.center[row];
    translation[row] = placement.translation[row];
    for (unsigned int column = 0; column < 3; ++column)
    {
      matrix[row][column] = placement.matrix[3 * row + column];
    }
  }
  affine->SetCenter(center);
  affine->SetMatrix(matrix);
  affine->SetTranslation(translation);
  return affine;
}
} // namespace

/** One update. */
class AtlasRegistration::Run
{
public:
  explicit Run(AtlasRegistration * method)
    : m_Method(method)
    , m_ParallelFor(colorization::MakeParallelFor(method))
  {}

  void
  Place()
  {
    const double        spacing = SearchSpacing(m_Method->m_Atlas);
    const UprightVolume coarse = this->MakeScan(spacing);
    m_AirThreshold = AirThreshold(coarse);
    ReportType & report = m_Method->m_Report;
    report.isCutOut = IsCutOut(this->MakeScan(FineSpacing), m_AirThreshold);
    colorization::PlacementParameters parameters;
    parameters.searchOrientations = m_Method->m_SearchOrientations;
    parameters.outlineReach = report.isCutOut ? CutOutReach : parameters.outlineReach;
    const ColorAtlas * atlas = m_Method->m_Atlas;
    const auto         scanClasses = colorization::MakeScanClasses(coarse, m_AirThreshold);
    this->VerifyBody(scanClasses);
    m_Method->ShowProgress("placement", 0.02);
    const auto found = colorization::FindPlacement(scanClasses,
                                                   colorization::MakeAtlasClasses(atlas, spacing),
                                                   parameters,
                                                   m_ParallelFor);
    m_Method->ShowProgress("placement", 0.12);
    report.placementInformation = found.score;
    report.rivalInformation = found.rivalScore;
    parameters.samples *= 3;
    const auto fineScan = colorization::MakeScanClasses(this->MakeScan(FineSpacing), m_AirThreshold);
    const auto fineAtlas = colorization::MakeAtlasClasses(atlas, FineSpacing);
    m_Found = colorization::RefinePlacement(fineScan, fineAtlas, found.placement, parameters, FineSpacing);
    report.coverage = m_Found.knownShare;
    report.bodyOverlap = m_Found.bodyOverlap;
    m_Method->ShowProgress("placement", 0.16);
  }

  void
  Register()
  {
    const double        spacing = this->WorkingSpacing();
    const UprightVolume scan = this->MakeScan(spacing);
    if (*std::min_element(scan.size.begin(), scan.size.end()) < ThinnestVolume)
    {
      this->PlaceSlice(spacing);
      return;
    }
    const auto ranks = RanksOf(scan, m_AirThreshold);
    const auto moving = colorization::MakeAtlasLightness(m_Method->m_Atlas, spacing, scan, m_Found.placement);
    auto       registration = VolumeRegistrationMethod::New();
    registration->SetFixedImage(ImageOf<ImageType>(scan, ranks));
    registration->SetMovingImage(moving);
    registration->SetFixedMaskImage(this->MakeSampledRegion(scan));
    registration->SetInitialTransform(AffineOf(m_Found.placement));
    registration->SetTransformKind(VolumeRegistrationEnums::TransformKind::Affine);
    registration->SetRefineLinear(!m_Method->m_Deformable);
    registration->SetDeformable(m_Method->m_Deformable);
    registration->SetGridSpacing(m_Method->m_GridSpacing);
    registration->SetNumberOfWorkUnits(m_Method->GetNumberOfWorkUnits());
    registration->AddObserver(ProgressEvent(),
                              [&](const EventObject &)
                              {
                                const std::string stage = registration->GetStage();
                                m_Method->ShowProgress(stage == "preparing" ? "placement" : stage,
                                                       0.16 + 0.8 * registration->GetProgress());
                              });
    registration->Update();
    m_Transform = registration->GetTransform();
    for (const auto & stage : registration->GetReport().stages)
    {
      if (!stage.levels.empty())
      {
        m_Method->m_Report.information = stage.levels.back().informationAfter;
      }
    }
    this->DescribeTransform(registration->GetLinearTransform());
    m_Method->m_Report.agreement = this->Agreement(scan, ranks, moving);
  }

  TransformType::ConstPointer
  GetTransform() const
  {
    return m_Transform;
  }

private:
  static constexpr double FineSpacing = 4.0;
  static constexpr double CutOutReach = 10.0;
  static constexpr double OutlineReach = 12.0;
  /** Voxels along each axis that VolumeRegistrationMethod needs. */
  static constexpr std::size_t ThinnestVolume = 4;

  /** A slice has too little depth to be deformed: its placement is refined once more. */
  void
  PlaceSlice(double spacing)
  {
    const ColorAtlas *                atlas = m_Method->m_Atlas;
    const UprightVolume               scan = this->MakeScan(spacing);
    colorization::PlacementParameters parameters;
    parameters.samples *= 3;
    parameters.outlineReach = m_Method->m_Report.isCutOut ? CutOutReach : parameters.outlineReach;
    m_Found = colorization::RefinePlacement(
      colorization::MakeScanClasses(scan, m_AirThreshold),
      colorization::MakeAtlasClasses(atlas, std::max(spacing, atlas->GetColorImage()->GetSpacing()[2])),
      m_Found.placement,
      parameters,
      2.0 * spacing);
    const AffineType::Pointer affine = AffineOf(m_Found.placement);
    m_Transform = affine.GetPointer();
    m_Method->m_Report.information = m_Found.score;
    this->DescribeTransform(affine);
    m_Method->m_Report.agreement =
      this->Agreement(scan,
                      RanksOf(scan, m_AirThreshold),
                      colorization::MakeAtlasLightness(atlas, spacing, scan, m_Found.placement));
  }

  UprightVolume
  MakeScan(double spacing) const
  {
    UprightVolume scan = colorization::MakeUpright(m_Method->GetScanImage(), spacing);
    if (const MaskImageType * mask = m_Method->GetMaskImage())
    {
      // What the mask leaves out is air: below all others.
      const float lowest = *std::min_element(scan.values.begin(),
                                             scan.values.end(),
                                             [](float a, float b) { return std::isnan(b) ? !std::isnan(a) : a < b; });
      for (std::size_t i = 0; i < scan.values.size(); ++i)
      {
        MaskImageType::IndexType index;
        Point<double, 3>         point;
        for (unsigned int axis = 0; axis < 3; ++axis)
        {
          const std::size_t place = axis == 0   ? i % scan.size[0]
                                    : axis == 1 ? i / scan.size[0] % scan.size[1]
                                                : i / scan.size[0] / scan.size[1];
          point[axis] = scan.origin[axis] + scan.spacing * static_cast<double>(place);
        }
        if (mask->TransformPhysicalPointToIndex(point, index) && mask->GetPixel(index) == 0)
        {
          scan.values[i] = std::isnan(scan.values[i]) ? scan.values[i] : lowest;
        }
      }
    }
    return scan;
  }

  double
  WorkingSpacing() const
  {
    constexpr double mostVoxels = 4e6;
    constexpr double finest = 2.0;
    if (m_Method->m_WorkingSpacing > 0.0)
    {
      return m_Method->m_WorkingSpacing;
    }
    const ImageType * scan = m_Method->GetScanImage();
    double            volume = 1.0;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      volume *= scan->GetSpacing()[axis] * static_cast<double>(scan->GetLargestPossibleRegion().GetSize(axis));
    }
    return std::max(finest, std::cbrt(volume / mostVoxels));
  }

  void
  VerifyBody(const colorization::ClassVolume & scan) const
  {
    constexpr std::ptrdiff_t least = 200;
    const auto               body =
      std::count_if(scan.classes.begin(),
                    scan.classes.end(),
                    [](std::uint8_t value) { return value != 0 && value != colorization::ClassVolume::Unknown; });
    if (body < least)
    {
      std::ostringstream sentence;
      sentence << "The scan shows too little of a body to find it in the atlas: "
               << static_cast<double>(body) * std::pow(scan.spacing / 10.0, 3.0) << " cm^3, but at least "
               << static_cast<double>(least) * std::pow(scan.spacing / 10.0, 3.0) << " are wanted.";
      colorization::ThrowExceptionOf(m_Method, sentence.str());
    }
  }

  /** The body and what is near it, where the scan is known. */
  MaskImageType::Pointer
  MakeSampledRegion(const UprightVolume & scan) const
  {
    std::vector<std::uint8_t> mask(scan.values.size());
    std::transform(scan.values.begin(),
                   scan.values.end(),
                   mask.begin(),
                   [this](float value) { return value > m_AirThreshold ? 1 : 0; });
    colorization::DilateByBall(mask.data(),
                               scan.size,
                               { { scan.spacing, scan.spacing, scan.spacing } },
                               m_Method->m_Report.isCutOut ? scan.spacing : OutlineReach,
                               m_ParallelFor);
    for (std::size_t i = 0; i < mask.size(); ++i)
    {
      mask[i] = std::isnan(scan.values[i]) ? 0 : mask[i];
    }
    return ImageOf<MaskImageType>(scan, mask);
  }

  void
  DescribeTransform(const TransformType * linear) const
  {
    Point<double, 3> center;
    std::copy_n(m_Found.placement.center.begin(), 3, center.Begin());
    const auto   place = m_Transform->TransformPoint(center);
    const auto * affine = dynamic_cast<const MatrixOffsetTransformBase<double, 3, 3> *>(linear);
    ReportType & report = m_Method->m_Report;
    report.place.assign(place.Begin(), place.End());
    report.scale.assign(3, 1.0);
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      Vector<double, 3> column;
      for (unsigned int row = 0; row < 3; ++row)
      {
        column[row] = affine->GetMatrix()[row][axis];
      }
      report.scale[axis] = 1.0 / column.GetNorm();
    }
  }

  /** A variance, and what of it remains. */
  struct Variance
  {
    double unexplained{ 0.0 };
    double total{ 0.0 };
    double weight{ 0.0 };

    void
    Add(float share, float ofCurve, float ofMean)
    {
      unexplained += static_cast<double>(share) * ofCurve * ofCurve;
      total += static_cast<double>(share) * ofMean * ofMean;
      weight += static_cast<double>(share);
    }

    double
    Explained() const
    {
      return total > 0.0 ? 1.0 - unexplained / total : 0.0;
    }
  };

  static constexpr double RegionSize = 60.0;

  /** Lists the cubes that hold enough of the body. */
  void
  DescribeRegions(const UprightVolume &              scan,
                  const std::vector<Variance> &      regions,
                  const std::array<std::size_t, 3> & cubes)
  {
    constexpr double leastVolume = 1000.0;
    const double     voxelVolume = scan.spacing * scan.spacing * scan.spacing;
    auto &           report = m_Method->m_Report;
    for (std::size_t k = 0; k < regions.size(); ++k)
    {
      if (voxelVolume * regions[k].weight >= leastVolume)
      {
        const std::array<std::size_t, 3> cube{ { k % cubes[0], k / cubes[0] % cubes[1], k / (cubes[0] * cubes[1]) } };
        for (unsigned int axis = 0; axis < 3; ++axis)
        {
          report.regionCenters.push_back(scan.origin[axis] + RegionSize * (static_cast<double>(cube[axis]) + 0.5));
        }
        report.regionAgreements.push_back(std::max(regions[k].Explained(), 0.0));
        report.regionVolumes.push_back(voxelVolume * regions[k].weight);
      }
    }
  }

  /** See AtlasRegistrationReport. */
  double
  Agreement(const UprightVolume & scan, const std::vector<float> & ranks, const ImageType * lightness)
  {
    constexpr double      radius = 20.0;
    constexpr double      border = 6.0;
    constexpr std::size_t bins = 16;
    const std::size_t     count = ranks.size();
    std::vector<float>    atlas(count, 0.0f);
    std::vector<float>    weight(count, 0.0f);
    // What the body fills in part is darker in both, whatever the body.
    std::vector<std::uint8_t> inside(count);
    std::transform(ranks.begin(),
                   ranks.end(),
                   inside.begin(),
                   [](float rank) { return static_cast<std::uint8_t>(rank > 0.0f); });
    colorization::ErodeByBall(inside.data(),
                              scan.size,
                              { { scan.spacing, scan.spacing, scan.spacing } },
                              border,
                              m_ParallelFor);
    m_ParallelFor(scan.size[1] * scan.size[2],
                  [&](std::size_t row)
                  {
                    Point<double, 3> point;
                    point[1] = scan.origin[1] + scan.spacing * static_cast<double>(row % scan.size[1]);
                    point[2] = scan.origin[2] + scan.spacing * static_cast<double>(row / scan.size[1]);
                    for (std::size_t x = 0; x < scan.size[0]; ++x)
                    {
                      const std::size_t voxel = row * scan.size[0] + x;
                      point[0] = scan.origin[0] + scan.spacing * static_cast<double>(x);
                      ImageType::IndexType index;
                      if (inside[voxel] != 0 &&
                          lightness->TransformPhysicalPointToIndex(m_Transform->TransformPoint(point), index))
                      {
                        atlas[voxel] = lightness->GetPixel(index);
                        weight[voxel] = atlas[voxel] > 0.0f ? 1.0f : 0.0f;
                      }
                    }
                  });
    std::vector<float>                 curve(count);
    std::vector<float>                 mean(count);
    colorization::LocalMeansParameters parameters;
    parameters.radius = radius;
    parameters.bins = bins;
    parameters.priorVolume = 0.0;
    const colorization::VolumeView view{ scan.size, { { scan.spacing, scan.spacing, scan.spacing } }, {} };
    colorization::ComputeLocalMeans(view,
                                    ranks.data(),
                                    weight.data(),
                                    { atlas.data() },
                                    {},
                                    parameters,
                                    { curve.data() },
                                    nullptr,
                                    m_ParallelFor);
    parameters.bins = 1;
    colorization::ComputeLocalMeans(view,
                                    nullptr,
                                    weight.data(),
                                    { atlas.data() },
                                    {},
                                    parameters,
                                    { mean.data() },
                                    nullptr,
                                    m_ParallelFor);
    Variance                   whole;
    std::vector<Variance>      regions;
    std::array<std::size_t, 3> cubes;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      cubes[axis] = 1 + static_cast<std::size_t>(scan.spacing * static_cast<double>(scan.size[axis] - 1) / RegionSize);
    }
    regions.resize(cubes[0] * cubes[1] * cubes[2]);
    std::size_t voxel = 0;
    for (std::size_t z = 0; z < scan.size[2]; ++z)
    {
      for (std::size_t y = 0; y < scan.size[1]; ++y)
      {
        for (std::size_t x = 0; x < scan.size[0]; ++x, ++voxel)
        {
          const auto cubeOf = [&](std::size_t along)
          { return static_cast<std::size_t>(scan.spacing * static_cast<double>(along) / RegionSize); };
          Variance & region = regions[(cubeOf(z) * cubes[1] + cubeOf(y)) * cubes[0] + cubeOf(x)];
          whole.Add(weight[voxel], atlas[voxel] - curve[voxel], atlas[voxel] - mean[voxel]);
          region.Add(weight[voxel], atlas[voxel] - curve[voxel], atlas[voxel] - mean[voxel]);
        }
      }
    }
    this->DescribeRegions(scan, regions, cubes);
    return whole.Explained();
  }

  AtlasRegistration *           m_Method;
  colorization::ParallelFor     m_ParallelFor;
  float                         m_AirThreshold{ 0.0f };
  colorization::PlacementReport m_Found{};
  TransformType::ConstPointer   m_Transform{};
};

AtlasRegistration::AtlasRegistration()
{
  this->AddRequiredInputName("ScanImage");
  this->AddOptionalInputName("MaskImage");
  this->SetNumberOfRequiredOutputs(1);
  this->SetNthOutput(0, this->MakeOutput(0));
}

ProcessObject::DataObjectPointer
AtlasRegistration::MakeOutput(ProcessObject::DataObjectPointerArraySizeType)
{
  return DecoratedTransformType::New().GetPointer();
}

AtlasRegistration::DecoratedTransformType *
AtlasRegistration::GetOutput()
{
  return static_cast<DecoratedTransformType *>(this->ProcessObject::GetOutput(0));
}

const AtlasRegistration::DecoratedTransformType *
AtlasRegistration::GetOutput() const
{
  return static_cast<const DecoratedTransformType *>(this->ProcessObject::GetOutput(0));
}

const AtlasRegistration::TransformType *
AtlasRegistration::GetTransform() const
{
  return this->GetOutput()->Get();
}

ModifiedTimeType
AtlasRegistration::GetMTime() const
{
  const ModifiedTimeType own = Superclass::GetMTime();
  return m_Atlas ? std::max(own, m_Atlas->GetMTime()) : own;
}

void
AtlasRegistration::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (!m_Atlas || !m_Atlas->GetColorImage())
  {
    itkExceptionMacro(<< "There is no atlas, or it is empty.");
  }
  this->VerifyParameters();
}

void
AtlasRegistration::VerifyParameters() const
{
  if (!VolumeRegistrationMethod::IsAvailable())
  {
    itkExceptionMacro(<< "Scans cannot be registered: this build of the Colorization module has no ITK modules of "
                         "registration.");
  }
  if (!(m_WorkingSpacing == 0.0 || (m_WorkingSpacing >= 1.0 && m_WorkingSpacing <= 10.0)))
  {
    itkExceptionMacro(<< "WorkingSpacing is " << m_WorkingSpacing << ", but has to be in 1 ... 10, or 0.");
  }
  if (!(m_GridSpacing >= 8.0 && m_GridSpacing <= 200.0))
  {
    itkExceptionMacro(<< "GridSpacing is " << m_GridSpacing << ", but has to be in 8 ... 200.");
  }
  if (!(m_LeastAgreement >= 0.0 && m_LeastAgreement <= 1.0))
  {
    itkExceptionMacro(<< "LeastAgreement is " << m_LeastAgreement << ", but has to be in 0 ... 1.");
  }
}

void
AtlasRegistration::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  colorization::VerifySameRegion(this,
                                 "MaskImage",
                                 this->GetMaskImage(),
                                 this->GetScanImage()->GetLargestPossibleRegion());
}

void
AtlasRegistration::ShowProgress(const std::string & stage, double progress)
{
  m_Stage = stage;
  colorization::UpdateProgressOrAbort(this, progress);
}

void
AtlasRegistration::GenerateData()
{
  const auto        start = std::chrono::steady_clock::now();
  const ImageType * scan = this->GetScanImage();
  m_Report = ReportType();
  this->ShowProgress("placement", 0.001);
  colorization::VerifyFinite(this,
                             "ScanImage",
                             scan,
                             scan->GetLargestPossibleRegion(),
                             colorization::MakeParallelFor(this));
  if (this->GetMaskImage())
  {
    colorization::VerifyMaskIsNotEmpty(this, this->GetMaskImage());
  }
  const auto * begin = scan->GetBufferPointer();
  const auto   extremes = std::minmax_element(begin, begin + scan->GetBufferedRegion().GetNumberOfPixels());
  if (!(*extremes.first < *extremes.second))
  {
    itkExceptionMacro(<< "ScanImage is " << *extremes.first << " everywhere, so there is nothing to register by.");
  }
  Run run(this);
  run.Place();
  run.Register();
  m_Report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  // An outline that fits speaks for the place, too, but not alone.
  constexpr double goodOverlap = 0.8;
  constexpr double leastShare = 1.0 / 3.0;
  const double     wanted = m_Report.bodyOverlap >= goodOverlap ? leastShare * m_LeastAgreement : m_LeastAgreement;
  if (m_Report.agreement < wanted || m_Report.coverage <= 0.0)
  {
    itkExceptionMacro(<< "The scan's anatomy is not found in the atlas: at the best place, its values explain "
                      << std::round(1000.0 * m_Report.agreement) / 10.0 << " % of the atlas's lightness, but at least "
                      << std::round(1000.0 * wanted) / 10.0 << " % are wanted where bodies overlap by "
                      << std::lround(100.0 * m_Report.bodyOverlap) << " %.");
  }
  this->GetOutput()->Set(run.GetTransform());
  colorization::UpdateProgressOrAbort(this, 1.0);
}

void
AtlasRegistration::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(Atlas);
  os << indent << "Deformable: " << (m_Deformable ? "On" : "Off") << std::endl;
  os << indent << "SearchOrientations: " << (m_SearchOrientations ? "On" : "Off") << std::endl;
  os << indent << "WorkingSpacing: " << m_WorkingSpacing << std::endl;
  os << indent << "GridSpacing: " << m_GridSpacing << std::endl;
  os << indent << "LeastAgreement: " << m_LeastAgreement << std::endl;
  os << indent << "Stage: " << m_Stage << std::endl;
}
} // namespace itk
