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
#ifndef itkNetworkImageFilter_hxx
#define itkNetworkImageFilter_hxx

#include "itkLuminanceWindow.h"
#include "itkNetworkColor.h"
#include "itkOtsuBodyMaskImageFilter.h"

#include <stdexcept>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
NetworkImageFilter<TInputImage, TOutputImage>::NetworkImageFilter()
{
  this->AddOptionalInputName("MaskImage");
  m_TileSize.Fill(0);
}

template <typename TInputImage, typename TOutputImage>
ModifiedTimeType
NetworkImageFilter<TInputImage, TOutputImage>::GetMTime() const
{
  const ModifiedTimeType own = Superclass::GetMTime();
  return m_Model ? std::max(own, m_Model->GetMTime()) : own;
}

template <typename TInputImage, typename TOutputImage>
bool
NetworkImageFilter<TInputImage, TOutputImage>::IsSliced() const
{
  return m_Model->GetMetadata().dimension == 2;
}

template <typename TInputImage, typename TOutputImage>
std::vector<int>
NetworkImageFilter<TInputImage, TOutputImage>::SliceAxes() const
{
  if (!this->IsSliced())
  {
    return { -1 };
  }
  if (ImageDimension == 2)
  {
    return { 2 };
  }
  return m_AverageOverAxes ? std::vector<int>{ 0, 1, 2 } : std::vector<int>{ static_cast<int>(m_SliceAxis) };
}

template <typename TInputImage, typename TOutputImage>
void
NetworkImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() const
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
  const colorization::NetworkMetadata & metadata = m_Model->GetMetadata();
  if (metadata.dimension > ImageDimension)
  {
    itkExceptionMacro(<< "The model works on volumes, but the input has " << ImageDimension << " dimensions.");
  }
  if (ImageDimension == 3 && m_SliceAxis > 2)
  {
    itkExceptionMacro(<< "SliceAxis is " << m_SliceAxis << ", but has to be 0, 1 or 2.");
  }
  if (!(m_LuminanceShare >= 0.0 && m_LuminanceShare <= 1.0))
  {
    itkExceptionMacro(<< "LuminanceShare is " << m_LuminanceShare << ", but has to be in 0 ... 1.");
  }
  if (m_Overlap > 0.9 || m_Overlap != m_Overlap)
  {
    itkExceptionMacro(<< "Overlap is " << m_Overlap << ", but has to be in 0 ... 0.9, or below 0 for the model's.");
  }
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    const bool isAcross = ImageDimension == 3 && this->IsSliced() && !m_AverageOverAxes && axis == m_SliceAxis;
    if (!isAcross && (m_TileSize[axis] % metadata.sizeMultiple != 0 || m_TileSize[axis] > 65536))
    {
      itkExceptionMacro(<< "TileSize is " << m_TileSize << ", but has to be made of multiples of "
                        << metadata.sizeMultiple << " up to 65536 for this model.");
    }
  }
  if (!m_UseAutomaticWindow && !(m_WindowMaximum > m_WindowMinimum))
  {
    itkExceptionMacro(<< "WindowMaximum is " << m_WindowMaximum << ", but has to be above WindowMinimum, "
                      << m_WindowMinimum << '.');
  }
  if (metadata.outputChannels == 2 && metadata.colorSpace != colorization::NetworkColorSpace::None && m_ConvertColors &&
      !m_KeepLuminance)
  {
    itkExceptionMacro(<< "The model makes chroma alone, so KeepLuminance has to be on.");
  }
  if (metadata.outputChannels > 0)
  {
    this->VerifyChannels(static_cast<std::size_t>(metadata.outputChannels));
  }
}

template <typename TInputImage, typename TOutputImage>
void
NetworkImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  const TInputImage * input = this->GetInput();
  const auto &        metadata = m_Model->GetMetadata();
  const auto          components = static_cast<std::int64_t>(input->GetNumberOfComponentsPerPixel());
  if (components * metadata.slices != metadata.inputChannels)
  {
    itkExceptionMacro(<< "The input has " << components << " components a pixel, but the model wants "
                      << metadata.inputChannels / metadata.slices << '.');
  }
  const auto & normalization = metadata.normalization;
  const auto   fits = [components](const std::vector<double> & ends)
  { return ends.size() == 1 || static_cast<std::int64_t>(ends.size()) == components; };
  if (normalization.kind == colorization::NetworkNormalizationKind::Range &&
      (!fits(normalization.inputMinimum) || !fits(normalization.inputMaximum)))
  {
    itkExceptionMacro(<< "The model's normalisation has " << normalization.inputMinimum.size() << " lowest and "
                      << normalization.inputMaximum.size() << " highest values, but 1 or " << components
                      << " are wanted.");
  }
  if (m_KeepLuminance && components != 1 && components != 3)
  {
    itkExceptionMacro(<< "KeepLuminance is on, but the luminance of an input of " << components
                      << " components is not known.");
  }
  colorization::VerifySameRegion(this, "MaskImage", this->GetMaskImage(), input->GetLargestPossibleRegion());
}

