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
#include "itkColorSpaceImageFilter.h"

#include "ColorizationTestUtilities.h"

#include "itkRGBAPixel.h"
#include "itkRGBPixel.h"
#include "itkVector.h"

#include <algorithm>
#include <sstream>

namespace
{
using Space = itk::ColorSpaceEnums::ColorSpace;
using itk::colorization::Color;
using Color3 = itk::Vector<float, 3>;
using Color4 = itk::Vector<float, 4>;
template <typename TComponent>
using RGB = itk::RGBPixel<TComponent>;
template <typename TComponent>
using RGBA = itk::RGBAPixel<TComponent>;

struct Primary
{
  Color rgb;
  Color lab;
  Color yuv;
};

// Lab as B. Lindbloom's calculator gives it for sRGB and D65; YUV from the rounded matrix of the literature.
const Primary Primaries[] = { { { 1, 0, 0 }, { 53.2408f, 80.0925f, 67.2032f }, { 0.299f, -0.14713f, 0.615f } },
                              { { 0, 1, 0 }, { 87.7347f, -86.1827f, 83.1793f }, { 0.587f, -0.28886f, -0.51499f } },
                              { { 0, 0, 1 }, { 32.2970f, 79.1875f, -107.8602f }, { 0.114f, 0.436f, -0.10001f } },
                              { { 0, 1, 1 }, { 91.1132f, -48.0875f, -14.1312f }, { 0.701f, 0.14713f, -0.615f } },
                              { { 1, 0, 1 }, { 60.3242f, 98.2343f, -60.8249f }, { 0.413f, 0.28886f, 0.51499f } },
                              { { 1, 1, 0 }, { 97.1393f, -21.5537f, 94.4780f }, { 0.886f, -0.436f, 0.10001f } },
                              { { 1, 1, 1 }, { 100, 0, 0 }, { 1, 0, 0 } },
                              { { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } } };

template <typename TPixel>
TPixel
MakePixel(double a, double b, double c)
{
  TPixel pixel;
  pixel[0] = static_cast<typename TPixel::ComponentType>(a);
  pixel[1] = static_cast<typename TPixel::ComponentType>(b);
  pixel[2] = static_cast<typename TPixel::ComponentType>(c);
  return pixel;
}

template <typename TOutputImage, typename TInputImage>
typename itk::ColorSpaceImageFilter<TInputImage, TOutputImage>::Pointer
MakeFilter(const TInputImage * image, Space from, Space to)
{
  auto filter = itk::ColorSpaceImageFilter<TInputImage, TOutputImage>::New();
  filter->SetInput(image);
  filter->SetInputSpace(from);
  filter->SetOutputSpace(to);
  return filter;
}

template <typename TOutputPixel, typename TInputPixel>
typename itk::Image<TOutputPixel, 2>::Pointer
ConvertImage(const itk::Image<TInputPixel, 2> * image, Space from, Space to)
{
  const auto filter = MakeFilter<itk::Image<TOutputPixel, 2>>(image, from, to);
  filter->Update();
  return filter->GetOutput();
}

/** One pixel on its way through the filter. */
template <typename TOutputPixel, typename TInputPixel>
TOutputPixel
Convert(const TInputPixel & pixel, Space from, Space to)
{
  const auto image = ColorizationTest::MakeImage<itk::Image<TInputPixel, 2>>({ { 1, 1 } });
  image->FillBuffer(pixel);
  return ConvertImage<TOutputPixel>(image.GetPointer(), from, to)
    ->GetPixel(image->GetLargestPossibleRegion().GetIndex());
}

template <typename TColor>
void
ExpectColorNear(const TColor & color, const Color & expected, double tolerance)
{
  for (unsigned int c = 0; c < 3; ++c)
  {
    EXPECT_NEAR(color[c], expected[c], tolerance) << "component " << c;
  }
}

/** Colours that differ from pixel to pixel; `scale` is the largest component. */
template <typename TImage>
typename TImage::Pointer
MakeColors(const typename TImage::SizeType & size, double scale)
{
  std::uint32_t k = 0;
  return ColorizationTest::MakeImageOf<TImage>(size,
                                               [&](const typename TImage::IndexType &)
                                               {
                                                 k += 3;
                                                 return MakePixel<typename TImage::PixelType>(
                                                   scale * ColorizationTest::Noise(k),
                                                   scale * ColorizationTest::Noise(k + 1),
                                                   scale * ColorizationTest::Noise(k + 2));
                                               });
}

/** Every colour whose bytes are multiples of five. */
itk::Image<RGB<unsigned char>, 2>::Pointer
MakeByteColors()
{
  return ColorizationTest::MakeImageOf<itk::Image<RGB<unsigned char>, 2>>(
    { { 52, 52 * 52 } },
    [](const itk::Index<2> & position)
    { return MakePixel<RGB<unsigned char>>(5 * position[0], 5 * (position[1] % 52), 5 * (position[1] / 52)); });
}

bool
IsInUnitCube(const Color & rgb, float tolerance)
{
  return std::all_of(rgb.begin(), rgb.end(), [=](float c) { return c >= -tolerance && c <= 1.0f + tolerance; });
}

/** Components 1 and 2 multiplied. */
Color
ScaleChroma(const Color & color, float factor)
{
  return { { color[0], factor * color[1], factor * color[2] } };
}
} // namespace

