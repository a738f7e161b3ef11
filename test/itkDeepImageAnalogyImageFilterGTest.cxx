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
#include "itkDeepImageAnalogyImageFilter.h"

#include "ColorizationTestUtilities.h"

#include "itkColorSpace.h"

#include "itkImageFileReader.h"
#include "itkShrinkImageFilter.h"

#include <cmath>

namespace
{
using namespace ColorizationTest;
using itk::colorization::Color;

using Gray2 = itk::Image<float, 2>;
using Gray3 = itk::Image<unsigned char, 3>;
using Mask2 = itk::Image<unsigned char, 2>;
using Color2 = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using Color3 = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using Filter2 = itk::DeepImageAnalogyImageFilter<Gray2>;
using Filter3 = itk::DeepImageAnalogyImageFilter<Gray3>;

Color2::Pointer
ReadPhotograph()
{
  return itk::ReadImage<Color2>("/usr/share/doc/insighttoolkit5-examples/examples/Data/VisibleWomanHeadSlice.png");
}

Color
LabOf(const itk::RGBPixel<unsigned char> & pixel)
{
  return itk::colorization::RGBToLab({ { pixel[0] / 255.0f, pixel[1] / 255.0f, pixel[2] / 255.0f } });
}

/** A photograph without its colours, and where it shows tissue. */
struct GrayPhotograph
{
  explicit GrayPhotograph(const Color2 * photograph)
    : gray(Gray2::New())
    , tissue(Mask2::New())
  {
    Gray2::RegionType region(Gray2::IndexType{ { -4, 9 } }, photograph->GetBufferedRegion().GetSize());
    const double      spacing[2] = { 1.4, 1.4 };
    for (itk::ImageBase<2> * image :
         { static_cast<itk::ImageBase<2> *>(gray), static_cast<itk::ImageBase<2> *>(tissue) })
    {
      image->SetRegions(region);
      image->SetSpacing(spacing);
      image->Allocate();
    }
    for (std::size_t i = 0; i < region.GetNumberOfPixels(); ++i)
    {
      const Color lab = LabOf(photograph->GetBufferPointer()[i]);
      gray->GetBufferPointer()[i] = lab[0];
      tissue->GetBufferPointer()[i] = lab[2] > 2.0f && lab[1] > -0.3f * lab[2] ? 1 : 0;
    }
  }

  Gray2::Pointer gray;
  Mask2::Pointer tissue;
};

Filter2::Pointer
MakeFilter(const GrayPhotograph & input, const Color2 * reference)
{
  auto filter = Filter2::New();
  filter->SetInput(input.gray);
  filter->SetMaskImage(input.tissue);
  filter->SetReferenceImage(reference);
  return filter;
}

/** Mean difference of a and b of CIE Lab where there is tissue; of the result, and of a gray one. */
std::array<double, 2>
ChromaDifference(const Color2 * colored, const Color2 * truth, const Mask2 * tissue)
{
  double      difference = 0.0;
  double      chroma = 0.0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < tissue->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    if (tissue->GetBufferPointer()[i])
    {
      const Color a = LabOf(colored->GetBufferPointer()[i]);
      const Color b = LabOf(truth->GetBufferPointer()[i]);
      difference += std::hypot(a[1] - b[1], a[2] - b[2]);
      chroma += std::hypot(b[1], b[2]);
      ++count;
    }
  }
  return { { difference / static_cast<double>(count), chroma / static_cast<double>(count) } };
}

/** A head of a third of its resolution. */
Gray3::Pointer
MakeSmallHead()
{
  auto shrink = itk::ShrinkImageFilter<Gray3, Gray3>::New();
  shrink->SetInput(itk::ReadImage<Gray3>("/usr/share/mricron/templates/ch2.nii.gz"));
  shrink->SetShrinkFactors(3);
  shrink->Update();
  Gray3::Pointer head = shrink->GetOutput();
  head->DisconnectPipeline();
  auto region = head->GetBufferedRegion();
  region.SetIndex({ { 7, -3, 11 } });
  head->SetRegions(region);
  return head;
}

Filter3::Pointer
MakeHeadFilter(const Gray3 * head)
{
  auto filter = Filter3::New();
  filter->SetInput(head);
  filter->SetReferenceImage(ReadPhotograph());
  return filter;
}

