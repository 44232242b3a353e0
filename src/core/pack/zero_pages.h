// Address space that reads as zeros and takes no memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace pare {

class ZeroPages {
 public:
  static std::shared_ptr<const ZeroPages> create(uint64_t bytes);  // Error(limit) where there is no room
  ~ZeroPages();
  ZeroPages(const ZeroPages&) = delete;
  ZeroPages& operator=(const ZeroPages&) = delete;
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  ZeroPages() = default;
  std::span<const std::byte> bytes_;
};

}  // namespace pare
