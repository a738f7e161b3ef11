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
#include "itkVolumeRegistration.h"
#include "itkLinearSampler.h"
#include "itkReproducibleMutualInformation.h"

#include "itkBSplineTransformInitializer.h"
#include "itkBSplineTransformParametersAdaptor.h"
#include "itkCenteredTransformInitializer.h"
#include "itkConjugateGradientLineSearchOptimizerv4.h"
#include "itkImageRegistrationMethodv4.h"
#include "itkLBFGSBOptimizerv4.h"
#include "itkRegistrationParameterScalesFromPhysicalShift.h"
#include "itkSmoothingRecursiveGaussianImageFilter.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace itk
{
namespace colorization
{
namespace
{
using VolumeType = Image<float, 3>;
using RegistrationType = ImageRegistrationMethodv4<VolumeType, VolumeType>;
using OptimizerType = ObjectToObjectOptimizerBase;

constexpr int SamplingSeed = 121212;

double
SecondsSince(const std::chrono::steady_clock::time_point & start)
{
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/** The edge of a cube with the volume of a voxel. */
double
MeanSpacing(const ImageBase<3> * volume)
{
  const auto & spacing = volume->GetSpacing();
  return std::cbrt(spacing[0] * spacing[1] * spacing[2]);
}

/** The Gaussian of a level: 2^k voxels of the fixed volume, and none at the last level. */
double
SigmaOf(const VolumeType * fixed, unsigned int level, unsigned int levels)
{
  return level + 1 == levels ? 0.0 : MeanSpacing(fixed) * std::pow(2.0, levels - 1.0 - level);
}

/** The share of the voxels that is drawn, so that the samples fall into the mask. */
double
SampledShare(const RegistrationVolumes & volumes, unsigned int samples)
{
  double voxels = static_cast<double>(volumes.fixed->GetLargestPossibleRegion().GetNumberOfPixels());
  if (volumes.fixedMask)
  {
    const auto *         mask = volumes.fixedMask->GetImage();
    const auto *         begin = mask->GetBufferPointer();
    const std::ptrdiff_t count = mask->GetBufferedRegion().GetNumberOfPixels();
    const double         inside = static_cast<double>(count - std::count(begin, begin + count, 0));
    voxels = std::min(voxels, inside * std::pow(MeanSpacing(mask) / MeanSpacing(volumes.fixed), 3.0));
  }
  return std::min(1.0, samples / std::max(1.0, voxels));
}

ReproducibleMutualInformation::Pointer
MakeMetric(const RegistrationVolumes & volumes, const RegistrationParameters & parameters)
{
  auto metric = ReproducibleMutualInformation::New();
  metric->SetNumberOfHistogramBins(parameters.bins);
  if (parameters.workUnits > 0)
  {
    metric->SetNumberOfWorkUnits(parameters.workUnits);
  }
  metric->SetFixedImageMask(volumes.fixedMask);
  metric->SetMovingImageMask(volumes.movingMask);
  return metric;
}

OptimizerType::Pointer
MakeLinearOptimizer(ReproducibleMutualInformation * metric, double spacing)
{
  using ScalesType = RegistrationParameterScalesFromPhysicalShift<ReproducibleMutualInformation>;
  auto scales = ScalesType::New();
  scales->SetMetric(metric);
  auto optimizer = ConjugateGradientLineSearchOptimizerv4Template<double>::New();
  optimizer->SetScalesEstimator(scales);
  optimizer->SetDoEstimateLearningRateOnce(false);
  optimizer->SetDoEstimateLearningRateAtEachIteration(true);
  optimizer->SetMaximumStepSizeInPhysicalUnits(spacing);
  optimizer->SetLowerLimit(0.0);
  optimizer->SetUpperLimit(2.0);
  optimizer->SetEpsilon(0.2);
  optimizer->SetMaximumLineSearchIterations(20);
  optimizer->SetConvergenceWindowSize(10);
  optimizer->SetMinimumConvergenceValue(1e-6);
  optimizer->SetReturnBestParametersAndValue(true);
  return optimizer.GetPointer();
}

/** How many of the B-spline's cells lie along each axis of the fixed volume at a level. */
RegistrationSpline::MeshSizeType
MeshSizeOf(const RegistrationSpline * spline, const RegistrationParameters & parameters, unsigned int level)
{
  RegistrationSpline::MeshSizeType mesh;
  const double                     spacing = parameters.gridSpacing * std::pow(2.0, parameters.levels - 1.0 - level);
  const auto                       extent = spline->GetTransformDomainPhysicalDimensions();
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    mesh[axis] = std::max<SizeValueType>(1, static_cast<SizeValueType>(extent[axis] / spacing));
  }
  return mesh;
}

/** How far a control point may move along an axis: with 0.4 of their distance, space does not fold (Y. Choi, S. Lee,
 * Injectivity conditions of 2D and 3D uniform cubic B-spline functions, Graphical Models 62, 2000). */
double
CoefficientBound(const RegistrationSpline * spline, const RegistrationParameters & parameters)
{
  const auto mesh = MeshSizeOf(spline, parameters, parameters.levels - 1);
  const auto extent = spline->GetTransformDomainPhysicalDimensions();
  double     bound = std::numeric_limits<double>::max();
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    // Of a movement of 1 along each axis of the patient, the part along this axis of the grid.
    double part = 0.0;
    for (unsigned int other = 0; other < 3; ++other)
    {
      part += std::abs(spline->GetTransformDomainDirection()(other, axis));
    }
    bound = std::min(bound, 0.4 * extent[axis] / static_cast<double>(mesh[axis]) / part);
  }
  return bound;
}

/** L-BFGS-B that takes no scales and does not warn of it: ITK's registration hands it some. */
class SplineOptimizer : public LBFGSBOptimizerv4
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(SplineOptimizer);
  using Self = SplineOptimizer;
  using Superclass = LBFGSBOptimizerv4;
  using Pointer = SmartPointer<Self>;
  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(SplineOptimizer);

  void
  SetScales(const ScalesType &) override
  {}

protected:
  SplineOptimizer() = default;
  ~SplineOptimizer() override = default;
};

OptimizerType::Pointer
MakeSplineOptimizer(const RegistrationSpline * spline, double bound)
{
  auto                                  optimizer = SplineOptimizer::New();
  LBFGSBOptimizerv4::BoundSelectionType selection(spline->GetNumberOfParameters());
  LBFGSBOptimizerv4::BoundValueType     bounds(selection.Size());
  selection.Fill(LBFGSBOptimizerv4::BOTHBOUNDED);
  optimizer->SetBoundSelection(selection);
  bounds.Fill(-bound);
  optimizer->SetLowerBound(bounds);
  bounds.Fill(bound);
  optimizer->SetUpperBound(bounds);
  optimizer->SetCostFunctionConvergenceFactor(1e9);
  optimizer->SetGradientConvergenceTolerance(1e-12);
  optimizer->SetMaximumNumberOfFunctionEvaluations(10000);
  return optimizer.GetPointer();
}

/** Both volumes, smoothed by a Gaussian as ITK's registration would; for a sigma of 0 as they are. */
std::array<VolumeType::Pointer, 2>
SmoothVolumes(const RegistrationVolumes & volumes, double sigma)
{
  if (!(sigma > 0.0))
  {
    return { { volumes.fixed, volumes.moving } };
  }
  auto & smoothed = volumes.smoothed[sigma];
  for (unsigned int k = 0; k < 2; ++k)
  {
    if (!smoothed[k])
    {
      auto smooth = SmoothingRecursiveGaussianImageFilter<VolumeType, VolumeType>::New();
      smooth->SetInput(k == 0 ? volumes.fixed : volumes.moving);
      smooth->SetSigma(sigma);
      smooth->Update();
      smoothed[k] = smooth->GetOutput();
      smoothed[k]->DisconnectPipeline();
    }
  }
  return smoothed;
}

/** ITK's registration at one level. */
RegistrationType::Pointer
MakeRegistration(const RegistrationVolumes & volumes, unsigned int level, const RegistrationParameters & parameters)
{
  auto       registration = RegistrationType::New();
  const auto smoothed = SmoothVolumes(volumes, SigmaOf(volumes.fixed, level, parameters.levels));
  registration->SetFixedImage(smoothed[0]);
  registration->SetMovingImage(smoothed[1]);
  registration->InPlaceOn();
  registration->SetInitializeCenterOfLinearOutputTransform(false);
  registration->SetNumberOfLevels(1);
  RegistrationType::ShrinkFactorsArrayType shrink(1);
  shrink.Fill(1);
  registration->SetShrinkFactorsPerLevel(shrink);
  RegistrationType::SmoothingSigmasArrayType sigma(1);
  sigma.Fill(0.0);
  registration->SetSmoothingSigmasPerLevel(sigma);
  registration->SetMetricSamplingStrategy(RegistrationType::MetricSamplingStrategyEnum::RANDOM);
  registration->SetMetricSamplingPercentage(SampledShare(volumes, parameters.samples));
  registration->MetricSamplingReinitializeSeed(SamplingSeed + static_cast<int>(level));
  return registration;
}

/** Improves `transform`, which is applied before `later`, if there is one, at one level. */
RegistrationLevelReport
RunLevel(const RegistrationVolumes &     volumes,
         RegistrationTransform *         transform,
         RegistrationTransform *         later,
         ReproducibleMutualInformation * metric,
         OptimizerType *                 optimizer,
         unsigned int                    level,
         const std::string &             stage,
         const RegistrationParameters &  parameters)
{
  RegistrationLevelReport report;
  report.sigma = SigmaOf(volumes.fixed, level, parameters.levels);
  const auto registration = MakeRegistration(volumes, level, parameters);
  registration->SetMetric(metric);
  registration->SetOptimizer(optimizer);
  registration->SetInitialTransform(transform);
  if (later)
  {
    registration->SetMovingInitialTransform(later);
  }
  optimizer->SetNumberOfIterations(parameters.iterations);
  optimizer->AddObserver(StartEvent(),
                         [&](const EventObject &)
                         {
                           report.informationBefore = -metric->GetValue();
                           if (metric->GetNumberOfValidPoints() == 0)
                           {
                             throw std::invalid_argument("The volumes, as they are placed, do not overlap.");
                           }
                         });
  optimizer->AddObserver(IterationEvent(),
                         [&](const EventObject &)
                         {
                           const double done =
                             static_cast<double>(optimizer->GetCurrentIteration()) / parameters.iterations;
                           if (parameters.progress)
                           {
                             parameters.progress(stage, (level + std::min(1.0, done)) / parameters.levels);
                           }
                         });
  const RegistrationTransform::ParametersType before = transform->GetParameters();
  registration->Update();
  report.informationAfter = -metric->GetValue();
  // The last step may end beyond the best place.
  if (report.informationAfter < report.informationBefore)
  {
    transform->SetParameters(before);
    report.informationAfter = -metric->GetValue();
  }
  report.iterations = static_cast<unsigned int>(optimizer->GetCurrentIteration());
  report.samples = metric->GetNumberOfValidPoints();
  report.stop = optimizer->GetStopConditionDescription();
  return report;
}
} // namespace

