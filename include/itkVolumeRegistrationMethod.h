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
#ifndef itkVolumeRegistrationMethod_h
#define itkVolumeRegistrationMethod_h

#include "ColorizationExport.h"
#include "itkColorizationFilterUtilities.h"
#include "itkVolumeRegistrationEnums.h"
#include "itkVolumeRegistrationReport.h"

#include "itkDataObjectDecorator.h"
#include "itkImage.h"
#include "itkProcessObject.h"
#include "itkTransform.h"

#include <string>

namespace itk
{
/** \class VolumeRegistrationMethod
 * \brief Registers two gray volumes of any modalities by mutual information: rigid, affine, and with a B-spline.
 *
 * The output is a transform that takes points of the fixed volume to points of the moving one, as ResampleImageFilter
 * wants it to bring the moving volume onto the grid of the fixed one. Stages follow each other: a rigid transform, from
 * where Initialization puts the volumes; an affine one from there, if it is wanted; and, if Deformable is on, a cubic
 * B-spline that is applied before the linear transform. With an InitialTransform, such as FitLandmarks() makes, the
 * first of these goes on from it.
 *
 * Each stage maximizes Mattes' mutual information on a number of levels, from volumes that are smoothed by a Gaussian
 * of 2^k voxels to those that are not, at points that are drawn from the fixed volume with a fixed seed: linear
 * transforms by conjugate gradients with line search, the B-spline by L-BFGS-B. The brightest and the darkest
 * thousandth of the voxels are cut off first. Where a step leaves no overlap, the volumes have no information in
 * common, and the optimizer steps back.
 *
 * The same bits come out for any number of work units. Global: it needs both volumes whole, and takes about 20 bytes a
 * voxel of each beside them, with three levels; 4 more a level. ProgressEvent tells of progress over all stages; who
 * sets AbortGenerateData in its observer ends the work by ProcessAborted.
 *
 * Throws an exception if a parameter is out of its range, a volume has less than 4 voxels along an axis, holds NaN or
 * infinity, or has one value only, a mask is 0 everywhere, or the volumes do not overlap where registration starts.
 * A sentence about an input begins with its name.
 *
 * \par Reference
 * D. Mattes, D. R. Haynor, H. Vesselle, T. K. Lewellen, W. Eubank. PET-CT image registration in the chest using
 * free-form deformations. IEEE Transactions on Medical Imaging 22(1), 2003. doi:10.1109/TMI.2003.809072
 *
 * \ingroup Colorization */
class Colorization_EXPORT VolumeRegistrationMethod : public ProcessObject
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(VolumeRegistrationMethod);

  using Self = VolumeRegistrationMethod;
  using Superclass = ProcessObject;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(VolumeRegistrationMethod);

  using ImageType = Image<float, 3>;
  using MaskImageType = Image<unsigned char, 3>;
  using TransformType = Transform<double, 3, 3>;
  using DecoratedTransformType = DataObjectDecorator<TransformType>;
  using TransformKindEnum = VolumeRegistrationEnums::TransformKind;
  using InitializationEnum = VolumeRegistrationEnums::Initialization;
  using ReportType = colorization::VolumeRegistrationReport;

  /** Whether this build has ITK's modules of registration; without these an update throws. */
  static bool
  IsAvailable();

  /** The volume that stays where it is. */
  itkSetInputMacro(FixedImage, ImageType);
  itkGetInputMacro(FixedImage, ImageType);

  /** The volume that is to be brought onto the fixed one. */
  itkSetInputMacro(MovingImage, ImageType);
  itkGetInputMacro(MovingImage, ImageType);

  /** Optional: where the volumes are compared, not 0; of any grid. */
  itkSetInputMacro(FixedMaskImage, MaskImageType);
  itkGetInputMacro(FixedMaskImage, MaskImageType);
  itkSetInputMacro(MovingMaskImage, MaskImageType);
  itkGetInputMacro(MovingMaskImage, MaskImageType);

  /** Optional: a linear transform to start from, which is left as it is; without stretching or shearing if
   * TransformKind is Rigid. Initialization does not count then, and there is no rigid stage before an affine one. */
  itkSetGetDecoratedObjectInputMacro(InitialTransform, TransformType);

  /** What linear transform is found. Default: Rigid. */
  itkSetEnumMacro(TransformKind, TransformKindEnum);
  itkGetEnumMacro(TransformKind, TransformKindEnum);

