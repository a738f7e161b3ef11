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
#include "itkColorizationMetricsFilter.h"

#include "MetricsTestUtilities.h"

#include "itkStructuralSimilarity.h"

#include <cstring>
#include <limits>
#include <set>

namespace
{
using Metric = itk::colorization::ColorizationMetric;
using Color2 = itk::Image<itk::RGBPixel<unsigned char>, 2>;
using Color3 = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using Deep3 = itk::Image<itk::RGBPixel<unsigned short>, 3>;
using Float2 = itk::Image<float, 2>;
using Gray3 = itk::Image<unsigned char, 3>;
using Mask2 = itk::Image<unsigned char, 2>;
using Filter2 = itk::ColorizationMetricsFilter<Color2, itk::Image<unsigned char, 2>>;
using Filter3 = itk::ColorizationMetricsFilter<Color3, Gray3>;

/** Those that need no network. */
std::vector<Metric>
AllMetrics()
{
  std::vector<Metric> metrics;
  for (std::size_t k = 0; k < itk::colorization::NumberOfColorizationMetrics; ++k)
  {
    const auto metric = static_cast<Metric>(k);
    if (metric != Metric::LPIPS && metric != Metric::FID)
    {
      metrics.push_back(metric);
    }
  }
  return metrics;
}

/** A value in 0..1 that varies smoothly, has edges, and is the same in every run. */
double
Anatomy(double x, double y, double z)
{
  const double smooth = 0.5 + 0.2 * std::sin(0.11 * x + 0.05 * z) + 0.15 * std::cos(0.17 * y - 0.03 * z);
  const double organ = std::hypot(x - 85.0 - 0.5 * z, y - 80.0) < 40.0 ? 0.15 : 0.0;
  const double fibre = 0.08 * std::sin(0.9 * x + 0.4 * y);
  return std::min(std::max(smooth + organ + fibre, 0.0), 1.0);
}

unsigned char
ToByte(double value)
{
  return static_cast<unsigned char>(std::lround(255.0 * std::min(std::max(value, 0.0), 1.0)));
}

/** A colour volume, 170 x 165 pixels a slice so that every metric has a value, shifted along x by `shift` pixels. */
Color3::Pointer
MakeColors(itk::SizeValueType slices = 4, double shift = 0.0)
{
  return ColorizationTest::MakeImageOf<Color3>({ { 170, 165, slices } },
                                               [shift](const Color3::IndexType & p)
                                               {
                                                 const double v =
                                                   Anatomy(static_cast<double>(p[0]) - shift, p[1], p[2]);
                                                 Color3::PixelType rgb;
                                                 rgb.Set(ToByte(0.15 + 0.85 * v), ToByte(0.9 * v), ToByte(0.7 * v * v));
                                                 return rgb;
                                               });
}

Gray3::Pointer
LuminanceOf(const Color3 * colors)
{
  auto gray = Gray3::New();
  gray->CopyInformation(colors);
  gray->SetRegions(colors->GetLargestPossibleRegion());
  gray->Allocate();
  for (std::size_t i = 0; i < colors->GetPixelContainer()->Size(); ++i)
  {
    const auto & rgb = colors->GetBufferPointer()[i];
    gray->GetBufferPointer()[i] =
      static_cast<unsigned char>(std::lround(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]));
  }
  return gray;
}

/** The colours after change(pixel in 0..255, number of the pixel). */
template <typename TChange>
Color3::Pointer
Changed(const Color3 * colors, const TChange & change)
{
  auto out = Color3::New();
  out->CopyInformation(colors);
  out->SetRegions(colors->GetLargestPossibleRegion());
  out->Allocate();
  for (std::size_t i = 0; i < colors->GetPixelContainer()->Size(); ++i)
  {
    const auto &                rgb = colors->GetBufferPointer()[i];
    const std::array<double, 3> changed = change({ { double(rgb[0]), double(rgb[1]), double(rgb[2]) } }, i);
    for (unsigned int c = 0; c < 3; ++c)
    {
      out->GetBufferPointer()[i][c] = ToByte(changed[c] / 255.0);
    }
  }
  return out;
}

Color3::Pointer
WithNoise(const Color3 * colors, double amplitude)
{
  return Changed(colors,
                 [amplitude](std::array<double, 3> rgb, std::size_t i)
                 {
                   for (std::size_t c = 0; c < 3; ++c)
                   {
                     rgb[c] += amplitude * (2.0 * ColorizationTest::Noise(static_cast<std::uint32_t>(3 * i + c)) - 1.0);
                   }
                   return rgb;
                 });
}

