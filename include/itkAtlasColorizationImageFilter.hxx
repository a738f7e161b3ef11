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
#ifndef itkAtlasColorizationImageFilter_hxx
#define itkAtlasColorizationImageFilter_hxx

#include "itkColorSpace.h"

#include <atomic>
#include <limits>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
AtlasColorizationImageFilter<TInputImage, TOutputImage>::AtlasColorizationImageFilter()
  : m_Registration(AtlasRegistration::New())
{}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
AtlasColorizationImageFilter<TInputImage, TOutputImage>::GetMTime() const
{
  return std::max(Superclass::GetMTime(), m_Registration->GetMTime());
}

template <typename TInputImage, typename TOutputImage>
void
AtlasColorizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  const ColorAtlas * atlas = m_Registration->GetAtlas();
  if (!atlas || !atlas->GetColorImage())
  {
    itkExceptionMacro(<< "There is no atlas, or it is empty.");
  }
  if (!(m_MatchRadius > 0.0))
  {
    itkExceptionMacro(<< "MatchRadius is " << m_MatchRadius << ", but has to be above 0.");
  }
  m_Registration->VerifyParameters();
}

template <typename TInputImage, typename TOutputImage>
ImageBase<3>::Pointer
AtlasColorizationImageFilter<TInputImage, TOutputImage>::GridOf(const ImageBase<ImageDimension> * image)
{
  auto           grid = ImageBase<3>::New();
  ImageRegion<3> region;
  auto           spacing = grid->GetSpacing();
  auto           origin = grid->GetOrigin();
  auto           direction = grid->GetDirection();
  region.SetSize(2, 1);
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    region.SetIndex(axis, image->GetLargestPossibleRegion().GetIndex(axis));
    region.SetSize(axis, image->GetLargestPossibleRegion().GetSize(axis));
    spacing[axis] = image->GetSpacing()[axis];
    origin[axis] = image->GetOrigin()[axis];
    for (unsigned int row = 0; row < ImageDimension; ++row)
    {
      direction[row][axis] = image->GetDirection()[row][axis];
    }
  }
  grid->SetRegions(region);
  grid->SetSpacing(spacing);
  grid->SetOrigin(origin);
  grid->SetDirection(direction);
  return grid;
}

template <typename TInputImage, typename TOutputImage>
template <typename TVolume, typename TImage>
typename TVolume::Pointer
AtlasColorizationImageFilter<TInputImage, TOutputImage>::VolumeOf(const TImage * image)
{
  const auto grid = GridOf(image);
  auto       volume = TVolume::New();
  volume->CopyInformation(grid);
  volume->SetRegions(grid->GetLargestPossibleRegion());
  if constexpr (std::is_same<TVolume, TImage>::value)
  {
    volume->SetPixelContainer(const_cast<TImage *>(image)->GetPixelContainer());
  }
  else
  {
    volume->Allocate();
    std::transform(image->GetBufferPointer(),
                   image->GetBufferPointer() + grid->GetLargestPossibleRegion().GetNumberOfPixels(),
                   volume->GetBufferPointer(),
                   [](typename TImage::PixelType value) { return static_cast<typename TVolume::PixelType>(value); });
  }
  return volume;
}

template <typename TInputImage, typename TOutputImage>
auto
AtlasColorizationImageFilter<TInputImage, TOutputImage>::MakeOrder(const TInputImage * input) -> Order
{
  const auto grid = GridOf(input);
  Order      order;
  order.axes = colorization::FindPatientAxes(grid->GetDirection());
  order.grid = colorization::MakePatientGrid(grid, order.axes);
  const auto region = grid->GetLargestPossibleRegion();
  order.stride = { { 1, region.GetSize(0), region.GetSize(0) * region.GetSize(1) } };
  std::copy_n(region.GetIndex().begin(), 3, order.start.begin());
  return order;
}

