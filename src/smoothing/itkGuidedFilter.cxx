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
#include "itkGuidedFilter.h"
#include "itkBoxSum.h"

#include <cstring>
#include <memory>

namespace itk
{
namespace colorization
{
namespace
{
/** Pixels of a row that one thread takes at a time. */
constexpr std::size_t TilePixels = 32;
/** Rows that one thread takes at a time. */
constexpr std::size_t TileRows = 8;
/** Lanes that one thread sums along the second axis at a time. */
constexpr std::size_t TileSums = 128;
/** Pixels that are worked on between two meetings of the threads. */
constexpr std::size_t SlabPixels = 131072;

/** What is kept of each pixel, for VGuidance components of guidance I and VComponents of input p. */
template <unsigned int VGuidance, unsigned int VComponents>
struct PixelLayout
{
  /** Different products of two components of I. */
  static constexpr unsigned int Squares = VGuidance * (VGuidance + 1) / 2;
  // Sums: I, the products I I, and then p and the products I p for each component of p.
  static constexpr unsigned int InputSums = VGuidance + Squares;
  static constexpr unsigned int Sums = InputSums + VComponents * (1 + VGuidance);
  // Coefficients: a and b for each component of p.
  static constexpr unsigned int Coefficients = VComponents * (VGuidance + 1);
};

/** Extents and memory of one run. The outer axis is the last one along which the block extends: slices go through the
 * filter one after the other along it. */
struct GuidedFilterRun
{
  float *      values;
  unsigned int components;
  /** The component of the input to start with, and how many are filtered together: 1 or 3. */
  unsigned int           firstComponent;
  unsigned int           together;
  GuidanceView           guidance;
  double                 epsilon;
  std::array<BoxAxis, 3> axis;
  unsigned int           sums;
  unsigned int           coefficients;
  /** Sums and coefficients of the slices of a slab. */
  std::unique_ptr<double[]> slabSums;
  std::unique_ptr<double[]> slabCoefficients;
  /** BoxSumState's memory for each tile, along the outer axis. */
  std::vector<double> sumsState;
  std::vector<double> coefficientsState;

  std::size_t
  SlicePixels() const
  {
    return axis[0].size * axis[1].size;
  }

  std::size_t
  TilesPerRow() const
  {
    return (axis[0].size + TilePixels - 1) / TilePixels;
  }
};

/** A piece of a row, in all slices. */
struct PixelTile
{
  std::size_t x;
  std::size_t y;
  std::size_t pixels;

  PixelTile(const GuidedFilterRun & run, std::size_t number)
    : x(number % run.TilesPerRow() * TilePixels)
    , y(number / run.TilesPerRow())
    , pixels(std::min(TilePixels, run.axis[0].size - x))
  {}

