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
#include "itkVolumeRegistrationMethod.h"
#include "itkVolumeRegistration.h"

#include "itkCompositeTransform.h"

#include <vnl/vnl_det.h>

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace itk
{
namespace
{
using LinearType = MatrixOffsetTransformBase<double, 3, 3>;

/** Makes what a core finds wrong with an input an exception of the method. */
template <typename TBody>
auto
Naming(const VolumeRegistrationMethod * method, const std::string & name, const TBody & body)
{
  try
  {
    return body();
  }
  catch (const std::invalid_argument & error)
  {
    colorization::ThrowExceptionOf(method, name + error.what());
    throw;
  }
}

colorization::RegistrationMask::Pointer
MakeMask(const VolumeRegistrationMethod * method, const char * name, const Image<unsigned char, 3> * image)
{
  if (!image)
  {
    return nullptr;
  }
  const auto * const begin = image->GetBufferPointer();
  const auto         count = image->GetLargestPossibleRegion().GetNumberOfPixels();
  if (std::all_of(begin, begin + count, [](unsigned char value) { return value == 0; }))
  {
    colorization::ThrowExceptionOf(method, std::string(name) + ": the mask is 0 everywhere.");
  }
  auto mask = colorization::RegistrationMask::New();
  mask->SetImage(image);
  mask->Update();
  return mask;
}

/** Whether a matrix turns space, and neither stretches, shears nor mirrors it. */
bool
IsRotation(const Matrix<double, 3, 3> & matrix)
{
  const auto product = matrix.GetVnlMatrix() * matrix.GetTranspose();
  for (unsigned int row = 0; row < 3; ++row)
  {
    for (unsigned int column = 0; column < 3; ++column)
    {
      if (std::abs(product(row, column) - (row == column ? 1.0 : 0.0)) > 1e-6)
      {
        return false;
      }
    }
  }
  return vnl_det(matrix.GetVnlMatrix()) > 0.0;
}
} // namespace

/** The stages of an update, one after another. */
class VolumeRegistrationMethod::Run
{
public:
  Run(VolumeRegistrationMethod * method, const colorization::RegistrationVolumes & volumes)
    : m_Method(method)
    , m_Volumes(volumes)
  {
    const bool isAffine = method->m_TransformKind == TransformKindEnum::Affine;
    const int  linear = !method->m_RefineLinear ? 0 : isAffine && !method->GetInitialTransform() ? 2 : 1;
    m_Stages = linear + (method->m_Deformable ? 1 : 0);
    m_Parameters.levels = method->m_NumberOfLevels;
    m_Parameters.samples = method->m_NumberOfSamples;
    m_Parameters.bins = method->m_NumberOfHistogramBins;
    m_Parameters.iterations = method->m_NumberOfIterations;
    m_Parameters.gridSpacing = method->m_GridSpacing;
    m_Parameters.workUnits = method->GetNumberOfWorkUnits();
    m_Parameters.progress = [this](const std::string & stage, double fraction)
    { m_Method->ShowProgress(stage, fraction, 0.05 + 0.95 * (m_Done + fraction) / m_Stages); };
  }

  void
  RegisterLinear()
  {
    const bool isAffine = m_Method->m_TransformKind == TransformKindEnum::Affine;
    if (m_Method->GetInitialTransform())
    {
      m_Method->m_Report.start = "transform";
      m_Method->m_LinearTransform = this->CopyInitial();
      if (m_Method->m_RefineLinear)
      {
        this->Improve(m_Method->m_LinearTransform, isAffine ? "affine" : "rigid");
      }
      return;
    }
    const auto rigid = this->FindStart();
    this->Improve(rigid, "rigid");
    m_Method->m_LinearTransform = rigid.GetPointer();
    if (isAffine)
    {
      const auto affine = colorization::AffineOf(rigid);
      this->Improve(affine, "affine");
      m_Method->m_LinearTransform = affine.GetPointer();
    }
  }

  void
  RegisterDeformable()
  {
    m_Parameters.iterations = m_Method->m_DeformableIterations;
    colorization::RegistrationSpline::Pointer spline;
    m_Method->m_Report.stages.push_back(
      colorization::RegisterDeformable(m_Volumes, m_Method->m_LinearTransform, spline, m_Parameters));
    m_Method->m_Deformation = spline.GetPointer();
  }

private:
  TransformType::Pointer
  CopyInitial() const
  {
    const TransformType * initial = m_Method->GetInitialTransform();
    const auto *          linear = dynamic_cast<const LinearType *>(initial);
    if (m_Method->m_TransformKind == TransformKindEnum::Affine)
    {
      return colorization::AffineOf(linear).GetPointer();
    }
    auto rigid = colorization::RegistrationRigid::New();
    rigid->SetCenter(linear->GetCenter());
    rigid->SetMatrix(linear->GetMatrix(), 1e-5);
    rigid->SetTranslation(linear->GetTranslation());
    return rigid.GetPointer();
  }

  /** The first of the starts at which the volumes overlap. */
  colorization::RegistrationRigid::Pointer
  FindStart() const
  {
    std::vector<InitializationEnum> starts{ m_Method->m_Initialization };
    if (starts.front() == InitializationEnum::Mass)
    {
      starts.push_back(InitializationEnum::Geometry);
    }
    for (const InitializationEnum start : starts)
    {
      auto rigid = colorization::MatchCenters(m_Volumes, start == InitializationEnum::Mass);
      if (start == InitializationEnum::None)
      {
        rigid->SetTranslation(Vector<double, 3>(0.0));
      }
      if (colorization::OverlapOf(m_Volumes, rigid) > 0.0)
      {
        std::ostringstream name;
        name << start;
        m_Method->m_Report.start = name.str();
        return rigid;
      }
    }
    throw std::invalid_argument("The volumes, as they are placed, do not overlap.");
  }

  void
  Improve(TransformType * transform, const char * stage)
  {
    m_Method->m_Report.stages.push_back(colorization::Register(m_Volumes, transform, stage, m_Parameters));
    ++m_Done;
  }

  VolumeRegistrationMethod *           m_Method;
  colorization::RegistrationVolumes    m_Volumes;
  colorization::RegistrationParameters m_Parameters{};
  int                                  m_Stages{ 1 };
  int                                  m_Done{ 0 };
};

VolumeRegistrationMethod::VolumeRegistrationMethod()
{
  this->SetPrimaryInputName("FixedImage");
  this->AddRequiredInputName("MovingImage");
  this->SetNumberOfRequiredOutputs(1);
  this->SetNthOutput(0, this->MakeOutput(0));
}

ProcessObject::DataObjectPointer
VolumeRegistrationMethod::MakeOutput(ProcessObject::DataObjectPointerArraySizeType)
{
  return DecoratedTransformType::New().GetPointer();
}

VolumeRegistrationMethod::DecoratedTransformType *
VolumeRegistrationMethod::GetOutput()
{
  return static_cast<DecoratedTransformType *>(this->ProcessObject::GetOutput(0));
}

const VolumeRegistrationMethod::DecoratedTransformType *
VolumeRegistrationMethod::GetOutput() const
{
  return static_cast<const DecoratedTransformType *>(this->ProcessObject::GetOutput(0));
}

const VolumeRegistrationMethod::TransformType *
VolumeRegistrationMethod::GetTransform() const
{
  return this->GetOutput()->Get();
}

bool
VolumeRegistrationMethod::IsAvailable()
{
  return colorization::IsRegistrationAvailable();
}

void
VolumeRegistrationMethod::VerifyPreconditions() const
{
  Superclass::VerifyPreconditions();
  if (!IsAvailable())
  {
    itkExceptionMacro(<< "Volumes cannot be registered: this build of the Colorization module has no ITK modules of "
                         "registration.");
  }
  if (m_NumberOfLevels < 1 || m_NumberOfLevels > 10)
  {
    itkExceptionMacro(<< "NumberOfLevels is " << m_NumberOfLevels << ", but has to be in 1 ... 10.");
  }
  if (m_NumberOfSamples < 1000)
  {
    itkExceptionMacro(<< "NumberOfSamples is " << m_NumberOfSamples << ", but has to be at least 1000.");
  }
  if (m_NumberOfHistogramBins < 5 || m_NumberOfHistogramBins > 1024)
  {
    itkExceptionMacro(<< "NumberOfHistogramBins is " << m_NumberOfHistogramBins << ", but has to be in 5 ... 1024.");
  }
  if (m_NumberOfIterations < 1 || m_DeformableIterations < 1)
  {
    itkExceptionMacro(<< "NumberOfIterations and DeformableIterations are " << m_NumberOfIterations << " and "
                      << m_DeformableIterations << ", but have to be at least 1.");
  }
  if (!(m_GridSpacing > 0.0) || !std::isfinite(m_GridSpacing))
  {
    itkExceptionMacro(<< "GridSpacing is " << m_GridSpacing << ", but has to be finite and above 0.");
  }
  if (!this->GetInitialTransform() && !m_RefineLinear)
  {
    itkExceptionMacro(<< "RefineLinear is off, but there is no InitialTransform.");
  }
  this->VerifyInitialTransform();
}

void
VolumeRegistrationMethod::VerifyInitialTransform() const
{
  const TransformType * initial = this->GetInitialTransform();
  const auto *          linear = dynamic_cast<const LinearType *>(initial);
  if (initial && !linear)
  {
    itkExceptionMacro(<< "InitialTransform is a " << initial->GetNameOfClass()
                      << ", but has to have a matrix and an offset.");
  }
  if (linear && m_TransformKind == TransformKindEnum::Rigid && !IsRotation(linear->GetMatrix()))
  {
    itkExceptionMacro(<< "InitialTransform stretches, shears or mirrors space, but TransformKind is rigid.");
  }
}

void
VolumeRegistrationMethod::VerifyInputInformation() const
{
  Superclass::VerifyInputInformation();
  Naming(this, "FixedImage: ", [this]() { colorization::VerifyExtents(this->GetFixedImage()); });
  Naming(this, "MovingImage: ", [this]() { colorization::VerifyExtents(this->GetMovingImage()); });
}

void
VolumeRegistrationMethod::ShowProgress(const std::string & stage, double fraction, double progress)
{
  // An update that was told to stop ends in the stage where it was told so.
  colorization::UpdateProgressOrAbort(this, this->GetProgress());
  m_Stage = stage;
  m_StageProgress = fraction;
  colorization::UpdateProgressOrAbort(this, progress);
}

void
VolumeRegistrationMethod::GenerateData()
{
  const auto start = std::chrono::steady_clock::now();
  m_Report = {};
  m_Deformation = nullptr;
  m_LinearTransform = nullptr;
  this->ShowProgress("preparing", 0.0, 0.0);
  colorization::RegistrationVolumes volumes;
  const auto                        prepare = [this](const char * name, const ImageType * image)
  {
    colorization::VerifyFinite(this,
                               name,
                               image,
                               image->GetLargestPossibleRegion(),
                               colorization::MakeParallelFor(this));
    return Naming(this, std::string(name) + ": ", [&]() { return colorization::Prepare(image); });
  };
  volumes.fixed = prepare("FixedImage", this->GetFixedImage());
  volumes.moving = prepare("MovingImage", this->GetMovingImage());
  volumes.fixedMask = MakeMask(this, "FixedMaskImage", this->GetFixedMaskImage());
  volumes.movingMask = MakeMask(this, "MovingMaskImage", this->GetMovingMaskImage());
  this->ShowProgress("preparing", 1.0, 0.05);
  Naming(this,
         "",
         [&]()
         {
           Run run(this, volumes);
           run.RegisterLinear();
           if (m_Deformable)
           {
             run.RegisterDeformable();
           }
         });
  TransformType::Pointer whole = m_LinearTransform;
  if (m_Deformation)
  {
    auto composite = CompositeTransform<double, 3>::New();
    composite->AddTransform(m_LinearTransform);
    composite->AddTransform(m_Deformation);
    whole = composite.GetPointer();
  }
  this->GetOutput()->Set(whole);
  m_Report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  this->ShowProgress(m_Stage, 1.0, 1.0);
}

void
VolumeRegistrationMethod::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "TransformKind: " << m_TransformKind << std::endl;
  os << indent << "RefineLinear: " << (m_RefineLinear ? "On" : "Off") << std::endl;
  os << indent << "Deformable: " << (m_Deformable ? "On" : "Off") << std::endl;
  os << indent << "Initialization: " << m_Initialization << std::endl;
  os << indent << "NumberOfLevels: " << m_NumberOfLevels << std::endl;
  os << indent << "NumberOfSamples: " << m_NumberOfSamples << std::endl;
  os << indent << "NumberOfHistogramBins: " << m_NumberOfHistogramBins << std::endl;
  os << indent << "NumberOfIterations: " << m_NumberOfIterations << std::endl;
  os << indent << "DeformableIterations: " << m_DeformableIterations << std::endl;
  os << indent << "GridSpacing: " << m_GridSpacing << std::endl;
  os << indent << "Stage: " << m_Stage << std::endl;
  os << indent << "StageProgress: " << m_StageProgress << std::endl;
}
} // namespace itk
