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
#include "itkGuidedImageFilter.h"

#include "SmoothingTestUtilities.h"

#include "itkRGBPixel.h"
#include "itkVector.h"

#include <functional>
#include <limits>

namespace
{
using namespace ColorizationTest;
using FloatType = itk::Image<float, 3>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using FilterType = itk::GuidedImageFilter<FloatType>;
using Triple = std::array<std::size_t, 3>;

/** The voxels of the window around `voxel`, cut at the border. */
std::vector<std::size_t>
Window(std::size_t voxel, const Triple & size, const Triple & radius)
{
  Triple begin;
  Triple end;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const std::size_t position = axis == 0   ? voxel % size[0]
                                 : axis == 1 ? voxel / size[0] % size[1]
                                             : voxel / (size[0] * size[1]);
    begin[axis] = position - std::min(position, radius[axis]);
    end[axis] = std::min(position + radius[axis] + 1, size[axis]);
  }
  std::vector<std::size_t> voxels;
  for (std::size_t z = begin[2]; z < end[2]; ++z)
  {
    for (std::size_t y = begin[1]; y < end[1]; ++y)
    {
      for (std::size_t x = begin[0]; x < end[0]; ++x)
      {
        voxels.push_back((z * size[1] + y) * size[0] + x);
      }
    }
  }
  return voxels;
}

double
Mean(const std::vector<double> & values, const std::vector<std::size_t> & voxels)
{
  double sum = 0.0;
  for (const std::size_t voxel : voxels)
  {
    sum += values[voxel];
  }
  return sum / static_cast<double>(voxels.size());
}

double
Covariance(const std::vector<double> & f, const std::vector<double> & g, const std::vector<std::size_t> & voxels)
{
  const double meanF = Mean(f, voxels);
  const double meanG = Mean(g, voxels);
  double       sum = 0.0;
  for (const std::size_t voxel : voxels)
  {
    sum += (f[voxel] - meanF) * (g[voxel] - meanG);
  }
  return sum / static_cast<double>(voxels.size());
}

/** Gaussian elimination with pivots. */
std::vector<double>
Solve(std::vector<std::vector<double>> matrix, std::vector<double> right)
{
  const std::size_t n = right.size();
  for (std::size_t k = 0; k < n; ++k)
  {
    std::size_t pivot = k;
    for (std::size_t i = k; i < n; ++i)
    {
      pivot = std::abs(matrix[i][k]) > std::abs(matrix[pivot][k]) ? i : pivot;
    }
    std::swap(matrix[k], matrix[pivot]);
    std::swap(right[k], right[pivot]);
    for (std::size_t i = 0; i < n; ++i)
    {
      const double factor = i == k ? 0.0 : matrix[i][k] / matrix[k][k];
      for (std::size_t j = k; j < n; ++j)
      {
        matrix[i][j] -= factor * matrix[k][j];
      }
      right[i] -= factor * right[k];
    }
  }
  for (std::size_t k = 0; k < n; ++k)
  {
    right[k] /= matrix[k][k];
  }
  return right;
}

/** The paper's equations, window by window. */
Planes
FilterDirectly(const Planes & values,
               const Planes & guidance,
               const Triple & size,
               const Triple & radius,
               double         epsilon)
{
  const std::size_t voxels = size[0] * size[1] * size[2];
  const std::size_t n = guidance.size();
  Planes            result;
  for (const auto & p : values)
  {
    Planes model(n + 1, std::vector<double>(voxels));
    for (std::size_t voxel = 0; voxel < voxels; ++voxel)
    {
      const auto                       window = Window(voxel, size, radius);
      std::vector<std::vector<double>> matrix(n, std::vector<double>(n));
      std::vector<double>              right(n);
      for (std::size_t i = 0; i < n; ++i)
      {
        for (std::size_t j = 0; j < n; ++j)
        {
          matrix[i][j] = Covariance(guidance[i], guidance[j], window) + (i == j ? epsilon : 0.0);
        }
        right[i] = Covariance(guidance[i], p, window);
      }
      const auto a = Solve(matrix, right);
      model[n][voxel] = Mean(p, window);
      for (std::size_t i = 0; i < n; ++i)
      {
        model[i][voxel] = a[i];
        model[n][voxel] -= a[i] * Mean(guidance[i], window);
      }
    }
    std::vector<double> q(voxels);
    for (std::size_t voxel = 0; voxel < voxels; ++voxel)
    {
      const auto window = Window(voxel, size, radius);
      q[voxel] = Mean(model[n], window);
      for (std::size_t i = 0; i < n; ++i)
      {
        q[voxel] += Mean(model[i], window) * guidance[i][voxel];
      }
    }
    result.push_back(q);
  }
  return result;
}

