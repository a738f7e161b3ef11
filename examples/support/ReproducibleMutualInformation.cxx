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
#include "ReproducibleMutualInformation.h"

#include "itkBSplineTransform.h"
#include "itkCompositeTransform.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace
{
constexpr std::size_t ChunkCount = 32;

using TransformType = itk::Transform<double, 3, 3>;
using CompositeType = itk::CompositeTransform<double, 3>;
using SplineType = itk::BSplineTransform<double, 3, 3>;

/** The transform that is optimised: of several, the one that is applied first. */
const TransformType *
OptimizedOf(const TransformType * transform)
{
  const auto * composite = dynamic_cast<const CompositeType *>(transform);
  return composite ? composite->GetBackTransform() : transform;
}

/** The gradient of the moving volume with respect to what the first transform makes of a point. */
itk::CovariantVector<double, 3>
BeforeLaterTransforms(const TransformType *                   transform,
                      itk::Point<double, 3>                   point,
                      const itk::CovariantVector<double, 3> & gradient)
{
  const auto * composite = dynamic_cast<const CompositeType *>(transform);
  if (!composite || composite->GetNumberOfTransforms() < 2)
  {
    return gradient;
  }
  itk::Matrix<double, 3, 3> jacobian;
  jacobian.SetIdentity();
  for (itk::SizeValueType k = composite->GetNumberOfTransforms() - 1; k-- > 0;)
  {
    const auto                          later = composite->GetNthTransformConstPointer(k);
    TransformType::JacobianPositionType step;
    later->ComputeJacobianWithRespectToPosition(point, step);
    jacobian = itk::Matrix<double, 3, 3>(step) * jacobian;
    point = later->TransformPoint(point);
  }
  itk::CovariantVector<double, 3> result;
  result.SetVnlVector(jacobian.GetTranspose() * gradient.GetVnlVector());
  return result;
}
} // namespace

ReproducibleMutualInformation::ReproducibleMutualInformation()
  : m_MultiThreader(itk::MultiThreaderBase::New())
  , m_ParallelFor(itk::colorization::MakeParallelFor(m_MultiThreader))
{}

void
ReproducibleMutualInformation::ForEachChunk(
  const std::function<void(std::size_t, std::size_t, std::size_t)> & body) const
{
  const std::size_t count = m_Samples.size();
  m_ParallelFor(ChunkCount,
                [&](std::size_t chunk) { body(chunk, chunk * count / ChunkCount, (chunk + 1) * count / ChunkCount); });
}

ReproducibleMutualInformation::MappedSample
ReproducibleMutualInformation::MapSample(const VirtualPointType & point, bool withGradient) const
{
  MappedSample         sample{ -1, 0.0, MovingImageGradientType(0.0) };
  FixedImagePointType  fixedPoint;
  FixedImagePixelType  fixedValue;
  MovingImagePointType movingPoint;
  MovingImagePixelType movingValue;
  if (!this->TransformAndEvaluateFixedPoint(point, fixedPoint, fixedValue) ||
      !this->TransformAndEvaluateMovingPoint(point, movingPoint, movingValue) ||
      movingValue < this->m_MovingImageTrueMin || movingValue > this->m_MovingImageTrueMax)
  {
    return sample;
  }
  sample.fixedBin = this->ComputeSingleFixedImageParzenWindowIndex(fixedValue);
  sample.movingTerm = movingValue / this->m_MovingImageBinSize - this->m_MovingImageNormalizedMin;
  if (withGradient)
  {
    this->ComputeMovingImageGradientAtPoint(movingPoint, sample.gradient);
  }
  return sample;
}

void
ReproducibleMutualInformation::AddToHistogram(const MappedSample & sample, std::vector<double> & histogram) const
{
  const auto bins = static_cast<itk::OffsetValueType>(this->m_NumberOfHistogramBins);
  const auto center =
    std::clamp<itk::OffsetValueType>(static_cast<itk::OffsetValueType>(sample.movingTerm), 2, bins - 3);
  for (itk::OffsetValueType k = center - 1; k <= center + 2; ++k)
  {
    histogram[sample.fixedBin * bins + k] +=
      this->m_CubicBSplineKernel->Evaluate(static_cast<double>(k) - sample.movingTerm);
  }
}

void
ReproducibleMutualInformation::MapSamples(bool withGradients) const
{
  const auto *      points = this->m_VirtualSampledPointSet->GetPoints();
  const std::size_t cells = this->m_NumberOfHistogramBins * this->m_NumberOfHistogramBins;
  m_Samples.resize(points->Size());
  std::vector<std::vector<double>> histograms(ChunkCount, std::vector<double>(cells, 0.0));
  std::vector<std::size_t>         valid(ChunkCount, 0);
  this->ForEachChunk(
    [&](std::size_t chunk, std::size_t begin, std::size_t end)
    {
      for (std::size_t i = begin; i < end; ++i)
      {
        m_Samples[i] = this->MapSample(points->ElementAt(i), withGradients);
        if (m_Samples[i].fixedBin >= 0)
        {
          this->AddToHistogram(m_Samples[i], histograms[chunk]);
          ++valid[chunk];
        }
      }
    });
  m_JointHistogram.assign(cells, 0.0);
  this->m_NumberOfValidPoints = 0;
  for (std::size_t chunk = 0; chunk < ChunkCount; ++chunk)
  {
    std::transform(histograms[chunk].begin(),
                   histograms[chunk].end(),
                   m_JointHistogram.begin(),
                   m_JointHistogram.begin(),
                   std::plus<double>());
    this->m_NumberOfValidPoints += valid[chunk];
  }
}

