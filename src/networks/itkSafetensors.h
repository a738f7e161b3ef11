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
#ifndef itkSafetensors_h
#define itkSafetensors_h

#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** A file of weights that cannot be used; the text names the file and what is wrong with it. */
class ModelError : public std::runtime_error
{
public:
  using std::runtime_error::runtime_error;
};

/** The types of tensors that weights have, and all others of the format. */
enum class TensorType
{
  Float32,
  Float16,
  BFloat16,
  Other
};

/** A tensor within a file that is mapped into memory. */
struct TensorView
{
  TensorType                type = TensorType::Float32;
  std::string               typeName{ "F32" };
  std::vector<std::int64_t> shape{};
  /** The first of its bytes, little-endian, the last axis fastest; need not be aligned. */
  const unsigned char * data = nullptr;
  std::size_t           bytes = 0;
};

/** "[64, 3, 3, 3]" */
std::string
ShapeText(const std::vector<std::int64_t> & shape);

/** A safetensors file, mapped into memory as long as the object lives.
 *
 * The file is 8 bytes of the header's length (little-endian), a JSON object that gives dtype, shape and data_offsets of
 * each tensor, and the tensors' bytes, without gaps. Nothing in it is ever executed.
 *
 * The constructor checks all of the header and throws a ModelError: a length beyond the file's end or 100 MB; JSON that
 * is broken, nested too deeply, or names something twice; a dtype that the format does not have; shapes whose product
 * overflows or is not what the offsets enclose; tensors that overlap, leave a gap, or end elsewhere than the file. */
class SafetensorsFile
{
public:
  explicit SafetensorsFile(const std::string & path);
  ~SafetensorsFile();
  SafetensorsFile(const SafetensorsFile &) = delete;
  SafetensorsFile &
  operator=(const SafetensorsFile &) = delete;

  const std::map<std::string, TensorView> &
  GetTensors() const
  {
    return m_Tensors;
  }

  /** What the writer noted under "__metadata__". */
  const std::map<std::string, std::string> &
  GetMetadata() const
  {
    return m_Metadata;
  }

private:
  void
  ReadHeader();

  void *                             m_Mapping = nullptr;
  std::size_t                        m_Size = 0;
  std::map<std::string, TensorView>  m_Tensors{};
  std::map<std::string, std::string> m_Metadata{};
};

/** Writes a safetensors file under another name and moves it into place. The tensors' data begins at a multiple of 8.
 * \throws ModelError if a tensor's bytes are not what its type and shape need, or if the file cannot be written */
void
WriteSafetensors(const std::string &                        path,
                 const std::map<std::string, TensorView> &  tensors,
                 const std::map<std::string, std::string> & metadata);

} // namespace colorization
} // namespace itk

#endif
