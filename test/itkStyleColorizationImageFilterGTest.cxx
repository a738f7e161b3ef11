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
#include "itkStyleColorizationImageFilter.h"
#include "itkDeepImageAnalogyImageFilter.h"
#include "itkHintSlicesImageFilter.h"
#include "itkLevinColorizationImageFilter.h"
#include "itkNetworkImageFilter.h"
#include "itkOtsuBodyMaskImageFilter.h"
#include "itkStyleTransferImageFilter.h"
#include "ColorizationTestUtilities.h"
#include "itkColorSpace.h"

using namespace ColorizationTest;

namespace
{
using VolumeType = itk::Image<short, 3>;
using FloatType = itk::Image<float, 3>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using HintType = itk::Image<itk::RGBPixel<float>, 3>;
using MaskType = itk::Image<unsigned char, 3>;
using SliceType = itk::Image<float, 2>;
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using FilterType = itk::StyleColorizationImageFilter<VolumeType>;

constexpr itk::SizeValueType Extents[3] = { 30, 26, 22 };

/** A ball of two tissues in air. */
VolumeType::Pointer
MakeBall()
{
  return MakeImageOf<VolumeType>(
    { { Extents[0], Extents[1], Extents[2] } },
    [](const VolumeType::IndexType & p)
    {
      const double r = std::hypot(p[0] - 14.0, p[1] - 13.0, p[2] - 10.0);
      const double noise = Noise(static_cast<std::uint32_t>(p[0] + 40 * p[1] + 1600 * p[2]));
      return static_cast<short>(r < 5.0 ? 300.0 + 40.0 * noise : r < 9.0 ? 600.0 + 60.0 * noise : 9.0 * noise);
    });
}

PhotographType::Pointer
MakePhotograph()
{
  return MakeImageOf<PhotographType>({ { 40, 32 } },
                                     [](const PhotographType::IndexType & p)
                                     {
                                       const double noise =
                                         Noise(static_cast<std::uint32_t>(p[0] / 4 + 64 * (p[1] / 4)));
                                       PhotographType::PixelType pixel;
                                       pixel[0] = static_cast<unsigned char>(120.0 + 130.0 * noise);
                                       pixel[1] = static_cast<unsigned char>(20.0 + 90.0 * noise);
                                       pixel[2] = static_cast<unsigned char>(10.0 + 50.0 * noise);
                                       return pixel;
                                     });
}

itk::NetworkModel::Pointer
MakeModel(const std::string & architecture, const std::string & hyperParameters)
{
  auto model = itk::NetworkModel::New();
  model->Initialize(architecture, hyperParameters, 5);
  return model;
}

itk::NetworkModel::Pointer
MakeConversionModel()
{
  auto model = MakeModel("FCN3D", R"({"widths":[4,1]})");
  auto metadata = model->GetMetadata();
  metadata.normalization.kind = itk::colorization::NetworkNormalizationKind::Range;
  metadata.normalization.inputMaximum = { 700.0 };
  metadata.colorSpace = itk::colorization::NetworkColorSpace::Luminance;
  // The weights are random: their output is stretched to some contrast.
  metadata.outputScale = { 4.0 };
  metadata.outputShift = { -1.5 };
  model->SetMetadata(metadata);
  return model;
}

/** Without models. */
FilterType::Pointer
MakeBallFilter()
{
  auto filter = FilterType::New();
  filter->SetInput(MakeBall());
  filter->SetStyleImage(MakePhotograph());
  filter->SetLuminance(FilterType::LuminanceEnum::Source);
  filter->KeepSaturationOff();
  filter->SetNumberOfWorkUnits(1);
  return filter;
}

FilterType::Pointer
MakeFilter()
{
  auto filter = MakeBallFilter();
  filter->SetStyleModel(MakeModel("VGG19", R"({"width":4,"linear_layers":0})"));
  filter->SetNumberOfHintSlices(2);
  filter->SetMinimumDistance(3);
  itk::colorization::StyleTransferParameters parameters;
  parameters.maximumNumberOfIterations = 8;
  filter->SetStyleParameters(parameters);
  return filter;
}

/** A picture, without models. */
auto
MakePictureFilter()
{
  auto filter = itk::StyleColorizationImageFilter<SliceType>::New();
  filter->SetInput(
    MakeImageOf<SliceType>({ { 33, 29 } },
                           [](const SliceType::IndexType & p)
                           {
                             const double r = std::hypot(p[0] - 16.0, p[1] - 14.0);
                             return static_cast<float>(r < 5.0 ? 0.4 : r < 11.0 ? 0.8 + 0.02 * std::sin(p[0]) : 0.0);
                           }));
  filter->SetStyleImage(MakePhotograph());
  filter->SetLuminance(FilterType::LuminanceEnum::Source);
  filter->SetNumberOfWorkUnits(1);
  filter->UseAutomaticWindowOff();
  filter->SetWindowMaximum(1.0);
  return filter;
}

/** Sum of what red is above or below blue. */
template <typename TImage>
double
TotalChroma(const TImage * image)
{
  double sum = 0.0;
  for (itk::SizeValueType i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    const auto & color = image->GetBufferPointer()[i];
    sum += std::abs(static_cast<double>(color[0]) - color[2]);
  }
  return sum;
}

/** As lightness, but for what rounding to 8 bits takes. */
template <typename TGray, typename TColor>
void
ExpectLuminance(const TGray * gray, const TColor * image)
{
  for (itk::SizeValueType i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    const auto & color = image->GetBufferPointer()[i];
    const float  lightness =
      itk::colorization::RGBToLab({ { color[0] / 255.0f, color[1] / 255.0f, color[2] / 255.0f } })[0];
    ASSERT_NEAR(lightness, itk::colorization::GrayToLightness(gray->GetBufferPointer()[i]), 0.5);
  }
}

MaskType::ConstPointer
BodyOf(FilterType * filter)
{
  auto body = itk::OtsuBodyMaskImageFilter<VolumeType>::New();
  body->SetInput(filter->GetInput());
  body->SetSliceAxis(filter->GetAxis());
  body->SetFillAlongAllAxes(true);
  body->Update();
  return body->GetOutput();
}

/** The body in the window that the filter found. */
FloatType::Pointer
GrayOf(const FilterType * filter, const MaskType * body)
{
  auto       gray = MakeImage<FloatType>({ { Extents[0], Extents[1], Extents[2] } });
  const auto low = filter->GetUsedWindow()[0];
  const auto high = filter->GetUsedWindow()[1];
  for (std::size_t i = 0; i < Extents[0] * Extents[1] * Extents[2]; ++i)
  {
    const double value = (filter->GetInput()->GetBufferPointer()[i] - low) * (1.0 / (high - low));
    gray->GetBufferPointer()[i] =
      body->GetBufferPointer()[i] != 0 ? static_cast<float>(std::min(std::max(value, 0.0), 1.0)) : 0.0f;
  }
  return gray;
}

/** A slice of a volume, at index 0 of a space of its own. */
template <typename TVolume>
auto
SliceOf(const TVolume * volume, unsigned int axis, itk::IndexValueType index)
{
  using ResultType = itk::Image<typename TVolume::PixelType, 2>;
  const unsigned int first = axis == 0 ? 1 : 0;
  const unsigned int second = axis == 2 ? 1 : 2;
  auto               slice = ResultType::New();
  slice->SetRegions(typename ResultType::SizeType{ { Extents[first], Extents[second] } });
  const double spacing[2] = { volume->GetSpacing()[first], volume->GetSpacing()[second] };
  slice->SetSpacing(spacing);
  slice->Allocate();
  for (itk::ImageRegionIteratorWithIndex<ResultType> it(slice, slice->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    auto at = volume->GetLargestPossibleRegion().GetIndex();
    at[axis] = index;
    at[first] += it.GetIndex()[0];
    at[second] += it.GetIndex()[1];
    it.Set(volume->GetPixel(at));
  }
  return slice;
}

/** Hint slices, style transfer or analogy, and propagation, one after the other. */
ColorType::Pointer
ColorByHand(FilterType * filter, FloatType * gray, const MaskType * body)
{
  const unsigned int axis = filter->GetAxis();
  auto               hints = itk::HintSlicesImageFilter<FloatType, HintType>::New();
  hints->SetInput(gray);
  hints->SetMaskImage(body);
  hints->SetAxis(axis);
  hints->SetNumberOfSlices(filter->GetNumberOfHintSlices());
  hints->SetMinimumDistance(filter->GetMinimumDistance());
  EXPECT_EQ(hints->SelectSlices(), filter->GetHintSlices());
  for (const auto index : filter->GetHintSlices())
  {
    const auto slice = SliceOf(gray, axis, index);
    if (filter->GetPainter() == FilterType::PainterEnum::Analogy)
    {
      auto analogy = itk::DeepImageAnalogyImageFilter<SliceType, itk::Image<itk::RGBPixel<float>, 2>>::New();
      analogy->SetInput(slice);
      analogy->SetReferenceImage(filter->GetStyleImage());
      analogy->SetMaskImage(SliceOf(body, axis, index));
      analogy->SetModel(filter->GetStyleModel());
      analogy->UseAutomaticWindowOff();
      analogy->SetWindowMaximum(1.0);
      analogy->Update();
      hints->SetHintSlice(index, analogy->GetOutput(), analogy->GetConfidenceOutput());
      continue;
    }
    auto transfer = itk::StyleTransferImageFilter<SliceType, itk::Image<itk::RGBPixel<float>, 2>>::New();
    transfer->SetInput(slice);
    transfer->SetStyleImage(filter->GetStyleImage());
    transfer->SetModel(filter->GetStyleModel());
    transfer->SetWindowMaximum(1.0);
    transfer->SetMaximumNumberOfIterations(8);
    transfer->SetNumberOfWorkUnits(1);
    transfer->Update();
    hints->SetHintSlice(index, transfer->GetOutput());
  }
  hints->Update();
  auto levin = itk::LevinColorizationImageFilter<FloatType, HintType>::New();
  levin->SetInput(gray);
  levin->SetHintImage(hints->GetOutput());
  levin->SetHintMaskImage(hints->GetHintMaskOutput());
  if (filter->GetPainter() == FilterType::PainterEnum::Analogy)
  {
    levin->SetConfidenceImage(hints->GetConfidenceOutput());
  }
  levin->SetMaskImage(body);
  levin->SetWindowMaximum(1.0);
  levin->SetColorSpace(itk::ColorSpaceEnums::ColorSpace::Lab);
  levin->SetTolerance(filter->GetTolerance());
  levin->Update();
  return levin->GetOutput();
}

class StyleColorizationImageFilter : public testing::Test
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

TEST_F(StyleColorizationImageFilter, IsItsPartsOneAfterTheOther)
{
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    auto filter = MakeFilter();
    filter->SetAxis(axis);
    filter->Update();
    ExpectSameGeometry(filter->GetInput(), filter->GetOutput());
    ASSERT_EQ(filter->GetHintSlices().size(), 2u);
    ASSERT_EQ(filter->GetStyleReports().size(), 2u);
    EXPECT_LT(filter->GetStyleReports()[0].last.total, filter->GetStyleReports()[0].first.total);
    EXPECT_GT(filter->GetPropagationReport().hintVoxels, 100u);
    EXPECT_EQ(filter->GetPropagationReport().unreachedVoxels, 0u);

    EXPECT_GE(filter->GetUsedWindow()[0], 300.0);
    EXPECT_LE(filter->GetUsedWindow()[1], 660.0);
    const auto  body = BodyOf(filter);
    const auto  gray = GrayOf(filter, body);
    std::size_t inside = 0;
    ExpectLuminance(gray.GetPointer(), filter->GetOutput());
    for (std::size_t i = 0; i < Extents[0] * Extents[1] * Extents[2]; ++i)
    {
      const bool isBody = body->GetBufferPointer()[i] != 0;
      inside += isBody ? 1 : 0;
      ASSERT_TRUE(isBody ||
                  filter->GetOutput()->GetBufferPointer()[i] == ColorType::PixelType(static_cast<unsigned char>(0)));
    }
    EXPECT_GT(inside, 2500u);
    ExpectSamePixels<ColorType>(ColorByHand(filter, gray, body), filter->GetOutput());
    EXPECT_GT(TotalChroma(filter->GetOutput()), 2500.0);
  }
}

TEST_F(StyleColorizationImageFilter, ConvertsTheModalityFirst)
{
  auto filter = MakeFilter();
  filter->SetConversionModel(MakeConversionModel());
  std::vector<std::string> stages;
  filter->AddObserver(itk::ProgressEvent(),
                      [&](const itk::EventObject &)
                      {
                        if (stages.empty() || stages.back() != filter->GetStage())
                        {
                          stages.push_back(filter->GetStage());
                        }
                      });
  filter->Update();
  EXPECT_EQ(stages,
            (std::vector<std::string>{ "body mask",
                                       "modality conversion",
                                       "hint slices",
                                       "style transfer",
                                       "colour propagation" }));

  const auto body = BodyOf(filter);
  auto       network = itk::NetworkImageFilter<VolumeType, FloatType>::New();
  network->SetInput(filter->GetInput());
  network->SetMaskImage(body);
  network->SetModel(filter->GetConversionModel());
  network->SetNumberOfWorkUnits(1);
  network->Update();
  FloatType::Pointer gray = network->GetOutput();
  gray->DisconnectPipeline();
  double lowest = 1.0;
  double highest = 0.0;
  for (std::size_t i = 0; i < Extents[0] * Extents[1] * Extents[2]; ++i)
  {
    float & value = gray->GetBufferPointer()[i];
    value = body->GetBufferPointer()[i] != 0 ? std::min(std::max(value, 0.0f), 1.0f) : 0.0f;
    if (body->GetBufferPointer()[i] != 0)
    {
      lowest = std::min<double>(lowest, value);
      highest = std::max<double>(highest, value);
    }
  }
  EXPECT_GT(highest - lowest, 0.1);
  ExpectSamePixels<ColorType>(ColorByHand(filter, gray, body), filter->GetOutput());
}

TEST(StyleColorizationByAnalogy, IsItsPartsOneAfterTheOther)
{
  auto filter = MakeBallFilter();
  filter->SetPainter(FilterType::PainterEnum::Analogy);
  filter->SetNumberOfHintSlices(1);
  filter->Update();
  EXPECT_EQ(filter->GetStage(), "colour propagation");
  EXPECT_TRUE(filter->GetStyleReports().empty());
  EXPECT_GT(filter->GetPropagationReport().hintVoxels, 100u);
  ExpectSameGeometry(filter->GetInput(), filter->GetOutput());
  const auto body = BodyOf(filter);
  ExpectSamePixels<ColorType>(ColorByHand(filter, GrayOf(filter, body), body), filter->GetOutput());
  EXPECT_GT(TotalChroma(filter->GetOutput()), 2500.0);
}

TEST(StyleColorizationByAnalogy, ColorsAPicture)
{
  auto filter = MakePictureFilter();
  filter->SetPainter(itk::StyleColorizationEnums::Painter::Analogy);
  filter->Update();
  ExpectSameGeometry(filter->GetInput(), filter->GetOutput());
  ExpectLuminance(filter->GetInput(), filter->GetOutput());
  EXPECT_GT(TotalChroma(filter->GetOutput()), 1000.0);
}

TEST(StyleColorizationByAnalogy, TheLuminanceIsChosen)
{
  using LuminanceEnum = FilterType::LuminanceEnum;
  auto filter = MakePictureFilter();
  filter->SetPainter(itk::StyleColorizationEnums::Painter::Analogy);
  const auto meanWith = [&](LuminanceEnum luminance)
  {
    filter->SetLuminance(luminance);
    filter->Update();
    double sum = 0.0;
    double count = 0.0;
    for (std::size_t i = 0; i < 33 * 29; ++i)
    {
      const auto & color = filter->GetOutput()->GetBufferPointer()[i];
      const float  lightness =
        itk::colorization::RGBToLab({ { color[0] / 255.0f, color[1] / 255.0f, color[2] / 255.0f } })[0];
      sum += filter->GetInput()->GetBufferPointer()[i] > 0.1f ? lightness : 0.0f;
      count += filter->GetInput()->GetBufferPointer()[i] > 0.1f ? 1.0 : 0.0;
    }
    return sum / count;
  };
  const double reference = meanWith(LuminanceEnum::Reference);
  // The photograph is of L 24 to 55.
  EXPECT_GT(reference, 24.0);
  EXPECT_LT(reference, 55.0);
  EXPECT_GT(meanWith(LuminanceEnum::Source), reference + 10.0);
  EXPECT_NEAR(meanWith(LuminanceEnum::Fused), reference, 2.0);
  ExpectSameForAnyThreads(filter.GetPointer());
}

TEST_F(StyleColorizationImageFilter, FindsAnalogyInLayersOfTheModel)
{
  auto filter = MakePictureFilter();
  filter->SetPainter(itk::StyleColorizationEnums::Painter::Analogy);
  filter->Update();
  const itk::Image<itk::RGBPixel<unsigned char>, 2>::Pointer byDescriptors = filter->GetOutput();
  byDescriptors->DisconnectPipeline();
  filter->SetStyleModel(MakeModel("VGG19", R"({"width":4,"linear_layers":0})"));
  filter->Update();
  ExpectLuminance(filter->GetInput(), filter->GetOutput());
  EXPECT_GT(TotalChroma(filter->GetOutput()), 1000.0);
  std::size_t different = 0;
  for (std::size_t i = 0; i < 33 * 29; ++i)
  {
    different += filter->GetOutput()->GetBufferPointer()[i] != byDescriptors->GetBufferPointer()[i] ? 1 : 0;
  }
  EXPECT_GT(different, 50u);
}

TEST(StyleColorizationByAnalogy, NamesWhatIsWrong)
{
  auto filter = MakeBallFilter();
  filter->SetPainter(FilterType::PainterEnum::Analogy);
  filter->SetStyleModel(itk::NetworkModel::New());
  ExpectExceptionWith([&]() { filter->Update(); },
                      itk::NetworkModel::IsAvailable() ? "No style model is set that is loaded."
                                                       : "this build of the Colorization module has no LibTorch");
  filter->SetStyleModel(nullptr);
  auto gray = PhotographType::New();
  gray->SetRegions(PhotographType::SizeType{ { 20, 20 } });
  gray->Allocate(true);
  filter->SetStyleImage(gray);
  ExpectExceptionWith([&]() { filter->Update(); }, "tissue");
}

TEST_F(StyleColorizationImageFilter, ColorsAPicture)
{
  auto filter = MakePictureFilter();
  filter->SetStyleModel(MakeModel("VGG19", R"({"width":4,"linear_layers":0})"));
  filter->Update();
  ExpectSameGeometry(filter->GetInput(), filter->GetOutput());
  ExpectLuminance(filter->GetInput(), filter->GetOutput());
  EXPECT_GT(TotalChroma(filter->GetOutput()), 1000.0);
}

TEST_F(StyleColorizationImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter().GetPointer());
}

