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
#ifndef itkReferenceImageDatabase_h
#define itkReferenceImageDatabase_h

#include "ColorizationExport.h"
#include "itkColorizationFilterUtilities.h"
#include "itkNetworkModel.h"

#include "itkImage.h"
#include "itkMultiThreaderBase.h"
#include "itkObject.h"
#include "itkObjectFactory.h"
#include "itkRGBPixel.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
struct Orientation;
struct Section;
struct SectionView;

/** A photograph of a ReferenceImageDatabase. */
struct ReferenceImage
{
  /** Where it is: absolute. */
  std::string path{};
  /** Of the file, when it was added. */
  std::uint64_t bytes = 0;
  /** Of the file, when it was added: 64 hexadecimal digits. */
  std::string sha256{};
  /** Width and height in pixels. */
  std::array<std::size_t, 2> size{};
};

/** A file that a ReferenceImageDatabase cannot use, and why: a sentence that does not name it again. */
struct ReferenceImageProblem
{
  std::string path{};
  std::string reason{};
};

/** How alike a photograph of a ReferenceImageDatabase and a query are. */
struct ReferenceImageMatch
{
  /** Of the photograph, in the order of the database. */
  std::size_t index = 0;
  /** Cosine of the descriptors, -1 ... 1; 0.95 of it if one of them is of a part alone; less if their sizes differ and
   * PhotographSpacing is known. */
  double similarity = 0.0;
  /** Whether the photograph has to be transposed, then mirrored along its first and second axis, to lie as the query
   * does. */
  std::array<bool, 3> orientation{};
};
} // namespace colorization

/** \class ReferenceImageDatabase
 * \brief Finds the photographs of sections through a body that show the level of a slice, among many.
 *
 * Each photograph has a descriptor, a vector of length 1; so has a query, in each of the eight orientations (turned by
 * quarters, mirrored) that a photograph may have. The more alike they are, the larger the cosine of the angle between
 * them.
 *
 * Without a model, the descriptor has no need of weights, and does not depend on the modality: the body's bounding box,
 * stretched to 64x64 pixels, gives MIND descriptors (Heinrich et al., MICCAI 2013) pooled in 8x8 cells, the body's shape
 * in 16x16 cells, and its aspect; 1057 numbers. With a model, which is VGG-19, it is what layer fc6 makes of that box,
 * stretched to 224x224 pixels, in gray, with black outside (the paper's section 4.3, equation 2). Where a body has
 * parts, such as arms beside a trunk of 60 % of its area or more, the trunk alone has a descriptor, too; the larger
 * cosine counts, of which that of a part alone is worth 0.95.
 *
 * In a photograph, the body is what is warm: in CIE Lab, b above 2 and a above -0.3 b; blue ice, blue gel, black
 * background, and greenish cards are not. Parts count if they have a tenth of the largest's area and its colour.
 * Photographs are RGB or RGBA of 8 or 16 bits a component, of any format that ITK has a reader for; they are shrunk so
 * that no side is longer than 1024 pixels. They are said to have square pixels.
 *
 * Descriptors do not know how large a body is: a chest whose arms are raised looks much like a head. Where it is known
 * how many mm a pixel of the photographs is, by PhotographSpacing, positive cosines of a slice are multiplied by
 * \f[ \exp\left(-\frac{\log^2(p e / q)}{2 \cdot 0.25^2}\right) \f]
 * where p is PhotographSpacing, and e and q are the square roots of width times height of the bounding boxes of the two
 * bodies, or of their parts, that are compared: e in pixels of the photograph's file, q in mm. A quarter is how much
 * bodies differ: one 1.28 times as large as the other counts for 0.61, one twice as large for 0.02.
 *
 * Photographs are read on all threads, and the result does not depend on how many these are. Memory: 4.2 kB a photograph
 * (16 kB with a model), twice that with parts; and while one is added, beside its pixels 30 bytes for each of those that
 * are left after shrinking, on each thread.
 *
 * The file is safetensors: one tensor, `descriptors`, F32, with a row for each descriptor; and under `__metadata__` the
 * texts `format` ("ITKColorization reference images"), `version` ("2"), `descriptor` ("MIND" or "VGG19 fc6"),
 * `model_sha256` and `images`: a JSON array of objects with path, bytes, sha256, width, height, descriptors, which is
 * how many rows it has, and extents, an array of the e of each of these rows. Files of version 1 have no extents and
 * are refused. Paths of photographs in the file's folder or below are relative to it, so that it can be moved with
 * them; others are absolute. PhotographSpacing is not in the file.
 *
 * Every method throws an exception with one sentence that names the file and what is wrong with it, and leaves the
 * database as it was. ProgressEvent tells of progress; who sets Abort in its observer ends the work by ProcessAborted.
 *
 * \par Reference
 * S. Devkota, S. Pattanaik: Reference Based Color Transfer for Medical Volume Rendering. 2022, section 4.3.
 *
 * \ingroup Colorization */
