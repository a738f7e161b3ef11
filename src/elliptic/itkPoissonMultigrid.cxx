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
#include "itkPoissonMultigrid.h"
#include "../common/itkColorizationVectorMath.h"

#include <cmath>
#include <limits>

namespace itk
{
namespace colorization
{
namespace
{
/** Levels with fewer voxels are not worth the start of threads. */
constexpr std::size_t SerialVoxels = 20000;
/** Axes are coarsened whose spacing is at most this much above the finest. */
constexpr double CoarseningRatio = 1.5;
/** Weights of edges get half as large where the distance doubles. That of a coarse voxel to the border of the mask grows
 * by half to double as much, so cycles are fewest with more than half. */
constexpr float BorderFactor = 0.75f;

/** Rows around a row of values. Those beyond the border of the image are the row itself, so that differences to them
 * vanish. */
struct Neighborhood
{
  const float * center;
  const float * yBefore;
  const float * yAfter;
  const float * zBefore;
  const float * zAfter;
};

Neighborhood
NeighborhoodOf(const PoissonGrid & grid, const float * buffer, std::size_t y, std::size_t z)
{
  const auto &  size = grid.GetSize();
  const float * values = buffer + grid.GetExtent(y, z).first;
  return { values + grid.GetRowBegin(y, z),
           values + grid.GetRowBegin(y > 0 ? y - 1 : y, z),
           values + grid.GetRowBegin(y + 1 < size[1] ? y + 1 : y, z),
           values + grid.GetRowBegin(y, z > 0 ? z - 1 : z),
           values + grid.GetRowBegin(y, z + 1 < size[2] ? z + 1 : z) };
}

/** Makes the differences to what is beyond the ends of a row vanish. */
void
MirrorEnds(float * row, std::size_t count)
{
  row[-1] = row[0];
  row[count] = row[count - 1];
}

/** The negated operator of the finest level: sums of differences, which are exact where neighbours are alike. */
ITK_COLORIZATION_INLINE float
NegatedOperator(const Neighborhood & u, const std::array<float, 3> & weights, float lambda, std::size_t x)
{
  const float center = u.center[x];
  return weights[0] * ((u.center[x - 1] - center) + (u.center[x + 1] - center)) +
         weights[1] * ((u.yBefore[x] - center) + (u.yAfter[x] - center)) +
         weights[2] * ((u.zBefore[x] - center) + (u.zAfter[x] - center)) - lambda * center;
}

/** `inverseDiagonal` is 0 for the voxels of the other colour: no voxel that changes is read by another one. */
ITK_COLORIZATION_MULTIVERSION void
RelaxFinestRow(const Neighborhood         u,
               const float *              f,
               const float *              inverseDiagonal,
               const std::array<float, 3> weights,
               float                      lambda,
               std::size_t                count,
               float *                    values)
{
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    values[x] += (f[x] + NegatedOperator(u, weights, lambda, x)) * inverseDiagonal[x];
  }
}

ITK_COLORIZATION_MULTIVERSION void
FinestResidualOfRow(const Neighborhood         u,
                    const float *              f,
                    const std::array<float, 3> weights,
                    float                      lambda,
                    std::size_t                count,
                    float * __restrict residual)
{
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    residual[x] = f[x] + NegatedOperator(u, weights, lambda, x);
  }
}

/** The vectors have 16 elements, or the many that hold bytes would leave a long rest of each row. */
ITK_COLORIZATION_MULTIVERSION void
ClearOutside(const std::uint8_t * mask, std::size_t count, float * values)
{
#pragma omp simd simdlen(16)
  for (std::size_t x = 0; x < count; ++x)
  {
    values[x] = mask[x] ? values[x] : 0.0f;
  }
}

ITK_COLORIZATION_MULTIVERSION void
Multiply(const float * a, const float * b, std::size_t count, float * __restrict product)
{
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    product[x] = a[x] * b[x];
  }
}

ITK_COLORIZATION_MULTIVERSION double
ScalarProduct(const float * a, const float * b, std::size_t count)
{
  float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
  for (std::size_t x = 0; x < count; ++x)
  {
    sum += a[x] * b[x];
  }
  return sum;
}

ITK_COLORIZATION_MULTIVERSION void
AddToScaled(const float * z, float beta, std::size_t count, float * __restrict p)
{
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    p[x] = z[x] + beta * p[x];
  }
}

/** \return the sum of p times A p */
ITK_COLORIZATION_MULTIVERSION double
EnergyOfRow(const Neighborhood p, const std::array<float, 3> weights, float lambda, std::size_t count)
{
  float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
  for (std::size_t x = 0; x < count; ++x)
  {
    sum -= p.center[x] * NegatedOperator(p, weights, lambda, x);
  }
  return sum;
}