/** Means over (2 radius + 1)^2 pixels of a slice. */
Color3::Pointer
Blurred(const Color3 * colors, int radius)
{
  const auto size = colors->GetLargestPossibleRegion().GetSize();
  return Changed(colors,
                 [&](const std::array<double, 3> &, std::size_t i)
                 {
                   const int             x = static_cast<int>(i % size[0]);
                   const int             y = static_cast<int>(i / size[0] % size[1]);
                   const std::size_t     slice = i / (size[0] * size[1]) * size[0] * size[1];
                   std::array<double, 3> sum{ { 0.0, 0.0, 0.0 } };
                   for (int v = y - radius; v <= y + radius; ++v)
                   {
                     for (int u = x - radius; u <= x + radius; ++u)
                     {
                       const int    column = std::min(std::max(u, 0), static_cast<int>(size[0]) - 1);
                       const int    row = std::min(std::max(v, 0), static_cast<int>(size[1]) - 1);
                       const auto & rgb = colors->GetBufferPointer()[slice + row * size[0] + column];
                       for (unsigned int c = 0; c < 3; ++c)
                       {
                         sum[c] += rgb[c] / ((2.0 * radius + 1.0) * (2.0 * radius + 1.0));
                       }
                     }
                   }
                   return sum;
                 });
}

/** Chroma (U, V) turned by an angle in the even slices, and the other way in odd slices if it alternates. */
Color3::Pointer
WithHueShift(const Color3 * colors, double angle, bool alternates = false)
{
  const auto        size = colors->GetLargestPossibleRegion().GetSize();
  const std::size_t pixels = size[0] * size[1];
  return Changed(colors,
                 [&](const std::array<double, 3> & rgb, std::size_t i)
                 {
                   const double own = alternates && i / pixels % 2 == 1 ? -angle : angle;
                   const double y = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
                   const double u = rgb[2] - y;
                   const double v = rgb[0] - y;
                   const double blue = y + std::cos(own) * u - std::sin(own) * v;
                   const double red = y + std::sin(own) * u + std::cos(own) * v;
                   return std::array<double, 3>{ { red, (y - 0.299 * red - 0.114 * blue) / 0.587, blue } };
                 });
}

Filter3::Pointer
MakeFilter(const Color3 * result, const Color3 * reference, const Gray3 * source = nullptr)
{
  auto filter = Filter3::New();
  filter->SetResultImage(result);
  if (reference)
  {
    filter->SetReferenceImage(reference);
  }
  if (source)
  {
    filter->SetSourceImage(source);
  }
  return filter;
}

/** Values by metric. */
std::map<Metric, double>
Measure(Filter3 * filter)
{
  filter->Update();
  std::map<Metric, double> values;
  for (const Metric metric : AllMetrics())
  {
    values[metric] = filter->GetValue(metric);
  }
  return values;
}

/** Each of the metrics gets worse with every one of the results, of which the first is the reference itself. */
void
ExpectWorseAndWorse(const std::vector<Color3::Pointer> & results, const std::set<Metric> & seen)
{
  const auto                            source = LuminanceOf(results.front());
  std::vector<std::map<Metric, double>> values;
  for (const Color3::Pointer & result : results)
  {
    values.push_back(Measure(MakeFilter(result, results.front(), source)));
  }
  for (const Metric metric : seen)
  {
    SCOPED_TRACE(itk::colorization::NameOfMetric(metric));
    const bool isHigherBetter = itk::colorization::BetterOfMetric(metric) == itk::colorization::BetterWhen::Higher;
    for (std::size_t k = 1; k < values.size(); ++k)
    {
      const double before = values[k - 1].at(metric);
      const double after = values[k].at(metric);
      EXPECT_TRUE(isHigherBetter ? after < before : after > before)
        << "step " << k << ": " << before << " to " << after;
    }
  }
}

/** `value` is the same for all of the results, but for rounding to bytes. */
void
ExpectBlindTo(const std::vector<Color3::Pointer> & results, const std::map<Metric, double> & tolerances)
{
  const auto source = LuminanceOf(results.front());
  const auto first = Measure(MakeFilter(results.front(), results.front(), source));
  for (const Color3::Pointer & result : results)
  {
    const auto values = Measure(MakeFilter(result, results.front(), source));
    for (const auto & [metric, tolerance] : tolerances)
    {
      EXPECT_NEAR(values.at(metric), first.at(metric), tolerance) << itk::colorization::NameOfMetric(metric);
    }
  }
}

Color2::Pointer
MakePrimaries()
{
  return ColorizationTest::MakeImageOf<Color2>({ { 3, 7 } },
                                               [](const Color2::IndexType & p)
                                               {
                                                 Color2::PixelType rgb;
                                                 rgb.Fill(0);
                                                 rgb[p[0]] = 255;
                                                 return rgb;
                                               });
}

template <typename TImage>
typename TImage::Pointer
MakePattern(bool isSecond)
{
  return ColorizationTest::MakeImageOf<TImage>({ { 64, 64 } },
                                               [isSecond](const typename TImage::IndexType & p)
                                               {
                                                 const double i = p[1];
                                                 const double j = p[0];
                                                 const double x = 0.5 + 0.4 * std::sin(0.3 * i) * std::cos(0.2 * j);
                                                 const double y = 0.8 * x + 0.05 + 0.05 * std::sin(1.7 * i + 0.9 * j);
                                                 return static_cast<float>(isSecond ? y : x);
                                               });
}
} // namespace