/** Largest difference, over the largest expected value. */
template <typename TImage>
double
RelativeError(const TImage * image, const Planes & expected)
{
  const Planes planes = ToPlanes(image);
  EXPECT_EQ(planes.size(), expected.size());
  double largest = 0.0;
  double difference = 0.0;
  for (std::size_t c = 0; c < planes.size(); ++c)
  {
    for (std::size_t i = 0; i < planes[c].size(); ++i)
    {
      largest = std::max(largest, std::abs(expected[c][i]));
      // Not std::max(), which drops NaN.
      const double here = std::abs(planes[c][i] - expected[c][i]);
      difference = here <= difference ? difference : here;
    }
  }
  return difference / largest;
}

/** The filter gives what the paper's equations give, for guidance of offset + scale * (0 ... 220). */
template <typename TInput, typename TGuidance>
void
ExpectFollowsEquations(const typename TInput::SizeType & size,
                       unsigned int                      radius,
                       double                            epsilon,
                       double                            scale,
                       double                            offset)
{
  using OutputType = itk::Image<itk::Vector<float, 3>, TInput::ImageDimension>;
  using ScalarType = itk::Image<float, TInput::ImageDimension>;
  using RealType = std::conditional_t<std::is_arithmetic<typename TInput::PixelType>::value, ScalarType, OutputType>;
  auto filter = itk::GuidedImageFilter<TInput, TGuidance, RealType>::New();
  filter->SetInput(MakeBlocks<TInput>(size, 1));
  filter->SetGuidanceImage(MakeBlocks<TGuidance>(size, 2, scale, offset));
  filter->SetRadius(radius);
  filter->SetEpsilon(epsilon);
  filter->Update();
  const Triple coreSize = itk::colorization::CoreSize(size);
  const Planes expected = FilterDirectly(ToPlanes(filter->GetInput()),
                                         ToPlanes(filter->GetGuidanceImage()),
                                         coreSize,
                                         { { radius, radius, radius } },
                                         epsilon);
  EXPECT_LE(RelativeError<RealType>(filter->GetOutput(), expected), 1e-6) << radius;
}

FilterType::Pointer
MakeFilter()
{
  auto filter = FilterType::New();
  filter->SetInput(MakeBlocks<FloatType>({ { 35, 19, 17 } }));
  filter->SetGuidanceImage(MakeBlocks<FloatType>({ { 35, 19, 17 } }, 2));
  filter->SetRadius(2);
  return filter;
}

/** All components together give what each gives alone. */
template <typename TImage, typename TScalarImage>
void
ExpectComponentsOneByOne(unsigned int components)
{
  const typename TImage::SizeType size{ { 12, 9, 5 } };
  const auto                      guidance = MakeBlocks<FloatType>(size, 9);
  const auto                      input = MakeBlocks<TImage>(size, 1, 1.0, 0.0, components);
  auto                            all = itk::GuidedImageFilter<TImage, FloatType>::New();
  all->SetInput(input);
  all->SetGuidanceImage(guidance);
  all->SetRadius(2);
  all->Update();
  const Planes outputs = ToPlanes<TImage>(all->GetOutput());
  const Planes inputs = ToPlanes<TImage>(input);
  ASSERT_EQ(outputs.size(), components);
  for (unsigned int c = 0; c < components; ++c)
  {
    auto        one = itk::GuidedImageFilter<TScalarImage, FloatType>::New();
    std::size_t voxel = 0;
    one->SetInput(MakeImageOf<TScalarImage>(size,
                                            [&](const typename TScalarImage::IndexType &) {
                                              return static_cast<typename TScalarImage::PixelType>(inputs[c][voxel++]);
                                            }));
    one->SetGuidanceImage(guidance);
    one->SetRadius(2);
    one->Update();
    EXPECT_EQ(ToPlanes<TScalarImage>(one->GetOutput())[0], outputs[c]);
  }
}

