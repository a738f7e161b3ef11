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
#ifndef itkTrainingDataSet_h
#define itkTrainingDataSet_h

#include "ColorizationExport.h"
#include "itkColorizationFilterUtilities.h"
#include "itkTrainingVolume.h"

#include "itkImage.h"
#include "itkMultiThreaderBase.h"
#include "itkObject.h"
#include "itkObjectFactory.h"
#include "itkRGBPixel.h"

#include <memory>
#include <string>
#include <vector>

namespace itk
{
/** \class TrainingDataSet
 * \brief Packs volumes, photographs of slices and label maps into one file that networks are trained on.
 *
 * The file is safetensors: training needs neither ITK nor image files. Of each volume NAME it has the tensors
 * `NAME/values` (U8 Z x Y x X x 3 of colour; U8 or F16 Z x Y x X of gray; U8 of labels), `NAME/positions` (F32 Z: mm along
 * the body) and, of colour, `NAME/tissue` (U8 Z x Y x X: 0 outside, 1 holes and gel within the body, 2 tissue). Under
 * `__metadata__` it has the texts `format` ("ITKColorization training data"), `version` ("1") and `volumes`: a JSON array
 * of objects with name, kind ("color", "gray", "labels"), spacing, origin, direction, share, test (ranges of positions),
 * gap, credit and, of gray, an optional window: the two values that become 0 and 1.
 *
 * Names tell what belongs together: the gray volume NAME.source and the volume NAME.target, gray or colour, are a pair,
 * which shows the same place in physical space; NAME.labels are the labels of volume NAME.
 *
 * Slices are divided into training and test by ranges of positions, never at random: neighbours look alike.
 *
 * In colour, the body is what is warm: in CIE Lab, b above 2 and a above -0.3 b; blue ice, blue gel, black background, and
 * greenish cards are not. Parts count if they have a tenth of the largest's area and its colour. Slices less than 1 % of
 * which is tissue are left out, and colour volumes are cropped to what holds all bodies.
 *
 * Photographs are read on all threads; the result does not depend on how many these are. Memory: 4 bytes a pixel of
 * colour, twice that while it is cropped; 4 bytes a voxel of gray.
 *
 * Every method throws an exception with one sentence that names the file or volume and what is wrong with it, and leaves
 * the set as it was. ProgressEvent tells of progress; who sets Abort in its observer ends the work by ProcessAborted.
 *
 * \ingroup Colorization */
class Colorization_EXPORT TrainingDataSet : public Object
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(TrainingDataSet);

  using Self = TrainingDataSet;
  using Superclass = Object;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using InformationType = colorization::TrainingVolumeInformation;
  using ColorVolumeType = Image<RGBPixel<unsigned char>, 3>;
  using GrayVolumeType = Image<float, 3>;
  using LabelVolumeType = Image<unsigned char, 3>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(TrainingDataSet);

  /** Adds photographs of slices: RGB or RGBA of 8 or 16 bits a component, all of the same size.
   * \param information its spacing along x and y is that of the files' pixels, in mm
   * \param positions of the slices in mm along the body, rising
   * \param shrink each pixel becomes the mean of shrink x shrink; at least 1
   * \return how many slices have tissue; the others are left out */
  SizeValueType
  AddPhotographs(const InformationType &          information,
                 const std::vector<std::string> & paths,
                 const std::vector<double> &      positions,
                 unsigned int                     shrink);

  /** Adds a colour volume, slice by slice along its last axis. Positions and geometry are those of the image.
   * \return how many slices have tissue; the others are left out */
  SizeValueType
  AddColorVolume(const InformationType & information, const ColorVolumeType * volume);

  /** Adds a volume of gray values: in 8 bits if all are whole numbers of 0 ... 255, else in float16. Positions and
   * geometry are those of the image. */
  void
  AddGrayVolume(const InformationType & information, const GrayVolumeType * volume);

  /** Adds a label map. Positions and geometry are those of the image. */
  void
  AddLabelVolume(const InformationType & information, const LabelVolumeType * volume);

  SizeValueType
  GetNumberOfVolumes() const;

  /** Writes the set under another name and moves it into place. Throws an exception if it is empty. */
  void
  Save(const std::string & path) const;

  /** Threads for photographs; at least 1. Default: ITK's. */
  void
  SetNumberOfWorkUnits(ThreadIdType workUnits);
  ThreadIdType
  GetNumberOfWorkUnits() const;

  /** 0 ... 1, of the call that is running. */
  itkGetConstMacro(Progress, double);

  /** Ends the call that is running. */
  itkSetMacro(Abort, bool);
  itkGetConstMacro(Abort, bool);

protected:
  TrainingDataSet();
  ~TrainingDataSet() override;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  struct Slice;
  struct Volume;

  void
  VerifyInformation(const InformationType &     information,
                    const std::vector<double> & positions,
                    colorization::TrainingKind  kind) const;

  SizeValueType
  AddSlices(const InformationType & information, std::vector<Slice> & slices);

  MultiThreaderBase::Pointer           m_MultiThreader{};
  std::vector<std::unique_ptr<Volume>> m_Volumes;
  double                               m_Progress{ 0.0 };
  bool                                 m_Abort{ false };
};
} // namespace itk

#endif
