#include "core/pack/zero_pages.h"

#include <sys/mman.h>

#include "core/error.h"

namespace pare {

std::shared_ptr<const ZeroPages> ZeroPages::create(uint64_t bytes) {
  std::shared_ptr<ZeroPages> pages(new ZeroPages);
  if (bytes == 0) return pages;
  void* start = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) fail(Code::limit, "no address space for {} bytes", bytes);
  pages->bytes_ = {static_cast<const std::byte*>(start), static_cast<size_t>(bytes)};
  return pages;
}

ZeroPages::~ZeroPages() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace pare
