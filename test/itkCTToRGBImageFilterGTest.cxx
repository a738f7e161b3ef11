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
#include "itkCTToRGBImageFilter.h"
#include "itkNetworkImageFilter.h"
#include "itkOtsuBodyMaskImageFilter.h"
#include "itkSobelInRangeImageFilter.h"
#include "ColorizationTestUtilities.h"
#include "itkColorSpace.h"

using namespace ColorizationTest;

namespace
{
using VolumeType = itk::Image<short, 3>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using MaskType = itk::Image<unsigned char, 3>;
using StackType = itk::VectorImage<float, 3>;
using FilterType = itk::CTToRGBImageFilter<VolumeType>;

/** A trunk: fat, within it muscle, within it bone; beside it a table. */
VolumeType::Pointer
MakeTrunk()
{
  return MakeImageOf<VolumeType>({ { 40, 36, 5 } },
                                 [](const VolumeType::IndexType & p)
                                 {
                                   const double r = std::hypot(p[0] - 19.0, 1.2 * (p[1] - 15.0));
                                   const double noise =
                                     8.0 * Noise(static_cast<std::uint32_t>(p[0] + 40 * p[1] + 1600 * p[2]));
                                   const bool isTable = p[1] == 34 && p[0] > 4 && p[0] < 36;
                                   return static_cast<short>((r < 4.0    ? 700.0
                                                              : r < 10.0 ? 50.0
                                                              : r < 14.0 ? -100.0
                                                              : isTable  ? 100.0
                                                                         : -1000.0) +
                                                             noise);
                                 });
}

itk::NetworkModel::Pointer
MakeModel(unsigned int channels = 3)
{
  auto model = itk::NetworkModel::New();
  model->Initialize("Pix2PixGenerator", R"({"width":2,"input_channels":)" + std::to_string(channels) + "}", 3);
  auto metadata = model->GetMetadata();
  metadata.normalization = FilterType::New()->GetDefaultNormalization();
  metadata.colorSpace = itk::colorization::NetworkColorSpace::RGB;
  metadata.outputScale = { 0.5 };
  metadata.outputShift = { 0.5 };
  metadata.overlap = 0.0;
  model->SetMetadata(metadata);
  return model;
}

FilterType::Pointer
MakeFilter()
{
  auto filter = FilterType::New();
  filter->SetInput(MakeTrunk());
  filter->SetModel(MakeModel());
  filter->SetLuminance(FilterType::LuminanceEnum::Reference);
  filter->SetNumberOfWorkUnits(1);
  return filter;
}

class CTToRGBImageFilter : public testing::Test
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

TEST_F(CTToRGBImageFilter, IsTheNetworkOfTheCTAndItsContoursInTheBody)
{
  auto                     filter = MakeFilter();
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
  EXPECT_EQ(stages, (std::vector<std::string>{ "body mask", "contours", "network" }));
  ExpectSameGeometry(filter->GetInput(), filter->GetOutput());

  // The same, stage by stage.
  auto body = itk::OtsuBodyMaskImageFilter<VolumeType>::New();
  body->SetInput(filter->GetInput());
  body->Update();
  auto              air = MakeTrunk();
  auto              stack = MakeImage<StackType>({ { 40, 36, 5 } }, 3);
  const std::size_t voxels = 40 * 36 * 5;
  for (std::size_t i = 0; i < voxels; ++i)
  {
    if (body->GetOutput()->GetBufferPointer()[i] == 0)
    {
      air->GetBufferPointer()[i] = -1000;
    }
  }
  auto sobel = itk::SobelInRangeImageFilter<VolumeType>::New();
  sobel->SetInput(air);
  sobel->Update();
  for (std::size_t i = 0; i < voxels; ++i)
  {
    // -1000 ... 3096 HU, half of -190 ... -30 HU, half of 150 ... 3071 HU.
    float * out = stack->GetBufferPointer() + 3 * i;
    out[0] = static_cast<float>((air->GetBufferPointer()[i] + 1000.0) / 4096.0);
    out[1] = std::min(sobel->GetOutput()->GetBufferPointer()[2 * i] / 80.0f, 1.0f);
    out[2] = std::min(sobel->GetOutput()->GetBufferPointer()[2 * i + 1] / 1460.5f, 1.0f);
  }
  auto model = MakeModel();
  auto metadata = model->GetMetadata();
  metadata.normalization.inputMinimum = { 0.0 };
  metadata.normalization.inputMaximum = { 1.0 };
  model->SetMetadata(metadata);
  auto network = itk::NetworkImageFilter<StackType, ColorType>::New();
  network->SetInput(stack);
  network->SetModel(model);
  network->SetNumberOfWorkUnits(1);
  network->Update();
  std::size_t inside = 0;
  for (itk::ImageRegionConstIteratorWithIndex<ColorType> it(filter->GetOutput(),
                                                            filter->GetOutput()->GetLargestPossibleRegion());
       !it.IsAtEnd();
       ++it)
  {
    const bool isBody = body->GetOutput()->GetPixel(it.GetIndex()) != 0;
    inside += isBody ? 1 : 0;
    const ColorType::PixelType wanted = network->GetOutput()->GetPixel(it.GetIndex());
    for (unsigned int c = 0; c < 3; ++c)
    {
      // The floats that are normalised differ in their last bit.
      ASSERT_NEAR(it.Get()[c], isBody ? wanted[c] : 0, isBody ? 1 : 0) << it.GetIndex();
    }
  }
  // An ellipse of 14 by 14 / 1.2 in 5 slices; without the table.
  EXPECT_NEAR(static_cast<double>(inside), 5.0 * 3.14159 * 14.0 * 14.0 / 1.2, 150.0);
}

TEST_F(CTToRGBImageFilter, SeesContoursAndNothingOfTheTable)
{
  auto filter = MakeFilter();
  filter->Update();
  ColorType::Pointer first = filter->GetOutput();
  first->DisconnectPipeline();

  // What is not body is of no account.
  auto       changed = MakeTrunk();
  const auto start = changed->GetLargestPossibleRegion().GetIndex();
  for (itk::ImageRegionIteratorWithIndex<VolumeType> it(changed, changed->GetLargestPossibleRegion()); !it.IsAtEnd();
       ++it)
  {
    if (it.GetIndex()[1] - start[1] == 34)
    {
      it.Set(-1000);
    }
  }
  filter->SetInput(changed);
  filter->Update();
  ExpectSamePixels<ColorType>(first, filter->GetOutput());

  // Contours within other ranges make other colours.
  filter->SetInput(MakeTrunk());
  auto ranges = filter->GetRanges();
  ranges[0][0] = 0.0;
  ranges[0][1] = 100.0;
  filter->SetRanges(ranges);
  filter->Update();
  std::size_t different = 0;
  for (std::size_t i = 0; i < 40 * 36 * 5; ++i)
  {
    different += first->GetBufferPointer()[i] == filter->GetOutput()->GetBufferPointer()[i] ? 0 : 1;
  }
  EXPECT_GT(different, 100u);
}

TEST_F(CTToRGBImageFilter, TheLuminanceIsChosen)
{
  using LuminanceEnum = FilterType::LuminanceEnum;
  auto       filter = MakeFilter();
  const auto lightnessWith = [&](LuminanceEnum luminance)
  {
    filter->SetLuminance(luminance);
    filter->Update();
    std::vector<double> lightness;
    for (std::size_t i = 0; i < 40 * 36 * 5; ++i)
    {
      const auto & color = filter->GetOutput()->GetBufferPointer()[i];
      lightness.push_back(
        itk::colorization::RGBToLab({ { color[0] / 255.0f, color[1] / 255.0f, color[2] / 255.0f } })[0]);
    }
    return lightness;
  };
  const auto  source = lightnessWith(LuminanceEnum::Source);
  const auto  fused = lightnessWith(LuminanceEnum::Fused);
  const auto  reference = lightnessWith(LuminanceEnum::Reference);
  const auto  window = filter->GetUsedWindow();
  double      sums[2] = {};
  std::size_t inside = 0;
  for (std::size_t i = 0; i < source.size(); ++i)
  {
    if (reference[i] > 0.0)
    {
      const double gray = (filter->GetInput()->GetBufferPointer()[i] - window[0]) / (window[1] - window[0]);
      ASSERT_NEAR(source[i],
                  itk::colorization::GrayToLightness(static_cast<float>(std::min(std::max(gray, 0.0), 1.0))),
                  0.6);
      sums[0] += fused[i];
      sums[1] += reference[i];
      ++inside;
    }
  }
  EXPECT_GT(inside, 2000u);
  EXPECT_NEAR(sums[0] / inside, sums[1] / inside, 2.0);
}

TEST_F(CTToRGBImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter().GetPointer());
}