TEST(ColorSpaceImageFilter, GivesThePublishedLabOfThePrimaries)
{
  for (const Primary & primary : Primaries)
  {
    const Color & rgb = primary.rgb;
    ExpectColorNear(Convert<Color3>(MakePixel<RGB<float>>(rgb[0], rgb[1], rgb[2]), Space::RGB, Space::Lab),
                    primary.lab,
                    1e-4);
    ExpectColorNear(
      Convert<RGB<float>>(MakePixel<Color3>(primary.lab[0], primary.lab[1], primary.lab[2]), Space::Lab, Space::RGB),
      rgb,
      1e-4);
  }
}

TEST(ColorSpaceImageFilter, GivesThePublishedYUVOfThePrimaries)
{
  for (const Primary & primary : Primaries)
  {
    const Color & rgb = primary.rgb;
    ExpectColorNear(Convert<Color3>(MakePixel<RGB<float>>(rgb[0], rgb[1], rgb[2]), Space::RGB, Space::YUV),
                    primary.yuv,
                    1e-5);
    ExpectColorNear(
      Convert<RGB<float>>(MakePixel<Color3>(primary.yuv[0], primary.yuv[1], primary.yuv[2]), Space::YUV, Space::RGB),
      rgb,
      2e-5);
  }
}

TEST(ColorSpaceImageFilter, BringsByteColorsBackFromLabAndYUV)
{
  const auto colors = MakeByteColors();
  for (const Space space : { Space::Lab, Space::YUV })
  {
    const auto there = ConvertImage<Color3>(colors.GetPointer(), Space::RGB, space);
    const auto back = ConvertImage<RGB<unsigned char>>(there.GetPointer(), space, Space::RGB);
    ColorizationTest::ExpectSamePixels(back.GetPointer(), colors.GetPointer());
  }
}

TEST(ColorSpaceImageFilter, BringsFloatColorsBackFromLabAndYUV)
{
  const auto colors = MakeColors<itk::Image<RGB<float>, 2>>({ { 40, 40 } }, 1.0);
  for (const Space space : { Space::Lab, Space::YUV })
  {
    const auto there = ConvertImage<Color3>(colors.GetPointer(), Space::RGB, space);
    const auto back = ConvertImage<RGB<float>>(there.GetPointer(), space, Space::RGB);
    double     worst = 0.0;
    for (std::size_t i = 0; i < 1600; ++i)
    {
      for (unsigned int c = 0; c < 3; ++c)
      {
        worst = std::max<double>(worst, std::abs(back->GetBufferPointer()[i][c] - colors->GetBufferPointer()[i][c]));
      }
    }
    EXPECT_LT(worst, space == Space::Lab ? 5e-6 : 5e-7);
  }
}

TEST(ColorSpaceImageFilter, LabToYUVGoesThroughRGB)
{
  for (const Primary & primary : Primaries)
  {
    const auto lab = MakePixel<Color3>(primary.lab[0], primary.lab[1], primary.lab[2]);
    const auto yuv = MakePixel<Color3>(primary.yuv[0], primary.yuv[1], primary.yuv[2]);
    ExpectColorNear(Convert<Color3>(lab, Space::Lab, Space::YUV), primary.yuv, 1e-4);
    ExpectColorNear(Convert<Color3>(yuv, Space::YUV, Space::Lab), primary.lab, 1e-2);
  }
}