/** Mean chroma difference between neighbouring slices. */
double
Flicker(const Filter3 * filter)
{
  const Color3 * color = filter->GetOutput();
  double         sum = 0.0;
  std::size_t    count = 0;
  for (itk::ImageRegionConstIteratorWithIndex<Color3> it(color, color->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    auto next = it.GetIndex();
    ++next[2];
    const Color3::PixelType black;
    if (color->GetBufferedRegion().IsInside(next) && it.Get() != black && color->GetPixel(next) != black)
    {
      const Color a = LabOf(it.Get());
      const Color b = LabOf(color->GetPixel(next));
      sum += std::hypot(a[1] - b[1], a[2] - b[2]);
      ++count;
    }
  }
  return sum / static_cast<double>(count);
}

TEST(DeepImageAnalogyImageFilter, GivesAPhotographItsOwnColoursBack)
{
  const auto           photograph = ReadPhotograph();
  const GrayPhotograph input(photograph);
  const auto           filter = MakeFilter(input, photograph);
  filter->Update();
  const auto difference = ChromaDifference(filter->GetOutput(), photograph, input.tissue);
  RecordProperty("ChromaDifference", std::to_string(difference[0]));
  EXPECT_LT(difference[0], 0.15 * difference[1]);
  EXPECT_EQ(filter->GetPhotographOrientation(), Filter2::OrientationType(false));
  EXPECT_NEAR(filter->GetPhotographSpacing(), 1.4, 0.15);
}

TEST(DeepImageAnalogyImageFilter, FindsAMirroredPhotograph)
{
  const auto           photograph = ReadPhotograph();
  const GrayPhotograph input(photograph);
  auto                 mirrored = Color2::New();
  mirrored->SetRegions(photograph->GetBufferedRegion());
  mirrored->Allocate();
  const auto size = photograph->GetBufferedRegion().GetSize();
  for (itk::ImageRegionIteratorWithIndex<Color2> it(mirrored, mirrored->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(
      photograph->GetPixel({ { it.GetIndex()[0], static_cast<itk::IndexValueType>(size[1]) - 1 - it.GetIndex()[1] } }));
  }
  const auto filter = MakeFilter(input, mirrored);
  filter->Update();
  EXPECT_TRUE(filter->GetPhotographOrientation()[2]);
  const auto difference = ChromaDifference(filter->GetOutput(), photograph, input.tissue);
  EXPECT_LT(difference[0], 0.2 * difference[1]);
}

TEST(DeepImageAnalogyImageFilter, KeepsGeometryAndIsBlackOutsideOfTheBody)
{
  const GrayPhotograph input(ReadPhotograph());
  const auto           filter = MakeFilter(input, ReadPhotograph());
  filter->Update();
  ExpectSameGeometry(filter->GetOutput(), input.gray.GetPointer());
  ExpectSameGeometry(filter->GetConfidenceOutput(), input.gray.GetPointer());
  std::size_t believed = 0;
  for (std::size_t i = 0; i < input.tissue->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    const float confidence = filter->GetConfidenceOutput()->GetBufferPointer()[i];
    ASSERT_TRUE(confidence >= 0.0f && confidence <= 1.0f);
    if (!input.tissue->GetBufferPointer()[i])
    {
      ASSERT_EQ(filter->GetOutput()->GetBufferPointer()[i], Color2::PixelType());
      ASSERT_EQ(confidence, 0.0f);
    }
    believed += confidence > 0.3f ? 1 : 0;
  }
  EXPECT_GT(believed, 5000u);
}

TEST(DeepImageAnalogyImageFilter, ColoursFlickerLessWithCoherence)
{
  const auto head = MakeSmallHead();
  const auto coherent = MakeHeadFilter(head);
  const auto alone = MakeHeadFilter(head);
  alone->SliceCoherenceOff();
  coherent->Update();
  alone->Update();
  ExpectSameGeometry(coherent->GetOutput(), head.GetPointer());
  RecordProperty("Coherent", std::to_string(Flicker(coherent)));
  RecordProperty("Alone", std::to_string(Flicker(alone)));
  EXPECT_LT(Flicker(coherent), 0.9 * Flicker(alone));
}

TEST(DeepImageAnalogyImageFilter, SameForAnyThreads)
{
  ExpectSameForAnyThreads(MakeFilter(GrayPhotograph(ReadPhotograph()), ReadPhotograph()).GetPointer());
}

TEST(DeepImageAnalogyImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter(GrayPhotograph(ReadPhotograph()), ReadPhotograph()).GetPointer());
}

TEST(DeepImageAnalogyImageFilter, ComparesLayersOfVGG19)
{
  if (!itk::NetworkModel::IsAvailable())
  {
    GTEST_SKIP() << "LibTorch is needed.";
  }
  auto model = itk::NetworkModel::New();
  model->SetDevice("cpu");
  model->Initialize("VGG19", R"({"width":16,"linear_layers":0})", 3);
  const auto           photograph = ReadPhotograph();
  const GrayPhotograph input(photograph);
  const auto           filter = MakeFilter(input, photograph);
  filter->SetModel(model);
  filter->Update();
  const auto difference = ChromaDifference(filter->GetOutput(), photograph, input.tissue);
  RecordProperty("ChromaDifference", std::to_string(difference[0]));
  EXPECT_LT(difference[0], 0.3 * difference[1]);
}

TEST(DeepImageAnalogyImageFilter, NamesWhatIsWrong)
{
  const GrayPhotograph input(ReadPhotograph());
  const auto           expect = [&](const std::function<void(Filter2 *)> & spoil, const std::string & part)
  {
    const auto filter = MakeFilter(input, ReadPhotograph());
    spoil(filter);
    ExpectExceptionWith([&]() { filter->Update(); }, part);
  };
  expect([](Filter2 * f) { f->SetReferenceImage(nullptr); }, "Input ReferenceImage is required but not set");
  expect(
    [](Filter2 * f) {
      f->SetReferenceImage(MakeImage<Color2>({ { 2, 9 } }));
    },
    "The photograph has 2 x 9 pixels, but patches of 3 x 3 are compared");
  expect(
    [](Filter2 * f) {
      f->SetReferenceImage(MakeImage<Color2>({ { 20, 20 } }));
    },
    "The photograph shows no tissue");
  expect([](Filter2 * f) { f->SetMaskImage(MakeImage<Mask2>({ { 4, 4 } })); }, "MaskImage has size [4, 4]");
  expect(
    [](Filter2 * f)
    {
      f->UseAutomaticWindowOff();
      f->SetWindowMaximum(-1.0);
    },
    "WindowMaximum is -1");
  expect(
    [](Filter2 * f) {
      f->SetIntensityCurve({ { { 0.0, 0.5 } }, { { 0.0, 0.6 } } });
    },
    "Point 1 of IntensityCurve is (0, 0.6), but values have to rise");
  expect([](Filter2 * f) { f->SetIntensityCurve({ { { 0.0, 1.5 } } }); }, "Point 0 of IntensityCurve is (0, 1.5)");
  expect(
    [](Filter2 * f)
    {
      auto parameters = f->GetAnalogyParameters();
      parameters.levels.back().shrinkFactor = 2;
      f->SetAnalogyParameters(parameters);
    },
    "shrinkFactor of 1");
}

TEST(IntensityCurve, IsLinearBetweenItsPoints)
{
  const itk::colorization::IntensityCurve curve{ { { -100.0, 0.25 } }, { { 0.0, 0.75 } }, { { 10.0, 0.5 } } };
  EXPECT_FLOAT_EQ(itk::colorization::EvaluateCurve(curve, -1000.0), 0.25f);
  EXPECT_FLOAT_EQ(itk::colorization::EvaluateCurve(curve, -50.0), 0.5f);
  EXPECT_FLOAT_EQ(itk::colorization::EvaluateCurve(curve, 0.0), 0.75f);
  EXPECT_FLOAT_EQ(itk::colorization::EvaluateCurve(curve, 4.0), 0.65f);
  EXPECT_FLOAT_EQ(itk::colorization::EvaluateCurve(curve, 11.0), 0.5f);
  // Fat is brighter than muscle in photographs, and darker in CT.
  const auto ct = itk::colorization::CTIntensityCurve();
  EXPECT_GT(itk::colorization::EvaluateCurve(ct, -100.0), itk::colorization::EvaluateCurve(ct, 50.0));
}

TEST(SliceSeriesAnalogy, ChoosesPhotographsThatFollowTheSlices)
{
  using Match = itk::colorization::ReferenceImageMatch;
  const auto match = [](std::size_t index, double similarity)
  {
    Match m;
    m.index = index;
    m.similarity = similarity;
    return m;
  };
  // The middle slice is a little more like photograph 90 than like those that its neighbours have.
  const std::vector<std::vector<Match>> matches{ { match(4, 0.8), match(90, 0.5) },
                                                 { match(90, 0.82), match(5, 0.8) },
                                                 { match(6, 0.8), match(90, 0.5) } };
  const auto                            choices = itk::colorization::ChoosePhotographsInOrder(matches, 1);
  ASSERT_EQ(choices.size(), 3u);
  EXPECT_EQ(choices[0][0].photograph, 4u);
  EXPECT_EQ(choices[1][0].photograph, 5u);
  EXPECT_EQ(choices[2][0].photograph, 6u);
  const auto pairs = itk::colorization::ChoosePhotographsInOrder(matches, 2);
  ASSERT_EQ(pairs[0].size(), 2u);
  EXPECT_DOUBLE_EQ(pairs[0][0].weight, 1.0);
  EXPECT_NEAR(pairs[0][1].weight, std::exp(-15.0), 1e-9);
  // Far more like it: the jump is worth it.
  auto jump = matches;
  jump[1][0].similarity = 0.999;
  jump[1][1].similarity = 0.7;
  EXPECT_EQ(itk::colorization::ChoosePhotographsInOrder(jump, 1)[1][0].photograph, 90u);
}
} // namespace
