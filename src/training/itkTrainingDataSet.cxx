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
#include "itkTrainingDataSet.h"

#include "../common/itkFirstAlone.h"
#include "../correspondence/itkBodySection.h"
#include "../networks/training/itkTrainingData.h"
#include "itkHalfFloats.h"
#include "itkReferenceImageDatabase.h"

#include "itkBinShrinkImageFilter.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <set>

namespace itk
{
namespace
{
using PhotographType = ReferenceImageDatabase::PhotographType;

[[noreturn]] void
ThrowSentence(const std::string & sentence)
{
  ExceptionObject exception(__FILE__, __LINE__, sentence, "TrainingDataSet");
  throw exception;
}

/** Whether columns have the length 1 and are perpendicular; mirroring is allowed. */
bool
IsRotation(const std::array<double, 9> & direction)
{
  constexpr double tolerance = 1e-3;
  for (std::size_t i = 0; i < 3; ++i)
  {
    for (std::size_t k = 0; k < 3; ++k)
    {
      const double product =
        direction[i] * direction[k] + direction[3 + i] * direction[3 + k] + direction[6 + i] * direction[6 + k];
      if (!(std::abs(product - (i == k ? 1.0 : 0.0)) <= tolerance))
      {
        return false;
      }
    }
  }
  return true;
}

PhotographType::Pointer
Shrunk(const PhotographType * photograph, unsigned int factor)
{
  auto shrink = BinShrinkImageFilter<PhotographType, PhotographType>::New();
  shrink->SetInput(photograph);
  shrink->SetShrinkFactors(factor);
  shrink->SetNumberOfWorkUnits(1);
  shrink->Update();
  PhotographType::Pointer shrunk = shrink->GetOutput();
  return shrunk;
}

/** One slice of a volume. */
PhotographType::Pointer
SliceOf(const TrainingDataSet::ColorVolumeType * volume, SizeValueType z)
{
  const auto size = volume->GetBufferedRegion().GetSize();
  auto       slice = PhotographType::New();
  slice->SetRegions(PhotographType::SizeType{ { size[0], size[1] } });
  slice->Allocate();
  const auto pixels = static_cast<std::ptrdiff_t>(size[0] * size[1]);
  std::copy_n(volume->GetBufferPointer() + static_cast<std::ptrdiff_t>(z) * pixels, pixels, slice->GetBufferPointer());
  return slice;
}

/** Positions of the slices along the last axis. */
template <typename TImage>
std::vector<double>
PositionsOf(const TImage * volume)
{
  std::vector<double> positions(volume->GetBufferedRegion().GetSize(2));
  for (std::size_t z = 0; z < positions.size(); ++z)
  {
    positions[z] = static_cast<double>(z) * volume->GetSpacing()[2];
  }
  return positions;
}

template <typename TImage>
colorization::TrainingVolumeInformation
WithGeometryOf(colorization::TrainingVolumeInformation information, const TImage * volume)
{
  for (unsigned int i = 0; i < 3; ++i)
  {
    information.spacing[i] = volume->GetSpacing()[i];
    information.origin[i] = volume->GetOrigin()[i];
    for (unsigned int k = 0; k < 3; ++k)
    {
      information.direction[3 * i + k] = volume->GetDirection()(i, k);
    }
  }
  return information;
}
} // namespace

/** RGB and tissue, and which file they are of. */
struct TrainingDataSet::Slice
{
  std::string                path{};
  double                     position = 0.0;
  std::array<std::size_t, 2> size{};
  std::vector<std::uint8_t>  rgb{};
  /** Empty if there is none to speak of. */
  std::vector<std::uint8_t> tissue{};

