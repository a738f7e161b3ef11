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
#ifndef itkSliceAnalogy_h
#define itkSliceAnalogy_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include "itkImage.h"
#include "itkRGBPixel.h"

#include <array>
#include <functional>
#include <memory>
#include <vector>

namespace itk
{
namespace colorization
{
/** What a layer of a network makes of a picture: pixel after pixel, row after row. */
struct DeepFeatureMap
{
  std::size_t        width = 0;
  std::size_t        height = 0;
  unsigned int       components = 0;
  std::vector<float> values{};
};

/** Runs a network on gray values of 0..1, row after row, and returns its layers from the coarsest to the finest. */
using DeepFeatureFunction =
  std::function<std::vector<DeepFeatureMap>(const std::vector<float> & gray, std::size_t width, std::size_t height)>;

/** One level of an analogy, from coarse to fine. */
struct AnalogyLevelParameters
{
  /** How many pixels of the slice one of the level is wide and high; with a network, the layer says so. */
  unsigned int shrinkFactor = 1;
  /** Half the width of the compared patches. */
  unsigned int patchRadius = 1;
  /** Rounds of PatchMatch. */
  unsigned int iterations = 10;
  /** Half the width of the window of random search, in pixels of the level; 0 for all of it. */
  unsigned int searchRadius = 0;
  /** Share of an image's own features, where they are strong, beside those that the coarser level brings. */
  double ownWeight = 1.0;

  bool
  operator==(const AnalogyLevelParameters & other) const
  {
    return shrinkFactor == other.shrinkFactor && patchRadius == other.patchRadius && iterations == other.iterations &&
           searchRadius == other.searchRadius && ownWeight == other.ownWeight;
  }
};

/** The levels of the authors' code of Deep Image Analogy, for relu5_1 ... relu1_1 of VGG-19. */
Colorization_EXPORT std::vector<AnalogyLevelParameters>
                    DeepAnalogyLevels();

/** The levels for descriptors, which need no network. */
Colorization_EXPORT std::vector<AnalogyLevelParameters>
                    DescriptorAnalogyLevels();

/** Parameters of SliceAnalogy. A weight is what a feature adds to the distance of two patches, times the squared
 * difference of the feature, whose values are all in 0..1. */
struct SliceAnalogyParameters
{
  /** Scales of the MIND descriptors, in pixels of the level. */
  std::vector<unsigned int> dilations{ 1, 2, 4 };
  /** Weight of the descriptors: of the mean over their components. */
  double descriptorWeight = 1.0;
  /** Weight of the place within the body's bounding box where photograph and slice are of the same level. */
  double positionWeight = 4.0;
  /** The same where they are of quite different levels. */
  double weakPositionWeight = 0.25;
  /** Weight of the depth below the skin d, as 1 - exp(-d / depthScale). */
  double depthWeight = 3.0;
  /** In mm, above 0. */
  double depthScale = 10.0;
  /** Weight of the intensity, equalised over the tissue. */
  double intensityWeight = 8.0;
  /** Weight of the intensity, standardised by mean and deviation of the tissue around. */
  double contrastWeight = 4.0;
  /** Standard deviation of the Gaussian window of the above, in mm, above 0. */
  double contrastSigma = 15.0;
  /** Intensity below which a pixel of the body is air: it gets no colour. */
  double airThreshold = 0.05;
  /** Features of a network in place of the descriptors and the guides; empty for these. */
  DeepFeatureFunction deepFeatures{};
  /** From coarse to fine; as many as deepFeatures returns. Those of which an image would have less than 8 pixels are left
   * out. */
  std::vector<AnalogyLevelParameters> levels = DescriptorAnalogyLevels();
  /** How much worse the match of the neighbouring slice may be to be preferred, in parts of its distance. */
  double coherence = 0.5;
  /** Half the width of the window whose matches vote on a pixel's colour. */
  unsigned int voteRadius = 1;
};

/** Points of a piecewise linear function, from the least value to the greatest: a value of an image, and the luminance, 0..1,
 * that its tissue has in photographs. */
using IntensityCurve = std::vector<std::array<double, 2>>;

/** The luminance at a value; beyond the ends, that of the ends. */
Colorization_EXPORT float
EvaluateCurve(const IntensityCurve & curve, double value);

/** For CT, in HU: air is black, lungs dark, fat bright, muscle and organs dark, bone bright. In a photograph fat is brighter
 * than muscle, in a CT it is darker. */
Colorization_EXPORT IntensityCurve
CTIntensityCurve();

/** A slice to be coloured. Both images have the same region and spacing (in mm). */
struct GraySlice
{
  /** 0..1 */
  Image<float, 2>::ConstPointer intensity;
  /** Not 0 inside. */
  Image<unsigned char, 2>::ConstPointer body;
};

struct AnalogyFields;

/** A slice with the colours that analogy gave it. */
struct AnalogySlice
{
  /** sRGB, 0..1, of matched patches of the photograph; black where there is none. */
  Image<RGBPixel<float>, 2>::Pointer colors;
  /** How far to believe them, 0..1; 0 outside of the body and in air. */
  Image<float, 2>::Pointer confidence;
  /** Mean distance of the matches. */
  double meanDistance = 0.0;
  /** 1 for the level that is most like the photograph's, towards 0 for others. */
  double similarity = 0.0;
  /** Matches of all levels, for the next slice to begin with. */
  std::shared_ptr<const AnalogyFields> fields{};
};

/** Colours slices by analogy with one colour photograph of a section through a body (Hertzmann et al., SIGGRAPH 2001;
 * the part that Deep Image Analogy has in Devkota and Pattanaik, 2022), by features that need no network.
 *
 * Tissue in the photograph is what is warm: yellower than gray by more than 2 units of b in CIE Lab, and not greenish, as
 * cards and labels are, with a above -0.3 b. Blue ice, blue gel and black background are not, so they are never matched. Patches are compared by MIND descriptors at several scales,
 * position in the body, depth below the skin, and equalised intensity; see SliceAnalogyParameters.
 *
 * Matches are found from coarse to fine and in both directions, as Deep Image Analogy does (Liao et al., ACM TOG 36(4),
 * 2017). With SliceAnalogyParameters::deepFeatures, patches are compared by the layers of a network in place of these.
 *
 * Results do not depend on the number of threads. Memory: 6 bytes for each pixel of the slices, about 900 for each of the
 * photograph and of the slice at hand; with a network, which has more features, about 3000. */
class Colorization_EXPORT SliceAnalogy
{
public:
  using PhotographType = Image<RGBPixel<unsigned char>, 2>;