template <typename TInputImage, typename TOutputImage>
void
NetworkImageFilter<TInputImage, TOutputImage>::VerifyChannels(std::size_t channels) const
{
  using Space = colorization::NetworkColorSpace;
  const Space space = m_Model->GetMetadata().colorSpace;
  const bool  fits = space == Space::None || (space == Space::Luminance && channels == 1) || channels == 3 ||
                    (channels == 2 && (space == Space::Lab || space == Space::YUV)) ||
                    (channels == 4 && space == Space::Lab);
  if (!fits)
  {
    itkExceptionMacro(<< "The network makes " << channels << " channels, which are no colour of the model's space.");
  }
  const auto & metadata = m_Model->GetMetadata();
  const auto   fitsOneOrAll = [&](const std::vector<double> & numbers)
  { return numbers.size() == 1 || numbers.size() == channels; };
  if (!fitsOneOrAll(metadata.outputScale) || !fitsOneOrAll(metadata.outputShift))
  {
    itkExceptionMacro(<< "The network makes " << channels << " channels, but the model scales "
                      << std::max(metadata.outputScale.size(), metadata.outputShift.size()) << '.');
  }
}

template <typename TInputImage, typename TOutputImage>
colorization::TilingParameters
NetworkImageFilter<TInputImage, TOutputImage>::MakeTiling(int sliceAxis) const
{
  constexpr std::size_t          largestSlice = 512;
  constexpr std::size_t          usualBlock = 64;
  const auto &                   metadata = m_Model->GetMetadata();
  const auto                     multiple = static_cast<std::size_t>(metadata.sizeMultiple);
  colorization::TilingParameters tiling;
  tiling.imageSize = colorization::CoreSize(this->GetInput()->GetLargestPossibleRegion().GetSize());
  tiling.sliceAxis = sliceAxis;
  unsigned int seenAxis = 0;
  for (int axis = 0; axis < 3; ++axis)
  {
    if (axis == sliceAxis)
    {
      tiling.tileSize[axis] = 1;
      continue;
    }
    const std::size_t image = tiling.imageSize[axis];
    std::size_t       tile = std::min(image, sliceAxis < 0 ? usualBlock : largestSlice);
    if (!metadata.tileSize.empty())
    {
      tile = static_cast<std::size_t>(metadata.tileSize[metadata.tileSize.size() == 1 ? 0 : seenAxis]);
    }
    if (m_TileSize[axis] > 0)
    {
      tile = m_TileSize[axis];
    }
    tiling.tileSize[axis] = (tile + multiple - 1) / multiple * multiple;
    ++seenAxis;
  }
  tiling.overlap = m_Overlap < 0.0 ? metadata.overlap : m_Overlap;
  tiling.blending = m_Blending;
  tiling.neighbours = static_cast<std::size_t>(metadata.slices / 2);
  tiling.components = this->GetInput()->GetNumberOfComponentsPerPixel();
  tiling.batchSize = m_Model->GetBatchSize() > 0 ? m_Model->GetBatchSize()
                     : metadata.batchSize > 0    ? static_cast<std::size_t>(metadata.batchSize)
                     : sliceAxis < 0             ? 1
                                                 : 4;
  return tiling;
}

template <typename TInputImage, typename TOutputImage>
bool
NetworkImageFilter<TInputImage, TOutputImage>::NeedsWholeInput() const
{
  using Kind = colorization::NetworkNormalizationKind;
  const Kind kind = m_Model->GetMetadata().normalization.kind;
  return kind == Kind::ZScore || kind == Kind::Percentiles ||
         (m_KeepLuminance && m_UseAutomaticWindow && kind == Kind::None);
}