TEST(ColorizationMetricsFilter, APerfectResultScoresPerfectlyByEveryMetric)
{
  const auto colors = MakeColors();
  // A gray source whose luminance is exactly the result's.
  const auto gray = LuminanceOf(colors);
  const auto result = Changed(colors,
                              [&](std::array<double, 3> rgb, std::size_t i)
                              {
                                rgb.fill(gray->GetBufferPointer()[i]);
                                return rgb;
                              });
  for (const Color3::Pointer & perfect : { colors, result })
  {
    const bool isGray = perfect == result;
    const auto values = Measure(MakeFilter(perfect, perfect, isGray ? gray.GetPointer() : nullptr));
    for (const Metric metric : { Metric::SSIM,
                                 Metric::SSIMLocal,
                                 Metric::MSSSIM,
                                 Metric::FSIM,
                                 Metric::FSIMc,
                                 Metric::STSIM1,
                                 Metric::STSIM2,
                                 Metric::GradientCorrelation })
    {
      EXPECT_NEAR(values.at(metric), 1.0, 1e-6) << itk::colorization::NameOfMetric(metric);
    }
    for (const Metric metric : { Metric::MSE,
                                 Metric::RMSE,
                                 Metric::DeltaColorfulness,
                                 Metric::DeltaE76,
                                 Metric::DeltaE2000,
                                 Metric::Flicker })
    {
      EXPECT_EQ(values.at(metric), 0.0) << itk::colorization::NameOfMetric(metric);
    }
    EXPECT_EQ(values.at(Metric::PSNR), std::numeric_limits<double>::infinity());
    EXPECT_EQ(values.at(Metric::PSNRY), std::numeric_limits<double>::infinity());
  }
}

TEST(ColorizationMetricsFilter, NoiseIsSeenByEveryMetricOfDifferences)
{
  const auto                   colors = MakeColors();
  std::vector<Color3::Pointer> results{ colors };
  for (const double amplitude : { 6.0, 15.0, 40.0 })
  {
    results.push_back(WithNoise(colors, amplitude));
  }
  ExpectWorseAndWorse(results,
                      { Metric::MSE,
                        Metric::RMSE,
                        Metric::PSNR,
                        Metric::PSNRY,
                        Metric::SSIM,
                        Metric::SSIMLocal,
                        Metric::MSSSIM,
                        Metric::FSIM,
                        Metric::FSIMc,
                        Metric::STSIM1,
                        Metric::STSIM2,
                        Metric::DeltaColorfulness,
                        Metric::MutualInformation,
                        Metric::DeltaE76,
                        Metric::DeltaE2000,
                        Metric::GradientCorrelation,
                        Metric::Flicker });
}

TEST(ColorizationMetricsFilter, BlurIsSeenByMetricsOfStructureAndColor)
{
  const auto                   colors = MakeColors();
  std::vector<Color3::Pointer> results{ colors };
  for (const int radius : { 1, 2, 4 })
  {
    results.push_back(Blurred(colors, radius));
  }
  ExpectWorseAndWorse(results,
                      { Metric::MSE,
                        Metric::RMSE,
                        Metric::PSNR,
                        Metric::PSNRY,
                        Metric::SSIM,
                        Metric::SSIMLocal,
                        Metric::MSSSIM,
                        Metric::FSIM,
                        Metric::FSIMc,
                        Metric::STSIM1,
                        Metric::STSIM2,
                        Metric::MutualInformation,
                        Metric::DeltaE76,
                        Metric::DeltaE2000,
                        Metric::GradientCorrelation });
}

TEST(ColorizationMetricsFilter, HueShiftIsSeenByMetricsOfColorAndNotByThoseOfStructure)
{
  const auto                   colors = MakeColors();
  std::vector<Color3::Pointer> results{ colors };
  for (const double angle : { 0.1, 0.3, 0.6 })
  {
    results.push_back(WithHueShift(colors, angle));
  }
  ExpectWorseAndWorse(results,
                      { Metric::MSE, Metric::RMSE, Metric::PSNR, Metric::FSIMc, Metric::DeltaE76, Metric::DeltaE2000 });
  ExpectBlindTo(results,
                { { Metric::SSIM, 0.01 },
                  { Metric::SSIMLocal, 0.01 },
                  { Metric::MSSSIM, 0.001 },
                  { Metric::FSIM, 0.01 },
                  { Metric::STSIM1, 0.05 },
                  { Metric::GradientCorrelation, 0.01 } });
}

