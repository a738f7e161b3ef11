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
#include "itkEdgeAwareColorTransferImageFilter.h"

#include "ColorizationTestUtilities.h"
#include "itkDomainTransformImageFilter.h"
#include "itkGuidedImageFilter.h"
#include "itkWeightedLeastSquaresImageFilter.h"

#include "itkColorSpaceImageFilter.h"
#include "itkFastGlobalSmootherImageFilter.h"
#include "itkVector.h"

#include <functional>
#include <limits>

namespace
{
using namespace ColorizationTest;
using ColorSpaceEnum = itk::ColorSpaceEnums::ColorSpace;

using GrayType = itk::Image<unsigned char, 3>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using FloatType = itk::Image<float, 3>;
using FloatColorType = itk::Image<itk::RGBPixel<float>, 3>;
using LabType = itk::Image<itk::Vector<float, 3>, 3>;
using ByteFilterType = itk::EdgeAwareColorTransferImageFilter<GrayType>;
using FloatFilterType = itk::EdgeAwareColorTransferImageFilter<GrayType, ColorType, FloatColorType>;

constexpr GrayType::SizeType Size{ { 11, 9, 6 } };

/** Noise of 60..120, brighter by 70 in one half. */
template <typename TImage>
typename TImage::Pointer
MakeTarget(const typename TImage::SizeType & size)
{
  return MakeImageOf<TImage>(size,
                             [&](const typename TImage::IndexType & p)
                             {
                               std::uint32_t k = 7;
                               for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
                               {
                                 k = 1009 * k + static_cast<std::uint32_t>(p[axis]);
                               }
                               return static_cast<typename TImage::PixelType>(60.0 + 60.0 * Noise(k) +
                                                                              (p[0] > 4 ? 70.0 : 0.0));
                             });
}

/** Muted colours whose edges are not the target's. */
template <typename TImage>
typename TImage::Pointer
MakeReconstruction(const typename TImage::SizeType & size)
{
  return MakeImageOf<TImage>(size,
                             [&](const typename TImage::IndexType & p)
                             {
                               const auto                 k = static_cast<std::uint32_t>(31 * p[0] + 977 * p[1] + 3);
                               typename TImage::PixelType color;
                               color.Set(static_cast<unsigned char>(110 + 60 * Noise(k)),
                                         static_cast<unsigned char>((p[1] > 3 ? 120 : 80) + 40 * Noise(k + 1)),
                                         static_cast<unsigned char>(80 + 40 * Noise(k + 2)));
                               return color;
                             });
}

ColorType::Pointer
MakeConstantColor(unsigned char red, unsigned char green, unsigned char blue)
{
  itk::RGBPixel<unsigned char> color;
  color.Set(red, green, blue);
  return MakeImageOf<ColorType>(Size, [&](const ColorType::IndexType &) { return color; });
}

template <typename TFilter = ByteFilterType>
typename TFilter::Pointer
MakeFilter()
{
  auto filter = TFilter::New();
  filter->SetInput(MakeTarget<GrayType>(Size));
  filter->SetColorImage(MakeReconstruction<ColorType>(Size));
  return filter;
}

template <typename TOutputImage, typename TInputImage>
typename TOutputImage::Pointer
Convert(const TInputImage * image, ColorSpaceEnum from, ColorSpaceEnum to)
{
  auto convert = itk::ColorSpaceImageFilter<TInputImage, TOutputImage>::New();
  convert->SetInput(image);
  convert->SetInputSpace(from);
  convert->SetOutputSpace(to);
  convert->Update();
  return convert->GetOutput();
}

template <typename TImage>
LabType::Pointer
ToLab(const TImage * image)
{
  return Convert<LabType>(image, ColorSpaceEnum::RGB, ColorSpaceEnum::Lab);
}

/** The image with every component c of each pixel as function(c). */
template <typename TImage, typename TFunction>
typename TImage::Pointer
Map(const TImage * image, const TFunction & function)
{
  auto result = MakeImage<TImage>(image->GetLargestPossibleRegion().GetSize());
  for (itk::ImageRegionIteratorWithIndex<TImage> it(result, result->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    using Traits = itk::DefaultConvertPixelTraits<typename TImage::PixelType>;
    auto pixel = image->GetPixel(it.GetIndex());
    for (unsigned int c = 0; c < image->GetNumberOfComponentsPerPixel(); ++c)
    {
      Traits::SetNthComponent(c, pixel, function(Traits::GetNthComponent(c, pixel)));
    }
    it.Set(pixel);
  }
  return result;
}

/** S(image, guidance) with the filter's defaults. */
LabType::Pointer
Smooth(const LabType * image, const FloatType * guidance)
{
  auto smoother = itk::FastGlobalSmootherImageFilter<LabType, FloatType>::New();
  smoother->SetInput(image);
  smoother->SetGuidanceImage(guidance);
  smoother->SetLambda(32.0);
  smoother->SetSigma(200.0 / 255.0);
  smoother->Update();
  return smoother->GetOutput();
}

/** Equation (1), term by term: T'' = S(T', T) - S(T, T) + T; returned as RGB, 0..1. */
FloatColorType::Pointer
TransferDirectly(const GrayType * target, const ColorType * reconstruction, bool useGamma)
{
  const auto root = [&](float value) { return useGamma ? std::sqrt(value) : value; };
  const auto square = [&](float value) { return useGamma ? std::max(value, 0.0f) * value : value; };
  const auto gray =
    Map(Convert<FloatType>(target, ColorSpaceEnum::Luminance, ColorSpaceEnum::Luminance).GetPointer(), root);
  const auto colors =
    Map(Convert<FloatColorType>(reconstruction, ColorSpaceEnum::RGB, ColorSpaceEnum::RGB).GetPointer(), root);
  const auto targetLab = Convert<LabType>(gray.GetPointer(), ColorSpaceEnum::Luminance, ColorSpaceEnum::Lab);
  const auto smoothTarget = Smooth(targetLab, gray);
  const auto transferred = Smooth(ToLab(colors.GetPointer()), gray);
  for (itk::ImageRegionIteratorWithIndex<LabType> it(transferred, transferred->GetBufferedRegion()); !it.IsAtEnd();
       ++it)
  {
    it.Set(it.Get() - smoothTarget->GetPixel(it.GetIndex()) + targetLab->GetPixel(it.GetIndex()));
  }
  return Map(Convert<FloatColorType>(transferred.GetPointer(), ColorSpaceEnum::Lab, ColorSpaceEnum::RGB).GetPointer(),
             square);
}

/** Largest difference of any component of a and b. */
template <typename TImage>
double
LargestDifference(const TImage * a, const TImage * b)
{
  double largest = 0.0;
  for (itk::ImageRegionConstIteratorWithIndex<TImage> it(a, a->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    for (unsigned int c = 0; c < 3; ++c)
    {
      largest = std::max(largest, std::abs(static_cast<double>(it.Get()[c]) - b->GetPixel(it.GetIndex())[c]));
    }
  }
  return largest;
}

/** Largest difference of L of an RGB image from that of the gray target. */
template <typename TImage>
double
LargestLightnessDifference(const TImage * image, const GrayType * target)
{
  const auto lab = ToLab(image);
  double     largest = 0.0;
  for (itk::ImageRegionConstIteratorWithIndex<LabType> it(lab, lab->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const float lightness = itk::colorization::GrayToLightness(target->GetPixel(it.GetIndex()) / 255.0f);
    largest = std::max(largest, std::abs(static_cast<double>(it.Get()[0]) - lightness));
  }
  return largest;
}

/** Gray that is `scale` times the target's value as unsigned char. */
ColorType::Pointer
MakeGray(const GrayType * target, double scale)
{
  return MakeImageOf<ColorType>(Size,
                                [&](const ColorType::IndexType & p)
                                {
                                  auto index = target->GetLargestPossibleRegion().GetIndex();
                                  for (unsigned int axis = 0; axis < 3; ++axis)
                                  {
                                    index[axis] += p[axis];
                                  }
                                  itk::RGBPixel<unsigned char> color;
                                  color.Fill(static_cast<unsigned char>(scale * target->GetPixel(index)));
                                  return color;
                                });
}
} // namespace

TEST(EdgeAwareColorTransferImageFilter, GrayReconstructionLeavesTheTargetGray)
{
  for (const bool useGamma : { false, true })
  {
    auto filter = MakeFilter();
    filter->SetUseGamma(useGamma);
    filter->SetColorImage(MakeGray(filter->GetInput(), 0.7));
    filter->Update();
    ExpectSamePixels<ColorType>(filter->GetOutput(), MakeGray(filter->GetInput(), 1.0));
  }
}

TEST(EdgeAwareColorTransferImageFilter, TheTargetAsReconstructionComesBack)
{
  for (const bool useGamma : { false, true })
  {
    auto filter = MakeFilter();
    filter->SetUseGamma(useGamma);
    filter->KeepLuminanceOff();
    filter->SetColorImage(MakeGray(filter->GetInput(), 1.0));
    filter->Update();
    ExpectSamePixels<ColorType>(filter->GetOutput(), filter->GetColorImage());
  }
}

TEST(EdgeAwareColorTransferImageFilter, ConstantColorKeepsItsChroma)
{
  auto filter = MakeFilter<FloatFilterType>();
  filter->UseGammaOff();
  filter->SetColorImage(MakeConstantColor(150, 110, 90));
  filter->Update();
  const auto wanted = ToLab(filter->GetColorImage());
  auto       result = ToLab(filter->GetOutput());
  for (itk::ImageRegionIteratorWithIndex<LabType> it(result, result->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    ASSERT_NEAR(it.Get()[1], wanted->GetPixel(it.GetIndex())[1], 1e-2);
    ASSERT_NEAR(it.Get()[2], wanted->GetPixel(it.GetIndex())[2], 1e-2);
  }
  EXPECT_GT(wanted->GetPixel(wanted->GetBufferedRegion().GetIndex())[1], 10.0f);
}

TEST(EdgeAwareColorTransferImageFilter, ConstantColorOnAConstantTargetComesBackWhole)
{
  for (const bool useGamma : { false, true })
  {
    auto filter = MakeFilter();
    filter->SetInput(MakeImageOf<GrayType>(Size, [](const GrayType::IndexType &) { return 90; }));
    filter->SetColorImage(MakeConstantColor(150, 110, 90));
    filter->SetUseGamma(useGamma);
    filter->KeepLuminanceOff();
    filter->Update();
    ExpectSamePixels<ColorType>(filter->GetOutput(), filter->GetColorImage());
  }
}

TEST(EdgeAwareColorTransferImageFilter, KeepsLightness)
{
  auto bytes = MakeFilter();
  bytes->Update();
  // Half a step of 255 is at most 0.25 of L.
  EXPECT_LE(LargestLightnessDifference(bytes->GetOutput(), bytes->GetInput()), 0.25);
  auto floats = MakeFilter<FloatFilterType>();
  floats->Update();
  EXPECT_LE(LargestLightnessDifference(floats->GetOutput(), floats->GetInput()), 1e-3);
  floats->KeepLuminanceOff();
  floats->Update();
  EXPECT_GT(LargestLightnessDifference(floats->GetOutput(), floats->GetInput()), 5.0);
}

TEST(EdgeAwareColorTransferImageFilter, IsEquationOneTermByTerm)
{
  for (const bool useGamma : { false, true })
  {
    auto filter = MakeFilter<FloatFilterType>();
    filter->SetUseGamma(useGamma);
    filter->KeepLuminanceOff();
    filter->Update();
    const auto expected = TransferDirectly(filter->GetInput(), filter->GetColorImage(), useGamma);
    EXPECT_LE(LargestDifference<FloatColorType>(filter->GetOutput(), expected), 1e-5);
    // With the target's luminance, equation (1) counts for a and b only.
    filter->KeepLuminanceOn();
    filter->Update();
    const auto lab = ToLab(filter->GetOutput());
    auto       expectedLab = ToLab(expected.GetPointer());
    for (itk::ImageRegionIteratorWithIndex<LabType> it(expectedLab, lab->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      it.Value()[0] = lab->GetPixel(it.GetIndex())[0];
    }
    EXPECT_LE(LargestDifference<LabType>(lab, expectedLab), 2e-3);
  }
}

TEST(EdgeAwareColorTransferImageFilter, WritesLabIfWanted)
{
  auto lab = itk::EdgeAwareColorTransferImageFilter<GrayType, ColorType, LabType>::New();
  auto rgb = MakeFilter<FloatFilterType>();
  rgb->KeepLuminanceOff();
  rgb->Update();
  lab->SetInput(rgb->GetInput());
  lab->SetColorImage(rgb->GetColorImage());
  lab->KeepLuminanceOff();
  lab->ConvertColorsOff();
  lab->Update();
  EXPECT_LE(LargestDifference<LabType>(lab->GetOutput(), ToLab(rgb->GetOutput())), 5e-3);
  auto bytes = MakeFilter();
  bytes->ConvertColorsOff();
  ExpectExceptionWith([&]() { bytes->Update(); }, "the output's components are integers, which cannot hold Lab");
}

TEST(EdgeAwareColorTransferImageFilter, ParametersReachTheSmoother)
{
  auto filter = MakeFilter();
  filter->Update();
  const ColorType::Pointer before = filter->GetOutput();
  before->DisconnectPipeline();
  using SmootherType = ByteFilterType::FastGlobalSmootherType;
  const std::vector<std::function<void(SmootherType *)>> changes{
    [](SmootherType * s) { s->SetLambda(3.0); },
    [](SmootherType * s) { s->SetSigma(0.02); },
    [](SmootherType * s) { s->SetNumberOfIterations(1); },
  };
  for (const auto & change : changes)
  {
    auto changed = MakeFilter();
    changed->Update();
    // A change of the smoother alone makes the filter run again.
    change(dynamic_cast<SmootherType *>(changed->GetModifiableSmoother()));
    changed->Update();
    EXPECT_GT(LargestDifference<ColorType>(changed->GetOutput(), before), 1.0);
  }
  // Without smoothing the colour is the reconstruction's, voxel by voxel.
  auto smoother = SmootherType::New();
  smoother->SetLambda(0.0);
  filter->SetSmoother(smoother);
  filter->KeepLuminanceOff();
  filter->Update();
  ExpectSamePixels<ColorType>(filter->GetOutput(), filter->GetColorImage());
}

TEST(EdgeAwareColorTransferImageFilter, WindowMapsCTToLuminanceAndClamps)
{
  using ShortType = itk::Image<short, 3>;
  auto filter = itk::EdgeAwareColorTransferImageFilter<ShortType>::New();
  filter->SetInput(MakeImageOf<ShortType>(Size,
                                          [](const ShortType::IndexType & p)
                                          { return static_cast<short>(-2000 + 400 * p[0]); }));
  filter->SetColorImage(MakeConstantColor(128, 128, 128));
  filter->SetWindowMinimum(-1000.0);
  filter->SetWindowMaximum(1000.0);
  filter->Update();
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(filter->GetOutput(),
                                                            filter->GetOutput()->GetBufferedRegion());
       !it.IsAtEnd();
       ++it)
  {
    const double luminance = (filter->GetInput()->GetPixel(it.GetIndex()) + 1000.0) / 2000.0;
    const double wanted = 255.0 * std::min(std::max(luminance, 0.0), 1.0);
    for (unsigned int c = 0; c < 3; ++c)
    {
      ASSERT_NEAR(it.Get()[c], wanted, 0.5 + 1e-3);
    }
  }
}

TEST(EdgeAwareColorTransferImageFilter, OnlyIntegerOutputIsBroughtIntoTheGamut)
{
  const auto target = MakeImageOf<GrayType>(Size, [](const GrayType::IndexType &) { return 200; });
  auto       floats = MakeFilter<FloatFilterType>();
  auto       bytes = MakeFilter();
  floats->SetInput(target);
  bytes->SetInput(target);
  floats->SetColorImage(MakeConstantColor(230, 20, 30));
  bytes->SetColorImage(MakeConstantColor(230, 20, 30));
  floats->UseGammaOff();
  bytes->UseGammaOff();
  floats->Update();
  bytes->Update();
  const auto index = target->GetLargestPossibleRegion().GetIndex();
  EXPECT_GT(floats->GetOutput()->GetPixel(index)[0], 1.2f);
  const auto full = ToLab(floats->GetOutput())->GetPixel(index);
  const auto fitted = ToLab(bytes->GetOutput())->GetPixel(index);
  EXPECT_NEAR(fitted[0], full[0], 0.25);
  EXPECT_NEAR(std::atan2(fitted[2], fitted[1]), std::atan2(full[2], full[1]), 0.02);
  EXPECT_LT(std::hypot(fitted[1], fitted[2]), 0.7 * std::hypot(full[1], full[2]));
  EXPECT_EQ(bytes->GetOutput()->GetPixel(index)[0], 255);
}

TEST(EdgeAwareColorTransferImageFilter, TakesAllPixelTypesAndBothDimensionsAndKeepsGeometry)
{
  const auto run = [](auto pixel, auto dimension)
  {
    constexpr unsigned int dimensions = decltype(dimension)::value;
    using InputType = itk::Image<decltype(pixel), dimensions>;
    using RGBType = itk::Image<itk::RGBPixel<unsigned char>, dimensions>;
    using ByteType = itk::Image<unsigned char, dimensions>;
    typename InputType::SizeType size;
    size.Fill(8);
    auto       filter = itk::EdgeAwareColorTransferImageFilter<InputType>::New();
    auto       reference = itk::EdgeAwareColorTransferImageFilter<ByteType>::New();
    const auto reconstruction = MakeReconstruction<RGBType>(size);
    // Whole numbers, so that all types hold the same.
    const auto target = MakeTarget<ByteType>(size);
    auto       input = MakeImage<InputType>(size);
    for (itk::ImageRegionIteratorWithIndex<InputType> it(input, input->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      it.Set(static_cast<decltype(pixel)>(target->GetPixel(it.GetIndex())));
    }
    filter->SetInput(input);
    reference->SetInput(target);
    filter->SetColorImage(reconstruction);
    reference->SetColorImage(reconstruction);
    filter->Update();
    reference->Update();
    ExpectSamePixels<RGBType>(filter->GetOutput(), reference->GetOutput());
    ExpectSameGeometry(static_cast<const RGBType *>(filter->GetOutput()), static_cast<const InputType *>(input));
    const auto color = filter->GetOutput()->GetPixel(filter->GetOutput()->GetBufferedRegion().GetIndex());
    EXPECT_GT(color[0], color[2]);
  };
  run(static_cast<short>(0), std::integral_constant<unsigned int, 2>());
  run(static_cast<unsigned short>(0), std::integral_constant<unsigned int, 2>());
  run(0.0f, std::integral_constant<unsigned int, 2>());
  run(static_cast<unsigned char>(0), std::integral_constant<unsigned int, 3>());
  run(static_cast<short>(0), std::integral_constant<unsigned int, 3>());
  run(0.0f, std::integral_constant<unsigned int, 3>());
}

TEST(EdgeAwareColorTransferImageFilter, ReadsFloatingPointColorsAsZeroToOne)
{
  auto bytes = MakeFilter<FloatFilterType>();
  bytes->Update();
  auto floats = itk::EdgeAwareColorTransferImageFilter<GrayType, FloatColorType, FloatColorType>::New();
  floats->SetInput(bytes->GetInput());
  floats->SetColorImage(Convert<FloatColorType>(bytes->GetColorImage(), ColorSpaceEnum::RGB, ColorSpaceEnum::RGB));
  floats->Update();
  EXPECT_LE(LargestDifference<FloatColorType>(bytes->GetOutput(), floats->GetOutput()), 1e-6);
}

TEST(EdgeAwareColorTransferImageFilter, SameForAnyThreads)
{
  ExpectSameForAnyThreads(MakeFilter().GetPointer());
}

TEST(EdgeAwareColorTransferImageFilter, AnyRequestedRegionIsPartOfTheWhole)
{
  ExpectStreamedEqualsWhole(MakeFilter().GetPointer(), 3);
}

TEST(EdgeAwareColorTransferImageFilter, TakesAnyOfTheSmoothers)
{
  using ImageType = ByteFilterType::SmootherImageType;
  auto guided = itk::GuidedImageFilter<ImageType>::New();
  guided->SetRadius(2);
  guided->SetEpsilon(0.01);
  auto domainTransform = itk::DomainTransformImageFilter<ImageType>::New();
  domainTransform->SetSigmaSpatial(8.0);
  domainTransform->SetSigma(200.0 / 255.0);
  auto weightedLeastSquares = itk::WeightedLeastSquaresImageFilter<ImageType>::New();
  weightedLeastSquares->SetLambda(0.2);
  weightedLeastSquares->SetAlpha(1.8);
  for (ByteFilterType::SmootherType * smoother :
       { static_cast<ByteFilterType::SmootherType *>(guided.GetPointer()),
         static_cast<ByteFilterType::SmootherType *>(domainTransform.GetPointer()),
         static_cast<ByteFilterType::SmootherType *>(weightedLeastSquares.GetPointer()) })
  {
    auto filter = MakeFilter<FloatFilterType>();
    filter->SetSmoother(smoother);
    filter->Update();
    EXPECT_LE(LargestLightnessDifference(filter->GetOutput(), filter->GetInput()), 0.01) << smoother->GetNameOfClass();
    // Equation (1) by the smoother's own pipeline: with neither gamma nor the target's luminance kept.
    filter->UseGammaOff();
    filter->KeepLuminanceOff();
    filter->Update();
    auto       expected = ToLab(filter->GetOutput());
    const auto reconstruction = ToLab(filter->GetColorImage());
    auto       guidance = ImageType::New();
    guidance->CopyInformation(filter->GetInput());
    guidance->SetRegions(filter->GetInput()->GetLargestPossibleRegion());
    guidance->Allocate();
    auto chroma = ImageType::New();
    chroma->CopyInformation(guidance);
    chroma->SetRegions(guidance->GetLargestPossibleRegion());
    chroma->Allocate();
    for (itk::ImageRegionIteratorWithIndex<ImageType> it(chroma, chroma->GetLargestPossibleRegion()); !it.IsAtEnd();
         ++it)
    {
      it.Set(static_cast<float>(reconstruction->GetPixel(it.GetIndex())[1]));
      const double value = static_cast<double>(filter->GetInput()->GetPixel(it.GetIndex())) / 255.0;
      guidance->SetPixel(it.GetIndex(), static_cast<float>(std::min(std::max(value, 0.0), 1.0)));
    }
    smoother->SetInput(chroma);
    smoother->SetGuidanceImage(guidance);
    smoother->Update();
    double largest = 0.0;
    for (itk::ImageRegionIteratorWithIndex<ImageType> it(smoother->GetOutput(), chroma->GetLargestPossibleRegion());
         !it.IsAtEnd();
         ++it)
    {
      largest = std::max(largest, std::abs(static_cast<double>(it.Get()) - expected->GetPixel(it.GetIndex())[1]));
    }
    EXPECT_LE(largest, 0.02) << smoother->GetNameOfClass();
  }
}

TEST(EdgeAwareColorTransferImageFilter, StreamsSliceBySliceWithASmootherInPlane)
{
  auto                                   filter = MakeFilter();
  auto                                   smoother = ByteFilterType::FastGlobalSmootherType::New();
  ByteFilterType::SmootherType::AxesType axes;
  axes.Fill(true);
  axes[2] = false;
  smoother->SetSmoothAxes(axes);
  filter->SetSmoother(smoother);
  ExpectStreamedEqualsWhole(filter.GetPointer(), 4);
  auto region = filter->GetOutput()->GetLargestPossibleRegion();
  region.SetSize(2, 1);
  filter->GetOutput()->SetRequestedRegion(region);
  filter->Modified();
  filter->Update();
  EXPECT_EQ(filter->GetOutput()->GetBufferedRegion(), region);
}

TEST(EdgeAwareColorTransferImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter().GetPointer());
}

TEST(EdgeAwareColorTransferImageFilter, NamesWhatIsWrong)
{
  const auto expect = [](const std::function<void(ByteFilterType *)> & spoil, const std::string & part)
  {
    auto filter = MakeFilter();
    spoil(filter);
    ExpectExceptionWith([&]() { filter->Update(); }, part);
  };
  expect([](ByteFilterType * f) { f->SetWindowMaximum(-2.0); },
         "WindowMaximum is -2, but has to be above WindowMinimum, 0.");
  expect([](ByteFilterType * f) { f->SetWindowMinimum(255.0); }, "WindowMaximum is 255");
  expect([](ByteFilterType * f) { f->SetSmoother(nullptr); }, "Smoother is null");
  expect([](ByteFilterType * f)
         { dynamic_cast<ByteFilterType::FastGlobalSmootherType *>(f->GetModifiableSmoother())->SetLambda(-1.0); },
         "Lambda is -1, but has to be at least 0.");
  expect([](ByteFilterType * f) { f->SetColorImage(nullptr); }, "ColorImage is required but not set");
  expect(
    [](ByteFilterType * f) {
      f->SetColorImage(MakeImage<ColorType>({ { 4, 4, 4 } }));
    },
    "ColorImage has size [4, 4, 4]");
  auto moved = MakeReconstruction<ColorType>(Size);
  moved->SetSpacing(itk::Vector<double, 3>(2.0));
  expect([&](ByteFilterType * f) { f->SetColorImage(moved); }, "physical space");

  auto filter = itk::EdgeAwareColorTransferImageFilter<FloatType, FloatColorType>::New();
  filter->SetInput(MakeTarget<FloatType>(Size));
  auto colors = MakeImage<FloatColorType>(Size);
  colors->GetBufferPointer()[5][1] = std::numeric_limits<float>::infinity();
  filter->SetColorImage(colors);
  ExpectExceptionWith([&]() { filter->Update(); }, "ColorImage holds 1 values that are NaN or infinite.");
  auto target = MakeTarget<FloatType>(Size);
  target->GetBufferPointer()[3] = std::numeric_limits<float>::quiet_NaN();
  filter->SetInput(target);
  ExpectExceptionWith([&]() { filter->Update(); }, "The input holds 1 values that are NaN or infinite.");
}
