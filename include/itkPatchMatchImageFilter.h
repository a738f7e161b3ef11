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
#ifndef itkPatchMatchImageFilter_h
#define itkPatchMatchImageFilter_h

#include "itkColorizationFilterUtilities.h"
#include "itkPatchMatcher.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkVector.h"
#include "itkVectorImage.h"

namespace itk
{
/** \class PatchMatchImageFilter
 * \brief Finds for every patch of an image of features the most similar patch of a two-dimensional reference.
 *
 * Input and reference are images of feature vectors, as MINDFeatureImageFilter makes them. A three-dimensional input is
 * matched slice by slice along its last axis; every slice with the same reference.
 *
 * The first output is the nearest-neighbour field: column and row of the match as an index of the reference image. The
 * second is the distance: the mean, over the patch, of the squared difference of the feature vectors. Where the mask
 * is 0, the match is one less than the reference's start index in both components, and the distance is 0.
 *
 * The field is approximate but deterministic: random numbers are a function of Seed, pixel, iteration and trial, and
 * results do not depend on the number of threads. With GlobalSearch, its mean distance is within 2 % of the least there
 * is on features of real images; with ExactSearch it is the least there is, at a cost that grows with the product of
 * both images' sizes.
 *
 * Global: it needs both inputs whole, and makes the whole output. Beside inputs and outputs it takes, for each pixel of
 * the reference and of a slice, twice its features and 256 bytes; for each pixel of a slice another
 * (2 * PatchRadius + 1)^2 * 4 + 36 bytes; and with GlobalSearch 264 bytes for each of the reference and
 * 140 for each of a slice.
 *
 * Throws an exception if the numbers of components differ, if a mask does not have its image's region, or is 0
 * everywhere on the reference, or if features are NaN or infinite.
 *
 * \par Reference
 * C. Barnes, E. Shechtman, A. Finkelstein, D. B. Goldman: PatchMatch: A Randomized Correspondence Algorithm for
 * Structural Image Editing. ACM Transactions on Graphics 28(3), 2009. doi:10.1145/1531326.1531330
 * Global search: J. Sivic, A. Zisserman: Video Google: A Text Retrieval Approach to Object Matching in Videos. ICCV,
 * 2003. doi:10.1109/ICCV.2003.1238663 (the inverted file).
 *
 * \ingroup Colorization */
template <typename TInputImage,
          typename TReferenceImage = VectorImage<float, 2>,
          typename TMaskImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT PatchMatchImageFilter
  : public ImageToImageFilter<TInputImage, Image<Vector<float, 2>, TInputImage::ImageDimension>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(PatchMatchImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension == 2 || ImageDimension == 3, "The input has two or three dimensions.");
  static_assert(TReferenceImage::ImageDimension == 2, "The reference has two dimensions.");

  using Self = PatchMatchImageFilter;
  using FieldImageType = Image<Vector<float, 2>, ImageDimension>;
  using Superclass = ImageToImageFilter<TInputImage, FieldImageType>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(PatchMatchImageFilter);

  using DistanceImageType = Image<float, ImageDimension>;
  using ReferenceMaskImageType = Image<unsigned char, 2>;
  using DataObjectPointerArraySizeType = ProcessObject::DataObjectPointerArraySizeType;

  /** Features that matches are taken from. */
  itkSetInputMacro(ReferenceImage, TReferenceImage);
  itkGetInputMacro(ReferenceImage, TReferenceImage);

  /** Optional: pixels of the input that get a match, those that are not 0. */
  itkSetInputMacro(MaskImage, TMaskImage);
  itkGetInputMacro(MaskImage, TMaskImage);

  /** Optional: pixels that a match may lie on, those that are not 0. */
  itkSetInputMacro(ReferenceMaskImage, ReferenceMaskImageType);
  itkGetInputMacro(ReferenceMaskImage, ReferenceMaskImageType);

  /** Optional: matches to begin with; those outside of the reference are drawn at random. */
  itkSetInputMacro(InitialField, FieldImageType);
  itkGetInputMacro(InitialField, FieldImageType);

  /** Patches are 2 * PatchRadius + 1 pixels wide and high. Default: 1. */
  itkSetMacro(PatchRadius, unsigned int);
  itkGetConstMacro(PatchRadius, unsigned int);

  /** Rounds of propagation and random search. Default: 8. */
  itkSetMacro(NumberOfIterations, unsigned int);
  itkGetConstMacro(NumberOfIterations, unsigned int);

  /** Half the width of the window that random search begins with, in pixels. Default: 0, the reference's larger side.
   * */
  itkSetMacro(SearchRadius, unsigned int);
  itkGetConstMacro(SearchRadius, unsigned int);

  /** Whether, before the first round, every patch tries those of the reference that are nearest to it by their
   * coordinates along 64 principal axes. Without it, and where SearchRadius is less than the reference's larger side,
   * matches come from the initial field, random search and propagation alone, as in the paper. Default: true. */
  itkSetMacro(GlobalSearch, bool);
  itkGetConstMacro(GlobalSearch, bool);
  itkBooleanMacro(GlobalSearch);

  /** Whether all patches are compared with all, by matrix products; InitialField, NumberOfIterations, SearchRadius and
   * Seed are then without effect. Default: false. */
  itkSetMacro(ExactSearch, bool);
  itkGetConstMacro(ExactSearch, bool);
  itkBooleanMacro(ExactSearch);

  /** Chooses the random numbers. Default: 0. */
  itkSetMacro(Seed, std::uint32_t);
  itkGetConstMacro(Seed, std::uint32_t);

  /** Pairs of patches that the last update compared. */
  itkGetConstMacro(NumberOfCandidates, std::uint64_t);

  /** Multiplications with an addition that the last update took for this. */
  itkGetConstMacro(NumberOfMultiplyAdds, std::uint64_t);

  /** The second output. */
  DistanceImageType *
  GetDistanceOutput();

  using Superclass::MakeOutput;
  DataObject::Pointer
  MakeOutput(DataObjectPointerArraySizeType index) override;

protected:
  PatchMatchImageFilter();
  ~PatchMatchImageFilter() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

  void
  VerifyInputInformation() const override;

  void
  GenerateInputRequestedRegion() override;

  void
  EnlargeOutputRequestedRegion(DataObject * output) override;

  void
  GenerateData() override;

private:
  /** The field of one slice of the input. */
  void
  MatchSlice(const typename TInputImage::RegionType &   slice,
             const colorization::FeatureImageView &     reference,
             const colorization::PatchMatchParameters & parameters,
             const colorization::ProgressCallback &     progress);

  unsigned int  m_PatchRadius{ 1 };
  unsigned int  m_NumberOfIterations{ 8 };
  unsigned int  m_SearchRadius{ 0 };
  bool          m_GlobalSearch{ true };
  bool          m_ExactSearch{ false };
  std::uint32_t m_Seed{ 0 };
  std::uint64_t m_NumberOfCandidates{ 0 };
  std::uint64_t m_NumberOfMultiplyAdds{ 0 };
};
} // namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkPatchMatchImageFilter.hxx"
#endif

#endif