template <typename TInputImage, typename TOutputImage>
void
AtlasColorizationImageFilter<TInputImage, TOutputImage>::RegisterAtlas(const VolumeType * scan)
{
  m_Registration->SetScanImage(scan);
  m_Registration->SetMaskImage(this->GetMaskImage() ? VolumeOf<VolumeMaskType>(this->GetMaskImage()) : nullptr);
  class NamesStage : public Command
  {
  public:
    using Pointer = SmartPointer<NamesStage>;
    itkNewMacro(NamesStage);
    std::function<void()> name;
    void
    Execute(Object *, const EventObject &) override
    {
      name();
    }
    void
    Execute(const Object *, const EventObject &) override
    {
      name();
    }
  };
  auto command = NamesStage::New();
  command->name = [this]() { this->BeginStage(m_Registration->GetStage().c_str(), this->GetProgress()); };
  const unsigned long tag = m_Registration->AddObserver(ProgressEvent(), command);
  try
  {
    this->RunPart(m_Registration, 0.05, 0.8);
  }
  catch (...)
  {
    m_Registration->RemoveObserver(tag);
    throw;
  }
  m_Registration->RemoveObserver(tag);
}

template <typename TInputImage, typename TOutputImage>
double
AtlasColorizationImageFilter<TInputImage, TOutputImage>::GetUsedMatchRadius() const
{
  constexpr double goodAgreement = 0.2;
  constexpr double widest = 2.0;
  const double     agreement = m_Registration->GetReport().agreement;
  return m_MatchRadius * std::min(std::max(goodAgreement / std::max(agreement, 1e-6), 1.0), widest);
}

template <typename TInputImage, typename TOutputImage>
unsigned char
AtlasColorizationImageFilter<TInputImage, TOutputImage>::TissueOf(float share)
{
  constexpr float mostlyNot = 0.35f;
  constexpr float mostly = 0.65f;
  const float     certainty = std::min(std::max((share - mostlyNot) / (mostly - mostlyNot), 0.0f), 1.0f);
  const auto      tissue = static_cast<unsigned char>(std::round(255.0f * certainty));
  return tissue < 2 ? 0 : tissue;
}

template <typename TInputImage, typename TOutputImage>
void
AtlasColorizationImageFilter<TInputImage, TOutputImage>::EnlargeOutputRequestedRegion(DataObject *)
{}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
AtlasColorizationImageFilter<TInputImage, TOutputImage>::GetTimeOfInputs() const
{
  ModifiedTimeType time = std::max(this->GetMTime(), m_Registration->GetAtlas()->GetMTime());
  for (const DataObject * input :
       { static_cast<const DataObject *>(this->GetInput()), static_cast<const DataObject *>(this->GetMaskImage()) })
  {
    if (input)
    {
      time = std::max({ time, input->GetMTime(), input->GetUpdateMTime() });
    }
  }
  return time;
}

template <typename TInputImage, typename TOutputImage>
void
AtlasColorizationImageFilter<TInputImage, TOutputImage>::Analyze()
{
  const TInputImage * input = this->GetInput();
  m_Analysis = nullptr;
  auto analysis = std::make_unique<Analysis>();
  this->BeginStage("body mask", 0.0);
  analysis->order = MakeOrder(input);
  analysis->body = this->FindBody(ImageDimension == 3 ? analysis->order.axes.axis[2] : 0, 0.0, 0.04);
  this->FindWindow(analysis->body);
  analysis->skin = this->AddMargin(analysis->body);
  this->RegisterAtlas(VolumeOf<VolumeType>(input));
  m_Registration->SetScanImage(nullptr);
  m_Registration->SetMaskImage(nullptr);

  this->BeginStage("colours", 0.8);
  m_Analysis = std::move(analysis);
  this->EqualizeBody();
  colorization::AtlasColorsParameters parameters;
  parameters.matchRadius = this->GetUsedMatchRadius();
  parameters.toneRadius = this->GetToneRadius();
  parameters.isFused = this->GetLuminance() == Superclass::LuminanceEnum::Fused;
  m_Analysis->fitter = std::make_unique<colorization::AtlasColorFitter>(m_Registration->GetAtlas()->GetColorImage(),
                                                                        m_Registration->GetTransform(),
                                                                        m_Analysis->order.grid,
                                                                        parameters);
  const auto     parallelFor = colorization::MakeParallelFor(this);
  constexpr auto voxelsAtOnce = std::size_t{ 1 } << 24;
  const auto &   size = m_Analysis->order.grid.size;
  const auto     slices = std::max<std::size_t>(1, voxelsAtOnce / (size[0] * size[1]));
  for (std::size_t z = 0; z < size[2]; z += slices)
  {
    const Box slab{ { { 0, 0, static_cast<std::ptrdiff_t>(z) } },
                    { { size[0], size[1], std::min(slices, size[2] - z) } } };
    m_Analysis->fitter->Add(this->ReadPart(slab), parallelFor);
    colorization::UpdateProgressOrAbort(this, 0.8f + 0.07f * static_cast<float>(z) / static_cast<float>(size[2]));
  }
  m_Analysis->fitter->Finish(parallelFor);
  m_Analysis->time = this->GetTimeOfInputs();
}