  /** Whether the linear transform is improved; if not, there has to be an InitialTransform. Default: true. */
  itkSetMacro(RefineLinear, bool);
  itkGetConstMacro(RefineLinear, bool);
  itkBooleanMacro(RefineLinear);

  /** Whether a B-spline is found. Default: false. */
  itkSetMacro(Deformable, bool);
  itkGetConstMacro(Deformable, bool);
  itkBooleanMacro(Deformable);

  /** Where registration starts. Default: Mass. */
  itkSetEnumMacro(Initialization, InitializationEnum);
  itkGetEnumMacro(Initialization, InitializationEnum);

  /** Levels from coarse to fine, 1 ... 10. Default: 3. */
  itkSetMacro(NumberOfLevels, unsigned int);
  itkGetConstMacro(NumberOfLevels, unsigned int);

  /** Most points at which the volumes are compared, at least 1000. Default: 50000. */
  itkSetMacro(NumberOfSamples, unsigned int);
  itkGetConstMacro(NumberOfSamples, unsigned int);

  /** Bins of the histogram for either volume, 5 ... 1024. Default: 32. */
  itkSetMacro(NumberOfHistogramBins, unsigned int);
  itkGetConstMacro(NumberOfHistogramBins, unsigned int);

  /** Most iterations of a linear transform at a level, at least 1. Default: 200. */
  itkSetMacro(NumberOfIterations, unsigned int);
  itkGetConstMacro(NumberOfIterations, unsigned int);

  /** Most iterations of the B-spline at a level, at least 1. Default: 50. */
  itkSetMacro(DeformableIterations, unsigned int);
  itkGetConstMacro(DeformableIterations, unsigned int);

  /** Least distance of the B-spline's control points in mm, above 0; they move by 0.4 of it at most, so that space does
   * not fold. Twice as much at each level before the last. Default: 30. */
  itkSetMacro(GridSpacing, double);
  itkGetConstMacro(GridSpacing, double);

  /** The transform, as an output of a pipeline. */
  DecoratedTransformType *
  GetOutput();
  const DecoratedTransformType *
  GetOutput() const;

  /** From points of the fixed volume to points of the moving one: the linear transform, or a CompositeTransform of it
   * and the B-spline, which is applied first. None before the first update. */
  const TransformType *
  GetTransform() const;

  /** The parts of it: a VersorRigid3DTransform or AffineTransform; and a BSplineTransform, or none. */
  itkGetConstObjectMacro(LinearTransform, TransformType);
  itkGetConstObjectMacro(Deformation, TransformType);

  /** What became of each stage. */
  itkGetConstReferenceMacro(Report, ReportType);

  /** The stage that is at work, or was the last: "preparing", "rigid", "affine" or "deformable". */
  itkGetConstReferenceMacro(Stage, std::string);

  /** How much of it is done, 0 ... 1. */
  itkGetConstMacro(StageProgress, double);

  using Superclass::MakeOutput;
  ProcessObject::DataObjectPointer MakeOutput(ProcessObject::DataObjectPointerArraySizeType) override;

protected:
  VolumeRegistrationMethod();
  ~VolumeRegistrationMethod() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  VerifyInputInformation() const override;

  void
  GenerateData() override;

private:
  /** One update: the volumes as they are compared, and what is found; in the .cxx. */
  class Run;

  /** Shows that `fraction` of a stage is done, and what share of all stages that is; throws ProcessAborted. */
  void
  ShowProgress(const std::string & stage, double fraction, double progress);

  void
  VerifyInitialTransform() const;

  TransformKindEnum  m_TransformKind{ TransformKindEnum::Rigid };
  InitializationEnum m_Initialization{ InitializationEnum::Mass };
  bool               m_RefineLinear{ true };
  bool               m_Deformable{ false };
  unsigned int       m_NumberOfLevels{ 3 };
  unsigned int       m_NumberOfSamples{ 50000 };
  unsigned int       m_NumberOfHistogramBins{ 32 };
  unsigned int       m_NumberOfIterations{ 200 };
  unsigned int       m_DeformableIterations{ 50 };
  double             m_GridSpacing{ 30.0 };

  TransformType::Pointer m_LinearTransform{};
  TransformType::Pointer m_Deformation{};
  ReportType             m_Report{};
  std::string            m_Stage{};
  double                 m_StageProgress{ 0.0 };
};
} // namespace itk

#endif