template <typename TInputImage, typename TOutputImage>
colorization::TileBox
NetworkImageFilter<TInputImage, TOutputImage>::BoxOf(const RegionType & region) const
{
  const RegionType      largest = this->GetInput()->GetLargestPossibleRegion();
  colorization::TileBox box;
  box.size = colorization::CoreSize(region.GetSize());
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    box.begin[axis] = region.GetIndex(axis) - largest.GetIndex(axis);
  }
  return box;
}

template <typename TInputImage, typename TOutputImage>
auto
NetworkImageFilter<TInputImage, TOutputImage>::RegionOf(const colorization::TileBox & box) const -> RegionType
{
  RegionType region = this->GetInput()->GetLargestPossibleRegion();
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    region.SetIndex(axis, region.GetIndex(axis) + box.begin[axis]);
    region.SetSize(axis, box.size[axis]);
  }
  return region;
}

template <typename TInputImage, typename TOutputImage>
void
NetworkImageFilter<TInputImage, TOutputImage>::GenerateOutputInformation()
{
  Superclass::GenerateOutputInformation();
  const auto & metadata = m_Model->GetMetadata();
  std::size_t  channels = static_cast<std::size_t>(metadata.outputChannels);
  if (m_ConvertColors && metadata.colorSpace != colorization::NetworkColorSpace::None)
  {
    channels = metadata.colorSpace == colorization::NetworkColorSpace::Luminance ? 1 : 3;
  }
  TOutputImage * output = this->GetOutput();
  // Of some kinds of images alone can the number be set; only for these it has to be found out.
  const unsigned int before = output->GetNumberOfComponentsPerPixel();
  output->SetNumberOfComponentsPerPixel(before + 1);
  if (output->GetNumberOfComponentsPerPixel() == before)
  {
    return;
  }
  if (channels == 0)
  {
    const colorization::TilingParameters tiling = this->MakeTiling(this->SliceAxes().front());
    const colorization::TiledInference   inference(tiling);
    colorization::TileBox                corner;
    corner.size.fill(1);
    inference.Run(
      corner,
      [&](const colorization::TileBox & box, float * planes)
      { std::fill_n(planes, tiling.components * box.size[0] * box.size[1] * box.size[2], 0.0f); },
      this->MakeTileNetwork(),
      [&](const colorization::TileBox &, const float *, std::size_t, std::size_t made) { channels = made; },
      colorization::SerialFor,
      colorization::IgnoreProgress);
  }
  output->SetNumberOfComponentsPerPixel(static_cast<unsigned int>(channels));
}

template <typename TInputImage, typename TOutputImage>
void
NetworkImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  Superclass::GenerateInputRequestedRegion();
  auto * input = const_cast<TInputImage *>(this->GetInput());
  if (!input || !m_Model)
  {
    return;
  }
  if (this->NeedsWholeInput())
  {
    colorization::RequestWholeInputs(this);
    return;
  }
  const colorization::TileBox request = this->BoxOf(this->GetOutput()->GetRequestedRegion());
  const auto                  indexOf = [](const RegionType & region)
  {
    auto last = region.GetIndex();
    for (unsigned int axis = 0; axis < ImageDimension; ++axis)
    {
      last[axis] += static_cast<IndexValueType>(region.GetSize(axis)) - 1;
    }
    return last;
  };
  RegionType required;
  bool       isFirst = true;
  for (const int axis : this->SliceAxes())
  {
    const colorization::TiledInference inference(this->MakeTiling(axis));
    const RegionType                   region = this->RegionOf(inference.GetRequiredInput(request));
    if (isFirst)
    {
      required = region;
    }
    const auto lastOfBoth = indexOf(required);
    const auto last = indexOf(region);
    for (unsigned int k = 0; k < ImageDimension; ++k)
    {
      const auto begin = std::min(required.GetIndex(k), region.GetIndex(k));
      required.SetIndex(k, begin);
      required.SetSize(k, static_cast<SizeValueType>(std::max(lastOfBoth[k], last[k]) - begin + 1));
    }
    isFirst = false;
  }
  input->SetRequestedRegion(required);
}

