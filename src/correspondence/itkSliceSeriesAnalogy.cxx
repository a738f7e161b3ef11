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
#include "itkSliceSeriesAnalogy.h"

#include "itkColorSpace.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace itk
{
namespace colorization
{
namespace
{
/** A photograph, and the slices that have chosen it. */
struct Group
{
  std::size_t              photograph = 0;
  std::vector<std::size_t> slices{};
  std::vector<double>      weights{};
};

/** How a photograph may lie: for each orientation, how little it is like the slices, and its spacing. */
struct PossiblePoses
{
  std::array<std::size_t, 2> size{};
  std::array<double, 8>      costs{};
  std::array<double, 8>      spacings{};
};

/** How the photographs of one size lie. */
struct CommonPose
{
  unsigned int orientation = 0;
  double       spacing = 0.0;
};

std::vector<Group>
GroupByPhotograph(const SliceSeries & series)
{
  std::map<std::size_t, Group> groups;
  for (std::size_t slice = 0; slice < series.slices.size(); ++slice)
  {
    for (const PhotographChoice & choice : series.choices.at(slice))
    {
      Group & group = groups[choice.photograph];
      group.photograph = choice.photograph;
      group.slices.push_back(slice);
      group.weights.push_back(choice.weight);
    }
  }
  std::vector<Group> ordered;
  for (auto & entry : groups)
  {
    ordered.push_back(std::move(entry.second));
  }
  return ordered;
}

/** A group's photograph, laid upon its slices. */
std::unique_ptr<SliceAnalogy>
MakeAnalogy(const Group &                  group,
            const SliceSeries &            series,
            const SliceAnalogyParameters & parameters,
            const ParallelFor &            parallelFor,
            PossiblePoses &                poses)
{
  const auto             photograph = series.getPhotograph(group.photograph);
  const auto             size = photograph->GetBufferedRegion().GetSize();
  auto                   analogy = std::make_unique<SliceAnalogy>(photograph, parameters);
  std::vector<GraySlice> slices;
  for (const std::size_t slice : group.slices)
  {
    slices.push_back(series.slices[slice]);
  }
  analogy->Align(slices, parallelFor);
  poses.size = { { size[0], size[1] } };
  poses.costs = analogy->GetOrientationCosts();
  return analogy;
}

/** How the photographs of each size lie in common: the orientation with the least sum of costs, and the median spacing. */
std::map<std::array<std::size_t, 2>, CommonPose>
FindCommonPoses(const std::vector<PossiblePoses> & poses)
{
  std::map<std::array<std::size_t, 2>, std::vector<const PossiblePoses *>> stacks;
  for (const PossiblePoses & pose : poses)
  {
    stacks[pose.size].push_back(&pose);
  }
  std::map<std::array<std::size_t, 2>, CommonPose> common;
  for (const auto & [size, members] : stacks)
  {
    std::array<double, 8> costs{};
    for (const PossiblePoses * pose : members)
    {
      std::transform(costs.begin(), costs.end(), pose->costs.begin(), costs.begin(), std::plus<double>());
    }
    CommonPose & pose = common[size];
    pose.orientation = static_cast<unsigned int>(std::min_element(costs.begin(), costs.end()) - costs.begin());
    std::vector<double> spacings;
    for (const PossiblePoses * member : members)
    {
      spacings.push_back(member->spacings[pose.orientation]);
    }
    std::sort(spacings.begin(), spacings.end());
    pose.spacing = spacings[spacings.size() / 2];
  }
  return common;
}

/** Colours of a slice from several photographs, so far. */
struct Mixture
{
  std::vector<std::array<double, 4>> sums{};
  double                             weight = 0.0;
  AnalogySlice                       mean{};
  std::size_t                        missing = 0;
};

void
AddTo(Mixture & mixture, const AnalogySlice & colored, double weight)
{
  const std::size_t pixels = colored.colors->GetBufferedRegion().GetNumberOfPixels();
  mixture.sums.resize(pixels);
  for (std::size_t i = 0; i < pixels; ++i)
  {
    const auto & rgb = colored.colors->GetBufferPointer()[i];
    const Color  lab = RGBToLab({ { rgb[0], rgb[1], rgb[2] } });
    const double share = weight * static_cast<double>(colored.confidence->GetBufferPointer()[i]);
    for (unsigned int c = 0; c < 3; ++c)
    {
      mixture.sums[i][c] += share * static_cast<double>(lab[c]);
    }
    mixture.sums[i][3] += share;
  }
  mixture.mean.similarity += weight * colored.similarity;
  mixture.mean.meanDistance += weight * colored.meanDistance;
  mixture.weight += weight;
  if (!mixture.mean.colors)
  {
    mixture.mean.colors = colored.colors;
    mixture.mean.confidence = colored.confidence;
  }
}

void
Finish(Mixture & mixture)
{
  for (std::size_t i = 0; i < mixture.sums.size(); ++i)
  {
    const std::array<double, 4> & sum = mixture.sums[i];
    if (sum[3] <= 0.0)
    {
      continue;
    }
    Color lab;
    for (unsigned int c = 0; c < 3; ++c)
    {
      lab[c] = static_cast<float>(sum[c] / sum[3]);
    }
    const Color rgb = LabToRGB(lab);
    std::copy(rgb.begin(), rgb.end(), mixture.mean.colors->GetBufferPointer()[i].Begin());
    mixture.mean.confidence->GetBufferPointer()[i] = static_cast<float>(sum[3] / mixture.weight);
  }
  mixture.mean.similarity /= mixture.weight;
  mixture.mean.meanDistance /= mixture.weight;
}

/** The members of a group from the one that is most like the photograph to both ends; each with the member before it, or
 * itself where there is none. */
std::vector<std::array<std::size_t, 2>>
OrderOutwards(const SliceAnalogy & analogy, std::size_t members)
{
  std::size_t first = 0;
  for (std::size_t k = 1; k < members; ++k)
  {
    if (analogy.GetSimilarity(k) > analogy.GetSimilarity(first))
    {
      first = k;
    }
  }
  std::vector<std::array<std::size_t, 2>> order{ { { first, first } } };
  for (std::size_t k = first + 1; k < members; ++k)
  {
    order.push_back({ { k, k - 1 } });
  }
  for (std::size_t k = first; k > 0; --k)
  {
    order.push_back({ { k - 1, k } });
  }
  return order;
}
/** What a step of one photograph costs in similarity, and what any number of them costs at most. */
constexpr double CostOfStep = 0.002;
constexpr double CostOfJump = 0.1;

double
CostOfWay(std::size_t from, std::size_t to)
{
  return std::min(CostOfStep * static_cast<double>(std::max(from, to) - std::min(from, to)), CostOfJump);
}
} // namespace

std::vector<std::vector<PhotographChoice>>
ChoosePhotographsInOrder(const std::vector<std::vector<ReferenceImageMatch>> & matches, std::size_t count)
{
  // Worse ones are never worth the way.
  constexpr std::size_t                 considered = 64;
  std::vector<std::vector<double>>      gains(matches.size());
  std::vector<std::vector<std::size_t>> origins(matches.size());
  for (std::size_t slice = 0; slice < matches.size(); ++slice)
  {
    const std::size_t candidates = std::min(considered, matches[slice].size());
    gains[slice].resize(candidates);
    origins[slice].assign(candidates, 0);
    for (std::size_t k = 0; k < candidates; ++k)
    {
      double best = slice == 0 ? 0.0 : -std::numeric_limits<double>::max();
      for (std::size_t before = 0; slice > 0 && before < gains[slice - 1].size(); ++before)
      {
        const double gain =
          gains[slice - 1][before] - CostOfWay(matches[slice - 1][before].index, matches[slice][k].index);
        if (gain > best)
        {
          best = gain;
          origins[slice][k] = before;
        }
      }
      gains[slice][k] = best + matches[slice][k].similarity;
    }
  }
  std::vector<std::vector<PhotographChoice>> choices(matches.size());
  std::size_t                                chosen = 0;
  for (std::size_t slice = matches.size(); slice-- > 0;)
  {
    if (slice + 1 == matches.size())
    {
      chosen =
        static_cast<std::size_t>(std::max_element(gains[slice].begin(), gains[slice].end()) - gains[slice].begin());
    }
    const ReferenceImageMatch & first = matches[slice][chosen];
    choices[slice].push_back({ first.index, 1.0 });
    for (std::size_t k = 0; k < matches[slice].size() && choices[slice].size() < count; ++k)
    {
      if (k != chosen)
      {
        const double less = first.similarity - matches[slice][k].similarity;
        choices[slice].push_back({ matches[slice][k].index, std::min(1.0, std::exp(-less / 0.02)) });
      }
    }
    chosen = origins[slice][chosen];
  }
  return choices;
}

std::vector<PhotographPose>
ColorizeSliceSeries(const SliceSeries &            series,
                    const SliceAnalogyParameters & parameters,
                    const ColoredSliceVisitor &    visit,
                    const ParallelFor &            parallelFor,
                    const ProgressCallback &       progress)
{
  const std::vector<Group>      groups = GroupByPhotograph(series);
  std::unique_ptr<SliceAnalogy> analogy;
  std::vector<PossiblePoses>    possible(groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g)
  {
    analogy = MakeAnalogy(groups[g], series, parameters, parallelFor, possible[g]);
    for (unsigned int orientation = 0; orientation < 8; ++orientation)
    {
      analogy->SetOrientation(orientation);
      possible[g].spacings[orientation] = analogy->GetPhotographSpacing();
    }
  }
  const auto common = FindCommonPoses(possible);

  std::map<std::size_t, Mixture> mixtures;
  std::size_t                    jobs = 0;
  for (std::size_t slice = 0; slice < series.slices.size(); ++slice)
  {
    jobs += series.choices[slice].size();
    if (series.choices[slice].size() > 1)
    {
      mixtures[slice].missing = series.choices[slice].size();
    }
  }
  std::size_t                 done = 0;
  std::vector<PhotographPose> poses;
  for (std::size_t g = 0; g < groups.size(); ++g)
  {
    const Group & group = groups[g];
    // Photographs are not kept, as there may be hundreds of them.
    if (groups.size() > 1)
    {
      analogy = MakeAnalogy(group, series, parameters, parallelFor, possible[g]);
    }
    const CommonPose & pose = common.at(possible[g].size);
    analogy->SetOrientation(pose.orientation);
    analogy->SetPhotographSpacing(pose.spacing);
    poses.push_back({ group.photograph, analogy->GetOrientation(), pose.spacing });

    const auto   order = OrderOutwards(*analogy, group.slices.size());
    AnalogySlice first;
    AnalogySlice before;
    for (const auto & [member, neighbor] : order)
    {
      const std::size_t slice = group.slices[member];
      const bool isBeside = std::max(slice, group.slices[neighbor]) - std::min(slice, group.slices[neighbor]) == 1;
      const AnalogySlice & known = neighbor == order.front()[0] ? first : before;
      const AnalogySlice   colored =
        analogy->Colorize(member, parallelFor, series.isCoherent && isBeside && known.fields ? &known : nullptr);
      before = colored;
      if (member == neighbor)
      {
        first = colored;
      }
      const auto mixture = mixtures.find(slice);
      if (mixture == mixtures.end())
      {
        visit(slice, colored);
      }
      else
      {
        AddTo(mixture->second, colored, group.weights[member]);
        if (--mixture->second.missing == 0)
        {
          Finish(mixture->second);
          visit(slice, mixture->second.mean);
          mixtures.erase(mixture);
        }
      }
      progress(static_cast<double>(++done) / static_cast<double>(jobs));
    }
  }
  return poses;
}

} // namespace colorization
} // namespace itk
