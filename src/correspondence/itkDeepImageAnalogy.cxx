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
#include "itkDeepImageAnalogy.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** The place of a finer level's pixel in a coarser level, as a coordinate of that. */
double
ToCoarser(std::size_t position, std::size_t extent, std::size_t coarserExtent)
{
  return (static_cast<double>(position) + 0.5) * static_cast<double>(coarserExtent) / static_cast<double>(extent) - 0.5;
}

std::size_t
ClampRound(double position, std::size_t extent)
{
  return static_cast<std::size_t>(std::min(std::max(std::lround(position), 0L), static_cast<long>(extent) - 1));
}

/** A field on a finer grid: each pixel is as far from its match as its coarser pixel is. */
NearestNeighborField
RefineField(const NearestNeighborField & coarse,
            const LevelFeatures &        coarseFrom,
            const LevelFeatures &        coarseTo,
            const LevelFeatures &        from,
            const LevelFeatures &        to)
{
  NearestNeighborField field;
  field.x.resize(from.width * from.height);
  field.y.resize(from.width * from.height);
  for (std::size_t y = 0; y < from.height; ++y)
  {
    const double      v = ToCoarser(y, from.height, coarseFrom.height);
    const std::size_t row = ClampRound(v, coarseFrom.height);
    for (std::size_t x = 0; x < from.width; ++x)
    {
      const double      u = ToCoarser(x, from.width, coarseFrom.width);
      const std::size_t column = ClampRound(u, coarseFrom.width);
      const std::size_t i = row * coarseFrom.width + column;
      const std::size_t k = y * from.width + x;
      if (coarse.x[i] < 0)
      {
        field.x[k] = field.y[k] = -1;
        continue;
      }
      // The part of a pixel that is lost by rounding is put back.
      const double p = coarse.x[i] + u - static_cast<double>(column);
      const double q = coarse.y[i] + v - static_cast<double>(row);
      field.x[k] = static_cast<std::int32_t>(
        ClampRound(ToCoarser(0, coarseTo.width, to.width) + p * static_cast<double>(to.width) / coarseTo.width,
                   to.width));
      field.y[k] = static_cast<std::int32_t>(
        ClampRound(ToCoarser(0, coarseTo.height, to.height) + q * static_cast<double>(to.height) / coarseTo.height,
                   to.height));
    }
  }
  return field;
}

/** An image's features and those of its unknown partner, which are its own where these are strong, and what comes from the
 * other image; both one after the other, pixel by pixel, the image's own first if `ownFirst`.
 * \param field where it points nowhere, nothing comes from the other image; null for nowhere at all */
std::vector<float>
JoinFeatures(const LevelFeatures &        own,
             const std::vector<float> &   partner,
             const NearestNeighborField * field,
             double                       ownWeight,
             bool                         ownFirst)
{
  const std::size_t  components = own.components;
  const std::size_t  pixels = own.width * own.height;
  std::vector<float> joined(pixels * 2 * components);
  for (std::size_t i = 0; i < pixels; ++i)
  {
    const float * mine = own.values.data() + i * components;
    float *       out = joined.data() + i * 2 * components;
    float *       mixed = ownFirst ? out + components : out;
    std::copy_n(mine, components, ownFirst ? out : out + components);
    std::copy_n(mine, components, mixed);
    if (field && field->x[i] >= 0)
    {
      const auto share = static_cast<float>(own.response.empty() || own.response[i] ? ownWeight : 0.0);
      for (std::size_t c = 0; c < components; ++c)
      {
        mixed[c] = share * mine[c] + (1.0f - share) * partner[i * components + c];
      }
    }
  }
  return joined;
}

FeatureImageView
ViewOf(const LevelFeatures & map, const std::vector<float> & joined)
{
  FeatureImageView view;
  view.values = joined.data();
  view.width = map.width;
  view.height = map.height;
  view.components = 2 * map.components;
  view.mask = map.mask.empty() ? nullptr : map.mask.data();
  return view;
}