template <typename TInputImage, typename TOutputImage>
void
NetworkImageFilter<TInputImage, TOutputImage>::CollectBodyValues(std::vector<std::vector<float>> & values)
{
  const TInputImage *             input = this->GetInput();
  const RegionType                region = input->GetLargestPossibleRegion();
  const std::size_t               components = values.size();
  const MaskImageType *           mask = this->GetMaskImage();
  typename MaskImageType::Pointer found;
  if constexpr (std::is_arithmetic<typename TInputImage::PixelType>::value)
  {
    if (!mask)
    {
      auto body = OtsuBodyMaskImageFilter<TInputImage, MaskImageType>::New();
      body->SetInput(input);
      body->SetSliceAxis(m_SliceAxis);
      body->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
      body->Update();
      found = body->GetOutput();
      mask = found;
    }
  }
  colorization::ForEachRow(region,
                           colorization::SerialFor,
                           [&](const RegionType & row, std::size_t)
                           {
                             const InputComponentType * in = colorization::ComponentsAt(input, row.GetIndex());
                             const unsigned char *      inMask =
                               mask ? colorization::ComponentsAt(mask, row.GetIndex()) : nullptr;
                             for (std::size_t x = 0; x < row.GetSize(0); ++x)
                             {
                               for (std::size_t c = 0; c < components && (!inMask || inMask[x] != 0); ++c)
                               {
                                 values[c].push_back(static_cast<float>(in[x * components + c]));
                               }
                             }
                           });
  if (values.front().empty())
  {
    itkExceptionMacro(<< "MaskImage is 0 everywhere, so there are no values to normalise by.");
  }
}

template <typename TInputImage, typename TOutputImage>
colorization::NetworkNormalization
NetworkImageFilter<TInputImage, TOutputImage>::NormalizationOfInput() const
{
  using Kind = colorization::NetworkNormalizationKind;
  constexpr double                   highestAir = -900.0;
  colorization::NetworkNormalization normalization = m_Model->GetMetadata().normalization;
  const bool isAdaptive = normalization.kind == Kind::ZScore || normalization.kind == Kind::Percentiles;
  if (isAdaptive && !normalization.hounsfieldRange.empty())
  {
    const TInputImage *        input = this->GetInput();
    const auto                 region = input->GetLargestPossibleRegion();
    const InputComponentType * begin = colorization::ComponentsAt(input, region.GetIndex());
    const auto                 count = region.GetNumberOfPixels() * input->GetNumberOfComponentsPerPixel();
    if (static_cast<double>(*std::min_element(begin, begin + count)) <= highestAir)
    {
      normalization.kind = Kind::Range;
      normalization.inputMinimum = { normalization.hounsfieldRange[0] };
      normalization.inputMaximum = { normalization.hounsfieldRange[1] };
    }
  }
  return normalization;
}

