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
// What the filters that no program shows make of the images and models in a folder: FilterOutputs FOLDER
// The tests of the Python package compare it with what Python gets.

#include "itkCTToRGBImageFilter.h"
#include "itkColorSpaceImageFilter.h"
#include "itkDeepFeatureImageFilter.h"
#include "itkDeepImageAnalogyImageFilter.h"
#include "itkEdgeAwareColorTransferImageFilter.h"
#include "itkHintSlicesImageFilter.h"
#include "itkMINDFeatureImageFilter.h"
#include "itkNetworkColorizationImageFilter.h"
#include "itkPatchMatchImageFilter.h"
#include "itkStyleColorizationImageFilter.h"
#include "itkStyleTransferImageFilter.h"

#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"

#include <exception>
#include <iostream>
#include <string>

namespace
{
using GrayType = itk::Image<float, 3>;
using SliceType = itk::Image<float, 2>;
using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 3>;
using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;

/** The folder and the images in it that all filters take. */
struct Folder
{
  std::string             path;
  GrayType::Pointer       gray;
  SliceType::Pointer      slice;
  ColorType::Pointer      color;
  PhotographType::Pointer photograph;

  explicit Folder(const std::string & folder)
    : path(folder)
    , gray(itk::ReadImage<GrayType>(folder + "/gray.nrrd"))
    , slice(itk::ReadImage<SliceType>(folder + "/slice.nrrd"))
    , color(itk::ReadImage<ColorType>(folder + "/color.nrrd"))
    , photograph(itk::ReadImage<PhotographType>(folder + "/photograph.png"))
  {}

  itk::NetworkModel::Pointer
  Load(const std::string & name) const
  {
    auto model = itk::NetworkModel::New();
    model->Load(path + '/' + name + ".safetensors");
    return model;
  }

  template <typename TImage>
  void
  Write(TImage * image, const std::string & name) const
  {
    itk::WriteImage(image, path + '/' + name + ".nrrd");
  }
};

void
RunWithoutNetworks(const Folder & folder)
{
  using LabType = itk::Image<itk::Vector<float, 3>, 3>;
  auto space = itk::ColorSpaceImageFilter<ColorType, LabType>::New();
  space->SetInput(folder.color);
  folder.Write(space->GetOutput(), "ColorSpaceImageFilter");

  auto transfer = itk::EdgeAwareColorTransferImageFilter<GrayType, ColorType, ColorType>::New();
  transfer->SetInput(folder.gray);
  transfer->SetColorImage(folder.color);
  folder.Write(transfer->GetOutput(), "EdgeAwareColorTransferImageFilter");

  auto analogy = itk::DeepImageAnalogyImageFilter<SliceType>::New();
  analogy->SetInput(folder.slice);
  analogy->SetReferenceImage(folder.photograph);
  folder.Write(analogy->GetOutput(), "DeepImageAnalogyImageFilter");
  folder.Write(analogy->GetConfidenceOutput(), "DeepImageAnalogyImageFilter1");

  auto mind = itk::MINDFeatureImageFilter<SliceType>::New();
  mind->SetInput(folder.slice);
  folder.Write(mind->GetOutput(), "MINDFeatureImageFilter");

  auto match = itk::PatchMatchImageFilter<itk::VectorImage<float, 2>>::New();
  match->SetInput(mind->GetOutput());
  match->SetReferenceImage(mind->GetOutput());
  match->SetNumberOfIterations(2);
  folder.Write(match->GetOutput(), "PatchMatchImageFilter");
  folder.Write(match->GetDistanceOutput(), "PatchMatchImageFilter1");

  auto hints = itk::HintSlicesImageFilter<GrayType>::New();
  hints->SetInput(folder.gray);
  hints->SetNumberOfSlices(2);
  for (const itk::IndexValueType index : hints->SelectSlices())
  {
    auto paint = PhotographType::New();
    paint->SetRegions(folder.slice->GetLargestPossibleRegion());
    paint->Allocate();
    PhotographType::PixelType pixel;
    pixel.Fill(static_cast<unsigned char>(1 + index));
    paint->FillBuffer(pixel);
    hints->SetHintSlice(index, paint);
  }
  folder.Write(hints->GetOutput(), "HintSlicesImageFilter");
  folder.Write(hints->GetHintMaskOutput(), "HintSlicesImageFilter1");
  folder.Write(hints->GetConfidenceOutput(), "HintSlicesImageFilter2");
}

void
RunNetworks(const Folder & folder)
{
  auto network = itk::NetworkColorizationImageFilter<GrayType>::New();
  network->SetInput(folder.gray);
  network->SetModel(folder.Load("colorizer"));
  network->AverageOverAxesOn();
  folder.Write(network->GetOutput(), "NetworkColorizationImageFilter");

  auto ct = itk::CTToRGBImageFilter<GrayType>::New();
  ct->SetInput(folder.gray);
  ct->SetModel(folder.Load("ct"));
  folder.Write(ct->GetOutput(), "CTToRGBImageFilter");

  auto features = itk::DeepFeatureImageFilter<SliceType>::New();
  features->SetInput(folder.slice);
  features->SetModel(folder.Load("vgg19"));
  features->SetLayers({ "relu2_1" });
  folder.Write(features->GetOutput(), "DeepFeatureImageFilter");

  auto style = itk::StyleTransferImageFilter<SliceType>::New();
  style->SetInput(folder.slice);
  style->SetStyleImage(folder.photograph);
  style->SetModel(folder.Load("vgg19"));
  style->SetMaximumNumberOfIterations(3);
  folder.Write(style->GetOutput(), "StyleTransferImageFilter");

  auto                                       styleColors = itk::StyleColorizationImageFilter<GrayType>::New();
  itk::colorization::StyleTransferParameters parameters;
  parameters.maximumNumberOfIterations = 3;
  styleColors->SetInput(folder.gray);
  styleColors->SetStyleImage(folder.photograph);
  styleColors->SetStyleModel(folder.Load("vgg19"));
  styleColors->SetConversionModel(folder.Load("conversion"));
  styleColors->SetStyleParameters(parameters);
  styleColors->SetNumberOfHintSlices(2);
  folder.Write(styleColors->GetOutput(), "StyleColorizationImageFilter");
}
} // namespace

int
main(int argc, char * argv[])
{
  if (argc != 2)
  {
    std::cerr << "Usage: FilterOutputs FOLDER" << std::endl;
    return 1;
  }
  try
  {
    const Folder folder(argv[1]);
    RunWithoutNetworks(folder);
    if (itk::NetworkModel::IsAvailable())
    {
      RunNetworks(folder);
    }
  }
  catch (const std::exception & error)
  {
    std::cerr << error.what() << std::endl;
    return 2;
  }
  return 0;
}
