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
#include "itkNetworkColorizationImageFilter.h"
#include "itkNetworkImageFilter.h"
#include "ColorizationTestUtilities.h"
#include "itkColorSpace.h"

#include <algorithm>
#include <array>
#include <cmath>

using namespace ColorizationTest;

namespace
{
using VolumeType = itk::Image<short, 3>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using MaskType = itk::Image<unsigned char, 3>;
using FilterType = itk::NetworkColorizationImageFilter<VolumeType>;

/** A textured ball in air. */
VolumeType::Pointer
MakeBall()
{
  return MakeImageOf<VolumeType>({ { 32, 28, 24 } },
                                 [](const VolumeType::IndexType & p)
                                 {
                                   const double r = std::hypot(p[0] - 15.0, p[1] - 14.0, p[2] - 12.0);
                                   const double texture =
                                     Noise(static_cast<std::uint32_t>(p[0] + 40 * p[1] + 1600 * p[2]));
                                   return static_cast<short>(r < 9.0 ? 400.0 + 200.0 * texture : 10.0 * texture);
                                 });
}

itk::NetworkModel::Pointer
MakeModel()
{
  auto model = itk::NetworkModel::New();
  model->Initialize("ColorMedGANGenerator", R"({"width":4,"classes":3})", 3);
  auto metadata = model->GetMetadata();
  metadata.normalization.kind = itk::colorization::NetworkNormalizationKind::Percentiles;
  metadata.colorSpace = itk::colorization::NetworkColorSpace::RGB;
  metadata.outputScale = { 0.5 };
  metadata.outputShift = { 0.5 };
  model->SetMetadata(metadata);
  return model;
}

FilterType::Pointer
MakeFilter()
{
  auto filter = FilterType::New();
  filter->SetInput(MakeBall());
  filter->SetLuminance(FilterType::LuminanceEnum::Source);
  filter->KeepSaturationOff();
  filter->SetNumberOfWorkUnits(1);
  return filter;
}

/** A network on slices that makes a and b, whose receptive field is small. */
itk::NetworkModel::Pointer
MakeChromaModel()
{
  auto model = itk::NetworkModel::New();
  model->Initialize("ColorUNet", R"({"output_channels":2,"block":1,"widths":[6,6]})", 4);
  auto metadata = model->GetMetadata();
  metadata.normalization.kind = itk::colorization::NetworkNormalizationKind::Percentiles;
  metadata.colorSpace = itk::colorization::NetworkColorSpace::Lab;
  metadata.outputScale = { 60.0 };
  metadata.outputShift = { 5.0, 10.0 };
  model->SetMetadata(metadata);
  return model;
}

/** A ball with an off-centre core in air of one value, with spacing 1, 1, 2: left, posterior, superior. */
VolumeType::Pointer
MakeUprightBall()
{
  auto ball = VolumeType::New();
  ball->SetRegions(VolumeType::SizeType{ { 40, 36, 10 } });
  const std::array<double, 3> spacing{ { 1.0, 1.0, 2.0 } };
  const std::array<double, 3> origin{ { 5.0, -7.0, 3.0 } };
  ball->SetSpacing(spacing.data());
  ball->SetOrigin(origin.data());
  ball->Allocate();
  for (itk::ImageRegionIteratorWithIndex<VolumeType> it(ball, ball->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto   p = it.GetIndex();
    const double radius = std::hypot(p[0] - 20.0, p[1] - 17.0, 2.0 * p[2] - 9.0);
    const double core = std::hypot(p[0] - 25.0, p[1] - 14.0);
    const double texture = Noise(static_cast<std::uint32_t>(p[0] + 64 * p[1] + 4096 * p[2]));
    it.Set(static_cast<short>(radius > 15.0 ? 0.0 : (core < 5.0 ? 700.0 : 300.0) + 100.0 * texture));
  }
  return ball;
}

/** The same volume with its axes in another order, some of them reversed: new axis k is the old axis order[k]. */
VolumeType::Pointer
Turned(const VolumeType * volume, const std::array<unsigned int, 3> & order, const std::array<bool, 3> & isReversed)
{
  const auto                region = volume->GetBufferedRegion();
  VolumeType::SizeType      size;
  VolumeType::IndexType     corner = region.GetIndex();
  VolumeType::SpacingType   spacing;
  VolumeType::PointType     origin;
  VolumeType::DirectionType direction;
  for (unsigned int k = 0; k < 3; ++k)
  {
    size[k] = region.GetSize(order[k]);
    spacing[k] = volume->GetSpacing()[order[k]];
    corner[order[k]] += isReversed[k] ? static_cast<itk::IndexValueType>(size[k]) - 1 : 0;
    for (unsigned int row = 0; row < 3; ++row)
    {
      direction[row][k] = (isReversed[k] ? -1.0 : 1.0) * volume->GetDirection()[row][order[k]];
    }
  }
  volume->TransformIndexToPhysicalPoint(corner, origin);
  auto turned = VolumeType::New();
  turned->SetRegions(size);
  turned->SetSpacing(spacing);
  turned->SetOrigin(origin);
  turned->SetDirection(direction);
  turned->Allocate();
  for (itk::ImageRegionIteratorWithIndex<VolumeType> it(turned, turned->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    VolumeType::PointType point;
    VolumeType::IndexType index;
    turned->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    volume->TransformPhysicalPointToIndex(point, index);
    it.Set(volume->GetPixel(index));
  }
  return turned;
}

/** The largest difference of a component, at the same physical points. */
int
LargestDifference(const ColorType * a, const ColorType * b)
{
  int largest = 0;
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(a, a->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    ColorType::PointType point;
    ColorType::IndexType index;
    a->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    EXPECT_TRUE(b->TransformPhysicalPointToIndex(point, index));
    for (unsigned int c = 0; c < 3; ++c)
    {
      largest = std::max(largest, std::abs(it.Get()[c] - b->GetPixel(index)[c]));
    }
  }
  return largest;
}

ColorType::Pointer
Colorized(VolumeType * volume, itk::NetworkModel * model, unsigned int sliceAxis = 2)
{
  auto filter = FilterType::New();
  filter->SetInput(volume);
  filter->SetModel(model);
  filter->SetSliceAxis(sliceAxis);
  filter->SetSmoothingLambda(0.0);
  filter->SetLuminance(FilterType::LuminanceEnum::Source);
  filter->Update();
  ExpectSameGeometry(volume, filter->GetOutput());
  ColorType::Pointer output = filter->GetOutput();
  return output;
}

class NetworkColorizationImageFilter : public testing::Test
{
protected:
  void
  SetUp() override
  {
    if (!itk::NetworkModel::IsAvailable())
    {
      GTEST_SKIP() << "this build has no LibTorch";
    }
  }
};
} // namespace

TEST_F(NetworkColorizationImageFilter, IsTheNetworkInTheBodyAndBlackOutside)
{
  auto filter = MakeFilter();
  filter->SetModel(MakeModel());
  filter->Update();
  auto body = itk::OtsuBodyMaskImageFilter<VolumeType>::New();
  body->SetInput(filter->GetInput());
  body->SetFillAlongAllAxes(true);
  body->Update();
  auto network = itk::NetworkImageFilter<VolumeType, ColorType>::New();
  network->SetInput(filter->GetInput());
  network->SetMaskImage(body->GetOutput());
  network->SetModel(filter->GetModel());
  network->SetNumberOfWorkUnits(1);
  network->KeepLuminanceOn();
  network->Update();
  ExpectSameGeometry(filter->GetInput(), filter->GetOutput());
  itk::ImageRegionConstIteratorWithIndex<ColorType> it(filter->GetOutput(),
                                                       filter->GetOutput()->GetLargestPossibleRegion());
  std::size_t                                       inside = 0;
  for (; !it.IsAtEnd(); ++it)
  {
    const bool isBody = body->GetOutput()->GetPixel(it.GetIndex()) != 0;
    inside += isBody ? 1 : 0;
    const ColorType::PixelType black(static_cast<unsigned char>(0));
    ASSERT_EQ(it.Get(), isBody ? network->GetOutput()->GetPixel(it.GetIndex()) : black);
  }
  EXPECT_GT(inside, 2500u);
  EXPECT_LT(inside, 4000u);
}

TEST_F(NetworkColorizationImageFilter, IsAGoodPipelineCitizen)
{
  auto filter = MakeFilter();
  filter->SetModel(MakeModel());
  ExpectGoodPipelineCitizen(filter.GetPointer());
}

TEST_F(NetworkColorizationImageFilter, TheModelsSpacingIsTheGridsAndTheLuminanceTheInputs)
{
  const auto ball = MakeUprightBall();
  const auto model = MakeChromaModel();
  auto       metadata = model->GetMetadata();
  // Percentiles would be those of a smoother image.
  metadata.normalization.kind = itk::colorization::NetworkNormalizationKind::Range;
  metadata.normalization.inputMinimum = { 0.0 };
  metadata.normalization.inputMaximum = { 700.0 };
  model->SetMetadata(metadata);
  const auto asItIs = Colorized(ball, model);
  metadata.spacing = { 1.0 };
  model->SetMetadata(metadata);
  EXPECT_LE(LargestDifference(asItIs, Colorized(ball, model)), 1);
  metadata.spacing = { 2.0 };
  model->SetMetadata(metadata);
  const auto coarse = Colorized(ball, model);
  EXPECT_GT(LargestDifference(asItIs, coarse), 3);
  // Chroma apart, the details of the input are still there.
  double largest = 0.0;
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(coarse, coarse->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const auto lightness = [](const ColorType::PixelType & pixel) {
      return itk::colorization::RGBToLab({ { pixel[0] / 255.0f, pixel[1] / 255.0f, pixel[2] / 255.0f } })[0];
    };
    largest = std::max<double>(largest, std::abs(lightness(it.Get()) - lightness(asItIs->GetPixel(it.GetIndex()))));
  }
  EXPECT_LT(largest, 6.0);
}

TEST_F(NetworkColorizationImageFilter, SlicesAreTurnedUpright)
{
  const auto ball = MakeUprightBall();
  const auto model = MakeChromaModel();
  auto       metadata = model->GetMetadata();
  const auto flipped = Turned(ball, { { 0, 1, 2 } }, { { false, true, false } });
  EXPECT_GT(LargestDifference(Colorized(ball, model), Colorized(flipped, model)), 3)
    << "the model sees which side is up";
  metadata.spacing = { 1.5 };
  metadata.isUpright = true;
  model->SetMetadata(metadata);
  for (const unsigned int axis : { 0u, 1u, 2u })
  {
    const auto                  wanted = Colorized(ball, model, axis);
    std::array<unsigned int, 3> order{ { 0, 1, 2 } };
    do
    {
      for (unsigned int mirrors = 0; mirrors < 8; ++mirrors)
      {
        const auto turned = Turned(ball, order, { { (mirrors & 1u) != 0, (mirrors & 2u) != 0, (mirrors & 4u) != 0 } });
        const auto sliceAxis = static_cast<unsigned int>(std::find(order.begin(), order.end(), axis) - order.begin());
        EXPECT_LE(LargestDifference(wanted, Colorized(turned, model, sliceAxis)), 1)
          << axis << ": " << order[0] << order[1] << order[2] << ' ' << mirrors;
      }
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST_F(NetworkColorizationImageFilter, SmoothingMakesSlicesAgreeAndKeepsTheLuminance)
{
  const auto model = MakeChromaModel();
  auto       metadata = model->GetMetadata();
  metadata.spacing = { 1.5 };
  model->SetMetadata(metadata);
  auto filter = FilterType::New();
  filter->SetInput(MakeUprightBall());
  filter->SetModel(model);
  filter->SetLuminance(FilterType::LuminanceEnum::Source);
  filter->SetSmoothingSigma(0.5);
  const auto run = [&](double lambda, unsigned int workUnits)
  {
    filter->SetSmoothingLambda(lambda);
    filter->SetNumberOfWorkUnits(workUnits);
    filter->Update();
    ColorType::Pointer output = filter->GetOutput();
    output->DisconnectPipeline();
    return output;
  };
  const auto labAt = [](const ColorType * image, const ColorType::IndexType & index)
  {
    const auto & pixel = image->GetPixel(index);
    return itk::colorization::RGBToLab({ { pixel[0] / 255.0f, pixel[1] / 255.0f, pixel[2] / 255.0f } });
  };
  const auto rough = run(0.0, 1);
  const auto smooth = run(40.0, 1);
  EXPECT_EQ(LargestDifference(smooth, run(40.0, 3)), 0);
  double roughSteps = 0.0;
  double smoothSteps = 0.0;
  double largest = 0.0;
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(rough, rough->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    auto above = it.GetIndex();
    ++above[2];
    const ColorType::PixelType black(static_cast<unsigned char>(0));
    if (!rough->GetBufferedRegion().IsInside(above) || it.Get() == black || rough->GetPixel(above) == black)
    {
      continue;
    }
    const auto step = [&](const ColorType * image)
    {
      const auto here = labAt(image, it.GetIndex());
      const auto there = labAt(image, above);
      return std::hypot(here[1] - there[1], here[2] - there[2]);
    };
    roughSteps += step(rough);
    smoothSteps += step(smooth);
    largest = std::max<double>(largest, std::abs(labAt(rough, it.GetIndex())[0] - labAt(smooth, it.GetIndex())[0]));
  }
  EXPECT_GT(roughSteps, 0.0);
  EXPECT_LT(smoothSteps, 0.75 * roughSteps);
  EXPECT_LT(largest, 2.0) << "of rounding to bytes, and of the gamut";
}

TEST_F(NetworkColorizationImageFilter, TheLuminanceIsChosen)
{
  using LabType = std::array<double, 3>;
  using LuminanceEnum = FilterType::LuminanceEnum;
  auto model = itk::NetworkModel::New();
  model->Initialize("ColorUNet", R"({"block":1,"widths":[6,6]})", 4);
  auto metadata = model->GetMetadata();
  metadata.normalization.kind = itk::colorization::NetworkNormalizationKind::Percentiles;
  metadata.colorSpace = itk::colorization::NetworkColorSpace::Lab;
  metadata.outputScale = { 5.0 };
  metadata.outputShift = { 50.0, 5.0, 8.0 };
  for (const bool isOnGrid : { false, true })
  {
    metadata.spacing = isOnGrid ? std::vector<double>{ 1.5 } : std::vector<double>();
    model->SetMetadata(metadata);
    auto filter = itk::NetworkColorizationImageFilter<VolumeType, itk::Image<itk::RGBPixel<float>, 3>>::New();
    filter->SetInput(MakeUprightBall());
    filter->SetModel(model);
    const auto labWith = [&](LuminanceEnum luminance)
    {
      filter->SetLuminance(luminance);
      filter->Update();
      std::vector<LabType> colors;
      const auto *         rgb = filter->GetOutput()->GetBufferPointer();
      for (std::size_t i = 0; i < filter->GetOutput()->GetBufferedRegion().GetNumberOfPixels(); ++i)
      {
        const auto lab = itk::colorization::RGBToLab({ { rgb[i][0], rgb[i][1], rgb[i][2] } });
        colors.push_back({ { lab[0], lab[1], lab[2] } });
      }
      return colors;
    };
    const auto  reference = labWith(LuminanceEnum::Reference);
    const auto  source = labWith(LuminanceEnum::Source);
    const auto  fused = labWith(LuminanceEnum::Fused);
    const auto  low = filter->GetUsedWindow()[0];
    const auto  high = filter->GetUsedWindow()[1];
    std::size_t body = 0;
    double      apart = 0.0;
    double      mean = 0.0;
    double      meanFused = 0.0;
    for (std::size_t i = 0; i < source.size(); ++i)
    {
      const double gray =
        std::min(std::max((filter->GetInput()->GetBufferPointer()[i] - low) / (high - low), 0.0), 1.0);
      if (reference[i][0] == 0.0)
      {
        ASSERT_EQ(source[i][0], 0.0);
        ASSERT_EQ(fused[i][0], 0.0);
        continue;
      }
      ++body;
      ASSERT_NEAR(source[i][0], itk::colorization::GrayToLightness(static_cast<float>(gray)), 0.01);
      // The network's own, within what its range of output is.
      ASSERT_NEAR(reference[i][0], 50.0, 15.0);
      apart = std::max(apart, std::abs(reference[i][0] - source[i][0]));
      mean += reference[i][0];
      meanFused += fused[i][0];
      for (const bool isFused : { false, true })
      {
        const LabType & shown = isFused ? fused[i] : source[i];
        const double    chroma = std::hypot(shown[1], shown[2]);
        const double    own = std::hypot(reference[i][1], reference[i][2]);
        if (shown[0] > 10.0 && shown[0] < 90.0 && own > 1.0)
        {
          const itk::colorization::Color color{ { static_cast<float>(reference[i][0]),
                                                  static_cast<float>(reference[i][1]),
                                                  static_cast<float>(reference[i][2]) } };
          const auto                     lightness = static_cast<float>(shown[0]);
          const auto                     lab = isFused ? itk::colorization::AtLightnessOfDetail(color, lightness)
                                                       : itk::colorization::AtLightness(color, lightness);
          const double                   wanted = std::hypot(lab[1], lab[2]);
          // The hue stays, and the chroma is what it should be, but for the gamut.
          ASSERT_NEAR((shown[1] * reference[i][1] + shown[2] * reference[i][2]) / (chroma * own), 1.0, 1e-3);
          ASSERT_LE(chroma, 1.01 * wanted);
          if (shown[0] < reference[i][0])
          {
            ASSERT_NEAR(chroma, wanted, 0.02 * wanted);
          }
        }
      }
    }
    EXPECT_GT(body, 1000u);
    EXPECT_GT(apart, 20.0);
    EXPECT_NEAR(meanFused / body, mean / body, 1.0) << "the tone is the network's";
    // LibTorch's own sums may differ in the last bits, which bytes do not show.
    auto bytes = FilterType::New();
    bytes->SetInput(MakeUprightBall());
    bytes->SetModel(model);
    ExpectSameForAnyThreads(bytes.GetPointer());
  }
}

TEST_F(NetworkColorizationImageFilter, ChromaAloneHasNoLightnessOfItsOwn)
{
  auto filter = MakeFilter();
  filter->SetModel(MakeChromaModel());
  filter->Update();
  ColorType::Pointer source = filter->GetOutput();
  source->DisconnectPipeline();
  filter->SetLuminance(FilterType::LuminanceEnum::Fused);
  filter->Update();
  ExpectSamePixels<ColorType>(filter->GetOutput(), source);
  filter->SetLuminance(FilterType::LuminanceEnum::Reference);
  ExpectExceptionWith([&]() { filter->Update(); }, "Luminance is reference, but the model makes chroma alone.");
}

TEST_F(NetworkColorizationImageFilter, WhatIsNearlyBlackIsColouredByTheTissueAround)
{
  auto model = itk::NetworkModel::New();
  model->Initialize("ColorUNet", R"({"block":1,"widths":[6,6]})", 4);
  auto filter = FilterType::New();
  filter->SetInput(MakeUprightBall());
  filter->SetModel(model);
  filter->SetLuminance(FilterType::LuminanceEnum::Source);
  filter->KeepSaturationOff();
  filter->SetSmoothingSigma(0.5);
  const auto run = [&](double lightnessScale, double lightness, double lambda)
  {
    auto metadata = model->GetMetadata();
    metadata.normalization.kind = itk::colorization::NetworkNormalizationKind::Percentiles;
    metadata.colorSpace = itk::colorization::NetworkColorSpace::Lab;
    metadata.spacing = { 1.5 };
    metadata.outputScale = { lightnessScale, 20.0, 20.0 };
    metadata.outputShift = { lightness, 5.0, 8.0 };
    model->SetMetadata(metadata);
    filter->SetSmoothingLambda(lambda);
    filter->Update();
    ColorType::Pointer output = filter->GetOutput();
    output->DisconnectPipeline();
    return output;
  };
  const auto sure = run(0.0, 60.0, 40.0);
  EXPECT_LE(LargestDifference(run(0.0, 2.0, 40.0), sure), 1) << "where all is as dark, all counts as much";

  const auto weighted = run(1200.0, 125.0, 40.0);
  filter->SetLuminance(FilterType::LuminanceEnum::Reference);
  const auto lightness = run(1200.0, 125.0, 0.0);
  using LabType = std::array<double, 3>;
  const auto labAt = [](const ColorType::PixelType & pixel)
  {
    const auto lab = itk::colorization::RGBToLab({ { pixel[0] / 255.0f, pixel[1] / 255.0f, pixel[2] / 255.0f } });
    return LabType{ { lab[0], lab[1], lab[2] } };
  };
  LabType dark{};
  LabType darkWeighted{};
  LabType bright{};
  double  darks = 0.0;
  double  brights = 0.0;
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(sure, sure->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    const double own = labAt(lightness->GetPixel(it.GetIndex()))[0];
    const bool   isBody = labAt(it.Get())[0] > 20.0;
    const bool   isDark = isBody && own < 5.0;
    const bool   isBright = isBody && own > 25.0;
    darks += isDark ? 1.0 : 0.0;
    brights += isBright ? 1.0 : 0.0;
    for (std::size_t c = 1; c < 3; ++c)
    {
      dark[c] += isDark ? labAt(it.Get())[c] : 0.0;
      darkWeighted[c] += isDark ? labAt(weighted->GetPixel(it.GetIndex()))[c] : 0.0;
      bright[c] += isBright ? labAt(it.Get())[c] : 0.0;
    }
  }
  ASSERT_GT(darks, 100.0);
  ASSERT_GT(brights, 100.0);
  const auto distance = [&](const LabType & sum)
  { return std::hypot(sum[1] / darks - bright[1] / brights, sum[2] / darks - bright[2] / brights); };
  EXPECT_LT(distance(darkWeighted), 0.8 * distance(dark));
}

TEST_F(NetworkColorizationImageFilter, HounsfieldUnitsHaveAWindow)
{
  const auto ball = MakeUprightBall();
  const auto model = MakeChromaModel();
  auto       metadata = model->GetMetadata();
  metadata.normalization.hounsfieldRange = { 250.0, 500.0 };
  model->SetMetadata(metadata);
  const auto percentiles = Colorized(ball, model);
  metadata.normalization.kind = itk::colorization::NetworkNormalizationKind::Range;
  metadata.normalization.inputMinimum = { 250.0 };
  metadata.normalization.inputMaximum = { 500.0 };
  model->SetMetadata(metadata);
  const auto range = Colorized(ball, model);
  EXPECT_GT(LargestDifference(percentiles, range), 3);
  metadata.normalization.kind = itk::colorization::NetworkNormalizationKind::Percentiles;
  model->SetMetadata(metadata);
  // One voxel of air tells what the values are.
  ball->SetPixel({ { 0, 0, 0 } }, -1000);
  EXPECT_LE(LargestDifference(range, Colorized(ball, model)), 1);
}

TEST_F(NetworkColorizationImageFilter, IsAGoodPipelineCitizenOnAGrid)
{
  auto filter = MakeFilter();
  auto model = MakeChromaModel();
  auto metadata = model->GetMetadata();
  metadata.spacing = { 1.3 };
  metadata.isUpright = true;
  model->SetMetadata(metadata);
  filter->SetModel(model);
  ExpectGoodPipelineCitizen(filter.GetPointer());
}

TEST_F(NetworkColorizationImageFilter, NamesWhatIsWrong)
{
  auto filter = MakeFilter();
  ExpectExceptionWith([&]() { filter->Update(); }, "No model is set that is loaded.");
  auto model = MakeModel();
  auto metadata = model->GetMetadata();
  metadata.colorSpace = itk::colorization::NetworkColorSpace::None;
  model->SetMetadata(metadata);
  filter->SetModel(model);
  ExpectExceptionWith([&]() { filter->Update(); }, "so it makes no colours");
  filter->SetModel(MakeModel());
  filter->SetSliceAxis(3);
  ExpectExceptionWith([&]() { filter->Update(); }, "SliceAxis is 3");
  filter->SetSliceAxis(2);
  filter->SetToneRadius(0.0);
  ExpectExceptionWith([&]() { filter->Update(); }, "ToneRadius is 0, but has to be above 0.");
  filter->SetToneRadius(6.0);
  filter->ConvertColorsOff();
  ExpectExceptionWith([&]() { filter->Update(); }, "the output's components are integers, which cannot hold Lab");
  filter->ConvertColorsOn();
  filter->SetSmoothingLambda(-1.0);
  ExpectExceptionWith([&]() { filter->Update(); }, "SmoothingLambda is -1, but has to be at least 0.");
  filter->SetSmoothingLambda(1.0);
  filter->SetSmoothingSigma(0.0);
  ExpectExceptionWith([&]() { filter->Update(); }, "SmoothingSigma is 0, but has to be above 0.");
  filter->SetSmoothingSigma(0.03);
  filter->SetMaskImage(MakeImage<MaskType>({ { 32, 28, 24 } }));
  ExpectExceptionWith([&]() { filter->Update(); }, "MaskImage is 0 everywhere");
  filter->SetMaskImage(MakeImage<MaskType>({ { 5, 5, 5 } }));
  ExpectExceptionWith([&]() { filter->Update(); }, "MaskImage has size [5, 5, 5]");
}