TEST(ColorSpaceImageFilter, LuminanceIsTheLumaOfBT601)
{
  // 0.299 * 10 + 0.587 * 200 + 0.114 * 77 = 129.168
  EXPECT_EQ(Convert<unsigned char>(MakePixel<RGB<unsigned char>>(10, 200, 77), Space::RGB, Space::Luminance), 129);
  EXPECT_NEAR(Convert<float>(MakePixel<RGB<unsigned char>>(10, 200, 77), Space::RGB, Space::Luminance),
              129.168 / 255,
              1e-7);
  EXPECT_NEAR(Convert<float>(MakePixel<Color3>(0.25, 0.1, -0.2), Space::YUV, Space::Luminance), 0.25, 1e-7);
  EXPECT_NEAR(Convert<float>(MakePixel<Color3>(53.38897, 0, 0), Space::Lab, Space::Luminance), 0.5, 1e-6);
}

TEST(ColorSpaceImageFilter, LuminanceGivesGray)
{
  const auto gray = Convert<RGB<unsigned char>>(static_cast<unsigned char>(119), Space::Luminance, Space::RGB);
  EXPECT_EQ(gray, MakePixel<RGB<unsigned char>>(119, 119, 119));
  ExpectColorNear(Convert<Color3>(0.5f, Space::Luminance, Space::Lab), { { 53.38897f, 0, 0 } }, 3e-5);
  ExpectColorNear(Convert<Color3>(0.5f, Space::Luminance, Space::YUV), { { 0.5f, 0, 0 } }, 1e-7);
  for (const float encoded : { 0.0f, 0.01f, 0.04045f, 0.2f, 0.73f, 1.0f })
  {
    EXPECT_NEAR(itk::colorization::GrayToLightness(encoded),
                itk::colorization::RGBToLab({ { encoded, encoded, encoded } })[0],
                2e-5);
  }
}

TEST(ColorSpaceImageFilter, FillsTheRangeOfTheComponentType)
{
  for (int value = 0; value < 256; ++value)
  {
    const auto byte = static_cast<unsigned char>(value);
    // 65535 = 257 * 255
    const auto wide = Convert<unsigned short>(byte, Space::Luminance, Space::Luminance);
    EXPECT_EQ(wide, 257 * value);
    EXPECT_EQ(Convert<unsigned char>(wide, Space::Luminance, Space::Luminance), byte);
    EXPECT_FLOAT_EQ(Convert<float>(byte, Space::Luminance, Space::Luminance), static_cast<float>(value / 255.0));
  }
  EXPECT_EQ(Convert<short>(1.0f, Space::Luminance, Space::Luminance), 32767);
  EXPECT_FLOAT_EQ(Convert<float>(short{ 16384 }, Space::Luminance, Space::Luminance), 16384.0f / 32767.0f);
  EXPECT_EQ(Convert<RGB<short>>(MakePixel<RGB<unsigned char>>(255, 51, 0), Space::RGB, Space::RGB),
            MakePixel<RGB<short>>(32767, 6553, 0));
}

TEST(ColorSpaceImageFilter, ClampsOnlyIntegersToTheGamut)
{
  const Color lab{ { 60.0f, 100.0f, 90.0f } };
  const Color rgb = itk::colorization::LabToRGB(lab);
  ASSERT_GT(rgb[0], 1.0f);
  ASSERT_LT(rgb[1], 0.0f);
  const auto pixel = MakePixel<Color3>(lab[0], lab[1], lab[2]);
  EXPECT_EQ(Convert<RGB<float>>(pixel, Space::Lab, Space::RGB), MakePixel<RGB<float>>(rgb[0], rgb[1], rgb[2]));
  const auto bytes = Convert<RGB<unsigned char>>(pixel, Space::Lab, Space::RGB);
  EXPECT_EQ(bytes[0], 255);
  EXPECT_EQ(bytes[1], 0);
  EXPECT_EQ(Convert<RGB<unsigned char>>(MakePixel<Color3>(0.9, 0.4, -0.6), Space::YUV, Space::RGB)[2], 255);
  // A signed type has room for what is below 0, but RGB does not use it.
  EXPECT_EQ(Convert<RGB<short>>(pixel, Space::Lab, Space::RGB)[1], 0);
}

