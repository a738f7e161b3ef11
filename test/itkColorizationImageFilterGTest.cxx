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
#include "itkColorizationImageFilter.h"
#include "ColorizationTestUtilities.h"
#include "itkColorSpace.h"

#include <limits>

using namespace ColorizationTest;

namespace
{
using itk::colorization::Color;
using GrayType = itk::Image<short, 3>;
using MaskType = itk::Image<unsigned char, 3>;
template <typename TComponent>
using ColorImageType = itk::Image<itk::RGBPixel<TComponent>, 3>;

/** The smallest of composites: what it knows of the colours is handed to it. */
template <typename TOutputImage>
class Painter : public itk::ColorizationImageFilter<GrayType, TOutputImage>
{
public:
  using Self = Painter;
  using Superclass = itk::ColorizationImageFilter<GrayType, TOutputImage>;
  using Pointer = itk::SmartPointer<Self>;
  using ConstPointer = itk::SmartPointer<const Self>;
  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(Painter);

  /** L, a and b of every voxel, and how sure they are. */
  std::vector<Color> lab{};
  std::vector<float> confidence{};
  bool               hasLightness{ true };

protected:
  void
  GenerateData() override
  {
    this->BeginStage("body mask", 0.0);
    const auto body = this->FindBody(2, 0.0, 0.3);
    this->FindWindow(body);
    this->BeginStage("painting", 0.5);
    const auto                     skin = this->AddMargin(body);
    typename Superclass::LabPlanes planes;
    planes.lightness = hasLightness ? lab[0].data() : nullptr;
    planes.a = lab[0].data() + 1;
    planes.b = lab[0].data() + 2;
    planes.stride = 3;
    planes.confidence = confidence.empty() ? nullptr : confidence.data();
    this->WriteColors(planes, body, skin, this->MakeTissueMask(body, skin, this->GetLuminanceWindow()));
    itk::colorization::UpdateProgressOrAbort(this, 1.0);
  }
};

constexpr itk::SizeValueType Size[3] = { 36, 32, 28 };

double
RadiusAt(itk::SizeValueType i)
{
  return std::hypot(i % Size[0] - 17.5, i / Size[0] % Size[1] - 15.5, i / (Size[0] * Size[1]) - 13.5);
}

/** A ball in air, of shells one and a half voxels thick, of which every other is dark, and with air in its middle. */
GrayType::Pointer
MakeBall()
{
  auto       ball = MakeImage<GrayType>({ { Size[0], Size[1], Size[2] } });
  const auto count = ball->GetBufferedRegion().GetNumberOfPixels();
  for (itk::SizeValueType i = 0; i < count; ++i)
  {
    const double r = RadiusAt(i);
    ball->GetBufferPointer()[i] = static_cast<short>(r < 2.0    ? 0.0
                                                     : r < 12.0 ? 600.0 + 150.0 * std::sin(2.1 * r)
                                                     : r < 13.0 ? 80.0
                                                                : 0.0);
  }
  return ball;
}

/** Lighter to the right, and of one saturation. */
template <typename TFilter>
typename TFilter::Pointer
MakePainter()
{
  auto filter = TFilter::New();
  filter->SetInput(MakeBall());
  const auto count = filter->GetInput()->GetBufferedRegion().GetNumberOfPixels();
  for (itk::SizeValueType i = 0; i < count; ++i)
  {
    const float lightness = 30.0f + static_cast<float>(i % Size[0]);
    filter->lab.push_back({ { lightness, 0.1f * lightness, 0.2f * lightness } });
  }
  return filter;
}

using FloatPainter = Painter<ColorImageType<float>>;
using LuminanceEnum = itk::ColorizationEnums::Luminance;

std::vector<Color>
LabOf(FloatPainter * filter, LuminanceEnum luminance)
{
  filter->SetLuminance(luminance);
  filter->Update();
  const auto *       rgb = filter->GetOutput()->GetBufferPointer();
  std::vector<Color> colors;
  for (std::size_t i = 0; i < filter->lab.size(); ++i)
  {
    colors.push_back(itk::colorization::RGBToLab({ { rgb[i][0], rgb[i][1], rgb[i][2] } }));
  }
  return colors;
}

float
LightnessOf(const FloatPainter * filter, std::size_t i)
{
  const auto   window = filter->GetUsedWindow();
  const double value = (filter->GetInput()->GetBufferPointer()[i] - window[0]) / (window[1] - window[0]);
  return itk::colorization::GrayToLightness(static_cast<float>(std::min(std::max(value, 0.0), 1.0)));
}

/** Within the tissue. */
bool
IsShell(std::size_t i)
{
  return RadiusAt(i) > 2.0 && RadiusAt(i) < 11.9;
}
} // namespace

