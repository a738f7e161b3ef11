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
#ifndef itkLuminanceWindow_h
#define itkLuminanceWindow_h

#include "itkColorizationFilterUtilities.h"
#include "itkSliceAnalogy.h"

#include "itkImageRegionConstIterator.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

namespace itk
{
namespace colorization
{
/** A luminance for each value of an image: 0 and 1 at the ends of a window and linear between them; or what a curve
 * says. */
struct LuminanceWindow
{
  double minimum = 0.0;
  double maximum = 1.0;
  /** If not empty, in place of the window. */
  IntensityCurve curve{};

  /** 0..1; values beyond the ends are clamped. */
  template <typename TPixel>
  float
  Map(TPixel value) const
  {
    if (!curve.empty())
    {
      return EvaluateCurve(curve, static_cast<double>(value));
    }
    return static_cast<float>(
      std::min(std::max((static_cast<double>(value) - minimum) / (maximum - minimum), 0.0), 1.0));
  }
};

/** Throws an exception if a curve's values do not rise, or a luminance is not in 0..1. */
inline void
VerifyIntensityCurve(const ProcessObject * filter, const IntensityCurve & curve)
{
  for (std::size_t k = 0; k < curve.size(); ++k)
  {
    const auto & point = curve[k];
    if (!(point[1] >= 0.0 && point[1] <= 1.0) || !std::isfinite(point[0]) || (k > 0 && !(point[0] > curve[k - 1][0])))
    {
      std::ostringstream sentence;
      sentence << "Point " << k << " of IntensityCurve is (" << point[0] << ", " << point[1]
               << "), but values have to rise, and luminances to be in 0 ... 1.";
      ThrowExceptionOf(filter, sentence.str());
    }
  }
}

/** A body's range of values: from its smallest value to the one that all but 0.1 % do not exceed.
 * Throws an exception if that is one value. */
template <typename TImage, typename TMask>
LuminanceWindow
FindLuminanceWindow(const ProcessObject * filter, const TImage * image, const TMask * body)
{
  constexpr double                 tail = 0.001;
  std::vector<double>              values;
  const auto                       region = image->GetLargestPossibleRegion();
  ImageRegionConstIterator<TImage> it(image, region);
  ImageRegionConstIterator<TMask>  mask(body, region);
  for (; !it.IsAtEnd(); ++it, ++mask)
  {
    if (mask.Get() != 0)
    {
      values.push_back(static_cast<double>(it.Get()));
    }
  }
  const auto rank = static_cast<std::ptrdiff_t>((1.0 - tail) * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  const LuminanceWindow window{ *std::min_element(values.begin(), values.end()),
                                values[static_cast<std::size_t>(rank)],
                                {} };
  if (!(window.maximum > window.minimum))
  {
    std::ostringstream sentence;
    sentence << "All but 0.1 % of the body has the value " << window.minimum << ", so there is no structure to colour.";
    ThrowExceptionOf(filter, sentence.str());
  }
  return window;
}

} // namespace colorization
} // namespace itk

#endif