  std::size_t
  PixelInSlice(const GuidedFilterRun & run) const
  {
    return y * run.axis[0].size + x;
  }
};

/** Slices of the outer axis: those of the input that enter are numbered from 0, and what comes of them lags behind. */
struct Slab
{
  std::size_t begin;
  std::size_t end;
};

template <typename T>
ITK_COLORIZATION_INLINE void
LoadPixelsAs(const GuidanceView & view, std::ptrdiff_t offset, std::size_t count, double * out)
{
  const T * in = static_cast<const T *>(view.data) + offset;
  for (std::size_t i = 0; i < count; ++i)
  {
    out[i] = static_cast<double>(in[i]);
  }
}

/** Guidance of the pixels of a row from (x, y, slice) on. */
ITK_COLORIZATION_INLINE void
LoadPixels(const GuidanceView & view, std::size_t x, std::size_t y, std::size_t slice, std::size_t pixels, double * out)
{
  const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(x) * view.stride[0] +
                                static_cast<std::ptrdiff_t>(y) * view.stride[1] +
                                static_cast<std::ptrdiff_t>(slice) * view.stride[2];
  const std::size_t count = pixels * view.components;
  switch (view.component)
  {
    case GuidanceComponent::UnsignedChar:
      LoadPixelsAs<unsigned char>(view, offset, count, out);
      break;
    case GuidanceComponent::Short:
      LoadPixelsAs<short>(view, offset, count, out);
      break;
    case GuidanceComponent::UnsignedShort:
      LoadPixelsAs<unsigned short>(view, offset, count, out);
      break;
    case GuidanceComponent::Float:
      LoadPixelsAs<float>(view, offset, count, out);
      break;
  }
}

/** The terms of the sums, pixel by pixel. */
template <unsigned int VGuidance, unsigned int VComponents>
ITK_COLORIZATION_INLINE void
MultiplyPixels(const double * guidance, const float * values, std::size_t components, std::size_t pixels, double * out)
{
  using Layout = PixelLayout<VGuidance, VComponents>;
  for (std::size_t k = 0; k < pixels; ++k)
  {
    const double * I = guidance + k * VGuidance;
    double *       term = out + k * Layout::Sums;
    for (unsigned int i = 0; i < VGuidance; ++i)
    {
      *term++ = I[i];
    }
    for (unsigned int i = 0; i < VGuidance; ++i)
    {
      for (unsigned int j = i; j < VGuidance; ++j)
      {
        *term++ = I[i] * I[j];
      }
    }
    for (unsigned int c = 0; c < VComponents; ++c)
    {
      const double p = values[k * components + c];
      *term++ = p;
      for (unsigned int i = 0; i < VGuidance; ++i)
      {
        *term++ = I[i] * p;
      }
    }
  }
}

/** Sums along the first axis, of row y of a slice. */
template <unsigned int VGuidance, unsigned int VComponents>
ITK_COLORIZATION_INLINE void
SumRowOf(const GuidedFilterRun & run, std::size_t y, std::size_t slice, double * row, double * memory)
{
  constexpr unsigned int sums = PixelLayout<VGuidance, VComponents>::Sums;
  double                 guidance[TilePixels * VGuidance];
  const std::size_t      width = run.axis[0].size;
  const float * values = run.values + (slice * run.SlicePixels() + y * width) * run.components + run.firstComponent;
  for (std::size_t x = 0; x < width; x += TilePixels)
  {
    const std::size_t pixels = std::min(TilePixels, width - x);
    LoadPixels(run.guidance, x, y, slice, pixels, guidance);
    MultiplyPixels<VGuidance, VComponents>(guidance,
                                           values + x * run.components,
                                           run.components,
                                           pixels,
                                           row + x * sums);
  }
  SumLines<sums>(row, sums, sums, run.axis[0], memory);
}

ITK_COLORIZATION_MULTIVERSION void
SumRow(const GuidedFilterRun & run, std::size_t y, std::size_t slice, double * row, double * memory)
{
  if (run.guidance.components == 1)
  {
    run.together == 1 ? SumRowOf<1, 1>(run, y, slice, row, memory) : SumRowOf<1, 3>(run, y, slice, row, memory);
  }
  else
  {
    run.together == 1 ? SumRowOf<3, 1>(run, y, slice, row, memory) : SumRowOf<3, 3>(run, y, slice, row, memory);
  }
}

ITK_COLORIZATION_MULTIVERSION void
SumCoefficientRow(const BoxAxis & axis, unsigned int coefficients, double * row, double * memory)
{
  switch (coefficients)
  {
    case 2:
      SumLines<2>(row, 2, 2, axis, memory);
      break;
    case 4:
      SumLines<4>(row, 4, 4, axis, memory);
      break;
    case 6:
      SumLines<6>(row, 6, 6, axis, memory);
      break;
    default:
      SumLines<12>(row, 12, 12, axis, memory);
  }
}

/** Windows whose models are fitted together. */
constexpr std::size_t FitLanes = 8;
static_assert(TilePixels % FitLanes == 0, "Tiles are fitted in whole vectors.");
/** One double for each of them. */
using FitVector = double __attribute__((vector_size(FitLanes * sizeof(double))));

/** Solves (Sigma + epsilon U) a = covariance, U the identity, by the factors L D L^T. */
template <unsigned int VGuidance>
class RegularizedCovariance
{
public:
  /** \param squares the upper triangle of E[I I^T], row by row */
  ITK_COLORIZATION_INLINE
  RegularizedCovariance(const FitVector * mean,
                        const FitVector * squares,
                        const FitVector & inverseCount,
                        const FitVector & epsilon)
  {
    for (unsigned int i = 0; i < VGuidance; ++i)
    {
      for (unsigned int j = i; j < VGuidance; ++j)
      {
        FitVector rest = *squares++ * inverseCount - mean[i] * mean[j];
        for (unsigned int k = 0; k < i; ++k)
        {
          rest -= m_Lower[j][k] * m_Lower[i][k] * m_Pivot[k];
        }
        if (i == j)
        {
          // But for rounding, no pivot is below epsilon.
          rest += epsilon;
          m_Pivot[i] = rest > epsilon ? rest : epsilon;
          m_InversePivot[i] = 1.0 / m_Pivot[i];
        }
        else
        {
          m_Lower[j][i] = rest * m_InversePivot[i];
        }
      }
    }
  }

