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
#ifndef itkColorAtlas_h
#define itkColorAtlas_h

#include "ColorizationExport.h"
#include "itkColorizationFilterUtilities.h"

#include "itkImage.h"
#include "itkObject.h"
#include "itkObjectFactory.h"
#include "itkRGBAPixel.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** What is known of one slice of a ColorAtlas. */
struct ColorAtlasLevel
{
  /** Whether a photograph shows it. */
  bool isPhotographed = false;
  /** Whether it is made of the photographs before and behind it. */
  bool isBridged = false;
  /** Of tissue and cavities, in mm^2. */
  double bodyArea = 0.0;
  /** Of the body, in patient space, in mm; 0 where there is none. */
  std::array<double, 3> centroid{};
  /** Of the body along the first and the second axis, in mm. */
  std::array<double, 2> extents{};
  /** Of the tissue, in CIE Lab. */
  std::array<double, 3> meanLab{};
  /** Shares of the tissue whose L is in each sixteenth of 0 ... 100; all 0 where there is none. */
  std::array<double, 16> lightnessHistogram{};

  bool
  HasTissue() const
  {
    return std::any_of(lightnessHistogram.begin(), lightnessHistogram.end(), [](double share) { return share > 0.0; });
  }
};
} // namespace colorization

/** \class ColorAtlas
 * \brief A stack of photographed sections through a body, as a colour volume in patient space.
 *
 * The volume is RGBA. Alpha is 255 where there is tissue, 128 where there is a cavity of the body, which in photographs
 * is full of gel and stands for air, and 0 outside of the body; colours are 0 but in tissue. Physical space is the
 * patient's, in mm (left, posterior, superior). The slices are across the third axis, equally far from each other.
 * Photographs may be missing: then a slice is bridged, made of the photographs before and behind it, or, if these are
 * too far away, neither photographed nor bridged, and empty.
 *
 * ColorAtlasBuilder makes atlases of photographs; a colour volume that is ready becomes one by SetColorImage().
 *
 * The file is one NRRD, compressed by gzip, that every program shows that reads NRRD. What else there is to know is in
 * its header, as key:=value: `format` ("ITKColorization color atlas"), `version` ("1"), `name`, `credit`, `levels`, a
 * JSON array of objects with what ColorAtlasLevel has, `grid`, a JSON object with size, spacing, origin and direction,
 * and `crc32`, eight hexadecimal digits over the voxels and all of these texts, by which damage is noticed.
 *
 * Memory: 4 bytes a voxel. The file has 0.6 to 0.8 bytes a voxel: 15 MB for a head at 1 mm, 34 MB for a body at 2 mm.
 *
 * Methods that fail throw an exception with one sentence that names the file and what is wrong with it, and leave the
 * atlas as it was.
 *
 * \ingroup Colorization */
class Colorization_EXPORT ColorAtlas : public Object
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ColorAtlas);

  using Self = ColorAtlas;
  using Superclass = Object;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using ColorImageType = Image<RGBAPixel<unsigned char>, 3>;
  using LevelType = colorization::ColorAtlasLevel;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(ColorAtlas);

  /** Takes a colour volume, which is not copied, and computes the descriptors of its slices, of which all are
   * photographed. Throws an exception if alpha is neither 0, 128 nor 255, no voxel is tissue, or the direction's
   * columns are not of length 1 and perpendicular to each other. */
  void
  SetColorImage(ColorImageType * image);

  /** None before SetColorImage() or Read(). */
  const ColorImageType *
  GetColorImage() const
  {
    return m_ColorImage;
  }

  SizeValueType
  GetNumberOfSlices() const
  {
    return m_Levels.size();
  }

  /** Says whether a slice is photographed, bridged, or, if it is not, neither. Throws an exception if there is no such
   * slice, or it is to be both. */
  void
  SetOriginOfSlice(SizeValueType slice, bool isPhotographed, bool isBridged);

  /** Throw an exception if there is no such slice. */
  bool
  IsPhotographed(SizeValueType slice) const
  {
    return this->GetLevel(slice).isPhotographed;
  }
  bool
  IsBridged(SizeValueType slice) const
  {
    return this->GetLevel(slice).isBridged;
  }
  const LevelType &
  GetLevel(SizeValueType slice) const;

  const std::vector<LevelType> &
  GetLevelDescriptors() const
  {
    return m_Levels;
  }

  /** Whose anatomy it is. Default: empty. */
  itkSetStringMacro(Name);
  itkGetStringMacro(Name);

  /** Whom to thank for the photographs. Default: empty. */
  itkSetStringMacro(Credit);
  itkGetStringMacro(Credit);

  /** Version of the files that are written and read. */
  static unsigned int
  GetVersion()
  {
    return 1;
  }

  /** Whether a file says that it is a colour atlas, of any version; only its head is read. */
  static bool
  IsColorAtlas(const std::string & path);

  /** Replaces the atlas by that of a file. Throws an exception if there is no such file, or it is no atlas, of another
   * version, truncated or damaged, or without tissue. */
  void
  Read(const std::string & path);

  /** Writes the atlas under another name and moves it into place. Throws an exception if it is empty, the file's name
   * does not end in .nrrd, or it cannot be written. */
  void
  Write(const std::string & path) const;

protected:
  ColorAtlas() = default;
  ~ColorAtlas() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  ColorImageType::Pointer m_ColorImage{};
  std::vector<LevelType>  m_Levels{};
  std::string             m_Name{};
  std::string             m_Credit{};
};
} // namespace itk

#endif