TEST(ColorSpaceImageFilter, IgnoresAlphaAndMakesItOpaque)
{
  RGBA<unsigned char> color;
  color.Set(10, 200, 77, 7);
  RGBA<unsigned char> opaque = color;
  opaque.SetAlpha(255);
  EXPECT_EQ(Convert<RGBA<unsigned char>>(color, Space::RGB, Space::RGB), opaque);
  EXPECT_EQ(Convert<RGBA<unsigned short>>(color, Space::RGB, Space::RGB).GetAlpha(), 65535);
  EXPECT_EQ(Convert<RGBA<float>>(color, Space::RGB, Space::RGB).GetAlpha(), 1.0f);
  EXPECT_EQ(Convert<Color4>(color, Space::RGB, Space::Lab)[3], 1.0f);
  EXPECT_EQ(Convert<RGB<unsigned char>>(color, Space::RGB, Space::RGB), MakePixel<RGB<unsigned char>>(10, 200, 77));
  EXPECT_EQ(Convert<Color3>(color, Space::RGB, Space::Lab),
            Convert<Color3>(MakePixel<RGB<unsigned char>>(10, 200, 77), Space::RGB, Space::Lab));
  EXPECT_EQ(Convert<RGBA<unsigned char>>(static_cast<unsigned char>(9), Space::Luminance, Space::RGB).GetAlpha(), 255);
}

TEST(ColorSpaceImageFilter, ChoosesTheLengthOfAVectorImage)
{
  using VectorImageType = itk::VectorImage<float, 2>;
  const auto colors = MakeColors<itk::Image<RGB<float>, 2>>({ { 7, 5 } }, 1.0);
  const auto fixed = ConvertImage<Color3>(colors.GetPointer(), Space::RGB, Space::Lab);
  const auto toLab = MakeFilter<VectorImageType>(colors.GetPointer(), Space::RGB, Space::Lab);
  const auto toLuminance = MakeFilter<VectorImageType>(toLab->GetOutput(), Space::Lab, Space::Luminance);
  toLuminance->Update();
  EXPECT_EQ(toLab->GetOutput()->GetNumberOfComponentsPerPixel(), 3u);
  EXPECT_EQ(toLuminance->GetOutput()->GetNumberOfComponentsPerPixel(), 1u);
  const float * lab = toLab->GetOutput()->GetBufferPointer();
  EXPECT_TRUE(std::equal(lab, lab + 3 * 35, fixed->GetBufferPointer()->GetDataPointer()));
}

TEST(ColorSpace, TransferFunctionHasItsPublishedKnots)
{
  using namespace itk::colorization;
  EXPECT_EQ(SRGBToLinear(0.0f), 0.0f);
  EXPECT_EQ(SRGBToLinear(1.0f), 1.0f);
  EXPECT_NEAR(SRGBToLinear(0.5f), 0.2140411, 1e-7);
  EXPECT_NEAR(SRGBToLinear(0.04045f), 0.0031308, 1e-8);
  for (int k = 0; k <= 1000; ++k)
  {
    EXPECT_NEAR(LinearToSRGB(SRGBToLinear(k / 1000.0f)), k / 1000.0, 3e-7);
  }
}

TEST(ColorSpace, DifferenceIsEuclidean)
{
  EXPECT_FLOAT_EQ(itk::colorization::ColorDifferenceCIE76({ { 50, 10, -20 } }, { { 52, 7, -14 } }), 7.0f);
}

TEST(ColorSpace, LabInGamutKeepsLightnessAndHue)
{
  using namespace itk::colorization;
  for (float lightness = 1.0f; lightness < 100.0f; lightness += 3.0f)
  {
    for (float hue = 0.0f; hue < 6.28f; hue += 0.1f)
    {
      for (float chroma = 10.0f; chroma < 170.0f; chroma += 30.0f)
      {
        const Color lab{ { lightness, chroma * std::cos(hue), chroma * std::sin(hue) } };
        const Color rgb = LabToRGBInGamut(lab);
        ASSERT_TRUE(IsInUnitCube(rgb, 0.0f));
        const Color  shown = RGBToLab(rgb);
        const double along = shown[1] * std::cos(hue) + shown[2] * std::sin(hue);
        const double across = shown[1] * std::sin(hue) - shown[2] * std::cos(hue);
        // Linear light may leave the gamut by 1e-4 before it is clamped: visible in numbers only where it is dark.
        ASSERT_NEAR(shown[0], lightness, 0.1);
        ASSERT_NEAR(across, 0.0, 0.2);
        if (IsInUnitCube(LabToRGB(lab), 0.0f))
        {
          ASSERT_NEAR(along, chroma, 0.01);
        }
        else
        {
          ASSERT_LE(along, chroma + 0.01);
          const auto factor = static_cast<float>(along / chroma);
          ASSERT_FALSE(IsInUnitCube(LabToRGB(ScaleChroma(lab, factor + 0.002f)), 0.0f)) << "more chroma would fit";
        }
      }
    }
  }
}