/** Integer output is that of floats, rounded. */
template <typename TPixel, unsigned int VDimension>
void
ExpectRoundedFloats()
{
  using ImageType = itk::Image<TPixel, VDimension>;
  using RealType = itk::Image<float, VDimension>;
  typename ImageType::SizeType size;
  size.Fill(9);
  const auto input = MakeBlocks<ImageType>(size);
  auto       filter = itk::GuidedImageFilter<ImageType>::New();
  auto       reference = itk::GuidedImageFilter<ImageType, ImageType, RealType>::New();
  filter->SetInput(input);
  reference->SetInput(input);
  filter->Update();
  reference->Update();
  Planes expected = ToPlanes<RealType>(reference->GetOutput());
  for (double & value : expected[0])
  {
    value = std::is_integral<TPixel>::value ? std::floor(value + 0.5) : value;
  }
  EXPECT_EQ(ToPlanes<ImageType>(filter->GetOutput()), expected);
  ExpectSameGeometry(static_cast<const ImageType *>(filter->GetOutput()), static_cast<const ImageType *>(input));
}

/** Makes `region` of the output alone, and compares it with that of all of it. */
void
ExpectRegionEqualsWhole(FilterType * filter, const Triple & begin, const Triple & size)
{
  filter->UpdateLargestPossibleRegion();
  FloatType::Pointer whole = filter->GetOutput();
  whole->DisconnectPipeline();
  auto region = whole->GetLargestPossibleRegion();
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    region.SetIndex(axis, region.GetIndex(axis) + static_cast<itk::IndexValueType>(begin[axis]));
    region.SetSize(axis, size[axis]);
  }
  filter->UpdateOutputInformation();
  filter->GetOutput()->SetRequestedRegion(region);
  filter->Modified();
  filter->Update();
  ASSERT_EQ(filter->GetOutput()->GetBufferedRegion(), region);
  std::size_t different = 0;
  for (itk::ImageRegionConstIteratorWithIndex<FloatType> it(filter->GetOutput(), region); !it.IsAtEnd(); ++it)
  {
    different += it.Get() == whole->GetPixel(it.GetIndex()) ? 0 : 1;
  }
  EXPECT_EQ(different, 0u) << region;
}
} // namespace

TEST(GuidedImageFilter, FollowsTheEquationsWithScalarGuidance)
{
  for (const unsigned int radius : { 1u, 2u, 5u, 40u })
  {
    ExpectFollowsEquations<itk::Image<float, 2>, itk::Image<unsigned char, 2>>({ { 37, 21 } },
                                                                               radius,
                                                                               650.25,
                                                                               1.0,
                                                                               0.0);
  }
  ExpectFollowsEquations<FloatType, itk::Image<unsigned char, 3>>({ { 34, 11, 9 } }, 2, 650.25, 1.0, 0.0);
  ExpectFollowsEquations<FloatType, FloatType>({ { 5, 7, 21 } }, 3, 1e-4, 1.0 / 255.0, 0.0);
  // CT with an offset, and differences that are small beside it.
  ExpectFollowsEquations<itk::Image<short, 3>, itk::Image<unsigned short, 3>>({ { 13, 11, 9 } }, 2, 2.0, 1.0, 60000.0);
  ExpectFollowsEquations<itk::Image<float, 2>, itk::Image<short, 2>>({ { 37, 21 } }, 3, 100.0, 20.0, -1024.0);
  ExpectFollowsEquations<ColorType, itk::Image<unsigned char, 3>>({ { 13, 11, 5 } }, 2, 650.25, 1.0, 0.0);
}

TEST(GuidedImageFilter, FollowsTheEquationsInImagesOfManySlabs)
{
  ExpectFollowsEquations<itk::Image<float, 2>, itk::Image<short, 2>>({ { 451, 700 } }, 2, 650.25, 1.0, 0.0);
  ExpectFollowsEquations<FloatType, FloatType>({ { 385, 350, 3 } }, 1, 650.25, 1.0, 0.0);
}

