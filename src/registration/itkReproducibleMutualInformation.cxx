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
#include "itkReproducibleMutualInformation.h"

#include "itkImageRegionConstIteratorWithIndex.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace itk
{
namespace
{
constexpr std::size_t ChunkCount = 32;
/** Bins at each end of the histogram that no value is in the middle of. */
constexpr std::size_t Padding = 2;
} // namespace

ReproducibleMutualInformation::ReproducibleMutualInformation()
  : m_MultiThreader(MultiThreaderBase::New())
  , m_ParallelFor(colorization::MakeParallelFor(m_MultiThreader))
{
  this->SetUseFixedImageGradientFilter(false);
  this->SetUseMovingImageGradientFilter(false);
}

void
ReproducibleMutualInformation::SetNumberOfWorkUnits(ThreadIdType workUnits)
{
  m_MultiThreader->SetNumberOfWorkUnits(workUnits);
}

void
ReproducibleMutualInformation::Initialize()
{
  // Not Mattes's, which finds ranges for itself, voxel by voxel.
  ImageToImageMetricv4<VolumeType, VolumeType>::Initialize();
  m_Bins = this->GetNumberOfHistogramBins();
  if (m_Bins < 2 * Padding + 1)
  {
    itkExceptionMacro("NumberOfHistogramBins is " << m_Bins << ", but has to be at least " << 2 * Padding + 1 << '.');
  }
  if (!this->m_UseSampledPointSet || !this->m_UseVirtualSampledPointSet)
  {
    itkExceptionMacro("There is no virtual sampled point set, but this metric works on nothing else.");
  }
  m_Sampler = colorization::LinearSampler(this->m_MovingImage);
  this->CollectFixedSamples();
  this->FindMovingRange();
}

ReproducibleMutualInformation::Binning
ReproducibleMutualInformation::BinningOf(double lowest, double highest, const char * what) const
{
  if (!(highest > lowest))
  {
    itkExceptionMacro("All that is compared of the " << what << " volume has the value " << lowest
                                                     << ", so that there is nothing to register by.");
  }
  const double width = (highest - lowest) / static_cast<double>(m_Bins - 2 * Padding);
  return { lowest, highest, width, lowest / width - static_cast<double>(Padding) };
}

void
ReproducibleMutualInformation::CollectFixedSamples()
{
  const auto * points = this->m_VirtualSampledPointSet->GetPoints();
  double       lowest = std::numeric_limits<double>::max();
  double       highest = std::numeric_limits<double>::lowest();
  // By where they are in memory, so that neighbors are looked up one after the other.
  struct Found
  {
    OffsetValueType       offset;
    std::array<double, 3> point;
    float                 value;
  };
  std::vector<Found> found;
  found.reserve(points->Size());
  for (const VirtualPointType point : points->CastToSTLConstContainer())
  {
    FixedImagePointType   fixedPoint = this->m_FixedTransform->TransformPoint(point);
    VolumeType::IndexType index;
    // The range is that of the voxels beneath the points, masked or not.
    if (this->m_FixedImage->TransformPhysicalPointToIndex(fixedPoint, index))
    {
      const double voxel = this->m_FixedImage->GetPixel(index);
      lowest = std::min(lowest, voxel);
      highest = std::max(highest, voxel);
      FixedImagePixelType value;
      if (this->TransformAndEvaluateFixedPoint(point, fixedPoint, value))
      {
        found.push_back({ this->m_FixedImage->ComputeOffset(index), { { point[0], point[1], point[2] } }, value });
      }
    }
  }
  m_FixedSamples.clear();
  if (found.empty())
  {
    return;
  }
  std::stable_sort(found.begin(), found.end(), [](const Found & a, const Found & b) { return a.offset < b.offset; });
  const Binning binning = this->BinningOf(lowest, highest, "fixed");
  const auto    most = static_cast<double>(m_Bins - Padding - 1);
  for (const Found & one : found)
  {
    const double term = std::floor(one.value / binning.width - binning.first);
    m_FixedSamples.push_back(
      { one.point, static_cast<std::size_t>(std::clamp(term, static_cast<double>(Padding), most)) });
  }
}

void
ReproducibleMutualInformation::FindMovingRange()
{
  float lowest = std::numeric_limits<float>::max();
  float highest = std::numeric_limits<float>::lowest();
  for (ImageRegionConstIteratorWithIndex<VolumeType> it(this->m_MovingImage, this->m_MovingImage->GetBufferedRegion());
       !it.IsAtEnd();
       ++it)
  {
    if (it.Get() < lowest || it.Get() > highest)
    {
      MovingImagePointType point;
      this->m_MovingImage->TransformIndexToPhysicalPoint(it.GetIndex(), point);
      if (!this->m_MovingImageMask || this->m_MovingImageMask->IsInsideInWorldSpace(point))
      {
        lowest = std::min(lowest, it.Get());
        highest = std::max(highest, it.Get());
      }
    }
  }
  m_MovingBinning = this->BinningOf(lowest, highest, "moving");
}

void
ReproducibleMutualInformation::ForEachChunk(
  const std::function<void(std::size_t, std::size_t, std::size_t)> & body) const
{
  const std::size_t count = m_FixedSamples.size();
  m_ParallelFor(ChunkCount,
                [&](std::size_t chunk) { body(chunk, chunk * count / ChunkCount, (chunk + 1) * count / ChunkCount); });
}

ReproducibleMutualInformation::MovingSample
ReproducibleMutualInformation::MapSample(const colorization::SplineThenLinear & map,
                                         const std::array<double, 3> &          point,
                                         bool                                   withGradient) const
{
  MovingSample sample{ -1.0, {} };
  const auto   moved = map.Map(point);
  if (this->m_MovingImageMask)
  {
    MovingImagePointType at;
    std::copy(moved.begin(), moved.end(), at.Begin());
    if (!this->m_MovingImageMask->IsInsideInWorldSpace(at))
    {
      return sample;
    }
  }
  const auto position = m_Sampler.PositionOf(moved);
  if (!m_Sampler.IsInside(position))
  {
    return sample;
  }
  const auto value = static_cast<float>(m_Sampler.ValueAt(position));
  // At the edge of a mask, values may come from beyond it.
  if (value < m_MovingBinning.lowest || value > m_MovingBinning.highest)
  {
    return sample;
  }
  sample.term = value / m_MovingBinning.width - m_MovingBinning.first;
  if (withGradient)
  {
    sample.gradient = m_Sampler.GradientAt(position);
  }
  return sample;
}

std::size_t
ReproducibleMutualInformation::CenterOf(const MovingSample & sample) const
{
  return std::clamp(static_cast<std::size_t>(sample.term), Padding, m_Bins - Padding - 1);
}

void
ReproducibleMutualInformation::AddToHistogram(std::size_t           row,
                                              const MovingSample &  sample,
                                              std::vector<double> & histogram) const
{
  const std::size_t center = this->CenterOf(sample);
  const auto        weights = colorization::CubicBSplineWeights(sample.term - static_cast<double>(center));
  double * const    bins = histogram.data() + row * m_Bins + center - 1;
  for (std::size_t k = 0; k < 4; ++k)
  {
    bins[k] += weights[k];
  }
}

void
ReproducibleMutualInformation::MapSamples(const colorization::SplineThenLinear & map, bool withGradients) const
{
  const std::size_t cells = m_Bins * m_Bins;
  m_MovingSamples.resize(m_FixedSamples.size());
  std::vector<std::vector<double>> histograms(ChunkCount, std::vector<double>(cells, 0.0));
  std::vector<std::size_t>         valid(ChunkCount, 0);
  this->ForEachChunk(
    [&](std::size_t chunk, std::size_t begin, std::size_t end)
    {
      for (std::size_t i = begin; i < end; ++i)
      {
        m_MovingSamples[i] = this->MapSample(map, m_FixedSamples[i].point, withGradients);
        if (m_MovingSamples[i].term >= 0.0)
        {
          this->AddToHistogram(m_FixedSamples[i].bin, m_MovingSamples[i], histograms[chunk]);
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
  const std::size_t bins = m_Bins;
  m_LogRatios.assign(bins * bins, 0.0);
  this->m_Value = 0.0;
  if (this->m_NumberOfValidPoints == 0)
  {
    return this->m_Value;
  }
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
  double           information = 0.0;
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
ReproducibleMutualInformation::WeightOf(std::size_t row, const MovingSample & sample) const
{
  const std::size_t    center = this->CenterOf(sample);
  const auto           slopes = colorization::CubicBSplineDerivatives(sample.term - static_cast<double>(center));
  const double * const ratios = m_LogRatios.data() + row * m_Bins + center - 1;
  const double weight = ratios[0] * slopes[0] + ratios[1] * slopes[1] + ratios[2] * slopes[2] + ratios[3] * slopes[3];
  return -weight / (m_MovingBinning.width * static_cast<double>(this->m_NumberOfValidPoints));
}

void
ReproducibleMutualInformation::SumLinearDerivative(const colorization::SplineThenLinear & map,
                                                   DerivativeType &                       derivative) const
{
  using VectorType = colorization::SplineThenLinear::PointType;
  using MatrixType = colorization::SplineThenLinear::MatrixType;
  std::vector<std::pair<VectorType, MatrixType>> sums(ChunkCount);
  const auto &                                   center = map.GetCenter();
  this->ForEachChunk(
    [&](std::size_t chunk, std::size_t begin, std::size_t end)
    {
      VectorType gradients{};
      MatrixType moments{};
      for (std::size_t i = begin; i < end; ++i)
      {
        const MovingSample & sample = m_MovingSamples[i];
        const auto &         point = m_FixedSamples[i].point;
        const double         weight = sample.term >= 0.0 ? this->WeightOf(m_FixedSamples[i].bin, sample) : 0.0;
        for (unsigned int axis = 0; axis < 3; ++axis)
        {
          const double slope = weight * sample.gradient[axis];
          gradients[axis] += slope;
          for (unsigned int other = 0; other < 3; ++other)
          {
            moments[axis][other] += slope * (point[other] - center[other]);
          }
        }
      }
      sums[chunk] = { gradients, moments };
    });
  VectorType gradients{};
  MatrixType moments{};
  for (const auto & sum : sums)
  {
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      gradients[axis] += sum.first[axis];
      for (unsigned int other = 0; other < 3; ++other)
      {
        moments[axis][other] += sum.second[axis][other];
      }
    }
  }
  const std::vector<double> result = map.LinearDerivative(gradients, moments);
  std::copy(result.begin(), result.end(), derivative.begin());
}

void
ReproducibleMutualInformation::SumSplineDerivative(const colorization::SplineThenLinear & map,
                                                   DerivativeType &                       derivative) const
{
  std::vector<std::vector<double>> sums(ChunkCount);
  this->ForEachChunk(
    [&](std::size_t chunk, std::size_t begin, std::size_t end)
    {
      sums[chunk].assign(derivative.Size(), 0.0);
      for (std::size_t i = begin; i < end; ++i)
      {
        const MovingSample & sample = m_MovingSamples[i];
        if (sample.term >= 0.0)
        {
          const double weight = this->WeightOf(m_FixedSamples[i].bin, sample);
          const auto & gradient = sample.gradient;
          map.AddSplineDerivative(m_FixedSamples[i].point,
                                  { { weight * gradient[0], weight * gradient[1], weight * gradient[2] } },
                                  sums[chunk]);
        }
      }
    });
  for (const std::vector<double> & sum : sums)
  {
    std::transform(sum.begin(), sum.end(), derivative.begin(), derivative.begin(), std::plus<double>());
  }
}

ReproducibleMutualInformation::MeasureType
ReproducibleMutualInformation::GetValue() const
{
  this->MapSamples(colorization::SplineThenLinear(this->m_MovingTransform), false);
  return this->ComputeValue();
}

void
ReproducibleMutualInformation::GetValueAndDerivative(MeasureType & value, DerivativeType & derivative) const
{
  const colorization::SplineThenLinear map(this->m_MovingTransform);
  this->MapSamples(map, true);
  value = this->ComputeValue();
  derivative.SetSize(this->GetNumberOfParameters());
  derivative.Fill(0.0);
  if (this->m_NumberOfValidPoints > 0)
  {
    map.HasSpline() ? this->SumSplineDerivative(map, derivative) : this->SumLinearDerivative(map, derivative);
  }
}
} // namespace itk
