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
#ifndef itkMINDFeatureImageFilter_h
#define itkMINDFeatureImageFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkMINDDescriptor.h"

#include "itkArray.h"
#include "itkImageToImageFilter.h"
#include "itkVectorImage.h"

namespace itk
{
/** \class MINDFeatureImageFilter
 * \brief Modality-independent neighbourhood descriptors with self-similarity context (MIND-SSC) at several scales.
 *
 * For every pair of face neighbours \f$n_1, n_2\f$ of a voxel that are not opposite to each other, one component
 *
 * \f[ \exp\left( -\frac{D(n_1, n_2) - \min D}{V} \right), \quad V = \max(\overline{D}, \epsilon) \f]
 *
 * where D is the mean squared difference of the patches around both. A scale has 4 components in 2-D and 12 in 3-D;
 * scales follow each other in the order of Dilations. All components are in 0..1. They depend on how a
 * place looks, compared with its neighbourhood, but hardly on which modality shows it: descriptors of an MRI and of a
 * photograph can be compared.
 *
 * Neighbourhood filter: it asks for the requested region and the largest dilation + PatchRadius voxels around it;
 * beyond the image's border it repeats the nearest voxel. Streamed results equal those of the whole, bit for bit.
 * Beside the output it takes about 8 bytes for each voxel of the regions under work.
 *
 * Throws an exception if there is no dilation or one is 0, if VarianceFloor is not above 0, or if the input holds NaN
 * or infinity.
 *
 * \par Reference
 * M. P. Heinrich, M. Jenkinson, B. W. Papiez, M. Brady, J. A. Schnabel: Towards Realtime Multimodal Fusion for
 * Image-Guided Interventions Using Self-similarities. MICCAI 2013, LNCS 8149, 187-194.
 * doi:10.1007/978-3-642-40811-3_24
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = VectorImage<float, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT MINDFeatureImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MINDFeatureImageFilter);

  using Self = MINDFeatureImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(MINDFeatureImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "MIND is defined in two and three dimensions.");

  using OutputImageRegionType = typename Superclass::OutputImageRegionType;
  using DilationsType = Array<unsigned int>;

  /** Distances, in voxels, of the compared neighbours from the centre: one scale each. Default: 1, 2, 4. */
  void
  SetDilations(const DilationsType & dilations);
  DilationsType
  GetDilations() const;

  /** Compared patches are 2 * PatchRadius + 1 voxels wide along every axis. Default: 1. */
  void
  SetPatchRadius(unsigned int radius);
  unsigned int
  GetPatchRadius() const
  {
    return m_Parameters.patchRadius;
  }

  /** Patch distances below this count as noise; in squared units of the input. Default: 1e-6. */
  void
  SetVarianceFloor(double floor);
  double
  GetVarianceFloor() const
  {
    return m_Parameters.varianceFloor;
  }

protected:
  MINDFeatureImageFilter();
  ~MINDFeatureImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  GenerateOutputInformation() override;

  void
  GenerateInputRequestedRegion() override;

  void
  BeforeThreadedGenerateData() override;

  void
  AfterThreadedGenerateData() override;

  void
  DynamicThreadedGenerateData(const OutputImageRegionType & region) override;

private:
  /** The input around `region`, as floats, with the border repeated where the image ends. */
  std::vector<float>
  CopyWithMargin(const OutputImageRegionType & region) const;

  colorization::MINDParameters m_Parameters;
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkMINDFeatureImageFilter.hxx"
#endif

#endif