ITK_COLORIZATION_MULTIVERSION void
Advance(const Neighborhood         p,
        const std::array<float, 3> weights,
        float                      lambda,
        double                     alpha,
        std::size_t                count,
        double * __restrict u,
        float * __restrict r)
{
  const auto step = static_cast<float>(alpha);
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    r[x] += step * NegatedOperator(p, weights, lambda, x);
  }
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    u[x] += alpha * static_cast<double>(p.center[x]);
  }
}

/** Weights of edges of a coarse level's row: along x, to the rows before and after along y and z, and the rest of the
 * diagonal. */
struct CoarseEdges
{
  const float * x;
  const float * yBefore;
  const float * yAfter;
  const float * zBefore;
  const float * zAfter;
  const float * excess;
};

ITK_COLORIZATION_INLINE float
NegatedCoarseOperator(const Neighborhood & u, const CoarseEdges & edges, std::size_t x)
{
  const float center = u.center[x];
  return edges.x[x] * (u.center[x - 1] - center) + edges.x[x + 1] * (u.center[x + 1] - center) +
         edges.yBefore[x] * (u.yBefore[x] - center) + edges.yAfter[x] * (u.yAfter[x] - center) +
         edges.zBefore[x] * (u.zBefore[x] - center) + edges.zAfter[x] * (u.zAfter[x] - center) -
         edges.excess[x] * center;
}

ITK_COLORIZATION_MULTIVERSION void
RelaxCoarseRow(const Neighborhood u,
               const CoarseEdges  edges,
               const float *      f,
               const float *      inverseDiagonal,
               const float *      alternating,
               std::size_t        count,
               float *            values)
{
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    values[x] += (f[x] + NegatedCoarseOperator(u, edges, x)) * (inverseDiagonal[x] * alternating[x]);
  }
}

ITK_COLORIZATION_MULTIVERSION void
StartCoarseRow(const float * f,
               const float * inverseDiagonal,
               const float * alternating,
               std::size_t   count,
               float * __restrict values)
{
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    values[x] = f[x] * (inverseDiagonal[x] * alternating[x]);
  }
}

ITK_COLORIZATION_MULTIVERSION void
CoarseResidualOfRow(const Neighborhood u,
                    const CoarseEdges  edges,
                    const float *      f,
                    const float *      inverseDiagonal,
                    std::size_t        count,
                    float * __restrict residual)
{
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    const float value = f[x] + NegatedCoarseOperator(u, edges, x);
    residual[x] = inverseDiagonal[x] > 0.0f ? value : 0.0f;
  }
}

/** The adjoint of linear interpolation along a row; `fine` has its ends mirrored or cleared on either side. */
ITK_COLORIZATION_MULTIVERSION void
RestrictRow(const float * fine, std::size_t coarseCount, float * __restrict coarse)
{
#pragma omp simd
  for (std::size_t x = 0; x < coarseCount; ++x)
  {
    coarse[x] = 0.75f * (fine[2 * x] + fine[2 * x + 1]) + 0.25f * (fine[2 * x - 1] + fine[2 * x + 2]);
  }
}

ITK_COLORIZATION_MULTIVERSION void
AddWeightedRow(const float * row, float weight, std::size_t count, float * __restrict sum)
{
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    sum[x] += weight * row[x];
  }
}

/** Four rows at a time, which saves loads and stores of the sum. */
ITK_COLORIZATION_MULTIVERSION void
AddFourWeightedRows(const float * const * rows, const float * weights, std::size_t count, float * __restrict sum)
{
  const float * a = rows[0];
  const float * b = rows[1];
  const float * c = rows[2];
  const float * d = rows[3];
  const float   wa = weights[0];
  const float   wb = weights[1];
  const float   wc = weights[2];
  const float   wd = weights[3];
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    sum[x] += (wa * a[x] + wb * b[x]) + (wc * c[x] + wd * d[x]);
  }
}

void
AddWeightedRows(const float * const * rows, const float * weights, std::size_t n, std::size_t count, float * sum)
{
  std::size_t k = 0;
  for (; k + 4 <= n; k += 4)
  {
    AddFourWeightedRows(rows + k, weights + k, count, sum);
  }
  for (; k < n; ++k)
  {
    AddWeightedRow(rows[k], weights[k], count, sum);
  }
}

/** Linear interpolation along a row to twice as many voxels; `coarse` has its ends mirrored. */
ITK_COLORIZATION_MULTIVERSION void
InterpolateRow(const float * coarse, std::size_t coarseCount, float * __restrict fine)
{
#pragma omp simd
  for (std::size_t x = 0; x < coarseCount; ++x)
  {
    fine[2 * x] = 0.75f * coarse[x] + 0.25f * coarse[x - 1];
    fine[2 * x + 1] = 0.75f * coarse[x] + 0.25f * coarse[x + 1];
  }
}

