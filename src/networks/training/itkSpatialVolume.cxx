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
#include "itkSpatialVolume.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>

namespace itk
{
namespace colorization
{
namespace
{
/** How far beyond a voxel, in voxels, is still on it. */
constexpr double Tolerance = 1e-3;

std::array<double, 9>
InverseOf(const std::array<double, 9> & m)
{
  const auto                  minor = [&](int a, int b, int c, int d) { return m[a] * m[d] - m[b] * m[c]; };
  const std::array<double, 9> adjugate{ { minor(4, 5, 7, 8),
                                          -minor(1, 2, 7, 8),
                                          minor(1, 2, 4, 5),
                                          -minor(3, 5, 6, 8),
                                          minor(0, 2, 6, 8),
                                          -minor(0, 2, 3, 5),
                                          minor(3, 4, 6, 7),
                                          -minor(0, 1, 6, 7),
                                          minor(0, 1, 3, 4) } };
  const double                determinant = m[0] * adjugate[0] + m[1] * adjugate[3] + m[2] * adjugate[6];
  std::array<double, 9>       inverse{};
  std::transform(adjugate.begin(), adjugate.end(), inverse.begin(), [&](double a) { return a / determinant; });
  return inverse;
}

/** Columns of a direction matrix, each put where it points most, and turned so that it points there. */
std::array<SpatialVector, 3>
FrameOf(const std::array<double, 9> & direction)
{
  std::array<SpatialVector, 3> frame{};
  std::array<bool, 3>          isTaken{};
  for (std::size_t axis = 0; axis < 3; ++axis)
  {
    std::size_t best = 3;
    for (std::size_t column = 0; column < 3; ++column)
    {
      const bool isBetter = best == 3 || std::abs(direction[3 * axis + column]) > std::abs(direction[3 * axis + best]);
      best = !isTaken[column] && isBetter ? column : best;
    }
    isTaken[best] = true;
    const double sign = direction[3 * axis + best] < 0.0 ? -1.0 : 1.0;
    for (std::size_t row = 0; row < 3; ++row)
    {
      frame[axis][row] = sign * direction[3 * row + best];
    }
  }
  return frame;
}

/** Otsu, IEEE Trans. SMC 9(1), 1979: the upper edge of the darker class's last bin. */
float
OtsuThresholdOf(const std::vector<float> & values, float lowest, float highest)
{
  constexpr std::size_t    bins = 256;
  std::vector<std::size_t> counts(bins);
  const double             scale = static_cast<double>(bins) / (static_cast<double>(highest) - lowest);
  double                   sum = 0.0;
  for (const float value : values)
  {
    const auto bin = std::min(static_cast<std::size_t>(scale * (static_cast<double>(value) - lowest)), bins - 1);
    ++counts[bin];
    sum += static_cast<double>(bin);
  }
  const auto  total = static_cast<double>(values.size());
  double      below = 0.0;
  double      sumBelow = 0.0;
  double      largest = -1.0;
  std::size_t best = 0;
  for (std::size_t bin = 0; bin + 1 < bins; ++bin)
  {
    below += static_cast<double>(counts[bin]);
    sumBelow += static_cast<double>(bin * counts[bin]);
    const double above = total - below;
    const double difference = below > 0.0 && above > 0.0 ? sumBelow / below - (sum - sumBelow) / above : 0.0;
    const double variance = below * above * difference * difference;
    if (variance > largest)
    {
      largest = variance;
      best = bin;
    }
  }
  return static_cast<float>(lowest + static_cast<double>(best + 1) / scale);
}

/** Values above a threshold, and those that lie between such in their row and in their column: holes are body. */
std::vector<float>
BodyValues(const std::vector<float> & values, const std::array<std::size_t, 3> & size, float threshold)
{
  std::vector<float> body;
  const std::size_t  plane = size[0] * size[1];
  for (std::size_t z = 0; z < size[2]; ++z)
  {
    const float *            slice = values.data() + z * plane;
    std::vector<std::size_t> left(size[1], size[0]), right(size[1], 0), top(size[0], size[1]), bottom(size[0], 0);
    for (std::size_t i = 0; i < plane; ++i)
    {
      const std::size_t x = i % size[0];
      const std::size_t y = i / size[0];
      if (slice[i] > threshold)
      {
        left[y] = std::min(left[y], x);
        right[y] = std::max(right[y], x);
        top[x] = std::min(top[x], y);
        bottom[x] = std::max(bottom[x], y);
      }
    }
    for (std::size_t i = 0; i < plane; ++i)
    {
      const std::size_t x = i % size[0];
      const std::size_t y = i / size[0];
      if (x >= left[y] && x <= right[y] && y >= top[x] && y <= bottom[x])
      {
        body.push_back(slice[i]);
      }
    }
  }
  return body;
}

const std::vector<std::size_t> &
SlicesOf(const TrainingVolume & volume, TrainingRole role)
{
  return role == TrainingRole::Training ? volume.training : volume.test;
}

/** The volume of a name, or null. */
const TrainingVolume *
FindVolume(const TrainingData & data, const std::string & name)
{
  const auto & volumes = data.GetVolumes();
  const auto   found =
    std::find_if(volumes.begin(), volumes.end(), [&](const auto & volume) { return volume.information.name == name; });
  return found == volumes.end() ? nullptr : &*found;
}

const TrainingVolume &
GetPartner(const TrainingData & data, const std::string & name, TrainingKind kind, const std::string & of)
{
  const TrainingVolume * partner = FindVolume(data, name);
  if (!partner || partner->information.kind != kind)
  {
    const std::string wanted = kind == TrainingKind::Color ? "colour" : kind == TrainingKind::Gray ? "gray" : "labels";
    throw ModelError("Volume " + of + " of the data set needs a volume " + name + " of " + wanted +
                     (partner ? ", which is of another kind." : ", which is not there."));
  }
  return *partner;
}

bool
EndsWith(const std::string & text, const std::string & end)
{
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

const std::string SourceEnd = ".source";

/** Whether a volume is the first of a pair, and drawn. */
bool
IsSource(const TrainingVolume & volume)
{
  return volume.information.kind == TrainingKind::Gray && EndsWith(volume.information.name, SourceEnd) &&
         !volume.training.empty() && volume.information.share > 0.0;
}

std::shared_ptr<const SpatialVolume>
MakeSpatial(const TrainingVolume & volume, TrainingRole role, GrayScaling scaling)
{
  return std::make_shared<const SpatialVolume>(volume, role, scaling);
}
} // namespace

SpatialVolume::SpatialVolume(const TrainingVolume & volume, TrainingRole role, GrayScaling scaling)
  : m_Volume(volume)
  , m_Scaling(scaling)
  , m_Slices(SlicesOf(volume, role))
  , m_IsOfRole(volume.positions.size())
  , m_Inverse(InverseOf(volume.information.direction))
  , m_Frame(FrameOf(volume.information.direction))
{
  for (const std::size_t z : m_Slices)
  {
    m_IsOfRole[z] = true;
  }
  std::vector<float> steps;
  for (std::size_t z = 1; z < volume.positions.size(); ++z)
  {
    steps.push_back(volume.positions[z] - volume.positions[z - 1]);
  }
  if (!steps.empty())
  {
    std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2), steps.end());
    m_LargestStep = 2.0 * static_cast<double>(steps[steps.size() / 2]) + Tolerance;
  }
  if (volume.information.kind == TrainingKind::Gray)
  {
    this->ReadGray(scaling);
  }
}

void
SpatialVolume::ReadGray(GrayScaling scaling)
{
  const auto    count = static_cast<std::int64_t>(m_Volume.size[0] * m_Volume.size[1] * m_Volume.size[2]);
  const auto    type = m_Volume.values.typeName == "F16" ? torch::kFloat16 : torch::kUInt8;
  torch::Tensor stored = torch::empty({ count }, type);
  std::memcpy(stored.data_ptr(), m_Volume.values.data, m_Volume.values.bytes);
  const torch::Tensor numbers = stored.to(torch::kFloat32);
  m_Gray.assign(numbers.data_ptr<float>(), numbers.data_ptr<float>() + count);
  const auto [least, greatest] = std::minmax_element(m_Gray.begin(), m_Gray.end());
  float lowest = *least;
  float highest = *greatest;
  if (highest > lowest)
  {
    m_Threshold = OtsuThresholdOf(m_Gray, lowest, highest);
  }
  if (highest > lowest && scaling == GrayScaling::Robust)
  {
    std::tie(lowest, highest) = this->FindWindow();
    for (float & value : m_Gray)
    {
      value = std::min(std::max((value - lowest) / (highest - lowest), 0.0f), 1.0f);
    }
    m_Threshold = (m_Threshold - lowest) / (highest - lowest);
  }
  if (!(highest > lowest))
  {
    throw ModelError("Volume " + m_Volume.information.name + " of the data set has nearly the same gray everywhere.");
  }
}

std::pair<float, float>
SpatialVolume::FindWindow() const
{
  const std::vector<double> & window = m_Volume.information.window;
  if (!window.empty())
  {
    return { static_cast<float>(window[0]), static_cast<float>(window[1]) };
  }
  std::vector<float> body = BodyValues(m_Gray, m_Volume.size, m_Threshold);
  const auto         percentile = [&](double percent)
  {
    const auto rank = static_cast<std::ptrdiff_t>(std::lround(percent / 100.0 * static_cast<double>(body.size() - 1)));
    std::nth_element(body.begin(), body.begin() + rank, body.end());
    return body[static_cast<std::size_t>(rank)];
  };
  const float lowest = percentile(0.5);
  return { lowest, percentile(99.5) };
}

double
SpatialVolume::GetSpacing() const
{
  return std::min(m_Volume.information.spacing[0], m_Volume.information.spacing[1]);
}

SpatialVector
SpatialVolume::GetPoint(double x, double y, std::size_t z) const
{
  const auto & spacing = m_Volume.information.spacing;
  return this->GetPointOfSteps({ { x * spacing[0], y * spacing[1], static_cast<double>(m_Volume.positions[z]) } });
}

SpatialVector
SpatialVolume::GetPointOfSteps(const SpatialVector & steps) const
{
  const auto &        information = m_Volume.information;
  const SpatialVector fromFirst{ { steps[0], steps[1], steps[2] - static_cast<double>(m_Volume.positions[0]) } };
  SpatialVector       point = information.origin;
  for (std::size_t row = 0; row < 3; ++row)
  {
    for (std::size_t column = 0; column < 3; ++column)
    {
      point[row] += information.direction[3 * row + column] * fromFirst[column];
    }
  }
  return point;
}

/** The slices at and beyond a position, and how near to the latter it is. */
bool
SpatialVolume::FindSlices(double position, std::size_t & below, float & share) const
{
  const auto & positions = m_Volume.positions;
  const auto   above = std::upper_bound(positions.begin(), positions.end(), static_cast<float>(position));
  below = above == positions.begin() ? 0 : static_cast<std::size_t>(above - positions.begin()) - 1;
  const double offset = position - static_cast<double>(positions[below]);
  share = 0.0f;
  if (std::abs(offset) < Tolerance)
  {
    return m_IsOfRole[below];
  }
  if (offset < 0.0 || below + 1 == positions.size())
  {
    return false;
  }
  const double step = static_cast<double>(positions[below + 1]) - positions[below];
  if (step - offset < Tolerance)
  {
    return m_IsOfRole[++below];
  }
  share = static_cast<float>(offset / step);
  return m_IsOfRole[below] && m_IsOfRole[below + 1] && step <= m_LargestStep;
}

void
SpatialVolume::AddSlice(std::size_t                        z,
                        const std::array<std::size_t, 2> & corner,
                        const std::array<float, 4> &       shares,
                        float *                            values) const
{
  const std::size_t width = m_Volume.size[0];
  const std::size_t plane = width * m_Volume.size[1];
  for (std::size_t k = 0; k < 4; ++k)
  {
    const std::size_t i = (corner[1] + k / 2) * width + corner[0] + k % 2;
    if (shares[k] == 0.0f)
    {
      continue;
    }
    if (m_Volume.information.kind == TrainingKind::Gray)
    {
      values[0] += shares[k] * m_Gray[z * plane + i];
    }
    else if (const std::uint8_t tissue = m_Volume.TissueSlice(z)[i]; tissue != Outside)
    {
      values[3] += shares[k];
      for (std::size_t c = 0; c < 3 && tissue == Tissue; ++c)
      {
        values[c] += shares[k] / 255.0f * static_cast<float>(m_Volume.Slice(z)[3 * i + c]);
      }
    }
  }
}

bool
SpatialVolume::Evaluate(const SpatialVector & point, float * values) const
{
  SpatialVector place{};
  for (std::size_t row = 0; row < 3; ++row)
  {
    for (std::size_t column = 0; column < 3; ++column)
    {
      place[row] += m_Inverse[3 * row + column] * (point[column] - m_Volume.information.origin[column]);
    }
  }
  std::array<std::size_t, 2> corner{};
  std::array<float, 2>       part{};
  for (std::size_t axis = 0; axis < 2; ++axis)
  {
    const double index = place[axis] / m_Volume.information.spacing[axis];
    const double last = static_cast<double>(m_Volume.size[axis]) - 1.0;
    if (!(index > -Tolerance && index < last + Tolerance))
    {
      return false;
    }
    const double clamped = std::min(std::max(index, 0.0), last);
    corner[axis] = static_cast<std::size_t>(clamped);
    part[axis] = static_cast<float>(clamped - static_cast<double>(corner[axis]));
  }
  std::size_t below = 0;
  float       share = 0.0f;
  if (!this->FindSlices(place[2] + static_cast<double>(m_Volume.positions[0]), below, share))
  {
    return false;
  }
  if (m_Volume.information.kind == TrainingKind::Labels)
  {
    const std::size_t x = corner[0] + (part[0] > 0.5f ? 1 : 0);
    const std::size_t y = corner[1] + (part[1] > 0.5f ? 1 : 0);
    values[0] = static_cast<float>(m_Volume.Slice(below + (share > 0.5f ? 1 : 0))[y * m_Volume.size[0] + x]);
    return true;
  }
  const auto shares = [&](float all)
  {
    return std::array<float, 4>{ { all * (1.0f - part[0]) * (1.0f - part[1]),
                                   all * part[0] * (1.0f - part[1]),
                                   all * (1.0f - part[0]) * part[1],
                                   all * part[0] * part[1] } };
  };
  std::fill_n(values, this->GetChannels(), 0.0f);
  this->AddSlice(below, corner, shares(1.0f - share), values);
  if (share > 0.0f)
  {
    this->AddSlice(below + 1, corner, shares(share), values);
  }
  return true;
}

bool
SpatialVolume::IsForeground(std::size_t x, std::size_t y, std::size_t z) const
{
  const std::size_t i = y * m_Volume.size[0] + x;
  switch (m_Volume.information.kind)
  {
    case TrainingKind::Color:
      return m_Volume.TissueSlice(z)[i] == Tissue;
    case TrainingKind::Gray:
      return m_Gray[z * m_Volume.size[0] * m_Volume.size[1] + i] > m_Threshold;
    default:
      return m_Volume.Slice(z)[i] != 0;
  }
}

bool
SpatialVolume::IsBody(const SpatialVector & point) const
{
  float value = 0.0f;
  return this->Evaluate(point, &value) && value > m_Threshold;
}

SpatialVector
SpatialVolume::ChoosePoint(RandomStream & random) const
{
  constexpr std::size_t mostPixels = 6;
  constexpr std::size_t mostTries = 400;
  const std::size_t     z = m_Slices[random.Integer(m_Slices.size())];
  const std::size_t     wanted = 1 + random.Integer(mostPixels);
  std::array<double, 2> sum{};
  std::size_t           found = 0;
  for (std::size_t i = 0; i < mostTries && found < wanted; ++i)
  {
    const std::size_t x = random.Integer(m_Volume.size[0]);
    const std::size_t y = random.Integer(m_Volume.size[1]);
    if (this->IsForeground(x, y, z))
    {
      sum[0] += static_cast<double>(x);
      sum[1] += static_cast<double>(y);
      ++found;
    }
  }
  if (found == 0)
  {
    return this->GetPoint(0.5 * static_cast<double>(m_Volume.size[0] - 1),
                          0.5 * static_cast<double>(m_Volume.size[1] - 1),
                          z);
  }
  const auto count = static_cast<double>(found);
  return this->GetPoint(sum[0] / count, sum[1] / count, z);
}

std::vector<std::array<double, 2>>
SpatialVolume::GetStretches() const
{
  std::vector<std::array<double, 2>> stretches;
  for (std::size_t i = 0; i < m_Slices.size(); ++i)
  {
    const std::size_t z = m_Slices[i];
    const double      position = m_Volume.positions[z];
    const bool        goesOn = i > 0 && m_Slices[i - 1] + 1 == z && position - stretches.back()[1] <= m_LargestStep;
    if (!goesOn)
    {
      stretches.push_back({ { position, position } });
    }
    stretches.back()[1] = position;
  }
  return stretches;
}

const SpatialSource &
ChooseSource(const std::vector<SpatialSource> & sources, RandomStream & random)
{
  double sum = 0.0;
  for (const SpatialSource & source : sources)
  {
    sum += source.share;
  }
  double place = random.Uniform() * sum;
  for (const SpatialSource & source : sources)
  {
    place -= source.share;
    if (place < 0.0)
    {
      return source;
    }
  }
  return sources.back();
}

std::vector<SpatialSource>
CollectVolumes(const TrainingData & data, TrainingKind kind, TrainingRole role, bool withLabels)
{
  std::vector<SpatialSource> sources;
  for (const TrainingVolume * volume : data.GetVolumes(kind))
  {
    if (SlicesOf(*volume, role).empty())
    {
      continue;
    }
    SpatialSource source;
    source.share = volume->information.share;
    source.volumes.push_back(MakeSpatial(*volume, role, GrayScaling::Robust));
    if (withLabels)
    {
      const std::string & name = volume->information.name;
      source.volumes.push_back(
        MakeSpatial(GetPartner(data, name + ".labels", TrainingKind::Labels, name), role, GrayScaling::None));
    }
    sources.push_back(source);
  }
  return sources;
}

bool
HasPairs(const TrainingData & data)
{
  const auto & volumes = data.GetVolumes();
  return std::any_of(volumes.begin(), volumes.end(), IsSource);
}

std::vector<SpatialSource>
CollectPairs(const TrainingData & data,
             TrainingKind         targetKind,
             TrainingRole         role,
             GrayScaling          sourceScaling,
             bool                 withLabels)
{
  std::vector<SpatialSource> sources;
  for (const TrainingVolume & volume : data.GetVolumes())
  {
    const std::string & name = volume.information.name;
    if (!IsSource(volume) || SlicesOf(volume, role).empty())
    {
      continue;
    }
    const std::string      targetName = name.substr(0, name.size() - SourceEnd.size()) + ".target";
    const TrainingVolume & target = GetPartner(data, targetName, targetKind, name);
    SpatialSource          source;
    source.share = volume.information.share;
    source.volumes.push_back(MakeSpatial(volume, role, sourceScaling));
    source.volumes.push_back(MakeSpatial(target, role, GrayScaling::Robust));
    if (withLabels)
    {
      source.volumes.push_back(MakeSpatial(GetPartner(data, targetName + ".labels", TrainingKind::Labels, targetName),
                                           role,
                                           GrayScaling::None));
    }
    sources.push_back(source);
  }
  if (!HasPairs(data))
  {
    throw ModelError("The data set has no pairs: a gray volume NAME.source with slices to train on and a volume "
                     "NAME.target in the same place are wanted.");
  }
  return sources;
}

} // namespace colorization
} // namespace itk
