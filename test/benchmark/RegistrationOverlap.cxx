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
// Measures how well a registration carries labels from one volume onto another, whichever tool made it.
// RegistrationOverlap FIXED_LABELS MOVING_LABELS DEFORMATION
// DEFORMATION is a transform from points of the fixed volume to points of the moving one (.tfm or .txt), or a volume of
// such displacements in mm (LPS) on the fixed labels' grid, or "none". Printed as JSON: the mean of Dice's coefficient over
// the labels of the fixed volume (labels of less than 100 voxels are left out), the same of all labels as one, the share
// of voxels where the deformation folds space (Jacobian at most 0), within the labels and 20 mm around them, and the
// Jacobian's range there.

#include "CommandLineProgram.h"
#include "ImageFiles.h"

#include "itkDisplacementFieldJacobianDeterminantFilter.h"
#include "itkImageFileReader.h"
#include "itkImageRegionConstIterator.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkNearestNeighborInterpolateImageFunction.h"
#include "itkSignedMaurerDistanceMapImageFilter.h"
#include "itkTransform.h"
#include "itkTransformFileReader.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>

namespace
{
using LabelType = itk::Image<short, 3>;
using FieldType = itk::Image<itk::Vector<float, 3>, 3>;

template <typename TImage>
typename TImage::Pointer
Read(const std::string & path)
{
  auto reader = itk::ImageFileReader<TImage>::New();
  reader->SetFileName(path);
  reader->Update();
  return reader->GetOutput();
}

/** Applies the transforms of a file, the last first, as ITK composes them. */
FieldType::Pointer
SampleTransforms(const std::string & path, const LabelType * grid)
{
  auto field = FieldType::New();
  field->CopyInformation(grid);
  field->SetRegions(grid->GetLargestPossibleRegion());
  field->Allocate();
  std::vector<itk::Transform<double, 3, 3>::Pointer> transforms;
  if (path != "none")
  {
    auto reader = itk::TransformFileReader::New();
    reader->SetFileName(path);
    reader->Update();
    for (const auto & base : *reader->GetTransformList())
    {
      transforms.emplace_back(dynamic_cast<itk::Transform<double, 3, 3> *>(base.GetPointer()));
      if (!transforms.back())
      {
        throw InputError(path + ": one of the transforms is not of three dimensions.");
      }
      if (base->GetNameOfClass() == std::string("CompositeTransform"))
      {
        // The file's other transforms are its parts.
        transforms = { transforms.back() };
        break;
      }
    }
  }
  for (itk::ImageRegionIteratorWithIndex<FieldType> it(field, field->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    itk::Point<double, 3> point;
    field->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    auto moved = point;
    for (auto transform = transforms.rbegin(); transform != transforms.rend(); ++transform)
    {
      moved = (*transform)->TransformPoint(moved);
    }
    it.Set(FieldType::PixelType((moved - point).GetDataPointer()));
  }
  return field;
}

bool
IsField(const std::string & path)
{
  const std::string ending = std::filesystem::path(path).extension().string();
  return path != "none" && ending != ".tfm" && ending != ".txt";
}

struct Counts
{
  std::size_t fixed{ 0 };
  std::size_t moved{ 0 };
  std::size_t both{ 0 };

  double
  Dice() const
  {
    return 2.0 * static_cast<double>(both) / static_cast<double>(fixed + moved);
  }
};

/** Voxels of each label, and of all together as label -1. */
std::map<short, Counts>
CountLabels(const LabelType * fixed, const LabelType * moving, const FieldType * field)
{
  auto nearest = itk::NearestNeighborInterpolateImageFunction<LabelType>::New();
  nearest->SetInputImage(moving);
  std::map<short, Counts> counts;
  for (itk::ImageRegionConstIterator<LabelType> it(fixed, fixed->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    itk::Point<double, 3> point;
    fixed->TransformIndexToPhysicalPoint(it.GetIndex(), point);
    const auto & displacement = field->GetPixel(it.GetIndex());
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      point[axis] += displacement[axis];
    }
    const short moved = nearest->IsInsideBuffer(point) ? static_cast<short>(nearest->Evaluate(point)) : short{ 0 };
    const auto  count = [&](short label, bool isFixed, bool isMoved)
    {
      counts[label].fixed += isFixed ? 1 : 0;
      counts[label].moved += isMoved ? 1 : 0;
      counts[label].both += isFixed && isMoved ? 1 : 0;
    };
    if (it.Get() == moved)
    {
      count(moved, true, true);
    }
    else
    {
      count(it.Get(), true, false);
      count(moved, false, true);
    }
    count(-1, it.Get() != 0, moved != 0);
  }
  return counts;
}

nlohmann::ordered_json
MeasureFolding(const LabelType * fixed, const FieldType * field)
{
  constexpr float around = 20.0f;
  auto            distance = itk::SignedMaurerDistanceMapImageFilter<LabelType, itk::Image<float, 3>>::New();
  distance->SetInput(fixed);
  distance->SetBackgroundValue(0);
  distance->UseImageSpacingOn();
  distance->SquaredDistanceOff();
  distance->Update();
  auto jacobian = itk::DisplacementFieldJacobianDeterminantFilter<FieldType, float>::New();
  jacobian->SetInput(field);
  jacobian->UseImageSpacingOn();
  jacobian->Update();
  std::vector<float>                                  determinants;
  itk::ImageRegionConstIterator<itk::Image<float, 3>> near(distance->GetOutput(), fixed->GetBufferedRegion());
  itk::ImageRegionConstIterator<itk::Image<float, 3>> it(jacobian->GetOutput(), fixed->GetBufferedRegion());
  for (; !it.IsAtEnd(); ++it, ++near)
  {
    if (near.Get() <= around)
    {
      determinants.push_back(it.Get());
    }
  }
  if (determinants.empty())
  {
    throw InputError("The fixed volume has no labels.");
  }
  const auto folded =
    std::count_if(determinants.begin(), determinants.end(), [](float value) { return !(value > 0.0f); });
  const auto range = std::minmax_element(determinants.begin(), determinants.end());
  return { { "folded", static_cast<double>(folded) / static_cast<double>(determinants.size()) },
           { "least_jacobian", *range.first },
           { "largest_jacobian", *range.second } };
}

void
Measure(CommandLineProgram & program)
{
  constexpr std::size_t fewVoxels = 100;
  const auto            fixed = Read<LabelType>(program.GetText("fixed"));
  const auto            moving = Read<LabelType>(program.GetText("moving"));
  const std::string     path = program.GetText("deformation");
  const auto            field = IsField(path) ? Read<FieldType>(path) : SampleTransforms(path, fixed);
  if (field->GetLargestPossibleRegion() != fixed->GetLargestPossibleRegion())
  {
    throw InputError(path + ": the displacements are not on the fixed labels' grid.");
  }
  double      sum = 0.0;
  std::size_t labels = 0;
  const auto  counts = CountLabels(fixed, moving, field);
  for (const auto & [label, count] : counts)
  {
    if (label > 0 && count.fixed >= fewVoxels)
    {
      sum += count.Dice();
      ++labels;
    }
  }
  nlohmann::ordered_json result{ { "labels", labels },
                                 { "dice", labels > 0 ? sum / static_cast<double>(labels) : 0.0 },
                                 { "dice_of_all", counts.at(-1).Dice() } };
  result.update(MeasureFolding(fixed, field));
  std::cout << result.dump() << std::endl;
}
} // namespace

int
main(int argc, char * argv[])
{
  CommandLineProgram program("RegistrationOverlap",
                             "Registration Overlap",
                             "Measures how well a registration carries labels from one volume onto another.");
  program.AddPositional(ParameterKind::InputFile, "fixed", "Fixed labels", "Labels on the fixed volume's grid.");
  program.AddPositional(ParameterKind::InputFile, "moving", "Moving labels", "Labels on the moving volume's grid.");
  program.AddPositional(ParameterKind::InputFile,
                        "deformation",
                        "Deformation",
                        "Transform, or volume of displacements in mm on the fixed grid, or none.");
  return program.Run(argc, argv, [&program]() { Measure(program); });
}
