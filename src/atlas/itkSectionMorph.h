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
#ifndef itkSectionMorph_h
#define itkSectionMorph_h

#include "itkAtlasSection.h"

namespace itk
{
namespace colorization
{
/** Several labelled sections as one: of tissue and body, what half of the weight says; colours are the weighted mean of
 * those of tissue. */
class SectionMixture
{
public:
  explicit SectionMixture(std::size_t pixels)
    : m_Colors(pixels)
    , m_Tissue(pixels)
    , m_Body(pixels)
  {}

  /** Adds what a section has at (x, y), in pixels of the grid, by bilinear interpolation. */
  void
  Add(std::size_t pixel, const AtlasSection & section, const AtlasGrid & grid, double x, double y, double weight);

  /** Adds all pixels of a section. */
  void
  Add(const AtlasSection & section, double weight);

  AtlasSection
  Result() const;

private:
  void
  AddPixel(std::size_t pixel, const AtlasSection & section, std::size_t from, float weight);

  std::vector<Color> m_Colors;
  std::vector<float> m_Tissue;
  std::vector<float> m_Body;
};

/** What is between two labelled sections.
 *
 * A smooth displacement in the plane brings the one onto the other: diffeomorphic demons (Vercauteren et al.,
 * NeuroImage 2009) on the lightness of tissue, with 0 elsewhere, from pixels of about 12 mm to such of about 3 mm. In
 * between, both are moved by their part of it and mixed, so that outlines move, and are not shown twice. */
class SectionMorph
{
public:
  SectionMorph(const AtlasSection & begin, const AtlasSection & end, const AtlasGrid & grid);

  /** The section at a place of 0 ... 1 between the two. */
  AtlasSection
  At(double place) const;

private:
  /** In pixels of the grid. */
  using Displacement = std::array<float, 2>;

  Displacement
  DisplacementAt(double x, double y) const;

  const AtlasSection &      m_Begin;
  const AtlasSection &      m_End;
  const AtlasGrid &         m_Grid;
  std::vector<Displacement> m_Displacements{};
};

} // namespace colorization
} // namespace itk

#endif
