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
#ifndef itkReproducibleMutualInformation_h
#define itkReproducibleMutualInformation_h

#include "ColorizationExport.h"
#include "itkColorizationFilterUtilities.h"
#include "itkLinearSampler.h"
#include "itkSplineThenLinear.h"

#include "itkImage.h"
#include "itkMattesMutualInformationImageToImageMetricv4.h"
#include "itkMultiThreaderBase.h"

#include <array>
#include <cstddef>
#include <functional>
#include <vector>

namespace itk
{
/** \class ReproducibleMutualInformation
 * \brief Mattes' mutual information of two gray volumes, in nats and negated, with the same bits for any number of
 * threads.
 *
 * It exists because ITK's own metric gives other bits with another number of threads: that splits the samples by the
 * number of threads, and adds derivatives up in the order in which threads get hold of a lock. Here the samples are cut
 * into chunks whose number is fixed, and what these give is merged in their order. Value and derivative are ITK's but
 * for rounding. The derivative is summed over samples instead of being kept for each bin of the joint histogram, and
 * for a B-spline over the coefficients within reach of a sample alone:
 *
 * \f[ \frac{\partial I}{\partial \mu} = -\frac{1}{N b} \sum_x \sum_k \log\frac{p(k, f(x))}{p(k)}\, \beta'(k - m(x))\,
 *     \nabla M^T \frac{\partial T}{\partial \mu} \f]
 *
 * Volumes that do not overlap have no information in common: value and derivative are 0, from which an optimizer steps
 * back, and GetNumberOfValidPoints() tells.
 *
 * It works on a virtual sampled point set, by linear interpolation and with central differences as gradients; the
 * moving transform is linear, or a cubic B-spline with linear transforms after it. Initialize() has to be called again
 * after a change of anything but the moving transform's parameters. It takes 64 bytes a sample, and 256 a parameter.
 *
 * \par Reference
 * D. Mattes, D. R. Haynor, H. Vesselle, T. K. Lewellen, W. Eubank. PET-CT image registration in the chest using
 * free-form deformations. IEEE Transactions on Medical Imaging 22(1), 2003. doi:10.1109/TMI.2003.809072
 *
 * \ingroup Colorization */
class Colorization_EXPORT ReproducibleMutualInformation
  : public MattesMutualInformationImageToImageMetricv4<Image<float, 3>, Image<float, 3>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ReproducibleMutualInformation);

  using Self = ReproducibleMutualInformation;
  using VolumeType = Image<float, 3>;
  using Superclass = MattesMutualInformationImageToImageMetricv4<VolumeType, VolumeType>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(ReproducibleMutualInformation);

  using Superclass::DerivativeType;
  using Superclass::MeasureType;

  /** Threads, which change nothing else. */
  void
  SetNumberOfWorkUnits(ThreadIdType workUnits);

  /** Throws an exception if all samples have one value in the fixed volume, or all of the moving volume has. */
  void
  Initialize() override;

  MeasureType
  GetValue() const override;

  /** The derivative is of the information itself, which the value negates: as ITK's optimizers want it. */
  void
  GetValueAndDerivative(MeasureType & value, DerivativeType & derivative) const override;

protected:
  ReproducibleMutualInformation();
  ~ReproducibleMutualInformation() override = default;

private:
  /** How values fall into bins. */
  struct Binning
  {
    double lowest;
    double highest;
    double width;
    double first;
  };
  /** A point of the fixed volume, and the row of the histogram that its value falls into. */
  struct FixedSample
  {
    std::array<double, 3> point;
    std::size_t           bin;
  };
  /** What it maps to, in bins; negative outside of the volume or mask. */
  struct MovingSample
  {
    double                term;
    std::array<double, 3> gradient;
  };

  Binning
  BinningOf(double lowest, double highest, const char * what) const;
  void
  CollectFixedSamples();
  void
  FindMovingRange();
  void
  MapSamples(const colorization::SplineThenLinear & map, bool withGradients) const;
  MovingSample
  MapSample(const colorization::SplineThenLinear & map, const std::array<double, 3> & point, bool withGradient) const;
  /** The second of the four bins that a moving value has a part in. */
  std::size_t
  CenterOf(const MovingSample & sample) const;
  void
  AddToHistogram(std::size_t row, const MovingSample & sample, std::vector<double> & histogram) const;
  MeasureType
  ComputeValue() const;
  /** What the equation multiplies the gradient by, for one sample. */
  double
  WeightOf(std::size_t row, const MovingSample & sample) const;
  void
  SumSplineDerivative(const colorization::SplineThenLinear & map, DerivativeType & derivative) const;
  void
  SumLinearDerivative(const colorization::SplineThenLinear & map, DerivativeType & derivative) const;
  void
  ForEachChunk(const std::function<void(std::size_t chunk, std::size_t begin, std::size_t end)> & body) const;

  /** Of either volume: two at each end catch what the Parzen window smears out. */
  std::size_t                       m_Bins{ 0 };
  MultiThreaderBase::Pointer        m_MultiThreader;
  colorization::ParallelFor         m_ParallelFor;
  colorization::LinearSampler       m_Sampler;
  Binning                           m_MovingBinning{};
  std::vector<FixedSample>          m_FixedSamples{};
  mutable std::vector<MovingSample> m_MovingSamples{};
  /** p(k, f), then its logarithm over p(k); rows are the fixed volume's bins. */
  mutable std::vector<double> m_JointHistogram{};
  mutable std::vector<double> m_LogRatios{};
};
} // namespace itk

#endif