ITK_COLORIZATION_MULTIVERSION void
AddWhereSolved(const float * correction, const float * inverseDiagonal, std::size_t count, float * __restrict values)
{
#pragma omp simd
  for (std::size_t x = 0; x < count; ++x)
  {
    values[x] += inverseDiagonal[x] > 0.0f ? correction[x] : 0.0f;
  }
}

/** weight where both rows of the mask are set. */
ITK_COLORIZATION_MULTIVERSION void
EdgesBetween(const std::uint8_t * a, const std::uint8_t * b, float weight, std::size_t count, float * __restrict edges)
{
#pragma omp simd simdlen(16)
  for (std::size_t x = 0; x < count; ++x)
  {
    edges[x] = (a[x] != 0) & (b[x] != 0) ? weight : 0.0f;
  }
}

/** Adds weight where the mask is set and that of the neighbour is not. */
ITK_COLORIZATION_MULTIVERSION void
AddBorderTo(const std::uint8_t * mask,
            const std::uint8_t * neighbor,
            float                weight,
            std::size_t          count,
            float * __restrict border)
{
#pragma omp simd simdlen(16)
  for (std::size_t x = 0; x < count; ++x)
  {
    border[x] += (mask[x] != 0) & (neighbor[x] == 0) ? weight : 0.0f;
  }
}

/** Memory of the calling thread; `slot` keeps what is in use at the same time apart. */
float *
Scratch(unsigned int slot, std::size_t count)
{
  thread_local std::array<std::vector<float>, 2> scratch;
  if (scratch[slot].size() < count)
  {
    scratch[slot].resize(count);
  }
  return scratch[slot].data();
}
} // namespace

struct PoissonMultigrid::RowWeights
{
  std::array<std::vector<float>, 3> edge{};
  std::array<std::vector<float>, 3> border{};
  std::vector<float>                mass{};
};

PoissonMultigrid::PoissonMultigrid(const PoissonGrid &           grid,
                                   const std::uint8_t *          mask,
                                   const std::array<double, 3> & weights,
                                   double                        lambda,
                                   const ParallelFor &           parallelFor)
  : m_Grid(grid)
  , m_Mask(mask)
  , m_Lambda(static_cast<float>(lambda))
  , m_ParallelFor(parallelFor)
{
  const auto &          size = m_Grid.GetSize();
  std::array<double, 3> spacing;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    m_Weights[axis] = static_cast<float>(weights[axis]);
    spacing[axis] = 1.0 / std::sqrt(weights[axis]);
  }
  m_Zeros.resize(size[0] + 2);
  m_InverseDiagonals.resize(18 * size[0]);
  for (std::size_t i = 0; i < m_InverseDiagonals.size(); ++i)
  {
    const std::size_t x = i % size[0];
    const std::size_t missingZ = i / size[0] % 3;
    const std::size_t missingY = i / size[0] / 3 % 3;
    const std::size_t missingX = (x == 0 ? 1 : 0) + (x + 1 == size[0] ? 1 : 0);
    const double      diagonal = (2.0 - static_cast<double>(missingX)) * weights[0] +
                            (2.0 - static_cast<double>(missingY)) * weights[1] +
                            (2.0 - static_cast<double>(missingZ)) * weights[2] + lambda;
    const bool isOfColor = x % 2 == i / size[0] / 9;
    m_InverseDiagonals[i] = isOfColor && diagonal > 0.0 ? static_cast<float>(1.0 / diagonal) : 0.0f;
  }
  while (*std::max_element(GridOf(m_Levels.size()).GetSize().begin(), GridOf(m_Levels.size()).GetSize().end()) > 1)
  {
    this->MakeCoarserLevel(spacing, spacing);
  }
}

ParallelFor
PoissonMultigrid::ThreadsFor(const PoissonGrid & grid) const
{
  return grid.GetPaddedCount() < SerialVoxels ? ParallelFor(SerialFor) : m_ParallelFor;
}

const float *
PoissonMultigrid::InverseDiagonalOfRow(std::size_t y, std::size_t z, unsigned int color) const
{
  const auto &      size = m_Grid.GetSize();
  const std::size_t missingY = (y == 0 ? 1 : 0) + (y + 1 == size[1] ? 1 : 0);
  const std::size_t missingZ = (z == 0 ? 1 : 0) + (z + 1 == size[2] ? 1 : 0);
  return m_InverseDiagonals.data() + (((y + z + color) % 2 * 3 + missingY) * 3 + missingZ) * size[0];
}

unsigned int
PoissonMultigrid::GetTerms(const AxisTransfer & transfer, std::size_t fine, std::array<Terms, 2> & terms)
{
  if (!transfer.isCoarsened)
  {
    terms[0] = { fine, 1.0f };
    return 1;
  }
  const std::size_t near = fine / 2;
  const bool        isMirrored = fine % 2 == 0 ? near == 0 : near + 1 == transfer.coarseSize;
  if (isMirrored)
  {
    terms[0] = { near, 1.0f };
    return 1;
  }
  terms[0] = { near, 0.75f };
  terms[1] = { fine % 2 == 0 ? near - 1 : near + 1, 0.25f };
  return 2;
}