template <typename TInputImage, typename TOutputImage>
void
AtlasColorizationImageFilter<TInputImage, TOutputImage>::EqualizeBody()
{
  const TInputImage *                 input = this->GetInput();
  const RegionType                    region = input->GetLargestPossibleRegion();
  const auto                          parallelFor = colorization::MakeParallelFor(this);
  const colorization::LuminanceWindow window = this->GetLuminanceWindow();
  const auto                          air = static_cast<float>(this->GetAirThreshold());
  // Where the body is no air.
  const auto forEachValue = [&](const RegionType & row, const auto & visit)
  {
    const auto *          in = colorization::ComponentsAt(input, row.GetIndex());
    const unsigned char * inBody = colorization::ComponentsAt(m_Analysis->body.GetPointer(), row.GetIndex());
    for (std::size_t x = 0; x < row.GetSize(0); ++x)
    {
      if (inBody[x] != 0 && window.Map(in[x]) >= air)
      {
        visit(static_cast<float>(in[x]));
      }
    }
  };
  const std::size_t  rows = region.GetNumberOfPixels() / region.GetSize(0);
  constexpr float    none = std::numeric_limits<float>::max();
  std::vector<float> lowest(rows, none);
  std::vector<float> highest(rows, -none);
  colorization::ForEachRow(region,
                           parallelFor,
                           [&](const RegionType & row, std::size_t first)
                           {
                             float & low = lowest[first / region.GetSize(0)];
                             float & high = highest[first / region.GetSize(0)];
                             forEachValue(row,
                                          [&](float value)
                                          {
                                            low = std::min(low, value);
                                            high = std::max(high, value);
                                          });
                           });
  float low = *std::min_element(lowest.begin(), lowest.end());
  float high = *std::max_element(highest.begin(), highest.end());
  if (low > high)
  {
    low = 0.0f;
    high = 0.0f;
  }
  m_Analysis->guide = std::make_unique<colorization::ValueEqualizer>(low, high);
  // Numbers of voxels: the order of adding makes no difference.
  std::vector<std::atomic<std::uint64_t>> counts(colorization::ValueEqualizer::Bins);
  colorization::ForEachRow(
    region,
    parallelFor,
    [&](const RegionType & row, std::size_t)
    { forEachValue(row, [&](float value) { counts[m_Analysis->guide->BinOf(value)].fetch_add(1); }); });
  m_Analysis->guide->SetCounts({ counts.begin(), counts.end() });
}

template <typename TInputImage, typename TOutputImage>
colorization::ScanPart
AtlasColorizationImageFilter<TInputImage, TOutputImage>::ReadPart(const Box & box)
{
  const auto *           values = this->GetInput()->GetBufferPointer();
  const unsigned char *  body = m_Analysis->body->GetBufferPointer();
  const Order &          order = m_Analysis->order;
  colorization::ScanPart part;
  part.start = box.start;
  part.size = box.size;
  part.guide.resize(box.size[0] * box.size[1] * box.size[2]);
  part.isBody.resize(part.guide.size());
  colorization::MakeParallelFor(this)(
    box.size[1] * box.size[2],
    [&](std::size_t row)
    {
      for (std::size_t x = 0; x < box.size[0]; ++x)
      {
        const std::size_t inBuffer = order.BufferNumberOf(static_cast<std::size_t>(box.start[0]) + x,
                                                          static_cast<std::size_t>(box.start[1]) + row % box.size[1],
                                                          static_cast<std::size_t>(box.start[2]) + row / box.size[1]);
        part.guide[row * box.size[0] + x] = (*m_Analysis->guide)(static_cast<float>(values[inBuffer]));
        part.isBody[row * box.size[0] + x] = body[inBuffer];
      }
    });
  return part;
}

