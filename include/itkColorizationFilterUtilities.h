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
#ifndef itkColorizationFilterUtilities_h
#define itkColorizationFilterUtilities_h

#include "itkColorizationParallelFor.h"
#include "itkGuidanceView.h"
#include "itkNonFiniteCount.h"

#include "itkDefaultConvertPixelTraits.h"
#include "itkImageRegionConstIterator.h"
#include "itkImageRegionConstIteratorWithIndex.h"
#include "itkImageRegionIterator.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkImageScanlineConstIterator.h"
#include "itkImageScanlineIterator.h"
#include "itkMath.h"
#include "itkMultiThreaderBase.h"
#include "itkNumericTraits.h"
#include "itkProcessObject.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

// From ITK 5.4 on the macro of the name of class has `override` in its own name.
#ifndef itkOverrideGetNameOfClassMacro
#  define itkOverrideGetNameOfClassMacro(thisClass) itkTypeMacro(thisClass, Superclass)
#endif

namespace itk
{
namespace colorization
{
/** The threads of a threader, for a core. */
inline ParallelFor
MakeParallelFor(MultiThreaderBase * threader)
{
  return [threader](std::size_t count, const LoopBody & body)
  {
    if (count < 2 || threader->GetNumberOfWorkUnits() < 2)
    {
      SerialFor(count, body);
      return;
    }
    // ITK's thread pool drops what a body throws on any thread but the caller's.
    std::mutex         mutex;
    std::exception_ptr error;
    std::size_t        errorAt = count;
    threader->ParallelizeArray(
      0,
      count,
      [&](SizeValueType i)
      {
        try
        {
          body(i);
        }
        catch (...)
        {
          const std::lock_guard<std::mutex> lock(mutex);
          if (i < errorAt)
          {
            errorAt = i;
            error = std::current_exception();
          }
        }
      },
      nullptr);
    if (error)
    {
      std::rethrow_exception(error);
    }
  };
}

/** The threads of a filter, for a core. */
inline ParallelFor
MakeParallelFor(ProcessObject * filter)
{
  return [filter](std::size_t count, const LoopBody & body)
  {
    MultiThreaderBase * threader = filter->GetMultiThreader();
    threader->SetNumberOfWorkUnits(filter->GetNumberOfWorkUnits());
    threader->SetUpdateProgress(false);
    MakeParallelFor(threader)(count, body);
  };
}

/** Throws ProcessAborted if the filter was told to stop; else reports its progress. */
inline void
UpdateProgressOrAbort(ProcessObject * filter, double progress)
{
  if (filter->GetAbortGenerateData())
  {
    throw ProcessAborted(__FILE__, __LINE__);
  }
  if (progress > filter->GetProgress())
  {
    filter->UpdateProgress(static_cast<float>(progress));
  }
}

/** Makes a global filter ask for all of every input that it has. */
inline void
RequestWholeInputs(ProcessObject * filter)
{
  for (const DataObject::Pointer & input : filter->GetInputs())
  {
    if (input)
    {
      input->SetRequestedRegionToLargestPossibleRegion();
    }
  }
}

/** Makes an inner filter of a composite work with as many threads, show its progress as the part from `begin` to `end` of
 * the composite's, and stop with it.
 * \return the observer's tag */
inline unsigned long
ForwardProgress(ProcessObject * composite, ProcessObject * inner, double begin, double end)
{
  inner->SetNumberOfWorkUnits(composite->GetNumberOfWorkUnits());
  return inner->AddObserver(ProgressEvent(),
                            [composite, inner, begin, end](const EventObject &)
                            { UpdateProgressOrAbort(composite, begin + inner->GetProgress() * (end - begin)); });
}

/** Maps a core's progress to the part from `begin` to `end` of a filter's. */
inline ProgressCallback
MakeProgressCallback(ProcessObject * filter, double begin = 0.0, double end = 1.0)
{
  return [filter, begin, end](double fraction) { UpdateProgressOrAbort(filter, begin + fraction * (end - begin)); };
}

/** The extents that a core works with: 1 for the axes that the image lacks. */
template <unsigned int VDimension>
std::array<std::size_t, 3>
CoreSize(const Size<VDimension> & size)
{
  static_assert(VDimension <= 3, "The cores work on images of up to three dimensions.");
  std::array<std::size_t, 3> result{ { 1, 1, 1 } };
  std::copy_n(size.begin(), VDimension, result.begin());
  return result;
}

/** Calls body(row region, number of its first pixel in the region) for every row of `region`, on all threads. */
template <unsigned int VDimension, typename TBody>
void
ForEachRow(const ImageRegion<VDimension> & region, const ParallelFor & parallelFor, const TBody & body)
{
  const std::array<std::size_t, 3> size = CoreSize(region.GetSize());
  if (region.GetNumberOfPixels() == 0)
  {
    return;
  }
  parallelFor(size[1] * size[2],
              [&](std::size_t row)
              {
                ImageRegion<VDimension> rowRegion = region;
                if (VDimension > 1)
                {
                  rowRegion.SetIndex(VDimension > 1 ? 1 : 0, region.GetIndex(VDimension > 1 ? 1 : 0) + row % size[1]);
                  rowRegion.SetSize(VDimension > 1 ? 1 : 0, 1);
                }
                if (VDimension > 2)
                {
                  rowRegion.SetIndex(VDimension > 2 ? 2 : 0, region.GetIndex(VDimension > 2 ? 2 : 0) + row / size[1]);
                  rowRegion.SetSize(VDimension > 2 ? 2 : 0, 1);
                }
                body(rowRegion, row * size[0]);
              });
}

/** The sum of body(row region, number of its first pixel in the region) over all rows of `region`. */
template <unsigned int VDimension, typename TBody>
SizeValueType
SumOverRows(const ImageRegion<VDimension> & region, const ParallelFor & parallelFor, const TBody & body)
{
  if (region.GetNumberOfPixels() == 0)
  {
    return 0;
  }
  std::vector<SizeValueType> sumOfRow(region.GetNumberOfPixels() / region.GetSize(0));
  ForEachRow(region,
             parallelFor,
             [&](const ImageRegion<VDimension> & row, std::size_t first)
             { sumOfRow[first / region.GetSize(0)] = body(row, first); });
  return std::accumulate(sumOfRow.begin(), sumOfRow.end(), SizeValueType{ 0 });
}

/** How many pixels of `region` come before the one at `index`, x fastest. */
template <unsigned int VDimension>
std::size_t
PixelNumberIn(const ImageRegion<VDimension> & region, const Index<VDimension> & index)
{
  std::size_t number = 0;
  for (unsigned int axis = VDimension; axis-- > 0;)
  {
    number = number * region.GetSize(axis) + static_cast<std::size_t>(index[axis] - region.GetIndex(axis));
  }
  return number;
}

/** The type of a component of an image's pixels. */
template <typename TImage>
using ComponentTypeOf = typename DefaultConvertPixelTraits<typename TImage::PixelType>::ComponentType;

/** The components of the pixel at `index`, one after the other; those of the next pixels of the row follow them. */
template <typename TImage>
const ComponentTypeOf<TImage> *
ComponentsAt(const TImage * image, const typename TImage::IndexType & index)
{
  return reinterpret_cast<const ComponentTypeOf<TImage> *>(image->GetBufferPointer()) +
         image->ComputeOffset(index) * static_cast<OffsetValueType>(image->GetNumberOfComponentsPerPixel());
}

template <typename TImage>
ComponentTypeOf<TImage> *
ComponentsAt(TImage * image, const typename TImage::IndexType & index)
{
  return const_cast<ComponentTypeOf<TImage> *>(ComponentsAt(static_cast<const TImage *>(image), index));
}

/** Copies all components of `image` within `region` into volumes of floats that follow each other, as
 * scale * (value - shift). */
template <typename TImage>
void
CopyToPlanes(const TImage *                      image,
             const typename TImage::RegionType & region,
             float *                             planes,
             const ParallelFor &                 parallelFor,
             double                              shift = 0.0,
             double                              scale = 1.0)
{
  const std::size_t   components = image->GetNumberOfComponentsPerPixel();
  const std::size_t   width = region.GetSize(0);
  const SizeValueType pixels = region.GetNumberOfPixels();
  ForEachRow(region,
             parallelFor,
             [&](const typename TImage::RegionType & row, std::size_t first)
             {
               const ComponentTypeOf<TImage> * in = ComponentsAt(image, row.GetIndex());
               for (std::size_t c = 0; c < components; ++c)
               {
                 float * out = planes + c * pixels + first;
                 for (std::size_t x = 0; x < width; ++x)
                 {
                   out[x] = static_cast<float>(scale * (static_cast<double>(in[x * components + c]) - shift));
                 }
               }
             });
}

/** Copies the pixels of `image` within `region`, all components of a pixel after one another. */
template <typename TImage>
void
CopyInterleaved(const TImage *                      image,
                const typename TImage::RegionType & region,
                float *                             values,
                const ParallelFor &                 parallelFor)
{
  const std::size_t components = image->GetNumberOfComponentsPerPixel();
  const std::size_t count = region.GetSize(0) * components;
  ForEachRow(region,
             parallelFor,
             [&](const typename TImage::RegionType & row, std::size_t first)
             {
               const ComponentTypeOf<TImage> * in = ComponentsAt(image, row.GetIndex());
               std::transform(in,
                              in + count,
                              values + first * components,
                              [](ComponentTypeOf<TImage> value) { return static_cast<float>(value); });
             });
}

/** The value of a component type that is nearest to `value`. */
template <typename TComponent>
TComponent
RoundAndClamp(double value)
{
  if (std::is_floating_point<TComponent>::value)
  {
    return static_cast<TComponent>(value);
  }
  const auto lowest = static_cast<double>(NumericTraits<TComponent>::NonpositiveMin());
  const auto highest = static_cast<double>(NumericTraits<TComponent>::max());
  return static_cast<TComponent>(std::floor(std::min(std::max(value, lowest), highest) + 0.5));
}

/** The way back from planes to pixels: integer components are rounded and clamped to their range. */
template <typename TImage>
void
CopyFromPlanes(const float *                       planes,
               const typename TImage::RegionType & region,
               TImage *                            image,
               const ParallelFor &                 parallelFor)
{
  const std::size_t   components = image->GetNumberOfComponentsPerPixel();
  const std::size_t   width = region.GetSize(0);
  const SizeValueType pixels = region.GetNumberOfPixels();
  ForEachRow(region,
             parallelFor,
             [&](const typename TImage::RegionType & row, std::size_t first)
             {
               ComponentTypeOf<TImage> * out = ComponentsAt(image, row.GetIndex());
               for (std::size_t c = 0; c < components; ++c)
               {
                 const float * in = planes + c * pixels + first;
                 for (std::size_t x = 0; x < width; ++x)
                 {
                   out[x * components + c] = RoundAndClamp<ComponentTypeOf<TImage>>(in[x]);
                 }
               }
             });
}

/** The way back of CopyInterleaved(), for the part `outputRegion` of `region`: integer components are rounded and clamped
 * to their range. */
template <typename TImage>
void
CopyFromInterleaved(const float *                       values,
                    const typename TImage::RegionType & region,
                    const typename TImage::RegionType & outputRegion,
                    TImage *                            image,
                    const ParallelFor &                 parallelFor)
{
  const std::size_t components = image->GetNumberOfComponentsPerPixel();
  const std::size_t count = outputRegion.GetSize(0) * components;
  ForEachRow(outputRegion,
             parallelFor,
             [&](const typename TImage::RegionType & row, std::size_t)
             {
               const float * in = values + PixelNumberIn(region, row.GetIndex()) * components;
               std::transform(in,
                              in + count,
                              ComponentsAt(image, row.GetIndex()),
                              [](float value) { return RoundAndClamp<ComponentTypeOf<TImage>>(value); });
             });
}

/** `region` of an image as guidance: where it is, or as floats in `copy` where its components are of another type. */
template <typename TImage>
GuidanceView
ViewGuidance(const TImage *                      image,
             const typename TImage::RegionType & region,
             std::vector<float> &                copy,
             const ParallelFor &                 parallelFor)
{
  const unsigned int components = image->GetNumberOfComponentsPerPixel();
  if constexpr (IsGuidanceComponent<ComponentTypeOf<TImage>>())
  {
    return MakeGuidanceView(ComponentsAt(image, region.GetIndex()),
                            components,
                            CoreSize(image->GetBufferedRegion().GetSize()));
  }
  else
  {
    copy.resize(region.GetNumberOfPixels() * components);
    CopyInterleaved(image, region, copy.data(), parallelFor);
    return MakeGuidanceView(copy.data(), components, CoreSize(region.GetSize()));
  }
}

/** Copies a mask as bytes: 1 where the pixel is not 0. */
template <typename TImage>
std::vector<std::uint8_t>
CopyMask(const TImage * mask, const typename TImage::RegionType & region, const ParallelFor & parallelFor)
{
  std::vector<std::uint8_t> bytes(region.GetNumberOfPixels());
  ForEachRow(region,
             parallelFor,
             [&](const typename TImage::RegionType & row, std::size_t first)
             {
               for (ImageScanlineConstIterator<TImage> it(mask, row); !it.IsAtEndOfLine(); ++it, ++first)
               {
                 bytes[first] = it.Get() != NumericTraits<typename TImage::PixelType>::ZeroValue() ? 1 : 0;
               }
             });
  return bytes;
}

/** How many components of `image` within `region` are NaN or infinite; 0 for integer pixels. */
template <typename TImage>
SizeValueType
CountNonFinite(const TImage * image, const typename TImage::RegionType & region, const ParallelFor & parallelFor)
{
  if constexpr (std::is_floating_point<ComponentTypeOf<TImage>>::value)
  {
    const std::size_t count = region.GetSize(0) * image->GetNumberOfComponentsPerPixel();
    return SumOverRows(region,
                       parallelFor,
                       [&](const typename TImage::RegionType & row, std::size_t)
                       { return CountNonFiniteValues(ComponentsAt(image, row.GetIndex()), count); });
  }
  return 0;
}

/** Throws an exception of `filter`, as itkExceptionMacro() does within one. */
inline void
ThrowExceptionOf(const ProcessObject * filter, const std::string & sentence)
{
  std::ostringstream description;
  description << "itk::ERROR: " << filter->GetNameOfClass() << '(' << filter << "): " << sentence;
  throw ExceptionObject(__FILE__, __LINE__, description.str(), filter->GetNameOfClass());
}

/** Throws unless `image` covers the same region as the filter's input; null is no image, and passes. */
template <typename TImage, typename TRegion>
void
VerifySameRegion(const ProcessObject * filter, const char * name, const TImage * image, const TRegion & wanted)
{
  if (image && image->GetLargestPossibleRegion() != wanted)
  {
    const auto &       region = image->GetLargestPossibleRegion();
    std::ostringstream sentence;
    sentence << name << " has size " << region.GetSize() << " at index " << region.GetIndex()
             << ", but the input has size " << wanted.GetSize() << " at index " << wanted.GetIndex() << '.';
    ThrowExceptionOf(filter, sentence.str());
  }
}

/** Throws if `image` lies elsewhere than the input of `filter`: for filters of which not all inputs lie in one space, so
 * that ITK's own comparison does not apply. */
template <typename TFilter, typename TImage>
void
VerifySameSpaceAsInput(const TFilter * filter, const char * name, const TImage * image)
{
  const auto * input = filter->GetInput();
  const double tolerance = filter->GetCoordinateTolerance() * input->GetSpacing()[0];
  if (!image->GetOrigin().GetVnlVector().is_equal(input->GetOrigin().GetVnlVector(), tolerance) ||
      !image->GetSpacing().GetVnlVector().is_equal(input->GetSpacing().GetVnlVector(), tolerance) ||
      !image->GetDirection().GetVnlMatrix().is_equal(input->GetDirection().GetVnlMatrix(),
                                                     filter->GetDirectionTolerance()))
  {
    std::ostringstream sentence;
    sentence << name << " does not occupy the same physical space as the input: its origin is " << image->GetOrigin()
             << " and its spacing " << image->GetSpacing() << ", the input's " << input->GetOrigin() << " and "
             << input->GetSpacing() << '.';
    ThrowExceptionOf(filter, sentence.str());
  }
}

/** Throws if no voxel of a composite's mask is to be coloured. */
template <typename TImage>
void
VerifyMaskIsNotEmpty(const ProcessObject * filter, const TImage * mask)
{
  ImageRegionConstIterator<TImage> it(mask, mask->GetLargestPossibleRegion());
  while (!it.IsAtEnd() && it.Get() == 0)
  {
    ++it;
  }
  if (it.IsAtEnd())
  {
    ThrowExceptionOf(filter, "MaskImage is 0 everywhere, so there is nothing to colour.");
  }
}

/** Throws if `count`, the number of values that are NaN or infinite, is not 0. */
inline void
VerifyNoneIsNonFinite(const ProcessObject * filter, const char * name, SizeValueType count)
{
  if (count > 0)
  {
    ThrowExceptionOf(filter,
                     std::string(name) + " holds " + std::to_string(count) + " values that are NaN or infinite.");
  }
}

/** Throws if a component of `image` within `region` is NaN or infinite. */
template <typename TImage>
void
VerifyFinite(const ProcessObject *               filter,
             const char *                        name,
             const TImage *                      image,
             const typename TImage::RegionType & region,
             const ParallelFor &                 parallelFor)
{
  VerifyNoneIsNonFinite(filter, name, CountNonFinite(image, region, parallelFor));
}

/** CopyInterleaved(), which throws if one of the values is NaN or infinite. */
template <typename TImage>
void
CopyFiniteInterleaved(const ProcessObject *               filter,
                      const char *                        name,
                      const TImage *                      image,
                      const typename TImage::RegionType & region,
                      float *                             values,
                      const ParallelFor &                 parallelFor)
{
  const std::size_t   count = region.GetSize(0) * image->GetNumberOfComponentsPerPixel();
  const SizeValueType nonFinite =
    SumOverRows(region,
                parallelFor,
                [&](const typename TImage::RegionType & row, std::size_t first)
                {
                  float * out = values + first * image->GetNumberOfComponentsPerPixel();
                  CopyInterleaved(image, row, out, SerialFor);
                  return std::is_floating_point<ComponentTypeOf<TImage>>::value ? CountNonFiniteValues(out, count) : 0;
                });
  VerifyNoneIsNonFinite(filter, name, nonFinite);
}

/** Values as luminance: (value - windowMinimum) / (windowMaximum - windowMinimum), clamped to 0..1. */
template <typename TImage>
std::vector<float>
CopyLuminance(const TImage *                      image,
              const typename TImage::RegionType & region,
              double                              windowMinimum,
              double                              windowMaximum,
              const ParallelFor &                 parallelFor)
{
  std::vector<float> luminance(region.GetNumberOfPixels());
  CopyToPlanes(image, region, luminance.data(), parallelFor, windowMinimum, 1.0 / (windowMaximum - windowMinimum));
  for (float & value : luminance)
  {
    value = std::min(std::max(value, 0.0f), 1.0f);
  }
  return luminance;
}

} // namespace colorization
} // namespace itk

#endif
