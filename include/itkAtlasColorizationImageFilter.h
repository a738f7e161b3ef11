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
#ifndef itkAtlasColorizationImageFilter_h
#define itkAtlasColorizationImageFilter_h

#include "itkAtlasColors.h"
#include "itkAtlasRegistration.h"
#include "itkColorAtlas.h"
#include "itkColorizationImageFilter.h"
#include "itkPatientAxes.h"

#include "itkCommand.h"

#include <functional>
#include <memory>

namespace itk
{
/** \class AtlasColorizationImageFilter
 * \brief Gives a gray scan the colours of a photographed body, which is brought onto it by registration.
 *
 * \dot
 * digraph AtlasColorization
 * {
 *   rankdir=LR; node [shape=box];
 *   input [shape=plaintext]; atlas [shape=plaintext]; output [shape=plaintext];
 *   input -> "OtsuBodyMask" -> "AtlasRegistration" -> "local means" -> "tone" -> output;
 *   atlas -> "AtlasRegistration";
 * }
 * \enddot
 *
 * Every human body has the same parts in the same places: that is what tells the colours. Stages, as GetStage() names
 * them:
 *
 * 1. "body mask": GetBodyMask(), unless a mask is given.
 * 2. "placement", then "deformable", or "affine" if its Deformable is off: GetRegistration() finds where the scan lies in
 * the atlas.
 * 3. "colours": each voxel gets the mean colour of those voxels nearby whose value in the scan is like its own, after the
 * atlas was brought on: colorization::ComputeLocalMeans(), in neighborhoods of MatchRadius, which lean on those of three
 * times that radius, and these on the whole scan, where little is known. So colours follow the scan's own structure where
 * the registration is some millimeters off, and tissues that the atlas lacks at a place have the colour that their values
 * have elsewhere.
 * 4. "tone": the output is written as Luminance has it; see ColorizationImageFilter. The scan counts by the mean of its rank
 * and of its place in the range that all but 1 % of the body's values lie in: contrast is where tissue is, in CT, too.
 *
 * Where the scan is dark, the atlas tells bone, which has a colour, from air, which has none, unless BoneIsDark is off. A photograph's blue gel, which
 * fills cavities, is no colour: cavities count as air.
 *
 * An image of two dimensions is a section across the body, as it is usually shown: x to the patient's left, y to the back.
 * Its level is found, and its place in the plane; it is not deformed.
 *
 * How the scan is stored does not matter: any order and direction of its axes gives the same colours. Same inputs and
 * parameters give the same output, bit for bit, for any number of threads.
 *
 * Streams its output; the input has to be whole. The first region that is asked for takes stages 1 and 2, and looks at all
 * of the scan once for what its colours have in common; from then on a region costs what it and its surroundings of about
 * 3.3 times the radii need. Any regions have the bits of the whole. Beside input, output, the atlas and what
 * AtlasRegistration takes, it takes 2 bytes for each voxel of the input, 4 more until the registration is done (none if
 * the input's pixels are float), 0.25 bytes for each mm^3, and up to 1.5 GiB for the part under way.
 *
 * Throws an exception if there is no atlas, if the scan's anatomy is not found in it, and as ColorizationImageFilter and
 * AtlasRegistration do.
 *
 * \par Reference
 * A. N. Mathur, A. Khattar, O. Sharma: Multimodal Medical Volume Colorization from 2D Style. 2021, and M. Liao et al. 2022,
 * for photographs that are registered; for local means, J. Chen, S. Paris, F. Durand: Real-time edge-aware image
 * processing with the bilateral grid. ACM Transactions on Graphics 26(3), 2007. doi:10.1145/1276377.1276506
 *
 * \sa ColorAtlas, ColorAtlasBuilder, AtlasRegistration
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT AtlasColorizationImageFilter : public ColorizationImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(AtlasColorizationImageFilter);

  using Self = AtlasColorizationImageFilter;
  using Superclass = ColorizationImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(AtlasColorizationImageFilter);

  using Superclass::ImageDimension;
  using typename Superclass::MaskImageType;
  using typename Superclass::RegionType;

  /** The photographed body: that of GetRegistration(). */
  void
  SetAtlas(ColorAtlas * atlas)
  {
    m_Registration->SetAtlas(atlas);
  }
  ColorAtlas *
  GetAtlas()
  {
    return m_Registration->GetModifiableAtlas();
  }

