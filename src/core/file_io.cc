// Whole files: read with a limit, written so that a reader sees the old file or the new one and never a part.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/error.h"
#include "core/model_file.h"

namespace pare {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int close() {  // some file systems report a full disk only here
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd);
  }

 private:
  int fd_;
};

}  // namespace

void fail_io(std::string_view verb, const std::string& path, int error) {
  const bool usage = error == ENOENT || error == ENOTDIR || error == EISDIR || error == EACCES || error == ENAMETOOLONG;
  fail(usage ? Code::invalid : Code::io, "cannot {} {}: {}", verb, path, std::strerror(error));
}

namespace {

void write_all(int fd, std::span<const std::byte> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), std::min(bytes.size(), size_t{1} << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_io("write", path, errno);
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
}

}  // namespace

std::vector<std::byte> read_file(const std::string& path, uint64_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) fail_io("read", path, errno);
  if (S_ISDIR(info.st_mode)) fail_io("read", path, EISDIR);
  std::vector<std::byte> bytes;
  if (S_ISREG(info.st_mode)) {
    if (static_cast<uint64_t>(info.st_size) > limit)
      fail(Code::limit, "{}: {} bytes, more than {}", path, info.st_size, limit);
    bytes.resize(static_cast<size_t>(info.st_size));
  }
  size_t size = 0;
  while (true) {  // one read past the end tells that it is the end; pipes have no size to begin with
    if (size == bytes.size()) {
      std::byte probe[4096];
      const ssize_t n = ::read(file.get(), probe, sizeof probe);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail_io("read", path, errno);
      if (n == 0) return bytes;
      if (size + static_cast<size_t>(n) > limit) fail(Code::limit, "{}: more than {} bytes", path, limit);
      bytes.insert(bytes.end(), probe, probe + n);
      size = bytes.size();
      continue;
    }
    const ssize_t n = ::read(file.get(), bytes.data() + size, std::min(bytes.size() - size, size_t{1} << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_io("read", path, errno);
    if (n == 0) bytes.resize(size);  // shrank while we read
    size += static_cast<size_t>(n);
  }
}

void write_file_in_pieces(const std::string& path, const std::function<void(const WriteBytes&)>& produce) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {  // a pipe or a terminal: nothing to rename over
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0) fail_io("write", path, errno);
    produce([&](std::span<const std::byte> bytes) { write_all(file.get(), bytes, path); });
    return;
  }
  std::error_code missing;
  const std::filesystem::path real = std::filesystem::canonical(path, missing);  // a link stays a link
  const std::string target = missing ? path : real.string();
  const std::string temporary = fmt::format("{}.{}.part", target, ::getpid());
  try {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (file.get() < 0) fail_io("write", path, errno);
    produce([&](std::span<const std::byte> bytes) { write_all(file.get(), bytes, path); });
    if (::fsync(file.get()) != 0 && errno != EINVAL) fail_io("write", path, errno);
    if (file.close() != 0) fail_io("write", path, errno);
    if (::rename(temporary.c_str(), target.c_str()) != 0) fail_io("write", path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void write_file(const std::string& path, std::span<const std::span<const std::byte>> parts) {
  write_file_in_pieces(path, [&](const WriteBytes& write) {
    for (const auto bytes : parts) write(bytes);
  });
}

void check_writable(const std::string& path) {
  struct stat info {};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) fail_io("write", path, EISDIR);
  if (exists && !S_ISREG(info.st_mode)) return;
  const std::string temporary = fmt::format("{}.{}.part", path, ::getpid());
  const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) fail_io("write", path, errno);
  ::unlink(temporary.c_str());
}

int64_t size_on_disk(const std::string& path) {
  std::error_code none;
  const auto size = std::filesystem::file_size(path, none);
  return none ? 0 : static_cast<int64_t>(size);
}

void write_file(const std::string& path, std::span<const std::byte> bytes) {
  write_file(path, std::span<const std::span<const std::byte>>(&bytes, 1));
}

void write_file(const std::string& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace pare