ReproducibleMutualInformation::MeasureType
ReproducibleMutualInformation::ComputeValue() const
{
  if (this->m_NumberOfValidPoints == 0)
  {
    itkExceptionMacro("The volumes, as they are placed, do not overlap.");
  }
  const std::size_t   bins = this->m_NumberOfHistogramBins;
  const double        total = static_cast<double>(this->m_NumberOfValidPoints);
  std::vector<double> fixed(bins, 0.0);
  std::vector<double> moving(bins, 0.0);
  for (std::size_t f = 0; f < bins; ++f)
  {
    for (std::size_t m = 0; m < bins; ++m)
    {
      double & joint = m_JointHistogram[f * bins + m];
      joint /= total;
      fixed[f] += joint;
      moving[m] += joint;
    }
  }
  constexpr double none = std::numeric_limits<double>::epsilon();
  m_LogRatios.assign(bins * bins, 0.0);
  double information = 0.0;
  for (std::size_t f = 0; f < bins; ++f)
  {
    for (std::size_t m = 0; m < bins; ++m)
    {
      const double joint = m_JointHistogram[f * bins + m];
      if (joint > none && fixed[f] > none && moving[m] > none)
      {
        m_LogRatios[f * bins + m] = std::log(joint / moving[m]);
        information += joint * (m_LogRatios[f * bins + m] - std::log(fixed[f]));
      }
    }
  }
  this->m_Value = -information;
  return this->m_Value;
}

double
ReproducibleMutualInformation::WeightOf(const MappedSample & sample) const
{
  const auto bins = static_cast<itk::OffsetValueType>(this->m_NumberOfHistogramBins);
  const auto center =
    std::clamp<itk::OffsetValueType>(static_cast<itk::OffsetValueType>(sample.movingTerm), 2, bins - 3);
  double weight = 0.0;
  for (itk::OffsetValueType k = center - 1; k <= center + 2; ++k)
  {
    weight += m_LogRatios[sample.fixedBin * bins + k] *
              this->m_CubicBSplineDerivativeKernel->Evaluate(static_cast<double>(k) - sample.movingTerm);
  }
  return -weight / (this->m_MovingImageBinSize * static_cast<double>(this->m_NumberOfValidPoints));
}

void
ReproducibleMutualInformation::SumDerivative(std::size_t begin, std::size_t end, std::vector<double> & sum) const
{
  const auto * points = this->m_VirtualSampledPointSet->GetPoints();
  JacobianType jacobian(3, static_cast<unsigned int>(sum.size()));
  JacobianType positions(3, 3);
  for (std::size_t i = begin; i < end; ++i)
  {
    const MappedSample & sample = m_Samples[i];
    if (sample.fixedBin < 0)
    {
      continue;
    }
    const double weight = this->WeightOf(sample);
    this->m_MovingTransform->ComputeJacobianWithRespectToParametersCachedTemporaries(points->ElementAt(i),
                                                                                     jacobian,
                                                                                     positions);
    for (unsigned int k = 0; k < sum.size(); ++k)
    {
      sum[k] += weight * (jacobian(0, k) * sample.gradient[0] + jacobian(1, k) * sample.gradient[1] +
                          jacobian(2, k) * sample.gradient[2]);
    }
  }
}

void
ReproducibleMutualInformation::SumSplineDerivative(std::size_t begin, std::size_t end, std::vector<double> & sum) const
{
  const auto *                        points = this->m_VirtualSampledPointSet->GetPoints();
  const auto *                        transform = this->m_MovingTransform.GetPointer();
  const auto *                        spline = static_cast<const SplineType *>(OptimizedOf(transform));
  const std::size_t                   stride = spline->GetNumberOfParametersPerDimension();
  SplineType::WeightsType             weights(spline->GetNumberOfWeights());
  SplineType::ParameterIndexArrayType indices(spline->GetNumberOfWeights());
  for (std::size_t i = begin; i < end; ++i)
  {
    const MappedSample & sample = m_Samples[i];
    if (sample.fixedBin < 0)
    {
      continue;
    }
    SplineType::OutputPointType mapped;
    bool                        isInside = false;
    spline->TransformPoint(points->ElementAt(i), mapped, weights, indices, isInside);
    if (!isInside)
    {
      continue;
    }
    const auto gradient = BeforeLaterTransforms(transform, mapped, sample.gradient) * this->WeightOf(sample);
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      for (unsigned int k = 0; k < weights.Size(); ++k)
      {
        sum[axis * stride + indices[k]] += weights[k] * gradient[axis];
      }
    }
  }
}

ReproducibleMutualInformation::MeasureType
ReproducibleMutualInformation::GetValue() const
{
  this->MapSamples(false);
  return this->ComputeValue();
}

void
ReproducibleMutualInformation::GetValueAndDerivative(MeasureType & value, DerivativeType & derivative) const
{
  this->MapSamples(true);
  value = this->ComputeValue();
  const std::size_t parameters = this->GetNumberOfParameters();
  const bool isSpline = dynamic_cast<const SplineType *>(OptimizedOf(this->m_MovingTransform.GetPointer())) != nullptr;
  std::vector<std::vector<double>> sums(ChunkCount, std::vector<double>(parameters, 0.0));
  this->ForEachChunk(
    [&](std::size_t chunk, std::size_t begin, std::size_t end)
    { isSpline ? this->SumSplineDerivative(begin, end, sums[chunk]) : this->SumDerivative(begin, end, sums[chunk]); });
  derivative.SetSize(parameters);
  derivative.Fill(0.0);
  for (const std::vector<double> & sum : sums)
  {
    for (std::size_t k = 0; k < parameters; ++k)
    {
      derivative[k] += sum[k];
    }
  }
}