  ITK_COLORIZATION_INLINE void
  Solve(FitVector * a) const
  {
    for (unsigned int i = 1; i < VGuidance; ++i)
    {
      for (unsigned int k = 0; k < i; ++k)
      {
        a[i] -= m_Lower[i][k] * a[k];
      }
    }
    for (unsigned int i = VGuidance; i-- > 0;)
    {
      a[i] *= m_InversePivot[i];
      for (unsigned int k = i + 1; k < VGuidance; ++k)
      {
        a[i] -= m_Lower[k][i] * a[k];
      }
    }
  }

private:
  FitVector m_Lower[VGuidance][VGuidance];
  FitVector m_Pivot[VGuidance];
  FitVector m_InversePivot[VGuidance];
};

/** The paper's equations 5 and 6 (14 and 15 for guidance of 3 components): a and b of windows side by side. */
template <unsigned int VGuidance, unsigned int VComponents>
ITK_COLORIZATION_INLINE void
FitWindows(const FitVector * sums, const FitVector & inverseCount, const FitVector & epsilon, FitVector * coefficients)
{
  using Layout = PixelLayout<VGuidance, VComponents>;
  FitVector mean[VGuidance];
  for (unsigned int i = 0; i < VGuidance; ++i)
  {
    mean[i] = sums[i] * inverseCount;
  }
  const RegularizedCovariance<VGuidance> covariance(mean, sums + VGuidance, inverseCount, epsilon);
  for (unsigned int c = 0; c < VComponents; ++c)
  {
    const FitVector * inputSums = sums + Layout::InputSums + c * (1 + VGuidance);
    const FitVector   inputMean = inputSums[0] * inverseCount;
    FitVector *       a = coefficients + c * (VGuidance + 1);
    for (unsigned int i = 0; i < VGuidance; ++i)
    {
      a[i] = inputSums[1 + i] * inverseCount - mean[i] * inputMean;
    }
    covariance.Solve(a);
    FitVector b = inputMean;
    for (unsigned int i = 0; i < VGuidance; ++i)
    {
      b -= a[i] * mean[i];
    }
    a[VGuidance] = b;
  }
}

/** FitWindows() for the pixels of a tile.
 * \param sums TilePixels * Layout::Sums finite values
 * \param inverseCount of each pixel along the first axis, and `inverseCountOfRow` along the others */
template <unsigned int VGuidance, unsigned int VComponents>
ITK_COLORIZATION_INLINE void
FitPixels(const double * sums,
          std::size_t    pixels,
          const double * inverseCount,
          double         inverseCountOfRow,
          double         epsilon,
          double *       coefficients)
{
  using Layout = PixelLayout<VGuidance, VComponents>;
  for (std::size_t first = 0; first < pixels; first += FitLanes)
  {
    const std::size_t lanes = std::min(FitLanes, pixels - first);
    double            transposed[Layout::Sums * FitLanes];
    FitVector         laneSums[Layout::Sums];
    FitVector         laneCoefficients[Layout::Coefficients];
    FitVector         count = {};
    for (std::size_t l = 0; l < FitLanes; ++l)
    {
      for (unsigned int s = 0; s < Layout::Sums; ++s)
      {
        transposed[s * FitLanes + l] = sums[(first + l) * Layout::Sums + s];
      }
      count[l] = l < lanes ? inverseCount[first + l] : 0.0;
    }
    std::memcpy(laneSums, transposed, sizeof(laneSums));
    FitWindows<VGuidance, VComponents>(laneSums, count * inverseCountOfRow, epsilon - FitVector{}, laneCoefficients);
    for (std::size_t l = 0; l < lanes; ++l)
    {
      for (unsigned int s = 0; s < Layout::Coefficients; ++s)
      {
        coefficients[(first + l) * Layout::Coefficients + s] = laneCoefficients[s][l];
      }
    }
  }
}

/** Completes the sums of a tile's windows in the slices of a slab along the outer axis, and fits their models. */
template <unsigned int VGuidance, unsigned int VComponents>
ITK_COLORIZATION_INLINE void
FitTileOf(GuidedFilterRun & run, const PixelTile & tile, const Slab & slab)
{
  using Layout = PixelLayout<VGuidance, VComponents>;
  const BoxAxis &   axis = run.axis[2];
  const std::size_t pixel = tile.PixelInSlice(run);
  const BoxSumState state(run.sumsState.data() + BoxSumState::MemorySize(axis, pixel * Layout::Sums),
                          axis,
                          tile.pixels * Layout::Sums);
  double            sums[TilePixels * Layout::Sums];
  std::size_t       position = (axis.begin + slab.begin) % axis.width;
  for (std::size_t t = slab.begin; t < std::min(slab.end, axis.size + axis.radius); ++t)
  {
    const std::size_t at = (t - slab.begin) * run.SlicePixels() + pixel;
    PushNode<0>(t < axis.size ? run.slabSums.get() + at * Layout::Sums : nullptr,
                position,
                axis.width,
                state,
                t >= axis.radius ? sums : nullptr);
    position = position + 1 < axis.width ? position + 1 : 0;
    if (t < axis.radius)
    {
      continue;
    }
    FitPixels<VGuidance, VComponents>(sums,
                                      tile.pixels,
                                      run.axis[0].inverseCount.data() + tile.x,
                                      run.axis[1].inverseCount[tile.y] * axis.inverseCount[t - axis.radius],
                                      run.epsilon,
                                      run.slabCoefficients.get() + at * Layout::Coefficients);
  }
}

ITK_COLORIZATION_MULTIVERSION void
FitTile(GuidedFilterRun & run, const PixelTile & tile, const Slab & slab)
{
  if (run.guidance.components == 1)
  {
    run.together == 1 ? FitTileOf<1, 1>(run, tile, slab) : FitTileOf<1, 3>(run, tile, slab);
  }
  else
  {
    run.together == 1 ? FitTileOf<3, 1>(run, tile, slab) : FitTileOf<3, 3>(run, tile, slab);
  }
}

/** The paper's equation 8 (16): q = mean a . I + mean b, where the sums of a and b are complete after those along the
 * outer axis. */
template <unsigned int VGuidance, unsigned int VComponents>
ITK_COLORIZATION_INLINE void
ApplyTileOf(GuidedFilterRun & run, const PixelTile & tile, const Slab & slab)
{
  using Layout = PixelLayout<VGuidance, VComponents>;
  const BoxAxis &   axis = run.axis[2];
  const std::size_t pixel = tile.PixelInSlice(run);
  const BoxSumState state(run.coefficientsState.data() + BoxSumState::MemorySize(axis, pixel * Layout::Coefficients),
                          axis,
                          tile.pixels * Layout::Coefficients);
  double            sums[TilePixels * Layout::Coefficients];
  double            guidance[TilePixels * VGuidance];
  for (std::size_t t = std::max(slab.begin, axis.radius); t < slab.end; ++t)
  {
    const std::size_t end = t - axis.radius;
    const std::size_t at = (t - slab.begin) * run.SlicePixels() + pixel;
    PushNode<0>(end < axis.size ? run.slabCoefficients.get() + at * Layout::Coefficients : nullptr,
                (axis.begin + end) % axis.width,
                axis.width,
                state,
                end >= axis.radius ? sums : nullptr);
    if (end < axis.radius)
    {
      continue;
    }
    const std::size_t slice = end - axis.radius;
    LoadPixels(run.guidance, tile.x, tile.y, slice, tile.pixels, guidance);
    const double inverseCount = run.axis[1].inverseCount[tile.y] * axis.inverseCount[slice];
    float *      values = run.values + (slice * run.SlicePixels() + pixel) * run.components + run.firstComponent;
    for (std::size_t k = 0; k < tile.pixels; ++k)
    {
      for (unsigned int c = 0; c < VComponents; ++c)
      {
        const double * model = sums + k * Layout::Coefficients + c * (VGuidance + 1);
        double         q = model[VGuidance];
        for (unsigned int i = 0; i < VGuidance; ++i)
        {
          q += model[i] * guidance[k * VGuidance + i];
        }
        values[k * run.components + c] = static_cast<float>(q * (run.axis[0].inverseCount[tile.x + k] * inverseCount));
      }
    }
  }
}

ITK_COLORIZATION_MULTIVERSION void
ApplyTile(GuidedFilterRun & run, const PixelTile & tile, const Slab & slab)
{
  if (run.guidance.components == 1)
  {
    run.together == 1 ? ApplyTileOf<1, 1>(run, tile, slab) : ApplyTileOf<1, 3>(run, tile, slab);
  }
  else
  {
    run.together == 1 ? ApplyTileOf<3, 1>(run, tile, slab) : ApplyTileOf<3, 3>(run, tile, slab);
  }
}

/** Calls body(slice in slab, y, working memory) for all rows of the first `slices` slices of a slab. */
template <typename TBody>
void
ForEachRowOfSlab(const GuidedFilterRun & run,
                 std::size_t             slices,
                 unsigned int            lanes,
                 const ParallelFor &     parallelFor,
                 const TBody &           body)
{
  const std::size_t height = run.axis[1].size;
  const std::size_t rows = slices * height;
  parallelFor((rows + TileRows - 1) / TileRows,
              [&](std::size_t tile)
              {
                std::vector<double> memory(BoxSumState::MemorySize(run.axis[0], lanes));
                for (std::size_t row = tile * TileRows; row < std::min(rows, (tile + 1) * TileRows); ++row)
                {
                  body(row / height, row % height, memory.data());
                }
              });
}

/** Sums along the second axis within slices of `perPixel` values a pixel. */
void
SumColumns(const GuidedFilterRun & run,
           double *                slices,
           std::size_t             count,
           unsigned int            perPixel,
           const ParallelFor &     parallelFor)
{
  if (run.axis[1].radius == 0)
  {
    return;
  }
  const std::size_t lanes = run.axis[0].size * perPixel;
  const std::size_t tiles = (lanes + TileSums - 1) / TileSums;
  parallelFor(
    count * tiles,
    [&](std::size_t i)
    {
      const std::size_t   lane = i % tiles * TileSums;
      const std::size_t   tileLanes = std::min(TileSums, lanes - lane);
      std::vector<double> memory(BoxSumState::MemorySize(run.axis[1], tileLanes));
      SumManyLines(slices + i / tiles * run.axis[1].size * lanes + lane, lanes, tileLanes, run.axis[1], memory.data());
    });
}

/** Filters the slices that come out of a slab. */
void
FilterSlab(GuidedFilterRun & run, const Slab & slab, const ParallelFor & parallelFor)
{
  const BoxAxis &   outer = run.axis[2];
  const std::size_t width = run.axis[0].size;
  const std::size_t tiles = run.TilesPerRow() * run.axis[1].size;

  const std::size_t entering = std::max(slab.begin, std::min(slab.end, outer.size)) - slab.begin;
  ForEachRowOfSlab(run,
                   entering,
                   run.sums,
                   parallelFor,
                   [&](std::size_t slice, std::size_t y, double * memory)
                   {
                     double * row = run.slabSums.get() + (slice * run.axis[1].size + y) * width * run.sums;
                     SumRow(run, y, slab.begin + slice, row, memory);
                   });
  SumColumns(run, run.slabSums.get(), entering, run.sums, parallelFor);
  parallelFor(tiles, [&](std::size_t tile) { FitTile(run, PixelTile(run, tile), slab); });

  // Of the slab's slices of coefficients, those before the first and after the last are not there.
  const std::size_t first = std::min(slab.end, std::max(slab.begin, outer.radius)) - slab.begin;
  const std::size_t last = std::max(slab.begin + first, std::min(slab.end, outer.size + outer.radius)) - slab.begin;
  double *          coefficients = run.slabCoefficients.get() + first * run.SlicePixels() * run.coefficients;
  ForEachRowOfSlab(run,
                   last - first,
                   run.coefficients,
                   parallelFor,
                   [&](std::size_t slice, std::size_t y, double * memory)
                   {
                     double * row = coefficients + (slice * run.axis[1].size + y) * width * run.coefficients;
                     SumCoefficientRow(run.axis[0], run.coefficients, row, memory);
                   });
  SumColumns(run, coefficients, last - first, run.coefficients, parallelFor);
  parallelFor(tiles, [&](std::size_t tile) { ApplyTile(run, PixelTile(run, tile), slab); });
}

} // namespace

void
GuidedFilter(float *                        values,
             unsigned int                   components,
             const GuidanceView &           guidance,
             const BlockInImage &           block,
             const GuidedFilterParameters & parameters,
             const ParallelFor &            parallelFor,
             const ProgressCallback &       progress)
{
  const unsigned int outer = block.size[2] > 1 ? 2 : 1;
  const auto         makeAxis = [&](unsigned int axis)
  { return BoxAxis(parameters.radius[axis], block.size[axis], block.begin[axis], block.imageSize[axis]); };
  GuidanceView view = guidance;
  view.stride = { { guidance.stride[0], guidance.stride[3 - outer], guidance.stride[outer] } };
  GuidedFilterRun   run{ values,
                       components,
                       0,
                       1,
                       view,
                       parameters.epsilon,
                       { { makeAxis(0), makeAxis(3 - outer), makeAxis(outer) } },
                       0,
                       0,
                       nullptr,
                       nullptr,
                       {},
                       {} };
  const BoxAxis &   axis = run.axis[2];
  const std::size_t slabSlices =
    std::max(std::size_t{ 1 }, std::min(axis.size, SlabPixels / std::max(std::size_t{ 1 }, run.SlicePixels())));
  const std::size_t slices = axis.size + 2 * axis.radius;
  while (run.firstComponent < components)
  {
    const double done = static_cast<double>(run.firstComponent) / components;
    run.together = components - run.firstComponent >= 3 ? 3 : 1;
    run.coefficients = run.together * (guidance.components + 1);
    run.sums = guidance.components * (guidance.components + 3) / 2 + run.coefficients;
    run.slabSums.reset(new double[slabSlices * run.SlicePixels() * run.sums]);
    run.slabCoefficients.reset(new double[slabSlices * run.SlicePixels() * run.coefficients]);
    run.sumsState.assign(BoxSumState::MemorySize(axis, run.SlicePixels() * run.sums), 0.0);
    run.coefficientsState.assign(BoxSumState::MemorySize(axis, run.SlicePixels() * run.coefficients), 0.0);
    for (std::size_t begin = 0; begin < slices; begin += slabSlices)
    {
      progress(done + static_cast<double>(begin) / slices * run.together / components);
      FilterSlab(run, { begin, std::min(slices, begin + slabSlices) }, parallelFor);
    }
    run.firstComponent += run.together;
  }
  progress(1.0);
}

} // namespace colorization
} // namespace itk
