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
#ifndef itkAtlasRegistration_h
#define itkAtlasRegistration_h

#include "ColorizationExport.h"
#include "itkAtlasRegistrationReport.h"
#include "itkColorAtlas.h"
#include "itkColorizationFilterUtilities.h"

#include "itkDataObjectDecorator.h"
#include "itkImage.h"
#include "itkProcessObject.h"
#include "itkTransform.h"

#include <string>

namespace itk
{
/** \class AtlasRegistration
 * \brief Finds where a scan lies in a colour atlas: a transform from points of the scan to points of the atlas.
 *
 * \dot
 * digraph AtlasRegistration
 * {
 *   rankdir=LR; node [shape=box];
 *   scan [shape=plaintext]; atlas [shape=plaintext]; transform [shape=plaintext];
 *   scan -> "placement" -> "deformation" -> transform; atlas -> "placement";
 * }
 * \enddot
 *
 * 1. "placement": a coarse copy of the scan is compared with all levels of the atlas, in several sizes and in the 24
 * orientations along the axes, by the mutual information of tissue classes; the best places are refined. So neither the
 * scan's coordinates nor its field of view need to fit: a head, a chest, an abdomen, a slab of thick slices, a brain that
 * was extracted find their place. Orientations other than that of the scan's coordinates have to be clearly better.
 * 2. "deformable", or "affine" if Deformable is off: VolumeRegistrationMethod, from there, on ranks of the scan's values. The
 * deformation needs no affine transform before it, as its first level is coarse. A scan of less than 4 voxels of
 * WorkingSpacing along an axis, such as a single slice, is placed, and no more.
 *
 * How a scan is stored does not matter: any order and direction of its axes gives the same transform, bit for bit, and so
 * does any number of work units.
 *
 * Global: it needs the whole scan, which may be a coarse copy of one voxel in 2 mm. Beside it and the atlas it takes about
 * 100 bytes for each voxel of WorkingSpacing.
 *
 * Throws an exception if there is no scan or atlas, if the scan is constant or holds NaN or infinity, if a parameter is out
 * of its range, or if the scan's anatomy is not found in the atlas: the sentence says how much of the scan's body overlaps,
 * and how well its values agree. ProgressEvent tells of progress; who sets AbortGenerateData in its observer ends the work
 * by ProcessAborted.
 *
 * \sa VolumeRegistrationMethod, AtlasColorizationImageFilter
 *
 * \ingroup Colorization */
class Colorization_EXPORT AtlasRegistration : public ProcessObject
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(AtlasRegistration);

  using Self = AtlasRegistration;
  using Superclass = ProcessObject;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(AtlasRegistration);

  using ImageType = Image<float, 3>;
  using MaskImageType = Image<unsigned char, 3>;
  using TransformType = Transform<double, 3, 3>;
  using DecoratedTransformType = DataObjectDecorator<TransformType>;
  using ReportType = colorization::AtlasRegistrationReport;

  /** The scan. */
  itkSetInputMacro(ScanImage, ImageType);
  itkGetInputMacro(ScanImage, ImageType);

  /** Optional: the body, not 0, on the scan's grid. Without it, it is what is above Otsu's threshold. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** The atlas. */
  itkSetObjectMacro(Atlas, ColorAtlas);
  itkGetModifiableObjectMacro(Atlas, ColorAtlas);

  /** Whether the scan is deformed after its placement; else an affine transform is found. Default: true. */
  itkSetMacro(Deformable, bool);
  itkGetConstMacro(Deformable, bool);
  itkBooleanMacro(Deformable);

  /** Whether other orientations than that of the scan's coordinates are tried. Default: true. */
  itkSetMacro(SearchOrientations, bool);
  itkGetConstMacro(SearchOrientations, bool);
  itkBooleanMacro(SearchOrientations);

  /** Voxels of the affine and deformable stages in mm, 1 ... 10; 0 for 2 mm, or more where the scan would then have more than
   * 4 million of these. Default: 0. */
  itkSetMacro(WorkingSpacing, double);
  itkGetConstMacro(WorkingSpacing, double);

  /** Least distance of the B-spline's control points in mm, 8 ... 200. Less follows more, but mutual information
   * then fits the noise of tissues that are alike. Default: 50. */
  itkSetMacro(GridSpacing, double);
  itkGetConstMacro(GridSpacing, double);

  /** Least share of the variance of the atlas's lightness that the scan's values have to explain, 0 ... 1; see
   * AtlasRegistrationReport::agreement. A third of it is enough where bodies overlap by 0.8 or more. Scans of the anatomy that
   * the atlas shows reach 0.09 to 0.7, a T2 of an extracted brain 0.04, and other anatomy less than 0.07. 0 refuses nothing.
   * Default: 0.075. */
  itkSetMacro(LeastAgreement, double);
  itkGetConstMacro(LeastAgreement, double);

  /** The transform, as an output of a pipeline. */
  DecoratedTransformType *
  GetOutput();
  const DecoratedTransformType *
  GetOutput() const;

  /** From points of the scan to points of the atlas. None before the first update. */
  const TransformType *
  GetTransform() const;

  /** What the last update found. */
  itkGetConstReferenceMacro(Report, ReportType);

  /** The stage that is at work, or was the last: "placement", "affine", "deformable". */
  itkGetConstReferenceMacro(Stage, std::string);

  /** Throws an exception if a parameter is out of its range; for composites, which check before all work. */
  void
  VerifyParameters() const;

  ModifiedTimeType
  GetMTime() const override;

  using Superclass::MakeOutput;
  ProcessObject::DataObjectPointer MakeOutput(ProcessObject::DataObjectPointerArraySizeType) override;

protected:
  AtlasRegistration();
  ~AtlasRegistration() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  VerifyInputInformation() const override;

  void
  GenerateData() override;

private:
  /** One update; in the .cxx. */
  class Run;

  void
  ShowProgress(const std::string & stage, double progress);

  ColorAtlas::Pointer m_Atlas{};
  bool                m_Deformable{ true };
  bool                m_SearchOrientations{ true };
  double              m_WorkingSpacing{ 0.0 };
  double              m_GridSpacing{ 50.0 };
  double              m_LeastAgreement{ 0.075 };
  ReportType          m_Report{};
  std::string         m_Stage{};
};
} // namespace itk

#endif
