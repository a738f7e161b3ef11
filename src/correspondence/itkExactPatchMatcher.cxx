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
#include "itkPatchMatcher.h"

#include "itkNearestColumns.h"
#include "itkPaddedFeatures.h"
#include "itkPatchDistance.h"

#include <algorithm>
#include <limits>

namespace itk
{
namespace colorization
{
namespace
{
/** Mean of each component over the reference's pixels: products lose fewer digits when it is taken off. */
std::vector<float>
ComputeMean(const FeatureImageView & image, const std::vector<std::uint32_t> & pixels)
{
  std::vector<double> sums(image.components, 0.0);
  for (const std::uint32_t pixel : pixels)
  {
    for (unsigned int c = 0; c < image.components; ++c)
    {
      sums[c] += static_cast<double>(image.values[std::size_t{ pixel } * image.components + c]);
    }
  }
  std::vector<float> mean(image.components);
  std::transform(sums.begin(),
                 sums.end(),
                 mean.begin(),
                 [&pixels](double sum) { return static_cast<float>(sum / static_cast<double>(pixels.size())); });
  return mean;
}

/** Up to StripWidth patches as the columns of a matrix. */
struct PatchStrip
{
  std::vector<float>            values;
  std::array<float, StripWidth> halfSquares;
};

void
GatherStrip(const PaddedFeatures & image,
            std::size_t            width,
            const std::uint32_t *  pixels,
            std::size_t            count,
            PatchStrip &           strip)
{
  strip.values.resize(image.GetDiameter() * image.GetRowLength() * StripWidth);
  strip.halfSquares.fill(HalfSquareOfNoColumn);
  for (std::size_t column = 0; column < count; ++column)
  {
    const float * patch = image.Patch(pixels[column] % width, pixels[column] / width);
    float *       out = strip.values.data() + column;
    float         squares = 0.0f;
    for (std::size_t row = 0; row < image.GetDiameter(); ++row)
    {
      const float * run = patch + row * image.GetPitch();
      for (std::size_t k = 0; k < image.GetRowLength(); ++k, out += StripWidth)
      {
        *out = run[k];
        squares += run[k] * run[k];
      }
    }
    strip.halfSquares[column] = 0.5f * squares;
  }
}

/** Of the candidates of a target pixel, the one whose patch is the nearest. */
void
ChooseMatch(const FeatureImageView &           target,
            const PaddedFeatures &             paddedTarget,
            const FeatureImageView &           reference,
            const PaddedFeatures &             paddedReference,
            const std::vector<std::uint32_t> & referencePixels,
            const NearestColumns &             nearest,
            std::size_t                        pixel,
            NearestNeighborField &             field)
{
  const std::size_t  pixelsOfPatch = paddedTarget.GetDiameter() * paddedTarget.GetDiameter();
  std::vector<float> pixelDistances(pixelsOfPatch);
  float              least = std::numeric_limits<float>::max();
  for (const std::uint32_t column : nearest.columns)
  {
    if (column == NearestColumns::None)
    {
      continue;
    }
    const std::size_t x = referencePixels[column] % reference.width;
    const std::size_t y = referencePixels[column] / reference.width;
    const float       distance = ComputePatchDistance(paddedTarget,
                                                pixel % target.width,
                                                pixel / target.width,
                                                paddedReference,
                                                x,
                                                y,
                                                least,
                                                pixelDistances.data());
    if (distance < least)
    {
      least = distance;
      field.x[pixel] = static_cast<std::int32_t>(x);
      field.y[pixel] = static_cast<std::int32_t>(y);
    }
  }
  field.distance[pixel] = least / static_cast<float>(pixelsOfPatch);
}
} // namespace

PatchMatchReport
MatchPatchesExactly(const FeatureImageView & target,
                    const FeatureImageView & reference,
                    unsigned int             patchRadius,
                    NearestNeighborField &   field,
                    const ParallelFor &      parallelFor,
                    const ProgressCallback & progress)
{
  const std::vector<std::uint32_t> referencePixels = ListPixels(reference);
  VerifyAnyPixels(referencePixels);
  const std::vector<float> mean = ComputeMean(reference, referencePixels);
  const PaddedFeatures     paddedTarget(target, patchRadius);
  const PaddedFeatures     paddedReference(reference, patchRadius);
  const PaddedFeatures     centeredTarget(target, patchRadius, mean);
  const PaddedFeatures     centeredReference(reference, patchRadius, mean);
  field.x.assign(target.width * target.height, -1);
  field.y.assign(target.width * target.height, -1);
  field.distance.assign(target.width * target.height, 0.0f);

  const auto isTarget = [&target](std::size_t pixel) { return !target.mask || target.mask[pixel]; };
  const auto isTargetRow = [&](std::size_t y)
  {
    std::size_t x = 0;
    while (x < target.width && !isTarget(y * target.width + x))
    {
      ++x;
    }
    return x < target.width;
  };
  std::vector<std::size_t> rows;
  for (std::size_t y = 0; y < target.height; ++y)
  {
    if (isTargetRow(y))
    {
      rows.push_back(y);
    }
  }
  const auto matchRow = [&](std::size_t y)
  {
    MatrixOfRuns matrix;
    matrix.values = centeredTarget.Patch(0, y);
    matrix.rows = target.width;
    matrix.rowStep = centeredTarget.GetComponents();
    matrix.runs = centeredTarget.GetDiameter();
    matrix.runStep = centeredTarget.GetPitch();
    matrix.runLength = centeredTarget.GetRowLength();
    std::vector<NearestColumns> nearest(target.width);
    PatchStrip                  strip;
    for (std::size_t first = 0; first < referencePixels.size(); first += StripWidth)
    {
      const std::size_t count = std::min(StripWidth, referencePixels.size() - first);
      GatherStrip(centeredReference, reference.width, referencePixels.data() + first, count, strip);
      KeepNearestColumns(matrix,
                         strip.values.data(),
                         strip.halfSquares.data(),
                         static_cast<std::uint32_t>(first),
                         nearest.data());
    }
    for (std::size_t x = 0; x < target.width; ++x)
    {
      if (isTarget(y * target.width + x))
      {
        ChooseMatch(target,
                    paddedTarget,
                    reference,
                    paddedReference,
                    referencePixels,
                    nearest[x],
                    y * target.width + x,
                    field);
      }
    }
  };
  // A few rows at a time, so that progress is told in between.
  constexpr std::size_t rowsAtATime = 32;
  for (std::size_t first = 0; first < rows.size(); first += rowsAtATime)
  {
    const std::size_t count = std::min(rowsAtATime, rows.size() - first);
    parallelFor(count, [&](std::size_t k) { matchRow(rows[first + k]); });
    progress(static_cast<double>(first + count) / static_cast<double>(rows.size()));
  }
  PatchMatchReport report;
  report.candidates = std::uint64_t{ target.width } * rows.size() * referencePixels.size();
  report.multiplyAdds = report.candidates * paddedTarget.GetDiameter() * paddedTarget.GetRowLength();
  return report;
}

} // namespace colorization
} // namespace itk