class Colorization_EXPORT ReferenceImageDatabase : public Object
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ReferenceImageDatabase);

  using Self = ReferenceImageDatabase;
  using Superclass = Object;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using PhotographType = Image<RGBPixel<unsigned char>, 2>;
  using SliceType = Image<float, 2>;
  using MaskType = Image<unsigned char, 2>;
  using ReferenceImageType = colorization::ReferenceImage;
  using ProblemType = colorization::ReferenceImageProblem;
  using MatchType = colorization::ReferenceImageMatch;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(ReferenceImageDatabase);

  /** VGG-19 with fc6, loaded from a file; none for the descriptor without weights, which is the default. It has to be the
   * same for all photographs and queries of a database. */
  itkSetObjectMacro(Model, NetworkModel);
  itkGetModifiableObjectMacro(Model, NetworkModel);

  /** mm a pixel of the photographs as they are in their files, the same for all; 0 if that is not known, so that sizes
   * do not count. Rank() throws an exception if it is negative or not finite. Default: 0. */
  itkSetMacro(PhotographSpacing, double);
  itkGetConstMacro(PhotographSpacing, double);

  /** Threads for photographs; at least 1. Default: ITK's. */
  void
  SetNumberOfWorkUnits(ThreadIdType workUnits);
  ThreadIdType
  GetNumberOfWorkUnits() const;

  /** Reads a picture as photographs are read: RGB of 8 bits a component.
   * Throws an exception if it cannot be read, is gray, or does not have two dimensions. */
  static PhotographType::Pointer
  ReadPhotograph(const std::string & path);

  /** Adds photographs in this order, but for those that are there already. Throws an exception for the first that cannot be
   * read, is gray, or shows no tissue: less than 1 % of its pixels. */
  void
  AddImages(const std::vector<std::string> & paths);
  void
  AddImage(const std::string & path)
  {
    this->AddImages({ path });
  }

  /** Adds the photographs of a folder, in the order of their names: all files with the ending of an image format, without
   * those of folders within. Those that cannot be used are left to GetProblems(). Throws an exception if there is no such
   * folder, or nothing in it can be used. */
  void
  AddFolder(const std::string & path);

  /** Files that AddFolder() left out. */
  const std::vector<ProblemType> &
  GetProblems() const
  {
    return m_Problems;
  }

  std::size_t
  GetNumberOfImages() const
  {
    return m_Entries.size();
  }

  const ReferenceImageType &
  GetImage(std::size_t index) const;

  /** What the descriptors are: "MIND" or "VGG19 fc6"; empty where there are none. */
  itkGetConstReferenceMacro(Descriptor, std::string);

  /** SHA-256 of the model that made the descriptors; empty for those without weights. */
  itkGetConstReferenceMacro(ModelSHA256, std::string);

  /** Writes the database under another name and moves it into place. Throws an exception if it is empty. */
  void
  Save(const std::string & fileName) const;

  /** Replaces the database by that of a file; the photographs are not looked at. */
  void
  Load(const std::string & fileName);

  /** The photographs that are missing, or have another size or SHA-256 than when they were added. */
  std::vector<ProblemType>
  VerifyFiles() const;

  /** The `count` photographs that are most like a slice, the most alike first; of equally like ones the first. 0: all.
   * Both images have the same region and spacing in mm. Throws an exception if they have not, if no pixel is of the body,
   * if the slice holds NaN or infinity there, if PhotographSpacing is negative or not finite, if the database is empty,
   * or made with another model. May be called on
   * several threads.
   * \param slice 0 ... 1, or any range without a model
   * \param body not 0 inside; all parts of the body that the slice shows, both legs for example */
  std::vector<MatchType>
  Rank(const SliceType * slice, const MaskType * body, std::size_t count) const;

  /** The same for a photograph, in gray. How large it is in mm is not known: PhotographSpacing does not count. */
  std::vector<MatchType>
  Rank(const PhotographType * photograph, std::size_t count) const;

  /** Whether the work is to end at the next ProgressEvent. Default: false. */
  itkSetMacro(Abort, bool);
  itkGetConstMacro(Abort, bool);
  itkBooleanMacro(Abort);

  /** Of AddImages() and AddFolder(), 0 ... 1. */
  itkGetConstMacro(Progress, double);

protected:
  ReferenceImageDatabase();
  ~ReferenceImageDatabase() override = default;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  struct Entry
  {
    ReferenceImageType              image{};
    std::vector<std::vector<float>> descriptors{};
    std::vector<double>             extents{};
  };

  /** What is known of a file before it has a descriptor, or why it has none. */
  struct Candidate;

  std::string
  WantedDescriptor() const
  {
    return m_Model ? "VGG19 fc6" : "MIND";
  }

  void
  VerifyDescriptor() const;

  std::vector<std::string>
  WithoutKnown(const std::vector<std::string> & paths) const;

  void
  Prepare(Candidate & candidate) const;

  std::vector<Candidate>
  Describe(const std::vector<std::string> & paths);

  void
  Append(std::vector<Candidate> & candidates);

  std::vector<float>
  DescribeByNetwork(const colorization::SectionView & view) const;

  void
  KeepLarger(const std::vector<float> &        query,
             double                            extent,
             bool                              isPart,
             const colorization::Orientation & orientation,
             std::vector<MatchType> &          matches) const;

  std::vector<MatchType>
  RankSection(const colorization::Section & section, double spacing, std::size_t count) const;

  NetworkModel::Pointer      m_Model{};
  MultiThreaderBase::Pointer m_MultiThreader;
  std::vector<Entry>         m_Entries{};
  std::vector<ProblemType>   m_Problems{};
  std::string                m_Descriptor{};
  std::string                m_ModelSHA256{};
  double                     m_PhotographSpacing{ 0.0 };
  double                     m_Progress{ 0.0 };
  bool                       m_Abort{ false };
};
} // namespace itk

#endif
