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
#include "itkColorMedGANGenerator.h"
#include "itkCrossModalGenerator.h"
#include "itkEdgeAwareDiscriminator.h"
#include "itkFCN3D.h"
#include "itkPix2PixGenerator.h"
#include "itkUNetSegmenter.h"
#include "itkVGG19.h"
#include "training/itkAdversarialLoss.h"
#include "training/itkCycleLoss.h"
#include "training/itkEdgeLoss.h"
#include "training/itkGrayLoss.h"
#include "training/itkPerceptualLoss.h"
#include "training/itkSegmentationLoss.h"
#include "training/itkStructuralSimilarityLoss.h"

#include <gtest/gtest.h>

#include <functional>

namespace
{
using namespace itk::colorization;
using torch::Tensor;
using LossOfPicture = std::function<Tensor(const Tensor & x)>;

const auto Double = torch::TensorOptions().dtype(torch::kFloat64);

/** The derivatives by 12 of the values of x are those of central differences. */
void
ExpectGradient(const LossOfPicture & loss, const Tensor & start)
{
  constexpr double step = 1e-6;
  Tensor           x = start.clone().requires_grad_(true);
  loss(x).backward();
  ASSERT_TRUE(x.grad().defined());
  const Tensor       gradient = x.grad().flatten();
  torch::NoGradGuard noGradient;
  double             greatest = 0.0;
  for (std::int64_t k = 0; k < 12; ++k)
  {
    const std::int64_t i = k * (start.numel() - 1) / 11;
    Tensor             above = start.clone();
    Tensor             below = start.clone();
    above.view({ -1 })[i] += step;
    below.view({ -1 })[i] -= step;
    const double expected = (loss(above).item<double>() - loss(below).item<double>()) / (2.0 * step);
    EXPECT_NEAR(gradient[i].item<double>(), expected, 1e-5 * std::max(std::abs(expected), 1e-2)) << i;
    greatest = std::max(greatest, std::abs(expected));
  }
  EXPECT_GT(greatest, 1e-6);
}

Tensor
RandomPicture(std::int64_t channels, std::uint64_t seed)
{
  torch::manual_seed(seed);
  return torch::rand({ 2, channels, 12, 14 }, Double);
}

/** The pictures whose similarity is known: extents 64, and twice the first axis. */
std::pair<Tensor, Tensor>
KnownPictures()
{
  const Tensor i = torch::arange(64, Double).unsqueeze(1);
  const Tensor j = torch::arange(64, Double).unsqueeze(0);
  const Tensor x = 0.5 + 0.4 * torch::sin(0.3 * i) * torch::cos(0.2 * j);
  const Tensor y = 0.8 * x + 0.05 + 0.05 * torch::sin(1.7 * i + 0.9 * j);
  return { x.unsqueeze(0).unsqueeze(0), y.unsqueeze(0).unsqueeze(0) };
}
} // namespace

TEST(StructuralSimilarityLoss, HasTheKnownValues)
{
  const auto [x, y] = KnownPictures();
  double local = 0.0;
  for (const auto & [window, expected] : { std::pair<std::int64_t, double>{ 11, 0.891582 },
                                           { 9, 0.890449 },
                                           { 7, 0.883667 },
                                           { 5, 0.856626 },
                                           { 3, 0.761445 } })
  {
    EXPECT_NEAR(StructuralSimilarity(x, y, window).item<double>(), expected, 1e-6) << window;
    EXPECT_NEAR(StructuralSimilarityLoss(x, y, window).item<double>(), 1.0 - expected, 1e-6) << window;
    // The same in another range.
    EXPECT_NEAR(StructuralSimilarity(255.0 * x, 255.0 * y, window, 255.0).item<double>(), expected, 1e-6) << window;
    // A volume that is the same in all of its slices.
    const auto volume = [](const Tensor & plane) { return plane.unsqueeze(2).repeat({ 1, 1, 13, 1, 1 }); };
    EXPECT_NEAR(StructuralSimilarity(volume(x), volume(y), window).item<double>(), expected, 1e-6) << window;
    local += window < 11 ? 1.0 - expected : 0.0;
  }
  EXPECT_NEAR(LocalStructuralSimilarityLoss(x, y).item<double>(), local, 4e-6);
  EXPECT_NEAR(LocalStructuralSimilarityLoss(x, x).item<double>(), 0.0, 1e-12);
  EXPECT_THROW(StructuralSimilarity(x, y, 4), std::invalid_argument);
  EXPECT_THROW(StructuralSimilarity(x, y, 65), std::invalid_argument);
}

