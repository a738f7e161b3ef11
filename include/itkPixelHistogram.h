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
#ifndef itkPixelHistogram_h
#define itkPixelHistogram_h

#include "itkBodyMask.h"
#include "itkColorizationFilterUtilities.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace itk
{
namespace colorization
{
/** Begin and end, in rows, of the parts of a region that threads count alone. */
template <typename TBody>
void
ForEachBlockOfRows(std::size_t rows, std::size_t width, const ParallelFor & parallelFor, const TBody & body)
{
  const std::size_t rowsOfBlock = (1u << 20) / width + 1;
  parallelFor((rows + rowsOfBlock - 1) / rowsOfBlock,
              [&](std::size_t block) { body(block, block * rowsOfBlock, std::min(rows, (block + 1) * rowsOfBlock)); });
}

/** The first pixel of a row, by its number, of a region. */
template <typename TImage>
const typename TImage::PixelType *
RowOf(const TImage * image, const typename TImage::RegionType & region, std::size_t row)
{
  typename TImage::IndexType index = region.GetIndex();
  for (unsigned int axis = 1; axis < TImage::ImageDimension; ++axis)
  {
    index[axis] += static_cast<IndexValueType>(row % region.GetSize(axis));
    row /= region.GetSize(axis);
  }
  return ComponentsAt(image, index);
}

/** Counts, per bin, the pixels of an image; toBin(pixel) is the bin's number. */
template <typename TImage, typename TToBin>
std::vector<std::uint64_t>
CountPixels(const TImage *                      image,
            const typename TImage::RegionType & region,
            std::size_t                         bins,
            const ParallelFor &                 parallelFor,
            const TToBin &                      toBin)
{
  const std::size_t                       width = region.GetSize(0);
  const std::size_t                       rows = region.GetNumberOfPixels() / width;
  std::vector<std::vector<std::uint32_t>> countsOfBlock(rows * width / (1u << 20) + 1);
  ForEachBlockOfRows(rows,
                     width,
                     parallelFor,
                     [&](std::size_t block, std::size_t first, std::size_t end)
                     {
                       // Neighbours are alike: with counters of their own they do not wait for each other.
                       std::vector<std::uint32_t> odd(bins);
                       std::vector<std::uint32_t> even(bins);
                       for (std::size_t row = first; row < end; ++row)
                       {
                         const auto * in = RowOf(image, region, row);
                         std::size_t  x = 0;
                         for (; x + 1 < width; x += 2)
                         {
                           ++even[toBin(in[x])];
                           ++odd[toBin(in[x + 1])];
                         }
                         if (x < width)
                         {
                           ++even[toBin(in[x])];
                         }
                       }
                       std::transform(even.begin(), even.end(), odd.begin(), even.begin(), std::plus<std::uint32_t>());
                       while (!even.empty() && even.back() == 0)
                       {
                         even.pop_back();
                       }
                       even.shrink_to_fit();
                       countsOfBlock[block] = std::move(even);
                     });
  std::vector<std::uint64_t> counts(bins);
  for (const std::vector<std::uint32_t> & own : countsOfBlock)
  {
    std::transform(own.begin(), own.end(), counts.begin(), counts.begin(), std::plus<std::uint64_t>());
  }
  return counts;
}

/** The lowest and the highest pixel. */
template <typename TImage>
std::pair<double, double>
ComputeRange(const TImage * image, const typename TImage::RegionType & region, const ParallelFor & parallelFor)
{
  using PixelType = typename TImage::PixelType;
  const std::size_t      width = region.GetSize(0);
  const std::size_t      rows = region.GetNumberOfPixels() / width;
  std::vector<PixelType> lowest(rows);
  std::vector<PixelType> highest(rows);
  parallelFor(rows,
              [&](std::size_t row)
              {
                // Lanes, so that it is done with vector instructions.
                constexpr std::size_t        lanes = 16;
                const PixelType *            in = RowOf(image, region, row);
                std::array<PixelType, lanes> low;
                std::array<PixelType, lanes> high;
                low.fill(in[0]);
                high.fill(in[0]);
                std::size_t x = 0;
                for (; x + lanes <= width; x += lanes)
                {
                  for (std::size_t lane = 0; lane < lanes; ++lane)
                  {
                    low[lane] = in[x + lane] < low[lane] ? in[x + lane] : low[lane];
                    high[lane] = in[x + lane] > high[lane] ? in[x + lane] : high[lane];
                  }
                }
                lowest[row] = *std::min_element(low.begin(), low.end());
                highest[row] = *std::max_element(high.begin(), high.end());
                for (; x < width; ++x)
                {
                  lowest[row] = std::min(lowest[row], in[x]);
                  highest[row] = std::max(highest[row], in[x]);
                }
              });
  return { static_cast<double>(*std::min_element(lowest.begin(), lowest.end())),
           static_cast<double>(*std::max_element(highest.begin(), highest.end())) };
}

/** Whether a histogram has a bin for each value of a pixel type. */
template <typename TPixel>
using HasBinForEachValue = std::integral_constant<bool, std::is_integral<TPixel>::value && sizeof(TPixel) <= 2>;

/** How often the pixels' values occur. If they are of 16 bits or less, each has a bin of its own; else, by the next
 * function, there are 65536 bins over what is left without the tails, of which the first and the last hold these. */
template <typename TImage>
ValueHistogram
ComputeHistogram(const TImage *                      image,
                 const typename TImage::RegionType & region,
                 double,
                 const ParallelFor & parallelFor,
                 std::true_type)
{
  using PixelType = typename TImage::PixelType;
  constexpr auto lowest = static_cast<int>(std::numeric_limits<PixelType>::lowest());
  constexpr auto highest = static_cast<int>(std::numeric_limits<PixelType>::max());
  ValueHistogram histogram;
  histogram.isExact = true;
  histogram.lowest = lowest;
  histogram.counts = CountPixels(image,
                                 region,
                                 highest - lowest + 1,
                                 parallelFor,
                                 [](PixelType value) { return static_cast<int>(value) - lowest; });
  return histogram;
}

template <typename TImage>
ValueHistogram
ComputeHistogram(const TImage *                      image,
                 const typename TImage::RegionType & region,
                 double                              tail,
                 const ParallelFor &                 parallelFor,
                 std::false_type)
{
  using PixelType = typename TImage::PixelType;
  static constexpr std::size_t bins = 65536;
  const auto                   ends = ComputeRange(image, region, parallelFor);
  const auto                   count = [&](double lowest, double highest)
  {
    const double   toBin = bins / (highest - lowest);
    ValueHistogram histogram;
    histogram.lowest = lowest;
    histogram.width = (highest - lowest) / bins;
    histogram.counts = CountPixels(image,
                                   region,
                                   bins,
                                   parallelFor,
                                   [lowest, toBin](PixelType value)
                                   {
                                     const double bin = (static_cast<double>(value) - lowest) * toBin;
                                     return static_cast<std::size_t>(std::min(std::max(bin, 0.0), bins - 1.0));
                                   });
    return histogram;
  };
  if (!(ends.second > ends.first))
  {
    ValueHistogram single;
    single.lowest = ends.first;
    single.counts.assign(1, region.GetNumberOfPixels());
    return single;
  }
  const ValueHistogram whole = count(ends.first, ends.second);
  ValueHistogram       histogram = whole;
  HistogramRange       range = ClipTails(histogram, tail);
  // Far outliers leave few bins to the rest: then it is counted again between its ends.
  constexpr unsigned int attempts = 4;
  for (unsigned int attempt = 0; attempt < attempts && range.last - range.first < bins / 16; ++attempt)
  {
    const double lowest = histogram.lowest + static_cast<double>(range.first) * histogram.width;
    const double highest = histogram.lowest + static_cast<double>(range.last + 1) * histogram.width;
    if (highest - lowest <= std::numeric_limits<double>::epsilon() * bins * std::abs(lowest))
    {
      break;
    }
    histogram = count(lowest, highest);
    range = ClipTails(histogram, tail);
  }
  // All but the outliers have one value: then these are what there is to tell.
  return range.first < range.last ? histogram : whole;
}

/** The highest value of a pixel type that is not above `threshold`. */
template <typename TPixel>
TPixel
HighestNotAbove(double threshold)
{
  if (std::is_integral<TPixel>::value)
  {
    const double lowest = static_cast<double>(std::numeric_limits<TPixel>::lowest());
    return static_cast<TPixel>(std::max(std::floor(threshold), lowest));
  }
  auto value = static_cast<TPixel>(threshold);
  while (static_cast<double>(value) > threshold)
  {
    value = static_cast<TPixel>(std::nextafter(value, std::numeric_limits<TPixel>::lowest()));
  }
  return value;
}

} // namespace colorization
} // namespace itk

#endif