template <typename TInputImage, typename TOutputImage>
auto
AtlasColorizationImageFilter<TInputImage, TOutputImage>::SplitRegion(const RegionType & region) const
  -> std::vector<Box>
{
  constexpr double voxelsAtOnce = 1 << 25;
  const Order &    order = m_Analysis->order;
  const auto       reach = m_Analysis->fitter->GetReach();
  Box              whole;
  for (unsigned int patient = 0; patient < 3; ++patient)
  {
    const unsigned int   axis = order.axes.axis[patient];
    const IndexValueType first = axis < ImageDimension ? region.GetIndex(axis) - order.start[axis] : 0;
    whole.size[patient] = axis < ImageDimension ? region.GetSize(axis) : 1;
    whole.start[patient] = order.axes.isFlipped[patient] ? static_cast<std::ptrdiff_t>(order.grid.size[patient]) -
                                                             first - static_cast<std::ptrdiff_t>(whole.size[patient])
                                                         : first;
  }
  // The part with its surroundings is what takes memory; halves of the axis that has most for its reach waste least.
  const auto voxelsWithSurroundings = [&](const Box & box)
  {
    double voxels = 1.0;
    for (std::size_t axis = 0; axis < 3; ++axis)
    {
      voxels *= static_cast<double>(std::min(box.size[axis] + 2 * reach[axis], order.grid.size[axis]));
    }
    return voxels;
  };
  const auto lengthOf = [&](const Box & box, std::size_t axis)
  { return static_cast<double>(box.size[axis]) / static_cast<double>(reach[axis]); };
  std::vector<Box> boxes{ whole };
  for (std::size_t i = 0; i < boxes.size();)
  {
    std::size_t longest = 0;
    for (const std::size_t axis : { 1, 2 })
    {
      longest = lengthOf(boxes[i], axis) > lengthOf(boxes[i], longest) ? axis : longest;
    }
    const std::size_t half = boxes[i].size[longest] / 2;
    if (voxelsWithSurroundings(boxes[i]) <= voxelsAtOnce || half == 0)
    {
      ++i;
      continue;
    }
    Box rest = boxes[i];
    rest.start[longest] += static_cast<std::ptrdiff_t>(half);
    rest.size[longest] -= half;
    boxes[i].size[longest] = half;
    boxes.push_back(rest);
  }
  return boxes;
}

template <typename TInputImage, typename TOutputImage>
auto
AtlasColorizationImageFilter<TInputImage, TOutputImage>::RegionOf(const Box & box) const -> RegionType
{
  const Order & order = m_Analysis->order;
  RegionType    region;
  for (unsigned int patient = 0; patient < 3; ++patient)
  {
    const unsigned int axis = order.axes.axis[patient];
    if (axis < ImageDimension)
    {
      const auto           size = static_cast<std::ptrdiff_t>(box.size[patient]);
      const std::ptrdiff_t first = order.axes.isFlipped[patient]
                                     ? static_cast<std::ptrdiff_t>(order.grid.size[patient]) - box.start[patient] - size
                                     : box.start[patient];
      region.SetIndex(axis, order.start[axis] + first);
      region.SetSize(axis, box.size[patient]);
    }
  }
  return region;
}