TEST(ColorizationMetricsFilter, MisregistrationIsSeenByMetricsOfStructureAndNotByColorfulness)
{
  std::vector<Color3::Pointer> results;
  for (const double shift : { 0.0, 0.5, 1.0, 2.0 })
  {
    results.push_back(MakeColors(4, shift));
  }
  ExpectWorseAndWorse(results,
                      { Metric::MSE,
                        Metric::RMSE,
                        Metric::PSNR,
                        Metric::PSNRY,
                        Metric::SSIM,
                        Metric::SSIMLocal,
                        Metric::MSSSIM,
                        Metric::FSIM,
                        Metric::FSIMc,
                        Metric::STSIM1,
                        Metric::MutualInformation,
                        Metric::DeltaE76,
                        Metric::DeltaE2000,
                        Metric::GradientCorrelation });
  ExpectBlindTo(results, { { Metric::Colorfulness, 1.0 }, { Metric::DeltaColorfulness, 1.0 } });
}

TEST(ColorizationMetricsFilter, FlickerSeesColorsThatAlternateFromSliceToSlice)
{
  const auto                   colors = MakeColors();
  std::vector<Color3::Pointer> results{ colors };
  for (const double angle : { 0.1, 0.3, 0.6 })
  {
    results.push_back(WithHueShift(colors, angle, true));
  }
  ExpectWorseAndWorse(results, { Metric::Flicker });
  // The same hue shift everywhere hardly flickers.
  const auto steady = Measure(MakeFilter(WithHueShift(colors, 0.6), colors));
  const auto alternating = Measure(MakeFilter(results.back(), colors));
  EXPECT_LT(steady.at(Metric::Flicker), 0.2 * alternating.at(Metric::Flicker));
  const auto filter = MakeFilter(results.back(), nullptr, LuminanceOf(colors));
  filter->Update();
  EXPECT_GT(filter->GetValue(Metric::Flicker), 0.5 * alternating.at(Metric::Flicker));
  const auto & perSlice = filter->GetReport()[Metric::Flicker].perSlice;
  ASSERT_EQ(perSlice.size(), 4u);
  EXPECT_TRUE(std::isnan(perSlice[0]));
  EXPECT_GT(perSlice[1], 0.0);
}

TEST(ColorizationMetricsFilter, ColorfulnessHasSignedOpponents)
{
  auto filter = Filter2::New();
  filter->SetResultImage(MakePrimaries());
  filter->Update();
  EXPECT_NEAR(filter->GetValue(Metric::Colorfulness), 275.43, 0.005);
  EXPECT_NEAR(filter->GetValue(Metric::Colorfulness255), 275.43 / 255.0, 0.00002);
  EXPECT_TRUE(std::isnan(filter->GetValue(Metric::DeltaColorfulness)));
  EXPECT_EQ(filter->GetReport()[Metric::DeltaColorfulness].reason, "there is no reference");
  EXPECT_EQ(filter->GetReport()[Metric::SSIM].reason, "there is neither a reference nor a source");
}

TEST(ColorizationMetricsFilter, MutualInformationOfAnImageWithItselfIsItsEntropy)
{
  const auto            colors = MakeColors();
  const auto            gray = LuminanceOf(colors);
  const auto            values = Measure(MakeFilter(colors, nullptr, gray));
  std::map<int, double> counts;
  const std::size_t     pixels = gray->GetPixelContainer()->Size();
  for (std::size_t i = 0; i < pixels; ++i)
  {
    counts[gray->GetBufferPointer()[i]] += 1.0;
  }
  double entropy = 0.0;
  for (const auto & [value, count] : counts)
  {
    entropy -= count / static_cast<double>(pixels) * std::log2(count / static_cast<double>(pixels));
  }
  EXPECT_NEAR(values.at(Metric::MutualInformation), entropy, 1e-9);
}

TEST(ColorizationMetricsFilter, HasTheSpecifiedValuesForFloats)
{
  using FilterType = itk::ColorizationMetricsFilter<Float2, Float2>;
  auto filter = FilterType::New();
  filter->SetResultImage(MakePattern<Float2>(false));
  filter->SetSourceImage(MakePattern<Float2>(true));
  filter->Update();
  EXPECT_NEAR(filter->GetValue(Metric::SSIM), 0.891582, 5e-7);
  EXPECT_NEAR(filter->GetValue(Metric::PSNR), 22.7173, 5e-5);
  EXPECT_NEAR(filter->GetValue(Metric::PSNRY), 22.7173, 5e-5);
  const auto & local = filter->GetReport()[Metric::SSIMLocal];
  EXPECT_NEAR(local.value, (0.761445 + 0.856626 + 0.883667 + 0.890449) / 4.0, 1e-6);
  ASSERT_EQ(local.parts.size(), 4u);
  EXPECT_EQ(local.parts[3].first, "window_9");
  EXPECT_NEAR(local.parts[3].second, 0.890449, 5e-7);
  EXPECT_EQ(filter->GetReport()[Metric::MSSSIM].reason,
            "slices have 64 x 64 pixels, but at least 161 along each side are needed");
}

