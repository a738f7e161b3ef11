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
// Seconds and memory of NetworkImageFilter on a volume; network-benchmark.py compares the seconds with Python's torch.
//   NetworkBenchmark make MODEL HYPER_PARAMETERS       writes an FCN3D with fresh weights
//   NetworkBenchmark run MODEL VOLUME TILE OVERLAP BATCH THREADS OUT
//   NetworkBenchmark memory MODEL EDGE                 a cube of bytes, and what is taken beside input and output

#include "itkNetworkImageFilter.h"

#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"

#include <chrono>
#include <fstream>
#include <iostream>
#include <string>

namespace
{
using VolumeType = itk::Image<unsigned char, 3>;
using ValuesType = itk::Image<float, 3>;
using FilterType = itk::NetworkImageFilter<VolumeType, ValuesType>;

void
Make(const std::string & path, const std::string & hyperParameters)
{
  auto model = itk::NetworkModel::New();
  model->Initialize("FCN3D", hyperParameters, 1);
  auto metadata = model->GetMetadata();
  metadata.normalization.kind = itk::colorization::NetworkNormalizationKind::Range;
  metadata.normalization.inputMaximum = { 255.0 };
  metadata.colorSpace = itk::colorization::NetworkColorSpace::Luminance;
  model->SetMetadata(metadata);
  model->Save(path);
}

FilterType::Pointer
MakeFilter(const std::string & path, VolumeType * volume)
{
  auto model = itk::NetworkModel::New();
  model->SetDevice("cpu");
  model->Load(path);
  auto filter = FilterType::New();
  filter->SetModel(model);
  filter->SetInput(volume);
  return filter;
}

void
Run(char * argv[])
{
  auto                         filter = MakeFilter(argv[2], itk::ReadImage<VolumeType>(argv[3]));
  itk::FixedArray<unsigned, 3> tile;
  tile.Fill(static_cast<unsigned int>(std::stoi(argv[4])));
  filter->SetTileSize(tile);
  filter->SetOverlap(std::stod(argv[5]));
  filter->GetModel()->SetBatchSize(static_cast<unsigned int>(std::stoi(argv[6])));
  filter->SetNumberOfWorkUnits(static_cast<itk::ThreadIdType>(std::stoi(argv[7])));
  const auto begin = std::chrono::steady_clock::now();
  filter->Update();
  std::cout << std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() << ' '
            << filter->GetNumberOfTiles() << std::endl;
  itk::WriteImage(filter->GetOutput(), argv[8]);
}

/** The most memory that this process has had, in MiB. */
double
PeakMebibytes()
{
  std::ifstream status("/proc/self/status");
  std::string   word;
  while (status >> word && word != "VmHWM:")
  {}
  double kibibytes = 0.0;
  status >> kibibytes;
  return kibibytes / 1024.0;
}

void
MeasureMemory(char * argv[])
{
  VolumeType::SizeType size;
  size.Fill(std::stoul(argv[3]));
  auto volume = VolumeType::New();
  volume->SetRegions(size);
  volume->Allocate();
  for (itk::ImageRegionIteratorWithIndex<VolumeType> it(volume, volume->GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(static_cast<unsigned char>(it.GetIndex()[0] * it.GetIndex()[1] + it.GetIndex()[2]));
  }
  const double before = PeakMebibytes();
  auto         filter = MakeFilter(argv[2], volume);
  filter->Update();
  const double output =
    static_cast<double>(volume->GetLargestPossibleRegion().GetNumberOfPixels() * sizeof(float)) / 1048576.0;
  std::cout << "beside input and output: " << PeakMebibytes() - before - output << " MiB" << std::endl;
}
} // namespace

int
main(int argc, char * argv[])
{
  const std::string job = argc > 1 ? argv[1] : "";
  try
  {
    if (job == "make" && argc == 4)
    {
      Make(argv[2], argv[3]);
    }
    else if (job == "run" && argc == 9)
    {
      Run(argv);
    }
    else if (job == "memory" && argc == 4)
    {
      MeasureMemory(argv);
    }
    else
    {
      std::cerr << "NetworkBenchmark make|run|memory ARGUMENTS" << std::endl;
      return 1;
    }
  }
  catch (const std::exception & error)
  {
    std::cerr << error.what() << std::endl;
    return 2;
  }
  return 0;
}
