#include "core/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/error.h"
#include "core/model_file.h"

namespace pare {

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path, uint64_t limit) {
  std::shared_ptr<MappedFile> file(new MappedFile);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail_io("read", path, errno);
  struct stat info {};
  const bool regular = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
  const uint64_t size = regular ? static_cast<uint64_t>(info.st_size) : 0;
  void* start = MAP_FAILED;
  if (regular && size <= limit) start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  ::close(fd);
  if (start == MAP_FAILED) {  // pipes, empty files, file systems without mappings; says what is wrong
    file->read_ = read_file(path, limit);
    file->bytes_ = file->read_;
  } else {
    file->bytes_ = {static_cast<const std::byte*>(start), static_cast<size_t>(size)};
  }
  return file;
}

MappedFile::~MappedFile() {
  if (read_.empty() && !bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace pare