template <typename TInputImage, typename TOutputImage>
void
NetworkImageFilter<TInputImage, TOutputImage>::ComputeNormalization()
{
  using Kind = colorization::NetworkNormalizationKind;
  const TInputImage * input = this->GetInput();
  if (m_NormalizedInput == input && m_NormalizedInputTime == input->GetUpdateMTime() &&
      m_NormalizationTime == this->GetMTime())
  {
    return;
  }
  const auto                      normalization = this->NormalizationOfInput();
  const auto                      components = static_cast<std::size_t>(input->GetNumberOfComponentsPerPixel());
  std::vector<std::vector<float>> values(components);
  if (normalization.kind == Kind::ZScore || normalization.kind == Kind::Percentiles)
  {
    this->CollectBodyValues(values);
  }
  m_Normalization.assign(components, ChannelNormalization{});
  for (std::size_t c = 0; c < components; ++c)
  {
    ChannelNormalization & channel = m_Normalization[c];
    const auto             count = static_cast<double>(values[c].size());
    if (normalization.kind == Kind::None)
    {
      continue;
    }
    if (normalization.kind == Kind::ZScore)
    {
      double sum = 0.0;
      double squares = 0.0;
      for (const float value : values[c])
      {
        sum += value;
      }
      channel.shift = sum / count;
      for (const float value : values[c])
      {
        squares += (value - channel.shift) * (value - channel.shift);
      }
      const auto range = std::minmax_element(values[c].begin(), values[c].end());
      channel.lowest = *range.first;
      channel.highest = *range.second;
      channel.scale = 1.0 / std::sqrt(squares / count);
    }
    else
    {
      const auto at = [c](const std::vector<double> & ends) { return ends.size() == 1 ? ends[0] : ends[c]; };
      channel.lowest = at(normalization.inputMinimum);
      channel.highest = at(normalization.inputMaximum);
      if (normalization.kind == Kind::Percentiles)
      {
        const auto percentile = [&](double percent)
        {
          const auto rank = static_cast<std::ptrdiff_t>(std::lround(percent / 100.0 * (count - 1.0)));
          std::nth_element(values[c].begin(), values[c].begin() + rank, values[c].end());
          return static_cast<double>(values[c][static_cast<std::size_t>(rank)]);
        };
        channel.lowest = percentile(normalization.lowerPercentile);
        channel.highest = percentile(normalization.upperPercentile);
      }
      channel.clamp = normalization.clamp;
      channel.shift = channel.lowest;
      channel.offset = normalization.outputMinimum;
      channel.scale = (normalization.outputMaximum - normalization.outputMinimum) / (channel.highest - channel.lowest);
    }
    if (!(channel.highest > channel.lowest))
    {
      itkExceptionMacro(<< "The body's values do not differ (all but a few are " << channel.lowest
                        << "), so there is nothing to normalise by.");
    }
  }
  if (m_KeepLuminance && m_UseAutomaticWindow)
  {
    m_WindowMinimum = m_Normalization.front().lowest;
    m_WindowMaximum = m_Normalization.front().highest;
    if (normalization.kind == Kind::None)
    {
      const InputComponentType * begin =
        colorization::ComponentsAt(input, input->GetLargestPossibleRegion().GetIndex());
      const auto range = std::minmax_element(begin,
                                             begin + input->GetLargestPossibleRegion().GetNumberOfPixels() *
                                                       static_cast<SizeValueType>(components));
      m_WindowMinimum = static_cast<double>(*range.first);
      m_WindowMaximum = static_cast<double>(*range.second);
    }
    if (!(m_WindowMaximum > m_WindowMinimum))
    {
      itkExceptionMacro(<< "The input is " << m_WindowMinimum << " everywhere, so it has no luminance to keep.");
    }
  }
  m_NormalizedInput = input;
  m_NormalizedInputTime = input->GetUpdateMTime();
  m_NormalizationTime = this->GetMTime();
}

template <typename TInputImage, typename TOutputImage>
void
NetworkImageFilter<TInputImage, TOutputImage>::ReadTile(const colorization::TileBox &     box,
                                                        float *                           planes,
                                                        const colorization::ParallelFor & parallelFor) const
{
  const TInputImage * input = this->GetInput();
  const RegionType    largest = input->GetLargestPossibleRegion();
  const auto          imageSize = colorization::CoreSize(largest.GetSize());
  const auto          components = static_cast<std::size_t>(input->GetNumberOfComponentsPerPixel());
  const std::size_t   volume = box.size[0] * box.size[1] * box.size[2];
  const auto          mirrored = [&](std::ptrdiff_t position, unsigned int axis)
  {
    const auto size = static_cast<std::ptrdiff_t>(imageSize[axis]);
    if (size == 1)
    {
      return std::ptrdiff_t{ 0 };
    }
    const std::ptrdiff_t period = 2 * (size - 1);
    const std::ptrdiff_t within = ((position % period) + period) % period;
    return within < size ? within : period - within;
  };
  parallelFor(
    box.size[1] * box.size[2],
    [&](std::size_t row)
    {
      const std::ptrdiff_t position[3] = { 0,
                                           mirrored(box.begin[1] + static_cast<std::ptrdiff_t>(row % box.size[1]), 1),
                                           mirrored(box.begin[2] + static_cast<std::ptrdiff_t>(row / box.size[1]), 2) };
      auto                 index = input->GetBufferedRegion().GetIndex();
      for (unsigned int axis = 1; axis < ImageDimension; ++axis)
      {
        index[axis] = largest.GetIndex(axis) + position[axis];
      }
      const std::ptrdiff_t       bufferBegin = index[0] - largest.GetIndex(0);
      const InputComponentType * in = colorization::ComponentsAt(input, index);
      for (std::size_t x = 0; x < box.size[0]; ++x)
      {
        const std::ptrdiff_t       column = box.begin[0] + static_cast<std::ptrdiff_t>(x);
        const bool                 isWithin = column >= 0 && column < static_cast<std::ptrdiff_t>(imageSize[0]);
        const InputComponentType * pixel =
          in + ((isWithin ? column : mirrored(column, 0)) - bufferBegin) * static_cast<std::ptrdiff_t>(components);
        for (std::size_t c = 0; c < components; ++c)
        {
          const ChannelNormalization & channel = m_Normalization[c];
          auto                         value = static_cast<double>(pixel[c]);
          if (channel.clamp)
          {
            value = std::min(std::max(value, channel.lowest), channel.highest);
          }
          planes[c * volume + row * box.size[0] + x] =
            static_cast<float>((value - channel.shift) * channel.scale + channel.offset);
        }
      }
    });
}

