#include "core/onnx/wire.h"

#include <functional>

namespace pare {

void WireSource::damaged(const char* at, std::string_view what) const {
  const bool in_file =
      std::greater_equal<>()(at, bytes_.data()) && std::less_equal<>()(at, bytes_.data() + bytes_.size());
  if (!in_file) fail(Code::corrupt, "damaged in the body of a function: {}", what);
  const auto offset = static_cast<size_t>(at - bytes_.data());
  if (offset == bytes_.size()) fail(Code::truncated, "truncated at byte {}", offset);
  fail(Code::corrupt, "damaged at byte {}: {}", offset, what);
}

void WireSource::charge(uint64_t bytes) {
  if (bytes > budget_) fail(Code::limit, "reading it would need more memory than the limit allows");
  budget_ -= bytes;
}

}  // namespace pare
