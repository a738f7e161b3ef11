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
#include "itkStyleTransferImageFilter.h"
#include "ColorizationTestUtilities.h"

using namespace ColorizationTest;

namespace
{
using GrayType = itk::Image<float, 2>;
using VolumeType = itk::Image<short, 3>;
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using FilterType = itk::StyleTransferImageFilter<GrayType>;

PhotographType::Pointer
MakePhotograph(itk::SizeValueType width, itk::SizeValueType height)
{
  return MakeImageOf<PhotographType>({ { width, height } },
                                     [](const PhotographType::IndexType & p)
                                     {
                                       const double noise =
                                         Noise(static_cast<std::uint32_t>(p[0] / 4 + 64 * (p[1] / 3)));
                                       PhotographType::PixelType pixel;
                                       pixel[0] = static_cast<unsigned char>(120.0 + 130.0 * noise);
                                       pixel[1] = static_cast<unsigned char>(30.0 + 90.0 * noise);
                                       pixel[2] = static_cast<unsigned char>(20.0 + 60.0 * noise);
                                       return pixel;
                                     });
}

double
Wave(itk::IndexValueType x, itk::IndexValueType y)
{
  return 100.0 + 90.0 * std::sin(0.4 * x) * std::cos(0.25 * y);
}

GrayType::Pointer
MakeGray()
{
  return MakeImageOf<GrayType>({ { 40, 33 } },
                               [](const GrayType::IndexType & p) { return static_cast<float>(Wave(p[0], p[1])); });
}

itk::NetworkModel::Pointer
MakeModel(const std::string & hyperParameters = R"({"width":4,"linear_layers":0})")
{
  auto model = itk::NetworkModel::New();
  model->Initialize("VGG19", hyperParameters, 5);
  return model;
}

FilterType::Pointer
MakeFilter()
{
  auto filter = FilterType::New();
  filter->SetInput(MakeGray());
  filter->SetStyleImage(MakePhotograph(48, 36));
  filter->SetModel(MakeModel());
  filter->SetMaximumNumberOfIterations(12);
  filter->SetTolerance(0.0);
  filter->SetNumberOfWorkUnits(1);
  return filter;
}

class StyleTransferImageFilter : public testing::Test
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

TEST_F(StyleTransferImageFilter, IsTheSearchFromTheContent)
{
  auto                filter = MakeFilter();
  std::vector<double> losses;
  filter->AddObserver(itk::IterationEvent(),
                      [&](const itk::EventObject &)
                      {
                        losses.push_back(filter->GetLoss().total);
                        EXPECT_EQ(filter->GetIteration(), losses.size());
                      });
  filter->Update();
  ExpectSameGeometry(filter->GetInput(), filter->GetOutput());
  ASSERT_EQ(losses.size(), 12u);
  ASSERT_EQ(filter->GetReports().size(), 1u);
  const auto & report = filter->GetReports().front();
  EXPECT_EQ(report.losses.back(), losses.back());
  EXPECT_LT(losses.back(), 0.5 * report.first.total);

  // The same by hand.
  const std::size_t  pixels = 40 * 33;
  std::vector<float> content(3 * pixels);
  std::vector<float> style(3 * 48 * 36);
  for (std::size_t i = 0; i < content.size(); ++i)
  {
    content[i] = static_cast<float>(filter->GetInput()->GetBufferPointer()[i % pixels] * (1.0 / 255.0));
  }
  for (std::size_t i = 0; i < style.size(); ++i)
  {
    const auto c = static_cast<unsigned int>(i / (48 * 36));
    style[i] = static_cast<float>(filter->GetStyleImage()->GetBufferPointer()[i % (48 * 36)][c] * (1.0 / 255.0));
  }
  itk::colorization::StyleTransferParameters parameters;
  parameters.maximumNumberOfIterations = 12;
  parameters.tolerance = 0.0;
  std::vector<float> image = content;
  const auto         threads = filter->GetModel()->UseThreads(1);
  filter->GetModel()->TransferStyle({ content.data(), 40, 33 },
                                    { style.data(), 48, 36 },
                                    parameters,
                                    image.data(),
                                    [](unsigned int, const itk::colorization::StyleTransferLoss &) {});
  for (std::size_t i = 0; i < image.size(); ++i)
  {
    const double wanted = 255.0 * std::min(std::max(image[i], 0.0f), 1.0f);
    ASSERT_NEAR(filter->GetOutput()->GetBufferPointer()[i % pixels][static_cast<unsigned int>(i / pixels)],
                wanted,
                0.51);
  }
}

TEST_F(StyleTransferImageFilter, IsAGoodPipelineCitizenAndReproducible)
{
  auto filter = MakeFilter();
  ExpectGoodPipelineCitizen(filter.GetPointer());
  FilterType::OutputImageType::Pointer first = filter->GetOutput();
  first->DisconnectPipeline();
  filter->Modified();
  filter->Update();
  ExpectSamePixels<FilterType::OutputImageType>(first, filter->GetOutput());
}

TEST_F(StyleTransferImageFilter, ContentAloneGivesTheContent)
{
  auto filter = MakeFilter();
  filter->SetStyleWeight(0.0);
  filter->Update();
  EXPECT_TRUE(filter->GetReports().front().hasConverged);
  for (std::size_t i = 0; i < 40 * 33; ++i)
  {
    const auto & pixel = filter->GetOutput()->GetBufferPointer()[i];
    for (unsigned int c = 0; c < 3; ++c)
    {
      ASSERT_NEAR(pixel[c], filter->GetInput()->GetBufferPointer()[i], 0.51);
    }
  }
}

TEST_F(StyleTransferImageFilter, BeginsWhereItIsTold)
{
  auto filter = MakeFilter();
  filter->SetMaximumNumberOfIterations(1);
  filter->SetInitialImageKind(FilterType::InitialImageType::Noise);
  filter->SetSeed(3);
  filter->Update();
  const double                         ofNoise = filter->GetReports().front().first.total;
  FilterType::OutputImageType::Pointer noise = filter->GetOutput();
  noise->DisconnectPipeline();
  filter->SetSeed(4);
  filter->Update();
  EXPECT_NE(filter->GetReports().front().first.total, ofNoise);

  // From where the noise has led, the search goes on.
  const double after = [&]()
  {
    filter->SetSeed(3);
    filter->Update();
    return filter->GetReports().front().last.total;
  }();
  filter->SetInitialImageKind(FilterType::InitialImageType::Given);
  ExpectExceptionWith([&]() { filter->Update(); }, "InitialImageKind is Given, but InitialImage is not set.");
  filter->SetInitialImage(noise);
  filter->Update();
  // But for rounding to 8 bits and clamping.
  EXPECT_NEAR(filter->GetReports().front().first.total, after, 0.1 * after);
}

TEST_F(StyleTransferImageFilter, PaintsEverySliceOfAVolumeOnItsOwn)
{
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    VolumeType::SizeType size;
    size[axis] = 2;
    size[(axis + 1) % 3] = 20;
    size[(axis + 2) % 3] = 17;
    const auto volume =
      MakeImageOf<VolumeType>(size,
                              [&](const VolumeType::IndexType & p)
                              { return static_cast<short>(Wave(p[(axis + 1) % 3] + 7 * p[axis], p[(axis + 2) % 3])); });
    auto filter = itk::StyleTransferImageFilter<VolumeType>::New();
    filter->SetInput(volume);
    filter->SetStyleImage(MakePhotograph(32, 24));
    filter->SetModel(MakeModel());
    filter->SetSliceAxis(axis);
    filter->SetMaximumNumberOfIterations(4);
    filter->SetNumberOfWorkUnits(1);
    filter->Update();
    ExpectSameGeometry(volume.GetPointer(), filter->GetOutput());
    ASSERT_EQ(filter->GetReports().size(), 2u);

    // The second slice as a picture.
    const unsigned int first = axis == 0 ? 1 : 0;
    const unsigned int second = axis == 2 ? 1 : 2;
    const auto         start = volume->GetLargestPossibleRegion().GetIndex();
    const auto         at = [&](const GrayType::IndexType & p)
    {
      auto index = start;
      index[axis] += 1;
      index[first] += p[0];
      index[second] += p[1];
      return index;
    };
    const auto slice =
      MakeImageOf<GrayType>({ { size[first], size[second] } },
                            [&](const GrayType::IndexType & p) { return static_cast<float>(volume->GetPixel(at(p))); });
    auto alone = MakeFilter();
    alone->SetInput(slice);
    alone->SetStyleImage(MakePhotograph(32, 24));
    alone->SetMaximumNumberOfIterations(4);
    alone->Update();
    const auto sliceStart = slice->GetLargestPossibleRegion().GetIndex();
    for (itk::ImageRegionConstIteratorWithIndex<FilterType::OutputImageType> it(
           alone->GetOutput(),
           alone->GetOutput()->GetLargestPossibleRegion());
         !it.IsAtEnd();
         ++it)
    {
      GrayType::IndexType position = it.GetIndex();
      position[0] -= sliceStart[0];
      position[1] -= sliceStart[1];
      ASSERT_EQ(it.Get(), filter->GetOutput()->GetPixel(at(position))) << axis;
    }
  }
}

