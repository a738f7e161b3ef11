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
// How near the best match of a ReferenceImageDatabase is to the truth:
// RetrievalAccuracy FOLDER STEP [--spacing MM] [VOLUME ...]
// FOLDER holds photographs of sections whose names have numbers, which are their places in mm. Every STEP-th is a
// reference; all others, in gray, turned and mirrored in some way that depends on the number, are queries. Printed is how
// many have their best match within 15 mm, and which have not; then, for every VOLUME, the three best matches of each of its
// slices along the last axis; if --spacing says how many mm a pixel of the photographs is, their size counts for these.

#include "itkOtsuBodyMaskImageFilter.h"
#include "itkReferenceImageDatabase.h"

#include "itkExtractImageFilter.h"
#include "itkFlipImageFilter.h"
#include "itkImageFileReader.h"
#include "itkPermuteAxesImageFilter.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

namespace
{
using DatabaseType = itk::ReferenceImageDatabase;
using PhotographType = DatabaseType::PhotographType;
using VolumeType = itk::Image<float, 3>;
using MaskType = itk::Image<unsigned char, 3>;

constexpr int Tolerance = 15;

/** The last number in a file's name. */
int
PlaceOf(const std::string & path)
{
  const std::string stem = std::filesystem::path(path).stem().string();
  const auto        last = stem.find_last_of("0123456789");
  const auto        before = last == std::string::npos ? last : stem.find_last_not_of("0123456789", last);
  return last == std::string::npos ? 0 : std::atoi(stem.c_str() + (before == std::string::npos ? 0 : before + 1));
}

PhotographType::Pointer
Turn(const PhotographType * photograph, int way)
{
  auto permute = itk::PermuteAxesImageFilter<PhotographType>::New();
  permute->SetInput(photograph);
  itk::FixedArray<unsigned int, 2> order;
  order[0] = way & 4 ? 1 : 0;
  order[1] = 1 - order[0];
  permute->SetOrder(order);
  permute->SetNumberOfWorkUnits(1);
  auto flip = itk::FlipImageFilter<PhotographType>::New();
  flip->SetInput(permute->GetOutput());
  itk::FixedArray<bool, 2> axes;
  axes[0] = (way & 1) != 0;
  axes[1] = (way & 2) != 0;
  flip->SetFlipAxes(axes);
  flip->SetNumberOfWorkUnits(1);
  flip->Update();
  PhotographType::Pointer turned = flip->GetOutput();
  return turned;
}

template <typename TImage>
typename itk::Image<typename TImage::PixelType, 2>::Pointer
SliceOf(const TImage * volume, itk::IndexValueType k)
{
  using SliceType = itk::Image<typename TImage::PixelType, 2>;
  auto extract = itk::ExtractImageFilter<TImage, SliceType>::New();
  auto region = volume->GetLargestPossibleRegion();
  region.SetSize(2, 0);
  region.SetIndex(2, k);
  extract->SetInput(volume);
  extract->SetExtractionRegion(region);
  extract->SetDirectionCollapseToSubmatrix();
  extract->Update();
  typename SliceType::Pointer slice = extract->GetOutput();
  return slice;
}

void
MeasurePhotographs(const DatabaseType * database, const std::vector<std::string> & queries)
{
  std::vector<int> best(queries.size());
  auto             threader = itk::MultiThreaderBase::New();
  itk::colorization::MakeParallelFor(threader)(
    queries.size(),
    [&](std::size_t q)
    {
      try
      {
        const int  place = PlaceOf(queries[q]);
        const auto photograph = Turn(DatabaseType::ReadPhotograph(queries[q]), place * 5 % 8);
        best[q] = PlaceOf(database->GetImage(database->Rank(photograph, 1).front().index).path);
      }
      catch (const itk::ExceptionObject &)
      {
        best[q] = -1;
      }
    });
  std::size_t used = 0;
  std::size_t near = 0;
  for (std::size_t q = 0; q < queries.size(); ++q)
  {
    const bool isNear = best[q] >= 0 && std::abs(best[q] - PlaceOf(queries[q])) <= Tolerance;
    used += best[q] >= 0 ? 1 : 0;
    near += isNear ? 1 : 0;
    if (!isNear)
    {
      std::cout << "  " << PlaceOf(queries[q]) << (best[q] < 0 ? " shows no tissue" : ": ")
                << (best[q] < 0 ? "" : std::to_string(best[q])) << '\n';
    }
  }
  std::cout << near << " of " << used << " queries (" << 100.0 * static_cast<double>(near) / static_cast<double>(used)
            << " %) have their best match within " << Tolerance << " mm\n";
}

void
MeasureVolume(const DatabaseType * database, const std::string & path)
{
  const auto volume = itk::ReadImage<VolumeType>(path);
  auto       otsu = itk::OtsuBodyMaskImageFilter<VolumeType>::New();
  otsu->SetInput(volume);
  otsu->Update();
  std::cout << path << ", slice: best matches (cosine)\n";
  const auto region = volume->GetLargestPossibleRegion();
  int        largest = 0;
  for (itk::SizeValueType k = 0; k < region.GetSize(2); ++k)
  {
    const auto slice = SliceOf<VolumeType>(volume, region.GetIndex(2) + static_cast<itk::IndexValueType>(k));
    const auto body = SliceOf<MaskType>(otsu->GetOutput(), region.GetIndex(2) + static_cast<itk::IndexValueType>(k));
    const auto pixels = body->GetBufferedRegion().GetNumberOfPixels();
    const bool isEmpty = std::all_of(body->GetBufferPointer(),
                                     body->GetBufferPointer() + pixels,
                                     [](unsigned char value) { return value == 0; });
    if (!isEmpty)
    {
      const auto matches = database->Rank(slice, body, 3);
      largest = std::max(largest, PlaceOf(database->GetImage(matches.front().index).path));
      std::cout << "  " << k << ':';
      for (const auto & match : matches)
      {
        std::cout << ' ' << PlaceOf(database->GetImage(match.index).path) << " (" << match.similarity << ')';
      }
      std::cout << '\n';
    }
  }
  std::cout << "the last of the best: " << largest << '\n';
}

struct Arguments
{
  std::string              folder{};
  std::size_t              step = 0;
  double                   spacing = 0.0;
  std::vector<std::string> volumes{};
};

/** Whether the arguments make sense. */
bool
Parse(const std::vector<std::string> & words, Arguments & arguments)
{
  if (words.size() < 2 || std::atoi(words[1].c_str()) < 2)
  {
    return false;
  }
  arguments.folder = words[0];
  arguments.step = static_cast<std::size_t>(std::atoi(words[1].c_str()));
  const bool hasSpacing = words.size() > 2 && words[2] == "--spacing";
  if (hasSpacing)
  {
    arguments.spacing = words.size() > 3 ? std::atof(words[3].c_str()) : 0.0;
  }
  arguments.volumes.assign(words.begin() + std::min<std::ptrdiff_t>(hasSpacing ? 4 : 2, words.size()), words.end());
  return !hasSpacing || arguments.spacing > 0.0;
}
} // namespace

int
main(int argc, char * argv[])
{
  Arguments arguments;
  if (!Parse({ argv + 1, argv + argc }, arguments))
  {
    std::cerr << "RetrievalAccuracy FOLDER STEP [--spacing MM] [VOLUME ...], with STEP of 2 or more and MM above 0\n";
    return 1;
  }
  try
  {
    std::vector<std::string> files;
    for (const auto & entry : std::filesystem::directory_iterator(arguments.folder))
    {
      files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    std::vector<std::string> queries;
    auto                     database = DatabaseType::New();
    const auto               start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < files.size(); ++i)
    {
      if (i % arguments.step != 0)
      {
        queries.push_back(files[i]);
        continue;
      }
      try
      {
        database->AddImage(files[i]);
      }
      catch (const itk::ExceptionObject & error)
      {
        std::cout << error.GetDescription() << '\n';
      }
    }
    std::cout << database->GetNumberOfImages() << " references, one after another, in "
              << std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() << " s\n";
    MeasurePhotographs(database, queries);
    database->SetPhotographSpacing(arguments.spacing);
    for (const std::string & volume : arguments.volumes)
    {
      MeasureVolume(database, volume);
    }
    return 0;
  }
  catch (const std::exception & error)
  {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