TEST_F(CTToRGBImageFilter, NamesWhatIsWrong)
{
  auto filter = MakeFilter();
  filter->SetModel(nullptr);
  ExpectExceptionWith([&]() { filter->Update(); }, "No model is set that is loaded.");
  filter->SetModel(MakeModel(1));
  ExpectExceptionWith([&]() { filter->Update(); },
                      "The model wants 1 channels, but the CT and the contours of 2 ranges are 3.");
  auto model = MakeModel();
  auto metadata = model->GetMetadata();
  metadata.normalization.inputMinimum = { 0.0, 1.0 };
  model->SetMetadata(metadata);
  filter->SetModel(model);
  ExpectExceptionWith([&]() { filter->Update(); }, "The model's normalisation has 2 lowest and 3 highest values");
  metadata.colorSpace = itk::colorization::NetworkColorSpace::None;
  model->SetMetadata(metadata);
  ExpectExceptionWith([&]() { filter->Update(); }, "so it makes no colours");
  filter->SetModel(MakeModel());
  filter->SetBackgroundValue(NAN);
  ExpectExceptionWith([&]() { filter->Update(); }, "BackgroundValue is nan");
  filter->SetBackgroundValue(-1000.0);
  filter->SetSliceAxis(3);
  ExpectExceptionWith([&]() { filter->Update(); }, "SliceAxis is 3");
  filter->SetSliceAxis(2);
  filter->SetMaskImage(MakeImage<MaskType>({ { 40, 36, 5 } }));
  ExpectExceptionWith([&]() { filter->Update(); }, "MaskImage is 0 everywhere, so there is nothing to colour.");
  filter->SetMaskImage(MakeImage<MaskType>({ { 4, 4, 4 } }));
  ExpectExceptionWith([&]() { filter->Update(); }, "MaskImage has size [4, 4, 4]");
  filter->SetMaskImage(nullptr);
  auto ranges = filter->GetRanges();
  std::swap(ranges[0][0], ranges[0][1]);
  filter->SetRanges(ranges);
  ExpectExceptionWith([&]() { filter->Update(); }, "Ranges holds -30 ... -190");
}