template <typename TInputImage, typename TOutputImage>
void
AtlasColorizationImageFilter<TInputImage, TOutputImage>::WritePart(const Box & box)
{
  const Order & order = m_Analysis->order;
  const auto    reach = m_Analysis->fitter->GetReach();
  const auto    parallelFor = colorization::MakeParallelFor(this);
  Box           wider;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const auto margin = static_cast<std::ptrdiff_t>(reach[axis]);
    const auto end = std::min(box.start[axis] + static_cast<std::ptrdiff_t>(box.size[axis]) + margin,
                              static_cast<std::ptrdiff_t>(order.grid.size[axis]));
    wider.start[axis] = std::max<std::ptrdiff_t>(box.start[axis] - margin, 0);
    wider.size[axis] = static_cast<std::size_t>(end - wider.start[axis]);
  }
  const auto scan = this->ReadPart(wider);
  const auto colors = m_Analysis->fitter->Fit(scan, parallelFor);

  const RegionType region = this->RegionOf(box);
  const auto tissue = this->MakeTissueMask(m_Analysis->body, m_Analysis->skin, this->GetLuminanceWindow(), region);
  const bool isFused = this->GetLuminance() == Superclass::LuminanceEnum::Fused;
  const auto size = colorization::CoreSize(region.GetSize());
  constexpr std::size_t channels = 3;
  std::vector<float>    planes(channels * region.GetNumberOfPixels());
  std::vector<float>    scanLuminance(isFused ? region.GetNumberOfPixels() : 0);
  // From a voxel to the next one along the patient's axes, in the region's order.
  const std::array<std::size_t, 3> strides{ { 1, size[0], size[0] * size[1] } };
  const auto                       numberInRegion = [&](const std::array<std::size_t, 3> & voxel)
  {
    std::size_t number = 0;
    for (unsigned int patient = 0; patient < 3; ++patient)
    {
      const std::size_t along = order.axes.isFlipped[patient] ? box.size[patient] - 1 - voxel[patient] : voxel[patient];
      number += along * strides[order.axes.axis[patient]];
    }
    return number;
  };
  const auto writeVoxel = [&](std::size_t own, std::size_t inRegion)
  {
    colorization::Color lab{ { colors.lightness[own], colors.a[own], colors.b[own] } };
    if (isFused)
    {
      lab = this->GetKeepSaturation() ? colorization::AtLightnessOfDetail(lab, colors.fused[own])
                                      : colorization::Color{ { colors.fused[own], lab[1], lab[2] } };
      scanLuminance[inRegion] = scan.guide[own];
    }
    unsigned char & tissueHere = tissue->GetBufferPointer()[inRegion];
    if (m_BoneIsDark && scan.isBody[own] != 0)
    {
      tissueHere = std::max(tissueHere, TissueOf(colors.tissue[own]));
    }
    std::copy(lab.begin(), lab.end(), planes.begin() + static_cast<std::ptrdiff_t>(channels * inRegion));
  };
  parallelFor(box.size[1] * box.size[2],
              [&](std::size_t row)
              {
                const std::size_t                y = row % box.size[1];
                const std::size_t                z = row / box.size[1];
                const std::array<std::size_t, 3> shift{ { static_cast<std::size_t>(box.start[0] - wider.start[0]),
                                                          static_cast<std::size_t>(box.start[1] - wider.start[1]),
                                                          static_cast<std::size_t>(box.start[2] - wider.start[2]) } };
                const std::size_t begin = ((z + shift[2]) * wider.size[1] + y + shift[1]) * wider.size[0] + shift[0];
                for (std::size_t x = 0; x < box.size[0]; ++x)
                {
                  writeVoxel(begin + x, numberInRegion({ { x, y, z } }));
                }
              });
  typename Superclass::LabPlanes lab;
  lab.lightness = planes.data();
  lab.a = planes.data() + 1;
  lab.b = planes.data() + 2;
  lab.stride = channels;
  lab.scan = isFused ? scanLuminance.data() : nullptr;
  lab.isFused = isFused;
  this->WriteRegion(lab, m_Analysis->body, m_Analysis->skin, tissue, region);
}

template <typename TInputImage, typename TOutputImage>
void
AtlasColorizationImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  if (!m_Analysis || m_Analysis->time != this->GetTimeOfInputs())
  {
    this->Analyze();
  }
  constexpr float  analyzed = 0.87f;
  const RegionType largest = this->GetInput()->GetLargestPossibleRegion();
  const auto       progressOf = [&]()
  {
    const double share =
      static_cast<double>(m_Analysis->writtenVoxels) / static_cast<double>(largest.GetNumberOfPixels());
    return analyzed + (1.0f - analyzed) * static_cast<float>(std::min(share, 1.0));
  };
  this->AllocateOutputs();
  this->BeginStage("tone", progressOf());
  const RegionType requested = this->GetOutput()->GetRequestedRegion();
  for (const Box & box : this->SplitRegion(requested))
  {
    this->WritePart(box);
    m_Analysis->writtenVoxels += box.size[0] * box.size[1] * box.size[2];
    colorization::UpdateProgressOrAbort(this, progressOf());
  }
  if (requested == largest)
  {
    m_Analysis = nullptr;
  }
}

template <typename TInputImage, typename TOutputImage>
void
AtlasColorizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(Registration);
  os << indent << "MatchRadius: " << m_MatchRadius << std::endl;
  os << indent << "BoneIsDark: " << (m_BoneIsDark ? "On" : "Off") << std::endl;
}
} // namespace itk

#endif