  /** What finds the scan's place in the atlas; its scan and mask are set by the update. */
  itkGetModifiableObjectMacro(Registration, AtlasRegistration);

  /** Standard deviation in mm of the neighborhoods that colours are taken from, above 0: about what the registration errs by.
   * It is up to twice as wide where scan and atlas agree by less than 0.2, see GetUsedMatchRadius(). Default: 4. */
  itkSetMacro(MatchRadius, double);
  itkGetConstMacro(MatchRadius, double);

  /** The radius of the last update. */
  double
  GetUsedMatchRadius() const;

  /** Whether bone may be as dark as air in the scan, as in MR: the atlas then tells which it is. Off for CT, where all that is
   * dark is air. Default: true. */
  itkSetMacro(BoneIsDark, bool);
  itkGetConstMacro(BoneIsDark, bool);
  itkBooleanMacro(BoneIsDark);

  ModifiedTimeType
  GetMTime() const override;

protected:
  AtlasColorizationImageFilter();
  ~AtlasColorizationImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  EnlargeOutputRequestedRegion(DataObject * output) override;

  void
  GenerateData() override;

private:
  using VolumeType = AtlasRegistration::ImageType;
  using VolumeMaskType = AtlasRegistration::MaskImageType;

  /** The input's voxels in the order of the patient's axes, so that results do not depend on how it is stored. */
  struct Order
  {
    colorization::PatientAxes  axes{};
    colorization::PatientGrid  grid{};
    std::array<std::size_t, 3> stride{};
    /** First voxel of the input. */
    std::array<IndexValueType, 3> start{};

    /** Number of a voxel in the input's buffer, from that in the patient's order. */
    std::size_t
    BufferNumberOf(std::size_t x, std::size_t y, std::size_t z) const
    {
      const std::array<std::size_t, 3> place{ { x, y, z } };
      std::size_t                      number = 0;
      for (unsigned int patient = 0; patient < 3; ++patient)
      {
        const std::size_t along = axes.isFlipped[patient] ? grid.size[patient] - 1 - place[patient] : place[patient];
        number += along * stride[axes.axis[patient]];
      }
      return number;
    }
  };

  /** A part of the input, in the patient's order. */
  struct Box
  {
    std::array<std::ptrdiff_t, 3> start{};
    std::array<std::size_t, 3>    size{};
  };

  /** What regions have in common. */
  struct Analysis
  {
    Order                                           order{};
    typename MaskImageType::ConstPointer            body{};
    typename MaskImageType::ConstPointer            skin{};
    std::unique_ptr<colorization::ValueEqualizer>   guide{};
    std::unique_ptr<colorization::AtlasColorFitter> fitter{};
    /** Of this filter and of what it reads, when this was made. */
    ModifiedTimeType time{ 0 };
    SizeValueType    writtenVoxels{ 0 };
  };

  /** The grid of an image as a volume: of a picture, one voxel thick. */
  static ImageBase<3>::Pointer
  GridOf(const ImageBase<ImageDimension> * image);

  /** An image as a volume, which shares its pixels if they are of the same type. */
  template <typename TVolume, typename TImage>
  static typename TVolume::Pointer
  VolumeOf(const TImage * image);

  static Order
  MakeOrder(const TInputImage * input);

  /** Updates the registration of the scan, which is the body alone where there is a mask. */
  void
  RegisterAtlas(const VolumeType * scan);

  /** When this filter, or what it reads, last changed. */
  ModifiedTimeType
  GetTimeOfInputs() const;

  /** Finds body, place and what all of the scan tells. */
  void
  Analyze();

  /** Fits the guide to the body's values. */
  void
  EqualizeBody();

  /** Reads a part of the input. */
  colorization::ScanPart
  ReadPart(const Box & box);

  /** Boxes whose surroundings fit into memory, which make up a region. */
  std::vector<Box>
  SplitRegion(const RegionType & region) const;

  RegionType
  RegionOf(const Box & box) const;

  /** Colors and writes a part of the output. */
  void
  WritePart(const Box & box);

  /** The value of a tissue mask for a share of tissue in the atlas. */
  static unsigned char
  TissueOf(float share);

  std::unique_ptr<Analysis>  m_Analysis{};
  double                     m_MatchRadius{ 4.0 };
  bool                       m_BoneIsDark{ true };
  AtlasRegistration::Pointer m_Registration;
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkAtlasColorizationImageFilter.hxx"
#endif

#endif
