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
#ifndef ReproducibleMutualInformation_h
#define ReproducibleMutualInformation_h

#include "ImageFiles.h"

#include "itkColorizationFilterUtilities.h"
#include "itkColorizationParallelFor.h"
#include "itkMattesMutualInformationImageToImageMetricv4.h"
#include "itkMultiThreaderBase.h"

#include <cstddef>
#include <functional>
#include <vector>

/** Mattes' mutual information of two gray volumes, in nats and negated, with the same bits for any number of threads.
 *
 * It exists because ITK's own metric gives other bits with another number of threads: that splits the samples by the
 * number of threads, and adds derivatives up in the order in which threads get hold of a lock. Here the samples are cut
 * into chunks whose number is fixed, and what these give is merged in their order. Value and derivative are ITK's but
 * for rounding. The derivative is summed over samples instead of being kept
 * for each bin of the joint histogram, and for a B-spline over the coefficients within reach of a sample alone:
 *
 * \f[ \frac{\partial I}{\partial \mu} = -\frac{1}{N b} \sum_x \sum_k \log\frac{p(k, f(x))}{p(k)}\, \beta'(k - m(x))\,
 *     \nabla M^T \frac{\partial T}{\partial \mu} \f]
 *
 * It works on a sampled point set of the virtual domain, and takes 40 bytes a sample, beside the 12 of its point, and
 * 256 a parameter.
 *
 * \par Reference
 * D. Mattes, D. R. Haynor, H. Vesselle, T. K. Lewellen, W. Eubank. PET-CT image registration in the chest using
 * free-form deformations. IEEE Transactions on Medical Imaging 22(1), 2003. doi:10.1109/TMI.2003.809072 */
class ReproducibleMutualInformation
  : public itk::MattesMutualInformationImageToImageMetricv4<ImageFiles::VolumeType, ImageFiles::VolumeType>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ReproducibleMutualInformation);

  using Self = ReproducibleMutualInformation;
  using Superclass = itk::MattesMutualInformationImageToImageMetricv4<ImageFiles::VolumeType, ImageFiles::VolumeType>;
  using Pointer = itk::SmartPointer<Self>;
  using ConstPointer = itk::SmartPointer<const Self>;
  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(ReproducibleMutualInformation);

  using Superclass::DerivativeType;
  using Superclass::MeasureType;

  MeasureType
  GetValue() const override;

  /** The derivative is of the information itself, which the value negates: as ITK's optimizers want it. */
  void
  GetValueAndDerivative(MeasureType & value, DerivativeType & derivative) const override;

protected:
  ReproducibleMutualInformation();
  ~ReproducibleMutualInformation() override = default;

private:
  /** What a sample maps to; `fixedBin` is -1 outside of a volume or mask. */
  struct MappedSample
  {
    itk::OffsetValueType    fixedBin;
    double                  movingTerm;
    MovingImageGradientType gradient;
  };

  void
  MapSamples(bool withGradients) const;
  MappedSample
  MapSample(const VirtualPointType & point, bool withGradient) const;
  void
  AddToHistogram(const MappedSample & sample, std::vector<double> & histogram) const;
  MeasureType
  ComputeValue() const;
  /** What the equation multiplies the gradient by, for one sample. */
  double
  WeightOf(const MappedSample & sample) const;
  void
  SumDerivative(std::size_t begin, std::size_t end, std::vector<double> & sum) const;
  void
  SumSplineDerivative(std::size_t begin, std::size_t end, std::vector<double> & sum) const;
  void
  ForEachChunk(const std::function<void(std::size_t chunk, std::size_t begin, std::size_t end)> & body) const;

  itk::MultiThreaderBase::Pointer   m_MultiThreader;
  itk::colorization::ParallelFor    m_ParallelFor;
  mutable std::vector<MappedSample> m_Samples;
  /** p(k, f), then its logarithm over p(k); rows are the fixed volume's bins. */
  mutable std::vector<double> m_JointHistogram;
  mutable std::vector<double> m_LogRatios;
};

#endif
