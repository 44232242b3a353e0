// bitpack: every element as (element - base) in a fixed number of bits, which fits the range that occurs.
// Payload: varint of zigzag(base), one byte width (0..64), then count * width bits, MSB first.
// Levels, and the elements of integer and boolean tensors.
#pragma once

#include <cstring>

#include "format/codec/codec.h"

namespace pare {

inline bool bitpack_supports(const TensorInfo& info) {
  return info.payload == Payload::levels || is_integer(info.dtype) || info.dtype == DType::boolean;
}

// Integer elements are read as 64 bits, signed types sign-extended; u64 keeps its bit pattern.
inline bool bitpack_sign_extends(DType t) { return t == DType::i8 || t == DType::i16 || t == DType::i32; }

inline int64_t bitpack_load(DType type, const std::byte* from) {
  const auto size = size_of(type);
  uint64_t value = 0;
  std::memcpy(&value, from, size);
  if (!bitpack_sign_extends(type)) return static_cast<int64_t>(value);
  const auto unused = static_cast<unsigned>(64 - 8 * size);
  return static_cast<int64_t>(value << unused) >> unused;
}

}  // namespace pare
