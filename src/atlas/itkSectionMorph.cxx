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
#include "itkSectionMorph.h"

#include "../registration/itkPlaneRegistration.h"

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
using FeatureType = PlaneImage;
using FieldType = PlaneDisplacementField;

/** Lightness of tissue, and 0 elsewhere: means over factor x factor pixels, whose number is the unit of length. */
FeatureType::Pointer
FeatureOf(const AtlasSection & section, const AtlasGrid & grid, std::size_t factor)
{
  auto feature = FeatureType::New();
  feature->SetRegions(
    FeatureType::SizeType{ { (grid.width + factor - 1) / factor, (grid.height + factor - 1) / factor } });
  feature->SetSpacing(FeatureType::SpacingType(static_cast<double>(factor)));
  FeatureType::PointType origin;
  origin.Fill(0.5 * static_cast<double>(factor - 1));
  feature->SetOrigin(origin);
  feature->Allocate(true);
  const std::size_t width = feature->GetBufferedRegion().GetSize(0);
  const float       scale = 0.01f / static_cast<float>(factor * factor);
  for (std::size_t y = 0; y < grid.height; ++y)
  {
    for (std::size_t x = 0; x < grid.width; ++x)
    {
      const std::size_t i = y * grid.width + x;
      if (section.labels[i] == AtlasTissue)
      {
        feature->GetBufferPointer()[y / factor * width + x / factor] += scale * section.colors[i][0];
      }
    }
  }
  return feature;
}

/** The value of an image of vectors at a point, by bilinear interpolation; outside, that of the border. */
Vector<float, 2>
ValueAt(const FieldType * field, const FieldType::PointType & point)
{
  const auto                   size = field->GetBufferedRegion().GetSize();
  std::array<double, 2>        place{};
  std::array<SizeValueType, 2> first{};
  for (unsigned int axis = 0; axis < 2; ++axis)
  {
    const double last = static_cast<double>(size[axis] - 1);
    place[axis] = std::min(std::max((point[axis] - field->GetOrigin()[axis]) / field->GetSpacing()[axis], 0.0), last);
    first[axis] = std::min(static_cast<SizeValueType>(place[axis]), size[axis] > 1 ? size[axis] - 2 : 0);
    place[axis] -= static_cast<double>(first[axis]);
  }
  Vector<float, 2> value(0.0f);
  for (SizeValueType dy = 0; dy < std::min<SizeValueType>(size[1], 2); ++dy)
  {
    for (SizeValueType dx = 0; dx < std::min<SizeValueType>(size[0], 2); ++dx)
    {
      const double weight = (dx ? place[0] : 1.0 - place[0]) * (dy ? place[1] : 1.0 - place[1]);
      value += field->GetBufferPointer()[(first[1] + dy) * size[0] + first[0] + dx] * static_cast<float>(weight);
    }
  }
  return value;
}

/** A displacement on the pixels of a feature image. */
FieldType::Pointer
FieldOn(const FeatureType * feature, const FieldType * coarse)
{
  auto field = FieldType::New();
  field->CopyInformation(feature);
  field->SetRegions(feature->GetBufferedRegion());
  field->Allocate(true);
  const auto size = feature->GetBufferedRegion().GetSize();
  for (SizeValueType i = 0; coarse && i < size[0] * size[1]; ++i)
  {
    FieldType::PointType point;
    feature->TransformIndexToPhysicalPoint(
      { { static_cast<IndexValueType>(i % size[0]), static_cast<IndexValueType>(i / size[0]) } },
      point);
    field->GetBufferPointer()[i] = ValueAt(coarse, point);
  }
  return field;
}
} // namespace

void
SectionMixture::AddPixel(std::size_t pixel, const AtlasSection & section, std::size_t from, float weight)
{
  const std::uint8_t label = section.labels[from];
  m_Body[pixel] += label != AtlasOutside ? weight : 0.0f;
  if (label == AtlasTissue)
  {
    m_Tissue[pixel] += weight;
    for (std::size_t c = 0; c < 3; ++c)
    {
      m_Colors[pixel][c] += weight * section.colors[from][c];
    }
  }
}

