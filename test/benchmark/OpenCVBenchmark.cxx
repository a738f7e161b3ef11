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
// Times of OpenCV's ximgproc for what SmoothingBenchmark.cxx does, and how far its results are from ours.

#include "BenchmarkImages.h"

#include "itkFastGlobalSmoother.h"

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/ximgproc.hpp>

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

namespace
{
constexpr int Side = 2048;

cv::Mat
MakePicture(int type, std::size_t components)
{
  cv::Mat picture(Side, Side, type);
  if (picture.depth() == CV_8U)
  {
    const auto pixels = BenchmarkImages::MakeShapes<unsigned char>(Side, Side, 1, components);
    std::memcpy(picture.data, pixels.data(), pixels.size());
  }
  else
  {
    const auto pixels = BenchmarkImages::MakeShapes<float>(Side, Side, 1, components);
    std::memcpy(picture.data, pixels.data(), pixels.size() * sizeof(float));
  }
  return picture;
}

/** Runs smooth(guidance, picture, result) on the threads of the benchmark's argument. */
template <typename TSmooth>
void
SmoothPicture(benchmark::State & state, const TSmooth & smooth)
{
  static const cv::Mat picture = MakePicture(CV_32FC3, 3);
  static const cv::Mat guidance = MakePicture(CV_8U, 1);
  cv::setNumThreads(static_cast<int>(state.range(0)));
  cv::Mat result;
  for (auto _ : state)
  {
    smooth(guidance, picture, result);
    benchmark::DoNotOptimize(result.data);
  }
}

void
FastGlobalSmoother(benchmark::State & state)
{
  SmoothPicture(state,
                [](const cv::Mat & guidance, const cv::Mat & picture, cv::Mat & result)
                { cv::ximgproc::fastGlobalSmootherFilter(guidance, picture, result, 900.0, 25.5); });
}

void
GuidedFilter(benchmark::State & state)
{
  SmoothPicture(state,
                [](const cv::Mat & guidance, const cv::Mat & picture, cv::Mat & result)
                { cv::ximgproc::guidedFilter(guidance, picture, result, 16, 650.25); });
}

void
DomainTransform(benchmark::State & state)
{
  SmoothPicture(state,
                [](const cv::Mat & guidance, const cv::Mat & picture, cv::Mat & result)
                { cv::ximgproc::dtFilter(guidance, picture, result, 60.0, 102.0, cv::ximgproc::DTF_RF); });
}

/** Not a time: the mean absolute difference of both results on a real photograph, of 255. */
void
Agreement(benchmark::State & state, const std::string & photograph, bool isColorGuidance)
{
  const cv::Mat bytes = cv::imread(std::string(BENCHMARK_PHOTOGRAPH_FOLDER) + photograph, cv::IMREAD_COLOR);
  if (bytes.empty())
  {
    state.SkipWithError("The photograph cannot be read; it comes with Debian's insighttoolkit5-examples.");
    return;
  }
  cv::Mat picture;
  cv::Mat guidance = bytes;
  cv::Mat expected;
  bytes.convertTo(picture, CV_32F);
  if (!isColorGuidance)
  {
    cv::cvtColor(bytes, guidance, cv::COLOR_BGR2GRAY);
  }
  namespace core = itk::colorization;
  core::FastGlobalSmootherParameters parameters;
  parameters.sigma = 25.5;
  parameters.attenuation = core::SmoothingAttenuation::OpenCV;
  const std::array<std::size_t, 3> size{
    { static_cast<std::size_t>(bytes.cols), static_cast<std::size_t>(bytes.rows), 1 }
  };
  const unsigned int guidanceComponents = isColorGuidance ? 3 : 1;
  double             sum = 0.0;
  for (auto _ : state)
  {
    cv::ximgproc::fastGlobalSmootherFilter(guidance, picture, expected, parameters.lambda, parameters.sigma);
    cv::Mat result = picture.clone();
    core::FastGlobalSmooth(result.ptr<float>(),
                           3,
                           core::MakeGuidanceView(guidance.data, guidanceComponents, size),
                           size,
                           parameters);
    sum = cv::norm(result, expected, cv::NORM_L1);
  }
  state.counters["mean difference"] = sum / (3.0 * static_cast<double>(bytes.total()));
}

void
Threads(benchmark::internal::Benchmark * b)
{
  b->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
}
} // namespace

BENCHMARK(FastGlobalSmoother)->Name("FGS 2048x2048 RGB/OpenCV")->Apply(Threads);
BENCHMARK(GuidedFilter)->Name("Guided 2048x2048 RGB/OpenCV")->Apply(Threads);
BENCHMARK(DomainTransform)->Name("DomainTransform 2048x2048 RGB/OpenCV")->Apply(Threads);
BENCHMARK_CAPTURE(Agreement, HeadSlice, "VisibleWomanHeadSlice.png", false)->Name("AgreementWithOpenCV/head, gray");
BENCHMARK_CAPTURE(Agreement, HeadSliceColor, "VisibleWomanHeadSlice.png", true)->Name("AgreementWithOpenCV/head, RGB");
BENCHMARK_CAPTURE(Agreement, EyeSlice, "VisibleWomanEyeSlice.png", true)->Name("AgreementWithOpenCV/eye, RGB");
