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
// How well colours spread from every n-th slice of a colour volume to the others, where the truth is known:
// PropagationAccuracy COLOR_VOLUME STEP [STEP ...] The luminance (L of CIE Lab) and every STEP-th axial slice are
// given; printed is the mean CIE76 colour difference of the other slices, for LevinColorizationImageFilter with the
// papers' and with Levin's own variance, for the chroma of the nearest given slice, and for linear interpolation
// between the two given slices.

#include "itkColorSpace.h"
#include "itkHintSlicesImageFilter.h"
#include "itkLevinColorizationImageFilter.h"

#include "itkExtractImageFilter.h"
#include "itkImageFileReader.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <vector>

namespace
{
using itk::colorization::Color;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using FloatColorType = itk::Image<itk::RGBPixel<float>, 3>;
using GrayType = itk::Image<float, 3>;
using HintType = itk::HintSlicesImageFilter<GrayType, ColorType>;
using LevinType = itk::LevinColorizationImageFilter<GrayType, ColorType, FloatColorType>;

Color
LabOf(const ColorType::PixelType & pixel)
{
  return itk::colorization::RGBToLab({ { pixel[0] / 255.0f, pixel[1] / 255.0f, pixel[2] / 255.0f } });
}

/** The gray whose L is that of the colour. */
GrayType::Pointer
MakeGray(const ColorType * color)
{
  auto gray = GrayType::New();
  gray->CopyInformation(color);
  gray->SetRegions(color->GetBufferedRegion());
  gray->Allocate();
  itk::ImageRegionConstIterator<ColorType> in(color, color->GetBufferedRegion());
  itk::ImageRegionIterator<GrayType>       out(gray, color->GetBufferedRegion());
  for (; !in.IsAtEnd(); ++in, ++out)
  {
    out.Set(itk::colorization::LabToRGB({ { LabOf(in.Get())[0], 0.0f, 0.0f } })[0]);
  }
  return gray;
}

/** Mean colour difference over the slices that were not given. */
double
MeanDifference(const ColorType * truth, int step, const std::function<Color(const ColorType::IndexType &)> & estimate)
{
  double sum = 0.0;
  double count = 0.0;
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(truth, truth->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    if (it.GetIndex()[2] % step != 0)
    {
      Color       lab = estimate(it.GetIndex());
      const Color wanted = LabOf(it.Get());
      lab[0] = wanted[0];
      sum += itk::colorization::ColorDifferenceCIE76(lab, wanted);
      count += 1.0;
    }
  }
  return sum / count;
}

void
Report(const ColorType * truth, const GrayType * gray, int step)
{
  const auto region = truth->GetBufferedRegion();
  const auto last = (static_cast<int>(region.GetSize(2)) - 1) / step * step;
  auto       hints = HintType::New();
  hints->SetInput(gray);
  for (int z = 0; z <= last; z += step)
  {
    auto slice = region;
    slice.SetIndex(2, z);
    slice.SetSize(2, 0);
    auto extract = itk::ExtractImageFilter<ColorType, HintType::SliceImageType>::New();
    extract->SetInput(truth);
    extract->SetExtractionRegion(slice);
    extract->SetDirectionCollapseToIdentity();
    extract->Update();
    hints->SetHintSlice(z, extract->GetOutput());
  }
  std::cout << "every " << step << "th slice:";
  for (const double varianceScale : { 2.0, 0.6 })
  {
    auto levin = LevinType::New();
    levin->SetInput(gray);
    levin->SetWindowMaximum(1.0);
    levin->SetHintImage(hints->GetOutput());
    levin->SetHintMaskImage(hints->GetHintMaskOutput());
    levin->SetColorSpace(itk::ColorSpaceEnums::ColorSpace::Lab);
    levin->SetVarianceScale(varianceScale);
    levin->Update();
    const auto * colored = levin->GetOutput();
    std::cout << "  variance x " << varianceScale << ": "
              << MeanDifference(truth,
                                step,
                                [&](const ColorType::IndexType & i)
                                {
                                  const auto & rgb = colored->GetPixel(i);
                                  return itk::colorization::RGBToLab({ { rgb[0], rgb[1], rgb[2] } });
                                })
              << " (" << levin->GetNumberOfCycles() << " cycles, " << levin->GetElapsedSeconds() << " s)";
  }
  const auto labAt = [&](ColorType::IndexType i, int z)
  {
    i[2] = z;
    return LabOf(truth->GetPixel(i));
  };
  std::cout << "  nearest: "
            << MeanDifference(truth,
                              step,
                              [&](const ColorType::IndexType & i) {
                                return labAt(i, std::min<int>(last, static_cast<int>((i[2] + step / 2) / step * step)));
                              })
            << "  linear: "
            << MeanDifference(truth,
                              step,
                              [&](const ColorType::IndexType & i)
                              {
                                const int  before = static_cast<int>(i[2]) / step * step;
                                const int  after = std::min(last, before + step);
                                const auto t = static_cast<float>(
                                  after > before ? (i[2] - before) / static_cast<double>(step) : 0.0);
                                const Color a = labAt(i, before);
                                const Color b = labAt(i, after);
                                return Color{ { 0.0f, (1 - t) * a[1] + t * b[1], (1 - t) * a[2] + t * b[2] } };
                              })
            << std::endl;
}
} // namespace

int
main(int argc, char * argv[])
{
  if (argc < 3)
  {
    std::cerr << "Usage: PropagationAccuracy COLOR_VOLUME STEP [STEP ...]" << std::endl;
    return 1;
  }
  try
  {
    const auto truth = itk::ReadImage<ColorType>(argv[1]);
    const auto gray = MakeGray(truth);
    for (int k = 2; k < argc; ++k)
    {
      Report(truth, gray, std::max(1, std::atoi(argv[k])));
    }
  }
  catch (const itk::ExceptionObject & error)
  {
    std::cerr << error << std::endl;
    return 2;
  }
  return 0;
}
