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
#ifndef itkByteStream_h
#define itkByteStream_h

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace itk
{
namespace colorization
{
/** Collects numbers and texts as bytes, for another process on the same machine. */
class ByteWriter
{
public:
  template <typename T>
  void
  Put(const T & value)
  {
    static_assert(std::is_trivially_copyable<T>::value, "only plain values are copied");
    m_Bytes.append(reinterpret_cast<const char *>(&value), sizeof(T));
  }
  void
  PutText(const std::string & text)
  {
    this->Put<std::uint64_t>(text.size());
    m_Bytes += text;
  }
  template <typename T>
  void
  PutAll(const std::vector<T> & values)
  {
    this->Put<std::uint64_t>(values.size());
    for (const T & value : values)
    {
      this->Put(value);
    }
  }
  void
  PutTexts(const std::vector<std::string> & texts)
  {
    this->Put<std::uint64_t>(texts.size());
    for (const std::string & text : texts)
    {
      this->PutText(text);
    }
  }
  const std::string &
  GetBytes() const
  {
    return m_Bytes;
  }

private:
  std::string m_Bytes{};
};

/** Gives back what a ByteWriter collected, in the same order.
 * Throws std::out_of_range if there is less than is asked for. */
class ByteReader
{
public:
  explicit ByteReader(const std::string & bytes)
    : m_Bytes(bytes)
  {}
  template <typename T>
  T
  Get()
  {
    T value;
    std::memcpy(&value, this->Take(sizeof(T)), sizeof(T));
    return value;
  }
  std::string
  GetText()
  {
    const auto size = static_cast<std::size_t>(this->Get<std::uint64_t>());
    return std::string(this->Take(size), size);
  }
  template <typename T>
  std::vector<T>
  GetAll()
  {
    std::vector<T> values;
    for (auto left = this->Get<std::uint64_t>(); left > 0; --left)
    {
      values.push_back(this->Get<T>());
    }
    return values;
  }
  std::vector<std::string>
  GetTexts()
  {
    std::vector<std::string> texts;
    for (auto left = this->Get<std::uint64_t>(); left > 0; --left)
    {
      texts.push_back(this->GetText());
    }
    return texts;
  }

private:
  const char *
  Take(std::size_t size)
  {
    if (size > m_Bytes.size() - m_At)
    {
      throw std::out_of_range("A message between processes is cut short.");
    }
    const char * begin = m_Bytes.data() + m_At;
    m_At += size;
    return begin;
  }

  const std::string & m_Bytes;
  std::size_t         m_At = 0;
};

} // namespace colorization
} // namespace itk

#endif
