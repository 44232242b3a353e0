#include "compress/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/error.h"

namespace pare {
namespace {

// Who had the folder before may have removed the file after we opened it: then the lock is on nothing.
bool still_there(int file, const std::string& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(file, &ours) == 0 && ::stat(path.c_str(), &named) == 0 && ours.st_dev == named.st_dev &&
         ours.st_ino == named.st_ino;
}

std::string first_line(int file) {
  std::array<char, 32> text{};
  const ssize_t n = ::pread(file, text.data(), text.size(), 0);
  const std::string all(text.data(), n > 0 ? static_cast<size_t>(n) : 0);
  return all.substr(0, all.find('\n'));
}

}  // namespace

FolderLock::FolderLock(const std::string& folder) : path_(folder + "/.lock") {
  while (file_ < 0) {
    const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return;  // what cannot be written needs no lock
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
      const bool taken = errno == EWOULDBLOCK;
      const std::string who = taken ? first_line(file) : "";
      ::close(file);
      if (taken)
        fail(Code::invalid, "another process{} is working in {}: wait for its end, or take another folder",
             who.empty() ? "" : " (pid " + who + ")", folder);
      return;  // a file system without locks
    }
    if (still_there(file, path_))
      file_ = file;
    else
      ::close(file);
  }
  const std::string text = std::to_string(::getpid()) + "\n";
  // The number only serves a message.
  if (::ftruncate(file_, 0) == 0 && ::pwrite(file_, text.data(), text.size(), 0) < 0) return;
}

FolderLock::~FolderLock() {
  if (file_ < 0) return;
  ::unlink(path_.c_str());
  ::close(file_);
}

}  // namespace pare