bool
IsRegistrationAvailable()
{
  return true;
}

void
VerifyExtents(const ImageBase<3> * volume)
{
  const auto size = volume->GetLargestPossibleRegion().GetSize();
  const auto least = *std::min_element(size.begin(), size.end());
  if (least < 4)
  {
    throw std::invalid_argument("the volume has " + std::to_string(least) +
                                " voxels along an axis, but registration by intensities needs at least 4.");
  }
}

VolumeType::Pointer
Prepare(const VolumeType * volume)
{
  VerifyExtents(volume);
  const auto         region = volume->GetLargestPossibleRegion();
  const auto         count = region.GetNumberOfPixels();
  const float *      values = volume->GetBufferPointer();
  std::vector<float> sorted(values, values + count);
  const std::size_t  cut = count / 1000;
  std::nth_element(sorted.begin(), sorted.begin() + cut, sorted.end());
  const float low = sorted[cut];
  std::nth_element(sorted.begin(), sorted.end() - 1 - cut, sorted.end());
  const float high = sorted[count - 1 - cut];
  if (!(high > low))
  {
    std::ostringstream value;
    value << low;
    throw std::invalid_argument("all but a thousandth of the voxels have the value " + value.str() +
                                ", so that there is nothing to register by.");
  }
  auto prepared = VolumeType::New();
  prepared->CopyInformation(volume);
  prepared->SetRegions(region);
  prepared->Allocate();
  std::transform(values,
                 values + count,
                 prepared->GetBufferPointer(),
                 [=](float value) { return std::clamp(value, low, high) - low; });
  return prepared;
}