unsigned int
PoissonMultigrid::GetAdjointTerms(const AxisTransfer & transfer, std::size_t coarse, std::array<Terms, 4> & terms)
{
  unsigned int      n = 0;
  const std::size_t first = !transfer.isCoarsened ? coarse : coarse == 0 ? 0 : 2 * coarse - 1;
  const std::size_t last = !transfer.isCoarsened ? coarse : std::min(2 * coarse + 2, transfer.fineSize - 1);
  for (std::size_t fine = first; fine <= last; ++fine)
  {
    std::array<Terms, 2> back;
    const unsigned int   count = GetTerms(transfer, fine, back);
    for (unsigned int k = 0; k < count; ++k)
    {
      if (back[k].index == coarse)
      {
        terms[n++] = { fine, back[k].weight };
      }
    }
  }
  return n;
}

void
PoissonMultigrid::GetRowWeights(std::size_t level, std::size_t y, std::size_t z, RowWeights & weights) const
{
  const auto &      size = GridOf(level).GetSize();
  const std::size_t count = size[0];
  if (level > 0)
  {
    const Level &     from = m_Levels[level - 1];
    const std::size_t begin = from.grid.GetRowBegin(y, z);
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      weights.edge[axis].assign(from.edge[axis].data() + begin, from.edge[axis].data() + begin + count);
      weights.border[axis].assign(from.border[axis].data() + begin, from.border[axis].data() + begin + count);
    }
    weights.mass.assign(from.mass.data() + begin, from.mass.data() + begin + count);
    return;
  }
  const std::array<bool, 3> hasBefore{ { false, y > 0, z > 0 } };
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    weights.edge[axis].assign(count, axis == 0 || hasBefore[axis] ? m_Weights[axis] : 0.0f);
    weights.border[axis].assign(count, 0.0f);
  }
  weights.edge[0][0] = 0.0f;
  weights.mass.assign(count, m_Lambda);
  if (!m_Mask)
  {
    return;
  }
  const std::uint8_t * row = m_Mask + (z * size[1] + y) * count;
  ClearOutside(row, count, weights.mass.data());
  EdgesBetween(row + 1, row, m_Weights[0], count - 1, weights.edge[0].data() + 1);
  AddBorderTo(row + 1, row, m_Weights[0], count - 1, weights.border[0].data() + 1);
  AddBorderTo(row, row + 1, m_Weights[0], count - 1, weights.border[0].data());
  const std::array<bool, 3>        hasAfter{ { false, y + 1 < size[1], z + 1 < size[2] } };
  const std::array<std::size_t, 3> step{ { 1, count, count * size[1] } };
  for (unsigned int axis = 1; axis < 3; ++axis)
  {
    if (hasBefore[axis])
    {
      EdgesBetween(row, row - step[axis], m_Weights[axis], count, weights.edge[axis].data());
      AddBorderTo(row, row - step[axis], m_Weights[axis], count, weights.border[axis].data());
    }
    if (hasAfter[axis])
    {
      AddBorderTo(row, row + step[axis], m_Weights[axis], count, weights.border[axis].data());
    }
  }
}

void
PoissonMultigrid::MakeCoarserLevel(const std::array<double, 3> & spacing, std::array<double, 3> & coarseSpacing)
{
  const std::size_t           fineLevel = m_Levels.size();
  const auto                  fineSize = GridOf(fineLevel).GetSize();
  std::array<std::size_t, 3>  size = fineSize;
  std::array<AxisTransfer, 3> transfers;
  double                      finest = std::numeric_limits<double>::max();
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    finest = fineSize[axis] > 1 ? std::min(finest, spacing[axis]) : finest;
  }
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const bool isCoarsened = fineSize[axis] > 1 && spacing[axis] <= CoarseningRatio * finest;
    size[axis] = isCoarsened ? (fineSize[axis] + 1) / 2 : fineSize[axis];
    coarseSpacing[axis] = isCoarsened ? 2.0 * spacing[axis] : spacing[axis];
    transfers[axis] = { isCoarsened, fineSize[axis], size[axis] };
  }
  m_Levels.emplace_back(size);
  Level & level = m_Levels.back();
  level.fromFiner = transfers;
  const std::size_t count = level.grid.GetPaddedCount();
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    level.edge[axis] = { count, m_ParallelFor };
    level.border[axis] = { count, m_ParallelFor };
  }
  for (ZeroedArray<float> * values : { &level.mass, &level.excess, &level.inverseDiagonal, &level.f, &level.z })
  {
    *values = { count, m_ParallelFor };
  }
  level.residual = { size[0] * fineSize[1] * fineSize[2], m_ParallelFor };
  level.alternating.resize(size[0] + 1);
  for (std::size_t x = 0; x < level.alternating.size(); x += 2)
  {
    level.alternating[x] = 1.0f;
  }
  this->FillLevel(fineLevel + 1);
  if (fineLevel > 0)
  {
    Level & finer = m_Levels[fineLevel - 1];
    finer.border = {};
    finer.mass = {};
  }
}