TEST(ColorizationImageFilter, SourceHasTheInputsLuminanceAndReferenceTheMethods)
{
  auto filter = MakePainter<FloatPainter>();
  EXPECT_EQ(filter->GetLuminance(), LuminanceEnum::Fused);
  const auto source = LabOf(filter, LuminanceEnum::Source);
  const auto reference = LabOf(filter, LuminanceEnum::Reference);
  ExpectSameGeometry(filter->GetInput(), filter->GetOutput());
  std::size_t compared = 0;
  for (std::size_t i = 0; i < source.size(); ++i)
  {
    if (IsShell(i))
    {
      ASSERT_NEAR(source[i][0], LightnessOf(filter, i), 0.02f);
      // Saturation and hue stay, where this is in the gamut.
      if (source[i][0] < std::min(75.0f, 2.0f * filter->lab[i][0]))
      {
        ++compared;
        ASSERT_NEAR(source[i][1], 0.1f * source[i][0], 0.05f);
        ASSERT_NEAR(source[i][2], 0.2f * source[i][0], 0.05f);
      }
      for (unsigned int c = 0; c < 3; ++c)
      {
        ASSERT_NEAR(reference[i][c], filter->lab[i][c], 0.02f);
      }
    }
  }
  EXPECT_GT(compared, 1000u);
  // a and b as they are.
  filter->KeepSaturationOff();
  const auto plain = LabOf(filter, LuminanceEnum::Source);
  for (std::size_t i = 0; i < source.size(); ++i)
  {
    ASSERT_TRUE(!IsShell(i) || plain[i][0] > 75.0f || std::abs(plain[i][2] - filter->lab[i][2]) < 0.05f);
  }
}

TEST(ColorizationImageFilter, FusedHasTheMethodsTone)
{
  auto filter = MakePainter<FloatPainter>();
  filter->SetToneRadius(3.0);
  const auto fused = LabOf(filter, LuminanceEnum::Fused);
  double     fusedSum[2] = {};
  double     ownSum[2] = {};
  double     count[2] = {};
  for (std::size_t i = 0; i < fused.size(); ++i)
  {
    if (IsShell(i))
    {
      const auto wanted = itk::colorization::AtLightnessOfDetail(filter->lab[i], fused[i][0]);
      ASSERT_NEAR(fused[i][1], wanted[1], 0.05f);
      ASSERT_NEAR(fused[i][2], wanted[2], 0.05f);
      const std::size_t half = i % Size[0] >= Size[0] / 2 ? 1 : 0;
      count[half] += 1.0;
      fusedSum[half] += fused[i][0];
      ownSum[half] += filter->lab[i][0];
    }
  }
  EXPECT_NEAR((fusedSum[0] + fusedSum[1]) / (count[0] + count[1]),
              (ownSum[0] + ownSum[1]) / (count[0] + count[1]),
              1.0);
  // The input, which is as bright on either side, knows nothing of this.
  EXPECT_GT(fusedSum[1] / count[1] - fusedSum[0] / count[0], 0.5 * (ownSum[1] / count[1] - ownSum[0] / count[0]));
}

TEST(ColorizationImageFilter, FusedLiesOnTheInputsEdges)
{
  // A photograph of the same shells, blurred, whose tone is the input's square, and that is lighter to the right.
  auto filter = MakePainter<FloatPainter>();
  for (std::size_t i = 0; i < filter->lab.size(); ++i)
  {
    double sum = 0.0;
    double count = 0.0;
    for (const double away : { -1.0, -0.5, 0.0, 0.5, 1.0 })
    {
      const double value = 600.0 + 150.0 * std::sin(2.1 * (RadiusAt(i) + away));
      sum += 20.0 + 60.0 * value * value / (750.0 * 750.0);
      count += 1.0;
    }
    filter->lab[i][0] = static_cast<float>(sum / count + 0.3 * (i % Size[0]));
  }
  const auto fused = LabOf(filter, LuminanceEnum::Fused);
  double     products[3] = {};
  for (std::size_t i = 0; i + Size[0] < fused.size(); ++i)
  {
    for (const std::size_t next : { i + 1, i + Size[0] })
    {
      if (IsShell(i) && IsShell(next))
      {
        const double step = fused[next][0] - fused[i][0];
        const double ofInput = LightnessOf(filter, next) - LightnessOf(filter, i);
        products[0] += step * ofInput;
        products[1] += step * step;
        products[2] += ofInput * ofInput;
      }
    }
  }
  EXPECT_GE(products[0] / std::sqrt(products[1] * products[2]), 0.9);
  ExpectSameForAnyThreads(filter.GetPointer());
}

