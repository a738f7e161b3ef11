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
#include "ChildProcess.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace
{
using Clock = std::chrono::steady_clock;

/** Becomes the program; only calls what is allowed after fork(). */
[[noreturn]] void
Become(char * const * arguments, const ChildLimits & limits, const char * logFileName)
{
  setpgid(0, 0);
  // An interrupted benchmark leaves nothing running.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const rlimit addresses{ static_cast<rlim_t>(limits.bytes), static_cast<rlim_t>(limits.bytes) };
  setrlimit(RLIMIT_AS, &addresses);
  const int log = open(logFileName, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execvp(arguments[0], arguments);
  _exit(127);
}

/** \return whether it ended by itself */
bool
WaitUntil(pid_t child, Clock::time_point deadline, int & status)
{
  while (waitpid(child, &status, WNOHANG) == 0)
  {
    if (Clock::now() > deadline)
    {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::string
LastLine(const std::string & fileName)
{
  std::ifstream file(fileName);
  std::string   last;
  for (std::string line; std::getline(file, line);)
  {
    // mpirun draws lines of dashes around what it says.
    if (line.find_first_not_of("- ") != std::string::npos)
    {
      last = line;
    }
  }
  return last;
}
} // namespace

std::string
RunChild(const std::vector<std::string> & command, const ChildLimits & limits, const std::string & logFileName)
{
  std::vector<char *> arguments;
  for (const std::string & argument : command)
  {
    arguments.push_back(const_cast<char *>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const auto  start = Clock::now();
  const pid_t child = fork();
  if (child < 0)
  {
    throw std::runtime_error("Cannot start " + command.front() + '.');
  }
  if (child == 0)
  {
    Become(arguments.data(), limits, logFileName.c_str());
  }
  int        status = 0;
  const auto limit = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limits.seconds));
  if (!WaitUntil(child, start + limit, status))
  {
    kill(-child, SIGTERM);
    if (!WaitUntil(child, Clock::now() + std::chrono::seconds(5), status))
    {
      kill(-child, SIGKILL);
      waitpid(child, &status, 0);
    }
    std::ostringstream message;
    message << "stopped after " << limits.seconds << " s";
    return message.str();
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
  {
    return {};
  }
  return "failed: " + LastLine(logFileName);
}

TemporaryFolder::TemporaryFolder()
  : m_Path((std::filesystem::temp_directory_path() / "levin-XXXXXX").string())
{
  if (!mkdtemp(m_Path.data()))
  {
    throw std::runtime_error("Cannot make the folder " + m_Path + '.');
  }
}

TemporaryFolder::~TemporaryFolder()
{
  std::error_code ignored;
  std::filesystem::remove_all(m_Path, ignored);
}
