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
#ifndef itkColorAtlasBuilder_h
#define itkColorAtlasBuilder_h

#include "itkColorAtlas.h"

#include "itkMultiThreaderBase.h"
#include "itkRGBPixel.h"

#include <functional>
#include <memory>

namespace itk
{
namespace colorization
{
/** Photographs of sections, one behind the other. */
struct ColorAtlasPhotographs
{
  std::vector<std::string> paths{};
  /** Of each along the stack, in mm. */
  std::vector<double> positions{};
  /** mm a pixel of the files, along columns and rows. */
  std::array<double, 2> spacing{ { 1.0, 1.0 } };
  /** The corner of the first pixel in mm, along columns and rows. */
  std::array<double, 2> corner{};
  /** mm of the body that each stands for. */
  double thickness = 1.0;
  /** Each pixel becomes the mean of so many along both axes. */
  unsigned int shrink = 1;
};

/** What ColorAtlasBuilder found. */
struct ColorAtlasReport
{
  /** Photographs that were read. */
  std::size_t photographs = 0;
  /** Those of them that were not taken, since ice covers part of the body: their files, or slices of a volume. */
  std::vector<std::string> covered{};
  /** Slices of the atlas. */
  std::size_t photographedSlices = 0;
  std::size_t bridgedSlices = 0;
  std::size_t emptySlices = 0;
  /** Mean size of the steps of colour balance from photograph to photograph, in L, and in (a, b). */
  double lightnessStepBefore = 0.0;
  double lightnessStepAfter = 0.0;
  double chromaStepBefore = 0.0;
  double chromaStepAfter = 0.0;
};
} // namespace colorization

/** \class ColorAtlasBuilder
 * \brief Makes a ColorAtlas of photographs of sections, and of colour volumes.
 *
 * -# Each photograph is brought onto the grid of the atlas: the mean over each pixel's area, in CIE Lab, of what looks
 *    like tissue, which is what is warm: b above 2 and a above -0.3 b; blue ice, blue gel, black background, and
 *    greenish cards are not.
 * -# Tissue is what of it hangs together through the stack: the largest part, and others of at least a hundredth of its
 *    volume and much the same colour. What it encloses within a photograph is tissue, too, unless it is blue or cyan,
 *    as gel and frost are: then it is a cavity.
 * -# Photographs whose body is smaller by more than 15 % than the largest within 12 mm before them and behind them are
 *    not taken: ice covers part of it.
 * -# The drift of colour balance is taken out: steps d from photograph to photograph are the medians, over blocks
 *    of 5 mm, of differences of tissue at the same place; offsets o of least
 *    \f$ \sum_k w_k (o_k - o_{k+1} - d_k)^2 + \sum_k \mu_k o_k^2 \f$
 *    are subtracted. Photographs that are more than 6 mm apart are not compared, and changes that go on for longer than
 *    DriftLength are the anatomy's, and stay.
 * -# Slices that no photograph shows are bridged: the photographs before and behind them are moved onto each other by a
 *    smooth displacement in the plane, and mixed by distance. Gaps of more than LongestGap are left empty.
 * -# The volume is cropped to the body, with Margin around it.
 *
 * The frame of the stack is that of the pictures: columns, rows, and positions, in mm; Direction brings it to the
 * patient's space, so that photographs of several sets that share their frame, and atlases of parts of them, lie at the
 * same place.
 *
 * Photographs are read on all threads; the result does not depend on how many these are. Memory: 10 bytes a photograph
 * and pixel of the grid, and 4 bytes a voxel of the atlas.
 *
 * Methods that fail throw an exception with one sentence that names the file, if there is one, and what is wrong.
 * ProgressEvent tells of progress; who sets Abort in its observer ends the work by ProcessAborted.
 *
 * \ingroup Colorization */
class Colorization_EXPORT ColorAtlasBuilder : public Object
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ColorAtlasBuilder);

  using Self = ColorAtlasBuilder;
  using Superclass = Object;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using PhotographsType = colorization::ColorAtlasPhotographs;
  using ReportType = colorization::ColorAtlasReport;
  using ColorVolumeType = Image<RGBPixel<unsigned char>, 3>;
  using DirectionType = ColorVolumeType::DirectionType;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(ColorAtlasBuilder);

  /** Adds photographs: RGB or RGBA of 8 or 16 bits a component, all of the same size.
   * \param direction of the frame in patient space; the same for all that is added */
  void
  AddPhotographs(const PhotographsType & photographs, const DirectionType & direction);

  /** Adds a colour volume, slice by slice along its last axis. It is not copied. Its geometry says where it is.
   * \param leaveOut numbers of slices that are not taken */
  void
  AddColorVolume(const ColorVolumeType * volume, const std::vector<SizeValueType> & leaveOut = {});

  /** mm a voxel, along all axes; above 0. Default: 1. */
  itkSetMacro(Spacing, double);
  itkGetConstMacro(Spacing, double);

  /** mm around the body, where photographs show it; at least 0. Default: 8. */
  itkSetMacro(Margin, double);
  itkGetConstMacro(Margin, double);

  /** Photographs that are farther apart, in mm, are not bridged; at least 0. Default: 40. */
  itkSetMacro(LongestGap, double);
  itkGetConstMacro(LongestGap, double);

  /** Changes of colour balance over more mm than this stay; above 0. Default: 30. */
  itkSetMacro(DriftLength, double);
  itkGetConstMacro(DriftLength, double);

  /** Whether bridged slices are morphed: if not, photographs are mixed where they are. Default: true. */
  itkSetMacro(Morph, bool);
  itkGetConstMacro(Morph, bool);
  itkBooleanMacro(Morph);

  /** Of the atlas. Default: empty. */
  itkSetStringMacro(Name);
  itkGetStringMacro(Name);
  itkSetStringMacro(Credit);
  itkGetStringMacro(Credit);

  /** Makes the atlas of what was added. Throws an exception if nothing was, a photograph cannot be read or has another
   * size than those that were added with it, two are at the same position, a parameter is out of its range, or there is
   * no tissue. */
  ColorAtlas::Pointer
  Build();

  /** Of the last Build(). */
  const ReportType &
  GetReport() const
  {
    return m_Report;
  }

  /** Threads; at least 1. Default: ITK's. */
  void
  SetNumberOfWorkUnits(ThreadIdType workUnits);
  ThreadIdType
  GetNumberOfWorkUnits() const;

  /** 0 ... 1, of Build(). */
  itkGetConstMacro(Progress, double);

  /** Ends Build(). */
  itkSetMacro(Abort, bool);
  itkGetConstMacro(Abort, bool);

protected:
  ColorAtlasBuilder();
  ~ColorAtlasBuilder() override;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  struct Source;
  struct Stack;

  void
  VerifyDirection(const DirectionType & direction);

  void
  VerifyParameters() const;

  void
  ShowProgress(double progress);

  Stack
  ReadStack();

  void
  TakeOutDrift(Stack & stack);

  ColorAtlas::Pointer
  MakeAtlas(const Stack & stack);

  /** Where the atlas's voxels are, all of them outside. */
  ColorAtlas::ColorImageType::Pointer
  MakeImage(const Stack & stack) const;

  MultiThreaderBase::Pointer m_MultiThreader{};
  std::vector<Source>        m_Sources;
  DirectionType              m_Direction{};
  ReportType                 m_Report{};
  std::string                m_Name{};
  std::string                m_Credit{};
  double                     m_Spacing{ 1.0 };
  double                     m_Margin{ 8.0 };
  double                     m_LongestGap{ 40.0 };
  double                     m_DriftLength{ 30.0 };
  double                     m_Progress{ 0.0 };
  bool                       m_Morph{ true };
  bool                       m_Abort{ false };
};
} // namespace itk

#endif
