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
// A gray volume, a photograph, a colour volume: ColorizeInFifteenLines IN PHOTO OUT

#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"
#include "itkReferenceColorizationImageFilter.h"

int
main(int argc, char * argv[])
{
  if (argc != 4)
  {
    std::cerr << "Usage: ColorizeInFifteenLines IN PHOTO OUT" << std::endl;
    return 1;
  }
  using VolumeType = itk::Image<short, 3>;
  using PhotographType = itk::Image<itk::RGBPixel<unsigned char>, 2>;
  try
  {
    auto colorize = itk::ReferenceColorizationImageFilter<VolumeType>::New();
    colorize->SetInput(itk::ReadImage<VolumeType>(argv[1]));
    colorize->SetReferenceImage(itk::ReadImage<PhotographType>(argv[2]));
    itk::WriteImage(colorize->GetOutput(), argv[3]);
  }
  catch (const itk::ExceptionObject & error)
  {
    std::cerr << error << std::endl;
    return 2;
  }
  return 0;
}