TEST(ColorizationMetricsFilter, EqualsScikitImageOnARealPicture)
{
  const auto x = MetricsTest::ReadPicture("VisibleWomanHeadSlice.png", true);
  const auto y = MetricsTest::WithNoise(x, 20.0);
  const auto imageOf = [](const MetricsTest::Picture & picture)
  {
    return ColorizationTest::MakeImageOf<Color2>(
      { { picture.width, picture.height } },
      [&](const Color2::IndexType & p)
      {
        Color2::PixelType rgb;
        for (unsigned int c = 0; c < 3; ++c)
        {
          rgb[c] = static_cast<unsigned char>(picture.values[c * picture.Pixels() + p[1] * picture.width + p[0]]);
        }
        return rgb;
      });
  };
  auto filter = Filter2::New();
  filter->SetResultImage(imageOf(x));
  filter->SetReferenceImage(imageOf(y));
  filter->Update();
  auto oracle = MetricsTest::AskOracle(x, y);
  EXPECT_NEAR(filter->GetValue(Metric::PSNR), oracle.at("psnr"), 1e-9);
  EXPECT_NEAR(filter->GetValue(Metric::FSIM), oracle.at("fsim"), 2e-5);
  EXPECT_NEAR(filter->GetValue(Metric::FSIMc), oracle.at("fsimc"), 2e-5);
  for (unsigned int c = 0; c < 3; ++c)
  {
    EXPECT_NEAR(filter->GetReport()[Metric::SSIM].parts[c].second, oracle.at("ssim" + std::to_string(c)), 1e-8);
  }
}

TEST(ColorizationMetricsFilter, SaysWhatIsComparedWithWhat)
{
  const auto colors = MakeColors(2);
  const auto gray = LuminanceOf(colors);
  auto       filter = MakeFilter(WithNoise(colors, 10.0), colors, gray);
  filter->Update();
  EXPECT_EQ(filter->GetReport()[Metric::SSIM].compared, "luminance: result - source");
  EXPECT_EQ(filter->GetReport()[Metric::FSIM].compared, "luminance: result - reference");
  EXPECT_EQ(filter->GetReport()[Metric::MSE].compared, "colours: result - reference");
  EXPECT_EQ(filter->GetReport()[Metric::Colorfulness].compared, "the result alone");
  filter = MakeFilter(WithNoise(colors, 10.0), nullptr, gray);
  filter->Update();
  EXPECT_EQ(filter->GetReport()[Metric::FSIM].compared, "luminance: result - source, as there is no reference");
  EXPECT_EQ(filter->GetReport()[Metric::MSE].compared, "channels of the result - source, as there is no reference");
  EXPECT_EQ(filter->GetReport()[Metric::FSIMc].reason, "there is no reference");
  EXPECT_TRUE(std::isnan(filter->GetValue(Metric::DeltaE2000)));
  filter = MakeFilter(WithNoise(colors, 10.0), colors);
  filter->Update();
  EXPECT_EQ(filter->GetReport()[Metric::SSIM].compared, "luminance: result - reference, as there is no source");
}

TEST(ColorizationMetricsFilter, MeasuresVolumesSliceBySliceAndAsAWhole)
{
  const auto colors = MakeColors(13);
  const auto result = WithNoise(colors, 20.0);
  const auto gray = LuminanceOf(colors);
  auto       filter = MakeFilter(result, colors, gray);
  for (const Metric metric : { Metric::STSIM1, Metric::STSIM2, Metric::FSIM, Metric::FSIMc, Metric::DeltaE2000 })
  {
    filter->SetWanted(metric, false);
  }
  filter->Update();
  const auto &       ssim = filter->GetReport()[Metric::SSIM];
  const std::size_t  pixels = 170 * 165;
  std::vector<float> x(13 * pixels);
  std::vector<float> y(13 * pixels);
  double             squares = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i)
  {
    const auto & rgb = result->GetBufferPointer()[i];
    x[i] = 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
    y[i] = gray->GetBufferPointer()[i];
    for (unsigned int c = 0; c < 3; ++c)
    {
      squares += std::pow(double(rgb[c]) - colors->GetBufferPointer()[i][c], 2.0);
    }
  }
  EXPECT_NEAR(ssim.ofVolume, MetricsTest::AskOracle(x, y, 1, { { 170, 165, 13 } }).at("ssim"), 1e-6);
  ASSERT_EQ(ssim.perSlice.size(), 13u);
  double mean = 0.0;
  for (std::size_t z = 0; z < 13; ++z)
  {
    const double slice =
      itk::colorization::StructuralSimilarity(x.data() + z * pixels, y.data() + z * pixels, { { 170, 165, 1 } }, {})
        .similarity;
    EXPECT_NEAR(ssim.perSlice[z], slice, 1e-6);
    mean += slice / 13.0;
  }
  EXPECT_NEAR(ssim.value, mean, 1e-6);
  EXPECT_NEAR(ssim.meanOfSlices, mean, 1e-6);
  EXPECT_NEAR(filter->GetValue(Metric::MSE), squares / static_cast<double>(3 * x.size()), 1e-9);
  EXPECT_EQ(filter->GetReport()[Metric::STSIM1].reason, "it was not asked for");
}

