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
#ifndef itkBufferPool_h
#define itkBufferPool_h

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace itk
{
namespace colorization
{
/** Keeps memory that is no longer in use for the next who needs as much: pages that come fresh from the system cost more
 * than what is computed in them. Several threads may use one pool. */
class BufferPool
{
public:
  using Block = std::unique_ptr<double[]>;

  Block
  Take(std::size_t doubles)
  {
    {
      const std::lock_guard<std::mutex> lock(m_Mutex);
      std::vector<Block> &              free = m_Free[doubles];
      if (!free.empty())
      {
        Block block = std::move(free.back());
        free.pop_back();
        return block;
      }
    }
    return Block(new double[doubles]);
  }

  void
  Give(std::size_t doubles, Block block)
  {
    const std::lock_guard<std::mutex> lock(m_Mutex);
    m_Free[doubles].push_back(std::move(block));
  }

private:
  std::mutex                                m_Mutex;
  std::map<std::size_t, std::vector<Block>> m_Free;
};

/** An array from a pool, with any values in it, that goes back to the pool. */
template <typename T>
class Buffer
{
public:
  Buffer(BufferPool & pool, std::size_t size)
    : m_Pool(&pool)
    , m_Size(size)
    , m_Doubles((size * sizeof(T) + sizeof(double) - 1) / sizeof(double))
    , m_Block(pool.Take(m_Doubles))
  {}
  ~Buffer()
  {
    if (m_Block)
    {
      m_Pool->Give(m_Doubles, std::move(m_Block));
    }
  }
  Buffer(Buffer && other) noexcept = default;
  Buffer &
  operator=(Buffer && other) noexcept
  {
    std::swap(m_Pool, other.m_Pool);
    std::swap(m_Size, other.m_Size);
    std::swap(m_Doubles, other.m_Doubles);
    std::swap(m_Block, other.m_Block);
    return *this;
  }

  T *
  data()
  {
    return reinterpret_cast<T *>(m_Block.get());
  }
  const T *
  data() const
  {
    return reinterpret_cast<const T *>(m_Block.get());
  }
  std::size_t
  size() const
  {
    return m_Size;
  }
  T *
  begin()
  {
    return this->data();
  }
  T *
  end()
  {
    return this->data() + m_Size;
  }
  const T *
  begin() const
  {
    return this->data();
  }
  const T *
  end() const
  {
    return this->data() + m_Size;
  }
  T &
  operator[](std::size_t i)
  {
    return this->data()[i];
  }
  const T &
  operator[](std::size_t i) const
  {
    return this->data()[i];
  }

private:
  BufferPool *      m_Pool;
  std::size_t       m_Size;
  std::size_t       m_Doubles;
  BufferPool::Block m_Block;
};

} // namespace colorization
} // namespace itk

#endif
