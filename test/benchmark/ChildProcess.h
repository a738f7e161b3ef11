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
#ifndef ChildProcess_h
#define ChildProcess_h

#include <cstddef>
#include <string>
#include <vector>

struct ChildLimits
{
  double seconds;
  /** Of addresses, for each process that it starts. */
  double bytes;
};

/** Runs a program to its end, its output going to a file.
 * \return empty if it went well, otherwise what went wrong */
std::string
RunChild(const std::vector<std::string> & command, const ChildLimits & limits, const std::string & logFileName);

/** A folder for temporary files, removed with the object. */
class TemporaryFolder
{
public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &
  operator=(const TemporaryFolder &) = delete;

  std::string
  GetFile(const std::string & name) const
  {
    return m_Path + '/' + name;
  }

private:
  std::string m_Path;
};

#endif
