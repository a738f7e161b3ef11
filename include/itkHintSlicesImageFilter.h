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
#ifndef itkHintSlicesImageFilter_h
#define itkHintSlicesImageFilter_h

#include "itkColorizationFilterUtilities.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkRGBPixel.h"

#include <map>
#include <vector>

namespace itk
{
/** \class HintSlicesImageFilter
 * \brief Picks the slices of a volume that are worth colouring, and puts coloured slices where they belong.
 *
 * SelectSlices() ranks the slices across Axis by the standard deviation of their values, within the mask if there is
 * one, and picks the first NumberOfSlices that are at least MinimumDistance slices apart: high contrast makes good
 * hints. With SpreadEvenly, the slices that have any contrast are parted into NumberOfSlices ranges of equal length,
 * and the first of each range is picked, so that no slice is far from a hint. Whoever colours them hands each back to
 * SetHintSlice(), with a confidence image or without. The outputs are made for LevinColorizationImageFilter, all on the
 * input's grid:
 *
 * 0. the hint image, with the coloured slices in a black volume,
 * 1. the hint mask: 1 on coloured slices, 0 elsewhere,
 * 2. the confidence: 0..1 on coloured slices, where it defaults to 1; 0 elsewhere.
 *
 * Of a coloured slice, pixels that are not to be hints get confidence 0. In an image of two dimensions, slices are
 * lines.
 *
 * Global: it makes the whole output. Beside the outputs it takes no memory.
 *
 * A coloured slice is read when the filter runs; one that changes afterwards is handed over again.
 *
 * Throws an exception if Axis is not an axis of the input, if the mask has another region or physical space than the
 * input, if there is no coloured slice, or if one has another size than the input's slices or lies outside of it;
 * SelectSlices() also if the input holds NaN or infinity.
 *
 * \par Reference
 * A. N. Mathur, A. Khattar, O. Sharma: Multimodal Medical Volume Colorization from 2D Style. 2021, section 3.4.
 *
 * \ingroup Colorization */
template <typename TInputImage, typename TOutputImage = Image<RGBPixel<unsigned char>, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT HintSlicesImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(HintSlicesImageFilter);

  using Self = HintSlicesImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(HintSlicesImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "Slices are cut from images of two or three dimensions.");

  using RegionType = typename TInputImage::RegionType;
  using MaskImageType = Image<unsigned char, ImageDimension>;
  using ConfidenceImageType = Image<float, ImageDimension>;
  using SliceImageType = Image<typename TOutputImage::PixelType, ImageDimension - 1>;
  using SliceConfidenceType = Image<float, ImageDimension - 1>;
  using SliceIndicesType = std::vector<IndexValueType>;
  using DataObjectPointerArraySizeType = ProcessObject::DataObjectPointerArraySizeType;

  /** Optional: where the standard deviation is taken, on voxels that are not 0. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** Axis across the slices. Default: the last. */
  itkSetMacro(Axis, unsigned int);
  itkGetConstMacro(Axis, unsigned int);

  /** Most slices to pick, at least 1. Default: 3. */
  itkSetMacro(NumberOfSlices, unsigned int);
  itkGetConstMacro(NumberOfSlices, unsigned int);

  /** Least distance between two picked slices, in slices, at least 1. Default: 10. */
  itkSetMacro(MinimumDistance, unsigned int);
  itkGetConstMacro(MinimumDistance, unsigned int);

  /** Whether one slice of each of NumberOfSlices equal ranges is picked. Default: false. */
  itkSetMacro(SpreadEvenly, bool);
  itkGetConstMacro(SpreadEvenly, bool);
  itkBooleanMacro(SpreadEvenly);

  /** Updates the inputs and picks slices.
   * \return their indices along Axis, in rising order */
  SliceIndicesType
  SelectSlices();

  /** A coloured slice.
   * \param sliceIndex index along Axis
   * \param colors its axes are the input's other axes in their order; its start index does not matter
   * \param confidence image of the same size, 0..1, or null for 1 everywhere */
  void
  SetHintSlice(IndexValueType              sliceIndex,
               const SliceImageType *      colors,
               const SliceConfidenceType * confidence = nullptr);

  /** Forgets all coloured slices. */
  void
  ClearHintSlices();

  /** The second output. */
  MaskImageType *
  GetHintMaskOutput();

  /** The third output. */
  ConfidenceImageType *
  GetConfidenceOutput();

  using Superclass::MakeOutput;
  DataObject::Pointer
  MakeOutput(DataObjectPointerArraySizeType index) override;

protected:
  HintSlicesImageFilter();
  ~HintSlicesImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyPreconditions() const override;

  void
  VerifyInputInformation() const override;

  void
  EnlargeOutputRequestedRegion(DataObject * output) override;

  void
  GenerateInputRequestedRegion() override;

  void
  GenerateData() override;

private:
  struct HintSlice
  {
    typename SliceImageType::ConstPointer      colors;
    typename SliceConfidenceType::ConstPointer confidence;
  };

  /** Standard deviation of every slice; 0 where the mask leaves nothing. */
  std::vector<double>
  ComputeDeviations() const;

  unsigned int                        m_Axis{ ImageDimension - 1 };
  unsigned int                        m_NumberOfSlices{ 3 };
  unsigned int                        m_MinimumDistance{ 10 };
  bool                                m_SpreadEvenly{ false };
  std::map<IndexValueType, HintSlice> m_HintSlices;
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkHintSlicesImageFilter.hxx"
#endif

#endif