void
PoissonMultigrid::FillLevel(std::size_t levelNumber)
{
  Level &                      level = m_Levels[levelNumber - 1];
  const auto &                 size = level.grid.GetSize();
  const auto &                 transfers = level.fromFiner;
  const std::size_t            fineCount = transfers[0].fineSize;
  const std::array<float *, 3> edge{ { level.edge[0].data(), level.edge[1].data(), level.edge[2].data() } };
  float * const                excess = level.excess.data();
  const auto                   fillRow = [&](std::size_t y, std::size_t z)
  {
    RowWeights sum;
    RowWeights row;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      // Of an odd number of voxels, the last has no partner.
      sum.edge[axis].assign(fineCount + 1, 0.0f);
      sum.border[axis].assign(fineCount + 1, 0.0f);
    }
    sum.mass.assign(fineCount + 1, 0.0f);
    const auto first = [&](unsigned int axis, std::size_t i) { return transfers[axis].isCoarsened ? 2 * i : i; };
    const auto end = [&](unsigned int axis, std::size_t i)
    { return transfers[axis].isCoarsened ? std::min(2 * i + 2, transfers[axis].fineSize) : i + 1; };
    for (std::size_t fineZ = first(2, z); fineZ < end(2, z); ++fineZ)
    {
      for (std::size_t fineY = first(1, y); fineY < end(1, y); ++fineY)
      {
        this->GetRowWeights(levelNumber - 1, fineY, fineZ, row);
        const std::array<bool, 3> isOutward{ { true, fineY == first(1, y), fineZ == first(2, z) } };
        for (unsigned int axis = 0; axis < 3; ++axis)
        {
          // Twice the distance, so half the weight.
          const float half = transfers[axis].isCoarsened ? 0.5f : 1.0f;
          if (isOutward[axis])
          {
            AddWeightedRow(row.edge[axis].data(), half, fineCount, sum.edge[axis].data());
          }
          AddWeightedRow(row.border[axis].data(),
                         transfers[axis].isCoarsened ? BorderFactor : 1.0f,
                         fineCount,
                         sum.border[axis].data());
        }
        AddWeightedRow(row.mass.data(), 1.0f, fineCount, sum.mass.data());
      }
    }
    const std::size_t begin = level.grid.GetRowBegin(y, z);
    const auto        gather = [&](const std::vector<float> & from, std::size_t x)
    { return transfers[0].isCoarsened ? from[2 * x] + from[2 * x + 1] : from[x]; };
    for (std::size_t x = 0; x < size[0]; ++x)
    {
      edge[0][begin + x] = sum.edge[0][transfers[0].isCoarsened ? 2 * x : x];
      edge[1][begin + x] = gather(sum.edge[1], x);
      edge[2][begin + x] = gather(sum.edge[2], x);
      level.mass.data()[begin + x] = gather(sum.mass, x);
      excess[begin + x] = level.mass.data()[begin + x];
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        level.border[axis].data()[begin + x] = gather(sum.border[axis], x);
        excess[begin + x] += level.border[axis].data()[begin + x];
      }
    }
  };
  const ParallelFor parallelFor = this->ThreadsFor(level.grid);
  parallelFor(size[1] * size[2], [&](std::size_t row) { fillRow(row % size[1], row / size[1]); });
  parallelFor(size[1] * size[2],
              [&](std::size_t row)
              {
                const std::size_t y = row % size[1];
                const std::size_t z = row / size[1];
                const std::size_t begin = level.grid.GetRowBegin(y, z);
                for (std::size_t x = 0; x < size[0]; ++x)
                {
                  const std::size_t i = begin + x;
                  float             diagonal = excess[i] + edge[0][i] + edge[0][i + 1] + edge[1][i] + edge[2][i];
                  diagonal += y + 1 < size[1] ? edge[1][level.grid.GetRowBegin(y + 1, z) + x] : 0.0f;
                  diagonal += z + 1 < size[2] ? edge[2][level.grid.GetRowBegin(y, z + 1) + x] : 0.0f;
                  level.inverseDiagonal.data()[i] = diagonal > 0.0f ? 1.0f / diagonal : 0.0f;
                }
              });
  if (m_Mask)
  {
    level.grid.SetExtents([&](std::size_t x, std::size_t y, std::size_t z)
                          { return level.inverseDiagonal.data()[level.grid.GetRowBegin(y, z) + x] > 0.0f; },
                          parallelFor);
  }
}

