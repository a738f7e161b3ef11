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
#ifndef itkDeepFeatureImageFilter_hxx
#define itkDeepFeatureImageFilter_hxx

#include "itkColorSpace.h"

#include <algorithm>

namespace itk
{
template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::SetLayers(const std::vector<std::string> & layers)
{
  if (layers == m_Layers)
  {
    return;
  }
  m_Layers = layers;
  m_Described.resize(layers.size());
  std::transform(layers.begin(), layers.end(), m_Described.begin(), colorization::DescribeFeatureLayer);
  const auto before = this->GetNumberOfIndexedOutputs();
  this->SetNumberOfRequiredOutputs(std::max<std::size_t>(layers.size(), 1));
  this->SetNumberOfIndexedOutputs(std::max<std::size_t>(layers.size(), 1));
  for (auto i = before; i < layers.size(); ++i)
  {
    this->SetNthOutput(i, this->MakeOutput(i));
  }
  this->Modified();
}

template <typename TInputImage>
ModifiedTimeType
DeepFeatureImageFilter<TInputImage>::GetMTime() const
{
  const ModifiedTimeType own = Superclass::GetMTime();
  return m_Model ? std::max(own, m_Model->GetMTime()) : own;
}

template <typename TInputImage>
std::array<unsigned int, 2>
DeepFeatureImageFilter<TInputImage>::PlaneAxes() const
{
  const unsigned int across = this->AcrossAxis();
  return { { across == 0 ? 1u : 0u, across < 2 ? 2u : 1u } };
}

template <typename TInputImage>
colorization::FeatureTiles
DeepFeatureImageFilter<TInputImage>::MakeTiles() const
{
  const auto &                     size = this->GetInput()->GetLargestPossibleRegion().GetSize();
  const auto                       axes = this->PlaneAxes();
  const std::array<std::size_t, 2> extents{ { size[axes[0]], size[axes[1]] } };
  return colorization::FeatureTiles(extents, m_TileSize, m_Described);
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (!NetworkModel::IsAvailable())
  {
    itkExceptionMacro(<< "Networks cannot be run: this build of the Colorization module has no LibTorch.");
  }
  if (!m_Model || !m_Model->IsLoaded())
  {
    itkExceptionMacro(<< "No model is set that is loaded.");
  }
  if (m_Model->GetMetadata().architecture != "VGG19")
  {
    itkExceptionMacro(<< "The model is a " << m_Model->GetMetadata().architecture << ", but VGG19 is wanted.");
  }
  if (m_Layers.empty())
  {
    itkExceptionMacro(<< "Layers is empty, but at least one name is wanted.");
  }
  if (m_SliceAxis > 2)
  {
    itkExceptionMacro(<< "SliceAxis is " << m_SliceAxis << ", but has to be 0, 1 or 2.");
  }
  if (m_TileSize % colorization::FeatureTiles::Multiple != 0)
  {
    itkExceptionMacro(<< "TileSize is " << m_TileSize << ", but has to be a multiple of "
                      << static_cast<unsigned int>(colorization::FeatureTiles::Multiple) << '.');
  }
  if (!(m_WindowMaximum > m_WindowMinimum))
  {
    itkExceptionMacro(<< "WindowMaximum is " << m_WindowMaximum << ", but has to be above WindowMinimum, "
                      << m_WindowMinimum << '.');
  }
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  const unsigned int components = this->GetInput()->GetNumberOfComponentsPerPixel();
  if (components != 1 && components != 3)
  {
    itkExceptionMacro(<< "The input has " << components << " components a pixel, but 1 or 3 are needed.");
  }
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::FindChannels()
{
  if (m_ChannelsTime == this->GetMTime())
  {
    return;
  }
  constexpr std::size_t    extent = colorization::FeatureTiles::Multiple;
  const std::vector<float> black(static_cast<std::size_t>(m_Model->GetMetadata().inputChannels) * extent * extent);
  m_Channels.clear();
  for (const auto & values : m_Model->RunLayers(black.data(), 1, { { extent, extent, 1 } }, m_Layers))
  {
    m_Channels.push_back(static_cast<unsigned int>(values.channels));
  }
  m_ChannelsTime = this->GetMTime();
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::GenerateOutputInformation()
{
  const TInputImage * input = this->GetInput();
  const auto &        region = input->GetLargestPossibleRegion();
  this->FindChannels();
  for (std::size_t i = 0; i < m_Layers.size(); ++i)
  {
    OutputImageType *                       output = this->GetOutput(static_cast<unsigned int>(i));
    typename OutputImageType::SizeType      size = region.GetSize();
    typename OutputImageType::SpacingType   spacing = input->GetSpacing();
    ContinuousIndex<double, ImageDimension> firstCentre(region.GetIndex());
    for (const unsigned int axis : this->PlaneAxes())
    {
      const SizeValueType extent = region.GetSize(axis);
      const std::size_t   factor = m_Described[i].shrinkFactor;
      if (extent < factor)
      {
        itkExceptionMacro(<< "The input has " << extent << " pixels along axis " << axis << ", but layer \""
                          << m_Layers[i] << "\" needs at least " << factor << '.');
      }
      size[axis] = factor == 0 ? 1 : extent / factor;
      const auto pixels = static_cast<double>(factor == 0 ? extent : factor);
      spacing[axis] *= pixels;
      firstCentre[axis] += 0.5 * (pixels - 1.0);
    }
    typename OutputImageType::PointType origin;
    input->TransformContinuousIndexToPhysicalPoint(firstCentre, origin);
    output->SetLargestPossibleRegion(typename OutputImageType::RegionType(size));
    output->SetSpacing(spacing);
    output->SetOrigin(origin);
    output->SetDirection(input->GetDirection());
    output->SetNumberOfComponentsPerPixel(m_Channels[i]);
  }
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::GenerateOutputRequestedRegion(DataObject * output)
{
  // The other outputs get what lies where the requested one does.
  const auto * wanted = static_cast<const OutputImageType *>(output);
  const auto   tiles = this->MakeTiles();
  const auto   axes = this->PlaneAxes();
  const auto   asked = std::find_if(m_Layers.begin(),
                                  m_Layers.end(),
                                  [&, i = 0u](const std::string &) mutable { return this->GetOutput(i++) == wanted; });
  const auto & layer = m_Described[static_cast<std::size_t>(asked - m_Layers.begin())];
  for (std::size_t i = 0; i < m_Layers.size(); ++i)
  {
    OutputImageType * const other = this->GetOutput(static_cast<unsigned int>(i));
    if (other == wanted)
    {
      continue;
    }
    auto region = wanted->GetRequestedRegion();
    for (unsigned int a = 0; a < 2; ++a)
    {
      const auto        begin = static_cast<std::size_t>(region.GetIndex(axes[a]));
      const std::size_t end = begin + region.GetSize(axes[a]);
      const auto        place = tiles.Corresponding(a, { begin, end }, layer, m_Described[i]);
      region.SetIndex(axes[a], static_cast<IndexValueType>(place.begin));
      region.SetSize(axes[a], place.end - place.begin);
    }
    other->SetRequestedRegion(region);
  }
}

template <typename TInputImage>
std::array<colorization::FeatureRange, 2>
DeepFeatureImageFilter<TInputImage>::FindTiles(const colorization::FeatureTiles & tiles)
{
  std::array<colorization::FeatureRange, 2> found;
  const auto                                axes = this->PlaneAxes();
  for (unsigned int a = 0; a < 2; ++a)
  {
    found[a] = { tiles.Count()[a], 0 };
    for (std::size_t i = 0; i < m_Layers.size(); ++i)
    {
      const auto & region = this->GetOutput(static_cast<unsigned int>(i))->GetRequestedRegion();
      const auto   begin = static_cast<std::size_t>(region.GetIndex(axes[a]));
      const auto   end = begin + region.GetSize(axes[a]);
      for (std::size_t tile = 0; tile < tiles.Count()[a]; ++tile)
      {
        const auto made = tiles.Made(a, tile, m_Described[i]);
        if (std::max(made.begin, begin) < std::min(made.end, end))
        {
          found[a].begin = std::min(found[a].begin, tile);
          found[a].end = std::max(found[a].end, tile + 1);
        }
      }
    }
  }
  return found;
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::GenerateInputRequestedRegion()
{
  auto *             input = const_cast<TInputImage *>(this->GetInput());
  const auto         tiles = this->MakeTiles();
  const auto         needed = this->FindTiles(tiles);
  const auto         axes = this->PlaneAxes();
  const unsigned int across = this->AcrossAxis();
  const auto &       requested = this->GetOutput(0)->GetRequestedRegion();
  RegionType         region = input->GetLargestPossibleRegion();
  for (unsigned int a = 0; a < 2; ++a)
  {
    const std::size_t begin = tiles.Seen(a, needed[a].begin).begin;
    const std::size_t end = tiles.Seen(a, needed[a].end - 1).end;
    region.SetIndex(axes[a], region.GetIndex(axes[a]) + static_cast<IndexValueType>(begin));
    region.SetSize(axes[a], end - begin);
  }
  if (across < ImageDimension)
  {
    region.SetIndex(across, region.GetIndex(across) + requested.GetIndex(across));
    region.SetSize(across, requested.GetSize(across));
  }
  input->SetRequestedRegion(region);
}

template <typename TInputImage>
std::vector<float>
DeepFeatureImageFilter<TInputImage>::MakeNetworkInput(const RegionType & region) const
{
  // Of ImageNet's pictures, in 0..1.
  constexpr std::array<double, 3> mean{ { 0.485, 0.456, 0.406 } };
  constexpr std::array<double, 3> deviation{ { 0.229, 0.224, 0.225 } };
  constexpr double                luminanceMean = 0.299 * mean[0] + 0.587 * mean[1] + 0.114 * mean[2];
  constexpr double    luminanceDeviation = 0.299 * deviation[0] + 0.587 * deviation[1] + 0.114 * deviation[2];
  const TInputImage * input = this->GetInput();
  const auto          components = static_cast<std::size_t>(input->GetNumberOfComponentsPerPixel());
  const auto          channels = static_cast<std::size_t>(m_Model->GetMetadata().inputChannels);
  const SizeValueType pixels = region.GetNumberOfPixels();
  std::vector<float>  values(channels * pixels);
  colorization::ForEachRow(
    region,
    colorization::SerialFor,
    [&](const typename TInputImage::RegionType & row, std::size_t first)
    {
      const auto * in = colorization::ComponentsAt(input, row.GetIndex());
      for (std::size_t x = 0; x < row.GetSize(0); ++x)
      {
        std::array<double, 3> rgb;
        for (std::size_t c = 0; c < 3; ++c)
        {
          rgb[c] = (static_cast<double>(in[x * components + (components == 1 ? 0 : c)]) - m_WindowMinimum) /
                   (m_WindowMaximum - m_WindowMinimum);
        }
        if (channels == 1)
        {
          const double luminance = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
          values[first + x] = static_cast<float>((luminance - luminanceMean) / luminanceDeviation);
          continue;
        }
        for (std::size_t c = 0; c < 3; ++c)
        {
          values[c * pixels + first + x] = static_cast<float>((rgb[c] - mean[c]) / deviation[c]);
        }
      }
    });
  return values;
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::CopyTile(const colorization::FeatureTiles & tiles,
                                              const std::array<std::size_t, 2> & tile,
                                              IndexValueType                     slice,
                                              std::size_t                        layer,
                                              const colorization::TileValues &   values)
{
  OutputImageType *                         output = this->GetOutput(static_cast<unsigned int>(layer));
  const auto &                              region = output->GetRequestedRegion();
  const auto                                axes = this->PlaneAxes();
  const unsigned int                        across = this->AcrossAxis();
  std::array<colorization::FeatureRange, 2> wanted;
  std::array<std::size_t, 2>                first;
  for (unsigned int a = 0; a < 2; ++a)
  {
    const auto        made = tiles.Made(a, tile[a], m_Described[layer]);
    const auto        begin = static_cast<std::size_t>(region.GetIndex(axes[a]));
    const std::size_t end = begin + region.GetSize(axes[a]);
    wanted[a] = { std::max(made.begin, begin), std::min(made.end, end) };
    first[a] = tiles.FirstSeen(a, tile[a], m_Described[layer]);
    if (!wanted[a].IsEmpty() && wanted[a].end - first[a] > values.size[a])
    {
      itkExceptionMacro(<< "Layer " << m_Layers[layer] << " has " << values.size[0] << " x " << values.size[1]
                        << " pixels of a tile, but at least " << wanted[a].end - first[a] << " are wanted along axis "
                        << a << '.');
    }
  }
  const std::size_t pixels = values.size[0] * values.size[1];
  auto              index = region.GetIndex();
  if (across < ImageDimension)
  {
    index[across] = slice;
  }
  for (std::size_t y = wanted[1].begin; y < wanted[1].end; ++y)
  {
    for (std::size_t x = wanted[0].begin; x < wanted[0].end; ++x)
    {
      index[axes[0]] = static_cast<IndexValueType>(x);
      index[axes[1]] = static_cast<IndexValueType>(y);
      float *       out = colorization::ComponentsAt(output, index);
      const float * in = values.data + (y - first[1]) * values.size[0] + (x - first[0]);
      for (std::size_t c = 0; c < values.channels; ++c)
      {
        out[c] = in[c * pixels];
      }
    }
  }
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::RunTile(const colorization::FeatureTiles & tiles,
                                             const std::array<std::size_t, 2> & tile,
                                             IndexValueType                     slice)
{
  const auto                 axes = this->PlaneAxes();
  const unsigned int         across = this->AcrossAxis();
  std::array<std::size_t, 3> size{ { 1, 1, 1 } };
  RegionType                 region = this->GetInput()->GetLargestPossibleRegion();
  for (unsigned int a = 0; a < 2; ++a)
  {
    const auto seen = tiles.Seen(a, tile[a]);
    size[a] = seen.end - seen.begin;
    region.SetIndex(axes[a], region.GetIndex(axes[a]) + static_cast<IndexValueType>(seen.begin));
    region.SetSize(axes[a], size[a]);
  }
  if (across < ImageDimension)
  {
    region.SetIndex(across, region.GetIndex(across) + slice);
    region.SetSize(across, 1);
  }
  const std::vector<float> values = this->MakeNetworkInput(region);
  const auto               layers = m_Model->RunLayers(values.data(), 1, size, m_Layers);
  for (std::size_t layer = 0; layer < layers.size(); ++layer)
  {
    this->CopyTile(tiles, tile, slice, layer, layers[layer]);
  }
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::GenerateData()
{
  const TInputImage * input = this->GetInput();
  colorization::UpdateProgressOrAbort(this, 0.01);
  colorization::VerifyFinite(this,
                             "The input",
                             input,
                             input->GetRequestedRegion(),
                             colorization::MakeParallelFor(this));
  const auto channels = m_Model->GetMetadata().inputChannels;
  if (channels != 1 && channels != 3)
  {
    itkExceptionMacro(<< "The model wants " << channels << " channels, but gray and RGB have 1 or 3.");
  }
  this->AllocateOutputs();
  const auto threads = m_Model->UseThreads(
    std::min<unsigned int>(this->GetNumberOfWorkUnits(), this->GetMultiThreader()->GetMaximumNumberOfThreads()));
  const auto          tiles = this->MakeTiles();
  const auto          needed = this->FindTiles(tiles);
  const unsigned int  across = this->AcrossAxis();
  const auto &        requested = this->GetOutput()->GetRequestedRegion();
  const SizeValueType slices = across < ImageDimension ? requested.GetSize(across) : 1;
  const SizeValueType tilesOfSlice = (needed[0].end - needed[0].begin) * (needed[1].end - needed[1].begin);
  SizeValueType       done = 0;
  for (SizeValueType i = 0; i < slices; ++i)
  {
    const IndexValueType slice =
      across < ImageDimension ? requested.GetIndex(across) + static_cast<IndexValueType>(i) : 0;
    for (std::size_t y = needed[1].begin; y < needed[1].end; ++y)
    {
      for (std::size_t x = needed[0].begin; x < needed[0].end; ++x)
      {
        this->RunTile(tiles, { { x, y } }, slice);
        colorization::UpdateProgressOrAbort(this,
                                            static_cast<double>(++done) / static_cast<double>(slices * tilesOfSlice));
      }
    }
  }
}

template <typename TInputImage>
void
DeepFeatureImageFilter<TInputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(Model);
  os << indent << "Layers:";
  for (const std::string & layer : m_Layers)
  {
    os << ' ' << layer;
  }
  os << std::endl;
  os << indent << "SliceAxis: " << m_SliceAxis << std::endl;
  os << indent << "TileSize: " << m_TileSize << std::endl;
  os << indent << "WindowMinimum: " << m_WindowMinimum << std::endl;
  os << indent << "WindowMaximum: " << m_WindowMaximum << std::endl;
}
} // namespace itk

#endif