  void
  Read(const PhotographType * photograph)
  {
    const auto extents = photograph->GetBufferedRegion().GetSize();
    size = { { extents[0], extents[1] } };
    const auto * bytes = reinterpret_cast<const std::uint8_t *>(photograph->GetBufferPointer());
    rgb.assign(bytes, bytes + 3 * size[0] * size[1]);
    try
    {
      std::vector<colorization::Color> lab;
      const colorization::Section      section =
        colorization::MakePhotographSection(photograph, colorization::BodyParts::All, lab);
      tissue.resize(size[0] * size[1]);
      for (std::size_t i = 0; i < tissue.size(); ++i)
      {
        tissue[i] = section.tissue[i] ? colorization::Tissue
                    : section.body[i] ? colorization::Cavity
                                      : colorization::Outside;
      }
    }
    catch (const std::invalid_argument &)
    {
      rgb.clear();
    }
  }
};

/** What a volume's views look at. */
struct TrainingDataSet::Volume
{
  colorization::TrainingVolume view{};
  std::vector<std::uint8_t>    values{};
  std::vector<std::uint8_t>    tissue{};
};

TrainingDataSet::TrainingDataSet()
  : m_MultiThreader(MultiThreaderBase::New())
{
  m_MultiThreader->SetUpdateProgress(false);
}

TrainingDataSet::~TrainingDataSet() = default;

void
TrainingDataSet::SetNumberOfWorkUnits(ThreadIdType workUnits)
{
  m_MultiThreader->SetNumberOfWorkUnits(workUnits);
}

ThreadIdType
TrainingDataSet::GetNumberOfWorkUnits() const
{
  return m_MultiThreader->GetNumberOfWorkUnits();
}

SizeValueType
TrainingDataSet::GetNumberOfVolumes() const
{
  return m_Volumes.size();
}

void
TrainingDataSet::VerifyInformation(const InformationType &     information,
                                   const std::vector<double> & positions,
                                   colorization::TrainingKind  kind) const
{
  const std::string & name = information.name;
  constexpr char      letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (name.empty() || name.find_first_not_of(letters) != std::string::npos)
  {
    ThrowSentence("The name of a volume is \"" + name + "\", but has to be of letters, digits, '-', '_' and '.'.");
  }
  for (const auto & volume : m_Volumes)
  {
    if (volume->view.information.name == name)
    {
      ThrowSentence(name + ": the data set has a volume of this name already.");
    }
  }
  if (!(information.share >= 0.0) || !std::isfinite(information.share))
  {
    ThrowSentence(name + ": the share is " + std::to_string(information.share) + ", but has to be at least 0.");
  }
  if (!(information.gap >= 0.0) || !std::isfinite(information.gap))
  {
    ThrowSentence(name + ": the gap is " + std::to_string(information.gap) + ", but has to be at least 0.");
  }
  for (const auto & range : information.test)
  {
    if (!(range[0] <= range[1]))
    {
      ThrowSentence(name + ": a test range is " + std::to_string(range[0]) + " ... " + std::to_string(range[1]) +
                    ", but has to rise.");
    }
  }
  const std::vector<double> & window = information.window;
  if (!window.empty() && kind != colorization::TrainingKind::Gray)
  {
    ThrowSentence(name + ": a window is given, but only gray volumes can have one.");
  }
  if (!window.empty() && !(window.size() == 2 && window[0] < window[1] && std::isfinite(window[1] - window[0])))
  {
    ThrowSentence(name + ": the window has to be two numbers, the first below the second.");
  }
  if (!IsRotation(information.direction))
  {
    ThrowSentence(name + ": the direction's columns are not of length 1 and perpendicular to each other.");
  }
  const auto falls = std::adjacent_find(positions.begin(), positions.end(), std::greater_equal<double>());
  if (positions.empty() || falls != positions.end())
  {
    ThrowSentence(name + ": " + (positions.empty() ? "there are no slices." : "the positions do not rise."));
  }
}

SizeValueType
TrainingDataSet::AddPhotographs(const InformationType &          information,
                                const std::vector<std::string> & paths,
                                const std::vector<double> &      positions,
                                unsigned int                     shrink)
{
  this->VerifyInformation(information, positions, colorization::TrainingKind::Color);
  if (paths.size() != positions.size() || shrink < 1)
  {
    ThrowSentence(information.name + ": there are " + std::to_string(paths.size()) + " photographs, " +
                  std::to_string(positions.size()) + " positions, to be shrunk by " + std::to_string(shrink) +
                  "; as many of both, and at least 1, are wanted.");
  }
  InformationType    shrunk = information;
  std::vector<Slice> slices(paths.size());
  const std::size_t  portion = 4 * static_cast<std::size_t>(this->GetNumberOfWorkUnits());
  for (std::size_t first = 0; first < paths.size(); first += portion)
  {
    const std::size_t count = std::min(portion, paths.size() - first);
    colorization::FirstAlone(colorization::MakeParallelFor(m_MultiThreader))(
      count,
      [&](std::size_t i)
      {
        Slice & slice = slices[first + i];
        slice.path = paths[first + i];
        slice.position = positions[first + i];
        slice.Read(Shrunk(ReferenceImageDatabase::ReadPhotograph(slice.path), shrink));
      });
    m_Progress = static_cast<double>(first + count) / static_cast<double>(paths.size());
    this->InvokeEvent(ProgressEvent());
    if (m_Abort)
    {
      throw ProcessAborted(__FILE__, __LINE__);
    }
  }
  shrunk.spacing[0] *= shrink;
  shrunk.spacing[1] *= shrink;
  shrunk.spacing[2] = positions.size() > 1
                        ? (positions.back() - positions.front()) / static_cast<double>(positions.size() - 1)
                        : information.spacing[2];
  return this->AddSlices(shrunk, slices);
}

SizeValueType
TrainingDataSet::AddColorVolume(const InformationType & information, const ColorVolumeType * volume)
{
  const std::vector<double> positions = PositionsOf(volume);
  this->VerifyInformation(information, positions, colorization::TrainingKind::Color);
  std::vector<Slice> slices(positions.size());
  colorization::FirstAlone(colorization::MakeParallelFor(m_MultiThreader))(slices.size(),
                                                                           [&](std::size_t z)
                                                                           {
                                                                             slices[z].path = information.name;
                                                                             slices[z].position = positions[z];
                                                                             slices[z].Read(SliceOf(volume, z));
                                                                           });
  return this->AddSlices(WithGeometryOf(information, volume), slices);
}

/** Crops slices to what holds all bodies, and joins them. */
SizeValueType
TrainingDataSet::AddSlices(const InformationType & information, std::vector<Slice> & slices)
{
  constexpr std::size_t margin = 4;
  const auto            size = slices.front().size;
  std::size_t           left = size[0];
  std::size_t           top = size[1];
  std::size_t           right = 0;
  std::size_t           bottom = 0;
  for (const Slice & slice : slices)
  {
    if (slice.size != size)
    {
      ThrowSentence(slice.path + ": the photograph has another size than " + slices.front().path + '.');
    }
    for (std::size_t i = 0; i < slice.tissue.size(); ++i)
    {
      if (slice.tissue[i] != colorization::Outside)
      {
        left = std::min(left, i % size[0]);
        right = std::max(right, i % size[0] + 1);
        top = std::min(top, i / size[0]);
        bottom = std::max(bottom, i / size[0] + 1);
      }
    }
  }
  if (right == 0)
  {
    ThrowSentence(information.name + ": no slice shows tissue.");
  }
  left -= std::min(left, margin);
  top -= std::min(top, margin);
  right = std::min(right + margin, size[0]);
  bottom = std::min(bottom + margin, size[1]);

  auto volume = std::make_unique<Volume>();
  for (Slice & slice : slices)
  {
    for (std::size_t y = top; y < bottom && !slice.tissue.empty(); ++y)
    {
      const std::uint8_t * color = slice.rgb.data() + 3 * y * size[0];
      const std::uint8_t * tissue = slice.tissue.data() + y * size[0];
      volume->values.insert(volume->values.end(), color + 3 * left, color + 3 * right);
      volume->tissue.insert(volume->tissue.end(), tissue + left, tissue + right);
    }
    if (!slice.tissue.empty())
    {
      volume->view.positions.push_back(static_cast<float>(slice.position));
    }
    slice.rgb = {};
    slice.tissue = {};
  }
  const auto        count = static_cast<std::int64_t>(volume->view.positions.size());
  const auto        height = static_cast<std::int64_t>(bottom - top);
  const auto        width = static_cast<std::int64_t>(right - left);
  InformationType & stored = volume->view.information;
  stored = information;
  stored.kind = colorization::TrainingKind::Color;
  for (std::size_t i = 0; i < 3; ++i)
  {
    stored.origin[i] += information.direction[3 * i] * information.spacing[0] * static_cast<double>(left) +
                        information.direction[3 * i + 1] * information.spacing[1] * static_cast<double>(top) +
                        information.direction[3 * i + 2] * static_cast<double>(volume->view.positions.front());
  }
  volume->view.values = { colorization::TensorType::Other,
                          "U8",
                          { count, height, width, 3 },
                          volume->values.data(),
                          volume->values.size() };
  volume->view.tissue = { colorization::TensorType::Other,
                          "U8",
                          { count, height, width },
                          volume->tissue.data(),
                          volume->tissue.size() };
  m_Volumes.push_back(std::move(volume));
  this->Modified();
  return static_cast<SizeValueType>(count);
}

void
TrainingDataSet::AddGrayVolume(const InformationType & information, const GrayVolumeType * image)
{
  const std::vector<double> positions = PositionsOf(image);
  this->VerifyInformation(information, positions, colorization::TrainingKind::Gray);
  constexpr float largestHalf = 65504.0f;
  const auto      region = image->GetBufferedRegion();
  const float *   begin = image->GetBufferPointer();
  const float *   end = begin + region.GetNumberOfPixels();
  const auto      wrong = std::find_if(begin, end, [](float value) { return !(std::abs(value) <= largestHalf); });
  if (wrong != end)
  {
    ThrowSentence(information.name + ": a value is " + std::to_string(*wrong) +
                  ", but those of float16 are within -65504 ... 65504.");
  }
  const bool isByte =
    std::all_of(begin, end, [](float value) { return value >= 0.0f && value <= 255.0f && value == std::floor(value); });
  auto volume = std::make_unique<Volume>();
  if (isByte)
  {
    volume->values.assign(begin, end);
  }
  else
  {
    volume->values = colorization::ToHalfFloats(begin, region.GetNumberOfPixels());
  }
  volume->view.information = WithGeometryOf(information, image);
  volume->view.information.kind = colorization::TrainingKind::Gray;
  volume->view.positions.assign(positions.begin(), positions.end());
  volume->view.values = { isByte ? colorization::TensorType::Other : colorization::TensorType::Float16,
                          isByte ? "U8" : "F16",
                          { static_cast<std::int64_t>(region.GetSize(2)),
                            static_cast<std::int64_t>(region.GetSize(1)),
                            static_cast<std::int64_t>(region.GetSize(0)) },
                          volume->values.data(),
                          volume->values.size() };
  m_Volumes.push_back(std::move(volume));
  this->Modified();
}

void
TrainingDataSet::AddLabelVolume(const InformationType & information, const LabelVolumeType * image)
{
  const std::vector<double> positions = PositionsOf(image);
  this->VerifyInformation(information, positions, colorization::TrainingKind::Labels);
  const auto region = image->GetBufferedRegion();
  auto       volume = std::make_unique<Volume>();
  volume->values.assign(image->GetBufferPointer(), image->GetBufferPointer() + region.GetNumberOfPixels());
  volume->view.information = WithGeometryOf(information, image);
  volume->view.information.kind = colorization::TrainingKind::Labels;
  volume->view.positions.assign(positions.begin(), positions.end());
  volume->view.values = { colorization::TensorType::Other,
                          "U8",
                          { static_cast<std::int64_t>(region.GetSize(2)),
                            static_cast<std::int64_t>(region.GetSize(1)),
                            static_cast<std::int64_t>(region.GetSize(0)) },
                          volume->values.data(),
                          volume->values.size() };
  m_Volumes.push_back(std::move(volume));
  this->Modified();
}

void
TrainingDataSet::Save(const std::string & path) const
{
  if (m_Volumes.empty())
  {
    ThrowSentence(path + ": there are no volumes to write.");
  }
  std::vector<colorization::TrainingVolume> views;
  for (const auto & volume : m_Volumes)
  {
    views.push_back(volume->view);
  }
  try
  {
    colorization::WriteTrainingData(path, views);
  }
  catch (const colorization::ModelError & error)
  {
    ThrowSentence(error.what());
  }
}

void
TrainingDataSet::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "NumberOfVolumes: " << m_Volumes.size() << std::endl;
  os << indent << "NumberOfWorkUnits: " << this->GetNumberOfWorkUnits() << std::endl;
  os << indent << "Progress: " << m_Progress << std::endl;
  os << indent << "Abort: " << (m_Abort ? "On" : "Off") << std::endl;
}
} // namespace itk
