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
#ifndef itkReadingProcess_h
#define itkReadingProcess_h

#include "ColorizationExport.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** What a call in another process could not do; its text is a sentence without the name of a file. */
class Colorization_EXPORT IsolatedFailure : public std::runtime_error
{
public:
  using std::runtime_error::runtime_error;
};

/** Memory that two processes share. It has no name, and goes with its last user. Where the process must not make files of
 * that length, it is plain memory, which is copied from one to the other. */
class Colorization_EXPORT SharedMemory
{
public:
  SharedMemory();
  explicit SharedMemory(int descriptor);
  ~SharedMemory();
  SharedMemory(const SharedMemory &) = delete;
  SharedMemory &
  operator=(const SharedMemory &) = delete;

  /** Gives it a new size and shows it.
   * \throws std::bad_alloc there is not that much memory */
  void *
  Resize(std::size_t bytes);
  /** Shows what the other process left there. */
  const void *
  Map();
  std::size_t
  GetSize() const;
  /** What Resize() gave as plain memory. */
  std::vector<char> &
  GetPlain()
  {
    return m_Plain;
  }
  int
  GetDescriptor() const
  {
    return m_Descriptor;
  }

private:
  void
  Unmap();

  int         m_Descriptor;
  void *      m_Begin = nullptr;
  std::size_t m_Size = 0;
  /** Instead of memory that is shared. */
  std::vector<char> m_Plain{};
};

/** A function that is called in another process; what it throws becomes an IsolatedFailure. */
using IsolatedFunction = std::string (*)(const std::string & request, SharedMemory & memory);

/** A copy of this process that waits for calls, and makes a copy of itself for each: whatever a call does to its memory,
 * and a signal that ends it, harms nothing else. Calls may come from any thread; an object must not be made in a thread of
 * ITK's pool, which stops while the process is copied. */
class Colorization_EXPORT ReadingProcess
{
public:
  ReadingProcess();
  ~ReadingProcess();
  ReadingProcess(const ReadingProcess &) = delete;
  ReadingProcess &
  operator=(const ReadingProcess &) = delete;

  /** Calls `function` in a process of its own, and returns what it returns.
   * \throws IsolatedFailure the function threw, or was ended by a signal */
  std::string
  Call(IsolatedFunction function, const std::string & request, SharedMemory & memory) const;

private:
  int m_Socket = -1;
};

/** Opens the process that all calls share, or returns the one that is there. */
std::shared_ptr<ReadingProcess>
OpenReadingProcess();

} // namespace colorization
} // namespace itk

#endif
