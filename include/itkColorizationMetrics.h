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
#ifndef itkColorizationMetrics_h
#define itkColorizationMetrics_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace itk
{
namespace colorization
{
/** How good a colorization is, by one of the published measures. EvaluateColorizationMetrics() tells what is compared
 * with what. */
enum class ColorizationMetric : std::uint8_t
{
  /** Mean squared error over all channels, in squared units of the result. */
  MSE,
  /** Its root. */
  RMSE,
  /** Peak signal-to-noise ratio over all channels, in dB; infinite for equal images. */
  PSNR,
  /** The same of the luminance (BT.601, full range). */
  PSNRY,
  /** Structural similarity, 11 x 11 Gaussian windows. Volume: 11 x 11 x 11 windows. Parts: of each channel. */
  SSIM,
  /** The mean of SSIM with windows of 3, 5, 7 and 9. Parts: of each window. */
  SSIMLocal,
  /** Multi-scale structural similarity. Parts: of each channel. */
  MSSSIM,
  /** Feature similarity of luminance. */
  FSIM,
  /** Feature similarity with chroma. */
  FSIMc,
  /** Structural texture similarity, within and across bands of a steerable pyramid. */
  STSIM1,
  STSIM2,
  /** Colorfulness of Hasler and Suesstrunk with signed opponents, for components of 0..255; and over 255. */
  Colorfulness,
  Colorfulness255,
  /** The absolute difference of colorfulness. */
  DeltaColorfulness,
  /** Mutual information of luminances in bits, from a joint histogram of 256 x 256 bins. Parts: both entropies. */
  MutualInformation,
  /** Mean CIE76 and CIEDE2000 colour difference. */
  DeltaE76,
  DeltaE2000,
  /** Correlation of the gradients of luminance, by central differences: sum of the products, over the root of the
   * product of both sums of squares. In a volume along all three axes. */
  GradientCorrelation,
  /** Mean change of chroma (a*, b*) from a slice to the next that the reference does not show, in units of CIE Lab.
   * Without a reference: all change of chroma. */
  Flicker,
  /** Distance by the features of a network, by EvaluateDeepMetrics(). */
  LPIPS,
  /** Frechet distance of the features of all slices by a network, by EvaluateDeepMetrics(). */
  FID
};
constexpr std::size_t NumberOfColorizationMetrics = static_cast<std::size_t>(ColorizationMetric::FID) + 1;

/** What the better of two results has. */
enum class BetterWhen : std::uint8_t
{
  Higher,
  Lower,
  /** A description: neither is better. */
  Neither
};

/** The metric's key in reports, such as "psnr_y". */
Colorization_EXPORT const char *
NameOfMetric(ColorizationMetric metric);

Colorization_EXPORT BetterWhen
BetterOfMetric(ColorizationMetric metric);

/** Whether the value for a volume is that of all voxels or, of FID, of all slices; or else the mean of the slices'
 * values. */
Colorization_EXPORT bool
IsMetricOfAllVoxels(ColorizationMetric metric);

/** Writes the pixels of a slice, plane after plane, x fastest. Called by several threads at once. */
using SliceReader = std::function<void(std::size_t slice, float * planes)>;

/** Writes what is not 0 where the pixels of a slice count. */
using SliceMaskReader = std::function<void(std::size_t slice, std::uint8_t * mask)>;

/** What is evaluated. All images have the result's units, 0..range. */
struct ColorizationMetricsInput
{
  /** Width and height of a slice, and number of slices; 1 for a picture. */
  std::array<std::size_t, 3> size{ { 0, 0, 0 } };
  /** What a component's highest value is. */
  double range = 255.0;
  /** Red, green and blue. */
  SliceReader result;
  /** Red, green and blue of the colours that are wanted; may be empty. */
  SliceReader reference;
  /** One plane of the gray image that was colorized; may be empty. */
  SliceReader source;
  /** May be empty. */
  SliceMaskReader mask;
};

/** Which metrics are computed. */
struct ColorizationMetricsParameters
{
  ColorizationMetricsParameters()
  {
    wanted.fill(true);
  }

  bool
  Wants(ColorizationMetric metric) const
  {
    return wanted[static_cast<std::size_t>(metric)];
  }

  std::array<bool, NumberOfColorizationMetrics> wanted;
};

/** What one metric says. */
struct ColorizationMetricReport
{
  static constexpr double None = std::numeric_limits<double>::quiet_NaN();

  /** NaN if there is none; then `reason` tells why. */
  double      value = None;
  std::string reason{};
  /** What is compared with what. */
  std::string compared{};
  /** For volumes: of all voxels, by a definition in three dimensions; NaN if there is none. */
  double ofVolume = None;
  /** For volumes: the mean of the slices' values that are finite. */
  double meanOfSlices = None;
  /** One value a slice; NaN where there is none. */
  std::vector<double> perSlice{};
  /** Further values by name. */
  std::vector<std::pair<std::string, double>> parts{};

  bool
  operator==(const ColorizationMetricReport & other) const
  {
    return value == other.value && reason == other.reason && compared == other.compared && ofVolume == other.ofVolume &&
           meanOfSlices == other.meanOfSlices && perSlice == other.perSlice && parts == other.parts;
  }
};

/** What EvaluateColorizationMetrics() finds, by metric. */
struct ColorizationMetricsReport
{
  const ColorizationMetricReport &
  operator[](ColorizationMetric metric) const
  {
    return metrics[static_cast<std::size_t>(metric)];
  }
  ColorizationMetricReport &
  operator[](ColorizationMetric metric)
  {
    return metrics[static_cast<std::size_t>(metric)];
  }

  bool
  operator==(const ColorizationMetricsReport & other) const
  {
    return metrics == other.metrics;
  }

  std::array<ColorizationMetricReport, NumberOfColorizationMetrics> metrics;
};

/** Computes metrics of a colorization, slice by slice and, where that is defined, over the volume.
 *
 * - **Structure** compares the luminance of the result with the gray source: PSNRY, SSIM, SSIMLocal, MSSSIM,
 *   MutualInformation, GradientCorrelation. Without a source, with the luminance of the reference.
 * - **Colour** compares the result with the colour reference: MSE, RMSE, PSNR, DeltaColorfulness, DeltaE76, DeltaE2000,
 *   FSIMc, Flicker; and so do the parts of SSIM and MSSSIM of each channel. Without a reference, MSE, RMSE and PSNR
 *   compare each channel with the source, and Flicker tells of the result alone; the others have no value.
 * - **Texture** compares luminances of the result and the reference: FSIM, STSIM1, STSIM2. Without a reference, with the
 *   source.
 *
 * Every report says which it was. With a mask, pixels and centres of windows outside do not count. Slices without a
 * value, such as those without any feature for FSIM, are left out of means. LPIPS and FID have no value here:
 * EvaluateDeepMetrics() adds them.
 *
 * A thread takes about 1 kB for each pixel of a slice; the result is the same for any number of threads, bit for bit.
 * Values must be finite. */
Colorization_EXPORT ColorizationMetricsReport
EvaluateColorizationMetrics(const ColorizationMetricsInput &      input,
                            const ColorizationMetricsParameters & parameters = ColorizationMetricsParameters(),
                            const ParallelFor &                   parallelFor = SerialFor,
                            const ProgressCallback &              progress = IgnoreProgress);

} // namespace colorization
} // namespace itk

#endif
