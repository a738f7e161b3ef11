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
#include "itkReferenceImageDatabase.h"

#include "itkDeepFeatureImageFilter.h"
#include "itkReferenceImageFile.h"
#include "itkSectionDescriptor.h"
#include "itkVerifiedImageIO.h"
#include "../common/itkFirstAlone.h"
#include "../common/itkSHA256.h"

#include "itkBinShrinkImageFilter.h"
#include "itkImageFileReader.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <numeric>
#include <set>
#include <stdexcept>

namespace itk
{
namespace
{
namespace fs = std::filesystem;

/** Pixels of the longer side of what a photograph is shrunk to, at most. */
constexpr SizeValueType LongestSide = 1024;
/** What the likeness of a part alone counts for, where that of all is 1. */
constexpr double PartWeight = 0.95;
/** Standard deviation of the logarithm of a body's size: people differ by that much, a head and a chest by more. */
constexpr double SizeDeviation = 0.25;
/** Pixels per side of what the network sees. */
constexpr std::size_t NetworkSide = 224;

[[noreturn]] void
ThrowSentence(const std::string & sentence)
{
  ExceptionObject exception(__FILE__, __LINE__, sentence, "ReferenceImageDatabase");
  throw exception;
}

/** The file's absolute path; links are followed in its folder, not in its name. */
std::string
AbsolutePath(const std::string & path)
{
  const fs::path absolute = fs::absolute(path).lexically_normal();
  return (fs::weakly_canonical(absolute.parent_path()) / absolute.filename()).string();
}

std::string
LowerExtension(const fs::path & path)
{
  std::string extension = path.extension().string();
  std::transform(extension.begin(),
                 extension.end(),
                 extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

/** Endings of the formats that ITK has a reader for, lower case. */
std::set<std::string>
ReadableExtensions()
{
  std::set<std::string> extensions;
  for (const LightObject::Pointer & instance : ObjectFactoryBase::CreateAllInstance("itkImageIOBase"))
  {
    const auto * io = dynamic_cast<const ImageIOBase *>(instance.GetPointer());
    for (const std::string & extension : io ? io->GetSupportedReadExtensions() : ImageIOBase::ArrayOfExtensionsType())
    {
      extensions.insert(LowerExtension("x" + extension));
    }
  }
  return extensions;
}

/** All files of a folder with the ending of an image format, by name. */
std::vector<std::string>
ImageFilesIn(const std::string & folder)
{
  std::error_code              error;
  const fs::directory_iterator entries(folder, error);
  if (error)
  {
    ThrowSentence(folder + ": the folder cannot be read: " + error.message() + '.');
  }
  const std::set<std::string> extensions = ReadableExtensions();
  std::vector<std::string>    files;
  for (const fs::directory_entry & entry : entries)
  {
    const bool isHidden = entry.path().filename().string().front() == '.';
    if (!isHidden && !entry.is_directory(error) && extensions.count(LowerExtension(entry.path())) > 0)
    {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

template <typename TImage>
typename TImage::Pointer
ReadPixels(const std::string & path, ImageIOBase * io)
{
  auto reader = ImageFileReader<TImage>::New();
  reader->SetFileName(path);
  reader->SetImageIO(io);
  reader->Update();
  typename TImage::Pointer image = reader->GetOutput();
  return image;
}

ReferenceImageDatabase::PhotographType::Pointer
ReadRGB(const std::string & path, ImageIOBase * io)
{
  using PhotographType = ReferenceImageDatabase::PhotographType;
  if (io->GetComponentType() == IOComponentEnum::UCHAR)
  {
    return ReadPixels<PhotographType>(path, io);
  }
  const auto deep = ReadPixels<Image<RGBPixel<unsigned short>, 2>>(path, io);
  auto       photograph = PhotographType::New();
  photograph->CopyInformation(deep);
  photograph->SetRegions(deep->GetBufferedRegion());
  photograph->Allocate();
  for (SizeValueType i = 0; i < deep->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    for (unsigned int c = 0; c < 3; ++c)
    {
      // 65535 becomes 255.
      photograph->GetBufferPointer()[i][c] =
        static_cast<unsigned char>(std::lround(deep->GetBufferPointer()[i][c] / 257.0));
    }
  }
  return photograph;
}

SizeValueType
ShrinkFactor(const ReferenceImageDatabase::PhotographType * photograph)
{
  const auto          size = photograph->GetBufferedRegion().GetSize();
  const SizeValueType factor = (std::max(size[0], size[1]) + LongestSide - 1) / LongestSide;
  return std::min(size[0], size[1]) < factor ? 1 : std::max<SizeValueType>(factor, 1);
}

ReferenceImageDatabase::PhotographType::ConstPointer
Shrunk(const ReferenceImageDatabase::PhotographType * photograph, SizeValueType factor)
{
  using PhotographType = ReferenceImageDatabase::PhotographType;
  if (factor == 1)
  {
    return photograph;
  }
  auto shrink = BinShrinkImageFilter<PhotographType, PhotographType>::New();
  shrink->SetInput(photograph);
  shrink->SetShrinkFactors(static_cast<unsigned int>(factor));
  shrink->SetNumberOfWorkUnits(1);
  shrink->Update();
  PhotographType::ConstPointer shrunk = shrink->GetOutput();
  return shrunk;
}

/** In units of the photograph's own pixels. */
colorization::Section
SectionOf(const ReferenceImageDatabase::PhotographType * photograph)
{
  std::vector<colorization::Color> lab;
  const SizeValueType              factor = ShrinkFactor(photograph);
  const auto                       shrunk = Shrunk(photograph, factor);
  auto section = colorization::MakePhotographSection(shrunk, colorization::BodyParts::All, lab);
  section.spacing.fill(static_cast<double>(factor));
  return section;
}

colorization::Section
SectionOf(const ReferenceImageDatabase::SliceType * slice, const ReferenceImageDatabase::MaskType * body)
{
  const auto region = slice->GetBufferedRegion();
  if (body->GetBufferedRegion() != region || body->GetSpacing() != slice->GetSpacing())
  {
    std::ostringstream sentence;
    sentence << "The body mask has size " << body->GetBufferedRegion().GetSize() << ", start "
             << body->GetBufferedRegion().GetIndex() << " and spacing " << body->GetSpacing() << ", but the slice's "
             << region.GetSize() << ", " << region.GetIndex() << " and " << slice->GetSpacing() << " are wanted.";
    ThrowSentence(sentence.str());
  }
  colorization::Section section;
  section.width = region.GetSize(0);
  section.height = region.GetSize(1);
  section.spacing = { { slice->GetSpacing()[0], slice->GetSpacing()[1] } };
  section.intensity.assign(slice->GetBufferPointer(), slice->GetBufferPointer() + region.GetNumberOfPixels());
  section.body.resize(section.intensity.size());
  std::size_t bodyPixels = 0;
  for (std::size_t i = 0; i < section.body.size(); ++i)
  {
    section.body[i] = body->GetBufferPointer()[i] != 0 ? 1 : 0;
    bodyPixels += section.body[i];
    if (section.body[i] && !std::isfinite(section.intensity[i]))
    {
      ThrowSentence("The slice holds NaN or infinity within the body.");
    }
  }
  if (bodyPixels == 0)
  {
    ThrowSentence("The body mask is 0 everywhere, but some pixel of the slice has to be of the body.");
  }
  return section;
}

/** How well the sizes of two bodies go together, 0 ... 1. */
double
SizeLikeness(double extent, double otherExtent)
{
  const double deviation = std::log(extent / otherExtent) / SizeDeviation;
  return std::exp(-0.5 * deviation * deviation);
}

std::size_t
ViewSide(bool hasModel)
{
  return hasModel ? NetworkSide : colorization::DescribedViewSide;
}
} // namespace

struct ReferenceImageDatabase::Candidate
{
  ReferenceImageType                     image{};
  std::vector<colorization::SectionView> views{};
  std::vector<std::vector<float>>        descriptors{};
  std::vector<double>                    extents{};
  std::string                            problem{};
};

ReferenceImageDatabase::ReferenceImageDatabase()
  : m_MultiThreader(MultiThreaderBase::New())
{}

void
ReferenceImageDatabase::SetNumberOfWorkUnits(ThreadIdType workUnits)
{
  if (workUnits < 1)
  {
    itkExceptionMacro(<< "NumberOfWorkUnits is 0, but at least 1 is wanted.");
  }
  m_MultiThreader->SetNumberOfWorkUnits(workUnits);
}

ThreadIdType
ReferenceImageDatabase::GetNumberOfWorkUnits() const
{
  return m_MultiThreader->GetNumberOfWorkUnits();
}

ReferenceImageDatabase::PhotographType::Pointer
ReferenceImageDatabase::ReadPhotograph(const std::string & path)
{
  std::error_code error;
  if (!fs::exists(path, error))
  {
    ThrowSentence(path + ": there is no such file.");
  }
  std::string sentence;
  try
  {
    const auto io = VerifiedImageIO::New();
    io->SetFileName(path);
    io->ReadImageInformation();
    const unsigned int dimensions = io->GetNumberOfDimensions();
    if (dimensions < 2 || (dimensions > 2 && static_cast<SizeValueType>(io->GetImageSizeInPixels()) !=
                                               io->GetDimensions(0) * io->GetDimensions(1)))
    {
      sentence = "the image does not have two dimensions, but a photograph is needed";
    }
    else if (io->GetComponentType() != IOComponentEnum::UCHAR && io->GetComponentType() != IOComponentEnum::USHORT)
    {
      sentence = "the photograph's components are neither of 8 nor of 16 bits";
    }
    else if (io->GetNumberOfComponents() < 3)
    {
      sentence = "the photograph is gray: it has " + std::to_string(io->GetNumberOfComponents()) +
                 " components a pixel, but colours need 3 or 4";
    }
    else
    {
      return ReadRGB(path, io);
    }
  }
  catch (const ImageFileException & exception)
  {
    ThrowSentence(exception.GetDescription());
  }
  ThrowSentence(path + ": " + sentence + '.');
}

/** The paths that are not in the database, each once. */
std::vector<std::string>
ReferenceImageDatabase::WithoutKnown(const std::vector<std::string> & paths) const
{
  std::set<std::string> known;
  for (const Entry & entry : m_Entries)
  {
    known.insert(entry.image.path);
  }
  std::vector<std::string> unknown;
  for (const std::string & path : paths)
  {
    if (known.insert(AbsolutePath(path)).second)
    {
      unknown.push_back(path);
    }
  }
  return unknown;
}

/** What does not need the network: the file, its pixels, the body. */
void
ReferenceImageDatabase::Prepare(Candidate & candidate) const
{
  const std::string & path = candidate.image.path;
  try
  {
    const auto photograph = ReadPhotograph(path);
    const auto size = photograph->GetBufferedRegion().GetSize();
    candidate.image.size = { { size[0], size[1] } };
    candidate.views = colorization::MakeSectionViews(SectionOf(photograph), ViewSide(m_Model != nullptr));
    candidate.image.bytes = fs::file_size(path);
    candidate.image.sha256 = colorization::ComputeFileSHA256(path);
  }
  catch (const ExceptionObject & error)
  {
    candidate.problem = error.GetDescription();
  }
  catch (const std::invalid_argument & error)
  {
    candidate.problem = error.what();
  }
  catch (const std::runtime_error & error)
  {
    candidate.problem = error.what();
  }
  // Sentences of readers begin with the path.
  if (candidate.problem.rfind(path + ": ", 0) == 0)
  {
    candidate.problem.erase(0, path.size() + 2);
  }
  for (const colorization::SectionView & view : candidate.views)
  {
    candidate.extents.push_back(view.extent);
  }
  if (candidate.problem.empty() && !m_Model)
  {
    for (const colorization::SectionView & view : candidate.views)
    {
      candidate.descriptors.push_back(colorization::DescribeView(view));
    }
    candidate.views.clear();
  }
}

/** Descriptors of new photographs, in portions between which there is progress. */
std::vector<ReferenceImageDatabase::Candidate>
ReferenceImageDatabase::Describe(const std::vector<std::string> & paths)
{
  this->VerifyDescriptor();
  const ImageReadingSession session;
  const auto             parallelFor = colorization::FirstAlone(colorization::MakeParallelFor(m_MultiThreader));
  const std::size_t      portion = 8 * static_cast<std::size_t>(this->GetNumberOfWorkUnits());
  std::vector<Candidate> candidates(paths.size());
  for (std::size_t first = 0; first < paths.size(); first += portion)
  {
    const std::size_t count = std::min(portion, paths.size() - first);
    parallelFor(count,
                [&](std::size_t i)
                {
                  candidates[first + i].image.path = AbsolutePath(paths[first + i]);
                  this->Prepare(candidates[first + i]);
                });
    for (std::size_t i = first; i < first + count; ++i)
    {
      for (const colorization::SectionView & view : candidates[i].views)
      {
        candidates[i].descriptors.push_back(this->DescribeByNetwork(view));
      }
      candidates[i].views.clear();
    }
    m_Progress = static_cast<double>(first + count) / static_cast<double>(paths.size());
    this->InvokeEvent(ProgressEvent());
    if (m_Abort)
    {
      throw ProcessAborted(__FILE__, __LINE__);
    }
  }
  return candidates;
}

/** Takes over those that have descriptors. */
void
ReferenceImageDatabase::Append(std::vector<Candidate> & candidates)
{
  for (Candidate & candidate : candidates)
  {
    if (candidate.problem.empty())
    {
      m_Entries.push_back({ candidate.image, std::move(candidate.descriptors), std::move(candidate.extents) });
      m_Descriptor = this->WantedDescriptor();
      m_ModelSHA256 = m_Model ? m_Model->GetSHA256() : "";
    }
  }
  this->Modified();
}

void
ReferenceImageDatabase::AddImages(const std::vector<std::string> & paths)
{
  auto candidates = this->Describe(this->WithoutKnown(paths));
  for (const Candidate & candidate : candidates)
  {
    if (!candidate.problem.empty())
    {
      ThrowSentence(candidate.image.path + ": " + candidate.problem);
    }
  }
  this->Append(candidates);
}

void
ReferenceImageDatabase::AddFolder(const std::string & path)
{
  const auto files = ImageFilesIn(path);
  if (files.empty())
  {
    ThrowSentence(path + ": the folder holds no image.");
  }
  auto       candidates = this->Describe(this->WithoutKnown(files));
  const auto isBad = [](const Candidate & candidate) { return !candidate.problem.empty(); };
  if (!candidates.empty() && std::all_of(candidates.begin(), candidates.end(), isBad))
  {
    ThrowSentence(path + ": none of the folder's " + std::to_string(files.size()) +
                  " images can be used; the first is " + fs::path(candidates.front().image.path).filename().string() +
                  ": " + candidates.front().problem);
  }
  for (const Candidate & candidate : candidates)
  {
    if (isBad(candidate))
    {
      m_Problems.push_back({ candidate.image.path, candidate.problem });
    }
  }
  this->Append(candidates);
}

const ReferenceImageDatabase::ReferenceImageType &
ReferenceImageDatabase::GetImage(std::size_t index) const
{
  if (index >= m_Entries.size())
  {
    itkExceptionMacro(<< "There is no photograph " << index << ": there are " << m_Entries.size() << '.');
  }
  return m_Entries[index].image;
}

/** What the model gives has to be what is there. */
void
ReferenceImageDatabase::VerifyDescriptor() const
{
  if (m_Model && m_Model->GetMetadata().architecture != "VGG19")
  {
    itkExceptionMacro(<< "The model is a " << m_Model->GetMetadata().architecture << ", but VGG19 is wanted.");
  }
  if (m_Entries.empty())
  {
    return;
  }
  if (m_Descriptor != this->WantedDescriptor())
  {
    itkExceptionMacro(<< "The database holds descriptors of " << m_Descriptor << ", but those of "
                      << this->WantedDescriptor() << " are asked for, since "
                      << (m_Model ? "a model is set." : "no model is set."));
  }
  if (m_Model && m_Model->GetSHA256() != m_ModelSHA256)
  {
    itkExceptionMacro(<< "The database was made with a model of SHA-256 " << m_ModelSHA256 << ", but the SHA-256 of "
                      << m_Model->GetFileName() << " is " << m_Model->GetSHA256() << '.');
  }
}

std::vector<float>
ReferenceImageDatabase::DescribeByNetwork(const colorization::SectionView & view) const
{
  const auto image = colorization::MakeImage<float>(view.side, view.side, { { 1.0, 1.0 } });
  std::copy(view.intensity.begin(), view.intensity.end(), image->GetBufferPointer());
  auto filter = DeepFeatureImageFilter<SliceType>::New();
  filter->SetInput(image);
  filter->SetModel(m_Model);
  filter->SetLayers({ "fc6" });
  filter->SetWindowMaximum(1.0);
  filter->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  filter->Update();
  const float *      values = filter->GetOutput()->GetBufferPointer();
  std::vector<float> descriptor(values, values + filter->GetOutput()->GetNumberOfComponentsPerPixel());
  colorization::Normalize(descriptor);
  return descriptor;
}

/** Compares one view of the query in one orientation with all descriptors.
 * \param extent of the query's body in pixels of the photographs; 0 if that is not known */
void
ReferenceImageDatabase::KeepLarger(const std::vector<float> &        query,
                                   double                            extent,
                                   bool                              isPart,
                                   const colorization::Orientation & orientation,
                                   std::vector<MatchType> &          matches) const
{
  for (MatchType & match : matches)
  {
    const auto & descriptors = m_Entries[match.index].descriptors;
    const auto & extents = m_Entries[match.index].extents;
    for (std::size_t d = 0; d < descriptors.size(); ++d)
    {
      if (descriptors[d].size() != query.size())
      {
        itkExceptionMacro(<< "The query's descriptor has " << query.size() << " numbers, but those of the database "
                          << descriptors[d].size() << '.');
      }
      const double cosine = std::inner_product(query.begin(), query.end(), descriptors[d].begin(), 0.0);
      const double likeness = extent > 0.0 && cosine > 0.0 ? SizeLikeness(extents[d], extent) : 1.0;
      const double similarity = (isPart || d > 0 ? PartWeight * cosine : cosine) * likeness;
      if (similarity > match.similarity)
      {
        match.similarity = similarity;
        match.orientation = { { orientation.transposed, orientation.mirroredX, orientation.mirroredY } };
      }
    }
  }
}

/** \param spacing mm a pixel of the photographs; 0 if that, or the section's own, is not known */
std::vector<ReferenceImageDatabase::MatchType>
ReferenceImageDatabase::RankSection(const colorization::Section & section, double spacing, std::size_t count) const
{
  if (!std::isfinite(m_PhotographSpacing) || m_PhotographSpacing < 0.0)
  {
    itkExceptionMacro(<< "PhotographSpacing is " << m_PhotographSpacing
                      << ", but a finite number of mm of at least 0 is wanted.");
  }
  if (m_Entries.empty())
  {
    itkExceptionMacro(<< "The database is empty, but at least one photograph is wanted.");
  }
  this->VerifyDescriptor();
  std::vector<MatchType> matches(m_Entries.size());
  for (std::size_t k = 0; k < matches.size(); ++k)
  {
    matches[k].index = k;
    matches[k].similarity = std::numeric_limits<double>::lowest();
  }
  const auto views = colorization::MakeSectionViews(section, ViewSide(m_Model != nullptr));
  for (std::size_t v = 0; v < views.size(); ++v)
  {
    for (const colorization::Orientation & turn : colorization::AllOrientations())
    {
      const auto turned = views[v].Turned(turn);
      const auto query = m_Model ? this->DescribeByNetwork(turned) : colorization::DescribeView(turned);
      this->KeepLarger(query,
                       spacing > 0.0 ? views[v].extent / spacing : 0.0,
                       v > 0,
                       colorization::InverseOf(turn),
                       matches);
    }
  }
  std::stable_sort(matches.begin(),
                   matches.end(),
                   [](const MatchType & a, const MatchType & b) { return a.similarity > b.similarity; });
  matches.resize(count == 0 ? matches.size() : std::min(count, matches.size()));
  return matches;
}

std::vector<ReferenceImageDatabase::MatchType>
ReferenceImageDatabase::Rank(const SliceType * slice, const MaskType * body, std::size_t count) const
{
  return this->RankSection(SectionOf(slice, body), m_PhotographSpacing, count);
}

std::vector<ReferenceImageDatabase::MatchType>
ReferenceImageDatabase::Rank(const PhotographType * photograph, std::size_t count) const
{
  try
  {
    return this->RankSection(SectionOf(photograph), 0.0, count);
  }
  catch (const std::invalid_argument & error)
  {
    ThrowSentence(error.what());
  }
}

void
ReferenceImageDatabase::Save(const std::string & fileName) const
{
  if (m_Entries.empty())
  {
    itkExceptionMacro(<< "The database is empty, so there is nothing to save.");
  }
  colorization::ReferenceImageFile file;
  file.descriptor = m_Descriptor;
  file.modelSHA256 = m_ModelSHA256;
  for (const Entry & entry : m_Entries)
  {
    file.images.push_back(entry.image);
    file.descriptors.push_back(entry.descriptors);
    file.extents.push_back(entry.extents);
  }
  try
  {
    colorization::WriteReferenceImageFile(file, AbsolutePath(fileName));
  }
  catch (const std::runtime_error & error)
  {
    ThrowSentence(error.what());
  }
}

void
ReferenceImageDatabase::Load(const std::string & fileName)
{
  colorization::ReferenceImageFile file;
  try
  {
    file = colorization::ReadReferenceImageFile(AbsolutePath(fileName));
  }
  catch (const std::runtime_error & error)
  {
    ThrowSentence(error.what());
  }
  std::vector<Entry> entries;
  for (std::size_t k = 0; k < file.images.size(); ++k)
  {
    entries.push_back({ file.images[k], std::move(file.descriptors[k]), std::move(file.extents[k]) });
  }
  m_Entries = std::move(entries);
  m_Problems.clear();
  m_Descriptor = file.descriptor;
  m_ModelSHA256 = file.modelSHA256;
  this->Modified();
}

std::vector<ReferenceImageDatabase::ProblemType>
ReferenceImageDatabase::VerifyFiles() const
{
  std::vector<std::string> reasons(m_Entries.size());
  colorization::MakeParallelFor(m_MultiThreader)(
    m_Entries.size(),
    [&](std::size_t k)
    {
      const ReferenceImageType & image = m_Entries[k].image;
      std::error_code            error;
      const std::uint64_t        bytes = fs::file_size(image.path, error);
      if (error)
      {
        reasons[k] = "the file is missing: " + error.message() + '.';
      }
      else if (bytes != image.bytes)
      {
        reasons[k] = "the file has changed: it has " + std::to_string(bytes) + " bytes, but had " +
                     std::to_string(image.bytes) + '.';
      }
      else
      {
        try
        {
          const std::string sha256 = colorization::ComputeFileSHA256(image.path);
          reasons[k] = sha256 == image.sha256
                         ? ""
                         : "the file has changed: its SHA-256 is " + sha256 + ", but was " + image.sha256 + '.';
        }
        catch (const std::runtime_error & problem)
        {
          reasons[k] = problem.what();
        }
      }
    });
  std::vector<ProblemType> problems;
  for (std::size_t k = 0; k < reasons.size(); ++k)
  {
    if (!reasons[k].empty())
    {
      problems.push_back({ m_Entries[k].image.path, reasons[k] });
    }
  }
  return problems;
}

void
ReferenceImageDatabase::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(Model);
  os << indent << "NumberOfWorkUnits: " << this->GetNumberOfWorkUnits() << std::endl;
  os << indent << "NumberOfImages: " << this->GetNumberOfImages() << std::endl;
  os << indent << "Problems: " << m_Problems.size() << std::endl;
  os << indent << "Descriptor: " << m_Descriptor << std::endl;
  os << indent << "ModelSHA256: " << m_ModelSHA256 << std::endl;
  os << indent << "PhotographSpacing: " << m_PhotographSpacing << std::endl;
  os << indent << "Progress: " << m_Progress << std::endl;
  os << indent << "Abort: " << (m_Abort ? "On" : "Off") << std::endl;
}
} // namespace itk