void
SectionMixture::Add(std::size_t          pixel,
                    const AtlasSection & section,
                    const AtlasGrid &    grid,
                    double               x,
                    double               y,
                    double               weight)
{
  const double left = std::floor(x);
  const double top = std::floor(y);
  for (const double row : { top, top + 1.0 })
  {
    for (const double column : { left, left + 1.0 })
    {
      const double share = (1.0 - std::abs(x - column)) * (1.0 - std::abs(y - row));
      if (share > 0.0 && row >= 0.0 && column >= 0.0 && row < static_cast<double>(grid.height) &&
          column < static_cast<double>(grid.width))
      {
        this->AddPixel(pixel,
                       section,
                       static_cast<std::size_t>(row) * grid.width + static_cast<std::size_t>(column),
                       static_cast<float>(weight * share));
      }
    }
  }
}

void
SectionMixture::Add(const AtlasSection & section, double weight)
{
  for (std::size_t i = 0; i < m_Colors.size(); ++i)
  {
    this->AddPixel(i, section, i, static_cast<float>(weight));
  }
}

AtlasSection
SectionMixture::Result() const
{
  // Weights add up to 1 but for rounding.
  constexpr float half = 0.5f - 1e-4f;
  AtlasSection    section;
  section.colors.resize(m_Colors.size());
  section.labels.resize(m_Colors.size());
  for (std::size_t i = 0; i < m_Colors.size(); ++i)
  {
    section.labels[i] = m_Tissue[i] >= half ? AtlasTissue : m_Body[i] >= half ? AtlasCavity : AtlasOutside;
    for (std::size_t c = 0; c < 3 && m_Tissue[i] > 0.0f; ++c)
    {
      section.colors[i][c] = static_cast<std::int16_t>(std::lround(m_Colors[i][c] / m_Tissue[i]));
    }
  }
  return section;
}

SectionMorph::SectionMorph(const AtlasSection & begin, const AtlasSection & end, const AtlasGrid & grid)
  : m_Begin(begin)
  , m_End(end)
  , m_Grid(grid)
{
  constexpr double   finest = 3.0;
  const auto         factor = static_cast<std::size_t>(std::max(std::lround(finest / grid.spacing), 1l));
  FieldType::Pointer field;
  for (const std::size_t coarseness : { 4u, 2u, 1u })
  {
    const auto fixed = FeatureOf(begin, grid, factor * coarseness);
    const auto moving = FeatureOf(end, grid, factor * coarseness);
    field = RegisterPlanes(fixed, moving, FieldOn(fixed, field));
  }
  m_Displacements.resize(grid.Pixels());
  for (std::size_t i = 0; i < m_Displacements.size(); ++i)
  {
    FieldType::PointType point;
    point[0] = static_cast<double>(i % grid.width);
    point[1] = static_cast<double>(i / grid.width);
    const auto value = ValueAt(field, point);
    m_Displacements[i] = { { value[0], value[1] } };
  }
}

SectionMorph::Displacement
SectionMorph::DisplacementAt(double x, double y) const
{
  const auto column =
    static_cast<std::size_t>(std::min(std::max(std::lround(x), 0l), static_cast<long>(m_Grid.width) - 1));
  const auto row =
    static_cast<std::size_t>(std::min(std::max(std::lround(y), 0l), static_cast<long>(m_Grid.height) - 1));
  return m_Displacements[row * m_Grid.width + column];
}

AtlasSection
SectionMorph::At(double place) const
{
  constexpr int  steps = 5;
  SectionMixture mixture(m_Grid.Pixels());
  for (std::size_t i = 0; i < m_Grid.Pixels(); ++i)
  {
    const auto x = static_cast<double>(i % m_Grid.width);
    const auto y = static_cast<double>(i / m_Grid.width);
    // Where the first section's pixel that came here was: a fixed point.
    Displacement displacement = this->DisplacementAt(x, y);
    for (int step = 0; step < steps; ++step)
    {
      displacement = this->DisplacementAt(x - place * displacement[0], y - place * displacement[1]);
    }
    const double rest = 1.0 - place;
    mixture.Add(i, m_Begin, m_Grid, x - place * displacement[0], y - place * displacement[1], rest);
    mixture.Add(i, m_End, m_Grid, x + rest * displacement[0], y + rest * displacement[1], place);
  }
  return mixture.Result();
}

} // namespace colorization
} // namespace itk
