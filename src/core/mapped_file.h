// A file seen as memory: its bytes are read when they are touched, and tensors may point into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pare {

class MappedFile {
 public:
  // Errors as read_file; what cannot be mapped (a pipe) is read. A file that is replaced (written beside, renamed over)
  // stays as it was; one that is shortened in place while it is mapped ends the process, as with any mapped file.
  static std::shared_ptr<const MappedFile> open(const std::string& path, uint64_t limit = uint64_t{1} << 40);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  MappedFile() = default;
  std::span<const std::byte> bytes_;
  std::vector<std::byte> read_;  // in place of a mapping
};

}  // namespace pare