  /** \throws std::invalid_argument if less than 1 % of the photograph is tissue, for example because it is gray, or if it is
   * smaller than a patch */
  SliceAnalogy(const PhotographType * photograph, const SliceAnalogyParameters & parameters);
  ~SliceAnalogy();
  SliceAnalogy(const SliceAnalogy &) = delete;
  SliceAnalogy &
  operator=(const SliceAnalogy &) = delete;

  /** Finds by which of its eight orientations (turned by quarters, mirrored) and at which scale the photograph is most
   * like one of the slices. All slices have the same spacing. Call it before Colorize(). */
  void
  Align(const std::vector<GraySlice> & slices, const ParallelFor & parallelFor);

  /** Colours of slice number `index` of those given to Align().
   * \param neighbor what this returned for a slice beside it, whose matches are kept where they fit; null for none */
  AnalogySlice
  Colorize(std::size_t index, const ParallelFor & parallelFor, const AnalogySlice * neighbor = nullptr);

  /** How little the photograph is like the slice that is most like it, in each of its eight orientations: bit 0 of the number
   * says whether it is mirrored along its first axis, bit 1 along the second, bit 2 whether it is transposed before. */
  std::array<double, 8>
  GetOrientationCosts() const;

  /** Another orientation than the one that Align() found; for photographs that are known to lie in the same way. Finds the
   * spacing anew. */
  void
  SetOrientation(unsigned int number);

  /** Another spacing than the one that was found, in mm. */
  void
  SetPhotographSpacing(double spacing);

  /** How much slice number `index` is like the photograph: 1 for the most alike of them, towards 0 for others. */
  double
  GetSimilarity(std::size_t index) const;

  /** Whether the photograph was transposed, then mirrored along its first and second axis. */
  std::array<bool, 3>
  GetOrientation() const;

  /** The photograph's spacing as found, in mm. */
  double
  GetPhotographSpacing() const;

private:
  struct Impl;
  std::unique_ptr<Impl> m_Impl;
};

} // namespace colorization
} // namespace itk

#endif