TEST(ColorSpace, LabInGamutIsGrayBeyondBlackAndWhite)
{
  ExpectColorNear(itk::colorization::LabToRGBInGamut({ { 120, 30, 20 } }), { { 1, 1, 1 } }, 1e-6);
  ExpectColorNear(itk::colorization::LabToRGBInGamut({ { -5, 30, 20 } }), { { 0, 0, 0 } }, 1e-6);
}

TEST(ColorSpace, YUVInGamutKeepsLumaAndHue)
{
  using namespace itk::colorization;
  for (float luma = 0.02f; luma < 1.0f; luma += 0.05f)
  {
    for (float hue = 0.0f; hue < 6.28f; hue += 0.1f)
    {
      for (float chroma = 0.05f; chroma < 0.8f; chroma += 0.15f)
      {
        const Color yuv{ { luma, chroma * std::cos(hue), chroma * std::sin(hue) } };
        const Color rgb = YUVToRGBInGamut(yuv);
        ASSERT_TRUE(IsInUnitCube(rgb, 0.0f));
        const Color  shown = RGBToYUV(rgb);
        const double along = shown[1] * std::cos(hue) + shown[2] * std::sin(hue);
        ASSERT_NEAR(shown[0], luma, 1e-4);
        ASSERT_NEAR(shown[1] * std::sin(hue) - shown[2] * std::cos(hue), 0.0, 1e-4);
        if (IsInUnitCube(YUVToRGB(yuv), 0.0f))
        {
          ASSERT_NEAR(along, chroma, 1e-6);
        }
        else
        {
          ASSERT_LE(along, chroma + 1e-4);
          const auto factor = static_cast<float>(along / chroma);
          ASSERT_FALSE(IsInUnitCube(YUVToRGB(ScaleChroma(yuv, factor + 0.002f)), 0.0f)) << "more chroma would fit";
        }
      }
    }
  }
}

TEST(ColorSpaceImageFilter, RefusesNumbersOfComponentsThatDoNotFit)
{
  using ColorSpaceTestImage = itk::Image<Color3, 2>;
  using ScalarImage = itk::Image<float, 2>;
  using VectorImageType = itk::VectorImage<float, 2>;
  const auto colors = ColorizationTest::MakeImage<ColorSpaceTestImage>({ { 3, 3 } });
  const auto scalars = ColorizationTest::MakeImage<ScalarImage>({ { 3, 3 } });
  const auto pairs = ColorizationTest::MakeImage<VectorImageType>({ { 3, 3 } }, 2);
  ColorizationTest::ExpectExceptionWith(
    [&] { MakeFilter<ColorSpaceTestImage>(scalars.GetPointer(), Space::RGB, Space::Lab)->Update(); },
    "The input has 1 components, but RGB needs 3");
  ColorizationTest::ExpectExceptionWith(
    [&] { MakeFilter<ColorSpaceTestImage>(pairs.GetPointer(), Space::YUV, Space::Lab)->Update(); },
    "The input has 2 components, but YUV needs 3");
  ColorizationTest::ExpectExceptionWith(
    [&] { MakeFilter<ColorSpaceTestImage>(colors.GetPointer(), Space::Luminance, Space::Lab)->Update(); },
    "The input has 3 components, but luminance needs 1");
  ColorizationTest::ExpectExceptionWith(
    [&] { MakeFilter<ScalarImage>(colors.GetPointer(), Space::RGB, Space::Lab)->Update(); },
    "The output has 1 components, but CIE Lab needs 3");
  ColorizationTest::ExpectExceptionWith(
    [&] { MakeFilter<ColorSpaceTestImage>(colors.GetPointer(), Space::RGB, Space::Luminance)->Update(); },
    "The output has 3 components, but luminance needs 1");
}