TEST_F(StyleTransferImageFilter, TakesColoursAndRealWeightsWhereTheyAre)
{
  std::string path;
  try
  {
    path = itk::NetworkModel::Locate("vgg19");
  }
  catch (const itk::ExceptionObject & error)
  {
    const std::string sentence = error.GetDescription();
    EXPECT_NE(sentence.find("https://huggingface.co/timm/vgg19.tv_in1k"), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("put it into that folder as vgg19.safetensors"), std::string::npos) << sentence;
  }
  auto model = MakeModel();
  if (!path.empty())
  {
    model->Load(path);
  }
  auto filter = itk::StyleTransferImageFilter<PhotographType>::New();
  filter->SetInput(MakePhotograph(33, 34));
  filter->SetStyleImage(MakePhotograph(48, 36));
  filter->SetModel(model);
  filter->SetInitialImageKind(itk::StyleTransferImageFilter<PhotographType>::InitialImageType::Noise);
  filter->SetOptimizer(itk::colorization::StyleTransferOptimizer::Adam);
  filter->SetMaximumNumberOfIterations(10);
  filter->Update();
  EXPECT_LT(filter->GetLoss().total, filter->GetReports().front().first.total);
}

TEST_F(StyleTransferImageFilter, NamesWhatIsWrong)
{
  auto filter = MakeFilter();
  filter->SetModel(nullptr);
  ExpectExceptionWith([&]() { filter->Update(); }, "No model is set that is loaded.");
  filter->SetModel(MakeModel());
  filter->SetStyleLayers({ { "relu6_1", 1.0 } });
  ExpectExceptionWith([&]() { filter->Update(); }, "There is no layer \"relu6_1\" in these weights of VGG-19");
  filter->SetStyleLayers({ { "relu1_1", -1.0 } });
  ExpectExceptionWith([&]() { filter->Update(); }, "StyleLayers has the weight -1 for relu1_1");
  filter->SetStyleLayers({ { "relu1_1", 1.0 } });
  filter->SetContentWeight(-2.0);
  ExpectExceptionWith([&]() { filter->Update(); }, "ContentWeight is -2, but has to be at least 0.");
  filter->SetContentWeight(1.0);
  filter->SetMaximumNumberOfIterations(0);
  ExpectExceptionWith([&]() { filter->Update(); }, "MaximumNumberOfIterations is 0");
  filter->SetMaximumNumberOfIterations(1);
  filter->SetLearningRate(0.0);
  ExpectExceptionWith([&]() { filter->Update(); }, "LearningRate is 0, but has to be above 0.");
  filter->SetLearningRate(0.1);
  filter->SetWindowMaximum(0.0);
  ExpectExceptionWith([&]() { filter->Update(); }, "WindowMaximum is 0");
  filter->SetWindowMaximum(255.0);
  filter->SetInitialImage(MakePhotograph(5, 5));
  ExpectExceptionWith([&]() { filter->Update(); }, "InitialImage has size [5, 5]");
  filter->SetInitialImage(nullptr);
  filter->SetContentLayers({});
  filter->SetStyleLayers({});
  ExpectExceptionWith([&]() { filter->Update(); }, "ContentLayers and StyleLayers are empty");
  filter->SetContentLayers({ { "relu5_1", 1.0 } });
  filter->SetInput(MakeImage<GrayType>({ { 8, 20 } }));
  ExpectExceptionWith([&]() { filter->Update(); }, "The content has 8 x 20 pixels, but layer relu5_1 needs 16");
  auto bad = MakeGray();
  bad->GetBufferPointer()[7] = NAN;
  filter->SetInput(bad);
  ExpectExceptionWith([&]() { filter->Update(); }, "The input holds 1 values that are NaN or infinite.");
}