template <typename TInputImage, typename TOutputImage>
void
NetworkImageFilter<TInputImage, TOutputImage>::WriteBox(const colorization::TileBox &     box,
                                                        const float *                     values,
                                                        std::size_t                       channelStride,
                                                        std::size_t                       channels,
                                                        const colorization::ParallelFor & parallelFor)
{
  constexpr double unit = std::is_floating_point<OutputComponentType>::value
                            ? 1.0
                            : static_cast<double>(NumericTraits<OutputComponentType>::max());
  const auto &     metadata = m_Model->GetMetadata();
  const bool       isColor = m_ConvertColors && metadata.colorSpace != colorization::NetworkColorSpace::None;
  const colorization::LuminanceWindow window{ m_WindowMinimum, m_WindowMaximum, {} };
  const TInputImage *                 input = this->GetInput();
  TOutputImage *                      output = this->GetOutput();
  const auto                          inComponents = static_cast<std::size_t>(input->GetNumberOfComponentsPerPixel());
  const auto                          outComponents = static_cast<std::size_t>(output->GetNumberOfComponentsPerPixel());
  this->VerifyChannels(channels);
  if (isColor ? (outComponents != 1 && outComponents != 3) : channels != outComponents)
  {
    itkExceptionMacro(<< "The network makes " << channels << " channels, which do not fit the output's pixels of "
                      << outComponents << " components.");
  }
  const auto at = [](const std::vector<double> & numbers, std::size_t c)
  { return numbers.size() == 1 ? numbers[0] : numbers[c]; };
  colorization::ForEachRow(
    this->RegionOf(box),
    parallelFor,
    [&](const RegionType & row, std::size_t first)
    {
      OutputComponentType *      out = colorization::ComponentsAt(output, row.GetIndex());
      const InputComponentType * in = m_KeepLuminance ? colorization::ComponentsAt(input, row.GetIndex()) : nullptr;
      std::vector<double>        pixel(channels);
      for (std::size_t x = 0; x < row.GetSize(0); ++x, out += outComponents)
      {
        for (std::size_t c = 0; c < channels; ++c)
        {
          pixel[c] = values[c * channelStride + first + x] * at(metadata.outputScale, c) + at(metadata.outputShift, c);
        }
        if (!isColor)
        {
          std::transform(pixel.begin(), pixel.end(), out, colorization::RoundAndClamp<OutputComponentType>);
          continue;
        }
        float luminance = 0.0f;
        if (in)
        {
          colorization::Color gray{ { 0.0f, 0.0f, 0.0f } };
          for (std::size_t c = 0; c < 3; ++c)
          {
            gray[c] = window.Map(in[x * inComponents + (inComponents == 1 ? 0 : c)]);
          }
          luminance = inComponents == 1 ? gray[0] : colorization::RGBToLuminance(gray);
        }
        const colorization::Color rgb = colorization::NetworkValuesToRGB(metadata.colorSpace,
                                                                         pixel.data(),
                                                                         channels,
                                                                         in ? &luminance : nullptr,
                                                                         m_LuminanceShare);
        if (outComponents == 1)
        {
          out[0] = colorization::RoundAndClamp<OutputComponentType>(unit * colorization::RGBToLuminance(rgb));
          continue;
        }
        for (std::size_t c = 0; c < 3; ++c)
        {
          out[c] = colorization::RoundAndClamp<OutputComponentType>(unit * rgb[c]);
        }
      }
    });
}

template <typename TInputImage, typename TOutputImage>
colorization::TileNetwork
NetworkImageFilter<TInputImage, TOutputImage>::MakeTileNetwork() const
{
  return [this](const float * tiles, std::size_t batch, const std::array<std::size_t, 3> & size)
  { return m_Model->Run(tiles, batch, size, m_NetworkOutput); };
}