TEST(ColorSpaceImageFilter, RefusesLabAndYUVInIntegers)
{
  using ByteImage = itk::Image<RGB<unsigned char>, 2>;
  using ShortVectorImage = itk::VectorImage<short, 2>;
  const auto bytes = ColorizationTest::MakeImage<ByteImage>({ { 3, 3 } });
  ColorizationTest::ExpectExceptionWith(
    [&] { MakeFilter<ByteImage>(bytes.GetPointer(), Space::RGB, Space::Lab)->Update(); },
    "The output has integer components, but CIE Lab needs floating-point");
  ColorizationTest::ExpectExceptionWith(
    [&] { MakeFilter<ShortVectorImage>(bytes.GetPointer(), Space::RGB, Space::YUV)->Update(); },
    "The output has integer components, but YUV needs floating-point");
  ColorizationTest::ExpectExceptionWith(
    [&] { MakeFilter<ByteImage>(bytes.GetPointer(), Space::YUV, Space::RGB)->Update(); },
    "The input has integer components, but YUV needs floating-point");
  ColorizationTest::ExpectExceptionWith(
    [&] { MakeFilter<ByteImage>(bytes.GetPointer(), Space::Lab, Space::RGB)->Update(); },
    "The input has integer components, but CIE Lab needs floating-point");
}

TEST(ColorSpaceImageFilter, AsksForThePixelsItMakes)
{
  const auto                colors = MakeColors<itk::Image<RGB<float>, 2>>({ { 9, 8 } }, 1.0);
  const auto                filter = MakeFilter<itk::Image<Color3, 2>>(colors.GetPointer(), Space::RGB, Space::Lab);
  const itk::ImageRegion<2> part({ { 5, 1 } }, { { 4, 2 } });
  filter->GetOutput()->SetRequestedRegion(part);
  filter->Update();
  EXPECT_EQ(colors->GetRequestedRegion(), part);
  EXPECT_EQ(filter->GetOutput()->GetBufferedRegion(), part);
}

TEST(ColorSpaceImageFilter, SaysItsSpaces)
{
  const auto         filter = itk::ColorSpaceImageFilter<itk::Image<Color3, 2>, itk::Image<Color3, 2>>::New();
  std::ostringstream text;
  text << filter;
  EXPECT_NE(text.str().find("InputSpace: RGB"), std::string::npos);
  EXPECT_NE(text.str().find("OutputSpace: CIE Lab"), std::string::npos);
}

namespace
{
template <typename TComponent>
class ColorSpaceImageFilterOf : public testing::Test
{
};
using ComponentTypes = testing::Types<unsigned char, short, unsigned short, float>;
TYPED_TEST_SUITE(ColorSpaceImageFilterOf, ComponentTypes, );

/** What every filter has to do, on an image of `size`. */
template <typename TComponent, unsigned int VDimension>
void
ExpectPixelwiseFilter(const itk::Size<VDimension> & size)
{
  using InputImage = itk::Image<RGB<TComponent>, VDimension>;
  const double scale =
    std::is_integral<TComponent>::value ? static_cast<double>(itk::NumericTraits<TComponent>::max()) : 1.0;
  const auto colors = MakeColors<InputImage>(size, scale);
  const auto filter = MakeFilter<itk::Image<Color3, VDimension>>(colors.GetPointer(), Space::RGB, Space::Lab);
  filter->Update();
  ColorizationTest::ExpectSameGeometry(filter->GetOutput(), colors.GetPointer());
  for (std::size_t i = 0; i < colors->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    Color rgb;
    std::transform(colors->GetBufferPointer()[i].Begin(),
                   colors->GetBufferPointer()[i].End(),
                   rgb.begin(),
                   [=](TComponent c) { return static_cast<float>(c / scale); });
    ExpectColorNear(filter->GetOutput()->GetBufferPointer()[i], itk::colorization::RGBToLab(rgb), 1e-5);
  }
  ColorizationTest::ExpectSameForAnyThreads(filter.GetPointer());
  ColorizationTest::ExpectStreamedEqualsWhole(filter.GetPointer(), 4);
  ColorizationTest::ExpectGoodPipelineCitizen(filter.GetPointer());
}
} // namespace

TYPED_TEST(ColorSpaceImageFilterOf, IsPixelwiseInTwoDimensions)
{
  ExpectPixelwiseFilter<TypeParam, 2>({ { 13, 11 } });
}

TYPED_TEST(ColorSpaceImageFilterOf, IsPixelwiseInThreeDimensions)
{
  ExpectPixelwiseFilter<TypeParam, 3>({ { 7, 6, 5 } });
}
