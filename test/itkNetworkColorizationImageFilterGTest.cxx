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
  filter->SetNumberOfWorkUnits(1);
  return filter;
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
  filter->SetMaskImage(MakeImage<MaskType>({ { 32, 28, 24 } }));
  ExpectExceptionWith([&]() { filter->Update(); }, "MaskImage is 0 everywhere");
  filter->SetMaskImage(MakeImage<MaskType>({ { 5, 5, 5 } }));
  ExpectExceptionWith([&]() { filter->Update(); }, "MaskImage has size [5, 5, 5]");
}
