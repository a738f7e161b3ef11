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
#ifndef itkClassVolumes_h
#define itkClassVolumes_h

#include "itkAtlasPlacement.h"
#include "itkColorAtlas.h"

#include "itkImage.h"

namespace itk
{
namespace colorization
{
/** A volume on a grid along the patient's axes; NaN where there was nothing. */
struct UprightVolume
{
  std::array<std::size_t, 3> size{};
  double                     spacing{ 1.0 };
  std::array<double, 3>      origin{};
  std::vector<float>         values{};
};

/** Brings a scan onto a coarse grid along the patient's axes, whichever way it is stored: means over bins, then linear
 * interpolation. */
UprightVolume
MakeUpright(const Image<float, 3> * scan, double spacing);

/** Classes of a scan: 0 is air, up to `airThreshold`; the others are ranges of its values that are equally full. Values of
 * NaN are unknown. */
ClassVolume
MakeScanClasses(const UprightVolume & scan, float airThreshold, unsigned int classes = 14);

/** Classes of a colour atlas: 0 is outside of the body, 1 a cavity, the others ranges of lightness, each divided by its
 * redness; levels that are neither photographed nor bridged are unknown. */
ClassVolume
MakeAtlasClasses(const ColorAtlas * atlas, double spacing);

/** Lightness of the atlas around where a scan is placed, on a grid along the patient's axes: 0 where there is no tissue,
 * 0.15 ... 1 where all is tissue. Its spacing is at least the atlas's. */
Image<float, 3>::Pointer
MakeAtlasLightness(const ColorAtlas * atlas, double spacing, const UprightVolume & scan, const Placement & placement);

} // namespace colorization
} // namespace itk

#endif