TEST(GuidedImageFilter, FollowsTheEquationsWithColorGuidance)
{
  using FlatColorType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
  using VectorType = itk::Image<itk::Vector<float, 3>, 3>;
  ExpectFollowsEquations<itk::Image<float, 2>, FlatColorType>({ { 37, 21 } }, 2, 650.25, 1.0, 0.0);
  ExpectFollowsEquations<FlatColorType, FlatColorType>({ { 21, 37 } }, 4, 2.0, 1.0, 0.0);
  ExpectFollowsEquations<FloatType, ColorType>({ { 13, 11, 5 } }, 2, 650.25, 1.0, 0.0);
  ExpectFollowsEquations<ColorType, VectorType>({ { 13, 11, 5 } }, 2, 1e-4, 1.0 / 255.0, 0.0);
  ExpectFollowsEquations<FloatType, VectorType>({ { 13, 11, 5 } }, 2, 2.0, 1.0, 30000.0);
}

TEST(GuidedImageFilter, SmoothsAlongSmoothAxesOnly)
{
  for (const auto & axes :
       { Axes(true, false, false), Axes(false, true, false), Axes(false, false, true), Axes(true, false, true) })
  {
    auto filter = MakeFilter();
    filter->SetSmoothAxes(axes);
    filter->Update();
    EXPECT_LE(RelativeError<FloatType>(filter->GetOutput(),
                                       FilterDirectly(ToPlanes(filter->GetInput()),
                                                      ToPlanes(filter->GetGuidanceImage()),
                                                      { { 35, 19, 17 } },
                                                      { { axes[0] ? 2u : 0u, axes[1] ? 2u : 0u, axes[2] ? 2u : 0u } },
                                                      650.25)),
              1e-6);
  }
}

TEST(GuidedImageFilter, CountsRadiusInPhysicalUnitsWithImageSpacing)
{
  auto filter = MakeFilter();
  filter->UseImageSpacingOn();
  filter->SetRadius(4);
  filter->Update();
  Triple     radius;
  const auto spacing = filter->GetInput()->GetSpacing();
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    radius[axis] = static_cast<std::size_t>(std::round(4.0 * spacing[0] / spacing[axis]));
  }
  ASSERT_LT(radius[2], 3u);
  EXPECT_LE(RelativeError<FloatType>(filter->GetOutput(),
                                     FilterDirectly(ToPlanes(filter->GetInput()),
                                                    ToPlanes(filter->GetGuidanceImage()),
                                                    { { 35, 19, 17 } },
                                                    radius,
                                                    650.25)),
            1e-6);
  ExpectRegionEqualsWhole(filter, { { 5, 6, 7 } }, { { 4, 3, 2 } });
}

TEST(GuidedImageFilter, KeepsAConstant)
{
  auto filter = MakeFilter();
  filter->SetInput(MakeImageOf<FloatType>({ { 35, 19, 17 } }, [](const FloatType::IndexType &) { return 77.0f; }));
  filter->Update();
  EXPECT_LE(RelativeError<FloatType>(filter->GetOutput(), Planes(1, std::vector<double>(35 * 19 * 17, 77.0))), 1e-6);
}

TEST(GuidedImageFilter, ConstantGuidanceGivesTheMeanOfMeans)
{
  auto filter = MakeFilter();
  filter->SetGuidanceImage(
    MakeImageOf<FloatType>({ { 35, 19, 17 } }, [](const FloatType::IndexType &) { return 31000.7f; }));
  filter->SetEpsilon(1e-3);
  filter->Update();
  auto again = MakeFilter();
  again->SetGuidanceImage(MakeImage<FloatType>({ { 35, 19, 17 } }));
  again->Update();
  EXPECT_LE(RelativeError<FloatType>(filter->GetOutput(), ToPlanes<FloatType>(again->GetOutput())), 1e-4);
}