RegistrationRigid::Pointer
MatchCenters(const RegistrationVolumes & volumes, bool isOfMass)
{
  auto rigid = RegistrationRigid::New();
  auto initializer = CenteredTransformInitializer<RegistrationRigid, VolumeType, VolumeType>::New();
  initializer->SetFixedImage(volumes.fixed);
  initializer->SetMovingImage(volumes.moving);
  initializer->SetTransform(rigid);
  isOfMass ? initializer->MomentsOn() : initializer->GeometryOn();
  initializer->InitializeTransform();
  return rigid;
}

RegistrationAffine::Pointer
AffineOf(const MatrixOffsetTransformBase<double, 3, 3> * linear)
{
  auto affine = RegistrationAffine::New();
  affine->SetCenter(linear->GetCenter());
  affine->SetMatrix(linear->GetMatrix());
  affine->SetTranslation(linear->GetTranslation());
  return affine;
}

double
OverlapOf(const RegistrationVolumes & volumes, const RegistrationTransform * transform)
{
  constexpr int       count = 32;
  const LinearSampler moving(volumes.moving);
  const auto          region = volumes.fixed->GetLargestPossibleRegion();
  std::size_t         all = 0;
  std::size_t         common = 0;
  for (int i = 0; i < count * count * count; ++i)
  {
    const int                  at[] = { i % count, i / count % count, i / count / count };
    ContinuousIndex<double, 3> index;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      index[axis] = region.GetIndex(axis) + (at[axis] + 0.5) / count * (region.GetSize(axis) - 1.0);
    }
    Point<double, 3> point;
    volumes.fixed->TransformContinuousIndexToPhysicalPoint(index, point);
    if (volumes.fixedMask && !volumes.fixedMask->IsInsideInWorldSpace(point))
    {
      continue;
    }
    ++all;
    const auto mapped = transform->TransformPoint(point);
    const bool isInMask = !volumes.movingMask || volumes.movingMask->IsInsideInWorldSpace(mapped);
    common += isInMask && moving.IsInside(moving.PositionOf({ { mapped[0], mapped[1], mapped[2] } })) ? 1 : 0;
  }
  return all == 0 ? 0.0 : static_cast<double>(common) / static_cast<double>(all);
}

