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
// Composes a filter of the module with one of ITK, and checks the result: 0 if it is right.

#include "itkColorSpaceImageFilter.h"
#include "itkFastGlobalSmootherImageFilter.h"
#include "itkLevinColorizationImageFilter.h"

#include <cmath>
#include <iostream>

int
main()
{
  using GrayType = itk::Image<unsigned char, 2>;
  using ColorType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
  GrayType::SizeType size;
  size.Fill(16);
  auto gray = GrayType::New();
  gray->SetRegions(size);
  gray->Allocate();
  gray->FillBuffer(128);
  auto hints = ColorType::New();
  hints->SetRegions(size);
  hints->Allocate(true);
  ColorType::PixelType red;
  red.Set(200, 100, 100);
  hints->SetPixel({ { 5, 5 } }, red);

  auto smooth = itk::FastGlobalSmootherImageFilter<GrayType>::New();
  smooth->SetInput(gray);
  auto levin = itk::LevinColorizationImageFilter<GrayType>::New();
  levin->SetInput(smooth->GetOutput());
  levin->SetHintImage(hints);
  auto lab = itk::ColorSpaceImageFilter<ColorType, itk::Image<itk::Vector<float, 3>, 2>>::New();
  lab->SetInput(levin->GetOutput());
  lab->Update();
  // One hint colours a constant image: everywhere the same, redder than gray.
  const auto first = lab->GetOutput()->GetPixel({ { 0, 0 } });
  const auto last = lab->GetOutput()->GetPixel({ { 15, 15 } });
  const bool isRight = first[1] > 20.0f && std::abs(first[1] - last[1]) < 0.5f;
  std::cout << "a of the corners: " << first[1] << ", " << last[1] << std::endl;
  return isRight ? 0 : 1;
}
