// raw: elements as they are. Levels take 1, 2 or 4 bytes each, whichever holds high - low.
#pragma once

#include "format/codec/codec.h"

namespace pare {

inline size_t raw_level_size(const TensorInfo& info) {
  const auto range = static_cast<uint64_t>(int64_t{info.high} - info.low);
  return range < 1U << 8 ? 1 : range < 1U << 16 ? 2 : 4;
}

}  // namespace pare