RegistrationStageReport
Register(const RegistrationVolumes &    volumes,
         RegistrationTransform *        transform,
         const std::string &            name,
         const RegistrationParameters & parameters)
{
  const auto              start = std::chrono::steady_clock::now();
  RegistrationStageReport report{ name };
  for (unsigned int level = 0; level < parameters.levels; ++level)
  {
    const double spacing = MeanSpacing(volumes.fixed) * std::pow(2.0, parameters.levels - 1.0 - level);
    const auto   metric = MakeMetric(volumes, parameters);
    const auto   optimizer = MakeLinearOptimizer(metric, spacing);
    report.levels.push_back(RunLevel(volumes, transform, nullptr, metric, optimizer, level, name, parameters));
  }
  report.seconds = SecondsSince(start);
  return report;
}

RegistrationStageReport
RegisterDeformable(const RegistrationVolumes &    volumes,
                   RegistrationTransform *        linear,
                   RegistrationSpline::Pointer &  spline,
                   const RegistrationParameters & parameters)
{
  const auto              start = std::chrono::steady_clock::now();
  RegistrationStageReport report{ "deformable" };
  spline = RegistrationSpline::New();
  auto initializer = BSplineTransformInitializer<RegistrationSpline, VolumeType>::New();
  initializer->SetTransform(spline);
  initializer->SetImage(volumes.fixed);
  initializer->InitializeTransform();
  spline->SetIdentity();
  for (unsigned int level = 0; level < parameters.levels; ++level)
  {
    auto adaptor = BSplineTransformParametersAdaptor<RegistrationSpline>::New();
    adaptor->SetTransform(spline);
    adaptor->SetRequiredTransformDomainOrigin(spline->GetTransformDomainOrigin());
    adaptor->SetRequiredTransformDomainDirection(spline->GetTransformDomainDirection());
    adaptor->SetRequiredTransformDomainPhysicalDimensions(spline->GetTransformDomainPhysicalDimensions());
    adaptor->SetRequiredTransformDomainMeshSize(MeshSizeOf(spline, parameters, level));
    adaptor->AdaptTransformParameters();
    const auto metric = MakeMetric(volumes, parameters);
    const auto optimizer = MakeSplineOptimizer(spline, CoefficientBound(spline, parameters));
    report.levels.push_back(RunLevel(volumes, spline, linear, metric, optimizer, level, report.name, parameters));
  }
  report.seconds = SecondsSince(start);
  return report;
}
} // namespace colorization
} // namespace itk