TEST(StructuralSimilarityLoss, HasItsGradient)
{
  const Tensor y = RandomPicture(3, 2);
  ExpectGradient([&](const Tensor & x) { return StructuralSimilarityLoss(x, y); }, RandomPicture(3, 1));
  ExpectGradient([&](const Tensor & x) { return LocalStructuralSimilarityLoss(x, y); }, RandomPicture(3, 1));
  const Tensor volume = torch::rand({ 1, 2, 12, 11, 13 }, Double);
  ExpectGradient([&](const Tensor & x) { return StructuralSimilarityLoss(x, volume); },
                 torch::rand({ 1, 2, 12, 11, 13 }, Double));
}

TEST(AdversarialLoss, HasItsClosedForm)
{
  using Objective = AdversarialObjective;
  const Tensor judged = torch::tensor({ -1.5, 0.0, 2.0 }, Double);
  double       ofReal = 0.0;
  double       ofMade = 0.0;
  double       squares = 0.0;
  for (const double logit : { -1.5, 0.0, 2.0 })
  {
    ofReal += std::log1p(std::exp(-logit)) / 3.0;
    ofMade += std::log1p(std::exp(logit)) / 3.0;
    squares += (logit - 1.0) * (logit - 1.0) / 3.0;
  }
  EXPECT_NEAR(GeneratorLoss(Objective::Standard, judged).item<double>(), ofReal, 1e-12);
  EXPECT_NEAR(DiscriminatorLoss(Objective::Standard, judged, judged).item<double>(), (ofReal + ofMade) / 2.0, 1e-12);
  EXPECT_NEAR(GeneratorLoss(Objective::LeastSquares, judged).item<double>(), squares, 1e-12);
  EXPECT_NEAR(DiscriminatorLoss(Objective::LeastSquares, judged, judged).item<double>(),
              (squares + judged.square().mean().item<double>()) / 2.0,
              1e-12);
  for (const Objective objective : { Objective::Standard, Objective::LeastSquares })
  {
    ExpectGradient([&](const Tensor & x) { return GeneratorLoss(objective, x); }, RandomPicture(1, 3) - 0.5);
    const Tensor real = RandomPicture(1, 4);
    ExpectGradient([&](const Tensor & x) { return DiscriminatorLoss(objective, real, x); }, RandomPicture(1, 3));
  }
}

TEST(CycleLoss, IsTheSumOfMeanAbsoluteDifferences)
{
  const Tensor x = torch::zeros({ 1, 1, 2, 2 }, Double);
  const Tensor y = torch::ones({ 1, 3, 2, 2 }, Double);
  EXPECT_NEAR(CycleLoss(x, x - 0.25, y, y * 3.0).item<double>(), 2.25, 1e-12);
  const Tensor other = RandomPicture(3, 6);
  ExpectGradient([&](const Tensor & back) { return CycleLoss(other, back, other, 2.0 * back); }, RandomPicture(3, 5));
}

TEST(PerceptualLoss, SumsOverLayers)
{
  const Tensor x = torch::full({ 1, 4, 3, 3 }, 2.0, Double);
  const Tensor y = torch::full({ 1, 8, 2, 2 }, -1.0, Double);
  EXPECT_NEAR(PerceptualLoss({ x, y }, { x + 0.5, -y }).item<double>(), 2.5, 1e-12);
  EXPECT_THROW(PerceptualLoss({}, {}), std::invalid_argument);
  EXPECT_THROW(PerceptualLoss({ x }, { x, y }), std::invalid_argument);

  VGG19Parameters parameters;
  parameters.width = 2;
  parameters.linearLayers = 0;
  VGG19 network(parameters);
  network.to(torch::kFloat64);
  const auto layers = [&](const Tensor & picture) {
    return network.EvaluateLayers(picture, { "relu1_1", "relu2_1", "relu3_1" });
  };
  const Tensor wanted = RandomPicture(3, 8);
  ExpectGradient([&](const Tensor & made) { return PerceptualLoss(layers(made), layers(wanted)); },
                 RandomPicture(3, 7));
}