TEST(ColorizationMetricsFilter, GradientCorrelationOfAVolumeEqualsBruteForce)
{
  // Long enough for several of the parts that threads take.
  const auto colors = ColorizationTest::MakeImageOf<Color3>(
    { { 12, 13, 19 } },
    [](const Color3::IndexType & p)
    {
      Color3::PixelType rgb;
      rgb.Fill(ToByte(ColorizationTest::Noise(static_cast<std::uint32_t>(p[0] + 100 * p[1] + 10000 * p[2]))));
      return rgb;
    });
  const auto result = WithNoise(colors, 100.0);
  const auto x = LuminanceOf(result);
  const auto y = LuminanceOf(colors);
  const auto grayResult = Changed(result,
                                  [&](std::array<double, 3> rgb, std::size_t i)
                                  {
                                    rgb.fill(x->GetBufferPointer()[i]);
                                    return rgb;
                                  });
  double     sums[3] = {};
  const auto start = x->GetLargestPossibleRegion().GetIndex();
  const auto last = x->GetLargestPossibleRegion().GetUpperIndex();
  for (itk::ImageRegionConstIteratorWithIndex<Gray3> it(x, x->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      auto before = it.GetIndex();
      auto after = it.GetIndex();
      --before[axis];
      ++after[axis];
      if (before[axis] >= start[axis] && after[axis] <= last[axis])
      {
        const double a = double(x->GetPixel(after)) - x->GetPixel(before);
        const double b = double(y->GetPixel(after)) - y->GetPixel(before);
        sums[0] += a * b;
        sums[1] += a * a;
        sums[2] += b * b;
      }
    }
  }
  const auto filter = MakeFilter(grayResult, nullptr, y);
  for (const unsigned int axis : { 0u, 1u, 2u })
  {
    filter->SetSliceAxis(axis);
    filter->Update();
    EXPECT_NEAR(filter->GetReport()[Metric::GradientCorrelation].ofVolume,
                sums[0] / std::sqrt(sums[1] * sums[2]),
                1e-9);
  }
}

TEST(ColorizationMetricsFilter, SlicesLieAcrossTheAxis)
{
  const auto colors = MakeColors(3);
  const auto result = WithNoise(colors, 20.0);
  const auto turned = [](const Color3 * in)
  {
    const auto size = in->GetLargestPossibleRegion().GetSize();
    const auto start = in->GetLargestPossibleRegion().GetIndex();
    return ColorizationTest::MakeImageOf<Color3>({ { size[2], size[0], size[1] } },
                                                 [&](const Color3::IndexType & p)
                                                 {
                                                   Color3::IndexType index = start;
                                                   index[0] += p[1];
                                                   index[1] += p[2];
                                                   index[2] += p[0];
                                                   return in->GetPixel(index);
                                                 });
  };
  const auto straight = Measure(MakeFilter(result, colors));
  const auto filter = MakeFilter(turned(result), turned(colors));
  filter->SetSliceAxis(0);
  const auto across = Measure(filter);
  for (const Metric metric : AllMetrics())
  {
    EXPECT_EQ(across.at(metric), straight.at(metric)) << itk::colorization::NameOfMetric(metric);
  }
}

TEST(ColorizationMetricsFilter, CountsOnlyWhatIsInTheMask)
{
  const auto colors = MakeColors(2);
  const auto size = colors->GetLargestPossibleRegion().GetSize();
  // The lower half is spoiled, and is not in the mask.
  const auto half = Changed(colors,
                            [&](std::array<double, 3> rgb, std::size_t i) {
                              return i / size[0] % size[1] < 83 ? rgb : std::array<double, 3>{ { 10.0, 200.0, 60.0 } };
                            });
  auto       mask = itk::Image<unsigned char, 3>::New();
  mask->CopyInformation(colors);
  mask->SetRegions(colors->GetLargestPossibleRegion());
  mask->Allocate();
  for (std::size_t i = 0; i < mask->GetPixelContainer()->Size(); ++i)
  {
    mask->GetBufferPointer()[i] = i / size[0] % size[1] < 70 ? 1 : 0;
  }
  const auto filter = MakeFilter(half, colors);
  EXPECT_LT(Measure(filter).at(Metric::SSIM), 0.8);
  filter->SetMaskImage(mask);
  const auto values = Measure(filter);
  EXPECT_EQ(values.at(Metric::MSE), 0.0);
  EXPECT_NEAR(values.at(Metric::SSIM), 1.0, 1e-9);
  EXPECT_NEAR(values.at(Metric::SSIMLocal), 1.0, 1e-9);
  EXPECT_NEAR(values.at(Metric::GradientCorrelation), 1.0, 1e-9);
  EXPECT_EQ(values.at(Metric::DeltaE2000), 0.0);
  EXPECT_EQ(values.at(Metric::DeltaColorfulness), 0.0);
  EXPECT_EQ(values.at(Metric::Flicker), 0.0);
  EXPECT_GT(values.at(Metric::STSIM1), 0.9);
}

