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
#include "../src/registration/itkReproducibleMutualInformation.h"

#include "itkAffineTransform.h"
#include "itkBSplineTransform.h"
#include "itkBSplineTransformInitializer.h"
#include "itkCompositeTransform.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkMattesMutualInformationImageToImageMetricv4.h"
#include "itkVersorRigid3DTransform.h"

#include <gtest/gtest.h>

#include <cmath>

namespace
{
using VolumeType = itk::Image<float, 3>;
using itk::ReproducibleMutualInformation;
using ItkMetricType = itk::MattesMutualInformationImageToImageMetricv4<VolumeType, VolumeType>;
using AffineType = itk::AffineTransform<double, 3>;
using SplineType = itk::BSplineTransform<double, 3, 3>;
using CompositeType = itk::CompositeTransform<double, 3>;

/** Waves of 24 x 26 x 22 voxels, with a shift of `phase`. */
VolumeType::Pointer
MakeWaves(double phase)
{
  auto volume = VolumeType::New();
  volume->SetRegions(VolumeType::SizeType{ { 24, 26, 22 } });
  volume->SetSpacing(VolumeType::SpacingType(1.5));
  volume->Allocate();
  for (itk::ImageRegionIteratorWithIndex<VolumeType> it(volume, volume->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto & p = it.GetIndex();
    it.Set(static_cast<float>(100.0 * std::sin(0.31 * p[0] + phase) * std::cos(0.27 * p[1] - phase) +
                              30.0 * std::sin(0.4 * p[2] + 0.1 * p[0])));
  }
  return volume;
}

template <typename TMetric>
typename TMetric::Pointer
MakeMetric(itk::Transform<double, 3, 3> * transform)
{
  auto points = TMetric::VirtualPointSetType::New();
  for (unsigned int i = 0; i < 3000; ++i)
  {
    typename TMetric::VirtualPointType point;
    point[0] = 2.0 + i * 7 % 31;
    point[1] = 2.0 + i * 11 % 33;
    point[2] = 2.0 + i * 13 % 28;
    points->SetPoint(i, point);
  }
  auto metric = TMetric::New();
  metric->SetFixedImage(MakeWaves(0.0));
  metric->SetMovingImage(MakeWaves(0.3));
  metric->SetMovingTransform(transform);
  metric->SetNumberOfHistogramBins(24);
  metric->SetUseFixedImageGradientFilter(false);
  metric->SetUseMovingImageGradientFilter(false);
  metric->SetVirtualSampledPointSet(points);
  metric->SetUseSampledPointSet(true);
  metric->SetUseVirtualSampledPointSet(true);
  metric->Initialize();
  return metric;
}

AffineType::Pointer
MakeAffine()
{
  auto                      affine = AffineType::New();
  itk::Matrix<double, 3, 3> matrix;
  matrix.SetIdentity();
  matrix(0, 1) = 0.07;
  matrix(1, 0) = -0.05;
  matrix(2, 2) = 0.96;
  affine->SetMatrix(matrix);
  return affine;
}

/** A B-spline, applied before an affine transform, of which it alone is optimised. */
CompositeType::Pointer
MakeComposite()
{
  auto spline = SplineType::New();
  auto initializer = itk::BSplineTransformInitializer<SplineType, VolumeType>::New();
  initializer->SetTransform(spline);
  initializer->SetImage(MakeWaves(0.0));
  initializer->SetTransformDomainMeshSize(SplineType::MeshSizeType{ { 3, 2, 3 } });
  initializer->InitializeTransform();
  SplineType::ParametersType parameters(spline->GetNumberOfParameters());
  for (unsigned int k = 0; k < parameters.Size(); ++k)
  {
    parameters[k] = std::sin(1.7 * k);
  }
  spline->SetParameters(parameters);
  auto composite = CompositeType::New();
  composite->AddTransform(MakeAffine());
  composite->AddTransform(spline);
  composite->SetOnlyMostRecentTransformToOptimizeOn();
  return composite;
}

/** Value and derivative are ITK's. */
void
ExpectItks(itk::Transform<double, 3, 3> * transform)
{
  const auto         ours = MakeMetric<ReproducibleMutualInformation>(transform);
  const auto         theirs = MakeMetric<ItkMetricType>(transform);
  double             ourValue = 0.0;
  double             theirValue = 0.0;
  itk::Array<double> ourDerivative;
  itk::Array<double> theirDerivative;
  ours->GetValueAndDerivative(ourValue, ourDerivative);
  theirs->GetValueAndDerivative(theirValue, theirDerivative);
  EXPECT_LT(ourValue, -0.1);
  EXPECT_NEAR(ourValue, theirValue, 1e-10);
  EXPECT_EQ(ours->GetNumberOfValidPoints(), theirs->GetNumberOfValidPoints());
  ASSERT_EQ(ourDerivative.Size(), theirDerivative.Size());
  const double scale = theirDerivative.inf_norm();
  EXPECT_GT(scale, 0.0);
  for (unsigned int k = 0; k < ourDerivative.Size(); ++k)
  {
    EXPECT_NEAR(ourDerivative[k], theirDerivative[k], 1e-9 * scale) << k;
  }
  EXPECT_EQ(ours->GetValue(), ourValue);
}
} // namespace

TEST(ReproducibleMutualInformation, IsItksForAnAffineTransform)
{
  ExpectItks(MakeAffine());
}

TEST(ReproducibleMutualInformation, IsItksForABSplineBeforeAnAffineTransform)
{
  ExpectItks(MakeComposite());
}

TEST(ReproducibleMutualInformation, HasTheSameBitsForAnyNumberOfThreads)
{
  const auto          composite = MakeComposite();
  const auto          before = itk::MultiThreaderBase::GetGlobalMaximumNumberOfThreads();
  std::vector<double> values;
  itk::Array<double>  first;
  for (const itk::ThreadIdType threads : { 1u, 2u, 5u })
  {
    itk::MultiThreaderBase::SetGlobalMaximumNumberOfThreads(threads);
    double             value = 0.0;
    itk::Array<double> derivative;
    MakeMetric<ReproducibleMutualInformation>(composite)->GetValueAndDerivative(value, derivative);
    values.push_back(value);
    first = first.Size() == 0 ? derivative : first;
    EXPECT_EQ(derivative, first) << threads;
  }
  itk::MultiThreaderBase::SetGlobalMaximumNumberOfThreads(before);
  EXPECT_EQ(values[0], values[1]);
  EXPECT_EQ(values[0], values[2]);
}

TEST(ReproducibleMutualInformation, IsItksForARigidTransformBeforeAnAffineOne)
{
  auto rigid = itk::VersorRigid3DTransform<double>::New();
  rigid->SetCenter(itk::Point<double, 3>(11.0));
  itk::Versor<double> versor;
  versor.SetRotationAroundX(0.1);
  rigid->SetRotation(versor);
  auto composite = CompositeType::New();
  composite->AddTransform(MakeAffine());
  composite->AddTransform(rigid);
  composite->SetOnlyMostRecentTransformToOptimizeOn();
  ExpectItks(rigid);
  ExpectItks(composite);
}

TEST(ReproducibleMutualInformation, IsZeroWhereVolumesDoNotOverlap)
{
  auto affine = AffineType::New();
  affine->SetTranslation(itk::Vector<double, 3>(1000.0));
  const auto         metric = MakeMetric<ReproducibleMutualInformation>(affine);
  double             value = -1.0;
  itk::Array<double> derivative;
  metric->GetValueAndDerivative(value, derivative);
  EXPECT_EQ(value, 0.0);
  EXPECT_EQ(metric->GetValue(), 0.0);
  EXPECT_EQ(metric->GetNumberOfValidPoints(), 0u);
  ASSERT_EQ(derivative.Size(), 12u);
  EXPECT_EQ(derivative.inf_norm(), 0.0);
  affine->SetIdentity();
  EXPECT_LT(metric->GetValue(), -0.1);
}