TEST(GrayLoss, ComparesLuma)
{
  const Tensor rgb = torch::tensor({ 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0 }, Double).reshape({ 1, 3, 1, 3 });
  const Tensor luma = Luma(rgb).flatten();
  EXPECT_NEAR(luma[0].item<double>(), 0.299, 1e-12);
  EXPECT_NEAR(luma[1].item<double>(), 0.587, 1e-12);
  EXPECT_NEAR(luma[2].item<double>(), 0.114, 1e-12);
  EXPECT_NEAR(GrayLoss(rgb, torch::ones({ 1, 1, 1, 3 }, Double)).item<double>(), 2.0 / 3.0, 1e-12);
  const Tensor gray = RandomPicture(1, 9);
  ExpectGradient([&](const Tensor & made) { return GrayLoss(made, gray); }, RandomPicture(3, 10));
}

TEST(EdgeLoss, ComparesLaplacians)
{
  Tensor       point = torch::zeros({ 1, 1, 5, 5 }, Double);
  const Tensor nothing = point.clone();
  point[0][0][2][2] = 1.0;
  EXPECT_NEAR(EdgeLoss(point, nothing).item<double>(), 8.0 / 25.0, 1e-12);
  // A constant has no edges, not even at the border.
  EXPECT_NEAR(EdgeLoss(nothing + 3.0, nothing).item<double>(), 0.0, 1e-12);
  // Three alike channels are gray.
  EXPECT_NEAR(EdgeLoss(point.repeat({ 1, 3, 1, 1 }), point).item<double>(), 0.0, 1e-12);
  const Tensor gray = RandomPicture(1, 11);
  ExpectGradient([&](const Tensor & made) { return EdgeLoss(made, gray); }, RandomPicture(3, 12));
  ExpectGradient([&](const Tensor & source) { return EdgeLoss(RandomPicture(3, 12), source); }, RandomPicture(1, 13));
}

TEST(EdgeAwareInput, ShowsEdgesBesideThePicture)
{
  const Tensor y = torch::full({ 1, 3, 4, 4 }, 0.3, Double);
  const Tensor input = EdgeAwareInput(y);
  ASSERT_EQ(input.size(1), 6);
  EXPECT_TRUE(torch::equal(input.narrow(1, 3, 3), y));
  EXPECT_TRUE(torch::allclose(input.narrow(1, 0, 3), torch::full_like(y, 0.5)));
  ExpectGradient([](const Tensor & x) { return EdgeAwareInput(x).square().sum(); }, RandomPicture(3, 14));
}

TEST(SegmentationLoss, HasItsClosedForm)
{
  const Tensor logits = torch::zeros({ 1, 4, 2, 3 }, Double);
  const Tensor labels = torch::tensor({ 0, 1, 2, 2, 1, 0 }, torch::kInt64).reshape({ 1, 2, 3 });
  EXPECT_NEAR(SegmentationCrossEntropy(logits, labels).item<double>(), std::log(4.0), 1e-12);
  // Each class has a probability of 1/4 at 6 pixels, and three of them are at 2.
  const double overlap = 2.0 * 0.5 / (1.5 + 2.0);
  EXPECT_NEAR(SoftDiceLoss(logits, labels).item<double>(), 1.0 - 0.75 * overlap, 1e-6);
  // Ignored pixels change nothing.
  const Tensor more = torch::cat({ labels, torch::full({ 1, 2, 3 }, IgnoredLabel, torch::kInt64) }, 2);
  const Tensor wider = torch::cat({ logits, 5.0 * torch::rand({ 1, 4, 2, 3 }, Double) }, 3);
  EXPECT_NEAR(SegmentationCrossEntropy(wider, more).item<double>(), std::log(4.0), 1e-12);
  EXPECT_NEAR(SoftDiceLoss(wider, more).item<double>(), 1.0 - 0.75 * overlap, 1e-6);
  // What is quite sure and right has neither.
  const Tensor sure = 100.0 * torch::nn::functional::one_hot(labels, 3).permute({ 0, 3, 1, 2 }).to(torch::kFloat64);
  EXPECT_NEAR(SegmentationCrossEntropy(sure, labels).item<double>(), 0.0, 1e-9);
  EXPECT_NEAR(SoftDiceLoss(sure, labels).item<double>(), 0.0, 1e-9);

  const Tensor others = torch::randint(0, 3, { 2, 12, 14 }, torch::kInt64);
  ExpectGradient([&](const Tensor & x) { return SegmentationCrossEntropy(x, others); }, RandomPicture(3, 15));
  ExpectGradient([&](const Tensor & x) { return SoftDiceLoss(x, others); }, RandomPicture(3, 16));
}