TEST(GuidedImageFilter, RadiusZeroOrNoAxisLeavesTheInput)
{
  auto filter = MakeFilter();
  filter->SetRadius(0);
  filter->Update();
  ExpectSamePixels<FloatType>(filter->GetOutput(), filter->GetInput());
  filter->SetRadius(16);
  filter->SetSmoothAxes(Axes(false, false, false));
  filter->Update();
  ExpectSamePixels<FloatType>(filter->GetOutput(), filter->GetInput());
}

TEST(GuidedImageFilter, GuidesItselfByDefault)
{
  auto filter = MakeFilter();
  filter->SetGuidanceImage(nullptr);
  filter->Update();
  auto same = MakeFilter();
  same->SetGuidanceImage(same->GetInput());
  same->Update();
  ExpectSamePixels<FloatType>(filter->GetOutput(), same->GetOutput());
}

TEST(GuidedImageFilter, FiltersComponentsOneByOne)
{
  ExpectComponentsOneByOne<ColorType, itk::Image<unsigned char, 3>>(3);
  ExpectComponentsOneByOne<itk::Image<itk::Vector<float, 2>, 3>, FloatType>(2);
  ExpectComponentsOneByOne<itk::VectorImage<float, 3>, FloatType>(7);
  ExpectComponentsOneByOne<itk::VectorImage<short, 3>, itk::Image<short, 3>>(4);
}

TEST(GuidedImageFilter, StreamedEqualsWhole)
{
  for (const unsigned int radius : { 0u, 1u, 2u, 3u, 30u })
  {
    auto filter = MakeFilter();
    filter->SetRadius(radius);
    ExpectStreamedEqualsWhole(filter.GetPointer(), 5);
    ExpectStreamedEqualsWhole(filter.GetPointer(), 17);
    filter->SetSmoothAxes(Axes(true, true, false));
    ExpectStreamedEqualsWhole(filter.GetPointer(), 17);
  }
}

TEST(GuidedImageFilter, AnyRegionEqualsWhole)
{
  for (const unsigned int radius : { 1u, 2u, 3u })
  {
    auto filter = MakeFilter();
    filter->SetRadius(radius);
    ExpectRegionEqualsWhole(filter, { { 0, 0, 0 } }, { { 1, 1, 1 } });
    ExpectRegionEqualsWhole(filter, { { 13, 7, 8 } }, { { 3, 2, 1 } });
    ExpectRegionEqualsWhole(filter, { { 20, 0, 0 } }, { { 15, 19, 17 } });
    ExpectRegionEqualsWhole(filter, { { 0, 11, 3 } }, { { 35, 8, 4 } });
  }
}

TEST(GuidedImageFilter, AsksForTwiceTheRadiusAlongSmoothedAxes)
{
  auto filter = MakeFilter();
  filter->SetSmoothAxes(Axes(true, true, false));
  filter->UpdateOutputInformation();
  auto part = filter->GetInput()->GetLargestPossibleRegion();
  part.SetIndex(0, part.GetIndex(0) + 10);
  part.SetIndex(2, part.GetIndex(2) + 10);
  part.SetSize({ { 2, 3, 4 } });
  filter->GetOutput()->SetRequestedRegion(part);
  filter->GetOutput()->PropagateRequestedRegion();
  part.SetIndex(0, part.GetIndex(0) - 4);
  part.SetSize({ { 10, 7, 4 } });
  EXPECT_EQ(filter->GetInput()->GetRequestedRegion(), part);
  EXPECT_EQ(filter->GetGuidanceImage()->GetRequestedRegion(), part);
}

TEST(GuidedImageFilter, TakesAllPixelTypesAndBothDimensionsAndKeepsGeometry)
{
  ExpectRoundedFloats<unsigned char, 2>();
  ExpectRoundedFloats<short, 2>();
  ExpectRoundedFloats<unsigned short, 2>();
  ExpectRoundedFloats<float, 2>();
  ExpectRoundedFloats<unsigned char, 3>();
  ExpectRoundedFloats<short, 3>();
  ExpectRoundedFloats<unsigned short, 3>();
  ExpectRoundedFloats<float, 3>();
}