namespace
{
template <typename TLevel>
CoarseEdges
EdgesOfRow(const TLevel & level, const std::vector<float> & zeros, std::size_t y, std::size_t z)
{
  const auto &      size = level.grid.GetSize();
  const std::size_t first = level.grid.GetExtent(y, z).first;
  const std::size_t begin = level.grid.GetRowBegin(y, z) + first;
  return { level.edge[0].data() + begin,
           level.edge[1].data() + begin,
           y + 1 < size[1] ? level.edge[1].data() + level.grid.GetRowBegin(y + 1, z) + first : zeros.data(),
           level.edge[2].data() + begin,
           z + 1 < size[2] ? level.edge[2].data() + level.grid.GetRowBegin(y, z + 1) + first : zeros.data(),
           level.excess.data() + begin };
}
} // namespace

void
PoissonMultigrid::Relax(std::size_t   level,
                        std::size_t   y,
                        std::size_t   z,
                        unsigned int  color,
                        const float * f,
                        float *       values) const
{
  const PoissonGrid &       grid = GridOf(level);
  const PoissonGrid::Extent extent = grid.GetExtent(y, z);
  const std::size_t         begin = grid.GetRowBegin(y, z) + extent.first;
  const Neighborhood        u = NeighborhoodOf(grid, values, y, z);
  if (level > 0)
  {
    const Level & coarse = m_Levels[level - 1];
    RelaxCoarseRow(u,
                   EdgesOfRow(coarse, m_Zeros, y, z),
                   f + begin,
                   coarse.inverseDiagonal.data() + begin,
                   coarse.alternating.data() + (extent.first + y + z + color) % 2,
                   extent.count,
                   values + begin);
    return;
  }
  MirrorEnds(values + grid.GetRowBegin(y, z), grid.GetSize()[0]);
  const float * inverseDiagonal = this->InverseDiagonalOfRow(y, z, color) + extent.first;
  RelaxFinestRow(u, f + begin, inverseDiagonal, m_Weights, m_Lambda, extent.count, values + begin);
  if (m_Mask)
  {
    // No voxel of the row has read what is outside and of its colour.
    ClearOutside(this->MaskOfRow(y, z), extent.count, values + begin);
  }
}

void
PoissonMultigrid::StartRelaxation(std::size_t level, std::size_t y, std::size_t z, const float * f, float * values)
  const
{
  const PoissonGrid &       grid = GridOf(level);
  const PoissonGrid::Extent extent = grid.GetExtent(y, z);
  const std::size_t         begin = grid.GetRowBegin(y, z) + extent.first;
  if (level == 0)
  {
    Multiply(f + begin, this->InverseDiagonalOfRow(y, z, 0) + extent.first, extent.count, values + begin);
    return;
  }
  const Level & current = m_Levels[level - 1];
  StartCoarseRow(f + begin,
                 current.inverseDiagonal.data() + begin,
                 current.alternating.data() + (extent.first + y + z) % 2,
                 extent.count,
                 values + begin);
}

void
PoissonMultigrid::RestrictResidualAlongRow(std::size_t   level,
                                           std::size_t   y,
                                           std::size_t   z,
                                           const float * f,
                                           float *       values,
                                           Level &       coarse) const
{
  const PoissonGrid &       grid = GridOf(level);
  const PoissonGrid::Extent extent = grid.GetExtent(y, z);
  if (extent.count == 0)
  {
    return;
  }
  const std::size_t  count = grid.GetSize()[0];
  const std::size_t  begin = grid.GetRowBegin(y, z) + extent.first;
  const std::size_t  end = extent.first + extent.count;
  const Neighborhood u = NeighborhoodOf(grid, values, y, z);
  const bool         isCoarsened = coarse.fromFiner[0].isCoarsened;
  const std::size_t  coarseCount = coarse.grid.GetSize()[0];
  float *            restricted = coarse.residual.data() + (z * grid.GetSize()[1] + y) * coarseCount;
  float *            row = isCoarsened ? Scratch(0, count + 5) + 2 : restricted;
  float *            residual = row + extent.first;
  if (level > 0)
  {
    const Level & current = m_Levels[level - 1];
    CoarseResidualOfRow(u,
                        EdgesOfRow(current, m_Zeros, y, z),
                        f + begin,
                        current.inverseDiagonal.data() + begin,
                        extent.count,
                        residual);
  }
  else
  {
    MirrorEnds(values + grid.GetRowBegin(y, z), count);
    FinestResidualOfRow(u, f + begin, m_Weights, m_Lambda, extent.count, residual);
    if (m_Mask)
    {
      ClearOutside(this->MaskOfRow(y, z), extent.count, residual);
    }
  }
  if (isCoarsened)
  {
    const std::size_t first = extent.first > 0 ? (extent.first - 1) / 2 : 0;
    const std::size_t last = std::min(end / 2, coarseCount - 1);
    std::fill(row + 2 * first - 1, residual, 0.0f);
    std::fill(row + end, row + 2 * last + 3, 0.0f);
    row[-1] = row[0];
    if (count % 2 == 0)
    {
      row[count] = end == count ? row[count - 1] : 0.0f;
    }
    RestrictRow(row + 2 * first, last + 1 - first, restricted + first);
  }
}