namespace
{
/** A loss of what a generator makes reaches all of its parameters. */
void
ExpectReaches(NetworkModule & generator, const Tensor & input, const LossOfPicture & loss)
{
  generator.train();
  generator.zero_grad();
  loss(generator.Evaluate(input)[0]).backward();
  double total = 0.0;
  for (const auto & parameter : generator.named_parameters())
  {
    if (parameter.value().grad().defined())
    {
      EXPECT_TRUE(torch::isfinite(parameter.value().grad()).all().item<bool>()) << parameter.key();
      total += parameter.value().grad().abs().sum().item<double>();
    }
  }
  EXPECT_GT(total, 0.0);
  const auto first = generator.parameters().front().grad();
  ASSERT_TRUE(first.defined());
  EXPECT_GT(first.abs().sum().item<double>(), 0.0);
}
} // namespace

TEST(Losses, ReachTheirGenerators)
{
  torch::manual_seed(17);
  constexpr auto  squares = AdversarialObjective::LeastSquares;
  const Tensor    gray = torch::rand({ 1, 1, 64, 64 });
  const Tensor    color = torch::rand({ 1, 3, 64, 64 });
  VGG19Parameters shallow;
  shallow.width = 2;
  shallow.linearLayers = 0;
  VGG19                     vgg(shallow);
  const auto                layers = [&](const Tensor & x) { return vgg.EvaluateLayers(x, { "relu1_1", "relu2_1" }); };
  EdgeAwareDiscriminator    discriminator({ 3, 4 });
  UNetSegmenter::Parameters classes;
  classes.inputChannels = 3;
  classes.width = 2;
  UNetSegmenter segmenter(classes);
  const Tensor  labels = torch::randint(0, classes.classes, { 1, 64, 64 }, torch::kInt64);

  const std::vector<LossOfPicture> ofColor{
    [&](const Tensor & made) { return GeneratorLoss(squares, discriminator.forward(made)); },
    [&](const Tensor & made) { return GeneratorLoss(AdversarialObjective::Standard, discriminator.forward(made)); },
    [&](const Tensor & made) { return GrayLoss(made, gray); },
    [&](const Tensor & made) { return EdgeLoss(made, gray); },
    [&](const Tensor & made) { return PerceptualLoss(layers(made), layers(color)); },
    [&](const Tensor & made) { return LocalStructuralSimilarityLoss(Luma(made), gray, 2.0); },
    [&](const Tensor & made) { return SegmentationCrossEntropy(segmenter.Evaluate(made)[0], labels); },
    [&](const Tensor & made) { return SoftDiceLoss(segmenter.Evaluate(made)[0], labels); },
    [&](const Tensor & made) { return CycleLoss(color, made, gray, Luma(made)); }
  };
  ColorMedGANGenerator::Parameters ofS4;
  ofS4.width = 4;
  ColorMedGANGenerator            colorMedGAN(ofS4);
  CrossModalGenerator::Parameters ofS2;
  ofS2.width = 4;
  ofS2.blocks = 1;
  ofS2.reduction = 2;
  CrossModalGenerator          crossModal(ofS2);
  Pix2PixGenerator::Parameters ofS5;
  ofS5.width = 4;
  ofS5.levels = 5;
  Pix2PixGenerator pix2pix(ofS5);
  for (const LossOfPicture & loss : ofColor)
  {
    ExpectReaches(colorMedGAN, gray, loss);
    ExpectReaches(crossModal, gray, loss);
    ExpectReaches(pix2pix, torch::rand({ 1, ofS5.inputChannels, 64, 64 }), loss);
  }

  FCN3D::Parameters ofS1;
  ofS1.widths = { 4, 1 };
  FCN3D        fcn(ofS1);
  const Tensor volume = torch::rand({ 2, 1, 16, 16, 16 });
  ExpectReaches(fcn, volume, [&](const Tensor & made) { return StructuralSimilarityLoss(made, volume); });
  ExpectReaches(fcn, volume, [&](const Tensor & made) { return torch::l1_loss(made, volume); });
}