TEST(ColorizationMetricsFilter, ReadsComponentsOfSixteenBitsAndAlpha)
{
  using FilterType = itk::ColorizationMetricsFilter<Deep3, itk::Image<unsigned short, 3>>;
  const auto colors = MakeColors(2);
  const auto result = WithNoise(colors, 20.0);
  const auto deep = [](const Color3 * in)
  {
    auto out = Deep3::New();
    out->CopyInformation(in);
    out->SetRegions(in->GetLargestPossibleRegion());
    out->Allocate();
    for (std::size_t i = 0; i < in->GetPixelContainer()->Size(); ++i)
    {
      for (unsigned int c = 0; c < 3; ++c)
      {
        out->GetBufferPointer()[i][c] = static_cast<unsigned short>(257 * in->GetBufferPointer()[i][c]);
      }
    }
    return out;
  };
  auto filter = FilterType::New();
  filter->SetResultImage(deep(result));
  filter->SetReferenceImage(deep(colors));
  filter->Update();
  const auto shallow = Measure(MakeFilter(result, colors));
  for (const Metric metric : AllMetrics())
  {
    const double unit = metric == Metric::MSE ? 257.0 * 257.0 : metric == Metric::RMSE ? 257.0 : 1.0;
    const double expected = unit * shallow.at(metric);
    EXPECT_NEAR(filter->GetValue(metric), expected, 1e-5 * std::max(std::abs(expected), 1.0))
      << itk::colorization::NameOfMetric(metric);
  }

  using AlphaType = itk::Image<itk::RGBAPixel<unsigned char>, 3>;
  auto alpha = AlphaType::New();
  alpha->SetRegions(result->GetLargestPossibleRegion());
  alpha->Allocate();
  auto alphaReference = AlphaType::New();
  alphaReference->SetRegions(result->GetLargestPossibleRegion());
  alphaReference->Allocate();
  for (std::size_t i = 0; i < alpha->GetPixelContainer()->Size(); ++i)
  {
    for (unsigned int c = 0; c < 3; ++c)
    {
      alpha->GetBufferPointer()[i][c] = result->GetBufferPointer()[i][c];
      alphaReference->GetBufferPointer()[i][c] = colors->GetBufferPointer()[i][c];
    }
    alpha->GetBufferPointer()[i][3] = static_cast<unsigned char>(i % 256);
    alphaReference->GetBufferPointer()[i][3] = 0;
  }
  auto alphaFilter = itk::ColorizationMetricsFilter<AlphaType>::New();
  alphaFilter->SetResultImage(alpha);
  alphaFilter->SetReferenceImage(alphaReference);
  alphaFilter->Update();
  EXPECT_EQ(alphaFilter->GetValue(Metric::MSE), shallow.at(Metric::MSE));
}

TEST(ColorizationMetricsFilter, MapsTheSourceToTheRangeOfTheResult)
{
  using FilterType = itk::ColorizationMetricsFilter<Color3, itk::Image<short, 3>>;
  const auto colors = MakeColors(2);
  const auto gray = LuminanceOf(colors);
  auto       ct = itk::Image<short, 3>::New();
  ct->CopyInformation(gray);
  ct->SetRegions(gray->GetLargestPossibleRegion());
  ct->Allocate();
  for (std::size_t i = 0; i < gray->GetPixelContainer()->Size(); ++i)
  {
    ct->GetBufferPointer()[i] = static_cast<short>(-1000 + 10 * gray->GetBufferPointer()[i]);
  }
  auto filter = FilterType::New();
  filter->SetResultImage(colors);
  filter->SetSourceImage(ct);
  filter->SetSourceMinimum(-1000.0);
  filter->SetSourceMaximum(1550.0);
  filter->Update();
  const auto plain = Measure(MakeFilter(colors, nullptr, gray));
  EXPECT_NEAR(filter->GetValue(Metric::PSNRY), plain.at(Metric::PSNRY), 1e-4);
  EXPECT_NEAR(filter->GetValue(Metric::SSIM), plain.at(Metric::SSIM), 1e-6);
}

TEST(ColorizationMetricsFilter, IsTheSameForAnyNumberOfThreads)
{
  const auto colors = MakeColors(22);
  const auto filter = MakeFilter(WithNoise(colors, 20.0), colors, LuminanceOf(colors));
  filter->SetNumberOfWorkUnits(1);
  filter->Update();
  const auto alone = filter->GetReport();
  filter->SetNumberOfWorkUnits(5);
  filter->Modified();
  filter->Update();
  for (const Metric metric : AllMetrics())
  {
    const auto & a = alone[metric];
    const auto & b = filter->GetReport()[metric];
    EXPECT_EQ(std::memcmp(&a.value, &b.value, sizeof(double)), 0) << itk::colorization::NameOfMetric(metric);
    EXPECT_EQ(std::memcmp(&a.ofVolume, &b.ofVolume, sizeof(double)), 0) << itk::colorization::NameOfMetric(metric);
    ASSERT_EQ(a.perSlice.size(), b.perSlice.size());
    EXPECT_EQ(std::memcmp(a.perSlice.data(), b.perSlice.data(), sizeof(double) * a.perSlice.size()), 0)
      << itk::colorization::NameOfMetric(metric);
  }
}

