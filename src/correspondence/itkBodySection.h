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
#ifndef itkBodySection_h
#define itkBodySection_h

#include "itkColorSpace.h"
#include "itkColorizationParallelFor.h"
#include "itkMINDDescriptor.h"

#include "itkImage.h"
#include "itkRGBPixel.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** What is known of a section through a body: of a slice, or of a photograph. */
struct Section
{
  std::size_t               width = 0;
  std::size_t               height = 0;
  std::array<double, 2>     spacing{ { 1.0, 1.0 } };
  std::vector<float>        intensity;
  std::vector<std::uint8_t> body;
  std::vector<std::uint8_t> tissue;

  Image<float, 2>::Pointer
  IntensityImage() const;
};

/** First and last column and row of a body. */
struct Bounds
{
  double left = 0.0;
  double top = 0.0;
  double right = 0.0;
  double bottom = 0.0;
};

Bounds
BodyBounds(const Section & section);

/** A transposition, then a mirror along each axis: the eight ways to lay a photograph. */
struct Orientation
{
  bool transposed = false;
  bool mirroredX = false;
  bool mirroredY = false;

  /** From a place in the unit square of the turned section to one in the original's. */
  std::array<double, 2>
  ToOriginal(double s, double t) const
  {
    s = mirroredX ? 1.0 - s : s;
    t = mirroredY ? 1.0 - t : t;
    return transposed ? std::array<double, 2>{ { t, s } } : std::array<double, 2>{ { s, t } };
  }
};

std::array<Orientation, 8>
AllOrientations();

/** An image of zeros. */
template <typename TPixel>
typename Image<TPixel, 2>::Pointer
MakeImage(std::size_t width, std::size_t height, const std::array<double, 2> & spacing)
{
  auto                                image = Image<TPixel, 2>::New();
  typename Image<TPixel, 2>::SizeType size;
  size[0] = width;
  size[1] = height;
  image->SetRegions(size);
  image->SetSpacing(spacing.data());
  image->Allocate(true);
  return image;
}

std::size_t
CountNonZero(const std::vector<std::uint8_t> & mask);

/** MIND for intensities of 0..1. */
MINDParameters
MakeMINDParameters(const std::vector<unsigned int> & dilations);

/** MIND descriptors of an image whose border is repeated. */
std::vector<float>
Descriptors(const std::vector<float> & values,
            std::size_t                width,
            std::size_t                height,
            const MINDParameters &     parameters,
            const ParallelFor &        parallelFor);

/** Which parts of a section are its body. */
enum class BodyParts
{
  Largest,
  /** And others of at least a tenth of its area and much the same colour: arms, the other leg. */
  All
};

/** Intensity, tissue and body of a photograph. Tissue is what is warm: yellower than gray by more than 2 units of b in
 * CIE Lab, and not greenish as cards and labels are, with a above -0.3 b; the body is made of its parts, with their
 * holes.
 * \param lab out: its colours
 * \throws std::invalid_argument if less than 1 % of the photograph is tissue */
Section
MakePhotographSection(const Image<RGBPixel<unsigned char>, 2> * photograph, BodyParts parts, std::vector<Color> & lab);

} // namespace colorization
} // namespace itk

#endif