TEST_F(StyleColorizationImageFilter, NamesWhatIsWrong)
{
  auto filter = MakeFilter();
  filter->SetStyleModel(nullptr);
  ExpectExceptionWith([&]() { filter->Update(); }, "No style model is set that is loaded.");
  filter->SetStyleModel(MakeConversionModel());
  ExpectExceptionWith([&]() { filter->Update(); }, "The style model is a FCN3D, but VGG19 is wanted.");
  filter->SetStyleModel(MakeModel("VGG19", R"({"width":2,"linear_layers":0})"));
  filter->SetConversionModel(itk::NetworkModel::New());
  ExpectExceptionWith([&]() { filter->Update(); }, "The conversion model is not loaded.");
  filter->SetConversionModel(MakeModel("Pix2PixGenerator", R"({"width":2})"));
  ExpectExceptionWith([&]() { filter->Update(); }, "The conversion model makes 3 channels, but gray is 1.");
  filter->SetConversionModel(nullptr);
  filter->SetAxis(3);
  ExpectExceptionWith([&]() { filter->Update(); }, "Axis is 3");
  filter->SetAxis(2);
  filter->SetNumberOfHintSlices(0);
  ExpectExceptionWith([&]() { filter->Update(); }, "NumberOfHintSlices is 0");
  filter->SetNumberOfHintSlices(1);
  filter->SetMinimumDistance(0);
  ExpectExceptionWith([&]() { filter->Update(); }, "MinimumDistance is 0");
  filter->SetMinimumDistance(1);
  filter->UseAutomaticWindowOff();
  filter->SetWindowMaximum(-1.0);
  ExpectExceptionWith([&]() { filter->Update(); }, "WindowMaximum is -1");
  filter->UseAutomaticWindowOn();
  filter->SetMaskImage(MakeImage<MaskType>({ { Extents[0], Extents[1], Extents[2] } }));
  ExpectExceptionWith([&]() { filter->Update(); }, "MaskImage is 0 everywhere");
  auto moved = MakeImage<MaskType>({ { Extents[0], Extents[1], Extents[2] } });
  moved->GetBufferPointer()[0] = 1;
  moved->SetOrigin(MaskType::PointType());
  filter->SetMaskImage(moved);
  ExpectExceptionWith([&]() { filter->Update(); }, "MaskImage does not occupy the same physical space");
  filter->SetMaskImage(nullptr);
  filter->SetStyleImage(nullptr);
  ExpectExceptionWith([&]() { filter->Update(); }, "StyleImage");
}