TEST(GuidedImageFilter, ASliceIsAVolumeOneVoxelThickAndALineAnImageOneVoxelHigh)
{
  const auto pixels = [](const auto & size)
  {
    using ImageType = itk::Image<float, std::decay_t<decltype(size)>::Dimension>;
    auto image = ImageType::New();
    image->SetRegions(size);
    image->Allocate();
    float value = 0.0f;
    for (itk::ImageRegionIterator<ImageType> it(image, image->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
    {
      it.Set(value = 100.0f * static_cast<float>(Noise(static_cast<std::uint32_t>(value))));
    }
    auto filter = itk::GuidedImageFilter<ImageType>::New();
    filter->SetInput(image);
    filter->SetRadius(3);
    filter->Update();
    return ToPlanes<ImageType>(filter->GetOutput());
  };
  EXPECT_EQ(pixels(itk::Size<2>{ { 8, 7 } }), pixels(itk::Size<3>{ { 8, 7, 1 } }));
  EXPECT_EQ(pixels(itk::Size<1>{ { 50 } }), pixels(itk::Size<2>{ { 50, 1 } }));
}

TEST(GuidedImageFilter, SameForAnyThreads)
{
  ExpectSameForAnyThreads(MakeFilter().GetPointer());
}

TEST(GuidedImageFilter, IsAGoodPipelineCitizen)
{
  ExpectGoodPipelineCitizen(MakeFilter().GetPointer());
}

TEST(GuidedImageFilter, NamesWhatIsWrong)
{
  const auto expect = [](const std::function<void(FilterType *)> & spoil, const std::string & part)
  {
    auto filter = MakeFilter();
    spoil(filter);
    ExpectExceptionWith([&]() { filter->Update(); }, part);
  };
  const auto withOne = [](float value)
  {
    auto image = MakeBlocks<FloatType>({ { 35, 19, 17 } });
    image->SetPixel(image->GetLargestPossibleRegion().GetIndex(), value);
    return image;
  };
  expect([](FilterType * f) { f->SetEpsilon(0.0); }, "Epsilon is 0, but has to be above 0 and finite.");
  expect([](FilterType * f) { f->SetEpsilon(-2.0); }, "Epsilon is -2, but has to be above 0 and finite.");
  expect([](FilterType * f) { f->SetEpsilon(std::nan("")); }, "Epsilon is nan");
  expect([](FilterType * f) { f->SetEpsilon(std::numeric_limits<double>::infinity()); }, "Epsilon is inf");
  expect(
    [](FilterType * f) {
      f->SetGuidanceImage(MakeImage<FloatType>({ { 4, 4, 4 } }));
    },
    "The guidance has size [4, 4, 4]");
  auto moved = MakeBlocks<FloatType>({ { 35, 19, 17 } });
  moved->SetOrigin(itk::Point<double, 3>(1.0));
  expect([&](FilterType * f) { f->SetGuidanceImage(moved); }, "physical space");
  expect([&](FilterType * f) { f->SetInput(withOne(std::numeric_limits<float>::quiet_NaN())); },
         "The input holds 1 values that are NaN or infinite.");
  expect([&](FilterType * f) { f->SetGuidanceImage(withOne(std::numeric_limits<float>::infinity())); },
         "The guidance holds 1 values that are NaN or infinite.");
}

TEST(GuidedImageFilter, NamesTheGuidancesNumberOfComponents)
{
  using TwoType = itk::Image<itk::Vector<float, 2>, 3>;
  auto guided = itk::GuidedImageFilter<FloatType, TwoType>::New();
  guided->SetInput(MakeBlocks<FloatType>({ { 4, 4, 4 } }));
  guided->SetGuidanceImage(MakeImage<TwoType>({ { 4, 4, 4 } }));
  ExpectExceptionWith([&]() { guided->Update(); }, "The guidance has 2 components, but has to have 1 or 3.");
  auto alone = itk::GuidedImageFilter<itk::VectorImage<float, 3>>::New();
  alone->SetInput(MakeImage<itk::VectorImage<float, 3>>({ { 4, 4, 4 } }, 4));
  ExpectExceptionWith([&]() { alone->Update(); }, "The guidance has 4 components, but has to have 1 or 3.");
}