void
PoissonMultigrid::RestrictAcrossRows(Level & coarse) const
{
  const std::size_t rowLength = coarse.grid.GetSize()[0];
  const auto &      transfers = coarse.fromFiner;
  const auto        restrictTo = [&](std::size_t y, std::size_t z)
  {
    const PoissonGrid::Extent     extent = coarse.grid.GetExtent(y, z);
    std::array<Terms, 4>          termsY;
    std::array<Terms, 4>          termsZ;
    std::array<const float *, 16> rows;
    std::array<float, 16>         weights;
    const unsigned int            countY = GetAdjointTerms(transfers[1], y, termsY);
    const unsigned int            countZ = GetAdjointTerms(transfers[2], z, termsZ);
    std::size_t                   n = 0;
    for (unsigned int k = 0; k < countZ; ++k)
    {
      for (unsigned int j = 0; j < countY; ++j, ++n)
      {
        const std::size_t row = termsZ[k].index * transfers[1].fineSize + termsY[j].index;
        rows[n] = coarse.residual.data() + row * rowLength + extent.first;
        weights[n] = termsZ[k].weight * termsY[j].weight;
      }
    }
    float * f = coarse.f.data() + coarse.grid.GetRowBegin(y, z) + extent.first;
    std::fill_n(f, extent.count, 0.0f);
    AddWeightedRows(rows.data(), weights.data(), n, extent.count, f);
  };
  RunStages(coarse.grid,
            1,
            this->ThreadsFor(coarse.grid),
            [&](std::size_t, std::size_t unit) { coarse.grid.ForEachRowOfUnit(unit, restrictTo); });
}

void
PoissonMultigrid::AddCorrection(std::size_t level, std::size_t y, std::size_t z, const Level & coarse, float * values)
  const
{
  const PoissonGrid &       grid = GridOf(level);
  const PoissonGrid::Extent extent = grid.GetExtent(y, z);
  if (extent.count == 0)
  {
    return;
  }
  const std::size_t            coarseCount = coarse.grid.GetSize()[0];
  const std::size_t            begin = grid.GetRowBegin(y, z) + extent.first;
  const std::size_t            end = extent.first + extent.count;
  const bool                   isCoarsened = coarse.fromFiner[0].isCoarsened;
  const std::size_t            first = !isCoarsened ? extent.first : std::max<std::size_t>(extent.first / 2, 1) - 1;
  const std::size_t            behind = !isCoarsened ? end : std::min((end - 1) / 2 + 2, coarseCount);
  std::array<Terms, 2>         termsY;
  std::array<Terms, 2>         termsZ;
  std::array<const float *, 4> rows;
  std::array<float, 4>         weights;
  const unsigned int           countY = GetTerms(coarse.fromFiner[1], y, termsY);
  const unsigned int           countZ = GetTerms(coarse.fromFiner[2], z, termsZ);
  std::size_t                  n = 0;
  for (unsigned int k = 0; k < countZ; ++k)
  {
    for (unsigned int j = 0; j < countY; ++j, ++n)
    {
      rows[n] = coarse.z.data() + coarse.grid.GetRowBegin(termsY[j].index, termsZ[k].index) + first;
      weights[n] = termsZ[k].weight * termsY[j].weight;
    }
  }
  float * sum = Scratch(0, coarseCount + 2) + 1;
  std::fill(sum + first, sum + behind, 0.0f);
  AddWeightedRows(rows.data(), weights.data(), n, behind - first, sum + first);
  float * correction = sum + extent.first;
  if (isCoarsened)
  {
    MirrorEnds(sum, coarseCount);
    float * interpolated = Scratch(1, 2 * coarseCount);
    InterpolateRow(sum + first, behind - first, interpolated + 2 * first);
    correction = interpolated + extent.first;
  }
  if (level > 0)
  {
    const float * inverseDiagonal = m_Levels[level - 1].inverseDiagonal.data() + begin;
    AddWhereSolved(correction, inverseDiagonal, extent.count, values + begin);
    return;
  }
  if (m_Mask)
  {
    ClearOutside(this->MaskOfRow(y, z), extent.count, correction);
  }
  AddWeightedRow(correction, 1.0f, extent.count, values + begin);
}

