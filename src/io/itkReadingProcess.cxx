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
#include "itkReadingProcess.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace itk
{
namespace colorization
{
namespace
{
constexpr const char * BrokeDown = "the image is damaged or cut short: its reader broke down.";
constexpr const char * NoProcess = "the image cannot be read: no further process can be started.";

enum Status : char
{
  Done,
  DoneWithPlainMemory,
  Failed
};

int
MakeAnonymousFile()
{
#ifdef __linux__
  return memfd_create("colorization", MFD_CLOEXEC);
#else
  std::string name = "/tmp/colorization-XXXXXX";
  const int   descriptor = mkstemp(name.data());
  unlink(name.c_str());
  return descriptor;
#endif
}

/** Writes all, or as much as the other end takes. */
bool
WriteAll(int descriptor, const char * bytes, std::size_t size)
{
  while (size > 0)
  {
    const ssize_t written = write(descriptor, bytes, size);
    if (written < 0 && errno == EINTR)
    {
      continue;
    }
    if (written <= 0)
    {
      return false;
    }
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

/** Reads until the other end is closed. */
std::string
ReadAll(int descriptor)
{
  std::string             all;
  std::array<char, 65536> block;
  for (;;)
  {
    const ssize_t count = read(descriptor, block.data(), block.size());
    if (count < 0 && errno == EINTR)
    {
      continue;
    }
    if (count <= 0)
    {
      return all;
    }
    all.append(block.data(), static_cast<std::size_t>(count));
  }
}

/** What goes through the socket with each call, beside two descriptors. */
struct Message
{
  IsolatedFunction function;
  std::uint64_t    requestBytes;
};

union Control
{
  cmsghdr header;
  char    bytes[CMSG_SPACE(2 * sizeof(int))];
};

bool
SendMessage(int socket, Message message, int memory, int answer)
{
  iovec   part{ &message, sizeof(message) };
  Control control{};
  msghdr  header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof(control.bytes);
  cmsghdr * rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(2 * sizeof(int));
  const int descriptors[2] = { memory, answer };
  std::memcpy(CMSG_DATA(rights), descriptors, sizeof(descriptors));
  ssize_t sent = 0;
  do
  {
    sent = sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == sizeof(message);
}

/** Whether there was one: otherwise the other process is gone. */
bool
ReceiveMessage(int socket, Message & message, int & memory, int & answer)
{
  iovec   part{ &message, sizeof(message) };
  Control control{};
  msghdr  header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof(control.bytes);
  ssize_t count = 0;
  do
  {
    count = recvmsg(socket, &header, 0);
  } while (count < 0 && errno == EINTR);
  const cmsghdr * rights = count == sizeof(message) ? CMSG_FIRSTHDR(&header) : nullptr;
  if (!rights || rights->cmsg_len != CMSG_LEN(2 * sizeof(int)))
  {
    return false;
  }
  int descriptors[2];
  std::memcpy(descriptors, CMSG_DATA(rights), sizeof(descriptors));
  memory = descriptors[0];
  answer = descriptors[1];
  return true;
}

/** Runs one call and answers, in its own process. */
[[noreturn]] void
Work(const Message & message, int memoryDescriptor, int answer)
{
  std::string       text;
  std::vector<char> plain;
  char              status = Failed;
  try
  {
    SharedMemory memory(memoryDescriptor);
    std::string  request(message.requestBytes, '\0');
    std::memcpy(request.data(), memory.Map(), request.size());
    text = message.function(request, memory);
    plain.swap(memory.GetPlain());
    status = plain.empty() ? Done : DoneWithPlainMemory;
  }
  catch (const std::bad_alloc &)
  {
    text = "the image needs more memory than there is.";
  }
  catch (const std::exception & error)
  {
    text = error.what();
  }
  WriteAll(answer, &status, 1);
  if (status == DoneWithPlainMemory)
  {
    const std::uint64_t size = plain.size();
    WriteAll(answer, reinterpret_cast<const char *>(&size), sizeof(size));
    WriteAll(answer, plain.data(), plain.size());
  }
  WriteAll(answer, text.data(), text.size());
  // The last byte says that the answer is whole.
  WriteAll(answer, "", 1);
  _exit(0);
}

/** Leaves a process with no open files but one. */
void
CloseAllBut(int kept)
{
  const int nowhere = open("/dev/null", O_RDWR);
  for (const int standard : { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO })
  {
    dup2(nowhere, standard);
  }
  std::vector<int> others;
  if (DIR * folder = opendir("/dev/fd"))
  {
    while (const dirent * entry = readdir(folder))
    {
      const int descriptor = std::atoi(entry->d_name);
      if (descriptor > STDERR_FILENO && descriptor != kept && descriptor != dirfd(folder))
      {
        others.push_back(descriptor);
      }
    }
    closedir(folder);
  }
  for (const int descriptor : others)
  {
    close(descriptor);
  }
}

/** Waits for calls until nobody can make one any more. */
[[noreturn]] void
Serve(int socket)
{
  for (const int number : { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV })
  {
    std::signal(number, SIG_DFL);
  }
  // A key that ends the program in the foreground ends this one by its closed socket.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGCHLD, SIG_IGN);
  // Too long a file is an error that is seen to.
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{ 0, 0 };
  setrlimit(RLIMIT_CORE, &none);
  CloseAllBut(socket);
  Message message{};
  int     memory = -1;
  int     answer = -1;
  while (ReceiveMessage(socket, message, memory, answer))
  {
    const pid_t child = fork();
    if (child == 0)
    {
      close(socket);
      Work(message, memory, answer);
    }
    if (child < 0)
    {
      const std::string text = std::string(1, Failed) + NoProcess + '\0';
      WriteAll(answer, text.data(), text.size());
    }
    close(memory);
    close(answer);
  }
  _exit(0);
}

/** Waits for a process, however often signals come in between. */
void
WaitFor(pid_t process)
{
  while (waitpid(process, nullptr, 0) < 0 && errno == EINTR)
  {}
}
} // namespace

SharedMemory::SharedMemory()
  : SharedMemory(MakeAnonymousFile())
{}

SharedMemory::SharedMemory(int descriptor)
  : m_Descriptor(descriptor)
{
  if (descriptor < 0)
  {
    throw IsolatedFailure("the image cannot be read: too many files are open.");
  }
}

SharedMemory::~SharedMemory()
{
  this->Unmap();
  close(m_Descriptor);
}

void
SharedMemory::Unmap()
{
  if (m_Begin)
  {
    munmap(m_Begin, m_Size);
    m_Begin = nullptr;
    m_Size = 0;
  }
}

std::size_t
SharedMemory::GetSize() const
{
  if (!m_Plain.empty())
  {
    return m_Plain.size();
  }
  struct stat status
  {};
  return fstat(m_Descriptor, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

void *
SharedMemory::Resize(std::size_t bytes)
{
  this->Unmap();
  m_Plain.clear();
  if (bytes == 0 || ftruncate(m_Descriptor, 0) != 0)
  {
    throw std::bad_alloc();
  }
  if (ftruncate(m_Descriptor, static_cast<off_t>(bytes)) != 0)
  {
    if (errno != EFBIG)
    {
      throw std::bad_alloc();
    }
    m_Plain.resize(bytes);
    return m_Plain.data();
  }
  void * begin = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m_Descriptor, 0);
  if (begin == MAP_FAILED)
  {
    throw std::bad_alloc();
  }
  m_Begin = begin;
  m_Size = bytes;
  return m_Begin;
}

const void *
SharedMemory::Map()
{
  if (!m_Plain.empty())
  {
    return m_Plain.data();
  }
  const std::size_t size = this->GetSize();
  this->Unmap();
  void * begin = size > 0 ? mmap(nullptr, size, PROT_READ, MAP_SHARED, m_Descriptor, 0) : MAP_FAILED;
  if (begin == MAP_FAILED)
  {
    throw std::bad_alloc();
  }
  m_Begin = begin;
  m_Size = size;
  return m_Begin;
}

ReadingProcess::ReadingProcess()
{
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
  {
    throw IsolatedFailure("the image cannot be read: too many files are open.");
  }
  const pid_t first = fork();
  if (first == 0)
  {
    // The child of a child: nobody has to wait for it.
    const pid_t second = fork();
    if (second == 0)
    {
      Serve(sockets[1]);
    }
    _exit(second < 0 ? 1 : 0);
  }
  close(sockets[1]);
  if (first < 0)
  {
    close(sockets[0]);
    throw IsolatedFailure(NoProcess);
  }
  WaitFor(first);
  m_Socket = sockets[0];
}

ReadingProcess::~ReadingProcess()
{
  close(m_Socket);
}

std::string
ReadingProcess::Call(IsolatedFunction function, const std::string & request, SharedMemory & memory) const
{
  std::memcpy(memory.Resize(request.size() + 1), request.data(), request.size());
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
  {
    throw IsolatedFailure("the image cannot be read: too many files are open.");
  }
  const bool isSent = SendMessage(m_Socket, { function, request.size() }, memory.GetDescriptor(), ends[1]);
  close(ends[1]);
  std::string answer = isSent ? ReadAll(ends[0]) : std::string();
  close(ends[0]);
  if (!isSent)
  {
    throw IsolatedFailure(NoProcess);
  }
  if (answer.size() < 2 || answer.back() != '\0')
  {
    throw IsolatedFailure(BrokeDown);
  }
  const char status = answer.front();
  answer = answer.substr(1, answer.size() - 2);
  if (status == Failed)
  {
    throw IsolatedFailure(answer);
  }
  if (status == DoneWithPlainMemory)
  {
    std::uint64_t size = 0;
    std::memcpy(&size, answer.data(), sizeof(size));
    memory.GetPlain().assign(answer.data() + sizeof(size), answer.data() + sizeof(size) + size);
    answer.erase(0, sizeof(size) + size);
  }
  return answer;
}

std::shared_ptr<ReadingProcess>
OpenReadingProcess()
{
  static std::mutex                    mutex;
  static std::weak_ptr<ReadingProcess> shared;
  const std::lock_guard<std::mutex>    lock(mutex);
  auto                                 process = shared.lock();
  if (!process)
  {
    process = std::make_shared<ReadingProcess>();
    shared = process;
  }
  return process;
}

} // namespace colorization
} // namespace itk
