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
#include "itkImageFileChecks.h"

#include "itkDicomFile.h"

namespace itk
{
namespace colorization
{
void
VerifyImageFile(const std::string & path)
{
  const std::string name = LowerCase(path);
  for (const char * ending : { ".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz", ".nia" })
  {
    if (EndsWith(name, ending))
    {
      VerifyNifti(path);
      return;
    }
  }
  const MappedFile file(path);
  const ByteView & bytes = file.GetBytes();
  if (bytes.HasAt(0, "\x89PNG"))
  {
    VerifyPNG(bytes);
  }
  else if (bytes.HasAt(0, "\xff\xd8"))
  {
    VerifyJPEG(bytes);
  }
  else if (bytes.HasAt(0, std::string("II*\0", 4)) || bytes.HasAt(0, std::string("MM\0*", 4)) ||
           bytes.HasAt(0, std::string("II+\0", 4)) || bytes.HasAt(0, std::string("MM\0+", 4)))
  {
    VerifyTIFF(bytes);
  }
  else if (bytes.HasAt(0, "RIFF") && bytes.HasAt(8, "WEBP"))
  {
    throw FileFault("this is a WebP picture, which is not read; PNG and JPEG are.");
  }
  else if (bytes.HasAt(0, "GIF8"))
  {
    throw FileFault("this is a GIF picture, which is not read; PNG and JPEG are.");
  }
  else if (bytes.HasAt(4, "ftypheic") || bytes.HasAt(4, "ftypmif1") || bytes.HasAt(4, "ftypavif"))
  {
    throw FileFault("this is a HEIC or AVIF picture, which is not read; PNG and JPEG are.");
  }
  else if (bytes.HasAt(0, "NRRD"))
  {
    VerifyNRRD(path, bytes);
  }
  else if (EndsWith(name, ".mha") || EndsWith(name, ".mhd"))
  {
    VerifyMetaImage(path, bytes);
  }
  else if (bytes.HasAt(0, "BM") && EndsWith(name, ".bmp"))
  {
    VerifyBMP(bytes);
  }
  else if (IsDicom(bytes))
  {
    ReadDicomBytes(bytes);
  }
}

} // namespace colorization
} // namespace itk