template <typename TInputImage, typename TOutputImage>
void
NetworkImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  const auto parallelFor = colorization::MakeParallelFor(this);
  this->AllocateOutputs();
  const TInputImage * input = this->GetInput();
  colorization::VerifyFinite(this, "The input", input, input->GetRequestedRegion(), parallelFor);
  this->ComputeNormalization();

  const RegionType            region = this->GetOutput()->GetRequestedRegion();
  const colorization::TileBox request = this->BoxOf(region);
  const std::vector<int>      axes = this->SliceAxes();
  const SizeValueType         pixels = region.GetNumberOfPixels();
  std::vector<float>          mean;
  std::size_t                 channelsOfMean = 0;
  m_NumberOfTiles = 0;
  const auto write =
    [&](const colorization::TileBox & box, const float * values, std::size_t stride, std::size_t channels)
  { this->WriteBox(box, values, stride, channels, parallelFor); };
  // Values of a slab, added up within the request.
  const auto add =
    [&](const colorization::TileBox & box, const float * values, std::size_t stride, std::size_t channels)
  {
    channelsOfMean = channels;
    mean.resize(channels * pixels, 0.0f);
    const auto share = 1.0f / static_cast<float>(axes.size());
    colorization::ForEachRow(this->RegionOf(box),
                             parallelFor,
                             [&](const RegionType & row, std::size_t first)
                             {
                               const std::size_t to = colorization::PixelNumberIn(region, row.GetIndex());
                               for (std::size_t c = 0; c < channels; ++c)
                               {
                                 for (std::size_t x = 0; x < row.GetSize(0); ++x)
                                 {
                                   mean[c * pixels + to + x] += share * values[c * stride + first + x];
                                 }
                               }
                             });
  };
  const auto network = this->MakeTileNetwork();
  const auto threads = m_Model->UseThreads(
    std::min<unsigned int>(this->GetNumberOfWorkUnits(), this->GetMultiThreader()->GetMaximumNumberOfThreads()));
  try
  {
    for (std::size_t i = 0; i < axes.size(); ++i)
    {
      const colorization::TiledInference inference(this->MakeTiling(axes[i]));
      const double                       begin = 0.99 * static_cast<double>(i) / static_cast<double>(axes.size());
      const double                       end = 0.99 * static_cast<double>(i + 1) / static_cast<double>(axes.size());
      m_NumberOfTiles += inference.CountTiles(request);
      colorization::UpdateProgressOrAbort(this, begin);
      const colorization::TileSource source = [&](const colorization::TileBox & box, float * planes)
      { this->ReadTile(box, planes, parallelFor); };
      const auto progress = colorization::MakeProgressCallback(this, begin, end);
      inference.Run(request,
                    source,
                    network,
                    axes.size() == 1 ? colorization::TileSink(write) : colorization::TileSink(add),
                    parallelFor,
                    progress);
    }
  }
  catch (const std::runtime_error & error)
  {
    itkExceptionMacro(<< error.what());
  }
  if (axes.size() > 1)
  {
    this->WriteBox(request, mean.data(), pixels, channelsOfMean, parallelFor);
  }
  colorization::UpdateProgressOrAbort(this, 1.0);
}

template <typename TInputImage, typename TOutputImage>
void
NetworkImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(Model);
  os << indent << "SliceAxis: " << m_SliceAxis << std::endl;
  os << indent << "AverageOverAxes: " << (m_AverageOverAxes ? "On" : "Off") << std::endl;
  os << indent << "TileSize: " << m_TileSize << std::endl;
  os << indent << "Overlap: " << m_Overlap << std::endl;
  os << indent << "Blending: " << static_cast<int>(m_Blending) << std::endl;
  os << indent << "NetworkOutput: " << m_NetworkOutput << std::endl;
  os << indent << "KeepLuminance: " << (m_KeepLuminance ? "On" : "Off") << std::endl;
  os << indent << "LuminanceShare: " << m_LuminanceShare << std::endl;
  os << indent << "ConvertColors: " << (m_ConvertColors ? "On" : "Off") << std::endl;
  os << indent << "UseAutomaticWindow: " << (m_UseAutomaticWindow ? "On" : "Off") << std::endl;
  os << indent << "WindowMinimum: " << m_WindowMinimum << std::endl;
  os << indent << "WindowMaximum: " << m_WindowMaximum << std::endl;
}
} // namespace itk

#endif