double
PoissonMultigrid::CycleLevel(std::size_t level, const float * f, float * values)
{
  const PoissonGrid & grid = GridOf(level);
  if (level == m_Levels.size())
  {
    // A single voxel.
    values[1] = level > 0 ? f[1] * m_Levels.back().inverseDiagonal.data()[1] : 0.0f;
    return static_cast<double>(f[1]) * values[1];
  }
  Level &           coarse = m_Levels[level];
  const ParallelFor parallelFor = this->ThreadsFor(grid);
  const auto        smoothAndRestrict = [&](std::size_t stage, std::size_t y, std::size_t z)
  {
    stage == 0   ? this->StartRelaxation(level, y, z, f, values)
    : stage == 1 ? this->Relax(level, y, z, 1, f, values)
                 : this->RestrictResidualAlongRow(level, y, z, f, values, coarse);
  };
  RunStages(grid,
            3,
            parallelFor,
            [&](std::size_t stage, std::size_t unit)
            { grid.ForEachRowOfUnit(unit, [&](std::size_t y, std::size_t z) { smoothAndRestrict(stage, y, z); }); });
  this->RestrictAcrossRows(coarse);
  this->CycleLevel(level + 1, coarse.f.data(), coarse.z.data());
  std::vector<double> products(grid.GetUnitCount());
  const auto          correctAndSmooth = [&](std::size_t stage, std::size_t unit, std::size_t y, std::size_t z)
  {
    if (stage == 0)
    {
      this->AddCorrection(level, y, z, coarse, values);
      return;
    }
    // The colours in the opposite order make the cycle symmetric.
    this->Relax(level, y, z, stage == 1 ? 1 : 0, f, values);
    if (stage == 2 && level == 0)
    {
      const PoissonGrid::Extent extent = grid.GetExtent(y, z);
      const std::size_t         begin = grid.GetRowBegin(y, z) + extent.first;
      products[unit] += ScalarProduct(f + begin, values + begin, extent.count);
    }
  };
  RunStages(grid,
            3,
            parallelFor,
            [&](std::size_t stage, std::size_t unit) {
              grid.ForEachRowOfUnit(unit, [&](std::size_t y, std::size_t z) { correctAndSmooth(stage, unit, y, z); });
            });
  return SumInOrder(products);
}

double
PoissonMultigrid::Cycle(const float * r, float * z)
{
  return this->CycleLevel(0, r, z);
}

double
PoissonMultigrid::UpdateDirection(const float * z, float beta, float * p)
{
  std::vector<double> energies(m_Grid.GetUnitCount());
  const auto          updateRow = [&](std::size_t stage, std::size_t unit, std::size_t y, std::size_t w)
  {
    const PoissonGrid::Extent extent = m_Grid.GetExtent(y, w);
    const std::size_t         begin = m_Grid.GetRowBegin(y, w);
    if (stage == 0)
    {
      AddToScaled(z + begin + extent.first, beta, extent.count, p + begin + extent.first);
      MirrorEnds(p + begin, m_Grid.GetSize()[0]);
    }
    else
    {
      energies[unit] += EnergyOfRow(NeighborhoodOf(m_Grid, p, y, w), m_Weights, m_Lambda, extent.count);
    }
  };
  RunStages(m_Grid,
            2,
            m_ParallelFor,
            [&](std::size_t stage, std::size_t unit)
            { m_Grid.ForEachRowOfUnit(unit, [&](std::size_t y, std::size_t w) { updateRow(stage, unit, y, w); }); });
  return SumInOrder(energies);
}

double
PoissonMultigrid::UpdateSolution(const float * p, double alpha, double * u, float * r)
{
  std::vector<double> squares(m_Grid.GetUnitCount());
  const auto          updateRow = [&](std::size_t unit, std::size_t y, std::size_t z)
  {
    const PoissonGrid::Extent extent = m_Grid.GetExtent(y, z);
    const std::size_t         begin = m_Grid.GetRowBegin(y, z) + extent.first;
    Advance(NeighborhoodOf(m_Grid, p, y, z), m_Weights, m_Lambda, alpha, extent.count, u + begin, r + begin);
    if (m_Mask)
    {
      ClearOutside(this->MaskOfRow(y, z), extent.count, r + begin);
    }
    squares[unit] += ScalarProduct(r + begin, r + begin, extent.count);
  };
  RunStages(m_Grid,
            1,
            m_ParallelFor,
            [&](std::size_t, std::size_t unit)
            { m_Grid.ForEachRowOfUnit(unit, [&](std::size_t y, std::size_t z) { updateRow(unit, y, z); }); });
  return SumInOrder(squares);
}

std::size_t
PoissonMultigrid::GetByteCount() const
{
  std::size_t floats = m_InverseDiagonals.size() + m_Zeros.size();
  for (const Level & level : m_Levels)
  {
    // While it is made, a level also has its mass and three kinds of borders.
    floats += 7 * level.grid.GetPaddedCount() + level.residual.size() + level.alternating.size();
  }
  return floats * sizeof(float);
}

} // namespace colorization
} // namespace itk