TEST(ColorizationImageFilter, OutsideIsBlackAirIsGrayAndTheMarginIsNoLighterThanTheInput)
{
  auto              filter = MakePainter<FloatPainter>();
  const std::size_t middle = 18 + Size[0] * (16 + Size[1] * 14);
  filter->SetSkinMargin(2);
  for (const auto luminance : { LuminanceEnum::Source, LuminanceEnum::Fused, LuminanceEnum::Reference })
  {
    const auto  colors = LabOf(filter, luminance);
    std::size_t margin = 0;
    for (std::size_t i = 0; i < colors.size(); ++i)
    {
      if (RadiusAt(i) > 15.5)
      {
        ASSERT_EQ(filter->GetOutput()->GetBufferPointer()[i], itk::RGBPixel<float>(0.0f));
      }
      else if (RadiusAt(i) > 12.0 && RadiusAt(i) < 13.0)
      {
        ++margin;
        ASSERT_LE(colors[i][0], LightnessOf(filter, i) + 0.02f);
      }
    }
    EXPECT_GT(margin, 1000u);
    EXPECT_NEAR(colors[middle][1], 0.0f, 0.02f);
    EXPECT_NEAR(colors[middle][0], LightnessOf(filter, middle), 0.02f);
  }
  // What nothing is known about is gray, too.
  filter->confidence.assign(filter->lab.size(), 1.0f);
  const std::size_t unknown = middle + 6;
  ASSERT_TRUE(IsShell(unknown));
  filter->confidence[unknown] = 0.0f;
  filter->Modified();
  const auto colors = LabOf(filter, LuminanceEnum::Reference);
  EXPECT_NEAR(colors[unknown][0], LightnessOf(filter, unknown), 0.02f);
  EXPECT_NEAR(colors[unknown][1], 0.0f, 0.02f);
  EXPECT_NEAR(colors[unknown + 1][1], filter->lab[unknown + 1][1], 0.02f);
}

TEST(ColorizationImageFilter, AirHasNoEdgeOfItsOwn)
{
  // A ramp from the middle of the ball, whose photograph is as light everywhere.
  auto filter = MakePainter<FloatPainter>();
  auto ball = MakeImage<GrayType>({ { Size[0], Size[1], Size[2] } });
  auto mask = MakeImage<MaskType>({ { Size[0], Size[1], Size[2] } });
  for (std::size_t i = 0; i < filter->lab.size(); ++i)
  {
    ball->GetBufferPointer()[i] = static_cast<short>(80.0 * RadiusAt(i));
    mask->GetBufferPointer()[i] = RadiusAt(i) < 12.0 ? 1 : 0;
    filter->lab[i] = { { 60.0f, 6.0f, 12.0f } };
  }
  filter->SetInput(ball);
  filter->SetMaskImage(mask);
  filter->UseAutomaticWindowOff();
  filter->SetWindowMaximum(960.0);
  filter->SetAirThreshold(0.4);
  const auto fused = LabOf(filter, LuminanceEnum::Fused);
  float      largest = 0.0f;
  for (std::size_t i = 0; i + 1 < fused.size(); ++i)
  {
    if (RadiusAt(i) < 11.5 && RadiusAt(i + 1) < 11.5)
    {
      largest = std::max(largest, std::abs(fused[i + 1][0] - fused[i][0]));
    }
    if (RadiusAt(i) < 4.7)
    {
      ASSERT_NEAR(fused[i][0], LightnessOf(filter, i), 0.02f);
    }
    else if (RadiusAt(i) > 9.7 && RadiusAt(i) < 12.0)
    {
      // The photograph's tone, and the slope of the input, which is steep, within a few radii.
      ASSERT_NEAR(fused[i][0], 60.0f, 16.0f);
    }
  }
  // From 43 to 60 over 5 voxels, and the input's own steps, which the tone curve shows.
  EXPECT_LT(largest, 15.0f);
}

TEST(ColorizationImageFilter, IntegersFillTheirRange)
{
  auto       floats = MakePainter<FloatPainter>();
  auto       bytes = MakePainter<Painter<ColorImageType<unsigned char>>>();
  auto       words = MakePainter<Painter<ColorImageType<unsigned short>>>();
  auto       grays = MakePainter<Painter<itk::Image<float, 3>>>();
  const auto update = [](auto * filter)
  {
    filter->SetLuminance(LuminanceEnum::Reference);
    filter->Update();
    return filter->GetOutput()->GetBufferPointer();
  };
  const auto * ofFloats = update(floats.GetPointer());
  const auto * ofBytes = update(bytes.GetPointer());
  const auto * ofWords = update(words.GetPointer());
  const auto * ofGrays = update(grays.GetPointer());
  for (std::size_t i = 0; i < floats->lab.size(); ++i)
  {
    const auto & rgb = ofFloats[i];
    for (unsigned int c = 0; c < 3; ++c)
    {
      ASSERT_EQ(ofBytes[i][c], std::floor(255.0 * rgb[c] + 0.5));
      ASSERT_EQ(ofWords[i][c], std::floor(65535.0 * rgb[c] + 0.5));
    }
    ASSERT_FLOAT_EQ(ofGrays[i], itk::colorization::RGBToLuminance({ { rgb[0], rgb[1], rgb[2] } }));
  }
}

