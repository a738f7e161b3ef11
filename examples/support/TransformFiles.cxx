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
#include "TransformFiles.h"
#include "CommandLineProgram.h"
#include "ImageFiles.h"

#include "itkTransformFileReader.h"
#include "itkTransformFileWriter.h"

void
WriteTransform(const itk::Transform<double, 3, 3> * transform, const std::string & path)
{
  ImageFiles::WriteFile(path,
                        [&](const std::string & name)
                        {
                          try
                          {
                            auto writer = itk::TransformFileWriter::New();
                            writer->SetInput(transform);
                            writer->SetFileName(name);
                            writer->Update();
                            auto reader = itk::TransformFileReader::New();
                            reader->SetFileName(name);
                            reader->Update();
                            if (reader->GetTransformList()->front()->GetParameters() == transform->GetParameters())
                            {
                              return;
                            }
                          }
                          catch (const itk::ExceptionObject &)
                          {}
                          throw InputError(path + ": the transform could not be written whole; the disk may be full.");
                        });
}