/** One direction at one level. */
NearestNeighborField
MatchLevel(const AnalogyLevel &         level,
           const FeatureImageView &     from,
           const FeatureImageView &     to,
           NearestNeighborField         field,
           const NearestNeighborField * neighbor,
           double                       coherence,
           const ParallelFor &          parallelFor)
{
  PatchMatchParameters parameters;
  parameters.patchRadius = level.patchRadius;
  parameters.searchRadius = level.searchRadius;
  parameters.iterations = level.iterations;
  MatchPatches(from, to, parameters, field, parallelFor);
  if (neighbor && neighbor->x.size() == field.x.size())
  {
    // The neighbour's matches, moved no farther than the anatomy moves from one slice to the next.
    NearestNeighborField moved = *neighbor;
    parameters.searchRadius = 2;
    parameters.iterations = 2;
    MatchPatches(from, to, parameters, moved, parallelFor);
    const auto tolerance = static_cast<float>(1.0 + coherence);
    for (std::size_t i = 0; i < field.x.size(); ++i)
    {
      if (moved.distance[i] <= field.distance[i] * tolerance)
      {
        field.x[i] = moved.x[i];
        field.y[i] = moved.y[i];
        field.distance[i] = moved.distance[i];
      }
    }
  }
  return field;
}
} // namespace

std::vector<float>
WarpFeatures(const LevelFeatures & features, const NearestNeighborField & field)
{
  const std::size_t  components = features.components;
  std::vector<float> warped(field.x.size() * components, 0.0f);
  for (std::size_t i = 0; i < field.x.size(); ++i)
  {
    if (field.x[i] >= 0)
    {
      const auto match = static_cast<std::size_t>(field.y[i]) * features.width + static_cast<std::size_t>(field.x[i]);
      std::copy_n(features.values.data() + match * components, components, warped.data() + i * components);
    }
  }
  return warped;
}

AnalogyFields
FindAnalogy(const std::vector<AnalogyLevel> & levels,
            const AnalogyFields *             neighbor,
            double                            coherence,
            const ParallelFor &               parallelFor,
            const ProgressCallback &          progress,
            const PartnerReconstruction &     reconstruct)
{
  AnalogyFields fields;
  const auto    partnerOf = [&](std::size_t k, bool ofTarget, const NearestNeighborField & refined)
  {
    if (k == 0)
    {
      return std::vector<float>();
    }
    return reconstruct ? reconstruct(k, ofTarget, (ofTarget ? fields.forward : fields.backward).back(), refined)
                       : WarpFeatures(ofTarget ? levels[k].reference : levels[k].target, refined);
  };
  for (std::size_t k = 0; k < levels.size(); ++k)
  {
    const AnalogyLevel & level = levels[k];
    NearestNeighborField forward;
    NearestNeighborField backward;
    if (k > 0)
    {
      const AnalogyLevel & coarser = levels[k - 1];
      forward = RefineField(fields.forward.back(), coarser.target, coarser.reference, level.target, level.reference);
      backward = RefineField(fields.backward.back(), coarser.reference, coarser.target, level.reference, level.target);
    }
    const std::vector<float> targetFeatures =
      JoinFeatures(level.target, partnerOf(k, true, forward), k > 0 ? &forward : nullptr, level.ownWeight, true);
    const std::vector<float> referenceFeatures =
      JoinFeatures(level.reference, partnerOf(k, false, backward), k > 0 ? &backward : nullptr, level.ownWeight, false);
    const FeatureImageView target = ViewOf(level.target, targetFeatures);
    const FeatureImageView reference = ViewOf(level.reference, referenceFeatures);
    const auto             neighborAt = [&](const std::vector<NearestNeighborField> AnalogyFields::*direction)
    { return neighbor && k < (neighbor->*direction).size() ? &(neighbor->*direction)[k] : nullptr; };
    fields.forward.push_back(MatchLevel(level,
                                        target,
                                        reference,
                                        std::move(forward),
                                        neighborAt(&AnalogyFields::forward),
                                        coherence,
                                        parallelFor));
    progress((static_cast<double>(k) + 0.5) / static_cast<double>(levels.size()));
    fields.backward.push_back(MatchLevel(level,
                                         reference,
                                         target,
                                         std::move(backward),
                                         neighborAt(&AnalogyFields::backward),
                                         coherence,
                                         parallelFor));
    progress((static_cast<double>(k) + 1.0) / static_cast<double>(levels.size()));
  }
  return fields;
}

} // namespace colorization
} // namespace itk