TEST(ColorizationImageFilter, WritesLabAsItIs)
{
  auto filter = MakePainter<FloatPainter>();
  filter->ConvertColorsOff();
  filter->SetLuminance(LuminanceEnum::Reference);
  filter->Update();
  for (std::size_t i = 0; i < filter->lab.size(); ++i)
  {
    for (unsigned int c = 0; c < 3; ++c)
    {
      ASSERT_TRUE(!IsShell(i) || filter->GetOutput()->GetBufferPointer()[i][c] == filter->lab[i][c]);
    }
  }
}

TEST(ColorizationImageFilter, FindsTheWindowAndLeavesTheUsersAlone)
{
  auto filter = MakePainter<FloatPainter>();
  filter->Update();
  EXPECT_EQ(filter->GetWindowMinimum(), 0.0);
  EXPECT_EQ(filter->GetWindowMaximum(), 255.0);
  EXPECT_EQ(filter->GetUsedWindow()[0], 0.0);
  EXPECT_NEAR(filter->GetUsedWindow()[1], 750.0, 2.0);
  EXPECT_EQ(filter->GetStage(), "painting");
  EXPECT_GT(filter->GetBodyMask()->GetThreshold(), 80.0);
  filter->UseAutomaticWindowOff();
  filter->SetWindowMinimum(100.0);
  filter->SetWindowMaximum(900.0);
  filter->Update();
  EXPECT_EQ(filter->GetUsedWindow()[0], 100.0);
  EXPECT_EQ(filter->GetUsedWindow()[1], 900.0);
}

TEST(ColorizationImageFilter, APartsParametersCount)
{
  auto filter = MakePainter<FloatPainter>();
  filter->Update();
  const auto time = filter->GetOutput()->GetUpdateMTime();
  filter->Update();
  EXPECT_EQ(filter->GetOutput()->GetUpdateMTime(), time) << "nothing has changed";
  filter->GetModifiableBodyMask()->SetNumberOfHistogramBins(100);
  filter->Update();
  EXPECT_GT(filter->GetOutput()->GetUpdateMTime(), time);
}

TEST(ColorizationImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakePainter<Painter<ColorImageType<unsigned char>>>().GetPointer());
}

TEST(ColorizationImageFilter, NamesWhatIsWrong)
{
  const auto expect =
    [](const std::function<void(Painter<ColorImageType<unsigned char>> *)> & spoil, const std::string & part)
  {
    auto filter = MakePainter<Painter<ColorImageType<unsigned char>>>();
    spoil(filter);
    ExpectExceptionWith([&]() { filter->Update(); }, part);
  };
  expect([](auto * f) { f->SetToneRadius(-1.0); }, "ToneRadius is -1, but has to be above 0.");
  expect([](auto * f) { f->SetOpeningRadius(-1.0); }, "OpeningRadius is -1, but has to be at least 0.");
  expect([](auto * f) { f->SetAirThreshold(1.5); }, "AirThreshold is 1.5, but has to be in 0 ... 1.");
  expect([](auto * f) { f->ConvertColorsOff(); }, "the output's components are integers, which cannot hold Lab");
  expect(
    [](auto * f)
    {
      f->UseAutomaticWindowOff();
      f->SetWindowMaximum(-1.0);
    },
    "WindowMaximum is -1, but has to be above WindowMinimum, 0.");
  expect([](auto * f) { f->SetMaskImage(MakeImage<MaskType>({ { 4, 4, 4 } })); }, "MaskImage has size [4, 4, 4]");
  expect(
    [](auto * f) {
      f->SetMaskImage(MakeImage<MaskType>({ { Size[0], Size[1], Size[2] } }));
    },
    "MaskImage is 0 everywhere");
  expect(
    [](auto * f)
    {
      auto moved = MakeImage<MaskType>({ { Size[0], Size[1], Size[2] } });
      moved->SetOrigin(MaskType::PointType());
      f->SetMaskImage(moved);
    },
    "MaskImage does not occupy the same physical space");
  expect(
    [](auto * f)
    {
      f->hasLightness = false;
      f->SetLuminance(LuminanceEnum::Reference);
    },
    "Luminance is reference, but the method makes no lightness of its own.");
}