TEST(ColorizationMetricsFilter, IsAGoodPipelineCitizen)
{
  const auto colors = MakeColors(6);
  ColorizationTest::ExpectGoodPipelineCitizen(MakeFilter(WithNoise(colors, 20.0), colors).GetPointer());
}

TEST(ColorizationMetricsFilter, RefusesWhatItCannotCompare)
{
  const auto colors = MakeColors(2);
  const auto update = [](auto filter) { return [filter]() { filter->Update(); }; };
  auto       filter = Filter3::New();
  ColorizationTest::ExpectExceptionWith(update(filter), "Input ResultImage is required but not set");

  filter = MakeFilter(colors, colors);
  filter->SetSliceAxis(3);
  ColorizationTest::ExpectExceptionWith(update(filter), "SliceAxis is 3, but has to be 0, 1 or 2.");
  filter = MakeFilter(colors, colors);
  filter->SetRange(0.0);
  ColorizationTest::ExpectExceptionWith(update(filter), "Range is 0, but has to be above 0.");
  filter = MakeFilter(colors, colors);
  filter->SetReferenceRange(-1.0);
  ColorizationTest::ExpectExceptionWith(update(filter), "ReferenceRange is -1, but has to be above 0.");
  filter = MakeFilter(colors, colors);
  filter->SetSourceMinimum(300.0);
  ColorizationTest::ExpectExceptionWith(update(filter),
                                        "SourceMaximum is 255, but has to be above SourceMinimum, 300.");

  filter = MakeFilter(colors, MakeColors(3));
  ColorizationTest::ExpectExceptionWith(update(filter),
                                        "The reference has size [170, 165, 3], but the result has size [170, 165, 2].");

  const auto moved = MakeColors(2);
  auto       origin = moved->GetOrigin();
  origin[1] += 3.0;
  moved->SetOrigin(origin);
  filter = MakeFilter(colors, moved);
  ColorizationTest::ExpectExceptionWith(update(filter), "The reference begins at");
  filter->IgnoreGeometryOn();
  EXPECT_NO_THROW(filter->Update());
  EXPECT_EQ(filter->GetValue(Metric::MSE), 0.0);

  // The first pixel stays where it is.
  const auto keepFirst = [&](auto image)
  {
    const auto        index = colors->GetLargestPossibleRegion().GetIndex();
    Color3::PointType wanted;
    Color3::PointType place;
    colors->TransformIndexToPhysicalPoint(index, wanted);
    image->TransformIndexToPhysicalPoint(index, place);
    image->SetOrigin(image->GetOrigin() + (wanted - place));
  };
  const auto stretched = LuminanceOf(colors);
  auto       spacing = stretched->GetSpacing();
  spacing[2] *= 1.5;
  stretched->SetSpacing(spacing);
  keepFirst(stretched);
  ColorizationTest::ExpectExceptionWith(update(MakeFilter(colors, nullptr, stretched)), "The source has the spacing");

  auto direction = colors->GetDirection();
  direction(2, 2) = -1.0;
  const auto mirrored = MakeColors(2);
  mirrored->SetDirection(direction);
  keepFirst(mirrored);
  ColorizationTest::ExpectExceptionWith(update(MakeFilter(colors, mirrored)), "axes of different directions");

  auto empty = itk::Image<unsigned char, 3>::New();
  empty->CopyInformation(colors);
  empty->SetRegions(colors->GetLargestPossibleRegion());
  empty->Allocate(true);
  filter = MakeFilter(colors, colors);
  filter->SetMaskImage(empty);
  ColorizationTest::ExpectExceptionWith(update(filter), "The mask is 0 everywhere");

  const auto notANumber = MakePattern<Float2>(false);
  notANumber->GetBufferPointer()[17] = std::numeric_limits<float>::quiet_NaN();
  auto floats = itk::ColorizationMetricsFilter<Float2, Float2>::New();
  floats->SetResultImage(notANumber);
  ColorizationTest::ExpectExceptionWith(update(floats), "The result holds 1 values that are NaN or infinite.");

  using TwoType = itk::VectorImage<float, 2>;
  auto twos = itk::ColorizationMetricsFilter<TwoType, Float2>::New();
  twos->SetResultImage(ColorizationTest::MakeImage<TwoType>({ { 20, 20 } }, 2));
  ColorizationTest::ExpectExceptionWith(update(twos),
                                        "The result has 2 components a pixel, but 1, 3 or more are needed.");
}
