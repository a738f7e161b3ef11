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
#ifndef itkLuminanceGuidedSmoothing_h
#define itkLuminanceGuidedSmoothing_h

#include "itkFastGlobalSmoother.h"
#include "itkLuminanceWindow.h"

#include "itkImageScanlineIterator.h"

#include <algorithm>
#include <vector>

namespace itk
{
namespace colorization
{
/** Smooths buffers of values of all pixels of an image, one after the other, by FastGlobalSmooth(), guided by the
 * image's own luminance: they spread over what is alike and end at edges. Along an axis whose pixels are r times as far
 * apart as those of the closest, lambda is divided by r^2.
 * \param buffers in and out: each `components` floats for each pixel of the image's largest region
 * \param window luminances, 0..1, of the image's values; `sigma` is in these
 * \param progress of each buffer anew */
template <typename TImage>
void
SmoothByLuminance(const std::vector<float *> & buffers,
                  unsigned int                 components,
                  const TImage *               image,
                  const LuminanceWindow &      window,
                  double                       lambda,
                  double                       sigma,
                  const ParallelFor &          parallelFor,
                  const ProgressCallback &     progress = IgnoreProgress)
{
  const auto         region = image->GetLargestPossibleRegion();
  std::vector<float> luminance(region.GetNumberOfPixels());
  ForEachRow(region,
             parallelFor,
             [&](const typename TImage::RegionType & row, std::size_t first)
             {
               ImageScanlineConstIterator<TImage> in(image, row);
               for (float * out = luminance.data() + first; !in.IsAtEndOfLine(); ++in, ++out)
               {
                 *out = window.Map(in.Get());
               }
             });
  const auto   size = CoreSize(region.GetSize());
  GuidanceView guidance;
  guidance.data = luminance.data();
  guidance.stride = { { 1, static_cast<std::ptrdiff_t>(size[0]), static_cast<std::ptrdiff_t>(size[0] * size[1]) } };
  FastGlobalSmootherParameters parameters;
  parameters.lambda = lambda;
  parameters.sigma = sigma;
  const auto   spacing = image->GetSpacing();
  const double least = *std::min_element(spacing.Begin(), spacing.End());
  for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
  {
    parameters.axisScale[axis] = least * least / (spacing[axis] * spacing[axis]);
  }
  for (float * values : buffers)
  {
    FastGlobalSmooth(values, components, guidance, size, parameters, parallelFor, progress);
  }
}

} // namespace colorization
} // namespace itk

#endif
