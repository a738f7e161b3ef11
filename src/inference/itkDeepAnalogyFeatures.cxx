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
#include "itkDeepAnalogyFeatures.h"

#include "itkDeepFeatureImageFilter.h"

namespace itk
{
namespace colorization
{
namespace
{
using GrayType = Image<float, 2>;
using FilterType = DeepFeatureImageFilter<GrayType>;

DeepFeatureMap
CopyMap(const FilterType::OutputImageType * layer)
{
  DeepFeatureMap map;
  map.width = layer->GetBufferedRegion().GetSize(0);
  map.height = layer->GetBufferedRegion().GetSize(1);
  map.components = layer->GetNumberOfComponentsPerPixel();
  map.values.assign(layer->GetBufferPointer(), layer->GetBufferPointer() + map.width * map.height * map.components);
  return map;
}
} // namespace

DeepFeatureFunction
MakeDeepAnalogyFeatures(NetworkModel * model, ThreadIdType workUnits)
{
  const NetworkModel::Pointer kept = model;
  return [kept, workUnits](const std::vector<float> & gray, std::size_t width, std::size_t height)
  {
    auto image = GrayType::New();
    image->SetRegions(GrayType::SizeType{ { width, height } });
    image->Allocate();
    std::copy(gray.begin(), gray.end(), image->GetBufferPointer());
    auto filter = FilterType::New();
    filter->SetInput(image);
    filter->SetModel(kept);
    filter->SetLayers({ "relu5_1", "relu4_1", "relu3_1", "relu2_1", "relu1_1" });
    filter->SetWindowMaximum(1.0);
    filter->SetNumberOfWorkUnits(workUnits);
    filter->Update();
    std::vector<DeepFeatureMap> maps;
    for (unsigned int layer = 0; layer < 5; ++layer)
    {
      maps.push_back(CopyMap(filter->GetOutput(layer)));
    }
    return maps;
  };
}

SliceAnalogyParameters
WithDeepFeatures(SliceAnalogyParameters parameters, NetworkModel * model, ThreadIdType workUnits)
{
  if (model)
  {
    parameters.deepFeatures = MakeDeepAnalogyFeatures(model, workUnits);
    if (parameters.levels == DescriptorAnalogyLevels())
    {
      parameters.levels = DeepAnalogyLevels();
    }
  }
  return parameters;
}

} // namespace colorization
} // namespace itk
