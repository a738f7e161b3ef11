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
#include "itkDeepFeatureImageFilter.h"
#include "ColorizationTestUtilities.h"

#include "itkRGBPixel.h"

#include <cstdlib>
#include <filesystem>

using namespace ColorizationTest;

namespace
{
using GrayType = itk::Image<float, 2>;
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;

PhotographType::Pointer
MakePhotograph()
{
  return MakeImageOf<PhotographType>(
    { { 50, 37 } },
    [](const PhotographType::IndexType & p)
    {
      PhotographType::PixelType pixel;
      for (unsigned int c = 0; c < 3; ++c)
      {
        pixel[c] =
          static_cast<unsigned char>(255.0 * Noise(static_cast<std::uint32_t>(p[0] / 3 + 50 * (p[1] / 2) + 9999 * c)));
      }
      return pixel;
    });
}

itk::NetworkModel::Pointer
MakeModel(const std::string & hyperParameters)
{
  auto model = itk::NetworkModel::New();
  model->Initialize("VGG19", hyperParameters, 5);
  return model;
}

class DeepFeatureImageFilter : public testing::Test
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

TEST_F(DeepFeatureImageFilter, GivesWhatTheNetworkMakesOfNormalizedColours)
{
  const auto                     photograph = MakePhotograph();
  const auto                     model = MakeModel(R"({"width":4,"hidden":16,"classes":3})");
  const std::vector<std::string> layers{ "relu1_1", "relu3_2", "pool5", "fc6" };
  auto                           filter = itk::DeepFeatureImageFilter<PhotographType>::New();
  filter->SetInput(photograph);
  filter->SetModel(model);
  filter->SetLayers(layers);
  filter->SetNumberOfWorkUnits(1);
  filter->Update();

  const std::size_t  pixels = 50 * 37;
  std::vector<float> values(3 * pixels);
  const double       mean[3] = { 0.485, 0.456, 0.406 };
  const double       deviation[3] = { 0.229, 0.224, 0.225 };
  for (std::size_t i = 0; i < 3 * pixels; ++i)
  {
    const unsigned int c = static_cast<unsigned int>(i / pixels);
    values[i] = static_cast<float>((photograph->GetBufferPointer()[i % pixels][c] / 255.0 - mean[c]) / deviation[c]);
  }
  const auto         wanted = model->RunLayers(values.data(), 1, { { 50, 37, 1 } }, layers);
  const unsigned int sizes[4][3] = { { 50, 37, 4 }, { 12, 9, 16 }, { 1, 1, 32 }, { 1, 1, 16 } };
  for (unsigned int i = 0; i < 4; ++i)
  {
    const auto * output = filter->GetOutput(i);
    const auto   size = output->GetLargestPossibleRegion().GetSize();
    ASSERT_EQ(size[0], sizes[i][0]);
    ASSERT_EQ(size[1], sizes[i][1]);
    ASSERT_EQ(output->GetNumberOfComponentsPerPixel(), sizes[i][2]);
    const std::size_t count = size[0] * size[1];
    for (std::size_t k = 0; k < count * sizes[i][2]; ++k)
    {
      ASSERT_NEAR(output->GetBufferPointer()[k], wanted[i].data[k % sizes[i][2] * count + k / sizes[i][2]], 1e-5);
    }
  }
  // The first pixel of relu3_2 is where the input's first 4x4 are.
  itk::ContinuousIndex<double, 2> centre;
  for (unsigned int axis = 0; axis < 2; ++axis)
  {
    centre[axis] = static_cast<double>(photograph->GetLargestPossibleRegion().GetIndex(axis)) + 1.5;
  }
  PhotographType::PointType point;
  photograph->TransformContinuousIndexToPhysicalPoint(centre, point);
  EXPECT_LT(point.EuclideanDistanceTo(filter->GetOutput(1)->GetOrigin()), 1e-9);
  EXPECT_NEAR(filter->GetOutput(1)->GetSpacing()[1], 4.0 * photograph->GetSpacing()[1], 1e-12);
}

TEST_F(DeepFeatureImageFilter, GivesGrayToOneOrThreeChannels)
{
  const auto gray =
    MakeImageOf<GrayType>({ { 32, 32 } },
                          [](const GrayType::IndexType & p)
                          { return static_cast<float>(Noise(static_cast<std::uint32_t>(p[0] * 31 + p[1]))); });
  for (const char * channels : { "1", "3" })
  {
    auto filter = itk::DeepFeatureImageFilter<GrayType>::New();
    filter->SetInput(gray);
    filter->SetWindowMaximum(1.0);
    filter->SetModel(MakeModel(std::string(R"({"width":4,"linear_layers":0,"input_channels":)") + channels + "}"));
    filter->SetLayers({ "relu2_1" });
    filter->SetNumberOfWorkUnits(1);
    ExpectGoodPipelineCitizen(filter.GetPointer());
    EXPECT_EQ(filter->GetOutput()->GetNumberOfComponentsPerPixel(), 8u);
  }
}

TEST_F(DeepFeatureImageFilter, TilesMakeWhatTheWholeMakes)
{
  const auto photograph = MakeImageOf<PhotographType>(
    { { 211, 150 } },
    [](const PhotographType::IndexType & p)
    {
      PhotographType::PixelType pixel;
      for (unsigned int c = 0; c < 3; ++c)
      {
        pixel[c] = static_cast<unsigned char>(255.0 * Noise(static_cast<std::uint32_t>(p[0] + 256 * p[1] + 99999 * c)));
      }
      return pixel;
    });
  const std::vector<std::string> layers{ "relu1_1", "relu3_3", "relu5_4", "pool5" };
  const auto                     make = [&](unsigned int tileSize)
  {
    auto filter = itk::DeepFeatureImageFilter<PhotographType>::New();
    filter->SetInput(photograph);
    filter->SetModel(MakeModel(R"({"width":4,"linear_layers":0})"));
    filter->SetLayers(layers);
    filter->SetTileSize(tileSize);
    filter->SetNumberOfWorkUnits(1);
    return filter;
  };
  const auto whole = make(0);
  const auto tiled = make(64);
  whole->Update();
  tiled->Update();
  for (unsigned int i = 0; i < layers.size(); ++i)
  {
    const auto * a = whole->GetOutput(i);
    const auto * b = tiled->GetOutput(i);
    ExpectSameGeometry(a, b);
    ASSERT_EQ(a->GetBufferedRegion(), b->GetBufferedRegion());
    ASSERT_EQ(a->GetBufferedRegion(), a->GetLargestPossibleRegion());
    const std::size_t count = a->GetBufferedRegion().GetNumberOfPixels() * a->GetNumberOfComponentsPerPixel();
    float             largest = 0.0f;
    float             difference = 0.0f;
    for (std::size_t k = 0; k < count; ++k)
    {
      largest = std::max(largest, std::abs(a->GetBufferPointer()[k]));
      difference = std::max(difference, std::abs(a->GetBufferPointer()[k] - b->GetBufferPointer()[k]));
    }
    EXPECT_GT(largest, 0.0f);
    EXPECT_LE(difference, 1e-5f * largest) << layers[i];
  }
  ExpectStreamedEqualsWhole(tiled.GetPointer(), 7);
  ExpectGoodPipelineCitizen(tiled.GetPointer());
  ExpectSameForAnyThreads(tiled.GetPointer());
}

TEST_F(DeepFeatureImageFilter, ReadsNoMoreThanItsTilesSee)
{
  const auto gray = MakeImage<GrayType>({ { 300, 200 } });
  auto       filter = itk::DeepFeatureImageFilter<GrayType>::New();
  filter->SetInput(gray);
  filter->SetModel(MakeModel(R"({"width":2,"linear_layers":0})"));
  filter->SetLayers({ "relu2_1", "relu3_1" });
  filter->SetTileSize(64);
  filter->SetNumberOfWorkUnits(1);
  filter->UpdateOutputInformation();
  EXPECT_EQ(filter->GetOutput(1)->GetNumberOfComponentsPerPixel(), 8u);
  filter->GetOutput(1)->SetRequestedRegion(GrayType::RegionType({ { 20, 0 } }, { { 3, 16 } }));
  filter->GetOutput(1)->Update();
  // Pixels 80 ... 91 lie in the tile 64 ... 127; 10 pixels beyond are seen, which is 12 in units of 4.
  const auto start = gray->GetLargestPossibleRegion().GetIndex();
  EXPECT_EQ(gray->GetRequestedRegion(),
            GrayType::RegionType({ { start[0] + 52, start[1] } }, { { 64 + 24, 64 + 12 } }));
  EXPECT_EQ(filter->GetOutput(0)->GetBufferedRegion(), GrayType::RegionType({ { 40, 0 } }, { { 6, 32 } }));
}

TEST_F(DeepFeatureImageFilter, TakesVolumesSliceBySliceAlongAnyAxis)
{
  using VolumeType = itk::Image<short, 3>;
  const auto volume = MakeImageOf<VolumeType>(
    { { 37, 40, 43 } },
    [](const VolumeType::IndexType & p) {
      return static_cast<short>(900.0 * Noise(static_cast<std::uint32_t>(p[0] / 2 + 64 * (p[1] / 3) + 4096 * p[2])));
    });
  const auto model = MakeModel(R"({"width":3,"linear_layers":0,"input_channels":1})");
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    SCOPED_TRACE(axis);
    auto filter = itk::DeepFeatureImageFilter<VolumeType>::New();
    filter->SetInput(volume);
    filter->SetModel(model);
    filter->SetLayers({ "relu2_2" });
    filter->SetSliceAxis(axis);
    filter->SetWindowMaximum(900.0);
    filter->SetTileSize(32);
    filter->SetNumberOfWorkUnits(1);
    filter->Update();
    const auto * output = filter->GetOutput();
    const auto   size = output->GetLargestPossibleRegion().GetSize();
    for (unsigned int a = 0; a < 3; ++a)
    {
      const auto extent = volume->GetLargestPossibleRegion().GetSize(a);
      ASSERT_EQ(size[a], a == axis ? extent : extent / 2);
      EXPECT_NEAR(output->GetSpacing()[a], volume->GetSpacing()[a] * (a == axis ? 1.0 : 2.0), 1e-12);
    }
    // A slice on its own.
    const unsigned int u = axis == 0 ? 1 : 0;
    const unsigned int v = axis == 2 ? 1 : 2;
    const auto         wholeSize = volume->GetLargestPossibleRegion().GetSize();
    auto               slice = GrayType::New();
    slice->SetRegions(GrayType::SizeType{ { wholeSize[u], wholeSize[v] } });
    slice->Allocate();
    constexpr itk::IndexValueType number = 17;
    auto                          place = volume->GetLargestPossibleRegion().GetIndex();
    const auto                    start = place;
    place[axis] += number;
    for (itk::ImageRegionIteratorWithIndex<GrayType> it(slice, slice->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      place[u] = start[u] + it.GetIndex()[0];
      place[v] = start[v] + it.GetIndex()[1];
      it.Set(volume->GetPixel(place));
    }
    auto alone = itk::DeepFeatureImageFilter<GrayType>::New();
    alone->SetInput(slice);
    alone->SetModel(model);
    alone->SetLayers({ "relu2_2" });
    alone->SetWindowMaximum(900.0);
    alone->SetNumberOfWorkUnits(1);
    alone->Update();
    ASSERT_EQ(output->GetNumberOfComponentsPerPixel(), 6u);
    for (itk::ImageRegionConstIteratorWithIndex<itk::VectorImage<float, 2>> it(
           alone->GetOutput(),
           alone->GetOutput()->GetLargestPossibleRegion());
         !it.IsAtEnd();
         ++it)
    {
      VolumeType::IndexType at;
      at[axis] = number;
      at[u] = it.GetIndex()[0];
      at[v] = it.GetIndex()[1];
      for (unsigned int c = 0; c < 6; ++c)
      {
        ASSERT_NEAR(output->GetPixel(at)[c], it.Get()[c], 1e-5f);
      }
    }
    ExpectStreamedEqualsWhole(filter.GetPointer(), 3);
  }
}

TEST_F(DeepFeatureImageFilter, RunsRealWeightsWhereTheyAre)
{
  std::string path;
  try
  {
    path = itk::NetworkModel::Locate("vgg19");
  }
  catch (const itk::ExceptionObject & error)
  {
    GTEST_SKIP() << error.GetDescription();
  }
  auto model = itk::NetworkModel::New();
  model->Load(path);
  EXPECT_EQ(model->GetMetadata().architecture, "VGG19");
  auto filter = itk::DeepFeatureImageFilter<PhotographType>::New();
  filter->SetInput(MakePhotograph());
  filter->SetModel(model);
  filter->SetLayers({ "relu5_1" });
  filter->Update();
  EXPECT_EQ(filter->GetOutput()->GetNumberOfComponentsPerPixel(), 512u);
}

TEST_F(DeepFeatureImageFilter, NamesWhatIsWrong)
{
  auto filter = itk::DeepFeatureImageFilter<PhotographType>::New();
  filter->SetInput(MakePhotograph());
  ExpectExceptionWith([&]() { filter->Update(); }, "No model is set that is loaded.");
  auto other = itk::NetworkModel::New();
  other->Initialize("PatchDiscriminator", R"({"width":2})", 1);
  filter->SetModel(other);
  ExpectExceptionWith([&]() { filter->Update(); }, "The model is a PatchDiscriminator, but VGG19 is wanted.");
  filter->SetModel(MakeModel(R"({"width":2,"linear_layers":0})"));
  filter->SetLayers({});
  ExpectExceptionWith([&]() { filter->Update(); }, "Layers is empty");
  filter->SetLayers({ "fc6" });
  ExpectExceptionWith([&]() { filter->Update(); }, "There is no layer \"fc6\" in these weights");
  filter->SetLayers({ "relu1_1" });
  filter->SetSliceAxis(3);
  ExpectExceptionWith([&]() { filter->Update(); }, "SliceAxis is 3, but has to be 0, 1 or 2.");
  filter->SetSliceAxis(2);
  filter->SetTileSize(100);
  ExpectExceptionWith([&]() { filter->Update(); }, "TileSize is 100, but has to be a multiple of 32.");
  filter->SetTileSize(32);
  filter->SetWindowMinimum(255.0);
  ExpectExceptionWith([&]() { filter->Update(); }, "WindowMaximum is 255, but has to be above WindowMinimum, 255");
  filter->SetWindowMinimum(0.0);
  filter->SetLayers({ "relu1_1", "relu5_1" });
  filter->SetInput(MakeImage<PhotographType>({ { 16, 15 } }));
  ExpectExceptionWith([&]() { filter->Update(); },
                      "The input has 15 pixels along axis 1, but layer \"relu5_1\" needs at least 16.");
}
